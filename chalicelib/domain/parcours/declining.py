"""The company declines, takes it back within a day, deletes its copies.

Documents that still live go a day later: long enough for a second thought, and no longer.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.case import Case
from chalicelib.domain.documents.mailing import build_mails_to_agents
from chalicelib.domain.documents.recipients import is_same
from chalicelib.domain.documents.sending import (
    UNDO,
    restore_life,
    shorten_life,
    withdraw_refusals,
    without_revoked,
)
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.link import Link, check_acts
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import DECLINES, Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.errors import FieldInvalid, WrongStep

HELD = frozenset({Step.MEETING_HELD, Step.CONVENTION_SIGNED})
"""Too late to decline on the page: what comes then is for people to say to each other."""


def may_decline(link: Link, parcours: Parcours) -> bool:
    """Whether the holder of this link may decline now."""
    declined = link.declined_at is not None or parcours.setback is Setback.DECLINED
    return link.to is Role.COMPANY and not declined and _is_under_way(link, parcours)


def may_undo(link: Link, parcours: Parcours, now: datetime) -> bool:
    """Whether what was declined on this link may still be taken back: while it lives, for a day."""
    lives = bool(link.recipient) and not link.is_dead
    said_here = link.declined_at is not None and now < link.declined_at + UNDO
    return lives and said_here and parcours.setback is Setback.DECLINED and _is_under_way(link, parcours)


def is_asked_for_copies(link: Link, parcours: Parcours) -> bool:
    """Whether the holder of this link, who opened the documents, is asked to delete the copies.

    That is once it was declined, or is over, or its sending was withdrawn.
    """
    is_over = parcours.attempt != link.attempt or parcours.status is ParcoursStatus.AVAILABLE
    is_declined = link.declined_at is not None or is_declined_elsewhere(link, parcours)
    is_withdrawn = link.revoked_at is not None and link.moved_to is None
    return link.may_leave_copies and (is_declined or is_over or is_withdrawn)


def may_delete_copies(link: Link, parcours: Parcours) -> bool:
    """Whether the holder of this link is asked to delete the copies and has not said yet that they are."""
    return link.copies_deleted_at is None and is_asked_for_copies(link, parcours)


def is_declined_elsewhere(link: Link, parcours: Parcours) -> bool:
    """Whether the company declined otherwise than on this link's page: on a colleague's, or by telephone."""
    declined = parcours.setback is Setback.DECLINED and parcours.attempt == link.attempt
    return declined and link.to is Role.COMPANY and link.declined_at is None


def decline(case: Case, link: Link, version: int, *, reason: Reason, inputs: DecisionInputs) -> Transition:
    """Note on a link's page that the company declines: it is the tutor's turn, and agreements end. Twice is once.

    Who holds another link of the company is told that it opens nothing any more.
    Raises:
        FieldInvalid: the reason. WrongStep: it is too late, or the buyer's link; and as ``check_acts``.
    """
    parcours, now = case.parcours, inputs.now
    check_acts(link, version)
    if reason not in DECLINES:
        raise FieldInvalid("motif", "reason")
    if link.declined_at is not None and parcours.setback is Setback.DECLINED:
        return Transition.nothing()
    if not may_decline(link, parcours):
        raise WrongStep
    event = _build_event(link, EventKind.COMPANY_DECLINED, Role.COMPANY, inputs, reason)
    link_after = replace(link, declined_at=now, declined_for=reason)
    deposit_changes = tuple(change for deposit in case.deposits for change in shorten_life(deposit, now))
    parcours_after = without_revoked(
        parcours.set_back(Setback.DECLINED, event).without_agreement(), deposit_changes
    )
    if parcours.step is Step.MEETING_FIXED:
        parcours_after = replace(parcours_after, step=parcours.step_of_documents)
    mails = _build_mails(MailKind.DECLINE_NOTICE, link, parcours, inputs, to_company=True)
    others = tuple(other for other in case.links if not is_same(other.recipient, link.recipient))
    mails += build_mails_to_holders(MailKind.DECLINE_NOTICE, others, inputs)
    step = Transition.noting(
        event, Change(link, link_after), *deposit_changes, Change(parcours, parcours_after), mails=mails
    )
    return step + case.follow(parcours_after, event, inputs)


def undo(case: Case, link: Link, version: int, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Take a refusal back within a day: documents that still live get their former time again. Raises WrongStep afterwards."""
    parcours, now = case.parcours, inputs.now
    check_acts(link, version)
    if link.declined_at is None and link.undone_at is not None:
        return Transition.nothing()
    if not may_undo(link, parcours, now):
        raise WrongStep
    event = _build_event(link, EventKind.DECLINE_UNDONE, by, inputs)
    after = replace(parcours.with_event(event), setback=None, since=now, moved=())
    back = (change for deposit in case.deposits for change in restore_life(deposit, now))
    to_company = by is not Role.COMPANY
    mails = _build_mails(MailKind.DECLINE_UNDONE, link, parcours, inputs, to_company=to_company)
    others = (other for other in case.links if other.id != link.id)
    changes = (*withdraw_refusals((link, *others), now), *back, Change(parcours, after))
    return Transition.noting(event, *changes, mails=mails) + case.follow(after, event, inputs)


def delete_copies(link: Link, parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Note that the holder deleted the copies, once. Raises WrongStep when nobody asked for it."""
    if link.copies_deleted_at is not None:
        return Transition.nothing()
    if not may_delete_copies(link, parcours):
        raise WrongStep
    event = _build_event(link, EventKind.COPIES_DELETED, link.to, inputs)
    deleted = Change(link, replace(link, copies_deleted_at=inputs.now))
    return Transition.noting(event, deleted, Change(parcours, parcours.with_event(event)))


def _is_under_way(link: Link, parcours: Parcours) -> bool:
    """Whether the link's passage is being prepared, and its meeting was not held yet."""
    return parcours.prepares(link.attempt) and parcours.step not in HELD


def _build_event(
    link: Link, kind: EventKind, by: Role, inputs: DecisionInputs, reason: Reason | None = None
) -> Event:
    """Build a fact about the passage of this link."""
    return inputs.build_event(kind, link.parcours, link.attempt, by=by, reason=reason)


def _build_mails(
    kind: MailKind, link: Link, parcours: Parcours, inputs: DecisionInputs, *, to_company: bool
) -> tuple[OutboxMail, ...]:
    """Build the notices of a refusal, or of its end.

    They go to the person who accompanies and the other sender, to the buyer with or without an account, and to the company itself
    if ``to_company``.
    """
    mails = [*build_mails_to_agents(kind, link, parcours, inputs)]
    if parcours.buyer or parcours.present_buyer_contact:
        mails.append(_build_mail(kind, link, inputs, Role.BUYER, parcours.buyer))
    if to_company:
        mails.append(_build_mail(kind, link, inputs, Role.COMPANY))
    return tuple(mails)


def build_mails_to_holders(
    kind: MailKind, links: tuple[Link, ...], inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """Build the mails that tell of a refusal, or of its end, those at the company whose links it closes, or opens again."""
    held = (link for link in links if link.to is Role.COMPANY and link.is_living(inputs.now))
    by_mailbox = {address.fold_mailbox(link.recipient): link for link in held}
    return tuple(_build_mail(kind, link, inputs, Role.COMPANY) for link in by_mailbox.values())


def _build_mail(
    kind: MailKind, link: Link, inputs: DecisionInputs, to: Role, account: str | None = None
) -> OutboxMail:
    """Build a mail about this link to one side. ``account``: id, if an agent gets it."""
    mail = inputs.build_mail(kind, link=link.id, parcours=link.parcours, account=account)
    return replace(mail, to=to)
