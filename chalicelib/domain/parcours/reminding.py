"""Remind who is awaited: « Relancer l’entreprise » by a press, and everybody by itself, on the clocks of the turns.

Reminders leave on the mornings of working days. Each has its day (``looks``); ``Parcours.prompted_at`` says up to when they were
looked at, so that a run that comes late, or twice, sends one for all that it missed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from chalicelib.domain.case import Case
from chalicelib.domain.kernel import calendar as days
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import check_notice
from chalicelib.domain.kernel.calendar import Calendar, Counts
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import ContactRole, Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import (
    REPEAT,
    Change,
    DecisionInputs,
    MailKind,
    OutboxMail,
    Transition,
)
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step, Value
from chalicelib.domain.parcours import turns
from chalicelib.domain.parcours.turns import State, Turn, TurnPolicy
from chalicelib.domain.record import find_present_contact
from chalicelib.errors import ContactGone, NothingSent, NoticeNeeded, RemindedToday, WrongStep

BETWEEN = timedelta(hours=20)
"""Nobody gets two reminders a day, whatever the hour of the first."""
AWAITED = frozenset({Step.LINK_SENT, Step.OPENED, Step.RECEIVED})
UNREAD = frozenset({Step.LINK_SENT, Step.OPENED})
BUYS = frozenset({Role.BUYER, Role.PRESCRIBER})
READABLE = frozenset({DepositState.LEFT, DepositState.OPENED})


class Sent(Protocol):
    """What a record and its list row both say of a sending."""

    @property
    def status(self) -> ParcoursStatus: ...
    @property
    def step(self) -> Step | None: ...
    @property
    def setback(self) -> Setback | None: ...
    @property
    def sent_to(self) -> Role | None: ...
    @property
    def holder(self) -> Role | None: ...
    @property
    def reminded_at(self) -> datetime | None: ...
    @property
    def is_held(self) -> bool: ...


def is_outsider_awaited(parcours: Sent) -> bool:
    """Whether the company or the buyer is awaited: a link is out, or dates are to be proposed, and nothing is held."""
    is_undisturbed = parcours.setback in {None, Setback.MEETING_MISSED} and not parcours.is_held
    return parcours.status is ParcoursStatus.IN_PREPARATION and parcours.step in AWAITED and is_undisturbed


def holds_the_link(parcours: Sent, role: Role | None) -> bool:
    """Whether the person in this role holds the link: a reminder would go to the one who sends it."""
    return role in BUYS and parcours.sent_to is Role.BUYER and parcours.step in UNREAD


def can_remind(parcours: Sent, turn: Turn | None, role: Role | None, now: datetime) -> bool:
    """Whether this role may remind somebody: pages show the button by it. ``turn``: of the parcours, as of ``now``."""
    return (
        parcours.holder is not None
        and is_outsider_awaited(parcours)
        and not is_reminded(parcours, now)
        and not holds_the_link(parcours, role)
        and (turn is None or turn.state is not State.MAIL_FAILED)
    )


def is_reminded(parcours: Sent, now: datetime) -> bool:
    """Whether the last reminder is too fresh for another one."""
    return parcours.reminded_at is not None and now < parcours.reminded_at + BETWEEN


class Asked(NamedTuple):
    """Whom a word without a link asks for dates."""

    address: str
    buys: bool
    """It is the buyer, who asks the company."""
    written: bool
    """The link went there: no need to say what it is about."""


def asks_buyer(parcours: Parcours, by: Role | None) -> bool:
    """Whether dates are asked of the buyer: the documents went there, and somebody else asks."""
    return parcours.sent_to is Role.BUYER and by not in BUYS


def find_asked_for_dates(parcours: Parcours, link: Link | None, *, buyer: bool) -> Asked | None:
    """Return whom to ask for dates when no link is out; None: nobody is known. ``link``: the last one.

    With ``buyer`` (see ``asks_buyer``): the buyer to whom the documents went, or whom the record names. Else of the company: who
    welcomes, then who got the link, then who answers the tender.
    """
    recipient = link.recipient if link is not None else ""
    if buyer and parcours.sent_to is not Role.BUYER and parcours.present_buyer_contact is not None:
        return Asked(parcours.present_buyer_contact.address, buys=True, written=False)
    if buyer and recipient:
        return Asked(recipient, buys=True, written=True)
    of_company = recipient if parcours.sent_to is Role.COMPANY else ""
    address = _find_company_address(parcours, of_company)
    return Asked(address, buys=False, written=fold(address) == fold(of_company)) if address else None


def _find_company_address(parcours: Parcours, recipient: str) -> str:
    """Return the address of the company to ask; empty: none is known.

    That is the ``recipient`` of a link that is unread, or with which dates were proposed, else who welcomes, else ``recipient``
    who is still there, else who answers the tender.
    """
    if recipient and parcours.step in UNREAD:
        return recipient  # knows what it is about
    contact = find_present_contact(parcours.company)
    is_present = bool(recipient) and not parcours.has_left(recipient)
    welcomes = contact is not None and contact.role is ContactRole.WELCOMES
    if is_present and (parcours.has_answered or not welcomes):
        return recipient
    return contact.address if contact is not None else ""


def is_unconfirmed(link: Link | None, deposit: Deposit | None, now: datetime) -> bool:
    """Whether this link still leads to documents that its recipient has not confirmed."""
    if link is None or deposit is None or link.is_dead:
        return False
    return bool(link.recipient) and deposit.state in READABLE and deposit.is_live(now)


def remind(case: Case, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Mail the same link again to its own recipient, or ask for dates where no link is out.

    Raises:
        NothingSent: nobody got documents. RemindedToday: the last reminder is too fresh.
        WrongStep: nobody outside is awaited, or nobody is known to ask. ContactGone: the recipient has left.
        NoticeNeeded: see ``check_notice``.
    """
    parcours, link = case.parcours, find_link(case, inputs.now)
    _check_may_remind(parcours, inputs.now)
    buyer = asks_buyer(parcours, by)
    event = inputs.build_event(EventKind.REMINDER_SENT, parcours.id, parcours.attempt, by=by)
    mail = inputs.build_mail(MailKind.REMINDER, parcours=parcours.id, link=link.id if link else None)
    mail = replace(mail, by=by, asks=Role.BUYER if buyer else Role.COMPANY)
    if link is not None and is_unconfirmed(link, case.deposit, inputs.now):
        if case.attempt is not None:
            check_notice(case.attempt)
        mail = replace(mail, version=link.version, deposit=link.deposit)
    elif holds_the_link(parcours, by) or find_asked_for_dates(parcours, link, buyer=buyer) is None:
        raise WrongStep
    after = replace(parcours.with_event(event), reminded_at=inputs.now)
    return Transition.noting(event, Change(parcours, after), mails=(mail,))


def _check_may_remind(parcours: Parcours, now: datetime) -> None:
    """Raise as ``remind`` unless somebody outside is awaited now, is still there, and was not reminded lately."""
    if parcours.status is ParcoursStatus.IN_PREPARATION and parcours.holder is None:
        raise NothingSent
    if not is_outsider_awaited(parcours):
        raise WrongStep
    if parcours.recipient_gone_at is not None:
        raise ContactGone
    if parcours.reminded_at is not None and is_reminded(parcours, now):
        raise RemindedToday(since=parcours.reminded_at)


def find_link(case: Case, now: datetime) -> Link | None:
    """Return the link to remind of: the present recipient's or, once they have left, a colleague's beside it; None: no link."""
    link, has_left = case.link, case.parcours.has_left
    if link is None or not has_left(link.recipient):
        return link
    present = (
        beside
        for beside in case.links
        if beside.id == link.added
        and is_unconfirmed(beside, case.deposit, now)
        and not has_left(beside.recipient)
    )
    return next(present, link)


def has_just(events: Sequence[Event], *, by: Role, now: datetime) -> bool:
    """Whether this role has just sent a reminder, so that a form sent twice reminds once."""
    return any(
        event.kind is EventKind.REMINDER_SENT and event.actor is by and now < event.at + REPEAT
        for event in events
    )


# ---- By itself --------------------------------------------------------------------------------------------------------
MORNING = time(8, 30)
"""In Paris: when the first mails of a day are read."""
EVENING = time(20)
"""After which a run that comes late leaves everything for the next morning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPolicy(Value):
    """When each who is awaited is reminded (settings)."""

    first_reminder_working_days: int = 2
    """Of the recipient of a link, after the sending,"""
    second_reminder_working_days: int = 5
    """and once more."""
    buyer_call_days: int = 7
    """Calendar days after which the buyer of a silent company is asked to call."""
    tutor_reminder_working_days: int = 2
    """Of the tutor's own days, without school holidays and absence."""
    sending_reminder_days: int = 14
    """Calendar days between two reminders of documents that are to be sent, while a reservation lasts."""
    repeat_reminder_working_days: int = 5
    """Between two reminders of somebody to whom a late turn has passed."""
    expiry_warning_days: int = 2
    """How long before unread documents go their tutor is warned."""


class Prompt(StrEnum):
    """Who is reminded."""

    RECIPIENT = "recipient"
    """Who holds the link, or is asked for dates."""
    BUYER = "buyer"
    """The buyer, who may call while the company is awaited."""
    AWAITED = "awaited"
    """The agent whose turn it is."""


class Look(NamedTuple):
    """One reminder of the plan."""

    at: datetime
    prompt: Prompt


AGENTS = frozenset({Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.TEAM})
"""Roles whose turn is somebody's with an account, as a rule: the company is reminded as the recipient of a link."""
REPEATED = frozenset({Role.TUTOR, Role.COORDINATOR})
"""Roles at which a late turn may stay."""


def is_morning(now: datetime, calendar: Calendar) -> bool:
    """Whether reminders leave now: from half past eight to the evening, on a day that is worked everywhere in France."""
    local = now.astimezone(days.PARIS)
    return MORNING <= local.time() < EVENING and _is_worked(local.date(), calendar)


def find_next_morning(now: datetime, calendar: Calendar) -> datetime:
    """Return when the next working morning begins."""
    day = days.day_of(now)
    later = day if now < find_morning(day) else day + timedelta(days=1)
    return find_morning(_find_first_counting(later, lambda day: _is_worked(day, calendar)))


def begins_week(day: date, calendar: Calendar) -> bool:
    """Whether this is the first working day of its week, whose digest also says what the week holds."""
    earlier = (day - timedelta(days=back) for back in range(1, day.weekday() + 1))
    return not any(_is_worked(each, calendar) for each in earlier)


def _is_worked(day: date, calendar: Calendar) -> bool:
    """Whether a day is worked everywhere in France: a weekday, and no common holiday."""
    return day.weekday() < 5 and day not in calendar.common_holidays


class Plan:
    """The automatic reminders of one parcours, as they follow from its present state."""

    def __init__(
        self, parcours: Parcours, calendar: Calendar, turn_policy: TurnPolicy, policy: ReminderPolicy
    ) -> None:
        self.parcours, self.calendar, self.policy = parcours, calendar, policy
        self.points = turns.list_breakpoints(parcours, calendar, turn_policy)
        self.clocks = turns.list_clocks(parcours, calendar, turn_policy)

    def next(self) -> datetime | None:
        """Return when somebody is to be reminded next; None: never."""
        done = self.parcours.prompted_at
        return next((look.at for look in self._looks() if done is None or look.at > done), None)

    def due(self, now: datetime) -> frozenset[Prompt]:
        """Return who is to be reminded at ``now``.

        Several missed reminders of one kind count as one; those of a turn that is over are dropped.
        """
        turn, done = turns.read_turn(self.points, now), self.parcours.prompted_at
        if turn is None:
            return frozenset()
        reminded = set()
        for look in self._looks():
            if look.at > now:
                break
            if (done is None or look.at > done) and self._fits(look.prompt, turn, now):
                reminded.add(look.prompt)
        return frozenset(reminded)

    def is_day(self, now: datetime) -> bool:
        """Whether today is a day for reminders of this parcours.

        At the tutor's turn it must be a day that counts for the tutor, else one that is worked where the internship is. Reminders
        to company or buyer also wait for a day after a call, and until the agreed day of the next call.
        """
        turn = turns.read_turn(self.points, now)
        if turn is None:
            return True
        outside = turn.role is Role.COMPANY or turn.state is State.TO_PASS_ON
        counts = self._tutors if turn.role is Role.TUTOR else self._works
        return counts(days.day_of(now)) and not (outside and _was_called(self.parcours, now - BETWEEN))

    def _fits(self, prompt: Prompt, turn: Turn, now: datetime) -> bool:
        """Whether this reminder still fits the turn: the one to be reminded is awaited (or, the buyer, may call the company)."""
        if prompt is Prompt.AWAITED:
            return turn.role in AGENTS and turn.state is not State.TO_PASS_ON
        waits = turn.role is Role.COMPANY or turn.state is State.TO_PASS_ON
        if prompt is Prompt.BUYER:
            return turn.role is Role.COMPANY
        return waits and not is_reminded(self.parcours, now)

    def _looks(self) -> Iterator[Look]:
        """Yield every reminder in order; those of a turn that stays late repeat for ever."""
        planned = [look for clock in self.clocks for look in self._plan_clock(clock) if look.at < clock.end]
        planned += [
            Look(self._morning_after(point.start), Prompt.AWAITED)
            for place, point in enumerate(self.points)
            if (place or point.role is Role.COORDINATOR) and point.role in AGENTS
        ]
        yield from sorted(planned)
        if self.points and self.points[-1].role in REPEATED and self.points[-1].late:
            at = self._morning_after(self.points[-1].start)
            while True:
                day = _count_forward(days.day_of(at), self.policy.repeat_reminder_working_days, self._works)
                at = find_morning(day)
                yield Look(at, Prompt.AWAITED)

    def _plan_clock(self, clock: turns.Clock) -> Iterator[Look]:
        """Yield the reminders within one clock of the turn. Some may lie behind its end: the caller drops them."""
        policy, start = self.policy, days.day_of(clock.start)
        if clock.role is Role.COMPANY or clock.state is State.TO_PASS_ON:
            first, second = policy.first_reminder_working_days, policy.second_reminder_working_days
            promised = self.parcours.promised_on
            if promised is not None:  # not before the day that was promised
                start, first, second = max(start, promised), 1, 1 + max(second - first, 1)
            for count in (first, second):
                yield Look(find_morning(_count_forward(start, count, self._works)), Prompt.RECIPIENT)
            if clock.role is Role.COMPANY:
                silent = days.day_of(clock.start) + timedelta(days=policy.buyer_call_days)
                if promised is not None:
                    silent = max(silent, start + timedelta(days=1))
                yield Look(find_morning(_find_first_counting(silent, self._works)), Prompt.BUYER)
        if clock.role is not Role.TUTOR:
            return
        if clock.counts is not None:
            yield Look(
                find_morning(_count_forward(start, policy.tutor_reminder_working_days, clock.counts)),
                Prompt.AWAITED,
            )
            return
        day = start + timedelta(days=policy.sending_reminder_days)
        while find_morning(day) < clock.end:
            yield Look(find_morning(_find_first_counting(day, self._tutors)), Prompt.AWAITED)
            day += timedelta(days=policy.sending_reminder_days)

    def _works(self, day: date) -> bool:
        """Whether a day is worked where the internship is."""
        return self.calendar.is_working(day, self.parcours.placement.departement)

    def _tutors(self, day: date) -> bool:
        """Whether a day counts for the tutor: worked, without school holidays and absence."""
        return turns.counts_for_tutor(self.parcours, self.calendar)(day)

    def _morning_after(self, at: datetime) -> datetime:
        """Return half past eight of the first working day whose morning is not before this instant."""
        day = days.day_of(at)
        return find_morning(
            _find_first_counting(day if at <= find_morning(day) else day + timedelta(days=1), self._works)
        )


def find_morning(day: date) -> datetime:
    """Return the instant at which reminders of this day are due."""
    return datetime.combine(day, MORNING, days.PARIS).astimezone(UTC)


def _count_forward(day: date, count: int, counts: Counts) -> date:
    """Return the ``count``-th day after ``day`` that counts."""
    while count:
        day += timedelta(days=1)
        count -= counts(day)
    return day


def _find_first_counting(day: date, counts: Counts) -> date:
    """Return ``day`` if it counts, else the next day that does."""
    return day if counts(day) else _count_forward(day, 1, counts)


def _was_called(parcours: Parcours, since: datetime) -> bool:
    """Whether somebody was reached since then, or a call is agreed for a later day, so that no automatic mail should follow."""
    called = (
        parcours.last_kind.move is not None and parcours.last_kind.move.reaches and parcours.last_at >= since
    )
    agreed = parcours.call_back_on is not None and parcours.call_back_on > days.day_of(since)
    return called or agreed


def may_answer_turn(role: Role | None, turn: Turn) -> bool:
    """Whether an agent in this role on a parcours can do what its turn asks: tutor and coordinator stand in for one another."""
    if turn.role in REPEATED:
        return role in REPEATED
    if turn.role is Role.TEAM:
        return role is Role.TEAM
    return turn.role is Role.BUYER and role in BUYS


def may_call(role: Role | None, turn: Turn) -> bool:
    """Whether an agent in this role may call a silent company: the buyer while it is awaited, afterwards those who accompany."""
    return (turn.role is Role.COMPANY and role in BUYS) or (turn.role is Role.BUYER and role in REPEATED)


def still_awaits(mail: OutboxMail, parcours: Parcours, turn: Turn | None) -> bool:
    """Whether an automatic reminder may still leave: nothing moved since it was decided, and its reader is still awaited.

    ``turn``: as it is when the mail leaves; None: nobody is awaited.
    """
    promised = parcours.promised_on is not None and parcours.promised_on > days.day_of(mail.created_at)
    moved = parcours.since > mail.created_at or _was_called(parcours, mail.created_at)
    if turn is None or moved or promised:
        return False
    asked = {Role.COMPANY, Role.BUYER} if mail.asks is Role.BUYER else {Role.COMPANY}
    return turn.role in asked or turn.state is State.TO_PASS_ON


REMINDERS = frozenset({MailKind.REMINDER, MailKind.REMINDER_OF_SEVERAL})
"""The second in the version before."""
LATEST = timedelta(days=6)
"""After which a reminder that did not leave is a mail like any other: it is given up."""


def is_belated(mail: OutboxMail, now: datetime) -> bool:
    """Whether an automatic reminder did not leave on its own day: it waits for a morning on which it is its reader's only one."""
    by_itself = mail.kind is MailKind.DIGEST or (mail.kind in REMINDERS and mail.by is Role.SYSTEM)
    return by_itself and days.day_of(mail.created_at) < days.day_of(now) and now < mail.created_at + LATEST


def find_addressee(mail: OutboxMail, parcours: Parcours, link: Link | None) -> str | None:
    """Return the address to which a reminder of one parcours goes; None: to nobody."""
    if mail.version is not None:
        return link.recipient if link is not None else None
    asked = find_asked_for_dates(parcours, link, buyer=mail.asks is Role.BUYER)
    return asked.address if asked is not None else None


def remind_recipient_and_buyer(
    case: Case, prompts: frozenset[Prompt], *, to_buyer_contact: bool, inputs: DecisionInputs
) -> Transition:
    """Queue the reminders of ``prompts`` that are mails of this parcours alone, and note up to when everybody was reminded.

    The recipient of the link gets such a mail. Agents get theirs in a digest, which is queued elsewhere; of a buyer with an
    account only the fact is noted here.

    Args:
        to_buyer_contact: the buyer has no account, and gets a mail of this parcours too.
    """
    parcours = case.parcours
    step = _remind_recipient(case, inputs) if Prompt.RECIPIENT in prompts else Transition.nothing()
    after = step.result_for(parcours)
    if Prompt.BUYER in prompts or (to_buyer_contact and Prompt.AWAITED in prompts):
        event = inputs.build_event(EventKind.BUYER_TOLD, parcours.id, parcours.attempt, by=Role.SYSTEM)
        after = after.with_event(event)
        mails = (_build_mail_to_buyer_contact(case, inputs),) if to_buyer_contact else ()
        step = step + Transition(events=(event,), mails=mails)
    other_changes = tuple(change for change in step.changes if change.before is not parcours)
    noted = Change(parcours, replace(after, prompted_at=inputs.now))
    return Transition((*other_changes, noted), step.events, step.mails)


def join_reminders(step: Transition, cases: Sequence[Case], inputs: DecisionInputs) -> Transition:
    """Return the transition with its reminders of links that wait at one address joined to one mail, with a line each.

    ``cases``: what the reminders are about. Addresses are compared to the letter but for capitals: a reminder holds tokens.
    """
    recipients = {link.id: fold(link.recipient) for case in cases for link in case.links}
    mails_by_address: dict[str, list[OutboxMail]] = defaultdict(list)
    for mail in step.mails:
        if mail.kind is MailKind.REMINDER and mail.version is not None:
            mails_by_address[recipients[str(mail.link)]].append(mail)
    step_mails = step.mails
    for reminders in mails_by_address.values():
        if len(reminders) > 1:
            links = {str(mail.link): mail.version for mail in reminders if mail.version is not None}
            joined = replace(inputs.build_mail(MailKind.REMINDER), by=Role.SYSTEM, links=links)
            step_mails = (*(mail for mail in step_mails if mail not in reminders), joined)
    return replace(step, mails=step_mails)


def find_recipient(case: Case, now: datetime, *, by: Role = Role.SYSTEM) -> str | None:
    """Return the address to which a reminder by this role goes; None: to nobody."""
    waiting = find_waiting_link(case, now)
    if waiting is not None:
        return waiting.recipient
    asked = find_asked_for_dates(case.parcours, find_link(case, now), buyer=asks_buyer(case.parcours, by))
    return asked.address if asked is not None else None


def find_waiting_link(case: Case, now: datetime) -> Link | None:
    """Return the link that a reminder would mail again; None: it would ask for dates, or nobody is reminded."""
    link = find_link(case, now)
    return link if link is not None and is_unconfirmed(link, case.deposit, now) else None


def _remind_recipient(case: Case, inputs: DecisionInputs) -> Transition:
    """Remind the recipient automatically; nothing where a person could not do it now."""
    try:
        return remind(case, by=Role.SYSTEM, inputs=inputs)
    except (ContactGone, NothingSent, NoticeNeeded, RemindedToday, WrongStep):
        return Transition.nothing()


def _build_mail_to_buyer_contact(case: Case, inputs: DecisionInputs) -> OutboxMail:
    """Build the automatic mail that asks the record's buyer contact to call the company."""
    link = case.link.id if case.link is not None else None
    mail = inputs.build_mail(MailKind.REMINDER, parcours=case.parcours.id, link=link)
    return replace(mail, asks=Role.BUYER, by=Role.SYSTEM)


def find_warning_at(deposit: Deposit, calendar: Calendar, policy: ReminderPolicy) -> datetime | None:
    """Return when the tutor of unread documents is warned that they go: a working morning before; None: never, or it is done."""
    unread = deposit.state in WARNED and deposit.contents is not None and deposit.erasing_at is None
    if not unread or deposit.erase_before is not None or deposit.warned_at is not None:
        return None
    day = days.last_day(deposit.erase_at) - timedelta(days=policy.expiry_warning_days)
    while not _is_worked(day, calendar):
        day -= timedelta(days=1)
    return find_morning(day)


def is_going(deposit: Deposit, parcours: Parcours, now: datetime, policy: ReminderPolicy) -> bool:
    """Whether unread documents are erased so soon that their tutor is warned, days off counted.

    Not where the tutor has something else to do about them already.
    """
    soon = now + timedelta(days=policy.expiry_warning_days) + DAYS_OFF
    waits = parcours.step in UNREAD and parcours.setback in {None, Setback.UNREADABLE}
    return (
        waits
        and not parcours.is_held
        and deposit.state in WARNED
        and deposit.is_live(now)
        and deposit.erase_at <= soon
    )


DAYS_OFF = timedelta(days=5)
WARNED = frozenset({DepositState.LEFT, DepositState.OPENED, DepositState.UNREADABLE})
"""States of documents that somebody is still to read."""
