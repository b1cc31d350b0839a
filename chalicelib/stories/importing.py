"""Import the team's table: a rehearsal that writes nothing, then the same decisions again, written."""

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate

from chalicelib import terms
from chalicelib.domain import importing, record
from chalicelib.domain.documents import mailing
from chalicelib.domain.import_report import (
    ByHand,
    ChosenColumns,
    Fate,
    ImportReport,
    derive_report_id,
    is_same,
)
from chalicelib.domain.importing import (
    Entry,
    FileProblem,
    Line,
    NamedPerson,
    NotATable,
    Reading,
    Table,
    parse_table,
)
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import OfferKey
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours, is_same_organisation
from chalicelib.domain.kernel.people import Account, AddressKey, check_team
from chalicelib.domain.kernel.transition import Change, OutboxMail, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.errors import ChangedMeanwhile, NotFound, RelayError, TryAgain
from chalicelib.sheets import SEPARATOR, process
from chalicelib.stores import items, parcours_table, relay_table, tables, transactions
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.kit import accompanying
from chalicelib.stories.kit.deciding import decision_inputs
from chalicelib.stories.parcours import Assignment

AT_ONCE = 3
"""Lines of one transaction, as far as it holds them: a new offer takes some 30 items, one that changes group up to 80."""
SECONDS = 10.0
"""How long one request writes: the API gives up at 29 s, and what is left is done by asking again, as the page does."""


@dataclass(frozen=True)
class Report:
    """What an import would do, or has done."""

    reading: Reading
    sha256: str
    """Of the file's bytes, hex."""
    entries: tuple[Entry, ...]
    """Of the lines that may be imported; empty while the file as a whole is refused."""
    people: tuple[NamedPerson, ...] = ()
    """Tutors and buyers of the file whose address has no account, each once."""
    given: Mapping[int, str] = field(default_factory=dict)
    """Lines whose new offer goes to a tutor, since the table says that it is prepared: number → name of the tutor."""
    marks: tuple[str, ...] = ()
    """What was shown of each line, or is to be shown: see ``Entry.mark``."""
    stays: ImportReport | None = None
    """What stays of it, once something may be written."""
    is_paused: bool = False
    """Its time was up: asking again goes on."""
    is_other: bool = False
    """What it would do now was not shown yet: some offer has changed since the rehearsal."""


class _DecidedOtherwise(Exception):
    """A line would be decided otherwise than it was shown."""


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


def rehearse(agent: Account, data: bytes, *, now: datetime) -> Report:
    """Decide what importing this file would do, line by line. Nothing is written, nothing of it is kept. Raises NotATable."""
    reading = _read(agent, data, now)
    entries = _decide(reading.lines)
    sha256 = hashlib.sha256(data).hexdigest()
    accounts = _read_accounts(_list_addresses(reading.lines))
    given = {
        entry.line.number: tutor.name
        for entry in entries
        if entry.fate is Fate.CREATED and (tutor := _find_tutor(entry.line, accounts)) is not None
    }
    return Report(
        reading,
        sha256,
        entries,
        people=_list_strangers(reading.lines, accounts),
        given=given,
        marks=importing.list_marks(entries),
    )


def correct(
    agent: Account, data: bytes, titles: dict[int, str], cells: dict[int, str], *, now: datetime
) -> Table:
    """Return the table with what was chosen on its report: see ``importing.correct_table``. Raises as ``rehearse``."""
    reading = _read(agent, data, now)
    _keep_columns(agent, importing.list_chosen_columns(reading, titles), now)
    return importing.correct_table(parse_table(data), reading, titles, cells)


@story
def _keep_columns(work: UnitOfWork, agent: Account, columns: dict[str, str], now: datetime) -> None:
    """Keep what titles stand for, for the next file of this agent; what was said before of other titles stays."""
    stored = work.get(ChosenColumns, agent.id)
    known = stored.columns if stored is not None else {}
    if columns.items() <= known.items():
        return
    kept = dict(list({**known, **columns}.items())[-importing.MOST_COLUMNS :])
    after = ChosenColumns(revision=stored.revision if stored else 0, account=agent.id, columns=kept, at=now)
    work.commit(Transition(changes=(Change(stored, after),)))


def write(
    agent: Account,
    data: bytes,
    sha256: str,
    marks: tuple[str, ...],
    *,
    first: str = "",
    now: datetime,
) -> Report:
    """Import what was rehearsed. Repeating it after a failure or a cut completes it, and doubles nothing.

    An offer that somebody changed since the rehearsal stops the import before anything that was not shown is written.

    Args:
        sha256: of the bytes that were rehearsed; ``marks``: of that report
        first: of the file as it was chosen, before anything was corrected on the page: one import has one report
    Raises:
        NotFound: not of the team. NotATable: see ``parse_table``, or these are other bytes.
    """
    reading = _read(agent, data, now)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NotATable(FileProblem.CHANGED)
    if reading.is_refused:
        return Report(reading, sha256, ())
    entries = _decide(reading.lines)
    if not importing.were_shown(entries, marks):
        return Report(reading, sha256, entries, marks=importing.list_marks(entries, marks), is_other=True)
    accounts = _read_accounts(_list_addresses(reading.lines))
    started, written, is_paused, is_other = time.monotonic(), 0, False, False
    while written < len(entries) and not is_paused:
        batch = slice(written, written + AT_ONCE)
        count = len(entries[batch])
        try:
            if any(entry.writes for entry in entries[batch]):
                count = _write(agent, reading.lines[batch], marks[batch], sha256, now)
            for entry, mark in list(zip(entries, marks, strict=True))[written : written + count]:
                tutor = _find_tutor(entry.line, accounts)
                if tutor is not None and entry.find_shown_fate(mark) is Fate.CREATED:
                    _give(agent, entry.parcours, tutor, now)
            written += count
        except (TryAgain, ChangedMeanwhile):
            break
        except _DecidedOtherwise:
            is_other = True
            break
        is_paused = time.monotonic() - started > SECONDS and written < len(entries)
    stored = relay_table.read_import_report(agent.id, derive_report_id(agent.id, first or sha256))
    lines = importing.list_imported_lines(entries, marks, written, stored)
    stays = importing.build_report(reading, lines, agent.id, first or sha256, now)
    try:
        stays = _keep(stays)
    except (TryAgain, ChangedMeanwhile):  # the request that goes on stores it
        if stays.is_complete:
            raise
    if is_other:
        entries = _decide(reading.lines)
        marks = importing.list_marks(entries, marks)
    is_paused = is_paused and not stays.is_complete
    return Report(reading, sha256, entries, marks=marks, stays=stays, is_paused=is_paused, is_other=is_other)


def _list_addresses(lines: tuple[Line, ...]) -> list[str]:
    """List the addresses of the tutors and buyers whom these lines name."""
    return [person.address for line in lines for person in (line.tutor, line.buyer) if person is not None]


def _find_buyers(addresses: Iterable[str]) -> dict[str, Account]:
    """Find the open buyers' accounts that have these addresses, by folded address."""
    accounts = _read_accounts(addresses)
    return {mailbox: account for mailbox, account in accounts.items() if Role.BUYER in account.roles}


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


def _find_tutor(line: Line, accounts: dict[str, Account]) -> Account | None:
    """Return the tutor who is given the offer of a line: the table says that it is prepared, and names their account."""
    if line.tutor is None or ByHand.IN_PREPARATION not in line.by_hand:
        return None
    account = accounts.get(fold(line.tutor.address))
    return account if account is not None and Role.TUTOR in account.roles else None


@story
def _give(work: UnitOfWork, agent: Account, parcours_id: str, tutor: Account, now: datetime) -> None:
    """Give a new offer to its tutor, unless somebody has it or had it; where it cannot be given, it stays to be done by hand.

    It is a history: the passage began before the import, and nobody is mailed about it now.
    """
    offer = work.get_one(Parcours, parcours_id)
    if offer.status is not ParcoursStatus.AVAILABLE or offer.attempt is not None:
        return
    try:
        parcours_stories.assign(work, agent, parcours_id, Assignment(tutor=tutor.id, since=now), now=now)
    except (TryAgain, ChangedMeanwhile):
        raise
    except RelayError:
        return


def read_report(
    agent: Account, identifier: str, *, now: datetime
) -> tuple[ImportReport, dict[str, Parcours]]:
    """Read a report of this agent's imports, and the offers of its lines that are still there, by id.

    Raises NotFound: it is gone, another agent's, or the agent is not of the team, or no longer.
    """
    check_team(agent)
    report = relay_table.read_import_report(agent.id, identifier)
    if report is None or now >= report.ends_at:
        raise NotFound
    return report, list_offers(report)


def list_offers(report: ImportReport) -> dict[str, Parcours]:
    """Return the offers of a report's lines that are still there, by id."""
    return {offer.id: offer for offer in parcours_table.list_parcours(line.parcours for line in report.lines)}


def list_reports(agent: Account, *, now: datetime) -> list[ImportReport]:
    """List the reports of this agent's imports, the newest first."""
    reports = [report for report in relay_table.list_import_reports(agent.id) if now < report.ends_at]
    return sorted(reports, key=lambda report: report.at, reverse=True)


@story
def _keep(work: UnitOfWork, report: ImportReport) -> ImportReport:
    """Store a report, in the place of what is stored of the same file; return it as it is stored."""
    stored = work.get(ImportReport, report.account, report.id)
    if stored is not None and is_same(report, stored):
        return stored
    work.commit(
        Transition(changes=(Change(stored, replace(report, revision=stored.revision if stored else 0)),))
    )
    return report


def _read(agent: Account, data: bytes, now: datetime) -> Reading:
    """Read the file. Raises NotFound for others than the team, NotATable."""
    check_team(agent)
    table, chosen = parse_table(data), relay_table.read_chosen_columns(agent.id)
    columns = chosen.columns if chosen is not None and now < chosen.ends_at else {}
    return importing.read_table(table, terms.retention(), day_of(now), columns, _find_buyers)


@story
def _write(
    work: UnitOfWork,
    agent: Account,
    lines: tuple[Line, ...],
    marks: tuple[str, ...],
    source: str,
    now: datetime,
) -> int:
    """Write the first of these lines in one transaction, as many as it holds, at least one; return how many.

    They are decided again on what is stored now. ``marks``: what was shown of each. ``source``: hash of the file; each tutor gets
    one mail about all contacts that the file changes. Raises _DecidedOtherwise where a line would now do what was not shown.
    """
    entries = _decide_entries(lines)
    if not importing.were_shown([entry for entry, _, _ in entries], marks):
        raise _DecidedOtherwise
    steps = [
        importing.write_entry(entry, at_key, offer, agent.id, decision_inputs(now))
        for entry, at_key, offer in entries
    ]
    sizes = list(accumulate(transactions.count_writes(step) for step in steps))
    fitting_count = max(1, sum(size <= transactions.MOST_WRITES for size in sizes))
    mails = record.group_notices((mail for step in steps[:fitting_count] for mail in step.mails), source)
    added, fresh = _merge_notices(work, mails, now)
    step = Transition(
        changes=(*(change for step in steps[:fitting_count] for change in step.changes), *added),
        events=tuple(event for step in steps[:fitting_count] for event in step.events),
        mails=fresh,
    )
    work.commit(accompanying.with_buyers_followed(work, step))
    return fitting_count


def _merge_notices(
    work: UnitOfWork, mails: tuple[OutboxMail, ...], now: datetime
) -> tuple[tuple[Change, ...], tuple[OutboxMail, ...]]:
    """Merge notices into those that an earlier part of this import left in the outbox.

    Returns the changes to waiting notices, and the notices that are new.
    """
    added: list[Change] = []
    fresh: list[OutboxMail] = []
    for mail in mails:
        waiting = work.get(OutboxMail, mail.key)
        if waiting is None:
            fresh.append(mail)
        elif mailing.is_free(waiting, now):
            added.append(Change(waiting, record.merge_notices(waiting, mail)))
        else:  # it is leaving at this moment
            fresh.append(replace(mail, key=decision_inputs(now).draw_id()))
    return tuple(added), tuple(fresh)


def _decide(lines: tuple[Line, ...]) -> tuple[Entry, ...]:
    """Decide what becomes of each line."""
    return tuple(entry for entry, _, _ in _decide_entries(lines))


def _decide_entries(lines: tuple[Line, ...]) -> list[tuple[Entry, OfferKey | None, Parcours | None]]:
    """Decide what becomes of each line; return it with the stored offer key and the offer that it was decided on."""
    keys = [_list_keys(line) for line in lines]
    every_key = [key for of_line in keys for key in of_line]
    keyed = tables.read_records(OfferKey, list(map(items.offer_key, every_key)))
    at_keys = {key: keyed.get(items.offer_key(key)) for key in every_key}
    places = {
        key: items.parcours_key(at_key.parcours if at_key else importing.identifier(key))
        for key, at_key in at_keys.items()
    }
    offers = tables.read_records(Parcours, list(dict.fromkeys(places.values())))
    entries = []
    for line, of_line in zip(lines, keys, strict=True):
        contract = line.record.contract
        stored = ((at_keys[key], offers.get(places[key])) for key in of_line)
        own = (found for found in stored if found[1] and is_same_organisation(found[1].contract, contract))
        at_key, offer = next(own, (None, None))
        entries.append((importing.decide_entry(line, at_key, offer), at_key, offer))
    return entries


def _list_keys(line: Line) -> list[str]:
    """List the keys under which the offer of a line may be stored: by its buyer's SIREN and, as before SIRENs, by the name."""
    record_of_line = line.record
    former = replace(record_of_line, contract=replace(record_of_line.contract, siren=None))
    return [record.derive_offer_key(record_of_line), record.derive_offer_key(former)]
