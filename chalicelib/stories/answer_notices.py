"""What the mails about a company's answer say, written from what stands when they leave."""

from email.message import EmailMessage

from chalicelib import answer_emails
from chalicelib.answer_emails import Told
from chalicelib.domain.declining import UNDO, is_declined_elsewhere
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.transition import MailKind, OutboxMail
from chalicelib.domain.values import Kind, Role
from chalicelib.stores import parcours, relay
from chalicelib.stories import accompanying, buyers


def about_refusal(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    """That the company declined, or takes it back; None when that is no longer so, or nobody is there to be told."""
    if link is None or waiting.to is None:
        return None
    head = parcours.head(link.parcours)
    stands = link.declined_at is not None
    if waiting.kind is MailKind.DECLINE_TO_COMPANY and is_declined_elsewhere(link, head):
        return _to_colleague(head, link)
    if stands is (waiting.kind is MailKind.DECLINE_UNDONE):
        return None
    if waiting.to is Role.COMPANY:
        return _to_company(head, link)
    told = _buyer(head, link, waiting) if waiting.to is Role.BUYER else _agent(head, link, waiting)
    if told is None:
        return None
    if stands and link.declined_for is not None:
        return answer_emails.declined(told, head, link.declined_for, waiting.to)
    return answer_emails.undone(told, head, waiting.to)


def about_colleague(link: Link | None) -> EmailMessage | None:
    """The question to the person who sealed; without her, to who accompanies, that nobody can agree. None once answered."""
    deposit = relay.deposit(link.deposit) if link is not None else None
    if link is None or link.asked is None or deposit is None:
        return None
    head, sealer = parcours.head(link.parcours), accompanying.sealed(deposit)
    told = sealer or accompanying.accompanies(head, link)
    return (
        answer_emails.colleague_question(told, head, link.asked, sealed=sealer is not None) if told else None
    )


def _agent(head: Parcours, link: Link, waiting: OutboxMail) -> Told | None:
    agent = accompanying.told(waiting, head, link)
    return Told(agent.address) if agent else None


def _buyer(head: Parcours, link: Link, waiting: OutboxMail) -> Told | None:
    """Whoever follows it for the buyer, else the contact of the record, who has no page; her answer goes to who accompanies."""
    buyer = accompanying.open_account(waiting.account) or buyers.account_of(head)
    somebody = buyer or head.buyer_contact
    accompanies = accompanying.accompanies(head, link)
    reply_to = accompanies.address if accompanies else None
    return Told(somebody.address, reply_to, has_page=buyer is not None) if somebody else None


def _to_company(head: Parcours, link: Link) -> EmailMessage | None:
    sender = accompanying.accompanies(head, link)
    if sender is None or not link.recipient:
        return None
    until = link.declined_at + UNDO if link.declined_at else None
    return answer_emails.to_company(sender, head, link, _kinds(link), until)


def _to_colleague(head: Parcours, link: Link) -> EmailMessage | None:
    """To whoever else of the company has copies."""
    sender = accompanying.accompanies(head, link)
    if sender is None or not link.recipient:
        return None
    return answer_emails.to_colleague(sender, head, link, _kinds(link))


def _kinds(link: Link) -> tuple[Kind, ...]:
    deposit = relay.deposit(link.deposit)
    return deposit.kinds if deposit else ()
