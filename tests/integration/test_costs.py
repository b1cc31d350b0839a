"""What a relay asks of AWS, and what a month costs: counts of ``tests/bench``, held where the README says them."""

import re

import pytest

from infra import alarms
from tests.bench import calls, money, paths
from tests.bench.calls import Asked
from tests.bench.readme import README, read_row
from tests.bench.rows import ROWS
from tests.conftest import Clock

CALLS, TWICE = 40, 0
"""What was reached: never more."""
ENTERED = {"POST /parcours/{id}/depots": (51, 255), "POST /retrait/ouverture": (44, 238)}
"""Most files and functions of ours that these requests enter; the day and the ids that are drawn move them by a few.

Seven of them ask whether a contact has left, and whether a request about personal data holds the parcours; one what became of
a sending, one reads addresses to search by; two say who acts, and write the row of the audit trail; three
ask whether a passkey is owed.
"""
IDLE = next(row.parts[0][1] for row in ROWS if row.key == "idle")


@pytest.fixture(scope="module")
def steps() -> dict[str, Asked]:
    """What each step of one relay asks of AWS."""
    return calls.of_one_relay()


def test_a_relay_asks_no_more_of_aws_than_was_reached(steps: dict[str, Asked]) -> None:
    asked, twice = calls.whole(steps)

    assert asked <= CALLS and twice <= TWICE, "\n".join(calls.describe_steps(steps))


def test_a_request_enters_a_bounded_number_of_files_and_functions(time: Clock) -> None:
    routes = paths.measure_routes()

    assert routes.keys() == ENTERED.keys()
    for request, (most_files, most_functions) in ENTERED.items():
        assert len(routes[request].files) <= most_files, request
        assert len(routes[request].functions) <= most_functions, request


def test_the_readme_says_what_a_relay_asks_of_aws(steps: dict[str, Asked]) -> None:
    in_cold_ones, _ = calls.whole(calls.of_one_relay(cold=True))

    assert read_row("calls")[0] == [*calls.whole(steps), in_cold_ones]


def test_an_idle_month_costs_no_more_than_its_goal(steps: dict[str, Asked]) -> None:
    assert IDLE is not None and 3 < money.dollars(money.idle(steps)) <= IDLE


def test_the_readme_says_what_a_month_costs(steps: dict[str, Asked]) -> None:
    said = re.findall(r"([\d,]+) \$ at ([\d,]+)", README)
    costs = {int(relays.replace(",", "")): int(dollars.replace(",", "")) for dollars, relays in said}

    assert list(costs) == [100, 10_000, 1_000_000]
    for relays, dollars in costs.items():
        assert dollars == pytest.approx(money.dollars(money.month(steps, relays)), rel=0.1)


def test_the_readme_says_what_being_woken_costs() -> None:
    woken = money.dollars({"alarm": len(alarms.ALARMS), "metric": money.metrics()})
    keys = money.dollars({"KMS key": money.KEYS})

    assert f"Alarms and their metrics cost some {woken:.0f} $ a month" in README
    assert f"alarms, their metrics and keys are {woken + keys:.2f} $ of each" in README


def test_the_readme_says_what_an_idle_month_costs(steps: dict[str, Asked]) -> None:
    costs = [money.dollars(paid) for paid in (money.idle(steps), money.month(steps, 0))]

    assert read_row("idle")[0] == pytest.approx(costs, rel=0.02)
