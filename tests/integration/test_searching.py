"""Words are looked for in every status; a reference leads to its parcours when its passage has ended too, within rights."""

import csv
import html
import io
import re
from datetime import date

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import parcours, transactions
from chalicelib.stories import lists as lists_stories
from chalicelib.web import lists as lists_pages
from tests import crowds, factories, people, relays
from tests.http import Client, signed_in
from tests.listings import companies, under, under_way
from tests.relays import Relay
from tests.worlds import World

PLACED = [
    under_way("Alpha Dorure", factories.account(), status=status, step=None, contract=under("A", date(2026, 1, n)))
    for n, status in enumerate(ParcoursStatus, start=1)
]  # fmt: skip


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status == 200
    return html.unescape(answer.text).replace("\u00a0", " ")


def finds(account: Account, path: str) -> list[str]:
    return companies(signed_in(account).get(path).text)


@pytest.fixture
def team(world: World) -> Account:
    found = factories.account(Role.TEAM)
    people.stand(found)
    return found


def test_a_search_shows_every_status_and_each_says_its_own(team: Account) -> None:
    for one in PLACED:
        transactions.commit(Transition(changes=(Change(None, one),)))
    agent = signed_in(team)

    text = read(agent, "/parcours?q=dorure")
    assert len(companies(text)) == 6 and "<h1>Parcours, tous les statuts</h1>" in text
    for label in ("Disponible", "En réalisation", "Réalisé", "Échu", "Retiré"):
        assert f"<span>{label}</span></span></td>" in text
    assert '<option value="" selected>Tous</option>' in text.partition('name="statut"')[2]
    plain = read(agent, "/parcours")
    assert (
        '<option value="" selected>En préparation</option>' in plain and 'value="en-preparation"' not in plain
    )
    assert len(companies(plain)) == 1
    for slug in ("disponible", "en-preparation", "echu"):
        chosen = read(agent, f"/parcours?q=dorure&statut={slug}")
        assert len(companies(chosen)) == 1 and f'<option value="{slug}" selected>' in chosen
    assert len(companies(read(agent, "/parcours?q=dorure&tri=retard"))) == 6


def test_the_searched_view_lives_on_in_the_export_the_pages_the_run_and_the_link(team: Account) -> None:
    for number in range(30):
        status = ParcoursStatus.IN_PROGRESS if number % 2 else ParcoursStatus.IN_PREPARATION
        record = under_way(f"N{number:02d} Dorure", factories.account(), status=status)
        transactions.commit(Transition(changes=(Change(None, record),)))
    agent = signed_in(team)
    first = read(agent, "/parcours?q=dorure&statut=")
    (following,) = re.findall(r'href="([^"]*)">Page suivante', first)
    (copied,) = re.findall(r'href="([^"]*)" data-copier', first)
    (export,) = re.findall(r'href="([^"]*)">Exporter', first)
    begun = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', first))

    assert "30 parcours" in first and len(companies(read(agent, following))) == 5
    assert companies(read(agent, copied)) == companies(first)
    saved = agent.get(export)
    assert len(list(csv.reader(io.StringIO(saved.text), delimiter=";"))) == 31
    assert 'filename="parcours-tous-statuts-' in saved.headers["content-disposition"]
    assert agent.post_form("/run", begun).status == 303
    assert len(lists_stories.listing(team, lists_pages.read(begun).filter, now=clock.utc_now()).lines) == 30


def test_a_search_that_is_cut_in_one_status_says_so(team: Account) -> None:
    crowds.generate(536, clock.utc_now(), scopes=("all",))
    text = read(signed_in(team), "/parcours?q=ateliers")

    assert "Plus de 400 parcours : affinez" in text
    assert "Seuls les 400 premiers de chaque statut ont été lus" in text
    assert "affinez" not in read(signed_in(team), "/parcours?q=ateliers&statut=disponible")


def ended(relay: Relay) -> str:
    """The young person withdraws; the reference under which she was followed."""
    reference = str(parcours.head(relay.parcours_id).reference)
    today = clock.utc_now().date().isoformat()
    end = {"fin": "young_person_withdrew", "motif": "too_long", "survenu_le": today, "jours": "", "suite": ""}
    assert signed_in(relay.tutor).post_form(f"/parcours/{relay.parcours_id}/fin", end).status == 303
    return reference


def test_the_reference_of_an_ended_passage_leads_to_its_parcours(world: World, team: Account) -> None:
    relay = relays.started(world, offer=factories.offer())
    coordinator, buyer, stranger = (
        factories.account(Role.COORDINATOR),
        factories.account(Role.BUYER),
        factories.account(),
    )
    people.stand(coordinator, buyer, stranger)
    path = f"/parcours?q={ended(relay)}"

    for who in (team, coordinator, buyer, relay.tutor):
        assert finds(who, path) == [relay.head().company.name]
    assert "la référence cherchée est celle d’un passage terminé" in read(signed_in(team), path)
    assert not finds(team, f"{path}&statut=en-preparation")
    assert not finds(stranger, path), "a free offer tells no tutor of another's passage"
    assert finds(stranger, "/offres") == [relay.head().company.name]


def test_a_tutor_learns_nothing_of_the_passage_after_hers(world: World, team: Account) -> None:
    first = relays.started(world, offer=factories.offer())
    reference = ended(first)
    next_tutor = factories.account()
    people.stand(next_tutor)
    taken = signed_in(next_tutor).post_form(f"/parcours/{first.parcours_id}/passage", {})
    second = Relay(world, next_tutor, first.parcours_id)
    assert taken.status == 303
    for tutor in (first.tutor, next_tutor):
        assert not finds(tutor, f"/parcours?q={reference}")
    assert finds(team, f"/parcours?q={reference}")
    assert finds(next_tutor, f"/parcours?q={second.head().reference}")

    ended(second)

    assert not finds(first.tutor, f"/parcours?q={reference}"), "the last fact is of another passage"
    assert not finds(next_tutor, f"/parcours?q={reference}"), "it is not of hers"

    signed_in(first.tutor).post_form(f"/parcours/{first.parcours_id}/passage", {})

    assert finds(first.tutor, f"/parcours?q={reference}"), "she follows it, and that passage was hers"
    assert finds(team, f"/parcours?q={reference}")
