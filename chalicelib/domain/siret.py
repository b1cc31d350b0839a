"""The SIRET of a French establishment: 14 digits that hold their own check."""

import re

from chalicelib.errors import FieldInvalid

DIGITS = re.compile(r"[0-9]{14}")
LA_POSTE = "356000000"
"""Its thousands of establishments have numbers of another rule: their digits sum to a multiple of 5. Source: INSEE."""


def normalise(typed: str, field: str) -> str | None:
    """The 14 digits without what people put between them; None when nothing is typed.

    Raises:
        FieldInvalid: ``siret``: no 14 digits, or they do not hold together.
    """
    digits = re.sub(r"[ \u00a0\u202f.]", "", typed)
    if not digits:
        return None
    if not is_siret(digits):
        raise FieldInvalid(field, "siret")
    return digits


def is_siret(digits: str) -> bool:
    """Whether these are 14 digits whose Luhn sum is right."""
    if not DIGITS.fullmatch(digits) or not int(digits):
        return False
    if digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0:
        return True
    doubled = [
        int(digit) * (2 if place % 2 == 0 else 1)  # 14 digits: the first one is doubled
        for place, digit in enumerate(digits)
    ]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
