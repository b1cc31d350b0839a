"""The page of delays: how long each phase of a passage takes, for a period in months and one group of parcours.

``phase``: a stretch of a passage, such as « Ouvrir »; months are counted as numbers since year 0, or written as « 2026-01 ».
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from chalice.app import Response

from chalicelib import french
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.territory import ACADEMIES, DOMAINES, HOURS, REGIONS
from chalicelib.domain.parcours.delays import (
    CONCLUSIVE,
    FEWEST,
    MOST_MONTHS,
    OBSERVED_DAYS,
    Fate,
    Group,
    Grouping,
    Phase,
    Spread,
    list_groups,
)
from chalicelib.french import NO_BREAK, PARIS
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.parcours import Report
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.page import AgentCall
from chalicelib.web.kit.page_view import FieldError, Notice, PageView
from chalicelib.words.codes import Labelled

MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
HOURS_TYPED = re.compile(r"[1-9][0-9]{0,3}")
PERIOD_MONTHS = 12
YEARS_BACK = 10
LONGEST_NAME = 200
THINNEST = 0.5
"""Hundredths of the width: a delay of no day is seen all the same."""

FILTERS = {
    "academie": (Grouping.ACADEMIE, "Académie"),
    "region": (Grouping.REGION, "Région académique"),
    "acheteur": (Grouping.ORGANISATION, "Organisme acheteur"),
    "domaine": (Grouping.DOMAIN, "Domaine"),
    "heures": (Grouping.HOURS, "Durée du stage"),
}
"""Fields of the address, the first that is filled wins."""
FIELDS = ("du", "au", *FILTERS)

PHASES = {
    Phase.PREPARE: ("Préparer", "de l’offre prise à l’envoi commencé"),
    Phase.SEND: ("Envoyer", "de l’envoi commencé au lien parti"),
    Phase.OPEN: ("Ouvrir", "du lien parti au lien ouvert"),
    Phase.ANSWER: ("Répondre", "du lien ouvert aux dates proposées ou au rendez-vous fixé"),
    Phase.MEET: ("Se rencontrer", "de cette réponse à la première rencontre"),
    Phase.SIGN: ("Signer", "de la première rencontre à la convention signée"),
    Phase.WHOLE: ("De l’envoi à la première rencontre", "du lien parti à la première rencontre"),
}
"""What each phase is called, and from when to when it goes."""
FATES = {
    Fate.MET: "Rencontre",
    Fate.DECLINED: "Refus de l’entreprise",
    Fate.UNREAD: "Documents effacés sans que personne les ouvre",
    Fate.OPEN: "Pas encore de suite, ou arrêt avant",
}
"""What became of passages whose documents left, before their number."""
ERRORS = {
    "month": "Donnez un mois comme 2026-01, depuis dix ans au plus.",
    "reversed": "Ce mois vient avant le premier. Changez l’un des deux.",
    "long": f"Une période compte {MOST_MONTHS} mois au plus. Rapprochez le premier et le dernier mois.",
}
NOTICES = {
    "refused": Notice(
        "Ce filtre n’est pas ouvert à votre compte",
        "Vous voyez ce qui vous concerne, comme si vous ne l’aviez pas demandé.",
    ),
    "unknown": Notice(
        "Ce filtre ne correspond à rien",
        "Nous ne l’avons pas pris en compte. Choisissez dans les listes.",
    ),
    "several": Notice(
        "Un seul filtre à la fois",
        "Nous avons gardé le premier. Enlevez-le pour en choisir un autre.",
    ),
}


@dataclass(frozen=True)
class Asked:
    """What an address asks for; ``first``, ``last``: the months to show, which are the usual ones when there is an ``error``."""

    first: str
    last: str
    group: Group | None
    error: tuple[str, str] | None
    """Field, and the key of its sentence."""
    notice: str | None
    typed: dict[str, str]


class PhaseRow(NamedTuple):
    """A phase and, where there are enough cases, how long it took; widths are percentages of the longest delay shown."""

    label: str
    meaning: str
    whole: bool
    cases: int | None = None
    proves: bool = False
    """Whether there are enough cases to conclude."""
    median: str = ""
    worst: str = ""
    median_width: str = ""
    worst_width: str = ""
    line_at: str | None = None
    """Where the longest of the observation of 2020 lies."""


class FateShown(NamedTuple):
    """How many passages came to what, in words."""

    cases: int
    words: str


class FilterField(NamedTuple):
    """A filter of the team's form; ``options`` is None where a name is typed."""

    name: str
    label: str
    value: str
    options: list[Labelled] | None


@dataclass(frozen=True, slots=True)
class DelaysPage(PageView):
    """How long each phase takes, for a period and one group."""

    template = "delais"

    period: str
    group: str | None
    nothing: bool
    """Whether this person's account leads to no group at all."""
    enough: bool
    notice: Notice | None
    phases: list[PhaseRow]
    sent: int
    """How many passages the fates are of; 0: too few to show."""
    fates: list[FateShown]
    others_sent: bool
    """Whether others left as well, in months of which not all fates were counted."""
    whole: Notice | None
    filters: list[FilterField]
    filtered: bool
    values: dict[str, str]
    error: FieldError | None
    observed_days: int = OBSERVED_DAYS
    fewest: int = FEWEST


KNOWN = {Grouping.ACADEMIE: ACADEMIES, Grouping.REGION: REGIONS, Grouping.DOMAIN: DOMAINES}
"""The names of each closed list."""


def show_delays(call: AgentCall[NoForm]) -> Response:
    """Show how long each phase takes, for the period and group of the address."""
    asked = parse_parameters({name: call.query(name) for name in FIELDS}, call.now)
    report = parcours_stories.read_delays(call.agent, asked.group, first=asked.first, last=asked.last)
    return call.show(_build_page(call.agent, asked, report), "delais", status=422 if asked.error else 200)


def parse_parameters(parameters: dict[str, str], now: datetime) -> Asked:
    """Read the period and the filter of an address; with a wrong period, the last twelve months are shown.

    Of several filters the first counts, and a notice says so.
    """
    typed = {name: value.strip()[:LONGEST_NAME] for name, value in parameters.items()}
    this_month = _number_month(now.astimezone(PARIS).date())
    first, last, error = _parse_period(typed["du"], typed["au"], this_month)
    if error is not None:
        first, last = this_month - PERIOD_MONTHS + 1, this_month
    else:
        typed |= {"du": _format_month(first), "au": _format_month(last)}
    filled = [name for name in FILTERS if typed[name]]
    group = None
    if filled:
        name = filled[0]
        typed |= dict.fromkeys(filled[1:], "")  # what is shown is what is counted
        group = _find_group(name, typed[name], parameters[name].strip())
    return Asked(
        _format_month(first), _format_month(last), group, error, _choose_notice(filled, group), typed
    )


def _choose_notice(filled: list[str], group: Group | None) -> str | None:
    """Return the key of the notice about the filters; None when there is nothing to say. ``filled``: the fields with text."""
    if len(filled) > 1:
        return "several"
    return "unknown" if filled and group is None else None


def _parse_period(du: str, au: str, this_month: int) -> tuple[int, int, tuple[str, str] | None]:
    """Return the numbers of the first and last month, and None; or zeros, and the field with the key of its error.

    An empty ``du`` gives twelve months; an empty ``au`` ends with this month.
    """
    last = _parse_month(au, this_month) if au else this_month
    if last is None:
        return 0, 0, ("au", "month")
    first = _parse_month(du, this_month) if du else last - PERIOD_MONTHS + 1
    if first is None:
        return 0, 0, ("du", "month")
    if first > last:
        return 0, 0, ("au", "reversed")
    if last - first >= MOST_MONTHS:
        return 0, 0, ("du", "long")
    return first, last, None


def _parse_month(typed: str, this_month: int) -> int | None:
    """Return the number of a typed month; None when it is no month, or too far away."""
    parts = MONTH.fullmatch(typed)
    number = int(parts[1]) * 12 + int(parts[2]) - 1 if parts else 0
    return number if this_month - YEARS_BACK * 12 <= number <= this_month + 12 else None


def _number_month(day: date) -> int:
    """Return the number of a day's month, counted since year 0."""
    return day.year * 12 + day.month - 1


def _format_month(month: int) -> str:
    """Write the number of a month as « 2026-01 »."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def _find_group(field: str, name: str, whole: str) -> Group | None:
    """Return the group that a field names; None when no group can have this name.

    ``name``: cut to ``LONGEST_NAME``; ``whole``: as it was typed.
    """
    by = FILTERS[field][0]
    if by in KNOWN:
        is_possible = name in KNOWN[by]
    elif by is Grouping.HOURS:
        is_possible = bool(HOURS_TYPED.fullmatch(name))
    else:
        is_possible = name == whole and any(letter.isalnum() for letter in name)
    return Group(by, name) if is_possible else None


def _build_page(person: Account, asked: Asked, report: Report) -> DelaysPage:
    """Build the page of a report, with the form that asks for another one."""
    notice = "refused" if report.refused else asked.notice
    return DelaysPage(
        period=french.months(_parse_first_day(asked.first), _parse_first_day(asked.last)),
        group=_name_group(report.group) if report.spreads else None,
        nothing=not report.spreads,
        enough=any(spread.median_days is not None for spread in report.spreads.values()),
        notice=NOTICES[notice] if notice else None,
        phases=_build_rows(report.spreads),
        sent=sum(report.fates.values()),
        fates=[FateShown(count, FATES[fate]) for fate, count in report.fates.items()],
        others_sent=bool(report.fates) and sum(report.fates.values()) < report.spreads[Phase.SEND].cases,
        whole=_build_whole_notice(report.spreads.get(Phase.WHOLE)),
        filters=_build_filters(asked) if list_groups(person) is None else [],
        filtered=any(asked.typed[name] for name in FILTERS),
        values=asked.typed,
        error=FieldError(asked.error[0], ERRORS[asked.error[1]]) if asked.error else None,
    )


def _parse_first_day(month: str) -> date:
    """Return the first day of a month written as « 2026-01 »."""
    return date.fromisoformat(f"{month}-01")


def _name_group(group: Group | None) -> str:
    """Name a group as the title of the page does."""
    if group is None:
        return "tous les parcours"
    match group.by:
        case Grouping.ACADEMIE:
            return french.academie(group.name)
        case Grouping.REGION:
            return f"région académique : {group.name}"
        case Grouping.HOURS:
            return f"stages de {group.name}{NO_BREAK}h"
        case Grouping.DOMAIN:
            return f"domaine : {group.name}"
        case Grouping.ORGANISATION:
            return group.name


def _build_rows(spreads: dict[Phase, Spread]) -> list[PhaseRow]:
    """Build the rows of the table and their bars, whose widths are percentages of the longest delay shown.

    The longest delay that was observed in 2020 is one of those shown.
    """
    longest = max([OBSERVED_DAYS, *(spread.worst_days or 0 for spread in spreads.values())])
    return [_build_row(phase, spread, longest) for phase, spread in spreads.items()]


def _build_row(phase: Phase, spread: Spread, longest: int) -> PhaseRow:
    """Build the row of a phase; without figures when there are too few cases."""
    row = PhaseRow(*PHASES[phase], whole=phase is Phase.WHOLE)
    if spread.median_days is None or spread.worst_days is None:
        return row
    return row._replace(
        cases=spread.cases,
        proves=spread.cases >= CONCLUSIVE,
        median=_format_days(spread.median_days),
        worst=_format_days(spread.worst_days),
        median_width=_format_width(spread.median_days, longest),
        worst_width=_format_width(spread.worst_days, longest),
        line_at=_format_width(OBSERVED_DAYS, longest) if row.whole else None,
    )


def _build_whole_notice(spread: Spread | None) -> Notice | None:
    """Say how long it takes until the first meeting, and compare the longest with that of 2020; None without figures."""
    if spread is None or spread.median_days is None or spread.worst_days is None:
        return None
    median, worst = _format_days(spread.median_days), _format_days(spread.worst_days)
    if spread.cases < CONCLUSIVE:
        return Notice(
            kind="info",
            title=f"{spread.cases} premières rencontres : trop peu pour conclure",
            text=f"La moitié ont eu lieu en {median} ou moins, la plus longue en {worst}. Avec moins de {CONCLUSIVE} cas, "
            "un seul peut tout changer.",
        )
    ahead = OBSERVED_DAYS - spread.worst_days
    more_or_less = "moins" if ahead > 0 else "plus"
    against = f"{_format_days(abs(ahead))} de {more_or_less}" if ahead else "autant"
    return Notice(
        kind="fait" if ahead > 0 else "info",
        title=f"La moitié des premières rencontres ont lieu en {median} ou moins",
        text=f"La plus longue a pris {worst}. L’observation de 2020 en a vu prendre six semaines, "
        f"soit {_format_days(OBSERVED_DAYS)} : {against}.",
    )


def _format_days(days: float) -> str:
    """Format a number of days: « 12,5 jours », « 1 jour »."""
    number = f"{days:g}".replace(".", ",")
    return f"{number}{NO_BREAK}jour{'s' if days >= 2 else ''}"


def _format_width(days: float, longest: int) -> str:
    """Format the width of a bar as a percentage of the longest delay, never too thin to be seen."""
    return f"{max(THINNEST, 100 * days / longest):.1f}"


def _build_filters(asked: Asked) -> list[FilterField]:
    """Build the filters of the team's form; a number of hours that was asked for is among the options."""
    hours = asked.group.name if asked.group and asked.group.by is Grouping.HOURS else ""
    lengths = sorted({str(hour) for hour in HOURS} | ({hours} if hours else set()), key=int)
    lists: dict[str, Iterable[tuple[str, str]]] = {
        "academie": [(name, name) for name in ACADEMIES],
        "region": [(name, name) for name in REGIONS],
        "domaine": [(name, name) for name in DOMAINES],
        "heures": [(name, f"{name}{NO_BREAK}h") for name in lengths],
    }
    options = {name: [Labelled(code, text) for code, text in choices] for name, choices in lists.items()}
    return [
        FilterField(name, label, asked.typed[name], options.get(name)) for name, (_, label) in FILTERS.items()
    ]
