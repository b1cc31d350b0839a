"""What may be noted on a parcours now: the buttons, what each asks more, and the form of a fact."""

from datetime import datetime
from typing import Any

from chalicelib import french, outcome_words, timeline_words, words
from chalicelib.domain.ending import REASONS
from chalicelib.domain.moves import MOVES, Move, Planned, is_open
from chalicelib.domain.parcours import ContactRole, Parcours, ParcoursStatus
from chalicelib.domain.people import Account, Act, acting_as, may
from chalicelib.domain.timeline import Event, EventKind, Interlocutor, Reason
from chalicelib.domain.values import Role
from chalicelib.french import PARIS
from chalicelib.stories.following import Sheet
from chalicelib.web import timeline_view
from chalicelib.web.agent_page import who
from chalicelib.web.outcome_forms import END, new_key

FIELDS = frozenset({"fait", "motif", "contact", "survenu_le", "prevu_le", "prevu_a", "suite", "cle"})
OF_CONTACT = {
    ContactRole.ANSWERS_TENDER: Interlocutor.ANSWERS_TENDER,
    ContactRole.WELCOMES: Interlocutor.WELCOMES,
}
CONTACTS = (EventKind.CALL_NOTED, EventKind.MAIL_SENT_OUTSIDE, EventKind.DOCUMENTS_SENT_OUTSIDE)
"""Outcomes of trying to reach somebody; the others are what came of it."""
ON_A_DAY = frozenset(
    {
        EventKind.DOCUMENTS_SENT_OUTSIDE,
        EventKind.MEETING_HELD,
        EventKind.CONVENTION_SIGNED,
        EventKind.PLACEMENT_STARTED,
        EventKind.PLACEMENT_ENDED,
        EventKind.REVIEW_DONE,
    }
)
"""Outcomes that are seldom noted on the day they happen: their button asks which day."""


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
    tried = [key for kind in CONTACTS if kind in open_ones for key in _keys(head, kind, now)]
    others = [key for kind in open_ones if kind not in CONTACTS for key in _keys(head, kind, now)]
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
        "end_letter": outcome_words.LEAVES_OFF,
        "today": now.astimezone(PARIS).date(),
    }


def _keys(head: Parcours, kind: EventKind, now: datetime) -> list[dict[str, Any]]:
    move = MOVES[kind]
    if kind is EventKind.CALL_NOTED:
        return [_key(f"{kind}.{reason}", outcome_words.CALL[reason], None) for reason in move.reasons]
    asks = move.planned is not Planned.NOTHING or move.reasons or kind in ON_A_DAY
    return [_key(kind.value, outcome_words.OUTCOME[kind], _more(head, kind, move, now) if asks else None)]


def _key(fait: str, label: str, more: dict[str, Any] | None) -> dict[str, Any]:
    dots = "…" if more is not None and not label.endswith("…") else ""
    return {"fait": fait, "label": label + dots, "letter": outcome_words.LETTERS[fait], "more": more}


def _more(head: Parcours, kind: EventKind, move: Move, now: datetime) -> dict[str, Any]:
    """What a button asks before anything is noted."""
    return {
        "id": kind.value.replace("_", "-"),
        "planned": move.planned.value,
        "reasons": [{"code": one.value, "label": _reason(one)} for one in move.reasons],
        "contact": move.contact,
        "on": _likely_day(head, kind, now) if kind in ON_A_DAY else None,
    }


def _likely_day(head: Parcours, kind: EventKind, now: datetime) -> str:
    """The day of the meeting for a meeting, if it is past; else today."""
    at = head.meeting_at if kind is EventKind.MEETING_HELD else None
    return (at if at is not None and at <= now else now).astimezone(PARIS).date().isoformat()


def _reason(reason: Reason) -> str:
    return timeline_words.DETAILS[reason].rstrip(".")


def contacts(found: Sheet) -> list[dict[str, Any]]:
    """With whom one may have spoken, by name where one stands in the record; the first is chosen."""
    head = found.page.parcours
    named = {OF_CONTACT[one.role]: one.name for one in head.company.contacts if one.role in OF_CONTACT}
    buyer = found.buyer.name if found.buyer else head.buyer_contact.name if head.buyer_contact else None
    named[Interlocutor.BUYER] = buyer or outcome_words.INTERLOCUTOR[Interlocutor.BUYER]
    if found.role is not Role.TUTOR and head.tutor is not None:
        named[Interlocutor.TUTOR] = outcome_words.INTERLOCUTOR[Interlocutor.TUTOR]
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
        {"code": f"{END}{kind}", "label": f"{words.END_LABELS[kind]}…"}
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
    label, move = outcome_words.OUTCOME[kind].rstrip("…"), MOVES[kind]
    if not move.reasons:
        return [{"code": kind.value, "label": label}]
    return [
        {"code": f"{kind}.{one}", "label": f"{label}\u00a0: {_lower(_reason(one))}"} for one in move.reasons
    ]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def history(person: Account, found: Sheet) -> list[dict[str, Any]]:
    """The whole timeline of the passage, for the page on which an old one is entered."""
    return timeline_view.days(found.page.events, timeline_view.told(person, found))


def said(event: Event) -> str:
    """« 10 h 14 : message laissé » of what was just noted; of an older fact, its day instead of the hour."""
    if event.kind is EventKind.CALL_NOTED and event.reason is not None:
        text = _lower(outcome_words.CALL[event.reason])
    else:
        text = outcome_words.SHORT[event.kind]
    if event.planned_at is not None:
        text += f", le {timeline_view.planned(event)}"
    when = french.jour_court(event.occurred_at) if event.occurred_at else french.heure(event.at)
    return f"{when}\u00a0: {text}"
