"""Read parcours, attempts, timelines, accounts, people and counts of delays from the parcours table."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Protocol

from chalicelib.domain.accounts.managing import AccountLine, Organisation
from chalicelib.domain.kernel.attempt import Attempt, ReferenceKey
from chalicelib.domain.kernel.parcours import OfOrganisation, Parcours, is_same_organisation, list_identifiers
from chalicelib.domain.kernel.people import Account, AddressKey
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.lists import Line, Person
from chalicelib.domain.parcours.delays import Phase
from chalicelib.errors import NotFound
from chalicelib.stores import items, tables
from chalicelib.stores.rows import (
    EVERYTHING,
    NAME,
    WORD,
    academie_scope,
    delays_between,
    list_organisation_scopes,
    people_key,
    read_account_line,
    read_attempts_by_days,
    read_line,
    read_phase,
    view_keys,
    word_key,
)

MOST_ROWS = MOST_PEOPLE = 400
"""A list reads no further: it says so and asks to refine."""
MOST_FOUND = 100
"""What a word leads to, as far as it is read: parcours of one batch."""
FIRST_DAY = date(1, 1, 1)


@dataclass(frozen=True)
class Page:
    """Everything that is stored under one parcours, from one Query."""

    parcours: Parcours
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...]
    """In the order in which they were noted."""

    def find_attempt(self, number: int | None) -> Attempt | None:
        """Return the attempt of this number; None: it is not stored."""
        return next((attempt for attempt in self.attempts if attempt.number == number), None)

    def find_event(self, identifier: str) -> Event | None:
        """Return the event of this id; None: it is not stored."""
        return next((event for event in self.events if event.id == identifier), None)


def read_parcours(parcours: str) -> Parcours:
    """Return the parcours of this id. Raises NotFound."""
    record = tables.read_record(Parcours, items.parcours_key(parcours))
    if record is None:
        raise NotFound
    return record


def list_parcours(identifiers: Iterable[str]) -> list[Parcours]:
    """Return the parcours with these ids; missing ones are left out."""
    return list(
        tables.read_records(Parcours, [items.parcours_key(identifier) for identifier in identifiers]).values()
    )


def read_page(parcours: str) -> Page:
    """Return the parcours with its attempts and its timeline, those that are being erased left out. Raises NotFound."""
    whole_page = read_whole_page(parcours)
    erasing_numbers = {attempt.number for attempt in whole_page.attempts if attempt.erasing_at}
    return Page(
        whole_page.parcours,
        tuple(attempt for attempt in whole_page.attempts if attempt.number not in erasing_numbers),
        tuple(event for event in whole_page.events if event.attempt not in erasing_numbers),
    )


def read_whole_page(parcours_id: str) -> Page:
    """Return the parcours with all its attempts and events, also those that are being erased and that no page shows."""
    stored = tables.query(items.PARCOURS, f"parcours#{parcours_id}")
    item_of_parcours = next((item for item in stored if item["sk"] == "head"), None)
    if item_of_parcours is None:
        raise NotFound
    return Page(
        items.from_item(Parcours, item_of_parcours),
        tuple(items.from_item(Attempt, item) for item in stored if item["sk"].startswith("attempt#")),
        tuple(items.from_event_item(item) for item in stored if item["sk"].startswith("event#")),
    )


def find_by_reference(reference: str) -> Parcours | None:
    """Return the parcours on which an attempt bears or bore this reference; None: there is none."""
    known = tables.read_record(ReferenceKey, items.reference_key(reference))
    return read_parcours(known.parcours) if known else None


def find_page_by_reference(reference: str) -> Page | None:
    """Return the page of the parcours on which an attempt bears this reference, in two calls; None: there is none."""
    known = tables.read_record(ReferenceKey, items.reference_key(reference))
    with suppress(NotFound):
        # The second read happens for an unknown reference too: both answers cost the same calls.
        return read_page(known.parcours if known is not None else "none")
    return None


def read_attempt(parcours: str, number: int) -> Attempt:
    """Return one attempt of a parcours. Raises NotFound."""
    record = tables.read_record(Attempt, items.attempt_key(parcours, number))
    if record is None:
        raise NotFound
    return record


def read_account(identifier: str) -> Account | None:
    """Return the account with this id, open or closed; None when there is none."""
    return tables.read_record(Account, items.account_key(identifier))


def find_account(address: str) -> Account | None:
    """Return the account that signs in with this address; None: there is none."""
    # The second read happens for an unknown address too: both answers cost the same calls.
    return read_account(find_account_id(address) or "none")


def find_account_id(address: str) -> str | None:
    """Return the id of the account that has exactly this address; None when no account has it."""
    key = tables.read_record(AddressKey, items.address_key(address))
    return key.account if key else None


def read_organisation(named: OfOrganisation) -> Organisation | None:
    """Return the sending preference of a buying organisation; None: it has chosen none yet."""
    keys = [items.organisation_key(identifier) for identifier in list_identifiers(named)]
    stored = tables.read_records(Organisation, keys)
    choices = (stored[key] for key in keys if key in stored)
    return next((choice for choice in choices if choice.name in list_identifiers(named)), None)


def list_lines(
    scopes: list[str], status: ParcoursStatus, *, since: date = FIRST_DAY, most: int = MOST_ROWS
) -> tuple[dict[str, Line], bool]:
    """Return the lines of these scopes in one status, by id of their parcours; and whether there are more.

    Of each scope the first ``most`` are read, by notification day from ``since`` on.
    """
    lists = [view_keys(scope, status) for scope in scopes]
    return _join_lists(
        [tables.query_from(items.PARCOURS, keys, since.isoformat(), most + 1) for keys in lists], most
    )


def list_ids_having(word: str) -> list[str]:
    """Return the ids of parcours that hold a word or telephone number which begins so, the first ``MOST_FOUND``."""
    leading = tables.query_beginning(items.PARCOURS, *word_key(WORD, word), MOST_FOUND)
    return list(dict.fromkeys(str(row["parcours"]) for row in leading))


def list_tutors_having(word: str) -> dict[str, Person]:
    """Return account id → person of tutors, closed accounts too, with such a word or number; ``MOST_FOUND`` at most.

    ``word``: its beginning.
    """
    leading = tables.query_beginning(items.PARCOURS, *word_key(NAME, word), MOST_FOUND)
    return {
        str(row["account"]): Person(name=row["name"], phone=row.get("phone"), address=row.get("address"))
        for row in leading
    }


def list_every_line(scope: str, status: ParcoursStatus) -> list[Line]:
    """Return all lines of one scope in one status, however many: for jobs that must not miss one, not for pages."""
    return [read_line(row) for key in view_keys(scope, status) for row in tables.query(items.PARCOURS, key)]


def list_late_lines(scopes: list[str], status: ParcoursStatus, now: datetime) -> tuple[dict[str, Line], bool]:
    """Return the lines of these scopes that are late at ``now``, by id of their parcours; and whether there are more.

    Of each scope those that have been late for longest are read.
    """
    read = [
        tables.query_late(items.PARCOURS, view_keys(scope, status), now, MOST_ROWS + 1) for scope in scopes
    ]
    return _join_lists(read, MOST_ROWS)


def _join_lists(read: list[list[items.Plain]], most: int) -> tuple[dict[str, Line], bool]:
    """Return the lines of several lists by id, up to ``most`` rows of each; and whether a list holds more."""
    lines = [read_line(row) for rows_of_list in read for row in rows_of_list[:most]]
    return {line.id: line for line in lines}, any(len(rows_of_list) > most for rows_of_list in read)


def list_all_account_lines() -> tuple[list[AccountLine], bool]:
    """Return the lines of all accounts, open or closed, by name; and whether there are more than are read."""
    return list_account_lines_in(EVERYTHING)


def list_account_lines_of_academie(academie: str) -> tuple[list[AccountLine], bool]:
    """Return the lines of the accounts of one académie, open or closed, by name; and whether there are more."""
    return list_account_lines_in(academie_scope(academie))


def list_account_lines_of_organisation(named: OfOrganisation) -> tuple[list[AccountLine], bool]:
    """Return the lines of the accounts of one buying organisation, open or closed, by name; and whether there are more."""
    read = [
        list_account_lines_in(scope) for scope in list_organisation_scopes(named.siren, named.organisation)
    ]
    lines = {line.id: line for of_scope, _ in read for line in of_scope if is_same_organisation(line, named)}
    return sorted(lines.values(), key=lambda line: f"{line.name}#{line.id}"), any(more for _, more in read)


def list_account_lines_in(scope: str) -> tuple[list[AccountLine], bool]:
    """Read the account lines of one scope, ``MOST_PEOPLE`` at most; and whether there are more."""
    people = tables.query(items.PARCOURS, people_key(scope), limit=MOST_PEOPLE + 1)
    return [read_account_line(row) for row in people[:MOST_PEOPLE]], len(people) > MOST_PEOPLE


class Coordinated(Protocol):
    """What a record and its list row both say of who coordinates."""

    @property
    def academies(self) -> tuple[str, ...]: ...
    @property
    def coordinator(self) -> str | None: ...


class Roster:
    """The open accounts that fill a role at a place, by id: one query of everybody's list, when first asked."""

    def list_coordinators(self, academies: Sequence[str]) -> list[str]:
        """Return those who coordinate the first of these académies that has anybody; empty: none has."""
        coordinators = (self._accounts.get((Role.COORDINATOR, academie), []) for academie in academies)
        return next(filter(None, coordinators), [])

    def list_coordinating(self, followed: Coordinated) -> list[str]:
        """Return who has the turns of coordination: the named account, else those of its académies, else the team."""
        coordinators = (ids for (role, _), ids in self._accounts.items() if role is Role.COORDINATOR)
        named = [account for ids in coordinators for account in ids if account == followed.coordinator]
        return named or self.list_coordinators(followed.academies) or self.list_team()

    def list_buyers(self, buying: OfOrganisation) -> list[str]:
        """Return the buyers of this organisation."""
        lines = (line for identifier in list_identifiers(buying) for line in self._buyers[identifier])
        return list(dict.fromkeys(line.id for line in lines if is_same_organisation(line, buying)))

    def is_open(self, account: str) -> bool:
        """Return whether the account with this id is open, and not the team's."""
        return any(line.id == account and Role.TEAM not in line.roles for line in self._lines)

    def list_team(self) -> list[str]:
        """Return the members of the team."""
        return self._accounts.get((Role.TEAM, ""), [])

    @cached_property
    def _lines(self) -> list[AccountLine]:
        """The lines of all open accounts."""
        return list(_list_open_lines())

    @cached_property
    def _buyers(self) -> dict[str, list[AccountLine]]:
        """SIREN, and name → open accounts of buyers, by name."""
        buyers = defaultdict[str, list[AccountLine]](list)
        for line in self._lines:
            for identifier in list_identifiers(line) if Role.BUYER in line.roles else ():
                buyers[identifier].append(line)
        return buyers

    @cached_property
    def _accounts(self) -> dict[tuple[Role, str], list[str]]:
        """Role and place → ids of open accounts, by name."""
        accounts = defaultdict[tuple[Role, str], list[str]](list)
        for line in self._lines:
            places = {Role.COORDINATOR: line.academie or "", Role.TEAM: ""}
            for role in places.keys() & set(line.roles):
                accounts[role, places[role]].append(line.id)
        return accounts


def list_open_team_accounts() -> list[Account]:
    """Return every open account of the team, however many: for commands, not for pages."""
    return list_accounts(line.id for line in _list_open_lines() if line.roles == (Role.TEAM,))


def _list_open_lines() -> Iterable[AccountLine]:
    """Yield the lines of all open accounts."""
    lines = map(read_account_line, tables.query(items.PARCOURS, people_key(EVERYTHING)))
    return (line for line in lines if line.closed_at is None)


def list_accounts(identifiers: Iterable[str]) -> list[Account]:
    """Return the accounts with these ids, open or closed, in this order; missing ones are left out."""
    keys = [items.account_key(identifier) for identifier in identifiers]
    read = tables.read_records(Account, keys)
    return [read[key] for key in keys if key in read]


def read_delay_counts(scope: str, first: str, last: str) -> dict[Phase, Counter[int]]:
    """Return phase → days taken → number of attempts, over the months ``first`` to ``last``.

    These are written as « 2026-01 » and both counted. One query, whatever the number of attempts.
    """
    counts: dict[Phase, Counter[int]] = {phase: Counter() for phase in Phase}
    for item in tables.query_between(items.PARCOURS, *delays_between(scope, first, last)):
        phase = Phase.from_stored(read_phase(item))
        if phase not in counts:
            continue  # written by another version
        for days, count in read_attempts_by_days(item).items():
            if count > 0:  # corrections may leave a count at zero or below
                counts[phase][days] += count
    return counts
