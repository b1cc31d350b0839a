"""What is said of the welcome on the day of a meeting: in its form, and to those who read it.

The words suit every reader, the young person too: they address nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.values import Code
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.meetings.welcome import (
    MOST_STOP,
    Clothes,
    Entrance,
    Lunch,
    Shoes,
    StepFree,
    Welcome,
)
from chalicelib.words.codes import Labelled

C = TypeVar("C", bound=Code)
UNKNOWN = "pas encore connu ici"
"""What another version of the code may have stored."""
ENTRANCE = {
    Entrance.RECEPTION: "à l’accueil",
    Entrance.GATE: "par le portail",
    Entrance.INTERCOM: "à l’interphone",
    Entrance.STAFF_DOOR: "par l’entrée du personnel",
    Entrance.LOADING_DOCK: "par le quai de livraison",
    Entrance.MET_OUTSIDE: "quelqu’un attend devant le bâtiment",
}
LUNCH = {
    Lunch.PROVIDED: "offert par l’entreprise",
    Lunch.CANTEEN: "à la cantine",
    Lunch.TO_BRING: "à apporter",
}
CLOTHES = {
    Clothes.EVERYDAY: "de tous les jours",
    Clothes.COVERING: "bras et jambes couverts, cheveux longs attachés",
    Clothes.LENT: "prêtée sur place",
}
SHOES = {
    Shoes.CLOSED: "fermées",
    Shoes.SAFETY_LENT: "de sécurité, prêtées sur place",
    Shoes.SAFETY_TO_BRING: "de sécurité, à apporter",
}
STEP_FREE = {StepFree.YES: "oui", StepFree.WITH_HELP: "oui, avec de l’aide", StepFree.NO: "non"}


@dataclass(frozen=True)
class WelcomeLine:
    """What is said on one subject: « Entrée », « à l’accueil »."""

    label: str
    text: str


STOP = "arret"
"""The one field that is a line of text."""


class WelcomeField(NamedTuple):
    """A field of the form; without ``choices`` it is a line of text."""

    name: str
    label: str
    choices: list[Labelled]
    value: str
    most: int = MOST_STOP


def list_welcome_fields(parcours: Parcours, slot: Slot | None) -> list[WelcomeField]:
    """List the fields of a form, with what is said for ``slot`` already; a choice of nobody is no field."""
    welcome = (slot.welcome if slot else None) or Welcome()
    people = [Labelled(name, name) for name in parcours.names_to_ask_for]
    asked = welcome.ask_for if welcome.ask_for in parcours.names_to_ask_for else None
    fields = [
        WelcomeField("entree", "Entrée", _list_choices(ENTRANCE), welcome.entrance or ""),
        WelcomeField("demander", "Personne à demander", people, asked or ""),
        WelcomeField("repas", "Repas", _list_choices(LUNCH), welcome.lunch or ""),
        WelcomeField("tenue", "Tenue", _list_choices(CLOTHES), welcome.clothes or ""),
        WelcomeField("chaussures", "Chaussures", _list_choices(SHOES), welcome.shoes or ""),
        WelcomeField("plain_pied", "Sans escalier", _list_choices(STEP_FREE), welcome.step_free or ""),
        WelcomeField(STOP, "Ligne et arrêt", [], welcome.stop or ""),
    ]
    return [field for field in fields if field.choices or field.name == STOP]


def _list_choices(words: Mapping[C, str]) -> list[Labelled]:
    """List the codes of a closed list with what they are called."""
    return [Labelled(code.value, label) for code, label in words.items()]


def describe_welcome(parcours: Parcours, slot: Slot | None) -> list[WelcomeLine]:
    """Return what is said of the welcome at a meeting, in the order of the form; empty: nothing is said, or it is at a distance.

    A person to ask for is named while the record knows them.
    """
    return [
        WelcomeLine(
            field.label,
            dict(field.choices).get(field.value, UNKNOWN) if field.choices else field.value,
        )
        for field in list_welcome_fields(parcours, slot)
        if field.value
    ]
