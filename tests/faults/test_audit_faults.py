"""An act and its row of the audit trail, broken at each of their calls: both stand, or neither does."""

from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.stores import parcours_table
from chalicelib.stores.audit_table import AUDIT
from tests.conftest import Clock
from tests.faults.machinery import Broken, Explorer
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, signed_in
from tests.support.relays import Relay
from tests.support.worlds import World

KEY = "cd" * 16


def test_an_act_and_its_row_stand_together_or_neither_does_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    client = signed_in(relay.tutor)

    def flow() -> Answer:
        form = {"cle": KEY, "fait": "call_noted.message_left", "contact": "answers_tender"}
        return client.post_form(f"/parcours/{relay.parcours_id}/faits", form)

    def check(broken: Broken) -> None:
        events = [event for event in parcours_table.read_page(relay.parcours_id).events if event.id == KEY]
        rows = [row for row in world.table(AUDIT) if row["act"] == EventKind.CALL_NOTED]
        assert len(events) == len(rows) <= 1

    Explorer("noting an act in the audit trail", world, time).explore(flow, check)


def test_no_contact_is_shown_without_a_row_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    client = signed_in(relay.tutor)

    def check(broken: Broken) -> None:
        shown = broken.answer is not None and COMPANY_ADDRESS in broken.answer.text
        assert bool(world.table(AUDIT)) or not shown

    Explorer("showing contacts", world, time).explore(
        lambda: client.get(f"/parcours/{relay.parcours_id}"), check
    )
