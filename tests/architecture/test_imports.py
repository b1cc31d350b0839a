"""Imports go one way (README, « How it works »): app → web, jobs → stories → domain, stores, emails; stores → domain.

Leaves may be used by all but ``domain``, which knows ``errors`` only. AWS is seen in ``stores`` alone, the time in ``clock``
alone, the log in ``log`` alone. What is imported inside a function is read too: it is allowed for laziness, in views and jobs.
"""

import ast
from pathlib import Path

import pytest

from chalicelib import log
from tests.architecture.sources import CODE, Import, calls, imports, name_of, tree_of

LEAVES = {"config", "clock", "errors", "log", "seal", "pdf", "french"}
EAGER_WEB = {
    "http",
    "bodies",
    "answers",
    "errors",
    "middleware",
    "session",
    "public",
    "rights",
    "tutor",
    "field_words",
    "detours",
    "lists",
    "team",
    "company",
    "company_words",
    "accounts",
    "own_account",
    "outcomes",
    "meetings",
    "colleagues",
    "records",
    "runs",
    "delays",
    "imports",
}
"""Loaded with every page; the other modules of ``web`` are loaded by the views that need them."""

ALLOWED: dict[str, set[str]] = {
    "app": {"config", "jobs", "web"},
    "web": LEAVES
    | {
        "terms",
        "web",
        "stories",
        "domain",
        "words",
        "timeline_words",
        "outcome_words",
        "list_words",
        "import_words",
        "meeting_words",
        "templating",
    },
    "jobs": LEAVES | {"stories"},
    "stories": LEAVES
    | {
        "terms",
        "stories",
        "domain",
        "stores",
        "emails",
        "meeting_emails",
        "answer_emails",
        "record_emails",
        "invitations",
    },
    "stores": LEAVES | {"terms", "stores", "domain"},
    "emails": LEAVES | {"terms", "domain", "words", "timeline_words", "follow_up_words", "letters"},
    "meeting_emails": LEAVES | {"domain", "words", "meeting_words", "letters", "invitations"},
    "answer_emails": {"domain", "words", "timeline_words", "answer_words", "letters"},
    "record_emails": LEAVES | {"domain", "words", "letters"},
    "answer_words": {"domain"},
    "follow_up_words": {"domain", "config"},
    "meeting_words": {"domain"},
    "letters": LEAVES | {"domain", "mime", "templating"},
    "mime": set(),
    "invitations": {"domain"},
    "words": {"domain", "timeline_words", "clock", "terms"},
    "timeline_words": {"domain"},
    "outcome_words": {"domain", "words"},
    "list_words": {"domain"},
    "import_words": {"domain"},
    "terms": {"config", "domain"},
    "templating": {"config", "french"},
    "domain": {"domain", "errors"},
    "seal": {"errors"},
    "pdf_worker": {"pdf", "pdf_reader"},
    "errors": {"errors"},
    **{leaf: set() for leaf in ("config", "clock", "log", "pdf", "pdf_reader", "french")},
}
"""What each layer may import of ours, whether at its top or inside a function."""
LAZY: dict[str, set[str]] = {
    "web": {
        "stories",
        "web",
        "words",
        "timeline_words",
        "outcome_words",
        "list_words",
        "import_words",
        "meeting_words",
        "templating",
        "french",
    },
    "jobs": {"stories"},
    "pdf_worker": {"pypdf"},
}
"""What may be imported inside a function."""
OTHERS: dict[str, set[str]] = {
    "chalice": {"app", "web", "jobs"},
    "boto3": {"stores"},
    "botocore": {"stores"},
    "pydantic": {"domain", "web"},
    "email_validator": {"domain"},
    "cryptography": {"seal"},
    "jinja2": {"templating"},
    "pypdf": {"pdf_worker"},
    "icalendar": {"invitations"},
}
"""Who may import what others wrote."""
STANDARD = {
    "base64", "binascii", "codecs", "collections", "contextlib", "csv", "ctypes", "dataclasses", "datetime", "email", "enum",
    "functools", "hashlib", "hmac", "http", "importlib", "ipaddress", "itertools", "json", "os", "pathlib", "random", "re",
    "resource", "secrets", "selectors", "signal", "subprocess", "sys", "time", "traceback", "typing", "unicodedata", "urllib",
    "zlib", "zoneinfo", "io", "uuid", "decimal",
}  # fmt: skip
"""The standard library as it is used here: no ``logging``, no ``pickle``, no ``asyncio`` comes in unseen."""

EVERYTHING = [one for path in CODE for one in imports(path)]


def layer(module: str) -> str:
    """``chalicelib.web.tutor`` is ``web``; ``chalicelib.pdf.PdfReport`` is ``pdf``; ``app`` is ``app``."""
    parts = module.split(".")
    return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 else parts[0]


def told(found: list[Import]) -> list[str]:
    return [f"{one.by}:{one.line} imports {one.what}" for one in found]


def test_the_rule_names_every_layer_that_exists() -> None:
    found = {layer(name_of(path)) for path in CODE}

    assert found - {"chalicelib"} == ALLOWED.keys()


def test_imports_of_ours_go_one_way() -> None:
    wrong = [
        one
        for one in EVERYTHING
        if one.package == "chalicelib" and layer(one.what) not in ALLOWED[layer(one.by)]
    ]

    assert told(wrong) == []


def test_only_views_and_jobs_import_late() -> None:
    late = [one for one in EVERYTHING if one.lazy]

    assert told([one for one in late if layer(one.what) not in LAZY.get(layer(one.by), set())]) == []
    assert len(late) > 20, "or this test reads nothing"


def test_the_heavy_is_never_loaded_with_every_page() -> None:
    """What ``app.py`` loads reaches neither stories, stores, domain nor templates: views load what they need."""
    eager = {f"chalicelib.web.{name}" for name in EAGER_WEB} | {"app", "chalicelib.jobs"}
    heavy = {"stories", "stores", "domain", "emails", "words", "timeline_words", "templating", "terms"}
    at_top = [one for one in EVERYTHING if not one.lazy and one.by in eager]

    assert told([one for one in at_top if one.package == "chalicelib" and layer(one.what) in heavy]) == []
    late_modules = (
        {name_of(path) for path in CODE if layer(name_of(path)) == "web"} - eager - {"chalicelib.web"}
    )
    assert told([one for one in at_top for late in late_modules if one.what.startswith(late)]) == []
    assert told([one for one in at_top if one.package in {"pydantic", "boto3", "botocore", "jinja2"}]) == []


def test_each_library_has_its_place() -> None:
    wrong = [
        one
        for one in EVERYTHING
        if one.package not in STANDARD | {"chalicelib"}
        and layer(one.by) not in OTHERS.get(one.package, set())
    ]

    assert told(wrong) == []


def test_decisions_know_nothing_of_the_outside() -> None:
    """``domain``: standard library without its ways out, pydantic, email_validator, and our refusals."""
    pure = {
        "collections",
        "csv",
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "hashlib",
        "ipaddress",
        "re",
        "typing",
        "unicodedata",
        "zoneinfo",
    }
    allowed = pure | {"pydantic", "email_validator", "chalicelib"}
    inside = [one for one in EVERYTHING if layer(one.by) == "domain"]

    assert told([one for one in inside if one.package not in allowed]) == []


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
    "print": {"chalicelib.log", "chalicelib.pdf.worker"},
    "open": set(),
    "input": set(),
    "eval": set(),
    "exec": set(),
    "breakpoint": set(),
    "os.system": set(),
    "sys.stdout.write": set(),
    "sys.stderr.write": set(),
    "traceback.print_exc": set(),
    "time.sleep": {"chalicelib.stores.transactions"},
}
"""Calls that belong to some modules only, or to none."""


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_the_time_the_log_and_files_have_their_one_place(path: Path) -> None:
    module = name_of(path)

    for called, node in calls(path):
        assert module in HOLDERS.get(called, {module}), f"{module}:{node.lineno} calls {called}"


def test_every_log_line_is_made_of_allowed_fields() -> None:
    """``log.line`` refuses others when it runs; here also on the paths that no test takes."""
    found = 0
    for path in CODE:
        for called, node in calls(path):
            if called in {"log.line", "line"}:
                found += 1
                fields = [keyword.arg for keyword in node.keywords if keyword.arg]
                assert set(fields) <= log.FIELDS, f"{path.name}:{node.lineno}"
                assert isinstance(node.args[0], ast.Constant), (
                    f"{path.name}:{node.lineno}: a constant of the code"
                )
    assert found > 10


def test_no_field_of_the_log_could_hold_a_person() -> None:
    """The allow-list itself: nothing that names, addresses, opens or quotes."""
    assert not log.FIELDS & {
        "address", "adresse", "body", "cookie", "deposit", "email", "file", "ip", "key", "link", "message", "name", "nom",
        "nonce", "parcours", "path", "recipient", "text", "token", "url", "user", "user_agent",
    }  # fmt: skip
