"""Parcours of a list that are opened one by one: in its order, each held for half an hour, what is noted today at the end."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.parcours import HELD, Parcours
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.stores import aws, items, parcours_table
from chalicelib.stories import retention
from tests.conftest import Clock
from tests.support import factories, people, writing
from tests.support.http import Client, signed_in
from tests.support.listings import begin, companies
from tests.support.worlds import World

LIST = "/parcours?statut=en-preparation&tri=retard"
FIRST, SECOND, THIRD = COMPANIES = ("Atelier 1", "Atelier 2", "Atelier 3")


@pytest.fixture
def team(world: World, time: Clock) -> tuple[Client, Client]:
    """Two of the team, signed in."""
    jeanne, karim = (factories.account(Role.TEAM, name=name) for name in ("Jeanne Roy", "Karim Solenne"))
    people.stand(jeanne, karim)
    return signed_in(jeanne), signed_in(karim)


@pytest.fixture
def three(team: tuple[Client, Client]) -> tuple[Parcours, ...]:
    """Three parcours whose company is silent, the first one the longest."""
    tutor = factories.account()
    people.stand(tutor)
    offers = [factories.offer(status=ParcoursStatus.IN_PREPARATION) for _ in COMPANIES]
    several = tuple(
        replace(
            offer,
            company=replace(offer.company, name=name),
            step=Step.LINK_SENT,
            since=clock.utc_now() - timedelta(days=90 - place),
            last_sent_at=clock.utc_now() - timedelta(days=90 - place),
            sent_to=Role.COMPANY,
            tutor=tutor.id,
            tutor_academie=tutor.academie,
            attempt=1,
        )
        for place, (name, offer) in enumerate(zip(COMPANIES, offers, strict=True))
    )
    writing.add_records(*several)
    return several


def read(client: Client, path: str) -> str:
    """Return the text of a page, with plain spaces."""
    return re.sub("[\u00a0\u202f]", " ", html.unescape(client.get(path).text))


def company_of(page: str) -> str:
    """Return the company whose parcours a page is about."""
    return str(re.findall("<h1>([^<]*)</h1>", page)[0])


def press(client: Client, page: str, button: str) -> str:
    """Press « Suivant » or « Précédent »; return where it leads."""
    (form,) = re.findall(rf'action="([^"]*)"><button[^>]*>(?:<kbd[^>]*>S</kbd>)?{button}<', page)
    return str(client.post_form(form, {}).headers["location"])


def note(client: Client, page: str) -> str:
    """Note from a page that a message was left; return where it leads."""
    action, key = re.search(
        r'id="noter" method="post" action="([^"]*)">\s*<input[^>]*value="(\w+)"', page
    ).groups()  # type: ignore[union-attr]
    asked = {"cle": key, "fait": "call_noted.message_left", "contact": "answers_tender"}
    return str(client.post_form(action, asked).headers["location"])


def test_the_next_is_that_of_the_list_whatever_is_noted(
    team: tuple[Client, Client], three: tuple[Parcours, ...]
) -> None:
    jeanne, _ = team
    here = begin(jeanne, LIST)
    for place, name in enumerate(COMPANIES, start=1):
        page = read(jeanne, here)
        assert company_of(page) == name and f"Parcours {place} sur 3" in page
        there = note(jeanne, page)
        assert there.replace("fait=note&", "") == here and "C’est noté" in read(jeanne, there)
        here = press(jeanne, read(jeanne, there), "Suivant") if place < 3 else there

    assert company_of(read(jeanne, press(jeanne, read(jeanne, here), "Précédent"))) == SECOND
    assert 'data-touche="S"' in read(jeanne, here) and "Suivant<" not in read(jeanne, here)


def test_what_leaves_the_list_meanwhile_makes_the_next_skip_nothing(
    team: tuple[Client, Client], three: tuple[Parcours, ...]
) -> None:
    jeanne, _ = team
    first = read(jeanne, begin(jeanne, f"{LIST}&retard=1"))
    for parcours in three[:2]:  # the first by its act, the second by a colleague's
        stored = parcours_table.read_parcours(parcours.id)
        writing.change_record(stored, replace(stored, since=clock.utc_now(), last_sent_at=clock.utc_now()))

    second = read(jeanne, press(jeanne, first, "Suivant"))

    assert company_of(second) == SECOND
    assert company_of(read(jeanne, press(jeanne, second, "Suivant"))) == THIRD


def test_a_colleague_sees_who_treats_it_for_half_an_hour(
    team: tuple[Client, Client], three: tuple[Parcours, ...], time: Clock
) -> None:
    jeanne, karim = team
    tutor = parcours_table.read_account(str(three[0].tutor))
    assert tutor is not None
    hour = f"{time.now.astimezone(PARIS):%-H h %M}"
    mine = read(jeanne, begin(jeanne, LIST))

    theirs = read(karim, begin(karim, LIST))

    assert f"Vous le traitez depuis {hour}" in mine
    for page in (theirs, read(karim, LIST), read(signed_in(tutor), f"/parcours/{three[0].id}")):
        assert f"Jeanne Roy le traite depuis {hour}" in page
    time.now += HELD
    assert "le traite depuis" not in read(karim, LIST)
    assert "Vous le traitez" in read(karim, begin(karim, LIST)), "it is free for who comes next"


def test_looking_at_a_page_takes_nothing(team: tuple[Client, Client], three: tuple[Parcours, ...]) -> None:
    jeanne, _ = team
    assert "Suivant" not in read(jeanne, f"/parcours/{three[0].id}")

    assert parcours_table.read_parcours(three[0].id).taken_up is None


def test_what_was_opened_today_is_a_list_that_nobody_else_sees(
    team: tuple[Client, Client], three: tuple[Parcours, ...], time: Clock
) -> None:
    jeanne, karim = team
    page = read(jeanne, begin(jeanne, LIST))
    (summary,) = re.findall(r'href="([^"]*)">Voir ce que vous avez traité', page)
    note(jeanne, page)

    assert companies(read(jeanne, summary)) == [FIRST] and "message laissé" in read(jeanne, summary)
    assert companies(read(karim, summary)) == []
    time.passes(days=1)
    assert companies(jeanne.get(summary).text) == []


def test_who_has_no_role_on_a_parcours_takes_nothing_up(three: tuple[Parcours, ...]) -> None:
    stranger = factories.account()
    people.stand(stranger)

    assert signed_in(stranger).post_form(f"/parcours/{three[0].id}/charge", {}).status == 404


@pytest.mark.parametrize("path", ["/run", f"/run/{'0' * 32}"])
def test_the_addresses_of_before_lead_to_the_list(team: tuple[Client, Client], path: str) -> None:
    assert team[0].get(path).headers["location"] == "/parcours"


@pytest.mark.parametrize("kind", ["run", "lease", "held"])
def test_what_the_version_before_stored_of_it_is_erased_when_it_is_due(
    world: World, time: Clock, kind: str
) -> None:
    due = {"due": "round#1", "due_kind": kind, "due_at": "2026-11-28T11:23:23.118Z"}
    item = items.encode_item({"pk": f"{kind}#a", "sk": "0", "revision": 1, **due})
    aws.dynamodb().put_item(TableName=world.environment[items.RELAY], Item=item)

    report = retention.purge(now=time.now)

    assert (report.removed, report.failed, world.table(items.RELAY)) == (1, 0, [])
