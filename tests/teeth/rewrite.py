"""Carry changes of the code into the patches that apply no more.

    python -m tests.teeth --rewrite [old=new…] [parts of names…]

A patch whose lines changed is merged three ways, word by word: its lines in the last commit where it applied, the same lines in
the working tree, and what the patch makes of them. Tests that moved are looked for by their names. ``old=new`` renames whole
words in the patches first: words that only the patch writes, tests that have another name.

Prints each rewritten patch, to be read, and lists those that must be written by hand.
"""

import ast
import difflib
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.teeth import FOLDER, ROOT, Tooth, parse, teeth

WORD = re.compile(r"\n[ ]*|[ ]+|\w+|[^\w\s]")
NAME = re.compile(r"\w+(\.\w+)*")
ENOUGH_ALIKE = 0.5
"""Share of their words that lines must have kept to be the same lines, changed."""
MOST_COMMITS = 200
MOST_PLACES = 3
MOST_CONTEXT = 9


class ByHand(Exception):
    """A patch that cannot follow by itself; the message says why."""


@dataclass(frozen=True)
class Lines:
    """Some lines of a text: those from ``start`` to ``end``, counted from 0."""

    of: tuple[str, ...]
    start: int
    end: int

    @property
    def text(self) -> str:
        return "".join(self.of[self.start : self.end])


@dataclass(frozen=True)
class Edit:
    """What lay from ``start`` to ``end`` of one sequence and lies from ``new_start`` to ``new_end`` of another."""

    tag: str
    """``equal`` where nothing changed."""
    start: int
    end: int
    new_start: int
    new_end: int

    @property
    def keeps_order(self) -> bool:
        """Whether each part has its counterpart: nothing changed, or some words were renamed."""
        return self.end - self.start == self.new_end - self.new_start


def rewrite(*arguments: str) -> int:
    """Rewrite every patch that applies no more, or whose tests moved; 0 when none is left."""
    renames = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    by_hand = []
    for tooth in teeth(*(argument for argument in arguments if "=" not in argument)):
        path = FOLDER / f"{tooth.name}.patch"
        try:
            patch = _rewritten(path.read_text(), tooth, renames)
        except ByHand as error:
            by_hand.append(f"BY HAND {tooth.name}: {error}")
            continue
        if patch != path.read_text():
            path.write_text(patch)
            print(f"rewrote {tooth.name}\n{patch}", flush=True)
    print("\n".join([*by_hand, f"{len(by_hand)} patches to write by hand; read the others, and run them"]))
    return 1 if by_hand else 0


def missing_tests(tooth: Tooth) -> list[str]:
    """The tests of a patch that are not where it says."""
    return [test for test in tooth.tests if not _is_there(*test.partition("::")[::2])]


def _is_there(file: str, name: str) -> bool:
    return file in _files() and f"def {name.partition('[')[0]}" in _text(file)


def _rewritten(patch: str, tooth: Tooth, renames: Mapping[str, str]) -> str:
    for old, new in renames.items():
        renamed = _renamed(patch, old, new)
        if _applies(parse(tooth.name, renamed)) or not _applies(parse(tooth.name, patch)):
            patch = renamed
    for test in missing_tests(parse(tooth.name, patch)):
        patch = patch.replace(f"Test: {test}\n", f"Test: {_moved_test(*test.partition('::')[::2])}\n")
    if _applies(parse(tooth.name, patch)):
        return patch
    head = patch.partition("\n--- a/")[0]
    return f"{head}\n{_merged(tooth)}"


def _applies(tooth: Tooth) -> bool:
    return tooth.file in _files() and tooth.times(_text(tooth.file)) == 1


def _moved_test(file: str, name: str) -> str:
    """Where the test of this name stands now; for a whole file, where the file of this name does."""
    function = f"def {name.partition('[')[0]}("
    if name:
        places = [f"{place}::{name}" for place in _files() if "/test_" in place and function in _text(place)]
    else:
        places = [place for place in _files() if Path(place).name == Path(file).name]
    if len(places) != 1:
        raise ByHand(f"the test {name or file} stands in {len(places)} places; rename it with old=new")
    return places[0]


@cache
def _files() -> tuple[str, ...]:
    """The files of the working tree."""
    listed = _git("ls-files", "--cached", "--others", "--exclude-standard")
    return tuple(sorted(file for file in set(listed.splitlines()) if (ROOT / file).is_file()))


@cache
def _text(file: str) -> str:
    return (ROOT / file).read_text()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def _merged(tooth: Tooth) -> str:
    """The diff that does to the working tree what the patch did to the last commit where it applied."""
    old = _lines_of_the_patch(tooth)
    reasons = []
    for file, before, current in _places(tooth, old):
        after = before.text.replace(tooth.before, tooth.after, 1)
        try:
            return _diff(file, current, _merged_words(before.text, current.text, after))
        except ByHand as error:
            reasons.append(f"{error} ({file}:{current.start + 1})")
    raise ByHand(reasons[0] if reasons else f"its lines are gone from {tooth.file}")


def _lines_of_the_patch(tooth: Tooth) -> Lines:
    """The lines of the patch in the last commit where it applied."""
    commits = _git("rev-list", f"--max-count={MOST_COMMITS}", "HEAD", "--", tooth.file).split()
    for commit in ["HEAD", *commits]:
        text = _git("show", f"{commit}:{tooth.file}")
        if tooth.times(text) == 1:
            start = text[: f"\n{text}".index(f"\n{tooth.before}")].count("\n")
            return Lines(_split(text), start, start + tooth.before.count("\n"))
    raise ByHand(f"no commit was found where it applied to {tooth.file}")


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines(keepends=True))


def _places(tooth: Tooth, old: Lines) -> Iterator[tuple[str, Lines, Lines]]:
    """The files where the lines of the patch may be now, with the lines before and now; the likeliest first."""
    heir = _heir(tooth.file, old)
    before, current = _aligned(old, _split(_text(heir)))
    if _likeness(before.text, current.text) >= ENOUGH_ALIKE:
        yield heir, before, current
    elsewhere = []
    wanted = tooth.removed[0] if tooth.removed else tooth.before.splitlines()[0]
    for file in _product_files(Path(tooth.file).suffix):
        lines = _split(_text(file))
        for index, line in enumerate(lines):
            if _likeness(wanted.strip(), line.strip()) >= ENOUGH_ALIKE:
                start = max(index - tooth.before.splitlines().index(wanted), 0)
                current = Lines(lines, start, start + old.end - old.start)
                elsewhere.append((_likeness(old.text, current.text), file, current))
    elsewhere.sort(key=lambda place: place[0], reverse=True)
    for likeness, file, current in elsewhere[:MOST_PLACES]:
        if likeness >= ENOUGH_ALIKE:
            yield file, old, current


def _heir(file: str, old: Lines) -> str:
    """The file itself; where it is gone, the one that has most of its lines."""
    if file in _files():
        return file
    lines = set(old.of)
    return max(_product_files(Path(file).suffix), key=lambda other: len(lines & set(_split(_text(other)))))


def _product_files(suffix: str) -> list[str]:
    return [file for file in _files() if not file.startswith("tests/") and Path(file).suffix == suffix]


def _aligned(old: Lines, now: tuple[str, ...]) -> tuple[Lines, Lines]:
    """The old lines, and the same lines now, both widened to whole changes of the file."""
    changes = _changes(old.of, now)
    start, end = old.start, old.end
    for change in changes:
        if change.start < end and change.end > start and not change.keeps_order:
            start, end = min(start, change.start), max(end, change.end)
    return Lines(old.of, start, end), Lines(now, *_span(changes, start, end))


def _changes(old: tuple[str, ...], new: tuple[str, ...]) -> list[Edit]:
    """How one sequence became another, with what stays."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [Edit(tag, *places) for tag, *places in matcher.get_opcodes()]


def _span(edits: list[Edit], start: int, end: int) -> tuple[int, int]:
    """Where what lay from ``start`` to ``end`` lies in the new sequence.

    Raises:
        ByHand: it begins or ends within something that was rewritten.
    """
    starts = [
        edit.new_start + (start - edit.start)
        for edit in edits
        if edit.start <= start < edit.end and (edit.keeps_order or edit.start == start)
    ]
    ends = [
        edit.new_end - (edit.end - end)
        for edit in edits
        if edit.start < end <= edit.end and (edit.keeps_order or edit.end == end)
    ]
    if start == end:
        starts = ends = ends or starts
    if not starts or not ends:
        raise ByHand("the code changed the same words")
    return starts[0], ends[0]


def _merged_words(before: str, current: str, after: str) -> str:
    """The current lines with the changes from ``before`` to ``after``.

    Raises:
        ByHand: both changed the same words.
    """
    old, now, new = (_words(_dedented(text)) for text in (before, current, after))
    by_code = _changes(old, now)
    renames = dict(_renames(by_code, old, now))
    merged: list[str] = []
    at = 0
    for edit in _joined([edit for edit in _changes(old, new) if edit.tag != "equal"], old):
        start, end = _span(by_code, edit.start, edit.end)
        written = "".join(new[edit.new_start : edit.new_end])
        for was, became in renames.items():
            written = _renamed(written, was, became)
        within = [other for other in by_code if other.start < edit.end and other.end > edit.start]
        if written and not all(
            other.keeps_order or "".join(old[other.start : other.end]) in renames for other in within
        ):
            raise ByHand("the code changed the same words")
        merged += [*now[at:start], written]
        at = end
    text = "".join([*merged, *now[at:]])
    return "".join(_indented(line, _margin(current)) for line in _split(text))


def _renames(edits: list[Edit], old: tuple[str, ...], now: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Names that became others."""
    for edit in edits:
        was, became = old[edit.start : edit.end], now[edit.new_start : edit.new_end]
        pairs = list(zip(was, became, strict=True)) if edit.keeps_order else [("".join(was), "".join(became))]
        yield from (
            pair for pair in pairs if pair[0] != pair[1] and all(NAME.fullmatch(name) for name in pair)
        )


def _renamed(text: str, was: str, became: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(was)}(?!\w)", became, text)


def _joined(edits: list[Edit], words: tuple[str, ...]) -> Iterator[Edit]:
    """These edits, with those that only a space keeps apart as one."""
    last: Edit | None = None
    for edit in edits:
        if last and not "".join(words[last.end : edit.start]).strip(" "):
            last = Edit("replace", last.start, edit.end, last.new_start, edit.new_end)
            continue
        if last:
            yield last
        last = edit
    if last:
        yield last


def _margin(text: str) -> int:
    """The spaces before its leftmost line."""
    return min((len(line) - len(line.lstrip()) for line in text.splitlines() if line.strip()), default=0)


def _dedented(text: str) -> str:
    margin = _margin(text)
    return "".join(line[margin:] if line.strip() else line for line in _split(text))


def _indented(line: str, margin: int) -> str:
    return f"{' ' * margin}{line}" if line.strip() else line


def _diff(file: str, current: Lines, text: str) -> str:
    """The shortest diff that is found once in its file and puts this text in the place of these lines."""
    new = (*current.of[: current.start], *_split(text), *current.of[current.end :])
    for context in range(1, MOST_CONTEXT):
        lines = difflib.unified_diff(current.of, new, f"a/{file}", f"b/{file}", n=context)
        patch = "".join(lines)
        tooth = parse("", f"Promise: .\n{patch}")
        if not _reads(file, "".join(new)):
            raise ByHand("it would leave code that does not read")
        if len(tooth.removed) > 1 or len(tooth.added) > 1:
            raise ByHand("it would change more than one line")
        if tooth.times("".join(current.of)) == 1:
            return patch
    raise ByHand("it would change nothing, or lines that stand several times")


def _reads(file: str, text: str) -> bool:
    try:
        return not file.endswith(".py") or bool(compile(text, file, "exec", ast.PyCF_ONLY_AST))
    except SyntaxError:
        return False


def _likeness(first: str, second: str) -> float:
    """The share of words that two texts have in common, in their order."""
    matcher = difflib.SequenceMatcher(None, _code_words(first), _code_words(second), autojunk=False)
    if matcher.real_quick_ratio() < ENOUGH_ALIKE or matcher.quick_ratio() < ENOUGH_ALIKE:
        return 0
    return matcher.ratio()


@cache
def _code_words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _words(text) if word.strip())


@cache
def _words(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(text))
