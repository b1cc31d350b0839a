"""What pages say of who is responsible is true before people read it: deploy refuses blanks and examples."""

import re
import tomllib
from dataclasses import fields

import boto3
import pytest

from chalicelib import config
from infra import CommandFailed, restore
from infra.deploy import checks
from infra.deploy.checks import Question
from infra.deploy.commands import default_parameters, product_template
from infra.deploy.planned import Planned
from infra.deploy.stage import FOLDER, Stage, Target
from infra.package import merged_template
from tests.deploy.place import FACTS

LEGAL = [
    config.name_parameter(setting.name) for setting in fields(config.Settings) if "legal" in setting.metadata
]
AWS_NAME_BYTES = 110
"""More than an ARN of a key, or the name of a table or function of ours, has."""


def run_check(check: str, region: str = "eu-west-3", **given: str) -> tuple[bool, str]:
    """Return whether a check passes for a stage of this region with these legal facts, and what it says."""
    stage = Stage("essai", "123456789012", region, "passe-plat", None, True, frozenset(), {})
    target = Target(stage, boto3.session.Session(region_name="eu-west-3"), "arn:nobody")
    parameters = default_parameters() | FACTS | given
    planned = Planned(product_template(), parameters, stage.stack, stage.region, stage.account)
    finding = checks.finding(check, Question(target, planned, None))
    return finding.passed, finding.says


def test_true_facts_pass() -> None:
    assert run_check("facts") == (
        True,
        "Rectorat de l’académie de Rennes, hosted by Amazon Web Services EMEA SARL",
    )


@pytest.mark.parametrize("parameter", LEGAL)
@pytest.mark.parametrize(
    "text", ["à compléter", " ", "-", "Todo", "Ministère de l’exemple", "dpo@passe-plat.example", "Exemple"]
)
def test_a_blank_or_an_example_is_refused_by_its_name(parameter: str, text: str) -> None:
    passed, says = run_check("facts", **{parameter: text})

    assert not passed and f" {parameter}: set them" in says


def test_the_file_to_copy_is_refused_until_it_is_filled_in() -> None:
    written = tomllib.loads((FOLDER / "example.toml").read_text())["parameters"]
    copied = {name: str(value) for name, value in written.items()}

    passed, says = run_check("facts", **copied)

    assert not passed
    assert all(name in says for name in FACTS), says


def test_a_trial_declares_that_its_pages_show_examples() -> None:
    assert "facts" not in checks.ALWAYS and "union" in checks.ALWAYS


@pytest.mark.parametrize("region", config.UNION)
def test_data_may_stay_in_the_union(region: str) -> None:
    assert run_check("union", region) == (True, config.UNION[region])
    passed, says = run_check("union", region, TransferGrounds="Décision d’adéquation (UE) 2021/1772.")
    assert not passed and "leave « TransferGrounds » out" in says


@pytest.mark.parametrize("check", ["facts", "union"])
def test_a_number_out_of_its_bounds_is_said_by_the_check(check: str) -> None:
    passed, says = run_check(check, AnswerDays="900")
    assert not passed and "ANSWER_DAYS must be a whole number" in says


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2", "eu-central-2"])
def test_data_leaves_the_union_only_on_grounds_that_pages_say(region: str) -> None:
    for grounds in ("", "à compléter"):
        passed, says = run_check("union", region, TransferGrounds=grounds)
        assert not passed and f"{region} is outside the European Union" in says

    grounds = "Décision d’adéquation (UE) 2021/1772."
    assert run_check("union", region, TransferGrounds=grounds) == (
        True,
        f"{region}, outside the European Union: {grounds}",
    )


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "http://rectorat.test/", "https://", 'https://a.test/"onclick']
)
def test_the_address_of_the_accessibility_plan_is_one_that_a_page_may_lead_to(address: str) -> None:
    pattern = product_template()["Parameters"]["AccessibilityPlan"]["AllowedPattern"]

    assert re.fullmatch(pattern, "https://rectorat.test/schema") and re.fullmatch(pattern, "")
    assert not re.fullmatch(pattern, address)


def test_the_texts_that_pass_fit_in_the_environment_of_a_function() -> None:
    passed, says = run_check("facts", JointControllers="Académies " * 200)
    assert not passed and "shorten the longest" in says

    template = merged_template()
    of_all = template["Globals"]["Function"]["Environment"]["Variables"]
    numbers = [setting for setting in fields(config.Settings) if "low" in setting.metadata]
    texts = len(fields(config.Settings)) - len(numbers)
    for name, resource in template["Resources"].items():
        own = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        names = sum(len(variable) for variable in of_all | own)
        resources = len(of_all | own) - len(numbers) - texts
        size = names + resources * AWS_NAME_BYTES + len(numbers) * 5 + checks.MOST_OF_TEXTS_BYTES
        assert size <= 4_096, name


def test_no_copy_of_the_backup_is_made_outside_the_union_unless_something_allows_it() -> None:
    restore.check_region("eu-central-1")
    with pytest.raises(CommandFailed, match="us-east-1 is outside the European Union"):
        restore.check_region("us-east-1")
