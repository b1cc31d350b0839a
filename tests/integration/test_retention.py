"""What is told about retention is what happens: history, contacts and accounts go at their time, by the minute function."""

from datetime import timedelta

import pytest

from chalicelib import clock, config, terms
from chalicelib.domain.ending import End
from chalicelib.domain.timeline import EventKind, Reason
from chalicelib.domain.transition import Change, Transition
from chalicelib.domain.values import Role
from chalicelib.stores import items, transactions
from chalicelib.stories import ending, signing_in
from tests import factories, relays
from tests.conftest import Clock
from tests.factories import COMPANY_ADDRESS
from tests.http import Client
from tests.people import said
from tests.relays import Relay
from tests.worlds import World

A_YEAR = timedelta(days=366)


def ends(relay: Relay) -> None:
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())
    ending.finish(relay.tutor, relay.parcours_id, end, now=clock.utc_now())


def kept(world: World, prefix: str, table: str = items.PARCOURS) -> list[str]:
    """Sort keys of what is still under a partition that begins so."""
    return sorted(str(one["sk"]) for one in world.table(table) if str(one["pk"]).startswith(prefix))


def test_a_year_after_a_passage_ended_nothing_of_its_history_is_left(world: World, time: Clock) -> None:
    relay = relays.started(world)
    reference = str(relay.head().reference)
    ends(relay)

    time.now += A_YEAR
    relay.purges()

    assert kept(world, f"ref#{reference}") == []
    left = [one for one in world.table(items.PARCOURS) if one.get("attempt") == 1 and "kind" in one]
    assert left == []
    assert reference not in world.everything()


def test_a_year_after_it_was_closed_an_account_is_gone(world: World, time: Clock) -> None:
    closed = factories.account(Role.BUYER, closed_at=time.now)
    transactions.commit(Transition(changes=(Change(None, closed),)))
    relay = relays.started(world)

    time.now += A_YEAR
    relay.purges()

    assert closed.address not in world.everything()


def test_a_year_after_the_contract_ended_its_contacts_are_gone(world: World, time: Clock) -> None:
    today = time.now.date()
    contract = factories.offer().contract.model_copy(update={"ends_on": today + timedelta(days=90)})
    relay = relays.started(world, offer=factories.offer(contract=contract))
    ends(relay)

    time.passes(days=91)
    relay.purges()
    assert COMPANY_ADDRESS in world.everything()
    time.now += A_YEAR
    relay.purges()

    assert COMPANY_ADDRESS not in world.everything()


def page(monkeypatch: pytest.MonkeyPatch, path: str, **settings: int) -> str:
    monkeypatch.setenv("PUBLIC_BASE_URL", "http://localhost:8000")
    monkeypatch.setenv("STORAGE_ORIGIN", "http://127.0.0.1:4566")
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    for known in (config.settings, terms.retention):
        known.cache_clear()
    try:
        return said(Client().get(path))
    finally:
        monkeypatch.undo()
        for known in (config.settings, terms.retention):
            known.cache_clear()


@pytest.mark.parametrize("path", ["/donnees-personnelles", "/notice"])
def test_the_winners_window_is_no_time_of_erasure(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    assert "43 minutes" not in page(monkeypatch, path, WINDOW_MINUTES=43)


def test_the_data_page_says_the_life_of_a_link_as_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    told = page(monkeypatch, "/donnees-personnelles", LINK_DAYS=90)

    assert "90 jours" in told and "60 jours" not in told


def test_challenges_and_sessions_go_by_the_minute_function(world: World, time: Clock) -> None:
    relay = relays.started(world)
    for _ in range(2):
        cookie = signing_in.ask_code(relay.tutor.address, now=clock.utc_now())
        relay.mailer_runs()
    signing_in.enter_code(cookie, relay.codes()[-1], former=None, now=clock.utc_now())
    assert kept(world, "signin#", items.RELAY) and kept(world, "session#", items.RELAY)

    time.passes(hours=8, minutes=1)
    relay.purges()

    assert kept(world, "signin#", items.RELAY) + kept(world, "session#", items.RELAY) == []
