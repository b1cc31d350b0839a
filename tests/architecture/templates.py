"""What the template must say, and how its tests read it."""

import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from chalice.package import YAMLTemplateSerializer

from infra import package

ROLES = ("Web", "Inspect", "Mailer", "Unseal", "Identify", "Purge", "Feedback", "Remind", "Prove")
OF_TABLES = tuple(role for role in ROLES if role != "Identify")
"""Those that may use the tables."""
TABLES = {
    f"dynamodb:{action}"
    for action in (
        "GetItem",
        "BatchGetItem",
        "Query",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "ConditionCheckItem",
    )
}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
# What each function may do beside the tables and its own log, action to the resources it may do it to.
RIGHTS: dict[str, dict[str, set[str]]] = {
    "Web": {
        "kms:Encrypt": {"DocumentKey"},
        "kms:GenerateMac": {"CodeKey"},
        "s3:PutObject": {"DocumentBucket/sealed/*"},
        "dynamodb:PutItem": {"AuditTable"},
        "lambda:InvokeFunction": {"Unseal", "Identify", "Mailer"},
    },
    "Inspect": {
        "s3:GetObject": {"DocumentBucket/sealed/*"},
        "s3:DeleteObject": {"DocumentBucket/sealed/*"},
        "kms:Decrypt": {"DocumentKey"},
        "lambda:InvokeFunction": {"Mailer"},
        "sqs:SendMessage": {"DeadLetters"},
    },
    "Mailer": {
        "kms:GenerateMac": {"LinkKey", "CodeKey"},
        "ses:SendEmail": {"mail"},
        "ses:SendRawEmail": {"mail"},
        "sns:Publish": {"*"},
        "sns:CheckIfPhoneNumberIsOptedOut": {"*"},
        "sqs:SendMessage": {"DeadLetters"},
    },
    "Unseal": {
        "kms:VerifyMac": {"LinkKey"},
        "kms:Decrypt": {"DocumentKey"},
        "kms:Encrypt": {"DocumentKey"},
        "s3:GetObject": {"DocumentBucket/sealed/*"},
    },
    "Identify": {},
    "Purge": {
        "s3:ListBucket": {"DocumentBucket"},
        "s3:DeleteObject": {"DocumentBucket/sealed/*"},
        "lambda:InvokeFunction": {"Mailer", "Inspect"},
        "sqs:SendMessage": {"DeadLetters"},
    },
    "Feedback": {},
    "Remind": {"lambda:InvokeFunction": {"Mailer", "Remind:*"}, "sqs:SendMessage": {"DeadLetters"}},
    "Prove": {"s3:ListBucket": {"DocumentBucket"}, "sqs:SendMessage": {"DeadLetters"}},
}
KEY_USES = {
    "DocumentKey": {"kms:Encrypt": {"Web", "Unseal"}, "kms:Decrypt": {"Inspect", "Unseal"}},
    "LinkKey": {"kms:GenerateMac": {"Mailer"}, "kms:VerifyMac": {"Unseal"}},
    "CodeKey": {"kms:GenerateMac": {"Web", "Mailer"}},
}
# Every way to use, copy or lend a symmetric or HMAC key.
USES = {
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:GenerateMac",
    "kms:VerifyMac",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
}
USES |= {"kms:CreateGrant", "kms:ReplicateKey"}
ENVIRONMENT = {
    "Globals": {"PARCOURS_TABLE", "RELAY_TABLE", "DOCUMENT_BUCKET", "PUBLIC_BASE_URL", "STORAGE_ORIGIN"}
    | {
        "ANSWER_DAYS",
        "OPENED_HOURS",
        "LINK_DAYS",
        "RETENTION_MONTHS",
        "IDLE_MONTHS",
        "COMPANY_ANSWER_DAYS",
        "BUYER_WORKING_DAYS",
        "BUYER_LINK_WORKING_DAYS",
    }
    | {"TUTOR_WORKING_DAYS", "DELIVERY_HOURS", "RESERVATION_DAYS", "CLOSING_MONTHS", "CONTACT_CONFIRM_MONTHS"}
    | {
        "FIRST_REMINDER_WORKING_DAYS",
        "SECOND_REMINDER_WORKING_DAYS",
        "BUYER_CALL_DAYS",
        "TUTOR_REMINDER_WORKING_DAYS",
        "SENDING_REMINDER_DAYS",
        "REPEAT_REMINDER_WORKING_DAYS",
        "EXPIRY_WARNING_DAYS",
        "CODES_PER_HOUR",
        "SOURCE_CODES_PER_HOUR",
        "UNKNOWN_CODES_PER_HOUR",
        "PASSKEY_GRACE_DAYS",
        "SMS_NUMBER",
    }
    | {"MAIL_CODE_ROLES", "PROCONNECT_DISCOVERY", "PROCONNECT_CLIENT_ID", "PROCONNECT_LEVELS"}
    | {"MAILS_PER_SECOND", "TUTOR_WORKING_DAYS", "RESERVATION_DAYS", "CLOSING_MONTHS"}
    | {
        "PUBLISHER_NAME",
        "PUBLISHER_POSTAL_ADDRESS",
        "PUBLISHER_PHONE",
        "PUBLISHER_DIRECTOR",
        "JOINT_CONTROLLERS",
    }
    | {
        "HOST_NAME",
        "HOST_POSTAL_ADDRESS",
        "HOST_PARENT",
        "HOST_PHONE",
        "TRANSFER_GROUNDS",
        "ACCESSIBILITY_PLAN",
        "APPROVAL_DECISION",
    }
    | {"DPO_ADDRESS", "DPO_POSTAL_ADDRESS", "SUPPORT_ADDRESS"},
    "APIHandler": {
        "AUDIT_TABLE",
        "DOCUMENT_KEY",
        "CODE_KEY",
        "UNSEAL_FUNCTION",
        "IDENTIFY_FUNCTION",
        "MAILER_FUNCTION",
    },
    "Inspect": {"DOCUMENT_KEY", "MAILER_FUNCTION"},
    "Mailer": {"LINK_KEY", "CODE_KEY", "MAIL_FROM", "MAIL_CONFIGURATION_SET"},
    "Unseal": {"DOCUMENT_KEY", "LINK_KEY"},
    "Identify": {"PROCONNECT_SECRET"},
    "Purge": {"MAILER_FUNCTION", "INSPECT_FUNCTION"},
    "Feedback": {"ACCOUNT", "MAIL_CONFIGURATION_SET"},
    "Remind": {"MAILER_FUNCTION"},
    "Prove": {"PROOF_ADDRESS"},
}
FUNCTIONS = {
    "APIHandler": "Web",
    "Inspect": "Inspect",
    "Mailer": "Mailer",
    "Unseal": "Unseal",
    "Identify": "Identify",
    "Purge": "Purge",
    "Feedback": "Feedback",
    "Remind": "Remind",
    "Prove": "Prove",
}


def expanded(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template as CloudFormation gets it, once SAM's own resources have become AWS's."""
    from samtranslator.translator.transform import transform

    class NoManagedPolicies:
        def load(self) -> dict[str, str]:
            return {}

    yaml = YAMLTemplateSerializer()
    copy = yaml.load_template(yaml.serialize_template(template))
    for resource in copy["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://code/deployment.zip"
    parameters = {"PublicBaseUrl": "https://x.example", "MailFrom": "a@x.example"}
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": package.REGION}):
        made: dict[str, Any] = transform(copy, parameters, NoManagedPolicies())
    return made


def as_list(value: Any) -> list[Any]:
    """Return a list, or a list of the one value."""
    return value if isinstance(value, list) else [value]


def walk(value: Any) -> Iterator[Any]:
    """Give every dict, list and scalar of a template, at any depth."""
    yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from walk(inner)


def name_of(resource: Any) -> str:
    """Return a short name of what a statement's Resource designates; of the mail service, a word of our own."""
    match resource:
        case {"Fn::GetAtt": [name, "Arn"]}:
            return str(name)
        case {"Ref": str(alias)} if alias.endswith(".Alias"):
            return alias.removesuffix(".Alias")
        case {"Fn::Sub": str(text)}:
            return text.replace("${", "").replace(".Arn}", "")
        case {"Fn::If": ["Edge", [*identities], "*"]}:
            assert all("arn:${AWS::Partition}:ses:" in str(identity) for identity in identities)
            return "mail"
        case "*":
            return "*"
    raise AssertionError(f"a resource of no known form: {resource}")


def spared(statement: dict[str, Any]) -> set[str]:
    """Return the roles that a Deny spares, each of whose ARNs it must name in both forms."""
    patterns = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert list(statement["Condition"]) == ["ArnNotLike"]
    roles = {pattern["Fn::GetAtt"][0] for pattern in patterns if "Fn::GetAtt" in pattern}
    session = "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${%s}/*"
    assert {pattern["Fn::Sub"] for pattern in patterns if "Fn::Sub" in pattern} == {
        session % role for role in roles
    }
    return {role.removesuffix("Role") for role in roles}
