"""The mails about a link: to its holder, and to who sent it, follows it or sold by it. One function per mail."""

from dataclasses import asdict, replace
from datetime import datetime
from email.message import EmailMessage

from chalicelib import clock, french, terms
from chalicelib.domain import contacts
from chalicelib.domain.documents import mailing, opening, passing, recipients
from chalicelib.domain.documents.mailing import Occasion
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import UNDER_WAY, BuyerContact, Contact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import is_same_name
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import reminding, turns
from chalicelib.domain.parcours.declining import is_declined_elsewhere
from chalicelib.mails import letters, views
from chalicelib.mails.views import NO_FACTS, OF_ACCOUNT, Agent, Exact, NoticeFacts, Passer, Person
from chalicelib.stores import cases, keys
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.kit import accompanying
from chalicelib.stories.mails.subject import Subject, build_recipient_page, describe_source
from chalicelib.stories.parcours import load_health
from chalicelib.words import codes
from chalicelib.words import mails as words
from chalicelib.words.codes import build_market_facts
from chalicelib.words.mails import Notice


def link(
    work: UnitOfWork, sent: Link, deposit: Deposit, parcours: Parcours, token: str, sender: Account
) -> EmailMessage:
    """Build the mail to the recipient, in the tutor's name: « Un jeune attend votre réponse », with the link."""
    owner = accompanying.find_owner(work, sent.recipient)
    former = passing.find_former_link(sent, cases.load_links(work, deposit)) if sent.holder else None
    view = views.LinkView(
        source=describe_source(work, parcours, sent.recipient, sent),
        sender=letters.build_agent(sender),
        parcours=build_market_facts(parcours),
        greeted=owner.name if owner else letters.find_name(parcours, sent.recipient),
        kinds=deposit.kinds,
        by=_find_passer(work, parcours, sent, former),
        page=build_recipient_page(sent, token),
        valid_until=deposit.erase_at,
        answer_by=min(_compute_answer_by(parcours, sent), deposit.erase_at),
        again=sent.version > 1 and deposit.left_at is not None,
    )
    return letters.build_signed_message(view, to=sent.recipient)


def _compute_answer_by(parcours: Parcours, sent: Link) -> datetime:
    """Return until when the recipient of this link is to answer, by the delays of turns."""
    answer_by = turns.find_buyer_deadline if sent.to is Role.BUYER else turns.find_company_deadline
    sent_at = sent.version_at or sent.created_at
    return answer_by(sent_at, parcours.placement.departement, terms.calendar(), terms.turns())


def _find_passer(work: UnitOfWork, parcours: Parcours, sent: Link, former: Link | None) -> Passer | None:
    """Return who passed this link on, named by the record or a buyer's account, else by the proved address alone.

    ``former``: the link that this person held; None returns None: the tutor sent it.
    """
    if former is None or not former.recipient:
        return None
    buys = former.to is Role.BUYER
    owner = accompanying.find_owner(work, former.recipient) if buys else None
    name = owner.name if owner else letters.find_name(parcours, former.recipient)
    return Passer(
        name=name,
        is_reader=is_same_name(name, sent.holder),
        address=Exact(former.recipient),
        phone=(owner.phone if owner else None) or "",
        buys=buys,
        beside=sent.beside,
    )


def build_sending_notice(subject: Subject) -> EmailMessage | None:
    """Build the mail to the depositor, at each sending: to which address it went, so that a stolen session cannot send unnoticed.

    Where a recipient passed the link on without a question, the mail says who did: nobody acted in the depositor's name.
    """
    deposit, sent = subject.deposit, subject.link
    if deposit is None or sent is None or not sent.recipient:
        return None
    sealer = subject.find_sealer(deposit)
    owner = sealer or accompanying.find_sender(subject.work, subject.parcours, sent)
    if owner is None:
        return None
    links = cases.load_links(subject.work, deposit) if sent.holder and subject.mail.version == 1 else ()
    former = passing.find_former_link(sent, links)
    asked = _find_coordinator(subject, owner)
    view = views.SendingView(
        parcours=build_market_facts(subject.parcours),
        parcours_url=letters.build_parcours_url(subject.parcours),
        who=asked,
        by=_find_passer(subject.work, subject.parcours, sent, former),
        holder=sent.holder,
        holder_function=sent.function,
        alarm=former is None or sent.agreed,
        recipient=Exact(sent.recipient),
        kinds=deposit.kinds,
        at=subject.mail.created_at,  # in the write that says that this very link left
        valid_until=deposit.erase_at,
    )
    return letters.build_message(view, to=owner.address, reply_to=asked.address if asked else None)


def _find_coordinator(subject: Subject, owner: Account) -> Person | None:
    """Return whom the depositor asks when a sending surprises: the coordinator; None if that is ``owner`` or of the team."""
    coordinator = subject.open_account(subject.parcours.coordinator)
    if coordinator is None or coordinator.id == owner.id or coordinator.is_team:
        return None
    return letters.build_person(coordinator)


def build_refused_document(subject: Subject) -> EmailMessage | None:
    """Build the mail to the depositor: inspection refused a document, why, and what to do. The deposit may be erased already."""
    document, reason = subject.mail.document, subject.mail.reason
    if subject.account is None or subject.deposit is None or document is None or reason is None:
        return None
    sentence, advice = codes.REFUSED_DOCUMENT[reason]
    view = views.RefusedDocumentView(
        parcours=build_market_facts(subject.parcours),
        parcours_url=letters.build_parcours_url(subject.parcours),
        kind_label=codes.KIND[document],
        reason=sentence,
        advice=advice,
    )
    return letters.build_message(view, to=subject.account.address)


def build_link_failed(subject: Subject) -> EmailMessage | None:
    """Build the mail to the person who accompanies: the mail with the link was given up.

    With a reason it may have left all the same; without one it did not, or its address belongs to the team now.
    """
    sent = subject.link
    if subject.deposit is None or sent is None or not sent.recipient or subject.notified is None:
        return None
    row = words.IN_DOUBT
    if subject.mail.reason is None:
        is_team = accompanying.is_team_address(subject.work, sent.recipient)
        row = words.NOT_FOR_TEAM if is_team else words.NOT_LEFT
    view = views.ReturnView(
        parcours=build_market_facts(subject.parcours),
        parcours_url=letters.build_parcours_url(subject.parcours),
        recipient=Exact(sent.recipient),
        missed=subject.holder,
        title=row.title,
        opening=row.opening,
        todo=row.todo,
    )
    return letters.build_message(view, to=subject.notified.address)


def build_link_returned(subject: Subject) -> EmailMessage | None:
    """Build the mail to the person who accompanies: the link's mail came back, why, and whom else to try.

    None: it was used, or withdrawn.
    """
    sent, reason = subject.link, subject.mail.reason
    if sent is None or reason is None or sent.was_used or sent.version != subject.mail.version:
        return None
    if subject.notified is None or not sent.recipient or sent.revoked_at is not None:
        return None
    known = load_health(subject.work, subject.parcours, now=clock.utc_now())
    other = contacts.find_other_contact(subject.parcours.company.contacts, known, sent.recipient)
    row = words.RETURNS[reason]
    view = views.ReturnView(
        parcours=build_market_facts(subject.parcours),
        parcours_url=letters.build_parcours_url(subject.parcours),
        recipient=Exact(sent.recipient),
        missed=subject.holder,
        other=letters.build_person(other) if other is not None else None,
        title=row.title,
        opening=row.opening,
        why=codes.REASONS[reason].sentence,
        todo=row.choose_todo(other is not None),
        dead=sent.mail_refused_at is not None,
    )
    return letters.build_message(view, to=subject.notified.address)


def build_unsent(subject: Subject) -> EmailMessage | None:
    """Build the mail to who has the tutor's turns: which message did not reach the company, the buyer or a former tutor."""
    reason, asks = subject.mail.reason, subject.mail.asks
    if subject.awaited is None or reason is None or asks is None:
        return None
    return build_short_notice(
        subject.parcours,
        words.NOTICES[Occasion(f"unsent_{asks}")],
        to=subject.awaited,
        who=subject.find_missed(asks),
        facts=NoticeFacts(reason=codes.REASONS[reason].sentence),
    )


def build_link_answered(subject: Subject) -> EmailMessage | None:
    """Build the mail to the person who accompanies: what the recipient did, and whose turn it is.

    With ``to`` ``COORDINATOR`` the mail goes to the other account that sent the link. None when the notice is no longer true.
    """
    sent = subject.link
    if sent is None:
        return None
    occasion = mailing.choose_occasion(subject.mail, subject.deposit, sent, subject.parcours, clock.utc_now())
    if subject.notified is None or occasion is None:
        return None
    if occasion is Occasion.MEETING_CALLED_OFF and subject.stand_in is None:
        return None  # the tutor's invitation is withdrawn
    notice = words.NOTICES[occasion]
    if subject.mail.to is Role.COORDINATOR:
        notice = notice.to_further_sender()
    answers_to = subject.holder if occasion is not Occasion.EXPIRED_UNREACHED else None
    return build_short_notice(subject.parcours, notice, to=subject.notified, who=answers_to)


def build_erased(subject: Subject) -> EmailMessage | None:
    """Build the mail to the person who accompanies: which documents went unread on one day, and what to do.

    None once all were sent anew or answered. A parcours that somebody else accompanies by now is left out.
    """
    lines, reader = [], None
    for expired in _list_erased(subject):
        reader = reader or expired.notified
        notice = _find_erased_notice(expired)
        if notice is not None and expired.notified is not None and expired.notified == reader:
            lines.append((expired, notice))
    if reader is None or not lines:
        return None
    if len(lines) == 1:
        return build_link_answered(lines[0][0])
    view = views.ErasedView(
        erased=tuple(
            views.ErasedDocuments(build_market_facts(expired.parcours), notice.title, notice.lines[-1])
            for expired, notice in lines
        ),
        url=letters.build_url("/parcours"),
    )
    return letters.build_message(view, to=reader.address)


def _list_erased(subject: Subject) -> list[Subject]:
    """List the erased documents of the mail's parcours, each as if a mail of its own were about them; none of a held one."""
    parcours = [offer for offer in subject.list_several() if not offer.is_held]
    deposits = subject.work.get_all(Deposit, (str(offer.last_deposit) for offer in parcours))
    return [
        Subject(
            replace(subject.mail, parcours=deposit.parcours, deposit=deposit.id, link=deposit.link),
            subject.work,
        )
        for deposit in deposits
    ]


def _find_erased_notice(expired: Subject) -> Notice | None:
    """Return what is said of erased documents; None when they were sent anew or answered since."""
    sent = expired.link
    if sent is None:
        return None
    now = clock.utc_now()
    occasion = mailing.choose_occasion(expired.mail, expired.deposit, sent, expired.parcours, now)
    return words.NOTICES[occasion] if occasion is not None else None


def build_colleague_question(subject: Subject) -> EmailMessage | None:
    """Build the mail to the person who sealed: the holder named a colleague; agree, or refuse.

    Without an account of that person any more: to the person who accompanies, that nobody can agree.
    """
    sent = subject.link
    if sent is None or sent.asked is None or subject.sent is None:
        return None
    sealer = subject.find_sealer(subject.sent)
    notified = sealer or subject.accompanies
    if notified is None:
        return None
    also = "aussi" if sent.asked.also else "plutôt"
    return build_short_notice(
        subject.parcours,
        words.NOTICES[Occasion.COLLEAGUE if sealer else Occasion.COLLEAGUE_NOBODY],
        to=notified,
        who=subject.holder,
        facts=NoticeFacts(also=also, name=sent.asked.name, address=Exact(sent.asked.address)),
        path="/collegue" if sealer else "",
    )


def build_reservation_warning(subject: Subject) -> EmailMessage | None:
    """Build the mail to the tutor that the reservation ends soon."""
    if subject.account is None:
        return None
    until = subject.parcours.reserved_until
    facts = NoticeFacts(until=french.dernier_jour(until) if until else "")
    notice = words.NOTICES[Occasion.RESERVATION_WARNING]
    return build_short_notice(subject.parcours, notice, to=subject.account, facts=facts)


def build_young_spoke(subject: Subject) -> EmailMessage | None:
    """Build the mail to who has the tutor's turns: what the young person said. None once it is no longer so."""
    parcours, fact = subject.parcours, subject.mail.fact
    is_so = parcours.is_held
    if fact is EventKind.CANNOT_COME:
        is_so = parcours.in_doubt_since is not None
    if fact is EventKind.MEETING_KEPT:
        is_so = parcours.meeting_at is not None and parcours.in_doubt_since is None
    if subject.awaited is None or fact is None or not is_so:
        return None
    until = french.moment(parcours.meeting_at) if parcours.meeting_at is not None else ""
    notice = words.NOTICES[Occasion(fact)]
    return build_short_notice(parcours, notice, to=subject.awaited, facts=NoticeFacts(until=until))


def build_offer_reported(subject: Subject) -> EmailMessage | None:
    """Build the mail to who follows an offer for the buyer, or to the team: somebody reports it."""
    reporter, reason = subject.about, subject.mail.reason
    if subject.account is None or reporter is None or reason is None:
        return None
    facts = NoticeFacts(reason=codes.REASONS[reason].sentence, name=f"{reporter.name}, {reporter.function}")
    notice = words.NOTICES[Occasion.OFFER_REPORTED]
    who = letters.build_agent(reporter)
    return build_short_notice(subject.parcours, notice, to=subject.account, who=who, facts=facts)


def build_short_notice(
    parcours: Parcours,
    notice: Notice,
    *,
    to: Account | BuyerContact | Person,
    who: Person | None = None,
    facts: NoticeFacts = NO_FACTS,
    path: str = "",
    source: str = OF_ACCOUNT,
) -> EmailMessage:
    """Build a short notice about a parcours, from a row of ``NOTICES``.

    ``who``: person to whom answers go; ``path``: of the button's page, below the parcours' own. A contact of the record (no
    account, so no pages) gets no button.
    """
    fact_texts = asdict(letters.break_links(facts))
    view = views.ShortNoticeView(
        source=source,
        parcours=build_market_facts(parcours),
        parcours_url=Exact(letters.build_parcours_url(parcours) + path) if isinstance(to, Account) else None,
        title=notice.title,
        lines=tuple(Exact(line.format(**fact_texts)) for line in notice.lines),
        act_label=notice.act,
        who=who,
    )
    return letters.build_message(view, to=to.address, reply_to=who.address if who else None)


def _find_informed_person(subject: Subject) -> Person | None:
    """Return who hears how a passage goes on: the holder of the mail's link, else who was mailed that the passage began.

    None for the link of a buyer who gets the mail as the latter: one person, one mail.
    """
    if subject.link is None:
        known = accompanying.find_notified_person(subject.work, subject.parcours, subject.mail.attempt)
        return letters.build_person(known) if known is not None else None
    return subject.holder if not _hears_as_buyer(subject, subject.link) else None


def build_passage_resumed(subject: Subject) -> EmailMessage | None:
    """Build the mail that a passage goes on after all, to who was mailed that it ended. None once it has ended again."""
    mail, parcours = subject.mail, subject.parcours
    tutor = subject.open_account(parcours.tutor)
    if tutor is None or parcours.attempt != mail.attempt or parcours.status not in UNDER_WAY:
        return None
    if mail.to is Role.TUTOR:
        notice = words.NOTICES[Occasion.RESUMED_TUTOR]
        return build_short_notice(parcours, notice, to=tutor) if tutor == subject.account else None
    reader, who = _find_informed_person(subject), letters.build_person(tutor)
    if reader is None:
        return None
    facts = NoticeFacts(name=f"{tutor.name}, {tutor.function}")
    source = subject.describe_source(reader.address)
    notice = words.NOTICES[Occasion.RESUMED]
    return build_short_notice(parcours, notice, to=reader, who=who, facts=facts, source=source)


def build_decline(subject: Subject) -> EmailMessage | None:
    """Build the mail after the company declined or all was stopped; to who did not decline there: delete your copies, if any.

    The person who declined on the page, the buyer and the agents get ``build_decline_notice``.
    """
    sent, is_stopped = subject.link, subject.parcours.is_stopped
    is_told = sent is not None and (is_stopped or is_declined_elsewhere(sent, subject.parcours))
    if sent is None or subject.mail.to is not Role.COMPANY or not is_told:
        return build_decline_notice(subject)
    beside = cases.load_links(subject.work, subject.sent)
    declined_at = max((link.declined_at for link in beside if link.declined_at), default=None)
    if subject.is_said_anew(declined_at) or subject.agent is None or not sent.recipient:
        return None
    view = views.ColleagueRefusalView(
        source=subject.describe_source(sent.recipient),
        sender=subject.agent,
        parcours=build_market_facts(subject.parcours),
        kinds=subject.kinds if sent.may_leave_copies else (),
        page=subject.build_page_again(sent, sent.recipient, dead=is_stopped and sent.may_leave_copies),
        is_stopped=is_stopped,
    )
    return letters.build_signed_message(view, to=sent.recipient)


def build_decline_notice(subject: Subject) -> EmailMessage | None:
    """Build the mail to whom ``mail.to`` names: the company declined, or took it back.

    None when the link says otherwise by now, or a later mail says the same.
    """
    sent, to = subject.link, subject.mail.to
    if sent is None or to is None or subject.is_said_anew(sent.declined_at or sent.undone_at):
        return None
    is_declined = sent.declined_at is not None
    if is_declined is (subject.mail.kind is MailKind.DECLINE_UNDONE):
        return None  # the mail says the contrary of what is so now
    if to is Role.COMPANY:
        declined_anew = is_declined_elsewhere(sent, subject.parcours)
        return None if declined_anew else _build_refusal_to_holder(subject, sent)
    notice, facts = words.NOTICES[Occasion(f"undone_{to}")], NO_FACTS
    if is_declined and sent.declined_for is not None:
        notice = words.NOTICES[Occasion(f"declined_{to}")]
        facts = NoticeFacts(reason=codes.REASONS[sent.declined_for].sentence)
    reader: Account | BuyerContact | None = subject.notified
    answers_to = subject.holder
    if to is Role.BUYER:
        reader, answers_to = subject.buyer, subject.agent
    if reader is None:
        return None
    source = subject.describe_source(reader.address) if to is Role.BUYER else OF_ACCOUNT
    return build_short_notice(subject.parcours, notice, to=reader, who=answers_to, facts=facts, source=source)


def _build_refusal_to_holder(subject: Subject, sent: Link) -> EmailMessage | None:
    """Build the mail to the person who declined, or took that back: confirmation, and that it can be undone."""
    if subject.agent is None or not sent.recipient:
        return None
    view = views.RefusalView(
        source=subject.describe_source(sent.recipient),
        sender=subject.agent,
        parcours=build_market_facts(subject.parcours),
        kinds=subject.kinds if sent.may_leave_copies else (),
        page=subject.build_page_again(sent, sent.recipient),
        is_declined=sent.declined_at is not None,
    )
    return letters.build_signed_message(view, to=sent.recipient)


def build_end_to_company(subject: Subject) -> EmailMessage | None:
    """Build the mail to the recipient of a link after the passage ended: please delete your copies. Who ended it signs.

    None for a buyer who gets ``build_end_to_buyer``.
    """
    sent, tutor = subject.link, subject.accompanies
    if sent is None or not sent.recipient or tutor is None or _hears_as_buyer(subject, sent):
        return None
    passage = subject.work.get(Attempt, sent.parcours, sent.attempt)
    is_erased = passage is not None and passage.erasing_at is not None
    signature = subject.build_signature(tutor)
    view = views.EndToCompanyView(
        source=subject.describe_source(sent.recipient),
        sender=signature.sender,
        done_by=signature.done_by,
        in_place_of=signature.in_place_of,
        parcours=build_market_facts(subject.parcours),
        kinds=subject.kinds if sent.may_leave_copies else (),
        buys=sent.to is Role.BUYER,
        free=subject.is_free_again,
        # Of a passage that is erased on request the link goes within minutes: nobody could say on it what they have deleted.
        page=None if is_erased else subject.build_page_again(sent, sent.recipient, dead=True),
    )
    return letters.build_signed_message(view, to=sent.recipient)


def _hears_as_buyer(subject: Subject, sent: Link) -> bool:
    """Whether the holder of a link is the buyer who was mailed that its passage began, and so is mailed as the buyer: once."""
    passage = subject.work.get(Attempt, sent.parcours, sent.attempt)
    if sent.to is not Role.BUYER or passage is None or passage.notified_side is not Interlocutor.BUYER:
        return False
    buyer = accompanying.find_buyer_account(subject.work, subject.parcours) or subject.parcours.buyer_contact
    return buyer is not None and address.fold_mailbox(buyer.address) == address.fold_mailbox(sent.recipient)


def build_passage_ended(subject: Subject) -> EmailMessage | None:
    """Build the mail to the tutor that her passage or reservation ended: by its time, or by somebody else, and why.

    None once it goes on.
    """
    mail, parcours, fact = subject.mail, subject.parcours, subject.mail.fact
    ender = subject.work.get(Account, mail.person)
    goes_on = parcours.attempt == mail.attempt and parcours.status in UNDER_WAY
    if subject.account is None or fact is None or goes_on:
        return None
    if fact in {EventKind.RESERVATION_LAPSED, EventKind.PASSAGE_LAPSED}:
        return build_short_notice(parcours, words.NOTICES[Occasion(fact)], to=subject.account)
    if ender is None:  # nobody's act on a page: it is erased on request
        return build_short_notice(parcours, words.NOTICES[Occasion.ERASED_TUTOR], to=subject.account)
    facts = NoticeFacts(
        name=letters.describe_actor(ender), reason=words.format_reason_of_end(fact, mail.reason)
    )
    who = letters.build_person(ender) if not ender.is_team else None
    notice = words.NOTICES[Occasion.ENDED_TUTOR]
    return build_short_notice(parcours, notice, to=subject.account, who=who, facts=facts)


def build_end_to_buyer(subject: Subject) -> EmailMessage | None:
    """Build the mail that the passage ended: to the buyer or contact of the company who was mailed that it began.

    It says whether documents were sent, and whether the offer is free again.
    """
    reader = accompanying.find_notified_person(subject.work, subject.parcours, subject.mail.attempt)
    if reader is None:
        return None
    view = views.EndToBuyerView(
        source=subject.describe_source(reader.address),
        greeted=letters.find_name(subject.parcours, reader.address),
        parcours=build_market_facts(subject.parcours),
        sent=subject.mail.deposit is not None,
        free=subject.is_free_again,
        parcours_url=letters.build_parcours_url(subject.parcours) if isinstance(reader, Account) else None,
    )
    return letters.build_message(view, to=reader.address)


def build_reminder(subject: Subject) -> EmailMessage | None:
    """Build the mail to the recipient: the same link again, or several, or, where no link is out, a mail that asks for dates.

    None when nobody outside is awaited any more, or the link was replaced, used up or belongs to the team now.
    """
    if subject.mail.links:
        return _build_reminder_of_several(subject)
    if not _is_reminded_of(subject):
        return None
    if subject.mail.version is None:
        return _build_dates_asked(subject)
    sender = _find_sender_of_link(subject)
    if sender is None or subject.link is None:
        return None
    view = _build_link_reminder(subject, sender, _format_who_wrote(subject, sender))
    return letters.build_signed_message(view, to=subject.link.recipient)


def _build_reminder_of_several(subject: Subject) -> EmailMessage | None:
    """Build the mail to the recipient of several links: a line each, with who wrote when about which offer, and its link.

    A link of which a reminder is no longer true is left out, and so is one of another address; None when none is left.
    """
    reminded = [line for line in subject.list_reminders() if _is_reminded_of(line)]
    lines = [(line, sender) for line in reminded if (sender := _find_sender_of_link(line)) is not None]
    to = lines[0][0].recipient if lines else ""
    lines = [(line, sender) for line, sender in lines if recipients.is_same(line.recipient, to)]
    if len(lines) < 2:
        return build_reminder(lines[0][0]) if lines else None
    reminders = tuple(_build_link_reminder(line, sender, _format_who_wrote(line)) for line, sender in lines)
    senders = {sender.id: sender for _, sender in lines}
    signs = letters.build_agent(lines[0][1]) if len(senders) == 1 else None
    view = views.SeveralRemindersView(
        source=reminders[0].source, greeted=reminders[0].greeted, reminders=reminders, sender=signs
    )
    if signs is None:
        return letters.build_message(view, to=to)
    return letters.build_message(
        view, to=to, from_name=letters.format_sender_name(signs), reply_to=signs.address
    )


def _is_reminded_of(subject: Subject) -> bool:
    """Whether somebody outside is still awaited as when the reminder was decided."""
    if not reminding.is_outsider_awaited(subject.parcours):
        return False
    return subject.mail.by is not Role.SYSTEM or _is_awaited(subject)


def _find_sender_of_link(subject: Subject) -> Account | None:
    """Return who signs a reminder of the link; None where it was replaced or used up, or its reader left or is of the team."""
    sent = subject.link
    if sent is None or sent.version != subject.mail.version:
        return None
    if subject.parcours.has_left(sent.recipient):
        return None
    if accompanying.is_team_address(subject.work, sent.recipient):
        return None
    is_waiting = reminding.is_unconfirmed(sent, subject.deposit, clock.utc_now())
    return (subject.stand_in or subject.accompanies) if is_waiting else None


def _build_link_reminder(subject: Subject, sender: Account, wrote: str) -> views.ReminderView:
    """Build what the reminder of a link shows."""
    sent, deposit = (
        subject.work.get_one(Link, subject.mail.link),
        subject.work.get_one(Deposit, subject.mail.deposit),
    )
    return views.ReminderView(
        source=subject.describe_source(sent.recipient),
        sender=letters.build_agent(sender),
        parcours=build_market_facts(subject.parcours),
        greeted=letters.find_name(subject.parcours, sent.recipient),
        wrote=wrote,
        page=build_recipient_page(sent, keys.compute_link_token(sent.build_token_message(sent.version))),
        opened=bool(sent.opened_at),
        sent_at=sent.version_at or sent.created_at,
        valid_until=deposit.erase_at,
    )


def build_lost_message(subject: Subject) -> EmailMessage | None:
    """Build the mail that gives a link again to its recipient, who does not find the message.

    None where the link gives nothing any more, or for now, has gone on to a colleague, or never left.
    """
    sent, parcours, sender = subject.link, subject.parcours, subject.stand_in or subject.accompanies
    if subject.deposit is not None and subject.deposit.left_at is None:
        return None
    if sent is None or sender is None or sent.moved_to is not None or parcours.suspends(sent.attempt):
        return None
    page = subject.build_page_again(sent, sent.recipient)
    if page is None:
        return None
    opens = opening.would_open(sent, subject.deposit, parcours, clock.utc_now())
    view = views.LostMessageView(
        source=subject.describe_source(sent.recipient),
        sender=letters.build_agent(sender),
        parcours=build_market_facts(parcours),
        greeted=letters.find_name(parcours, sent.recipient),
        wrote=_format_who_wrote(subject, sender),
        mailed_on=day_of(sent.version_at or sent.created_at),
        page=page,
        opened=sent.opened_at is not None,
        may_ask=opening.may_ask_again(sent, parcours) and sent.requested_at is None,
        valid_until=subject.deposit.erase_at if subject.deposit is not None and opens else None,
    )
    return letters.build_signed_message(view, to=sent.recipient)


def _is_awaited(subject: Subject) -> bool:
    """Whether the turn still is where it was when the automatic reminder was decided."""
    turn = turns.whose_turn(subject.parcours, clock.utc_now(), terms.calendar(), terms.turns())
    return reminding.still_awaits(subject.mail, subject.parcours, turn)


def _build_dates_asked(subject: Subject) -> EmailMessage | None:
    """Build the mail that asks for dates; to somebody who never got the link, it says what it is about. None: nobody to ask."""
    parcours = subject.parcours
    asked = reminding.find_asked_for_dates(parcours, subject.link, buyer=subject.mail.asks is Role.BUYER)
    sender = subject.stand_in or accompanying.find_accompanying(subject.work, parcours, None)
    if asked is None or sender is None:
        return None
    call = format_contact_to_call(parcours) if asked.buys else ""
    view = views.ReminderView(
        source=subject.describe_source(asked.address),
        sender=letters.build_agent(sender),
        parcours=build_market_facts(parcours),
        greeted=letters.find_name(parcours, asked.address),
        wrote=_format_who_wrote(subject, sender),
        page=subject.build_page_of_either_link(subject.link, asked.address) if not asked.buys else None,
        asked=views.DatesAsked(buys=asked.buys, written=asked.written, call=call),
    )
    return letters.build_signed_message(view, to=asked.address)


def _format_who_wrote(subject: Subject, signs: Account | None = None) -> str:
    """Say who sent the link of a reminder that ``signs`` signs: « Je vous ai écrit », « Claire Dumas vous a écrit »."""
    writer = subject.writer
    if writer is None:
        return "Un message vous a été envoyé"
    return "Je vous ai écrit" if writer == signs else f"{writer.name} vous a écrit"


def format_contact_to_call(parcours: Parcours) -> str:
    """Format whom of the company a buyer calls, « Nadia Bellanger, 03 80 11 22 33 »; empty when no number is known.

    That is the contact who was written to last, else the one who welcomes; nobody who has left, no number that is wrong.
    """
    known = [
        contact
        for contact in parcours.company.contacts
        if contact.phone and not contact.is_gone and not contact.has_wrong_number
    ]
    last = max((contact.written_at for contact in known if contact.written_at is not None), default=None)
    # The one to whom the link went, else who welcomes.
    known.sort(
        key=lambda contact: (
            contact.written_at is None or contact.written_at != last,
            contact.role is not ContactRole.WELCOMES,
        )
    )
    return next((f"{contact.name}, {contact.phone}" for contact in known), "")


def build_contact_check(subject: Subject) -> EmailMessage | None:
    """Build the mail that a passage begins: are the contacts still right? Answers go to the tutor.

    In the tutor's name if she took the offer; else it says who gave it to her, for she has done nothing yet. Of several that she
    was given, each is listed whose reader is the same.
    """
    parcours, work = subject.parcours, subject.work
    reader = accompanying.find_notified_person(work, parcours, subject.mail.attempt)
    tutor = accompanying.find_accompanying(work, parcours, None)
    if tutor is None or parcours.tutor is None or reader is None:
        return None
    agent, giver = letters.build_agent(tutor), subject.about if subject.about != tutor else None
    view = _build_contact_check_view(parcours, agent, giver, reader)
    offers = [offer for offer in subject.list_several() if offer.tutor == tutor.id and not offer.is_held]
    work.load(*((Attempt, offer.id, offer.attempt) for offer in offers))
    checks = tuple(
        _build_contact_check_view(offer, agent, giver, reader)
        for offer in offers
        if accompanying.find_notified_person(work, offer, offer.attempt) == reader
    )
    if len(checks) < 2:
        return letters.build_signed_message(view, to=reader.address)
    listed = views.ContactChecksView(source=view.source, greeted=view.greeted, checks=checks)
    name = letters.format_signature_name(agent, view.done_by)
    return letters.build_message(listed, to=reader.address, from_name=name, reply_to=tutor.address)


def preview_contact_check(parcours: Parcours, person: Account, *, gives: bool) -> str | None:
    """Return the text of the mail that leaves if ``person`` takes this offer or, with ``gives``, gives it to a tutor.

    None: nobody is mailed. A person who takes it does not see the contacts yet: their names are left out.
    """
    reader = accompanying.find_person_to_notify(UnitOfWork(), parcours)
    if reader is None:
        return None
    if gives:
        tutor = Agent(name="(la personne choisie)", address=Exact("(son adresse)"))
        return letters.render_text(_build_contact_check_view(parcours, tutor, person, reader))
    view = _build_contact_check_view(parcours, letters.build_agent(person), None, reader)
    nameless = tuple(replace(contact, name="(son nom)", function="") for contact in view.contacts)
    return letters.render_text(replace(view, greeted="", contacts=nameless))


def _build_contact_check_view(
    parcours: Parcours, tutor: Agent, giver: Account | None, reader: Account | Contact
) -> views.ContactCheckView:
    """Build what the mail shows that a passage begins. ``giver``: who gave it to the tutor; None: the tutor took it.

    A reader with an account has the page that confirms the contacts.
    """
    return views.ContactCheckView(
        source=words.format_source(reader.origin) if isinstance(reader, Contact) else OF_ACCOUNT,
        sender=tutor,
        done_by=letters.describe_actor(giver) if giver is not None else "",
        parcours=build_market_facts(parcours),
        greeted=letters.find_name(parcours, reader.address),
        contacts=tuple(
            views.ListedContact(contact.name, contact.function, codes.CONTACT_ROLE[contact.role].lower())
            for contact in parcours.company.contacts
            if contact not in parcours.company.further
        ),
        url=letters.build_url(f"/parcours/{parcours.id}/contacts") if isinstance(reader, Account) else None,
    )
