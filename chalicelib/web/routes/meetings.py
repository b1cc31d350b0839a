"""The meeting, for the tutor's side: a date accepted, others asked for, moved, cancelled."""

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, HolidayUnseen, RelayError, SlotTaken
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html, describe
from chalicelib.web.kit.http import answer, redirect
from chalicelib.web.kit.session import agent

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.kernel.people import Account

routes = Blueprint(__name__)

FIELDS = frozenset(
    {"geste", "vu", "date", "acheteuse", "motif", "jour", "heure", "minutes", "lieu", "feries_vus"}
)


@routes.route("/parcours/{parcours_id}/rendez-vous", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def answer_dates(parcours_id: str) -> Response:
    """``geste``: « accepter », « autres », « deplacer » or « annuler »; ``vu``: what was shown. Repeating it is harmless."""
    from chalicelib.web import meetings

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    asked = bodies.own_form(request, FIELDS)
    try:
        done = meetings.act(person, bodies.identifier(parcours_id), asked, now)
    except (FieldInvalid, HolidayUnseen, SlotTaken, ChangedMeanwhile) as refusal:
        return _page(person, parcours_id, asked, refusal, now)
    return redirect(f"/parcours/{parcours_id}?fait={done}")


def _page(
    person: "Account", parcours_id: str, asked: dict[str, str], refusal: RelayError, now: "datetime"
) -> Response:
    """The parcours' page with what was typed, and why it was not taken."""
    from chalicelib.stories import parcours
    from chalicelib.templating import render
    from chalicelib.web import sheet

    found = parcours.sheet(person, parcours_id, now=now)
    row, sentence = describe(refusal)
    field = "feries_vus" if isinstance(refusal, HolidayUnseen) else str(refusal.facts.get("field", ""))
    notice = {"kind": "refus", "title": row.title, "text": sentence}
    shown = sheet.context(person, found, notice, now, asked, {"field": field, "message": sentence})
    return answer(int(row.status), render("pages/parcours.html", **shown))
