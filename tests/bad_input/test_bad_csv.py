"""Bad input of the import (B63 to B68): each has its French answer, nothing is written, kept or logged of it."""

import base64
from collections.abc import Callable

import pytest

from chalicelib.domain.importing import MOST_BYTES
from chalicelib.web import importing
from tests.bad_input.cases import CANARY, Case, Scene, assert_refusal, check, each, held
from tests.support import csv_samples, http
from tests.support.csv_samples import confirmed, form
from tests.support.http import Answer, Client
from tests.support.workbooks import archive, members, workbook

NOT_CSV = "Ce fichier n’est pas un CSV lisible"
NO_TITLES = "Aucun titre connu n’a été lu sur la première ligne"
OTHER = "n’est ni un CSV ni un .xlsx lisible"
UTF8 = "Enregistrez le fichier en CSV UTF-8."
MOST = "500 lignes et 1 Mo au plus."
TEXT = csv_samples.text(csv_samples.rows(3))
TITLES = list(csv_samples.TITLES)
SHEET = {"T": [TITLES, list(csv_samples.row(1).values())]}
LONG_CELL = workbook(
    {"T": [TITLES, *(list(row.values()) for row in csv_samples.rows(3, {3: {"Tâches": "x" * 200_000}}))]}
)
FAR_CELL = archive(
    {
        **members(workbook(SHEET)),
        "xl/worksheets/sheet1.xml": b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>',
    }
)
BROWSERS: dict[str, Client] = {}


def team(scene: Scene) -> Client:
    """The browser of the team, signed in once for a scene: signing in writes."""
    if scene.team.id not in BROWSERS:
        BROWSERS[scene.team.id] = http.signed_in(scene.team)
    return BROWSERS[scene.team.id]


def posted(body: dict[str, str] | str | bytes, **asked: str) -> Callable[[Scene], Answer]:
    """Return the request that posts this body to the import as somebody of the team."""
    return lambda scene: team(scene).post_form("/import", body, **asked)


def a_file(name: str, content: str | bytes, status: int, says: str) -> Case:
    """Return the case of an imported file with this content, and the status and sentence that answer it."""
    return Case(name, posted(form(content)), status, None, says)


def a_line(name: str, says: str, **changes: str) -> Case:
    """A file of 40 lines whose line 37 holds a bad value."""
    rows = csv_samples.rows(40, {37: changes})
    return Case(name, posted(form(csv_samples.text(rows))), 200, None, says)


FILES = [
    a_file("B63 UTF-16", TEXT.encode("utf-16"), 422, UTF8),
    a_file("B63 UTF-16 big endian, no mark", TEXT.encode("utf-16-be"), 422, UTF8),
    a_file("B63 a byte that Windows-1252 does not know", TEXT.encode("cp1252") + b"\x81", 422, UTF8),
    a_file("B64 missing column", TEXT.replace(";Heures;", ";Temps;"), 422, "Il manque la colonne « heures »."),
    a_file("B64 column twice", TEXT.replace("Created;", "Objet;"), 422, "La colonne « objet » est là deux fois."),
    a_file("B65 501 lines", csv_samples.text(csv_samples.rows(501)), 413, MOST),
    a_file("B65 more than 1 MB", TEXT + ";" * MOST_BYTES, 413, MOST),
    a_file("B65 a form past its size", TEXT + ";" * importing.MOST_FORM_BYTES, 413, MOST),
    a_file("B68 unclosed quote", TEXT + f'"{CANARY};1;2\n', 422, NOT_CSV),
    a_file("B68 2 000 columns", TEXT.replace("\r\n", ";" * 2_000 + "\r\n", 1), 422, NOT_CSV),
    a_file("B68 an archive cut", b"PK\x03\x04" + bytes(500), 422, OTHER),
    a_file("B68 an old or a protected workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), 422, OTHER),
    a_file("B68 a PDF", b"%PDF-1.7\n" + bytes(500), 422, OTHER),
    a_file("B68 macros", workbook(SHEET, also={"xl/vbaProject.bin": b"x"}), 422, OTHER),
    a_file("B68 another archive", archive({"content.xml": b"<x/>", "mimetype": b"application/vnd.oasis"}), 422, OTHER),
    a_file("B68 a workbook cut", workbook(SHEET)[:-300], 422, OTHER),
    a_file("B68 no XML in it", archive({"xl/workbook.xml": CANARY.encode()}), 422, OTHER),
    a_file("B65 unpacks to 60 MB", workbook(SHEET, also={"xl/media/x": bytes(60_000_000)}), 422, OTHER),
    a_file("B65 a row of 1 048 576 and a cell of XFD", FAR_CELL, 422, OTHER),
    a_file("B65 a workbook of 501 lines", workbook({"T": [TITLES, *(["x"] for _ in range(501))]}), 413, MOST),
    a_file("B65 a workbook of a long sheet", workbook({"T": [TITLES, *(["x" * 900] for _ in range(1_200))]}), 413, MOST),
    a_file("B65 a workbook of 101 columns", workbook({"T": [TITLES, ["x"] * 101]}), 422, "plus de 100 colonnes"),
    a_file("B64 a workbook without titles", workbook({"T": [["Bonjour"], [CANARY]]}), 422, NO_TITLES),
    a_file("B64 a CSV without titles", f"Bonjour;Monsieur\n{CANARY};x\n", 422, NO_TITLES),
    a_file("B64 hidden alone", workbook(SHEET, hidden=("T",)), 422, OTHER),
    a_file("B68 NUL", TEXT.replace("Menuiserie", "Menui\0serie"), 422, NOT_CSV),
    a_file("B68 a page", f"<!doctype html><p>{CANARY}</p>", 422, NO_TITLES),
    a_file("nothing", "", 422, "Aucun fichier n’est arrivé"),
    a_file("titles alone", csv_samples.text([]), 422, "n’a aucune ligne sous ses titres"),
]  # fmt: skip
LINES = [
    a_line("B67 an address", "colonne e-mail du référent : adresse non valable.", **{"E-mail_du_référent": CANARY}),
    a_line("B67 a day", "colonne fin clause : date non valable", Fin_clause="30/02/2027"),
    a_line("B67 no hours", "colonne heures : rien n’y a été lu", Heures=" "),
    a_line("B67 hours", "colonne heures : nombre d’heures non valable.", Heures="1e3"),
    a_line("B67 a place", "colonne département : département inconnu.", Département=CANARY),
    a_line("B67 a domain", "colonne domaine : domaine inconnu.", Domaine=CANARY),
    a_line("B67 a cell of 200 000", "colonne tâches : texte trop long.", Tâches="x" * 200_000),
    a_file("B67 a workbook with a cell of 200 000", LONG_CELL, 200, "colonne tâches : texte trop long."),
    a_file("B67 a cell too many", TEXT.rstrip() + ";" + CANARY + "\n", 200, "Ligne 4 : la ligne a plus de cases"),
]  # fmt: skip
FORMS = [
    Case("not base64", posted({"etape": "lire", "fichier": CANARY + "*"}), 400, None, "Nous n’avons pas pu lire votre demande"),
    Case("base64 cut", posted({"etape": "lire", "fichier": "QUJDR"}), 400, None, "Nous n’avons pas pu lire votre demande"),
    Case("not ASCII", posted({"etape": "lire", "fichier": "é" * 8}), 400, None, "Nous n’avons pas pu lire votre demande"),
    Case("B54 unknown field", posted({**form(TEXT), "role": "team"}), 400, None, "un champ que cette page n’a pas"),
    Case("a field twice", posted("etape=lire&etape=import"), 400, None, "Nous n’avons pas pu lire votre demande"),
    Case("bytes", posted(b"\xff\xfe"), 400, None, "Nous n’avons pas pu lire votre demande"),
    Case("B69 JSON", posted("{}", content_type="application/json"), 415, "media_type", "pas ce format"),
    Case(
        "a tutor", lambda scene: scene.agent.post_form("/import", confirmed(TEXT)), 404, None, "Il n’y a rien à cette adresse"
    ),
    Case("signed out", lambda _: Client().post_form("/import", confirmed(TEXT)), 401, None, "Rien n’a encore été enregistré"),
]  # fmt: skip


@each(FORMS)
def test_a_form_that_is_not_ours_is_refused(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    team(scene)

    check(case, scene, capsys)


@each(FILES)
def test_a_file_that_cannot_be_taken_is_said_and_changes_nothing(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    team(scene)
    before = held(scene.world)
    capsys.readouterr()

    answer = case.ask(scene)

    assert_refusal(answer, case.status, case.code, case.says)
    assert CANARY not in answer.text
    assert CANARY not in capsys.readouterr().out
    assert held(scene.world) == before


@each(LINES)
def test_a_bad_line_waits_and_lets_the_others_in(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    team(scene)
    before = held(scene.world)
    capsys.readouterr()

    answer = case.ask(scene)

    assert answer.status == 200 and case.says in answer.words
    assert "1 à corriger." in answer.words
    assert CANARY not in capsys.readouterr().out
    assert held(scene.world) == before
    assert "39 offres à créer" in answer.words or "2 offres à créer" in answer.words


@pytest.mark.parametrize("cell", ["<script>alert(1)</script>", "{{7*7}}", "${jndi:x}", "%0d%0aSet-Cookie: a"])
def test_markup_in_a_cell_is_text_on_the_page(scene: Scene, cell: str) -> None:
    """B80: markup in a cell is shown as text on the import's page."""
    rows = [csv_samples.row(1, Objet=cell, Commentaires="x")]
    answer = team(scene).post_form("/import", confirmed(csv_samples.text(rows)))

    assert answer.status == 200 and "Ateliers Brévent 1" in answer.text
    assert "<script>alert" not in answer.text and ">49<" not in answer.text


def test_a_title_or_a_cell_that_fills_the_file_is_shown_cut(scene: Scene) -> None:
    """A page is at most 6 MB, and markup is four times as long in it; the content itself comes back as base64."""
    title = "<" * 900_000
    titled = csv_samples.text([csv_samples.row(1) | {title: "x"}], titles=(*csv_samples.TITLES, title))

    answer = team(scene).post_form("/import", form(titled))

    assert answer.status == 200 and 10 < answer.text.count("&lt;") < 1_000
    word = csv_samples.text([csv_samples.row(1, Disponibilité="<" * 900_000)])
    assert team(scene).post_form("/import", form(word)).text.count("&lt;") == 0, "asked for by its line"


def test_the_content_comes_back_on_the_page_as_it_went(scene: Scene) -> None:
    answer = team(scene).post_form("/import", form(TEXT))

    encoded = base64.urlsafe_b64encode(TEXT.encode()).decode()
    assert f'name="fichier" value="{encoded}"' in answer.text
