"""Offers as people declare and correct them through the forms."""

import re
from datetime import datetime

from chalicelib import clock
from chalicelib.domain.fields import list_typed_values
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import items, parcours_table, tables
from tests.support import factories
from tests.support.http import Answer, Client, signed_in
from tests.support.writing import add_records

MINISTRY = "Ministère des Ouvrages"
TYPED = {
    "entreprise": "Jardins Morvenne",
    "siret": "732 829 320 00074",
    "secteur": "Espaces verts",
    "site": "www.jardins.example",
    "service": "Service des parcs",
    "objet": "Entretien des espaces verts",
    "detail": "Parcs du nord",
    "numero": "2026-07",
    "lot": "2",
    "notifie_le": "2026-05-12",
    "fin_le": "2028-05-12",
    "reconduction_le": "2030-05-12",
    "heures": "300",
    "adresse": "4 rue des Peupliers",
    "commune": "Brévannes-le-Lac",
    "departement": "21",
    "domaine": "Autre",
    "taches": "Tonte, taille,\r\nplantation",
    "repond_nom": "Nadia Bellanger",
    "repond_fonction": "ressources humaines",
    "repond_courriel": "n.bellanger@jardins.entreprise.example",
    "repond_tel": "01 99 00 41 27",
    "repond_verifie": "2026-05-20",
    "accueille_nom": "Hugo Tissier",
    "accueille_courriel": "h.tissier@jardins.entreprise.example",
}


def sign_in_new(
    role: Role,
    *,
    name: str = "Marie-Laure Estève",
    academie: str | None = None,
    organisation: str | None = None,
) -> tuple[Account, Client]:
    """Store an account of this role, and sign it in."""
    account = factories.account(role, name=name, academie=academie, organisation=organisation)
    add_records(account)
    return account, signed_in(account)


def list_lapsing_due(now: datetime) -> list[str]:
    """Ids of the parcours that the minute function would look at."""
    return [
        row.key[0].removeprefix("parcours#") for row in tables.query_due_kind(items.Due.PARCOURS, now, 100)
    ]


def read_form_key(client: Client) -> str:
    """Return the key that the form of a new offer holds, which makes a repeated post one act."""
    match = re.search(r'name="cle" value="([0-9a-f]{32})"', client.get("/offres/nouvelle").text)
    assert match
    return match[1]


def declare_offer(client: Client, **changes: str) -> tuple[Answer, str]:
    """Send the form of a new offer.

    ``organisme``: an organisation that the team types, with its SIREN; ``montrees``: ids of offers that the page showed.
    """
    key, organisme = read_form_key(client), changes.get("organisme")
    siren = {"organisme_siret": factories.siren(organisme)} if organisme else {}
    return client.post_form("/offres/nouvelle", {**TYPED, **siren, "cle": key, **changes}), key


def event_kinds(identifier: str) -> list[EventKind]:
    """Return the kinds of the events of a parcours."""
    return [event.kind for event in parcours_table.read_page(identifier).events]


def edit_record(client: Client, head: Parcours, **changes: str) -> Answer:
    """Send the form of the record from a page that shows its present version, with some fields changed."""
    body = {**list_typed_values(head), "version": str(head.edited), **changes}
    del body["organisme"], body["organisme_siret"]
    return client.post_form(f"/parcours/{head.id}/fiche", body)


def today() -> str:
    """Return the day in Paris, as a date field writes it."""
    return day_of(clock.utc_now()).isoformat()
