"""Assign a tutor: hand a passage under way over with everything that hangs on it, give a free offer, set a coordinator."""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.domain.case import Case
from chalicelib.domain.fields import find_named_contact
from chalicelib.domain.kernel.address import hash_folded
from chalicelib.domain.kernel.attempt import find_side_to_notify, take, with_tutor
from chalicelib.domain.kernel.parcours import UNDER_WAY, Parcours, TakenUp
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.parcours.turns import waits_for_tutor
from chalicelib.errors import FieldInvalid, WrongStep

GIVEN = frozenset({ParcoursStatus.AVAILABLE, ParcoursStatus.LAPSED})
"""Where a passage may begin; once the contract is over, only one that began before: a history."""


def check_tutor(successor: Account) -> None:
    """Check that an account may be given a parcours to accompany: open, and a tutor's."""
    if successor.closed_at is not None or Role.TUTOR not in successor.roles:
        raise FieldInvalid("qui", "tutor")


def check_coordinator(chosen: Account | None, parcours: Parcours, tutor: Account) -> None:
    """Check that this account, still open, coordinates where the internship is, or where the tutor works."""
    places = {parcours.placement.academie, tutor.academie}
    coordinates = chosen is not None and chosen.closed_at is None and Role.COORDINATOR in chosen.roles
    if not coordinates or chosen is None or chosen.academie not in places:
        raise FieldInvalid("coordination", "coordinator")


def take_up(parcours: Parcours, account: str, now: datetime) -> Transition:
    """Note who treats the parcours from ``now`` on; nothing while somebody does."""
    if parcours.taken_up is not None and parcours.taken_up.is_live(now):
        return Transition.nothing()
    return Transition(
        changes=(Change(parcours, replace(parcours, taken_up=TakenUp(account=account, since=now))),)
    )


def hand_over(
    case: Case,
    successor: Account,
    *,
    by: Role,
    assigner: str,
    inputs: DecisionInputs,
) -> Transition:
    """Hand a passage over to another tutor; nothing for the present one. At the tutor's turn the clock begins anew.

    A live deposit goes on to its recipient. The successor answers for its links, and may withdraw it; only the person who sealed
    it may consent to another recipient. Both tutors are notified. ``assigner``: account id of the person who hands over. Raises
    WrongStep when no passage is under way, and as ``check_tutor``.
    """
    parcours, attempt, deposit = case.parcours, case.attempt, case.deposit
    check_tutor(successor)
    if attempt is None or parcours.status not in UNDER_WAY or attempt.ended_at is not None:
        raise WrongStep
    if parcours.tutor == successor.id:
        return Transition.nothing()
    event = inputs.build_event(EventKind.TUTOR_ASSIGNED, parcours.id, attempt.number, by=by)
    after = replace(
        with_tutor(successor, parcours.with_event(event)),
        since=inputs.now if waits_for_tutor(parcours) else parcours.since,
        warned_at=None,
    )
    changes = [Change(parcours, after), Change(attempt, replace(attempt, tutor=successor.id))]
    if deposit is not None and deposit.contents is not None and deposit.contents.owner != successor.id:
        contents = replace(deposit.contents, owner=successor.id)
        changes.append(Change(deposit, replace(deposit, contents=contents)))
    links = tuple((link, replace(link, sender=successor.id)) for link in case.links)
    mails = _build_handover_mails(parcours, successor, assigner, inputs)
    return Transition.noting(event, *changes, mails=mails) + case.move_links(links, after, inputs.now)


def _identify_reader(parcours: Parcours, side: Interlocutor) -> str:
    """Return what is the same for one person on each parcours: the buyer's account id, else the hash of a contact's address."""
    if side is Interlocutor.BUYER and parcours.buyer is not None:
        return parcours.buyer
    contact = find_named_contact(parcours, side)
    return hash_folded(contact.address) if contact is not None else ""


def _build_handover_mails(
    parcours: Parcours, successor: Account, assigner: str, inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """Build the mails that tell both tutors of a handover."""
    to_successor = build_assigned_mail(parcours, successor, assigner, inputs)
    if parcours.tutor is None:
        return (to_successor,)
    to_former = inputs.build_mail(MailKind.HANDED_AWAY, account=parcours.tutor, parcours=parcours.id)
    to_former = replace(to_former, about=successor.id, several=(parcours.id,))
    return to_successor, _put_off_to_gather(to_former, parcours.tutor)


def give(
    parcours: Parcours,
    tutor: Account,
    *,
    by: Role,
    assigner: str | None,
    reserved: timedelta,
    inputs: DecisionInputs,
) -> Transition:
    """Give a free offer to a tutor, who is notified. ``reserved``: see ``attempt.take``.

    ``assigner``: account id of who gives it; None: the tutor, who is notified of nothing.

    Raises FieldInvalid (``depuis``) for a lapsed offer, and as ``attempt.take``.
    """
    if parcours.status is ParcoursStatus.LAPSED:
        raise FieldInvalid("depuis", "history_day")
    step = take(parcours, tutor, inputs, reserved=reserved, by=by)
    if assigner is None:
        return step
    side = find_side_to_notify(parcours)
    reader = f"{_identify_reader(parcours, side)}#{tutor.id}" if side is not None else ""
    checks = (  # the tutor has done nothing yet
        _put_off_to_gather(replace(check, about=assigner, several=(parcours.id,)), reader)
        for check in step.mails
    )
    return replace(step, mails=(*checks, build_assigned_mail(parcours, tutor, assigner, inputs)))


def enter_history(
    parcours: Parcours, tutor: Account, *, by: Role, since: datetime, inputs: DecisionInputs
) -> Transition:
    """Enter a passage that began before the tool, even of an offer *échue*; nobody is notified. ``since``: when it began."""
    return take(parcours, tutor, inputs, by=by, occurred_at=since)


def build_assigned_mail(
    parcours: Parcours, tutor: Account, assigner: str, inputs: DecisionInputs
) -> OutboxMail:
    """Build the mail that tells a tutor which parcours they were given."""
    mail = inputs.build_mail(MailKind.ASSIGNED, account=tutor.id, parcours=parcours.id)
    return _put_off_to_gather(replace(mail, about=assigner, several=(parcours.id,)), tutor.id)


GATHERING = timedelta(minutes=5)
"""How long the first mail about parcours that change hands waits, so that it says all that one person hands to another."""


def _put_off_to_gather(mail: OutboxMail, reader: str) -> OutboxMail:
    """Put the mail off by ``GATHERING``, under the key at which a later one to the same ``reader`` finds it.

    That is one of the same kind about the same people, begun in the same five minutes by the clock.
    """
    until = mail.created_at + GATHERING
    window = int(mail.created_at.timestamp() // GATHERING.total_seconds())
    key = f"{mail.kind}#{reader}#{mail.account}#{mail.about}#{window}"
    return replace(mail, key=key, lease_until=until, awaited_since=until)


def list_gathering_keys(mail: OutboxMail) -> tuple[str, str]:
    """Return the keys of the two mails that may gather this one: begun in the same five minutes by the clock, or in the last."""
    start, _, window = mail.key.rpartition("#")
    return mail.key, f"{start}#{int(window) - 1}"


def gather_mail(step: Transition, mail: OutboxMail, waiting: OutboxMail) -> Transition:
    """Return the transition in which the mail that waits says what this one would; ``waiting``: no mailer has taken it yet."""
    mails = tuple(other for other in step.mails if other is not mail)
    several = tuple(dict.fromkeys((*waiting.several, *mail.several)))
    gathered = Change(waiting, replace(waiting, several=several))
    return replace(step, mails=mails, changes=(*step.changes, gathered))


def with_coordinator(step: Transition, parcours: Parcours, coordinator: str) -> Transition:
    """Return the transition with this coordinator on the parcours that it changes."""
    if parcours.coordinator == coordinator:
        return step
    changes = tuple(
        Change(change.before, replace(change.after, coordinator=coordinator))
        if change.before is parcours and isinstance(change.after, Parcours)
        else change
        for change in step.changes
    )
    if not any(change.before is parcours for change in step.changes):
        changes = (*changes, Change(parcours, replace(parcours, coordinator=coordinator)))
    return replace(step, changes=changes)
