"""Who is woken, and by what: the alarms of the purge, of dead letters, and the two rules that watch keys and locks."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import jobs, log
from chalicelib.stories import purging
from tests.architecture.templates import KEY_USES, ROLES, USES

Resources = dict[str, dict[str, Any]]
TO_SOMEONE = {"Ref": "Alerts"}
ON_AWS_ALONE = "Edge"


def breaches(alarm: dict[str, Any], value: float | None) -> bool:
    """Whether CloudWatch would wake someone for this value of the metric (None: no value at all)."""
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    compared = {
        "GreaterThanThreshold": value > alarm["Threshold"],
        "LessThanThreshold": value < alarm["Threshold"],
    }
    return compared[alarm["ComparisonOperator"]]


def test_every_alarm_wakes_someone(written: Resources) -> None:
    alarms = {
        name: one["Properties"]
        for name, one in written.items()
        if one.get("Type") == "AWS::CloudWatch::Alarm"
    }

    assert {
        "LateAlarm",
        "PurgeErrors",
        "PurgeSilence",
        "DeadLettersAlarm",
        "WebErrors",
        "UnsealErrors",
    } <= set(alarms)
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [TO_SOMEONE], name
    assert written["AlertSubscription"]["Properties"]["TopicArn"] == TO_SOMEONE


def test_one_thing_that_waits_too_long_wakes_someone(written: Resources) -> None:
    alarm, metric = written["LateAlarm"]["Properties"], written["LateMetric"]["Properties"]
    (counted,) = metric["MetricTransformations"]

    assert metric["LogGroupName"] == {"Ref": "PurgeLogs"}
    assert metric["FilterPattern"] == '{ $.event = "purge" }'
    assert counted["MetricValue"] == "$.late" and {"late"} <= {*jobs.COUNTS} & log.FIELDS
    assert (alarm["Namespace"], alarm["MetricName"]) == (counted["MetricNamespace"], counted["MetricName"])
    assert (alarm["Statistic"], alarm["EvaluationPeriods"], alarm["Period"]) == ("Maximum", 1, 300)
    assert [breaches(alarm, value) for value in (0, 1)] == [False, True]


def test_the_purge_runs_every_minute_and_has_time_to_report_what_it_left(resources: Resources) -> None:
    purge = resources["Purge"]

    assert purge["Events"]["PurgeEvent"]["Properties"]["Schedule"] == "rate(1 minute)"
    assert timedelta(seconds=purge["Timeout"]) >= 2 * purging.BUDGET


def test_a_purge_that_fails_twice_in_five_minutes_wakes_someone(written: Resources) -> None:
    alarm = written["PurgeErrors"]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Lambda", "Errors", "Sum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "Purge"}}]
    assert [breaches(alarm, value) for value in (0, 1, 2)] == [False, False, True]


def test_a_purge_that_does_not_run_wakes_someone(written: Resources) -> None:
    alarm = written["PurgeSilence"]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == (
        "AWS/Lambda",
        "Invocations",
        "Sum",
    )
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "Purge"}}]
    assert [breaches(alarm, value) for value in (None, 0, 1)] == [True, True, False]


def test_one_dead_event_wakes_someone(written: Resources) -> None:
    alarm = written["DeadLettersAlarm"]["Properties"]

    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}
    ]
    assert [breaches(alarm, value) for value in (0, 1)] == [False, True]


@pytest.mark.parametrize("rule", ["KeyUseByAnother", "LockChanged"])
def test_whoever_touches_a_key_or_a_lock_is_seen(written: Resources, rule: str) -> None:
    assert written[rule]["Condition"] == ON_AWS_ALONE
    assert written[rule]["Properties"]["EventPattern"]["detail-type"] == ["AWS API Call via CloudTrail"]
    assert [one["Arn"] for one in written[rule]["Properties"]["Targets"]] == [TO_SOMEONE]
    assert written[rule]["Properties"].get("State") != "DISABLED"


def test_every_use_of_a_key_by_another_than_its_roles_is_seen(written: Resources) -> None:
    """Of the keys' uses CloudTrail calls management events, and most of them read-only: a rule hears those when it asks to."""
    rule = written["KeyUseByAnother"]["Properties"]
    detail = rule["EventPattern"]["detail"]
    known, nobody = detail["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"]
    users = {role for uses in KEY_USES.values() for roles in uses.values() for role in roles}

    assert rule["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert set(detail["resources"]["ARN"][0]["Fn::GetAtt"]) == {"DocumentKey", "Arn"}
    assert [one["Fn::GetAtt"][0] for one in detail["resources"]["ARN"]] == list(KEY_USES)
    heard = set(detail["eventName"])
    asked = {action.removeprefix("kms:").removesuffix("*") for action in USES}
    assert asked - heard == {"ReplicateKey"}, (
        "of an own name in CloudTrail; the policy denies it to everybody"
    )
    assert users < set(ROLES)
    assert {one["Fn::GetAtt"][0].removesuffix("Role") for one in known["anything-but"]} == users
    assert nobody == {"exists": False}, "a principal that is no role at all: the root, a user"


def test_every_change_of_a_lock_is_seen(written: Resources) -> None:
    of_keys, of_bucket = written["LockChanged"]["Properties"]["EventPattern"]["detail"]["$or"]
    named = of_keys["requestParameters"]["keyId"]

    for key in KEY_USES:
        assert {"Ref": key} in named and {"Fn::GetAtt": [key, "Arn"]} in named, (
            "it is asked for by id or by ARN"
        )
    assert set(of_keys["eventName"]) >= {"PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey"}
    assert of_bucket["requestParameters"]["bucketName"] == [{"Ref": "DocumentBucket"}]
    assert set(of_bucket["eventName"]) >= {
        "PutBucketPolicy",
        "DeleteBucketPolicy",
        "PutBucketVersioning",
        "PutBucketReplication",
    }
