"""Nothing personal is printed whatever breaks, and the end of a run tells how much was broken."""

import re
from collections.abc import Iterator

import pytest

from tests.faults.machinery import TALLIES
from tests.faults.snapshots import QuickWorld
from tests.support.worlds import World

PERSONAL = re.compile(r"@|[A-Za-z0-9_-]{43}|sealed/|Curriculum")
"""An address, a token, a nonce or a data key, the place of a document, its text."""


@pytest.fixture
def world(world: World) -> World:
    """The world of these suites is looked at thousands of times."""
    return QuickWorld(world.environment, world.mails)


@pytest.fixture(autouse=True)
def log_is_discreet(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Every line that is printed while things break is looked at."""
    yield
    printed = capsys.readouterr()
    assert not PERSONAL.search(printed.out + printed.err)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line per flow, one for all."""
    if not TALLIES:
        return
    terminalreporter.section("fault runs")
    for tally in TALLIES:
        terminalreporter.write_line(
            f"{tally.flow}: {tally.calls} calls, {tally.runs} runs (and {tally.alike} alike), {tally.failures} failures"
        )
    runs, failures = sum(tally.runs for tally in TALLIES), sum(tally.failures for tally in TALLIES)
    alike = sum(tally.alike for tally in TALLIES)
    terminalreporter.write_line(f"in all: {runs} runs (and {alike} alike, left out), {failures} failures")
