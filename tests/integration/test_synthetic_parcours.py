"""What the daily proof invents meets nobody: no list, no search, no count and no mail, and its session opens nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain import proving
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.proving import Played, PurgeProof
from chalicelib.stores import parcours_table, relay_table, site, transactions
from chalicelib.stories import retention
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.kit.deciding import decision_inputs, draw_session_cookie
from chalicelib.web.kit.http import SESSION_COOKIE
from chalicelib.web.kit.page import PLAYED
from chalicelib.web.urls import ROUTES
from tests.conftest import Clock
from tests.support import factories
from tests.support.http import Answer, Client, signed_in
from tests.support.worlds import World
from tests.support.writing import add_records

RECIPIENT = "preuve@passe-plat.example"
PLACE = proving.NAME
"""Also the académie and the organisation of what is invented: even who belongs there does not see it."""


@dataclass(frozen=True)
class Invented:
    """The parcours that one proof of erasure invents, and the browser that plays it."""

    played: Played
    client: Client
    """A browser with its session."""


@pytest.fixture
def invented(world: World) -> Iterator[Invented]:
    """The parcours that a proof under way has invented, and its browser."""
    account, deposit = "5" * 32, "5f0c6c3e-1111-4222-8333-444455556666"
    cookie = draw_session_cookie(account)
    transactions.commit(proving.begin(None, clock.utc_now()))
    known = relay_table.read_purge_proof()
    assert known is not None
    step = proving.play(
        known, RECIPIENT, account, signing_in.hash_cookie(cookie), deposit, decision_inputs(clock.utc_now())
    )
    transactions.commit(step)
    kept = relay_table.read_purge_proof()
    assert kept is not None and kept.played is not None
    yield Invented(kept.played, Client({SESSION_COOKIE: cookie}))


PEOPLE = {
    "team": factories.account(Role.TEAM),
    "coordinator": factories.account(Role.COORDINATOR, academie=PLACE),
    "buyer": factories.account(Role.BUYER, organisation=PLACE),
    "prescriber": factories.account(Role.PRESCRIBER, organisation=PLACE),
    "tutor": factories.account(academie=PLACE),
}


@pytest.fixture(params=PEOPLE)
def somebody(invented: Invented, request: pytest.FixtureRequest) -> Client:
    """A signed-in browser of one of PEOPLE."""
    person = PEOPLE[request.param]
    add_records(person)
    return signed_in(person)


SEEN_BY_ALL = (
    "/parcours",
    "/parcours?statut=tous",
    "/parcours?q=preuve",
    f"/parcours?q={proving.REFERENCE}",
    "/parcours?retard=1",
    "/parcours/export?statut=tous",
    "/parcours?statut=disponible",
    "/aide",
    "/comptes",
)


def test_synthetic_parcours_appear_in_no_list_search_or_export(invented: Invented, somebody: Client) -> None:
    for path in SEEN_BY_ALL:
        answer = somebody.get(path)
        text = answer.text.replace("Dernière preuve d’effacement", "")
        assert answer.status in {200, 302, 303, 404}, path
        assert invented.played.parcours not in text, path
        assert invented.played.account not in text, path
        assert f"{proving.REFERENCE}</" not in text, path
        assert RECIPIENT not in text, path


def test_agents_cannot_open_synthetic_parcours(invented: Invented, somebody: Client) -> None:
    for path in ("", "/envoi", "/notice", "/fiche", "/contacts", "/fin", "/histoire", "/tutrice"):
        assert somebody.get(f"/parcours/{invented.played.parcours}{path}").status == 404
    assert somebody.get(f"/comptes/{invented.played.account}").status in {403, 404}


def test_no_stored_item_points_to_a_synthetic_parcours(world: World, invented: Invented) -> None:
    """Neither list rows, search words, addresses, counts, due dates nor reminders lead to it."""
    own = {
        f"parcours#{invented.played.parcours}",
        f"account#{invented.played.account}",
        f"session#{invented.played.session}",
        "erasure",
    }
    stored = [item for name in ("PARCOURS_TABLE", "RELAY_TABLE") for item in world.table(name)]

    assert {item["pk"] for item in stored} == own
    assert [item["pk"] for item in stored if "due" in item] == [f"session#{invented.played.session}"]


def test_a_synthetic_account_cannot_sign_in_by_code(invented: Invented) -> None:
    assert parcours_table.find_account(RECIPIENT) is None


def test_the_purge_leaves_synthetic_parcours_to_their_proof(invented: Invented, time: Clock) -> None:
    time.passes(days=800)
    retention.purge(now=clock.utc_now())

    assert parcours_table.read_parcours(invented.played.parcours).synthetic
    assert parcours_table.read_account(invented.played.account) is not None
    assert relay_table.read_session(invented.played.session) is None


def _filled(path: str, played: Played) -> str:
    """Return the path of a route with the invented ids in its braces."""
    own = {"parcours_id": played.parcours, "deposit_id": played.deposit, "account_id": played.account}
    for name, value in own.items():
        path = path.replace(f"{{{name}}}", value)
    for name in ("event_id", "run_id", "rest", "digest", "name"):
        path = path.replace(f"{{{name}}}", "0" * 32)
    return path


def _asked(client: Client, method: str, path: str) -> Answer:
    """Ask for this path by this method."""
    if method == "GET":
        return client.get(path)
    return client.post_json(path, {}) if path.endswith("/depots") else client.post_form(path, {})


def test_a_synthetic_session_may_use_only_the_route_that_its_proof_needs(invented: Invented) -> None:
    differing = set()
    for route in (route for route in ROUTES if route.path != "/deconnexion"):
        path = _filled(route.path, invented.played)
        kept = Client(dict(invented.client.cookies))
        here, nobody = _asked(kept, route.method, path), _asked(Client(), route.method, path)
        # Who is signed in no more is told so in other words; the status is the same.
        if here.status != nobody.status:
            differing.add((route.method, route.path))

    assert differing == {PLAYED}


def test_a_synthetic_session_sends_only_to_its_own_mailbox(invented: Invented) -> None:
    path = f"/parcours/{invented.played.parcours}/depots"
    for address in ("x@ailleurs.example", "x@passe-plat.example"):
        asked = factories.sealed(deposit=invented.played.deposit).as_json(address)
        for confirming in ({}, {"confirme": True, "vus": "0" * 16}):
            refused = invented.client.post_json(path, asked | confirming)
            assert (refused.status, refused.json["code"]) == (409, "wrong_step")
    assert relay_table.read_deposit(invented.played.deposit) is None


def test_a_synthetic_session_sends_only_on_its_own_parcours(invented: Invented) -> None:
    tutor, real = factories.account(), factories.offer()
    add_records(tutor, real)

    asked = factories.sealed().as_json()
    assert invented.client.post_json(f"/parcours/{real.id}/depots", asked).status == 404


def test_a_synthetic_session_expires_with_its_run(invented: Invented, time: Clock) -> None:
    path = f"/parcours/{invented.played.parcours}/depots"
    time.now = clock.utc_now() + proving.LIFE - timedelta(seconds=5)
    assert invented.client.post_json(path, {}).status == 422

    time.passes(seconds=10)
    assert invented.client.post_json(path, {}).status == 401


def test_the_proofs_browser_and_the_web_share_the_cookie_name() -> None:
    assert site.SESSION_COOKIE == SESSION_COOKIE


def test_without_any_proof_of_erasure_none_is_under_way(world: World) -> None:
    assert relay_table.read_purge_proof() is None
    assert PurgeProof().played is None
