"""Who would be woken: the template's own filters read log lines and events as CloudWatch Logs and EventBridge do.

No emulator turns lines into metrics. What a function really printed is given to the filters of the template as it is deployed,
and what they count to its alarms.
"""

import asyncio
import json
import math
import operator
import re
from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

from ministack.services import eventbridge

from infra import alarms, package

TOKEN = re.compile(r'\s*(\$\.[\w.]+|"[^"]*"|&&|\|\||!=|>=|<=|[=<>(){}]|IS FALSE|IS TRUE|NOT EXISTS|-?[\d.]+)')
NUMBERS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}
ABSENT = object()


@cache
def template() -> dict[str, Any]:
    """Return the resources of the template as it is written, by logical id."""
    return dict(package.merged_template()["Resources"])


def resolved(value: Any) -> Any:
    """Return a value of the template with its intrinsics filled in: ``Ref`` X is « X », its ARN « arn:X »."""
    match value:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), str(what)]}:
            return f"arn:{name}" if what == "Arn" else name
        case {"Fn::Sub": str(text)}:
            return re.sub(
                r"\$\{([\w:]+)(\.Arn)?\}",
                lambda match: f"arn:{match[1]}" if match[2] else match[1].replace("AWS::StackName", "stack"),
                text,
            )
        case {"Fn::If": [_, then, _]}:
            return resolved(then)
        case dict():
            return {key: resolved(item) for key, item in value.items()}
        case list():
            return [resolved(item) for item in value]
    return value


def matches(pattern: str, record: dict[str, Any]) -> bool:
    """Return whether a line is counted by CloudWatch's JSON pattern, as far as ours go."""
    tokens = TOKEN.findall(pattern)
    assert "".join(tokens).replace(" ", "") == re.sub(r"\s", "", pattern), f"not understood: {pattern}"
    assert tokens[0] == "{" and tokens[-1] == "}"
    is_met, rest = _either(tokens[1:-1], record)
    assert not rest, f"left over in {pattern}: {rest}"
    return is_met


def _either(tokens: list[str], record: dict[str, Any]) -> tuple[bool, list[str]]:
    is_met, rest = _both(tokens, record)
    while rest[:1] == ["||"]:
        other, rest = _both(rest[1:], record)
        is_met = is_met or other
    return is_met, rest


def _both(tokens: list[str], record: dict[str, Any]) -> tuple[bool, list[str]]:
    is_met, rest = _comparison(tokens, record)
    while rest[:1] == ["&&"]:
        other, rest = _comparison(rest[1:], record)
        is_met = is_met and other
    return is_met, rest


def _comparison(tokens: list[str], record: dict[str, Any]) -> tuple[bool, list[str]]:
    if tokens[0] == "(":
        is_met, rest = _either(tokens[1:], record)
        assert rest[0] == ")"
        return is_met, rest[1:]
    had: Any = record
    for step in tokens[0].removeprefix("$.").split("."):
        had = had.get(step, ABSENT) if isinstance(had, dict) else ABSENT
    match tokens[1]:
        case "IS FALSE":
            return had is False, tokens[2:]
        case "IS TRUE":
            return had is True, tokens[2:]
        case "NOT EXISTS":
            return had is ABSENT, tokens[2:]
    if had is ABSENT:
        return False, tokens[3:]
    if tokens[2].startswith('"'):
        like = re.fullmatch(re.escape(tokens[2].strip('"')).replace(r"\*", ".*"), str(had)) is not None
        return like is (tokens[1] == "="), tokens[3:]
    number = isinstance(had, int | float) and not isinstance(had, bool)
    return number and NUMBERS[tokens[1]](had, float(tokens[2])), tokens[3:]


def counted(name: str, lines: Iterable[str], logs: str) -> list[float]:
    """Return what the filters of an alarm count in these lines of one log group."""
    counts = []
    for logical_id, resource in template().items():
        if resource.get("Type") != "AWS::Logs::MetricFilter":
            continue
        given = resolved(resource["Properties"])
        (made,) = given["MetricTransformations"]
        if made["MetricName"] != f"stack-{name}" or given["LogGroupName"] != logs:
            continue
        assert logical_id.startswith(name)
        for line in lines:
            record = json.loads(line)
            if matches(given["FilterPattern"], record):
                value = made["MetricValue"]
                counts.append(
                    float(record[value.removeprefix("$.")]) if value.startswith("$") else float(value)
                )
    return counts


def is_red(name: str, values: Iterable[float]) -> bool:
    """Return whether CloudWatch turns an alarm red for what was measured within its period; nothing at all is missing data."""
    alarm = resolved(template()[alarms.logical_id(name)]["Properties"])
    measured = list(values)
    if not measured:
        return bool(alarm["TreatMissingData"] == "breaching")
    statistics = {
        "Sum": sum(measured),
        "Maximum": max(measured),
        "Minimum": min(measured),
        "p95": sorted(measured)[math.ceil(0.95 * len(measured)) - 1],
        "Average": sum(measured) / len(measured),
    }
    value, limit = statistics[alarm.get("Statistic") or alarm["ExtendedStatistic"]], alarm["Threshold"]
    compare = NUMBERS[{"GreaterThanThreshold": ">", "LessThanThreshold": "<"}[alarm["ComparisonOperator"]]]
    return bool(compare(value, limit))


def woken_by(printed: str, logs: str) -> set[str]:
    """Return the alarms that these printed lines of one log group turn red, within one period."""
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    counts = {
        name: counted(name, lines, logs)
        for name, alarm in alarms.ALARMS.items()
        if isinstance(alarm.watches, alarms.Count)
    }
    return {name for name, values in counts.items() if values and is_red(name, values)}


def heard_by(event: dict[str, Any]) -> set[str]:
    """Return the rules with the people's topic that an event starts; the emulator compares event and pattern as EventBridge
    does.
    """
    woken = set()
    for logical_id, resource in template().items():
        if resource.get("Type") != "AWS::Events::Rule":
            continue
        properties = resolved(resource["Properties"])
        assert [target["Arn"] for target in properties["Targets"]] == ["Alerts"], logical_id
        if _starts(properties["EventPattern"], event):
            woken.add(logical_id)
    return woken


def _starts(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Return whether an event matches a pattern for the emulator's EventBridge in this process, which needs no cloud."""
    asked = json.dumps({"EventPattern": json.dumps(pattern), "Event": json.dumps(event)})
    headers = {"x-amz-target": "AWSEvents.TestEventPattern"}
    status, _, answer = asyncio.run(eventbridge.handle_request("POST", "/", headers, asked, {}))
    assert status == HTTPStatus.OK, answer
    return bool(json.loads(answer)["Result"])
