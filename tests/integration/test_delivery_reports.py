"""What becomes of each mail: reports in their real shape, and what they change of the parcours, the address, the account."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock, terms
from chalicelib.domain.documents.mailing import LEASE, LONGEST_DOUBLING, MOST_UNANSWERED
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel import address, delivery
from chalicelib.domain.kernel.delivery import Delivery, DeliveryState
from chalicelib.domain.kernel.deposit import DepositState, Mailing
from chalicelib.domain.kernel.parcours import ContactRole
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Step
from chalicelib.domain.parcours.turns import State, whose_turn
from chalicelib.errors import LinkRefused
from chalicelib.stores import cases, functions
from chalicelib.stores import relay_table as relays_store
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import subjects
from chalicelib.stories.documents import sending
from chalicelib.stories.mails import feedback, mailing
from tests.conftest import Clock
from tests.faults.wire import Mode, Tap, strike
from tests.support import factories, mail_rules, relays, ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

OTHER = "hugo.tissier@jardins-morvenne.example"


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """A parcours whose company has two contacts."""
    offer = factories.offer()
    other = replace(
        offer.company.contacts[0],
        role=ContactRole.WELCOMES,
        name="Hugo Tissier",
        address=OTHER,
        phone="03 80 11 22 33",
    )
    company = replace(offer.company, contacts=(*offer.company.contacts, other))
    return relays.started(world, offer=replace(offer, company=company))


def sends_again(relay: Relay) -> None:
    """Send the link again from a page that shows its present version."""
    link = relay.link()
    version_shown = LinkOnPage(link.id, link.version, opened=link.opened_at is not None)
    sending.resend(relay.tutor, relay.deposit().id, version_shown, now=clock.utc_now())
    relay.mailer_runs()


def report_delivery(relay: Relay, event: str = "delivered", *, key: str = "") -> str:
    """Deliver a report on the mail of the last link."""
    tag = delivery.derive_tag(key or relay.link().mail_key)
    return feedback.receive(ses_events.EVENTS[event](tag), now=clock.utc_now())


def read_delivery(relay: Relay, key: str = "") -> Delivery:
    """Return what is known of a mail's delivery, by default of the last link's."""
    link = relays_store.read_delivery(delivery.derive_tag(key or relay.link().mail_key))
    assert link is not None
    return link


def read_turn_state(relay: Relay) -> State:
    """Return the state of the turn now."""
    turn = whose_turn(relay.head(), clock.utc_now(), terms.calendar(), terms.turns())
    assert turn is not None
    return turn.state


def test_the_mail_bears_an_opaque_tag_and_is_known_before_it_leaves(relay: Relay) -> None:
    relay.sends()

    delivery = read_delivery(relay)

    assert delivery.state is DeliveryState.UNDER_WAY
    assert delivery.mail.kind is MailKind.LINK
    assert delivery.mailbox == address.hash_folded(COMPANY_ADDRESS)
    assert COMPANY_ADDRESS not in repr(delivery)


def test_a_delivery_is_shown_and_noted_once(relay: Relay, time: Clock) -> None:
    relay.sends()
    time.passes(minutes=1)

    assert report_delivery(relay) == "delivered"
    assert report_delivery(relay) == "repeated"

    assert relay.deposit().mailing is Mailing.DELIVERED
    at = relay.deposit().mailing_at
    assert at is not None and timedelta(0) <= clock.utc_now() - at < timedelta(minutes=1)
    assert relay.event_kinds().count(EventKind.MAIL_DELIVERED) == 1
    assert read_turn_state(relay) is State.TO_OPEN


def test_a_mail_may_be_read_before_its_delivery_is_heard_of(relay: Relay) -> None:
    token = relay.sends()
    browser = Browser()
    browser.proves(token)
    browser.opens(token)

    assert report_delivery(relay) == "delivered"

    assert relay.head().step is Step.OPENED
    assert relay.deposit().state is DepositState.OPENED
    assert relay.deposit().mailing is Mailing.DELIVERED
    assert EventKind.MAIL_DELIVERED not in relay.event_kinds()


def test_a_delayed_mail_is_shown_and_changes_no_state(relay: Relay) -> None:
    relay.sends()
    before = relay.head()

    report_delivery(relay, "delayed")

    assert relay.deposit().mailing is Mailing.DELAYED
    assert relay.head() == before
    report_delivery(relay, "delivered")
    assert relay.deposit().mailing is Mailing.DELIVERED
    assert report_delivery(relay, "delayed") == "repeated"
    assert relay.deposit().mailing is Mailing.DELIVERED


@pytest.mark.parametrize("event", ["refused", "complained"])
def test_a_bounced_link_closes_and_gives_the_tutor_the_turn(relay: Relay, event: str) -> None:
    token = relay.sends()
    notified = len(relay.mailed_to())

    assert report_delivery(relay, event) == event

    assert read_turn_state(relay) is State.MAIL_FAILED
    assert relay.deposit().mailing is {"refused": Mailing.REJECTED, "complained": Mailing.UNWANTED}[event]
    assert relay.event_kinds()[-1] is EventKind.MAIL_BOUNCED
    assert COMPANY_ADDRESS in cases.load_mailboxes(
        UnitOfWork(), [COMPANY_ADDRESS, "autre@entreprise.example"]
    )
    assert len(cases.load_mailboxes(UnitOfWork(), [COMPANY_ADDRESS, "autre@entreprise.example"])) == 1
    relay.mailer_runs()
    assert len(relay.mailed_to()) == notified + 1
    browser = Browser()
    browser.proves(token)
    with pytest.raises(LinkRefused):
        browser.opens(token)


def test_the_notice_names_another_contact_and_why(relay: Relay, world: World) -> None:
    relay.sends()
    report_delivery(relay, "refused")

    relay.mailer_runs()

    mail = world.mails()[-1]
    assert str(mail["To"]) == relay.tutor.address
    text = mail_rules.read_body(mail, "plain")
    assert "Cette adresse n’existe pas" in text
    assert f"Hugo Tissier, 03 80 11 22 33, {OTHER}" in text


def test_a_spam_complaint_takes_nothing_from_a_recipient_who_opened(relay: Relay) -> None:
    token = relay.sends()
    browser = Browser()
    browser.proves(token)
    browser.opens(token)

    report_delivery(relay, "complained")

    assert relay.head().setback is None
    assert relay.link().mail_refused_at is None
    assert relay.deposit().is_live(clock.utc_now())
    assert relay.event_kinds()[-1] is EventKind.MAIL_BOUNCED
    assert COMPANY_ADDRESS in cases.load_mailboxes(UnitOfWork(), [COMPANY_ADDRESS])


@pytest.mark.parametrize("event", ["returned", "uncertain"])
def test_a_full_mailbox_keeps_the_link_alive_and_gives_the_tutor_the_turn(relay: Relay, event: str) -> None:
    token = relay.sends()

    report_delivery(relay, event)

    assert read_turn_state(relay) is State.MAIL_IN_DOUBT
    assert relay.deposit().mailing is Mailing.RETURNED
    assert not cases.load_mailboxes(UnitOfWork(), [COMPANY_ADDRESS])
    browser = Browser()
    browser.proves(token)
    browser.opens(token)
    assert relay.head().step is Step.OPENED


def test_a_delivery_after_an_automatic_reply_shows_the_mail_as_delivered(relay: Relay) -> None:
    relay.sends()
    report_delivery(relay, "uncertain")

    report_delivery(relay, "delivered")

    assert read_turn_state(relay) is State.TO_OPEN
    assert relay.deposit().mailing is Mailing.DELIVERED
    assert report_delivery(relay, "uncertain") == "repeated"


def test_a_mail_rejected_for_a_virus_does_not_block_its_address(relay: Relay) -> None:
    relay.sends()

    report_delivery(relay, "rejected")

    assert read_turn_state(relay) is State.MAIL_FAILED
    assert not cases.load_mailboxes(UnitOfWork(), [COMPANY_ADDRESS])


def test_a_later_delivery_clears_an_address_and_an_earlier_one_does_not(relay: Relay, time: Clock) -> None:
    relay.sends()
    first = relay.link().mail_key
    time.passes(minutes=5)
    report_delivery(relay, "rejected")  # so that it may be sent again
    sends_again(relay)
    time.passes(minutes=5)
    report_delivery(relay, "refused")
    assert cases.load_mailboxes(UnitOfWork(), [COMPANY_ADDRESS])

    report_delivery(relay, "delivered", key=first)  # says nothing new of the first
    assert cases.load_mailboxes(UnitOfWork(), [COMPANY_ADDRESS])


def test_what_comes_back_later_takes_back_no_objection(relay: Relay, time: Clock) -> None:
    relay.sends()
    subjects.stop_mails(COMPANY_ADDRESS, now=clock.utc_now())
    time.passes(minutes=5)

    report_delivery(relay, "refused")

    (mailbox,) = cases.load_mailboxes(UnitOfWork(), [COMPANY_ADDRESS]).values()
    assert mailbox.is_unwanted


@pytest.mark.parametrize("event", ["refused", "delivered", "uncertain", "rejected"])
def test_a_report_that_arrives_before_the_sending_is_recorded_is_kept(
    relay: Relay, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail service reports before the mailer has recorded that the link left."""
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    real = functions.send_mail

    def sends(message: object, *, key: str) -> None:
        real(message, key=key)  # type: ignore[arg-type]
        report_delivery(relay, event, key=key)

    monkeypatch.setattr(functions, "send_mail", sends)
    mailing.send_all([relay.link().mail_key], now=clock.utc_now())

    expected = {
        "delivered": (State.TO_OPEN, Mailing.DELIVERED),
        "uncertain": (State.MAIL_IN_DOUBT, Mailing.RETURNED),
        "rejected": (State.MAIL_FAILED, Mailing.UNSENT),
    }.get(event, (State.MAIL_FAILED, Mailing.REJECTED))
    assert (read_turn_state(relay), relay.deposit().mailing) == expected
    assert relay.head().step is Step.LINK_SENT
    assert relay.event_kinds().count(EventKind.LINK_SENT) == 1


def test_a_mail_given_up_in_doubt_that_was_delivered_gives_the_company_its_turn(
    relay: Relay, time: Clock
) -> None:
    _given_up_in_doubt(relay, time)
    assert read_turn_state(relay) is State.MAIL_IN_DOUBT

    report_delivery(relay, "delivered")

    assert read_turn_state(relay) is State.TO_OPEN
    assert relay.event_kinds().count(EventKind.LINK_SENT) == 1
    assert relay.deposit().state is DepositState.LEFT


def _given_up_in_doubt(relay: Relay, time: Clock) -> None:
    """Let every answer of the mail service be lost until the mail of the link is given up, though it may have left."""
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    for _ in range(MOST_UNANSWERED):
        with Tap(act=strike(Mode.LOST), operation="SendEmail").open():
            mailing.send_all([relay.link().mail_key], now=clock.utc_now())
        time.now += LEASE * 2**LONGEST_DOUBLING
    mailing.send_all([relay.link().mail_key], now=clock.utc_now())


def test_no_second_copy_leaves_once_the_first_is_reported(relay: Relay, time: Clock, world: World) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    key = relay.link().mail_key
    with Tap(act=strike(Mode.LOST), operation="SendEmail").open():
        mailing.send_all([key], now=clock.utc_now())
    copies = len(world.mails())
    assert report_delivery(relay, "sent", key=key) == "sent"
    time.passes(hours=1)

    mailing.send_all([key], now=clock.utc_now())

    assert [str(mail["To"]) for mail in world.mails()[copies:]] == [relay.tutor.address]
    assert read_turn_state(relay) is State.TO_OPEN


def test_a_report_on_an_older_link_version_is_noted_and_changes_no_state(relay: Relay) -> None:
    relay.sends()
    older = relay.link().mail_key
    sends_again(relay)
    before = relay.head()

    report_delivery(relay, "refused", key=older)

    after = relay.head()
    assert (after.step, after.setback, relay.link().mail_refused_at) == (before.step, before.setback, None)
    assert relay.deposit().mailing is Mailing.ACCEPTED
    assert relay.event_kinds()[-1] is EventKind.MAIL_BOUNCED
