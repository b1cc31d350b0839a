"""What is known of a contact stands beside her name, for those who see contacts, and another one is offered where it is bad."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from chalicelib import clock, french
from chalicelib.domain.kernel.address import hash_folded
from chalicelib.domain.kernel.delivery import Mailbox
from chalicelib.domain.kernel.parcours import BuyerContact, Company, CompanyContact, ContactRole
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.stories import parcours
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.integration.test_states import card_of
from tests.support import factories, http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

HOST = "hugo.tissier@jardins.entreprise.example"
SILENT, ANSWERED = "n’a pas répondu sur ce parcours", "dernier signe le"
INSTEAD = "Nadia Bellanger n’a pas répondu sur ce parcours : nous proposons d’abord Hugo Tissier. Le choix est le vôtre."
FIRST = re.compile(r'name="destinataire" value="([^"]+)"([^>]*)>')
"""The contacts of the sending page, in order, with what else is said in their inputs."""


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """A passage whose company has two contacts; to the first one a link went forty days ago."""
    first = factories.offer().company.contacts[0]
    host = CompanyContact(
        role=ContactRole.WELCOMES, name="Hugo Tissier", address=HOST, phone="01 99 00 77 38"
    )
    buyer = BuyerContact(
        name="Odile Ramain", address="o.ramain@ouvrages.example", verified_on=date(2026, 11, 9)
    )
    company = Company(name="Jardins Morvenne", contacts=(first, host))
    relay = relays.started(world, offer=factories.offer(company=company, buyer_contact=buyer))
    changes_contact(
        relay, COMPANY_ADDRESS, lambda contact: replace(contact, written_at=time.now - timedelta(days=40))
    )
    return relay


def changes_contact(relay: Relay, address: str, change: Callable[[CompanyContact], CompanyContact]) -> None:
    """Replace the contact who has this address by another one."""
    head = relay.head()
    people = tuple(
        change(contact) if contact.address == address else contact for contact in head.company.contacts
    )
    after = replace(head, company=replace(head.company, contacts=people))
    change_record(head, after)


def read_page(relay: Relay, path: str = "", role: Role | None = None) -> str:
    """The text of a page of the parcours."""
    person = factories.account(role) if role else relay.tutor
    if role:
        add_records(person)
    answer = http.signed_in(person).get(f"/parcours/{relay.parcours_id}{path}")
    assert answer.status == 200, answer.text
    return html.unescape(answer.text).replace("\u00a0", " ")


def list_offered(text: str) -> list[tuple[str, bool]]:
    """Address of each contact that a sending offers, in order, and whether it is chosen already."""
    return [(address, "checked" in more) for address, more in FIRST.findall(text)]


@pytest.mark.parametrize("role", [None, Role.BUYER, Role.PRESCRIBER, Role.COORDINATOR, Role.TEAM])
def test_the_sheet_shows_what_is_known_of_contacts(relay: Relay, role: Role | None) -> None:
    text = read_page(relay, role=role)

    assert f'<b class="mal">{SILENT}</b> · vérifié le 20 novembre 2026' in text
    assert "vérifié le 9 novembre 2026" in text
    assert text.count(SILENT) == 1


@pytest.mark.parametrize("role", [Role.BUYER, Role.TEAM])
def test_the_contacts_page_shows_what_is_known_of_contacts(relay: Relay, role: Role) -> None:
    text = read_page(relay, "/contacts", role)

    assert f'<b class="mal">{SILENT}</b> · vérifié le 20 novembre 2026' in text
    assert "jamais vérifié depuis qu’il est écrit" in text


def test_a_stranger_to_a_free_offer_reads_nothing_of_its_contacts(relay: Relay, world: World) -> None:
    free = factories.offer(company=relay.head().company)
    stranger = factories.account()
    add_records(free, stranger)

    text = html.unescape(http.signed_in(stranger).get(f"/parcours/{free.id}").text)

    assert "Cette offre est libre" in text
    assert SILENT not in text and "vérifié le" not in text


def test_an_agent_who_sees_no_contacts_sees_nothing_known_of_them(relay: Relay, world: World) -> None:
    free, stranger = factories.offer(company=relay.head().company), factories.account()
    add_records(free, stranger)

    sheet = parcours.read_sheet(stranger, free.id, now=clock.utc_now())

    assert [sheet.health(contact).signs for contact in free.company.contacts] == [{}, {}]


def test_an_answer_of_a_contact_replaces_the_note_of_silence(relay: Relay) -> None:
    changes_contact(
        relay,
        COMPANY_ADDRESS,
        lambda contact: replace(contact, answered_at=datetime.fromisoformat("2026-11-03T08:00:00+00:00")),
    )

    text = read_page(relay, "/envoi")

    assert "dernier signe le 3 novembre 2026 · vérifié le 20 novembre 2026" in text and SILENT not in text
    assert list_offered(text)[:2] == [(COMPANY_ADDRESS, False), (HOST, False)]


def test_a_sending_offers_the_other_contact_first_and_says_why(relay: Relay) -> None:
    text = read_page(relay, "/envoi")

    assert INSTEAD in text
    assert list_offered(text)[:2] == [(HOST, True), (COMPANY_ADDRESS, False)]


def test_contacts_without_known_problems_keep_the_order_of_the_record(relay: Relay, time: Clock) -> None:
    changes_contact(relay, HOST, lambda contact: replace(contact, written_at=time.now - timedelta(days=30)))

    text = read_page(relay, "/envoi")

    assert "proposons d’abord" not in text and text.count(SILENT) == 2
    assert list_offered(text)[:2] == [(COMPANY_ADDRESS, False), (HOST, False)]


def test_a_recipient_whose_sending_was_just_withdrawn_is_not_chosen_again(relay: Relay) -> None:
    relay.sends(recipient=HOST)
    sending_changes.revokes(relay)
    changes_contact(
        relay,
        COMPANY_ADDRESS,
        lambda contact: replace(contact, written_at=clock.utc_now() - timedelta(days=40)),
    )

    text = read_page(relay, "/envoi?fait=retire")

    assert list_offered(text)[:2] == [(HOST, False), (COMPANY_ADDRESS, False)]
    assert "proposons d’abord" not in text


def test_an_address_that_refused_a_mail_says_so_everywhere_and_another_contact_comes_first(
    relay: Relay, time: Clock
) -> None:
    refuses(COMPANY_ADDRESS, time.now)
    day = french.jour_court(time.now).replace("\u00a0", " ")

    assert f'<b class="mal">adresse refusée le {day}</b> · vérifié le 20 novembre 2026' in read_page(relay)
    assert SILENT not in read_page(relay), "it never reached her"
    text = read_page(relay, "/envoi")
    assert (
        f"L’adresse de Nadia Bellanger ne prend plus nos messages depuis le {day} : nous proposons d’abord"
        in text
    )
    assert list_offered(text)[:2] == [(HOST, True), (COMPANY_ADDRESS, False)]


def test_whoever_is_called_first_has_an_address_that_takes_mails_and_the_other_is_marked(
    relay: Relay, time: Clock
) -> None:
    changes_contact(relay, COMPANY_ADDRESS, lambda contact: replace(contact, phone="03 80 00 00 01"))
    relay.sends(recipient=COMPANY_ADDRESS)
    time.passes(days=16)
    before = card_of(read_page(relay))
    assert "Appeler Nadia Bellanger" in before and "Appeler Hugo Tissier" not in before

    refuses(COMPANY_ADDRESS, time.now)

    text = read_page(relay)
    card = card_of(text)
    assert "Appeler Hugo Tissier" in card and "Appeler Nadia Bellanger" not in card
    people = text.partition("<aside")[2]
    assert people.index("Hugo Tissier") < people.index("Nadia Bellanger") < people.index("adresse refusée le")


def test_the_card_of_a_refused_mail_names_whom_the_sending_page_then_proposes(
    relay: Relay, time: Clock
) -> None:
    relay.sends(recipient=HOST)
    refuses(HOST, time.now)
    changes_contact(relay, COMPANY_ADDRESS, lambda contact: replace(contact, written_at=None))
    head = relay.head()
    bounced = replace(head, setback=Setback.MAIL_BOUNCED, since=time.now)
    change_record(head, bounced)
    assert "Envoyer à Nadia Bellanger" in read_page(relay)

    sending_changes.revokes(relay)

    assert list_offered(read_page(relay, "/envoi?fait=retire"))[0] == (COMPANY_ADDRESS, True)


def refuses(address: str, at: datetime) -> None:
    """Report that a mail to this address bounced for good."""
    box = Mailbox(id=hash_folded(address), refused_at=at, reason=Reason.NO_MAILBOX)
    add_records(box)
