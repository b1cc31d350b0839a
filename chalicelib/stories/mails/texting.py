"""Send a waiting SMS, once at most: one whose answer was lost is not tried again, since it may have been received."""

from dataclasses import replace
from datetime import datetime

from chalicelib import log, terms
from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Change, OutboxMail, Transition
from chalicelib.domain.parcours import texting
from chalicelib.mails import letters
from chalicelib.mails import sms as words
from chalicelib.stores import sms, transactions
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import accompanying, deciding, quotas
from chalicelib.stories.kit.deciding import decision_inputs
from chalicelib.stories.mails import outbox


def send(work: UnitOfWork, waiting: OutboxMail, now: datetime) -> list[str]:
    """Send an SMS, or put it off, drop it or give it up, as its link and its reader now are; return keys of new mails."""
    if mailing.is_given_up(waiting, now) or mailing.may_have_left(waiting):
        keys = _give_up(waiting.key, now)
        if not mailing.may_have_left(waiting):
            _give_back(work, waiting, now)
        return keys
    parcours = work.get(Parcours, waiting.parcours)
    case = deciding.load_passage(work, parcours) if parcours is not None else None
    texted = accompanying.find_texting(work, case, now) if case is not None else None
    if texted is None or not texting.may_leave(waiting, texted[0]):
        outbox.drop(waiting)
        _give_back(work, waiting, now)
        return []
    reader, sender = texted
    departure = texting.find_departure(now, terms.calendar())
    if departure > now:
        outbox.put_off(waiting, mailing.put_off_until(waiting, departure))
        return []
    held = _take(waiting, now)
    if held is None:
        return []
    text = words.write(letters.build_agent(sender), sent_at=reader.sent_at, recipient=reader.link.recipient)
    with outbox.counting_failures(held):
        if sms.has_opted_out(reader.number):
            return _note(held.key, EventKind.SMS_STOPPED, now)
        sms.send(reader.number, text)
    return _note(held.key, EventKind.SMS_SENT, now)


def _take(waiting: OutboxMail, now: datetime) -> OutboxMail | None:
    """Lease an SMS. None: somebody else does."""
    held = mailing.lease(waiting, now)
    try:
        transactions.commit(Transition(changes=(Change(waiting, held),)))
    except transactions.LostRace:
        return None
    return replace(held, revision=waiting.revision + 1)


def _give_back(work: UnitOfWork, waiting: OutboxMail, now: datetime) -> None:
    """Free the number's week of an SMS that surely did not leave."""
    parcours, link = work.get(Parcours, waiting.parcours), work.get(Link, waiting.link)
    number = (
        texting.find_number(parcours, link.recipient) if parcours is not None and link is not None else None
    )
    if number is not None:
        quotas.counter_of_sms(number, now).give_back()


@story
def _note(work: UnitOfWork, key: str, kind: EventKind, now: datetime) -> list[str]:
    """Note on the timeline what became of the SMS with this key, in the write that takes it out of the outbox."""
    waiting = work.get(OutboxMail, key)
    if waiting is None:
        return []
    parcours = work.get_one(Parcours, waiting.parcours)
    return work.commit(texting.note(waiting, parcours, kind, decision_inputs(now))).mail_keys


@story
def _give_up(work: UnitOfWork, key: str, now: datetime) -> list[str]:
    """Give up the SMS with this key: the timeline and a notice to who accompanies say that nothing confirms that it left."""
    waiting = work.get(OutboxMail, key)
    if waiting is None:
        return []
    log.line("mail_given_up", kind=waiting.kind.value)
    parcours = work.get(Parcours, waiting.parcours)
    if parcours is None:
        return work.commit(mailing.drop_mail(waiting)).mail_keys
    return work.commit(mailing.give_up_message(waiting, None, parcours, decision_inputs(now))).mail_keys
