"""A SIRET is 14 digits whose Luhn sum is right, but for those of La Poste; its first nine are a SIREN."""

import pytest

from chalicelib.domain.kernel import texts
from chalicelib.errors import FieldInvalid

RIGHT = {
    "an establishment": "73282932000074",
    "with spaces": "732 829 320 00074",
    "with no-break spaces": "732\u00a0829\u00a0320\u202f00074",
    "with points": "732.829.320.00074",
    "the seat of La Poste": "35600000000048",
    "an office of La Poste": "35600000009075",
}


@pytest.mark.parametrize("typed", RIGHT.values(), ids=RIGHT.keys())
def test_a_right_number_is_kept_as_its_digits(typed: str) -> None:
    kept = texts.read_siret(typed, "siret")

    assert kept is not None and len(kept) == 14 and kept.isascii() and kept.isdigit()


@pytest.mark.parametrize("typed", ["", "  ", "\u00a0"])
def test_it_may_stay_empty(typed: str) -> None:
    assert texts.read_siret(typed, "siret") is None


WRONG = {
    "one digit changed": "73282932000075",
    "two digits swapped": "73282923000074",
    "13 digits": "7328293200007",
    "15 digits": "732829320000741",
    "a SIREN": "732829320",
    "letters": "7328293200007A",
    "Arabic-Indic digits": "٧٣٢٨٢٩٣٢٠٠٠٠٧٤",
    "full-width digits": "７３２８２９３２００００７４",
    "zeros": "0" * 14,
    "an office of La Poste with a wrong sum": "35600000009076",
    "endless": "7" * 5_000,
}


@pytest.mark.parametrize("typed", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_number_is_refused(typed: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        texts.read_siret(typed, "siret")

    assert refused.value.facts == {"field": "siret", "reason": "siret"}


@pytest.mark.parametrize(("typed", "siren"), [
    ("732 829 320", "732829320"), ("73282932000074", "732829320"), ("35600000009075", "356000000"),
    ("732829321", None), ("73282932", None), ("73282932000075", None), ("0" * 9, None), ("٧٣٢٨٢٩٣٢٠", None), ("", None),
])  # fmt: skip
def test_an_organisation_is_typed_by_its_siren_or_a_siret(typed: str, siren: str | None) -> None:
    if siren is not None:
        assert texts.read_siren(typed, "siren") == siren
    else:
        with pytest.raises(FieldInvalid):
            texts.read_siren(typed, "siren")
