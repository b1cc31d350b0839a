"""Erasing: a mark first, so that no claim succeeds any more, then the objects, then what is said of it."""

from chalicelib.domain.deposit import Deposit, DepositState, event_of
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours, Step
from chalicelib.domain.timeline import EventKind, Reason
from chalicelib.domain.transition import Change, Draw, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import WrongStep


def mark_erasing(deposit: Deposit, parcours: Parcours, draw: Draw) -> Transition:
    """The documents' time is over: from this write on, no claim succeeds. ``draw``: one id."""
    if deposit.erasing_at is not None or deposit.erased_at is not None or draw.now < deposit.erase_at:
        return Transition.nothing()
    marked = deposit.but(erasing_at=draw.now)
    # A passage that ended meanwhile, or another sending, is not this deposit's to move.
    mine = {"live_deposit": None} if parcours.live_deposit == deposit.id else {}
    if deposit.state in {DepositState.EXPECTED, DepositState.RECEIVED}:
        event = event_of(deposit, EventKind.DEPOSIT_ABANDONED, Role.SYSTEM, draw)
        head = parcours.telling(event, **mine)
    elif deposit.state in {DepositState.VERIFIED, DepositState.LEFT} and deposit.erase_before is None:
        event = event_of(deposit, EventKind.LINK_EXPIRED, Role.SYSTEM, draw, reason=Reason.NEVER_OPENED)
        head = parcours.at_step(Step.DOCUMENTS_TO_SEND, event, **mine) if mine else parcours.telling(event)
    else:
        return Transition(changes=(Change(deposit, marked),))
    return Transition(
        changes=(Change(deposit, marked.but(state=DepositState.EXPIRED)), head), events=(event,)
    )


def reduce(deposit: Deposit, parcours: Parcours, draw: Draw, links: tuple[Link, ...] = ()) -> Transition:
    """Its objects are gone: only id, state and times stay, and no key in any link. ``draw``: one id.

    A colleague who was named and waits for the tutor is forgotten with them: nothing will be sent to her.
    Args:
        links: every link that was made for its documents.
    Raises:
        WrongStep: it was not marked first, so somebody could still be opening it.
    """
    if deposit.erased_at is not None:
        return Transition.nothing()
    if deposit.erasing_at is None:
        raise WrongStep
    # Read by one holder, they waited for the other: nothing is missing, and nothing goes back.
    unread = deposit.confirmed_at is None
    opened = deposit.state in {DepositState.OPENED, DepositState.UNREADABLE}
    reason = Reason.NEVER_CONFIRMED if opened and unread else None
    waiting = {one.id for one in links if one.waiting}
    others = tuple(one for one in deposit.other_links if one not in waiting)
    change = Change(deposit, deposit.but(contents=None, erased_at=draw.now, other_links=others))
    keyless = tuple(
        Change(one, _emptied(one)) for one in links if one.wrapped_keys or one.asked or one.waiting
    )
    if deposit.received_at is None and deposit.state is DepositState.EXPIRED:
        return Transition(changes=(change, *keyless))  # nothing ever arrived: there is no erasure to tell
    event = event_of(deposit, EventKind.DOCUMENTS_ERASED, Role.SYSTEM, draw, reason=reason)
    mine = {"live_deposit": None} if parcours.live_deposit == deposit.id else {}
    head = (
        parcours.at_step(Step.DOCUMENTS_TO_SEND, event, **mine)
        if deposit.state is DepositState.UNREADABLE and mine and unread and deposit.erase_before is None
        else parcours.telling(event, **mine)
    )
    return Transition(changes=(change, *keyless, head), events=(event,))


def _emptied(link: Link) -> Link | None:
    return None if link.waiting else link.but(wrapped_keys={}, asked=None, asked_link=None)
