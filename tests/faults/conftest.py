"""Tells at the end of a run how much was broken."""

import pytest

from tests.faults.machinery import TALLIES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line per flow, one for all."""
    if not TALLIES:
        return
    terminalreporter.section("fault runs")
    for one in TALLIES:
        terminalreporter.write_line(
            f"{one.flow}: {one.calls} calls, {one.runs} runs (and {one.alike} alike), {one.failures} failures"
        )
    runs, failures = sum(one.runs for one in TALLIES), sum(one.failures for one in TALLIES)
    alike = sum(one.alike for one in TALLIES)
    terminalreporter.write_line(f"in all: {runs} runs (and {alike} alike, left out), {failures} failures")
