"""« À qui de jouer » : who is awaited at each step, and to whom the silence of a company or a buyer passes the turn."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from chalicelib.domain.kernel.holding import note_data_request_discussed
from chalicelib.domain.kernel.parcours import (
    Arriving,
    CannotCome,
    DataRequest,
    OfOrganisation,
    Parcours,
    PendingConsent,
)
from chalicelib.domain.kernel.timeline import Milestone
from chalicelib.domain.kernel.values import ParcoursStatus, Setback, Step
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import State, Turn
from tests.support import factories
from tests.support.waiting import (
    CALENDAR,
    COMPANY_STEPS,
    POLICY,
    SINCE,
    TUTOR_STEPS,
    B,
    C,
    E,
    T,
    X,
    breakpoints,
    make_absence,
    parcours_at,
    paris,
    read_breakpoints,
    whose_turn,
)


def test_nobody_is_awaited_outside_the_preparation() -> None:
    outside = set(ParcoursStatus) - {ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS}
    for status, step, setback in product(outside, (None, *Step), (None, *Setback)):
        parcours = replace(parcours_at(step), status=status, setback=setback)
        assert breakpoints(parcours) == (), parcours
        assert whose_turn(parcours, SINCE) is None, parcours
        assert turns.measure_progress(parcours, SINCE, CALENDAR, POLICY) is None, parcours


def test_nobody_is_awaited_once_the_convention_is_signed() -> None:
    assert whose_turn(parcours_at(Step.CONVENTION_SIGNED), SINCE) is None
    assert whose_turn(parcours_at(None), SINCE) is None
    assert set(COMPANY_STEPS + TUTOR_STEPS) == set(Step) - {Step.CONVENTION_SIGNED}


def test_an_internship_is_left_alone_until_its_last_day_then_its_end_is_the_tutors_to_note() -> None:
    over = "2027-02-27 00:00"  # a Saturday: the 26th is over
    parcours = replace(
        parcours_at(None), status=ParcoursStatus.IN_PROGRESS, placement_until=date(2027, 2, 26)
    )

    assert read_breakpoints(parcours)[:2] == [("2026-11-03 09:00", None, False), (over, T, False)]
    states = [point.state for point in breakpoints(parcours)]
    assert states == [State.IN_INTERNSHIP, State.INTERNSHIP_OVER, State.INTERNSHIP_OVER]
    contract = replace(parcours_at(None), status=ParcoursStatus.IN_PROGRESS)
    last_day = f"{contract.contract.ends_on} 12:00"
    assert whose_turn(contract, paris(last_day)).role is None, "no end is known: the contract's"  # type: ignore[union-attr]


def test_documents_on_their_way_are_nobodys_turn_and_the_tutors_once_the_upload_has_stopped() -> None:
    arriving = Arriving(since=SINCE, form_signed_at=SINCE)

    assert read_breakpoints(replace(parcours_at(Step.RECEIVED), arriving=arriving))[:2] == [
        ("2026-11-03 09:00", None, False),
        ("2026-11-03 09:10", T, False),
    ]
    checked = replace(arriving, is_complete=True)
    turn = whose_turn(replace(parcours_at(Step.DOCUMENTS_TO_SEND), arriving=checked), SINCE)
    assert turn == Turn(role=None, state=State.UPLOADING, since=SINCE, due_at=None)


def test_a_colleague_who_waits_for_an_answer_is_the_tutors_turn_unless_the_company_has_declined() -> None:
    asked = PendingConsent(since=paris("2026-11-05 09:00"), sealer="a" * 32)

    for step in COMPANY_STEPS:
        turn = whose_turn(replace(parcours_at(step), consent=asked), paris("2026-11-05 10:00"))
        assert turn is not None and (turn.role, turn.state) == (T, State.TO_ACCEPT_COLLEAGUE)
        assert turn.since == asked.since
    declined = whose_turn(replace(parcours_at(Step.OPENED), consent=asked, setback=Setback.DECLINED), SINCE)
    assert declined is not None and declined.state is State.DECLINED


def test_once_opened_documents_are_gone_dates_are_asked_for_and_not_whether_they_could_be_read() -> None:
    opened = parcours_at(Step.OPENED)

    for live_deposit, state in ((opened.live_deposit, State.TO_CONFIRM), (None, State.TO_PROPOSE)):
        turn = whose_turn(replace(opened, live_deposit=live_deposit), SINCE)
        assert turn is not None and (turn.role, turn.state) == (E, state)


class OpenAccounts:
    """A roster on which these accounts alone are open, none of them a coordinator's or a buyer's."""

    def __init__(self, *accounts: str) -> None:
        self._accounts = accounts

    def list_coordinators(self, academies: Sequence[str]) -> Sequence[str]:
        return []

    def list_buyers(self, buying: OfOrganisation) -> Sequence[str]:
        return []

    def is_open(self, account: str) -> bool:
        return account in self._accounts

    def list_team(self) -> Sequence[str]:
        return self._accounts


def test_who_sealed_is_asked_about_a_colleague_and_the_tutor_once_that_account_is_closed() -> None:
    asked = PendingConsent(since=SINCE, sealer="a" * 32)
    parcours = replace(parcours_at(Step.LINK_SENT), consent=asked, tutor="b" * 32)
    declined = replace(parcours, setback=Setback.DECLINED)

    def find_tutor(parcours: Parcours, *open_accounts: str) -> str | None:
        roster = OpenAccounts(*open_accounts)
        turn = turns.pass_to_somebody(whose_turn(parcours, SINCE), parcours, roster)
        return turn.account if turn is not None else None

    assert find_tutor(parcours, "a" * 32, "b" * 32) == "a" * 32
    assert find_tutor(parcours, "b" * 32) == "b" * 32
    assert find_tutor(declined, "a" * 32, "b" * 32) == "b" * 32


def test_where_nobody_buys_the_team_has_the_turn_since_the_company_is_late() -> None:
    parcours = parcours_at(Step.LINK_SENT)
    company_late, buyer_late = (point.start for point in breakpoints(parcours)[1:])

    for now in (company_late, buyer_late):
        turn = turns.pass_to_somebody(whose_turn(parcours, now), parcours, OpenAccounts())
        assert turn is not None and (turn.role, turn.state) == (X, State.COMPANY_SILENT)
        assert (turn.since, turn.due_at) == (company_late, None)


@pytest.mark.parametrize("step", [*TUTOR_STEPS, *COMPANY_STEPS])
@pytest.mark.parametrize("setback", [None, *Setback])
def test_a_request_about_data_comes_before_everything_else_that_is_awaited(
    step: Step, setback: Setback | None
) -> None:
    asked_at = paris("2026-11-05 09:00")
    parcours = replace(
        parcours_at(step),
        setback=setback,
        arriving=Arriving(since=SINCE, form_signed_at=SINCE),
        consent=PendingConsent(since=SINCE, sealer="a" * 32),
        meeting_at=paris("2026-11-20 14:00"),
        paused_since=SINCE,
        paused_until=date(2026, 12, 1),
        data_request=DataRequest(since=asked_at),
    )

    assert whose_turn(parcours, asked_at) == Turn(
        role=T, state=State.TO_TALK, since=asked_at, due_at=paris("2026-11-13 09:00")
    )
    assert [(point.role, point.state) for point in breakpoints(parcours)] == [
        (T, State.TO_TALK),
        (C, State.TO_TALK),
    ]
    turn = turns.pass_to_somebody(whose_turn(parcours, asked_at), parcours, OpenAccounts("a" * 32))
    assert turn is not None and turn.account == parcours.tutor


def test_a_request_about_data_is_spoken_of_during_an_internship_too_and_never_once_it_is_over() -> None:
    request = DataRequest(since=SINCE)
    parcours = replace(parcours_at(None), data_request=request)

    turn = whose_turn(replace(parcours, status=ParcoursStatus.IN_PROGRESS), SINCE)
    assert turn is not None and (turn.role, turn.state) == (T, State.TO_TALK)
    assert whose_turn(replace(parcours, status=ParcoursStatus.COMPLETED), SINCE) is None


@pytest.mark.parametrize("step", [*TUTOR_STEPS, *COMPANY_STEPS])
def test_the_days_of_whom_is_awaited_begin_anew_once_a_request_was_talked_over(step: Step) -> None:
    spoken_at = paris("2026-12-07 11:00")
    request = DataRequest(since=SINCE)
    requested = replace(parcours_at(step), last_sent_at=SINCE, data_request=request)
    (change,) = note_data_request_discussed(
        requested, seen=request.page_version, by=T, inputs=factories.decision_inputs(spoken_at)
    ).changes
    assert isinstance(change.after, Parcours)

    before, turn = whose_turn(parcours_at(step), SINCE), whose_turn(change.after, spoken_at)
    assert before is not None and turn is not None
    assert (turn.role, turn.late_since) == (before.role, None)
    assert turn.since == spoken_at


def test_nobody_agrees_to_an_address_in_the_place_of_a_tutor_who_is_away() -> None:
    asked = PendingConsent(since=SINCE, sealer="a" * 32)
    absent = make_absence("2026-11-04", "2026-11-06")

    assert read_breakpoints(replace(parcours_at(Step.OPENED), consent=asked, tutor_absence=absent))[0] == (
        "2026-11-03 09:00",
        T,
        False,
    )
    assert [
        role
        for _, role, late in read_breakpoints(
            replace(parcours_at(Step.OPENED), consent=asked, tutor_absence=absent)
        )
        if not late
    ] == [T]


@pytest.mark.parametrize("step", [Step.LINK_SENT, Step.OPENED])
def test_an_opening_is_awaited_no_longer_than_the_link_lives(step: Step) -> None:
    assert read_breakpoints(parcours_at(step, since="2026-11-06 09:00"))[1] == (
        "2026-11-21 00:00",
        B,
        True,
    ), "a Saturday"
    assert read_breakpoints(parcours_at(Step.RECEIVED, since="2026-11-06 09:00"))[1] == (
        "2026-11-21 00:00",
        B,
        True,
    )


def test_every_setback_is_a_question() -> None:
    assert all(State.from_stored(setback.value).is_known for setback in Setback)


def test_a_question_put_again_gives_the_company_its_days_again() -> None:
    answered = {Milestone.ANSWERED.value: SINCE}
    again = replace(
        parcours_at(Step.RECEIVED, since="2026-11-20 09:00"), last_sent_at=SINCE, reached=answered
    )

    assert read_breakpoints(again)[:2] == [("2026-11-20 09:00", E, False), ("2026-12-05 00:00", B, True)]


def test_a_meeting_ahead_is_nobodys_turn_until_its_hour() -> None:
    met = paris("2026-11-20 14:00")
    parcours = replace(parcours_at(Step.MEETING_FIXED), meeting_at=met)

    before, after = (whose_turn(parcours, instant) for instant in (met - timedelta(minutes=1), met))
    assert before == Turn(role=None, state=State.MEETING_AHEAD, since=SINCE, due_at=met)
    assert after is not None and (after.role, after.state) == (T, State.MEETING_TO_NOTE)


def test_who_cannot_come_is_the_tutors_turn_until_the_hour_of_that_meeting_alone() -> None:
    said, met = paris("2026-11-17 10:00"), paris("2026-11-20 14:00")
    parcours = replace(parcours_at(Step.MEETING_FIXED), meeting_at=met)
    doubted = replace(parcours, cannot_come=CannotCome(since=said, meeting_at=met))

    before, after = (whose_turn(doubted, instant) for instant in (said, met))
    assert before == Turn(role=T, state=State.CANNOT_COME, since=said, due_at=met)
    assert after is not None and (after.role, after.state, after.late_since) == (
        T,
        State.MEETING_TO_NOTE,
        None,
    )
    away = whose_turn(replace(doubted, tutor_absence=make_absence("2026-11-17", "2026-11-18")), said)
    assert away is not None and (away.role, away.state) == (C, State.CANNOT_COME)
    moved = whose_turn(replace(doubted, meeting_at=met + timedelta(days=1)), said)
    assert moved is not None and moved.state is State.MEETING_AHEAD


@pytest.mark.parametrize("step", COMPANY_STEPS)
def test_the_company_is_awaited_then_the_buyer_then_the_team(step: Step) -> None:
    assert read_breakpoints(parcours_at(step)) == [
        ("2026-11-03 09:00", E, False),
        ("2026-11-18 00:00", B, True),
        ("2026-11-25 00:00", X, True),
    ]


@pytest.mark.parametrize("step", TUTOR_STEPS)
def test_the_tutor_is_awaited_then_the_coordinator(step: Step) -> None:
    assert read_breakpoints(parcours_at(step)) == [
        ("2026-11-03 09:00", T, False),
        ("2026-11-10 09:00", C, True),
    ]


@pytest.mark.parametrize("setback", Setback)
def test_a_setback_is_the_tutors_turn_whatever_the_step(setback: Setback) -> None:
    ahead = paris("2026-12-20 12:00")
    for step, holder in product(COMPANY_STEPS + TUTOR_STEPS, (None, E, B)):
        parcours = replace(
            parcours_at(step), setback=setback, sent_to=holder, reservation_until=ahead, meeting_at=ahead
        )
        assert read_breakpoints(parcours) == [
            ("2026-11-03 09:00", T, False),
            ("2026-11-10 09:00", C, True),
        ], parcours


# The company


@pytest.mark.parametrize(
    ("sent", "end", "why"),
    [
        ("2026-11-03 09:00", "2026-11-18 00:00", "a Tuesday: with the day of the sending"),
        ("2026-11-07 09:00", "2026-11-24 00:00", "a Saturday is moved to Monday"),
        ("2026-11-08 09:00", "2026-11-24 00:00", "a Sunday too"),
        ("2026-10-28 09:00", "2026-11-13 00:00", "a public holiday is moved to the next day"),
        ("2026-12-11 09:00", "2026-12-29 00:00", "Christmas, then a weekend"),
        ("2026-12-14 09:00", "2026-12-29 00:00", "companies work during school holidays"),
    ],
)
def test_a_company_has_fifteen_days_moved_to_a_working_day(sent: str, end: str, why: str) -> None:
    points = read_breakpoints(parcours_at(Step.RECEIVED, since=sent))

    assert points[:2] == [(sent, E, False), (end, B, True)], why
    assert turns.find_company_deadline(paris(sent), "21", CALENDAR, POLICY) == paris(end), "as its mail says"


def test_public_holidays_are_those_of_the_place() -> None:
    """Fifteen days after 11 March 2027 is Good Friday, a holiday in Alsace alone: there the end moves on."""
    assert read_breakpoints(parcours_at(Step.RECEIVED, since="2027-03-12 09:00"))[1][0] == "2027-03-27 00:00"
    alsace = parcours_at(Step.RECEIVED, since="2027-03-12 09:00", departement="67", academie="Strasbourg")
    assert read_breakpoints(alsace)[1][0] == "2027-03-31 00:00"


def test_documents_that_went_another_way_start_the_companys_days_whatever_an_earlier_passage_sent() -> None:
    outside = replace(parcours_at(Step.RECEIVED), outside_at=SINCE, last_sent_at=paris("2026-06-01 09:00"))

    assert read_breakpoints(outside)[:2] == read_breakpoints(parcours_at(Step.LINK_SENT))[:2]
    sent_since = replace(outside, sent_to=E, last_sent_at=paris("2026-11-06 09:00"))
    assert read_breakpoints(sent_since)[1] == ("2026-11-21 00:00", B, True)


@pytest.mark.parametrize("step", [Step.OPENED, Step.RECEIVED])
def test_opening_and_reading_do_not_renew_the_companys_days(step: Step) -> None:
    parcours = replace(parcours_at(step, since="2026-11-12 15:00"), last_sent_at=SINCE)

    assert read_breakpoints(parcours)[:2] == [("2026-11-12 15:00", E, False), ("2026-11-18 00:00", B, True)]


def test_a_company_that_opens_after_its_time_leaves_the_turn_where_it_was() -> None:
    parcours = replace(parcours_at(Step.OPENED, since="2026-11-19 10:00"), last_sent_at=SINCE)

    assert read_breakpoints(parcours) == [("2026-11-18 00:00", B, True), ("2026-11-25 00:00", X, True)]
    assert whose_turn(parcours, paris("2026-11-19 10:00")) == Turn(
        role=B,
        state=State.COMPANY_SILENT,
        since=paris("2026-11-18 00:00"),
        due_at=paris("2026-11-25 00:00"),
        late_since=paris("2026-11-18 00:00"),
    )


@pytest.mark.parametrize(
    ("promised", "end"),
    [
        ("2026-11-10", "2026-11-18 00:00"),  # earlier: her days stay
        ("2026-11-17", "2026-11-18 00:00"),  # the midnight after is still earlier
        ("2026-11-18", "2026-11-19 00:00"),
        ("2026-12-04", "2026-12-05 00:00"),  # a promise is a promise: a Friday ends at midnight
    ],
)
def test_a_promise_of_dates_gives_the_company_until_the_end_of_that_day(promised: str, end: str) -> None:
    parcours = replace(parcours_at(Step.RECEIVED), promised_on=date.fromisoformat(promised))

    assert read_breakpoints(parcours)[:2] == [("2026-11-03 09:00", E, False), (end, B, True)]


def test_a_promise_brings_a_late_turn_back_to_the_company() -> None:
    parcours = replace(
        parcours_at(Step.OPENED, since="2026-11-20 10:00"), last_sent_at=SINCE, promised_on=date(2026, 11, 27)
    )

    assert read_breakpoints(parcours)[:2] == [("2026-11-20 10:00", E, False), ("2026-11-28 00:00", B, True)]


def test_the_buyer_then_has_working_days_without_school_holidays() -> None:
    """A buyer's five working days from 23 December leave out Christmas and the weekend; days of school holidays count."""
    parcours = parcours_at(Step.LINK_SENT, since="2026-12-08 09:00")

    assert read_breakpoints(parcours)[1:] == [("2026-12-23 00:00", B, True), ("2026-12-31 00:00", X, True)]


# The buyer who holds the link


def test_a_buyer_who_holds_the_link_has_three_working_days_then_the_tutor_may_send() -> None:
    parcours = replace(parcours_at(Step.LINK_SENT, since="2026-11-09 09:00"), sent_to=B)

    assert read_breakpoints(parcours) == [("2026-11-09 09:00", B, False), ("2026-11-13 09:00", T, True)]


@pytest.mark.parametrize("step", [Step.OPENED, Step.RECEIVED])
def test_what_a_buyer_opened_herself_is_the_tutors_to_send_to_the_company(step: Step) -> None:
    """The link opens once, and the company has nothing; unless it promised dates all the same."""
    opened = replace(parcours_at(step, since="2026-11-09 09:00"), sent_to=B)

    assert read_breakpoints(opened)[0] == ("2026-11-09 09:00", T, False)
    assert read_breakpoints(replace(opened, promised_on=date(2026, 12, 1)))[0][1] is E


def test_a_tutor_who_is_away_when_the_buyer_stays_silent_is_replaced() -> None:
    parcours = replace(
        parcours_at(Step.LINK_SENT, since="2026-11-09 09:00"),
        sent_to=B,
        tutor_absence=make_absence("2026-11-13", "2026-11-15"),
    )

    assert read_breakpoints(parcours) == [
        ("2026-11-09 09:00", B, False),
        ("2026-11-13 09:00", C, True),
        ("2026-11-16 00:00", T, True),
    ]
    stand_in = whose_turn(parcours, paris("2026-11-14 12:00"))
    assert stand_in is not None and stand_in.due_at is None, "late already: no clock runs between them"
