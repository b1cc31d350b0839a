"""Contexts of the lists for ``test_look.py``: as their views make them, from invented rows."""

from datetime import date, timedelta
from typing import Any

from chalicelib.domain.kernel.parcours import ParcoursStatus, Setback, Step
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.lists import Distance, Line
from chalicelib.stories.lists import View
from chalicelib.web import lists
from tests import factories
from tests.lines import NOON, free, line, turn

LATE = timedelta(days=3)
ROWS = [
    line(turn=turn(Role.BUYER, since=timedelta(days=8), late=LATE), company="Toitures <Arvel>"),
    line(turn=turn(Role.TEAM, late=timedelta(hours=1)), setback=Setback.MAIL_BOUNCED),
    line(turn=turn(Role.TEAM, late=timedelta(days=90)), promised_on=date(2026, 12, 4), yours=True),
    line(step=Step.MEETING_FIXED, turn=turn(Role.TUTOR), meeting_at=NOON, call_back_on=date(2026, 12, 3)),
    line(turn=turn(Role.COORDINATOR, since=timedelta(0)), absent_until=date(2026, 12, 9)),
    line(turn=None, status=ParcoursStatus.COMPLETED, step=None, lot=None),
    *[line() for _ in range(30)],
]
OFFERS = [free(), free(departement="58", ends_on=date(2027, 1, 31)), free(academie="Lyon", departement="99")]


def parcours(
    person: Account, rows: list[Line], asked: dict[str, str], *, truncated: bool = False, **also: Any
) -> dict[str, object]:
    """One state of the list."""
    view = View(rows, truncated, tuple(rows) or (line(),))
    near = also.pop("near", [])
    return lists.parcours_list(person, lists.read(asked), view, near, now=NOON, months=6, **also)


def offers(
    person: Account, rows: list[Line], asked: dict[str, str], *, truncated: bool = False
) -> dict[str, object]:
    """One state of the page of offers."""
    view = View(rows, truncated, tuple(rows))
    within = Distance.ANYWHERE if Role.TUTOR in person.roles else Distance.ACADEMIE
    asking = lists.read(asked)
    return lists.offer_list(person, asking, within, view, [], now=NOON, months=6)


TEAM, TUTOR = factories.account(Role.TEAM), factories.account(departement="21")
BUYER, COORDINATOR = factories.account(Role.BUYER), factories.account(Role.COORDINATOR)
SAMPLES: dict[str, list[dict[str, object]]] = {
    "parcours-liste": [
        parcours(TEAM, ROWS, {"q": "<vert>", "tour": "moi", "page": "2"}, truncated=True),
        parcours(TEAM, [], {"etape": "lien-envoye", "heures": "150", "retard": "1"}),
        parcours(TEAM, [], {"statut": "echu", "region": "rien", "page": "x"}),
        parcours(TUTOR, ROWS[:3], {}, near=OFFERS, done="pris"),
        parcours(TUTOR, [], {}),
        parcours(BUYER, ROWS, {}),
        parcours(COORDINATOR, ROWS, {"statut": "disponible"}, printing=True),
        parcours(BUYER, [line(formerly=True), *ROWS], {"q": "csf-7k3q-92"}, truncated=True),
    ],
    "offres": [
        offers(TUTOR, OFFERS, {}),
        offers(TUTOR, [], {"domaine": "Autre", "tour": "x"}),
        offers(COORDINATOR, OFFERS * 10, {"page": "2"}, truncated=True),
    ],
}
