"""« Relancer l’entreprise » and the first question about the contacts: to whom, with which link, whose answers, how often."""

from dataclasses import replace
from email.message import EmailMessage

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import attempt, calendar
from chalicelib.domain.kernel.parcours import BuyerContact, Company, CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.parcours import reminding as decisions
from chalicelib.errors import NotFound, NothingSent, RemindedToday, WrongStep
from chalicelib.stores import items, transactions
from chalicelib.stories import outcomes
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, passings, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import signed_in
from tests.support.mail_rules import one_line
from tests.support.relays import Browser, Relay
from tests.support.waiting import paris
from tests.support.worlds import World
from tests.support.writing import add_records

HOST = CompanyContact(
    role=ContactRole.WELCOMES, name="Hugo Tissier", function="atelier", address="h@jardins.entreprise.example"
)


def last(world: World) -> EmailMessage:
    """Return the newest mail."""
    return world.mails()[-1]


def reminds(relay: Relay, person: Account | None = None) -> None:
    """Press « Relancer l’entreprise » as this person (by default the tutor) and send what waits."""
    outcomes.remind(person or relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()


def test_a_buyer_reminds_with_the_same_link_to_the_same_recipient(relay: Relay, world: World) -> None:
    token = relay.sends()
    buyer = factories.account(Role.BUYER)
    add_records(buyer)

    answer = signed_in(buyer).post_form(f"/parcours/{relay.parcours_id}/relance", {})
    relay.mailer_runs()

    mail = last(world)
    assert answer.headers["location"].endswith("?fait=relance")
    assert mail["To"] == COMPANY_ADDRESS
    assert mail["Reply-To"] == relay.tutor.address
    assert relay.tokens()[-1] == token
    assert "Rappel" in mail["Subject"]
    assert relay.event_kinds()[-1] is EventKind.REMINDER_SENT
    browser = Browser()
    browser.proves(token)
    assert browser.opens(token)["documents"]


def test_who_opened_the_documents_is_not_told_that_they_wait(relay: Relay, world: World) -> None:
    token = relay.sends()
    browser = Browser()
    browser.proves(token)
    browser.opens(token)

    reminds(relay)

    assert "documents vous attendent" not in last(world).as_string() + str(last(world)["Subject"])
    assert "avez-vous pu lire" in str(last(world)["Subject"])


def test_dates_are_asked_for_before_the_link_ends(world: World, time: Clock) -> None:
    time.now = paris("2026-11-29 10:00")  # the fifteenth day is a Sunday, on which companies need not answer
    relay = relays.started(world)

    relay.sends()

    mail = next(mail for mail in reversed(world.mails()) if mail["To"] == COMPANY_ADDRESS)
    text = one_line(mail)
    assert "d’ici au dimanche 13 décembre" in text and "dimanche 13 décembre 2026" in text


def test_nobody_gets_two_reminders_a_day_whoever_presses(world: World, time: Clock) -> None:
    time.now = paris("2026-09-15 18:00")  # tomorrow begins before twenty hours are over
    relay = relays.started(world)
    relay.sends()
    team = factories.account(Role.TEAM)
    add_records(team)
    reminds(relay)
    count = len(world.mails())

    with pytest.raises(RemindedToday):
        reminds(relay, team)
    page = signed_in(team).post_form(f"/parcours/{relay.parcours_id}/relance", {})
    assert page.status == 409 and "Une relance est partie le" in page.text
    assert "Relancer l’entreprise" not in signed_in(team).get(f"/parcours/{relay.parcours_id}").text
    assert len(world.mails()) == count
    time.passes(hours=20, minutes=1)
    reminds(relay, team)
    assert len(world.mails()) == count + 1


def test_no_mail_with_a_link_bears_an_address_of_the_team(relay: Relay, world: World) -> None:
    relay.sends()
    team = factories.account(Role.TEAM)
    add_records(team)
    reminds(relay, team)

    with_link = [mail for mail in world.mails() if "/retrait/#" in mail.as_string()]
    assert len(with_link) >= 2
    for mail in with_link:
        assert team.address not in str(mail.items())


def test_a_reminder_leaves_in_the_name_of_who_waits_for_the_answer_and_says_who_wrote_first(
    world: World, time: Clock
) -> None:
    """Whoever presses, and whoever sent, the reminder leaves in the tutor's name: she goes on once the company answers."""
    coordinator, team = factories.account(Role.COORDINATOR, name="Claire Dumas"), factories.account(Role.TEAM)
    tutor = replace(factories.account(), phone="06 12 34 56 78")
    relay = relays.started(world, tutor, also=(coordinator, team))
    relay.tutor = coordinator
    token = relay.sends()
    reminds(relay, team)

    mail = last(world)
    assert (mail["To"], mail["Reply-To"]) == (COMPANY_ADDRESS, tutor.address)
    assert tutor.name in str(mail["From"]) and "Claire Dumas vous a écrit" in one_line(mail)
    assert f"{tutor.address}, 06 12 34 56 78" in one_line(mail) and token in one_line(mail)


def test_nothing_sent_is_nothing_to_remind_of(world: World) -> None:
    relay = relays.started(world)

    with pytest.raises(NothingSent):
        reminds(relay)
    page = signed_in(relay.tutor).post_form(f"/parcours/{relay.parcours_id}/relance", {})
    assert page.status == 409 and "n’a encore rien reçu" in page.text


def test_once_read_the_welcoming_contact_is_asked_for_dates_without_a_link(world: World, time: Clock) -> None:
    company = Company(name="Jardins Morvenne", contacts=(*factories.offer().company.contacts, HOST))
    relay = relays.started(world, offer=factories.offer(company=company))
    token = relay.sends()
    browser = Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)
    relay.mailer_runs()

    reminds(relay)

    mail = last(world)
    assert mail["To"] == HOST.address
    assert "/retrait/" not in mail.as_string()
    assert "deux ou trois dates" in one_line(mail)
    assert "Je vous ai écrit" not in one_line(mail) and "ses documents ont été envoyés" in one_line(mail)


def test_a_colleague_who_welcomes_beside_the_first_recipient_is_asked_for_dates_with_her_own_link(
    relay: Relay, world: World
) -> None:
    token = relay.sends()
    holder = passings.answers_question(token)
    passings.adds(holder, token)
    relay.mailer_runs()
    colleague_token = relay.tokens()[-1]
    for browser, live_token in (
        (holder, token),
        (passings.answers_question(colleague_token, passings.COLLEAGUE), colleague_token),
    ):
        browser.opens(live_token)
        browser.confirms(live_token)
    relay.mailer_runs()

    reminds(relay)

    assert (last(world)["To"], relay.tokens()[-1]) == (passings.COLLEAGUE, colleague_token)
    assert "Proposer des dates" in one_line(last(world))


def test_a_buyer_who_holds_the_link_passes_it_on_and_then_asks_the_company(world: World, time: Clock) -> None:
    time.now = paris("2026-09-15 18:00")  # tomorrow begins before twenty hours are over
    buyer = factories.account(Role.BUYER)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,))
    token = relay.sends(recipient=buyer.address)
    here, client = f"/parcours/{relay.parcours_id}", signed_in(buyer)

    page = client.get(here).text
    assert "Envoyer de nouveau ce message" in page and "Passez-le à l’entreprise" in page
    assert "/relance" not in client.get("/parcours").text
    assert client.post_form(f"{here}/relance", {}).status == 303
    relay.mailer_runs()
    assert (last(world)["To"], last(world)["Reply-To"]) == (buyer.address, relay.tutor.address)
    assert token in one_line(last(world)) and "pas encore passé à l’entreprise" in one_line(last(world))
    assert "Envoyer de nouveau ce message" not in client.get(here).text  # nobody gets two in a day
    time.passes(hours=21)
    assert "Relancer l’acheteur" in signed_in(relay.tutor).get(here).text
    browser = Browser()
    browser.proves(token, buyer.address)
    browser.opens(token)
    browser.confirms(token)
    relay.mailer_runs()

    reminds(relay)
    assert last(world)["To"] == buyer.address
    assert "Demandez à l’entreprise" in one_line(last(world))
    time.passes(hours=21)
    reminds(relay, buyer)
    assert last(world)["To"] == COMPANY_ADDRESS
    assert "Je vous ai écrit" not in one_line(last(world))


def test_a_button_stands_only_where_a_reminder_would_leave(world: World, time: Clock) -> None:
    buyer = factories.account(Role.BUYER)
    relay = relays.started(world, also=(buyer,))
    client, here = signed_in(buyer), f"/parcours/{relay.parcours_id}"
    nothing_sent = replace(relay.head(), step=Step.RECEIVED, setback=Setback.MEETING_MISSED)
    assert not decisions.can_remind(nothing_sent, None, Role.TUTOR, time.now)
    relay.sends()
    assert "/relance" in client.get("/parcours").text and "/relance" in client.get(here).text

    reminds(relay, buyer)

    assert "/relance" not in client.get("/parcours").text and "/relance" not in client.get(here).text
    time.passes(hours=20, minutes=1)
    client = signed_in(buyer)
    assert "/relance" in client.get("/parcours").text and "/relance" in client.get(here).text


def test_a_link_replaced_before_the_mailer_wakes_is_not_sent_again(relay: Relay, world: World) -> None:
    first = relay.sends()
    outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())
    sending_changes.resends(relay)

    relay.mailer_runs()

    assert relay.tokens().count(first) == 1
    assert not [item for item in world.table(items.RELAY) if str(item["pk"]).startswith("mail#")]


def test_an_ended_passage_and_a_strangers_are_not_reminded_of(world: World) -> None:
    relay = relays.started(world)
    relay.sends()
    stranger = factories.account(academie="Lyon")
    add_records(stranger)

    with pytest.raises(NotFound):
        reminds(relay, stranger)
    signed_in(relay.tutor).post_form(
        f"/parcours/{relay.parcours_id}/fin",
        {
            "fin": "young_person_withdrew",
            "motif": "other",
            "survenu_le": calendar.day_of(clock.utc_now()).isoformat(),
            "jours": "",
        },
    )
    coordinator = factories.account(Role.COORDINATOR)
    add_records(coordinator)
    with pytest.raises(WrongStep):
        reminds(relay, coordinator)


def test_taking_an_offer_asks_the_buyer_to_confirm_the_contacts_at_once(world: World, time: Clock) -> None:
    buyer, tutor = factories.account(Role.BUYER), factories.account()
    offer = factories.offer(buyer=buyer.id)
    add_records(buyer, tutor)
    transactions.commit(attempt.declare(offer, "a" * 32))
    outcomes.take_offer(tutor, offer.id, now=clock.utc_now())
    Relay(world, tutor, offer.id).mailer_runs()

    mail = last(world)
    assert mail["To"] == buyer.address
    assert mail["Reply-To"] == tutor.address
    assert f"/parcours/{offer.id}/contacts" in one_line(mail)
    assert "Nadia Bellanger" in one_line(mail)


def test_without_an_account_the_buyers_contact_is_asked_and_answers_the_tutor(
    world: World, time: Clock
) -> None:
    tutor = factories.account()
    contact = BuyerContact(name="Odile Ramain", address="o.ramain@ouvrages.example")
    offers = [
        (factories.offer(buyer_contact=contact), contact.address),
        (factories.offer(), COMPANY_ADDRESS),
    ]
    add_records(tutor)
    for offer, address in offers:
        transactions.commit(attempt.declare(offer, offer.id))
        outcomes.take_offer(tutor, offer.id, now=clock.utc_now())
        Relay(world, tutor, offer.id).mailer_runs()

        mail = last(world)
        assert (mail["To"], mail["Reply-To"]) == (address, tutor.address)
        assert "http" not in one_line(mail)
        assert "Répondez à ce message" in one_line(mail)


def test_the_contact_at_the_buyers_is_told_of_the_end_and_by_her_account_once_she_has_one(
    world: World, time: Clock
) -> None:
    """While nobody at the buyer has an account, the contact that the record names is mailed, without a link; once she has one,
    the mail to her leads to the page of the contacts.
    """
    contact = BuyerContact(name="Odile Ramain", address="o.ramain@ouvrages.example")
    relay = relays.started(world, offer=factories.offer(buyer_contact=contact))
    over = {
        "fin": "young_person_withdrew",
        "motif": "other",
        "survenu_le": calendar.day_of(clock.utc_now()).isoformat(),
        "jours": "",
    }
    signed_in(relay.tutor).post_form(f"/parcours/{relay.parcours_id}/fin", over)
    relay.mailer_runs()
    assert last(world)["To"] == contact.address
    assert "de nouveau libre" in one_line(last(world)) and "http" not in one_line(last(world))

    buyer = factories.account(Role.BUYER, address=contact.address)
    add_records(buyer)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()

    assert last(world)["To"] == buyer.address
    assert f"/parcours/{relay.parcours_id}/contacts" in one_line(last(world))
