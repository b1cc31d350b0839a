"""Combinations of parameters that cannot work are refused before anything is made."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from chalice.package import YAMLTemplateSerializer

from infra.deploy import stage
from infra.local import cloud
from infra.local.cloud import Operator

CERTIFICATE = "arn:aws:acm:eu-west-3:111122223333:certificate/12345678-1234-1234-1234-123456789012"
ACL = "arn:aws:wafv2:eu-west-3:111122223333:regional/webacl/relay/12345678-1234-1234-1234-123456789012"
ON_AWS = {
    "PublicBaseUrl": "https://passe-plat.example.fr",
    "MailFrom": "relais@passe-plat.example.fr",
    "CertificateArn": CERTIFICATE,
}
ON_THIS_MACHINE = {
    "PublicBaseUrl": "http://localhost:8000",
    "MailFrom": "a@passe-plat.example",
    "StorageOrigin": "http://127.0.0.1:4566",
    "OnAws": "false",
}


@pytest.fixture(scope="module")
def cloudformation() -> Iterator[Any]:
    """The client of an emulated account in which nothing is deployed."""
    port = cloud.free_port()
    with cloud.emulator(port, cloud.free_port()):
        yield Operator(f"http://{cloud.LOOPBACK}:{port}").client("cloudformation")


def refusal(cloudformation: Any, template: dict[str, Any], given: dict[str, str]) -> str:
    """Return why CloudFormation refuses these parameters by our rules; empty when it takes them.

    One topic stands for all other resources.
    """
    only_rules = {
        "AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"],
        "Parameters": template["Parameters"],
        "Rules": template["Rules"],
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    try:
        cloudformation.create_stack(
            StackName="rules",
            TemplateBody=YAMLTemplateSerializer().serialize_template(only_rules),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        )
    except ClientError as error:
        return error.response["Error"]["Message"]
    cloudformation.get_waiter("stack_create_complete").wait(StackName="rules", WaiterConfig={"Delay": 0})
    cloudformation.delete_stack(StackName="rules")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="rules", WaiterConfig={"Delay": 0})
    return ""


@pytest.mark.parametrize(
    "given",
    [
        ON_AWS,
        ON_THIS_MACHINE,
        ON_THIS_MACHINE | {"PublicBaseUrl": "https://localhost:8443"},
        ON_AWS | {"WebAclArn": ACL},
        ON_AWS | {"RateLimitPerSource": ""},
        ON_AWS | {"DeletionProtection": "true", "SetApiLogsRole": "true", "ReserveConcurrency": "true"},
    ],
    ids=lambda given: " ".join(given),
)
def test_what_works_together_passes(
    cloudformation: Any, template: dict[str, Any], given: dict[str, str]
) -> None:
    assert refusal(cloudformation, template, given) == ""


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (ON_AWS | {"CertificateArn": ""}, "CertificateArn is missing"),
        (ON_AWS | {"PublicBaseUrl": "http://localhost"}, "this machine's own"),
        (ON_AWS | {"StorageOrigin": "https://elsewhere.example"}, "StorageOrigin is for emulators"),
        (ON_THIS_MACHINE | {"StorageOrigin": ""}, "StorageOrigin is missing"),
        (ON_THIS_MACHINE | {"CertificateArn": CERTIFICATE}, "an emulator does not have"),
        (ON_AWS | {"MailCodeRoles": "none"}, "MailCodeRoles needs ProConnect"),
        # What one parameter alone shows is its pattern's.
        (ON_AWS | {"PublicBaseUrl": "http://passe-plat.example.fr"}, "PublicBaseUrl"),
        (ON_AWS | {"PublicBaseUrl": "https://passe-plat.example.fr/"}, "PublicBaseUrl"),
        (ON_AWS | {"PublicBaseUrl": "https://passe-plat.example.fr:443"}, "PublicBaseUrl"),
        (ON_AWS | {"PublicBaseUrl": "https://Passe-Plat.example.fr"}, "PublicBaseUrl"),
        (ON_AWS | {"MailFrom": "estève@passe-plat.example.fr"}, "MailFrom"),
        (ON_AWS | {"MailFrom": "relais@Passe-Plat.example.fr"}, "MailFrom"),
        (ON_AWS | {"CertificateArn": "12345678-1234-1234-1234-123456789012"}, "CertificateArn"),
        (ON_AWS | {"WebAclArn": ACL.replace("regional", "global")}, "WebAclArn"),
        (ON_AWS | {"RateLimitPerSource": "5"}, "RateLimitPerSource"),
    ],
)
def test_what_cannot_work_together_is_refused_with_a_sentence(
    cloudformation: Any, template: dict[str, Any], given: dict[str, str], why: str
) -> None:
    assert why in refusal(cloudformation, template, given)


def test_the_example_of_a_stage_passes_the_rules(cloudformation: Any, template: dict[str, Any]) -> None:
    assert refusal(cloudformation, template, stage.read_stage("example").parameters) == ""
