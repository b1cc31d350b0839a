"""Purging, every minute: what is due is erased, what was left on the way is woken, and the timeline tells it.

Running twice, at once, or dying half-way is harmless: each step starts from what stands.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from chalicelib import clock, log
from chalicelib.domain import erasing
from chalicelib.domain.deposit import Deposit, DepositState
from chalicelib.domain.transition import Transition
from chalicelib.stores import functions, objects, parcours, relay, tables, transactions
from chalicelib.stores.items import Due, Key
from chalicelib.stories import forgetting, lapsing, meeting
from chalicelib.stories.draws import draw

LATE = timedelta(minutes=10)
MOST_DUE = 1_000
"""Items looked at in one run; the next minute goes on."""


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
    waiting: list[str] = field(default_factory=list)
    """Keys of the mails to be woken."""


def purge(*, now: datetime) -> Report:
    """One run. A piece that fails is counted and left for the next minute; the others go on."""
    report = Report()
    for kind in (Due.DEPOSIT, Due.MAIL):
        _try(report, partial(_look_at, kind, now, report))
    _try(report, partial(_walk, now, report))
    for kind in (one for one in Due if one not in {Due.DEPOSIT, Due.MAIL}):
        _try(report, partial(_look_at, kind, now, report))
    _try(report, partial(_wake_mailer, report))
    return report


def _look_at(kind: Due, now: datetime, report: Report) -> None:
    """Everything that is due of one kind, the longest due first."""
    for key, since in tables.due(kind, now, MOST_DUE):
        report.late += now - since > LATE
        _try(report, partial(HANDLERS[kind], key, now, report))


def _try(report: Report, piece: Callable[[], None]) -> None:
    """One piece of a run: its failure is counted and keeps none of the others."""
    try:
        piece()
    except Exception as error:
        log.fault(error)
        report.failed += 1


def _wake_mailer(report: Report) -> None:
    functions.wake_mailer(report.waiting)
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


def _walk(now: datetime, report: Report) -> None:
    """One page of the bucket: objects without a live deposit go, objects whose event died are inspected.

    A form can be posted again for five minutes after everything was erased, hence the walk over what is there
    rather than over what should be.
    """
    before = relay.cursor()
    found, after = objects.walk(before)
    for key in found:
        place = objects.place_of(key)
        stands = relay.deposit(place[0]) if place else None
        if stands is None or stands.erased_at is not None or (place and place[1] not in stands.kinds):
            objects.erase([key])
            report.orphans += 1
        elif stands.state is DepositState.REFUSED:
            continue  # due at once: erased above or in the next run
        elif stands.state in {DepositState.EXPECTED, DepositState.RECEIVED} and stands.is_live(now):
            functions.wake_inspect(key, now=now)
            report.woken += 1
            report.late += now - stands.changed_at > LATE
    if after != before:
        relay.keep_cursor(after)


def _remember_mail(key: Key, now: datetime, report: Report) -> None:
    report.waiting.append(_identifier(key))


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


def _removing(kind: Due) -> Callable[[Key, datetime, Report], None]:
    """For what is simply deleted when its own life is over."""

    def remove(key: Key, now: datetime, report: Report) -> None:
        report.removed += tables.remove_due(kind, key, now)

    return remove


HANDLERS: dict[Due, Callable[[Key, datetime, Report], None]] = {
    **{kind: _removing(kind) for kind in Due},
    Due.DEPOSIT: _erase,
    Due.MAIL: _remember_mail,
    Due.APPOINTMENT: _let_pass,
    Due.PARCOURS: _let_lapse,
    Due.ATTEMPT: _forget_attempt,
    Due.ACCOUNT: _forget_account,
    Due.ORGANISATION: _forget_organisation,
}
"""What is done with each kind that is due."""
