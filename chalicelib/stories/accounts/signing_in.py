"""Sign-in, sessions and known browsers: a mailed code, typed in the browser that asked for it, becomes a session."""

import base64
import hashlib
import hmac
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib import config, log
from chalicelib.domain import retention
from chalicelib.domain.accounts import signing_in
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowser, Session
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.errors import CodeDead, CodeElsewhere, SignedOut
from chalicelib.stores import cases, keys, parcours, relay, transactions
from chalicelib.stores.tables import Read
from chalicelib.stories.accounts import managing
from chalicelib.stories.kit import quotas
from chalicelib.stories.kit.deciding import commit_and_wake, cookie_value, draw


@dataclass(frozen=True)
class SignedIn:
    """An authenticated agent and the session."""

    account: Account
    session: Session
    read: Read
    """What was read with them."""


@dataclass(frozen=True)
class Entered:
    """The cookies that a sign-in sets."""

    session: str
    browser: str
    """The long-lived cookie of a known browser."""


def digest(cookie: str) -> str:
    """The SHA-256 that is stored instead of a cookie."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def ask_code(typed: str, *, browser: str | None, source: str, now: datetime) -> str:
    """Store a challenge and its mail for any address; return the challenge's cookie.

    Answer and cost do not depend on whether there is an account or a quota is used up: past a quota the challenge is created
    dead, and the mailer drops its mail.
    Args:
        browser: the long-lived cookie; ``source``: the IP address of the request.
    Raises:
        FieldInvalid: ``adresse`` is no e-mail address.
    """
    asked_for = address.folded(address.normalise(typed, "adresse"))
    _, known = _recognised(asked_for, browser, now)
    cookie = cookie_value()
    within_quota = quotas.count_code(asked_for, source, known, now)
    step = signing_in.challenge(digest(cookie), asked_for, within_quota=within_quota, draw=draw(now))
    commit_and_wake(lambda: step)
    return cookie


def _recognised(
    asked_for: str, browser: str | None, now: datetime
) -> tuple[Account | None, KnownBrowser | None]:
    """The account of this address, and the browser if the account knows it; the same reads in every case."""
    account, kept = cases.of_address(asked_for)
    identifiers = [digest(value) for value in signing_in.cookie_values(browser)]
    return account, signing_in.recognise(account, kept, identifiers, now)


def enter_code(
    challenge_cookie: str | None, typed: str, *, browser: str | None, former: str | None, now: datetime
) -> Entered:
    """Turn a right code into a new session, or into the one that it has opened.

    The answer may never arrive, and she repeats. What opens a session is its cookie, made of the challenge's MAC: the browser
    that asked gets the same one again, in the ten minutes and five tries of its challenge, as long as that session is open.
    Who has the code alone gets nothing, who repeats the whole request no session that was not there; no try is free.
    Args:
        browser: the long-lived cookie, if any.
        former: the session cookie that the browser sent, if any; that session ends, against session fixation.
    Raises:
        CodeElsewhere: this browser did not ask for a code.
        CodeDead: wrong, used, too old, tried too often, or past a quota; logged for an alarm.
    """
    if not challenge_cookie:
        raise CodeElsewhere
    try:
        account, known, mac = _check_code(digest(challenge_cookie), typed, browser, now)
        entered = _begin(digest(challenge_cookie), account, known, mac, browser, now)
    except CodeDead:
        log.line("code_refused")
        raise
    if former != entered.session:
        sign_out(former)
    return entered


def _check_code(
    identifier: str, typed: str, browser: str | None, now: datetime
) -> tuple[Account, KnownBrowser | None, bytes]:
    """Count the guess, then compare it, so that concurrent guesses cannot exceed a limit.

    Every refusal makes the same calls: a dead challenge and a used-up quota look like a wrong code.
    """
    challenge = _count_try(identifier, now)
    account, known = _recognised(challenge.address, browser, now)
    guesses = quotas.wrong_codes(challenge.address, known, now)
    counted = guesses.counts(config.settings().wrong_codes_per_day)
    mac = keys.code_mac(challenge.code_message)
    expected = signing_in.code_digits(mac, signing_in.CODE_DIGITS)
    right = hmac.compare_digest(expected.encode(), signing_in.typed_code(typed).encode())
    is_dead = challenge.dead and not challenge.used
    if not (right and counted) or is_dead or account is None or account.closed_at is not None:
        raise CodeDead
    guesses.give_back()
    return account, known, mac


def _derived(mac: bytes, purpose: str) -> str:
    """A cookie's 256 bits, base64url, from the MAC of a challenge: the same however often the answer is asked for.

    Nobody who lacks the key can make it, nor choose it beforehand: the ten digits of the code say nothing of the rest of the MAC.
    """
    value = hmac.digest(mac, purpose.encode(), "sha256")
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _count_try(identifier: str, now: datetime) -> Challenge:
    """Count one more try; return the challenge as it was counted."""

    def decide() -> Transition:
        there = signing_in.check_challenge(relay.challenge(identifier), now)
        return Transition(changes=(Change(there, there.but(tries=there.tries + 1)),))

    (counted,) = transactions.settle(decide).changes
    return counted.after  # type: ignore[return-value]


def _begin(
    challenge: str,
    account: Account,
    known: KnownBrowser | None,
    mac: bytes,
    browser: str | None,
    now: datetime,
) -> Entered:
    """Use the challenge up for one session, and remember the browser; nothing where that was done."""
    cookie = _derived(mac, "session") + account.id
    values = signing_in.cookie_values(browser)
    held = [value for value in values if known is not None and digest(value) == known.id]
    mine = held[0] if held else _derived(mac, "browser")
    session = Session(id=digest(cookie), account=account.id, created_at=now, seen_at=now)

    def decide() -> Transition:
        read = cases.of_sign_in(challenge, account.id, known.session if known is not None else None)
        there, kept = relay.challenge(challenge, read), relay.known_browsers(account.id, read)
        if there is None or (there.used and relay.session(session.id) is None):
            raise CodeDead
        if there.used:
            return Transition.nothing()
        # A browser has one session per account: the one that it left open ends.
        left = relay.session(known.session, read) if known is not None else None
        ended = (Change(left, None),) if left is not None else ()
        here = signing_in.remember(account, kept, digest(mine), session)
        used = retention.seen(parcours.account(account.id, read), now)
        spent = Change(there, there.but(used=True, dead=True))
        return Transition(changes=(spent, Change(None, session), here, *ended, *used))

    transactions.settle(decide)
    return Entered(cookie, signing_in.cookie_of(mine, values))


def authenticate(
    cookie: str | None,
    *,
    now: datetime,
    synthetic: bool = False,
    deposit: str | None = None,
    parcours: str | None = None,
) -> SignedIn:
    """Authenticate a session cookie. The account is read with it, so that closing it ends its sessions without a search.

    Args:
        synthetic: whether the daily proof of erasure may ask for this: its session opens nothing else.
        deposit, parcours: what is asked for, by id, if it is to be read in the same call.
    Raises:
        SignedOut: no live session of an open account.
    """
    if not cookie:
        raise SignedOut(expired=False)
    claimed = signing_in.account_of(cookie)
    found, claimant, read = relay.session_of(digest(cookie), claimed, deposit=deposit, parcours=parcours)
    session, account = signing_in.check_session(found, claimant, now)
    if account.synthetic and not synthetic:
        raise SignedOut(expired=True)
    if now - session.seen_at >= signing_in.TOUCH_EVERY:
        with suppress(transactions.LostRace):  # a concurrent request did it, or she signed out
            transactions.commit(Transition(changes=(Change(session, session.but(seen_at=now)),)))
    return SignedIn(account, session, read)


def sign_out(cookie: str | None) -> None:
    """End the session of this cookie, if there is one."""

    def decide() -> Transition:
        session = relay.session(digest(cookie)) if cookie else None
        return Transition(changes=(Change(session, None),)) if session else Transition.nothing()

    transactions.settle(decide)


def browsers(account: Account, *, now: datetime) -> tuple[KnownBrowser, ...]:
    """The known browsers of this account, latest sign-in first."""
    return signing_in.known(account, relay.known_browsers(account.id), now)


def forget_browser(account: Account, identifier: str) -> str | None:
    """Forget one browser and end its session; return the session's id, None when there is no such browser."""
    ended: str | None = None

    def decide() -> Transition:
        nonlocal ended
        kept = relay.known_browsers(account.id)
        gone = next((one for one in kept.browsers if one.id == identifier), None) if kept else None
        if kept is None or gone is None:
            return Transition.nothing()
        ended = gone.session
        session = relay.session(gone.session)
        forgotten = kept.with_only(tuple(one for one in kept.browsers if one != gone))
        changes = (forgotten, Change(session, None) if session else None)
        return Transition(changes=tuple(one for one in changes if one is not None))

    transactions.settle(decide)
    return ended


def sign_out_everywhere(account: Account, *, now: datetime) -> None:
    """End every session of this account, without a search (see ``Account.admits``), and forget every browser."""

    def decide() -> Transition:
        there = managing.current(account)
        left = Change(there, there.but(signed_out_at=now))
        return Transition(changes=(left, *forgetting_all(account.id)))

    transactions.settle(decide)


def forgetting_all(account: str) -> tuple[Change, ...]:
    kept = relay.known_browsers(account)
    return (Change(kept, None),) if kept else ()


def forget_lapsed(account: str, *, now: datetime) -> int:
    """Forget the browsers that have not signed in for 180 days; return the number of changes, 0 or 1."""

    def decide() -> Transition:
        kept = relay.known_browsers(account)
        change = kept.with_only(kept.live(now)) if kept else None
        return Transition(changes=(change,)) if change else Transition.nothing()

    return len(transactions.settle(decide).changes)
