"""Decide who is notified of what happened to a link, and what the notice says."""

from datetime import datetime
from enum import StrEnum

from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours, Step
from chalicelib.domain.kernel.transition import Draw, MailKind, OutboxMail
from chalicelib.domain.kernel.values import Role


class Occasion(StrEnum):
    """What happened, as far as the sentences differ."""

    MEETING_TOLD = "meeting_told"
    READ = "read"
    READ_LATER = "read_later"
    READ_WHILE_ANOTHER_WAITS = "read_while_another_waits"
    READ_BY_BUYER = "read_by_buyer"
    UNREADABLE = "unreadable"
    UNREADABLE_TO_ONE = "unreadable_to_one"
    UNREADABLE_TO_BUYER = "unreadable_to_buyer"
    CLOSED = "closed"
    CLOSED_AFTER_OPENING = "closed_after_opening"
    CLOSED_BESIDE = "closed_beside"
    REQUESTED = "requested"
    REQUESTED_BY_BUYER = "requested_by_buyer"
    DECLINED_TUTOR = "declined_tutor"
    DECLINED_COORDINATOR = "declined_coordinator"
    DECLINED_BUYER = "declined_buyer"
    UNDONE_TUTOR = "undone_tutor"
    UNDONE_COORDINATOR = "undone_coordinator"
    UNDONE_BUYER = "undone_buyer"
    COLLEAGUE = "colleague"
    COLLEAGUE_NOBODY = "colleague_nobody"
    UNSENT_COMPANY = "unsent_company"
    UNSENT_BUYER = "unsent_buyer"
    UNSENT_TUTOR = "unsent_tutor"


def to_agents(kind: MailKind, link: Link, parcours: Parcours, draw: Draw) -> tuple[OutboxMail, ...]:
    """One mail to who accompanies when it leaves; one more if another account sent the link."""

    def mail(to: Role, account: str | None = None) -> OutboxMail:
        return draw.mail(
            kind,
            link=link.id,
            deposit=link.deposit,
            parcours=link.parcours,
            to=to,
            account=account,
        )

    here = parcours.attempt == link.attempt and parcours.tutor is not None
    if here and parcours.tutor != link.sender:
        return (mail(Role.TUTOR), mail(Role.COORDINATOR, link.sender))
    return (mail(Role.TUTOR),)


def occasion(
    kind: MailKind, deposit: Deposit | None, link: Link, head: Parcours, now: datetime
) -> Occasion | None:
    """What a notice about a link says when it leaves; None when that is no longer so."""
    if not _still_holds(kind, link):
        return None
    buys = link.to is Role.BUYER
    match kind:
        case MailKind.CONFIRMATION_NOTICE:
            return Occasion.READ_BY_BUYER if buys else _read(deposit, link, head, now)
        case MailKind.UNREADABLE_NOTICE:
            read = deposit is not None and deposit.confirmed_at is not None
            one = Occasion.UNREADABLE_TO_ONE if read else Occasion.UNREADABLE
            return Occasion.UNREADABLE_TO_BUYER if buys else one
        case MailKind.CLOSED_NOTICE:
            opened = Occasion.CLOSED_AFTER_OPENING if link.opened_at is not None else Occasion.CLOSED
            return Occasion.CLOSED_BESIDE if link.beside else opened
        case MailKind.REQUEST_NOTICE:
            return Occasion.REQUESTED_BY_BUYER if buys else Occasion.REQUESTED
        case _:
            return Occasion.MEETING_TOLD


def _still_holds(kind: MailKind, link: Link) -> bool:
    """Whether nothing was said on the link since, nor the link sent again, that makes the notice untrue."""
    match kind:
        case MailKind.CONFIRMATION_NOTICE:
            return link.confirmed_at is not None
        case MailKind.UNREADABLE_NOTICE:
            return link.opened_at is not None and link.confirmed_at is None
        case MailKind.CLOSED_NOTICE:
            return link.closed_at is not None
        case MailKind.REQUEST_NOTICE:
            return link.requested_at is not None
        case _:
            return True


def _read(deposit: Deposit | None, link: Link, head: Parcours, now: datetime) -> Occasion:
    if deposit is not None and deposit.is_live(now):
        return Occasion.READ_WHILE_ANOTHER_WAITS
    awaits_dates = head.attempt == link.attempt and head.step is Step.RECEIVED and head.setback is None
    return Occasion.READ if awaits_dates else Occasion.READ_LATER
