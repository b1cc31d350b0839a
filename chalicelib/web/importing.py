"""The page of the import: the file, what somebody says of it, the lines that are in and those that wait; and a mailed CV."""

import base64
import binascii
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from chalice.app import Response

from chalicelib import config, french
from chalicelib.domain.accounts.invitees import MOST_LINES as MOST_INVITED
from chalicelib.domain.fields import ALL, get_text
from chalicelib.domain.importing import (
    CALLED,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_LINES,
    NEEDED,
    STATES,
    TITLE_CHARACTERS,
    TUTOR_ADDRESS,
    TUTOR_NAME,
    Answers,
    ByHand,
    Dropped,
    Entry,
    Fault,
    FileProblem,
    NamedPerson,
    NotATable,
    Problem,
    Reading,
    Status,
    Word,
    parse_table,
    select_waiting_lines,
)
from chalicelib.domain.kernel.people import check_team
from chalicelib.domain.kernel.territory import DOMAINES
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import TooLarge, Unreadable
from chalicelib.stories import importing
from chalicelib.stories.importing import Report
from chalicelib.web.inviting import USUAL_FUNCTION
from chalicelib.web.kit.calls import NoForm, Unread
from chalicelib.web.kit.forms import draw_idempotency_key
from chalicelib.web.kit.http import answer, read_form
from chalicelib.web.kit.page import AgentCall, FreshCall
from chalicelib.web.kit.page_view import PageView
from chalicelib.web.lists import CSV, write_csv

CELL: dict[Problem, str] = {
    Problem.EMPTY: "rien n’y a été lu. Vérifiez la case, et le titre de la colonne.",
    Problem.TOO_LONG: "texte trop long. Raccourcissez-le.",
    Problem.CHARACTERS: "caractères non lisibles. Retapez le texte.",
    Problem.ADDRESS: "adresse non valable. Vérifiez-la.",
    Problem.ACCENTED_ADDRESS: "adresse avec un accent avant le « @ » : nos messages ne peuvent pas y aller.",
    Problem.PHONE: "numéro de téléphone non valable. Vérifiez-le.",
    Problem.DATE: "date non valable, ou incomplète. Écrivez-la comme 12/05/2026 : le jour d’abord.",
    Problem.BEFORE_START: "cette date précède celle d’avant dans le marché. Vérifiez les deux.",
    Problem.NOT_KEPT: "ce marché est terminé depuis trop longtemps pour être gardé : retirez la ligne.",
    Problem.HOURS: "nombre d’heures non valable. Écrivez un nombre entier, de 1 à 2 000.",
    Problem.DOMAIN: "domaine inconnu. Choisissez-en un seul dans la liste.",
    Problem.DEPARTEMENT: "département inconnu. Écrivez son numéro ou son nom.",
    Problem.ACADEMIE: "académie inconnue. Vérifiez son nom.",
    Problem.SIRET: "numéro non valable. Un SIREN a 9 chiffres, un SIRET en a 14.",
    Problem.WEBSITE: "adresse de site non valable. Vérifiez-la.",
    Problem.LINK: "adresse de site ou de messagerie. Enlevez-la : nos messages n’en portent pas.",
    Problem.NAME: "ce n’est pas un nom ou une fonction. Écrivez-les seuls, sans phrase ni numéro.",
    Problem.MORE_CELLS: "la ligne a plus de cases que de titres. Vérifiez les séparateurs et les guillemets.",
    Problem.STATUS: "mot inconnu. Écrivez « libre », « en préparation » ou « terminée ».",
    Problem.NO_TUTOR: "vide, et quelqu’un suit ce parcours. Écrivez son adresse, ou « libre » dans le statut.",
    Problem.NO_ACCOUNT: "pas de compte à cette adresse. Vérifiez-la, ou invitez cette personne puis renvoyez la ligne.",
}
"""What is wrong with a cell, after « Ligne 37, colonne e-mail : »."""

DROPPED: dict[Dropped, str] = {
    Dropped.ATTACHMENTS: "pièces jointes : elles n’entrent jamais",
    Dropped.COMMENTS: "texte libre, dont seuls entrent les faits datés, car il peut parler d’un jeune",
    Dropped.DEDUCED: "le service la trouve de lui-même",
    Dropped.ACCOUNT: "le nom seul ne désigne personne : donnez aussi l’adresse, ou désignez ici",
    Dropped.STATUS: "il dit si la ligne entre, il n’est pas recopié",
    Dropped.UNKNOWN: "titre inconnu",  # said beside the field in which its column is chosen
}

BY_HAND: dict[ByHand, str] = {
    ByHand.CONVENTION: "convention signée dans le tableau, en préparation ici : notez la signature et la fin du stage",
    ByHand.NO_TOWN: "commune à écrire",
    ByHand.NO_TASKS: "tâches à écrire",
    ByHand.NO_DEPARTEMENT: "département à choisir",
    ByHand.NO_CONTACT: "aucune personne de l’entreprise : personne ne peut prendre cette offre avant qu’il y en ait une",
    ByHand.CONTACT_WITHOUT_MAIL: "contact sans adresse électronique, non repris : à saisir",
    ByHand.MISTYPED: "une adresse ressemble à une autre, à un signe près : à vérifier",
}
"""What a line leaves to do."""
STATUS: dict[Status, str] = {
    Status.FREE: "libre",
    Status.PREPARING: "en préparation",
    Status.OVER: "terminée",
}
"""What the team says of an offer, on the page and in the file that comes back."""

LIMITS = f"{MOST_LINES} lignes et {french.taille(MOST_BYTES)} au plus."
FILE: dict[FileProblem, str] = {
    FileProblem.NO_FILE: "Aucun fichier n’est arrivé, ou il est vide. Choisissez le fichier, puis recommencez.",
    FileProblem.OTHER_ENCODING: "Ce fichier n’est pas en UTF-8. Enregistrez le fichier en CSV UTF-8.",
    FileProblem.NOT_CSV: (
        f"Ce fichier n’est pas un CSV lisible, ou il a plus de {MOST_COLUMNS} colonnes. Exportez de nouveau le tableau, puis "
        "choisissez-le."
    ),
    FileProblem.OTHER_FORMAT: (
        "Ce fichier n’est ni un CSV ni un .xlsx lisible : autre format, abîmé, trop grand, protégé par un mot de passe, ou avec "
        "des macros. Enregistrez-le en .xlsx ou en CSV, puis choisissez-le."
    ),
    FileProblem.NO_TITLES: (
        "Aucun titre connu n’a été lu sur la première ligne de ce fichier (d’un classeur, celle des feuilles visibles). Mettez-y "
        "des titres de la liste « Ce qui est lu », puis choisissez-le de nouveau."
    ),
    FileProblem.NO_LINE: "Ce fichier n’a aucune ligne sous ses titres. Vérifiez le tableau, puis exportez-le de nouveau.",
    FileProblem.TOO_LARGE: f"{LIMITS} Rien n’a été importé. Coupez le tableau en plusieurs fichiers.",
}
"""What is wrong with the file as a whole."""


MOST_WORDS = 60
"""Words of status columns that the page asks for; the lines of more of them wait."""
TITLE, WORD = "titre-", "statut-"
FIELDS = frozenset(
    {"fichier", "etape", "pretes"}
    | {f"{TITLE}{place}" for place in range(MOST_COLUMNS)}
    | {f"{WORD}{place}" for place in range(MOST_WORDS)}
)
"""``etape``: ``lire``; ``import``; or ``reste``, the lines that wait as a file. ``pretes``: numbers of the lines shown as ready.

The page carries the file from one to the next: nothing of it is kept here.
"""
MOST_FORM_BYTES = 1_500_000
"""A file of 1 MB in base64, and what the form adds."""
NO_COLUMN = "aucune"
"""What the form says of a title that stands for no column."""


def list_columns() -> list[tuple[str, str]]:
    """Return name and words of each column that is read, those without which there is no offer first."""
    names = [*NEEDED, *(name for name in ALL if name not in NEEDED), *STATES, TUTOR_NAME, TUTOR_ADDRESS]
    return [(name, CALLED[name]) for name in names if name in CALLED]


class UnknownTitle(NamedTuple):
    """A title that is none of ours: the field in which its column is chosen, and what it is taken for (empty: nothing)."""

    field: str
    title: str
    column: str


class UnknownWord(NamedTuple):
    """A word of a status column that nobody knows, and the field in which its meaning is chosen: value and words of each."""

    field: str
    column: str
    text: str
    choices: list[tuple[str, str]]


class Strangers(NamedTuple):
    """People of the file without an account, who can be invited together; the fields fill the form that invites several."""

    title: str
    people: str
    """« Prénom Nom adresse », one a line."""
    lines: list[str]
    fields: dict[str, str]


class MadeRow(NamedTuple):
    """A line that is in, and its offer; ``to_do``: what is left to do by hand."""

    number: int
    company: str
    contract: str
    lot: str | None
    href: str
    to_do: list[str]
    commented: bool
    noted: int
    """How many facts of its comments are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """What a file holds and, once it is imported, what became of it."""

    content: str
    """The file as base64url."""
    sheet: str
    """Of a workbook, the one that was read; empty: it was a CSV, or the page has brought it back."""
    answers: dict[str, str]
    """What was said of it, by the names of fields."""
    refused: list[str]
    """What is wrong with the file as a whole, which keeps all of it out."""
    titles: list[UnknownTitle]
    columns: list[tuple[str, str]]
    """What an unknown title may stand for: name and words of each column that is read."""
    words: list[UnknownWord]
    ready: int
    here: int
    over: list[int]
    doubles: list[int]
    held: int
    """How many lines wait,"""
    waiting: list[str]
    """and all that is wrong with them."""
    strangers: list[Strangers]
    given: list[tuple[str, int]]
    """Who is given new offers that the table says are prepared, and how many."""
    dropped: list[tuple[str, str]]
    """Columns that do not enter, and why."""
    shown: str
    """Numbers of the lines that are ready, which come back."""
    is_written: bool
    made: list[MadeRow]
    total: int
    """How many lines this import makes offers of."""
    is_paused: bool
    """It goes on by itself."""


@dataclass(frozen=True, slots=True)
class ImportPage(PageView):
    """The form that takes the file; ``error``: why the last file was not taken, empty at first; ``table``: what it holds."""

    template = "import"

    error: str = ""
    table: TableRead | None = None
    needed: tuple[str, ...] = tuple(CALLED[name] for name in NEEDED)
    """Titles of the columns without which there is no offer, but for its département or académie,"""
    others: tuple[str, ...] = tuple(
        words for name, words in list_columns() if name not in {*NEEDED, "departement", "academie"}
    )
    """and of the others that are read."""
    domains: tuple[str, ...] = DOMAINES
    limits: str = LIMITS
    max_bytes: int = MOST_BYTES


@dataclass(frozen=True, slots=True)
class MailedCvPage(PageView):
    """What to answer to somebody who sent a CV by mail."""

    template = "cv-par-mail"

    text: str
    mailto: str
    lines: int


def show_file_page(call: FreshCall[NoForm]) -> Response:
    """Show the form that takes the file. Raises NotFound: the agent is not of the team."""
    check_team(call.agent)
    return call.show(ImportPage(), "import")


def import_file(call: FreshCall[Unread]) -> Response:
    """Read a file and say what it holds; with ``etape=import`` make its offers. Repeating it changes nothing more.

    Raises NotFound: the agent is not of the team.
    """
    check_team(call.agent)
    try:
        asked = read_form(call.request, FIELDS, MOST_FORM_BYTES)
    except TooLarge:
        return _refuse(call, FileProblem.TOO_LARGE)
    answers, is_written = _read_answers(asked), asked["etape"] == "import"
    try:
        content, sheet = importing.open_file(_decode_file(asked["fichier"]))
        if is_written:
            shown = {int(number) for number in asked["pretes"].split() if number.isdecimal()}
            report = importing.write(call.agent, content, answers, shown, now=call.now)
        else:
            report = importing.read(call.agent, content, answers, now=call.now)
        if asked["etape"] == "reste":
            return _send_waiting_lines(content, report.reading, answers)
    except NotATable as refusal:
        return _refuse(call, refusal.problem)
    table = _build_table(report, content, sheet, asked, is_written=is_written)
    return call.show(ImportPage(table=table), "import", status=_choose_status(table))


def show_mailed_cv(call: AgentCall[NoForm]) -> Response:
    """Show a ready answer to somebody who sent a CV by mail."""
    text = TEXT.format(address=f"{config.public_base_url()}/connexion")
    mail = f"mailto:?subject={quote(SUBJECT)}&body={quote(text.replace(chr(10), chr(13) + chr(10)))}"
    return call.show(MailedCvPage(text, mail, lines=text.count("\n") + 6), "aide")


def _decode_file(encoded: str) -> bytes:
    """Return the bytes of the file, which the form carries as base64url.

    Raises:
        Unreadable: it is not base64url.
    """
    try:
        return base64.b64decode(encoded.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise Unreadable from None


def _read_answers(asked: dict[str, str]) -> Answers:
    """Read what somebody says of the file; what is none of the form's choices counts as nothing said."""
    columns = {place: asked[f"{TITLE}{place}"] for place in range(MOST_COLUMNS)}
    choices = (asked[f"{WORD}{place}"].split("|", 2) for place in range(MOST_WORDS))
    return Answers(
        {
            place: "" if column == NO_COLUMN else column
            for place, column in columns.items()
            if column in {*dict(list_columns()), NO_COLUMN}
        },
        {
            Word(choice[1], choice[2]): Status(choice[0])
            for choice in choices
            if len(choice) == len(("status", "column", "text")) and choice[0] in set(Status)
        },
    )


def _send_waiting_lines(content: bytes, reading: Reading, answers: Answers) -> Response:
    """Send the lines that wait as a file, with a column that says what to correct."""
    sentences: dict[int, str] = {}
    for fault in reading.faults:
        if fault.line is not None:
            sentences[fault.line] = f"{sentences.get(fault.line, '')} {describe_cell_fault(fault)}".strip()
    rows = select_waiting_lines(parse_table(content), answers, sentences, STATUS)
    headers = {"Content-Disposition": 'attachment; filename="a-corriger.csv"'}
    return answer(200, write_csv(rows), CSV, headers=headers)


def _refuse(call: AgentCall[Any], problem: FileProblem) -> Response:
    """Show the form again, with why the file was not taken."""
    status = 413 if problem is FileProblem.TOO_LARGE else 422
    return call.show(ImportPage(FILE[problem]), "import", status=status)


def _choose_status(table: TableRead) -> int:
    """Return the HTTP status: 422 for a refused file, 202 or 503 for one that is in only in part, 200 otherwise."""
    if table.refused:
        return 422
    if table.is_paused:
        return 202
    return 503 if table.is_written and len(table.made) < table.total else 200


def _build_table(
    report: Report, content: bytes, sheet: str, asked: dict[str, str], *, is_written: bool
) -> TableRead:
    """Build what the page says of a file. ``asked``: the form that brought it."""
    reading = report.reading
    words = [word for word in reading.words if len(word.text) <= TITLE_CHARACTERS]
    made = [entry.line.number for entry in report.made]
    numbers = sorted({*made, *(line.number for line in reading.lines)})
    return TableRead(
        content=base64.urlsafe_b64encode(content).decode(),
        sheet=sheet[:TITLE_CHARACTERS],
        answers={name: value for name, value in asked.items() if value and name.startswith((TITLE, WORD))},
        refused=[describe_fault(fault) for fault in reading.faults if fault.line is None],
        titles=[
            UnknownTitle(f"{TITLE}{heading.place}", heading.title[:TITLE_CHARACTERS], heading.column)
            for heading in reading.headings
        ],
        columns=list_columns(),
        words=_list_words(words, asked),
        ready=len(reading.lines),
        here=sum(entry.line.number not in made for entry in reading.here),
        over=[line.number for line in reading.over],
        doubles=[line.number for line in reading.doubles],
        held=len(reading.waiting),
        waiting=[describe_fault(fault) for fault in reading.faults if fault.line is not None],
        strangers=_group_strangers(report.people),
        given=list(Counter(report.given.values()).items()),
        dropped=[(title, DROPPED[why]) for title, why in reading.dropped if why is not Dropped.UNKNOWN],
        shown=" ".join(map(str, numbers)),
        is_written=is_written and not reading.is_refused,
        made=[_build_row(entry, report.noted) for entry in report.made],
        total=report.total,
        is_paused=report.is_paused,
    )


def _list_words(words: list[Word], asked: dict[str, str]) -> list[UnknownWord]:
    """List the words to ask for, in fields that hold no answer yet."""
    free_fields = [name for place in range(MOST_WORDS) if not asked[name := f"{WORD}{place}"]]
    return [
        UnknownWord(
            name,
            CALLED[word.column],
            word.text,
            [(f"{status}|{word.column}|{word.text}", STATUS[status]) for status in Status],
        )
        for name, word in zip(free_fields, words, strict=False)
    ]


def _group_strangers(people: tuple[NamedPerson, ...]) -> list[Strangers]:
    """Group people without an account by what one invitation of several gives: the role and the place."""
    groups: dict[tuple[Role, str], list[NamedPerson]] = {}
    for person in people:
        groups.setdefault((person.role, person.siren or person.place), []).append(person)
    return [_build_strangers(role, members) for (role, _), members in groups.items()]


def _build_strangers(role: Role, members: list[NamedPerson]) -> Strangers:
    """Build the group of these people; as many of them as one list invites."""
    lines = [f"{person.name} {person.address}".strip() for person in members[:MOST_INVITED]]
    place = members[0].place
    if role is Role.TUTOR:
        title = f"Tutrices et tuteurs, {french.academie(place)}"
        fields = {"tutrice": "1", "academie": place, "fonction": USUAL_FUNCTION["tutrice"]}
    else:
        title = f"Achats, {place}"
        fields = {"achat": "1", "siren": members[0].siren, "organisation": place, "fonction": "achats"}
    return Strangers(title, "\n".join(lines), lines, {**fields, "cle": draw_idempotency_key()})


def describe_fault(fault: Fault) -> str:
    """Describe a fault of the file: « Ligne 37, colonne référent (e-mail) : adresse non valable. »"""
    column = CALLED[fault.column]
    if fault.problem is Problem.MISSING_COLUMN:
        return f"Il manque la colonne « {column} »."
    if fault.problem is Problem.COLUMN_TWICE:
        return f"La colonne « {column} » est là deux fois."
    mark = " :" if fault.problem is Problem.MORE_CELLS else ","
    return f"Ligne {fault.line}{mark} {describe_cell_fault(fault)}"


def describe_cell_fault(fault: Fault) -> str:
    """Describe what is wrong with a line, without its number: « colonne e-mail : adresse non valable. Vérifiez-la. »"""
    if fault.problem is Problem.MORE_CELLS:
        return CELL[fault.problem]
    return f"colonne {CALLED[fault.column]} : {CELL[fault.problem]}"


def _build_row(entry: Entry, noted: Mapping[int, int]) -> MadeRow:
    """Build the row of a line that is in; ``noted``: how many facts of its comments are in, by its number."""
    line = entry.line
    return MadeRow(
        number=line.number,
        company=get_text(line.values, "entreprise"),
        contract=get_text(line.values, "objet"),
        lot=get_text(line.values, "lot") or None,
        href=f"/parcours/{entry.parcours}",
        to_do=[BY_HAND[task] for task in line.by_hand],
        commented=line.commented,
        noted=noted.get(line.number, 0),
    )


SUBJECT = "Votre envoi par message : passez par Passe-plat"
TEXT = """Bonjour,

J’ai reçu un CV ou une lettre par message. Je ne les envoie à personne, et j’efface votre message avec ses pièces jointes.

Pour que l’entreprise les reçoive, envoyez-les vous-même :
1. Connectez-vous avec votre adresse professionnelle : {address}
2. Ouvrez votre parcours. Si l’offre est encore libre, prenez-la.
3. Choisissez « Envoyer les documents », puis la personne de l’entreprise.

L’entreprise reçoit un lien qui s’ouvre dans un seul navigateur. Vous voyez quand. L’équipe n’a pas accès aux documents.

Effacez aussi le message que vous m’avez envoyé, dans vos messages envoyés.

Bonne journée"""
