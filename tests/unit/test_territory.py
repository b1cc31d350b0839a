"""The territory: 101 départements, 30 académies, 18 régions académiques, and the names that an old table gives them."""

import pytest

from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.calendar import ZONES


def test_every_departement_lies_in_one_academie_and_every_academie_has_some() -> None:
    academies = {territory.find_academie(code) for code in territory.DEPARTEMENTS}

    assert len(territory.DEPARTEMENTS) == 101
    assert academies == set(territory.ACADEMIES)
    assert len(territory.ACADEMIES) == 30


def test_the_academies_make_18_regions() -> None:
    assert len({territory.find_region(academie) for academie in territory.ACADEMIES}) == 18


def test_school_zones_are_those_of_these_academies() -> None:
    assert set(ZONES) < set(territory.ACADEMIES)


@pytest.mark.parametrize(
    ("code", "academie", "region"),
    [
        ("21", "Dijon", "Bourgogne-Franche-Comté"),
        ("2A", "Corse", "Corse"),
        ("76", "Normandie", "Normandie"),
        ("93", "Créteil", "Île-de-France"),
        ("974", "La Réunion", "La Réunion"),
        ("57", "Nancy-Metz", "Grand Est"),
        ("01", "Lyon", "Auvergne-Rhône-Alpes"),
    ],
)
def test_academie_and_region_follow_from_the_departement(code: str, academie: str, region: str) -> None:
    assert territory.find_academie(code) == academie
    assert territory.find_region(academie) == region


@pytest.mark.parametrize(
    ("text", "academie"),
    [
        ("créteil", "Créteil"),
        ("CRETEIL", "Créteil"),
        ("Académie de Créteil", "Créteil"),
        ("académie d’Aix-Marseille", "Aix-Marseille"),
        ("Caen", "Normandie"),
        ("académie de Rouen", "Normandie"),
        ("la reunion", "La Réunion"),
        ("Académie de La Réunion", "La Réunion"),
        ("orleans tours", "Orléans-Tours"),
        ("Nouvelle-Calédonie", None),
        ("Créteil et Paris", None),
        ("", None),
    ],
)
def test_an_academie_is_known_by_any_of_its_spellings(text: str, academie: str | None) -> None:
    assert territory.parse_academie(text) == academie


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1", "01"),
        ("01", "01"),
        ("2a", "2A"),
        ("isere", "38"),
        ("Côte d'Or", "21"),
        ("975", None),
        ("٢١", None),
    ],
)
def test_a_departement_is_known_by_its_code_or_its_name(text: str, code: str | None) -> None:
    assert territory.parse_departement(text) == code


def test_the_closed_lists_are_those_of_the_team() -> None:
    assert len(territory.DOMAINES) == 15
    assert territory.HOURS == (150, 300, 450, 900)
