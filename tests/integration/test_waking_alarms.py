"""Somebody is woken by what really happens: lines that functions print meet the deployed filters, AWS's measures the alarms."""

import hashlib
import json
import secrets
import time as real_time
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib import clock, log
from chalicelib.domain.kernel import link as links
from chalicelib.errors import TryAgain
from chalicelib.stores import functions, items
from infra import alarms
from infra.local import FunctionFailed, LocalCloud
from tests.faults.wire import Mode, Tap, strike
from tests.security import deployed as deployed_relay
from tests.support import relays, woken
from tests.support.http import Client
from tests.support.worlds import World
from tests.support.writing import add_records

PATIENCE_SECONDS = 90


def test_a_fault_of_ours_is_a_page_that_wakes_somebody(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """People get « La panne vient de nous » as a page of ours: to API Gateway and to Lambda all is well."""
    relays.started(world)
    monkeypatch.setenv(items.RELAY, "no-such-table")
    capsys.readouterr()

    answers = [Client().post_form("/connexion", {"adresse": "n@a.example"}) for _ in range(5)]

    printed = capsys.readouterr().out
    assert [answer.status for answer in answers] == [500] * 5
    assert woken.woken_by(printed, "WebLogs") == {"Faults", "FailedAnswers"}


def test_an_outage_is_no_fault_and_wakes_somebody_when_people_meet_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    relays.started(world)
    capsys.readouterr()

    with Tap(act=strike(Mode.REFUSED), every=True).open():
        answers = [Client().post_form("/connexion", {"adresse": "n@a.example"}) for _ in range(5)]

    printed = capsys.readouterr().out
    assert [answer.status for answer in answers] == [503] * 5
    assert woken.woken_by(printed, "WebLogs") == {"FailedAnswers"}


@pytest.mark.parametrize("foreseen", [TryAgain, functions.TooFast, functions.Unanswered, functions.Refused])
def test_a_mail_that_the_mail_service_does_not_take_is_no_fault(
    foreseen: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    log.fault(foreseen())
    assert woken.woken_by(capsys.readouterr().out, "MailerLogs") == set()


@pytest.mark.parametrize(
    ("status", "error", "red"),
    [("504", "INTEGRATION_TIMEOUT", True), ("500", "DEFAULT_5XX", True), ("503", "-", False), ("429", "THROTTLED", False)],
)  # fmt: skip
def test_what_the_gateway_answers_by_itself_wakes_somebody(status: str, error: str, red: bool) -> None:
    """A line of the gateway's own log, made here as the template formats it since no emulator writes one, raises the alarm."""
    line = woken.template()["RestAPI"]["Properties"]["AccessLogSetting"]["Format"]
    for variable, value in {"status": status, "error.responseType": error}.items():
        line = line.replace(f"$context.{variable}", value)

    assert woken.woken_by(line, "AccessLogs") == ({"GatewayErrors"} if red else set())


def test_a_flood_that_the_gateway_turns_away_wakes_somebody() -> None:
    """Lines of the gateway's log as the template formats them: requests that it throttled count, our own 429s do not."""
    line = woken.template()["RestAPI"]["Properties"]["AccessLogSetting"]["Format"]
    turned_away = line.replace("$context.status", "429").replace("$context.error.responseType", "THROTTLED")
    ours = line.replace("$context.status", "429").replace("$context.error.responseType", "-")

    assert woken.woken_by("\n".join([turned_away] * 21), "AccessLogs") == {"TurnedAway"}
    assert woken.woken_by("\n".join([turned_away] * 20 + [ours] * 100), "AccessLogs") == set()


@pytest.mark.cloud
def test_a_token_that_our_key_did_not_make_wakes_somebody(cloud: LocalCloud, deployed: World) -> None:
    """The deployed function logs a token that was written straight into the tables."""
    victim, _, _ = deployed_relay.sent(deployed, cloud)
    token, link, browser = secrets.token_urlsafe(32), victim.link(), relays.Browser()
    pointer = link.pointer(hashlib.sha256(token.encode()).hexdigest())
    proof = links.prove(link, link.version, browser.digest, clock.utc_now())
    add_records(pointer, proof)

    assert functions.unseal(token, browser.digest, pointer)["refusal"]["code"] == "link_unknown"

    _until(lambda: "ForgedLinks" in woken.woken_by(_printed(cloud, "UnsealLogs"), "UnsealLogs"))


SHAPE = ("version", "account", "region", "detail", "detail-type", "source", "time", "id", "resources")
NOTHING_TO_DO: dict[str, dict[str, object]] = {part: {} for part in SHAPE}
"""An event of the shape of EventBridge's that asks for nothing any of them knows."""


@pytest.mark.cloud
@pytest.mark.parametrize("function", ["Inspect", "Mailer", "Unseal"])
def test_a_function_that_fails_wakes_somebody_by_its_metric_and_by_its_log(
    cloud: LocalCloud, function: str
) -> None:
    """The emulator measures calls and failures as Lambda does."""
    with pytest.raises(FunctionFailed):
        cloud.invoke(function, NOTHING_TO_DO)

    assert woken.is_red(f"{function}Errors", _measured(cloud, f"{function}Errors"))
    assert not woken.is_red(f"{function}Throttles", _measured(cloud, f"{function}Throttles"))
    assert cloud.purge() is not None
    assert not woken.is_red("PurgeSilence", _measured(cloud, "PurgeSilence"))
    _until(lambda: "Faults" in woken.woken_by(_printed(cloud, f"{function}Logs"), f"{function}Logs"))


MEASURED = {
    "DeadLetters": 901.0,
    "MailBounces": 0.05,
    "MailComplaints": 0.001,
    "MailQuota": 161.0,
    "ManyRefusals": 3_001.0,
    "AccountConcurrency": 9.0,
    **{f"{name}Throttles": 1.0 for name in alarms.FUNCTIONS},
    **{f"{name}Concurrency": 9.0 for name in alarms.FUNCTIONS},
}


@pytest.mark.cloud
def test_what_aws_would_measure_turns_the_deployed_alarms_red(cloud: LocalCloud) -> None:
    """Recorded as AWS would, since nothing here refuses a start, counts a day's mails or rates an account."""
    watching = cloud.client("cloudwatch")
    for name, value in MEASURED.items():
        alarm = _alarm(cloud, name)
        watching.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="a test begins")
        measured = {"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"], "Value": value}
        watching.put_metric_data(Namespace=alarm["Namespace"], MetricData=[measured])

    for name in MEASURED:
        _until(lambda name=name: _state(cloud, name) == "ALARM")  # type: ignore[misc]


@pytest.mark.cloud
def test_the_api_bears_the_name_under_which_its_metrics_are_read(cloud: LocalCloud) -> None:
    api = cloud.client("apigateway").get_rest_api(restApiId=cloud.outputs["RestAPIId"])

    assert _alarm(cloud, "SlowPages")["Dimensions"] == [{"Name": "ApiName", "Value": api["name"]}]


def _alarm(cloud: LocalCloud, name: str) -> dict[str, object]:
    """Return the description of a deployed alarm."""
    deployed = cloud.stack.physical_id(alarms.logical_id(name))
    (alarm,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[deployed])["MetricAlarms"]
    return dict(alarm)


def _state(cloud: LocalCloud, name: str) -> str:
    """Return the state of a deployed alarm."""
    return str(_alarm(cloud, name)["StateValue"])


def _measured(cloud: LocalCloud, name: str) -> list[float]:
    """Return the recent values of an alarm's own metric, in the statistic that the alarm takes."""
    alarm, now = _alarm(cloud, name), clock.utc_now()
    asked = {key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions", "Period")}
    times = {"StartTime": now - timedelta(seconds=240), "EndTime": now + timedelta(seconds=60)}
    statistic = str(alarm["Statistic"])
    statistics = cloud.client("cloudwatch").get_metric_statistics(**asked, **times, Statistics=[statistic])
    return [point[statistic] for point in statistics["Datapoints"]]


def _printed(cloud: LocalCloud, logs: str) -> str:
    """Return what a function printed since the start of the local cloud."""
    pages = (
        cloud.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=cloud.stack.physical_id(logs))
    )
    lines = [event["message"].strip() for page in pages for event in page["events"]]
    return "\n".join(line for line in lines if _is_json(line))


def _is_json(line: str) -> bool:
    """Return whether a line is a JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _until(holds: Callable[[], bool]) -> None:
    """Wait until this holds; fail after PATIENCE_SECONDS."""
    end = real_time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert real_time.monotonic() < end, f"not within {PATIENCE_SECONDS} s"
        real_time.sleep(0.1)
