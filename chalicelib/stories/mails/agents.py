"""The mails to the holder of an account about what is theirs: lists of what waits, accounts, parcours that change hands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from typing import NamedTuple

from chalicelib import clock, config, french, terms
from chalicelib.domain import retention
from chalicelib.domain.accounts.signing_in import CODE_LIFE, in_groups
from chalicelib.domain.fields import find_named_contact
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import UNDER_WAY, Parcours
from chalicelib.domain.kernel.people import Account, role_on
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.transition import Entrance
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import reminding, turns
from chalicelib.domain.parcours.turns import Turn
from chalicelib.mails import letters, views
from chalicelib.mails.views import ChangedContacts, DigestLine, Exact
from chalicelib.stores import parcours_table, relay_table
from chalicelib.stories import weekly
from chalicelib.stories.kit import accompanying
from chalicelib.stories.mails.links import format_contact_to_call
from chalicelib.stories.mails.subject import Subject
from chalicelib.words import codes
from chalicelib.words import mails as words
from chalicelib.words import turns as turn_words
from chalicelib.words import weekly as weekly_words
from chalicelib.words.codes import build_market_facts


def build_code(account: Account, digits: str) -> EmailMessage:
    """Build the mail with the sign-in code."""
    view = views.CodeView(code=in_groups(digits), minutes=int(CODE_LIFE.total_seconds() // 60))
    return letters.build_message(view, to=account.address)


def build_no_code(account: Account) -> EmailMessage:
    """Build the mail to who asked for a sign-in code, and may sign in with ProConnect alone."""
    return letters.build_message(
        views.NoCodeView(sign_in_url=letters.build_url("/connexion")), to=account.address
    )


def build_digest(subject: Subject) -> EmailMessage | None:
    """Build an agent's digest: what is theirs to do, whom they may call, which documents go unread; on Mondays also their week.

    None: nothing is left, or the agent's address refuses our mails.
    """
    account, now = subject.account, clock.utc_now()
    if account is None or account.mail_refused_at is not None:
        return None
    waiting = _list_waiting(account, subject.mail.several, now)
    yours, calls = [], []
    for parcours, role, turn in waiting:
        if reminding.may_answer_turn(role, turn):
            yours.append(_build_line(parcours, turn, now))
        if reminding.may_call(role, turn):
            calls.append(_build_line(parcours, turn, now))
    expiring = _list_expiring(waiting, now)
    urls = list(dict.fromkeys(line.url for line in (*yours, *calls, *expiring)))
    if not urls:
        return None
    whole_list = letters.build_url("/parcours?tour=moi" if yours else "/parcours")
    view = views.DigestView(
        yours=tuple(yours),
        calls=tuple(calls),
        expiring=expiring,
        several=len(urls),
        url=urls[0] if len(urls) == 1 else whole_list,
    )
    if reminding.begins_week(day_of(subject.mail.created_at), terms.calendar()):
        week = weekly.read_week(account, subject.mail.several, now=now)
        view = replace(
            view,
            todo=weekly_words.todo(week, day_of(now)),
            endings=weekly_words.endings(week, config.settings().closing_months),
            confirming=weekly_words.confirming(week),
        )
    return letters.build_message(view, to=account.address)


class Waiting(NamedTuple):
    """A parcours that waits for somebody, and the role in which the reader of a mail follows it."""

    parcours: Parcours
    role: Role
    turn: Turn


def _list_waiting(account: Account, identifiers: Sequence[str], now: datetime) -> list[Waiting]:
    """List those of these parcours on which the account still has a role and somebody is awaited."""
    waiting, roster = [], parcours_table.Roster()
    for parcours in parcours_table.list_parcours(identifiers):
        role = role_on(account, parcours)
        turn = accompanying.find_turn(parcours, now, roster)
        if role is not None and turn is not None:
            waiting.append(Waiting(parcours, role, turn))
    return waiting


def _list_expiring(waiting: list[Waiting], now: datetime) -> tuple[DigestLine, ...]:
    """List the lines of parcours whose unread documents go soon, where the reader accompanies the young person."""
    accompanied = [
        entry for entry in waiting if entry.role in turns.STAND_INS and entry.parcours.live_deposit
    ]
    deposits = relay_table.read_deposits(str(entry.parcours.live_deposit) for entry in accompanied)
    lines = []
    for parcours, _, turn in accompanied:
        deposit = deposits.get(str(parcours.live_deposit))
        if deposit is not None and reminding.is_going(deposit, parcours, now, terms.reminders()):
            lines.append(_build_line(parcours, turn, now, until=deposit.erase_at))
    return tuple(lines)


def _build_line(
    parcours: Parcours, turn: Turn, now: datetime, *, until: datetime | None = None
) -> DigestLine:
    """Build the line of one parcours in an agent's reminders."""
    return DigestLine(
        parcours=build_market_facts(parcours),
        act=turn_words.format_act(turn, parcours, yours=True),
        late=turn_words.format_late(turn, day_of(now)),
        call=Exact(format_contact_to_call(parcours)),
        calls=turn_words.CardAct.CALL in turn_words.AWAITED[turn.state].acts,
        ask=turn_words.format_question(turn, parcours),
        until=until,
        url=letters.build_parcours_url(parcours),
    )


def build_invitation(subject: Subject) -> EmailMessage | None:
    """Build the mail to the person of a new account: who opened it, what it is for, where to sign in. It holds no token."""
    invited, inviter = subject.account, subject.open_account(subject.mail.about)
    if invited is None:
        return None
    view = views.InvitationView(
        inviter=letters.build_agent(inviter) if inviter else None,
        roles=codes.format_roles(invited.roles),
        place=invited.organisation or (french.academie(invited.academie) if invited.academie else ""),
        address=Exact(invited.address),
        sign_in_url=letters.build_url("/connexion"),
    )
    return letters.build_message(view, to=invited.address, reply_to=inviter.address if inviter else None)


def build_unused_account(subject: Subject) -> EmailMessage | None:
    """Build the mail to the person of an account that nobody uses, unless somebody has signed in since: until when it is kept."""
    account = subject.account
    at = retention.find_account_due_at(account, terms.retention()) if account else None
    if account is None or at is None or not retention.is_warned(account):
        return None
    view = views.UnusedAccountView(
        address=Exact(account.address), erased_on=day_of(at), sign_in_url=letters.build_url("/connexion")
    )
    return letters.build_message(view, to=account.address)


def build_entrance_changed(subject: Subject) -> EmailMessage | None:
    """Build the mail about what opens an account, to its person, or to who removed the passkeys of another."""
    reader, other, entrance = subject.account, subject.about, subject.mail.entrance
    if reader is None or entrance is None or (subject.mail.about is not None and other is None):
        return None
    is_own = entrance is not Entrance.OTHERS_PASSKEYS_REMOVED
    notice = words.ENTRANCES[entrance]
    facts = {"name": other.name, "function": other.function} if other is not None else {}
    view = views.EntranceView(
        title=notice.title,
        lines=tuple(line.format(**facts) for line in notice.lines),
        own=is_own,
        url=letters.build_url("/compte" if is_own or other is None else f"/comptes/{other.id}"),
    )
    return letters.build_message(
        view, to=reader.address, reply_to=other.address if other is not None else None
    )


def build_takings_stopped(subject: Subject) -> EmailMessage | None:
    """Build the mail to a coordinator: a tutor was kept from taking more offers."""
    tutor = subject.about
    if subject.account is None or tutor is None:
        return None
    view = views.TakingsStoppedView(
        tutor=letters.build_agent(tutor), parcours_url=letters.build_url("/parcours")
    )
    return letters.build_message(view, to=subject.account.address, reply_to=tutor.address)


def build_absence(subject: Subject) -> EmailMessage | None:
    """Build the mail to who is away, or to who stands in: from when to when, and on which parcours, or that it ends early.

    None once it is over, or ended before its announcement left. Who is away for good reads it though that account is closed.
    """
    away, now = subject.about, clock.utc_now()
    own = away is not None and away.id == subject.mail.account
    reader = away if own else subject.account
    if reader is None or away is None:
        return None
    if away.absence is None:
        return None if subject.mail.several else _build_absence_ended(away, reader, own=own)
    if away.absence.last < day_of(now):
        return None
    followed = [
        parcours
        for parcours in subject.work.get_all(Parcours, subject.mail.several)
        if parcours.tutor == away.id and parcours.status in UNDER_WAY
    ]
    if not own and not followed:
        return None
    view = views.AbsenceView(
        away=letters.build_agent(away),
        own=own,
        first=away.absence.first,
        last=away.absence.last if not away.absence.is_final else None,
        parcours=tuple(map(build_market_facts, followed)),
        url=letters.build_url("/compte" if own else "/parcours"),
    )
    answers_to = (
        None if own or away.absence.is_final else away.address
    )  # a closed account is written to by nobody
    return letters.build_message(view, to=reader.address, reply_to=answers_to)


def _build_absence_ended(away: Account, reader: Account, *, own: bool) -> EmailMessage:
    """Build the mail that an absence ends before its last day, to who was mailed it."""
    view = views.AbsenceEndedView(
        away=letters.build_agent(away), own=own, url=letters.build_url("/compte" if own else "/parcours")
    )
    return letters.build_message(view, to=reader.address, reply_to=None if own else away.address)


def build_assigned(subject: Subject) -> EmailMessage | None:
    """Build the mail to the tutor who was assigned: who gave which parcours, and who answers. None once others have them."""
    tutor, assigner = subject.account, subject.open_account(subject.mail.about)
    followed = [
        parcours for parcours in subject.list_several() if tutor is not None and parcours.tutor == tutor.id
    ]
    if tutor is None or not followed:
        return None
    if subject.mail.about == subject.mail.account:
        assigner = None
    view = views.AssignedView(
        parcours=tuple(map(build_market_facts, followed)),
        assigner=letters.build_agent(assigner) if assigner else None,
        url=letters.build_parcours_url(followed[0]) if len(followed) == 1 else letters.build_url("/parcours"),
    )
    return letters.build_message(view, to=tutor.address, reply_to=assigner.address if assigner else None)


def build_handed_away(subject: Subject) -> EmailMessage | None:
    """Build the mail to the former tutor, even of a closed account: who took over which parcours.

    None once somebody else follows all that it lists.
    """
    former, successor = subject.work.get(Account, subject.mail.account), subject.about
    listed = subject.list_several()
    followed = [parcours for parcours in listed if successor is not None and parcours.tutor == successor.id]
    if former is None or successor is None or not followed:
        return None
    view = views.HandedAwayView(
        successor=letters.build_agent(successor), parcours=tuple(map(build_market_facts, followed))
    )
    return letters.build_message(view, to=former.address)


def build_contacts_changed(subject: Subject) -> EmailMessage | None:
    """Build the mail to the tutor at the time of the change: which contacts changed, by whom, what to do if it is unexpected.

    It leaves even if somebody else has the parcours by now: a handover must not hide a change.
    """
    changes, tutor = subject.mail.contacts, subject.account
    changed = subject.work.get_all(Parcours, changes)
    if tutor is None or not changed:
        return None
    by = subject.about if subject.mail.about != tutor.id else None
    several = len(changed) > 1
    view = views.ContactsChangedView(
        by=letters.build_agent(by) if by else None,
        is_on_request=subject.mail.about is None,
        changed=tuple(
            ChangedContacts(build_market_facts(parcours), _describe_changes(parcours, changes[parcours.id]))
            for parcours in changed
        ),
        url=letters.build_url("/parcours") if several else letters.build_parcours_url(changed[0]),
    )
    return letters.build_message(view, to=tutor.address)


def _describe_changes(parcours: Parcours, changes: Sequence[str]) -> tuple[str, ...]:
    """Describe what changed (codes of ``list_contact_changes``), in role terms, with a hint of a new address."""
    descriptions = []
    for change in changes:
        role, _, part = change.partition(".")
        description = f"{words.CONTACTS[Interlocutor(role)]} {words.CHANGES[part]}"
        contact = find_named_contact(parcours, Interlocutor(role))
        if contact is not None and part in {"address", "added"}:
            description += f"\u00a0: {address.mask(contact.address)}"
        descriptions.append(description)
    return tuple(descriptions)
