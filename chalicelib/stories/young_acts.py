"""What the young person says on their own page, and what who accompanies answers."""

from datetime import datetime

from chalicelib.domain.case import Case
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.parcours import young_acts as decisions
from chalicelib.errors import WrongStep
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import deciding, quotas
from chalicelib.stories.kit.deciding import decision_inputs


@story
def stop(work: UnitOfWork, parcours_id: str, attempt: int, *, now: datetime) -> bool:
    """Stop what is sent of a passage, once (« Je ne veux plus »). Return whether it was not stopped before.

    Raises:
        NotFound. WrongStep: this passage is not being prepared (any more). TooManyYoungActs.
    """
    case = _load_case(work, parcours_id, attempt)
    return _commit(work, case, decisions.stop(case, decision_inputs(now)), now)


@story
def say_cannot_come(work: UnitOfWork, parcours_id: str, attempt: int, *, now: datetime) -> bool:
    """Say, once of each meeting, that the young person cannot come to it. Return whether it was not said before.

    Raises:
        NotFound. WrongStep: no meeting of this passage is to come. TooManyYoungActs.
    """
    case = _load_case(work, parcours_id, attempt)
    return _commit(work, case, decisions.say_cannot_come(case.parcours, decision_inputs(now)), now)


@story
def say_can_come(work: UnitOfWork, parcours_id: str, attempt: int, *, now: datetime) -> bool:
    """Take back that the young person cannot come to the meeting. Return whether it was not done before.

    Raises:
        NotFound. WrongStep: no meeting of this passage is to come. TooManyYoungActs.
    """
    case = _load_case(work, parcours_id, attempt)
    return _commit(work, case, decisions.say_can_come(case.parcours, decision_inputs(now)), now)


def _load_case(work: UnitOfWork, parcours_id: str, attempt: int) -> Case:
    """Load the case of a passage. Raises NotFound, WrongStep: it is over, and another one has begun."""
    parcours = work.get_one(Parcours, parcours_id)
    if parcours.attempt != attempt:
        raise WrongStep
    return deciding.load_passage(work, parcours)


def _commit(work: UnitOfWork, case: Case, step: Transition, now: datetime) -> bool:
    """Commit what a press decides within the day's quota of its passage; False, and no use, for one that repeats another."""
    if step:
        about = f"{case.parcours.id}#{case.parcours.attempt}"
        work.commit_and_wake(step + quotas.use(quotas.YOUNG_ACT, about, now))
    return bool(step)


@story
def keep_meeting(work: UnitOfWork, agent: Account, parcours_id: str, *, seen: str, now: datetime) -> None:
    """Note, once, that the young person comes to the meeting after all.

    Raises NotFound, NotYours; ChangedMeanwhile: see ``domain.parcours.young_acts``, as for ``seen``.
    """
    parcours = work.get_one(Parcours, parcours_id)
    role = acting_as(agent, Act.TALK, parcours)
    work.commit_and_wake(decisions.keep_meeting(parcours, seen=seen, by=role, inputs=decision_inputs(now)))
