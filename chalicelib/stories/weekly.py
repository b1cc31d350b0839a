"""Read what Monday's digest says of an agent's week, as of now."""

from collections.abc import Collection
from datetime import datetime

from chalicelib import config
from chalicelib.domain import weekly
from chalicelib.domain.kernel.people import ACCOMPANYING, Account
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.lists import Filter
from chalicelib.domain.weekly import Sources, Week
from chalicelib.stores import relay_table
from chalicelib.stories import lists


def read_week(agent: Account, listed: Collection[str], *, now: datetime) -> Week:
    """Read what an agent's week holds beside the parcours that their digest lists (ids), from the rows of their own lists."""
    mine = lists.list_parcours(agent, Filter(), now=now)
    sent = relay_table.read_deposits(
        line.deposit for line in mine.lines if line.deposit and line.tutor == agent.id
    )
    if lists.takes_offers(agent) and agent.academie:
        near = Filter(status=ParcoursStatus.AVAILABLE, academie=agent.academie)
        free_offers = lists.list_offers(agent, near, now=now)
    else:
        free_offers = lists.list_parcours(agent, Filter(status=ParcoursStatus.AVAILABLE), now=now)
    sources = Sources(lines=tuple(mine.lines), offers=tuple(free_offers.lines), deposits=sent)
    months, confirms = config.settings().closing_months, not agent.roles & ACCOMPANYING
    return weekly.choose_week(sources, listed, now, months=months, confirms=confirms)
