"""What the law wants pages to say (GDPR, articles 13 and 14; LCEN, article 1-1): who, where, why, for whom, which rights."""

from collections.abc import Iterator
from dataclasses import fields

import pytest

from chalicelib import config
from chalicelib.domain.retention import ROWS
from tests.support.http import Client
from tests.support.readability import list_paragraphs, measure_ease, split_sentences
from tests.support.worlds import World

FACTS = {
    "PUBLISHER_NAME": "Rectorat de l’académie de Rennes",
    "PUBLISHER_POSTAL_ADDRESS": "96 rue d’Antrain, 35705 Rennes",
    "PUBLISHER_PHONE": "02 61 91 00 01",
    "PUBLISHER_DIRECTOR": "Claire Morvan, rectrice",
    "JOINT_CONTROLLERS": "Région Bretagne et ville de Rennes",
    "HOST_NAME": "AWS European Sovereign Cloud GmbH",
    "HOST_POSTAL_ADDRESS": "Schillerstraße 3, Potsdam",
    "HOST_PARENT": "un groupe d’un autre pays",
    "HOST_PHONE": "02 61 91 00 02",
    "DPO_ADDRESS": "dpd@academie-rennes.fr",
    "DPO_POSTAL_ADDRESS": "96 rue d’Antrain, 35000 Rennes",
    "SUPPORT_ADDRESS": "passe-plat@academie-rennes.fr",
}
PARIS = "Paris (France)"
EXAMPLES = "Ceci est un essai"


@pytest.fixture
def filled_in(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings whose legal facts are true ones, in Paris."""
    for name, value in FACTS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def read_words(path: str) -> str:
    """Return what a public page says, as a browser without scripts shows it."""
    return Client().get(path).words


def test_the_legal_notice_says_each_fact(filled_in: None) -> None:
    words = read_words("/mentions-legales")

    for name in FACTS.keys() - {"HOST_PARENT"}:
        assert FACTS[name] in words, name
    assert PARIS in words
    assert EXAMPLES not in words


@pytest.mark.parametrize(
    "name", [setting.name for setting in fields(config.Settings) if "legal" in setting.metadata]
)
def test_one_example_among_the_facts_marks_the_legal_notice_as_a_trial(
    filled_in: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name.upper(), "à compléter")
    config.settings.cache_clear()

    assert EXAMPLES in read_words("/mentions-legales")


PAGE, REGISTER, NOTICE = "/donnees-personnelles", "/donnees-personnelles/registre", "/notice"
RIGHTS = ("accès", "rectification", "effacement", "limitation", "vous opposer", "portabilité")


def test_the_data_page_says_what_articles_13_and_14_want(filled_in: None) -> None:
    words = read_words(PAGE)

    for name in FACTS.keys() - {"PUBLISHER_DIRECTOR", "HOST_PHONE", "SUPPORT_ADDRESS"}:
        assert FACTS[name] in words, name
    for wanted in (
        *(PARIS, "leurs clés y sont aussi"),
        *("article 6.1.e", "mission d’intérêt public", "L.122-2"),
        *(
            "son CV et sa lettre viennent de lui",
            "la réponse de l’entreprise au marché",
            "la personne qui les a invités",
        ),
        *("Il n’est pas obligé de les donner", "donnée pseudonyme", "Avant 18 ans", "vos parents"),
        *(
            "Aucune décision n’est prise par une machine",
            "une plainte à la CNIL",
            "restent dans l’Union",
        ),
        *("La personne qui a reçu le lien", "L’acheteur", "L’équipe", "L’hébergeur"),
    ):
        assert wanted in words, wanted
    for right in RIGHTS:
        assert right in words.casefold(), right
    assert EXAMPLES not in words


def test_the_register_says_what_article_30_wants(filled_in: None) -> None:
    words = read_words(REGISTER)

    for name in FACTS.keys() - {"PUBLISHER_DIRECTOR", "SUPPORT_ADDRESS"}:
        assert FACTS[name] in words, name
    for wanted in (
        PARIS,
        "Fiche du ",
        "Quelles données",
        "Transferts hors de l’Union européenne",
    ):
        assert wanted in words, wanted
    assert words.count("Qui reçoit") == 1 + len(ROWS)


def test_a_region_outside_the_union_is_said_with_its_grounds(
    filled_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    grounds = "Décision d’adéquation (UE) 2021/1772."
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    monkeypatch.setenv("TRANSFER_GROUNDS", grounds)
    config.settings.cache_clear()

    for path in (PAGE, REGISTER, NOTICE):
        words = read_words(path)
        assert grounds in words and "hors de l’Union européenne. Ce qui le permet" in words
        assert "restent dans l’Union" not in words

    monkeypatch.setenv("TRANSFER_GROUNDS", "")
    config.settings.cache_clear()
    for path in (PAGE, REGISTER, NOTICE):
        words = read_words(path)
        assert "hors de l’Union européenne. Ce qui le permet : à compléter" in words
        assert "restent dans l’Union" not in words


@pytest.mark.parametrize("path", [PAGE, REGISTER, NOTICE])
def test_a_trial_says_that_it_shows_examples(world: World, path: str) -> None:
    assert EXAMPLES in read_words(path)


def test_the_notice_says_what_article_13_wants(filled_in: None) -> None:
    words = read_words(NOTICE)

    for name in FACTS.keys() - {
        *("PUBLISHER_DIRECTOR", "HOST_PHONE", "HOST_POSTAL_ADDRESS", "SUPPORT_ADDRESS", "DPO_POSTAL_ADDRESS")
    }:
        assert FACTS[name] in words, name
    for wanted in (
        *(
            PARIS,
            "Tes documents y sont codés, leur clé aussi",
            "article 6.1.e",
            "pas obligatoire",
            "voient des dates",
        ),
        *(
            "en avoir une copie",
            "corriger",
            "effacer",
            "limiter l’usage",
            "t’opposer",
            "portabilité",
            "Aucune machine",
        ),
        *("Avant 18 ans", "tes parents", "La référence ne dit pas ton nom", "cnil.fr/plaintes", "un mois"),
    ):
        assert wanted in words, wanted
    assert EXAMPLES not in words


def test_the_legal_notice_shows_the_security_approval_or_says_that_none_is_published(
    filled_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Aucune décision n’est encore publiée" in read_words("/mentions-legales")

    monkeypatch.setenv("APPROVAL_DECISION", "Décision 2026-31 du 12 octobre 2026")
    config.settings.cache_clear()
    words = read_words("/mentions-legales")
    assert "Décision 2026-31 du 12 octobre 2026" in words and "Aucune décision" not in words


def test_the_accessibility_page_leads_to_the_scheme_or_says_that_it_is_not_published(
    filled_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Client().get("/accessibilite")
    assert "ne sont pas encore publiés" in page.words

    monkeypatch.setenv("ACCESSIBILITY_PLAN", "https://rectorat.test/schema")
    config.settings.cache_clear()
    page = Client().get("/accessibilite")
    assert 'href="https://rectorat.test/schema"' in page.text
    assert "ne sont pas encore publiés" not in page.words


@pytest.mark.parametrize("path", [NOTICE, PAGE, f"{PAGE}/demande"])
def test_what_a_young_person_reads_of_their_data_is_read_at_16(filled_in: None, path: str) -> None:
    """As their own page (``unit/test_young_words.py``), with sentences of up to 25 words; a list of what is stored is none."""
    paragraphs = list_paragraphs(Client().get(path).text)

    assert len(paragraphs) > 4 and measure_ease(". ".join(paragraphs)) >= 75
    for text in paragraphs:
        assert measure_ease(text) >= 50, (measure_ease(text), text)
        assert max(map(len, split_sentences(text, ".!?"))) <= 25, text
