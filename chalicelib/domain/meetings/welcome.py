"""What a young person needs to know for the day of a meeting, as the company says it: closed choices, and one short text.

It is about a place and a day, never about the young person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from chalicelib.domain.kernel import texts
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.values import Code, Stored
from chalicelib.errors import FieldInvalid

C = TypeVar("C", bound=Code)
MOST_STOP = 60
"""Characters of a line and a stop."""


class Entrance(Code):
    """Where to come in."""

    RECEPTION = "reception"
    GATE = "gate"
    INTERCOM = "intercom"
    STAFF_DOOR = "staff_door"
    LOADING_DOCK = "loading_dock"
    MET_OUTSIDE = "met_outside"


class Lunch(Code):
    """What is there to eat."""

    PROVIDED = "provided"
    CANTEEN = "canteen"
    TO_BRING = "to_bring"


class Clothes(Code):
    """What to wear."""

    EVERYDAY = "everyday"
    COVERING = "covering"
    LENT = "lent"


class Shoes(Code):
    """What to wear on one's feet."""

    CLOSED = "closed"
    SAFETY_LENT = "safety_lent"
    SAFETY_TO_BRING = "safety_to_bring"


class StepFree(Code):
    """Whether one gets there without a step."""

    YES = "yes"
    WITH_HELP = "with_help"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome(Stored):
    """How somebody is welcomed on the day of a meeting; None: the company does not say."""

    entrance: Entrance | None = None
    ask_for: str | None = None
    """Name of a contact of the record."""
    lunch: Lunch | None = None
    clothes: Clothes | None = None
    shoes: Shoes | None = None
    step_free: StepFree | None = None
    stop: str | None = None
    """Line and stop of public transport, at most ``MOST_STOP`` characters."""


def read_welcome(typed: Mapping[str, str]) -> Welcome | None:
    """Read the welcome of a form; None when it says nothing. Raises FieldInvalid.

    Whether the record knows whom to ask for is for ``check_asks_for_contact``.
    """
    welcome = Welcome(
        entrance=_read_choice(Entrance, typed, "entree"),
        ask_for=typed["demander"] or None,
        lunch=_read_choice(Lunch, typed, "repas"),
        clothes=_read_choice(Clothes, typed, "tenue"),
        shoes=_read_choice(Shoes, typed, "chaussures"),
        step_free=_read_choice(StepFree, typed, "plain_pied"),
        stop=texts.read_directions(typed["arret"], "arret", most=MOST_STOP) or None,
    )
    return None if welcome == Welcome() else welcome


def _read_choice(kind: type[C], typed: Mapping[str, str], field: str) -> C | None:
    """Read a choice of a closed list; None when nothing is chosen. Raises FieldInvalid."""
    if not typed[field]:
        return None
    try:
        return kind(typed[field])
    except ValueError:
        raise FieldInvalid(field, "choice") from None


def check_asks_for_contact(welcome: Welcome | None, parcours: Parcours) -> None:
    """Raise FieldInvalid when the person to ask for is none of this record's contacts."""
    if welcome is None or welcome.ask_for is None:
        return
    if welcome.ask_for not in parcours.names_to_ask_for:
        raise FieldInvalid("demander", "not_in_record")
