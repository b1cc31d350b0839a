"""A contact who is noted to have left: another one comes first, sending there asks for a yes, mails leave the person out."""

import html
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.parcours import Company, CompanyContact, ContactRole
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.parcours.turns import State
from chalicelib.errors import ContactGone, RecipientDoubtful
from chalicelib.stories import outcomes
from chalicelib.stories.documents import sending
from tests.conftest import Clock
from tests.faults.sending_changes import ends, resends
from tests.integration.test_contact_health_shown import list_offered, read_page
from tests.integration.test_delivery_reports import read_turn_state
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import Page, accepts
from tests.support.relays import Relay
from tests.support.worlds import World

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
    """Return the line of a page that says whom to call first."""
    return text[text.index('class="appel"') :].partition("</p>")[0]


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


def test_a_link_whose_holder_has_left_is_the_tutors_turn_and_nobody_reminds_of_it(
    relay: Relay, time: Clock
) -> None:
    relay.sends(recipient=COMPANY_ADDRESS)
    time.passes(days=1)
    before = read_page(relay)
    assert "Relancer l’entreprise" in before and "/renvoi" in before

    noted = note_call(relay, Reason.CONTACT_GONE)

    assert read_turn_state(relay) is State.RECIPIENT_GONE
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


def test_who_has_left_is_told_of_nothing_when_the_passage_ends(relay: Relay) -> None:
    relay.sends(recipient=COMPANY_ADDRESS)
    note_call(relay, Reason.CONTACT_GONE)
    before = relay.mailed_to().count(COMPANY_ADDRESS)

    ends(relay)
    relay.mailer_runs()

    assert relay.mailed_to().count(COMPANY_ADDRESS) == before


def test_somebody_who_was_reached_has_answered(relay: Relay, time: Clock) -> None:
    relay.sends(recipient=COMPANY_ADDRESS)
    time.passes(days=16)
    assert "n’a pas répondu sur ce parcours" in html.unescape(read_page(relay))

    note_call(relay, Reason.REACHED)

    text = read_page(relay)
    assert "n’a pas répondu sur ce parcours" not in text and "dernier signe le" in text
