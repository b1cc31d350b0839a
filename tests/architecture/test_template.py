"""The template that is deployed: storage, the gateway, the whole."""

import base64
import hashlib
import re
import subprocess
import sys
from copy import deepcopy
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from chalicelib.config import Settings
from chalicelib.domain.kernel.retention import LONGEST, RetentionPolicy
from chalicelib.stores.functions import LIVE
from chalicelib.web.kit import http
from infra import gateway, package
from infra.deploy import checks
from infra.deploy.stage import name_bounce_domain
from tests.architecture import templates
from tests.architecture.templates import (
    FUNCTIONS,
    ROLES,
    spared,
    walk,
)


def test_the_bucket_is_closed_to_everyone_but_the_functions_that_need_it(
    resources: dict[str, dict[str, Any]],
) -> None:
    statements = resources["DocumentBucketPolicy"]["PolicyDocument"]["Statement"]
    always = {statement["Sid"]: statement for statement in statements if "Sid" in statement}

    assert all(
        statement["Effect"] == "Deny" and statement["Principal"] == "*" for statement in always.values()
    )
    assert spared(always["OnlyInspectAndUnsealRead"]) == {"Inspect", "Unseal"}
    assert always["OnlyInspectAndUnsealRead"]["Action"] == "s3:GetObject*"
    assert spared(always["OnlyWebWrites"]) == {"Web"}
    assert "s3:PutObject*" in always["OnlyWebWrites"]["Action"]
    assert spared(always["OnlyInspectAndPurgeErase"]) == {"Inspect", "Purge"}
    assert "Condition" not in always["NoCopyOutlivesItsObject"]
    assert set(always["NoCopyOutlivesItsObject"]["Action"]) == {
        "s3:PutBucketVersioning",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutInventoryConfiguration",
        "s3:PutAnalyticsConfiguration",
        "s3:CreateBucketMetadataTableConfiguration",
        "s3:PutBucketLogging",
    }


def test_on_aws_the_bucket_wants_tls_and_signed_forms(resources: dict[str, dict[str, Any]]) -> None:
    statements = resources["DocumentBucketPolicy"]["PolicyDocument"]["Statement"]
    edge = {
        statement["Fn::If"][1]["Sid"]: statement["Fn::If"]
        for statement in statements
        if "Fn::If" in statement
    }

    assert all(choice[0] == "Edge" and choice[2] == {"Ref": "AWS::NoValue"} for choice in edge.values())
    assert edge["OnlyOverTls"][1]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert edge["OnlyOverTls"][1]["Action"] == "s3:*"
    assert edge["OnlyBySignedForm"][1]["Condition"] == {"StringNotEquals": {"s3:authType": "POST"}}
    assert edge["OnlyBySignedForm"][1]["Action"] == "s3:PutObject"


def test_the_bucket_keeps_no_copy_and_answers_one_site(resources: dict[str, dict[str, Any]]) -> None:
    bucket = resources["DocumentBucket"]
    (cors,) = bucket["CorsConfiguration"]["CorsRules"]
    (net,) = bucket["LifecycleConfiguration"]["Rules"]

    assert "VersioningConfiguration" not in bucket
    assert "ReplicationConfiguration" not in bucket
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert cors["AllowedOrigins"] == [{"Ref": "PublicBaseUrl"}]
    assert set(cors["AllowedMethods"]) == {"GET", "HEAD", "POST"}
    assert net["Status"] == "Enabled"
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_the_net_under_the_purge_cuts_no_life_that_the_settings_allow(
    resources: dict[str, dict[str, Any]],
) -> None:
    (net,) = resources["DocumentBucket"]["LifecycleConfiguration"]["Rules"]
    most = {field.name: field.metadata["high"] for field in fields(Settings) if "high" in field.metadata}
    # Its upload is awaited, inspected within a day, then its link lives, and it was opened at the very end.
    before_link = timedelta(minutes=RetentionPolicy().upload_minutes) + timedelta(days=1)
    longest = before_link + LONGEST + timedelta(hours=most["opened_hours"])

    assert net["Status"] == "Enabled"
    assert timedelta(days=most["answer_days"]) <= LONGEST
    assert longest <= timedelta(days=net["ExpirationInDays"])


def test_the_tables_of_parcours_and_of_acts_are_backed_up_and_no_other(
    resources: dict[str, dict[str, Any]],
) -> None:
    def recovery(table: str) -> Any:
        return resources[table]["PointInTimeRecoverySpecification"]

    for table in ("ParcoursTable", "AuditTable"):
        assert recovery(table) == {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    assert recovery("RelayTable") == {"PointInTimeRecoveryEnabled": False}
    for table in ("ParcoursTable", "RelayTable", "AuditTable"):
        assert resources[table]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert resources[table]["DeletionProtectionEnabled"] == {"Fn::If": ["Protected", True, False]}
        assert "StreamSpecification" not in resources[table]


def test_the_table_without_backup_denies_its_copies_to_everybody(
    resources: dict[str, dict[str, Any]],
) -> None:
    """No emulator evaluates the policy of a table. What it cannot deny is heard: test_alarms.py."""
    (statement,) = resources["RelayTable"]["ResourcePolicy"]["PolicyDocument"]["Statement"]

    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert "Condition" not in statement
    assert set(statement["Action"]) == {
        "dynamodb:CreateBackup",
        "dynamodb:ExportTableToPointInTime",
        "dynamodb:RestoreTableToPointInTime",
        "dynamodb:EnableKinesisStreamingDestination",
    }


def test_no_row_of_the_audit_trail_is_changed_by_anybody_and_web_alone_adds_one(
    resources: dict[str, dict[str, Any]],
) -> None:
    """No emulator evaluates the policy of a table: what roles may do there is in test_rights.py, and tried in test_roles.py."""
    unchanged, added = resources["AuditTable"]["ResourcePolicy"]["PolicyDocument"]["Statement"]

    assert {(statement["Effect"], statement["Principal"]) for statement in (unchanged, added)} == {
        ("Deny", "*")
    }
    assert "Condition" not in unchanged
    assert set(unchanged["Action"]) == {
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PartiQLDelete",
    }
    assert added["Action"] == "dynamodb:PutItem"
    assert templates.spared(added) == {"Web"}


def test_inspect_is_woken_by_sealed_documents_of_our_bucket_only(
    resources: dict[str, dict[str, Any]],
) -> None:
    event = resources["Inspect"]["Events"]["InspectEvent"]["Properties"]

    assert event["Pattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "DocumentBucket"}]},
            "object": {"key": [{"prefix": "sealed/"}]},
        },
    }


@pytest.mark.parametrize("function", ["Inspect", "Mailer", "Purge", "Remind", "Prove"])
def test_what_dies_after_its_retries_is_kept_and_seen(
    resources: dict[str, dict[str, Any]], function: str
) -> None:
    queue = {"Fn::GetAtt": ["DeadLetters", "Arn"]}

    assert resources[function]["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": queue}
    for event in resources[function].get("Events", {}).values():
        assert event["Properties"]["DeadLetterConfig"] == {"Arn": queue}
    assert resources["DeadLetters"]["SqsManagedSseEnabled"] is True
    assert resources["DeadLettersAlarm"]["AlarmActions"] == [{"Ref": "Alerts"}]


def test_the_api_logs_neither_paths_nor_people(resources: dict[str, dict[str, Any]]) -> None:
    api = resources["RestAPI"]
    variables = set(re.findall(r"\$context\.([\w.]+)", api["AccessLogSetting"]["Format"]))

    ids, facts = {"integration.requestId", "extendedRequestId"}, {"httpMethod", "resourcePath", "status"}
    assert variables == ids | facts | {"responseLatency", "error.responseType"}
    for method in api["MethodSettings"]:
        assert (method["DataTraceEnabled"], method["LoggingLevel"]) == (False, "OFF")


def test_no_metric_of_a_method_is_paid_for(resources: dict[str, dict[str, Any]]) -> None:
    """No method has detailed metrics, which are billed and which no alarm reads."""
    assert [method["MetricsEnabled"] for method in resources["RestAPI"]["MethodSettings"]] == [False] * (
        len(gateway.LIMITS) + 1
    )


def test_the_api_compresses_what_is_worth_it(resources: dict[str, dict[str, Any]]) -> None:
    assert resources["RestAPI"]["MinimumCompressionSize"] == gateway.COMPRESSED_FROM_BYTES


def test_the_api_answers_at_its_own_domain_only(resources: dict[str, dict[str, Any]]) -> None:
    assert resources["RestAPI"]["DisableExecuteApiEndpoint"] == {"Fn::If": ["OwnDomain", True, False]}
    assert resources["OwnDomainName"]["SecurityPolicy"] == "TLS_1_2"


def test_the_gateway_answers_alike_on_aws_and_on_the_emulator(template: dict[str, Any]) -> None:
    on_aws = template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
    alone = [
        item
        for item in template["Resources"].items()
        if item[1]["Type"] == "AWS::ApiGateway::GatewayResponse"
    ]

    assert (
        set(on_aws) == set(gateway.ANSWERS) == {answer["Properties"]["ResponseType"] for _, answer in alone}
    )
    for logical_id, resource in alone:
        properties = resource["Properties"]
        twin = on_aws[properties["ResponseType"]]
        headers = {
            f"gatewayresponse.header.{name}": value
            for name, value in twin["ResponseParameters"]["Headers"].items()
        }
        assert resource["Condition"] == "Emulated"
        assert logical_id < "RestAPIDeployment", (
            "the emulator freezes these answers when it makes the deployment"
        )
        assert properties["ResponseParameters"] == headers
        assert properties["ResponseTemplates"] == twin["ResponseTemplates"]
        assert properties.get("StatusCode") == twin.get("StatusCode")


@pytest.mark.parametrize("kind", gateway.ANSWERS)
def test_the_gateway_answers_in_french_with_our_headers(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_ORIGIN", "https://bucket.example")
    ours = http.build_security_headers()
    answer = gateway.ANSWERS[kind]
    style = re.findall(r"<style>(.*?)</style>", answer.body, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in style]

    same = {name: value for name, value in ours.items() if name != "Content-Security-Policy"}
    assert same.items() <= answer.headers.items()
    assert f"style-src 'sha256-{hashes[0]}'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert '<html lang="fr">' in answer.body
    assert answer.title in answer.body
    assert not set("#$") & set(answer.body), "API Gateway would read a variable there"


def test_cfn_lint_finds_nothing_in_the_template_nor_in_our_resources_alone(built: package.Package) -> None:
    tool = Path(sys.executable).with_name("cfn-lint")
    asked = [tool, built.template, package.INFRA / "resources.yaml"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_sam_makes_one_stage_of_it(expanded: dict[str, Any]) -> None:
    types = [resource["Type"] for resource in expanded["Resources"].values()]

    assert types.count("AWS::ApiGateway::Stage") == 1
    assert types.count("AWS::Lambda::Function") == len(FUNCTIONS)
    assert types.count("AWS::IAM::Role") == len(ROLES) + len(("ApiLogsRole", "TrailRole")), (
        "SAM made a role: a function has none of its own"
    )


def test_deploy_asks_for_the_right_to_make_each_type_of_the_template(expanded: dict[str, Any]) -> None:
    assert {resource["Type"] for resource in expanded["Resources"].values()} == checks.CREATING.keys()


def test_bounces_come_back_to_the_name_that_deploy_says(resources: dict[str, dict[str, Any]]) -> None:
    named, domain = resources["MailIdentity"]["MailFromAttributes"]["MailFromDomain"]["Fn::Sub"]

    assert domain.keys() == {"Domain"}
    assert named == name_bounce_domain("${Domain}")


RIGHTS_OF_PROPERTIES = {
    ("AWS::CloudTrail::Trail", "AdvancedEventSelectors"): "cloudtrail:PutEventSelectors",
    ("AWS::CloudTrail::Trail", "IsLogging"): "cloudtrail:StartLogging",
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"): "dynamodb:UpdateContinuousBackups",
    ("AWS::DynamoDB::Table", "ResourcePolicy"): "dynamodb:PutResourcePolicy",
    ("AWS::DynamoDB::Table", "TimeToLiveSpecification"): "dynamodb:UpdateTimeToLive",
    ("AWS::Events::Rule", "Targets"): "events:PutTargets",
    ("AWS::IAM::Role", "ManagedPolicyArns"): "iam:AttachRolePolicy",
    ("AWS::KMS::Key", "EnableKeyRotation"): "kms:EnableKeyRotation",
    ("AWS::KMS::Key", "KeyPolicy"): "kms:PutKeyPolicy",
    ("AWS::Lambda::Function", "Code"): "lambda:UpdateFunctionCode",
    ("AWS::Lambda::Function", "Environment"): "lambda:UpdateFunctionConfiguration",
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions"): "lambda:PutFunctionConcurrency",
    ("AWS::Lambda::Function", "Tags"): "lambda:TagResource",
    ("AWS::Logs::LogGroup", "RetentionInDays"): "logs:PutRetentionPolicy",
    ("AWS::S3::Bucket", "BucketEncryption"): "s3:PutEncryptionConfiguration",
    ("AWS::S3::Bucket", "CorsConfiguration"): "s3:PutBucketCORS",
    ("AWS::S3::Bucket", "LifecycleConfiguration"): "s3:PutLifecycleConfiguration",
    ("AWS::S3::Bucket", "NotificationConfiguration"): "s3:PutBucketNotification",
    ("AWS::S3::Bucket", "OwnershipControls"): "s3:PutBucketOwnershipControls",
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration"): "s3:PutBucketPublicAccessBlock",
    ("AWS::SES::EmailIdentity", "DkimAttributes"): "ses:PutEmailIdentityDkimAttributes",
    ("AWS::SES::EmailIdentity", "FeedbackAttributes"): "ses:PutEmailIdentityFeedbackAttributes",
    ("AWS::SES::EmailIdentity", "MailFromAttributes"): "ses:PutEmailIdentityMailFromAttributes",
}
"""Properties that CloudFormation sets by calls of their own."""


def test_deploy_asks_for_the_rights_that_properties_take(expanded: dict[str, Any]) -> None:
    """No right is asked for that CloudFormation does not name: IAM simulates none that does not exist."""
    resources = expanded["Resources"].values()
    given = {(resource["Type"], name) for resource in resources for name in resource.get("Properties", {})}
    missing = {
        right
        for (kind, name), right in RIGHTS_OF_PROPERTIES.items()
        if (kind, name) in given and right not in checks.CREATING[kind]
    }

    assert missing == set()
    for kind, rights in checks.CREATING.items():
        handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(package.REGION, kind).schema["handlers"]
        named = {
            right.lower()
            for act in ("create", "update")
            for right in handlers.get(act, {}).get("permissions", [])
        }
        assert {right.lower() for right in rights} <= named, kind


def test_the_readme_says_which_check_finds_what_an_account_may_refuse() -> None:
    table = (package.INFRA / "README.md").read_text().partition("## What an account may refuse")[2]

    assert set(re.findall(r"`([a-z-]+)`", table.partition("\n## ")[0])) == checks.CHECKS.keys()


def test_the_mail_service_says_what_became_of_a_mail_and_never_who_read_it(
    resources: dict[str, dict[str, Any]],
) -> None:
    """No picture to be fetched, no link that is rewritten: nobody is watched reading."""
    text = str(resources)

    told = resources["MailEvents"]["EventDestination"]
    assert {*told["MatchingEventTypes"]} == {
        "send",
        "delivery",
        "deliveryDelay",
        "bounce",
        "complaint",
        "reject",
    }
    assert text.count("MatchingEventTypes") == 1
    assert not re.search(r"TrackingOptions|CustomRedirectDomain", text)
    # Left out, both would be as the account has them.
    assert resources["MailSet"]["VdmOptions"] == {
        "DashboardOptions": {"EngagementMetrics": "DISABLED"},
        "GuardianOptions": {"OptimizedSharedDelivery": "DISABLED"},
    }


def test_no_address_that_refused_a_mail_lies_on_the_list_of_the_mail_service(
    template: dict[str, Any],
) -> None:
    """Left out, the account's setting would hold: addresses in clear, which nothing of ours erases."""
    mail_set = template["Resources"]["MailSet"]["Properties"]

    assert mail_set["SuppressionOptions"] == {"SuppressedReasons": []}


def test_no_bounce_is_mailed_with_the_link_that_it_holds(template: dict[str, Any]) -> None:
    identity = template["Resources"]["MailIdentity"]

    assert identity["Properties"]["FeedbackAttributes"] == {"EmailForwardingEnabled": False}
    assert identity["Properties"]["DkimAttributes"] == {"SigningEnabled": True}
    assert identity["DeletionPolicy"] == "RetainExceptOnCreate", "its DNS records outlive the stack"


def test_reports_come_of_our_own_account_and_mails_alone(resources: dict[str, dict[str, Any]]) -> None:
    """The policy admits reports of our own account and mails alone; the function checks the same again
    (``test_a_forged_event_changes_nothing``).
    """
    pattern = resources["Feedback"]["Events"]["FeedbackEvent"]["Properties"]["Pattern"]

    assert pattern["source"] == ["aws.ses"]
    assert pattern["account"] == [{"Ref": "AWS::AccountId"}]
    assert pattern["detail"]["mail"]["tags"] == {"ses:configuration-set": [{"Ref": "MailSet"}]}


def test_requests_and_events_lead_to_what_is_in_service(expanded: dict[str, Any]) -> None:
    """The API, the rules and the schedules start the alias « live » of a function, and may start nothing else of it."""
    resources = expanded["Resources"]
    permitted = {
        resource["Properties"]["FunctionName"]["Ref"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Permission"
    }
    started = {
        target["Arn"].get("Ref", "")
        for resource in resources.values()
        if resource["Type"] == "AWS::Events::Rule"
        for target in resource["Properties"]["Targets"]
    } - {"Alerts"}
    led = {
        value.rpartition("functions/")[2]
        for value in walk(resources["RestAPI"])
        if isinstance(value, str) and "/invocations" in value
    }

    assert led == {f"${{APIHandler.Arn}}:{LIVE}/invocations"}
    assert started == {f"{name}Aliaslive" for name in FUNCTIONS if name not in {"Mailer", "Identify"}}
    assert permitted == started
    for name in permitted:
        assert resources[name]["Properties"]["Name"] == LIVE


def test_no_update_of_the_stack_moves_traffic(template: dict[str, Any], expanded: dict[str, Any]) -> None:
    """Whatever is changed of a function, no version is made by it and the alias leads where « deploy » last moved it."""
    changed = deepcopy(template)
    for name in FUNCTIONS:
        changed["Resources"][name]["Properties"] |= {"MemorySize": 1999, "Environment": {"Variables": {}}}

    def serving(stack: dict[str, Any]) -> dict[str, Any]:
        """Return the versions and aliases of a stack, by logical id."""
        kinds = {"AWS::Lambda::Version", "AWS::Lambda::Alias"}
        return {name: item for name, item in stack["Resources"].items() if item["Type"] in kinds}

    assert len(serving(expanded)) == 2 * len(FUNCTIONS)
    assert serving(templates.expanded(changed)) == serving(expanded)
