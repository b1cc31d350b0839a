"""What the sending page shows."""

from datetime import datetime
from typing import Any

from chalicelib import config
from chalicelib.domain.people import Account
from chalicelib.stories.following import Sheet
from chalicelib.web.agent_view import record, who


def send_form(
    person: Account, found: Sheet, valid_until: datetime, notice: dict[str, str] | None
) -> dict[str, Any]:
    """``pages/envoi.html``."""
    head = found.page.parcours
    shown = record(head, found.sees_contacts)
    last = found.deposit.contents.recipient if found.deposit and found.deposit.contents else None
    return {
        "agent": who(person),
        "nav": "parcours",
        "parcours": {name: shown[name] for name in ("id", "reference", "company", "contract", "lot")},
        "contacts": shown["contacts"] + ([_buyer(found.buyer)] if found.buyer else []),
        "last_recipient": last,
        "notice": notice,
        "me": {"name": person.name, "academie": person.academie or ""},
        "valid_until": valid_until,
        "max_bytes": config.settings().document_max_bytes,
        "deposits_url": f"/parcours/{head.id}/depots",
        "parcours_url": f"/parcours/{head.id}",
    }


def _buyer(person: Account) -> dict[str, Any]:
    local, _, domain = person.address.rpartition("@")
    return {
        "name": person.name,
        "function": person.function,
        "role_label": "acheteuse ou acheteur, passera le lien",
        "phone": None,
        "address": person.address,
        "local": local,
        "domain": domain,
        "verified_on": None,
    }
