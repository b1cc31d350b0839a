"""Signing in: a code is mailed, typed in the browser that asked for it, and becomes a session."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import config, log
from chalicelib.domain import address, forgetting, signing_in
from chalicelib.domain.people import Account
from chalicelib.domain.signing_in import Session
from chalicelib.domain.transition import Change, Transition
from chalicelib.errors import CodeDead, CodeElsewhere, SignedOut, TryAgain
from chalicelib.stores import functions, keys, parcours, relay, transactions
from chalicelib.stories.draws import cookie_value, draw


@dataclass(frozen=True)
class SignedIn:
    """Who asks, in which session."""

    account: Account
    session: Session


def digest(cookie: str) -> str:
    """What is stored of a cookie: its SHA-256."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def ask_code(typed: str, *, now: datetime) -> str:
    """Write a challenge and its mail for any address; return the challenge's cookie.

    Whether an account stands behind the address is the mailer's to find out: here both look and cost the same.
    Raises:
        FieldInvalid: ``adresse`` is no e-mail address.
    """
    asked_for = address.folded(address.normalise(typed, "adresse"))
    cookie = cookie_value()
    challenge, mail = signing_in.challenge(digest(cookie), asked_for, draw(now))
    window = now.strftime("%Y-%m-%dT%H")
    allowed = relay.count_within(
        "code",
        address.digest(asked_for),
        window,
        most=config.settings().codes_per_hour,
        expires_at=now + timedelta(hours=1),
    )
    mails = (mail,) if allowed else ()  # past the quota no mail leaves; live codes keep working
    transactions.settle(lambda: Transition(changes=(Change(None, challenge),), mails=mails))
    try:
        functions.wake_mailer([one.key for one in mails])
    except TryAgain:
        log.line(
            "mail_waits", kind=mail.kind.value
        )  # for the next minute; refusing now would make its code useless
    return cookie


def enter_code(challenge_cookie: str | None, typed: str, *, former: str | None, now: datetime) -> str:
    """Turn a right code into a new session; return its cookie.

    Args:
        former: the session cookie that the browser sent, if any: it ends here, so that nobody can choose one beforehand.
    Raises:
        CodeElsewhere: this browser did not ask for a code.
        CodeDead: wrong, used, too old, or tried too often.
    """
    if not challenge_cookie:
        raise CodeElsewhere
    challenge = signing_in.check_challenge(relay.challenge(digest(challenge_cookie)), now)
    account = parcours.account_of(challenge.address)
    expected = signing_in.code_digits(keys.code_mac(challenge.code_message))
    right = hmac.compare_digest(expected.encode(), "".join(typed.split()).encode())
    if not right or account is None or account.closed_at is not None:
        _count_try(challenge_cookie, now)
        raise CodeDead
    cookie = cookie_value()
    session = Session(id=digest(cookie), account=account.id, created_at=now, seen_at=now)
    transactions.settle(lambda: _using(challenge_cookie, session, now))
    sign_out(former)
    return cookie


def _using(challenge_cookie: str, session: Session, now: datetime) -> Transition:
    """The challenge ends where the session begins: a code is used once."""
    stands = signing_in.check_challenge(relay.challenge(digest(challenge_cookie)), now)
    used = forgetting.seen(parcours.account(session.account), now)
    return Transition(changes=(Change(stands, None), Change(None, session), *used))


def _count_try(challenge_cookie: str, now: datetime) -> None:
    def decide() -> Transition:
        stands = signing_in.check_challenge(relay.challenge(digest(challenge_cookie)), now)
        return Transition(changes=(Change(stands, stands.but(tries=stands.tries + 1)),))

    transactions.settle(decide)


def who(cookie: str | None, *, now: datetime) -> SignedIn:
    """Who stands behind this session cookie. Reads session and account, so closing an account needs no search.

    Raises:
        SignedOut: nobody (any more).
    """
    if not cookie:
        raise SignedOut(expired=False)
    session = signing_in.check_session(relay.session(digest(cookie)), now)
    account = parcours.account(session.account)
    if account is None or account.closed_at is not None:
        raise SignedOut(expired=False)
    if account.reopened_at is not None and session.created_at < account.reopened_at:
        raise SignedOut(expired=True)
    if now - session.seen_at >= signing_in.TOUCH_EVERY:
        _touch(session, now)
    return SignedIn(account, session)


def _touch(session: Session, now: datetime) -> None:
    try:
        transactions.commit(Transition(changes=(Change(session, session.but(seen_at=now)),)))
    except transactions.LostRace:
        return  # another request of the same person did it, or she signed out


def sign_out(cookie: str | None) -> None:
    """End a session; ending none is no failure."""
    session = relay.session(digest(cookie)) if cookie else None
    if session is not None:
        transactions.settle(lambda: _ending(digest(cookie or "")))


def _ending(identifier: str) -> Transition:
    session = relay.session(identifier)
    return Transition(changes=(Change(session, None),)) if session else Transition.nothing()
