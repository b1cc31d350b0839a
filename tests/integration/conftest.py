"""What several tests of stories and pages begin with."""

from collections.abc import Iterator

import pytest

from tests.conftest import Clock
from tests.support import http, meetings
from tests.support.meetings import Page
from tests.support.waiting import paris
from tests.support.worlds import World


@pytest.fixture
def page(world: World, time: Clock) -> Page:
    """A company's page on which no date is proposed yet; the buyer of its parcours has an account.

    It is a Monday whose next weeks are known: no test meets a public holiday, or the end of summer time, on the day that it runs.
    """
    time.now = paris("2026-11-30 09:00")
    return meetings.start_proposing(world)


@pytest.fixture
def answering(world: World) -> Iterator[None]:
    """Run the functions that the web function invokes in this process."""
    with http.functions_answer():
        yield
