"""A young person's page: where a passage stands, whose turn it is, the meeting; by the key that stands on the notice."""

from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib import french
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours.young import Papers
from chalicelib.errors import FieldInvalid, FollowKeyUnknown, RelayError, TooMany, TooManyYoungActs, WrongStep
from chalicelib.stories import young as stories
from chalicelib.stories.young import Followed
from chalicelib.web import public
from chalicelib.web.kit.calls import Call
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import read_source_address
from chalicelib.web.kit.page_view import PageView
from chalicelib.web.public import NO_ROBOTS, FollowPage
from chalicelib.words import codes
from chalicelib.words import young as words
from chalicelib.words.welcome import WelcomeLine, describe_welcome
from chalicelib.words.young import HappenedOn, TurnSaid

MAP = "https://www.openstreetmap.org/search"
MOST_SHOWN = 40
"""Characters of a reference that the form gives back. A key is given back by none."""


class FollowForm(PageForm):
    """``POST /suivi``; ``cle``: as it is typed or as the QR code holds it; ``geste``: a key of ``PRESSES``, or empty to look."""

    reference: str = ""
    cle: str = ""
    geste: str = ""


PRESSES = {
    "arret": EventKind.SENDING_STOPPED,
    "empechement": EventKind.CANNOT_COME,
    "venue": EventKind.MEETING_KEPT,
}


class WhomToAsk(NamedTuple):
    """Somebody whom the young person may call, or write to."""

    name: str
    phone: str
    address: str
    hours: str
    """When; empty: the person does not say."""


class MeetingShown(NamedTuple):
    """The meeting that is ahead; ``map``: an address of OpenStreetMap, empty where it is at a distance; ``video``: of that."""

    day: str
    hours: str
    """« de 10 h à 10 h 45 »."""
    place: str
    map: str
    video: str
    welcome: list[WelcomeLine]


@dataclass(frozen=True, slots=True)
class YoungPage(PageView):
    """What a young person reads of a passage."""

    template = "suivi-jeune"

    reference: str
    key: str
    """What the forms of the page give back."""
    company: str
    receipt: str
    """What became of what was just pressed; empty: nothing was."""
    is_refused: bool
    """Whether that could not be done."""
    asked: WhomToAsk
    """Who accompanies, or stands in for them these days. Without a name, where the account is gone."""
    away: str
    """The name of who accompanies,"""
    away_until: date | None
    """and until when they are away, if they are these days."""
    can_cancel_coming: bool
    """Whether one may say of the meeting that one cannot come,"""
    can_come_again: bool
    """and take that back."""
    stops: list[str]
    """What « Je ne veux plus » does; empty: it cannot be pressed."""
    said: TurnSaid
    then: str
    """What follows, and how long the present phase takes."""
    meeting: MeetingShown | None
    fallen: str
    """That a meeting does not take place; empty: there is none of which to say it."""
    papers: Papers | None
    is_reading_awaited: bool
    happened: list[HappenedOn]


def follow(call: Call[FollowForm]) -> Response:
    """Show where a passage stands to whoever has its key, once what was pressed is done; to others the form again.

    Raises FieldInvalid: ``geste``: the page has no such button.
    """
    typed, source = call.form, read_source_address(call.request)
    act, noted, refusal = PRESSES.get(typed.geste), False, None
    if typed.geste and act is None:
        raise FieldInvalid("geste", "value")
    try:
        try:
            if act is not None:
                noted = stories.press(typed.reference, typed.cle, act, source=source, now=call.now)
        except (WrongStep, TooManyYoungActs) as not_done:
            refusal = not_done
        followed = stories.follow(typed.reference, typed.cle, source=source, now=call.now)
    except (FollowKeyUnknown, TooMany) as wrong_key:
        return _show_form_again(typed, wrong_key)
    page = _build_page(followed)
    if refusal is not None:
        row, sentence = describe(refusal)
        said = sentence if isinstance(refusal, TooMany) else words.NOT_NOW
        return public.show_page(
            replace(page, receipt=said, is_refused=True), row.status, headers=_build_headers(refusal)
        )
    if act is not None:
        page = replace(
            page, receipt=words.say_receipt(act, followed.view, page.asked.name, call.now, noted=noted)
        )
    return public.show_page(page, headers=NO_ROBOTS)


def _show_form_again(typed: FollowForm, refusal: RelayError) -> Response:
    """Show the form that opens a page again, and why none opens."""
    row, sentence = describe(refusal)
    form = FollowPage(typed.reference[:MOST_SHOWN], error=sentence)
    return public.show_page(form, row.status, headers=_build_headers(refusal))


def _build_headers(refusal: RelayError) -> dict[str, str]:
    """Return the headers of a page that refuses: after how many seconds to try again, if there is a limit."""
    waits = str(refusal.facts.get("retry_after_seconds", ""))
    return NO_ROBOTS | ({"Retry-After": waits} if waits else {})


def _build_page(followed: Followed) -> YoungPage:
    """Build the page of a passage."""
    view, asked = followed.view, _build_whom_to_ask(followed.stand_in or followed.follower)
    is_stand_in = followed.stand_in is not None
    return YoungPage(
        reference=followed.attempt.reference,
        key=followed.key.secret,
        company=view.company,
        receipt="",
        is_refused=False,
        asked=asked,
        away=followed.follower.name if followed.follower is not None else "",
        away_until=followed.away_until,
        can_cancel_coming=view.can_cancel_coming,
        can_come_again=view.can_come_again,
        stops=words.list_stopped(view) if view.can_stop else [],
        said=words.say_turn(view, asked.name, is_stand_in=is_stand_in),
        then="" if view.is_first_said else words.say_next(view.phase, followed.usual_days),
        meeting=_build_meeting(followed, view.meeting) if view.meeting is not None else None,
        fallen=words.say_fallen(view),
        papers=view.papers,
        is_reading_awaited=view.is_reading_awaited,
        happened=words.list_happened(view.events),
    )


def _build_whom_to_ask(account: Account | None) -> WhomToAsk:
    """Build how the page names somebody to call; without a name where the account is gone."""
    if account is None:
        return WhomToAsk("", "", "", "")
    return WhomToAsk(
        account.name,
        account.phone or "",
        account.address,
        codes.CALL_HOURS[account.call_hours] if account.call_hours else "",
    )


def _build_meeting(followed: Followed, slot: Slot) -> MeetingShown:
    """Build the meeting as its page says it."""
    place, video = followed.view.place, slot.place or ""
    return MeetingShown(
        day=french.jour(slot.start),
        hours=words.say_hours(followed.view),
        place="" if video else place,
        map="" if video else f"{MAP}?{urlencode({'query': place})}",
        video=video,
        welcome=describe_welcome(followed.parcours, slot),
    )
