"""Passkeys: signing in with one, adding, renaming, removing, and letting in who has lost theirs."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import config, log, webauthn
from chalicelib.domain.accounts import passkeys as decisions
from chalicelib.domain.accounts import signing_in as codes
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers
from chalicelib.domain.kernel.people import Account, Passkey
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import Change, Entrance, Transition
from chalicelib.errors import PasskeyCloned, PasskeyRefused
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.accounts import managing, signing_in
from chalicelib.stories.accounts.signing_in import Entered, hash_cookie
from chalicelib.stories.kit.deciding import decision_inputs, draw_cookie, draw_session_cookie


@dataclass(frozen=True)
class PasskeyAnswer:
    """What a browser answers with a passkey."""

    identifier: str
    account: str
    """Id of the account, as the authenticator says it."""
    answer: webauthn.Answer


@story
def begin_sign_in(work: UnitOfWork, *, now: datetime) -> tuple[str, webauthn.Options]:
    """Store a challenge of ten minutes; return its cookie, and what the browser is asked for."""
    cookie, challenge = _draw_challenge(now)
    work.commit(Transition(changes=(Change(None, challenge),)))
    return cookie, webauthn.build_sign_in(derive_signed(challenge.id))


@story
def begin_registration(work: UnitOfWork, account: Account, *, now: datetime) -> tuple[str, webauthn.Options]:
    """Store a challenge of ten minutes; return its cookie, and what the browser is asked for to make a passkey."""
    cookie, challenge = _draw_challenge(now)
    work.commit(Transition(changes=(Change(None, challenge),)))
    return cookie, webauthn.build_registration(account, derive_signed(challenge.id, account))


def _draw_challenge(now: datetime) -> tuple[str, Challenge]:
    """Draw a challenge for a passkey, which is of the browser with its cookie; it has no address, so no code answers it."""
    cookie = draw_cookie()
    return cookie, Challenge(id=hash_cookie(cookie), address="", expires_at=now + codes.CODE_LIFE)


def derive_signed(challenge: str, adding_to: Account | None = None) -> str:
    """Derive what a device signs of a challenge, hex: to sign in, or to add a passkey to this account and to no other."""
    return hash_text(f"{challenge}|{adding_to.id if adding_to is not None else ''}")


def _check_challenge(challenge: Challenge | None, now: datetime) -> Challenge:
    """Return a challenge of passkeys, erased with its answer. Raises PasskeyRefused: it is a code's, over, or was answered."""
    if challenge is None or challenge.address or now >= challenge.expires_at:
        raise PasskeyRefused
    return challenge


def sign_in(
    challenge_cookie: str | None,
    answered: PasskeyAnswer,
    *,
    browser: str | None,
    former: str | None,
    now: datetime,
) -> Entered:
    """Turn a passkey's answer into a new session.

    Args:
        browser: the long-lived cookie; ``former``: the session cookie that the browser sent, if any: that session ends.
    Raises:
        PasskeyRefused: it proves nothing. PasskeyCloned: its counter went back; the account is mailed. Both are logged.
    """
    try:
        if not challenge_cookie:
            raise PasskeyRefused
        entered = _sign_in(hash_cookie(challenge_cookie), answered, browser, now)
    except PasskeyRefused:
        log.line("passkey_refused")
        raise
    if entered is None:
        log.line("passkey_cloned")
        raise PasskeyCloned
    signing_in.sign_out(former)
    return entered


@story
def _sign_in(
    work: UnitOfWork, challenge: str, answered: PasskeyAnswer, browser: str | None, now: datetime
) -> Entered | None:
    """Use the challenge up for one session; None where the counter went back, which is mailed instead."""
    work.load((Challenge, challenge), (Account, answered.account), (KnownBrowsers, answered.account))
    spent = Change(_check_challenge(work.get(Challenge, challenge), now), None)
    account = work.get(Account, answered.account)
    passkey = decisions.find_passkey(account, answered.identifier)
    assert account is not None
    said = webauthn.check_sign_in(answered.answer, passkey, derive_signed(challenge))
    if decisions.is_cloned(passkey, said):
        mail = decisions.build_entrance_mail(Entrance.PASSKEY_CLONED, account, decision_inputs(now))
        work.commit_and_wake(Transition(changes=(spent,), mails=(mail,)))
        return None
    used = decisions.note_passkey_use(account, passkey, said, now)
    drawn = Entered(draw_session_cookie(account.id), draw_cookie())
    session = replace(signing_in.build_session(drawn, now), proved_at=now)
    entered, opened = signing_in.open_session(work, used, session, drawn, browser)
    work.commit(Transition(changes=(spent, Change(account, used))).then(opened))
    return entered


@story
def add(
    work: UnitOfWork,
    account: Account,
    challenge_cookie: str | None,
    added: tuple[str, webauthn.Answer],
    *,
    now: datetime,
) -> None:
    """Add a passkey to an account; ``added``: its name, and the browser's answer.

    Raises:
        PasskeyRefused: the answer makes none. FieldInvalid: there are too many.
    """
    asked = hash_cookie(challenge_cookie) if challenge_cookie else None
    work.load((Challenge, asked), (Account, account.id))
    challenge = _check_challenge(work.get(Challenge, asked), now)
    name, answer = added
    identifier, public_key, said = webauthn.read_registration(answer, derive_signed(challenge.id, account))
    passkey = Passkey(
        id=identifier,
        public_key=public_key,
        name=name,
        created_at=now,
        counter=said.counter,
        backed_up=said.backed_up,
    )
    current = managing.load_current(work, account)
    step = decisions.add_passkey(current, passkey, decision_inputs(now))
    work.commit_and_wake(Transition(changes=(Change(challenge, None),)) + step)


@story
def rename(work: UnitOfWork, account: Account, identifier: str, typed: str) -> None:
    """Give a passkey of this account another name, if it is still there. Raises FieldInvalid: ``nom``: it is no name."""
    current = managing.load_current(work, account)
    work.commit(decisions.rename_passkey(current, identifier, typed))


@story
def remove(work: UnitOfWork, account: Account, identifier: str, *, now: datetime) -> bool:
    """Remove a passkey of this account, which ends its sessions; return whether it was there.

    Raises:
        FieldInvalid: it is the last one of an account that owes one.
    """
    current = managing.load_current(work, account)
    removed = decisions.remove_passkey(current, identifier, decision_inputs(now))
    work.commit_and_wake(removed)
    return bool(removed)


@story
def remove_all(work: UnitOfWork, agent: Account, identifier: str, *, now: datetime) -> None:
    """Remove every passkey of an account that this agent manages; see ``decisions.remove_passkeys``."""
    other = work.get_one(Account, identifier)
    grace_days = config.settings().passkey_grace_days
    work.commit_and_wake(decisions.remove_passkeys(agent, other, grace_days, decision_inputs(now)))
