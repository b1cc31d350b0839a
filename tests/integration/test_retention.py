"""What is told about retention is what happens: history, contacts and accounts go at their time, by the minute function."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock, config, terms
from chalicelib.domain.accounts.signing_in import BROWSER_LIFE, WHOLE
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.link import PROOF_LIFE
from chalicelib.domain.kernel.parcours import CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Outcome
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.record import ContactAnswer
from chalicelib.errors import NotFound
from chalicelib.stores import items, parcours_table, transactions
from chalicelib.stories import outcomes, record, retention
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.wire import Call, Crash, Tap
from tests.support import factories, relays, sign_in
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Client, signed_in
from tests.support.people import page_text
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

A_YEAR, HOUR = timedelta(days=367), timedelta(hours=1)


def ends(relay: Relay) -> None:
    """End the passage."""
    sending_changes.ends(relay)


def stored_account(account: Account) -> Account:
    """Store an account."""
    add_records(account)
    return account


def list_sort_keys(world: World, prefix: str, table: str = items.PARCOURS) -> list[str]:
    """The sort keys that are left in the partitions whose key begins with this prefix."""
    return sorted(str(item["sk"]) for item in world.table(table) if str(item["pk"]).startswith(prefix))


def test_a_year_after_a_passage_ended_nothing_of_its_history_is_left(
    relay: Relay, world: World, time: Clock
) -> None:
    reference = str(relay.head().reference)
    ends(relay)

    time.now += A_YEAR
    relay.purges()

    assert list_sort_keys(world, f"ref#{reference}") == []
    left = [item for item in world.table(items.PARCOURS) if item.get("attempt") == 1 and "kind" in item]
    assert left == []
    assert reference not in world.everything()


def test_a_year_after_it_was_closed_an_account_is_gone(world: World, time: Clock) -> None:
    closed = replace(factories.account(Role.BUYER), closed_at=time.now)
    add_records(closed)
    relay = relays.started(world)

    time.now += A_YEAR
    relay.purges()

    assert closed.address not in world.everything()


def test_a_year_after_the_contract_ended_its_contacts_are_gone(world: World, time: Clock) -> None:
    today = day_of(time.now)
    contract = replace(factories.offer().contract, ends_on=today + timedelta(days=90))
    relay = relays.started(world, offer=factories.offer(contract=contract))
    ends(relay)

    time.passes(days=91)
    relay.purges()
    assert COMPANY_ADDRESS in world.everything()
    time.now += A_YEAR
    relay.purges()

    assert COMPANY_ADDRESS not in world.everything()


def page(monkeypatch: pytest.MonkeyPatch, path: str, **settings: int) -> str:
    """Return the text of a page under these settings."""
    monkeypatch.setenv("PUBLIC_BASE_URL", "http://localhost:8000")
    monkeypatch.setenv("STORAGE_ORIGIN", "http://127.0.0.1:4566")
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    for known in (config.settings, terms.retention):
        known.cache_clear()
    try:
        return page_text(Client().get(path))
    finally:
        monkeypatch.undo()
        for known in (config.settings, terms.retention):
            known.cache_clear()


def test_the_data_page_says_the_life_of_a_link_as_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    text = page(monkeypatch, "/donnees-personnelles", LINK_DAYS=90)

    assert "90 jours" in text and "60 jours" not in text


def test_challenges_and_sessions_go_by_the_minute_function(relay: Relay, world: World, time: Clock) -> None:
    browser = Client()
    sign_in.asks_for_code(Client(), relay.tutor.address)
    sign_in.asks_for_code(browser, relay.tutor.address)
    assert sign_in.signs_in_with(browser, sign_in.derive_code(browser))
    assert list_sort_keys(world, "signin#", items.RELAY) and list_sort_keys(world, "session#", items.RELAY)

    time.passes(hours=8, minutes=1)
    relay.purges()

    assert (
        list_sort_keys(world, "signin#", items.RELAY) + list_sort_keys(world, "session#", items.RELAY) == []
    )


def facts_of_the_passage(world: World, number: int = 1) -> list[items.Plain]:
    """Return the stored events of the passage of this number."""
    return [item for item in world.table(items.PARCOURS) if item.get("attempt") == number and "kind" in item]


def add_facts(relay: Relay, times: int) -> None:
    """Add so many events to the timeline of the passage."""
    for _ in range(times):
        event = Event(
            parcours=relay.parcours_id,
            id=secrets.token_hex(16),
            attempt=1,
            kind=EventKind.CLAUSE_EXPLAINED,
            at=clock.utc_now(),
            actor=Role.TUTOR,
        )
        transactions.commit(Transition(events=(event,)))


def test_a_history_stays_until_its_time_and_goes_with_it(relay: Relay, world: World, time: Clock) -> None:
    ends(relay)
    ended_at = parcours_table.read_attempt(relay.parcours_id, number=1).ended_at
    assert ended_at is not None
    due = terms.retention().history_until(ended_at)

    time.now = due - timedelta(seconds=1)
    relay.purges()
    assert facts_of_the_passage(world)
    time.now = due
    relay.purges()

    assert facts_of_the_passage(world) == []
    assert [event.kind for event in parcours_table.read_page(relay.parcours_id).events] == [
        EventKind.OFFER_DECLARED
    ]
    assert relay.head().last_kind is EventKind.OFFER_DECLARED


def test_a_long_history_cut_on_the_way_shows_nowhere_and_is_finished_by_the_next_run(
    relay: Relay, world: World, time: Clock
) -> None:
    """More facts than one transaction holds, and a function that dies after the first of them."""
    add_facts(relay, times=130)
    ends(relay)
    time.now += A_YEAR
    writes: list[None] = []

    def dies(call: Call, event_name: str, request: object) -> None:
        writes.append(None)
        if len(writes) > 2:  # the mark, and the first facts
            raise Crash

    with Tap(operation="TransactWriteItems", act=dies).open(), pytest.raises(Crash):
        retention.forget_attempt(relay.parcours_id, number=1, now=time.now)

    left = facts_of_the_passage(world)
    assert 0 < len(left) < 130
    page = parcours_table.read_page(relay.parcours_id)
    assert page.attempts == () and not [event for event in page.events if event.attempt == 1]
    browser = signed_in(stored_account(factories.account(Role.TEAM)))
    assert browser.get(f"/parcours/{relay.parcours_id}").status == 200
    with pytest.raises(NotFound):
        outcomes.correct(relay.tutor, relay.parcours_id, str(left[-1]["id"]), now=clock.utc_now())

    time.passes(minutes=1)
    relay.purges()

    assert facts_of_the_passage(world) == [] and list_sort_keys(world, "ref#") == []


def test_erasing_a_history_twice_at_once_is_erasing_it_once(relay: Relay, world: World, time: Clock) -> None:
    ends(relay)
    time.now += A_YEAR

    assert retention.forget_attempt(relay.parcours_id, number=1, now=time.now)
    before = world.everything()
    assert retention.forget_attempt(relay.parcours_id, number=1, now=time.now)

    assert world.everything() == before


def test_the_next_passage_keeps_its_own_facts(relay: Relay, world: World, time: Clock) -> None:
    ends(relay)
    time.passes(days=300)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    reference, time.now = relay.head().reference, time.now + timedelta(days=67)
    relay.purges()

    assert facts_of_the_passage(world) == []
    assert facts_of_the_passage(world, number=2)
    assert relay.head().reference == reference
    assert [attempt.number for attempt in parcours_table.read_page(relay.parcours_id).attempts] == [2]


def test_pages_lists_and_export_work_after_a_history_is_erased(world: World, time: Clock) -> None:
    team = stored_account(factories.account(Role.TEAM))
    relay = relays.started(world)
    reference = str(relay.head().reference)
    ends(relay)
    time.now += A_YEAR
    relay.purges()
    browser = signed_in(team)

    assert browser.get(f"/parcours/{relay.parcours_id}").status == 200
    assert "Jardins Morvenne" not in browser.get(f"/parcours?q={reference}").text
    assert reference not in browser.get("/parcours/export").text
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    assert browser.get(f"/parcours/{relay.parcours_id}").status == 200


def test_delays_stay_true_after_their_passages_are_erased(relay: Relay, world: World, time: Clock) -> None:
    relay.sends()
    ends(relay)
    counted = list_sort_keys(world, "delays#")
    assert counted
    time.now += A_YEAR
    relay.purges()

    assert facts_of_the_passage(world) == []
    assert list_sort_keys(world, "delays#") == counted


def test_contacts_go_at_their_time_though_a_history_is_younger(world: World, time: Clock) -> None:
    over_on = day_of(time.now) + timedelta(days=200)
    contract = replace(factories.offer().contract, ends_on=over_on)
    relay = relays.started(world, offer=factories.offer(contract=contract))
    relay.sends()
    time.passes(days=300)
    ends(relay)
    reference = parcours_table.read_attempt(relay.parcours_id, number=1).reference
    time.now = terms.retention().contacts_until(over_on)
    relay.purges()

    assert COMPANY_ADDRESS not in world.everything() and reference in world.everything()
    assert signed_in(relay.tutor).get("/parcours").status == 200
    time.passes(days=370)
    relay.purges()

    assert (
        list_sort_keys(world, f"parcours#{relay.parcours_id}")
        + list_sort_keys(world, "key#")
        + list_sort_keys(world, "view#")
        == []
    )


def test_an_offer_whose_record_was_erased_may_be_declared_again(world: World, time: Clock) -> None:
    today = day_of(time.now)
    contract = replace(factories.offer().contract, ends_on=today)
    offer = factories.offer(contract=contract)
    transactions.commit(attempt.declare(offer, "e" * 32))
    time.now += timedelta(days=1)
    retention.purge(now=time.now)
    assert parcours_table.read_parcours(offer.id).status is ParcoursStatus.LAPSED
    time.now += A_YEAR
    retention.purge(now=time.now)

    assert world.table(items.PARCOURS) == []
    transactions.commit(attempt.declare(replace(offer, id="a" * 32, revision=0), "e" * 32))


def test_nothing_of_a_passage_under_way_is_erased(world: World, time: Clock) -> None:
    """While somebody still notes what happens on a passage, neither its history nor its contacts are erased, even after the
    contract.
    """
    over_on = day_of(time.now) + timedelta(days=30)
    contract = replace(factories.offer().contract, ends_on=over_on)
    relay = relays.started(world, offer=factories.offer(contract=contract))
    relay.sends()
    for _ in range(3):
        time.passes(days=200)
        outcomes.note(relay.tutor, relay.parcours_id, clause_explained(time), now=clock.utc_now())
        relay.purges()

    assert COMPANY_ADDRESS in world.everything()
    assert len(facts_of_the_passage(world)) > 5


def clause_explained(time: Clock) -> Outcome:
    """Return the outcome that the clause was explained to the buyer now, which is no news of a passage."""
    return Outcome(kind=EventKind.CLAUSE_EXPLAINED, contact=Interlocutor.BUYER, occurred_at=time.now)


def test_a_passage_without_news_for_a_year_is_over_and_that_can_be_taken_back(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    time.passes(days=120)
    relay.purges()
    assert relay.head().status is ParcoursStatus.IN_PREPARATION
    time.now += A_YEAR
    relay.purges()
    relay.mailer_runs()

    assert relay.head().status is ParcoursStatus.AVAILABLE
    assert relay.event_kinds()[-1] is EventKind.PASSAGE_LAPSED
    assert world.mails()[-1]["To"] == relay.tutor.address
    assert "considéré comme terminé" in str(world.mails()[-1]["Subject"])
    lapsed = parcours_table.read_page(relay.parcours_id).events[-1]
    outcomes.correct(relay.tutor, relay.parcours_id, lapsed.id, now=clock.utc_now())

    assert relay.head().status is ParcoursStatus.IN_PREPARATION
    time.now += timedelta(days=300)
    relay.purges()
    assert relay.head().status is ParcoursStatus.IN_PREPARATION


def test_a_passage_with_a_planned_meeting_is_not_silent(relay: Relay, time: Clock) -> None:
    head = relay.head()
    later = time.now + timedelta(days=500)
    change_record(head, replace(head, meeting_at=later, reservation_until=None))
    time.now += A_YEAR
    relay.purges()

    assert EventKind.PASSAGE_LAPSED not in relay.event_kinds()


def test_events_of_the_offer_do_not_count_as_news_of_a_passage(world: World, time: Clock) -> None:
    """The team confirms a contact again and again, and nobody says anything of the passage."""
    team = stored_account(factories.account(Role.TEAM))
    relay = relays.started(world)
    relay.sends()
    time.passes(days=20)
    relay.purges()  # its documents go: the last that is noted of it
    due = terms.retention().history_until(time.now)
    for _ in range(3):
        time.passes(days=120)
        relay.purges()
        record.set_contact(
            team,
            relay.parcours_id,
            ContactAnswer(Interlocutor.ANSWERS_TENDER, None, seen=relay.head().edited, reached=True),
            now=clock.utc_now(),
        )
    time.now = due + timedelta(days=1)
    relay.purges()

    assert relay.head().status is ParcoursStatus.AVAILABLE
    assert relay.event_kinds()[-1] is EventKind.PASSAGE_LAPSED


def test_a_contract_goes_with_the_last_of_its_histories(world: World, time: Clock) -> None:
    """The contract is erased when its last history is, with any contact that was entered in between."""
    team = stored_account(factories.account(Role.TEAM))
    over_on = day_of(time.now) + timedelta(days=90)
    contract = replace(factories.offer().contract, ends_on=over_on)
    relay = relays.started(world, offer=factories.offer(contract=contract))
    relay.sends()
    time.passes(days=150)
    ends(relay)
    ended_at = parcours_table.read_attempt(relay.parcours_id, number=1).ended_at
    assert ended_at is not None
    time.now = terms.retention().contacts_until(over_on)
    relay.purges()
    assert COMPANY_ADDRESS not in world.everything()
    typed = CompanyContact(name="Hugo Tissier", address="h@neuf.example", role=ContactRole.ANSWERS_TENDER)
    about, seen = Interlocutor.ANSWERS_TENDER, relay.head().edited
    record.set_contact(
        team, relay.parcours_id, ContactAnswer(about, typed, seen=seen, reached=False), now=clock.utc_now()
    )
    time.passes(minutes=1)
    relay.purges()
    time.now = terms.retention().history_until(ended_at)
    relay.purges()

    assert (
        list_sort_keys(world, f"parcours#{relay.parcours_id}")
        + list_sort_keys(world, "key#")
        + list_sort_keys(world, "view#")
        == []
    )
    assert typed.address not in world.everything()


def test_the_data_page_says_how_long_each_cookie_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    text = page(monkeypatch, "/donnees-personnelles").replace("\u00a0", " ").partition("Un cookie est")[2]

    for life, unit in (
        (WHOLE // HOUR, "heures"),
        (BROWSER_LIFE.days, "jours"),
        (PROOF_LIFE // HOUR, "heures"),
    ):
        assert f"{life} {unit}" in text
