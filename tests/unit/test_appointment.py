"""The rules of a meeting: when it is looked at, what follows an outcome, what counts as the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.meetings import appointment
from chalicelib.domain.meetings.appointment import (
    AFTER,
    CANCELLED_KEPT,
    Acceptance,
    Appointment,
    AppointmentState,
    Cancellation,
    Meeting,
    Seat,
)
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import FieldInvalid, WrongStep
from tests.support import factories

NOW = datetime(2027, 3, 20, 9, tzinfo=UTC)
SLOT = Slot(start=datetime(2027, 3, 29, 8, tzinfo=UTC), minutes=60)
OTHER = Slot(start=SLOT.start + timedelta(days=3), minutes=30)
CANCELLATION = Cancellation(Reason.OTHER, SLOT.start, Role.TUTOR, "t")


def head(step: Step | None = Step.RECEIVED) -> Parcours:
    """Return a parcours « en préparation » at this step."""
    offer = factories.offer(status=ParcoursStatus.IN_PREPARATION)
    return replace(offer, attempt=1, tutor="t", step=step, documents_step=Step.RECEIVED)


def dates(
    state: AppointmentState = AppointmentState.PROPOSED, *, slots: tuple[Slot, ...] = ()
) -> Appointment:
    """Return an appointment with dates that the company proposed."""
    return Appointment(state=state, parcours="p", attempt=1, uid="u" * 32, changed_at=NOW, slots=slots)


def fixed(slot: Slot = SLOT, *, slots: tuple[Slot, ...] = ()) -> Appointment:
    """Return an appointment with an agreed meeting, beside dates that still wait."""
    return replace(dates(AppointmentState.FIXED, slots=slots), slot=slot)


def test_the_eve_is_the_same_hour_of_paris_the_day_before_even_over_the_night_of_a_change() -> None:
    eve = fixed().due_at

    assert eve == SLOT.start - timedelta(hours=24)
    spring = Slot(start=datetime(2027, 3, 28, 8, tzinfo=UTC), minutes=60)
    assert fixed(slot=spring).due_at == spring.start - timedelta(hours=23)
    assert fixed(slot=spring).due_at.astimezone(PARIS).hour == spring.start.astimezone(PARIS).hour


def test_what_is_agreed_goes_two_days_after_the_meeting_and_what_is_not_two_days_after_the_last_date() -> (
    None
):
    assert replace(fixed(), eve_told_at=NOW).due_at == SLOT.end + AFTER
    assert dates(slots=(SLOT, OTHER)).erase_at == OTHER.end + AFTER
    assert replace(fixed(slots=(OTHER,)), eve_told_at=NOW).erase_at == OTHER.end + AFTER
    assert replace(dates(AppointmentState.CANCELLED), slot=SLOT).due_at == NOW + CANCELLED_KEPT
    assert replace(dates(AppointmentState.CANCELLED, slots=(OTHER,)), slot=SLOT).erase_at == OTHER.end + AFTER
    assert dates().due_at == NOW + AFTER


def test_dates_are_looked_at_when_the_last_of_them_is_past() -> None:
    assert dates(slots=(SLOT, OTHER)).due_at == OTHER.start
    assert replace(fixed(slots=(OTHER,)), eve_told_at=NOW).due_at == OTHER.start
    assert fixed(slots=(OTHER,)).due_at == appointment.find_eve(SLOT)


@pytest.mark.parametrize("step", Step)
def test_dates_are_proposed_from_the_sending_to_the_meeting(step: Step) -> None:
    open_steps = {Step.LINK_SENT, Step.OPENED, Step.RECEIVED, Step.SLOTS_PROPOSED, Step.MEETING_FIXED}

    assert appointment.is_open(head(step)) is (step in open_steps)


@pytest.mark.parametrize("setback", Setback)
def test_no_setback_but_a_refusal_keeps_dates_from_being_proposed(setback: Setback) -> None:
    assert appointment.is_open(replace(head(), setback=setback)) is (setback is not Setback.DECLINED)


@pytest.mark.parametrize("reason", Reason)
def test_reasons_are_those_of_their_lists(reason: Reason) -> None:
    inputs, here = factories.decision_inputs(NOW), replace(head(Step.MEETING_FIXED), meeting_at=SLOT.start)

    def refused(act: Callable[[], object]) -> bool:
        try:
            act()
        except FieldInvalid:
            return True
        return False

    cancellation, proposed = replace(CANCELLATION, reason=reason), fixed(slots=(OTHER,))
    seen, by = proposed.page_version, Role.TUTOR
    assert refused(lambda: appointment.cancel(here, fixed(), cancellation, inputs)) is (
        reason not in appointment.CANCELS
    )
    assert refused(
        lambda: appointment.ask_others(here, Meeting(proposed), reason, seen=seen, by=by, inputs=inputs)
    ) is (reason not in appointment.OTHERS)


def test_a_meeting_whose_hour_is_past_is_neither_moved_nor_cancelled() -> None:
    late, here = (
        factories.decision_inputs(SLOT.start),
        replace(head(Step.MEETING_FIXED), meeting_at=SLOT.start),
    )

    with pytest.raises(WrongStep):
        appointment.cancel(here, fixed(), CANCELLATION, late)
    with pytest.raises(WrongStep):
        appointment.move(here, Meeting(fixed()), OTHER, seen=SLOT.start, by=Role.TUTOR, inputs=late)


def test_a_proposed_date_that_is_past_is_not_accepted() -> None:
    with pytest.raises(FieldInvalid):
        appointment.accept(
            head(Step.SLOTS_PROPOSED),
            Meeting(dates(slots=(SLOT,))),
            Acceptance(SLOT.start, seen=dates().page_version, buyer_invited=False, host_seen=""),
            by=Role.TUTOR,
            inputs=factories.decision_inputs(SLOT.start),
        )


def test_a_meeting_accepted_within_its_eve_is_not_reminded_of() -> None:
    inputs = factories.decision_inputs(SLOT.start - timedelta(hours=5))

    done = appointment.accept(
        head(Step.SLOTS_PROPOSED),
        Meeting(dates(slots=(SLOT,))),
        Acceptance(SLOT.start, seen=dates().page_version, buyer_invited=True, host_seen=""),
        by=Role.TUTOR,
        inputs=inputs,
    )

    after = done.changes[1].after
    assert isinstance(after, Appointment)
    assert after.eve_told_at == inputs.now


def follows(
    stands: Appointment | None, before: Parcours, after: Parcours, now: datetime = NOW
) -> tuple[Appointment | None, set[MailKind]]:
    """Return what becomes of the appointment, and what is mailed."""
    inputs = factories.decision_inputs(now)
    noted = inputs.build_event(EventKind.MEETING_FIXED, before.id, 1, by=Role.TUTOR)
    step = Meeting(stands).follow(before, after, noted, inputs)
    [appointment_after] = [change.after for change in step.changes] or [stands]
    assert appointment_after is None or isinstance(appointment_after, Appointment)
    return appointment_after, {mail.kind for mail in step.mails}


def test_a_meeting_fixed_by_telephone_keeps_the_place_of_the_same_date_that_was_proposed() -> None:
    away = replace(SLOT, place="https://exemple.fr/salle")
    before, after = head(Step.SLOTS_PROPOSED), replace(head(Step.MEETING_FIXED), meeting_at=SLOT.start)

    after_move, mails = follows(replace(dates(slots=(away, OTHER)), offered=(away, OTHER)), before, after)

    assert after_move is not None
    assert (after_move.state, after_move.slot, after_move.slots) == (AppointmentState.FIXED, away, ())
    assert mails == set(), "whom it invites is looked up afterwards"


def test_what_falls_away_before_its_hour_is_cancelled_and_after_it_is_over() -> None:
    before, held = replace(head(Step.MEETING_FIXED), meeting_at=SLOT.start), head(Step.MEETING_HELD)

    early, mails = follows(fixed(), before, held)
    late, nothing = follows(fixed(), before, held, SLOT.end)

    assert early is not None and late is not None
    assert (early.state, early.sequence, mails) == (
        AppointmentState.CANCELLED,
        1,
        {MailKind.MEETING_CANCELLED},
    )
    assert (late.state, late.sequence, nothing) == (AppointmentState.OVER, 0, set())


def test_dates_go_when_the_passage_ends_and_stay_while_a_refusal_may_be_undone() -> None:
    before, waiting = head(Step.SLOTS_PROPOSED), replace(dates(slots=(SLOT,)), offered=(SLOT,))
    declined = replace(head(Step.SLOTS_PROPOSED), setback=Setback.DECLINED)
    ended = replace(head(None), status=ParcoursStatus.AVAILABLE)

    assert follows(waiting, before, declined) == (waiting, set())
    after, mails = follows(waiting, before, ended)
    assert after is not None
    assert (after.slots, mails) == ((), set())


def test_an_outcome_that_moves_no_meeting_concerns_none() -> None:
    before = replace(head(Step.MEETING_FIXED), meeting_at=SLOT.start)

    assert not appointment.is_concerned(before, replace(before, last_at=NOW))
    assert appointment.is_concerned(before, replace(before, meeting_at=None))


def test_the_minute_function_does_nothing_before_the_eve_and_tells_nobody_of_an_ended_passage() -> None:
    here = replace(head(Step.MEETING_FIXED), meeting_at=SLOT.start)
    eve = SLOT.start - timedelta(hours=20)

    assert not appointment.remind_or_erase(fixed(), here, NOW)
    assert [mail.to for mail in appointment.remind_or_erase(fixed(), here, eve).mails] == [
        Role.TUTOR,
        Role.COMPANY,
    ]
    assert appointment.remind_or_erase(fixed(), replace(here, attempt=2), eve).mails == ()
    assert [
        mail.to for mail in appointment.remind_or_erase(replace(fixed(), buyer_invited=True), here, eve).mails
    ] == [
        Role.TUTOR,
        Role.COMPANY,
        Role.BUYER,
    ]
    [gone] = appointment.remind_or_erase(fixed(), here, SLOT.end + AFTER).changes
    assert gone.after is None


def test_dates_that_are_all_past_give_the_turn_back_to_the_company_once() -> None:
    here, waiting = head(Step.SLOTS_PROPOSED), replace(dates(slots=(SLOT, OTHER)), offered=(SLOT, OTHER))
    early, late = factories.decision_inputs(SLOT.end), factories.decision_inputs(OTHER.start)

    assert not appointment.lapse(here, waiting, early)
    done = appointment.lapse(here, waiting, late)
    board, kept = (change.after for change in done.changes)

    assert isinstance(board, Parcours) and isinstance(kept, Appointment)
    assert (board.step, board.since, kept.slots) == (Step.RECEIVED, OTHER.start, ())
    [event] = done.events
    assert (event.kind, event.actor, event.reason) == (
        EventKind.OTHER_SLOTS_ASKED,
        Role.SYSTEM,
        Reason.TOO_LONG,
    )
    assert [(mail.kind, mail.to) for mail in done.mails] == [(MailKind.OTHER_SLOTS, Role.COMPANY)]
    assert not appointment.lapse(board, kept, late)
    assert (
        appointment.lapse(here, waiting, factories.decision_inputs(OTHER.end + AFTER)).changes[1].after
        is None
    )


def test_dates_that_lapse_leave_a_fixed_meeting_a_refusal_and_another_passage_alone() -> None:
    early = replace(SLOT, start=SLOT.start - timedelta(days=2))
    beside, late = fixed(slots=(early,)), factories.decision_inputs(early.start)
    agreed = replace(head(Step.SLOTS_PROPOSED), meeting_at=SLOT.start)

    board = appointment.lapse(agreed, beside, late).changes[0].after
    assert isinstance(board, Parcours)
    assert (board.step, board.meeting_at) == (Step.MEETING_FIXED, SLOT.start)

    came = appointment.lapse(agreed, fixed(slots=(OTHER,)), factories.decision_inputs(OTHER.start))
    board = came.changes[0].after
    assert isinstance(board, Parcours)
    assert (board.step, board.meeting_at, came.events, came.mails) == (
        Step.MEETING_FIXED,
        SLOT.start,
        (),
        (),
    )

    declined = replace(head(Step.SLOTS_PROPOSED), setback=Setback.DECLINED)
    assert not appointment.lapse(declined, dates(slots=(early,)), late)
    refused, gone = appointment.lapse(
        declined, dates(slots=(early,)), factories.decision_inputs(early.end + AFTER)
    ).changes
    assert isinstance(refused.after, Parcours)
    assert (refused.after.step, refused.after.setback) == (Step.RECEIVED, Setback.DECLINED)
    assert gone.after is None
    [change] = appointment.lapse(
        replace(head(Step.SLOTS_PROPOSED), attempt=2), dates(slots=(early,)), late
    ).changes
    assert isinstance(change.after, Appointment)


def test_a_cancellation_keeps_the_dates_that_wait_beside_the_meeting_while_one_is_to_come() -> None:
    here = replace(head(Step.SLOTS_PROPOSED), meeting_at=SLOT.start)
    past = replace(SLOT, start=NOW - timedelta(days=1))

    def cancels(*waiting: Slot) -> tuple[object, object]:
        inputs = factories.decision_inputs(NOW)
        done = appointment.cancel(here, fixed(slots=waiting), CANCELLATION, inputs)
        board, kept = (change.after for change in done.changes)
        assert isinstance(board, Parcours) and isinstance(kept, Appointment)
        assert (board.meeting_at, kept.state) == (None, AppointmentState.CANCELLED)
        return board.step, kept.slots

    assert cancels(OTHER) == (Step.SLOTS_PROPOSED, (OTHER,))
    assert cancels(past) == (Step.RECEIVED, ())
    assert cancels() == (Step.RECEIVED, ())


TUTOR, HOLDER, COLLEAGUE = (
    Seat(to=Role.TUTOR, id="t"),
    Seat(to=Role.COMPANY, id="x"),
    Seat(to=Role.COMPANY, id="y"),
)


def address_of(seat: Seat) -> str:
    """Return the address of a seat: its own, or one made of its id."""
    return seat.address or f"{seat.id}@example.fr"


def invites(stands: Appointment | None, after: Appointment, *wanted: Seat) -> Appointment:
    """Return the appointment once these people are invited to what changed from ``stands`` to ``after``."""
    invited = appointment.invite(stands, after, wanted, address_of)
    assert invited is not None
    return invited


def begun() -> Appointment:
    """Return a fixed appointment, to which its tutor and the holder of the link are invited."""
    return invites(dates(slots=(SLOT,)), fixed(), TUTOR, HOLDER)


def versions(stands: Appointment) -> dict[str, tuple[int, int, bool]]:
    """Return for each seat: since which version it is invited, the number of its last invitation, and whether it has left."""
    return {seat.id: (seat.since, seat.sequence, seat.left) for seat in stands.seats}


def test_the_first_version_of_a_meeting_has_no_number_but_zero() -> None:
    stands = begun()

    assert stands.sequence == 0
    assert versions(stands) == {"t": (0, 0, False), "x": (0, 0, False)}


def test_whoever_comes_or_goes_makes_one_more_version_for_everybody_and_the_same_people_make_none() -> None:
    stands = begun()
    after = invites(stands, stands, TUTOR, COLLEAGUE)

    assert (after.sequence, after.agreed) == (1, 0)
    assert versions(after) == {"t": (0, 1, False), "y": (1, 1, False), "x": (0, 1, True)}
    assert appointment.invite(after, after, (TUTOR, COLLEAGUE), address_of) is None
    told = appointment.build_mails(head(), after, NOW)
    assert {(mail.kind, mail.about, mail.sequence) for mail in told} == {
        (MailKind.MEETING_INVITATION, "t", 1),
        (MailKind.MEETING_INVITATION, "y", 1),
        (MailKind.MEETING_CANCELLED, "x", 1),
    }


def test_the_same_address_by_another_link_is_the_same_person() -> None:
    stands = begun()
    again = Seat(to=Role.COMPANY, id="z", address=address_of(HOLDER))

    after = invites(stands, stands, TUTOR, again)

    assert (after.sequence, versions(after)) == (0, versions(stands))
    assert not appointment.is_news(stands, after)
    assert [seat.address for seat in after.seats] == ["", again.address], "her link may be erased"
    assert appointment.invite(after, after, (TUTOR, again), address_of) is None


def test_a_mail_of_an_older_version_concerns_nobody_any_more() -> None:
    first = begun()
    second = invites(first, first, TUTOR, COLLEAGUE)
    third = invites(second, second, TUTOR, HOLDER)
    sent = {
        (mail.kind, mail.about, mail.sequence): mail
        for stands in (first, second, third)
        for mail in appointment.build_mails(head(), stands, NOW)
    }

    concerned = {told for told, mail in sent.items() if third.find_seat(mail) is not None}

    assert concerned == {
        (MailKind.MEETING_INVITATION, "t", 2),
        (MailKind.MEETING_INVITATION, "x", 2),
        (MailKind.MEETING_CANCELLED, "y", 2),
    }
    assert second.find_seat(sent[MailKind.MEETING_CANCELLED, "x", 1]) is not None


def test_whoever_was_invited_when_all_was_cancelled_is_told_whatever_is_agreed_on_since() -> None:
    """Whoever was invited to a cancelled meeting is told so, even if a meeting with somebody else is agreed since: otherwise
    her calendar would keep it.
    """
    gone = appointment.cancel_slot(begun(), NOW)
    told = {
        mail.about: mail
        for mail in appointment.build_mails_to_listed(MailKind.MEETING_CANCELLED, head(), gone, NOW)
    }
    assert all(gone.find_seat(mail) is not None for mail in told.values())

    anew = invites(gone, appointment.fix_slot(gone, OTHER, NOW), TUTOR, COLLEAGUE)

    assert anew.find_seat(told["x"]) is not None
    assert anew.find_seat(told["t"]) is None
    assert versions(anew) == {"t": (2, 2, False), "y": (2, 2, False), "x": (0, 1, True)}


def test_the_eve_is_told_of_what_is_agreed_then_and_of_no_meeting_that_was_moved_since() -> None:
    stands = replace(begun(), eve_told_at=NOW)
    [mail, _] = appointment.build_mails_to_listed(MailKind.EVE_REMINDER, head(), stands, NOW)

    moved = appointment.fix_slot(stands, OTHER, NOW + timedelta(minutes=1))

    assert stands.find_seat(mail) is not None
    assert invites(stands, stands, TUTOR).find_seat(mail) is not None, "who else comes changes nothing"
    assert invites(stands, moved, TUTOR, HOLDER).find_seat(mail) is None


def test_what_was_stored_without_its_seats_tells_each_side() -> None:
    stands = replace(fixed(), link="x", sequence=3, buyer_invited=True)
    mail = replace(
        appointment.build_mails_to_listed(MailKind.MEETING_INVITATION, head(), stands, NOW)[1],
        about=None,
        sequence=None,
    )

    assert [seat.to for seat in stands.listed_seats] == [Role.TUTOR, Role.COMPANY, Role.BUYER]
    assert stands.find_seat(mail) == stands.listed_seats[1]
    assert versions(appointment.cancel_slot(stands, NOW))["x"] == (0, 4, True)
