"""Crowds of parcours for tests that count what reading costs: laid into moto in the stores' own shapes, without stories.

Everything is drawn from fixed lists by its number: the same crowd each time.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from chalicelib import config
from chalicelib.domain.kernel.parcours import Company, Contract, Parcours
from chalicelib.domain.kernel.values import Aggregate, ParcoursStatus, Role, Step
from chalicelib.stores import aws, items, rows, tables
from tests.conftest import REGION
from tests.support import factories

ROW_BYTES = 750
"""Of a list row of the crowd; those of real parcours hold a little more."""
STEPS = (Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.RECEIVED, Step.MEETING_FIXED)
PLACES = (
    ("21", "Dijon", "Bourgogne-Franche-Comté"),
    ("59", "Lille", "Hauts-de-France"),
    ("69", "Lyon", "Auvergne-Rhône-Alpes"),
    ("35", "Rennes", "Bretagne"),
)


def parcours(number: int, now: datetime, *, tutor: str | None = None) -> Parcours:
    """The ``number``-th of a crowd: three out of four « en préparation », the fourth free; the later, the newer."""
    base = replace(factories.offer(), id=f"{number:032x}")
    departement, academie, region = PLACES[number % len(PLACES)]
    since = now - timedelta(days=number % 90, minutes=number % 1000)
    fields: dict[str, Any] = {
        "company": Company(name=f"Ateliers numéro {number}", contacts=base.company.contacts),
        "contract": Contract(
            object="Entretien des espaces verts et des abords",
            number=f"2025-{number:05d}",
            organisation=f"Organisme {number % 7}",
            siren=factories.siren(f"Organisme {number % 7}"),
            notified_on=_notified_on(number),
            ends_on=date(2029, 1, 1),
        ),
        "placement": replace(base.placement, departement=departement, academie=academie, region=region),
        "since": since,
        "last_at": since,
    }
    if number % 4 != 3:
        fields |= {
            "status": ParcoursStatus.IN_PREPARATION,
            "step": STEPS[number % len(STEPS)],
            "reference": f"CSF-{number:04d}-00",
            "tutor": tutor,
            "last_sent_at": since,
            "sent_to": Role.COMPANY,
        }
    return replace(base, **fields)


def _notified_on(number: int) -> date:
    """Return the notification day of the ``number``-th: 20 parcours a day, from 1 January 2024 on."""
    return date(2024, 1, 1) + timedelta(days=number // 20)


def generate(
    count: int, now: datetime, *, first: int = 0, tutor: str | None = None, scopes: tuple[str, ...] = ()
) -> None:
    """Write ``count`` parcours of the crowd, heads, list rows and words.

    Args:
        first: number of the first one, so that a crowd can grow.
        tutor: account id of whoever follows those « en préparation ».
        scopes: the only lists to write into, as ``rows.EVERYTHING``, without words, when writing them all takes too long.
    """
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[config.resource(items.PARCOURS)]
    for item in _items(count, now, first, tutor, scopes):
        table.put_item(items.encode_item(item))  # asked through moto's API, ten thousand take minutes


def write(*records: Aggregate) -> None:
    """Write many records at once, as a first commit would put them, without rows, facts and mails."""
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    for record in records:
        table = tables[config.resource(items.SHAPES[type(record)].table)]
        table.put_item(items.encode_item({**items.to_item(record), "revision": 1}))


def _items(
    count: int, now: datetime, first: int, tutor: str | None, scopes: tuple[str, ...]
) -> Iterator[items.Plain]:
    """Give the items of ``count`` parcours from number ``first`` on: head, list rows and words."""
    for number in range(first, first + count):
        head = parcours(number, now, tutor=tutor)
        wanted = {rows.view_key(scope, head.status, head.id) for scope in scopes}
        yield items.to_item(head)
        yield from (row for row in rows.build_rows(head) if not scopes or row["pk"] in wanted)
        yield from () if scopes else rows.build_word_rows(head)


@dataclass
class Reads:
    """What was asked of DynamoDB."""

    calls: list[str] = field(default_factory=list)
    """Names of the operations, in order."""
    units: int = 0
    """Read units: no emulator reports them as AWS does, so they are counted from what came back (no query of ours filters)."""


@contextmanager
def counted() -> Iterator[Reads]:
    """Count the calls to DynamoDB made inside the context, and the read units they cost."""
    reads = Reads()

    def count(model: Any, parsed: dict[str, Any], **_: Any) -> None:
        reads.calls.append(str(model.name))
        came = parsed.get("Items") or [item for item in [parsed.get("Item")] if item]
        came += [item for some in parsed.get("Responses", {}).values() for item in some]
        reads.units += read_units(came)

    events = aws.dynamodb().meta.events
    events.register("after-call", count)
    try:
        yield reads
    finally:
        events.unregister("after-call", count)


class Computed(tables.Shard):
    """A shard of a list of which nothing is stored."""

    def __init__(self, reads: Reads) -> None:
        self.read, self.ended = [], False
        self.left: list[str] = []
        self.reads = reads

    def go_on(self, limit: int) -> None:
        """What one Query would give, and cost."""
        page, self.left = self.left[:limit], self.left[limit:]
        self.read += [{"sk": key} for key in page]
        self.ended = len(page) < limit
        self.reads.calls.append("Query")
        self.reads.units += max(1, -(-len(page) * ROW_BYTES // 4096))


def computed(count: int, most: int) -> Reads:
    """What a page reads of everybody's list « en préparation » of a crowd of ``count``, by the product's own reckoning.

    For crowds that no table of a test can hold: keys are made and spread as they are in the tables, nothing is stored.
    """
    reads, status = Reads(), ParcoursStatus.IN_PREPARATION
    shards = {key: Computed(reads) for key in rows.view_keys(rows.EVERYTHING, status)}
    for number in range(count):
        if number % 4 != 3:
            identifier = hashlib.sha256(str(number).encode()).hexdigest()[:32]  # as if drawn
            key = rows.view_key(rows.EVERYTHING, status, identifier)
            shards[key].left.append(f"{_notified_on(number)}#{identifier}")
    tables.merge(list(shards.values()), "sk", most + 1)
    return reads


def read_units(came: list[items.Wire]) -> int:
    """Units of one strongly consistent read: 4 kB each, begun ones counted, one at least."""
    return max(1, -(-sum(item_bytes(item) for item in came) // 4096))


def item_bytes(item: items.Wire) -> int:
    """What is billed: names and values in UTF-8; 3 bytes a list or map, 1 each element. Source: DynamoDB, « Item sizes »."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Any) -> int:
    """Return the billed size of one value in DynamoDB's own form."""
    ((kind, held),) = value.items()
    if kind == "L":
        return 3 + sum(1 + _value_bytes(value) for value in held)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_bytes(value) for name, value in held.items())
    return len(str(held).encode())
