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
    (promise,) = _values_of(head, "Promise")
    file, *lines = diff.splitlines()
    body = [line or " " for line in lines if not line.startswith(("+++ ", "@@"))]
    return Tooth(
        name=name,
        promise=promise,
        tests=_values_of(head, "Test"),
        file=file,
        removed=_lines_with(body, "-"),
        added=_lines_with(body, "+"),
        before="".join(f"{line}\n" for line in _lines_with(body, " -")),
        after="".join(f"{line}\n" for line in _lines_with(body, " +")),
    )


def _values_of(head: str, key: str) -> tuple[str, ...]:
    """Return what stands behind this key on each line of a patch's head that bears it."""
    return tuple(line.removeprefix(f"{key}: ") for line in head.splitlines() if line.startswith(f"{key}: "))


def _lines_with(body: list[str], signs: str) -> tuple[str, ...]:
    """Return the lines of a patch that begin with one of these signs, without the sign."""
    return tuple(line[1:] for line in body if line[0] in signs)
