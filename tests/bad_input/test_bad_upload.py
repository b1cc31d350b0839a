"""B01 to B12: what a tutor's browser, or somebody with her session, may announce and send wrongly."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.kernel.deposit import SEALING_BYTES, DepositState
from chalicelib.domain.kernel.values import Kind, ParcoursStatus
from tests.bad_input.cases import CANARY, Case, Scene, check, each
from tests.conftest import Clock
from tests.support import factories, relays
from tests.support.http import Answer, signed_in
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import change_record

MOST_SEALED = 10_000_000 + SEALING_BYTES
VALUE = "Un champ de la demande n’est pas valable"
STRANGE_NAMES = {
    "300 characters": "a" * 300,
    "a path": "../../etc/passwd",
    "a null": "CV\0.pdf",
    "line breaks": "CV\r\nSet-Cookie: a=b.pdf",
    "a direction override": "CV\u202efdp.exe",
    "an emoji": "🎓.pdf",
}


def announces_document(field: str, value: object) -> Callable[[Scene], Answer]:
    """Return the request that announces an honest document but for one of its fields."""
    sealed = factories.sealed()
    body = {**sealed.as_json(), "documents": [{**sealed.document_json(), field: value}]}
    return lambda scene: scene.agent.post_json(scene.deposits, body)


def announces(field: str, value: object) -> Callable[[Scene], Answer]:
    """Return the request that sends an honest announcement but for one of its fields."""
    body = {**factories.sealed().as_json(), field: value}
    return lambda scene: scene.agent.post_json(scene.deposits, body)


def without(scene: Scene, field: str) -> Answer:
    """Announce a document without this field."""
    body = factories.sealed().as_json()
    del body[field]
    return scene.agent.post_json(scene.deposits, body)


def refused_field(name: str, says: str, field: str, value: object) -> Case:
    """Return the case of an announcement that is refused for one field."""
    return Case(name, announces(field, value), 422, "field_invalid", says)


def refused_document(name: str, says: str, field: str, value: object) -> Case:
    """Return the case of an announcement that is refused for one field of its document."""
    return Case(name, announces_document(field, value), 422, "field_invalid", says)


CASES = [
    refused_field("B01 no document", VALUE, "documents", []),
    Case(
        "B01 no list", lambda scene: without(scene, "documents"), 422, "field_invalid", "Il manque un champ"
    ),
    refused_field("B01 null", VALUE, "documents", None),
    refused_document("B02 nothing but the sealing", "Le fichier est vide", "bytes", SEALING_BYTES),
    refused_document("B02 zero", "Le fichier est vide", "bytes", 0),
    refused_document("B02 negative", "Le fichier est vide", "bytes", -1),
    refused_document("B03 one byte too many", "dépasse 10 Mo", "bytes", MOST_SEALED + 1),
    refused_document("B03 astronomic", "dépasse 10 Mo", "bytes", 10**30),
    refused_document("B03 fraction", VALUE, "bytes", 1e4),
    refused_document("B03 text", VALUE, "bytes", "10000"),
    refused_document("B03 truth", VALUE, "bytes", True),
    refused_document("B08 short key", "La clé du document", "key", base64.b64encode(b"k" * 31).decode()),
    refused_document("B08 no base64", VALUE, "key", f"{CANARY}!"),
    refused_document(
        "B08 short hash", "L’empreinte du document", "sha256", base64.b64encode(b"h" * 31).decode()
    ),
    refused_document("B08 endless hash", VALUE, "sha256", "A" * 10_000),
    refused_document("B08 unknown kind", VALUE, "kind", CANARY),
    refused_field("B08 id in capitals", VALUE, "deposit", "5D1A5C5E-9C6C-4C25-9C3B-000000000001"),
    refused_field("B08 id that climbs", VALUE, "deposit", f"../{CANARY}"),
    refused_field("B08 id of another version", VALUE, "deposit", "5d1a5c5e-9c6c-1c25-9c3b-000000000001"),
    refused_field("B55 no address", "Cette adresse n’est pas valable", "destinataire", CANARY),
    refused_field(
        "B55 two addresses", "Cette adresse n’est pas valable", "destinataire", f"{CANARY}@a.fr, b@a.fr"
    ),
    refused_field(
        "B55 line break", "Cette adresse n’est pas valable", "destinataire", f"a@a.fr\r\nBcc: {CANARY}@a.fr"
    ),
    refused_field(
        "B55 display name", "Cette adresse n’est pas valable", "destinataire", f"{CANARY} <a@a.fr>"
    ),
    refused_field("B55 quoted", "Cette adresse n’est pas valable", "destinataire", f'"{CANARY}"@a.fr'),
    refused_field(
        "B55 accent", "Cette adresse a un accent ou un signe rare avant le", "destinataire", f"é{CANARY}@a.fr"
    ),
    refused_field("B55 too long", "Cette adresse n’est pas valable", "destinataire", "a" * 250 + "@a.fr"),
    refused_field("B55 number", VALUE, "destinataire", 12),
    *(
        Case(
            f"B11 named {why}",
            announces_document("nom", name + CANARY),
            400,
            "unknown_field",
            "un champ que cette page n’a pas",
        )
        for why, name in STRANGE_NAMES.items()
    ),
]


@each(CASES)
def test_an_announcement_that_cannot_be_taken_is_refused(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = check(case, scene, capsys)

    if answer.status == 422:
        assert answer.json["field"] in {
            "documents",
            "bytes",
            "key",
            "sha256",
            "kind",
            "deposit",
            "destinataire",
        }


def test_the_team_is_no_recipient(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    team = scene.team.address.upper().replace("EXAMPLE", "example")
    case = refused_field("team", "L’équipe ne reçoit pas de documents", "destinataire", team)

    answer = check(case, scene, capsys)

    assert answer.json["field"] == "destinataire"


def test_the_largest_document_is_taken(world: World) -> None:
    relay = relays.started(world)
    sealed = factories.sealed()
    body = {**sealed.as_json(), "documents": [{**sealed.document_json(), "bytes": MOST_SEALED}]}

    answer = signed_in(relay.tutor).post_json(f"/parcours/{relay.parcours_id}/depots", body)

    assert answer.status == 201


def test_an_old_form_is_renewed_without_choosing_the_file_again(relay: Relay, time: Clock) -> None:
    """B05: past its 5 minutes S3 refuses the form; the same announcement gets a fresh one, for 60 minutes each time."""
    tutor, path = signed_in(relay.tutor), f"/parcours/{relay.parcours_id}/depots"
    body = factories.sealed().as_json()
    first = tutor.post_json(path, body)
    time.passes(minutes=50)

    second = tutor.post_json(path, body)

    assert (first.status, second.status) == (201, 201)
    assert policy_of(second)["conditions"], "a signed form"
    time.passes(minutes=59)
    assert tutor.get(f"/depots/{body['deposit']}").json["etat"] == "attendu", "still awaited"
    relay.purges()
    assert tutor.post_json(path, body).status == 201
    time.passes(minutes=61)
    late = tutor.post_json(path, body)
    assert (late.status, late.json["code"]) == (409, "wrong_step")
    relay.purges()
    assert tutor.post_json(path, factories.sealed().as_json()).status == 201, "a new deposit may begin"


def test_the_form_pins_everything_that_it_sends(afresh: Scene) -> None:
    """B06, B08: key, size, hash, wrapped key and type are exact conditions of the signature, and nothing else may be added."""
    document = factories.sealed()
    relay = afresh.empty

    answer = afresh.agent.post_json(f"/parcours/{relay.parcours_id}/depots", document.as_json())

    fields = answer.json["documents"][0]["form"]["fields"]
    size = len(document.blob)
    signed_by_itself = {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "bucket"}
    pinned: dict[str, str] = {}
    for condition in policy_of(answer)["conditions"]:
        if isinstance(condition, dict):
            pinned |= condition
        else:
            assert condition == ["content-length-range", size, size], "no other loose condition"
    assert pinned.keys() - signed_by_itself == {
        "key",
        "Content-Type",
        "x-amz-checksum-algorithm",
        "x-amz-checksum-sha256",
        "x-amz-meta-key",
        "x-amz-meta-parcours",
    }
    assert pinned["key"] == f"sealed/{document.deposit}/cv"
    assert all(fields[name] == value for name, value in pinned.items() if name in fields)


def policy_of(answer: Answer) -> dict[str, Any]:
    """Return the policy that the first form's signature covers."""
    encoded = answer.json["documents"][0]["form"]["fields"]["policy"]
    decoded: dict[str, Any] = json.loads(base64.b64decode(encoded))
    return decoded


@pytest.mark.parametrize("what", ["longer", "other bytes", "under another key"])
def test_what_is_not_as_declared_is_refused_and_erased(afresh: Scene, what: str) -> None:
    """B07: where S3 did not look, inspection refuses and erases what differs from what was declared."""
    relay = afresh.empty
    document = relay.announces()
    blob = document.blob
    other = factories.sealed(document.plain, deposit=document.deposit).blob
    sent = {
        "longer": blob + b"x",
        "other bytes": bytes([blob[0]]) + bytes(len(blob) - 1),
        "under another key": other,
    }

    relay.uploads(blob=sent[what])
    outcome = relay.is_inspected()

    shown = afresh.agent.get(f"/depots/{document.deposit}").json
    assert outcome == "refused"
    assert shown["etat"] == "refuse"
    assert "n’est pas ce que votre navigateur avait annoncé" in shown["documents"][0]["message"]
    assert not [key for key in afresh.world.objects() if document.deposit in key]
    assert relay.head().live_deposit is None, "she may send again"


def test_a_replay_after_the_sending_makes_no_second_link(afresh: Scene) -> None:
    """B07: the same bytes uploaded once more after the link has left make no second link."""
    relay = afresh.empty
    relay.sends()
    links, told = len(relay.tokens()), relay.event_kinds()

    relay.uploads()

    assert relay.is_inspected() == "done"
    relay.mailer_runs()
    assert (len(relay.tokens()), relay.event_kinds()) == (links, told)


@pytest.mark.parametrize(
    "status", [ParcoursStatus.IN_PROGRESS, ParcoursStatus.COMPLETED, ParcoursStatus.WITHDRAWN]
)
def test_nothing_is_announced_on_a_closed_parcours(afresh: Scene, status: ParcoursStatus) -> None:
    """B12: nothing can be announced on a parcours that is closed."""
    relay = afresh.empty
    head = relay.head()
    change_record(head, replace(head, status=status, step=None))

    answer = afresh.agent.post_json(f"/parcours/{relay.parcours_id}/depots", factories.sealed().as_json())

    assert (answer.status, answer.json["code"]) == (409, "wrong_step")
    assert answer.json["message"] == "Le parcours a avancé. Sa page dit où il en est."


def test_what_arrives_for_an_ended_deposit_is_swept(relay: Relay, world: World, time: Clock) -> None:
    """B12: what is uploaded for a deposit that has ended is erased, whether inspect sees it or its event is lost."""
    document = relay.announces()
    time.passes(minutes=61)
    relay.uploads()

    assert relay.is_inspected() == "orphan"
    assert world.objects() == {}

    relay.purges()
    relay.uploads()
    relay.purges()
    assert world.objects() == {}
    assert relay.deposit().state is DepositState.EXPIRED
    assert document.kind is Kind.CV
