"""The lists of parcours and of free offers: their pages, their filters in addresses, and the export.

A filter is a ``Filter`` (``domain/lists.py``); ``PARAMETERS`` says how each of its parts is read from an address and written into
one. « Slug »: the word that stands for a code in addresses. Below, ``view`` is the filter that is applied, ``person`` the
signed-in reader, and ``months`` the setting ``closing_months``: how soon before its end a contract counts as ending.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode

from chalice.app import Response

from chalicelib import config, french
from chalicelib.domain import lists as lists_rules
from chalicelib.domain.accounts.passkeys import is_offered_passkey
from chalicelib.domain.kernel import territory, texts
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import ACTING, Account, Act, SavedView
from chalicelib.domain.kernel.texts import fold_text, is_same_name
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Words
from chalicelib.domain.lists import Distance, Filter, Line, Person, Sort
from chalicelib.domain.parcours.reminding import can_remind
from chalicelib.domain.parcours.turns import Turn
from chalicelib.domain.proving import Verdict
from chalicelib.errors import FieldInvalid, NotFound
from chalicelib.french import jour_abrege, jour_court
from chalicelib.stories import health
from chalicelib.stories import lists as stories
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.accounts import managing
from chalicelib.stories.lists import View
from chalicelib.web import nearby
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error
from chalicelib.web.kit.forms import FreeForm
from chalicelib.web.kit.http import IDENTIFIER, RUN, answer, redirect
from chalicelib.web.kit.page import AgentCall, FreshCall, describe_noted, find_notice
from chalicelib.web.kit.page_view import FieldError, Notice, PageView
from chalicelib.web.nearby import NOWHERE, NearField
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
    Sort.LAST_FACT: ("dernier-fait", "Dernière nouvelle", "dernière nouvelle la plus récente en premier"),
    Sort.FIRST_THINGS: (
        "urgence",
        "Urgence",
        "vos retards, puis les fins de marché proches, puis les plus anciens",
    ),
}
"""Slug, label, order in full."""
SORT_SLUG = {code: slug for code, (slug, _, _) in SORTS.items()}
SORT = {code: label for code, (_, label, _) in SORTS.items()}
ORDER = {code: order for code, (_, _, order) in SORTS.items()}
OWN_FIRST = "vos marchés d’abord, à commencer par ce qui vous attend"
"""The order « À faire » of a buyer whom some contracts name."""
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
FORMERLY = "la référence cherchée est celle d’un parcours terminé"
TREATED = "Traités par vous aujourd’hui"
SUMMARY = Filter(treated=True, every_status=True, sort=Sort.LAST_FACT)
"""What an agent has gone through today, one by one."""
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
        Setback.DECLINED: "L’entreprise a décliné",
        Setback.MEETING_MISSED: "Rencontre qui n’a pas eu lieu",
    },
    stranger="À revoir",
)
"""What went wrong, said in place of the step."""
LAST = Words({kind: row.last for kind, row in FACTS.items()}, stranger=FACTS.stranger.last)
"""The last fact of a parcours, in a word or two."""


C = TypeVar("C")
CSV = "text/csv; charset=utf-8"
TOGETHER = ACTING[Act.ASSIGN] | ACTING[Act.WITHDRAW]
"""The roles that may act on several parcours at once."""
MOST_HOURS, MOST_PAGES, MOST_WALKED = 2_000, 999, 9_999
MOST_EXPORTED_BYTES = 5_500_000
"""Of an export, as JSON writes it: Lambda answers 6 MB at most. Some 11,000 parcours."""
CUT = (
    f"D’autres parcours existent\u00a0: choisissez un statut, une académie ou un jour dans «\u00a0{SINCE}\u00a0», "
    "puis exportez de nouveau."
)
"""What the first line of an export says that does not hold all."""


@dataclass(frozen=True)
class Asked:
    """The list that an address asks for."""

    filter: Filter
    page: int
    """From 1 on."""
    unknown: tuple[str, ...]
    """Parameters whose value says nothing to us: they are left aside, and that is said."""
    is_empty: bool
    """Nothing at all is asked: this is somebody's first page."""


class Choice(NamedTuple):
    """An option of a filter."""

    value: str
    label: str
    chosen: bool


class FilterFields(NamedTuple):
    """The fields of the filter bar: their options, or what is typed in them. Names are those of ``PARAMETERS``."""

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
    marches: bool
    occupe: bool


class Chip(NamedTuple):
    """An active filter, and the address of the same list without it; ``name``: its parameter."""

    name: str
    label: str
    href: str


class Suggestion(NamedTuple):
    """A filter that may be removed; ``total``: how many parcours are found without it, None when that is not known."""

    label: str
    href: str
    total: int | None


class TextLink(NamedTuple):
    """A link with its text."""

    label: str
    href: str


class TurnShown(NamedTuple):
    """Whose turn it is on a parcours; without a ``role`` nobody is awaited.

    ``label``: that role in words; ``act``: what is awaited; ``since``: since when, unless it is late; ``late``: how late, in
    words.
    """

    label: str | None
    role: str | None = None
    act: str | None = None
    since: str | None = None
    late: str = ""


class ListRow(NamedTuple):
    """A row of the list of parcours, with what is said of it to this reader.

    ``status`` is None where a ``step`` says more, and the other way round.
    """

    line: Line
    people: tuple[Person, ...]
    """Those whom the search is for."""
    tutor: Person | None
    """Who follows it, unless it is the reader; with a telephone number where the search is for this tutor."""
    ends_soon: bool
    step: Labelled | None
    status: Labelled | None
    turn: TurnShown
    notes: list[str]
    last: str
    """The last fact, in a word or two."""
    noted: list[str]
    """In a list of what was treated today: what was noted then."""
    can_remind: bool


class ViewLink(NamedTuple):
    """A list that is one press away; ``shown``: it is the one that is shown."""

    label: str
    href: str
    shown: bool = False


class Saving(NamedTuple):
    """The form that keeps the shown list under a name, or no longer.

    ``kept``: its name, if it is kept; ``proposed``: the name that the field begins with.
    """

    kept: str
    proposed: str
    error: FieldError | None


class RowGroup(NamedTuple):
    """Rows under their heading (None: no groups); ``total``: how many rows of this group all pages have."""

    heading: str | None
    total: int
    rows: list[ListRow]


class OfferRow(NamedTuple):
    """A free offer in the list of offers, without its contacts."""

    line: Line
    departement: str
    where: str
    presses: bool
    """Whether its contract ends soon."""


class Pages(NamedTuple):
    """Which rows a page shows (``first`` to ``last``, from 1 on, of ``total``), and the addresses of the pages around it."""

    total: int
    first: int
    last: int
    previous: str | None
    next: str | None


class ErasingProof(NamedTuple):
    """What the last proof of erasure found, in words; ``calm``: nothing is wrong; ``support``: whom to write to otherwise."""

    calm: bool
    words: str
    support: str


@dataclass(frozen=True, slots=True)
class ListPage(PageView):
    """The list of this agent's parcours that the filter finds."""

    template = "parcours-liste"

    title: str
    order: str
    sorted_by_notification: bool
    notice: Notice | None
    unknown: list[str]
    """The filters that say nothing to us."""
    groups: list[RowGroup]
    walk: str | None
    """Where its parcours are opened one by one, from the first on; None: there is none."""
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
    """The address to copy, which says to whom it leads that lists differ by account."""
    export: str
    together: str
    """Where several of these parcours are acted on at once; empty for whom that is not."""
    print_href: str
    printing: bool
    views: list[ViewLink]
    """Those that the reader keeps, then those that are useful to the role."""
    saving: Saving | None
    """None: nothing is filtered, or everything is printed."""
    near: list[OfferRow]
    finds_offers: bool
    suggestions: list[Suggestion]
    words: list[Suggestion]
    """Each word of a search that found nothing, with what it finds alone."""
    erasing: ErasingProof | None
    offers_passkey: bool


@dataclass(frozen=True, slots=True)
class OffersPage(PageView):
    """The list of free offers without their contacts, the nearest first."""

    template = "offres"

    notice: Notice | None
    unknown: list[str]
    offers: list[OfferRow]
    most: int
    bounds: str | None
    pages: Pages
    fields: FilterFields
    distances: list[Choice]
    near: NearField
    towns: list[TextLink]
    """Those that ``near`` may mean, each with its list."""
    takes: bool
    """Whether the reader takes offers; a coordinator assigns them."""


def list_parcours(call: AgentCall[NoForm]) -> Response:
    """Show the agent's parcours that the filters of the address find; without any, this is the agent's first page.

    The first page also shows the nearest free offers, and offers a first passkey after a sign-in.
    """
    return _show_list(call, parse_parameters(call.request.query_params or {}))


def _show_list(
    call: AgentCall[Any], asked: Asked, typed: str = "", refusal: FieldInvalid | None = None
) -> Response:
    """Show the list that is asked for; ``typed``: the name of a view to keep, which was refused."""
    person, now = call.agent, call.now
    view = choose_filter(person, asked)
    results = stories.list_parcours(person, view, now=now)
    near = stories.list_nearby_offers(person, now=now) if asked.is_empty else []
    printing = call.query("imprimer") == "1"
    lines, pages = cut_page(
        view, results, asked, rows_a_page=max(1, len(results.lines)) if printing else ROWS_A_PAGE
    )
    active, months = ([] if asked.is_empty else build_chips(view)), config.settings().closing_months
    # For the team alone: the lists of an académie or a buyer hold fewer rows.
    narrower = "une académie, un organisme acheteur ou " if person.is_team else ""
    page = ListPage(
        title=_format_title(person, view),
        order=_describe_order(view, results),
        sorted_by_notification=view.sort is Sort.NOTIFIED,
        notice=find_notice(call.query("fait")),
        unknown=_list_labels(asked.unknown),
        groups=_group_rows(person, lines, results.lines, view, now),
        walk=_build_walk(view, results.lines[0].id) if results.lines else None,
        waiting=sum(line.yours for line in results.lines),
        most=stories.MOST_READ,
        bounds=explain_bounds(results, f"Choisissez {narrower}", len(view.statuses)),
        pages=pages,
        fields=build_filter_fields(view, results.read),
        chips=active,
        hidden=list(build_parameters(view).items()),
        here=build_address(view, fait="lien"),
        export=build_address(view, "/parcours/export"),
        together=build_address(view, "/parcours/ensemble") if person.roles & TOGETHER else "",
        print_href=build_address(view, imprimer="1"),
        printing=printing,
        views=_list_views(person, view, results, months),
        saving=None if asked.is_empty or printing else _build_saving(person, view, active, typed, refusal),
        near=[_build_offer_row(line, person, day_of(now), months) for line in near],
        finds_offers=bool(stories.list_distances(person)),
        suggestions=[] if results.lines else suggest_wider_filters(view, results, now=now, months=months),
        words=[] if results.lines else _count_each_word(view, results, now, months),
        erasing=_build_erasing_proof(call),
        offers_passkey=asked.is_empty and is_offered_passkey(call.signed_in.session, person, now),
    )
    return call.show(page, "parcours", refusal)


class ViewForm(FreeForm):
    """``POST /compte/vues``; ``geste``: « garder » or « retirer »; ``nom``: of the view; its filters."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        return frozenset({*FIELDS, "geste", "nom"})


def keep_view(call: AgentCall[ViewForm]) -> Response:
    """Keep a filtered list under a name, or no longer; a refused name is shown again above the same list."""
    asked = parse_parameters(call.form.asked)
    if call.form.asked["geste"] == "retirer":
        managing.forget_view(call.agent, call.form.asked["nom"])
        return redirect(build_address(asked.filter, fait="vue-retiree"))
    try:
        name = texts.read_line(call.form.asked["nom"], "nom", most=MOST_VIEW_NAME)
        query = urlencode(build_parameters(asked.filter))
        managing.save_view(call.agent, SavedView(name=name, query=query))
    except FieldInvalid as refusal:
        return _show_list(call, asked, call.form.asked["nom"], refusal)
    is_replacing = any(
        is_same_name(view.name, name) and _read_view(view) != asked.filter for view in call.agent.views
    )
    return redirect(build_address(asked.filter, fait="vue-remplacee" if is_replacing else "vue"))


def _list_views(person: Account, view: Filter, results: View, months: int) -> list[ViewLink]:
    """List the views that this person keeps, then those that are useful to the role: the team's, and a buyer's own contracts."""
    kept = [
        ViewLink(saved.name, f"/parcours?{saved.query}", _read_view(saved) == view) for saved in person.views
    ]
    useful = list(QUICK) if person.is_team else []
    if any(line.own for line in results.read):
        useful.append(OWN_CONTRACTS)
    return [
        *kept,
        *(
            ViewLink(label.format(months=months), build_address(wanted), wanted == view)
            for label, wanted in useful
        ),
    ]


def _read_view(saved: SavedView) -> Filter:
    """Return the filter of a view: what its address asks for now, in whatever order it was written."""
    return parse_parameters(dict(parse_qsl(saved.query))).filter


def _build_saving(
    person: Account, view: Filter, active: list[Chip], typed: str, refusal: FieldInvalid | None
) -> Saving | None:
    """Build the form that keeps this list; the name that is proposed says its filters. None: nothing is filtered."""
    kept = next((saved.name for saved in person.views if _read_view(saved) == view), "")
    proposed = ", ".join(chip.label for chip in active)[:MOST_VIEW_NAME].strip(", ")
    return Saving(kept, typed or proposed, build_field_error(refusal)) if active or kept or refusal else None


class Walk(NamedTuple):
    """Where a parcours is in the list that is opened one by one (``run``), as it was when the parcours was opened.

    ``place``: from 1 on, of ``total``; None: it had left the list. ``previous``, ``next``: where those around it are opened,
    None at the ends.
    """

    place: int | None
    total: int | None
    previous: str | None
    next: str | None
    summary: str


def _build_walk(view: Filter, parcours_id: str) -> str:
    """Build where a parcours of this list is opened as one of several."""
    return f"/parcours/{parcours_id}/charge?{urlencode({RUN: urlencode(build_parameters(view))})}"


def take_up(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Open a parcours as one of a list, which the agent treats from now on unless a colleague does.

    The address then says what comes before and after it in that list as it is now, whatever the acts of the agent change in it.
    One that has left the list meanwhile goes on from its start.
    """
    view = parse_parameters(dict(parse_qsl(call.query(RUN)))).filter
    parcours_stories.take_up(call.agent, parcours_id, now=call.now)
    ids = [line.id for line in stories.list_parcours(call.agent, view, now=call.now).lines]
    place = ids.index(parcours_id) + 1 if parcours_id in ids else 0
    around = {"rang": str(place), "sur": str(len(ids))}
    around |= {"avant": ids[place - 2]} if place > 1 else {}
    around |= {"apres": ids[place]} if place < len(ids) else {}
    return redirect(f"/parcours/{parcours_id}?{urlencode({RUN: urlencode(build_parameters(view) | around)})}")


def read_walk(run: str) -> Walk | None:
    """Read where a parcours is in a list from the address of its page; None: it was not opened as one of a list."""
    if not run:
        return None
    asked = dict(parse_qsl(run))
    view = parse_parameters(asked).filter
    around = [asked.get(name, "") for name in ("avant", "apres")]
    before, after = [_build_walk(view, to) if IDENTIFIER.fullmatch(to) else None for to in around]
    place, total = (_parse_number(asked.get(name, ""), MOST_WALKED) for name in ("rang", "sur"))
    return Walk(place, total, before, after, build_address(SUMMARY))


def lead_to_list(call: AgentCall[NoForm], run_id: str = "") -> Response:
    """Lead the addresses that parcours were opened one by one at, in former versions, to the list."""
    return redirect("/parcours")


def _build_erasing_proof(call: AgentCall[NoForm]) -> ErasingProof | None:
    """Build what the foot of the team's list says of the last proof of erasure; None for other readers."""
    if not call.agent.is_team:
        return None
    state, known = health.check_health(call.now)
    words = codes.format_erasing_proof(state, known, call.now)
    calm = state in {Verdict.PROVED, Verdict.NEVER}  # a new service has its first proof before it
    return ErasingProof(calm, words, config.settings().support_address)


def export_parcours(call: FreshCall[NoForm]) -> Response:
    """Export every parcours that the filter finds as one CSV file, whose first and last lines say what it holds."""
    asked = parse_parameters(call.request.query_params or {})
    view = choose_filter(call.agent, asked)
    results = stories.export_parcours(call.agent, view, now=call.now)
    rows = _cut_file(_write_row(column.read(line) for column in COLUMNS) for line in results.lines)
    is_whole = not results.truncated and len(rows) == len(results.lines)
    first, last = _describe_export(call, view, asked, len(rows), is_whole=is_whole)
    headings = [column.heading for column in COLUMNS]
    several = "tous-statuts" if view.text or view.every_status else "en-cours"
    status = STATUS_SLUG[view.status] if view.status else several
    name = f"parcours-{status}-{day_of(call.now).isoformat()}{'' if is_whole else '-incomplet'}.csv"
    return answer(
        200,
        write_csv([[first], headings]) + "".join(rows) + _write_row([last]),
        CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cut_file(rows: Iterable[str]) -> list[str]:
    """Return the first rows of a file that one answer holds (``MOST_EXPORTED_BYTES``)."""
    kept, size = [], 0
    for row in rows:
        size += len(json.dumps(row))  # as long as in the answer, or a little longer
        if size > MOST_EXPORTED_BYTES:
            break
        kept.append(row)
    return kept


def _describe_export(
    call: AgentCall[NoForm], view: Filter, asked: Asked, count: int, *, is_whole: bool
) -> tuple[str, str]:
    """Return the first and the last line of an export: what it holds, of which day, and whether that is all."""
    chips = [] if asked.is_empty else build_chips(view)
    filters = (chip.label for chip in chips if chip.name != "statut" or view.every_status)
    title = ", ".join([_format_title(call.agent, view), *filters])
    whole = "Export complet" if is_whole else "Export incomplet"
    more = "" if is_whole else f" {CUT}"
    first = (
        f"{title}. {whole} du {jour_court(day_of(call.now))}\u00a0: {count} parcours.{more} "
        "Ce fichier nomme des personnes\u00a0: ne le gardez pas plus longtemps qu’il ne sert."
    )
    return first, f"Fin de l’export\u00a0: {count} parcours, {'complet' if is_whole else 'incomplet'}."


def list_offers(call: AgentCall[NoForm]) -> Response:
    """Show the free offers, the nearest first, to those who may take or assign one; others are led to their own list."""
    if not stories.list_distances(call.agent):
        return redirect("/parcours?statut=disponible")
    return _show_offers(call, parse_parameters(call.request.query_params or {}), call.query("ou"), None)


def show_offers_instead(call: AgentCall[Any], slug: str) -> Response:
    """Show free offers near a tutor in place of an offer or parcours that is not there, or no longer.

    ``slug``: of the notice above them. The status is 404.
    Raises:
        NotFound: the agent is no tutor.
    """
    if Role.TUTOR not in call.agent.roles:
        raise NotFound
    return _show_offers(call, parse_parameters({}), "", find_notice(slug))


def _show_offers(call: AgentCall[Any], asked: Asked, within: str, notice: Notice | None) -> Response:
    """Show the free offers within a distance.

    ``within``: slug of the distance, empty for the widest; ``notice``: a notice above the offers, given when they are shown in
    place of a page that does not exist: the status is then 404.
    """
    person, now, may = call.agent, call.now, stories.list_distances(call.agent)
    distance, unknown = _parse_distance(within, may)
    near = nearby.read_near(call.query(nearby.FIELD), person.departement)
    results = stories.list_offers(person, asked.filter, distance, near=near.town, now=now)
    today, months = day_of(now), config.settings().closing_months
    chosen = {"ou": DISTANCE_SLUG[distance], **({nearby.FIELD: near.value} if near.town else {})}
    lines, pages = cut_page(asked.filter, results, asked, path="/offres", also=chosen)
    page = OffersPage(
        notice=notice,
        unknown=[*_list_labels(asked.unknown), *unknown],
        offers=[_build_offer_row(line, person, today, months, near) for line in lines],
        most=stories.MOST_READ,
        bounds=explain_bounds(results, "Cherchez moins loin, ou choisissez "),
        pages=pages,
        fields=build_filter_fields(asked.filter, results.read),
        distances=[Choice(DISTANCE_SLUG[far], DISTANCE[far], chosen=far is distance) for far in may],
        near=near,
        towns=[
            TextLink(town, build_address(asked.filter, "/offres", **(chosen | {nearby.FIELD: town})))
            for town in near.choices
        ],
        takes=Role.TUTOR in person.roles,
    )
    return call.show(page, "offres", status=404 if notice else 200)


def parse_parameters(parameters: Mapping[str, str]) -> Asked:
    """Read the filter from the parameters of an address, by name.

    Parameters with other names are ignored. Values that cannot be understood are left out and named in ``unknown``.
    """
    typed = {name: parameters.get(name, "").strip() for name in PARAMETERS}
    view, unknown = Filter(), []
    for name, text in typed.items():
        meant = _apply_parameter(view, name, text) if text else view
        if meant is None:
            unknown.append(name)
        view = meant or view
    page = _parse_number(typed["page"], MOST_PAGES) or 1
    return Asked(view, page, tuple(unknown), not any(typed.values()))


def build_parameters(view: Filter) -> dict[str, str]:
    """Return the parameters of an address for this filter, by name.

    The order is always among them: without it, the order would depend on who reads.
    """
    values = {name: parameter.write(view) for name, parameter in PARAMETERS.items()}
    return {name: value for name, value in values.items() if value}


def build_address(view: Filter, path: str = "/parcours", **also: str) -> str:
    """Build path and query of the list with this filter; ``also``: further parameters."""
    return f"{path}?{urlencode(build_parameters(view) | also)}"


def remove_filter(view: Filter, name: str) -> Filter:
    """Return the filter without what this parameter asks for."""
    parameters = {key: value for key, value in build_parameters(view).items() if key != name}
    return parse_parameters(parameters).filter


def _apply_parameter(view: Filter, name: str, text: str) -> Filter | None:
    """Return the filter with what this parameter asks for as well; None when its text cannot be understood.

    Texts that are too long or contain control characters are not understood.
    """
    if len(text) > PARAMETERS[name].most_letters or any(
        unicodedata.category(letter)[0] == "C" for letter in text
    ):
        return None
    return PARAMETERS[name].read(view, text)


def _read_status(view: Filter, text: str) -> Filter | None:
    """Return the filter with the status of this slug, or with every status for « tous »; None for an unknown slug."""
    if text == EVERY_SLUG:
        return replace(view, every_status=True)
    status = _find_by_slug(STATUS_SLUG, text)
    return replace(view, status=status) if status else None


def _read_step(view: Filter, text: str) -> Filter | None:
    """Return the filter with the step of this slug; None for an unknown slug."""
    step = _find_by_slug(STEP_SLUG, text)
    return replace(view, step=step) if step else None


def _read_academie(view: Filter, text: str) -> Filter | None:
    """Return the filter with the académie of this name; None for an unknown one."""
    name = territory.parse_academie(text)
    return replace(view, academie=name) if name else None


def _read_region(view: Filter, text: str) -> Filter | None:
    """Return the filter with the région académique of this name; None for an unknown one."""
    name = _find_named(territory.REGIONS, text)
    return replace(view, region=name) if name else None


def _read_domain(view: Filter, text: str) -> Filter | None:
    """Return the filter with the *domaine* of this name; None for an unknown one."""
    name = _find_named(territory.DOMAINES, text)
    return replace(view, domain=name) if name else None


def _read_hours(view: Filter, text: str) -> Filter | None:
    """Return the filter with this number of hours; None when it is no such number."""
    hours = _parse_number(text, MOST_HOURS)
    return replace(view, hours=hours) if hours else None


def _read_since(view: Filter, text: str) -> Filter | None:
    """Return the filter with this day as the first day of notification; None when it is no day."""
    day = texts.read_day(text)
    return replace(view, since=day) if day else None


def _read_turn(view: Filter, text: str) -> Filter | None:
    """Return the filter with the reader's own turn for « moi », or with that of a role's slug; None for an unknown slug."""
    if text == MINE_SLUG:
        return replace(view, mine=True)
    role = _find_by_slug(TURN_SLUG, text)
    return replace(view, turn=role) if role else None


def _read_sort(view: Filter, text: str) -> Filter | None:
    """Return the filter with the order of this slug; None for an unknown slug."""
    sort = _find_by_slug(SORT_SLUG, text)
    return replace(view, sort=sort) if sort else None


def _write_status(view: Filter) -> str | None:
    """Return the slug of the filter's status, « tous » for every status, None for the usual ones."""
    if view.status:
        return STATUS_SLUG[view.status]
    return EVERY_SLUG if view.every_status else None


def _write_turn(view: Filter) -> str | None:
    """Return « moi » for the reader's own turn, or the slug of the role whose turn is asked for; None for neither."""
    if view.mine:
        return MINE_SLUG
    return TURN_SLUG.get(view.turn) if view.turn else None


def _find_by_slug(slugs: Mapping[C, str], text: str) -> C | None:
    """Return the code that this slug stands for; None when there is none."""
    return next((code for code, slug in slugs.items() if slug == text), None)


def _find_named(names: tuple[str, ...], text: str) -> str | None:
    """Return the name that equals the text, whatever its case, accents and spaces; None when there is none."""
    return next((name for name in names if fold_text(name) == fold_text(text)), None)


def _parse_number(text: str, most: int) -> int | None:
    """Read a whole number from 1 to ``most``; None for anything else."""
    digits = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if digits and 1 <= int(text) <= most else None


class Parameter(NamedTuple):
    """A parameter of an address, and the field of the filter bar of the same name."""

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
        _write_status,
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
        "Qui doit agir",
        _read_turn,
        _write_turn,
        lambda view: codes.ROLE[view.turn] if view.turn else MINE,
    ),
    "occupe": Parameter(
        TREATED,
        lambda view, text: replace(view, treated=True) if text == MINE_SLUG else None,
        lambda view: MINE_SLUG if view.treated else None,
        lambda view: TREATED,
    ),
    "marches": Parameter(
        "Vos marchés",
        lambda view, text: replace(view, own=True) if text == "vous" else None,
        lambda view: "vous" if view.own else None,
        lambda view: "Vos marchés",
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
        lambda view, text: replace(view, text=text) if fold_text(text) else None,
        lambda view: view.text,
        lambda view: f"«\u00a0{view.text}\u00a0»",
        most_letters=100,
    ),
    "tri": Parameter("Ordre", _read_sort, lambda view: SORT_SLUG[view.sort]),
    "page": Parameter(
        "Page", lambda view, text: view if _parse_number(text, MOST_PAGES) else None, lambda view: None
    ),
}
"""In the order of an address."""
FIELDS = tuple(name for name in PARAMETERS if name != "page")
"""The parameters of a view; ``page`` says where one is in it."""
MOST_SUGGESTIONS = 3
WORD = re.compile(r"\blots?\s(?:n[°o]?\s?)?\d+|\S+", re.IGNORECASE)
"""« lot 1 » is one word of a search."""
MOST_VIEW_NAME = 40


def build_filter_fields(view: Filter, read: Iterable[Line]) -> FilterFields:
    """Build the filter bar: what may be chosen, and what is chosen.

    ``read``: the rows that were read, whose buyers and numbers of hours may be chosen.
    """
    chosen = build_parameters(view)
    spelt = [*(line.organisation for line in read), *([view.organisation] if view.organisation else [])]
    buyers = dict.fromkeys(spelt)
    hours = {*territory.HOURS, *(line.hours for line in read)} | ({view.hours} if view.hours else set())
    turns = {MINE_SLUG: MINE} | {slug: codes.ROLE[role] for role, slug in TURN_SLUG.items()}
    steps = {slug: codes.STEP[step] for step, slug in STEP_SLUG.items()}
    sorts = {slug: SORT[sort] for sort, slug in SORT_SLUG.items()}
    return FilterFields(
        q=view.text,
        tour=_build_choices(turns, chosen.get("tour"), "Tous"),
        etape=_build_choices(steps, chosen.get("etape"), "Toutes"),
        statut=_build_choices(_list_statuses(view), chosen.get("statut"), EVERY if view.text else UNDER_WAY),
        academie=_build_choices(_label_by_name(territory.ACADEMIES), view.academie, "Toutes"),
        region=_build_choices(_label_by_name(territory.REGIONS), view.region, "Toutes"),
        acheteur=_build_choices(_label_by_name(sorted(buyers, key=fold_text)), view.organisation, "Tous"),
        domaine=_build_choices(_label_by_name(territory.DOMAINES), view.domain, "Tous"),
        heures=_build_choices(
            {str(length): f"{length} h" for length in sorted(hours)}, chosen.get("heures"), "Toutes"
        ),
        tri=_build_choices(sorts, chosen.get("tri")),
        depuis=chosen.get("depuis", ""),
        retard=view.late,
        echeance=view.closing,
        marches=view.own,
        occupe=view.treated,
    )


def _build_choices(labels: dict[str, str], chosen: str | None, everything: str = "") -> list[Choice]:
    """Build the options of a field from the label of each value; ``chosen``: a value, None when none is chosen.

    ``everything``: label of a first option that chooses none; without it there is no such option.
    """
    first = [Choice("", everything, chosen=not chosen)] if everything else []
    return first + [Choice(value, label, chosen=value == chosen) for value, label in labels.items()]


def _label_by_name(names: Iterable[str]) -> dict[str, str]:
    """Return options whose label is their value."""
    return {name: name for name in names}


def _list_statuses(view: Filter) -> dict[str, str]:
    """Return slug → label of each status that may be chosen.

    « Tous » is not among them when words are searched for: every status is then looked through anyway.
    """
    labels = {slug: codes.STATUS[status] for status, slug in STATUS_SLUG.items()}
    return labels if view.text else labels | {EVERY_SLUG: EVERY}


def build_chips(view: Filter) -> list[Chip]:
    """List the active filters, each with the address of the list without it.

    Left out are the order, and a status without which the same statuses are looked through.
    """
    return [
        Chip(name, describe_filter(view, name), build_address(remove_filter(view, name)))
        for name in build_parameters(view)
        if name != "tri" and not (name == "statut" and _is_implied(view))
    ]


def _is_implied(view: Filter) -> bool:
    """Return whether the filter looks through the same statuses without the one that it names."""
    return view.statuses == replace(view, status=None, every_status=False).statuses


def describe_filter(view: Filter, name: str) -> str:
    """Describe an active filter in words: « En retard », « 300 h », « À vous »."""
    parameter = PARAMETERS[name]
    return (parameter.words or parameter.write)(view) or ""


def _list_labels(names: Iterable[str]) -> list[str]:
    return [PARAMETERS[name].label for name in names]


def suggest_wider_filters(view: Filter, results: View, *, now: datetime, months: int) -> list[Suggestion]:
    """Suggest which filter to remove when nothing is found, most parcours first; at most ``MOST_SUGGESTIONS``.

    How many parcours are found without it is counted among the rows that were read; it is unknown (None) for filters that decide
    which rows are read. Those known to find nothing are left out, as is « Tous les statuts »: without it fewer are searched.
    """
    ideas = []
    for chip in build_chips(view):
        total, wider = None, remove_filter(view, chip.name)
        if set(wider.statuses) < set(view.statuses):
            continue
        if not PARAMETERS[chip.name].read_anew:
            total = len(lists_rules.filter_and_sort(results.read, wider, now=now, closing_months=months))
        if total != 0:
            ideas.append(Suggestion(chip.label, chip.href, total))
    return sorted(ideas, key=lambda idea: -(idea.total or 0))[:MOST_SUGGESTIONS]


def _count_each_word(view: Filter, results: View, now: datetime, months: int) -> list[Suggestion]:
    """Count what each of several searched words finds alone, among the rows that were read; none for a single word."""
    searched = list(dict.fromkeys(WORD.findall(view.text)))
    alone = [replace(view, text=word) for word in searched if fold_text(word)] if len(searched) > 1 else []
    return [
        Suggestion(
            one_word.text,
            build_address(one_word),
            len(lists_rules.filter_and_sort(results.read, one_word, now=now, closing_months=months)),
        )
        for one_word in alone
    ]


def _format_departement(code: str) -> str:
    """Format a département as « Côte-d’Or (21) »; an unknown code as it is."""
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
OWN_CONTRACTS = ("Vos marchés", Filter(own=True, every_status=True, sort=Sort.MINE))
"""Where a buyer begins whom some contracts name."""


def choose_filter(person: Account, asked: Asked) -> Filter:
    """Return the filter that is asked for or, when nothing is asked for, that of this person's first page.

    The first page shows first what awaits the person, then the rest. People who have parcours of their own get those of every
    status; coordinators and the team do not, since an académie or the country has too many that are over.
    """
    if not asked.is_empty:
        return asked.filter
    own = person.roles.isdisjoint({Role.COORDINATOR, Role.TEAM})
    return replace(asked.filter, sort=Sort.MINE, every_status=own)


def _parse_distance(slug: str, may: tuple[Distance, ...]) -> tuple[Distance, list[str]]:
    """Read within which distance to look for offers; return it, and the labels of fields that could not be understood.

    ``may``: the distances that this person may choose from; the last, which is the widest, is taken when none is named.
    """
    distance = next((far for far in may if DISTANCE_SLUG[far] == slug), None)
    return distance or may[-1], [WITHIN_LABEL] if slug and distance is None else []


def _build_offer_row(
    line: Line, person: Account, today: date, months: int, near: NearField = NOWHERE
) -> OfferRow:
    """Build the row of a free offer; ``near``: the town that it is searched near."""
    return OfferRow(
        line=line,
        departement=_format_departement(line.departement),
        where=near.describe_distance(line) or WHERE[stories.build_whereabouts(person).distance(line)],
        presses=lists_rules.ends_soon(line, today, months),
    )


def _group_rows(
    person: Account,
    lines: list[Line],
    every: list[Line],
    view: Filter,
    now: datetime,
) -> list[RowGroup]:
    """Build the rows of one page, in groups under headings where the order makes groups.

    ``lines``: those of the page; ``every``: those of all pages, by which each group's total is counted.
    """
    people = stories.list_people(person, lines, now)
    noted = stories.list_noted(person, lines, now) if view.treated else {}
    has_own = any(line.own for line in every)
    headings = [_find_heading(line, view, has_own=has_own) for line in every]
    return [
        RowGroup(
            title,
            headings.count(title),
            [
                _build_row(person, line, view.text, now, people, noted.get(line.id, []))
                for line in lines_of_group
            ],
        )
        for title, lines_of_group in groupby(lines, lambda line: _find_heading(line, view, has_own=has_own))
    ]


def _find_heading(line: Line, view: Filter, *, has_own: bool) -> str | None:
    """Return the heading under which a row is listed; None when the order makes no groups.

    In the order « À faire » rows that await the reader come under « À vous »; the others under their status, or under « Les
    autres » where only one status is looked through.
    """
    if view.sort is not Sort.MINE:
        return None
    if line.own:
        return f"{MINE}, sur vos marchés" if line.yours else "Vos marchés"
    if has_own:
        return f"Autres marchés\u00a0: {MINE if line.yours else french.minuscule(TITLE[line.status])}"
    if line.yours:
        return MINE
    return TITLE[line.status] if len(view.statuses) > 1 else OTHERS


def _build_row(
    person: Account, line: Line, text: str, now: datetime, people: dict[str, Person], noted: list[Event]
) -> ListRow:
    """Build the row of a parcours for this reader; ``text``: the words that are searched for; ``people``: by account id."""
    today, months = day_of(now), config.settings().closing_months
    reminds = bool(person.roles & BUYS) and can_remind(line, line.turn, Role.BUYER, now)
    return ListRow(
        line=line,
        people=lists_rules.find_people(line.people, text),
        tutor=line.followed_by or people.get(line.tutor or ""),
        ends_soon=lists_rules.ends_soon(line, today, months),
        step=_build_step_label(line),
        status=_build_status_label(line),
        turn=_build_turn(person, line, today),
        notes=[*_build_notes(line, today), *_build_note_of_holder(line, people, now)],
        last=LAST[line.last_kind],
        noted=[describe_noted(event) for event in noted],
        can_remind=reminds,
    )


def _build_turn(person: Account, line: Line, today: date) -> TurnShown:
    """Build whose turn it is, what is awaited, and since when or how late."""
    turn = line.turn
    if turn is None:
        return TurnShown(_find_offer_label(person, line))
    waits = turn.role is not None and turn.late_since is None
    return TurnShown(
        label=_find_role_label(turn),
        role=turn.role.value if turn.role else None,
        act=french.majuscule(turns.format_act(turn, line, yours=line.yours)),
        since=f"depuis {_format_since(day_of(turn.since), today)}" if waits else None,
        late=turns.format_late(turn, today),
    )


def _find_offer_label(person: Account, line: Line) -> str:
    """Return what this reader may do with a row on which nobody is awaited: take a free offer, assign it, or nothing."""
    is_free = line.status is ParcoursStatus.AVAILABLE and not line.unreachable
    if is_free and Role.TUTOR in person.roles:
        return "À prendre"
    return "À confier" if is_free and person.roles & {Role.COORDINATOR, Role.TEAM} else "Personne"


def _build_step_label(line: Line) -> Labelled | None:
    """Return the step of a parcours « en préparation », or what went wrong in it; None for other statuses."""
    if line.step is None or line.status is not ParcoursStatus.IN_PREPARATION:
        return None
    if line.setback is not None:
        return Labelled("refused", SETBACK[line.setback])
    return Labelled(line.step.value, codes.STEP[line.step])


def _build_status_label(line: Line) -> Labelled | None:
    """Return the status; None for « en préparation », where the step says more."""
    if line.status is ParcoursStatus.IN_PREPARATION:
        return None
    return Labelled(line.status.value, codes.STATUS[line.status])


def _format_since(day: date, today: date) -> str:
    """Format since when something is awaited: « aujourd’hui », « hier », « 12 jours », « le 3 mars »."""
    days = (today - day).days
    if days < 1:
        return "aujourd’hui"
    if days == 1:
        return "hier"
    return f"{days}\u00a0jours" if days <= MANY_DAYS else f"le {jour_abrege(day)}"


def _find_role_label(turn: Turn | None) -> str | None:
    """Return the role whose turn it is, in words; None when nobody is awaited."""
    return codes.ROLE[turn.role] if turn and turn.role else None


def _build_notes(line: Line, today: date) -> list[str]:
    """Return notes for a row: an old reference that was searched for, no contacts, a call back, a tutor's absence."""
    notes = [FORMERLY] if line.formerly else []
    if line.unreachable and line.status is ParcoursStatus.AVAILABLE:
        notes.append("aucun contact dans l’entreprise")
    if line.call_back_on:
        notes.append(f"à rappeler le {jour_abrege(line.call_back_on)}")
    is_absent = line.absent_until is not None and (line.absent_from or today) <= today <= line.absent_until
    if is_absent and line.status is ParcoursStatus.IN_PREPARATION and line.absent_until:
        notes.append(f"absence annoncée jusqu’au {jour_abrege(line.absent_until)}")
    return notes


def _build_note_of_holder(line: Line, people: dict[str, Person], now: datetime) -> list[str]:
    """Return which colleague treats a parcours now, and since when; empty: none does."""
    taken = line.taken_up
    colleague = people.get(taken.account) if taken is not None and taken.is_live(now) else None
    return [turns.format_holder(colleague.name, taken.since)] if taken is not None and colleague else []


def _format_title(person: Account, view: Filter) -> str:
    """Return the title of the list: which statuses it holds, and whose parcours."""
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


def _describe_order(view: Filter, results: View) -> str:
    """Describe in which order the rows come."""
    has_own = view.sort is Sort.MINE and any(line.own for line in results.lines)
    return OWN_FIRST if has_own else ORDER[view.sort]


def cut_page(
    view: Filter,
    results: View,
    asked: Asked,
    path: str = "/parcours",
    rows_a_page: int = ROWS_A_PAGE,
    also: Mapping[str, str] | None = None,
) -> tuple[list[Line], Pages]:
    """Return the rows of one page, and which ones they are.

    A page beyond the last one gives the last. ``path``, ``also``: of the addresses of the pages around it.
    """
    total = len(results.lines)
    at = min(asked.page, max(1, -(-total // rows_a_page)))
    first, last = (at - 1) * rows_a_page, min(at * rows_a_page, total)
    pages = Pages(
        total=total,
        first=first + 1,
        last=last,
        previous=build_address(view, path, **(also or {}), page=str(at - 1)) if at > 1 else None,
        next=build_address(view, path, **(also or {}), page=str(at + 1)) if last < total else None,
    )
    return results.lines[first:last], pages


def explain_bounds(results: View, narrower: str, statuses: int = 1) -> str | None:
    """Say that more rows exist than were read, and how to see the others; None when all were read.

    ``narrower``: beginning of the sentence that says how; ``statuses``: how many are looked through, each read up to the limit.
    """
    if not results.truncated:
        return None
    several = statuses > 1
    most = stories.MOST_READ if several else len(results.read)
    return (
        f"Seuls les {most} premiers{' de chaque statut' if several else ''} ont été lus, il peut en manquer ici. "
        f"{narrower}un jour dans «\u00a0Notifié à partir du\u00a0» pour lire les autres."
    )


class Column(NamedTuple):
    """A column of the export."""

    heading: str
    read: Callable[[Line], object]


def _format_person(person: Person) -> str:
    """Format somebody with what they can be reached by: « Nadia Bellanger 01 99 00 12 34 n.bellanger@… »."""
    return " ".join(part for part in (person.name, person.phone, person.address) if part)


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
    Column("Qui doit agir", lambda line: _find_role_label(line.turn)),
    Column(
        "Ce qui est attendu",
        lambda line: turns.format_act(line.turn, line, yours=False) if line.turn else None,
    ),
    Column("Depuis le", lambda line: line.turn.since if line.turn else None),
    Column("En retard depuis le", lambda line: line.late_since),
    Column("Rendez-vous le", lambda line: line.meeting_at),
    Column("Dates promises avant le", lambda line: line.promised_on),
    Column("Rappeler le", lambda line: line.call_back_on),
    Column("Dernière nouvelle", lambda line: LAST[line.last_kind]),
    Column("Dernière nouvelle le", lambda line: line.last_at),
    Column("Tutrice ou tuteur", lambda line: line.followed_by.name if line.followed_by else None),
    Column("Contacts", lambda line: ", ".join(_format_person(person) for person in line.people)),
    Column("Page", lambda line: f"{config.public_base_url()}/parcours/{line.id}"),
)


MARK = "\ufeff"
"""By which spreadsheets know UTF-8."""
PLAIN = re.compile(r"[:\w ./’-]*")


def write_csv(rows: Iterable[Iterable[object]]) -> str:
    """Write rows as CSV with ``;`` between cells, as spreadsheets in France expect, with a byte order mark.

    Cells that a spreadsheet would run as a formula are made plain text.
    """
    return MARK + "".join(map(_write_row, rows))


def _write_row(row: Iterable[object]) -> str:
    """Write one row, with its line end."""
    return ";".join(_quote_cell(_write_cell(value)) for value in row) + "\r\n"


def _quote_cell(text: str) -> str:
    """Return a cell in quotes, unless nothing in it separates cells or begins a formula for any spreadsheet.

    The ``csv`` module quotes what its own separator needs, or every cell: then an answer holds a sixth fewer rows.
    """
    return text if PLAIN.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def _write_cell(value: object) -> str:
    """Return a value as the text of a cell: a day as 12/05/2026, an instant by its day in Paris, a text on one line.

    A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    if isinstance(value, date):
        return (day_of(value) if isinstance(value, datetime) else value).strftime("%d/%m/%Y")
    line = " ".join(str(value).split()) if value is not None else ""
    return f"'{line}" if texts.is_formula(line) else line
