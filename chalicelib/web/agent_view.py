"""What agents' pages show: records and codes turned into the words and rows of the templates."""

from datetime import datetime
from itertools import groupby
from typing import Any

from chalicelib import config, words
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.parcours import CompanyContact, Parcours, ParcoursStatus, Setback, Step
from chalicelib.domain.people import Account
from chalicelib.domain.timeline import Event, EventKind
from chalicelib.domain.turns import Turn
from chalicelib.domain.values import Role
from chalicelib.french import PARIS
from chalicelib.stories.following import Row, Sheet

ACTS = {
    Step.DOCUMENTS_TO_SEND: "envoyer les documents",
    Step.LINK_SENT: "ouvrir le lien",
    Step.OPENED: "dire si les documents ont pu être lus",
    Step.RECEIVED: "proposer des dates",
    Step.SLOTS_PROPOSED: "choisir une date",
    Step.MEETING_FIXED: "noter si le rendez-vous a eu lieu",
    Step.MEETING_HELD: "noter la suite",
}
YOUR_ACTS = {
    Step.DOCUMENTS_TO_SEND: "envoyez les documents",
    Step.SLOTS_PROPOSED: "choisissez une date",
    Step.MEETING_FIXED: "notez si le rendez-vous a eu lieu",
    Step.MEETING_HELD: "notez la suite",
}
SETBACKS = {
    Setback.MAIL_FAILED: (
        "vérifiez l’adresse, le message n’est pas parti",
        "vérifier l’adresse, le message n’est pas parti",
    ),
    Setback.MAIL_BOUNCED: (
        "vérifiez l’adresse, le message est revenu",
        "vérifier l’adresse, le message est revenu",
    ),
    Setback.UNREADABLE: (
        "appelez l’entreprise, elle n’a pas pu lire",
        "aider l’entreprise, qui n’a pas pu lire",
    ),
    Setback.LINK_CLOSED: (
        "appelez l’entreprise, le lien est fermé",
        "appeler l’entreprise, le lien est fermé",
    ),
    Setback.SENDING_REQUESTED: ("refaites l’envoi qui est demandé", "refaire l’envoi qui est demandé"),
}
TO = {
    Role.TUTOR: "À la tutrice ou au tuteur",
    Role.COORDINATOR: "À la coordinatrice ou au coordinateur",
    Role.COMPANY: "À l’entreprise",
    Role.BUYER: "À l’acheteuse ou à l’acheteur",
    Role.TEAM: "À l’équipe",
}


def who(person: Account) -> dict[str, str]:
    """The signed-in agent, in the page's head."""
    role = "équipe" if person.is_team else person.function
    return {"name": person.name, "role": role}


def listing(person: Account, rows: list[Row], truncated: bool) -> dict[str, Any]:
    """``pages/parcours-liste.html``."""
    return {
        "agent": who(person),
        "nav": "parcours",
        "rows": [_row(row) for row in rows],
        "truncated": truncated,
    }


def _row(row: Row) -> dict[str, Any]:
    fields, turn = row.fields, row.turn
    step = Step(fields["step"]) if "step" in fields else None
    return {
        "href": f"/parcours/{fields['id']}",
        "reference": fields.get("reference"),
        "company": fields["company"],
        "contract": _contract(fields["contract"], fields.get("lot")),
        "hours": int(fields["hours"]),
        "step": {"code": step.value, "label": words.STEP[step]} if step else {"code": "", "label": ""},
        "turn": {
            "role": turn.role.value if turn else None,
            "label": ("Vous" if row.yours else words.ROLE[turn.role]) if turn else "Personne",
            "yours": row.yours,
        },
        "since": turn.since if turn else datetime.fromisoformat(fields["last_at"]),
        "last": {
            "label": words.fact_short(EventKind(fields["last_kind"])),
            "at": datetime.fromisoformat(fields["last_at"]),
        },
        "notified_on": datetime.fromisoformat(fields["notified_on"]).date(),
    }


def _contract(name: str, lot: str | None) -> str:
    return f"{name}, lot {lot}" if lot else name


def sheet(person: Account, found: Sheet) -> dict[str, Any]:
    """``pages/parcours.html``."""
    head = found.page.parcours
    return {
        "agent": who(person),
        "nav": "parcours",
        "parcours": _record(head, found.sees_contacts),
        "turn": _turn(found) if found.turn else None,
        "steps": _steps(head),
        "coming": _coming(found),
        "days": _days(found.page.events),
        "deposit": _deposit(found.deposit) if found.deposit else None,
    }


def _record(head: Parcours, sees_contacts: bool) -> dict[str, Any]:
    return {
        "id": head.id,
        "reference": head.reference,
        "company": head.company.name,
        "contract": head.contract.object,
        "lot": head.contract.lot,
        "hours": head.placement.hours,
        "town": head.placement.town,
        "tasks": head.placement.tasks,
        "buyer": head.contract.organisation,
        "status": {"code": head.status.value, "label": words.STATUS[head.status]},
        "notified_on": head.contract.notified_on,
        "ends_on": head.contract.renewal_ends_on or head.contract.ends_on,
        "contacts": [_contact(one) for one in head.company.contacts] if sees_contacts else [],
    }


def _contact(one: CompanyContact) -> dict[str, Any]:
    local, _, domain = one.address.rpartition("@")
    return {
        "name": one.name,
        "function": one.function,
        "role_label": words.CONTACT_ROLE[one.role],
        "phone": one.phone,
        "address": one.address,
        "local": local,
        "domain": domain,
        "verified_on": one.verified_on,
    }


def _turn(found: Sheet) -> dict[str, Any]:
    assert found.turn is not None
    turn, head = found.turn, found.page.parcours
    act = None
    if found.may_send and head.step is Step.DOCUMENTS_TO_SEND:
        act = {"label": "Envoyer un document", "href": f"/parcours/{head.id}/envoi"}
    return {
        "yours": found.yours,
        "title": _title(found, turn),
        "role": turn.role.value,
        "since": turn.since,
        "due": turn.due_at,
        "late_days": None,
        "act": act,
    }


def _title(found: Sheet, turn: Turn) -> str:
    head = found.page.parcours
    yours, theirs = _acts(head)
    if found.yours:
        return f"À vous : {yours}"
    to = f"À {found.awaited.name}" if found.awaited else TO[turn.role]
    return f"{to} : {'relancer l’entreprise' if turn.role is Role.BUYER else theirs}"


def _acts(head: Parcours) -> tuple[str, str]:
    if head.setback is not None:
        return SETBACKS[head.setback]
    if head.step is None:
        return "", ""
    if head.live_deposit is not None and head.step is Step.DOCUMENTS_TO_SEND:
        return "l’envoi est en route", "l’envoi est en route"
    return YOUR_ACTS.get(head.step, "relancez l’entreprise"), ACTS.get(head.step, "noter la suite")


def _steps(head: Parcours) -> list[dict[str, str]]:
    if head.status is not ParcoursStatus.IN_PREPARATION or head.step is None:
        return []
    order = list(Step)
    at = order.index(head.step)
    states = ["done"] * at + ["current"] + ["todo"] * (len(order) - at - 1)
    return [{"label": words.STEP[step], "state": state} for step, state in zip(order, states, strict=True)]


def _coming(found: Sheet) -> dict[str, str] | None:
    if found.turn is None:
        return None
    return {"role": found.turn.role.value, "text": _title(found, found.turn)}


def _days(events: tuple[Event, ...]) -> list[dict[str, Any]]:
    """Newest first, by the days of Paris."""
    newest = sorted(events, key=lambda event: event.at, reverse=True)
    return [
        {"day": day, "facts": [_fact(event) for event in facts]}
        for day, facts in groupby(newest, key=lambda event: event.at.astimezone(PARIS).date())
    ]


def _fact(event: Event) -> dict[str, Any]:
    return {
        "at": event.at,
        "role": event.actor.value,
        "who": words.ROLE[event.actor],
        "text": words.fact(event),
        "detail": words.detail(event),
        "occurred": event.occurred_at,
    }


def _deposit(found: Deposit) -> dict[str, Any] | None:
    if found.contents is None:
        return None
    return {
        "recipient": found.contents.recipient,
        "sent_at": found.left_at,
        "state_label": words.DEPOSIT[found.state],
    }


def send_form(person: Account, found: Sheet, valid_until: datetime) -> dict[str, Any]:
    """``pages/envoi.html``."""
    head = found.page.parcours
    record = _record(head, found.sees_contacts)
    return {
        "agent": who(person),
        "nav": "parcours",
        "parcours": {name: record[name] for name in ("id", "reference", "company", "contract", "lot")},
        "contacts": record["contacts"],
        "me": {"name": person.name, "academie": person.academie or ""},
        "valid_until": valid_until,
        "max_bytes": config.settings().document_max_bytes,
        "deposits_url": f"/parcours/{head.id}/depots",
        "parcours_url": f"/parcours/{head.id}",
    }
