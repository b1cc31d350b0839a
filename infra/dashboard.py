"""The dashboard of a stack, and the objectives of the service with the queries that measure them.

A query runs over log lines when somebody looks, so that no metric is paid for. RUNBOOK.md lists the objectives.
"""

import json
from dataclasses import dataclass
from typing import Any

from infra import alarms

A_MINUTE, A_DAY = 60, 86_400
COLUMNS, WIDTH, HEIGHT = 3, 8, 6
"""A dashboard of CloudWatch is 24 units wide."""
Widget = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """A query of CloudWatch Logs Insights; ``logs``: logical id of the log group."""

    title: str
    logs: str
    text: str

    @property
    def properties(self) -> dict[str, Any]:
        """The properties of its widget."""
        source = f"SOURCE '${{{self.logs}}}' | {self.text}"
        return {"title": self.title, "region": "${AWS::Region}", "view": "table", "query": source}


@dataclass(frozen=True)
class Objective:
    """What the service is held to over a month, as a number that the query gives."""

    goal: str
    query: Query


# Of requests, what machines ask for is left out: the probe (probe.yaml) and what keeps functions warm, both quick.
OBJECTIVES = (
    Objective(
        "99.5 or more",
        Query(
            "Percent of requests that were not answered 5xx",
            "AccessLogs",
            """filter route != "/sante" | fields strcontains(@message, '"status":"5') as failed"""
            " | stats 100 - 100 * avg(failed) as percent",
        ),
    ),
    Objective(
        "1,000 or less",
        Query(
            "Milliseconds in which 95 of 100 pages were made, starts of functions left out",
            "WebLogs",
            'filter event = "web" and route != "/sante" | stats pct(duration_ms, 95) as milliseconds',
        ),
    ),
    Objective(
        "99.9 or more",
        Query(
            "Percent of minutes in which nothing was late: no erasure, upload, inspection or mail",
            "PurgeLogs",
            'filter event = "purge" | stats 100 - 100 * avg(ceil(late / (late + 1))) as percent',
        ),
    ),
    Objective(
        "one each day",
        Query(
            "Nights in which erasing was proved",
            "ProveLogs",
            'filter event = "prove" and outcome = "proved" | stats count(*) as proofs by bin(1d)',
        ),
    ),
    Objective(
        "none",
        Query(
            "Mails that were dropped",
            "MailerLogs",
            'filter event = "mail_given_up" | stats count(*) as mails by kind',
        ),
    ),
)
FLOWS = (
    Query(
        "Documents checked and passed on",
        "InspectLogs",
        'filter event = "inspect" | stats count(*) as documents by bin(1d), outcome',
    ),
    Query("Mails sent", "MailerLogs", 'filter event = "mailer" | stats sum(mails) as sent by bin(1d)'),
    Query(
        "Links opened, passed on, refused",
        "UnsealLogs",
        'filter event = "unseal" | stats count(*) as calls by bin(1d), outcome, refusal',
    ),
    Query(
        "Documents erased, and what was late at worst",
        "PurgeLogs",
        'filter event = "purge" | stats sum(erased) as erasures, max(late) as worst by bin(1d)',
    ),
    Query(
        "Requests refused, by status",
        "WebLogs",
        'filter event = "web" and status >= 400 | stats count(*) as requests by bin(1d), status',
    ),
)
METRICS: dict[str, tuple[list[list[Any]], int]] = {
    "Failed calls of functions": (
        [
            ["AWS/Lambda", "Errors", "FunctionName", f"${{{function}}}", {"label": name, "stat": "Sum"}]
            for name, function in alarms.FUNCTIONS.items()
        ],
        A_MINUTE,
    ),
    "Requests, 4xx, 5xx, those of the probe included": (
        [
            ["AWS/ApiGateway", name, "ApiName", "${AWS::StackName}", {"stat": "Sum"}]
            for name in ("Count", "4XXError", "5XXError")
        ],
        A_MINUTE,
    ),
    "Milliseconds to answer, the probe included": (
        [
            [
                "AWS/ApiGateway",
                "Latency",
                "ApiName",
                "${AWS::StackName}",
                {"stat": statistic, "label": statistic},
            ]
            for statistic in ("p50", "p95", "p99")
        ],
        A_MINUTE,
    ),
    "SES: sent, delivered, bounced, complained": (
        [["AWS/SES", name, {"stat": "Sum"}] for name in ("Send", "Delivery", "Bounce", "Complaint")],
        A_DAY,
    ),
}
"""Title to the metrics of a graph, and its period in seconds. A row: namespace, name, dimensions, how it is drawn."""
# AWS records what an account costs in us-east-1 alone, and only once its billing alerts are on (Billing, « Preferences »).
COST: dict[str, Any] = {
    "title": "Dollars of the account this month, to date",
    "region": "us-east-1",
    "view": "singleValue",
    "stat": "Maximum",
    "period": A_DAY,
    "metrics": [["AWS/Billing", "EstimatedCharges", "Currency", "USD"]],
}


def template() -> dict[str, Any]:
    """Return the part of the CloudFormation template that makes the dashboard."""
    body = json.dumps({"widgets": _list_widgets()})
    properties = {"DashboardName": {"Ref": "AWS::StackName"}, "DashboardBody": {"Fn::Sub": body}}
    return {"Resources": {"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}}


def _list_widgets() -> list[Widget]:
    """Return the widgets, placed in rows: objectives, flows, metrics, cost."""
    queries = [objective.query for objective in OBJECTIVES] + list(FLOWS)
    graphs = [
        {
            "title": title,
            "region": "${AWS::Region}",
            "view": "timeSeries",
            "period": period,
            "metrics": metrics,
        }
        for title, (metrics, period) in METRICS.items()
    ]
    widgets = [("log", query.properties) for query in queries]
    widgets += [("metric", properties) for properties in [*graphs, COST]]
    return [
        {
            "type": kind,
            "x": place % COLUMNS * WIDTH,
            "y": place // COLUMNS * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "properties": properties,
        }
        for place, (kind, properties) in enumerate(widgets)
    ]
