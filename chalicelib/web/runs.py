"""The RUN: from a list to its parcours, one by one, to a summary."""

from datetime import datetime
from typing import Any

from chalice.app import Response

from chalicelib import config, terms
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Contact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.lists import UNDER_WAY
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import State, Turn
from chalicelib.domain.running import Run
from chalicelib.errors import NotFound
from chalicelib.stories import lists as lists_stories
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import running
from chalicelib.stories.parcours import Sheet, is_hers
from chalicelib.stories.running import Position, Treated
from chalicelib.web import lists, outcomes, sheet
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.forms import FreeForm, PageForm, key_of, new_key
from chalicelib.web.kit.http import redirect
from chalicelib.web.kit.page import AgentCall, Timeline, offer, timeline_of
from chalicelib.words import codes
from chalicelib.words import turns as turn_words

LAST_FACTS = 5
NOTICES = {
    "corrige": "Le fait est corrigé. Le parcours est revenu où il en était avant lui.",
    "fini": "Le passage est terminé. Les liens ne marchent plus, et l’offre est de nouveau libre.",
}


class StartForm(FreeForm):
    """``POST /run``: the filters of a list, and the key of the RUN; the same key begins the same RUN."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        return frozenset({*lists.FIELDS, "page", "cle"})


class NextForm(PageForm):
    """``POST /run/{id}/suivant``; ``de``: the parcours that the page showed, so that pressing twice passes over none."""

    de: str = ""


def entrance(call: AgentCall[NoForm]) -> Response:
    """What a RUN can be begun over, and the one that can be taken up again."""
    live = running.live(call.agent, now=call.now)
    context = {
        "cle": new_key(),
        "empty": call.query("vide"),
        "months": config.settings().closing_months,
        "live": {"href": f"/run/{live.id}", "left": _left(live), "treated": len(live.treated)}
        if live
        else None,
    }
    return call.show_dict("run-vide", "run", context)


def start(call: AgentCall[StartForm]) -> Response:
    """Begin over the parcours of a filtered list, within her rights."""
    asked = call.form.asked
    key = key_of(asked["cle"]) if asked["cle"] else new_key()
    wanted = lists.read(asked).filter
    view = lists_stories.listing(call.agent, wanted, now=call.now)
    lines = [one for one in view.lines if wanted.status or one.status in UNDER_WAY]
    ids, later = running.to_offer(call.agent, lines, now=call.now)
    if not ids:
        return redirect(f"/run?vide={'plus-tard' if later else '1'}")
    run = running.start(call.agent, key, ids, now=call.now, more=view.truncated, later=later)
    return redirect(f"/run/{run.id}")


def current(call: AgentCall[NoForm], run_id: str) -> Response:
    """The parcours that she is to treat now; the summary when there is none."""
    position = running.position(call.agent, run_id, now=call.now)
    if position.run.current is None:
        return redirect(f"/run/{position.run.id}/resume")
    try:
        found = parcours_stories.sheet(call.agent, position.run.current, now=call.now)
    except NotFound:  # she follows it no longer
        found = None
    return call.show_dict("run", "run", _current(call, position, found))


def go_on(call: AgentCall[NextForm], run_id: str) -> Response:
    """On to the next."""
    run = running.go_on(call.agent, run_id, call.form.de, now=call.now)
    return redirect(f"/run/{run.id}" if run.current else f"/run/{run.id}/resume")


def finish(call: AgentCall[NoForm], run_id: str) -> Response:
    """The parcours is free for others; on to the summary."""
    running.finish(call.agent, run_id, now=call.now)
    return redirect(f"/run/{run_id}/resume")


def summary(call: AgentCall[NoForm], run_id: str) -> Response:
    """What was treated, what was noted, what comes next: made to be printed."""
    run, treated = running.summary(call.agent, run_id, now=call.now)
    context = {
        "run": _run(run) | {"elsewhere": run.elsewhere, "started_at": run.started_at, "left": _left(run)},
        "treated": [_treated(call.agent, one, call.now) for one in treated],
    }
    return call.show_dict("run-resume", "run", context)


def _run(run: Run) -> dict[str, Any]:
    return {"id": run.id, "total": run.total, "is_cut": run.is_cut, "later": run.later}


def _left(run: Run) -> int:
    return len(run.waiting) + (run.current is not None)


def _current(call: AgentCall[NoForm], position: Position, found: Sheet | None) -> dict[str, Any]:
    """``pages/run.html``; without ``found``, she follows the parcours no longer."""
    person, run, now = call.agent, position.run, call.now
    context: dict[str, Any] = {
        "run": _run(run) | {"current": run.current, "place": len(run.treated) + 1},
        "lost": position.lost or found is None,
        "parcours": None,
        "outcomes": None,
    }
    if found is None:
        return context
    known = timeline_of(person, found)
    return context | {
        "today": day_of(now),
        "parcours": offer(found.page.parcours),
        "turn": sheet.card(found, found.turn, now) if found.turn else None,
        "facts": known.last(found.page.events, LAST_FACTS),
        "say": _say(found.page.parcours, found.turn),
        "people": _people(found),
        "outcomes": None if position.lost else outcomes.choices(person, found, run.id, now),
        "last": _last(run, found, known),
        "notice": NOTICES.get(call.query("fait")),
    }


def _last(run: Run, found: Sheet, known: Timeline) -> dict[str, Any] | None:
    """The last fact of this RUN on this parcours that still holds."""
    noted = {one.event for one in run.noted if one.parcours == found.page.parcours.id}
    facts = [event for event in found.page.events if event.id in noted and event.id not in known.corrected_at]
    if not facts:
        return None
    last = max(facts, key=lambda event: event.at)
    return {"text": outcomes.said(last), "id": last.id if last.id in known.correctable else None}


def _people(found: Sheet) -> list[dict[str, Any]]:
    """Whom to call: the company's contacts, then the buyer's."""
    head = found.page.parcours
    people: list[tuple[Interlocutor, str, Contact | Account]] = [
        (outcomes.OF_CONTACT[one.role], codes.contact_role(head.company, one).lower(), one)
        for one in head.company.contacts
    ]
    buyer = found.buyer or head.buyer_contact
    if buyer is not None:
        people.append((Interlocutor.BUYER, buyer.function or "achats", buyer))
    return [
        {
            "code": "" if one in head.company.further else code.value,  # a fact names the first of a role
            "name": one.name,
            "what": what,
            "phone": one.phone,
            "address": one.address,
            "health": codes.health(found.health(one)) if isinstance(one, Contact) else None,
        }
        for code, what, one in people
    ]


def _say(head: Parcours, turn: Turn | None) -> list[str]:
    """The clause in three sentences; the last one asks for what is awaited."""
    free = "Qui pourrait accueillir un jeune chez vous, et à partir de quand\u202f?"
    return [
        f"Votre marché prévoit d’accueillir un jeune en stage, pendant {head.placement.hours} heures.",
        "Il reste élève. L’Éducation nationale le prépare et le suit jusqu’au bout.",
        turn_words.question(turn, head) if turn else free,
    ]


def _treated(agent: Account, one: Treated, now: datetime) -> dict[str, Any]:
    head = one.page.parcours
    shown: dict[str, Any] = {
        "company": head.company.name,
        "contract": head.contract.object,
        "lot": head.contract.lot,
        "noted": [outcomes.said(event) for event in one.page.events if event.id in one.noted],
    }
    if not one.has_role:
        others = dict.fromkeys(
            ("href", "reference", "turn", "due", "call_back_on", "promised_on", "meeting_at")
        )
        return shown | others | {"status": "Vous ne le suivez plus"}
    turn = turns.whose_turn(head, now, terms.calendar(), terms.turns())
    return shown | {
        "href": f"/parcours/{head.id}",
        "reference": head.reference,
        "status": codes.STEP[head.step] if head.step else codes.STATUS[head.status],
        "turn": turn_words.title(turn, head, yours=is_hers(agent, turn, head.tutor)) if turn else None,
        "due": turn.due_at if turn and turn.role and turn.state is not State.PROMISED else None,
        "call_back_on": head.call_back_on,
        "promised_on": head.promised_on,
        "meeting_at": head.meeting_at,
    }
