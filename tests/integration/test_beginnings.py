"""The mail that leaves as a passage begins: shown before, signed by who acts, told again when the offer is given back."""

from dataclasses import replace
from email.message import EmailMessage

import pytest

from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from tests.conftest import Clock
from tests.integration.test_outcomes import in_days
from tests.support import mail_rules, offers
from tests.support.http import Client
from tests.support.people import send_waiting_mails
from tests.support.worlds import World
from tests.support.writing import change_record

ASKED = "Un message demande à l’acheteur de vérifier les contacts."
TOLD = "Un message est parti à l’acheteur, sans dire pourquoi."
COMPANY = "n.bellanger@jardins.entreprise.example"


@pytest.fixture
def buyer(world: World, time: Clock) -> tuple[Account, Client]:
    """The buyer who declares the offers."""
    return offers.sign_in_new(Role.BUYER, name="Odile Ramain", organisation=offers.MINISTRY)


def read_mails(world: World) -> list[EmailMessage]:
    """Send what waits; return the new mails."""
    before = len(world.mails())
    send_waiting_mails(world)
    return world.mails()[before:]


def test_a_tutor_reads_to_whom_she_writes_and_what_before_she_takes_an_offer(
    world: World, buyer: tuple[Account, Client]
) -> None:
    account, client = buyer
    _, key = offers.declare_offer(client)
    send_waiting_mails(world)
    _, tutor = offers.sign_in_new(Role.TUTOR)
    page = tutor.get(f"/parcours/{key}").words
    assert "Un message part à l’acheteur, et demande si les contacts sont encore justes." in page
    assert COMPANY not in page and "Nadia Bellanger" not in page
    shown = page.partition("Lire ce message")[2]

    done = tutor.post_form(f"/parcours/{key}/passage", {})

    (mail,) = read_mails(world)
    assert mail["To"] == account.address
    text = mail_rules.one_line(mail).replace("Bonjour Odile Ramain", "Bonjour")
    for name in ("Nadia Bellanger, ressources humaines", "Hugo Tissier"):
        text = text.replace(name, "(son nom)")
    assert text in shown
    assert ASKED in tutor.get(done.headers["location"]).words.partition("Ce qui s’est passé")[2]


def test_a_buyer_contact_with_an_account_is_shown_the_button_that_the_mail_has(
    world: World, time: Clock
) -> None:
    """The account came after the offer, which names its address and does not yet know the account."""
    _, team = offers.sign_in_new(Role.TEAM)
    _, key = offers.declare_offer(team, organisme=offers.MINISTRY)
    account, _ = offers.sign_in_new(Role.BUYER, name="Odile Ramain", organisation=offers.MINISTRY)
    head = parcours_table.read_parcours(key)
    named = BuyerContact(name=account.name, address=account.address)
    change_record(head, replace(head, buyer_contact=named))
    tutor, _ = offers.sign_in_new(Role.TUTOR, name="(la personne choisie)")
    shown = team.get(f"/parcours/{key}/tutrice").words.partition("Lire ce message")[2]

    team.post_form(f"/parcours/{key}/tutrice", {"qui": tutor.id})
    time.passes(minutes=6)

    (mail,) = [mail for mail in read_mails(world) if mail["To"] == account.address]
    text = mail_rules.one_line(mail)
    assert "Confirmer ou corriger les contacts" in text
    assert text.replace(tutor.address, "(son adresse)") in shown


def test_who_is_given_an_offer_is_not_made_to_write(
    world: World, time: Clock, buyer: tuple[Account, Client]
) -> None:
    account, client = buyer
    _, key = offers.declare_offer(client)
    tutor, _ = offers.sign_in_new(Role.TUTOR, name="Jeanne Roy")
    _, team = offers.sign_in_new(Role.TEAM)
    send_waiting_mails(world)
    page = team.get(f"/parcours/{key}/tutrice").words
    assert "L’équipe a confié l’offre de stage de ce marché à (la personne choisie)" in page

    done = team.post_form(f"/parcours/{key}/tutrice", {"qui": tutor.id})
    time.passes(minutes=6)

    (to_buyer,) = [mail for mail in read_mails(world) if mail["To"] == account.address]
    text = mail_rules.one_line(to_buyer)
    assert (
        "L’équipe a confié l’offre de stage de ce marché à Jeanne Roy, qui suit un jeune et vous écrira"
        in text
    )
    assert "J’" not in text and "Je prépare" not in text and "je viens" not in text
    assert "L’équipe, par Passe-plat" in str(to_buyer["From"]) and to_buyer["Reply-To"] == tutor.address
    assert ASKED in team.get(done.headers["location"]).words


def test_a_coordinator_who_gives_an_offer_is_named(
    world: World, time: Clock, buyer: tuple[Account, Client]
) -> None:
    account, client = buyer
    _, key = offers.declare_offer(client)
    tutor, _ = offers.sign_in_new(Role.TUTOR, academie="Dijon")
    coordinator, browser = offers.sign_in_new(Role.COORDINATOR, name="Claire Roux", academie="Dijon")
    send_waiting_mails(world)

    assert browser.post_form(f"/parcours/{key}/tutrice", {"qui": tutor.id}).status == 303
    time.passes(minutes=6)

    (to_buyer,) = [mail for mail in read_mails(world) if mail["To"] == account.address]
    assert f"Claire Roux ({coordinator.function}) a confié" in mail_rules.one_line(to_buyer)


def test_who_heard_that_an_offer_was_taken_hears_that_it_is_given_back(
    world: World, buyer: tuple[Account, Client]
) -> None:
    account, client = buyer
    _, key = offers.declare_offer(client)
    _, tutor = offers.sign_in_new(Role.TUTOR)
    tutor.post_form(f"/parcours/{key}/passage", {})
    send_waiting_mails(world)
    assert "Un message part à l’acheteur." in tutor.get(f"/parcours/{key}/fin").words

    end = {"fin": "offer_given_back", "motif": "", "survenu_le": in_days(0), "jours": ""}
    done = tutor.post_form(f"/parcours/{key}/fin", end)

    (mail,) = read_mails(world)
    assert mail["To"] == account.address and "de nouveau libre" in str(mail["Subject"])
    page = tutor.get(done.headers["location"]).words
    assert TOLD in page and "personne ne reçoit" not in page.casefold()


def test_without_a_known_buyer_the_company_hears_that_a_passage_begins_and_ends(
    world: World, time: Clock
) -> None:
    _, team = offers.sign_in_new(Role.TEAM)
    _, key = offers.declare_offer(team, organisme="Ville de Brévannes")
    _, tutor = offers.sign_in_new(Role.TUTOR)
    send_waiting_mails(world)
    tutor.post_form(f"/parcours/{key}/passage", {})
    (begun,) = read_mails(world)
    end = {"fin": "young_person_withdrew", "motif": "other", "survenu_le": in_days(0), "jours": ""}
    assert "Un message part à la personne qui répond au marché." in tutor.get(f"/parcours/{key}/fin").words

    tutor.post_form(f"/parcours/{key}/fin", end)

    (ended,) = read_mails(world)
    assert begun["To"] == ended["To"] == COMPANY


def test_who_heard_of_the_beginning_hears_of_the_end_though_a_buyer_is_named_since(
    world: World, time: Clock
) -> None:
    _, team = offers.sign_in_new(Role.TEAM)
    _, key = offers.declare_offer(team, organisme="Ville de Brévannes")
    _, tutor = offers.sign_in_new(Role.TUTOR)
    tutor.post_form(f"/parcours/{key}/passage", {})
    send_waiting_mails(world)
    head = parcours_table.read_parcours(key)
    named = BuyerContact(name="Odile Ramain", address="o.ramain@ouvrages.example")
    change_record(head, replace(head, buyer_contact=named))
    assert "Un message part à la personne qui répond au marché." in tutor.get(f"/parcours/{key}/fin").words

    end = {"fin": "offer_given_back", "motif": "", "survenu_le": in_days(0), "jours": ""}
    tutor.post_form(f"/parcours/{key}/fin", end)

    assert [mail["To"] for mail in read_mails(world)] == [COMPANY]
