"""What is held of a stack, whichever of its resources its parameters left out."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy.commands import Command
from infra.deploy.stack import POLICY, Change, ChangeSet, Policy, Stack
from infra.package import merged_template
from tests.deploy.conftest import Account, Deployed

KEPT = {"Retain", "RetainExceptOnCreate"}


def table(name: str) -> dict[str, Any]:
    """Return a table as a template declares it."""
    properties = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


@pytest.mark.cloud
def test_the_policy_that_is_set_names_what_stands_and_follows_what_is_added(account: Account) -> None:
    """The stack policy names only resources that exist, since CloudFormation refuses others (the emulator does not), and is set
    anew when one is added.
    """
    api = account.target.client("cloudformation")
    stack = Stack(api, "petite")

    def refuse_unknown(params: dict[str, Any], **_: object) -> None:
        for statement in json.loads(params["StackPolicyBody"])["Statement"]:
            names = statement["Resource"]
            for name in [] if names == "*" else [arn.partition("/")[2] for arn in names]:
                if name not in stack.resources():
                    message = f"Unknown logical id '{name}' in statement {{}}"
                    error: Any = {"Code": "ValidationError", "Message": message}
                    raise ClientError({"Error": error}, "SetStackPolicy")

    api.meta.events.register("before-parameter-build.cloudformation.SetStackPolicy", refuse_unknown)

    def denied() -> list[str]:
        policy = json.loads(api.get_stack_policy(StackName="petite")["StackPolicyBody"])
        return [
            name
            for statement in policy["Statement"]
            if statement["Effect"] == "Deny"
            for name in statement["Resource"]
        ]

    def template(*names: str) -> str:
        return json.dumps({"Resources": {name: table(f"petite-{name}") for name in names}})

    try:
        api.create_stack(StackName="petite", TemplateBody=template("Other"))
        api.get_waiter("stack_create_complete").wait(StackName="petite", WaiterConfig={"Delay": 1})
        stack.hold_to_policy()
        assert denied() == []

        api.update_stack(StackName="petite", TemplateBody=template("Other", "RelayTable"))
        api.get_waiter("stack_update_complete").wait(StackName="petite", WaiterConfig={"Delay": 1})
        stack.hold_to_policy()
        assert denied() == ["LogicalResourceId/RelayTable"]
        allowed = json.loads(api.get_stack_policy(StackName="petite")["StackPolicyBody"])["Statement"][-1]
        assert allowed == json.loads(POLICY.read_text())["Statement"][-1]
    finally:
        api.delete_stack(StackName="petite")


@pytest.mark.cloud
def test_one_mail_says_what_a_deployment_changed_and_by_whom(
    account: Account, deployed_place: Deployed
) -> None:
    """It reaches a queue that is subscribed to the alerts, as it would reach people; a deployment sends it."""
    assert "What was changed was mailed to those who receive the alerts." in deployed_place.said

    target = account.target
    queue, sns = target.client("sqs"), target.client("sns")
    url = queue.create_queue(QueueName="alerts-of-a-test")["QueueUrl"]
    arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    queue.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    command = Command(target, lambda _: None, lambda _: True, quick=True)
    _, topic = command.stack.resources()["Alerts"]
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    made = ["Modify  Web (AWS::Lambda::Function)", "Add     Added (AWS::SNS::Topic)"]

    command._mail_changes(made)

    (message,) = queue.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    mail = json.loads(message["Body"])
    assert mail["Subject"] == "What was changed in passe-plat"
    assert mail["Message"].splitlines() == [
        f"{target.identity} changed the stack passe-plat:",
        *made,
    ]
    sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
    queue.delete_queue(QueueUrl=url)


def test_a_trail_of_ones_own_may_take_the_place_of_the_stacks_whose_bucket_stays() -> None:
    bucket = merged_template()["Resources"]["TrailBucket"]
    gone = Change("Remove", "TrailBucket", bucket["Type"], "", "Retain")

    assert {bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]} <= KEPT
    assert (
        Policy.from_file().refused(ChangeSet(Stack(None, "x"), "id", "id", creates=False, changes=(gone,)))
        == []
    )
    assert str(gone) == "Remove  TrailBucket (AWS::S3::Bucket)  leaves the stack, and stays"
    assert str(Change("Remove", "TrailBucket", "x", "", "Delete")).endswith("DELETED")
