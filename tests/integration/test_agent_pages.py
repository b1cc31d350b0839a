"""Who gets what: the pages and calls of agents, for every kind of person, on her parcours and on another's."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest

from chalicelib.domain.kernel.parcours import ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.web.urls import ROUTES
from tests.conftest import Clock, on_moto
from tests.faults.snapshots import Snapshot
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client, signed_in
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

CONTACT = ("Nadia Bellanger", COMPANY_ADDRESS, "01 99 00 41 27")


@dataclass(frozen=True)
class Agents:
    """Clients signed in for every role, a parcours in Dijon with its tutor and one sent document, and a free offer."""

    relay: Relay
    free: str
    """Id of an offer that nobody has taken."""
    deposit: str
    """Id of a deposit under way on the parcours."""
    clients: dict[str, Client]
    accounts: dict[str, Account]
    stand: Snapshot


def people() -> dict[str, Account]:
    """Return somebody of every kind, on the parcours (« tutor ») and elsewhere (« other », « elsewhere »)."""
    tutor = factories.account(name="Odile Ramain")
    return {
        "tutor": tutor,
        "other tutor": factories.account(name="Une Autre"),
        "tutor elsewhere": factories.account(academie="Lille"),
        "coordinator": factories.account(Role.COORDINATOR),
        "coordinator elsewhere": factories.account(Role.COORDINATOR, academie="Lille"),
        "buyer": factories.account(Role.BUYER),
        "other buyer": factories.account(Role.BUYER, organisation="Une autre administration"),
        "prescriber": factories.account(Role.PRESCRIBER),
        "team": replace(factories.account(Role.TEAM), function="équipe"),
        "tutor and coordinator": replace(
            factories.account(), roles=frozenset({Role.TUTOR, Role.COORDINATOR})
        ),
    }


@pytest.fixture(scope="module")
def stage() -> Iterator[Agents]:
    """The world of these tests, built once; the fixture `agents` restores it for each test."""
    with on_moto() as world:
        accounts = people()
        for name, account in accounts.items():
            if name != "tutor":
                add_records(account)
        relay = relays.started(world, accounts["tutor"])
        relay.announces()
        free = factories.offer()
        add_records(free)
        clients = {name: signed_in(account) for name, account in accounts.items()} | {"nobody": Client()}
        stand = Snapshot.of(world, Clock(factories.NOON))
        yield Agents(relay, free.id, relay.sent[0].deposit, clients, accounts, stand)


@pytest.fixture
def agents(stage: Agents) -> Agents:
    """The scene restored, everybody's browser as it was after signing in."""
    stage.stand.restore()
    return replace(
        stage, clients={name: Client(dict(client.cookies)) for name, client in stage.clients.items()}
    )


ALL = ("list", "sheet", "form", "announce", "progress")
SENDS = (200, 200, 303, 409, 200)
"""Until the first sending has ended, its page leads to the parcours and a second document is refused."""
FOLLOWS = (200, 200, 403, 403, 200)
NOT_HERS = (200, 404, 404, 404, 404)
ON_IT: dict[str, tuple[int, ...]] = {
    "tutor": SENDS,
    "coordinator": SENDS,
    "tutor and coordinator": SENDS,
    "buyer": FOLLOWS,
    "prescriber": FOLLOWS,
    "team": FOLLOWS,
    "other tutor": NOT_HERS,
    "tutor elsewhere": NOT_HERS,
    "coordinator elsewhere": NOT_HERS,
    "other buyer": NOT_HERS,
    "nobody": (401,) * 5,
}
SEES_FREE, SEES_WHOLE, SEES_NOTHING = (200, False), (200, True), (404, False)
ON_FREE: dict[str, tuple[int, bool]] = {
    "tutor": SEES_FREE,
    "other tutor": SEES_FREE,
    "tutor elsewhere": SEES_FREE,
    "coordinator": SEES_WHOLE,
    "tutor and coordinator": SEES_WHOLE,
    "buyer": SEES_WHOLE,
    "prescriber": SEES_WHOLE,
    "team": SEES_WHOLE,
    "coordinator elsewhere": SEES_NOTHING,
    "other buyer": SEES_NOTHING,
    "nobody": (401, False),
}


def ask(what: str, client: Client, parcours: str, deposit: str) -> Answer:
    """Ask for the page or the act of this name on a parcours and a deposit."""
    match what:
        case "list":
            return client.get("/parcours")
        case "sheet":
            return client.get(f"/parcours/{parcours}")
        case "form":
            return client.get(f"/parcours/{parcours}/envoi")
        case "announce":
            return client.post_json(f"/parcours/{parcours}/depots", factories.sealed().as_json())
    return client.get(f"/depots/{deposit}")


def shows(answer: Answer, text: str) -> bool:
    """Return whether this text stands on the page."""
    return text in html.unescape(answer.text)


@pytest.mark.parametrize("who", ON_IT)
def test_everybody_gets_what_is_hers_and_nothing_else(agents: Agents, who: str) -> None:
    before = agents.relay.world.table("PARCOURS_TABLE")

    answers = [ask(what, agents.clients[who], agents.relay.parcours_id, agents.deposit) for what in ALL]

    assert tuple(answer.status for answer in answers) == ON_IT[who]
    on_it = ON_IT[who] in (SENDS, FOLLOWS)
    assert (f"/parcours/{agents.relay.parcours_id}" in answers[0].text) is on_it
    for detail in CONTACT:
        assert shows(answers[1], detail) is on_it
        assert on_it or not any(shows(answer, detail) for answer in answers)
    assert agents.relay.world.table("PARCOURS_TABLE") == before


@pytest.mark.parametrize("who", [who for who, answers in ON_IT.items() if answers == SENDS])
def test_who_may_send_may_send_once_the_way_is_free(agents: Agents, who: str) -> None:
    """The people who may send can do so when no deposit is under way."""
    head = agents.relay.head()
    change_record(head, replace(head, live_deposit=None, arriving=None))
    client, parcours = agents.clients[who], agents.relay.parcours_id

    sheet, form, opened = (ask(what, client, parcours, "") for what in ("sheet", "form", "announce"))

    assert (form.status, opened.status) == (200, 201)
    assert f'href="/parcours/{parcours}/envoi"' in sheet.text
    assert shows(form, COMPANY_ADDRESS), "the company's contacts are offered as recipients"
    assert client.get(f"/depots/{opened.json['deposit']}").json["etat"] == "attendu"


@pytest.mark.parametrize("who", ["buyer", "prescriber", "team"])
def test_who_only_follows_is_offered_no_sending(agents: Agents, who: str) -> None:
    head = agents.relay.head()
    change_record(head, replace(head, live_deposit=None, arriving=None))
    client, parcours = agents.clients[who], agents.relay.parcours_id

    sheet, form, refused = (ask(what, client, parcours, "") for what in ("sheet", "form", "announce"))

    assert "/envoi" not in sheet.text
    assert (form.status, refused.status, refused.json["code"]) == (403, 403, "not_yours")


@pytest.mark.parametrize("who", ON_FREE)
def test_free_offers_are_for_tutors_of_everywhere_without_contacts(agents: Agents, who: str) -> None:
    status, contacts = ON_FREE[who]

    sheet, form, refused = (
        ask(what, agents.clients[who], agents.free, "") for what in ("sheet", "form", "announce")
    )

    assert sheet.status == status
    assert [shows(sheet, detail) for detail in CONTACT] == [contacts] * 3
    hers = "tutor" in who or "coordinator" in who  # it is theirs to send, once it is taken
    assert form.status == refused.status == ((409 if hers else 403) if status == 200 else status)
    if status == 200:
        assert shows(sheet, "Jardins Morvenne") and shows(sheet, "Disponible")


def test_a_coordinator_sees_what_her_tutors_follow_elsewhere(agents: Agents) -> None:
    """5 to 20 % of parcours cross an académie's border: both coordinators are on them."""
    placement = factories.offer().placement
    in_lille = replace(placement, academie="Lille")
    relay = relays.takes(agents.relay.world, agents.accounts["tutor"], factories.offer(placement=in_lille))

    for who in ("coordinator", "coordinator elsewhere"):
        assert agents.clients[who].get(f"/parcours/{relay.parcours_id}").status == 200
        assert relay.parcours_id in agents.clients[who].get("/parcours").text
    assert agents.clients["tutor elsewhere"].get(f"/parcours/{relay.parcours_id}").status == 404


def test_a_parcours_that_moves_to_another_tutor_leaves_the_first(agents: Agents) -> None:
    head, other = agents.relay.head(), agents.accounts["other tutor"]
    change_record(head, replace(head, tutor=other.id))
    path = f"/parcours/{head.id}"

    assert agents.clients["tutor"].get(path).status == 404
    assert head.id not in agents.clients["tutor"].get("/parcours").text
    assert agents.clients["other tutor"].get(path).status == 200
    assert head.id in agents.clients["other tutor"].get("/parcours").text


def test_the_list_is_in_the_order_of_notification_for_everyone(agents: Agents) -> None:
    """Oldest first, and each parcours once, even for somebody who sees it in two ways."""
    days = [date(2025, 3, 1), date(2026, 11, 2), date(2024, 1, 15)]
    taken = [
        relays.takes(
            agents.relay.world,
            agents.accounts["tutor and coordinator"],
            factories.offer(contract=replace(factories.offer().contract, notified_on=day)),
        ).parcours_id
        for day in days
    ]
    expected = [taken[2], taken[0], agents.relay.parcours_id, taken[1]]

    for who in ("tutor and coordinator", "coordinator", "buyer", "prescriber", "team"):
        page = agents.clients[who].get("/parcours?tri=retard").text
        assert re.findall(r'class="nom" href="/parcours/([0-9a-f]+)"', page) == expected
    assert taken[0] not in agents.clients["tutor"].get("/parcours").text


def test_an_empty_list_says_when_something_will_stand_there(agents: Agents) -> None:
    answer = agents.clients["other tutor"].get("/parcours")

    assert answer.status == 200
    assert shows(answer, "Aucun parcours")


@pytest.mark.parametrize("path", ["/parcours", "/parcours/{}", "/parcours/{}/envoi", "/parcours/0"])
def test_head_answers_as_get(agents: Agents, path: str) -> None:
    """HEAD is answered with the status and the headers of GET."""
    path = path.format(agents.relay.parcours_id)

    for client in agents.clients.values():
        assert client.send("HEAD", path).status == client.get(path).status
        assert client.send("HEAD", path).headers == client.get(path).headers


ON_THE_PARCOURS = {"tutor", "coordinator", "prescriber"}


def test_a_parcours_names_who_is_on_it_to_who_is_on_it_and_nobody_else(agents: Agents) -> None:
    head = agents.relay.head()
    followed = replace(head, coordinator=agents.accounts["coordinator"].id)
    change_record(head, followed)

    page = agents.clients["buyer"].get(f"/parcours/{head.id}")
    offer = agents.clients["other tutor"].get(f"/parcours/{agents.free}")

    assert shows(page, agents.accounts["buyer"].name)
    for name, account in agents.accounts.items():
        assert shows(page, f"mailto:{account.address}") is (name in ON_THE_PARCOURS), name
        # Her own stands in the message that she would send, which the page shows her.
        assert shows(offer, account.address) is (name == "other tutor"), name
    assert "Les personnes" not in offer.text and "tel:" not in offer.text


def test_the_number_to_call_is_that_of_who_is_awaited(agents: Agents) -> None:
    """The tutor's while she has to send, for others; the company's once it has the link, and for the tutor herself."""
    tutor, phone = parcours_table.read_account(agents.accounts["tutor"].id), "01 99 00 77 41"
    assert tutor is not None
    change_record(tutor, replace(tutor, phone=phone))
    idle = relays.takes(agents.relay.world, tutor).parcours_id

    def to_call(who: str, key: str) -> str:
        page = html.unescape(agents.clients[who].get(f"/parcours/{key}").text)
        match = re.search(r'href="tel:([0-9]+)"', page.partition('id="tour"')[2])
        assert match, page
        return match[1]

    company, buyer_phone = CONTACT[-1].replace(" ", ""), phone.replace(" ", "")
    assert [to_call(who, idle) for who in ("tutor", "buyer", "team")] == [company, buyer_phone, buyer_phone]
    agents.relay.uploads()
    agents.relay.is_inspected()
    agents.relay.mailer_runs()
    sent = agents.relay.parcours_id
    assert [to_call(who, sent) for who in ("tutor", "buyer", "team")] == [company] * 3


@pytest.mark.parametrize("path", ["/parcours", "/parcours/{id}", "/compte", "/aide", "/aide/cv-par-mail"])
@pytest.mark.parametrize("who", ["tutor", "buyer", "team"])
def test_every_page_of_somebody_signed_in_lets_her_sign_out(agents: Agents, who: str, path: str) -> None:
    page = agents.clients[who].get(path.format(id=agents.relay.parcours_id))

    assert page.status == 200
    assert 'method="post" action="/deconnexion"' in page.text and shows(page, "Se déconnecter")


def list_links_of_plan(client: Client) -> list[str]:
    """Return the addresses on the plan of the site to which the foot of this person's first page leads."""
    first = client.get("/parcours" if client.cookies else "/").text
    (plan,) = re.findall(r'href="([^"]*)">Plan du site<', first)
    main = client.get(plan).text.partition("<main")[2].partition("</main>")[0]
    return re.findall(r'href="(/[^"]*)"', main)


@pytest.mark.parametrize("who", [*people(), "anybody"])
def test_the_plan_of_the_site_names_pages_that_open_to_its_reader(agents: Agents, who: str) -> None:
    """RGAA 12.3: the plan leads where it says."""
    client = agents.clients.get(who, Client())

    refused = [link for link in list_links_of_plan(client) if client.get(link).status != 200]

    assert not refused


def test_every_page_that_has_an_address_stands_on_the_plan_of_somebody(agents: Agents) -> None:
    """RGAA 12.1: each page with its own address, but those that another page leads through."""
    steps = {
        "/plan",
        "/compte/plan",
        "/connexion/code",
        "/connexion/cle",
        "/connexion/proconnect/retour",
        "/comptes/nouveau",
        "/comptes/plusieurs",
        "/compte/cles",
        "/delais",
        "/message-perdu",
        "/offres",
        "/parcours/export",
        "/parcours/ensemble",
        "/preuves",
        "/run",
        "/sante",
    }
    addresses = {row.path for row in ROUTES if row.method == "GET" and "{" not in row.path} - steps

    planned = {link for client in (*agents.clients.values(), Client()) for link in list_links_of_plan(client)}

    assert planned == addresses


def test_the_page_and_its_card_call_the_same_person_first(world: World, time: Clock) -> None:
    """Both name whoever got the link, even where another contact welcomes the young person."""
    offer = factories.offer()
    answers = offer.company.contacts[0]
    welcomes = replace(
        answers,
        role=ContactRole.WELCOMES,
        address=f"hugo@{answers.address.partition('@')[2]}",
        phone="01 99 00 41 28",
        name="Hugo Tissier",
    )
    relay = relays.started(
        world, offer=replace(offer, company=offer.company.with_contacts(answers, welcomes))
    )

    for first, recipient in ((welcomes, None), (answers, answers.address)):
        if recipient:
            relay.sends(recipient=recipient)
        page = signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text
        card, _, people = page.partition("<aside")
        number = f"tel:{(first.phone or '').replace(' ', '')}"
        assert [part.index("tel:") for part in (card, people)] == [
            part.index(number) for part in (card, people)
        ]
