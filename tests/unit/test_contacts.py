"""What is known of a contact, whom a sending offers first, and whose check is too old."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from chalicelib import terms
from chalicelib.domain import contacts, record
from chalicelib.domain.contacts import Sign
from chalicelib.domain.kernel.deposit import DepositState, Mailing
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import (
    BuyerContact,
    Company,
    CompanyContact,
    Contact,
    ContactRole,
    How,
    Origin,
    Parcours,
)
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS, NOON
from tests.unit.test_link_holders import CONTENTS, DEPOSIT

TODAY = date(2026, 12, 1)
HOST, BUYER = "h.tissier@jardins.entreprise.example", "o.ramain@ouvrages.example"
LONG_AGO = NOON - timedelta(days=40)
TOUCHED = Origin(how=How.ADDED, at=NOON, by=Role.TEAM, person="me")


def contact(role: ContactRole = ContactRole.ANSWERS_TENDER, address: str = COMPANY_ADDRESS) -> CompanyContact:
    """Return a contact of this role and address."""
    return CompanyContact(role=role, name=address.partition("@")[0], address=address)


ANSWERS, WELCOMES = contact(), contact(ContactRole.WELCOMES, HOST)
LINK = Link(
    id="l",
    deposit="d",
    parcours="p",
    attempt=1,
    sender="s",
    recipient=COMPANY_ADDRESS,
    created_at=NOON,
    closes_at=NOON + timedelta(days=60),
)


def offer(*people: CompanyContact, status: ParcoursStatus = ParcoursStatus.AVAILABLE) -> Parcours:
    """Return an offer whose company has these contacts."""
    return factories.offer(company=Company(name="Jardins Morvenne", contacts=people), status=status)


def health_of(person: Contact, refused: dict[str, datetime] | None = None) -> contacts.Health:
    """Return what is known of a contact; ``refused``: address → when it refused a mail."""
    return contacts.check_health(
        offer(), person, refused=refused or {}, now=NOON, calendar=terms.calendar(), policy=terms.turns()
    )


def step_of(head: Parcours, kind: EventKind, by: Role) -> Transition:
    """Return the transition that notes this event on a parcours."""
    event = factories.decision_inputs().build_event(kind, head.id, 1, by=by)
    return Transition.noting(event, Change(head, head.with_event(event)))


def parcours_after(head: Parcours, kind: EventKind, by: Role, link: Link = LINK) -> Parcours:
    """Return the parcours once this event, by which its contacts wrote or answered, is noted of them."""
    return factories.written(contacts.note_contacts(step_of(head, kind, by), link), Parcours)


def test_a_link_that_left_was_written_to_its_recipient_alone() -> None:
    first, host = parcours_after(offer(ANSWERS, WELCOMES), EventKind.LINK_SENT, Role.SYSTEM).company.contacts

    assert (first.written_at, first.answered_at) == (NOON, None)
    assert (host.written_at, host.answered_at) == (None, None)


@pytest.mark.parametrize(
    "kind", [EventKind.LINK_OPENED, EventKind.SLOTS_PROPOSED, EventKind.COMPANY_DECLINED]
)
def test_whatever_a_company_does_on_its_page_is_an_answer(kind: EventKind) -> None:
    head = offer(replace(ANSWERS, written_at=LONG_AGO), WELCOMES)

    first, host = parcours_after(head, kind, Role.COMPANY).company.contacts

    assert (first.written_at, first.answered_at) == (LONG_AGO, NOON)
    assert host.answered_at is None


def test_a_capital_in_the_address_is_the_same_mailbox_in_every_role() -> None:
    head = offer(contact(), contact(ContactRole.WELCOMES, COMPANY_ADDRESS.replace("n.b", "N.B")))

    changed = parcours_after(head, EventKind.LINK_OPENED, Role.COMPANY)

    assert [person.answered_at for person in changed.company.contacts] == [NOON, NOON]


def test_a_buyer_who_holds_the_link_answers_for_herself() -> None:
    buyer = BuyerContact(name="Odile Ramain", address=BUYER)
    head = replace(offer(contact()), buyer_contact=buyer)

    changed = parcours_after(
        head, EventKind.LINK_PASSED_ON, Role.BUYER, replace(LINK, to=Role.BUYER, recipient=BUYER)
    )

    assert changed.buyer_contact is not None and changed.buyer_contact.answered_at == NOON
    assert changed.company.contacts[0].answered_at is None


def test_what_the_service_notes_is_nobodys_answer() -> None:
    head = offer(contact())

    assert parcours_after(head, EventKind.LINK_CLOSED, Role.SYSTEM).company == head.company
    assert (
        parcours_after(head, EventKind.LINK_SENT, Role.SYSTEM, replace(LINK, recipient="")).company
        == head.company
    )


def test_each_sign_is_said_with_its_day_the_most_urgent_first() -> None:
    person = replace(ANSWERS, written_at=LONG_AGO, answered_at=NOON, verified_on=TODAY)

    assert list(health_of(person, {COMPANY_ADDRESS: NOON}).signs.items()) == [
        (Sign.REFUSED, TODAY),
        (Sign.ANSWERED, TODAY),
        (Sign.VERIFIED, TODAY),
    ]


def is_silent(person: Contact) -> bool:
    """Return whether this contact counts as silent."""
    return Sign.SILENT in health_of(person).signs


def test_silence_is_said_once_an_answer_is_past_its_time_and_only_of_who_was_written_to() -> None:
    """A contact counts as silent from 15 days after a mail to her, unless she has ever answered or her address refused a mail."""
    # A company has 15 days to answer.
    within = replace(ANSWERS, written_at=NOON - timedelta(days=14))
    late = replace(ANSWERS, written_at=NOON - timedelta(days=15))

    assert not is_silent(ANSWERS)
    assert not is_silent(within)
    assert is_silent(late)
    assert not is_silent(replace(late, answered_at=LONG_AGO))
    assert Sign.SILENT not in health_of(late, {COMPANY_ADDRESS: NOON}).signs


def test_a_buyer_is_silent_once_she_had_her_days_to_pass_the_link_on() -> None:
    written = NOON - timedelta(days=5)

    assert is_silent(BuyerContact(name="Odile Ramain", address=BUYER, written_at=written))
    assert not is_silent(replace(ANSWERS, written_at=written))


@pytest.mark.parametrize(
    ("first_written_at", "second_written_at", "refused", "last", "expected"),
    [
        (None, None, (), None, ([COMPANY_ADDRESS, HOST], None)),
        (LONG_AGO, None, (), None, ([HOST, COMPANY_ADDRESS], Sign.SILENT)),
        (None, None, (COMPANY_ADDRESS,), None, ([HOST, COMPANY_ADDRESS], Sign.REFUSED)),
        (LONG_AGO, None, (HOST,), None, ([COMPANY_ADDRESS, HOST], None)),
        (None, LONG_AGO, (), HOST, ([COMPANY_ADDRESS, HOST], Sign.SILENT)),
        (LONG_AGO, LONG_AGO, (), HOST, ([COMPANY_ADDRESS, HOST], None)),
        (None, None, (COMPANY_ADDRESS, HOST), None, ([COMPANY_ADDRESS, HOST], None)),
    ],
)
def test_another_contact_is_offered_first_where_the_usual_one_is_doubtful(
    first_written_at: datetime | None,
    second_written_at: datetime | None,
    refused: tuple[str, ...],
    last: str | None,
    expected: tuple[list[str], Sign | None],
) -> None:
    people = (replace(ANSWERS, written_at=first_written_at), replace(WELCOMES, written_at=second_written_at))
    refusals = dict.fromkeys(refused, LONG_AGO)

    offered = contacts.sort_by_health(people, lambda person: health_of(person, refusals), last)

    assert ([person.address for person in offered.contacts], offered.why) == expected
    assert (offered.instead_of is None) == (offered.why is None)


@pytest.mark.parametrize(
    ("last", "state", "mailing", "straight", "chosen"),
    [
        (None, DepositState.EXPIRED, None, False, BUYER),
        (HOST, DepositState.EXPIRED, Mailing.DELIVERED, False, HOST),
        ("typed@ailleurs.example", DepositState.REVOKED, Mailing.DELIVERED, False, None),
        (HOST, DepositState.REVOKED, Mailing.DELIVERED, False, None),
        (BUYER, DepositState.REVOKED, Mailing.DELIVERED, True, COMPANY_ADDRESS),
        (HOST, DepositState.LEFT, Mailing.REJECTED, False, COMPANY_ADDRESS),
        ("typed@ailleurs.example", DepositState.LEFT, Mailing.REJECTED, False, COMPANY_ADDRESS),
    ],
)
def test_one_address_is_checked_and_never_a_withdrawn_or_refused_one(
    last: str | None, state: DepositState, mailing: Mailing | None, straight: bool, chosen: str | None
) -> None:
    """``last``: to whom the last sending went, None once it is erased."""
    contents = replace(CONTENTS, recipient=last) if last is not None else None
    sent = replace(DEPOSIT, contents=contents, state=state, mailing=mailing)

    offered = contacts.offer_recipients(
        offer(ANSWERS, WELCOMES), sent, health_of, habit=lambda: BUYER, straight=straight
    )

    assert offered.chosen == chosen


def test_a_withdrawn_contact_is_not_checked_until_something_left_there_again() -> None:
    head = record.note_withdrawal(offer(ANSWERS, WELCOMES), COMPANY_ADDRESS, NOON)
    refused = replace(DEPOSIT, contents=replace(CONTENTS, recipient=HOST), mailing=Mailing.REJECTED)

    assert contacts.offer_recipients(head, None, health_of, habit=lambda: BUYER).chosen is None
    assert contacts.offer_recipients(head, refused, health_of).chosen is None
    first = replace(head.company.contacts[0], written_at=NOON + timedelta(hours=1))
    again = replace(head, company=replace(head.company, contacts=(first, WELCOMES)))
    assert contacts.offer_recipients(again, refused, health_of).chosen == COMPANY_ADDRESS


def test_a_company_without_contacts_offers_nobody() -> None:
    assert contacts.sort_by_health((), health_of) == contacts.Offered(())


@pytest.mark.parametrize(
    ("verified_on", "day"),
    [(None, date(2027, 6, 1)), (date(2026, 6, 1), date(2026, 12, 1)), (TODAY, date(2027, 6, 1))],
)
def test_contacts_are_to_be_confirmed_once_their_check_is_old_or_the_offer_is(
    verified_on: date | None, day: date
) -> None:
    head = replace(offer(replace(ANSWERS, verified_on=verified_on)), since=NOON)

    assert contacts.find_confirmation_day(head, 6) == day


def test_a_contact_whom_nobody_confirmed_is_due_at_once_where_a_passage_is_under_way() -> None:
    head = offer(contact(), status=ParcoursStatus.IN_PREPARATION)

    assert contacts.find_confirmation_day(head, 6) == date.min


@pytest.mark.parametrize("status", set(ParcoursStatus) - contacts.SERVING)
def test_nobody_is_asked_to_confirm_contacts_that_serve_no_more(status: ParcoursStatus) -> None:
    assert contacts.find_confirmation_day(offer(contact(), status=status), 6) is None


def test_who_welcomed_before_is_not_to_be_confirmed() -> None:
    former = contact(ContactRole.WELCOMES, "avant@jardins.entreprise.example")
    head = offer(replace(ANSWERS, verified_on=TODAY), replace(WELCOMES, verified_on=TODAY), former)

    assert contacts.find_confirmation_day(head, 6) == date(2027, 6, 1)


def test_another_address_loses_what_was_known_of_the_former_one() -> None:
    before = replace(ANSWERS, written_at=LONG_AGO, answered_at=NOON)
    moved = replace(before, address=HOST)

    after = record.keep_contact_facts(before, moved, TOUCHED)

    assert (after.written_at, after.answered_at) == (None, None)


def test_an_edit_of_the_rest_keeps_what_is_known_of_the_address() -> None:
    before = replace(ANSWERS, written_at=LONG_AGO, answered_at=NOON)
    typed = replace(contact(), name="Nadia B. Durand")

    after = record.keep_contact_facts(before, typed, TOUCHED)

    assert (after.name, after.written_at, after.answered_at) == ("Nadia B. Durand", LONG_AGO, NOON)


def test_a_number_is_the_declared_one_until_it_or_its_person_is_changed_and_not_once_it_is_changed_back() -> (
    None
):
    declared = replace(ANSWERS, phone="06 12 34 56 78", phone_untouched=True)
    typed = replace(declared, phone_untouched=False)

    promoted = record.keep_contact_facts(declared, replace(typed, function="directrice"), TOUCHED)
    renamed = record.keep_contact_facts(declared, replace(typed, name="Nadia B. Durand"), TOUCHED)
    changed = record.keep_contact_facts(declared, replace(typed, phone="06 99 99 99 99"), TOUCHED)
    back = record.keep_contact_facts(changed, typed, TOUCHED)
    moved = record.keep_contact_facts(declared, replace(declared, address=HOST), TOUCHED)

    assert promoted.phone_untouched
    assert not any(after.phone_untouched for after in (renamed, changed, back, moved))


def test_the_numbers_of_an_offer_are_those_declared_with_it() -> None:
    typed = factories.record(factories.offer())
    contacts = tuple(replace(known, phone_untouched=False) for known in typed.company.contacts)
    typed = replace(typed, company=replace(typed.company, contacts=contacts))

    offer = record.build_free_offer("p", typed, TOUCHED)

    assert all(known.phone_untouched for known in offer.company.contacts)


def call(reason: Reason, at: datetime = NOON, event_id: str = "a" * 32) -> Event:
    """Return the event of a call to the contact who answers the tender."""
    event = factories.decision_inputs().build_event(
        EventKind.CALL_NOTED, "p", 1, by=Role.TUTOR, reason=reason
    )
    return replace(event, id=event_id, at=at, contact=Interlocutor.ANSWERS_TENDER)


def first_of(head: Parcours) -> CompanyContact:
    """Return the contact of a parcours who answers the tender."""
    return head.company.contacts[0]


def test_a_contact_has_left_until_a_sign_of_hers() -> None:
    gone = record.note_result(offer(ANSWERS), call(Reason.CONTACT_GONE))
    assert first_of(gone).is_gone

    for later in (Reason.NO_ANSWER, Reason.MESSAGE_LEFT, Reason.REACHED):
        head = record.note_result(gone, call(later, NOON + timedelta(days=1)))
        assert first_of(head).is_gone is (later is not Reason.REACHED)


def test_who_is_sent_a_link_all_the_same_has_not_left() -> None:
    gone = first_of(record.note_result(offer(ANSWERS), call(Reason.CONTACT_GONE)))

    assert replace(gone, written_at=NOON - timedelta(hours=1)).is_gone
    assert not replace(gone, written_at=NOON + timedelta(hours=1)).is_gone


def test_a_planned_call_and_a_mail_are_no_sign_of_who_has_left() -> None:
    for kind in (EventKind.CALL_BACK_PLANNED, EventKind.MAIL_SENT_OUTSIDE):
        later = replace(call(Reason.REACHED, NOON + timedelta(days=1)), kind=kind, reason=None)

        head = record.note_result(record.note_result(offer(ANSWERS), call(Reason.CONTACT_GONE)), later)

        assert first_of(head).is_gone and first_of(head).last_sign_at is None


def test_a_wrong_number_is_wrong_until_somebody_heard_her_though_she_opens_her_link() -> None:
    wrong = record.note_result(offer(ANSWERS), call(Reason.WRONG_NUMBER))
    later = NOON + timedelta(hours=2)

    assert replace(first_of(wrong), answered_at=later).has_wrong_number
    assert not first_of(record.note_result(wrong, call(Reason.REACHED, later))).has_wrong_number


def test_one_address_in_two_roles_is_one_person_who_has_left() -> None:
    head = record.note_result(
        offer(ANSWERS, contact(ContactRole.WELCOMES, COMPANY_ADDRESS.upper())), call(Reason.CONTACT_GONE)
    )

    assert [person.is_gone for person in head.company.contacts] == [True, True]


def test_a_call_from_before_the_address_was_entered_speaks_of_somebody_else() -> None:
    head = offer(replace(ANSWERS, origin=TOUCHED))

    assert record.note_result(head, call(Reason.CONTACT_GONE, LONG_AGO)) == head


def test_a_call_that_is_taken_back_leaves_the_one_before_it() -> None:
    earlier, wrong = call(Reason.REACHED, LONG_AGO, "b" * 32), call(Reason.REACHED)
    head = record.note_result(record.note_result(offer(ANSWERS), earlier), wrong)

    assert first_of(record.forget_result(head, wrong, (earlier,))).last_sign_at == LONG_AGO
    assert first_of(record.forget_result(head, wrong, ())).last_sign_at is None


@pytest.mark.parametrize(
    ("reason", "change"),
    [(Reason.CONTACT_GONE, {"name": "Paule Ferrand"}), (Reason.WRONG_NUMBER, {"phone": "03 80 00 00 02"})],
)
def test_another_name_or_number_at_the_same_address_lifts_the_mark(
    reason: Reason, change: dict[str, str]
) -> None:
    marked = first_of(record.note_result(offer(ANSWERS), call(reason)))

    same = record.keep_contact_facts(marked, replace(contact(), function="Gérance"), TOUCHED)
    other = record.keep_contact_facts(marked, replace(contact(), **change), TOUCHED)  # type: ignore[arg-type]

    assert same.is_gone or same.has_wrong_number
    assert not other.is_gone and not other.has_wrong_number
