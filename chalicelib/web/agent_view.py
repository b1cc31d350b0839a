"""What agents' pages show: records and codes turned into the words and rows of the templates."""

from datetime import datetime
from itertools import groupby
from typing import Any

from chalicelib import french, timeline_words, words
from chalicelib.domain.attempt import Attempt
from chalicelib.domain.deposit import DepositState, Document
from chalicelib.domain.parcours import CompanyContact, Parcours, ParcoursStatus, Setback, Step
from chalicelib.domain.people import Account, Act, may
from chalicelib.domain.sending_again import OPENED, SENT_AGAIN
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
            "label": timeline_words.fact_short(EventKind(fields["last_kind"])),
            "at": datetime.fromisoformat(fields["last_at"]),
        },
        "notified_on": datetime.fromisoformat(fields["notified_on"]).date(),
    }


def _contract(name: str, lot: str | None) -> str:
    return f"{name}, lot {lot}" if lot else name


def sheet(person: Account, found: Sheet, notice: dict[str, str] | None, now: datetime) -> dict[str, Any]:
    """``pages/parcours.html``; ``notice`` tells what was just done, if anything."""
    head = found.page.parcours
    return {
        "agent": who(person),
        "nav": "parcours",
        "parcours": record(head, found.sees_contacts),
        "turn": _turn(found) if found.turn else None,
        "steps": _steps(head),
        "coming": _coming(found),
        "days": _days(_current(found)),
        "past": _past(found),
        "notice": notice,
        "deposit": _deposit(person, found, now) if found.deposit else None,
        "erasable": _erasable(person, found),
        "can_end": may(person, Act.END, head),
        "can_take": may(person, Act.TAKE, head),
    }


def record(head: Parcours, sees_contacts: bool) -> dict[str, Any]:
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
        "text": timeline_words.fact(event),
        "detail": timeline_words.detail(event),
        "occurred": event.occurred_at,
    }


def _current(found: Sheet) -> tuple[Event, ...]:
    """The facts of the passage under way, and those that belong to none; all of them when none is under way."""
    head = found.page.parcours
    past = _ended(found)
    return tuple(event for event in found.page.events if event.attempt not in past or head.reference is None)


def _ended(found: Sheet) -> dict[int, Attempt]:
    return {one.number: one for one in found.page.attempts if one.ended_at is not None}


def _past(found: Sheet) -> list[dict[str, Any]]:
    """Earlier passages, the latest first, each folded."""
    if found.page.parcours.reference is None:
        return []
    folded = []
    for number, one in sorted(_ended(found).items(), reverse=True):
        events = tuple(event for event in found.page.events if event.attempt == number)
        months = french.months(one.opened_at, one.ended_at or one.opened_at)
        facts = f"{len(events)} fait{'s' if len(events) > 1 else ''}"
        folded.append({"title": f"Passage précédent, {months} ({facts})", "days": _days(events)})
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
        "recipient": contents.recipient if contents else None,
        "sent_at": deposit.left_at,
        "state_label": words.DEPOSIT[deposit.state],
        "kinds_label": timeline_words.the_documents(deposit.kinds)[0],
        "vu": "ouvert" if deposit.state in OPENED else "ferme",
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
