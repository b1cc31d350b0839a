"""The pages about personal data: what is stored and for how long, the register, and the form of a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from chalice.app import Response

from chalicelib import config, terms
from chalicelib.domain.kernel.attempt import parse_reference
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.retention import BY_NAME, ROWS, About, Pace, Place, Row, fill_in_figures, read_figures
from chalicelib.domain.rights import MAX_CORRECTION_CHARACTERS
from chalicelib.errors import FieldsInvalid, RelayError, TooMany, TooManyOfReference, TryAgain
from chalicelib.stories import health
from chalicelib.stories import rights as stories
from chalicelib.web import public
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import read_source_address, redirect
from chalicelib.web.kit.page_view import PageView
from chalicelib.web.public import SiteFacts
from chalicelib.words import codes
from chalicelib.words.codes import Labelled

MINUTE = "Une tâche automatique, chaque minute"
MORNING = "Une tâche automatique, chaque matin ouvré"
HOST = "L’hébergeur, à cette échéance"
HOLDER = "La personne qui les garde"
ERASERS = {
    Place.AUDIT: HOST,
    Place.LOGS: HOST,
    Place.QUEUE: HOST,
    Place.BACKUP: HOST,
    Place.MAIL_SERVICE: HOST,
    Place.MAILBOX: HOLDER,
    Place.HANDS: HOLDER,
    Place.COPY: "La personne qui a fait la copie, par une commande",
    Place.BROWSER: "Le navigateur, à cette échéance",
}
"""What erases what no task of ours reaches."""
READERS = {
    Place.MAILBOX: "La personne dont c’est la boîte, et le fournisseur de sa messagerie",
    Place.HANDS: HOLDER,
    Place.BROWSER: "Ce navigateur, et nos programmes",
}
"""Who reads what is not with the host, where its row says nobody else."""
MOST_SHOWN = MAX_CORRECTION_CHARACTERS
"""Characters of what was typed that the page gives back."""


class RequestForm(PageForm):
    """``POST /donnees-personnelles/demande``; ``demande``, ``qui``: codes of the right and of who asks."""

    qui: str = ""
    reference: str = ""
    demande: str = ""
    correction: str = ""
    adresse: str = ""


class StoredThing(NamedTuple):
    """One stored type: what it holds, why, who receives it, how long, and what erases it."""

    holds: str
    why: str
    recipients: str
    kept: list[str]
    erased_by: str


class NoticeFacts(NamedTuple):
    """What the young person's notice says about this service.

    ``site``: who is responsible, hosts and answers; ``kept``: a line for each thing that is stored; ``form``: address of the form
    for requests.
    """

    site: SiteFacts
    kept: list[str]
    form: str


class Section(NamedTuple):
    """What is stored about one kind of people."""

    title: str
    rows: list[StoredThing]


class Receipt(NamedTuple):
    """The receipt of a request that is kept."""

    number: str
    at: datetime
    due_on: date


@dataclass(frozen=True, slots=True)
class PersonalDataPage(PageView):
    """What is kept, how long, and what cannot be promised."""

    template = "donnees-personnelles"

    facts: SiteFacts
    kept: list[Section]
    in_browsers: list[Section]


@dataclass(frozen=True, slots=True)
class ErasingPage(PageView):
    """What the last proof of erasure says."""

    template = "preuves"

    erasing: str


@dataclass(frozen=True, slots=True)
class RegisterPage(PageView):
    """The register of everything that is stored."""

    template = "registre"

    facts: SiteFacts
    kept: list[Section]
    today: datetime


@dataclass(frozen=True, slots=True)
class RequestPage(PageView):
    """The form of a request about personal data, or its receipt."""

    template = "demande"

    values: dict[str, str]
    errors: dict[str, str]
    """What is wrong with each field that cannot be taken, by its name, in the order of the form."""
    stopped: str | None
    """Why the request did not leave: ``busy``, ``named`` (too many of this reference) or ``down``."""
    sent: Receipt | None
    dpo: str
    kinds: list[Labelled]
    askers: list[Labelled]


def show_personal_data(call: Call[NoForm]) -> Response:
    """Show what is kept, how long, and what cannot be promised."""
    return public.show_page(
        PersonalDataPage(public.read_site_facts(), list_page_sections(), list_browser_sections())
    )


def show_erasing(call: Call[NoForm]) -> Response:
    """Show what the last proof of erasure says."""
    state, proof = health.check_health(call.now)
    return public.show_page(ErasingPage(codes.format_erasing_proof(state, proof, call.now)))


def show_register(call: Call[NoForm]) -> Response:
    """Show the register: everything that is stored, row by row, to be read or printed."""
    return public.show_page(RegisterPage(public.read_site_facts(), list_register_sections(), call.now))


def show_form(call: Call[NoForm]) -> Response:
    """Show the form of a request or, when the address has the number of one that is kept, its receipt.

    A reference in the address fills in its field, as on the young person's page; what is none is left out.
    """
    request, reference = stories.read_request(call.query("numero")), parse_reference(call.query("reference"))
    receipt = Receipt(request.number, request.at, day_of(request.due_at)) if request else None
    return _show_request(RequestForm(reference=reference or ""), None, sent=receipt)


def send_request(call: Call[RequestForm]) -> Response:
    """Keep a request, and have it mailed to the data protection officer.

    A refusal shows the form again with what was typed.
    """
    typed = call.form
    try:
        said_by = (typed.qui, typed.reference, typed.demande, typed.adresse)
        asked = stories.parse_request(*said_by, correction=typed.correction, now=call.now)
        stories.ask_rights(asked, source_ip=read_source_address(call.request), now=call.now)
    except (FieldsInvalid, TooMany, TryAgain) as refusal:
        return _show_request(typed, refusal)
    return redirect(f"/donnees-personnelles/demande?numero={asked.number}")


def _show_request(typed: RequestForm, refusal: RelayError | None, *, sent: Receipt | None = None) -> Response:
    """Show the form of a request, or its receipt (``sent``) in its place."""
    at_fields = refusal.refusals if isinstance(refusal, FieldsInvalid) else ()
    view = RequestPage(
        values={name: text[:MOST_SHOWN] for name, text in typed.typed().items()},
        errors={str(wrong.facts["field"]): describe(wrong)[1] for wrong in at_fields},
        stopped=None if at_fields else _find_obstacle(refusal),
        sent=sent,
        dpo=config.settings().dpo_address,
        kinds=[_build_option(right, label) for right, label in codes.RIGHT.items()],
        askers=[_build_option(asker, label) for asker, label in codes.ASKER.items()],
    )
    response = public.show_page(view, describe(refusal)[0].status if refusal else 200)
    if refusal is not None and not at_fields:
        response.headers["Retry-After"] = str(refusal.facts.get("retry_after_seconds", 60))
    return response


def _find_obstacle(refusal: RelayError | None) -> str | None:
    """Return why a request could not be sent, as ``RequestPage.stopped`` names it; None without a refusal."""
    match refusal:
        case None:
            return None
        case TooManyOfReference():
            return "named"
        case TooMany():
            return "busy"
        case _:
            return "down"


def _build_option(code: StrEnum, label: str) -> Labelled:
    """Build an option of the form, with a capital at the beginning of its label."""
    return Labelled(code.value, label[:1].upper() + label[1:])


def list_page_sections() -> list[Section]:
    """Return the sections of the data page: the rows that matter to people."""
    return _build_sections(row for row in ROWS if row.on_page)


def list_register_sections() -> list[Section]:
    """Return the sections of the register: all rows."""
    return _build_sections(ROWS)


def list_notice_lines() -> list[str]:
    """Return the lines in which the young person's notice says what is kept."""
    known = _read_figures()
    return [fill_in_figures(row.notice, known) for row in ROWS if row.notice]


def list_browser_sections() -> list[Section]:
    """Return what browsers keep, by the people whose browsers they are."""
    return _build_sections(row for row in ROWS if row.place is Place.BROWSER)


def read_notice_facts() -> NoticeFacts:
    """Return what the notice says about this service."""
    form = f"{config.public_base_url()}/donnees-personnelles/demande"
    return NoticeFacts(public.read_site_facts(), list_notice_lines(), form)


def _build_sections(rows: Iterable[Row]) -> list[Section]:
    """Group these rows of the register by the people whom they are about; ``About`` gives the order."""
    known = _read_figures()
    chosen = tuple(rows)
    by_about = {about: [row for row in chosen if row.about is about] for about in About}
    return [
        Section(about.value, [_build_stored_thing(row, known) for row in rows])
        for about, rows in by_about.items()
        if rows
    ]


def _build_stored_thing(row: Row, known: dict[str, int]) -> StoredThing:
    """Build a row of the register as people read it."""
    return StoredThing(
        holds=fill_in_figures(row.holds, known),
        why=fill_in_figures(row.why, known),
        recipients=name_recipients(row),
        kept=[fill_in_figures(delay, known) for delay in row.kept],
        erased_by=fill_in_figures(_name_eraser(row), known),
    )


def _read_figures() -> dict[str, int]:
    """Return the delays that the sentences of the register name, by their names in these sentences."""
    return read_figures(terms.retention(), config.ERASED_MINUTES)


def name_recipients(row: Row) -> str:
    """Say who receives the things of this row: who reads them, and the host where the host keeps them."""
    if row.place in READERS:
        return row.read_by or READERS[row.place]
    return f"{row.read_by or 'Nos programmes'} ; l’hébergeur, qui garde ou achemine"


def _name_eraser(row: Row) -> str:
    """Say what erases the things of this row."""
    if row.place in ERASERS:
        return ERASERS[row.place]
    if row.follows:
        return f"La même tâche, avec {BY_NAME[row.follows].called}"
    if row.for_ever:
        return "Rien : ces nombres ne disent rien d’une personne"
    return MORNING if row.pace is Pace.MORNING else MINUTE
