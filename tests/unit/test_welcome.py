"""What a form may say of the welcome on the day: closed choices, a contact of the record, one short text."""

from dataclasses import replace

import pytest

from chalicelib.domain.meetings.welcome import (
    MOST_STOP,
    Clothes,
    Entrance,
    Lunch,
    Shoes,
    StepFree,
    Welcome,
    check_asks_for_contact,
    read_welcome,
)
from chalicelib.errors import FieldInvalid
from chalicelib.words import welcome as words
from chalicelib.words.welcome import WelcomeLine, describe_welcome, list_welcome_fields
from tests.support import factories, meetings

EMPTY = {
    "entree": "",
    "demander": "",
    "repas": "",
    "tenue": "",
    "chaussures": "",
    "plain_pied": "",
    "arret": "",
}
FULL = {
    "entree": "gate",
    "demander": "Nadia Bellanger",
    "repas": "to_bring",
    "tenue": "covering",
    "chaussures": "safety_lent",
    "plain_pied": "with_help",
    "arret": " Bus 34,  arrêt Mairie ",
}


def test_a_form_that_says_nothing_is_no_welcome() -> None:
    assert read_welcome(EMPTY) is None


def test_each_choice_is_read_into_its_code() -> None:
    assert read_welcome(FULL) == Welcome(
        entrance=Entrance.GATE,
        ask_for="Nadia Bellanger",
        lunch=Lunch.TO_BRING,
        clothes=Clothes.COVERING,
        shoes=Shoes.SAFETY_LENT,
        step_free=StepFree.WITH_HELP,
        stop="Bus 34, arrêt Mairie",
    )


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("entree", "window", "choice"),
        ("repas", "gate", "choice"),
        ("tenue", "<b>", "choice"),
        ("chaussures", "x" * 10**6, "choice"),
        ("plain_pied", "oui", "choice"),
        ("arret", "a" * (MOST_STOP + 1), f"long_text_{MOST_STOP}"),
        ("arret", "a" * 10**6, f"long_text_{MOST_STOP}"),
        ("arret", "Appeler le 06 99 00 12 34", "called_text"),
        ("arret", "voir www.plan.example", "link_text"),
        ("arret", "voir plan.example/34", "link_text"),
        ("arret", "rh@entreprise.example", "link_text"),
        ("arret", "Bus 34\narrêt Mairie", "odd_text"),
        ("arret", "…", "odd_text"),
    ],
)
def test_what_is_none_of_the_choices_and_no_way_to_come_is_refused(
    field: str, typed: str, reason: str
) -> None:
    with pytest.raises(FieldInvalid) as refusal:
        read_welcome({**EMPTY, field: typed})

    assert refusal.value.facts == {"field": field, "reason": reason}


@pytest.mark.parametrize("stop", ["Bus 34, arrêt Mairie", "T2, arrêt 11 Novembre 1918", "Ligne 1 : St. Roch"])
def test_lines_and_stops_have_numbers(stop: str) -> None:
    assert read_welcome({**EMPTY, "arret": stop}) == Welcome(stop=stop)


def test_only_a_contact_of_the_record_is_asked_for() -> None:
    parcours = factories.offer()
    present = parcours.company.contacts[0].name

    check_asks_for_contact(Welcome(ask_for=present), parcours)
    check_asks_for_contact(None, parcours)
    with pytest.raises(FieldInvalid) as refusal:
        check_asks_for_contact(Welcome(ask_for="Jeanne Roy"), parcours)
    assert refusal.value.facts == {"field": "demander", "reason": "not_in_record"}


def test_what_is_said_is_what_was_chosen_in_the_order_of_the_form() -> None:
    parcours = factories.offer()
    slot = meetings.slot_in_days(10, welcome=read_welcome({**FULL, "demander": parcours.names_to_ask_for[0]}))

    assert describe_welcome(parcours, slot) == [
        WelcomeLine("Entrée", "par le portail"),
        WelcomeLine("Personne à demander", parcours.names_to_ask_for[0]),
        WelcomeLine("Repas", "à apporter"),
        WelcomeLine("Tenue", "bras et jambes couverts, cheveux longs attachés"),
        WelcomeLine("Chaussures", "de sécurité, prêtées sur place"),
        WelcomeLine("Sans escalier", "oui, avec de l’aide"),
        WelcomeLine("Ligne et arrêt", "Bus 34, arrêt Mairie"),
    ]
    assert describe_welcome(parcours, None) == describe_welcome(parcours, replace(slot, welcome=None)) == []


def test_who_is_in_the_record_no_more_is_named_no_more() -> None:
    parcours = factories.offer()
    slot = meetings.slot_in_days(10, welcome=Welcome(ask_for="Jeanne Roy", lunch=Lunch.PROVIDED))

    assert describe_welcome(parcours, slot) == [WelcomeLine("Repas", "offert par l’entreprise")]


def test_a_choice_of_another_version_is_said_to_be_unknown() -> None:
    slot = meetings.slot_in_days(10, welcome=Welcome(entrance=Entrance.from_stored("roof")))

    assert describe_welcome(factories.offer(), slot) == [WelcomeLine("Entrée", words.UNKNOWN)]


def test_every_choice_of_the_form_is_read() -> None:
    for field in list_welcome_fields(factories.offer(), None):
        for choice in field.choices:
            assert read_welcome({**EMPTY, field.name: choice.code}) is not None
    closed = {Entrance, Lunch, Clothes, Shoes, StepFree}
    assert sum(map(len, closed)) == sum(
        len(field.choices)
        for field in list_welcome_fields(factories.offer(), None)
        if field.name != "demander"
    )
