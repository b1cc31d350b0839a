"""The lives of an offer: what an insider does on it, with documents of her own, leads nobody else's anywhere afterwards."""

import html
import re
from dataclasses import dataclass

import pytest

from chalicelib import clock, french
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.record import ContactAnswer
from chalicelib.stories import record
from chalicelib.stories.documents.passing import GONE
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client
from tests.support.passings import agrees, answers_question, colleague_named, passes
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records

MINE, PLANTED = "moi@societe-conseil.example", "accueil@societe-conseil.example"
CHECKED = re.compile(r'name="(?:destinataire|chemin)" value="([^"]+)" checked')
"""What of the sending page is checked but the way straight to the company."""


@dataclass(frozen=True)
class Tutor:
    """A tutor's account and browser."""

    account: Account
    client: Client

    def sends(self, relay: Relay, recipient: str) -> Answer:
        """Announce a document by the tutor's page, without confirming any doubt."""
        document = factories.sealed()
        return self.client.post_json(f"/parcours/{relay.parcours_id}/depots", document.as_json(recipient))

    def page(self, relay: Relay) -> str:
        """The text of the page that sends documents."""
        shown = self.client.get(f"/parcours/{relay.parcours_id}/envoi")
        assert shown.status == 200, shown.text
        return html.unescape(shown.text).replace("\u00a0", " ")


@pytest.fixture
def honest(world: World, time: Clock) -> Tutor:
    """A tutor with an account, who means well."""
    account = factories.account(name="Paule Honnête")
    add_records(account)
    return Tutor(account, http.signed_in(account))


def today_in_words() -> str:
    """Today's date as the page writes it."""
    return french.jour_court(clock.utc_now()).replace("\u00a0", " ")


def plants(relay: Relay) -> None:
    """Send a document of the tutor's own to a mailbox of her own and name, as its recipient, a colleague there."""
    token = relay.sends(recipient=MINE)
    if passes(answers_question(token, MINE), token, colleague_named(PLANTED, name="Camille Accueil")) != GONE:
        agrees(relay)
    sending_changes.revokes(relay)
    assert PLANTED in [contact.address for contact in relay.head().company.contacts]


def ends(relay: Relay, client: Client) -> None:
    """End the passage, which frees the offer."""
    end = {"fin": "young_person_withdrew", "motif": "other", "jours": ""}
    end["survenu_le"] = day_of(clock.utc_now()).isoformat()
    assert client.post_form(f"/parcours/{relay.parcours_id}/fin", end).status == 303


def test_a_colleague_whom_a_false_tutor_named_is_asked_about_when_an_honest_one_takes_the_offer(
    world: World, time: Clock, honest: Tutor
) -> None:
    relay = relays.started(world, factories.account(name="Claude Faux"))
    false = http.signed_in(relay.tutor)
    plants(relay)
    ends(relay, false)
    assert honest.client.post_form(f"/parcours/{relay.parcours_id}/passage", {}).status == 303

    page, answer = honest.page(relay), honest.sends(relay, PLANTED)
    named_today = f"Ajoutée par le destinataire d’un envoi, le {today_in_words()}"

    assert (answer.status, answer.json["code"]) == (409, "recipient_doubtful")
    assert answer.json["origine"].replace("\u00a0", " ") == named_today
    assert f"{named_today} : à vérifier par téléphone" in page
    assert "Déclarée avec l’offre par l’acheteur, le 20 mai 2026" in page
    assert honest.sends(relay, COMPANY_ADDRESS).status == 201


def test_what_a_thief_of_her_session_confirmed_in_her_name_is_asked_of_her_all_the_same(relay: Relay) -> None:
    tutor = Tutor(relay.tutor, http.signed_in(relay.tutor))
    plants(relay)
    relay.sends(recipient=PLANTED)  # a document of the thief's own, confirmed
    sending_changes.revokes(relay)

    answer = tutor.sends(relay, PLANTED)

    assert (answer.status, answer.json["code"]) == (409, "recipient_doubtful")


def test_a_confirmed_address_is_confirmed_only_for_who_confirmed_it(relay: Relay, honest: Tutor) -> None:
    first = Tutor(relay.tutor, http.signed_in(relay.tutor))
    plants(relay)
    shown = first.sends(relay, PLANTED).json["vus"]
    ends(relay, first.client)
    assert honest.client.post_form(f"/parcours/{relay.parcours_id}/passage", {}).status == 303
    body = factories.sealed().as_json(PLANTED) | {"confirme": True}

    refused = honest.client.post_json(f"/parcours/{relay.parcours_id}/depots", body | {"vus": shown})
    confirmed = body | {"vus": refused.json["vus"]}
    taken = honest.client.post_json(f"/parcours/{relay.parcours_id}/depots", confirmed)

    assert (refused.status, taken.status) == (409, 201)


def test_a_wrong_address_that_was_withdrawn_is_neither_checked_nor_gone_to_unasked(relay: Relay) -> None:
    tutor = Tutor(relay.tutor, http.signed_in(relay.tutor))
    shown = tutor.sends(relay, MINE).json["vus"]
    relay.sends(recipient=MINE)
    sending_changes.revokes(relay)

    page, answer = tutor.page(relay), tutor.sends(relay, MINE)

    assert MINE not in page and not CHECKED.search(page)
    assert (answer.status, answer.json["code"]) == (409, "recipient_doubtful")
    assert answer.json["vus"] != shown, "she confirmed it before she withdrew it"


def test_the_page_says_where_each_address_comes_from(world: World, time: Clock) -> None:
    """The page names the role of whoever gave an address, and says « par vous » to that person."""
    team, buyer = factories.account(Role.TEAM), factories.account(Role.BUYER)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(team, buyer))
    tutor = Tutor(relay.tutor, http.signed_in(relay.tutor))

    def corrects(person: Account, about: Interlocutor, address: str) -> None:
        given = CompanyContact(role=ContactRole(about.value), name="Hugo Tissier", address=address)
        seen, now = relay.head().edited, clock.utc_now()
        record.set_contact(
            person, relay.parcours_id, ContactAnswer(about, given, seen=seen, reached=True), now=now
        )

    corrects(relay.tutor, Interlocutor.WELCOMES, "h.tissier@jardins.entreprise.example")
    assert f"Ajoutée par vous, le {today_in_words()} : à vérifier" in tutor.page(relay)
    corrects(team, Interlocutor.WELCOMES, "accueil@jardins.entreprise.example")
    page = tutor.page(relay)

    assert f"Corrigée par l’équipe, le {today_in_words()} : à vérifier" in page
    assert page.count("Déclarée avec l’offre par l’acheteur, le 20 mai 2026") >= 2
    assert f"ne pourra le passer qu’à {COMPANY_ADDRESS}." in page
