"""One thing has one name: the glossary of CONTRIBUTING.md is short, and no identifier bears a name that it retired."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT, name_of, tree_of

MOST_TERMS = 30
SECTION = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("\n## Glossary\n")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", SECTION, re.MULTILINE)
]
TERMS = ROWS[2:]  # below the heading and its rule
RETIRED = sorted({name for row in TERMS for name in re.findall(r"[\w.]+", row[2])})
PYTHON = sorted(
    path
    for folder in ("app.py", "chalicelib", "infra", "tests")
    for path in ([ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*.py"))
)


def words_of(name: str) -> str:
    """Put an underscore around each word of an identifier: ``_sendMail`` and ``send_Mail`` are both ``_send_Mail_``."""
    return f"_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', name).strip('_')}_"


def identifiers(path: Path) -> Iterator[str]:
    """Every name that a module defines: classes, functions, parameters, variables, fields, and the module itself."""
    yield path.stem
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def test_the_glossary_is_short_and_each_term_stands_once() -> None:
    terms = [term for row in TERMS for term in row[0].split(", ")]

    assert len(TERMS) <= MOST_TERMS
    assert len(terms) == len(set(terms))
    assert all(len(row) == 3 and row[1] for row in TERMS)


def test_no_term_is_retired() -> None:
    assert not {words_of(term.replace(" ", "_")) for row in TERMS for term in row[0].split(", ")} & {
        words_of(name) for name in RETIRED
    }


def test_no_identifier_bears_a_retired_name() -> None:
    retired = re.compile("|".join(map(words_of, RETIRED)))
    borne = {
        (name_of(path), name)
        for path in PYTHON
        for name in identifiers(path)
        if retired.search(words_of(name))
    }

    assert sorted(borne) == []
