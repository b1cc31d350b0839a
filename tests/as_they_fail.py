"""A pytest plugin: says each failure when it happens, on a line of its own that ``tests/__main__.py`` passes on at once."""

import pytest

MARK = "fails: "


class _Teller:
    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = str(crash.message).splitlines()[0] if crash and crash.message else ""
            # Before it stand the dots of what passed: without a line of its own, nobody would find the mark at its beginning.
            self._terminal.write(f"\n{MARK}{report.nodeid} ({report.when}, {report.duration:.0f} s) {said}\n")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Beside the terminal's own reporter, which stands by then."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        config.pluginmanager.register(_Teller(terminal))
