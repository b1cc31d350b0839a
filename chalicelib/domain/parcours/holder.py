"""What the page of a link is for now: the act that is awaited of its holder, on whatever device, or the news to give."""

from datetime import datetime
from enum import StrEnum

from chalicelib.domain.documents.opening import LinkState
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.domain.parcours.declining import is_declined_elsewhere


class HolderState(StrEnum):
    """The states of the page."""

    OPEN = "open"
    HAND_ON = "hand_on"
    CONSENT = "consent"
    """The holder named the right person, to whose address the tutor has to agree."""
    READ = "read"
    DATES = "first_dates"
    OTHER_DATES = "other_dates"
    CHOICE = "choice"
    MEETING = "meeting"
    MEETING_PAST = "meeting_past"
    MEETING_MISSED = "meeting_missed"
    SENDING = "sending"
    """A new sending was asked for, or is needed: the tutor's turn."""
    DOCUMENTS_GONE = "documents_gone"
    """Never read, and erased: the tutor's turn; the holder may ask."""
    CONVENTION = "convention_to_sign"
    PLACEMENT = "under_way"
    KEPT_BY_BUYER = "kept_by_buyer"
    """The buyer did not pass the link on: the rest is between the tutor and the company."""
    DECLINED = "declined"
    DECLINED_ELSEWHERE = "declined_elsewhere"
    STOPPED = "stopped"
    """The young person stopped everything: the sending is withdrawn."""
    OVER = "over"
    NOTHING = "nothing"
    """The link gives no act, or its holder has none: the page says what became of it."""


GONE = frozenset({LinkState.EXPIRED, LinkState.ERASED})


def find_state(link: Link, parcours: Parcours, seen: LinkState, now: datetime, *, acts: bool) -> HolderState:
    """Return what the page of a link is for now: the documents, the dates, the meeting, or nothing any more.

    Args:
        seen: what the link says of its documents to the browser that asks.
        acts: whether the link still gives its acts (``kernel.link.check_acts``).
    """
    if link.declined_at is not None:
        return HolderState.DECLINED
    if _is_over(link, parcours):
        return HolderState.OVER
    if parcours.is_stopped:
        return HolderState.STOPPED
    if not acts:
        asked = link.requested_at is not None and parcours.setback is Setback.SENDING_REQUESTED
        return HolderState.SENDING if asked else HolderState.NOTHING
    if is_declined_elsewhere(link, parcours):
        return HolderState.DECLINED_ELSEWHERE
    if parcours.status is ParcoursStatus.IN_PROGRESS:
        return HolderState.PLACEMENT
    if parcours.step in {Step.MEETING_HELD, Step.CONVENTION_SIGNED}:
        return HolderState.CONVENTION
    return _find_documents_state(link, parcours, seen) or _find_meeting_state(link, parcours, now)


def _is_over(link: Link, parcours: Parcours) -> bool:
    """Whether the passage of this link has ended."""
    goes_on = {ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS}
    return parcours.attempt != link.attempt or parcours.status not in goes_on


def _find_documents_state(link: Link, parcours: Parcours, seen: LinkState) -> HolderState | None:
    """Return what is to be done with the documents; None: nothing that comes before the dates."""
    if seen is LinkState.TO_OPEN:
        if link.asked is not None and not link.asked.also:
            return HolderState.CONSENT
        return HolderState.HAND_ON if link.to is Role.BUYER else HolderState.OPEN
    sending = parcours.setback in {Setback.UNREADABLE, Setback.SENDING_REQUESTED}
    if seen is LinkState.OPENED_HERE and link.confirmed_at is None and not sending:
        return HolderState.READ
    if sending:
        return HolderState.SENDING
    if seen in GONE and parcours.step in {Step.DOCUMENTS_TO_SEND, Step.LINK_SENT}:
        return HolderState.DOCUMENTS_GONE
    return None


def _find_meeting_state(link: Link, parcours: Parcours, now: datetime) -> HolderState:
    """Return what the page is for once nothing is to be done with the documents: the meeting, by how far it is."""
    if link.to is not Role.COMPANY:
        return HolderState.KEPT_BY_BUYER
    if parcours.meeting_at is not None:
        return HolderState.MEETING if now < parcours.meeting_at else HolderState.MEETING_PAST
    if parcours.step is Step.SLOTS_PROPOSED:
        return HolderState.CHOICE
    if parcours.setback is Setback.MEETING_MISSED:
        return HolderState.MEETING_MISSED
    if parcours.step is Step.DOCUMENTS_TO_SEND:
        return HolderState.NOTHING
    return HolderState.OTHER_DATES if parcours.has_answered else HolderState.DATES
