"""Note outcomes, correct them, end or take a passage, decline, remind, let reservations lapse."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib import config
from chalicelib.domain.kernel import attempt as attempts
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours, ParcoursStatus
from chalicelib.domain.kernel.people import ENDING_ROLES, Account, Act, acting_as, may, role_on
from chalicelib.domain.kernel.timeline import Event, Reason
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import declining, ending, outcomes, reminding
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.outcomes import MOVES, Outcome, check, corrected
from chalicelib.errors import KeyUsed, LinkUnknown, NotFound, NotYours, WrongStep
from chalicelib.stores import parcours, relay, transactions
from chalicelib.stores.parcours import Page
from chalicelib.stories import meetings
from chalicelib.stories.documents import opening
from chalicelib.stories.kit.committing import commit
from chalicelib.stories.kit.draws import draw


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
    commit(lambda: decide_note(agent, parcours_id, outcome, key=drawn, now=now))
    return drawn


def decide_note(agent: Account, parcours_id: str, outcome: Outcome, *, key: str, now: datetime) -> Transition:
    """What ``note`` commits, for stories that commit more with it; nothing when it is told already."""
    page = parcours.page(parcours_id)
    head = page.parcours
    role = acting_as(agent, Act.NOTE, head)
    told = next((event for event in page.events if event.id == key), None)
    if told is not None:
        if not outcomes.says(told, outcome, now):
            raise KeyUsed
        return Transition.nothing()
    attempt = next((one for one in page.attempts if one.number == head.attempt), None)
    step = outcomes.note(head, attempt, outcome, by=role, draw=draw(now, first=key))
    return meetings.with_appointment(_documents_too(step, now), now)


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
        step = outcomes.correct(head, attempt, wrong, told, by=role, draw=draw(now))
        return meetings.with_appointment(_documents_too(step, now), now)

    step = commit(decide)
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


def finish_passage(agent: Account, parcours_id: str, end: End, *, now: datetime) -> Event:
    """The passage ends: links die, documents go, company and buyer are told, the offer is free again. The fact that says so.

    Raises:
        NotFound, NotYours: not hers. WrongStep: there is no passage to end. FieldInvalid: see ``domain.ending.check``.
    """
    ending.check(end, now)
    step = commit(lambda: decide_end(agent, parcours_id, end, now=now))
    return step.events[0]


def decide_end(agent: Account, parcours_id: str, end: End, *, now: datetime) -> Transition:
    """What ``finish`` commits, for stories that commit more with it."""
    head = parcours.head(parcours_id)
    role = acting_as(agent, Act.END, head)
    if head.attempt is None:
        raise WrongStep
    attempt = parcours.attempt(parcours_id, head.attempt)
    last = relay.deposit(head.last_deposit) if head.last_deposit else None
    links = relay.links(last) if last is not None else ()
    return meetings.with_appointment(
        ending.finish(head, attempt, last, links, end, by=role, draw=draw(now)), now
    )


def take_offer(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """A tutor takes a free offer; of two, one wins.

    Raises:
        NotFound: not an offer she may see. NotYours: tutors alone take offers. WrongStep: somebody was faster.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        acting_as(agent, Act.TAKE, head)
        return attempts.take(head, agent, draw(now), reserved=reserved)

    reserved = timedelta(days=config.settings().reservation_days)
    commit(decide)


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
        return meetings.with_appointment(
            ending.lapse(head, parcours.attempt(head.id, head.attempt or 0), draw(now)), now
        )

    try:
        return [mail.key for mail in transactions.settle(decide).mails]
    except (NotFound, WrongStep):  # gone, or moved between two readings
        return []


def decline(typed: str, reason: Reason, *, browser: str, now: datetime) -> None:
    """The company does not welcome this young person: the tutor's turn, the documents go in a day unless it is undone.

    Saying it twice says it once.
    Raises:
        ProofNeeded, LinkUnknown, LinkRevoked, LinkClosed: this browser or this link may not.
        FieldInvalid: the reason is none of ``moves.DECLINES``.
        WrongStep: the meeting was held, the passage is over, or it is the buyer's link.
    """
    _by_company(
        typed,
        browser,
        now,
        lambda link, version, deposits, head: declining.decline(
            link, version, deposits, head, _to_the_same(link, deposits), reason=reason, draw=draw(now)
        ),
    )


def undo_decline(typed: str, *, browser: str, now: datetime) -> None:
    """Within 24 hours, the company takes its refusal back. Saying it twice says it once.

    Raises:
        ProofNeeded, LinkUnknown, LinkRevoked, LinkClosed: this browser or this link may not.
        WrongStep: nothing was declined here, or too long ago.
    """
    _by_company(
        typed,
        browser,
        now,
        lambda link, version, deposits, head: declining.undo(
            link, version, deposits, head, by=Role.COMPANY, draw=draw(now)
        ),
    )


def copies_deleted(typed: str, *, browser: str, now: datetime) -> None:
    """« J'ai supprimé nos copies », once.

    Raises:
        ProofNeeded, LinkUnknown: this browser or this link may not.
        WrongStep: nobody asked for it yet: neither declined nor over.
    """
    _by_company(
        typed,
        browser,
        now,
        lambda link, version, deposits, head: declining.delete_copies(link, head, draw(now)),
    )


def undo_decline_by_agent(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Within 24 hours, whoever accompanies takes the company's refusal back, as agreed with it by telephone. Twice is once.

    Raises:
        NotFound, NotYours: not hers.
        WrongStep: nothing was declined on the company's page, or too long ago.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(agent, Act.SEND, head)
        link = _spoken_of(head)
        if link is None:
            raise WrongStep
        step = declining.undo(link, link.version, _concerned(link, head), head, by=role, draw=draw(now))
        return meetings.with_appointment(step, now)

    commit(decide)


def _spoken_of(head: Parcours) -> Link | None:
    """The link to the last documents on whose page the company declined; else one where that was undone."""
    deposit = relay.deposit(head.last_deposit) if head.last_deposit else None
    links = relay.links(deposit) if deposit is not None else ()
    said = [one for one in links if one.declined_at or one.undone_at]
    return max(said, key=lambda one: (one.declined_at is not None, one.created_at), default=None)


def _concerned(link: Link, head: Parcours) -> tuple[Deposit, ...]:
    """What this link was made for, and what lives on the parcours if that is another one."""
    known = dict.fromkeys(one for one in (link.deposit, head.live_deposit) if one)
    return tuple(one for one in map(relay.deposit, known) if one is not None)


def _to_the_same(link: Link, deposits: tuple[Deposit, ...]) -> tuple[Link, ...]:
    """Every link to the documents of this one."""
    mine = next((one for one in deposits if one.id == link.deposit), None)
    return relay.links(mine) if mine is not None else ()


def _by_company(
    typed: str,
    browser: str,
    now: datetime,
    act: Callable[[Link, int, tuple[Deposit, ...], Parcours], Transition],
) -> None:
    found = opening.find_proven(typed, browser, now)

    def decide() -> Transition:
        current = relay.link(found.link.id)
        if current is None:
            raise LinkUnknown
        head = parcours.head(current.parcours)
        return meetings.with_appointment(act(current, found.version, _concerned(current, head), head), now)

    commit(decide)


def remind(agent: Account, parcours_id: str, *, now: datetime) -> None:
    """The same link again to its own recipient, or a word that asks for dates.

    Raises:
        NotFound: not hers. WrongStep, NothingSent, RemindedToday: see ``domain.reminding``.
    """

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(agent, Act.REMIND, head)
        deposit = relay.deposit(head.last_deposit) if head.last_deposit else None
        link = relay.link(deposit.link) if deposit is not None and deposit.link else None
        return reminding.remind(head, link, deposit, by=role, draw=draw(now))

    commit(decide)
