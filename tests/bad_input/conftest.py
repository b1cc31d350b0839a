"""The scene of the bad inputs."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.values import Role
from chalicelib.web.kit.http import SESSION_COOKIE
from tests.bad_input.cases import Scene
from tests.conftest import Clock, on_moto
from tests.faults.snapshots import Snapshot
from tests.support import factories, http, relays
from tests.support.writing import add_records


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Three parcours of two tutors, one link on its way, a signed-in tutor, a team account; one per module."""
    with on_moto() as world, http.functions_answer():
        empty = relays.started(world)
        sent = relays.takes(world, empty.tutor)
        others = relays.started(world)
        team = factories.account(Role.TEAM)
        add_records(team)
        session = http.signed_in(empty.tutor).cookies[SESSION_COOKIE]
        token = sent.sends()
        yield Scene(world, empty.tutor, others.tutor, team, empty, others, sent, token, session)


@pytest.fixture(scope="module")
def stand(scene: Scene) -> Snapshot:
    """Return the tables, the bucket and the mailbox of the scene as they were at first."""
    return Snapshot.of(scene.world, Clock(clock.utc_now()))


@pytest.fixture
def afresh(scene: Scene, stand: Snapshot) -> Scene:
    """The scene, restored to its first state before the test, for a test that changes it."""
    stand.restore()
    kept = replace(scene.sent, sent=list(scene.sent.sent), forms=list(scene.sent.forms))
    return replace(scene, empty=replace(scene.empty, sent=[], forms=[]), sent=kept)
