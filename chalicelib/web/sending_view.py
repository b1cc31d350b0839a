"""What the sending page shows."""

from datetime import datetime
from typing import Any

from chalicelib import config
from chalicelib.domain import recipients
from chalicelib.domain.people import Account
from chalicelib.domain.values import Role
from chalicelib.stories.following import Sheet
from chalicelib.web import announcing, detour_view
from chalicelib.web.agent_page import record, who

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
    head, notice = found.page.parcours, detour_view.notice(done)
    shown = record(head, found.sees_contacts)
    last = found.deposit.contents.recipient if found.deposit and found.deposit.contents else None
    buyer = _buyer(found)
    chosen = None if notice else last
    if done == STRAIGHT and shown["contacts"]:
        chosen = shown["contacts"][0]["address"]
    bought = chosen is not None and buyer is not None and chosen == buyer["address"]
    passage = announcing.passage_of(found)
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
