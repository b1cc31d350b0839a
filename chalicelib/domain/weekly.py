"""The weekly letter: when it is due, what it says, how it stops. What it says is chosen from the rows of an agent's lists."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Value
from chalicelib.domain.lists import Line, ends_soon
from chalicelib.domain.parcours.turns import State

AHEAD = timedelta(days=7)
"""What is lost before the next letter is said in this one."""


def list_due(accounts: Iterable[Account], now: datetime) -> list[Account]:
    """List the accounts whose letter of this week is still to be written; who waits longest comes first.

    So where a run has no time for all of them, the next one serves the others.
    """
    return sorted((account for account in accounts if is_due(account, now)), key=_waits_since)


def is_due(account: Account, now: datetime) -> bool:
    """Whether this week's letter is still to be written; the first one comes in the week after the invitation."""
    return gets_letters(account) and _week(_waits_since(account)) < _week(now)


def _waits_since(account: Account) -> datetime:
    """Return when the account's last letter was written, before its first one when it was invited."""
    return account.letter_at or account.invited_at or datetime.min.replace(tzinfo=UTC)


def gets_letters(account: Account) -> bool:
    """Whether the letter goes to this account at all: a mailbox that refuses it is left alone."""
    obstacles = (account.closed_at, account.letters_stopped_at, account.mail_refused_at)
    return all(obstacle is None for obstacle in obstacles)


def _week(at: datetime) -> tuple[int, int]:
    """Return ISO year and week of an instant in Paris; weeks begin on Monday."""
    year, week, _ = day_of(at).isocalendar()
    return year, week


def queue_letter(account: Account, inputs: DecisionInputs, *, something: bool) -> Transition:
    """Note that this week's letter was considered, and queue it if it says ``something``.

    Nothing where that was done this week already, or the letter is not due.
    """
    if not is_due(account, inputs.now):
        return Transition.nothing()
    mails = (inputs.build_mail(MailKind.WEEKLY_LETTER, account=account.id),) if something else ()
    return Transition(changes=(Change(account, replace(account, letter_at=inputs.now)),), mails=mails)


def join_to_digest(account: Account, digest: OutboxMail, replaced: Iterable[OutboxMail]) -> Transition:
    """Let this morning's digest carry this week's letter, so that one mail leaves; nothing where no letter is to be written.

    That is where it is due, or where a digest that this one replaces carried it and did not leave. The instant ties them: the
    letter counts as written when the digest was (``is_in_digest``).
    """
    is_lost = any(is_in_digest(account, earlier) for earlier in replaced)
    if not is_lost and not is_due(account, digest.created_at):
        return Transition.nothing()
    return Transition(changes=(Change(account, replace(account, letter_at=digest.created_at)),))


def is_in_digest(account: Account, digest: OutboxMail) -> bool:
    """Whether this digest carries the letter of its week."""
    return gets_letters(account) and account.letter_at == digest.created_at


def set_letters(account: Account, now: datetime, *, wanted: bool) -> Transition:
    """Stop the letter of an account (``wanted`` False), or begin it again from the next week on.

    Nothing when the account is closed, or has it so already.
    """
    if account.closed_at is not None or wanted is (account.letters_stopped_at is None):
        return Transition.nothing()
    begun = replace(account, letters_stopped_at=None, letter_at=now)
    after = begun if wanted else replace(account, letters_stopped_at=now)
    return Transition(changes=(Change(account, after),))


def signed_message(account: str) -> str:
    """Return the message that KMS signs for the address that stops a letter."""
    return f"lettre|{account}"


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
class Letter(Value):
    """What one letter says. It is not sent when all of it is empty."""

    todo: tuple[Todo, ...] = ()
    """In the order of their first ones."""
    reserved: tuple[Ending, ...] = ()
    """The agent's reservations that end before the next letter, the soonest first."""
    unopened: tuple[Ending, ...] = ()
    """What left on the agent's parcours, nobody has opened, and is erased before the next letter, the soonest first."""
    closing: tuple[Line, ...] = ()
    """Free offers whose contract ends soon, the soonest first."""
    to_confirm: tuple[Line, ...] = ()
    """Parcours and offers whose contacts are to be confirmed (``confirm_on``)."""
    is_cut: bool = False
    """The agent's lists hold more than is read."""

    @property
    def awaited(self) -> int:
        """On how many parcours it is the agent's turn."""
        return sum(len(todo.lines) for todo in self.todo)

    def without(self, listed: Collection[str]) -> "Letter":
        """Return the letter without what waits, or is erased, on these parcours (ids), of which the same mail speaks already."""
        rest = (
            replace(todo, lines=tuple(line for line in todo.lines if line.id not in listed))
            for todo in self.todo
        )
        return replace(
            self,
            todo=tuple(todo for todo in rest if todo.lines),
            unopened=tuple(ending for ending in self.unopened if ending.line.id not in listed),
        )

    def is_worth(self, now: datetime) -> bool:
        """Whether this letter is worth sending.

        Offers that close and contacts to confirm wait for months: by themselves they make a letter in the first week of a month
        only.
        """
        presses = self.todo or self.reserved or self.unopened
        return bool(presses or ((self.closing or self.to_confirm) and day_of(now).day <= AHEAD.days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources(Value):
    """What the letter of one agent is chosen from."""

    lines: tuple[Line, ...]
    """The agent's list."""
    offers: tuple[Line, ...]
    """The free offers that the agent may take or give."""
    deposits: tuple[Deposit, ...]
    """The documents that left on the agent's own parcours."""
    is_cut: bool
    """The lists hold more than is read."""


def choose_contents(sources: Sources, now: datetime, *, months: int, confirms: bool) -> Letter:
    """Choose what the letter to an agent says.

    ``months``: see ``ends_soon``; ``confirms``: whether the agent may confirm the contacts of the free offers.
    """
    today, lines, offers = day_of(now), sources.lines, sources.offers
    erased_at = {deposit.id: deposit.erase_at for deposit in sources.deposits if _is_unread(deposit, now)}
    closing = (offer for offer in offers if _closes(offer, today, months))
    confirmable = (*lines, *offers) if confirms else lines
    return Letter(
        todo=_todo(lines),
        reserved=_soon(((line, line.reserved_until) for line in lines if line.yours), now),
        unopened=_soon(
            ((line, erased_at.get(line.deposit or "")) for line in lines if not line.is_held), now
        ),
        closing=tuple(sorted(closing, key=lambda offer: offer.ends_on)),
        to_confirm=tuple(line for line in confirmable if _is_stale(line, today)),
        is_cut=sources.is_cut,
    )


def _todo(lines: tuple[Line, ...]) -> tuple[Todo, ...]:
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
    """Return those of these (line, end) that end before the next letter, the soonest first."""
    endings = (Ending(line=line, at=at) for line, at in ends if at is not None and now < at <= now + AHEAD)
    return tuple(sorted(endings, key=lambda ending: ending.at))
