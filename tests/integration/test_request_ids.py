"""One random id leads from what somebody was shown to every line that any function printed of her request."""

import json
import re
from contextlib import nullcontext
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib import jobs, log
from chalicelib.stores import aws, functions
from tests.faults.wire import Mode, Tap, strike
from tests.support import people, relays
from tests.support.http import Client, signed_in
from tests.support.relays import Relay
from tests.support.worlds import World

SECRET = "x" * 43
"""A link's token, as long as an honest one."""


def printed_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the log lines that were printed since the last call."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("answering")
def test_a_request_has_one_id_in_each_function_that_it_goes_through(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unseal, called by web, and the mailer, woken by web, print their lines under the id of web's request."""
    relay.sends()
    pointer = relay.link().pointer("0" * 64)
    sent: list[dict[str, Any]] = []
    aws.lambda_().meta.events.register_first(
        "before-call.lambda.Invoke", lambda params, **_: sent.append(json.loads(params["body"]))
    )
    log.begin_request("")
    request_id = log.read_request_id()
    capsys.readouterr()

    functions.unseal("x" * 43, "browser", pointer)
    functions.wake_mailer(["nothing#1"])
    log.begin_request("")
    jobs.mailer(sent[-1], None)

    lines = printed_lines(capsys)
    assert {line["event"] for line in lines} == {"unseal", "mailer"}
    assert {line["request"] for line in lines} == {request_id}


def test_whoever_meets_an_outage_is_shown_the_number_of_her_request(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    relays.started(world)
    capsys.readouterr()

    with Tap(act=strike(Mode.REFUSED), every=True).open():
        answer = Client().post_form("/connexion", {"adresse": "n@a.example"})

    (line,) = [line for line in printed_lines(capsys) if line["event"] == "web"]
    assert answer.status == line["status"] == 503
    assert f"Le n° {line['request'][: log.SHOWN_CHARACTERS]} est déjà dans le message" in answer.words


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("path", [f"/import?token={SECRET}", f"/parcours/{SECRET}/fiche", "/parcours"])
def test_every_page_of_an_error_has_a_mail_ready_that_holds_its_number_alone(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever helps gets no link: what stands in the address of the page, a token perhaps, is not in the mail."""
    client = signed_in(people.cast().tutor)
    capsys.readouterr()
    with Tap(act=strike(Mode.REFUSED), every=True).open() if path == "/parcours" else nullcontext():
        answer = client.get(path)

    (line,) = [line for line in printed_lines(capsys) if line["event"] == "web"]
    mails = re.findall(r'href="(mailto:[^"]+)"', answer.text)
    subject = quote(f"Passe-plat, erreur n°\u00a0{line['request'][: log.SHOWN_CHARACTERS]}")
    assert answer.status >= 400
    assert mails == [f"mailto:aide@passe-plat.example?subject={subject}"]
    assert SECRET not in answer.text


@pytest.mark.usefixtures("world")
def test_a_script_is_told_the_same_number_and_whom_to_ask(capsys: pytest.CaptureFixture[str]) -> None:
    with Tap(act=strike(Mode.REFUSED), every=True).open():
        answer = Client().post_json("/retrait/apercu", {"token": SECRET})

    (line,) = [line for line in printed_lines(capsys) if line["event"] == "web"]
    number = line["request"][: log.SHOWN_CHARACTERS]
    assert (answer.status, answer.json["numero"]) == (503, number)
    assert f"écrivez à aide@passe-plat.example. Donnez le n°\u00a0{number}" in answer.json["message"]
    assert SECRET not in answer.text
