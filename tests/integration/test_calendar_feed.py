"""The calendar feed of an account: meetings alone, within rights, at one secret address that ends when it should."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import vobject

from chalicelib import clock, config
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.lists import MOST_MEETINGS, choose_meetings
from chalicelib.mails.feeds import write_feed
from chalicelib.stores import parcours_table, transactions
from chalicelib.stories.kit import quotas
from infra import package
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories, lines
from tests.support.http import Answer, Client, signed_in
from tests.support.worlds import BASE_URL, World
from tests.support.writing import add_records, change_record

SECRET = "5e" * 16


@pytest.fixture
def tutor(world: World, time: Clock) -> Account:
    """A tutor with a meeting in three days."""
    account = factories.account()
    add_records(account, meeting(account, time.now + timedelta(days=3)))
    return account


def meeting(
    tutor: Account, at: datetime | None, company: str = "Toitures du Suzon", organisation: str = ""
) -> Parcours:
    """Return a parcours of this tutor, at their académie, whose meeting is fixed."""
    offer = factories.offer(
        status=ParcoursStatus.IN_PREPARATION,
        company=replace(factories.COMPANY, name=company),
        placement=replace(factories.PLACEMENT, academie=tutor.academie or ""),
    )
    contract = factories.bought_by(organisation or offer.contract.organisation, offer.contract)
    passage = replace(
        offer, tutor=tutor.id, tutor_academie=tutor.academie, attempt=1, reference="CSF-7K3Q-92"
    )
    return replace(passage, contract=contract, step=Step.MEETING_FIXED, meeting_at=at)


def opens(client: Client, secret: str = SECRET) -> str:
    """Create the address as the own page does; return its path."""
    answer = client.post_form("/compte/agenda", {"geste": "ouvrir", "cle": secret})
    (path,) = re.findall(rf"{config.public_base_url()}(/agenda/[0-9a-f]{{32}}/[0-9a-f]{{32}})", answer.text)
    return str(path)


def read(path: str) -> Answer:
    """Ask for a feed as a calendar program does: without a cookie."""
    return Client().get(path)


def unfold(answer: Answer) -> str:
    """Return the text of a feed, with its long lines whole."""
    return answer.text.replace("\r\n ", "").replace("\u00a0", " ")


def test_a_calendar_program_reads_meetings_at_the_address_that_the_own_page_gave(
    tutor: Account, time: Clock
) -> None:
    add_records(meeting(tutor, None, company="Sans date"))

    answer = read(opens(signed_in(tutor)))

    assert answer.status == 200 and answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["x-robots-tag"] == "noindex" and answer.headers["cache-control"] == "no-store"
    text = unfold(answer)
    assert text.count("BEGIN:VEVENT") == 1
    assert "SUMMARY:Rendez-vous : Toitures du Suzon (CSF-7K3Q-92)" in text and "Sans date" not in text
    assert "ATTENDEE" not in text and "mailto" not in text and "@agents.example" not in text


def test_a_kept_library_reads_when_and_where_each_meeting_is(tutor: Account, time: Clock) -> None:
    answer = read(opens(signed_in(tutor)))

    event = vobject.readOne(answer.text).vevent
    assert abs(event.dtstart.value - time.now - timedelta(days=3)) < timedelta(seconds=2)
    assert event.location.value == factories.PLACEMENT.town
    assert event.url.value.startswith(f"{config.public_base_url()}/parcours/")


def test_the_address_is_shown_once_and_its_secret_is_stored_nowhere(tutor: Account, world: World) -> None:
    client = signed_in(tutor)
    path = opens(client)

    assert path not in client.get("/compte").text
    assert SECRET not in str(world.everything())
    account = parcours_table.read_account(tutor.id)
    assert account is not None and account.feed_sha256 == hash_text(SECRET)
    first = re.findall(r'name="cle" value="([0-9a-f]{32})"', client.get("/compte").text)
    second = re.findall(r'name="cle" value="([0-9a-f]{32})"', client.get("/compte").text)
    assert len(first) == 1 and first != second, "128 bits, drawn for each page"


def test_pressed_twice_it_is_one_address(tutor: Account) -> None:
    client = signed_in(tutor)
    path = opens(client)
    before = parcours_table.read_account(tutor.id)

    assert opens(client) == path
    assert parcours_table.read_account(tutor.id) == before


def ended_by_another(tutor: Account, client: Client) -> None:
    """The address is replaced."""
    opens(client, "0a" * 16)


def ended_by_stopping(tutor: Account, client: Client) -> None:
    """The address is stopped."""
    assert client.post_form("/compte/agenda", {"geste": "arreter"}).status == 303


def ended_by_signing_out(tutor: Account, client: Client) -> None:
    """The person signs out everywhere, as after a loss."""
    assert client.post_form("/compte/deconnexion", {}).status == 303


def ended_by_closing(tutor: Account, client: Client) -> None:
    """The account is closed."""
    account = parcours_table.read_account(tutor.id)
    assert account is not None
    change_record(account, replace(account, closed_at=clock.utc_now()))


def ended_by_reopening(tutor: Account, client: Client) -> None:
    """The account is closed and opened again."""
    account = parcours_table.read_account(tutor.id)
    assert account is not None
    change_record(account, replace(account, reopened_at=clock.utc_now()))


def ended_by_erasing(tutor: Account, client: Client) -> None:
    """The account is erased."""
    account = parcours_table.read_account(tutor.id)
    assert account is not None
    transactions.commit(Transition(changes=(Change(account, None),)))


@pytest.mark.parametrize(
    "end",
    [
        ended_by_another,
        ended_by_stopping,
        ended_by_signing_out,
        ended_by_closing,
        ended_by_reopening,
        ended_by_erasing,
    ],
)
def test_an_address_that_has_ended_gives_nothing(
    tutor: Account, time: Clock, end: Callable[[Account, Client], None]
) -> None:
    client = signed_in(tutor)
    path = opens(client)
    assert read(path).status == 200

    end(tutor, client)

    answer = read(path)
    assert answer.status == 410 and "BEGIN:VCALENDAR" not in answer.text
    assert "Cet agenda n’est plus à cette adresse" in answer.words


def test_who_guesses_learns_nothing_and_uses_nothing_up(tutor: Account, world: World) -> None:
    other = factories.account(name="Une Autre")
    add_records(other)
    path, others_path = opens(signed_in(tutor)), opens(signed_in(other), "0b" * 16)
    secret, others_secret = path.rpartition("/")[2], others_path.rpartition("/")[2]
    guesses = [
        f"/agenda/{other.id}/{secret}",
        f"/agenda/{tutor.id}/{others_secret}",
        f"/agenda/{tutor.id}/{'0' * 32}",
        f"/agenda/{'0' * 32}/{secret}",
        f"/agenda/{tutor.id}/{hash_text(secret)}",
        f"/agenda/{tutor.id}/{secret[:-1]}",
        f"/agenda/{tutor.id}/%2e%2e",
        f"/agenda/{tutor.id.upper()}/{secret}",
    ]
    stored = world.everything()

    answers = {read(guess).unnumbered.text for guess in guesses}

    assert len(answers) == 1 and {read(guess).status for guess in guesses} == {410}
    assert world.everything() == stored


def test_only_a_get_is_answered_and_a_head_is_inert(tutor: Account, world: World) -> None:
    path = opens(signed_in(tutor))
    stored = world.everything()

    with Tap().open() as tap:
        statuses = {
            method: Client().send(method, path).status for method in ("HEAD", "POST", "PUT", "OPTIONS")
        }

    assert set(statuses.values()) == {405}
    assert tap.calls == [] and world.everything() == stored


@pytest.mark.parametrize("role", [Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TEAM])
def test_everybody_reads_the_meetings_of_their_own_lists_alone(
    tutor: Account, time: Clock, role: Role
) -> None:
    elsewhere = factories.account(academie="Lille")
    add_records(elsewhere)
    add_records(
        meeting(elsewhere, time.now + timedelta(days=2), "Très Loin SARL", "Une autre administration")
    )
    reader = tutor if role is Role.TUTOR else factories.account(role)
    if role is not Role.TUTOR:
        add_records(reader)

    text = unfold(read(opens(signed_in(reader))))

    assert "Toitures du Suzon" in text
    assert ("Très Loin SARL" in text) is (role is Role.TEAM)


def test_a_reading_is_an_account_a_counter_and_one_query_a_list(tutor: Account) -> None:
    path = opens(signed_in(tutor))

    with Tap().open() as tap:
        read(path)

    assert [call.operation for call in tap.calls] == ["GetItem", "UpdateItem", "Query"]


def test_a_feed_holds_the_next_five_hundred_meetings_and_says_that_some_may_be_missing(time: Clock) -> None:
    some = [
        replace(lines.line(), id=f"{day:032x}", meeting_at=time.now + timedelta(days=day))
        for day in range(-9, 503)
    ]

    meetings, is_cut = choose_meetings(reversed(some), time.now)

    assert is_cut and len(meetings) == MOST_MEETINGS
    assert meetings[0].meeting_at == time.now - timedelta(days=6), "a week that is over stays"
    assert b"X-WR-CALDESC:Des rendez-vous peuvent y manquer" in write_feed(
        meetings, BASE_URL, time.now, is_cut=True
    ), "nor known which, where the list was read in part"
    assert b"X-WR-CALDESC" not in write_feed(meetings, BASE_URL, time.now, is_cut=False)
    assert choose_meetings(some[:-20], time.now)[1] is False


def test_a_feed_is_read_so_often_a_day_at_most(tutor: Account, time: Clock) -> None:
    path = opens(signed_in(tutor))
    for _ in range(quotas.FEED.most):
        quotas.count(quotas.FEED, tutor.id, time.now)

    assert read(path).status == 429
    time.passes(days=1)
    assert read(path).status == 200


def test_neither_our_log_nor_that_of_the_gateway_writes_the_address(
    tutor: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    path = opens(signed_in(tutor))
    read(path)
    read(f"{path}x")

    logged = capsys.readouterr().out
    assert '"route": "/agenda/{account}/{secret}"' in logged
    assert SECRET not in logged and tutor.id not in logged
    form = package.merged_template()["Resources"]["RestAPI"]["Properties"]["AccessLogSetting"]["Format"]
    assert "$context.resourcePath" in form and "$context.path" not in form and "requestLine" not in form


@pytest.mark.parametrize(
    "fields", [{"geste": "ouvrir", "cle": "x"}, {"geste": ""}, {"geste": "ouvrir", "cle": ""}]
)
def test_what_the_page_did_not_draw_opens_nothing(tutor: Account, fields: dict[str, str]) -> None:
    assert signed_in(tutor).post_form("/compte/agenda", fields).status in {400, 422}
    account = parcours_table.read_account(tutor.id)
    assert account is not None and account.feed_sha256 is None
