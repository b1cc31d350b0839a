"""The field « Près de » of the free offers: which town it means, and how far an offer is from there."""

import unicodedata
from dataclasses import dataclass

from chalicelib import french, places
from chalicelib.domain.kernel.towns import Town
from chalicelib.domain.lists import Line

FIELD = "pres"
MOST_LETTERS = 80
MOST_CHOICES = 8


@dataclass(frozen=True, slots=True)
class NearField:
    """The field as it is shown."""

    value: str = ""
    town: Town | None = None
    """The one that it names; None: none, or one of ``choices``."""
    choices: tuple[str, ...] = ()
    """What the field says of each other town that it may mean."""
    more: bool = False
    """Whether it may mean others too."""

    @property
    def is_number(self) -> bool:
        """Whether it holds no name: the communes of a postal code are not known."""
        return self.value.strip("0123456789 ") == ""

    @property
    def is_unknown(self) -> bool:
        """Whether it means no town."""
        return bool(self.value) and self.town is None and not self.choices

    @property
    def place(self) -> str:
        """Return the town after « près »: « de Dijon », « du Havre »; empty without a town."""
        return french.de_ville(self.town.name) if self.town else ""

    def describe_distance(self, line: Line) -> str | None:
        """Return how far the offer of this line is from the town; None without a town."""
        if self.town is None:
            return None
        town = places.towns().find(line.town, line.departement)
        if town is None:
            return "Distance inconnue, cette commune n’est pas dans la liste"
        km = town.measure_km(self.town)
        return f"À {km}\u00a0km environ {self.place}" if km else "À moins d’un kilomètre"


NOWHERE = NearField()


def read_near(typed: str, departement: str | None) -> NearField:
    """Read what is typed in the field. Of the towns to choose from, those of this very name come first, then the nearest.

    ``departement``: the reader's own, from which they are near or far.
    """
    value = "".join(letter for letter in typed.strip() if unicodedata.category(letter)[0] != "C")[
        :MOST_LETTERS
    ]
    towns = places.towns()
    named, begun = towns.search(value)
    here = towns.find_middle(departement) if departement else None
    for meant in (named, begun):
        if here is not None:
            meant.sort(key=here.measure_km)
    certain = named or begun
    town = certain[0] if len(certain) == 1 else None
    others = [other for other in (*named, *begun) if other is not town]
    choices = tuple(other.label for other in others[:MOST_CHOICES])
    return NearField(town.label if town else value, town, choices, more=len(others) > MOST_CHOICES)
