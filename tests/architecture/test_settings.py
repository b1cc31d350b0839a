"""Every setting is documented, bounded, and can be set where it is used."""

import ast
import re
from collections.abc import Callable
from dataclasses import fields

import pytest

from chalicelib import config, terms
from chalicelib.domain.kernel.retention import LONGEST, RetentionPolicy
from chalicelib.domain.kernel.values import Value
from chalicelib.domain.parcours.reminding import ReminderPolicy
from chalicelib.domain.parcours.turns import TurnPolicy
from chalicelib.domain.retention import BACKUP_DAYS, LOG_DAYS, QUEUE_DAYS, TRAIL_DAYS
from chalicelib.stores import items
from infra import CommandFailed, package
from infra.local.__main__ import settings_given
from tests.architecture.sources import CODE, ROOT, calls, tree_of

SETTINGS = {field.name.upper(): field for field in fields(config.Settings)}
ROWS = dict(
    re.findall(r"^\| `([A-Z_]+)` \| ([^|]*?) *\|", (ROOT / "infra/README.md").read_text(), re.MULTILINE)
)


def test_the_readme_lists_every_setting_and_no_other() -> None:
    assert ROWS.keys() == SETTINGS.keys()


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if "low" in setting.metadata])
def test_the_readme_gives_the_default_of_each_number(name: str) -> None:
    assert ROWS[name] == str(SETTINGS[name].default)


def test_every_setting_says_what_it_means() -> None:
    for name, setting in SETTINGS.items():
        assert setting.metadata["meaning"].endswith("."), name
        assert setting.name.upper() == name
        if "low" in setting.metadata:
            assert setting.metadata["low"] <= setting.default <= setting.metadata["high"], name
            if (setting.metadata["low"], setting.metadata["high"]) == (0, 1):
                continue  # a switch
            unit = r"_(days|months|hours|minutes|seconds|bytes|per_day|per_hour|per_second)$"
            assert re.search(unit, setting.name), f"{name} does not say its unit"


def test_every_setting_is_read_by_the_code() -> None:
    """Each setting is read under its own name, which policies keep."""
    read = {
        node.attr
        for path in CODE
        if path.name != "config.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
    }

    assert {name for name in SETTINGS if name.lower() not in read} == set()


def test_no_setting_keeps_a_document_longer_than_is_promised() -> None:
    """The bounds of the settings allow at most 30 days unopened and 72 hours opened: an operator may shorten these times only."""
    assert SETTINGS["ANSWER_DAYS"].metadata["high"] <= LONGEST.days == 30
    assert SETTINGS["OPENED_HOURS"].metadata["high"] <= 72
    assert SETTINGS["RETENTION_MONTHS"].metadata["high"] <= 12
    assert SETTINGS["IDLE_MONTHS"].metadata["high"] <= 24


@pytest.mark.parametrize(
    ("policy", "of_settings"),
    [(RetentionPolicy(), terms.retention), (TurnPolicy(), terms.turns), (ReminderPolicy(), terms.reminders)],
)
def test_a_policy_is_made_of_settings_with_the_same_defaults(
    policy: Value, of_settings: Callable[[], Value]
) -> None:
    assert of_settings() == policy


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_a_parameter_of_the_template(name: str) -> None:
    template = package.merged_template()
    parameter = name.title().replace("_", "")

    assert template["Globals"]["Function"]["Environment"]["Variables"][name] == {"Ref": parameter}
    assert template["Parameters"][parameter]["Default"] == "", "empty: the product's own"


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if "low" in setting.metadata])
def test_a_parameter_of_the_template_has_the_bounds_of_its_setting(name: str) -> None:
    template = package.merged_template()
    parameter = name.title().replace("_", "")
    low, high = (SETTINGS[name].metadata[bound] for bound in ("low", "high"))

    allowed = re.compile(template["Parameters"][parameter]["AllowedPattern"])
    passing = [number for number in range(high + 1_000) if allowed.search(str(number))]
    assert passing == list(range(low, high + 1))
    assert allowed.search(template["Parameters"][parameter]["Default"]), "empty: the product's own"


def test_every_resource_that_the_code_asks_for_is_given_by_the_template() -> None:
    asked = {items.PARCOURS, items.RELAY} | {
        str(node.args[0].value)
        for path in CODE
        for called, node in calls(path)
        if called in {"config.resource", "resource"} and isinstance(node.args[0], ast.Constant)
    }
    template = str(package.merged_template())

    assert len(asked) >= 8, "or this test reads nothing"
    assert [name for name in sorted(asked) if f"'{name}'" not in template] == []


def test_the_register_and_the_template_say_the_same_days() -> None:
    named = package.merged_template()["Resources"]
    resources = named.values()
    recovery = named["ParcoursTable"]["Properties"]["PointInTimeRecoverySpecification"]
    groups = [
        resource["Properties"]["RetentionInDays"]
        for resource in resources
        if resource.get("Type") == "AWS::Logs::LogGroup"
    ]

    assert set(groups) == {LOG_DAYS}
    assert recovery["RecoveryPeriodInDays"] == BACKUP_DAYS
    (rule,) = named["TrailBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == TRAIL_DAYS
    assert "MaxDeliverySeconds" not in named["MailSet"]["Properties"]["DeliveryOptions"], (
        "SES's own: SES_HOURS"
    )
    assert named["DeadLetters"]["Properties"]["MessageRetentionPeriod"] == QUEUE_DAYS * 86_400


def test_make_run_passes_a_setting_on_as_a_parameter_of_the_template() -> None:
    given = settings_given({"CODES_PER_HOUR": " 20 ", "ANSWER_DAYS": "", "HOME": "/root"})

    assert given == {"CodesPerHour": "20"}
    assert given.keys() <= package.merged_template()["Parameters"].keys()


def test_make_run_says_which_setting_is_wrong() -> None:
    with pytest.raises(CommandFailed, match="CODES_PER_HOUR must be a whole number from 1 to 50"):
        settings_given({"CODES_PER_HOUR": "200"})
