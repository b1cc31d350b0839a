"""Note outcomes, correct them, end or take a passage, decline, remind, let reservations lapse."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib import config, terms
from chalicelib.domain.case import Case
from chalicelib.domain.kernel import attempt as attempts
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import ENDING_ROLES, Account, Act, acting_as, may, role_on
from chalicelib.domain.kernel.timeline import Event, EventKind, Outcome, Reason
from chalicelib.domain.kernel.transition import MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.parcours import declining, ending, outcomes, reminding, texting
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.outcomes import MOVES, check
from chalicelib.errors import (
    GuestsUnseen,
    KeyUsed,
    NotFound,
    NotYours,
    RemindedToday,
    TooMany,
    TooManyHeld,
    TooManyTakings,
    WrongStep,
)
from chalicelib.stores import parcours_table
from chalicelib.stores.parcours_table import Page
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.accounts import managing
from chalicelib.stories.documents import opening
from chalicelib.stories.kit import accompanying, deciding, inviting, quotas
from chalicelib.stories.kit.deciding import decision_inputs


@story
def note(work: UnitOfWork, agent: Account, parcours_id: str, outcome: Outcome, *, now: datetime) -> str:
    """Note an outcome; return the id of its fact. Repeating it with the same key is harmless.

    Raises:
        NotFound. NotNow: the parcours is at another step. FieldInvalid: see ``domain.parcours.outcomes.check``.
        KeyUsed: this key is the id of another fact.
    """
    check(outcome, now)
    keyed = outcome if outcome.key else replace(outcome, key=decision_inputs(now).draw_id())
    work.commit_and_wake(decide_note(work, agent, parcours_id, keyed, now=now))
    return keyed.key


def decide_note(
    work: UnitOfWork, agent: Account, parcours_id: str, outcome: Outcome, *, now: datetime
) -> Transition:
    """Decide what ``note`` commits, for stories that commit more with it; nothing when it is noted already.

    Raises as ``note`` does.
    """
    page = parcours_table.read_page(parcours_id)
    parcours = page.parcours
    role = acting_as(agent, Act.NOTE, parcours)
    noted_event = page.find_event(outcome.key)
    if noted_event is not None:
        if not outcomes.is_same_outcome(noted_event, outcome, now):
            raise KeyUsed
        return Transition.nothing()
    case = _load_case(work, page, parcours.attempt, outcome.kind)
    step = outcomes.note(case, outcome, by=role, inputs=decision_inputs(now, first=outcome.key))
    return _invite_anew(work, step, outcome.kind, now).decided_by(agent.id)


def _invite_anew(work: UnitOfWork, step: Transition, kind: EventKind, now: datetime) -> Transition:
    """Add what follows for the meeting where a call tells that a contact has left, or has not."""
    return inviting.with_invitations(work, step, now) if kind is EventKind.CALL_NOTED else step


def _load_case(work: UnitOfWork, page: Page, number: int | None, kind: EventKind) -> Case:
    """Load what this outcome may change: parcours and passage alone, or also documents, links and meeting."""
    attempt = page.find_attempt(number)
    if kind in MOVES and not MOVES[kind].always_moves:
        return Case(page.parcours, attempt)
    return deciding.load_case(work, page.parcours, attempt)


@story
def correct(
    work: UnitOfWork,
    agent: Account,
    parcours_id: str,
    event_id: str,
    *,
    guests_seen: bool = False,
    now: datetime,
) -> str:
    """Take back an outcome, or the end of a passage; the wrong fact stays shown. Returns the id of the correcting fact.

    Repeating it returns the same id; empty where nothing was to be corrected.
    Args:
        guests_seen: whether the agent has confirmed that the guests of a meeting to come are mailed.
    Raises:
        NotFound: no such fact, or not this agent's to read. NotYours: others take it back.
        WrongStep: it can no longer be taken back. NotLast: a later fact builds on it.
        GuestsUnseen: a meeting to come would be cancelled or moved, and that was not confirmed.
    """
    page = parcours_table.read_page(parcours_id)
    wrong = page.find_event(event_id)
    if wrong is None:
        raise NotFound
    attempt = page.find_attempt(wrong.attempt)
    ended = attempt if attempt is not None and _is_end_of(attempt, wrong) else None
    role = _find_resuming_role(agent, page) if ended else _find_correcting_role(agent, page, wrong)
    done = next((event for event in page.events if event.corrects == event_id), None)
    if done is not None:
        return done.id
    if ended is not None:
        step = _resume(work, page.parcours, ended, wrong, role, now)
    else:
        case = _load_case(work, page, wrong.attempt, wrong.kind)
        step = outcomes.correct(case, wrong, page.events, by=role, inputs=decision_inputs(now))
        step = _invite_anew(work, step, wrong.kind, now)
    if wrong.kind is EventKind.MEETING_FIXED and not guests_seen and _mails_guests(step):
        raise GuestsUnseen
    work.commit_and_wake(step.decided_by(agent.id))
    return step.events[0].id if step.events else ""


def _mails_guests(step: Transition) -> bool:
    """Whether this invites people to a meeting, or says to them that it is cancelled."""
    return any(mail.kind in {MailKind.MEETING_INVITATION, MailKind.MEETING_CANCELLED} for mail in step.mails)


def _is_end_of(attempt: Attempt, event: Event) -> bool:
    """Whether this fact ended the passage, and can be taken back."""
    return attempt.ended_at == event.at and event.kind in ending.CORRECTABLE


def _find_resuming_role(agent: Account, page: Page) -> Role:
    """Return the role in which this agent takes the end of a passage back. Raises NotFound, NotYours."""
    role = role_on(agent, page.parcours)
    if role is not None and may(agent, Act.RESUME, page.parcours):
        return role
    former = _find_former_role(agent, page)
    if former is None:
        raise NotFound if role is None else NotYours(ENDING_ROLES)
    return former


def _find_correcting_role(agent: Account, page: Page, wrong: Event) -> Role:
    """Return the role in which this agent takes an outcome back. Raises NotFound, NotYours."""
    role = role_on(agent, page.parcours)
    if role is None and page.attempts and wrong.attempt == page.attempts[-1].number:
        role = _find_former_role(agent, page)
    if role is None:
        raise NotFound
    if wrong.kind in MOVES and role not in MOVES[wrong.kind].who:
        raise NotYours(MOVES[wrong.kind].who)
    return role


def _find_former_role(agent: Account, page: Page) -> Role | None:
    """Return TUTOR for the tutor of the passage that ended last, who may take its end back; else None.

    This agent has no role on the parcours any more.
    """
    last = page.attempts[-1] if page.attempts else None
    is_last = last is not None and last.ended_at is not None and last.tutor == agent.id
    return Role.TUTOR if is_last and Role.TUTOR in agent.roles else None


def _resume(
    work: UnitOfWork, parcours: Parcours, attempt: Attempt, wrong: Event, role: Role, now: datetime
) -> Transition:
    """Decide to resume a passage whose end was wrong, with its tutor. Raises WrongStep without an open account of the tutor."""
    tutor = work.get(Account, attempt.tutor)
    if tutor is None or tutor.closed_at is not None:
        raise WrongStep
    informed = tuple(work.get_all(Link, attempt.informed_links))
    case = Case(parcours, attempt, links=informed, meeting=inviting.load_meeting(work, parcours))
    return ending.resume(case, tutor, wrong, by=role, inputs=decision_inputs(now))


@story
def finish_passage(work: UnitOfWork, agent: Account, parcours_id: str, end: End, *, now: datetime) -> Event:
    """End a passage: links die, documents are erased, company and buyer are notified, the offer is free again.

    Returns the fact of the end; ending it once more in the same way returns the same fact.
    Raises:
        NotFound, NotYours. WrongStep: there is no passage to end. FieldInvalid: see ``domain.parcours.ending.check``.
    """
    ending.check(end, now)
    try:
        step = decide_end(work, agent, parcours_id, end, now=now)
    except WrongStep:
        return find_same_end(agent, parcours_id, end)
    return work.commit_and_wake(step).events[0]


def decide_end(work: UnitOfWork, agent: Account, parcours_id: str, end: End, *, now: datetime) -> Transition:
    """Decide what ``finish_passage`` commits, for stories that commit more with it."""
    parcours = work.get_one(Parcours, parcours_id)
    role = acting_as(agent, Act.END, parcours)
    step = ending.finish(deciding.load_passage(work, parcours), end, by=role, inputs=decision_inputs(now))
    return step.decided_by(agent.id)


def find_same_end(agent: Account, parcours_id: str, end: End) -> Event:
    """Return the fact by which the passage ended, if it ended as ``end`` says: the same request came before.

    Raises:
        WrongStep: it ended in another way, or is not this agent's to end.
    """
    page = parcours_table.read_page(parcours_id)
    last_number = page.attempts[-1].number if page.attempts else None
    passage = page.find_attempt(end.passage or last_number)
    ended_at = passage.ended_at if passage is not None else None
    event = next((event for event in page.events if event.at == ended_at), None)
    may_end = role_on(agent, page.parcours) in ENDING_ROLES or _find_former_role(agent, page) is not None
    if event is None or not may_end or not ending.is_same_end(event, end):
        raise WrongStep
    return event


def take_offer(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Take a free offer; of two tutors, one gets it. Nothing when this tutor has it already.

    Raises:
        NotFound: not an offer that this agent may see. NotYours: only tutors take offers. WrongStep: somebody was faster.
        TooManyTakings, TooManyHeld: they took, or hold, as many as they may; the coordinators are notified.
    """
    try:
        _take_offer(agent, parcours_id, now)
    except (TooManyTakings, TooManyHeld) as refusal:
        refusal.facts["notified"] = _notify_of_takings(agent, now)
        raise


@story
def _take_offer(work: UnitOfWork, agent: Account, parcours_id: str, now: datetime) -> None:
    """Decide, count and commit that a tutor takes an offer. Raises as ``take_offer``."""
    parcours = work.get_one(Parcours, parcours_id)
    if parcours.tutor == agent.id:
        return  # taken already
    acting_as(agent, Act.TAKE, parcours)
    step = attempts.take(
        parcours, agent, decision_inputs(now), reserved=timedelta(days=config.settings().reservation_days)
    )
    if managing.count_held(agent) >= attempts.MOST_HELD:
        raise TooManyHeld(attempts.MOST_HELD)
    work.commit_and_wake(step + quotas.use(quotas.TAKING, agent.id, now))


@story
def _notify_of_takings(work: UnitOfWork, tutor: Account, now: datetime) -> Role:
    """Mail the coordinators, else the team, that this tutor was kept from taking more offers, once a day; return which."""
    drawn = decision_inputs(now)
    coordinators = managing.list_coordinators(tutor)
    people = coordinators or parcours_table.list_open_team_accounts()
    mails = [
        drawn.build_mail(MailKind.TAKINGS_STOPPED, account=person.id, about=tutor.id)
        for person in people[: deciding.MOST_IDS]
    ]
    with suppress(TooMany):
        work.commit_and_wake(Transition(mails=tuple(mails)) + quotas.use(quotas.TAKINGS_TOLD, tutor.id, now))
    return Role.COORDINATOR if coordinators else Role.TEAM


def let_lapse(parcours_id: str, *, now: datetime) -> list[str]:
    """End an offer or reservation that is due on one parcours, or warn of it; return the keys of the mails that wait."""
    try:
        return _let_lapse(parcours_id, now)
    except (NotFound, WrongStep):  # gone, or moved between two readings
        return []


@story
def _let_lapse(work: UnitOfWork, parcours_id: str, now: datetime) -> list[str]:
    """Decide and commit what ``let_lapse`` does; nothing while a sending is live, which ends by itself."""
    parcours = work.get_one(Parcours, parcours_id)
    at = ending.find_lapse_at(parcours)
    if at is None or now < at:
        return []
    if parcours.status is ParcoursStatus.AVAILABLE:
        step = ending.lapse_offer(parcours, decision_inputs(now))
    elif parcours.warned_at is None:
        step = ending.warn_of_lapse(parcours, decision_inputs(now))
    elif parcours.live_deposit is not None:  # on its way: it ends by itself, then the reservation does
        return []
    else:
        step = ending.lapse(deciding.load_passage(work, parcours), decision_inputs(now))
    return work.commit(step).mail_keys


@story
def decline(work: UnitOfWork, typed: str, reason: Reason, *, browser: str, now: datetime) -> None:
    """Decline a young person in the company's name: it is the tutor's turn, and documents go in a day unless it is undone.

    Declining twice is harmless.
    Raises:
        ProofNeeded, LinkUnknown, LinkRevoked, LinkClosed: this browser or this link may not.
        FieldInvalid: the reason is none of ``DECLINES``.
        WrongStep: the meeting was held, the passage is over, or it is the buyer's link.
    """
    visit = opening.find_visit_with_proof(work, typed, browser, now)
    case = deciding.load_visit_case(work, visit)
    step = declining.decline(case, visit.link, visit.version, reason=reason, inputs=decision_inputs(now))
    opening.commit_within_quota(work, visit, step, now)


@story
def undo_decline(work: UnitOfWork, typed: str, *, browser: str, now: datetime) -> None:
    """Take the company's refusal back within 24 hours, from its page. Repeating it is harmless.

    ``typed``: the link's token.
    Raises:
        ProofNeeded, LinkUnknown, LinkRevoked, LinkClosed: this browser or this link may not.
        WrongStep: nothing was declined here, or too long ago.
    """
    visit = opening.find_visit_with_proof(work, typed, browser, now)
    case = deciding.load_visit_case(work, visit)
    step = declining.undo(case, visit.link, visit.version, by=Role.COMPANY, inputs=decision_inputs(now))
    opening.commit_within_quota(work, visit, step, now)


@story
def confirm_copies_deleted(work: UnitOfWork, typed: str, *, browser: str, now: datetime) -> None:
    """Note once that the company deleted its copies (« J'ai supprimé nos copies »).

    Args:
        typed: the link's token, as the page sent it.
    Raises:
        ProofNeeded: this browser has not answered the link's question. LinkUnknown: the token names no link that still answers.
        WrongStep: nobody asked for it yet (``declining.is_asked_for_copies``).
    """
    visit = opening.find_visit_with_proof(work, typed, browser, now)
    step = declining.delete_copies(visit.link, visit.parcours, decision_inputs(now))
    opening.commit_within_quota(work, visit, step, now)


@story
def undo_decline_by_agent(work: UnitOfWork, agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Take the company's refusal back within 24 hours, as an agent who agreed on it by telephone. Repeating it is harmless.

    Raises:
        NotFound, NotYours. WrongStep: nothing was declined on the company's page, or too long ago.
    """
    parcours = work.get_one(Parcours, parcours_id)
    role = acting_as(agent, Act.SEND, parcours)
    case = deciding.load_case(work, parcours, None)
    answered = [link for link in case.links if link.declined_at or link.undone_at]
    # The link on whose page the company declined; else one where that was undone.
    link = max(answered, key=lambda link: (link.declined_at is not None, link.created_at), default=None)
    if link is None:
        raise WrongStep
    work.commit_and_wake(declining.undo(case, link, link.version, by=role, inputs=decision_inputs(now)))


@story
def remind(work: UnitOfWork, agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Mail the same link again to its own recipient, or ask for dates; nothing when this role did so a moment ago.

    Raises:
        NotFound. WrongStep, NothingSent, RemindedToday, NoticeNeeded: see ``domain.parcours.reminding``.
        PersonRemindedToday: the same person was reminded of another parcours today.
    """
    parcours = work.get_one(Parcours, parcours_id)
    role = acting_as(agent, Act.REMIND, parcours)
    case = deciding.load_passage(work, parcours)
    try:
        step = reminding.remind(case, by=role, inputs=decision_inputs(now))
    except RemindedToday:
        if reminding.has_just(parcours_table.read_page(parcours_id).events, by=role, now=now):
            return
        raise
    recipient = reminding.find_recipient(case, now, by=role)
    counted = quotas.use_reminder(recipient, now) if recipient is not None else Transition.nothing()
    work.commit_and_wake(step + counted)


@story
def remind_by_sms(work: UnitOfWork, agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Queue an SMS to the contact who has not opened the link; nothing when this role's has just left, or one waits already.

    Raises:
        NotFound, NotYours. WrongStep: nobody may get an SMS now (``find_texting``).
        TextedThisWeek: this number had one less than a week ago.
    """
    parcours = work.get_one(Parcours, parcours_id)
    role = acting_as(agent, Act.SEND, parcours)
    texted = accompanying.find_texting(work, deciding.load_passage(work, parcours), now)
    if texted is None:
        raise WrongStep
    reader, _ = texted
    departure = texting.find_departure(now, terms.calendar())
    step = texting.ask(reader, departure, by=role, inputs=decision_inputs(now))
    is_waiting = work.get(OutboxMail, step.mails[0].key) is not None
    if is_waiting or texting.has_just(parcours_table.read_page(parcours_id).events, by=role, now=now):
        return
    work.commit_and_wake(step + quotas.use_sms(reader.number, now))
