"""Each sees her own parcours through the same address; filters, first pages by role, pages."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from tests.conftest import Clock, on_moto
from tests.support import factories, listings, people
from tests.support.http import Client, signed_in
from tests.support.listings import Scene, companies, under, under_way
from tests.support.relays import Relay
from tests.support.writing import add_records

CHIP = re.compile(r'<li><a href="([^"]*)">([^<]*) <span aria-hidden="true">×')


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """One set of parcours and offers that every test of this file reads and none changes."""
    with listings.set_up() as made:
        yield made


ALL = "/parcours?statut=en-preparation&tri=dernier-fait"
OWN = {
    "tutor": {"Arvel", "Cuisines"},
    "tutor of Lyon": {"Bennes", "Dorures"},
    "coordinator": {"Arvel", "Cuisines"},
    "buyer": {"Arvel", "Bennes"},
    "prescriber": {"Arvel", "Bennes"},
    "other buyer": {"Cuisines", "Dorures"},
    "team": {"Arvel", "Cuisines", "Bennes", "Dorures"},
}


def test_the_list_shows_each_agent_her_parcours(scene: Scene) -> None:
    assert {who: set(scene.sees(who, ALL)) for who in OWN} == OWN


FILTERS = {
    "academie=Lyon": {"Bennes", "Dorures"},
    "q=m%C3%A9tropole": {"Cuisines", "Dorures"},
    "tour=entreprise": {"Arvel", "Cuisines", "Dorures"},
    "retard=1": {"Bennes"},
    "retard=2": set(),
    "q=bennes": {"Bennes"},
    "q=ESPACES%20verts&academie=Lyon&retard=1": {"Bennes"},
    "echeance=1": set(),
}


def test_a_filter_narrows_what_one_may_see(scene: Scene) -> None:
    """A filter shows those of an agent's own parcours that match it: each filter for the team, who sees everything, and for a
    tutor; two of them for everybody.
    """
    everybody = [(who, query) for who in OWN for query in ("academie=Lyon", "retard=1")]
    for who, query in (
        *(("team", query) for query in FILTERS),
        *(("tutor", query) for query in FILTERS),
        *everybody,
    ):
        assert set(scene.sees(who, f"/parcours?{query}")) == OWN[who] & FILTERS[query], (who, query)


def test_the_filter_my_turn_finds_what_awaits_the_agent(scene: Scene) -> None:
    """« À vous » of a late parcours finds it for the one person whose turn it is, the buyer or the team."""
    late = scene.clients["team"].get("/parcours?retard=1").text

    assert "En retard de" in late and 'class="tarde"' in late
    # After the company's 15 days the buyer had 5 working days: 25 days later the team is awaited, or the buyer still is.
    holders = [who for who in ("buyer", "team") if scene.sees(who, "/parcours?tour=moi") == ["Bennes"]]
    assert len(holders) == 1


GROUP = re.compile(r'<caption>([^<]*)</caption>|<a class="nom" href="/parcours/[^"]*">([^<]*)')


def grouped(text: str) -> list[str]:
    """Return the headings of a page with the companies under each, in the page's order."""
    return [html.unescape(heading or name) for heading, name in GROUP.findall(text)]


def test_whoever_has_parcours_of_her_own_meets_what_awaits_her_then_all_others_by_status() -> None:
    with on_moto():
        tutor, team = factories.account(), factories.account(Role.TEAM)
        buyer = factories.account(Role.BUYER, organisation="Ministère")
        waits = under_way("Attend", tutor, contract=under("Ministère", date(2026, 1, 1)))
        stand = [
            under_way("Ancien", tutor, contract=under("Ministère", date(2025, 1, 1))),
            replace(waits, step=Step.DOCUMENTS_TO_SEND, last_sent_at=None, sent_to=None),
            replace(under_way("Fini", tutor), status=ParcoursStatus.COMPLETED, step=None),
            replace(under_way("Stage", tutor), status=ParcoursStatus.IN_PROGRESS, step=None),
            replace(under_way("Retiré", tutor), status=ParcoursStatus.WITHDRAWN, step=None),
        ]
        everybody = [tutor, buyer, team]
        offers = (
            replace(parcours, contract=under("Ministère", parcours.contract.notified_on))
            for parcours in stand
        )
        for record in (*everybody, *offers):
            add_records(record)
        over = ["Parcours réalisés (1)", "Fini", "Offres retirées (1)", "Retiré"]
        rest = ["Parcours en réalisation (1)", "Stage", *over]
        met = {
            who: grouped(signed_in(person).get("/parcours").text)
            for who, person in zip("tbe", everybody, strict=True)  # tutor, buyer, team (*équipe*)
        }

        assert met["t"] == ["À vous (1)", "Attend", "Parcours en préparation (1)", "Ancien", *rest]
        assert met["b"] == ["Parcours en préparation (2)", "Ancien", "Attend", *rest]
        assert met["e"] == ["Parcours en préparation (2)", "Ancien", "Attend", *rest[:2]], (
            "not all that are over"
        )


def test_a_tutors_absence_is_marked_in_the_list(relay: Relay, time: Clock) -> None:
    relay.sends()
    somebody = factories.account(Role.TEAM)
    people.stand(somebody)
    team = signed_in(somebody)
    day = day_of(time.now).isoformat()
    before = team.get("/parcours").text
    answer = signed_in(relay.tutor).post_form("/compte/absence", {"du": day, "au": day})
    after = html.unescape(team.get("/parcours").text)

    assert answer.status == 303
    assert "Lien envoyé <span" in before and "Lien envoyé <span" in after
    assert "Absence annoncée" not in after and "absence annoncée jusqu’au" in after


def test_a_list_names_who_follows_each_parcours_but_the_reader(scene: Scene) -> None:
    name = scene.accounts["tutor"].name

    for who in ("team", "buyer", "coordinator"):
        assert f"Suivi par {name}" in html.unescape(scene.clients[who].get("/parcours").text), who
    assert "Suivi par" not in scene.clients["tutor"].get("/parcours").text


def test_a_free_offer_is_to_take_for_a_tutor_to_assign_for_who_assigns_and_awaits_nobody_else(
    scene: Scene,
) -> None:
    free = "/parcours?statut=disponible"
    assert "<b>À confier</b>" in scene.clients["team"].get(free).text
    assert "<b>À confier</b>" in scene.clients["coordinator"].get(free).text
    for who in ("team", "coordinator"):
        assert "À prendre" not in scene.clients[who].get(free).text


def test_a_buyer_meets_what_is_late_first_and_reminds_from_there(scene: Scene) -> None:
    answer = scene.clients["buyer"].get("/parcours")

    assert companies(answer.text) == ["Bennes", "Arvel"]
    assert answer.text.count('/relance"') >= 1
    assert '/relance"' not in scene.clients["team"].get("/parcours").text


def test_a_tutor_meets_her_parcours_then_the_offers_near(scene: Scene) -> None:
    text = scene.clients["tutor"].get("/parcours").text

    assert companies(text) == [
        "Arvel",
        "Cuisines",
        "Libre Ici",
        "Libre Académie",
        "Libre Région",
        "Libre Loin",
    ]
    assert "Offres libres près de vous" in text and 'href="/parcours?statut=disponible"' in text
    assert "près de vous" not in scene.clients["tutor"].get(ALL).text, "a filtered view is what it says"
    assert "près de vous" not in scene.clients["coordinator"].get("/parcours").text


def test_the_team_alone_has_a_link_to_the_contracts_that_end_soon_without_a_young_person(
    scene: Scene,
) -> None:
    """Only the team has this link, which finds the free offer « Libre Loin » of ``listings``: its contract ends within six
    months. A buyer may open hers one by one, as the team may.
    """
    text = html.unescape(scene.clients["team"].get("/parcours").text)
    (ending_soon,) = re.findall(r'href="([^"]*)">Fin de marché dans les 6 mois, sans jeune', text)

    assert scene.sees("team", ending_soon) == ["Libre Loin"]
    assert "Fin de marché dans" not in scene.clients["buyer"].get("/parcours").text
    assert "Traiter un par un" in scene.clients["buyer"].get("/parcours").text


def test_each_filter_chip_removes_its_filter(scene: Scene) -> None:
    view = "/parcours?academie=Lyon&retard=1"
    chips = {
        html.unescape(label): html.unescape(href)
        for href, label in CHIP.findall(scene.clients["team"].get(view).text)
    }

    assert chips.keys() == {"Lyon", "En retard de plus de 1\u00a0semaine"}
    assert scene.sees("team", chips["En retard de plus de 1\u00a0semaine"]) == ["Bennes", "Dorures"]
    assert scene.sees("team", chips["Lyon"]) == ["Bennes"]


@pytest.mark.parametrize("who", ["team", "buyer"])
@pytest.mark.parametrize(
    "view",
    [
        "tour=achat",
        "occupe=moi",
        "statut=tous",
        "retard=4",
        "echeance=1",
        "q=toitures",
    ],
)
def test_filtering_again_keeps_the_filters_that_are_on(scene: Scene, who: str, view: str) -> None:
    page = scene.clients[who].get(f"/parcours?{view}").text
    form = page.partition('role="search"')[2].partition("</form>")[0]
    name, _, value = view.partition("=")

    assert f'name="{name}"' in form and (f'value="{value}"' in form or "selected" in form)


def test_pages_are_of_25_and_keep_the_filters() -> None:
    with on_moto():
        team = factories.account(Role.TEAM)
        add_records(team)
        for number in range(30):
            record = under_way(
                f"N{number:02d}", factories.account(), contract=under("A", date(2026, 1, 1 + number))
            )
            add_records(record)
        agent = signed_in(team)
        first = html.unescape(agent.get("/parcours?academie=Dijon").text)
        (following,) = re.findall(r'href="([^"]*)">Page suivante', first)
        second = html.unescape(agent.get(following).text)

        assert companies(first) == [f"N{number:02d}" for number in range(25)]
        assert companies(second) == [f"N{number:02d}" for number in range(25, 30)]
        assert "1 à 25 sur 30" in first and "26 à 30 sur 30" in second
        assert "academie=Dijon" in following and "Page suivante" not in second
        (back,) = re.findall(r'href="([^"]*)">Page précédente', second)
        assert companies(agent.get(back).text) == companies(first)
        assert companies(agent.get("/parcours?page=9").text) == companies(second), (
            "the last one, when there are fewer"
        )


def test_nobody_signed_in_sees_no_list(scene: Scene) -> None:
    for path in ("/parcours", "/parcours/export"):
        assert Client().get(path).status == 401
