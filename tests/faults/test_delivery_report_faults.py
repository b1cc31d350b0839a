"""Reports of the mail service, broken at each of their calls, and met by everybody else between any two of them.

A report that is given again ends as one that was heard at once: one fact, one notice, one turn. Of an opening and a refusal that
meet, the reader keeps what she opened, or gets nothing; a mailer's own note never undoes what was reported.
"""

from typing import Any

import pytest

from chalicelib import clock, terms
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.deposit import DepositState, Mailing
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Setback, Step
from chalicelib.domain.parcours.turns import State, whose_turn
from chalicelib.errors import DeadLink, RelayError
from chalicelib.stores import cases
from chalicelib.stores import relay_table as stored
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import retention
from chalicelib.stories.mails import feedback, mailing
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.machinery import Broken, Explorer
from tests.faults.recovery import again
from tests.support import ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

ENDS = {
    "delivered": (State.TO_OPEN, Mailing.DELIVERED, 0),
    "delayed": (State.TO_OPEN, Mailing.DELAYED, 0),
    "returned": (State.MAIL_IN_DOUBT, Mailing.RETURNED, 1),
    "refused": (State.MAIL_FAILED, Mailing.REJECTED, 1),
    "complained": (State.MAIL_FAILED, Mailing.UNWANTED, 1),
}
"""State, mailing, notices that wait."""


def _said(relay: Relay, event: str) -> dict[str, Any]:
    return ses_events.EVENTS[event](delivery.derive_tag(relay.link().mail_key))


def _state(relay: Relay) -> State:
    turn = whose_turn(relay.head(), clock.utc_now(), terms.calendar(), terms.turns())
    assert turn is not None
    return turn.state


def _notices(relay: Relay) -> int:
    waiting = [stored.read_mail(key) for key in relay.outbox()]
    return sum(mail is not None and mail.kind is MailKind.RETURN_NOTICE for mail in waiting)


@pytest.mark.parametrize("event", ENDS)
def test_a_report_that_is_given_again_is_noted_once_whatever_breaks(
    relay: Relay, world: World, time: Clock, event: str
) -> None:
    relay.sends()
    report = _said(relay, event)

    def flow() -> str:
        return feedback.receive(report, now=clock.utc_now())

    def check(broken: Broken) -> None:
        assert again(broken, flow) in {event, "repeated"}
        assert (_state(relay), relay.deposit().mailing, _notices(relay)) == ENDS[event]
        kinds = relay.event_kinds()
        assert kinds.count(EventKind.MAIL_BOUNCED) == ENDS[event][2]
        assert kinds.count(EventKind.MAIL_DELIVERED) == (event == "delivered")
        assert bool(cases.load_mailboxes(UnitOfWork(), [COMPANY_ADDRESS])) is (
            event in {"refused", "complained"}
        )

    Explorer(f"feedback: {event}", world, time).explore(flow, check)


def test_what_is_set_aside_is_kept_once_whatever_breaks(relay: Relay, world: World, time: Clock) -> None:
    relay.sends()
    (said, *_) = ses_events.unknown(delivery.derive_tag(relay.link().mail_key))

    def flow() -> str:
        return feedback.receive(said, now=clock.utc_now())

    def check(broken: Broken) -> None:
        assert again(broken, flow) == "set_aside"
        assert len([item for item in world.table("RELAY_TABLE") if str(item["pk"]).startswith("aside#")]) == 1

    Explorer("feedback: unknown", world, time).explore(flow, check)


def test_of_a_refusal_and_an_opening_the_reader_keeps_what_she_opened(
    relay: Relay, world: World, time: Clock
) -> None:
    browser = Browser()
    token = relay.sends()
    browser.proves(token)
    report = _said(relay, "refused")

    def check(heard: Any, opened: Any) -> None:
        assert heard == "refused", repr(heard)
        if isinstance(opened, dict):
            assert relay.deposit().state is DepositState.OPENED
            assert (relay.head().step, relay.head().setback) == (Step.OPENED, None)
            assert relay.link().mail_refused_at is None
            assert browser.reads(opened, world) == relay.sent[0].plain
        else:
            assert isinstance(opened, DeadLink), repr(opened)
            assert _state(relay) is State.MAIL_FAILED

    def reports() -> str:
        return feedback.receive(report, now=clock.utc_now())

    Explorer("refused ∥ open", world, time).interleave(reports, lambda: browser.opens(token), check)
    Explorer("open ∥ refused", world, time).interleave(
        lambda: browser.opens(token), reports, lambda opened, heard: check(heard, opened)
    )


@pytest.mark.parametrize("event", ["delivered", "refused", "returned"])
def test_a_report_and_the_mailers_own_note_agree_in_any_order(
    relay: Relay, world: World, time: Clock, event: str
) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    report, key = _said(relay, event), relay.link().mail_key

    def check(sent: Any, heard: Any) -> None:
        assert not isinstance(sent, Exception), repr(sent)
        kinds = relay.event_kinds()
        assert kinds.count(EventKind.LINK_SENT) == 1
        assert relay.head().step is Step.LINK_SENT
        assert relay.deposit().left_at is not None
        if heard == "unknown":  # before anything was handed over, as no service does
            assert (_state(relay), relay.deposit().mailing) == (State.TO_OPEN, Mailing.ACCEPTED)
        else:
            assert (_state(relay), relay.deposit().mailing) == ENDS[event][:2]

    def reports() -> str:
        return feedback.receive(report, now=clock.utc_now())

    Explorer(f"mail ∥ {event}", world, time).interleave(
        lambda: mailing.send_all([key], now=clock.utc_now()), reports, check
    )


@pytest.mark.parametrize("event", ["delivered", "refused", "returned"])
@pytest.mark.parametrize("change", ["re-send", "revoke", "end", "purge"])
def test_a_report_that_meets_a_change_of_the_sending_moves_nothing_that_is_over(
    relay: Relay, world: World, time: Clock, event: str, change: str
) -> None:
    relay.sends()
    report, first = _said(relay, event), relay.link()
    act = {
        "re-send": lambda: sending_changes.resends(relay),
        "revoke": lambda: sending_changes.revokes(relay),
        "end": lambda: sending_changes.ends(relay),
        "purge": lambda: retention.purge(now=clock.utc_now()),
    }[change]
    if change == "purge":
        time.passes(days=16)

    def reports() -> str:
        return feedback.receive(report, now=clock.utc_now())

    def check(heard: Any, done: Any) -> None:
        assert heard == event, repr(heard)
        assert not isinstance(done, Exception) or isinstance(done, RelayError), repr(done)
        if isinstance(done, RelayError):  # refused since the address is: the report was first
            assert event == "refused" and change == "re-send"
            assert _state(relay) is State.MAIL_FAILED
        elif change == "re-send":
            assert relay.link().version == first.version + 1 and relay.link().mail_refused_at is None
            assert relay.head().setback is None
            assert relay.deposit().mailing is Mailing.UNDER_WAY
        else:
            assert relay.head().setback is None or relay.head().setback is Setback.MAIL_BOUNCED
            assert relay.head().live_deposit is None
        assert relay.event_kinds().count(EventKind.MAIL_BOUNCED) == (event != "delivered")

    Explorer(f"{event} ∥ {change}", world, time).interleave(reports, act, check)
    Explorer(f"{change} ∥ {event}", world, time).interleave(
        act, reports, lambda done, heard: check(heard, done)
    )


def test_a_new_version_outruns_a_report_between_any_two_of_its_reads(
    relay: Relay, world: World, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link as it was, with documents and a parcours as they became: nothing of that is written."""
    monkeypatch.setattr(Explorer, "every", True)

    test_a_report_that_meets_a_change_of_the_sending_moves_nothing_that_is_over(
        relay, world, time, "returned", "re-send"
    )
