"""Noting what happened on a parcours, and correcting it."""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain import declining, ending
from chalicelib.domain import noting as decisions
from chalicelib.domain.moves import MOVES
from chalicelib.domain.noting import Outcome, check, corrected
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import ENDING_ROLES, Account, Act, acting_as, may, role_on
from chalicelib.domain.timeline import Event
from chalicelib.domain.transition import Draw, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import KeyUsed, NotFound, NotYours, WrongStep
from chalicelib.stores import functions, parcours, relay, transactions
from chalicelib.stores.parcours import Page
from chalicelib.stories import meeting
from chalicelib.stories.draws import draw


def note(agent: Account, parcours_id: str, outcome: Outcome, *, key: str = "", now: datetime) -> str:
    """Tell an outcome; return the id of its fact. Repeating it with the same key is harmless.

    Args:
        key: the id that the fact will have (32 hex), drawn by the page; else drawn here.
    Raises:
        NotFound: not hers. NotNow: the parcours stands elsewhere. FieldInvalid: see ``domain.noting.check``.
        KeyUsed: this key stands for another fact.
    """
    check(outcome, now)
    drawn = key or draw(now).id()
    step = transactions.settle(lambda: decided(agent, parcours_id, outcome, key=drawn, now=now))
    functions.wake_mailer([mail.key for mail in step.mails])
    return drawn


def decided(agent: Account, parcours_id: str, outcome: Outcome, *, key: str, now: datetime) -> Transition:
    """What ``note`` commits, for stories that commit more with it; nothing when it is told already."""
    page = parcours.page(parcours_id)
    head = page.parcours
    role = acting_as(agent, Act.NOTE, head)
    told = next((event for event in page.events if event.id == key), None)
    if told is not None:
        if not decisions.says(told, outcome, now):
            raise KeyUsed
        return Transition.nothing()
    attempt = next((one for one in page.attempts if one.number == head.attempt), None)
    step = decisions.note(head, attempt, outcome, by=role, draw=Draw(now=now, random=bytes.fromhex(key)))
    return meeting.along(_documents_too(step, now), now)


def correct(agent: Account, parcours_id: str, event_id: str, *, now: datetime) -> str:
    """Take an outcome back, or the end of a passage; the wrong fact stays told. Returns the id of the correcting fact.

    Repeating it is harmless: what is taken back already stays so.
    Raises:
        NotFound: not hers, or no such fact. NotYours: others take it back. WrongStep: it can no longer be taken back.
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
        told = corrected(page.events)
        again = next((event.id for event in page.events if event.corrects == event_id), "")
        if again:
            return Transition.nothing()
        if is_end:
            return _resume(page, wrong, role, now)
        step = decisions.correct(head, attempt, wrong, told, by=role, draw=draw(now))
        return meeting.along(_documents_too(step, now), now)

    step = transactions.settle(decide)
    functions.wake_mailer([mail.key for mail in step.mails])
    return step.events[0].id if step.events else again


def _documents_too(step: Transition, now: datetime) -> Transition:
    """The same; documents that live go a day after a refusal, or stay as long as before once it stands no more, anywhere."""
    change = next((one for one in step.changes if isinstance(one.before, Parcours)), None)
    if change is None or not isinstance(change.before, Parcours) or not isinstance(change.after, Parcours):
        return step
    before, after = change.before, change.after
    if before.setback is after.setback:
        return step
    deposit = relay.deposit(before.live_deposit) if before.live_deposit else None
    last = relay.deposit(before.last_deposit) if before.last_deposit else None
    links = relay.links(last) if last is not None else ()
    others = (one for one in step.changes if one is not change)
    return replace(step, changes=(*declining.follow(before, after, deposit, links, now), *others))


def _correcting(agent: Account, page: Page, wrong: Event, *, is_end: bool) -> Role | None:
    """In which role this person takes this fact back; None: it is not hers to take back."""
    role = role_on(agent, page.parcours)
    if is_end:
        return role if may(agent, Act.RESUME, page.parcours) else _ended_it(agent, page)
    if role is None and page.attempts and wrong.attempt == page.attempts[-1].number:
        role = _ended_it(agent, page)
    return role if wrong.kind not in MOVES or role in MOVES[wrong.kind].who else None


def _ended_it(agent: Account, page: Page) -> Role | None:
    """The tutor of the passage that ended last, who stands on the parcours no more: she may say that it was a mistake."""
    last = page.attempts[-1] if page.attempts else None
    hers = last is not None and last.ended_at is not None and last.tutor == agent.id
    return Role.TUTOR if hers and Role.TUTOR in agent.roles else None


def _resume(page: Page, wrong: Event, role: Role, now: datetime) -> Transition:
    attempt = next(one for one in page.attempts if one.number == wrong.attempt)
    tutor = parcours.account(attempt.tutor)
    if tutor is None or tutor.closed_at is not None:
        raise WrongStep
    return ending.resume(page.parcours, attempt, tutor, wrong, by=role, draw=draw(now))
