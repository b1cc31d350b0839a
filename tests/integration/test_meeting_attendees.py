"""Who is invited to a meeting: whoever of the company holds a living link, never the buyer's link, else the record's contact."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.parcours import CompanyContact, ContactRole
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.record import ContactAnswer
from chalicelib.errors import WrongStep
from chalicelib.stores import parcours_table
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories import record
from chalicelib.stories.documents import sending
from chalicelib.stories.meetings import Move, Proposal
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, meetings, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import calendars_mailed, shown_dates, slot_in_days, text_of
from tests.support.passings import COLLEAGUE, answers_question, passes
from tests.support.relays import Relay
from tests.support.worlds import World

BUYER = "a.acheteuse@ministere.example"
HOLDER = "x.autre@jardins.entreprise.example"


def fixes_by_telephone(relay: Relay) -> None:
    """The tutor notes a meeting that was agreed on the telephone."""
    now = clock.utc_now()
    relay.notes(
        EventKind.MEETING_FIXED, contact=Interlocutor.ANSWERS_TENDER, planned_at=now + timedelta(days=9)
    )


def test_a_buyer_who_holds_the_link_is_not_invited_as_the_company(world: World, time: Clock) -> None:
    buyer = factories.account(Role.BUYER, address=BUYER)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,))
    token = relay.sends(recipient=BUYER)
    browser = answers_question(token, BUYER)

    with pytest.raises(WrongStep):
        meetings_stories.propose(
            token, Proposal((slot_in_days(9),), holidays_seen=True), browser.digest, clock.utc_now()
        )
    fixes_by_telephone(relay)

    assert calendars_mailed(relay) == dict.fromkeys((relay.tutor.address, COMPANY_ADDRESS), "REQUEST")


def test_a_link_that_was_passed_on_invites_the_colleague_in_its_holders_place(relay: Relay) -> None:
    token = relay.sends()
    passes(answers_question(token), token)
    relay.mailer_runs()

    fixes_by_telephone(relay)

    assert calendars_mailed(relay) == dict.fromkeys((relay.tutor.address, COLLEAGUE), "REQUEST")


def test_whoever_held_a_link_that_was_withdrawn_gives_her_place_to_the_contact_at_once(relay: Relay) -> None:
    token = relay.sends(recipient=HOLDER)
    browser = answers_question(token, HOLDER)
    slot = slot_in_days(9)
    meetings_stories.propose(token, Proposal((slot,), holidays_seen=True), browser.digest, clock.utc_now())
    meetings_stories.accept(
        relay.tutor, relay.parcours_id, Acceptance(slot.start, seen=shown_dates(relay)), clock.utc_now()
    )
    sending_changes.revokes(relay)

    invited = dict.fromkeys((relay.tutor.address, COMPANY_ADDRESS), "REQUEST")
    assert calendars_mailed(relay) == invited | {HOLDER: "CANCEL"}


def agree_on_meeting(relay: Relay, recipient: str) -> Slot:
    """Fix a meeting with the recipient of the link; the mails that say so have not left yet."""
    token = relay.sends(recipient=recipient)
    slot = slot_in_days(9)
    meetings_stories.propose(
        token,
        Proposal((slot,), holidays_seen=True),
        answers_question(token, recipient).digest,
        clock.utc_now(),
    )
    meetings_stories.accept(
        relay.tutor, relay.parcours_id, Acceptance(slot.start, seen=shown_dates(relay)), clock.utc_now()
    )
    return slot


def withdraws(relay: Relay) -> None:
    """Withdraw the link."""
    sending_changes.revokes(relay)


def erases(relay: Relay) -> None:
    """Erase the documents on request."""
    sending.erase_on_request(relay.tutor, relay.deposit().id, now=clock.utc_now())


def names(relay: Relay, address: str, role: ContactRole = ContactRole.ANSWERS_TENDER) -> None:
    """Replace the record's contact of this role by another person."""
    contact = CompanyContact(role=role, name="Odile Neuve", address=address)
    record.set_contact(
        relay.tutor,
        relay.parcours_id,
        ContactAnswer(Interlocutor(role.value), contact, seen=relay.head().edited, reached=True),
        now=clock.utc_now(),
    )


def remind_on_eve(relay: Relay, time: Clock, slot: Slot) -> set[str]:
    """Run the reminders of the eve of the meeting; return the recipients of their mails."""
    time.now = slot.start - timedelta(hours=23)
    before = len(relay.world.mails())
    relay.purges()
    relay.mailer_runs()
    return {str(mail["To"]) for mail in relay.world.mails()[before:] if "demain" in str(mail["Subject"])}


def read_last_mail(relay: Relay, who: str) -> str:
    """The last mail to this address."""
    return text_of([mail for mail in relay.world.mails() if mail["To"] == who][-1])


def test_whoever_is_written_to_for_the_first_time_is_called_by_name_and_told_why(
    world: World, time: Clock
) -> None:
    buyer = factories.account(Role.BUYER, address=BUYER)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,))
    fixes_by_telephone(relay)
    calendars_mailed(relay)
    contact, why = relay.head().company.contacts[0], "Votre marché avec {} prévoit ce stage"

    first = read_last_mail(relay, COMPANY_ADDRESS)
    assert first.startswith(f"Bonjour {contact.name},\n")
    assert why.format(relay.head().contract.organisation) in first
    to_tutor = read_last_mail(relay, relay.tutor.address)
    assert to_tutor.startswith(f"Bonjour {relay.tutor.name},\n")
    assert "votre marché" not in to_tutor

    meetings_stories.move(
        relay.tutor,
        relay.parcours_id,
        Move(slot_in_days(12), seen=meetings.agreed_start(relay), holidays_seen=True),
        clock.utc_now(),
    )
    calendars_mailed(relay)
    assert "votre marché" not in read_last_mail(relay, COMPANY_ADDRESS)


def test_a_buyer_who_is_invited_is_called_by_name_and_told_why(world: World, time: Clock) -> None:
    page = meetings.start_proposing(world)
    meetings.accepts(page, *page.proposes_in_days(9), buyer_invited=True)
    calendars_mailed(page.relay)
    head = page.relay.head()
    account = parcours_table.read_account(head.buyer or "")
    assert account is not None

    first = read_last_mail(page.relay, account.address)

    assert first.startswith(f"Bonjour {account.name},\n")
    assert f"Votre marché avec {head.company.name} prévoit ce stage" in first


@pytest.mark.parametrize("known", [True, False])
def test_nobody_is_called_by_a_name_that_a_recipient_typed(relay: Relay, known: bool) -> None:
    """A colleague is greeted by the name in the record (``known``); a name that only a recipient typed is not used."""
    if known:
        names(relay, COLLEAGUE, ContactRole.WELCOMES)
    token = relay.sends()
    passes(answers_question(token), token)
    relay.mailer_runs()
    hello = "Bonjour Odile Neuve,\n" if known else "Bonjour,\n"
    assert read_last_mail(relay, COLLEAGUE).startswith(hello)

    fixes_by_telephone(relay)

    assert calendars_mailed(relay)[COLLEAGUE] == "REQUEST"
    assert read_last_mail(relay, COLLEAGUE).startswith(hello)


def test_whoever_is_asked_for_other_dates_is_called_by_name(world: World, time: Clock) -> None:
    page = meetings.start_proposing(world)
    page.proposes_in_days(9)
    relay = page.relay
    meetings_stories.ask_others(
        relay.tutor, relay.parcours_id, Reason.OTHER, clock.utc_now(), seen=shown_dates(relay)
    )
    relay.mailer_runs()

    asked = read_last_mail(relay, COMPANY_ADDRESS)

    assert "Pouvez-vous proposer d’autres dates" in asked
    assert asked.startswith(f"Bonjour {relay.head().company.contacts[0].name},\n")


@pytest.mark.parametrize("gone", [withdraws, erases])
def test_a_contact_whose_link_dies_stays_invited_and_nobody_is_told_anything(
    relay: Relay, time: Clock, gone: Callable[[Relay], None]
) -> None:
    slot = agree_on_meeting(relay, COMPANY_ADDRESS)
    everybody = (relay.tutor.address, COMPANY_ADDRESS)
    assert calendars_mailed(relay) == dict.fromkeys(everybody, "REQUEST")

    gone(relay)

    assert calendars_mailed(relay) == {}
    appointment = meetings_stories.load_appointment(relay.head())
    assert appointment is not None
    assert relay.link().id not in {seat.id for seat in appointment.seats}, "what was erased is tied to nobody"
    assert remind_on_eve(relay, time, slot) == set(everybody)


@pytest.mark.parametrize("gone", [withdraws, erases])
def test_a_contact_whose_link_dies_before_the_invitations_leave_gets_hers(
    relay: Relay, gone: Callable[[Relay], None]
) -> None:
    agree_on_meeting(relay, COMPANY_ADDRESS)

    gone(relay)

    assert calendars_mailed(relay) == dict.fromkeys((relay.tutor.address, COMPANY_ADDRESS), "REQUEST")


def test_a_holder_whom_the_record_names_later_stays_invited_when_her_link_is_erased(
    relay: Relay, time: Clock
) -> None:
    slot = agree_on_meeting(relay, HOLDER)
    calendars_mailed(relay)
    names(relay, HOLDER)

    erases(relay)

    assert calendars_mailed(relay) == {}
    assert remind_on_eve(relay, time, slot) == {relay.tutor.address, HOLDER}


def test_erasing_tells_her_whom_it_forgets_nothing_and_everybody_else_who_comes_instead(relay: Relay) -> None:
    agree_on_meeting(relay, HOLDER)
    calendars_mailed(relay)

    erases(relay)

    appointment = meetings_stories.load_appointment(relay.head())
    assert appointment is not None
    assert HOLDER not in repr(appointment)
    assert calendars_mailed(relay) == dict.fromkeys((relay.tutor.address, COMPANY_ADDRESS), "REQUEST")


def test_a_contact_who_is_invited_gives_her_place_to_whoever_the_record_names_then(relay: Relay) -> None:
    fixes_by_telephone(relay)
    calendars_mailed(relay)
    contact = CompanyContact(role=ContactRole.WELCOMES, name="Odile Neuve", address=HOLDER)

    for _ in range(2):
        record.set_contact(
            relay.tutor,
            relay.parcours_id,
            ContactAnswer(Interlocutor.WELCOMES, contact, seen=relay.head().edited, reached=True),
            now=clock.utc_now(),
        )

    invited = dict.fromkeys((relay.tutor.address, HOLDER), "REQUEST")
    assert calendars_mailed(relay) == invited | {COMPANY_ADDRESS: "CANCEL"}
