"""The unit of work of a story: what it has read, and the one transaction in which it writes what it decides.

A story is a straight line: load, decide, commit, wake. Its first parameter is the unit of work, which callers leave out::

    @story
    def note_data_request_discussed(work: UnitOfWork, sender: Account, parcours_id: str, *, now: datetime) -> None:
        parcours = work.get_one(Parcours, parcours_id)
        role = acting_as(sender, Act.TALK, parcours)
        work.commit_and_wake(attempts.note_data_request_discussed(parcours, by=role, inputs=decision_inputs(now)))

    sending.note_data_request_discussed(agent, parcours_id, now=now)

Each record is read once. Where somebody else wrote meanwhile, ``commit`` raises LostRace: the unit of work forgets what it has
read, and the story runs again from its first line, on what is stored then. So a story commits once, does nothing before that
which may not be repeated, and returns what the run that was written says. A caller that has read some of it already passes its
own unit of work first.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.errors import ChangedMeanwhile, NotFound
from chalicelib.stores import aws, functions, items, tables, transactions

Given = ParamSpec("Given")
Answer = TypeVar("Answer", covariant=True)

ATTEMPTS = 16
"""Where many want the same item at once, as agents who open the first parcours of one list together, each gets a turn."""


Wanted = tuple[type[Aggregate], *tuple[str | int | None, ...]]
"""A kind of record and what names one: ``(Deposit, id)``, ``(Attempt, parcours, number)``; with a None in it, there is none."""


class UnitOfWork:
    """What has been read, by key, and the way to write."""

    def __init__(self) -> None:
        self._read: dict[items.Key, Aggregate | None] = {}

    def get(self, kind: type[items.Record], *name: str | int | None) -> items.Record | None:
        """Return one record by what names it, read strongly unless it was read before.

        None when there is none, or when a part of ``name`` is None.
        """
        if None in name:
            return None
        key = tables.KEYS[kind](*name)
        if key not in self._read:
            self._read[key] = tables.read_record(kind, key)
        record = self._read[key]
        return record if isinstance(record, kind) else None

    def get_one(self, kind: type[items.Record], *name: str | int | None) -> items.Record:
        """Return one record as ``get`` does. Raises NotFound when there is none."""
        record = self.get(kind, *name)
        if record is None:
            raise NotFound
        return record

    def get_all(self, kind: type[items.Record], names: Iterable[str]) -> list[items.Record]:
        """Return the records of one kind with these ids, in this order, in one call; missing ones are left out."""
        distinct = list(dict.fromkeys(names))
        self.load(*((kind, name) for name in distinct))
        records = (self.get(kind, name) for name in distinct)
        return [record for record in records if record is not None]

    def load(self, *wanted: Wanted) -> None:
        """Read these records of both tables, as far as they were not read yet, in one call: ``get`` finds them."""
        keys = {tables.KEYS[kind](*name): kind for kind, *name in wanted if None not in name}
        unread = {key: kind for key, kind in keys.items() if key not in self._read}
        if unread:
            self._read |= {**dict.fromkeys(unread), **tables.read_batch(unread)}

    def has_read(self, kind: type[Aggregate], *name: str | int) -> bool:
        """Whether this record was read, or is known to be missing."""
        return tables.KEYS[kind](*name) in self._read

    def list_loaded(self, kind: type[items.Record]) -> list[items.Record]:
        """Return the records of one kind that have been read."""
        return [record for record in self._read.values() if isinstance(record, kind)]

    def remember(self, *records: Aggregate) -> None:
        """Take these records as read, so that ``get`` returns them without a call."""
        self._read |= {items.key_of(record): record for record in records}

    def commit(self, step: Transition) -> Transition:
        """Write a transition, all of it or nothing (``transactions.commit``); what it changes is read anew from then on.

        Raises:
            LostRace: something else is stored by now; the story runs again.
            RelayError: a quota is used up. TryAgain: the tables did not answer, or are busy.
        """
        transactions.commit(step)
        for change in step.changes:
            for record in (change.before, change.after):
                if record is not None:
                    self._read.pop(items.key_of(record), None)
        return step

    def commit_and_wake(self, step: Transition) -> Transition:
        """Write a transition as ``commit`` does, then wake the mailer for its mails."""
        self.commit(step)
        functions.wake_mailer(step.mail_keys)
        return step

    def forget(self) -> None:
        """Forget what has been read: everything is read anew."""
        self._read.clear()


class Story(Protocol[Given, Answer]):
    """A story as its callers see it."""

    __name__: str

    @overload
    def __call__(self, *given: Given.args, **named: Given.kwargs) -> Answer: ...
    @overload
    def __call__(self, work: UnitOfWork, /, *given: Given.args, **named: Given.kwargs) -> Answer: ...


def story(steps: Callable[Concatenate[UnitOfWork, Given], Answer]) -> Story[Given, Answer]:
    """Run this function in a unit of work: the caller's, where it passes one first, else a new one.

    Whenever its commit loses a race it runs again, on fresh reads, ``ATTEMPTS`` times at most; after that it raises
    ChangedMeanwhile.
    """

    @wraps(steps)
    def run(*given: Any, **named: Any) -> Any:
        """Run the steps in the caller's unit of work or a new one, anew after each lost race."""
        work, rest = UnitOfWork(), given
        if given and isinstance(given[0], UnitOfWork):
            work, rest = given[0], given[1:]
        for attempt in range(ATTEMPTS):
            try:
                return steps(work, *rest, **named)
            except transactions.LostRace:
                work.forget()
                aws.back_off(attempt)
        raise ChangedMeanwhile

    return run
