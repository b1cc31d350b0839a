"""What ``make check`` refuses: a misspelt field or a wrong value, wherever a decision changes or makes something."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MISTAKES = """
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.kernel.deposit import Deposit, DepositState, build_deposit_event
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Role, Step
from chalicelib.domain.meetings.slots import Slot
from chalicelib.stores import values


def decide(deposit: Deposit, parcours: Parcours, account: Account, inputs: DecisionInputs, now: datetime) -> None:
    replace(deposit, erase_at=now)
    replace(deposit, erase_att=now)  # wrong
    replace(deposit, created_at=3)  # wrong
    replace(deposit, state="erased")  # wrong
    replace(deposit, contents=deposit)  # wrong
    deposit.state = DepositState.ERASED  # wrong
    values.read_stored(Deposit, {}).erase_att  # wrong

    replace(parcours, step=Step.OPENED)
    replace(parcours, step=DepositState.OPENED)  # wrong
    replace(parcours.company, contacts=[])  # wrong
    replace(account, roles={Role.TUTOR})  # wrong
    Slot(start="2026-12-01T11:00", minutes=45)  # wrong
    Slot(start=now, minutes=45, video="https://visio.example/salle")  # wrong

    event = inputs.build_event(EventKind.LINK_SENT, parcours.id, 1, by=Role.TUTOR, reason=Reason.OTHER)
    replace(event, occurred_at=now, count=3)
    replace(event, ocurred_at=now)  # wrong
    replace(event, contact=Role.BUYER)  # wrong
    inputs.build_event(EventKind.LINK_SENT, parcours.id, 1, by="tutor")  # wrong
    inputs.build_event(EventKind.LINK_SENT, parcours.id, 1, by=Role.TUTOR, comment="")  # wrong
    build_deposit_event(deposit, EventKind.LINK_SENT, Role.TUTOR, inputs, documents=())  # wrong
    Event(parcours="", id="", attempt=1, kind=EventKind.LINK_SENT, at=now)  # wrong
    parcours.with_event(event, step=Step.OPENED)  # wrong
    parcours.at_step(DepositState.OPENED, event)  # wrong

    mail = inputs.build_mail(MailKind.LINK, parcours=parcours.id, account=account.id)
    replace(mail, about=account.id, to=Role.COMPANY)
    replace(mail, abuot=account.id)  # wrong
    replace(mail, several=parcours.id)  # wrong
    inputs.build_mail(MailKind.LINK, acount=account.id)  # wrong
    inputs.build_mail(EventKind.LINK_SENT)  # wrong
    OutboxMail(kind=MailKind.LINK, created_at=now)  # wrong
    Transition(changes=(parcours,))  # wrong
    Transition(changes=(Change(parcours, parcours),), mail=mail)  # wrong
"""


def test_each_mistake_is_an_error_of_the_check(tmp_path: Path) -> None:
    mistakes = tmp_path / "mistakes.py"
    mistakes.write_text(MISTAKES)
    asked = (sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", mistakes)

    done = subprocess.run(
        asked, cwd=ROOT, env={"MYPYPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    marked = {number for number, line in enumerate(MISTAKES.splitlines(), 1) if line.endswith("# wrong")}
    refused = {
        int(number) for number in re.findall(r"^\S*mistakes\.py:(\d+): error", done.stdout, re.MULTILINE)
    }
    assert refused == marked, done.stdout + done.stderr
