"""Importing the team's table: a rehearsal that writes nothing, then the same again, written."""

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from chalicelib.domain import importing as reading
from chalicelib.domain import importing_offer, importing_plan
from chalicelib.domain.attempt import OfferKey, plainly
from chalicelib.domain.importing import Reading
from chalicelib.domain.importing_offer import Line
from chalicelib.domain.importing_plan import Entry, Fate
from chalicelib.domain.importing_table import FileProblem, NotATable, table_of
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.transition import Transition
from chalicelib.errors import ChangedMeanwhile, NotFound, TryAgain
from chalicelib.stores import items, people, tables, transactions
from chalicelib.stories.draws import draw

AT_ONCE = 7
"""Lines of one transaction, which holds 100 items: a new offer takes 10, one that moves to another académie 14."""
SECONDS = 18.0
"""How long one request writes: the API gives up at 29 s, and what is left is done by asking again."""


@dataclass(frozen=True)
class Report:
    """What an import would do, or has done."""

    reading: Reading
    sha256: str
    """Of the file's bytes, hex."""
    entries: tuple[Entry, ...]
    """Empty while the file has faults."""
    written: int = 0
    """How many lines stand as the file says, from the first one on."""

    @property
    def is_complete(self) -> bool:
        """Whether every line stands."""
        return not self.reading.faults and self.written == len(self.entries)


def rehearse(agent: Account, data: bytes) -> Report:
    """What importing this file would do, line by line. Nothing is written, nothing of it is kept.

    Raises:
        NotFound: not of the team. NotATable: see ``table_of``.
    """
    found = _read(agent, data)
    entries = () if found.faults else tuple(entry for entry, _, _ in _entries(found.lines))
    return Report(found, hashlib.sha256(data).hexdigest(), entries)


def write(agent: Account, data: bytes, sha256: str, *, now: datetime, seconds: float = SECONDS) -> Report:
    """Import what was rehearsed. Doing it again after a failure or a cut completes it, and doubles nothing.

    Args:
        sha256: of the bytes that were rehearsed; ``seconds``: when to stop, and say how far it went.
    Raises:
        NotFound: not of the team. NotATable: see ``table_of``, or these are other bytes.
    """
    found = _read(agent, data)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NotATable(FileProblem.CHANGED)
    if found.faults:
        return Report(found, sha256, ())
    entries = tuple(entry for entry, _, _ in _entries(found.lines))
    started, written = time.monotonic(), 0
    for first in range(0, len(found.lines), AT_ONCE):
        some = found.lines[first : first + AT_ONCE]
        try:
            if any(one.fate in {Fate.CREATED, Fate.UPDATED} for one in entries[first : first + AT_ONCE]):
                transactions.settle(partial(_step, agent, some, now))
        except (TryAgain, ChangedMeanwhile):
            break
        written += len(some)
        if time.monotonic() - started > seconds:
            break
    return Report(found, sha256, entries, written)


def _read(agent: Account, data: bytes) -> Reading:
    if not agent.is_team:
        raise NotFound
    found, spelt = reading.read(table_of(data)), _organisations()
    return replace(found, lines=tuple(importing_offer.in_words_of(line, spelt) for line in found.lines))


def _step(agent: Account, lines: tuple[Line, ...], now: datetime) -> Transition:
    """Everything that some lines change, decided on what stands at this moment."""
    steps = [
        importing_plan.written(entry, key, stands, agent.id, draw(now))
        for entry, key, stands in _entries(lines)
    ]
    return Transition(
        changes=tuple(change for step in steps for change in step.changes),
        events=tuple(event for step in steps for event in step.events),
    )


def _entries(lines: tuple[Line, ...]) -> list[tuple[Entry, OfferKey | None, Parcours | None]]:
    """What becomes of each line, with what stands at its key and the offer that it means."""
    keys = [importing_offer.key_of(line) for line in lines]
    keyed = tables.records(OfferKey, [items.offer_key(key) for key in keys])
    ids = [
        keyed[items.offer_key(key)].parcours
        if items.offer_key(key) in keyed
        else importing_offer.identifier(key)
        for key in keys
    ]
    heads = tables.records(Parcours, [items.parcours_key(one) for one in ids])
    found = []
    for line, key, parcours_id in zip(lines, keys, ids, strict=True):
        at_key, stands = keyed.get(items.offer_key(key)), heads.get(items.parcours_key(parcours_id))
        found.append((importing_plan.entry(line, at_key, stands), at_key, stands))
    return found


def _organisations() -> dict[str, str]:
    """How the accounts of buyers spell their organisations: by that spelling they see their offers."""
    rows, _ = people.everybody()
    return {
        plainly(str(row["organisation"])): str(row["organisation"]) for row in rows if "organisation" in row
    }
