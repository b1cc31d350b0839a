"""The commands of RUNBOOK.md: see what is red, read the log, look at mails and keys, revoke what leaked.

    python -m infra.operate alarms --stack NAME

Works with the credentials of the operator; needs what ``make`` installs and nothing else. No command shows a document, a
token or an address: the log holds none. In English: these are messages for the operator of the service.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from chalicelib import clock
from chalicelib.clock import iso
from chalicelib.domain.kernel.address import hash_folded
from chalicelib.stores import items
from chalicelib.stores.functions import LIVE
from infra import BY_SCHEDULE, CommandFailed, affected, alarms, auditing, paginate, status_of, subjects
from infra.deploy.checks import records_keys
from infra.deploy.stack import Deployed
from infra.deploy.versions import Shelf, Traffic, name_bucket

LONGEST_RUN_SECONDS = 900
"""What Lambda gives a function at most."""
KEYS = ("DocumentKey", "LinkKey", "CodeKey")
REVOKED = "revoked-sessions"
"""Name of the policy that ends a role's sessions."""
LOOKS = 3
"""How often a message of a queue is received before SQS leaves it out of the age of the oldest."""
REACH_PEOPLE = {"email", "email-json", "sms", "http", "https", "application"}
"""The protocols by which an alert reaches somebody. A queue wakes nobody: the smoke test listens by one."""


def list_watch_troubles(at: Deployed) -> list[str]:
    """Return a sentence for each reason why an operator would not be woken; empty when all is well. ``at``: the stack."""
    return [*_nobody_subscribed(at), *_silent_trail(at), *_silent_rules(at)]


def _nobody_subscribed(at: Deployed) -> Iterator[str]:
    """Yield a sentence when no person receives the alerts, or nobody has confirmed them yet."""
    subscriptions = paginate(
        boto3.client("sns"), "list_subscriptions_by_topic", "Subscriptions", TopicArn=at.physical_id("Alerts")
    )
    people = [subscription for subscription in subscriptions if subscription["Protocol"] in REACH_PEOPLE]
    if not people:
        yield (
            "Nobody has confirmed the alerts: deploy with AlertAddress=<address> and follow the link in the mail that AWS sends."
        )
    elif not [subscription for subscription in people if subscription["SubscriptionArn"].startswith("arn:")]:
        yield "The alerts wait for the press on the link in the mail that AWS sent."


def _silent_trail(at: Deployed) -> Iterator[str]:
    """Yield a sentence unless a trail records all regions and global services into the log group that the alarms read."""
    group = _read_group(at)
    for trail in boto3.client("cloudtrail").describe_trails(includeShadowTrails=True)["trailList"]:
        home = boto3.client("cloudtrail", region_name=trail.get("HomeRegion"))
        status = home.get_trail_status(Name=trail["TrailARN"])
        if is_read(trail, status, home.get_event_selectors(TrailName=trail["TrailARN"]), group):
            return
    yield (
        f"No trail records every region, IAM and the uses of keys into the log group {group}, which the alarms read: "
        "what is done to roles, keys and code is heard by nobody (TrailLogGroup)."
    )


def _read_group(at: Deployed) -> str:
    """Return the name of the log group that the alarms read: the stack's own, else that of « TrailLogGroup »; « own »: none."""
    if "TrailLogs" in at.resources:
        return at.physical_id("TrailLogs")
    described = at.now.described()
    return (described.parameters.get("TrailLogGroup") if described else "") or "own"


def is_read(trail: dict[str, Any], status: dict[str, Any], selectors: dict[str, Any], group: str) -> bool:
    """Return whether a trail is on, records all management events of every region, and writes them into this log group.

    ``trail``, ``status``, ``selectors``: as CloudTrail describes it; ``group``: name of the log group.
    """
    whole = trail.get("IsMultiRegionTrail") and trail.get("IncludeGlobalServiceEvents")
    written = f":log-group:{group}:" in trail.get("CloudWatchLogsLogGroupArn", "")
    works = status["IsLogging"] and not status.get("LatestCloudWatchLogsDeliveryError")
    return bool(whole and written and works and records_keys(selectors))


def _silent_rules(at: Deployed) -> Iterator[str]:
    """Yield a sentence for each EventBridge rule of the stack that is gone or switched off."""
    events = boto3.client("events")
    for logical_id, name in at.of_type("AWS::Events::Rule").items():
        if logical_id.endswith("KeepWarm"):  # nothing is heard by it, and a parameter switches it off
            continue
        try:
            state = events.describe_rule(Name=name.rpartition("|")[2])["State"]
        except events.exceptions.ResourceNotFoundException:
            yield f"The rule {logical_id} is gone: deploy again, and see RUNBOOK.md, RulesChanged."
        else:
            if state == "DISABLED":
                yield (
                    f"The rule {logical_id} is switched off: switch it on again, and see RUNBOOK.md, RulesChanged."
                )


def show_alarms(at: Deployed, asked: argparse.Namespace) -> int:
    """Every alarm, those that are gone and the red ones first, and what keeps them from waking somebody."""
    names = at.of_type("AWS::CloudWatch::Alarm")
    described = paginate(
        boto3.client("cloudwatch"), "describe_alarms", "MetricAlarms", AlarmNames=[*names.values()]
    )
    states = {alarm["AlarmName"]: alarm for alarm in described}
    gone = sorted(alarms.name_of(logical) for logical, name in names.items() if name not in states)
    for name in gone:
        print(f"{'GONE':<6}{name:<22}deploy again, and see RUNBOOK.md, WatchChanged")
    rows = sorted(
        (states[name]["StateValue"] != "ALARM", alarms.name_of(logical), name)
        for logical, name in names.items()
        if name in states
    )
    for green, title, name in rows:
        since = states[name]["StateUpdatedTimestamp"].astimezone(UTC)
        print(f"{'green' if green else 'RED':<6}{title:<22}since {since:%Y-%m-%d %H:%M} UTC")
    troubles = list_watch_troubles(at)
    well = "Somebody is woken: the alerts are confirmed, a trail records, every rule is on."
    print("\n".join(troubles) if troubles else well)
    return 1 if troubles or gone else 0


def show_log(at: Deployed, asked: argparse.Namespace) -> int:
    """The lines of one event, or of the request whose number somebody was shown, of every function, oldest first."""
    wanted, since = asked.event or asked.number, datetime.now(UTC) - timedelta(minutes=asked.minutes)
    lines = [line for line in list_logged(at, wanted, since=since) if _is_asked_for(json.loads(line), asked)]
    print("\n".join(lines) if lines else f"No line « {wanted} » in the last {asked.minutes} minutes.")
    return 0


def list_logged(at: Deployed, text: str, *, since: datetime, stream: str = "") -> list[str]:
    """Return the log lines since then in which a text stands, of every log group of the stack, oldest first.

    The trail's events are among them. ``stream``: what the names of their streams contain, such as « [$LATEST] ».
    """
    logs, times = (
        boto3.client("logs"),
        {"startTime": int(since.timestamp() * 1000), "filterPattern": f'"{text}"'},
    )
    messages = (
        event["message"].strip()
        for group in at.of_type("AWS::Logs::LogGroup").values()
        for event in paginate(logs, "filter_log_events", "events", logGroupName=group, **times)
        if stream in event["logStreamName"]
    )
    return sorted(line for line in messages if line.startswith("{"))


def _is_asked_for(line: dict[str, Any], asked: argparse.Namespace) -> bool:
    """Return whether a line of a log is of the event, or of the request, that the operator asked for."""
    if asked.event:
        return bool(line.get("event") == asked.event)
    return str(line.get("request", "")).startswith(asked.number)


def show_dead_letters(at: Deployed, asked: argparse.Namespace) -> int:
    """What died, why, and how old it is; ``--remove`` takes it out once it was read."""
    queue, url = boto3.client("sqs"), at.physical_id("DeadLetters")
    letters = list(_received(queue, url))
    for letter in letters:
        sent = datetime.fromtimestamp(int(letter["Attributes"]["SentTimestamp"]) / 1000, UTC)
        letter_facts = {
            "at": f"{sent:%Y-%m-%d %H:%M}",
            "looks": int(letter["Attributes"]["ApproximateReceiveCount"]),
            "why": {
                name: value.get("StringValue") for name, value in letter.get("MessageAttributes", {}).items()
            },
            "event": letter["Body"],
        }
        print(json.dumps(letter_facts, ensure_ascii=False))
        handle = {"QueueUrl": url, "ReceiptHandle": letter["ReceiptHandle"]}
        if asked.remove:
            queue.delete_message(**handle)
        else:  # a command that removes it right after finds it
            queue.change_message_visibility(**handle, VisibilityTimeout=0)
    looks = max((int(letter["Attributes"]["ApproximateReceiveCount"]) for letter in letters), default=0)
    print(f"{len(letters)} dead letters" + (", removed." if asked.remove else "; --remove takes them out."))
    if not asked.remove and looks >= LOOKS - 1:
        print(
            "SQS leaves out of their age what was looked at three times: the alarm turns green with the next look."
        )
    return 0


def _received(queue: Any, url: str) -> Iterator[Any]:
    """Receive all messages of a queue; each is hidden from other receivers for a minute."""
    wanted = {
        "MaxNumberOfMessages": 10,
        "VisibilityTimeout": 60,
        "MessageAttributeNames": ["All"],
        "MessageSystemAttributeNames": ["SentTimestamp", "ApproximateReceiveCount"],
    }
    while messages := queue.receive_message(QueueUrl=url, **wanted).get("Messages", []):
        yield from messages


def show_mails(at: Deployed, asked: argparse.Namespace) -> int:
    """What the mail service lets us do, and what waits for it."""
    account = boto3.client("sesv2").get_account()
    quota = account.get("SendQuota", {})
    print(f"sending: {'on' if account.get('SendingEnabled', True) else 'PAUSED BY SES'}")
    print(f"sandbox: {'no' if account.get('ProductionAccessEnabled') else 'yes'}")
    print(f"sent in 24 hours: {quota.get('SentLast24Hours', 0):.0f} of {quota.get('Max24HourSend', 0):.0f}")
    now = {"S": iso(clock.utc_now())}  # those that are put off until a morning wait for nobody
    waiting = [
        item
        for partition in items.list_partitions_of(items.Due.MAIL)
        for item in paginate(
            boto3.client("dynamodb"),
            "query",
            "Items",
            TableName=at.physical_id("RelayTable"),
            IndexName="due",
            KeyConditionExpression="due = :due AND due_at <= :now",
            ExpressionAttributeValues={":due": {"S": partition.due}, ":now": now},
        )
        if item["due_kind"]["S"] == items.Due.MAIL
    ]
    since = sorted(item["due_at"]["S"] for item in waiting)
    print(f"waiting: {len(since)}" + (f", the oldest since {since[0]}" if since else ""))
    return 0


def show_keys(at: Deployed, asked: argparse.Namespace) -> int:
    """The state of the three keys; ``--keep`` cancels their planned deletion and switches them on."""
    kms, lost = boto3.client("kms"), 0
    for name in KEYS:
        key = at.physical_id(name)
        state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        if asked.keep and state == "PendingDeletion":
            kms.cancel_key_deletion(KeyId=key)
        if asked.keep and state != "Enabled":
            kms.enable_key(KeyId=key)
            state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        lost += state != "Enabled"
        print(f"{name:<12}{state}")
    return 1 if lost else 0


def revoke(at: Deployed, asked: argparse.Namespace) -> int:
    """End every session of a function's role that began before now, or switch off somebody's access key."""
    iam = boto3.client("iam")
    if asked.access_key:
        whose = {"UserName": asked.user} if asked.user else {}
        iam.update_access_key(AccessKeyId=asked.access_key, Status="Inactive", **whose)
        print(f"The access key {asked.access_key} is switched off.")
        return 0
    role, name = at.physical_id(f"{asked.function}Role"), alarms.FUNCTIONS[asked.function]
    functions = {name: at.physical_id(name) for name in alarms.FUNCTIONS.values() if name in at.resources}
    traffic = Traffic(boto3.client("lambda"), functions)
    if asked.undo:
        iam.delete_role_policy(RoleName=role, PolicyName=REVOKED)
        print(f"Sessions of {asked.function} are no longer refused for their age.")
        return 0
    if not traffic.serves_what_stands(name):
        raise CommandFailed(
            "What is in service is not what was deployed last: deploy the version that you trust, then ask again. A version "
            "that was rolled back to cannot be started anew."
        )
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    older = {"DateLessThan": {"aws:TokenIssueTime": now}}
    denied = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": older}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=role, PolicyName=REVOKED, PolicyDocument=policy)
    time.sleep(1)  # the new version's credentials begin after this
    served = traffic.read()
    traffic.start_anew(name, f"sessions before {now} are refused")
    _find_shelf(at).note_renewed(served, traffic.read())
    print(f"Every session of {asked.function} that began before {now} is refused; the function starts anew.")
    return 0


def _find_shelf(at: Deployed) -> Shelf:
    """Return the stack's part of the deployment bucket as it is; without the bucket, nothing is listed there."""
    account, s3 = boto3.client("sts").get_caller_identity()["Account"], boto3.client("s3")
    return Shelf(s3, name_bucket(account, s3.meta.region_name), at.stack, account)


def run_now(at: Deployed, asked: argparse.Namespace) -> int:
    """Run now what its schedule runs, and wait; its report."""
    function = at.physical_id(alarms.FUNCTIONS[asked.command.capitalize()])
    patient = Config(read_timeout=LONGEST_RUN_SECONDS, retries={"total_max_attempts": 1})
    answer = boto3.client("lambda", config=patient).invoke(
        FunctionName=function, Qualifier=LIVE, Payload=json.dumps(BY_SCHEDULE)
    )
    print(answer["Payload"].read().decode())
    return 1 if "FunctionError" in answer else 0


def unblock(at: Deployed, asked: argparse.Namespace) -> int:
    """Let mails go again to an address that refused one. The mail service keeps no list of its own (``MailSet``)."""
    key = {"pk": {"S": f"mailbox#{hash_folded(asked.address)}"}, "sk": {"S": "0"}}
    gone = boto3.client("dynamodb").delete_item(
        TableName=at.physical_id("RelayTable"), Key=key, ReturnValues="ALL_OLD"
    )
    print("Documents may be sent there again." if "Attributes" in gone else "We knew of no refusal.")
    return 0


COMMANDS: dict[str, Callable[[Deployed, argparse.Namespace], int]] = {
    "alarms": show_alarms,
    "log": show_log,
    "dead-letters": show_dead_letters,
    "mails": show_mails,
    "keys": show_keys,
    "revoke": revoke,
    "purge": run_now,
    "remind": run_now,
    "prove": run_now,
    "unblock": unblock,
    "affected": affected.show_affected,
    "audit": auditing.show_audit,
    "requests": subjects.show_requests,
    "subject": subjects.show_subject,
}


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line. The docstring of each command's function is its help."""
    parser = argparse.ArgumentParser(prog="python -m infra.operate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    made = {
        name: commands.add_parser(name, description=act.__doc__, help=act.__doc__)
        for name, act in COMMANDS.items()
    }
    for command in made.values():
        command.add_argument("--stack", required=True, help="the stack that was deployed")
    which = made["log"].add_mutually_exclusive_group(required=True)
    which.add_argument("--event", help="the name of the line, as RUNBOOK.md says")
    which.add_argument("--number", help="the number that a page of an error showed")
    made["log"].add_argument("--minutes", type=int, default=60)
    made["dead-letters"].add_argument("--remove", action="store_true")
    made["requests"].add_argument("--again", help="the number of a request whose mail leaves once more")
    made["requests"].add_argument("--answered", help="the number of a request that was answered")
    whose = made["subject"].add_mutually_exclusive_group(required=True)
    whose.add_argument("--reference", help="of the passage, such as CSF-7K3Q-92")
    whose.add_argument("--address", help="of a contact or an agent")
    which = made["subject"].add_mutually_exclusive_group(required=True)
    which.add_argument("--show", action="store_true")
    which.add_argument("--stop", action="store_true", help="mails to this address, whose links close")
    which.add_argument("--erase", action="store_true")
    made["subject"].add_argument("--to", help="a new file for the copy, in French, with names and addresses")
    made["keys"].add_argument("--keep", action="store_true")
    made["unblock"].add_argument("--address", required=True, help="whose owner says that it takes mails")
    for period in ("affected", "audit"):
        made[period].add_argument("--from", dest="begins", required=True, help="with its time zone")
        made[period].add_argument("--to", dest="ends", required=True, help="with its time zone")
    which = made["audit"].add_mutually_exclusive_group(required=True)
    which.add_argument("--account", help="its id")
    which.add_argument("--parcours", help="its id")
    made["audit"].add_argument("--copy", help="a copy that « restore --audit » made, in place of the table")
    whose = made["revoke"].add_mutually_exclusive_group(required=True)
    whose.add_argument("--function", choices=[*alarms.FUNCTIONS])
    whose.add_argument("--access-key")
    made["revoke"].add_argument("--user", help="whose access key it is, where it is not your own")
    made["revoke"].add_argument("--undo", action="store_true", help="refuse no session for its age any more")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit status: 0 when all is well."""
    asked = _parser().parse_args(arguments)
    return status_of(lambda: COMMANDS[asked.command](Deployed(asked.stack), asked))


if __name__ == "__main__":
    sys.exit(main())
