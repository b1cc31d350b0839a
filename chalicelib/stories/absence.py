"""Being away: the account says so, then each parcours that its person prepares."""

from datetime import datetime

from chalicelib.domain import absence as absences
from chalicelib.domain import accounts as decisions
from chalicelib.domain.parcours import Absence, ParcoursStatus
from chalicelib.domain.people import Account
from chalicelib.domain.transition import Transition
from chalicelib.domain.values import Role
from chalicelib.stores import parcours, rows, transactions
from chalicelib.stories.accounts import managed, stands
from chalicelib.stories.draws import draw


def announce(agent: Account, identifier: str, absence: Absence | None, *, now: datetime) -> None:
    """She is away (None: back), and each parcours that she prepares says so. Done again, it goes on where it stopped.

    Args:
        agent: herself, or who manages her account. ``identifier``: whose absence.
    Raises:
        NotFound: not hers to announce. WrongStep: she is no tutor.
    """
    own = agent.id == identifier

    def decide() -> Transition:
        account = stands(identifier) if own else managed(agent, identifier)
        return absences.announce(account, absence)

    account = agent if own else managed(agent, identifier)
    by = Role.TUTOR if own else decisions.role_over(agent, account)
    transactions.settle(decide)
    found, _ = parcours.rows([rows.tutor_scope(identifier)], ParcoursStatus.IN_PREPARATION)
    for row in found.values():
        _spread(str(row["id"]), identifier, absence, by, now)


def _spread(parcours_id: str, tutor: str, absence: Absence | None, by: Role, now: datetime) -> None:
    transactions.settle(
        lambda: absences.spread(parcours.head(parcours_id), tutor, absence, by=by, draw=draw(now))
    )
