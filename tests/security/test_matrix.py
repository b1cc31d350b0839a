"""Every route × every kind of person × her own and another's parcours, through HTTP: ``matrix_table`` says what each gets."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from app import app
from chalicelib import clock, config
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import transactions
from chalicelib.stores.audit_table import AUDIT
from chalicelib.stories import outcomes
from chalicelib.web.kit.calls import read_signature
from chalicelib.web.kit.http import FORM, JSON
from chalicelib.web.kit.page import AgentCall, FreshCall
from chalicelib.web.urls import ROUTES, SCRIPT, Route
from tests.bad_input.cases import held
from tests.conftest import Clock, on_moto
from tests.faults.snapshots import Snapshot
from tests.security.matrix import OUTSIDE, OWN, STRANGERS, Asker, Row, Scene, role_of
from tests.security.matrix_public import PUBLIC
from tests.security.matrix_table import FAR, NEAR, TABLE
from tests.support import factories, http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client
from tests.support.writing import add_records

EVERYONE = (*OWN, *STRANGERS, *OUTSIDE)
CONTACT = ("Nadia Bellanger", COMPANY_ADDRESS, "01 99 00 41 27")
COMPANY = "Jardins Morvenne"


def people() -> dict[str, Account]:
    """All on the ministry's parcours in Dijon, or all elsewhere."""
    other = "Une autre administration"
    return {
        "tutor": factories.account(name="Odile Ramain"),
        "coordinator": factories.account(Role.COORDINATOR),
        "buyer": factories.account(Role.BUYER),
        "prescriber": factories.account(Role.PRESCRIBER),
        "team": factories.account(Role.TEAM),
        "colleague": factories.account(name="Une Collègue"),
        "tutor elsewhere": factories.account(academie="Lille"),
        "coordinator elsewhere": factories.account(Role.COORDINATOR, academie="Lille"),
        "buyer elsewhere": factories.account(Role.BUYER, organisation=other),
        "prescriber elsewhere": factories.account(Role.PRESCRIBER, organisation=other),
        "closed account": replace(factories.account(), closed_at=clock.utc_now() - timedelta(hours=1)),
    }


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Scene, Snapshot]]:
    """The scene of the matrix, built once and kept as it was."""
    with on_moto() as world, http.functions_answer(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMS_NUMBER", "+33755000000")
        config.settings.cache_clear()
        held = Clock(clock.utc_now())
        patch.setattr(
            clock, "utc_now", held.read
        )  # who has just signed in has still, however slow the machine
        accounts = people()
        also = tuple(account for name, account in accounts.items() if name != "tutor")
        sent = relays.started(world, accounts["tutor"], also=also)
        token = sent.sends()
        idle = relays.takes(world, accounts["tutor"])
        free = factories.offer()
        add_records(free)
        now = clock.utc_now()
        outcome = Outcome(
            kind=EventKind.CALL_NOTED, reason=Reason.REACHED, contact=Interlocutor.WELCOMES, occurred_at=now
        )
        erased = factories.decision_inputs().build_event(
            EventKind.DOCUMENTS_ERASED, idle.parcours_id, 1, by=Role.SYSTEM
        )
        transactions.commit(Transition(events=(erased,)))
        scene = Scene(
            world=world,
            accounts=accounts,
            clients={name: http.signed_in(account) for name, account in accounts.items()},
            sent=sent.parcours_id,
            deposit=sent.sent[0].deposit,
            link=sent.link().id,
            event=outcomes.note(
                accounts["tutor"], sent.parcours_id, replace(outcome, key="cd" * 16), now=now
            ),
            idle=idle.parcours_id,
            free=free.id,
            token=token,
            erasure=erased.id,
            references=tuple(str(relay.head().reference) for relay in (sent, idle)),
        )
        yield scene, Snapshot.of(world, held)
    config.settings.cache_clear()


@pytest.fixture
def scene(stage: tuple[Scene, Snapshot]) -> Scene:
    """The scene of the matrix, restored for each test."""
    stage[1].restore()
    return stage[0]


HANDED_BACK = re.compile(r'<input type="hidden" [^>]*>')
"""A form that arrives once its session has ended goes back as it came: her own words, which she knows."""


def asker(scene: Scene, who: str) -> Asker:
    """Return this person's browser, as it was after signing in."""
    kept = scene.clients.get(who)
    return Asker(who, Client(dict(kept.cookies) if kept else {}), scene)


def name_of(row: Row) -> str:
    return f"{row.route} {row.about}".strip()


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_everybody_gets_what_the_table_says(row: Row, stage: tuple[Scene, Snapshot]) -> None:
    """A refused request changes nothing; a stranger sees no contact, and no company except in free offers."""
    scene, stand = stage
    stand.restore()
    before, statuses = held(scene.world), {}
    for who in EVERYONE:
        answer = row.ask(asker(scene, who))
        statuses[who] = answer.status
        changed, noted = held(scene.world) != before, scene.world.table(AUDIT)
        if row not in PUBLIC:
            _assert_trail_holds(row, who, scene, answer, noted, changed=changed)
        if changed or noted:
            stand.restore()
        if who not in OWN:
            _assert_shows_no_stranger_more_than_she_may_see(row, who, scene, answer)
        if answer.status in {401, 403, 404} and row not in PUBLIC:
            assert not changed, f"{who} is refused and changes something"

    assert statuses == {who: row.expected(who) for who in EVERYONE}


def test_each_post_of_agents_says_whether_it_reaches_far() -> None:
    posts = [(route.path, read_signature(route.view())[0]) for route in ROUTES if route.method == "POST"]
    of_agents = {path: issubclass(call, FreshCall) for path, call in posts if issubclass(call, AgentCall)}

    assert {path for path, is_far in of_agents.items() if is_far} == FAR
    assert {path for path, is_far in of_agents.items() if not is_far} == NEAR


def _assert_trail_holds(
    row: Row, who: str, scene: Scene, answer: Answer, noted: list[dict[str, object]], *, changed: bool
) -> None:
    """What changes something or shows contacts is in the trail, under the account of who asks; no other page is."""
    account = scene.accounts[who].id if who in scene.accounts else None
    text = html.unescape(answer.text)
    shows_contacts = answer.status != 401 and any(detail in text for detail in CONTACT)
    is_flagged = any(route.shows_contacts for route in ROUTES if f"{route.method} {route.path}" == row.route)

    assert {str(item["pk"]) for item in noted} <= {account}, f"{who} acts under another account"
    assert bool(noted) or not changed, f"{who} changes something, and the trail does not say it"
    assert bool(noted) or not shows_contacts, f"{who} sees contacts, and the trail does not say it"
    if row.route.startswith("GET ") and answer.status == 200:
        assert bool(noted) is (changed or is_flagged), (
            f"{who} reads, and the trail says it without need, or not"
        )


def _assert_shows_no_stranger_more_than_she_may_see(row: Row, who: str, scene: Scene, answer: Answer) -> None:
    text = html.unescape(HANDED_BACK.sub("", answer.text) if answer.status == 401 else answer.text)
    assert not [detail for detail in CONTACT if detail in text], f"{who} sees contacts"
    if row in PUBLIC:
        return
    assert not [reference for reference in scene.references if reference in text], f"{who} sees passages"
    assert COMPANY not in text or sees_offers(row, who), f"{who} sees the company"


OFFERED = {"GET /parcours", "GET /parcours/{parcours_id}"}
"""A tutor who asks for a parcours that is not hers is shown the free offers near."""


def sees_offers(row: Row, who: str) -> bool:
    """Return whether this row shows free offers to this person: only tutors are shown them."""
    return role_of(who) == "tutor" and (row.about == "free" or row.route in OFFERED)


ABOUT_A_PARCOURS = [
    route
    for route in ROUTES
    if route.method == "POST" and {"{parcours_id}", "{deposit_id}"} & set(route.path.split("/"))
]


@pytest.mark.parametrize("body", ["nothing", "a strange field", "too little", "no form at all"])
@pytest.mark.parametrize("route", ABOUT_A_PARCOURS, ids=lambda route: route.path)
def test_whatever_is_posted_about_anothers_parcours_there_is_none(
    scene: Scene, route: Route, body: str
) -> None:
    parts = {"parcours_id": scene.sent, "deposit_id": scene.deposit, "event_id": scene.event}
    bodies: dict[str, dict[str, object]] = {"nothing": {}, "a strange field": {"x": "1"}}
    fields = bodies.get(body, {"destinataire": "?"})
    if body == "too little" and route.path.endswith("/depots"):
        fields |= {"deposit": scene.deposit, "documents": factories.sealed().as_json()["documents"]}
    is_json = route.made_for == SCRIPT
    sent = "[" * 9 if body == "no form at all" else json.dumps(fields) if is_json else urlencode(fields)
    for who in STRANGERS:
        answer = asker(scene, who).client.send(
            "POST", route.path.format(**parts), sent, content_type=JSON if is_json else FORM
        )
        assert answer.status == 404, who


def declared() -> set[str]:
    """Return every route of the app without the answers to wrong methods; HEAD goes with its GET."""
    return {
        f"{method} {path}"
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if entry.view_name != "refuse_method" and method != "HEAD"
    }


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    assert {row.route for row in TABLE} == declared()


def test_every_page_that_is_read_answers_its_head_alike(scene: Scene) -> None:
    for path, methods in app.routes.items():
        if "HEAD" in methods and methods["HEAD"].view_name != "refuse_method":
            assert methods["HEAD"].view_function is methods["GET"].view_function, path


def test_a_stranger_is_let_in_nowhere_but_where_the_table_says_why() -> None:
    """In each row, a stranger gets a refusal, a free offer, or a page about herself: whoever edits the table is held to that."""
    for row in TABLE:
        if row not in PUBLIC:
            assert row.outside == 401
            assert row.stranger == 404
            assert row.alike is (row.route in ABOUT_ONESELF), row.route
            assert row.strange_tutor is None or row.about == "free" or row.route.endswith("/passage")


ABOUT_ONESELF = {
    "GET /parcours", "GET /parcours/export", "GET /offres", "GET /delais", "GET /compte", "GET /compte/plan", "POST /compte",
    "POST /compte/envois", "POST /compte/vues", "POST /compte/deconnexion",
    "POST /compte/agenda", "GET /compte/cles", "POST /compte/cles/defi", "POST /compte/cles", "POST /compte/cles/retrait",
    "POST /compte/cles/nom", "GET /aide",
    "POST /compte/absence", "POST /compte/retour", "GET /run", "GET /run/{run_id}", "GET /aide/cv-par-mail", "GET /comptes",
    "GET /comptes/nouveau", "POST /comptes/nouveau", "GET /offres/nouvelle", "POST /offres/nouvelle",
    "GET /comptes/plusieurs", "POST /comptes/plusieurs", "GET /parcours/ensemble",
}  # fmt: skip


@pytest.mark.parametrize("who", [*STRANGERS, "tutor"])
@pytest.mark.parametrize("path", ["/parcours/{}", "/parcours?statut=disponible"])
def test_tutors_see_a_free_offer_without_its_contacts_and_other_strangers_none(
    scene: Scene, who: str, path: str
) -> None:
    text = html.unescape(asker(scene, who).get(path.format(scene.free)).text)

    assert (COMPANY in text) is (who in {"tutor", "colleague", "tutor elsewhere"})
    assert not [detail for detail in CONTACT if detail in text]
