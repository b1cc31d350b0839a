"""Sign-in by a mailed code: the challenge of one browser, the session that follows, the browsers that an account knows."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Draw, MailKind, OutboxMail
from chalicelib.domain.kernel.values import Aggregate, Instant, Stored
from chalicelib.errors import CodeDead, SignedOut

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CODE_DIGITS = 10
SEPARATORS = str.maketrans("", "", ".-\u00b7")
"""What people put between pairs of digits, beside spaces."""
IDLE = timedelta(hours=2)
WHOLE = timedelta(hours=8)
TOUCH_EVERY = timedelta(minutes=5)
BROWSER_LIFE = timedelta(days=180)
"""How long a browser is known after its last sign-in."""
MOST_BROWSERS = 9
"""Browsers that one account knows; the one that signed in longest ago makes place for a new one."""
VALUE_CHARACTERS = 43
"""Of 256 bits in base64url."""
MOST_VALUES = 4
"""Accounts that sign in by turns in one browser and are all known there."""
MONTH_DAYS = 32
"""Days of UTC that a month of 31 days can touch."""
MOST_ACCOUNTS = 30_000
"""Accounts for which the odds of guessing are computed: several times the people of the *MLDS* and their buyers."""


class Challenge(Aggregate):
    """One browser asked for a code for one address, known to us or not."""

    id: str
    """SHA-256 of the browser's cookie."""
    address: str
    expires_at: Instant
    tries: int = 0
    """Codes that were typed, counted before they are compared."""
    dead: bool = False
    """Made past a quota: it is written and costs the same, its code is never mailed and never opens."""

    @property
    def code_message(self) -> str:
        """What KMS turns into the code: the same on every retry of the mail."""
        return f"connexion|{self.id}|{self.address}"


class Session(Aggregate):
    """One browser is signed in."""

    id: str
    """SHA-256 of the session cookie."""
    account: str
    created_at: Instant
    seen_at: Instant
    """Written every five minutes at most."""

    @property
    def ends_at(self) -> datetime:
        """When it is over if nothing more is asked."""
        return min(self.seen_at + IDLE, self.created_at + WHOLE)


class KnownBrowser(Stored):
    """A browser in which the account has signed in before. It opens nothing: it only has quotas of its own."""

    id: str
    """SHA-256 of a value in the browser's long-lived cookie."""
    since: Instant
    seen_at: Instant
    """Its last sign-in."""
    session: str
    """Id of the session that began there: one browser has one session of an account."""

    @property
    def ends_at(self) -> datetime:
        return self.seen_at + BROWSER_LIFE


class KnownBrowsers(Aggregate):
    """The browsers of one account, the last to sign in first."""

    account: str
    browsers: tuple[KnownBrowser, ...]

    def live(self, now: datetime) -> tuple[KnownBrowser, ...]:
        """Those that signed in less than 180 days ago."""
        return tuple(one for one in self.browsers if now < one.ends_at)

    def with_only(self, kept: tuple[KnownBrowser, ...]) -> Change | None:
        """The change that keeps these browsers and forgets the others; None when nothing changes."""
        if kept == self.browsers:
            return None
        return Change(self, self.but(browsers=kept) if kept else None)


def challenge(
    identifier: str, address: str, *, within_quota: bool, draw: Draw
) -> tuple[Challenge, OutboxMail]:
    """What is written for any address: the mailer alone finds out whether there is an account."""
    asked = Challenge(id=identifier, address=address, expires_at=draw.now + CODE_LIFE, dead=not within_quota)
    mail = OutboxMail(key=draw.id(), kind=MailKind.SIGN_IN_CODE, created_at=draw.now, challenge=identifier)
    return asked, mail


def check_challenge(asked: Challenge | None, now: datetime) -> Challenge:
    """Check that a sign-in challenge can still be answered, and give it.

    Raises:
        CodeDead: used, past its ten minutes, or its five tries.
    """
    if asked is None or now >= asked.expires_at or asked.tries >= CODE_TRIES:
        raise CodeDead
    return asked


def check_session(session: Session | None, now: datetime) -> Session:
    """Check that a session is open, and give it.

    Raises:
        SignedOut: signed out or erased, idle for two hours or eight hours old.
    """
    if session is None:
        raise SignedOut(expired=True)  # the minute function has erased it
    if now >= session.ends_at:
        raise SignedOut(expired=True)
    return session


def code_digits(mac: bytes, digits: int) -> str:
    """So many digits of a 256-bit MAC; the bias of the reduction is below 10⁻⁶⁶ for ten of them."""
    return f"{int.from_bytes(mac, 'big') % 10**digits:0{digits}d}"


def in_pairs(code: str) -> str:
    """``12 34 56 78 90``: as French telephone numbers are written, read aloud and typed."""
    return " ".join(code[place : place + 2] for place in range(0, len(code), 2))


def typed_code(typed: str) -> str:
    """What was typed, without spaces, full stops and hyphens."""
    return "".join(typed.split()).translate(SEPARATORS)


def network(source: str) -> str:
    """What quotas count of an IP address: an IPv4 address, the /64 of an IPv6 one, which one subscriber holds whole."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


@dataclass(frozen=True)
class Odds:
    """The odds of a sign-in by guessing within a month, every limit used up every day."""

    one_account: float
    """For one account, even by a thief of all the browser cookies that it knows."""
    all_accounts: float
    """For any of ``MOST_ACCOUNTS`` accounts at once, from any number of sources."""


def guessing_odds(wrong_codes_per_day: int) -> Odds:
    """Bound the odds by the number of guesses over the number of codes.

    Each guess opens with odds of 1 in 10^``CODE_DIGITS``, whatever challenge it is made on and however many are open; five
    tries and ten minutes per code only lower this. Strangers share one count per address and day, and each known browser has
    its own.
    """
    guesses = wrong_codes_per_day * MONTH_DAYS
    codes = 10**CODE_DIGITS
    return Odds(guesses * (1 + MOST_BROWSERS) / codes, guesses * MOST_ACCOUNTS / codes)


def cookie_values(cookie: str | None) -> tuple[str, ...]:
    """The values in a browser's long-lived cookie, the last used first: one per account that signs in there."""
    text = cookie or ""
    starts = range(0, len(text) - VALUE_CHARACTERS + 1, VALUE_CHARACTERS)
    return tuple(text[start : start + VALUE_CHARACTERS] for start in starts)[:MOST_VALUES]


def cookie_of(value: str, others: tuple[str, ...]) -> str:
    """The cookie in which this value comes first."""
    return "".join((value, *(one for one in others if one != value)))[: MOST_VALUES * VALUE_CHARACTERS]


def recognise(
    account: Account | None, kept: KnownBrowsers | None, identifiers: list[str], now: datetime
) -> KnownBrowser | None:
    """The browser among those of this account that holds one of these values; None for a stranger's.

    What signed in before the account was reopened, or signed out everywhere, is a stranger's again.
    """
    if account is None or kept is None:
        return None
    return next(
        (one for one in kept.live(now) if one.id in identifiers and account.admits(one.seen_at)), None
    )


def remember(account: Account, kept: KnownBrowsers | None, identifier: str, session: Session) -> Change:
    """The account has just signed in in this browser, known before or not."""
    now = session.created_at
    live = kept.live(now) if kept else ()
    before = recognise(account, kept, [identifier], now)
    here = KnownBrowser(id=identifier, since=before.since if before else now, seen_at=now, session=session.id)
    others = tuple(one for one in live if one.id != identifier and account.admits(one.seen_at))
    browsers = (here, *others)[:MOST_BROWSERS]
    after = kept.but(browsers=browsers) if kept else KnownBrowsers(account=account.id, browsers=browsers)
    return Change(kept, after)
