"""The page of one parcours: its record, whose turn it is, its timeline, its last sending, and what the reader may do.

``sheet``: what the story has read for this reader (``stories/parcours.py``); ``person``: the reader. « Card »: the part at the
top that says whose turn it is and offers the acts that answer it; ``acts``: those acts, of which each is a ``Gesture``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib import config, french, terms
from chalicelib.domain import contacts, record
from chalicelib.domain.case import Case
from chalicelib.domain.documents import delivering
from chalicelib.domain.documents.erasure import was_ever_opened
from chalicelib.domain.documents.sending import OPENED, SENDING_STEPS, SENT_AGAIN
from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of, find_end_if_near, find_zone, last_day
from chalicelib.domain.kernel.deposit import UNOPENED, Deposit, DepositState, Mailing
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import UNDER_WAY, Absence, CannotCome, DataRequest, Parcours
from chalicelib.domain.kernel.people import ENDING_ROLES, Account, Act, may
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.meetings.slots import find_answer_by
from chalicelib.domain.parcours import assigning, ending, reminding, texting
from chalicelib.domain.parcours.turns import STAND_INS, Progress, State, Turn
from chalicelib.domain.parcours.young_acts import find_doubt
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
from chalicelib.stories.meetings import load_appointment
from chalicelib.stories.parcours import Sheet
from chalicelib.web import lists, meetings, outcomes, sending
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import ASKED, describe
from chalicelib.web.kit.http import RUN, redirect
from chalicelib.web.kit.page import (
    AgentCall,
    DayOfFacts,
    FactLine,
    Offer,
    People,
    Timeline,
    build_offer,
    build_statement_path,
    build_timeline,
    find_notice,
    find_person_to_ask_for,
    list_contacts_to_call,
    list_people,
)
from chalicelib.web.kit.page_view import FieldError, Notice, PageView
from chalicelib.web.meetings import MeetingCard, MeetingForm
from chalicelib.web.outcomes import OutcomeChoices
from chalicelib.web.record import ContactQuestion, list_contact_questions
from chalicelib.words import codes
from chalicelib.words import timeline as timeline_words
from chalicelib.words import turns as words
from chalicelib.words.codes import Labelled
from chalicelib.words.turns import CardAct


class SmsReminder(NamedTuple):
    """A reminder by SMS, to whoever has not opened the link. ``number``: masked; ``sent_at``: when one left this week."""

    number: str
    is_stopped: bool
    """Whether this person answered « STOP »."""
    sent_at: datetime | None
    leaves_at: datetime | None
    """When one that was asked for leaves; None: none waits."""
    leaves_now: bool


class RecordAside(NamedTuple):
    """The last lines of the record beside the page, and what the reader may do with it.

    ``assigned``: a passage is under way; ``reserved_until``: until when a taken offer is kept while nothing is sent.
    """

    can_edit: bool
    can_confirm: bool
    can_assign: bool
    assigned: bool
    can_remind: bool
    holds_link: bool
    """Whether the reader holds the link and is not reminded of it here."""
    remind_label: str
    reminded_at: datetime | None
    sms: SmsReminder | None
    """None: nobody may get one now, or not by this reader."""
    can_withdraw: bool
    can_offer_again: bool
    reports: list[Labelled]
    """Why the reader may report the offer; empty: not at all."""
    reserved_until: datetime | None
    odd_hours: bool
    """Whether the length is none of the model contracts."""
    where: str
    domain: str


class LinkToPassOn(NamedTuple):
    """The link that a buyer passes on to the company: when and to which address it was mailed last.

    ``again``: it may be mailed to this reader once more.
    """

    at: datetime
    address: str
    again: bool


class CompanyNumber(NamedTuple):
    """A telephone number of the company; ``warning``: in words, what is known against calling it first, or empty.

    ``ask_for``: whom to ask for there, whose own number is unknown; empty for nobody.
    """

    name: str
    phone: str
    warning: str
    ask_for: str


class StepState(NamedTuple):
    """A step of the passage; ``state``: « done », « current » or « todo »."""

    label: str
    state: str


class PastPassage(NamedTuple):
    """An earlier passage, shown folded."""

    title: str
    days: list[DayOfFacts]


class MailingShown(NamedTuple):
    """What became of the mail that carried the link, and what the reader should do about it."""

    label: str
    advice: str


class DocumentShown(NamedTuple):
    """A document of a sending, and its state."""

    label: str
    state_label: str
    message: str | None


class DepositShown(NamedTuple):
    """A sending of documents, and what the reader may do with it.

    ``etat``: slug of its state; ``vu`` (« ouvert » or « ferme »), ``link`` and ``version``: what the page shows, which its forms
    give back.
    """

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
    can_resend: bool
    can_revoke: bool
    can_redirect: bool
    """Whether something may be sent to another address as soon as it is withdrawn."""
    documents: list[DocumentShown]
    other: str | None = None
    """Whom the form of the next sending proposes once this address refused: another contact of the record."""


class SaidToAnswer(NamedTuple):
    """Where to say what came of a word with the young person; ``seen``: the ``page_version`` of what they said."""

    address: str
    seen: str
    ending: str
    """Where to end the passage; empty where only a meeting is in doubt."""


GestureContent = (
    str
    | SaidToAnswer
    | DepositShown
    | LinkToPassOn
    | sending.Withdrawable
    | sending.AskedColleague
    | outcomes.OutcomeChoices
    | outcomes.CompanyRefusal
    | CompanyNumber
)


class Gesture(NamedTuple):
    """An act that the card offers: the lower-case name of a ``CardAct``, and what its macro in ``macros/turn.html`` shows."""

    act: str
    content: GestureContent


class TurnCard(NamedTuple):
    """The card: whose turn it is, since and until when, and the acts that answer it.

    ``yours``: it is the reader's turn; ``due``: by which day; ``late``: how late, in words; ``late_since``: since when.
    """

    yours: bool
    quiet: bool
    """Whether nobody is awaited."""
    title: str
    since: datetime
    due: date | None
    days: Progress | None
    """Its days, a box for each; None where there is no delay, or it is longer than ``MOST_BOXES``."""
    late: str
    late_since: datetime | None
    away: Absence | None
    """For which another person than the tutor has the turn."""
    notes: list[str]
    acts: list[Gesture]


@dataclass(frozen=True, slots=True)
class SheetPage(PageView):
    """The page of a parcours.

    ``days``: the events of the current passage by day; ``past``: earlier passages; ``statement``:
    path of the page that states an erasure; ``can_take``: the reader may take the offer.
    """

    template = "parcours"

    today: date
    parcours: Offer
    turn: TurnCard | None
    revision: int
    """Of the parcours, which changes with whatever happens there."""
    followed: bool
    """Whether the page follows what happens: a passage is under way, and a sending of it is shown."""
    in_card: frozenset[str]
    """The acts of the card, which the page does not offer once more."""
    steps: list[StepState]
    days: list[DayOfFacts]
    past: list[PastPassage]
    notice: Notice | None
    deposit: DepositShown | None
    statement: str | None
    erasable: str | None
    """Id of the sending of which everything may be erased on request."""
    can_send: bool
    """Whether documents may be sent now, and the card does not lead there."""
    can_end: bool
    can_give_back: bool
    can_take: bool
    people: People | None
    phone_code: sending.PhoneCode | None
    record: RecordAside
    announcement: sending.ReadyText | None
    leaving_mail: outcomes.LeavingMail | None
    """The mail that leaves if the reader takes the offer; None: the reader may not, or none does."""
    young_notice: sending.YoungNotice | None
    outcomes: OutcomeChoices | None
    questions: list[ContactQuestion]
    meeting: MeetingCard | None
    held: str | None
    """Who treats it now and since when, in words; None: nobody does."""
    walk: lists.Walk | None
    """Where it is in the list that is opened one by one; None: it was opened alone. With it come the next two."""
    say: list[str]
    """Sentences for the call."""
    last: list[FactLine]
    """The last facts."""


def _build_record_aside(person: Account, sheet: Sheet, in_card: frozenset[str], now: datetime) -> RecordAside:
    """Build what stands beside the record; ``in_card``: acts that the card offers, which are not offered here again."""
    parcours, place = sheet.page.parcours, sheet.page.parcours.placement
    assignable = parcours.status in UNDER_WAY | assigning.GIVEN
    waits = reminding.is_outsider_awaited(parcours)
    may_withdraw = may(person, Act.WITHDRAW, parcours)
    return RecordAside(
        can_edit=may(person, Act.EDIT, parcours),
        can_confirm=may(person, Act.CONFIRM_CONTACTS, parcours),
        can_assign=may(person, Act.ASSIGN, parcours) and assignable,
        assigned=parcours.reference is not None,
        can_remind=_can_remind(person, sheet, now) and "remind" not in in_card,
        holds_link=waits and reminding.holds_the_link(parcours, sheet.role),
        remind_label=_format_remind_label(sheet),
        reminded_at=parcours.reminded_at if waits and sheet.sees_contacts else None,
        sms=_build_sms_reminder(person, sheet, now),
        can_withdraw=may_withdraw and parcours.status is ParcoursStatus.AVAILABLE,
        reports=codes.list_options(record.REPORTS) if may(person, Act.REPORT, parcours) else [],
        can_offer_again=may_withdraw and record.can_offer_again(parcours, day_of(now)),
        reserved_until=_format_reserved_until(sheet),
        odd_hours=place.hours not in territory.HOURS,
        where=f"{place.town} ({place.departement}), {french.academie(place.academie)}",
        domain=place.domain,
    )


def _format_reserved_until(sheet: Sheet) -> datetime | None:
    """Return until when a taken offer is kept while nothing is sent.

    None when it is not at risk of being given back, or the reader does not see the contacts.
    """
    parcours = sheet.page.parcours
    lapses = ending.find_lapse_at(parcours) is not None and parcours.status in UNDER_WAY
    return parcours.reserved_until if lapses and sheet.sees_contacts else None


BEHIND = frozenset({"send", "resend", "elsewhere", "stop"})
"""Gestures that stand behind « L’envoi » and « Arrêter », unless one of them is the primary one."""
LAST_FACTS = 3
MOST_BOXES = 31
"""A longer delay is shown by its date alone."""


def build_turn_card(sheet: Sheet, turn: Turn, now: datetime, acts: Sequence[Gesture] = ()) -> TurnCard:
    """Build the card that says whose turn it is; ``acts``: what it offers to the reader."""
    parcours = sheet.page.parcours
    return TurnCard(
        yours=sheet.yours,
        quiet=turn.role is None,
        title=format_title(sheet, turn),
        since=turn.since,
        due=_find_due(sheet, turn, now),
        days=_find_progress(sheet, turn),
        late=words.format_late(turn, day_of(now)),
        late_since=turn.late_since,
        away=_find_absence(parcours, now),
        notes=[
            *_build_request_notes(sheet, now),
            *_build_delivery_note(sheet, now),
            *_build_calendar_notes(parcours, turn, now),
        ],
        acts=list(acts),
    )


def _find_due(sheet: Sheet, turn: Turn, now: datetime) -> date | None:
    """Return by which day somebody is to act, that of the first date ahead where one is to be chosen; None without a delay."""
    if turn.role is None or turn.due_at is None:
        return None
    is_choice = turn.state is State.TO_CHOOSE
    proposed = load_appointment(sheet.work, sheet.page.parcours) if is_choice else None
    return last_day(find_answer_by(turn.due_at, proposed.slots if proposed else (), now))


def _find_progress(sheet: Sheet, turn: Turn) -> Progress | None:
    """Return how many days of the turn's delay have passed; None without a delay, or when it exceeds ``MOST_BOXES`` days."""
    progress = sheet.progress
    is_shown = progress is not None and turn.due_at is not None and progress.days_total <= MOST_BOXES
    return progress if is_shown else None


def format_title(sheet: Sheet, turn: Turn) -> str:
    """Return the title of the turn: « À vous : choisissez une date », « À Jeanne Roy : choisir une date »."""
    name = sheet.awaited.name if sheet.awaited else ""
    return words.format_title(turn, sheet.page.parcours, yours=sheet.yours, name=name)


def _build_acts(
    person: Account, sheet: Sheet, turn: Turn, deposit: DepositShown | None, now: datetime
) -> list[Gesture]:
    """Return the acts that answer this turn and that the reader may do now, the primary one first.

    ``words.AWAITED`` lists the acts of each state; those that are not possible, or not for this reader, are left out.
    """
    acts = words.NOBODYS.acts if turn.is_nobodys and sheet.yours else words.AWAITED[turn.state].acts
    contents = _build_act_contents(person, sheet, turn, deposit, now)
    offered = [(act, contents.get(act)) for act in acts]
    return [Gesture(act.name.lower(), content) for act, content in offered if content is not None]


def _list_acts_of_card(acts: list[Gesture]) -> list[Gesture]:
    """Return the acts that stand on the card: the primary one, and those that do not stand ``BEHIND``."""
    return [gesture for gesture in acts if gesture is acts[0] or gesture.act not in BEHIND]


def _build_act_contents(
    person: Account, sheet: Sheet, turn: Turn, deposit: DepositShown | None, now: datetime
) -> dict[CardAct, GestureContent | None]:
    """Return what each act shows on the card; None: it is not possible, or not for this reader."""
    parcours = sheet.page.parcours
    sending_path = find_sending_path(sheet)
    return {
        CardAct.SEND: sending_path,
        CardAct.RESEND: deposit if deposit and deposit.can_resend else None,
        CardAct.PASS_ON: _find_link_to_pass_on(sheet, now),
        CardAct.STRAIGHT: sending.find_withdrawable(sheet),
        CardAct.ELSEWHERE: _find_sending_to_redirect(sheet, turn, deposit),
        CardAct.CONSENT: sending.build_colleague_question(person, sheet, now),
        CardAct.REMIND: _format_remind_label(sheet) if _can_remind(person, sheet, now) else None,
        CardAct.CALL: _find_number_to_call(sheet),
        CardAct.NOTE: outcomes.build_choices(person, sheet, now, only=words.AWAITED[turn.state].notes),
        CardAct.UNDO: outcomes.find_company_refusal(person, sheet, now),
        CardAct.STOP: f"/parcours/{parcours.id}/fin" if may(person, Act.END, parcours) else None,
        CardAct.ASSIGN: f"/parcours/{parcours.id}/tutrice" if may(person, Act.ASSIGN, parcours) else None,
        CardAct.TALKED: find_request_to_answer(person, sheet),
        CardAct.KEEP: find_doubt_to_answer(person, sheet, now),
    }


def find_sending_path(sheet: Sheet) -> str | None:
    """Return the path of the page that sends documents; None when none may be sent now, or not by the reader."""
    return f"/parcours/{sheet.page.parcours.id}/envoi" if sheet.may_send else None


def find_request_to_answer(person: Account, sheet: Sheet) -> SaidToAnswer | None:
    """Return where this person may say that a request was talked over with the young person; None: none waits, or not hers."""
    request = sheet.page.parcours.data_request if sheet.page.parcours.is_held else None
    return _build_said_to_answer(person, sheet, request, ending=f"/parcours/{sheet.page.parcours.id}/fin")


def find_doubt_to_answer(person: Account, sheet: Sheet, now: datetime) -> SaidToAnswer | None:
    """Return where this person may say that the young person comes to the meeting after all; None: it is not asked of them."""
    return _build_said_to_answer(person, sheet, find_doubt(sheet.page.parcours, now))


def _build_said_to_answer(
    person: Account, sheet: Sheet, said: DataRequest | CannotCome | None, ending: str = ""
) -> SaidToAnswer | None:
    """Return where this person answers what the young person said; None: nothing is said, or others answer it."""
    parcours = sheet.page.parcours
    if said is None or not may(person, Act.TALK, parcours):
        return None
    return SaidToAnswer(f"/parcours/{parcours.id}/notice", said.page_version, ending)


def _find_sending_to_redirect(sheet: Sheet, turn: Turn, deposit: DepositShown | None) -> DepositShown | None:
    """Return the sending that may be withdrawn to send to another address; None when there is none.

    When its mail reached nobody, the other contact is named to whom the next sending is proposed.
    """
    if deposit is None or not deposit.can_redirect or not deposit.sent_at:
        return None
    is_unreached = turn.state is State.MAIL_FAILED
    return deposit._replace(other=_find_other_contact(sheet)) if is_unreached else deposit


def _find_other_contact(sheet: Sheet) -> str | None:
    """Return the name of the other contact whom the sending form proposes next; None when there is none."""
    recipient = sheet.links[0].recipient if sheet.links else ""
    person = contacts.find_other_contact(sheet.page.parcours.company.contacts, sheet.health, recipient)
    return person.name if person is not None else None


def _find_link_to_pass_on(sheet: Sheet, now: datetime) -> LinkToPassOn | None:
    """Return the link that the reader, a buyer, is to pass on to the company; None for other readers, and without a link."""
    parcours, link = sheet.page.parcours, next(iter(sheet.links), None)
    if link is None or not reminding.holds_the_link(parcours, sheet.role):
        return None
    again = reminding.is_outsider_awaited(parcours) and not reminding.is_reminded(parcours, now)
    at = parcours.reminded_at or parcours.last_sent_at or link.created_at
    return LinkToPassOn(at, link.recipient, again)


def _find_number_to_call(sheet: Sheet) -> CompanyNumber | None:
    """Return whom to call first in the company; None without a number, or when the reader does not see the contacts.

    The number of who has left is no way to the company.
    """
    known = list_contacts_to_call(sheet) if sheet.sees_contacts else []
    ask_for = find_person_to_ask_for(known)
    numbers = (
        CompanyNumber(
            contact.name, contact.phone, codes.format_health(sheet.health(contact)).before_call, ask_for
        )
        for contact in known
        if contact.phone and not contact.is_gone
    )
    return next(numbers, None)


def _can_remind(person: Account, sheet: Sheet, now: datetime) -> bool:
    """Return whether the reader may send a reminder now."""
    parcours = sheet.page.parcours
    if not may(person, Act.REMIND, parcours) or not reminding.can_remind(
        parcours, sheet.turn, sheet.role, now
    ):
        return False
    buyer = reminding.asks_buyer(parcours, sheet.role)
    return reminding.find_asked_for_dates(parcours, next(iter(sheet.links), None), buyer=buyer) is not None


def _build_sms_reminder(person: Account, sheet: Sheet, now: datetime) -> SmsReminder | None:
    """Build what the page says of a reminder by SMS; None: nobody may get one now, or not by this reader."""
    parcours = sheet.page.parcours
    if not may(person, Act.SEND, parcours):
        return None
    case = Case(parcours, sheet.page.find_attempt(parcours.attempt), sheet.deposit, sheet.links)
    texted = accompanying.find_texting(sheet.work, case, now)
    if texted is None:
        return None
    reader, _ = texted
    departure = texting.find_departure(now, terms.calendar())
    waiting = sheet.work.get(OutboxMail, texting.derive_key(reader, departure))
    last = texting.find_last(sheet.page.events, reader.link)
    is_recent = last is not None and last.kind is EventKind.SMS_SENT and now < last.at + texting.BETWEEN
    return SmsReminder(
        number=french.numero_masque(reader.number),
        is_stopped=last is not None and last.kind is EventKind.SMS_STOPPED,
        sent_at=last.at if last is not None and is_recent else None,
        leaves_at=departure if waiting is not None else None,
        leaves_now=departure == now,
    )


def _format_remind_label(sheet: Sheet) -> str:
    """Return the label of the button that sends a reminder, which says whom it reminds: the buyer or the company."""
    unread_by_buyer = sheet.page.parcours.sent_to is Role.BUYER and sheet.role not in reminding.BUYS
    return "Relancer l’acheteur" if unread_by_buyer else "Relancer l’entreprise"


def _find_absence(parcours: Parcours, now: datetime) -> Absence | None:
    """Return the absence that the tutor announced, whosever turn it is; None once it is over."""
    absence = parcours.tutor_absence
    return absence if absence is not None and day_of(now) <= absence.last else None


def _build_request_notes(sheet: Sheet, now: datetime) -> list[str]:
    """Return notes while something that the young person said waits, for those who may have a word with them; else none."""
    parcours = sheet.page.parcours
    if sheet.role not in ENDING_ROLES:
        return []
    return _build_data_notes(parcours) + _build_doubt_notes(parcours, now)


def _build_data_notes(parcours: Parcours) -> list[str]:
    """Return notes while a request about the young person's data waits; else an empty list."""
    if not parcours.is_held:
        return []
    notes = [
        ASKED["stop" if parcours.is_stopped else "data"],
        "Avant un échange avec le jeune, noté ici, rien n’avance, et rien ne part sauf une annulation, "
        "un refus ou une fin. Ce qui est noté part aussi à la déléguée à la protection des données.",
    ]
    if parcours.live_link is None:
        return notes
    return [*notes, "Un lien déjà parti est suspendu\u00a0: il n’ouvre rien d’ici là."]


def _build_doubt_notes(parcours: Parcours, now: datetime) -> list[str]:
    """Return a note while the young person cannot come to the meeting ahead; else an empty list."""
    if find_doubt(parcours, now) is None:
        return []
    return [
        "Sur la page de suivi du jeune, quelqu’un a appuyé sur «\u00a0Je ne peux pas venir\u00a0». L’entreprise ne le sait pas."
    ]


def _build_delivery_note(sheet: Sheet, now: datetime) -> list[str]:
    """Return a note about a mail whose delivery nobody has confirmed, with what to do; else an empty list."""
    since = _count_unconfirmed_hours(sheet, now)
    if since is None or sheet.deposit is None:
        return []
    return [". ".join(codes.format_mailing(sheet.deposit, sheet.links[0].to, since))]


def _count_unconfirmed_hours(sheet: Sheet, now: datetime) -> int | None:
    """Return how many hours ago the mail left whose delivery nobody has confirmed.

    None when there is nothing to check: delivery was confirmed or refused, the link was used, somebody was reached since, or the
    mail left only recently.
    """
    link = next(iter(sheet.links), None)
    if sheet.deposit is None or link is None or sheet.page.parcours.was_heard:
        return None
    since = delivering.measure_silence(sheet.deposit, link, config.settings().delivery_hours, now)
    return None if since is None else int(since.total_seconds()) // 3600


def _build_mailing(sheet: Sheet, now: datetime) -> MailingShown | None:
    """Return what became of the mail with the link; None once it is known to have arrived, and when there is nothing to say."""
    deposit, link = sheet.deposit, next(iter(sheet.links), None)
    if deposit is None or link is None or deposit.state not in UNOPENED:
        return None
    if deposit.mailing is Mailing.RETURNED and sheet.page.parcours.was_heard:
        return None  # its advice is to ask
    label, advice = codes.format_mailing(deposit, link.to, _count_unconfirmed_hours(sheet, now))
    return MailingShown(label, advice) if label else None


def _build_calendar_notes(parcours: Parcours, turn: Turn, now: datetime) -> list[str]:
    """Return notes about what the calendar does not know: the académie's school holidays, or days after its end."""
    notes = []
    if turn.role in STAND_INS and find_zone(parcours.tutor_academie or parcours.placement.academie) is None:
        notes.append("Les vacances scolaires de cette académie ne sont pas connues ici : ces jours comptent.")
    last = find_end_if_near(terms.calendar(), now)
    if last is not None:
        notes.append(
            f"Le calendrier des vacances et des jours fériés s’arrête au {french.jour_court(last)}. "
            "Après ce jour, seuls les week-ends sont connus. Prévenez l’équipe."
        )
    return notes


def show_sheet(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the page of a parcours; to a tutor who may not see it, or no longer, free offers are shown instead."""
    try:
        sheet = parcours_stories.read_sheet(call.agent, parcours_id, now=call.now)
    except NotFound:
        return lists.show_offers_instead(call, "fermee")
    meeting = meetings.build_meeting_card(call.agent, sheet, call.now)
    done = find_notice(call.query("fait"), sheet.page.events)
    return call.show(_build_page(call, sheet, done, meeting), "parcours")


UNSEEN: dict[type[RelayError], str] = {HolidayUnseen: "feries_vus", HostUnseen: "hote_vu"}
"""Field by which it is confirmed."""


def answer_dates(call: AgentCall[MeetingForm], parcours_id: str) -> Response:
    """Take an answer of the tutor's side about the meeting.

    When it is refused, the page is shown again with what was typed, and why.
    """
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
    """Build the page of a parcours; ``done``: notice of what was just done, if anything; ``meeting``: card of the meeting."""
    person, now = call.agent, call.now
    parcours, turn, timeline = sheet.page.parcours, sheet.turn, build_timeline(person, sheet)
    deposit = _build_deposit(person, sheet, sheet.deposit, now) if sheet.deposit else None
    acts = _build_acts(person, sheet, turn, deposit, now) if turn else []
    shown_acts = _list_acts_of_card(acts)
    in_card = frozenset(gesture.act for gesture in shown_acts)
    noted = words.AWAITED[turn.state].notes if turn and "note" in in_card else ()
    can_take = may(person, Act.TAKE, parcours)
    return SheetPage(
        today=day_of(now),
        parcours=build_offer(parcours),
        turn=build_turn_card(sheet, turn, now, shown_acts) if turn else None,
        revision=parcours.revision,
        followed=deposit is not None and parcours.reference is not None,
        in_card=in_card,
        steps=_build_steps(parcours, sheet.page.events),
        days=timeline.list_days(_list_current_events(sheet)),
        past=_build_past_passages(sheet, timeline),
        notice=done,
        deposit=deposit,
        statement=_find_statement(sheet, timeline),
        erasable=_find_erasable(person, sheet),
        can_send="send" in {gesture.act for gesture in acts} - in_card,
        can_end=may(person, Act.END, parcours) and "stop" not in in_card,
        can_give_back=ending.may_give_back(parcours),
        can_take=can_take,
        people=list_people(person, sheet),
        phone_code=sending.build_phone_code(person, sheet, now),
        record=_build_record_aside(person, sheet, in_card, now),
        announcement=sending.build_announcement(sheet),
        leaving_mail=outcomes.build_leaving_mail(person, parcours, gives=False) if can_take else None,
        young_notice=sending.build_young_notice(person, sheet),
        outcomes=outcomes.build_choices(person, sheet, now, but=noted),
        questions=list_contact_questions(person, parcours),
        meeting=meeting,
        held=_format_holder(person, sheet),
        walk=lists.read_walk(call.query(RUN)),
        say=words.build_pitch(parcours, turn),
        last=timeline.list_last(sheet.page.events, LAST_FACTS),
    )


def _format_holder(person: Account, sheet: Sheet) -> str | None:
    """Return who treats the parcours now, and since when; None: nobody does."""
    taken = sheet.page.parcours.taken_up
    if taken is None or sheet.taken_up is None:
        return None
    if sheet.taken_up.id == person.id:
        return f"Vous le traitez depuis {french.heure(taken.since)}"
    return words.format_holder(sheet.taken_up.name, taken.since)


def _build_steps(parcours: Parcours, events: tuple[Event, ...]) -> list[StepState]:
    """Return the steps of a passage « en préparation », each with its state; none for other statuses, and unknown steps."""
    if (
        parcours.status is not ParcoursStatus.IN_PREPARATION
        or parcours.step is None
        or not parcours.step.is_known
    ):
        return []
    before = list(Step)[: list(Step).index(parcours.step)]
    happened = {event.kind for event in events if event.attempt == parcours.attempt}
    done = [step for step in before if parcours.has_done(step, happened)]
    states = dict.fromkeys(done, "done") | {parcours.step: "current"}
    return [StepState(codes.STEP[step], states.get(step, "todo")) for step in Step]


def _list_current_events(sheet: Sheet) -> tuple[Event, ...]:
    """Return the events of the passage under way and those of no passage; all events when no passage is under way."""
    past = _list_ended_attempts(sheet)
    return tuple(event for event in sheet.page.events if event.attempt not in past)


def _list_ended_attempts(sheet: Sheet) -> dict[int, Attempt]:
    """Return the passages that ended, by number.

    None of them when no passage is under way: the last one is then shown in full.
    """
    if sheet.page.parcours.reference is None:
        return {}
    return {attempt.number: attempt for attempt in sheet.page.attempts if attempt.ended_at is not None}


def _build_past_passages(sheet: Sheet, timeline: Timeline) -> list[PastPassage]:
    """Build the earlier passages, the latest first."""
    folded = []
    for number, attempt in sorted(_list_ended_attempts(sheet).items(), reverse=True):
        events = tuple(event for event in sheet.page.events if event.attempt == number)
        months = french.months(attempt.opened_at, attempt.ended_at or attempt.opened_at)
        facts = f"{len(events)} ligne{'s' if len(events) > 1 else ''}"
        folded.append(PastPassage(f"Parcours précédent, {months} ({facts})", timeline.list_days(events)))
    return folded


def _build_deposit(person: Account, sheet: Sheet, deposit: Deposit, now: datetime) -> DepositShown:
    """Build the last sending: its state, what became of its mail, and what the reader may do with it."""
    parcours, contents, link = sheet.page.parcours, deposit.contents, next(iter(sheet.links), None)
    live = deposit.is_live(now) and deposit.state is not DepositState.CONFIRMED
    can_revoke = may(person, Act.SEND, parcours) and live
    link_died = link is not None and link.mail_refused_at is not None
    return DepositShown(
        id=deposit.id,
        etat=codes.DEPOSIT_SLUG[deposit.state],
        recipient=(link or contents).recipient if contents else None,
        sent_at=deposit.left_at,
        state_label=codes.LINK_DEAD if link_died else codes.format_deposit_state(deposit),
        mailing=_build_mailing(sheet, now),
        kinds_label=timeline_words.format_documents(deposit.kinds)[0],
        vu="ouvert" if deposit.state in OPENED else "ferme",
        was_opened=was_ever_opened(deposit, sheet.page.events),
        link=link.id if link else "",
        version=link.version if link else 1,
        can_resend=can_revoke and _can_resend(sheet, deposit, link),
        can_revoke=can_revoke,
        can_redirect=can_revoke and parcours.step in SENDING_STEPS and not parcours.is_held,
        documents=_build_documents(deposit),
    )


def _can_resend(sheet: Sheet, deposit: Deposit, link: Link | None) -> bool:
    """Return whether a new link can be mailed to the same recipient.

    The passage must be prepared and the deposit's state allow it, nothing may be arriving, held or declined, the person must not
    have left, and an address that refused the mail must take mails again.
    """
    parcours = sheet.page.parcours
    has_left = link is not None and parcours.has_left(link.recipient)
    is_prepared = (
        parcours.status is ParcoursStatus.IN_PREPARATION and parcours.setback is not Setback.DECLINED
    )
    is_stopped = not is_prepared or parcours.arriving is not None or parcours.is_held
    if deposit.state not in SENT_AGAIN or is_stopped or has_left:
        return False
    came_back = link is not None and any(event.kind is EventKind.MAIL_BOUNCED for event in sheet.page.events)
    return not came_back or accompanying.takes_mails(sheet.work, link.recipient if link else "")


def _build_documents(deposit: Deposit) -> list[DocumentShown]:
    """Build the documents of a sending with their states; none once the deposit's contents were erased."""
    documents = deposit.contents.documents if deposit.contents else ()
    return [
        DocumentShown(
            codes.KIND[document.kind],
            codes.format_document_state(document),
            codes.find_document_message(document),
        )
        for document in documents
    ]


def _find_statement(sheet: Sheet, timeline: Timeline) -> str | None:
    """Return the path of the page that states the erasure of the last documents.

    None when they are still there, or the reader may not see the statement.
    """
    sent_at = sheet.deposit.created_at if sheet.deposit else None
    erasures = (
        event for event in sheet.page.events if event.id in timeline.stated and event.sent_at == sent_at
    )
    return next((build_statement_path(event) for event in erasures), None)


def _find_erasable(person: Account, sheet: Sheet) -> str | None:
    """Return the id of the deposit of which everything may be erased on request; None when nothing is left, or for others."""
    deposit = sheet.deposit
    if deposit is None or deposit.state is DepositState.ERASED:
        return None
    return deposit.id if may(person, Act.ERASE, sheet.page.parcours) else None
