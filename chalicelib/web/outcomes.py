"""The pages on which outcomes are noted and corrected, an older history is entered, and a passage is taken and ended.

``asked``: what was typed, by field; ``suite``: where a form goes on to: empty for the page of the parcours, « histoire » for the
entering of an older history.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, NamedTuple
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.domain.kernel import texts
from chalicelib.domain.kernel.attempt import find_side_to_notify
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import ContactRole, Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as, may
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Move, Outcome, Planned
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.meetings.appointment import MINUTES
from chalicelib.domain.meetings.slots import combine_in_paris
from chalicelib.domain.parcours import declining
from chalicelib.domain.parcours.ending import (
    ENDS,
    REASONS,
    End,
    find_notified_side_beside,
    is_tutor_told,
    is_unsent,
    list_notified_holders,
    list_possible_ends,
)
from chalicelib.domain.parcours.outcomes import MOVES, is_open
from chalicelib.errors import (
    FieldInvalid,
    GuestsUnseen,
    KeyUsed,
    NotFound,
    NotNow,
    NotYours,
    RelayError,
)
from chalicelib.stories import outcomes as stories
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.kit import inviting
from chalicelib.stories.mails.links import preview_contact_check
from chalicelib.stories.parcours import Sheet
from chalicelib.web import lists
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error
from chalicelib.web.kit.forms import PageForm, draw_idempotency_key, read_idempotency_key, read_reason
from chalicelib.web.kit.http import HISTORY, read_number, redirect
from chalicelib.web.kit.page import (
    AgentCall,
    DayOfFacts,
    Heading,
    build_heading,
    build_timeline,
    describe_noted,
    find_current_attempt,
    list_contacts_to_call,
)
from chalicelib.web.kit.page_view import FieldError, PageView
from chalicelib.words import codes
from chalicelib.words.codes import Labelled
from chalicelib.words.timeline import FACTS, name_button

HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
DAYS = re.compile(r"[0-9]{1,3}")
MOST_DAYS = 365
"""Longest stay that may be typed for a passage that stopped."""
NOON = time(12)
REFUSALS = (FieldInvalid, NotNow, NotYours, KeyUsed)
"""After which the form of an outcome is shown again."""
END = "fin."
"""Before the code of an end, where a list offers outcomes and ends."""
USUAL = frozenset({EventKind.CALL_NOTED, EventKind.CALL_BACK_PLANNED})
"""The outcomes of a call that are always open: its five results, and another call."""
OF_CONTACT = {
    ContactRole.ANSWERS_TENDER: Interlocutor.ANSWERS_TENDER,
    ContactRole.WELCOMES: Interlocutor.WELCOMES,
}


class FactForm(PageForm):
    """``POST /parcours/{id}/faits``; ``fait``: an outcome, or « fin. » and the code of an end; ``suite``: see above."""

    fait: str = ""
    motif: str = ""
    contact: str = ""
    survenu_le: str = ""
    prevu_le: str = ""
    prevu_a: str = ""
    suite: str = ""
    cle: str = ""


class CorrectionForm(PageForm):
    """``POST /parcours/{id}/faits/{id}/correction``; ``invites_vus``: filled once the guests of the meeting were shown."""

    suite: str = ""
    invites_vus: str = ""


class EndForm(PageForm):
    """``POST /parcours/{id}/fin``; ``fin``: the kind of end; ``jours``: days of a stay that stopped; ``passage``: its number."""

    fin: str = ""
    motif: str = ""
    survenu_le: str = ""
    jours: str = ""
    passage: str = ""
    suite: str = ""


class Question(NamedTuple):
    """What the button of an outcome asks before it is noted; ``id``: of the HTML element that unfolds."""

    id: str
    planned: str
    """Whether a day, an hour or nothing is planned, see ``Planned``."""
    minutes: int
    planned_label: str
    asks: str
    """What is asked for its reason,"""
    hint: str
    """and what is said below."""
    reasons: list[Labelled]
    contact: bool
    on: str | None
    """The likely day of a fact of a past day."""


class OutcomeKey(NamedTuple):
    """The button of an outcome; ``more``: what it asks first."""

    fait: str
    label: str
    more: Question | None


class ContactChoice(NamedTuple):
    """Somebody with whom the agent may have spoken; ``code``: of the ``Interlocutor``."""

    code: str
    label: str
    checked: bool


class OutcomeChoices(NamedTuple):
    """The outcomes that may be noted; ``action``, ``history``: addresses to which the buttons lead."""

    action: str
    history: str
    cle: str
    contacts: list[ContactChoice]
    usual: list[OutcomeKey]
    """What becomes of most calls."""
    others: list[OutcomeKey]
    guests: list[str]
    """The names of those whom a meeting invites."""
    today: date


class FactFields(NamedTuple):
    """The form in which every outcome may be noted, with what was typed."""

    parcours: Heading
    options: list[Labelled]
    contacts: list[ContactChoice]
    values: dict[str, str]
    cle: str
    today: date
    error: FieldError | None


@dataclass(frozen=True, slots=True)
class FactPage(PageView):
    """The form of an outcome that was refused."""

    template = "fait"

    form: FactFields


@dataclass(frozen=True, slots=True)
class HistoryPage(PageView):
    """The page that enters an older history, one fact after the other; ``just``: the fact that was just noted, in words.

    ``free``: nobody has the offer; ``over``: the offer has lapsed; ``corrected``: a fact was just corrected.
    """

    template = "histoire"

    form: FactFields
    free: bool
    over: bool
    can_assign: bool
    days: list[DayOfFacts]
    just: str | None
    corrected: bool


class LeavingMail(NamedTuple):
    """The mail that leaves as a passage begins: to whom, in words, and its text."""

    to: str
    text: str


class EndChoice(NamedTuple):
    """A way in which a passage ends."""

    code: str
    label: str
    reasons: list[Labelled]


@dataclass(frozen=True, slots=True)
class EndPage(PageView):
    """The form that ends a passage; ``unsent``: no document left; ``over``: the contract is over."""

    template = "fin"

    back: str
    parcours: Heading
    ends: list[EndChoice]
    unsent: bool
    notified: list[str]
    """Who is mailed of the end, in words, beside the tutor (``tutor_told``)."""
    tutor_told: bool
    over: bool
    today: date
    passage: str
    values: dict[str, str]
    error: FieldError | None


@dataclass(frozen=True, slots=True)
class CorrectionPage(PageView):
    """The question before a fact is corrected that fixed a meeting to come."""

    template = "correction"

    action: str
    back: str
    suite: str
    parcours: Heading
    meeting_at: datetime | None
    meeting_before: datetime | None
    """The date that is agreed again, if it is still to come."""
    guests: list[str]
    """The names of those who are mailed."""
    today: date


class CompanyRefusal(NamedTuple):
    """Why and when a company declined."""

    reason: str
    declined_at: datetime


def note_fact(call: AgentCall[FactForm], parcours_id: str) -> Response:
    """Note an outcome on a parcours; noting it twice with the same key notes it once.

    An end that was chosen leads to its own form. A refusal shows the form with what was typed.
    """
    asked, key = call.form.typed(), read_idempotency_key(call.form.cle)
    suite = asked["suite"]
    kind = call.form.fait.removeprefix(END)
    if call.form.fait.startswith(END) and kind in {ending.value for ending in ENDS}:
        chosen = {"fin": kind, "survenu_le": call.form.survenu_le, "suite": suite}
        return redirect(f"/parcours/{parcours_id}/fin?{urlencode(chosen)}")
    try:
        outcome = replace(parse_outcome(asked, call.now), key=key)
        stories.note(call.agent, parcours_id, outcome, now=call.now)
    except REFUSALS as refusal:
        return show_fact(call, parcours_id, asked, refusal)
    page = f"/{HISTORY}?fait={key}" if suite == HISTORY else "?fait=note"
    return redirect(f"/parcours/{parcours_id}{page}")


def show_history(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the page on which an older history is entered fact by fact."""
    return show_fact(call, parcours_id, FactForm(suite=HISTORY).typed(), None)


def correct(call: AgentCall[CorrectionForm], parcours_id: str, event_id: str) -> Response:
    """Correct a fact: a new fact says that it was a mistake, and the parcours returns to where it was before."""
    suite = call.form.suite
    guests_seen = bool(call.form.invites_vus)
    try:
        stories.correct(call.agent, parcours_id, event_id, guests_seen=guests_seen, now=call.now)
    except GuestsUnseen as refusal:
        return _ask_before_mailing(call, parcours_id, event_id, suite, refusal)
    page = f"/{HISTORY}" if suite == HISTORY else ""
    return redirect(f"/parcours/{parcours_id}{page}?fait=corrige")


def _ask_before_mailing(
    call: AgentCall[Any], parcours_id: str, event_id: str, suite: str, refusal: GuestsUnseen
) -> Response:
    """Show what becomes of the meeting if this fact is corrected, and who is mailed."""
    sheet = parcours_stories.read_sheet(call.agent, parcours_id, now=call.now)
    parcours = sheet.page.parcours
    before = parcours.moved[-1].before.meeting_at if parcours.moved else None
    view = CorrectionPage(
        action=f"/parcours/{parcours_id}/faits/{event_id}/correction",
        back=_build_back_link(parcours, suite),
        suite=suite,
        parcours=build_heading(parcours),
        meeting_at=parcours.meeting_at,
        meeting_before=before if before is not None and before > call.now else None,
        guests=inviting.list_guest_names(sheet.work, parcours),
        today=day_of(call.now),
    )
    return call.show(view, "parcours", refusal)


def undo_decline(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Take back the company's refusal, within a day, as the agent has agreed with the company."""
    stories.undo_decline_by_agent(call.agent, parcours_id, now=call.now)
    return redirect(f"/parcours/{parcours_id}?fait=refus-annule")


def take(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Take a free offer: a passage begins. If somebody else took it before, other free offers are shown."""
    try:
        stories.take_offer(call.agent, parcours_id, now=call.now)
    except NotFound:
        return lists.show_offers_instead(call, "prise")
    return redirect(f"/parcours/{parcours_id}?fait=pris")


def build_leaving_mail(person: Account, parcours: Parcours, *, gives: bool) -> LeavingMail | None:
    """Build the mail that leaves if this person takes the offer or, with ``gives``, gives it to a tutor; None: none does."""
    side, text = find_side_to_notify(parcours), preview_contact_check(parcours, person, gives=gives)
    return LeavingMail(codes.INTERLOCUTOR[side], text) if side is not None and text is not None else None


def show_end_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the form that ends a passage; parameters of the address may preset its kind (``fin``) and its day."""
    kind, day = call.query("fin"), call.query("survenu_le")
    preset = EndForm(
        fin=kind if kind in {reason.value for reason in REASONS} else "",
        survenu_le=day if texts.read_day(day) is not None else "",
        suite=call.query("suite"),
    )
    return _show_end(call, parcours_id, preset.typed(), None)


def end(call: AgentCall[EndForm], parcours_id: str) -> Response:
    """End a passage: its links stop working, its documents are erased, company and buyer are told, the offer is free again.

    Where to go on depends on ``suite``; a refusal shows the form with what was typed.
    """
    asked = call.form.typed()
    try:
        passage_end = parse_end(call.form, call.now)
        event = stories.finish_passage(call.agent, parcours_id, passage_end, now=call.now)
    except FieldInvalid as refusal:
        return _show_end(call, parcours_id, asked, refusal)
    if call.form.suite == HISTORY and event.actor is not Role.TUTOR:  # a tutor follows the parcours no longer
        return redirect(f"/parcours/{parcours_id}/{HISTORY}?fait={event.id}")
    slug = "rendue" if event.kind is EventKind.OFFER_GIVEN_BACK else "fini"
    return redirect(f"/parcours/{parcours_id}?fait={slug}")


def show_fact(
    call: AgentCall[Any], parcours_id: str, asked: dict[str, str], refusal: RelayError | None
) -> Response:
    """Show the form of an outcome with what was typed and why it was refused, or the page of an older history."""
    sheet = parcours_stories.read_sheet(call.agent, parcours_id, now=call.now)
    form = _build_fact_form(call, sheet, asked, refusal)
    if asked["suite"] != HISTORY:
        return call.show(FactPage(form), "parcours", refusal)
    parcours, slug, events = sheet.page.parcours, call.query("fait"), sheet.page.events
    view = HistoryPage(
        form=form,
        free=parcours.status is ParcoursStatus.AVAILABLE,
        over=parcours.status is ParcoursStatus.LAPSED,
        can_assign=may(call.agent, Act.ASSIGN, parcours),
        days=build_timeline(call.agent, sheet).list_days(events),
        just=next((describe_noted(event) for event in events if event.id == slug), None),
        corrected=slug == "corrige",
    )
    return call.show(view, "parcours", refusal)


def _show_end(
    call: AgentCall[Any], parcours_id: str, asked: dict[str, str], refusal: FieldInvalid | None
) -> Response:
    """Show the form that ends a passage, with what was typed and why it was refused."""
    sheet = parcours_stories.read_sheet(call.agent, parcours_id, now=call.now)
    parcours, passage = sheet.page.parcours, find_current_attempt(sheet)
    role = acting_as(call.agent, Act.END, parcours)
    view = EndPage(
        back=_build_back_link(parcours, asked["suite"]),
        parcours=build_heading(parcours),
        ends=[
            EndChoice(kind.value, FACTS[kind].as_end, codes.list_options(REASONS[kind]))
            for kind in list_possible_ends(parcours)
        ],
        unsent=is_unsent(parcours),
        notified=_list_notified(sheet),
        tutor_told=passage is not None and is_tutor_told(parcours, passage, role),
        over=parcours.over_on < day_of(call.now),
        today=day_of(call.now),
        passage=asked["passage"] or (str(passage.number) if passage else ""),
        values=asked,
        error=build_field_error(refusal),
    )
    return call.show(view, "parcours", refusal)


def _list_notified(sheet: Sheet) -> list[str]:
    """List in words who is mailed if the passage ends: « l’entreprise », « l’acheteur »."""
    holders = list_notified_holders(sheet.deposit, sheet.links)
    passage = find_current_attempt(sheet)
    side = find_notified_side_beside(sheet.page.parcours, passage, holders) if passage is not None else None
    buyer = codes.INTERLOCUTOR[Interlocutor.BUYER]
    names = ["l’entreprise" if link.to is Role.COMPANY else buyer for link in holders]
    return list(dict.fromkeys(names + ([codes.INTERLOCUTOR[side]] if side else [])))


def _build_back_link(parcours: Parcours, suite: str) -> str:
    """Return the address of the page from which the form of an end was opened."""
    return f"/parcours/{parcours.id}/{HISTORY}" if suite == HISTORY else f"/parcours/{parcours.id}"


def parse_outcome(asked: dict[str, str], now: datetime) -> Outcome:
    """Read an outcome from its form. ``fait`` is a kind, or a kind and its reason: « call_noted.reached ».

    Raises:
        FieldInvalid: it names the field, and the code of its sentence.
    """
    kind_code, _, reason_code = asked["fait"].partition(".")
    if kind_code not in {kind.value for kind in MOVES}:
        raise FieldInvalid("fait", "outcome")
    kind = EventKind(kind_code)
    move = MOVES[kind]
    reason = read_reason(reason_code or asked["motif"]) if move.reasons else None
    if move.reasons and reason not in move.reasons:
        raise FieldInvalid("motif", "reason")
    if move.contact and asked["contact"] not in set(Interlocutor):
        raise FieldInvalid("contact", "contact")
    return Outcome(
        kind=kind,
        reason=reason,
        contact=Interlocutor(asked["contact"]) if move.contact else None,
        occurred_at=_parse_occurred_at(asked["survenu_le"], now),
        planned_at=_parse_planned_at(move.planned, asked["prevu_le"], asked["prevu_a"]),
    )


def _parse_occurred_at(typed: str, now: datetime) -> datetime:
    """Read the day on which something happened, as noon in Paris; ``now`` for today, and when nothing was typed.

    Raises FieldInvalid.
    """
    if not typed:
        return now
    day = texts.read_day(typed)
    if day is None:
        raise FieldInvalid("survenu_le", "day")
    return now if day == day_of(now) else combine_in_paris(day, NOON, "survenu_le")


def _parse_planned_at(planned: Planned, day_typed: str, hour_typed: str) -> datetime | None:
    """Read the day, or the day and hour, for which an outcome plans something; None where it plans nothing.

    A day alone is read as its noon in Paris. Raises FieldInvalid: something is missing, wrong, or not planned by this outcome.
    """
    if planned is Planned.NOTHING:
        if day_typed:
            raise FieldInvalid("prevu_le", "not_planned")
        if hour_typed:
            raise FieldInvalid("prevu_a", "not_planned")
        return None
    day = texts.read_day(day_typed)
    if day is None:
        raise FieldInvalid("prevu_le", "planned")
    if planned is Planned.DAY:
        if hour_typed:
            raise FieldInvalid("prevu_a", "not_planned")
        return combine_in_paris(day, NOON, "prevu_le")
    if not HOUR.fullmatch(hour_typed):
        raise FieldInvalid("prevu_a", "hour")
    return combine_in_paris(day, time.fromisoformat(hour_typed), "prevu_a")


def build_choices(
    person: Account,
    sheet: Sheet,
    now: datetime,
    *,
    only: tuple[EventKind, ...] | None = None,
    but: tuple[EventKind, ...] = (),
) -> OutcomeChoices | None:
    """Build the outcomes that this person may note now; None when there are none.

    Args:
        only: the outcomes to offer, None for all.
        but: outcomes that are left out.
    """
    parcours, role = sheet.page.parcours, sheet.role
    if role is None or not may(person, Act.NOTE, parcours):
        return None
    kinds = [kind for kind in MOVES if _can_be_noted(parcours, kind, role, now) and kind not in but]
    if only is not None:
        kinds = [kind for kind in only if kind in kinds]
    if not kinds:
        return None
    return OutcomeChoices(
        action=f"/parcours/{parcours.id}/faits",
        history=f"/parcours/{parcours.id}/histoire",
        cle=draw_idempotency_key(),
        contacts=list_contact_choices(sheet),
        usual=[key for kind in kinds if kind in USUAL for key in _build_keys(parcours, kind, now)],
        others=[key for kind in kinds if kind not in USUAL for key in _build_keys(parcours, kind, now)],
        guests=inviting.list_guest_names(sheet.work, parcours),
        today=day_of(now),
    )


def _can_be_noted(parcours: Parcours, kind: EventKind, role: Role, now: datetime) -> bool:
    """Return whether this role may note an outcome now; what became of a meeting only from its day on."""
    if MOVES[kind].of_meeting and _is_ahead(parcours, now):
        return False
    return is_open(parcours, kind, role, now)


def _is_ahead(parcours: Parcours, now: datetime) -> bool:
    """Return whether the meeting is on a later day than today."""
    return parcours.meeting_at is not None and day_of(parcours.meeting_at) > day_of(now)


def _build_keys(parcours: Parcours, kind: EventKind, now: datetime) -> list[OutcomeKey]:
    """Build the button of an outcome; a call has one button for each of its results."""
    move = MOVES[kind]
    if kind is EventKind.CALL_NOTED:
        calls = ((reason, codes.REASONS[reason]) for reason in move.reasons)
        return [OutcomeKey(f"{kind}.{reason}", row.button or row.label, None) for reason, row in calls]
    asks = move.planned is not Planned.NOTHING or move.reasons or move.on_a_day
    label = name_button(kind, parcours.reached)
    if not asks:
        return [OutcomeKey(kind.value, label, None)]
    dots = "" if label.endswith("…") else "…"
    return [OutcomeKey(kind.value, label + dots, _build_question(parcours, kind, move, now))]


def _build_question(parcours: Parcours, kind: EventKind, move: Move, now: datetime) -> Question:
    """Build what the button of an outcome asks before it is noted."""
    usual = "Quel jour ?" if move.planned is Planned.HOUR else "Pour quel jour ?"
    return Question(
        id=kind.value.replace("_", "-"),
        planned=move.planned.value,
        minutes=MINUTES,
        planned_label=FACTS[kind].planned or usual,
        asks=FACTS[kind].asks,
        hint=FACTS[kind].hint,
        reasons=codes.list_options(move.reasons),
        contact=move.contact,
        on=_guess_day(parcours, kind, now) if move.on_a_day else None,
    )


def _guess_day(parcours: Parcours, kind: EventKind, now: datetime) -> str:
    """Return the likely day of a fact as 2026-12-25: the day of a past meeting for what became of it, else today."""
    happened_at = now
    if MOVES[kind].of_meeting and parcours.meeting_at is not None:
        happened_at = min(parcours.meeting_at, now)
    return day_of(happened_at).isoformat()


def list_contact_choices(sheet: Sheet) -> list[ContactChoice]:
    """List the people with whom the agent may have spoken, with their names where known; the likeliest is checked."""
    names = _name_interlocutors(sheet)
    order = [interlocutor for interlocutor in Interlocutor if interlocutor in names]
    likeliest = _guess_interlocutor(sheet) or order[0]
    return [ContactChoice(code.value, names[code], checked=code is likeliest) for code in order]


def _name_interlocutors(sheet: Sheet) -> dict[Interlocutor, str]:
    """Return the name of each person with whom the agent may have spoken; of several contacts of a role, the first.

    A buyer without a known name, and the tutor, are called by their role.
    """
    parcours = sheet.page.parcours
    names = {
        OF_CONTACT[contact.role]: contact.name
        for contact in reversed(parcours.company.contacts)
        if contact.role in OF_CONTACT
    }
    buyer = sheet.buyer or parcours.buyer_contact
    names[Interlocutor.BUYER] = buyer.name if buyer else codes.INTERLOCUTOR[Interlocutor.BUYER]
    if sheet.role is not Role.TUTOR and parcours.tutor is not None:
        names[Interlocutor.TUTOR] = codes.INTERLOCUTOR[Interlocutor.TUTOR]
    return names


def _guess_interlocutor(sheet: Sheet) -> Interlocutor | None:
    """Return with whom the agent has probably spoken: the buyer who holds the link, else the contact to call first.

    None where the company has no contact.
    """
    parcours = sheet.page.parcours
    if parcours.sent_to is Role.BUYER:
        return Interlocutor.BUYER
    to_call = (OF_CONTACT.get(contact.role) for contact in list_contacts_to_call(sheet))
    return next(to_call, None)


def _build_fact_form(
    call: AgentCall[Any], sheet: Sheet, asked: dict[str, str], refusal: RelayError | None
) -> FactFields:
    """Build the form in which every outcome and every end may be chosen, with what was typed."""
    person, parcours = call.agent, sheet.page.parcours
    role = acting_as(person, Act.NOTE, parcours)
    kinds = [kind for kind in MOVES if is_open(parcours, kind, role, call.now)]
    typed = asked["fait"] if not asked["motif"] else f"{asked['fait'].partition('.')[0]}.{asked['motif']}"
    options = [option for kind in kinds for option in _build_options(parcours, kind)]
    options += [
        Labelled(f"{END}{kind}", f"{FACTS[kind].as_end}…")
        for kind in list_possible_ends(parcours)
        if kind not in MOVES and may(person, Act.END, parcours)
    ]
    return FactFields(
        parcours=build_heading(parcours),
        options=options,
        contacts=list_contact_choices(sheet),
        values=asked | {"fait": typed},
        cle=draw_idempotency_key(),
        today=day_of(call.now),
        error=build_field_error(refusal),
    )


def _build_options(parcours: Parcours, kind: EventKind) -> list[Labelled]:
    """Build the options of one outcome: one for each of its reasons, or itself when it has none."""
    label, move = name_button(kind, parcours.reached).rstrip("…"), MOVES[kind]
    if not move.reasons:
        return [Labelled(kind.value, label)]
    return [
        Labelled(f"{kind}.{reason}", f"{label}\u00a0: {_lower_first(codes.REASONS[reason].label)}")
        for reason in move.reasons
    ]


def _lower_first(text: str) -> str:
    """Return the text with its first letter in lower case."""
    return text[:1].lower() + text[1:]


def parse_end(form: EndForm, now: datetime) -> End:
    """Read from its form how and when a passage ended. Raises FieldInvalid."""
    if form.fin not in {kind.value for kind in REASONS}:
        raise FieldInvalid("fin", "choose_end")
    kind = EventKind(form.fin)
    reason = read_reason(form.motif) if REASONS[kind] else None
    days = form.jours.strip()
    if days and not (DAYS.fullmatch(days) and 1 <= int(days) <= MOST_DAYS):
        raise FieldInvalid("jours", "days")
    if not form.survenu_le:
        raise FieldInvalid("survenu_le", "day")
    return End(
        kind=kind,
        reason=reason,
        occurred_at=_parse_occurred_at(form.survenu_le, now),
        days=int(days) if days and kind is EventKind.ATTEMPT_STOPPED else None,
        passage=read_number(form.passage) if form.passage else None,
    )


def find_company_refusal(person: Account, sheet: Sheet, now: datetime) -> CompanyRefusal | None:
    """Return the company's refusal while this person may take it back; None otherwise."""
    parcours = sheet.page.parcours
    link = next((link for link in sheet.links if declining.may_undo(link, parcours, now)), None)
    if not may(person, Act.SEND, parcours) or link is None:
        return None
    if link.declined_at is None or link.declined_for is None:
        return None
    return CompanyRefusal(codes.REASONS[link.declined_for].sentence, link.declined_at)
