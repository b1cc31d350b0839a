"""Documents that went by mail before the tool: noted, the company is awaited, and may be reminded, as after a link."""

from datetime import datetime

import pytest

from chalicelib import clock, terms
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.parcours import turns
from chalicelib.errors import NothingSent
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from tests.conftest import Clock
from tests.integration.test_outcomes import in_days, notes
from tests.support import factories, http, relays
from tests.support.http import Client
from tests.support.mail_rules import one_line
from tests.support.relays import Relay
from tests.support.worlds import World


@pytest.fixture
def tutor(relay: Relay) -> Client:
    """The tutor's signed-in browser."""
    return http.signed_in(relay.tutor)


def read_turn(relay: Relay, now: datetime) -> turns.Turn | None:
    """Return the turn at this instant."""
    return turns.whose_turn(relay.head(), now, terms.calendar(), terms.turns())


def note_sending_outside(tutor: Client, relay: Relay, day: str) -> None:
    """Note that documents were sent outside the product on this day."""
    given = notes(tutor, relay, "documents_sent_outside", contact="answers_tender", survenu_le=day)
    assert given.status == 303


def test_the_company_is_awaited_until_the_day_it_promised(relay: Relay, tutor: Client, time: Clock) -> None:
    note_sending_outside(tutor, relay, in_days(0))
    notes(tutor, relay, "dates_promised", contact="answers_tender", prevu_le=in_days(25))

    awaited = read_turn(relay, clock.utc_now())
    assert relay.head().step is Step.RECEIVED
    assert awaited is not None and awaited.due_at is not None
    assert (awaited.role, (awaited.due_at - time.now).days) == (Role.COMPANY, 25)
    page_text = tutor.get(f"/parcours/{relay.parcours_id}").words
    assert "avez noté des documents envoyés hors de Passe-plat" in page_text


def test_correcting_a_sending_outside_asks_for_the_documents_again(relay: Relay, tutor: Client) -> None:
    before = relay.head()
    note_sending_outside(tutor, relay, in_days(0))
    wrong = parcours_table.read_page(relay.parcours_id).events[-1]

    tutor.post_form(f"/parcours/{relay.parcours_id}/faits/{wrong.id}/correction", {"suite": ""})

    head = relay.head()
    assert (head.step, head.outside_at, head.board) == (Step.DOCUMENTS_TO_SEND, None, before.board)
    with pytest.raises(NothingSent):
        outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())


def test_the_company_is_reminded_in_words_that_are_true(world: World, time: Clock) -> None:
    buyer = factories.account(Role.BUYER)
    relay = relays.started(world, also=(buyer,))
    client = http.signed_in(buyer)
    assert "/relance" not in client.get("/parcours").text
    note_sending_outside(http.signed_in(relay.tutor), relay, in_days(0))
    assert "/relance" in client.get("/parcours").text
    assert "/relance" in client.get(f"/parcours/{relay.parcours_id}").text

    outcomes.remind(buyer, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()

    mail = one_line(world.mails()[-1])
    assert "ses documents ont été envoyés à votre entreprise" in mail and "/retrait" not in mail
    assert "Répondez à ce message avec deux ou trois dates possibles" in mail


def test_documents_may_still_be_sent_here_and_a_link_then_counts(relay: Relay, tutor: Client) -> None:
    note_sending_outside(tutor, relay, in_days(0))

    relay.sends()

    assert (relay.head().step, relay.head().holder) == (Step.LINK_SENT, Role.COMPANY)


def test_a_sending_outside_does_not_carry_over_to_the_next_passage(relay: Relay, tutor: Client) -> None:
    note_sending_outside(tutor, relay, in_days(0))
    end = {
        "fin": "young_person_withdrew",
        "motif": "other",
        "survenu_le": in_days(0),
        "jours": "",
        "suite": "",
    }
    tutor.post_form(f"/parcours/{relay.parcours_id}/fin", end)

    assert relay.head().holder is None


def test_a_company_that_declines_before_anything_was_sent_is_noted(relay: Relay, tutor: Client) -> None:
    """After the refusal it is the tutor's turn, and the next sending takes the refusal back."""
    answer = notes(tutor, relay, "company_declined.activity_stopped", contact="answers_tender")

    assert answer.status == 303
    assert (relay.head().step, relay.head().setback) == (Step.DOCUMENTS_TO_SEND, Setback.DECLINED)
    relay.sends()
    assert (relay.head().step, relay.head().setback) == (Step.LINK_SENT, None)


def test_whoever_only_reads_does_not_note_it(world: World, time: Clock) -> None:
    buyer = factories.account(Role.BUYER)
    relay = relays.started(world, also=(buyer,))

    refused = notes(http.signed_in(buyer), relay, "documents_sent_outside", contact="answers_tender")

    assert (refused.status, relay.head().step) == (403, Step.DOCUMENTS_TO_SEND)
