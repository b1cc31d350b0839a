"""A doubtful address is asked about; a known one never is."""

from datetime import timedelta

import pytest

from chalicelib.domain.recipients import Doubt, doubts, looks_like
from tests.factories import COMPANY_ADDRESS, NOON, offer

CONTACTS = offer().company.contacts


@pytest.mark.parametrize("typed", [COMPANY_ADDRESS, COMPANY_ADDRESS.upper()])
def test_a_known_contact_raises_no_doubt(typed: str) -> None:
    assert doubts(typed, CONTACTS) == ()


def test_a_colleague_of_the_same_domain_raises_no_doubt() -> None:
    assert doubts(f"autre@{COMPANY_ADDRESS.rpartition('@')[2]}", CONTACTS) == ()


def test_the_buyer_raises_no_doubt() -> None:
    assert doubts("achats@ministere.example", CONTACTS, others=("achats@ministere.example",)) == ()


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
    assert doubts(typed, CONTACTS) == expected


def test_an_address_that_somebody_else_changed_since_the_last_sending_is_doubtful_to_me_alone() -> None:
    changed = CONTACTS[0].model_copy(update={"changed_at": NOON, "changed_by": "her"})
    before, after = NOON - timedelta(hours=1), NOON + timedelta(hours=1)
    assert doubts(COMPANY_ADDRESS, (changed,), sender="me", last_sent_at=before) == (Doubt.CHANGED,)
    assert doubts(COMPANY_ADDRESS, (changed,), sender="me", last_sent_at=None) == (Doubt.CHANGED,)
    assert doubts(COMPANY_ADDRESS, (changed,), sender="me", last_sent_at=after) == ()
    assert doubts(COMPANY_ADDRESS, (changed,), sender="her", last_sent_at=before) == ()


def test_short_domains_are_not_all_alike() -> None:
    assert not looks_like("abc.fr", "abd.be")
    assert not looks_like("gmx.fr", "sfr.fr")
