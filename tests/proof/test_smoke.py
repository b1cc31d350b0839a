"""The first real hour, tried where it can be: green against the local cloud, each line with its side, nothing left behind."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag

from chalicelib.stores import aws, items
from infra import package as packaging
from infra import smoke
from infra.deploy.stack import Deployed
from infra.local import LocalCloud, running
from infra.local.cloud import STACK
from infra.local.server import serving
from tests.conftest import on_deployed
from tests.deploy.place import NEWS, next_version
from tests.security import deployed as deployed_relay
from tests.security.visitor import Visitor
from tests.support.worlds import World

pytestmark = pytest.mark.cloud
MAILBOX = "n.essai@lecteurs.example"
ACCENTED = "n.essai@métropole.example"


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """An empty cloud of the test's own: whatever is stored there at the end was left behind."""
    with running() as local:
        yield local


@pytest.fixture
def operator(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Whoever deploys, with her credentials."""
    before = dict(os.environ)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with on_deployed(cloud) as world:
        yield world
    os.environ.clear()
    os.environ.update(before)
    aws.forget_clients()


def keys(world: World) -> set[tuple[str, str, str]]:
    """Return the keys in both tables, without the purge's own cursor."""
    stored_keys = {
        (name, item["pk"], item["sk"]) for name in (items.PARCOURS, items.RELAY) for item in world.table(name)
    }
    return {key for key in stored_keys if key[1] != "sweep"}


def test_it_runs_green_here_says_its_side_and_leaves_nothing(
    cloud: LocalCloud, operator: World, capsys: pytest.CaptureFixture[str]
) -> None:
    stood, objects = keys(operator), set(operator.objects())
    roles = {role["RoleName"] for role in cloud.client("iam").list_roles()["Roles"]}

    def pasted(_: str) -> str:
        return f"{cloud.base_url}/retrait/#{deployed_relay.token_of(deployed_relay.mail_to(cloud, MAILBOX))}"

    status = smoke.main([cloud.base_url, "--mailbox", MAILBOX, "--accented", ACCENTED, "--hurry"], ask=pasted)

    printed = capsys.readouterr().out
    assert status == 0, printed
    lines = printed.splitlines()[:-1]
    assert all(re.match(r"(ok|-) +(proved here|only AWS can show) +\S", line) for line in lines), printed
    for shown in (
        "a form with a wrong size",
        "a form with a wrong key",
        "a form with a wrong metadata",
        "a form with a wrong checksum",
        "GetObject as an administrator: AccessDenied",
        "Decrypt as an administrator: AccessDenied",
        "a mail of « Zoé Estève-Lœuil » leaves",
        "a mail that meets a bounce leaves",
        "a mail that meets a complaint leaves",
        "a mail to an accented domain leaves",
        "an opening, timed",
        "no bounce is mailed and no link is wrapped",
        "the purge",
        "the SDK that runs is the one that was tested",
        "an alarm reaches who is woken",
        "nothing is left behind",
    ):
        assert re.search(rf"^ok +proved here +{re.escape(shown)}", printed, re.MULTILINE), printed
    for unshown in (
        "SES tells of the bounce",
        "the administrator's Decrypt is told",
        "the address of API Gateway",
    ):
        assert re.search(rf"^- +only AWS can show +{re.escape(unshown)}", printed, re.MULTILINE), printed

    assert keys(operator) == stood == set()
    assert set(operator.objects()) == objects == set()
    assert {role["RoleName"] for role in cloud.client("iam").list_roles()["Roles"]} == roles
    assert not [url for url in cloud.client("sqs").list_queues().get("QueueUrls", []) if "essai-" in url]


def test_what_fails_is_said_and_is_a_failure(
    operator: World, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the policies of the key and the bucket out of force, nobody is refused, and the smoke test fails and says so."""

    def allowed(self: smoke.Smoke, action: str, recipient: str) -> str:
        raise smoke.SmokeFailed("it was ALLOWED: the policies are not in force")

    monkeypatch.setattr(smoke.Smoke, "check_denied", allowed)
    stood = keys(operator)

    assert smoke.main([cloud.base_url, "--hurry"]) == 1

    printed = capsys.readouterr().out
    assert re.search(
        r"^FAILED +proved here +Decrypt as an administrator: it was ALLOWED", printed, re.MULTILINE
    )
    assert re.search(
        r"^- +only AWS can show +an opening, timed: not tried: give --mailbox", printed, re.MULTILINE
    )
    assert keys(operator) - stood == set()


def trial(cloud: LocalCloud) -> smoke.Smoke:
    """A smoke run whose tries are made one by one."""
    return smoke.Smoke(cloud.base_url, cloud.base_url, Deployed(STACK), say=lambda _: None)


def test_what_is_tried_before_it_is_in_service_is_what_was_deployed(
    operator: World, cloud: LocalCloud, tmp_path: Path
) -> None:
    """Requests of the smoke test reach the function as it was deployed, with its own origin, while everybody meets the former."""
    function, client = cloud.functions["APIHandler"], cloud.client("lambda")
    upgrade = next_version(packaging.build_for_here(), tmp_path)
    former = client.get_function(FunctionName=function, Qualifier="live")["Configuration"]["CodeSha256"]
    deployed = client.update_function_code(FunctionName=function, ZipFile=upgrade.zip.read_bytes())
    trial = smoke._trial(Deployed(STACK), cloud.base_url)

    with serving(trial):
        tried = Visitor(trial.origin)
        assert NEWS in tried.gets("/").body.decode()
        assert NEWS not in Visitor(cloud.base_url).gets("/").body.decode()
        assert tried.gets("/nulle-part").status == 404
        asked = tried.posts("/retrait/apercu", {"token": "A" * 43})
    assert asked.status == 410, "no link, and no refusal of the origin"
    assert deployed["CodeSha256"] != former


@pytest.mark.parametrize("trouble", [StopIteration(), EOFError("no terminal"), InvalidTag(), IndexError("x")])
def test_whatever_comes_of_a_try_is_a_line_and_the_run_goes_on(
    operator: World, cloud: LocalCloud, trouble: Exception
) -> None:
    def raises() -> str:
        raise trouble

    run = trial(cloud)
    run._try("it", raises)

    assert [line.right for line in run.lines] == [False]


def test_what_ses_does_not_count_is_not_shown_and_no_failure(operator: World, cloud: LocalCloud) -> None:
    """That SES does not count the mails of its simulator, which it does not promise, is no failure."""
    run = trial(cloud)
    run.begun -= timedelta(hours=1)
    run._try("SES tells of the bounce", lambda: run.await_ses_metric("Bounce"))

    (line,) = run.lines
    assert line.right is None and "SES may not count" in line.result


@pytest.mark.parametrize(("event", "right"), [("GetObject", None), ("Decrypt", False)])
def test_what_the_trail_of_others_need_not_record_is_no_failure(
    operator: World, cloud: LocalCloud, event: str, right: bool | None
) -> None:
    """A trail that stood before the stack may not record what is done with objects: that is no failure; the stack's own must."""
    run = trial(cloud)
    run.begun -= timedelta(hours=1)
    with run._listening():
        run._try(f"the administrator’s {event} is told", lambda: run.await_alert(event))

    assert [line.right for line in run.lines] == [right]


@pytest.mark.parametrize(
    ("code", "said", "right"),
    [
        ("AccessDenied", "User is not authorized with an explicit deny in a resource-based policy", True),
        ("AccessDenied", "because no identity-based policy allows the s3:GetObject action", False),
        ("NoSuchKey", "The specified key does not exist.", False),
    ],
)
def test_on_aws_a_refusal_is_the_locks_own(
    operator: World, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, code: str, said: str, right: bool
) -> None:
    """On AWS, only a refusal by an explicit deny counts for a lock: somebody without the right is refused as well, which proves
    nothing.
    """
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    refusal = ClientError({"Error": {"Code": code, "Message": said}}, "GetObject")
    run = trial(cloud)
    run._try("GetObject as an administrator", lambda: run._check_lock_refused(refusal))

    assert [line.right for line in run.lines] == [right]


def test_a_topic_that_cannot_be_heard_leaves_no_queue(operator: World, cloud: LocalCloud) -> None:
    run = trial(cloud)
    run.at.resources["Alerts"] = ("AWS::SNS::Topic", "arn:aws:sns:eu-west-3:123456789012:gone")

    with pytest.raises(ClientError), run._listening():
        pass

    assert not [url for url in cloud.client("sqs").list_queues().get("QueueUrls", []) if "essai-" in url]


def test_an_address_that_nothing_serves_is_said(operator: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["https://nulle-part.example"]) == 1
    assert "No stack of this account and region serves https://nulle-part.example." in capsys.readouterr().err
