"""The sheets and scripts of pages, by the standard library alone: read once, by a function that needs them.

A page holds its sheets, and loads one script that browsers keep; the recipient's page, which is met once or twice, holds its
script too. The policy of a page names the hash of each.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

WITHIN = ("retrieve.js",)
"""Scripts that their pages hold."""
OF_MODULES = re.compile(r"^import ", re.MULTILINE)
STATIC = Path(__file__).resolve().parent.parent / "templates" / "static"


def build_asset_path(name: str) -> str:
    """Return the path of a script, ``/static/<digest>/<name>``, which changes whenever any of them does."""
    if name not in read_files(".js"):
        raise LookupError(f"no script named {name!r}")
    return f"/static/{compute_digest()}/{name}"


def read_script(under: str, name: str) -> tuple[str, bool] | None:
    """Read a script for the web: its text, and whether it is asked for under the current digest; None: no such script.

    A page older than the last deployment still names an old digest: only under the current one is the answer cached for ever.
    """
    text = read_files(".js").get(name)
    return None if text is None else (text, under == compute_digest())


def read_sheet(name: str) -> str:
    """Return the text of a sheet, as a page holds it: its ``<style>`` is this and nothing else."""
    return read_files(".css")[name]


def read_inline_script(name: str) -> str:
    """Return the text of a script that its page holds; empty while it is still several modules, which packaging joins."""
    text = read_files(".js")[name]
    return "" if OF_MODULES.search(text) else text


def find_hashes(page: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the base64 SHA-256 of each of our scripts and of our sheets that a page holds: it may hold no other."""
    scripts, sheets = _hash_inline()
    held_scripts = tuple(digest for text, digest in scripts.items() if text in page)
    return held_scripts, tuple(digest for text, digest in sheets.items() if text in page)


@cache
def _hash_inline() -> tuple[dict[str, str], dict[str, str]]:
    """Map the text of each script, and of each sheet, that pages hold to its hash."""
    scripts = [text for text in map(read_inline_script, WITHIN) if text]
    return {text: _hash(text) for text in scripts}, {
        text: _hash(text) for text in read_files(".css").values()
    }


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def compute_digest() -> str:
    """Return the first 12 hexadecimal characters of the SHA-256 over the names and bytes of all scripts."""
    whole = hashlib.sha256()
    for name, text in sorted(read_files(".js").items()):
        content = text.encode()
        # Lengths keep two different sets of files from ever giving the same stream of bytes.
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()[:12]


@cache
def read_files(suffix: str) -> dict[str, str]:
    """Map each name with this suffix to its text. Scripts are served by these names only, so no path can climb out."""
    return {path.name: path.read_bytes().decode() for path in STATIC.glob(f"*{suffix}")}
