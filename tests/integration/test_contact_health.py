"""The record learns when its contacts were written to and when they answered, in the very writes that happen anyway."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.parcours import CompanyContact
from chalicelib.domain.kernel.timeline import Event, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.record import ContactAnswer
from chalicelib.stores import parcours_table
from chalicelib.stories import meetings as meeting_stories
from chalicelib.stories import record
from chalicelib.stories.documents import opening
from chalicelib.stories.meetings import CompanyGesture, Proposal
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import passings, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import shown_dates, slot_in_days
from tests.support.passings import COLLEAGUE, answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def contact(relay: Relay, address: str = COMPANY_ADDRESS) -> CompanyContact:
    """Return the contact of the record who has this address."""
    return next(contact for contact in relay.head().company.contacts if contact.address == address)


def last(relay: Relay) -> Event:
    """Return the newest event of the parcours."""
    return max(parcours_table.read_page(relay.parcours_id).events, key=lambda event: event.at)


def opens(relay: Relay, token: str, holder: Browser) -> None:
    holder.opens(token)


def reads(relay: Relay, token: str, holder: Browser) -> None:
    holder.opens(token)
    holder.confirms(token)


def cannot_read(relay: Relay, token: str, holder: Browser) -> None:
    holder.opens(token)
    holder.confirms(token, readable=False)


def proposes(relay: Relay, token: str, holder: Browser) -> None:
    meeting_stories.propose(
        token, Proposal((slot_in_days(8),), holidays_seen=True), holder.digest, clock.utc_now()
    )


def declines(relay: Relay, token: str, holder: Browser) -> None:
    holder.declines(token)


def undoes(relay: Relay, token: str, holder: Browser) -> None:
    declines(relay, token, holder)
    holder.withdraws_refusal(token)


def deletes_copies(relay: Relay, token: str, holder: Browser) -> None:
    holder.opens(token)
    declines(relay, token, holder)
    holder.says_copies_deleted(token)


def names_a_colleague(relay: Relay, token: str, holder: Browser) -> None:
    passings.names(holder, token)


def asks_again(relay: Relay, token: str, holder: Browser) -> None:
    sending_changes.revokes(relay)
    opening.ask_again(token, browser=holder.digest, now=clock.utc_now())


def cancels(relay: Relay, token: str, holder: Browser) -> None:
    proposes(relay, token, holder)
    appointment = meeting_stories.load_appointment(relay.head())
    assert appointment is not None
    slot = appointment.slots[0]
    meeting_stories.accept(
        relay.tutor, relay.parcours_id, Acceptance(slot.start, seen=shown_dates(relay)), clock.utc_now()
    )
    meeting_stories.note_gesture(
        token,
        CompanyGesture(meeting_stories.CANCELS, Reason.COMPANY_ABSENT, seen=slot.start),
        holder.digest,
        clock.utc_now(),
    )


ACTS = [
    opens,
    reads,
    cannot_read,
    proposes,
    declines,
    undoes,
    deletes_copies,
    names_a_colleague,
    asks_again,
    cancels,
]
"""Everything that a company may do on its page."""


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_each_act_of_the_company_is_an_answer_of_who_holds_the_link(
    relay: Relay, time: Clock, act: Callable[[Relay, str, Browser], None]
) -> None:
    token = relay.sends()
    holder = answers_question(token)
    time.passes(hours=2)

    act(relay, token, holder)

    assert last(relay).actor is Role.COMPANY
    assert contact(relay).answered_at == last(relay).at


def test_a_link_that_left_says_when_and_answering_its_question_alone_is_no_answer(world: World) -> None:
    relay = relays.started(world)
    answers_question(relay.sends())

    assert contact(relay).written_at == relay.deposit().left_at
    assert contact(relay).answered_at is None


def test_a_colleague_is_written_to_and_answers_for_herself(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    passings.passes(answers_question(token), token)
    answered = contact(relay).answered_at
    assert answered is not None
    time.passes(hours=1)
    relay.mailer_runs()
    time.passes(hours=1)

    answers_question(relay.tokens()[-1], COLLEAGUE).opens(relay.tokens()[-1])

    assert contact(relay).answered_at == answered
    colleague = contact(relay, COLLEAGUE)
    assert colleague.written_at is not None and colleague.answered_at is not None
    assert colleague.answered_at > colleague.written_at > answered


def test_confirming_a_contact_keeps_what_is_known_and_another_address_loses_it(relay: Relay) -> None:
    token = relay.sends()
    answers_question(token).opens(token)
    before = contact(relay)

    about, seen = Interlocutor.ANSWERS_TENDER, relay.head().edited
    right = ContactAnswer(about, None, seen=seen, reached=True)
    record.set_contact(relay.tutor, relay.parcours_id, right, now=clock.utc_now())
    assert (contact(relay).written_at, contact(relay).answered_at) == (before.written_at, before.answered_at)

    moved = replace(before, address="nadia@jardins.entreprise.example")
    corrected = ContactAnswer(about, moved, seen=relay.head().edited, reached=False)
    record.set_contact(relay.tutor, relay.parcours_id, corrected, now=clock.utc_now())

    assert [(contact.written_at, contact.answered_at) for contact in relay.head().company.contacts] == [
        (None, None)
    ]
