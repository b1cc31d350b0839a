"""What a young person reads: a sentence for each state, none that hurts, none that is hard (``support/readability.py``).

« Entreprise » and « établissement » weigh in short sentences: each text must reach 50, all of them together 75, and no
sentence may have more than 20 words.
"""

import ast
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.slots import Slot
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
    is_length_known=False,
    fallen_at=None,
    place="12 rue des Tilleuls, Dijon",
    phase=None,
    events=(),
    ended_at=None,
    is_completed=False,
    is_stopped=False,
    is_reading_awaited=False,
    has_link=False,
    has_documents=False,
    can_stop=False,
    can_cancel_coming=False,
    can_come_again=False,
)
MEETING = Slot(start=NOON, minutes=45)
ENDS = [
    replace(VIEW, is_first_said=True),
    replace(VIEW, ended_at=NOON),
    replace(VIEW, ended_at=NOON, is_completed=True),
    replace(
        VIEW,
        turn=Turn(role=Role.TUTOR, state=State.TO_TALK, since=NOON, due_at=None),
        is_stopped=True,
        has_documents=True,
    ),
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
        words.COPY,
        words.LATE.format(qui="Karim Belaïd"),
        words.NOT_NOW,
        words.say_fallen(replace(VIEW, fallen_at=NOON)),
        *words.list_stopped(VIEW),
        *words.list_stopped(replace(VIEW, has_link=True, has_documents=True, meeting=MEETING)),
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


def test_what_a_stop_does_names_what_exists_alone() -> None:
    assert words.list_stopped(VIEW) == ["Tes documents ne partent pas."]
    assert words.list_stopped(replace(VIEW, has_documents=True)) == [
        "Tes documents sont effacés de ce service."
    ]
    assert words.SEEN in words.list_stopped(replace(VIEW, has_link=True))


def test_who_waits_longer_than_said_reads_whom_to_ask() -> None:
    for role in (Role.COMPANY, Role.BUYER):
        turn = Turn(role=role, state=State.TO_OPEN, since=NOON, due_at=NOON, late_since=NOON)
        assert words.say_turn(replace(VIEW, turn=turn), "Karim Belaïd").text.endswith(
            "pourquoi à Karim Belaïd."
        )


def test_who_stands_in_is_awaited_by_name() -> None:
    turn = Turn(role=Role.COORDINATOR, state=State.TO_SEND, since=NOON, due_at=None)
    view = replace(VIEW, turn=turn)

    assert words.say_turn(view, "Odile Ramain", is_stand_in=True).title == "On attend Odile Ramain"
    assert words.say_turn(view, "Karim Belaïd").title == "On attend une autre personne qui suit ton stage"


def test_no_table_of_words_has_one_key_twice() -> None:
    for path in Path(words.__file__).parent.glob("*.py"):
        for table in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Dict)):
            keys = [ast.unparse(key) for key in table.keys if key is not None]
            assert len(keys) == len(set(keys)), (path.name, table.lineno)


def test_an_end_is_no_fact_of_the_list() -> None:
    told = set(words.HAPPENED)

    assert not told & {EventKind.LINK_CLOSED, EventKind.YOUNG_PERSON_WITHDREW}
    assert not told & {EventKind.CALL_NOTED, EventKind.REMARK_NOTED, EventKind.MEETING_MISSED}


def test_each_phase_that_a_state_is_in_has_what_follows() -> None:
    assert set(views.PHASES.values()) == set(words.THEN) == {*Phase} - {Phase.SEND}
    assert words.say_next(None, 4) == ""
    assert "moins de 4\u00a0jours" in words.say_next(Phase.OPEN, 4)
    assert "moins d’un jour" in words.say_next(Phase.OPEN, 1)
