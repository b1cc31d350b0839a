"""Reading the forms of a meeting on a parcours' page."""

import re
from datetime import datetime

from chalicelib import config
from chalicelib.clock import instant
from chalicelib.domain import slots
from chalicelib.domain.people import Account
from chalicelib.domain.slots import Slot
from chalicelib.domain.timeline import Reason
from chalicelib.errors import FieldInvalid
from chalicelib.stories import meeting

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MINUTES = re.compile(r"[0-9]{1,3}")


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
            meeting.accept(person, parcours_id, chosen, now, seen=asked["vu"], buyer_invited=invited)
            return "date-acceptee"
        case "autres":
            meeting.ask_others(person, parcours_id, _reason(asked["motif"]), now, seen=asked["vu"])
            return "autres-dates"
        case "deplacer":
            seen = asked["feries_vus"] == "oui"
            slot, shown = _slot(asked, now), instant(asked["vu"])
            meeting.move(person, parcours_id, slot, now, seen=shown, holidays_seen=seen)
            return "rendez-vous-deplace"
        case "annuler":
            meeting.cancel(person, parcours_id, _reason(asked["motif"]), now, seen=instant(asked["vu"]))
            return "rendez-vous-annule"
        case _:
            raise FieldInvalid("geste", "value")


def _reason(code: str) -> Reason:
    try:
        return Reason(code)
    except ValueError:
        raise FieldInvalid("motif", "reason") from None


def _slot(asked: dict[str, str], now: datetime) -> Slot:
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
    minutes = int(asked["minutes"]) if MINUTES.fullmatch(asked["minutes"]) else 0
    if not slots.SHORTEST <= minutes <= slots.LONGEST:
        raise FieldInvalid("minutes", "minutes")
    place = slots.place_of(asked["lieu"].strip() or slots.RECORD_PLACE, config.public_host())
    return Slot(start=start, minutes=minutes, place=place)
