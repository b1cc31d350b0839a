"""A meeting that two people agree on at once, and one that breaks off anywhere: one date stands, everybody is told of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role, Step
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import RelayError, SlotTaken
from chalicelib.stories import meetings
from chalicelib.stories.meetings import CompanyGesture, Proposal
from tests.conftest import Clock
from tests.faults.machinery import Broken, Explorer
from tests.support import factories, relays
from tests.support.meetings import shown_dates
from tests.support.relays import Browser
from tests.support.worlds import World


class Proposed:
    """A parcours on which two proposed dates wait for an answer."""

    def __init__(self, world: World) -> None:
        self.relay, self.browser = relays.started(world), Browser()
        self.token = self.relay.sends()
        self.browser.proves(self.token)
        start = clock.utc_now().replace(microsecond=0) + timedelta(days=10)
        self.dates = tuple(Slot(start=start + timedelta(days=day), minutes=45) for day in range(2))

    def proposes(self) -> None:
        meetings.propose(
            self.token, Proposal(self.dates, holidays_seen=True), self.browser.digest, clock.utc_now()
        )

    def accepts(self, place: int, role: Role = Role.TUTOR) -> Any:
        agent = self.relay.tutor if role is Role.TUTOR else factories.account(role)
        start = self.dates[place].start
        return meetings.accept(
            agent, self.relay.parcours_id, Acceptance(start, seen=shown_dates(self.relay)), clock.utc_now()
        )

    def cancels(self) -> None:
        at = self.dates[0].start
        meetings.note_gesture(
            self.token,
            CompanyGesture(meetings.CANCELS, Reason.OTHER, seen=at),
            self.browser.digest,
            clock.utc_now(),
        )

    def waiting(self, kind: MailKind) -> list[str]:
        items = self.relay.world.table("RELAY_TABLE")
        return sorted(str(item["to"]) for item in items if item.get("kind") == kind and "to" in item)


def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told(world: World, time: Clock) -> None:
    scene = Proposed(world)
    scene.proposes()

    def check(first: Any, second: Any) -> None:
        refused = [outcome for outcome in (first, second) if isinstance(outcome, BaseException)]
        assert [type(refusal) for refusal in refused] == [SlotTaken], (first, second)
        head = scene.relay.head()
        assert head.meeting_at == scene.dates[0 if first is None else 1].start
        assert scene.relay.event_kinds().count(EventKind.SLOT_ACCEPTED) == 1
        assert scene.waiting(MailKind.MEETING_INVITATION) == ["company", "tutor"]

    Explorer("accept ∥ accept another", world, time).interleave(
        lambda: scene.accepts(0), lambda: scene.accepts(1, Role.COORDINATOR), check
    )


def test_two_who_accept_the_same_date_at_once_agree(world: World, time: Clock) -> None:
    scene = Proposed(world)
    scene.proposes()

    def check(first: Any, second: Any) -> None:
        assert (first, second) == (None, None)
        assert scene.relay.event_kinds().count(EventKind.SLOT_ACCEPTED) == 1

    Explorer("accept ∥ accept the same", world, time).interleave(
        lambda: scene.accepts(0), lambda: scene.accepts(0, Role.COORDINATOR), check
    )


GESTURES: dict[str, tuple[Callable[[Proposed], Any], tuple[str, ...], EventKind, Step]] = {
    "propose": (Proposed.proposes, (), EventKind.SLOTS_PROPOSED, Step.SLOTS_PROPOSED),
    "accept": (lambda scene: scene.accepts(0), ("proposes",), EventKind.SLOT_ACCEPTED, Step.MEETING_FIXED),
    "cancel": (Proposed.cancels, ("proposes", "accepts"), EventKind.MEETING_CANCELLED, Step.LINK_SENT),
}


@pytest.mark.parametrize("name", GESTURES)
def test_a_gesture_that_breaks_off_anywhere_is_done_once_when_it_is_repeated(
    world: World, time: Clock, name: str
) -> None:
    scene = Proposed(world)
    act, before, kind, step = GESTURES[name]
    if "proposes" in before:
        scene.proposes()
    if "accepts" in before:
        scene.accepts(0)

    def check(broken: Broken) -> None:
        del broken
        for _ in range(2):
            try:
                act(scene)
            except RelayError as refusal:
                pytest.fail(repr(refusal))
        assert scene.relay.event_kinds().count(kind) == 1
        assert scene.relay.head().step is step

    Explorer(name, world, time).explore(lambda: act(scene), check)
