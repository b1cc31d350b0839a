"""« Refaire cette offre » begins a declaration with another offer; one of the same company is shown before it is declared."""

import re

from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.stories.record import may_see
from tests.support.http import Answer, Client
from tests.support.offers import MINISTRY, TYPED, declare_offer, edit_record, read_form_key, sign_in_new
from tests.support.worlds import World

ADDRESS = TYPED["repond_courriel"]
TWIN = {"detail": "Parcs du sud"}


def read_values(answer: Answer) -> dict[str, str]:
    """Return what stands in the fields of a form, by name, but in its areas and choices."""
    fields = re.findall(r"<input[^>]*>", answer.text)
    named = (
        (re.search(r' name="([^"]*)"', field), re.search(r' value="([^"]*)"', field)) for field in fields
    )
    return {name[1]: value[1] for name, value in named if name and value}


DETAIL_HINT = "Ce qui la distingue d’une autre offre"


def declare_anyway(client: Client, shown: Answer, **changes: str) -> Answer:
    """Press « la déclarer » on the page that showed offers alike."""
    hidden = {name: value for name, value in read_values(shown).items() if name in {"cle", "montrees"}}
    return client.post_form("/offres/nouvelle", {**TYPED, **hidden, **changes})


def test_the_form_begins_with_the_contract_the_place_and_the_contacts_that_this_person_declared(
    world: World,
) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)

    page = client.get(f"/offres/nouvelle?comme={key}")
    values = read_values(page)

    assert f'href="/offres/nouvelle?comme={key}"' in client.get(f"/parcours/{key}").text
    assert {
        name: values[name] for name in ("entreprise", "objet", "lot", "notifie_le", "fin_le", "commune")
    } == {name: TYPED[name] for name in ("entreprise", "objet", "lot", "notifie_le", "fin_le", "commune")}
    assert values["repond_courriel"] == ADDRESS and values["repond_tel"] == TYPED["repond_tel"]
    assert values["detail"] == "" and values["cle"] != key
    assert {values["repond_verifie"], values["accueille_verifie"]} == {""}, (
        "nobody verified them for this offer"
    )
    refused = client.post_form("/offres/nouvelle", {**TYPED, "cle": values["cle"]})
    assert refused.status == 409 and all(DETAIL_HINT in shown.text for shown in (page, refused))
    assert "Cette fiche part d’une autre offre" in page.text and "ne figure" not in page.text
    assert (
        declare_anyway(
            client, client.post_form("/offres/nouvelle", {**TYPED, **TWIN, "cle": values["cle"]}), **TWIN
        ).status
        == 303
    )


def test_an_address_that_somebody_else_put_there_is_not_declared_anew(world: World) -> None:
    """A prefilled address would be trusted in the new offer by the word of a person who never typed it."""
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, colleague = sign_in_new(Role.BUYER, organisation=MINISTRY, name="Odile Brun")
    _, team = sign_in_new(Role.TEAM)
    _, key = declare_offer(client)
    edit_record(
        colleague, parcours_table.read_parcours(key), accueille_courriel="autre@jardins.entreprise.example"
    )

    own, others = (
        client.get(f"/offres/nouvelle?comme={key}"),
        [agent.get(f"/offres/nouvelle?comme={key}") for agent in (colleague, team)],
    )

    assert read_values(own)["repond_courriel"] == ADDRESS
    assert read_values(own)["accueille_courriel"] == "" and "Hugo Tissier ne figure pas ici" in own.text
    for page in others:
        assert (
            page.status == 200 and ADDRESS not in page.text and "jardins.entreprise.example" not in page.text
        )
        assert "Nadia Bellanger et Hugo Tissier ne figurent pas ici" in page.text


def test_a_number_that_was_changed_is_not_declared_anew(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, colleague = sign_in_new(Role.BUYER, organisation=MINISTRY, name="Odile Brun")
    _, key = declare_offer(client)
    edit_record(colleague, parcours_table.read_parcours(key), repond_tel="01 99 00 99 99")

    values = read_values(client.get(f"/offres/nouvelle?comme={key}"))

    assert (values["repond_courriel"], values["repond_tel"]) == (ADDRESS, "")


def test_only_who_may_edit_an_offer_redoes_it(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, other = sign_in_new(Role.BUYER, organisation="Autre organisme")
    _, tutor = sign_in_new(Role.TUTOR, academie="Dijon")
    _, key = declare_offer(client)

    for asker in (other, tutor):
        assert asker.get(f"/offres/nouvelle?comme={key}").status == 404
    for strange in ("0" * 32, "x", "a" * 4000, "%00"):
        assert client.get(f"/offres/nouvelle?comme={strange}").status == 404


def test_an_offer_of_the_same_company_at_near_dates_is_shown_before_another_is_declared(world: World) -> None:
    buyer, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, first = declare_offer(client)

    near = {"lot": "3", "entreprise": "JARDINS morvenne", "notifie_le": "2026-08-11"}
    shown, key = declare_offer(client, **near)

    assert shown.status == 409 and "Une offre de cette entreprise existe à ces dates" in shown.text
    assert f'href="/parcours/{first}"' in shown.text and "Disponible" in shown.text
    assert not may_see(buyer, key), "nothing is declared yet"
    assert read_values(shown)["montrees"] == first
    assert declare_anyway(client, shown, **near).status == 303
    assert parcours_table.read_parcours(key).contract.lot == "3"


def test_what_was_shown_hides_no_offer_that_was_declared_since(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, first = declare_offer(client)
    shown, _ = declare_offer(client, lot="3")
    _, colleague = sign_in_new(Role.BUYER, organisation=MINISTRY, name="Odile Brun")
    third, second = declare_offer(colleague, lot="4")
    assert declare_anyway(colleague, third, lot="4").status == 303

    again = declare_anyway(client, shown, lot="3")

    assert again.status == 409 and f'href="/parcours/{second}"' in again.text
    assert f'href="/parcours/{first}"' not in again.text
    assert declare_anyway(client, again, lot="3").status == 303


def test_far_dates_another_company_and_another_buyer_ask_nothing(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, other = sign_in_new(Role.BUYER, organisation="Autre organisme")
    declare_offer(client)

    assert declare_offer(client, lot="3", notifie_le="2026-08-13")[0].status == 303, "93 days later"
    assert declare_offer(client, entreprise="Serres Valbrune")[0].status == 303
    assert declare_offer(other)[0].status == 303


def test_the_very_same_offer_is_refused_as_before(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, first = declare_offer(client)

    same, _ = declare_offer(client)

    assert same.status == 409 and "Cette offre existe déjà" in same.text and "à ces dates" not in same.text
    assert read_form_key(client) != first
