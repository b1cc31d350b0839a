"""What a flood meets before it meets us: each door has its limit, each function its places, alarms come from here alone."""

from typing import Any

import pytest

from app import app
from infra import gateway
from tests.architecture.templates import FUNCTIONS

QUOTA_OF_AN_ACCOUNT = 1_000
NEVER_RESERVED = 100
"""What AWS keeps for functions without a reservation. Source: Lambda developer guide, « Configuring reserved concurrency »."""
DOORS = {
    "sign-in": ("POST /connexion", "POST /connexion/code", "POST /connexion/cle/defi", "POST /connexion/cle"),
    "proof": ("POST /retrait/preuve",),
    "opening": ("POST /retrait/ouverture", "POST /retrait/transmission"),
    "rights form": ("POST /donnees-personnelles/demande", "POST /retrait"),
}


def limits(resources: dict[str, dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Return, for each method and path as API Gateway spells them, the requests a second and at once that are let through."""
    return {
        f"{resource['HttpMethod']} {resource['ResourcePath']}": (
            resource["ThrottlingRateLimit"],
            resource["ThrottlingBurstLimit"],
        )
        for resource in resources["RestAPI"]["MethodSettings"]
    }


def spelt(route: str) -> str:
    """« POST /a/b » as a stage's settings name it: « POST /~1a~1b »."""
    method, _, path = route.partition(" ")
    return f"{method} /{path.replace('/', '~1')}"


@pytest.mark.parametrize("door", DOORS)
def test_a_door_that_a_flood_knocks_at_leaves_the_other_pages_room(
    resources: dict[str, dict[str, Any]], door: str
) -> None:
    most = limits(resources)
    rate, burst = most["* /*"]

    for route in DOORS[door]:
        assert most[spelt(route)][0] <= rate / 2
        assert most[spelt(route)][1] <= burst / 2


@pytest.mark.parametrize("door", DOORS)
def test_one_laptop_does_not_shut_a_door_for_everybody(
    resources: dict[str, dict[str, Any]], door: str
) -> None:
    """These limits are of everybody together: what one machine sends without effort must leave room for a crowd."""
    most = limits(resources)

    for route in DOORS[door]:
        assert most[spelt(route)][0] >= (10 if door == "rights form" else 20)
        assert most[spelt(route)][1] >= 5 * most[spelt(route)][0]


def test_every_limit_is_of_a_route_that_exists(resources: dict[str, dict[str, Any]]) -> None:
    """Another spelling would limit nothing, without a word."""
    declared = {spelt(f"{method} {path}") for path, methods in app.routes.items() for method in methods}

    assert limits(resources).keys() - {"* /*"} <= declared
    assert set(gateway.LIMITS) >= {route for routes in DOORS.values() for route in routes}


def test_each_function_has_places_of_its_own_where_the_account_has_them(
    resources: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    reserved = {name: resources[name]["ReservedConcurrentExecutions"]["Fn::If"] for name in FUNCTIONS}

    assert all(
        choice[0] == "Reserved" and choice[2] == {"Ref": "AWS::NoValue"} for choice in reserved.values()
    )
    assert all(choice[1] >= 2 for choice in reserved.values())
    wanted = sum(choice[1] for choice in reserved.values())
    assert wanted + NEVER_RESERVED <= QUOTA_OF_AN_ACCOUNT
    chosen = template["Parameters"]["ReserveConcurrency"]
    assert chosen["Default"] == "false" and str(wanted + NEVER_RESERVED) in chosen["Description"]


def test_a_firewall_stands_before_the_api_when_one_is_named_or_asked_for(
    resources: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    conditions = template["Conditions"]

    assert template["Resources"]["Firewall"]["Condition"] == "Firewalled"
    assert conditions["Firewalled"] == {"Fn::Or": [{"Condition": "NamedAcl"}, {"Condition": "OwnAcl"}]}
    assert conditions["NamedAcl"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebAclArn"}, ""]}]}
    assert resources["Firewall"]["WebACLArn"] == {
        "Fn::If": ["OwnAcl", {"Fn::GetAtt": ["WebAcl", "Arn"]}, {"Ref": "WebAclArn"}]
    }
    assert "/restapis/${RestAPI}/stages/" in resources["Firewall"]["ResourceArn"]["Fn::Sub"][0]


def test_a_flood_of_one_source_is_stopped_unless_the_deployer_says_otherwise(
    resources: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    """One firewall stands before the API: the stack's own, or the one that is named in its place."""
    assert template["Parameters"]["RateLimitPerSource"]["Default"] == "3000"
    assert template["Resources"]["WebAcl"]["Condition"] == "OwnAcl"
    assert template["Conditions"]["OwnAcl"] == {
        "Fn::And": [
            {"Condition": "Edge"},
            {"Fn::Not": [{"Condition": "NamedAcl"}]},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "RateLimitPerSource"}, ""]}]},
        ]
    }
    acl = resources["WebAcl"]
    (rule,) = acl["Rules"]
    assert (acl["Scope"], acl["DefaultAction"], rule["Action"]) == ("REGIONAL", {"Allow": {}}, {"Block": {}})
    assert rule["Statement"]["RateBasedStatement"] == {
        "Limit": {"Ref": "RateLimitPerSource"},
        "EvaluationWindowSec": 300,
        "AggregateKeyType": "IP",
    }


def test_who_is_stopped_by_the_firewall_reads_what_to_do() -> None:
    answer = gateway.ANSWERS["WAF_FILTERED"]

    assert answer.status == 429
    assert answer.retry_after_seconds == 300 and "cinq minutes" in answer.text


def test_alarms_are_raised_by_this_account_alone(resources: dict[str, dict[str, Any]]) -> None:
    """Anybody's rule or alarm may name our topic: only those of this account, and of this stack, are heard."""
    statements = resources["AlertsPolicy"]["PolicyDocument"]["Statement"]
    conditions = {statement["Principal"]["Service"]: statement["Condition"] for statement in statements}
    rules = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${AWS::StackName}-*"

    assert conditions == {
        "cloudwatch.amazonaws.com": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        "events.amazonaws.com": {"ArnLike": {"aws:SourceArn": {"Fn::Sub": rules}}},
    }
