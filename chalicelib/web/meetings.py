"""The meeting on a parcours' page (``sheet.py``), for the tutor's side: its card, and its form read and acted on."""

import re
from datetime import datetime
from typing import Any

from chalicelib import config, french, terms
from chalicelib.clock import instant, iso
from chalicelib.domain.documents.recipients import trusted_domains
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.meetings import slots
from chalicelib.domain.meetings.appointment import CANCELS, MINUTES, OTHERS, Appointment, is_open
from chalicelib.domain.meetings.slots import LONGEST, SHORTEST, Slot
from chalicelib.errors import FieldInvalid
from chalicelib.stories import meetings
from chalicelib.stories.parcours import Sheet
from chalicelib.web.kit.forms import PageForm, reason_of
from chalicelib.words import codes, mails

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TYPED_MINUTES = re.compile(r"[0-9]{1,3}")


class MeetingForm(PageForm):
    """``POST /parcours/{id}/rendez-vous``; ``vu``: what the page showed."""

    geste: str = ""
    vu: str = ""
    date: str = ""
    acheteuse: str = ""
    motif: str = ""
    jour: str = ""
    heure: str = ""
    minutes: str = ""
    lieu: str = ""
    feries_vus: str = ""
    hote_vu: str = ""


def act(person: Account, parcours_id: str, form: MeetingForm, now: datetime) -> str:
    """Do what the form asks; the slug of the notice that says so. Repeating it is harmless.

    Raises:
        FieldInvalid: naming the field.
        HolidayUnseen, HostUnseen, NotFound, SlotTaken, WrongStep, ChangedMeanwhile: see ``stories.meetings``.
    """
    match form.geste:
        case "accepter":
            chosen, invited = instant(form.date), form.acheteuse == "oui"
            if chosen is None:
                raise FieldInvalid("date", "choose_slot")
            host = form.hote_vu
            meetings.accept(
                person, parcours_id, chosen, now, seen=form.vu, buyer_invited=invited, host_seen=host
            )
            return "date-acceptee"
        case "autres":
            meetings.ask_others(person, parcours_id, reason_of(form.motif), now, seen=form.vu)
            return "autres-dates"
        case "deplacer":
            slot, shown, confirmed = _typed_slot(form, now), instant(form.vu), form.feries_vus == "oui"
            meetings.move(person, parcours_id, slot, now, seen=shown, holidays_seen=confirmed)
            return "rendez-vous-deplace"
        case "annuler":
            meetings.cancel(person, parcours_id, reason_of(form.motif), now, seen=instant(form.vu))
            return "rendez-vous-annule"
        case _:
            raise FieldInvalid("geste", "value")


def _typed_slot(form: MeetingForm, now: datetime) -> Slot:
    """What was agreed by telephone."""
    if not DAY.fullmatch(form.jour):
        raise FieldInvalid("jour", "slot")
    if not slots.START.fullmatch(f"2000-01-01T{form.heure}"):
        raise FieldInvalid("heure", "hour")
    try:
        start = slots.start_of(f"{form.jour}T{form.heure}", now, "jour")
    except FieldInvalid as refusal:
        at_hour = refusal.facts["reason"] in {"no_such_hour", "which_hour"}
        raise FieldInvalid("heure" if at_hour else "jour", str(refusal.facts["reason"])) from None
    minutes = int(form.minutes) if TYPED_MINUTES.fullmatch(form.minutes) else 0
    if not SHORTEST <= minutes <= LONGEST:
        raise FieldInvalid("minutes", "minutes")
    place = slots.place_of(form.lieu.strip() or slots.RECORD_PLACE, config.public_host())
    return Slot(start=start, minutes=minutes, place=place)


NO_ERROR = {"field": "", "message": ""}


def card(
    person: Account,
    found: Sheet,
    now: datetime,
    asked: MeetingForm | None = None,
    error: dict[str, str] | None = None,
) -> dict[str, Any] | None:
    """``macros/meeting.html``; None when this person chooses nothing here, or nothing is spoken of.

    Args:
        asked: what was typed; ``error``: which field was refused, and why.
    """
    head = found.page.parcours
    if not may(person, Act.MEET, head) or not is_open(head):
        return None
    current = meetings.appointment_of(head, found.read)
    waiting = current.slots if current else ()
    fixed = _fixed(head, current, now)
    if not waiting and fixed is None:
        return None
    typed = asked or MeetingForm()
    chosen = typed.date or next((iso(one.start) for one in waiting if one.start > now), "")
    return {
        "action": f"/parcours/{head.id}/rendez-vous",
        "shown": current.shown if current else "",
        "slots": [_slot(one, head, now, chosen) for one in waiting],
        "fixed": fixed,
        "buyer": bool(head.buyer or head.buyer_contact),
        "host": next((one.video.host for one in waiting if iso(one.start) == chosen and one.video), ""),
        "others": codes.meeting_reasons(OTHERS),
        "cancels": codes.meeting_reasons(CANCELS),
        "typed": typed.typed() | _kept(current, asked),
        "error": error or NO_ERROR,
        "shortest": SHORTEST,
        "longest": LONGEST,
        "today": day_of(now),
    }


def _slot(one: Slot, head: Parcours, now: datetime, chosen: str) -> dict[str, Any]:
    day, calendar = day_of(one.start), terms.calendar()
    notes = []
    if calendar.is_public_holiday(day, head.placement.departement):
        notes.append("Jour férié")
    if calendar.is_school_holiday(day, head.tutor_academie or head.placement.academie):
        notes.append("Vacances scolaires")
    if head.tutor_absence and head.tutor_absence.first <= day <= head.tutor_absence.last:
        notes.append("Pendant l’absence annoncée")
    if one.start <= now:
        notes.append("Date passée")
    if one.video is not None and not one.video.is_expected(trusted_domains(head)):
        notes.append(
            "Ni l’entreprise, ni un service de visioconférence connu\u00a0: à vérifier par téléphone"
        )
    value = iso(one.start)
    return {
        "value": value,
        "day": french.jour_dit(one.start, now),
        "hour": f"{french.heure(one.start)}, {french.duree(one.minutes)}",
        "place": _place(head, one),
        "video": one.video,
        "notes": notes,
        "checked": value == chosen,
        "past": one.start <= now,
    }


def _fixed(head: Parcours, current: Appointment | None, now: datetime) -> dict[str, Any] | None:
    """What is agreed and not yet past."""
    if head.meeting_at is None or head.meeting_at <= now:
        return None
    slot = current.upcoming(now) if current else None
    length = f", {french.duree(slot.minutes)}" if slot else ""
    return {
        "at": iso(head.meeting_at),
        "when": f"{french.moment(head.meeting_at)}{length}",
        "place": _place(head, slot),
        "video": slot.video if slot else None,
        "buyer": bool(current and current.buyer_invited),
    }


def _place(head: Parcours, slot: Slot | None) -> str:
    if slot is not None and slot.place is not None:
        return mails.AT_A_DISTANCE
    return f"{head.placement.place}, {head.placement.town}"


def _kept(current: Appointment | None, asked: MeetingForm | None) -> dict[str, str]:
    """Length, place and who is invited stay, unless they are changed too: no form takes back what another one holds."""
    slot = current.slot if current else None
    invited = {"acheteuse": "oui" if current and current.buyer_invited else ""}
    agreed = {"minutes": str(slot.minutes if slot else MINUTES), "lieu": (slot.place or "") if slot else ""}
    if asked is None:
        return agreed | invited
    return {} if asked.geste == "accepter" else invited
