"""What the detours' pages show, and how the form of an end is read."""

import re
from datetime import datetime, time
from typing import Any

from chalicelib.config import ERASED_MINUTES
from chalicelib.domain.kernel import texts
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account, Act, acting_as
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.ending import REASONS, End, is_history
from chalicelib.errors import FieldInvalid
from chalicelib.french import PARIS
from chalicelib.stories.parcours import Sheet
from chalicelib.web.kit import bodies
from chalicelib.web.kit.bodies import HISTORY
from chalicelib.web.kit.page import who
from chalicelib.words import codes, timeline

NOTICES = {
    "date-acceptee": (
        "fait",
        "Le rendez-vous est fixé",
        "Chacun reçoit l’invitation dans quelques secondes. Un rappel partira la veille.",
    ),
    "autres-dates": (
        "fait",
        "D’autres dates sont demandées",
        "L’entreprise reçoit votre demande dans quelques secondes. C’est à elle d’en proposer.",
    ),
    "rendez-vous-deplace": (
        "fait",
        "Le rendez-vous est déplacé",
        "Chacun reçoit la nouvelle invitation dans quelques secondes.",
    ),
    "rendez-vous-annule": (
        "fait",
        "Le rendez-vous est annulé",
        "Chacun est prévenu. C’est à l’entreprise de proposer d’autres dates.",
    ),
    "renvoye": (
        "fait",
        "Un nouveau lien part",
        "Il va à la même adresse, dans quelques secondes. L’ancien lien ne marche plus.",
    ),
    "retire": (
        "fait",
        "L’envoi est retiré",
        f"L’ancien lien ne marche plus. Les documents seront effacés de notre côté, en {ERASED_MINUTES} minutes au plus.",
    ),
    "efface": (
        "fait",
        "L’effacement est demandé",
        "L’ancien lien ne marche plus. Documents, clés et adresse du destinataire seront effacés, "
        f"en {ERASED_MINUTES} minutes au plus.",
    ),
    "fini": (
        "fait",
        "Le passage est terminé",
        "Les liens ne marchent plus. L’entreprise qui en avait un et l’acheteur sont prévenus, sauf pour une histoire d’avant. "
        "L’offre est de nouveau libre, si son marché court encore.",
    ),
    "note": (
        "fait",
        "C’est noté",
        "Le fait est dans l’historique. En cas d’erreur, « Corriger » se trouve à côté de lui.",
    ),
    "corrige": (
        "fait",
        "Le fait est corrigé",
        "Il reste dans l’historique, barré. Le parcours est revenu où il en était avant lui.",
    ),
    "pris": (
        "fait",
        "L’offre est à vous",
        "Un passage commence, sous une nouvelle référence. C’est à vous d’envoyer.",
    ),
    "declaree": (
        "fait",
        "L’offre est déclarée",
        "Elle est libre : les personnes qui accompagnent des jeunes peuvent la prendre.",
    ),
    "modifiee": (
        "fait",
        "La fiche est enregistrée",
        "Un lien déjà parti ne change pas d’adresse.",
    ),
    "verifie": (
        "fait",
        "Le contact est vérifié",
        "La date du jour est notée à côté de son nom.",
    ),
    "contact": (
        "fait",
        "Le contact est enregistré",
        "Un lien déjà parti ne change pas d’adresse.",
    ),
    "designe": (
        "fait",
        "L’offre est confiée",
        "Un passage commence, sous une nouvelle référence.",
    ),
    "repris": (
        "fait",
        "Le parcours change de mains",
        "L’envoi en cours reste chez le même destinataire. La personne choisie peut le retirer.",
    ),
    "coordination": (
        "fait",
        "C’est enregistré",
        "La même personne accompagne, et la coordination est à jour.",
    ),
    "retiree": (
        "fait",
        "L’offre est retirée",
        "Personne ne peut plus la prendre. L’historique reste.",
    ),
    "remise": (
        "fait",
        "L’offre est remise",
        "Elle est de nouveau libre.",
    ),
    "notice": (
        "fait",
        "La notice est remise",
        "C’est noté. Les documents peuvent partir.",
    ),
    "direct": (
        "fait",
        "Le lien envoyé à l’acheteuse ou à l’acheteur est retiré",
        "Choisissez l’entreprise, et les documents de nouveau : ils étaient fermés pour l’autre personne seulement.",
    ),
    "refus-annule": (
        "fait",
        "Le refus est annulé",
        "L’entreprise et l’acheteur sont prévenus. Le parcours reprend où il en était.",
    ),
    "collegue": (
        "fait",
        "Le lien part",
        "Il va à l’adresse que l’entreprise a donnée, dans quelques secondes.",
    ),
    "collegue-refuse": (
        "fait",
        "Le lien reste où il est",
        "Rien n’est parti à cette adresse. Dites à l’entreprise pourquoi, par téléphone ou par message.",
    ),
    "relance": (
        "fait",
        "Un rappel part",
        "Il part dans quelques secondes. Laissez passer un jour avant le suivant.",
    ),
}
"""What is said after « see other », by its slug in the address."""

DAYS = re.compile(r"[0-9]{1,3}")


def notice(slug: str) -> dict[str, str] | None:
    """The notice of ``?fait=``; None for none, or one that we do not know."""
    found = NOTICES.get(slug)
    return {"kind": found[0], "title": found[1], "text": found[2]} if found else None


def chosen(asked: dict[str, str]) -> dict[str, str]:
    """The fields of an end that stand in an address, as far as they can be shown.

    Raises:
        NotFound: ``suite`` is no place to go on to.
    """
    bodies.run_of(asked["suite"])
    is_end = asked["fin"] in {kind.value for kind in REASONS}
    is_day = texts.day(asked["survenu_le"]) is not None
    return {
        "fin": asked["fin"] if is_end else "",
        "motif": "",
        "survenu_le": asked["survenu_le"] if is_day else "",
        "jours": "",
        "suite": asked["suite"],
    }


def after_end(told: Event, suite: str) -> str:
    """Where to go on: a tutor no longer stands on the parcours, whose history she cannot go on entering."""
    if suite == HISTORY and told.actor is not Role.TUTOR:
        return f"/parcours/{told.parcours}/histoire?fait={told.id}"
    return f"/parcours/{told.parcours}?fait=fini"


def end_of(asked: dict[str, str], now: datetime) -> End:
    """The end that a form tells.

    Raises:
        FieldInvalid: naming the field, with its sentence.
    """
    if asked["fin"] not in {kind.value for kind in REASONS}:
        raise FieldInvalid("fin", "choose_end")
    if asked["motif"] not in set(Reason):
        raise FieldInvalid("motif", "reason")
    days = asked["jours"].strip()
    if days and not (DAYS.fullmatch(days) and 1 <= int(days) <= 365):
        raise FieldInvalid("jours", "days")
    return End(
        kind=EventKind(asked["fin"]),
        reason=Reason(asked["motif"]),
        occurred_at=_at(asked["survenu_le"], now),
        days=int(days) if days and asked["fin"] == EventKind.ATTEMPT_STOPPED else None,
    )


def _at(typed: str, now: datetime) -> datetime:
    """A day as its noon in Paris, today as now: a day says no hour, and must not lie in the future."""
    day = texts.day(typed)
    if day is None:
        raise FieldInvalid("survenu_le", "day")
    if day == now.astimezone(PARIS).date():
        return now
    return datetime.combine(day, time(12), tzinfo=PARIS)


def end_form(
    person: Account, sheet: Sheet, asked: dict[str, str], error: dict[str, str] | None, now: datetime
) -> dict[str, Any]:
    """``pages/fin.html``.

    Raises:
        NotYours: others end passages. WrongStep: there is none to end.
    """
    head = sheet.page.parcours
    acting_as(person, Act.END, head)
    running = next((one for one in sheet.page.attempts if one.number == head.attempt), None)
    run, here = bodies.run_of(asked["suite"]), f"/parcours/{head.id}"
    return {
        "agent": who(person),
        "nav": "run" if run else "parcours",
        "back": f"/run/{run}" if run else f"{here}/{HISTORY}" if asked["suite"] == HISTORY else here,
        "parcours": {"id": head.id, "reference": head.reference, "company": head.company.name},
        "ends": [
            {
                "code": kind.value,
                "label": timeline.FACTS[kind].as_end,
                "reasons": [
                    {"code": reason.value, "label": codes.REASONS[reason].label} for reason in reasons
                ],
            }
            for kind, reasons in REASONS.items()
        ],
        "history": running is not None and is_history(head, running, sheet.deposit),
        "over": head.over_on < day_of(now),
        "today": day_of(now),
        "values": asked,
        "error": error,
    }
