"""Randomness, drawn in one place and handed to decisions as bytes."""

import secrets
from datetime import datetime

from chalicelib.domain.kernel.transition import Draw


def draw(now: datetime) -> Draw:
    """The instant and enough bytes for six ids."""
    return Draw(now=now, random=secrets.token_bytes(96))


def in_order(now: datetime) -> tuple[Draw, Draw]:
    """Two draws of one id each, the smaller first: facts of one instant are told in the order of their ids."""
    first, second = sorted((secrets.token_bytes(16), secrets.token_bytes(16)))
    return Draw(now=now, random=first), Draw(now=now, random=second)


def cookie_value() -> str:
    """256 bits, base64url: sessions, sign-in challenges, browser nonces."""
    return secrets.token_urlsafe(32)


def salt() -> str:
    """128 bits, hex."""
    return secrets.token_hex(16)
