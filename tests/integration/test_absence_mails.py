"""An absence is mailed to who is away and to who stands in, with its days and the parcours of each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.stories.accounts import managing
from tests.conftest import Clock
from tests.support import factories, meetings, people, writing
from tests.support.people import Cast
from tests.support.worlds import World


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    """One account of each kind, on a Wednesday."""
    time.now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    return people.cast()


def prepare(cast: Cast, company: str, coordinator: str | None = None) -> Parcours:
    """Store a parcours that the cast's tutor prepares with this company."""
    offer = factories.offer(status=ParcoursStatus.IN_PREPARATION)
    parcours = replace(
        offer,
        company=replace(offer.company, name=company),
        step=Step.DOCUMENTS_TO_SEND,
        tutor=cast.tutor.id,
        tutor_academie=cast.tutor.academie,
        coordinator=coordinator,
        attempt=1,
    )
    writing.add_records(parcours)
    return parcours


def announce(world: World, cast: Cast, days: int) -> dict[str, str]:
    """Announce that the tutor is away for so many days from today; return the text of each mail by its recipient."""
    first = day_of(clock.utc_now())
    return note_absence(world, cast, Absence(first=first, last=first + timedelta(days=days - 1)))


def come_back(world: World, cast: Cast) -> dict[str, str]:
    """Note that the tutor is back; return the text of each mail by its recipient."""
    return note_absence(world, cast, None)


def note_absence(world: World, cast: Cast, absence: Absence | None) -> dict[str, str]:
    """Note the tutor's absence, or none; return the text of each mail by its recipient."""
    before = len(world.mails())
    managing.announce_absence(cast.tutor, cast.tutor.id, absence, now=clock.utc_now())
    people.send_waiting_mails(world)
    sent = world.mails()[before:]
    assert len({mail["To"] for mail in sent}) == len(sent), "one mail each"
    return {str(mail["To"]): meetings.text_of(mail).replace("\u00a0", " ") for mail in sent}


def test_each_who_stands_in_reads_which_parcours_are_theirs_and_for_which_days(
    world: World, cast: Cast, time: Clock
) -> None:
    named = factories.account(Role.COORDINATOR, name="Anne Tual", academie="Lyon")
    writing.add_records(named)
    prepare(cast, "Serres d’Aubrac", named.id)
    prepare(cast, "Verrerie Lhomme")

    texts = announce(world, cast, days=3)

    assert texts.keys() == {cast.tutor.address, cast.coordinator.address, named.address}
    for text in texts.values():
        assert "du 25 novembre 2026 au 27 novembre 2026" in text, text
        assert "la question reste à la personne qui a envoyé les documents" in " ".join(text.split()), text
    assert "Verrerie Lhomme" in texts[cast.coordinator.address]
    assert "Serres" not in texts[cast.coordinator.address] and "Verrerie" not in texts[named.address]
    assert "Serres" in texts[cast.tutor.address] and "Verrerie" in texts[cast.tutor.address]
    assert announce(world, cast, days=3) == {}, "what is announced already is not mailed again"


def test_the_team_stands_in_where_nobody_coordinates(world: World, cast: Cast, time: Clock) -> None:
    prepare(cast, "Verrerie Lhomme")
    coordinator = people.read_account(cast.coordinator)
    writing.change_record(coordinator, replace(coordinator, closed_at=clock.utc_now()))

    assert announce(world, cast, days=1).keys() == {cast.tutor.address, cast.team.address}


def test_who_was_mailed_an_absence_is_mailed_its_early_end_and_nobody_else(
    world: World, cast: Cast, time: Clock
) -> None:
    """Who began to stand in after the announcement knows of no absence, and hears of no return."""
    named = factories.account(Role.COORDINATOR, name="Anne Tual", academie="Lyon")
    writing.add_records(named)
    prepare(cast, "Verrerie Lhomme")
    announced = announce(world, cast, days=3)
    prepare(cast, "Serres d’Aubrac", named.id)

    returned = come_back(world, cast)

    assert returned.keys() == announced.keys() == {cast.tutor.address, cast.coordinator.address}
    assert cast.tutor.name in returned[cast.coordinator.address]
    assert come_back(world, cast) == {}


def test_a_return_after_the_announced_day_is_no_news(world: World, cast: Cast, time: Clock) -> None:
    prepare(cast, "Verrerie Lhomme")
    announce(world, cast, days=1)
    time.passes(days=1)

    assert come_back(world, cast) == {}
