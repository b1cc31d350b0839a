"""Being away: which days can be announced, for whom, and what each parcours says of it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.domain.accounts import managing
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.errors import FieldInvalid, WrongStep
from tests.support import factories
from tests.support.factories import NOON, decision_inputs, written

TODAY = date(2026, 12, 1)


def away(first: int, last: int) -> Absence:
    """Return the absence between these days, counted from today."""
    return Absence(first=TODAY + timedelta(days=first), last=TODAY + timedelta(days=last))


def test_an_absence_ends_after_it_begins_not_in_the_past_and_within_a_year() -> None:
    for right in (away(0, 0), away(-10, 0), away(0, 365), away(366, 400)):
        managing.check_absence(right, TODAY)
    for wrong in (away(1, 0), away(-3, -1), away(0, 366), away(367, 400)):
        with pytest.raises(FieldInvalid):
            managing.check_absence(wrong, TODAY)


def test_an_absence_is_told_once_on_each_parcours_under_way() -> None:
    head = replace(factories.offer(status=ParcoursStatus.IN_PREPARATION), tutor="t", attempt=1)
    step = managing.spread_absence(head, "t", away(0, 5), by=Role.TUTOR, inputs=decision_inputs())
    told = written(step, Parcours)

    assert [event.kind.value for event in step.events] == ["absence_announced"]
    assert told.tutor_absence == away(0, 5)
    assert told.since == head.since
    assert not managing.spread_absence(told, "t", away(0, 5), by=Role.TUTOR, inputs=decision_inputs())
    assert not managing.spread_absence(told, "another", away(0, 7), by=Role.TUTOR, inputs=decision_inputs())
    back = managing.spread_absence(told, "t", None, by=Role.TUTOR, inputs=decision_inputs())
    assert (written(back, Parcours).tutor_absence, back.events) == (None, ())
    assert not managing.spread_absence(
        replace(head, status=ParcoursStatus.AVAILABLE),
        "t",
        away(0, 5),
        by=Role.TUTOR,
        inputs=decision_inputs(),
    )


def test_only_a_tutor_is_announced_away() -> None:
    for nobody in (
        factories.account(Role.BUYER),
        factories.account(Role.TEAM),
        replace(factories.account(), closed_at=NOON),
    ):
        with pytest.raises(WrongStep):
            managing.announce_absence(nobody, away(0, 1), {}, decision_inputs())
