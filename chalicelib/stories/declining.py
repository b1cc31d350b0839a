"""Declining, from the company's page; undoing it within a day, from there or from the parcours' page; the copies."""

from collections.abc import Callable
from datetime import datetime

from chalicelib.domain import declining as decisions
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account, Act, acting_as
from chalicelib.domain.timeline import Reason
from chalicelib.domain.transition import Transition
from chalicelib.domain.values import Role
from chalicelib.errors import LinkUnknown, WrongStep
from chalicelib.stores import functions, parcours, relay, transactions
from chalicelib.stories import meeting, opening
from chalicelib.stories.draws import draw


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
        lambda link, version, deposits, head: decisions.decline(
            link, version, deposits, head, _to_the_same(link, deposits), reason=reason, draw=draw(now)
        ),
    )


def undo(typed: str, *, browser: str, now: datetime) -> None:
    """Within 24 hours, the company takes its refusal back. Saying it twice says it once.

    Raises:
        ProofNeeded, LinkUnknown, LinkRevoked, LinkClosed: this browser or this link may not.
        WrongStep: nothing was declined here, or too long ago.
    """
    _by_company(
        typed,
        browser,
        now,
        lambda link, version, deposits, head: decisions.undo(
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
        lambda link, version, deposits, head: decisions.delete_copies(link, head, draw(now)),
    )


def undo_by_agent(agent: Account, parcours_id: str, *, now: datetime) -> None:
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
        step = decisions.undo(link, link.version, _concerned(link, head), head, by=role, draw=draw(now))
        return meeting.along(step, now)

    _settle(decide)


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
        return meeting.along(act(current, found.version, _concerned(current, head), head), now)

    _settle(decide)


def _settle(decide: Callable[[], Transition]) -> None:
    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])
