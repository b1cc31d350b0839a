"""A request about personal data is kept, mailed, followed and said again until it is answered; no address longer than needed."""

import hashlib
import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage

import pytest

from chalicelib import clock, config, french
from chalicelib.domain import rights
from chalicelib.domain.documents import mailing as outbox
from chalicelib.domain.kernel.attempt import REFERENCE_LETTERS
from chalicelib.domain.kernel.calendar import day_of, months_later
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.rights import Asker, RequestState, Right, RightsRequest
from chalicelib.errors import TryAgain
from chalicelib.stores import aws
from chalicelib.stories import retention
from chalicelib.stories import rights as stories
from chalicelib.stories.kit import quotas
from chalicelib.stories.mails import feedback
from tests.bad_input.cases import hooked
from tests.conftest import Clock
from tests.support import factories, http, mail_rules, people, relays, ses_events, woken, young
from tests.support.http import Answer, Client
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records

PATH = "/donnees-personnelles/demande"
ASKED = {
    "reference": "CSF-7K3Q-92",
    "demande": "effacement",
    "qui": "parent",
    "adresse": "parent@messagerie.example",
}


pytestmark = pytest.mark.usefixtures("answering")


def ask(world: World, **changes: str) -> Answer:
    """Send the form of a rights request, with some fields changed; what waits leaves."""
    answer = Client().post_form(PATH, ASKED | changes)
    people.send_waiting_mails(world)
    return answer


def find_kept(answer: Answer) -> RightsRequest:
    """Return what is kept of the request that got this answer."""
    kept = stories.read_request(find_number(answer))
    assert kept is not None
    return kept


def find_number(answer: Answer) -> str:
    """Return the number in the address of the receipt."""
    return answer.headers["location"].removeprefix(f"{PATH}?numero=")


def report(world: World, kind: MailKind, what: str) -> None:
    """Let the mail service report on the last mail of this kind what this key of ``EVENTS`` says."""
    sent = [item for item in world.table("RELAY_TABLE") if str(item["pk"]).startswith("delivery#")]
    last = max((item for item in sent if item["mail"]["kind"] == kind), key=lambda item: item["sent_at"])
    feedback.receive(ses_events.EVENTS[what](last["id"]), now=clock.utc_now())


def list_mails_to_officer(world: World) -> list[EmailMessage]:
    """Return the mails about requests that the data protection officer got."""
    officer = config.settings().dpo_address
    return [mail for mail in world.mails() if str(mail["To"]) == officer]


def test_what_is_to_be_corrected_reaches_the_officer_alone_and_goes_with_the_answer(world: World) -> None:
    answer = ask(world, demande="rectification", correction="Mon nom : Bô, <b>pas</b> Bo")
    stories.mark_answered(find_number(answer), now=clock.utc_now())

    (mail,) = list_mails_to_officer(world)
    assert "À corriger : Mon nom : Bô, <b>pas</b> Bo" in mail_rules.read_body(mail, "plain").replace(
        "\u00a0", " "
    )
    assert "&lt;b&gt;pas&lt;/b&gt;" in mail_rules.read_body(mail, "html")
    assert "Bô" not in str(world.table("RELAY_TABLE"))


def test_a_rights_request_is_mailed_to_the_data_protection_officer(world: World) -> None:
    answer = ask(world)

    assert answer.status == 303
    (mail,) = world.mails()
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


def test_a_request_is_mailed_to_the_officer_alone_and_its_page_shows_its_number(
    world: World, time: Clock
) -> None:
    """Whose address was typed hears nothing of it: anybody can type anybody's."""
    answer = ask(world)

    page_text = html.unescape(Client().get(answer.headers["location"]).text)
    (to_officer,) = world.mails()
    assert "Votre demande est enregistrée" in page_text and french.moment(time.now) in page_text
    for text in (page_text, mail_rules.read_body(to_officer, "plain")):
        assert find_number(answer) in text and french.jour_court(months_later(time.now, 1)) in text


def test_a_receipt_that_the_version_before_queued_is_dropped_unsent(world: World, time: Clock) -> None:
    add_records(OutboxMail(key="5e" * 16, kind=MailKind.RIGHTS_RECEIPT, created_at=time.now))

    people.send_waiting_mails(world)

    assert not world.mails() and "5e" * 16 not in world.everything()


def test_a_receipt_number_cannot_be_forged(world: World, time: Clock) -> None:
    """A forged or altered receipt number, or one of no request, gets the same page with the form."""
    number = find_number(ask(world))
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
    assert "Votre demande est enregistrée" not in page and 'name="reference"' in page


def test_the_tutor_is_warned_of_a_rights_request_in_general_words(world: World) -> None:
    relay, _, here = _followed(world)
    reference = str(relay.head().reference)
    of_nobody = ask(world, reference="CSF-2222-00")

    answer = ask(world, reference=reference)

    assert (answer.status, answer.text) == (of_nobody.status, of_nobody.text)
    (mail,) = _warnings(world)
    text = mail_rules.read_body(mail, "plain")
    assert str(mail["To"]) == relay.tutor.address and here in text and reference in text
    assert ASKED["adresse"] not in text and "effacement" not in text and "parent" not in text


def test_nothing_is_sent_after_a_rights_request_until_the_tutor_spoke_with_the_young_person(
    world: World,
) -> None:
    relay, _, here = _followed(world)
    tutor = http.signed_in(relay.tutor)
    assert "Une demande sur les données" not in html.unescape(tutor.get(f"{here}/envoi").text)

    ask(world, reference=str(relay.head().reference))

    for page in (here, f"{here}/envoi"):
        assert "Une demande sur les données du jeune est arrivée" in html.unescape(tutor.get(page).text)
    sending = f"{here}/depots", factories.sealed().as_json() | {"notice": True}
    assert tutor.post_json(*sending).json["code"] == "talk_needed"
    assert tutor.post_form(f"{here}/notice", {}).status == 422, "a page from before says nothing of it"
    assert tutor.post_json(*sending).json["code"] == "talk_needed"
    assert tutor.post_form(f"{here}/notice", young.find_answer_form(tutor, here, "parle")).status == 303
    assert tutor.post_json(*sending).status == 201
    assert "Une demande sur les données" not in html.unescape(tutor.get(here).text)


def test_a_flood_of_requests_about_one_passage_warns_once_a_day_and_costs_the_tutor_one_press(
    world: World, time: Clock
) -> None:
    time.now = time.now.replace(hour=8)
    relay, _, here = _followed(world)
    tutor, reference = http.signed_in(relay.tutor), str(relay.head().reference)
    before = len(world.mails())

    answers = [_asks_from(number, reference) for number in range(20)]

    assert answers.count(303) == quotas.RIGHTS.most and set(answers) == {303, 429}
    people.send_waiting_mails(world)
    assert len(_warnings(world)) == 1
    assert len(world.mails()) == before + 1 + quotas.RIGHTS.most
    tutor.post_form(f"{here}/notice", young.find_answer_form(tutor, here, "parle"))
    time.now += timedelta(hours=1)
    assert _asks_from(30, reference) == 429
    assert tutor.post_json(f"{here}/depots", factories.sealed().as_json()).status == 201
    time.now += timedelta(days=1)
    assert _asks_from(31, reference) == 303
    people.send_waiting_mails(world)
    assert len(_warnings(world)) == 2
    assert "Une demande sur les données" in html.unescape(http.signed_in(relay.tutor).get(here).text)


def test_beyond_the_daily_limit_of_a_reference_the_page_says_how_to_write(world: World, time: Clock) -> None:
    """The daily limit holds for a reference that is nobody's too, so that its refusal tells nothing of the reference."""
    answers = [_asked_from(number, "CSF-2222-00") for number in range(quotas.RIGHTS.most + 1)]

    text = html.unescape(answers[-1].text)
    assert answers[-1].status == 429 and int(answers[-1].headers["retry-after"]) > 0
    assert config.settings().dpo_address in text and "demain" in text and 'value="CSF-2222-00"' in text


def test_a_warning_whose_mailer_dies_still_leaves(world: World) -> None:
    """The warning waits in the outbox until a mailer sends it; a repeated request writes no second one."""
    relay, _, _ = _followed(world)

    keys = stories.warn_of_rights_request(str(relay.head().reference), now=clock.utc_now())

    assert len(keys) == 1 and set(keys) <= set(relay.outbox())
    assert stories.warn_of_rights_request(str(relay.head().reference), now=clock.utc_now()) == []
    relay.mailer_runs()
    assert len(_warnings(world)) == 1


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

    ask(world, reference=reference)

    assert len(world.mails()) == before + 1


def test_a_request_keeps_its_number_right_day_due_date_and_asker(world: World, time: Clock) -> None:
    kept = find_kept(ask(world))

    assert (kept.right, kept.asker, day_of(kept.at)) == (Right.ERASURE, Asker.PARENT, day_of(time.now))
    assert kept.due_at == months_later(kept.at, 1)
    assert kept.reference == "CSF-7K3Q-92" and kept.state is RequestState.WAITING


def test_nothing_of_a_request_is_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ask(world)
    report(world, MailKind.RIGHTS_REQUEST, "refused")

    logged = capsys.readouterr().out
    for secret in ("CSF-7K3Q-92", "7K3Q", "effacement", "messagerie", ASKED["adresse"]):
        assert secret not in logged


def test_every_message_about_an_open_request_can_be_answered(world: World, time: Clock) -> None:
    """Whatever became of the messages before: the address stays until somebody says that the request is answered."""
    answer = ask(world)
    report(world, MailKind.RIGHTS_REQUEST, "delivered")
    assert find_kept(answer).state is RequestState.DELIVERED
    report(world, MailKind.RIGHTS_REQUEST, "refused")
    assert find_kept(answer).state is RequestState.RETURNED

    stories.send_again(find_number(answer), now=clock.utc_now())
    people.send_waiting_mails(world)
    time.now += rights.REMINDED_AFTER
    retention.purge(now=time.now)
    people.send_waiting_mails(world)

    mails = list_mails_to_officer(world)
    assert len(mails) == 3
    for mail in mails:
        assert str(mail["Reply-To"]) == ASKED["adresse"]
        assert ASKED["adresse"] in mail_rules.read_body(mail, "plain")


@pytest.mark.parametrize("what", ["refused", "returned", "rejected", "uncertain", "complained"])
def test_a_request_that_comes_back_keeps_all_of_it(world: World, what: str) -> None:
    answer = ask(world)

    report(world, MailKind.RIGHTS_REQUEST, what)

    assert find_kept(answer).state is RequestState.RETURNED
    assert find_kept(answer).reply_to == ASKED["adresse"]


@pytest.mark.parametrize("how", ["it comes back", "it is given up"])
def test_a_request_that_does_not_reach_the_officer_wakes_somebody(
    world: World, time: Clock, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if how == "it comes back":
        ask(world)
        report(world, MailKind.RIGHTS_REQUEST, "refused")
    else:
        never_taken(world, time)

    logs = "FeedbackLogs" if how == "it comes back" else "MailerLogs"
    assert "RequestsReturned" in woken.woken_by(capsys.readouterr().out, logs)


@contextmanager
def moved_officer(moved: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Deploy another address of the data protection officer for a while."""
    with monkeypatch.context() as deployed:
        deployed.setenv("DPO_ADDRESS", moved)
        config.settings.cache_clear()
        yield
    config.settings.cache_clear()


def test_a_request_that_came_back_is_sent_again_whole_to_the_address_that_is_set_by_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, moved = ask(world), "nouvelle.dpo@ministere.example"
    report(world, MailKind.RIGHTS_REQUEST, "refused")

    with moved_officer(moved, monkeypatch):
        stories.send_again(find_number(answer), now=clock.utc_now())
        people.send_waiting_mails(world)

    again = world.mails()[-1]
    text = mail_rules.read_body(again, "plain")
    assert str(again["To"]) == moved and str(again["Reply-To"]) == ASKED["adresse"]
    assert find_number(answer) in text and "de nouveau" in text
    report(world, MailKind.RIGHTS_REQUEST, "delivered")
    assert find_kept(answer).state is RequestState.DELIVERED


def test_a_late_report_on_an_earlier_message_changes_nothing(world: World) -> None:
    answer = ask(world)
    first = next(
        str(item["id"])
        for item in world.table("RELAY_TABLE")
        if str(item["pk"]).startswith("delivery#") and item["mail"]["kind"] == MailKind.RIGHTS_REQUEST
    )
    stories.send_again(find_number(answer), now=clock.utc_now())

    feedback.receive(ses_events.EVENTS["delivered"](first), now=clock.utc_now())

    assert find_kept(answer).state is RequestState.WAITING


def never_taken(world: World, time: Clock) -> Answer:
    """Ask while the mail service takes nothing, until the mail is given up."""
    with hooked(aws.ses(), "before-call.sesv2.SendEmail", fails):
        answer = ask(world)
        time.now += outbox.LIFE
        people.send_waiting_mails(world)
    return answer


def test_a_message_that_is_given_up_is_noted_on_its_request(world: World, time: Clock) -> None:
    answer = never_taken(world, time)

    assert find_kept(answer).state is RequestState.GIVEN_UP
    assert find_kept(answer).reply_to == ASKED["adresse"]


def test_the_officer_is_reminded_once_after_twenty_days_until_a_request_is_answered(
    world: World, time: Clock
) -> None:
    open_request, answered = ask(world), ask(world, demande="acces")
    stories.mark_answered(find_number(answered), now=clock.utc_now())
    began = time.now

    for days in (19, 20, 21, 40):
        time.now = began + timedelta(days=days)
        retention.purge(now=time.now)
        people.send_waiting_mails(world)
        told = len(list_mails_to_officer(world)) - 2
        assert told == (days >= 20), days
    assert find_number(open_request) in mail_rules.read_body(list_mails_to_officer(world)[-1], "plain")


def test_an_answered_request_says_nothing_of_anybody_and_goes_a_year_after_it_was_due(
    world: World, time: Clock
) -> None:
    answer = ask(world)
    stories.mark_answered(find_number(answer), now=clock.utc_now())
    kept = find_kept(answer)
    assert kept.answered_at == time.now and kept.reference is None and kept.reply_to is None
    assert ASKED["adresse"] not in world.everything()

    time.now = months_later(kept.due_at, 12)
    retention.purge(now=time.now - timedelta(minutes=1))
    assert stories.read_request(kept.number) is not None
    retention.purge(now=time.now)
    assert stories.read_request(kept.number) is None


@pytest.mark.parametrize("asker", ["contact", "agent"])
def test_contacts_and_agents_ask_without_a_reference(world: World, asker: str) -> None:
    answer = ask(world, qui=asker, reference="")

    assert answer.status == 303 and find_kept(answer).reference is None
    (mail,) = world.mails()
    assert str(mail["Reply-To"]) == ASKED["adresse"]
    assert "Référence" not in mail_rules.read_body(mail, "plain")


def test_a_contact_who_gives_a_reference_holds_nothing(world: World) -> None:
    """Who follows the young person is asked to speak with them of what they, or a parent, asked: not of somebody else's wish."""
    relay, _, _ = _followed(world)

    assert ask(world, qui="contact", reference=str(relay.head().reference)).status == 303

    assert relay.head().data_request is None and not _warnings(world)


@pytest.mark.parametrize(
    "typed", ["csf-7k3q-92", " CSF 7K3Q 92 ", "CSF–7K3Q–92", "csf7k3q92", "CSF-7K3Q- 92", "CSF.7K3Q.92"]
)
def test_a_reference_is_read_however_it_is_copied_from_paper(typed: str) -> None:
    assert (
        rights.read_rights_request(
            "jeune", typed, "acces", "j@messagerie.example", number="DP", now=factories.NOON
        ).reference
        == "CSF-7K3Q-92"
    )


@pytest.mark.parametrize("around", [" " * 5_000, "\0", "\u200b"])
def test_what_surrounds_a_reference_is_not_kept(world: World, around: str) -> None:
    kept = find_kept(ask(world, reference=f"{around}CSF-7K3Q-92{around}"))

    assert kept.reference == "CSF-7K3Q-92"


def test_an_unknown_reference_is_taken_like_another(world: World) -> None:
    assert ask(world, reference="CSF-2222-00").status == 303
    assert len(world.mails()) == 1


def fails() -> object:
    """Refuse a call, as an outage does."""
    raise TryAgain


@contextmanager
def keeps_no_request() -> Iterator[None]:
    """Refuse to store requests, and store everything else."""

    def refuse(params: dict[str, bytes], **_: object) -> None:
        if b"request#" in params["body"]:
            raise TryAgain

    events, event = aws.dynamodb().meta.events, "before-call.dynamodb.TransactWriteItems"
    events.register_first(event, refuse)
    try:
        yield
    finally:
        events.unregister(event, refuse)


def test_a_mail_service_that_fails_loses_no_request(world: World, time: Clock) -> None:
    with hooked(aws.ses(), "before-call.sesv2.SendEmail", fails):
        assert ask(world).status == 303
    assert not world.mails()
    time.now += timedelta(minutes=2)

    people.send_waiting_mails(world)

    assert len(world.mails()) == 1


def test_a_request_that_cannot_be_kept_is_said_not_to_have_left(world: World) -> None:
    relay, _, _ = _followed(world)

    with keeps_no_request():
        answer = ask(world, reference=str(relay.head().reference))

    assert answer.status == 503
    assert relay.head().data_request is None, "a passage is held by a request that somebody gets to read"
    assert answer.headers["retry-after"] == "60"
    text = html.unescape(answer.text)
    assert "n’est pas partie" in text and 'value="parent@messagerie.example"' in text
    assert not world.mails()
    assert ask(world).status == 303
    assert len(world.mails()) == 1


def test_a_request_that_cannot_be_kept_uses_no_quota_up_and_is_counted_once_when_it_is_sent_again(
    world: World, time: Clock
) -> None:
    time.now = time.now.replace(minute=1)
    with keeps_no_request():
        refused = [ask(world).status for _ in range(quotas.MOST_RIGHTS_OF_ONE_ADDRESS)]
    answers = [ask(world).status for _ in range(quotas.MOST_RIGHTS_OF_ONE_ADDRESS + 1)]

    assert set(refused) == {503}
    assert answers == [303] * quotas.MOST_RIGHTS_OF_ONE_ADDRESS + [429]


def test_one_address_asks_a_few_times_an_hour(world: World, time: Clock) -> None:
    time.now = time.now.replace(minute=1)
    for number in range(quotas.MOST_RIGHTS_OF_ONE_ADDRESS):
        assert ask(world, adresse=f"parent+{number}@messagerie.example").status == 303
    refused = ask(world, adresse=ASKED["adresse"].upper())

    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert "Attendez une heure" in html.unescape(refused.text)
    assert ask(world, adresse="autre@messagerie.example", reference="CSF-2222-00").status == 303
    time.now += timedelta(hours=1)
    assert ask(world, reference="CSF-2222-00").status == 303


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
    people.send_waiting_mails(world)
    assert len(world.mails()) == quotas.MOST_RIGHTS_OF_ONE_SOURCE + 1


def test_a_request_stores_no_source_and_no_hash_of_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plain hash is not stored either: there are few enough addresses to try them all."""
    source = "203.0.113.77"
    Client(source=source).post_form(PATH, ASKED)

    kept = world.everything() + capsys.readouterr().out
    assert source not in kept
    for text in (source, ASKED["adresse"]):
        assert hashlib.sha256(text.encode()).hexdigest() not in kept


def test_a_subscriber_is_one_source_whatever_address_she_takes(world: World, time: Clock) -> None:
    time.now = time.now.replace(minute=1)

    def ask(source: str, number: int) -> int:
        asked = ASKED | {"adresse": f"a{number}@m.example", "reference": f"CSF-2222-{number:02}"}
        return Client(source=source).post_form(PATH, asked).status

    asked = [ask(f"2001:db8:1:2::{number}", number) for number in range(quotas.MOST_RIGHTS_OF_ONE_SOURCE)]
    assert set(asked) == {303}
    assert ask("2001:db8:1:2:ffff::9", 98) == 429
    assert ask("2001:db8:1:3::1", 99) == 303
