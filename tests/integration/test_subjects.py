"""An upheld erasure is one act: nothing of the passage is left, and the offer goes on."""

from argparse import Namespace
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.parcours.ending import End
from chalicelib.errors import NotFound, WrongStep
from chalicelib.stories import outcomes, retention, rights, subjects
from infra import CommandFailed
from infra import subjects as command
from infra.deploy.stack import Deployed
from tests.conftest import Clock
from tests.support import meetings
from tests.support.http import signed_in
from tests.support.meetings import Page
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import change_record


class Here(Deployed):
    """The stack as an operator's command sees it, in this process."""

    def environment(self, functions: object) -> dict[str, str]:
        """Return nothing more than what is set already."""
        return {}


def end_passage(relay: Relay, time: Clock) -> None:
    """Let the young person withdraw; the mails leave, the documents go."""
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())
    relay.mailer_runs()
    time.now += timedelta(minutes=2)
    relay.purges()
    relay.mailer_runs()


@pytest.fixture
def page(world: World, time: Clock) -> Page:
    """The page of a company that has read the documents and proposed dates."""
    page = meetings.start_proposing(world)
    page.proposes_in_days(20, 21)
    page.relay.mailer_runs()
    return page


def test_an_erasure_leaves_nothing_of_a_passage_and_the_offer_goes_on(
    page: Page, world: World, time: Clock
) -> None:
    relay = page.relay
    reference = str(relay.head().reference)
    end_passage(relay, time)
    held = subjects.read_held(reference)
    assert held.events and held.deposits and held.links and held.beside_links

    subjects.erase(reference, now=clock.utc_now())

    left = world.everything()
    gone = (reference, *(deposit.id for deposit in held.deposits), *(event.id for event in held.events))
    assert not [name for name in gone if name in _without_deliveries(world)], left
    assert not [link.id for link in held.links if link.id in _without_deliveries(world)]
    assert relay.head().status is ParcoursStatus.AVAILABLE
    assert signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").status == 200
    with pytest.raises(NotFound):
        subjects.read_held(reference)


def _without_deliveries(world: World) -> str:
    """Return both tables as text, without what became of mails, which ends after thirty days, and without counters."""
    stored = [*world.table("PARCOURS_TABLE"), *world.table("RELAY_TABLE")]
    return repr([item for item in stored if not str(item["pk"]).startswith(("delivery#", "count#"))])


def test_the_next_passage_and_its_history_stay_when_a_former_one_is_erased(
    page: Page, world: World, time: Clock
) -> None:
    relay = page.relay
    former = str(relay.head().reference)
    end_passage(relay, time)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    following = str(relay.head().reference)

    subjects.erase(former, now=clock.utc_now())

    assert relay.head().reference == following and subjects.read_held(following).events
    assert EventKind.LINK_SENT not in relay.event_kinds()


@pytest.mark.parametrize("case", ["under way", "documents not erased"])
def test_nothing_is_erased_of_a_passage_that_is_under_way_or_still_has_documents(
    page: Page, world: World, time: Clock, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    relay = page.relay
    reference = str(relay.head().reference)
    if case == "documents not erased":
        end_passage(relay, time)
        deposit = subjects.read_held(reference).deposits[0]
        change_record(deposit, replace(deposit, erased_at=None))
    before = world.everything()

    with pytest.raises(WrongStep):
        subjects.erase(reference, now=clock.utc_now())
    with pytest.raises(CommandFailed, match="Nothing was erased"):
        command.show_subject(Here("x"), Namespace(reference=reference, erase=True))

    assert world.everything() == before


def test_an_erasure_that_was_cut_goes_on(page: Page, world: World, time: Clock) -> None:
    relay = page.relay
    reference = str(relay.head().reference)
    end_passage(relay, time)
    held = subjects.read_held(reference)
    retention.hide_attempt(held.attempt.parcours, held.attempt.number, now=clock.utc_now())
    subjects._remove(held.links[0])

    subjects.erase(reference, now=clock.utc_now())

    assert reference not in _without_deliveries(world)


def test_the_command_shows_what_is_held_without_an_address_and_says_what_stays(
    page: Page, world: World, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    relay = page.relay
    reference = str(relay.head().reference)
    end_passage(relay, time)
    asked = rights.parse_request(
        "jeune", reference, "effacement", "j@messagerie.example", now=clock.utc_now()
    )
    rights.ask_rights(asked, source_ip="203.0.113.7", now=clock.utc_now())

    typed = f" {reference.lower().replace('-', ' ')}"
    assert command.show_subject(Here("x"), Namespace(reference=typed, erase=False)) == 0
    shown = capsys.readouterr().out
    assert command.show_subject(Here("x"), Namespace(reference=reference, erase=True)) == 0
    erased = capsys.readouterr().out

    assert asked.number in shown and "young_person_withdrew" in shown and "@" not in shown
    assert "All of it is erased" in erased and "7 days" in erased
    assert f"{asked.number} keeps reference and address" in erased
    assert command.show_subject(Here("x"), Namespace(reference=reference, erase=True)) == 0
    assert "Nothing is held" in capsys.readouterr().out
    with pytest.raises(CommandFailed, match="no reference"):
        command.show_subject(Here("x"), Namespace(reference="CSF-7K3Q", erase=False))


def test_the_requests_are_listed_sent_again_and_noted_without_an_address(
    world: World, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = rights.parse_request("agent", "", "acces", "a@academie.example", now=clock.utc_now())
    rights.ask_rights(asked, source_ip="203.0.113.7", now=clock.utc_now())

    def run(**given: str) -> str:
        nothing = {"again": None, "answered": None}
        assert command.show_requests(Here("x"), Namespace(**(nothing | given))) == 0
        return capsys.readouterr().out

    assert f"due {asked.due_at:%Y-%m-%d}" in run() and "mail waiting" in run(again=asked.number)
    answered = run(answered=asked.number)
    assert "0 open requests, 1 answered" in answered and "@" not in answered
    with pytest.raises(CommandFailed, match="noted as answered"):
        run(again=asked.number)
    with pytest.raises(CommandFailed, match="No request has this number"):
        command.show_requests(Here("x"), Namespace(again="DP-1", answered=None))
