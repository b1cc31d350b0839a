"""What others' rules say of the expanded template: nothing that is not explained (``architecture/findings``)."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer

from infra import package
from tests.architecture import templates
from tests.architecture.findings import CFN_LINT, CHECKOV, PARLIAMENT, Finding, needless, unexplained

HERE = Path(__file__).resolve().parent
ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-west-3:111122223333:table/{}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::KMS::Key": "arn:aws:kms:eu-west-3:111122223333:key/{}",
    "AWS::SQS::Queue": "arn:aws:sqs:eu-west-3:111122223333:{}",
    "AWS::SNS::Topic": "arn:aws:sns:eu-west-3:111122223333:{}",
    "AWS::IAM::Role": "arn:aws:iam::111122223333:role/{}",
    "AWS::Lambda::Alias": "arn:aws:lambda:eu-west-3:111122223333:function:{}:live",
    "AWS::Lambda::Function": "arn:aws:lambda:eu-west-3:111122223333:function:{}",
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-west-3:111122223333:log-group:{}:*",
}
"""What Fn::GetAtt gives for ``Arn``."""
REFERRED_TO_BY_ARN = {"AWS::Lambda::Alias", "AWS::SNS::Topic"}
"""Types of which ``Ref`` gives the ARN."""
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-3",
    "AWS::AccountId": "111122223333",
    "AWS::StackName": "passe-plat",
    "MailFrom": "relais@passe-plat.example.fr",
    "Domain": "passe-plat.example.fr",
}


@pytest.fixture(scope="module")
def expanded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the template as CloudFormation gets it from SAM, without indentation: its size is bounded."""
    template = YAMLTemplateSerializer().load_template(package.build().template.read_text())
    path = tmp_path_factory.mktemp("expanded") / "expanded.json"
    path.write_text(json.dumps(templates.expanded(template), default=str))
    return path


@pytest.fixture(scope="module")
def linters() -> Path:
    """The programs of the linters in an environment of their own, made once for each lock."""
    lock = HERE / "linters.lock"
    key = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    place = package.BUILD / "linters" / key
    done = place / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        asked = ["--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
        subprocess.run([place / "bin" / "python", "-m", "pip", "install", *asked], check=True)
        done.touch()
    return place / "bin"


def ask(*command: str | Path) -> str:
    """Return what a linter answers; that it finds something is no failure."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_cfn_lint_with_all_its_rules_finds_nothing_unexplained(expanded: Path) -> None:
    tool = Path(sys.executable).with_name("cfn-lint")
    told = ask(tool, "--include-checks", "I", "--include-experimental", "--format", "json", "-t", expanded)
    findings = [
        Finding(CFN_LINT, finding["Rule"]["Id"], _resource(finding["Location"]["Path"]), finding["Message"])
        for finding in json.loads(told)
    ]

    assert unexplained(findings) == []
    assert needless(findings, CFN_LINT) == []


def _resource(path: list[Any] | None) -> str:
    """Return the logical id of the resource that a path of a finding leads to."""
    return str(path[1]) if path and path[0] == "Resources" and len(path) > 1 else "the template"


def test_checkov_finds_nothing_unexplained(expanded: Path, linters: Path) -> None:
    told = json.loads(
        ask(
            linters / "checkov",
            "-f",
            expanded,
            "--framework",
            "cloudformation",
            "--skip-download",
            "-o",
            "json",
        )
    )
    findings = [
        Finding(CHECKOV, finding["check_id"], finding["resource"].rpartition(".")[2], finding["check_name"])
        for finding in told["results"]["failed_checks"]
    ]

    assert told["summary"]["parsing_errors"] == 0 and told["summary"]["passed"] > 100
    assert unexplained(findings) == []
    assert needless(findings, CHECKOV) == []


def test_parliament_finds_nothing_unexplained_in_any_policy(
    expanded: Path, linters: Path, tmp_path: Path
) -> None:
    resources = json.loads(expanded.read_text())["Resources"]
    policies = dict(_policies(resources))
    assert {"WebPolicy", "TablesPolicy", "PurgeInvokes", "WebRole"} <= policies.keys()
    for name, document in policies.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(_resolved(document, resources)))

    told = ask(linters / "parliament", "--directory", tmp_path, "--json")
    findings = [
        Finding(PARLIAMENT, finding["issue"], Path(finding["location"]["filepath"]).stem, finding["title"])
        for finding in map(json.loads, told.splitlines())
    ]

    assert unexplained(findings) == []
    assert needless(findings, PARLIAMENT) == []


def test_parliament_sees_what_a_policy_must_not_hold(linters: Path, tmp_path: Path) -> None:
    """Parliament finds faults in bad samples, so that its silence about ours says something."""
    for name, action, resource in (
        ("typo", "s3:GetObjekt", "*"),
        ("mismatch", "s3:GetObject", "arn:aws:s3:::b"),
    ):
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        (tmp_path / f"{name}.json").write_text(json.dumps(document))

    told = ask(linters / "parliament", "--directory", tmp_path, "--json")

    assert {json.loads(line)["issue"] for line in told.splitlines()} >= {
        "UNKNOWN_ACTION",
        "RESOURCE_MISMATCH",
    }


def _policies(resources: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return every policy of the template, with the resource that holds it."""
    names = ("PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy")
    return [
        (logical_id, resource["Properties"][name])
        for logical_id, resource in resources.items()
        for name in names
        if name in resource.get("Properties", {})
    ]


def _resolved(value: Any, resources: dict[str, Any]) -> Any:
    """Return a policy as AWS reads it, with the names of an invented account."""

    def text(name: str) -> str:
        if name in VALUES:
            return VALUES[name]
        logical_id, _, attribute = name.partition(".")
        kind = resources[logical_id]["Type"]
        return (
            ARNS[kind].format(logical_id) if attribute == "Arn" or kind in REFERRED_TO_BY_ARN else logical_id
        )

    match value:
        case {"Ref": name}:
            return text(name)
        case {"Fn::GetAtt": [name, attribute]}:
            return text(f"{name}.{attribute}")
        case {"Fn::Sub": [pattern, _]} | {"Fn::Sub": pattern}:
            return re.sub(r"\$\{([^}]+)\}", lambda match: text(match[1]), pattern)
        case {"Fn::If": [_, then, _]}:
            return _resolved(then, resources)
        case dict():
            return {name: _resolved(inner, resources) for name, inner in value.items()}
        case list():
            return [_resolved(inner, resources) for inner in value]
    return value
