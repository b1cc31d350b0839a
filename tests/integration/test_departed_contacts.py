"""A contact who is noted to have left: another one comes first, sending there asks for a yes, mails leave the person out."""

import html
import re
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.kernel.parcours import BuyerContact, Company, CompanyContact, ContactRole
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.parcours.turns import State
from chalicelib.domain.record import ContactAnswer
from chalicelib.errors import ContactGone, RecipientDoubtful
from chalicelib.stories import outcomes, record, subjects
from chalicelib.stories.documents import sending
from infra.local.demo import commit_the_past
from tests.conftest import Clock
from tests.faults.sending_changes import ends, resends
from tests.integration.test_contact_health_shown import list_offered, read_page
from tests.integration.test_delivery_reports import read_turn_state
from tests.support import factories, http, passings, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.listings import begin
from tests.support.meetings import Page, accepts
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

NEW = "paule.ferrand@jardins.entreprise.example"
HOST = "hugo.tissier@jardins.entreprise.example"


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """A passage whose company has two contacts, both with a telephone number."""
    first = replace(factories.offer().company.contacts[0], phone="03 80 00 00 01")
    host = CompanyContact(
        role=ContactRole.WELCOMES, name="Hugo Tissier", address=HOST, phone="01 99 00 77 38"
    )
    company = Company(name="Jardins Morvenne", contacts=(first, host))
    return relays.started(world, offer=factories.offer(company=company))


def note_call(relay: Relay, reason: Reason, contact: Interlocutor = Interlocutor.ANSWERS_TENDER) -> str:
    """Note the result of a call as the tutor; return the id of its event."""
    return relay.notes(EventKind.CALL_NOTED, reason=reason, contact=contact)


def first_to_call(text: str) -> str:
    """Return the line of a page that holds its first number: a button of the card, or beside the card."""
    before, _, after = text.partition('href="tel:')
    return before.rpartition("<p")[2] + after.partition("</p>")[0]


def test_another_contact_comes_first_once_one_has_left(relay: Relay) -> None:
    assert list_offered(read_page(relay, "/envoi"))[0][0] == COMPANY_ADDRESS

    note_call(relay, Reason.CONTACT_GONE)

    text = read_page(relay, "/envoi")
    assert "Nadia Bellanger n’est plus à ce poste" in text and "nous proposons d’abord Hugo Tissier" in text
    assert list_offered(text)[0] == (HOST, True)
    assert "Hugo Tissier" in first_to_call(read_page(relay))


def test_a_wrong_number_is_called_last_and_marked(relay: Relay) -> None:
    relay.sends(recipient=COMPANY_ADDRESS)
    assert "Nadia Bellanger" in first_to_call(read_page(relay))

    note_call(relay, Reason.WRONG_NUMBER)

    text = read_page(relay)
    assert "Hugo Tissier" in first_to_call(text) and "numéro faux (noté le" in text


def test_sending_to_who_has_left_asks_for_a_yes(relay: Relay) -> None:
    document = factories.sealed().build_announcement(COMPANY_ADDRESS)
    note_call(relay, Reason.CONTACT_GONE)

    with pytest.raises(RecipientDoubtful) as refused:
        sending.open_deposit(relay.tutor, relay.parcours_id, document, now=clock.utc_now())

    assert refused.value.facts["doubts"] == ("gone",)
    confirmed = replace(document, confirmed=True, shown=str(refused.value.facts["shown"]))
    assert sending.open_deposit(relay.tutor, relay.parcours_id, confirmed, now=clock.utc_now())


def test_a_reminder_leaves_to_who_was_sent_the_link_though_she_was_noted_to_have_left(
    relay: Relay, time: Clock
) -> None:
    note_call(relay, Reason.CONTACT_GONE)
    time.passes(hours=1)
    relay.sends(recipient=COMPANY_ADDRESS)
    time.passes(days=1)
    text = read_page(relay)
    assert "Relancer l’entreprise" in text and "ne lui partent plus" not in text

    outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()

    assert relay.world.mails()[-1]["To"] == COMPANY_ADDRESS


def test_a_buyers_contact_who_has_left_is_not_the_way_that_is_proposed(world: World, time: Clock) -> None:
    buyer = BuyerContact(name="Odile Ramain", address="o.ramain@ouvrages.example")
    relay = relays.started(world, offer=factories.offer(buyer_contact=buyer))
    add_records(
        Organisation(name=relay.head().contract.organisation, by_buyer=True, checked_at=clock.utc_now())
    )
    by_buyer = re.compile(r'name="chemin" value="o.ramain@ouvrages.example"[^>]*checked')
    assert by_buyer.search(read_page(relay, "/envoi"))

    note_call(relay, Reason.CONTACT_GONE, Interlocutor.BUYER)

    assert not by_buyer.search(read_page(relay, "/envoi"))


def test_a_link_whose_holder_has_left_is_the_tutors_turn_and_nobody_reminds_of_it(
    relay: Relay, time: Clock
) -> None:
    relay.sends(recipient=COMPANY_ADDRESS)
    time.passes(days=1)
    before = read_page(relay)
    assert "Relancer l’entreprise" in before and "/renvoi" in before

    noted = note_call(relay, Reason.CONTACT_GONE)

    assert read_turn_state(relay) is State.MAIL_FAILED
    after = read_page(relay)
    assert "Relancer l’entreprise" not in after and "/renvoi" not in after
    with pytest.raises(ContactGone):
        outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())
    with pytest.raises(ContactGone):
        resends(relay)

    outcomes.correct(relay.tutor, relay.parcours_id, noted, now=clock.utc_now())

    assert read_turn_state(relay) is State.TO_OPEN
    assert "Relancer l’entreprise" in read_page(relay)


def test_the_meeting_invites_another_contact_once_one_has_left(relay: Relay) -> None:
    page = Page(relay)
    page.browser.opens(page.token)
    page.browser.confirms(page.token)
    (slot,) = page.proposes_in_days(5)
    accepts(page, slot)
    relay.mailer_runs()
    before = len(relay.mailed_to())

    note_call(relay, Reason.CONTACT_GONE)
    relay.mailer_runs()

    mailed = [str(mail["To"]) for mail in relay.world.mails()][before:]
    assert HOST in mailed and COMPANY_ADDRESS not in mailed


def test_who_wants_no_mail_of_ours_is_invited_to_nothing_and_told_of_no_end(relay: Relay) -> None:
    """On request by hand: « n'écrivez plus à cette adresse », which its link outlives."""
    page = Page(relay)
    page.browser.opens(page.token)
    page.browser.confirms(page.token)
    (slot,) = page.proposes_in_days(5)
    relay.mailer_runs()
    before = len(relay.mailed_to())

    subjects.stop_mails(COMPANY_ADDRESS, now=clock.utc_now())
    accepts(page, slot)
    relay.mailer_runs()
    (invited,) = re.findall(r"La nouvelle invitation part à ([^.]*)\.", read_page(relay))
    ends(relay)
    relay.mailer_runs()

    assert invited == relay.tutor.name
    mailed = [str(mail["To"]) for mail in relay.world.mails()][before:]
    assert relay.tutor.address in mailed and COMPANY_ADDRESS not in mailed


def test_who_has_left_is_told_of_nothing_when_the_passage_ends(relay: Relay) -> None:
    relay.sends(recipient=COMPANY_ADDRESS.replace("n.b", "N.B"))
    note_call(relay, Reason.CONTACT_GONE)
    before = len(relay.mailed_to())

    ends(relay)
    relay.mailer_runs()

    mailed = [str(mail["To"]).casefold() for mail in relay.world.mails()][before:]
    assert COMPANY_ADDRESS not in mailed


def test_a_colleague_with_her_own_link_is_awaited_once_the_first_holder_has_left(
    relay: Relay, time: Clock
) -> None:
    token = relay.sends(recipient=COMPANY_ADDRESS)
    passings.adds(passings.answers_question(token), token)
    relay.mailer_runs()
    time.passes(days=2)

    note_call(relay, Reason.CONTACT_GONE)

    assert read_turn_state(relay) is State.TO_OPEN
    outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()
    assert relay.world.mails()[-1]["To"] == passings.COLLEAGUE


def test_somebody_who_was_reached_has_answered(relay: Relay, time: Clock) -> None:
    relay.sends(recipient=COMPANY_ADDRESS)
    time.passes(days=20)
    assert "n’a pas répondu sur ce parcours" in html.unescape(read_page(relay))

    note_call(relay, Reason.REACHED)

    text = read_page(relay)
    assert "n’a pas répondu sur ce parcours" not in text and "dernier signe le" in text


def test_who_replaces_a_departed_contact_is_asked_on_her_parcours(relay: Relay) -> None:
    note_call(relay, Reason.CONTACT_GONE)
    assert "Qui remplace Nadia Bellanger\u202f?" in read_page(relay)

    answers_who_replaces(relay)

    assert "Qui remplace" not in read_page(relay)
    assert list_offered(read_page(relay, "/envoi"))[0] == (NEW, False)


def test_a_link_that_the_departed_holds_awaits_nobody_though_who_replaces_her_is_known(
    relay: Relay, time: Clock
) -> None:
    relay.sends(recipient=COMPANY_ADDRESS)
    time.passes(days=1)
    noted = note_call(relay, Reason.CONTACT_GONE)

    answers_who_replaces(relay)

    assert read_turn_state(relay) is State.MAIL_FAILED
    assert "Qui remplace" not in read_page(relay)
    assert [contact.address for contact in relay.head().company.contacts] == [NEW, COMPANY_ADDRESS, HOST]
    with pytest.raises(ContactGone):
        resends(relay)
    outcomes.correct(relay.tutor, relay.parcours_id, noted, now=clock.utc_now())
    assert read_turn_state(relay) is State.TO_OPEN


def test_documents_that_were_read_await_dates_of_who_is_still_there(relay: Relay, time: Clock) -> None:
    page = Page(relay)
    page.browser.opens(page.token)
    page.browser.confirms(page.token)
    relay.mailer_runs()
    time.passes(days=2)
    before = len(relay.mailed_to())

    note_call(relay, Reason.CONTACT_GONE)

    assert read_turn_state(relay) is State.TO_PROPOSE
    outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()
    assert [str(mail["To"]) for mail in relay.world.mails()][before:] == [HOST]
    time.passes(days=1)
    assert "Relancer l’entreprise" in read_page(relay)
    note_call(relay, Reason.CONTACT_GONE, Interlocutor.WELCOMES)
    assert "Relancer l’entreprise" not in read_page(relay)


def answers_who_replaces(relay: Relay) -> http.Answer:
    """Answer, from a page that asks, who replaces the contact who has left."""
    form = {
        "contact": "repond",
        "geste": "corrige",
        "version": str(relay.head().edited),
        "contact_nom": "Paule Ferrand",
        "contact_fonction": "",
        "contact_courriel": NEW,
        "contact_tel": "",
    }
    return http.signed_in(relay.tutor).post_form(f"/parcours/{relay.parcours_id}/contacts", form)


def test_who_has_an_account_and_left_is_still_written_to_and_nothing_else_is_said(world: World) -> None:
    relay = relays.started(world, offer=factories.offer(buyer_contact=None))
    form = {"cle": "b" * 32, "fait": "call_noted", "motif": "contact_gone", "contact": "buyer", "suite": ""}

    answered = http.signed_in(relay.tutor).post_form(f"/parcours/{relay.parcours_id}/faits", form)

    text = http.signed_in(relay.tutor).get(str(answered.headers["location"])).text
    assert "C’est noté" in html.unescape(text) and "ne lui partent plus" not in html.unescape(text)
    note_call(relay, Reason.CONTACT_GONE)
    assert "ne lui partent plus" in html.unescape(read_page(relay))


def test_a_wrong_number_is_asked_for_and_its_correction_lifts_the_mark(relay: Relay) -> None:
    note_call(relay, Reason.WRONG_NUMBER)
    assert "Quel est le bon numéro de Nadia Bellanger" in read_page(relay)

    head = relay.head()
    first = head.company.contacts[0]
    corrected = replace(first, phone="03 80 00 00 02")
    answer = ContactAnswer(Interlocutor.ANSWERS_TENDER, corrected, head.edited, reached=False)
    record.set_contact(relay.tutor, relay.parcours_id, answer, now=clock.utc_now())

    text = read_page(relay)
    assert "numéro faux" not in text and "Quel est le bon numéro" not in text


def test_the_number_to_call_says_whom_to_ask_for_where_hers_is_unknown(relay: Relay) -> None:
    head = relay.head()
    tender, host = head.company.contacts
    contacts = (tender, replace(host, phone=None))
    change_record(head, replace(head, company=replace(head.company, contacts=contacts)))

    relay.sends(recipient=HOST)

    assert "Appeler Nadia Bellanger, pour joindre Hugo Tissier" in first_to_call(read_page(relay))


def test_a_clause_that_was_explained_is_not_explained_again(relay: Relay) -> None:
    client = http.signed_in(relay.tutor)
    run = begin(client)
    assert "Votre marché prévoit" in client.get(run).text

    relay.notes(EventKind.CLAUSE_EXPLAINED, contact=Interlocutor.WELCOMES)

    text = client.get(run).text
    assert "Votre marché prévoit" not in text and "La clause a été expliquée à Hugo Tissier" in text


def test_a_clause_that_was_explained_to_who_has_left_is_explained_again(relay: Relay) -> None:
    relay.notes(EventKind.CLAUSE_EXPLAINED, contact=Interlocutor.ANSWERS_TENDER)
    note_call(relay, Reason.CONTACT_GONE)
    client = http.signed_in(relay.tutor)

    run = begin(client)

    text = client.get(run).text
    assert "Votre marché prévoit" in text and "La clause a été expliquée" not in text


def test_who_has_left_is_not_taken_for_who_was_called(relay: Relay) -> None:
    note_call(relay, Reason.CONTACT_GONE)

    checked = re.search(r'name="contact" value="([a-z_]+)"[^>]*checked', read_page(relay))

    assert checked is not None and checked[1] == Interlocutor.WELCOMES


def test_the_invented_passages_know_to_whom_their_links_went(world: World) -> None:
    commit_the_past(clock.utc_now())

    sent = [item for item in world.table("PARCOURS_TABLE") if item["sk"] == "head" and item.get("sent_to")]
    assert sent
    for head in sent:
        assert any(contact["written_at"] for contact in head["company"]["contacts"]), head["company"]["name"]
