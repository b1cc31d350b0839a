"""Which version a roll back goes to: the last that worked before the current one."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra import CommandFailed, alarms
from infra.deploy import checks
from infra.deploy.checks import Answers
from infra.deploy.commands import Command
from infra.deploy.versions import Deployment
from infra.package import Package
from tests.deploy.conftest import Account
from tests.deploy.place import changed
from tests.deploy.test_refusals import Typed

pytestmark = pytest.mark.cloud


@pytest.fixture
def command(account: Account) -> Iterator[Command]:
    """A command of somebody who confirms nothing; the list of deployments is put back afterwards."""
    typed = Typed(account, confirms=False)
    kept = typed.command.shelf.deployments()
    yield typed.command
    typed.command.shelf.keep(kept)


@pytest.fixture
def standing(command: Command) -> Deployment:
    """The current deployment, as if its smoke test had passed."""
    (deployment,) = command.shelf.deployments()
    return replace(deployment, worked=True)


@pytest.fixture
def older(standing: Deployment) -> Deployment:
    """A deployment before the current one."""
    return Deployment("older", standing.functions | {"Purge": "0"}, "2026-01-01T00:00:00+00:00")


def goes_to(command: Command, *listed: Deployment) -> str:
    """Return the version to which a roll back would go, « nothing » if there is none; nobody confirms it."""
    command.shelf.keep(list(listed))
    said: list[str] = []
    with pytest.raises(CommandFailed) as refused:
        replace(command, say=said.append).roll_back()
    if "nothing to roll back to" in str(refused.value):
        return "nothing"
    return said[0].partition(" to ")[2].partition(",")[0]


def test_what_did_not_work_is_passed_over(command: Command, older: Deployment, standing: Deployment) -> None:
    bad = replace(older, version="0bad", worked=False)

    assert goes_to(command, older, bad, standing) == older.version
    assert goes_to(command, older, bad, replace(standing, worked=False)) == older.version
    assert goes_to(command, bad, standing) == "nothing"


def test_what_was_taken_back_already_is_never_gone_forward_to(
    command: Command, older: Deployment, standing: Deployment
) -> None:
    """A roll back does not go to a later version that the list still holds because its own roll back was interrupted."""
    later = replace(older, version="later", functions=standing.functions | {"Purge": "9"})

    assert goes_to(command, standing, later) == "nothing"
    assert goes_to(command, older, standing, later, later) == older.version


def test_a_version_that_is_on_no_list_goes_back_to_the_last_that_worked(
    command: Command, older: Deployment
) -> None:
    assert goes_to(command, older) == older.version
    assert goes_to(command) == "nothing"


def test_a_deployment_has_worked_once_its_smoke_test_has_passed(
    command: Command,
    package: Package,
    standing: Deployment,
    older: Deployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = replace(older, version="later", functions=standing.functions | {"Purge": "9"})
    command.shelf.keep([older, standing, later])
    command.deploy(package)
    assert command.shelf.deployments() == [older, standing], "what was taken back is not offered again"

    command.shelf.keep([older])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # for the smoke test alone: clients are made
    said: list[str] = []
    with pytest.raises(CommandFailed, match="The smoke test failed"):
        replace(command, quick=False, say=said.append).deploy(package)
    assert "Outputs:" in said, "what is left to do is said all the same"
    assert command.shelf.deployments() == [older], "what failed is not in service, and is not noted"


@pytest.mark.parametrize("answers", list(Answers))
def test_a_deployment_has_worked_once_it_answers_at_its_name_too(
    command: Command,
    package: Package,
    standing: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    answers: Answers,
) -> None:
    """One whose DNS record is missing is in service and has not worked: nothing has shown that people reach it."""
    command.shelf.keep([replace(standing, worked=False)])
    monkeypatch.setattr(Command, "_run_smoke_test", lambda *_, **__: None)
    monkeypatch.setattr(checks, "look", lambda *_, **__: answers)

    if answers is Answers.NOWHERE:
        with pytest.raises(CommandFailed, match="does not answer"):
            replace(command, quick=False).deploy(package)
    else:
        replace(command, quick=False).deploy(package)

    (deployment,) = command.shelf.deployments()
    assert deployment.worked == (answers is Answers.AT_ITS_NAME)


def test_a_deployment_whose_smoke_test_did_not_run_has_not_worked(
    account: Account, command: Command, package: Package, standing: Deployment
) -> None:
    """Whether it was left out (« quick »), or could not run while records of the sender are missing. One that passed is noted:
    ``tests/proof/test_deploying.py``.
    """
    command.shelf.keep([replace(standing, worked=False)])

    command.deploy(package)

    assert [deployment.worked for deployment in command.shelf.deployments()] == [False]
    said: list[str] = []
    waits_for_records = replace(command, quick=False, say=said.append)
    account.says("sesv2", "GetEmailIdentity", {"VerifiedForSendingStatus": False})
    assert not waits_for_records._passes_smoke_test()
    assert said[-1].startswith(
        "No smoke test before mails can be sent: passe-plat.example is not verified yet"
    )
    account.says("sesv2", "GetEmailIdentity", {"VerifiedForSendingStatus": True})
    account.says("sesv2", "GetAccount", {"SendingEnabled": False})
    assert not waits_for_records._passes_smoke_test()
    assert said[-1].startswith("No smoke test while SES has paused the account")


def test_an_upgrade_serves_nobody_until_it_was_tried_and_a_roll_back_moves_traffic_alone(
    account: Account, package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is deployed serves; what failed its smoke test does not, though the stack holds it; a roll back leaves the stack."""
    typed = Typed(account)
    command, traffic = typed.command, typed.command._traffic()
    kept, first = command.shelf.deployments(), traffic.read()
    upgrade = changed(package, tmp_path, ("Resources.Purge.Properties.MemorySize", 640))
    memory = partial(
        account.target.client("lambda").get_function_configuration, FunctionName=traffic.functions["Purge"]
    )

    command.deploy(upgrade)
    assert memory(Qualifier="live")["MemorySize"] == 640
    assert len(command.shelf.deployments()) == len(kept) + 1
    command.shelf.keep([replace(deployment, worked=True) for deployment in command.shelf.deployments()])

    with monkeypatch.context() as broken:
        broken.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # for the smoke test alone: clients are made
        with pytest.raises(CommandFailed, match="What was in service before still is"):
            replace(command, quick=False).deploy(package)
    assert (memory()["MemorySize"], memory(Qualifier="live")["MemorySize"]) == (512, 640)

    mailed: list[str] = []
    account.target.client("sns").meta.events.register(
        "provide-client-params.sns.Publish", lambda params, **_: mailed.append(params["Message"])
    )
    command.roll_back()
    assert traffic.read() == first
    assert "led traffic back in passe-plat:" in mailed[0] and "the stack is as it was" in mailed[0]
    assert [deployment.functions for deployment in command.shelf.deployments()] == [first]

    command.deploy(package)
    command.shelf.keep([replace(command.shelf.deployments()[-1], worked=False)])


def test_a_version_that_adds_a_function_meets_a_stack_without_it(
    command: Command, standing: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its deployment and its roll back begin by reading which versions serve."""
    monkeypatch.setitem(alarms.FUNCTIONS, "Added", "Added")

    assert command._traffic().read() == standing.functions


def test_a_new_stack_has_no_past(command: Command, older: Deployment, package: Package) -> None:
    """A new stack rolls back to nothing of a destroyed stack of its name, whose tables are gone."""
    # The stack that stands has made the identity of their domain.
    parameters = command.target.stage.parameters | {"MakeMailIdentity": "false"}
    stage: Any = replace(command.target.stage, stack="nouvelle", parameters=parameters)
    new = Command(replace(command.target, stage=stage), command.say, command.confirm, quick=True)
    new.shelf.keep([older])

    with pytest.raises(CommandFailed, match="Not confirmed"):
        new.deploy(package)

    assert new.shelf.deployments() == []
