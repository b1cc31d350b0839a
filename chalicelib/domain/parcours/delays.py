"""How long the phases of an attempt take, in whole days, counted per group and month, so that no person can be ranked.

The count grows in the transaction that reaches the milestone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.kernel.calendar import PARIS, day_of, months_after
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.timeline import Milestone
from chalicelib.domain.kernel.values import Code, Role

MOST_DAYS = 730
"""Longer durations are counted as this."""
FEWEST = 5
"""Smaller groups are hidden, since they would identify a person."""
CONCLUSIVE = 30
"""With fewer cases a median proves nothing: it is shown, and that is said."""


class Phase(Code):
    """A phase of an attempt whose duration is counted: from one milestone to another (``BETWEEN``)."""

    PREPARE = "prepare"
    SEND = "send"
    OPEN = "open"
    ANSWER = "answer"
    MEET = "meet"
    SIGN = "sign"


BETWEEN: dict[Phase, tuple[Milestone, Milestone]] = {
    Phase.PREPARE: (Milestone.TAKEN, Milestone.ANNOUNCED),
    Phase.SEND: (Milestone.ANNOUNCED, Milestone.SENT),
    Phase.OPEN: (Milestone.SENT, Milestone.OPENED),
    Phase.ANSWER: (Milestone.OPENED, Milestone.ANSWERED),
    Phase.MEET: (Milestone.ANSWERED, Milestone.MET),
    Phase.SIGN: (Milestone.MET, Milestone.SIGNED),
}
"""First and last milestone of each phase."""


class Grouping(StrEnum):
    """What attempts are grouped by."""

    EVERYTHING = "all"
    ACADEMIE = "academie"
    ORGANISATION = "organisation"


EVERYTHING = Grouping.EVERYTHING.value


@dataclass(frozen=True)
class Group:
    """A group of attempts; never one person's."""

    by: Grouping
    name: str = ""
    """Of an organisation, its SIREN; its name where it was stored without."""

    @property
    def scope(self) -> str:
        """The key of the group's counts. Case and accents of an organisation's name never counted there."""
        if self.by is Grouping.EVERYTHING:
            return EVERYTHING
        name = fold_text(self.name) if self.by is Grouping.ORGANISATION else self.name
        return f"{self.by}#{name}"


@dataclass(frozen=True)
class Tally:
    """A change of one count: one attempt more, or fewer, took so many days."""

    scope: str
    month: str
    """« 2026-11 » in Paris, of the later milestone."""
    phase: Phase
    days: int
    """How many it took."""
    amount: int
    """1 or -1."""


def list_scopes(parcours: Parcours) -> tuple[str, ...]:
    """Return the keys of the groups in which a parcours counts."""
    academie = Group(Grouping.ACADEMIE, parcours.placement.academie)
    organisation = Group(Grouping.ORGANISATION, parcours.contract.siren or parcours.contract.organisation)
    return EVERYTHING, academie.scope, organisation.scope


def count_tallies(before: Parcours | None, after: Parcours | None) -> tuple[Tally, ...]:
    """Compute what a change of a parcours adds to the counts and, after a correction or an edit, removes from them.

    Only within one attempt: its counts remain when it ends, and are still there when it is resumed.
    """
    if before is None or after is None or after.reference is None or before.reference != after.reference:
        return ()
    if after.synthetic:
        return ()
    old, new = _list_counted(before), _list_counted(after)
    return tuple(
        [Tally(*counted, amount=-1) for counted in sorted(old - new, key=str)]
        + [Tally(*counted, amount=1) for counted in sorted(new - old, key=str)]
    )


def _list_counted(parcours: Parcours) -> set[tuple[str, str, Phase, int]]:
    """Return scope, month, phase and days of everything this attempt counts for."""
    counted: set[tuple[str, str, Phase, int]] = set()
    for phase, (first, last) in BETWEEN.items():
        start, end = parcours.reached.get(first), parcours.reached.get(last)
        if start is not None and end is not None and end >= start:
            month, days = end.astimezone(PARIS).strftime("%Y-%m"), min((end - start).days, MOST_DAYS)
            counted |= {(scope, month, phase, days) for scope in list_scopes(parcours)}
    return counted


@dataclass(frozen=True)
class Spread:
    """The statistics of a group; None below ``FEWEST``."""

    cases: int
    median_days: float | None
    worst_days: int | None


def compute_spread(counts: Mapping[int, int]) -> Spread:
    """Compute median and worst from the number of attempts per duration; hidden below ``FEWEST``."""
    cases = sum(counts.values())
    if cases < FEWEST:
        return Spread(cases, None, None)
    ordered = [days for days, count in sorted(counts.items()) for _ in range(count)]
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Spread(cases, float(median), ordered[-1])


def find_group(person: Account) -> Group | None:
    """Return the group whose delays an agent reads: everything, their académie or their organisation; None: they have neither."""
    if person.is_team:
        return Group(Grouping.EVERYTHING)
    if person.academie and person.roles & {Role.TUTOR, Role.COORDINATOR}:
        return Group(Grouping.ACADEMIE, person.academie)
    if person.organisation and person.roles & {Role.BUYER, Role.PRESCRIBER}:
        return Group(Grouping.ORGANISATION, person.siren or person.organisation)
    return None


def find_period(now: datetime) -> tuple[str, str]:
    """Return the first and the last of twelve months, the last being the one of ``now`` in Paris, as « 2026-01 »."""
    last = day_of(now)
    return f"{months_after(last.replace(day=1), -11):%Y-%m}", f"{last:%Y-%m}"
