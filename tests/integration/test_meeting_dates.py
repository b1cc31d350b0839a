"""Dates that a company proposes and a tutor chooses from: who is told, who may, and what becomes of the others."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from chalicelib import clock, french
from chalicelib.clock import iso
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role, Step
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import (
    HolidayUnseen,
    LinkRevoked,
    NotYours,
    ProofNeeded,
    RelayError,
    SlotTaken,
    WrongStep,
)
from chalicelib.stores import parcours_table
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories.documents import sending
from chalicelib.stories.mails import feedback
from chalicelib.stories.meetings import CompanyGesture, Move, Proposal
from chalicelib.web import recipient
from tests.support import factories, http, meetings, ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import (
    BUYER_ADDRESS,
    Page,
    accepts,
    calendar_of,
    mails_leaving,
    slot_in_days,
    text_of,
)
from tests.support.relays import Browser
from tests.support.waiting import paris


def test_the_company_proposes_and_the_tutor_is_told_at_once(page: Page) -> None:
    dates = page.proposes_in_days(10, 12, 14)

    head = page.relay.head()
    assert (head.step, head.setback, head.last_kind) == (Step.SLOTS_PROPOSED, None, EventKind.SLOTS_PROPOSED)
    event = parcours_table.read_page(head.id).events[-1]
    assert (event.actor, event.count, event.planned_at) == (Role.COMPANY, 3, None)
    [mail] = mails_leaving(page)
    assert mail["To"] == page.relay.tutor.address
    assert text_of(mail).count("h\u202f00 (45\u00a0min)") == len(dates)
    assert text_of(mail).count("http") == 1
    assert f"/parcours/{head.id}" in text_of(mail)


def test_each_proposed_date_keeps_its_own_place_and_the_company_is_told_which_was_chosen(
    page: Page,
) -> None:
    here, there = slot_in_days(10), slot_in_days(12, place="https://visio.jardins.example/salle-3")
    page.gives((here, there))

    [mail] = mails_leaving(page)
    text, street = text_of(mail), page.relay.head().placement.place
    assert f"(45\u00a0min)\n{street}" in text and "(45\u00a0min)\nEn visio, chez visio" in text
    contact = page.relay.head().company.contacts[0]
    assert mail["Reply-To"] == contact.address and f"{contact.address}, {contact.phone}" in text


def test_proposing_the_same_dates_twice_counts_once_and_other_dates_replace_them(page: Page) -> None:
    dates = page.proposes_in_days(10, 12)
    before = page.relay.world.everything()

    page.gives(tuple(reversed(dates)))

    assert page.relay.world.everything() == before
    page.proposes_in_days(20)
    appointment = meetings_stories.load_appointment(page.relay.head())
    assert appointment is not None
    assert len(appointment.slots) == 1
    assert page.relay.event_kinds().count(EventKind.SLOTS_PROPOSED) == 2


def test_the_tutor_accepts_a_date_with_one_gesture(page: Page) -> None:
    dates = page.proposes_in_days(10, 12)

    accepts(page, dates[1], buyer_invited=True)

    head = page.relay.head()
    assert (head.step, head.meeting_at, head.moved) == (Step.MEETING_FIXED, dates[1].start, ())
    event = parcours_table.read_page(head.id).events[-1]
    assert (event.kind, event.planned_at, event.actor) == (
        EventKind.SLOT_ACCEPTED,
        dates[1].start,
        Role.TUTOR,
    )


def _mails_of_an_accepted_date(page: Page) -> tuple[Slot, dict[str, EmailMessage]]:
    """Let the tutor accept a date; return it, and the mails that leave by their recipients."""
    dates = page.proposes_in_days(10, 12)
    mails_leaving(page)
    accepts(page, dates[1], buyer_invited=True)
    return dates[1], {str(mail["To"]): mail for mail in mails_leaving(page)}


def test_an_accepted_date_invites_tutor_company_and_buyer_to_one_meeting(page: Page) -> None:
    accepted, mails = _mails_of_an_accepted_date(page)

    assert mails.keys() == {page.relay.tutor.address, COMPANY_ADDRESS, BUYER_ADDRESS}
    invitations = [calendar_of(mail) for mail in mails.values()]
    meeting = invitations[0].vevent
    assert {invitation.vevent.uid.value for invitation in invitations} == {meeting.uid.value}
    assert meeting.uid.value.endswith("@localhost")
    assert (invitations[0].method.value, meeting.sequence.value) == ("REQUEST", "0")
    assert meeting.dtstart.value == accepted.start
    assert meeting.location.value == "4 rue des Peupliers, Brévannes-le-Lac"
    assert meeting.summary.value == f"Rendez-vous, clause sociale de formation, {page.relay.head().reference}"
    seats = {attendee.value: attendee.params["ROLE"] for attendee in meeting.attendee_list}
    assert seats == {
        f"mailto:{page.relay.tutor.address}": ["REQ-PARTICIPANT"],
        f"mailto:{COMPANY_ADDRESS}": ["REQ-PARTICIPANT"],
        f"mailto:{BUYER_ADDRESS}": ["OPT-PARTICIPANT"],
    }


def test_invitations_say_whom_to_write_to_and_hold_no_link(page: Page) -> None:
    _, mails = _mails_of_an_accepted_date(page)

    assert {calendar_of(mail).vevent.description.value for mail in mails.values()} == {
        "Répondre dans l’agenda («\u00a0accepter\u00a0», «\u00a0refuser\u00a0») ne prévient personne.\n"
        "Un empêchement, une autre date, une question\u202f? Écrivez à Marie-Laure Estève\u00a0: "
        f"{page.relay.tutor.address}\n"
        "Si le rendez-vous est déplacé ou annulé, vous recevrez un message qui met votre agenda à jour."
    }
    company = mails[COMPANY_ADDRESS]
    assert company["Reply-To"] == page.relay.tutor.address
    assert page.token in text_of(company)
    calendars = [
        str(part) for part in company.walk() if "calendar" in part.get_content_type() or part.get_filename()
    ]
    assert calendars and not any(page.token in calendar or "retrait" in calendar for calendar in calendars)


def test_the_buyer_is_invited_only_when_the_tutor_asks(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    mails_leaving(page)

    accepts(page, slot)

    assert {str(mail["To"]) for mail in mails_leaving(page)} == {page.relay.tutor.address, COMPANY_ADDRESS}


def test_accepting_the_same_date_twice_is_once_and_another_one_is_too_late(page: Page) -> None:
    first, second = page.proposes_in_days(10, 12)
    accepts(page, first)
    before = page.relay.world.everything()

    accepts(page, first)
    with pytest.raises(SlotTaken):
        accepts(page, second)

    assert page.relay.world.everything() == before


def asks_for_others(page: Page) -> None:
    """Let the tutor ask for other dates, from a page that shows those that wait."""
    meetings_stories.ask_others(
        page.relay.tutor,
        page.relay.parcours_id,
        Reason.SCHOOL_HOLIDAYS,
        clock.utc_now(),
        seen=meetings.shown_dates(page.relay),
    )


def test_other_dates_are_not_asked_by_a_link_whose_mail_was_unwanted(page: Page) -> None:
    page.proposes_in_days(10)
    tag = delivery.derive_tag(page.relay.link().mail_key)
    feedback.receive(ses_events.EVENTS["complained"](tag), now=clock.utc_now())

    asks_for_others(page)

    assert page.relay.head().step is Step.DOCUMENTS_TO_SEND


def test_asking_for_other_dates_makes_it_the_companys_turn(page: Page) -> None:
    page.proposes_in_days(10)
    mails_leaving(page)

    for _ in range(2):
        asks_for_others(page)

    assert page.relay.head().step is Step.LINK_SENT
    assert page.relay.event_kinds().count(EventKind.OTHER_SLOTS_ASKED) == 1
    [mail] = mails_leaving(page)
    assert (mail["To"], mail["Reply-To"]) == (COMPANY_ADDRESS, page.relay.tutor.address)
    assert "vacances scolaires" in text_of(mail)
    assert page.token in text_of(mail)
    with pytest.raises(SlotTaken):
        accepts(page, slot_in_days(10))


def test_the_same_dates_may_be_proposed_again_after_others_were_asked_for(page: Page) -> None:
    dates = page.proposes_in_days(10)
    meetings_stories.ask_others(
        page.relay.tutor,
        page.relay.parcours_id,
        Reason.OTHER,
        clock.utc_now(),
        seen=meetings.shown_dates(page.relay),
    )

    page.gives(dates)

    assert page.relay.head().step is Step.SLOTS_PROPOSED


def test_other_dates_proposed_leave_the_fixed_one_until_one_is_accepted(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    mails_leaving(page)

    [other] = page.proposes_in_days(15)

    assert page.relay.head().meeting_at == slot.start
    assert len(mails_leaving(page)) == 1
    accepts(page, other)
    assert page.relay.event_kinds()[-1] is EventKind.MEETING_MOVED
    for mail in mails_leaving(page):
        assert (
            calendar_of(mail).vevent.sequence.value,
            "Rendez-vous déplacé au" in str(mail["Subject"]),
        ) == ("1", True)


def test_a_fixed_meeting_that_is_noted_again_leaves_no_other_date_to_choose(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    page.proposes_in_days(15)

    page.relay.notes(EventKind.MEETING_FIXED, contact=Interlocutor.WELCOMES, planned_at=slot.start)

    appointment = meetings_stories.load_appointment(page.relay.head())
    assert appointment is not None and (appointment.slot, appointment.slots) == (slot, ())


def test_a_fixed_meeting_that_stays_when_the_other_dates_do_not_suit(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    page.proposes_in_days(15)

    meetings_stories.ask_others(
        page.relay.tutor,
        page.relay.parcours_id,
        Reason.OTHER,
        clock.utc_now(),
        seen=meetings.shown_dates(page.relay),
    )

    head = page.relay.head()
    assert (head.step, head.meeting_at) == (Step.MEETING_FIXED, slot.start)


def test_a_public_holiday_is_proposed_only_after_a_confirmation(page: Page) -> None:
    page.browser.proves(page.token)
    christmas = Slot(start=paris("2026-12-25 10:00"), minutes=45)

    with pytest.raises(HolidayUnseen):
        page.gives((christmas,), holidays_seen=False)


def test_no_browser_proposes_before_it_has_answered_the_question(page: Page) -> None:
    stranger = Browser()
    before = page.relay.world.everything()

    with pytest.raises(ProofNeeded):
        meetings_stories.propose(
            page.token, Proposal((slot_in_days(3),), holidays_seen=True), stranger.digest, clock.utc_now()
        )
    with pytest.raises(ProofNeeded):
        meetings_stories.note_gesture(
            page.token,
            CompanyGesture(meetings_stories.CANCELS, Reason.OTHER, seen=None),
            stranger.digest,
            clock.utc_now(),
        )

    assert page.relay.world.everything() == before


def test_a_revoked_link_proposes_no_dates(page: Page) -> None:
    sending.revoke(page.relay.tutor, page.relay.sent[0].deposit, seen_opened=False, now=clock.utc_now())

    with pytest.raises(LinkRevoked):
        page.proposes_in_days(3)


@pytest.mark.parametrize("role", [Role.TEAM, Role.BUYER, Role.PRESCRIBER])
def test_an_agent_who_does_not_accompany_accepts_no_date(page: Page, role: Role) -> None:
    [slot] = page.proposes_in_days(3)
    who, now, here = factories.account(role), clock.utc_now(), page.relay.parcours_id
    seen = meetings.shown_dates(page.relay)
    gestures: list[Callable[[], None]] = [
        lambda: meetings_stories.accept(who, here, Acceptance(slot.start, seen=seen), now),
        lambda: meetings_stories.ask_others(who, here, Reason.OTHER, now, seen=seen),
        lambda: meetings_stories.move(who, here, Move(slot_in_days(4), seen=slot.start), now),
        lambda: meetings_stories.cancel(who, here, Reason.OTHER, now, seen=slot.start),
    ]

    for gesture in gestures:
        with pytest.raises(NotYours):
            gesture()


def test_before_anything_is_agreed_there_is_nothing_to_move_or_cancel(page: Page) -> None:
    now, tutor, here = clock.utc_now(), page.relay.tutor, page.relay.parcours_id
    refused: list[tuple[Callable[[], None], type[RelayError]]] = [
        (
            lambda: meetings_stories.accept(tutor, here, Acceptance(slot_in_days(3).start, seen=""), now),
            SlotTaken,
        ),
        (lambda: meetings_stories.ask_others(tutor, here, Reason.OTHER, now, seen=""), SlotTaken),
        (lambda: meetings_stories.move(tutor, here, Move(slot_in_days(3), seen=None), now), WrongStep),
        (lambda: meetings_stories.cancel(tutor, here, Reason.OTHER, now, seen=None), WrongStep),
        (lambda: page.says(meetings_stories.CANCELS, Reason.OTHER), WrongStep),
        (lambda: page.says(meetings_stories.HELD), WrongStep),
    ]

    for gesture, refusal in refused:
        with pytest.raises(refusal):
            gesture()


def test_after_the_end_or_a_refusal_no_date_is_proposed(page: Page) -> None:
    page.relay.notes(
        EventKind.COMPANY_DECLINED, reason=Reason.NO_HOST_AVAILABLE, contact=Interlocutor.WELCOMES
    )

    with pytest.raises(WrongStep):
        page.proposes_in_days(3)


def test_what_is_agreed_stands_when_the_documents_are_opened_afterwards(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)

    page.browser.opens(page.token)
    page.browser.confirms(page.token)

    assert (page.relay.head().step, page.relay.head().meeting_at) == (Step.MEETING_FIXED, slot.start)


def test_an_answer_is_promised_before_the_first_date_that_is_proposed(page: Page) -> None:
    first = page.proposes_in_days(1, 2)[0]

    answers = recipient.build_answers(page.browser.looks(page.token), clock.utc_now())

    assert answers["reponse_avant"] == iso(first.start)
    text = http.signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}").text
    assert f"d’ici au <b>{french.jour(first.start)}</b>" in text
