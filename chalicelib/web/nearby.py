"""The field « Près de » of the free offers: which town it means, and how far an offer is from there."""

import unicodedata
from dataclasses import dataclass

from chalicelib import french, places
from chalicelib.domain.kernel.towns import Town
from chalicelib.domain.lists import Line

FIELD = "pres"
MOST_LETTERS = 80
MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class NearField:
    """The field as it is shown."""

    value: str = ""
    town: Town | None = None
    """The one that it means; None: none, or one of ``choices``."""
    choices: tuple[str, ...] = ()
    """What the field says of each town that it may mean."""
    more: bool = False
    """Whether it may mean others too."""

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
        return f"À {km}\u00a0km environ {self.place}" if km else self.town.name


NOWHERE = NearField()


def read_near(typed: str, departement: str | None) -> NearField:
    """Read what is typed in the field. Towns of the reader's own ``departement`` come first among those to choose from."""
    value = "".join(letter for letter in typed.strip() if unicodedata.category(letter)[0] != "C")[
        :MOST_LETTERS
    ]
    towns = places.towns().search(value) if value else []
    if len(towns) == 1:
        return NearField(towns[0].label, towns[0])
    towns.sort(key=lambda town: town.departement != departement)
    choices = tuple(town.label for town in towns[:MOST_CHOICES])
    return NearField(value, choices=choices, more=len(towns) > MOST_CHOICES)
