"""The register of everything that is stored is closed: each type of item has its row, each row its end and its delays."""

import re
from datetime import timedelta

from chalicelib import config
from chalicelib.domain import retention as retention_rules
from chalicelib.domain.kernel import retention
from chalicelib.domain.kernel.link import PROOF_LIFE
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.retention import BY_NAME, OF, ROWS, Place, fill_in_figures, read_figures
from chalicelib.stores import items
from chalicelib.stories import retention as retention_stories
from chalicelib.web import rights
from chalicelib.web.kit import http
from tests.architecture.sources import CODE, ROOT, name_of, strings
from tests.support import woken

STATIC = ROOT / "templates" / "static"
TABLES = {Place.PARCOURS, Place.RELAY}
KNOWN = read_figures(RetentionPolicy(), config.ERASED_MINUTES)


def test_every_class_of_records_has_its_row() -> None:
    assert items.SHAPES.keys() == OF.keys()
    assert len(BY_NAME) == len(ROWS)


def test_a_row_says_where_its_class_lies() -> None:
    for kind, shape in items.SHAPES.items():
        row = OF[kind]
        assert row.place is (Place.PARCOURS if shape.table == items.PARCOURS else Place.RELAY), kind
        assert shape.due is None or shape.due == row.name, kind
        assert (shape.due is None) == (row.follows is not None or row.for_ever), kind


def test_every_key_that_a_store_writes_has_its_row() -> None:
    """Partition keys are made in ``stores`` alone, of a prefix that ends in ``#`` (or the cursor's)."""
    stores = [path for path in CODE if name_of(path).startswith("chalicelib.stores.")]
    matches = (re.match(r"[a-z]+#", text) for path in stores for text in strings(path))
    prefixes = {match[0] for match in matches if match}

    assert prefixes - {row.pk for row in ROWS} - INNER == set()
    assert {
        "parcours#",
        "delays#",
        "view#",
        "people#",
        "organisation#",
        "word#",
        "proof#",
    } <= prefixes


INNER = {"tutor#", "academie#", "region#", "free#", "event#", "attempt#", "proof#"}
"""What follows in a key, or in a sort key."""


HOLDING = {
    "AWS::CloudTrail::Trail",
    "AWS::DynamoDB::Table",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SES::ConfigurationSet",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}
"""Types of the template that hold what passes through them."""
HOLDS_NOBODY = re.compile(
    r"AWS::(ApiGateway|Budgets|CloudWatch|Events|IAM|KMS|Lambda|Serverless|WAFv2)::"
    r"|Policy$|Subscription$|MetricFilter$|EmailIdentity$|ConfigurationSetEventDestination$"
)
"""Types that hold settings of ours, code or keys, and nothing that people give or do."""


def test_every_place_of_the_template_that_holds_something_has_its_row() -> None:
    """A type that no list knows is red too: somebody has to say whether it holds anything of people."""
    types = {
        name: str(resource["Type"]) for name, resource in woken.template().items() if "Type" in resource
    }  # Chalice gives those of the functions and the API
    holding = {name for name, kind in types.items() if not HOLDS_NOBODY.search(kind)}
    of_rows = {name for row in ROWS if row.place is not Place.BROWSER for name in row.held_by}

    assert {types[name] for name in holding} == HOLDING
    assert of_rows | {"ParcoursTable", "RelayTable"} == holding


def test_everything_that_a_browser_keeps_has_its_row() -> None:
    """Cookies of the code, and the keys under which scripts store: each in a constant, no other way of storing."""
    scripts = {path.name: path.read_text() for path in STATIC.rglob("*.js")}
    cookies = {text for path in CODE for text in strings(path) if text.startswith("__Host-")}
    kept = {
        name: re.findall(r'^const STORED = "([^"]+)";', text, re.MULTILINE)
        for name, text in scripts.items()
        if re.search(r"(local|session)Storage", text)
    }

    assert len(cookies) >= 4 and len(kept) >= 2, "or this test reads nothing"
    assert all(len(keys) == 1 for keys in kept.values()), kept
    for name, text in scripts.items():
        calls = re.findall(r"Storage\b(.{0,20})", text)
        assert all(re.match(r"\.(get|set|remove)Item\(STORED\b", call) for call in calls), name
        assert not re.search(r"indexedDB|\bcaches\b|document\.cookie|serviceWorker|cookieStore", text), name
    of_rows = {name for row in ROWS if row.place is Place.BROWSER for name in row.held_by}
    assert of_rows == cookies | {key for keys in kept.values() for key in keys}


def test_a_recipients_cookie_lives_as_long_as_its_row_says() -> None:
    assert timedelta(seconds=http.NONCE_SECONDS) == PROOF_LIFE


def test_something_ends_each_row() -> None:
    for row in ROWS:
        ends = [
            row.name in set(items.Due),
            row.follows is not None,
            row.place not in TABLES,
            row.for_ever,
        ]
        assert sum(ends) == 1, f"{row.name}: erased by nothing, or by several"
        assert row.follows is None or BY_NAME[row.follows].called, row.name
        assert row.holds and row.why and row.kept, row.name


def test_the_minute_function_handles_what_the_register_says_and_nothing_else() -> None:
    others = {
        items.Due.MAIL,
        items.Due.DEPOSIT,
        items.Due.REMINDER,
        items.Due.WARNING,
    }  # woken; erased; written and removed with their record
    assert {*retention_stories.HANDLERS, *others} - set(retention_stories.FORMER) == set(items.Due)
    assert set(items.Due) <= BY_NAME.keys()


def test_each_figure_is_used_and_each_text_has_its_figures() -> None:
    texts = [text for row in ROWS for text in (row.holds, row.why, *row.kept, row.notice)]
    used = {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}

    assert used == KNOWN.keys()
    assert not [text for text in texts if re.search(r"\d+ (minutes?|heures?|jours?|mois)\b", text)]


def test_the_texts_follow_the_settings() -> None:
    other = RetentionPolicy(answer_days=9, opened_hours=48, link_days=90, retention_months=6, idle_months=18)
    told = " ".join(fill_in_figures(text, read_figures(other, 15)) for row in ROWS for text in row.kept)

    for figure in (
        "9\u00a0jours",
        "90\u00a0jours",
        "92\u00a0jours",
        "6\u00a0mois",
        "18\u00a0mois",
    ):
        assert figure in told, figure


def test_the_sheet_has_every_row_and_the_data_page_what_matters() -> None:
    sheet = [row.holds for section in rights.list_register_sections() for row in section.rows]
    page = [row.holds for section in rights.list_page_sections() for row in section.rows]

    assert len(sheet) == len(ROWS)
    assert set(page) < set(sheet) and len(page) == sum(row.on_page for row in ROWS)
    assert len(rights.list_notice_lines()) == 2


def test_each_row_says_who_receives_it_and_the_host_of_what_it_keeps() -> None:
    elsewhere = {Place.MAILBOX, Place.HANDS, Place.BROWSER}
    for row in ROWS:
        told = rights.name_recipients(row)
        assert ("hébergeur" in told) is (row.place not in elsewhere), row.name
    assert "opérateurs de téléphonie" in rights.name_recipients(retention_rules.BY_NAME["sms"])
    assert "reçu le lien" in rights.name_recipients(retention_rules.BY_NAME["object"])
    assert all(row.recipients for section in rights.list_register_sections() for row in section.rows)


def test_a_reduced_deposit_outlives_every_link_that_may_ask_for_it() -> None:
    keep, at = RetentionPolicy(link_days=90), retention_rules._ORIGIN

    assert keep.reduced_until(at) == keep.link_until(at) + retention.AFTER_LINKS
