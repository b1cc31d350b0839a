"""CSV files as the team's table exports them: every column, invented people, as many lines as wanted."""

import base64
import csv
import html
import io
import re
from datetime import date, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.domain import importing
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.retention import RetentionPolicy
from tests.support import workbooks
from tests.support.http import Answer

TITLES = (
    "Created", "Entreprise", "Secteur", "Site web", "Heures", "Adresse", "Académie", "Région", "Département", "Domaine",
    "Tâches", "Autre remarque", "CV joint", "Disponibilité", "Référent MLDS", "Suivis parcours", "Convention signée",
    "Nom du référent", "E-mail du référent", "Téléphone du référent", "Fonction du référent", "Nom du 2e référent",
    "E-mail du 2e référent", "Téléphone du 2e référent", "Fonction du 2e référent", "Organisme acheteur", "Type",
    "Contact acheteur", "E-mail du contact acheteur", "Téléphone du contact acheteur", "Objet", "Objet détaillé",
    "Date de notification", "Fin clause", "Fin clause reconduction comprise", "Commentaires", "SIRET de l’acheteur",
    "E-mail du référent MLDS",
)  # fmt: skip
SECRET = "Le jeune Barnabé cherche un logement"
"""Stands in the comments; must stand nowhere else."""
TOWNS = (("21000", "Dijon-le-Clos", "21"), ("69003", "Valmarie", "69"), ("76000", "Rouvray", "76"))
DOMAINS = ("Logistique", "Accueil", "Commerce/vente", "informatique")


def row(number: int, **changes: str) -> dict[str, str]:
    """Return the ``number``-th offer, from 1 on; ``changes`` by title, with ``_`` for spaces."""
    code, town, departement = TOWNS[number % len(TOWNS)]
    notified = date(2024, 1, 8) + timedelta(days=number)
    whole = dict.fromkeys(TITLES, "") | {
        "Created": "1/3/2020 4:12pm",
        "Entreprise": f"Ateliers Brévent {number}",
        "Secteur": "Menuiserie",
        "Site web": f"https://brevent-{number}.entreprise.example",
        "Heures": ("150", "300 h", "450", "900")[number % 4],
        "Adresse": f"{number} rue des Tilleuls, {code} {town}",
        "Académie": "Caen" if departement == "76" else "",
        "Département": departement,
        "Domaine": DOMAINS[number % len(DOMAINS)],
        "Tâches": "Accueil, rangement,\nlivraison",
        "Disponibilité": "Disponible",
        "Nom du référent": "Hugo Tissier",
        "E-mail du référent": f"Hugo.Tissier@Brevent-{number}.entreprise.example",
        "Téléphone du référent": "+33 1 99 00 41 27",
        "Fonction du référent": "chef d’atelier",
        "Organisme acheteur": "Ministère des ouvrages",
        "SIRET de l’acheteur": "999 000 011 00018",
        "Type": "État",
        "Contact acheteur": "Odile Ramain",
        "E-mail du contact acheteur": "odile.ramain@ouvrages.example",
        "Téléphone du contact acheteur": "01 99 00 55 12",
        "Objet": "Mobilier de bureau",
        "Objet détaillé": f"Lot géographique {number}",
        "Date de notification": f"{notified.day}/{notified.month}/{notified.year}",
        "Fin clause": "2027-12-31",
        "Fin clause reconduction comprise": "31/12/2028",
    }
    renamed = {title.replace("_", " "): value for title, value in changes.items()}
    assert renamed.keys() <= whole.keys(), renamed.keys() - whole.keys()
    return whole | renamed


def rows(count: int, changed: dict[int, dict[str, str]] | None = None) -> list[dict[str, str]]:
    """Return so many offers without a fault; ``changed`` by the number of the line, as a spreadsheet counts (2 is the first)."""
    at = changed or {}
    return [row(number, **at.get(number + 1, {})) for number in range(1, count + 1)]


def text(lines: list[dict[str, str]], separator: str = ";", titles: tuple[str, ...] = TITLES) -> str:
    """Return the file as a spreadsheet writes it."""
    written = io.StringIO()
    writer = csv.DictWriter(written, titles, delimiter=separator, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue()


def three_faults() -> str:
    """Return 140 lines with faults: an address at line 37, a day at line 90, hours at line 121; comments at line 12."""
    return text(
        rows(
            140,
            {
                12: {"Commentaires": SECRET},
                37: {"E-mail_du_référent": "hugo.tissier(at)brevent"},
                90: {"Date_de_notification": "30/02/2025"},
                121: {"Heures": "trois cents"},
            },
        )
    )


def messy() -> bytes:
    """Return 60 lines as somebody's spreadsheet really holds them: Windows-1252, with twelve things to mend.

    A heading shortened, one misspelt, days in three ways, three domains that are none, an abandoned and a finished line, hours in
    words, an address without a domain, a cell left empty, an offer that stands twice.
    """
    lines = rows(
        60,
        {
            3: {"Domaine": "BTP"}, 17: {"Domaine": "BTP"}, 44: {"Domaine": "BTP"},
            5: {"Date_de_notification": "12 janvier 2025"}, 6: {"Fin_clause": "01/01/28"},
            9: {"Disponibilité": "Abandonné"}, 12: {"Suivis_parcours": "Terminé en juin"},
            21: {"Heures": "trois cents"}, 33: {"E-mail_du_référent": "h.tissier"}, 38: {"Heures": ""},
        },
    )  # fmt: skip
    lines[59] = row(1)
    titles = (
        text(lines).replace("Département", "Dpt", 1).replace("Organisme acheteur", "Organisme achteur", 1)
    )
    return titles.encode("cp1252")


def as_workbook(content: bytes, name: str = "Tableau") -> bytes:
    """Return a CSV as the only sheet of a workbook, days that are whole written as days, hours as numbers."""
    rows = list(csv.reader(io.StringIO(content.decode("cp1252"), newline=""), delimiter=";"))
    return workbooks.workbook({name: [[_type_cell(cell) for cell in row] for row in rows]})


def _type_cell(cell: str) -> workbooks.Cell:
    """Return a cell as somebody's spreadsheet holds it."""
    if re.fullmatch(r"[0-9]{1,3}", cell):
        return int(cell)
    return date.fromisoformat(cell) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell) else cell


def form(content: str | bytes, **changes: Any) -> dict[str, str]:
    """Return the form by which a file is read, as the page's script fills it."""
    data = content.encode() if isinstance(content, str) else content
    return {"etape": "lire", "fichier": base64.urlsafe_b64encode(data).decode(), **changes}


def confirmed(content: str | bytes, **changes: Any) -> dict[str, str]:
    """Return the form by which the good lines of a file enter."""
    return form(content, **{"etape": "import", **changes})


def reading(content: str | bytes) -> importing.Reading:
    """Read a file where nobody of it has an account."""
    data = content.encode() if isinstance(content, str) else content
    return importing.read_table(importing.parse_table(data), RetentionPolicy(), day_of(clock.utc_now()))


def page_form(answer: Answer, step: str) -> dict[str, str]:
    """Return the form of the page of the import that takes this step, with what its selects hold."""
    forms = re.findall(r"<form.*?</form>", html.unescape(answer.text), re.DOTALL)
    form = next(form for form in forms if f'name="etape" value="{step}"' in form and 'id="csv"' not in form)
    fields = dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select id="[\w-]+" name="([\w-]+)">(.*?)</select>', form):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        fields[name] = (chosen or re.findall(r'value="([^"]*)"', options))[0]
    return {**fields, "etape": step}
