"""A request about personal data (RGPD, articles 15 to 21), by a young person or a parent: read, mailed, never stored."""

import re
from enum import StrEnum

from chalicelib.domain import address
from chalicelib.domain.values import Value
from chalicelib.errors import FieldInvalid

REFERENCE = re.compile(r"CSF-?([2-9A-HJ-NP-Z]{4})-?([0-9]{2})")
"""``attempt.draw_reference``, however it is copied from paper."""
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
MOST_TYPED = 40


class Right(StrEnum):
    """What may be asked."""

    ACCESS = "acces"
    RECTIFICATION = "rectification"
    ERASURE = "effacement"
    OBJECTION = "opposition"
    RESTRICTION = "limitation"


class Asker(StrEnum):
    """Who asks."""

    YOUNG_PERSON = "jeune"
    PARENT = "parent"


class RightsRequest(Value):
    """What the data protection officer is told."""

    reference: str
    right: Right
    asker: Asker
    reply_to: str


def request(reference: str, right: str, asker: str, reply_to: str) -> RightsRequest:
    """The request as it was typed. Whether the reference exists is not looked up: the answer would tell.

    Raises:
        FieldInvalid: ``reference``, ``demande``, ``qui`` or ``adresse`` cannot be taken.
    """
    if right not in set(Right):
        raise FieldInvalid("demande", "which_right")
    bare = "".join(reference[: MOST_TYPED + 1].translate(DASHES).upper().split())
    found = REFERENCE.fullmatch(bare)
    if found is None or len(reference) > MOST_TYPED:
        raise FieldInvalid("reference", "reference")
    if asker not in set(Asker):
        raise FieldInvalid("qui", "which_asker")
    return RightsRequest(
        reference=f"CSF-{found[1]}-{found[2]}",
        right=Right(right),
        asker=Asker(asker),
        reply_to=address.normalise(reply_to, "adresse"),
    )
