"""Announcing a deposit: it is its id alone, once; whoever may not, or asks for something else under the same id, is told so."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role, Step
from chalicelib.errors import DepositConflict, WrongStep
from chalicelib.stores import transactions
from chalicelib.stores.objects import UploadForm
from chalicelib.stories.documents import sending
from chalicelib.stories.documents.sending import FORM_SECONDS, Announcement, SealedDocument
from tests.conftest import Clock
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS, Sealed
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

POLICY_MARGIN = timedelta(seconds=5)
"""Forms are signed by the real clock."""


def _asks(sender: Account, parcours_id: str, asked: Announcement) -> None:
    """Announce this as the sender."""
    sending.open_deposit(sender, parcours_id, asked, now=clock.utc_now())


def _known(account: Account) -> Account:
    """Store an account."""
    add_records(account)
    return account


def _policy(form: UploadForm) -> dict[str, object]:
    """Return the policy that a form's signature covers."""
    policy: dict[str, object] = json.loads(base64.b64decode(form["fields"]["policy"]))
    return policy


def test_the_same_announcement_is_the_same_deposit_and_gets_a_fresh_form(relay: Relay, time: Clock) -> None:
    document = relay.announces()
    first = relay.deposit()
    time.passes(minutes=30)

    relay.announces(document)

    assert relay.event_kinds()[2:] == [EventKind.DEPOSIT_OPENED]
    assert relay.deposit().erase_at - first.erase_at >= timedelta(minutes=30)
    assert relay.deposit().contents == first.contents
    assert relay.forms[0]["fields"]["key"] == relay.forms[1]["fields"]["key"]
    relay.uploads()
    assert relay.is_inspected() == "verified"


def test_a_form_holds_five_minutes_and_exactly_what_was_announced(relay: Relay) -> None:
    document = relay.announces()
    fields, policy = relay.forms[0]["fields"], _policy(relay.forms[0])

    ends = datetime.fromisoformat(str(policy["expiration"]).replace("Z", "+00:00"))
    left = ends - datetime.now(ends.tzinfo)
    assert timedelta(seconds=FORM_SECONDS) - POLICY_MARGIN < left
    assert left <= timedelta(seconds=FORM_SECONDS)
    conditions = policy["conditions"]
    assert isinstance(conditions, list)
    size = len(document.blob)
    assert ["content-length-range", size, size] in conditions
    for name in ("key", "Content-Type", "x-amz-checksum-sha256", "x-amz-meta-key", "x-amz-meta-parcours"):
        assert {name: fields[name]} in conditions
    assert fields["key"] == f"sealed/{document.deposit}/cv"
    assert not any(isinstance(condition, list) and condition[0] == "starts-with" for condition in conditions)


def _other_document(document: Sealed) -> Announcement:
    """Return the announcement of another document under the same deposit id."""
    return factories.sealed(b"other", deposit=document.deposit).build_announcement()


def _announced(document: Sealed, declared: SealedDocument) -> Announcement:
    """Return the announcement of a document in which something is declared otherwise."""
    return replace(document.build_announcement(), documents=(declared,))


OTHERWISE: dict[str, Callable[[Sealed], Announcement]] = {
    "another document": _other_document,
    "another key": lambda sealed: _announced(sealed, replace(sealed.declared, key=b"\0" * 32)),
    "another size": lambda sealed: _announced(
        sealed, replace(sealed.declared, sealed_bytes=len(sealed.blob) + 1)
    ),
    "another hash": lambda sealed: _announced(
        sealed, replace(sealed.declared, sha256=base64.b64encode(b"\0" * 32).decode())
    ),
    "another kind": lambda sealed: _announced(sealed, replace(sealed.declared, kind=Kind.LETTER)),
    "another recipient": lambda sealed: sealed.build_announcement("autre@entreprise.example"),
    "a second document": lambda sealed: replace(
        sealed.build_announcement(),
        documents=(sealed.declared, factories.sealed(kind=Kind.LETTER, deposit=sealed.deposit).declared),
    ),
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_anything_else_under_the_same_id_is_a_conflict(relay: Relay, what: str) -> None:
    document = relay.announces()
    before = relay.deposit()

    with pytest.raises(DepositConflict):
        _asks(relay.tutor, relay.parcours_id, OTHERWISE[what](document))

    assert relay.deposit() == before


def test_an_id_used_on_another_parcours_is_a_conflict_there(relay: Relay, world: World) -> None:
    other = relays.takes(world, relay.tutor)
    document = relay.announces()

    with pytest.raises(DepositConflict):
        _asks(relay.tutor, other.parcours_id, document.build_announcement())

    assert other.event_kinds()[-1] is EventKind.OFFER_TAKEN


def test_an_id_announced_by_somebody_else_is_a_conflict(relay: Relay) -> None:
    """The coordinator may send on this parcours, but may not announce under the id that the tutor announced."""
    document = relay.announces()

    with pytest.raises(DepositConflict):
        _asks(
            _known(factories.account(Role.COORDINATOR)),
            relay.parcours_id,
            document.build_announcement(),
        )


def test_one_deposit_lives_at_a_time_and_the_next_may_follow_when_it_ended(relay: Relay, time: Clock) -> None:
    relay.announces()
    second = factories.sealed()

    with pytest.raises(DepositConflict):
        _asks(relay.tutor, relay.parcours_id, second.build_announcement())
    time.passes(minutes=61)
    relay.purges()
    relay.announces(second)

    assert relay.deposit().id == second.deposit
    assert relay.event_kinds()[2:] == [
        EventKind.DEPOSIT_OPENED,
        EventKind.DEPOSIT_ABANDONED,
        EventKind.DEPOSIT_OPENED,
    ]


def test_a_deposit_may_follow_one_that_was_read(relay: Relay) -> None:
    browser = Browser()
    token = relay.sends()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)

    assert relay.sends() != token


def _ended(relay: Relay) -> None:
    """Let the time of the deposit be over."""
    time_is_over = replace(relay.deposit(), erase_at=clock.utc_now() - timedelta(seconds=1))
    change_record(relay.deposit(), time_is_over)


def _verified(relay: Relay) -> None:
    """Upload the document and let it pass inspection."""
    relay.uploads()
    relay.is_inspected()


@pytest.mark.parametrize("end", [_ended, _verified], ids=["awaited too long", "verified"])
def test_an_announcement_that_ended_gets_no_new_upload_form(
    relay: Relay, end: Callable[[Relay], None]
) -> None:
    document = relay.announces()
    end(relay)

    with pytest.raises(WrongStep):
        relay.announces(document)


def test_an_erased_id_is_never_used_again(relay: Relay, time: Clock) -> None:
    document = relay.announces()
    time.passes(minutes=61)
    relay.purges()

    with pytest.raises(DepositConflict):
        relay.announces(document)


@pytest.mark.parametrize("step", [Step.SLOTS_PROPOSED, Step.MEETING_FIXED, Step.CONVENTION_SIGNED])
def test_documents_are_sent_at_no_later_step(relay: Relay, step: Step) -> None:
    head = relay.head()
    change_record(head, replace(head, step=step))

    with pytest.raises(WrongStep):
        relay.announces()


@pytest.mark.parametrize(
    "status", [status for status in ParcoursStatus if status is not ParcoursStatus.IN_PREPARATION]
)
def test_documents_are_sent_in_no_other_status(relay: Relay, status: ParcoursStatus) -> None:
    head = relay.head()
    change_record(head, replace(head, status=status))

    with pytest.raises(WrongStep):
        relay.announces()


def test_an_offer_is_taken_once(relay: Relay) -> None:
    with pytest.raises(WrongStep):
        transactions.commit(
            attempt.take(relay.head(), _known(factories.account()), factories.decision_inputs())
        )


def test_nothing_of_the_document_is_written_when_it_is_announced(relay: Relay, world: World) -> None:
    named = world.everything().count(COMPANY_ADDRESS)  # in the record, and what is derived of it

    document = relay.announces()
    everything = world.everything()

    for secret in (document.key.hex(), base64.b64encode(document.key).decode(), "Curriculum"):
        assert secret not in everything
    assert relay.deposit().state is DepositState.EXPECTED
    assert everything.count(COMPANY_ADDRESS) == named + 1  # this deposit
