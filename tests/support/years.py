"""Years of use, story by story, in which the minute function runs whenever something is due. ``-s`` shows what is left."""

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.managing import Invitation
from chalicelib.domain.importing import Answers
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.record import ContactAnswer
from chalicelib.domain.retention import BY_NAME, ROWS, Place
from chalicelib.stores import parcours_table, transactions
from chalicelib.stores.items import Due
from chalicelib.stories import importing, outcomes, record, retention, rights
from chalicelib.stories.accounts import closing, managing
from chalicelib.stories.kit import accompanying
from chalicelib.stories.mails import feedback, mailing
from tests.conftest import Clock
from tests.support import csv_samples, factories, people, ses_events, sign_in
from tests.support.http import Client, functions_answer
from tests.support.people import read_account, stand
from tests.support.provider import provider_running
from tests.support.provider import sign_in as sign_in_with_proconnect
from tests.support.registered import Found, list_items, list_overdue, row_of
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import change_record

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TABLES = {Place.PARCOURS, Place.RELAY}
NEVER_HERE = {row.name for row in ROWS if row.place not in TABLES} | {"cursor", "purge_proof"}
"""Rows that no table holds, or only while a walk goes on; the one item of the nightly proof."""


class Life:
    """A world in which time passes and the minute function runs whenever something is due."""

    def __init__(self, world: World, time: Clock) -> None:
        self.world, self.time, self.runs = world, time, 0
        self.team = replace(factories.account(Role.TEAM), invited_at=time.now)
        self.boss = replace(factories.account(Role.COORDINATOR), invited_at=time.now)
        stand(self.team, self.boss)
        self.seen: Counter[str] = Counter()

    def count_items(self) -> Counter[str]:
        """Return how many items of each type are stored."""
        return self._look(list_items(self.world))

    def _look(self, items: list[Found]) -> Counter[str]:
        names = Counter(row.name for table, item in items if (row := row_of(table, item)))
        self.seen |= names
        return names

    def passes(self, until: datetime) -> None:
        """Let time pass; the minute function runs at each due instant, or an hour later, and nothing may outlive its row of the
        register.
        """
        items, late = list_items(self.world), set[str]()
        while due := min((time for time in list_due_instants(items) if time <= until), default=None):
            self._look(items)
            self.time.now = now = max(self.time.now + MINUTE, due + timedelta(hours=1))
            report = retention.purge(now=now)
            if report.waiting:
                mailing.send_all(report.waiting, now=clock.utc_now())
            self.runs += 1
            items = list_items(self.world)
            assert report.failed == 0
            late, before = set(list_overdue(items, now)), late
            assert not late & before, "what one run makes due, the next one erases"
        self.time.now = max(self.time.now, until)

    def invites(self, role: Role) -> Account:
        """Let the team invite somebody."""
        account = factories.account(role)
        key, now = secrets.token_hex(16), clock.utc_now()
        managing.invite(
            self.team, Invitation(factories.profile(account), account.address, key=key, reopen=False), now=now
        )
        self.mailer_runs()
        return people.find_account(account.address)

    def signs_in(self, account: Account) -> None:
        """Sign in with the mailed code in a browser of her own; the code that another browser asks for is never typed."""
        there = read_account(account)
        if (
            there.passkey_asked_at is not None
        ):  # each year in its days of grace: passkeys have tests of their own
            change_record(there, replace(there, passkey_asked_at=None))
        browser = Client()
        sign_in.asks_for_code(Client(), account.address)
        sign_in.asks_for_code(browser, account.address)
        self.mailer_runs()
        assert sign_in.signs_in_with(browser, sign_in.derive_code(browser))

    def mailer_runs(self) -> None:
        self.count_items()  # with the mails that wait
        Relay(self.world, self.team, "").mailer_runs()

    def reports_refusal(self) -> None:
        """Let the mail service report that an invitation was refused, and something that nobody understands."""
        deliveries = (item for _, item in list_items(self.world) if str(item["pk"]).startswith("delivery#"))
        tag = next(
            str(delivery["id"]) for delivery in deliveries if delivery["mail"]["kind"] == MailKind.INVITATION
        )
        for event in (ses_events.EVENTS["refused"](tag), ses_events.unknown(tag)[0]):
            feedback.receive(event, now=clock.utc_now())
        self.count_items()

    def takes_offer(self, tutor: Account, buyer: Account, ends_on: date) -> Relay:
        """Declare an offer of a buyer and let a tutor take it."""
        contract = replace(
            factories.offer().contract, ends_on=ends_on, notified_on=day_of(self.time.now) - 30 * DAY
        )
        offer = replace(
            factories.offer(contract=contract, buyer=buyer.id), since=self.time.now, last_at=self.time.now
        )
        self.declares(offer)
        outcomes.take_offer(tutor, offer.id, now=clock.utc_now())
        self.mailer_runs()
        return Relay(self.world, tutor, offer.id)

    def declares(self, offer: Parcours) -> None:
        transactions.commit(attempt.declare(offer, secrets.token_hex(16)))

    def imports_an_offer(self, number: int) -> None:
        """Import a table of one offer, one of whose titles the team has to say what it stands for."""
        now, today = clock.utc_now(), day_of(clock.utc_now())
        over = str(today + 500 * DAY)
        line = csv_samples.row(
            number,
            Date_de_notification=str(today - 30 * DAY),
            Fin_clause=over,
            Fin_clause_reconduction_comprise=over,
        )
        data = csv_samples.text([line]).replace("Heures", "Volume").encode()
        answers = Answers({csv_samples.TITLES.index("Heures"): "heures"})
        assert len(importing.write(self.team, data, answers, now=now).made) == 1
        self.count_items()

    def asks_about_data(self) -> None:
        """Let a contact ask what is kept about them; nobody notes the answer."""
        asked = rights.parse_request(
            "contact", "", "acces", "contact@entreprise.example", now=clock.utc_now()
        )
        rights.ask_rights(asked, source_ip="203.0.113.7", now=clock.utc_now())
        self.mailer_runs()

    def opens_documents(self, relay: Relay) -> None:
        """Let the company open the documents at its second answer to the question, and confirm that it could read them."""
        token, browser = relay.sends(), Browser()
        with pytest.raises(Exception, match="proof_wrong"):
            browser.proves(token, "autre@entreprise.example")
        browser.proves(token)
        browser.opens(token)
        browser.confirms(token)

    def stops(self, relay: Relay) -> None:
        """End the passage: the young person withdraws."""
        end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())
        outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())
        self.mailer_runs()

    def confirms(self, relay: Relay) -> None:
        """Let the team confirm a contact of the offer, which is no news of its passage."""
        about, seen = Interlocutor.ANSWERS_TENDER, relay.head().edited
        now = clock.utc_now()
        record.set_contact(
            self.team, relay.parcours_id, ContactAnswer(about, None, seen=seen, reached=True), now=now
        )
        self.mailer_runs()

    def notes(self, relay: Relay, kind: EventKind, *, planned_at: datetime | None = None) -> None:
        """Note an outcome of this moment as the tutor."""
        contact = Interlocutor.ANSWERS_TENDER if kind is EventKind.MEETING_FIXED else None
        relay.notes(kind, contact=contact, planned_at=planned_at)


def list_due_instants(items: list[Found]) -> Iterator[datetime]:
    """Return the instants at which the minute function has to look at something."""
    handled = {
        *retention.HANDLERS,
        Due.MAIL,
        Due.DEPOSIT,
    }  # who is to be reminded is another function's to look at
    return (datetime.fromisoformat(item["due_at"]) for _, item in items if item.get("due_kind") in handled)


def a_year_of(life: Life, year: int) -> None:
    """Live one year: passages that succeed, stop, outlast their contract or fall silent; people come and go."""
    time, begin = life.time, life.time.now
    tutor, buyer = life.invites(Role.TUTOR), life.invites(Role.BUYER)
    life.reports_refusal()
    for account in (life.team, life.boss, tutor, buyer):
        life.signs_in(account)
    with functions_answer(), provider_running() as provider:
        provider.said["email"] = tutor.address
        sign_in_with_proconnect(Client(), provider)
    accompanying.set_default_sending_route(buyer, by_buyer=year % 2 == 0, now=time.now)
    over = begin.date() + 500 * DAY
    good, stopped, silent = (life.takes_offer(tutor, buyer, over) for _ in range(3))
    life.declares(
        replace(
            factories.offer(contract=replace(good.head().contract, detail=secrets.token_hex(4))),
            since=time.now,
            last_at=time.now,
        )
    )
    life.imports_an_offer(year + 1)
    life.asks_about_data()
    for relay in (good, stopped):
        life.opens_documents(relay)
    silent.sends()
    late = life.takes_offer(tutor, buyer, begin.date() + 80 * DAY)
    late.sends()
    life.passes(begin + 20 * DAY)
    life.notes(good, EventKind.MEETING_FIXED, planned_at=clock.utc_now() + 3 * DAY)
    life.mailer_runs()
    life.stops(stopped)
    life.passes(begin + 30 * DAY)
    for kind in (EventKind.MEETING_HELD, EventKind.CONVENTION_SIGNED, EventKind.REVIEW_DONE):
        planned_at = time.now + 55 * DAY if kind is EventKind.CONVENTION_SIGNED else None
        life.notes(good, kind, planned_at=planned_at)
        life.passes(time.now + 60 * DAY)
    life.confirms(silent)
    life.stops(late)  # its history outlives the contacts of its contract
    if year % 2:
        closing.close(life.boss, tutor.id, now=clock.utc_now())
        life.mailer_runs()
    life.passes(begin + 365 * DAY)


def describe_counts(counts: Counter[str]) -> str:
    """Return the counts as one line."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def lives(life: Life, years: int) -> None:
    """Live so many years of activity, then five in which nobody comes any more; print what is left after each, by type."""
    print()
    for year in range(years + 5):
        if year < years:
            a_year_of(life, year)
        else:
            life.passes(life.time.now + 365 * DAY)
        print(f"year {year + 1:2}: {describe_counts(life.count_items())}")
    print(f"in {life.runs} runs of the minute function")


def assert_only_what_is_allowed(life: Life) -> None:
    """Check that only counts and the team's last account are left, and that every type of item but NEVER_HERE was met."""
    left = life.count_items()
    assert left.keys() == {"booked_rate", "delays", "account", "address", "people"}
    assert (left["account"], left["address"], left["people"]) == (1, 1, 1)
    assert parcours_table.read_account(life.team.id) is not None
    assert life.world.objects() == {}
    assert set(BY_NAME) - set(life.seen) == NEVER_HERE, "or this story met too little"
