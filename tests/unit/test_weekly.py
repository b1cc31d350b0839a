"""When the weekly letter of each account is due, and who comes first where there is no time for all."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.domain import weekly
from chalicelib.domain.kernel.calendar import PARIS
from tests.support import factories

MONDAY = datetime(2027, 1, 11, 8, 30, tzinfo=PARIS)


@pytest.mark.parametrize("first_morning", [0, 1])
def test_everybody_gets_a_letter_each_week_where_a_run_has_time_for_a_quarter(first_morning: int) -> None:
    """On four mornings of each week, from Monday or Tuesday on, a run has time for five of twenty accounts."""
    accounts = {account.id: account for account in (factories.account() for _ in range(20))}
    for week in range(6):
        letters = Counter[str]()
        for morning in range(first_morning, first_morning + 4):
            now = MONDAY + timedelta(weeks=week, days=morning)
            for account in weekly.list_due(accounts.values(), now)[:5]:
                accounts[account.id] = replace(account, letter_at=now)
                letters[account.id] += 1
        assert letters == dict.fromkeys(accounts, 1)


def test_who_waits_longest_comes_first() -> None:
    recent, long_ago, invited, never = (factories.account() for _ in range(4))
    recent = replace(recent, letter_at=MONDAY - timedelta(weeks=1), invited_at=MONDAY - timedelta(weeks=9))
    long_ago = replace(long_ago, letter_at=MONDAY - timedelta(weeks=3))
    invited = replace(invited, invited_at=MONDAY - timedelta(weeks=2))

    assert weekly.list_due([recent, long_ago, invited, never], MONDAY) == [never, long_ago, invited, recent]
