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
from chalicelib.domain.parcours.turns import STAND_INS, Progress, State, Turn
from chalicelib.errors import (
    ChangedMeanwhile,
    FieldInvalid,
    HolidayUnseen,
    HostUnseen,
    NotFound,
    RelayError,
    SlotTaken,
)
from chalicelib.stories import parcours as parcours_stories
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
    build_statement_path,
    build_timeline,
    find_current_attempt,
    find_notice,
    list_contacts_to_call,
    list_people,
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
    content: GestureContent


class TurnCard(NamedTuple):
    """Whose turn it is, since and until when, and what answers it."""

    yours: bool
    quiet: bool
    """Whether nobody is awaited."""
    title: str
    since: datetime
    due: datetime | None
    days: Progress | None
    """Its days, a box for each; None where there is no delay, or it is longer than ``MOST_BOXES``."""
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
    erasable: str | None
    """Id of the sending of which everything may be erased on request."""
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


def _build_record_aside(person: Account, sheet: Sheet, in_card: frozenset[str], now: datetime) -> RecordAside:
    """Build what stands beside the record, and what this person may do with it; ``in_card``: acts that the card offers."""
    parcours, place = sheet.page.parcours, sheet.page.parcours.placement
    assignable = parcours.status in assigning.UNDER_WAY | assigning.GIVEN
    waits = reminding.is_outsider_awaited(parcours.status, parcours.step, parcours.setback)
    may_withdraw = may(person, Act.WITHDRAW, parcours)
    return RecordAside(
        can_edit=may(person, Act.EDIT, parcours),
        can_confirm=may(person, Act.CONFIRM_CONTACTS, parcours),
        can_assign=may(person, Act.ASSIGN, parcours) and assignable,
        assigned=parcours.reference is not None,
        can_remind=_can_remind(person, sheet, now) and "remind" not in in_card,
        holds_link=waits and reminding.holds_the_link(parcours, sheet.role),
        remind_label=_remind_label(sheet),
        reminded_at=parcours.reminded_at if waits and sheet.sees_contacts else None,
        can_withdraw=may_withdraw and parcours.status is ParcoursStatus.AVAILABLE,
        can_offer_again=may_withdraw and record.can_offer_again(parcours, day_of(now)),
        reserved_until=_reserved_until(sheet),
        odd_hours=place.hours not in territory.HOURS,
        where=f"{place.town} ({place.departement}), {french.academie(place.academie)}",
        domain=place.domain,
    )


def _reserved_until(sheet: Sheet) -> datetime | None:
    """Return until when an offer that was taken is kept while nothing is sent; None: it is not, or not for this reader."""
    parcours = sheet.page.parcours
    lapses = ending.lapses_at(parcours) is not None and parcours.status in assigning.UNDER_WAY
    return parcours.reserved_until if lapses and sheet.sees_contacts else None


MOST_BOXES = 31
"""A longer delay is shown by its date alone."""


def build_turn_card(sheet: Sheet, turn: Turn, now: datetime, acts: Sequence[Gesture] = ()) -> TurnCard:
    """Build the card that says whose turn it is; ``acts``: what answers it on this page."""
    parcours = sheet.page.parcours
    return TurnCard(
        yours=sheet.yours,
        quiet=turn.role is None,
        title=format_title(sheet, turn),
        since=turn.since,
        due=turn.due_at if turn.role is not None else None,
        days=_find_progress(sheet, turn),
        late=words.late(turn, day_of(now)),
        late_since=turn.late_since,
        away_until=_away_until(parcours, turn, now),
        notes=[
            *_build_request_note(sheet),
            *_build_delivery_note(sheet, now),
            *_build_calendar_notes(parcours, turn, now),
        ],
        acts=list(acts),
    )


def _find_progress(sheet: Sheet, turn: Turn) -> Progress | None:
    """Return how many days of the delay have passed; None where there is none, or it is longer than ``MOST_BOXES``."""
    progress = sheet.progress
    is_shown = progress is not None and turn.due_at is not None and progress.days_total <= MOST_BOXES
    return progress if is_shown else None


def format_title(sheet: Sheet, turn: Turn) -> str:
    """Format the title of the turn: « À vous : choisissez une date », « À Jeanne Roy : choisir une date »."""
    name = sheet.awaited.name if sheet.awaited else ""
    return words.title(turn, sheet.page.parcours, yours=sheet.yours, name=name)


def _build_acts(
    person: Account, sheet: Sheet, turn: Turn, deposit: DepositShown | None, now: datetime
) -> list[Gesture]:
    """List what the card offers to this person, the primary act first; what may not be done now is left out."""
    parcours = sheet.page.parcours
    send = f"/parcours/{parcours.id}/envoi" if sheet.may_send and parcours.step in SENDING_STEPS else None
    contents: dict[CardAct, GestureContent | None] = {
        CardAct.SEND: send,
        CardAct.RESUME: send,
        CardAct.DROP: deposit if deposit and deposit.can_revoke else None,
        CardAct.RESEND: deposit if deposit and deposit.can_resend else None,
        CardAct.PASS_ON: _find_link_to_pass_on(sheet, now),
        CardAct.STRAIGHT: sending.find_withdrawable(sheet),
        CardAct.ELSEWHERE: _find_sending_to_redirect(sheet, turn, deposit),
        CardAct.CONSENT: sending.build_colleague_question(person, sheet, now),
        CardAct.REMIND: _remind_label(sheet) if _can_remind(person, sheet, now) else None,
        CardAct.CALL: _list_company_numbers(sheet),
        CardAct.NOTE: outcomes.build_choices(person, sheet, "", now, only=words.AWAITED[turn.state].notes),
        CardAct.UNDO: outcomes.find_company_refusal(person, sheet, now),
        CardAct.STOP: f"/parcours/{parcours.id}/fin" if may(person, Act.END, parcours) else None,
    }
    offered = [(act, contents.get(act)) for act in words.AWAITED[turn.state].acts]
    return [Gesture(act.name.lower(), content) for act, content in offered if content is not None]


def _find_sending_to_redirect(sheet: Sheet, turn: Turn, deposit: DepositShown | None) -> DepositShown | None:
    """Find the sending that may be withdrawn for another address; once its mail came back, it says to whom to write instead."""
    if deposit is None or not deposit.can_revoke or not deposit.sent_at:
        return None
    return deposit._replace(other=_find_other_contact(sheet)) if turn.state is State.MAIL_BOUNCED else deposit


def _find_other_contact(sheet: Sheet) -> str | None:
    """Name the other contact of the record whom the sending form then proposes; None: there is none."""
    recipient = sheet.links[0].recipient if sheet.links else ""
    person = contacts.find_other_contact(sheet.page.parcours.company.contacts, sheet.health, recipient)
    return person.name if person is not None else None


def _find_link_to_pass_on(sheet: Sheet, now: datetime) -> LinkToPassOn | None:
    """Find the link that this buyer passes on, and whether it may be mailed to them again; None for others."""
    parcours, link = sheet.page.parcours, next(iter(sheet.links), None)
    if link is None or not reminding.holds_the_link(parcours, sheet.role):
        return None
    again = reminding.is_outsider_awaited(
        parcours.status, parcours.step, parcours.setback
    ) and not reminding.is_reminded(parcours, now)
    at = parcours.reminded_at or parcours.last_sent_at or link.created_at
    return LinkToPassOn(at, link.recipient, again)


def _list_company_numbers(sheet: Sheet) -> list[CompanyNumber] | None:
    """List the telephone numbers of the company; None when this person knows none."""
    known = list_contacts_to_call(sheet) if sheet.sees_contacts else []
    return [
        CompanyNumber(contact.name, contact.phone, codes.health(sheet.health(contact)).refused)
        for contact in known
        if contact.phone
    ] or None


def _can_remind(person: Account, sheet: Sheet, now: datetime) -> bool:
    """Whether this person may send a reminder now."""
    parcours = sheet.page.parcours
    return may(person, Act.REMIND, parcours) and reminding.can_remind(parcours, sheet.role, now)


def _remind_label(sheet: Sheet) -> str:
    """Label the button that sends a reminder by whom it reminds."""
    unread_by_buyer = sheet.page.parcours.sent_to is Role.BUYER and sheet.role not in reminding.BUYS
    return "Relancer l’acheteuse ou l’acheteur" if unread_by_buyer else "Relancer l’entreprise"


def _away_until(parcours: Parcours, turn: Turn, now: datetime) -> date | None:
    """The last day of the absence for which the coordinator has the turn."""
    absence = parcours.tutor_absence
    if absence is None or turn.role is not Role.COORDINATOR:
        return None
    return absence.last if absence.first <= day_of(now) <= absence.last else None


def _build_request_note(sheet: Sheet) -> list[str]:
    """Build the note about a request about personal data that waits for its answer; none where there is no request."""
    passage = find_current_attempt(sheet)
    if passage is None or not passage.awaits_talk:
        return []
    return [
        "Une demande sur les données de ce jeune est arrivée\u00a0: rien ne part avant qu’on lui ait parlé."
    ]


def _build_delivery_note(sheet: Sheet, now: datetime) -> list[str]:
    """Build the note about a mail whose delivery nobody confirmed, and what to do; none where it was."""
    since = _count_unconfirmed_hours(sheet, now)
    if since is None or sheet.deposit is None:
        return []
    return [". ".join(codes.mailing(sheet.deposit, sheet.links[0].to, since))]


def _count_unconfirmed_hours(sheet: Sheet, now: datetime) -> int | None:
    """Count the hours since a mail left whose delivery nobody confirmed; None: there is nothing to check."""
    link = next(iter(sheet.links), None)
    if sheet.deposit is None:
        return None
    since = delivering.unheard_since(sheet.deposit, link, config.settings().delivery_hours, now)
    return None if since is None else int(since.total_seconds()) // 3600


def _build_mailing(sheet: Sheet, now: datetime) -> MailingShown | None:
    """Say what became of the link's mail, while its reader is awaited."""
    deposit, link = sheet.deposit, next(iter(sheet.links), None)
    if deposit is None or link is None or deposit.state not in UNOPENED:
        return None
    label, advice = codes.mailing(deposit, link.to, _count_unconfirmed_hours(sheet, now))
    return MailingShown(label, advice) if label else None


def _build_calendar_notes(parcours: Parcours, turn: Turn, now: datetime) -> list[str]:
    """Build the notes about days that the calendar does not know."""
    notes = []
    if turn.role in STAND_INS and zone_of(parcours.tutor_academie or parcours.placement.academie) is None:
        notes.append("Les vacances scolaires de cette académie ne sont pas connues ici : ces jours comptent.")
    last = warning(terms.calendar(), now)
    if last is not None:
        notes.append(
            f"Le calendrier des vacances et des jours fériés s’arrête au {french.jour_court(last)}. "
            "Après ce jour, seuls les week-ends sont connus. Prévenez l’équipe."
        )
    return notes


def show_sheet(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show a parcours: whose turn it is, what happened, who is on it."""
    try:
        sheet = parcours_stories.read_sheet(call.agent, parcours_id, now=call.now)
    except NotFound:
        return lists.show_offers_instead(call, "fermee")
    meeting = meetings.build_meeting_card(call.agent, sheet, call.now)
    return call.show(_build_page(call, sheet, find_notice(call.query("fait")), meeting), "parcours")


UNSEEN: dict[type[RelayError], str] = {HolidayUnseen: "feries_vus", HostUnseen: "hote_vu"}
"""Field by which it is confirmed."""


def answer_dates(call: AgentCall[MeetingForm], parcours_id: str) -> Response:
    """Take what the tutor's side says of the meeting; refused, the page comes back with what was typed, and why."""
    person, now = call.agent, call.now
    try:
        done = meetings.take_answer(person, parcours_id, call.form, now)
    except (FieldInvalid, HolidayUnseen, HostUnseen, SlotTaken, ChangedMeanwhile) as refusal:
        sheet = parcours_stories.read_sheet(person, parcours_id, now=now)
        row, sentence = describe(refusal)
        field = UNSEEN.get(type(refusal)) or str(refusal.facts.get("field", ""))
        refused = Notice(row.title, sentence, kind="refus")
        meeting = meetings.build_meeting_card(person, sheet, now, call.form, FieldError(field, sentence))
        return call.show(_build_page(call, sheet, refused, meeting), "parcours", refusal)
    return redirect(f"/parcours/{parcours_id}?fait={done}")


def _build_page(
    call: AgentCall[Any], sheet: Sheet, done: Notice | None, meeting: MeetingCard | None
) -> SheetPage:
    """Build the page of a parcours; ``done``: the notice of what was just done; ``meeting``: its card, if there is one."""
    person, now = call.agent, call.now
    parcours, turn, timeline = sheet.page.parcours, sheet.turn, build_timeline(person, sheet)
    deposit = _build_deposit(person, sheet, sheet.deposit, now) if sheet.deposit else None
    acts = _build_acts(person, sheet, turn, deposit, now) if turn else []
    in_card = frozenset(gesture.act for gesture in acts)
    noted = words.AWAITED[turn.state].notes if turn and "note" in in_card else ()
    return SheetPage(
        today=day_of(now),
        parcours=build_offer(parcours),
        turn=build_turn_card(sheet, turn, now, acts) if turn else None,
        in_card=in_card,
        steps=_build_steps(parcours),
        coming=ToCome((turn.role or Role.SYSTEM).value, format_title(sheet, turn)) if turn else None,
        days=timeline.list_days(_list_current_events(sheet)),
        past=_build_past_passages(sheet, timeline),
        notice=done,
        deposit=deposit,
        statement=_find_statement(sheet, timeline),
        erasable=_find_erasable(person, sheet),
        can_end=may(person, Act.END, parcours) and "stop" not in in_card,
        can_give_back=ending.may_give_back(parcours),
        can_take=may(person, Act.TAKE, parcours),
        people=list_people(person, sheet),
        phone_code=sending.build_phone_code(person, sheet, now),
        record=_build_record_aside(person, sheet, in_card, now),
        announcement=sending.build_announcement(sheet),
        young_notice=sending.build_young_notice(person, sheet),
        outcomes=outcomes.build_choices(person, sheet, "", now, but=noted),
        meeting=meeting,
    )


def _build_steps(parcours: Parcours) -> list[StepState]:
    """Build the steps of a passage « en préparation », each done, current or to do."""
    if (
        parcours.status is not ParcoursStatus.IN_PREPARATION
        or parcours.step is None
        or not parcours.step.is_known
    ):
        return []
    order = list(Step)
    at = order.index(parcours.step)
    states = ["done"] * at + ["current"] + ["todo"] * (len(order) - at - 1)
    return [StepState(codes.STEP[step], state) for step, state in zip(order, states, strict=True)]


def _list_current_events(sheet: Sheet) -> tuple[Event, ...]:
    """List the facts of the passage under way, and those that belong to none; all of them when none is under way."""
    past = _list_ended_attempts(sheet)
    return tuple(event for event in sheet.page.events if event.attempt not in past)


def _list_ended_attempts(sheet: Sheet) -> dict[int, Attempt]:
    """List the ended passages by number; none when no passage is under way, as the last one is then shown whole."""
    if sheet.page.parcours.reference is None:
        return {}
    return {attempt.number: attempt for attempt in sheet.page.attempts if attempt.ended_at is not None}


def _build_past_passages(sheet: Sheet, timeline: Timeline) -> list[PastPassage]:
    """Build the earlier passages, the latest first, each folded."""
    folded = []
    for number, attempt in sorted(_list_ended_attempts(sheet).items(), reverse=True):
        events = tuple(event for event in sheet.page.events if event.attempt == number)
        months = french.months(attempt.opened_at, attempt.ended_at or attempt.opened_at)
        facts = f"{len(events)} fait{'s' if len(events) > 1 else ''}"
        folded.append(PastPassage(f"Passage précédent, {months} ({facts})", timeline.list_days(events)))
    return folded


def _build_deposit(person: Account, sheet: Sheet, deposit: Deposit, now: datetime) -> DepositShown:
    """Build the last sending: its state, what became of its mail, what this person may do with it."""
    parcours, contents, link = sheet.page.parcours, deposit.contents, next(iter(sheet.links), None)
    live = deposit.is_live(now) and deposit.state is not DepositState.CONFIRMED
    can_revoke = may(person, Act.ERASE, parcours) and live
    link_died = link is not None and link.mail_refused_at is not None
    return DepositShown(
        id=deposit.id,
        etat=codes.DEPOSIT_SLUG[deposit.state],
        recipient=(link or contents).recipient if contents else None,
        sent_at=deposit.left_at,
        state_label=codes.LINK_DEAD if link_died else codes.deposit_state(deposit),
        mailing=_build_mailing(sheet, now),
        kinds_label=timeline_words.the_documents(deposit.kinds)[0],
        vu="ouvert" if deposit.state in OPENED else "ferme",
        was_opened=was_ever_opened(deposit, sheet.page.events),
        link=link.id if link else "",
        version=link.version if link else 1,
        live=live,
        stopped=deposit.id == parcours.live_deposit and parcours.has_stopped(now),
        can_resend=can_revoke and _can_resend(sheet, deposit, link),
        can_revoke=can_revoke,
        documents=_build_documents(deposit),
    )


def _can_resend(sheet: Sheet, deposit: Deposit, link: Link | None) -> bool:
    """Whether a new link can go to the same recipient: the state allows it, and the mailbox takes mails again if it did not."""
    if deposit.state not in SENT_AGAIN or sheet.page.parcours.arriving is not None:
        return False
    came_back = link is not None and deposit.mailing in FOR_GOOD
    return not came_back or accompanying.takes_mails(sheet.work, link.recipient if link else "")


def _build_documents(deposit: Deposit) -> list[DocumentShown]:
    """Build the documents of a sending with their states."""
    documents = deposit.contents.documents if deposit.contents else ()
    return [
        DocumentShown(
            codes.KIND[document.kind], codes.document_state(document), codes.document_message(document)
        )
        for document in documents
    ]


def _find_statement(sheet: Sheet, timeline: Timeline) -> str | None:
    """Find where the erasure of the last documents is stated, if they are gone and this person keeps the young person's file."""
    sent_at = sheet.deposit.created_at if sheet.deposit else None
    erasures = (
        event for event in sheet.page.events if event.id in timeline.stated and event.sent_at == sent_at
    )
    return next((build_statement_path(event) for event in erasures), None)


def _find_erasable(person: Account, sheet: Sheet) -> str | None:
    """Find the sending of which everything may be erased on request; None when there is none left."""
    deposit = sheet.deposit
    if deposit is None or deposit.state is DepositState.ERASED:
        return None
    return deposit.id if may(person, Act.ERASE, sheet.page.parcours) else None
