"""Listing: the parcours somebody may see, as she wants to see them, from a bounded read."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib import config
from chalicelib.domain import lists
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.attempt import reference_in
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, may, role_on
from chalicelib.domain.kernel.values import AS_STORED, ParcoursStatus, Role
from chalicelib.domain.lists import Distance, Filter, Line, Sort, Whereabouts
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import Breakpoint, Turn
from chalicelib.errors import NotFound
from chalicelib.stores import items, parcours, rows
from chalicelib.stories.parcours import is_hers

MOST_READ = parcours.MOST_ROWS
"""Rows read of each list: a view says so when there are more."""
FEW = 5
"""Offers near that a tutor's first page shows."""


@dataclass(frozen=True)
class View:
    """What a filter finds for one agent."""

    lines: list[Line]
    """All of them, in order: pages are cut later."""
    truncated: bool
    """More rows stand there than are read: some that match may be missing."""
    read: tuple[Line, ...]
    """Everything that was read, to offer its values as filters."""


def listing(agent: Account, wanted: Filter, *, now: datetime) -> View:
    """The parcours of this agent that she wants to see.

    At most ``parcours.MOST_ROWS`` rows of each of her scopes and of each status looked through are read, from the day of
    notification that is asked for; late ones by the index of lateness, so that none of them hides behind older
    notifications. A reference is looked up, those of passages that have ended too.
    """
    scopes = _scopes(agent, wanted)
    found: dict[str, items.Plain] = {}
    truncated = False
    if wanted.since is None and (wanted.late or wanted.sort is Sort.LATE):
        found, truncated = _late(scopes, wanted, now)
    if wanted.since is not None or not wanted.late:
        others, more = _rows(scopes, wanted)
        found, truncated = found | others, truncated or more
    found |= _named(agent, wanted)
    lines = tuple(_line(row, agent, now) for row in found.values())
    months = config.settings().closing_months
    return View(lists.chosen(lines, wanted, now=now, closing_months=months), truncated, lines)


def reach(agent: Account) -> tuple[Distance, ...]:
    """How far this agent may look for free offers, the widest last; empty: such offers are none of hers to take.

    A tutor everywhere, from where she is known to work; a coordinator in her académie.
    """
    place = whereabouts(agent)
    if Role.TUTOR in agent.roles:
        known = [(place.departement, Distance.DEPARTEMENT), (place.academie, Distance.ACADEMIE)]
        known.append((place.region, Distance.REGION))
        return (*(distance for name, distance in known if name), Distance.ANYWHERE)
    return (Distance.ACADEMIE,) if Role.COORDINATOR in agent.roles and agent.academie else ()


def offers(agent: Account, wanted: Filter, within: Distance, *, now: datetime) -> View:
    """Free offers for this agent, without contacts, the nearest first.

    Each distance has its own bounded read, so that no near offer hides behind far ones.

    Args:
        within: one of ``reach(agent)``.
    Raises:
        NotFound: she may not look so far.
    """
    may = reach(agent)
    if within not in may:
        raise NotFound
    scopes = [_near(agent, one) for one in may[: may.index(within) + 1]]
    free = wanted.model_copy(update={"status": ParcoursStatus.AVAILABLE})
    found, _ = _rows(scopes[:-1], free)
    widest, truncated = _rows(scopes[-1:], free)
    lines = tuple(_line(row, agent, now) for row in (found | widest).values())
    chosen = lists.chosen(lines, free, now=now, closing_months=config.settings().closing_months)
    return View(lists.nearest(chosen, whereabouts(agent)), truncated, lines)


def offers_near(agent: Account, *, now: datetime) -> list[Line]:
    """The few free offers nearest to a tutor; looks further only while there are not enough. Empty for others."""
    if Role.TUTOR not in agent.roles:
        return []
    found: dict[str, items.Plain] = {}
    for distance in reach(agent):
        some, _ = parcours.rows([_near(agent, distance)], ParcoursStatus.AVAILABLE, most=2 * FEW)
        found |= some
        if len(found) >= FEW:
            break
    lines = [_line(row, agent, now) for row in found.values()]
    return lists.nearest(lines, whereabouts(agent))[:FEW]


def whereabouts(agent: Account) -> Whereabouts:
    """Where she works; her région académique follows from her académie."""
    region = territory.region_of(agent.academie) if agent.academie in territory.ACADEMIES else None
    return Whereabouts(departement=agent.departement, academie=agent.academie, region=region)


def _near(agent: Account, distance: Distance) -> str:
    place = whereabouts(agent)
    name = {
        Distance.DEPARTEMENT: place.departement,
        Distance.ACADEMIE: place.academie,
        Distance.REGION: place.region,
    }.get(distance)
    return rows.free_scope(distance.value, name) if name else rows.EVERYTHING


def _rows(scopes: list[str], wanted: Filter) -> tuple[dict[str, items.Plain], bool]:
    since = wanted.since or parcours.FIRST_DAY
    return _together([parcours.rows(scopes, status, since=since) for status in wanted.statuses])


def _late(scopes: list[str], wanted: Filter, now: datetime) -> tuple[dict[str, items.Plain], bool]:
    return _together([parcours.late_rows(scopes, status, now) for status in wanted.statuses])


def _together(read: list[tuple[dict[str, items.Plain], bool]]) -> tuple[dict[str, items.Plain], bool]:
    found = {key: row for some, _ in read for key, row in some.items()}
    return found, any(more for _, more in read)


def _named(agent: Account, wanted: Filter) -> dict[str, items.Plain]:
    """The parcours of hers whose reference is asked for, wherever it stands among the others."""
    reference = reference_in(wanted.text)
    found = parcours.of_reference(reference) if reference else None
    if found is None or not _may_find(agent, found, str(reference)):
        return {}
    row = rows.rows(found)[0]
    return {str(row["sk"]): row | {"formerly": found.reference != reference}}


def _may_find(agent: Account, found: Parcours, reference: str) -> bool:
    """Whoever may read the facts of that passage; on a free offer only the last one's tutor, as a row tells its last fact."""
    role = role_on(agent, found)
    if role not in {None, Role.TUTOR} or (role is Role.TUTOR and found.reference == reference):
        return True
    if not may(agent, Act.VIEW, found):
        return False
    passages = parcours.page(found.id).attempts
    hers = [one.number for one in passages if one.reference == reference and one.tutor == agent.id]
    return bool(hers) and (role is Role.TUTOR or hers == [found.attempt])


def _scopes(agent: Account, wanted: Filter) -> list[str]:
    """Where her parcours lie; for the team, the narrowest list that holds what is wanted."""
    if agent.is_team:
        return [_narrowest(wanted)]
    scopes = []
    if Role.TUTOR in agent.roles:
        scopes.append(rows.tutor_scope(agent.id))
    if Role.COORDINATOR in agent.roles and agent.academie:
        scopes.append(rows.academie_scope(agent.academie))
    if agent.roles & {Role.BUYER, Role.PRESCRIBER} and agent.organisation:
        scopes.append(rows.organisation_scope(agent.organisation))
    return scopes


def _narrowest(wanted: Filter) -> str:
    if wanted.organisation:
        return rows.organisation_scope(wanted.organisation)
    if wanted.academie:
        return rows.academie_scope(wanted.academie)
    return rows.region_scope(wanted.region) if wanted.region else rows.EVERYTHING


def _line(row: items.Plain, agent: Account, now: datetime) -> Line:
    turn = turn_of(row, now)
    known = {name: row[name] for name in Line.model_fields if name in row}
    told = {"turn": turn, "yours": is_hers(agent, turn, row.get("tutor"))}
    return Line.model_validate(known | told, context=AS_STORED)


def turn_of(row: items.Plain, now: datetime) -> Turn | None:
    """Whose turn it is by the instants that a row keeps."""
    return turns.read_turn(tuple(_breakpoint(*point) for point in row["turn"]), now)


def _breakpoint(at: str, role: str, late: bool | None = None) -> Breakpoint:
    """Rows once kept no lateness: only the buyer's turn, which followed the company's, was late then."""
    whose = Role.read(role)
    return Breakpoint(datetime.fromisoformat(at), whose, whose is Role.BUYER if late is None else late)
