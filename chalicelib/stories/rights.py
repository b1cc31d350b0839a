"""Requests of people about their personal data: kept, mailed, followed until they are answered."""

import secrets
from datetime import datetime

from chalicelib import terms
from chalicelib.domain import rights
from chalicelib.domain.kernel.attempt import ReferenceKey
from chalicelib.domain.kernel.holding import note_data_request
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.rights import RightsRequest
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import quotas
from chalicelib.stories.kit.deciding import decision_inputs


def parse_request(
    asker: str, reference: str, right: str, reply_to: str, *, correction: str = "", now: datetime
) -> RightsRequest:
    """Parse a request about personal data, and give it its number. Raises FieldsInvalid."""
    number = rights.build_request_number(now, secrets.token_bytes(rights.NUMBER_BYTES))
    return rights.read_rights_request(
        asker, reference, right, reply_to, correction=correction, number=number, now=now
    )


def read_request(number: str) -> RightsRequest | None:
    """Return the request of this number; None when there is none. Raises TryAgain."""
    return UnitOfWork().get(RightsRequest, number) if rights.NUMBER.fullmatch(number) else None


@story
def ask_rights(work: UnitOfWork, asked: RightsRequest, *, source_ip: str, now: datetime) -> None:
    """Keep a request about personal data and queue its mail; the mailer holds the passage that it is about first.

    Raises:
        TooMany: this address, or this source, asked too often in this hour, or too many asked about this reference today.
        TryAgain: nothing was kept, and nothing counted.
    """
    counted = quotas.use_rights_request(str(asked.reply_to), source_ip, asked.reference, now)
    work.commit_and_wake(rights.ask(asked, decision_inputs(now)) + counted)


@story
def send_again(work: UnitOfWork, number: str, *, now: datetime) -> None:
    """Queue the message of a request to the data protection officer once more. Raises NotFound, WrongStep.

    The mailer of the next minute sends it.
    """
    work.commit(rights.send_again(work.get_one(RightsRequest, number), decision_inputs(now)))


@story
def mark_answered(work: UnitOfWork, number: str, *, now: datetime) -> None:
    """Note that a request was answered. Raises NotFound."""
    work.commit(rights.mark_answered(work.get_one(RightsRequest, number), now))


@story
def remind_or_erase(work: UnitOfWork, number: str, *, now: datetime) -> list[str]:
    """Remind the officer of a request, or erase it, when its time has come; return the keys of the mails that wait."""
    request = work.get(RightsRequest, number)
    if request is None:
        return []
    return work.commit(rights.remind_or_erase(request, terms.retention(), decision_inputs(now))).mail_keys


def hold_passage(number: str, *, now: datetime) -> list[str]:
    """Hold the passage that a kept request is about, as ``warn_of_rights_request``."""
    request = read_request(number)
    if request is None or request.reference is None or request.asker not in rights.FOR_A_YOUNG_PERSON:
        return []
    return warn_of_rights_request(request.reference, now=now)


@story
def warn_of_rights_request(work: UnitOfWork, reference: str, *, now: datetime) -> list[str]:
    """Hold the passage whose young person made a request about personal data, and mail who has the tutor's turns.

    Nothing for a reference that is not the present one of a parcours. It runs in the mailer, which nobody waits for, so that the
    answer is no slower for a reference of ours. Returns the keys of the mails that wait.
    """
    key = work.get(ReferenceKey, reference)
    parcours = work.get_one(Parcours, key.parcours) if key is not None else None
    if parcours is None or parcours.reference != reference:
        return []
    return work.commit(note_data_request(parcours, decision_inputs(now))).mail_keys
