"""What the young person says on their own page: that nothing more is to be sent, that they cannot come to the meeting."""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.case import Case
from chalicelib.domain.documents.sending import end_sending, revoke_links
from chalicelib.domain.kernel.parcours import CannotCome, DataRequest, Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours.declining import build_mails_to_holders
from chalicelib.errors import ChangedMeanwhile, WrongStep


def may_stop(parcours: Parcours) -> bool:
    """Whether there is something that « Je ne veux plus » stops: the passage is in preparation, and was not stopped yet."""
    return parcours.status is ParcoursStatus.IN_PREPARATION and not parcours.is_stopped


def stop(case: Case, inputs: DecisionInputs) -> Transition:
    """Withdraw what was sent, hold the passage as a request about data does, and warn who accompanies. Twice is once.

    Links die in this write, and their holders at the company are told as of a refusal; documents are erased at the next purge, a
    meeting that is to come is cancelled.
    Raises WrongStep: the passage is not being prepared.
    """
    parcours, deposit, now = case.parcours, case.deposit, inputs.now
    if parcours.status is not ParcoursStatus.IN_PREPARATION:
        raise WrongStep
    if not may_stop(parcours):
        return Transition.nothing()
    event = inputs.build_event(EventKind.SENDING_STOPPED, parcours.id, parcours.attempt, by=Role.SYSTEM)
    waiting = parcours.data_request
    request = DataRequest(since=waiting.since if waiting is not None else now, stops=True)
    after = replace(_withdraw(parcours, event), data_request=request)
    withdrawn = revoke_links(case.links, now)
    if deposit is not None and deposit.is_openable(now):
        withdrawn = end_sending(deposit, case.links, now)
    warning = replace(inputs.build_mail(MailKind.YOUNG_SPOKE, parcours=parcours.id), fact=event.kind)
    to_holders = build_mails_to_holders(MailKind.DECLINE_NOTICE, case.links, inputs)
    stopped = Transition.noting(event, Change(parcours, after), *withdrawn, mails=(warning, *to_holders))
    return stopped + case.follow(after, event, inputs)


def _withdraw(parcours: Parcours, event: Event) -> Parcours:
    """Return the parcours as nothing were sent: documents are to be sent, dates and a meeting to come have fallen.

    What became of a meeting whose hour has come is still to be noted, and what followed it stays.
    """
    meeting_at = parcours.meeting_at
    is_ahead = meeting_at is not None and event.at < meeting_at
    if is_ahead or (parcours.step is Step.SLOTS_PROPOSED and meeting_at is None):
        parcours = replace(parcours.without_agreement(), step=parcours.step_of_documents)
    elif parcours.step is Step.SLOTS_PROPOSED:
        parcours = replace(
            parcours, step=Step.MEETING_FIXED, documents_step=parcours.step_of_documents, since=event.at
        )
    after = parcours.at_step(Step.DOCUMENTS_TO_SEND, event).without_documents()
    return replace(after, live_link=None)


def may_cancel_coming(parcours: Parcours, now: datetime) -> bool:
    """Whether a meeting is to come to which the young person has not said yet that they cannot come."""
    return _has_meeting_ahead(parcours, now) and parcours.in_doubt_since is None


def say_cannot_come(parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Give the tutor the turn beside a meeting that stays agreed, and warn who accompanies. Twice is once.

    The company is told nothing by this: the tutor moves the meeting, cancels it, or keeps it.
    Raises WrongStep: no meeting is to come.
    """
    meeting_at = parcours.meeting_at
    if meeting_at is None or not _has_meeting_ahead(parcours, inputs.now):
        raise WrongStep
    if parcours.in_doubt_since is not None:
        return Transition.nothing()
    event = inputs.build_event(EventKind.CANNOT_COME, parcours.id, parcours.attempt, by=Role.SYSTEM)
    said = CannotCome(since=inputs.now, meeting_at=meeting_at)
    after = replace(parcours.with_event(replace(event, planned_at=meeting_at)), cannot_come=said)
    mail = replace(inputs.build_mail(MailKind.YOUNG_SPOKE, parcours=parcours.id), fact=event.kind)
    return Transition.noting(replace(event, planned_at=meeting_at), Change(parcours, after), mails=(mail,))


def say_can_come(parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Take back that the young person cannot come, unless the meeting was moved since, and tell who was warned. Twice is once.

    Raises WrongStep: no meeting is to come.
    """
    if not _has_meeting_ahead(parcours, inputs.now):
        raise WrongStep
    if not find_doubt(parcours, inputs.now):
        return Transition.nothing()
    mail = replace(inputs.build_mail(MailKind.YOUNG_SPOKE, parcours=parcours.id), fact=EventKind.MEETING_KEPT)
    return _note_kept(parcours, Role.SYSTEM, inputs) + Transition(mails=(mail,))


def find_doubt(parcours: Parcours, now: datetime) -> CannotCome | None:
    """Return what the young person said of the meeting that is to come; None: nothing, or of another one."""
    is_said = parcours.in_doubt_since is not None and _has_meeting_ahead(parcours, now)
    return parcours.cannot_come if is_said else None


def keep_meeting(parcours: Parcours, *, seen: str, by: Role, inputs: DecisionInputs) -> Transition:
    """Note that the young person comes to the meeting after all. Nothing once that is noted.

    Raises ChangedMeanwhile: the page showed something else that they said, or it was of another meeting (``seen``: the
    ``page_version`` of ``CannotCome``).
    """
    if parcours.cannot_come is None:
        return Transition.nothing()
    if parcours.in_doubt_since is None or parcours.cannot_come.page_version != seen:
        raise ChangedMeanwhile
    return _note_kept(parcours, by, inputs)


def _note_kept(parcours: Parcours, by: Role, inputs: DecisionInputs) -> Transition:
    """Return the transition after which the meeting is in doubt no more."""
    event = inputs.build_event(EventKind.MEETING_KEPT, parcours.id, parcours.attempt, by=by)
    return Transition.noting(event, Change(parcours, replace(parcours.with_event(event), cannot_come=None)))


def _has_meeting_ahead(parcours: Parcours, now: datetime) -> bool:
    """Whether a meeting is agreed and to come, and the company has not declined since."""
    is_going_on = (
        parcours.status is ParcoursStatus.IN_PREPARATION and parcours.setback is not Setback.DECLINED
    )
    return is_going_on and parcours.meeting_at is not None and now < parcours.meeting_at
