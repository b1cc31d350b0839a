"""Who is invited to a meeting: whoever of the company holds a living link, never the buyer's link, else the record's contact."""

from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.noting import Outcome
from chalicelib.domain.parcours import CompanyContact, ContactRole
from chalicelib.domain.timeline import EventKind, Interlocutor
from chalicelib.domain.values import Role
from chalicelib.errors import WrongStep
from chalicelib.stories import meeting, noting, recording, sending_again
from tests import factories, relays
from tests.conftest import Clock
from tests.factories import COMPANY_ADDRESS
from tests.meetings import calendars, in_days, shown
from tests.passings import COLLEAGUE, passes, proven
from tests.relays import Relay
from tests.worlds import World

BUYER = "a.acheteuse@ministere.example"
HOLDER = "x.autre@jardins.entreprise.example"


def fixes_by_telephone(relay: Relay) -> None:
    """The tutor notes what was agreed on the telephone."""
    now = clock.utc_now()
    outcome = Outcome(
        kind=EventKind.MEETING_FIXED,
        contact=Interlocutor.ANSWERS_TENDER,
        occurred_at=now,
        planned_at=now + timedelta(days=9),
    )
    noting.note(relay.tutor, relay.parcours_id, outcome, now=now)


def test_a_buyer_who_holds_the_link_is_not_invited_as_the_company(world: World, time: Clock) -> None:
    buyer = factories.account(Role.BUYER, address=BUYER)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,))
    token = relay.sends(recipient=BUYER)
    browser = proven(token, BUYER)

    with pytest.raises(WrongStep):
        meeting.propose(token, (in_days(9),), True, browser.digest, clock.utc_now())
    fixes_by_telephone(relay)

    assert calendars(relay) == dict.fromkeys((relay.tutor.address, COMPANY_ADDRESS), "REQUEST")


def test_a_link_that_was_passed_on_invites_the_colleague_in_its_holders_place(
    world: World, time: Clock
) -> None:
    relay = relays.started(world)
    token = relay.sends()
    passes(proven(token), token)
    relay.mailer_runs()

    fixes_by_telephone(relay)

    assert calendars(relay) == dict.fromkeys((relay.tutor.address, COLLEAGUE), "REQUEST")


def test_whoever_held_a_link_that_was_withdrawn_gives_her_place_to_the_contact_at_once(
    world: World, time: Clock
) -> None:
    relay = relays.started(world)
    token = relay.sends(recipient=HOLDER)
    browser = proven(token, HOLDER)
    slot = in_days(9)
    meeting.propose(token, (slot,), True, browser.digest, clock.utc_now())
    meeting.accept(relay.tutor, relay.parcours_id, slot.start, clock.utc_now(), seen=shown(relay))
    sending_again.revoke(relay.tutor, relay.deposit().id, seen_opened=False, now=clock.utc_now())

    stands = dict.fromkeys((relay.tutor.address, COMPANY_ADDRESS), "REQUEST")
    assert calendars(relay) == stands | {HOLDER: "CANCEL"}


def test_a_contact_who_is_invited_gives_her_place_to_whoever_the_record_names_then(
    world: World, time: Clock
) -> None:
    relay = relays.started(world)
    fixes_by_telephone(relay)
    calendars(relay)
    contact = CompanyContact(role=ContactRole.WELCOMES, name="Odile Neuve", address=HOLDER)

    for _ in range(2):
        recording.set_contact(
            relay.tutor,
            relay.parcours_id,
            Interlocutor.WELCOMES,
            contact,
            seen=relay.head().edited,
            reached=True,
            now=clock.utc_now(),
        )

    stands = dict.fromkeys((relay.tutor.address, HOLDER), "REQUEST")
    assert calendars(relay) == stands | {COMPANY_ADDRESS: "CANCEL"}
