"""Imports go one way, between layers and between the subjects of a layer (CONTRIBUTING.md, « Map »).

AWS is seen in ``stores`` alone, the time in ``clock`` alone, the log in ``log`` alone. Imports inside functions count too.
"""

import ast
import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from chalicelib import log
from tests.architecture.sources import CODE, ROOT, Import, calls, imports, name_of, tree_of

LEAVES = {"audit", "config", "clock", "errors", "log", "french"}
LAYERS: dict[str, set[str]] = {
    "app": {"config", "jobs", "web"},
    "jobs": LEAVES | {"stories"},
    "web": LEAVES | {"stories", "domain", "words", "terms", "templating", "statics"},
    "stories": LEAVES | {"stores", "mails", "domain", "terms", "seal", "pdf", "sheets", "webauthn"},
    "mails": LEAVES | {"domain", "words", "terms", "templating"},
    "stores": LEAVES | {"domain", "terms"},
    "words": LEAVES | {"domain", "terms"},
    "terms": LEAVES | {"domain"},
    "domain": {"errors"},
    "templating": LEAVES | {"statics", "domain"},
    "statics": set(),
    "seal": LEAVES,
    "webauthn": LEAVES | {"domain"},
    "pdf": set(),
    "sheets": {"pdf"},
    **{leaf: set() for leaf in LEAVES},
}
"""What each folder or module of ``chalicelib`` may import of ours beside itself."""
WRITE = "chalicelib.stories.mails."
"""The only stories that put facts into words: what a mail says is so at the moment it leaves."""
LATE = {
    "chalicelib.webauthn",
    "jobs",
    "pdf",
    "chalicelib.web.kit.errors",
    "chalicelib.web.kit.page_view",
    "chalicelib.web.health",
    "chalicelib.domain.kernel.address",
    "chalicelib.domain.kernel.texts",
}
"""Who may import inside a function, so that a start loads only what its call needs. Pages are loaded by ``web/urls.py``."""
OTHERS: dict[str, set[str]] = {
    "chalice": {"app", "web", "jobs"},
    "boto3": {"stores"},
    "botocore": {"stores"},
    "pydantic": {"web"},
    "pydantic_core": {"stores"},
    "email_validator": {"domain"},
    "joserfc": {"stores"},
    "urllib3": {"stores"},
    "dateutil": {"domain"},
    "stdnum": {"domain"},
    "cryptography": {"seal"},
    "jinja2": {"templating"},
    "icalendar": {"mails"},
    "python_calamine": {"sheets"},
    "segno": {"web"},
    "fido2": {"webauthn"},
}
"""Who may import what others wrote."""
STANDARD = {
    "base64", "binascii", "codecs", "collections", "contextlib", "contextvars", "csv", "ctypes", "dataclasses", "datetime",
    "difflib", "email", "encodings", "enum", "fcntl", "functools", "hashlib", "hmac", "html", "http", "importlib", "ipaddress",
    "itertools", "json", "os", "pathlib", "random", "re", "resource", "secrets", "selectors", "signal", "struct", "subprocess",
    "sys", "time", "traceback", "typing", "unicodedata", "urllib", "string", "zlib", "zoneinfo", "io", "math", "uuid", "decimal",
    "zipfile",
}  # fmt: skip
"""The standard library as it is used here: no ``logging``, no ``pickle``, no ``asyncio`` comes in unseen."""

EVERYTHING = [import_ for path in CODE for import_ in imports(path)]
MODULES = {name_of(path) for path in CODE}


def layer(module: str) -> str:
    """Return the layer of a module: ``web`` of ``chalicelib.web.lists``, ``errors`` of ``chalicelib.errors.NotFound``, ``app``
    of ``app``.
    """
    parts = module.split(".")
    return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 else parts[0]


def module_of(name: str) -> str:
    """Return the module that holds an imported name."""
    return name if name in MODULES else name.rpartition(".")[0]


def folder_of(module: str) -> str:
    """``chalicelib.domain.kernel`` for each of its modules; a module beside the folders is its own."""
    parent = module.rpartition(".")[0]
    return parent if parent.count(".") > 1 else module


def describe_imports(imports: list[Import]) -> list[str]:
    """Return a line for each import: which module imports what, and where."""
    return [f"{import_.by}:{import_.line} imports {import_.what}" for import_ in imports]


def find_circle(edges: set[tuple[str, str]]) -> list[str]:
    """Return one circle among these arrows; empty when there is none."""
    graph: dict[str, set[str]] = defaultdict(set)
    for source, other in edges:
        if source != other:
            graph[source].add(other)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def test_the_rule_names_every_layer_that_exists() -> None:
    assert {layer(module) for module in MODULES} - {"chalicelib"} == LAYERS.keys()


def test_imports_of_ours_go_one_way() -> None:
    def allowed(by: str) -> set[str]:
        return LAYERS[layer(by)] | {layer(by)} | ({"words"} if by.startswith(WRITE) else set())

    wrong = [
        import_
        for import_ in EVERYTHING
        if import_.package == "chalicelib" and layer(import_.what) not in allowed(import_.by)
    ]

    assert describe_imports(wrong) == []


def test_no_circle_joins_modules_or_folders() -> None:
    ours = {
        (import_.by, module_of(import_.what)) for import_ in EVERYTHING if import_.package == "chalicelib"
    }

    assert find_circle(ours) == []
    assert find_circle({(folder_of(folder), folder_of(other)) for folder, other in ours}) == []
    assert find_circle({("a", "b"), ("b", "a")}), "or this test sees nothing"


def test_only_refusals_and_jobs_import_late() -> None:
    late = [import_ for import_ in EVERYTHING if import_.lazy]

    assert describe_imports([import_ for import_ in late if not {import_.by, layer(import_.by)} & LATE]) == []
    assert late, "or this test reads nothing"


def test_each_library_has_its_place() -> None:
    wrong = [
        import_
        for import_ in EVERYTHING
        if import_.package not in STANDARD | {"chalicelib"}
        and layer(import_.by) not in OTHERS.get(import_.package, set())
    ]

    assert describe_imports(wrong) == []


def test_decisions_know_nothing_of_the_outside() -> None:
    """``domain`` imports libraries that only compute, our refusals, and of the standard library nothing that reads or writes."""
    pure = {
        "collections",
        "csv",
        "difflib",
        "email",
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "base64",
        "hashlib",
        "hmac",
        "ipaddress",
        "json",
        "math",
        "re",
        "typing",
        "unicodedata",
        "zoneinfo",
    }
    allowed = pure | {"email_validator", "dateutil", "stdnum", "chalicelib"}
    inside = [import_ for import_ in EVERYTHING if layer(import_.by) == "domain"]

    assert describe_imports([import_ for import_ in inside if import_.package not in allowed]) == []


def test_only_stores_speak_of_aws_errors() -> None:
    for path in CODE:
        if layer(name_of(path)) != "stores":
            names = {node.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Name)}
            assert not names & {"ClientError", "BotoCoreError", "boto3", "botocore"}, path


CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
}
HOLDERS: dict[str, set[str]] = {
    **{reading: {"chalicelib.clock", "chalicelib.log"} for reading in CLOCK},
    "print": {"chalicelib.log"},
    "open": {"chalicelib.pdf.rules"},
    "input": set(),
    "eval": set(),
    "exec": set(),
    "breakpoint": set(),
    "os.system": set(),
    "sys.stdout.write": set(),
    "sys.stderr.write": {"app"},  # to who types a command of Chalice, never in a function
    "traceback.print_exc": set(),
    "time.sleep": {"chalicelib.clock", "chalicelib.stores.aws", "chalicelib.stores.site"},
}
"""Calls that belong to some modules only, or to none."""


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_the_time_the_log_and_files_have_their_one_place(path: Path) -> None:
    module = name_of(path)

    for called, node in calls(path):
        assert module in HOLDERS.get(called, {module}), f"{module}:{node.lineno} calls {called}"


def test_a_moment_becomes_a_day_in_paris_and_not_in_utc() -> None:
    """Code and tests turn an instant into a day by ``calendar.day_of`` alone: shortly before midnight in UTC it is tomorrow in
    Paris.
    """
    written = re.compile(r"\bnow(\(\))?\.date\(\)")
    lines = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("chalicelib", "infra", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text().splitlines()
        if written.search(line)
    }

    assert lines == set()


def test_every_log_line_is_made_of_allowed_fields() -> None:
    """``log.line`` refuses others when it runs; here also on the paths that no test takes."""
    count = 0
    for path in CODE:
        for called, node in calls(path):
            if called in {"log.line", "line"}:
                count += 1
                fields = [keyword.arg for keyword in node.keywords if keyword.arg]
                assert set(fields) <= log.FIELDS, f"{path.name}:{node.lineno}"
                assert isinstance(node.args[0], ast.Constant), (
                    f"{path.name}:{node.lineno}: a constant of the code"
                )
    assert count > 10


def test_no_field_of_the_log_could_hold_a_person() -> None:
    """The allow-list itself: nothing that names, addresses, opens or quotes."""
    assert not log.FIELDS & {
        "address", "adresse", "body", "cookie", "deposit", "email", "file", "ip", "key", "link", "message", "name", "nom",
        "nonce", "parcours", "path", "recipient", "text", "token", "url", "user", "user_agent",
    }  # fmt: skip


def test_a_unit_of_work_is_committed_where_a_lost_race_runs_it_again() -> None:
    """Only ``@story`` does that: a unit of work that a function makes for itself is there to read."""
    functions = [
        node for path in CODE for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef)
    ]

    assert [
        function.name
        for function in functions
        if "UnitOfWork()" in (source := ast.unparse(function))
        and re.search(r"\b(work|UnitOfWork\(\))\.commit", source)
    ] == []
