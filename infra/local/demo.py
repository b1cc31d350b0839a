"""Invented data for ``make run``: people, parcours, and histories that the product's own rules have made.

Past steps are the domain's transitions, committed with an instant of the past: none exists that no rule would allow. They
leave no object and send no mail. One document travels for real, over HTTP, as a browser would send it.
"""

import os
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import clock
from chalicelib.domain.case import Case
from chalicelib.domain.documents import mailing, opening, sending
from chalicelib.domain.kernel import attempt, deposit
from chalicelib.domain.kernel.deposit import Contents, Document
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.transition import Change, Draw, Transition
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.parcours import outcomes
from chalicelib.domain.parcours.outcomes import Outcome
from chalicelib.stores import parcours, relay, transactions
from infra.local import demo_delays, demo_offers
from infra.local.demo_people import ACCOUNTS, TUTOR
from infra.local.demo_sending import send_for_real

POLICY = RetentionPolicy()


def load(environment: dict[str, str], base_url: str) -> None:
    """Fill the empty tables of the local cloud, then send one document through the deployed product.

    Args:
        environment: of ``LocalCloud``: where the tables and keys are. Taken over by this process.
        base_url: where the product is served.
    """
    os.environ.update(environment)
    now = clock.utc_now()
    tell_the_past(now)
    send_for_real(base_url, demo_offers.FOR_REAL, TUTOR, demo_offers.RECIPIENT_FOR_REAL, now)


def tell_the_past(now: datetime) -> None:
    """Fill the empty tables that the environment names: everything but what travels for real."""
    for account in ACCOUNTS:
        transactions.commit(Transition(changes=(Change(None, account),)))
    for offer in (*demo_offers.OFFERS, *demo_delays.PAST):
        Story(offer.parcours(now), offer.tutor).tell(offer.chapters, now)


@dataclass
class Story:
    """One parcours, told chapter by chapter in the past."""

    head: Parcours
    tutor: Account | None

    def tell(self, chapters: tuple[demo_offers.Chapter, ...], now: datetime) -> None:
        """Commit each chapter at its own instant."""
        self._keep(attempt.declare(self.head, secrets.token_hex(16)))
        for chapter in chapters:
            getattr(self, f"_{chapter.name}")(_draw(now - chapter.ago))

    def _taken(self, draw: Draw) -> None:
        self._keep(attempt.take(self._stands(), self._her(), draw))

    def _announced(self, draw: Draw) -> None:
        identifier = str(uuid.uuid4())
        head = self._stands()
        document = Document(
            kind=Kind.CV, sealed_bytes=80_000, sha256="A" * 43 + "=", key_sha256=secrets.token_hex(32)
        )
        contents = Contents(
            owner=self._her().id,
            sealed_by=self._her().id,
            sender=Role.TUTOR,
            recipient=head.company.contacts[0].address,
            salt=secrets.token_hex(16),
            documents=(document,),
        )
        self._keep(
            sending.announce(
                Case(head, parcours.attempt(head.id, head.attempt or 0)),
                identifier,
                contents,
                notice=True,
                policy=POLICY,
                draw=draw,
            )
        )

    def _received(self, draw: Draw) -> None:
        self._keep(sending.receive(self._deposit(), self._stands(), Kind.CV, policy=POLICY, draw=draw))

    def _refused(self, draw: Draw) -> None:
        self._last = self._deposit().id
        self._keep(sending.refuse(self._deposit(), self._stands(), Kind.CV, Reason.PROTECTED, draw))

    def _sent(self, draw: Draw) -> None:
        step = sending.verify(self._deposit(), self._stands(), Kind.CV, policy=POLICY, draw=draw)
        transactions.commit(step)
        waiting = relay.mail(step.mails[0].key)
        link = relay.link(self._deposit().link or "")
        assert waiting is not None and link is not None
        self._keep(
            mailing.link_left(
                waiting, link, self._deposit(), self._stands(), draw=_draw(draw.now + timedelta(seconds=2))
            )
        )

    def _opened(self, draw: Draw) -> None:
        link = relay.link(self._deposit().link or "")
        assert link is not None
        browser = secrets.token_hex(32)
        self._keep(
            opening.claim(
                Case(self._stands(), deposit=self._deposit()),
                link,
                link.version,
                browser=browser,
                policy=POLICY,
                draw=draw,
            )
        )

    def _confirmed(self, draw: Draw) -> None:
        found = self._deposit()
        link = relay.link(found.link or "")
        assert link is not None and link.opened_by is not None
        self._last = found.id
        self._keep(
            opening.answer(
                Case(self._stands(), deposit=found), link, readable=True, browser=link.opened_by, draw=draw
            )
        )

    def _erased(self, draw: Draw) -> None:
        identifier = self._stands().live_deposit or self._last
        for later, decide in enumerate((sending.mark_erasing, sending.reduce)):
            stands = relay.deposit(identifier)
            assert stands is not None
            self._keep(decide(stands, self._stands(), _draw(draw.now + timedelta(seconds=later))))

    def _meeting_fixed(self, draw: Draw) -> None:
        planned = draw.now + timedelta(days=7)
        self._note(EventKind.MEETING_FIXED, draw, planned_at=planned, contact=Interlocutor.ANSWERS_TENDER)

    def _meeting_held(self, draw: Draw) -> None:
        self._note(EventKind.MEETING_HELD, draw)

    def _convention_signed(self, draw: Draw) -> None:
        self._note(EventKind.CONVENTION_SIGNED, draw)

    def _review_done(self, draw: Draw) -> None:
        self._note(EventKind.REVIEW_DONE, draw)

    def _note(
        self,
        kind: EventKind,
        draw: Draw,
        planned_at: datetime | None = None,
        contact: Interlocutor | None = None,
    ) -> None:
        head = self._stands()
        under_way = parcours.attempt(head.id, head.attempt or 0)
        outcome = Outcome(kind=kind, occurred_at=draw.now, planned_at=planned_at, contact=contact)
        self._keep(outcomes.note(Case(head, under_way), outcome, by=Role.TUTOR, draw=draw))

    _last: str = ""

    def _stands(self) -> Parcours:
        return parcours.head(self.head.id)

    def _her(self) -> Account:
        assert self.tutor is not None
        return self.tutor

    def _deposit(self) -> deposit.Deposit:
        found = relay.deposit(self._stands().live_deposit or "")
        assert found is not None
        return found

    def _keep(self, step: Transition) -> None:
        transactions.commit(replace(step, mails=()))


def _draw(now: datetime) -> Draw:
    return Draw(now=now, random=secrets.token_bytes(256))
