"""A request about personal data: mailed to the data protection officer before the receipt is shown, stored nowhere."""

import hashlib
import html
import re
from datetime import timedelta
from email.message import EmailMessage

import pytest

from chalicelib import clock, config, french
from chalicelib.domain import retention
from chalicelib.domain.kernel.attempt import REFERENCE_LETTERS
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import TryAgain
from chalicelib.stores import aws, functions
from chalicelib.stories import retention as stories
from chalicelib.stories.kit import quotas
from tests.bad_input.cases import hooked
from tests.conftest import Clock
from tests.support import factories, http, mail_rules, people, relays
from tests.support.http import Answer, Client
from tests.support.relays import Relay
from tests.support.worlds import World

PATH = "/donnees-personnelles/demande"
ASKED = {
    "reference": "CSF-7K3Q-92",
    "demande": "effacement",
    "qui": "parent",
    "adresse": "parent@messagerie.example",
}
SPOKEN = {"geste": "parle"}


pytestmark = pytest.mark.usefixtures("answering")


def ask(**changes: str) -> Answer:
    """Send the form of a rights request, with some fields changed."""
    return Client().post_form(PATH, ASKED | changes)


def test_a_rights_request_is_mailed_to_the_data_protection_officer(world: World) -> None:
    answer = ask()

    assert answer.status == 303
    mail, _ = world.mails()
    assert str(mail["To"]) == config.settings().dpo_address
    assert str(mail["Reply-To"]) == ASKED["adresse"]
    for text in (mail_rules.read_body(mail, "plain"), html.unescape(mail_rules.read_body(mail, "html"))):
        assert "CSF-7K3Q-92" in text and "effacement" in text and "parent" in text


@pytest.mark.parametrize(
    ("given", "filled_in"),
    [
        ("CSF-7K3Q-92", "CSF-7K3Q-92"),
        ("csf%207k3q92", "CSF-7K3Q-92"),
        ("", ""),
        ("%22%3E%3Cscript%3E", ""),
        ("CSF-0000-00", ""),
        ("Camille", ""),
    ],
)
def test_a_reference_in_the_address_fills_in_the_form_and_nothing_else_does(
    world: World, given: str, filled_in: str
) -> None:
    page = Client().get(f"{PATH}?reference={given}").text

    match = re.search(r'<input[^>]*name="reference"[^>]*>', page)
    assert match and f'value="{filled_in}"' in match[0]
    assert "script&" not in page and "Camille" not in page


def test_the_receipt_says_the_instant_and_the_number_that_the_officer_reads(
    world: World, time: Clock
) -> None:
    answer = ask()

    number = answer.headers["location"].removeprefix(f"{PATH}?numero=")
    page_text = html.unescape(Client().get(answer.headers["location"]).text)
    to_officer, receipt = world.mails()
    assert "Votre demande est partie" in page_text
    assert str(receipt["To"]) == ASKED["adresse"]
    assert str(receipt["Reply-To"]) == config.settings().dpo_address
    for text in (
        page_text,
        mail_rules.read_body(to_officer, "plain"),
        mail_rules.read_body(receipt, "plain"),
    ):
        assert number in text
    assert config.settings().dpo_address in mail_rules.read_body(receipt, "plain"), "as it can be copied"
    for text in (page_text, mail_rules.read_body(receipt, "plain")):
        assert french.moment(time.now) in text


def test_a_receipt_number_cannot_be_forged(world: World, time: Clock) -> None:
    """A forged or altered receipt number, or one of no request, gets the same page with the form."""
    number = ask().headers["location"].removeprefix(f"{PATH}?numero=")
    other = next(letter for letter in REFERENCE_LETTERS if letter != number[-1])
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
        Client().get(f"{PATH}?numero={number}").text
        for number in (*forged, "DP-20269902-1412-7K3Q", "<b>", "")
    }

    (page,) = pages
    assert "Votre demande est partie" not in page and 'name="reference"' in page


@pytest.mark.parametrize("failure", [TryAgain, functions.TooFast, functions.Unanswered, functions.Refused])
def test_a_receipt_that_does_not_leave_undoes_no_request(world: World, failure: type[Exception]) -> None:
    sent: list[bool] = []

    def fails_second() -> object:
        sent.append(True)
        if len(sent) == 2:
            raise failure
        return None

    with hooked(aws.ses(), "before-call.sesv2.SendEmail", fails_second):
        assert ask().status == 303
    assert [str(mail["To"]) for mail in world.mails()] == [config.settings().dpo_address]


def test_tutor_and_coordinator_are_warned_of_a_rights_request_in_general_words(world: World) -> None:
    relay, boss, here = _followed(world)
    reference = str(relay.head().reference)
    of_nobody = ask(reference="CSF-2222-00")

    answer = ask(reference=reference)

    assert (answer.status, answer.text) == (of_nobody.status, of_nobody.text)
    warned = _warnings(world)
    assert {str(mail["To"]) for mail in warned} == {relay.tutor.address, boss.address}
    for mail in warned:
        text = mail_rules.read_body(mail, "plain")
        assert here in text and reference in text
        assert ASKED["adresse"] not in text and "effacement" not in text and "parent" not in text
        assert str(mail["Reply-To"]) == config.settings().dpo_address


def test_nothing_is_sent_after_a_rights_request_until_the_tutor_spoke_with_the_young_person(
    world: World,
) -> None:
    relay, _, here = _followed(world)
    tutor = http.signed_in(relay.tutor)
    tutor.post_form(f"{here}/notice", {})
    assert "Une demande sur les données" not in html.unescape(tutor.get(f"{here}/envoi").text)

    ask(reference=str(relay.head().reference))

    for page in (here, f"{here}/envoi"):
        assert "Une demande sur les données du jeune est arrivée" in html.unescape(tutor.get(page).text)
    sending = f"{here}/depots", factories.sealed().as_json() | {"notice": True}
    assert tutor.post_json(*sending).json["code"] == "talk_needed"
    assert tutor.post_form(f"{here}/notice", {}).status == 303, "a page from before says nothing of it"
    assert tutor.post_json(*sending).json["code"] == "talk_needed"
    assert tutor.post_form(f"{here}/notice", SPOKEN).status == 303
    assert tutor.post_json(*sending).status == 201
    assert "Une demande sur les données" not in html.unescape(tutor.get(here).text)


def test_a_flood_of_requests_about_one_passage_warns_once_a_day_and_costs_the_tutor_one_press(
    world: World, time: Clock
) -> None:
    time.now = time.now.replace(hour=8)
    relay, _, here = _followed(world)
    tutor, reference = http.signed_in(relay.tutor), str(relay.head().reference)
    tutor.post_form(f"{here}/notice", {})
    before = len(world.mails())

    answers = [_asks_from(number, reference) for number in range(20)]

    assert answers.count(303) == quotas.RIGHTS.most and set(answers) == {303, 429}
    assert len(_warnings(world)) == 2
    assert len(world.mails()) == before + 2 + 2 * quotas.RIGHTS.most
    tutor.post_form(f"{here}/notice", SPOKEN)
    time.now += timedelta(hours=1)
    assert _asks_from(30, reference) == 429
    assert tutor.post_json(f"{here}/depots", factories.sealed().as_json()).status == 201
    time.now += timedelta(days=1)
    assert _asks_from(31, reference) == 303
    assert len(_warnings(world)) == 4
    assert "Une demande sur les données" in html.unescape(http.signed_in(relay.tutor).get(here).text)


def test_beyond_the_daily_limit_of_a_reference_the_page_says_how_to_write(world: World, time: Clock) -> None:
    """The daily limit holds for a reference that is nobody's too, so that its refusal tells nothing of the reference."""
    answers = [_asked_from(number, "CSF-2222-00") for number in range(quotas.RIGHTS.most + 1)]

    text = html.unescape(answers[-1].text)
    assert answers[-1].status == 429 and int(answers[-1].headers["retry-after"]) > 0
    assert config.settings().dpo_address in text and "demain" in text and 'value="CSF-2222-00"' in text


def test_a_warning_whose_mailer_dies_still_leaves(world: World) -> None:
    """The warnings wait in the outbox until a mailer sends them; a repeated request writes no second ones."""
    relay, _, _ = _followed(world)

    keys = stories.warn_of_rights_request({"reference": str(relay.head().reference)}, now=clock.utc_now())

    assert len(keys) == 2 and set(keys) <= set(relay.outbox())
    assert (
        stories.warn_of_rights_request({"reference": str(relay.head().reference)}, now=clock.utc_now()) == []
    )
    relay.mailer_runs()
    assert len(_warnings(world)) == 2


def _followed(world: World) -> tuple[Relay, Account, str]:
    """Return a passage, its coordinator and the path of its page."""
    relay, boss = relays.started(world), factories.account(Role.COORDINATOR)
    people.stand(boss)
    return relay, boss, f"/parcours/{relay.parcours_id}"


def _asked_from(number: int, reference: str) -> Answer:
    """Ask about this reference from a browser at the source address of this number."""
    asked = ASKED | {"reference": reference, "adresse": f"a{number}@messagerie.example"}
    return Client(source=f"198.51.100.{number}").post_form(PATH, asked)


def _asks_from(number: int, reference: str) -> int:
    """Return the status of that request."""
    return _asked_from(number, reference).status


def _warnings(world: World) -> list[EmailMessage]:
    """Return the mails that say to send nothing."""
    return [mail for mail in world.mails() if "N’envoyez rien" in str(mail["Subject"])]


def test_a_link_is_not_resent_while_a_rights_warning_stands(world: World) -> None:
    relay, _, here = _followed(world)
    tutor = http.signed_in(relay.tutor)
    relay.sends()
    ask(reference=str(relay.head().reference))
    again = (
        f"/depots/{relay.sent[-1].deposit}/renvoi",
        {"lien": relay.link().id, "version": "1", "vu": "ferme"},
    )

    refused = tutor.post_form(*again)

    assert refused.status == 409 and "Parlez-en avec lui" in html.unescape(refused.text)
    assert tutor.post_form(f"{here}/relance", {}).status == 409, "nor is anybody reminded of it"
    assert "Une demande sur les données du jeune est arrivée" in html.unescape(tutor.get(here).text)
    tutor.post_form(f"{here}/notice", SPOKEN)
    assert tutor.post_form(*again).status == 303


def test_a_passage_that_is_over_warns_nobody(relay: Relay, world: World, time: Clock) -> None:
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


def test_a_rights_request_is_neither_stored_nor_logged(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
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
        retention.read_rights_request(
            typed, "acces", "jeune", "j@messagerie.example", factories.NOON
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
    text = html.unescape(answer.text)
    assert "n’est pas partie" in text and 'value="parent@messagerie.example"' in text
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
    assert ask(adresse="autre@messagerie.example", reference="CSF-2222-00").status == 303
    time.now += timedelta(hours=1)
    assert ask(reference="CSF-2222-00").status == 303


def test_a_flood_from_one_source_locks_nobody_else_out(world: World, time: Clock) -> None:
    time.now = time.now.replace(minute=1)
    flood = Client(source="198.51.100.66")
    asked = [
        flood.post_form(
            PATH, ASKED | {"adresse": f"a{number}@messagerie.example", "reference": f"CSF-2222-{number:02}"}
        ).status
        for number in range(quotas.MOST_RIGHTS_OF_ONE_SOURCE + 45)
    ]

    assert asked.count(303) == quotas.MOST_RIGHTS_OF_ONE_SOURCE and set(asked) == {303, 429}
    assert Client(source="203.0.113.5").post_form(PATH, ASKED).status == 303
    assert len(world.mails()) == 2 * (quotas.MOST_RIGHTS_OF_ONE_SOURCE + 1)


def test_rights_requests_store_no_source_and_no_address(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plain hash is not stored either: there are few enough addresses to try them all."""
    source = "203.0.113.77"
    Client(source=source).post_form(PATH, ASKED)

    kept = world.everything() + capsys.readouterr().out
    for text in (source, ASKED["adresse"]):
        assert text not in kept and hashlib.sha256(text.encode()).hexdigest() not in kept


def test_a_subscriber_is_one_source_whatever_address_she_takes(world: World, time: Clock) -> None:
    time.now = time.now.replace(minute=1)

    def ask(source: str, number: int) -> int:
        asked = ASKED | {"adresse": f"a{number}@m.example", "reference": f"CSF-2222-{number:02}"}
        return Client(source=source).post_form(PATH, asked).status

    asked = [ask(f"2001:db8:1:2::{number}", number) for number in range(quotas.MOST_RIGHTS_OF_ONE_SOURCE)]
    assert set(asked) == {303}
    assert ask("2001:db8:1:2:ffff::9", 98) == 429
    assert ask("2001:db8:1:3::1", 99) == 303
