"""The help pages: one for agents, with a section for each of their roles, and one for who received a link."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from chalice.app import Response

from chalicelib import config, french, terms
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.delays import CONCLUSIVE, FEWEST, Group, Grouping, Phase, Spread, find_period
from chalicelib.domain.retention import BY_NAME, fill_in_figures, read_figures
from chalicelib.french import NO_BREAK
from chalicelib.stories.parcours import read_delays
from chalicelib.web import public
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.http import redirect
from chalicelib.web.kit.page import AgentCall
from chalicelib.web.kit.page_view import PageView
from chalicelib.words import codes
from chalicelib.words.help import PHASES, Expected, list_outcomes, list_turns

ORDER = (Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TEAM)


class RoleHelp(NamedTuple):
    """What one role does here; ``instead``: its turns are a tutor's, who is away or late, and are listed once."""

    name: str
    instead: bool
    turns: tuple[Expected, ...]
    outcomes: tuple[str, ...]


class PhaseRow(NamedTuple):
    """How long a phase took; without figures where there are too few cases."""

    label: str
    meaning: str
    cases: int
    proves: bool
    """Whether there are enough cases to conclude."""
    median: str = ""
    worst: str = ""


@dataclass(frozen=True, slots=True)
class HelpPage(PageView):
    """The help of an agent; ``kept``: how long documents stay."""

    template = "aide"

    roles: list[RoleHelp]
    kept: list[str]
    period: str
    group: str
    """Whose delays are shown; empty: the account leads to no group."""
    phases: list[PhaseRow]
    fewest: int = FEWEST


@dataclass(frozen=True, slots=True)
class RecipientsHelpPage(PageView):
    """The help of who received a link; ``states``: what the page behind it may say first."""

    template = "aide-entreprise"

    states: list[str]
    declines: list[str]
    kept: list[str]
    link_kept: list[str]
    support: str


def show_help(call: AgentCall[NoForm]) -> Response:
    """Show what is awaited of each of the agent's roles, what they may note, and how long everything takes."""
    read = read_delays(call.agent, call.now)
    first, last = (date.fromisoformat(f"{month}-01") for month in find_period(call.now))
    view = HelpPage(
        roles=_list_roles(call.agent),
        kept=list_kept("object"),
        period=french.months(first, last),
        group=_name_group(read[0], call.agent) if read else "",
        phases=[_build_phase(phase, spread) for phase, spread in read[1].items()] if read else [],
    )
    return call.show(view, "aide")


def lead_to_delays(call: AgentCall[NoForm]) -> Response:
    """Lead an address of before to the delays, which the help shows."""
    return redirect("/aide#constates")


def _name_group(group: Group, person: Account) -> str:
    """Name whose delays are shown to this person."""
    match group.by:
        case Grouping.EVERYTHING:
            return "tous les parcours"
        case Grouping.ACADEMIE:
            return french.academie(group.name)
        case Grouping.ORGANISATION:
            return person.organisation or ""


def _build_phase(phase: Phase, spread: Spread) -> PhaseRow:
    """Build the row of a phase."""
    row = PhaseRow(*PHASES[phase], spread.cases, spread.cases >= CONCLUSIVE)
    if spread.median_days is None or spread.worst_days is None:
        return row
    return row._replace(median=_format_days(spread.median_days), worst=_format_days(spread.worst_days))


def _format_days(days: float) -> str:
    """Format a number of days: « 12,5 jours », « 1 jour »."""
    number = f"{days:g}".replace(".", ",")
    return f"{number}{NO_BREAK}jour{'s' if days >= 2 else ''}"


def show_recipients_help(call: Call[NoForm]) -> Response:
    """Show what the page behind a link is for, and how long it serves."""
    return public.show_page(
        RecipientsHelpPage(
            states=list(codes.DEMAND.values()),
            declines=[label for _, label in public.DECLINES],
            kept=list_kept("object"),
            link_kept=list_kept("link"),
            support=public.read_site_facts().support,
        )
    )


def list_kept(name: str) -> list[str]:
    """List how long something is kept, as its row of the register says it."""
    figures = read_figures(terms.retention(), config.ERASED_MINUTES)
    return [fill_in_figures(text, figures) for text in BY_NAME[name].kept]


def _list_roles(agent: Account) -> list[RoleHelp]:
    """List the help of each role that the agent has."""
    is_tutor = Role.TUTOR in agent.roles
    return [
        RoleHelp(
            codes.ROLE[role],
            role is Role.COORDINATOR,
            () if role is Role.COORDINATOR and is_tutor else list_turns(role),
            list_outcomes(role),
        )
        for role in ORDER
        if role in agent.roles
    ]
