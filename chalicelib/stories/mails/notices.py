"""Write each mail of the outbox from the state at the moment it leaves."""

from email.message import EmailMessage

from chalicelib import clock, config, terms
from chalicelib.domain import record, retention
from chalicelib.domain.documents import notices, recipients
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.meetings.appointment import CONTACT, Appointment, Seat
from chalicelib.domain.parcours import reminding
from chalicelib.domain.parcours.declining import UNDO, is_declined_elsewhere
from chalicelib.domain.record import contact_of
from chalicelib.errors import NotFound
from chalicelib.mails import meetings, messages
from chalicelib.mails.invitations import Attendee
from chalicelib.mails.meetings import Meeting
from chalicelib.mails.messages import Changed, Told
from chalicelib.stores import items, keys, parcours, relay, tables
from chalicelib.stories.kit import accompanying, inviting
from chalicelib.stories.kit.accompanying import open_account as _open_account
from chalicelib.stories.kit.draws import draw


def about_link(waiting: OutboxMail, deposit: Deposit | None, link: Link | None) -> EmailMessage | None:
    """To whoever accompanies, or to another sender of the link (``to``: ``COORDINATOR``); None: nobody is to be told."""
    if link is None or (
        waiting.kind is MailKind.CONFIRMATION_NOTICE and not config.settings().confirmation_notice
    ):
        return None
    head = parcours.head(link.parcours)
    told = accompanying.notified(waiting, head, link)
    happened = notices.occasion(waiting.kind, deposit, link, head, clock.utc_now())
    if told is None or happened is None:
        return None
    return messages.follow_up(happened, told, head, sender_too=waiting.to is Role.COORDINATOR)


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
        return messages.declined(told, head, link.declined_for, waiting.to)
    return messages.undone(told, head, waiting.to)


def about_colleague(link: Link | None) -> EmailMessage | None:
    """The question to the person who sealed; without her, to who accompanies, that nobody can agree. None once answered."""
    deposit = relay.deposit(link.deposit) if link is not None else None
    if link is None or link.asked is None or deposit is None:
        return None
    head, sealer = parcours.head(link.parcours), accompanying.sealed(deposit)
    told = sealer or accompanying.accompanies(head, link)
    return messages.colleague_question(told, head, link.asked, sealed=sealer is not None) if told else None


def _agent(head: Parcours, link: Link, waiting: OutboxMail) -> Told | None:
    agent = accompanying.notified(waiting, head, link)
    return Told(agent.address) if agent else None


def _buyer(head: Parcours, link: Link, waiting: OutboxMail) -> Told | None:
    """Whoever follows it for the buyer, else the contact of the record, who has no page; her answer goes to who accompanies."""
    buyer = accompanying.open_account(waiting.account) or accompanying.account_of(head)
    somebody = buyer or head.buyer_contact
    accompanies = accompanying.accompanies(head, link)
    reply_to = accompanies.address if accompanies else None
    return Told(somebody.address, reply_to, has_page=buyer is not None) if somebody else None


def _to_company(head: Parcours, link: Link) -> EmailMessage | None:
    sender = accompanying.accompanies(head, link)
    if sender is None or not link.recipient:
        return None
    until = link.declined_at + UNDO if link.declined_at else None
    return messages.to_company(sender, head, link, _kinds(link), until)


def _to_colleague(head: Parcours, link: Link) -> EmailMessage | None:
    """To whoever else of the company has copies."""
    sender = accompanying.accompanies(head, link)
    if sender is None or not link.recipient:
        return None
    return messages.to_colleague(sender, head, link, _kinds(link))


def _kinds(link: Link) -> tuple[Kind, ...]:
    deposit = relay.deposit(link.deposit)
    return deposit.kinds if deposit else ()


def about_record(waiting: OutboxMail) -> EmailMessage | None:
    """The message; None when there is nobody to tell."""
    return _contacts(waiting) if waiting.kind is MailKind.CONTACTS_CHANGED else _handed_away(waiting)


def _contacts(waiting: OutboxMail) -> EmailMessage | None:
    """To the tutor of that moment, even if somebody else has the parcours by now: a handover hides no change."""
    tutor, person = accompanying.open_account(waiting.account), parcours.account(waiting.about or "none")
    heads = tables.records(Parcours, [items.parcours_key(one) for one in waiting.contacts])
    if tutor is None or not heads:
        return None
    changed = [
        Changed(head, code, record.named_contacts(head, Interlocutor(code.partition(".")[0])))
        for head in heads.values()
        for code in waiting.contacts[head.id]
    ]
    return messages.contacts_changed(tutor, person, changed)


def _handed_away(waiting: OutboxMail) -> EmailMessage | None:
    """To the former tutor, whose account may be closed by now, or may be again what it was."""
    former = parcours.account(waiting.account) if waiting.account else None
    successor = parcours.account(waiting.about) if waiting.about else None
    if former is None or successor is None:
        return None
    head = parcours.head(waiting.parcours) if waiting.parcours else None
    return messages.handed_away(former, successor, head)


def reminder(waiting: OutboxMail, deposit: Deposit | None, link: Link | None) -> EmailMessage | None:
    """The same link again to its own recipient, or a word for dates; None when nobody is awaited any more."""
    head = parcours.head(waiting.parcours or "")
    if not reminding.awaits(head.status, head.step, head.setback):
        return None
    if waiting.version is None:
        asked = reminding.asked_for_dates(head, link, buyer=waiting.asks is Role.BUYER)
        sender = accompanying.accompanies(head, None)
        return messages.dates_asked(sender, head, asked) if asked and sender else None
    sender = accompanying.sends(head, link)
    if link is None or deposit is None or sender is None or link.version != waiting.version:
        return None
    if accompanying.is_teams(link.recipient):
        return None
    if not reminding.is_out(link, deposit, draw(clock.utc_now())):
        return None
    token = keys.link_token(link.token_message(link.version))
    return messages.reminder(sender, head, link, deposit, token)


def contact_check(waiting: OutboxMail) -> EmailMessage | None:
    """To the buyer with the page where she confirms, else to an address that has no page: the buyer's, the company's."""
    head = parcours.head(waiting.parcours or "")
    tutor = accompanying.accompanies(head, None)
    if tutor is None or head.tutor is None:
        return None
    buyer = accompanying.account_of(head)
    if buyer is not None:
        return messages.contact_check(tutor, head, buyer.address, with_link=True)
    answers = contact_of(head.company, ContactRole.ANSWERS_TENDER)
    somebody = head.buyer_contact or answers or contact_of(head.company, ContactRole.WELCOMES)
    return messages.contact_check(tutor, head, somebody.address, with_link=False) if somebody else None


ABOUT_MEETING = frozenset({MailKind.MEETING_INVITATION, MailKind.MEETING_CANCELLED, MailKind.EVE_REMINDER})


def about_dates(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    """Dates are proposed, or asked for again; None when that is no longer so."""
    head = parcours.head(waiting.parcours or "")
    stands, tutor = _appointment(waiting), _accompanies(head, waiting, link)
    if head.attempt != waiting.attempt or tutor is None:
        return None
    if waiting.kind is MailKind.SLOTS_NOTICE:
        return meetings.slots_notice(tutor, head, stands) if stands and stands.slots else None
    held = inviting.Guests(head, waiting.link).holder()
    company = _holder(head, held) if held is not None else _contact(head, None)
    if company is None or waiting.reason is None or (stands and stands.slots):
        return None
    return meetings.other_slots(tutor, head, company.address, waiting.reason)


def is_overtaken(waiting: OutboxMail) -> bool:
    """Whether a mail about a meeting need not be told any more: a later one says otherwise."""
    if waiting.kind not in ABOUT_MEETING:
        return False
    stands = _appointment(waiting)
    return stands is None or stands.concerned(waiting) is None


def about_meeting(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    """The meeting is fixed, moved, cancelled or tomorrow; None when a later mail says otherwise, or nobody is left to read it."""
    stands = _appointment(waiting)
    seat = stands.concerned(waiting) if stands is not None else None
    if stands is None or stands.slot is None or seat is None:
        return None
    head = parcours.head(stands.parcours)
    tutor, to = _accompanies(head, waiting, link), _attendee(head, seat, waiting)
    if tutor is None or to is None:
        return None
    leaves, slot = stands.leaves_alone(seat), stands.slot
    if leaves:
        slot = seat.slot or slot.model_copy(update={"place": None})
    listed = (_attendee(head, one, waiting) for one in stands.reached)
    told = Meeting(
        parcours=head,
        reference=_reference(stands),
        appointment=stands,
        slot=slot,
        tutor=tutor,
        seat=seat,
        to=to,
        attendees=(to,) if leaves else tuple(one for one in listed if one is not None),
    )
    return meetings.meeting(waiting.kind, told)


def _appointment(waiting: OutboxMail) -> Appointment | None:
    return relay.appointment(waiting.parcours or "", waiting.attempt or 0)


def _reference(stands: Appointment) -> str:
    try:
        return parcours.attempt(stands.parcours, stands.attempt).reference
    except NotFound:
        return ""


def _accompanies(head: Parcours, waiting: OutboxMail, link: Link | None) -> Account | None:
    """Who gets the answers, with the tutor as she was when it was decided."""
    return accompanying.accompanies(head, link, waiting.account)


def _attendee(head: Parcours, seat: Seat, waiting: OutboxMail) -> Attendee | None:
    """Somebody who is invited, or is so no more; None where her address is erased, or her account closed."""
    match seat.to:
        case Role.TUTOR:
            tutor = accompanying.open_account(seat.id) if seat.id else _accompanies(head, waiting, None)
            return Attendee(tutor.address, tutor.name) if tutor is not None and not tutor.is_team else None
        case Role.BUYER:
            return _meeting_buyer(head, seat)
        case _ if seat.address or seat.id == CONTACT:
            return _contact(head, seat.address)
    link = relay.link(seat.id)
    if link is None or not link.recipient:  # withdrawn or not: the seats say who is invited
        return None
    return _holder(head, link)


def _contact(head: Parcours, invited: str | None) -> Attendee | None:
    """The contact of the record; ``invited``: the address that she had."""
    somebody = inviting.invited_contact(head)
    if invited and (somebody is None or somebody.address != invited):
        return Attendee(invited, head.company.name)
    return Attendee(somebody.address, somebody.name) if somebody is not None else None


def _holder(head: Parcours, link: Link) -> Attendee:
    """By her name where the record knows it."""
    same = (one.name for one in head.company.contacts if recipients.is_same(one.address, link.recipient))
    return Attendee(link.recipient, link.holder or next(same, "") or head.company.name)


def _meeting_buyer(head: Parcours, seat: Seat) -> Attendee | None:
    """The buyer's account, else the buyer whom the record names; her seat is optional."""
    if seat.address:
        same = head.buyer_contact is not None and head.buyer_contact.address == seat.address
        name = head.buyer_contact.name if same and head.buyer_contact else head.contract.organisation
        return Attendee(seat.address, name, optional=True)
    somebody = accompanying.open_account(seat.id or head.buyer) or (None if seat.id else head.buyer_contact)
    return Attendee(somebody.address, somebody.name, optional=True) if somebody else None


def write(waiting: OutboxMail) -> EmailMessage | None:
    """The message of one waiting notice; None when there is nobody left to tell, or nothing left to say."""
    deposit = relay.deposit(waiting.deposit) if waiting.deposit else None
    link = relay.link(waiting.link) if waiting.link else None
    match waiting.kind:
        case MailKind.REFUSAL_NOTICE:
            return _refusal(waiting)
        case MailKind.SENDING_NOTICE | MailKind.FAILURE_NOTICE:
            return _sending(waiting, deposit, link)
        case MailKind.UNSENT_NOTICE:
            return _unsent(waiting, link)
        case MailKind.END_TO_COMPANY:
            return _end_to_company(link)
        case MailKind.END_TO_BUYER:
            return _end_to_buyer(waiting)
        case MailKind.REMINDER:
            return reminder(waiting, deposit, link)
        case MailKind.CONTACT_CHECK:
            return contact_check(waiting)
        case MailKind.RESERVATION_WARNING | MailKind.RESERVATION_LAPSED | MailKind.PASSAGE_LAPSED:
            owner = _open_account(waiting.account)
            head = parcours.head(waiting.parcours or "")
            return messages.reservation(waiting.kind, owner, head) if owner else None
        case MailKind.INVITATION:
            invited = _open_account(waiting.account)
            return messages.invitation(invited, _open_account(waiting.about)) if invited else None
        case MailKind.ACCOUNT_UNUSED:
            return _unused(waiting)
        case MailKind.HANDOVER:
            return _handover(waiting)
        case MailKind.SLOTS_NOTICE | MailKind.OTHER_SLOTS:
            return about_dates(waiting, link)
        case MailKind.MEETING_INVITATION | MailKind.MEETING_CANCELLED | MailKind.EVE_REMINDER:
            return about_meeting(waiting, link)
        case MailKind.DECLINE_NOTICE | MailKind.DECLINE_TO_COMPANY | MailKind.DECLINE_UNDONE:
            return about_refusal(waiting, link)
        case MailKind.COLLEAGUE_QUESTION:
            return about_colleague(link)
        case MailKind.ASSIGNED:
            return _assigned(waiting)
        case MailKind.HANDED_AWAY | MailKind.CONTACTS_CHANGED:
            return about_record(waiting)
        case _:
            return about_link(waiting, deposit, link)


def _refusal(waiting: OutboxMail) -> EmailMessage | None:
    """Whom it concerns and why stand in the mail itself: the deposit may be reduced already."""
    owner = _open_account(waiting.account)
    about = relay.deposit(waiting.deposit or "")
    if owner is None or about is None or waiting.document is None or waiting.reason is None:
        return None
    return messages.refusal_notice(owner, parcours.head(about.parcours), waiting.document, waiting.reason)


def _sending(waiting: OutboxMail, deposit: Deposit | None, link: Link | None) -> EmailMessage | None:
    if deposit is None or link is None or not link.recipient:
        return None
    head = parcours.head(link.parcours)
    if waiting.kind is MailKind.SENDING_NOTICE:
        owner = accompanying.sealed(deposit) or accompanying.sends(head, link)
        return messages.sending_notice(owner, head, link, deposit) if owner else None
    told = accompanying.notified(waiting, head, link)
    team = accompanying.is_teams(link.recipient)
    return (
        messages.failure_notice(told, head, link, team=team, doubt=waiting.reason is not None)
        if told
        else None
    )


def _unsent(waiting: OutboxMail, link: Link | None) -> EmailMessage | None:
    head = parcours.head(waiting.parcours or "")
    somebody = accompanying.accompanies(head, link, waiting.account)
    if somebody is None or waiting.reason is None or waiting.asks is None:
        return None
    return messages.unsent(somebody, head, waiting.reason, waiting.asks)


def _end_to_company(link: Link | None) -> EmailMessage | None:
    """To whoever got the link; nobody, if it never left, nor the buyer who is told otherwise."""
    if link is None or not link.recipient:
        return None
    head = parcours.head(link.parcours)
    sender = accompanying.accompanies(head, link)
    if sender is None or (link.to is Role.BUYER and _is_buyers(head, link.recipient)):
        return None
    deposit = relay.deposit(link.deposit)
    if link.opened_at is None and (deposit is None or deposit.left_at is None):
        return None
    return messages.end_to_company(sender, head, link, deposit.kinds if deposit else ())


def _is_buyers(head: Parcours, recipient: str) -> bool:
    buyer = accompanying.account_of(head) or head.buyer_contact
    return buyer is not None and address.mailbox(buyer.address) == address.mailbox(recipient)


def _end_to_buyer(waiting: OutboxMail) -> EmailMessage | None:
    """Whoever followed it when it ended, else the contact of the record, who has no page without an account."""
    head = parcours.head(waiting.parcours or "")
    buyer = _open_account(waiting.account) or accompanying.account_of(head)
    somebody = buyer or head.buyer_contact
    if somebody is None:
        return None
    runs = day_of(waiting.created_at) <= head.over_on
    sent = waiting.deposit is not None
    return messages.end_to_buyer(head, somebody.address, with_link=buyer is not None, sent=sent, free=runs)


def _handover(waiting: OutboxMail) -> EmailMessage | None:
    successor = _open_account(waiting.account)
    leaving = parcours.account(waiting.about) if waiting.about else None
    return messages.handover(successor, leaving) if successor and leaving else None


def _unused(waiting: OutboxMail) -> EmailMessage | None:
    """To the person of an account that nobody uses, unless she has signed in since."""
    account = _open_account(waiting.account)
    at = retention.account_at(account, terms.retention()) if account else None
    if account is None or at is None or not retention.is_warned(account):
        return None
    return messages.account_unused(account, day_of(at))


def _assigned(waiting: OutboxMail) -> EmailMessage | None:
    """To the tutor, as long as the parcours is hers."""
    tutor, assigner = _open_account(waiting.account), _open_account(waiting.about)
    head = parcours.head(waiting.parcours or "")
    assigner = None if waiting.about == waiting.account else assigner
    return messages.assigned(tutor, assigner, head) if tutor and head.tutor == tutor.id else None
