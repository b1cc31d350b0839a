"""Deploys the packaged template on the local cloud, as an operator would on AWS."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from infra.deploy import versions
from infra.deploy.stack import Deployed, Stack
from infra.local.cloud import ADMINISTRATOR, REGION
from infra.package import Package

STACK = "passe-plat"
ACCOUNT = "0" * 12
MAIL_FROM = "ne-pas-repondre@passe-plat.example"


@dataclass(frozen=True)
class Operator:
    """The emulator's root, on its address."""

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


def deploy(operator: Operator, package: Package, *, base_url: str, storage: str) -> Deployed:
    """Create the stack from ``package``, by the steps of ``make deploy``, and wait for its end.

    Args:
        base_url, storage: where browsers reach the product and the storage.
    """
    operator.client("sesv2").create_email_identity(EmailIdentity=MAIL_FROM)
    shelf = versions.shelf(operator.client("s3"), stack=STACK, account=ACCOUNT, region=REGION)
    _, template = shelf.publish(package)
    made = Stack(operator.client("cloudformation"), STACK)
    changes = made.plan(template, parameters(base_url, storage))
    assert changes is not None, "a stack that does not exist is always a change"
    changes.execute(lambda _: None)
    return Deployed(STACK, operator.client)


def parameters(base_url: str, storage: str) -> dict[str, str]:
    """The template's parameters on an emulator."""
    return {"PublicBaseUrl": base_url, "StorageOrigin": storage, "MailFrom": MAIL_FROM, "OnAws": "false"}
