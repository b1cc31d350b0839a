"""The mornings on which people are reminded: what tests say of them."""

from datetime import UTC, date, datetime, time

from chalicelib import clock
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.stories import outcomes, reminding
from tests.conftest import Clock
from tests.support.relays import Relay

HALF_PAST_EIGHT = time(8, 30)


def paris_instant(day: date, hour: time = HALF_PAST_EIGHT) -> datetime:
    """Return this hour of Paris on this day."""
    return datetime.combine(day, hour, PARIS).astimezone(UTC)


def decide_reminders(clock_: Clock, day: date, hour: time = HALF_PAST_EIGHT) -> reminding.Report:
    """Decide the reminders of this morning; no mail leaves yet."""
    clock_.now = paris_instant(day, hour)
    report = reminding.run(now=clock_.now)
    assert (report.failed, report.left) == (0, 0)
    return report


def remind_on(relay: Relay, clock_: Clock, day: date, hour: time = HALF_PAST_EIGHT) -> list[str]:
    """Run the reminders of this day; return the recipients of their mails, sorted."""
    before = len(relay.world.mails())
    decide_reminders(clock_, day, hour)
    relay.mailer_runs()
    return sorted(str(mail["To"]) for mail in relay.world.mails()[before:])


def send_on(relay: Relay, clock_: Clock, day: date, hour: time = time(10)) -> str:
    """Send documents on this day; return the token that arrived."""
    clock_.now = paris_instant(day, hour)
    return relay.sends()


def press_remind(relay: Relay) -> None:
    """Press « relancer » as the tutor."""
    outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())
