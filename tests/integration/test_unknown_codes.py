"""What another version of the code wrote, met in the tables: pages show what they can, the minute goes on, nothing is lost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import aws, items
from chalicelib.stories import retention
from tests.conftest import Clock, on_moto
from tests.faults.snapshots import Snapshot
from tests.frozen import shapes
from tests.support import factories, meetings, registered
from tests.support.http import Client, signed_in
from tests.support.meetings import Page
from tests.support.writing import add_records

STRANGER = "code_of_tomorrow"


@dataclass(frozen=True)
class Scene:
    """A relay in the middle of its life, everybody who may look at it, and the paths they look at."""

    page: Page
    clients: dict[str, Client]
    paths: tuple[str, ...]
    stand: Snapshot

    def visits(self) -> dict[str, tuple[int, str]]:
        """The status and text of every page, as each person sees it."""
        seen = {}
        for who, client in self.clients.items():
            for path in self.paths:
                answer = client.get(path)
                seen[f"{who} {path}"] = answer.status, answer.text
        asked = {"token": self.page.token}
        for path in ("apercu", "reception", "ouverture"):
            answer = Client().post_json(f"/retrait/{path}", asked)
            seen[f"company {path}"] = answer.status, answer.text
        return seen


@pytest.fixture(scope="module")
def stage() -> Iterator[Scene]:
    """The scene of this file, built once."""
    with on_moto() as world:
        page = meetings.start_proposing(world)
        relay = page.relay
        (slot, *_) = page.proposes_in_days(9, 10)
        meetings.accepts(page, slot)
        page.proposes_in_days(12, 13)
        accounts = {
            "tutor": relay.tutor,
            "buyer": factories.account(Role.BUYER),
            "coordinator": factories.account(Role.COORDINATOR),
            "team": factories.account(Role.TEAM),
        }
        add_records(*(account for name, account in accounts.items() if name != "tutor"))
        clients = {
            name: signed_in(account) for name, account in accounts.items() if name in {"tutor", "coordinator"}
        }
        place = f"/parcours/{relay.parcours_id}"
        paths = (
            "/parcours",
            "/parcours/export",
            place,
            f"{place}/histoire",
            f"{place}/contacts",
            f"{place}/fiche",
            f"{place}/fin",
            f"/depots/{relay.sent[0].deposit}",
            "/comptes",
        )
        yield Scene(page, clients, paths, Snapshot.of(world, Clock(clock.utc_now())))


@pytest.fixture
def scene(stage: Scene) -> Scene:
    """The scene restored for each test."""
    stage.stand.restore()
    return stage


def replace_at(value: Any, path: shapes.Path) -> Any:
    """Return an item with an unknown code where ``path`` leads."""
    if not path:
        return STRANGER
    name, *rest = path
    if isinstance(value, list):
        return [
            replace_at(entry, tuple(rest)) if place == name else entry for place, entry in enumerate(value)
        ]
    return {**value, name: replace_at(value[name], tuple(rest))}


def with_unknown_code(item: items.Plain, table: str) -> Iterator[tuple[str, items.Plain]]:
    """Give this item with one code of its record, or of its list row, replaced by an unknown one, each with a name."""
    row = shapes.row_name(table, item)
    record = shapes.record_of(table, item)
    paths = [path for path, _ in shapes.codes(record)] if record else []
    if row == "view":
        paths = [(name,) for name in ("status", "step", "setback", "last_kind", "sent_to") if name in item]
        paths += [("turn", place, 1) for place in range(len(item["turn"]))]
    if row == "people":
        paths = [("roles", 0)]
    for path in paths:
        yield ".".join(map(str, (row, *path))), replace_at(item, path)


def strip_tags(text: str) -> str:
    """The text of a page."""
    return re.sub(r"<[^>]*>", "", text)


FOR_SCRIPTS = re.compile("company |.* /depots/")


def find_faults(scene: Scene, name: str, before: items.Plain) -> Iterator[str]:
    """Give what goes wrong with one unknown code: pages that fail or show it, a purge that fails, an item that is lost."""
    world = scene.page.relay.world
    for place, (status, text) in scene.visits().items():
        if status >= 500:
            yield f"{name}: {place} answers {status}"
        elif STRANGER in strip_tags(text) and not FOR_SCRIPTS.match(place):
            yield f"{name}: {place} shows it"
    report = retention.purge(now=clock.utc_now())
    if report.failed:
        yield f"{name}: the minute fails"
    scene.page.relay.mailer_runs()
    kept = [
        item
        for _, item in registered.list_items(world)
        if (item["pk"], item["sk"]) == (before["pk"], before["sk"])
    ]
    if STRANGER not in repr(kept):
        yield f"{name}: is lost"


@pytest.mark.parametrize("name", ["kind", "to", "asks", "reason", "document"])
def test_a_mail_of_another_version_waits_for_it(scene: Scene, name: str) -> None:
    relay = scene.page.relay
    sent = len(relay.world.mails())
    waiting = next(
        item for _, item in registered.list_items(relay.world) if str(item["pk"]).startswith("mail#")
    )
    strange = {**waiting, name: STRANGER}
    aws.dynamodb().put_item(TableName=relay.world.environment[items.RELAY], Item=items.encode_item(strange))

    relay.mailer_runs()

    assert relay.outbox() == [waiting["key"]]
    assert strange in [item for _, item in registered.list_items(relay.world)]
    assert len(relay.world.mails()) > sent, "the others leave"


def test_a_code_of_another_version_breaks_no_page_and_no_minute(scene: Scene) -> None:
    world = scene.page.relay.world
    seen: set[str] = set()
    wrong: list[str] = []
    assert max(status for status, _ in scene.visits().values()) < 500
    scene.stand.restore()
    for table, item in registered.list_items(world):
        for name, other in with_unknown_code(item, table):
            if name not in seen:
                seen.add(name)
                aws.dynamodb().put_item(TableName=world.environment[table], Item=items.encode_item(other))
                wrong += find_faults(scene, name, item)
                scene.stand.restore()

    assert not wrong, "\n".join(wrong)
    assert {name.partition(".")[0] for name in seen} >= {
        "event",
        "fact",
        "parcours",
        "view",
        "people",
        "account",
        "deposit",
        "link",
        "mail",
        "appointment",
    }
