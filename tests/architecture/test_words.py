"""How the house speaks to people: the words that are never said stand in no template, table or script.

The rendered pages and mails are read by ``tests/unit/test_pages_and_mails.py``; here is what they are made of, the branches
that no sample shows included.
"""

import re
from html import unescape
from pathlib import Path

import pytest

from infra import gateway
from tests.architecture.sources import CODE, ROOT, strings

NEVER = (
    r"décroch\w+", r"bénéficiaires?", r"candidat(e|es|s|ure|ures)?", r"entretiens? d[’'\s]embauche",
    r"passages?", r"transmet\w*", r"transmis(?:e|es)?", r"f(?:ai|ass|er)\w*\s+suivre",
    r"à qui de jouer", r"tokens?", r"dépôts?", r"payloads?", r"purg(e|es|é|ée|er)", r"claims?",
    r"de bout en bout", r"sécurisée?s?", r"100\s?%",
    r"cliquez ici", r"oups", r"veuillez", r"merci de", r"prochainement", r"dans les plus brefs délais",
    r"\w+·\w+", r"\w+\(e\)s?", r"\w+\.e\.s?",
)  # fmt: skip
FORBIDDEN = re.compile("|".join(rf"(?<!\w)(?:{pattern})(?!\w)" for pattern in NEVER), re.IGNORECASE)
WOMEN, MEN = "(?:tutrice|coordinatrice|acheteuse)", "(?:tuteur|coordinateur|acheteur)"
ARTICLE = r"(?:\b(?:la|le|les|une?|du|de la|au|à la)\s|\b(?:à )?l[’'])?"
BOTH = re.compile(rf"{ARTICLE}(?:{WOMEN}\s+ou\s+{ARTICLE}{MEN}|{MEN}\s+ou\s+{ARTICLE}{WOMEN})", re.IGNORECASE)
GUESSED = re.compile(
    rf"\bvous êtes (?:déconnecté|connecté|invité|arrivé|inscrit)e?\b|\b(?:{WOMEN}|(?:le|un|votre|son) {MEN})\b",
    re.IGNORECASE,
)
"""A gender that is stored nowhere: « sa tutrice ». « la tutrice ou le tuteur » is said, and « Acheteur » of an organisation."""

FRENCH = [path for path in CODE if {"words", "web", "domain", "mails"} & set(path.relative_to(ROOT).parts)]
"""Modules that hold sentences; the others hold expressions of AWS, and English."""
MISSET = re.compile(
    r"[ \u00a0][;!?](?=[\s»)]|$)|[ \u202f]:(?=\s|$)|[ \u202f]%(?=\W|$)|«[\w \u202f]|[\w.!?… \u202f]»",
    re.MULTILINE,
)
"""Spaces that French print sets otherwise, or at which a line may break."""
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"} and path.is_file()
)
SCRIPTS = sorted((ROOT / "templates" / "static").glob("*.js"))
SPOKEN = [
    ROOT / "chalicelib" / name
    for name in (
        "words/codes.py",
        "words/timeline.py",
        "words/young.py",
        "web/kit/errors.py",
        "web/sheet.py",
        "web/lists.py",
        "web/kit/page.py",
        "web/outcomes.py",
        "web/accounts.py",
        "web/sending.py",
        "french.py",
        "mails/letters.py",
        "words/mails.py",
        "web/importing.py",
        "domain/fields.py",
        "web/public.py",
    )
]


def readable(source: str) -> str:
    """Return what people read of a template: Jinja, tags and comments left out, attributes that are read aloud kept."""
    without = re.sub(r"\{#.*?#\}|\{%.*?%\}|<!--.*?-->", " ", source, flags=re.DOTALL)
    without = re.sub(
        r"\{\{.*?\}\}", lambda match: " ".join(re.findall(r'"([^"]*)"', match[0])), without, flags=re.DOTALL
    )
    aloud = " ".join(re.findall(r'(?:aria-label|title|alt|placeholder|value)="([^"]*)"', without))
    return re.sub(r"<[^>]*>", " ", without) + " " + aloud


def sentences(path: Path) -> list[str]:
    """Return what a module says to people: its texts that hold a space or a capital."""
    return [text for text in strings(path) if " " in text or text[:1].isupper()]


def spoken(script: str) -> list[str]:
    """Return the texts of a script that hold a space between letters, comments left out."""
    code = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", " ", script, flags=re.DOTALL)
    matches = re.findall(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`|\'((?:[^\'\\\n]|\\.)*)\'', code)
    texts = ["".join(groups) for groups in matches]
    return [re.sub(r"\$\{[^}]*\}", " ", text) for text in texts if re.search(r"[a-zéèàç’] [a-zéèàç]", text)]


def wrong(text: str) -> str | None:
    """Return the first word of a text that is never said; None when there is none."""
    match = FORBIDDEN.search(text) or GUESSED.search(BOTH.sub("", text))
    return match[0] if match else None


def test_no_template_says_what_is_never_said() -> None:
    for path in TEMPLATES:
        assert wrong(readable(path.read_text())) is None, path


def test_no_table_of_words_says_it() -> None:
    for path in SPOKEN:
        said = sentences(path)
        assert said, path
        assert [text for text in said if wrong(text)] == [], path


def test_no_script_says_it() -> None:
    for path in SCRIPTS:
        assert [text for text in spoken(path.read_text()) if wrong(text)] == [], path.name


def test_the_scripts_are_read() -> None:
    """The test above finds texts in the scripts; otherwise it would pass on nothing."""
    assert sum(len(spoken(path.read_text())) for path in SCRIPTS) > 40


def test_the_gateway_does_not_say_it_either() -> None:
    for kind, answer in gateway.ANSWERS.items():
        assert wrong(f"{answer.title} {answer.text}") is None, kind


def test_no_page_asks_for_what_a_person_keeps_secret() -> None:
    for path in [*TEMPLATES, *SCRIPTS]:
        assert not re.search(r"""["'](?:current-|new-)?password["']""", path.read_text()), path


def test_there_is_no_exclamation_mark() -> None:
    for path in TEMPLATES:
        text = readable(path.read_text()).replace("doctype", "")
        assert re.findall(r"[^\s<]*\s?!(?!=)", text) == [], path.name
    for path in SPOKEN:
        assert not [text for text in sentences(path) if "!" in text], path.name


def texts_of(path: Path) -> list[str]:
    """Return what a file holds for people to read, in sources of any kind."""
    if path.suffix == ".py":
        return list(strings(path))
    if path.suffix == ".js":
        return [text for text in spoken(path.read_text()) if "${" not in text]  # else it is cut in its code
    return [unescape(readable(path.read_text()))]


def test_marks_are_set_as_in_french_print() -> None:
    """A narrow no-break space before ; ! ?, a no-break space before : and % and inside « », written as they are read."""
    for path in [*TEMPLATES, *SCRIPTS, *FRENCH]:
        assert [(match[0], text) for text in texts_of(path) for match in MISSET.finditer(text)] == [], path


@pytest.mark.parametrize(
    "text", ["Pourquoi ?", "Oui\u00a0?", "Un : deux", "« deux »", "25 %", "fin\u00a0; puis"]
)
def test_misset_marks_are_seen(text: str) -> None:
    assert MISSET.search(text)


def test_apostrophes_are_typographic() -> None:
    for path in SPOKEN:
        assert [text for text in sentences(path) if re.search(r"\w'\w", text)] == [], path
