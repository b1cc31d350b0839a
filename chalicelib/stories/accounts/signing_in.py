"""Sign-in, sessions and known browsers: a mailed code, typed in the browser that asked for it, becomes a session."""

import hmac
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import audit, config, log, terms
from chalicelib.domain.accounts import passkeys, signing_in
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowser, KnownBrowsers, Session
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.errors import CodeDead, CodeElsewhere, SignedOut
from chalicelib.stores import cases, keys, relay_table, transactions
from chalicelib.stores.unit_of_work import UnitOfWork, Wanted, story
from chalicelib.stories.accounts import managing
from chalicelib.stories.kit import quotas
from chalicelib.stories.kit.deciding import decision_inputs, draw_cookie


@dataclass(frozen=True)
class SignedIn:
    """An authenticated agent and the session."""

    account: Account
    session: Session
    work: UnitOfWork
    """What was read with them."""


@dataclass(frozen=True)
class Entered:
    """The cookies that a sign-in sets."""

    session: str
    browser: str
    """The long-lived cookie of a known browser."""


def hash_cookie(cookie: str) -> str:
    """Hash a cookie by SHA-256: only that is stored."""
    return hash_text(cookie)


def ask_code(typed: str, *, browser: str | None, source: str, now: datetime) -> str:
    """Store a challenge and its mail for any address; return the challenge's cookie.

    Answer and cost do not depend on whether there is an account or a quota is used up: past a quota the challenge is created
    dead, and the mailer drops its mail.
    Args:
        browser: the long-lived cookie; ``source``: the IP address of the request.
    Raises:
        FieldInvalid: ``adresse`` is no e-mail address.
    """
    asked_for = address.fold(address.normalise(typed, "adresse"))
    account, known = _recognise(asked_for, browser, now)
    cookie = draw_cookie()
    has_account = account is not None and account.closed_at is None
    within_quota = quotas.count_code(asked_for, source, known, has_account=has_account, now=now)
    step = signing_in.begin_challenge(
        hash_cookie(cookie), asked_for, within_quota=within_quota, inputs=decision_inputs(now)
    )
    _commit_challenge(step)
    return cookie


@story
def _commit_challenge(work: UnitOfWork, step: Transition) -> None:
    work.commit_and_wake(step)


def _recognise(
    asked_for: str, browser: str | None, now: datetime
) -> tuple[Account | None, KnownBrowser | None]:
    """Find the account of this address, and the browser if the account knows it; the same reads in every case."""
    account, kept = cases.load_sign_in(UnitOfWork(), asked_for)
    identifiers = [hash_cookie(value) for value in signing_in.split_cookie(browser)]
    return account, signing_in.recognise(account, kept, identifiers, now)


def enter_code(
    challenge_cookie: str | None, typed: str, *, browser: str | None, former: str | None, now: datetime
) -> Entered | None:
    """Turn a right code into a new session, or into the one that it has opened; None: a passkey is wanted too.

    The answer may never arrive, and the code is entered again. What opens a session is its cookie, made of the challenge's MAC:
    the browser that asked gets the same one again, in the ten minutes and five tries of its challenge, as long as that session
    is open. Who has the code alone gets nothing, who repeats the whole request no session that was not there; no try is free.
    Args:
        browser: the long-lived cookie, if any.
        former: the session cookie that the browser sent, if any; that session ends, against session fixation.
    Raises:
        CodeElsewhere: this browser did not ask for a code.
        CodeDead: wrong, used, too old, tried too often, or asked for past a quota; logged for an alarm.
    """
    if not challenge_cookie:
        raise CodeElsewhere
    try:
        checked = _check_code(hash_cookie(challenge_cookie), typed, browser, now)
        entered = _begin_session(checked, browser, now)
    except CodeDead:
        log.line("code_refused")
        raise
    if entered is not None and former != entered.session:
        sign_out(former)
    return entered


@dataclass(frozen=True)
class CheckedCode:
    """A code that was right, and whose it is."""

    challenge: str
    """Its id."""
    mac: bytes
    """Of the challenge: what opens a session is made of it."""
    account: Account
    known: KnownBrowser | None
    """The browser, if the account knows it."""


def _check_code(identifier: str, typed: str, browser: str | None, now: datetime) -> CheckedCode:
    """Count the guess, then compare it, so that concurrent guesses cannot exceed the five of a challenge.

    Every refusal makes the same calls: a dead challenge looks like a wrong code.
    """
    challenge = _count_try(identifier, now)
    account, known = _recognise(challenge.address, browser, now)
    mac = keys.compute_code_mac(challenge.code_message)
    expected = signing_in.code_digits(mac, signing_in.CODE_DIGITS)
    right = hmac.compare_digest(expected.encode(), signing_in.typed_code(typed).encode())
    is_dead = challenge.dead and not challenge.used
    if not right or is_dead or account is None or account.closed_at is not None:
        raise CodeDead
    if not signing_in.may_enter_by_code(account, terms.mail_code_roles()):
        raise CodeDead
    return CheckedCode(identifier, mac, account, known)


@story
def _count_try(work: UnitOfWork, identifier: str, now: datetime) -> Challenge:
    """Count one more try; return the challenge as it was counted."""
    challenge = signing_in.check_challenge(work.get(Challenge, identifier), now)
    counted = replace(challenge, tries=challenge.tries + 1)
    work.commit(Transition(changes=(Change(challenge, counted),)))
    return counted


@story
def _begin_session(
    work: UnitOfWork, checked: CheckedCode, browser: str | None, now: datetime
) -> Entered | None:
    """Use the challenge up for one session, and remember the browser; a repeated request gets the same cookies again.

    None where a passkey alone opens the account.
    """
    account = checked.account
    # Nobody who lacks the key of the MAC can make it, nor choose it beforehand: the twelve digits say nothing of its rest.
    drawn = Entered(
        signing_in.derive_value(checked.mac, "session") + account.id,
        signing_in.derive_value(checked.mac, "browser"),
    )
    load_opening(work, account.id, checked.known, (Challenge, checked.challenge))
    there, account = work.get(Challenge, checked.challenge), work.get_one(Account, account.id)
    grace_days = config.settings().passkey_grace_days
    if there is not None and passkeys.needs_passkey(account, grace_days, now):
        audit.identify(account.id, there.id)
        work.commit(Transition(changes=(Change(there, replace(there, used=True, dead=True)),)))
        return None
    entered, opened = open_session(work, account, build_session(drawn, now), drawn, browser)
    if there is None or (there.used and work.get(Session, hash_cookie(entered.session)) is None):
        raise CodeDead
    if there.used:
        return entered
    spent = Change(there, replace(there, used=True, dead=True))
    work.commit(Transition(changes=(spent,)) + opened)
    return entered


def load_opening(work: UnitOfWork, account: str, known: KnownBrowser | None, *also: Wanted) -> None:
    """Read what ``open_session`` needs, and more, in one call; ``known``: the browser, if the account knows it."""
    former = known.session if known is not None else None
    work.load(*also, (KnownBrowsers, account), (Account, account), (Session, former))


def build_session(drawn: Entered, now: datetime) -> Session:
    """Build the session that opens with this cookie; ``replace`` adds what its opening shows beside."""
    account = signing_in.account_of(drawn.session)
    return Session(id=hash_cookie(drawn.session), account=account, created_at=now, seen_at=now)


def open_session(
    work: UnitOfWork, account: Account, session: Session, drawn: Entered, browser: str | None
) -> tuple[Entered, Transition]:
    """Decide a new session of an account in a browser, which is remembered; return its cookies too. It acts from then on.

    Args:
        account: as it is stored now; ``session``: see ``build_session``.
        drawn: the session's cookie, and the value that a browser gets which the account does not know yet.
        browser: the long-lived cookie, if any.
    """
    now = session.created_at
    kept, values = work.get(KnownBrowsers, account.id), signing_in.split_cookie(browser)
    known = signing_in.recognise(account, kept, [hash_cookie(value) for value in values], now)
    held = [value for value in values if known is not None and hash_cookie(value) == known.id]
    mine = held[0] if held else drawn.browser
    remembered = signing_in.remember(account, kept, hash_cookie(mine), session)
    # Each known browser has one session at most, and no other has any: « Mon compte » lists all that are open.
    left = signing_in.list_left_sessions(kept, remembered)
    work.load(*((Session, identifier) for identifier in left))
    sessions = [work.get(Session, identifier) for identifier in left]
    ended = [Change(former, None) for former in sessions if former is not None]
    used = replace(account, seen_at=now)
    if session.proved_at is None:
        used = passkeys.note_asked(used, now)
    entered = Entered(drawn.session, signing_in.build_cookie(mine, values))
    audit.identify(account.id, session.id)
    changes = (Change(None, session), Change(kept, remembered), *ended, Change(account, used))
    return entered, Transition(changes=changes)


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
        SignedOut: no live session of an open account, or one without the passkey that it needs.
    """
    if not cookie:
        raise SignedOut(expired=False)
    claimed = signing_in.account_of(cookie)
    work, identifier = UnitOfWork(), hash_cookie(cookie)
    work.load((Session, identifier), (Account, claimed), (Deposit, deposit), (Parcours, parcours))
    session, account = signing_in.check_session(
        work.get(Session, identifier), work.get(Account, claimed), now
    )
    if account.synthetic and not synthetic:
        raise SignedOut(expired=True)
    passkeys.check_strength(session, account, config.settings().passkey_grace_days, now)
    if now - session.seen_at >= signing_in.TOUCH_EVERY:
        with suppress(transactions.LostRace):  # a concurrent request did it, or the session was ended
            transactions.commit(Transition(changes=(Change(session, replace(session, seen_at=now)),)))
    audit.identify(account.id, session.id)  # after what is nobody's act
    return SignedIn(account, session, work)


@story
def sign_out(work: UnitOfWork, cookie: str | None) -> str | None:
    """End the session of this cookie, if there is one; return where its person ends that of ProConnect (``Session.exit``)."""
    session = work.get(Session, hash_cookie(cookie)) if cookie else None
    if session is None:
        return None
    audit.identify(session.account, session.id)
    work.commit(Transition(changes=(Change(session, None),)))
    return session.exit


def list_browsers(account: Account, *, now: datetime) -> tuple[tuple[KnownBrowser, bool], ...]:
    """List the known browsers of this account, latest sign-in first, and whether the session of each is open; two calls."""
    work = UnitOfWork()
    known = signing_in.list_known_browsers(account, relay_table.read_known_browsers(account.id), now)
    work.load(*((Session, browser.session) for browser in known))
    sessions = [work.get(Session, browser.session) for browser in known]
    return tuple(
        (browser, session is not None and now < session.ends_at)
        for browser, session in zip(known, sessions, strict=True)
    )


@story
def sign_out_everywhere(work: UnitOfWork, account: Account, *, now: datetime) -> None:
    """End every session of this account, without a search (see ``Account.admits``), and forget every browser."""
    there = managing.load_current(work, account)
    left = Transition(changes=(Change(there, replace(there, signed_out_at=now)),))
    work.commit(left + forget_all_browsers(work, account.id))


def forget_all_browsers(work: UnitOfWork, account: str) -> Transition:
    """Decide to forget every browser that this account knows."""
    kept = work.get(KnownBrowsers, account)
    return Transition(changes=(Change(kept, None),) if kept is not None else ())


@story
def forget_lapsed(work: UnitOfWork, account: str, *, now: datetime) -> int:
    """Forget the browsers that have not signed in for 180 days; return the number of changes, 0 or 1."""
    kept = work.get(KnownBrowsers, account)
    change = kept.with_only(kept.live(now)) if kept is not None else None
    return len(work.commit(Transition(changes=(change,) if change else ())).changes)
