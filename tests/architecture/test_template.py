"""The template that is deployed and the zip that it runs: who may do what, what is on, what is packed."""

import base64
import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer

from chalicelib import config
from chalicelib.web import http
from infra import gateway, package

ROLES = ("Web", "Inspect", "Mailer", "Unseal", "Purge")
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
        "lambda:InvokeFunction": {"Unseal", "Mailer"},
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
        "sqs:SendMessage": {"DeadLetters"},
    },
    "Unseal": {
        "kms:VerifyMac": {"LinkKey"},
        "kms:Decrypt": {"DocumentKey"},
        "s3:GetObject": {"DocumentBucket/sealed/*"},
    },
    "Purge": {
        "s3:ListBucket": {"DocumentBucket"},
        "s3:DeleteObject": {"DocumentBucket/sealed/*"},
        "lambda:InvokeFunction": {"Mailer", "Inspect"},
        "sqs:SendMessage": {"DeadLetters"},
    },
}
KEY_USES = {
    "DocumentKey": {"kms:Encrypt": {"Web"}, "kms:Decrypt": {"Inspect", "Unseal"}},
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
    | {"ANSWER_DAYS", "PUBLISHER_NAME", "PUBLISHER_DIRECTOR", "HOST_NAME", "DPO_ADDRESS", "SUPPORT_ADDRESS"},
    "APIHandler": {"DOCUMENT_KEY", "CODE_KEY", "UNSEAL_FUNCTION", "MAILER_FUNCTION"},
    "Inspect": {"DOCUMENT_KEY", "MAILER_FUNCTION"},
    "Mailer": {"LINK_KEY", "CODE_KEY", "MAIL_FROM", "MAIL_CONFIGURATION_SET"},
    "Unseal": {"DOCUMENT_KEY", "LINK_KEY"},
    "Purge": {"MAILER_FUNCTION", "INSPECT_FUNCTION"},
}
FUNCTIONS = {
    "APIHandler": "Web",
    "Inspect": "Inspect",
    "Mailer": "Mailer",
    "Unseal": "Unseal",
    "Purge": "Purge",
}


@pytest.fixture(scope="module")
def built() -> package.Package:
    return package.build()


@pytest.fixture(scope="module")
def template(built: package.Package) -> dict[str, Any]:
    loaded: dict[str, Any] = YAMLTemplateSerializer().load_template(built.template.read_text())
    return loaded


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: resource.get("Properties", {}) for name, resource in template["Resources"].items()}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def walk(value: Any) -> Iterator[Any]:
    """Every dict, list and scalar of a template, at any depth."""
    yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from walk(inner)


def name_of(resource: Any) -> str:
    """A short name of what a statement's Resource designates; the test's own words for the mail service."""
    match resource:
        case {"Fn::GetAtt": [name, "Arn"]}:
            return str(name)
        case {"Fn::Sub": str(text)}:
            return text.replace("${", "").replace(".Arn}", "")
        case {"Fn::If": ["Edge", [*identities], "*"]}:
            assert all("arn:${AWS::Partition}:ses:" in str(identity) for identity in identities)
            return "mail"
    raise AssertionError(f"a resource of no known form: {resource}")


def spared(statement: dict[str, Any]) -> set[str]:
    """The roles that a Deny spares; both forms of each role's ARN must be there."""
    patterns = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert list(statement["Condition"]) == ["ArnNotLike"]
    roles = {pattern["Fn::GetAtt"][0] for pattern in patterns if "Fn::GetAtt" in pattern}
    session = "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${%s}/*"
    assert {pattern["Fn::Sub"] for pattern in patterns if "Fn::Sub" in pattern} == {
        session % role for role in roles
    }
    return {role.removesuffix("Role") for role in roles}


# ---- Rights ---------------------------------------------------------------------------------------------------------


def granted(resources: dict[str, dict[str, Any]], types: dict[str, Any], role: str) -> dict[str, set[str]]:
    """Action to resources, over every policy of a role."""
    found: dict[str, set[str]] = {}
    for name, policy in resources.items():
        if types[name]["Type"] != "AWS::IAM::Policy" or {"Ref": f"{role}Role"} not in policy["Roles"]:
            continue
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            assert "Condition" not in statement, "KMS itself checks contexts; no emulator evaluates others"
            for action in as_list(statement["Action"]):
                found.setdefault(action, set()).update(name_of(one) for one in as_list(statement["Resource"]))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_a_function_may_do_what_the_design_says_and_nothing_else(
    resources: dict[str, dict[str, Any]], template: dict[str, Any], role: str
) -> None:
    tables = {"ParcoursTable", "ParcoursTable/index/*", "RelayTable", "RelayTable/index/*"}
    expected = RIGHTS[role] | dict.fromkeys(TABLES, tables) | {action: {f"{role}Logs"} for action in LOGS}

    assert granted(resources, template["Resources"], role) == expected


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_taken_by_lambda_alone_and_carries_no_policy_of_its_own(
    resources: dict[str, dict[str, Any]], role: str
) -> None:
    (statement,) = resources[f"{role}Role"]["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert not {"Policies", "ManagedPolicyArns"} & set(resources[f"{role}Role"])


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
    assert named("AWS::IAM::Role") == {f"{role}Role" for role in ROLES} | {"ApiLogsRole"}
    assert not named("AWS::IAM::User") | named("AWS::IAM::ManagedPolicy")


@pytest.mark.parametrize("key", KEY_USES)
def test_a_key_serves_its_named_roles_and_is_denied_to_everyone_else(
    resources: dict[str, dict[str, Any]], key: str
) -> None:
    statements = resources[key]["KeyPolicy"]["Statement"]
    allowed = [one for one in statements if one["Effect"] == "Allow"]
    denied = [one for one in statements if one["Effect"] == "Deny"]
    account, *uses = allowed

    assert account["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert not USES & set(account["Action"])
    assert not any("*" in action for action in account["Action"])
    assert {
        one["Action"]: {role["Fn::GetAtt"][0].removesuffix("Role") for role in one["Principal"]["AWS"]}
        for one in uses
    } == KEY_USES[key]
    assert all(one["Principal"] == {"AWS": "*"} for one in denied)
    assert {one["Action"]: spared(one) for one in denied if "Condition" in one} == KEY_USES[key]
    for_nobody = {action for one in denied if "Condition" not in one for action in one["Action"]}
    assert for_nobody == USES - set(KEY_USES[key])


@pytest.mark.parametrize("key", ["LinkKey", "CodeKey"])
def test_tokens_and_codes_are_made_by_keys_that_never_leave(
    resources: dict[str, dict[str, Any]], key: str
) -> None:
    assert (resources[key]["KeySpec"], resources[key]["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")


def test_nothing_depends_on_an_encryption_context_in_a_policy(template: dict[str, Any]) -> None:
    assert not [one for one in walk(template) if isinstance(one, str) and "EncryptionContext" in one]


# ---- Storage --------------------------------------------------------------------------------------------------------


def test_the_bucket_is_closed_to_everyone_but_the_functions_that_need_it(
    resources: dict[str, dict[str, Any]],
) -> None:
    statements = resources["DocumentBucketPolicy"]["PolicyDocument"]["Statement"]
    always = {one["Sid"]: one for one in statements if "Sid" in one}

    assert all(one["Effect"] == "Deny" and one["Principal"] == "*" for one in always.values())
    assert spared(always["OnlyInspectAndUnsealRead"]) == {"Inspect", "Unseal"}
    assert always["OnlyInspectAndUnsealRead"]["Action"] == "s3:GetObject*"
    assert spared(always["OnlyWebWrites"]) == {"Web"}
    assert "s3:PutObject*" in always["OnlyWebWrites"]["Action"]
    assert spared(always["OnlyInspectAndPurgeErase"]) == {"Inspect", "Purge"}
    assert "Condition" not in always["NoCopyOutlivesItsObject"]
    assert {"s3:PutBucketVersioning", "s3:PutReplicationConfiguration"} <= set(
        always["NoCopyOutlivesItsObject"]["Action"]
    )


def test_on_aws_the_bucket_wants_tls_and_signed_forms(resources: dict[str, dict[str, Any]]) -> None:
    statements = resources["DocumentBucketPolicy"]["PolicyDocument"]["Statement"]
    edge = {one["Fn::If"][1]["Sid"]: one["Fn::If"] for one in statements if "Fn::If" in one}

    assert all(one[0] == "Edge" and one[2] == {"Ref": "AWS::NoValue"} for one in edge.values())
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
    assert (net["Status"], net["ExpirationInDays"]) == ("Enabled", 32)
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_only_the_table_of_parcours_is_backed_up(resources: dict[str, dict[str, Any]]) -> None:
    def recovery(table: str) -> Any:
        return resources[table]["PointInTimeRecoverySpecification"]

    assert recovery("ParcoursTable") == {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    assert recovery("RelayTable") == {"PointInTimeRecoveryEnabled": False}
    for table in ("ParcoursTable", "RelayTable"):
        assert resources[table]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert resources[table]["DeletionProtectionEnabled"] == {"Fn::If": ["Edge", True, False]}
        assert "StreamSpecification" not in resources[table]


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


@pytest.mark.parametrize("function", ["Inspect", "Mailer", "Purge"])
def test_what_dies_after_its_retries_is_kept_and_seen(
    resources: dict[str, dict[str, Any]], function: str
) -> None:
    queue = {"Fn::GetAtt": ["DeadLetters", "Arn"]}

    assert resources[function]["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": queue}
    for event in resources[function].get("Events", {}).values():
        assert event["Properties"]["DeadLetterConfig"] == {"Arn": queue}
    assert resources["DeadLetters"]["SqsManagedSseEnabled"] is True
    assert resources["DeadLettersAlarm"]["AlarmActions"] == [{"Ref": "Alerts"}]


# ---- API ------------------------------------------------------------------------------------------------------------


def test_the_api_logs_neither_paths_nor_people(resources: dict[str, dict[str, Any]]) -> None:
    api = resources["RestAPI"]
    (method,) = api["MethodSettings"]
    variables = set(re.findall(r"\$context\.([\w.]+)", api["AccessLogSetting"]["Format"]))

    expected = {"requestId", "httpMethod", "resourcePath", "status", "responseLatency", "error.responseType"}
    assert variables == expected
    assert (method["DataTraceEnabled"], method["LoggingLevel"]) == (False, "OFF")
    assert method["ThrottlingRateLimit"] > 0


def test_the_api_answers_at_its_own_domain_only(resources: dict[str, dict[str, Any]]) -> None:
    assert resources["RestAPI"]["DisableExecuteApiEndpoint"] == {"Fn::If": ["OwnDomain", True, False]}
    assert resources["OwnDomainName"]["SecurityPolicy"] == "TLS_1_2"


def test_the_gateway_answers_alike_on_aws_and_on_the_emulator(template: dict[str, Any]) -> None:
    on_aws = template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
    alone = [
        one for one in template["Resources"].items() if one[1]["Type"] == "AWS::ApiGateway::GatewayResponse"
    ]

    assert set(on_aws) == set(gateway.ANSWERS) == {one["Properties"]["ResponseType"] for _, one in alone}
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
    ours = http.security_headers()
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


# ---- The whole ------------------------------------------------------------------------------------------------------


def lint(template: Path) -> None:
    tool = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([tool, template], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cfn_lint_finds_nothing(built: package.Package) -> None:
    lint(built.template)


def test_resources_stand_alone() -> None:
    lint(package.INFRA / "resources.yaml")


def test_sam_makes_one_stage_of_it(template: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from samtranslator.translator.transform import transform

    class NoManagedPolicies:
        def load(self) -> dict[str, str]:
            return {}

    monkeypatch.setenv("AWS_DEFAULT_REGION", package.REGION)
    copy = YAMLTemplateSerializer().load_template(YAMLTemplateSerializer().serialize_template(template))
    for resource in copy["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://code/deployment.zip"
    made = transform(
        copy, {"PublicBaseUrl": "https://x.example", "MailFrom": "a@x.example"}, NoManagedPolicies()
    )
    types = [resource["Type"] for resource in made["Resources"].values()]

    assert types.count("AWS::ApiGateway::Stage") == 1
    assert types.count("AWS::Lambda::Function") == len(FUNCTIONS)
    assert types.count("AWS::IAM::Role") == len(ROLES) + 1, "SAM made a role: a function has none of its own"


# ---- The zip --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def names(built: package.Package) -> set[str]:
    with zipfile.ZipFile(built.zip) as archive:
        assert archive.testzip() is None
        return set(archive.namelist())


def test_the_zip_holds_the_product_and_what_it_imports(names: set[str]) -> None:
    compiled = f"cpython-{sys.version_info.major}{sys.version_info.minor}.pyc"
    tops = {name.partition("/")[0] for name in names}

    assert {"app.py", "chalicelib/jobs.py", "templates/layout.html", "templates/static/app.css"} <= names
    assert {f"__pycache__/app.{compiled}", f"chalicelib/__pycache__/jobs.{compiled}"} <= names
    assert f"pypdf/__pycache__/__init__.{compiled}" in names
    assert {"cryptography", "jinja2", "pydantic", "pypdf", "chalice"} <= tops
    assert not {"boto3", "botocore", "infra", "tests", "pip", "bin", "vendor"} & tops


def test_the_zip_is_dated_1980_and_sorted(built: package.Package) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        entries = archive.infolist()

    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert sum(entry.file_size for entry in entries) < 100_000_000


def test_the_same_sources_make_the_same_bytes_elsewhere_and_later(
    built: package.Package, tmp_path: Path
) -> None:
    project, out = tmp_path / "elsewhere", tmp_path / "out"
    for name in ("app.py", "chalicelib", "templates", "requirements.txt", ".chalice"):
        source = package.ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, project / name, ignore=shutil.ignore_patterns("__pycache__", "deployments")
            )
        else:
            project.mkdir(exist_ok=True)
            shutil.copyfile(source, project / name)
    for path in project.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    # What was fetched is not fetched again; only its compiled code is made anew.
    shutil.copytree(built.zip.parent / "dependencies", out / "dependencies")
    for cache in (out / "dependencies").rglob("__pycache__"):
        shutil.rmtree(cache)
    (site,) = (out / "dependencies").iterdir()
    package._compile(site)

    again = package.build(project, out)

    assert again.rebuilt
    assert again.template.read_bytes() == built.template.read_bytes()
    assert hashlib.sha256(again.zip.read_bytes()).digest() == hashlib.sha256(built.zip.read_bytes()).digest()


def test_nothing_is_rebuilt_while_nothing_changes(built: package.Package) -> None:
    assert not package.build().rebuilt


def test_every_setting_that_the_template_passes_is_one_the_product_reads() -> None:
    known = {one.metadata["env"] for one in dataclasses.fields(config.Settings)}
    resources = {"PARCOURS_TABLE", "RELAY_TABLE", "DOCUMENT_BUCKET", "PUBLIC_BASE_URL", "STORAGE_ORIGIN"}

    assert ENVIRONMENT["Globals"] - resources <= known
