"""The notice to the young person: one page to print."""

from typing import Any

from chalicelib import config
from chalicelib.domain.people import Account
from chalicelib.stories.following import Sheet
from chalicelib.web import announcing, register_view
from chalicelib.web.agent_page import who


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
    head, notice = found.page.parcours, announcing.young_notice(person, found)
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
        "kept": register_view.notice(),
        "form": f"{config.public_base_url()}/donnees-personnelles/demande",
    }
