"""What can be checked of the looks and words without a browser: contrasts, weight, markup, mails."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chalicelib import config, templating
from infra.local import mail_gallery
from tests.unit.look_samples import HELD, MAIL_SAMPLES, MARKET, SAMPLES, TOKEN

CSS = (templating.STATIC / "app.css").read_text(encoding="utf-8")
AGENTS_CSS = (templating.STATIC / "agent.css").read_text(encoding="utf-8")
COMPANYS_CSS = (templating.STATIC / "retrait.css").read_text(encoding="utf-8")
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
    r"\b(décroch\w+|bénéficiaires?|candidats?|candidature|entretien d[’']embauche|tokens?|dépôts?|payload|purges?|claim"
    r"|de bout en bout|sécurisée?s?|cliquez ici|oups|veuillez|merci de|prochainement|dans les plus brefs délais)\b"
    r"|100\s%|\w·\w|\{[{%]",
    re.IGNORECASE,
)
PAGES = sorted(path.stem for path in (templating.TEMPLATES / "pages").glob("*.html"))
MAILS = sorted(path.name for path in (templating.TEMPLATES / "emails").iterdir())


class Page(HTMLParser):
    """What a page says and how: tags with their attributes, and the words that can be read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.words = ""
        self._folded = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.words += " "
        # A template or a noscript stands for another page than the one shown at first.
        self._folded += tag in {"template", "noscript"}
        if tag in {"h1", "h2", "h3"} and not self._folded:
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._folded -= tag in {"template", "noscript"}

    def handle_data(self, data: str) -> None:
        self.words += data


def every_page() -> list[tuple[str, str]]:
    """Give (name, HTML) of every page under each of its sample contexts."""
    common = {"agent": None, "nav": ""}
    return [
        (name, templating.render(f"pages/{name}.html", **common | one))
        for name in PAGES
        for one in SAMPLES[name]
    ]


def mail(name: str, **changes: object) -> tuple[str, str, str]:
    """Give the subject, text and HTML of a mail."""
    parts = ("subject.txt", "body.txt", "body.html")
    subject, text, html = (
        templating.render(f"emails/{name}/{part}", **MAIL_SAMPLES[name] | changes) for part in parts
    )
    return subject, text, html


def tokens(dark: bool) -> dict[str, str]:
    """Read the colours of a mode from the sheet, as ``rrggbb``."""
    block = re.findall(r":root\{([^}]*)\}", CSS)[int(dark)]
    found = dict(re.findall(r"--([\w-]+):#([0-9a-f]{3,6})\b", block))
    return {
        name: value if len(value) == 6 else "".join(2 * digit for digit in value)
        for name, value in found.items()
    }


def luminance(colour: str) -> float:
    """Give the relative luminance of ``rrggbb``, from 0 to 1. Source: WCAG 2.2, "relative luminance"."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours, from 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT_ON, 4.5), (EDGES_ON, 3.0)], ids=["text", "edges"])
def test_colours_contrast_enough(dark, pairs, least):
    colours = tokens(dark)
    weak = [
        (a, b) for a, grounds in pairs.items() for b in grounds if contrast(colours[a], colours[b]) < least
    ]
    assert not weak


def test_dark_colours_stay_on_screens_so_that_paper_gets_dark_text():
    assert "@media screen and (prefers-color-scheme:dark)" in CSS
    assert CSS.count("prefers-color-scheme") == 1


def test_the_sheets_are_light_and_ask_nothing_of_other_sites():
    assert len(CSS.encode()) < 12 * 1024
    assert len(AGENTS_CSS.encode()) <= 6 * 1024
    assert len(COMPANYS_CSS.encode()) <= 3 * 1024
    assert not re.search(r"@import|@font-face|url\(", CSS + AGENTS_CSS + COMPANYS_CSS)


def test_every_page_and_mail_has_samples():
    assert set(SAMPLES) == set(PAGES)
    assert set(MAIL_SAMPLES) == set(MAILS)


def test_pages_are_in_french_with_one_title_and_headings_in_order():
    for name, html in every_page():
        page = Page(html)
        assert html.startswith("<!doctype html>"), name
        assert ("html", {"lang": "fr"}) in page.tags, name
        assert page.headings.count("h1") == 1 and page.headings[0] == "h1", name
        assert all(b <= "h2" or a >= "h2" for a, b in zip(page.headings, page.headings[1:], strict=False)), (
            name
        )


def test_pages_hold_no_style_nor_script_nor_address_of_another_site():
    for name, html in every_page():
        for tag, attrs in Page(html).tags:
            assert tag != "style" and "style" not in attrs, name
            assert not [key for key in attrs if key.startswith("on")], name
            assert tag != "script" or attrs["src"], name
            loaded = attrs.get("src") or (attrs.get("href") if tag == "link" else None) or "/"
            assert loaded.startswith("/"), name


def test_identifiers_are_unique_and_references_hold():
    for name, html in every_page():
        outside = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
        ids = [attrs["id"] for _, attrs in Page(outside).tags if "id" in attrs]
        assert len(ids) == len(set(ids)), name
        for _, attrs in Page(outside).tags:
            asked = " ".join(
                attrs.get(key) or "" for key in ("for", "aria-describedby", "aria-labelledby")
            ).split()
            asked += [attrs["href"][1:]] if (attrs.get("href") or "").startswith("#") else []
            assert set(asked) <= set(ids), name


def test_values_are_escaped():
    html = templating.render("pages/parcours.html", **SAMPLES["parcours"][0])
    assert "<Morvenne>" not in html and "&lt;Morvenne&gt;" in html
    assert "<voirie>" not in mail("lien")[2]
    assert "Espaces verts & <voirie>, lot" in mail("lien")[1]


def test_words_are_those_of_the_house():
    read = [(name, Page(html).words) for name, html in every_page()]
    read += [
        (name, subject + text + Page(html).words) for name in MAILS for subject, text, html in [mail(name)]
    ]
    for name, words in read:
        assert not NEVER.search(words), (name, NEVER.search(words))
        assert not re.search(r"\w [:;!?»]|« ", words), name


def test_every_page_says_that_accessibility_is_not_conformant():
    assert all("Accessibilité\u00a0: non conforme" in html for _, html in every_page())


@pytest.mark.parametrize("name", sorted(mail_gallery.messages()))
def test_no_two_sentences_of_a_mail_touch(name):
    message = mail_gallery.messages()[name]
    for said in (mail_gallery.part(message, "body.txt"), Page(mail_gallery.part(message, "body.html")).words):
        assert not re.findall(r"[a-zé»)][.!?][A-ZÀÉÊ]", said)


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_has_one_link_at_most_and_loads_nothing(name):
    subject, text, html = mail(name)
    assert "\n" not in subject
    assert len(re.findall("https?://", text)) <= 1
    assert len(re.findall("https?://", html)) == html.count("<a ") <= 1
    assert not {tag for tag, _ in Page(html).tags} & {"img", "link", "script", "style", "iframe", "form"}
    assert "mot de passe" in text and "mot de passe" in html


@pytest.mark.parametrize(
    ("kinds", "words"),
    [(["cv"], "le CV"), (["lettre"], "la lettre"), (["cv", "lettre"], "le CV et la lettre")],
)
def test_the_link_mail_names_the_documents_and_gives_the_token_as_text(kinds, words):
    subject, text, html = mail("lien", kinds=kinds)
    assert (
        subject
        == "Un jeune est prêt à commencer\u00a0! Espaces verts & <voirie>, lot\u00a02 (Métropole du Val d’Orbe)"
    )
    for body in (text, Page(html).words):
        assert f"Je vous envoie {words} d’un jeune" in body
        assert TOKEN in body.replace(f"#{TOKEN}", "").split()
        assert "passe-plat.example/retrait" in body
        assert "mercredi 2\u00a0décembre\u00a02026, 14\u202fh\u202f12" in body
        assert ("les documents" in body) == (len(kinds) == 2)


def test_a_link_sent_again_says_that_the_former_one_is_dead():
    subject, text, html = mail("lien", again=True)
    assert subject.startswith("Nouveau lien.")
    assert all("l’ancien ne marche plus" in body for body in (text, html))
    assert not any("ancien" in part for part in mail("lien", again=False) + mail("lien"))


@pytest.mark.parametrize("opened", [False, True])
def test_what_is_asked_in_a_mail_with_a_link_is_done_on_its_page(opened):
    for body in (*mail("lien")[1:], *mail("rappel", opened=opened)[1:]):
        assert re.search("indiquez la bonne personne sur la page", body, re.IGNORECASE)
        assert re.search(r"des dates de rencontre,? (toujours sur cette|sur la même) page", body)
        assert "pour proposer des dates" not in body
        assert "répondez-moi" not in body.lower()
        assert "code vous sera donné" not in body


@pytest.mark.parametrize(("buys", "other"), [(False, "Métropole du Val d’Orbe"), (True, "Jardins Morvenne")])
def test_a_careful_reader_of_the_first_mail_learns_why_she_gets_it_and_whom_to_ask(buys, other):
    subject, text, html = mail("lien", held=HELD | {"buys": buys})
    assert subject.endswith(f"({other})")
    for body in (text, Page(html).words):
        assert "Bonjour Nadia Bellanger," in body
        assert f"parce que votre marché avec {other} prévoit un stage" in body
        assert "m.esteve@academie.example" in body
    assert all("Bonjour," in body for body in mail("lien", greeted="")[1:])


@pytest.mark.parametrize("name", MAILS)
def test_every_mail_says_who_publishes_the_service_and_where_to_ask(name):
    for body in mail(name)[1:]:
        assert config.settings().publisher_name in body
        assert f"Écrivez à {config.settings().support_address}" in body


def test_a_reminder_gives_the_code_to_paste_as_the_first_mail_does():
    _, text, html = mail("rappel")
    for body in (text, Page(html).words):
        assert "passe-plat.example/retrait et collez ce code" in body
        assert TOKEN in body.replace(f"#{TOKEN}", "").split()
    assert not any(
        "collez ce code" in body
        for body in mail("rappel", url=None, asked={"written": True, "buys": False})[1:]
    )


def test_a_meeting_at_a_distance_is_one_click_away_until_it_is_cancelled():
    video = "https://visio.morvenne.example/salle-3"
    _, text, html = mail("rendez-vous", video=video, place="À distance")
    assert f"À distance\u00a0: {video}" in text
    assert f'href="{video}"' in html
    assert "href" not in mail("rendez-vous", video=video, place="À distance", cancelled=True)[2]


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_laid_out_for_outlook_too_and_its_first_words_tell(name):
    subject, _, html = mail(name)
    for one in ("<!--[if mso]>", 'width="600"', "mso-hide:all"):
        assert one in html
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->")
    hidden = re.findall(r'<div style="display:none[^"]*">([^<]*)</div>', html)
    assert len(hidden) == 1 and hidden[0].strip() and hidden[0].strip() not in subject
    # Word knows paddings on cells only.
    padded = re.findall(r"<(\w+)[^>]*[\"; ]padding:(?!0;)[^>]*>", html)
    assert set(padded) <= {"td", "a"}
    assert html.count("mso-padding-alt:16px 20px;") == html.count("mso-padding-alt:0;")


def test_each_holder_of_a_link_is_asked_for_what_is_hers():
    for name in ("lien", "rappel"):
        for body in mail(name, held=HELD | {"buys": True})[1:]:
            assert "l’entreprise" in body and "depuis la page" in body
            assert "dates de rencontre" not in body
            assert "Ce n’est pas vous" not in body
        for body in mail(name, held=HELD | {"passes": False})[1:]:
            assert "bonne personne sur la page" not in body
            assert "en indiquant la bonne personne" in body
        for body in mail(name, held=HELD | {"code": True})[1:]:
            assert "Un code vous sera donné par téléphone" in body


def test_the_company_is_told_of_the_end_without_a_link_nor_a_reason():
    _, text, html = mail("fin-entreprise")
    assert "http" not in text + html
    assert "supprimez" in text and "supprimez" in html
    assert "renonc" not in text + html


@pytest.mark.parametrize(("sent", "free"), [(True, False), (False, True)])
def test_the_buyer_is_told_of_documents_that_were_and_of_an_offer_that_is_free(sent, free):
    subject, *bodies = mail("fin-acheteur", sent=sent, free=free)
    assert ("libre" in subject) is free and all(("libre" in one) is free for one in bodies)
    assert all(("15 minutes" in one) is sent for one in bodies)


@pytest.mark.parametrize(("sample", "checked"), [(0, True), (1, False)])
def test_the_last_recipient_is_proposed_unless_that_sending_was_just_withdrawn(sample, checked):
    html = templating.render("pages/envoi.html", **SAMPLES["envoi"][sample])
    address = re.escape(str(SAMPLES["envoi"][sample]["last_recipient"]))
    assert bool(re.search(rf'value="{address}" checked', html)) is checked


@pytest.mark.parametrize("name", ["avis-suite", "fin-entreprise", "fin-acheteur"])
def test_a_passage_that_is_over_has_lost_its_reference_and_no_mail_says_none(name):
    assert "CSF-7K3Q-92" in mail(name)[1]
    assert not any(
        "None" in part or "Référence" in part for part in mail(name, parcours=MARKET | {"reference": None})
    )


def test_what_destroys_is_folded_and_says_what_goes():
    html = templating.render("pages/parcours.html", **{"agent": None, "nav": ""} | SAMPLES["parcours"][0])
    folded = "".join(re.findall(r"<details data-detruit>.*?</details>", html, flags=re.DOTALL))
    assert html.count('/revocation"') == folded.count('/revocation"') == 2
    assert html.count('/effacement"') == folded.count('/effacement"') == 1
    assert folded.count("cesse de marcher") == 3


def test_a_subject_cannot_start_another_header():
    assert "\n" not in mail("lien", parcours=MARKET | {"marche": "Vert\r\nBcc: x@y.example"})[0]


def test_the_code_is_written_whole():
    _, text, html = mail("code")
    assert all(re.findall(r"\b[\d ]{14}\b", one) == ["30 41 18 27 65"] for one in (text, Page(html).words))


def test_static_files_are_served_by_name_only():
    _, _, digest, name = templating.asset("app.css").split("/")
    assert re.fullmatch("[0-9a-f]{12}", digest)
    assert templating.static_file(digest, name) == (CSS, "text/css; charset=utf-8", True)
    assert templating.static_file("000000000000", name) == (CSS, "text/css; charset=utf-8", False)
    for stranger in ("absent.css", "../layout.html", "", "..", str(Path("/etc/passwd"))):
        assert templating.static_file(digest, stranger) is None
    with pytest.raises(LookupError):
        templating.asset("absent.css")
