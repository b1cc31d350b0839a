"""The dashboard reads what is printed and measured, and the runbook says the objectives with their queries."""

import json
import re
from typing import Any

import pytest

from chalicelib import log
from infra import dashboard
from infra.dashboard import FLOWS, OBJECTIVES, Query
from infra.deploy import checks
from tests.architecture.sources import CODE, ROOT
from tests.support import woken

QUERIES = [*(objective.query for objective in OBJECTIVES), *FLOWS]
OF_EVERY_LINE = {"at", "event", "request"}
WORDS_OF_INSIGHTS = {
    *(
        "filter",
        "fields",
        "stats",
        "as",
        "by",
        "bin",
        "and",
        "sum",
        "count",
        "max",
        "avg",
        "pct",
        "ceil",
        "strcontains",
    ),
    *("1d", "message"),
}


@pytest.fixture
def widgets() -> list[dict[str, Any]]:
    """The widgets of the dashboard, with the names of resources filled in."""
    body = woken.resolved(woken.template()["Dashboard"]["Properties"]["DashboardBody"])
    return list(json.loads(body)["widgets"])


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.title)
def test_a_query_reads_fields_and_events_that_are_printed(query: Query) -> None:
    code = "\n".join(path.read_text() for path in CODE)
    named = re.findall(r" as (\w+)", query.text)
    words = set(re.findall(r"(?<![\w\"'])[a-z_]\w*", re.sub(r"\"/?\w+\"|'[^']+'", "", query.text)))

    assert words - WORDS_OF_INSIGHTS - {*named} <= log.FIELDS | OF_EVERY_LINE
    for event in re.findall(r'event = "(\w+)"', query.text):
        assert f'log.line("{event}"' in code or f'line(\n        "{event}"' in code, event


def test_the_failed_requests_are_those_of_the_gateways_own_log() -> None:
    """The query of failed requests looks for text that the gateway's lines have when they are answered 5xx."""
    wanted = re.findall(r"'([^']+)'", OBJECTIVES[0].query.text)
    line = woken.template()["RestAPI"]["Properties"]["AccessLogSetting"]["Format"]

    assert [text in line.replace("$context.status", "503") for text in wanted] == [True]
    assert [text in line.replace("$context.status", "405") for text in wanted] == [False]


def test_what_is_measured_of_requests_is_measured_of_people() -> None:
    """The outside probe asks for the health page 17,000 times a day, and what keeps functions warm 360 times: always quickly."""
    line = woken.template()["RestAPI"]["Properties"]["AccessLogSetting"]["Format"]
    of_requests = [
        objective.query for objective in OBJECTIVES if objective.query.logs in {"WebLogs", "AccessLogs"}
    ]

    assert '"route":"$context.resourcePath"' in line
    assert len(of_requests) == 2
    for query in of_requests:
        assert re.match(rf'filter .*route != "{checks.PATH}" \|', query.text), query.title


def test_a_widget_reads_a_log_or_a_function_that_the_template_makes(widgets: list[dict[str, Any]]) -> None:
    made = woken.template()

    for query in QUERIES:
        assert made[query.logs]["Type"] == "AWS::Logs::LogGroup"
    for widget in widgets:
        for namespace, _, *dimensions in widget["properties"].get("metrics", []):
            if namespace == "AWS/Lambda":
                assert dimensions[1] in made
            if namespace == "AWS/ApiGateway":
                assert dimensions[1] == "stack"


def test_the_dashboard_shows_what_is_asked_of_it(widgets: list[dict[str, Any]]) -> None:
    titles = " ".join(widget["properties"]["title"].lower() for widget in widgets)

    for subject in (
        "opened",
        "sent",
        "erased",
        "late",
        "refused",
        "failed",
        "milliseconds",
        "ses",
        "dollars",
    ):
        assert subject in titles
    places = {(widget["x"], widget["y"]) for widget in widgets}
    assert len(places) == len(widgets)
    assert max(x for x, _ in places) + dashboard.WIDTH <= 24


def test_the_runbook_says_each_objective_and_its_query() -> None:
    runbook = (ROOT / "RUNBOOK.md").read_text()

    for objective in OBJECTIVES:
        query = objective.query
        assert f"{query.title}: {objective.goal} (`{query.logs}`).\n\n    {query.text}\n" in runbook
