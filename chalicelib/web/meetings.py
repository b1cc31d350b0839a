"""The meeting on the page of a parcours (``sheet.py``), for the tutor's side: its card, and its form.

``waiting``: the dates that the company proposed; ``current``: the stored appointment; ``asked``: what was typed.
"""

import re
from datetime import date, datetime
from typing import NamedTuple

from chalicelib import config, french, terms
from chalicelib.clock import iso, parse_iso
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.meetings import slots
from chalicelib.domain.meetings.appointment import CANCELS, MINUTES, OTHERS, Acceptance, Appointment, is_open
from chalicelib.domain.meetings.slots import LONGEST, SHORTEST, Slot, Video
from chalicelib.domain.meetings.welcome import read_welcome
from chalicelib.errors import FieldInvalid
from chalicelib.stories import meetings
from chalicelib.stories.kit.inviting import list_guest_names
from chalicelib.stories.meetings import Move
from chalicelib.stories.parcours import Sheet
from chalicelib.web.kit.forms import PageForm, read_reason
from chalicelib.web.kit.page_view import FieldError
from chalicelib.words import codes, mails
from chalicelib.words.codes import Labelled
from chalicelib.words.welcome import WelcomeField, WelcomeLine, describe_welcome, list_welcome_fields

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TYPED_MINUTES = re.compile(r"[0-9]{1,3}")


class MeetingForm(PageForm):
    """``POST /parcours/{id}/rendez-vous``; ``geste``: « accepter », « autres », « deplacer » or « annuler ».

    ``vu``: what the page showed: which dates, or when the meeting was; ``date``: the accepted one; ``jour``, ``heure``,
    ``minutes``, ``lieu``: a new date, and ``entree`` to ``arret`` what there is to know for it; ``feries_vus``, ``hote_vu``: the
    public holiday, or the host of the video call, is confirmed.
    """

    geste: str = ""
    vu: str = ""
    date: str = ""
    acheteuse: str = ""
    motif: str = ""
    jour: str = ""
    heure: str = ""
    minutes: str = ""
    lieu: str = ""
    entree: str = ""
    demander: str = ""
    repas: str = ""
    tenue: str = ""
    chaussures: str = ""
    plain_pied: str = ""
    arret: str = ""
    feries_vus: str = ""
    hote_vu: str = ""


def take_answer(person: Account, parcours_id: str, form: MeetingForm, now: datetime) -> str:
    """Do what the form asks for; return the slug of the notice that says so. Doing it twice is doing it once.

    Raises:
        FieldInvalid: it names the field.
        HolidayUnseen, HostUnseen, NotFound, SlotTaken, WrongStep, ChangedMeanwhile: see ``stories.meetings``.
    """
    match form.geste:
        case "accepter":
            chosen, invited = parse_iso(form.date), form.acheteuse == "oui"
            if chosen is None:
                raise FieldInvalid("date", "choose_slot")
            accepted = Acceptance(chosen, form.vu, buyer_invited=invited, host_seen=form.hote_vu)
            meetings.accept(person, parcours_id, accepted, now)
            return "date-acceptee"
        case "autres":
            meetings.ask_others(person, parcours_id, read_reason(form.motif), now, seen=form.vu)
            return "autres-dates"
        case "deplacer":
            move = Move(_parse_slot(form, now), parse_iso(form.vu), holidays_seen=form.feries_vus == "oui")
            meetings.move(person, parcours_id, move, now)
            return "rendez-vous-deplace"
        case "annuler":
            meetings.cancel(person, parcours_id, read_reason(form.motif), now, seen=parse_iso(form.vu))
            return "rendez-vous-annule"
        case _:
            raise FieldInvalid("geste", "value")


def _parse_slot(form: MeetingForm, now: datetime) -> Slot:
    """Read the new date of a meeting, which was agreed by telephone. Raises FieldInvalid."""
    if not DAY.fullmatch(form.jour):
        raise FieldInvalid("jour", "slot")
    if not slots.START.fullmatch(f"2000-01-01T{form.heure}"):
        raise FieldInvalid("heure", "hour")
    try:
        start = slots.read_start(f"{form.jour}T{form.heure}", now, "jour")
    except FieldInvalid as refusal:
        at_hour = refusal.facts["reason"] in {"no_such_hour", "which_hour"}
        raise FieldInvalid("heure" if at_hour else "jour", str(refusal.facts["reason"])) from None
    minutes = int(form.minutes) if TYPED_MINUTES.fullmatch(form.minutes) else 0
    if not SHORTEST <= minutes <= LONGEST:
        raise FieldInvalid("minutes", "minutes")
    place = slots.read_place(form.lieu.strip() or slots.RECORD_PLACE, config.public_host())
    slot = Slot(start=start, minutes=minutes, place=place)
    return slot.with_welcome(read_welcome(form.typed()))


class SlotChoice(NamedTuple):
    """A date that the company proposes, to be chosen."""

    value: str
    day: str
    hour: str
    place: str
    video: Video | None
    notes: list[str]
    past: bool


class FixedMeeting(NamedTuple):
    """The agreed meeting, which is still to come."""

    at: str
    when: str
    place: str
    video: Video | None
    welcome: list[WelcomeLine]
    buyer: bool
    """Whether the buyer is invited too."""
    convocation: str
    """Path of the page to print for the young person."""


class MeetingCard(NamedTuple):
    """What the tutor's side may do about the meeting, with what was typed."""

    action: str
    page_version: str
    """Which dates the page shows, given back with an answer."""
    slots: list[SlotChoice]
    welcome: list[WelcomeLine]
    """What the company says of the day, with those dates."""
    fixed: FixedMeeting | None
    can_move: bool
    """Whether it may be moved, and not only cancelled."""
    buyer: bool
    """Whether a buyer can be invited."""
    guests: list[str]
    """The names of those who are invited."""
    host: str
    """Of the chosen date that is no meeting in person."""
    welcome_fields: list[WelcomeField]
    others: list[Labelled]
    cancels: list[Labelled]
    typed: dict[str, str]
    error: FieldError
    today: date
    shortest: int = SHORTEST
    longest: int = LONGEST


NO_ERROR = FieldError("", "")


def build_meeting_card(
    person: Account,
    sheet: Sheet,
    now: datetime,
    asked: MeetingForm | None = None,
    error: FieldError | None = None,
) -> MeetingCard | None:
    """Build the card of the meeting; None when the reader may not answer, or no date is proposed or agreed.

    While a request of the young person waits, proposed dates do, and a meeting can only be cancelled.

    Args:
        asked: what was typed.
        error: which field was refused, and why.
    """
    parcours = sheet.page.parcours
    if not may(person, Act.MEET, parcours) or not is_open(parcours):
        return None
    current = meetings.load_appointment(sheet.work, parcours)
    waiting = current.slots if current and not parcours.is_held else ()
    is_ahead = parcours.meeting_at is not None and parcours.meeting_at > now
    fixed = build_fixed_meeting(parcours, current, now) if is_ahead else None
    if not waiting and fixed is None:
        return None
    typed = asked or MeetingForm()
    welcome_fields = list_welcome_fields(parcours, current.slot if current else None)
    return MeetingCard(
        action=f"/parcours/{parcours.id}/rendez-vous",
        page_version=current.page_version if current else "",
        slots=[_build_slot_choice(slot, parcours, now) for slot in waiting],
        welcome=describe_welcome(parcours, next(iter(waiting), None)),
        fixed=fixed,
        can_move=not parcours.is_held,
        buyer=bool(parcours.buyer or parcours.present_buyer_contact),
        guests=list_guest_names(sheet.work, parcours),
        host=_find_host(waiting, typed.date),
        welcome_fields=welcome_fields,
        others=codes.list_meeting_reasons(OTHERS),
        cancels=codes.list_meeting_reasons(CANCELS),
        typed=typed.typed() | _keep_agreed(parcours.meeting_at, current, welcome_fields, typed.geste),
        error=error or NO_ERROR,
        today=day_of(now),
    )


def _find_host(waiting: tuple[Slot, ...], chosen: str) -> str:
    """Return the host of the chosen date's video call; empty when it is a meeting in person."""
    return next((slot.video.host for slot in waiting if iso(slot.start) == chosen and slot.video), "")


def _build_slot_choice(slot: Slot, parcours: Parcours, now: datetime) -> SlotChoice:
    """Build a proposed date, which one press accepts: none is chosen beforehand."""
    return SlotChoice(
        value=iso(slot.start),
        day=french.jour_dit(slot.start, now),
        hour=f"{french.heure(slot.start)} ({french.duree(slot.minutes)})",
        place=_format_place(parcours, slot),
        video=slot.video,
        notes=_build_slot_notes(slot, parcours, now),
        past=slot.start <= now,
    )


def _build_slot_notes(slot: Slot, parcours: Parcours, now: datetime) -> list[str]:
    """Return what to know of a date before accepting it: holidays, an absence, a past hour, an unusual video host."""
    day, calendar = day_of(slot.start), terms.calendar()
    notes = []
    if calendar.is_public_holiday(day, parcours.placement.departement):
        notes.append("Jour férié")
    if calendar.is_school_holiday(day, parcours.tutor_academie or parcours.placement.academie):
        notes.append("Vacances scolaires")
    absence = parcours.tutor_absence
    if absence is not None and absence.holds(day) and not absence.is_final:
        notes.append("Pendant l’absence annoncée")
    if slot.start <= now:
        notes.append("Date passée")
    if slot.video is not None and not slot.video.is_expected:
        notes.append("Ce n’est pas un service de visio connu\u00a0: à vérifier par téléphone")
    return notes


def build_fixed_meeting(parcours: Parcours, current: Appointment | None, now: datetime) -> FixedMeeting:
    """Build the agreed meeting, which is to come."""
    assert parcours.meeting_at is not None
    slot = current.find_upcoming_slot(now) if current else None
    length = f" ({french.duree(slot.minutes)})" if slot else ""
    return FixedMeeting(
        at=iso(parcours.meeting_at),
        when=f"{french.moment(parcours.meeting_at)}{length}",
        place=_format_place(parcours, slot),
        video=slot.video if slot else None,
        welcome=describe_welcome(parcours, slot),
        buyer=bool(current and current.buyer_invited),
        convocation=f"/parcours/{parcours.id}/convocation",
    )


def _format_place(parcours: Parcours, slot: Slot | None) -> str:
    """Return where they meet: at a distance, or the record's place."""
    if slot is not None and slot.place is not None:
        return mails.AT_A_DISTANCE
    return f"{parcours.placement.place}, {parcours.placement.town}"


def _keep_agreed(
    meeting_at: datetime | None,
    current: Appointment | None,
    welcome_fields: list[WelcomeField],
    refused: str,
) -> dict[str, str]:
    """Return the values with which the forms begin so that what was agreed stays: of a move, and whether the buyer comes.

    ``refused``: the gesture whose form comes back as it was typed; empty: none.
    """
    slot = current.slot if current else None
    invited = {"acheteuse": "oui" if current and current.buyer_invited else ""}
    said = {field.name: field.value for field in welcome_fields}
    hour = meeting_at.astimezone(PARIS) if meeting_at else None
    agreed = said | {
        "jour": f"{hour:%Y-%m-%d}" if hour else "",
        "heure": f"{hour:%H:%M}" if hour else "",
        "minutes": str(slot.minutes if slot else MINUTES),
        "lieu": (slot.place or "") if slot else "",
    }
    return ({} if refused == "deplacer" else agreed) | ({} if refused == "accepter" else invited)
