"""What people type into a line: its one written form, and what no honest line holds."""

import re
import unicodedata
from datetime import date

from chalicelib.errors import FieldInvalid

MOST_NAME = 80
MOST_PERSON = 60
MOST_PHONE_DIGITS = 15
"""Source: ITU-T E.164."""
LEAST_PHONE_DIGITS = 4
"""Short French numbers: « 3949 »."""
PHONE = re.compile(r"\+?[0-9 .()/-]{4,30}")
PASTED = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff\u2060"))
"""Invisible leftovers of word processors, dropped without a word."""
JOINERS = frozenset("\u200c\u200d")
"""Invisible, but part of the spelling of some scripts."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST_YEAR, LAST_YEAR = 2000, 2100
LINK = re.compile(r"://|\bwww\.|@|\w\.[^\W\d_]{2,}[/:?#]", re.IGNORECASE)
"""What mail programs and people take for an address: our mails would carry it under our name."""
SITE = re.compile(r"([\w-]+)\.[^\W\d_]{2,}")
BEFORE_NAMES = frozenset(
    {"m", "mm", "mr", "mme", "mmes", "mlle", "dr", "drs", "me", "pr", "mgr", "st", "ste", "cie", "ets", "sté"}
)
"""What people write before a name with a full stop and no space: « Ets.Durand »."""
CALLED = re.compile(r"(?:\d[ .()/-]{0,2}){9}")
"""A telephone number inside a text."""
OF_NO_NAME = frozenset('!?;:<>{}[]\\|=~^%#*_"')
OF_NAMES = frozenset("+°")
"""Signs that stand in functions: « conseillère n° 2 », « bac +2 »."""
FULL_STOPS = dict.fromkeys(map(ord, "\u3002\uff61\u2024"), ".")
SPACES = re.compile(r"[ \u00a0\u202f\u2000-\u200a\u3000]+")
BREAKS = re.compile(r"[\r\n\t]+")


def one_line(
    typed: str, field: str, *, most: int, required: bool = True, breaks: bool = False, links: bool = False
) -> str:
    """A text on one line: NFC, single spaces, no control, no change of direction, no link, at least one letter or digit.

    Args:
        most: characters; ``breaks``: line breaks become spaces (a text area), else they are refused; ``links``: it may be one.
    Raises:
        FieldInvalid: ``field`` cannot be taken: ``missing_text``, ``long_text``, ``odd_text`` or ``link_text``.
    """
    text = unicodedata.normalize("NFC", typed).translate(PASTED)
    text = SPACES.sub(" ", BREAKS.sub(" ", text) if breaks else text).strip(" ")
    if not text:
        if required:
            raise FieldInvalid(field, "missing_text")
        return ""
    if len(text) > most:
        raise FieldInvalid(field, "long_text")
    if any(_is_odd(one) for one in text) or not any(unicodedata.category(one)[0] in "LN" for one in text):
        raise FieldInvalid(field, "odd_text")
    if not links and LINK.search(_bare(text)):
        raise FieldInvalid(field, "link_text")
    return text


def _bare(text: str) -> str:
    """As a mail program may read it: full-width forms made plain, joiners dropped, other full stops made ours."""
    kept = "".join(one for one in unicodedata.normalize("NFKC", text) if one not in JOINERS)
    return kept.translate(FULL_STOPS)


def trade_name(typed: str, field: str, *, required: bool = True) -> str:
    """The name of a company or a buying organisation: a line of at most 80 characters with a letter in it.

    Raises:
        FieldInvalid: see ``one_line``.
    """
    text = one_line(typed, field, most=MOST_NAME, required=required)
    if text and not any(unicodedata.category(one)[0] == "L" for one in text):
        raise FieldInvalid(field, "odd_text")
    return text


def name(typed: str, field: str) -> str:
    """The name of a person, which our mails repeat to strangers: nothing in it but a name.

    Raises:
        FieldInvalid: see ``one_line``; ``name_text``: it holds what no name needs (a sentence's signs, a telephone number).
    """
    text = _only_named(trade_name(typed, field), field)
    if len(text) > MOST_PERSON:
        raise FieldInvalid(field, "long_text")
    return text


def function(typed: str, field: str, *, required: bool = False, breaks: bool = False) -> str:
    """What somebody does where she works; it follows her name, by the same rule."""
    return _only_named(one_line(typed, field, most=MOST_NAME, required=required, breaks=breaks), field)


def _only_named(text: str, field: str) -> str:
    bare = _bare(text)
    sites = (found[1] for found in SITE.finditer(bare))
    if any(not (len(one) == 1 and one.isupper()) and one.casefold() not in BEFORE_NAMES for one in sites):
        raise FieldInvalid(field, "link_text")
    if CALLED.search(bare) or any(_is_no_sign_of_a_name(one) for one in bare):
        raise FieldInvalid(field, "name_text")
    return text


def _is_no_sign_of_a_name(one: str) -> bool:
    return one in OF_NO_NAME or (unicodedata.category(one)[0] == "S" and one not in OF_NAMES)


def phone(typed: str, field: str) -> str | None:
    """A telephone number as people write it; None when there is none.

    Raises:
        FieldInvalid: ``phone``: other characters than digits and what stands between them, or too few or many digits.
    """
    text = SPACES.sub(" ", typed).strip(" ")
    if not text:
        return None
    digits = sum(one.isdigit() for one in text)
    if not PHONE.fullmatch(text) or not LEAST_PHONE_DIGITS <= digits <= MOST_PHONE_DIGITS:
        raise FieldInvalid(field, "phone")
    return text


def _is_odd(one: str) -> bool:
    """Controls, changes of direction, private and unassigned characters, halves of a character, line separators."""
    category = unicodedata.category(one)
    return (category[0] == "C" and one not in JOINERS) or category in {"Zl", "Zp"}


def day(typed: str) -> date | None:
    """A day as browsers send it, ``2026-05-12`` and nothing else, from 2000 to 2100; None: it is none."""
    try:
        found = date.fromisoformat(typed) if DAY.fullmatch(typed) else None  # which alone takes weeks too
    except ValueError:
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def plainly(text: str) -> str:
    """A text without case, accents, punctuation nor double spaces, to compare what two people typed."""
    bare = "".join(
        one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one)
    )
    return " ".join("".join(one if one.isalnum() else " " for one in bare).split())


def same_name(one: str | None, other: str | None) -> bool:
    """Whether two names are the same but for how they are typed: organisations have no other identity here."""
    return bool(one and other and plainly(one)) and plainly(one or "") == plainly(other or "")
