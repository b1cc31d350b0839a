"""What a young person reads: a sentence for each state, none that hurts, none that is hard (``support/readability.py``).

« Entreprise » and « établissement » weigh in short sentences: each text must reach 50, all of them together 75, and no
sentence may have more than 20 words.
"""

import re
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import young as views
from chalicelib.domain.parcours.delays import Phase
from chalicelib.domain.parcours.turns import State, Turn
from chalicelib.errors import FollowKeyUnknown, TooManyFollowKeys, TooManyYoungActs
from chalicelib.web.kit.errors import ANSWERS
from chalicelib.words import young as words
from tests.support.factories import NOON
from tests.support.readability import measure_ease, split_sentences

EASY, EACH, MOST_WORDS = 75, 50, 20
HURTS = re.compile(
    r"refus|déclin|rejet|échec|échou|mauvais|profil|correspond|retard|erreur|faute|malheureus|non retenu|pas retenu"
    r"|inadapté|problème|motif|raison|sanction|abandon|insuffis",
    re.IGNORECASE,
)
ADULTS = re.compile(r"(?<![-\w])(vous|votre|vos)\b(?! (?:pouvez|avez|en avez))", re.IGNORECASE)
"""« Vous » is she and who accompanies, together."""


def said_of(state: State, role: Role | None = Role.TUTOR) -> str:
    """Return title and text of the page in a state of the turn."""
    turn = Turn(role=role, state=state, since=NOON, due_at=NOON)
    view = replace(VIEW, turn=turn, about=date(2026, 12, 8))
    said = words.say_turn(view, "Karim Belaïd")
    return f"{said.title}. {said.text}"


VIEW = views.YoungView(
    company="Jardins Morvenne",
    turn=None,
    about=None,
    is_first_said=False,
    papers=None,
    meeting=None,
    place="12 rue des Tilleuls, Dijon",
    phase=None,
    events=(),
    ended_at=None,
    is_completed=False,
    can_stop=False,
    can_cancel_coming=False,
)
ENDS = [
    replace(VIEW, is_first_said=True),
    replace(VIEW, ended_at=NOON),
    replace(VIEW, ended_at=NOON, is_completed=True),
    VIEW,
]


def everything() -> list[str]:
    """Return every text that the page may say."""
    ends = [" ".join(words.say_turn(view, "")) for view in ENDS]
    phases = [words.say_next(phase, days) for phase in words.THEN for days in (None, 1, 4)]
    refusals = [
        ANSWERS[refusal].message for refusal in (FollowKeyUnknown, TooManyFollowKeys, TooManyYoungActs)
    ]
    receipts = [receipt.format(Qui="Karim Belaïd") for receipt in words.RECEIPTS.values()]
    return [
        *map(said_of, State),
        *ends,
        *phases,
        *words.HAPPENED.values(),
        *refusals,
        *receipts,
        words.NOT_NOW,
    ]


@pytest.mark.parametrize("state", State)
def test_each_state_has_its_sentence(state: State) -> None:
    text = said_of(state)

    assert "{" not in text and len(text) > 20
    assert bool(words.SAID[state].must) is not bool(words.SAID[state].title)


def test_a_turn_is_named_as_everybody_reads_it() -> None:
    assert "On attend Karim Belaïd" in said_of(State.TO_SEND)
    assert "On attend l’entreprise" in said_of(State.TO_OPEN, Role.COMPANY)
    assert "On attend une autre personne" in said_of(State.COMPANY_SILENT, Role.BUYER)
    assert "l’organisme public" in said_of(State.TO_PASS_ON, Role.BUYER)


def test_nothing_hurts_and_nothing_is_said_to_adults() -> None:
    for text in everything():
        assert not HURTS.search(text), text
        assert not ADULTS.search(text), text


def test_everything_reads_easily() -> None:
    texts = everything()
    for text in texts:
        assert measure_ease(text) >= EACH, (measure_ease(text), text)
        assert max(map(len, split_sentences(text))) <= MOST_WORDS, text
    assert measure_ease(" ".join(texts)) >= EASY
    assert (
        measure_ease("L’établissement procédera ultérieurement à la régularisation conventionnelle.") < EACH
    )


def test_a_refusal_of_the_company_is_no_fact_of_the_list() -> None:
    told = set(words.HAPPENED)

    assert not told & {EventKind.COMPANY_DECLINED, EventKind.LINK_CLOSED, EventKind.YOUNG_PERSON_WITHDREW}
    assert not told & {EventKind.CALL_NOTED, EventKind.REMARK_NOTED, EventKind.MEETING_MISSED}


def test_each_phase_that_a_state_is_in_has_what_follows() -> None:
    assert set(views.PHASES.values()) == set(words.THEN) == {*Phase} - {Phase.SEND, Phase.WHOLE}
    assert words.say_next(None, 4) == ""
    assert "moins de 4\u00a0jours" in words.say_next(Phase.OPEN, 4)
    assert "moins d’un jour" in words.say_next(Phase.OPEN, 1)
