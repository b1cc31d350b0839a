"""The deployed versions, kept in a bucket of the account: each one's zip and template, and the list of deployments; and traffic.

A version of the product is named by the first 12 hexadecimal digits of a SHA-256 of its template and zip: the same sources give
the same name on any machine. Lambda gives the published versions of each function numbers of its own.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import yaml
from botocore.exceptions import ClientError

from chalicelib.stores.functions import LIVE
from infra import CommandFailed
from infra.package import Package

CODE = "./deployment.zip"
"""What each function of the template names as its code, until it is published."""


@dataclass(frozen=True)
class Deployment:
    """One version that was put in service."""

    version: str
    functions: dict[str, str]
    """The number of the published version of each function, by logical id."""
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    """When it was put in service, in UTC."""
    worked: bool = True
    """Whether its smoke test ran and passed."""


@dataclass(frozen=True)
class Traffic:
    """Which published version of each function is in service: the one to which its alias leads."""

    api: Any
    """A client of Lambda."""
    functions: dict[str, str]
    """Logical ids to deployed names."""

    def read(self) -> dict[str, str]:
        """Return the number of the version of each function that is in service, by logical id."""
        return {
            name: str(self.api.get_alias(FunctionName=function, Name=LIVE)["FunctionVersion"])
            for name, function in self.functions.items()
        }

    def publish(self) -> dict[str, str]:
        """Publish each function as the stack holds it; return the numbers of the versions, by logical id.

        A function that has not changed since it was last published keeps that version.
        """
        return {
            name: str(self.api.publish_version(FunctionName=function)["Version"])
            for name, function in self.functions.items()
        }

    def serves_what_stands(self, name: str) -> bool:
        """Return whether a function in service has the code and the settings that the stack holds; ``name``: its logical id."""
        function = self.functions[name]
        stands = self.api.get_function_configuration(FunctionName=function)
        serves = self.api.get_function_configuration(FunctionName=function, Qualifier=LIVE)
        return all(stands.get(key) == serves.get(key) for key in ("CodeSha256", "Environment", "MemorySize"))

    def start_anew(self, name: str, description: str) -> None:
        """Put a new version of a function in service, whose instances have sessions of their own; ``name``: its logical id."""
        function = self.functions[name]
        self.api.update_function_configuration(FunctionName=function, Description=description)
        self.api.get_waiter("function_updated_v2").wait(FunctionName=function)
        self.move(self.publish())

    def move(self, versions: dict[str, str]) -> None:
        """Put these versions in service; ``versions``: their numbers by the logical ids of functions."""
        for name, number in versions.items():
            self.api.update_alias(FunctionName=self.functions[name], Name=LIVE, FunctionVersion=number)


@dataclass(frozen=True)
class Shelf:
    """The folder of one stack in the deployment bucket."""

    s3: Any
    bucket: str
    stack: str
    account: str

    def publish(self, package: Package) -> tuple[str, str]:
        """Store a package in the bucket, unless it is there; return its version and the address of its template.

        Raises CommandFailed: its template is not one of this product.
        """
        code, written = package.zip.read_bytes(), package.template.read_bytes()
        version = hashlib.sha256(hashlib.sha256(written).digest() + code).hexdigest()[:12]
        folder = f"{self.stack}/{version}"
        published = _published(written, f"s3://{self.bucket}/{folder}/deployment.zip", version)
        if published is None:
            raise CommandFailed(
                f"{package.template} is no template of this product: make it again with « make package »."
            )
        if not self._holds(f"{folder}/template.json"):
            self._put(f"{folder}/deployment.zip", code)
            self._put(f"{folder}/template.json", published)
        # The form that CloudFormation reads in every region, and on an emulator's address.
        return version, f"{self.s3.meta.endpoint_url}/{self.bucket}/{folder}/template.json"

    def deployments(self) -> list[Deployment]:
        """Read the list of deployments, oldest first; empty when there is none yet."""
        try:
            kept = self.s3.get_object(Bucket=self.bucket, Key=self._list, ExpectedBucketOwner=self.account)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return []
            raise
        return [Deployment(**deployment) for deployment in json.loads(kept["Body"].read())]

    def until(self, functions: dict[str, str]) -> list[Deployment]:
        """Read the list of deployments, oldest first, up to the last one of these versions of functions; else all of them.

        What is listed after those in service was rolled back already, by a roll back that was cut short.
        """
        listed = self.deployments()
        last = max(
            (place for place, deployment in enumerate(listed) if deployment.functions == functions),
            default=len(listed),
        )
        return listed[: last + 1]

    def note(self, before: list[Deployment], made: Deployment) -> None:
        """Write the list of deployments: those ``before``, then the one just ``made``.

        The same versions of functions, deployed again, keep their first entry; « worked » stays true once it was.
        """
        if before and before[-1].functions == made.functions:
            *before, same = before
            made = replace(same, worked=made.worked or same.worked)
        self.keep([*before, made])

    def keep(self, deployments: list[Deployment]) -> None:
        """Write the list of deployments in place of the stored one."""
        self._put(
            self._list, json.dumps([asdict(deployment) for deployment in deployments], indent=2).encode()
        )

    @property
    def _list(self) -> str:
        return f"{self.stack}/deployments.json"

    def _put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ExpectedBucketOwner=self.account)

    def _holds(self, key: str) -> bool:
        """Return whether the bucket holds an object of this key."""
        try:
            self.s3.head_object(Bucket=self.bucket, Key=key, ExpectedBucketOwner=self.account)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True


def read_template(written: bytes) -> dict[str, Any]:
    """Parse a template from YAML (JSON is read as well)."""
    quick = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, where PyYAML was built with it
    template: dict[str, Any] = yaml.load(written, quick)  # noqa: S506
    return template


def _published(written: bytes, code: str, version: str) -> bytes | None:
    """Return the template as JSON, with the address of its code and its version filled in; None: no template of this product.

    ``written``: the template as it was packaged; ``code``: the s3:// address of the zip. CloudFormation's tools read JSON ten
    times as fast as YAML.
    """
    template = read_template(written)
    named = [
        properties
        for resource in template["Resources"].values()
        if (properties := resource.get("Properties", {})).get("CodeUri") == CODE
    ]
    for properties in named:
        properties["CodeUri"] = code
    if not named or "Version" not in template["Outputs"]:
        return None
    template["Outputs"]["Version"]["Value"] = version
    return json.dumps(template, separators=(",", ":"), ensure_ascii=False).encode()


def shelf(s3: Any, *, stack: str, account: str, region: str) -> Shelf:
    """Return a stack's part of the deployment bucket, which is made when it is missing.

    Each call sets the bucket private and encrypted. Raises CommandFailed: the bucket is another account's, or access is refused.
    """
    bucket = f"passe-plat-deployments-{account}-{region}"
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise CommandFailed(
                f"The bucket {bucket} cannot be used ({error}): it is another account's, or these credentials may not."
            ) from None
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", **where)
    # Each time: a deployment closes the bucket again if somebody opened it.
    every = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(every, True))
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    return Shelf(s3, bucket, stack, account)
