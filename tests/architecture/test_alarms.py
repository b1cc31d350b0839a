"""Each alarm turns red and green again, and somebody is woken when a lock is touched."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer

from chalicelib import jobs, log
from chalicelib.domain import proving
from chalicelib.stories import proof, retention
from infra import alarms
from infra.deploy import checks
from tests.architecture.sources import ROOT
from tests.architecture.templates import KEY_USES, ROLES, USES
from tests.support import woken

Resources = dict[str, dict[str, Any]]
TO_SOMEONE = {"Ref": "Alerts"}
ON_AWS_ALONE = "Edge"

ONE: tuple[list[float], list[float]] = ([1.0], [])
RED_AND_GREEN: dict[str, tuple[list[float], list[float]]] = {
    "Faults": ONE,
    "FailedAnswers": ([1.0] * 5, [1.0] * 4),
    "GatewayErrors": ONE,
    "TurnedAway": ([1.0] * 21, [1.0] * 20),
    "DamagedDocuments": ONE,
    "ForgedLinks": ONE,
    "MailsGivenUp": ONE,
    "RequestsReturned": ONE,
    "StrangeReports": ONE,
    "RefusedCodes": ([1.0] * 51, [1.0] * 50),
    "ClonedPasskeys": ONE,
    "StrangeIdentities": ONE,
    "AgentsWithoutCodes": ONE,
    "WithheldCodes": ([1.0] * 10, [1.0] * 9),
    "Late": ([0.0, 1.0, 0.0], [0.0]),
    "RemindersLeft": ONE,
    "ProofFailed": ONE,
    "ProofLate": ([], [1.0]),
    "StorageDiffers": ONE,
    "ManyRefusals": ([3_001.0], [3_000.0]),
    "SlowPages": ([200.0] * 94 + [3_001.0] * 6, [200.0] * 95 + [20_000.0] * 5),
    "CertificateEnds": ([40.0, 20.0], [60.0, 21.0]),
    "PurgeSilence": ([], [1.0]),
    "RemindSilence": ([], [1.0]),
    "PurgeErrors": ([1.0, 1.0], [1.0]),
    "DeadLetters": ([901.0], []),
    "MailBounces": ([0.05], [0.03]),
    "MailComplaints": ([0.001], [0.0005]),
    "MailQuota": ([100.0, 61.0], [100.0, 60.0]),
    "AccountConcurrency": ([9.0], [8.0]),
    **{f"{name}Errors": ONE for name in alarms.FUNCTIONS if name != "Purge"},
    **{f"{name}Throttles": ONE for name in alarms.FUNCTIONS},
    "WebConcurrency": ([49.0], [48.0]),
    "InspectConcurrency": ([9.0], [8.0]),
    "MailerConcurrency": ([49.0], [48.0]),
    "UnsealConcurrency": ([17.0], [16.0]),
    "IdentifyConcurrency": ([9.0], [8.0]),
    "PurgeConcurrency": ([2.0], [1.0]),
    "FeedbackConcurrency": ([9.0], [8.0]),
    "RemindConcurrency": ([9.0], [8.0]),
    "ProveConcurrency": ([2.0], [1.0]),
    "RolesChanged": ONE,
    "RolesTaken": ONE,
    "KeysRefused": ONE,
    "RulesChanged": ONE,
    "TrafficMoved": ONE,
}
"""What is measured in one period, for each alarm: a trouble that must wake somebody, and what follows when it is over."""


@pytest.fixture(autouse=True)
def defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters of the template are replaced by their defaults here."""
    known = {name: parameter["Default"] for name, parameter in alarms.PARAMETERS.items()}
    plain = woken.resolved

    def resolved(value: Any) -> Any:
        name = value.get("Ref") if isinstance(value, dict) else None
        return known[name] if name in known else plain(value)

    monkeypatch.setattr(woken, "resolved", resolved)


def test_every_alarm_has_a_trouble_that_is_tried() -> None:
    assert set(RED_AND_GREEN) == set(alarms.ALARMS)
    made = {
        name
        for name, resource in woken.template().items()
        if resource.get("Type") == "AWS::CloudWatch::Alarm"
    }
    assert made == {alarms.logical_id(name) for name in alarms.ALARMS}
    assert {alarms.name_of(logical) for logical in made} == set(alarms.ALARMS)


@pytest.mark.parametrize("name", RED_AND_GREEN)
def test_an_alarm_turns_red_and_green_again(name: str) -> None:
    trouble, over = RED_AND_GREEN[name]

    assert woken.is_red(name, trouble)
    assert not woken.is_red(name, over)


def test_the_runbook_says_of_each_alarm_and_rule_in_which_test_it_was_seen_to_fire() -> None:
    """Or that it never was. Each stands once, and the tests that are named exist."""
    _, table = (ROOT / "RUNBOOK.md").read_text().split("## How each was seen to fire\n")
    rows = re.findall(r"^\| .*\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)
    names = sorted(name for _, listed in rows for name in listed.split(", "))
    rules = [
        name for name, resource in woken.template().items() if resource.get("Type") == "AWS::Events::Rule"
    ]
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))

    assert names == sorted([*alarms.ALARMS, *rules, "Budget", "NotReached"])
    for test, _ in rows:
        assert f"def {test}(" in tests, test


@pytest.mark.parametrize("name", alarms.ALARMS)
def test_an_alarm_tells_people_when_it_begins_what_ends_it_and_that_it_has_ended(name: str) -> None:
    alarm = woken.template()[alarms.logical_id(name)]["Properties"]

    assert alarm["AlarmActions"] == alarm["OKActions"] == [TO_SOMEONE]
    assert re.search(rf"\. Green .*\. See RUNBOOK\.md, {name}\.$", alarm["AlarmDescription"])
    assert len(alarm["AlarmDescription"]) <= 1024
    assert woken.template()["AlertSubscription"]["Properties"]["TopicArn"] == TO_SOMEONE


def test_a_percentile_of_a_few_requests_is_judged_too() -> None:
    """CloudWatch does so unless told otherwise. A pilot never has the 200 requests below which it can be told to ignore them."""
    slow = woken.template()["SlowPages"]["Properties"]

    assert (slow["ExtendedStatistic"], slow["EvaluationPeriods"]) == ("p95", 3)
    assert slow.get("EvaluateLowSampleCountPercentile", "evaluate") == "evaluate"


def test_what_the_purge_looks_at_in_turn_is_seen_twice_before_an_alarm_is_green() -> None:
    two_rounds = 2 * timedelta(minutes=len(retention.ROUND))

    for name in ("PurgeErrors", "Late"):
        assert timedelta(seconds=alarms.ALARMS[name].seconds) >= two_rounds


def test_silence_is_a_trouble_of_what_is_measured_by_the_clock() -> None:
    assert [name for name in alarms.ALARMS if woken.is_red(name, [])] == [
        "ProofLate",
        "PurgeSilence",
        "RemindSilence",
        "CertificateEnds",
    ]


def test_a_metric_of_log_lines_is_paid_for_only_while_something_is_counted() -> None:
    """A filter gives no default of zero, so that its metric costs nothing while nothing is counted; excepted are those of lines
    written once a night and read by the day, which cost an hour each.
    """
    filters = [
        resource["Properties"]
        for resource in woken.template().values()
        if resource.get("Type") == "AWS::Logs::MetricFilter"
    ]
    zeros = {
        made["MetricName"]["Fn::Sub"].removeprefix("${AWS::StackName}-"): filter_["LogGroupName"]
        for filter_ in filters
        for made in filter_["MetricTransformations"]
        if "DefaultValue" in made
    }

    assert zeros == {"ProofFailed": {"Ref": "ProveLogs"}, "StorageDiffers": {"Ref": "ProveLogs"}}


@pytest.mark.parametrize(
    "name", [name for name, alarm in alarms.ALARMS.items() if isinstance(alarm.watches, alarms.Count)]
)
def test_no_line_at_all_is_to_an_alarm_what_none_that_counts_is(name: str) -> None:
    assert woken.is_red(name, []) == woken.is_red(name, [0.0])


def test_each_function_is_watched_for_its_errors_its_throttles_and_its_places(resources: Resources) -> None:
    for name, function in alarms.FUNCTIONS.items():
        assert resources[function]["LoggingConfig"] == {"LogGroup": {"Ref": f"{name}Logs"}}
        for metric in ("Errors", "Throttles", "Concurrency"):
            alarm = resources[f"{name}{metric}"]
            assert alarm["MetricName"] == {"Concurrency": "ConcurrentExecutions"}.get(metric, metric)
            assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
        reserved = resources[function]["ReservedConcurrentExecutions"]
        assert reserved == {"Fn::If": ["Reserved", alarms.PLACES[name], {"Ref": "AWS::NoValue"}]}


def test_the_age_of_dead_letters_counts_and_not_their_number(resources: Resources) -> None:
    alarm = resources["DeadLettersAlarm"]

    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}
    ]


def test_one_thing_that_waits_too_long_wakes_someone() -> None:
    counted = woken.template()["LateMetric"]["Properties"]

    assert counted["LogGroupName"] == {"Ref": "PurgeLogs"}
    assert {"late"} <= {*jobs.COUNTS} & log.FIELDS


def test_the_purge_runs_every_minute_and_has_time_to_report_what_it_left(resources: Resources) -> None:
    purge = resources["Purge"]

    assert purge["Events"]["PurgeEvent"]["Properties"]["Schedule"] == "rate(1 minute)"
    assert timedelta(seconds=purge["Timeout"]) >= 2 * retention.BUDGET


def test_a_proof_of_each_night_has_its_time_and_is_missed_soon_after_the_next_was_due(
    resources: Resources,
) -> None:
    function, missed = resources["Prove"], resources["ProofLateAlarm"]

    assert function["Events"]["ProveEvent"]["Properties"]["Schedule"] == "cron(10 2 * * ? *)"
    assert timedelta(seconds=function["Timeout"]) == proving.LIFE > proof.BUDGET
    assert timedelta(seconds=missed["Period"] * missed["EvaluationPeriods"]) == proving.LATE
    assert missed["EvaluationPeriods"] * missed["Period"] <= 7 * 86_400, "the most that CloudWatch looks back"
    assert "26 hours" in alarms.ALARMS["ProofLate"].means


PROVED = {"event": "prove", "outcome": "proved", "proved": 1, "seconds": 40, "strays": 0, "missing": 0}
NIGHTS: dict[str, tuple[dict[str, Any], set[str], bool]] = {
    "proved": (PROVED, set(), True),
    "failed": (PROVED | {"outcome": "not_erased", "proved": 0}, {"ProofFailed"}, False),
    "broken": (PROVED | {"outcome": "fault", "proved": 0}, {"ProofFailed"}, False),
    "a stray": (PROVED | {"strays": 1}, {"StorageDiffers"}, True),
    "an object gone": (PROVED | {"missing": 1}, {"StorageDiffers"}, True),
    "not compared": ({"event": "prove", "outcome": "proved", "proved": 1, "seconds": 40}, set(), False),
    "another run at work": ({"event": "prove", "outcome": "busy", "proved": 0}, set(), False),
}


@pytest.mark.parametrize("night", NIGHTS)
def test_a_night_wakes_somebody_when_it_proved_nothing_or_found_something(night: str) -> None:
    line, woken_now, proves = NIGHTS[night]

    assert woken.woken_by(json.dumps(line), "ProveLogs") - {"ProofLate"} == woken_now
    assert bool(woken.counted("ProofLate", [json.dumps(line)], "ProveLogs")) is proves


LONG_STACK = "a-stack-of-thirty-characters-x"


def as_long_as_on_aws(value: Any) -> Any:
    """Return a value of the template in which each name is as long as AWS would make it."""
    match value:
        case {"Ref": str(name)}:
            return (
                f"{LONG_STACK}-{name}-ABCDEFGHIJKL"
                if name != "Alerts"
                else f"{'arn:aws:sns' * 4}{LONG_STACK}-{name}"
            )
        case {"Fn::GetAtt": [str(name), _]}:
            return f"arn:aws:iam::123456789012:role/{LONG_STACK}-{name}-ABCDEFGHIJKL"
        case {"Fn::Sub": str(text)}:
            arn = "arn:aws:iam::123456789012:role/" + LONG_STACK + "-InspectRole-ABCDEFGHIJKL"
            text = re.sub(r"\$\{\w+\.Arn\}", arn, text)
            text = re.sub(r"\$\{\w+Role\}", arn.rpartition("/")[2], text)
            return text.replace("${AWS::StackName}", LONG_STACK)
        case dict():
            return {key: as_long_as_on_aws(item) for key, item in value.items()}
        case list():
            return [as_long_as_on_aws(item) for item in value]
    return value


def test_filters_and_rules_are_as_short_as_aws_takes_them() -> None:
    for name, resource in woken.template().items():
        if resource.get("Type") == "AWS::Logs::MetricFilter":
            assert len(as_long_as_on_aws(resource["Properties"]["FilterPattern"])) <= 1024, name
        if resource.get("Type") == "AWS::Events::Rule":
            pattern = json.dumps(
                as_long_as_on_aws(resource["Properties"]["EventPattern"]), separators=(",", ":")
            )
            assert len(pattern) <= 2048, name


def test_the_budget_reaches_the_address_of_the_alerts(resources: Resources) -> None:
    budget = resources["Budget"]
    sent = {
        notification["Notification"]["NotificationType"]: notification
        for notification in budget["NotificationsWithSubscribers"]
    }

    assert woken.template()["Budget"]["Condition"] == "Budgeted"
    assert (budget["Budget"]["BudgetType"], budget["Budget"]["TimeUnit"]) == ("COST", "MONTHLY")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"}
    assert sent["ACTUAL"]["Notification"]["Threshold"] == 80
    assert sent["FORECASTED"]["Notification"]["Threshold"] == 100
    for recipients in sent.values():
        assert recipients["Subscribers"] == [
            {"SubscriptionType": "EMAIL", "Address": {"Ref": "AlertAddress"}}
        ]


def test_the_probe_from_outside_asks_for_the_health_page_and_silence_wakes_somebody() -> None:
    """Whatever is the matter: the page does not answer, or nothing measures any more."""
    probe = YAMLTemplateSerializer().load_template((ROOT / "infra/probe.yaml").read_text())["Resources"]
    asked = probe["Probe"]["Properties"]["HealthCheckConfig"]
    alarm = probe["NotReached"]["Properties"]

    assert (asked["Type"], asked["ResourcePath"], asked["Port"]) == ("HTTPS", checks.PATH, 443)
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Route53", "HealthCheckStatus")
    assert alarm["Dimensions"] == [{"Name": "HealthCheckId", "Value": {"Ref": "Probe"}}]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "LessThanThreshold")
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["AlarmActions"] == alarm["OKActions"] == [TO_SOMEONE]
    assert probe["AlertSubscription"]["Properties"]["TopicArn"] == TO_SOMEONE


# ---- The trail and what reads it -----------------------------------------------------------------------------------


def test_a_trail_records_what_is_done_everywhere_and_no_recipients_browser(
    resources: Resources,
) -> None:
    trail = resources["Trail"]
    management, documents, audited = (
        {selector_field["Field"]: selector_field for selector_field in selector["FieldSelectors"]}
        for selector in trail["AdvancedEventSelectors"]
    )

    assert woken.template()["Trail"]["Condition"] == "OwnTrail"
    assert trail["IsLogging"] and trail["IsMultiRegionTrail"] and trail["IncludeGlobalServiceEvents"]
    assert trail["EnableLogFileValidation"]
    assert trail["CloudWatchLogsLogGroupArn"] == {"Fn::GetAtt": ["TrailLogs", "Arn"]}
    assert management == {"eventCategory": {"Field": "eventCategory", "Equals": ["Management"]}}
    assert documents["eventCategory"]["Equals"] == ["Data"]
    assert documents["resources.ARN"]["StartsWith"] == [{"Fn::Sub": "${DocumentBucket.Arn}/"}]
    assert audited["resources.type"]["Equals"] == ["AWS::DynamoDB::Table"]
    assert audited["resources.ARN"]["StartsWith"] == [{"Fn::GetAtt": ["AuditTable", "Arn"]}]
    assert "assumed-role/${WebRole}/" in str(audited["userIdentity.arn"]["NotStartsWith"])
    assert len(audited) == 4, "reads and writes, refused ones too"
    left_out = str(documents["userIdentity.arn"]["NotStartsWith"])
    assert {role for role in ROLES if f"assumed-role/${{{role}Role}}/" in left_out} == {*ROLES} - {
        "Identify",
        "Mailer",
        "Feedback",
        "Remind",
    }


def test_the_trails_bucket_is_written_by_our_trail_alone_and_public_to_nobody(resources: Resources) -> None:
    bucket, statements = (
        resources["TrailBucket"],
        resources["TrailBucketPolicy"]["PolicyDocument"]["Statement"],
    )
    ours = {
        "Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/${AWS::StackName}"
    }
    allowed = [statement for statement in statements if statement["Effect"] == "Allow"]

    assert resources["Trail"]["TrailName"] == {"Ref": "AWS::StackName"}
    assert {statement["Action"] for statement in allowed} == {"s3:GetBucketAcl", "s3:PutObject"}
    for grant in allowed:
        assert grant["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert grant["Condition"]["StringEquals"]["aws:SourceArn"] == ours
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (life,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (life["Status"], life["ExpirationInDays"]) == ("Enabled", 365)


def test_what_is_read_of_a_trail_is_read_of_the_one_that_is_named() -> None:
    for name in alarms.TRAILED:
        given = woken.template()[f"{name}Metric"]
        assert given["Condition"] == ON_AWS_ALONE
        assert given["Properties"]["LogGroupName"] == {
            "Fn::If": ["OwnTrail", {"Ref": "TrailLogs"}, {"Ref": "TrailLogGroup"}]
        }


def by_trail(service: str, name: str, **more: Any) -> dict[str, Any]:
    """Return an event of this service and name as CloudTrail records it, made by an administrator."""
    somebody = {"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/Admin/zoe"}
    issuer = {"sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::123456789012:role/Admin"}}}
    return {
        "eventVersion": "1.11",
        "userIdentity": somebody | issuer,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-3",
        "sourceIPAddress": "198.51.100.7",
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "readOnly": False,
        **more,
    }


def event_of(service: str, record: dict[str, Any]) -> dict[str, Any]:
    """Return the event that EventBridge makes of a CloudTrail record."""
    facts = {"version": "0", "id": "0", "account": "123456789012", "region": "eu-west-3", "resources": []}
    kind = {"source": f"aws.{service}", "detail-type": "AWS API Call via CloudTrail"}
    return facts | kind | {"time": "2026-11-26T10:00:00Z", "detail": record}


def asked(**parameters: Any) -> dict[str, Any]:
    """Return the part of a CloudTrail record that holds the parameters of the call."""
    return {"requestParameters": parameters}


KEY = {"resources": [{"type": "AWS::KMS::Key", "ARN": "arn:DocumentKey"}], "readOnly": True}
OF_STACK = "stack-Unseal-1A2B3C"
TOUCHED: dict[str, tuple[str, dict[str, Any], str]] = {
    "code": (
        "lambda",
        by_trail("lambda", "UpdateFunctionCode20150331v2", **asked(functionName=OF_STACK)),
        "CodeChanged",
    ),
    "configuration": (
        "lambda",
        by_trail(
            "lambda",
            "UpdateFunctionConfiguration20150331v2",
            **asked(functionName="arn:AWS::Partition:lambda:AWS::Region:AWS::AccountId:function:" + OF_STACK),
        ),
        "CodeChanged",
    ),
    "who may call it": (
        "lambda",
        by_trail("lambda", "AddPermission20150331v2", **asked(functionName=OF_STACK)),
        "CodeChanged",
    ),
    "a function named by a part of its ARN": (
        "lambda",
        by_trail("lambda", "UpdateFunctionCode20150331v2", **asked(functionName=f"123456789012:function:{OF_STACK}")),
        "CodeChanged",
    ),
    "another function under our name": (
        "lambda",
        by_trail("lambda", "CreateFunction20150331", **asked(functionName="stack-Twin")),
        "CodeChanged",
    ),
    "the API": ("apigateway", by_trail("apigateway", "UpdateIntegration", **asked(restApiId="RestAPI")), "DoorChanged"),
    "where the domain leads": (
        "apigateway",
        by_trail("apigateway", "UpdateBasePathMapping", **asked(domainName="OwnDomainName", basePath="(none)")),
        "DoorChanged",
    ),
    "another door beside ours": (
        "apigateway",
        by_trail(
            "apigateway",
            "CreateBasePathMapping",
            **asked(domainName="OwnDomainName", createBasePathMappingInput={"restApiId": "another"}),
        ),
        "DoorChanged",
    ),
    "the domain": (
        "apigateway",
        by_trail("apigateway", "UpdateDomainName", **asked(domainName="OwnDomainName")),
        "DoorChanged",
    ),
    "a key's policy": ("kms", by_trail("kms", "PutKeyPolicy", **asked(keyId="DocumentKey")), "LockChanged"),
    "a key's end": ("kms", by_trail("kms", "ScheduleKeyDeletion", **asked(keyId="arn:LinkKey")), "LockChanged"),
    "the bucket's policy": (
        "s3",
        by_trail("s3", "DeleteBucketPolicy", **asked(bucketName="DocumentBucket")),
        "LockChanged",
    ),
    "the bucket's door": (
        "s3",
        by_trail("s3", "DeleteBucketPublicAccessBlock", **asked(bucketName="DocumentBucket")),
        "LockChanged",
    ),
    "a rule": ("events", by_trail("events", "DisableRule", **asked(name="stack-KeyUseByAnother-1")), "WatchChanged"),
    "a rule's target": (
        "events",
        by_trail("events", "RemoveTargets", **asked(rule="stack-KeyUseByAnother-1")),
        "WatchChanged",
    ),
    "a trail": ("cloudtrail", by_trail("cloudtrail", "StopLogging", **asked(name="any")), "WatchChanged"),
    "what a trail records": ("cloudtrail", by_trail("cloudtrail", "PutEventSelectors"), "WatchChanged"),
    "an alarm": (
        "cloudwatch",
        by_trail("monitoring", "DeleteAlarms", **asked(alarmNames=["x", "stack-Late-1"])),
        "WatchChanged",
    ),
    "a filter": (
        "logs",
        by_trail("logs", "DeleteMetricFilter", **asked(logGroupName="stack-WebLogs-1")),
        "WatchChanged",
    ),
    "who is woken": (
        "sns",
        by_trail("sns", "Unsubscribe", **asked(subscriptionArn="Alerts:0001")),
        "WatchChanged",
    ),
    "a key's use": ("kms", by_trail("kms", "Decrypt", **KEY), "KeyUseByAnother"),
    "a document": (
        "s3",
        by_trail("s3", "GetObject", eventCategory="Data", errorCode="AccessDenied", **asked(bucketName="DocumentBucket")),
        "DocumentTouchedByAnother",
    ),
} | {
    f"a copy: {act} {parameters}": (service, by_trail(service, act, **asked(**parameters)), "LockChanged")
    for service, act, parameters in (
        ("dynamodb", "CreateBackup", {"tableName": "RelayTable", "backupName": "b"}),
        ("dynamodb", "CreateBackup", {"tableName": "arn:RelayTable", "backupName": "b"}),
        ("dynamodb", "UpdateContinuousBackups", {"tableName": "RelayTable"}),
        ("dynamodb", "UpdateTable", {"tableName": "RelayTable", "streamSpecification": {"streamEnabled": True}}),
        ("dynamodb", "UpdateTable", {"tableName": "RelayTable", "replicaUpdates": [{"create": {}}]}),
        ("dynamodb", "EnableKinesisStreamingDestination", {"tableName": "RelayTable"}),
        ("dynamodb", "ExportTableToPointInTime", {"tableArn": "arn:RelayTable", "s3Bucket": "b"}),
        ("dynamodb", "RestoreTableToPointInTime", {"sourceTableName": "RelayTable", "targetTableName": "t"}),
        ("dynamodb", "RestoreTableToPointInTime", {"sourceTableArn": "arn:RelayTable", "targetTableName": "t"}),
        ("dynamodb", "CreateGlobalTable", {"globalTableName": "RelayTable"}),
        ("dynamodb", "UpdateContributorInsights", {"tableName": "RelayTable"}),
        ("dynamodb", "DeleteResourcePolicy", {"resourceArn": "arn:RelayTable"}),
        ("backup", "StartBackupJob", {"resourceArn": "arn:RelayTable"}),
        ("dynamodb", "DeleteTable", {"tableName": "stack-AuditTable-1"}),
        ("dynamodb", "UpdateTimeToLive", {"tableName": "stack-AuditTable-1"}),
        ("dynamodb", "UpdateTable", {"tableName": "arn:table/stack-AuditTable-1", "deletionProtectionEnabled": False}),
        ("dynamodb", "UpdateContinuousBackups", {"tableName": "stack-AuditTable-1"}),
        ("dynamodb", "PutResourcePolicy", {"resourceArn": "arn:table/stack-AuditTable-1"}),
        ("dynamodb", "DeleteResourcePolicy", {"resourceArn": "arn:table/stack-AuditTable-1"}),
        ("backup", "StartBackupJob", {"resourceArn": "arn:DocumentBucket"}),
        ("s3", "CreateBucketMetadataTableConfiguration", {"bucketName": "DocumentBucket"}),
        ("s3", "CreateBucketMetadataConfiguration", {"bucketName": "DocumentBucket"}),
        ("s3", "PutBucketInventoryConfiguration", {"bucketName": "DocumentBucket"}),
        ("s3", "PutBucketReplication", {"bucketName": "DocumentBucket"}),
        ("s3", "PutBucketVersioning", {"bucketName": "DocumentBucket"}),
        ("s3", "PutBucketLogging", {"bucketName": "DocumentBucket"}),
        ("s3", "WhatAwsWillInvent", {"bucketName": "DocumentBucket"}),
    )
}  # fmt: skip


@pytest.mark.parametrize("what", TOUCHED)
def test_whoever_touches_a_lock_is_heard(what: str) -> None:
    service, record, rule = TOUCHED[what]

    assert woken.heard_by(event_of(service, record)) == {rule}


GATHERED = {
    "code",
    "configuration",
    "who may call it",
    "a function named by a part of its ARN",
    "another function under our name",
    "the API",
    "where the domain leads",
    "another door beside ours",
    "the domain",
    "an alarm",
    "a filter",
}
BY_CLOUDFORMATION = {"sourceIPAddress": "cloudformation.amazonaws.com"}


@pytest.mark.parametrize("what", TOUCHED)
def test_what_cloudformation_does_to_code_api_and_alarms_is_not_heard_again(what: str) -> None:
    """Of an update of a stack the call is heard, once; of what the update does, all that touches keys, documents, tables, rules,
    the trail and the topic.
    """
    service, record, rule = TOUCHED[what]
    heard = set() if what in GATHERED else {rule}

    assert woken.heard_by(event_of(service, record | BY_CLOUDFORMATION)) == heard


@pytest.mark.parametrize("act", ["CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet"])
@pytest.mark.parametrize("stack", ["stack", "another"])
def test_a_change_of_any_stack_is_heard_with_who_asked_for_it(act: str, stack: str) -> None:
    """A stack that is not ours may change our functions as well."""
    record = by_trail("cloudformation", act, **asked(stackName=stack))

    assert woken.heard_by(event_of("cloudformation", record)) == {"StackChanged"}
    planned = by_trail("cloudformation", "CreateChangeSet", **asked(stackName=stack))
    assert woken.heard_by(event_of("cloudformation", planned)) == set()


def test_a_change_set_that_takes_its_own_watch_away_is_read_in_the_trail() -> None:
    """The rule that hears changes of stacks cannot report its own end; the trail's log does, by whatever way it came."""
    for act in ("DeleteRule", "DisableRule", "PutRule"):
        removal = by_trail("events", act, **asked(name="stack-StackChanged-1"))
        assert trailed(removal | BY_CLOUDFORMATION) == {"RulesChanged"}
    role = by_trail("iam", "PutRolePolicy", **asked(roleName="stack-WebRole-1A2B3C"))
    assert trailed(role | BY_CLOUDFORMATION) == {"RolesChanged"}


def test_a_backup_that_a_plan_of_the_account_begins_is_heard() -> None:
    """A backup job of the tables or the bucket wakes somebody, though the plan behind it may name neither: plans choose by
    tags, or everything.
    """
    facts = {"version": "0", "account": "123456789012", "region": "eu-west-3", "source": "aws.backup"}
    job = facts | {"detail-type": "Backup Job State Change"}
    of = {
        name: job | {"detail": {"state": "CREATED", "resourceArn": f"arn:{name}"}}
        for name in woken.template()
    }

    assert {name for name, event in of.items() if woken.heard_by(event)} == {"RelayTable", "DocumentBucket"}


def test_our_own_functions_and_other_peoples_affairs_are_not_heard() -> None:
    """No rule hears what our own roles do with keys and objects, nor changes of resources that are not ours, nor backups and
    data events of the tables.
    """
    ours = {"sessionContext": {"sessionIssuer": {"arn": "arn:UnsealRole"}}, "type": "AssumedRole"}
    quiet = [
        ("kms", by_trail("kms", "Decrypt", **KEY) | {"userIdentity": ours}),
        (
            "s3",
            by_trail("s3", "GetObject", eventCategory="Data", **asked(bucketName="DocumentBucket"))
            | {"userIdentity": ours},
        ),
        ("lambda", by_trail("lambda", "UpdateFunctionCode20150331v2", **asked(functionName="other"))),
        ("events", by_trail("events", "DisableRule", **asked(name="other"))),
        ("s3", by_trail("s3", "PutBucketPolicy", **asked(bucketName="other"))),
        ("dynamodb", by_trail("dynamodb", "CreateBackup", **asked(tableName="ParcoursTable"))),
        ("dynamodb", by_trail("dynamodb", "PutItem", **asked(tableName="RelayTable"), eventCategory="Data")),
        ("apigateway", by_trail("apigateway", "UpdateDomainName", **asked(domainName="other"))),
    ]

    assert [woken.heard_by(event_of(*call)) for call in quiet] == [set()] * len(quiet)


ROLE_CHANGES = (
    "UpdateAssumeRolePolicy",
    "PutRolePolicy",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "DeleteRolePolicy",
    "PutRolePermissionsBoundary",
    "UpdateRole",
    "DeleteRole",
)


@pytest.mark.parametrize("change", ROLE_CHANGES)
def test_a_change_of_a_role_its_trust_or_its_policies_is_read_in_the_trail(change: str) -> None:
    """A change of one of our roles raises RolesChanged by a filter of the trail's log, since EventBridge hears IAM in us-east-1
    alone.
    """
    for name in ROLES:
        role = f"stack-{name}Role-1A2B3C"
        line = by_trail("iam", change, awsRegion="us-east-1", **asked(roleName=role))
        other = line | asked(roleName="other")
        looking = line | {"eventName": "GetRolePolicy", "readOnly": True}
        assert trailed(line) == {"RolesChanged"}, role
        assert trailed(other) == trailed(looking) == set(), role


def test_taking_one_of_our_roles_is_read_in_the_trail() -> None:
    """Somebody who assumes one of our roles raises RolesTaken; Lambda, which does so for our functions, does not."""
    taking = by_trail(
        "sts", "AssumeRole", readOnly=True, **asked(roleArn="arn:aws:iam::1:role/stack-UnsealRole-1A2B3C")
    )
    by_lambda = taking | {"userIdentity": {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}}

    assert trailed(taking) == {"RolesTaken"}
    assert trailed(by_lambda) == trailed(taking | asked(roleArn="arn:aws:iam::1:role/other")) == set()


@pytest.mark.parametrize("act", ["CreateAlias20150331", "UpdateAlias20150331", "DeleteAlias"])
def test_leading_traffic_to_another_version_is_read_in_the_trail(act: str) -> None:
    """One alarm for the eight functions of a deployment: the rule that hears changed code says nothing of it."""
    for function in (OF_STACK, f"arn:aws:lambda:eu-west-3:123456789012:function:{OF_STACK}"):
        moved = by_trail("lambda", act, **asked(functionName=function))
        assert trailed(moved) == {"TrafficMoved"}
        assert woken.heard_by(event_of("lambda", moved)) == set()
    assert trailed(by_trail("lambda", act, **asked(functionName="other"))) == set()
    assert trailed(by_trail("lambda", "GetAlias", **asked(functionName=OF_STACK))) == set()


LENT = asked(functionName="other", role="arn:aws:iam::1:role/stack-UnsealRole-1A2B")
"""One of our roles, given to a function that is not ours."""
HERE, ELSEWHERE = {"awsRegion": "AWS::Region"}, {"awsRegion": "us-east-2"}
"""The template's own words for its region, and any other."""


@pytest.mark.parametrize(
    "act", ["CreateFunction20150331", "UpdateFunctionConfiguration20150331v2", "CreateFunction2027"]
)
def test_one_of_our_roles_in_a_function_that_is_not_ours_is_read_in_the_trail(act: str) -> None:
    """In whatever region one of our roles is given to a function that is not ours, RolesTaken is raised; for our own functions
    of this region, CodeChanged hears it instead.
    """
    ours, by_arn = asked(functionName=OF_STACK), asked(functionName=f"123456789012:function:{OF_STACK}")
    role = LENT["requestParameters"]
    lent = by_trail("lambda", act, **LENT)

    assert trailed(lent | HERE) == trailed(lent | ELSEWHERE) == {"RolesTaken"}
    for own in (ours, by_arn):
        deployed = lent | {"requestParameters": role | own["requestParameters"]}
        assert trailed(deployed | ELSEWHERE) == {"RolesTaken"}, "a twin of our function, elsewhere"
        assert trailed(deployed | HERE) == set()
        assert woken.heard_by(event_of("lambda", deployed)) == {"CodeChanged"}
    another = role | {"role": "arn:aws:iam::1:role/other"}
    assert trailed(lent | ELSEWHERE | {"requestParameters": another}) == set()


@pytest.mark.parametrize("key", KEY_USES)
def test_whoever_is_refused_a_key_is_read_in_the_trail(key: str) -> None:
    """A refused use of one of our keys raises KeysRefused, one by our own role too: a role is refused only outside its
    function.
    """
    line = by_trail("kms", "GenerateMac", readOnly=True, errorCode="AccessDenied", requestParameters=None)
    refusal = "User: arn:aws:sts::1:assumed-role/stack-MailerRole-1/x is not authorized to perform: kms:GenerateMac on resource: "
    denied = " with an explicit deny in an identity-based policy"

    assert trailed(line | {"errorMessage": f"{refusal}arn:{key}{denied}"}) == {"KeysRefused"}
    assert trailed(line | {"errorMessage": f"{refusal}arn:OtherKey{denied}"}) == set()


def test_a_rule_that_is_switched_off_is_read_in_the_trail_as_well() -> None:
    """Switching off a rule, which the rule itself cannot report, raises RulesChanged by the trail's log; the filters of that
    log are watched by the rules in turn.
    """
    for name, parameters in {
        "DisableRule": {"name": "stack-WatchChanged-1"},
        "RemoveTargets": {"rule": "stack-x"},
    }.items():
        assert trailed(by_trail("events", name, **asked(**parameters))) == {"RulesChanged"}
    assert trailed(by_trail("events", "DisableRule", **asked(name="other"))) == set()


def trailed(record: dict[str, Any]) -> set[str]:
    """Return the alarms that one line of the trail's log raises."""

    return woken.woken_by(json.dumps(record), "TrailLogs")


def test_every_use_of_a_key_by_another_than_its_roles_is_seen() -> None:
    """The rule of key uses hears every use but ReplicateKey, read-only management events included, by anybody but the roles of
    KEY_USES.
    """
    rule = woken.template()["KeyUseByAnother"]["Properties"]
    detail = rule["EventPattern"]["detail"]
    known, nobody = detail["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"]
    users = {role for uses in KEY_USES.values() for roles in uses.values() for role in roles}

    assert rule["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert detail["resources"]["ARN"] == [{"Fn::GetAtt": [key, "Arn"]} for key in KEY_USES]
    heard = set(detail["eventName"])
    wanted = {action.removeprefix("kms:").removesuffix("*") for action in USES}
    assert wanted - heard == {"ReplicateKey"}, (
        "of an own name in CloudTrail; the policy denies it to everybody"
    )
    assert users < set(ROLES)
    assert {user_role["Fn::GetAtt"][0].removesuffix("Role") for user_role in known["anything-but"]} == users
    assert nobody == {"exists": False}, "a principal that is no role at all: the root, a user"


def test_every_change_of_a_key_is_seen() -> None:
    of_keys = woken.template()["LockChanged"]["Properties"]["EventPattern"]["detail"]["$or"][0]
    named = of_keys["requestParameters"]["keyId"]

    for key in KEY_USES:
        assert {"Ref": key} in named and {"Fn::GetAtt": [key, "Arn"]} in named, (
            "it is asked for by id or by ARN"
        )
    assert set(of_keys["eventName"]) >= {"PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey"}


def test_every_rule_is_on_where_cloudtrail_is() -> None:
    """Each of the seven rules is enabled on AWS, reads calls from CloudTrail and has the people's topic as its one target."""
    rules = [rule for rule in woken.template().values() if rule.get("Type") == "AWS::Events::Rule"]

    assert len(rules) == 7
    for rule in rules:
        assert rule["Condition"] == ON_AWS_ALONE
        assert "AWS API Call via CloudTrail" in rule["Properties"]["EventPattern"]["detail-type"]
        assert [target["Arn"] for target in rule["Properties"]["Targets"]] == [TO_SOMEONE]
        assert rule["Properties"].get("State") != "DISABLED"


def test_the_readme_no_longer_says_that_a_change_of_code_raises_nothing() -> None:
    """The README does not say that a change of code raises no alarm: one does."""
    readme = (ROOT / "README.md").read_text()

    assert "raises none" not in readme
