"""What a company may answer on its page, and what it has answered: the second half of ``POST /retrait/apercu``.

Nothing of it is told before the proof, but that there would be something to answer.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from chalicelib import terms
from chalicelib.clock import iso
from chalicelib.domain import address, appointment, declining, passing
from chalicelib.domain.appointment import Appointment
from chalicelib.domain.calendar import day_of, zone_of
from chalicelib.domain.link import Link, check_acts
from chalicelib.domain.opening import LinkState
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.slots import FARTHEST, RECORD_PLACE, Slot
from chalicelib.domain.turns import whose_turn
from chalicelib.domain.values import Role
from chalicelib.errors import RelayError
from chalicelib.stories.opening import Glimpse
from chalicelib.words import CONTACT_ROLE

HERE = frozenset({LinkState.TO_OPEN, LinkState.OPENED_HERE})
"""What a link still says to the browser that may have its documents."""
SCHOOL_HOLIDAYS_AHEAD = timedelta(days=120)
UNTOLD: dict[str, object] = {
    "actions": [],
    "creneaux": [],
    "rendez_vous": None,
    "refus": None,
    "refus_ailleurs": False,
    "copies": None,
    "collegue": None,
    "adresse_fiche": "",
    "vacances": [],
    "feries": [],
    "reponse_avant": None,
    "contacts": [],
}
"""What a browser that has not answered the question learns; and, but for what it said itself, that of a dead link."""


def answers(seen: Glimpse, stands: Appointment | None, now: datetime) -> dict[str, object]:
    """The keys that ``recipient_view.glimpse`` is completed by.

    Args:
        stands: the dates of the passage under way, if any were spoken of.
    """
    link, head = seen.found.link, seen.parcours
    speaks = _speaks(seen)
    open_now = actions(seen, now, speaks=speaks)
    shown: dict[str, object] = {
        "acheteuse": link.to is Role.BUYER,
        "preuve": "code" if link.code_wanted else "adresse",
        "repond": bool(open_now),
    }
    if not seen.proven:
        return shown | UNTOLD
    said: dict[str, object] = {
        "actions": open_now,
        "refus": _declined(link, head, now, speaks=speaks),
        "refus_ailleurs": speaks and declining.is_declined_elsewhere(link, head),
        "copies": iso(link.copies_deleted_at) if link.copies_deleted_at else None,
        "collegue": _colleague(link),
    }
    if not speaks:
        return shown | UNTOLD | said
    return {
        **shown,
        **said,
        "creneaux": [_slot(one) for one in stands.slots] if stands else [],
        "rendez_vous": _meeting(head, stands, now),
        "adresse_fiche": f"{head.placement.place}, {head.placement.town}",
        "vacances": _school_holidays(head, now),
        "feries": _public_holidays(head, now),
        "reponse_avant": _answer_by(head, now) if stands and stands.slots else None,
        "contacts": _contacts(head) if link.to is Role.BUYER else [],
    }


def _speaks(seen: Glimpse) -> bool:
    """Whether this link still speaks of the passage under way: one that was withdrawn, passed on or replaced, or that is of an
    earlier passage, tells neither when nor where they meet."""
    link = seen.found.link
    acts = not _refuses(lambda: check_acts(link, seen.found.version))
    return acts and link.attempt == seen.parcours.attempt


def actions(seen: Glimpse, now: datetime, *, speaks: bool) -> list[str]:
    """What this link's holder may do now, in the words of the surface. The stories decide again, each for itself."""
    link, head = seen.found.link, seen.parcours
    found = {
        "creneaux": speaks and link.to is Role.COMPANY and appointment.is_open(head),
        "refus": speaks and declining.may_decline(link, head),
        "remplace": speaks and _may_pass(seen, also=False, now=now),
        "aussi": speaks and link.to is Role.COMPANY and _may_pass(seen, also=True, now=now),
        "rendez_vous": speaks
        and link.to is Role.COMPANY
        and appointment.is_open(head)
        and head.meeting_at is not None,
        "copies": bool(link.recipient) and declining.may_delete_copies(link, head),
    }
    return [name for name, is_open in found.items() if is_open]


def _may_pass(seen: Glimpse, *, also: bool, now: datetime) -> bool:
    found = seen.found
    # As this browser stands to it: another one is told that it was opened.
    browser = found.link.opened_by if seen.sight.state in HERE else None
    return not _refuses(
        lambda: passing.check_may_pass(
            found.link, found.version, found.deposit, seen.parcours, also=also, browser=browser or "", now=now
        )
    )


def _refuses(check: Callable[[], None]) -> bool:
    try:
        check()
    except RelayError:
        return True
    return False


def _slot(one: Slot) -> dict[str, object]:
    return {"debut": iso(one.start), "minutes": one.minutes, "lieu": one.place or RECORD_PLACE}


def _meeting(head: Parcours, stands: Appointment | None, now: datetime) -> dict[str, object] | None:
    if head.meeting_at is None:
        return None
    slot = stands.slot if stands is not None else None
    if slot is None or slot.start != head.meeting_at:
        slot = Slot(start=head.meeting_at, minutes=appointment.MINUTES)
    return _slot(slot) | {"passe": now >= head.meeting_at}


def _declined(link: Link, head: Parcours, now: datetime, *, speaks: bool) -> dict[str, object] | None:
    if link.declined_at is None:
        return None
    until = link.declined_at + declining.UNDO if speaks and declining.may_undo(link, head, now) else None
    return {
        "le": iso(link.declined_at),
        "jusqu_a": iso(until) if until else None,
        "motif": link.declined_for.value if link.declined_for else None,
    }


def _colleague(link: Link) -> dict[str, str] | None:
    """Whom the link went to, as far as its holder needs to know: she named them herself."""
    if link.asked is not None:
        return {"mode": "aussi" if link.asked.also else "remplace", "etat": "a_accorder"}
    if link.moved_to is not None:
        return {"mode": "remplace", "etat": "parti"}
    return {"mode": "aussi", "etat": "parti"} if link.added is not None else None


def _school_holidays(head: Parcours, now: datetime) -> list[dict[str, str]]:
    """Those of the place's académie that end from today on and begin within 120 days; the calendar names none of them."""
    first, last = day_of(now), day_of(now + SCHOOL_HOLIDAYS_AHEAD)
    spans = terms.calendar().school_holidays.get(zone_of(head.placement.academie) or "", ())
    return [
        {"nom": "", "du": start.isoformat(), "au": end.isoformat()}
        for start, end in spans
        if end >= first and start <= last
    ]


def _public_holidays(head: Parcours, now: datetime) -> list[str]:
    """On every day for which a date may be proposed."""
    calendar, first = terms.calendar(), day_of(now)
    days = (first + timedelta(days=n) for n in range(FARTHEST.days + 1))
    return [day.isoformat() for day in days if calendar.is_public_holiday(day, head.placement.departement)]


def _answer_by(head: Parcours, now: datetime) -> str | None:
    """Until when the tutor's side is awaited."""
    turn = whose_turn(head, now, terms.calendar(), terms.turns())
    if turn is None or turn.due_at is None or turn.role is not Role.TUTOR:
        return None
    return iso(turn.due_at) if turn.due_at > now else None


def _contacts(head: Parcours) -> list[dict[str, str]]:
    """To whom a buyer may pass the link on: by their place in the record, with a hint of each address."""
    return [
        {"role_label": CONTACT_ROLE[one.role], "nom": one.name, "indice": address.hint(one.address)}
        for one in head.company.contacts
    ]
