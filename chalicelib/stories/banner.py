"""The team's banner: read for every page, set and removed by the team."""

from datetime import datetime

from chalicelib.domain import banner as decisions
from chalicelib.domain.banner import Banner, Choice
from chalicelib.domain.kernel.people import Account, check_team
from chalicelib.stores import relay_table
from chalicelib.stores.unit_of_work import UnitOfWork, story


def read_banner() -> Banner | None:
    """Read the banner, be it over or not; None: there is none."""
    return relay_table.read_banner()


@story
def load_with_author(work: UnitOfWork, agent: Account) -> tuple[Banner | None, Account | None]:
    """Read the banner and the account that set it, as far as there are. Raises NotFound: the agent is not of the team."""
    check_team(agent)
    banner = work.get(Banner)
    return banner, work.get(Account, banner.set_by) if banner else None


@story
def set_banner(work: UnitOfWork, agent: Account, choice: Choice, *, seen: int, now: datetime) -> None:
    """Show a banner in place of the one that is shown. Raises NotFound: the agent is not of the team; FieldInvalid,
    ChangedMeanwhile.
    """
    check_team(agent)
    work.commit(decisions.set_banner(work.get(Banner), choice, agent, now, revision_seen=seen))


@story
def remove_banner(work: UnitOfWork, agent: Account, *, seen: int) -> None:
    """Remove the banner. Raises NotFound: the agent is not of the team; ChangedMeanwhile."""
    check_team(agent)
    work.commit(decisions.remove_banner(work.get(Banner), revision_seen=seen))
