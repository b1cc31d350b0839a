"""The detours of a sending, from the parcours' page: send the link again, withdraw it, erase everything."""

from datetime import datetime

from chalicelib.domain import sending_again
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account, Act, acting_as, role_on
from chalicelib.domain.transition import Change, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import NotFound, WrongStep
from chalicelib.stores import functions, parcours, relay, transactions
from chalicelib.stories import accompanying, inviting, policies, quotas
from chalicelib.stories.draws import draw

Shown = sending_again.Shown
"""What a page showed of the link that is sent again."""


def resend(agent: Account, deposit_id: str, shown: Shown, *, now: datetime) -> str:
    """A new link to the same recipient; the old one dies at once. Returns the parcours.

    Args:
        shown: the link as the page showed it. Pressed twice, or again after a lost answer, it is one re-send.
    Raises:
        NotFound, WrongStep, OpenedMeanwhile, ChangedMeanwhile: see ``domain.sending_again``.
        FieldInvalid: the recipient's address has become the team's meanwhile.
        TooMany: the day's quota of this account is used up.
    """
    counted = False
    mails: list[str] = []

    def decide() -> Transition:
        nonlocal counted, mails
        deposit, links, head, role = _asked(agent, deposit_id)
        if not links:
            raise WrongStep
        link = links[0]
        accompanying.account_at(link.recipient, "destinataire")
        step = sending_again.resend(
            deposit,
            link,
            head,
            by=role,
            shown=shown,
            policy=policies.retention(),
            draw=draw(now),
        )
        mails = [mail.key for mail in step.mails] or [
            link.mail_key
        ]  # which may wait since a waking that was lost
        if not step:
            return step
        tries = relay.tries(link.id)
        forgiven = (Change(tries, None),) if tries is not None else ()
        if not counted:  # last, so that what is refused uses nothing up
            quotas.count_sending(agent, now)
            counted = True
        return Transition(changes=(*step.changes, *forgiven), events=step.events, mails=step.mails)

    transactions.settle(decide)
    functions.wake_mailer(mails)
    return _parcours_of(deposit_id)


def revoke(agent: Account, deposit_id: str, *, seen_opened: bool, now: datetime) -> str:
    """The link dies at once, the documents are erased within minutes. Returns the parcours.

    Raises:
        NotFound, WrongStep, OpenedMeanwhile: see ``domain.sending_again``.
    """

    def decide() -> Transition:
        deposit, links, head, role = _asked(agent, deposit_id)
        step = sending_again.revoke(deposit, links, head, by=role, seen_opened=seen_opened, draw=draw(now))
        return inviting.told(step, now, head)

    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])
    return _parcours_of(deposit_id)


def erase_on_request(agent: Account, deposit_id: str, *, now: datetime) -> str:
    """Everything about this sending goes. Returns the parcours.

    Raises:
        NotFound: no such deposit, or not hers.
    """

    def decide() -> Transition:
        deposit, links, head, role = _asked(agent, deposit_id, Act.ERASE)
        step = sending_again.erase_on_request(deposit, links, head, by=role, draw=draw(now))
        return inviting.told(step, now, head)

    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])
    return _parcours_of(deposit_id)


def _asked(
    agent: Account, deposit_id: str, act: Act = Act.SEND
) -> tuple[Deposit, tuple[Link, ...], Parcours, Role]:
    deposit = relay.deposit(deposit_id)
    head = parcours.head(deposit.parcours) if deposit is not None else None
    if deposit is None or head is None or role_on(agent, head) is None:
        raise NotFound
    return deposit, relay.links(deposit), head, acting_as(agent, act, head)


def _parcours_of(deposit_id: str) -> str:
    found = relay.deposit(deposit_id)
    if found is None:
        raise NotFound
    return found.parcours
