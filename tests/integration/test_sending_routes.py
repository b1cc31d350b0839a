"""Straight to the company or by the buyer: proposed, announced, and gone round when she does not pass the link on."""

import html
from dataclasses import replace

import pytest

from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.stories.kit import accompanying
from tests.conftest import Clock
from tests.support import factories, http, relays
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records

NAMED = "o.ramain@ouvrages.example"
STRAIGHT = "Envoyer directement à l’entreprise"


@pytest.fixture
def buyer() -> Account:
    """The buyer of the parcours, who has an account."""
    return factories.account(Role.BUYER, name="Odile Ramain", address=NAMED)


@pytest.fixture
def relay(world: World, buyer: Account) -> Relay:
    """A parcours of this buyer."""
    return relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,))


def read_page(person: Account, path: str) -> str:
    """Return the text of a page as this person reads it."""
    answer = http.signed_in(person).get(path)
    assert answer.status == 200
    return html.unescape(answer.text)


def sending_page(relay: Relay, query: str = "") -> str:
    """Return the page that sends documents, as the tutor reads it."""
    return read_page(relay.tutor, f"/parcours/{relay.parcours_id}/envoi{query}")


def checked(text: str, value: str) -> bool:
    """Return whether this route (« chemin ») is chosen on the page."""
    return f'name="chemin" value="{value}" checked' in text


def test_straight_to_the_company_is_proposed_unless_the_organisation_chose_otherwise(
    relay: Relay, buyer: Account
) -> None:
    assert checked(sending_page(relay), "")

    answer = http.signed_in(buyer).post_form("/compte/envois", {"par": "acheteur"})

    assert (answer.status, answer.headers["location"]) == (303, "/compte?fait=envois")
    assert accompanying.sends_by_buyer(buyer)
    assert checked(sending_page(relay), NAMED)
    assert 'value="acheteur" checked' in read_page(buyer, "/compte?fait=envois")
    http.signed_in(buyer).post_form("/compte/envois", {"par": "direct"})
    assert checked(sending_page(relay), "")


def test_each_organisation_has_its_own_default_sending_route(relay: Relay, world: World) -> None:
    other = factories.account(Role.PRESCRIBER, organisation="Une autre administration")
    add_records(other)
    http.signed_in(other).post_form("/compte/envois", {"par": "acheteur"})

    assert accompanying.sends_by_buyer(other)
    assert checked(sending_page(relay), "")


@pytest.mark.parametrize("role", [Role.TUTOR, Role.COORDINATOR, Role.TEAM])
def test_only_buyers_set_the_default_sending_route(world: World, role: Role) -> None:
    person = relays.started(world, factories.account(role)).tutor

    assert "/compte/envois" not in read_page(person, "/compte")
    assert http.signed_in(person).post_form("/compte/envois", {"par": "acheteur"}).status == 404


@pytest.mark.parametrize("typed", ["", "les deux", "acheteur\0", "<script>"])
def test_an_unknown_sending_route_is_refused(relay: Relay, buyer: Account, typed: str) -> None:
    assert http.signed_in(buyer).post_form("/compte/envois", {"par": typed}).status == 422
    assert not accompanying.sends_by_buyer(buyer)


def test_a_buyer_without_an_account_may_pass_the_link_on_too(world: World) -> None:
    offer = factories.offer(buyer_contact=BuyerContact(name="Hors Compte", address=NAMED))
    relay = relays.started(world, offer=offer)

    assert f'value="{NAMED}"' in sending_page(relay)
    relay.sends(recipient=NAMED)
    assert relay.head().sent_to is Role.BUYER


def test_without_a_buyer_no_sending_route_is_offered(world: World) -> None:
    assert 'name="chemin"' not in sending_page(relays.started(world))


def test_the_buyer_gets_a_text_that_announces_the_sending_until_it_is_opened(
    relay: Relay, buyer: Account
) -> None:
    where = f"/parcours/{relay.parcours_id}"
    assert "Annoncez cet envoi à l’entreprise" in read_page(buyer, where)
    assert "Annoncez cet envoi" not in read_page(relay.tutor, where)

    token = relay.sends()
    text = read_page(buyer, where)
    assert "mailto:n.bellanger@jardins.entreprise.example?subject=" in text
    assert "300 heures, à Brévannes-le-Lac" in text.replace("\u00a0", " ")
    assert token not in text

    browser = relays.Browser()
    browser.proves(token)
    browser.opens(token)
    assert "Annoncez cet envoi" not in read_page(buyer, where)


def test_the_text_goes_to_whoever_got_the_link(world: World) -> None:
    buyer = factories.account(Role.BUYER)
    company = factories.offer().company
    other = replace(company.contacts[0], address="h.tissier@jardins.entreprise.example", name="Hugo")
    both = replace(company, contacts=(*company.contacts, other))
    relay = relays.started(world, offer=factories.offer(company=both, buyer=buyer.id), also=(buyer,))

    relay.sends(recipient=other.address)

    text = read_page(buyer, f"/parcours/{relay.parcours_id}")
    assert f"mailto:{other.address}?subject=" in text and "Écrire à Hugo" in text


def test_a_tutor_sends_straight_to_the_company_when_the_buyer_does_not_pass_on(
    relay: Relay, time: Clock
) -> None:
    relay.sends(recipient=NAMED)
    where = f"/parcours/{relay.parcours_id}"
    assert f'"btn" type="submit">{STRAIGHT}' not in read_page(relay.tutor, where)

    time.passes(days=10)
    late = read_page(relay.tutor, where)
    assert f'type="submit">{STRAIGHT}' in late and "vous les choisissez de nouveau" in late
    answer = http.signed_in(relay.tutor).post_form(
        f"/depots/{relay.sent[-1].deposit}/revocation", {"vu": "ferme", "suite": "entreprise"}
    )

    assert answer.headers["location"] == f"{where}/envoi?fait=direct"
    assert relay.event_kinds()[-1] is EventKind.LINK_REVOKED
    text = sending_page(relay, "?fait=direct")
    assert "ils étaient chiffrés pour l’autre personne seulement" in text.replace("\u00a0", " ")
    assert checked(text, "") and 'value="n.bellanger@jardins.entreprise.example" checked' in text
    relay.sends()
    assert relay.head().sent_to is Role.COMPANY


def test_only_who_may_send_can_bypass_the_buyer(relay: Relay, buyer: Account, time: Clock) -> None:
    relay.sends(recipient=NAMED)
    time.passes(days=10)

    assert STRAIGHT + "</button>" not in read_page(buyer, f"/parcours/{relay.parcours_id}")
    assert parcours_table.read_parcours(relay.parcours_id).sent_to is Role.BUYER
