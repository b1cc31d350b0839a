"""What the operator tells the data protection officer after a breach: whose data lay there or moved between two instants."""

from argparse import Namespace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import aws, items
from chalicelib.stores.audit_table import AUDIT
from chalicelib.stories import rights
from chalicelib.stories.documents import sending
from infra import CommandFailed, affected, auditing, restore
from infra.affected import Affected
from tests.conftest import Clock
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import signed_in
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records

MINUTE = timedelta(minutes=1)


def find_affected(world: World, begins: timedelta, ends: timedelta) -> Affected:
    """Return whom a breach reached between two instants, told from now."""
    now = clock.utc_now()
    backup = restore.read_table(aws.dynamodb(), world.environment[items.PARCOURS])
    relayed = affected.read_relayed(aws.dynamodb(), world.environment[items.RELAY])
    acts = auditing.scan_rows(aws.dynamodb(), world.environment[AUDIT], now + begins, now + ends)
    return affected.find_affected(backup, relayed, acts, now + begins, now + ends)


def test_documents_in_store_then_or_erased_since_are_counted_with_their_reference(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    reference = str(relay.head().reference)

    assert find_affected(world, -MINUTE, MINUTE).readable == (reference,)

    time.passes(hours=1)
    sending.revoke(relay.tutor, relay.deposit().id, seen_opened=False, now=clock.utc_now())
    relay.purges()
    time.passes(hours=1)

    assert find_affected(world, -timedelta(hours=2), -timedelta(hours=2)).readable == (reference,)
    assert find_affected(world, -timedelta(minutes=30), MINUTE).readable == ()
    assert find_affected(world, -timedelta(days=2), -timedelta(days=1)).readable == ()


def test_a_passage_is_touched_while_something_is_noted_and_counted_while_it_is_stored(
    relay: Relay, world: World, time: Clock
) -> None:
    reference = str(relay.head().reference)
    time.passes(hours=5)

    during = find_affected(world, -timedelta(hours=6), MINUTE)
    after = find_affected(world, -timedelta(hours=1), MINUTE)

    assert (during.touched, during.passages) == ((reference,), 1)
    assert (after.touched, after.passages) == ((), 1)
    assert find_affected(world, -timedelta(days=9), -timedelta(days=8)).passages == 0


def test_contacts_are_counted_and_accounts_named_by_their_id(relay: Relay, world: World) -> None:
    reached = find_affected(world, -MINUTE, MINUTE)

    assert relay.tutor.id in reached.accounts
    assert (
        reached.contacts == len(relay.head().company.contacts) + (relay.head().buyer_contact is not None) > 0
    )
    assert COMPANY_ADDRESS not in repr(reached)


def test_who_acted_then_and_what_they_were_shown_is_told_by_ids(
    relay: Relay, world: World, time: Clock
) -> None:
    signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}")

    reached = find_affected(world, -MINUTE, MINUTE)

    assert (reached.acting, reached.shown) == ((relay.tutor.id,), (relay.parcours_id,))
    team = factories.account(Role.TEAM)
    add_records(team)
    time.passes(hours=1)
    assert signed_in(team).get(f"/parcours/{relay.parcours_id}/envoi").status == 403
    refused = find_affected(world, -MINUTE, MINUTE)
    assert (refused.acting, refused.shown) == ((team.id,), ())
    time.passes(hours=1)
    later = find_affected(world, -MINUTE, MINUTE)
    assert (later.acting, later.shown) == ((), ())


def test_recipients_that_no_record_names_and_open_requests_are_counted(relay: Relay, world: World) -> None:
    known = find_affected(world, -MINUTE, MINUTE).contacts
    relay.sends(recipient="ailleurs@atelier.example")
    asked = rights.parse_request("agent", "", "acces", "a@academie.example", now=clock.utc_now())
    rights.ask_rights(asked, source_ip="203.0.113.7", now=clock.utc_now())

    reached = find_affected(world, -MINUTE, MINUTE)

    assert (reached.contacts, reached.requests) == (known + 1, 1)
    rights.mark_answered(asked.number, now=clock.utc_now())
    assert find_affected(world, -MINUTE, MINUTE).requests == 0


def test_the_register_of_breaches_has_a_line_with_what_is_known_and_blanks_for_the_rest() -> None:
    now = clock.utc_now()
    reached = Affected(("CSF-7K3Q-92",), (), 4, ("a", "b"), 3, 2, (), ())

    header, line = affected.write_register(reached, now, now).splitlines()

    written = dict(zip(header.split(";"), line.split(";"), strict=True))
    assert written["parcours dont les documents étaient là"] == "1"
    assert (written["parcours gardés"], written["comptes"]) == ("4", "2")
    people = ("contacts et destinataires", "demandes sur les données en cours")
    assert [written[name] for name in people] == ["3", "2"]
    assert written["notifiée à la CNIL le"] == written["mesures prises"] == ""


@pytest.mark.parametrize("text", ["hier", "2026-11-26T09:00:00"])
def test_an_instant_without_its_time_zone_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed, match="with its time zone"):
        auditing.read_period(Namespace(begins=text, ends=text))
