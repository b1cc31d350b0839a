"""Purging, every minute: what is due is erased, what was left on the way is woken, and the timeline tells it.

Running twice, at once, or dying half-way is harmless: each step starts from what stands. Each part of a run has its share of
the time, and leaves what it does not use to those behind it: no kind of work starves another, and every run reports.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from chalicelib import clock, log
from chalicelib.domain import erasing
from chalicelib.domain.deposit import Deposit, DepositState
from chalicelib.domain.transition import Transition
from chalicelib.stores import functions, objects, parcours, relay, tables, transactions
from chalicelib.stores.items import Due, Key
from chalicelib.stories import forgetting, lapsing, meeting, signing_in
from chalicelib.stories.draws import draw

LATE = timedelta(minutes=10)
MOST_DUE = 5_000
"""Items of one kind looked at in one run; the next minute goes on."""
BUDGET = timedelta(seconds=40)
"""When a run stops by itself. The function's own time (overlay.yaml) leaves room for the last call to be answered."""

One = TypeVar("One")


@dataclass
class Report:
    """What one run did, for the log and the alarms."""

    erased: int = 0
    orphans: int = 0
    removed: int = 0
    woken: int = 0
    mails: int = 0
    failed: int = 0
    late: int = 0
    """What waited for more than ten minutes when it was found: the alarm."""
    left: int = 0
    """What was found and is left for the next run, for want of time."""
    waiting: list[str] = field(default_factory=list)
    """Keys of the mails to be woken."""
    strays: list[str] = field(default_factory=list)
    """Keys of the objects without a live deposit."""
    until: datetime | None = None
    """When the part under way has used its share of the time."""


def purge(*, now: datetime) -> Report:
    """One run, ``BUDGET`` long at most. A piece that fails is counted and left for the next minute; the others go on."""
    report = Report()
    end = clock.utc_now() + BUDGET
    weights = [weight for weight, _ in PARTS]
    for place, (weight, part) in enumerate(PARTS):
        began = clock.utc_now()
        report.until = began + max(end - began, timedelta()) * weight / sum(weights[place:])
        _try(report, partial(part, now, report))
    _try(report, partial(_wake_mailer, report))
    return report


def _each(found: list[One], report: Report, handle: Callable[[One], None]) -> int:
    """Handle one after the other while the share of time lasts; how many were handled."""
    for place, one in enumerate(found):
        if report.until is not None and clock.utc_now() >= report.until:
            report.left += len(found) - place
            return place
        _try(report, partial(handle, one))
    return len(found)


def _try(report: Report, piece: Callable[[], None]) -> None:
    """One piece of a run: its failure is counted and keeps none of the others."""
    try:
        piece()
    except Exception as error:
        log.fault(error)
        report.failed += 1


def _look_at(kind: Due, now: datetime, report: Report) -> None:
    """Everything that is due of one kind, the longest due first."""
    found = tables.due(kind, now, MOST_DUE)
    report.late += sum(now - since > LATE for _, since in found)
    _each([key for key, _ in found], report, lambda key: HANDLERS[kind](key, now, report))


def _wake_waiting_mails(now: datetime, report: Report) -> None:
    """Those that may leave are woken; those that were tried and wait for the next try are late all the same."""
    found = tables.waiting(Due.MAIL, MOST_DUE)
    report.late += sum(now - one.since > LATE for one in found)
    report.waiting += [_identifier(one.key) for one in found if one.due_at <= now]
    _wake_mailer(report)


def _wake_mailer(report: Report) -> None:
    """Of every mail that was found or made since this was last done."""
    functions.wake_mailer(report.waiting[report.mails :])
    report.mails = len(report.waiting)


def _erase(key: Key, now: datetime, report: Report) -> None:
    """Mark, erase, reduce."""
    identifier = _identifier(key)
    transactions.settle(lambda: _marking(identifier, now))
    marked = relay.deposit(identifier)
    if marked is None or marked.erasing_at is None:
        return
    if marked.erased_at is not None:  # reduced long ago: what is left of it has served
        report.removed += tables.remove_due(Due.DEPOSIT, key, now)
        return
    objects.erase(_keys_of(marked))
    transactions.settle(lambda: _reducing(identifier, clock.utc_now()))  # told after the end it follows from
    report.erased += 1


def _identifier(key: Key) -> str:
    """What follows the kind in a partition key."""
    return key[0].partition("#")[2]


def _keys_of(marked: Deposit) -> list[str]:
    """The declared objects, and whatever else stands under this deposit's prefix."""
    stray, _ = objects.walk(None, prefix=f"{objects.PREFIX}{marked.id}/")
    return list(dict.fromkeys([*(objects.object_key(marked.id, kind) for kind in marked.kinds), *stray]))


def _marking(identifier: str, now: datetime) -> Transition:
    stands = relay.deposit(identifier)
    if stands is None:
        return Transition.nothing()
    return erasing.mark_erasing(stands, parcours.head(stands.parcours), draw(now))


def _reducing(identifier: str, now: datetime) -> Transition:
    stands = relay.deposit(identifier)
    if stands is None:
        return Transition.nothing()
    return erasing.reduce(stands, parcours.head(stands.parcours), draw(now), relay.links(stands))


def _look_around(now: datetime, report: Report) -> None:
    """One page of the bucket: objects whose event died are inspected, those without a live deposit are noted.

    A form can be posted again for five minutes after everything was erased, hence the walk over what is there
    rather than over what should be.
    """
    before = relay.cursor()
    found, after = objects.walk(before)
    deposits = relay.deposits({place[0] for place in map(objects.place_of, found) if place})
    handled = _each(found, report, lambda key: _look_at_object(key, deposits, now, report))
    if handled < len(found):
        after = found[handled - 1] if handled else before
    if after != before:
        relay.keep_cursor(after)


def _look_at_object(key: str, deposits: dict[str, Deposit], now: datetime, report: Report) -> None:
    place = objects.place_of(key)
    stands = deposits.get(place[0]) if place else None
    if stands is None or stands.erased_at is not None or (place and place[1] not in stands.kinds):
        report.strays.append(
            key
        )  # which no deposit can claim any more: it is written before its forms are signed
    elif stands.state in {DepositState.EXPECTED, DepositState.RECEIVED} and stands.is_live(now):
        report.late += now - stands.changed_at > LATE
        functions.wake_inspect(key, now=now)
        report.woken += 1


def _erase_strays(now: datetime, report: Report) -> None:
    def erase(key: str) -> None:
        objects.erase([key])
        report.orphans += 1

    _each(report.strays, report, erase)


def _let_pass(key: Key, now: datetime, report: Report) -> None:
    report.waiting += meeting.let_pass(_identifier(key), now=now)


def _let_lapse(key: Key, now: datetime, report: Report) -> None:
    report.waiting += lapsing.let_lapse(_identifier(key), now=now)
    report.waiting += forgetting.forget_parcours(_identifier(key), now=now)


def _forget_attempt(key: Key, now: datetime, report: Report) -> None:
    number = int(key[1].partition("#")[2])
    report.removed += forgetting.forget_attempt(_identifier(key), number, now=now)


def _forget_account(key: Key, now: datetime, report: Report) -> None:
    report.waiting += forgetting.forget_account(_identifier(key), now=now)


def _forget_organisation(key: Key, now: datetime, report: Report) -> None:
    forgetting.forget_organisation(_identifier(key), now=now)


def _forget_browsers(key: Key, now: datetime, report: Report) -> None:
    report.removed += signing_in.forget_lapsed(_identifier(key), now=now)


def _removing(kind: Due) -> Callable[[Key, datetime, Report], None]:
    """For what is simply deleted when its own life is over."""

    def remove(key: Key, now: datetime, report: Report) -> None:
        report.removed += tables.remove_due(kind, key, now)

    return remove


HANDLERS: dict[Due, Callable[[Key, datetime, Report], None]] = {
    **{kind: _removing(kind) for kind in Due if kind is not Due.MAIL},
    Due.DEPOSIT: _erase,
    Due.APPOINTMENT: _let_pass,
    Due.PARCOURS: _let_lapse,
    Due.ATTEMPT: _forget_attempt,
    Due.BROWSERS: _forget_browsers,
    Due.ACCOUNT: _forget_account,
    Due.ORGANISATION: _forget_organisation,
}
"""What is done with each kind that is due; a mail is only woken."""

PARTS: tuple[tuple[int, Callable[[datetime, Report], None]], ...] = (
    (2, _wake_waiting_mails),
    (4, _look_around),
    (40, partial(_look_at, Due.DEPOSIT)),
    (4, _erase_strays),
    *((1, partial(_look_at, kind)) for kind in HANDLERS if kind is not Due.DEPOSIT),
)
"""What a run does, in this order, and the weight of each part's share of the time: what is cheap and lets others work comes
first, then what is promised."""
