"""The record of an offer through its forms: who declares, who corrects, what is kept, and what two people do at once."""

import re
import secrets
from dataclasses import replace

import pytest

from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.parcours import ContactRole, How
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.errors import NotFound
from chalicelib.stores import parcours_table, transactions
from tests.support import factories, http
from tests.support.http import signed_in
from tests.support.offers import MINISTRY, TYPED, declare_offer, edit_record, event_kinds, sign_in_new
from tests.support.worlds import World
from tests.support.writing import add_records


def test_who_names_people_reads_to_tell_them_within_a_month(world: World) -> None:
    """RGPD, article 14.3: nobody else writes to them before the offer is taken."""
    _, buyer = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(buyer)
    _, team = sign_in_new(Role.TEAM)

    for page in (buyer.get("/offres/nouvelle"), buyer.get(f"/parcours/{key}/contacts"), team.get("/import")):
        assert "Dites dans le mois aux personnes que vous nommez" in page.text


def test_a_buyer_declares_her_own_offer_once_however_often_she_presses(world: World) -> None:
    buyer, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    answer, key = declare_offer(client)
    again = client.post_form("/offres/nouvelle", {**TYPED, "cle": key})

    head = parcours_table.read_parcours(key)
    assert answer.status == again.status == 303
    assert answer.headers["location"] == f"/parcours/{key}?fait=declaree"
    assert event_kinds(key) == [EventKind.OFFER_DECLARED]
    assert (head.status, head.buyer) == (ParcoursStatus.AVAILABLE, buyer.id)
    assert head.company.siret == "73282932000074"
    assert head.contract.organisation == MINISTRY
    assert (head.placement.academie, head.placement.region) == ("Dijon", "Bourgogne-Franche-Comté")
    assert head.placement.tasks == "Tonte, taille, plantation"
    assert [contact.role for contact in head.company.contacts] == list(ContactRole)
    assert head.buyer_contact is None


def test_the_buyer_is_her_own_contact_to_begin_with(world: World) -> None:
    buyer, client = sign_in_new(Role.BUYER, organisation=MINISTRY)

    page = client.get("/offres/nouvelle").text

    assert f'value="{buyer.address}"' in page
    assert 'name="organisme"' not in page


def test_the_team_declares_for_any_organisation_and_a_prescriber_for_hers(world: World) -> None:
    _, team = sign_in_new(Role.TEAM)
    _, prescriber = sign_in_new(Role.PRESCRIBER, organisation="Région des Lacs")

    _, first = declare_offer(team, organisme="Ville de Brévannes")
    _, other = declare_offer(prescriber)

    assert parcours_table.read_parcours(first).contract.organisation == "Ville de Brévannes"
    assert parcours_table.read_parcours(other).contract.organisation == "Région des Lacs"
    assert (
        parcours_table.read_parcours(first).buyer is None
        and parcours_table.read_parcours(other).buyer is None
    )


def test_a_buyer_finds_her_offer_by_its_siren_whatever_its_name(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, team = sign_in_new(Role.TEAM)
    known = f'<option value="{factories.siren(MINISTRY)}" label="{MINISTRY}">'
    assert known in team.get("/offres/nouvelle").text
    assert 'id="organismes"' not in client.get("/offres/nouvelle").text
    _, key = declare_offer(team, organisme="Les Ouvrages", organisme_siret="999 000 011 00018")

    assert client.get(f"/parcours/{key}").status == 200
    assert f"/parcours/{key}" in client.get("/parcours?statut=disponible").text
    assert f"/parcours/{key}" in team.get("/parcours?statut=disponible&q=Les+Ouvrages").text


@pytest.mark.parametrize("name", ["MINISTERE (DES) OUVRAGES +", MINISTRY])
def test_an_organisation_of_a_like_name_reads_nothing_and_closes_nobody(world: World, name: str) -> None:
    prescriber, _ = sign_in_new(Role.PRESCRIBER, organisation=MINISTRY)
    _, key = declare_offer(sign_in_new(Role.BUYER, organisation=MINISTRY)[1])
    buyer = replace(factories.account(Role.BUYER), organisation=name, siren=factories.siren("Autre"))
    add_records(buyer)
    client = signed_in(buyer)

    assert client.get(f"/parcours/{key}").status == 404
    assert key not in client.get("/parcours?statut=disponible").text
    assert prescriber.id not in client.get("/comptes").text
    assert client.post_form(f"/comptes/{prescriber.id}/fermeture", {}).status == 404


def test_the_contact_who_has_an_account_follows_what_others_declare(world: World) -> None:
    buyer, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    elsewhere, _ = sign_in_new(Role.BUYER, organisation="Autre acheteur")
    _, team = sign_in_new(Role.TEAM)
    contact = {"acheteur_nom": buyer.name, "acheteur_courriel": buyer.address.upper()}
    _, key = declare_offer(team, organisme=MINISTRY, **contact)
    assert parcours_table.read_parcours(key).buyer == buyer.id

    _, other = declare_offer(team, organisme=MINISTRY, detail="Parcs du sud", montrees=key)
    assert parcours_table.read_parcours(other).buyer is None
    strange = {**contact, "acheteur_courriel": elsewhere.address}
    assert edit_record(client, parcours_table.read_parcours(other), **strange).status == 303
    assert parcours_table.read_parcours(other).buyer is None, "an account of another organisation"
    assert edit_record(client, parcours_table.read_parcours(other), **contact).status == 303
    assert parcours_table.read_parcours(other).buyer == buyer.id


@pytest.mark.parametrize("role", [Role.TUTOR, Role.COORDINATOR])
def test_tutors_and_coordinators_declare_no_offers(world: World, role: Role) -> None:
    _, client = sign_in_new(role)

    assert client.get("/offres/nouvelle").status == 404
    assert client.post_form("/offres/nouvelle", {**TYPED, "cle": secrets.token_hex(16)}).status == 404


def test_a_buyer_types_no_organisation(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)

    answer, _ = declare_offer(client, organisme="Ville de Brévannes")

    assert answer.status == 400


def test_a_duplicate_offer_is_shown_only_to_who_may_see_it(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, first = declare_offer(client)

    answer, second = declare_offer(client, entreprise="JARDINS  MORVENNE")

    assert answer.status == 409
    assert f'href="/parcours/{first}"' in answer.text
    assert "JARDINS  MORVENNE" in answer.text
    with pytest.raises(NotFound):
        parcours_table.read_parcours(second)


def test_one_page_declares_one_offer_and_says_so(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)

    answer = client.post_form("/offres/nouvelle", {**TYPED, "lot": "3", "cle": key})

    fresh = re.search(r'name="cle" value="([0-9a-f]{32})"', answer.text)
    assert answer.status == 409 and fresh and fresh[1] != key
    assert (
        client.post_form("/offres/nouvelle", {**TYPED, "lot": "3", "cle": fresh[1], "montrees": key}).status
        == 303
    )
    assert parcours_table.read_parcours(key).contract.lot == "2"


def test_an_id_of_another_offer_declares_nothing(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, stranger = sign_in_new(Role.BUYER, organisation="Région des Lacs")
    _, key = declare_offer(client)

    assert stranger.post_form("/offres/nouvelle", {**TYPED, "cle": key}).status == 404


def test_a_correction_is_told_and_frees_the_old_name(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)

    answer = edit_record(client, parcours_table.read_parcours(key), lot="3", heures="120")

    head = parcours_table.read_parcours(key)
    assert answer.status == 303
    assert event_kinds(key) == [EventKind.OFFER_DECLARED, EventKind.OFFER_EDITED]
    assert (head.contract.lot, head.placement.hours, head.edited) == ("3", 120, 1)
    assert "hors modèle" in client.get(f"/parcours/{key}").words
    assert declare_offer(client, montrees=key)[0].status == 303, "lot 2 is free again"
    assert edit_record(client, parcours_table.read_parcours(key), lot="2").status == 409


def test_an_unchanged_record_adds_no_event(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)

    assert edit_record(client, parcours_table.read_parcours(key)).status == 303
    assert event_kinds(key) == [EventKind.OFFER_DECLARED]


def test_of_two_who_edit_the_second_sees_both_and_wins_knowingly(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, colleague = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)
    before = parcours_table.read_parcours(key)
    assert edit_record(colleague, before, commune="Autun", heures="450").status == 303

    late = edit_record(client, before, commune="Beaune", taches="Taille seule")

    assert late.status == 409
    assert "Modifié entre-temps" in late.text
    assert 'value="Beaune"' in late.text and "Taille seule" in late.text
    text = late.words.replace("\u00a0", " ")
    assert "Maintenant : « Autun »" in text and "Maintenant : « 450 »" in text
    assert parcours_table.read_parcours(key).placement.town == "Autun"
    version = re.search(r'name="version" value="(\d+)"', late.text)
    assert version and edit_record(client, before, version=version[1], commune="Beaune").status == 303
    assert parcours_table.read_parcours(key).placement.town == "Beaune"


def test_fields_that_were_not_edited_show_their_present_value(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, colleague = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)
    before = parcours_table.read_parcours(key)
    path = f"/parcours/{key}/fiche"
    began = http.hidden_fields(client.get(path).text, path)
    assert edit_record(colleague, before, commune="Autun", heures="450").status == 303

    late = edit_record(client, before, base=began["base"], taches="Taille seule")

    assert late.status == 409
    assert 'value="Autun"' in late.text and "Taille seule" in late.text
    assert "Maintenant : « Autun »" not in late.words.replace("\u00a0", " ")
    again = http.hidden_fields(late.text, path)
    assert again["version"] == "1" and again["base"] != began["base"]
    wins = edit_record(client, parcours_table.read_parcours(key), taches="Taille seule", **again)
    place = parcours_table.read_parcours(key).placement
    assert wins.status == 303
    assert (place.town, place.hours, place.tasks) == ("Autun", 450, "Taille seule")


@pytest.mark.parametrize("base", ["x", "0 " * 40, "<b>", "\u202e"])
def test_an_edit_based_on_an_unknown_version_keeps_what_was_typed(world: World, base: str) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)
    before = parcours_table.read_parcours(key)
    assert edit_record(client, before, commune="Autun").status == 303

    late = edit_record(client, before, base=base, heures="450")

    assert late.status == 409 and 'value="450"' in late.text
    assert "Maintenant : « Autun »" in late.words.replace("\u00a0", " ")


def test_repeated_edits_are_applied_once(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)
    before = parcours_table.read_parcours(key)
    right = {"contact": "repond", "geste": "bon", "version": "0"}

    for _ in range(2):
        assert client.post_form(f"/parcours/{key}/contacts", right).headers["location"].endswith("=verifie")
    for _ in range(2):
        assert (
            edit_record(
                client, parcours_table.read_parcours(key), version=str(before.edited + 1), heures="450"
            ).status
            == 303
        )

    assert event_kinds(key) == [
        EventKind.OFFER_DECLARED, EventKind.CONTACTS_CONFIRMED, EventKind.OFFER_EDITED
    ]  # fmt: skip


@pytest.mark.parametrize("role", [Role.BUYER, Role.TEAM])
def test_each_address_of_an_offer_says_who_declared_it(world: World, role: Role) -> None:
    person, client = sign_in_new(role, organisation=MINISTRY if role is Role.BUYER else None)
    named = {} if role is Role.BUYER else {"organisme": MINISTRY}
    _, key = declare_offer(
        client, **named, acheteur_nom="Odile Ramain", acheteur_courriel="o@ouvrages.example"
    )

    head = parcours_table.read_parcours(key)
    assert head.buyer_contact is not None
    for contact in (*head.company.contacts, head.buyer_contact):
        assert contact.origin is not None
        assert (contact.origin.how, contact.origin.by, contact.origin.person) == (
            How.DECLARED,
            role,
            person.id,
        )
    assert head.buyer_origin == (head.buyer_contact.origin if role is Role.BUYER else None)


def test_a_changed_address_loses_its_check_and_says_by_whom(world: World) -> None:
    buyer, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)

    edit_record(
        client, parcours_table.read_parcours(key), repond_courriel="accueil@jardins.entreprise.example"
    )

    contact = parcours_table.read_parcours(key).company.contacts[0]
    assert contact.verified_on is None
    assert contact.origin is not None
    assert (contact.origin.how, contact.origin.by, contact.origin.person) == (
        How.CORRECTED,
        Role.BUYER,
        buyer.id,
    )


def test_markup_in_a_record_is_shown_as_text(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    odd = "<script>alert(1)</script> {{719*733}} ${jndi:ldap} %0d%0a"

    _, key = declare_offer(client, taches=odd, objet=odd)

    page = client.get(f"/parcours/{key}").text
    assert parcours_table.read_parcours(key).placement.tasks == odd
    assert (
        "<script>alert" not in page
        and "{{719*733}}" in page
        and "527027" not in client.get(f"/parcours/{key}").words
    )


NOBODY = dict.fromkeys(
    ("repond_nom", "repond_fonction", "repond_courriel", "repond_tel", "repond_verifie", "accueille_nom", "accueille_courriel"),
    "",
)  # fmt: skip


def test_an_offer_names_somebody_of_the_company_when_it_is_declared(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)

    refused, key = declare_offer(client, **NOBODY)

    assert refused.status == 422 and "Nommez au moins une personne de l’entreprise" in refused.text
    assert client.post_form("/offres/nouvelle", {**TYPED, **NOBODY, "cle": key, **WELCOMES}).status == 303
    assert [contact.role for contact in parcours_table.read_parcours(key).company.contacts] == [
        ContactRole.WELCOMES
    ]
    gone = edit_record(client, parcours_table.read_parcours(key), **dict.fromkeys(WELCOMES, ""))
    assert gone.status == 422 and parcours_table.read_parcours(key).company.contacts


WELCOMES = {"accueille_nom": "Hugo Tissier", "accueille_courriel": "h.tissier@jardins.entreprise.example"}


def test_an_offer_that_names_nobody_of_the_company_waits_for_a_contact(world: World) -> None:
    """An offer without a contact of the company, as an import may leave one, is shown to no tutor as free and taken by nobody,
    and its page says what is missing.
    """
    offer = factories.offer()
    bare = replace(offer, company=replace(offer.company, contacts=()))
    transactions.commit(attempt.declare(bare, secrets.token_hex(16)))
    account, tutor = sign_in_new(Role.TUTOR)
    _, team = sign_in_new(Role.TEAM)
    _, buyer = sign_in_new(Role.BUYER, organisation=MINISTRY)
    door = f"/parcours/{bare.id}"

    assert door not in tutor.get("/parcours?statut=disponible").text
    page = tutor.get(door)
    assert "Cette offre attend un contact" in page.text and f'action="{door}/passage"' not in page.text
    assert "Il manque un contact dans l’entreprise" in tutor.post_form(f"{door}/passage", {}).text
    assert team.post_form(f"{door}/tutrice", {"qui": account.id}).status == 409
    assert "aucun contact dans l’entreprise" in team.get("/parcours?statut=disponible").text
    assert f'href="{door}/contacts">Ajoutez un contact</a>' in team.get(door).text
    assert edit_record(buyer, parcours_table.read_parcours(bare.id), commune="Dijon").status == 303, (
        "other fields are corrected meanwhile"
    )
    assert edit_record(buyer, parcours_table.read_parcours(bare.id), **WELCOMES).status == 303
    assert door in tutor.get("/parcours?statut=disponible").text
    assert tutor.post_form(f"{door}/passage", {}).headers["location"] == f"{door}?fait=pris"


def test_the_team_names_an_organisation_by_the_siren_of_its_accounts(world: World) -> None:
    sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, team = sign_in_new(Role.TEAM)

    _, key = declare_offer(team, organisme="", organisme_siret=factories.siren(MINISTRY))
    unknown, _ = declare_offer(team, organisme="", organisme_siret=factories.siren("Autre"))

    assert parcours_table.read_parcours(key).contract.organisation == MINISTRY
    assert unknown.status == 422 and 'href="#organisme"' in unknown.text


def press_answer(page: str, label: str) -> dict[str, str]:
    """Return the field that one of the buttons below « Vouliez-vous écrire… ? » sends."""
    match = re.search(rf'form="(?:fiche|contact)" name="(voulue)" value="([^"]+)">{label}', page)
    assert match, page
    return {match[1]: match[2]}


MISTYPED, MEANT = "h.tissier@gmial.com", "h.tissier@gmail.com"
YES, NO = "Oui, corriger et enregistrer", "Non, garder cette adresse"


@pytest.mark.parametrize(("label", "stored"), [(YES, MEANT), (NO, MISTYPED)])
def test_a_mistyped_address_is_questioned_when_the_offer_is_declared(
    world: World, label: str, stored: str
) -> None:
    """Nothing is stored before the answer, nothing that was typed is lost, and one press is enough to go on."""
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    asked = {"accueille_courriel": f"Hugo Tissier <{MISTYPED}>"}
    answer, key = declare_offer(client, **asked)

    assert answer.status == 422
    assert f'Vouliez-vous écrire <b class="adresse">{MEANT}</b>' in answer.text
    assert "Tonte, taille" in answer.text
    with pytest.raises(NotFound):
        parcours_table.read_parcours(key)
    pressed = press_answer(answer.text, label)
    done = client.post_form("/offres/nouvelle", {**TYPED, **asked, **pressed, "cle": key})
    assert done.status == 303
    assert parcours_table.read_parcours(key).company.contacts[1].address == stored


def test_the_enter_key_of_a_questioned_form_answers_nothing(world: World) -> None:
    """Browsers press the first button of the form for it."""
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    answer, _ = declare_offer(client, accueille_courriel=MISTYPED)

    first = re.search(r'<button[^>]* type="submit"[^>]*form="fiche"[^>]*>', answer.text)

    assert first is not None and "voulue" not in first[0]


def test_a_mistyped_address_that_is_meant_is_not_questioned_again_in_that_form(world: World) -> None:
    """Neither where another field is wrong, nor where a second address is questioned after the first."""
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    other = "n.bellanger@orange.f"
    asked = {"accueille_courriel": MISTYPED, "repond_courriel": other, "commune": ""}
    answer, key = declare_offer(client, **asked)
    for meant in (other, MISTYPED):
        pressed = press_answer(answer.text, NO)
        assert pressed == {"voulue": meant}
        kept = re.search(r'name="voulues" value="([^"]*)"', answer.text)
        assert kept
        body = {**TYPED, **asked, **pressed, "cle": key, "voulues": kept[1]}
        answer = client.post_form("/offres/nouvelle", body)

    assert answer.status == 422 and "Vouliez-vous" not in answer.text, "the town is still missing"
    kept = re.search(r'name="voulues" value="([^"]*)"', answer.text)
    assert kept and kept[1].split() == [other, MISTYPED]
    body = {**TYPED, **asked, "commune": "Valmarie", "cle": key, "voulues": kept[1]}
    assert client.post_form("/offres/nouvelle", body).status == 303


def test_a_mistyped_address_is_questioned_in_the_record_and_on_the_page_of_contacts(world: World) -> None:
    """One letter beside the domain of the company's other contact; what is stored already is asked about no more."""
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, key = declare_offer(client)
    head = parcours_table.read_parcours(key)
    typed, meant = "h.tissier@jardin.entreprise.example", "h.tissier@jardins.entreprise.example"

    page = edit_record(client, head, accueille_courriel=typed)
    assert page.status == 422 and press_answer(page.text, YES) == {"voulue": meant}

    form = {
        "contact": "accueille",
        "geste": "corrige",
        "version": "0",
        "contact_nom": "Hugo Tissier",
        "contact_courriel": typed,
    }
    page = client.post_form(f"/parcours/{key}/contacts", form)
    assert page.status == 422 and press_answer(page.text, YES) == {"voulue": meant}
    done = client.post_form(f"/parcours/{key}/contacts", form | press_answer(page.text, NO))
    assert done.status == 303
    head = parcours_table.read_parcours(key)
    assert head.company.contacts[1].address == typed
    assert edit_record(client, head, commune="Valmarie").status == 303
    back = client.post_form(f"/parcours/{key}/contacts", form | {"version": "2", "contact_courriel": meant})
    assert back.status == 303, "the address that is replaced makes no other look mistyped"
