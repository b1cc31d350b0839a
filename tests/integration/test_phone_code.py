"""The telephoned code: whoever reads the mail and knows the address opens nothing without it."""

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.errors import (
    CodeWrong,
    DepositConflict,
    FieldInvalid,
    LinkClosed,
    ProofLocked,
    ProofNeeded,
    ProofWrong,
)
from chalicelib.stories.documents import opening, sending
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, http, mail_rules, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import text_of
from tests.support.passings import COLLEAGUE, announces_with_code, passes, sends_announced
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record


def send_with_code(world: World) -> tuple[Relay, str, str]:
    """Send a link that asks for a code; return the parcours, the token and the code."""
    relay = relays.started(world)
    document = announces_with_code(relay)
    code = opening.read_shown_code(document.deposit)
    assert code is not None and len(code) == 6
    return relay, sends_announced(relay), code


def types(browser: Browser, token: str, code: str) -> None:
    """Answer the link's question with this code."""
    opening.prove(token, code, browser=browser.digest, now=clock.utc_now(), code=True)


def other_code(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_repeat_shows_the_same_code_until_the_documents_have_arrived(relay: Relay) -> None:
    document = announces_with_code(relay)
    first = opening.read_shown_code(document.deposit)
    announces_with_code(relay, document)

    assert opening.read_shown_code(document.deposit) == first
    sends_announced(relay)
    assert opening.read_shown_code(document.deposit) is None


def test_a_repeat_without_the_code_is_another_announcement(relay: Relay) -> None:
    document = announces_with_code(relay)

    with pytest.raises(DepositConflict):
        relay.announces(document)
    asked = sending.Announcement(document.deposit, COMPANY_ADDRESS, (document.declared,), notice=True)
    with pytest.raises(DepositConflict):
        sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())


def test_a_link_with_a_code_opens_by_the_code_and_not_by_the_address(world: World, time: Clock) -> None:
    relay, token, code = send_with_code(world)
    browser = Browser()

    with pytest.raises(CodeWrong):
        browser.proves(token)
    types(browser, token, f"{code[:3]} {code[3:]}")
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain
    contents = relay.deposit().contents
    assert contents is not None and contents.code_check is None


def test_neither_the_code_nor_its_value_stands_anywhere_once_opened(world: World, time: Clock) -> None:
    _, token, code = send_with_code(world)
    everything = world.everything()
    assert f"'{code}'" not in everything
    browser = Browser()
    types(browser, token, code)
    browser.opens(token)

    kept = [item["contents"] for item in world.table("RELAY_TABLE") if "contents" in item]
    assert [item["code_check"] for item in kept] == [None]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12a456", "１２３４５６", "-12345"])
def test_an_answer_that_is_no_code_is_not_counted_as_wrong(world: World, time: Clock, typed: str) -> None:
    _, token, code = send_with_code(world)
    browser = Browser()

    for _ in range(6):
        with pytest.raises(FieldInvalid):
            types(browser, token, typed)
    types(browser, token, code)


def test_five_wrong_codes_pause_the_question_and_twenty_close_the_link(world: World, time: Clock) -> None:
    _, token, code = send_with_code(world)
    browser = Browser()

    for turn in range(4):
        for place in range(5):
            expected = LinkClosed if (turn, place) == (3, 4) else ProofLocked if place == 4 else CodeWrong
            with pytest.raises(expected):
                types(browser, token, other_code(code))
        if turn < 3:
            with pytest.raises(ProofLocked):
                types(browser, token, code)
        time.passes(minutes=16)
    with pytest.raises(LinkClosed):
        types(browser, token, code)


def test_a_code_typed_where_none_was_given_is_wrong(relay: Relay) -> None:
    token = relay.sends()

    with pytest.raises(ProofWrong) as refused:
        types(Browser(), token, "123456")
    assert refused.type is ProofWrong  # the address is asked for here, and its sentence says so


def test_colleagues_and_new_sendings_are_asked_for_a_code_too(world: World, time: Clock) -> None:
    relay, token, code = send_with_code(world)
    holder = Browser()
    types(holder, token, code)
    passes(holder, token)
    relay.mailer_runs()
    colleague_token = relay.tokens()[-1]
    colleague = Browser(COLLEAGUE)
    with pytest.raises(ProofWrong):
        colleague.proves(colleague_token)
    types(colleague, colleague_token, code)
    colleague.opens(colleague_token)

    sending_changes.resends(relay, seen_opened=True)
    relay.mailer_runs()
    again = relay.tokens()[-1]
    with pytest.raises(ProofWrong):
        colleague.proves(again)
    types(colleague, again, code)
    assert colleague.reads(colleague.opens(again), world) == relay.sent[0].plain


def card(relay: Relay, person: Account) -> str:
    """Return the code and whom to call, as the page of the parcours shows them to this person; empty when it shows none."""
    page = html.unescape(http.signed_in(person).get(f"/parcours/{relay.parcours_id}").text)
    match = re.search(r'id="code-titre">.*?</section>', page, re.DOTALL)
    return match[0] if match else ""


def test_the_sender_reads_the_code_beside_the_number_while_the_link_lives(relay: Relay) -> None:
    document = announces_with_code(relay)
    code = opening.read_shown_code(document.deposit) or ""
    shown, contact = f"{code[:3]}\u00a0{code[3:]}", relay.head().company.contacts[0]
    assert shown in card(relay, relay.tutor)

    token = sends_announced(relay)
    before = card(relay, relay.tutor)
    assert shown in before and contact.name in before and str(contact.phone) in before

    holder = Browser()
    types(holder, token, code)
    passes(holder, token)
    relay.mailer_runs()
    passed = card(relay, relay.tutor)
    assert shown in passed and "Jeanne Roy" in passed and str(contact.phone) in passed

    colleague = Browser(COLLEAGUE)
    types(colleague, relay.tokens()[-1], code)
    colleague.opens(relay.tokens()[-1])
    colleague.confirms(relay.tokens()[-1])
    relay.purges()
    assert shown in card(relay, relay.tutor)  # another device asks for it before dates are proposed

    link = relay.link()
    change_record(link, replace(link, closed_at=clock.utc_now()))
    assert card(relay, relay.tutor) == ""


def test_nobody_reads_a_code_who_may_not_send(world: World, time: Clock) -> None:
    relay, _, _ = send_with_code(world)
    field = [factories.account(role) for role in (Role.BUYER, Role.PRESCRIBER, Role.TEAM)]
    coordinator = factories.account(Role.COORDINATOR)
    add_records(*field, coordinator)

    assert [card(relay, person) for person in field] == ["", "", ""]
    assert card(relay, coordinator) != ""


def test_a_sending_without_a_code_shows_none(relay: Relay) -> None:
    relay.sends()

    assert card(relay, relay.tutor) == ""


ACTS_OF_THE_HOLDER: dict[str, Callable[[Browser, str], object]] = {
    "open": lambda browser, token: browser.opens(token),
    "decline": lambda browser, token: browser.declines(token),
    "pass the link on": passes,
    "say that she could read": lambda browser, token: browser.confirms(token),
}


def asks_for_new_sending(token: str) -> None:
    """Ask for a new sending in a browser that has answered nothing."""
    opening.ask_again(token, browser=Browser().digest, now=clock.utc_now())


def test_who_was_given_no_code_asks_for_a_new_sending_without_it_and_the_link_still_opens(
    world: World, time: Clock
) -> None:
    relay, token, code = send_with_code(world)
    mails = len(world.mails())

    for _ in range(2):
        asks_for_new_sending(token)

    assert relay.head().setback is Setback.SENDING_REQUESTED
    assert relay.event_kinds().count(EventKind.SENDING_REQUESTED) == 1
    relay.mailer_runs()
    assert [str(mail["To"]) for mail in world.mails()[mails:]] == [relay.tutor.address], (
        "nothing goes elsewhere"
    )
    assert "Le lien reçu ne lui sert pas" in text_of(world.mails()[-1])
    browser = Browser()
    types(browser, token, code)
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain
    assert relay.head().setback is None


@pytest.mark.parametrize("act", ACTS_OF_THE_HOLDER)
def test_without_the_code_nothing_else_is_done(world: World, time: Clock, act: str) -> None:
    """A thief of the mailbox, who knows the address, gives the tutor a turn at most."""
    relay, token, _ = send_with_code(world)
    thief = Browser()
    with pytest.raises(CodeWrong):
        thief.proves(token)
    asks_for_new_sending(token)

    with pytest.raises(ProofNeeded):
        ACTS_OF_THE_HOLDER[act](thief, token)
    assert relay.link().opened_by is None and relay.link().declined_at is None


def test_a_link_without_a_code_asks_its_question_before_a_new_sending(relay: Relay) -> None:
    token = relay.sends()

    with pytest.raises(ProofNeeded):
        asks_for_new_sending(token)


def test_who_gives_the_code_is_told_with_her_number_where_a_code_is_asked_for(
    world: World, time: Clock
) -> None:
    tutor = replace(factories.account(), phone="03 81 55 00 12")
    relay = relays.started(world, tutor)
    announces_with_code(relay)
    token = sends_announced(relay)
    bodies = [
        mail_rules.read_body(mail, "plain") for mail in world.mails() if str(mail["To"]) == COMPANY_ADDRESS
    ]
    shown = http.Client().post_json("/retrait/apercu", {"token": token}).json

    assert f"Appelez {tutor.name} au {tutor.phone}" in " ".join(bodies[0].split())
    assert (shown["preuve"], shown["appeler"]) == ("code", tutor.phone)
    assert "répondez à ce message, en indiquant la bonne personne" in " ".join(bodies[0].split())
    plain_token = relays.started(world).sends()
    assert http.Client().post_json("/retrait/apercu", {"token": plain_token}).json["appeler"] == ""


def test_who_asks_for_a_code_is_told_where_her_number_is_missing(world: World) -> None:
    pages = [
        http.signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}/envoi").text
        for relay in (
            relays.started(world, replace(factories.account(), phone=phone))
            for phone in (None, "03 81 55 00 12")
        )
    ]

    assert ["Votre compte n’a pas de numéro" in page for page in pages] == [True, False]
    assert "03 81 55 00 12" in pages[1]


def test_a_number_noted_wrong_is_marked_beside_the_code(relay: Relay) -> None:
    announces_with_code(relay)
    sends_announced(relay)
    parcours = relay.head()
    first, *others = parcours.company.contacts
    noted = replace(first, noted={Reason.WRONG_NUMBER.value: clock.utc_now()})
    assert "numéro faux" not in card(relay, relay.tutor)
    change_record(parcours, replace(parcours, company=replace(parcours.company, contacts=(noted, *others))))

    assert "numéro faux" in card(relay, relay.tutor)
