"""One rule says which address goes without a question: declared with the offer, untouched since, and nobody left it."""

from dataclasses import replace

import pytest

from chalicelib.clock import iso
from chalicelib.domain.documents import recipients
from chalicelib.domain.documents.recipients import Doubt, looks_like
from chalicelib.domain.kernel.parcours import BuyerContact, How, Origin, Parcours
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Role
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS, NOON

BUYER = "achats@ministere.example"
UNTRUSTED = [
    Origin(how=how, at=NOON, by=by, person=person)
    for how, by, person in (
        (How.ADDED, Role.TEAM, "team"),
        (How.CORRECTED, Role.TEAM, "team"),
        (How.CORRECTED, Role.TUTOR, "me"),
        (How.NAMED, Role.COMPANY, None),
        (How.INHERITED, Role.SYSTEM, "her"),
    )
]


def offer(
    *,
    company_origin: Origin | None = factories.DECLARED_ORIGIN,
    company_address: str = COMPANY_ADDRESS,
    buyer_origin: Origin | None = factories.DECLARED_ORIGIN,
    buyer_address: str = BUYER,
) -> Parcours:
    """Return a record whose two contacts have these addresses, of these origins."""
    contact = replace(factories.ANSWERING, address=company_address, origin=company_origin)
    buyer_contact = BuyerContact(name="Odile Ramain", address=buyer_address, origin=buyer_origin)
    company = replace(factories.COMPANY, contacts=(contact,))
    return replace(factories.offer(), company=company, buyer_contact=buyer_contact)


def doubts(typed: str, head: Parcours | None = None) -> tuple[Doubt, ...]:
    """Return what is doubted of a typed address, by default for the usual offer."""
    return recipients.find_doubts(typed, recipients.list_known_addresses(head or offer(), None))


@pytest.mark.parametrize(
    "typed", [COMPANY_ADDRESS, COMPANY_ADDRESS.replace("n.bellanger", "N.Bellanger"), BUYER]
)
def test_an_address_that_was_declared_and_that_nobody_touched_goes_without_a_question(typed: str) -> None:
    assert doubts(typed) == ()


def test_an_address_of_a_declared_domain_that_is_not_in_the_record_is_asked_about() -> None:
    assert doubts(f"autre@{COMPANY_ADDRESS.rpartition('@')[2]}") == (Doubt.UNDECLARED,)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("nadia@gmail.com", (Doubt.UNDECLARED, Doubt.OTHER_DOMAIN)),
        ("nadia@jardin.entreprise.example", (Doubt.UNDECLARED, Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE)),
        ("nadia@jardıns.entreprise.example", (Doubt.UNDECLARED, Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE)),
        (
            "nadia@jаrdins.entreprise.example",
            (Doubt.UNDECLARED, Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE),
        ),  # a Cyrillic « а »
    ],
)
def test_each_doubt_is_named(typed: str, expected: tuple[Doubt, ...]) -> None:
    assert doubts(typed) == expected


@pytest.mark.parametrize(("side", "address"), [("company", COMPANY_ADDRESS), ("buyer", BUYER)])
@pytest.mark.parametrize("origin", [*UNTRUSTED, None])
def test_an_address_of_any_other_origin_is_asked_about(
    side: str, address: str, origin: Origin | None
) -> None:
    """Mine too: the thief of my session changes addresses in my name. Of what an older version stored, nothing is known."""
    head = offer(company_origin=origin) if side == "company" else offer(buyer_origin=origin)

    assert doubts(address, head) == (Doubt.UNDECLARED,)


@pytest.mark.parametrize(
    "stored", [{"changed_at": iso(NOON)}, {"changed_at": iso(NOON), "changed_by": "her"}]
)
def test_what_an_older_version_noted_of_an_address_makes_it_no_more_trusted(
    stored: dict[str, object],
) -> None:
    contact = replace(factories.ANSWERING, origin=None, unknown=stored)
    head = replace(offer(), company=replace(factories.COMPANY, contacts=(contact,)))

    assert doubts(COMPANY_ADDRESS, head) == (Doubt.UNDECLARED,)


def test_a_declared_address_of_free_mail_goes_without_a_question() -> None:
    assert doubts("nadia@gmail.com", offer(company_address="nadia@gmail.com")) == ()


def test_who_has_left_is_asked_about_and_no_link_passes_there() -> None:
    noted = {Reason.CONTACT_GONE.value: NOON}
    contact = replace(factories.ANSWERING, origin=factories.DECLARED_ORIGIN, noted=noted)
    head = replace(offer(), company=replace(factories.COMPANY, contacts=(contact,)))

    assert doubts(COMPANY_ADDRESS, head) == (Doubt.GONE,)
    assert recipients.list_passable(head) == ()


def test_a_touched_address_makes_no_domain_known() -> None:
    head = offer(buyer_origin=UNTRUSTED[0], buyer_address="achats@jardlns.entreprise.example")

    assert doubts("achats@jardlns.entreprise.example", head) == (Doubt.UNDECLARED, Doubt.LOOK_ALIKE)
    known = doubts("x@jardlns.entreprise.example", head)
    assert known == (Doubt.UNDECLARED, Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE)


def test_an_account_that_inherited_a_parcours_is_asked_about() -> None:
    fake = factories.account(Role.BUYER, address="voleur@achats.example")
    head = replace(offer(), buyer=fake.id, buyer_origin=UNTRUSTED[-1])

    doubts_found = recipients.find_doubts(fake.address, recipients.list_known_addresses(head, fake))

    assert doubts_found == (Doubt.UNDECLARED, Doubt.OTHER_DOMAIN)


def question_shown(head: Parcours, sealer: str = "me", recipient: str = COMPANY_ADDRESS) -> str | None:
    """Return what the question about a recipient shows, as a code; None when nothing is asked."""
    asked = recipients.build_question(head, None, recipient, sealer)
    return asked.shown if asked else None


def test_a_confirmation_is_of_what_was_shown_to_this_sealer_on_this_parcours() -> None:
    """Until a sending is withdrawn: she may have seen by then that the address was wrong."""
    head = offer(company_origin=UNTRUSTED[0])
    contact = replace(head.company.contacts[0], origin=UNTRUSTED[1])
    touched = replace(head, company=replace(head.company, contacts=(contact,)))

    asked = question_shown(head)
    assert asked is not None and asked == question_shown(head)
    others = (
        question_shown(touched),
        question_shown(head, sealer="her"),
        question_shown(replace(head, id="f" * 32)),
        question_shown(head, recipient=f"x{COMPANY_ADDRESS}"),
        question_shown(replace(head, withdrawn_at=NOON)),
    )
    assert asked not in others


def test_a_link_passes_at_once_to_the_trusted_contacts_of_the_company_alone() -> None:
    added = replace(factories.ANSWERING, address="a@jardins.entreprise.example", origin=UNTRUSTED[0])
    declared = offer().company.contacts[0]
    head = replace(offer(), company=replace(factories.COMPANY, contacts=(declared, added)))

    assert recipients.list_passable(head) == (COMPANY_ADDRESS,)
    assert recipients.list_passable(offer(company_origin=UNTRUSTED[0])) == ()


@pytest.mark.parametrize(
    ("recipient", "buyer_address", "side"),
    [
        (BUYER, BUYER, Role.BUYER),
        (COMPANY_ADDRESS, BUYER, Role.COMPANY),
        (COMPANY_ADDRESS, COMPANY_ADDRESS, Role.COMPANY),
        ("nadia@ailleurs.example", BUYER, Role.COMPANY),
    ],
)
def test_a_declared_contact_of_the_company_stays_the_companys(
    recipient: str, buyer_address: str, side: Role
) -> None:
    """Whatever the record names as the buyer's contact afterwards."""
    head = offer(buyer_address=buyer_address, buyer_origin=UNTRUSTED[1])

    assert recipients.find_side(head, recipient, None) is side


def test_one_spelling_of_a_domain_is_not_another() -> None:
    assert recipients.is_same("N@große.example", "n@große.example")
    assert not recipients.is_same("n@große.example", "n@grosse.example")


def test_short_domains_are_not_all_alike() -> None:
    assert not looks_like("abc.fr", "abd.be")
    assert not looks_like("gmx.fr", "sfr.fr")
