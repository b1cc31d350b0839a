"""Sign-in by a mailed code: the challenge of one browser, and the session that follows."""

from datetime import datetime, timedelta

from chalicelib.domain.transition import Draw, MailKind, OutboxMail
from chalicelib.domain.values import Aggregate, Instant
from chalicelib.errors import CodeDead, SignedOut

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
IDLE = timedelta(hours=2)
WHOLE = timedelta(hours=8)
TOUCH_EVERY = timedelta(minutes=5)
CODE_DIGITS = 6


class Challenge(Aggregate):
    """One browser asked for a code for one address, known to us or not."""

    id: str
    """SHA-256 of the browser's cookie."""
    address: str
    expires_at: Instant
    tries: int = 0

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


def challenge(identifier: str, address: str, draw: Draw) -> tuple[Challenge, OutboxMail]:
    """What is written for any address: the mailer alone finds out whether an account stands behind it. ``draw``: one id."""
    asked = Challenge(id=identifier, address=address, expires_at=draw.now + CODE_LIFE)
    mail = OutboxMail(key=draw.id(), kind=MailKind.SIGN_IN_CODE, created_at=draw.now, challenge=identifier)
    return asked, mail


def check_challenge(asked: Challenge | None, now: datetime) -> Challenge:
    """Raises:
    CodeDead: used, past its ten minutes, or its five tries.
    """
    if asked is None or now >= asked.expires_at or asked.tries >= CODE_TRIES:
        raise CodeDead
    return asked


def check_session(session: Session | None, now: datetime) -> Session:
    """Raises:
    SignedOut: signed out or erased, idle for two hours or eight hours old.
    """
    if session is None:
        raise SignedOut(expired=True)  # the minute function has erased it
    if now >= session.ends_at:
        raise SignedOut(expired=True)
    return session


def code_digits(mac: bytes) -> str:
    """Six digits of a 256-bit MAC; the bias of the reduction is below 10⁻⁷⁰."""
    return f"{int.from_bytes(mac, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
