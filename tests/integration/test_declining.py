"""The company declines on its page, takes it back within a day, deletes its copies."""

from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.errors import FieldInvalid, LinkRevoked, NotYours, ProofNeeded, WrongStep
from chalicelib.stories import outcomes
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, http, mail_rules, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

DAY = timedelta(hours=24)


def subjects(relay: Relay, to: str) -> list[str]:
    """Return the subjects of the mails to this address."""
    return [str(mail["Subject"]) for mail in relay.world.mails() if str(mail["To"]) == to]


def test_a_refusal_is_told_once_to_tutor_buyer_and_company_and_the_documents_go_a_day_later(
    world: World, time: Clock
) -> None:
    relay, buyer = sending_changes.with_buyer(world)
    token = relay.sends()
    holder = answers_question(token)
    former = relay.deposit().erase_at

    for _ in range(2):
        holder.declines(token, Reason.NO_HOST_AVAILABLE)
    relay.mailer_runs()

    assert relay.event_kinds().count(EventKind.COMPANY_DECLINED) == 1
    head, deposit = relay.head(), relay.deposit()
    assert (head.setback, head.step) == (Setback.DECLINED, Step.LINK_SENT)
    assert deposit.erase_before == former
    assert timedelta() < deposit.erase_at - clock.utc_now() <= DAY
    assert any("a refusé" in subject for subject in subjects(relay, relay.tutor.address))
    assert any("a refusé" in subject for subject in subjects(relay, buyer))
    assert any("réponse est enregistrée" in subject for subject in subjects(relay, COMPANY_ADDRESS))
    with pytest.raises(LinkRevoked):
        holder.opens(token)

    time.passes(hours=24)
    relay.purges()

    assert world.objects() == {}
    assert relay.head().setback is Setback.DECLINED
    assert EventKind.LINK_EXPIRED not in relay.event_kinds()
    with pytest.raises(WrongStep):
        holder.withdraws_refusal(token)


def test_a_refusal_taken_back_gives_the_documents_their_time_again(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    holder = answers_question(token)
    former = relay.deposit().erase_at
    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    time.passes(hours=23)

    for _ in range(2):
        holder.withdraws_refusal(token)

    assert relay.event_kinds()[-1] is EventKind.DECLINE_UNDONE
    assert relay.event_kinds().count(EventKind.DECLINE_UNDONE) == 1
    assert (relay.head().setback, relay.deposit().erase_at) == (None, former)
    assert holder.reads(holder.opens(token), world) == relay.sent[0].plain
    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    assert relay.event_kinds().count(EventKind.COMPANY_DECLINED) == 2


def test_promised_dates_lift_a_refusal_and_ask_for_documents_anew_once_they_were_erased(
    relay: Relay, time: Clock
) -> None:
    token = relay.sends()
    answers_question(token).declines(token, Reason.NO_HOST_AVAILABLE)
    time.passes(hours=24)
    relay.purges()
    promise = Outcome(
        kind=EventKind.DATES_PROMISED,
        occurred_at=clock.utc_now(),
        contact=Interlocutor.WELCOMES,
        planned_at=clock.utc_now() + timedelta(days=4),
    )

    outcomes.note(relay.tutor, relay.parcours_id, promise, now=clock.utc_now())

    assert (relay.head().setback, relay.head().step) == (None, Step.DOCUMENTS_TO_SEND)


def test_a_refused_link_is_sent_again_only_once_the_refusal_is_taken_back(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    client = http.signed_in(relay.tutor)
    assert "/renvoi" not in client.get(f"/parcours/{relay.parcours_id}").text
    with pytest.raises(WrongStep):
        sending_changes.resends(relay)

    holder.withdraws_refusal(token)

    assert "/renvoi" in client.get(f"/parcours/{relay.parcours_id}").text
    sending_changes.resends(relay)


def test_whoever_accompanies_takes_a_refusal_back_and_nobody_else(world: World, time: Clock) -> None:
    team = factories.account(Role.TEAM)
    relay = relays.started(world, also=(team,))
    token = relay.sends()
    answers_question(token).declines(token, Reason.NO_HOST_AVAILABLE)
    relay.mailer_runs()

    with pytest.raises(NotYours):
        outcomes.undo_decline_by_agent(team, relay.parcours_id, now=clock.utc_now())
    outcomes.undo_decline_by_agent(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()

    assert relay.head().setback is None
    assert any("refus est annulé" in subject for subject in subjects(relay, COMPANY_ADDRESS))


def test_a_refusal_that_was_taken_back_before_its_mails_left_is_not_told(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    holder.withdraws_refusal(token)
    relay.mailer_runs()

    assert not any("a refusé" in subject for subject in subjects(relay, relay.tutor.address))
    assert not any("enregistrée" in subject for subject in subjects(relay, COMPANY_ADDRESS))


def test_only_a_browser_that_answered_the_question_declines_and_only_for_a_reason_of_the_list(
    relay: Relay,
) -> None:
    token = relay.sends()

    with pytest.raises(ProofNeeded):
        Browser().declines(token, Reason.NO_HOST_AVAILABLE)
    with pytest.raises(FieldInvalid):
        answers_question(token).declines(token, Reason.NOT_A_PDF)
    assert EventKind.COMPANY_DECLINED not in relay.event_kinds()


def test_a_fixed_meeting_falls_with_a_refusal_and_a_held_one_is_past_refusing(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    now = clock.utc_now()
    soon = now + timedelta(days=3)
    relay.notes(EventKind.MEETING_FIXED, planned_at=soon, contact=Interlocutor.WELCOMES)

    holder.declines(token, Reason.NO_HOST_AVAILABLE)

    head = relay.head()
    assert (head.setback, head.step, head.meeting_at) == (Setback.DECLINED, Step.LINK_SENT, None)
    holder.withdraws_refusal(token)
    outcomes.note(
        relay.tutor,
        relay.parcours_id,
        Outcome(kind=EventKind.MEETING_HELD, occurred_at=clock.utc_now()),
        now=clock.utc_now(),
    )
    with pytest.raises(WrongStep):
        holder.declines(token, Reason.NO_HOST_AVAILABLE)


def test_nobody_reads_that_a_meeting_stands_again_once_a_refusal_is_taken_back(
    world: World, time: Clock
) -> None:
    relay, buyer = sending_changes.with_buyer(world)
    token = relay.sends()
    holder = answers_question(token)
    soon = clock.utc_now() + 5 * DAY
    relay.notes(EventKind.MEETING_FIXED, planned_at=soon, contact=Interlocutor.WELCOMES)
    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    relay.mailer_runs()
    told = len(world.mails())

    holder.withdraws_refusal(token)
    relay.mailer_runs()

    assert relay.head().meeting_at is None
    texts = {str(mail["To"]): mail_rules.read_body(mail, "plain") for mail in world.mails()[told:]}
    for reader in (relay.tutor.address, buyer):
        assert "Un rendez-vous annulé reste à fixer de nouveau" in texts[reader]


def test_a_refusal_that_an_agent_notes_shortens_the_documents_life_and_its_correction_gives_it_back(
    relay: Relay,
) -> None:
    relay.sends()
    former = relay.deposit().erase_at

    event = relay.notes(
        EventKind.COMPANY_DECLINED, reason=Reason.PROFILE_MISMATCH, contact=Interlocutor.WELCOMES
    )
    assert relay.deposit().erase_at == relay.head().last_at + DAY

    outcomes.correct(relay.tutor, relay.parcours_id, event, now=clock.utc_now())
    assert (relay.deposit().erase_at, relay.deposit().erase_before) == (former, None)


def test_copies_are_said_to_be_deleted_once_and_only_when_it_was_asked(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)

    with pytest.raises(WrongStep):
        holder.says_copies_deleted(token)
    holder.opens(token)
    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    for _ in range(2):
        holder.says_copies_deleted(token)

    assert relay.event_kinds().count(EventKind.COPIES_DELETED) == 1


def test_a_company_whose_young_person_withdrew_may_say_that_it_deleted_its_copies(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    sending_changes.ends(relay)

    holder.says_copies_deleted(token)

    assert relay.event_kinds()[-1] is EventKind.COPIES_DELETED
    with pytest.raises(LinkRevoked):
        holder.declines(token, Reason.NO_HOST_AVAILABLE)
