"""A request about personal data: mailed to the data protection officer before the receipt is shown, stored nowhere."""

import hashlib
import html
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib import config
from chalicelib.domain import retention
from chalicelib.errors import TryAgain
from chalicelib.stores import aws
from chalicelib.stories.kit import quotas
from tests import http, mail_rules
from tests.bad_input.cases import hooked
from tests.conftest import Clock
from tests.http import Answer, Client
from tests.worlds import World

PATH = "/donnees-personnelles/demande"
ASKED = {
    "reference": "CSF-7K3Q-92",
    "demande": "effacement",
    "qui": "parent",
    "adresse": "parent@messagerie.example",
}


@pytest.fixture(autouse=True)
def answering(world: World) -> Iterator[None]:
    with http.functions_answer():
        yield


def ask(**changes: str) -> Answer:
    return Client().post_form(PATH, ASKED | changes)


def test_it_reaches_the_officer_who_answers_whoever_asked(world: World) -> None:
    answer = ask()

    assert (answer.status, answer.headers["location"]) == (303, f"{PATH}?fait=envoyee")
    (mail,) = world.mails()
    assert str(mail["To"]) == config.settings().dpo_address
    assert str(mail["Reply-To"]) == ASKED["adresse"]
    for text in (mail_rules.body(mail, "plain"), html.unescape(mail_rules.body(mail, "html"))):
        assert "CSF-7K3Q-92" in text and "effacement" in text and "parent" in text
    receipt = html.unescape(Client().get(answer.headers["location"]).text)
    assert "Votre demande est partie" in receipt


def test_it_is_stored_nowhere_and_logged_nowhere(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ask()

    kept, logged = world.everything(), capsys.readouterr().out
    for secret in ("CSF-7K3Q-92", "7K3Q", "effacement", "messagerie", ASKED["adresse"]):
        assert secret not in kept and secret not in logged
    assert {str(item["pk"]).split("#")[1] for item in world.table("RELAY_TABLE")} == {"rights"}, (
        "counters only"
    )


@pytest.mark.parametrize(
    "typed", ["csf-7k3q-92", " CSF 7K3Q 92 ", "CSF–7K3Q–92", "csf7k3q92", "CSF-7K3Q- 92"]
)
def test_a_reference_is_read_however_it_is_copied_from_paper(typed: str) -> None:
    assert (
        retention.rights_request(typed, "acces", "jeune", "j@messagerie.example").reference == "CSF-7K3Q-92"
    )


def test_an_unknown_reference_is_taken_like_another(world: World) -> None:
    assert ask(reference="CSF-2222-00").status == 303
    assert len(world.mails()) == 1


def test_a_mailer_that_fails_loses_nothing_and_says_so(world: World) -> None:
    def fails() -> object:
        raise TryAgain

    with hooked(aws.ses(), "before-call.sesv2.SendEmail", fails):
        answer = ask()

    assert answer.status == 503
    assert answer.headers["retry-after"] == "60"
    shown = html.unescape(answer.text)
    assert "n’est pas partie" in shown and 'value="parent@messagerie.example"' in shown
    assert not world.mails()
    assert ask().status == 303
    assert len(world.mails()) == 1


def test_one_address_asks_a_few_times_an_hour(world: World, time: Clock) -> None:
    time.now = time.now.replace(minute=1)
    for _ in range(quotas.MOST_RIGHTS_OF_ONE_ADDRESS):
        assert ask().status == 303
    refused = ask(adresse=ASKED["adresse"].upper())

    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert "Attendez une heure" in html.unescape(refused.text)
    assert ask(adresse="autre@messagerie.example").status == 303
    time.now += timedelta(hours=1)
    assert ask().status == 303


def test_a_flood_from_one_source_locks_nobody_else_out(world: World, time: Clock) -> None:
    time.now = time.now.replace(minute=1)
    flood = Client(source="198.51.100.66")
    asked = [
        flood.post_form(PATH, ASKED | {"adresse": f"a{number}@messagerie.example"}).status
        for number in range(quotas.MOST_RIGHTS_OF_ONE_SOURCE + 45)
    ]

    assert asked.count(303) == quotas.MOST_RIGHTS_OF_ONE_SOURCE and set(asked) == {303, 429}
    assert Client(source="203.0.113.5").post_form(PATH, ASKED).status == 303
    assert len(world.mails()) == quotas.MOST_RIGHTS_OF_ONE_SOURCE + 1


def test_nothing_of_a_source_or_an_address_is_kept(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even a plain hash: there are few enough addresses to try them all."""
    source = "203.0.113.77"
    Client(source=source).post_form(PATH, ASKED)

    kept = world.everything() + capsys.readouterr().out
    for text in (source, ASKED["adresse"]):
        assert text not in kept and hashlib.sha256(text.encode()).hexdigest() not in kept


def test_a_subscriber_is_one_source_whatever_address_she_takes(world: World, time: Clock) -> None:
    time.now = time.now.replace(minute=1)

    def ask(source: str, number: int) -> int:
        return Client(source=source).post_form(PATH, ASKED | {"adresse": f"a{number}@m.example"}).status

    asked = [ask(f"2001:db8:1:2::{number}", number) for number in range(quotas.MOST_RIGHTS_OF_ONE_SOURCE)]
    assert set(asked) == {303}
    assert ask("2001:db8:1:2:ffff::9", 98) == 429
    assert ask("2001:db8:1:3::1", 99) == 303
