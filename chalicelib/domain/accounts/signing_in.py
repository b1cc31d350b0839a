"""Sign-in by a mailed code: challenges, sessions, and the browsers that each account knows."""

import base64
import hmac
import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, Transition
from chalicelib.domain.kernel.values import Aggregate, Instant, Role, Stored
from chalicelib.errors import CodeDead, SignedOut

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CODE_DIGITS = 12
SEPARATORS = str.maketrans("", "", ".-\u00b7")
"""What people type between groups of digits, beside spaces."""
IDLE = timedelta(hours=2)
WHOLE = timedelta(hours=8)
TOUCH_EVERY = timedelta(minutes=5)
BROWSER_LIFE = timedelta(days=180)
"""How long a browser is known after its last sign-in."""
MOST_BROWSERS = 9
"""Browsers known per account, each with one session at most; a new one replaces the one with the oldest sign-in."""
VALUE_CHARACTERS = 43
"""Length of 256 bits in base64url."""
MOST_VALUES = 4
"""Accounts that may be known at once in one shared browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge(Aggregate):
    """A browser's request of a code for an address, whether that has an account or not."""

    id: str
    """SHA-256 of the browser's cookie."""
    address: str
    expires_at: Instant
    tries: int = 0
    """Codes typed so far, counted before they are compared."""
    dead: bool = False
    """Made past a quota, or used: stored all the same, but its code is never mailed, nor accepted for another session."""
    used: bool = False
    """Its code has opened a session: asked for again by the same browser, it is the answer to the same request."""

    @property
    def code_message(self) -> str:
        """The message whose KMS MAC gives the code: the same on every retry of the mail."""
        return f"connexion|{self.id}|{self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Aggregate):
    """A signed-in browser."""

    id: str
    """SHA-256 of the session cookie."""
    account: str
    created_at: Instant
    seen_at: Instant
    """Updated every five minutes at most."""
    proved_at: Instant | None = None
    """When its person last proved who they are by more than a mailed code; None: not in this session."""
    exit: str | None = None
    """Where the browser ends its session at ProConnect, when it began there: an address that holds the id token."""

    @property
    def ends_at(self) -> datetime:
        """When it expires unless it is used again."""
        return min(self.seen_at + IDLE, self.created_at + WHOLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBrowser(Stored):
    """A browser in which the account has signed in before. It grants no access, only its own quotas."""

    id: str
    """SHA-256 of a value in the browser's long-lived cookie."""
    since: Instant
    seen_at: Instant
    """Its last sign-in."""
    session: str
    """Id of its session: one per browser and account."""

    @property
    def ends_at(self) -> datetime:
        """When it is forgotten unless somebody signs in there again."""
        return self.seen_at + BROWSER_LIFE


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBrowsers(Aggregate):
    """The browsers of one account, latest sign-in first."""

    account: str
    browsers: tuple[KnownBrowser, ...]

    def live(self, now: datetime) -> tuple[KnownBrowser, ...]:
        """Return the browsers that signed in less than 180 days ago."""
        return tuple(browser for browser in self.browsers if now < browser.ends_at)

    def with_only(self, kept: tuple[KnownBrowser, ...]) -> Change | None:
        """Return the change that keeps only these browsers; None when nothing changes."""
        if kept == self.browsers:
            return None
        return Change(self, replace(self, browsers=kept) if kept else None)


def begin_challenge(
    identifier: str, address: str, *, within_quota: bool, inputs: DecisionInputs
) -> Transition:
    """Store a challenge and its mail for any address; only the mailer looks whether there is an account.

    ``identifier``: SHA-256 of the challenge's cookie; ``within_quota``: False stores it dead, so that its code is never mailed.
    """
    asked = Challenge(
        id=identifier, address=address, expires_at=inputs.now + CODE_LIFE, dead=not within_quota
    )
    mail = replace(inputs.build_mail(MailKind.SIGN_IN_CODE), challenge=identifier)
    return Transition(changes=(Change(None, asked),), mails=(mail,))


def check_challenge(asked: Challenge | None, now: datetime) -> Challenge:
    """Return a challenge that can still be answered.

    Raises:
        CodeDead: used, past its ten minutes, or its five tries.
    """
    if asked is None or now >= asked.expires_at or asked.tries >= CODE_TRIES:
        raise CodeDead
    return asked


def derive_value(secret: bytes, purpose: str) -> str:
    """Derive 256 bits, base64url, from a secret: the same each time, and nothing of another purpose's."""
    value = hmac.digest(secret, purpose.encode(), "sha256")
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def account_of(cookie: str) -> str:
    """Return the account id that a session's cookie claims; only the stored session proves it."""
    return cookie[VALUE_CHARACTERS:]


def check_session(session: Session | None, account: Account | None, now: datetime) -> tuple[Session, Account]:
    """Return a session that is still open, and the account that it is of.

    Raises:
        SignedOut: signed out or erased, idle for two hours or eight hours old; or of an account that is closed, has
            signed out everywhere since, or is another one.
    """
    if session is None or now >= session.ends_at:
        raise SignedOut(expired=True)
    if account is None or account.id != session.account or account.closed_at is not None:
        raise SignedOut(expired=True)
    if not account.admits(session.created_at):
        raise SignedOut(expired=True)
    return session, account


def may_enter_by_code(account: Account, allowed: frozenset[Role]) -> bool:
    """Whether a mailed code may open a session of this account: each of its roles is allowed to (``MailCodeRoles``)."""
    return account.roles <= allowed


def code_digits(mac: bytes, digits: int) -> str:
    """Reduce a 256-bit MAC to decimal digits; the bias is below 10⁻⁶⁴ for twelve of them."""
    return f"{int.from_bytes(mac, 'big') % 10**digits:0{digits}d}"


def in_groups(code: str) -> str:
    """Format a code in groups of four, ``1234 5678 9012``."""
    return " ".join(code[place : place + 4] for place in range(0, len(code), 4))


def typed_code(typed: str) -> str:
    """Strip spaces, full stops and hyphens from a typed code."""
    return "".join(typed.split()).translate(SEPARATORS)


def network_of(source: str) -> str:
    """Return the network that quotas count for an IP address: the IPv4 address, or the IPv6 /64, one subscriber's."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


def split_cookie(cookie: str | None) -> tuple[str, ...]:
    """Split a browser's long-lived cookie into its values, one per account that signs in there, the last used first."""
    text = cookie or ""
    starts = range(0, len(text) - VALUE_CHARACTERS + 1, VALUE_CHARACTERS)
    return tuple(text[start : start + VALUE_CHARACTERS] for start in starts)[:MOST_VALUES]


def build_cookie(value: str, others: tuple[str, ...]) -> str:
    """Build the cookie with this value moved to the front."""
    return "".join((value, *(other for other in others if other != value)))[: MOST_VALUES * VALUE_CHARACTERS]


def list_known_browsers(
    account: Account | None, kept: KnownBrowsers | None, now: datetime
) -> tuple[KnownBrowser, ...]:
    """Return the browsers that an account knows, without those from before its reopening or a global sign-out."""
    if account is None or kept is None:
        return ()
    return tuple(browser for browser in kept.live(now) if account.admits(browser.seen_at))


def recognise(
    account: Account | None, kept: KnownBrowsers | None, identifiers: list[str], now: datetime
) -> KnownBrowser | None:
    """Return the account's known browser that has one of these ids; None: it knows none of them."""
    browsers = list_known_browsers(account, kept, now)
    return next((browser for browser in browsers if browser.id in identifiers), None)


def remember(
    account: Account, kept: KnownBrowsers | None, identifier: str, session: Session
) -> KnownBrowsers:
    """Return the browsers with a sign-in in the one with this id (SHA-256 of its value), known before or not."""
    now = session.created_at
    before = recognise(account, kept, [identifier], now)
    here = KnownBrowser(id=identifier, since=before.since if before else now, seen_at=now, session=session.id)
    others = tuple(browser for browser in list_known_browsers(account, kept, now) if browser.id != identifier)
    browsers = (here, *others)[:MOST_BROWSERS]
    return replace(kept, browsers=browsers) if kept else KnownBrowsers(account=account.id, browsers=browsers)


def list_left_sessions(before: KnownBrowsers | None, after: KnownBrowsers) -> list[str]:
    """List the ids of the sessions that no known browser has any more: this browser's former one, that of a replaced one."""
    kept = {browser.session for browser in after.browsers}
    return [browser.session for browser in (before.browsers if before else ()) if browser.session not in kept]
