"""What is known of a contact, whom a sending offers first, and whose check is too old."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from chalicelib import terms
from chalicelib.domain import contacts, record
from chalicelib.domain.contacts import Sign
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
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS, NOON

TODAY = date(2026, 12, 1)
HOST, BUYER = "h.tissier@jardins.entreprise.example", "o.ramain@ouvrages.example"
LONG_AGO = NOON - timedelta(days=40)
TOUCHED = Origin(how=How.ADDED, at=NOON, by=Role.TEAM, person="me")


def contact(
    role: ContactRole = ContactRole.ANSWERS_TENDER, address: str = COMPANY_ADDRESS, **known: object
) -> CompanyContact:
    return CompanyContact(role=role, name=address.partition("@")[0], address=address, **known)


def offer(*people: CompanyContact, **changes: object) -> Parcours:
    """An offer whose company has these contacts."""
    return factories.offer(company=Company(name="Jardins Morvenne", contacts=people), **changes)


def both(first: dict[str, object], second: dict[str, object]) -> tuple[CompanyContact, ...]:
    return contact(**first), contact(ContactRole.WELCOMES, HOST, **second)


def known(one: Contact, refused: dict[str, datetime] | None = None) -> contacts.Health:
    return contacts.health(
        offer(), one, refused=refused or {}, now=NOON, calendar=terms.calendar(), policy=terms.turns()
    )


def link(**changes: object) -> Link:
    fields: dict[str, object] = {"id": "l", "deposit": "d", "parcours": "p", "attempt": 1, "sender": "s"}
    fields |= {"recipient": COMPANY_ADDRESS, "created_at": NOON, "closes_at": NOON + timedelta(days=60)}
    return Link(**fields | changes)


def step_of(head: Parcours, kind: EventKind, by: Role) -> Transition:
    event = factories.decision_inputs().event(kind, head.id, 1, by=by)
    return Transition.noting(event, Change(head, head.with_event(event)))


def noted(head: Parcours, kind: EventKind, by: Role, **of_link: object) -> Parcours:
    changes = contacts.noted(step_of(head, kind, by), link(**of_link)).changes
    return next(change.after for change in changes if isinstance(change.after, Parcours))


def test_a_link_that_left_was_written_to_its_recipient_alone() -> None:
    first, host = noted(offer(*both({}, {})), EventKind.LINK_SENT, Role.SYSTEM).company.contacts

    assert (first.written_at, first.answered_at) == (NOON, None)
    assert (host.written_at, host.answered_at) == (None, None)


@pytest.mark.parametrize(
    "kind", [EventKind.LINK_OPENED, EventKind.SLOTS_PROPOSED, EventKind.COMPANY_DECLINED]
)
def test_whatever_a_company_does_on_its_page_is_an_answer(kind: EventKind) -> None:
    head = offer(*both({"written_at": LONG_AGO}, {}))

    first, host = noted(head, kind, Role.COMPANY).company.contacts

    assert (first.written_at, first.answered_at) == (LONG_AGO, NOON)
    assert host.answered_at is None


def test_a_capital_in_the_address_is_the_same_mailbox_in_every_role() -> None:
    head = offer(contact(), contact(ContactRole.WELCOMES, COMPANY_ADDRESS.replace("n.b", "N.B")))

    changed = noted(head, EventKind.LINK_OPENED, Role.COMPANY)

    assert [one.answered_at for one in changed.company.contacts] == [NOON, NOON]


def test_a_buyer_who_holds_the_link_answers_for_herself() -> None:
    head = offer(contact(), buyer_contact=BuyerContact(name="Odile Ramain", address=BUYER))

    changed = noted(head, EventKind.LINK_PASSED_ON, Role.BUYER, to=Role.BUYER, recipient=BUYER)

    assert changed.buyer_contact is not None and changed.buyer_contact.answered_at == NOON
    assert changed.company.contacts[0].answered_at is None


def test_what_the_service_notes_is_nobodys_answer() -> None:
    head = offer(contact())

    assert noted(head, EventKind.LINK_CLOSED, Role.SYSTEM).company == head.company
    assert noted(head, EventKind.LINK_SENT, Role.SYSTEM, recipient="").company == head.company


def test_each_sign_is_said_with_its_day_the_most_urgent_first() -> None:
    one = contact(written_at=LONG_AGO, answered_at=NOON, verified_on=TODAY)

    assert list(known(one, {COMPANY_ADDRESS: NOON}).signs.items()) == [
        (Sign.REFUSED, TODAY),
        (Sign.ANSWERED, TODAY),
        (Sign.VERIFIED, TODAY),
    ]


def test_silence_is_said_once_an_answer_is_past_its_time_and_only_of_who_was_written_to() -> None:
    def is_silent(**facts: object) -> bool:
        return Sign.SILENT in known(contact(**facts)).signs

    assert not is_silent()
    assert not is_silent(written_at=NOON - timedelta(days=14))
    assert is_silent(written_at=NOON - timedelta(days=15))
    assert not is_silent(written_at=NOON - timedelta(days=15), answered_at=LONG_AGO)
    assert Sign.SILENT not in known(contact(written_at=LONG_AGO), {COMPANY_ADDRESS: NOON}).signs


def test_a_buyer_is_silent_once_she_had_her_days_to_pass_the_link_on() -> None:
    written = NOON - timedelta(days=5)

    assert Sign.SILENT in known(BuyerContact(name="Odile Ramain", address=BUYER, written_at=written)).signs
    assert Sign.SILENT not in known(contact(written_at=written)).signs


@pytest.mark.parametrize(
    ("first", "second", "refused", "last", "expected"),
    [
        ({}, {}, (), None, ([COMPANY_ADDRESS, HOST], None)),
        ({"written_at": LONG_AGO}, {}, (), None, ([HOST, COMPANY_ADDRESS], Sign.SILENT)),
        ({}, {}, (COMPANY_ADDRESS,), None, ([HOST, COMPANY_ADDRESS], Sign.REFUSED)),
        ({"written_at": LONG_AGO}, {}, (HOST,), None, ([COMPANY_ADDRESS, HOST], None)),
        ({}, {"written_at": LONG_AGO}, (), HOST, ([COMPANY_ADDRESS, HOST], Sign.SILENT)),
        ({"written_at": LONG_AGO}, {"written_at": LONG_AGO}, (), HOST, ([COMPANY_ADDRESS, HOST], None)),
        ({}, {}, (COMPANY_ADDRESS, HOST), None, ([COMPANY_ADDRESS, HOST], None)),
    ],
)
def test_another_contact_is_offered_first_where_the_usual_one_is_doubtful(
    first: dict[str, object],
    second: dict[str, object],
    refused: tuple[str, ...],
    last: str | None,
    expected: tuple[list[str], Sign | None],
) -> None:
    people = both(first, second)
    gone = dict.fromkeys(refused, LONG_AGO)

    found = contacts.offered(people, lambda one: known(one, gone), last)

    assert ([one.address for one in found.contacts], found.why) == expected
    assert (found.instead_of is None) == (found.why is None)


def test_a_company_without_contacts_offers_nobody() -> None:
    assert contacts.offered((), known) == contacts.Offered(())


@pytest.mark.parametrize(
    ("verified_on", "day"),
    [(None, date(2027, 6, 1)), (date(2026, 6, 1), date(2026, 12, 1)), (TODAY, date(2027, 6, 1))],
)
def test_contacts_are_to_be_confirmed_once_their_check_is_old_or_the_offer_is(
    verified_on: date | None, day: date
) -> None:
    assert contacts.confirm_on(offer(contact(verified_on=verified_on), since=NOON), 6) == day


def test_a_contact_whom_nobody_confirmed_is_due_at_once_where_a_passage_is_under_way() -> None:
    head = offer(contact(), status=ParcoursStatus.IN_PREPARATION)

    assert contacts.confirm_on(head, 6) == date.min


@pytest.mark.parametrize("status", set(ParcoursStatus) - contacts.SERVING)
def test_nobody_is_asked_to_confirm_contacts_that_serve_no_more(status: ParcoursStatus) -> None:
    assert contacts.confirm_on(offer(contact(), status=status), 6) is None


def test_who_welcomed_before_is_not_to_be_confirmed() -> None:
    former = contact(ContactRole.WELCOMES, "avant@jardins.entreprise.example")
    head = offer(*both({"verified_on": TODAY}, {"verified_on": TODAY}), former)

    assert contacts.confirm_on(head, 6) == date(2027, 6, 1)


def test_another_address_loses_what_was_known_of_the_former_one() -> None:
    before = contact(written_at=LONG_AGO, answered_at=NOON)
    moved = replace(before, address=HOST)

    after = record.followed(before, moved, TOUCHED)

    assert (after.written_at, after.answered_at) == (None, None)


def test_an_edit_of_the_rest_keeps_what_is_known_of_the_address() -> None:
    before = contact(written_at=LONG_AGO, answered_at=NOON)
    typed = replace(contact(), name="Nadia B. Durand")

    after = record.followed(before, typed, TOUCHED)

    assert (after.name, after.written_at, after.answered_at) == ("Nadia B. Durand", LONG_AGO, NOON)
