"""The pages of the RUN, in which an agent walks a list of parcours one by one and gets a summary at the end."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from chalice.app import Response

from chalicelib import config
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Contact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.lists import UNDER_WAY
from chalicelib.domain.parcours.turns import State, Turn
from chalicelib.domain.running import LEASE, Run
from chalicelib.errors import NotFound
from chalicelib.stories import lists as lists_stories
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import running
from chalicelib.stories.parcours import Sheet, is_awaited
from chalicelib.stories.running import Position, Treated
from chalicelib.web import lists, outcomes
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.forms import FreeForm, PageForm, draw_idempotency_key, read_idempotency_key
from chalicelib.web.kit.http import redirect
from chalicelib.web.kit.page import (
    AgentCall,
    FactLine,
    Offer,
    Person,
    Timeline,
    build_offer,
    build_person,
    build_timeline,
    list_contacts_to_call,
)
from chalicelib.web.kit.page_view import PageView
from chalicelib.web.outcomes import OutcomeChoices
from chalicelib.web.record import ContactQuestion, list_contact_questions
from chalicelib.web.sheet import TurnCard, build_turn_card, find_talk_address
from chalicelib.words import codes
from chalicelib.words import turns as turn_words

LAST_FACTS = 5
NOTICES = {
    "contact": "Le contact est enregistré.",
    "corrige": "C’est corrigé. Le parcours est revenu où il en était avant.",
    "parle": "C’est noté\u00a0: la suite n’est plus suspendue.",
    "fini": "Le parcours est terminé. Les liens ne marchent plus, et l’offre est de nouveau libre.",
}
LEASE_MINUTES = LEASE // timedelta(minutes=1)
"""For how long a parcours is kept for who treats it."""


class StartForm(FreeForm):
    """``POST /run``: the filters of a list, and ``cle``, which becomes the RUN's id: the same key begins the same RUN."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        return frozenset({*lists.FIELDS, "page", "cle"})


class NextForm(PageForm):
    """``POST /run/{id}/suivant``; ``de``: the parcours that the page showed, so that pressing twice skips none."""

    de: str = ""


class LiveRun(NamedTuple):
    """A RUN that is not finished; ``left``, ``seen``: how many parcours remain, and how many were gone through."""

    href: str
    left: int
    seen: int


@dataclass(frozen=True, slots=True)
class EntrancePage(PageView):
    """The page from which a RUN is begun; ``empty``: why the last attempt found no parcours."""

    template = "run-vide"

    cle: str
    empty: str
    months: int
    live: LiveRun | None
    lease_minutes: int = LEASE_MINUTES


class RunPerson(NamedTuple):
    """Somebody to call; ``code``: the ``Interlocutor`` under which a fact names this person, empty for none."""

    code: str
    function: str
    person: Person


class LastNoted(NamedTuple):
    """The last fact that this RUN noted on the parcours; ``id``: None when it cannot be corrected."""

    text: str
    id: str | None


@dataclass(frozen=True, slots=True)
class RunPage(PageView):
    """The parcours of a RUN that is treated now; without ``parcours``, the agent no longer follows it.

    ``place``: its number in the RUN, from 1; ``lost``: it is no longer leased to this RUN; ``say``: sentences for the call.
    """

    template = "run"

    run: Run
    place: int
    lost: bool
    today: date
    parcours: Offer | None = None
    turn: TurnCard | None = None
    talk: str | None = None
    """Where « J’en ai parlé au jeune » is pressed; None: no request about data waits, or this person may not say so."""
    facts: list[FactLine] = field(default_factory=list)
    say: list[str] = field(default_factory=list)
    people: list[RunPerson] = field(default_factory=list)
    questions: list[ContactQuestion] = field(default_factory=list)
    outcomes: OutcomeChoices | None = None
    last: LastNoted | None = None
    notice: str | None = None
    lease_minutes: int = LEASE_MINUTES


class TreatedRow(NamedTuple):
    """A parcours that was treated in a RUN; of one that the agent no longer follows, only what was noted."""

    company: str
    contract: str
    lot: str | None
    noted: list[str]
    status: str = "Vous ne le suivez plus"
    href: str | None = None
    reference: str | None = None
    turn: str | None = None
    due: datetime | None = None
    call_back_on: date | None = None
    promised_on: date | None = None
    meeting_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SummaryPage(PageView):
    """The summary of a RUN: what was treated, what was noted, what comes next."""

    template = "run-resume"

    run: Run
    left: int
    treated: list[TreatedRow]


def show_entrance(call: AgentCall[NoForm]) -> Response:
    """Show the page from which a RUN is begun, with the unfinished one if there is one."""
    live = running.find_live(call.agent, now=call.now)
    view = EntrancePage(
        cle=draw_idempotency_key(),
        empty=call.query("vide"),
        months=config.settings().closing_months,
        live=LiveRun(f"/run/{live.id}", _count_left(live), len(live.treated)) if live else None,
    )
    return call.show(view, "run")


def start(call: AgentCall[StartForm]) -> Response:
    """Begin a RUN over the parcours of a filtered list that the agent may see.

    Without a status in the filter, only parcours under way are taken. When none is offered, the entrance says why.
    """
    asked = call.form.asked
    key = read_idempotency_key(asked["cle"]) if asked["cle"] else draw_idempotency_key()
    wanted = lists.parse_parameters(asked).filter
    view = lists_stories.list_parcours(call.agent, wanted, now=call.now)
    lines = [line for line in view.lines if wanted.status or line.status in UNDER_WAY]
    offered = running.choose_offered(call.agent, lines, is_cut=view.truncated, now=call.now)
    if not offered.parcours:
        return redirect(f"/run?vide={'plus-tard' if offered.later else '1'}")
    run = running.start(call.agent, key, offered, now=call.now)
    return redirect(f"/run/{run.id}")


def show_current(call: AgentCall[NoForm], run_id: str) -> Response:
    """Show the parcours that is treated now, or lead to the summary when there is none."""
    position = running.read_position(call.agent, run_id, now=call.now)
    if position.run.current is None:
        return redirect(f"/run/{position.run.id}/resume")
    try:
        sheet = parcours_stories.read_sheet(call.agent, position.run.current, now=call.now)
    except NotFound:  # the agent follows it no longer
        sheet = None
    return call.show(_build_run_page(call, position, sheet), "run")


def go_on(call: AgentCall[NextForm], run_id: str) -> Response:
    """Go on to the next parcours of the RUN, or to the summary after the last one."""
    run = running.go_on(call.agent, run_id, call.form.de, now=call.now)
    return redirect(f"/run/{run.id}" if run.current else f"/run/{run.id}/resume")


def finish(call: AgentCall[NoForm], run_id: str) -> Response:
    """End a RUN, which releases its parcours for others."""
    running.finish(call.agent, run_id, now=call.now)
    return redirect(f"/run/{run_id}/resume")


def show_summary(call: AgentCall[NoForm], run_id: str) -> Response:
    """Show the summary of a RUN, to be printed."""
    run, treated = running.read_summary(call.agent, run_id, now=call.now)
    rows = [_build_treated_row(call.agent, parcours) for parcours in treated]
    return call.show(SummaryPage(run, _count_left(run), rows), "run")


def _count_left(run: Run) -> int:
    """Return how many parcours of the RUN are not treated yet."""
    return len(run.waiting) + (run.current is not None)


def _build_run_page(call: AgentCall[NoForm], position: Position, sheet: Sheet | None) -> RunPage:
    """Build the page of a RUN; ``sheet`` is None when the agent no longer follows the parcours."""
    person, run, now = call.agent, position.run, call.now
    page = RunPage(run, place=len(run.treated) + 1, lost=position.lost or sheet is None, today=day_of(now))
    if sheet is None:
        return page
    known = build_timeline(person, sheet)
    return replace(
        page,
        parcours=build_offer(sheet.page.parcours),
        turn=build_turn_card(sheet, sheet.turn, now) if sheet.turn else None,
        facts=known.list_last(sheet.page.events, LAST_FACTS),
        talk=find_talk_address(person, sheet),
        say=_build_pitch(sheet.page.parcours, sheet.turn),
        people=_list_people_to_call(sheet),
        questions=list_contact_questions(person, sheet.page.parcours, run.id),
        outcomes=None if position.lost else outcomes.build_choices(person, sheet, run.id, now),
        last=_find_last_noted(run, sheet, known),
        notice=NOTICES.get(call.query("fait")),
    )


def _find_last_noted(run: Run, sheet: Sheet, known: Timeline) -> LastNoted | None:
    """Return the last fact that this RUN noted on the parcours and nobody has corrected; None when there is none."""
    noted_ids = {note.event for note in run.noted if note.parcours == sheet.page.parcours.id}
    facts = [
        event for event in sheet.page.events if event.id in noted_ids and event.id not in known.corrected_at
    ]
    if not facts:
        return None
    last = max(facts, key=lambda event: event.at)
    return LastNoted(outcomes.describe_noted(last), last.id if last.id in known.correctable else None)


def _list_people_to_call(sheet: Sheet) -> list[RunPerson]:
    """Return whom to call: the company's contacts in order, then the buyer."""
    parcours = sheet.page.parcours
    people: list[tuple[Interlocutor, str, Contact | Account]] = [
        (
            outcomes.OF_CONTACT[contact.role],
            codes.format_contact_role(parcours.company, contact).lower(),
            contact,
        )
        for contact in list_contacts_to_call(sheet)
    ]
    buyer = sheet.buyer or parcours.buyer_contact
    if buyer is not None:
        people.append((Interlocutor.BUYER, buyer.function or "achats", buyer))
    return [
        # A fact names the first of a role.
        RunPerson(
            "" if contact in parcours.company.further else code.value,
            function,
            build_person(contact, sheet.health),
        )
        for code, function, contact in people
    ]


def _build_pitch(parcours: Parcours, turn: Turn | None) -> list[str]:
    """Return sentences to say on the telephone: about the contract's clause, unless it was explained, then what is awaited.

    None while the company is not to be called: a request of the young person waits to be talked over with them.
    """
    if parcours.is_held:
        return []
    free = "Qui pourrait accueillir un jeune chez vous, et à partir de quand\u202f?"
    asked = (
        turn_words.format_question(turn, parcours)
        if turn
        else " ".join((*turn_words.recall_talk(parcours), free))
    )
    if turn_words.is_clause_explained(parcours):
        return [asked]
    return [
        f"Votre marché prévoit d’accueillir un jeune en stage, pendant {parcours.placement.hours} heures.",
        "Il reste élève. L’Éducation nationale le prépare et le suit jusqu’au bout.",
        asked,
    ]


def _build_treated_row(agent: Account, treated: Treated) -> TreatedRow:
    """Build the row of a treated parcours in the summary."""
    parcours = treated.page.parcours
    row = TreatedRow(
        company=parcours.company.name,
        contract=parcours.contract.object,
        lot=parcours.contract.lot,
        noted=[outcomes.describe_noted(event) for event in treated.page.events if event.id in treated.noted],
    )
    if not treated.has_role:
        return row
    turn = treated.turn
    return row._replace(
        href=f"/parcours/{parcours.id}",
        reference=parcours.reference,
        status=codes.STEP[parcours.step] if parcours.step else codes.STATUS[parcours.status],
        turn=turn_words.format_title(turn, parcours, yours=is_awaited(agent, turn)) if turn else None,
        due=turn.due_at if turn and turn.role and turn.state is not State.PROMISED else None,
        call_back_on=parcours.call_back_on,
        promised_on=parcours.promised_on,
        meeting_at=parcours.meeting_at,
    )
