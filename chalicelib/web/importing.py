"""The pages of the import: the file, the report of a rehearsal or of what was written, and what to do with a mailed CV."""

import base64
import binascii
import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from chalice.app import Response

from chalicelib import config, french
from chalicelib.domain.accounts.invitees import MOST_LINES as MOST_INVITED
from chalicelib.domain.fields import ALL, get_text
from chalicelib.domain.import_report import (
    REPORT_DAYS,
    ByHand,
    Fate,
    ImportedLine,
    ImportReport,
    Problem,
    WaitingLines,
)
from chalicelib.domain.importing import (
    CALLED,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_LINES,
    MOST_READ,
    NEEDED,
    STATES,
    TITLE_CHARACTERS,
    TUTOR_ADDRESS,
    TUTOR_NAME,
    UNCORRECTED,
    Dropped,
    Entry,
    Fault,
    FileProblem,
    NamedPerson,
    NotATable,
    Reading,
    WrongCell,
    list_mistyped_cells,
    list_tasks,
    list_wrong_cells,
    parse_table,
    select_held_lines,
)
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import check_team
from chalicelib.domain.kernel.territory import ACADEMIES, DEPARTEMENTS, DOMAINES
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Words
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

CELL = Words[Problem, str](
    {
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
    },
    stranger="à vérifier.",
)
"""What is wrong with a cell, after « Ligne 37, colonne e-mail : »."""

DROPPED: dict[Dropped, str] = {
    Dropped.ATTACHMENTS: "pièces jointes : elles n’entrent jamais",
    Dropped.COMMENTS: "texte libre : il peut parler d’un jeune, il n’entre jamais",
    Dropped.DEDUCED: "le service la trouve de lui-même",
    Dropped.ACCOUNT: "le nom seul ne désigne personne : donnez aussi l’adresse, ou désignez ici",
    Dropped.STATUS: "il sert à lister les lignes à reprendre à la main, il n’est pas recopié",
    Dropped.UNKNOWN: "titre inconnu",  # said beside the field in which its column is chosen
}

BY_HAND = Words[ByHand, str](
    {
        ByHand.IN_PREPARATION: "en préparation dans le tableau, disponible ici : désignez la tutrice ou le tuteur",
        ByHand.CONVENTION: "convention signée dans le tableau, disponible ici : désignez qui suit, puis notez ce qui s’est passé",
        ByHand.NO_TOWN: "commune à écrire",
        ByHand.NO_TASKS: "tâches à écrire",
        ByHand.NO_DEPARTEMENT: "département à choisir",
        ByHand.NO_CONTACT: "aucune personne de l’entreprise : personne ne peut prendre cette offre avant qu’il y en ait une",
        ByHand.CONTACT_WITHOUT_MAIL: "contact sans adresse électronique, non repris : à saisir",
        ByHand.MISTYPED: "une adresse ressemble à une autre, à un signe près : à vérifier",
    },
    stranger="à vérifier",
)
"""What a line leaves to do."""

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
    FileProblem.CHANGED: "Le contenu n’est plus celui de l’essai. Rien n’a été importé. Choisissez de nouveau le fichier.",
    FileProblem.TOO_LARGE: f"{LIMITS} Rien n’a été importé. Coupez le tableau en plusieurs fichiers.",
}
"""What is wrong with the file as a whole."""


MOST_CORRECTED = 60
"""Values that one report lets correct on the page; those after them come in the next one."""
TITLE, CELL_FIELD = "titre-", "valeur-"
FIELDS = frozenset(
    {"fichier", "etape", "empreinte", "essai", "origine"}
    | {f"{TITLE}{place}" for place in range(MOST_COLUMNS)}
    | {f"{CELL_FIELD}{place}" for place in range(MOST_CORRECTED)}
)
"""``etape``: ``essai``, with what is corrected; ``import``; or ``reste``, the lines that wait as a file.

``empreinte``: hash of the file that was rehearsed; ``origine``: of the one that was chosen, before anything was corrected.
"""
MOST_FORM_BYTES = 1_500_000
"""A file of 1 MB in base64, and what the form adds."""
CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "domaine": tuple((domain, domain) for domain in DOMAINES),
    "departement": tuple((code, f"{code} {name}") for code, name in DEPARTEMENTS.items()),
    "academie": tuple((name, name) for name in ACADEMIES),
}
"""Columns of which a closed list is taken: value and words of each choice."""


class KeptReport(NamedTuple):
    """A report that is still there."""

    href: str
    at: datetime
    lines: int
    held: int


def list_columns() -> list[tuple[str, str]]:
    """Return name and words of each column that is read, those without which there is no offer first."""
    names = [*NEEDED, *(name for name in ALL if name not in NEEDED), *STATES, TUTOR_NAME, TUTOR_ADDRESS]
    return [(name, CALLED[name]) for name in names if name in CALLED]


@dataclass(frozen=True, slots=True)
class FilePage(PageView):
    """The form that takes the file; ``error``: why the last file was not taken, empty at first."""

    template = "import"

    error: str
    reports: list[KeptReport]
    needed: tuple[str, ...] = tuple(CALLED[name] for name in NEEDED)
    """Titles of the columns without which there is no offer, but for its département or académie,"""
    others: tuple[str, ...] = tuple(
        words for name, words in list_columns() if name not in {*NEEDED, "departement", "academie"}
    )
    """and of the others that are read."""
    domains: tuple[str, ...] = DOMAINES
    limits: str = LIMITS
    max_bytes: int = MOST_BYTES


class DroppedColumn(NamedTuple):
    """A column of the file that is not imported, and why."""

    title: str
    why: str


class Difference(NamedTuple):
    """What a line of the file changes in one field of an existing offer."""

    column: str
    before: str
    after: str


class LineRow(NamedTuple):
    """A line of the file and its offer; ``to_do``: what is left to do by hand; ``renamed``: the offer was renamed here since."""

    number: int
    company: str
    contract: str
    lot: str | None
    href: str
    stands: bool
    """Whether the offer exists already."""
    renamed: bool
    urgent: bool
    to_do: list[str]
    differences: list[Difference]


class KeptOut(NamedTuple):
    """A line that is over in the table, or in a state that we do not know."""

    number: int
    company: str
    status: str
    """The words that say so."""


class Correction(NamedTuple):
    """A wrong value, and the field in which the right one is chosen for all of its lines; ``choices``: empty for a text."""

    field: str
    value: str
    lines: str
    choices: tuple[tuple[str, str], ...]


class FaultKind(NamedTuple):
    """What is wrong in one way in one column: its sentence, and the values."""

    sentence: str
    corrections: list[Correction]


class UnknownTitle(NamedTuple):
    """A title that is none of ours: the field in which its column is chosen, and what it is taken for (empty: nothing)."""

    field: str
    title: str
    column: str
    is_chosen: bool
    """Somebody said so for an earlier file."""


class Strangers(NamedTuple):
    """People of the file without an account, who can be invited together; the fields fill the form that invites several."""

    title: str
    people: str
    """« Prénom Nom adresse », one a line."""
    lines: list[str]
    fields: dict[str, str]


class MistypedCell(NamedTuple):
    """An address of the file that looks mistyped, and what was perhaps meant."""

    line: int
    column: str
    typed: str
    meant: str


class LineCounts(NamedTuple):
    """How many lines create, update or do not change an offer; the last include offers that were renamed here since."""

    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """What can be corrected on the page, as long as it brings the file back."""

    content: str = ""
    """The file as base64url; empty: the page does not hold it."""
    first: str
    """Hash of the file as it was chosen, before anything was corrected."""
    kinds: list[FaultKind]
    """What is wrong with cells, and can be corrected on the page."""
    more: int
    """How many wrong values the page does not show yet."""
    faults: list[str]
    """What else is wrong with lines."""
    held: int
    """How many lines wait."""
    titles: list[UnknownTitle]
    columns: list[tuple[str, str]]
    """What an unknown title may stand for: name and words of each column that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalPage(PageView):
    """What an import would write. ``done``: how many lines are in already, of an import that somebody crossed."""

    template = "import-essai"

    sheet: str
    """Of a workbook, the one that was read; empty: it was a CSV, or the page has brought it back."""
    other: bool
    """Whether offers have changed since the rehearsal."""
    refused: list[str]
    """What is wrong with the file as a whole, which keeps all of it out."""
    mending: Mending
    kept_out: list[KeptOut]
    dropped: list[DroppedColumn]
    done: int
    counts: LineCounts
    created: list[LineRow]
    updated: list[LineRow]
    unchanged: list[LineRow]
    strangers: list[Strangers]
    given: list[tuple[str, int]]
    """Who is given new offers that the table says are prepared, and how many."""
    commented: list[LineRow]
    by_hand: list[LineRow]
    mistyped: list[MistypedCell]
    sha256: str
    marks: str
    """State of the offers, which comes back."""


class ImportedRow(NamedTuple):
    """A line that is in, and its offer; ``to_do``: what is left to do by hand."""

    number: int
    company: str
    """Empty: the offer is gone."""
    contract: str
    lot: str | None
    href: str
    to_do: list[str]
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage(PageView):
    """What an import has written; it stays for a month, without the file."""

    template = "import-rapport"

    report: ImportReport
    href: str
    days: int = REPORT_DAYS
    is_paused: bool = False
    """It goes on by itself."""
    created: list[ImportedRow]
    updated: list[ImportedRow]
    unchanged: list[ImportedRow]
    by_hand: list[ImportedRow]
    commented: list[ImportedRow]
    waiting: list[str]
    """What waits, without values: said where the page does not hold the file."""
    held: int
    mending: Mending | None = None
    sha256: str = ""
    marks: str = ""


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
    return _show_file_page(call)


def import_file(call: FreshCall[Unread]) -> Response:
    """Rehearse the import of a file or, with ``etape=import``, write it; show the report. Repeating it changes nothing more.

    Raises NotFound: the agent is not of the team.
    """
    check_team(call.agent)
    try:
        asked = read_form(call.request, FIELDS, MOST_FORM_BYTES)
    except TooLarge:
        return _show_file_page(call, FileProblem.TOO_LARGE)
    written = asked["etape"] == "import"
    try:
        content, sheet = importing.open_file(_decode_file(asked["fichier"]))
        first = asked["origine"] or hashlib.sha256(content).hexdigest()
        if asked["etape"] == "reste":
            return _send_held_lines(call, content)
        if not written:
            content = _correct(call, content, asked)
        report = (
            importing.write(
                call.agent,
                content,
                asked["empreinte"],
                tuple(asked["essai"].split()),
                first=first,
                now=call.now,
            )
            if written
            else importing.rehearse(call.agent, content, now=call.now)
        )
    except NotATable as refusal:
        return _show_file_page(call, refusal.problem)
    mending = _build_mending(report.reading, _encode_file(content), first)
    if report.stays is None or report.is_other:
        rehearsal = _build_rehearsal_page(report, mending, sheet)
        return call.show(rehearsal, "import", status=_choose_status(report))
    offers = {} if report.is_paused else importing.list_offers(report.stays)
    view = replace(
        _build_report_page(report.stays, offers),
        is_paused=report.is_paused,
        mending=mending,
        sha256=report.sha256,
        marks=" ".join(report.marks),
    )
    return call.show(view, "import", status=_choose_status(report))


def show_report(call: AgentCall[NoForm], report_id: str) -> Response:
    """Show the report that stays of one of the agent's imports. Raises NotFound: it is gone, or another agent's."""
    report, offers = importing.read_report(call.agent, report_id, now=call.now)
    return call.show(_build_report_page(report, offers), "import")


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


def _encode_file(content: bytes) -> str:
    """Return the bytes of the file as the form carries them."""
    return base64.urlsafe_b64encode(content).decode()


def _correct(call: AgentCall[Unread], content: bytes, asked: dict[str, str]) -> bytes:
    """Return the file with the titles and the values that the report's form brings; as it is where it brings none."""
    titles = {
        place: "" if column == NO_COLUMN else column
        for place in range(MOST_COLUMNS)
        if (column := asked[f"{TITLE}{place}"]) in {*dict(list_columns()), NO_COLUMN}
    }
    cells = {
        place: asked[f"{CELL_FIELD}{place}"].strip()[:MOST_READ]
        for place in range(MOST_CORRECTED)
        if asked[f"{CELL_FIELD}{place}"].strip()
    }
    if not titles and not cells:
        return content
    corrected = importing.correct(call.agent, content, titles, cells, now=call.now)
    return write_csv(corrected.list_all_rows()).encode()


def _send_held_lines(call: AgentCall[Unread], content: bytes) -> Response:
    """Send the lines that wait as a file, with a column that says what to correct. Raises NotATable."""
    reading = importing.rehearse(call.agent, content, now=call.now).reading
    sentences: dict[int, list[str]] = {}
    for fault in reading.faults:
        if fault.line is not None:
            sentences.setdefault(fault.line, []).append(describe_cell_fault(fault.column, fault.problem))
    rows = select_held_lines(parse_table(content), sentences)
    headers = {"Content-Disposition": 'attachment; filename="a-corriger.csv"'}
    return answer(200, write_csv(rows), CSV, headers=headers)


def _show_file_page(call: AgentCall[Any], problem: FileProblem | None = None) -> Response:
    """Show the form that takes the file; ``problem``: why the last file was not taken."""
    reports = [
        KeptReport(_build_href(report), report.at, len(report.lines), _count_held(report))
        for report in importing.list_reports(call.agent, now=call.now)
    ]
    if problem is None:
        return call.show(FilePage("", reports), "import")
    status = 413 if problem is FileProblem.TOO_LARGE else 422
    return call.show(FilePage(FILE[problem], reports), "import", status=status)


def _choose_status(report: Report) -> int:
    """Return the HTTP status of a report: 422 for a refused file, 409 when offers have changed since the rehearsal.

    An import that was written in part gives 202 where its time was up, else 503; everything else 200.
    """
    if report.reading.is_refused:
        return 422
    if report.is_other:
        return 409
    if report.is_paused:
        return 202
    return 503 if report.stays is not None and not report.stays.is_complete else 200


def _build_mending(reading: Reading, content: str, first: str) -> Mending:
    """Build what can be corrected of a file. ``content``: the file as base64url; ``first``: see ``Mending``."""
    wrong_cells = list_wrong_cells(reading)
    return Mending(
        content=content,
        first=first,
        kinds=_list_kinds(wrong_cells[:MOST_CORRECTED]),
        more=len(wrong_cells[MOST_CORRECTED:]),
        faults=[
            describe_fault(fault) for fault in reading.faults if fault.line and fault.problem in UNCORRECTED
        ],
        held=len({fault.line for fault in reading.faults if fault.line}),
        titles=[
            UnknownTitle(
                f"{TITLE}{heading.place}", heading.title[:TITLE_CHARACTERS], heading.column, heading.is_chosen
            )
            for heading in reading.headings
        ],
        columns=list_columns(),
    )


def _build_rehearsal_page(report: Report, mending: Mending, sheet: str) -> RehearsalPage:
    """Build the page of what an import would write; ``sheet``: as in ``RehearsalPage``."""
    reading, entries = report.reading, report.entries
    created, updated = _list_lines(report, Fate.CREATED), _list_lines(report, Fate.UPDATED)
    unchanged = _list_lines(report, Fate.UNCHANGED, Fate.RENAMED)
    return RehearsalPage(
        sheet=sheet[:TITLE_CHARACTERS],
        other=report.is_other,
        refused=[describe_fault(fault) for fault in reading.faults if fault.line is None],
        mending=mending,
        kept_out=[
            KeptOut(line.number, get_text(line.values, "entreprise"), line.refused_status)
            for line in reading.kept_out
        ],
        dropped=[
            DroppedColumn(title, DROPPED[why]) for title, why in reading.dropped if why is not Dropped.UNKNOWN
        ],
        done=sum(entry.mark != mark for entry, mark in zip(entries, report.marks, strict=False)),
        counts=LineCounts(len(created), len(updated), len(unchanged)),
        created=created,
        updated=updated,
        unchanged=unchanged,
        strangers=_group_strangers(report.people),
        given=list(Counter(report.given.values()).items()),
        commented=[_build_line(entry) for entry in entries if entry.line.commented],
        by_hand=[row for row in map(_build_line, entries) if row.to_do and row.number not in report.given],
        mistyped=[cell for entry in entries if entry.writes for cell in _list_mistyped(entry)],
        sha256=report.sha256,
        marks=" ".join(report.marks),
    )


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


def _build_report_page(report: ImportReport, offers: dict[str, Parcours]) -> ReportPage:
    """Build the page of what an import has written; ``offers``: those of its lines that are still there, by id."""
    rows = {line: _build_imported_row(line, offers.get(line.parcours)) for line in report.lines}
    return ReportPage(
        report=report,
        href=_build_href(report),
        created=[row for line, row in rows.items() if line.fate is Fate.CREATED],
        updated=[row for line, row in rows.items() if line.fate is Fate.UPDATED],
        unchanged=[row for line, row in rows.items() if line.fate not in {Fate.CREATED, Fate.UPDATED}],
        by_hand=[row for row in rows.values() if row.to_do],
        commented=[row for line, row in rows.items() if line.is_commented],
        waiting=[_describe_waiting(lines) for lines in report.waiting],
        held=_count_held(report),
    )


def _build_imported_row(line: ImportedLine, offer: Parcours | None) -> ImportedRow:
    """Build the row of a line that is in; ``offer``: None once it is gone."""
    contract = offer.contract if offer else None
    is_free = offer is not None and offer.status is ParcoursStatus.AVAILABLE
    tasks = [task for task in line.by_hand if is_free or task is not ByHand.IN_PREPARATION]
    return ImportedRow(
        number=line.number,
        company=offer.company.name if offer else "",
        contract=contract.object if contract else "",
        lot=contract.lot if contract else None,
        href=f"/parcours/{line.parcours}",
        to_do=[BY_HAND[task] for task in tasks],
        urgent=ByHand.CONVENTION in line.by_hand,
    )


def _describe_waiting(lines: WaitingLines) -> str:
    """Describe what waits, without its values: « Lignes 3 et 17, colonne domaine : domaine inconnu. »"""
    numbers = french.enumeration([str(number) for number in lines.numbers])
    what = describe_cell_fault(lines.column, lines.problem)
    return f"Ligne{'s' if len(lines.numbers) > 1 else ''} {numbers}, {what}"


def _count_held(report: ImportReport) -> int:
    """Count the lines that wait."""
    return len({number for lines in report.waiting for number in lines.numbers})


def _build_href(report: ImportReport) -> str:
    """Return the address of a report."""
    return f"/import/{report.id}"


def _list_lines(report: Report, *fates: Fate) -> list[LineRow]:
    """Return the rows of the lines that have one of these fates."""
    return [_build_line(entry) for entry in report.entries if entry.fate in fates]


def describe_fault(fault: Fault) -> str:
    """Describe a fault of the file: « Ligne 37, colonne référent (e-mail) : adresse non valable. »"""
    column = CALLED[fault.column]
    if fault.problem is Problem.MISSING_COLUMN:
        return f"Il manque la colonne « {column} »."
    if fault.problem is Problem.COLUMN_TWICE:
        return f"La colonne « {column} » est là deux fois."
    if fault.problem is Problem.SAME_OFFER:
        return f"Ligne {fault.line} : même offre que la ligne {fault.other}."
    if fault.problem is Problem.MORE_CELLS:
        return f"Ligne {fault.line} : {CELL[fault.problem]}"
    return f"Ligne {fault.line}, {describe_cell_fault(fault.column, fault.problem)}"


def describe_cell_fault(column: str, problem: Problem) -> str:
    """Describe what is wrong with cells of a column: « colonne référent (e-mail) : adresse non valable. Vérifiez-la. »"""
    if problem is Problem.SAME_OFFER:
        return "même offre qu’une autre ligne."
    return f"colonne {CALLED[column]} : {CELL[problem]}"


def _list_kinds(wrong_cells: tuple[WrongCell, ...]) -> list[FaultKind]:
    """Group wrong values by what is wrong with them."""
    kinds: dict[str, FaultKind] = {}
    for place, wrong in enumerate(wrong_cells):
        sentence = describe_cell_fault(wrong.column, wrong.problem)
        kind = kinds.setdefault(sentence, FaultKind(sentence, []))
        lines = french.enumeration([str(number) for number in wrong.lines])
        kind.corrections.append(
            Correction(
                f"{CELL_FIELD}{place}", wrong.value[:TITLE_CHARACTERS], lines, CHOICES.get(wrong.column, ())
            )
        )
    return list(kinds.values())


NO_COLUMN = "aucune"
"""What the form says of a title that stands for no column."""


def _list_mistyped(entry: Entry) -> list[MistypedCell]:
    """List the addresses of a line that are new to its offer and look mistyped."""
    return [
        MistypedCell(entry.line.number, CALLED[mistyped.field], mistyped.typed, mistyped.meant)
        for mistyped in list_mistyped_cells(entry)
    ]


def _build_line(entry: Entry) -> LineRow:
    """Build the row of a line of the file, with what it changes in its offer."""
    line = entry.line
    return LineRow(
        number=line.number,
        company=get_text(line.values, "entreprise"),
        contract=get_text(line.values, "objet"),
        lot=get_text(line.values, "lot") or None,
        to_do=[BY_HAND[task] for task in list_tasks(entry, entry.fate)],
        urgent=ByHand.CONVENTION in line.by_hand,
        href=f"/parcours/{entry.parcours}",
        stands=entry.fate is not Fate.CREATED,
        renamed=entry.fate is Fate.RENAMED,
        differences=[
            Difference(CALLED[change.column], _format_value(change.before), _format_value(change.after))
            for change in entry.differences
        ],
    )


def _format_value(value: object) -> str:
    """Return a value as people read it: a day in short, « rien » for none."""
    if isinstance(value, date):
        return french.jour_court(value)
    return str(value) if value not in (None, "") else "rien"


SUBJECT = "Votre envoi par mail : passez par Passe-plat"
TEXT = """Bonjour,

J’ai reçu un CV ou une lettre par mail. Je ne les envoie à personne, et j’efface votre message avec ses pièces jointes.

Pour que l’entreprise les reçoive, envoyez-les vous-même :
1. Connectez-vous avec votre adresse professionnelle : {address}
2. Ouvrez votre parcours. Si l’offre est encore libre, prenez-la.
3. Choisissez « Envoyer les documents », puis la personne de l’entreprise.

L’entreprise reçoit un lien qui s’ouvre dans un seul navigateur. Vous voyez quand. L’équipe n’a pas accès aux documents.

Effacez aussi le message que vous m’avez envoyé, dans vos messages envoyés.

Bonne journée"""
