"""Forms and views of outcomes: buttons, RUN keys, the form of a fact, the history."""

import re
import secrets
from datetime import datetime, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib import french
from chalicelib.domain.kernel import texts
from chalicelib.domain.kernel.parcours import ContactRole, Parcours, ParcoursStatus
from chalicelib.domain.kernel.people import Account, Act, acting_as, may
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Move, Planned, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.slots import instant
from chalicelib.domain.parcours.ending import ENDS, REASONS
from chalicelib.domain.parcours.outcomes import MOVES, Outcome, is_open
from chalicelib.errors import FieldInvalid, Unreadable
from chalicelib.french import PARIS
from chalicelib.stories.parcours import Sheet
from chalicelib.web import timeline as timeline_pages
from chalicelib.web.kit.bodies import run_of
from chalicelib.web.kit.page import who
from chalicelib.words import codes
from chalicelib.words import timeline as timeline_words
from chalicelib.words.timeline import FACTS

if TYPE_CHECKING:
    from chalicelib.domain.kernel.people import Account

HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
KEY = re.compile(r"[0-9a-f]{32}")
NOON = time(12)
END = "fin."
"""Before the code of an end, where a list offers outcomes and ends."""


def new_key() -> str:
    """The id of the fact that a form will tell: drawn with the page, so that sending it twice tells it once."""
    return secrets.token_hex(16)


def key_of(asked: dict[str, str]) -> str:
    """Read the key under which a form notes an outcome once.

    Raises:
        Unreadable: the form did not come from one of our pages.
    """
    if not KEY.fullmatch(asked["cle"]):
        raise Unreadable
    return asked["cle"]


def suite_of(person: "Account", suite: str, now: datetime) -> str:
    """Where a form goes back to: empty for the parcours' page, where it also goes once its RUN is over.

    Raises:
        NotFound: no such place.
    """
    from chalicelib.stories import running

    run = run_of(suite)
    return "" if run and running.is_over(person, run, now=now) else suite


def end_path(parcours_id: str, asked: dict[str, str]) -> str | None:
    """Where an end of the list is noted, its day and its kind already chosen; None for an outcome, noted at once."""
    kind = asked["fait"].removeprefix(END)
    if kind == asked["fait"] or kind not in {one.value for one in ENDS}:
        return None
    chosen = {"fin": kind, "survenu_le": asked["survenu_le"], "suite": asked["suite"]}
    return f"/parcours/{parcours_id}/fin?{urlencode(chosen)}"


def outcome_of(asked: dict[str, str], now: datetime) -> Outcome:
    """The outcome that a form tells. ``fait`` is a kind, or a kind and its reason: « call_noted.reached ».

    Raises:
        FieldInvalid: naming the field, with its sentence.
    """
    kind_code, _, reason_code = asked["fait"].partition(".")
    if kind_code not in {kind.value for kind in MOVES}:
        raise FieldInvalid("fait", "outcome")
    kind = EventKind(kind_code)
    move = MOVES[kind]
    reason = _typed_reason(reason_code or asked["motif"]) if move.reasons else None
    if move.reasons and reason not in move.reasons:
        raise FieldInvalid("motif", "reason")
    return Outcome(
        kind=kind,
        reason=reason,
        contact=_contact(asked["contact"]) if move.contact else None,
        occurred_at=_occurred_at(asked["survenu_le"], now),
        planned_at=_planned_at(move.planned, asked["prevu_le"], asked["prevu_a"]),
    )


def _typed_reason(code: str) -> Reason:
    try:
        return Reason(code)
    except ValueError:
        raise FieldInvalid("motif", "reason") from None


def _contact(code: str) -> Interlocutor:
    try:
        return Interlocutor(code)
    except ValueError:
        raise FieldInvalid("contact", "contact") from None


def _occurred_at(typed: str, now: datetime) -> datetime:
    """A day as its noon in Paris; today, or nothing typed, as now."""
    if not typed:
        return now
    day = texts.day(typed)
    if day is None:
        raise FieldInvalid("survenu_le", "day")
    return now if day == now.astimezone(PARIS).date() else instant(day, NOON, "survenu_le")


def _planned_at(planned: Planned, day_typed: str, hour_typed: str) -> datetime | None:
    if planned is Planned.NOTHING:
        if day_typed:
            raise FieldInvalid("prevu_le", "not_planned")
        if hour_typed:
            raise FieldInvalid("prevu_a", "not_planned")
        return None
    day = texts.day(day_typed)
    if day is None:
        raise FieldInvalid("prevu_le", "planned")
    if planned is Planned.DAY:
        if hour_typed:
            raise FieldInvalid("prevu_a", "not_planned")
        return instant(day, NOON, "prevu_le")
    if not HOUR.fullmatch(hour_typed):
        raise FieldInvalid("prevu_a", "hour")
    return instant(day, time.fromisoformat(hour_typed), "prevu_a")


FIELDS = frozenset({"fait", "motif", "contact", "survenu_le", "prevu_le", "prevu_a", "suite", "cle"})
OF_CONTACT = {
    ContactRole.ANSWERS_TENDER: Interlocutor.ANSWERS_TENDER,
    ContactRole.WELCOMES: Interlocutor.WELCOMES,
}


def choices(person: Account, found: Sheet, suite: str, now: datetime) -> dict[str, Any] | None:
    """``macros/outcomes.html``; None for whoever may note nothing here.

    Args:
        suite: where the form goes back to: empty for the parcours' page, or the id of a RUN.
    """
    head, role = found.page.parcours, found.role
    if role is None or not may(person, Act.NOTE, head):
        return None
    open_ones = [kind for kind in MOVES if is_open(head, kind, role)]
    if not open_ones:
        return None
    tried = [key for kind in open_ones if MOVES[kind].reaches for key in _keys(head, kind, now)]
    others = [key for kind in open_ones if not MOVES[kind].reaches for key in _keys(head, kind, now)]
    groups = [
        {"title": "J’ai appelé ou écrit", "keys": tried},
        {"title": "Ce qui est convenu", "keys": others},
    ]
    return {
        "action": f"/parcours/{head.id}/faits",
        "history": f"/parcours/{head.id}/histoire",
        "suite": suite,
        "cle": new_key(),
        "contacts": (known := contacts(found)),
        "chosen": next(one["code"] for one in known if one["checked"]),
        "groups": [group for group in groups if group["keys"]],
        "end": f"/parcours/{head.id}/fin?suite={suite}" if suite and may(person, Act.END, head) else None,
        "end_letter": timeline_words.LEAVES_OFF,
        "today": now.astimezone(PARIS).date(),
    }


def _keys(head: Parcours, kind: EventKind, now: datetime) -> list[dict[str, Any]]:
    move = MOVES[kind]
    if kind is EventKind.CALL_NOTED:
        calls = ((reason, codes.REASONS[reason]) for reason in move.reasons)
        return [_key(f"{kind}.{reason}", row.button or row.label, row.key, None) for reason, row in calls]
    asks = move.planned is not Planned.NOTHING or move.reasons or move.on_a_day
    row = FACTS[kind]
    return [_key(kind.value, row.label, row.key, _more(head, kind, move, now) if asks else None)]


def _key(fait: str, label: str, letter: str, more: dict[str, Any] | None) -> dict[str, Any]:
    dots = "…" if more is not None and not label.endswith("…") else ""
    return {"fait": fait, "label": label + dots, "letter": letter, "more": more}


def _more(head: Parcours, kind: EventKind, move: Move, now: datetime) -> dict[str, Any]:
    """What a button asks before anything is noted."""
    return {
        "id": kind.value.replace("_", "-"),
        "planned": move.planned.value,
        "reasons": [{"code": one.value, "label": codes.REASONS[one].label} for one in move.reasons],
        "contact": move.contact,
        "on": _likely_day(head, kind, now) if move.on_a_day else None,
    }


def _likely_day(head: Parcours, kind: EventKind, now: datetime) -> str:
    """The day of the meeting for a meeting, if it is past; else today."""
    at = head.meeting_at if kind is EventKind.MEETING_HELD else None
    return (at if at is not None and at <= now else now).astimezone(PARIS).date().isoformat()


def contacts(found: Sheet) -> list[dict[str, Any]]:
    """With whom one may have spoken, by name where one stands in the record; the first is chosen."""
    head = found.page.parcours
    named = {OF_CONTACT[one.role]: one.name for one in head.company.contacts if one.role in OF_CONTACT}
    buyer = found.buyer.name if found.buyer else head.buyer_contact.name if head.buyer_contact else None
    named[Interlocutor.BUYER] = buyer or codes.INTERLOCUTOR[Interlocutor.BUYER]
    if found.role is not Role.TUTOR and head.tutor is not None:
        named[Interlocutor.TUTOR] = codes.INTERLOCUTOR[Interlocutor.TUTOR]
    order = [one for one in Interlocutor if one in named]
    first = Interlocutor.BUYER if head.sent_to is Role.BUYER else order[0]
    return [{"code": one.value, "label": named[one], "checked": one is first} for one in order]


def fact_form(
    person: Account, found: Sheet, asked: dict[str, str], error: dict[str, str] | None, now: datetime
) -> dict[str, Any]:
    """``pages/fait.html`` and ``pages/histoire.html``: one form that takes every outcome, with what was typed.

    Raises:
        NotYours: she may note nothing here.
    """
    head = found.page.parcours
    role = acting_as(person, Act.NOTE, head)
    kinds = [kind for kind in MOVES if is_open(head, kind, role)]
    typed = asked["fait"] if not asked["motif"] else f"{asked['fait'].partition('.')[0]}.{asked['motif']}"
    options = [option for kind in kinds for option in _options(kind)]
    options += [
        {"code": f"{END}{kind}", "label": f"{FACTS[kind].as_end}…"}
        for kind in REASONS
        if kind not in MOVES and may(person, Act.END, head)
    ]
    return {
        "agent": who(person),
        "nav": "run" if asked["suite"] not in {"", "histoire"} else "parcours",
        "parcours": {"id": head.id, "reference": head.reference, "company": head.company.name},
        "free": head.status is ParcoursStatus.AVAILABLE,
        "over": head.status is ParcoursStatus.LAPSED,
        "can_assign": may(person, Act.ASSIGN, head),
        "options": options,
        "contacts": contacts(found),
        "values": asked | {"fait": typed},
        "cle": new_key(),
        "today": now.astimezone(PARIS).date(),
        "error": error,
    }


def _options(kind: EventKind) -> list[dict[str, str]]:
    label, move = FACTS[kind].label.rstrip("…"), MOVES[kind]
    if not move.reasons:
        return [{"code": kind.value, "label": label}]
    return [
        {"code": f"{kind}.{one}", "label": f"{label}\u00a0: {_lower(codes.REASONS[one].label)}"}
        for one in move.reasons
    ]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def history(person: Account, found: Sheet) -> list[dict[str, Any]]:
    """The whole timeline of the passage, for the page on which an old one is entered."""
    return timeline_pages.days(found.page.events, timeline_pages.tell(person, found))


def said(event: Event) -> str:
    """« 10 h 14 : message laissé » of what was just noted; of an older fact, its day instead of the hour."""
    if event.kind is EventKind.CALL_NOTED and event.reason is not None:
        row = codes.REASONS[event.reason]
        text = _lower(row.button or row.label)
    else:
        text = FACTS[event.kind].after_noting
    if event.planned_at is not None:
        text += f", le {timeline_pages.planned(event)}"
    when = french.jour_court(event.occurred_at) if event.occurred_at else french.heure(event.at)
    return f"{when}\u00a0: {text}"
