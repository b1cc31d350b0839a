"""Nothing is lost in silence: a mail is tried for two days, and who must know hears of one that is given up."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.managing import Invitation, Profile
from chalicelib.domain.documents import mailing
from chalicelib.domain.documents import mailing as mailing_rules
from chalicelib.domain.kernel.deposit import Mailing
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import Loss, MailKind, OutboxMail
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.stores import parcours_table
from chalicelib.stores import relay_table as stored
from chalicelib.stories.accounts import managing
from chalicelib.stories.mails import mailing as mailer
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.wire import Crash, Mode, Tap, reject, strike
from tests.support import mail_rules, relays, woken
from tests.support.factories import COMPANY_ADDRESS, NOON
from tests.support.http import signed_in
from tests.support.offers import sign_in_new
from tests.support.passings import answers_question
from tests.support.relays import Relay
from tests.support.worlds import World

INVITED = "nouvelle@academie.example"
OUTAGES = {
    "outage": strike(Mode.REFUSED),
    "throttling": strike(Mode.THROTTLED),
    "answers lost": strike(Mode.LOST),
}


def _invites(relay: Relay) -> str:
    """Let the team invite somebody; return the address of the invitation."""
    team, _ = sign_in_new(Role.TEAM)
    profile = Profile(name="Ines Morel", function="tutrice", roles=frozenset({Role.TUTOR}), academie="Dijon")
    managing.invite(team, Invitation(profile, INVITED, key="f" * 32, reopen=False), now=clock.utc_now())
    return INVITED


def _ends(relay: Relay) -> str:
    """End a passage whose link was sent; return the address of the mail that says so."""
    relay.sends()
    sending_changes.ends(relay)
    return COMPANY_ADDRESS


WAITING: dict[str, Callable[[Relay], str]] = {"an invitation": _invites, "an end": _ends}


def _tried(relay: Relay, time: Clock, act: Callable[..., None]) -> None:
    """Run the mailer with the mail service acting as `act` says, then let the longest wait pass."""
    with Tap(act=act, operation="SendEmail").open():
        mailer.send_all(relay.outbox(), now=clock.utc_now())
    time.now += mailing.LEASE * 2**mailing.LONGEST_DOUBLING


def _minutes_without_mail(relay: Relay, time: Clock, minutes: int, act: Callable[..., None]) -> None:
    """Let so many minutes pass in which the mail service acts as ``act`` says, the purge running in each."""
    for _ in range(minutes):
        with Tap(act=act, operation="SendEmail").open():
            mailer.send_all(relay.purges().waiting, now=clock.utc_now())
        time.passes(minutes=1)


@pytest.mark.parametrize(
    ("what", "outage"),
    [("an invitation", "outage"), ("an invitation", "throttling"), ("an end", "answers lost")],
)
def test_a_mail_outage_of_fifteen_minutes_loses_no_mail(
    relay: Relay, time: Clock, what: str, outage: str
) -> None:
    """A mail that waits during an outage of 18 minutes leaves within the 20 minutes after it."""
    address = WAITING[what](relay)
    before = relay.mailed_to().count(address)
    _minutes_without_mail(relay, time, 18, OUTAGES[outage])
    if outage != "answers lost":
        assert relay.mailed_to().count(address) == before
    _minutes_without_mail(relay, time, 20, lambda *_: None)

    assert relay.mailed_to().count(address) > before
    assert relay.outbox() == []


@pytest.mark.parametrize("outage", ["outage", "throttling"])
def test_a_link_leaves_after_hours_without_mail_and_nobody_heard_of_a_failure(
    relay: Relay, time: Clock, outage: str
) -> None:
    """After twelve tries in an outage the link leaves once, and no failure was noted meanwhile."""
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    for _ in range(12):
        _tried(relay, time, OUTAGES[outage])
    relay.mailer_runs()

    assert EventKind.MAIL_FAILED not in relay.event_kinds() and relay.event_kinds()[-1] is EventKind.LINK_SENT
    assert relay.mailed_to().count(COMPANY_ADDRESS) == 1


def _dies(relay: Relay, time: Clock) -> None:
    """Let the mailer die each time after the mail service took the mail."""
    with pytest.raises(Crash):
        _tried(relay, time, strike(Mode.CRASH_AFTER))
    time.now += mailing.LEASE * 2**mailing.LONGEST_DOUBLING


UNANSWERED: dict[str, Callable[[Relay, Clock], None]] = {
    "answers lost": lambda relay, time: _tried(relay, time, strike(Mode.LOST)),
    "mailer killed": _dies,
}


def _assert_giving_up_wakes_somebody(printed: str, kind: str) -> None:
    """Check that one mail of this kind was given up and that this raised its alarm."""
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["kind"] for line in lines if line["event"] == "mail_given_up"] == [kind]
    assert woken.woken_by(printed, "MailerLogs") == {"MailsGivenUp"}


@pytest.mark.parametrize("how", UNANSWERED)
def test_a_mail_whose_answers_are_lost_leaves_five_times_at_most_and_may_have_left(
    relay: Relay, world: World, time: Clock, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """A mail whose answers are lost is given up after five copies, noted as « may have left » and told to the tutor; the copy
    that arrived still opens.
    """
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    for _ in range(mailing.MOST_UNANSWERED):
        UNANSWERED[how](relay, time)
    assert len(relay.tokens()) == mailing.MOST_UNANSWERED
    for _ in range(12):
        relay.mailer_runs()
        time.passes(minutes=40)

    assert len(relay.tokens()) == mailing.MOST_UNANSWERED
    assert relay.event_kinds()[-1] is EventKind.LINK_MAY_HAVE_LEFT and relay.outbox() == []
    assert relay.event_kinds().count(EventKind.LINK_MAY_HAVE_LEFT) == 1
    assert not {EventKind.MAIL_FAILED, EventKind.LINK_SENT} & set(relay.event_kinds())
    assert relay.deposit().mailing is None and relay.head().setback is Setback.MAIL_IN_DOUBT
    (notice,) = [mail for mail in world.mails() if mail["To"] == relay.tutor.address]
    assert "a pu partir" in mail_rules.read_body(notice, "plain")
    _assert_giving_up_wakes_somebody(capsys.readouterr().out, "link")

    token = relay.tokens()[-1]
    holder = answers_question(token)
    assert holder.reads(holder.opens(token), world) == relay.sent[0].plain
    assert relay.head().setback is None, "it did arrive"


def test_a_notice_whose_answers_are_lost_leaves_five_times_at_most(relay: Relay, time: Clock) -> None:
    address = _invites(relay)
    for _ in range(12):
        _tried(relay, time, strike(Mode.LOST))

    assert relay.mailed_to().count(address) == mailing.MOST_UNANSWERED and relay.outbox() == []


@pytest.mark.parametrize("late", [False, True])
def test_a_code_that_nobody_mailed_in_time_is_counted(
    relay: Relay, time: Clock, capsys: pytest.CaptureFixture[str], late: bool
) -> None:
    """A sign-in code that is mailed after its ten minutes is not sent but given up, and logged."""
    relays.asks_code(relay.tutor.address)
    time.passes(minutes=11 if late else 1)
    relay.mailer_runs()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    given_up = [line["kind"] for line in lines if line["event"] == "mail_given_up"]
    assert (given_up, len(relay.codes())) == ((["sign_in_code"], 0) if late else ([], 1))
    assert relay.outbox() == []


def test_a_link_that_could_not_leave_for_two_days_fails_and_its_notice_still_leaves(
    relay: Relay, world: World, time: Clock
) -> None:
    """A link's mail is given up after two days, and the notice to the tutor leaves once the mail service works."""
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    _tried(relay, time, strike(Mode.REFUSED))
    time.now += mailing.LIFE
    for _ in range(8):  # it is given up; its notice waits for the mail service too
        _tried(relay, time, strike(Mode.REFUSED))
    assert relay.event_kinds()[-1] is EventKind.MAIL_FAILED and world.mails() == []
    assert relay.deposit().mailing is Mailing.FAILED and relay.head().setback is Setback.MAIL_FAILED

    relay.mailer_runs()
    assert relay.mailed_to() == [relay.tutor.address]


def test_a_mail_that_waited_long_before_its_first_try_is_tried(relay: Relay, time: Clock) -> None:
    """A mail is never given up before its first try, however long it waited."""
    address = _invites(relay)
    time.now += mailing.LIFE * 2
    relay.mailer_runs()

    assert relay.mailed_to() == [address]


def test_an_invitation_that_is_given_up_stands_on_the_account_of_who_was_invited(
    relay: Relay, world: World, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    _invites(relay)
    team, client = sign_in_new(Role.TEAM)
    page = f"/comptes/{'f' * 32}"
    assert "n’est pas partie" not in client.get(page).text
    for _ in range(mailing.MOST_REFUSALS + 1):
        _tried(relay, time, reject)

    client = signed_in(team)
    assert relay.outbox() == [] and world.mails() == []
    assert "L’invitation n’est pas partie" in client.get(page).text
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["kind"] for line in lines if line["event"] == "mail_given_up"] == ["invitation"]

    assert client.post_form(f"{page}/invitation", {}).status == 303
    relay.mailer_runs()
    assert relay.mailed_to() == [INVITED]
    assert "n’est pas partie" not in client.get(page).text


def test_a_company_that_cannot_be_asked_to_delete_its_copies_is_the_tutors_to_call(
    relay: Relay, world: World, time: Clock
) -> None:
    _ends(relay)
    before = len(world.mails())
    for _ in range(mailing.MOST_REFUSALS):
        _tried(relay, time, reject)
    relay.mailer_runs()

    event = parcours_table.read_page(relay.parcours_id).events[-1]
    assert (event.kind, event.reason) == (EventKind.COMPANY_MAIL_LOST, Reason.COPIES_NOT_SENT)
    (notice,) = world.mails()[before:]
    text = mail_rules.read_body(notice, "plain")
    assert notice["To"] == relay.tutor.address
    assert "supprimez vos copies" in text and "téléphone" in text


def test_every_kind_of_mail_says_what_giving_it_up_does() -> None:
    """Each kind of mail has a row that says what is done when it is given up."""
    for kind in MailKind:
        named = kind.loss in {Loss.FACT, Loss.FORMER_TUTOR}
        assert (kind.missing is not None) is named, f"{kind}: which message is missing"


@pytest.mark.parametrize("to", [Role.TUTOR, Role.COORDINATOR])
def test_a_given_up_meeting_mail_adds_an_event_only_if_it_was_for_the_company(to: Role) -> None:
    mail = OutboxMail(key="k", kind=MailKind.MEETING_CANCELLED, created_at=NOON, to=to)
    assert mailing_rules.find_loss(mail) is Loss.PAGE
    assert mailing_rules.find_loss(replace(mail, to=Role.COMPANY)) is Loss.FACT


def test_retries_wait_twice_as_long_each_time_except_for_codes() -> None:
    waits: dict[MailKind, list[int]] = {MailKind.LINK: [], MailKind.SIGN_IN_CODE: []}
    for kind, minutes in waits.items():
        mail = OutboxMail(key="k", kind=kind, created_at=NOON)
        for _ in range(6):
            mail = mailing.lease(mail, NOON)
            assert mail.lease_until is not None
            minutes.append((mail.lease_until - NOON) // timedelta(minutes=1))
    assert waits == {MailKind.LINK: [2, 4, 8, 16, 32, 32], MailKind.SIGN_IN_CODE: [2] * 6}


@pytest.mark.parametrize("answer", [mailing_rules.count_refusal, mailing_rules.count_outage])
def test_a_refused_mail_is_retried_soon_at_first(
    answer: Callable[[OutboxMail, datetime], OutboxMail],
) -> None:
    """The waits after a refusal or an outage are 5 s, 15 s, 1 minute, then doubling minutes up to 32."""
    waits, mail = [], OutboxMail(key="k", kind=MailKind.LINK, created_at=NOON)
    for _ in range(8):
        mail = answer(mailing.lease(mail, NOON), NOON)
        assert mail.lease_until is not None
        waits.append((mail.lease_until - NOON).total_seconds())
    assert waits == [5, 15, 60, *(60 * minutes for minutes in (2, 4, 8, 16, 32))]


def test_a_mailer_takes_no_mail_up_for_which_it_has_no_time(relay: Relay, world: World, time: Clock) -> None:
    """A mailer whose time is used up by one mail leaves the next one alone."""
    _ends(relay)
    _invites(relay)
    waiting = relay.outbox()
    assert len(waiting) == 2
    before = len(world.mails())

    def takes_all_its_time(*_: object) -> None:
        time.passes(seconds=mailer.BUDGET.total_seconds())

    with Tap(act=takes_all_its_time, operation="SendEmail").open():
        assert mailer.send_all(waiting, now=clock.utc_now()) == 1
    assert len(world.mails()) == before + 1
    (left,) = relay.outbox()
    mail = stored.read_mail(left)
    assert mail is not None and mail.tries == 0
