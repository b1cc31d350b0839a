"""What people read: the words of pages and mails, taken from what was rendered, with what may be pressed there."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from enum import StrEnum
from functools import cache
from typing import Any

import lxml.html
from lxml.html import HtmlElement

from chalicelib.clock import parse_iso
from chalicelib.french import dernier_jour, moment
from tests.support.http import Client
from tests.support.mail_rules import read_body
from tests.support.relays import TOKEN

UNREAD = "//head | //svg | //script | //style | //template | //header[@class] | //footer | //*[@hidden]"
BLOCKS = (
    "br",
    "button",
    "dd",
    "details",
    "div",
    "dt",
    "form",
    "h1",
    "h2",
    "h3",
    "label",
    "legend",
    "li",
    "ol",
    "option",
    "p",
    "section",
    "summary",
    "td",
    "th",
    "ul",
)
"""After these the words that follow are apart."""
INVITATION = re.compile(r"METHOD:(\w+).*BEGIN:VEVENT.*?DTSTART[^:]*:(\w+)", re.DOTALL)
NEWS = re.compile(r"^  (\w+): \[\"([^\"]+)\", \((?:nom)?\) => [`\"](.+?)[`\"]\],$", re.MULTILINE)
"""What ``answers.js`` says where nothing is awaited: the state of the page, a title and a sentence."""


class Place(StrEnum):
    """Where something is read."""

    SHEET = "page of the parcours"
    LIST = "list"
    LINK = "page of the link"
    NOTICE = "answer to an act"
    OFFERS = "list of offers"
    YOUNG = "page of the young person"
    FEED = "calendar feed"
    ACCOUNT = "page of one’s own account"
    ENTRANCE = "page after a mailed code"
    HELD_BACK = "page that holds an act back"


@dataclass(frozen=True, slots=True)
class Screen:
    """A page, or the part of it that is about the parcours, as its reader sees it."""

    reader: str
    """A name of the cast, or the address of who holds a link."""
    place: Place
    words: str
    """All of it, on one line, with ordinary spaces."""
    title: str = ""
    """Of the card that says whose turn it is."""
    facts: tuple[str, ...] = ()
    """The lines of the history, the latest first,"""
    done: tuple[str, ...] = ()
    """and the steps that are marked as done."""
    acts: frozenset[str] = frozenset()
    """Where its forms and links lead, below the parcours; on the page of a link, the names of what may be done."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that left."""

    at: datetime
    to: str
    answers_to: str
    """The address of who gets the answers, in whose name it goes."""
    subject: str
    words: str
    token: str
    """Of the link that it carries, or empty."""
    invites: str = ""
    """The calendar method and the start that it brings along: « REQUEST 20261203T090000Z »."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What people could read at one moment."""

    screens: tuple[Screen, ...] = ()
    letters: tuple[Letter, ...] = ()
    """The mails that have just left."""

    def list_screens(self, *places: Place) -> list[Screen]:
        """Return the screens of these places, of all where none is given."""
        return [screen for screen in self.screens if not places or screen.place in places]


def flatten(text: str) -> str:
    """Return a text on one line, with ordinary spaces."""
    return " ".join(text.split())


def parse(page: str) -> HtmlElement:
    """Return a page without what nobody reads."""
    root = lxml.html.document_fromstring(page)
    for element in root.xpath(UNREAD):
        element.drop_tree()
    return _set_apart(root)


def _set_apart(root: HtmlElement) -> HtmlElement:
    """Put a space after each block, as the screen does."""
    for element in root.iter(*BLOCKS):
        element.tail = f" {element.tail or ''}"
    return root


def read_words(element: HtmlElement) -> str:
    """Return the words of an element."""
    return flatten(element.text_content())


def read_notice(page: HtmlElement) -> str:
    """Return what a page says of what was just done."""
    return " ".join(read_words(notice) for notice in page.xpath("//div[starts-with(@class, 'avis')]"))


def read_sheet(reader: str, page: HtmlElement, parcours: str) -> Screen:
    """Return the page of a parcours as this person reads it."""
    titles = page.xpath("//section[contains(@class, 'tour')]//h2[1]")
    lines = page.xpath("//ol[@class='fil']/li/ol/li")
    steps = page.xpath("//ol[@class='etapes']/li[@class='done']/span")
    targets = [form.action or "" for form in page.forms] + [str(href) for href in page.xpath("//a/@href")]
    below = f"/parcours/{parcours}/"
    return Screen(
        reader,
        Place.SHEET,
        read_words(page.body),
        title=read_words(titles[0]) if titles else "",
        facts=tuple(read_words(line) for line in lines),
        done=tuple(read_words(step).partition(" :")[0] for step in steps),
        acts=frozenset(
            target.removeprefix(below) for target in targets if target.startswith((below, "/depots"))
        ),
    )


def read_young_page(page: HtmlElement) -> Screen:
    """Return the page that the key of the notice opens."""
    (title,) = page.xpath("//section[contains(@class, 'tour')]//h2[1]")
    words = read_words(page.xpath("//main")[0])
    return Screen("the young person", Place.YOUNG, words, title=read_words(title))


def read_row(reader: str, page: HtmlElement, parcours: str) -> Screen | None:
    """Return what a list says of a parcours to this person; None: it does not list it."""
    rows = page.xpath(f"//tr[.//a[contains(@href, '{parcours}')]]")
    return Screen(reader, Place.LIST, read_words(rows[0])) if rows else None


def read_letter(mail: EmailMessage, at: datetime) -> Letter:
    """Return a mail as its recipient reads it."""
    text = read_body(mail, "plain")
    token = TOKEN.search(text)
    return Letter(
        at,
        to=parseaddr(str(mail["To"]))[1],
        answers_to=parseaddr(str(mail["Reply-To"]))[1],
        subject=flatten(str(mail["Subject"])),
        words=flatten(text),
        token=token[1] if token else "",
        invites=_read_invitation(mail),
    )


def _read_invitation(mail: EmailMessage) -> str:
    """Return the method and the start of the invitation in a mail, or nothing."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            calendar = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
            event = INVITATION.search(calendar)
            return f"{event[1]} {event[2]}" if event else ""
    return ""


@cache
def _read_templates() -> tuple[HtmlElement, dict[str, tuple[str, str]]]:
    """Return the page of every link, with its templates, and what ``answers.js`` says where nothing is awaited."""
    page = _set_apart(lxml.html.document_fromstring(Client().get("/retrait").text))
    with open("templates/static/answers.js", encoding="utf-8") as script:
        news = {state: (title, sentence) for state, title, sentence in NEWS.findall(script.read())}
    return page, news


def read_link_page(reader: str, view: Mapping[str, Any]) -> Screen:
    """Return the page of a link as its holder reads it, made of its templates as ``page.js`` and ``answers.js`` make it.

    Args:
        view: what ``POST /retrait/apercu`` answered to her browser.
    """
    page, news = _read_templates()
    words = [_fill(page, name, values) for name, values in _list_templates(view)]
    if view["attendu"] in news and not view["refus"]:
        words.extend(news[view["attendu"]])
    acts = frozenset(view["actions"])
    if view["prouve"] and _is_before(view):
        acts |= {"ouverture"}
    if _is_read_here(view):
        acts |= {"reception"}
    if view["refus"] and view["refus"]["annulable"]:
        acts |= {"refus_annulable"}
    return Screen(reader, Place.LINK, flatten(" ".join(words)), title=view["attendu"], acts=acts)


def _is_before(view: Mapping[str, Any]) -> bool:
    """Return whether the page is the one before the opening."""
    return view["etat"] == "a_ouvrir" and view["attendu"] not in {"refuse", "refuse_ailleurs"}


def _is_read_here(view: Mapping[str, Any]) -> bool:
    """Return whether this browser opened the documents and may say that they could be read."""
    declined = view["attendu"] in {"refuse", "refuse_ailleurs"}
    return bool(view["prouve"]) and view["etat"] == "ouvert_ici" and not view.get("confirme") and not declined


def _list_templates(view: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, str]]]:
    """List the templates of which the page of a link is made, each with what is written into it."""
    if _is_before(view):
        until = _format_end(view["expire_le"])
        writer = (view["auteur"] or view["expediteur"])["nom"]
        asks = "" if view["prouve"] else "?"
        yield "t-avant", {"auteur": writer, "limite": until, "question": asks, "ouvrir": "?"}
    else:
        dead = "Ce lien ne donne plus rien" if view["etat"] in {"revoque", "ferme"} else ""
        yield "t-page", {"fin": dead, "question": "" if view["prouve"] or not view["repond"] else "?"}
    if _is_read_here(view):
        yield "t-lecture", {"question": "?"}
    if not view["prouve"]:
        return
    if view["refus"]:
        yield (
            "t-decline",
            {"le": _format(view["refus"]["le"]), "annulable": "?" if view["refus"]["annulable"] else ""},
        )
    if view["attendu"] == "refuse_ailleurs":
        yield "t-decline-ailleurs", {}
    if "copies" in view["actions"]:
        yield "t-copies", {}
    if view["copies"]:
        yield "t-copies-faites", {"le": _format(view["copies"])}
    if meeting := view["rendez_vous"]:
        when = "Le rendez-vous a-t-il eu lieu ?" if meeting["passe"] else "Rendez-vous le"
        yield "t-rendez-vous", {"quand": f"{when} {_format(meeting['debut'])}", "avant": "?", "lieu": "?"}
    if view["creneaux"]:
        yield "t-proposees", {"avant": _format_end(view["reponse_avant"]), "liste": ""}
    elif view["attendu"] in {"dates", "autres_dates"} and "creneaux" in view["actions"]:
        yield "t-creneaux", {"titre": view["attendu"], "promis": view["promis"] or ""}
    if view["acheteuse"] and "remplace" in view["actions"]:
        yield "t-passer", {}
    if view["demandes"]:
        yield "t-demandes", {}


def _fill(page: HtmlElement, name: str, values: Mapping[str, str]) -> str:
    """Return the words of a template of the page, filled as ``dom.js`` fills it; what nothing is said of is left out."""
    template = deepcopy(page.get_element_by_id(name))
    for part in template.xpath(".//*[@data-if]"):
        if not values.get(part.get("data-if")):
            part.drop_tree()
    for part in template.xpath(".//*[@data-t]"):
        part.text = values.get(part.get("data-t"), "")
    return read_words(template)


def _format(instant: str | None) -> str:
    """Return an instant of the page's answer as people read it, or nothing."""
    at = parse_iso(instant) if instant else None
    return flatten(moment(at)) if at else ""


def _format_end(end: str | None) -> str:
    """Return the end of a delay of the page's answer as people read it, or nothing."""
    at = parse_iso(end) if end else None
    return flatten(dernier_jour(at)) if at else ""
