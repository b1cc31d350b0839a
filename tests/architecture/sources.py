"""The product's sources as syntax trees, for the tests that read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]


@dataclass(frozen=True)
class Import:
    """One imported module or name, in full: ``chalicelib.errors.NotFound``, ``boto3``."""

    by: str
    """The importing module: ``chalicelib.web.tutor``."""
    what: str
    lazy: bool
    """Inside a function."""
    line: int

    @property
    def package(self) -> str:
        """The first part of the name: ``boto3`` of ``boto3.dynamodb.types.TypeSerializer``."""
        return self.what.split(".")[0]


def name_of(path: Path) -> str:
    """« chalicelib/web/sheet.py » as a module's name; a package is its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> Iterator[Import]:
    """Everything that a file imports when it runs; what stands under ``if TYPE_CHECKING`` does not run."""
    yield from _imports(tree_of(path), name_of(path), lazy=False)


def _imports(node: ast.AST, by: str, *, lazy: bool) -> Iterator[Import]:
    """Give the imports below a node; ``lazy``: it lies within a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(by, alias.name, lazy, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{by}:{child.lineno} imports relatively"
            yield from (Import(by, f"{child.module}.{name.name}", lazy, child.lineno) for name in child.names)
        elif not _is_for_types_only(child):
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, by, lazy=lazy or inside)


def _is_for_types_only(node: ast.AST) -> bool:
    """Return whether a node is an ``if TYPE_CHECKING``, which does not run."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a file with what is called, as it is written: ``print``, ``log.line``, ``datetime.now``."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield ast.unparse(node.func), node


def strings(path: Path) -> Iterator[str]:
    """Return every text of a file that is no docstring."""
    tree = tree_of(path)
    loose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in loose:
            yield node.value
