"""Tutors and buyers of an imported table: linked by their address where an account exists, else listed to be invited."""

import html
import re

import pytest

from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import items, parcours_table
from tests.conftest import Clock
from tests.integration.test_importing import add_account, count_facts, list_heads, page_words
from tests.support import csv_samples, factories, http
from tests.support.csv_samples import form, report_form
from tests.support.http import Answer, Client
from tests.support.worlds import World

JEANNE, NOBODY = "jeanne.albrecht@academie.example", "sans.compte@academie.example"


def write_table() -> str:
    """Return four offers: two are prepared by tutors, of whom one has an account, and one is free with a tutor's address."""
    lines = csv_samples.rows(
        4, {2: {"Disponibilité": "En préparation"}, 3: {"Disponibilité": "En préparation"}}
    )
    addresses = (JEANNE, NOBODY, JEANNE, "")
    for line, mailbox in zip(lines, addresses, strict=True):
        line |= {"E-mail du référent MLDS": mailbox, "Département": "21", "Académie": ""}
        line["Référent MLDS"] = "Sabine Courtois" if mailbox == NOBODY else "Jeanne Albrecht"
    return csv_samples.text(lines)


@pytest.fixture
def team(world: World) -> Client:
    """The browser of an agent of the team."""
    return http.signed_in(add_account(factories.account(Role.TEAM)))


def find_status(world: World, company: str) -> str:
    """Return the status of the offer of this company."""
    (status,) = [head["status"] for head in list_heads(world) if head["company"]["name"] == company]
    return str(status)


def test_an_offer_in_preparation_is_given_to_the_tutor_whom_the_table_names_by_her_address(
    world: World, time: Clock, team: Client
) -> None:
    jeanne = add_account(factories.account(Role.TUTOR, address=JEANNE, name="Jeanne Albrecht"))
    rehearsal = team.post_form("/import", form(write_table()))
    assert "Jeanne Albrecht : 1 parcours" in page_words(rehearsal).split("Parcours confiés à l’import")[1]
    assert "Ligne 2 :" not in page_words(rehearsal).split("À reprendre à la main")[1], "it is done"

    done = team.post_form("/import", report_form(rehearsal))

    assert done.status == 200
    (given,) = [head for head in list_heads(world) if head["status"] == ParcoursStatus.IN_PREPARATION]
    assert (given["company"]["name"], given["tutor"]) == ("Ateliers Brévent 1", jeanne.id)
    by_hand = page_words(done).split("À reprendre à la main")[1].split("Ligne par ligne")[0]
    assert "Ligne 3 : Ateliers Brévent 2" in by_hand and "Ligne 2 :" not in by_hand
    assert find_status(world, "Ateliers Brévent 3") == "available", "free in the table, free here"


def test_an_import_mails_nobody_about_a_passage_that_began_before_it(
    world: World, time: Clock, team: Client
) -> None:
    """Neither the tutor, nor the buyer or the company, to whom its beginning is no news; and its reservation is not today's."""
    add_account(factories.account(Role.TUTOR, address=JEANNE))
    rehearsal = team.post_form("/import", form(write_table()))
    assert "L’import n’écrit pour cela à personne" in page_words(rehearsal)

    team.post_form("/import", report_form(rehearsal))

    (given,) = [head for head in list_heads(world) if head["status"] == ParcoursStatus.IN_PREPARATION]
    assert not [item for item in world.table(items.RELAY) if str(item["pk"]).startswith("mail#")]
    assert given["since"] and not given.get("reservation_until")


def test_a_repeated_import_gives_nothing_again(world: World, time: Clock, team: Client) -> None:
    add_account(factories.account(Role.TUTOR, address=JEANNE))
    rehearsal = team.post_form("/import", form(write_table()))
    team.post_form("/import", report_form(rehearsal))
    (given,) = [head["id"] for head in list_heads(world) if head["status"] == "in_preparation"]
    page = parcours_table.read_page(given)
    before = world.everything()

    team.post_form("/import", report_form(rehearsal))

    assert world.everything() == before
    assert count_facts(world, EventKind.OFFER_IMPORTED) == 4 and len(page.attempts) == 1


def test_people_without_an_account_are_invited_together_on_the_page_that_shows_them(
    world: World, time: Clock, team: Client
) -> None:
    rehearsal = team.post_form("/import", form(write_table()))
    section = page_words(rehearsal).split("Personnes sans compte ici")[1]
    for named in (f"Jeanne Albrecht {JEANNE}", f"Sabine Courtois {NOBODY}", "Inviter ces 2 personnes"):
        assert named in section
    assert "Achats, Ministère des ouvrages" in section and "odile.ramain@ouvrages.example" in section

    shown = [team.post_form("/comptes/plusieurs", fields) for fields in list_invitations(rehearsal)]
    for page in shown:
        assert page.status == 200 and "Ce qui sera fait" in page_words(page)
        team.post_form("/comptes/plusieurs", {**list_invitations(page)[0]})

    again = page_words(team.post_form("/import", form(write_table())))
    assert "Personnes sans compte ici" not in again and "Jeanne Albrecht : 1 parcours" in again


def list_invitations(answer: Answer) -> list[dict[str, str]]:
    """Return the fields of each form of the page that invites several people."""
    forms = re.findall(r'<form[^>]*action="/comptes/plusieurs".*?</form>', answer.text, re.DOTALL)
    fields = [
        dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html.unescape(text))) for text in forms
    ]
    return [held for held in fields if "personnes" in held]


def test_a_tutor_s_address_that_is_none_is_corrected_on_the_page(world: World, team: Client) -> None:
    wrong = write_table().replace(NOBODY, "sabine(at)academie")

    answer = team.post_form("/import", form(wrong))

    assert "e-mail du référent MLDS : adresse non valable" in page_words(answer)
    again = team.post_form("/import", form(wrong, **{"valeur-0": NOBODY}))
    assert "4 offres à créer" in page_words(again) and NOBODY in again.text


def test_an_offer_that_was_here_before_is_given_to_nobody_by_an_import(
    world: World, time: Clock, team: Client
) -> None:
    """Its young person may have left since, and the table not know it."""
    add_account(factories.account(Role.TUTOR, address=JEANNE))
    free = write_table().replace("En préparation", "Disponible")
    team.post_form("/import", report_form(team.post_form("/import", form(free))))

    changed = team.post_form("/import", form(write_table().replace(";300 h;", ";600;")))
    assert "Parcours confiés" not in page_words(changed) and "1 à mettre à jour" in page_words(changed)
    done = team.post_form("/import", report_form(changed))

    assert "1 mise à jour" in page_words(done)
    assert {head["status"] for head in list_heads(world)} == {"available"}
