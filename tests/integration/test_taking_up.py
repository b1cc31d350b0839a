"""« Je m'en occupe »: one of the team takes care of its turn, which ends with the turn and binds no other role."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.parcours import BuyerContact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.stores import parcours_table
from chalicelib.stories import reminding
from tests.conftest import Clock
from tests.support import factories, people, writing
from tests.support.http import Client, signed_in
from tests.support.listings import companies
from tests.support.worlds import World

NOBODY, COLLEAGUE, ME = ("/parcours?occupe=personne", "/parcours?occupe=collegue", "/parcours?occupe=moi")


@pytest.fixture
def team(world: World, time: Clock) -> tuple[Account, Account]:
    """Two of the team."""
    jeanne, karim = (factories.account(Role.TEAM, name=name) for name in ("Jeanne Roy", "Karim Solenne"))
    people.stand(jeanne, karim)
    return jeanne, karim


@pytest.fixture
def late(world: World, time: Clock) -> Parcours:
    """A parcours whose company and buyer have let their days pass: it is the team's turn."""
    tutor = factories.account()
    people.stand(tutor)
    since = clock.utc_now() - timedelta(days=40)
    parcours = replace(
        factories.offer(status=ParcoursStatus.IN_PREPARATION),
        step=Step.LINK_SENT,
        since=since,
        last_sent_at=since,
        sent_to=Role.COMPANY,
        tutor=tutor.id,
        tutor_academie=tutor.academie,
        attempt=1,
        buyer_contact=BuyerContact(name="Odile Ramain", address="o.ramain@ouvrages.example"),
    )
    writing.add_records(parcours)
    return parcours


def press(client: Client, parcours: Parcours, geste: str = "prendre", **fields: str) -> str:
    """Press the button of the team's turn; return where it leads. ``fields``: of the list it is in, or ``de``, who had it."""
    answer = client.post_form(f"/parcours/{parcours.id}/charge", {"geste": geste, **fields})
    assert answer.status == 303
    return str(answer.headers["location"])


def read(client: Client, path: str) -> str:
    """Return the text of a page, with plain spaces."""
    return html.unescape(client.get(path).text).replace("\u00a0", " ")


def test_what_one_of_the_team_takes_up_is_no_longer_everybodys(
    team: tuple[Account, Account], late: Parcours
) -> None:
    jeanne, karim = map(signed_in, team)
    sheet, company = f"/parcours/{late.id}", late.company.name
    assert "<b>1 parcours</b>" in read(karim, NOBODY) and "Je m’en occupe</button>" in read(karim, sheet)

    assert press(jeanne, late) == f"{sheet}?fait=charge"

    assert "Vous vous en occupez" in read(jeanne, sheet) and "À vous" in read(jeanne, sheet)
    assert "Jeanne Roy s’en occupe" in read(karim, sheet) and "À vous" not in read(karim, sheet)
    assert "À l’équipe :" in read(karim, sheet) and "Je m’en occupe à sa place" in read(karim, sheet)
    assert "Jeanne Roy s’en occupe" in read(karim, "/parcours?tri=retard")
    listed_companies = {
        (who, path): companies(read(client, path))
        for who, client in (("jeanne", jeanne), ("karim", karim))
        for path in (ME, NOBODY, COLLEAGUE, "/parcours?tour=moi")
    }
    assert {key for key, listed in listed_companies.items() if listed == [company]} == {
        ("jeanne", ME),
        ("jeanne", "/parcours?tour=moi"),
        ("karim", COLLEAGUE),
    }


def test_a_colleague_may_take_over_and_who_takes_care_may_stop(
    team: tuple[Account, Account], late: Parcours
) -> None:
    jeanne, karim = map(signed_in, team)
    press(jeanne, late)
    seen = re.search(r'name="de" value="(\w+)"', read(karim, f"/parcours/{late.id}"))
    assert seen and seen[1] == team[0].id
    press(karim, late, de=seen[1])
    press(jeanne, late, "laisser")  # it is no longer hers: nothing changes
    assert "Karim Solenne s’en occupe" in read(jeanne, f"/parcours/{late.id}")

    press(karim, late, "laisser")

    for client in (jeanne, karim):
        assert companies(read(client, NOBODY)) == [late.company.name]
        assert "À vous" in read(client, f"/parcours/{late.id}")


@pytest.mark.parametrize(
    "seen", [0, None], ids=["a page that showed another colleague", "a list that showed nobody"]
)
def test_who_takes_care_meanwhile_is_replaced_by_nobody_who_did_not_see_it(
    team: tuple[Account, Account], late: Parcours, seen: int | None
) -> None:
    paul = factories.account(Role.TEAM, name="Paul Ro")
    people.stand(paul)
    press(signed_in(team[1]), late)
    fields = {"geste": "prendre"} if seen is None else {"geste": "prendre", "de": team[seen].id}

    answer = signed_in(paul).post_form(f"/parcours/{late.id}/charge", fields)

    assert answer.status == 409 and "Quelqu’un l’a modifié entre-temps" in answer.text
    assert "Karim Solenne s’en occupe" in read(signed_in(paul), f"/parcours/{late.id}")


def test_what_nobody_takes_care_of_any_more_is_taken_from_an_older_page(
    team: tuple[Account, Account], late: Parcours
) -> None:
    jeanne, karim = map(signed_in, team)
    press(jeanne, late)
    press(jeanne, late, "laisser")

    press(karim, late, de=team[0].id)
    press(karim, late)  # twice

    assert "Karim Solenne s’en occupe" in read(jeanne, f"/parcours/{late.id}")


def test_from_a_list_one_comes_back_to_the_same_list(team: tuple[Account, Account], late: Parcours) -> None:
    location = press(signed_in(team[0]), late, tri="retard", academie="Dijon", page="1")

    assert location == "/parcours?academie=Dijon&tri=retard&page=1&fait=charge"
    assert "Vous vous en occupez" in read(signed_in(team[0]), location)


def test_it_ends_with_the_turn_and_with_the_account(
    team: tuple[Account, Account], late: Parcours, time: Clock
) -> None:
    jeanne, karim = map(signed_in, team)
    press(jeanne, late)
    stored = parcours_table.read_parcours(late.id)
    now = clock.utc_now()
    writing.change_record(stored, replace(stored, step=Step.RECEIVED, since=now, last_sent_at=now))
    assert "s’en occupe" not in read(karim, f"/parcours/{late.id}"), "the company is awaited"

    time.passes(days=60)  # and silent again: this turn of the team's is another one
    karim = signed_in(team[1])
    assert companies(read(karim, NOBODY)) == [late.company.name]

    press(karim, late)
    closed = people.read_account(team[1])
    writing.change_record(closed, replace(closed, closed_at=clock.utc_now()))

    assert companies(read(signed_in(team[0]), NOBODY)) == [late.company.name]


def test_only_who_takes_care_is_reminded_and_only_the_team_takes_care(
    team: tuple[Account, Account], late: Parcours
) -> None:
    press(signed_in(team[0]), late)
    head, now = parcours_table.read_parcours(late.id), clock.utc_now()

    assert [account.name for account in reminding.People().awaited(head, now)] == ["Jeanne Roy"]
    tutor = parcours_table.read_account(str(late.tutor))
    assert tutor is not None
    assert signed_in(tutor).post_form(f"/parcours/{late.id}/charge", {"geste": "prendre"}).status == 403
    assert "s’en occupe" not in read(signed_in(tutor), f"/parcours/{late.id}")


def test_nobody_takes_up_what_is_not_the_teams(team: tuple[Account, Account], late: Parcours) -> None:
    stored = parcours_table.read_parcours(late.id)
    writing.change_record(stored, replace(stored, since=clock.utc_now(), last_sent_at=clock.utc_now()))

    answer = signed_in(team[0]).post_form(f"/parcours/{late.id}/charge", {"geste": "prendre"})

    assert answer.status == 409
    assert "Je m’en occupe" not in read(signed_in(team[0]), f"/parcours/{late.id}")
