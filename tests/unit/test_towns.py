"""Which département a text names, and which are nearest to it."""

import pytest

from chalicelib.domain.kernel import towns
from chalicelib.domain.kernel.territory import DEPARTEMENTS


@pytest.mark.parametrize(
    ("typed", "departement"),
    [
        ("Dijon", "21"),
        (" côte d’or ", "21"),
        ("21", "21"),
        ("21200", "21"),
        ("97410", "974"),
        ("2a", "2A"),
        ("saint etienne", "42"),
        ("Djion", None),
        ("210000", None),
        ("99000", None),
        ("", None),
    ],
)
def test_a_departement_is_named_by_code_postal_code_name_or_chief_town(
    typed: str, departement: str | None
) -> None:
    assert towns.find_departement(typed) == departement


def test_the_nearest_departements_come_first_across_any_border() -> None:
    assert list(towns.CHIEF_TOWNS) == list(DEPARTEMENTS)
    assert towns.list_nearest("21")[:3] == ["21", "25", "39"]
    assert set(towns.list_nearest("75")[:5]) == {"75", "92", "93", "94", "78"}
