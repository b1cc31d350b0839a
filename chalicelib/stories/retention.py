"""Erase every minute what is due.

Running twice, at once, or dying half-way is harmless.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from chalicelib import clock, terms
from chalicelib.domain import retention as decisions
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.documents import mailing, sending
from chalicelib.domain.kernel.attempt import Attempt, OfferKey, ReferenceKey, offer_key
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import UNDER_WAY, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.parcours import ending
from chalicelib.domain.retention import Pace
from chalicelib.errors import NotFound, WrongStep
from chalicelib.stores import (
    cases,
    functions,
    items,
    objects,
    parcours_table,
    relay_table,
    rows,
    tables,
)
from chalicelib.stores.items import Due, Key
from chalicelib.stores.tables import Waiting
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import meetings, outcomes, rights, subjects
from chalicelib.stories.accounts import closing, managing, signing_in
from chalicelib.stories.kit import deciding
from chalicelib.stories.kit.batches import Batch
from chalicelib.stories.kit.deciding import decision_inputs

MOST_BATCHES = 20
"""Transactions that one item may take in one run; the next minute goes on."""


def forget_parcours(parcours_id: str, *, now: datetime) -> list[str]:
    """End a passage that fell silent; erase contacts and contract when their time is over.

    Returns the keys of the mails that wait. Nothing where the parcours is gone, or moved between two readings.
    """
    try:
        mails = _end_silent(parcours_id, now)
        _repeat(partial(_forget_parcours, parcours_id, now))
    except (NotFound, WrongStep):  # gone, or moved between two readings
        return []
    return mails


@story
def _end_silent(work: UnitOfWork, parcours_id: str, now: datetime) -> list[str]:
    """End the passage if it has been silent for long enough; return the keys of the mails that wait."""
    parcours = work.get_one(Parcours, parcours_id)
    at = decisions.find_parcours_due_at(parcours, terms.retention())
    if parcours.status not in UNDER_WAY or at is None or now < at:
        return []
    step = ending.fall_silent(deciding.load_passage(work, parcours), decision_inputs(now))
    return work.commit(step).mail_keys


@story
def _forget_parcours(work: UnitOfWork, parcours_id: str, now: datetime) -> Transition:
    """Commit the next piece of what is to be erased of a parcours; return it, empty when nothing is left."""
    page = parcours_table.read_whole_page(parcours_id)
    key = work.get(OfferKey, offer_key(page.parcours))
    owned = key if key and key.parcours == parcours_id else None
    return work.commit(
        decisions.forget_parcours(page.parcours, page.attempts, page.events, owned, terms.retention(), now)
    )


def forget_attempt(parcours_id: str, number: int, *, now: datetime) -> bool:
    """Mark a passage whose time is over, then erase what hangs on it, its facts, its reference and the passage itself.

    Returns whether it is gone; False when its time is not over, its last mails have not left, or there was more to erase than
    one run does.
    """
    try:
        _mark_attempt(parcours_id, number, now)
        attempt = UnitOfWork().get_one(Attempt, parcours_id, number)
        # What hangs on a passage ends long before it, but where somebody asked for its erasure.
        if decisions.is_marked_early(attempt, terms.retention()) and not subjects.erase_beside(attempt):
            return False
        _repeat(partial(_erase_attempt, parcours_id, number))
    except NotFound:
        return True
    return False


@story
def _mark_attempt(work: UnitOfWork, parcours_id: str, number: int, now: datetime) -> None:
    """Mark the passage as being erased, if its time is over: from then on nobody sees it."""
    work.commit(decisions.mark_attempt(work.get_one(Attempt, parcours_id, number), terms.retention(), now))


@story
def _erase_attempt(work: UnitOfWork, parcours_id: str, number: int) -> Transition:
    """Commit the next piece of the erasure of a marked passage; return it, empty when nothing is left."""
    attempt = work.get_one(Attempt, parcours_id, number)
    key = work.get(ReferenceKey, attempt.reference)
    parcours = work.get_one(Parcours, parcours_id)
    events = parcours_table.read_whole_page(parcours_id).events
    return work.commit(decisions.erase_attempt(parcours, attempt, key, events))


def _repeat(act: Callable[[], Transition]) -> None:
    """Call ``act``, which commits something, until it has nothing left to do, ``MOST_BATCHES`` times at most."""
    for _ in range(MOST_BATCHES):
        if not act():
            return


def forget_account(identifier: str, *, now: datetime) -> list[str]:
    """Warn the person of an unused account, and erase it a month later; erase a closed account when its time is over.

    Returns the keys of the mails that wait. A tutor with passages under way keeps the account.
    """
    account = parcours_table.read_account(identifier)
    if account is None:
        return []
    accompanies = bool(managing.list_accompanied(account))
    if decisions.is_warned(account) and not accompanies:
        closing.leave_records(account, now=now)
    return _forget_account(identifier, now)


@story
def _forget_account(work: UnitOfWork, identifier: str, now: datetime) -> list[str]:
    """Decide and commit the next act on an account: warn, erase, or nothing. Returns the keys of the mails that wait."""
    account = work.get(Account, identifier)
    if account is None:
        return []
    team = tuple(parcours_table.list_open_team_accounts()) if account.is_team else ()
    accompanies = bool(managing.list_accompanied(account))
    step = decisions.forget_account(
        account, team, terms.retention(), decision_inputs(now), accompanies=accompanies
    )
    return work.commit(step).mail_keys


LATE = timedelta(minutes=10)
LETTERS_LATE = timedelta(hours=3)
"""A Monday's letters take an hour and more at the mail service's first rate (tests/bench/README.md)."""
EACH_MINUTE = [*items.list_partitions(Pace.URGENT), *items.list_partitions(Pace.MAIL)]
ROUND = [*items.list_partitions(Pace.ROUND), *items.list_partitions(Pace.TRACE)]
"""What is looked at in turn, a partition each minute."""
MOST_DUE = 50_000
"""Entries of one partition looked at in one run; the next one goes on."""
AT_ONCE = 100
"""Deposits that are read together."""
MOST_PAGES = 20
"""Pages of the bucket that one run reads at most: a million objects in less than two hours."""
BUDGET = timedelta(seconds=40)
"""When a run stops by itself. The function's own time (overlay.yaml) leaves room for the last call to be answered."""


@dataclass
class Report(Batch):
    """What one run did, for the log and the alarms."""

    erased: int = 0
    orphans: int = 0
    removed: int = 0
    woken: int = 0
    mails: int = 0
    late: int = 0
    """What waited for more than ten minutes when it was found: the alarm."""
    begins: bool = True
    """Whether a pass over the bucket may begin."""
    due: dict[str, list[Waiting]] = field(default_factory=lambda: defaultdict(list))
    """What was found, by kind."""
    arriving: list[Deposit] = field(default_factory=list)
    """Deposits that have been on their way for long."""
    waiting: list[str] = field(default_factory=list)
    """Keys of the mails to be woken."""
    strays: list[str] = field(default_factory=list)
    """Keys of the objects without a live deposit."""
    walked_from: str | None = None
    walked_to: str | None = None
    """Where the pass over the bucket stood, and how far it came; None: its beginning, its end."""

    def count_late(self, entries: Iterable[Waiting], now: datetime, allowed: timedelta) -> None:
        """Count those of these entries that have waited for longer than this."""
        self.late += sum(now - entry.since > allowed for entry in entries)


Handler = Callable[[Key, datetime, Report], None]
"""What is done with one key that is due."""


def choose_turn(now: datetime) -> int:
    """Return the place in ``ROUND`` that this minute looks at."""
    return int(now.timestamp()) // 60 % len(ROUND)


def purge(*, now: datetime, turn: int | None = None) -> Report:
    """Run one minute, ``BUDGET`` long at most. A piece that fails is counted and left for the next run; the others go on.

    Args:
        turn: place in ``ROUND`` of the partition to look at, besides the urgent ones; None: all of them. A pass over the bucket
            begins in turn 0.
    """
    report = Report(begins=turn in {None, 0})
    end = clock.utc_now() + BUDGET
    for partition in (*EACH_MINUTE, *(ROUND if turn is None else ROUND[turn : turn + 1])):
        report.attempt(partial(_find, partition, now, report))
    weights = [weight for weight, _ in PARTS]
    for place, (weight, part) in enumerate(PARTS):
        began = clock.utc_now()
        report.until = began + max(end - began, timedelta()) * weight / sum(weights[place:])
        report.attempt(partial(part, now, report))
    report.attempt(partial(_wake_mailer, report))
    return report


def _find(partition: items.Partition, now: datetime, report: Report) -> None:
    """Read the due entries of one partition into ``report.due``."""
    for entry in tables.query_due(partition, now, MOST_DUE):
        report.due[entry.kind].append(entry)


def _handle_due(kind: str, now: datetime, report: Report) -> None:
    """Handle everything that is due of one kind, the longest due first."""
    entries = _sort_longest_due_first(kind, report)
    # A passage that is erased on request waits for its last mails.
    allowed = mailing.LIFE if kind is Due.ATTEMPT else LATE
    report.count_late(entries, now, allowed + timedelta(minutes=len(ROUND)))
    report.each(entries, lambda entry: HANDLERS[kind](entry.key, now, report))


def _sort_longest_due_first(kind: str, report: Report) -> list[Waiting]:
    """Sort what was found of one kind, the longest due first."""
    return sorted(report.due[kind], key=lambda entry: entry.since)


def _wake_waiting_mails(now: datetime, report: Report) -> None:
    """Wake the mailer for the mails that may leave now.

    Mails that were tried already and wait for their next try count as late too, when they have waited too long.
    """
    mails = _sort_longest_due_first(Due.MAIL, report)
    for mail in mails:
        is_letter = mailing.is_letter(items.identifier_of(mail.key))
        report.count_late([mail], now, LETTERS_LATE if is_letter else LATE)
    since = {items.identifier_of(mail.key): mail.since for mail in mails if mail.free_at <= now}
    free = [key for key in since if not mailing.is_in_hand(key, since[key], now)]
    report.waiting += mailing.sort_urgent_first(free)
    _wake_mailer(report)


def _wake_mailer(report: Report) -> None:
    """Wake the mailer for the mails that were added to ``report.waiting`` since the last call."""
    functions.wake_mailer(report.waiting[report.mails :])
    report.mails = len(report.waiting)


@dataclass(frozen=True)
class Erasing:
    """A deposit, its parcours, and the links to its documents."""

    deposit: Deposit
    parcours: Parcours
    links: tuple[Link, ...]


def _erase_due(now: datetime, report: Report) -> None:
    """Erase every deposit whose time is over, the longest due first; collect those still arriving in ``report.arriving``."""
    entries = _sort_longest_due_first(Due.DEPOSIT, report)
    queue = _DepositQueue([items.identifier_of(entry.key) for entry in entries])
    handled = report.each(queue.identifiers, partial(_erase_next, queue, now, report))
    report.count_late(entries[handled:], now, LATE)


class _DepositQueue:
    """Deposits that are due, ``AT_ONCE`` of which are read together just before they are handled."""

    def __init__(self, identifiers: list[str]) -> None:
        self.identifiers = identifiers
        self._read: dict[str, Deposit | Erasing] = {}

    def take(self, identifier: str) -> Deposit | Erasing | None:
        """Return what is to be erased of one deposit: the deposit alone if that was done already; None when it is gone."""
        if identifier not in self._read:
            place = self.identifiers.index(identifier)
            self._read |= _read_ahead(self.identifiers[place : place + AT_ONCE])
        return self._read.pop(identifier, None)


def _read_ahead(identifiers: list[str]) -> dict[str, Deposit | Erasing]:
    """Read the next deposits together; only the first one if any of them cannot be read, so that one does not block all."""
    try:
        return _read_together(identifiers)
    except (ValueError, NotFound):
        return _read_together(identifiers[:1])


def _read_together(identifiers: list[str]) -> dict[str, Deposit | Erasing]:
    """Read deposits by id, each with its parcours and links; only the deposit where it was erased before."""
    deposits = relay_table.read_deposits(identifiers)
    reduced = {key: deposit for key, deposit in deposits.items() if deposit.erased_at is not None}
    unerased = [deposit for deposit in deposits.values() if deposit.erased_at is None]
    return {**reduced, **_load_erasing(UnitOfWork(), unerased)}


def _load_erasing(work: UnitOfWork, deposits: list[Deposit]) -> dict[str, Erasing]:
    """Load deposits with their parcours and links, a hundred in a call."""
    links = ((Link, link) for deposit in deposits for link in relay_table.list_link_ids(deposit))
    work.load(*((Parcours, deposit.parcours) for deposit in deposits), *links)
    return {
        deposit.id: Erasing(
            deposit, work.get_one(Parcours, deposit.parcours), cases.load_links(work, deposit)
        )
        for deposit in deposits
    }


def _erase_next(queue: _DepositQueue, now: datetime, report: Report, identifier: str) -> None:
    """Handle one deposit of the queue.

    What is left of an erased one is removed, one whose time is over is erased, and one whose documents are still arriving is
    noted.
    """
    due = queue.take(identifier)
    if due is None:
        return
    if isinstance(due, Deposit):  # what is left of it has served
        report.removed += tables.remove_due(Due.DEPOSIT, items.deposit_key(due.id), now)
        return
    deposit = due.deposit
    if now < deposit.erase_at and not deposit.is_closed:
        report.arriving.append(deposit)
    else:
        report.late += now - deposit.erase_at > LATE
        _erase(due, now, report)


def _erase(erasing: Erasing, now: datetime, report: Report) -> None:
    """Erase a deposit: mark it so that nobody opens it any more, delete its objects, then reduce its records.

    A deposit that is closed needs no mark. Nothing happens if its time was extended meanwhile.
    """
    work, deposit = UnitOfWork(), erasing.deposit
    work.remember(deposit, erasing.parcours, *erasing.links)
    if not deposit.is_closed:
        report.waiting += _mark(work, deposit.id, now)
        if not work.get_one(Deposit, deposit.id).is_closed:  # its time was put off meanwhile
            return
    objects.erase(objects.object_key(deposit.id, kind) for kind in deposit.kinds)
    report.waiting += _reduce(work, deposit.id)
    report.erased += 1


@story
def _mark(work: UnitOfWork, deposit_id: str, now: datetime) -> list[str]:
    """Mark the deposit as being erased; return the keys of the mails that wait."""
    deposit = work.get_one(Deposit, deposit_id)
    step = sending.mark_erasing(deposit, work.get_one(Parcours, deposit.parcours), decision_inputs(now))
    return work.commit(deciding.gather_mails(work, step)).mail_keys


@story
def _reduce(work: UnitOfWork, deposit_id: str) -> list[str]:
    """Reduce the records of a deposit whose objects are gone, and note the erasure; return the keys of the mails that wait."""
    erasing = _load_erasing(work, [work.get_one(Deposit, deposit_id)])[deposit_id]
    # Noted after the end it follows from.
    step = sending.reduce(erasing.deposit, erasing.parcours, decision_inputs(clock.utc_now()), erasing.links)
    return work.commit(deciding.gather_mails(work, step)).mail_keys


def _wake_inspection(now: datetime, report: Report) -> None:
    """Start inspection again for documents that have been arriving for long: their S3 event may be lost."""
    report.each(report.arriving, partial(_wake_inspection_of, now, report))


def _wake_inspection_of(now: datetime, report: Report, deposit: Deposit) -> None:
    """Start inspection of every object of one deposit that is in storage."""
    for key in _list_arrived_keys(deposit):
        functions.wake_inspect(key, now=now)
        report.late += now - deposit.changed_at > LATE
        report.woken += 1


def _list_arrived_keys(deposit: Deposit) -> list[str]:
    """List the keys of the objects of a deposit that are in storage and were announced."""
    stored_keys, _ = objects.list_keys(None, prefix=f"{objects.PREFIX}{deposit.id}/")
    announced_keys = {objects.object_key(deposit.id, kind) for kind in deposit.kinds}
    return [key for key in stored_keys if key in announced_keys]


def _find_strays(now: datetime, report: Report) -> None:
    """Walk on over the bucket while there is time, and collect objects without a live deposit in ``report.strays``.

    A form can be posted again for five minutes after everything was erased, and the event of that object may be lost: hence this
    walk over what is stored rather than over what should be.
    """
    report.walked_from = report.walked_to = relay_table.read_cursor()
    if report.walked_from is None and not report.begins:
        return
    for _ in range(MOST_PAGES):
        keys, report.walked_to = objects.list_keys(report.walked_to)
        report.attempt(partial(_judge, keys, report))
        if report.walked_to is None or report.is_time_up():
            break


def _judge(keys: list[str], report: Report) -> None:
    """Collect those of these keys that no deposit awaits. A failure leaves this page's objects alone, and the pass goes on."""
    deposits = relay_table.read_deposits({place[0] for place in map(objects.parse_object_key, keys) if place})
    report.strays += [key for key in keys if not _is_awaited(key, deposits)]


def _is_awaited(key: str, deposits: dict[str, Deposit]) -> bool:
    """Whether a deposit may have this object. A deposit is always written before its upload forms are signed."""
    place = objects.parse_object_key(key)
    deposit = deposits.get(place[0]) if place else None
    if place is None or deposit is None or deposit.erased_at is not None:
        return False
    return place[1] in deposit.kinds


def _erase_strays(now: datetime, report: Report) -> None:
    """Erase the objects that were collected, then keep how far the pass came; unfinished, the next run finds them again."""
    if report.each(report.strays, partial(_erase_stray, report)) < len(report.strays):
        return  # found again by the next run
    if report.walked_to != report.walked_from:
        relay_table.keep_cursor(report.walked_to)


def _erase_stray(report: Report, key: str) -> None:
    """Erase one object, and count it."""
    objects.erase([key])
    report.orphans += 1


def _forget_attempt(key: Key, now: datetime, report: Report) -> None:
    """Handle a due passage: its number is in the sort key."""
    number = int(key[1].partition("#")[2])
    report.removed += forget_attempt(items.identifier_of(key), number, now=now)


def _forget_organisation(key: Key, now: datetime, report: Report) -> None:
    """Handle a due organisation: erase its preference if it has no accounts and no contracts any more."""
    _forget_choice(items.identifier_of(key), now)


@story
def _forget_choice(work: UnitOfWork, name: str, now: datetime) -> None:
    """Decide and commit what becomes of an organisation's preference."""
    organisation = work.get(Organisation, name)
    if organisation is not None:
        in_use = _is_in_use(name)
        work.commit(decisions.forget_organisation(organisation, terms.retention(), now, in_use=in_use))


def _is_in_use(identifier: str) -> bool:
    """Whether the organisation of this SIREN, or an earlier version's of this name, has an account or a parcours."""
    (scope,) = rows.list_organisation_scopes(identifier)
    return bool(parcours_table.list_account_lines_in(scope)[0]) or any(
        parcours_table.list_lines([scope], status, most=1)[0] for status in ParcoursStatus
    )


def _forget_browsers(key: Key, now: datetime, report: Report) -> None:
    """Handle due browsers: forget those that signed in too long ago."""
    report.removed += signing_in.forget_lapsed(items.identifier_of(key), now=now)


def _let_appointment_pass(key: Key, now: datetime, report: Report) -> None:
    """Handle a due appointment: its reminder, the end of its dates, its erasure."""
    report.waiting += meetings.remind_or_erase(items.identifier_of(key), now=now)


def _let_parcours_lapse(key: Key, now: datetime, report: Report) -> None:
    """Handle a due parcours: reservation or offer that lapses, then what of it is erased."""
    report.waiting += outcomes.let_lapse(items.identifier_of(key), now=now)
    report.waiting += forget_parcours(items.identifier_of(key), now=now)


def _forget_unused_account(key: Key, now: datetime, report: Report) -> None:
    """Handle a due account: warn its person or erase it."""
    report.waiting += forget_account(items.identifier_of(key), now=now)


def _follow_request(key: Key, now: datetime, report: Report) -> None:
    """Handle a due request about personal data: remind the officer of it, or erase it."""
    report.waiting += rights.remind_or_erase(items.identifier_of(key), now=now)


def _remove(kind: str, key: Key, now: datetime, report: Report) -> None:
    """Delete an item whose time is over and on which nothing else depends."""
    report.removed += tables.remove_due(kind, key, now)


REMOVED = [kind for kind in Due if decisions.BY_NAME[kind].pace in {Pace.ROUND, Pace.TRACE}]
FORMER = ("run", "lease", "held", "import", "columns")
"""Kinds of items that the version before wrote; nothing reads them."""
HANDLERS: dict[str, Handler] = {
    **{kind: partial(_remove, kind) for kind in (*REMOVED, *FORMER)},
    Due.APPOINTMENT: _let_appointment_pass,
    Due.PARCOURS: _let_parcours_lapse,
    Due.ATTEMPT: _forget_attempt,
    Due.BROWSERS: _forget_browsers,
    Due.ACCOUNT: _forget_unused_account,
    Due.ORGANISATION: _forget_organisation,
    Due.REQUEST: _follow_request,
}
"""What is done with each kind of the round."""

PARTS: tuple[tuple[int, Callable[[datetime, Report], None]], ...] = (
    (2, _wake_waiting_mails),
    (40, _erase_due),
    (4, _wake_inspection),
    (4, _find_strays),
    (4, _erase_strays),
    *((1, partial(_handle_due, kind)) for kind in HANDLERS),
)
"""What a run does, in this order, and the weight of each part's share of the time: first what is cheap and lets others work, then
what is promised."""
