"""Which commune a text names, and how far one is from another: the file that is packed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib import places
from chalicelib.domain import lists
from chalicelib.domain.kernel.territory import DEPARTEMENTS
from chalicelib.domain.kernel.towns import MOST_DEPARTEMENTS, Town, Towns
from tests.support.lines import free

TOWNS = places.towns()


def find(label: str) -> Town:
    """Return the one commune that a text names."""
    [town] = TOWNS.search(label).named
    return town


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("Dijon", ["Dijon (21)"]),
        ("  dijon cedex 9", ["Dijon (21)"]),
        ("21000 DIJON", ["Dijon (21)"]),
        ("Lyon 3e", ["Lyon (69)"]),
        ("havre", ["Le Havre (76)"]),
        ("villeurb", ["Villeurbanne (69)"]),
        ("Ajaccio 2A", ["Ajaccio (2A)"]),
        ("St-Denis (93)", ["Saint-Denis (93)"]),
        ("97400 Saint-Denis", ["Saint-Denis (974)"]),
        ("saint denis", ["Saint-Denis (11)", "Saint-Denis (30)", "Saint-Denis (93)", "Saint-Denis (974)"]),
        ("Dijon (99)", ["Dijon (21)"]),
        ("Dj", []),
        ("Djion", []),
        ("21000", []),
        ("", []),
    ],
)
def test_a_text_names_the_communes_that_people_mean(typed: str, labels: list[str]) -> None:
    meant = TOWNS.search(typed)

    assert [town.label for town in meant.named or meant.begun] == labels


@pytest.mark.parametrize(
    ("typed", "named", "begun"),
    [
        ("villefranche", ["Villefranche (89)"], "Villefranche-sur-Saône (69)"),
        ("villefranche 69", [], "Villefranche-sur-Saône (69)"),
        ("Villefranche (89)", ["Villefranche (89)"], None),
        ("lyon", ["Lyon (69)"], None),
    ],
)
def test_a_name_that_others_begin_with_means_them_too_unless_its_departement_is_given(
    typed: str, named: list[str], begun: str | None
) -> None:
    meant = TOWNS.search(typed)

    assert [town.label for town in meant.named] == named
    labels = [town.label for town in meant.begun]
    assert begun in labels if begun else labels == []


def test_what_the_field_shows_of_a_town_finds_it_again() -> None:
    for label in ("Saint-Denis (974)", "L’Abergement-Clémenciat (01)", "Le Havre (76)", "Les Lilas (93)"):
        assert find(label).label == label and TOWNS.search(label).begun == []


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ("Dijon", "Dijon", 0),
        ("Dijon", "Auxonne", 30),
        ("Dijon", "Lyon (69)", 173),
        ("Paris", "Marseille (13)", 661),
    ],
)
def test_a_distance_is_that_of_the_map_to_a_few_kilometres(here: str, there: str, km: int) -> None:
    assert (
        find(here).measure_km(find(there)) == find(there).measure_km(find(here)) == pytest.approx(km, abs=3)
    )


def test_the_departements_around_a_town_are_the_nearest_across_any_border() -> None:
    assert TOWNS.list_departements_near(find("Auxonne"))[:3] == ["21", "39", "70"], (
        "two académies, one région"
    )
    assert TOWNS.list_departements_near(find("Saint-Denis (974)")) == ["974"]
    assert len(TOWNS.list_departements_near(find("Paris"))) == MOST_DEPARTEMENTS


def test_every_departement_has_communes_and_each_lies_near_its_middle() -> None:
    stored = json.loads(Path(places.__file__).with_name("communes.json").read_text())["communes"]

    assert list(stored) == list(DEPARTEMENTS)
    for code, lines in stored.items():
        middle = TOWNS.find_middle(code)
        towns = [TOWNS.find(line.partition(";")[0], code) for line in lines.splitlines()]
        assert middle is not None and None not in towns
        far = [
            town.label for town in towns if town and town.measure_km(middle) > (400 if code == "973" else 150)
        ]
        assert not far, "some town halls of the source lie elsewhere"


def test_an_offer_of_an_unknown_town_counts_as_in_the_middle_of_its_departement() -> None:
    near, unknown, far, nowhere = (
        replace(free(), town=town, departement=code)
        for town, code in (("Chenôve", "21"), ("Saulx-la-Neuve", "21"), ("Lyon", "69"), ("Ville", "00"))
    )

    assert lists.sort_by_km([nowhere, far, unknown, near], find("Dijon"), TOWNS) == [
        near,
        unknown,
        far,
        nowhere,
    ]


def test_nothing_is_found_among_no_communes() -> None:
    assert Towns({}).search("Dijon") == ([], []) and Towns({}).find("Dijon", "21") is None
