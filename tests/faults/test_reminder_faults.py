"""A morning's reminders, broken at each call, and met by whoever acts meanwhile.

Whatever was refused, lost or done twice, whoever is awaited is reminded by the next morning; nobody twice on one day, and nobody
who has acted.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.stores import relay_table as stored
from chalicelib.stories import meetings, reminding, retention
from chalicelib.stories.mails import mailing
from chalicelib.stories.meetings import Proposal
from tests.conftest import Clock
from tests.faults.machinery import Broken, Explorer
from tests.faults.recovery import minutes_pass
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import slot_in_days
from tests.support.mornings import paris_instant, press_remind, remind_on, send_on
from tests.support.relays import Browser
from tests.support.worlds import World

DAY = timedelta(days=1)
TUESDAY = date(2027, 3, 2)
THURSDAY = TUESDAY + 2 * DAY
FRIDAY, MONDAY = THURSDAY + DAY, THURSDAY + 4 * DAY


class Scene:
    """On a Thursday morning, a company has to be reminded of a link, and its tutor of dates that wait on another parcours."""

    def __init__(self, world: World, clock_: Clock) -> None:
        self.world, self.clock = world, clock_
        clock_.now = paris_instant(TUESDAY, time(9))
        self.relay = relays.started(world, offer=_offer())
        self.other = relays.takes(world, self.relay.tutor, _offer())
        self.browser = Browser()
        token, browser = send_on(self.other, clock_, TUESDAY), Browser()
        browser.proves(token)
        meetings.propose(
            token, Proposal((slot_in_days(20),), holidays_seen=True), browser.digest, clock.utc_now()
        )
        self.relay.mailer_runs()
        self.token = send_on(self.relay, clock_, TUESDAY)
        self.browser.proves(self.token)
        clock_.now = paris_instant(THURSDAY)
        self.before = len(world.mails())

    def runs(self) -> reminding.Report:
        return reminding.run(now=clock.utc_now())

    def answers(self) -> None:
        """The company opens its documents and proposes dates."""
        self.browser.opens(self.token)
        meetings.propose(
            self.token, Proposal((slot_in_days(9),), holidays_seen=True), self.browser.digest, clock.utc_now()
        )

    def mailed(self) -> Counter[str]:
        """Count the mails of each address since the start."""
        return Counter(str(mail["To"]) for mail in self.world.mails()[self.before :])

    def goes_on(self) -> list[Counter[str]]:
        """The event is given again; minutes pass; two more mornings. To whom each of the three days mailed, and how often."""
        self.runs()
        minutes_pass(self.relay, self.clock)
        days = [self.mailed()]
        for day in (FRIDAY, MONDAY):
            days.append(Counter(remind_on(self.relay, self.clock, day)))
        assert self.relay.outbox() == []
        return days


def _offer() -> Parcours:
    now = clock.utc_now()
    offer = replace(factories.offer(), since=now, last_at=now)
    contract = replace(
        offer.contract,
        notified_on=TUESDAY - 30 * DAY,
        ends_on=TUESDAY + 600 * DAY,
        detail=factories.mark(),
    )
    return replace(offer, contract=contract)


def test_everybody_is_reminded_by_the_next_morning_and_once_a_day_whatever_breaks(
    world: World, time: Clock
) -> None:
    scene = Scene(world, time)
    tutor = scene.relay.tutor.address

    def check(broken: Broken) -> None:
        days = scene.goes_on()
        assert all(count == 1 for day in days for count in day.values()), days
        assert sum((day for day in days), Counter())[COMPANY_ADDRESS] == 1, days
        # A list whose noting was interrupted is sent once more on the next morning.
        assert 1 <= sum((day for day in days), Counter())[tutor] <= 2, days
        assert days[0] + days[1] >= Counter([COMPANY_ADDRESS, tutor]), days
        assert scene.relay.event_kinds().count(EventKind.REMINDER_SENT) == 1

    Explorer("a morning's reminders", world, time).explore(scene.runs, check)


def _interleaved(scene: Scene, name: str) -> Callable[[], Any]:
    acts: dict[str, Callable[[], Any]] = {
        "answer": scene.answers,
        "press": lambda: press_remind(scene.relay),
        "purge": lambda: retention.purge(now=clock.utc_now()),
        "mailer": lambda: mailing.send_all(scene.relay.outbox(), now=clock.utc_now()),
        "twice": scene.runs,
    }
    return acts[name]


@pytest.mark.parametrize("name", ["press", "purge", "mailer", "twice"])
def test_a_morning_meets_another_act_and_everybody_is_reminded_once(
    world: World, time: Clock, name: str
) -> None:
    scene = Scene(world, time)
    tutor = scene.relay.tutor.address

    def check(*_: Any) -> None:
        days = scene.goes_on()
        assert all(count == 1 for day in days for count in day.values()), days
        assert sum((day for day in days), Counter())[COMPANY_ADDRESS] == 1, days
        assert days[0] + days[1] >= Counter([COMPANY_ADDRESS, tutor]), days

    act = _interleaved(scene, name)
    Explorer(f"remind ∥ {name}", world, time).interleave(scene.runs, act, check)
    if name != "twice":
        Explorer(f"{name} ∥ remind", world, time).interleave(act, scene.runs, check)


def test_a_company_that_answers_meanwhile_is_not_reminded(world: World, time: Clock) -> None:
    scene = Scene(world, time)

    def check(*_: Any) -> None:
        days = scene.goes_on()
        assert sum((day for day in days), Counter())[COMPANY_ADDRESS] == 0, days

    Explorer("remind ∥ answer", world, time).interleave(scene.runs, scene.answers, check)
    Explorer("answer ∥ remind", world, time).interleave(scene.answers, scene.runs, check)


def test_a_reminder_that_waits_does_not_leave_after_an_answer(
    world: World, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between what the mailer reads for a mail and its sending lie a few milliseconds: before each commit is what is tried."""
    monkeypatch.setattr(Explorer, "every", False)
    scene = Scene(world, time)
    scene.runs()
    waiting = (stored.read_mail(key) for key in scene.relay.outbox())
    (key,) = [mail.key for mail in waiting if mail is not None and mail.kind is MailKind.REMINDER]
    left, late = [0], []

    def answers() -> None:
        scene.answers()
        left[:] = [len(world.mails())]

    def check(*_: Any) -> None:
        late.append([str(mail["To"]) for mail in world.mails()[left[0] :]].count(COMPANY_ADDRESS))

    Explorer("mail a reminder ∥ answer", world, time).interleave(
        lambda: mailing.send_all([key], now=clock.utc_now()), answers, check
    )
    # Once it is written, before the one write that precedes its sending; once it has left. Before it is written none leaves:
    # integration/test_reminder_runs.py.
    assert late == [1, 0]
