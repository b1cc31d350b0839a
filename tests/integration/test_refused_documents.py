"""Refusing: what is not what was declared goes at once, nothing leaves, and its sender alone is told why and what to do."""

import secrets
from collections.abc import Callable

import pytest

from chalicelib import clock, seal
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Kind, Step
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, keys, objects, parcours_table
from chalicelib.stories.documents import inspecting
from chalicelib.words import codes
from tests.conftest import Clock
from tests.faults.sending_changes import announces_both, uploads_both
from tests.faults.wire import Tap
from tests.support import factories, mail_rules, pdf_samples
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def _with(relay: Relay, *, blob: bytes | None = None, wrapped: str | None = None) -> None:
    """Replace the object by other bytes or another wrapped key, as a thief of the form could on an emulator and nobody can on
    S3.
    """
    fields = relay.forms[-1]["fields"]
    aws.s3().put_object(
        Bucket=relay.world.environment["DOCUMENT_BUCKET"],
        Key=fields["key"],
        Body=relay.sent[-1].blob if blob is None else blob,
        Metadata={"key": fields[objects.KEY_FIELD] if wrapped is None else wrapped},
    )


def _context(relay: Relay, **changes: str) -> keys.KeyContext:
    """Return what the deposit's data key is wrapped for, with some of it changed."""
    contents = relay.deposit().contents
    assert contents is not None
    to = address.bind_recipient(contents.salt, contents.recipient)
    return keys.KeyContext(**{"deposit": relay.deposit().id, "kind": "cv", "to": to, **changes})


def _another_key(relay: Relay) -> str:
    """Return another data key, wrapped for this deposit."""
    return keys.wrap(secrets.token_bytes(32), _context(relay))


def _for_another(relay: Relay) -> str:
    """Return this document's data key, wrapped for another recipient."""
    return keys.wrap(relay.sent[-1].key, _context(relay, to="0" * 64))


def _sealed_anew(relay: Relay) -> bytes:
    """Return another document of the same size under the same key and name, which only the one who sealed the first can make."""
    document = relay.sent[-1]
    return seal.seal(
        document.plain[:-2] + b" \n",
        key=document.key,
        nonce=secrets.token_bytes(12),
        aad=f"{document.deposit}/{document.kind}",
    )


NOT_AS_DECLARED: dict[str, Callable[[Relay], None]] = {
    "other bytes": lambda relay: _with(relay, blob=factories.turn_last_bit(relay.sent[-1].blob)),
    "another document under the same key": lambda relay: _with(relay, blob=_sealed_anew(relay)),
    "cut": lambda relay: _with(relay, blob=relay.sent[-1].blob[:-1]),
    "longer": lambda relay: _with(relay, blob=relay.sent[-1].blob + b"!"),
    "empty": lambda relay: _with(relay, blob=b""),
    "another key": lambda relay: _with(relay, wrapped=_another_key(relay)),
    "its key wrapped for another recipient": lambda relay: _with(relay, wrapped=_for_another(relay)),
    "no wrapped key": lambda relay: _with(relay, wrapped=""),
    "no base64 for a key": lambda relay: _with(relay, wrapped="!"),
}


@pytest.mark.parametrize("what", NOT_AS_DECLARED)
def test_what_is_not_as_declared_is_refused_and_erased(relay: Relay, world: World, what: str) -> None:
    relay.announces()
    NOT_AS_DECLARED[what](relay)

    assert relay.is_inspected() == "refused"

    assert world.objects() == {}
    document = relay.deposit().document(relay.sent[0].kind)
    assert document is not None and document.refusal is Reason.NOT_AS_DECLARED
    assert COMPANY_ADDRESS not in relay.mailed_to()


def test_a_blob_sealed_for_another_place_is_refused(relay: Relay, world: World) -> None:
    """Hash, size and key are as declared, but the document was sealed for another deposit."""
    elsewhere = factories.sealed()
    moved = factories.Sealed(
        factories.sealed().deposit, elsewhere.kind, elsewhere.plain, elsewhere.blob, elsewhere.key
    )
    relay.announces(moved)
    relay.uploads()

    assert relay.is_inspected() == "refused"
    assert world.objects() == {}


@pytest.mark.parametrize("change", [_another_key, _for_another], ids=["another key", "another recipient"])
def test_a_key_changed_after_inspection_opens_nothing_and_costs_nobody_her_turn(
    relay: Relay, world: World, change: Callable[[Relay], str]
) -> None:
    """B22: a wrapped key that is changed after inspection opens nothing; otherwise one blob could hold a clean PDF under one
    key and a hostile one under another.
    """
    browser = Browser()
    token = relay.sends()
    browser.proves(token)
    _with(relay, wrapped=change(relay))

    with pytest.raises(TryAgain):
        browser.opens(token)

    assert relay.link().opened_by is None
    assert EventKind.LINK_OPENED not in relay.event_kinds()
    _with(relay)
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain


def test_a_refusal_goes_to_the_tutor_alone_once_with_a_reason_and_what_to_do(
    relay: Relay, world: World
) -> None:
    relay.announces(factories.sealed(pdf_samples.document(catalog=b"/OpenAction" + pdf_samples.JAVASCRIPT)))
    relay.uploads()

    assert relay.is_inspected() == "refused"
    assert relay.is_inspected() == "missing"
    for _ in range(2):
        relay.mailer_runs()

    assert world.objects() == {}
    (mail,) = world.mails()
    reason, advice = codes.REFUSED_DOCUMENT[Reason.NOT_CANONICAL]
    text = mail_rules.one_line(mail)
    assert str(mail["To"]) == relay.tutor.address
    assert " ".join(reason.split()) in text and " ".join(advice.split()) in text
    assert COMPANY_ADDRESS not in text
    refusal = parcours_table.read_page(relay.parcours_id).events[-1]
    assert (refusal.kind, refusal.reason) == (EventKind.DOCUMENTS_REFUSED, Reason.NOT_CANONICAL)
    assert relay.head().step is Step.DOCUMENTS_TO_SEND
    assert relay.deposit().state is DepositState.REFUSED


@pytest.mark.parametrize("operation", ["BatchGetItem", "Decrypt"])
def test_a_refusal_stands_though_the_other_document_arrived_before_it(
    relay: Relay, world: World, time: Clock, operation: str
) -> None:
    """Two documents are inspected at once: the letter began before the CV was refused and ends after it, and the refusal
    stands.
    """
    cv = factories.sealed(b"not a PDF")
    announces_both(relay, cv, factories.sealed(kind=Kind.LETTER, deposit=cv.deposit))
    cv_key, letter_key = uploads_both(relay)

    def refuse(*_: object) -> None:
        time.passes(seconds=1)
        assert inspecting.inspect(cv_key, now=clock.utc_now()) == "refused"
        time.passes(seconds=1)

    with Tap(act=refuse, operation=operation, times=1).open() as tap:
        inspecting.inspect(letter_key, now=clock.utc_now())

    assert tap.struck
    assert relay.deposit().state is DepositState.REFUSED
    assert relay.event_kinds()[-1] is EventKind.DOCUMENTS_REFUSED
    assert EventKind.DOCUMENTS_RECEIVED not in relay.event_kinds()
    assert relay.purges().erased == 1
    assert relay.deposit().contents is None and world.objects() == {}


def test_the_tutor_is_told_of_a_refusal_though_the_purge_was_faster_than_the_mailer(
    relay: Relay, time: Clock
) -> None:
    relay.announces(factories.sealed(b"GIF89a"))
    relay.uploads()
    relay.is_inspected()
    time.passes(minutes=1)

    relay.purges()
    assert relay.deposit().contents is None
    relay.mailer_runs()

    assert relay.mailed_to() == [relay.tutor.address]


def test_after_a_refusal_another_document_may_be_sent_at_once(relay: Relay) -> None:
    relay.announces(factories.sealed(b"not a PDF"))
    relay.uploads()
    relay.is_inspected()

    assert relay.sends()
