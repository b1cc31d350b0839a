"""The weekly letter: when it is due, what it says, how it stops. What it says is chosen from the rows of an agent's lists."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from chalicelib.domain.kernel.calendar import Calendar, day_of
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, Transition
from chalicelib.domain.kernel.values import Value
from chalicelib.domain.lists import Line, ends_soon
from chalicelib.domain.parcours.reminding import is_first_of_week
from chalicelib.domain.parcours.turns import State

AHEAD = timedelta(days=7)
"""What is lost before the next letter is said in this one."""


def is_due(account: Account, now: datetime, calendar: Calendar) -> bool:
    """Whether this week's letter is still to be written.

    A week that was missed is made up for on a later morning; a first letter waits for the first working one of a week.
    """
    if not gets_letters(account):
        return False
    if account.letter_at is None:
        return is_first_of_week(now, calendar)
    return _week(account.letter_at) < _week(now)


def gets_letters(account: Account) -> bool:
    """Whether the letter goes to this account at all: a mailbox that refuses it is left alone."""
    hinders = (account.closed_at, account.letters_stopped_at, account.mail_refused_at)
    return all(one is None for one in hinders)


def _week(at: datetime) -> tuple[int, int]:
    """Year and week of an instant in Paris; weeks begin on Monday."""
    year, week, _ = day_of(at).isocalendar()
    return year, week


def write(account: Account, inputs: DecisionInputs, calendar: Calendar, *, something: bool) -> Transition:
    """Note that this week's letter was looked at, and queue it unless it would say nothing; nothing if that is done already."""
    if not is_due(account, inputs.now, calendar):
        return Transition.nothing()
    mails = (inputs.mail(MailKind.WEEKLY_LETTER, account=account.id),) if something else ()
    return Transition(changes=(Change(account, replace(account, letter_at=inputs.now)),), mails=mails)


def choose(account: Account, now: datetime, *, wanted: bool) -> Transition:
    """Stop the letter of an open account, or begin it again, from the next week on."""
    if account.closed_at is not None or wanted is (account.letters_stopped_at is None):
        return Transition.nothing()
    begun = replace(account, letters_stopped_at=None, letter_at=now)
    after = begun if wanted else replace(account, letters_stopped_at=now)
    return Transition(changes=(Change(account, after),))


def signed_message(account: str) -> str:
    """What KMS turns into the signature of the address that stops a letter."""
    return f"lettre|{account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo(Value):
    """The parcours on which the same act is awaited of her."""

    state: State
    lines: tuple[Line, ...]
    """The longest late first, then what passes on first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending(Value):
    """Something of a parcours that is lost at this instant."""

    line: Line
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Value):
    """What one letter says. It is not sent when all of it is empty."""

    todo: tuple[Todo, ...] = ()
    """In the order of their first ones."""
    reserved: tuple[Ending, ...] = ()
    """Her reservations that end before the next letter, the soonest first."""
    unopened: tuple[Ending, ...] = ()
    """What left on her parcours, nobody has opened, and is erased before the next letter, the soonest first."""
    closing: tuple[Line, ...] = ()
    """Free offers whose contract ends soon, the soonest first."""
    to_confirm: tuple[Line, ...] = ()
    """Parcours and offers whose contacts nobody has confirmed for long."""
    is_cut: bool = False
    """Her lists hold more than is read."""

    @property
    def awaited(self) -> int:
        """On how many parcours it is her turn."""
        return sum(len(one.lines) for one in self.todo)

    def is_worth(self, now: datetime) -> bool:
        """Whether it is worth sending: what waits for months makes a letter by itself in the first week of a month alone."""
        presses = self.todo or self.reserved or self.unopened
        return bool(presses or ((self.closing or self.to_confirm) and day_of(now).day <= AHEAD.days))


def of(
    lines: Iterable[Line],
    free: Iterable[Line],
    deposits: Iterable[Deposit],
    now: datetime,
    *,
    months: int,
    confirms: bool,
    is_cut: bool,
) -> Letter:
    """Choose what an agent is written.

    Args:
        lines: her list; ``free``: the free offers that she may take or give; ``confirms``: she may confirm their contacts.
        deposits: the documents that left on her own parcours.
        months: see ``ends_soon``; ``is_cut``: see ``Letter``.
    """
    offers, today = list(free), day_of(now)
    listed, erased_at = (
        list(lines),
        {deposit.id: deposit.erase_at for deposit in deposits if _is_unread(deposit, now)},
    )
    hers: dict[State, list[Line]] = {}
    for line in sorted((one for one in listed if one.yours), key=_pressing):
        if line.turn is not None:
            hers.setdefault(line.turn.state, []).append(line)
    return Letter(
        todo=tuple(Todo(state=state, lines=tuple(found)) for state, found in hers.items()),
        reserved=_soon(((one, one.reserved_until) for one in listed if one.yours), now),
        unopened=_soon(((one, erased_at.get(one.deposit or "")) for one in listed), now),
        closing=tuple(
            sorted(
                (offer for offer in offers if _closes(offer, today, months)), key=lambda offer: offer.ends_on
            )
        ),
        to_confirm=tuple(one for one in (*listed, *(offers if confirms else ())) if _is_stale(one, today)),
        is_cut=is_cut,
    )


def _closes(line: Line, today: date, months: int) -> bool:
    return today <= line.ends_on and ends_soon(line, today, months)


def _is_stale(line: Line, today: date) -> bool:
    return line.confirm_on is not None and line.confirm_on <= today


def _pressing(line: Line) -> tuple[datetime, datetime]:
    """The longest late first, then what passes on first."""
    turn, never = line.turn, datetime.max.replace(tzinfo=UTC)
    return (turn.late_since or never, turn.due_at or never) if turn else (never, never)


def _is_unread(deposit: Deposit, now: datetime) -> bool:
    return deposit.state is DepositState.LEFT and deposit.is_live(now)


def _soon(ends: Iterable[tuple[Line, datetime | None]], now: datetime) -> tuple[Ending, ...]:
    """What ends before the next letter, the soonest first."""
    found = (Ending(line=line, at=at) for line, at in ends if at is not None and now < at <= now + AHEAD)
    return tuple(sorted(found, key=lambda one: one.at))
