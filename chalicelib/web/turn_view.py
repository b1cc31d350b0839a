"""The card « à qui de jouer » of a parcours' page: who is awaited, for what, and how far the clock is."""

from datetime import date, datetime
from typing import Any

from chalicelib import french, terms
from chalicelib.domain.calendar import day_of, warning, zone_of
from chalicelib.domain.parcours import Parcours, Setback, Step
from chalicelib.domain.turns import STAND_INS, WAITED_FOR, Turn
from chalicelib.domain.values import Role, Words
from chalicelib.stories.following import Sheet

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
REMIND = ("relancez l’entreprise", "relancer l’entreprise")
PASS_ON = ("transmettez le lien à l’entreprise", "transmettre le lien à l’entreprise")
SEND_STRAIGHT = ("envoyez directement à l’entreprise", "envoyer directement à l’entreprise")
SETBACKS = Words(
    {
        Setback.MAIL_FAILED: (
            "vérifiez l’adresse, le message n’est pas parti",
            "vérifier l’adresse, le message n’est pas parti",
        ),
        Setback.MAIL_IN_DOUBT: (
            "demandez si le lien est arrivé, sinon renvoyez-le",
            "demander si le lien est arrivé, sinon le renvoyer",
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
        Setback.DECLINED: (
            "notez la suite, l’entreprise a décliné",
            "noter la suite, l’entreprise a décliné",
        ),
        Setback.MEETING_MISSED: (
            "convenez d’une autre date, le rendez-vous n’a pas eu lieu",
            "convenir d’une autre date, le rendez-vous n’a pas eu lieu",
        ),
    },
    stranger=("notez la suite", "noter la suite"),
)
TO = Words(
    {
        Role.TUTOR: "À la tutrice ou au tuteur",
        Role.COORDINATOR: "À la coordinatrice ou au coordinateur",
        Role.COMPANY: "À l’entreprise",
        Role.BUYER: "À l’acheteuse ou à l’acheteur",
        Role.TEAM: "À l’équipe",
    },
    stranger="À la personne suivante",
)
MOST_BOXES = 31
"""A longer delay is told by its date alone."""


def card(found: Sheet, turn: Turn, now: datetime) -> dict[str, Any]:
    """``turn`` of ``pages/parcours.html``."""
    head, progress = found.page.parcours, found.progress
    act = None
    if found.may_send and head.step is Step.DOCUMENTS_TO_SEND:
        act = {"label": "Envoyer un document", "href": f"/parcours/{head.id}/envoi"}
    days = None
    if progress is not None and progress.days_total <= MOST_BOXES:
        days = {
            "passed": progress.days_passed,
            "total": progress.days_total,
            "working": progress.working,
        }
    return {
        "yours": found.yours,
        "title": title(found, turn),
        "role": turn.role.value,
        "since": turn.since,
        "due": turn.due_at,
        "days": days,
        "late_days": progress.late_days if progress else None,
        "late_working": progress.working if progress else False,
        "away_until": _away_until(head, turn, now),
        "notes": _notes(head, turn, now),
        "act": act,
    }


def title(found: Sheet, turn: Turn) -> str:
    """« À vous : choisissez une date », « À Jeanne Roy : choisir une date »."""
    yours, theirs = _acts(found.page.parcours, turn)
    if found.yours:
        return f"À vous : {yours}"
    to = f"À {found.awaited.name}" if found.awaited else TO[turn.role]
    return f"{to} : {theirs}"


def _acts(head: Parcours, turn: Turn) -> tuple[str, str]:
    """What is awaited, said to whoever is awaited and to the others."""
    if head.setback is not None:
        return SETBACKS[head.setback]
    if head.step is None:
        return "", ""
    if head.live_deposit is not None and head.step is Step.DOCUMENTS_TO_SEND:
        return "l’envoi est en route", "l’envoi est en route"
    if WAITED_FOR.get(head.step) is Role.COMPANY and turn.role is not Role.COMPANY:
        if turn.role in STAND_INS:
            return SEND_STRAIGHT
        return REMIND if turn.late_since else PASS_ON
    return YOUR_ACTS.get(head.step, REMIND[0]), ACTS.get(head.step, "noter la suite")


def _away_until(head: Parcours, turn: Turn, now: datetime) -> date | None:
    """The last day of the absence for which the coordinator has the turn."""
    absence = head.tutor_absence
    if absence is None or turn.role is not Role.COORDINATOR:
        return None
    return absence.last if absence.first <= day_of(now) <= absence.last else None


def _notes(head: Parcours, turn: Turn, now: datetime) -> list[str]:
    """What the clock does not know."""
    notes = []
    if turn.role in STAND_INS and zone_of(head.tutor_academie or head.placement.academie) is None:
        notes.append("Les vacances scolaires de cette académie ne sont pas connues ici : ces jours comptent.")
    last = warning(terms.calendar(), now)
    if last is not None:
        notes.append(
            f"Le calendrier des vacances et des jours fériés s’arrête au {french.jour_court(last)}. "
            "Après ce jour, seuls les week-ends sont connus. Prévenez l’équipe."
        )
    return notes
