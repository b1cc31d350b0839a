"""Teeth: what protects a promise, as the one-line patch that removes it and the tests that must then fail.

A patch is an ordinary unified diff of one line, with a head that names the promise and the tests. It is found in its file by its
lines and not by their numbers, so that code may move; one that is found nowhere, or twice, is said to apply no more.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent


class AppliesNoMore(Exception):
    """The lines of a patch are in its file no more, or more than once."""


@dataclass(frozen=True)
class Tooth:
    """One protection."""

    name: str
    promise: str
    """What a person relies on, in a sentence."""
    tests: tuple[str, ...]
    """Files or tests, as pytest takes them: at least one of them fails without the protection."""
    file: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    before: str
    after: str

    def bite(self, text: str) -> str:
        """The file's text without the protection.

        Raises:
            AppliesNoMore: see there.
        """
        times = self.times(text)
        if times != 1:
            where = "nowhere" if times == 0 else f"{times} times"
            raise AppliesNoMore(f"{self.name}: its lines stand {where} in {self.file}")
        return f"\n{text}".replace(f"\n{self.before}", f"\n{self.after}")[1:]

    def times(self, text: str) -> int:
        """How often the lines that it changes stand in the file's text."""
        return f"\n{text}".count(f"\n{self.before}")


def teeth(*wanted: str) -> list[Tooth]:
    """Every tooth, or those whose name holds one of these words, in the order of their names."""
    kept = (
        path
        for path in sorted(FOLDER.glob("*.patch"))
        if not wanted or any(part in path.stem for part in wanted)
    )
    return [read(path) for path in kept]


def read(path: Path) -> Tooth:
    """Read a patch of this folder."""
    return parse(path.stem, path.read_text())


def parse(name: str, patch: str) -> Tooth:
    """Read a patch with its head (``Promise:``, ``Test:``)."""
    head, _, diff = patch.partition("\n--- a/")
    pairs = [line.partition(": ") for line in head.splitlines() if line]
    said = [(key, value) for key, _, value in pairs]
    file, *lines = diff.splitlines()
    body = [line or " " for line in lines if not line.startswith(("+++ ", "@@"))]
    (promise,) = [value for key, value in said if key == "Promise"]
    return Tooth(
        name=name,
        promise=promise,
        tests=tuple(value for key, value in said if key == "Test"),
        file=file,
        removed=tuple(line[1:] for line in body if line.startswith("-")),
        added=tuple(line[1:] for line in body if line.startswith("+")),
        before="".join(f"{line[1:]}\n" for line in body if not line.startswith("+")),
        after="".join(f"{line[1:]}\n" for line in body if not line.startswith("-")),
    )
