"""What the recipient says of the documents: once, by the browser that opened, and never taken back to the worse."""

import html
from dataclasses import replace

import pytest

from chalicelib import clock, terms
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Change, MailKind, Transition
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.parcours.turns import whose_turn
from chalicelib.errors import LinkErased, LinkSpent, ProofNeeded
from chalicelib.stores import relay_table as stored
from chalicelib.stores import transactions
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.support import http
from tests.support.passings import answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


def test_a_repeated_answer_about_reading_is_recorded_once(relay: Relay) -> None:
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)

    for _ in range(3):
        browser.confirms(token)

    assert relay.event_kinds()[-1] is EventKind.DOCUMENTS_CONFIRMED
    assert relay.event_kinds().count(EventKind.DOCUMENTS_CONFIRMED) == 1
    assert relay.head().step is Step.RECEIVED


def test_a_notice_that_the_version_before_queued_leaves_as_one_of_today(relay: Relay, world: World) -> None:
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)
    browser.confirms(token)
    (notice,) = stored.list_mails(relay.outbox())
    former = replace(notice, kind=MailKind.CONFIRMATION_NOTICE, fact=None)
    transactions.commit(Transition(changes=(Change(notice, former),)))

    relay.mailer_runs()

    assert "L’entreprise a pu lire" in str(world.mails()[-1]["Subject"]) and relay.outbox() == []


def test_an_unreadable_document_gives_the_tutor_the_turn_and_may_become_readable(
    relay: Relay, world: World
) -> None:
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)
    ends = relay.deposit().erase_at

    for _ in range(2):
        browser.confirms(token, readable=False)

    turn = whose_turn(relay.head(), clock.utc_now(), terms.calendar(), terms.turns())
    assert turn is not None and turn.role is Role.TUTOR
    assert relay.head().setback is Setback.UNREADABLE
    assert (relay.deposit().state, relay.deposit().erase_at) == (DepositState.UNREADABLE, ends)
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain  # she may try again
    browser.confirms(token)
    assert relay.head().setback is None
    assert relay.event_kinds()[-2:] == [EventKind.DOCUMENTS_UNREADABLE, EventKind.DOCUMENTS_CONFIRMED]


def test_documents_that_assistive_tools_cannot_read_give_the_tutor_the_turn_with_that_reason(
    relay: Relay, world: World
) -> None:
    """RGAA 13.3: photos become a PDF without text, so who cannot see it has a press that asks for another form."""
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)
    said = {"token": token, "lisible": False, "outils": True}

    answer = http.Client({NONCE_COOKIE: browser.nonce}).post_json("/retrait/reception", said)

    assert answer.status == 204
    assert relay.head().setback is Setback.UNREADABLE
    page_text = html.unescape(http.signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text)
    assert "À vous : refaites l’envoi qui est attendu" in page_text
    assert '<button class="btn" type="submit">Renvoyer le lien' in page_text, "the solid button"
    assert "Ses outils, un lecteur d’écran par exemple, ne peuvent pas lire ce PDF." in page_text


def test_readable_is_never_taken_back(relay: Relay) -> None:
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)
    browser.confirms(token)

    with pytest.raises(LinkErased):
        browser.confirms(token, readable=False)
    assert relay.deposit().state is DepositState.CONFIRMED


def test_only_who_opened_may_say_whether_it_could_be_read(relay: Relay) -> None:
    token = relay.sends()
    browser, other = answers_question(token), answers_question(token)
    with pytest.raises(LinkSpent):
        browser.confirms(token)  # nobody opened yet
    browser.opens(token)

    with pytest.raises(LinkSpent):
        other.confirms(token)
    with pytest.raises(ProofNeeded):
        Browser().confirms(token)
    assert stored.read_deposit(relay.sent[0].deposit) is not None
    assert relay.deposit().state is DepositState.OPENED
