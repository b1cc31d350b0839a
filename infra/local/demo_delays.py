"""Invented passages that went to their end, so that the page of delays has something to show."""

from datetime import timedelta

from infra.local.demo_offers import Chapter, Offer
from infra.local.demo_people import ACADEMIE, METROPOLIS, MINISTRY, OTHER_ACADEMIE, OTHER_TUTOR, TUTOR

STEPS = (
    "taken",
    "announced",
    "received",
    "sent",
    "opened",
    "confirmed",
    "erased",
    "meeting_fixed",
    "meeting_held",
)
MOMENT = 0.001
"""In days: what the service does by itself a minute and a half later."""


def _whole(
    begun: float, prepare: float, opening: float, answer: float, meeting: float, signing: float
) -> tuple[Chapter, ...]:
    """A passage from its offer taken to its review: when it began, days ago, and how many days each piece took."""
    announced = begun - prepare
    sent = announced - 2 * MOMENT
    opened = sent - opening
    fixed = opened - answer
    met = fixed - meeting
    ago = (
        begun,
        announced,
        announced - MOMENT,
        sent,
        opened,
        opened - MOMENT,
        opened - 2 * MOMENT,
        fixed,
        met,
    )
    told = [
        *zip(STEPS, ago, strict=True),
        ("convention_signed", met - signing),
        ("review_done", met - signing - 12),
    ]
    return tuple(Chapter(name, timedelta(days=days)) for name, days in told)


def _past(company: str, contract: str, hours: int, *pieces: float, there: bool = False) -> Offer:
    """An offer of the ministry in the first académie, or of the metropolis in the other."""
    return Offer(
        company, contract, None, METROPOLIS if there else MINISTRY, hours, "Valmarie", "Rue des Écoles",
        OTHER_ACADEMIE if there else ACADEMIE, "Autre", "Aide aux équipes, rangement, suivi des stocks", 420,
        (("Camille Ferrand", "gérance", "c.ferrand"),),
        OTHER_TUTOR if there else TUTOR, _whole(*pieces),
    )  # fmt: skip


PAST = (
    _past("Serres Valbrune", "Fleurissement", 150, 320, 34, 2, 5, 21, 6),
    _past("Reliure Sanvoisin", "Reliure des registres", 300, 290, 41, 6, 12, 19, 9),
    _past("Peintures Oriel", "Peinture des bureaux", 300, 262, 28, 1, 3, 16, 4),
    _past("Plomberie Hastier", "Entretien des réseaux", 450, 240, 52, 9, 20, 30, 14),
    _past("Blanchisserie Duret", "Entretien du linge", 150, 205, 30, 3, 8, 24, 7),
    _past("Signalétique Corvin", "Signalisation des sites", 300, 176, 38, 4, 6, 13, 5),
    _past("Archives Mondelin", "Numérisation", 300, 300, 36, 5, 15, 27, 11, there=True),
    _past("Traiteur Lavoine", "Réceptions", 150, 251, 25, 2, 4, 18, 6, there=True),
    _past("Cycles Perdriel", "Entretien des vélos", 150, 148, 31, 1, 7, 20, 8, there=True),
)
"""Nine passages of the past year, « réalisés »."""
