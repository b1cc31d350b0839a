"""The communes of France: which one a text names, and how far one is from another.

Where they lie is data (``chalicelib/communes.json``, written by ``infra/communes.py``), of which a département is read when it is
first asked for.
"""

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from chalicelib.domain.kernel.texts import fold_text

HUNDREDTHS = 100
"""In which coordinates are stored: a hundredth of a degree is 1.1 km."""
EARTH_RADIUS_KM, KM_A_DEGREE = 6371, 111
NEAR_KM = 60
"""How far from a town the départements around it may begin: an hour on the way."""
MOST_DEPARTEMENTS = 8
"""The nearest of them: each is a list to read. Around Paris there are nine."""
LEAST_LETTERS = 3
"""A shorter beginning of a name leads to no town."""
ARTICLES = {"l", "le", "la", "les", "aux", "las", "los"}
SAINTS = {"st": "saint", "ste": "sainte"}
BESIDE = re.compile(r"cedex|arrondissement|.*[0-9].*")
"""A word that is no part of a name: « Lyon 3e », « Dijon Cedex », « 21000 Dijon », « Saint-Denis (93) »."""
CODE = re.compile(r"\b(97[1-6]|2[AB]|[0-9]{2})(?:[0-9]{2,3})?\b", re.ASCII)
"""The code of a département, alone or at the head of a postal code."""


class Town(NamedTuple):
    """A commune, at its town hall; in degrees."""

    name: str
    departement: str
    latitude: float
    longitude: float

    @property
    def label(self) -> str:
        """Its name and département, by which ``Towns.search`` finds it again and no other: « Saint-Denis (93) »."""
        return f"{self.name} ({self.departement})"

    def measure_km(self, other: "Town") -> int:
        """Return how far another town is, in kilometres as the crow flies."""
        south, north = math.radians(self.latitude), math.radians(other.latitude)
        across = math.radians(other.longitude - self.longitude)
        chord = math.sin((north - south) / 2) ** 2
        chord += math.cos(south) * math.cos(north) * math.sin(across / 2) ** 2
        return round(2 * EARTH_RADIUS_KM * math.asin(math.sqrt(chord)))


class Meant(NamedTuple):
    """The communes that a text may mean, by département."""

    named: list[Town]
    """Those of this very name,"""
    begun: list[Town]
    """and those whose names begin so."""


class Towns:
    """The communes of every département."""

    def __init__(self, stored: Mapping[str, str]) -> None:
        """Keep what is stored: the code of a département → a line « name;latitude;longitude » for each commune."""
        self._stored = stored
        self._read: dict[str, dict[str, Town]] = {}

    def find(self, name: str, departement: str) -> Town | None:
        """Return the commune of this name in this département; None: none is known."""
        return self._list_by_name(departement).get(_fold_name(name))

    def find_middle(self, departement: str) -> Town | None:
        """Return a commune in the middle of a département; None: the département is not known."""
        towns = sorted(
            self._list_by_name(departement).values(), key=lambda town: town.latitude + town.longitude
        )
        return towns[len(towns) // 2] if towns else None

    def search(self, typed: str) -> Meant:
        """Return the communes that a text may mean: beside one that it names, only those with a further word in their name.

        Only those in the département that the text gives too, if there are any; a name with its own département means one.
        """
        name, codes = _fold_name(typed), CODE.findall(typed.upper())
        named = self._namesakes.get(name, [])
        beginning = f"{name} " if named else name
        begun = [
            town
            for key in self._namesakes
            if len(name) >= LEAST_LETTERS and key != name and key.startswith(beginning)
            for town in self._namesakes[key]
        ]
        if any(town.departement in codes for town in named):
            begun = []
        if any(town.departement in codes for town in (*named, *begun)):
            named, begun = ([town for town in towns if town.departement in codes] for towns in (named, begun))
        return Meant(sorted(named, key=_find_order), sorted(begun, key=_find_order))

    def list_departements_near(self, town: Town) -> list[str]:
        """Return the départements that begin within ``NEAR_KM`` of a town, the nearest first, ``MOST_DEPARTEMENTS`` at most."""
        nearest = dict[str, int]()
        for other in (other for towns in self._namesakes.values() for other in towns):
            if abs(town.latitude - other.latitude) * KM_A_DEGREE <= NEAR_KM:
                km = town.measure_km(other)
                nearest[other.departement] = min(km, nearest.get(other.departement, km))
        near = sorted((km, departement) for departement, km in nearest.items() if km <= NEAR_KM)
        return [departement for _, departement in near[:MOST_DEPARTEMENTS]]

    @cached_property
    def _namesakes(self) -> dict[str, list[Town]]:
        """Every commune by its folded name."""
        namesakes = defaultdict[str, list[Town]](list)
        for departement in self._stored:
            for name, town in self._list_by_name(departement).items():
                namesakes[name].append(town)
        return dict(namesakes)

    def _list_by_name(self, departement: str) -> dict[str, Town]:
        """Return the communes of a département by their folded names; of two that fold alike, the first."""
        if departement not in self._read:
            towns: dict[str, Town] = {}
            for line in self._stored.get(departement, "").splitlines():
                name, latitude, longitude = line.split(";")
                place = int(latitude) / HUNDREDTHS, int(longitude) / HUNDREDTHS
                towns.setdefault(_fold_name(name), Town(name, departement, *place))
            self._read[departement] = towns
        return self._read[departement]


def _find_order(town: Town) -> tuple[str, str]:
    """Return what sorts communes by département, then by name."""
    return town.departement, town.name


def _fold_name(text: str) -> str:
    """Return the name of a town without case, accents, article, and what stands beside it; « St » is « Saint »."""
    words = [SAINTS.get(word, word) for word in fold_text(text).split() if not BESIDE.fullmatch(word)]
    return " ".join(words[1:] if len(words) > 1 and words[0] in ARTICLES else words)
