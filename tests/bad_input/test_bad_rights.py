"""Bad input of the form of rights and of the notice: said beside its field, kept, and nobody is mailed."""

import html
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.stores import parcours_table
from tests.bad_input.cases import CANARY, assert_discreet, assert_refusal, held, read_message
from tests.conftest import on_moto
from tests.support import factories, http, relays
from tests.support.http import Client
from tests.support.relays import Relay
from tests.support.writing import change_record

PATH = "/donnees-personnelles/demande"
ASKED = {"reference": "CSF-7K3Q-92", "demande": "acces", "qui": "jeune", "adresse": "j@messagerie.example"}


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    """A passage whose young person has no notice."""
    with on_moto() as world, http.functions_answer():
        relay = relays.started(world)
        stands = parcours_table.read_attempt(relay.parcours_id, 1)
        change_record(stands, replace(stands, notice_at=None))
        yield relay


REFERENCE, RIGHT, WHO = (
    "Cette référence n’est pas complète",
    "Dites ce que vous demandez",
    "Dites qui fait la demande",
)
ADDRESS = "Cette adresse n’est pas valable"
WRONG = {
    "no reference": ("reference", "", REFERENCE),
    "a name": ("reference", "Zoé Dupont", REFERENCE),
    "letters that are never drawn": ("reference", "CSF-0O1I-92", REFERENCE),
    "too short": ("reference", "CSF-7K3-92", REFERENCE),
    "other digits": ("reference", "CSF-7K3Q-٩٢", REFERENCE),
    "very long": ("reference", "CSF-7K3Q-92" * 500, REFERENCE),
    "signs alone": ("reference", "---", REFERENCE),
    "a line break": ("reference", "CSF-7K3Q-92\r\nBcc: a@b.example", REFERENCE),
    "no kind": ("demande", "", RIGHT),
    "another kind": ("demande", "access", RIGHT),
    "nothing to correct": ("correction", " ", "Dites ce qui est à corriger"),
    "a long correction": ("correction", "é" * 301, "Dites ce qui est à corriger"),
    "nobody": ("qui", "", WHO),
    "somebody else": ("qui", "équipe", WHO),
    "no address": ("adresse", "", ADDRESS),
    "line break": ("adresse", "a@b.example\r\nBcc: c@d.example", ADDRESS),
    "two": ("adresse", "a@b.example,c@d.example", ADDRESS),
    "display name": ("adresse", "Zoé <a@b.example>", ADDRESS),
    "an accent": ("adresse", "zoé@b.example", "Cette adresse a un accent ou un signe rare avant le"),
    "long": ("adresse", "a" * 250 + "@b.example", ADDRESS),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_request_that_cannot_be_taken_is_said_beside_its_field(relay: Relay, name: str) -> None:
    field, typed, says = WRONG[name]
    before = held(relay.world)

    answer = Client().post_form(
        PATH, ASKED | {"demande": "rectification", "correction": "mon adresse", field: typed}
    )

    assert_refusal(answer, 422, None, says)
    assert f'id="{field}-erreur"' in answer.text
    if field != "adresse":
        assert 'value="j@messagerie.example"' in answer.text, "what was right stays"
    assert held(relay.world) == before
    assert not relay.world.mails()


def test_every_field_that_is_wrong_is_said_at_once_in_a_summary_that_leads_to_it(relay: Relay) -> None:
    """RGAA 11.10: the summary takes the focus, and each of its lines leads to its field."""
    answer = Client().post_form(PATH, {"reference": "---", "demande": "", "qui": "", "adresse": "jeune"})

    assert_refusal(answer, 422, None, "4 saisies sont à corriger")
    for field, says in {"qui": WHO, "reference": REFERENCE, "demande": RIGHT, "adresse": ADDRESS}.items():
        assert f'<a href="#{field}">{says}' in html.unescape(answer.text)
        assert f'id="{field}-erreur"' in answer.text


def test_a_form_that_is_sent_empty_asks_no_reference_before_it_is_said_who_asks(relay: Relay) -> None:
    answer = Client().post_form(PATH, {"reference": "", "demande": "", "qui": "", "adresse": ""})

    assert_refusal(answer, 422, None, "3 saisies sont à corriger")
    assert REFERENCE not in html.unescape(answer.text)


def test_a_contact_who_gives_half_a_reference_is_told_so(relay: Relay) -> None:
    for typed in ("CSF-7K3", "---", "aucune"):
        answer = Client().post_form(PATH, ASKED | {"qui": "contact", "reference": typed})
        assert_refusal(answer, 422, None, REFERENCE)


BODIES = {
    "unknown field": ("&nom=x", 400, "un champ que cette page n’a pas"),
    "twice": ("&qui=parent", 400, "Nous n’avons pas pu lire votre demande"),
    "huge": ("&x=" + "a" * 40_000, 413, "Votre demande est trop longue"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_not_the_form_is_refused(
    relay: Relay, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more, status, says = BODIES[name]
    whole = f"reference={CANARY}&demande=acces&qui=jeune&adresse={CANARY}@b.example{more}"

    answer = Client().post_form(PATH, whole)

    assert_refusal(answer, status, None, says)
    assert_discreet(answer, capsys.readouterr().out)


def test_another_site_can_ask_nothing(relay: Relay) -> None:
    for path in (PATH, f"/parcours/{relay.parcours_id}/notice"):
        answer = http.signed_in(relay.tutor).post_form(path, {}, origin="https://ailleurs.example")
        assert answer.status == 403
    assert Client().post_json(PATH, ASKED).status == 415


def test_markup_is_shown_as_text(relay: Relay) -> None:
    answer = Client().post_form(PATH, ASKED | {"reference": "<script>alert(1)</script>"})

    assert "<script>alert" not in answer.text
    assert "<script>alert(1)</script>" in read_message(answer)


@pytest.mark.parametrize("value", ["oui", 1, None, "true", [True]])
@pytest.mark.parametrize("field", ["notice", "code"])
def test_what_is_ticked_is_true_or_false(relay: Relay, field: str, value: object) -> None:
    """A tick box of an announcement (notice handed over, code by telephone) takes a JSON boolean and nothing else."""
    body = factories.sealed().as_json() | {field: value}

    answer = http.signed_in(relay.tutor).post_json(f"/parcours/{relay.parcours_id}/depots", body)

    assert (answer.status, answer.json["code"]) == (422, "field_invalid")
    assert answer.json["field"] == field


@pytest.mark.parametrize(
    "path", ["/parcours/inconnu/notice", f"/parcours/{'0' * 32}/notice", "/parcours/%00/notice"]
)
def test_the_notice_of_nothing_is_not_found(relay: Relay, path: str) -> None:
    """Reading or handing over the notice of a parcours that does not exist is answered with 404."""
    browser = http.signed_in(relay.tutor)

    assert browser.get(path).status == 404
    assert browser.post_form(path, {}).status == 404
