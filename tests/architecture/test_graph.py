"""The order in which CloudFormation makes what the expanded template holds: by what names what, and by ``DependsOn``."""

import re
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest

from tests.architecture.templates import FUNCTIONS, OF_TABLES, as_list, walk

Graph = dict[str, set[str]]
"""Logical id to those that must be made before it."""


@pytest.fixture(scope="module")
def graph(expanded: dict[str, Any]) -> Graph:
    """For each resource of the expanded template, those that it names."""
    resources = expanded["Resources"]
    return {name: needed(resource) & resources.keys() for name, resource in resources.items()}


def needed(resource: dict[str, Any]) -> set[str]:
    """Return what a resource names by ``Ref``, ``Fn::GetAtt``, ``Fn::Sub`` or ``DependsOn``."""
    references = set(as_list(resource.get("DependsOn", [])))
    for value in walk(resource.get("Properties", {})):
        match value:
            case {"Ref": str(name)}:
                references.add(name)
            case {"Fn::GetAtt": [str(name), *_]}:
                references.add(name)
            case {"Fn::GetAtt": str(path)}:
                references.add(path.partition(".")[0])
            case {"Fn::Sub": text}:
                references |= set(re.findall(r"\$\{([A-Za-z0-9]+)[.}]", as_list(text)[0]))
    return references


def before(graph: Graph, name: str) -> set[str]:
    """Return everything that is made before one resource."""
    seen: set[str] = set()
    left = [name]
    while left:
        new = graph[left.pop()] - seen
        seen |= new
        left += new
    return seen


def policies_of(expanded: dict[str, Any], role: str) -> set[str]:
    """Return the policies that are attached to a role."""
    return {
        name
        for name, resource in expanded["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy"
        and {"Ref": f"{role}Role"} in resource["Properties"]["Roles"]
    }


def test_nothing_waits_for_itself(graph: Graph) -> None:
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))

    assert set(order) == graph.keys()


@pytest.mark.parametrize(("function", "role"), FUNCTIONS.items())
def test_no_function_is_made_before_its_policies(
    graph: Graph, expanded: dict[str, Any], function: str, role: str
) -> None:
    """Lambda refuses a dead-letter queue that the role may not use yet; the others would fail their first calls. Only a policy
    that itself names a function comes after it."""
    naming_none = {
        policy for policy in policies_of(expanded, role) if not before(graph, policy) & FUNCTIONS.keys()
    }

    assert naming_none >= {f"{role}Policy"} | ({"TablesPolicy"} if role in OF_TABLES else set())
    assert naming_none <= before(graph, function)


def test_only_the_right_to_invoke_and_refusals_come_after_the_functions(
    graph: Graph, expanded: dict[str, Any]
) -> None:
    late = {
        logical_id
        for logical_id, resource in expanded["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and before(graph, logical_id) & FUNCTIONS.keys()
    }

    for resource_name in late:
        for statement in expanded["Resources"][resource_name]["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Deny" or statement["Action"] == "lambda:InvokeFunction", (
                resource_name
            )


def test_the_stage_that_writes_access_logs_comes_after_the_right_to_write_them(graph: Graph) -> None:
    assert {"ApiAccount", "ApiLogsRole", "AccessLogs"} <= before(graph, "RestAPIapiStage")
