"""The page on which the team sets and removes the banner that every page shows."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from chalice.app import Response

from chalicelib.domain.banner import LONGEST, Banner, Choice, Sentence
from chalicelib.domain.kernel import texts
from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.meetings import slots
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, RelayError
from chalicelib.stories import banner as stories
from chalicelib.web.kit.banner import BannerShown, build_shown, forget_banner
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import read_number, redirect
from chalicelib.web.kit.page import AgentCall
from chalicelib.web.kit.page_view import FieldError, Notice, PageView
from chalicelib.words.banner import SENTENCES

NOTICES = {
    "affichee": Notice("L’annonce est enregistrée", "Les pages la montrent dans la minute."),
    "retiree": Notice("L’annonce est retirée", "Les pages ne la montrent plus dans la minute."),
}
"""What was just done, by its slug in the address."""


class BannerForm(PageForm):
    """``POST /bandeau``; ``phrase``: a code; ``jour``: the last day, of a maintenance its day; ``de``, ``a``: its hours."""

    phrase: str = ""
    jour: str = ""
    de: str = ""
    a: str = ""
    revision: str = ""


class RemovalForm(PageForm):
    """``POST /bandeau/retrait``; ``revision``: of the banner that the page showed."""

    revision: str = ""


class SentenceChoice(NamedTuple):
    """A sentence that may be shown; ``has_hours``: it is that of a maintenance."""

    code: str
    title: str
    text: str
    has_hours: bool


class BannerSet(NamedTuple):
    """The banner that is shown, until when, and who set it when (``by`` is empty where that account is erased)."""

    shown: BannerShown
    ends_at: datetime
    by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class BannerPage(PageView):
    """What is shown now, and the form of another banner."""

    template = "bandeau"

    banner: BannerSet | None
    revision: int
    sentences: list[SentenceChoice]
    values: dict[str, str]
    error: FieldError | None
    stale: bool
    """Whether another member of the team set or removed one since the page was read."""
    first_day: date
    last_day: date
    notice: Notice | None


def show_banner_page(call: AgentCall[NoForm]) -> Response:
    """Show what is shown now, and the form of another banner. Raises NotFound: the agent is not of the team."""
    return _show_page(call, BannerForm())


def set_banner(call: AgentCall[BannerForm]) -> Response:
    """Show a banner on every page. A refusal shows the form again with what was typed."""
    try:
        choice = _parse_choice(call.form)
        stories.set_banner(call.agent, choice, seen=read_number(call.form.revision), now=call.now)
    except (FieldInvalid, ChangedMeanwhile) as refusal:
        return _show_page(call, call.form, refusal)
    forget_banner()
    return redirect("/bandeau?fait=affichee")


def remove_banner(call: AgentCall[RemovalForm]) -> Response:
    """Remove the banner. When it is not the one that the page showed, the page is shown again."""
    try:
        stories.remove_banner(call.agent, seen=read_number(call.form.revision))
    except ChangedMeanwhile as refusal:
        return _show_page(call, BannerForm(), refusal)
    forget_banner()
    return redirect("/bandeau?fait=retiree")


def _parse_choice(form: BannerForm) -> Choice:
    """Read which sentence is to be shown until when. Raises FieldInvalid."""
    if form.phrase not in set(Sentence):
        raise FieldInvalid("phrase", "banner_sentence")
    day = texts.read_day(form.jour)
    if day is None or not date(2000, 1, 1) < day < date(2100, 1, 1):
        raise FieldInvalid("jour", "banner_day")
    sentence = Sentence(form.phrase)
    if sentence is not Sentence.MAINTENANCE:
        return Choice(sentence=sentence, ends_at=end_of(day))
    starts_at, ends_at = (_read_hour(form, name, day) for name in ("de", "a"))
    return Choice(sentence=sentence, starts_at=starts_at, ends_at=ends_at)


def _read_hour(form: BannerForm, field: str, day: date) -> datetime:
    """Read an hour of this day. Raises FieldInvalid."""
    typed: str = form.typed()[field]
    if not slots.START.fullmatch(f"2000-01-01T{typed}"):
        raise FieldInvalid(field, "hour")
    return slots.combine_in_paris(day, time.fromisoformat(typed), field)


def _show_page(
    call: AgentCall[NoForm] | AgentCall[BannerForm] | AgentCall[RemovalForm],
    typed: BannerForm,
    refusal: RelayError | None = None,
) -> Response:
    """Show the page with this form. Raises NotFound: the agent is not of the team."""
    banner, author = stories.load_with_author(call.agent)
    stale = isinstance(refusal, ChangedMeanwhile)
    view = BannerPage(
        banner=_build_set(banner, author.name if author else "", call.now) if banner else None,
        revision=banner.revision if banner else 0,
        sentences=[
            SentenceChoice(code.value, title, text, code is Sentence.MAINTENANCE)
            for code, (title, text) in SENTENCES.items()
        ],
        values=typed.typed(),
        error=None if stale else build_field_error(refusal),
        stale=stale,
        first_day=day_of(call.now),
        last_day=day_of(call.now + LONGEST),
        notice=NOTICES.get(call.query("fait")),
    )
    return call.show(view, "bandeau", refusal)


def _build_set(banner: Banner, author: str, now: datetime) -> BannerSet | None:
    """Build what the page says of the banner; None when it is over."""
    if not banner.is_shown(now):
        return None
    return BannerSet(build_shown(banner, now), banner.ends_at, author, banner.set_at)
