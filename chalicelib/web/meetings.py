"""Forms and views of the meeting on a parcours' page."""

import re
from datetime import datetime
from typing import Any

from chalicelib import config, french, terms
from chalicelib.clock import instant, iso
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.meetings import slots
from chalicelib.domain.meetings.appointment import CANCELS, MINUTES, OTHERS, Appointment, is_open
from chalicelib.domain.meetings.slots import LONGEST, SHORTEST, Slot
from chalicelib.errors import FieldInvalid
from chalicelib.french import PARIS
from chalicelib.stories import meetings
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories.parcours import Sheet
from chalicelib.words import meetings as meetings_words

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TYPED_MINUTES = re.compile(r"[0-9]{1,3}")


def act(person: Account, parcours_id: str, asked: dict[str, str], now: datetime) -> str:
    """Do what the form asks; the slug of the notice that says so.

    Raises:
        FieldInvalid: naming the field. HolidayUnseen, NotFound, SlotTaken, WrongStep, ChangedMeanwhile: see ``stories.meeting``.
    """
    match asked["geste"]:
        case "accepter":
            invited = asked["acheteuse"] == "oui"
            chosen = instant(asked["date"])
            if chosen is None:
                raise FieldInvalid("date", "choose_slot")
            meetings.accept(person, parcours_id, chosen, now, seen=asked["vu"], buyer_invited=invited)
            return "date-acceptee"
        case "autres":
            meetings.ask_others(person, parcours_id, _reason(asked["motif"]), now, seen=asked["vu"])
            return "autres-dates"
        case "deplacer":
            seen = asked["feries_vus"] == "oui"
            slot, shown = _typed_slot(asked, now), instant(asked["vu"])
            meetings.move(person, parcours_id, slot, now, seen=shown, holidays_seen=seen)
            return "rendez-vous-deplace"
        case "annuler":
            meetings.cancel(person, parcours_id, _reason(asked["motif"]), now, seen=instant(asked["vu"]))
            return "rendez-vous-annule"
        case _:
            raise FieldInvalid("geste", "value")


def _reason(code: str) -> Reason:
    try:
        return Reason(code)
    except ValueError:
        raise FieldInvalid("motif", "reason") from None


def _typed_slot(asked: dict[str, str], now: datetime) -> Slot:
    """What was agreed by telephone."""
    if not DAY.fullmatch(asked["jour"]):
        raise FieldInvalid("jour", "slot")
    if not slots.START.fullmatch(f"2000-01-01T{asked['heure']}"):
        raise FieldInvalid("heure", "hour")
    try:
        start = slots.start_of(f"{asked['jour']}T{asked['heure']}", now, "jour")
    except FieldInvalid as refusal:
        at_hour = refusal.facts["reason"] in {"no_such_hour", "which_hour"}
        raise FieldInvalid("heure" if at_hour else "jour", str(refusal.facts["reason"])) from None
    minutes = int(asked["minutes"]) if TYPED_MINUTES.fullmatch(asked["minutes"]) else 0
    if not slots.SHORTEST <= minutes <= slots.LONGEST:
        raise FieldInvalid("minutes", "minutes")
    place = slots.place_of(asked["lieu"].strip() or slots.RECORD_PLACE, config.public_host())
    return Slot(start=start, minutes=minutes, place=place)


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
    stands = meetings_stories.appointment_of(head)
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
        "others": meetings_words.reasons(OTHERS),
        "cancels": meetings_words.reasons(CANCELS),
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
    slot = stands.upcoming(now) if stands else None
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
        return meetings_words.AT_A_DISTANCE
    return f"{head.placement.place}, {head.placement.town}"


def _kept(stands: Appointment | None, asked: dict[str, str] | None) -> dict[str, str]:
    """Length, place and who is invited stay, unless they are changed too: no form takes back what another one holds."""
    slot = stands.slot if stands else None
    invited = {"acheteuse": "oui" if stands and stands.buyer_invited else ""}
    agreed = {"minutes": str(slot.minutes if slot else MINUTES), "lieu": (slot.place or "") if slot else ""}
    if asked is None:
        return agreed | invited
    return {} if asked["geste"] == "accepter" else invited
