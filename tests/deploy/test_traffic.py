"""How traffic is led to published versions, and which deployment serves; Lambda and S3 are moto's."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.stores.functions import LIVE
from infra import CommandFailed
from infra.deploy.versions import Deployment, Shelf, Traffic
from tests.support import worlds
from tests.support.worlds import World

BUCKET, ACCOUNT = "versions", "123456789012"


@pytest.fixture
def traffic(world: World) -> Iterator[Traffic]:
    """Two functions with two versions each, the first of which serves."""
    api = boto3.client("lambda")
    idle = api.get_function(FunctionName=world.environment["MAILER_FUNCTION"])["Configuration"]
    functions = {name: f"traffic-{name}" for name in ("Mailer", "Inspect")}
    for function in functions.values():
        code = {"ZipFile": worlds.idle_code()}
        api.create_function(
            FunctionName=function, Runtime=idle["Runtime"], Role=idle["Role"], Handler="x.y", Code=code
        )
        api.publish_version(FunctionName=function)
        api.update_function_configuration(FunctionName=function, Description="second")
        api.publish_version(FunctionName=function)
        api.create_alias(FunctionName=function, Name=LIVE, FunctionVersion="1")
    yield Traffic(api, functions)
    for function in functions.values():
        api.delete_function(FunctionName=function)


@pytest.fixture
def shelf(world: World) -> Iterator[Shelf]:
    """A bucket that lists no deployment yet."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    kept = Shelf(s3, BUCKET, "passe-plat", ACCOUNT)
    kept.keep([])
    yield kept
    s3.delete_object(Bucket=BUCKET, Key="passe-plat/deployments.json")
    s3.delete_bucket(Bucket=BUCKET)


def test_what_serves_already_is_not_moved(traffic: Traffic) -> None:
    """Each move of an alias wakes people."""
    moved: list[str] = []
    traffic.api.meta.events.register(
        "before-call.lambda.UpdateAlias", lambda params, **_: moved.append(params["url_path"])
    )

    traffic.move({"Mailer": "1", "Inspect": "2", "Removed": "7"})

    assert traffic.read() == {"Mailer": "1", "Inspect": "2"}
    assert len(moved) == 1


def test_half_a_move_is_said_and_the_same_command_moves_the_rest(traffic: Traffic) -> None:
    refused = ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "later"}}, "UpdateAlias")

    def refuse(params: dict[str, Any], **_: object) -> None:
        if traffic.functions["Inspect"] in params["url_path"]:
            raise refused

    traffic.api.meta.events.register("before-call.lambda.UpdateAlias", refuse)
    with pytest.raises(CommandFailed, match=r"moved for 1 of 2 functions.*later\nRun the same command again"):
        traffic.move({"Mailer": "2", "Inspect": "2"})
    assert traffic.read() == {"Mailer": "2", "Inspect": "1"}

    traffic.api.meta.events.unregister("before-call.lambda.UpdateAlias", refuse)
    traffic.move({"Mailer": "2", "Inspect": "2"})
    assert traffic.read() == {"Mailer": "2", "Inspect": "2"}


def test_a_function_without_an_alias_serves_no_version(traffic: Traffic, world: World) -> None:
    """As one does that was deployed before there were aliases: the next deployment makes them."""
    both = Traffic(traffic.api, traffic.functions | {"Unseal": world.environment["UNSEAL_FUNCTION"]})

    assert both.read() == {"Mailer": "1", "Inspect": "1"}


def test_a_list_of_another_version_of_these_commands_is_read(shelf: Shelf) -> None:
    """One that noted more, or from before there were aliases, when a deployment named its template."""
    former = {"version": "old", "template": "https://…", "parameters": {}, "at": "2026-01-01", "worked": True}
    later = {"version": "new", "functions": {"Purge": "2"}, "at": "2027-01-01", "worked": True, "why": "?"}
    shelf.s3.put_object(
        Bucket=BUCKET, Key="passe-plat/deployments.json", Body=json.dumps([former, later]).encode()
    )

    assert shelf.deployments() == [Deployment("new", {"Purge": "2"}, "2027-01-01")]


@pytest.mark.parametrize(
    ("serving", "serves"),
    [
        ({"Purge": "2", "Web": "5"}, True),
        ({"Purge": "2", "Web": "5", "Added": "1"}, True),
        ({"Purge": "2"}, True),
        ({"Purge": "2", "Web": "6"}, False),
    ],
)
def test_a_function_that_was_added_or_removed_since_does_not_hide_which_deployment_serves(
    serving: dict[str, str], serves: bool
) -> None:
    assert Deployment("made", {"Purge": "2", "Web": "5"}).is_in_service(serving) == serves


def test_a_function_that_starts_anew_is_the_same_deployment(traffic: Traffic, shelf: Shelf) -> None:
    """A roll back that follows leaves it, and does not go « back » to the version that was revoked."""
    served = traffic.read()
    older = Deployment("older", served | {"Inspect": "0"})
    shelf.keep([older, Deployment("made", served)])

    traffic.start_anew("Mailer", "sessions are refused")
    shelf.note_renewed(served, traffic.read())

    assert traffic.read()["Mailer"] not in {"1", "2"}
    assert traffic.read()["Inspect"] == "1"
    older_again, renewed = shelf.deployments()
    assert older_again == older
    assert (renewed.version, renewed.functions) == ("made", traffic.read())


def test_what_is_on_no_list_is_not_noted_when_it_starts_anew(shelf: Shelf) -> None:
    older = Deployment("older", {"Purge": "1"})
    shelf.keep([older])

    shelf.note_renewed({"Purge": "2"}, {"Purge": "3"})

    assert shelf.deployments() == [older]
