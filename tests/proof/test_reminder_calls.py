"""What a morning's reminders ask of AWS: as much for ten thousand open parcours as for a hundred, and in line with what is due.

Run with ``-s`` to read the calls.
"""

from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from chalicelib import config
from chalicelib.domain.kernel.parcours import Company, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.stores import items, rows
from chalicelib.stories import reminding
from tests.conftest import REGION, Clock, on_moto
from tests.faults.wire import Tap
from tests.support import crowds, factories
from tests.support.mornings import paris_instant
from tests.support.people import stand

TUESDAY = date(2027, 3, 2)
THURSDAY = TUESDAY + timedelta(days=2)


def _lay(parcours: Parcours) -> None:
    """Write a parcours as moto holds it, with its reminder and without its lists."""
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[config.resource(items.PARCOURS)]
    table.put_item(items.encode_item({**items.to_item(parcours), "revision": 1}))
    for row in rows.build_rows(parcours):
        if row.get("due_kind") == items.Due.REMINDER:
            table.put_item(items.encode_item(row))


def _exist(count: int) -> None:
    """Store so many open parcours of which everybody was reminded already."""
    now = paris_instant(THURSDAY)
    for number in range(count):
        _lay(replace(crowds.parcours(number, now), prompted_at=now))


def _are_due(count: int, tutor: Account) -> None:
    """Store so many parcours with a reminder due: half to a company, half to a tutor who has to choose a date."""
    since = paris_instant(TUESDAY, time(10))
    for number in range(count):
        base = replace(factories.offer(), id=f"{10**9 + number:032x}")
        (known,) = base.company.contacts
        contact = replace(known, address=f"rh@firme{number}.example")
        fields: dict[str, Any] = {"step": Step.LINK_SENT, "last_sent_at": since, "sent_to": Role.COMPANY}
        if number % 2:
            fields["step"] = Step.SLOTS_PROPOSED
        _lay(
            replace(
                base,
                company=Company(name=f"Firme {number}", contacts=(contact,)),
                status=ParcoursStatus.IN_PREPARATION,
                reference=f"CSF-{number:04d}-00",
                tutor=tutor.id,
                tutor_academie=tutor.academie,
                since=since,
                last_at=since,
                **fields,
            )
        )


def _calls(time: Clock, due: int) -> Counter[str]:
    """Run a morning on which so many reminders are due; return how often each operation of AWS was called."""
    tutor = factories.account()
    time.now = paris_instant(TUESDAY)
    stand(tutor)
    _are_due(due, tutor)
    time.now = paris_instant(THURSDAY)
    with Tap().open() as tap:
        report = reminding.run(now=time.now)
    to_the_tutor = 1  # a digest, which brings the letter of the week along
    assert (report.failed, report.left, report.mails) == (0, 0, due // 2 + to_the_tutor)
    return Counter(call.operation for call in tap.calls)


def test_a_morning_asks_as_much_of_a_hundred_as_of_ten_thousand_parcours(time: Clock) -> None:
    """With 40 reminders due, a morning makes the same calls however many parcours are open."""
    per_morning = {}
    for open_ in (100, 10_000):
        with on_moto():
            _exist(open_)
            per_morning[open_] = _calls(time, 40)
    print(
        "",
        *(
            f"{name} open, 40 due: {sum(calls.values())} calls, {dict(calls)}"
            for name, calls in per_morning.items()
        ),
        sep="\n",
    )
    assert per_morning[100] == per_morning[10_000]


def test_each_reminder_that_is_due_costs_the_same_calls(time: Clock) -> None:
    """Calls grow in line with the reminders that are due."""
    calls = {}
    for due in (10, 20, 40, 80):
        with on_moto():
            calls[due] = sum(_calls(time, due).values())
    print("", f"calls by what is due: {calls}", sep="\n")
    steps = [(calls[b] - calls[a]) / (b - a) for a, b in ((10, 20), (20, 40), (40, 80))]
    assert max(steps) - min(steps) < 0.1, steps
