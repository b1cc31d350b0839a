"""A person lets days pass on the local product: reminders and expiries come, on the mail page, and the next call goes on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import clock
from infra.local import LocalCloud, days, running
from tests.conftest import on_deployed

pytestmark = pytest.mark.cloud
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def demo() -> Iterator[LocalCloud]:
    """A product of its own: what the days erase is missing to nobody."""
    before = dict(os.environ)
    with running(demo=True) as local:
        os.environ.clear()
        os.environ.update(before)
        yield local


def command(demo: LocalCloud, *given: str) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own."""
    ports = {"AWS_PORT": demo.aws_url.rpartition(":")[2], "MAIL_PORT": demo.mail_url.rpartition(":")[2]}
    return subprocess.run(
        [sys.executable, "-m", "infra.local.days", *given],
        env=os.environ | ports,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_due_is_erased_on_its_day(demo: LocalCloud) -> None:
    with on_deployed(demo) as world:
        assert any(world.objects())
        (day,) = days.walk(1, since=clock.utc_now() + timedelta(days=16))

        assert not world.objects()
    assert [one for one in day.passed if one.startswith("Cuisines du Lac. À la tutrice ou au tuteur")]
    assert "Cuisines du Lac" in days.shown(day)
    assert clock.utc_now() < day.at - timedelta(days=15), "the clock is put back"


def test_each_call_goes_on_from_the_day_that_was_reached(demo: LocalCloud) -> None:
    first, second = (command(demo, "1") for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.splitlines()[1] != second.stdout.splitlines()[1]
    assert "8\u202fh\u202f30" in first.stdout and demo.mail_url in first.stdout


@pytest.mark.parametrize("given", [("0",), ("61",), ("-1",), ("sept",), ("1", "2")])
def test_another_number_of_days_is_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(days.CommandFailed, match="One number, from 1 to 60"):
        days.count_of(list(given))


def test_where_nothing_runs_it_says_what_to_start() -> None:
    alone = subprocess.run(
        [sys.executable, "-m", "infra.local.days"],
        env=os.environ | {"AWS_PORT": "1", "MAIL_PORT": "2"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert alone.returncode == 1
    assert "Start « make run » first" in alone.stderr
