"""The audit trail: each act of somebody signed in leaves its row, in its own transaction, and each look at contacts."""

import re
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.model import OperationModel

from chalicelib import audit, clock, config
from chalicelib.clock import iso
from chalicelib.domain.kernel.calendar import months_later
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import aws
from chalicelib.stores.audit_table import AUDIT
from chalicelib.stories.accounts import signing_in
from chalicelib.web.kit.http import SESSION_COOKIE
from infra import auditing, restore
from infra.deploy.stack import Deployed
from tests.conftest import Clock
from tests.integration.test_agent_pages import CONTACT
from tests.integration.test_outcomes import notes
from tests.support import factories
from tests.support.authenticator import signed_in_by_passkey
from tests.support.http import Client, signed_in
from tests.support.relays import Relay
from tests.support.sign_in import asks_for_code, derive_code, types_code
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

VIEW = {"academie": "Dijon", "nom": "Dijon", "geste": "garder"}
"""A form of an act that notes no event."""


def list_rows(world: World) -> list[dict[str, Any]]:
    """Return the rows of the trail, oldest first."""
    return sorted(world.table(AUDIT), key=lambda row: str(row["sk"]))


def get_session(client: Client) -> str:
    """Return the hash under which a browser's session stands in the trail."""
    return hash_text(signing_in.hash_cookie(client.cookies[SESSION_COOKIE]))


@contextmanager
def hearing_writes() -> Iterator[list[dict[str, Any]]]:
    """Hear the parameters of each call that writes into DynamoDB inside."""
    heard: list[dict[str, Any]] = []

    def hear(*, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        if model.name in {"TransactWriteItems", "PutItem"}:
            heard.append(params)

    events = aws.dynamodb().meta.events
    events.register("before-parameter-build.dynamodb", hear)
    try:
        yield heard
    finally:
        events.unregister("before-parameter-build.dynamodb", hear)


def test_a_row_holds_account_act_parcours_instant_and_session_and_nothing_else(
    relay: Relay, time: Clock
) -> None:
    client, before = signed_in(relay.tutor), time.now

    assert notes(client, relay, "call_noted.message_left", contact="answers_tender").status == 303

    (row,) = list_rows(relay.world)
    instant, _, drawn = row.pop("sk").partition("#")
    assert before <= datetime.fromisoformat(instant) <= time.now
    assert re.fullmatch("[0-9a-f]{16}", drawn)
    ends_at = datetime.fromtimestamp(row.pop("ttl"), UTC)
    assert timedelta() <= months_later(time.now, 12) - ends_at < timedelta(seconds=2)
    assert row == {
        "pk": relay.tutor.id,
        "act": EventKind.CALL_NOTED,
        "parcours": relay.parcours_id,
        "session": get_session(client),
    }


def test_an_act_without_an_event_is_named_by_its_route(relay: Relay) -> None:
    assert signed_in(relay.tutor).post_form("/compte/vues", VIEW).status == 303

    assert [row["act"] for row in list_rows(relay.world)] == ["POST /compte/vues"]


def test_a_row_is_written_in_the_transaction_of_its_act_on_condition_that_it_is_new(relay: Relay) -> None:
    client = signed_in(relay.tutor)

    with hearing_writes() as heard:
        assert notes(client, relay, "call_noted.message_left", contact="answers_tender").status == 303

    (params,) = heard
    puts = [write["Put"] for write in params["TransactItems"] if "Put" in write]
    (row,) = [put for put in puts if put["TableName"] == config.resource(AUDIT)]
    assert row["ConditionExpression"] == "attribute_not_exists(pk)"
    assert len(puts) > 1, "the event, the parcours and its rows go with it"


def test_a_lost_race_leaves_no_row_of_its_own(relay: Relay) -> None:
    """The tutor's act is decided on a parcours that the team changes meanwhile: the story runs again, and one row stands."""
    lost: list[str] = []
    client = signed_in(relay.tutor)

    def lose_once(*, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        if model.name == "TransactWriteItems" and not lost:
            lost.append(model.name)
            with audit.follow_request("by another", parcours=None):
                change_record(relay.head(), relay.head())

    events = aws.dynamodb().meta.events
    events.register("before-parameter-build.dynamodb", lose_once)
    try:
        assert notes(client, relay, "call_noted.message_left", contact="answers_tender").status == 303
    finally:
        events.unregister("before-parameter-build.dynamodb", lose_once)

    assert lost and [row["act"] for row in list_rows(relay.world)] == [EventKind.CALL_NOTED]


def test_signing_in_and_out_leave_rows_of_the_session_that_begins_and_ends(relay: Relay, time: Clock) -> None:
    client = Client()
    client.post_form("/connexion", {"adresse": relay.tutor.address})
    relay.mailer_runs()

    assert client.post_form("/connexion/code", {"code": relay.codes()[-1]}).status == 303
    session = get_session(client)
    assert client.post_form("/deconnexion", {}).status == 303

    assert [(row["pk"], row["act"], row["session"]) for row in list_rows(relay.world)] == [
        (relay.tutor.id, "POST /connexion/code", session),
        (relay.tutor.id, "POST /deconnexion", session),
    ]


def test_a_wrong_code_leaves_no_row_since_nobody_is_known(relay: Relay, time: Clock) -> None:
    client = Client()
    client.post_form("/connexion", {"adresse": relay.tutor.address})
    relay.mailer_runs()

    assert client.post_form("/connexion/code", {"code": "0000000000"}).status != 303

    assert list_rows(relay.world) == []


def test_who_signs_in_over_a_session_ends_it_under_its_own_account(relay: Relay, time: Clock) -> None:
    other = factories.account(Role.TEAM)
    add_records(other)
    client = signed_in(other)
    former = get_session(client)
    client.post_form("/connexion", {"adresse": relay.tutor.address})
    relay.mailer_runs()

    assert client.post_form("/connexion/code", {"code": relay.codes()[-1]}).status == 303

    assert [(row["pk"], row["session"]) for row in list_rows(relay.world)] == [
        (relay.tutor.id, get_session(client)),
        (other.id, former),
    ]


def test_a_page_with_contacts_leaves_a_row_before_it_answers(relay: Relay) -> None:
    client = signed_in(relay.tutor)

    page = client.get(f"/parcours/{relay.parcours_id}")

    (row,) = list_rows(relay.world)
    assert (page.status, CONTACT[0] in page.text) == (200, True)
    assert (row["act"], row["parcours"]) == (f"GET /parcours/{relay.parcours_id}", relay.parcours_id)


def test_a_page_whose_row_cannot_be_written_is_not_shown(relay: Relay) -> None:
    client = signed_in(relay.tutor)

    def fail(**_: object) -> None:
        raise ConnectionError

    events = aws.dynamodb().meta.events
    events.register("before-send.dynamodb.PutItem", fail)
    try:
        page = client.get(f"/parcours/{relay.parcours_id}")
    finally:
        events.unregister("before-send.dynamodb.PutItem", fail)

    assert page.status in {500, 503}
    assert not any(detail in page.text for detail in CONTACT)


def test_the_export_leaves_a_row_of_no_parcours(relay: Relay) -> None:
    assert signed_in(relay.tutor).get("/parcours/export").status == 200

    (row,) = list_rows(relay.world)
    assert row["act"] == "GET /parcours/export" and "parcours" not in row


def test_an_act_on_an_account_says_on_whose(relay: Relay) -> None:
    team = factories.account(Role.TEAM)
    add_records(team)

    signed_in(team).post_form(f"/comptes/{relay.tutor.id}/fermeture", {})

    acts = [row["act"] for row in list_rows(relay.world)]
    assert f"POST /comptes/{relay.tutor.id}/fermeture" in acts


def test_what_is_refused_for_want_of_a_right_leaves_a_row(relay: Relay) -> None:
    team = factories.account(Role.TEAM)
    add_records(team)

    refused = signed_in(team).get(f"/parcours/{relay.parcours_id}/envoi")

    (row,) = list_rows(relay.world)
    assert (refused.status, row["act"]) == (403, f"refused GET /parcours/{relay.parcours_id}/envoi")


def test_a_session_that_goes_on_is_no_act(relay: Relay, time: Clock) -> None:
    """A session notes every five minutes that it is used: no row says that what was asked for was done."""
    client = signed_in(relay.tutor)
    time.passes(minutes=6)

    assert client.post_form(f"/comptes/{factories.account(Role.TEAM).id}/fermeture", {}).status == 404

    assert list_rows(relay.world) == []


def test_a_right_code_that_opens_nothing_leaves_a_row(relay: Relay, time: Clock) -> None:
    """Somebody else than its person may read the mailbox of an account that a passkey opens."""
    signed_in_by_passkey(relay.tutor)
    before = list_rows(relay.world)
    client = Client(source="192.0.2.77")
    asks_for_code(client, relay.tutor.address)

    assert types_code(client, derive_code(client)).headers["location"].startswith("/connexion/cle")

    (row,) = list_rows(relay.world)[len(before) :]
    assert (row["pk"], row["act"]) == (relay.tutor.id, "POST /connexion/code")


def test_jobs_and_recipients_leave_no_row_even_after_an_agents_request_in_the_same_process(
    relay: Relay,
) -> None:
    relay.announces()
    relay.uploads()
    assert signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").status == 200
    before = list_rows(relay.world)

    assert audit.find_acting() is None
    assert relay.is_inspected() == "verified"
    assert relay.mailer_runs()
    signed_in(relay.tutor).post_json("/retrait/apercu", {"token": relay.tokens()[-1]})
    relay.purges()

    assert list_rows(relay.world) == before


@dataclass(frozen=True)
class Here(Deployed):
    """The stack as an operator's command sees it, in this process."""

    table: str = ""

    def physical_id(self, logical_id: str) -> str:
        """Return the name of the trail's table."""
        return self.table


def read_as_operator(world: World, capsys: pytest.CaptureFixture[str], **about: str) -> list[str]:
    """Return the lines that the operator's command prints of a day around now."""
    now = clock.utc_now()
    period = {"begins": iso(now - timedelta(hours=12)), "ends": iso(now + timedelta(hours=12))}
    asked = Namespace(**{"account": None, "parcours": None, "copy": None} | period | about)
    capsys.readouterr()
    assert auditing.show_audit(Here("here", table=world.environment[AUDIT]), asked) == 0
    return capsys.readouterr().out.splitlines()


def test_an_operator_reads_who_did_what_by_account_or_by_parcours(
    relay: Relay, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    other = factories.account(Role.TEAM)
    add_records(other)
    path = f"/parcours/{relay.parcours_id}"
    for account in (relay.tutor, other):
        assert signed_in(account).get(path).status == 200
    signed_in(relay.tutor).post_form("/compte/vues", VIEW)

    by_account = read_as_operator(relay.world, capsys, account=relay.tutor.id)
    by_parcours = read_as_operator(relay.world, capsys, parcours=relay.parcours_id)

    assert [line.split("  ")[-1] for line in by_account[:-1]] == [
        f"GET /parcours/{relay.parcours_id}",
        "POST /compte/vues",
    ]
    assert [line.split("  ")[1] for line in by_parcours[:-1]] == [relay.tutor.id, other.id]
    assert not any(
        detail in line for line in by_account + by_parcours for detail in (*CONTACT, relay.tutor.name)
    )
    time.passes(days=2)
    assert read_as_operator(relay.world, capsys, account=relay.tutor.id)[-1].startswith("0 acts")


def test_a_copy_of_the_trail_expires_as_its_table_does(relay: Relay) -> None:
    signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}")
    dynamodb, table = aws.dynamodb(), relay.world.environment[AUDIT]

    copy = restore.make_copy(dynamodb, table, clock.utc_now())
    restore.keep_expiring(dynamodb, copy)

    described = dynamodb.describe_time_to_live(TableName=copy)["TimeToLiveDescription"]
    assert described["TimeToLiveStatus"] == "ENABLED" and described["AttributeName"] == "ttl"
    assert restore.drop_copies(dynamodb, table) == [copy]
