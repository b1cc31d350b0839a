"""What a page reads does not grow with the table: the same calls at 100 and at 1,000 parcours, bounded units, never a Scan.

``proof/test_every_row.py`` says the same of 10,000.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.link import Tries
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Aggregate, Role
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, items, parcours_table, rows, tables
from tests.conftest import on_moto
from tests.support import crowds, factories
from tests.support.crowds import Reads
from tests.support.http import Client, signed_in
from tests.support.writing import add_records

FEW = 100
ONE = f"{0:032x}"
"""A parcours of the crowd, « en préparation »."""
ROW_BYTES = 1_024
"""Longer than any list row of the crowd."""
LIST_UNITS = -(-(parcours_table.MOST_ROWS + 1) * ROW_BYTES // 4096)
"""Most units of one list: one row more than is shown is read, to know that there are more."""
UNITS_OF_A_CALL = 256
"""A Query reads 1 MB at most: twice as many units where it reads what was written just now."""
PAGES = {
    "team": (
        "/parcours",
        "/parcours?retard=1",
        "/parcours?tri=retard",
        "/parcours?statut=disponible&echeance=1",
        "/parcours?q=ateliers&page=3",
        "/parcours?q=ateliers&statut=en-preparation",
        "/parcours?q=ateliers&tri=retard",
        "/parcours/export?q=ateliers",
        "/parcours?academie=Dijon",
        "/parcours/export",
        f"/parcours/{ONE}",
        "/aide",
    ),
    "buyer": ("/parcours", "/parcours?q=ateliers", "/parcours?tour=achat", f"/parcours/{ONE}", "/aide"),
    "coordinator": ("/parcours", "/parcours?q=ateliers", "/parcours?statut=disponible", "/aide"),
    "tutor": (
        "/parcours",
        "/parcours?q=ateliers",
        "/parcours?statut=disponible",
        "/parcours?statut=disponible&q=autre",
        "/parcours?statut=disponible&q=Dijon",
        f"/parcours/{ONE}",
    ),
}
"""Every page that shows parcours or counts them, by who asks."""
ASKED = [(who, path) for who, paths in PAGES.items() for path in paths]


@dataclass
class Table:
    """What each page read, when the table held few parcours and many."""

    few: dict[tuple[str, str], Reads] = field(default_factory=dict)
    many: dict[tuple[str, str], Reads] = field(default_factory=dict)


@pytest.fixture(scope="module")
def many() -> int:
    """Parcours of the large table: more than any page shows."""
    return 1_000


@pytest.fixture(scope="module")
def table(many: int) -> Iterator[Table]:
    """What each page read of a small and of a large crowd. Those who come later stand in everybody's list, the longest one."""
    with on_moto():
        people = {
            "team": factories.account(Role.TEAM),
            "buyer": factories.account(Role.BUYER, organisation="Organisme 0"),
            "coordinator": factories.account(Role.COORDINATOR),
            "tutor": replace(factories.account(), departement="21"),
        }
        for person in people.values():
            add_records(person)
        now = clock.utc_now()
        clients = {name: signed_in(person) for name, person in people.items()}
        measured = Table()
        crowds.generate(FEW, now, tutor=people["tutor"].id)
        _reads(clients, measured.few)
        crowds.generate(many - FEW, now, first=FEW, scopes=(rows.EVERYTHING,))
        _reads(clients, measured.many)
        yield measured


def _reads(clients: dict[str, Client], into: dict[tuple[str, str], Reads]) -> None:
    """Ask for every page of ASKED, and keep what each read."""
    for who, path in ASKED:
        with crowds.counted() as reads:
            answer = clients[who].get(path)
        assert answer.status == 200, (who, path)
        into[who, path] = reads


def test_a_page_reads_no_more_of_a_large_table_than_of_a_small_one(table: Table) -> None:
    for asked in ASKED:
        few, many = table.few[asked], table.many[asked]
        said = f"{asked}: {len(few.calls)} calls, {few.units} units → {len(many.calls)} calls, {many.units} units"
        print(said)
        # Once a list holds more than is read: the rows of each word, and the heads that they lead to.
        more = 2
        most_units = LIST_UNITS
        if "/export" in asked[1]:  # of every row: a call more for each megabyte
            more += many.units // UNITS_OF_A_CALL
            most_units = UNITS_OF_A_CALL
        assert abs(len(many.calls) - len(few.calls)) <= more, said
        assert many.units <= many.calls.count("Query") * most_units + len(many.calls), said


def test_no_page_scans(table: Table) -> None:
    for asked in ASKED:
        for reads in (table.few[asked], table.many[asked]):
            assert "Scan" not in reads.calls, asked


def test_a_truncated_list_says_so_and_a_whole_one_counts_exactly() -> None:
    with on_moto():
        team = factories.account(Role.TEAM)
        add_records(team)
        now = clock.utc_now()
        agent = signed_in(team)
        crowds.generate(532, now, scopes=(rows.EVERYTHING,))  # three out of four « en préparation »: 399
        assert "<b>399 parcours</b>" in agent.get("/parcours").text
        crowds.generate(2, now, first=532, scopes=(rows.EVERYTHING,))
        exactly = agent.get("/parcours").text
        assert "<b>401 parcours</b> trouvés" in exactly and "affinez" in exactly  # the latest is late
        late = agent.get("/parcours?retard=1").text
        assert "affinez" not in late, "the index of lateness reads late ones only"


def test_what_is_late_is_found_behind_four_hundred_older_notifications() -> None:
    with on_moto():
        team = factories.account(Role.TEAM)
        add_records(team)
        now = clock.utc_now()
        crowds.generate(560, now, scopes=(rows.EVERYTHING,))
        newest = crowds.parcours(9_997, now)
        late = replace(newest, since=now - timedelta(days=300), last_sent_at=now - timedelta(days=300))
        add_records(late)
        agent = signed_in(team)

        assert late.company.name not in agent.get("/parcours?statut=en-preparation&tri=dernier-fait").text
        assert late.company.name in agent.get("/parcours").text
        assert late.company.name in agent.get("/parcours?retard=1&tri=retard").text
        assert late.company.name in agent.get("/parcours?tri=retard").text


def test_records_of_both_tables_are_one_call_and_what_is_missing_is_left_out() -> None:
    with on_moto():
        person, known = factories.account(), Tries(link="a", closes_at=clock.utc_now())
        add_records(person, known)
        wanted = {
            items.account_key(person.id): Account,
            items.tries_key("a"): Tries,
            items.tries_key("b"): Tries,
        }

        with crowds.counted() as reads:
            records = tables.read_batch(wanted)

        assert records == {
            key: replace(record, revision=1) for key, record in zip(wanted, (person, known), strict=False)
        }
        assert reads.calls == ["BatchGetItem"]


@contextmanager
def busy(times: int) -> Iterator[list[int]]:
    """Return the number of keys that each call asks for, while each table leaves one key of each of the first calls
    unprocessed.
    """
    asked: list[dict[str, Any]] = []
    sizes: list[int] = []

    def asking(params: dict[str, Any], **_: object) -> None:
        asked.append(params["RequestItems"])
        sizes.append(sum(len(request["Keys"]) for request in asked[-1].values()))

    def left(parsed: dict[str, Any], **_: object) -> None:
        if len(asked) > times:
            return
        for name, wanted in asked[-1].items():
            key = wanted["Keys"][0]
            parsed["UnprocessedKeys"][name] = wanted | {"Keys": [key]}
            answered = parsed["Responses"][name]
            parsed["Responses"][name] = [
                item for item in answered if (item["pk"], item["sk"]) != (key["pk"], key["sk"])
            ]

    events = aws.dynamodb().meta.events
    events.register("provide-client-params.dynamodb.BatchGetItem", asking)
    events.register("after-call.dynamodb.BatchGetItem", left)
    try:
        yield sizes
    finally:
        events.unregister("provide-client-params.dynamodb.BatchGetItem", asking)
        events.unregister("after-call.dynamodb.BatchGetItem", left)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the product would have slept, each time."""
    seconds: list[float] = []
    monkeypatch.setattr("chalicelib.stores.aws.time.sleep", seconds.append)
    return seconds


def of_both_tables() -> tuple[dict[items.Key, type[Aggregate]], dict[items.Key, Aggregate]]:
    """Keys of records that are stored in both tables, and the records at them."""
    people, link = [factories.account() for _ in range(3)], Tries(link="a", closes_at=clock.utc_now())
    add_records(*people, link)
    stored: list[Aggregate] = [replace(record, revision=1) for record in (*people, link)]
    by_key: dict[items.Key, Aggregate] = {items.key_of(record): record for record in stored}
    return {key: type(record) for key, record in by_key.items()}, by_key


def test_unprocessed_keys_are_read_again_after_a_pause(slept: list[float]) -> None:
    with on_moto():
        wanted, stored = of_both_tables()

        with busy(times=2) as asked:
            records = tables.read_batch(wanted)

        assert records == stored
        assert asked == [4, 2, 2]
        assert len(slept) == 2


def test_unprocessed_keys_are_given_up_after_a_second_or_two(slept: list[float]) -> None:
    with on_moto():
        wanted, _ = of_both_tables()

        with busy(tables.MOST_CALLS_FOR_A_BATCH) as asked, pytest.raises(TryAgain):
            tables.read_batch(wanted)

        assert len(asked) == tables.MOST_CALLS_FOR_A_BATCH
        longest = [0.05, 0.1, 0.2, 0.4, 0.4, 0.4, 0.4]
        assert all(0 <= pause <= most for pause, most in zip(slept, longest, strict=True))


def test_retry_pauses_are_random_and_grow_up_to_a_bound(slept: list[float]) -> None:
    for attempt in range(10):
        for _ in range(200):
            aws.back_off(attempt)

    pauses = [slept[start : start + 200] for start in range(0, 2_000, 200)]
    assert all(len(set(some)) > 100 for some in pauses)
    longest = [max(some) for some in pauses]
    assert longest[0] < 0.05 < longest[1] < 0.1 < longest[2] < 0.2 < min(longest[3:]) <= max(longest) < 0.4
