"""The daily proof of erasure, decided: what is judged of it, which objects there have to be, which there may be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import config
from chalicelib.domain import proving
from chalicelib.domain.kernel.deposit import Contents, Deposit, DepositState, Document, DocumentState
from chalicelib.domain.kernel.transition import Change, MailKind, Transition
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.proving import PurgeProof, Verdict
from tests.support import factories
from tests.support.factories import NOON

HOUR, A_MOMENT = timedelta(hours=1), timedelta(milliseconds=1)
WELL = PurgeProof(proved_at=NOON, swept_at=NOON, took_seconds=40)
PROMISED = timedelta(minutes=config.ERASED_MINUTES)

JUDGED = {
    "never": (None, NOON, Verdict.NEVER),
    "begun only": (PurgeProof(busy_until=NOON), NOON, Verdict.NEVER),
    "just proved": (WELL, NOON, Verdict.PROVED),
    "proved as long ago as may be": (WELL, NOON + proving.LATE, Verdict.PROVED),
    "late": (WELL, NOON + proving.LATE + A_MOMENT, Verdict.LATE),
    "compared too long ago": (replace(WELL, swept_at=NOON - proving.LATE - A_MOMENT), NOON, Verdict.LATE),
    "never compared": (replace(WELL, swept_at=None), NOON, Verdict.LATE),
    "failed": (replace(WELL, failed_at=NOON + HOUR), NOON + HOUR, Verdict.FAILED),
    "failed, and never proved": (PurgeProof(failed_at=NOON), NOON, Verdict.FAILED),
    "proved after a failure": (replace(WELL, failed_at=NOON - HOUR), NOON, Verdict.PROVED),
    "an object too many": (replace(WELL, strays=1), NOON, Verdict.FOUND),
    "an object too few": (replace(WELL, missing=1), NOON, Verdict.FOUND),
}


@pytest.mark.parametrize("case", JUDGED)
def test_a_proof_is_judged_by_its_worst(case: str) -> None:
    proof, now, expected = JUDGED[case]

    assert proving.judge_proof(proof, now) is expected


def test_one_run_has_the_proof_to_itself_until_it_must_be_dead() -> None:
    (taken,) = proving.begin(None, NOON).changes
    held = taken.after
    assert isinstance(held, PurgeProof)

    assert not proving.begin(held, NOON + proving.LIFE - A_MOMENT)
    assert proving.begin(held, NOON + proving.LIFE)


def _deposit(state: DepositState, document: DocumentState) -> Deposit:
    """Return a deposit of one CV in these states."""
    contents = Contents(
        owner="a", sealed_by="a", sender=Role.TUTOR, recipient="x@y.example", salt="00",
        documents=(Document(kind=Kind.CV, sealed_bytes=99, sha256="s", key_sha256="k", state=document),),
    )  # fmt: skip
    return Deposit(
        id="d", parcours="p", attempt=1, kinds=(Kind.CV,), state=state, created_at=NOON, form_signed_at=NOON,
        erase_at=NOON + HOUR, contents=contents,
    )  # fmt: skip


AWAITED = _deposit(DepositState.EXPECTED, DocumentState.EXPECTED)
LEFT = _deposit(DepositState.LEFT, DocumentState.VERIFIED)
ERASED = replace(LEFT, state=DepositState.EXPIRED, erasing_at=NOON, erased_at=NOON, contents=None)
HOLDINGS = {
    "awaited": (AWAITED, False, True),
    "received": (_deposit(DepositState.RECEIVED, DocumentState.RECEIVED), True, True),
    "left": (LEFT, True, True),
    "opened": (replace(LEFT, state=DepositState.OPENED), True, True),
    "confirmed": (replace(LEFT, state=DepositState.CONFIRMED, erase_at=NOON), False, True),
    "withdrawn": (replace(LEFT, state=DepositState.REVOKED, erase_at=NOON), False, True),
    "being erased": (replace(LEFT, erasing_at=NOON, erase_at=NOON), False, True),
    "over for as long as is promised": (replace(LEFT, erase_at=NOON - PROMISED), False, False),
    "erased": (ERASED, False, False),
}


@pytest.mark.parametrize("case", HOLDINGS)
def test_an_object_has_to_be_there_while_somebody_may_open_it_and_may_until_the_promise(case: str) -> None:
    deposit, must, may = HOLDINGS[case]

    assert proving.must_hold(deposit, NOON) == ((Kind.CV,) if must else ())
    assert proving.may_hold(deposit, "cv", NOON, PROMISED) is may
    assert not proving.may_hold(deposit, "lettre", NOON, PROMISED)
    assert not proving.may_hold(None, "cv", NOON, PROMISED)


def test_an_invented_parcours_mails_nothing_but_its_link() -> None:
    inputs = factories.decision_inputs()
    mails = tuple(
        inputs.build_mail(kind) for kind in (MailKind.LINK, MailKind.SENDING_NOTICE, MailKind.REMINDER)
    )
    real = factories.offer()
    invented = replace(real, synthetic=True)

    assert proving.without_mails(Transition((Change(real, real),), mails=mails)).mails == mails
    assert proving.without_mails(Transition((Change(invented, invented),), mails=mails)).mails == mails[:1]


def test_only_a_deposit_that_lives_is_ended() -> None:
    (change,) = proving.expire(LEFT, NOON).changes

    assert isinstance(change.after, Deposit) and change.after.erase_at == NOON
    assert not proving.expire(change.after, NOON + HOUR)
    assert not proving.expire(ERASED, NOON)


def test_only_a_whole_run_changes_what_is_known_of_proof_and_comparison() -> None:
    swept = proving.Swept(objects=3, documents=2, strays=1, missing=0)
    failed = proving.Night(at=NOON + HOUR, stopped=proving.Stop.NOT_SENT)
    well = proving.Night(at=NOON + 2 * HOUR, took_seconds=9, swept=swept)

    def note(proof: PurgeProof, night: proving.Night) -> PurgeProof:
        (change,) = proving.note_run(proof, night).changes
        assert isinstance(change.after, PurgeProof)
        return change.after

    after_failure = note(WELL, failed)
    assert after_failure == replace(WELL, failed_at=failed.at)
    after = note(replace(after_failure, nights=(failed,)), well)
    assert (after.proved_at, after.took_seconds, after.swept_at) == (well.at, 9, well.at)
    assert (after.strays, after.missing, after.nights) == (1, 0, ())
