"""RUNBOOK.md: a section for each thing that wakes somebody, and every command in it works on a deployed cloud of its own."""

import json
import os
import re
import secrets
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chalicelib import clock, log
from chalicelib.domain.kernel.attempt import Attempt, ReferenceKey
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import aws, items
from infra import alarms, operate, restore
from infra.deploy.stack import Deployed
from infra.deploy.versions import Deployment, Traffic, shelf
from infra.local import LocalCloud, running
from infra.local.cloud import ACCOUNT, REGION, STACK
from tests.architecture.sources import ROOT
from tests.support import factories, woken

pytestmark = pytest.mark.cloud
RUNBOOK = (ROOT / "RUNBOOK.md").read_text()
HEADINGS = re.findall(r"^### (.+)$", RUNBOOK, re.MULTILINE)
COMMANDS = list(dict.fromkeys(re.findall(r"(?:^    |`)(python -m infra\.[^`\n]+)", RUNBOOK, re.MULTILINE)))
BESIDES = {
    "A leaked credential",
    "A lost key",
    "A wrong document sent",
    "A request of a young person to be erased",
    "A request of a contact or an agent",
    "SES paused",
    "A full quota",
    "Restoring the table",
    "A lost region",
    "A breach of personal data",
    "Who did what",
}


def test_everything_that_wakes_somebody_has_one_section_and_nothing_else_has() -> None:
    rules = {name for name, item in woken.template().items() if item.get("Type") == "AWS::Events::Rule"}

    assert len(HEADINGS) == len(set(HEADINGS))
    assert set(HEADINGS) == {*alarms.ALARMS, *rules, "Budget", "NotReached"} | BESIDES


def test_every_section_says_what_to_do_and_when_it_is_over() -> None:
    sections = re.split(r"^### .+$", RUNBOOK, flags=re.MULTILINE)[1:]
    for heading, text in zip(HEADINGS, sections, strict=True):
        if heading in BESIDES or not text.strip():  # several alarms share the section that follows
            continue
        assert "Do:" in text and "Over:" in text, heading


def test_a_breach_has_who_does_what_within_72_hours_and_what_is_written_to_whom() -> None:
    section = RUNBOOK.partition("### A breach of personal data")[2].partition("\n### ")[0]

    for wanted in (
        "72 hours",
        "notifications.cnil.fr",
        "Article 33",
        "Article 34, to a young person",
        "Article 34, to a contact",
    ):
        assert wanted in section, wanted
    assert section.count("| on call |") == 2 and "infra.operate affected" in section


def test_every_refusal_and_line_that_it_names_exists() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "chalicelib").rglob("*.py"))

    for event in re.findall(r"--event (\w+)", RUNBOOK):
        assert f'"{event}"' in source, event


def test_what_the_runbook_quotes_exists() -> None:
    folders = ("chalicelib", "templates")
    files = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".html"}
    ]
    pages = "\n".join(path.read_text() for path in files)
    quoted = set(re.findall(r"« ([^»]+) »", RUNBOOK)) - set(HEADINGS)

    assert {title for title in quoted if title not in pages} == {"How it works"}, "a section of README.md"


@pytest.fixture(scope="module")
def own_cloud() -> Iterator[LocalCloud]:
    """A cloud whose keys, roles and tables may be treated roughly."""
    before = dict(os.environ)
    with running() as local:
        yield local
    os.environ.clear()
    os.environ.update(before)
    aws.forget_clients()


def run(cloud: LocalCloud, command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command of the runbook with its placeholders filled in; return the exit status."""
    key = cloud.client("iam").create_access_key(UserName=_user(cloud))["AccessKey"]["AccessKeyId"]
    fillings = {
        "<key id>": f"{key} --user zoe",
        "<instant>": clock.iso(clock.utc_now()),
        "<other region>": REGION,
        "<number>": _keep(cloud, factories.rights_request()).number,
        "<reference>": _keep_passage(cloud),
        "<account>": "a" * 32,
        "<parcours>": "b" * 32,
        "<address>": "personne@entreprise.example",
        "<copy>": cloud.outputs["ParcoursTableName"] + restore.COPY + "-elsewhere",
    }
    filled = command
    for placeholder, filling in fillings.items():
        filled = filled.replace(placeholder, filling)
    assert "<" not in filled, command
    before = dict(os.environ)
    for name, value in cloud.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    aws.forget_clients()
    _, _, module, *arguments = filled.split()
    try:
        main = operate.main if module == "infra.operate" else restore.main
        return main(arguments)
    finally:
        os.environ.clear()
        os.environ.update(before)
        aws.forget_clients()


def _keep(cloud: LocalCloud, record: items.Record) -> items.Record:
    """Store a record on a cloud."""
    table = cloud.outputs[
        "ParcoursTableName" if items.SHAPES[type(record)].table == items.PARCOURS else "RelayTableName"
    ]
    item = items.encode_item({**items.to_item(record), "revision": 1})
    cloud.client("dynamodb").put_item(TableName=table, Item=item)
    return record


def _keep_passage(cloud: LocalCloud) -> str:
    """Store an offer with a passage that is over, and its one fact; return its reference."""
    offer, now = factories.offer(), clock.utc_now()
    passage = Attempt(
        parcours=offer.id,
        number=1,
        reference=f"CSF-7K3Q-{secrets.randbelow(100):02}",
        tutor="t" * 32,
        opened_at=now,
        ended_at=now,
    )
    _keep(cloud, offer)
    _keep(cloud, passage)
    _keep(cloud, ReferenceKey(reference=passage.reference, parcours=offer.id))
    event = Event(
        parcours=offer.id,
        id="e" * 32,
        attempt=1,
        kind=EventKind.YOUNG_PERSON_WITHDREW,
        at=now,
        actor=Role.TUTOR,
    )
    table = cloud.outputs["ParcoursTableName"]
    cloud.client("dynamodb").put_item(TableName=table, Item=items.encode_item(items.to_event_item(event)))
    return passage.reference


def _user(cloud: LocalCloud) -> str:
    """Make the user « zoe », without access keys; return the name."""
    iam = cloud.client("iam")
    if not [user for user in iam.list_users()["Users"] if user["UserName"] == "zoe"]:
        iam.create_user(UserName="zoe")
    for key in iam.list_access_keys(UserName="zoe")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="zoe", AccessKeyId=key["AccessKeyId"])
    return "zoe"


def copies(cloud: LocalCloud) -> None:
    """Make the copy of the table that a restore from elsewhere reads, as the daily job would, unless it stands."""
    table = cloud.outputs["ParcoursTableName"]
    dynamodb, copy = cloud.client("dynamodb"), f"{table}{restore.COPY}-elsewhere"
    if copy not in dynamodb.list_tables()["TableNames"]:
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=table, TargetTableName=copy, UseLatestRestorableTime=True
        )


EXPECTED = {
    "alarms": r"PurgeSilence",
    "log": r"No line|\"event\"",
    "dead-letters": r"\d+ dead letters",
    "mails": r"sending: on",
    "keys": r"DocumentKey +Enabled",
    "purge": r'"failed": ?0',
    "remind": r'"failed": ?0',
    "affected": r"passages in the table: \d+",
    "audit": r"\d+ acts from",
    "unblock": r"We knew of no refusal",
    "requests": r"\d+ open requests",
    "subject": r"its history: 1 facts|Nothing is held under this address|mailbox: 1",
    "prove": r'"proved": ?1',
    "revoke": r"switched off|refused",
    "restore": r"put back|removed|No|Nothing|stands in|holds the audit trail",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_runbook_works(
    own_cloud: LocalCloud, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if "alarms" in command:
        listens(own_cloud)
        trail(own_cloud)

    if "<copy>" in command:
        copies(own_cloud)

    status = run(own_cloud, command, monkeypatch)

    printed = capsys.readouterr()
    assert STACK in command
    assert status == 0, printed.err
    asked = command.split()[3] if "infra.operate" in command else "restore"
    assert re.search(EXPECTED[asked], printed.out), printed.out


def test_the_lines_of_a_request_are_found_by_the_number_that_somebody_was_shown(
    own_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own_cloud.purge()
    printed = [json.loads(line) for line in own_cloud.logs().splitlines() if line.startswith('{"at"')]
    request_id = next(line["request"] for line in printed if line["event"] == "purge")
    number = request_id[: log.SHOWN_CHARACTERS]

    assert run(own_cloud, f"python -m infra.operate log --stack {STACK} --number {number}", monkeypatch) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "purge" in {line["event"] for line in lines}
    assert {line["request"] for line in lines} == {request_id}


def test_an_alarm_without_a_subscriber_is_reported(
    own_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listens(own_cloud, leave=True)
    trail(own_cloud)
    own_cloud.client("cloudtrail").stop_logging(Name="whole")

    status = run(own_cloud, f"python -m infra.operate alarms --stack {STACK}", monkeypatch)

    printed = capsys.readouterr().out
    assert status == 1
    assert "Nobody has confirmed the alerts" in printed and "No trail records every region" in printed


def test_a_deleted_alarm_is_reported(
    own_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listens(own_cloud)
    trail(own_cloud)
    name = own_cloud.stack.physical_id(alarms.logical_id("Late"))
    (alarm,) = own_cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    own_cloud.client("cloudwatch").delete_alarms(AlarmNames=[name])

    status = run(own_cloud, f"python -m infra.operate alarms --stack {STACK}", monkeypatch)

    printed = capsys.readouterr().out
    assert status == 1
    assert re.search(r"^GONE +Late +", printed, re.MULTILINE), printed
    shape = own_cloud.client("cloudwatch").meta.service_model.operation_model("PutMetricAlarm").input_shape
    kept = {key: value for key, value in alarm.items() if key in shape.members}
    own_cloud.client("cloudwatch").put_metric_alarm(**kept)


WITHOUT_KEYS: list[dict[str, Any]] = [
    {"EventSelectors": [{"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]},
    {"EventSelectors": [{"ReadWriteType": "WriteOnly"}]},
    {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": False}]},
    {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]},
    {
        "AdvancedEventSelectors": [
            {
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Management"]},
                    {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
                ]
            }
        ]
    },
]
WITH_KEYS: list[dict[str, Any]] = [
    {
        "EventSelectors": [
            {"ReadWriteType": "All", "ExcludeManagementEventSources": ["rdsdata.amazonaws.com"]}
        ]
    },
    {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]},
]


@pytest.mark.parametrize(
    ("selectors", "silent"), [(key, True) for key in WITHOUT_KEYS] + [(key, False) for key in WITH_KEYS]
)
def test_a_trail_that_does_not_log_key_uses_is_reported(
    own_cloud: LocalCloud, selectors: dict[str, Any], silent: bool
) -> None:
    trail(own_cloud)
    own_cloud.client("cloudtrail").put_event_selectors(TrailName="whole", **selectors)

    assert _is_silent(own_cloud) is silent


def test_a_trail_that_logs_to_an_unwatched_place_is_reported(own_cloud: LocalCloud) -> None:
    trail(own_cloud)
    assert not _is_silent(own_cloud)
    elsewhere = TRAIL_LOGS.replace(":own:", ":another:")
    own_cloud.client("cloudtrail").update_trail(Name="whole", CloudWatchLogsLogGroupArn=elsewhere)

    assert _is_silent(own_cloud)


def test_a_trail_without_write_access_to_its_log_is_reported() -> None:
    """No emulator's trail writes one."""
    whole = {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": True}
    logs = {"CloudWatchLogsLogGroupArn": TRAIL_LOGS}
    status = {"IsLogging": True, "LatestCloudWatchLogsDeliveryError": ""}

    assert operate.is_read(whole | logs, status, WITH_KEYS[0], "own")
    refused = status | {"LatestCloudWatchLogsDeliveryError": "Access denied"}
    assert not operate.is_read(whole | logs, refused, WITH_KEYS[0], "own")
    assert not operate.is_read(whole, status, WITH_KEYS[0], "own")


def _is_silent(cloud: LocalCloud) -> bool:
    """Return whether the trail is reported to be heard by nobody, all else being well."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environment.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        listens(cloud)
        said = operate.list_watch_troubles(Deployed(STACK))
    assert all("trail" in warning for warning in said), said
    return bool(said)


def test_a_key_whose_deletion_is_planned_is_kept(
    own_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = own_cloud.outputs["LinkKeyArn"]
    own_cloud.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    asked = f"python -m infra.operate keys --stack {STACK}"

    assert run(own_cloud, asked, monkeypatch) == 1
    assert "PendingDeletion" in capsys.readouterr().out

    assert run(own_cloud, f"{asked} --keep", monkeypatch) == 0
    assert own_cloud.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_what_is_revoked_is_refused_and_the_function_starts_anew(
    own_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = own_cloud.stack.physical_id("UnsealRole")
    asked = f"python -m infra.operate revoke --stack {STACK} --function Unseal"
    traffic = Traffic(own_cloud.client("lambda"), own_cloud.functions)
    listed = shelf(own_cloud.client("s3"), stack=STACK, account=ACCOUNT, region=REGION)
    served = traffic.read()
    listed.keep([Deployment("made", served)])

    assert run(own_cloud, asked, monkeypatch) == 0

    (renewed,) = listed.deployments()
    assert renewed.functions == traffic.read() != served, "a roll back does not go back to what was revoked"

    policy = own_cloud.client("iam").get_role_policy(RoleName=role, PolicyName=operate.REVOKED)[
        "PolicyDocument"
    ]
    (ended,) = policy["Statement"]
    assert (ended["Effect"], ended["Action"], ended["Resource"]) == ("Deny", "*", "*")
    since = ended["Condition"]["DateLessThan"]["aws:TokenIssueTime"]
    function = own_cloud.client("lambda").get_function_configuration(
        FunctionName=own_cloud.functions["Unseal"]
    )
    assert since in function["Description"]

    assert run(own_cloud, f"{asked} --undo", monkeypatch) == 0
    assert operate.REVOKED not in own_cloud.client("iam").list_role_policies(RoleName=role)["PolicyNames"]


def test_what_aws_refuses_of_a_restore_is_said_in_a_line(
    own_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = f"python -m infra.restore --stack {STACK}"
    assert run(own_cloud, f"{asked} --at <instant>", monkeypatch) == 0
    dynamodb = own_cloud.client("dynamodb")
    copies = [table for table in dynamodb.list_tables()["TableNames"] if restore.COPY in table]
    for copy in copies:
        dynamodb.update_table(TableName=copy, DeletionProtectionEnabled=True)

    status = run(own_cloud, f"{asked} --drop", monkeypatch)

    assert status == 1
    assert "protect" in capsys.readouterr().err
    for copy in copies:
        dynamodb.update_table(TableName=copy, DeletionProtectionEnabled=False)
    assert run(own_cloud, f"{asked} --drop", monkeypatch) == 0
    assert not [table for table in dynamodb.list_tables()["TableNames"] if restore.COPY in table]


def test_dead_letters_are_read_then_removed(
    own_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queue, url = own_cloud.client("sqs"), own_cloud.outputs["DeadLettersUrl"]
    why = {"ERROR_MESSAGE": {"StringValue": "JobFailed", "DataType": "String"}}
    queue.send_message(QueueUrl=url, MessageBody='{"mails": ["abc"]}', MessageAttributes=why)

    assert run(own_cloud, f"python -m infra.operate dead-letters --stack {STACK} --remove", monkeypatch) == 0

    printed = capsys.readouterr().out
    assert "JobFailed" in printed and "abc" in printed and "removed" in printed
    left = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert int(left["ApproximateNumberOfMessages"]) + int(left["ApproximateNumberOfMessagesNotVisible"]) == 0


def test_dead_letters_that_were_looked_at_can_be_removed_at_once(
    own_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The third look at a dead letter takes it out of the age that the alarm watches; the second look warns of that."""
    own_cloud.client("sqs").send_message(QueueUrl=own_cloud.outputs["DeadLettersUrl"], MessageBody="{}")
    asked = f"python -m infra.operate dead-letters --stack {STACK}"

    for look, warned in ((1, False), (2, True)):
        assert run(own_cloud, asked, monkeypatch) == 0
        printed = capsys.readouterr().out
        assert f'"looks": {look}' in printed
        assert ("turns green with the next look" in printed) is warned
    assert run(own_cloud, f"{asked} --remove", monkeypatch) == 0

    assert "1 dead letters, removed." in capsys.readouterr().out


def listens(cloud: LocalCloud, *, leave: bool = False) -> None:
    """Let a mail address have confirmed the alerts, or nobody (``leave``)."""
    sns, topic = cloud.client("sns"), cloud.stack.physical_id("Alerts")
    for subscription in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    queue = cloud.client("sqs").get_queue_attributes(
        QueueUrl=cloud.outputs["DeadLettersUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    # A queue wakes nobody: the smoke test's own hears what the topic tells while it looks who else does.
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    if not leave:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="veille@organisme.example")


TRAIL_LOGS = "arn:aws:logs:eu-west-3:123456789012:log-group:own:*"


def trail(cloud: LocalCloud) -> None:
    """A trail as the template makes one on AWS."""
    cloudtrail = cloud.client("cloudtrail")
    whole = {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": True}
    if not cloudtrail.describe_trails()["trailList"]:
        cloud.client("s3").create_bucket(
            Bucket="trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
        )
        cloudtrail.create_trail(Name="whole", S3BucketName="trail", **whole)
    cloudtrail.update_trail(Name="whole", CloudWatchLogsLogGroupArn=TRAIL_LOGS, **whole)
    cloudtrail.put_event_selectors(TrailName="whole", **WITH_KEYS[1])
    cloudtrail.start_logging(Name="whole")
