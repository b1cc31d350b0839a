"""What CloudFormation would make of the template, worked out before it is asked: checks then ask AWS about each part."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAMED = re.compile(r"\$\{([\w:.]+)\}")
"""A name in the text of an ``Fn::Sub``."""


@dataclass(frozen=True)
class Planned:
    """The template with the parameters of a stage. What AWS would name has a stand-in of the same form."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    """All that the template will be given, its defaults included."""
    stack: str
    region: str
    account: str

    def makes(self, logical_id: str) -> bool:
        """Return whether the template makes this resource with these parameters."""
        resource = self.template["Resources"][logical_id]
        return "Condition" not in resource or self._holds(resource["Condition"])

    def list_types_left_out(self) -> set[str]:
        """Return the types of which the template makes no resource with these parameters."""
        types: dict[str, bool] = {}
        for logical_id, resource in self.template["Resources"].items():
            if "Type" in resource:  # Chalice says those of the functions and the API
                types[resource["Type"]] = types.get(resource["Type"], False) or self.makes(logical_id)
        return {kind for kind, is_made in types.items() if not is_made}

    def list_event_patterns(self) -> dict[str, str]:
        """Return the event pattern, as JSON, of each rule that the template makes, its functions' included, by logical id."""
        patterns: dict[str, Any] = {}
        for logical_id, resource in self.template["Resources"].items():
            properties = resource.get("Properties", {})
            if resource.get("Type") == "AWS::Events::Rule" and self.makes(logical_id):
                patterns[logical_id] = properties["EventPattern"]
            elif "EventInvokeConfig" in properties:  # a function that events start
                for name, event in properties.get("Events", {}).items():
                    patterns[name] = event["Properties"].get("Pattern")
        return {name: json.dumps(self._resolve(pattern)) for name, pattern in patterns.items() if pattern}

    def count_reserved_places(self) -> int:
        """Return how many concurrent executions the template reserves for all functions together, when it is asked to."""
        resources = self.template["Resources"].values()
        reserved = [
            resource.get("Properties", {}).get("ReservedConcurrentExecutions") for resource in resources
        ]
        return sum(places["Fn::If"][1] for places in reserved if places)

    def _holds(self, condition: Any) -> bool:
        """Return whether a condition of the template holds: its name, or an intrinsic function."""
        match condition:
            case str(name) | {"Condition": str(name)}:
                return self._holds(self.template["Conditions"][name])
            case {"Fn::Equals": [left, right]}:
                return bool(self._resolve(left) == self._resolve(right))
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": [*inner]}:
                return all(map(self._holds, inner))
            case {"Fn::Or": [*inner]}:
                return any(map(self._holds, inner))
        raise ValueError(f"a condition of no known form: {condition}")

    def _resolve(self, written: Any) -> Any:
        """Return a value of the template with its intrinsic functions filled in."""
        match written:
            case {"Ref": str(name)}:
                return self._read_name(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._read_name(f"{name}.{attribute}")
            case {"Fn::Sub": str(text)}:
                return NAMED.sub(lambda name: self._read_name(name[1]), text)
            case {"Fn::If": [condition, if_it_holds, otherwise]}:
                return self._resolve(if_it_holds if self._holds(condition) else otherwise)
            case dict():
                return {key: self._resolve(inner) for key, inner in written.items()}
            case list():
                return [self._resolve(inner) for inner in written]
        return written

    def _read_name(self, name: str) -> str:
        """Return the value of a parameter, or a stand-in for the name or the attribute of a resource."""
        known = {
            **self.parameters,
            "AWS::StackName": self.stack,
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": "aws",
        }
        if name in known:
            return known[name]
        logical_id, _, attribute = name.partition(".")
        stand_in = f"{self.stack}-{logical_id}-ABCDEFGHIJKL"
        return f"arn:aws:service:{self.region}:{self.account}:{stand_in}" if attribute == "Arn" else stand_in
