"""The weekly letter: to who has something to do, once a week, with what is so when it leaves; one press stops it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from chalicelib import clock, config
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.ending import End
from chalicelib.stores import functions, parcours_table
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import outcomes, reminding, weekly
from chalicelib.stories.kit import quotas
from chalicelib.stories.mails import mailing, notices
from tests.conftest import Clock
from tests.faults.wire import Call, Crash, Mode, Tap, strike
from tests.support import factories, meetings, relays
from tests.support.http import Answer, Client, pages_started, signed_in
from tests.support.mail_rules import LINK, read_body
from tests.support.people import page_text, read_account, stand
from tests.support.relays import Relay
from tests.support.woken import woken_by
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

MONDAY = datetime(2027, 1, 11, 8, 30, tzinfo=PARIS)
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def tutor(world: World, time: Clock) -> Account:
    """A tutor who has one parcours on which she has to send the documents."""
    time.now = MONDAY - 3 * A_DAY
    tutor = factories.account()
    relays.started(world, tutor, factories.offer(company=factories.offer().company))
    time.now = MONDAY
    return tutor


def morning(time: Clock, *, until: timedelta = timedelta(minutes=10)) -> weekly.Written:
    """Run the morning's function, then the mailer that it wakes."""
    written = weekly.write(now=time.now, until=time.now + until)
    mailing.send_all(written.mails, now=clock.utc_now())
    return written


def only_letter(world: World) -> EmailMessage:
    """The only letter that was sent."""
    (mail,) = letters(world)
    return mail


def letters(world: World) -> list[EmailMessage]:
    """Return the letters that were sent."""
    return [mail for mail in world.mails() if str(mail["Subject"]).startswith("Votre semaine")]


def text(mail: EmailMessage) -> str:
    """Return the text of a mail, with plain spaces."""
    return read_body(mail, "plain").replace("\u00a0", " ").replace("\u202f", " ")


def stop_path(mail: EmailMessage) -> str:
    """The path to which a mail program posts to stop the letters."""
    return str(mail["List-Unsubscribe"]).strip("<>").removeprefix(config.public_base_url())


def test_a_letter_says_what_is_hers_and_leads_to_the_list_of_it(
    world: World, time: Clock, tutor: Account
) -> None:
    assert len(morning(time).mails) == 1

    mail = only_letter(world)
    assert mail["To"] == tutor.address
    assert str(mail["Subject"]) == "Votre semaine\u00a0: 1\u00a0parcours vous attend"
    assert "\nEnvoyez les documents : Jardins Morvenne" in text(mail)
    path = LINK.findall(text(mail))[0].removeprefix(config.public_base_url())
    listed = page_text(signed_in(tutor).get(path))
    assert "Jardins Morvenne" in listed and "Un vous attend." in listed


def test_parcours_of_one_act_are_counted_together_the_latest_first(world: World, time: Clock) -> None:
    time.now = MONDAY - 3 * A_DAY
    tutor = factories.account()
    stand(tutor)
    for name, ago in (("Serres Valbrune", 30), ("Toitures Arvel", 70), ("Cycles Perdriel", 10)):
        time.now = MONDAY - ago * A_DAY
        head = factories.offer()
        relays.takes(world, tutor, replace(head, company=replace(head.company, name=name)))
    time.now = MONDAY
    coordinator = factories.account(Role.COORDINATOR)
    stand(coordinator)

    morning(time)

    texts = {str(mail["To"]): text(mail) for mail in letters(world)}
    assert "\nEnvoyez les documents : 2 parcours, d’abord Serres Valbrune" in texts[tutor.address]
    assert "(en retard de 25 jours)" in texts[coordinator.address]  # a late tutor's turn is the coordinator's
    assert "Toitures Arvel" not in texts[tutor.address]


def test_an_agent_with_nothing_to_do_gets_no_letter_and_is_checked_once_a_week(
    world: World, time: Clock, tutor: Account
) -> None:
    idle = factories.account(Role.PRESCRIBER, organisation="Autre organisme")
    stand(idle)

    assert morning(time).left == 0
    assert read_account(idle).letter_at is not None
    assert [mail["To"] for mail in letters(world)] == [tutor.address]
    revision = read_account(idle).revision
    morning(time)
    assert read_account(idle).revision == revision


def test_a_week_has_one_letter_however_often_the_morning_runs(
    world: World, time: Clock, tutor: Account
) -> None:
    for _ in range(3):
        morning(time)
        time.now += A_DAY
    assert len(letters(world)) == 1

    time.now = MONDAY + A_WEEK
    morning(time)
    assert len(letters(world)) == 2


def test_a_letter_waits_a_day_where_its_reader_was_reminded_this_morning(
    world: World, time: Clock, tutor: Account
) -> None:
    quotas.count_reminder(tutor.address, clock.utc_now())

    morning(time)
    assert letters(world) == []
    time.passes(days=1)
    morning(time)

    assert only_letter(world)["To"] == tutor.address


def test_a_missed_monday_is_made_up_for_and_the_next_letter_still_leaves(
    world: World, time: Clock, tutor: Account
) -> None:
    morning(time)
    time.now = MONDAY + A_WEEK + 3 * A_DAY
    morning(time)
    time.now = MONDAY + 2 * A_WEEK
    morning(time)

    assert len(letters(world)) == 3


@pytest.mark.parametrize(
    ("day", "comes"),
    [
        (datetime(2027, 1, 12, 8, 30, tzinfo=PARIS), False),
        (datetime(2027, 1, 15, 8, 30, tzinfo=PARIS), False),
        (datetime(2027, 1, 18, 8, 30, tzinfo=PARIS), True),
        (datetime(2027, 1, 20, 8, 30, tzinfo=PARIS), True),  # two mornings had no time for it
    ],
)
def test_a_first_letter_comes_in_the_week_after_the_invitation(
    world: World, time: Clock, tutor: Account, day: datetime, comes: bool
) -> None:
    invited = read_account(tutor)
    change_record(invited, replace(invited, invited_at=MONDAY))
    time.now = day
    morning(time)

    assert (read_account(tutor).letter_at is not None) is comes


def test_a_week_begins_in_paris(world: World, time: Clock, tutor: Account) -> None:
    time.now = MONDAY.replace(hour=0, minute=30)  # Sunday evening in UTC
    morning(time)
    time.now = MONDAY
    morning(time)

    assert len(letters(world)) == 1


def test_a_run_that_has_no_time_left_leaves_the_others_to_the_next(
    world: World, time: Clock, tutor: Account
) -> None:
    relays.started(world, other := factories.account())
    assert morning(time, until=timedelta(milliseconds=1)).left == 2
    assert not letters(world)

    assert morning(time).left == 0
    assert {mail["To"] for mail in letters(world)} == {tutor.address, other.address}


@pytest.mark.parametrize("mode", list(Mode))
def test_a_run_that_is_broken_or_dies_keeps_no_letter_and_doubles_none(
    world: World, time: Clock, tutor: Account, mode: Mode
) -> None:
    relays.started(world, other := factories.account())
    broken: list[int] = []

    def breaks_the_first(call: Call, event_name: str, request: Any) -> None:
        broken.append(len(tap.calls))
        if broken[0] == len(tap.calls):
            strike(mode)(call, event_name, request)

    with (tap := Tap(act=breaks_the_first, operation="TransactWriteItems")).open(), suppress(Crash):
        assert weekly.write(now=time.now, until=time.now + A_DAY).left <= 1, "the other one has hers"
    assert weekly.write(now=time.now, until=time.now + A_DAY).left == 0
    mailing.send_all(Relay(world, tutor, "").outbox(), now=clock.utc_now())

    assert sorted(str(mail["To"]) for mail in letters(world)) == sorted([tutor.address, other.address])


def test_a_page_that_is_done_twice_writes_one_letter_to_each_of_its_accounts(
    world: World, time: Clock, tutor: Account
) -> None:
    from app import app

    relays.started(world, other := factories.account())
    with pages_started() as events:
        functions.start_page(weekly.LETTERS, [tutor.id, other.id], now=time.now)
    (event,) = events

    for _ in range(2):
        app.handler_map["remind"](event, None)
        mailing.send_all(Relay(world, tutor, "").outbox(), now=clock.utc_now())

    assert sorted(str(mail["To"]) for mail in letters(world)) == sorted([tutor.address, other.address])


def test_a_page_that_comes_in_the_evening_writes_nothing(world: World, time: Clock, tutor: Account) -> None:
    time.now = MONDAY.replace(hour=22)

    report = reminding.run_page(weekly.LETTERS, [tutor.id], now=time.now)

    assert (report.mails, read_account(tutor).letter_at) == (0, None)


def test_a_letter_that_a_run_has_left_wakes_somebody(
    world: World, time: Clock, tutor: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    from app import app

    with pages_started() as events:
        functions.start_page(weekly.LETTERS, [tutor.id], now=time.now)
    capsys.readouterr()
    with Tap(act=strike(Mode.REFUSED), operation="TransactWriteItems").open():
        app.handler_map["remind"](events[0], None)
    assert "RemindersLeft" in woken_by(capsys.readouterr().out, "RemindLogs")

    app.handler_map["remind"](events[0], None)
    assert not woken_by(capsys.readouterr().out, "RemindLogs")


def test_two_runs_at_once_write_one_letter(world: World, time: Clock, tutor: Account) -> None:
    def other_run(call: Call, event_name: str, request: Any) -> None:
        tap.asleep = True
        weekly.write(now=time.now, until=time.now + A_DAY)
        tap.asleep = False

    with (tap := Tap(act=other_run, operation="TransactWriteItems", times=1)).open():
        weekly.write(now=time.now, until=time.now + A_DAY)
    mailing.send_all(Relay(world, tutor, "").outbox(), now=clock.utc_now())

    assert only_letter(world)


def test_a_letter_leaves_out_what_was_done_before_it_leaves(
    world: World, time: Clock, tutor: Account
) -> None:
    written = weekly.write(now=time.now, until=time.now + A_DAY)
    (line,) = weekly.read_letter(tutor, now=time.now).todo[0].lines
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=time.now)
    outcomes.finish_passage(tutor, line.id, end, now=time.now)
    mailing.send_all(written.mails, now=clock.utc_now())

    assert not letters(world)
    assert not set(Relay(world, tutor, line.id).outbox()) & set(written.mails)


def test_closed_stopped_and_refused_accounts_get_none_even_when_it_waits(
    world: World, time: Clock, tutor: Account
) -> None:
    changes: tuple[Callable[[Account], Account], ...] = (
        lambda account: replace(account, closed_at=MONDAY),
        lambda account: replace(account, letters_stopped_at=MONDAY),
        lambda account: replace(account, mail_refused_at=MONDAY),
    )
    for changed in changes:
        account = factories.account()
        relays.started(world, account)
        written = weekly.write(now=time.now, until=time.now + A_DAY)
        before = read_account(account)
        change_record(before, changed(before))
        mailing.send_all(written.mails, now=clock.utc_now())
        time.now += A_WEEK
        morning(time)

        assert account.address not in {mail["To"] for mail in letters(world)}


def test_what_is_about_to_be_lost_is_said_before_it_is(world: World, time: Clock) -> None:
    time.now = MONDAY - timedelta(days=config.settings().reservation_days - 4)
    tutor = factories.account()
    relays.started(world, tutor, factories.offer())
    time.now = MONDAY - timedelta(days=12)
    sent = factories.offer()
    relay = relays.takes(world, tutor, replace(sent, company=replace(sent.company, name="Serres Valbrune")))
    relay.sends()
    free = factories.offer()
    ends = day_of(MONDAY + timedelta(days=40))
    free = replace(
        free,
        contract=replace(free.contract, ends_on=ends),
        company=replace(free.company, name="Toitures Arvel"),
    )
    add_records(free)
    time.now = MONDAY

    morning(time)

    words = text(only_letter(world))
    assert "Votre réservation chez Jardins Morvenne se termine le vendredi 15 janvier." in words
    assert (
        "Les documents envoyés pour Serres Valbrune s’effacent le jeudi 14 janvier, et le lien n’est pas encore ouvert."
        in words
    )
    assert (
        "Une offre encore libre sera perdue à la fin de son marché, le 20 février 2027 (Toitures Arvel, à Brévannes-le-Lac)."
        in words
    )


def offer_with_unconfirmed_contacts(name: str) -> Parcours:
    """An offer whose contact nobody confirmed for a year."""
    offer = factories.offer()
    old = tuple(
        replace(contact, verified_on=day_of(MONDAY) - 365 * A_DAY) for contact in offer.company.contacts
    )
    return replace(offer, company=replace(offer.company, name=name, contacts=old))


def test_contacts_to_confirm_are_said_to_who_may_confirm_them(
    world: World, time: Clock, tutor: Account
) -> None:
    buyer = factories.account(Role.BUYER)
    stand(buyer)
    add_records(offer_with_unconfirmed_contacts("Toitures Arvel"))
    relays.takes(world, tutor, offer_with_unconfirmed_contacts("Serres Valbrune"))
    time.now = MONDAY - A_WEEK  # the first one of its month: by themselves they make no other letter

    morning(time)

    texts = {str(mail["To"]): text(mail) for mail in letters(world)}
    assert "Les contacts de Serres Valbrune sont à vérifier." in texts[tutor.address]
    assert "Les contacts de 2 entreprises sont à vérifier, d’abord ceux de" in texts[buyer.address]
    time.now = MONDAY
    morning(time)
    assert [mail for mail in letters(world) if mail["To"] == buyer.address][1:] == []


def test_a_letter_costs_the_same_reads_whatever_her_lists_hold(
    world: World, time: Clock, tutor: Account
) -> None:
    def calls() -> list[str]:
        with Tap().open() as tap:
            weekly.read_letter(tutor, now=time.now)
        return [call.operation for call in tap.calls]

    few = calls()
    for _ in range(20):
        relays.takes(world, tutor)

    assert weekly.read_letter(tutor, now=time.now).awaited == 21
    assert calls() == few


def test_documents_that_were_opened_are_not_said_to_be_unopened(
    world: World, time: Clock, tutor: Account
) -> None:
    time.now = MONDAY - timedelta(days=2)
    relay = relays.takes(world, tutor)
    token = relay.sends()
    browser = relays.Browser()
    browser.proves(token)
    browser.opens(token)
    time.now = MONDAY

    assert not weekly.read_letter(tutor, now=time.now).unopened


def test_a_letter_names_only_its_readers_own_parcours(world: World, time: Clock, tutor: Account) -> None:
    relays.started(world, factories.account(academie="Lyon"), factories.offer())
    strange = factories.account(Role.BUYER, organisation="Autre organisme")
    stand(strange)

    assert weekly.read_letter(tutor, now=time.now).awaited == 1
    assert not weekly.read_letter(strange, now=time.now).is_worth(time.now)


def test_an_absent_tutors_coordinator_reads_what_is_hers_meanwhile(
    world: World, time: Clock, tutor: Account
) -> None:
    coordinator = factories.account(Role.COORDINATOR)
    stand(coordinator)
    (line,) = weekly.read_letter(tutor, now=time.now).todo[0].lines
    head = parcours_table.read_parcours(line.id)
    absence = Absence(first=day_of(MONDAY), last=day_of(MONDAY + A_WEEK))
    change_record(head, replace(head, tutor_absence=absence))

    assert weekly.read_letter(coordinator, now=time.now).awaited == 1
    assert weekly.read_letter(tutor, now=time.now).awaited == 0


def test_looking_at_the_link_changes_nothing_and_its_button_stops_the_letter_without_signing_in(
    world: World, time: Clock, tutor: Account
) -> None:
    morning(time)
    path, browser, before = stop_path(only_letter(world)), Client(), world.everything()
    for method in ("GET", "HEAD", "GET"):
        page = browser.send(method, path)
        assert page.status == 200 and not page.cookies
    assert world.everything() == before

    answer = browser.post_form(path, ONE_CLICK)

    assert answer.status == 200 and "Le message de la semaine ne viendra plus" in answer.text
    assert read_account(tutor).letters_stopped_at is not None
    time.now = MONDAY + A_WEEK
    morning(time)
    assert len(letters(world)) == 1


MULTIPART = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("posted", "kind"),
    [
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (MULTIPART, "multipart/form-data; boundary=b"),
        (MULTIPART, 'Multipart/Form-Data; boundary="b"'),
    ],
)
def test_a_mail_program_stops_it_by_its_own_button_from_no_page_of_ours(
    world: World, time: Clock, tutor: Account, posted: str, kind: str
) -> None:
    morning(time)

    answer = Client().send("POST", stop_path(only_letter(world)), posted, content_type=kind, origin=None)

    assert answer.status == 200
    assert read_account(tutor).letters_stopped_at is not None


def test_the_address_that_stops_it_is_one_line_to_the_letter(
    world: World, time: Clock, tutor: Account
) -> None:
    made = notices.write(
        UnitOfWork(), factories.decision_inputs(time.now).build_mail(MailKind.WEEKLY_LETTER, account=tutor.id)
    )
    assert made is not None
    base = config.public_base_url()

    head = made.as_bytes().partition(b"\r\n\r\n")[0].decode().split("\r\n")

    assert f"List-Unsubscribe: <{base}/lettre/{tutor.id}/{weekly.sign(tutor.id)}>" in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


def press(path: str, posted: dict[str, str] = ONE_CLICK) -> Answer:
    """Post to the address that stops the letter, as a mail program does."""
    return Client().post_form(path, posted, origin=None)


def test_another_accounts_signature_and_forged_ones_get_one_answer_and_change_nothing(
    world: World, time: Clock, tutor: Account
) -> None:
    relays.started(world, other := factories.account())
    morning(time)
    account, signature = tutor.id, weekly.sign(tutor.id)
    before = world.everything()
    wrong = [
        f"/lettre/{other.id}/{signature}",
        f"/lettre/{account}/{weekly.sign(other.id)}",
        f"/lettre/{account}/{signature[:-1]}{'0' if signature[-1] != '0' else '1'}",
        f"/lettre/{'0' * 32}/{signature}",
        f"/lettre/{account}/{signature.upper()}",
        f"/lettre/{account}/{signature}0",
        f"/lettre/{account}/%C3%A9{signature[1:]}",
        f"/lettre/../{signature}",
    ]

    answers = [press(path) for path in wrong]

    assert {answer.status for answer in answers} == {404}
    assert len({answer.unnumbered.text for answer in answers}) == 1
    assert world.everything() == before
    assert press(f"/lettre/{account}/{signature}").status == 200


def test_a_wrong_signature_costs_one_call_and_no_shape_of_one_costs_any(
    world: World, time: Clock, tutor: Account
) -> None:
    with Tap().open() as tap:
        press(f"/lettre/{tutor.id}/{'0' * 64}")
        press(f"/lettre/{tutor.id}/{'0' * 63}")
        press(f"/lettre/{tutor.id[1:]}/{'0' * 64}")
        Client().get(f"/lettre/{tutor.id}/{'0' * 64}")

    assert [call.operation for call in tap.calls] == ["GenerateMac"]


def test_a_stop_address_posted_without_its_word_stops_no_letter(
    world: World, time: Clock, tutor: Account
) -> None:
    answer = press(f"/lettre/{tutor.id}/{weekly.sign(tutor.id)}", {})

    assert answer.status == 400
    assert read_account(tutor).letters_stopped_at is None


def test_a_signature_of_an_account_that_is_closed_or_gone_is_answered_alike(
    world: World, time: Clock, tutor: Account
) -> None:
    before = read_account(tutor)
    change_record(before, replace(before, closed_at=MONDAY))

    assert press(f"/lettre/{tutor.id}/{weekly.sign(tutor.id)}").status == 200
    assert press(f"/lettre/{'0' * 32}/{weekly.sign('0' * 32)}").status == 200
    assert read_account(tutor).letters_stopped_at is None


def test_her_account_says_whether_it_comes_and_stops_or_begins_it(
    world: World, time: Clock, tutor: Account
) -> None:
    browser = signed_in(tutor)
    assert "Ne plus recevoir ce message" in browser.get("/compte").text

    assert (
        browser.post_form("/compte/lettre", {"lettre": "non"}).headers["location"]
        == "/compte?fait=lettre-non"
    )
    assert "Arrêté le" in browser.get("/compte").text
    morning(time)
    assert not letters(world)

    browser.post_form("/compte/lettre", {"lettre": "oui"})
    morning(time)
    assert not letters(world)  # from the next week on, as the page says
    time.now = MONDAY + A_WEEK
    morning(time)
    assert letters(world)


@pytest.mark.parametrize("typed", ["", "peut-être"])
def test_an_unknown_choice_about_the_letter_is_refused(
    world: World, time: Clock, tutor: Account, typed: str
) -> None:
    assert signed_in(tutor).post_form("/compte/lettre", {"lettre": typed}).status == 422


def test_an_outage_loses_no_letter(world: World, time: Clock, tutor: Account) -> None:
    with Tap(act=strike(Mode.REFUSED), operation="SendEmail").open():
        morning(time)
    time.now += timedelta(hours=1)
    mailing.send_all(Relay(world, tutor, "").outbox(), now=time.now)

    assert only_letter(world)


def test_a_morning_on_which_a_letter_and_a_digest_are_due_sends_one_mail(
    world: World, time: Clock, tutor: Account
) -> None:
    """Dates wait since Thursday, another parcours since Friday: on Monday one mail says both, and the week has no letter more."""
    time.now = MONDAY - 4 * A_DAY
    offer = factories.offer()
    relay = relays.takes(world, tutor, replace(offer, company=replace(offer.company, name="Toitures Arvel")))
    meetings.Page(relay).proposes_in_days(12)
    relay.mailer_runs()
    time.now, before = MONDAY, len(world.mails())

    for _ in range(2):
        reminding.run(now=time.now)
        relay.mailer_runs()
        time.now += timedelta(hours=1)

    (mail,) = [mail for mail in world.mails()[before:] if mail["To"] == tutor.address]
    digest, _, week = text(mail).partition("À vous aussi, cette semaine :")
    assert "Toitures Arvel" in digest and "Choisissez une date" in digest
    assert "Envoyez les documents : Jardins Morvenne" in week and "Toitures Arvel" not in week
    stop_url = f"{config.public_base_url()}/lettre/{tutor.id}/{weekly.sign(tutor.id)}"
    assert mail["List-Unsubscribe"] == f"<{stop_url}>" and stop_url in text(mail)
    assert weekly.write(now=time.now + A_DAY, until=time.now + 2 * A_DAY).mails == [], "that was the letter"


def test_a_letter_joined_to_a_digest_that_did_not_leave_is_joined_to_the_next(
    world: World, time: Clock, tutor: Account
) -> None:
    time.now = MONDAY - 4 * A_DAY
    relay = relays.takes(world, tutor)
    meetings.Page(relay).proposes_in_days(12)
    relay.mailer_runs()
    time.now = MONDAY
    with Tap(act=strike(Mode.REFUSED), operation="SendEmail").open():
        reminding.run(now=time.now)
        relay.mailer_runs()
    time.now, before = MONDAY + A_DAY, len(world.mails())

    reminding.run(now=time.now)
    relay.mailer_runs()

    (mail,) = [mail for mail in world.mails()[before:] if mail["To"] == tutor.address]
    assert "Envoyez les documents : Jardins Morvenne" in text(mail)


def test_a_digest_carries_no_letter_that_was_stopped(world: World, time: Clock, tutor: Account) -> None:
    account = read_account(tutor)
    change_record(account, replace(account, letters_stopped_at=time.now))
    time.now = MONDAY - 4 * A_DAY
    relay = relays.takes(world, tutor)
    meetings.Page(relay).proposes_in_days(12)
    relay.mailer_runs()
    time.now, before = MONDAY, len(world.mails())

    reminding.run(now=time.now)
    relay.mailer_runs()

    (mail,) = [mail for mail in world.mails()[before:] if mail["To"] == tutor.address]
    assert "Choisissez une date" in text(mail) and "cette semaine" not in text(mail)
