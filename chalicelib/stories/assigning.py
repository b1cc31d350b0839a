"""Assigning: a coordinator or the team says who accompanies, on a free offer or on a passage under way."""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib import config
from chalicelib.domain import assigning as decisions
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account, Act, acting_as
from chalicelib.domain.timeline import Reason
from chalicelib.domain.transition import Change, Transition
from chalicelib.domain.values import Role
from chalicelib.errors import FieldInvalid, WrongStep
from chalicelib.stores import functions, items, parcours, people, relay, rows, tables, transactions
from chalicelib.stories import inviting
from chalicelib.stories.draws import draw

MOST_TUTORS = 400


def assign(
    agent: Account,
    parcours_id: str,
    tutor_id: str,
    coordinator_id: str = "",
    *,
    since: datetime | None = None,
    now: datetime,
) -> Parcours:
    """Give a free offer to a tutor, or a passage under way to another one; the parcours as it stood before.

    Args:
        coordinator_id: who follows it; empty: herself, if she coordinates, else as it stands.
        since: when the passage really began, for a history entered afterwards; only for an offer that is free, or *échue*.
    Raises:
        NotFound, NotYours: not hers to assign. FieldInvalid: nobody she may choose, or a day that cannot be. WrongStep: see
            ``domain``.
    """
    before: list[Parcours] = []

    def decide() -> Transition:
        head = parcours.head(parcours_id)
        role = acting_as(agent, Act.ASSIGN, head)
        tutor = _tutor(agent, tutor_id)
        assigner = agent.id if agent.id != tutor.id or head.status not in decisions.GIVEN else None
        before[:] = [head]
        if head.status in decisions.GIVEN:
            step = decisions.given(
                head, tutor, by=role, assigner=assigner, since=since, reserved=reserved, draw=draw(now)
            )
        else:
            step = handing_over(head, tutor, by=role, assigner=assigner, now=now)
        chosen = coordinator_id or (agent.id if role is Role.COORDINATOR else head.coordinator)
        if coordinator_id:
            decisions.check_coordinator(parcours.account(coordinator_id), head, tutor)
        return decisions.coordinated(step, head, chosen) if chosen else step

    if since is not None and not now - timedelta(days=10 * 366) <= since <= now:
        raise FieldInvalid("depuis", "day")
    reserved = timedelta(days=config.settings().reservation_days)
    functions.wake_mailer([mail.key for mail in transactions.settle(decide).mails])
    return before[0]


def _tutor(agent: Account, tutor_id: str) -> Account:
    """The chosen tutor: any for the team, of her académie for a coordinator."""
    tutor = parcours.account(tutor_id)
    if tutor is None or not (agent.is_team or tutor.academie == agent.academie):
        raise FieldInvalid("qui", "tutor")
    decisions.check_tutor(tutor)
    return tutor


def handing_over(
    head: Parcours,
    successor: Account,
    *,
    reason: Reason | None = None,
    by: Role,
    assigner: str | None = None,
    now: datetime,
) -> Transition:
    """The transition that gives a passage under way, with its live sending, to another tutor; to be settled by the caller.

    Raises:
        WrongStep, FieldInvalid: see ``domain.assigning.hand_over``.
    """
    if head.attempt is None:
        raise WrongStep
    attempt = parcours.attempt(head.id, head.attempt)
    deposit = relay.deposit(head.last_deposit) if head.last_deposit else None
    link = relay.link(deposit.link) if deposit is not None and deposit.link else None
    step = decisions.hand_over(
        head,
        attempt,
        link,
        successor,
        reason=reason,
        by=by,
        assigner=assigner,
        draw=draw(now),
        deposit=deposit,
    )
    beside = relay.links(deposit)[1:] if deposit is not None else ()
    others = (one for one in beside if one.revoked_at is None and one.sender != successor.id)
    theirs = (Change(one, one.but(sender=successor.id)) for one in others)
    return inviting.told(replace(step, changes=(*step.changes, *theirs)), now)


def coordinators(head: Parcours) -> list[items.Plain]:
    """The open coordinators among whom one is chosen: of the place of the internship, and of the tutor's académie."""
    places = [head.placement.academie, head.tutor_academie or head.placement.academie]
    read = [row for place in dict.fromkeys(places) for row in people.of_academie(place)[0]]
    return [one for one in read if "closed_at" not in one and Role.COORDINATOR.value in one["roles"]]


def tutors(agent: Account, head: Parcours) -> tuple[list[items.Plain], bool]:
    """The open tutors among whom this person chooses, those of the place's académie first; and whether some are left out."""
    scope = rows.EVERYTHING if agent.is_team else rows.academie_scope(agent.academie or "")
    found = tables.query(items.PARCOURS, rows.people_key(scope), limit=MOST_TUTORS + 1)
    open_ones = [
        one for one in found[:MOST_TUTORS] if "closed_at" not in one and Role.TUTOR.value in one["roles"]
    ]
    near = head.placement.academie
    open_ones.sort(key=lambda one: one.get("academie") != near)
    return open_ones, len(found) > MOST_TUTORS
