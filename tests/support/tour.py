"""Every kind of page, rendered by the product itself: what its people meet on a short tour of the seeded world.

Each of them follows one link of each kind and sends each kind of form twice: as it is, and with nothing filled in. What only
a longer story leads to is told here. The long walk, with every answer of every form, is ``proof/test_walk.py``.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from urllib.parse import urlencode

import pytest
from jinja2 import Template

from chalicelib import clock
from chalicelib.domain.kernel.parcours import BuyerContact, Parcours
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.proving import PurgeProof
from chalicelib.stores import parcours_table
from chalicelib.stories import young
from infra.local import demo
from infra.local.demo import BUYER, COORDINATOR, OTHER_TEAM, PRESCRIBER, TEAM, TUTOR
from tests.conftest import on_moto
from tests.support import csv_samples, factories, meetings, offers, passings, people
from tests.support.authenticator import signed_in_by_passkey
from tests.support.http import Answer, Client, functions_answer, signed_in
from tests.support.listings import begin
from tests.support.pages import Field, Form, Page
from tests.support.provider import provider_running
from tests.support.relays import takes
from tests.support.worlds import World
from tests.support.writing import add_records

IDENTIFIER = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}")
PARCOURS = re.compile(r"/parcours/([0-9a-f]{32})")
CHOSEN = {"radio", "checkbox", "submit", "file"}
MANY = 35
"""Offers, more than one page of a list shows."""
HOSTILE = "Toitures <Arvel> & fils"
LEAVES = ("/deconnexion", "/compte/deconnexion")


@dataclass(frozen=True)
class Shown:
    """One page as it was rendered."""

    template: str
    """Its name below ``templates/pages/``, without its suffix."""
    html: str


@contextmanager
def recorded() -> Iterator[list[Shown]]:
    """Keep every page that is rendered inside the context, since an answer does not say from which template it was made."""
    kept: list[Shown] = []
    render = Template.render

    def rendered(template: Template, *args: object, **context: object) -> str:
        text = render(template, *args, **context)
        if (template.name or "").startswith("pages/"):
            kept.append(Shown(str(template.name).removeprefix("pages/").removesuffix(".html"), text))
        return text

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "render", rendered)
        yield kept


@dataclass
class Visitor:
    """One person, and the kinds of pages and forms that she has met."""

    client: Client
    forms: set[object]
    """Those that somebody has sent already, whatever page they were on."""
    pages: set[object] = field(default_factory=set)

    def tours(self, *begins: str) -> None:
        """Follow one link of each kind, and send each kind of form that is met on the way."""
        todo, forms = list(begins), []
        while todo:
            path = todo.pop(0)
            if _kind(path) in self.pages:
                continue
            self.pages.add(_kind(path))
            page = self._page(path)
            todo += [link.partition("#")[0] for link in page.links if _is_ours(link)]
            forms += [(path, form) for form in page.forms]
        for path, form in forms:
            self.sends(path, form)

    def looks(self, *paths: str) -> None:
        """Look at these pages, and send each form on them of a kind that was not met yet."""
        for path in paths:
            for form in self._page(path).forms:
                self.sends(path, form)

    def sends(self, path: str, form: Form) -> None:
        """Send a form with nothing filled in, then as it is, unless that was done."""
        if _asks(form) not in self.forms and not form.action.endswith(LEAVES):
            self.forms.add(_asks(form))
            for said in (_blank(form), _as_it_is(form)):
                self.posts(form.action or path, said, form.method)

    def posts(self, place: str, said: dict[str, str], method: str = "post") -> Answer:
        """Send these answers, and follow where they lead."""
        if method == "get":
            return self.client.get(f"{place.partition('?')[0]}?{urlencode(said)}")
        answer = self.client.post_form(place, said)
        if "location" in answer.headers:
            here = answer.headers["location"].partition("#")[0]
            self.client.get(here)
        return answer

    def _page(self, path: str) -> Page:
        answer = self.client.get(path)
        return Page(answer.text if answer.is_page else "")


def _is_ours(link: str) -> bool:
    return link.startswith("/") and not link.startswith(("/static/", "//"))


def _kind(path: str) -> object:
    """Return what a page is about: its path without its numbers, and where its parcours is."""
    kind = IDENTIFIER.sub("*", path.partition("?")[0])
    match = PARCOURS.search(path)
    if not match:
        return kind
    head = parcours_table.read_parcours(match[1])
    return kind, head.status, head.step, head.live_deposit is None


def _asks(form: Form) -> object:
    gestures = [(field.name, _given(field)) for field in form.fields if field.name in ("geste", "suite")]
    names = tuple(field.name for field in form.fields)
    return form.method, IDENTIFIER.sub("*", form.action), names, tuple(gestures)


def _blank(form: Form) -> dict[str, str]:
    """Return the answers of somebody who fills in and chooses nothing."""
    said = {
        field.name: _given(field) if field.type == "hidden" else ""
        for field in form.fields
        if field.name and field.type not in CHOSEN
    }
    return said | _pressed(form)


def _as_it_is(form: Form) -> dict[str, str]:
    """Return what the form holds, and the last choice of each question."""
    said = {}
    for control in form.fields:
        if control.name and control.type == "select":
            said[control.name] = next((value for value, _ in reversed(control.options) if value), "")
        elif control.name and control.type in {"radio", "checkbox"}:
            said[control.name] = control.attributes.get("value", "on")
        elif control.name and control.type not in CHOSEN:
            said[control.name] = _given(control)
    return said | _pressed(form)


def _pressed(form: Form) -> dict[str, str]:
    button = next((field for field in form.fields if field.type == "submit"), None)
    return {button.name: button.attributes.get("value", "")} if button and button.name else {}


def _given(field: Field) -> str:
    return field.attributes.get("value", field.text.removeprefix("\n"))


@cache
def tour() -> list[Shown]:
    """Return every page that is met, in the order of the tour."""
    with on_moto() as world, functions_answer(), recorded() as kept:
        demo.commit_the_past(clock.utc_now())
        forms: set[object] = set()
        tutor = Visitor(signed_in(TUTOR), forms)
        _sends_again(world, tutor)
        _meets(world, tutor)
        _names_a_colleague(world, tutor)
        _treats_one_by_one(tutor)
        _tells_what_was(world, Visitor(signed_in(COORDINATOR), forms))
        _withdraws(Visitor(signed_in(BUYER), forms))
        _manages(Visitor(signed_in(TEAM), forms))
        _imports(Visitor(signed_in(TEAM), forms))
        _follows(world)
        _comes_from_outside(Visitor(Client(), forms))
        for account in (TUTOR, COORDINATOR, BUYER, TEAM, PRESCRIBER):
            Visitor(signed_in(account), forms).tours("/", "/parcours", "/parcours?statut=disponible")
    return kept


def _hostile_offer() -> Parcours:
    """Return an offer each of whose texts would be markup on a page that did not escape it."""
    offer = factories.offer(buyer=BUYER.id)
    return replace(
        offer,
        coordinator=COORDINATOR.id,
        company=replace(offer.company, name=HOSTILE),
        buyer_contact=BuyerContact(name="Odile <Ramain>", address=BUYER.address),
    )


def _sends_again(world: World, tutor: Visitor) -> None:
    """Show a sending at each of its steps; then withdraw it and send to the same recipient anew."""
    relay = takes(world, TUTOR, _hostile_offer())
    here = f"/parcours/{relay.parcours_id}"
    relay.announces()
    tutor.looks(here)
    relay.uploads()
    relay.is_inspected()
    relay.mailer_runs()
    tutor.client.get(here)
    tutor.posts(f"/depots/{relay.deposit().id}/revocation", {"vu": "ferme", "suite": "envoi"})
    tutor.looks(here, f"{here}/envoi")
    relay.announces(factories.sealed(b"no PDF"))
    relay.uploads()
    relay.is_inspected()
    tutor.looks(here)


def _meets(world: World, tutor: Visitor) -> None:
    """Show a meeting: dates proposed, others asked for, one accepted, moved and cancelled; one fixed by mistake."""
    page = meetings.Page(takes(world, TUTOR, _hostile_offer()))
    here = f"/parcours/{page.relay.parcours_id}"
    dates = meetings.slot_in_days(8), meetings.slot_in_days(9, place="https://visio.morvenne.example/<salle>")
    page.gives(dates)
    meant = {"vu": meetings.shown_dates(page.relay), "motif": ""}
    tutor.posts(f"{here}/rendez-vous", meant | {"geste": "accepter"})
    tutor.posts(f"{here}/rendez-vous", meant | {"geste": "autres"})
    meetings.accepts(page, dates[1], buyer_invited=True)
    page.gives(dates[:1])
    tutor.client.get(here)
    meant = {"vu": str(meetings.agreed_start(page.relay)), "motif": "", "minutes": "45", "lieu": "http://<a>"}
    holiday = f"{clock.utc_now().year + 1}-05-01"
    for day, hour in ((holiday, ""), (holiday, "10:00")):
        tutor.posts(f"{here}/rendez-vous", meant | {"geste": "deplacer", "jour": day, "heure": hour})
        meant["lieu"] = ""
    tutor.posts(f"{here}/rendez-vous", meant | {"geste": "annuler"})
    tutor.looks(here)
    fact = page.relay.notes(EventKind.MEETING_FIXED, contact=Interlocutor.WELCOMES, planned_at=dates[1].start)
    tutor.posts(f"{here}/faits/{fact}/correction", {"suite": ""})


def _names_a_colleague(world: World, tutor: Visitor) -> None:
    """Show a company that names somebody at another address, for whom the tutor answers."""
    relay = takes(world, TUTOR, _hostile_offer())
    token = relay.sends()
    passings.passes(
        passings.answers_question(token), token, passings.colleague_named(passings.OTHER, name="Jeanne Roy")
    )
    here = f"/parcours/{relay.parcours_id}"
    tutor.looks(here, f"{here}/collegue")
    tutor.looks(f"{here}/collegue")


def _treats_one_by_one(tutor: Visitor) -> None:
    """Show a parcours that is opened as one of a list, and what was treated."""
    here = begin(tutor.client)
    tutor.looks(here, "/parcours?statut=tous&occupe=moi")


def _tells_what_was(world: World, coordinator: Visitor) -> None:
    """Show a contract that has ended and whose history is entered afterwards."""
    ended = replace(factories.offer().contract, ends_on=date(2026, 6, 1))
    relay = takes(world, TUTOR, replace(_hostile_offer(), contract=ended))
    here = f"/parcours/{relay.parcours_id}"
    coordinator.looks(here, f"{here}/histoire")


def _withdraws(buyer: Visitor) -> None:
    """Show an offer that is declared, withdrawn for a reason that must be given, and offered again."""
    _, key = offers.declare_offer(buyer.client, entreprise=HOSTILE)
    here = f"/parcours/{key}"
    buyer.posts("/parcours/ensemble", {"geste": "retirer", "motif": "other", "parcours0": key})
    buyer.looks(here, f"{here}/retrait", f"{here}/retrait", f"{here}/retrait")


def _manages(team: Visitor) -> None:
    """Show an account that is made, absent, closed and opened again."""
    team.posts("/comptes/nouveau", people.NEW | {"tutrice": "oui", "academie": "Dijon"})
    team.posts("/comptes/plusieurs", people.LIST | {"tutrice": "1", "academie": "Dijon"})
    team.posts("/comptes/plusieurs", people.LIST | {"tutrice": "1", "academie": "Dijon", "confirme": "1"})
    account = people.find_account(people.NEW["adresse"])
    here = f"/comptes/{account.id}"
    team.looks(here, f"{here}/fermeture", here, "/comptes?etat=tous", "/comptes?q=personne")
    team.client.get(f"/comptes/{OTHER_TEAM.id}/fermeture")
    team.posts(f"/comptes/{TUTOR.id}/fermeture", {})
    differs = PurgeProof(proved_at=clock.utc_now(), strays=2, missing=1)
    add_records(differs)
    team.looks("/parcours")
    _helps_who_lost_a_passkey()


def _helps_who_lost_a_passkey() -> None:
    """Show passkeys, one of which is lost, and their removal; the accounts are nobody else's."""
    helper, lost = factories.account(Role.TEAM), factories.account(Role.TEAM)
    people.stand(helper, lost)
    signed_in_by_passkey(lost)
    signed_in(helper).get(f"/comptes/{lost.id}")
    browser, _ = signed_in_by_passkey(helper)
    browser.get("/compte?fait=cle-ajoutee")
    browser.post_form(f"/comptes/{lost.id}/cles", "")
    browser.get(f"/comptes/{lost.id}?fait=cles")
    signed_in(factories.account(Role.TEAM)).get("/compte")


def _imports(team: Visitor) -> None:
    """Show imports: a file with faults and questions, no table, a new one, the same once more."""
    faulty = csv_samples.three_faults().replace("Disponible", "Vendredi", 1).replace("Secteur", "Couleur", 1)
    team.posts("/import", csv_samples.form(faulty))
    team.posts("/import", csv_samples.form("no table"))
    new = csv_samples.text(csv_samples.rows(MANY, {3: {"Commentaires": "x"}}))
    team.posts("/import", csv_samples.confirmed(new))
    team.posts("/import", csv_samples.form(new))
    for asked in ("?page=2", "?statut=disponible&page=2", "?q=<vert>&tour=moi", "?statut=echu&academie=rien"):
        team.client.get(f"/parcours{asked}")


def _follows(world: World) -> None:
    """Show a young person's page, with the key of the notice."""
    relay = takes(world, TUTOR, _hostile_offer())
    relay.sends()
    attempt = parcours_table.read_attempt(relay.parcours_id, number=1)
    key = young.spell_follow_key(attempt)
    visitor = Visitor(Client(), set())
    visitor.tours("/suivi")
    visitor.posts("/suivi", {"reference": attempt.reference, "cle": key.secret})


def _comes_from_outside(anybody: Visitor) -> None:
    """Show a sign-in, a request about personal data, and a form that arrives when its session is over."""
    anybody.tours("/", "/connexion", "/notice", "/retrait", "/nulle-part")
    anybody.client.get("/connexion/code")
    anybody.client.get("/connexion/cle")
    anybody.client.get(f"/agenda/{TUTOR.id}/{'0' * 32}")
    anybody.posts("/connexion", {"adresse": TUTOR.address})
    anybody.posts("/connexion/code", {"code": "1234 5678 9012"})
    with functions_answer(), provider_running():
        anybody.tours("/connexion")
        anybody.posts("/connexion/proconnect", {})
    rights = {
        "reference": "CSF-7K3Q-92",
        "demande": "acces",
        "qui": "jeune",
        "adresse": "j@messagerie.example",
    }
    anybody.posts("/donnees-personnelles/demande", rights)
    for place in ("/offres/nouvelle", "/import"):
        anybody.posts(place, {"nom": '"><b>', "taches": "a\r\nb"})
