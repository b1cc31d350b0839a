"""Which addresses look mistyped, and what was perhaps meant."""

import pytest

from chalicelib.domain.mistyped import COMMON_MAIL, Mistyped, find_look_alike, list_mistyped

COLLEAGUE = "h.tissier@jardins.entreprise.example"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("Gmai.com", "gmail.com"),
        ("orange.f", "orange.fr"),
        ("wanado.fr", "wanadoo.fr"),
        ("laposte.ne", "laposte.net"),
        ("jardin.entreprise.example", "jardins.entreprise.example"),
        ("jardnis.entreprise.example", "jardins.entreprise.example"),
    ],
)
def test_a_domain_one_slip_away_is_questioned_and_the_mailbox_kept(typed: str, meant: str) -> None:
    assert find_look_alike(f"N.Bellanger@{typed}", [COLLEAGUE]) == f"N.Bellanger@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        *COMMON_MAIL,
        "jardins.entreprise.example",
        "JARDINS.entreprise.example",
        "toitures.entreprise.example",
        "jardin-morvenne.entreprise.example",
        "gmial",
        "",
    ],
)
def test_a_known_or_common_domain_and_what_is_further_away_are_not_questioned(domain: str) -> None:
    assert find_look_alike(f"n.bellanger@{domain}", [COLLEAGUE]) is None


def test_of_two_new_addresses_the_later_is_questioned_until_it_is_said_to_be_meant() -> None:
    typed = {"repond": "n.b@jardins.example", "accueille": "h.t@jardin.example", "acheteur": ""}
    [mistyped] = list_mistyped(typed, ())

    assert mistyped == Mistyped("accueille", "h.t@jardin.example", "h.t@jardins.example")
    assert not list_mistyped(typed, (), [mistyped.typed])
    assert not list_mistyped(typed, typed.values()), "what is stored was asked about before"
