"""The help pages say of each role what the pages themselves say: same sentences, buttons and delays."""

import html
import re

import pytest

from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.outcomes import MOVES
from chalicelib.domain.parcours.turns import State
from chalicelib.words import codes
from chalicelib.words.help import list_owners
from chalicelib.words.timeline import FACTS
from chalicelib.words.turns import AWAITED
from tests.support import factories
from tests.support.http import Client, signed_in
from tests.support.pages import visible_words
from tests.support.worlds import World
from tests.support.writing import add_records

AGENTS = (Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TEAM)


@pytest.mark.parametrize("role", AGENTS)
def test_the_help_of_a_role_holds_its_turns_and_what_it_may_note_and_no_others(
    world: World, role: Role
) -> None:
    account = factories.account(role)
    add_records(account)

    answer = signed_in(account).get("/aide")
    words, lines = answer.words, {html.unescape(line) for line in re.findall(r"<li>([^<]+)<", answer.text)}

    owner = Role.TUTOR if role is Role.COORDINATOR else role
    for state in State:
        said = AWAITED[state].yours.format(le="…")
        if said:
            assert (said[0].upper() + said[1:] in lines) is (owner in list_owners(state)), state
    for kind, move in MOVES.items():
        label = visible_words(FACTS[kind].label.rstrip("…"))
        assert role not in move.who or label in words, kind
    assert visible_words(codes.ROLE[role]) in words
    assert "La personne qui suit le jeune a 5 jours ouvrés pour faire ce qui est attendu d’elle" in words


def test_who_received_a_link_reads_what_its_page_says_without_an_account(world: World) -> None:
    answer = Client().get("/aide/entreprise")

    assert answer.status == 200
    for said in codes.DEMAND.values():
        assert visible_words(said) in answer.words
    assert (
        "au plus tard trois jours après la première ouverture" in answer.words
        and "60 jours après le premier envoi" in answer.words
    )


def test_help_is_linked_where_the_question_arises(world: World) -> None:
    tutor, team = factories.account(), factories.account(Role.TEAM)
    add_records(tutor, team)

    for account, path in ((tutor, "/parcours"), (team, "/import")):
        main = signed_in(account).get(path).text.partition("<main")[2].partition("</main")[0]
        assert 'href="/aide' in main, path
    assert 'href="/aide/entreprise"' in Client().get("/retrait").text
