"""The French of every code: what a timeline line, a second line, a progress answer and a reminder of the market say."""

import re
from dataclasses import asdict, replace
from itertools import product

import pytest

from chalicelib.domain.kernel.deposit import Contents, Deposit, DepositState, Document, DocumentState, Mailing
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.meetings.appointment import CANCELS
from chalicelib.words import codes, timeline
from tests.support import factories
from tests.support.factories import NOON

CV, LETTER = Kind.CV, Kind.LETTER
SENTENCE = re.compile(r"^[a-zéêàn’][^{}_<>]*[^.\s]$")


def build_event(kind: EventKind, documents: tuple[Kind, ...] = (), reason: Reason | None = None) -> Event:
    """Return an event of this kind."""
    return Event(
        parcours="p",
        id="e",
        attempt=1,
        kind=kind,
        at=NOON,
        actor=Role.SYSTEM,
        documents=documents,
        reason=reason,
    )


@pytest.mark.parametrize("kind", [EventKind.COLLEAGUE_NAMED, EventKind.COLLEAGUE_ADDED])
def test_a_colleague_who_was_named_was_sent_nothing_yet(kind: EventKind) -> None:
    """The question may wait for who sealed."""
    fact = timeline.FACTS[kind]
    assert "envoyé" not in fact.sentence + fact.last


@pytest.mark.parametrize("documents", [(), (CV,), (LETTER,), (CV, LETTER)], ids=str)
def test_every_fact_is_the_end_of_a_sentence(documents: tuple[Kind, ...]) -> None:
    """« Entreprise » + « a ouvert le lien »: it begins with a verb in lower case, ends without a full stop."""
    for kind in EventKind:
        text = timeline.format_fact(build_event(kind, documents))
        assert SENTENCE.match(text), text
        assert text.split()[0] in {"a", "n’a", "dit", "est"}, text


def test_facts_differ() -> None:
    """Two codes that read the same would hide which one happened."""
    said = [timeline.format_fact(build_event(kind, (CV,))) for kind in EventKind]

    assert len(set(said)) == len(EventKind)


@pytest.mark.parametrize(
    ("kind", "documents", "text"),
    [
        (EventKind.DEPOSIT_OPENED, (CV,), "a commencé l’envoi du CV"),
        (EventKind.DEPOSIT_OPENED, (LETTER,), "a commencé l’envoi de la lettre"),
        (EventKind.DEPOSIT_OPENED, (), "a commencé l’envoi des documents"),
        (EventKind.DOCUMENTS_VERIFIED, (CV,), "a vérifié le CV"),
        (EventKind.DOCUMENTS_ERASED, (CV, LETTER), "a effacé le CV et la lettre"),
        (EventKind.DOCUMENTS_REFUSED, (), "a refusé les documents"),
        (EventKind.LINK_OPENED, (CV,), "a ouvert le lien"),
    ],
)
def test_facts_name_their_documents(kind: EventKind, documents: tuple[Kind, ...], text: str) -> None:
    assert timeline.format_fact(build_event(kind, documents)) == text


@pytest.mark.parametrize("actor", [Role.TUTOR, Role.COORDINATOR, Role.PRESCRIBER, Role.TEAM, Role.BUYER])
def test_a_refusal_that_somebody_else_notes_stays_the_companys(actor: Role) -> None:
    event = build_event(EventKind.COMPANY_DECLINED)
    noted = replace(event, actor=actor)

    assert timeline.format_fact(replace(event, actor=Role.COMPANY)) == "a refusé"
    assert timeline.format_fact(noted) == "a noté que l’entreprise a refusé"
    assert timeline.describe_event(noted, yours=True) == ("Vous", "avez noté que l’entreprise a refusé")


def test_every_reason_is_a_sentence_below_the_fact() -> None:
    for reason in Reason:
        text = timeline.format_detail(build_event(EventKind.CALL_NOTED, reason=reason))
        assert text is not None, reason
        assert text[0].isupper() and text.endswith(".") and "_" not in text, text


def test_a_cancellation_ahead_of_time_says_of_nobody_that_they_did_not_come() -> None:
    for reason in CANCELS:
        text = timeline.format_detail(build_event(EventKind.MEETING_CANCELLED, reason=reason)) or ""
        assert text.endswith(".") and "venu" not in text, text
    missed = build_event(EventKind.MEETING_MISSED, reason=Reason.YOUNG_PERSON_ABSENT)
    assert timeline.format_detail(missed) == "Le jeune n’est pas venu."


def test_an_erasure_says_why() -> None:
    assert timeline.format_detail(build_event(EventKind.DOCUMENTS_ERASED, reason=Reason.NEVER_CONFIRMED)) == (
        "Ouvert, mais personne n’a dit avoir pu lire."
    )
    assert timeline.format_detail(build_event(EventKind.LINK_OPENED)) is None


def test_nothing_is_promised_of_the_companys_copy() -> None:
    """What the company keeps is not ours to speak of."""
    assert timeline.FACTS[EventKind.COPIES_DELETED].sentence.startswith("dit "), (
        "she said so; we did not see it"
    )


def test_the_recipient_learns_the_market_and_nothing_of_anybody() -> None:
    parcours: Parcours = replace(factories.offer(), reference="CSF-7K3Q-92")

    facts = asdict(codes.build_market_facts(parcours))

    assert facts.keys() == {
        "reference",
        "marche",
        "lot",
        "acheteur",
        "entreprise",
        "heures",
        "lieu",
        "taches",
    }
    assert parcours.placement.place not in facts.values(), "the street is for the day of the meeting"
    for contact in parcours.company.contacts:
        assert contact.name not in str(facts) and contact.address not in str(facts)


def deposit(
    state: DepositState, documents: tuple[Document, ...] | None, mailing: Mailing | None = None
) -> Deposit:
    """Return a deposit in this state; ``documents`` is None once they are erased."""
    contents = (
        Contents(
            owner="a",
            sealed_by="a",
            sender=Role.TUTOR,
            recipient="r@a.example",
            salt="s",
            documents=documents,
        )
        if documents
        else None
    )
    return Deposit(
        id="d", parcours="p", attempt=1, kinds=(CV,), state=state, created_at=NOON, form_signed_at=NOON, erase_at=NOON,
        contents=contents, mailing=mailing,
    )  # fmt: skip


def document(state: DocumentState, refusal: Reason | None = None) -> Document:
    """Return a CV in this state."""
    return Document(kind=CV, sealed_bytes=100, sha256="s", key_sha256="k", state=state, refusal=refusal)


def test_progress_says_where_a_deposit_is() -> None:
    for state, mailing in product(DepositState, [None, *Mailing]):
        shown = codes.build_progress(deposit(state, (document(DocumentState.VERIFIED),), mailing), NOON)
        assert shown == {
            "etat": codes.DEPOSIT_SLUG[state],
            "envoi": codes.MAILING_SLUG[mailing] if mailing else None,
            "depuis": "2026-12-01T11:00:00.000Z",
            "documents": [{"kind": "cv", "etat": "verifie"}],
        }


def test_progress_says_why_a_document_was_refused_and_what_to_do() -> None:
    shown = codes.build_progress(
        deposit(DepositState.REFUSED, (document(DocumentState.REFUSED, Reason.PROTECTED),)), NOON
    )

    sentence, advice = codes.REFUSED_DOCUMENT[Reason.PROTECTED]
    assert shown["documents"] == [{"kind": "cv", "etat": "refuse", "message": f"{sentence} {advice}"}]


def test_progress_of_a_reduced_deposit_names_its_kinds_only() -> None:
    """Its recipient, hashes and owner are gone."""
    assert codes.build_progress(deposit(DepositState.CONFIRMED, None), NOON) == {
        "etat": "remis",
        "envoi": None,
        "depuis": "2026-12-01T11:00:00.000Z",
        "documents": [{"kind": "cv", "etat": "remis"}],
    }


def test_what_is_said_of_a_document_agrees_with_it() -> None:
    known = {DocumentState.VERIFIED: ("Vérifié", "Vérifiée"), DocumentState.EXPECTED: ("Attendu", "Attendue")}
    for state, words in known.items():
        for kind, word in zip((CV, LETTER), words, strict=True):
            document = Document(kind=kind, sealed_bytes=100, sha256="s", key_sha256="k", state=state)
            assert codes.format_document_state(document) == word
