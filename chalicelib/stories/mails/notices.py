"""Write each waiting mail from the state at the moment it leaves: one row per kind (``WRITERS``), one function per mail.

A function answers None when there is nobody left to write to, or when what the mail says is no longer so.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property

from chalicelib import clock, config, french, terms
from chalicelib.domain import contacts, record, retention
from chalicelib.domain.documents import mailing, passing, recipients
from chalicelib.domain.documents.mailing import Occasion
from chalicelib.domain.documents.sending import UNDO
from chalicelib.domain.fields import named_contact
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link, Pointer
from chalicelib.domain.kernel.parcours import BuyerContact, Contact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account, role_on
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.meetings.appointment import CONTACT, Appointment, Seat, is_open
from chalicelib.domain.parcours import reminding, turns
from chalicelib.domain.parcours.declining import is_declined_elsewhere
from chalicelib.domain.weekly import gets_letters
from chalicelib.mails import letters, messages
from chalicelib.mails.invitations import Attendee
from chalicelib.mails.messages import Meeting
from chalicelib.stores import cases, keys, parcours, relay
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import weekly
from chalicelib.stories.kit import accompanying, inviting
from chalicelib.stories.parcours import known_of


@dataclass(frozen=True)
class Subject:
    """One waiting mail and what it is about, each part read when it is first asked for."""

    mail: OutboxMail
    work: UnitOfWork
    """What was read for it (``cases.load_people_of_mail``)."""

    @cached_property
    def deposit(self) -> Deposit | None:
        return self.work.get(Deposit, self.mail.deposit)

    @cached_property
    def link(self) -> Link | None:
        return self.work.get(Link, self.mail.link)

    @cached_property
    def head(self) -> Parcours:
        """The parcours; raises NotFound when the mail is about none."""
        if self.mail.parcours:
            return self.work.get_one(Parcours, self.mail.parcours)
        about = self.link or self.deposit
        return self.work.get_one(Parcours, about.parcours if about else None)

    @cached_property
    def appointment(self) -> Appointment | None:
        return self.work.get(Appointment, self.mail.parcours, self.mail.attempt)

    @cached_property
    def account(self) -> Account | None:
        """The open account that it goes to."""
        return accompanying.open_account(self.work, self.mail.account)

    @cached_property
    def accompanies(self) -> Account | None:
        """Who accompanies the passage of the link."""
        return accompanying.accompanies(self.work, self.head, self.link)

    @cached_property
    def tutor(self) -> Account | None:
        """Who gets the answers, with the tutor as she was when it was decided."""
        return accompanying.accompanies(self.work, self.head, self.link, self.mail.account)

    @cached_property
    def sent(self) -> Deposit | None:
        """The deposit of the link."""
        return self.work.get(Deposit, self.link.deposit) if self.link else None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The documents of the link."""
        return self.sent.kinds if self.sent else ()

    def buyer(self) -> tuple[Account | BuyerContact | None, bool]:
        """Who follows it for the buyer, and whether by an account; the contact of the record has no page."""
        account = self.account or accompanying.account_of(self.work, self.head)
        return account or self.head.buyer_contact, account is not None


def write(work: UnitOfWork, waiting: OutboxMail) -> EmailMessage | None:
    """The message of one waiting mail; None when it is not to be sent any more."""
    return WRITERS[waiting.kind](Subject(waiting, work))


def is_overtaken(work: UnitOfWork, waiting: OutboxMail) -> bool:
    """Whether a later mail about the same meeting says otherwise, so that nobody misses this one."""
    if WRITERS.get(waiting.kind) is not _meeting:
        return False
    appointment = Subject(waiting, work).appointment
    return appointment is None or appointment.concerned(waiting) is None


def _refused_document(subject: Subject) -> EmailMessage | None:
    """The document and the reason are in the mail itself: the deposit may be reduced already."""
    document, reason = subject.mail.document, subject.mail.reason
    if subject.account is None or subject.deposit is None or document is None or reason is None:
        return None
    return messages.refused_document(subject.account, subject.head, document, reason)


def _page(work: UnitOfWork, link: Link | None, recipient: str, *, dead: bool = False) -> dict[str, object]:
    """Her link again, in a mail that asks its holder for something; none for somebody else, nor once it answers no more.

    Nor before it was mailed: a new version waits while a refusal holds it back.
    ``dead``: one that opens nothing may still say that copies are deleted.
    """
    if (
        link is None
        or not recipients.is_same(link.recipient, recipient)
        or accompanying.is_teams(work, recipient)
    ):
        return messages.NO_LINK
    now = clock.utc_now()
    answers = link.closed_at is None and now < link.closes_at if dead else link.is_living(now)
    token = keys.link_token(link.token_message(link.version)) if answers else ""
    mailed = answers and work.get(Pointer, hashlib.sha256(token.encode()).hexdigest()) is not None
    return messages.held(link, token) if mailed else messages.NO_LINK


def _page_or_beside(work: UnitOfWork, link: Link | None, recipient: str) -> dict[str, object]:
    """The same, whichever of the two links to the same documents is hers."""
    beside = work.get(Link, link.added) if link is not None else None
    return next(
        (page for one in (link, beside) if (page := _page(work, one, recipient))["url"]), messages.NO_LINK
    )


def _holder_of(work: UnitOfWork, head: Parcours, link: Link | None) -> dict[str, str] | None:
    """Whoever holds a link, for a mail to who accompanies: name, address, telephone number."""
    if link is None or not link.recipient:
        return None
    owner = accompanying.owner_of(work, link.recipient) if link.to is Role.BUYER else None
    known = owner or recipients.contact_at(head, link.recipient)
    if known is None:
        return {"name": link.holder or head.company.name, "address": link.recipient, "phone": ""}
    return _person(known, link.recipient)


def _person(known: Account | Contact, at: str = "") -> dict[str, str]:
    return {"name": known.name, "address": at or known.address, "phone": known.phone or ""}


def passer(work: UnitOfWork, head: Parcours, link: Link, former: Link | None) -> dict[str, object] | None:
    """Who passed a link on, for a mail: by a name of the record or of an account, else by the address that she proved.

    ``former``: the link that she held.
    """
    if former is None or not former.recipient:
        return None
    owner = accompanying.owner_of(work, former.recipient) if former.to is Role.BUYER else None
    name = owner.name if owner is not None else letters.greeted(head, former.recipient)
    phone = owner.phone if owner is not None else None
    buys = former.to is Role.BUYER
    found = {"name": name, "address": former.recipient, "phone": phone or ""}
    return found | {"buys": buys, "beside": link.beside}


def _link_sent(subject: Subject) -> EmailMessage | None:
    """To the depositor, for each sending: the address that was used. A thief of her session cannot hold it back.

    Where a recipient passed the link on without a question, the mail says who did: nobody acted in the depositor's name.
    """
    deposit, link = subject.deposit, subject.link
    if deposit is None or link is None or not link.recipient:
        return None
    sealer = accompanying.sealed(subject.work, deposit)
    owner = sealer or accompanying.sends(subject.work, subject.head, link)
    if owner is None:
        return None
    links = cases.links_of(subject.work, deposit) if link.holder and subject.mail.version == 1 else ()
    former = passing.passed_by(link, links)
    return letters.about(
        "avis-envoi",
        subject.head,
        to=owner.address,
        who=_coordinator(subject, owner),
        by=passer(subject.work, subject.head, link, former),
        named={"name": link.holder, "function": link.function},
        alarm=former is None or link.agreed,
        recipient=link.recipient,
        kinds=deposit.kinds,
        at=deposit.left_at or deposit.created_at,
        valid_until=deposit.erase_at,
    )


def _coordinator(subject: Subject, owner: Account) -> dict[str, str] | None:
    """Whom a tutor asks when a sending surprises her."""
    found = accompanying.open_account(subject.work, subject.head.coordinator)
    return _person(found) if found is not None and found.id != owner.id and not found.is_team else None


def _link_failed(subject: Subject) -> EmailMessage | None:
    """To who accompanies: the mail was given up, may have left (with a reason) or not; or the address is the team's now."""
    link = subject.link
    if subject.deposit is None or link is None or not link.recipient:
        return None
    notified = accompanying.notified(subject.work, subject.mail, subject.head, link)
    if notified is None:
        return None
    doubt = subject.mail.reason is not None
    return letters.about(
        "avis-echec",
        subject.head,
        to=notified.address,
        recipient=link.recipient,
        missed=_holder_of(subject.work, subject.head, link),
        team=accompanying.is_teams(subject.work, link.recipient) and not doubt,
        doubt=doubt,
    )


def _link_returned(subject: Subject) -> EmailMessage | None:
    """To who accompanies: the link's mail came back, why, and whom else the record names. Not once somebody used it after all."""
    link, reason = subject.link, subject.mail.reason
    if link is None or reason is None or link.was_used or link.version != subject.mail.version:
        return None
    notified = accompanying.notified(subject.work, subject.mail, subject.head, link)
    if notified is None or not link.recipient:
        return None
    known = known_of(subject.work, subject.head, now=clock.utc_now())
    other = contacts.other(subject.head.company.contacts, known, link.recipient)
    return messages.returned(
        subject.head,
        to=notified.address,
        recipient=link.recipient,
        missed=_holder_of(subject.work, subject.head, link),
        other=_person(other) if other is not None else None,
        reason=reason,
        dead=link.mail_refused_at is not None,
    )


def _unsent(subject: Subject) -> EmailMessage | None:
    """To who accompanies: which message could not be sent to the company, the buyer or a former tutor."""
    reason, asks = subject.mail.reason, subject.mail.asks
    if subject.tutor is None or reason is None or asks is None:
        return None
    return messages.notice(
        Occasion(f"unsent_{asks}"),
        subject.head,
        to=subject.tutor.address,
        who=_missed(subject, asks),
        reason=reason,
    )


def _missed(subject: Subject, side: Role) -> dict[str, str] | None:
    """Whom of this side the tutor is to call."""
    if side is Role.BUYER:
        buyer = subject.buyer()[0]
        return _person(buyer) if buyer is not None else None
    if side is not Role.COMPANY:
        return None
    contact = inviting.invited_contact(subject.head)
    return _holder_of(subject.work, subject.head, subject.link) or (
        _person(contact) if contact is not None else None
    )


def _link_answered(subject: Subject) -> EmailMessage | None:
    """To who accompanies, or to another sender of the link (``to``: ``COORDINATOR``): what happened, whose turn it is."""
    kind, link = subject.mail.kind, subject.link
    if link is None:
        return None
    notified = accompanying.notified(subject.work, subject.mail, subject.head, link)
    occasion = mailing.occasion(kind, subject.deposit, link, subject.head, clock.utc_now())
    if notified is None or occasion is None:
        return None
    sender_too = subject.mail.to is Role.COORDINATOR
    who = _holder_of(subject.work, subject.head, link) if occasion is not Occasion.EXPIRED_UNREACHED else None
    return messages.notice(occasion, subject.head, to=notified.address, who=who, sender_too=sender_too)


def _own_parcours(subject: Subject) -> EmailMessage | None:
    """To the tutor: her reservation ends soon, or it or the passage has ended."""
    if subject.account is None:
        return None
    until = subject.head.reserved_until
    day = french.jour_court(until) if until else ""
    return messages.notice(subject.mail.kind, subject.head, to=subject.account.address, until=day)


def _end_to_company(subject: Subject) -> EmailMessage | None:
    """To who got the link: please delete your copies. Not to a buyer who gets the other mail, nor if it never left."""
    link = subject.link
    if link is None or not link.recipient or subject.accompanies is None:
        return None
    if link.to is Role.BUYER and _is_buyers(subject.work, subject.head, link.recipient):
        return None
    if link.opened_at is None and (subject.sent is None or subject.sent.left_at is None):
        return None
    return letters.signed(
        "fin-entreprise",
        subject.accompanies,
        subject.head,
        to=link.recipient,
        kinds=subject.kinds,
        buys=link.to is Role.BUYER,
        **_page(subject.work, link, link.recipient, dead=True),
    )


def _is_buyers(work: UnitOfWork, head: Parcours, recipient: str) -> bool:
    buyer = accompanying.account_of(work, head) or head.buyer_contact
    return buyer is not None and address.mailbox(buyer.address) == address.mailbox(recipient)


def _end_to_buyer(subject: Subject) -> EmailMessage | None:
    """To the buyer of the passage that ended: whether documents were sent, and whether the offer is free again."""
    buyer, has_page = subject.buyer()
    if buyer is None:
        return None
    return letters.about(
        "fin-acheteur",
        subject.head,
        to=buyer.address,
        sent=subject.mail.deposit is not None,
        free=day_of(subject.mail.created_at) <= subject.head.over_on,
        parcours_url=letters.page_of(subject.head) if has_page else None,
    )


def _reminder(subject: Subject) -> EmailMessage | None:
    """The same link again to its own recipient, or a word that asks for dates."""
    head, link = subject.head, subject.link
    if not reminding.awaits(head.status, head.step, head.setback):
        return None
    if subject.mail.by is Role.SYSTEM and not _is_awaited(subject):
        return None
    if subject.mail.version is None:
        asked = reminding.asked_for_dates(head, link, buyer=subject.mail.asks is Role.BUYER)
        sender = accompanying.accompanies(subject.work, head, None)
        if asked is None or sender is None:
            return None
        page = _page_or_beside(subject.work, link, asked.address) if not asked.buys else messages.NO_LINK
        return messages.dates_asked(sender, head, asked, page, wrote=_wrote(link, sender))
    sender = accompanying.accompanies(subject.work, head, link)
    if link is None or subject.deposit is None or sender is None or link.version != subject.mail.version:
        return None
    if accompanying.is_teams(subject.work, link.recipient) or not reminding.is_unconfirmed(
        link, subject.deposit, clock.utc_now()
    ):
        return None
    token = keys.link_token(link.token_message(link.version))
    return messages.reminder(sender, head, link, subject.deposit, token, wrote=_wrote(link, sender))


def _is_awaited(subject: Subject) -> bool:
    turn = turns.whose_turn(subject.head, clock.utc_now(), terms.calendar(), terms.turns())
    return reminding.still_awaits(subject.mail, subject.head, turn)


def _digest(subject: Subject) -> EmailMessage | None:
    """To an agent, in one mail: what is hers to do, whom she may call, which documents go unread."""
    account, now = subject.account, clock.utc_now()
    if account is None:
        return None
    heads = [one for one in parcours.heads(subject.mail.several) if role_on(account, one) is not None]
    live = relay.deposits(one.live_deposit for one in heads if one.live_deposit)
    found: dict[messages.Ask, list[messages.Line]] = {ask: [] for ask in messages.Ask}
    for head in heads:
        turn = turns.whose_turn(head, now, terms.calendar(), terms.turns())
        if turn is None:
            continue
        role = role_on(account, head)
        if reminding.answers(role, turn):
            found[messages.Ask.ACT].append(messages.line(head, turn, now))
        elif reminding.may_call(role, turn):
            found[messages.Ask.CALL].append(messages.line(head, turn, now))
        going = live.get(head.live_deposit or "")
        if (
            going is not None
            and reminding.is_going(going, head, now, terms.reminders())
            and role in turns.STAND_INS
        ):
            found[messages.Ask.EXPIRING].append(messages.line(head, turn, now, until=going.erase_at))
    return messages.digest(account, found) if any(found.values()) else None


def _wrote(link: Link | None, sender: Account) -> str:
    """The name of who sent the link, where somebody else waits for the answer now."""
    first = parcours.account(link.sender) if link is not None and link.sender != sender.id else None
    return first.name if first is not None else ""


def _contact_check(subject: Subject) -> EmailMessage | None:
    """To the buyer with the page where she confirms, else to an address that has no page: the buyer's, the company's."""
    head = subject.head
    tutor = accompanying.accompanies(subject.work, head, None)
    if tutor is None or head.tutor is None:
        return None
    buyer = accompanying.account_of(subject.work, head)
    if buyer is not None:
        return messages.contact_check(tutor, head, buyer.address, with_link=True)
    answers = record.contact_of(head.company, ContactRole.ANSWERS_TENDER)
    somebody = head.buyer_contact or answers or record.contact_of(head.company, ContactRole.WELCOMES)
    return messages.contact_check(tutor, head, somebody.address, with_link=False) if somebody else None


def _invitation(subject: Subject) -> EmailMessage | None:
    """To the person of a new account."""
    inviter = accompanying.open_account(subject.work, subject.mail.about)
    return messages.invitation(subject.account, inviter) if subject.account else None


def _handover(subject: Subject) -> EmailMessage | None:
    """To a colleague: the parcours of an account that was closed are theirs now."""
    leaving = subject.work.get(Account, subject.mail.about)
    if subject.account is None or leaving is None:
        return None
    return letters.message(
        "releve",
        to=subject.account.address,
        leaving=letters.introduced(leaving),
        parcours_url=f"{config.public_base_url()}/parcours",
    )


def _rights_warning(subject: Subject) -> EmailMessage | None:
    """To the tutor or a coordinator of a passage: a request about its data was made."""
    if subject.account is None:
        return None
    return messages.rights_warning(subject.head, subject.account, subject.mail.created_at)


def _takings_stopped(subject: Subject) -> EmailMessage | None:
    """To who coordinates: a tutor was kept from taking more offers."""
    tutor = subject.work.get(Account, subject.mail.about)
    if subject.account is None or tutor is None:
        return None
    return letters.message(
        "prises",
        to=subject.account.address,
        reply_to=tutor.address,
        tutor=letters.introduced(tutor) | {"address": tutor.address},
        parcours_url=f"{config.public_base_url()}/parcours",
    )


def _unused_account(subject: Subject) -> EmailMessage | None:
    """To the person of an account that nobody uses, unless she has signed in since: until when it is kept."""
    account = subject.account
    at = retention.account_at(account, terms.retention()) if account else None
    if account is None or at is None or not retention.is_warned(account):
        return None
    return letters.message(
        "compte-inutilise",
        to=account.address,
        address=account.address,
        erased_on=day_of(at),
        sign_in_url=f"{config.public_base_url()}/connexion",
    )


def _assigned(subject: Subject) -> EmailMessage | None:
    """To the tutor who was assigned, as long as she has the parcours: who gave it, and who answers if she cannot."""
    tutor, assigner = subject.account, accompanying.open_account(subject.work, subject.mail.about)
    if tutor is None or subject.head.tutor != tutor.id:
        return None
    if subject.mail.about == subject.mail.account:
        assigner = None
    return letters.about(
        "confie",
        subject.head,
        to=tutor.address,
        who=_person(assigner) if assigner else None,
        assigner=letters.introduced(assigner) if assigner else None,
    )


def _handed_away(subject: Subject) -> EmailMessage | None:
    """To the former tutor, whose account may be closed by now: who follows it; without a parcours, who follows all of them."""
    former = subject.work.get(Account, subject.mail.account)
    successor = subject.work.get(Account, subject.mail.about)
    if former is None or successor is None:
        return None
    introduced = letters.introduced(successor)
    if subject.mail.parcours:
        return letters.about("passe-a", subject.head, to=former.address, successor=introduced)
    return letters.message("passe-a", to=former.address, successor=introduced, parcours=None)


def _contacts_changed(subject: Subject) -> EmailMessage | None:
    """To the tutor of that moment, even if somebody else has the parcours by now: a handover hides no change."""
    changes = subject.mail.contacts
    person = subject.work.get(Account, subject.mail.about)
    heads = {one.id: one for one in subject.work.get_all(Parcours, changes)}
    if subject.account is None or not heads:
        return None
    changed = [
        (
            head,
            [(code, named_contact(head, Interlocutor(code.partition(".")[0]))) for code in changes[head.id]],
        )
        for head in heads.values()
    ]
    return messages.contacts_changed(subject.account, person, changed)


def _refusal(subject: Subject) -> EmailMessage | None:
    """That the company declined, or takes it back; None when that is no longer so."""
    link, to = subject.link, subject.mail.to
    if link is None or to is None:
        return None
    if subject.mail.kind is MailKind.DECLINE_TO_COMPANY and is_declined_elsewhere(link, subject.head):
        beside = cases.links_of(subject.work, subject.sent)
        declined_at = max((one.declined_at for one in beside if one.declined_at), default=None)
        return None if _is_said_anew(subject, declined_at) else _to_holder(subject, "refus-collegue")
    if _is_said_anew(subject, link.declined_at or link.undone_at):
        return None
    declined = link.declined_at is not None
    if declined is (subject.mail.kind is MailKind.DECLINE_UNDONE):
        return None
    if to is Role.COMPANY:
        return _to_holder(subject, "refus", until=link.declined_at + UNDO if link.declined_at else None)
    known = declined and link.declined_for is not None
    occasion = Occasion(f"declined_{to}" if known else f"undone_{to}")
    reason = link.declined_for if known else None
    if to is not Role.BUYER:
        agent, who = (
            accompanying.notified(subject.work, subject.mail, subject.head, link),
            _holder_of(subject.work, subject.head, link),
        )
        return (
            messages.notice(occasion, subject.head, to=agent.address, who=who, reason=reason)
            if agent
            else None
        )
    buyer, has_page = subject.buyer()
    if buyer is None:
        return None
    who = _person(subject.accompanies) if subject.accompanies else None
    page = letters.page_of(subject.head) if has_page else None
    return messages.notice(occasion, subject.head, to=buyer.address, who=who, page=page, reason=reason)


def _is_said_anew(subject: Subject, last_at: datetime | None) -> bool:
    """Whether the same was said again before this notice left (``last_at``: last), so that the later one says it."""
    return last_at is not None and last_at > subject.mail.created_at


def _to_holder(subject: Subject, name: str, **context: object) -> EmailMessage | None:
    """To the company that declined, and to everybody else of it who has copies: please delete them."""
    if subject.link is None or subject.accompanies is None or not subject.link.recipient:
        return None
    return letters.signed(
        name,
        subject.accompanies,
        subject.head,
        to=subject.link.recipient,
        kinds=subject.kinds,
        **_page(subject.work, subject.link, subject.link.recipient),
        **context,
    )


def _colleague_question(subject: Subject) -> EmailMessage | None:
    """To the person who sealed, who agrees or not; without her, to who accompanies, that nobody can agree."""
    link = subject.link
    if link is None or link.asked is None or subject.sent is None:
        return None
    sealer = accompanying.sealed(subject.work, subject.sent)
    notified = sealer or subject.accompanies
    if notified is None:
        return None
    page = letters.page_of(subject.head)
    return messages.notice(
        Occasion.COLLEAGUE if sealer else Occasion.COLLEAGUE_NOBODY,
        subject.head,
        to=notified.address,
        who=_holder_of(subject.work, subject.head, link),
        page=f"{page}/collegue" if sealer else page,
        name=link.asked.name,
        also="aussi" if link.asked.also else "plutôt",
        address=link.asked.address,
    )


def _slots(subject: Subject) -> EmailMessage | None:
    """To the tutor: the dates that the company proposes, and the page where she chooses."""
    proposed = subject.appointment
    if subject.head.attempt != subject.mail.attempt or subject.tutor is None:
        return None
    if proposed is None or not proposed.slots or _is_said_anew(subject, proposed.offered_at):
        return None
    who = _holder_of(subject.work, subject.head, subject.work.get(Link, proposed.link))
    return messages.slots_notice(subject.tutor, subject.head, proposed, who)


def _other_slots(subject: Subject) -> EmailMessage | None:
    """To the company: please propose other dates, and why."""
    head, reason = subject.head, subject.mail.reason
    if head.attempt != subject.mail.attempt or subject.tutor is None:
        return None
    held = inviting.Guests(subject.work, head, subject.mail.link).holder()
    company = _holder(head, held) if held is not None else _contact(head, None)
    if company is None or reason is None or (subject.appointment and subject.appointment.slots):
        return None
    return messages.other_slots(
        subject.tutor, head, company.address, reason, _page(subject.work, held, company.address)
    )


def _meeting(subject: Subject) -> EmailMessage | None:
    """The meeting is fixed, moved, cancelled or tomorrow; None when a later mail says otherwise."""
    agreed = subject.appointment
    seat = agreed.concerned(subject.mail) if agreed is not None else None
    if agreed is None or agreed.slot is None or seat is None:
        return None
    to = _attendee(subject, seat)
    if subject.tutor is None or to is None:
        return None
    leaves, slot = agreed.leaves_alone(seat), agreed.slot
    if leaves:
        slot = seat.slot or replace(slot, place=None)
    listed = (_attendee(subject, one) for one in agreed.reached)
    meeting = Meeting(
        parcours=subject.head,
        reference=_reference(subject.work, agreed),
        appointment=agreed,
        slot=slot,
        tutor=subject.tutor,
        seat=seat,
        to=to,
        attendees=(to,) if leaves else tuple(one for one in listed if one is not None),
        page=_meeting_page(subject, agreed, seat, to),
        who=_holder_of(subject.work, subject.head, subject.work.get(Link, agreed.link)),
        goes_on=is_open(subject.head) and subject.head.attempt == agreed.attempt,
    )
    return messages.meeting(subject.mail.kind, meeting)


def _meeting_page(subject: Subject, agreed: Appointment, seat: Seat, to: Attendee) -> dict[str, object]:
    """The link of who is invited for the company; none where the mail has the link of a meeting at a distance."""
    if seat.to is not Role.COMPANY or agreed.leaves_alone(seat) or (agreed.slot and agreed.slot.place):
        return messages.NO_LINK
    return _page_or_beside(
        subject.work, inviting.Guests(subject.work, subject.head, agreed.link).holder(), to.address
    )


def _reference(work: UnitOfWork, agreed: Appointment) -> str:
    attempt = work.get(Attempt, agreed.parcours, agreed.attempt)
    return attempt.reference if attempt is not None else ""


def _attendee(subject: Subject, seat: Seat) -> Attendee | None:
    """Somebody who is invited, or is so no more; None where her address is erased, or her account closed."""
    match seat.to:
        case Role.TUTOR:
            tutor = accompanying.open_account(subject.work, seat.id)
            if not seat.id:
                tutor = accompanying.accompanies(subject.work, subject.head, None, subject.mail.account)
            return Attendee(tutor.address, tutor.name) if tutor is not None and not tutor.is_team else None
        case Role.BUYER:
            return _meeting_buyer(subject.work, subject.head, seat)
        case _ if seat.address or seat.id == CONTACT:
            return _contact(subject.head, seat.address)
    link = subject.work.get(Link, seat.id)
    if link is None or not link.recipient:  # withdrawn or not: the seats say who is invited
        return None
    return _holder(subject.head, link)


def _contact(head: Parcours, invited: str | None) -> Attendee | None:
    """The contact of the record; ``invited``: the address to which the invitation went."""
    somebody = inviting.invited_contact(head)
    if invited and (somebody is None or somebody.address != invited):
        return Attendee(invited, head.company.name)
    return Attendee(somebody.address, somebody.name) if somebody is not None else None


def _holder(head: Parcours, link: Link) -> Attendee:
    """By her name where the record knows it."""
    same = (one.name for one in head.company.contacts if recipients.is_same(one.address, link.recipient))
    return Attendee(link.recipient, link.holder or next(same, "") or head.company.name)


def _meeting_buyer(work: UnitOfWork, head: Parcours, seat: Seat) -> Attendee | None:
    """The buyer's account, else the buyer whom the record names; her seat is optional."""
    if seat.address:
        same = head.buyer_contact is not None and head.buyer_contact.address == seat.address
        name = head.buyer_contact.name if same and head.buyer_contact else head.contract.organisation
        return Attendee(seat.address, name, optional=True)
    somebody = accompanying.open_account(work, seat.id or head.buyer) or (
        None if seat.id else head.buyer_contact
    )
    return Attendee(somebody.address, somebody.name, optional=True) if somebody else None


def _weekly_letter(subject: Subject) -> EmailMessage | None:
    """To an agent who still gets it, what it says at this moment; None once there is nothing left to do."""
    agent, now = subject.account, clock.utc_now()
    if agent is None or not gets_letters(agent):
        return None
    letter = weekly.read(agent, now=now)
    if not letter.is_worth(clock.utc_now()):
        return None
    return messages.weekly_letter(agent, letter, weekly.signature(agent.id), day_of(now))


WRITERS: dict[MailKind, Callable[[Subject], EmailMessage | None]] = {
    MailKind.REFUSAL_NOTICE: _refused_document,
    MailKind.SENDING_NOTICE: _link_sent,
    MailKind.FAILURE_NOTICE: _link_failed,
    MailKind.RETURN_NOTICE: _link_returned,
    MailKind.UNSENT_NOTICE: _unsent,
    MailKind.CONFIRMATION_NOTICE: _link_answered,
    MailKind.UNREADABLE_NOTICE: _link_answered,
    MailKind.CLOSED_NOTICE: _link_answered,
    MailKind.REQUEST_NOTICE: _link_answered,
    MailKind.MEETING_TOLD: _link_answered,
    MailKind.RESERVATION_WARNING: _own_parcours,
    MailKind.RESERVATION_LAPSED: _own_parcours,
    MailKind.PASSAGE_LAPSED: _own_parcours,
    MailKind.END_TO_COMPANY: _end_to_company,
    MailKind.END_TO_BUYER: _end_to_buyer,
    MailKind.REMINDER: _reminder,
    MailKind.DIGEST: _digest,
    MailKind.EXPIRY_NOTICE: _link_answered,
    MailKind.CONTACT_CHECK: _contact_check,
    MailKind.CONTACTS_CHANGED: _contacts_changed,
    MailKind.INVITATION: _invitation,
    MailKind.HANDOVER: _handover,
    MailKind.ACCOUNT_UNUSED: _unused_account,
    MailKind.ASSIGNED: _assigned,
    MailKind.HANDED_AWAY: _handed_away,
    MailKind.DECLINE_NOTICE: _refusal,
    MailKind.DECLINE_TO_COMPANY: _refusal,
    MailKind.DECLINE_UNDONE: _refusal,
    MailKind.COLLEAGUE_QUESTION: _colleague_question,
    MailKind.SLOTS_NOTICE: _slots,
    MailKind.OTHER_SLOTS: _other_slots,
    MailKind.MEETING_INVITATION: _meeting,
    MailKind.MEETING_CANCELLED: _meeting,
    MailKind.EVE_REMINDER: _meeting,
    MailKind.WEEKLY_LETTER: _weekly_letter,
    MailKind.RIGHTS_WARNING: _rights_warning,
    MailKind.TAKINGS_STOPPED: _takings_stopped,
}
"""Every kind but the link and the sign-in code, which ``mailing`` sends in their own way."""
