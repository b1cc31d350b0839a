"""What a caller says and asks the company by telephone is made from what left, what became of it, and who was reached."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.domain.kernel.parcours import CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.timeline import EventKind, Milestone, Reason
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.parcours.turns import State
from chalicelib.words.turns import format_question, is_clause_explained
from tests.support.waiting import SINCE, parcours_at, whose_turn

SENT = replace(
    parcours_at(Step.LINK_SENT), last_sent_at=SINCE, sent_to=Role.COMPANY, live_deposit="documents"
)
OPENED = replace(SENT, step=Step.OPENED, reached={Milestone.OPENED.value: SINCE + timedelta(days=1)})
READ = replace(OPENED, step=Step.RECEIVED, live_deposit=None)
NEXT_DAY, LATE, LATER = (SINCE + timedelta(days=days) for days in (1, 16, 40))
LEFT = "Un lien vers les documents d’un jeune est parti le 3 novembre 2026"
MEET = "Quand pouvez-vous le rencontrer ?"


def with_result(parcours: Parcours, result: str, at: datetime = NEXT_DAY) -> Parcours:
    """Return the parcours whose first contact had this result of an exchange."""
    first, *others = parcours.company.contacts
    contacts = (replace(first, noted={**first.noted, result: at}), *others)
    return replace(parcours, company=replace(parcours.company, contacts=contacts))


def ask(parcours: Parcours, at: datetime) -> str:
    """Return what a caller says and asks at this instant, with plain spaces."""
    turn = whose_turn(parcours, at)
    assert turn is not None
    return format_question(turn, parcours).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("at", [NEXT_DAY, LATE, LATER], ids=["awaited", "buyer's turn", "team's turn"])
@pytest.mark.parametrize(
    ("parcours", "words"),
    [
        (SENT, f"{LEFT}. Avez-vous pu ouvrir le lien ?"),
        (OPENED, f"{LEFT}, et a été ouvert le 4 novembre 2026. Avez-vous pu lire ses documents ?"),
        (READ, f"{LEFT}, et a été ouvert le 4 novembre 2026. {MEET}"),
    ],
    ids=["sent", "opened", "read"],
)
def test_the_question_is_the_open_one_whoever_has_the_turn(
    parcours: Parcours, words: str, at: datetime
) -> None:
    assert ask(parcours, at) == words


def test_a_link_that_died_unread_is_said_and_another_one_is_offered() -> None:
    expired = replace(SENT, step=Step.DOCUMENTS_TO_SEND, live_deposit=None)

    assert (
        ask(expired, LATE)
        == f"{LEFT}. Ce lien ne donne plus les documents. Faut-il vous en envoyer un autre, et à quelle adresse ?"
    )


def test_once_opened_documents_are_gone_dates_are_asked_for_as_on_her_page() -> None:
    assert f"Ce lien ne donne plus les documents. {MEET}" in ask(replace(OPENED, live_deposit=None), NEXT_DAY)


def test_an_opening_before_the_last_sending_is_not_said_of_it() -> None:
    sent_again = replace(OPENED, step=Step.LINK_SENT, last_sent_at=SINCE + timedelta(days=2))

    assert ask(sent_again, LATE).startswith(
        "Un lien vers les documents d’un jeune est parti le 5 novembre 2026. "
    )


def test_a_second_opening_is_said_without_a_day() -> None:
    opened_again = replace(OPENED, last_sent_at=SINCE + timedelta(days=2))

    assert "est parti le 5 novembre 2026, et a été ouvert. Avez-vous pu lire" in ask(opened_again, LATE)


@pytest.mark.parametrize(
    ("result", "recalled"),
    [
        (Reason.REACHED.value, "Un échange a eu lieu avec Nadia Bellanger le 4 novembre 2026."),
        (Reason.MESSAGE_LEFT.value, "Un message a été laissé à Nadia Bellanger le 4 novembre 2026."),
        (
            EventKind.CLAUSE_EXPLAINED.value,
            "La clause a été expliquée à Nadia Bellanger le 4 novembre 2026.",
        ),
    ],
)
def test_the_last_exchange_is_recalled_before_the_question(result: str, recalled: str) -> None:
    assert ask(with_result(SENT, result), LATE) == f"{LEFT}. {recalled} Avez-vous pu ouvrir le lien ?"


def test_only_the_last_exchange_is_recalled() -> None:
    parcours = with_result(with_result(READ, Reason.MESSAGE_LEFT.value), Reason.REACHED.value, LATE)

    assert "Un message a été laissé" not in ask(parcours, LATER)
    assert "Un échange a eu lieu avec Nadia Bellanger le 19 novembre 2026." in ask(parcours, LATER)


def test_what_was_said_before_the_passage_or_to_who_has_left_is_not_recalled() -> None:
    talked = with_result(SENT, Reason.REACHED.value)

    assert "Un échange a eu lieu" not in ask(replace(talked, reached={Milestone.TAKEN.value: LATE}), LATE)
    assert "Un échange a eu lieu" not in ask(with_result(talked, Reason.CONTACT_GONE.value, LATE), LATE)


def test_the_clause_is_explained_anew_on_a_new_passage() -> None:
    explained = with_result(SENT, EventKind.CLAUSE_EXPLAINED.value)

    assert is_clause_explained(explained)
    assert not is_clause_explained(replace(explained, reached={Milestone.TAKEN.value: LATE}))


def test_documents_sent_in_another_way_are_no_link() -> None:
    handed = replace(parcours_at(Step.RECEIVED), outside_at=SINCE)

    assert ask(handed, NEXT_DAY) == f"Les documents d’un jeune sont partis le 3 novembre 2026. {MEET}"


def test_what_went_wrong_is_said_alone() -> None:
    bounced = replace(SENT, setback=Setback.MAIL_BOUNCED)

    assert (
        ask(bounced, NEXT_DAY)
        == "Notre lien n’a pas trouvé son destinataire. À qui l’envoyer, et à quelle adresse ?"
    )


def test_a_recipient_who_has_left_is_the_tutors_turn_until_a_sign_of_hers() -> None:
    first = SENT.company.contacts[0]
    written = replace(first, written_at=SINCE)
    sent = replace(SENT, company=replace(SENT.company, contacts=(written,)))
    gone = with_result(sent, Reason.CONTACT_GONE.value)
    turn = whose_turn(gone, NEXT_DAY + timedelta(days=1))

    assert turn is not None and (turn.state, turn.role, turn.since) == (
        State.MAIL_FAILED,
        Role.TUTOR,
        NEXT_DAY,
    )
    assert "À qui l’envoyer" in ask(gone, LATE)
    colleague = CompanyContact(
        role=ContactRole.WELCOMES, name="Hugo", address="h@entreprise.example", written_at=NEXT_DAY
    )
    beside = replace(gone, company=replace(gone.company, contacts=(*gone.company.contacts, colleague)))
    awaited = whose_turn(beside, NEXT_DAY + timedelta(days=1))
    assert awaited is not None and awaited.state is State.TO_OPEN, "her own link waits"
    back = whose_turn(with_result(gone, Reason.REACHED.value, LATE), LATE)
    assert back is not None and back.state is not State.MAIL_FAILED
