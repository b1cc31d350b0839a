"""List the parcours and offers that an agent may see, from bounded reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import config
from chalicelib.domain import lists
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.attempt import reference_in
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, may, role_on
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.lists import Distance, Filter, Line, Person, Sort, Whereabouts
from chalicelib.domain.parcours import turns
from chalicelib.errors import NotFound
from chalicelib.stores import parcours, rows
from chalicelib.stories.parcours import is_hers

MOST_READ = parcours.MOST_ROWS
"""Rows read of each list; a view says when there are more."""
FEW = 5
"""Nearby offers on a tutor's first page."""
MOST_WORDS = 4
"""Words of a search that are looked up,"""
MOST_TUTORS = 5
"""and tutors of one name whose parcours are read beyond the bound of a list."""


@dataclass(frozen=True)
class View:
    """What a filter finds for one agent."""

    lines: list[Line]
    """All matches, in order, not yet paginated."""
    truncated: bool
    """The read bound was reached: some matches may be missing."""
    read: tuple[Line, ...]
    """Everything that was read, to offer its values as filters."""


def listing(agent: Account, wanted: Filter, *, now: datetime) -> View:
    """List the agent's parcours that match a filter.

    At most ``MOST_READ`` rows are read per scope and status, from ``wanted.since`` on. Late ones are read by the index of
    lateness, so that the bound cannot hide them; a reference is looked up directly, even one of an ended passage. So are the
    words of a search, once there are more rows than are read.
    """
    scopes = _scopes(agent, wanted)
    read = []
    if wanted.since is None and (wanted.late or wanted.sort in {Sort.LATE, Sort.MINE}):
        read += [parcours.late_lines(scopes, status, now) for status in wanted.statuses]
    if wanted.since is not None or not wanted.late:
        read += _read(scopes, wanted)
    found, truncated = _together(read)
    found |= _named(agent, wanted)
    tutors = _tutors(wanted.text)
    if truncated:
        found = _having(agent, wanted, tutors) | found
    lines = tuple(_seen_by(line, agent, now, tutors) for line in found.values())
    months = config.settings().closing_months
    return View(lists.filter_and_sort(lines, wanted, now=now, closing_months=months), truncated, lines)


def line_of(agent: Account, head: Parcours, *, now: datetime) -> Line:
    """One parcours on which she has a role, as her list shows it."""
    return _seen_by(rows.build_line(head), agent, now)


def reach(agent: Account) -> tuple[Distance, ...]:
    """The distances at which this agent may search free offers, the widest last; empty: she may not.

    A tutor: everywhere, starting from where she works; a coordinator: her académie.
    """
    if Role.TUTOR in agent.roles:
        where = whereabouts(agent)
        return tuple(one for one in Distance if one is Distance.ANYWHERE or where.place(one))
    return (Distance.ACADEMIE,) if Role.COORDINATOR in agent.roles and agent.academie else ()


def offers(agent: Account, wanted: Filter, within: Distance, *, now: datetime) -> View:
    """List free offers, without contacts, the nearest first.

    Each distance has its own bounded read, so that far offers cannot hide near ones.
    Args:
        within: one of ``reach(agent)``.
    Raises:
        NotFound: she may not search so far.
    """
    may = reach(agent)
    if within not in may:
        raise NotFound
    scopes = [_near(agent, one) for one in may[: may.index(within) + 1]]
    free = replace(wanted, status=ParcoursStatus.AVAILABLE)
    found, _ = _together(_read(scopes[:-1], free))
    widest, truncated = _together(_read(scopes[-1:], free))
    lines = tuple(_without_people(_seen_by(line, agent, now)) for line in (found | widest).values())
    chosen = lists.filter_and_sort(lines, free, now=now, closing_months=config.settings().closing_months)
    return View(lists.sort_by_distance(chosen, whereabouts(agent)), truncated, lines)


def offers_near(agent: Account, *, now: datetime) -> list[Line]:
    """List the ``FEW`` free offers nearest to a tutor, widening the search while there are too few. Empty for others."""
    if Role.TUTOR not in agent.roles:
        return []
    found: dict[str, Line] = {}
    for distance in reach(agent):
        some, _ = parcours.lines([_near(agent, distance)], ParcoursStatus.AVAILABLE, most=2 * FEW)
        found |= some
        if len(found) >= FEW:
            break
    lines = [_without_people(_seen_by(line, agent, now)) for line in found.values()]
    return lists.sort_by_distance(lines, whereabouts(agent))[:FEW]


def whereabouts(agent: Account) -> Whereabouts:
    """Where an agent works; the région académique follows from her académie."""
    region = territory.region_of(agent.academie) if agent.academie in territory.ACADEMIES else None
    return Whereabouts(departement=agent.departement, academie=agent.academie, region=region)


def _near(agent: Account, distance: Distance) -> str:
    name = whereabouts(agent).place(distance)
    return rows.free_scope(distance.value, name) if name else rows.EVERYTHING


def _read(scopes: list[str], wanted: Filter) -> list[tuple[dict[str, Line], bool]]:
    since = wanted.since or parcours.FIRST_DAY
    return [parcours.lines(scopes, status, since=since) for status in wanted.statuses]


def _together(read: list[tuple[dict[str, Line], bool]]) -> tuple[dict[str, Line], bool]:
    found = {key: line for some, _ in read for key, line in some.items()}
    return found, any(more for _, more in read)


def _named(agent: Account, wanted: Filter) -> dict[str, Line]:
    """The line of the parcours whose reference is searched, whatever its status."""
    reference = reference_in(wanted.text)
    found = parcours.of_reference(reference) if reference else None
    if found is None or not _may_find(agent, found, str(reference)):
        return {}
    return {found.id: replace(rows.build_line(found), formerly=found.reference != reference)}


def _looked_up(text: str) -> list[str]:
    """The words and the telephone number of a search that indexes are asked for."""
    dialled = lists.search_number(text)
    return [*lists.search_words(text)[:MOST_WORDS], *([dialled] if dialled else [])]


def _tutors(text: str) -> dict[str, Person]:
    """By account id, the tutors whom a search may be for."""
    return {account: one for word in _looked_up(text) for account, one in parcours.tutors_named(word).items()}


def _having(agent: Account, wanted: Filter, tutors: dict[str, Person]) -> dict[str, Line]:
    """Lines of what words and tutors lead to, within her rights: only what she has a role on."""
    ids = [found for word in _looked_up(wanted.text) for found in parcours.having(word)]
    scopes = [rows.tutor_scope(tutor) for tutor in list(tutors)[:MOST_TUTORS]]
    for status in wanted.statuses if scopes else ():
        read, _ = parcours.lines(scopes, status, most=parcours.MOST_FOUND)
        ids += list(read)
    heads = parcours.heads(list(dict.fromkeys(ids))[: parcours.MOST_FOUND])
    return {head.id: rows.build_line(head) for head in heads if role_on(agent, head)}


def _may_find(agent: Account, found: Parcours, reference: str) -> bool:
    """Whether she may read the facts of that passage; on a free offer only its last tutor, since a row shows its last fact."""
    role = role_on(agent, found)
    if role not in {None, Role.TUTOR} or (role is Role.TUTOR and found.reference == reference):
        return True
    if not may(agent, Act.VIEW, found):
        return False
    passages = parcours.page(found.id).attempts
    own = [
        passage.number for passage in passages if passage.reference == reference and passage.tutor == agent.id
    ]
    return bool(own) and (role is Role.TUTOR or own == [found.attempt])


def _scopes(agent: Account, wanted: Filter) -> list[str]:
    """The lists to read: the agent's own; for the team, the narrowest that holds what is wanted."""
    if agent.is_team and wanted.organisation:
        return [rows.organisation_scope(wanted.organisation)]
    if agent.is_team and wanted.academie:
        return [rows.academie_scope(wanted.academie)]
    if agent.is_team:
        return [rows.region_scope(wanted.region) if wanted.region else rows.EVERYTHING]
    scopes = []
    if Role.TUTOR in agent.roles:
        scopes.append(rows.tutor_scope(agent.id))
    if Role.COORDINATOR in agent.roles and agent.academie:
        scopes.append(rows.academie_scope(agent.academie))
    if agent.roles & {Role.BUYER, Role.PRESCRIBER} and agent.organisation:
        scopes.append(rows.organisation_scope(agent.organisation))
    return scopes


def _without_people(line: Line) -> Line:
    """An offer that a tutor may take: its contacts are shown, and found, once it is hers."""
    return replace(line, people=())


def _seen_by(line: Line, agent: Account, now: datetime, tutors: Mapping[str, Person] | None = None) -> Line:
    """A line with what depends on who looks at it and when; ``tutors``: those whom the search may be for, by account id."""
    turn = turns.read_turn(line.breakpoints, now)
    return replace(
        line,
        turn=turn,
        yours=is_hers(agent, turn, line.sealer or line.tutor),
        followed_by=(tutors or {}).get(line.tutor or ""),
    )
