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
from typing import Any, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode

from chalice.app import Response

from chalicelib import config, french
from chalicelib.domain import lists as lists_rules
from chalicelib.domain.accounts.passkeys import find_owed_at, is_offered_passkey
from chalicelib.domain.kernel import territory, texts
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import NO_RETURN
from chalicelib.domain.kernel.people import ACCOMPANYING, ACTING, Account, Act, SavedView
from chalicelib.domain.kernel.texts import fold_text, is_same_name
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.towns import find_departement
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
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error
from chalicelib.web.kit.forms import FreeForm
from chalicelib.web.kit.http import IDENTIFIER, RUN, answer, redirect
from chalicelib.web.kit.page import AgentCall, FreshCall, describe_noted, find_notice
from chalicelib.web.kit.page_view import FieldError, Notice, PageView
from chalicelib.words import codes, turns
from chalicelib.words.codes import ROLES, STATUSES, Labelled
from chalicelib.words.timeline import FACTS

TURNS = (Role.COMPANY, Role.BUYER, Role.TUTOR, Role.COORDINATOR, Role.TEAM)
TITLE = {code: title for code, (_, _, title) in STATUSES.items()}
ORDER = {
    Sort.MINE: "ce qui vous attend en premier",
    Sort.LATE: "retard le plus long en premier",
    Sort.LAST_FACT: "dernière nouvelle la plus récente en premier",
}
NEAREST_FIRST = "les plus proches de vous d’abord"
WHERE = {
    Distance.DEPARTEMENT: "Dans votre département",
    Distance.ACADEMIE: "Dans votre académie",
    Distance.REGION: "Dans votre région académique",
    Distance.ANYWHERE: "Plus loin",
}
FORMERLY = "la référence cherchée est celle d’un parcours terminé"
SUMMARY = Filter(treated=True, status="every", sort=Sort.LAST_FACT)
"""What an agent has gone through today, one by one."""
MINE = "À vous"
OTHERS = "Les autres"
SETBACK = Words(
    {
        Setback.MAIL_FAILED: "Message non parti",
        Setback.MAIL_IN_DOUBT: "Lien peut-être parti",
        Setback.MAIL_BOUNCED: "Message non accepté",
        Setback.UNREADABLE: "Documents illisibles",
        Setback.LINK_CLOSED: "Lien fermé",
        Setback.SENDING_REQUESTED: "Nouvel envoi demandé",
        Setback.DECLINED: "L’entreprise a refusé",
        Setback.MEETING_MISSED: "Rendez-vous qui n’a pas eu lieu",
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
MOST_PAGES, MOST_WALKED = 999, 9_999
MOST_EXPORTED_BYTES = 5_500_000
"""Of an export, as JSON writes it: Lambda answers 6 MB at most. Some 11,000 parcours."""
CUT = "D’autres parcours existent\u00a0: choisissez un statut ou une académie, puis exportez de nouveau."
"""What the first line of an export says that does not hold all."""


@dataclass(frozen=True)
class Asked:
    """The list that an address asks for."""

    filter: Filter
    page: int
    """From 1 on."""
    unknown: tuple[str, ...]
    """Labels of parameters whose value says nothing to us: they are left aside, and that is said."""
    is_empty: bool
    """Nothing at all is asked: this is somebody's first page."""


class Choice(NamedTuple):
    """An option of a filter."""

    value: str
    label: str
    chosen: bool


class FilterField(NamedTuple):
    """A field of the filter bar: a list of values."""

    name: str
    label: str
    options: list[Choice]


class FilterTick(NamedTuple):
    """A field of the filter bar: a box."""

    name: str
    label: str
    value: str
    checked: bool


class Chip(NamedTuple):
    """An active filter, and the address of the same list without it; ``name``: its parameter."""

    name: str
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


@dataclass(frozen=True, slots=True)
class ListPage(PageView):
    """The list of this agent's parcours that the filter finds."""

    template = "parcours-liste"

    title: str
    order: str
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
    words: str
    """Those that are searched for."""
    choices: list[FilterField]
    ticks: list[FilterTick]
    chips: list[Chip]
    hidden: list[tuple[str, str]]
    export: str
    together: str
    """Where several of these parcours are acted on at once; empty for whom that is not."""
    views: list[ViewLink]
    """Those that the reader keeps, then those that are useful to the role."""
    saving: Saving | None
    """None: nothing is filtered."""
    offers: list[OfferRow]
    """Those of the list, or the few nearest below it."""
    lists_offers: bool
    finds_offers: bool
    erasing_fault: str | None
    support: str
    offers_passkey: bool
    passkey_owed_at: datetime | None
    """From when on a mailed code does not open the agent's account."""


def list_parcours(call: AgentCall[NoForm]) -> Response:
    """Show the agent's parcours that the filters of the address find; without any, this is the agent's first page.

    The first page also shows the nearest free offers, and offers a first passkey after a sign-in.
    """
    return _show_list(call, parse_parameters(call.request.query_params or {}))


def _show_list(
    call: AgentCall[Any],
    asked: Asked,
    typed: str = "",
    refusal: FieldInvalid | None = None,
    missing: str = "",
) -> Response:
    """Show the list that is asked for: the free offers of everybody, if they are asked for by who takes them.

    ``typed``: the name of a view to keep, which was refused; ``missing``: slug of a notice, given when the list is shown in place
    of a page that does not exist: the status is then 404.
    """
    person, now = call.agent, call.now
    view = choose_filter(person, asked)
    lists_offers = stories.takes_offers(person) and view.status is ParcoursStatus.AVAILABLE
    results = (stories.list_offers if lists_offers else stories.list_parcours)(person, view, now=now)
    lines, pages = cut_page(view, results, asked)
    offers = lines if lists_offers else stories.list_nearby_offers(person, now=now) if asked.is_empty else []
    active, months = ([] if asked.is_empty else build_chips(view)), config.settings().closing_months
    page = ListPage(
        title="Offres libres" if lists_offers else _format_title(person, view),
        order=_describe_order(view, lists_offers=lists_offers),
        notice=find_notice(missing or call.query("fait")),
        unknown=list(asked.unknown),
        groups=[] if lists_offers else _group_rows(person, lines, results.lines, view, now),
        walk=_build_walk(view, results.lines[0].id) if results.lines and not lists_offers else None,
        waiting=sum(line.yours for line in results.lines),
        most=stories.MOST_READ,
        bounds=explain_bounds(results, choose_narrower(person), len(view.statuses)),
        pages=pages,
        words=view.text,
        choices=_build_choices(view),
        ticks=_build_ticks(view),
        chips=active,
        hidden=list(build_parameters(view).items()),
        export="" if lists_offers else build_address(view, "/parcours/export"),
        together=build_address(view, "/parcours/ensemble")
        if person.roles & TOGETHER and not lists_offers
        else "",
        views=_list_views(person, view, months),
        saving=None if asked.is_empty else _build_saving(person, view, active, typed, refusal),
        offers=[_build_offer_row(line, person, day_of(now), months) for line in offers],
        lists_offers=lists_offers,
        finds_offers=stories.takes_offers(person),
        erasing_fault=_describe_erasing_fault(call),
        support=config.settings().support_address,
        offers_passkey=asked.is_empty and is_offered_passkey(call.signed_in.session, person, now),
        passkey_owed_at=find_owed_at(person, config.settings().passkey_grace_days),
    )
    return call.show(page, "parcours", refusal, status=404 if missing else 200)


class ViewForm(FreeForm):
    """``POST /compte/vues``; ``geste``: « garder » or « retirer »; ``nom``: of the view; its filters."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        return frozenset({*PARAMETERS, "geste", "nom"})


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


def _list_views(person: Account, view: Filter, months: int) -> list[ViewLink]:
    """List the views that this person keeps, then those that the role begins with."""
    kept = [(saved.name, _read_view(saved)) for saved in person.views]
    quick = QUICK if person.is_team else FREE if person.roles & ACCOMPANYING else ()
    useful = [(label.format(months=months), wanted) for label, wanted in quick]
    return [ViewLink(label, build_address(wanted), wanted == view) for label, wanted in (*kept, *useful)]


def _read_view(saved: SavedView) -> Filter:
    """Return the filter of a view: what its address asks for now, without what former versions could ask for."""
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


def _describe_erasing_fault(call: AgentCall[Any]) -> str | None:
    """Say to the team what is wrong with the last proof of erasure; None: nothing, or the reader is somebody else."""
    if not call.agent.is_team:
        return None
    state, proof = health.check_health(call.now)
    is_calm = state in {Verdict.PROVED, Verdict.NEVER}  # a new service has its first proof before it
    return None if is_calm else codes.format_erasing_proof(state, proof, call.now)


def export_parcours(call: FreshCall[NoForm]) -> Response:
    """Export every parcours that the filter finds as one CSV file, whose first and last lines say what it holds."""
    asked = parse_parameters(call.request.query_params or {})
    view = choose_filter(call.agent, asked)
    results = stories.export_parcours(call.agent, view, now=call.now)
    rows = _cut_file(_write_row(column.read(line) for column in COLUMNS) for line in results.lines)
    is_whole = not results.truncated and len(rows) == len(results.lines)
    first, last = _describe_export(call, view, asked, len(rows), is_whole=is_whole)
    headings = [column.heading for column in COLUMNS]
    several = "tous-statuts" if view.text or view.status else "en-cours"
    status = STATUSES[view.status][1] if isinstance(view.status, ParcoursStatus) else several
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
    filters = (chip.label for chip in chips if chip.name != "statut" or view.status == "every")
    title = ", ".join([_format_title(call.agent, view), *filters])
    whole = "Export complet" if is_whole else "Export incomplet"
    more = "" if is_whole else f" {CUT}"
    first = (
        f"{title}. {whole} du {jour_court(day_of(call.now))}\u00a0: {count} parcours.{more} "
        "Ce fichier nomme des personnes\u00a0: ne le gardez pas plus longtemps qu’il ne sert."
    )
    return first, f"Fin de l’export\u00a0: {count} parcours, {'complet' if is_whole else 'incomplet'}."


def lead_to_offers(call: AgentCall[NoForm]) -> Response:
    """Lead the address that free offers had in former versions to their list, with the words or the town that it names."""
    words = call.query("q") or call.query("pres")
    view = parse_parameters({"q": words, "echeance": call.query("echeance")}).filter
    return redirect(build_address(replace(view, status=ParcoursStatus.AVAILABLE)))


def show_offers_instead(call: AgentCall[Any], slug: str) -> Response:
    """Show free offers near a tutor in place of an offer or parcours that is not there, or no longer.

    ``slug``: of the notice above them. The status is 404.
    Raises:
        NotFound: the agent takes no offers.
    """
    if not stories.takes_offers(call.agent):
        raise NotFound
    return _show_list(call, parse_parameters({"statut": "disponible"}), missing=slug)


def parse_parameters(parameters: Mapping[str, str]) -> Asked:
    """Read the filter from the parameters of an address, by name.

    Parameters with other names are ignored. Values that cannot be understood are left out and named in ``unknown``: texts that
    are too long or contain control characters are not understood.
    """
    typed = {name: parameters.get(name, "").strip() for name in (*PARAMETERS, "page")}
    view, unknown = Filter(), []
    for name, parameter in PARAMETERS.items():
        text = typed[name]
        is_plain = len(text) <= MOST_LETTERS and not any(
            unicodedata.category(letter)[0] == "C" for letter in text
        )
        meant = parameter.read(view, text) if is_plain and text else None
        if text and meant is None:
            unknown.append(parameter.label)
        view = meant or view
    page = _parse_number(typed["page"], MOST_PAGES)
    if typed["page"] and page is None:
        unknown.append("Page")
    return Asked(view, page or 1, tuple(unknown), not any(typed.values()))


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


def _parse_number(text: str, most: int) -> int | None:
    """Read a whole number from 1 to ``most``; None for anything else."""
    digits = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if digits and 1 <= int(text) <= most else None


@dataclass(frozen=True)
class OneOf(Generic[C]):
    """A parameter that names one of several values by its slug."""

    label: str
    values: Mapping[str, tuple[C, str]]
    """Slug → value, and what it is called."""
    get: Callable[[Filter], C | None]
    put: Callable[[Filter, C], Filter]
    none: str = ""
    """What no value is called; empty: there is always one."""
    chip: str = "{}"
    """How a value is said without the field's label before it."""

    def read(self, view: Filter, text: str) -> Filter | None:
        """Return the filter with what the text asks for; None: it says nothing to us."""
        return self.put(view, self.values[text][0]) if text in self.values else None

    def write(self, view: Filter) -> str:
        """Return what stands in an address; empty: nothing is asked for."""
        return next((slug for slug, (value, _) in self.values.items() if value == self.get(view)), "")

    def describe(self, view: Filter) -> str:
        """Return in words what is asked for."""
        return self.chip.format(self.values[self.write(view)][1])


@dataclass(frozen=True)
class Tick:
    """A parameter that is asked for or not."""

    label: str
    get: Callable[[Filter], bool]
    put: Callable[[Filter], Filter]
    value: str = "1"
    is_offered: bool = True
    """Whether the filter bar has its box even when it is not asked for."""

    def read(self, view: Filter, text: str) -> Filter | None:
        """Return the filter with what the text asks for; None: it says nothing to us."""
        return self.put(view) if text == self.value else None

    def write(self, view: Filter) -> str:
        """Return what stands in an address; empty: nothing is asked for."""
        return self.value if self.get(view) else ""

    def describe(self, view: Filter) -> str:
        """Return in words what is asked for."""
        return self.label


@dataclass(frozen=True)
class Searched:
    """The parameter of the words that are searched for."""

    label: str

    def read(self, view: Filter, text: str) -> Filter | None:
        """Return the filter with these words; None: they hold no letter and no digit."""
        return replace(view, text=text) if fold_text(text) else None

    def write(self, view: Filter) -> str:
        """Return the words; empty: none are searched for."""
        return view.text

    def describe(self, view: Filter) -> str:
        """Return the words as a quotation."""
        return f"«\u00a0{view.text}\u00a0»"


PARAMETERS: dict[str, OneOf[Any] | Tick | Searched] = {
    "statut": OneOf[ParcoursStatus | Literal["every"]](
        "Statut",
        {slug: (code, label) for code, (label, slug, _) in STATUSES.items()}
        | {"tous": ("every", "Tous les statuts")},
        lambda view: view.status,
        lambda view, status: replace(view, status=status),
        "En cours",
    ),
    "tour": OneOf[Role | Literal["mine"]](
        "Qui doit agir",
        {"moi": ("mine", MINE), **{ROLES[role][2]: (role, codes.ROLE[role]) for role in TURNS}},
        lambda view: view.turn,
        lambda view, turn: replace(view, turn=turn),
        "Tous",
    ),
    "retard": OneOf[int](
        "En retard de plus de",
        {"1": (1, "1\u00a0semaine"), "2": (2, "2\u00a0semaines"), "4": (4, "4\u00a0semaines")},
        lambda view: view.late_weeks,
        lambda view, weeks: replace(view, late_weeks=weeks),
        "Tous",
        chip="En retard de plus de {}",
    ),
    "academie": OneOf[str](
        "Académie",
        {name: (name, name) for name in territory.ACADEMIES},
        lambda view: view.academie,
        lambda view, name: replace(view, academie=name),
        "Toutes",
    ),
    "echeance": Tick(
        "Fin de marché proche", lambda view: view.closing, lambda view: replace(view, closing=True)
    ),
    "occupe": Tick(
        "Traités par vous aujourd’hui",
        lambda view: view.treated,
        lambda view: replace(view, treated=True),
        value="moi",
        is_offered=False,
    ),
    "q": Searched("Mots cherchés"),
    "tri": OneOf[Sort](
        "Ordre",
        {
            "a-faire": (Sort.MINE, "À faire"),
            "retard": (Sort.LATE, "Retard"),
            "dernier-fait": (Sort.LAST_FACT, "Dernière nouvelle"),
        },
        lambda view: view.sort,
        lambda view, sort: replace(view, sort=sort),
    ),
}
"""In the order of an address."""
MOST_LETTERS = 100
MOST_VIEW_NAME = 40


def _build_choices(view: Filter) -> list[FilterField]:
    """Build the lists of values of the filter bar. Words are searched in every status unless one is chosen."""
    fields = []
    for name, parameter in PARAMETERS.items():
        if isinstance(parameter, OneOf):
            chosen, values = (
                parameter.write(view),
                {slug: label for slug, (_, label) in parameter.values.items()},
            )
            none = parameter.none
            if name == "statut" and view.text:
                none = values.pop("tous")
            options = [Choice(slug, label, slug == chosen) for slug, label in values.items()]
            fields.append(
                FilterField(
                    name, parameter.label, [Choice("", none, not chosen), *options] if none else options
                )
            )
    return fields


def _build_ticks(view: Filter) -> list[FilterTick]:
    """Build the boxes of the filter bar."""
    return [
        FilterTick(name, parameter.label, parameter.value, parameter.get(view))
        for name, parameter in PARAMETERS.items()
        if isinstance(parameter, Tick) and (parameter.is_offered or parameter.get(view))
    ]


def build_chips(view: Filter) -> list[Chip]:
    """List the active filters, each with the address of the list without it.

    Left out are the order, and a status without which the same statuses are looked through.
    """
    return [
        Chip(name, PARAMETERS[name].describe(view), build_address(remove_filter(view, name)))
        for name in build_parameters(view)
        if name != "tri" and not (name == "statut" and view.statuses == replace(view, status=None).statuses)
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
    ("En retard de plus de 2\u00a0semaines", Filter(late_weeks=2, sort=Sort.LATE)),
    ("Fin de marché dans les {months} mois, sans jeune", ENDING),
)
"""Where the team begins,"""
FREE = (("Offres libres", Filter(status=ParcoursStatus.AVAILABLE)),)
"""and who accompanies young people."""


def choose_filter(person: Account, asked: Asked) -> Filter:
    """Return the filter that is asked for or, when nothing is asked for, that of this person's first page.

    The first page shows first what awaits the person, then the rest. People who have parcours of their own get those of every
    status; coordinators and the team do not, since an académie or the country has too many that are over.
    """
    if not asked.is_empty:
        return asked.filter
    own = person.roles.isdisjoint({Role.COORDINATOR, Role.TEAM})
    return replace(asked.filter, status="every" if own else None)


def _build_offer_row(line: Line, person: Account, today: date, months: int) -> OfferRow:
    """Build the row of a free offer."""
    return OfferRow(
        line=line,
        departement=_format_departement(line.departement),
        where=WHERE[stories.build_whereabouts(person).distance(line)],
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
        tutor=None if line.absent_until == NO_RETURN else line.followed_by or people.get(line.tutor or ""),
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
    if line.absent_until == NO_RETURN:
        notes.append("à confier à une tutrice ou un tuteur")
    elif is_absent and line.status is ParcoursStatus.IN_PREPARATION and line.absent_until:
        notes.append(f"absence annoncée jusqu’au {jour_abrege(line.absent_until)}")
    return notes


def _build_note_of_holder(line: Line, people: dict[str, Person], now: datetime) -> list[str]:
    """Return which colleague treats a parcours now, and since when; empty: none does."""
    taken = line.taken_up
    colleague = people.get(taken.account) if taken is not None and taken.is_live(now) else None
    return [turns.format_holder(colleague.name, taken.since)] if taken is not None and colleague else []


def _format_title(person: Account, view: Filter) -> str:
    """Return the title of the list: which statuses it holds, and whose parcours."""
    if isinstance(view.status, ParcoursStatus):
        title = TITLE[view.status]
    elif view.status:
        title = "Parcours"
    else:
        title = "Parcours, tous les statuts" if view.text else "Parcours en cours"
    if person.is_team:
        return title
    if Role.COORDINATOR in person.roles and Role.TUTOR not in person.roles:
        return f"{title}, {french.academie(person.academie)}" if person.academie else title
    return f"Vos {title[0].lower()}{title[1:]}"


def _describe_order(view: Filter, *, lists_offers: bool) -> str:
    """Describe in which order the rows come."""
    if lists_offers:
        place = find_departement(view.text)
        return f"les plus proches d’abord, depuis {_format_departement(place)}" if place else NEAREST_FIRST
    return ORDER[view.sort]


def cut_page(
    view: Filter, results: View, asked: Asked, path: str = "/parcours", rows_a_page: int = ROWS_A_PAGE
) -> tuple[list[Line], Pages]:
    """Return the rows of one page, and which ones they are.

    A page beyond the last one gives the last. ``path``: of the addresses of the pages around it.
    """
    total = len(results.lines)
    at = min(asked.page, max(1, -(-total // rows_a_page)))
    first, last = (at - 1) * rows_a_page, min(at * rows_a_page, total)
    pages = Pages(
        total=total,
        first=first + 1,
        last=last,
        previous=build_address(view, path, page=str(at - 1)) if at > 1 else None,
        next=build_address(view, path, page=str(at + 1)) if last < total else None,
    )
    return results.lines[first:last], pages


def choose_narrower(person: Account) -> str:
    """Choose how somebody reads fewer rows: the lists of an académie are shorter than the team's."""
    return "Choisissez une académie, ou cherchez des mots" if person.is_team else "Cherchez des mots"


def explain_bounds(results: View, narrower: str, statuses: int = 1) -> str | None:
    """Say that more rows exist than were read, and how to see the others; None when all were read.

    ``narrower``: how, as the beginning of a sentence; ``statuses``: how many are looked through, each read up to the limit.
    """
    if not results.truncated:
        return None
    several = " de chaque statut" if statuses > 1 else ""
    return (
        f"Seuls les {stories.MOST_READ} premiers{several} ont été lus, il peut en manquer ici. "
        f"{narrower} pour lire les autres."
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
    Column("Dates promises d’ici au", lambda line: line.promised_on),
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
