"""Reports of one mail in any order, once or more: the same end; and nothing that people agreed goes back."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations, permutations
from typing import Any

import pytest

from chalicelib.domain.documents import delivering
from chalicelib.domain.documents.delivering import SentMail
from chalicelib.domain.kernel.delivery import Delivery, DeliveryState, Mailbox, Report, derive_tag
from chalicelib.domain.kernel.deposit import NOT_TAKEN, Contents, Deposit, DepositState, Mailing
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role, Setback, Step
from tests.support.factories import COMPANY_ADDRESS, NOON, account, decision_inputs, offer

STATES = [state for state in DeliveryState if state is not DeliveryState.UNDER_WAY]
LATER = NOON + timedelta(hours=1)
LINK = "1" * 32


@dataclass
class Sending:
    """A link that was sent and whose reports come in, kept in memory."""

    head: Parcours = field(
        default_factory=lambda: replace(
            offer(status=ParcoursStatus.IN_PREPARATION),
            step=Step.LINK_SENT,
            attempt=1,
            tutor="tutor",
            live_deposit="d",
            live_link=LINK,
            sent_to=Role.COMPANY,
        )
    )
    link: Link = field(
        default_factory=lambda: Link(
            id=LINK,
            deposit="d",
            parcours="p",
            attempt=1,
            sender="tutor",
            recipient=COMPANY_ADDRESS,
            created_at=NOON,
            closes_at=NOON + timedelta(days=60),
        )
    )
    deposit: Deposit = field(
        default_factory=lambda: Deposit(
            id="d",
            parcours="p",
            attempt=1,
            kinds=(Kind.CV,),
            state=DepositState.LEFT,
            created_at=NOON,
            form_signed_at=NOON,
            left_at=NOON,
            mailing=Mailing.ACCEPTED,
            link=LINK,
            erase_at=NOON + timedelta(days=15),
            contents=Contents(
                owner="tutor",
                sealed_by="tutor",
                sender=Role.TUTOR,
                recipient=COMPANY_ADDRESS,
                salt="",
                documents=(),
            ),
        )
    )
    delivery: Delivery = field(
        default_factory=lambda: Delivery(
            id=derive_tag(f"{LINK}#1"),
            mail=OutboxMail(
                key=f"{LINK}#1", kind=MailKind.LINK, created_at=NOON, link=LINK, version=1, deposit="d"
            ),
            mailbox="m",
            sent_at=NOON,
        )
    )
    mailbox: Mailbox | None = None
    owner: Account | None = None
    noted: list[EventKind] = field(default_factory=list)

    def hears(self, state: DeliveryState, **more: Any) -> Transition:
        """Note a report of this state, and keep what it changes."""
        said = Report(state=state, at=LATER, reason=more.get("reason", Reason.NO_MAILBOX))
        posted = SentMail(self.delivery, self.mailbox, self.owner, self.link, self.deposit, self.head)
        step = delivering.note_report(posted, said, decision_inputs(LATER))
        for change in step.changes:
            kind = type(change.after or change.before)
            name = {Parcours: "head", Link: "link", Deposit: "deposit", Delivery: "delivery"}.get(kind, "")
            setattr(self, name or {Mailbox: "mailbox", Account: "owner"}[kind], change.after)
        self.noted += [event.kind for event in step.events]
        return step

    @property
    def end(self) -> tuple[object, ...]:
        """Everything that reports may change: state of delivery, link, address, setback and step."""
        known = (self.delivery.state, self.deposit.mailing, self.head.setback, self.head.step)
        return (*known, self.link.mail_refused_at, self.mailbox is not None)


@pytest.mark.parametrize("many", [1, 2, 3, 4])
def test_any_order_and_repetition_of_reports_ends_in_the_same_state(many: int) -> None:
    for chosen in combinations(STATES, many):
        ends = set()
        for order in permutations(chosen):
            sending = Sending()
            for state in order:
                sending.hears(state)
                assert not sending.hears(state)
            for state in order:
                assert not sending.hears(state), "nothing new is said"
            ends.add(sending.end)
        assert len(ends) == 1, chosen


def test_a_state_of_another_version_takes_any_report() -> None:
    sending = Sending()
    sending.delivery = replace(sending.delivery, state=DeliveryState.from_stored("tomorrow"))

    assert sending.hears(DeliveryState.DELIVERED)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "step", [Step.OPENED, Step.RECEIVED, Step.SLOTS_PROPOSED, Step.MEETING_FIXED, Step.MEETING_HELD]
)
def test_no_report_moves_back_what_people_did(state: DeliveryState, step: Step) -> None:
    sending = Sending()
    sending.head = replace(sending.head, step=step)

    sending.hears(state)

    assert (sending.head.step, sending.head.setback) == (step, None)


@pytest.mark.parametrize("state", STATES)
def test_a_used_link_stays_as_it_is(state: DeliveryState) -> None:
    sending = Sending()
    sending.link = replace(sending.link, opened_at=NOON, opened_by="b")
    sending.deposit = replace(sending.deposit, state=DepositState.OPENED)

    sending.hears(state)

    assert sending.link.mail_refused_at is None and sending.head.setback is None
    assert sending.deposit.state is DepositState.OPENED


def test_a_refusal_by_the_company_stays_whatever_is_reported() -> None:
    sending = Sending()
    sending.head = replace(sending.head, setback=Setback.DECLINED)

    sending.hears(DeliveryState.REFUSED)

    assert sending.head.setback is Setback.DECLINED


@pytest.mark.parametrize("state", [DeliveryState.REFUSED, DeliveryState.RETURNED, DeliveryState.DELIVERED])
@pytest.mark.parametrize(
    "other",
    [{"version": 2}, {"moved_to": "2" * 32}, {"beside": True}, {"attempt": 2}],
    ids=lambda case: next(iter(case)),
)
def test_another_link_or_version_moves_nothing(state: DeliveryState, other: dict[str, Any]) -> None:
    sending = Sending()
    sending.link = replace(sending.link, **other)
    before = (sending.head.setback, sending.head.since, sending.deposit)

    sending.hears(state)

    assert (sending.head.setback, sending.head.since, sending.deposit) == before
    assert len(sending.noted) == 1


def test_a_reminder_that_finds_no_room_loses_no_link_and_one_that_is_refused_does() -> None:
    for state, setback in ((DeliveryState.RETURNED, None), (DeliveryState.REFUSED, Setback.MAIL_BOUNCED)):
        sending = Sending()
        mail = replace(sending.delivery.mail, kind=MailKind.REMINDER, key="r")
        sending.delivery = replace(sending.delivery, mail=mail)
        sending.hears(state)
        assert sending.head.setback is setback


@pytest.mark.parametrize(
    "kind",
    [MailKind.MEETING_INVITATION, MailKind.END_TO_BUYER, MailKind.SENDING_NOTICE, MailKind.SIGN_IN_CODE],
)
def test_a_message_that_was_refused_is_passed_on_where_nobody_else_would_know(kind: MailKind) -> None:
    sending = Sending()
    to = Role.BUYER if kind is MailKind.END_TO_BUYER else Role.COMPANY
    mail = OutboxMail(key="k", kind=kind, created_at=NOON, parcours="p", to=to, attempt=1)
    sending.delivery = replace(sending.delivery, mail=mail)

    step = sending.hears(DeliveryState.REFUSED)

    told = {
        MailKind.MEETING_INVITATION: EventKind.COMPANY_MAIL_LOST,
        MailKind.END_TO_BUYER: EventKind.BUYER_MAIL_LOST,
    }
    assert sending.noted == ([told[kind]] if kind in told else [])
    assert [mail.kind for mail in step.mails] == ([MailKind.UNSENT_NOTICE] if kind in told else [])
    assert sending.mailbox is not None


def test_an_address_is_cleared_by_a_later_mail_alone() -> None:
    refused = Mailbox(id="m", refused_at=NOON + timedelta(minutes=30), reason=Reason.NO_MAILBOX)
    for sent_at, stays in ((NOON, True), (NOON + timedelta(minutes=40), False)):
        sending = Sending(mailbox=refused, owner=replace(account(), mail_refused_at=refused.refused_at))
        sending.delivery = replace(sending.delivery, sent_at=sent_at)
        sending.hears(DeliveryState.DELIVERED)
        assert (sending.mailbox is not None) is stays
        assert sending.owner is not None and (sending.owner.mail_refused_at is not None) is stays


def test_to_be_checked_is_what_nobody_heard_of_in_time() -> None:
    sending = Sending()

    def unheard(hours: float, **changes: Any) -> bool:
        deposit = replace(sending.deposit, **changes)
        since = delivering.measure_silence(deposit, sending.link, 24, NOON + timedelta(hours=hours))
        return since is not None

    assert not unheard(23.9) and unheard(24)
    delayed = {"mailing": Mailing.DELAYED, "mailing_at": NOON + timedelta(hours=12)}
    assert not unheard(24, **delayed) and not unheard(35.9, **delayed) and unheard(36, **delayed)
    for heard in (Mailing.DELIVERED, Mailing.FAILED, *NOT_TAKEN):
        assert not unheard(48, mailing=heard)
    assert not unheard(48, state=DepositState.OPENED)
    assert not unheard(24 * 20)  # the documents are gone
    sending = replace(sending, link=replace(sending.link, requested_at=NOON))
    assert not unheard(48)
