"""A doubtful address is asked about; a known one that nobody changed never is."""

import pytest

from chalicelib.domain.documents import recipients
from chalicelib.domain.documents.recipients import Doubt, looks_like
from chalicelib.domain.kernel.parcours import BuyerContact, Parcours
from chalicelib.domain.kernel.values import Role
from tests import factories
from tests.factories import COMPANY_ADDRESS, NOON

BUYER = "achats@ministere.example"
CHANGED = {"changed_at": NOON, "changed_by": "her"}


def offer(company: dict[str, object] | None = None, buyer: dict[str, object] | None = None) -> Parcours:
    """A record whose contacts have these marks."""
    head = factories.offer(
        buyer_contact=BuyerContact(**{"name": "Odile Ramain", "address": BUYER} | (buyer or {}))
    )
    contact = head.company.contacts[0].model_copy(update=company or {})
    return head.but(company=head.company.model_copy(update={"contacts": (contact,)}))


def doubts(typed: str, head: Parcours | None = None) -> tuple[Doubt, ...]:
    return recipients.doubts(typed, recipients.known(head or offer(), None))


@pytest.mark.parametrize(
    "typed", [COMPANY_ADDRESS, COMPANY_ADDRESS.replace("n.bellanger", "N.Bellanger"), BUYER]
)
def test_a_known_address_raises_no_doubt(typed: str) -> None:
    assert doubts(typed) == ()


def test_a_colleague_of_the_same_domain_raises_no_doubt() -> None:
    assert doubts(f"autre@{COMPANY_ADDRESS.rpartition('@')[2]}") == ()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("nadia@gmail.com", (Doubt.FREE_MAIL, Doubt.OTHER_DOMAIN)),
        ("nadia@laposte.net", (Doubt.FREE_MAIL, Doubt.OTHER_DOMAIN)),
        ("nadia@ailleurs.example", (Doubt.OTHER_DOMAIN,)),
        ("nadia@jardin.entreprise.example", (Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE)),
        ("nadia@jardıns.entreprise.example", (Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE)),
        ("nadia@jаrdins.entreprise.example", (Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE)),  # a Cyrillic « а »
        ("nadia@gmai1.com", (Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE)),
    ],
)
def test_each_doubt_is_named(typed: str, expected: tuple[Doubt, ...]) -> None:
    assert doubts(typed) == expected


@pytest.mark.parametrize(("side", "address"), [("company", COMPANY_ADDRESS), ("buyer", BUYER)])
@pytest.mark.parametrize("by", ["her", "me"])
def test_an_address_that_an_account_changed_is_doubtful(side: str, address: str, by: str) -> None:
    """Mine too: the thief of my session changes addresses in my name, and could seal something of his own for them."""
    assert doubts(address, offer(**{side: CHANGED | {"changed_by": by}})) == (Doubt.CHANGED,)


def test_a_colleague_whom_a_recipient_named_is_not_doubtful() -> None:
    assert doubts(COMPANY_ADDRESS, offer(company={"changed_at": NOON})) == ()


def test_a_changed_address_is_compared_with_those_that_nobody_changed() -> None:
    head = offer(buyer=CHANGED | {"address": "achats@jardlns.entreprise.example"})

    assert doubts("achats@jardlns.entreprise.example", head) == (Doubt.CHANGED, Doubt.LOOK_ALIKE)
    known = doubts("x@jardlns.entreprise.example", head)
    assert known == (Doubt.OTHER_DOMAIN, Doubt.LOOK_ALIKE), "a changed contact makes no domain known"


def test_an_account_that_came_to_follow_for_the_buyer_is_doubtful() -> None:
    fake = factories.account(Role.BUYER, address="voleur@achats.example")
    head = offer().but(buyer=fake.id, buyer_changed_at=NOON)

    found = recipients.doubts(fake.address, recipients.known(head, fake))

    assert found == (Doubt.CHANGED, Doubt.OTHER_DOMAIN)


def test_what_is_confirmed_is_what_was_shown() -> None:
    one = recipients.shown(BUYER, (Doubt.CONTACT_CHANGED,), ("a@x.example",))

    assert one == recipients.shown(BUYER, (Doubt.CONTACT_CHANGED,), ("a@x.example",))
    assert one != recipients.shown(BUYER, (Doubt.CONTACT_CHANGED,), ("b@x.example",))
    assert one != recipients.shown(BUYER, (Doubt.CHANGED, Doubt.CONTACT_CHANGED), ("a@x.example",))
    assert one != recipients.shown(COMPANY_ADDRESS, (Doubt.CONTACT_CHANGED,), ("a@x.example",))


def test_one_spelling_of_a_domain_is_not_another() -> None:
    assert recipients.is_same("N@große.example", "n@große.example")
    assert not recipients.is_same("n@große.example", "n@grosse.example")


def test_short_domains_are_not_all_alike() -> None:
    assert not looks_like("abc.fr", "abd.be")
    assert not looks_like("gmx.fr", "sfr.fr")
