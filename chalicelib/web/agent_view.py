"""What agents' pages show: records and codes turned into the words and rows of the templates."""

from datetime import datetime
from typing import Any

from chalicelib import french, timeline_words, words
from chalicelib.domain.attempt import Attempt
from chalicelib.domain.calendar import day_of
from chalicelib.domain.deposit import DepositState, Document
from chalicelib.domain.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.people import Account, Act, may
from chalicelib.domain.sending_again import OPENED, SENT_AGAIN
from chalicelib.domain.timeline import Event
from chalicelib.stories.following import Sheet
from chalicelib.web import announcing, record_aside, timeline_view, turn_view
from chalicelib.web.agent_page import record, who
from chalicelib.web.timeline_view import Told


def sheet(person: Account, found: Sheet, notice: dict[str, str] | None, now: datetime) -> dict[str, Any]:
    """``pages/parcours.html``; ``notice`` tells what was just done, if anything."""
    head, told = found.page.parcours, timeline_view.told(person, found)
    return {
        "agent": who(person),
        "nav": "parcours",
        "today": day_of(now),
        "parcours": record(head, found.sees_contacts),
        "turn": turn_view.card(found, found.turn, now) if found.turn else None,
        "steps": _steps(head),
        "coming": _coming(found),
        "days": timeline_view.days(_current(found), told),
        "past": _past(found, told),
        "notice": notice,
        "deposit": _deposit(person, found, now) if found.deposit else None,
        "erasable": _erasable(person, found),
        "can_end": may(person, Act.END, head),
        "can_take": may(person, Act.TAKE, head),
        "record": record_aside.aside(person, found, now),
        "straight": announcing.straight(found),
        "announcement": announcing.announcement(found),
        "young_notice_of": announcing.young_notice(person, found),
    }


def _steps(head: Parcours) -> list[dict[str, str]]:
    if head.status is not ParcoursStatus.IN_PREPARATION or head.step is None or not head.step.is_known:
        return []
    order = list(Step)
    at = order.index(head.step)
    states = ["done"] * at + ["current"] + ["todo"] * (len(order) - at - 1)
    return [{"label": words.STEP[step], "state": state} for step, state in zip(order, states, strict=True)]


def _coming(found: Sheet) -> dict[str, str] | None:
    if found.turn is None:
        return None
    return {"role": found.turn.role.value, "text": turn_view.title(found, found.turn)}


def _current(found: Sheet) -> tuple[Event, ...]:
    """The facts of the passage under way, and those that belong to none; all of them when none is under way."""
    head = found.page.parcours
    past = _ended(found)
    return tuple(event for event in found.page.events if event.attempt not in past or head.reference is None)


def _ended(found: Sheet) -> dict[int, Attempt]:
    return {one.number: one for one in found.page.attempts if one.ended_at is not None}


def _past(found: Sheet, told: Told) -> list[dict[str, Any]]:
    """Earlier passages, the latest first, each folded."""
    if found.page.parcours.reference is None:
        return []
    folded = []
    for number, one in sorted(_ended(found).items(), reverse=True):
        events = tuple(event for event in found.page.events if event.attempt == number)
        months = french.months(one.opened_at, one.ended_at or one.opened_at)
        facts = f"{len(events)} fait{'s' if len(events) > 1 else ''}"
        folded.append(
            {"title": f"Passage précédent, {months} ({facts})", "days": timeline_view.days(events, told)}
        )
    return folded


def _deposit(person: Account, found: Sheet, now: datetime) -> dict[str, Any] | None:
    deposit, head = found.deposit, found.page.parcours
    assert deposit is not None
    contents = deposit.contents
    mine = may(person, Act.ERASE, head)
    live = deposit.is_live(now) and deposit.state is not DepositState.CONFIRMED
    return {
        "id": deposit.id,
        "etat": words.DEPOSIT_SLUG[deposit.state],
        "recipient": found.links[0].recipient
        if contents and found.links
        else contents.recipient
        if contents
        else None,
        "sent_at": deposit.left_at,
        "state_label": words.DEPOSIT[deposit.state],
        "kinds_label": timeline_words.the_documents(deposit.kinds)[0],
        "vu": "ouvert" if deposit.state in OPENED else "ferme",
        "link": found.links[0].id if found.links else "",
        "version": found.links[0].version if found.links else 1,
        "live": live,
        "can_resend": mine and live and deposit.state in SENT_AGAIN,
        "can_revoke": mine and live,
        "documents": [_document(one) for one in contents.documents] if contents else [],
    }


def _erasable(person: Account, found: Sheet) -> dict[str, str] | None:
    """The sending of which everything may be erased on request; None when there is none left."""
    deposit = found.deposit
    if (
        deposit is None
        or deposit.state is DepositState.ERASED
        or not may(person, Act.ERASE, found.page.parcours)
    ):
        return None
    return {"deposit_id": deposit.id}


def _document(one: Document) -> dict[str, Any]:
    return {
        "label": words.KIND[one.kind],
        "state_label": words.DOCUMENT[one.state],
        "message": words.document_message(one),
    }
