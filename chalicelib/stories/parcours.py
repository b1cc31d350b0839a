"""Read a parcours for its page within the reader's rights, assign its tutor, report delays."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from chalicelib import config, terms
from chalicelib.domain import contacts
from chalicelib.domain.accounts.managing import AccountLine
from chalicelib.domain.contacts import UNKNOWN, Health
from chalicelib.domain.documents.erasure import Erasure, may_state_erasure, summarise_erasure
from chalicelib.domain.documents.sending import SENDING_STEPS
from chalicelib.domain.kernel import holding
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Contact, Parcours
from chalicelib.domain.kernel.people import ACCOMPANYING, Account, Act, acting_as, may, role_on
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.lists import Line
from chalicelib.domain.parcours import assigning as decisions
from chalicelib.domain.parcours import delays, turns
from chalicelib.domain.parcours.delays import Group, Phase, Spread
from chalicelib.domain.parcours.outcomes import list_corrected
from chalicelib.domain.parcours.turns import Progress, State, Turn
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, NotFound, NotYours
from chalicelib.stores import cases, parcours_table
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import accompanying, deciding
from chalicelib.stories.kit.deciding import decision_inputs

KnownOf = Callable[[Contact], Health]
"""What is known of a contact of one parcours."""


@dataclass(frozen=True)
class Sheet:
    """One parcours, as this person may see it."""

    page: parcours_table.Page
    turn: Turn | None
    progress: Progress | None
    """How far the turn's clock is."""
    yours: bool
    may_send: bool
    sees_contacts: bool
    deposit: Deposit | None
    """The last one of this attempt, live or not."""
    links: tuple[Link, ...]
    """Every link to its documents, the present recipient's first."""
    role: Role | None
    awaited: Account | None
    """The agent whose turn it is, when it is a known one."""
    taken_up: Account | None
    """Who treats it now, for who sees its contacts; None: nobody does."""
    buyer: Account | None
    sealer: Account | None
    """Who sealed, where an address waits for this person's consent; None: the account is closed."""
    health: KnownOf
    """What is known of each contact, where this person sees them."""
    work: UnitOfWork
    """What was read for it (``cases.load_sheet``)."""


def is_awaited(agent: Account, turn: Turn | None) -> bool:
    """Whether it is this agent's turn. ``turn``: as ``find_turn`` gives it."""
    if turn is None or turn.role is None:
        return False
    if turn.role is Role.TUTOR:
        return turn.account == agent.id
    if turn.role is Role.TEAM:
        return agent.is_team
    if turn.state is State.TO_PASS_ON:  # the message is in the buyer's mailbox
        return Role.BUYER in agent.roles
    if turn.role is Role.BUYER:  # the service that the buyer buys for follows too
        return bool(agent.roles & {Role.BUYER, Role.PRESCRIBER})
    return turn.role in agent.roles


def check_sight(agent: Account, *, parcours: str | None, deposit: str | None) -> None:
    """Raise NotFound where this agent may not see the parcours of this id, or that of this deposit; nothing is named by None."""
    work = UnitOfWork()
    if deposit is not None:
        parcours = work.get_one(Deposit, deposit).parcours
    if parcours is not None:
        acting_as(agent, Act.VIEW, work.get_one(Parcours, parcours))


def read_to_send(agent: Account, parcours_id: str, *, now: datetime) -> Sheet:
    """Read the sheet for sending documents on the parcours, which may have to wait: see ``Sheet.may_send``.

    Raises:
        NotFound, NotYours.
        TalkNeeded: see ``holding.check``.
    """
    sheet = read_sheet(agent, parcours_id, now=now)
    role = acting_as(agent, Act.SEND, sheet.page.parcours)
    holding.check_allowed(sheet.page.parcours, EventKind.DEPOSIT_OPENED, role)
    return sheet


def read_sheet(agent: Account, parcours_id: str, *, now: datetime) -> Sheet:
    """Read everything about one parcours that one agent may see.

    Raises:
        NotFound: it does not exist, or is another's: both look the same.
    """
    page = parcours_table.read_page(parcours_id)
    parcours = page.parcours
    if not may(agent, Act.VIEW, parcours):
        raise NotFound
    role, sees = role_on(agent, parcours), may(agent, Act.SEE_CONTACTS, parcours)
    turn = accompanying.find_turn(parcours, now, parcours_table.Roster())
    work = UnitOfWork()
    if sees:
        work.remember(agent)
        account = turn.account if turn is not None else None
        cases.load_sheet(work, parcours, parcours.tutor, parcours.coordinator, parcours.buyer, account)
    deposit = work.get(Deposit, parcours.last_deposit) if sees else None
    links = cases.load_links(work, deposit)
    return Sheet(
        page=_restrict_page(agent, role, page),
        turn=turn,
        progress=turns.measure_progress(parcours, now, terms.calendar(), terms.turns()),
        yours=is_awaited(agent, turn),
        may_send=may(agent, Act.SEND, parcours)
        and parcours.step in SENDING_STEPS
        and (parcours.live_deposit is None or parcours.has_stopped(now)),
        sees_contacts=sees,
        deposit=deposit,
        links=links,
        role=role,
        awaited=work.get(Account, _find_awaited(parcours, turn)),
        taken_up=work.get(Account, parcours.taken_up.account)
        if sees and parcours.taken_up is not None and parcours.taken_up.is_live(now)
        else None,
        buyer=work.get(Account, parcours.buyer) if sees else None,
        sealer=_find_asked_sealer(work, deposit, links),
        health=load_health(work, parcours, now=now) if sees else lambda _: UNKNOWN,
        work=work,
    )


def _find_awaited(parcours: Parcours, turn: Turn | None) -> str | None:
    """Return the account id of the person whose turn it is; None when it is nobody's, or nobody known."""
    if turn is None:
        return None
    match turn.role:
        case Role.TUTOR:
            return turn.account
        case Role.COORDINATOR:
            return parcours.coordinator
        case Role.BUYER:
            return parcours.buyer
        case _:
            return None


def _find_asked_sealer(work: UnitOfWork, deposit: Deposit | None, links: tuple[Link, ...]) -> Account | None:
    """Return the account that sealed the documents, while an address that the recipient named awaits consent; else None."""
    if deposit is None or not links or links[0].asked is None:
        return None
    return accompanying.find_sealer(work, deposit)


def read_erasure(
    agent: Account, parcours_id: str, event_id: str, *, now: datetime
) -> tuple[Sheet, Attempt, Erasure]:
    """Read what became of erased documents, by the fact that says so: for who keeps the young person's file.

    Raises:
        NotFound: no such fact, or not this agent's to read. NotYours: they follow the parcours in another role.
    """
    sheet = read_sheet(agent, parcours_id, now=now)
    erased = sheet.page.find_event(event_id)
    passage = sheet.page.find_attempt(erased.attempt) if erased is not None else None
    if erased is None or erased.kind is not EventKind.DOCUMENTS_ERASED or passage is None:
        raise NotFound
    if not may_state_erasure(agent, sheet.page.parcours, passage):
        raise NotYours(ACCOMPANYING)
    return sheet, passage, summarise_erasure(erased, sheet.page.events, passage.ended_at)


def load_health(work: UnitOfWork, parcours: Parcours, *, now: datetime) -> KnownOf:
    """Load what is known of the contacts of a parcours; return the function contact → its health."""
    named = (*parcours.company.contacts, *([parcours.buyer_contact] if parcours.buyer_contact else []))
    mailboxes = cases.load_mailboxes(work, (contact.address for contact in named))
    refused = {address: mailbox.refused_at for address, mailbox in mailboxes.items()}
    return partial(
        contacts.check_health,
        parcours,
        refused=refused,
        now=now,
        calendar=terms.calendar(),
        policy=terms.turns(),
    )


MOST_PRESCRIBERS = 3
"""Of an organisation's, as many are shown with a parcours."""


def list_people(sheet: Sheet) -> dict[Role, tuple[Account, ...]]:
    """List the open accounts on a parcours by role, with some prescribers; empty for somebody who sees no contacts."""
    if not sheet.sees_contacts:
        return {}
    parcours = sheet.page.parcours
    service = _list_open(
        parcours_table.list_account_lines_of_organisation(parcours.contract)[0], Role.PRESCRIBER
    )
    prescribers = parcours_table.list_accounts(line.id for line in service[:MOST_PRESCRIBERS])
    return {
        Role.BUYER: _open_account(sheet, parcours.buyer),
        Role.PRESCRIBER: tuple(account for account in prescribers if account.closed_at is None),
        Role.TUTOR: _open_account(sheet, parcours.tutor),
        Role.COORDINATOR: _open_account(sheet, parcours.coordinator),
    }


def _open_account(sheet: Sheet, identifier: str | None) -> tuple[Account, ...]:
    """Return the account in a tuple if it is open, else an empty one."""
    account = accompanying.find_open_account(sheet.work, identifier)
    return (account,) if account is not None else ()


def _restrict_page(agent: Account, role: Role | None, page: parcours_table.Page) -> parcours_table.Page:
    """Return the page without what the agent may not read: a tutor sees no passage of another tutor's."""
    if role is None:
        return _without_others(agent, page)
    if role is not Role.TUTOR:
        return page
    others = {
        attempt.number
        for attempt in page.attempts
        if attempt.ended_at is not None and attempt.tutor != agent.id
    }
    return replace(
        page,
        events=tuple(event for event in page.events if event.attempt not in others),
        attempts=tuple(attempt for attempt in page.attempts if attempt.number not in others),
    )


def _without_others(agent: Account, page: parcours_table.Page) -> parcours_table.Page:
    """Return the page of a free offer without the facts of passages that were not this agent's, and of corrections."""
    own = {attempt.number for attempt in page.attempts if attempt.tutor == agent.id}
    corrected_ids = list_corrected(page.events)
    shown_events = tuple(
        event
        for event in page.events
        if event.attempt in own
        or (event.attempt is None and event.kind is not EventKind.CORRECTED and event.id not in corrected_ids)
    )
    return replace(page, events=shown_events)


def read_delays(agent: Account, now: datetime) -> tuple[Group, dict[Phase, Spread]] | None:
    """Read whose delays an agent sees and the spread of each phase over twelve months; None: they see nobody's."""
    group = delays.find_group(agent)
    if group is None:
        return None
    counts = parcours_table.read_delay_counts(group.scope, *delays.find_period(now))
    return group, {phase: delays.compute_spread(counted) for phase, counted in counts.items()}


@story
def take_up(work: UnitOfWork, agent: Account, parcours_id: str, *, now: datetime) -> None:
    """Note that this agent treats the parcours, unless a colleague does. Raises NotFound, NotYours."""
    parcours = work.get_one(Parcours, parcours_id)
    acting_as(agent, Act.TAKE_UP, parcours)
    work.commit(decisions.take_up(parcours, agent.id, now))


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is chosen to accompany a parcours."""

    tutor: str
    """Account id, as is the coordinator's."""
    coordinator: str = ""
    """Who follows it; empty: the agent, if they coordinate, else as it is."""
    since: datetime | None = None
    """When the passage really began, for a history entered afterwards; only of an offer that is free, or *échue*."""
    seen: int | None = None
    """The revision of the parcours that was shown; None: the choice does not depend on it."""


def list_chosen(agent: Account, act: Act, identifiers: Sequence[str]) -> list[Parcours]:
    """Return those of these parcours with which this agent may do this act; others are left out."""
    chosen = {parcours.id: parcours for parcours in parcours_table.list_parcours(dict.fromkeys(identifiers))}
    in_order = (chosen[identifier] for identifier in dict.fromkeys(identifiers) if identifier in chosen)
    return [parcours for parcours in in_order if may(agent, act, parcours)]


def list_tutor_names(followed: Iterable[Line | Parcours]) -> dict[str, str]:
    """Return the names of those who follow these parcours, by account id; one read a hundred."""
    ids = dict.fromkeys(parcours.tutor for parcours in followed if parcours.tutor is not None)
    return {account.id: account.name for account in parcours_table.list_accounts(ids)} if ids else {}


@story
def assign(
    work: UnitOfWork, agent: Account, parcours_id: str, assignment: Assignment, *, now: datetime
) -> EventKind | None:
    """Give a free offer to a tutor, or a passage under way to another one; nothing when it is as asked.

    Returns the kind of the fact that says so; None: only another coordinator follows it.

    Raises:
        NotFound, NotYours. FieldInvalid: nobody whom this agent may choose, or a day that cannot be. WrongStep: see
            ``domain.parcours.assigning``. ChangedMeanwhile: it is neither as it was shown nor as asked.
    """
    since = assignment.since
    if since is not None and not now - timedelta(days=10 * 366) <= since <= now:
        raise FieldInvalid("depuis", "day")
    parcours = work.get_one(Parcours, parcours_id)
    role, inputs = acting_as(agent, Act.ASSIGN, parcours), decision_inputs(now)
    tutor = find_tutor(work, agent, assignment.tutor)
    if parcours.status in decisions.GIVEN and since is not None:
        step = decisions.enter_history(parcours, tutor, by=role, since=since, inputs=inputs)
    elif parcours.status in decisions.GIVEN:
        assigner = agent.id if agent.id != tutor.id else None
        reserved = timedelta(days=config.settings().reservation_days)
        step = decisions.give(parcours, tutor, by=role, assigner=assigner, reserved=reserved, inputs=inputs)
    else:
        case = deciding.load_passage(work, parcours)
        step = decisions.hand_over(case, tutor, by=role, assigner=agent.id, inputs=inputs)
    if assignment.coordinator:
        decisions.check_coordinator(work.get(Account, assignment.coordinator), parcours, tutor)
    own = agent.id if role is Role.COORDINATOR else parcours.coordinator
    coordinator = assignment.coordinator or own
    if coordinator:
        step = decisions.with_coordinator(step, parcours, coordinator)
    if step and assignment.seen not in {None, parcours.revision}:
        raise ChangedMeanwhile
    work.commit_and_wake(deciding.gather_mails(work, step))
    if not step:
        return parcours.last_kind
    return step.events[0].kind if step.events else None


@story
def find_tutor(work: UnitOfWork, agent: Account, tutor_id: str) -> Account:
    """Find the chosen tutor: any for the team, of the same académie for a coordinator. Raises FieldInvalid."""
    tutor = work.get(Account, tutor_id)
    if tutor is None or not (agent.is_team or tutor.academie == agent.academie):
        raise FieldInvalid("qui", "tutor")
    decisions.check_tutor(tutor)
    return tutor


def list_coordinators(parcours: Parcours) -> list[AccountLine]:
    """List the coordinators who may be chosen: open accounts in the académie of the internship, or in the tutor's."""
    places = [parcours.placement.academie, parcours.tutor_academie or parcours.placement.academie]
    lines = [
        line
        for place in dict.fromkeys(places)
        for line in parcours_table.list_account_lines_of_academie(place)[0]
    ]
    return _list_open(lines, Role.COORDINATOR)


def list_tutors(agent: Account, near: str) -> tuple[list[AccountLine], bool]:
    """List the tutors whom this agent may choose, those of the académie ``near`` first; and whether some are left out."""
    lines, more = (
        parcours_table.list_all_account_lines()
        if agent.is_team
        else parcours_table.list_account_lines_of_academie(agent.academie or "")
    )
    return sorted(_list_open(lines, Role.TUTOR), key=lambda line: line.academie != near), more


def _list_open(lines: list[AccountLine], role: Role) -> list[AccountLine]:
    """Return the lines of open accounts with this role."""
    return [line for line in lines if line.is_open_as(role)]
