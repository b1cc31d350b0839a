"""What stories need for a decision: randomness, and the case that it is about."""

import secrets
from datetime import datetime

from chalicelib.domain.case import Case
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.transition import ID_BYTES, DecisionInputs, OutboxMail, Transition
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.parcours import assigning
from chalicelib.stores import cases
from chalicelib.stores.cases import Visit
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.kit import inviting

MOST_IDS = 16
"""Ids that one decision may use."""


def decision_inputs(now: datetime, *, first: str = "") -> DecisionInputs:
    """Return the instant and enough random bytes for one decision. ``first``: an id that the page drew, used first."""
    return DecisionInputs(now=now, random=bytes.fromhex(first) + secrets.token_bytes(MOST_IDS * ID_BYTES))


def draw_cookie() -> str:
    """Draw 256 bits, base64url: for sign-in challenges and known browsers."""
    return secrets.token_urlsafe(32)


def draw_session_cookie(account: str) -> str:
    """Draw the cookie of a session: 256 bits, then the account's id, so that one call reads session and account."""
    return draw_cookie() + account


def draw_salt() -> str:
    """Draw 128 bits, hex."""
    return secrets.token_hex(16)


def load_passage(work: UnitOfWork, parcours: Parcours) -> Case:
    """Load the case of the passage under way, or of the last one, with the last documents that were sent."""
    cases.load_passage(work, parcours)
    return load_case(
        work,
        parcours,
        work.get_one(Attempt, parcours.id, parcours.attempt) if parcours.attempt is not None else None,
    )


def load_case(
    work: UnitOfWork, parcours: Parcours, attempt: Attempt | None, *, deposit: str | None = None
) -> Case:
    """Load parcours, attempt, documents with their links, and meeting as one case.

    ``deposit``: id of the documents; None: the last ones that were sent.
    """
    deposit = deposit or parcours.last_deposit
    work.load(
        (Deposit, deposit), (Deposit, parcours.live_deposit), (Appointment, parcours.id, parcours.attempt)
    )
    documents, live = work.get(Deposit, deposit), work.get(Deposit, parcours.live_deposit)
    links = cases.load_links(work, documents)
    return Case(parcours, attempt, documents, links, live, inviting.load_meeting(work, parcours))


def gather_mails(work: UnitOfWork, step: Transition) -> Transition:
    """Return the transition with its mails about handovers joined to those that wait already, so that each person gets one.

    Whoever hands several parcours over does so one by one.
    """
    for mail in step.mails:
        if not mail.several:
            continue
        current, previous = assigning.list_gathering_keys(mail)
        waiting = work.get(OutboxMail, current) or work.get(OutboxMail, previous)
        if waiting is not None and not waiting.tries:
            step = assigning.gather_mail(step, mail, waiting)
    return step


def load_visit_case(work: UnitOfWork, visit: Visit) -> Case:
    """Load the case of the documents for which a link was made; the passage itself is not read."""
    return load_case(work, visit.parcours, None, deposit=visit.link.deposit)
