"""Delays on the help page: who reads which group, and what is hidden."""

import html
import re
from dataclasses import replace

from chalicelib import clock, config
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import delays
from chalicelib.domain.parcours.delays import Phase
from chalicelib.stores import aws, items
from chalicelib.stores import rows as stored
from tests.conftest import Clock
from tests.support import factories, http
from tests.support.waiting import paris
from tests.support.worlds import World
from tests.support.writing import add_records

FEW = "{} trop peu pour conclure"


def count_attempts(
    phase: Phase, days: int, count: int, *, scope: str = "all", month: str | None = None
) -> None:
    """Add attempts to the stored counts as if each of them had taken so many days."""
    month = month or f"{clock.utc_now().astimezone(PARIS):%Y-%m}"
    aws.dynamodb().update_item(
        TableName=config.resource(items.PARCOURS),
        Key=items.encode_key(stored.delays_key(scope, month, phase, "")),
        UpdateExpression="ADD #days :count",
        ExpressionAttributeNames={"#days": stored.count_name(days)},
        ExpressionAttributeValues=items.encode_item({":count": count}),
    )


def signed_in(account: Account) -> http.Client:
    """Store an account and return its signed-in browser."""
    add_records(account)
    return http.signed_in(account)


def read_rows(client: http.Client) -> dict[str, list[str]]:
    """The rows of the help's table of delays: label → other cells, with plain spaces."""
    answer = client.get("/aide")
    assert answer.status == 200
    rows = re.findall(r"<th[^>]*><b>(.*?)</b>.*?</th>(.*?)</tr>", answer.text, flags=re.DOTALL)
    return {
        html.unescape(label): [
            " ".join(html.unescape(re.sub("<[^>]*>", " ", cell)).split())
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, flags=re.DOTALL)
        ]
        for label, cells in rows
    }


def test_median_worst_and_cases_are_said_and_small_groups_hidden(world: World) -> None:
    count_attempts(Phase.OPEN, 3, 4)
    count_attempts(Phase.MEET, 21, delays.CONCLUSIVE)
    count_attempts(Phase.SIGN, 10, 3)
    count_attempts(Phase.SIGN, 13, 3)

    rows = read_rows(signed_in(factories.account(Role.TEAM)))

    assert list(rows) == ["Préparer", "Envoyer", "Ouvrir", "Répondre", "Se rencontrer", "Signer"]
    assert rows["Ouvrir"] == ["moins de 5 cas : non montré"]
    assert rows["Se rencontrer"] == ["21 jours", "21 jours", "30"]
    assert rows["Signer"] == ["11,5 jours", "13 jours", FEW.format(6)]


def test_each_sees_her_own_group_and_the_team_all(world: World) -> None:
    siren = factories.siren("Ministère des Ouvrages")
    scopes = ("all", "academie#Dijon", "academie#Lille", f"organisation#{siren}")
    for days, scope in enumerate(scopes, start=2):
        count_attempts(Phase.OPEN, days, 5, scope=scope)
    people = {
        "2 jours": factories.account(Role.TEAM),
        "3 jours": factories.account(Role.COORDINATOR),
        "4 jours": factories.account(Role.TUTOR, academie="Lille"),
        "5 jours": factories.account(Role.PRESCRIBER),
    }

    assert {read_rows(signed_in(person))["Ouvrir"][0] for person in people.values()} == people.keys()


def test_an_agent_without_academie_is_told_why_nothing_is_shown(world: World) -> None:
    count_attempts(Phase.OPEN, 3, 9)

    text = signed_in(replace(factories.account(Role.TUTOR), academie=None)).get("/aide").text

    assert "Votre compte n’est rattaché à aucune académie" in text
    assert "Se rencontrer" not in text


def test_only_the_last_twelve_months_are_read(world: World, time: Clock) -> None:
    time.now = paris("2026-11-30 09:00")
    for month, days in (("2025-11", 2), ("2025-12", 3), ("2026-11", 4), ("2026-12", 5)):
        count_attempts(Phase.OPEN, days, 5, month=month)

    assert read_rows(signed_in(factories.account(Role.TEAM)))["Ouvrir"] == [
        "3,5 jours",
        "4 jours",
        FEW.format(10),
    ]


def test_negative_counts_are_shown_as_no_case(world: World) -> None:
    count_attempts(Phase.OPEN, 3, 6)
    count_attempts(Phase.OPEN, 8, -4)

    assert read_rows(signed_in(factories.account(Role.TEAM)))["Ouvrir"] == [
        "3 jours",
        "3 jours",
        FEW.format(6),
    ]


def test_the_former_address_leads_to_the_delays(world: World) -> None:
    answer = signed_in(factories.account(Role.TEAM)).get("/delais")

    assert (answer.status, answer.headers["location"]) == (303, "/aide#constates")
