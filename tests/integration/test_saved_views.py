"""Views that people keep, named and one press away; a buyer's own contracts come first."""

import html
import re
from dataclasses import replace
from datetime import date

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.managing import MOST_VIEWS
from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.people import Account, SavedView
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import rows
from tests.support import crowds, factories, people
from tests.support.http import Answer, Client, signed_in
from tests.support.listings import companies, under, under_way
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

FILTERED = "/parcours?academie=Dijon&tri=retard"
VIEWS = re.compile(r'<ul class="puces vues ecran" aria-label="Vos vues">(.*?)</ul>', re.DOTALL)
LINK = re.compile(r'<a href="([^"]*)"[^>]*>([^<]*)')


def read(client: Client, path: str) -> str:
    """Return the text of a page, with plain spaces."""
    answer = client.get(path)
    assert answer.status == 200
    return html.unescape(answer.text).replace("\u00a0", " ")


def list_views(client: Client, path: str = "/parcours") -> dict[str, str]:
    """Return the views on a page of the list: name → address, in their order."""
    match = VIEWS.search(read(client, path))
    return {name: href for href, name in LINK.findall(match[1])} if match else {}


def send(client: Client, page: str, **typed: str) -> Answer:
    """Send the form of a page that keeps its list, with what is typed in it."""
    form = page[page.index('action="/compte/vues"') :].partition("</form>")[0]
    fields = dict(re.findall(r'<input [^>]*?name="([^"]*)"[^>]*? value="([^"]*)"', form))
    fields |= {"geste": "retirer" if "retirer" in form else "garder"} | typed
    return client.post_form("/compte/vues", fields)


@pytest.fixture
def team(world: World) -> Account:
    """Somebody of the team, beside a parcours of Dijon."""
    team, tutor = factories.account(Role.TEAM), factories.account()
    people.stand(team, tutor)
    add_records(under_way("Arvel", tutor))
    return team


def test_a_view_is_saved_by_one_press_opened_by_another_and_is_nobody_elses(team: Account) -> None:
    client, colleague = signed_in(team), factories.account(Role.TEAM)
    people.stand(colleague)

    saved = send(client, read(client, FILTERED))  # the first press; the proposed name says the filters

    assert saved.headers["location"] == "/parcours?academie=Dijon&tri=retard&fait=vue"
    name, href = next(iter(list_views(client).items()))
    assert (name, href) == ("Dijon", "/parcours?academie=Dijon&tri=retard"), "the first on the page"
    assert companies(read(client, href)) == ["Arvel"]  # the second press
    assert "Retirer la vue « Dijon »" in read(client, href)
    assert "Dijon" not in list_views(signed_in(colleague))


def test_a_name_or_an_address_is_kept_once_and_what_is_kept_can_be_dropped(team: Account) -> None:
    client = signed_in(team)
    send(client, read(client, FILTERED), nom="La mienne")
    replacing = send(client, read(client, "/parcours?academie=Lyon"), nom="la  MIENNE")
    assert "La vue est remplacée" in read(client, replacing.headers["location"])
    assert [view.query for view in people.read_account(team).views] == ["academie=Lyon&tri=a-faire"]

    client.post_form("/compte/vues", {"academie": "Lyon", "nom": "Lyon", "geste": "garder"})
    assert [view.name for view in people.read_account(team).views] == ["Lyon"]

    send(client, read(client, "/parcours?academie=Lyon"))
    assert people.read_account(team).views == ()
    assert send(client, read(client, FILTERED), geste="retirer").status == 303, "dropped twice is dropped"


def test_a_view_that_was_written_in_another_order_is_known_and_can_be_dropped(team: Account) -> None:
    kept = SavedView(name="La mienne", query="tri=retard&academie=Dijon")
    stored = people.read_account(team)
    change_record(stored, replace(stored, views=(kept,)))
    client = signed_in(team)

    assert "Retirer la vue « La mienne »" in read(client, FILTERED)
    send(client, read(client, FILTERED))

    assert people.read_account(team).views == ()


def test_a_view_that_a_former_version_stored_opens_as_what_is_left_of_it(team: Account) -> None:
    asked = "etape=opened&region=Bretagne&heures=300&depuis=2026-01-01&academie=Dijon&marches=vous&tri=notification"
    stored = people.read_account(team)
    change_record(stored, replace(stored, views=(SavedView(name="Ancienne", query=asked),)))
    client = signed_in(team)

    opened = list_views(client)["Ancienne"]

    assert opened == "/parcours?academie=Dijon&tri=a-faire"
    assert companies(read(client, opened)) == ["Arvel"] and "laissé" not in read(client, opened)


@pytest.mark.parametrize("name", ["", "x" * 41, "www.exemple.fr", "\u202e", "!?"])
def test_a_name_that_cannot_be_kept_is_asked_anew_above_the_same_list(team: Account, name: str) -> None:
    answer = send(signed_in(team), read(signed_in(team), FILTERED), nom=name)

    assert answer.status == 422 and 'id="nom-erreur"' in answer.text
    assert companies(answer.text) == ["Arvel"] and people.read_account(team).views == ()


def test_so_many_views_are_kept_and_the_next_says_what_to_do(team: Account) -> None:
    client = signed_in(team)
    for number in range(MOST_VIEWS + 1):
        form = {"q": f"mot {number}", "nom": f"Vue {number}", "geste": "garder"}
        answer = client.post_form("/compte/vues", form)

    assert answer.status == 422 and "retirez-la, puis enregistrez" in html.unescape(answer.text)
    assert len(people.read_account(team).views) == MOST_VIEWS
    assert 'value="Vue 12"' in answer.text, "what was typed stays"


def test_a_buyer_meets_the_contracts_that_name_her_before_those_of_her_organisation(world: World) -> None:
    buyer, tutor = factories.account(Role.BUYER, organisation="Ministère"), factories.account()
    people.stand(buyer, tutor)
    ours = [
        under_way(name, tutor, contract=under("Ministère", date(2026, 1, day)))
        for day, name in enumerate(("Autre", "Suivi", "Nommé"), start=1)
    ]
    contact = BuyerContact(name=buyer.name, address=buyer.address.upper())
    add_records(ours[0], replace(ours[1], buyer=buyer.id), replace(ours[2], buyer_contact=contact))
    client = signed_in(buyer)
    first = read(client, "/parcours")

    assert companies(first) == ["Suivi", "Nommé", "Autre"]
    assert first.index("Vos marchés (2)") < first.index("Autres marchés : parcours en préparation (1)")


def test_her_own_contracts_come_first_by_status_under_their_heading(world: World) -> None:
    buyer, tutor = factories.account(Role.BUYER, organisation="Ministère"), factories.account()
    people.stand(buyer, tutor)
    over, waits = (
        replace(under_way(name, tutor, contract=under("Ministère", date(2026, 1, day))), buyer=buyer.id)
        for day, name in enumerate(("Fini", "Attend"), start=1)
    )
    add_records(replace(over, status=ParcoursStatus.COMPLETED), waits)
    client = signed_in(buyer)
    first = read(client, "/parcours")

    assert companies(first) == ["Attend", "Fini"]
    assert "Vos marchés" in first and "Vos marchés" not in read(signed_in(tutor), "/parcours")


def test_her_own_contracts_are_found_behind_four_hundred_older_ones(world: World) -> None:
    buyer, tutor = factories.account(Role.BUYER, organisation="Organisme 0"), factories.account()
    people.stand(buyer, tutor)
    own = under_way("Suivi", tutor, contract=under("Organisme 0", date(2026, 6, 1)))
    add_records(replace(own, buyer_contact=BuyerContact(name=buyer.name, address=buyer.address)))
    for number in range(0, 3_800, 7):  # every seventh of the crowd is this organisation's
        crowds.generate(
            1, clock.utc_now(), first=number, scopes=tuple(rows.list_organisation_scopes("Organisme 0"))
        )
    client = signed_in(buyer)

    assert "Plus de 400 parcours" in read(client, "/parcours")
    assert companies(read(client, "/parcours"))[0] == "Suivi"
