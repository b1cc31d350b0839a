"""« Effacé le …, motif »: what became of erased documents, read from the timeline by who keeps the young person's file."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.documents.erasure import Cause, Erasure, summarise_erasure
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.parcours.ending import End
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from chalicelib.stories.documents import sending
from chalicelib.words import codes
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, http
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import answers_question
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records

Story = Callable[[Relay, Clock], None]
LINK = re.compile(r'href="(/parcours/[0-9a-f]{32}/effacements/[0-9a-f]{32})"')


def is_confirmed(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    holder.confirms(token)


def is_opened_and_forgotten(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    answers_question(token).opens(token)
    time.passes(hours=73)


def is_never_opened(relay: Relay, time: Clock) -> None:
    relay.sends()
    time.passes(hours=24 * 16)


def is_withdrawn(relay: Relay, time: Clock) -> None:
    relay.sends()
    sending_changes.revokes(relay)


def is_erased_on_request(relay: Relay, time: Clock) -> None:
    is_opened_and_forgotten(relay, time)
    sending.erase_on_request(relay.tutor, relay.deposit().id, now=clock.utc_now())


def is_abandoned(relay: Relay, time: Clock) -> None:
    relay.announces()
    relay.uploads()
    sending_changes.revokes(relay)


def is_not_accepted(relay: Relay, time: Clock) -> None:
    relay.announces(factories.sealed(b"no PDF"))
    relay.uploads()
    relay.is_inspected()


def is_declined(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    answers_question(token).declines(token)
    time.passes(hours=25)


def is_over(relay: Relay, time: Clock, kind: EventKind = EventKind.YOUNG_PERSON_WITHDREW) -> None:
    relay.sends()
    now = clock.utc_now()
    outcomes.finish_passage(
        relay.tutor, relay.parcours_id, End(kind=kind, reason=Reason.OTHER, occurred_at=now), now=now
    )


def is_over_after_a_meeting(relay: Relay, time: Clock) -> None:
    is_over(relay, time, EventKind.MEETING_MISSED)


def is_declined_and_taken_back(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.declines(token)
    holder.withdraws_refusal(token)
    holder.opens(token)
    time.passes(hours=73)


STORIES: dict[Story, tuple[Cause, bool, bool]] = {
    is_confirmed: (Cause.CONFIRMED, True, True),
    is_opened_and_forgotten: (Cause.NEVER_CONFIRMED, True, True),
    is_never_opened: (Cause.NEVER_OPENED, True, False),
    is_withdrawn: (Cause.WITHDRAWN, True, False),
    is_erased_on_request: (Cause.ON_REQUEST, True, True),
    is_abandoned: (Cause.NOT_SENT, False, False),
    is_not_accepted: (Cause.NOT_ACCEPTED, False, False),
    is_declined: (Cause.DECLINED, True, False),
    is_over: (Cause.PASSAGE_OVER, True, False),
    is_over_after_a_meeting: (Cause.PASSAGE_OVER, True, False),
    is_declined_and_taken_back: (Cause.NEVER_CONFIRMED, True, True),
}
"""How documents end, why that is, whether their link had left, and whether it was opened."""


def list_erasures(relay: Relay) -> list[Event]:
    """Return the events of erased documents, oldest first."""
    events = parcours_table.read_page(relay.parcours_id).events
    return sorted(
        (event for event in events if event.kind is EventKind.DOCUMENTS_ERASED), key=lambda event: event.at
    )


def read_erasure(relay: Relay, place: int = -1) -> Erasure:
    """Return what the statement says of the erasure at this place among them."""
    page = parcours_table.read_page(relay.parcours_id)
    ended_at = next(attempt.ended_at for attempt in page.attempts if attempt.number == 1)
    return summarise_erasure(list_erasures(relay)[place], page.events, ended_at)


def read_page(relay: Relay, path: str) -> str:
    """Return the text of a page as its tutor reads it."""
    answer = http.signed_in(relay.tutor).get(path)
    assert answer.status == 200
    return html.unescape(answer.text)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_statement_gives_the_cause_of_each_erasure(relay: Relay, time: Clock, story: Story) -> None:
    story(relay, time)
    relay.purges()

    erasure = read_erasure(relay)

    assert (erasure.cause, erasure.left_at is not None, erasure.opened_at is not None) == STORIES[story]
    assert erasure.documents == (Kind.CV,)
    path = LINK.findall(read_page(relay, f"/parcours/{relay.parcours_id}"))[0]
    text = read_page(relay, path)
    assert codes.CAUSE[erasure.cause] in text
    assert ("Aucun lien n’est parti" in text) is (erasure.left_at is None)
    assert ("a pu garder une copie" in text) is (erasure.opened_at is not None)


def test_an_erasure_statement_names_reference_documents_and_company_but_no_person(
    relay: Relay, time: Clock
) -> None:
    reference = relay.head().reference
    is_confirmed(relay, time)
    relay.purges()

    text = read_page(relay, LINK.findall(read_page(relay, f"/parcours/{relay.parcours_id}"))[0])
    page = text.partition("<article")[2].partition("</article>")[0]

    assert str(reference) in page and "Jardins Morvenne" in page and ">CV<" in page
    assert COMPANY_ADDRESS not in page and "Bellanger" not in page and relay.tutor.name not in page


@pytest.mark.parametrize("stories", [(is_withdrawn, is_confirmed), (is_confirmed, is_withdrawn)])
def test_two_sendings_of_a_passage_are_stated_each_by_itself(
    relay: Relay, time: Clock, stories: tuple[Story, Story]
) -> None:
    for story in stories:  # the second before the purge has erased the first
        story(relay, time)
        time.passes(minutes=1)
    relay.purges()

    causes = {
        event.sent_at: read_erasure(relay, place).cause for place, event in enumerate(list_erasures(relay))
    }
    sent = [at for at in causes if at is not None]

    assert [causes[at] for at in sorted(sent)] == [STORIES[story][0] for story in stories]


def test_documents_erased_by_an_end_taken_back_still_state_that_end(relay: Relay, time: Clock) -> None:
    is_over(relay, time)
    relay.purges()
    ended = next(
        event
        for event in parcours_table.read_page(relay.parcours_id).events
        if event.kind is EventKind.YOUNG_PERSON_WITHDREW
    )
    outcomes.correct(relay.tutor, relay.parcours_id, ended.id, now=clock.utc_now())

    assert read_erasure(relay).cause is Cause.PASSAGE_OVER


def test_a_corrected_refusal_is_not_stated_as_the_cause_of_erasure(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    fact = relay.notes(EventKind.COMPANY_DECLINED, reason=Reason.OTHER, contact=Interlocutor.WELCOMES)
    outcomes.correct(relay.tutor, relay.parcours_id, fact, now=clock.utc_now())
    answers_question(token).opens(token)
    time.passes(hours=73)
    relay.purges()

    assert read_erasure(relay).cause is Cause.NEVER_CONFIRMED


def test_who_accompanied_a_passage_that_is_over_keeps_its_statement(relay: Relay, time: Clock) -> None:
    is_over(relay, time)
    relay.purges()
    stranger = factories.account()
    add_records(stranger)
    path = f"/parcours/{relay.parcours_id}/effacements/{list_erasures(relay)[0].id}"

    assert "Le parcours a pris fin." in read_page(relay, path)
    assert http.signed_in(stranger).get(path).status == 404
    assert not LINK.findall(http.signed_in(stranger).get(f"/parcours/{relay.parcours_id}").text)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.COORDINATOR, 200), (Role.TEAM, 403), (Role.BUYER, 403), (Role.PRESCRIBER, 403)]
)
def test_only_who_accompanies_reads_an_erasure_statement(
    relay: Relay, time: Clock, role: Role, status: int
) -> None:
    is_confirmed(relay, time)
    relay.purges()
    person = factories.account(role)
    add_records(person)
    client = http.signed_in(person)

    assert (
        client.get(f"/parcours/{relay.parcours_id}/effacements/{list_erasures(relay)[0].id}").status == status
    )
    assert bool(LINK.findall(client.get(f"/parcours/{relay.parcours_id}").text)) is (status == 200)


def test_only_an_erasure_event_has_an_erasure_statement(relay: Relay) -> None:
    relay.sends()
    client = http.signed_in(relay.tutor)

    for event in ("0" * 32, "x", parcours_table.read_page(relay.parcours_id).events[0].id):
        assert client.get(f"/parcours/{relay.parcours_id}/effacements/{event}").status == 404


def test_reading_an_erasure_statement_writes_nothing(relay: Relay, world: World, time: Clock) -> None:
    is_confirmed(relay, time)
    relay.purges()
    client = http.signed_in(relay.tutor)
    before = world.everything()

    client.get(f"/parcours/{relay.parcours_id}/effacements/{list_erasures(relay)[0].id}")

    assert world.everything() == before


def test_a_fact_of_a_version_that_did_not_say_when_they_were_sent_is_stated_from_the_last_announcement(
    relay: Relay, time: Clock
) -> None:
    is_confirmed(relay, time)
    time.passes(minutes=5)
    relay.purges()
    page, erased = parcours_table.read_page(relay.parcours_id), list_erasures(relay)[0]

    erasure = summarise_erasure(replace(erased, sent_at=None), page.events, None)

    assert erasure.cause is Cause.CONFIRMED
    assert erasure.erased_at - (erasure.left_at or erasure.erased_at) > timedelta(minutes=4)
