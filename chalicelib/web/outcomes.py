"""What happened on a parcours: facts noted, corrected and entered from an older history; a passage taken, and ended."""

import re
from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib import french
from chalicelib.domain.documents.sending import UNDO
from chalicelib.domain.kernel import texts
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import ContactRole, Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as, may
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Move, Planned
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.meetings.appointment import MINUTES
from chalicelib.domain.meetings.slots import instant
from chalicelib.domain.parcours import declining
from chalicelib.domain.parcours.ending import ENDS, REASONS, End, is_history, may_give_back, open_to
from chalicelib.domain.parcours.outcomes import MOVES, Outcome, is_open
from chalicelib.errors import FieldInvalid, KeyUsed, LeaseLost, NotFound, NotNow, NotYours, RelayError
from chalicelib.french import PARIS
from chalicelib.stories import outcomes as stories
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import running
from chalicelib.stories.parcours import Sheet
from chalicelib.web import lists
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import beside
from chalicelib.web.kit.forms import PageForm, key_of, new_key, reason_of
from chalicelib.web.kit.http import HISTORY, number, redirect, run_of
from chalicelib.web.kit.page import AgentCall, heading, passage_of, planned, timeline_of
from chalicelib.words import codes
from chalicelib.words import timeline as timeline_words
from chalicelib.words.timeline import FACTS

HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
DAYS = re.compile(r"[0-9]{1,3}")
NOON = time(12)
END = "fin."
"""Before the code of an end, where a list offers outcomes and ends."""
OF_CONTACT = {
    ContactRole.ANSWERS_TENDER: Interlocutor.ANSWERS_TENDER,
    ContactRole.WELCOMES: Interlocutor.WELCOMES,
}


class FactForm(PageForm):
    """``POST /parcours/{id}/faits``; ``suite``: where to go on: nothing, « histoire », or the id of a RUN."""

    fait: str = ""
    motif: str = ""
    contact: str = ""
    survenu_le: str = ""
    prevu_le: str = ""
    prevu_a: str = ""
    suite: str = ""
    cle: str = ""


class SuiteForm(PageForm):
    """``POST /parcours/{id}/faits/{id}/correction``."""

    suite: str = ""


class EndForm(PageForm):
    """``POST /parcours/{id}/fin``; ``suite`` as for a fact."""

    fin: str = ""
    motif: str = ""
    survenu_le: str = ""
    jours: str = ""
    passage: str = ""
    suite: str = ""


def note(call: AgentCall[FactForm], parcours_id: str) -> Response:
    """A fact is noted; repeating it is harmless."""
    asked, key = call.form.typed(), key_of(call.form.cle)
    asked["suite"] = suite = _suite(call, call.form.suite)
    kind = call.form.fait.removeprefix(END)
    if call.form.fait.startswith(END) and kind in {one.value for one in ENDS}:
        chosen = {"fin": kind, "survenu_le": call.form.survenu_le, "suite": suite}
        return redirect(f"/parcours/{parcours_id}/fin?{urlencode(chosen)}")
    run = run_of(suite)
    try:
        outcome = outcome_of(asked, call.now)
        if run:
            running.note(call.agent, run, parcours_id, outcome, key=key, now=call.now)
        else:
            stories.note(call.agent, parcours_id, outcome, key=key, now=call.now)
    except (FieldInvalid, NotNow, NotYours, KeyUsed) as refusal:
        return _fact_page(call, parcours_id, asked, refusal)
    except LeaseLost:  # noted all the same: the RUN's page says so, and goes on
        return redirect(f"/run/{run}")
    if run:
        return redirect(f"/run/{run}?fait={key}")
    return redirect(f"/parcours/{parcours_id}{f'/{HISTORY}?fait={key}' if suite else '?fait=note'}")


def history(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """A history that began before: entered fact by fact, the day first, without leaving the page."""
    return _fact_page(call, parcours_id, FactForm(suite=HISTORY).typed(), None)


def correct(call: AgentCall[SuiteForm], parcours_id: str, event_id: str) -> Response:
    """A fact was a mistake: a new one says so, and the parcours is again as before it."""
    suite = _suite(call, call.form.suite)
    stories.correct(call.agent, parcours_id, event_id, now=call.now)
    if run := run_of(suite):
        running.renew(call.agent, run, parcours_id, now=call.now)
        return redirect(f"/run/{run}?fait=corrige")
    return redirect(f"/parcours/{parcours_id}{'/' + HISTORY if suite == HISTORY else ''}?fait=corrige")


def undo_decline(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Within a day, the company's refusal is taken back, as agreed with it."""
    stories.undo_decline_by_agent(call.agent, parcours_id, now=call.now)
    return redirect(f"/parcours/{parcours_id}?fait=refus-annule")


def take(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """A tutor takes a free offer: a new passage begins under its own reference. Somebody was faster: others are near."""
    try:
        stories.take_offer(call.agent, parcours_id, now=call.now)
    except NotFound:
        return lists.gone(call, "prise")
    return redirect(f"/parcours/{parcours_id}?fait=pris")


def end_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """How did the passage end, and when; both may be in the address, with ``suite`` as for a fact."""
    kind, day, suite = call.query("fin"), call.query("survenu_le"), call.query("suite")
    run_of(suite)
    chosen = EndForm(
        fin=kind if kind in {one.value for one in REASONS} else "",
        survenu_le=day if texts.day(day) is not None else "",
        suite=suite,
    )
    return _end_page(call, parcours_id, chosen.typed(), None)


def end(call: AgentCall[EndForm], parcours_id: str) -> Response:
    """The passage ends: links die, documents go, company and buyer are notified, the offer is free again."""
    asked = call.form.typed()
    asked["suite"] = suite = _suite(call, call.form.suite)
    run = run_of(suite)
    try:
        how = end_of(call.form, call.now)
        if run:
            running.end(call.agent, run, parcours_id, how, now=call.now)
            return redirect(f"/run/{run}?fait=fini")
        event = stories.finish_passage(call.agent, parcours_id, how, now=call.now)
    except FieldInvalid as refusal:
        return _end_page(call, parcours_id, asked, refusal)
    except LeaseLost:  # which the page of the RUN says
        return redirect(f"/run/{run}")
    if suite == HISTORY and event.actor is not Role.TUTOR:  # a tutor follows the parcours no longer
        return redirect(f"/parcours/{parcours_id}/{HISTORY}?fait={event.id}")
    slug = "rendue" if event.kind is EventKind.OFFER_GIVEN_BACK else "fini"
    return redirect(f"/parcours/{parcours_id}?fait={slug}")


def _suite(call: AgentCall[Any], suite: str) -> str:
    """Where a form goes back to: empty for the parcours' page, where it also goes once its RUN is over."""
    run = run_of(suite)
    return "" if run and running.is_over(call.agent, run, now=call.now) else suite


def _fact_page(
    call: AgentCall[Any], parcours_id: str, asked: dict[str, str], refusal: RelayError | None
) -> Response:
    """The form of a fact with what was typed, and why it was refused."""
    found = parcours_stories.sheet(call.agent, parcours_id, now=call.now)
    context, nav = _fact_form(call, found, asked, refusal), "run" if run_of(asked["suite"]) else "parcours"
    if asked["suite"] != HISTORY:
        return call.show_dict("fait", nav, context, refusal)
    slug, events = call.query("fait"), found.page.events
    context |= {
        "days": timeline_of(call.agent, found).days(events),
        "just": next((said(event) for event in events if event.id == slug), None),
        "corrected": slug == "corrige",
    }
    return call.show_dict("histoire", nav, context, refusal)


def _end_page(
    call: AgentCall[Any], parcours_id: str, asked: dict[str, str], refusal: FieldInvalid | None
) -> Response:
    """``pages/fin.html``."""
    found = parcours_stories.sheet(call.agent, parcours_id, now=call.now)
    head, passage = found.page.parcours, passage_of(found)
    acting_as(call.agent, Act.END, head)
    run, here = run_of(asked["suite"]), f"/parcours/{head.id}"
    context = {
        "back": f"/run/{run}" if run else f"{here}/{HISTORY}" if asked["suite"] == HISTORY else here,
        "parcours": heading(head),
        "ends": [
            {
                "code": kind.value,
                "label": FACTS[kind].as_end,
                "reasons": codes.options(REASONS[kind]),
            }
            for kind in open_to(head)
        ],
        "unsent": may_give_back(head),
        "history": passage is not None and is_history(head, passage, found.deposit),
        "over": head.over_on < day_of(call.now),
        "today": day_of(call.now),
        "passage": asked["passage"] or (passage.number if passage else ""),
        "values": asked,
        "error": beside(refusal),
    }
    return call.show_dict("fin", "run" if run else "parcours", context, refusal)


def outcome_of(asked: dict[str, str], now: datetime) -> Outcome:
    """Read an outcome from its form. ``fait`` is a kind, or a kind and its reason: « call_noted.reached ».

    Raises:
        FieldInvalid: naming the field, with its sentence.
    """
    kind_code, _, reason_code = asked["fait"].partition(".")
    if kind_code not in {kind.value for kind in MOVES}:
        raise FieldInvalid("fait", "outcome")
    kind = EventKind(kind_code)
    move = MOVES[kind]
    reason = reason_of(reason_code or asked["motif"]) if move.reasons else None
    if move.reasons and reason not in move.reasons:
        raise FieldInvalid("motif", "reason")
    if move.contact and asked["contact"] not in set(Interlocutor):
        raise FieldInvalid("contact", "contact")
    return Outcome(
        kind=kind,
        reason=reason,
        contact=Interlocutor(asked["contact"]) if move.contact else None,
        occurred_at=_occurred_at(asked["survenu_le"], now),
        planned_at=_planned_at(move.planned, asked["prevu_le"], asked["prevu_a"]),
    )


def _occurred_at(typed: str, now: datetime) -> datetime:
    """A day as its noon in Paris; today, or nothing typed, as now."""
    if not typed:
        return now
    day = texts.day(typed)
    if day is None:
        raise FieldInvalid("survenu_le", "day")
    return now if day == day_of(now) else instant(day, NOON, "survenu_le")


def _planned_at(what: Planned, day_typed: str, hour_typed: str) -> datetime | None:
    if what is Planned.NOTHING:
        if day_typed:
            raise FieldInvalid("prevu_le", "not_planned")
        if hour_typed:
            raise FieldInvalid("prevu_a", "not_planned")
        return None
    day = texts.day(day_typed)
    if day is None:
        raise FieldInvalid("prevu_le", "planned")
    if what is Planned.DAY:
        if hour_typed:
            raise FieldInvalid("prevu_a", "not_planned")
        return instant(day, NOON, "prevu_le")
    if not HOUR.fullmatch(hour_typed):
        raise FieldInvalid("prevu_a", "hour")
    return instant(day, time.fromisoformat(hour_typed), "prevu_a")


def choices(
    person: Account,
    found: Sheet,
    suite: str,
    now: datetime,
    *,
    only: tuple[EventKind, ...] | None = None,
    but: tuple[EventKind, ...] = (),
) -> dict[str, Any] | None:
    """``macros/outcomes.html``; None for those who may note nothing here.

    Args:
        suite: where the form goes back to: empty for the parcours' page, or the id of a RUN.
        only: the outcomes to offer, None for all; ``but``: those that are left out.
    """
    head, role = found.page.parcours, found.role
    if role is None or not may(person, Act.NOTE, head):
        return None
    open_ones = [
        kind
        for kind in MOVES
        if is_open(head, kind, role, now)
        and kind not in but
        and (only is None or kind in only)
        and not (kind is EventKind.MEETING_HELD and _is_ahead(head, now))
    ]
    if not open_ones:
        return None
    if only is not None:
        open_ones.sort(key=only.index)
    tried = [key for kind in open_ones if MOVES[kind].reaches for key in _keys(head, kind, now)]
    others = [key for kind in open_ones if not MOVES[kind].reaches for key in _keys(head, kind, now)]
    groups = [
        {"title": "J’ai appelé ou écrit", "keys": tried},
        {"title": "Ce qui est convenu", "keys": others},
    ]
    return {
        "action": f"/parcours/{head.id}/faits",
        "history": f"/parcours/{head.id}/histoire",
        "suite": suite,
        "cle": new_key(),
        "contacts": (known := contacts(found)),
        "chosen": next(one["code"] for one in known if one["checked"]),
        "groups": [group for group in groups if group["keys"]],
        "end": f"/parcours/{head.id}/fin?suite={suite}" if suite and may(person, Act.END, head) else None,
        "end_letter": timeline_words.LEAVES_OFF,
        "today": day_of(now),
    }


def _is_ahead(head: Parcours, now: datetime) -> bool:
    """Whether the meeting is on a later day: nobody can have been there."""
    return head.meeting_at is not None and day_of(head.meeting_at) > day_of(now)


def _keys(head: Parcours, kind: EventKind, now: datetime) -> list[dict[str, Any]]:
    move = MOVES[kind]
    if kind is EventKind.CALL_NOTED:
        calls = ((reason, codes.REASONS[reason]) for reason in move.reasons)
        return [_key(f"{kind}.{reason}", row.button or row.label, row.key, None) for reason, row in calls]
    asks = move.planned is not Planned.NOTHING or move.reasons or move.on_a_day
    row = FACTS[kind]
    return [_key(kind.value, row.label, row.key, _more(head, kind, move, now) if asks else None)]


def _key(fait: str, label: str, letter: str, more: dict[str, Any] | None) -> dict[str, Any]:
    dots = "…" if more is not None and not label.endswith("…") else ""
    return {"fait": fait, "label": label + dots, "letter": letter, "more": more}


def _more(head: Parcours, kind: EventKind, move: Move, now: datetime) -> dict[str, Any]:
    """What a button asks before anything is noted."""
    return {
        "id": kind.value.replace("_", "-"),
        "planned": move.planned.value,
        "minutes": MINUTES,
        "planned_label": FACTS[kind].planned
        or ("Quel jour\u202f?" if move.planned is Planned.HOUR else "Pour quel jour\u202f?"),
        "reasons": codes.options(move.reasons),
        "contact": move.contact,
        "on": _likely_day(head, kind, now) if move.on_a_day else None,
    }


def _likely_day(head: Parcours, kind: EventKind, now: datetime) -> str:
    """The day of the meeting for a meeting, if it is past; else today."""
    at = head.meeting_at if kind is EventKind.MEETING_HELD else None
    return (at if at is not None and at <= now else now).astimezone(PARIS).date().isoformat()


def contacts(found: Sheet) -> list[dict[str, Any]]:
    """With whom one may have spoken, by name where the record has one; the first is chosen."""
    head = found.page.parcours
    firsts = (one for one in reversed(head.company.contacts) if one.role in OF_CONTACT)
    named = {OF_CONTACT[one.role]: one.name for one in firsts}
    buyer = found.buyer.name if found.buyer else head.buyer_contact.name if head.buyer_contact else None
    named[Interlocutor.BUYER] = buyer or codes.INTERLOCUTOR[Interlocutor.BUYER]
    if found.role is not Role.TUTOR and head.tutor is not None:
        named[Interlocutor.TUTOR] = codes.INTERLOCUTOR[Interlocutor.TUTOR]
    order = [one for one in Interlocutor if one in named]
    written = [one for one in head.company.contacts if one.written_at is not None and one.role in OF_CONTACT]
    last = max(written, key=lambda one: one.written_at or head.since, default=None)
    of_company = OF_CONTACT[last.role] if last is not None else order[0]
    first = Interlocutor.BUYER if head.sent_to is Role.BUYER else of_company
    return [{"code": one.value, "label": named[one], "checked": one is first} for one in order]


def _fact_form(
    call: AgentCall[Any], found: Sheet, asked: dict[str, str], refusal: RelayError | None
) -> dict[str, Any]:
    """``pages/fait.html`` and ``pages/histoire.html``: one form that takes every outcome, with what was typed."""
    person, head = call.agent, found.page.parcours
    role = acting_as(person, Act.NOTE, head)
    kinds = [kind for kind in MOVES if is_open(head, kind, role, call.now)]
    typed = asked["fait"] if not asked["motif"] else f"{asked['fait'].partition('.')[0]}.{asked['motif']}"
    options = [option for kind in kinds for option in _options(kind)]
    options += [
        {"code": f"{END}{kind}", "label": f"{FACTS[kind].as_end}…"}
        for kind in open_to(head)
        if kind not in MOVES and may(person, Act.END, head)
    ]
    return {
        "parcours": heading(head),
        "free": head.status is ParcoursStatus.AVAILABLE,
        "over": head.status is ParcoursStatus.LAPSED,
        "can_assign": may(person, Act.ASSIGN, head),
        "options": options,
        "contacts": contacts(found),
        "values": asked | {"fait": typed},
        "cle": new_key(),
        "today": day_of(call.now),
        "error": beside(refusal),
    }


def _options(kind: EventKind) -> list[dict[str, str]]:
    label, move = FACTS[kind].label.rstrip("…"), MOVES[kind]
    if not move.reasons:
        return [{"code": kind.value, "label": label}]
    return [
        {"code": f"{kind}.{one}", "label": f"{label}\u00a0: {_lower(codes.REASONS[one].label)}"}
        for one in move.reasons
    ]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def said(event: Event) -> str:
    """« 10 h 14 : message laissé » of what was just noted; of an older fact, its day instead of the hour."""
    if event.kind is EventKind.CALL_NOTED and event.reason is not None:
        row = codes.REASONS[event.reason]
        text = _lower(row.button or row.label)
    else:
        text = FACTS[event.kind].after_noting
    if event.planned_at is not None:
        text += f", {FACTS[event.kind].until.lower() or 'le'} {planned(event)}"
    when = french.jour_court(event.occurred_at) if event.occurred_at else french.heure(event.at)
    return f"{when}\u00a0: {text}"


def end_of(form: EndForm, now: datetime) -> End:
    """Read an end from its form."""
    if form.fin not in {kind.value for kind in REASONS}:
        raise FieldInvalid("fin", "choose_end")
    kind = EventKind(form.fin)
    reason = reason_of(form.motif) if REASONS[kind] else None
    days = form.jours.strip()
    if days and not (DAYS.fullmatch(days) and 1 <= int(days) <= 365):
        raise FieldInvalid("jours", "days")
    if not form.survenu_le:
        raise FieldInvalid("survenu_le", "day")
    return End(
        kind=kind,
        reason=reason,
        occurred_at=_occurred_at(form.survenu_le, now),
        days=int(days) if days and kind is EventKind.ATTEMPT_STOPPED else None,
        passage=number(form.passage) if form.passage else None,
    )


def company_refusal(person: Account, found: Sheet, now: datetime) -> dict[str, Any] | None:
    """``refusal`` of ``macros/colleague.html``, while it may be taken back; None for none, or not for this person."""
    head = found.page.parcours
    link = next((one for one in found.links if declining.may_undo(one, head, now)), None)
    if not may(person, Act.SEND, head) or link is None:
        return None
    if link.declined_at is None or link.declined_for is None:
        return None
    return {"reason": codes.REASONS[link.declined_for].sentence, "until": link.declined_at + UNDO}
