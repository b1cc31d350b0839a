"""The team's banner: on every page within a minute, until its end; one read a minute; a page lives without it."""

import re
from collections import Counter
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.banner import LONGEST, Choice, Sentence
from chalicelib.domain.kernel.calendar import day_of, end_of, start_of
from chalicelib.domain.kernel.values import Role
from chalicelib.stories import banner as stories
from chalicelib.stories import retention
from chalicelib.web.kit import banner as shown
from chalicelib.words.banner import SENTENCES
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories
from tests.support.http import Answer, Client, signed_in
from tests.support.pages import visible_words
from tests.support.worlds import World
from tests.support.writing import add_records

TITLE, _ = SENTENCES[Sentence.MAIL_DELAYED]
PAGES = ("/", "/connexion", "/connexion/code", "/retrait", "/message-perdu", "/notice", "/compte/plan")


@pytest.fixture
def team(world: World, time: Clock) -> Client:
    """Somebody of the team, of a morning."""
    time.now = start_of(day_of(time.now)) + timedelta(hours=9)
    member = factories.account(Role.TEAM, name="Inès Vallon")
    add_records(member)
    return signed_in(member)


def choose(client: Client, days: int = 0, **typed: str) -> Answer:
    """Choose a banner as the page's form does, with the revision that the page shows."""
    revision = re.search(r'name="revision" value="(\d+)"', client.get("/bandeau").text)
    assert revision is not None
    day = (day_of(clock.utc_now()) + timedelta(days=days)).isoformat()
    return client.post_form(
        "/bandeau", {"phrase": "mail_delayed", "jour": day, "revision": revision[1], **typed}
    )


def test_every_page_shows_it_within_a_minute_and_until_its_last_day_is_over(
    team: Client, time: Clock
) -> None:
    stranger = Client()
    assert TITLE not in stranger.get("/").words

    assert choose(team, days=1).status == 303
    for page in PAGES:
        answer = (team if page.startswith("/compte") else stranger).get(page)
        assert (TITLE in answer.words) and answer.status == 200, page
    assert TITLE in stranger.get("/parcours").words, "the sign-in that stands in for it"
    assert TITLE in stranger.get("/retrait/what-a-gateway-added").words

    time.now = end_of(day_of(time.now) + timedelta(days=1)) - timedelta(seconds=9)
    assert TITLE in stranger.get("/").words
    time.passes(seconds=10)
    assert TITLE not in stranger.get("/").words


def test_a_process_that_did_not_write_it_shows_it_and_loses_it_a_minute_later_at_most(
    team: Client, time: Clock
) -> None:
    stranger, member = Client(), factories.account(Role.TEAM)
    stranger.get("/")
    soon = Choice(sentence=Sentence.MAIL_DELAYED, ends_at=time.now + timedelta(hours=3))
    stories.set_banner(member, soon, seen=0, now=clock.utc_now())  # as another process does
    time.passes(minutes=1)
    assert TITLE in stranger.get("/").words

    stories.remove_banner(member, seen=1)
    time.passes(minutes=1)
    assert TITLE not in stranger.get("/").words


def test_a_process_asks_once_a_minute(team: Client, time: Clock) -> None:
    with Tap().open() as tap:
        for _ in range(5):
            for page in PAGES[:4]:
                Client().get(page)
    assert Counter(call.operation for call in tap.calls) == {"GetItem": 1}

    time.passes(minutes=1)
    with Tap().open() as tap:
        Client().get("/")
        Client().get("/retrait")
    assert [call.operation for call in tap.calls] == ["GetItem"]


def test_the_team_alone_chooses_it_and_each_member_sees_who_did(team: Client, world: World) -> None:
    choose(team)
    colleague = factories.account(Role.TEAM)
    add_records(colleague)
    words = signed_in(colleague).get("/bandeau").words
    assert "Choisie par Inès Vallon" in words and TITLE in words

    kept = stories.read_banner()
    for role in set(Role) - {Role.TEAM, Role.COMPANY, Role.SYSTEM}:
        other = factories.account(role)
        add_records(other)
        client = signed_in(other)
        for answer in (
            client.get("/bandeau"),
            client.post_form("/bandeau", {"phrase": "slow", "jour": "2027-01-01", "revision": "1"}),
            client.post_form("/bandeau/retrait", {"revision": "1"}),
        ):
            assert answer.status in {404, 422}, role
            assert "Inès Vallon" not in answer.words
    assert stories.read_banner() == kept


def test_a_maintenance_says_its_day_and_hours_then_that_it_is_under_way(team: Client, time: Clock) -> None:
    assert choose(team, phrase="maintenance", de="18:00", a="20:30").status == 303
    words = team.get("/").words
    assert "Entretien du site prévu le" in words and "de 18 h 00 à 20 h 30" in words

    time.now = end_of(day_of(time.now)) - timedelta(hours=5, minutes=30)
    assert "Entretien du site en cours, jusqu’à 20 h 30" in Client().get("/retrait").words
    time.passes(hours=2)
    assert "Entretien du site" not in Client().get("/retrait").words


@pytest.mark.parametrize("sentence", Sentence)
def test_each_sentence_is_said_where_it_was_chosen_and_on_the_page_of_links(
    team: Client, sentence: Sentence
) -> None:
    choose(team, phrase=sentence.value, de="18:00", a="20:00")

    title, text = SENTENCES[sentence]
    for words in (team.get("/bandeau").words, Client().get("/retrait").words):
        assert title in words and visible_words(text) in words


@pytest.mark.parametrize(
    ("typed", "days", "said"),
    [
        ({"phrase": ""}, 0, "Choisissez la phrase"),
        ({"phrase": "nowhere"}, 0, "Choisissez la phrase"),
        ({"jour": ""}, 0, "Donnez le dernier jour"),
        ({"jour": "0001-01-01"}, 0, "Donnez le dernier jour"),
        ({"jour": "9999-12-31"}, 0, "Donnez le dernier jour"),
        ({}, -1, "Donnez le dernier jour"),
        ({}, LONGEST.days + 2, "un mois au plus"),
        ({"phrase": "maintenance"}, 0, "Donnez l’heure"),
        ({"phrase": "maintenance", "de": "20:00", "a": "25:99"}, 0, "Donnez l’heure"),
        ({"phrase": "maintenance", "de": "20:00", "a": "20:00"}, 0, "doit suivre son début"),
    ],
)
def test_what_cannot_be_shown_is_said_beside_its_field_and_stays_typed(
    team: Client, typed: dict[str, str], days: int, said: str
) -> None:
    answer = choose(team, days, **typed)

    assert answer.status == 422 and said in answer.words
    assert f'value="{typed.get("de", "")}"' in answer.text
    assert stories.read_banner() is None


def test_who_read_an_older_page_is_shown_what_another_set_meanwhile(team: Client) -> None:
    choose(team)
    assert choose(team, phrase="slow").status == 303

    late = choose(team, phrase="fake_mails", revision="1")
    assert late.status == 409 and "Une autre personne de l’équipe a changé l’annonce" in late.words
    assert team.post_form("/bandeau/retrait", {"revision": "1"}).status == 409
    banner = stories.read_banner()
    assert banner is not None and banner.sentence is Sentence.SLOW

    assert team.post_form("/bandeau/retrait", {"revision": "2"}).status == 303
    assert "Aucune annonce" in team.get("/bandeau").words
    assert team.post_form("/bandeau/retrait", {"revision": "2"}).status == 303, "pressed twice"


def test_a_page_lives_where_the_table_does_not_answer(
    team: Client, time: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choose(team)
    shown.forget_banner()
    monkeypatch.setenv("RELAY_TABLE", "nowhere")

    answer = Client().get("/connexion")
    assert answer.status == 200 and TITLE not in answer.words
    assert '"fault"' in capsys.readouterr().out


def test_it_is_erased_once_it_is_over(team: Client, time: Clock) -> None:
    choose(team)
    time.passes(days=1)
    for turn in range(len(retention.ROUND)):
        retention.purge(now=clock.utc_now(), turn=turn)
    assert stories.read_banner() is None
