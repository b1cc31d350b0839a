"""Deploys the packaged template on the local cloud, as an operator would on AWS."""

import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.cloud import ADMINISTRATOR, LOOPBACK, REGION, LocalCloudFailed
from infra.package import Package

STACK = "passe-plat"
CODE_BUCKET = "passe-plat-code"
MAIL_FROM = "ne-pas-repondre@passe-plat.example"
FUNCTIONS = ("APIHandler", "Inspect", "Mailer", "Unseal", "Purge")
DEPLOY_SECONDS = 60.0
CODE_URI = re.compile(r"CodeUri: \./deployment\.zip$", re.MULTILINE)


@dataclass(frozen=True)
class Stack:
    """What was deployed, by logical name."""

    outputs: dict[str, str]
    """Output name of the template to its value."""
    resources: dict[str, str]
    """Logical id to physical id: a function's or table's name, a role's name, a key's id."""
    functions: dict[str, str]
    """``APIHandler``, ``Inspect``, ``Mailer``, ``Unseal``, ``Purge`` to the deployed function's name."""
    environment: dict[str, str]
    """What the functions received, all together."""


@dataclass(frozen=True)
class Operator:
    """Whoever deploys: the emulator's root, on its address."""

    aws_url: str

    def client(self, service: str, **credentials: str) -> Any:
        """A client of ``service``, as the administrator or with ``credentials`` (boto3's ``aws_*`` arguments)."""
        granted = credentials or {
            "aws_access_key_id": ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
        }
        settings = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=70,
            s3={"addressing_style": "path"},
        )
        return self._session.client(
            service, region_name=REGION, endpoint_url=self.aws_url, config=settings, **granted
        )

    @cached_property
    def _session(self) -> Any:
        return boto3.session.Session()


def deploy(operator: Operator, package: Package, *, base_url: str, storage: str) -> Stack:
    """Create the stack from ``package`` and wait until it stands.

    Args:
        base_url, storage: where browsers reach the product and the storage.

    Raises:
        LocalCloudFailed: the stack does not come up; the message names the resource that failed.
    """
    operator.client("sesv2").create_email_identity(EmailIdentity=MAIL_FROM)
    parameters = {
        "PublicBaseUrl": base_url,
        "StorageOrigin": storage,
        "MailFrom": MAIL_FROM,
        "OnAws": "false",
    }
    cloudformation = operator.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=_upload(operator, package),  # too long to be passed itself
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    return _read(operator, _await_stack(cloudformation))


def _upload(operator: Operator, package: Package) -> str:
    """Store the zip, and the template that names it, in a bucket; gives the template's address."""
    template, replaced = CODE_URI.subn(
        f"CodeUri: s3://{CODE_BUCKET}/deployment.zip", package.template.read_text()
    )
    if replaced != len(FUNCTIONS):
        raise LocalCloudFailed(f"The template holds {replaced} functions, {len(FUNCTIONS)} were expected.")
    s3 = operator.client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=CODE_BUCKET, Key="deployment.zip", Body=package.zip.read_bytes())
    s3.put_object(Bucket=CODE_BUCKET, Key="sam.yaml", Body=template.encode())
    return f"{operator.aws_url}/{CODE_BUCKET}/sam.yaml"


def _await_stack(cloudformation: Any) -> dict[str, str]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while True:
        (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        status = stack["StackStatus"]
        if status == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if not status.endswith("CREATE_IN_PROGRESS") or time.monotonic() > deadline:
            raise LocalCloudFailed(f"The stack did not come up ({status}): {_reason(cloudformation)}")
        time.sleep(0.05)


def _reason(cloudformation: Any) -> str:
    try:
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    except ClientError as error:
        return str(error)
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "; ".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed
    )


def _read(operator: Operator, outputs: dict[str, str]) -> Stack:
    pages = operator.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    found = [row for page in pages for row in page["StackResourceSummaries"]]
    resources = {
        row["LogicalResourceId"]: row["PhysicalResourceId"] for row in found if row.get("PhysicalResourceId")
    }
    functions = {name: resources[name] for name in FUNCTIONS}
    environment: dict[str, str] = {}
    for name in functions.values():
        configuration = operator.client("lambda").get_function_configuration(FunctionName=name)
        environment |= configuration["Environment"]["Variables"]
    return Stack(outputs, resources, functions, environment)


def address(port: int) -> str:
    """The emulator's address, for clients and in the links that it signs."""
    return f"http://{LOOPBACK}:{port}"
