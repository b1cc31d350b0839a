"""The meeting on a parcours' page: the dates to choose from, what is agreed, and what may be done with it."""

from datetime import datetime
from typing import Any

from chalicelib import french, meeting_words, terms
from chalicelib.clock import iso
from chalicelib.domain.appointment import CANCELS, MINUTES, OTHERS, Appointment, is_open
from chalicelib.domain.calendar import day_of
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account, Act, may
from chalicelib.domain.slots import LONGEST, SHORTEST, Slot
from chalicelib.french import PARIS
from chalicelib.stories import meeting
from chalicelib.stories.following import Sheet

EMPTY = {
    "geste": "",
    "vu": "",
    "date": "",
    "acheteuse": "",
    "motif": "",
    "jour": "",
    "heure": "",
    "minutes": "",
    "lieu": "",
    "feries_vus": "",
}
NO_ERROR = {"field": "", "message": ""}


def card(
    person: Account,
    found: Sheet,
    now: datetime,
    asked: dict[str, str] | None = None,
    error: dict[str, str] | None = None,
) -> dict[str, Any] | None:
    """``macros/meeting.html``; None when this person chooses nothing here, or nothing is spoken of.

    Args:
        asked: what was typed, and ``error``: the field that was refused and why.
    """
    head = found.page.parcours
    if not may(person, Act.MEET, head) or not is_open(head):
        return None
    stands = meeting.of(head)
    waiting = stands.slots if stands else ()
    fixed = _fixed(head, stands, now)
    if not waiting and fixed is None:
        return None
    typed = asked or EMPTY
    chosen = typed["date"] or next((iso(one.start) for one in waiting if one.start > now), "")
    return {
        "action": f"/parcours/{head.id}/rendez-vous",
        "shown": stands.shown if stands else "",
        "slots": [_slot(one, head, now, chosen) for one in waiting],
        "fixed": fixed,
        "buyer": bool(head.buyer or head.buyer_contact),
        "others": meeting_words.reasons(OTHERS),
        "cancels": meeting_words.reasons(CANCELS),
        "typed": typed | _kept(stands, asked),
        "error": error or NO_ERROR,
        "shortest": SHORTEST,
        "longest": LONGEST,
        "today": now.astimezone(PARIS).date(),
    }


def _slot(one: Slot, head: Parcours, now: datetime, chosen: str) -> dict[str, Any]:
    day, calendar = day_of(one.start), terms.calendar()
    notes = []
    if calendar.is_public_holiday(day, head.placement.departement):
        notes.append("Jour férié")
    if calendar.is_school_holiday(day, head.tutor_academie or head.placement.academie):
        notes.append("Vacances scolaires")
    if one.start <= now:
        notes.append("Date passée")
    value = iso(one.start)
    return {
        "value": value,
        "day": french.jour(one.start) + (f"\u00a0{day.year}" if day.year != day_of(now).year else ""),
        "hour": f"{french.heure(one.start)}, {french.duree(one.minutes)}",
        "place": _place(head, one),
        "notes": notes,
        "checked": value == chosen,
        "past": one.start <= now,
    }


def _fixed(head: Parcours, stands: Appointment | None, now: datetime) -> dict[str, Any] | None:
    """What is agreed and not yet past."""
    if head.meeting_at is None or head.meeting_at <= now:
        return None
    slot = stands.stands(now) if stands else None
    length = f", {french.duree(slot.minutes)}" if slot else ""
    return {
        "at": iso(head.meeting_at),
        "when": f"{french.moment(head.meeting_at)}{length}",
        "place": _place(head, slot),
        "url": slot.place if slot else None,
        "buyer": bool(stands and stands.buyer_invited),
    }


def _place(head: Parcours, slot: Slot | None) -> str:
    if slot is not None and slot.place is not None:
        return meeting_words.AT_A_DISTANCE
    return f"{head.placement.place}, {head.placement.town}"


def _kept(stands: Appointment | None, asked: dict[str, str] | None) -> dict[str, str]:
    """Length, place and who is invited stay, unless they are changed too: no form takes back what another one holds."""
    slot = stands.slot if stands else None
    invited = {"acheteuse": "oui" if stands and stands.buyer_invited else ""}
    agreed = {"minutes": str(slot.minutes if slot else MINUTES), "lieu": (slot.place or "") if slot else ""}
    if asked is None:
        return agreed | invited
    return {} if asked["geste"] == "accepter" else invited
