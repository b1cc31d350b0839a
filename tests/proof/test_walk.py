"""A walk through the seeded world: everybody of ``make run`` follows every link and sends every form, each answer of it.

What she meets is what she expects: no fault, no dead link, and nothing that nobody may read (``tests/support/readable.py``).
"""

import csv
import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.timeline import DECLINES, EventKind, Planned
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.outcomes import MOVES
from chalicelib.stores import parcours_table
from infra.local import demo
from infra.local.demo import ACCOUNTS, TUTOR
from tests.conftest import Clock, on_moto
from tests.faults.snapshots import Snapshot
from tests.support import readable
from tests.support.http import Answer, Client, functions_answer, signed_in
from tests.support.pages import Field, Form, Page
from tests.support.relays import Relay

CHOSEN = {"radio", "checkbox", "submit", "file"}
IDENTIFIER = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}")
PARCOURS = re.compile(r"/parcours/([0-9a-f]{32})")
SEE_OTHER, OK, WRONG = 303, 200, 422
UNKNOWABLE = {
    "/connexion/code": (HTTPStatus.GONE,),
    "/suivi": (HTTPStatus.NOT_FOUND,),
    "/import": (WRONG,),
}
"""Where nobody can answer right: the code was mailed, the key is on paper, the file is read by a script, hours go with one
sentence alone."""
TOGETHER = {"/comptes/nouveau": (OK, WRONG), "/comptes/*": (OK, WRONG, HTTPStatus.CONFLICT)}
"""Where not every choice goes with the others: the roles of an account, its académie, its département, what it follows."""
LONG = 12
"""Options from which on a list is one of a kind: départements, académies."""
WALKERS = {account.address.partition("@")[0]: account for account in ACCOUNTS}
ANYBODY = "anybody"


@dataclass
class World:
    """The seeded world, restored before each form."""

    stand: Snapshot
    token: str
    """Of the link that a company holds."""
    known: dict[frozenset[Role], set[object]] = dataclasses.field(default_factory=dict)
    """The forms that somebody in these roles has sent already."""


@pytest.fixture(scope="module")
def seeded() -> Iterator[World]:
    """The world that ``make run`` shows, with one document sent for real."""
    with on_moto() as world, functions_answer(), pytest.MonkeyPatch.context() as patch:
        now = clock.utc_now()
        held = Clock(now)
        patch.setattr(clock, "utc_now", held.read)  # who has just signed in has still, however long the walk
        demo.commit_the_past(now)
        relay = Relay(world, TUTOR, demo.FOR_REAL)
        token = relay.sends(recipient=demo.RECIPIENT_FOR_REAL)
        yield World(Snapshot.of(world, held), token)


@dataclass
class Walk:
    """The pages that one person meets, and what is wrong on them."""

    client: Client
    known: set[object]
    """The forms, and the kinds of pages, that somebody like her has met already."""
    met: list[str] = dataclasses.field(default_factory=list)
    """What is wrong, each with the place."""
    pages: dict[str, Page] = dataclasses.field(default_factory=dict)
    seen: set[str] = dataclasses.field(default_factory=set)
    """Where she was already, on this way or on one that led to it."""
    sent: int = 0

    def goes(self, *begins: str) -> None:
        """Follow every link, from these pages on."""
        todo = list(begins)
        while todo:
            path = todo.pop(0)
            if path in self.seen:
                continue
            self.seen.add(path)
            answer = self.client.get(path)
            self._expects((OK,), path, answer)
            self.pages[path] = page = self._reads(path, answer)
            todo += self._leads(path, page)

    def sends(self, stand: Snapshot) -> None:
        """Send every form of the pages that were met, each with each of its answers, from one point.

        A kind of page that only a form leads to is walked from where it leads: what follows stands on what was sent.
        """
        for path, form, thoroughly in self._forms():
            first, *others = list_answers(form)
            usual = TOGETHER.get(IDENTIFIER.sub("*", form.action), (OK,))
            answers = [(first, (OK,)), *((said, usual) for said in others), (blank(form), (OK, WRONG))]
            for said, expected in answers if thoroughly else answers[:1]:
                kept = dict(self.client.cookies)
                here = self._send(path, form, said, expected)
                if here is not None and self._is_new(here):
                    further = Walk(self.client, self.known, self.met, seen=self.seen)
                    further.goes(here)
                    further.sends(Snapshot.of(stand.world, stand.time))
                    self.sent += further.sent
                self.client.cookies = kept
                if form.method == "post":
                    stand.restore()

    def _reads(self, where: str, answer: Answer) -> Page:
        """Read a page, and note what nobody may read on it."""
        page = Page(answer.text if answer.is_page else "")
        texts = page.texts if answer.is_page else _list_cells(answer.text)
        self.met += [f"{where}: {fault}" for fault in readable.faults(texts)]
        return page

    def _expects(self, expected: tuple[int, ...], where: str, answer: Answer) -> None:
        """Note an answer whose status was not expected."""
        if answer.status not in expected:
            told = " | ".join(Page(answer.text).texts) if answer.is_page else answer.text
            self.met.append(f"{where}: {answer.status} {told[:400]}")

    def _leads(self, path: str, page: Page) -> list[str]:
        """Return where the links of a page lead, and note anchors that lead nowhere."""
        self._is_new(path)
        places = []
        for link in page.links:
            place, _, anchor = link.partition("#")
            if anchor and not place and anchor not in page.ids:
                self.met.append(f"{path}: #{anchor} leads nowhere")
            if place.startswith("/") and not place.startswith("/static/"):
                places.append(place)
        return places

    def _is_new(self, path: str) -> bool:
        """Return whether this kind of page is met for the first time."""
        kind = IDENTIFIER.sub("*", path.partition("?")[0])
        new = kind not in self.known
        self.known.add(kind)
        return new

    def _forms(self) -> Iterator[tuple[str, Form, bool]]:
        """Give each kind of form at each step of a parcours, and whether nobody has sent it with these very answers yet."""
        for path, page in self.pages.items():
            for form in page.forms:
                fields = tuple(
                    (field.name, field.type, tuple(dict(field.options)), _distinguishing_value(field))
                    for field in form.fields
                )
                asks = (form.method, IDENTIFIER.sub("*", form.action), fields)
                if (
                    any(field.type == "submit" for field in form.fields)
                    and (asks, _step(path)) not in self.known
                ):
                    thoroughly = asks not in self.known
                    self.known |= {asks, (asks, _step(path))}
                    yield path, form, thoroughly

    def _send(self, path: str, form: Form, said: dict[str, str], expected: tuple[int, ...]) -> str | None:
        """Send a form; return where it led, if to another page."""
        self.sent += 1
        place = form.action or path
        where = f"{path} → {form.method} {place} {said}"
        if form.method == "get":
            answer = self.client.get(f"{place.partition('?')[0]}?{urlencode(said)}")
        else:
            answer = self.client.post_form(place.partition("#")[0], said)
        self._reads(where, answer)
        here = None
        if answer.status == SEE_OTHER:
            here = answer.headers["location"].partition("#")[0]
            answer = self.client.get(here)
            self._reads(where, answer)
        self._expects(UNKNOWABLE.get(place, expected), where, answer)
        return here


def _list_cells(text: str) -> list[str]:
    """Return the cells of a table; of another text, its lines."""
    return [cell for row in csv.reader(text.splitlines(), delimiter=";") for cell in row]


def _distinguishing_value(field: Field) -> str:
    """Return what tells two fields alike apart; a key that each page draws does not."""
    value = field.attributes.get("value", "") if field.type in {"radio", "submit", "hidden"} else ""
    return "" if IDENTIFIER.fullmatch(value) or field.name == "base" else value


def _step(path: str) -> object:
    """Return what tells two pages of one kind apart: the path without its ids, and how far the parcours is."""
    match = PARCOURS.search(path)
    if not match:
        return IDENTIFIER.sub("*", path.partition("?")[0])
    head = parcours_table.read_parcours(match[1])
    return path.replace(match[1], "*").partition("?")[0], head.status, head.step, head.live_deposit is None


def list_answers(form: Form) -> Iterator[dict[str, str]]:
    """Return what a person may answer: the form as it stands with its blanks filled, then each other choice in turn."""
    filled = _fill_form(form)
    buttons = [_button_value(field) for field in form.fields if field.type == "submit"]
    for button in buttons:
        yield _without_unplanned_times(filled | button, form)
    for place, field in enumerate(form.fields):
        for value in _list_other_values(field, filled.get(field.name)):
            changed = filled | buttons[0] | {field.name: value} | _answer_shown_beside(form, place)
            yield _without_unplanned_times(changed, form)


def _fill_form(form: Form) -> dict[str, str]:
    """Return the form as it stands, with its blanks filled and each question answered."""
    filled = {
        field.name: _fill_field(field, form)
        for field in form.fields
        if field.name and field.type not in CHOSEN
    }
    for field in form.fields:
        if field.type == "radio" and ("checked" in field.attributes or field.name not in filled):
            filled[field.name] = field.attributes["value"]
        if field.type == "checkbox" and "checked" in field.attributes:
            filled[field.name] = field.attributes.get("value", "on")
    return _answer_for_posting(filled, form) if form.method == "post" else filled


def _answer_for_posting(filled: dict[str, str], form: Form) -> dict[str, str]:
    """Return these answers with the one more that a posted form wants, and without what it does not."""
    boxes = [field for field in form.fields if field.type == "checkbox"]
    if len(boxes) > 1 and not {box.name for box in boxes} & filled.keys():
        filled[boxes[0].name] = boxes[0].attributes.get(
            "value", "on"
        )  # several are a question: one is answered
    if {"academie", "departement"} <= filled.keys():
        filled["departement"] = ""  # it is asked where it narrows the other down
    return filled


def blank(form: Form) -> dict[str, str]:
    """Return the answers of somebody who fills in and chooses nothing, and just presses."""
    said = {
        field.name: _value_on_page(field) if field.type == "hidden" else ""
        for field in form.fields
        if field.name and field.type not in CHOSEN
    }
    return said | next(_button_value(field) for field in form.fields if field.type == "submit")


def _button_value(button: Field) -> dict[str, str]:
    """Return what a pressed button sends."""
    return {button.name: button.attributes.get("value", "")} if button.name else {}


def _answer_shown_beside(form: Form, place: int) -> dict[str, str]:
    """The reason that stands under a chosen end, the end above a chosen reason: a page shows them together."""
    here = form.fields[place]
    other = {"fin": "motif", "motif": "fin"}.get(here.name) if here.type == "radio" else None
    before, after = form.fields[:place], form.fields[place + 1 :]
    for control in after if other == "motif" else reversed(before):
        if control.name == other and control.type == "radio":
            return {control.name: control.attributes["value"]}
    return {}


def _without_unplanned_times(said: dict[str, str], form: Form) -> dict[str, str]:
    """With the day and the hour that a fact of a list plans, and no other."""
    if not any(field.name == "fait" and field.type == "select" for field in form.fields):
        return said
    kind = said["fait"].partition(".")[0]
    planned = MOVES[EventKind(kind)].planned if kind in set(MOVES) else Planned.NOTHING
    unsaid = {Planned.NOTHING: ("prevu_le", "prevu_a"), Planned.DAY: ("prevu_a",), Planned.HOUR: ()}[planned]
    return said | dict.fromkeys(unsaid, "")


def _list_other_values(field: Field, chosen: str | None) -> list[str]:
    """Return the other answers of a control; of a long list, its ends and its middle."""
    values = []
    if field.type == "radio":
        values = [field.attributes["value"]]
    elif field.type == "select":
        values = [value for value, _ in field.options if value]
    elif field.type == "checkbox":
        values = [field.attributes.get("value", "on")]
    values = [value for value in values if value != chosen]
    return values if len(values) <= LONG else [values[0], values[len(values) // 2], values[-1]]


DAYS = {
    "prevu_le": 9,
    "survenu_le": 0,
    "jour": 1,
    "notifie_le": -60,
    "fin_le": 400,
    "reconduction_le": 800,
    "du": 3,
    "au": 10,
    "depuis": -1,
}
TYPED = {"email": "camille.ferrand@entreprise.example", "tel": "01 99 00 41 27", "time": "14:00"}
"""What a person writes into a field of this type."""
WORDS = {
    "siret": "73282932000074", "heures": "150", "site": "www.serrurerie-vaubois.example", "commune": "Valmarie",
    "code": "1234 5678 9012", "reference": "CSF-7K3Q-92", "q": "jardins", "jours": "3", "numero": "2026-0412",
    "organisme": demo.MINISTRY, "organisme_siret": demo.SIRENS[demo.MINISTRY], "siren": demo.SIRENS[demo.MINISTRY],
}  # fmt: skip


def _fill_field(field: Field, form: Form) -> str:
    """Return what stands in the field, or what a person would write there."""
    if field.type == "select":
        return _choose_option(field, form)
    given = _value_on_page(field)
    if given or field.type == "hidden" or form.method == "get":
        return given
    if field.type == "date":
        return (day_of(clock.utc_now()) + timedelta(days=DAYS.get(field.name, -1))).isoformat()
    return TYPED.get(field.type) or WORDS.get(field.name, "Camille Ferrand")


def _choose_option(field: Field, form: Form) -> str:
    """Return the option that is chosen; where a form is posted and none is, the first that says something."""
    chosen = [value for value, picked in field.options if picked]
    if form.method == "post" and not any(chosen):
        chosen = [value for value, _ in field.options if value]
    return next(iter(chosen), "")


def _value_on_page(field: Field) -> str:
    """Return the value with which a field is shown."""
    return field.attributes.get("value", field.text.removeprefix("\n"))


@pytest.mark.parametrize("who", [*WALKERS, ANYBODY])
def test_whoever_walks_through_the_seeded_world_meets_what_she_expects(seeded: World, who: str) -> None:
    account = WALKERS.get(who)
    roles = account.roles if account else frozenset()
    walk = Walk(signed_in(account) if account else Client(), seeded.known.setdefault(roles, set()))
    walk.goes("/", *(["/parcours"] if account else []))
    walk.sends(Snapshot.of(seeded.stand.world, seeded.stand.time))

    print(f"{who}: {len(walk.pages)} pages, {walk.sent} forms sent")
    assert not walk.met, "\n".join(walk.met)


@pytest.mark.parametrize(
    "way",
    [*(f"declines: {reason}" for reason in sorted(DECLINES)), "cannot read", "passes on", "shares", "asks"],
)
def test_whoever_holds_the_link_reads_nothing_raw(seeded: World, way: str) -> None:
    """What the company's page is made of: the page itself, and each answer that its script shows."""
    seeded.stand.restore()
    company, told = Client(), []
    told += Page(company.get("/retrait").text).texts
    for path, body, status in [*company_proves(demo.RECIPIENT_FOR_REAL), *company_acts(way)]:
        answer = company.post_json(f"/retrait/{path}", {"token": seeded.token, **body})
        assert answer.status in (status, *([HTTPStatus.NO_CONTENT] if status == OK else [])), (
            path,
            answer.text,
        )
        told += sentences(answer.json) if answer.text else []

    assert readable.faults(told) == []


Act = tuple[str, dict[str, object], int]


def company_proves(address: str) -> Iterator[Act]:
    """Give the answers to the link's question: wrong ones beside the right one."""
    yield "apercu", {}, 200
    yield "ouverture", {}, 403
    yield "preuve", {"adresse": ""}, 422
    yield "preuve", {"adresse": "personne"}, 403
    yield "preuve", {"adresse": "a@ailleurs.example"}, 403
    yield "preuve", {"adresse": address}, 204
    yield "apercu", {}, 200


def company_acts(way: str) -> Iterator[Act]:
    """Give what a company does on one of its ways: the action, its body, and the status that it expects."""
    act, _, reason = way.partition(": ")
    host = demo.RECIPIENT_FOR_REAL.partition("@")[2]
    person = {"nom": "Camille Ferrand", "fonction": "Tutrice", "adresse": f"c.ferrand@{host}"}
    day = (day_of(clock.utc_now()) + timedelta(days=9)).isoformat()
    if act not in {"passes on", "shares"}:
        yield "ouverture", {}, 200
    match act:
        case "declines":
            yield "reception", {"lisible": True}, 200
            yield "creneaux", {"creneaux": []}, 422
            yield (
                "creneaux",
                {"creneaux": [{"debut": f"{day}T14:00", "minutes": 45}], "feries_vus": True},
                200,
            )
            yield "refus", {"motif": reason, "confirme": True}, 200
            yield "apercu", {}, 200
            yield "copies", {}, 200
            yield "refus/annulation", {}, 200
        case "cannot read":
            yield "reception", {"lisible": False}, 200
        case "passes on":
            yield "transmission", {**person, "mode": "remplace", "nom": ""}, 422
            yield "transmission", {**person, "mode": "remplace"}, 200
        case "shares":
            yield "transmission", {**person, "mode": "aussi", "adresse": "c.ferrand@ailleurs.example"}, 200
        case "asks":
            yield "demande", {}, 200
            yield "rendez-vous", {"geste": "annule", "motif": "", "vu": ""}, 422
    yield "apercu", {}, 200


def sentences(answer: object) -> list[str]:
    """Return every text of an answer that is meant for people: those of several words."""
    if isinstance(answer, dict):
        return [text for value in answer.values() for text in sentences(value)]
    if isinstance(answer, list):
        return [text for value in answer for text in sentences(value)]
    return [answer] if isinstance(answer, str) and " " in answer else []
