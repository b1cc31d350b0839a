"""What the data page and the register say of stored items, and the form of a request about personal data."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from chalice.app import Response

from chalicelib import config, terms
from chalicelib.domain.retention import BY_NAME, ROWS, About, Place, Row, figures, said
from chalicelib.errors import FieldInvalid, RelayError, TooMany, TooManyOfReference, TryAgain
from chalicelib.stories import retention as stories
from chalicelib.web import public
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.errors import beside, describe
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import redirect, source
from chalicelib.words import codes

MINUTE = "Une tâche automatique, chaque minute"
PLATFORM = frozenset({Place.LOGS, Place.QUEUE, Place.BACKUP})
MOST_SHOWN = 254
"""Characters of what was typed that the page gives back."""


class RequestForm(PageForm):
    """``POST /donnees-personnelles/demande``."""

    reference: str = ""
    demande: str = ""
    qui: str = ""
    adresse: str = ""


def personal_data(call: Call[NoForm]) -> Response:
    """What is kept, how long, what cannot be promised."""
    return public.page(
        "donnees-personnelles", facts=public.facts(), kept=listed(), cookie_lives=cookie_lives()
    )


def register(call: Call[NoForm]) -> Response:
    """The sheet of the register: everything that is stored, row by row, to be read or printed."""
    return public.page("registre", facts=public.facts(), kept=sheet())


def form(call: Call[NoForm]) -> Response:
    """What is asked, about which passage, where to answer; or the receipt."""
    number = call.query("numero")
    at = stories.receipt(number)
    return _form(RequestForm(), None, sent={"number": number, "at": at} if at else None)


def ask(call: Call[RequestForm]) -> Response:
    """Mails the request to the data protection officer; nothing of it is stored."""
    typed = call.form
    try:
        said_by = (typed.reference, typed.demande, typed.qui, typed.adresse)
        asked = stories.read_request(*said_by, now=call.now)
        stories.ask_rights(asked, source_ip=source(call.request), now=call.now)
    except (FieldInvalid, TooMany, TryAgain) as refusal:
        return _form(typed, refusal)
    return redirect(f"/donnees-personnelles/demande?numero={asked.number}")


def _form(typed: RequestForm, refusal: RelayError | None, *, sent: dict[str, Any] | None = None) -> Response:
    """``pages/demande.html``; ``sent``: number and instant of a request, for its receipt instead of the form."""
    busy = "named" if isinstance(refusal, TooManyOfReference) else "busy"
    stopped = None if refusal is None else busy if isinstance(refusal, TooMany) else "down"
    at_a_field = isinstance(refusal, FieldInvalid)
    response = public.page(
        "demande",
        describe(refusal)[0].status if refusal else 200,
        values={name: text[:MOST_SHOWN] for name, text in typed.typed().items()},
        error=beside(refusal) if at_a_field else None,
        stopped=None if at_a_field else stopped,
        sent=sent,
        dpo=config.settings().dpo_address,
        kinds=[_option(one, label) for one, label in codes.RIGHT.items()],
        askers=[_option(one, label) for one, label in codes.ASKER.items()],
    )
    if refusal is not None and not at_a_field:
        response.headers["Retry-After"] = str(refusal.facts.get("retry_after_seconds", 60))
    return response


def _option(one: StrEnum, label: str) -> dict[str, str]:
    return {"code": one.value, "label": label[:1].upper() + label[1:]}


def listed() -> list[dict[str, Any]]:
    """The data page: what matters to people, by whom it is about."""
    return _sections(row for row in ROWS if row.on_page)


def sheet() -> list[dict[str, Any]]:
    """The sheet of the register: every row."""
    return _sections(ROWS)


def notice() -> list[str]:
    """What the notice says of it to the young person."""
    known = _figures()
    return [said(row.notice, known) for row in ROWS if row.notice]


def cookie_lives() -> dict[str, int]:
    """How long each cookie lasts, as the data page says it."""
    known = _figures()
    return {name: known[name] for name in ("code_minutes", "session_hours", "browser_days", "proof_hours")}


def _sections(rows: Iterable[Row]) -> list[dict[str, Any]]:
    known = _figures()
    chosen = tuple(rows)
    return [
        {
            "title": said(about, known),
            "rows": [
                {
                    "holds": said(row.holds, known),
                    "why": said(row.why, known),
                    "kept": [said(one, known) for one in row.kept],
                    "erased_by": said(_eraser(row), known),
                }
                for row in chosen
                if row.about is about
            ],
        }
        for about in About
    ]


def _figures() -> dict[str, int]:
    return figures(terms.retention(), config.ERASED_MINUTES)


def _eraser(row: Row) -> str:
    if row.place in PLATFORM:
        return "L’hébergeur, à cette échéance"
    if row.follows:
        return f"La même tâche, avec {BY_NAME[row.follows].called}"
    return "Rien : ces nombres ne disent rien d’une personne" if row.for_ever else MINUTE
