"""The alarms that wake an operator, the log lines that some of them count, and the account's budget.

Each row says what the alarm means and what makes it green again; RUNBOOK.md has a section under the same name, which a test
demands. The rules that watch the protections are in detection.yaml.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

NAMESPACE = "PassePlat"
FIVE_MINUTES, AN_HOUR, A_DAY = 300, 3_600, 86_400
TWO_ROUNDS = 1_200
"""What the purge looks at in turn comes twice in it: one piece that fails each time, or is late, is seen."""
FUNCTIONS = {
    "Web": "APIHandler",
    "Inspect": "Inspect",
    "Mailer": "Mailer",
    "Unseal": "Unseal",
    "Identify": "Identify",
    "Purge": "Purge",
    "Feedback": "Feedback",
    "Remind": "Remind",
    "Prove": "Prove",
}
"""The short name of a function to its logical id. Its log group is called ``<short name>Logs``."""
PLACES = {
    "Web": 60,
    "Inspect": 10,
    "Mailer": 60,
    "Unseal": 20,
    "Identify": 10,
    "Purge": 2,
    "Feedback": 10,
    "Remind": 10,
    "Prove": 2,
}
"""What ``ReserveConcurrency`` keeps for each function; overlay.yaml says the same, and a test compares."""
BUSY_PERCENT = 80
"""Of a quota: from there on somebody is woken, while there is time to ask for more."""
CERTIFICATE_DAYS = 21
"""A certificate that ends sooner should have been renewed by itself."""
TRAIL_LOGS = {"Fn::If": ["OwnTrail", {"Ref": "TrailLogs"}, {"Ref": "TrailLogGroup"}]}


@dataclass(frozen=True)
class Count:
    """A metric of our own that counts log lines; it bears the alarm's name."""

    logs: tuple[Any, ...]
    """Logical ids of the log groups, or an intrinsic of CloudFormation."""
    pattern: Any
    """CloudWatch's filter pattern, or an intrinsic that gives it."""
    value: str = "1"
    """What a line counts: 1, or one of its fields."""


@dataclass(frozen=True)
class Measure:
    """A metric that AWS records."""

    namespace: str
    name: str
    dimensions: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Alarm:
    """One alarm. ``above``, or ``below`` where it is given, is the last value that wakes nobody."""

    means: str
    """What has happened, in a sentence."""
    green: str
    """What ends it, after « Green ». """
    watches: Count | Measure
    statistic: Literal["Sum", "Maximum", "Minimum", "Average", "p95"] = "Sum"
    above: Any = 0
    below: Any = None
    seconds: int = FIVE_MINUTES
    periods: int = 1
    """How many of these in a row."""
    silence_is_red: bool = False
    edge: bool = False
    """Only on AWS: what it watches does not exist elsewhere."""


# Where nothing is counted nothing is measured: CloudWatch then looks a few periods back before it says green.
LAST_LINE = "some twenty minutes after the last such line"
NO_MORE = "some twenty minutes after the last one"

COUNTED: dict[str, Alarm] = {
    "Faults": Alarm(
        means="Our code failed in a way that nobody foresaw: a bug.",
        green=LAST_LINE,
        watches=Count(
            tuple(f"{name}Logs" for name in FUNCTIONS),
            # An outage, and a mail that is not taken, are foreseen: FailedAnswers, Late and MailsGivenUp see them.
            '{ ($.event = "fault") && ($.error_type != "TryAgain") && ($.error_type != "TooFast")'
            ' && ($.error_type != "Unanswered") && ($.error_type != "Refused") }',
        ),
    ),
    "FailedAnswers": Alarm(
        means="People were answered « La panne vient de nous » or « Réessayez » (5xx) five times or more in five minutes.",
        green="when five minutes pass with fewer, or twenty with none",
        watches=Count(("WebLogs",), '{ ($.event = "web") && ($.status >= 500) }'),
        above=4,
    ),
    "GatewayErrors": Alarm(
        means="API Gateway answered 5xx by itself: a function crashed, was too slow, or had no place left.",
        green=NO_MORE,
        watches=Count(("AccessLogs",), '{ ($.status = "5*") && ($.error != "-") }'),
    ),
    # Of a great flood API Gateway does not log every request; ManyRefusals counts those too, by a metric that says no reason.
    "TurnedAway": Alarm(
        means="More than twenty requests in five minutes were turned away with 429: more came than the limits let through.",
        green="when five minutes pass with twenty or fewer, or twenty with none",
        watches=Count(("AccessLogs",), '{ ($.status = "429") && ($.error != "-") }'),
        above=20,
    ),
    "DamagedDocuments": Alarm(
        means="A sealed document, or its key, is not what was inspected, or is gone before its time. It was not given out.",
        green=LAST_LINE,
        watches=Count(
            ("UnsealLogs",), '{ ($.event = "document_tampered") || ($.event = "document_missing") }'
        ),
    ),
    "ForgedLinks": Alarm(
        means="A token that stands in the index was not made by the link key: somebody writes in the tables.",
        green=LAST_LINE,
        watches=Count(("UnsealLogs",), '{ $.event = "forged_link" }'),
    ),
    "MailsGivenUp": Alarm(
        means="A mail was dropped: refused five times, or not taken for 48 hours. The log of the mailer says of which kind.",
        green=LAST_LINE,
        watches=Count(("MailerLogs",), '{ $.event = "mail_given_up" }'),
    ),
    "RequestsReturned": Alarm(
        means="The mail about somebody's request on personal data did not reach the data protection officer: it came back, or was"
        " given up. The request is kept.",
        green=LAST_LINE,
        watches=Count(
            ("FeedbackLogs", "MailerLogs"),
            '{ ($.event = "request_returned") || (($.event = "mail_given_up") && ($.kind = "rights_request")) }',
        ),
    ),
    "StrangeReports": Alarm(
        means="The mail service reported on a mail in a way that this version does not know, or somebody forged a report.",
        green=LAST_LINE,
        watches=Count(
            ("FeedbackLogs",),
            '{ ($.event = "feedback") && (($.outcome = "set_aside") || ($.outcome = "forged")) }',
        ),
    ),
    # Below, a month of guessing has odds of some 1 in 20,000 in all (chalicelib/domain/accounts/README.md).
    "RefusedCodes": Alarm(
        means="More than fifty sign-in codes were refused in five minutes: somebody may be guessing.",
        green="when five minutes pass with fifty refusals or fewer, or twenty with none",
        watches=Count(("WebLogs",), '{ $.event = "code_refused" }'),
        above=50,
    ),
    "ClonedPasskeys": Alarm(
        means="The counter of a passkey went back: two devices answer with the same key.",
        green=LAST_LINE,
        watches=Count(("WebLogs",), '{ $.event = "passkey_cloned" }'),
    ),
    # A code that serves twice, and a person without a usable address, are no attack.
    "StrangeIdentities": Alarm(
        means="What ProConnect said of somebody did not hold: sign-ins were mixed or forged, or ProConnect has changed.",
        green=LAST_LINE,
        watches=Count(
            ("IdentifyLogs",),
            '{ ($.event = "identify") && ($.refusal = "identity_invalid") && ($.outcome != "code") && ($.outcome != "email") }',
        ),
    ),
    "AgentsWithoutCodes": Alarm(
        means="People got no sign-in code: others behind their IP address, or who ask in their name, have used up a quota.",
        green=LAST_LINE,
        watches=Count(
            ("WebLogs",),
            '{ ($.event = "code_withheld") && (($.outcome = "code-source") || ($.outcome = "code-address")) }',
        ),
    ),
    # Agents whom a colleague keeps out are among them; one who presses too often is not: ten past the quota are fifteen times.
    "WithheldCodes": Alarm(
        means="Ten sign-in codes or more were asked for past a quota in a quarter of an hour: somebody floods the sign-in.",
        green="when a quarter of an hour passes with nine or fewer, or an hour with none",
        watches=Count(("WebLogs",), '{ $.event = "code_withheld" }'),
        above=9,
        seconds=900,
    ),
    # The purge counts what it found waiting for more than ten minutes (chalicelib/stories/retention.py).
    "Late": Alarm(
        means="An upload, an inspection, a mail or an erasure has been waiting for more than ten minutes,"
        " or a letter for three hours.",
        green="twenty minutes after the last run of the purge that found something late; a mail leaves the count when it is sent,"
        " or given up after 48 hours",
        watches=Count(("PurgeLogs",), '{ $.event = "purge" }', value="$.late"),
        statistic="Maximum",
        seconds=TWO_ROUNDS,
    ),
    # A run that failed is RemindErrors'; what it had to leave is found anew by the next one.
    "RemindersLeft": Alarm(
        means="A run of the morning had no time for all reminders and letters, or found more than it looks at or a mail lists.",
        green=LAST_LINE,
        watches=Count(("RemindLogs",), '{ ($.event = "remind") && ($.left > 0) }'),
    ),
    "ProofFailed": Alarm(
        means="Invented documents were not sent or not erased in time: the log of the proof says where it stopped.",
        green="a day after the last failure",
        watches=Count(
            ("ProveLogs",), '{ ($.event = "prove") && ($.outcome != "proved") && ($.outcome != "busy") }'
        ),
        seconds=A_DAY,
    ),
    # The comparison says it too when it has no time for all of it: without its figures no line counts.
    "ProofLate": Alarm(
        means="For 26 hours nothing has proved that erasing works, or storage was not compared with the tables to the end.",
        green="with the next whole proof; also red on a new stack, until the first",
        watches=Count(("ProveLogs",), '{ ($.event = "prove") && ($.outcome = "proved") && ($.strays >= 0) }'),
        below=1,
        seconds=AN_HOUR,
        periods=26,
        silence_is_red=True,
    ),
    "StorageDiffers": Alarm(
        means="Storage holds an object that should be gone, or lacks one that should be there.",
        green="a day after the last comparison that found one",
        watches=Count(("ProveLogs",), '{ ($.event = "prove") && (($.strays > 0) || ($.missing > 0)) }'),
        seconds=A_DAY,
    ),
}
"""Counted from our own log lines."""


def _of_function(name: str, metric: str) -> Measure:
    """Return AWS's metric ``metric`` of a function; ``name``: its short name."""
    return Measure("AWS/Lambda", metric, {"FunctionName": {"Ref": FUNCTIONS[name]}})


def _of_api(metric: str) -> Measure:
    """Return API Gateway's metric of the whole API, whose name is the stack's."""
    return Measure("AWS/ApiGateway", metric, {"ApiName": {"Ref": "AWS::StackName"}})


ERRORS: dict[str, Alarm] = {
    f"{name}Errors": Alarm(
        means=f"The function {name} failed, or ran out of time.",
        green="five minutes after the last failed call",
        watches=_of_function(name, "Errors"),
        above=0,
        seconds=FIVE_MINUTES,
    )
    for name in FUNCTIONS
}
# The next minute, or the next round, is the purge's second try.
ERRORS["PurgeErrors"] = replace(
    ERRORS["PurgeErrors"],
    green="when twenty minutes pass with one at most",
    above=1,
    seconds=TWO_ROUNDS,
)
THROTTLES: dict[str, Alarm] = {
    f"{name}Throttles": Alarm(
        means=f"Lambda refused to start the function {name}: no place was left.",
        green="five minutes after the last refusal",
        watches=_of_function(name, "Throttles"),
    )
    for name in FUNCTIONS
}
CONCURRENCY: dict[str, Alarm] = {
    f"{name}Concurrency": Alarm(
        means=f"The function {name} uses more than {BUSY_PERCENT} % of the places it may have.",
        green="when five minutes pass below",
        watches=_of_function(name, "ConcurrentExecutions"),
        statistic="Maximum",
        # The purge has two places: one run that overlaps the next is nothing, two at once leave none.
        above={"Fn::If": ["Reserved", PLACES[name] * BUSY_PERCENT // 100, {"Ref": "BusyFunctions"}]},
    )
    for name in FUNCTIONS
}
RECORDED: dict[str, Alarm] = {
    "PurgeSilence": Alarm(
        means="The purge does not run: nothing is erased.",
        green="with the first run; also red for the first minutes of a new stack",
        watches=_of_function("Purge", "Invocations"),
        below=1,
        silence_is_red=True,
    ),
    "RemindSilence": Alarm(
        means="The function that reminds people has not run for a day: whoever is awaited hears nothing of it.",
        green="with the first run; also red for the first day of a new stack",
        watches=_of_function("Remind", "Invocations"),
        below=1,
        seconds=A_DAY,
        silence_is_red=True,
    ),
    "ManyRefusals": Alarm(
        means="API Gateway answered 4xx more than three thousand times in five minutes: a flood, or a page that asks amiss.",
        green="when five minutes pass with fewer",
        watches=_of_api("4XXError"),
        above=3_000,
    ),
    "SlowPages": Alarm(
        means="For fifteen minutes one answer in twenty took longer than three seconds.",
        green="when five minutes pass in which nineteen of twenty answers came within three seconds, or nobody came",
        watches=_of_api("Latency"),
        statistic="p95",
        above=3_000,
        periods=3,
    ),
    # ACM measures twice a day, and nothing once it has ended.
    "CertificateEnds": Alarm(
        means=f"The certificate of the host ends in less than {CERTIFICATE_DAYS} days, or has ended: ACM should have renewed it "
        "weeks ago.",
        green="within a day of its renewal; also red for the first half day of a new certificate",
        watches=Measure(
            "AWS/CertificateManager",
            "DaysToExpiry",
            {"CertificateArn": {"Fn::If": ["OwnDomain", {"Ref": "CertificateArn"}, "none"]}},
        ),
        statistic="Minimum",
        below=CERTIFICATE_DAYS,
        seconds=A_DAY,
        silence_is_red=True,
        edge=True,
    ),
    "AccountConcurrency": Alarm(
        means="The functions of the whole account use most of its places.",
        green="when five minutes pass below",
        watches=Measure("AWS/Lambda", "ConcurrentExecutions"),
        statistic="Maximum",
        above={"Ref": "BusyFunctions"},
    ),
    # Its age, not its count: one that was read and removed ends it, and a second death is not hidden by the first.
    "DeadLetters": Alarm(
        means="An event died after its retries a quarter of an hour ago. The purge resumes its work; someone must read why.",
        green="when the queue is emptied (python -m infra.operate dead-letters --remove), or after 14 days",
        watches=Measure(
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            {"QueueName": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}},
        ),
        statistic="Maximum",
        above=900,
    ),
    # SES looks at an account from 5 % of bounces and 0.1 % of complaints, and stops it at 10 % and 0.5 %.
    "MailBounces": Alarm(
        means="More than 4 % of the account's mails bounce: SES puts it under review at 5 %, stops it at 10 %.",
        green="when SES measures less; its measure is of the latest mails, so good ones lower it",
        watches=Measure("AWS/SES", "Reputation.BounceRate"),
        statistic="Average",
        above=0.04,
        seconds=AN_HOUR,
    ),
    "MailComplaints": Alarm(
        means="More than 0.08 % of the account's mails are reported as spam: SES reviews at 0.1 %, stops at 0.5 %.",
        green="when SES measures less; its measure is of the latest mails, so good ones lower it",
        watches=Measure("AWS/SES", "Reputation.ComplaintRate"),
        statistic="Average",
        above=0.0008,
        seconds=AN_HOUR,
    ),
    "MailQuota": Alarm(
        means="The account has sent most of the mails that SES lets it send in 24 hours.",
        green="by itself as the mails of the day before leave the count, or when SES grants more and the stack is deployed again",
        watches=Measure("AWS/SES", "Send"),
        above={"Ref": "BusyMails"},
        seconds=A_DAY,
    ),
}
"""What AWS measures."""


def _trailed(means: str, pattern: str) -> Alarm:
    """Return an alarm on events in the trail's log that match a filter pattern.

    In ``pattern``, ``${…}`` names our resources, as in ``Fn::Sub``.
    """
    watches = Count((TRAIL_LOGS,), {"Fn::Sub": "{ " + pattern + " }"})
    return Alarm(means=means, green=LAST_LINE, watches=watches, edge=True)


def _all(*conditions: str) -> str:
    """Return the filter pattern that is true when all these conditions are."""
    return " && ".join(f"({condition})" for condition in conditions)


def _any(*conditions: str) -> str:
    """Return the filter pattern that is true when one of these conditions is."""
    return " || ".join(f"({condition})" for condition in conditions)


OUR_ROLE = "*:role/${AWS::StackName}-*"
"""Eight ARNs would be longer than a filter may be, hence the stack's name."""
_TAKEN = _all(
    '$.eventSource = "sts.amazonaws.com"',
    '$.eventName = "AssumeRole*"',
    '$.userIdentity.type != "AWSService"',
    f'$.requestParameters.roleArn = "{OUR_ROLE}"',
)
# Of our own functions CodeChanged tells: a deployment takes no role.
_LENT = _all(
    '$.eventSource = "lambda.amazonaws.com"',
    f'$.requestParameters.role = "{OUR_ROLE}"',
    _any(
        '$.awsRegion != "${AWS::Region}"',
        _all(
            '$.requestParameters.functionName != "${AWS::StackName}-*"',
            '$.requestParameters.functionName != "*:${AWS::StackName}-*"',
        ),
    ),
)

# EventBridge hears its own region alone, and IAM in us-east-1: these are read from the trail's log, which has them of everywhere.
TRAILED: dict[str, Alarm] = {
    "RolesChanged": _trailed(
        "The rights, the trust or the limits of one of our roles were changed. A deployment may be why.",
        _all(
            '$.eventSource = "iam.amazonaws.com"',
            "$.readOnly IS FALSE",
            '$.requestParameters.roleName = "${AWS::StackName}-*"',
        ),
    ),
    "RolesTaken": _trailed(
        "Somebody took one of our roles, or gave it to a function that is not ours, in whatever region; or tried to.",
        _any(_TAKEN, _LENT),
    ),
    # Whoever it was: a role that is lent is refused as well. A rule would need three wildcards, which EventBridge may not take.
    "KeysRefused": _trailed(
        "Somebody was refused the use of one of our keys: a stranger, or a role of ours outside its function.",
        _all(
            '$.eventSource = "kms.amazonaws.com"',
            '$.errorCode = "AccessDenied*"',
            _any(*(f'$.errorMessage = "*${{{key}.Arn}}*"' for key in ("DocumentKey", "LinkKey", "CodeKey"))),
        ),
    ),
    # Read here and not by a rule, which would send a mail for each function of a deployment.
    "TrafficMoved": _trailed(
        "Another version of a function was put in service. A deployment, a rollback or a revocation may be why.",
        _all(
            '$.eventSource = "lambda.amazonaws.com"',
            _any(*(f'$.eventName = "{act}Alias*"' for act in ("Create", "Update", "Delete"))),
            '$.requestParameters.functionName = "*${AWS::StackName}-*"',
        ),
    ),
    # A rule that is off cannot say so: its switching off is read here, and what reads here is watched by the rules.
    "RulesChanged": _trailed(
        "A rule that watches or starts us was changed or switched off. A deployment may be why.",
        _all(
            '$.eventSource = "events.amazonaws.com"',
            "$.readOnly IS FALSE",
            _any(*(f'$.requestParameters.{field} = "${{AWS::StackName}}-*"' for field in ("name", "rule"))),
        ),
    ),
}
"""Counted from the trail's log, on AWS."""

ALARMS: dict[str, Alarm] = COUNTED | RECORDED | ERRORS | THROTTLES | CONCURRENCY | TRAILED
SUFFIXED = frozenset({*COUNTED, "DeadLetters"})
"""Whose logical id ends in « Alarm »: their name alone is another resource's, or was given so at first."""


def logical_id(name: str) -> str:
    """Return an alarm's logical id in the template."""
    return f"{name}Alarm" if name in SUFFIXED else name


def name_of(logical: str) -> str:
    """Return the name of the alarm with this logical id, which is also its heading in RUNBOOK.md."""
    return logical.removesuffix("Alarm") if logical.removesuffix("Alarm") in SUFFIXED else logical


def template() -> dict[str, Any]:
    """Return the part of the CloudFormation template that makes the alarms, their metrics and the budget."""
    resources: dict[str, Any] = {}
    for name, alarm in ALARMS.items():
        if isinstance(alarm.watches, Count):
            resources |= _filters(name, alarm.watches, edge=alarm.edge, zeros=alarm.seconds == A_DAY)
        resources[logical_id(name)] = _alarm(name, alarm)
    return {"Parameters": PARAMETERS, "Conditions": CONDITIONS, "Resources": resources | {"Budget": BUDGET}}


def _filters(name: str, count: Count, *, edge: bool, zeros: bool) -> dict[str, Any]:
    """Return the metric filters of a count by logical id: one for each log group, all of the same metric.

    Args:
        name: of the alarm, and of the metric.
        edge: made on AWS alone.
        zeros: record 0 for lines that do not match, so that an alarm is green after one period. Not always done: a metric is paid
            for each hour in which anything is recorded.
    """
    metrics = {}
    for logs in count.logs:
        own = isinstance(logs, str)
        function = logs.removesuffix("Logs") if own and len(count.logs) > 1 else ""
        transformation: dict[str, Any] = {
            "MetricNamespace": NAMESPACE,
            "MetricName": {"Fn::Sub": f"${{AWS::StackName}}-{name}"},
            "MetricValue": count.value,
        }
        if zeros:
            transformation["DefaultValue"] = 0
        properties = {
            "LogGroupName": {"Ref": logs} if own else logs,
            "FilterPattern": count.pattern,
            "MetricTransformations": [transformation],
        }
        metrics[f"{name}{function}Metric"] = _resource("AWS::Logs::MetricFilter", properties, edge=edge)
    return metrics


def _resource(kind: str, properties: dict[str, Any], *, edge: bool) -> dict[str, Any]:
    """Return a resource of the template; ``edge``: it is made on AWS alone."""
    resource = {"Type": kind, "Properties": properties}
    return {"Condition": "Edge", **resource} if edge else resource


def _alarm(name: str, alarm: Alarm) -> dict[str, Any]:
    """Return the resource of an alarm, which tells the topic « Alerts » when it turns red and when it turns green."""
    watched = alarm.watches
    measure = watched if isinstance(watched, Measure) else Measure(NAMESPACE, "")
    threshold, comparison = alarm.above, "GreaterThanThreshold"
    if alarm.below is not None:
        threshold, comparison = alarm.below, "LessThanThreshold"
    properties: dict[str, Any] = {
        "AlarmDescription": f"{alarm.means} Green {alarm.green}. See RUNBOOK.md, {name}.",
        "Namespace": measure.namespace,
        "MetricName": measure.name or {"Fn::Sub": f"${{AWS::StackName}}-{name}"},
        "ExtendedStatistic" if alarm.statistic == "p95" else "Statistic": alarm.statistic,
        "Period": alarm.seconds,
        "EvaluationPeriods": alarm.periods,
        "Threshold": threshold,
        "ComparisonOperator": comparison,
        "TreatMissingData": "breaching" if alarm.silence_is_red else "notBreaching",
        "AlarmActions": [{"Ref": "Alerts"}],
        "OKActions": [{"Ref": "Alerts"}],
    }
    if measure.dimensions:
        properties["Dimensions"] = [
            {"Name": key, "Value": value} for key, value in measure.dimensions.items()
        ]
    return _resource("AWS::CloudWatch::Alarm", properties, edge=alarm.edge)


PARAMETERS: dict[str, Any] = {
    "BusyFunctions": {
        "Type": "Number",
        "Default": 8,
        "MinValue": 1,
        "Description": "Functions at work at once in the account from which someone is woken. deploy gives "
        f"{BUSY_PERCENT} % of the quota of concurrent executions that it reads; 8 is that of a new account.",
    },
    "BusyMails": {
        "Type": "Number",
        "Default": 160,
        "MinValue": 1,
        "Description": f"Mails in 24 hours from which someone is woken. deploy gives {BUSY_PERCENT} % of the quota that it "
        "reads; 160 is that of the sandbox.",
    },
    "MonthlyBudget": {
        "Type": "Number",
        "Default": 50,
        "MinValue": 0,
        "Description": "US dollars a month that the whole account is expected to cost at most. AlertAddress hears of 80 % of it, "
        "and of a forecast above it. 0 makes no budget, which a new member of an organisation may not be allowed to make.",
    },
}
CONDITIONS: dict[str, Any] = {
    "Budgeted": {
        "Fn::And": [
            {"Condition": "Edge"},
            {"Condition": "SomeoneToAlert"},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, "0"]}]},
        ]
    }
}
# Mailed by AWS Budgets itself. A month's end makes it green.
BUDGET: dict[str, Any] = {
    "Type": "AWS::Budgets::Budget",
    "Condition": "Budgeted",
    "Properties": {
        "Budget": {
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"},
        },
        "NotificationsWithSubscribers": [
            {
                "Notification": {
                    "NotificationType": kind,
                    "ComparisonOperator": "GREATER_THAN",
                    "Threshold": threshold,
                    "ThresholdType": "PERCENTAGE",
                },
                "Subscribers": [{"SubscriptionType": "EMAIL", "Address": {"Ref": "AlertAddress"}}],
            }
            for kind, threshold in (("ACTUAL", 80), ("FORECASTED", 100))
        ],
    },
}
