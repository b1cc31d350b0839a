"""Every event of the mail service: read, refused as forged, or set aside; and nothing of what it holds is kept."""

import copy
import json
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.delivery import DeliveryState
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.stories.mails import feedback
from tests.bad_input.test_bad_jobs import invoked
from tests.conftest import Clock
from tests.integration.test_delivery_reports import read_delivery, relay
from tests.security.canaries import Canary
from tests.support import ses_events, woken
from tests.support.relays import Relay
from tests.support.worlds import World

__all__ = ["relay"]


def tag_of(relay: Relay) -> str:
    """Return the tag of the mail of the last link."""
    return delivery.derive_tag(relay.link().mail_key)


BOUNCES = {
    ("Permanent", "General"): (DeliveryState.REFUSED, Reason.NO_MAILBOX),
    ("Permanent", "NoEmail"): (DeliveryState.REFUSED, Reason.NO_MAILBOX),
    ("Permanent", "Suppressed"): (DeliveryState.REFUSED, Reason.MAILBOX_BLOCKED),
    ("Permanent", "OnAccountSuppressionList"): (DeliveryState.REFUSED, Reason.MAILBOX_BLOCKED),
    ("Transient", "General"): (DeliveryState.UNCERTAIN, Reason.MAIL_UNCERTAIN),
    ("Transient", "MailboxFull"): (DeliveryState.RETURNED, Reason.MAILBOX_FULL),
    ("Transient", "MessageTooLarge"): (DeliveryState.RETURNED, Reason.MAIL_TOO_LARGE),
    ("Transient", "ContentRejected"): (DeliveryState.RETURNED, Reason.MAIL_CONTENT),
    ("Transient", "AttachmentRejected"): (DeliveryState.RETURNED, Reason.MAIL_CONTENT),
    ("Undetermined", "Undetermined"): (DeliveryState.UNCERTAIN, Reason.MAIL_UNCERTAIN),
}


@pytest.mark.parametrize("kind", BOUNCES, ids="-".join)
def test_each_type_of_bounce_is_understood(relay: Relay, kind: tuple[str, str]) -> None:
    relay.sends()

    feedback.receive(ses_events.bounce(tag_of(relay), *kind), now=clock.utc_now())

    assert (read_delivery(relay).state, read_delivery(relay).reason) == BOUNCES[kind]


def test_a_report_of_not_spam_counts_as_delivered(relay: Relay) -> None:
    relay.sends()

    assert (
        feedback.receive(ses_events.complaint(tag_of(relay), "not-spam"), now=clock.utc_now()) == "delivered"
    )


def _of_another(path: tuple[str, ...], value: Any) -> Any:
    """Return a function that forges an event: it replaces what lies at this path."""

    def forged(event: dict[str, Any]) -> dict[str, Any]:
        other = copy.deepcopy(event)
        place = other
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        return other

    return forged


FORGED = {
    "another account": _of_another(("account",), "999999999999"),
    "another source": _of_another(("source",), "custom.mail"),
    "another set": _of_another(("detail", "mail", "tags", "ses:configuration-set"), ["other"]),
    "no set": _of_another(("detail", "mail", "tags"), {}),
    "tags that are none": _of_another(("detail", "mail", "tags"), "all"),
    "no detail": _of_another(("detail",), None),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_event_changes_nothing(relay: Relay, world: World, how: str) -> None:
    relay.sends()
    before = world.everything()

    assert (
        feedback.receive(FORGED[how](ses_events.EVENTS["refused"](tag_of(relay))), now=clock.utc_now())
        == "forged"
    )

    assert world.everything() == before


@pytest.mark.parametrize("tag", [None, "", "0" * 31, "Z" * 32, "mail#1", "0" * 32])
def test_an_event_with_an_unknown_tag_changes_nothing(relay: Relay, world: World, tag: str | None) -> None:
    relay.sends()
    before = world.everything()

    outcome = feedback.receive(ses_events.EVENTS["refused"](tag), now=clock.utc_now())

    assert outcome == ("unknown" if tag == "0" * 32 else "untagged")
    assert world.everything() == before


def test_an_unknown_event_is_set_aside_once_without_its_content(
    relay: Relay, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    relay.sends()
    events = ses_events.unknown(tag_of(relay))

    for event in [*events, *events]:
        assert feedback.receive(event, now=clock.utc_now()) == "set_aside"

    kept = [item for item in world.table("RELAY_TABLE") if str(item["pk"]).startswith("aside#")]
    assert sorted(item["code"] for item in kept) == sorted(
        [
            "Email Opened",
            "Email Clicked",
            "Email Rendering Failed",
            "Email Subscribed",
            "unreadable",
            "Bounce",
            "Email Bounced",
        ]
    )
    assert {item["mail"] for item in kept} == {tag_of(relay)}
    assert read_delivery(relay).state is DeliveryState.UNDER_WAY
    _says_nothing(world, capsys)


def _says_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Check that neither tables nor log hold what an event says of people."""
    everything = (world.everything() + capsys.readouterr().out).encode()
    for secret in (ses_events.ADDRESS, ses_events.NAME, ses_events.NAME.split()[1]):
        assert not Canary.of(secret).is_in(everything), secret


@pytest.mark.parametrize("event", ses_events.EVENTS)
def test_no_address_of_an_event_is_kept_or_logged(
    relay: Relay, world: World, event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    relay.sends()

    feedback.receive(ses_events.EVENTS[event](tag_of(relay)), now=clock.utc_now())

    assert read_delivery(relay).state.value == event
    _says_nothing(world, capsys)


@pytest.mark.parametrize("when", ["", "yesterday", "2026-12-01T10:00:00", "9999-12-31T23:59:59Z", 12, None])
def test_an_impossible_event_time_is_replaced_by_now(relay: Relay, when: object, time: Clock) -> None:
    relay.sends()
    event = ses_events.EVENTS["delivered"](tag_of(relay))
    event["detail"]["delivery"]["timestamp"] = when
    event["time"] = when

    feedback.receive(event, now=clock.utc_now())

    at = read_delivery(relay).at
    assert at is not None and at <= clock.utc_now()


def test_the_function_says_what_came_of_an_event_and_no_more(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    relay.sends()
    capsys.readouterr()

    invoked("feedback", ses_events.EVENTS["refused"](tag_of(relay)))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["event"], line["outcome"]) for line in lines] == [("feedback", "refused")]


def test_a_strange_or_forged_report_wakes_somebody(relay: Relay, capsys: pytest.CaptureFixture[str]) -> None:
    relay.sends()
    known = ses_events.EVENTS["delivered"](tag_of(relay))
    (strange, *_) = ses_events.unknown(tag_of(relay))

    def woken_by(event: dict[str, Any]) -> set[str]:
        capsys.readouterr()
        invoked("feedback", event)
        return woken.woken_by(capsys.readouterr().out, "FeedbackLogs")

    assert woken_by(known) == set()
    assert woken_by(strange) == {"StrangeReports"}
    assert woken_by(FORGED["another account"](known)) == {"StrangeReports"}
