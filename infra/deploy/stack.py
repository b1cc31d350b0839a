"""One CloudFormation stack: planned and executed by change sets, followed event by event, protected and deleted."""

import json
import time
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import CommandFailed, paginate, poll

POLICY = Path(__file__).with_name("stack_policy.json")
"""What no update may replace or delete. CloudFormation holds to it, and so do these commands, before it is asked."""
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
PATIENCE_SECONDS = 3600.0
"""A host name of API Gateway alone may take most of an hour."""
NOTHING = ("didn't contain changes", "No updates are to be performed")
"""How CloudFormation says that there is nothing to change."""
USABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
"""States from which a stack can be changed."""
ADVICE = {
    "UPDATE_ROLLBACK_COMPLETE": "What stood before stands again. Mend what failed, then deploy again.",
    "DELETE_COMPLETE": "Nothing is left of it. Mend what failed, then deploy again.",
    "UPDATE_ROLLBACK_FAILED": "Mend what failed, then choose « Continue update rollback » in CloudFormation's console.",
    "DELETE_FAILED": "Mend what refuses to go, then run the same command again.",
}
"""What to do after a state that was not wanted."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Change:
    """What a change set would do to one resource."""

    action: str
    """Add, Modify, Remove…"""
    logical_id: str
    kind: str
    replacement: str
    """True, False, Conditional, or nothing."""
    outcome: str = ""
    """What becomes of what is removed: Delete, Retain, or nothing said."""

    @property
    def loses(self) -> bool:
        """Whether the change removes or replaces the resource, so that the stack no longer holds its content."""
        return self.action == "Remove" or self.replacement == "True"

    def __str__(self) -> str:
        mark = {"True": "  REPLACED", "Conditional": "  may be replaced"}.get(self.replacement, "")
        if self.action == "Remove":
            mark = "  leaves the stack, and stays" if self.outcome == "Retain" else "  DELETED"
        return f"{self.action:<7} {self.logical_id} ({self.kind}){mark}"


@dataclass(frozen=True)
class ChangeSet:
    """A change that CloudFormation has worked out and not made yet: it is then executed or dropped."""

    stack: "Stack"
    id: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...]

    def drop(self) -> None:
        """Delete the change set and change nothing; where it would have created the stack, the stack's empty shell is deleted."""
        self.stack.api.delete_change_set(ChangeSetName=self.id)
        if self.creates:
            self.stack.api.delete_stack(StackName=self.stack_id)

    def execute(self, say: Say) -> None:
        """Execute the change set and wait for its end; ``say`` is called with a line for each event.

        Raises CommandFailed: the stack ends in another state than the wanted one, or is not at rest after an hour.
        """
        events = Events(self.stack, self.stack_id)
        self.stack.api.execute_change_set(ChangeSetName=self.id)
        events.follow(say, until="CREATE_COMPLETE" if self.creates else "UPDATE_COMPLETE")


@dataclass(frozen=True)
class Description:
    """A stack that exists, as CloudFormation described it at one moment."""

    id: str
    status: str
    outputs: dict[str, str]
    parameters: dict[str, str]
    is_locked: bool
    """Whether CloudFormation refuses to delete it."""


@dataclass(frozen=True)
class Stack:
    """A stack by its name, whether it was deployed or not."""

    api: Any = field(repr=False)
    name: str

    def described(self) -> Description | None:
        """Return the stack as it is now.

        None when there is none, or only the shell that a change set leaves which was never executed.
        """
        try:
            (stack,) = self.api.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        if stack["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
            return None
        return Description(
            stack["StackId"],
            stack["StackStatus"],
            {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
            {
                parameter["ParameterKey"]: parameter.get("ParameterValue", "")
                for parameter in stack.get("Parameters", [])
            },
            bool(stack.get("EnableTerminationProtection")),
        )

    def declared(self, template: str) -> set[str]:
        """Names of the parameters that the template at this address declares."""
        return {
            parameter["ParameterKey"]
            for parameter in self.api.get_template_summary(TemplateURL=template)["Parameters"]
        }

    def plan(self, template: str, parameters: dict[str, str]) -> ChangeSet | None:
        """Make a change set from the template at this address, and change nothing yet; None when there is nothing to change.

        ``parameters``: all that are given to the template, by name. Raises CommandFailed: CloudFormation refuses the change.
        """
        creates = self.described() is None
        try:
            made = self.api.create_change_set(
                StackName=self.name,
                ChangeSetName=f"deploy-{time.time_ns():x}",
                ChangeSetType="CREATE" if creates else "UPDATE",
                TemplateURL=template,
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value}
                    for key, value in sorted(parameters.items())
                ],
                Capabilities=CAPABILITIES,
                # Of a creation that fails nothing is left in the way of the next one.
                **({"OnStackFailure": "DELETE"} if creates else {}),
            )
        except ClientError as error:
            raise CommandFailed(f"CloudFormation refuses the change: {error}") from None
        for _ in poll(PATIENCE_SECONDS, longest_pause=3):
            described = self.api.describe_change_set(ChangeSetName=made["Id"])
            if described["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                break
        changes = ChangeSet(self, made["Id"], made["StackId"], creates, tuple(self._changes(made["Id"])))
        if described["Status"] == "CREATE_COMPLETE":
            return changes
        changes.drop()
        reason = str(described.get("StatusReason", described["Status"]))
        if any(words in reason for words in NOTHING):
            return None
        raise CommandFailed(f"CloudFormation refuses the change: {reason}")

    def _changes(self, change_set: str) -> Iterator[Change]:
        """Yield what a change set would do to each resource; ``change_set``: its id."""
        for change in paginate(self.api, "describe_change_set", "Changes", ChangeSetName=change_set):
            resource = change["ResourceChange"]
            yield Change(
                resource["Action"],
                resource["LogicalResourceId"],
                resource["ResourceType"],
                resource.get("Replacement", ""),
                resource.get("PolicyAction", ""),
            )

    def hold_to_policy(self) -> None:
        """Set the stack policy: CloudFormation then refuses updates that replace or delete the resources that it names.

        The policy is limited to resources that exist now: CloudFormation refuses one that names others, such as those that a
        later version adds or that a parameter leaves out.
        """
        body = json.dumps(Policy.limited_to(self.resources()))
        self.api.set_stack_policy(StackName=self.name, StackPolicyBody=body)

    def lock(self, locked: bool) -> None:
        """Switch the stack's protection against deletion on (True) or off."""
        self.api.update_termination_protection(StackName=self.name, EnableTerminationProtection=locked)

    def resources(self) -> dict[str, tuple[str, str]]:
        """Return the stack's existing resources: logical id → (type, physical id).

        Deleted ones are left out: after a deletion that failed half-way, some are gone.
        """
        return {
            row["LogicalResourceId"]: (row["ResourceType"], row["PhysicalResourceId"])
            for row in self._rows()
            if row.get("PhysicalResourceId") and row["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def _rows(self) -> Iterator[dict[str, Any]]:
        return paginate(self.api, "list_stack_resources", "StackResourceSummaries", StackName=self.name)

    def delete(self, say: Say) -> list[str]:
        """Delete the stack and wait for its end; return the logical ids of the resources that were kept, as the template says.

        Resources that an earlier, failed deletion kept are among them. An absent stack gives an empty list. Raises CommandFailed.
        """
        current = self.described()
        if current is None:
            return []
        left_before = {
            row["LogicalResourceId"] for row in self._rows() if row["ResourceStatus"] == "DELETE_SKIPPED"
        }
        events = Events(self, current.id)
        self.api.delete_stack(StackName=current.id)
        events.follow(say, until="DELETE_COMPLETE")
        return sorted(events.skipped | left_before)


class Events:
    """The events of a stack from the moment of construction on; each is read once."""

    def __init__(self, stack: Stack, stack_id: str) -> None:
        """Start after the newest event that the stack has now."""
        self.stack, self.stack_id = stack, stack_id
        self.skipped: set[str] = set()
        self._failed: list[str] = []
        self._last = next((event["EventId"] for event in self._events()), "")

    def follow(self, say: Say, *, until: str) -> None:
        """Print events until the stack is at rest, and see that it ended in the state ``until``.

        Raises CommandFailed: it ended in another state (the message gives reasons and advice), or is still at work after an hour.
        """
        has_begun = False
        for _ in poll(PATIENCE_SECONDS, longest_pause=3):
            # Read before the events, so that the last ones are printed; believed only once an event shows that work began.
            (stack,) = self.stack.api.describe_stacks(StackName=self.stack_id)["Stacks"]
            status, at_work = str(stack["StackStatus"]), not has_begun
            for event in self._new():
                has_begun = True
                say(event)
            if not at_work and not status.endswith("IN_PROGRESS"):
                break
        else:
            raise CommandFailed(
                "CloudFormation is still at work and goes on by itself: look at its console, then run the same command again."
            )
        if status != until:
            reasons = "\n".join(self._failed) or "CloudFormation gives no reason."
            advice = ADVICE.get(status, "Look at the stack's events in CloudFormation's console.")
            raise CommandFailed(f"{self.stack.name} ended as {status}.\n{reasons}\n{advice}")

    def _events(self) -> Iterator[dict[str, Any]]:
        """Read all events of the stack, newest first."""
        return paginate(self.stack.api, "describe_stack_events", "StackEvents", StackName=self.stack_id)

    def _new(self) -> Iterator[str]:
        """Yield a printed line for each event since the last call, oldest first; note failures and resources that were kept."""
        new = list(takewhile(lambda event: event["EventId"] != self._last, self._events()))
        for event in reversed(new):
            self._last = event["EventId"]
            name, status = event["LogicalResourceId"], event["ResourceStatus"]
            reason = event.get("ResourceStatusReason", "")
            if status == "DELETE_SKIPPED":
                self.skipped.add(name)
            if status.endswith("FAILED") and "cancelled" not in reason:
                self._failed.append(f"{name}: {reason or status}")
            yield f"  {event['Timestamp']:%H:%M:%S} {status} {name} {reason}".rstrip()


@dataclass(frozen=True)
class Policy:
    """The logical ids that the stack policy protects, to compare with a change set before it is executed."""

    protected: frozenset[str]

    @classmethod
    def from_file(cls) -> Self:
        """Read the protected logical ids from stack_policy.json."""
        denied = [
            statement
            for statement in json.loads(POLICY.read_text())["Statement"]
            if statement["Effect"] == "Deny"
        ]
        return cls(
            frozenset(name.partition("/")[2] for statement in denied for name in statement["Resource"])
        )

    @staticmethod
    def limited_to(existing: Container[str]) -> dict[str, Any]:
        """Return the policy of stack_policy.json, limited to resources that the stack holds (``existing``: their logical ids)."""
        policy: dict[str, Any] = json.loads(POLICY.read_text())
        for statement in policy["Statement"]:
            if statement["Effect"] == "Deny":
                statement["Resource"] = [
                    name for name in statement["Resource"] if name.partition("/")[2] in existing
                ]
        policy["Statement"] = [statement for statement in policy["Statement"] if statement["Resource"]]
        return policy

    def refused(self, changes: ChangeSet) -> list[str]:
        """List the protected resources that this change would certainly remove or replace, by logical id."""
        return [change.logical_id for change in self._protected(changes) if change.loses]

    def doubtful(self, changes: ChangeSet) -> list[str]:
        """List the protected resources that this change may replace: CloudFormation knows only when it makes the change."""
        return [
            change.logical_id for change in self._protected(changes) if change.replacement == "Conditional"
        ]

    def _protected(self, changes: ChangeSet) -> list[Change]:
        return [change for change in changes.changes if change.logical_id in self.protected]


@dataclass(frozen=True)
class Deployed:
    """A deployed stack as operators' commands and tests read it; what was read once is kept."""

    stack: str
    client: Callable[..., Any] = boto3.client

    @property
    def now(self) -> Stack:
        """The stack without what was kept: each of its methods asks CloudFormation again."""
        return Stack(self.client("cloudformation"), self.stack)

    @cached_property
    def resources(self) -> dict[str, tuple[str, str]]:
        """Logical id → (type, physical id). Raises CommandFailed: the stack cannot be read."""
        try:
            return self.now.resources()
        except (BotoCoreError, ClientError) as error:
            raise CommandFailed(f"The stack {self.stack} cannot be read: {error}") from None

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name; empty when there is no stack."""
        described = self.now.described()
        return described.outputs if described else {}

    def physical_id(self, logical_id: str) -> str:
        """Return the physical id (the deployed name) of a resource. Raises CommandFailed: the stack has no such resource."""
        if logical_id not in self.resources:
            raise CommandFailed(f"The stack {self.stack} has no {logical_id}.")
        return self.resources[logical_id][1]

    def of_type(self, kind: str) -> dict[str, str]:
        """Return logical id → physical id of the resources of one type, such as « AWS::Events::Rule »."""
        return {name: physical_id for name, (type_, physical_id) in self.resources.items() if type_ == kind}

    def environment(self, functions: Iterable[str]) -> dict[str, str]:
        """Return the environment variables of these functions (logical ids) together: tables, bucket, settings."""
        environment: dict[str, str] = {}
        for name in map(self.physical_id, functions):
            configuration = self.client("lambda").get_function_configuration(FunctionName=name)
            environment |= configuration["Environment"]["Variables"]
        return environment
