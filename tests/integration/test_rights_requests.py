"""A request about personal data: mailed to the data protection officer before the receipt is shown, stored nowhere."""

import hashlib
import html
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib import config, french
from chalicelib.domain import retention
from chalicelib.domain.kernel.attempt import REFERENCE_LETTERS
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, parcours, transactions
from chalicelib.stories.kit import quotas
from tests import factories, http, mail_rules, people, relays
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

    assert answer.status == 303
    mail, _ = world.mails()
    assert str(mail["To"]) == config.settings().dpo_address
    assert str(mail["Reply-To"]) == ASKED["adresse"]
    for text in (mail_rules.body(mail, "plain"), html.unescape(mail_rules.body(mail, "html"))):
        assert "CSF-7K3Q-92" in text and "effacement" in text and "parent" in text


def test_the_receipt_says_the_instant_and_the_number_that_the_officer_reads(
    world: World, time: Clock
) -> None:
    answer = ask()

    number = answer.headers["location"].removeprefix(f"{PATH}?numero=")
    shown = html.unescape(Client().get(answer.headers["location"]).text)
    to_officer, receipt = world.mails()
    assert "Votre demande est partie" in shown
    assert str(receipt["To"]) == ASKED["adresse"]
    assert str(receipt["Reply-To"]) == config.settings().dpo_address
    for text in (shown, mail_rules.body(to_officer, "plain"), mail_rules.body(receipt, "plain")):
        assert number in text
    assert config.settings().dpo_address in mail_rules.body(receipt, "plain"), "as it can be copied"
    for text in (shown, mail_rules.body(receipt, "plain")):
        assert french.moment(time.now) in text


def test_nobody_makes_a_receipt_of_ours(world: World, time: Clock) -> None:
    """Forged, altered or of no request: the same page, with the form."""
    number = ask().headers["location"].removeprefix(f"{PATH}?numero=")
    other = next(one for one in REFERENCE_LETTERS if one != number[-1])
    day = number.replace(number[3:11], "20261202")
    forged = [
        number[:-1] + other,
        number[:-7],
        number.lower(),
        number + "2",
        day,
        "DP-20261202-1412-7K3Q-222222",
    ]

    pages = {
        Client().get(f"{PATH}?numero={one}").text for one in (*forged, "DP-20269902-1412-7K3Q", "<b>", "")
    }

    (page,) = pages
    assert "Votre demande est partie" not in page and 'name="reference"' in page


def test_a_receipt_that_does_not_leave_undoes_no_request(world: World) -> None:
    sent: list[bool] = []

    def fails_second() -> object:
        sent.append(True)
        if len(sent) == 2:
            raise TryAgain
        return None

    with hooked(aws.ses(), "before-call.sesv2.SendEmail", fails_second):
        assert ask().status == 303
    assert [str(one["To"]) for one in world.mails()] == [config.settings().dpo_address]


def test_who_follows_the_passage_is_warned_and_nothing_is_sent_until_she_spoke_with_the_young_person(
    world: World,
) -> None:
    relay = relays.started(world)
    boss = factories.account(Role.COORDINATOR)
    people.stand(boss)
    reference, here = relay.head().reference, f"/parcours/{relay.parcours_id}"
    tutor, passage = http.signed_in(relay.tutor), parcours.attempt(relay.parcours_id, 1)
    transactions.commit(Transition(changes=(Change(passage, passage.but(notice_at=None)),)))
    assert "Une demande sur les données" not in html.unescape(tutor.get(f"{here}/envoi").text)
    tutor.post_form(f"{here}/notice", {})
    before = ask(reference="CSF-2222-00")

    answer = ask(reference=str(reference))

    assert (answer.status, answer.text) == (before.status, before.text)
    warned = [one for one in world.mails() if "N’envoyez rien" in str(one["Subject"])]
    assert {str(one["To"]) for one in warned} == {relay.tutor.address, boss.address}
    for mail in warned:
        text = mail_rules.body(mail, "plain")
        assert here in text and str(reference) in text
        assert ASKED["adresse"] not in text and "effacement" not in text and "parent" not in text
        assert str(mail["Reply-To"]) == config.settings().dpo_address
    shown = html.unescape(tutor.get(f"{here}/envoi").text)
    assert "Une demande sur les données du jeune est arrivée" in shown
    sending = f"{here}/depots", factories.sealed().as_json() | {"notice": False}
    assert tutor.post_json(*sending).json["code"] == "notice_needed"
    assert tutor.post_form(f"{here}/notice", {}).status == 303
    assert tutor.post_json(*sending).status == 201


def test_nor_is_a_link_sent_again_meanwhile(world: World) -> None:
    relay = relays.started(world)
    passage, here = parcours.attempt(relay.parcours_id, 1), f"/parcours/{relay.parcours_id}"
    transactions.commit(Transition(changes=(Change(passage, passage.but(notice_at=None)),)))
    tutor = http.signed_in(relay.tutor)
    tutor.post_form(f"{here}/notice", {})
    relay.sends()
    ask(reference=str(relay.head().reference))
    again = (
        f"/depots/{relay.sent[-1].deposit}/renvoi",
        {"lien": relay.link().id, "version": "1", "vu": "ferme"},
    )

    refused = tutor.post_form(*again)

    assert refused.status == 409 and "Remettez d’abord la notice" in html.unescape(refused.text)
    assert tutor.post_form(f"{here}/relance", {}).status == 409, "nor is anybody reminded of it"
    assert "Une demande sur les données du jeune est arrivée" in html.unescape(tutor.get(here).text)
    tutor.post_form(f"{here}/notice", {})
    assert tutor.post_form(*again).status == 303


def test_a_passage_that_is_over_warns_nobody(world: World, time: Clock) -> None:
    relay = relays.started(world)
    reference = str(relay.head().reference)
    ended = http.signed_in(relay.tutor).post_form(
        f"/parcours/{relay.parcours_id}/fin",
        {
            "fin": "young_person_withdrew",
            "motif": "other",
            "survenu_le": day_of(time.now).isoformat(),
            "jours": "",
        },
    )
    assert ended.status == 303
    relay.mailer_runs()
    before = len(world.mails())

    ask(reference=reference)

    assert len(world.mails()) == before + 2


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
        retention.rights_request(
            typed,
            "acces",
            "jeune",
            "j@messagerie.example",
            now=factories.NOON,
            drawn=bytes(4),
            sign=lambda _: bytes(32),
        ).reference
        == "CSF-7K3Q-92"
    )


def test_an_unknown_reference_is_taken_like_another(world: World) -> None:
    assert ask(reference="CSF-2222-00").status == 303
    assert len(world.mails()) == 2, "the request and its receipt"


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
    assert len(world.mails()) == 2


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
    assert len(world.mails()) == 2 * (quotas.MOST_RIGHTS_OF_ONE_SOURCE + 1)


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
