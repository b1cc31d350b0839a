"""What ends by itself: a reservation is warned of, then lapses; a free offer ends with its contract. Twice is once."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.attempt import RESERVATION
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.parcours.ending import WARNING
from chalicelib.stores import aws, items, parcours_table, transactions
from chalicelib.stories import outcomes
from tests.conftest import Clock
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import signed_in
from tests.support.offers import list_lapsing_due
from tests.support.relays import Relay
from tests.support.worlds import World


def list_mails_to(world: World, address: str) -> list[EmailMessage]:
    """Return the mails that went to this address, oldest first."""
    return [mail for mail in world.mails() if mail["To"] == address]


def test_a_reservation_is_warned_of_then_lapses_and_the_tutor_is_told_each_time(
    relay: Relay, world: World, time: Clock
) -> None:
    until = relay.head().reservation_until
    assert until is not None
    assert "Réservée" in signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text

    time.now = until - WARNING + timedelta(minutes=1)
    assert relay.purges().mails == 1
    assert relay.purges().mails == 1, "the mail waits; nothing new is said"
    relay.mailer_runs()
    (warning,) = list_mails_to(world, relay.tutor.address)
    assert "prend fin" in warning["Subject"]
    assert relay.event_kinds() == [EventKind.OFFER_DECLARED, EventKind.OFFER_TAKEN]

    time.now = until + timedelta(minutes=1)
    relay.purges()
    relay.purges()
    relay.mailer_runs()
    assert relay.event_kinds()[-1] is EventKind.RESERVATION_LAPSED
    assert relay.event_kinds().count(EventKind.RESERVATION_LAPSED) == 1
    assert (relay.head().status, relay.head().tutor) == (ParcoursStatus.AVAILABLE, None)
    _, mail = list_mails_to(world, relay.tutor.address)
    assert "de nouveau libre" in mail["Subject"]
    (to_company,) = list_mails_to(world, COMPANY_ADDRESS)
    assert "de nouveau libre" in to_company["Subject"]
    assert len(world.mails()) == 3, "nobody else hears of it"


def test_a_sending_ends_the_reservation(relay: Relay, time: Clock) -> None:
    relay.sends()

    time.passes(days=RESERVATION.days + 1)
    relay.purges()

    assert relay.head().reservation_until is None
    assert EventKind.RESERVATION_LAPSED not in relay.event_kinds()


def test_documents_under_way_keep_the_reservation(relay: Relay, time: Clock) -> None:
    until = relay.head().reservation_until
    assert until is not None
    time.now = until - timedelta(minutes=5)
    outcomes.let_lapse(relay.parcours_id, now=time.now)
    time.now = (relay.head().reservation_until or until) - timedelta(minutes=1)
    relay.announces()

    time.passes(minutes=5)

    assert outcomes.let_lapse(relay.parcours_id, now=time.now) == []
    assert relay.head().status is ParcoursStatus.IN_PREPARATION


def test_a_late_warning_still_leaves_a_week(relay: Relay, time: Clock) -> None:
    until = relay.head().reservation_until
    assert until is not None
    time.now = until + timedelta(days=2)

    relay.purges()
    relay.purges()

    assert relay.head().status is ParcoursStatus.IN_PREPARATION
    assert (relay.head().reservation_until or until) > time.now + WARNING - timedelta(minutes=1)


def test_a_stale_index_lets_no_reservation_lapse(relay: Relay, time: Clock) -> None:
    """A parcours that the index still shows as due is read again, and nothing lapses if it no longer is."""
    assert outcomes.let_lapse(relay.parcours_id, now=time.now) == []
    relay.sends()
    time.passes(days=60)
    assert outcomes.let_lapse(relay.parcours_id, now=time.now) == []
    assert relay.event_kinds()[-1] is EventKind.LINK_SENT


def test_a_free_offer_ends_with_its_contract_once(world: World, time: Clock) -> None:
    day = (time.now + timedelta(days=3)).date()
    contract = replace(factories.offer().contract, ends_on=day)
    offer = factories.offer(contract=contract)
    transactions.commit(attempt.declare(offer, "e" * 32))
    assert offer.id not in list_lapsing_due(time.now)

    time.passes(days=4)
    assert offer.id in list_lapsing_due(time.now)
    outcomes.let_lapse(offer.id, now=time.now)
    outcomes.let_lapse(offer.id, now=time.now)

    assert parcours_table.read_parcours(offer.id).status is ParcoursStatus.LAPSED
    events = parcours_table.read_page(offer.id).events
    assert [event.kind for event in events] == [EventKind.OFFER_DECLARED, EventKind.PARCOURS_LAPSED]


def test_a_failing_reservation_does_not_stop_the_others(world: World, time: Clock) -> None:
    passages = [relays.started(world) for _ in range(2)]
    broken = passages[0].head()
    aws.dynamodb().update_item(
        TableName=world.environment["PARCOURS_TABLE"],
        Key=items.encode_key(items.parcours_key(broken.id)),
        UpdateExpression="SET edited = :wrong",
        ExpressionAttributeValues=items.encode_item({":wrong": "no number"}),
    )
    time.passes(days=RESERVATION.days - WARNING.days, minutes=1)

    report = passages[1].purges()

    assert report.failed == 1
    assert passages[1].head().warned_at is not None
