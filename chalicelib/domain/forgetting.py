"""Erasing what has served: the history of a passage, the contacts of a contract, the accounts that nobody uses.

The timeline is not told of it: a fact that says whose history is gone would be history.
"""

from datetime import datetime, timedelta

from chalicelib.domain import lapsing
from chalicelib.domain.attempt import Attempt, OfferKey, ReferenceKey, offer_key
from chalicelib.domain.calendar import end_of, months_later
from chalicelib.domain.organisation import Organisation
from chalicelib.domain.parcours import Parcours, ParcoursStatus
from chalicelib.domain.people import Account
from chalicelib.domain.retention import RetentionPolicy
from chalicelib.domain.timeline import Event
from chalicelib.domain.transition import Change, Draw, MailKind, OutboxMail, Transition

UNDER_WAY = frozenset({ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS})
OF_A_PASSAGE: dict[str, object] = {
    "reference": None,
    "last_deposit": None,
    "live_link": None,
    "last_sent_at": None,
    "sent_to": None,
    "outside_at": None,
    "reminded_at": None,
    "reached": {},
    "moved": (),
    "passage_at": None,
}
"""What a parcours holds of its last passage once that is over."""
SEEN_EVERY = timedelta(days=1)
AT_ONCE = 60
"""Facts erased in one transaction, which holds 100 writes: those of a parcours' list rows beside them."""


def parcours_at(parcours: Parcours, keep: RetentionPolicy) -> datetime | None:
    """When the minute function looks at it: a passage that went silent, or contacts whose contract has been over long enough.

    None while it is free: its contract ends it first.
    """
    if parcours.status in UNDER_WAY:
        return keep.history_until(_last_planned(parcours))
    if parcours.status is ParcoursStatus.AVAILABLE:
        return None
    contacts, ended_at = keep.contacts_until(parcours.over_on), parcours.last_ended_at
    return max(contacts, keep.history_until(ended_at)) if ended_at else contacts


def next_look(parcours: Parcours, keep: RetentionPolicy) -> datetime | None:
    """When the minute function looks at a parcours next: something of it lapses, or has served."""
    times = (lapsing.due_at(parcours), parcours_at(parcours, keep))
    return min((one for one in times if one), default=None)


def _last_planned(parcours: Parcours) -> datetime:
    """The last fact of its passage, or what is agreed for a later day: an edit of the offer is no news of the passage."""
    planned = [end_of(one) for one in (parcours.promised_on, parcours.call_back_on) if one]
    planned += [parcours.meeting_at] if parcours.meeting_at else []
    return max([parcours.passage_at or parcours.since, *planned])


def forget_parcours(
    parcours: Parcours,
    attempts: tuple[Attempt, ...],
    events: tuple[Event, ...],
    key: OfferKey | None,
    keep: RetentionPolicy,
    now: datetime,
) -> Transition:
    """Its contacts and contract go; while a passage's history is kept, its contacts alone: the contract goes with the last one.

    Args:
        attempts: those that still stand; ``events``: every fact; ``key``: what makes its offer unique.
    """
    at = parcours_at(parcours, keep)
    if parcours.status in UNDER_WAY or at is None or now < at:
        return Transition.nothing()
    if attempts:
        ended_at = max((one.ended_at for one in attempts if one.ended_at), default=None)
        people = {"buyer_contact": None, "buyer": None, "coordinator": None, "last_ended_at": ended_at}
        company = parcours.company.model_copy(update={"contacts": ()})
        after = parcours.but(company=company, **people)
        return Transition(changes=(Change(parcours, after),)) if after != parcours else Transition.nothing()
    if len(events) > AT_ONCE:
        return Transition(changes=(Change(parcours, parcours),), erased=events[:AT_ONCE])
    unique = (Change(key, None),) if key and key.key == offer_key(parcours) else ()
    return Transition(changes=(Change(parcours, None), *unique), erased=events)


def mark_attempt(
    parcours: Parcours, attempt: Attempt, others: tuple[Event, ...], keep: RetentionPolicy, now: datetime
) -> Transition:
    """A passage ended long enough ago: from this write on it shows nowhere, and cannot be resumed.

    Args:
        others: the facts of its parcours that are not its own, in order.
    """
    ended_at = attempt.ended_at
    if ended_at is None or attempt.erasing_at or now < keep.history_until(ended_at):
        return Transition.nothing()
    changes: dict[str, object] = dict(OF_A_PASSAGE) if parcours.attempt == attempt.number else {}
    if others and parcours.last_at > others[-1].at:  # the last fact is one of those that go
        changes |= {"last_kind": others[-1].kind, "last_at": others[-1].at}
    head = (Change(parcours, parcours.but(**changes)),) if changes else ()
    return Transition(changes=(Change(attempt, attempt.but(erasing_at=now, stood=None)), *head))


def erase_attempt(attempt: Attempt, key: ReferenceKey | None, events: tuple[Event, ...]) -> Transition:
    """Its facts go, the oldest first, and the passage itself with the last of them: whatever stops this, it is resumed.

    Args:
        key: what makes its reference unique; ``events``: its own that are left.
    """
    if attempt.erasing_at is None:
        return Transition.nothing()
    if len(events) > AT_ONCE:
        return Transition(erased=events[:AT_ONCE])
    unique = (Change(key, None),) if key else ()
    return Transition(changes=(Change(attempt, None), *unique), erased=events)


def account_at(account: Account, keep: RetentionPolicy) -> datetime | None:
    """When the minute function looks at it: to warn its person, then to erase it. None: it says no date."""
    if account.closed_at is not None:
        return keep.closed_until(account.closed_at)
    if account.used_at is None:
        return None
    warned_at = _warned(account)
    return keep.unused_until(account.used_at, warned_at) if warned_at else keep.warned_from(account.used_at)


def seen(account: Account | None, now: datetime) -> tuple[Change, ...]:
    """She signs in: her account is of use. Written once a day at most."""
    if account is None or (account.seen_at is not None and now - account.seen_at < SEEN_EVERY):
        return ()
    return (Change(account, account.but(seen_at=now)),)


def _warned(account: Account) -> datetime | None:
    """When she was warned, unless the account has served since."""
    stands = account.warned_at and account.used_at and account.used_at <= account.warned_at
    return account.warned_at if stands else None


def is_warned(account: Account) -> bool:
    """Whether its person was warned, and the account has not served since."""
    return account.closed_at is None and _warned(account) is not None


def forget_account(
    account: Account, team: tuple[Account, ...], keep: RetentionPolicy, draw: Draw, *, accompanies: bool
) -> Transition:
    """Its person is warned a month before; then it goes, as a closed one does. The last open one of the team stays.

    Args:
        accompanies: whether a passage under way is hers: it waits a month more, without another mail.
        team: open accounts of the team. Two of them cannot be erased at once: one that stays is written too, as it was read.
        draw: one id.
    """
    at = account_at(account, keep)
    if at is None or draw.now < at:
        return Transition.nothing()
    if account.closed_at is not None:
        return Transition(changes=(Change(account, None),))
    warned = Change(account, account.but(warned_at=draw.now))
    if _warned(account) is None:
        mail = OutboxMail(
            key=draw.id(), kind=MailKind.ACCOUNT_UNUSED, created_at=draw.now, account=account.id
        )
        return Transition(changes=(warned,), mails=(mail,))
    if accompanies:
        return Transition(changes=(warned,))
    if not account.is_team:
        return Transition(changes=(Change(account, None),))
    other = next((one for one in team if one.id != account.id), None)
    if other is None:
        return Transition(changes=(warned,))
    return Transition(changes=(Change(account, None), Change(other, other)))


def organisation_at(organisation: Organisation, keep: RetentionPolicy) -> datetime | None:
    """When it is looked at: whether anybody works or buys there still."""
    return months_later(organisation.checked_at, keep.retention_months) if organisation.checked_at else None


def forget_organisation(
    organisation: Organisation, keep: RetentionPolicy, now: datetime, *, in_use: bool
) -> Transition:
    """Its choice goes once it has neither account nor contract."""
    at = organisation_at(organisation, keep)
    if at is None or now < at:
        return Transition.nothing()
    return Transition(changes=(Change(organisation, organisation.but(checked_at=now) if in_use else None),))
