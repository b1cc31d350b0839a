"""Who is an obvious colleague, when a refusal may be given and taken back, what becomes of documents meanwhile."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.case import Case
from chalicelib.domain.documents import passing, sending
from chalicelib.domain.kernel import address as address_of
from chalicelib.domain.kernel import deposit
from chalicelib.domain.kernel.deposit import Contents, Deposit, DepositState
from chalicelib.domain.kernel.link import Colleague, Link
from chalicelib.domain.kernel.parcours import CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours import declining
from chalicelib.errors import FieldInvalid, LinkRevoked, WrongStep
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS, NOON

FIRST = COMPANY_ADDRESS
DOMAIN = FIRST.partition("@")[2]
SALT = "0" * 32
KNOWN = "accueil@gmail.com"
"""An address that the sealer was shown."""


LINK = Link(
    id="a" * 32,
    deposit="d",
    parcours="p",
    attempt=1,
    sender="tutor",
    recipient=FIRST,
    created_at=NOON,
    closes_at=NOON + timedelta(days=60),
)
CONTENTS = Contents(
    owner="tutor",
    sealed_by="tutor",
    sender=Role.TUTOR,
    recipient=FIRST,
    salt=SALT,
    known=(address_of.bind_recipient(SALT, KNOWN),),
    documents=(),
)
DEPOSIT = Deposit(
    id="d",
    parcours="p",
    attempt=1,
    kinds=(Kind.CV,),
    state=DepositState.LEFT,
    created_at=NOON,
    form_signed_at=NOON,
    erase_at=NOON + timedelta(days=15),
    contents=CONTENTS,
)


def under_way(step: Step = Step.LINK_SENT) -> Parcours:
    """Return a parcours whose documents were sent, at this step."""
    offer = factories.offer(status=ParcoursStatus.IN_PREPARATION)
    return replace(offer, id="p", attempt=1, step=step, live_deposit="d")


@pytest.mark.parametrize(
    ("address", "also", "at_once"),
    [
        (KNOWN, False, True),
        (KNOWN, True, True),
        (KNOWN.upper(), False, False),
        (f"x@{DOMAIN}", False, False),
        (f"x@{DOMAIN}", True, False),
        (f"{FIRST}.attaquant.example", False, False),
        (FIRST, True, True),
    ],
)
def test_a_link_goes_at_once_to_an_address_that_was_shown_to_the_letter(
    address: str, also: bool, at_once: bool
) -> None:
    """Or to the holder's own. ``also``: beside the holder."""
    to = Colleague(name="X", function="", address=address, also=also)

    assert passing.goes_at_once(LINK, CONTENTS, to) is at_once


@pytest.mark.parametrize(
    ("address", "is_offered"), [(KNOWN, True), ("accueil@gmai1.com", False), (KNOWN.capitalize(), False)]
)
def test_a_buyer_chooses_among_the_contacts_that_were_shown_alone(address: str, is_offered: bool) -> None:
    contact = CompanyContact(role=ContactRole.WELCOMES, name="X", function="", address=address)
    head = factories.offer()
    head = replace(head, company=replace(head.company, contacts=(contact,)))

    assert passing.list_choices(head, CONTENTS) == ((contact,) if is_offered else ())
    assert passing.list_choices(head, None) == ()


@pytest.mark.parametrize(
    ("account", "consents"),
    [
        (factories.account(id="tutor"), True),
        (factories.account(id="successor"), False),
        (replace(factories.account(id="tutor"), closed_at=NOON), False),
        (factories.account(Role.TEAM, id="tutor"), False),
    ],
)
def test_only_who_sealed_consents_and_never_as_the_team(account: Account, consents: bool) -> None:
    handed_over = replace(CONTENTS, owner="successor")

    assert passing.may_consent(account, handed_over) is consents


@pytest.mark.parametrize("step", list(Step))
def test_a_company_declines_until_the_meeting_is_held(step: Step) -> None:
    expected = step not in {Step.MEETING_HELD, Step.CONVENTION_SIGNED}

    assert declining.may_decline(LINK, under_way(step)) is expected


def test_neither_a_buyer_nor_a_dead_link_declines() -> None:
    head = under_way()
    for link, refusal in (
        (replace(LINK, to=Role.BUYER), WrongStep),
        (replace(LINK, attempt=2), WrongStep),
        (replace(LINK, revoked_at=NOON), LinkRevoked),
        (replace(LINK, version=2), LinkRevoked),
    ):
        with pytest.raises(refusal):
            declining.decline(Case(head), link, 1, reason=Reason.OTHER, inputs=factories.decision_inputs())


@pytest.mark.parametrize(("hours", "allowed"), [(0, True), (23.99, True), (24, False), (30, False)])
def test_a_refusal_is_taken_back_for_24_hours(hours: float, allowed: bool) -> None:
    link = replace(LINK, declined_at=NOON, declined_for=Reason.OTHER)
    head = replace(under_way(), setback=Setback.DECLINED)

    assert declining.may_undo(link, head, NOON + timedelta(hours=hours)) is allowed


@pytest.mark.parametrize("ended", [{"revoked_at": NOON}, {"closed_at": NOON}, {"recipient": ""}], ids=str)
def test_no_refusal_is_taken_back_on_a_link_that_is_over(ended: dict[str, Any]) -> None:
    link = replace(LINK, declined_at=NOON, declined_for=Reason.OTHER, **ended)
    head = replace(under_way(), setback=Setback.DECLINED)

    assert not declining.may_undo(link, head, NOON)


def test_a_refusal_never_lengthens_the_life_of_documents() -> None:
    soon = replace(DEPOSIT, erase_at=NOON + timedelta(hours=2))

    (change,) = sending.shorten_life(soon, NOON)
    assert isinstance(change.after, Deposit)
    assert change.after.erase_at == soon.erase_at
    assert sending.shorten_life(change.after, NOON) == ()
    (back,) = sending.restore_life(change.after, NOON)
    assert back.after == replace(soon, erase_before=None)
    assert sending.restore_life(change.after, NOON + timedelta(hours=3)) == ()


@pytest.mark.parametrize("typed", ["304 118", "304118", "\u00a0304\u202f118"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert deposit.parse_code(typed) == "304118"


@pytest.mark.parametrize("typed", ["", "30411", "3041188", "30411a", "٣٠٤١١٨", "304\n118"])
def test_what_is_no_code_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(FieldInvalid):
        deposit.parse_code(typed)
