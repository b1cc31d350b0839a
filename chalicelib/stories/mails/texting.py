"""Send a waiting SMS, once at most: one whose answer was lost is not tried again, since it may have been received."""

from dataclasses import replace
from datetime import datetime

from chalicelib import config, log, terms
from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Change, OutboxMail, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import reminding, texting
from chalicelib.domain.parcours.texting import Reader
from chalicelib.errors import TextedThisWeek
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
        return _give_up(waiting.key, now)
    parcours = work.get(Parcours, waiting.parcours)
    reader = texting.find_reader(deciding.load_passage(work, parcours), now) if parcours is not None else None
    sender = (
        accompanying.find_sender(work, parcours, reader.link) if parcours is not None and reader else None
    )
    is_on = bool(config.settings().sms_number)
    if not is_on or reader is None or sender is None or not texting.may_leave(waiting, reader):
        outbox.drop(waiting)
        return []
    if sender.id != reader.link.sender:  # the SMS would name somebody who has not written
        outbox.drop(waiting)
        return []
    if not reminding.is_morning(now, terms.calendar()):
        later = reminding.find_next_morning(now, terms.calendar())
        outbox.put_off(waiting, mailing.put_off_until(waiting, later))
        return []
    held = _take(waiting, reader, now)
    if held is None:
        return []
    text = words.write(letters.build_agent(sender), sent_at=reader.sent_at, recipient=reader.link.recipient)
    with outbox.counting_failures(held):
        if sms.has_opted_out(reader.number):
            return _note(held.key, EventKind.SMS_STOPPED, now)
        sms.send(reader.number, text)
    return _note(held.key, EventKind.SMS_SENT, now)


def _take(waiting: OutboxMail, reader: Reader, now: datetime) -> OutboxMail | None:
    """Lease an SMS; the same write counts one that leaves by itself (a press counted its own). None: it does not leave now."""
    held = mailing.lease(waiting, now)
    is_counted = waiting.by is not Role.SYSTEM or waiting.tries > 0
    counted = Transition.nothing() if is_counted else quotas.use_sms(reader.number, now)
    try:
        transactions.commit(Transition(changes=(Change(waiting, held),)) + counted)
    except transactions.LostRace:
        return None
    except TextedThisWeek:
        outbox.drop(waiting)
        return None
    return replace(held, revision=waiting.revision + 1)


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
