"""A request of the young person holds their passage until somebody has spoken with them: it allows talking and ending.

Each commit is checked (``check``), and so is each mail before it leaves (``holds_back``). A mail about several passages leaves
the held ones out as it is written; pages read ``is_held`` to offer nothing that would be refused.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.domain.kernel.parcours import UNDER_WAY, DataRequest, Parcours
from chalicelib.domain.kernel.timeline import ACCOMPANYING, ROUTINE, Event, EventKind
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import ChangedMeanwhile, TalkNeeded

TALKS_OR_ENDS = frozenset(
    {
        EventKind.DATA_REQUEST_DISCUSSED,
        EventKind.MEETING_KEPT,
        EventKind.NOTICE_HANDED_OVER,
        EventKind.TUTOR_ASSIGNED,
        EventKind.ABSENCE_ANNOUNCED,
        EventKind.CALL_NOTED,
        EventKind.CLAUSE_EXPLAINED,
        EventKind.MAIL_SENT_OUTSIDE,
        EventKind.CALL_BACK_PLANNED,
        EventKind.REMARK_NOTED,
        EventKind.MEETING_CANCELLED,
        EventKind.MEETING_MISSED,
        EventKind.COMPANY_DECLINED,
        EventKind.COLLEAGUE_REFUSED,
        EventKind.COPIES_DELETED,
        EventKind.DOCUMENTS_RECEIVED,
        EventKind.LINK_REVOKED,
        EventKind.DEPOSIT_ABANDONED,
        EventKind.ERASURE_REQUESTED,
        EventKind.OFFER_GIVEN_BACK,
        EventKind.YOUNG_PERSON_WITHDREW,
        EventKind.ATTEMPT_STOPPED,
    }
)
"""What people may note of a held passage, and what had left them before; what the service itself notes has happened."""
ENDING_MAILS = frozenset(
    {
        MailKind.MEETING_CANCELLED,
        MailKind.DECLINE_NOTICE,
        MailKind.END_TO_COMPANY,
        MailKind.END_TO_BUYER,
    }
)
"""Mails that leave all the same: nobody should go to a meeting that is off, or keep copies."""


def allows(parcours: Parcours, kind: EventKind) -> bool:
    """Whether people may note this fact of the passage under way."""
    return not parcours.is_held or kind in TALKS_OR_ENDS | ROUTINE


def check_allowed(parcours: Parcours, kind: EventKind, by: Role) -> None:
    """Refuse (TalkNeeded) a fact that would carry a held passage on. Who asked what is told to who accompanies alone."""
    if not allows(parcours, kind):
        asked = "stop" if parcours.is_stopped else "data"
        raise TalkNeeded(asked if by in ACCOMPANYING else "")


def check(parcours: Parcours, events: Iterable[Event]) -> None:
    """Refuse (TalkNeeded) facts that people note if one would carry the held passage of this parcours on."""
    for event in events:
        is_of_passage = (event.parcours, event.attempt) == (parcours.id, parcours.attempt)
        if is_of_passage and event.actor is not Role.SYSTEM:
            check_allowed(parcours, event.kind, event.actor)


def holds_back(mail: OutboxMail, parcours: Parcours | None) -> bool:
    """Whether this mail waits until somebody has spoken with the young person: it goes outside, and ends nothing."""
    is_awaited = mail.goes_outside and mail.kind not in ENDING_MAILS
    return is_awaited and parcours is not None and parcours.is_held


def note_data_request(parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Note a request about the data of the young person under way, and warn who accompanies: everything is held.

    Another one while it waits changes nothing, so that a flood of false ones costs one mail and one press.
    """
    if parcours.status not in UNDER_WAY or parcours.data_request is not None:
        return Transition.nothing()
    event = inputs.build_event(EventKind.DATA_REQUESTED, parcours.id, parcours.attempt, by=Role.SYSTEM)
    request = DataRequest(since=inputs.now)
    held = replace(parcours.with_event(event), data_request=request)
    mail = replace(inputs.build_mail(MailKind.YOUNG_SPOKE, parcours=parcours.id), fact=event.kind)
    return Transition.noting(event, Change(parcours, held), mails=(mail,))


def note_data_request_discussed(
    parcours: Parcours, *, seen: str, by: Role, inputs: DecisionInputs
) -> Transition:
    """Note that somebody spoke with the young person of the request about their data: everything goes on, the officer is told.

    The days of whom is awaited, and of a reservation, go on as after a pause. Nothing when no request waits.
    Raises ChangedMeanwhile: the page showed another request, or none (``seen``: its ``page_version``).
    """
    if parcours.data_request is None:
        return Transition.nothing()
    if parcours.data_request.page_version != seen:
        raise ChangedMeanwhile
    event = inputs.build_event(EventKind.DATA_REQUEST_DISCUSSED, parcours.id, parcours.attempt, by=by)
    after = replace(parcours.with_event(event), data_request=None, talked_at=inputs.now)
    return Transition.noting(
        event, Change(parcours, after), mails=build_mails_to_officer(parcours, event, inputs)
    )


def build_mails_to_officer(
    parcours: Parcours, event: Event, inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """Build the mail to the data protection officer that this fact answers what the young person asked; none asked: none."""
    if not parcours.is_held:
        return ()
    mail = inputs.build_mail(MailKind.REQUEST_SETTLED, parcours=parcours.id)
    return (replace(mail, attempt=parcours.attempt, fact=event.kind),)
