"""Tables, bucket, mailbox and clock as they stood, to start the same story again and again from one point.

Taken inside moto, in one copy: through its API the same takes longer than the stories that are told between two of them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.ses.models import ses_backends

from chalicelib.stores import aws, items
from tests.conftest import REGION, Clock
from tests.quick_moto import items_copied
from tests.worlds import World

TABLES = (items.PARCOURS, items.RELAY)


class QuickWorld(World):
    """The same world, looked at inside moto rather than through its API."""

    def table(self, name: str) -> list[items.Plain]:
        stands = _table(self, name).items.values()
        return [
            {name: value.cast_value for name, value in item.attrs.items()}
            for partition in stands
            for item in partition.values()
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
        """As it stands now."""
        return cls(
            world=world,
            time=time,
            now=time.now,
            tables={name: items_copied(_table(world, name).items) for name in TABLES},
            objects={key: _object(world, key) for key in world.objects()},
            mails=len(_sent()),
        )

    def restore(self) -> None:
        """Make it stand again."""
        self.time.now = self.now
        for name in TABLES:
            _table(self.world, name).items = items_copied(self.tables[name])
        bucket, stands = self.world.environment["DOCUMENT_BUCKET"], self.world.objects()
        for key in stands.keys() - self.objects.keys():
            aws.s3().delete_object(Bucket=bucket, Key=key)
        for key, (blob, metadata) in self.objects.items():
            if stands.get(key) != blob:
                aws.s3().put_object(Bucket=bucket, Key=key, Body=blob, Metadata=metadata)
        del _sent()[self.mails :]


def _table(world: World, name: str) -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[world.environment[name]]


def _object(world: World, key: str) -> tuple[bytes, dict[str, str]]:
    found = aws.s3().get_object(Bucket=world.environment["DOCUMENT_BUCKET"], Key=key)
    return found["Body"].read(), found["Metadata"]


def _sent() -> list[Any]:
    sent: list[Any] = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    return sent
