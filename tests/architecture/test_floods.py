"""What a flood meets before it meets us: each door has its limit, each function its places, alarms come from here alone."""

from typing import Any

import pytest

from app import app
from infra import gateway

QUOTA_OF_AN_ACCOUNT = 1_000
NEVER_RESERVED = 100
"""What AWS keeps for functions without a reservation. Source: Lambda developer guide, « Configuring reserved concurrency »."""
DOORS = {
    "sign-in": ("POST /connexion", "POST /connexion/code"),
    "proof": ("POST /retrait/preuve",),
    "opening": ("POST /retrait/ouverture", "POST /retrait/transmission"),
    "rights form": ("POST /donnees-personnelles/demande",),
}


def limits(resources: dict[str, dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Method and path as API Gateway spells them → requests a second, and at once."""
    return {
        f"{one['HttpMethod']} {one['ResourcePath']}": (
            one["ThrottlingRateLimit"],
            one["ThrottlingBurstLimit"],
        )
        for one in resources["RestAPI"]["MethodSettings"]
    }


def spelt(route: str) -> str:
    """« POST /a/b » as a stage's settings name it: « POST /~1a~1b »."""
    method, _, path = route.partition(" ")
    return f"{method} /{path.replace('/', '~1')}"


@pytest.mark.parametrize("door", DOORS)
def test_a_door_that_a_flood_knocks_at_lets_little_through(
    resources: dict[str, dict[str, Any]], door: str
) -> None:
    found = limits(resources)
    rate, burst = found["* /*"]

    for route in DOORS[door]:
        assert found[spelt(route)][0] <= rate / 10
        assert found[spelt(route)][1] <= burst / 10


def test_every_limit_is_of_a_route_that_exists(resources: dict[str, dict[str, Any]]) -> None:
    """Another spelling would limit nothing, without a word."""
    declared = {spelt(f"{method} {path}") for path, methods in app.routes.items() for method in methods}

    assert limits(resources).keys() - {"* /*"} <= declared
    assert set(gateway.LIMITS) >= {route for routes in DOORS.values() for route in routes}


def test_all_the_doors_together_leave_the_pages_room(resources: dict[str, dict[str, Any]]) -> None:
    found = limits(resources)
    rest = found.pop("* /*")

    assert sum(rate for rate, _ in found.values()) < rest[0]


def test_each_function_has_places_of_its_own_where_the_account_has_them(
    resources: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    reserved = {
        name: resources[name]["ReservedConcurrentExecutions"]["Fn::If"]
        for name in ("APIHandler", "Inspect", "Mailer", "Unseal", "Purge")
    }

    assert all(one[0] == "Reserved" and one[2] == {"Ref": "AWS::NoValue"} for one in reserved.values())
    assert all(one[1] >= 2 for one in reserved.values())
    wanted = sum(one[1] for one in reserved.values())
    assert wanted + NEVER_RESERVED <= QUOTA_OF_AN_ACCOUNT
    chosen = template["Parameters"]["ReserveConcurrency"]
    assert chosen["Default"] == "false" and str(wanted + NEVER_RESERVED) in chosen["Description"]


def test_a_firewall_stands_before_the_api_when_one_is_named(
    resources: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    assert template["Resources"]["Firewall"]["Condition"] == "Firewalled"
    assert template["Conditions"]["Firewalled"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebAclArn"}, ""]}]}
    assert resources["Firewall"]["WebACLArn"] == {"Ref": "WebAclArn"}
    assert "/restapis/${RestAPI}/stages/" in resources["Firewall"]["ResourceArn"]["Fn::Sub"][0]


def test_alarms_are_raised_by_this_account_alone(resources: dict[str, dict[str, Any]]) -> None:
    """Anybody's rule or alarm may name our topic: only those of this account, and of this stack, are heard."""
    statements = resources["AlertsPolicy"]["PolicyDocument"]["Statement"]
    conditions = {one["Principal"]["Service"]: one["Condition"] for one in statements}
    rules = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${AWS::StackName}-*"

    assert conditions == {
        "cloudwatch.amazonaws.com": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        "events.amazonaws.com": {"ArnLike": {"aws:SourceArn": {"Fn::Sub": rules}}},
    }
