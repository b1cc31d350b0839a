"""What the parcours' page shows of a company's answers that wait for the tutor: a refusal, a colleague of another domain."""

from datetime import datetime
from typing import Any

from chalicelib import timeline_words
from chalicelib.domain import declining
from chalicelib.domain.people import Account, Act, may
from chalicelib.stories.following import Sheet


def answers(person: Account, found: Sheet, now: datetime) -> dict[str, Any]:
    """The keys of ``macros/colleague.html``; each None when there is nothing to answer, or not for this person."""
    head = found.page.parcours
    if not may(person, Act.SEND, head):
        return {"colleague": None, "refusal": None}
    return {"colleague": _colleague(found, now), "refusal": _refusal(found, now)}


def _colleague(found: Sheet, now: datetime) -> dict[str, Any] | None:
    deposit, link = found.deposit, found.links[0] if found.links else None
    if deposit is None or link is None or link.asked is None or not deposit.is_live(now):
        return None
    return {
        "link": link.asked_link,
        "name": link.asked.name,
        "function": link.asked.function,
        "address": link.asked.address,
        "also": link.asked.also,
        "first": link.recipient,
    }


def _refusal(found: Sheet, now: datetime) -> dict[str, Any] | None:
    head = found.page.parcours
    link = next((one for one in found.links if declining.may_undo(one, head, now)), None)
    if link is None or link.declined_at is None or link.declined_for is None:
        return None
    return {"reason": timeline_words.DETAILS[link.declined_for], "until": link.declined_at + declining.UNDO}
