"""Bad input of the forms of accounts: a sentence beside its field, what was typed kept, nothing changed, never a fault."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.managing import hash_profile
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from tests.bad_input.cases import CANARY, assert_refusal, read_message
from tests.conftest import on_moto
from tests.support import factories, http, people
from tests.support.http import Answer, Client
from tests.support.people import NEW, Cast
from tests.support.worlds import World

NAME, TEXT = "Nom", "Fonction"
EDIT = {"nom": "Marie-Laure Estève", "fonction": "MLDS", "telephone": "", "departement": "", "revision": "1"}


@dataclass(frozen=True)
class Accounts:
    """One world for the inputs of this module."""

    world: World
    cast: Cast
    team: Client
    coordinator: Client
    buyer: Client
    tutor: Client


@pytest.fixture(scope="module")
def scene() -> Iterator[Accounts]:
    """A world with an account of each kind, each signed in; one for the module, since bad input changes nothing."""
    with on_moto() as world:
        cast = people.cast()
        signed = (http.signed_in(person) for person in (cast.team, cast.coordinator, cast.buyer, cast.tutor))
        yield Accounts(world, cast, *signed)


def refused(scene: Accounts, answer: Answer, status: int, says: str, before: str) -> None:
    """Check the answer's status and sentence, and that the stores are as ``before``."""
    assert_refusal(answer, status, None, says)
    assert scene.world.everything() == before


BAD_ADDRESSES = {
    "line break": "a@b.example\r\nBcc: c@d.example", "comma": "a@b.example,c@d.example", "no dot": "a@localhost",
    "display name": "Anaïs <a@b.example>", "quoted": '"a b"@b.example', "too long": "a" * 250 + "@b.example",
    "nothing": "", "two at": "a@@b.example", "blank": "a b@c.example", "script": "<script>@b.example",
}  # fmt: skip
BAD_NAMES = {
    "nothing": "", "blanks": "   ", "line break": "Anaïs\r\nBcc: x@y.example", "NUL": "A\0B", "bidi": "A\u202eB",
    "zero-width": "\u200b\u200d", "emoji": "😀", "digits": "1234", "too long": "é" * 81, "escape": "\x1b[2J",
}  # fmt: skip
BAD_PHONES = {
    "letters": "zero un",
    "few": "1",
    "many": "0" * 20,
    "Arabic-Indic": "٠١٢٣٤٥٦٧",
    "line": "01\r\n02030405",
}


@pytest.mark.parametrize("why", BAD_ADDRESSES)
def test_b55_an_address_that_is_none_invites_nobody(scene: Accounts, why: str) -> None:
    before = scene.world.everything()
    answer = people.invite(scene.coordinator, adresse=BAD_ADDRESSES[why])

    refused(scene, answer, 422, "Cette adresse n’est pas valable", before)
    assert 'id="adresse-erreur"' in answer.text


def test_a_mailbox_with_an_accent_is_refused_in_words_of_its_own(scene: Accounts) -> None:
    before = scene.world.everything()
    answer = people.invite(scene.coordinator, adresse="zoé@academie.example")

    refused(scene, answer, 422, "Cette adresse a un accent ou un signe rare avant le", before)


@pytest.mark.parametrize("why", BAD_NAMES)
@pytest.mark.parametrize("door", ["invite", "edit", "own"])
def test_b79_a_name_that_is_none_is_refused_and_reaches_no_header(
    scene: Accounts, door: str, why: str
) -> None:
    before = scene.world.everything()
    answer = {
        "invite": lambda: people.invite(scene.coordinator, nom=BAD_NAMES[why]),
        "edit": lambda: scene.coordinator.post_form(
            f"/comptes/{scene.cast.tutor.id}", EDIT | {"nom": BAD_NAMES[why]}
        ),
        "own": lambda: scene.tutor.post_form("/compte", EDIT | {"nom": BAD_NAMES[why]}),
    }[door]()

    assert answer.status == 422
    assert 'id="nom" name="nom"' in answer.text and 'aria-describedby="nom-aide nom-erreur"' in answer.text
    assert scene.world.everything() == before


@pytest.mark.parametrize("why", BAD_PHONES)
def test_a_phone_that_is_none_is_refused(scene: Accounts, why: str) -> None:
    before = scene.world.everything()
    answer = scene.tutor.post_form("/compte", EDIT | {"telephone": BAD_PHONES[why]})

    assert answer.status == 422 and 'id="telephone-erreur"' in answer.text
    assert scene.world.everything() == before


@pytest.mark.parametrize("typed", ["Morning", "nuit", "morning,day", CANARY, "\0"])
def test_an_hour_to_be_called_that_is_no_choice_is_refused(scene: Accounts, typed: str) -> None:
    before = scene.world.everything()
    answer = scene.tutor.post_form("/compte", EDIT | {"joindre": typed})

    assert answer.status == 422 and 'id="joindre-erreur"' in answer.text
    assert scene.world.everything() == before


BAD_DAYS = [
    "",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2026-1-5",
    "20261205",
    "٢٠٢٦-٠١-٠٥",
    "2026-W01-1",
    CANARY,
]


@pytest.mark.parametrize("day", BAD_DAYS)
@pytest.mark.parametrize("field", ["du", "au"])
def test_b58_a_day_that_is_none_announces_no_absence(scene: Accounts, field: str, day: str) -> None:
    before = scene.world.everything()
    right = day_of(clock.utc_now()).isoformat()
    for client, path in (
        (scene.tutor, "/compte/absence"),
        (scene.coordinator, f"/comptes/{scene.cast.tutor.id}/absence"),
    ):
        answer = client.post_form(path, {"du": right, "au": right} | {field: day})
        refused(scene, answer, 422, "jour", before)


DOORS = {
    "new": "/comptes/nouveau",
    "edit": "/comptes/{id}",
    "invitation": "/comptes/{id}/invitation",
    "closing": "/comptes/{id}/fermeture",
    "reopening": "/comptes/{id}/reouverture",
    "absence": "/comptes/{id}/absence",
    "return": "/comptes/{id}/retour",
    "own": "/compte",
    "own absence": "/compte/absence",
    "own return": "/compte/retour",
}


def posted(scene: Accounts, door: str, body: dict[str, str], **asked: object) -> Answer:
    """Send one of the account forms as whoever uses it: the tutor for her own account, the coordinator otherwise."""
    client = scene.tutor if door.startswith("own") else scene.coordinator
    path = DOORS[door].format(id=scene.cast.tutor.id)
    return client.send("POST", path, urlencode(body), **{"content_type": http.FORM, **asked})  # type: ignore[arg-type]


@pytest.mark.parametrize("door", DOORS)
def test_the_forms_take_what_our_pages_send(scene: Accounts, door: str) -> None:
    before = scene.world.everything()

    refused(
        scene,
        posted(scene, door, {"role": CANARY}),
        400,
        "un champ que cette page n’a pas",
        before,
    )  # B54
    refused(
        scene,
        posted(scene, door, {"equipe": "1"}),
        400,
        "un champ que cette page n’a pas",
        before,
    )
    refused(scene, posted(scene, door, {"nom": "a" * 33_000}), 413, "trop longue", before)  # B72
    for origin in ("https://evil.example", "null", None):  # B50
        refused(scene, posted(scene, door, {}, origin=origin), 403, "La demande est refusée", before)
    assert posted(scene, door, {}, content_type="application/json").status == 415  # B69
    assert scene.world.everything() == before


@pytest.mark.parametrize("door", DOORS)
def test_nobody_signed_in_does_nothing(scene: Accounts, door: str) -> None:
    before = scene.world.everything()
    path = DOORS[door].format(id=scene.cast.tutor.id)

    refused(scene, Client().post_form(path, {}), 401, "reconnectez-vous", before)


STRANGE = ["0", "A" * 32, "%00", "a%2Fb", "..", "%F0%9F%98%80", "x" * 3_000, "0123456789abcdef" * 2]


@pytest.mark.parametrize("identifier", STRANGE, ids=[identifier[:12] for identifier in STRANGE])
@pytest.mark.parametrize("door", [name for name in DOORS if "{id}" in DOORS[name]])
def test_b53_an_account_that_never_was_and_one_of_another_look_the_same(
    scene: Accounts, door: str, identifier: str
) -> None:
    """B53: an account that does not exist and one of another académie get the same answer."""
    before = scene.world.everything()
    path = DOORS[door]

    strange = scene.team.post_form(path.replace("{id}", identifier), {})
    other = scene.buyer.post_form(path.format(id=scene.cast.tutor.id), {})

    assert (strange.status, other.status) in {(404, 404), (403, 404)}  # the gateway's own answer to « .. »
    assert "introuvable" in read_message(other)
    assert scene.world.everything() == before


def test_b61_an_edit_without_a_version_or_with_a_strange_one_is_shown_again(scene: Accounts) -> None:
    """B61: correcting an account needs the version that the page showed; without one, or with nonsense, nothing is changed."""
    before = scene.world.everything()
    for revision in ("", "-1", "1e3", "٣", "9" * 30, CANARY):
        answer = scene.tutor.post_form("/compte", EDIT | {"revision": revision})
        refused(scene, answer, 409, "entre-temps", before)
    for key in ("", "A" * 32, "é" * 32, "0" * 31):
        refused(scene, people.invite(scene.coordinator, cle=key), 400, "illisible", before)


KEPT = [
    "O’Brien",
    "Nguyễn",
    "d’Été",
    "李",
]
NO_NAMES = ["<script>alert(1)</script>", "{{7*7}} x", "${jndi:ldap://x}", "%0d%0aBcc: x"]


@pytest.mark.parametrize("name", KEPT)
def test_b79_b80_strange_names_are_kept_and_shown_as_text(scene: Accounts, name: str) -> None:
    person: Account = factories.account(Role.COORDINATOR, name="Avant", academie="Lyon")
    people.stand(person)
    client = http.signed_in(person)

    typed = EDIT | {"nom": name, "revision": hash_profile(person)}
    assert client.post_form("/compte", typed).status == 303
    stored = parcours_table.read_account(person.id)
    page = client.get("/compte")

    assert stored is not None and stored.name == name
    assert name in read_message(page)


@pytest.mark.parametrize("name", NO_NAMES)
def test_b79_b80_what_is_no_name_is_refused_and_shown_again_as_text(scene: Accounts, name: str) -> None:
    person: Account = factories.account(Role.COORDINATOR, name="Avant", academie="Lyon")
    people.stand(person)

    page = http.signed_in(person).post_form("/compte", EDIT | {"nom": name})
    stored = parcours_table.read_account(person.id)

    assert page.status == 422 and stored is not None and stored.name == "Avant"
    assert name in read_message(page)
    assert "<script>alert" not in page.text


SEARCHES = [
    "q=%00@", "q=" + "a" * 3_000, "page=-1", "page=٣", "page=9e9", "etat=%3Cb%3E", "academie=%F0%9F%98%80",
    "q=%20&q=b", "academie=" + "x" * 3_000, f"q={NEW['adresse']}", "fait=rien",
]  # fmt: skip


def test_a_strange_search_is_no_fault(scene: Accounts) -> None:
    for query in SEARCHES:
        assert scene.team.get(f"/comptes?{query}").status == 200
