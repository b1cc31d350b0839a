"""A young person looks at how a passage goes on, by the reference and the key that stand on the notice."""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from chalicelib import terms
from chalicelib.domain.kernel.attempt import (
    Attempt,
    has_accompanied,
    note_page_followed,
    parse_reference,
    renew_follow_key,
)
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.follow_key import (
    SpelledKey,
    TypedKey,
    build_key_message,
    parse_key,
    spell_key,
)
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.parcours import turns, young
from chalicelib.domain.parcours.delays import (
    CONCLUSIVE,
    EVERYTHING,
    Phase,
    Spread,
    compute_spread,
    find_period,
)
from chalicelib.domain.parcours.young import YoungView
from chalicelib.errors import ChangedMeanwhile, FollowKeyUnknown, TryAgain, WrongStep
from chalicelib.stores import keys, parcours_table
from chalicelib.stores.parcours_table import Page
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories import young_acts
from chalicelib.stories.accounts import managing
from chalicelib.stories.kit import accompanying, quotas


@dataclass(frozen=True, slots=True)
class Followed:
    """What a young person's page is made of."""

    parcours: Parcours
    attempt: Attempt
    key: SpelledKey
    view: YoungView
    usual_days: int | None
    """Half of the passages of a year took fewer days for the present phase; None: too few to say, or it is in no phase."""
    follower: Account | None
    """Who accompanies; None: the account is gone, or the passage ended long ago."""
    away_until: date | None
    """The last day of the absence of that person, if it is one of these days,"""
    stand_in: Account | None
    """and who replaces them then."""


def spell_follow_key(attempt: Attempt) -> SpelledKey:
    """Return the present key of a passage, to be printed; one call of KMS in each process."""
    return spell_key(keys.compute_follow_mac(build_key_message(attempt)))


@story
def renew_key(work: UnitOfWork, agent: Account, parcours_id: str, *, passage: int, seen: int) -> Attempt:
    """Make the key of a passage void, also after its end; the same form twice makes one. Returns the passage as it was.

    ``passage``: its number; ``seen``: the version that the page showed.
    Raises NotFound, NotYours; WrongStep: there is no such passage.
    """
    parcours = work.get_one(Parcours, parcours_id)
    attempt = work.get(Attempt, parcours.id, passage)
    if attempt is None or not has_accompanied(agent, attempt):
        acting_as(agent, Act.HAND_KEY, parcours)
    if attempt is None:
        raise WrongStep
    work.commit(renew_follow_key(attempt, seen=seen))
    return attempt


def follow(reference: str, key: str, *, source: str, now: datetime) -> Followed:
    """Read the page of a passage, and note on which day that was: three calls, and one for the first look of a day.

    Args:
        reference, key: as they were typed, or as the QR code holds them.
        source: IP address, by which a key that is typed by hand is counted, and a wrong one of a QR code.

    Raises:
        FollowKeyUnknown, TooManyFollowKeys.
    """
    page, attempt = _open_typed(reference, key, source, now)
    work = UnitOfWork()
    work.remember(attempt)
    with suppress(ChangedMeanwhile, TryAgain):  # what is read does not depend on it: the next look notes it
        _note_followed(work, attempt.parcours, attempt.number, now)
    return _build_followed(work, page, attempt, now)


def press(reference: str, key: str, act: EventKind, *, source: str, now: datetime) -> bool:
    """Do what is pressed on the page of a passage (a key of ``PRESSES``); return whether it was not done before.

    Raises:
        FollowKeyUnknown, TooManyFollowKeys: see ``follow``. WrongStep: it is not possible (any more). TooManyYoungActs.
    """
    _, attempt = _open_typed(reference, key, source, now)
    return PRESSES[act](attempt.parcours, attempt.number, now=now)


PRESSES = {
    EventKind.SENDING_STOPPED: young_acts.stop,
    EventKind.CANNOT_COME: young_acts.say_cannot_come,
    EventKind.MEETING_KEPT: young_acts.say_can_come,
}
"""The fact that each press is noted as."""


def _open_typed(reference: str, key: str, source: str, now: datetime) -> tuple[Page, Attempt]:
    """Read the passage that a reference and a key open, as they were typed. Raises FollowKeyUnknown, TooManyFollowKeys."""
    known_reference, typed = parse_reference(reference), parse_key(key)
    if known_reference is None or typed is None:
        raise FollowKeyUnknown
    if typed.by_hand:
        quotas.count_follow_key(source, now)
    try:
        return open_passage(known_reference, typed)
    except FollowKeyUnknown:
        if not typed.by_hand:
            quotas.count_follow_key(source, now)
        raise


@story
def _note_followed(work: UnitOfWork, parcours_id: str, number: int, now: datetime) -> None:
    """Note on which day somebody looked at the page of a passage."""
    work.commit(note_page_followed(work.get_one(Attempt, parcours_id, number), day_of(now)))


def open_passage(reference: str, typed: TypedKey) -> tuple[Page, Attempt]:
    """Read the passage that a reference and its key open, in two calls, as where there is none. Raises FollowKeyUnknown."""
    page = parcours_table.find_page_by_reference(reference)
    attempts = page.attempts if page is not None else ()
    attempt = next((attempt for attempt in attempts if attempt.reference == reference), None)
    message = build_key_message(attempt) if attempt is not None else "none"
    right = typed.choose_right(spell_key(keys.compute_follow_mac(message)))
    if not hmac.compare_digest(typed.text, right) or page is None or attempt is None:
        raise FollowKeyUnknown
    return page, attempt


def _build_followed(work: UnitOfWork, page: Page, attempt: Attempt, now: datetime) -> Followed:
    """Read what is around a passage, in one call, and build its page."""
    parcours = page.parcours
    is_present = parcours.attempt == attempt.number
    tutor = parcours.tutor if is_present and parcours.tutor else attempt.tutor
    deposit = parcours.last_deposit if is_present else None
    work.load((Account, tutor), (Deposit, deposit), (Appointment, parcours.id, attempt.number))
    around = (work.get(Deposit, deposit), work.get(Appointment, parcours.id, attempt.number))
    turn = turns.whose_turn(parcours, now, terms.calendar(), terms.turns())
    absence = parcours.tutor_absence if is_present and parcours.is_tutor_away(now) else None
    others = managing.list_following(parcours) if absence is not None else []
    view = young.build_view(parcours, attempt, page.events, turn, around, now)
    return Followed(
        parcours=parcours,
        attempt=attempt,
        key=spell_follow_key(attempt),
        view=view,
        usual_days=_find_usual_days(view.phase, now) if view.phase is not None else None,
        follower=accompanying.find_open_account(work, tutor) if young.names_follower(attempt, now) else None,
        away_until=absence.last if absence is not None else None,
        stand_in=next((account for account in others if account.id != tutor), None),
    )


def _find_usual_days(phase: Phase, now: datetime) -> int | None:
    """Return the number of days that half of the passages stayed below in this phase over a year; None: too few to prove it."""
    try:
        spread = _read_spreads(now.strftime("%Y-%m-%dT%H%z"))[phase]
    except TryAgain:
        return None
    is_proved = spread.cases >= CONCLUSIVE and spread.median_days is not None
    return int(spread.median_days) + 1 if is_proved and spread.median_days is not None else None


@lru_cache(maxsize=1)
def _read_spreads(hour: str) -> dict[Phase, Spread]:
    """Read how long each phase took everybody over a year, once in this hour (« 2026-11-30T09+0000 ») of a process."""
    counts = parcours_table.read_delay_counts(EVERYTHING, *find_period(datetime.fromisoformat(hour)))
    return {phase: compute_spread(counted) for phase, counted in counts.items()}


def forget_spreads() -> None:
    """Let the next page of this process read how long phases take, for tests and measures."""
    _read_spreads.cache_clear()
