"""Worlds on moto, in process: made once for the life of this process, emptied after each use.

Making a world anew takes longer than most of the stories that are told in it.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from moto import mock_aws
from moto.core.model_instances import reset_model_data
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.utilities import dynamo_to_dict
from moto.kms.models import kms_backends
from moto.s3 import models as s3_models
from moto.s3.models import s3_backends
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends

from chalicelib import clock, config
from chalicelib.stores import audit_table, items
from chalicelib.stories import retention
from tests.support import quick_moto, registered, worlds
from tests.support.worlds import World

REGION = "eu-west-3"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
}
s3_models.utcnow = lambda: clock.utc_now().replace(tzinfo=None)  # type: ignore[attr-defined]
TABLES = (items.PARCOURS, items.RELAY, audit_table.AUDIT)
KEYS = ("DOCUMENT_KEY", "LINK_KEY", "CODE_KEY")


class MotoWorld(World):
    """A world that is looked at inside moto, since its API takes longer."""

    def table(self, name: str) -> list[items.Plain]:
        return [
            items.decode_item({name: dynamo_to_dict(value) for name, value in item.attrs.items()})
            for partition in table_of(self, name).items.values()
            for item in partition.values()
        ]

    def objects(self) -> dict[str, bytes]:
        return {key: stored.value for key, stored in bucket_of(self).keys.items()}


def table_of(world: World, name: str) -> Any:
    """Moto's own model of a table, by the name of its variable."""
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[world.environment[name]]


def bucket_of(world: World) -> Any:
    """Moto's own model of the bucket."""
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[world.environment["DOCUMENT_BUCKET"]]


def find_first_due(world: World) -> datetime | None:
    """Return the earliest instant at which the minute function has something to do; None: nothing is due, ever."""
    tables = [table_of(world, name) for name in TABLES]
    times = (
        item.attrs["due_at"].value
        for table in tables
        for partition in (*retention.EACH_MINUTE, *retention.ROUND)
        if config.resource(partition.table) == table.name
        for item in quick_moto.due_items(table, partition.due)
    )
    first = min(times, default=None)
    return datetime.fromisoformat(first) if first else None


def sent() -> list[Any]:
    """Every message that was sent, as moto keeps it; a list to change in place."""
    messages: list[Any] = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    return messages


def texts() -> list[tuple[str, str]]:
    """Number and text of every SMS that was sent."""
    return list(sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages.values())


@dataclass(frozen=True)
class Kept:
    """A world that is empty, and the attributes of what moto holds for it."""

    environment: dict[str, str]
    attributes: tuple[tuple[Any, dict[str, Any]], ...]

    @classmethod
    def snapshot(cls, world: World) -> "Kept":
        """A world that was just made."""
        keys = kms_backends[DEFAULT_ACCOUNT_ID][REGION].keys
        models = [table_of(world, name) for name in TABLES] + [bucket_of(world)]
        models += [keys[world.environment[name].split("/")[-1]] for name in KEYS]
        return cls(world.environment, tuple((model, _copied(vars(model))) for model in models))

    def empty(self) -> None:
        """Make everything as it was at first: no item, no object, no message, every key enabled."""
        for model, attributes in self.attributes:
            vars(model).clear()
            vars(model).update(_copied(attributes))
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
        tables.clear()  # copies too, which a failed transaction or a restored backup puts there
        tables.update({table.name: table for table, _ in self.attributes[: len(TABLES)]})
        sent().clear()
        sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages.clear()
        reset_model_data()  # moto keeps a list of everything that it ever made

    def is_there(self) -> bool:
        """Return whether this world is still in place, nobody having reset moto meanwhile."""
        return self.environment[items.PARCOURS] in dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables


def _copied(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the containers alone: what they hold is empty at this instant, or never changes."""
    containers = (dict, list, set)
    return {
        name: copy.copy(value) if isinstance(value, containers) else value
        for name, value in attributes.items()
    }


_free: list[Kept] = []


@contextmanager
def on_moto() -> Iterator[World]:
    """An empty world on moto: quick, and not atomic under threads (see ``cloud_world`` for races)."""
    mock = mock_aws(config={"lambda": {"use_docker": False}})
    mock.start(reset=False)
    free = _free[0] if _free and not _in_use and _free[0].is_there() else None
    try:
        with worlds.made(
            CREDENTIALS, _mails, kind=MotoWorld, environment=free.environment if free else None
        ) as made:
            kept = free or Kept.snapshot(made)
            _in_use.append(kept)
            try:
                yield made
                registered.assert_all_registered(made)
            finally:
                _in_use.pop()
                if not _in_use:
                    kept.empty()
                    _free[:] = [kept]
    finally:
        mock.stop(remove_data=False)


_in_use: list[Kept] = []
"""A world within a world is one more, and is not kept."""


def _mails(sender: str) -> list[EmailMessage]:
    """Return the mails that were sent."""
    return [worlds.parsed(raw) for raw in raws()]


def raws() -> list[bytes]:
    """Return every message that was sent, as raw bytes."""
    return [message.raw_data.encode() for message in sent()]
