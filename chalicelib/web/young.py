"""A young person's page: where a passage stands, whose turn it is, the meeting; by the key that stands on the notice."""

from dataclasses import dataclass

from chalice.app import Response

from chalicelib.domain.parcours.young import Papers
from chalicelib.errors import FollowKeyUnknown, TooMany
from chalicelib.stories import young as stories
from chalicelib.stories.young import Followed
from chalicelib.web import public
from chalicelib.web.kit.calls import Call
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import read_source_address
from chalicelib.web.kit.page_view import PageView
from chalicelib.web.public import NO_ROBOTS, FollowPage
from chalicelib.words import young as words
from chalicelib.words.young import HappenedOn, TurnSaid

MOST_SHOWN = 40
"""Characters of a reference that the form gives back. A key is given back by none."""


class FollowForm(PageForm):
    """``POST /suivi``; ``cle``: as it is typed or as the QR code holds it."""

    reference: str = ""
    cle: str = ""


@dataclass(frozen=True, slots=True)
class YoungPage(PageView):
    """What a young person reads of a passage."""

    template = "suivi-jeune"

    reference: str
    key: str
    """What the forms of the page give back."""
    company: str
    follower: str
    phone: str
    said: TurnSaid
    papers: Papers | None
    happened: list[HappenedOn]


def follow(call: Call[FollowForm]) -> Response:
    """Show where a passage stands to whoever has its key; to others the form again, with what to do."""
    typed, source = call.form, read_source_address(call.request)
    try:
        followed = stories.follow(typed.reference, typed.cle, source=source, now=call.now)
    except (FollowKeyUnknown, TooMany) as refusal:
        row, sentence = describe(refusal)
        form = FollowPage(typed.reference[:MOST_SHOWN], error=sentence)
        waits = str(refusal.facts.get("retry_after_seconds", ""))
        return public.show_page(
            form, row.status, headers=NO_ROBOTS | ({"Retry-After": waits} if waits else {})
        )
    return public.show_page(_build_page(followed), headers=NO_ROBOTS)


def _build_page(followed: Followed) -> YoungPage:
    """Build the page of a passage."""
    view, follower = followed.view, followed.follower
    name = follower.name if follower is not None else ""
    return YoungPage(
        reference=followed.reference,
        key=followed.key.secret,
        company=view.company,
        follower=name,
        phone=(follower.phone or "") if follower is not None else "",
        said=words.say_turn(view, name),
        papers=view.papers,
        happened=words.list_happened(view.events),
    )
