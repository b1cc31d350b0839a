"""Passing on over HTTP: the pages' function asks, ``unseal`` decides, and every refusal comes back as itself."""

import pytest

from chalicelib.domain.kernel.timeline import EventKind
from tests.support import http
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client
from tests.support.passings import COLLEAGUE, OTHER, list_links
from tests.support.relays import Relay

TYPED = {"nom": "Jeanne Roy", "adresse": COLLEAGUE, "mode": "remplace"}


pytestmark = pytest.mark.usefixtures("answering")


def holder(token: str) -> Client:
    """Return a browser that has answered the question of this link."""
    client = Client()
    client.get("/retrait")
    proof = client.post_json("/retrait/preuve", {"token": token, "adresse": COMPANY_ADDRESS})
    assert proof.status == 204
    return client


def passes(client: Client, token: str, typed: dict[str, object] | None = None) -> Answer:
    """Pass the link on to a colleague, with some fields changed."""
    return client.post_json("/retrait/transmission", {"token": token, **TYPED, **(typed or {})})


def test_a_colleague_is_named_over_http_and_a_double_click_names_her_once(relay: Relay) -> None:
    token = relay.sends()
    client = holder(token)

    answers = [passes(client, token) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert [answer.json for answer in answers] == [{"etat": "a_accorder"}] * 2
    assert relay.event_kinds().count(EventKind.COLLEAGUE_NAMED) == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"adresse": "pas une adresse"}, 422, "field_invalid"),
        ({"adresse": "j.roy@jardins.example\r\nBcc: x@y.example"}, 422, "field_invalid"),
        ({"nom": "\u202eyoR"}, 422, "field_invalid"),
        ({"nom": 7}, 422, "field_invalid"),
        ({"mode": "copie"}, 422, "field_invalid"),
        ({"contact": 0}, 422, "field_invalid"),
        ({"contact": True}, 422, "field_invalid"),
        ({"destinataire": "x@y.example"}, 400, "unknown_field"),
    ],
)
def test_each_invalid_passing_on_gets_its_own_refusal(
    relay: Relay, changes: dict[str, object], status: int, code: str
) -> None:
    token = relay.sends()

    answer = passes(holder(token), token, changes)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert list_links(relay) == (relay.link(),)


def test_without_the_question_nobody_is_named(relay: Relay) -> None:
    token = relay.sends()
    client = Client()
    client.get("/retrait")

    assert passes(client, token).json["code"] == "proof_needed"
    assert list_links(relay) == (relay.link(),)


def test_limits_and_dead_links_are_told_over_http(relay: Relay) -> None:
    token = relay.sends()
    client = holder(token)
    assert passes(client, token, {"adresse": OTHER}).json == {"etat": "a_accorder"}

    assert passes(client, token, {"adresse": "z@autre.example"}).json["code"] == "colleague_limit"


def test_the_tutor_sees_who_was_named_and_agrees_on_the_page_of_the_parcours(relay: Relay) -> None:
    token = relay.sends()
    passes(holder(token), token, {"adresse": OTHER})
    tutor = http.signed_in(relay.tutor)
    page = tutor.get(f"/parcours/{relay.parcours_id}").text
    asked = relay.link().asked_link or ""
    assert OTHER in page and asked in page

    path = f"/parcours/{relay.parcours_id}/collegue"
    assert tutor.post_form(path, {"geste": "peut-être", "lien": asked}).status == 422
    answered = tutor.post_form(path, {"geste": "accorder", "lien": asked})
    relay.mailer_runs()

    assert (answered.status, answered.headers["location"]) == (
        303,
        f"/parcours/{relay.parcours_id}?fait=collegue",
    )
    assert OTHER in relay.mailed_to()
    assert OTHER in tutor.get(f"/parcours/{relay.parcours_id}?fait=collegue").text


def _declined(relay: Relay) -> Client:
    """Refuse on the company's page; return its browser."""
    token = relay.sends()
    client = holder(token)
    answer = client.post_json(
        "/retrait/refus", {"token": token, "motif": "no_host_available", "confirme": True}
    )
    assert answer.status == 204, answer.text
    return client


def test_the_tutor_takes_a_refusal_back_from_the_page_of_the_parcours(relay: Relay) -> None:
    _declined(relay)
    tutor = http.signed_in(relay.tutor)
    assert "Annuler le refus" in tutor.get(f"/parcours/{relay.parcours_id}").text

    answered = tutor.post_form(f"/parcours/{relay.parcours_id}/refus/annulation", {})

    assert answered.status == 303
    assert "Annuler le refus" not in tutor.get(f"/parcours/{relay.parcours_id}").text
    again = tutor.post_form(f"/parcours/{relay.parcours_id}/refus/annulation", {})
    assert again.status == 303
    assert relay.event_kinds().count(EventKind.DECLINE_UNDONE) == 1
