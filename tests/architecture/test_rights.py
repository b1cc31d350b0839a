"""Who may do what: the roles, the keys, and nobody else."""

from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.architecture.templates import (
    ENVIRONMENT,
    FUNCTIONS,
    KEY_USES,
    LOGS,
    OF_TABLES,
    RIGHTS,
    ROLES,
    TABLES,
    USES,
    as_list,
    name_of,
    spared,
    walk,
)


def granted(resources: dict[str, dict[str, Any]], types: dict[str, Any], role: str) -> dict[str, set[str]]:
    """Return the actions that all policies of a role allow, each with its resources."""
    rights: dict[str, set[str]] = {}
    for name, policy in resources.items():
        if types[name]["Type"] != "AWS::IAM::Policy" or {"Ref": f"{role}Role"} not in policy["Roles"]:
            continue
        for statement in policy["PolicyDocument"]["Statement"]:
            if "Fn::If" in statement:
                continue  # on AWS alone: test_a_verified_recipient_gets_mails_of_our_sender_alone
            if statement["Effect"] == "Deny":
                continue  # takes something away: test_a_role_serves_in_its_own_function_alone
            assert "Condition" not in statement, "KMS itself checks contexts; no emulator evaluates others"
            for action in as_list(statement["Action"]):
                rights.setdefault(action, set()).update(
                    name_of(resource) for resource in as_list(statement["Resource"])
                )
    return rights


@pytest.mark.parametrize("role", ROLES)
def test_a_function_may_do_what_the_design_says_and_nothing_else(
    resources: dict[str, dict[str, Any]], template: dict[str, Any], role: str
) -> None:
    tables = {"ParcoursTable", "ParcoursTable/index/*", "RelayTable", "RelayTable/index/*"}
    of_tables = dict.fromkeys(TABLES, tables) if role in OF_TABLES else {}
    shared = of_tables | {action: {f"{role}Logs"} for action in LOGS}
    actions = RIGHTS[role].keys() | shared.keys()
    expected = {action: RIGHTS[role].get(action, set()) | shared.get(action, set()) for action in actions}

    assert granted(resources, template["Resources"], role) == expected


def test_a_verified_recipient_gets_mails_of_our_sender_alone(resources: dict[str, dict[str, Any]]) -> None:
    """In its sandbox, SES asks for the right to send to the recipient's identity too: on AWS the mailer has it, for mails of
    our sender. It is the one right that roles have on AWS alone.
    """
    (more,) = [
        statement
        for resource in resources.values()
        if "Roles" in resource
        for statement in resource["PolicyDocument"]["Statement"]
        if "Fn::If" in statement
    ]
    condition, statement, otherwise = more["Fn::If"]

    assert (condition, otherwise) == ("Edge", {"Ref": "AWS::NoValue"})
    assert more in resources["MailerPolicy"]["PolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": ["ses:SendEmail", "ses:SendRawEmail"],
        "Resource": {"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"},
        "Condition": {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}},
    }


def test_the_mailer_publishes_to_telephones_and_to_no_topic(resources: dict[str, dict[str, Any]]) -> None:
    denied = [
        statement
        for statement in resources["MailerPolicy"]["PolicyDocument"]["Statement"]
        if statement.get("Effect") == "Deny"
    ]

    assert denied == [
        {
            "Effect": "Deny",
            "Action": "sns:Publish",
            "Resource": {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"},
        }
    ]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_taken_by_lambda_alone_and_carries_no_policy_of_its_own(
    resources: dict[str, dict[str, Any]], role: str
) -> None:
    trusted = {"Service": "lambda.amazonaws.com"}
    trust = resources[f"{role}Role"]["AssumeRolePolicyDocument"]["Statement"]

    assert trust == [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}]
    assert not {"Policies", "ManagedPolicyArns"} & set(resources[f"{role}Role"])


WITHOUT_ITS_FUNCTION = {"s3:GetObject", "s3:PutObject", "sqs:SendMessage"}
"""What a browser does by an address that a function signed, and what Lambda itself does with what died."""


@pytest.mark.parametrize(("function", "role"), FUNCTIONS.items())
def test_a_role_serves_in_its_own_function_alone(
    resources: dict[str, dict[str, Any]], template: dict[str, Any], function: str, role: str
) -> None:
    """Each role denies itself every right outside its own function, except those of WITHOUT_ITS_FUNCTION: a right added without
    this Deny fails here. The emulator evaluates the same Deny in another form.
    """
    statements = resources[f"{role}InItsFunction"]["PolicyDocument"]["Statement"]
    session = f"arn:${{AWS::Partition}}:sts::${{AWS::AccountId}}:assumed-role/${{{role}Role}}/${{{function}}}"
    own = [{"Fn::GetAtt": [function, "Arn"]}, {"Fn::Sub": f"${{{function}.Arn}}:*"}]
    elsewhere = {"ArnNotLike": {"lambda:SourceFunctionArn": own}}
    emulated = {"ArnNotLike": {"aws:PrincipalArn": {"Fn::Sub": session}}}
    rights = granted(resources, template["Resources"], role)

    assert resources[f"{role}InItsFunction"]["Roles"] == [{"Ref": f"{role}Role"}]
    for statement in statements:
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Fn::If": ["Edge", elsewhere, emulated]}
    serves_anywhere = {
        action
        for action, designated in rights.items()
        for resource in designated
        if not any(covers(statement, action, resource) for statement in statements)
    }
    assert serves_anywhere == WITHOUT_ITS_FUNCTION & set(rights)
    assert any(covers(statement, "iam:CreateUser", "anything") for statement in statements)


def covers(statement: dict[str, Any], action: str, resource: str) -> bool:
    """Return whether a statement speaks of this action on this resource; it may name actions or, with NotAction, those it
    leaves out.
    """
    named = as_list(statement.get("Action", statement.get("NotAction")))
    of_action = any(fnmatchcase(action, pattern) for pattern in named) is ("Action" in statement)
    return of_action and (statement["Resource"] == "*" or resource in map(name_of, statement["Resource"]))


@pytest.mark.parametrize(("function", "role"), FUNCTIONS.items())
def test_a_function_has_its_own_role_log_and_environment(
    resources: dict[str, dict[str, Any]], template: dict[str, Any], function: str, role: str
) -> None:
    properties = resources[function]

    assert properties["Role"] == {"Fn::GetAtt": [f"{role}Role", "Arn"]}
    assert properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{role}Logs"}}
    assert resources[f"{role}Logs"]["RetentionInDays"] == 180
    assert set(properties["Environment"]["Variables"]) == ENVIRONMENT[function]
    assert set(template["Globals"]["Function"]["Environment"]["Variables"]) == ENVIRONMENT["Globals"]


def test_there_is_no_other_function_or_role(template: dict[str, Any]) -> None:
    def named(kind: str) -> set[str]:
        return {name for name, resource in template["Resources"].items() if resource["Type"] == kind}

    assert named("AWS::Serverless::Function") == set(FUNCTIONS)
    assert named("AWS::IAM::Role") == {f"{role}Role" for role in ROLES} | {"ApiLogsRole", "TrailRole"}
    assert not named("AWS::IAM::User") | named("AWS::IAM::ManagedPolicy")


@pytest.mark.parametrize("key", KEY_USES)
def test_a_key_serves_its_named_roles_and_is_denied_to_everyone_else(
    resources: dict[str, dict[str, Any]], key: str
) -> None:
    statements = resources[key]["KeyPolicy"]["Statement"]
    allowed = [statement for statement in statements if statement["Effect"] == "Allow"]
    denied = [statement for statement in statements if statement["Effect"] == "Deny"]
    account, *uses = allowed

    assert account["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert not USES & set(account["Action"])
    assert not any("*" in action for action in account["Action"])
    assert {
        use["Action"]: {role["Fn::GetAtt"][0].removesuffix("Role") for role in use["Principal"]["AWS"]}
        for use in uses
    } == KEY_USES[key]
    assert all(statement["Principal"] == {"AWS": "*"} for statement in denied)
    assert {
        statement["Action"]: spared(statement) for statement in denied if "Condition" in statement
    } == KEY_USES[key]
    for_nobody = {
        action for statement in denied if "Condition" not in statement for action in statement["Action"]
    }
    assert for_nobody == USES - set(KEY_USES[key])


@pytest.mark.parametrize("key", ["LinkKey", "CodeKey"])
def test_tokens_and_codes_are_made_by_keys_that_never_leave(
    resources: dict[str, dict[str, Any]], key: str
) -> None:
    """Tokens and codes are MACs under KMS keys, which nobody can read."""
    assert (resources[key]["KeySpec"], resources[key]["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")


def test_nothing_depends_on_an_encryption_context_in_a_policy(template: dict[str, Any]) -> None:
    """No policy has a condition on the encryption context of KMS."""
    assert not [value for value in walk(template) if isinstance(value, str) and "EncryptionContext" in value]
