"""The French of lists: titles, filters, orders, and their slugs in addresses."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib import config, french
from chalicelib.domain import lists as lists_rules
from chalicelib.domain.kernel import territory, texts
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Words
from chalicelib.domain.lists import Distance, Filter, Line, Person, Sort
from chalicelib.domain.parcours.reminding import can_remind
from chalicelib.domain.parcours.turns import Turn
from chalicelib.domain.proving import Verdict
from chalicelib.errors import NotFound
from chalicelib.french import jour_abrege, jour_court
from chalicelib.stories import health
from chalicelib.stories import lists as stories
from chalicelib.stories.lists import View
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.http import answer, redirect
from chalicelib.web.kit.page import AgentCall, find_notice
from chalicelib.web.kit.page_view import Notice, PageView
from chalicelib.words import codes, turns
from chalicelib.words.codes import ROLES, STATUSES, STEPS, Labelled
from chalicelib.words.timeline import FACTS

STATUS_SLUG = {code: slug for code, (_, slug, _) in STATUSES.items()}
STEP_SLUG = {code: slug for code, (_, slug) in STEPS.items()}
TURNS = (Role.COMPANY, Role.BUYER, Role.TUTOR, Role.COORDINATOR, Role.TEAM)
TURN_SLUG = {role: ROLES[role][2] for role in TURNS}
TITLE = {code: title for code, (_, _, title) in STATUSES.items()}
MINE_SLUG = "moi"
TICKED = "1"
EVERY_SLUG = "tous"
SORTS = {
    Sort.MINE: ("a-faire", "À faire", "ce qui vous attend en premier"),
    Sort.NOTIFIED: ("notification", "Notification", "notification la plus ancienne en premier"),
    Sort.LATE: ("retard", "Retard", "retard le plus long en premier"),
    Sort.LAST_FACT: ("dernier-fait", "Dernier fait", "dernier fait le plus récent en premier"),
}
"""Slug, label, order in full."""
SORT_SLUG = {code: slug for code, (slug, _, _) in SORTS.items()}
SORT = {code: label for code, (_, label, _) in SORTS.items()}
ORDER = {code: order for code, (_, _, order) in SORTS.items()}
DISTANCES = {
    Distance.DEPARTEMENT: ("departement", "Votre département", "Dans votre département"),
    Distance.ACADEMIE: ("academie", "Votre académie", "Dans votre académie"),
    Distance.REGION: ("region", "Votre région académique", "Dans votre région académique"),
    Distance.ANYWHERE: ("partout", "Partout", "Plus loin"),
}
"""Slug, how far one looks, where one offer is."""
DISTANCE_SLUG = {code: slug for code, (slug, _, _) in DISTANCES.items()}
DISTANCE = {code: far for code, (_, far, _) in DISTANCES.items()}
WHERE = {code: where for code, (_, _, where) in DISTANCES.items()}
FORMERLY = "la référence cherchée est celle d’un passage terminé"
WITHIN_LABEL = "Où"
"""What the field is called that says how far to look for offers."""
SINCE = "Notifié à partir du"
MINE = "À vous"
OTHERS = "Les autres"
EVERY, UNDER_WAY = "Tous", "En cours"
"""What a choice of statuses is called that names none."""
SETBACK = Words(
    {
        Setback.MAIL_FAILED: "Message non parti",
        Setback.MAIL_IN_DOUBT: "Lien peut-être parti",
        Setback.MAIL_BOUNCED: "Message non accepté",
        Setback.UNREADABLE: "Documents illisibles",
        Setback.LINK_CLOSED: "Lien fermé",
        Setback.SENDING_REQUESTED: "Nouvel envoi demandé",
        Setback.DECLINED: "Refus de l’entreprise",
        Setback.MEETING_MISSED: "Rendez-vous manqué",
    },
    stranger="À revoir",
)
"""What went wrong, said in place of the step."""
LAST = Words({kind: row.last for kind, row in FACTS.items()}, stranger=FACTS.stranger.last)
"""The last fact of a parcours, in a word or two."""


C = TypeVar("C")
CSV = "text/csv; charset=utf-8"
MOST_HOURS, MOST_PAGES = 2_000, 999


@dataclass(frozen=True)
class Asked:
    """What an address asks for."""

    filter: Filter
    page: int
    """From 1 on."""
    unknown: tuple[str, ...]
    """Parameters whose value says nothing to us: they are left aside, and that is said."""
    nothing: bool
    """Nothing at all is asked: this is somebody's first page."""


class Choice(NamedTuple):
    """An option of a filter."""

    value: str
    label: str
    chosen: bool


class FilterFields(NamedTuple):
    """What the filter bar offers, and what stands in it."""

    q: str
    tour: list[Choice]
    etape: list[Choice]
    statut: list[Choice]
    academie: list[Choice]
    region: list[Choice]
    acheteur: list[Choice]
    domaine: list[Choice]
    heures: list[Choice]
    tri: list[Choice]
    depuis: str
    retard: bool
    echeance: bool


class Chip(NamedTuple):
    """An active filter, and the address of the same view without it."""

    name: str
    label: str
    href: str


class Suggestion(NamedTuple):
    """A filter to take away; ``total``: how many parcours that shows, None where it is not known."""

    label: str
    href: str
    total: int | None


class TextLink(NamedTuple):
    """A link to another view."""

    label: str
    href: str


class TurnShown(NamedTuple):
    """Whose turn it is in a row; without a ``role`` nobody's."""

    label: str | None
    role: str | None = None
    act: str | None = None
    since: str | None = None
    late: str = ""


class ListRow(NamedTuple):
    """A row of the list, and what is said of it to this reader."""

    line: Line
    people: tuple[Person, ...]
    """Those whom the search is for."""
    ends_soon: bool
    step: Labelled | None
    status: Labelled | None
    turn: TurnShown
    notes: list[str]
    last: str
    """The last fact, in a word or two."""
    can_remind: bool


class RowGroup(NamedTuple):
    """Rows under their heading (None: no groups); ``total``: of all pages."""

    heading: str | None
    total: int
    rows: list[ListRow]


class OfferRow(NamedTuple):
    """A free offer: what helps to choose, no contact."""

    line: Line
    departement: str
    where: str
    presses: bool
    """Whether its contract ends soon."""


class Pages(NamedTuple):
    """Where the rows of a page are in all, and how to go on."""

    total: int
    first: int
    last: int
    previous: str | None
    next: str | None


class ErasingProof(NamedTuple):
    """What the last proof of erasure says; unless it is ``calm``, whom to call."""

    calm: bool
    words: str
    support: str


@dataclass(frozen=True, slots=True)
class ListPage(PageView):
    """The parcours of this agent, by the filters of the address."""

    template = "parcours-liste"

    title: str
    order: str
    sorted_by_notification: bool
    notice: Notice | None
    unknown: list[str]
    """The filters that say nothing to us."""
    groups: list[RowGroup]
    waiting: int
    """How many parcours await this reader."""
    most: int
    bounds: str | None
    """What is said when there are more rows than are read."""
    pages: Pages
    fields: FilterFields
    chips: list[Chip]
    hidden: list[tuple[str, str]]
    here: str
    export: TextLink
    print_href: str
    printing: bool
    quick: list[TextLink]
    near: list[OfferRow]
    finds_offers: bool
    suggestions: list[Suggestion]
    erasing: ErasingProof | None


@dataclass(frozen=True, slots=True)
class OffersPage(PageView):
    """Free offers without contacts, the nearest first."""

    template = "offres"

    notice: Notice | None
    unknown: list[str]
    offers: list[OfferRow]
    most: int
    bounds: str | None
    pages: Pages
    fields: FilterFields
    distances: list[Choice]


def parcours(call: AgentCall[NoForm]) -> Response:
    """The parcours of this agent, by the filters of the address; her first page without any."""
    person, now = call.agent, call.now
    asked = read(call.request.query_params or {})
    view = _wanted(person, asked)
    found = stories.listing(person, view, now=now)
    near = stories.offers_near(person, now=now) if asked.nothing else []
    printing = call.query("imprimer") == "1"
    lines, pages = _paged(view, found, asked, printing)
    active, months = ([] if asked.nothing else chips(view)), config.settings().closing_months
    # For the team alone: the lists of an académie or a buyer hold fewer rows.
    narrower = "une académie, un organisme acheteur ou " if person.is_team else ""
    page = ListPage(
        title=_title(person, view),
        order=ORDER[view.sort],
        sorted_by_notification=view.sort is Sort.NOTIFIED,
        notice=find_notice(call.query("fait")),
        unknown=_labels(asked.unknown),
        groups=_groups(person, lines, found.lines, view, now),
        waiting=sum(line.yours for line in found.lines),
        most=stories.MOST_READ,
        bounds=_bounds(found, f"Choisissez {narrower}", len(view.statuses)),
        pages=pages,
        fields=fields(view, found.read),
        chips=active,
        hidden=list(written(view).items()),
        here=address(view),
        export=_export_link(view, found),
        print_href=address(view, imprimer="1"),
        printing=printing,
        quick=_quick(months) if person.is_team else [],
        near=[_offer_row(line, person, day_of(now), months) for line in near],
        finds_offers=bool(stories.reach(person)),
        suggestions=[] if found.lines else suggestions(view, found, now=now, months=months),
        erasing=_erasing(call),
    )
    return call.show(page, "parcours")


def _export_link(view: Filter, found: View) -> TextLink:
    several = f"Exporter les {len(found.lines)} trouvés (CSV)"
    return TextLink(several if found.truncated else "Exporter (CSV)", address(view, "/parcours/export"))


def _quick(months: int) -> list[TextLink]:
    """The views in which the team begins."""
    return [TextLink(label.format(months=months), address(view)) for label, view in QUICK]


def _erasing(call: AgentCall[NoForm]) -> ErasingProof | None:
    """The foot of the team's list: what the last proof of erasure says, and whom to call if need be; None for others."""
    if not call.agent.is_team:
        return None
    state, known = health.health(call.now)
    words = codes.erasing(state, known, call.now)
    calm = state in {Verdict.PROVED, Verdict.NEVER}  # a new service has its first proof before it
    return ErasingProof(calm, words, config.settings().support_address)


def export(call: AgentCall[NoForm]) -> Response:
    """The same view as a file, all its rows."""
    view = _wanted(call.agent, read(call.request.query_params or {}))
    found = stories.listing(call.agent, view, now=call.now)
    part = f"-{len(found.read)}-premiers-lus" if found.truncated else ""
    several = "tous-statuts" if view.text or view.every_status else "en-cours"
    status = STATUS_SLUG[view.status] if view.status else several
    name = f"parcours-{status}-{day_of(call.now).isoformat()}{part}.csv"
    headings: list[object] = [column.heading for column in COLUMNS]
    rows = [headings, *([column.of(line) for column in COLUMNS] for line in found.lines)]
    return answer(200, table(rows), CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def offers(call: AgentCall[NoForm]) -> Response:
    """Free offers without contacts, the nearest first, for those who may take one or give one."""
    if not stories.reach(call.agent):
        return redirect("/parcours?statut=disponible")
    return _offers(call, read(call.request.query_params or {}), call.query("ou"), None)


def gone(call: AgentCall[Any], slug: str) -> Response:
    """What a tutor asked for is no free offer, or no parcours of hers: the free offers near, below the notice of ``slug``.

    Raises:
        NotFound: she takes no offers.
    """
    if Role.TUTOR not in call.agent.roles:
        raise NotFound
    return _offers(call, read({}), "", find_notice(slug))


def _offers(call: AgentCall[Any], asked: Asked, within: str, said: Notice | None) -> Response:
    person, now, may = call.agent, call.now, stories.reach(call.agent)
    distance, unknown = _within(within, may)
    found = stories.offers(person, asked.filter, distance, now=now)
    today, months = day_of(now), config.settings().closing_months
    lines, pages = _paged(asked.filter, found, asked, False, path="/offres", ou=DISTANCE_SLUG[distance])
    page = OffersPage(
        notice=said,
        unknown=[*_labels(asked.unknown), *unknown],
        offers=[_offer_row(line, person, today, months) for line in lines],
        most=stories.MOST_READ,
        bounds=_bounds(found, "Cherchez moins loin, ou choisissez "),
        pages=pages,
        fields=fields(asked.filter, found.read),
        distances=[Choice(DISTANCE_SLUG[far], DISTANCE[far], chosen=far is distance) for far in may],
    )
    return call.show(page, "offres", status=404 if said else 200)


def read(given: Mapping[str, str]) -> Asked:
    """The filter of these parameters; strangers among them are not looked at."""
    typed = {name: given.get(name, "").strip() for name in PARAMETERS}
    view, unknown = Filter(), []
    for name, text in typed.items():
        meant = _read(view, name, text) if text else view
        if meant is None:
            unknown.append(name)
        view = meant or view
    page = _number(typed["page"], MOST_PAGES) or 1
    return Asked(view, page, tuple(unknown), not any(typed.values()))


def written(view: Filter) -> dict[str, str]:
    """The parameters of a filter; the order is always among them, as it would else depend on who reads."""
    values = {name: one.write(view) for name, one in PARAMETERS.items()}
    return {name: value for name, value in values.items() if value}


def address(view: Filter, path: str = "/parcours", **also: str) -> str:
    """Path and query of a view."""
    return f"{path}?{urlencode(written(view) | also)}"


def without(view: Filter, name: str) -> Filter:
    """The same view with one of its parameters taken away."""
    left = {one: value for one, value in written(view).items() if one != name}
    return read(left).filter


def _read(view: Filter, name: str, text: str) -> Filter | None:
    """A view with one more parameter; None when its text says nothing to us."""
    if len(text) > PARAMETERS[name].most_letters or any(unicodedata.category(one)[0] == "C" for one in text):
        return None
    return PARAMETERS[name].read(view, text)


def _read_status(view: Filter, text: str) -> Filter | None:
    if text == EVERY_SLUG:
        return replace(view, every_status=True)
    status = _by_slug(STATUS_SLUG, text)
    return replace(view, status=status) if status else None


def _read_step(view: Filter, text: str) -> Filter | None:
    step = _by_slug(STEP_SLUG, text)
    return replace(view, step=step) if step else None


def _read_academie(view: Filter, text: str) -> Filter | None:
    name = territory.academie_named(text)
    return replace(view, academie=name) if name else None


def _read_region(view: Filter, text: str) -> Filter | None:
    name = _named(territory.REGIONS, text)
    return replace(view, region=name) if name else None


def _read_domain(view: Filter, text: str) -> Filter | None:
    name = _named(territory.DOMAINES, text)
    return replace(view, domain=name) if name else None


def _read_hours(view: Filter, text: str) -> Filter | None:
    hours = _number(text, MOST_HOURS)
    return replace(view, hours=hours) if hours else None


def _read_since(view: Filter, text: str) -> Filter | None:
    day = texts.day(text)
    return replace(view, since=day) if day else None


def _read_turn(view: Filter, text: str) -> Filter | None:
    if text == MINE_SLUG:
        return replace(view, mine=True)
    role = _by_slug(TURN_SLUG, text)
    return replace(view, turn=role) if role else None


def _read_sort(view: Filter, text: str) -> Filter | None:
    sort = _by_slug(SORT_SLUG, text)
    return replace(view, sort=sort) if sort else None


def _by_slug(slugs: Mapping[C, str], text: str) -> C | None:
    return next((code for code, slug in slugs.items() if slug == text), None)


def _named(names: tuple[str, ...], text: str) -> str | None:
    """The name that is written like this, but for case, accents and spaces."""
    return next((name for name in names if plainly(name) == plainly(text)), None)


def _number(text: str, most: int) -> int | None:
    digits = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if digits and 1 <= int(text) <= most else None


class Parameter(NamedTuple):
    """A parameter of an address: what its field is called, how it is read, written, and said of an active filter."""

    label: str
    read: Callable[[Filter, str], Filter | None]
    """A view with what the text asks for; None when it says nothing to us."""
    write: Callable[[Filter], str | None]
    words: Callable[[Filter], str | None] | None = None
    """None: as it is written."""
    most_letters: int = 80
    read_anew: bool = False
    """Whether other rows are read without it, so that what they hold is not known yet."""


PARAMETERS = {
    "statut": Parameter(
        "Statut",
        _read_status,
        lambda view: STATUS_SLUG[view.status] if view.status else EVERY_SLUG if view.every_status else None,
        lambda view: codes.STATUS[view.status] if view.status else "Tous les statuts",
        read_anew=True,
    ),
    "etape": Parameter(
        "Étape",
        _read_step,
        lambda view: STEP_SLUG[view.step] if view.step else None,
        lambda view: codes.STEP[view.step] if view.step else None,
    ),
    "academie": Parameter("Académie", _read_academie, lambda view: view.academie, read_anew=True),
    "region": Parameter("Région académique", _read_region, lambda view: view.region, read_anew=True),
    "acheteur": Parameter(
        "Acheteur",
        lambda view, text: replace(view, organisation=text),
        lambda view: view.organisation,
        most_letters=200,
        read_anew=True,
    ),
    "domaine": Parameter("Domaine", _read_domain, lambda view: view.domain),
    "heures": Parameter(
        "Heures",
        _read_hours,
        lambda view: str(view.hours) if view.hours else None,
        lambda view: f"{view.hours} h",
    ),
    "depuis": Parameter(
        SINCE,
        _read_since,
        lambda view: view.since.isoformat() if view.since else None,
        lambda view: f"{SINCE} {jour_court(view.since)}" if view.since else None,
        read_anew=True,
    ),
    "tour": Parameter(
        "À qui de jouer",
        _read_turn,
        lambda view: MINE_SLUG if view.mine else TURN_SLUG.get(view.turn) if view.turn else None,
        lambda view: codes.ROLE[view.turn] if view.turn else MINE,
    ),
    "retard": Parameter(
        "En retard",
        lambda view, text: replace(view, late=True) if text == TICKED else None,
        lambda view: TICKED if view.late else None,
        lambda view: "En retard",
        read_anew=True,
    ),
    "echeance": Parameter(
        "Échéance proche",
        lambda view, text: replace(view, closing=True) if text == TICKED else None,
        lambda view: TICKED if view.closing else None,
        lambda view: "Échéance proche",
    ),
    "q": Parameter(
        "Mots cherchés",
        lambda view, text: replace(view, text=text) if plainly(text) else None,
        lambda view: view.text,
        lambda view: f"«\u00a0{view.text}\u00a0»",
        most_letters=100,
    ),
    "tri": Parameter("Ordre", _read_sort, lambda view: SORT_SLUG[view.sort]),
    "page": Parameter(
        "Page", lambda view, text: view if _number(text, MOST_PAGES) else None, lambda view: None
    ),
}
"""In the order of an address."""
FIELDS = tuple(name for name in PARAMETERS if name != "page")
"""The parameters of a view; ``page`` says where one is in it."""
MOST_SUGGESTIONS = 3


def fields(view: Filter, read: Iterable[Line]) -> FilterFields:
    """What the filter bar offers and what is chosen in it; buyers are those of the rows that were read."""
    chosen = written(view)
    spelt = [*(line.organisation for line in read), *([view.organisation] if view.organisation else [])]
    buyers = {plainly(name): name for name in spelt}.values()
    hours = {*territory.HOURS, *(line.hours for line in read)} | ({view.hours} if view.hours else set())
    turns = {MINE_SLUG: MINE} | {slug: codes.ROLE[role] for role, slug in TURN_SLUG.items()}
    steps = {slug: codes.STEP[step] for step, slug in STEP_SLUG.items()}
    sorts = {slug: SORT[sort] for sort, slug in SORT_SLUG.items()}
    return FilterFields(
        q=view.text,
        tour=_choices(turns, chosen.get("tour"), "Tous"),
        etape=_choices(steps, chosen.get("etape"), "Toutes"),
        statut=_choices(_statuses(view), chosen.get("statut"), EVERY if view.text else UNDER_WAY),
        academie=_choices(_as_written(territory.ACADEMIES), view.academie, "Toutes"),
        region=_choices(_as_written(territory.REGIONS), view.region, "Toutes"),
        acheteur=_choices(_as_written(sorted(buyers, key=plainly)), view.organisation, "Tous"),
        domaine=_choices(_as_written(territory.DOMAINES), view.domain, "Tous"),
        heures=_choices(
            {str(length): f"{length} h" for length in sorted(hours)}, chosen.get("heures"), "Toutes"
        ),
        tri=_choices(sorts, chosen.get("tri")),
        depuis=chosen.get("depuis", ""),
        retard=view.late,
        echeance=view.closing,
    )


def _choices(labels: dict[str, str], chosen: str | None, everything: str = "") -> list[Choice]:
    """The options of a filter by their values; ``everything``: what choosing none is called."""
    first = [Choice("", everything, chosen=not chosen)] if everything else []
    return first + [Choice(value, label, chosen=value == chosen) for value, label in labels.items()]


def _as_written(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}


def _statuses(view: Filter) -> dict[str, str]:
    """By its slug, each status that may be chosen."""
    labels = {slug: codes.STATUS[status] for status, slug in STATUS_SLUG.items()}
    return labels if view.text else labels | {EVERY_SLUG: EVERY}


def chips(view: Filter) -> list[Chip]:
    """Each active filter, and the address of the same view without it."""
    return [
        Chip(name, label(view, name), address(without(view, name)))
        for name in written(view)
        if name != "tri" and not (name == "statut" and _goes_without_saying(view))
    ]


def _goes_without_saying(view: Filter) -> bool:
    """Without its status the same parcours are looked through."""
    return view.statuses == replace(view, status=None, every_status=False).statuses


def label(view: Filter, name: str) -> str:
    """An active filter in words: « En retard », « 300 h », « À vous »."""
    parameter = PARAMETERS[name]
    return (parameter.words or parameter.write)(view) or ""


def _labels(names: Iterable[str]) -> list[str]:
    return [PARAMETERS[name].label for name in names]


def suggestions(view: Filter, found: View, *, now: datetime, months: int) -> list[Suggestion]:
    """When nothing is found: filters to take away, and how many parcours that shows where it is known."""
    ideas = []
    for chip in chips(view):
        total = None
        if not PARAMETERS[chip.name].read_anew:
            wider = without(view, chip.name)
            total = len(lists_rules.chosen(found.read, wider, now=now, closing_months=months))
        if total != 0:
            ideas.append(Suggestion(chip.label, chip.href, total))
    return sorted(ideas, key=lambda idea: -(idea.total or 0))[:MOST_SUGGESTIONS]


def _departement(code: str) -> str:
    """« Côte-d’Or (21) »."""
    name = territory.DEPARTEMENTS.get(code)
    return f"{name} ({code})" if name else code


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


def _wanted(person: Account, asked: Asked) -> Filter:
    """What to show: what is asked for, or what somebody meets first: what awaits her, then the rest.

    Of every status for whoever has her own parcours; an académie or the country holds too many that are over.
    """
    if not asked.nothing:
        return asked.filter
    own = person.roles.isdisjoint({Role.COORDINATOR, Role.TEAM})
    return replace(asked.filter, sort=Sort.MINE, every_status=own)


def _within(slug: str, may: tuple[Distance, ...]) -> tuple[Distance, list[str]]:
    """How far to look, the widest when it is not said; and « Où » when it is said so that we do not know it."""
    found = next((one for one in may if DISTANCE_SLUG[one] == slug), None)
    return found or may[-1], [WITHIN_LABEL] if slug and found is None else []


def _offer_row(line: Line, person: Account, today: date, months: int) -> OfferRow:
    return OfferRow(
        line=line,
        departement=_departement(line.departement),
        where=WHERE[stories.whereabouts(person).distance(line)],
        presses=lists_rules.ends_soon(line, today, months),
    )


def _groups(
    person: Account, lines: list[Line], every: list[Line], view: Filter, now: datetime
) -> list[RowGroup]:
    """The rows of one page, under headings where the order makes groups of them; ``every``: those of all pages."""
    months = config.settings().closing_months
    headings = [_heading(line, view) for line in every]
    return [
        RowGroup(title, headings.count(title), [_row(person, line, view.text, now, months) for line in some])
        for title, some in groupby(lines, lambda line: _heading(line, view))
    ]


def _heading(line: Line, view: Filter) -> str | None:
    """Under which heading a row stands; None where the order makes no groups."""
    if view.sort is not Sort.MINE:
        return None
    if line.yours:
        return MINE
    return TITLE[line.status] if len(view.statuses) > 1 else OTHERS


def _row(person: Account, line: Line, text: str, now: datetime, months: int) -> ListRow:
    today = day_of(now)
    reminds = bool(person.roles & BUYS) and can_remind(line, Role.BUYER, now)
    return ListRow(
        line=line,
        people=lists_rules.named(line.people, text),
        ends_soon=lists_rules.ends_soon(line, today, months),
        step=_step(line),
        status=_status(line),
        turn=_turn_of(line, today),
        notes=_notes(line, today),
        last=LAST[line.last_kind],
        can_remind=reminds,
    )


def _turn_of(line: Line, today: date) -> TurnShown:
    """Whose turn it is, what is awaited, and since when."""
    turn = line.turn
    if turn is None:
        is_free = line.status is ParcoursStatus.AVAILABLE and not line.unreachable
        return TurnShown("À prendre" if is_free else "Personne")
    waits = turn.role is not None and turn.late_since is None
    return TurnShown(
        label=_label(turn),
        role=turn.role.value if turn.role else None,
        act=french.majuscule(turns.act(turn, line, yours=line.yours)),
        since=f"depuis {_since(day_of(turn.since), today)}" if waits else None,
        late=turns.late(turn, today),
    )


def _step(line: Line) -> Labelled | None:
    """Its step within « en préparation », or what went wrong there; None elsewhere."""
    if line.step is None or line.status is not ParcoursStatus.IN_PREPARATION:
        return None
    if line.setback is not None:
        return Labelled("refused", SETBACK[line.setback])
    return Labelled(line.step.value, codes.STEP[line.step])


def _status(line: Line) -> Labelled | None:
    """The status, where there is no step to say more."""
    if line.status is ParcoursStatus.IN_PREPARATION:
        return None
    return Labelled(line.status.value, codes.STATUS[line.status])


def _since(day: date, today: date) -> str:
    days = (today - day).days
    if days < 1:
        return "aujourd’hui"
    if days == 1:
        return "hier"
    return f"{days}\u00a0jours" if days <= MANY_DAYS else f"le {jour_abrege(day)}"


def _label(turn: Turn | None) -> str | None:
    """Whose turn it is; None: nobody's."""
    return codes.ROLE[turn.role] if turn and turn.role else None


def _notes(line: Line, today: date) -> list[str]:
    """What was agreed, who is away, and why an old reference led here."""
    notes = [FORMERLY] if line.formerly else []
    if line.unreachable and line.status is ParcoursStatus.AVAILABLE:
        notes.append("aucun contact dans l’entreprise")
    if line.call_back_on:
        notes.append(f"à rappeler le {jour_abrege(line.call_back_on)}")
    away = line.absent_until is not None and (line.absent_from or today) <= today <= line.absent_until
    if away and line.status is ParcoursStatus.IN_PREPARATION and line.absent_until:
        notes.append(f"tutrice ou tuteur en absence jusqu’au {jour_abrege(line.absent_until)}")
    return notes


def _title(person: Account, view: Filter) -> str:
    if view.status:
        title = TITLE[view.status]
    elif view.every_status:
        title = "Parcours"
    else:
        title = "Parcours, tous les statuts" if view.text else "Parcours en cours"
    if person.is_team:
        return title
    if Role.COORDINATOR in person.roles and Role.TUTOR not in person.roles:
        return f"{title}, {french.academie(person.academie)}" if person.academie else title
    return f"Vos {title[0].lower()}{title[1:]}"


def _paged(
    view: Filter, found: View, asked: Asked, printing: bool, path: str = "/parcours", **also: str
) -> tuple[list[Line], Pages]:
    """The rows of the page asked for, or of the last one when there are fewer; where they are in all, and how to go on."""
    total = len(found.lines)
    at = min(asked.page, max(1, -(-total // ROWS_A_PAGE)))
    first, last = (0, total) if printing else ((at - 1) * ROWS_A_PAGE, min(at * ROWS_A_PAGE, total))
    pages = Pages(
        total=total,
        first=first + 1,
        last=last,
        previous=address(view, path, **also, page=str(at - 1)) if at > 1 and not printing else None,
        next=address(view, path, **also, page=str(at + 1)) if last < total else None,
    )
    return found.lines[first:last], pages


def _bounds(found: View, narrower: str, statuses: int = 1) -> str | None:
    """What is said when there are more rows than are read; ``narrower``: how to find the others."""
    if not found.truncated:
        return None
    several = statuses > 1
    most = stories.MOST_READ if several else len(found.read)
    return (
        f"Seuls les {most} premiers{' de chaque statut' if several else ''} ont été lus, il peut en manquer ici. "
        f"{narrower}un jour dans «\u00a0Notifié à partir du\u00a0» pour lire les autres."
    )


class Column(NamedTuple):
    """A column of the export."""

    heading: str
    of: Callable[[Line], object]


COLUMNS = (
    Column("Référence", lambda line: line.reference),
    Column("Statut", lambda line: codes.STATUS[line.status]),
    Column("Étape", lambda line: codes.STEP[line.step] if line.step else None),
    Column("Entreprise", lambda line: line.company),
    Column("Marché", lambda line: line.contract),
    Column("Lot", lambda line: line.lot),
    Column("Numéro du marché", lambda line: line.number),
    Column("Acheteur", lambda line: line.organisation),
    Column("Notifié le", lambda line: line.notified_on),
    Column("Fin du marché", lambda line: line.ends_on),
    Column("Heures", lambda line: line.hours),
    Column("Domaine", lambda line: line.domain),
    Column("Commune", lambda line: line.town),
    Column("Département", lambda line: line.departement),
    Column("Académie", lambda line: line.academie),
    Column("Région académique", lambda line: line.region),
    Column("À qui de jouer", lambda line: _label(line.turn)),
    Column("Ce qui est attendu", lambda line: turns.act(line.turn, line, yours=False) if line.turn else None),
    Column("Depuis le", lambda line: line.turn.since if line.turn else None),
    Column("En retard depuis le", lambda line: line.late_since),
    Column("Rendez-vous le", lambda line: line.meeting_at),
    Column("Dates promises avant le", lambda line: line.promised_on),
    Column("Rappeler le", lambda line: line.call_back_on),
    Column("Dernier fait", lambda line: LAST[line.last_kind]),
    Column("Dernier fait le", lambda line: line.last_at),
    Column("Page", lambda line: f"{config.public_base_url()}/parcours/{line.id}"),
)


MARK = "\ufeff"
"""By which spreadsheets know UTF-8."""
RUN_BY_SPREADSHEETS = frozenset("=+-@−")
"""A cell that begins so is a formula, as are a tab or a line end before it, or the same sign full-width, small or raised, which
some programs read as ours. Source: OWASP, « CSV Injection »; ASVS 1.2.10."""


def table(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV; ``;`` between cells, as spreadsheets in France expect, and no cell that would be run."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return MARK + file.getvalue()


def _cell(value: object) -> str:
    """A day as 12/05/2026, of an instant that in Paris; a text on one line, with an apostrophe before what would be run."""
    if isinstance(value, date):
        return (day_of(value) if isinstance(value, datetime) else value).strftime("%d/%m/%Y")
    line = " ".join(str(value).split()) if value is not None else ""
    first = unicodedata.normalize("NFKC", line[:1])
    return f"'{line}" if first in RUN_BY_SPREADSHEETS else line
