"""What can be checked of the looks and words without a browser: contrasts, weight, markup, mails."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chalicelib import config, statics, templating
from chalicelib.domain.kernel.values import Kind
from chalicelib.mails.letters import render_part
from chalicelib.mails.views import (
    AssignedView,
    DatesAsked,
    Exact,
    HandedAwayView,
    LinkView,
    ParcoursView,
    Place,
    ReminderView,
    VideoAddress,
)
from chalicelib.stories.mails.subject import TO_DECLINE
from chalicelib.web.urls import ROUTES, SCRIPT, Route
from chalicelib.words.codes import MarketFacts
from infra.local.mail_samples import MARKET, PAGE, SAMPLES, TOKEN, every_message, text_of
from tests.support import tour

CSS = (statics.STATIC / "app.css").read_text(encoding="utf-8")
AGENTS_CSS = (statics.STATIC / "agent.css").read_text(encoding="utf-8")
COMPANYS_CSS = (statics.STATIC / "retrait.css").read_text(encoding="utf-8")
SHEETS_CSS = (statics.STATIC / "parcours.css").read_text(encoding="utf-8")
TEXT_ON = {
    "encre": ("fond", "carte", "creux", "tour", "bien-f", "attn-f", "mal-f"),
    "encre2": ("fond", "carte", "creux", "tour"),
    "action": ("fond", "carte", "creux", "tour", "bien-f", "attn-f", "mal-f"),
    "action2": ("fond", "carte", "creux", "tour"),
    "bien": ("fond", "carte", "bien-f"),
    "attn": ("carte", "attn-f"),
    "mal": ("fond", "carte", "creux", "tour", "mal-f"),
    "sur": ("action", "action2"),
}
EDGES_ON = {
    "bord": ("fond", "carte", "creux"),
    "appui": ("fond", "carte", "tour"),
    "focus": ("fond", "carte", "creux", "tour"),
    "halo": ("action",),
}
NEVER = re.compile(
    r"\b(décroch\w+|bénéficiaires?|candidats?|candidature|entretien d[’']embauche|passages?|tokens?|dépôts?|payload|purges?|claim"
    r"|de bout en bout|sécurisée?s?|cliquez ici|oups|veuillez|merci de|prochainement|dans les plus brefs délais)\b"
    r"|100\s%|\w·\w|\{[{%]",
    re.IGNORECASE,
)
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
PAGES = sorted(path.stem for path in (templating.TEMPLATES / "pages").glob("*.html"))
AUDIT = Path(__file__).parents[1] / "browser" / "rgaa.md"
MAILS = sorted(path.name for path in (templating.TEMPLATES / "emails").iterdir())


class Page(HTMLParser):
    """What a page says and how: tags with their attributes, and the words that can be read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.words = ""
        self._folded = 0
        self._tag = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._tag = tag
        self.words += " "
        # A template or a noscript stands for another page than the one shown at first.
        self._folded += tag in {"template", "noscript"}
        if tag in {"h1", "h2", "h3"} and not self._folded:
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""
        self._folded -= tag in {"template", "noscript"}

    def handle_data(self, data: str) -> None:
        if self._tag != "style":
            self.words += data


@dataclass(frozen=True)
class Shown:
    """One page that the product rendered, and what is read of it."""

    name: str
    html: str
    page: Page
    outside: Page
    """Without what is in templates, which scripts put elsewhere."""


@cache
def every_page() -> list[Shown]:
    """Return every page of the tour, each one once."""
    return [
        Shown(rendered.template, rendered.html, Page(rendered.html), Page(TEMPLATE.sub("", rendered.html)))
        for rendered in dict.fromkeys(tour.tour())
    ]


def pages(name: str) -> list[str]:
    """Return every rendering of one page."""
    return [rendered.html for rendered in every_page() if rendered.name == name]


def wrong(keeps: Callable[[Shown], bool]) -> set[str]:
    """Return the names of the pages that do not keep a rule."""
    return {rendered.name for rendered in every_page() if not keeps(rendered)}


@cache
def mails() -> dict[str, tuple[str, str, str]]:
    """Return every mail as its sample makes it."""
    return {name: mail(name) for name in MAILS}


def mail(name: str, **changes: object) -> tuple[str, str, str]:
    """Return the subject, text and HTML of a mail."""
    sample: Any = SAMPLES[name]
    view = replace(sample, **changes)
    return render_part(view, "subject.txt"), text_of(view), render_part(view, "body.html")


def tokens(dark: bool) -> dict[str, str]:
    """Read the colours of a mode from the sheet, as ``rrggbb``."""
    block = re.findall(r":root\{([^}]*)\}", CSS)[int(dark)]
    colours = dict(re.findall(r"--([\w-]+):#([0-9a-f]{3,6})\b", block))
    return {
        name: value if len(value) == 6 else "".join(2 * digit for digit in value)
        for name, value in colours.items()
    }


def luminance(colour: str) -> float:
    """Give the relative luminance of ``rrggbb``, from 0 to 1. Source: WCAG 2.2, "relative luminance"."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, other: str) -> float:
    """Give the contrast ratio of two colours, from 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    low, high = sorted((luminance(first), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT_ON, 4.5), (EDGES_ON, 3.0)], ids=["text", "edges"])
def test_colours_contrast_enough(dark: bool, pairs: Mapping[str, Iterable[str]], least: float) -> None:
    colours = tokens(dark)
    weak = [
        (a, b) for a, grounds in pairs.items() for b in grounds if contrast(colours[a], colours[b]) < least
    ]
    assert not weak


def test_dark_colours_stay_on_screens_so_that_paper_gets_dark_text() -> None:
    assert "@media screen and (prefers-color-scheme:dark)" in CSS
    assert CSS.count("prefers-color-scheme") == 1


def test_the_sheets_are_light_and_ask_nothing_of_other_sites() -> None:
    assert len(CSS.encode()) < 10 * 1024
    assert len(AGENTS_CSS.encode()) <= 7 * 1024
    assert len(COMPANYS_CSS.encode()) <= 3 * 1024
    assert len(SHEETS_CSS.encode()) <= 3 * 1024
    assert not re.search(r"@import|@font-face|url\(", CSS + AGENTS_CSS + COMPANYS_CSS + SHEETS_CSS)


def test_every_page_is_met_and_every_mail_has_a_sample() -> None:
    assert {rendered.name for rendered in every_page()} == set(PAGES)
    assert set(SAMPLES) == set(MAILS)


NOT_ON_THE_TOUR = {
    "GET /delais": "an address of before, which leads to the help",
    "GET /sante": "alarms and operators ask for it",
    "GET /static/{digest}/{name}": "scripts of pages",
    "GET /connexion/code": "where the form of /connexion leads",
    "POST /connexion/proconnect": "the sign-in page of a stage that has ProConnect",
    "GET /connexion/proconnect/retour": "ProConnect leads back there",
    "POST /comptes/{account_id}/proconnect": "once an account is linked with ProConnect",
    "GET /parcours/{parcours_id}/collegue": "while a colleague's address waits for an answer",
    "POST /parcours/{parcours_id}/refus/annulation": "within a day of a refusal",
    "POST /parcours/{parcours_id}/notice": "while something that the young person said awaits a word",
    "POST /parcours/{parcours_id}/passage": "after a passage has ended",
    "POST /parcours/{parcours_id}/sms": "while somebody with a mobile number has not opened the link",
    "GET /offres": "an address of before, which leads to the list",
    "GET /run": "an address of before, which leads to the list",
    "GET /message-perdu": "an address of before, which leads to the page of links",
    "GET /compte/cles": "an address of before, which leads to the account",
    "GET /run/{run_id}": "an address of before, which leads to the list",
    "POST /comptes/{account_id}/retour": "while somebody is away",
    "POST /compte/absence": "on the own page of somebody who accompanies",
    "POST /compte/retour": "while one is away oneself",
    "GET /connexion/cle": "where the form of /connexion/code leads, for an account with a passkey",
    "POST /compte/cles/retrait": "once one has a passkey",
    "POST /comptes/{account_id}/cles": "on the page of an account with a passkey",
    "POST /suivi/agenda": "while a meeting is ahead",
    "GET /retrait/{rest}": "a link that a mail program broke",
    "GET /agenda/{account}/{secret}": "shown once, to be copied into a calendar program",
}
"""Routes that no page of the tour leads to, and what does."""


def is_called(route: Route, scripts: str) -> bool:
    """Return whether a script asks for this route, by its path or by the last word of it."""
    path = re.sub(r"\\{\w+\\}", r"\\$\\{[^}]+\\}", re.escape(route.path))
    return route.made_for == SCRIPT and bool(
        re.search(rf'["`/]({path}|{route.path.rpartition("/")[2]})["`]', scripts)
    )


def test_every_route_is_reached_from_a_page_or_is_known_to_be_reached_otherwise() -> None:
    scripts = "\n".join(path.read_text("utf-8") for path in statics.STATIC.rglob("*.js"))
    html = "\n".join(rendered.html for rendered in every_page())
    ways = {("GET", path) for path in re.findall(r'href="([^"#?]+)', html)}
    ways |= {("POST", path) for path in re.findall(r'data-[\w-]+="(/[^"#?]+)', html)}
    for tag in re.findall(r"<form[^>]*>", html):
        action, method = re.search(r'action="([^"#?]*)', tag), re.search(r'method="(\w+)', tag)
        ways |= {(method[1].upper() if method else "GET", action[1])} if action else set()

    def is_reached(route: Route) -> bool:
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path))
        return any(route.method == method and pattern.fullmatch(path) for method, path in ways)

    unreached = {
        f"{route.method} {route.path}"
        for route in ROUTES
        if not is_reached(route) and not is_called(route, scripts)
    }
    assert unreached - NOT_ON_THE_TOUR.keys() == set(), "no reader ever gets there"
    assert NOT_ON_THE_TOUR.keys() <= {f"{route.method} {route.path}" for route in ROUTES}


def test_pages_are_in_french_with_one_title_and_headings_in_order() -> None:
    def in_order(shown: Shown) -> bool:
        headings = shown.page.headings
        return headings.count("h1") == 1 and headings[0] == "h1" and ("h1", "h3") not in pairwise(headings)

    assert not wrong(lambda rendered: rendered.html.startswith("<!doctype html>"))
    assert not wrong(lambda rendered: ("html", {"lang": "fr"}) in rendered.page.tags)
    assert not wrong(in_order)


def test_pages_hold_our_sheets_alone_and_load_nothing_from_elsewhere() -> None:
    def loads_our_files_alone(tag: str, attrs: dict[str, str | None]) -> bool:
        loaded = attrs.get("src") or (attrs.get("href") if tag == "link" else None) or "/"
        drawn = tag == "link" and attrs["rel"] == "icon" and loaded.startswith("data:image/svg+xml,")
        return drawn or (loaded.startswith("/") and (tag != "script" or bool(attrs["src"])))

    ours = set(statics.read_files(".css").values())
    assert not wrong(
        lambda rendered: all(loads_our_files_alone(*tag_attributes) for tag_attributes in rendered.page.tags)
    )
    assert not wrong(lambda rendered: all("style" not in attrs for _, attrs in rendered.page.tags))
    assert not wrong(lambda rendered: set(STYLE.findall(rendered.html)) <= ours)
    assert not wrong(lambda rendered: statics.read_sheet("app.css") in STYLE.findall(rendered.html))
    assert not wrong(lambda rendered: sum(tag == "script" for tag, _ in rendered.page.tags) <= 1)
    assert not wrong(
        lambda rendered: not any(key.startswith("on") for _, attrs in rendered.page.tags for key in attrs)
    )


def test_a_page_draws_each_icon_that_it_shows_and_few_others() -> None:
    def drawn(html: str) -> bool:
        shown = set(re.findall(r'<use href="#([\w-]+)"', html))
        symbols = set(re.findall(r'<symbol id="([\w-]+)"', html))
        return shown <= symbols and len(symbols - shown) <= 5

    assert not wrong(lambda rendered: drawn(rendered.html))


def test_identifiers_are_unique_and_references_hold() -> None:
    for shown in every_page():
        tags = shown.outside.tags
        ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
        assert len(ids) == len(set(ids)), shown.name
        asked = {
            word
            for _, attrs in tags
            for key in ("for", "aria-describedby", "aria-labelledby")
            for word in (attrs.get(key) or "").split()
        }
        asked |= {(attrs["href"] or "")[1:] for _, attrs in tags if (attrs.get("href") or "").startswith("#")}
        assert asked <= set(ids), (shown.name, asked - set(ids))


def test_values_are_escaped() -> None:
    assert not wrong(lambda rendered: "<Arvel>" not in rendered.html and "<Ramain>" not in rendered.html)
    for name in ("parcours", "parcours-liste", "contacts", "histoire", "notice"):
        assert any("&lt;Arvel&gt;" in html for html in pages(name)), name
    assert "<voirie>" not in mail("lien")[2]
    assert "Espaces verts & <voirie>, lot" in mail("lien")[1]


def test_words_are_those_of_the_house() -> None:
    read = [(shown.name, shown.page.words) for shown in every_page()]
    read += [(name, subject + text + Page(html).words) for name, (subject, text, html) in mails().items()]
    for name, words in read:
        assert not NEVER.search(words), (name, NEVER.search(words))
        assert not re.search(r"\w [:;!?»]|« ", words), name


def test_every_row_of_a_list_has_its_header_and_every_list_says_what_it_shows() -> None:
    """RGAA 5.6 and 8.6."""
    for name in ("parcours-liste", "comptes"):
        for html in pages(name):
            rows = html.count('<tr role="row"') - html.count('<thead role="rowgroup"')
            assert html.count('scope="row"') == rows, name
            assert html.count("<caption") == html.count("<table class") and 'rowgroup" colspan' not in html, (
                name
            )
    titles = {
        name: {
            re.sub(r"\s+", " ", html.split("<title>")[1].split(" · Passe-plat")[0]) for html in pages(name)
        }
        for name in ("parcours-liste", "comptes")
    }
    assert all(re.search(r"\d|aucun résultat", title) for of_page in titles.values() for title in of_page), (
        titles
    )
    assert any(title.startswith("«") for title in titles["comptes"])


def test_every_page_says_how_far_accessibility_conforms_as_the_audit_found() -> None:
    """RGAA: « partiellement conforme » from half of the criteria that apply, « totalement » when all of them are met."""
    verdicts = re.findall(r"^\| \d+\.\d+ \| (.*?) \|", AUDIT.read_text(), re.MULTILINE)
    met, applying = verdicts.count("met"), len(verdicts) - verdicts.count("—")

    assert len(verdicts) == 106 and applying / 2 <= met < applying
    assert not wrong(lambda rendered: "Accessibilité\u00a0: partiellement conforme" in rendered.html)
    declaration = Page(pages("accessibilite")[0]).words
    rate = f"{100 * met / applying:.1f}".replace(".", ",")
    assert f"Sur les {applying} critères qui s’appliquent, {met} sont respectés, soit {rate}" in declaration


@pytest.mark.parametrize("company", ["Arvel", "Jardins Morvenne", "Menuiseries Réunies du Val d’Orbe"])
def test_the_subject_says_offer_and_purpose_within_what_telephones_show(company: str) -> None:
    def about(parcours: MarketFacts) -> MarketFacts:
        return replace(parcours, entreprise=company, acheteur=company, reference="CSF-7K3Q-92")

    for key, message in every_message().items():
        if isinstance(message, ParcoursView):
            subject = render_part(replace(message, parcours=about(message.parcours)), "subject.txt")
        elif isinstance(message, AssignedView | HandedAwayView) and message.parcours:
            named = tuple(about(parcours) for parcours in message.parcours)
            subject = render_part(replace(message, parcours=named), "subject.txt")
        else:
            continue
        name, _, purpose = subject.partition(" – ")
        assert company.startswith(name.rstrip("…")) and len(name) <= 24, (key, subject)
        assert purpose and not purpose.startswith("CSF") and "(" not in subject, (key, subject)


def test_what_is_asked_of_a_company_says_early_how_long_it_takes() -> None:
    for key, view in every_message().items():
        if isinstance(view, LinkView | ReminderView):
            opening = "\n".join(text_of(view).split("\n\n")[2 : 4 + isinstance(view, LinkView)])
            assert f"omptez {config.READING_MINUTES}\u00a0minutes" in opening, (key, opening)
            assert view.sender.name in opening or isinstance(view, ReminderView), (key, opening)


def test_no_two_sentences_of_a_mail_touch() -> None:
    for name, message in every_message().items():
        text, html = text_of(message), render_part(message, "body.html")
        for said in (text, Page(html).words):
            assert not re.findall(r"[a-zé»)][.!?][A-ZÀÉÊ]", said), name


def test_the_announcement_quotes_the_subject_of_the_first_mail() -> None:
    text = (Path(__file__).parents[2] / "templates" / "texts" / "annonce.txt").read_text()
    quoted = re.search("«\u00a0([^»]*)\u00a0»", text)

    assert quoted is not None and quoted[1] in mails()["lien"][0]


def test_a_mail_leads_to_one_page_at_most_and_loads_nothing() -> None:
    for name, (subject, text, html) in mails().items():
        assert "\n" not in subject, name
        # What the company is asked first says how to say no.
        most = 4 if ASKED[name] == EACH else 2 if ASKED[name] in {DECLINES, OURS_EACH} else 1
        assert len(re.findall("https?://", text)) <= most, name
        assert len(re.findall("https?://", html)) == html.count("<a ") <= most, name
        loading = {"img", "link", "script", "style", "iframe", "form"}
        assert not {tag for tag, _ in Page(html).tags} & loading, name


@pytest.mark.parametrize(
    ("kinds", "words"),
    [((Kind.CV,), "le CV"), ((Kind.LETTER,), "la lettre"), ((Kind.CV, Kind.LETTER), "le CV et la lettre")],
)
def test_the_link_mail_names_the_documents_and_gives_the_token_as_text(
    kinds: tuple[Kind, ...], words: str
) -> None:
    subject, text, html = mail("lien", kinds=kinds)
    assert subject == "Jardins Morvenne – Un jeune attend votre réponse"
    for body in (text, Page(html).words):
        assert f"Voici {words} d’un jeune" in body
        assert TOKEN in body.replace(f"#{TOKEN}", "").split()
        assert "passe-plat.example/retrait" in body
        assert "mercredi 2\u00a0décembre\u00a02026" in body
        assert ("les documents" in body) == (len(kinds) == 2)


def test_a_link_sent_again_says_that_the_former_one_is_dead() -> None:
    subject, text, html = mail("lien", again=True)
    assert subject == "Jardins Morvenne – Nouveau lien pour un jeune"
    assert all("l’ancien ne marche plus" in body for body in (text, html))
    assert not any("ancien" in part for part in mail("lien", again=False) + mail("lien"))


@pytest.mark.parametrize("opened", [False, True])
def test_what_is_asked_in_a_mail_with_a_link_is_done_on_its_page(opened: bool) -> None:
    for body in (*mail("lien")[1:], *mail("rappel", opened=opened)[1:]):
        assert re.search("indiquez la bonne personne sur la page", body, re.IGNORECASE)
        assert re.search(r"des dates de rendez-vous,? (toujours sur cette|sur la même) page", body)
        assert "pour proposer des dates" not in body
        assert "répondez-moi" not in body.lower()
        assert "code vous sera donné" not in body


@pytest.mark.parametrize(("buys", "other"), [(False, "Métropole du Val d’Orbe"), (True, "Jardins Morvenne")])
def test_a_careful_reader_of_the_first_mail_learns_why_she_gets_it_and_whom_to_ask(
    buys: bool, other: str
) -> None:
    subject, text, html = mail("lien", page=replace(PAGE, buys=buys))
    assert subject.startswith("Jardins Morvenne – ")
    for body in (text, Page(html).words):
        assert "Bonjour Nadia Bellanger," in body
        assert f"Votre marché avec {other} prévoit ce stage" in body
        assert "m.esteve@academie.example" in body
    assert all("Bonjour," in body for body in mail("lien", greeted="")[1:])


def test_every_mail_says_who_publishes_the_service_and_where_to_ask() -> None:
    for name, (_, *bodies) in mails().items():
        for body in bodies:
            assert config.settings().publisher_name in body, name
            assert f"Écrivez à {config.settings().support_address}" in body, name


def test_every_mail_says_where_its_address_comes_from_and_what_rights_that_gives() -> None:
    """But those to the data protection officer, whose address is a setting."""
    whence = "Votre adresse (est celle de votre compte|a été déclarée avec l’offre)"
    for name, (_, *bodies) in mails().items():
        for body in bodies:
            is_known = name not in {"droits", "droits-suite"}
            assert bool(re.search(whence, body)) is is_known, name
            assert ("/donnees-personnelles" in body) is is_known, name
            assert "Vous pouvez vous opposer à tout moment, sans dire pourquoi" in body or not is_known, name


def test_a_reminder_gives_the_code_to_paste_as_the_first_mail_does() -> None:
    _, text, html = mail("rappel")
    for body in (text, Page(html).words):
        assert "passe-plat.example/retrait et collez cette suite de lettres" in body
        assert TOKEN in body.replace(f"#{TOKEN}", "").split()
    assert not any(
        "collez cette suite de lettres" in body
        for body in mail("rappel", page=None, asked=DatesAsked(written=True, buys=False, call=""))[1:]
    )


def test_the_address_of_a_meeting_at_a_distance_is_text_whose_host_stands_out() -> None:
    host = Exact("visio.morvenne.example")
    place = Place("En visio", VideoAddress(host, Exact(f"https://{host}/salle-3")))
    for cancelled in (False, True):
        _, text, html = mail("rendez-vous", place=place, cancelled=cancelled, page=None)
        assert "En visio, chez visio.morvenne.example\u00a0: https://visio.morvenne.example/salle-3" in text
        assert "https://<strong>visio.morvenne.example</strong>/salle-3" in html
        assert "href" not in html


def test_under_a_date_it_stands_that_calendars_answer_nobody_and_where_to_write() -> None:
    said = "Répondre dans l’agenda ne prévient personne. Un empêchement\u202f? "
    ways: dict[str, dict[str, object]] = {
        "Écrivez sur votre page, ou répondez à ce message, le plus tôt possible.": {},
        "Répondez à ce message le plus tôt possible.": {"page": None},
        "Dites-le sur la page du parcours le plus tôt possible.": {"page": None, "accompanies": True},
    }
    for way, fields in ways.items():
        _, text, html = mail("rendez-vous", **fields)
        assert said + way in text and said + way in Page(html).words
    assert said not in mail("rendez-vous", cancelled=True)[1]


def test_a_mail_is_laid_out_for_outlook_too_and_its_first_words_tell() -> None:
    for name, (subject, _, html) in mails().items():
        for hack in ("<!--[if mso]>", 'width="600"', "mso-hide:all"):
            assert hack in html, name
        assert html.count("<!--[if mso]>") == html.count("<![endif]-->"), name
        hidden = re.findall(r'<div style="display:none[^"]*">([^<]*)</div>', html)
        assert len(hidden) == 1 and hidden[0].strip() and hidden[0].strip() not in subject, name
        # Word knows paddings on cells only.
        padded = re.findall(r"<(\w+)[^>]*[\"; ]padding:(?!0;)[^>]*>", html)
        assert set(padded) <= {"td", "a"}, name
        assert html.count("mso-padding-alt:16px 20px;") == html.count("mso-padding-alt:0;"), name


HERS, OURS, ANSWER, NOTHING = "her link", "a page for who signs in", "an answer", "nothing"
DECLINES = "her link, and the same to decline"
HOLDER = f"/retrait/#{TOKEN}"
EACH = "a link for each line"
OURS_EACH = "a page for each line, for who signs in"
ASKED = {
    "autres-dates": HERS,
    "avis-envoi": OURS,
    "avis-refus": OURS,
    "avis-retour": OURS,
    "avis-suite": OURS,
    "entree-du-compte": OURS,
    "code": NOTHING,
    "code-proconnect": OURS,
    "compte-inutilise": OURS,
    "confie": OURS,
    "contacts": OURS,
    "contacts-changes": OURS,
    "contacts-plusieurs": OURS_EACH,
    "dates": OURS,
    "droits": ANSWER,
    "effaces": OURS,
    "droits-suite": NOTHING,
    "fin-acheteur": OURS,
    "fin-entreprise": HERS,
    "invitation": OURS,
    "lien": DECLINES,
    "message-perdu": HERS,
    "passe-a": NOTHING,
    "absence": OURS,
    "absence-finie": OURS,
    "prises": OURS,
    "rappel": DECLINES,
    "rappel-plusieurs": EACH,
    "rappels": OURS,
    "refus": HERS,
    "refus-collegue": HERS,
    "rendez-vous": HERS,
}
"""What each mail asks for, and so what it must give. A new one has its row."""
WITHOUT_NUMBER = frozenset({"avis-refus", "confie", "contacts-changes", "fin-acheteur"})
"""Of those about a parcours: nobody outside acted, whom their reader would call."""


def test_a_mail_that_asks_gives_its_link_and_the_name_and_number_of_whom_it_comes_from() -> None:
    assert ASKED.keys() == mails().keys()
    for name, (_, text, html) in mails().items():
        links = re.findall(r"https?://\S+", text)
        other = f"/retrait/#r{TOKEN[1:]}"
        ends = {
            DECLINES: [HOLDER, HOLDER + TO_DECLINE],
            EACH: [HOLDER, HOLDER + TO_DECLINE, other, other + TO_DECLINE],
            HERS: [HOLDER],
            OURS: [""],
            ANSWER: [],
            NOTHING: [],
            OURS_EACH: ["", ""],
        }[ASKED[name]]
        assert len(links) == len(ends) and all(map(str.endswith, links, ends)), name
        people = (getattr(SAMPLES[name], column, None) for column in ("sender", "missed", "who"))
        somebody = next((person for person in people if person is not None), None)
        if somebody is not None and name not in WITHOUT_NUMBER:
            for body in (text, Page(html).words):
                assert somebody.name in body and somebody.phone in body, name


def test_each_holder_of_a_link_is_asked_for_what_is_hers() -> None:
    for name in ("lien", "rappel"):
        for body in mail(name, page=replace(PAGE, buys=True))[1:]:
            assert "Passer le lien à l’entreprise" in body and "le lien part à son adresse" in body
            assert "dates de rendez-vous" not in body
            assert "Ce n’est pas vous" not in body and "accueillir ?" not in body
            assert "documents vous attendent" not in body
        for body in mail(name, page=replace(PAGE, passes=False))[1:]:
            assert "bonne personne sur la page" not in body
            assert "en indiquant la bonne personne" in body
        for body in mail(name, page=replace(PAGE, code=True, decline_url=None))[1:]:
            assert "six chiffres" in body
            assert "Nous ne pouvons pas accueillir" not in body
            assert "nous chercherons ailleurs : répondez à ce message" in body.replace("\u00a0", " ")


def test_the_date_of_a_link_asks_nobody_to_open_and_promises_no_single_opening() -> None:
    for page in (*pages("envoi"), *pages("retrait")):
        assert "une seule ouverture" not in page and "Ouvrez avant cette date" not in page
    assert all("avez jusqu’au" not in page for page in pages("retrait"))


def test_an_absence_does_not_say_who_announced_it() -> None:
    for body in mail("absence")[1:]:
        assert "est annoncée" in body and "annonce une absence" not in body


def test_the_company_is_told_of_the_end_without_a_reason_and_says_on_its_page_that_copies_are_gone() -> None:
    _, text, html = mail("fin-entreprise")
    assert f"Dire ensuite que c’est fait\u00a0:\n{PAGE.url}" in text
    assert "/retrait" not in "".join(mail("fin-entreprise", page=None)[1:])
    assert "supprimez" in text and "supprimez" in html
    assert "renonc" not in text + html


@pytest.mark.parametrize(("sent", "free"), [(True, False), (False, True)])
def test_the_buyer_is_told_of_documents_that_were_and_of_an_offer_that_is_free(
    sent: bool, free: bool
) -> None:
    subject, *bodies = mail("fin-acheteur", sent=sent, free=free)
    assert ("libre" in subject) is free and all(("libre" in body) is free for body in bodies)
    assert all(("15 minutes" in body) is sent for body in bodies)


@pytest.mark.parametrize("name", ["avis-suite", "fin-entreprise", "fin-acheteur"])
def test_a_passage_that_is_over_has_lost_its_reference_and_no_mail_says_none(name: str) -> None:
    assert "CSF-7K3Q-92" in mail(name)[1]
    assert not any(
        "None" in part or "Référence" in part for part in mail(name, parcours=replace(MARKET, reference=None))
    )


def test_what_destroys_is_folded_and_says_what_goes() -> None:
    gestures, sent = ('/revocation"', '/effacement"'), []
    for html in pages("parcours"):
        folded = "".join(re.findall(r"<details data-detruit>.*?</details>", html, flags=re.DOTALL))
        assert [html.count(gesture) for gesture in gestures] == [
            folded.count(gesture) for gesture in gestures
        ]
        if "pas encore ouvert" in html:
            sent.append([folded.count(gesture) for gesture in (*gestures, "nous effaçons", "définitif")])
    assert [2, 1, 1, 1] in sent


def test_a_subject_cannot_start_another_header() -> None:
    assert "\n" not in mail("lien", parcours=replace(MARKET, marche="Vert\r\nBcc: x@y.example"))[0]


def test_the_code_is_written_whole() -> None:
    _, text, html = mail("code")
    assert all(re.findall(r"\b[\d ]{14}\b", part) == ["3041 1827 6509"] for part in (text, Page(html).words))


def test_scripts_are_served_by_name_only() -> None:
    _, _, digest, name = statics.build_asset_path("agent.js").split("/")
    text = (statics.STATIC / "agent.js").read_text(encoding="utf-8")
    assert re.fullmatch("[0-9a-f]{12}", digest)
    assert statics.read_script(digest, name) == (text, True)
    assert statics.read_script("000000000000", name) == (text, False)
    for stranger in ("absent.js", "app.css", "../layout.html", "", "..", str(Path("/etc/passwd"))):
        assert statics.read_script(digest, stranger) is None
    with pytest.raises(LookupError):
        statics.build_asset_path("absent.js")


def test_a_day_is_written_without_its_year_only_where_it_is_near() -> None:
    """Only the end of a link, or the answer to it, is written without its year: it lies within the month."""
    near = {"emails/lien", "pages/envoi.html", "macros/turn.html"}
    files = [path for path in templating.TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"}]
    bare = {
        str(file.relative_to(templating.TEMPLATES))
        for file in files
        if re.search(r"\| *jour\b", file.read_text())
    }

    assert {prefix for prefix in bare if not any(prefix.startswith(known) for known in near)} == set()
