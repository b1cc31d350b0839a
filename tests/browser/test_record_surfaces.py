"""Where a reader sees each field of the record: every surface is rendered with a value of its own in every field.

A new field needs its row of ``TABLE``: on each surface it is shown, or there is a reason why not. Then each surface must agree.
"""

import re
from datetime import date
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as BrowserPage

from chalicelib import french
from chalicelib.domain.fields import ALL, build_record
from chalicelib.domain.importing import read_cell
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.values import Role
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.browser.inside import Inside
from tests.conftest import Clock
from tests.support import factories, http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Client, signed_in
from tests.support.pages import Page
from tests.support.relays import Relay
from tests.support.waiting import paris
from tests.support.worlds import BASE_URL, World

pytestmark = pytest.mark.browser

SURFACES = ("form", "sheet", "sending", "page", "mail", "list", "export")
"""The form of the record; a parcours, for its tutor; the page that sends; the company's page and mail; everybody's list, and
its export."""
SHOWN = "x"
REASONS = {
    "declared": "identifies the contract for those who declare and import offers; nobody acts on it",
    "imported": "comes with the team's table, whose import compares it; nobody types or reads it here",
    "own": "it is the reader's own",
    "short": "what tells this offer from others is enough here; the sheet has the rest",
    "people": "a list is of offers; people stand on their sheet",
    "private": "who answers for the offer is named to the tutor, and of the company only to its own people, as whom to ask for",
    "number": "one writes from here; who wants to telephone does so from the sheet",
    "town": "the town says it",
}
"""Why a field is not on a surface."""
TABLE = {
    #                       form      sheet     sending  page      mail      list      export
    "entreprise":          "x         x         short    own       x         x         x",
    "siret":               "x         declared  declared own       own       declared  declared",
    "secteur":             "x         declared  declared own       own       declared  declared",
    "site":                "x         declared  declared own       own       declared  declared",
    "organisme":           "x         x         short    x         x         short     x",
    "organisme_type":      "imported  imported  imported imported  imported  imported  imported",
    "organisme_siret":     "x         declared  declared declared  declared  declared  declared",
    "service":             "x         declared  declared declared  declared  declared  declared",
    "objet":               "x         x         x        x         x         x         x",
    "detail":              "x         declared  declared declared  declared  declared  declared",
    "numero":              "x         declared  declared declared  declared  declared  x",
    "lot":                 "x         x         x        x         x         x         x",
    "notifie_le":          "x         x         short    own       own       x         x",
    "fin_le":              "x         declared  declared own       own       declared  declared",
    "reconduction_le":     "x         x         short    own       own       short     x",
    "heures":              "x         x         short    x         x         x         x",
    "adresse":             "x         town      short    x         town      short     town",
    "commune":             "x         x         short    x         x         short     x",
    "academie":            "x         x         short    town      town      short     x",
    "departement":         "x         x         short    town      town      short     x",
    "domaine":             "x         x         short    own       own       short     x",
    "taches":              "x         x         short    x         x         short     short",
    "repond_nom":          "x         x         x        x         x         people    x",
    "repond_fonction":     "x         x         x        own       own       people    people",
    "repond_courriel":     "x         x         x        own       own       people    x",
    "repond_tel":          "x         x         number   own       own       people    x",
    "repond_verifie":      "x         x         x        private   private   people    people",
    "accueille_nom":       "x         x         x        x         private   people    x",
    "accueille_fonction":  "x         x         x        private   private   people    people",
    "accueille_courriel":  "x         x         x        private   private   people    x",
    "accueille_tel":       "x         x         number   private   private   people    x",
    "accueille_verifie":   "x         x         x        private   private   people    people",
    "acheteur_nom":        "x         x         x        private   private   people    x",
    "acheteur_fonction":   "x         x         short    private   private   people    people",
    "acheteur_courriel":   "x         x         x        private   private   people    x",
    "acheteur_tel":        "x         x         number   private   private   people    x",
    "acheteur_verifie":    "x         x         x        private   private   people    people",
}  # fmt: skip
"""Each field of ``domain/fields.py``, by its name: shown on a surface, or the reason why it is not."""

NOW = paris("2026-09-15 09:00")
TYPED = {
    "siret": "73282932000074",
    "site": "www.reconnaissable.example",
    "organisme": "Ministère reconnaissable",
    "organisme_siret": "552081317",
    "notifie_le": "2026-05-17",
    "fin_le": "2028-09-21",
    "reconduction_le": "2029-10-23",
    "heures": "317",
    "academie": "Besançon",
    "departement": "39",
    "domaine": "Transport",
    "repond_courriel": COMPANY_ADDRESS,
    "repond_tel": "01 99 00 41 27",
    "repond_verifie": "2026-07-13",
    "accueille_courriel": "accueille@jardins.entreprise.example",
    "accueille_tel": "01 99 00 41 28",
    "accueille_verifie": "2026-07-14",
    "acheteur_courriel": "acheteur@ministere.example",
    "acheteur_tel": "01 99 00 41 29",
    "acheteur_verifie": "2026-07-15",
}
"""What is typed in a field that does not take any text."""


def typed_in(name: str) -> str:
    """Return the value of a field, which no other field has."""
    return TYPED.get(name, f"Valeur {name.replace('_', ' ')}")


def ways_to_say(name: str) -> list[str]:
    """Return how pages may write the value of a field."""
    typed = typed_in(name)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", typed):
        day = date.fromisoformat(typed)
        return [typed, f"{day:%d/%m/%Y}", french.jour_court(day), french.jour_abrege(day)]
    return [typed, territory.DEPARTEMENTS[typed]] if name == "departement" else [typed]


def says(text: str, name: str) -> bool:
    """Return whether a surface shows the value of this field."""
    ways = "|".join(re.escape(" ".join(way.split())) for way in ways_to_say(name))
    return bool(re.search(rf"(?<![\w-])(?:{ways})(?![\w-])", text))


def full_offer() -> Parcours:
    """Return an offer with a value in every field of its record."""
    values = {
        name: field.read_form(typed_in(name), name) if field.in_form else read_cell(field, typed_in(name))
        for name, field in ALL.items()
    }
    record = build_record(values)
    return factories.offer(
        company=record.company,
        contract=record.contract,
        placement=record.placement,
        buyer_contact=record.buyer_contact,
    )


def on_one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def read_html(html: str) -> str:
    """Return what is read on a page, and what its fields hold; of the options of a choice, the chosen one."""
    page = Page(re.sub(r"(<option(?![^>]* selected)[^>]*>).*?</option>", r"\1</option>", html))
    fields = [field for form in page.forms for field in form.fields]
    held = [value for field in fields for value in (field.attributes.get("value", ""), field.text)]
    chosen = [value for field in fields for value, is_chosen in field.options if is_chosen]
    return on_one_line(" ".join([*page.texts, *held, *chosen])).replace(
        "@ ", "@"
    )  # an address may be broken there


def read_mail(mail: EmailMessage) -> str:
    """Return subject, text and HTML of a mail."""
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and html is not None
    return on_one_line(f"{mail['Subject']} {text.get_content()} {read_html(html.get_content())}")


def read_screen(page: BrowserPage) -> str:
    """Return what a page that its script draws says, with everything unfolded."""
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    return on_one_line(page.locator("main").inner_text())


def row_of(html: str, parcours_id: str) -> str:
    """Return the row of a parcours in a list."""
    row = re.search(rf'<tr role="row"[^>]*>(?:(?!</tr>).)*{parcours_id}.*?</tr>', html, flags=re.DOTALL)
    assert row
    return read_html(row[0])


def read_sending_page(context: BrowserContext, time: Clock, tutor: Client, path: str) -> str:
    """Return what the page that sends documents says."""
    page = Inside(context, time, tutor).page
    page.goto(f"{BASE_URL}{path}/envoi")
    page.wait_for_load_state("networkidle")
    return read_screen(page)


def read_company_page(context: BrowserContext, time: Clock, token: str) -> str:
    """Return what the page of a link says before it is opened, and once the documents were read."""
    inside = Inside(context, time)
    inside.follows(token)
    inside.page.locator("#adresse").fill(COMPANY_ADDRESS)
    inside.page.get_by_role("button", name="Continuer").click()
    expect(inside.page.locator("#preuve-form")).to_have_count(0)
    inside.settles()
    before = read_screen(inside.page)
    browser = relays.Browser(nonce=inside.client.cookies[NONCE_COOKIE])
    browser.opens(token)
    browser.confirms(token)
    inside.page.goto("about:blank")
    inside.follows(token)
    return f"{before} {read_screen(inside.page)}"


def rendered(relay: Relay, team: Client, chromium: Browser, time: Clock) -> dict[str, str]:
    """Return what each surface says of this parcours."""
    path, tutor = f"/parcours/{relay.parcours_id}", signed_in(relay.tutor)
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    before = {
        "form": read_html(team.get(f"{path}/fiche").text),
        "sheet": read_html(tutor.get(path).text),
        "sending": read_sending_page(context, time, tutor, path),
        "list": row_of(team.get("/parcours").text, relay.parcours_id),
        "export": on_one_line(team.get("/parcours/export").text.splitlines()[-2]),
    }
    context.close()
    token = relay.sends()
    mail = next(mail for mail in relay.world.mails() if mail["To"] == COMPANY_ADDRESS)
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    with http.functions_answer():
        page = read_company_page(context, time, token)
    context.close()
    return before | {"mail": read_mail(mail), "page": page}


def test_each_field_is_shown_on_a_surface_or_there_is_a_reason_why_not() -> None:
    assert TABLE.keys() == ALL.keys()
    for name, row in TABLE.items():
        cells = row.split()
        assert len(cells) == len(SURFACES), name
        assert set(cells) <= REASONS.keys() | {SHOWN}, name


def test_each_surface_shows_the_fields_that_the_table_says_and_no_other(
    world: World, time: Clock, chromium: Browser
) -> None:
    time.now = NOW
    team = factories.account(Role.TEAM)
    relay = relays.started(world, offer=full_offer(), also=(team,))

    surfaces = rendered(relay, signed_in(team), chromium, time)

    promised = {
        (surface, name)
        for name, row in TABLE.items()
        for surface, cell in zip(SURFACES, row.split(), strict=True)
        if cell == SHOWN
    }
    shown = {(surface, name) for surface, text in surfaces.items() for name in ALL if says(text, name)}
    assert promised - shown == set(), "no reader sees it"
    assert shown - promised == set(), "shown where the table gives a reason why not"
