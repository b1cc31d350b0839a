"""A request of the young person holds their passage, which allows talking and ending, until somebody has spoken with them."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib import clock, config
from chalicelib.domain.documents.mailing import LEASE
from chalicelib.domain.documents.opening import LinkState
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.attempt import RESERVATION
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import AFTER_PAUSE
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.rights import Right
from chalicelib.errors import LinkSuspended, ProofWrong, TalkNeeded, WrongStep
from chalicelib.stores import aws
from chalicelib.stories import meetings, outcomes, rights
from chalicelib.stories.documents import opening
from chalicelib.stories.mails import feedback, mailing
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.bad_input.cases import hooked
from tests.conftest import Clock
from tests.support import factories, mail_rules, passings, people, relays, ses_events, young
from tests.support.http import Answer, Client, signed_in
from tests.support.listings import begin
from tests.support.meetings import Page, accepts, shown_dates
from tests.support.mornings import remind_on
from tests.support.passings import answers_question
from tests.support.relays import Browser, Relay
from tests.support.waiting import paris
from tests.support.worlds import World
from tests.support.writing import add_records

pytestmark = pytest.mark.usefixtures("answering")

PATH = "/donnees-personnelles/demande"


@dataclass
class Followed:
    """A passage with a coordinator and a buyer, and the requests that are made about it."""

    relay: Relay
    boss: Account
    buyer: Account

    @property
    def here(self) -> str:
        """The path of its page."""
        return f"/parcours/{self.relay.parcours_id}"

    def asks(self, right: Right = Right.OBJECTION) -> None:
        """Make a request about the passage, by the form that anybody may fill in; the mailer takes its mails."""
        form = {"reference": str(self.relay.head().reference), "demande": right.value, "qui": "jeune"}
        answer = Client().post_form(
            PATH, form | {"adresse": "jeune@messagerie.example", "correction": "mon nom"}
        )
        assert answer.status == 303
        relay_items = self.relay.world.table("RELAY_TABLE")
        waiting = [item["key"] for item in relay_items if item.get("kind") == MailKind.RIGHTS_REQUEST]
        mailing.send_all(waiting, now=clock.utc_now())

    def find_said(self, geste: str, reader: Account | None = None) -> dict[str, str]:
        """Return the form of its page by which this person answers what the young person said; the tutor unless another."""
        return young.find_answer_form(signed_in(reader or self.relay.tutor), self.here, geste)

    def answers(self, form: dict[str, str], reader: Account | None = None) -> Answer:
        """Send this form as this person, the tutor unless another is given."""
        return signed_in(reader or self.relay.tutor).post_form(f"{self.here}/notice", form)

    def speaks(self) -> None:
        """Press « J’en ai parlé, le parcours continue » as the tutor."""
        assert self.answers(self.find_said("parle")).status == 303

    def warnings(self) -> list[str]:
        """Return the plain text of each mail that says that nothing is to be sent."""
        mails = self.relay.world.mails()
        return [
            mail_rules.read_body(mail, "plain") for mail in mails if "N’envoyez rien" in str(mail["Subject"])
        ]


@pytest.fixture
def followed(world: World, time: Clock) -> Followed:
    """A passage that a tutor has taken on 15 September 2026, a Tuesday."""
    time.now = paris("2026-09-15 09:00")
    boss, buyer = factories.account(Role.COORDINATOR), factories.account(Role.BUYER)
    people.stand(boss)
    add_records(buyer)
    return Followed(relays.started(world, offer=factories.offer(buyer=buyer.id)), boss, buyer)


@pytest.mark.parametrize("right", Right)
def test_each_request_suspends_a_link_until_the_tutor_has_spoken(
    followed: Followed, world: World, right: Right
) -> None:
    token, browser = followed.relay.sends(), Browser()
    browser.proves(token)
    followed.asks(right)

    with pytest.raises(LinkSuspended):
        browser.opens(token)
    assert browser.looks(token).sight.state is LinkState.SUSPENDED
    assert followed.relay.link().opened_by is None
    followed.speaks()

    assert browser.looks(token).sight.state is LinkState.TO_OPEN, "the answer to its question still counts"
    assert browser.reads(browser.opens(token), world) == followed.relay.sent[-1].plain


def test_an_opening_that_a_request_overtakes_gives_nothing(followed: Followed) -> None:
    """The request is written after the opening has read everything, and before it writes."""
    token = followed.relay.sends()
    browser = answers_question(token)

    with _request_before_next_write(followed), pytest.raises(LinkSuspended):
        browser.opens(token)

    assert followed.relay.link().opened_by is None
    assert EventKind.LINK_OPENED not in followed.relay.event_kinds()


@contextmanager
def _request_before_next_write(followed: Followed) -> Iterator[None]:
    """Let an objection be noted just before the next transaction of something else reaches the tables."""
    waiting = [followed.relay.head().reference or ""]

    def asks_first() -> None:
        while waiting:
            reference = waiting.pop()
            rights.warn_of_rights_request(reference, now=clock.utc_now())

    with hooked(aws.dynamodb(), "before-call.dynamodb.TransactWriteItems", asks_first):
        yield


def test_a_suspended_link_takes_no_answer_and_counts_none(followed: Followed) -> None:
    token, stranger = followed.relay.sends(), Browser("quelqu.un@ailleurs.example")
    with pytest.raises(ProofWrong):
        stranger.proves(token)
    followed.asks()

    for browser in (stranger, Browser()):
        with pytest.raises(LinkSuspended):
            browser.proves(token)

    tries = opening.find_visit(token).tries
    assert tries is not None and tries.wrong == 1
    followed.speaks()
    Browser().proves(token)


def _proposes(page: Page) -> None:
    page.proposes_in_days(3)


PAGE_ACTS: dict[str, Callable[[Page], object]] = {
    "opens again": lambda page: page.browser.opens(page.token),
    "says that she could read": lambda page: page.browser.confirms(page.token),
    "says that she could not": lambda page: page.browser.confirms(page.token, readable=False),
    "proposes dates": _proposes,
    "declines": lambda page: page.browser.declines(page.token),
    "passes the link on": lambda page: passings.passes(page.browser, page.token),
    "adds a colleague": lambda page: passings.adds(page.browser, page.token),
    "asks for a new sending": lambda page: opening.ask_again(
        page.token, browser=page.browser.digest, now=clock.utc_now()
    ),
    "says that copies are deleted": lambda page: page.browser.says_copies_deleted(page.token),
}


@pytest.mark.parametrize("act", PAGE_ACTS)
def test_a_suspended_link_gives_no_act(followed: Followed, act: str) -> None:
    page = Page(followed.relay)
    page.browser.opens(page.token)
    followed.asks()
    before = followed.relay.head()

    with pytest.raises(LinkSuspended):
        PAGE_ACTS[act](page)

    assert followed.relay.head() == before
    shown = Client({NONCE_COOKIE: page.browser.nonce}).post_json("/retrait/apercu", {"token": page.token})
    assert (shown.json["etat"], shown.json["actions"], shown.json["repond"]) == ("suspendu", [], False)
    assert shown.json["peut_demander"] is False


def test_a_link_whose_mail_was_unwanted_offers_no_new_sending_while_it_is_suspended(
    followed: Followed,
) -> None:
    page = Page(followed.relay)
    tag = delivery.derive_tag(followed.relay.link().mail_key)
    feedback.receive(ses_events.EVENTS["complained"](tag), now=clock.utc_now())
    client = Client({NONCE_COOKIE: page.browser.nonce})
    before = client.post_json("/retrait/apercu", {"token": page.token}).json

    followed.asks()

    suspended = client.post_json("/retrait/apercu", {"token": page.token}).json
    assert (before["peut_demander"], suspended["peut_demander"]) == (True, False)
    assert (suspended["actions"], suspended["repond"]) == ([], False)


def test_documents_that_are_ready_wait_until_the_tutor_has_spoken(followed: Followed, time: Clock) -> None:
    relay = followed.relay
    relay.announces()
    relay.uploads()
    followed.asks(Right.ACCESS)
    assert relay.is_inspected() == "verified"

    relay.mailer_runs()
    time.now += timedelta(days=3)
    relay.mailer_runs()
    assert relay.tokens() == []

    followed.speaks()
    time.now += LEASE
    relay.mailer_runs()
    assert len(relay.tokens()) == 1


def test_nothing_goes_on_by_itself_while_a_request_waits(followed: Followed, time: Clock) -> None:
    """Neither company nor buyer hears anything for a month; tutor, then coordinator, are asked to speak with the young person."""
    followed.relay.sends()
    followed.asks(Right.ACCESS)
    followed.relay.mailer_runs()
    first, before = day_of(time.now), len(followed.relay.world.mails())

    for days in (2, 7, 9, 14, 21, 30):
        remind_on(followed.relay, time, first + timedelta(days=days))
        followed.relay.purges()
        followed.relay.mailer_runs()

    mails = followed.relay.world.mails()[before:]
    officer = config.settings().dpo_address  # who is reminded that an answer is due
    assert {str(mail["To"]) for mail in mails} == {
        followed.relay.tutor.address,
        followed.boss.address,
        officer,
    }
    assert "Parlez avec le jeune" in mail_rules.read_body(mails[-1], "plain")
    for mail in mails:
        assert "nouvel envoi" not in mail_rules.read_body(mail, "plain"), (
            "of documents that expired meanwhile"
        )


def test_an_address_is_agreed_to_only_once_the_tutor_has_spoken(followed: Followed) -> None:
    token = followed.relay.sends()
    browser = passings.answers_question(token)
    passings.passes(browser, token, passings.colleague_named(passings.OTHER))
    followed.asks(Right.ACCESS)
    page = signed_in(followed.relay.tutor)
    question = f"{followed.here}/collegue"
    assert 'value="accorder"' not in page.get(question).text

    with pytest.raises(TalkNeeded):
        passings.agrees(followed.relay)

    followed.speaks()
    assert 'value="accorder"' in page.get(question).text
    passings.agrees(followed.relay)


def test_dates_are_neither_chosen_nor_asked_for_before_the_tutor_has_spoken(followed: Followed) -> None:
    page = Page(followed.relay)
    (slot,) = page.proposes_in_days(3)
    followed.asks(Right.ACCESS)
    tutor = signed_in(followed.relay.tutor)
    assert "/rendez-vous" not in tutor.get(followed.here).text

    others = {"geste": "autres", "motif": "other", "vu": shown_dates(followed.relay)}
    refused = tutor.post_form(f"{followed.here}/rendez-vous", others)
    with pytest.raises(TalkNeeded):
        accepts(page, slot)

    assert refused.status == 409 and "D’abord, parler avec le jeune" in refused.text
    assert followed.relay.head().step is Step.SLOTS_PROPOSED

    followed.speaks()
    assert "/rendez-vous" in tutor.get(followed.here).text
    accepts(page, slot)


def test_a_run_says_nothing_to_the_company_and_takes_the_press(followed: Followed) -> None:
    followed.relay.sends()
    followed.asks(Right.ACCESS)
    client = signed_in(followed.relay.tutor)
    run = begin(client)
    page = client.get(run).text
    assert "Quoi dire" not in page and 'name="geste" value="parle"' in page

    answer = client.post_form(f"{followed.here}/notice?{run.partition('?')[2]}", followed.find_said("parle"))

    assert answer.headers["location"] == run.replace("?", "?fait=parle&")
    assert not followed.relay.head().is_held
    assert "Quoi dire" in client.get(run).text


def test_nobody_is_reminded_by_hand_while_a_request_waits(followed: Followed) -> None:
    page = Page(followed.relay)
    page.browser.opens(page.token)
    page.browser.confirms(page.token)
    followed.asks(Right.ACCESS)

    with pytest.raises(WrongStep):
        outcomes.remind(followed.relay.tutor, followed.relay.parcours_id, now=clock.utc_now())

    for agent in (followed.relay.tutor, followed.buyer):
        assert "/relance" not in signed_in(agent).get(followed.here).text
    followed.speaks()
    assert "/relance" in signed_in(followed.buyer).get(followed.here).text


def test_a_reservation_does_not_end_while_a_request_waits(followed: Followed, time: Clock) -> None:
    followed.asks()
    time.passes(days=RESERVATION.days + 20)
    followed.relay.purges()
    assert followed.relay.head().status is ParcoursStatus.IN_PREPARATION
    assert followed.relay.head().reserved_until is None

    followed.speaks()

    reserved_until = followed.relay.head().reserved_until
    assert reserved_until is not None
    assert timedelta() <= time.now + AFTER_PAUSE - reserved_until < timedelta(seconds=1)


def test_card_and_mail_of_the_tutor_say_one_thing_and_the_buyer_reads_of_no_request(
    followed: Followed,
) -> None:
    passings.announces_with_code(followed.relay)
    passings.sends_announced(followed.relay)
    followed.asks()
    words = {
        agent.id: html.unescape(signed_in(agent).get(followed.here).text)
        for agent in (followed.relay.tutor, followed.boss, followed.buyer)
    }

    said = [*followed.warnings(), words[followed.relay.tutor.id], words[followed.boss.id]]
    assert len(said) == 3 and all("Un lien déjà parti est suspendu" in text for text in said)
    for agent in (followed.relay.tutor, followed.boss):
        assert "J’en ai parlé, le parcours continue" in words[agent.id]
        assert "Renvoyer le lien" not in words[agent.id]
        assert "Code à donner par téléphone" not in words[agent.id], "which opens nothing now"
    assert "parler avec le jeune avant la suite" in words[followed.buyer.id]
    assert "Une demande sur les données" not in words[followed.buyer.id]
    assert "J’en ai parlé" not in words[followed.buyer.id]


def test_both_facts_are_on_the_timeline_and_what_was_asked_is_not_stored(
    followed: Followed, world: World
) -> None:
    followed.asks(Right.RESTRICTION)
    followed.speaks()

    assert followed.relay.event_kinds()[-2:] == [EventKind.DATA_REQUESTED, EventKind.DATA_REQUEST_DISCUSSED]
    assert followed.relay.head().data_request is None
    beside = [item for item in world.table("RELAY_TABLE") if not str(item["pk"]).startswith("request#")]
    assert "limitation" not in repr(world.table("PARCOURS_TABLE") + beside)


def test_a_request_still_waits_when_an_end_is_taken_back(followed: Followed, time: Clock) -> None:
    followed.asks()
    page = signed_in(followed.relay.tutor)
    end = {"fin": "young_person_withdrew", "motif": "other", "jours": ""}
    today = day_of(time.now).isoformat()
    assert page.post_form(f"{followed.here}/fin", end | {"survenu_le": today}).status == 303
    assert followed.relay.head().data_request is None

    ended = followed.relay.world
    event = next(
        item["id"] for item in ended.table("PARCOURS_TABLE") if item.get("kind") == "young_person_withdrew"
    )
    assert page.post_form(f"{followed.here}/faits/{event}/correction", {}).status == 303
    assert followed.relay.head().is_held


@pytest.mark.parametrize("asked", ["stop", "data"])
def test_no_outcome_carries_a_held_passage_on(followed: Followed, asked: str) -> None:
    followed.relay.sends()
    if asked == "stop":
        young.looks(followed.relay, geste="arret")
    else:
        followed.asks()
    followed.relay.mailer_runs()
    before, mails, now = followed.relay.head(), len(followed.relay.world.mails()), clock.utc_now()
    planned_at = now + timedelta(days=3)
    fixed = Outcome(
        kind=EventKind.MEETING_FIXED, contact=Interlocutor.WELCOMES, occurred_at=now, planned_at=planned_at
    )

    for agent, told in ((followed.relay.tutor, asked), (followed.buyer, "")):
        with pytest.raises(TalkNeeded) as refused:
            outcomes.note(agent, followed.relay.parcours_id, fixed, now=now)
        assert refused.value.facts["asked"] == told

    followed.relay.mailer_runs()
    assert followed.relay.head() == before and len(followed.relay.world.mails()) == mails
    assert 'value="meeting_fixed' not in signed_in(followed.relay.tutor).get(followed.here).text
    assert "Ton rendez-vous" not in young.looks(followed.relay).words


def test_a_call_and_a_cancelled_meeting_are_noted_of_a_held_passage(followed: Followed) -> None:
    page = Page(followed.relay)
    page.browser.opens(page.token)
    (slot,) = page.proposes_in_days(3)
    accepts(page, slot)
    followed.relay.mailer_runs()
    followed.asks(Right.ACCESS)

    followed.relay.notes(EventKind.CALL_NOTED, reason=Reason.REACHED, contact=Interlocutor.WELCOMES)
    meetings.cancel(
        followed.relay.tutor, followed.relay.parcours_id, Reason.PUT_OFF, clock.utc_now(), seen=slot.start
    )
    followed.relay.mailer_runs()

    assert "annulé" in str(followed.relay.world.mails()[-1]["Subject"])
    assert followed.relay.head().meeting_at is None


@pytest.mark.parametrize("goes_on", [True, False])
def test_the_officer_reads_what_came_of_the_word(followed: Followed, time: Clock, goes_on: bool) -> None:
    followed.relay.sends()
    followed.asks()
    reference, here = str(followed.relay.head().reference), signed_in(followed.relay.tutor)
    assert f'href="{followed.here}/fin"' in here.get(followed.here).text

    if goes_on:
        followed.speaks()
    else:
        end = {"fin": "young_person_withdrew", "motif": "other", "jours": ""}
        here.post_form(f"{followed.here}/fin", end | {"survenu_le": day_of(time.now).isoformat()})
    followed.relay.mailer_runs()

    officer = config.settings().dpo_address
    told = [mail for mail in followed.relay.world.mails() if str(mail["To"]) == officer][-1]
    assert f"{reference} {'continue' if goes_on else 's’est arrêté'}" in str(told["Subject"])


def test_the_team_may_say_that_the_young_person_was_spoken_with_and_a_buyer_may_not(
    followed: Followed,
) -> None:
    team = factories.account(Role.TEAM)
    add_records(team)
    followed.asks()

    form = followed.find_said("parle", team)
    refused = followed.answers(form, followed.buyer)
    assert refused.status == 403 and followed.relay.head().is_held
    assert followed.answers(form, team).status == 303
    assert not followed.relay.head().is_held


def test_nothing_is_withdrawn_to_be_sent_elsewhere_while_a_request_waits(followed: Followed) -> None:
    followed.relay.sends()
    tutor = signed_in(followed.relay.tutor)
    assert "Choisir une autre adresse" in tutor.get(followed.here).text
    followed.asks()

    held = tutor.get(followed.here).text
    assert "Choisir une autre adresse" not in held and "Retirer l’envoi" in held


def test_where_dates_wait_nothing_is_withdrawn_to_be_sent_elsewhere(followed: Followed) -> None:
    page = Page(followed.relay)
    page.browser.opens(page.token)
    page.proposes_in_days(3)

    tutor = signed_in(followed.relay.tutor)

    shown = tutor.get(followed.here).text
    assert "Choisir une autre adresse" not in shown and "Retirer l’envoi" in shown
    assert tutor.get(f"{followed.here}/envoi").headers["location"] == followed.here
