"""The board and the timeline never disagree: random moves, legal and not, over several passages, against a small model.

Once pure, often; once through the stories and the tables, a few times, where what is read back must be the model, too.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import terms
from chalicelib.domain import record as record_rules
from chalicelib.domain.case import Case
from chalicelib.domain.kernel import attempt as attempts
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, Interlocutor, Outcome, Planned, Reason
from chalicelib.domain.kernel.timeline import EventKind as Kind
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import ParcoursStatus as Status
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.parcours import ending, turns
from chalicelib.domain.parcours import outcomes as outcomes_rules
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.outcomes import MOVES
from chalicelib.errors import RelayError, WrongStep
from chalicelib.stores import items, parcours_table, rows, transactions
from chalicelib.stories import outcomes as ending_story
from chalicelib.stories import outcomes as noting_story
from chalicelib.stories import record as record_stories
from tests.bad_input.cases import held
from tests.conftest import on_moto
from tests.properties.board import EARLY, KINDS, OF_CONVENTION, Model, seen
from tests.support import factories
from tests.support.factories import NOON, decision_inputs
from tests.support.worlds import World
from tests.support.writing import add_records

MINUTE = timedelta(minutes=1)
NOTED = sorted(MOVES)
AHEAD = {Planned.DAY: timedelta(days=4), Planned.HOUR: timedelta(0)}
"""For when; what became of a meeting is noted from its hour on."""


def outcome(kind: Kind, now: datetime) -> Outcome:
    """Return an outcome of this kind with everything that its row of MOVES asks for."""
    move = MOVES[kind]
    return Outcome(
        kind=kind,
        reason=move.reasons[0] if move.reasons else None,
        contact=Interlocutor.WELCOMES if move.contact else None,
        occurred_at=now,
        planned_at=now + AHEAD[move.planned] if move.planned in AHEAD else None,
    )


ACTS = st.one_of(
    st.tuples(st.just("note"), st.sampled_from(NOTED)),
    st.tuples(
        st.just("note"), st.sampled_from([Kind.MEETING_FIXED, Kind.MEETING_HELD, Kind.CONVENTION_SIGNED])
    ),
    st.tuples(st.just("note"), st.sampled_from(sorted(map(Kind, OF_CONVENTION)))),
    st.tuples(st.just("correct"), st.integers(min_value=1, max_value=4)),
    st.tuples(st.just("take"), st.just(0)),
    st.tuples(st.just("end"), st.just(0)),
    st.tuples(st.sampled_from(["withdraw", "offer_again"]), st.just(0)),
)
ALONE = st.one_of(ACTS, st.tuples(st.just("lapse"), st.just(0)))
"""And what the end of the contract does, years later."""
WALKS = st.lists(ALONE, min_size=1, max_size=25)


@dataclass
class Pure:
    """The decisions alone, whose changes are kept in memory."""

    tutor: Account = field(default_factory=factories.account)
    now: datetime = NOON
    head: Parcours = field(default_factory=factories.offer)
    passages: dict[int, Attempt] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def _keep(self, step: Transition) -> None:
        """Keep what a transition changes and notes."""
        for change in step.changes:
            if isinstance(change.after, Parcours):
                self.head = change.after
            if isinstance(change.after, Attempt):
                self.passages[change.after.number] = change.after
        self.events += step.events

    @property
    def last(self) -> Attempt | None:
        """The last passage of the offer, if there is one."""
        return self.passages.get(self.head.attempt or 0)

    def take(self) -> None:
        """Take the offer as the tutor."""
        self._keep(attempts.take(self.head, self.tutor, decision_inputs(self.now)))

    def end(self) -> None:
        """End the passage: the young person withdraws."""
        if self.last is None:
            raise WrongStep
        how = End(kind=Kind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=self.now)
        self._keep(
            ending.finish(Case(self.head, self.last), how, by=Role.TUTOR, inputs=decision_inputs(self.now))
        )

    def withdraw(self) -> None:
        """Withdraw the offer as the team."""
        self._keep(
            record_rules.withdraw(
                self.head, Reason.OTHER, self.events, by=Role.TEAM, inputs=decision_inputs(self.now)
            ),
        )

    def lapse(self) -> None:
        """Let the offer end with its contract."""
        over = ending.find_lapse_at(self.head)
        if over is None:
            raise WrongStep
        self._keep(ending.lapse_offer(self.head, decision_inputs(over)))

    def offer_again(self) -> None:
        """Offer the offer again as the team."""
        self._keep(
            record_rules.offer_again(
                self.head, day_of(self.now), by=Role.TEAM, inputs=decision_inputs(self.now)
            ),
        )

    def note(self, kind: Kind) -> None:
        """Note an outcome as the tutor."""
        told = outcome(kind, self.now)
        self._keep(
            outcomes_rules.note(
                Case(self.head, self.last), told, by=Role.TUTOR, inputs=decision_inputs(self.now)
            )
        )

    def correct(self, place: int) -> None:
        """Take back the event at this place of the timeline, as the tutor."""
        wrong, events = self.events[place], tuple(self.events)
        self._keep(
            outcomes_rules.correct(
                Case(self.head, self.last), wrong, events, by=Role.TUTOR, inputs=decision_inputs(self.now)
            )
        )


@dataclass
class Real:
    """The stories on tables. The one who acts is a coordinator, who has every parcours in her care whoever follows it."""

    world: World
    tutor: Account
    coordinator: Account
    team: Account
    id: str
    now: datetime = NOON

    head: Parcours = field(default_factory=factories.offer)
    events: list[Event] = field(default_factory=list)
    """Both as they were last read."""

    def reads(self) -> None:
        """Read the tables again."""
        page = parcours_table.read_page(self.id)
        self.head = page.parcours
        self.events = list(page.events[1:])  # without its declaration

    def take(self) -> None:
        """Take the offer as the tutor."""
        ending_story.take_offer(self.tutor, self.id, now=self.now)

    def end(self) -> None:
        """End the passage as the coordinator."""
        how = End(kind=Kind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=self.now)
        ending_story.finish_passage(self.coordinator, self.id, how, now=self.now)

    def withdraw(self) -> None:
        """Withdraw the offer as the team."""
        record_stories.withdraw(self.team, self.id, Reason.OTHER, now=self.now)

    def offer_again(self) -> None:
        """Offer the offer again as the team."""
        record_stories.offer_again(self.team, self.id, now=self.now)

    def note(self, kind: Kind) -> None:
        """Note an outcome as the coordinator, or as the team if coordinators do not note it."""
        agent = self.coordinator if Role.COORDINATOR in MOVES[kind].who else self.team
        noting_story.note(agent, self.id, outcome(kind, self.now), now=self.now)

    def correct(self, place: int) -> None:
        """Take back the event at this place, as the coordinator."""
        noting_story.correct(self.coordinator, self.id, self.events[place].id, now=self.now)


def walk(subject: Pure | Real, acts: list[tuple[str, Any]]) -> None:
    """Do each act to the subject and to the model, and check that both allow it or refuse it and agree on what stands
    afterwards.
    """
    model = Model()
    for name, detail in acts:
        subject.now += MINUTE
        expected, act = _both(name, detail, model, subject)
        if act is None:
            continue
        before = held(subject.world) if isinstance(subject, Real) else None
        refusal = None
        try:
            act()
        except RelayError as refused:
            refusal = refused
        done = refusal is None
        if isinstance(subject, Real):
            subject.reads()
        assert done is expected, (name, detail, refusal, model)
        assert seen(subject.head) == model.stand, (name, detail)
        assert [event.kind.value for event in subject.events] == model.told
        if isinstance(subject, Real):
            assert done or held(subject.world) == before, "what was refused has changed something"
            _rows_agree(subject)


def _both(name: str, detail: Any, model: Model, subject: Pure | Real) -> tuple[bool, Any]:
    """Return whether the model allows this act, and the function that does it to the subject."""
    # The stories answer what is already as it was asked as done.
    is_free, is_again = model.stand.status in {"available", "withdrawn", "lapsed"}, isinstance(subject, Real)
    if name == "take":
        return model.take() or (is_again and not is_free), subject.take
    if name == "end":
        return model.end() or (is_again and is_free and model.passages > 0), subject.end
    if name == "withdraw":
        return model.goes("parcours_withdrawn", "withdrawn"), subject.withdraw
    if name == "offer_again":
        return model.offer_again(), subject.offer_again
    if name == "lapse" and isinstance(subject, Pure):
        return model.goes("parcours_lapsed", "lapsed"), subject.lapse
    if name == "note":
        return model.note(detail.value), lambda: subject.note(detail)
    place = len(model.told) - detail
    if place < 0 or model.told[place] not in MOVES or place in model.corrected:
        return False, None  # ends taken back and repeats have tests of their own
    return model.correct(place), lambda: subject.correct(place)


def _rows_agree(subject: Real) -> None:
    """Check that every list row says what the parcours says, and stands under its status alone."""
    head = subject.head
    points = turns.list_breakpoints(head, terms.calendar(), terms.turns())
    expected_turn = [[point.start, point.role.value if point.role else None] for point in points]
    list_rows = [
        item
        for item in subject.world.table(items.PARCOURS)
        if str(item["pk"]).startswith("view#") and item["id"] == head.id
    ]
    reminded = {items.reminder_key(head.id)[0]}
    assert {item["pk"] for item in list_rows} == {item["pk"] for item in rows.build_rows(head)} - reminded
    for row in list_rows:
        assert row["status"] == head.status.value
        assert row.get("step") == (head.step.value if head.step else None)
        if subject.events:
            assert row["last_kind"] == subject.events[-1].kind.value
        assert [[datetime.fromisoformat(point[0]), point[1]] for point in row["turn"]] == expected_turn


@settings(max_examples=400)
@given(WALKS)
def test_decisions_and_model_agree_at_every_step(acts: list[tuple[str, Any]]) -> None:
    walk(Pure(), acts)


def test_what_stands_in_the_tables_is_what_the_model_says() -> None:
    with on_moto() as world:
        people = factories.account(Role.COORDINATOR), factories.account(Role.TEAM)
        add_records(*people)

        @settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(ACTS, min_size=6, max_size=8))
        def walks(acts: list[tuple[str, Any]]) -> None:
            offer = factories.offer()
            transactions.commit(attempts.declare(offer, secrets.token_hex(16)))
            identifier = secrets.token_hex(16)  # of a tutor whose takings of the day are her own
            tutor = factories.account(id=identifier, address=f"{identifier}@academie.example")
            add_records(tutor)
            walk(Real(world, tutor, *people, offer.id), [("take", 0), *acts])

        walks()


def test_the_model_knows_every_outcome() -> None:
    """An outcome that is added to the table must be added to the model, or no walk would try it."""
    assert {kind.value for kind in MOVES} == KINDS
    assert {Status(code) for code in ("available", "in_preparation", "in_progress", "completed")} <= set(
        Status
    )
    assert {Step(code) for code in EARLY} <= set(Step)
    assert Setback("declined") is Setback.DECLINED
