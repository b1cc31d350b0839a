"""The AWS calls of one relay, story by story, on moto: counts, what is read twice, and the units that DynamoDB bills."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from botocore.model import OperationModel

from chalicelib import clock
from chalicelib.stores import aws, items, keys
from chalicelib.stories import parcours, retention
from chalicelib.stories.documents import opening
from tests.support import relays
from tests.support.crowds import item_bytes, read_units
from tests.support.moto_worlds import on_moto
from tests.support.relays import Browser

CLIENTS = (aws.dynamodb, aws.s3, aws.kms, aws.ses, aws.lambda_)
RELAY = ("announce", "upload", "inspect", "mailer", "look", "proof", "opening", "reception", "purge")
"""The steps of one relay; the others are around it."""


@dataclass
class Asked:
    """What one step asked of AWS."""

    calls: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    """Of the items that were read by their keys."""
    read_units: int = 0
    write_units: int = 0

    @property
    def twice(self) -> int:
        """Reads of an item that this step had read, before it wrote anything."""
        return sum(times - 1 for times in self.keys.values())

    def count_call(self, *, model: OperationModel, **_: object) -> None:
        """Hear of a call of any service."""
        self.calls[f"{model.service_model.service_name}:{model.name}"] += 1

    def count_request(self, *, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        """Hear what DynamoDB is asked."""
        keys = _keys_read(model.name, params)
        self.keys.update(map(repr, keys))
        if model.name == "BatchGetItem":
            self.read_units += len(keys)  # one a key, be it missing
        if model.name in {"UpdateItem", "PutItem", "DeleteItem"}:
            self.write_units += 1
        for write in params.get("TransactItems", []):
            item = (write.get("Put") or write.get("Update") or {}).get("Item", {})
            # Twice in a transaction; once more where an index shows the item.
            self.write_units += 2 * _write_units(item) + ("due" in item)

    def count_answer(self, *, model: OperationModel, parsed: dict[str, Any], **_: object) -> None:
        """Hear what DynamoDB answers."""
        read = [*parsed.get("Items", []), *chain.from_iterable(parsed.get("Responses", {}).values())]
        read += [parsed["Item"]] if "Item" in parsed else []
        if model.name == "BatchGetItem":
            self.read_units += sum(read_units([item]) - 1 for item in read)
        elif model.name in {"GetItem", "Query"}:
            self.read_units += read_units(read)


def of_one_relay(*, cold: bool = False) -> dict[str, Asked]:
    """What each step asked, by its name; an idle run of the purge and two pages beside the relay's own.

    Args:
        cold: each step in a process that knows no token and no key yet, instead of all in one that has mailed links before.
    """
    with on_moto() as world:
        relay, browser = relays.started(world), Browser()
        done: dict[str, Asked] = {}
        keys.compute_address_mac(relay.tutor.address)

        def step(name: str, act: Callable[[], Any]) -> None:
            if cold:
                opening.forget_entries()
                keys.forget_address_key()
            with counted() as done[name]:
                act()

        step("sign-in code", lambda: relays.asks_code(relay.tutor.address))
        step("sign-in mail", relay.mailer_runs)
        step("announce", relay.announces)
        step("upload", relay.uploads)
        step("inspect", relay.is_inspected)
        step("mailer", relay.mailer_runs)
        token = relay.tokens()[-1]
        step("look", lambda: browser.looks(token))
        step("proof", lambda: browser.proves(token))
        step("opening", lambda: browser.opens(token))
        done["opening"].calls["lambda:Invoke"] += 1  # web asks unseal; here both are one process
        step("reception", lambda: browser.confirms(token))
        step("confirmation mails", relay.mailer_runs)  # at once: the purge comes within a minute
        step("purge", a_minute)
        step("idle purge", a_minute)
        step("page", lambda: parcours.read_sheet(relay.tutor, relay.parcours_id, now=clock.utc_now()))
        return done


def a_minute() -> None:
    """A run of the minute function as all of a round are but the first, which begins a pass over the bucket by one call more."""
    retention.purge(now=clock.utc_now(), turn=1)


@contextmanager
def counted() -> Iterator[Asked]:
    """Count what is asked inside."""
    asked = Asked()
    listeners: dict[str, Callable[..., None]] = {
        "before-call": asked.count_call,
        "before-parameter-build.dynamodb": asked.count_request,
        "after-call.dynamodb": asked.count_answer,
    }
    heard = [(client().meta.events, *listener) for client in CLIENTS for listener in listeners.items()]
    for events, name, listener in heard:
        events.register(name, listener)
    try:
        yield asked
    finally:
        for events, name, listener in heard:
            events.unregister(name, listener)


def whole(steps: dict[str, Asked]) -> tuple[int, int]:
    """The relay's own steps together, a whole run of the minute function among them: calls, and reads twice in a step."""
    own = [steps[name] for name in RELAY]
    return sum(asked.calls.total() for asked in own), sum(asked.twice for asked in own)


def _keys_read(operation: str, params: dict[str, Any]) -> list[Any]:
    if operation == "GetItem":
        return [params["Key"]]
    if operation == "BatchGetItem":
        return [key for param in params["RequestItems"].values() for key in param["Keys"]]
    return []


def _write_units(item: items.Wire) -> int:
    return max(1, -(-item_bytes(item) // 1024))


def describe_steps(steps: dict[str, Asked]) -> list[str]:
    """One line for each step."""
    return [f"  {name:<20}{asked.calls.total():>3}  {_describe(asked)}" for name, asked in steps.items()]


def _describe(asked: Asked) -> str:
    calls = ", ".join(f"{call.partition(':')[2]} ×{times}" for call, times in sorted(asked.calls.items()))
    return f"{calls}; {asked.twice} read twice" if asked.twice else calls
