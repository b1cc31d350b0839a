"""Signing in: a code is mailed, typed in the browser that asked for it, and becomes a session."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from chalicelib import config, log
from chalicelib.domain import retention
from chalicelib.domain.accounts import signing_in
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowser, Session
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.errors import CodeDead, CodeElsewhere, SignedOut, TryAgain
from chalicelib.stores import functions, keys, parcours, relay, transactions
from chalicelib.stories.accounts import managing
from chalicelib.stories.kit import quotas
from chalicelib.stories.kit.deciding import cookie_value, draw


@dataclass(frozen=True)
class SignedIn:
    """Who asks, in which session."""

    account: Account
    session: Session


@dataclass(frozen=True)
class Entered:
    """The cookies that a right code gives."""

    session: str
    browser: str
    """The long-lived one: the account knows this browser from now on."""


def digest(cookie: str) -> str:
    """What is stored of a cookie: its SHA-256."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def ask_code(typed: str, *, browser: str | None, source: str, now: datetime) -> str:
    """Write a challenge and its mail for any address; return the challenge's cookie.

    Looks and costs the same whether there is an account or not, whether a quota is used up or not: past a quota the challenge
    is born dead, and the mailer drops its mail.
    Args:
        browser: the long-lived cookie; ``source``: the IP address that asks.
    Raises:
        FieldInvalid: ``adresse`` is no e-mail address.
    """
    asked_for = address.folded(address.normalise(typed, "adresse"))
    _, known = _recognised(asked_for, browser, now)
    cookie = cookie_value()
    within_quota = quotas.count_code(asked_for, source, known, now)
    challenge, mail = signing_in.challenge(
        digest(cookie), asked_for, within_quota=within_quota, draw=draw(now)
    )
    transactions.settle(lambda: Transition(changes=(Change(None, challenge),), mails=(mail,)))
    try:
        functions.wake_mailer([mail.key])
    except TryAgain:
        log.line(
            "mail_waits", kind=mail.kind.value
        )  # for the next minute; refusing now would make its code useless
    return cookie


def _recognised(
    asked_for: str, browser: str | None, now: datetime
) -> tuple[Account | None, KnownBrowser | None]:
    """The account of this address, and the browser if the account knows it: the same reads whatever there is."""
    account = parcours.account_of(asked_for)
    kept = relay.known_browsers(account.id if account else "none")
    return account, signing_in.recognise(account, kept, _identifiers(browser), now)


def _identifiers(browser: str | None) -> list[str]:
    return [digest(value) for value in signing_in.cookie_values(browser)]


def enter_code(
    challenge_cookie: str | None, typed: str, *, browser: str | None, former: str | None, now: datetime
) -> Entered:
    """Turn a right code into a new session.

    Args:
        browser: the long-lived cookie, if any.
        former: the session cookie that the browser sent, if any: it ends here, so that nobody can choose one beforehand.
    Raises:
        CodeElsewhere: this browser did not ask for a code.
        CodeDead: wrong, used, too old, tried too often, or past a quota: one answer, and one log line that an alarm counts.
    """
    if not challenge_cookie:
        raise CodeElsewhere
    try:
        account, known = _check_code(digest(challenge_cookie), typed, browser, now)
        entered = _begin(digest(challenge_cookie), account, known, browser, now)
    except CodeDead:
        log.line("code_refused")
        raise
    sign_out(former)
    return entered


def _check_code(
    identifier: str, typed: str, browser: str | None, now: datetime
) -> tuple[Account, KnownBrowser | None]:
    """Count the guess, then compare it: of guesses made at once, none passes a limit that the others have reached.

    Every refusal costs the same calls, so that a dead challenge and a used-up day look like a wrong code.
    """
    challenge = _count_try(identifier, now)
    account, known = _recognised(challenge.address, browser, now)
    guesses = quotas.wrong_codes(challenge.address, known, now)
    counted = guesses.counts(config.settings().wrong_codes_per_day)
    expected = signing_in.code_digits(keys.code_mac(challenge.code_message), signing_in.CODE_DIGITS)
    right = hmac.compare_digest(expected.encode(), signing_in.typed_code(typed).encode())
    if not (right and counted) or challenge.dead or account is None or account.closed_at is not None:
        raise CodeDead
    guesses.give_back()
    return account, known


def _count_try(identifier: str, now: datetime) -> Challenge:
    """One more try of this challenge, as it was when it was counted."""

    def decide() -> Transition:
        there = signing_in.check_challenge(relay.challenge(identifier), now)
        return Transition(changes=(Change(there, there.but(tries=there.tries + 1)),))

    (counted,) = transactions.settle(decide).changes
    return counted.after  # type: ignore[return-value]


def _begin(
    challenge: str, account: Account, known: KnownBrowser | None, browser: str | None, now: datetime
) -> Entered:
    """The challenge ends where the session begins: a code is used once. The browser is known from now on."""
    cookie = cookie_value()
    values = signing_in.cookie_values(browser)
    hers = [value for value in values if known is not None and digest(value) == known.id]
    mine = hers[0] if hers else cookie_value()  # drawn here, so that nobody can choose one beforehand
    session = Session(id=digest(cookie), account=account.id, created_at=now, seen_at=now)

    def decide() -> Transition:
        there, kept = relay.challenge(challenge), relay.known_browsers(account.id)
        if there is None:
            raise CodeDead
        # One browser has one session: what it left open ends.
        left = relay.session(known.session) if known is not None else None
        ended = (Change(left, None),) if left is not None else ()
        here = signing_in.remember(account, kept, digest(mine), session)
        used = retention.seen(parcours.account(account.id), now)
        return Transition(changes=(Change(there, None), Change(None, session), here, *ended, *used))

    transactions.settle(decide)
    return Entered(cookie, signing_in.cookie_of(mine, values))


def who(cookie: str | None, *, now: datetime) -> SignedIn:
    """The agent of this session cookie. Reads session and account, so closing an account needs no search.

    Raises:
        SignedOut: nobody (any more).
    """
    if not cookie:
        raise SignedOut(expired=False)
    session = signing_in.check_session(relay.session(digest(cookie)), now)
    account = parcours.account(session.account)
    if account is None or account.closed_at is not None:
        raise SignedOut(expired=False)
    if not account.admits(session.created_at):
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


def browsers(account: Account, *, now: datetime) -> tuple[KnownBrowser, ...]:
    """The browsers in which she signed in, the last one first."""
    kept = relay.known_browsers(account.id)
    live = kept.live(now) if kept else ()
    return tuple(one for one in live if account.admits(one.seen_at))


def forget_browser(account: Account, identifier: str) -> str | None:
    """Forget one browser and end its session, whose id is returned; None when it is forgotten already."""
    ended: list[str] = []

    def decide() -> Transition:
        kept = relay.known_browsers(account.id)
        gone = next((one for one in kept.browsers if one.id == identifier), None) if kept else None
        if kept is None or gone is None:
            return Transition.nothing()
        ended[:] = [gone.session]
        session = relay.session(gone.session)
        forgotten = kept.with_only(tuple(one for one in kept.browsers if one != gone))
        changes = (forgotten, Change(session, None) if session else None)
        return Transition(changes=tuple(one for one in changes if one is not None))

    transactions.settle(decide)
    return ended[0] if ended else None


def sign_out_everywhere(account: Account, *, now: datetime) -> None:
    """End every session of this account and forget every browser: none has to be looked for (see ``Account.admits``)."""

    def decide() -> Transition:
        there = managing.stands(account.id)
        left = Change(there, there.but(signed_out_at=now))
        return Transition(changes=(left, *forgetting_all(account.id)))

    transactions.settle(decide)


def forgetting_all(account: str) -> tuple[Change, ...]:
    """The change that forgets every browser of this account."""
    kept = relay.known_browsers(account)
    return (Change(kept, None),) if kept else ()


def forget_lapsed(account: str, *, now: datetime) -> int:
    """Forget the browsers that have not signed in for 180 days; 1 when there was one."""

    def decide() -> Transition:
        kept = relay.known_browsers(account)
        change = kept.with_only(kept.live(now)) if kept else None
        return Transition(changes=(change,)) if change else Transition.nothing()

    return len(transactions.settle(decide).changes)
