"""The key of the page where a young person sees how a passage goes on: two spellings of one MAC, kept in no table.

It is made of the passage and of the version of its key, so that it can be printed again; a new version makes the old one void.
"""

import re
from typing import NamedTuple

from chalicelib.domain.kernel.attempt import REFERENCE_LETTERS, Attempt
from chalicelib.domain.kernel.texts import fold_text

SECRET_BYTES = 16
"""Of the MAC, in the address that the QR code holds: 128 bits."""
LETTERS = 12
"""Of the typed spelling, made of bytes after those: 60 bits, of which tries are counted."""
GROUP = 4
SECRET = re.compile(f"[0-9a-f]{{{2 * SECRET_BYTES}}}")
TYPED = re.compile(f"[{REFERENCE_LETTERS}]{{{LETTERS}}}")


class SpelledKey(NamedTuple):
    """The key as it is printed: in the QR code, and to be typed."""

    secret: str
    letters: str
    """« K7QP-3MNA-9XYZ »."""


class TypedKey(NamedTuple):
    """What somebody gave as a key."""

    text: str
    by_hand: bool
    """Whether it is the short spelling, which could be guessed if tries were not counted."""

    def choose_right(self, key: SpelledKey) -> str:
        """Return what its text is to be compared with."""
        return key.letters.replace("-", "") if self.by_hand else key.secret


def build_key_message(attempt: Attempt) -> str:
    """Return the message whose MAC is the present key of a passage."""
    return f"suivi#{attempt.parcours}#{attempt.number}#{attempt.follow_key}"


def spell_key(mac: bytes) -> SpelledKey:
    """Return both spellings of a key; ``mac``: 32 bytes. Neither tells the other."""
    drawn = mac[SECRET_BYTES : SECRET_BYTES + LETTERS]
    letters = "".join(REFERENCE_LETTERS[byte % len(REFERENCE_LETTERS)] for byte in drawn)
    groups = (letters[start : start + GROUP] for start in range(0, LETTERS, GROUP))
    return SpelledKey(mac[:SECRET_BYTES].hex(), "-".join(groups))


def parse_key(text: str) -> TypedKey | None:
    """Return the key that a text may be, however its letters are typed (« k7qp 3mna 9xyz »); None when it can be none."""
    stripped = text.strip()
    if SECRET.fullmatch(stripped):
        return TypedKey(stripped, by_hand=False)
    letters = fold_text(stripped).replace(" ", "").upper()
    return TypedKey(letters, by_hand=True) if TYPED.fullmatch(letters) else None
