"""What Monday's digest says of an agent's week, chosen from the rows of their lists."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.values import Value
from chalicelib.domain.lists import Line, ends_soon
from chalicelib.domain.parcours.turns import State

AHEAD = timedelta(days=7)
"""What is lost before the next Monday is said on this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo(Value):
    """The parcours on which the same act is awaited of the agent."""

    state: State
    lines: tuple[Line, ...]
    """The longest late first, then what passes on first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending(Value):
    """Something of a parcours that is lost at this instant."""

    line: Line
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Week(Value):
    """What an agent has to do this week, and what is about to be lost."""

    todo: tuple[Todo, ...]
    """In the order of their first ones."""
    reserved: tuple[Ending, ...]
    """The agent's reservations that end before the next Monday, the soonest first."""
    unopened: tuple[Ending, ...]
    """What left on the agent's parcours, nobody has opened, and is erased before the next Monday, the soonest first."""
    closing: tuple[Line, ...]
    """Free offers whose contract ends soon, the soonest first."""
    to_confirm: tuple[Line, ...]
    """Parcours and offers whose contacts are to be confirmed (``confirm_on``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources(Value):
    """What the week of one agent is chosen from."""

    lines: tuple[Line, ...]
    """The agent's list."""
    offers: tuple[Line, ...]
    """The free offers that the agent may take or give."""
    deposits: Mapping[str, Deposit]
    """The documents that left on the agent's own parcours, by id."""


def choose_week(
    sources: Sources, listed: Collection[str], now: datetime, *, months: int, confirms: bool
) -> Week:
    """Choose what the digest says of the week beside the parcours that it lists already (``listed``, ids).

    ``months``: see ``ends_soon``; ``confirms``: whether the agent may confirm the contacts of the free offers.
    """
    today, lines, offers = day_of(now), sources.lines, sources.offers
    rest = [line for line in lines if line.id not in listed]
    erased_at = {
        identifier: deposit.erase_at
        for identifier, deposit in sources.deposits.items()
        if _is_unread(deposit, now)
    }
    closing = (offer for offer in offers if _closes(offer, today, months))
    return Week(
        todo=_todo(rest),
        reserved=_soon(((line, line.reserved_until) for line in lines if line.yours), now),
        unopened=_soon(((line, erased_at.get(line.deposit or "")) for line in rest if not line.is_held), now),
        closing=tuple(sorted(closing, key=lambda offer: offer.ends_on)),
        to_confirm=tuple(line for line in (*lines, *(offers if confirms else ())) if _is_stale(line, today)),
    )


def _todo(lines: Iterable[Line]) -> tuple[Todo, ...]:
    """Group the lines on which it is the agent's turn by the state they are in, the most pressing line first."""
    by_state: dict[State, list[Line]] = {}
    for line in sorted((line for line in lines if line.yours), key=_pressing):
        if line.turn is not None:
            by_state.setdefault(line.turn.state, []).append(line)
    return tuple(Todo(state=state, lines=tuple(awaited)) for state, awaited in by_state.items())


def _closes(line: Line, today: date, months: int) -> bool:
    """Whether the contract of an offer ends soon, and is not over yet."""
    return today <= line.ends_on and ends_soon(line, today, months)


def _is_stale(line: Line, today: date) -> bool:
    """Whether the contacts of this parcours need confirming by ``today``."""
    return line.confirm_on is not None and line.confirm_on <= today


def _pressing(line: Line) -> tuple[datetime, datetime]:
    """Return the sort key of a line: since when its turn is late, then when it will pass on; never sorts last."""
    turn, never = line.turn, datetime.max.replace(tzinfo=UTC)
    if turn is None:
        return never, never
    return turn.late_since or never, turn.due_at or never


def _is_unread(deposit: Deposit, now: datetime) -> bool:
    """Whether the link has left, nobody has opened these documents, and they are not gone yet."""
    return deposit.state is DepositState.LEFT and deposit.is_live(now)


def _soon(ends: Iterable[tuple[Line, datetime | None]], now: datetime) -> tuple[Ending, ...]:
    """Return those of these (line, end) that end before the next Monday, the soonest first."""
    endings = (Ending(line=line, at=at) for line, at in ends if at is not None and now < at <= now + AHEAD)
    return tuple(sorted(endings, key=lambda ending: ending.at))
