"""The sending page, the buyer's ready text and the young person's notice."""

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib import config
from chalicelib.domain.documents import recipients
from chalicelib.domain.documents.sending import OPENED
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.turns import STAND_INS
from chalicelib.french import avec_lot
from chalicelib.stories.parcours import Sheet
from chalicelib.templating import render
from chalicelib.web import detours, rights
from chalicelib.web.kit.page import offer, who

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


STRAIGHT = "direct"
"""Slug of: the buyer's link was just taken back, so that the company gets its own."""


def send_form(
    person: Account, found: Sheet, valid_until: datetime, done: str, *, by_buyer: bool
) -> dict[str, Any]:
    """``pages/envoi.html``.

    Args:
        done: slug of what was just done: after a withdrawal, that recipient is not proposed again.
        by_buyer: the buying organisation wants documents to go by its buyer.
    """
    head, notice = found.page.parcours, detours.notice(done)
    shown = offer(head, found.sees_contacts)
    last = found.deposit.contents.recipient if found.deposit and found.deposit.contents else None
    buyer = _buyer(found)
    chosen = None if notice else last
    if done == STRAIGHT and shown["contacts"]:
        chosen = shown["contacts"][0]["address"]
    bought = chosen is not None and buyer is not None and chosen == buyer["address"]
    passage = passage_of(found)
    record_of = recipients.known(head, found.buyer)
    sure = {one.address for one in record_of if not one.changed}
    changed = [one for one in record_of if one.changed and one.address not in sure]
    return {
        "agent": who(person),
        "nav": "parcours",
        "parcours": {name: shown[name] for name in ("id", "reference", "company", "contract", "lot")},
        "contacts": shown["contacts"],
        "changed": [one.address for one in changed],
        "passed_to": [one.address for one in changed if one.side is Role.COMPANY],
        "buyer": buyer,
        "by_buyer": bought or (by_buyer and buyer is not None and chosen is None and done != STRAIGHT),
        "last_recipient": None if buyer is not None and last == buyer["address"] else last,
        "chosen": chosen,
        "notice_url": None if passage is None or passage.notice_at else f"/parcours/{head.id}/notice",
        "notice": notice,
        "me": {"name": person.name, "academie": person.academie or ""},
        "valid_until": valid_until,
        "max_bytes": config.settings().document_max_bytes,
        "deposits_url": f"/parcours/{head.id}/depots",
        "parcours_url": f"/parcours/{head.id}",
    }


def _buyer(found: Sheet) -> dict[str, str] | None:
    """Who may pass the link on: the buyer's account, or the person named in the record."""
    person = found.buyer or found.page.parcours.buyer_contact
    if person is None:
        return None
    local, _, domain = person.address.rpartition("@")
    return {"name": person.name, "address": person.address, "local": local, "domain": domain}


def blank() -> dict[str, Any]:
    """``pages/notice.html`` for everybody, its reference to be written by hand."""
    return {
        "agent": None,
        "nav": "",
        "facts": _facts(),
        "reference": None,
        "company": None,
        "path": None,
        "handed_at": None,
        "can_hand": False,
    }


def filled(person: Account, found: Sheet) -> dict[str, Any]:
    """The same with the reference of the passage under way, and the confirmation."""
    head, notice = found.page.parcours, young_notice(person, found)
    return blank() | {
        "agent": who(person),
        "nav": "parcours",
        "reference": head.reference,
        "company": head.company.name,
        "path": f"/parcours/{head.id}",
        "handed_at": notice["handed_at"] if notice else None,
        "can_hand": bool(notice and notice["can_hand"]),
    }


def _facts() -> dict[str, Any]:
    chosen = config.settings()
    return {
        "publisher": chosen.publisher_name,
        "dpo": chosen.dpo_address,
        "kept": rights.notice(),
        "form": f"{config.public_base_url()}/donnees-personnelles/demande",
    }
