"""Note outcomes, correct them, end or take a passage, decline, remind, let reservations lapse."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib import config
from chalicelib.domain.case import Case
from chalicelib.domain.kernel import attempt as attempts
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.people import ENDING_ROLES, Account, Act, acting_as, may, role_on
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import MailKind, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.parcours import declining, ending, outcomes, reminding
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.outcomes import MOVES, Outcome, check, corrected
from chalicelib.errors import (
    KeyUsed,
    NotFound,
    NotYours,
    RemindedToday,
    TooMany,
    TooManyHeld,
    TooManyTakings,
    WrongStep,
)
from chalicelib.stores import parcours, transactions
from chalicelib.stores.parcours import Page
from chalicelib.stores.relay import Found
from chalicelib.stories.accounts import managing
from chalicelib.stories.documents import opening
from chalicelib.stories.kit import deciding, quotas
from chalicelib.stories.kit.deciding import commit_and_wake, draw


def note(agent: Account, parcours_id: str, outcome: Outcome, *, key: str = "", now: datetime) -> str:
    """Note an outcome; return the id of its fact. Repeating it with the same key is harmless.

    Args:
        key: the id that the fact will have (32 hex), drawn by the page; else drawn here.
    Raises:
        NotFound. NotNow: the parcours is at another step. FieldInvalid: see ``domain.parcours.outcomes.check``.
        KeyUsed: this key is the id of another fact.
    """
    check(outcome, now)
    drawn = key or draw(now).id()
    commit_and_wake(lambda: decide_note(agent, parcours_id, outcome, key=drawn, now=now))
    return drawn


def decide_note(agent: Account, parcours_id: str, outcome: Outcome, *, key: str, now: datetime) -> Transition:
    """What ``note`` commits, for stories that commit more with it; nothing when it is noted already."""
    page = parcours.page(parcours_id)
    head = page.parcours
    role = acting_as(agent, Act.NOTE, head)
    noted = next((event for event in page.events if event.id == key), None)
    if noted is not None:
        if not outcomes.says(noted, outcome, now):
            raise KeyUsed
        return Transition.nothing()
    case = _case(page, head.attempt, outcome.kind)
    return outcomes.note(case, outcome, by=role, draw=draw(now, first=key))


def _case(page: Page, number: int | None, kind: EventKind) -> Case:
    """What this outcome, or its correction, may change: the record and the passage alone, or all that hangs on them."""
    attempt = next((one for one in page.attempts if one.number == number), None)
    if kind in MOVES and not outcomes.moves(kind):
        return Case(page.parcours, attempt)
    return deciding.around(page.parcours, attempt)


def correct(agent: Account, parcours_id: str, event_id: str, *, now: datetime) -> str:
    """Take an outcome back, or the end of a passage; the wrong fact stays shown. Returns the id of the correcting fact.

    Raises:
        NotFound: no such fact, or not for her. NotYours: others take it back. WrongStep: it can no longer be taken back.
        NotLast: a later fact builds on it.
    """
    again = ""

    def decide() -> Transition:
        nonlocal again
        page = parcours.page(parcours_id)
        head = page.parcours
        wrong = next((event for event in page.events if event.id == event_id), None)
        if wrong is None:
            raise NotFound
        attempt = next((one for one in page.attempts if one.number == wrong.attempt), None)
        is_end = attempt is not None and attempt.ended_at == wrong.at and wrong.kind in ending.CORRECTABLE
        role = _correcting(agent, page, wrong, is_end=is_end)
        if role is None and role_on(agent, head) is None:
            raise NotFound
        if role is None:
            raise NotYours(ENDING_ROLES if is_end else MOVES[wrong.kind].who)
        again = next((event.id for event in page.events if event.corrects == event_id), "")
        if again:
            return Transition.nothing()
        if is_end:
            return _resume(Case(head, attempt), wrong, role, now)
        case = _case(page, wrong.attempt, wrong.kind)
        return outcomes.correct(case, wrong, corrected(page.events), by=role, draw=draw(now))

    step = commit_and_wake(decide)
    return step.events[0].id if step.events else again


def _correcting(agent: Account, page: Page, wrong: Event, *, is_end: bool) -> Role | None:
    """In which role this person takes this fact back; None: she may not."""
    role = role_on(agent, page.parcours)
    if is_end:
        return role if may(agent, Act.RESUME, page.parcours) else _ended_it(agent, page)
    if role is None and page.attempts and wrong.attempt == page.attempts[-1].number:
        role = _ended_it(agent, page)
    return role if wrong.kind not in MOVES or role in MOVES[wrong.kind].who else None


def _ended_it(agent: Account, page: Page) -> Role | None:
    """The tutor of the passage that ended last, who is on the parcours no more: she may say that it was a mistake."""
    last = page.attempts[-1] if page.attempts else None
    is_last = last is not None and last.ended_at is not None and last.tutor == agent.id
    return Role.TUTOR if is_last and Role.TUTOR in agent.roles else None


def _resume(case: Case, wrong: Event, role: Role, now: datetime) -> Transition:
    tutor = parcours.account(case.attempt.tutor) if case.attempt is not None else None
    if tutor is None or tutor.closed_at is not None:
        raise WrongStep
    return ending.resume(case, tutor, wrong, by=role, draw=draw(now))


def finish_passage(agent: Account, parcours_id: str, end: End, *, now: datetime) -> Event:
    """The passage ends: links die, documents go, company and buyer are notified, the offer is free again. The fact that says so.

    Saying the very same again is saying it once.
    Raises:
        NotFound, NotYours. WrongStep: there is no passage to end. FieldInvalid: see ``domain.parcours.ending.check``.
    """
    ending.check(end, now)
    try:
        return commit_and_wake(lambda: decide_end(agent, parcours_id, end, now=now)).events[0]
    except WrongStep:
        return ended_so(agent, parcours_id, end)


def decide_end(agent: Account, parcours_id: str, end: End, *, now: datetime) -> Transition:
    """What ``finish_passage`` commits, for stories that commit more with it."""
    head = parcours.head(parcours_id)
    role = acting_as(agent, Act.END, head)
    return ending.finish(deciding.of_passage(head), end, by=role, draw=draw(now))


def ended_so(agent: Account, parcours_id: str, end: End) -> Event:
    """The fact by which this passage has ended just as this agent says it: she said it already, and had no answer.

    Raises:
        WrongStep: it ended in another way, or is not hers to end.
    """
    page = parcours.page(parcours_id)
    last = page.attempts[-1].number if page.attempts else None
    passage = next((one for one in page.attempts if one.number == (end.passage or last)), None)
    fact = next((one for one in page.events if passage is not None and one.at == passage.ended_at), None)
    ends = role_on(agent, page.parcours) in ENDING_ROLES or _ended_it(agent, page) is not None
    if fact is None or not ends or not ending.says(fact, end):
        raise WrongStep
    return fact


def take_offer(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """A tutor takes a free offer; of two, one wins. Taking it twice is taking it once.

    Raises:
        NotFound: not an offer she may see. NotYours: tutors alone take offers. WrongStep: somebody was faster.
        TooManyTakings, TooManyHeld: she took, or holds, as many as she may; who coordinates is notified.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        if head.tutor == agent.id:
            return Transition.nothing()  # hers already
        acting_as(agent, Act.TAKE, head)
        step = attempts.take(head, agent, draw(now), reserved=reserved)
        if managing.held(agent) >= attempts.MOST_HELD:
            raise TooManyHeld(attempts.MOST_HELD)
        return step + quotas.use(quotas.TAKING, agent.id, now)

    reserved = timedelta(days=config.settings().reservation_days)
    try:
        commit_and_wake(decide)
    except (TooManyTakings, TooManyHeld):
        _notify_of_takings(agent, now)
        raise


def _notify_of_takings(tutor: Account, now: datetime) -> None:
    """Mail who coordinates, once a day, that this tutor was kept from taking more offers."""

    def decide() -> Transition:
        drawn = draw(now)
        people = managing.coordinators(tutor) or parcours.open_team()
        told = [
            drawn.mail(MailKind.TAKINGS_STOPPED, account=one.id, about=tutor.id)
            for one in people[: deciding.MOST_IDS]
        ]
        return Transition(mails=tuple(told)) + quotas.use(quotas.TAKINGS_TOLD, tutor.id, now)

    with suppress(TooMany):
        commit_and_wake(decide)


def let_lapse(parcours_id: str, *, now: datetime) -> list[str]:
    """What is due on one parcours happens, once; the keys of the mails that wait for it."""

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        at = ending.lapses_at(head)
        if at is None or now < at:
            return Transition.nothing()
        if head.status is ParcoursStatus.AVAILABLE:
            return ending.contract_over(head, draw(now))
        if head.warned_at is None:
            return ending.warn_of_lapse(head, draw(now))
        if head.live_deposit is not None:  # on its way: it ends by itself, then the reservation does
            return Transition.nothing()
        return ending.lapse(deciding.of_passage(head), draw(now))

    try:
        return [mail.key for mail in transactions.settle(decide).mails]
    except (NotFound, WrongStep):  # gone, or moved between two readings
        return []


def decline(typed: str, reason: Reason, *, browser: str, now: datetime) -> None:
    """The company does not welcome this young person: the tutor's turn, the documents go in a day unless it is undone.

    Saying it twice says it once.
    Raises:
        ProofNeeded, LinkUnknown, LinkRevoked, LinkClosed: this browser or this link may not.
        FieldInvalid: the reason is none of ``DECLINES``.
        WrongStep: the meeting was held, the passage is over, or it is the buyer's link.
    """

    def decide(case: Case, link: Link, version: int) -> Transition:
        return declining.decline(case, link, version, reason=reason, draw=draw(now))

    _by_company(typed, browser, now, decide)


def undo_decline(typed: str, *, browser: str, now: datetime) -> None:
    """Within 24 hours, the company takes its refusal back. Saying it twice says it once.

    Raises:
        ProofNeeded, LinkUnknown, LinkRevoked, LinkClosed: this browser or this link may not.
        WrongStep: nothing was declined here, or too long ago.
    """

    def decide(case: Case, link: Link, version: int) -> Transition:
        return declining.undo(case, link, version, by=Role.COMPANY, draw=draw(now))

    _by_company(typed, browser, now, decide)


def copies_deleted(typed: str, *, browser: str, now: datetime) -> None:
    """« J'ai supprimé nos copies », once.

    Raises:
        ProofNeeded, LinkUnknown: this browser or this link may not.
        WrongStep: nobody asked for it yet: neither declined nor over.
    """

    def decide(case: Case, link: Link, _: int) -> Transition:
        return declining.delete_copies(link, case.parcours, draw(now))

    _by_company(typed, browser, now, decide)


def undo_decline_by_agent(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Within 24 hours, who accompanies takes the company's refusal back, as agreed with it by telephone. Twice is once.

    Raises:
        NotFound, NotYours. WrongStep: nothing was declined on the company's page, or too long ago.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(agent, Act.SEND, head)
        case = deciding.around(head, None)
        said = [one for one in case.links if one.declined_at or one.undone_at]
        # The link on whose page the company declined; else one where that was undone.
        link = max(said, key=lambda one: (one.declined_at is not None, one.created_at), default=None)
        if link is None:
            raise WrongStep
        return declining.undo(case, link, link.version, by=role, draw=draw(now))

    commit_and_wake(decide)


def _by_company(
    typed: str, browser: str, now: datetime, act: Callable[[Case, Link, int], Transition]
) -> None:
    """Commit what the holder of a link decides on its page."""
    found = opening.find_proven(typed, browser, now)

    def decide(current: Found) -> Transition:
        return act(deciding.of_link(current), current.link, current.version)

    commit_and_wake(opening.acted_on_page(found, browser, now, decide))


def remind(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """The same link again to its own recipient, or a word that asks for dates; nothing when she has just done so.

    Raises:
        NotFound. WrongStep, NothingSent, RemindedToday, NoticeNeeded: see ``domain.parcours.reminding``.
        PersonRemindedToday: the same person was reminded of another parcours today.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(agent, Act.REMIND, head)
        case = deciding.of_passage(head)
        try:
            step = reminding.remind(case, by=role, draw=draw(now))
        except RemindedToday:
            if reminding.has_just(parcours.page(parcours_id).events, by=role, now=now):
                return Transition.nothing()
            raise
        recipient = reminding.recipient_of(case, now, by=role)
        return step + quotas.reminder(recipient, now) if recipient is not None else step

    commit_and_wake(decide)
