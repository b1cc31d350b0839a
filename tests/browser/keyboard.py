"""Somebody who has a keyboard and nothing else."""

from playwright.sync_api import Page

FOCUSED = """() => {
  const it = document.activeElement;
  const named = it.getAttribute("aria-label") || (it.labels && it.labels[0] ? it.labels[0].innerText : it.innerText);
  return it === document.body ? "" : (named || it.id).replace(/\\s+/g, " ").trim();
}"""
SEEN = """() => {
  const it = document.activeElement, label = it.labels && it.labels[0];
  const shown = [it, ...(label ? [label] : [])].map((one) => one.getBoundingClientRect());
  return shown.some((box) => box.width > 2 && box.bottom > 0 && box.top < innerHeight);
}"""
FARTHEST = 60


class Keyboard:
    """Moves by Tab and acts by Enter, Space and letters; what is focused must be on the screen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def goes_to(self, name: str) -> None:
        """Press Tab until the element of this name is focused."""
        passed = []
        for _ in range(FARTHEST):
            self.page.keyboard.press("Tab")
            passed.append(str(self.page.evaluate(FOCUSED)))
            if name in passed[-1]:
                assert self.page.evaluate(SEEN), f"{name} is focused out of sight"
                return
        raise AssertionError(f"{name} was not reached: {passed}")

    def presses(self, name: str, key: str = "Enter") -> None:
        """Go to the element of this name and press a key on it."""
        self.goes_to(name)
        self.page.keyboard.press(key)

    def writes(self, name: str, text: str) -> None:
        """Type into the field of this label, then press Enter."""
        self.goes_to(name)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
