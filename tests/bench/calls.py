"""The AWS calls of one relay, story by story, on moto: counts, what is read twice, and the units that DynamoDB bills."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib import clock
from chalicelib.stores import aws, items
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


def of_one_relay(*, cold: bool = False) -> dict[str, Asked]:
    """What each step asked, by its name; an idle run of the purge and two pages beside the relay's own.

    Args:
        cold: each step in a process that knows no token yet, instead of all in one.
    """
    with on_moto() as world:
        relay, browser = relays.started(world), Browser()
        done: dict[str, Asked] = {}

        def step(name: str, act: Callable[[], Any]) -> None:
            if cold:
                opening.forget_entries()
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
        step("page", lambda: parcours.sheet(relay.tutor, relay.parcours_id, now=clock.utc_now()))
        return done


def a_minute() -> None:
    """A run of the minute function as all of a round are but the first, which begins a pass over the bucket by one call more."""
    retention.purge(now=clock.utc_now(), turn=1)


@contextmanager
def counted() -> Iterator[Asked]:
    """Count what is asked inside."""
    asked = Asked()

    def call(model: Any, **_: Any) -> None:
        asked.calls[f"{model.service_model.service_name}:{model.name}"] += 1

    def given(params: dict[str, Any], model: Any, **_: Any) -> None:
        keys = _read(model.name, params)
        asked.keys.update(map(repr, keys))
        asked.read_units += len(keys) if model.name == "BatchGetItem" else 0  # one a key, be it missing
        puts = [param.get("Put") or param.get("Update") or {} for param in params.get("TransactItems", [])]
        # Twice in a transaction; once more where an index shows the item.
        asked.write_units += sum(2 * _write_units(one.get("Item", {})) for one in puts)
        asked.write_units += sum("due" in one.get("Item", {}) for one in puts)
        asked.write_units += model.name in {"UpdateItem", "PutItem", "DeleteItem"}

    def came(model: Any, parsed: dict[str, Any], **_: Any) -> None:
        found = parsed.get("Items") or [item for item in [parsed.get("Item")] if item]
        found += [item for some in parsed.get("Responses", {}).values() for item in some]
        if model.name == "BatchGetItem":
            asked.read_units += sum(read_units([item]) - 1 for item in found)
        elif model.name in {"GetItem", "Query"}:
            asked.read_units += read_units(found)

    heard = (("before-call", call), ("before-parameter-build.dynamodb", given), ("after-call.dynamodb", came))
    told = [(client().meta.events, *one) for client in CLIENTS for one in heard]
    for events, name, listener in told:
        events.register(name, listener)
    try:
        yield asked
    finally:
        for events, name, listener in told:
            events.unregister(name, listener)


def whole(steps: dict[str, Asked]) -> tuple[int, int]:
    """The relay's own steps together, a whole run of the minute function among them: calls, and reads twice in a step."""
    own = [steps[name] for name in RELAY]
    return sum(one.calls.total() for one in own), sum(one.twice for one in own)


def _read(operation: str, params: dict[str, Any]) -> list[Any]:
    if operation == "GetItem":
        return [params["Key"]]
    if operation == "BatchGetItem":
        return [key for param in params["RequestItems"].values() for key in param["Keys"]]
    return []


def _write_units(item: items.Wire) -> int:
    return max(1, -(-item_bytes(item) // 1024))


def told(steps: dict[str, Asked]) -> list[str]:
    """One line for each step."""
    return [
        f"  {name:<20}{one.calls.total():>3}  "
        + ", ".join(f"{call.partition(':')[2]} ×{times}" for call, times in sorted(one.calls.items()))
        + (f"; {one.twice} read twice" if one.twice else "")
        for name, one in steps.items()
    ]
