"""Remind each working morning those who are awaited, until somebody acts.

A run reads what is due (index ``due``), groups it by agent, and writes one mail to each: that needs all of it in one place. Then
it is noted on each parcours up to when everybody was reminded, with the mails to those outside: that is most of the work, and
where it is much, other runs do pages of it. What dies in between is resumed the next morning: nobody gets two reminders a day.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import clock, terms
from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import reminding, turns
from chalicelib.domain.parcours.reminding import Prompt
from chalicelib.stores import parcours_table, relay_table, rows, tables, transactions
from chalicelib.stores.items import Due, Key, identifier_of
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import accompanying, deciding, quotas
from chalicelib.stories.kit.batches import MOST_LISTED, Batch
from chalicelib.stories.kit.deciding import decision_inputs

BUDGET = timedelta(minutes=13)
"""When a run stops by itself. The function's own time (overlay.yaml) leaves room for the last call to be answered."""
MOST_DUE = 10_000
"""Parcours looked at in one run: some seven minutes of its thirteen, at an estimated 40 ms each. The next one goes on."""
REMINDED = "reminded"
"""What pages of parcours are for, by the ids of those that one mail lists: to note that everybody was reminded of them."""
MOST_AT_ONE_ADDRESS = 6
"""Links that one reminder lists: what is noted on all their parcours, now or when the mail comes back, fits one transaction."""
MOST_OF_A_ROLE = 3
"""Colleagues who are asked where the record names none of them."""


@dataclass
class Report(Batch):
    """What one run did, for the log."""

    mails: int = 0
    """What it has queued; the minute function wakes the mailer for them, as many each minute as then leave."""


@dataclass(frozen=True)
class Asked:
    """One parcours that is due, and whom it is about."""

    parcours: Parcours
    prompts: frozenset[Prompt]
    agents: tuple[Account, ...]
    recipient: str | None = None
    """Address to which a reminder goes outside, of a link or of dates; None: to nobody."""
    waits_at: str = ""
    """That address as it is compared, where a link waits there; empty: none does."""


@dataclass(frozen=True)
class Reached:
    """One parcours of which a reminder is noted."""

    parcours: str
    prompts: frozenset[Prompt]
    to_buyer_contact: bool
    """The buyer has no account, and gets a mail."""


@dataclass(frozen=True)
class Expiring:
    """Unread documents that go soon, and who is warned."""

    deposit: Deposit
    agent: Account | None


def run(*, now: datetime) -> Report:
    """Run one morning, ``BUDGET`` long at most; do nothing outside of a working morning."""
    report = Report()
    if not reminding.is_morning(now, terms.calendar()):
        return report
    report.until = clock.utc_now() + BUDGET
    people = People()
    due_now: list[Asked] = []
    report.each(_list_due(now, report), lambda parcours: due_now.extend(_choose_asked(parcours, people, now)))
    groups: list[list[Asked]] = []
    report.each(_group_by_address(due_now), lambda group: groups.append(_keep_reachable(group, now)))
    asked = [due for group in groups for due in group]
    expiring = _list_expiring(people, now, report)
    belated = _list_belated(now)
    lists = _group_by_agent(asked, expiring, belated)
    listed: set[str] = set()
    earlier = [mail for mail in belated if mail.kind in reminding.REMINDERS]
    report.each(earlier, lambda mail: _renew(mail, now, report))
    report.each(
        list(lists), lambda to: _write_list(people.account(to), lists[to], belated, listed, now, report)
    )
    # Not of those that no digest lists, as their agent was reminded today already.
    kept = ([due for due in group if _is_listed(due, listed)] for group in groups)
    reached = {_join_ids(group): group for group in kept if group}
    page = report.share(REMINDED, list(reached), now=now)
    report.each(page, lambda identifiers: _prompt(reached[identifiers], now, report))
    report.each(expiring, lambda going: _note_warned(going, listed, now))
    return report


def run_page(work: str, keys: list[str], *, now: datetime) -> Report:
    """Do one page of a morning's work that another run has started (``Batch.share``); nothing outside of a working morning.

    ``work``: which work it is, as ``share`` was told; ``keys``: what is on the page.
    """
    report = Report()
    if not reminding.is_morning(now, terms.calendar()):
        return report
    report.until = clock.utc_now() + BUDGET
    if work != REMINDED:
        raise ValueError("no such work")
    _prompt_page(keys, now, report)
    return report


def _list_belated(now: datetime) -> list[OutboxMail]:
    """List automatic reminders and digests of earlier mornings that have not left."""
    keys = [entry.key for entry in tables.query_due_kind(Due.MAIL, now, MOST_DUE)]
    keys += tables.query_due_at(Due.MAIL, end_of(day_of(now)))  # put off until then by the mailer
    return [
        mail for mail in relay_table.list_mails(map(identifier_of, keys)) if reminding.is_belated(mail, now)
    ]


def _renew(belated: OutboxMail, now: datetime, report: Report) -> None:
    """Date a reminder of an earlier morning to this one, so that it may leave.

    It is removed if it is no longer true, and waits further if its reader (``to``) was reminded today. Where nobody is left to
    read it (None) it may leave too: the mailer drops it. Of several links those stay of which it is true.
    """
    work = UnitOfWork()
    lines = (
        [*mailing.split_reminder(belated, work.get_all(Link, belated.links))] if belated.links else [belated]
    )
    awaited = [line for line in lines if _still_awaits(work, line, now)]
    if not awaited:
        transactions.commit(Transition(changes=(Change(belated, None),)))
        return
    parcours, link = work.get_one(Parcours, awaited[0].parcours), work.get(Link, awaited[0].link)
    to = reminding.find_addressee(awaited[0], parcours, link)
    if to is None or quotas.count_reminder(to, now):
        kept = {line.link: belated.links[line.link] for line in awaited if line.link in belated.links}
        renewed = replace(mailing.renew_reminder(belated, now), links=kept)
        transactions.commit(Transition(changes=(Change(belated, renewed),)))
        report.mails += 1


def _still_awaits(work: UnitOfWork, reminder: OutboxMail, now: datetime) -> bool:
    """Whether a reminder of one parcours is still true."""
    parcours = work.get_one(Parcours, reminder.parcours)
    turn = turns.read_turn(rows.plan_reminders(parcours).points, now)
    return reminding.still_awaits(reminder, parcours, turn)


def _group_by_agent(
    asked: Iterable[Asked], expiring: Iterable[Expiring], belated: Iterable[OutboxMail]
) -> dict[str, list[str]]:
    """Group what is due by agent: account id → ids of the parcours that their mail lists, each once."""
    listed: dict[str, dict[str, None]] = defaultdict(dict)
    for mail in belated:
        if mail.account is not None:
            listed[mail.account] |= dict.fromkeys(mail.several)
    for due in asked:
        for agent in due.agents:
            listed[agent.id][due.parcours.id] = None
    for going in expiring:
        if going.agent is not None:
            listed[going.agent.id][going.deposit.parcours] = None
    return {agent: list(identifiers) for agent, identifiers in listed.items()}


def _query_due(kind: Due, now: datetime, report: Report) -> list[Key]:
    """Return the keys of the first ``MOST_DUE`` entries of a kind that are due; where there are more, one is counted as left."""
    entries = tables.query_due_kind(kind, now, MOST_DUE + 1)
    report.left += len(entries[MOST_DUE:])
    return [entry.key for entry in entries[:MOST_DUE]]


def _list_due(now: datetime, report: Report) -> list[Parcours]:
    """List the parcours whose next reminder is due; remove due entries whose parcours is gone."""
    keys = _query_due(Due.REMINDER, now, report)
    parcours_by_id = {
        parcours.id: parcours for parcours in parcours_table.list_parcours(map(identifier_of, keys))
    }
    for key in keys:
        if identifier_of(key) not in parcours_by_id:
            tables.remove_due(Due.REMINDER, key, now)
    return list(parcours_by_id.values())


def _choose_asked(parcours: Parcours, people: "People", now: datetime) -> list[Asked]:
    """Return who is to be reminded about this parcours, in a list; empty when it is nobody, or not today."""
    asked = _find_asked(parcours, people, now)
    if asked is None or Prompt.RECIPIENT not in asked.prompts:
        return [asked] if asked is not None else []
    case = deciding.load_passage(UnitOfWork(), parcours)
    waiting = reminding.find_waiting_link(case, now)
    waits_at = fold(waiting.recipient) if waiting is not None else ""
    return [replace(asked, recipient=reminding.find_recipient(case, now), waits_at=waits_at)]


def _find_asked(parcours: Parcours, people: "People", now: datetime) -> Asked | None:
    """Find the reminders that are due on a parcours, with their agents; None when today is no day for them."""
    plan = rows.plan_reminders(parcours)
    if not plan.is_day(now):
        return None
    prompts = plan.due(now)
    agents: list[Account] = []
    if Prompt.AWAITED in prompts:
        agents += people.awaited(parcours, now)
    if Prompt.BUYER in prompts:
        agents += people.buyer(parcours)
    return Asked(parcours, prompts, tuple({agent.id: agent for agent in agents}.values()))


def _list_expiring(people: "People", now: datetime, report: Report) -> list[Expiring]:
    """List unread documents that are erased soon, with the agent who is warned.

    Without an agent, nobody needs the warning: it is only noted as done.
    """
    keys = _query_due(Due.WARNING, now, report)
    deposits = relay_table.read_deposits(map(identifier_of, keys))
    read = parcours_table.list_parcours({deposit.parcours for deposit in deposits.values()})
    parcours_by_id = {parcours.id: parcours for parcours in read if not parcours.synthetic}
    for key in keys:
        if identifier_of(key) not in deposits:
            tables.remove_due(Due.WARNING, key, now)
    expiring = []
    for deposit in deposits.values():
        if deposit.parcours in parcours_by_id:
            parcours = parcours_by_id[deposit.parcours]
            is_warned_of = reminding.is_going(deposit, parcours, now, terms.reminders())
            expiring.append(Expiring(deposit, people.follows(parcours, now) if is_warned_of else None))
    return expiring


def _write_list(
    account: Account | None,
    listed_for: list[str],
    belated: Iterable[OutboxMail],
    listed: set[str],
    now: datetime,
    report: Report,
) -> None:
    """Queue one digest for an agent, with all that waits for them; nothing when they were reminded today.

    ``listed_for``: ids of the parcours; ``listed``: gets « account parcours » for each that the mail lists. It replaces digests
    of earlier mornings (``belated``) that did not leave.
    """
    if account is None or not quotas.count_reminder(account.address, now):
        return
    identifiers = tuple(listed_for[:MOST_LISTED])
    report.left += len(listed_for[MOST_LISTED:])
    replaced = tuple(earlier for earlier in belated if earlier.account == account.id)
    _queue_digest(account.id, identifiers, replaced, now)
    report.mails += 1
    listed |= {_pair(account, parcours_id) for parcours_id in identifiers}


@story
def _queue_digest(
    work: UnitOfWork,
    account_id: str,
    identifiers: tuple[str, ...],
    replaced: tuple[OutboxMail, ...],
    now: datetime,
) -> None:
    """Queue a digest of these parcours in place of ``replaced``."""
    mail = replace(decision_inputs(now).build_mail(MailKind.DIGEST, account=account_id), several=identifiers)
    removed = tuple(Change(earlier, None) for earlier in replaced)
    work.commit(Transition(changes=removed, mails=(mail,)))


def _pair(account: Account, parcours_id: str) -> str:
    """Return « account parcours »: that this agent's mail lists this parcours."""
    return f"{account.id} {parcours_id}"


def _is_listed(asked: Asked, listed: set[str]) -> bool:
    """Whether the digest of each agent lists the parcours."""
    return all(_pair(agent, asked.parcours.id) in listed for agent in asked.agents)


def _prompt_page(identifiers: list[str], now: datetime, report: Report) -> None:
    """Note that everybody was reminded of these parcours, which a run has listed for their agents and counted for the others.

    Nothing for those that were noted meanwhile, so that a page may come twice.
    """
    people = People()
    report.each(identifiers, lambda joined: _prompt_if_due(joined.split(), people, now, report))


def _prompt_if_due(identifiers: list[str], people: "People", now: datetime, report: Report) -> None:
    """Note that everybody was reminded of the parcours that one mail lists, of which somebody still is to be."""
    due_parcours = (
        _find_asked(parcours, people, now) for parcours in parcours_table.list_parcours(identifiers)
    )
    _prompt([asked for asked in due_parcours if asked is not None and asked.prompts], now, report)


def _join_ids(group: Iterable[Asked]) -> str:
    """Join the ids of the parcours that one mail lists, so that one page has them all."""
    return " ".join(due.parcours.id for due in group)


def _prompt(group: list[Asked], now: datetime, report: Report) -> None:
    """Note that everybody was reminded of these parcours; the same write queues the mails to those who have no account."""
    report.mails += len(_note_prompted([_find_reached(asked, now) for asked in group], now))


def _find_reached(asked: Asked, now: datetime) -> Reached:
    """Find who is reached by the reminders of a parcours: the buyer only if one is known, by account or in the record."""
    contact = asked.parcours.present_buyer_contact if _is_for_contact(asked, now) else None
    is_asked = contact is not None or any(agent.roles & reminding.BUYS for agent in asked.agents)
    prompts = asked.prompts if is_asked else asked.prompts - {Prompt.BUYER}
    return Reached(asked.parcours.id, prompts, to_buyer_contact=contact is not None)


@story
def _note_prompted(work: UnitOfWork, group: list[Reached], now: datetime) -> list[str]:
    """Note on each parcours who was reminded, as far as that is still due, and queue their mails; return the keys of those mails.

    One write for all of them: the mail that lists several leaves if and only if each timeline says so.
    """
    step, cases = Transition.nothing(), []
    work.load(*((Parcours, reached.parcours) for reached in group))
    for reached in group:
        parcours = work.get(Parcours, reached.parcours)
        if parcours is None:  # gone meanwhile
            continue
        plan = rows.plan_reminders(parcours)
        prompts = plan.due(now) & reached.prompts if plan.is_day(now) else frozenset()
        case = deciding.load_passage(work, parcours)
        cases.append(case)
        step += reminding.remind_recipient_and_buyer(
            case, prompts, to_buyer_contact=reached.to_buyer_contact, inputs=decision_inputs(now)
        )
    return work.commit(reminding.join_reminders(step, cases, decision_inputs(now))).mail_keys


def _group_by_address(asked: Iterable[Asked]) -> list[list[Asked]]:
    """Group parcours whose links wait at one address, so that one mail lists them; each other one is a group of its own."""
    groups: dict[str, list[Asked]] = defaultdict(list)
    for due in asked:
        groups[due.waits_at or due.parcours.id].append(due)
    return list(groups.values())


def _keep_reachable(group: list[Asked], now: datetime) -> list[Asked]:
    """Count a reminder to each person outside to whom those of a group go; return the parcours of which it may be sent.

    A parcours with somebody who was reminded today already waits for another morning, and so do those for which the mail has no
    place.
    """
    kept = [due for due in group[:MOST_AT_ONE_ADDRESS] if _may_reach_contact(due, now)]
    recipient = group[0].recipient
    return kept if not kept or not recipient or quotas.count_reminder(recipient, now) else []


def _may_reach_contact(asked: Asked, now: datetime) -> bool:
    """Count a reminder to the buyer of the record, where it would go there; False when that person was reminded today already."""
    contact = asked.parcours.present_buyer_contact if _is_for_contact(asked, now) else None
    return contact is None or quotas.count_reminder(contact.address, now)


def _is_for_contact(asked: Asked, now: datetime) -> bool:
    """Whether the buyer is to be reminded and has no account, so that the contact of the record gets a mail."""
    buyer_is_asked = Prompt.BUYER in asked.prompts
    if Prompt.AWAITED in asked.prompts:
        turn = turns.read_turn(rows.plan_reminders(asked.parcours).points, now)
        buyer_is_asked |= turn is not None and turn.role is Role.BUYER
    return buyer_is_asked and not any(agent.roles & reminding.BUYS for agent in asked.agents)


def _note_warned(going: Expiring, listed: set[str], now: datetime) -> None:
    """Note that documents were warned of, unless the agent's digest does not list their parcours."""
    if going.agent is not None and _pair(going.agent, going.deposit.parcours) not in listed:
        return

    _warn(going.deposit.id, now)


@story
def _warn(work: UnitOfWork, deposit_id: str, now: datetime) -> None:
    """Store that the warning about these documents is done."""
    deposit = work.get(Deposit, deposit_id)
    if deposit is not None and deposit.warned_at is None:
        work.commit(Transition(changes=(Change(deposit, replace(deposit, warned_at=now)),)))


class People:
    """The agents whom a run is about, each read once."""

    def __init__(self) -> None:
        self._work = UnitOfWork()
        self._roster = parcours_table.Roster()

    def account(self, identifier: str | None) -> Account | None:
        """Return an account if it is open."""
        return accompanying.find_open_account(self._work, identifier)

    def follows(self, parcours: Parcours, now: datetime) -> Account | None:
        """Return the account to warn: the tutor, or the coordinator first while the tutor is away; each for want of the other."""
        tutors, coordinators = self._list_open([parcours.tutor]), self._coordinating(parcours)
        is_away = parcours.is_tutor_away(now)
        return next(iter(coordinators + tutors if is_away else tutors + coordinators), None)

    def awaited(self, parcours: Parcours, now: datetime) -> list[Account]:
        """Return the agents whose turn it is and who are to be reminded of it.

        Empty at the turn of a buyer who has an address and no account, and at the team's for a silent company that it had already
        when everybody was last reminded, for want of a buyer.
        """
        turn, reminded_at = accompanying.find_turn(parcours, now, self._roster), parcours.prompted_at
        if turn is None:
            return []
        is_silence = turn.role is Role.TEAM and not turn.is_nobodys
        if is_silence and reminded_at is not None and reminded_at >= turn.since:
            return []
        match turn.role:
            case Role.TUTOR:
                return self._list_open([turn.account]) or self._coordinating(parcours)
            case Role.COORDINATOR:
                return self._coordinating(parcours)
            case Role.BUYER:
                return self.buyer(parcours)
            case Role.TEAM:
                return self._list_open(self._roster.list_team())
            case _:
                return []

    def buyer(self, parcours: Parcours) -> list[Account]:
        """Return the account that follows for the buyer, in a list.

        Empty if the record names a contact without account; if it names nobody, some buyers of the organisation.
        """
        buyer = self.account(parcours.buyer) or accompanying.find_buyer_account(self._work, parcours)
        if buyer is not None:
            return [buyer]
        if parcours.names_buyer:
            return []
        return self._list_some(self._roster.list_buyers(parcours.contract))

    def _coordinating(self, parcours: Parcours) -> list[Account]:
        """Return some of those who have the turns of coordination."""
        return self._list_some(self._roster.list_coordinating(parcours))

    def _list_some(self, identifiers: list[str]) -> list[Account]:
        """Return the first ``MOST_OF_A_ROLE`` accounts of those who fill a role."""
        return self._list_open(identifiers[:MOST_OF_A_ROLE])

    def _list_open(self, identifiers: Iterable[str | None]) -> list[Account]:
        """Return those of these accounts that are open."""
        accounts = map(self.account, identifiers)
        return [account for account in accounts if account is not None]
