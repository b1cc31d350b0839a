"""Every code has its answer or its word: refusals in ``web/kit/errors``; reasons of fields, facts, states, slugs in ``words``."""

import ast
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from string import Formatter
from typing import Any

from chalicelib import errors
from chalicelib.domain.documents.mailing import Occasion
from chalicelib.domain.documents.opening import STATE_OF_REFUSAL, LinkState
from chalicelib.domain.kernel.deposit import DepositState, DocumentState, Mailing
from chalicelib.domain.kernel.parcours import ContactRole
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import FORMER, RETIRED, MailKind
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role, Step
from chalicelib.domain.parcours.turns import State
from chalicelib.stories.documents import opening
from chalicelib.stories.mails import notices
from chalicelib.web import importing
from chalicelib.web.kit.errors import ANSWERS, FAULT, FIELDS, describe
from chalicelib.words import codes as codes_words
from chalicelib.words import timeline, turns
from chalicelib.words.mails import NOTICES
from tests.architecture.sources import CODE, calls, strings, tree_of

ABSTRACT: set[type[errors.RelayError]] = {errors.RelayError, errors.DeadLink}


def descendants(kind: type[errors.RelayError]) -> Iterator[type[errors.RelayError]]:
    """Give every subclass of a refusal, at any depth."""
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


REFUSALS = sorted(set(descendants(errors.RelayError)) - ABSTRACT, key=lambda descendant: descendant.__name__)
CODES = {
    "unreadable": 400, "unknown_field": 400, "signed_out": 401, "proof_needed": 403, "proof_wrong": 403, "origin": 403,
    "code_wrong": 403, "not_yours": 403, "sealer_alone": 403,
    "not_found": 404, "feed_unknown": 410,
    "method": 405, "deposit_conflict": 409, "changed_meanwhile": 409, "wrong_step": 409,
    "link_unknown": 410, "link_spent": 410, "link_expired": 410, "link_revoked": 410, "link_erased": 410,
    "link_closed": 410, "link_suspended": 410, "link_replaced": 410, "link_refused": 410, "recipient_refused": 409,
    "sign_in_stale": 403, "passkey_refused": 403, "passkey_cloned": 403,
    "code_dead": 410, "code_elsewhere": 403, "identity_elsewhere": 403, "identity_invalid": 403, "identity_other": 409,
    "no_account": 403, "provider_down": 503, "too_large": 413, "media_type": 415,
    "address_taken": 409, "account_busy": 409, "offer_exists": 409, "reminded_today": 409, "person_reminded_today": 409,
    "texted_this_week": 409,
    "too_many_held": 409, "talk_needed": 409,
    "slot_taken": 409, "guests_unseen": 409, "follow_key_unknown": 404, "holiday_unseen": 409, "host_unseen": 409,
    "colleague_limit": 409, "notice_needed": 409, "nothing_sent": 409,
    "no_contact": 409, "opened_meanwhile": 409, "key_used": 409, "recipient_doubtful": 409, "contact_gone": 409,
    "cookies_blocked": 400,
    "field_invalid": 422, "fields_invalid": 422, "proof_locked": 429, "too_many": 429, "try_again": 503, "not_authentic": 503,
}  # fmt: skip
"""What clients rely on. Changing a line here breaks them."""


def example(kind: type[errors.RelayError]) -> errors.RelayError:
    """Return one refusal of this kind, with the facts that it needs."""
    needs: dict[type[errors.RelayError], dict[str, errors.Fact | tuple[errors.FieldInvalid, ...]]] = {
        errors.FieldInvalid: {"field": "adresse", "reason": "address"},
        errors.FieldsInvalid: {"refusals": ()},
        errors.SignedOut: {"expired": True},
        errors.ProofWrong: {"remaining": 2},
        errors.CodeWrong: {"remaining": 2},
        errors.ProofLocked: {"retry_after_seconds": 900},
        errors.OpenedMeanwhile: {"since": None},
        errors.HolidayUnseen: {"day": datetime(2026, 12, 25, 11, tzinfo=UTC)},
        errors.HostUnseen: {"host": "visio.example"},
        errors.RemindedToday: {"since": datetime(2026, 12, 1, 11, tzinfo=UTC)},
        errors.RecipientDoubtful: {
            "domain": "gmail.com",
            "doubts": ("undeclared",),
            "entries": (),
            "sealer": "me",
            "shown": "0" * 16,
        },
        errors.NotYours: {"whose": frozenset({"team", "buyer", "prescriber"})},
        errors.NotNow: {"kind": "convention_signed", "status": "in_preparation", "step": "received"},
        errors.TooMany: {"retry_after_seconds": 60},
        errors.TooManyOnLink: {"retry_after_seconds": 60},
        errors.TooManyTakings: {"retry_after_seconds": 60},
        errors.TooManyOfReference: {"retry_after_seconds": 60},
        errors.TooManyYoungActs: {"retry_after_seconds": 60},
        errors.TooManyFollowKeys: {"retry_after_seconds": 60},
        errors.TooManyIdentifications: {"retry_after_seconds": 60},
        errors.TooManyHeld: {"most": 15},
        errors.TalkNeeded: {"asked": "stop"},
    }
    return kind(**needs.get(kind, {}))


def test_every_refusal_has_its_answer() -> None:
    """Each refusal has the status of its code, a whole sentence, a title, and an act that leads to one of our pages."""
    for kind in REFUSALS:
        assert kind in ANSWERS
        assert ANSWERS[kind].status == CODES[kind.code], kind
        row, sentence = describe(example(kind))
        assert sentence[0].isupper() and sentence.rstrip().endswith("."), sentence
        assert "{" not in sentence and "None" not in sentence, sentence
        assert row.title and row.act[0] and row.act[1].startswith("/"), kind


def test_every_refusal_is_raised_somewhere() -> None:
    """Each refusal without subclasses is named by code outside ``errors.py``."""
    tables = {"errors.py"}  # where they are defined, and where they are answered
    named = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for path in CODE
        if path.name not in tables
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.Name)
    }

    assert [
        kind.__name__ for kind in REFUSALS if kind.__name__ not in named and not kind.__subclasses__()
    ] == []


def test_codes_are_unique_and_all_of_them_are_promised() -> None:
    """Each code belongs to one refusal, and CODES lists exactly those that exist."""
    own = [kind.code for kind in REFUSALS if kind.code != getattr(kind.__base__, "code", None)]
    assert sorted(own) == sorted(CODES)
    assert ANSWERS.keys() == set(REFUSALS)


def test_the_tree_in_the_docstring_names_every_refusal() -> None:
    drawn = errors.__doc__ or ""

    assert [kind.__name__ for kind in REFUSALS if kind.__name__ not in drawn] == []


def test_sentences_ask_only_for_facts_that_are_given() -> None:
    """The placeholders of the sentences are among the names that ``describe`` fills in; « when » stands only where the refusal
    has an instant.
    """
    for kind, row in ANSWERS.items():
        asked = {name for _, name, _, _ in Formatter().parse(row.message) if name}
        assert asked <= {
            "when",
            "field",
            "session",
            "domain",
            "doubts",
            "most",
            "not_now",
            "whose",
            "host",
            "notified",
            "asked",
            "end",
        }, kind
        assert "when" not in asked or issubclass(
            kind, errors.DeadLink | errors.OpenedMeanwhile | errors.RemindedToday | errors.HolidayUnseen
        )
    assert not any(name for _, name, _, _ in Formatter().parse(FAULT.message))


def test_every_reason_of_a_field_has_its_sentence() -> None:
    """Each reason with which FieldInvalid is raised has a sentence, and each sentence a place that raises its reason."""
    used = {
        ast.literal_eval(argument)
        for path in CODE
        for called, node in calls(path)
        if called.endswith("FieldInvalid") and len(node.args) == 2
        for argument in ast.walk(node.args[1])
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }

    assert used <= FIELDS.keys() | {"missing", "type"} | {problem.value for problem in importing.CELL}
    raised = {text for path in CODE if path.name != "errors.py" for text in strings(path)}
    assert FIELDS.keys() <= raised, "a sentence that nothing says"


def test_every_dead_link_has_the_state_that_its_page_shows() -> None:
    """Each refusal of a dead link stands for one state of its page, and each such state for one refusal."""
    dead = set(descendants(errors.DeadLink)) - {errors.LinkUnknown}

    assert STATE_OF_REFUSAL.keys() == dead
    assert set(STATE_OF_REFUSAL.values()) == set(LinkState) - {LinkState.TO_OPEN, LinkState.OPENED_HERE}
    assert dead | {errors.LinkUnknown} <= set(opening.LINK_REFUSALS.values())


TABLES: list[tuple[type[StrEnum], Mapping[Any, object], set[Any]]] = [
    (EventKind, timeline.FACTS, set()),
    (Reason, codes_words.REASONS, set()),
    (ParcoursStatus, codes_words.STATUS, set()),
    (Step, codes_words.STEP, set()),
    (Role, codes_words.ROLE, set()),
    (ContactRole, codes_words.CONTACT_ROLE, set()),
    (Kind, codes_words.KIND, set()),
    (DepositState, codes_words.DEPOSIT, set()),
    (DepositState, codes_words.DEPOSIT_SLUG, set()),
    (DocumentState, codes_words.DOCUMENT_SLUG, set()),
    (Mailing, codes_words.MAILING_SLUG, set()),
    (LinkState, codes_words.LINK_SLUG, set()),
    (State, turns.AWAITED, set()),
    (Role, turns.TO, {Role.PRESCRIBER, Role.SYSTEM}),
]


def test_every_code_has_its_words() -> None:
    for codes, table, without in TABLES:
        assert table.keys() == set(codes) - without, codes
        assert all(table.values()), codes


def test_every_fact_that_people_do_not_note_is_noted_by_a_decision() -> None:
    """Each kind of event that people cannot note is named by a decision or a story; otherwise nobody would ever read its line
    of the timeline.
    """
    decisions = [
        path for path in CODE if {"domain", "stories"} & set(path.parts) and path.name != "timeline.py"
    ]
    noted = {
        node.attr
        for path in decisions
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "EventKind"
    }

    assert {kind.name for kind in EventKind if kind.move is None} - noted == set()


def test_every_outcome_has_the_words_of_its_button_and_its_refusal() -> None:
    for kind, row in timeline.FACTS.items():
        assert row.sentence and row.last, kind
        assert bool(row.refusal) is (kind.move is not None), f"{kind}: why it cannot be noted here"


def test_every_kind_of_mail_is_written_and_every_notice_has_its_words() -> None:
    assert notices.WRITERS.keys() == set(MailKind) - RETIRED - FORMER.keys() - {
        MailKind.LINK,
        MailKind.SIGN_IN_CODE,
        MailKind.SMS,
    }
    assert notices.WRITERS.keys() >= set(FORMER.values())
    assert NOTICES.keys() == set(Occasion)


SLUGS: dict[str, tuple[dict[object, str], set[str]]] = {
    "etat of a deposit": (
        codes_words.DEPOSIT_SLUG,  # type: ignore[dict-item]
        {
            "attendu",
            "recu",
            "verifie",
            "refuse",
            "parti",
            "ouvert",
            "remis",
            "illisible",
            "expire",
            "revoque",
            "efface",
        },
    ),
    "envoi": (
        codes_words.MAILING_SLUG,
        {
            "en_cours",
            "accepte",
            "echoue",
            "retarde",
            "distribue",
            "revenu",
            "rejete",
            "indesirable",
            "pas_parti",
        },
    ),  # type: ignore[dict-item]
    "etat of a link": (
        codes_words.LINK_SLUG,  # type: ignore[dict-item]
        {"a_ouvrir", "ouvert_ici", "deja_ouvert", "expire", "revoque", "efface", "ferme", "suspendu"},
    ),
    "attendu": (
        codes_words.HOLDER_SLUG,  # type: ignore[dict-item]
        {
            "ouvrir",
            "passer",
            "accord",
            "lire",
            "dates",
            "autres_dates",
            "choix",
            "rendez_vous",
            "apres_rendez_vous",
            "manque",
            "envoi",
            "documents_partis",
            "convention",
            "stage",
            "garde",
            "refuse",
            "refuse_ailleurs",
            "arrete",
            "termine",
            "rien",
        },
    ),
}


def test_slugs_are_those_that_clients_rely_on() -> None:
    for what, (table, promised) in SLUGS.items():
        assert sorted(table.values()) == sorted(promised), what


def test_an_inspection_refuses_for_reasons_that_can_be_told() -> None:
    """Each reason of a refused document, those of earlier versions in histories included, has its sentence and its advice."""
    told = {Reason.NOT_CANONICAL, Reason.NOT_AS_DECLARED}
    earlier = {"not_a_pdf", "protected", "active", "attachments", "page_count", "unverifiable"}

    assert codes_words.REFUSED_DOCUMENT.keys() == told | {Reason(code) for code in earlier}
    for sentence, advice in codes_words.REFUSED_DOCUMENT.values():
        assert sentence.endswith(".") and advice.endswith(".")
