"""The pages of the RUN, in which an agent walks a list of parcours one by one and gets a summary at the end."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib import audit, config
from chalicelib.domain.fields import NAMED
from chalicelib.domain.kernel.calendar import day_of, last_day
from chalicelib.domain.kernel.parcours import UNDER_WAY, Contact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, Interlocutor, Reason
from chalicelib.domain.parcours.turns import State, Turn
from chalicelib.domain.running import LEASE, ORDERS, Run
from chalicelib.errors import LeaseLost, NotFound, RelayError
from chalicelib.stories import lists as lists_stories
from chalicelib.stories import outcomes as outcome_stories
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import running
from chalicelib.stories.parcours import Sheet, is_awaited
from chalicelib.stories.running import Position, Treated
from chalicelib.web import lists, outcomes
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error
from chalicelib.web.kit.forms import FreeForm, PageForm, draw_idempotency_key, read_idempotency_key
from chalicelib.web.kit.http import check_identifier, redirect
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
from chalicelib.web.outcomes import FactForm, OutcomeChoices, RefusedOutcome
from chalicelib.web.record import ContactQuestion, list_contact_questions
from chalicelib.web.sheet import (
    SaidToAnswer,
    TurnCard,
    build_turn_card,
    find_doubt_to_answer,
    find_request_to_answer,
    find_sending_path,
)
from chalicelib.words import codes
from chalicelib.words import turns as turn_words

LAST_FACTS = 3
NOTICES = {
    "contact": "Le contact est enregistré.",
    "corrige": "C’est corrigé. Le parcours est revenu où il en était avant.",
    "parle": "C’est noté\u00a0: la suite n’est plus suspendue.",
    "tient": "C’est noté\u00a0: le rendez-vous tient.",
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


class RunFactForm(FactForm):
    """``POST /run/{id}/faits``; ``de``: the parcours that the page showed."""

    de: str = ""


class OrderForm(PageForm):
    """``POST /run/{id}/ordre``; ``tri``: one of ``ORDERS``, as lists name it in their addresses."""

    tri: str = ""


class OrderChoice(NamedTuple):
    """Another order in which a RUN may go on; ``slug``: its ``tri``."""

    slug: str
    label: str


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
    order: str | None
    """In which the others come, in words; None: not known."""
    orders: list[OrderChoice]
    parcours: Offer | None = None
    turn: TurnCard | None = None
    talk: SaidToAnswer | None = None
    """Where « J’en ai parlé » is pressed; None: no request about data waits, or this person may not say so."""
    keep: SaidToAnswer | None = None
    """Where « Le rendez-vous tient » is pressed; None: the young person never said otherwise, or this person may not say so."""
    send: str | None = None
    """Where documents are sent, where that answers the turn; None: it does not, or this person may not send."""
    facts: list[FactLine] = field(default_factory=list)
    say: list[str] = field(default_factory=list)
    people: list[RunPerson] = field(default_factory=list)
    questions: list[ContactQuestion] = field(default_factory=list)
    outcomes: OutcomeChoices | None = None
    asks: str = ""
    """The contact, by the slug of their question, whom the last noted fact says to replace."""
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
    due: date | None = None
    call_back_on: date | None = None
    promised_on: date | None = None
    meeting_at: datetime | None = None


class ShareShown(NamedTuple):
    """Somebody who is awaited on treated parcours, and on how many."""

    name: str
    role: str
    several: int


@dataclass(frozen=True, slots=True)
class SummaryPage(PageView):
    """The summary of a RUN: what was treated, what was noted, what comes next."""

    template = "run-resume"

    run: Run
    left: int
    treated: list[TreatedRow]
    shares: list[ShareShown]
    is_told: bool
    """The mails have just been queued."""


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
    """Begin a RUN over the parcours of a filtered list that the agent may see, first things first, however the list was sorted.

    Without a status in the filter, only parcours under way are taken. When none is offered, the entrance says why.
    """
    asked = call.form.asked
    key = read_idempotency_key(asked["cle"]) if asked["cle"] else draw_idempotency_key()
    wanted = replace(lists.parse_parameters(asked).filter, sort=ORDERS[0])
    view = lists_stories.list_parcours(call.agent, wanted, now=call.now)
    lines = [line for line in view.lines if wanted.status or line.status in UNDER_WAY]
    offered = running.choose_offered(call.agent, lines, wanted.sort, is_cut=view.truncated, now=call.now)
    if not offered.parcours:
        return redirect(f"/run?vide={'plus-tard' if offered.later else '1'}")
    run = running.start(call.agent, key, offered, now=call.now)
    return redirect(f"/run/{run.id}")


def show_current(call: AgentCall[NoForm], run_id: str) -> Response:
    """Show the parcours that is treated now, or lead to the summary when there is none."""
    position = running.read_position(call.agent, run_id, now=call.now)
    if position.run.current is None:
        return redirect(f"/run/{position.run.id}/resume")
    return call.show(_build_run_page(call, position), "run")


def note(call: AgentCall[RunFactForm], run_id: str) -> Response:
    """Note an outcome on the parcours that the page of a RUN showed; a refusal shows that page again, with what was typed.

    From the page of a RUN that is over it is noted all the same, and leads to the page of the parcours.
    """
    asked, key, parcours_id = call.form.typed(), read_idempotency_key(call.form.cle), call.form.de
    check_identifier(parcours_id)
    is_over = running.is_over(call.agent, run_id, now=call.now)
    try:
        outcome = replace(outcomes.parse_outcome(asked, call.now), key=key)
        if is_over:
            outcome_stories.note(call.agent, parcours_id, outcome, now=call.now)
            return redirect(f"/parcours/{parcours_id}?fait=note")
        running.note(call.agent, run_id, parcours_id, outcome, now=call.now)
    except outcomes.REFUSALS as refusal:
        return _show_refused(call, run_id, asked, refusal)
    except LeaseLost:  # noted all the same: the page says so
        return redirect(f"/run/{run_id}")
    return redirect(f"/run/{run_id}?fait={key}")


def _show_refused(
    call: AgentCall[RunFactForm], run_id: str, asked: dict[str, str], refusal: RelayError
) -> Response:
    """Show the page of the RUN with a refused outcome, or the form of the outcome alone once the RUN is elsewhere, or over."""
    is_over = running.is_over(call.agent, run_id, now=call.now)
    position = None if is_over else running.read_position(call.agent, run_id, now=call.now)
    if position is None or position.run.current != call.form.de:
        return outcomes.show_fact(call, call.form.de, asked | {"suite": ""}, refusal)
    page = _build_run_page(call, position)
    if page.outcomes is None:
        return call.show(page, "run", refusal)
    refused = RefusedOutcome(asked, build_field_error(refusal))
    return call.show(replace(page, outcomes=page.outcomes._replace(refused=refused)), "run", refusal)


def go_on(call: AgentCall[NextForm], run_id: str) -> Response:
    """Go on to the next parcours of the RUN, or to the summary after the last one."""
    run = running.go_on(call.agent, run_id, call.form.de, now=call.now)
    return redirect(f"/run/{run.id}" if run.current else f"/run/{run.id}/resume")


def reorder(call: AgentCall[OrderForm], run_id: str) -> Response:
    """Put the parcours that wait in another order; an order that is none of ``ORDERS`` changes nothing."""
    sort = next((sort for sort in ORDERS if lists.SORT_SLUG[sort] == call.form.tri), None)
    if sort is not None:
        running.reorder(call.agent, run_id, sort, now=call.now)
    return redirect(f"/run/{run_id}")


def finish(call: AgentCall[NoForm], run_id: str) -> Response:
    """End a RUN, which releases its parcours for others."""
    running.finish(call.agent, run_id, now=call.now)
    return redirect(f"/run/{run_id}/resume")


def show_summary(call: AgentCall[NoForm], run_id: str) -> Response:
    """Show the summary of a RUN, to be printed."""
    run, treated = running.read_summary(call.agent, run_id, now=call.now)
    shares = [
        ShareShown(share.account.name, codes.format_roles(share.account.roles), len(share.parcours))
        for share in running.list_shares(run, treated, now=call.now)
    ]
    rows = [_build_treated_row(call.agent, parcours) for parcours in treated]
    is_told = call.query("fait") == "envoye" and bool(run.told)
    return call.show(SummaryPage(run, _count_left(run), rows, shares, is_told), "run")


def tell(call: AgentCall[NoForm], run_id: str) -> Response:
    """Mail each person who is awaited on what a RUN treated."""
    running.tell(call.agent, run_id, now=call.now)
    return redirect(f"/run/{run_id}/resume?fait=envoye")


def _count_left(run: Run) -> int:
    """Return how many parcours of the RUN are not treated yet."""
    return len(run.waiting) + (run.current is not None)


def _build_run_page(call: AgentCall[Any], position: Position) -> RunPage:
    """Build the page of a RUN that has a current parcours."""
    person, run, now = call.agent, position.run, call.now
    sheet = _read_current(call, run)
    page = RunPage(
        run,
        place=len(run.treated) + 1,
        lost=position.lost or sheet is None,
        today=day_of(now),
        order=lists.ORDER[run.sort] if run.sort in ORDERS else None,
        orders=[
            OrderChoice(lists.SORT_SLUG[sort], lists.SORT[sort].lower())
            for sort in ORDERS
            if sort is not run.sort
        ],
    )
    if sheet is None:
        return page
    audit.concern(sheet.page.parcours.id)
    known = build_timeline(person, sheet)
    last = _find_last_noted(run, sheet, known)
    return replace(
        page,
        parcours=build_offer(sheet.page.parcours),
        turn=build_turn_card(sheet, sheet.turn, now) if sheet.turn else None,
        facts=known.list_last(sheet.page.events, LAST_FACTS),
        talk=find_request_to_answer(person, sheet),
        keep=find_doubt_to_answer(person, sheet, now),
        send=find_sending_path(sheet)
        if sheet.turn and turn_words.CardAct.SEND in turn_words.AWAITED[sheet.turn.state].acts
        else None,
        say=_build_pitch(sheet.page.parcours, sheet.turn),
        people=_list_people_to_call(sheet),
        questions=list_contact_questions(person, sheet.page.parcours, run.id),
        outcomes=None if position.lost else outcomes.build_choices(person, sheet, run.id, now),
        asks=_find_asked_contact(last),
        last=LastNoted(outcomes.describe_noted(last), last.id if last.id in known.correctable else None)
        if last is not None
        else None,
        notice=NOTICES.get(call.query("fait")),
    )


def _read_current(call: AgentCall[Any], run: Run) -> Sheet | None:
    """Read the current parcours of a RUN; None: the agent no longer follows it."""
    try:
        return parcours_stories.read_sheet(call.agent, str(run.current), now=call.now)
    except NotFound:
        return None


def _find_last_noted(run: Run, sheet: Sheet, known: Timeline) -> Event | None:
    """Return the last fact that this RUN noted on the parcours and nobody has corrected; None when there is none."""
    noted_ids = {note.event for note in run.noted if note.parcours == sheet.page.parcours.id}
    facts = [
        event for event in sheet.page.events if event.id in noted_ids and event.id not in known.corrected_at
    ]
    return max(facts, key=lambda event: event.at, default=None)


def _find_asked_contact(last: Event | None) -> str:
    """Return the slug of the contact who has left as the last noted fact says; empty: nobody."""
    if last is None or last.reason is not Reason.CONTACT_GONE:
        return ""
    return next((named.prefix for named in NAMED if named.about is last.contact), "")


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
    is_told = turn and turn.role and turn.state is not State.PROMISED
    return row._replace(
        href=f"/parcours/{parcours.id}",
        reference=parcours.reference,
        status=codes.STEP[parcours.step] if parcours.step else codes.STATUS[parcours.status],
        turn=turn_words.format_title(turn, parcours, yours=is_awaited(agent, turn)) if turn else None,
        due=last_day(turn.due_at) if turn and turn.due_at and is_told else None,
        call_back_on=parcours.call_back_on,
        promised_on=parcours.promised_on,
        meeting_at=parcours.meeting_at,
    )
