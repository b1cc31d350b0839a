"""What no script of ours does: make markup or code of a text, keep data in the browser, listen to other windows."""

import re
from functools import cache
from pathlib import Path

from chalicelib import french
from chalicelib.domain.kernel.values import Kind
from tests.architecture.sources import ROOT

SCRIPTS = sorted((ROOT / "templates" / "static").rglob("*.js"))
MARKUP = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|srcdoc)\b"
    r"|document\.write|\beval\(|new Function|javascript:|setTimeout\(\s*[\"'`]"
)
OUR_OWN_PAGE = {"follow.js": {"DOMParser"}, "young.js": {"DOMParser"}}
"""Asked for again where it lies: what was typed is escaped there already."""
KEPT = re.compile(r"\b(indexedDB|openDatabase)\b|document\.cookie|\bcaches\.")
HEARD = re.compile(r"postMessage|[\"']message[\"']|onmessage|BroadcastChannel|SharedWorker")
WORKERS = {"document.js": "new Worker(script)", "rewriter.js": "self.addEventListener"}
"""A page and the worker that it starts from our own site speak with nobody else."""
KEPT_NAMES = {"run.js": "touches-du-run", "deposit.js": "adresses-confirmees", "token.js": "lien-ouvert"}
"""Whether the keys of one by one are on; digests of the questions about addresses that were answered; the link, in its tab."""
WRITTEN = re.compile(r"([\w.]+\[(?!\d+\]|\"|')[^\][]+\])\s*=(?!=)")
OWN_NAMES = {
    "trip.js": {"shares[kind]"},
    "filters.js": {"plain[at]"},
    "values.js": {"bytes[at]"},
    "lighter.js": {"pixels.data[4 * at + channel]"},
}
"""Written under a name that the script itself lists; or into bytes, at a place."""


@cache
def code_of(path: Path) -> str:
    """Return the code of a script without its comments."""
    return re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", " ", path.read_text(), flags=re.DOTALL)


def test_no_script_turns_text_into_markup_or_code() -> None:
    for path in SCRIPTS:
        assert set(MARKUP.findall(code_of(path))) <= OUR_OWN_PAGE.get(path.name, set()), path.name


def test_no_script_keeps_anything_in_the_browser_but_what_is_listed() -> None:
    for path in SCRIPTS:
        code = code_of(path)
        assert KEPT.findall(code) == [], path.name
        if "Storage." in code:
            assert f'STORED = "{KEPT_NAMES[path.name]}"' in code
            assert set(re.findall(r"(?:local|session)Storage\.\w+\((\w+)", code)) == {"STORED"}, path.name


def test_no_script_listens_to_another_window() -> None:
    hearing = {path.name: code_of(path) for path in SCRIPTS if HEARD.search(code_of(path))}

    assert hearing.keys() == WORKERS.keys()
    assert all(WORKERS[name] in code and "window" not in code for name, code in hearing.items())


def test_no_script_writes_under_a_name_that_it_was_given() -> None:
    """No script sets a property whose name it was given, since « __proto__ » would be one; OWN_NAMES lists where the name is
    ours.
    """
    for path in SCRIPTS:
        assert set(WRITTEN.findall(code_of(path))) <= OWN_NAMES.get(path.name, set()), path.name


def test_a_script_is_a_file_that_is_the_same_for_everybody() -> None:
    assert [path.name for path in SCRIPTS if re.search(r"\{\{|\{%", code_of(path))] == []


def test_what_is_looked_for_is_found() -> None:
    assert MARKUP.search("node.innerHTML = text") and KEPT.search("caches.open(x)")
    assert HEARD.search('addEventListener("message", hear)')
    assert WRITTEN.findall("given[name] = 1; fixed[3] = 1; a[b] === c; [x, y] = z") == ["given[name]"]


def test_scripts_know_each_kind_of_document() -> None:
    words = (ROOT / "templates" / "static" / "french.js").read_text().partition("const WORDS = {")[2]
    known = re.findall(r"^  (\w+): \{", words.partition("\n};")[0], re.MULTILINE)

    assert known == [kind.value for kind in Kind] == list(french.KINDS)
