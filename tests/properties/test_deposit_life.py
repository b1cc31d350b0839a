"""The life of a deposit and its link, in random order and at awkward instants, against a model of one page.

The model says of each act whether it is refused and what it changes; the domain must agree in state, due time, winner and
timeline. So one browser wins, nothing is erased before its time nor given after it, and the timeline is what happened.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.domain.case import Case
from chalicelib.domain.documents import mailing, opening, sending
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.deposit import Contents, Deposit, Document
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.errors import RelayError
from tests.properties.model import Model, Refusal
from tests.support import factories

POLICY = RetentionPolicy()
BROWSERS = st.sampled_from(["alice", "bob"])
DELAYS = st.sampled_from([timedelta(milliseconds=1)] * 3 + [timedelta(minutes=14), timedelta(hours=71)])
LATE = st.sampled_from([timedelta(0), timedelta(seconds=30)])
"""How much slower the clock of one function may be."""


class RelayMachine(RuleBasedStateMachine):
    """The domain's decisions, applied as the store would: each change must start from what stands."""

    @initialize()
    def a_tutor_takes_an_offer(self) -> None:
        """Begin with a passage on which nothing was announced."""
        self.now, self.model = factories.NOON, Model()
        self.told: list[EventKind] = []
        self.mails: list[OutboxMail] = []
        self.deposit: Deposit | None = None
        self.link: Link | None = None
        self.tutor = factories.account()
        self.parcours = factories.offer()
        step = attempt.take(self.parcours, self.tutor, self.decision_inputs())
        passage = next(change.after for change in step.changes if isinstance(change.after, attempt.Attempt))
        self.passage = replace(passage, notice_at=self.now)
        self.apply(step)
        self.told.clear()

    def announced(self) -> Deposit:
        """Return the deposit, which a rule's precondition has looked for."""
        assert self.deposit is not None
        return self.deposit

    def mailed(self) -> Link:
        """Return the link, which a rule's precondition has looked for."""
        assert self.link is not None
        return self.link

    def decision_inputs(self, now: datetime | None = None) -> DecisionInputs:
        """Return the inputs of a decision at this instant, by default now."""
        return DecisionInputs(now=now or self.now, random=secrets.token_bytes(256))

    def apply(self, step: Transition) -> None:
        """Apply the changes as the store does: all of them, or none when one lost a race."""
        for change in step.changes:
            for place, kind in (("parcours", Parcours), ("deposit", Deposit), ("link", Link)):
                if isinstance(change.after, kind):
                    assert change.before is None or change.before is getattr(self, place)
                    setattr(self, place, change.after)
        self.mails = [
            mail for mail in self.mails if all(change.before is not mail for change in step.changes)
        ]
        self.mails += step.mails
        self.told += [event.kind for event in step.events]

    def agrees(self, expected: Refusal, decide: Callable[[], Transition]) -> None:
        """Check that the domain refuses an act exactly when the model refuses it."""
        try:
            self.apply(decide())
        except RelayError as refused:
            assert type(refused) is expected
        else:
            assert expected is None

    def contents(self) -> Contents:
        """Return the contents of an honest announcement."""
        document = Document(kind=Kind.CV, sealed_bytes=1029, sha256="x" * 44, key_sha256="0" * 64)
        return Contents(
            owner=self.tutor.id,
            sealed_by=self.tutor.id,
            sender=Role.TUTOR,
            recipient=factories.COMPANY_ADDRESS,
            salt="0" * 32,
            documents=(document,),
        )

    @rule(delay=DELAYS)
    def time_passes(self, delay: timedelta) -> None:
        """Let time pass."""
        self.now += delay

    @precondition(lambda self: self.model.due is not None and self.model.due > self.now)
    @rule(short=st.booleans())
    def its_time_comes(self, short: bool) -> None:
        """Move the clock to the due time, or a millisecond before (``short``)."""
        assert self.model.due is not None
        self.now = self.model.due - timedelta(milliseconds=int(short))

    @precondition(lambda self: self.model.opened_at is not None)
    @rule(short=st.booleans())
    def the_time_to_read_ends(self, short: bool) -> None:
        """Move the clock to the end of the time to read again, or a millisecond before (``short``)."""
        assert self.model.opened_at is not None
        ends = self.model.opened_at + timedelta(hours=72, milliseconds=-int(short))
        self.now = max(self.now, ends)

    @rule()
    def announce(self) -> None:
        """Announce a deposit, in the model and in the domain."""
        expected, contents = self.model.announce(self.now), self.contents()
        if expected is None:
            self.link = None
            self.mails = []
        self.agrees(
            expected,
            lambda: sending.announce(
                Case(self.parcours, self.passage),
                secrets.token_hex(16),
                contents,
                policy=POLICY,
                inputs=self.decision_inputs(),
            ),
        )

    @precondition(lambda self: self.model.is_free())
    @rule(mailed=st.booleans())
    def sends(self, mailed: bool) -> None:
        """Announce, upload and mail a deposit in one rule, so that later steps are reached often."""
        self.announce()
        self.inspect("receive")
        self.inspect("verify")
        if mailed:
            self.mail_leaves()

    @precondition(lambda self: self.deposit is not None)
    @rule()
    def renew(self) -> None:
        """Ask for a fresh upload form."""
        self.agrees(
            self.model.renew(self.now),
            lambda: sending.renew(
                self.announced(), self.contents(), self.parcours, policy=POLICY, now=self.now
            ),
        )

    @precondition(lambda self: self.deposit is not None)
    @rule(act=st.sampled_from(["receive", "verify", "refuse"]))
    def inspect(self, act: str) -> None:
        """Let inspection see the object, accept it or refuse it."""
        common = (self.announced(), self.parcours, Kind.CV)
        decisions: dict[str, Callable[[], Transition]] = {
            "receive": lambda: sending.receive(*common, policy=POLICY, inputs=self.decision_inputs()),
            "verify": lambda: sending.verify(*common, policy=POLICY, inputs=self.decision_inputs()),
            "refuse": lambda: sending.refuse(*common, Reason.ACTIVE, self.decision_inputs()),
        }
        self.agrees(getattr(self.model, act)(self.now), decisions[act])

    @precondition(lambda self: self.model.waiting)
    @rule()
    def mail_leaves(self) -> None:
        """Let the mail of the link leave."""
        (waiting,) = [mail for mail in self.mails if mail.kind is MailKind.LINK]
        self.agrees(
            self.model.mail(),
            lambda: mailing.note_link_left(
                waiting, self.mailed(), self.announced(), self.parcours, self.decision_inputs()
            ),
        )

    @precondition(lambda self: self.model.linked)
    @rule(browser=BROWSERS, late=LATE)
    def claim(self, browser: str, late: timedelta) -> None:
        """Open the link in this browser by a clock that is so much late."""
        now = max(self.now - late, self.mailed().created_at)
        winner_before = self.mailed().opened_by
        self.agrees(
            self.model.claim(browser, now),
            lambda: opening.claim(
                Case(self.parcours, deposit=self.announced()),
                self.mailed(),
                1,
                browser=browser,
                policy=POLICY,
                inputs=self.decision_inputs(now),
            ),
        )
        assert winner_before in (None, self.mailed().opened_by)

    @precondition(lambda self: self.model.linked)
    @rule(honest=st.sampled_from([True, True, False]), readable=st.booleans())
    def answer(self, honest: bool, readable: bool) -> None:
        """Say whether the documents could be read, as the winner (``honest``) or as somebody else."""
        browser = self.model.winner if honest and self.model.winner else "mallory"
        self.agrees(
            self.model.answer(browser, readable, self.now),
            lambda: opening.answer(
                Case(self.parcours, deposit=self.announced()),
                self.mailed(),
                readable=readable,
                browser=browser,
                inputs=self.decision_inputs(),
            ),
        )

    @precondition(lambda self: self.model.linked and not self.model.closed and len(self.told) % 3 == 0)
    @rule()
    def close(self) -> None:
        """Close the link after too many wrong answers."""
        self.agrees(
            self.model.close(),
            lambda: opening.close(self.mailed(), self.announced(), self.parcours, self.decision_inputs()),
        )

    @precondition(lambda self: self.deposit is not None)
    @rule(half_way=st.booleans())
    def purge(self, half_way: bool) -> None:
        """Mark the deposit, then reduce it; `half_way`: mark it only."""
        self.agrees(
            self.model.mark(self.now),
            lambda: sending.mark_erasing(self.announced(), self.parcours, self.decision_inputs()),
        )
        if not half_way:
            self.agrees(
                self.model.reduce(),
                lambda: sending.reduce(self.announced(), self.parcours, self.decision_inputs()),
            )

    @precondition(lambda self: self.model.linked and self.model.alive(self.now))
    @rule(browser=BROWSERS)
    def a_claim_meets_the_purge(self, browser: str) -> None:
        """A claim by a clock half a minute late arrives between the purge's mark and its end."""
        self.its_time_comes(short=False)
        self.purge(half_way=True)
        self.claim(browser, timedelta(seconds=30))
        self.purge(half_way=False)

    @invariant()
    def the_domain_is_where_the_model_is(self) -> None:
        """Check state, due time, contents, mark, winner and events against the model."""
        if not hasattr(self, "model"):
            return
        assert self.told == self.model.told
        if self.deposit is None:
            return
        assert (self.deposit.state, self.deposit.erase_at) == (self.model.state, self.model.due)
        assert (self.deposit.contents is None) == self.model.erased == (self.deposit.erased_at is not None)
        assert (self.deposit.erasing_at is not None) == self.model.erasing
        assert (self.link.opened_by if self.link else None) == self.model.winner
        assert (self.parcours.live_deposit is None) == self.model.is_free()

    @invariant()
    def nothing_is_marked_before_it_is_due(self) -> None:
        """Check that no deposit is marked for erasure before its time."""
        stands = getattr(self, "deposit", None)
        if stands is not None and stands.erasing_at is not None:
            assert stands.erasing_at >= stands.erase_at


TestRelayMachine = RelayMachine.TestCase
TestRelayMachine.settings = settings(max_examples=250, stateful_step_count=40, derandomize=True)
