"""The notice that a young person is handed before anything is sent: to be printed, blank or for a passage, with its key."""

from dataclasses import dataclass
from datetime import datetime

from chalice.app import Response

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import young
from chalicelib.web import public, rights
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.forms import PageForm
from chalicelib.web.kit.http import read_number, redirect
from chalicelib.web.kit.page import AgentCall, find_current_attempt, find_notice
from chalicelib.web.kit.page_view import Notice, PageView
from chalicelib.web.kit.printed_key import PrintedKey, print_key
from chalicelib.web.rights import NoticeFacts
from chalicelib.web.sending import build_young_notice


class KeyForm(PageForm):
    """``POST /parcours/{id}/cle``; ``passage``: its number; ``vu``: version of the key that the page showed."""

    passage: str = ""
    vu: str = ""


@dataclass(frozen=True, slots=True)
class NoticePage(PageView):
    """The notice to print: a blank one, or that of a passage."""

    template = "notice"

    facts: NoticeFacts
    reference: str | None = None
    company: str | None = None
    tutor: Account | None = None
    path: str | None = None
    """Of the parcours."""
    handed_at: datetime | None = None
    done: Notice | None = None
    """What was just done."""
    key: PrintedKey | None = None
    """None: a blank notice, or the reader may not hand it over."""


def show_blank_notice(call: Call[NoForm]) -> Response:
    """Show the notice to print with a blank reference, to anybody."""
    return public.show_page(NoticePage(rights.read_notice_facts()))


def show_notice(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the notice to print, with the reference of the passage."""
    sheet = parcours_stories.read_sheet(call.agent, parcours_id, now=call.now)
    parcours, passage = sheet.page.parcours, find_current_attempt(sheet)
    handing = build_young_notice(call.agent, sheet) if passage is not None else None
    tutors = parcours_stories.list_people(sheet).get(Role.TUTOR, ())
    view = NoticePage(
        rights.read_notice_facts(),
        reference=parcours.reference,
        company=parcours.company.name,
        tutor=tutors[0] if tutors else None,
        path=f"/parcours/{parcours.id}",
        handed_at=handing.handed_at if handing else None,
        done=find_notice(call.query("fait")),
        key=print_key(passage) if handing is not None and passage is not None else None,
    )
    return call.show(view, "parcours")


def renew_key(call: AgentCall[KeyForm], parcours_id: str) -> Response:
    """Make another key of the young person's page; the one that the page showed opens nothing any more."""
    typed = call.form
    passage = young.renew_key(
        call.agent, parcours_id, passage=read_number(typed.passage), seen=read_number(typed.vu)
    )
    shown = "/notice?fait=cle" if passage.ended_at is None else "?fait=cle-finie"
    return redirect(f"/parcours/{parcours_id}{shown}")
