"""What the parcours' page shows of a company's answers that wait for its own side: a refusal, a colleague of another domain."""

from datetime import datetime
from typing import Any

from chalicelib.domain.documents import passing
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.parcours import declining
from chalicelib.stories.documents.passing import Question
from chalicelib.stories.parcours import Sheet
from chalicelib.web import detours
from chalicelib.web.kit import page
from chalicelib.words import codes


def answers(person: Account, found: Sheet, now: datetime) -> dict[str, Any]:
    """The keys of ``macros/colleague.html``; each None when there is nothing to answer, or not for this person."""
    head = found.page.parcours
    if not may(person, Act.SEND, head):
        return {"colleague": None, "refusal": None}
    return {"colleague": _colleague(person, found, now), "refusal": _refusal(found, now)}


def question(person: Account, found: Question, done: str) -> dict[str, Any]:
    """``pages/collegue.html``; ``done``: slug of the answer that was just given."""
    head = found.head
    shown = page.offer(head, sees_contacts=False)
    return {
        "agent": page.who(person),
        "nav": "parcours",
        "parcours": {name: shown[name] for name in ("id", "reference", "company", "contract", "lot")},
        "colleague": _asked(found.link) | {"consents": True, "sealer": None} if found.link.asked else None,
        "notice": detours.notice(done),
    }


def _colleague(person: Account, found: Sheet, now: datetime) -> dict[str, Any] | None:
    deposit, link = found.deposit, found.links[0] if found.links else None
    if deposit is None or deposit.contents is None or link is None or not deposit.is_live(now):
        return None
    if link.asked is None:
        return None
    mine = passing.consents(person, deposit.contents)
    sealer = found.sealer.name if found.sealer is not None and not mine else None
    return _asked(link) | {"consents": mine, "sealer": sealer}


def _asked(link: Link) -> dict[str, Any]:
    assert link.asked is not None
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
    return {"reason": codes.REASONS[link.declined_for].sentence, "until": link.declined_at + declining.UNDO}
