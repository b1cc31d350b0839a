"""List the parcours and offers that an agent may see, from bounded reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import config
from chalicelib.domain import lists
from chalicelib.domain.kernel import territory, towns
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import parse_reference
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours, is_same_organisation
from chalicelib.domain.kernel.people import Account, Act, may, role_on
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.lists import Distance, Filter, Line, Person, Sort, Whereabouts
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.outcomes import list_corrected
from chalicelib.errors import NotFound
from chalicelib.stores import parcours_table, rows
from chalicelib.stores.parcours_table import Roster
from chalicelib.stories.parcours import is_awaited

MOST_READ = parcours_table.MOST_ROWS
"""Rows read of each list; a view says when there are more."""
MOST_EXPORTED = 20_000
"""Rows read for an export: some six of the 25 seconds that web has (``tests/bench/README.md``)."""
MOST_SEARCHED = 2_000
"""Rows of each list in which the meetings of a calendar feed are looked for."""
MOST_DEPARTEMENTS = 8
"""Around the one that a search names: each is a list to read."""
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


def list_parcours(agent: Account, wanted: Filter, *, now: datetime) -> View:
    """List the agent's parcours that match a filter.

    At most ``MOST_READ`` rows are read per scope and status. So that this bound hides nothing that is
    searched: late parcours are read by the index of lateness, a reference is looked up directly, even of an ended passage, and
    where there are more rows than are read, the words of the search are looked up too.
    """
    scopes = _choose_scopes(agent, wanted)
    read: list[Lines] = []
    if wanted.late_weeks or wanted.sort is not Sort.LAST_FACT:
        read += [parcours_table.list_late_lines(scopes, status, now) for status in wanted.statuses]
    if not wanted.late_weeks:
        read += _read(scopes, wanted)
    return _find(agent, wanted, _merge(read), now)


def export_parcours(agent: Account, wanted: Filter, *, now: datetime) -> View:
    """List every parcours of the agent that matches a filter, with its tutor's name; ``MOST_EXPORTED`` rows are read in all."""
    scopes = _choose_scopes(agent, wanted)
    read: list[Lines] = []
    left = MOST_EXPORTED
    for status in wanted.statuses:
        read.append(parcours_table.list_lines(scopes, status, most=left))
        left = max(0, left - len(read[-1][0]))
    view = _find(agent, wanted, _merge(read), now)
    tutors = {agent.id: Person(name=agent.name)} | list_people(agent, view.lines, now)
    return replace(
        view, lines=[replace(line, followed_by=tutors.get(line.tutor or "")) for line in view.lines]
    )


def _find(agent: Account, wanted: Filter, read: "Lines", now: datetime) -> View:
    """Return what a filter finds among lines that were read and, where these are not all, among those that its words lead to."""
    by_id, truncated = read
    by_id = _keep_own(agent, by_id)
    by_id |= _find_by_reference(agent, wanted)
    tutors = _find_tutors(wanted.text)
    if truncated:
        by_id = _find_by_words(agent, wanted, tutors, known=by_id) | by_id
    roster = Roster()
    lines = tuple(_complete_line(line, agent, now, roster, tutors) for line in by_id.values())
    months = config.settings().closing_months
    return View(lists.filter_and_sort(lines, wanted, now=now, closing_months=months), truncated)


def list_people(agent: Account, lines: Sequence[Line], now: datetime) -> dict[str, Person]:
    """Return account id → person of others who follow these parcours or treat them now.

    One read a hundred; none for a tutor's own.
    """
    treating = (line.taken_up.account for line in lines if line.taken_up and line.taken_up.is_live(now))
    ids = dict.fromkeys((*(line.tutor for line in lines), *treating))
    others = [identifier for identifier in ids if identifier and identifier != agent.id]
    return {account.id: Person(name=account.name) for account in parcours_table.list_accounts(others)}


def list_noted(agent: Account, lines: Sequence[Line], now: datetime) -> dict[str, list[Event]]:
    """Return what was noted today in this agent's role on each of these parcours, by its id; corrected facts are left out."""
    noted = {}
    for line in lines:
        page = parcours_table.read_page(line.id)
        role, corrected_ids = role_on(agent, page.parcours), list_corrected(page.events)
        noted[line.id] = [
            event
            for event in page.events
            if event.actor is role and day_of(event.at) == day_of(now) and event.id not in corrected_ids
        ]
    return noted


def list_meetings(agent: Account, *, now: datetime) -> tuple[list[Line], bool]:
    """List the agent's parcours with a meeting that is to come or was lately, the soonest first; and whether there may be more.

    Rows of the agent's own lists alone are read, ``MOST_SEARCHED`` of each at most. Turns are not worked out.
    """
    scopes = _choose_scopes(agent, Filter())
    by_id, is_cut = parcours_table.list_lines(scopes, ParcoursStatus.IN_PREPARATION, most=MOST_SEARCHED)
    meetings, is_long = lists.choose_meetings(_keep_own(agent, by_id).values(), now)
    return meetings, is_cut or is_long


def takes_offers(agent: Account) -> bool:
    """Whether an agent takes free offers, and so may list those of everybody."""
    return Role.TUTOR in agent.roles


def list_offers(agent: Account, wanted: Filter, *, now: datetime) -> View:
    """List free offers for who takes them, without contacts, the nearest first.

    They are near the département that the search names or, when it names none, near where the agent works. Each area has its own
    bounded read, so that far offers cannot hide near ones.
    Raises:
        NotFound: this agent takes no offers.
    """
    if not takes_offers(agent):
        raise NotFound
    place = towns.find_departement(wanted.text)
    if wanted.academie:
        scopes = [rows.free_scope(Distance.ACADEMIE, wanted.academie)]
    elif place:
        around = towns.list_nearest(place)[:MOST_DEPARTEMENTS]
        scopes = [*(rows.free_scope(Distance.DEPARTEMENT, code) for code in around), rows.EVERYTHING]
    else:
        scopes = [_find_scope_within(agent, distance) for distance in _list_distances(agent)]
    free = replace(wanted, status=ParcoursStatus.AVAILABLE, text="" if place else wanted.text)
    nearer, _ = _merge(_read(scopes[:-1], free))
    widest, truncated = _merge(_read(scopes[-1:], free))
    lines = [
        _without_people(_complete_line(line, agent, now, Roster())) for line in (nearer | widest).values()
    ]
    chosen = lists.filter_and_sort(lines, free, now=now, closing_months=config.settings().closing_months)
    if place:
        return View(lists.sort_near(chosen, place, wanted.text), truncated)
    return View(lists.sort_by_distance(chosen, build_whereabouts(agent)), truncated)


def list_nearby_offers(agent: Account, *, now: datetime) -> list[Line]:
    """List the ``FEW`` free offers nearest to a tutor, widening the search while there are too few. Empty for others."""
    if not takes_offers(agent):
        return []
    by_id: dict[str, Line] = {}
    for distance in _list_distances(agent):
        free, _ = parcours_table.list_lines(
            [_find_scope_within(agent, distance)], ParcoursStatus.AVAILABLE, most=2 * FEW
        )
        by_id |= free
        if len(by_id) >= FEW:
            break
    lines = [_without_people(_complete_line(line, agent, now, Roster())) for line in by_id.values()]
    return lists.sort_by_distance(lines, build_whereabouts(agent))[:FEW]


def build_whereabouts(agent: Account) -> Whereabouts:
    """Build where an agent works; the région académique follows from the académie."""
    region = territory.find_region(agent.academie) if agent.academie in territory.ACADEMIES else None
    return Whereabouts(departement=agent.departement, academie=agent.academie, region=region)


def _list_distances(agent: Account) -> tuple[Distance, ...]:
    """List the distances of which an agent's own place is known, the widest last."""
    where = build_whereabouts(agent)
    return tuple(distance for distance in Distance if distance is Distance.ANYWHERE or where.place(distance))


def _find_scope_within(agent: Account, distance: Distance) -> str:
    """Return the scope of the free offers at this distance from the agent."""
    name = build_whereabouts(agent).place(distance)
    return rows.free_scope(distance.value, name) if name else rows.EVERYTHING


Lines = tuple[dict[str, Line], bool]
"""Lines by id, and whether there are more than were read."""


def _read(scopes: list[str], wanted: Filter) -> list[Lines]:
    """Read the lines of these scopes in each wanted status, with whether there are more."""
    return [parcours_table.list_lines(scopes, status) for status in wanted.statuses]


def _merge(read: list[Lines]) -> Lines:
    """Merge several readings into one: each line once, and whether any reading was truncated."""
    by_id = {key: line for lines, _ in read for key, line in lines.items()}
    return by_id, any(more for _, more in read)


def _find_by_reference(agent: Account, wanted: Filter) -> dict[str, Line]:
    """Return the line of the parcours whose reference is searched, by id, whatever its status; empty if there is none."""
    reference = parse_reference(wanted.text)
    parcours = parcours_table.find_by_reference(reference) if reference else None
    if parcours is None or not _may_find(agent, parcours, str(reference)):
        return {}
    line = rows.build_line(parcours)
    line = line if role_on(agent, parcours) else _without_people(line)
    return {parcours.id: replace(line, formerly=parcours.reference != reference)}


def _search_terms(text: str) -> list[str]:
    """Return the words, the telephone number and the address of a search that indexes are asked for."""
    dialled = lists.search_number(text)
    words = [*lists.search_addresses(text)[:1], *lists.search_words(text)]
    return [*words[:MOST_WORDS], *([dialled] if dialled else [])]


def _find_tutors(text: str) -> dict[str, Person]:
    """Return the tutors whose name or number the search may mean: account id → person."""
    tutors: dict[str, Person] = {}
    for word in _search_terms(text):
        tutors |= parcours_table.list_tutors_having(word)
    return tutors


def _find_by_words(
    agent: Account, wanted: Filter, tutors: dict[str, Person], *, known: dict[str, Line]
) -> dict[str, Line]:
    """Return the lines on which this agent has a role, by id, that hold a searched word or have one of these tutors.

    The word that leads to the fewest comes first: of « travaux morvenne », all of Morvenne. A buyer's own contracts are found by
    the address that their records name. ``known``: what was read already.
    """
    is_own = Role.BUYER in agent.roles and wanted.sort is Sort.MINE
    terms = [*_search_terms(wanted.text), *(lists.search_addresses(agent.address) if is_own else ())]
    by_word = [parcours_table.list_ids_having(word) for word in terms]
    ids = [identifier for having in sorted(by_word, key=len) for identifier in having]
    scopes = [rows.tutor_scope(tutor) for tutor in list(tutors)[:MOST_TUTORS]]
    for status in wanted.statuses if scopes else ():
        read, _ = parcours_table.list_lines(scopes, status, most=parcours_table.MOST_FOUND)
        ids += list(read)
    unread = [identifier for identifier in dict.fromkeys(ids) if identifier not in known]
    several_parcours = parcours_table.list_parcours(unread[: parcours_table.MOST_FOUND])
    return {
        parcours.id: rows.build_line(parcours) for parcours in several_parcours if role_on(agent, parcours)
    }


def _may_find(agent: Account, parcours: Parcours, reference: str) -> bool:
    """Whether an agent may find a parcours by this reference, that is, read the facts of its passage.

    On a free offer only the tutor of its last passage may, since a row shows the last fact.
    """
    role = role_on(agent, parcours)
    if role not in {None, Role.TUTOR} or (role is Role.TUTOR and parcours.reference == reference):
        return True
    if not may(agent, Act.VIEW, parcours):
        return False
    own = [
        passage.number
        for passage in parcours_table.read_page(parcours.id).attempts
        if passage.reference == reference and passage.tutor == agent.id
    ]
    return bool(own) and (role is Role.TUTOR or own == [parcours.attempt])


def _choose_scopes(agent: Account, wanted: Filter) -> list[str]:
    """Return the scopes of the lists to read: the agent's own; for the team, the narrowest that holds what is wanted."""
    if agent.is_team:
        return [rows.academie_scope(wanted.academie) if wanted.academie else rows.EVERYTHING]
    scopes = []
    if Role.TUTOR in agent.roles:
        scopes.append(rows.tutor_scope(agent.id))
    if Role.COORDINATOR in agent.roles and agent.academie:
        scopes.append(rows.academie_scope(agent.academie))
    if agent.roles & {Role.BUYER, Role.PRESCRIBER} and agent.organisation:
        scopes += rows.list_organisation_scopes(agent.siren, agent.organisation)
    return scopes


def _keep_own(agent: Account, by_id: dict[str, Line]) -> dict[str, Line]:
    """Return the lines without those of another organisation whose name earlier versions' keys do not tell from the agent's."""
    if agent.is_team or not agent.organisation:
        return by_id
    academies = {agent.academie} if Role.COORDINATOR in agent.roles else set()
    return {
        key: line
        for key, line in by_id.items()
        if is_same_organisation(line, agent)
        or line.tutor == agent.id
        or not academies.isdisjoint(line.academies)
    }


def _is_own(agent: Account, line: Line) -> bool:
    """Whether this agent is a buyer who follows the contract of a line, or is named in its record."""
    if Role.BUYER not in agent.roles:
        return False
    named = (person.address for person in line.people if person.address)
    return line.buyer == agent.id or any(fold(address) == fold(agent.address) for address in named)


def _without_people(line: Line) -> Line:
    """Return the line of a free offer without its people: a tutor sees and finds them once the offer is taken."""
    return replace(line, people=(), taken_up=None)


def _complete_line(
    line: Line, agent: Account, now: datetime, roster: Roster, tutors: Mapping[str, Person] | None = None
) -> Line:
    """Return the line with what depends on its reader and on ``now``: turn, whether it is theirs, whose tutor.

    ``tutors``: account id → person, of those whom the search may mean.
    """
    turn = turns.pass_to_somebody(turns.read_turn(line.breakpoints, now), line, roster)
    return replace(
        line,
        turn=turn,
        yours=is_awaited(agent, turn),
        own=_is_own(agent, line),
        treated=line.taken_up is not None
        and line.taken_up.account == agent.id
        and day_of(line.taken_up.since) == day_of(now),
        followed_by=(tutors or {}).get(line.tutor or ""),
    )
