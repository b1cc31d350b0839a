"""The file of a stage, and the account to which it leads."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra import CommandFailed
from infra.deploy.checks import UNRESERVED
from infra.deploy.commands import PROTECTION
from infra.deploy.planned import Planned
from infra.deploy.stage import FOLDER, MOST_OF_STACK, connect, read_stage
from infra.deploy.versions import read_template
from infra.package import ROOT, Package, merged_template
from tests.architecture.templates import expanded

NAMED_IN_64 = {"AWS::Events::Rule", "AWS::Lambda::Function", "AWS::IAM::Role"}
GOOD = 'account = "123456789012"\nregion = "eu-west-3"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account = 123", "« account » must be the account's number, twelve digits, in quotes"),
        ('account = "12345678901"\nregion = "eu-west-3"', "« account » must be"),
        ('account = "123456789012"', "« region » must be a region"),
        (GOOD + 'region_ = "x"', "unknown region_. Known: accept, account"),
        (GOOD + "protect = 1", "« protect » must be true or false"),
        (GOOD + 'accept = "sandbox"', "« accept » must be a list"),
        (GOOD + 'profile = ""', "« profile » must be"),
        (GOOD + 'stack = "pas de pile"', "« stack » must be"),
        (GOOD + f'stack = "{"a" * 26}"', "25 characters at most: CloudFormation shortens longer ones"),
        (GOOD + "[parameters]\nMailFrom = ['a@b.example']", "each parameter must be a text"),
        (GOOD + "[papers]\non_call = 7", "each answer under [papers] must be a text"),
        (GOOD + "[parameters]\nDeletionProtection = true", "follows « protect »"),
        (GOOD + "region", "cannot be read"),
        (GOOD + '\nstack = "\udce9"', "cannot be read"),
    ],
)
def test_a_file_that_means_nothing_is_refused_with_what_it_should_say(
    text: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "essai.toml").write_text(text, errors="surrogateescape")

    with pytest.raises(CommandFailed) as refused:
        read_stage("essai", tmp_path)

    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["../essai", "Essai", "essai.toml", "", "-"])
def test_a_stage_is_named_by_a_file_of_its_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "essai.toml").write_text(GOOD)

    with pytest.raises(CommandFailed, match="is no name of a stage"):
        read_stage(name, tmp_path)
    with pytest.raises(CommandFailed, match=r"copy example\.toml"):
        read_stage("autre", tmp_path)


def test_a_stage_has_its_own_stack_is_protected_and_gives_texts_to_the_template(tmp_path: Path) -> None:
    (tmp_path / "essai.toml").write_text(GOOD + "[parameters]\nReserveConcurrency = true\nAnswerDays = 10\n")

    stage = read_stage("essai", tmp_path)

    assert (stage.stack, stage.protect, stage.accept) == ("passe-plat-essai", True, frozenset())
    assert stage.parameters == {"ReserveConcurrency": "true", "AnswerDays": "10"}


def test_a_stacks_name_is_whole_in_the_names_that_alerts_and_policies_know_by_it(
    package: Package, tmp_path: Path
) -> None:
    """A stack's name is short enough that « <stack>-<logical id>-<13 characters> » stays within 64 characters: CloudFormation
    would shorten its part.
    """
    resources = expanded(read_template(package.template.read_bytes()))["Resources"]
    longest = max(len(name) for name, resource in resources.items() if resource["Type"] in NAMED_IN_64)
    (tmp_path / "essai.toml").write_text(GOOD + f'stack = "{"a" * MOST_OF_STACK}"')

    assert longest + len("--") + 13 + MOST_OF_STACK == 64
    assert read_stage("essai", tmp_path).stack == "a" * MOST_OF_STACK
    (tmp_path / "une-etape-d-essai.toml").write_text(GOOD)
    with pytest.raises(CommandFailed, match="« stack » must be"):
        read_stage("une-etape-d-essai", tmp_path)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_each_stage_that_is_kept_gives_the_template_what_it_asks_for(path: Path) -> None:
    declared = merged_template()["Parameters"]
    given = read_stage(path.stem).parameters

    assert given.keys() <= declared.keys()
    assert {name for name, parameter in declared.items() if "Default" not in parameter} <= given.keys()
    assert PROTECTION not in given


@pytest.mark.parametrize("command", ["deploy", "rollback", "destroy", "papers"])
def test_make_wants_a_stage_and_hands_it_on(command: str) -> None:
    def would(*more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["make", "-n", "--no-print-directory", command, *more],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert f"make {command} STAGE=" in would().stderr
    handed_on = "infra.papers" if command == "papers" else f"infra.deploy {command}"
    assert would("STAGE=essai").stdout.strip().endswith(f'-m {handed_on} --stage "essai"')


def test_without_credentials_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    nobody = {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"}
    for name in nobody:
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "essai.toml").write_text(GOOD)
    (tmp_path / "nomme.toml").write_text(GOOD + 'profile = "personne"')

    with pytest.raises(CommandFailed, match=r"Unable to locate credentials(.|\n)*Sign in"):
        connect(read_stage("essai", tmp_path))
    with pytest.raises(CommandFailed, match=r"The config profile \(personne\) could not be found"):
        connect(read_stage("nomme", tmp_path))


def test_a_profile_that_is_named_outweighs_the_environment_in_what_is_handed_on(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(
        "[ailleurs]\naws_access_key_id = ofprofile\naws_secret_access_key = x\n"
    )
    (tmp_path / "essai.toml").write_text(GOOD + 'profile = "ailleurs"')
    (tmp_path / "simple.toml").write_text(GOOD)
    keys = {"AWS_ACCESS_KEY_ID": "ofenvironment", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "x"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = clean | keys | {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}

    def met(stage: str, **more: str) -> list[str]:
        """Return the access key and the region that another command of ours gets."""
        said = "import boto3; s = boto3.Session(); print(s.get_credentials().access_key, s.region_name)"
        handed = read_stage(stage, tmp_path).environment_for(environment | more)
        return subprocess.check_output([sys.executable, "-c", said], env=handed, text=True).split()

    assert met("simple") == ["ofenvironment", "eu-west-3"]
    assert met("essai", AWS_DEFAULT_PROFILE="autre") == ["ofprofile", "eu-west-3"]


def test_every_text_says_the_quota_that_reservations_need() -> None:
    texts = ("infra/stages/example.toml", "infra/README.md", "infra/overlay.yaml", "RUNBOOK.md")
    template = Planned(merged_template(), {}, "passe-plat", "eu-west-3", "000000000000")
    needed = template.count_reserved_places() + UNRESERVED

    for name in texts:
        assert re.search(rf"\b{needed}\b", (ROOT / name).read_text()), f"{name} does not say {needed}"
