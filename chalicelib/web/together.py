"""The page that gives several parcours of a list to one tutor, or withdraws several offers: choose, read again, confirm.

What is confirmed is done only to what is still as it was read: each box then holds the revision that was shown.

``geste``: « confier » (a free offer is given, a parcours under way handed over) or « retirer ». No passage is ended here: each
end has a reason, a day and mails of its own, and erases a young person's documents.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib import french
from chalicelib.domain import record as record_rules
from chalicelib.domain.kernel.parcours import UNDER_WAY, Parcours
from chalicelib.domain.kernel.people import ACTING, Account, Act
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.lists import Line
from chalicelib.errors import FieldInvalid, NotFound, RelayError
from chalicelib.stories import lists as list_stories
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import record as record_stories
from chalicelib.stories.kit.several import act_on_each
from chalicelib.stories.parcours import Assignment
from chalicelib.web import lists
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error, describe
from chalicelib.web.kit.forms import FreeForm, read_reason
from chalicelib.web.kit.http import IDENTIFIER
from chalicelib.web.kit.page import AgentCall, FreshCall
from chalicelib.web.kit.page_view import FieldError, PageView
from chalicelib.web.lists import Pages
from chalicelib.web.record import format_name_and_place
from chalicelib.words import codes
from chalicelib.words.codes import Labelled

GIVE, WITHDRAW = "confier", "retirer"
ACTS = {GIVE: Act.ASSIGN, WITHDRAW: Act.WITHDRAW}
STATUSES = {GIVE: UNDER_WAY | {ParcoursStatus.AVAILABLE}, WITHDRAW: frozenset({ParcoursStatus.AVAILABLE})}
"""The statuses in which each may be done."""
MOST = 100
"""Parcours that one page shows."""
BOXES = tuple(f"parcours{number}" for number in range(MOST))
TICKED = re.compile(rf"({IDENTIFIER.pattern})(?:\.([0-9]{{1,9}}))?")
"""What a box holds: an id and, once the parcours was read again, the revision that was shown."""


class TogetherForm(FreeForm):
    """``POST /parcours/ensemble``; ``qui``: id of a tutor; ``motif``: of a withdrawal; each ticked box: see ``TICKED``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        _list_acts(agent)
        return frozenset({"geste", "qui", "motif", "confirme", *BOXES})


class ChosenRow(NamedTuple):
    """A parcours with its box, and what is known of it; ``state``: what will be, or was, done; ``wrong``: nothing was.

    ``ticked``: what its box holds.
    """

    box: str
    id: str
    ticked: str
    company: str
    contract: str
    state: str
    checked: bool = True
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class TogetherPage(PageView):
    """The parcours of a list to choose from (``geste`` is empty), those that were chosen, or what was done of them (``done``)."""

    template = "ensemble"

    geste: str
    done: bool
    rows: list[ChosenRow]
    count: int
    """How many the act is, or was, done with."""
    left: int
    """How many were ticked to no avail."""
    pages: Pages | None
    """Which parcours of the list are shown, while they are chosen."""
    bounds: str | None
    """That not all of the list were read, if so."""
    can_give: bool
    can_withdraw: bool
    tutors: list[Labelled]
    truncated: bool
    """There are more tutors than are listed."""
    reasons: list[Labelled]
    values: dict[str, str]
    chosen: str
    """The tutor's name, or the reason."""
    error: FieldError | None


def show_choice(call: AgentCall[NoForm]) -> Response:
    """Show the parcours that the filters of the address find, all of them ticked, and what may be done with them."""
    acts = _list_acts(call.agent)
    statuses = frozenset[ParcoursStatus]().union(*(STATUSES[geste] for geste in acts))
    asked = lists.parse_parameters(call.request.query_params or {})
    view = lists.choose_filter(call.agent, asked)
    results = list_stories.list_parcours(call.agent, view, now=call.now)
    possible = [line for line in results.lines if line.status in statuses]
    # In an order that the acts leave as it is, so that the next page holds what this one did not.
    in_order = replace(results, lines=sorted(possible, key=lambda line: (line.notified_on, line.id)))
    shown, pages = lists.cut_page(view, in_order, asked, path="/parcours/ensemble", rows_a_page=MOST)
    bounds = lists.explain_bounds(results, lists.choose_narrower(call.agent), len(view.statuses))
    names = parcours_stories.list_tutor_names(shown)
    rows = [_build_line_row(line, _describe(line, names)) for line in shown]
    return _show_choice(call, rows, {}, pages=pages, bounds=bounds)


def act_together(call: FreshCall[TogetherForm]) -> Response:
    """Show what would be done with the ticked parcours; once that is confirmed, do it to each in a transaction of its own.

    One that has changed since it was shown is left as it is. Repeating it does what is left, and nothing twice.
    Raises NotFound: the agent may see none of these parcours.
    """
    typed, person = call.form.asked, call.agent
    ticked = (TICKED.fullmatch(typed[box]) for box in BOXES)
    seen = {box[1]: int(box[2] or 0) for box in ticked if box}
    ids = list(seen)
    geste = typed["geste"] if typed["geste"] in _list_acts(person) else ""
    chosen = parcours_stories.list_chosen(person, ACTS[geste], ids) if geste else []
    try:
        if not geste:
            raise FieldInvalid("geste", "value")
        act, name = _prepare(call, geste, typed, seen)
        if not chosen:
            raise FieldInvalid("parcours", "no_parcours")
    except FieldInvalid as refusal:
        every = parcours_stories.list_chosen(person, Act.VIEW, ids)
        if ids and not every:
            raise NotFound from None
        names = parcours_stories.list_tutor_names(every)
        rows = [_build_row(parcours, _describe(parcours, names)) for parcours in every]
        return _show_choice(call, rows, typed, refusal)
    possible = [parcours for parcours in chosen if parcours.status in STATUSES[geste]]
    done = typed["confirme"] == "1"
    refusals = act_on_each((parcours.id for parcours in possible), act) if done else {}
    names = parcours_stories.list_tutor_names(chosen)
    rows = [
        _build_end_row(geste, parcours, names, refusals.get(parcours.id), done=done) for parcours in chosen
    ]
    view = TogetherPage(
        geste=geste,
        done=done,
        rows=[row._replace(box=box) for box, row in zip(BOXES, rows, strict=False)],
        count=sum(not row.wrong for row in rows),
        left=len(ids) - len(chosen),
        pages=None,
        bounds=None,
        can_give=geste == GIVE,
        can_withdraw=geste == WITHDRAW,
        tutors=[],
        truncated=False,
        reasons=[],
        values=typed,
        chosen=name,
        error=None,
    )
    return call.show(view, "parcours")


def _list_acts(person: Account) -> list[str]:
    """Return what this person may do with several parcours. Raises NotFound: nothing."""
    acts = [geste for geste, act in ACTS.items() if person.roles & ACTING[act]]
    if not acts:
        raise NotFound
    return acts


def _prepare(
    call: AgentCall[Any], geste: str, typed: dict[str, str], seen: dict[str, int]
) -> tuple[Callable[[str], object], str]:
    """Return what is to be done with each parcours, by its id, and the name of the tutor or reason. Raises FieldInvalid.

    ``seen``: id → the revision that was shown.
    """
    if geste == WITHDRAW:
        reason = read_reason(typed["motif"])
        if reason not in record_rules.REASONS:
            raise FieldInvalid("motif", "reason")
        return (
            lambda identifier: record_stories.withdraw(
                call.agent, identifier, reason, seen=seen[identifier], now=call.now
            ),
            codes.REASONS[reason].label,
        )
    tutor = parcours_stories.find_tutor(
        call.agent, typed["qui"] if IDENTIFIER.fullmatch(typed["qui"]) else "none"
    )
    return lambda identifier: parcours_stories.assign(
        call.agent, identifier, Assignment(tutor.id, seen=seen[identifier]), now=call.now
    ), tutor.name


def _describe(followed: Line | Parcours, names: dict[str, str]) -> str:
    """Return the step of a parcours in words, or its status, and who follows it. ``names``: by account id."""
    step = codes.STEP[followed.step] if followed.step else codes.STATUS[followed.status]
    return f"{step}{_format_follower(followed, names)}"


def _format_follower(followed: Line | Parcours, names: dict[str, str]) -> str:
    """Return who follows a parcours, « , suivi par Claire Roux »; empty for nobody. ``names``: by account id."""
    name = names.get(followed.tutor or "")
    return f", suivi par {name}" if name else ""


def _build_line_row(line: Line, state: str) -> ChosenRow:
    """Build the row of a parcours of the list."""
    contract = french.avec_lot(line.contract, line.lot)
    return ChosenRow("", line.id, line.id, line.company, contract, state)


def _build_row(parcours: Parcours, state: str, *, wrong: bool = False) -> ChosenRow:
    """Build the row of a parcours that was read."""
    contract = french.avec_lot(parcours.contract.object, parcours.contract.lot)
    ticked = f"{parcours.id}.{parcours.revision}"
    return ChosenRow("", parcours.id, ticked, parcours.company.name, contract, state, wrong=wrong)


def _build_end_row(
    geste: str, parcours: Parcours, names: dict[str, str], refusal: RelayError | None, *, done: bool
) -> ChosenRow:
    """Build the row of a chosen parcours: what will be done or, when ``done``, what was; ``refusal``: why it was not.

    ``names``: of those who follow parcours, by account id.
    """
    if refusal is not None:
        return _build_row(parcours, describe(refusal)[1], wrong=True)
    if parcours.status not in STATUSES[geste]:
        return _build_row(parcours, f"{codes.STATUS[parcours.status]}\u00a0: laissé comme il est", wrong=True)
    if geste == WITHDRAW:
        return _build_row(parcours, "retirée" if done else "à retirer")
    if parcours.status is ParcoursStatus.AVAILABLE:
        return _build_row(parcours, "tutorat désigné" if done else "offre libre, le tutorat sera désigné")
    follower = _format_follower(parcours, names)
    return _build_row(parcours, "confié" if done else f"en cours{follower}, changera de mains")


def _show_choice(
    call: AgentCall[Any],
    rows: list[ChosenRow],
    typed: dict[str, str],
    refusal: FieldInvalid | None = None,
    *,
    pages: Pages | None = None,
    bounds: str | None = None,
) -> Response:
    """Show parcours to tick, and the acts that this person may do; ``refusal``: why the last press did nothing."""
    acts = _list_acts(call.agent)
    tutors, truncated = (
        parcours_stories.list_tutors(call.agent, call.agent.academie or "") if GIVE in acts else ([], False)
    )
    view = TogetherPage(
        geste="",
        done=False,
        rows=[row._replace(box=box) for box, row in zip(BOXES, rows, strict=False)],
        count=len(rows),
        left=0,
        pages=pages,
        bounds=bounds,
        can_give=GIVE in acts,
        can_withdraw=WITHDRAW in acts,
        tutors=[Labelled(line.id, format_name_and_place(line)) for line in tutors],
        truncated=truncated,
        reasons=codes.list_options(record_rules.REASONS),
        values={"qui": "", "motif": ""} | typed,
        chosen="",
        error=build_field_error(refusal),
    )
    return call.show(view, "parcours", refusal)
