"""Beside a sending: the buyer's ready text for her company, the young person's notice, and the way round a buyer who is late."""

from typing import Any
from urllib.parse import quote, urlencode

from chalicelib import config
from chalicelib.domain.attempt import Attempt
from chalicelib.domain.deposit import DepositState
from chalicelib.domain.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.people import Account, Act, may
from chalicelib.domain.sending_again import OPENED
from chalicelib.domain.turns import STAND_INS
from chalicelib.domain.values import Role
from chalicelib.french import avec_lot
from chalicelib.stories.following import Sheet
from chalicelib.templating import render

ANNOUNCED_AT = frozenset({Step.DOCUMENTS_TO_SEND, Step.LINK_SENT})
FOLLOWS = frozenset({Role.BUYER, Role.PRESCRIBER})


def announcement(found: Sheet) -> dict[str, Any] | None:
    """The text by which the buyer announces a sending to her company; None for others, and once the link is opened."""
    head = found.page.parcours
    if found.role not in FOLLOWS or head.status is not ParcoursStatus.IN_PREPARATION:
        return None
    if head.step not in ANNOUNCED_AT:
        return None
    text = _text(head)
    contact = next(iter(head.company.contacts), None)
    subject = f"À venir : un message au sujet du marché « {head.contract.object} »"
    fields = urlencode({"subject": subject, "body": text}, quote_via=quote)
    return {
        "text": text,
        "to": contact.name if contact else None,
        "href": f"mailto:{quote(contact.address, safe='@')}?{fields}" if contact else None,
        "holds": head.sent_to is Role.BUYER and head.step is Step.LINK_SENT,
    }


def _text(head: Parcours) -> str:
    return render(
        "texts/annonce.txt",
        hours=head.placement.hours,
        town=head.placement.town,
        market=avec_lot(head.contract.object, head.contract.lot),
        site=config.public_base_url(),
    )


def straight(found: Sheet) -> dict[str, str] | None:
    """The sending that a tutor may take back from a buyer who is late; None when nobody is."""
    head, deposit, turn = found.page.parcours, found.deposit, found.turn
    late = turn is not None and turn.role in STAND_INS and turn.late_since is not None
    waits = head.sent_to is Role.BUYER and head.step is Step.LINK_SENT and head.setback is None
    if not (late and waits and found.role in STAND_INS) or deposit is None or deposit.erasing_at is not None:
        return None
    live = head.live_deposit == deposit.id and deposit.state is not DepositState.CONFIRMED
    return {"id": deposit.id, "vu": "ouvert" if deposit.state in OPENED else "ferme"} if live else None


def young_notice(person: Account, found: Sheet) -> dict[str, Any] | None:
    """Where the notice stands, for whoever may send on this passage; None for others."""
    passage = passage_of(found)
    if passage is None or not may(person, Act.SEND, found.page.parcours):
        return None
    return {
        "url": f"/parcours/{passage.parcours}/notice",
        "handed_at": passage.notice_at,
        "can_hand": passage.notice_at is None,
    }


def passage_of(found: Sheet) -> Attempt | None:
    """The passage under way."""
    number = found.page.parcours.attempt
    return next((one for one in found.page.attempts if one.number == number and one.ended_at is None), None)
