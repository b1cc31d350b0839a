"""What the pages of the RUN show."""

from datetime import datetime
from typing import Any

from chalicelib import french, terms
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours, ParcoursStatus, Step
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.parcours import turns
from chalicelib.domain.running import Run
from chalicelib.stories.parcours import Sheet
from chalicelib.stories.running import Stand, Treated
from chalicelib.web import outcomes, sheet, timeline
from chalicelib.web.kit import page
from chalicelib.web.outcomes import new_key
from chalicelib.words import codes

LAST_FACTS = 5
NOTICES = {
    "corrige": "Le fait est corrigé. Le parcours est revenu où il en était avant lui.",
    "fini": "Le passage est terminé. Les liens ne marchent plus, et l’offre est de nouveau libre.",
}


def entrance(person: Account, live: Run | None, is_empty: bool, months: int) -> dict[str, Any]:
    """``pages/run-vide.html``; ``months``: from how long before its end a contract presses."""
    return {
        "agent": page.who(person),
        "nav": "run",
        "cle": new_key(),
        "is_empty": is_empty,
        "months": months,
        "live": {"href": f"/run/{live.id}", "left": _left(live), "treated": len(live.treated)}
        if live
        else None,
    }


def _left(run: Run) -> int:
    return len(run.waiting) + (run.current is not None)


def current(person: Account, stand: Stand, found: Sheet | None, slug: str, now: datetime) -> dict[str, Any]:
    """``pages/run.html``; without ``found``, the parcours is no longer hers."""
    run = stand.run
    context: dict[str, Any] = {
        "agent": page.who(person),
        "nav": "run",
        "run": {
            "id": run.id,
            "current": run.current,
            "place": len(run.treated) + 1,
            "total": run.total,
            "is_cut": run.is_cut,
        },
        "lost": stand.lost or found is None,
        "parcours": None,
        "outcomes": None,
    }
    if found is None:
        return context
    told = timeline.tell(person, found)
    return context | {
        "today": day_of(now),
        "parcours": page.offer(found.page.parcours, found.sees_contacts),
        "turn": sheet.card(found, found.turn, now) if found.turn else None,
        "facts": timeline.last_facts(found.page.events, told, LAST_FACTS),
        "say": _say(found.page.parcours),
        "people": _people(found),
        "outcomes": None if stand.lost else outcomes.choices(person, found, run.id, now),
        "last": _last(run, found, told),
        "notice": NOTICES.get(slug),
    }


def _last(run: Run, found: Sheet, told: timeline.Told) -> dict[str, Any] | None:
    """The last fact of this RUN on this parcours that still holds."""
    noted = {one.event for one in run.noted if one.parcours == found.page.parcours.id}
    facts = [event for event in found.page.events if event.id in noted and event.id not in told.corrected_at]
    if not facts:
        return None
    last = max(facts, key=lambda event: event.at)
    return {
        "text": outcomes.said(last),
        "id": last.id if last.id in told.correctable else None,
    }


def _people(found: Sheet) -> list[dict[str, Any]]:
    """Whom to call: the company's contacts, then the buyer's."""
    head = found.page.parcours
    people = [
        {
            "code": outcomes.OF_CONTACT[one.role].value,
            "name": one.name,
            "what": codes.CONTACT_ROLE[one.role].lower(),
            "phone": one.phone,
            "address": one.address,
        }
        for one in head.company.contacts
    ]
    buyer = found.buyer or head.buyer_contact
    if buyer is not None:
        what = buyer.function or "achats"
        people.append(
            {
                "code": Interlocutor.BUYER.value,
                "name": buyer.name,
                "what": what,
                "phone": buyer.phone,
                "address": buyer.address,
            }
        )
    return people


def _say(head: Parcours) -> list[str]:
    """The clause in three sentences; the last one asks for what is awaited."""
    return [
        f"Votre marché prévoit d’accueillir un jeune en stage, pendant {head.placement.hours} heures.",
        "Il reste élève. L’Éducation nationale le prépare et le suit jusqu’au bout.",
        _ask(head),
    ]


def _ask(head: Parcours) -> str:
    if head.meeting_at is not None:
        return f"Le rendez-vous est fixé au {french.moment(head.meeting_at)}. Est-ce toujours bon ?"
    if head.promised_on is not None:
        return f"Vous pensiez proposer des dates avant le {french.jour_court(head.promised_on)}. Quel jour convient ?"
    if head.status is ParcoursStatus.AVAILABLE:
        return "Qui pourrait accueillir un jeune chez vous, et à partir de quand ?"
    if head.status is not ParcoursStatus.IN_PREPARATION:
        return "Comment se passe le stage ? Quand pouvons-nous faire le bilan ?"
    if head.step is Step.DOCUMENTS_TO_SEND:
        return "Ses documents vous arriveront par un lien. À quelle adresse faut-il l’envoyer ?"
    if head.step in {Step.LINK_SENT, Step.OPENED} and head.last_sent_at is not None:
        day = french.jour_court(head.last_sent_at)
        return f"Un message avec un lien est parti le {day}. Avez-vous pu lire ses documents ?"
    return "Vous avez pu lire ses documents. Quand pouvez-vous le rencontrer ?"


def summary(person: Account, run: Run, treated: list[Treated], now: datetime) -> dict[str, Any]:
    """``pages/run-resume.html``."""
    return {
        "agent": page.who(person),
        "nav": "run",
        "run": {
            "id": run.id,
            "left": _left(run),
            "elsewhere": run.elsewhere,
            "started_at": run.started_at,
            "total": run.total,
            "is_cut": run.is_cut,
        },
        "treated": [_treated(one, now) for one in treated],
    }


def _treated(one: Treated, now: datetime) -> dict[str, Any]:
    head = one.page.parcours
    known: dict[str, Any] = {
        "company": head.company.name,
        "contract": head.contract.object,
        "lot": head.contract.lot,
        "noted": [outcomes.said(event) for event in one.page.events if event.id in one.noted],
    }
    if not one.hers:
        others = dict.fromkeys(
            ("href", "reference", "turn", "due", "call_back_on", "promised_on", "meeting_at")
        )
        return known | others | {"status": "Vous ne le suivez plus"}
    turn = turns.whose_turn(head, now, terms.calendar(), terms.turns())
    return known | {
        "href": f"/parcours/{head.id}",
        "reference": head.reference,
        "status": codes.STEP[head.step] if head.step else codes.STATUS[head.status],
        "turn": codes.ROLE[turn.role] if turn else None,
        "due": turn.due_at if turn else None,
        "call_back_on": head.call_back_on,
        "promised_on": head.promised_on,
        "meeting_at": head.meeting_at,
    }
