"""Tables, bucket, mailbox and clock as they stood, to start the same story again and again from one point.

Taken inside moto, in one copy: through its API the same takes longer than the stories that are told between two of them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.stores import aws, items
from chalicelib.stories.documents import opening
from tests.conftest import Clock
from tests.support.moto_worlds import TABLES, MotoWorld, sent, table_of
from tests.support.quick_moto import items_copied
from tests.support.worlds import World


class QuickWorld(MotoWorld):
    """The same world, looked at thousands of times: numbers and texts as moto holds them."""

    def table(self, name: str, beginning: str = "") -> list[items.Plain]:
        """Return every item of a table whose partition key begins so."""
        return [
            {name: value.cast_value for name, value in item.attrs.items()}
            for pk, partition in table_of(self, name).items.items()
            for item in partition.values()
            if pk.value.startswith(beginning)
        ]


@dataclass(frozen=True)
class Snapshot:
    """Everything that a world on moto holds at one instant."""

    world: World
    time: Clock
    now: datetime
    tables: dict[str, Any]
    objects: dict[str, tuple[bytes, dict[str, str]]]
    mails: int

    @classmethod
    def of(cls, world: World, time: Clock) -> "Snapshot":
        """Take a snapshot of the world as it is now."""
        return cls(
            world=world,
            time=time,
            now=time.now,
            tables={name: items_copied(table_of(world, name).items) for name in TABLES},
            objects={key: _object(world, key) for key in world.objects()},
            mails=len(sent()),
        )

    def restore(self) -> None:
        """Put the world back to this snapshot."""
        self.time.now = self.now
        opening.forget_entries()
        for name in TABLES:
            table_of(self.world, name).items = items_copied(self.tables[name])
        bucket, stands = self.world.environment["DOCUMENT_BUCKET"], self.world.objects()
        for key in stands.keys() - self.objects.keys():
            aws.s3().delete_object(Bucket=bucket, Key=key)
        for key, (blob, metadata) in self.objects.items():
            if stands.get(key) != blob:
                aws.s3().put_object(Bucket=bucket, Key=key, Body=blob, Metadata=metadata)
        del sent()[self.mails :]


def _object(world: World, key: str) -> tuple[bytes, dict[str, str]]:
    stored_object = aws.s3().get_object(Bucket=world.environment["DOCUMENT_BUCKET"], Key=key)
    return stored_object["Body"].read(), stored_object["Metadata"]
