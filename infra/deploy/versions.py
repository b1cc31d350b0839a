"""The deployed versions, kept in a bucket of the account: each one's zip and template, and the list of deployments; and traffic.

A version of the product is named by the first 12 hexadecimal digits of a SHA-256 of its template and zip: the same sources give
the same name on any machine. Lambda gives the published versions of each function numbers of its own.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError

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
    """Whether its smoke test ran and passed, and the product then answered at its name."""

    def is_in_service(self, serving: dict[str, str]) -> bool:
        """Return whether this deployment's versions are those that serve; ``serving``: their numbers by logical id.

        A function of one of the two alone, which was added or removed in between, does not count.
        """
        return all(serving.get(name, number) == number for name, number in self.functions.items())


@dataclass(frozen=True)
class Traffic:
    """Which published version of each function is in service: the one to which its alias leads."""

    api: Any
    """A client of Lambda."""
    functions: dict[str, str]
    """Logical ids to deployed names."""

    def read(self) -> dict[str, str]:
        """Return the number of the version of each function that is in service, by logical id.

        A function of a stack that was deployed before there were aliases is left out.
        """
        serving = {}
        for name, function in self.functions.items():
            try:
                alias = self.api.get_alias(FunctionName=function, Name=LIVE)
            except self.api.exceptions.ResourceNotFoundException:
                continue
            serving[name] = str(alias["FunctionVersion"])
        return serving

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
        number = str(self.api.publish_version(FunctionName=function)["Version"])
        self.move({name: number})

    def move(self, versions: dict[str, str]) -> None:
        """Put these versions in service; ``versions``: their numbers by the logical ids of functions.

        What serves already is left alone, since a move wakes people, and so is a function that the stack does not have.
        Raises CommandFailed: a function could not be moved; the same command goes on from there.
        """
        serving = self.read()
        moving = [name for name in versions if name in self.functions and serving.get(name) != versions[name]]
        for place, name in enumerate(moving):
            try:
                self.api.update_alias(
                    FunctionName=self.functions[name], Name=LIVE, FunctionVersion=versions[name]
                )
            except (BotoCoreError, ClientError) as error:
                raise CommandFailed(
                    f"Traffic moved for {place} of {len(moving)} functions, the others serve what they served: {error}\n"
                    "Run the same command again, which moves the rest."
                ) from None


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
        """Read the list of deployments, oldest first; empty when there is none yet.

        Those from before there were aliases, which name no versions of functions, are left out: nothing leads back to them.
        """
        try:
            kept = self.s3.get_object(Bucket=self.bucket, Key=self._list, ExpectedBucketOwner=self.account)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return []
            raise
        known = {field.name for field in fields(Deployment)}
        return [
            Deployment(**{name: value for name, value in listed.items() if name in known})
            for listed in json.loads(kept["Body"].read())
            if "functions" in listed
        ]

    def until(self, serving: dict[str, str]) -> list[Deployment]:
        """Read the list of deployments, oldest first, up to the last one that is in service; else all of them.

        What is listed after those in service was rolled back already, by a roll back that was cut short.
        """
        listed = self.deployments()
        last = max(
            (place for place, deployment in enumerate(listed) if deployment.is_in_service(serving)),
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

    def note_renewed(self, served: dict[str, str], serving: dict[str, str]) -> None:
        """Note for the deployment in service the new numbers of its versions; one that is on no list is left alone.

        ``served``, ``serving``: the numbers by logical id, before and now.
        """
        listed = self.until(served)
        if listed and listed[-1].is_in_service(served):
            self.keep([*listed[:-1], replace(listed[-1], functions=serving)])

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


def name_bucket(account: str, region: str) -> str:
    """Return the name of the deployment bucket of an account and region."""
    return f"passe-plat-deployments-{account}-{region}"


def shelf(s3: Any, *, stack: str, account: str, region: str) -> Shelf:
    """Return a stack's part of the deployment bucket, which is made when it is missing.

    Each call sets the bucket private and encrypted. Raises CommandFailed: the bucket is another account's, or access is refused.
    """
    bucket = name_bucket(account, region)
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
