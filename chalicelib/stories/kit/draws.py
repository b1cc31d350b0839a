"""Randomness, drawn in one place and handed to decisions as bytes."""

import secrets
from datetime import datetime

from chalicelib.domain.kernel.transition import ID_BYTES, Draw

MOST_IDS = 16
"""Ids that one decision may draw."""


def draw(now: datetime, *, first: str = "") -> Draw:
    """The instant and enough random bytes for one decision; ``first``: an id that the page drew, which comes first."""
    return Draw(now=now, random=bytes.fromhex(first) + secrets.token_bytes(MOST_IDS * ID_BYTES))


def cookie_value() -> str:
    """256 bits, base64url: sessions, sign-in challenges, browser nonces."""
    return secrets.token_urlsafe(32)


def salt() -> str:
    """128 bits, hex."""
    return secrets.token_hex(16)
