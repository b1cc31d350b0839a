"""The page of a parcours: record, turn, timeline, deposit, and what this person may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib import config, french, terms
from chalicelib.domain import contacts, record
from chalicelib.domain.documents import delivering
from chalicelib.domain.documents.erasure import was_ever_opened
from chalicelib.domain.documents.sending import OPENED, SENDING_STEPS, SENT_AGAIN
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of, warning, zone_of
from chalicelib.domain.kernel.deposit import FOR_GOOD, UNOPENED, Deposit, DepositState
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.parcours import assigning, ending, reminding
from chalicelib.domain.parcours.turns import STAND_INS, State, Turn
from chalicelib.errors import (
    ChangedMeanwhile,
    FieldInvalid,
    HolidayUnseen,
    HostUnseen,
    NotFound,
    RelayError,
    SlotTaken,
)
from chalicelib.stories import parcours
from chalicelib.stories.kit import accompanying
from chalicelib.stories.parcours import Sheet
from chalicelib.web import lists, meetings, outcomes, sending
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.http import redirect
from chalicelib.web.kit.page import (
    AgentCall,
    DayOfFacts,
    Offer,
    People,
    Timeline,
    build_offer,
    build_timeline,
    find_current_attempt,
    find_notice,
    list_contacts_to_call,
    list_people,
    statement_path,
)
from chalicelib.web.kit.page_view import FieldError, Notice, PageView
from chalicelib.web.meetings import MeetingCard, MeetingForm
from chalicelib.web.outcomes import OutcomeChoices
from chalicelib.words import codes
from chalicelib.words import timeline as timeline_words
from chalicelib.words import turns as words
from chalicelib.words.turns import CardAct


class RecordAside(NamedTuple):
    """The record beside the page: its last lines, and what this person may do with it."""

    can_edit: bool
    can_confirm: bool
    can_assign: bool
    assigned: bool
    can_remind: bool
    holds_link: bool
    """Whether the reader holds the link and is not reminded of it here."""
    remind_label: str
    reminded_at: datetime | None
    can_withdraw: bool
    can_offer_again: bool
    reserved_until: datetime | None
    odd_hours: bool
    """Whether the length is none of the model contracts."""
    where: str
    domain: str


class DelayBoxes(NamedTuple):
    """How many days of a delay have passed; ``working``: of working days alone."""

    passed: int
    total: int
    working: bool


class LinkToPassOn(NamedTuple):
    """The link that a buyer passes on; ``again``: whether it may be mailed to this reader once more."""

    at: datetime
    address: str
    again: bool


class CompanyNumber(NamedTuple):
    """A number of the company; ``refused``: since when the address refuses mails, empty if it does not."""

    name: str
    phone: str
    refused: str


class StepState(NamedTuple):
    """A step: done, current or todo."""

    label: str
    state: str


class ToCome(NamedTuple):
    """Who is awaited, at the head of the timeline."""

    role: str
    text: str


class PastPassage(NamedTuple):
    """An earlier passage, folded."""

    title: str
    days: list[DayOfFacts]


class MailingShown(NamedTuple):
    """What became of a link's mail, and what to do about it."""

    label: str
    advice: str


class DocumentShown(NamedTuple):
    """A document of a sending."""

    label: str
    state_label: str
    message: str | None


class DepositShown(NamedTuple):
    """A sending; ``vu``, ``link`` and ``version`` say what the page showed when a form of it comes back."""

    id: str
    etat: str
    recipient: str | None
    sent_at: datetime | None
    state_label: str
    mailing: MailingShown | None
    kinds_label: str
    vu: str
    was_opened: bool
    link: str
    version: int
    live: bool
    stopped: bool
    can_resend: bool
    can_revoke: bool
    documents: list[DocumentShown]
    other: str | None = None
    """Whom the form of the next sending proposes once this address refused: another contact of the record."""


class Erasable(NamedTuple):
    """A sending of which everything may be erased on request."""

    deposit_id: str


GestureContent = (
    str
    | DepositShown
    | LinkToPassOn
    | sending.Withdrawable
    | sending.AskedColleague
    | outcomes.OutcomeChoices
    | outcomes.CompanyRefusal
    | list[CompanyNumber]
)


class Gesture(NamedTuple):
    """An act of the card: the lower-case name of a ``CardAct``, and what its macro in ``macros/turn.html`` shows."""

    act: str
    of: GestureContent


class TurnCard(NamedTuple):
    """Whose turn it is, since and until when, and what answers it."""

    yours: bool
    quiet: bool
    """Whether nobody is awaited."""
    title: str
    since: datetime
    due: datetime | None
    days: DelayBoxes | None
    late: str
    late_since: datetime | None
    away_until: date | None
    """The last day of the absence for which the coordinator has the turn."""
    notes: list[str]
    acts: list[Gesture]


@dataclass(frozen=True, slots=True)
class SheetPage(PageView):
    """A parcours: whose turn it is, the sending, what happened, and what this person may do."""

    template = "parcours"

    today: date
    parcours: Offer
    turn: TurnCard | None
    in_card: frozenset[str]
    """The acts of the card, which the page does not offer once more."""
    steps: list[StepState]
    coming: ToCome | None
    days: list[DayOfFacts]
    past: list[PastPassage]
    notice: Notice | None
    deposit: DepositShown | None
    statement: str | None
    erasable: Erasable | None
    can_end: bool
    can_give_back: bool
    can_take: bool
    people: People | None
    phone_code: sending.PhoneCode | None
    record: RecordAside
    announcement: sending.ReadyText | None
    young_notice: sending.YoungNotice | None
    outcomes: OutcomeChoices | None
    meeting: MeetingCard | None


def _aside(person: Account, found: Sheet, in_card: frozenset[str], now: datetime) -> RecordAside:
    head, place = found.page.parcours, found.page.parcours.placement
    assignable = head.status in assigning.UNDER_WAY | assigning.GIVEN
    waits = reminding.awaits(head.status, head.step, head.setback)
    may_withdraw = may(person, Act.WITHDRAW, head)
    return RecordAside(
        can_edit=may(person, Act.EDIT, head),
        can_confirm=may(person, Act.CONFIRM_CONTACTS, head),
        can_assign=may(person, Act.ASSIGN, head) and assignable,
        assigned=head.reference is not None,
        can_remind=_can_remind(person, found, now) and "remind" not in in_card,
        holds_link=waits and reminding.holds_the_link(head, found.role),
        remind_label=_remind_label(found),
        reminded_at=head.reminded_at if waits and found.sees_contacts else None,
        can_withdraw=may_withdraw and head.status is ParcoursStatus.AVAILABLE,
        can_offer_again=may_withdraw and record.can_offer_again(head, day_of(now)),
        reserved_until=_reserved_until(found),
        odd_hours=place.hours not in territory.HOURS,
        where=f"{place.town} ({place.departement}), {french.academie(place.academie)}",
        domain=place.domain,
    )


def _reserved_until(found: Sheet) -> datetime | None:
    """Until when an offer that was taken is kept while nothing is sent; None: it does not lapse, or is not this reader's."""
    head = found.page.parcours
    lapses = ending.lapses_at(head) is not None and head.status in assigning.UNDER_WAY
    return head.reserved_until if lapses and found.sees_contacts else None


MOST_BOXES = 31
"""A longer delay is shown by its date alone."""


def card(found: Sheet, turn: Turn, now: datetime, acts: Sequence[Gesture] = ()) -> TurnCard:
    """Whose turn it is; ``acts``: what answers it on this page."""
    head = found.page.parcours
    return TurnCard(
        yours=found.yours,
        quiet=turn.role is None,
        title=title(found, turn),
        since=turn.since,
        due=turn.due_at if turn.role is not None else None,
        days=_delay_boxes(found, turn),
        late=words.late(turn, day_of(now)),
        late_since=turn.late_since,
        away_until=_away_until(head, turn, now),
        notes=[*_asked(found), *_unheard(found, now), *_notes(head, turn, now)],
        acts=list(acts),
    )


def _delay_boxes(found: Sheet, turn: Turn) -> DelayBoxes | None:
    """A box for each day of the delay; None where there is none, or it is longer than ``MOST_BOXES``."""
    progress = found.progress
    if progress is None or turn.due_at is None or progress.days_total > MOST_BOXES:
        return None
    return DelayBoxes(progress.days_passed, progress.days_total, progress.working)


def title(found: Sheet, turn: Turn) -> str:
    """« À vous : choisissez une date », « À Jeanne Roy : choisir une date »."""
    name = found.awaited.name if found.awaited else ""
    return words.title(turn, found.page.parcours, yours=found.yours, name=name)


def _acts(
    person: Account, found: Sheet, turn: Turn, deposit: DepositShown | None, now: datetime
) -> list[Gesture]:
    """What the card offers to this person, the primary act first; what may not be done now is left out."""
    head = found.page.parcours
    send = f"/parcours/{head.id}/envoi" if found.may_send and head.step in SENDING_STEPS else None
    contents: dict[CardAct, GestureContent | None] = {
        CardAct.SEND: send,
        CardAct.RESUME: send,
        CardAct.DROP: deposit if deposit and deposit.can_revoke else None,
        CardAct.RESEND: deposit if deposit and deposit.can_resend else None,
        CardAct.PASS_ON: _to_pass_on(found, now),
        CardAct.STRAIGHT: sending.straight(found),
        CardAct.ELSEWHERE: _to_send_elsewhere(found, turn, deposit),
        CardAct.CONSENT: sending.colleague(person, found, now),
        CardAct.REMIND: _remind_label(found) if _can_remind(person, found, now) else None,
        CardAct.CALL: _to_call(found),
        CardAct.NOTE: outcomes.choices(person, found, "", now, only=words.AWAITED[turn.state].notes),
        CardAct.UNDO: outcomes.company_refusal(person, found, now),
        CardAct.STOP: f"/parcours/{head.id}/fin" if may(person, Act.END, head) else None,
    }
    offered = [(act, contents.get(act)) for act in words.AWAITED[turn.state].acts]
    return [Gesture(act.name.lower(), content) for act, content in offered if content is not None]


def _to_send_elsewhere(found: Sheet, turn: Turn, deposit: DepositShown | None) -> DepositShown | None:
    """The sending that may be withdrawn for another address; once its mail came back, with whom to write to instead."""
    if deposit is None or not deposit.can_revoke or not deposit.sent_at:
        return None
    return deposit._replace(other=_other(found)) if turn.state is State.MAIL_BOUNCED else deposit


def _other(found: Sheet) -> str | None:
    """Name of whom the sending form then proposes: another contact of the record; None: there is none."""
    recipient = found.links[0].recipient if found.links else ""
    person = contacts.other(found.page.parcours.company.contacts, found.health, recipient)
    return person.name if person is not None else None


def _to_pass_on(found: Sheet, now: datetime) -> LinkToPassOn | None:
    """Where a buyer finds the link that she passes on, and whether it may be mailed to her again; None for others."""
    head, link = found.page.parcours, next(iter(found.links), None)
    if link is None or not reminding.holds_the_link(head, found.role):
        return None
    again = reminding.awaits(head.status, head.step, head.setback) and not reminding.is_reminded(head, now)
    at = head.reminded_at or head.last_sent_at or link.created_at
    return LinkToPassOn(at, link.recipient, again)


def _to_call(found: Sheet) -> list[CompanyNumber] | None:
    """The numbers of the company; None when none is known to this person."""
    known = list_contacts_to_call(found) if found.sees_contacts else []
    return [
        CompanyNumber(contact.name, contact.phone, codes.health(found.health(contact)).refused)
        for contact in known
        if contact.phone
    ] or None


def _can_remind(person: Account, found: Sheet, now: datetime) -> bool:
    head = found.page.parcours
    return may(person, Act.REMIND, head) and reminding.can_remind(head, found.role, now)


def _remind_label(found: Sheet) -> str:
    unread_by_buyer = found.page.parcours.sent_to is Role.BUYER and found.role not in reminding.BUYS
    return "Relancer l’acheteuse ou l’acheteur" if unread_by_buyer else "Relancer l’entreprise"


def _away_until(head: Parcours, turn: Turn, now: datetime) -> date | None:
    """The last day of the absence for which the coordinator has the turn."""
    absence = head.tutor_absence
    if absence is None or turn.role is not Role.COORDINATOR:
        return None
    return absence.last if absence.first <= day_of(now) <= absence.last else None


def _asked(found: Sheet) -> list[str]:
    """A request about personal data that waits for its answer."""
    passage = find_current_attempt(found)
    if passage is None or not passage.awaits_talk:
        return []
    return [
        "Une demande sur les données de ce jeune est arrivée\u00a0: rien ne part avant qu’on lui ait parlé."
    ]


def _unheard(found: Sheet, now: datetime) -> list[str]:
    """A mail whose delivery nobody confirmed, and what to do."""
    since = _unheard_since(found, now)
    if since is None or found.deposit is None:
        return []
    return [". ".join(codes.mailing(found.deposit, found.links[0].to, since))]


def _unheard_since(found: Sheet, now: datetime) -> int | None:
    """Hours since a mail left whose delivery is to be checked; None: it is not."""
    link = next(iter(found.links), None)
    if found.deposit is None:
        return None
    since = delivering.unheard_since(found.deposit, link, config.settings().delivery_hours, now)
    return None if since is None else int(since.total_seconds()) // 3600


def _mailing(found: Sheet, now: datetime) -> MailingShown | None:
    """What became of the link's mail, while somebody waits for its reader."""
    deposit, link = found.deposit, next(iter(found.links), None)
    if deposit is None or link is None or deposit.state not in UNOPENED:
        return None
    label, advice = codes.mailing(deposit, link.to, _unheard_since(found, now))
    return MailingShown(label, advice) if label else None


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


def sheet(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Whose turn it is, what happened, who is in it."""
    try:
        found = parcours.sheet(call.agent, parcours_id, now=call.now)
    except NotFound:
        return lists.gone(call, "fermee")
    meeting = meetings.card(call.agent, found, call.now)
    return call.show(_page(call, found, find_notice(call.query("fait")), meeting), "parcours")


UNSEEN: dict[type[RelayError], str] = {HolidayUnseen: "feries_vus", HostUnseen: "hote_vu"}
"""Field by which it is confirmed."""


def answer_dates(call: AgentCall[MeetingForm], parcours_id: str) -> Response:
    """What the tutor's side says of the meeting; refused, the page comes back with what was typed, and why."""
    person, now = call.agent, call.now
    try:
        done = meetings.act(person, parcours_id, call.form, now)
    except (FieldInvalid, HolidayUnseen, HostUnseen, SlotTaken, ChangedMeanwhile) as refusal:
        found = parcours.sheet(person, parcours_id, now=now)
        row, sentence = describe(refusal)
        field = UNSEEN.get(type(refusal)) or str(refusal.facts.get("field", ""))
        refused = Notice(row.title, sentence, kind="refus")
        meeting = meetings.card(person, found, now, call.form, FieldError(field, sentence))
        return call.show(_page(call, found, refused, meeting), "parcours", refusal)
    return redirect(f"/parcours/{parcours_id}?fait={done}")


def _page(call: AgentCall[Any], found: Sheet, done: Notice | None, meeting: MeetingCard | None) -> SheetPage:
    """The page of a parcours; ``done``: the notice of what was just done; ``meeting``: see ``meetings.card``."""
    person, now = call.agent, call.now
    head, turn, timeline = found.page.parcours, found.turn, build_timeline(person, found)
    deposit = _deposit(person, found, found.deposit, now) if found.deposit else None
    acts = _acts(person, found, turn, deposit, now) if turn else []
    in_card = frozenset(gesture.act for gesture in acts)
    noted = words.AWAITED[turn.state].notes if turn and "note" in in_card else ()
    return SheetPage(
        today=day_of(now),
        parcours=build_offer(head),
        turn=card(found, turn, now, acts) if turn else None,
        in_card=in_card,
        steps=_steps(head),
        coming=ToCome((turn.role or Role.SYSTEM).value, title(found, turn)) if turn else None,
        days=timeline.days(_current(found)),
        past=_past(found, timeline),
        notice=done,
        deposit=deposit,
        statement=_statement(found, timeline),
        erasable=_erasable(person, found),
        can_end=may(person, Act.END, head) and "stop" not in in_card,
        can_give_back=ending.may_give_back(head),
        can_take=may(person, Act.TAKE, head),
        people=list_people(person, found),
        phone_code=sending.phone_code(person, found, now),
        record=_aside(person, found, in_card, now),
        announcement=sending.announcement(found),
        young_notice=sending.young_notice(person, found),
        outcomes=outcomes.choices(person, found, "", now, but=noted),
        meeting=meeting,
    )


def _steps(head: Parcours) -> list[StepState]:
    if head.status is not ParcoursStatus.IN_PREPARATION or head.step is None or not head.step.is_known:
        return []
    order = list(Step)
    at = order.index(head.step)
    states = ["done"] * at + ["current"] + ["todo"] * (len(order) - at - 1)
    return [StepState(codes.STEP[step], state) for step, state in zip(order, states, strict=True)]


def _current(found: Sheet) -> tuple[Event, ...]:
    """The facts of the passage under way, and those that belong to none; all of them when none is under way."""
    past = _ended_attempts(found)
    return tuple(event for event in found.page.events if event.attempt not in past)


def _ended_attempts(found: Sheet) -> dict[int, Attempt]:
    """By number; none when no passage is under way, as the last one is then shown whole."""
    if found.page.parcours.reference is None:
        return {}
    return {attempt.number: attempt for attempt in found.page.attempts if attempt.ended_at is not None}


def _past(found: Sheet, timeline: Timeline) -> list[PastPassage]:
    """Earlier passages, the latest first, each folded."""
    folded = []
    for number, one in sorted(_ended_attempts(found).items(), reverse=True):
        events = tuple(event for event in found.page.events if event.attempt == number)
        months = french.months(one.opened_at, one.ended_at or one.opened_at)
        facts = f"{len(events)} fait{'s' if len(events) > 1 else ''}"
        folded.append(PastPassage(f"Passage précédent, {months} ({facts})", timeline.days(events)))
    return folded


def _deposit(person: Account, found: Sheet, deposit: Deposit, now: datetime) -> DepositShown:
    head, contents, link = found.page.parcours, deposit.contents, next(iter(found.links), None)
    live = deposit.is_live(now) and deposit.state is not DepositState.CONFIRMED
    can_revoke = may(person, Act.ERASE, head) and live
    link_died = link is not None and link.mail_refused_at is not None
    return DepositShown(
        id=deposit.id,
        etat=codes.DEPOSIT_SLUG[deposit.state],
        recipient=(link or contents).recipient if contents else None,
        sent_at=deposit.left_at,
        state_label=codes.LINK_DEAD if link_died else codes.deposit_state(deposit),
        mailing=_mailing(found, now),
        kinds_label=timeline_words.the_documents(deposit.kinds)[0],
        vu="ouvert" if deposit.state in OPENED else "ferme",
        was_opened=was_ever_opened(deposit, found.page.events),
        link=link.id if link else "",
        version=link.version if link else 1,
        live=live,
        stopped=deposit.id == head.live_deposit and head.has_stopped(now),
        can_resend=can_revoke and _can_resend(found, deposit, link),
        can_revoke=can_revoke,
        documents=_documents(deposit),
    )


def _can_resend(found: Sheet, deposit: Deposit, link: Link | None) -> bool:
    """Whether a new link can go to the same recipient: the state allows it, and the mailbox takes mails again if it did not."""
    if deposit.state not in SENT_AGAIN or found.page.parcours.arriving is not None:
        return False
    came_back = link is not None and deposit.mailing in FOR_GOOD
    return not came_back or accompanying.takes_mails(found.work, link.recipient if link else "")


def _documents(deposit: Deposit) -> list[DocumentShown]:
    documents = deposit.contents.documents if deposit.contents else ()
    return [
        DocumentShown(
            codes.KIND[document.kind], codes.document_state(document), codes.document_message(document)
        )
        for document in documents
    ]


def _statement(found: Sheet, timeline: Timeline) -> str | None:
    """Where the erasure of the last documents is stated, if they are gone and she keeps the young person's file."""
    sent_at = found.deposit.created_at if found.deposit else None
    gone = (event for event in found.page.events if event.id in timeline.stated and event.sent_at == sent_at)
    return next((statement_path(one) for one in gone), None)


def _erasable(person: Account, found: Sheet) -> Erasable | None:
    """The sending of which everything may be erased on request; None when there is none left."""
    deposit = found.deposit
    if deposit is None or deposit.state is DepositState.ERASED:
        return None
    return Erasable(deposit.id) if may(person, Act.ERASE, found.page.parcours) else None
