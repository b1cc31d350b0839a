"""Import the team's table: read it, which writes nothing, then make offers of the lines that are ready."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate

from chalicelib import terms
from chalicelib.domain import importing
from chalicelib.domain.importing import (
    NO_ANSWERS,
    Answers,
    Entry,
    FileProblem,
    Line,
    NamedPerson,
    NotATable,
    Reading,
    parse_table,
)
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import OfferKey
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours, is_same_organisation
from chalicelib.domain.kernel.people import Account, AddressKey, check_team
from chalicelib.domain.kernel.timeline import EventKind, Outcome
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.errors import ChangedMeanwhile, RelayError, TryAgain
from chalicelib.sheets import SEPARATOR, process
from chalicelib.stores import items, parcours_table, tables, transactions
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import outcomes
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.kit import accompanying
from chalicelib.stories.kit.deciding import decision_inputs
from chalicelib.stories.parcours import Assignment

AT_ONCE = 3
"""Lines of one transaction, as far as it holds them: a new offer takes some 30 items."""
SECONDS = 10.0
"""How long one request writes: the API gives up at 29 s, and what is left is done by asking again, as the page does."""


@dataclass(frozen=True)
class Report:
    """What an import would do, or has done."""

    reading: Reading
    people: tuple[NamedPerson, ...] = ()
    """Tutors and buyers of the lines that are ready, or wait, whose address has no account, each once."""
    given: Mapping[int, str] = field(default_factory=dict)
    """Lines whose new offer goes to a tutor, since the table says that it is prepared: number → name of the tutor."""
    noted: Mapping[int, int] = field(default_factory=dict)
    """How many facts of its comments each new offer holds, by the number of its line."""
    made: tuple[Entry, ...] = ()
    """The offers that this import has made,"""
    total: int = 0
    """of so many that it makes."""
    is_paused: bool = False
    """Its time was up: asking again goes on."""


def open_file(data: bytes) -> tuple[bytes, str]:
    """Return a file as CSV, and the name of the sheet where it is a workbook: the first visible one with a title of ours.

    Everything after this knows CSV alone, so that the same table is read in one way whatever it came in. Raises NotATable.
    """
    if len(data) > importing.MOST_BYTES:
        raise NotATable(FileProblem.TOO_LARGE)
    if not data.startswith(importing.ARCHIVE):
        return data, ""
    sheets = process.read_sheets(data)
    if not sheets:
        raise NotATable(FileProblem.OTHER_FORMAT)
    for sheet in sheets:
        if importing.count_known_titles(sheet.content, SEPARATOR) > 0:
            return sheet.content.encode(), sheet.name
    raise NotATable(FileProblem.NO_TITLES)


def read(agent: Account, data: bytes, answers: Answers = NO_ANSWERS, *, now: datetime) -> Report:
    """Read a file as it would be imported now. Nothing is written, nothing of it is kept.

    Raises NotFound for others than the team, NotATable.
    """
    check_team(agent)
    reading = importing.read_table(
        parse_table(data), terms.retention(), day_of(now), answers, _read_accounts, _find_offers
    )
    named = (*reading.lines, *reading.waiting)
    accounts = _read_accounts(_list_addresses(named))
    tutors = {line.number: importing.find_tutor(line, accounts) for line in reading.lines}
    return Report(
        reading,
        people=_list_strangers(named, accounts),
        given={number: tutor.name for number, tutor in tutors.items() if tutor is not None},
        total=len(reading.lines),
    )


def write(
    agent: Account, data: bytes, answers: Answers, shown: Collection[int] = (), *, now: datetime
) -> Report:
    """Make offers of the lines that are ready. Repeating it after a failure or a cut completes it, and doubles nothing.

    ``shown``: numbers of the lines that the page said are ready: what of them is here was made by this import, perhaps by a
    request whose answer was lost. Raises as ``read``.
    """
    report = read(agent, data, answers, now=now)
    reading = report.reading
    if reading.is_refused:
        return report
    made = [entry for entry in reading.here if entry.line.number in shown]
    total, started = len(made) + len(reading.lines), time.monotonic()
    accounts = _read_accounts(_list_addresses((*(entry.line for entry in made), *reading.lines)))
    noted = {entry.line.number: _follow(agent, entry, accounts, now) for entry in made}
    written, is_paused = 0, False
    while written < len(reading.lines) and not is_paused:
        try:
            entries = _write(agent, reading.lines[written : written + AT_ONCE], now)
            made += entries
            for entry in entries:
                noted[entry.line.number] = _follow(agent, entry, accounts, now)
        except (TryAgain, ChangedMeanwhile):
            break
        written += len(entries)
        is_paused = time.monotonic() - started > SECONDS and written < len(reading.lines)
    made.sort(key=lambda entry: entry.line.number)
    return replace(report, made=tuple(made), noted=noted, total=total, is_paused=is_paused)


def _list_addresses(lines: tuple[Line, ...]) -> list[str]:
    """List the addresses of the tutors and buyers whom these lines name."""
    return [person.address for line in lines for person in line.people]


def _read_accounts(addresses: Iterable[str]) -> dict[str, Account]:
    """Read the open accounts that have these addresses, by folded address."""
    keys = tables.read_records(AddressKey, list(dict.fromkeys(map(items.address_key, addresses))))
    ids = {key.address: key.account for key in keys.values()}
    accounts = {account.id: account for account in parcours_table.list_accounts(set(ids.values()))}
    return {
        mailbox: accounts[account]
        for mailbox, account in ids.items()
        if account in accounts and accounts[account].closed_at is None
    }


def _list_strangers(lines: tuple[Line, ...], accounts: dict[str, Account]) -> tuple[NamedPerson, ...]:
    """List the tutors and buyers of these lines whose address has no open account, each once, tutors first."""
    tutors, buyers = [line.tutor for line in lines], [line.buyer for line in lines]
    unknown = {
        fold(person.address): person
        for person in reversed([*tutors, *buyers])
        if person is not None and fold(person.address) not in accounts
    }
    return tuple(reversed(unknown.values()))


def _follow(agent: Account, entry: Entry, accounts: Mapping[str, Account], now: datetime) -> int:
    """Give a new offer to the tutor whom its line names, unless somebody has it or had it; return how many facts it holds then.

    It is a history: the passage began before the import, and nobody is mailed about it now.
    """
    line = entry.line
    tutor = importing.find_tutor(line, accounts)
    if tutor is not None:
        since = min((fact.occurred_at for fact in line.history), default=now)
        _assign(agent, entry.parcours, tutor.id, since, now)
    return sum(_note(agent, entry.parcours, fact, now) for fact in line.history)


def _note(agent: Account, parcours_id: str, fact: Outcome, now: datetime) -> bool:
    """Note a fact of the past once; return False where the parcours does not take it."""
    keyed = replace(fact, key=importing.derive_fact_key(parcours_id, fact))
    try:
        outcomes.note(agent, parcours_id, keyed, now=now)
    except (TryAgain, ChangedMeanwhile):
        raise
    except RelayError:
        return False
    return True


@story
def _assign(
    work: UnitOfWork, agent: Account, parcours_id: str, tutor: str, since: datetime, now: datetime
) -> None:
    """Assign a free offer that nobody has had yet to a tutor, where it can be. ``since``: when the passage began."""
    offer = work.get_one(Parcours, parcours_id)
    if offer.status is not ParcoursStatus.AVAILABLE or offer.attempt is not None:
        return
    try:
        parcours_stories.assign(work, agent, parcours_id, Assignment(tutor=tutor, since=since), now=now)
    except (TryAgain, ChangedMeanwhile):
        raise
    except RelayError:
        return


@story
def _write(work: UnitOfWork, agent: Account, lines: tuple[Line, ...], now: datetime) -> list[Entry]:
    """Make offers of the first of these lines in one transaction, as many as it holds, at least one; return them.

    One that somebody made since the file was read is left alone.
    """
    here = _find_offers(lines)
    steps = []
    for line in lines:
        offer = importing.build_offer(line, agent.id, now)
        made = attempt.declare(
            offer, decision_inputs(now).draw_id(), by=Role.TEAM, kind=EventKind.OFFER_IMPORTED
        )
        steps.append(Transition.nothing() if line.number in here else made)
    sizes = list(accumulate(transactions.count_writes(step) for step in steps))
    fitting_count = max(1, sum(size <= transactions.MOST_WRITES for size in sizes))
    step = Transition(
        changes=tuple(change for step in steps[:fitting_count] for change in step.changes),
        events=tuple(event for step in steps[:fitting_count] for event in step.events),
        mails=tuple(mail for step in steps[:fitting_count] for mail in step.mails),
    )
    work.commit(accompanying.with_buyers_followed(work, step))
    return [Entry(line, here.get(line.number) or importing.identify(line)) for line in lines[:fitting_count]]


def _find_offers(lines: Iterable[Line]) -> dict[int, str]:
    """Find the lines whose offer is here: under its key, or made by an earlier import and renamed since; number → its id."""
    keys = [(line, line.keys) for line in lines]
    every_key = [key for _, of_line in keys for key in of_line]
    keyed = tables.read_records(OfferKey, list(map(items.offer_key, dict.fromkeys(every_key))))
    places = {
        key: items.parcours_key(at_key.parcours if at_key else importing.identifier(key))
        for key in every_key
        for at_key in [keyed.get(items.offer_key(key))]
    }
    offers = tables.read_records(Parcours, list(dict.fromkeys(places.values())))
    return {
        line.number: offer.id
        for line, of_line in keys
        for key in reversed(of_line)
        if (offer := offers.get(places[key])) and is_same_organisation(offer.contract, line)
    }
