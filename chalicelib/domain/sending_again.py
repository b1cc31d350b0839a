"""The detours of a sending: a new link to the same recipient, a withdrawn one, everything erased on request.

Whoever asks says whether she saw the link opened. If it was opened since, nothing changes and she is told: of a
revocation or a new link against an opening, exactly one wins, and both sides see which.
"""

from dataclasses import dataclass

from chalicelib.domain.deposit import Deposit, DepositState, Mailing, event_of
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours, Step
from chalicelib.domain.retention import RetentionPolicy
from chalicelib.domain.timeline import EventKind
from chalicelib.domain.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import ChangedMeanwhile, OpenedMeanwhile, WrongStep

OPENED = frozenset({DepositState.OPENED, DepositState.UNREADABLE, DepositState.CONFIRMED})
SENT_AGAIN = frozenset(
    {DepositState.VERIFIED, DepositState.LEFT, DepositState.OPENED, DepositState.UNREADABLE}
)

Links = tuple[Link, ...]
"""Every link that was made for the same documents: the present recipient's, those before it, a second one."""
_NOBODY: dict[str, object] = {
    "recipient": "",
    "domain": "",
    "holder": "",
    "function": "",
    "asked": None,
    "asked_link": None,
    "wrapped_keys": {},
}


@dataclass(frozen=True)
class Shown:
    """What the page showed of the link to whoever asks for a new one."""

    link: str
    """Its id: each of the links to the same documents counts its versions from one,"""
    version: int
    """its version,"""
    opened: bool
    """and whether it was opened."""


def resend(
    deposit: Deposit,
    link: Link,
    parcours: Parcours,
    *,
    by: Role,
    shown: Shown,
    policy: RetentionPolicy,
    draw: Draw,
) -> Transition:
    """A new version of the link goes to the deposit's own recipient; the old one dies in this very write. ``draw``: one id.

    The documents get the whole answer time again, within 30 days of the first sending.
    Args:
        shown: when a later version of the same link is there, this is the same re-send once more, and writes nothing.
    Raises:
        ChangedMeanwhile: the page showed a link that is not this one.
        OpenedMeanwhile: it was opened since the asker looked.
        WrongStep: the documents do not live any more, or no link was made yet.
    """
    if shown.link != link.id:
        raise ChangedMeanwhile
    if shown.version < link.version:
        return Transition.nothing()
    if shown.version > link.version:
        raise ChangedMeanwhile
    _check_seen(deposit, shown.opened)
    if deposit.state not in SENT_AGAIN or not deposit.is_live(draw.now):
        raise WrongStep
    event = event_of(deposit, EventKind.LINK_RESENT, by, draw)
    version = link.but(
        version=link.version + 1,
        version_at=draw.now,
        used_versions=(*link.used_versions, link.version) if link.was_used else link.used_versions,
        opened_by=None,
        opened_at=None,
        closed_at=None,
        requested_at=None,
        confirmed_at=None,
        declined_at=None,
        declined_for=None,
    )
    again = deposit.but(
        state=DepositState.VERIFIED,
        mailing=Mailing.UNDER_WAY,
        opened_at=None,
        confirmed_at=None,
        erase_before=None,
        erase_at=policy.unopened_until(draw.now, deposit.verified_at),
    )
    mail = OutboxMail(
        key=version.mail_key,
        kind=MailKind.LINK,
        created_at=draw.now,
        link=link.id,
        version=version.version,
        deposit=deposit.id,
    )
    head = parcours.telling(event, setback=None, since=draw.now, moved=())
    return Transition(
        changes=(Change(deposit, again), Change(link, version), head), events=(event,), mails=(mail,)
    )


def revoke(
    deposit: Deposit, links: Links, parcours: Parcours, *, by: Role, seen_opened: bool, draw: Draw
) -> Transition:
    """Every link to the documents dies in this very write, the objects at the next purge. ``draw``: one id.

    Raises:
        OpenedMeanwhile: it was opened since the asker looked.
        WrongStep: there is nothing left to withdraw.
    """
    if deposit.state is DepositState.REVOKED:
        return Transition.nothing()  # pressed twice, or again after an answer that was lost
    _check_seen(deposit, seen_opened)
    if not deposit.is_live(draw.now) or deposit.state is DepositState.CONFIRMED:
        raise WrongStep
    event = event_of(deposit, EventKind.LINK_REVOKED, by, draw)
    head = parcours.at_step(Step.DOCUMENTS_TO_SEND, event, live_deposit=None, live_link=None)
    return Transition(changes=(*ended(deposit, links, draw), head), events=(event,))


def ended(deposit: Deposit, links: Links, draw: Draw) -> tuple[Change, ...]:
    """The deposit and its links, revoked: what a revocation and the end of a passage have in common."""
    revoked = Change(deposit, deposit.but(state=DepositState.REVOKED, erase_at=draw.now))
    return (revoked, *dead(links, draw))


def dead(links: Links, draw: Draw) -> tuple[Change, ...]:
    """These links, revoked, those that wait for the tutor among them."""
    return tuple(
        Change(one, one.but(revoked_at=draw.now, asked=None, asked_link=None))
        for one in links
        if one.revoked_at is None
    )


def erase_on_request(
    deposit: Deposit, links: Links, parcours: Parcours, *, by: Role, draw: Draw
) -> Transition:
    """Everything about a sending goes at once: documents, keys, and the addresses they were sent to. ``draw``: one id.

    What stays is pseudonymous: id, state, times, and the fact that it was asked.
    """
    if deposit.state is DepositState.ERASED:
        return Transition.nothing()
    event = event_of(deposit, EventKind.ERASURE_REQUESTED, by, draw)
    asked = deposit.but(state=DepositState.ERASED, erase_at=min(draw.now, deposit.erase_at))
    forgotten = tuple(Change(one, one.but(**_NOBODY, revoked_at=one.revoked_at or draw.now)) for one in links)
    mine = parcours.live_deposit == deposit.id
    head = (
        parcours.at_step(Step.DOCUMENTS_TO_SEND, event, live_deposit=None, live_link=None)
        if mine
        else parcours.telling(event)
    )
    return Transition(changes=(Change(deposit, asked), *forgotten, head), events=(event,))


def _check_seen(deposit: Deposit, seen_opened: bool) -> None:
    if deposit.state in OPENED and not seen_opened:
        raise OpenedMeanwhile(deposit.opened_at)
