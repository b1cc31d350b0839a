"""``python -m infra.local.days [7]``: let days pass on the running local product, morning after morning, in this process.

For each day it erases what is due and reminds those who are awaited, as the product's own functions do each minute and each
working morning, with the clock of that day; the mails show on the mail page. It prints what each person was sent and whose turn
changed. Called again, it goes on from the day that was reached.

The deployed functions keep to real time: pages still read today's clock, and what they do is of today.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from types import ModuleType
from typing import Any

from botocore.exceptions import BotoCoreError

from infra import CommandFailed, say, status_of
from infra.local import cloud
from infra.local.__main__ import PORTS, port
from infra.local.cloud import Operator

USUAL, MOST = 7, 60
STEP = timedelta(hours=3)
"""How often what is due is looked at between two mornings; the product does it each minute."""
REACHED = "/passe-plat/day-reached"
"""Where the emulator keeps the instant that was reached: it is forgotten with everything else."""


@dataclass
class Day:
    """What happened from one morning, excluded, to the next."""

    at: datetime
    """Its morning."""
    sent: list[tuple[str, str]] = field(default_factory=list)
    """Address and subject of each mail."""
    turn_changes: list[str] = field(default_factory=list)
    """The new turn of each parcours whose turn changed, in words."""


def main() -> int:
    """Simulate days; return 1 when no local product runs or something failed, else 0."""
    return status_of(_run)


def _run() -> None:
    """Simulate the days that the command line asks for, and print each. Raises CommandFailed: no local product answers."""
    count = count_of(sys.argv[1:])
    aws_port, mail_port = (port(name, PORTS[name]) for name in ("AWS_PORT", "MAIL_PORT"))
    operator = Operator(cloud.address(aws_port))
    ssm = operator.client("ssm")
    try:
        os.environ.update(
            cloud.environment(cloud.deployed(operator), operator.aws_url, cloud.address(mail_port))
        )
        since = max(datetime.now(UTC), _reached(ssm))
    except (BotoCoreError, CommandFailed):
        raise CommandFailed(
            f"Nothing runs at {operator.aws_url}. Start « make run » first, or give its AWS_PORT and MAIL_PORT."
        ) from None
    for day in run_days(count, since=since):
        ssm.put_parameter(Name=REACHED, Value=day.at.isoformat(), Type="String", Overwrite=True)
        say(describe_day(day))
    say(
        f"\nThe mails are on {cloud.address(mail_port)}/. Pages still read today's clock, and ask you to sign in again."
    )


def count_of(given: list[str]) -> int:
    """Read the number of days from the command's arguments. Raises CommandFailed: it is no number from 1 to ``MOST``."""
    typed = given[0] if given else str(USUAL)
    if len(given) > 1 or not (typed.isascii() and typed.isdigit() and 0 < int(typed) <= MOST):
        raise CommandFailed(f"How many days shall pass? One number, from 1 to {MOST}.")
    return int(typed)


def _reached(ssm: Any) -> datetime:
    """Return the instant that earlier calls reached, or the earliest possible one before the first call.

    ``ssm``: the client of the emulator's parameter store.
    """
    try:
        return datetime.fromisoformat(ssm.get_parameter(Name=REACHED)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return datetime.min.replace(tzinfo=UTC)


def run_days(count: int, *, since: datetime) -> Iterator[Day]:
    """Simulate this many days after ``since``, on the tables that the environment names; yields each when it is over."""
    now = since
    for _ in range(count):
        day = Day(_next_morning(now))
        before = _turns(now)
        while now < day.at:
            now = min(now + STEP, day.at)
            _run_functions(day, now)
        after = _turns(now)
        day.turn_changes = [turn for parcours_id, turn in after.items() if before.get(parcours_id) != turn]
        yield day


def _next_morning(now: datetime) -> datetime:
    """Return the next instant after ``now`` at which reminders are sent."""
    from chalicelib.domain.kernel.calendar import PARIS, day_of
    from chalicelib.domain.parcours.reminding import MORNING

    today = datetime.combine(day_of(now), MORNING, PARIS)
    tomorrow = datetime.combine(day_of(now) + timedelta(days=1), MORNING, PARIS)
    return (today if now < today else tomorrow).astimezone(UTC)


def _run_functions(day: Day, now: datetime) -> None:
    """Do what the deployed functions would do at this instant: erase what is due, send mails and, in the morning, remind."""
    from chalicelib.stories import reminding, retention

    with _in_process(day, now) as (utc_now, send_waiting_mails):
        retention.purge(now=utc_now())
        send_waiting_mails()
        if now == day.at:
            reminding.run(now=utc_now())
            retention.purge(now=utc_now())  # which wakes the mailer for what the morning has queued
            send_waiting_mails()


@contextmanager
def _in_process(day: Day, now: datetime) -> Iterator[tuple[Callable[[], datetime], Callable[[], None]]]:
    """Run the product's code in this process with a clock that starts at ``now``, and collect the mails to send.

    Where the product would wake its mailer function, the mail's key is kept instead. Yields the clock and a function that sends
    the mails kept so far; each mail that is sent is added to ``day.sent``.
    """
    from chalicelib import clock
    from chalicelib.stores import functions
    from chalicelib.stories.mails import mailing

    begun, send = time.monotonic(), functions.send_mail
    woken: list[str] = []

    def utc_now() -> datetime:
        at = now + timedelta(seconds=time.monotonic() - begun)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def send_waiting_mails() -> None:
        while woken:
            waiting = list(dict.fromkeys(woken))
            woken.clear()
            mailing.send_all(waiting, now=utc_now())

    def send_mail(message: EmailMessage, *, key: str) -> None:
        send(message, key=key)
        day.sent.append((str(message["To"]), str(message["Subject"])))

    with ExitStack() as stack:
        stack.enter_context(_replaced(clock, "utc_now", utc_now))
        stack.enter_context(_replaced(functions, "wake_mailer", woken.extend))
        stack.enter_context(_replaced(functions, "send_mail", send_mail))
        yield utc_now, send_waiting_mails


@contextmanager
def _replaced(module: ModuleType, name: str, replacement: object) -> Iterator[None]:
    """Replace a function of a module while the context lasts."""
    before = getattr(module, name)
    setattr(module, name, replacement)
    try:
        yield
    finally:
        setattr(module, name, before)


def _turns(now: datetime) -> dict[str, str]:
    """Return parcours id → whose turn it is, in words (« Toitures Arvel. À l’équipe : relancer l’entreprise »).

    Only parcours under way are read.
    """
    from chalicelib.domain.lists import Filter
    from chalicelib.stores import parcours_table
    from chalicelib.stories import lists
    from chalicelib.words import turns

    team = parcours_table.list_open_team_accounts()
    lines = lists.list_parcours(team[0], Filter(), now=now).lines if team else []
    return {
        line.id: f"{line.company}. {turns.format_title(line.turn, line, yours=False)}"
        for line in lines
        if line.turn
    }


def describe_day(day: Day) -> str:
    """Return the lines to print for a day: its date, the mails sent, and the turns that changed."""
    from chalicelib import french

    width = max((len(address) for address, _ in day.sent), default=0)
    mails = [f"  {address:<{width}}  {subject}" for address, subject in day.sent]
    turn_changes = [f"  → {turn}" for turn in day.turn_changes]
    return "\n".join([f"\n{french.moment(day.at)}", *(mails + turn_changes or ["  (nothing)"])])


if __name__ == "__main__":
    sys.exit(main())
