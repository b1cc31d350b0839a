"""What the lists show: lines of parcours turned into rows, filters into fields, chips and addresses."""

from datetime import date, datetime
from typing import Any

from chalicelib import list_words, words
from chalicelib.domain import filters
from chalicelib.domain.calendar import day_of
from chalicelib.domain.filters import Distance, Filter, Line, Sort
from chalicelib.domain.parcours import ParcoursStatus, Step
from chalicelib.domain.people import Account
from chalicelib.domain.reminding import can_remind
from chalicelib.domain.values import Role
from chalicelib.french import jour_abrege
from chalicelib.stories import listing
from chalicelib.stories.listing import View
from chalicelib.web import detour_view, filter_fields, filter_query
from chalicelib.web.agent_page import who
from chalicelib.web.filter_query import Asked

ROWS_A_PAGE = 25
BUYS = frozenset({Role.BUYER, Role.PRESCRIBER})
MANY_DAYS = 60
"""From here on a date says more than a number of days."""
ENDING = Filter(status=ParcoursStatus.AVAILABLE, closing=True)
QUICK = (
    ("En retard", Filter(late=True, sort=Sort.LATE)),
    ("Fin de marché dans les {months} mois, sans jeune", ENDING),
)
"""Where the team begins."""


def wanted(person: Account, asked: Asked) -> Filter:
    """What to show: what is asked for, or what somebody meets first: for a buyer, late ones before the others."""
    if asked.nothing and person.roles & BUYS:
        return asked.filter.model_copy(update={"sort": Sort.LATE})
    return asked.filter


def parcours_list(
    person: Account,
    asked: Asked,
    found: View,
    near: list[Line],
    *,
    now: datetime,
    months: int,
    done: str = "",
    printing: bool = False,
) -> dict[str, Any]:
    """``pages/parcours-liste.html``.

    Args:
        near: a tutor's free offers near, on her first page; else empty.
        months: from how long before its end a contract presses.
        done: slug of what was just done, if anything.
        printing: all the rows on one page.
    """
    view, today = wanted(person, asked), day_of(now)
    return {
        "agent": who(person),
        "nav": "parcours",
        "title": _title(person, view),
        "order": list_words.ORDER[view.sort],
        "sorted_by_notification": view.sort is Sort.NOTIFIED,
        "notice": detour_view.notice(done),
        "unknown": [list_words.FILTER[name] for name in asked.unknown],
        "rows": [_row(person, line, now, months) for line in _page(found, asked, printing)],
        "waiting": sum(line.yours for line in found.lines),
        "most": listing.MOST_READ,
        "bounds": _bounds(person, view, found),
        "pages": _pages(view, found, asked, printing),
        "fields": filter_fields.fields(view, found.read),
        "chips": filter_fields.chips(view),
        "hidden": list(filter_query.written(view).items()),
        "here": filter_query.address(view),
        "export": {
            "href": filter_query.address(view, "/parcours/export"),
            "label": f"Exporter les {len(found.lines)} trouvés (CSV)"
            if found.truncated
            else "Exporter (CSV)",
        },
        "print_href": filter_query.address(view, imprimer="1"),
        "printing": printing,
        "quick": _quick(person, months),
        "near": [offer_row(line, person, today, months) for line in near],
        "finds_offers": bool(listing.reach(person)),
        "suggestions": [] if found.lines else filter_fields.suggestions(view, found, now=now, months=months),
        "filtered": bool(filter_fields.chips(view)),
    }


def offer_list(
    person: Account,
    asked: Asked,
    within: Distance,
    found: View,
    unknown: list[str],
    *,
    now: datetime,
    months: int,
) -> dict[str, Any]:
    """``pages/offres.html``; ``unknown``: names of what was left aside beside the filters."""
    view, today, where = asked.filter, day_of(now), list_words.DISTANCE_SLUG[within]
    return {
        "agent": who(person),
        "nav": "offres",
        "unknown": [*(list_words.FILTER[name] for name in asked.unknown), *unknown],
        "offers": [offer_row(line, person, today, months) for line in _page(found, asked, False)],
        "most": listing.MOST_READ,
        "bounds": _offer_bounds(found),
        "pages": _pages(view, found, asked, False, path="/offres", ou=where),
        "fields": filter_fields.fields(view, found.read),
        "distances": [
            {
                "value": list_words.DISTANCE_SLUG[one],
                "label": list_words.DISTANCE[one],
                "chosen": one is within,
            }
            for one in listing.reach(person)
        ],
    }


def within(slug: str, may: tuple[Distance, ...]) -> tuple[Distance, list[str]]:
    """How far to look, the widest when it is not said; and « Où » when it is said so that we do not know it."""
    found = next((one for one in may if list_words.DISTANCE_SLUG[one] == slug), None)
    return found or may[-1], [list_words.FILTER["ou"]] if slug and found is None else []


def offer_row(line: Line, person: Account, today: date, months: int) -> dict[str, Any]:
    """One free offer: what helps to choose, no contact."""
    return {
        "href": f"/parcours/{line.id}",
        "company": line.company,
        "contract": line.contract,
        "lot": line.lot,
        "organisation": line.organisation,
        "hours": line.hours,
        "domain": line.domain,
        "town": line.town,
        "departement": filter_fields.departement(line.departement),
        "academie": line.academie,
        "where": list_words.WHERE[listing.whereabouts(person).distance(line)],
        "ends_on": line.ends_on,
        "presses": filters.ends_soon(line, today, months),
    }


def _row(person: Account, line: Line, now: datetime, months: int) -> dict[str, Any]:
    turn, today = line.turn, day_of(now)
    reminds = bool(person.roles & BUYS) and can_remind(line, Role.BUYER, now)
    return {
        "href": f"/parcours/{line.id}",
        "reference": line.reference,
        "company": line.company,
        "contract": line.contract,
        "lot": line.lot,
        "hours": line.hours,
        "town": line.town,
        "ends_on": line.ends_on if filters.ends_soon(line, today, months) else None,
        "step": _step(line),
        "status": _status(line),
        "turn": {
            "role": turn.role.value if turn else None,
            "label": words.ROLE[turn.role] if turn else _nobody(line.status),
            "yours": line.yours,
        },
        "since": f"depuis {_since(day_of(turn.since), today)}" if turn else None,
        "late": _late(line, today),
        "notes": _notes(line, today),
        "last": {"label": list_words.LAST[line.last_kind], "at": line.last_at},
        "notified_on": line.notified_on,
        "remind_href": f"/parcours/{line.id}/relance" if reminds else None,
    }


def _step(line: Line) -> dict[str, str] | None:
    """Where it stands within « en préparation », or what went wrong there; None elsewhere."""
    if line.step is None or line.status is not ParcoursStatus.IN_PREPARATION:
        return None
    if line.setback is not None:
        return {"code": "refused", "label": list_words.SETBACK[line.setback]}
    return {"code": line.step.value, "label": words.STEP[line.step]}


def _status(line: Line) -> dict[str, str] | None:
    """The status, where there is no step to say more."""
    if line.status is ParcoursStatus.IN_PREPARATION:
        return None
    return {"code": line.status.value, "label": words.STATUS[line.status]}


def _nobody(status: ParcoursStatus) -> str:
    return "À prendre" if status is ParcoursStatus.AVAILABLE else "Personne"


def _since(day: date, today: date) -> str:
    days = (today - day).days
    if days < 1:
        return "aujourd’hui"
    if days == 1:
        return "hier"
    return f"{days}\u00a0jours" if days <= MANY_DAYS else f"le {jour_abrege(day)}"


def _late(line: Line, today: date) -> str | None:
    if line.late_since is None:
        return None
    since = day_of(line.late_since)
    days = (today - since).days
    if 1 <= days <= MANY_DAYS:
        return "En retard d’un jour" if days == 1 else f"En retard de {days}\u00a0jours"
    return f"En retard depuis {_since(since, today)}"


def _notes(line: Line, today: date) -> list[str]:
    """What was agreed, who is away, and why an old reference led here."""
    notes = [list_words.FORMERLY] if line.formerly else []
    if line.meeting_at and line.step is Step.MEETING_FIXED:
        notes.append(f"rendez-vous le {jour_abrege(line.meeting_at)}")
    if line.promised_on:
        notes.append(f"dates promises avant le {jour_abrege(line.promised_on)}")
    if line.call_back_on:
        notes.append(f"à rappeler le {jour_abrege(line.call_back_on)}")
    stands_in = line.turn is not None and line.turn.role is Role.COORDINATOR and line.late_since is None
    if stands_in and line.absent_until and line.absent_until >= today:
        notes.append(f"tutrice ou tuteur en absence jusqu’au {jour_abrege(line.absent_until)}")
    return notes


def _title(person: Account, view: Filter) -> str:
    title = list_words.title(view.statuses)
    if person.is_team:
        return title
    if Role.COORDINATOR in person.roles and Role.TUTOR not in person.roles:
        return f"{title}, académie de {person.academie}" if person.academie else title
    return f"Vos {title[0].lower()}{title[1:]}"


def _quick(person: Account, months: int) -> list[dict[str, str]]:
    if not person.is_team:
        return []
    return [
        {"label": label.format(months=months), "href": filter_query.address(view)} for label, view in QUICK
    ]


def _page(found: View, asked: Asked, printing: bool) -> list[Line]:
    if printing:
        return found.lines
    start = (_at(found, asked) - 1) * ROWS_A_PAGE
    return found.lines[start : start + ROWS_A_PAGE]


def _at(found: View, asked: Asked) -> int:
    """The page asked for, or the last one when there are fewer."""
    return min(asked.page, max(1, -(-len(found.lines) // ROWS_A_PAGE)))


def _pages(
    view: Filter, found: View, asked: Asked, printing: bool, path: str = "/parcours", **also: str
) -> dict[str, Any]:
    """Where one is in the rows, and how to go on."""
    total, at = len(found.lines), _at(found, asked)
    last = total if printing else min(at * ROWS_A_PAGE, total)

    def go(page: int) -> str:
        return filter_query.address(view, path, **also, page=str(page))

    return {
        "total": total,
        "first": 1 if printing else (at - 1) * ROWS_A_PAGE + 1,
        "last": last,
        "previous": go(at - 1) if at > 1 and not printing else None,
        "next": go(at + 1) if last < total else None,
    }


def _bounds(person: Account, view: Filter, found: View) -> str | None:
    """What is said when there are more rows than are read: for the team lists of an académie or a buyer hold fewer."""
    if not found.truncated:
        return None
    narrower = "une académie, un organisme acheteur ou " if person.is_team else ""
    each = " de chaque statut" if len(view.statuses) > 1 else ""
    return f"{_read(found, each)}Choisissez {narrower}un jour dans «\u00a0Notifié à partir du\u00a0» pour lire les autres."


def _offer_bounds(found: View) -> str | None:
    if not found.truncated:
        return None
    return (
        f"{_read(found)}Cherchez moins loin, ou choisissez un jour dans «\u00a0Notifié à partir du\u00a0» "
        "pour lire les autres."
    )


def _read(found: View, each: str = "") -> str:
    most = listing.MOST_READ if each else len(found.read)
    return f"Seuls les {most} premiers{each} ont été lus, il peut en manquer ici. "
