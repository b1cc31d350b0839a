"""A sending that is sent again, withdrawn, erased, asked for anew or ended: each says what became of the former link."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours.ending import End
from chalicelib.errors import (
    FieldInvalid,
    LinkErased,
    LinkRevoked,
    NotFound,
    OpenedMeanwhile,
    ProofNeeded,
    RecipientDoubtful,
    WrongStep,
)
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from chalicelib.stories.documents import inspecting, opening, sending
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def resends(relay: Relay, *, seen_opened: bool = False) -> str:
    """Send the link again as the tutor; return the token that arrives."""
    sending_changes.resends(relay, seen_opened=seen_opened)
    relay.mailer_runs()
    return relay.tokens()[-1]


def ends(
    relay: Relay,
    kind: EventKind = EventKind.YOUNG_PERSON_WITHDREW,
    reason: Reason = Reason.OTHER,
    days: int | None = None,
) -> None:
    """End the passage as the tutor and send what waits."""
    end = End(kind=kind, reason=reason, occurred_at=clock.utc_now(), days=days)
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())
    relay.mailer_runs()


def subjects(world: World, to: str) -> list[str]:
    """Return the subjects of the mails to this address."""
    return [str(mail["Subject"]) for mail in world.mails() if to in str(mail["To"])]


def test_a_link_sent_again_goes_to_the_same_address_and_the_old_one_dies_at_once(
    relay: Relay, world: World
) -> None:
    old, browser = relay.sends(), Browser()
    browser.proves(old)

    new = resends(relay)

    assert new != old
    assert COMPANY_ADDRESS in str(world.mails()[-2]["To"])
    with pytest.raises(LinkRevoked):
        browser.opens(old)
    with pytest.raises(ProofNeeded):
        browser.opens(new)  # another version, another question
    browser.proves(new)
    assert browser.reads(browser.opens(new), world) == relay.sent[0].plain
    assert EventKind.LINK_RESENT in relay.event_kinds()
    assert relay.event_kinds().count(EventKind.LINK_SENT) == 2


def test_a_document_that_could_not_be_read_is_sent_again_in_one_act(relay: Relay, world: World) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token, readable=False)
    assert relay.head().setback is Setback.UNREADABLE

    new = resends(relay, seen_opened=True)

    assert relay.head().step is Step.LINK_SENT and relay.head().setback is None
    other = Browser()
    other.proves(new)
    assert other.reads(other.opens(new), world) == relay.sent[0].plain


def test_sending_again_gives_the_answer_time_again_within_thirty_days_of_the_first(
    relay: Relay, time: Clock
) -> None:
    relay.sends()
    first = relay.deposit().verified_at
    assert first is not None
    time.passes(days=14)
    resends(relay)
    assert relay.deposit().erase_at > first + timedelta(days=28)
    time.passes(days=14)
    resends(relay)
    assert relay.deposit().erase_at == end_of(day_of(first) + timedelta(days=29))


@pytest.mark.parametrize("act", [resends, sending_changes.revokes])
def test_a_resend_is_refused_when_the_link_was_opened_since_the_page_was_shown(
    relay: Relay, act: Callable[[Relay], object]
) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)

    with pytest.raises(OpenedMeanwhile) as refused:
        act(relay)

    opened_at = relay.deposit().opened_at
    assert opened_at is not None and refused.value.facts["since"] == opened_at.isoformat()
    assert relay.deposit().state is DepositState.OPENED


def test_a_revoked_link_dies_in_the_very_write_and_its_objects_at_the_next_purge(
    relay: Relay, world: World, time: Clock
) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)

    sending_changes.revokes(relay)

    with pytest.raises(LinkRevoked):
        browser.opens(token)
    assert relay.head().step is Step.DOCUMENTS_TO_SEND and relay.head().live_deposit is None
    time.passes(seconds=1)
    relay.purges()
    assert world.objects() == {}
    assert relay.event_kinds()[-2:] == [EventKind.LINK_REVOKED, EventKind.DOCUMENTS_ERASED]
    relay.announces()  # and another sending may begin


def test_revoking_twice_is_revoking_once_and_what_is_over_is_not_revoked(relay: Relay, time: Clock) -> None:
    relay.sends()
    assert sending_changes.revokes(relay) == sending_changes.revokes(relay)
    assert relay.event_kinds().count(EventKind.LINK_REVOKED) == 1
    relay.sends()
    time.passes(days=15)
    with pytest.raises(WrongStep):
        sending_changes.revokes(relay)


def test_another_tutor_can_neither_send_again_nor_revoke_nor_erase(relay: Relay) -> None:
    relay.sends()
    stranger = factories.account()
    now, identifier = clock.utc_now(), relay.sent[0].deposit
    acts: tuple[Callable[[], object], ...] = (
        lambda: sending.resend(stranger, identifier, LinkOnPage(relay.link().id, 1, False), now=now),
        lambda: sending.revoke(stranger, identifier, seen_opened=False, now=now),
        lambda: sending.erase_on_request(stranger, identifier, now=now),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()


def test_erasing_on_request_leaves_neither_document_nor_address(
    relay: Relay, world: World, time: Clock
) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)

    sending.erase_on_request(relay.tutor, relay.sent[0].deposit, now=clock.utc_now())
    time.passes(seconds=1)
    relay.purges()

    assert world.objects() == {}
    assert COMPANY_ADDRESS not in repr(world.table("RELAY_TABLE"))
    with pytest.raises(LinkErased):
        browser.proves(token)
    assert browser.looks(token).sight.state.value == "erased"
    assert EventKind.ERASURE_REQUESTED in relay.event_kinds()


def test_documents_that_were_read_are_to_be_sent_again_once_their_sending_is_erased(relay: Relay) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)

    sending.erase_on_request(relay.tutor, relay.sent[0].deposit, now=clock.utc_now())

    head = relay.head()
    assert (head.step, head.live_link) == (Step.DOCUMENTS_TO_SEND, None), "no link asks the company for dates"


def test_two_documents_travel_together_and_leave_only_when_both_are_verified(relay: Relay) -> None:
    cv = factories.sealed()
    letter = factories.sealed(kind=Kind.LETTER, deposit=cv.deposit)
    asked = sending.Announcement(cv.deposit, COMPANY_ADDRESS, (cv.declared, letter.declared))
    signed = sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())
    relay.sent += [cv, letter]
    relay.forms += [document["form"] for document in signed]

    relay.uploads(0)
    assert relay.is_inspected(0) == "verified"
    assert relay.mailer_runs() == 0
    relay.uploads(1)
    assert inspecting.inspect(relay.forms[1]["fields"]["key"], now=clock.utc_now()) == "verified"
    relay.mailer_runs()

    token, browser = relay.tokens()[-1], Browser()
    browser.proves(token)
    opened = browser.opens(token)
    assert [document["kind"] for document in opened["documents"]] == ["cv", "lettre"]
    assert relay.event_kinds().count(EventKind.DOCUMENTS_RECEIVED) == 1


def test_the_recipient_of_a_dead_link_asks_once_for_a_new_sending_and_the_tutor_is_told(
    relay: Relay, world: World, time: Clock
) -> None:
    token, browser = relay.sends(), Browser()
    time.passes(days=16)
    relay.purges()
    with pytest.raises(ProofNeeded):
        opening.ask_again(token, browser=browser.digest, now=clock.utc_now())
    browser.proves(token)

    for _ in range(2):
        opening.ask_again(token, browser=browser.digest, now=clock.utc_now())
    relay.mailer_runs()

    assert relay.event_kinds().count(EventKind.SENDING_REQUESTED) == 1
    assert relay.head().setback is Setback.SENDING_REQUESTED
    assert sum("nouvel envoi" in subject for subject in subjects(world, relay.tutor.address)) == 1


def test_a_link_that_still_opens_cannot_be_asked_for_again(relay: Relay) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    with pytest.raises(WrongStep):
        opening.ask_again(token, browser=browser.digest, now=clock.utc_now())


def test_the_end_of_a_passage_kills_links_erases_tells_company_and_buyer_and_frees_the_offer(
    world: World, time: Clock
) -> None:
    buyer = factories.account(Role.BUYER)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,))
    token, browser = relay.sends(), Browser()
    browser.proves(token)

    ends(relay)

    with pytest.raises(LinkRevoked):
        browser.opens(token)
    time.passes(seconds=1)
    relay.purges()
    assert world.objects() == {}
    head = relay.head()
    assert head.status is ParcoursStatus.AVAILABLE and head.tutor is None and head.reference is None
    assert len(subjects(world, COMPANY_ADDRESS)) == 2
    assert len(subjects(world, buyer.address)) == 1
    ended = next(
        event
        for event in parcours_table.read_page(relay.parcours_id).events
        if event.kind is EventKind.YOUNG_PERSON_WITHDREW
    )
    assert ended.occurred_at is not None and ended.occurred_at < ended.at


def test_another_passage_begins_under_its_own_reference(relay: Relay) -> None:
    first = relay.head().reference
    ends(relay)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    assert relay.head().attempt == 2
    assert relay.head().reference not in {None, first}


@pytest.mark.parametrize(
    ("kind", "reason", "days", "field"),
    [
        (EventKind.YOUNG_PERSON_WITHDREW, Reason.COMPANY_CHOICE, None, "motif"),
        (EventKind.YOUNG_PERSON_WITHDREW, Reason.OTHER, 3, "jours"),
        (EventKind.ATTEMPT_STOPPED, Reason.OTHER, None, "jours"),
        (EventKind.LINK_SENT, Reason.OTHER, None, "fin"),
    ],
)
def test_an_end_that_makes_no_sense_names_its_field(
    relay: Relay, kind: EventKind, reason: Reason, days: int | None, field: str
) -> None:
    with pytest.raises(FieldInvalid) as refused:
        ends(relay, kind, reason, days)
    assert refused.value.facts["field"] == field


def test_a_doubtful_address_is_asked_about_once_and_taken_when_confirmed(relay: Relay) -> None:
    document = factories.sealed()
    asked = document.build_announcement("nadia@gmail.com")
    with pytest.raises(RecipientDoubtful) as refused:
        sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())
    assert refused.value.facts["doubts"] == ("undeclared", "other_domain")
    confirmed = replace(asked, confirmed=True, shown=str(refused.value.facts["shown"]))
    assert sending.open_deposit(relay.tutor, relay.parcours_id, confirmed, now=clock.utc_now())
