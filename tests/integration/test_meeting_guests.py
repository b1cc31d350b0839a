"""Whoever was invited to a meeting is told when it falls away, and nobody else; whoever takes a place in it is invited."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.parcours.ending import End
from chalicelib.stores import parcours_table
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories import outcomes
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.accounts import closing
from chalicelib.stories.documents import sending
from chalicelib.stories.meetings import CompanyGesture, Move, Proposal
from chalicelib.stories.parcours import Assignment
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, http, meetings, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import Page, accepts, calendar_of, calendars_mailed, shown_dates, slot_in_days
from tests.support.passings import COLLEAGUE, OTHER, adds, agrees, answers_question, colleague_named, passes
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import change_record

X = "x.autre@jardins.entreprise.example"


def agree_on_meeting(relay: Relay, recipient: str = COMPANY_ADDRESS) -> tuple[str, Browser]:
    """Fix a meeting with the recipient of the link and send every mail; return the token and the browser."""
    token = relay.sends(recipient=recipient)
    browser, slot = answers_question(token, recipient), slot_in_days(9)
    meetings_stories.propose(token, Proposal((slot,), holidays_seen=True), browser.digest, clock.utc_now())
    meetings_stories.accept(
        relay.tutor, relay.parcours_id, Acceptance(slot.start, seen=shown_dates(relay)), clock.utc_now()
    )
    assert calendars_mailed(relay) == {relay.tutor.address: "REQUEST", recipient: "REQUEST"}
    return token, browser


def cancels(relay: Relay) -> None:
    """Cancel the meeting as the tutor."""
    seen = meetings.agreed_start(relay)
    meetings_stories.cancel(relay.tutor, relay.parcours_id, Reason.PUT_OFF, clock.utc_now(), seen=seen)


def test_the_page_names_those_to_whom_a_mail_about_the_meeting_goes(relay: Relay) -> None:
    """Before a meeting is noted, moved or cancelled: the person who accompanies, and the contact of the company."""
    guests = f"{relay.tutor.name} et {relay.head().company.contacts[0].name}"
    client, here = http.signed_in(relay.tutor), f"/parcours/{relay.parcours_id}"
    assert f"au lieu de la fiche, part à {guests}." in client.get(here).words
    agree_on_meeting(relay)

    page = client.get(here).words

    assert f"La nouvelle invitation part à {guests}." in page
    assert f"Un message le dit à {guests}, avec ce motif." in page


def subject_to(relay: Relay, who: str) -> str:
    """The subject of the last mail with a calendar to this address."""
    sent = [mail for mail in relay.world.mails() if mail["To"] == who]
    return str(
        [mail for mail in sent if "text/calendar" in {part.get_content_type() for part in mail.walk()}][-1][
            "Subject"
        ]
    )


def test_at_the_end_whoever_was_invited_is_told_even_though_her_link_is_withdrawn(relay: Relay) -> None:
    """The end of a passage withdraws the link and cancels the meeting, and its recipient still gets the cancellation."""
    agree_on_meeting(relay, X)
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())

    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())

    assert calendars_mailed(relay) == {relay.tutor.address: "CANCEL", X: "CANCEL"}


def test_whoever_got_a_later_sending_is_the_one_who_is_invited_and_told(relay: Relay) -> None:
    """A meeting fixed by telephone invites the recipient of the last sending, not of an earlier one, and so does its
    cancellation.
    """
    first = relay.sends(recipient=X)
    now, tutor, here = clock.utc_now(), relay.tutor, relay.parcours_id
    meetings_stories.propose(
        first, Proposal((slot_in_days(9),), holidays_seen=True), answers_question(first, X).digest, now
    )
    meetings_stories.ask_others(tutor, here, Reason.OTHER, now, seen=shown_dates(relay))
    sending.revoke(tutor, relay.deposit().id, seen_opened=False, now=now)
    relay.sends(recipient=COLLEAGUE)
    outcome = Outcome(
        kind=EventKind.MEETING_FIXED,
        contact=Interlocutor.WELCOMES,
        occurred_at=now,
        planned_at=slot_in_days(10).start,
    )
    outcomes.note(tutor, here, outcome, now=now)
    assert calendars_mailed(relay) == {tutor.address: "REQUEST", COLLEAGUE: "REQUEST"}

    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=now)
    outcomes.finish_passage(tutor, here, end, now=now)

    assert calendars_mailed(relay) == {tutor.address: "CANCEL", COLLEAGUE: "CANCEL"}


def test_a_meeting_that_is_moved_once_her_link_is_withdrawn_invites_the_contact_in_her_place(
    relay: Relay,
) -> None:
    """Once the link is withdrawn, a moved meeting invites the record's contact, and the former holder gets a cancellation."""
    agree_on_meeting(relay, X)
    sending_changes.revokes(relay)
    now, seen = clock.utc_now(), meetings.agreed_start(relay)

    meetings_stories.move(
        relay.tutor, relay.parcours_id, Move(slot_in_days(12), seen=seen, holidays_seen=True), now
    )

    assert calendars_mailed(relay) == {
        relay.tutor.address: "REQUEST",
        COMPANY_ADDRESS: "REQUEST",
        X: "CANCEL",
    }
    cancels(relay)
    assert calendars_mailed(relay) == {relay.tutor.address: "CANCEL", COMPANY_ADDRESS: "CANCEL"}


def test_a_colleague_who_takes_the_link_over_is_invited_in_the_holders_place(relay: Relay) -> None:
    token, browser = agree_on_meeting(relay)

    passes(browser, token)

    stays = {relay.tutor.address: "REQUEST"}
    assert calendars_mailed(relay) == stays | {COLLEAGUE: "REQUEST", COMPANY_ADDRESS: "CANCEL"}
    assert "d’autres invités" in subject_to(relay, relay.tutor.address)
    to_tutor = meetings.text_of(
        [mail for mail in relay.world.mails() if mail["To"] == relay.tutor.address][-1]
    )
    assert "Jeanne Roy remplace Nadia Bellanger." in to_tutor
    assert "Rendez-vous le" in subject_to(relay, COLLEAGUE)
    assert "est retirée" in subject_to(relay, COMPANY_ADDRESS)
    cancels(relay)
    assert calendars_mailed(relay) == {relay.tutor.address: "CANCEL", COLLEAGUE: "CANCEL"}


def test_a_colleague_whom_the_tutor_agrees_to_is_invited_then(relay: Relay) -> None:
    """A colleague who needs the tutor's consent is invited, in the holder's place, only once it is given."""
    token, browser = agree_on_meeting(relay)
    passes(browser, token, colleague_named(OTHER))
    assert calendars_mailed(relay) == {}

    agrees(relay)

    stays = {relay.tutor.address: "REQUEST"}
    assert calendars_mailed(relay) == stays | {OTHER: "REQUEST", COMPANY_ADDRESS: "CANCEL"}


def test_an_invitation_to_a_new_guest_does_not_speak_of_earlier_moves(relay: Relay) -> None:
    token, browser = agree_on_meeting(relay)
    now, seen = clock.utc_now(), meetings.agreed_start(relay)
    meetings_stories.move(
        relay.tutor, relay.parcours_id, Move(slot_in_days(12), seen=seen, holidays_seen=True), now
    )
    calendars_mailed(relay)

    passes(browser, token)

    calendars_mailed(relay)
    assert "Rendez-vous le" in subject_to(relay, COLLEAGUE)


def test_somebody_beside_who_agreed_on_it_stays_the_one_who_is_invited(relay: Relay) -> None:
    """The colleague beside proposed the date that was accepted, so that she alone of the company is invited; a later passing on
    of the first link changes no seat.
    """
    token = relay.sends()
    browser, slot = answers_question(token), slot_in_days(9)
    adds(browser, token)
    relay.mailer_runs()
    second = relay.tokens()[-1]
    beside = answers_question(second, COLLEAGUE)
    meetings_stories.propose(second, Proposal((slot,), holidays_seen=True), beside.digest, clock.utc_now())
    meetings_stories.accept(
        relay.tutor, relay.parcours_id, Acceptance(slot.start, seen=shown_dates(relay)), clock.utc_now()
    )
    assert calendars_mailed(relay) == {relay.tutor.address: "REQUEST", COLLEAGUE: "REQUEST"}

    passes(browser, token, colleague_named(X))

    assert calendars_mailed(relay) == {}


def test_another_tutor_is_invited_in_her_predecessors_place(world: World, time: Clock) -> None:
    successor, coordinator = factories.account(), factories.account(Role.COORDINATOR)
    relay = relays.started(world, also=(successor, coordinator))
    agree_on_meeting(relay)
    predecessor = relay.tutor

    parcours_stories.assign(coordinator, relay.parcours_id, Assignment(successor.id), now=clock.utc_now())

    stays = {COMPANY_ADDRESS: "REQUEST"}
    assert calendars_mailed(relay) == stays | {successor.address: "REQUEST", predecessor.address: "CANCEL"}
    relay.tutor = successor
    cancels(relay)
    assert calendars_mailed(relay) == {successor.address: "CANCEL", COMPANY_ADDRESS: "CANCEL"}


@pytest.mark.parametrize("with_colleague", [True, False])
def test_when_a_buyers_account_closes_her_colleague_takes_her_seat_or_nobody(
    world: World, time: Clock, with_colleague: bool
) -> None:
    """When the account of an invited buyer closes, any colleague is invited at once; who stays is invited anew."""
    buyer, colleague = factories.account(Role.BUYER), factories.account(Role.BUYER)
    team, also = factories.account(Role.TEAM), (colleague,) if with_colleague else ()
    offer = factories.offer(buyer=buyer.id)
    page = Page(relays.started(world, offer=offer, also=(buyer, team, *also)))
    accepts(page, *page.proposes_in_days(9), buyer_invited=True)
    stay = dict.fromkeys((page.relay.tutor.address, COMPANY_ADDRESS), "REQUEST")
    assert calendars_mailed(page.relay) == stay | {buyer.address: "REQUEST"}

    with http.mails_woken() as woken:
        closing.close(team, buyer.id, now=clock.utc_now())
    assert woken == set(page.relay.outbox()), "now, not within the next minute"

    comes = {colleague.address: "REQUEST"} if with_colleague else {}
    assert calendars_mailed(page.relay) == stay | comes


def test_when_the_account_of_a_coordinator_who_stands_in_closes_the_next_one_takes_her_seat(
    world: World, time: Clock
) -> None:
    coordinator, colleague = (factories.account(Role.COORDINATOR) for _ in range(2))
    team = factories.account(Role.TEAM)
    relay = relays.started(
        world,
        offer=replace(factories.offer(), coordinator=coordinator.id),
        also=(coordinator, colleague, team),
    )
    token = relay.sends()
    tutor = parcours_table.read_account(relay.tutor.id)
    assert tutor is not None
    change_record(tutor, replace(tutor, closed_at=clock.utc_now()))
    slot = slot_in_days(9)
    meetings_stories.propose(
        token, Proposal((slot,), holidays_seen=True), answers_question(token).digest, clock.utc_now()
    )
    meetings_stories.accept(
        coordinator, relay.parcours_id, Acceptance(slot.start, seen=shown_dates(relay)), clock.utc_now()
    )
    assert calendars_mailed(relay) == dict.fromkeys((coordinator.address, COMPANY_ADDRESS), "REQUEST")

    closing.close(team, coordinator.id, now=clock.utc_now())

    assert calendars_mailed(relay) == dict.fromkeys((colleague.address, COMPANY_ADDRESS), "REQUEST")


def test_when_a_tutors_account_closes_the_mailer_is_woken_for_who_takes_her_seat(
    world: World, time: Clock
) -> None:
    coordinator, team = factories.account(Role.COORDINATOR), factories.account(Role.TEAM)
    relay = relays.started(world, also=(coordinator, team))
    agree_on_meeting(relay)

    with http.mails_woken() as woken:
        closing.close(team, relay.tutor.id, now=clock.utc_now())

    assert woken == set(relay.outbox())
    assert calendars_mailed(relay) == dict.fromkeys((coordinator.address, COMPANY_ADDRESS), "REQUEST")


def test_after_the_meeting_nobody_is_invited_to_it(world: World, time: Clock) -> None:
    """A handover after the meeting sends no calendar."""
    successor, coordinator = factories.account(), factories.account(Role.COORDINATOR)
    relay = relays.started(world, also=(successor, coordinator))
    agree_on_meeting(relay)
    time.now = slot_in_days(9).end + timedelta(hours=1)

    parcours_stories.assign(coordinator, relay.parcours_id, Assignment(successor.id), now=clock.utc_now())

    assert calendars_mailed(relay) == {}


def adds_second(relay: Relay, token: str, browser: Browser) -> dict[str, str]:
    """Ask for a link for a colleague beside the holder's; return who gets a calendar then."""
    browser.opens(token)
    adds(browser, token)
    return calendars_mailed(relay)


def test_a_colleague_beside_is_invited_too_and_told_of_every_change(relay: Relay, time: Clock) -> None:
    """A colleague with a second link gets the invitation, each change, the reminder of the eve and the cancellation."""
    token = relay.sends()
    browser, slot = answers_question(token), slot_in_days(9)
    assert adds_second(relay, token, browser) == {}
    meetings_stories.propose(token, Proposal((slot,), holidays_seen=True), browser.digest, clock.utc_now())
    meetings_stories.accept(
        relay.tutor, relay.parcours_id, Acceptance(slot.start, seen=shown_dates(relay)), clock.utc_now()
    )
    everybody = (relay.tutor.address, COMPANY_ADDRESS, COLLEAGUE)
    assert calendars_mailed(relay) == dict.fromkeys(everybody, "REQUEST")
    for mail in relay.world.mails()[-3:]:
        event = calendar_of(mail).vevent
        assert {who.value for who in event.attendee_list} == {f"mailto:{person}" for person in everybody}

    now, seen = clock.utc_now(), meetings.agreed_start(relay)
    meetings_stories.move(
        relay.tutor, relay.parcours_id, Move(slot_in_days(12), seen=seen, holidays_seen=True), now
    )
    assert calendars_mailed(relay) == dict.fromkeys(everybody, "REQUEST")
    assert "Rendez-vous déplacé au" in subject_to(relay, COLLEAGUE)

    time.now = slot_in_days(11).start + timedelta(hours=1)
    relay.purges()
    before = len(relay.world.mails())
    relay.mailer_runs()
    assert [str(mail["Subject"]) for mail in relay.world.mails()[before:] if mail["To"] == COLLEAGUE] != []
    cancels(relay)
    assert calendars_mailed(relay) == dict.fromkeys(everybody, "CANCEL")
    assert "annulé" in subject_to(relay, COLLEAGUE)


def test_a_colleague_added_while_a_meeting_stands_is_invited_then(relay: Relay) -> None:
    token, browser = agree_on_meeting(relay)

    # The holder sat in the record's place, which is the colleague's now: told again, so that no mail that waits is lost.
    met = {relay.tutor.address: "REQUEST", relay.link().recipient: "REQUEST"}
    assert adds_second(relay, token, browser) == met | {COLLEAGUE: "REQUEST"}

    assert "Rendez-vous le" in subject_to(relay, COLLEAGUE)
    meetings_stories.note_gesture(
        token,
        CompanyGesture(meetings_stories.CANCELS, Reason.PUT_OFF, seen=meetings.agreed_start(relay)),
        browser.digest,
        clock.utc_now(),
    )
    everybody = (relay.tutor.address, COMPANY_ADDRESS, COLLEAGUE)
    assert calendars_mailed(relay) == dict.fromkeys(everybody, "CANCEL")


def test_at_the_end_the_colleague_beside_is_told_too(relay: Relay) -> None:
    token, browser = agree_on_meeting(relay)
    adds_second(relay, token, browser)
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())

    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())

    assert calendars_mailed(relay)[COLLEAGUE] == "CANCEL"
