"""The help pages: one for agents, with a section for each of their roles, and one for who received a link."""

from dataclasses import dataclass
from typing import NamedTuple

from chalice.app import Response

from chalicelib import config, terms
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.retention import BY_NAME, fill_in_figures, read_figures
from chalicelib.web import public
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.page import AgentCall
from chalicelib.web.kit.page_view import PageView
from chalicelib.words import codes
from chalicelib.words.help import Expected, list_outcomes, list_turns

ORDER = (Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TEAM)


class RoleHelp(NamedTuple):
    """What one role does here; ``instead``: its turns are a tutor's, who is away or late, and are listed once."""

    name: str
    instead: bool
    turns: tuple[Expected, ...]
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HelpPage(PageView):
    """The help of an agent; ``kept``: how long documents stay."""

    template = "aide"

    roles: list[RoleHelp]
    kept: list[str]


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
    view = HelpPage(_list_roles(call.agent), list_kept("object"))
    return call.show(view, "aide")


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
