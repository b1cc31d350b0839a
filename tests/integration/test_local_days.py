"""A person lets days pass on the local product: reminders and expiries come, on the mail page, and the next call goes on."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import clock, french
from chalicelib.domain.kernel.calendar import PARIS
from infra import CommandFailed, poll
from infra.local import LocalCloud, days, running
from infra.local.demo import RECIPIENT_FOR_REAL, load
from tests.conftest import on_deployed

pytestmark = pytest.mark.cloud
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def demo() -> Iterator[LocalCloud]:
    """A deployed product of these tests' own, because walking days erases its data."""
    with running() as local:
        with on_deployed(local):
            load(local.environment, local.base_url)
        yield local


def command(demo: LocalCloud, *given: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    ports = {"AWS_PORT": demo.aws_url.rpartition(":")[2], "MAIL_PORT": demo.mail_url.rpartition(":")[2]}
    return subprocess.run(
        [sys.executable, "-m", "infra.local.days", *given],
        env=os.environ | ports,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def arrived(demo: LocalCloud) -> None:
    """Wait until the deployed functions have mailed the link that is under way."""
    for _ in poll(60.0):
        if any(RECIPIENT_FOR_REAL in mail.recipients for mail in demo.mails()):
            return
    raise AssertionError("no link left")


def test_a_reminder_arrives_on_the_mail_page_within_days_and_is_printed(demo: LocalCloud) -> None:
    arrived(demo)
    now = clock.utc_now()
    noon = now.astimezone(PARIS).replace(hour=12)
    sunday = noon + timedelta(days=3 + (6 - (noon.weekday() + 3)) % 7)

    with on_deployed(demo):
        passed = list(days.run_days(3, since=sunday))

    assert [f"{call.at.astimezone(PARIS):%a %H:%M}" for call in passed] == [
        "Mon 08:30",
        "Tue 08:30",
        "Wed 08:30",
    ]
    sent = [(to, subject) for call in passed for to, subject in call.sent]
    assert any(to == RECIPIENT_FOR_REAL and "Rappel" in subject for to, subject in sent)
    mailed = {(mail.recipients[0], mail.headers["Subject"]) for mail in demo.mails()}
    assert set(sent) <= mailed
    assert all(
        f"  {to}" in days.describe_day(call) and subject in days.describe_day(call)
        for call in passed
        for to, subject in call.sent
    )
    with urllib.request.urlopen(demo.mail_url, timeout=30) as page:
        assert any(french.jour(call.at) in page.read().decode() for call in passed if call.sent)
    assert clock.utc_now() - now < timedelta(hours=1), "the clock is put back"


def test_simulated_days_erase_documents_when_due(demo: LocalCloud) -> None:
    with on_deployed(demo) as world:
        assert any(world.objects())
        (day,) = days.run_days(1, since=clock.utc_now() + timedelta(days=16))

        assert not world.objects()
    assert [
        call for call in day.turn_changes if call.startswith("Cuisines du Lac. À la tutrice ou au tuteur")
    ]
    assert "Cuisines du Lac" in days.describe_day(day)
    assert clock.utc_now() < day.at - timedelta(days=15), "the clock is put back"


def test_simulated_days_continue_from_the_last_day(demo: LocalCloud) -> None:
    first, second = (command(demo, "1") for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.splitlines()[1] != second.stdout.splitlines()[1]
    assert "8\u202fh\u202f30" in first.stdout and demo.mail_url in first.stdout


@pytest.mark.parametrize("given", [("0",), ("61",), ("-1",), ("sept",), ("1", "2")])
def test_simulating_an_invalid_number_of_days_is_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(CommandFailed, match="One number, from 1 to 60"):
        days.count_of(list(given))


def test_simulating_days_without_a_running_product_says_what_to_start() -> None:
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
