"""Policies that bind each role to its own function: used outside it, the role is denied all keys, tables and mails."""

from typing import Any

from infra.alarms import FUNCTIONS

OUTSIDE = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]
"""What a role must do outside its function: browsers fetch and post documents by addresses that it signed, and Lambda itself
sends the dead letters. Its logs do name the function (AWS, « Using source function ARN to control function access behavior »)."""
KEYS = ["DocumentKey", "LinkKey", "CodeKey"]


def template() -> dict[str, Any]:
    """Return the part of the CloudFormation template that denies each role nearly everything outside its own function.

    It has one policy for each role, with Deny statements alone: no right is granted here.
    """
    return {
        "Resources": {
            f"{name}InItsFunction": _in_its_function(name, function) for name, function in FUNCTIONS.items()
        }
    }


def _in_its_function(name: str, function: str) -> dict[str, Any]:
    """Return the policy that denies a role nearly everything outside its function.

    ``name``: the function's short name, with which its role's name begins; ``function``: logical id of the function.
    """
    # In a policy of the role: Lambda says where a role is at work to these alone, not to policies of keys and tables.
    elsewhere = {"Fn::If": ["Edge", _on_aws(function), _on_an_emulator(name, function)]}
    # Of KMS our keys only: with its own, Lambda decrypts the environment, outside the function too.
    statements: list[dict[str, Any]] = [
        {"NotAction": ["kms:*", *OUTSIDE], "Resource": "*"},
        {"Action": "kms:*", "Resource": [{"Fn::GetAtt": [key, "Arn"]} for key in KEYS]},
    ]
    return {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "in-its-function",
            "Roles": [{"Ref": f"{name}Role"}],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Deny", **statement, "Condition": elsewhere} for statement in statements
                ],
            },
        },
    }


def _on_aws(function: str) -> dict[str, Any]:
    """Return the condition « the request comes from outside this function », as AWS evaluates it.

    Of a published version, AWS does not say whether the ARN bears its number: both forms are the function.
    """
    own = [{"Fn::GetAtt": [function, "Arn"]}, {"Fn::Sub": f"${{{function}.Arn}}:*"}]
    return {"ArnNotLike": {"lambda:SourceFunctionArn": own}}


def _on_an_emulator(name: str, function: str) -> dict[str, Any]:
    """Return the condition « the request comes from outside this function », as the emulator evaluates it.

    The emulator knows the function only by the name of the role's session. On AWS whoever takes a role may choose that name.
    """
    session = f"arn:${{AWS::Partition}}:sts::${{AWS::AccountId}}:assumed-role/${{{name}Role}}/${{{function}}}"
    return {"ArnNotLike": {"aws:PrincipalArn": {"Fn::Sub": session}}}
