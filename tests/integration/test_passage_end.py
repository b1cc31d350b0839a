"""The end of a passage through HTTP: who notes it and from where, who takes it back, and what stands then."""

import html
import re
from dataclasses import replace
from email.message import EmailMessage

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step
from chalicelib.stores import parcours_table, transactions
from chalicelib.stories import outcomes
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.integration.test_outcomes import in_days, notes
from tests.support import factories, http, mail_rules, relays
from tests.support.http import Answer, Client
from tests.support.listings import begin
from tests.support.people import send_waiting_mails
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records

PEOPLE = {role: factories.account(role) for role in (Role.COORDINATOR, Role.BUYER, Role.TEAM)}


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """A parcours with all of PEOPLE."""
    return relays.started(world, also=tuple(PEOPLE.values()))


def by(role: Role) -> Client:
    """Return the signed-in browser of the person in this role."""
    return http.signed_in(PEOPLE[role])


def ends(client: Client, relay: Relay, door: str = "", **more: str) -> Answer:
    """Send the form that ends the passage."""
    body = {"fin": "young_person_withdrew", "motif": "other", "survenu_le": in_days(0), "jours": "", **more}
    return client.post_form(door or f"/parcours/{relay.parcours_id}/fin", body)


def last(relay: Relay) -> Event:
    """Return the newest event of the parcours."""
    return parcours_table.read_page(relay.parcours_id).events[-1]


def takes_back(client: Client, relay: Relay, event: Event) -> Answer:
    """Send the form that corrects this event."""
    door = f"/parcours/{relay.parcours_id}/faits/{event.id}/correction"
    return client.post_form(door, {"suite": ""})


def offers_to_take_back(client: Client, relay: Relay, event: Event) -> bool:
    """Return whether the page offers to correct this event."""
    page = client.get(f"/parcours/{relay.parcours_id}")
    assert page.status == 200
    return f"/faits/{event.id}/correction" in page.text


def test_a_passage_that_is_ended_one_by_one_leads_back_to_its_place_in_the_list(relay: Relay) -> None:
    client = by(Role.TEAM)
    here = begin(client)
    (door,) = set(re.findall(r'href="(/parcours/\w+/fin\?run=[^"]*)"', client.get(here).text))
    page = client.get(html.unescape(door)).text
    (form,) = re.findall(r'action="(/parcours/\w+/fin\?[^"]*)"', page)

    answer = ends(client, relay, door=html.unescape(form))

    assert answer.headers["location"] == here.replace("?", "?fait=fini&")
    after = client.get(answer.headers["location"]).words
    assert "Le parcours est terminé" in after and "Voir ce que vous avez traité" in after


def test_a_past_passage_is_ended_on_the_day_of_its_history(relay: Relay, time: Clock) -> None:
    time.passes(days=20)
    client, day = by(Role.COORDINATOR), in_days(-15)
    page = client.get(f"/parcours/{relay.parcours_id}/histoire")
    assert 'value="fin.young_person_withdrew"' in page.text

    there = notes(client, relay, "fin.young_person_withdrew", survenu_le=day, suite="histoire")

    assert there.status == 303
    form = client.get(there.headers["location"]).text
    assert f'value="{day}"' in form and 'value="young_person_withdrew" checked' in form
    answer = ends(client, relay, survenu_le=day, suite="histoire")
    assert answer.headers["location"] == f"/parcours/{relay.parcours_id}/histoire?fait={last(relay).id}"
    assert "le jeune a renoncé" in client.get(answer.headers["location"]).words
    assert last(relay).kind is EventKind.YOUNG_PERSON_WITHDREW


def test_a_tutor_ends_in_a_history_that_is_then_no_longer_hers(relay: Relay) -> None:
    """A tutor who ends a passage from its history is led to a page that she may still read."""
    client = http.signed_in(relay.tutor)

    answer = ends(client, relay, suite="histoire")

    assert client.get(answer.headers["location"]).status == 200


def test_a_buyer_is_offered_no_end_and_takes_none_back(relay: Relay) -> None:
    """A buyer may neither end a passage nor take an end back; coordinator and team may."""
    buyer = by(Role.BUYER)
    assert "fin.young" not in buyer.get(f"/parcours/{relay.parcours_id}/histoire").text
    assert ends(buyer, relay).status == 403
    ends(http.signed_in(relay.tutor), relay)
    end = last(relay)

    assert not offers_to_take_back(buyer, relay, end)
    assert takes_back(buyer, relay, end).status == 403
    assert relay.head().status is ParcoursStatus.AVAILABLE
    for role in (Role.COORDINATOR, Role.TEAM):
        assert offers_to_take_back(by(role), relay, end)
    assert takes_back(by(Role.TEAM), relay, end).status == 303
    assert relay.head().status is ParcoursStatus.IN_PREPARATION


def test_whoever_may_not_note_a_fact_does_not_take_it_back(relay: Relay) -> None:
    tutor, buyer = http.signed_in(relay.tutor), by(Role.BUYER)
    notes(tutor, relay, "meeting_held", survenu_le=in_days(0))
    held = last(relay)

    assert not offers_to_take_back(buyer, relay, held) and offers_to_take_back(tutor, relay, held)
    assert takes_back(buyer, relay, held).status == 403


def test_facts_on_an_offer_freed_once_are_corrected_like_any_others(relay: Relay) -> None:
    """On an offer that is free again, both the end and an outcome noted since can be corrected."""
    ends(http.signed_in(relay.tutor), relay)
    end, client = last(relay), by(Role.COORDINATOR)
    notes(client, relay, "call_noted.reached", contact="answers_tender")
    call = last(relay)

    assert offers_to_take_back(client, relay, call) and offers_to_take_back(client, relay, end)
    assert takes_back(client, relay, call).status == 303


def mails_leaving(relay: Relay, world: World) -> list[EmailMessage]:
    """Let the mailer run; return the mails that left meanwhile."""
    before = len(world.mails())
    relay.mailer_runs()
    return world.mails()[before:]


def resumed(relay: Relay) -> tuple[Parcours, Parcours]:
    """Note the end of the passage and take it back; return the parcours before and after."""
    before, tutor = relay.head(), http.signed_in(relay.tutor)
    assert ends(tutor, relay).status == 303
    assert takes_back(tutor, relay, last(relay)).status == 303
    return before, relay.head()


def test_an_end_taken_back_puts_the_parcours_where_it_stood(relay: Relay) -> None:
    tutor = http.signed_in(relay.tutor)
    notes(tutor, relay, "dates_promised", contact="answers_tender", prevu_le=in_days(4))
    notes(tutor, relay, "meeting_fixed", contact="answers_tender", prevu_le=in_days(3), prevu_a="14:30")

    before, after = resumed(relay)

    assert after.step is Step.MEETING_FIXED
    assert after.board == before.board


def test_a_setback_stands_again_with_whom_was_written_to(relay: Relay, world: World) -> None:
    """An end that is taken back restores the setback, and to whom the documents had been sent."""
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)
    notes(http.signed_in(relay.tutor), relay, "company_declined.other", contact="answers_tender")

    before, after = resumed(relay)

    assert (after.step, after.setback) == (Step.RECEIVED, Setback.DECLINED)
    assert (after.board, after.sent_to) == (before.board, Role.COMPANY)


def test_documents_that_were_read_by_a_link_that_died_with_its_passage_must_be_sent_again(
    relay: Relay,
) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)

    before, after = resumed(relay)

    assert before.step is Step.RECEIVED
    assert (after.step, after.sent_to) == (Step.DOCUMENTS_TO_SEND, None), "no link asks the company for dates"


def test_documents_under_way_when_a_passage_ended_must_be_sent_again(relay: Relay, time: Clock) -> None:
    """An end closes the link for good: once it is taken back, the documents are to be sent anew."""
    relay.sends()
    time.passes(days=2)

    before, after = resumed(relay)

    assert before.step is Step.LINK_SENT
    assert (after.step, after.sent_to, after.live_link) == (Step.DOCUMENTS_TO_SEND, None, None)
    assert after.since > before.since and after.reached == before.reached


@pytest.mark.parametrize("has_link", [False, True])
def test_whoever_heard_of_the_end_hears_that_the_passage_goes_on_and_nobody_else(
    relay: Relay, world: World, has_link: bool
) -> None:
    """The company hears by its link, or as it heard that the passage began, and the tutor who did not end it; each once,
    whoever takes the end back.
    """
    if has_link:
        relay.sends()
    mails_leaving(relay, world)
    ends(by(Role.TEAM), relay)
    told_of_end = sorted(mail["To"] for mail in mails_leaving(relay, world))

    assert takes_back(by(Role.TEAM), relay, last(relay)).status == 303

    goes_on = {mail["To"]: mail for mail in mails_leaving(relay, world)}
    assert sorted(goes_on) == told_of_end == sorted([factories.COMPANY_ADDRESS, relay.tutor.address])
    text = mail_rules.read_body(goes_on[factories.COMPANY_ADDRESS], "plain")
    assert "Le parcours reprend" in text and relay.tutor.name in text
    history = by(Role.TEAM).get(f"/parcours/{relay.parcours_id}").words
    assert ("pour dire que le parcours reprend" in history) is not has_link, "as it is said of the end"


def mails_to(address: str, mails: list[EmailMessage]) -> list[EmailMessage]:
    """Return those of these mails that went to this address."""
    return [mail for mail in mails if mail["To"] == address]


@pytest.mark.parametrize("role", [Role.TUTOR, Role.COORDINATOR, Role.TEAM])
def test_who_ends_a_passage_signs_the_mail_to_the_company(relay: Relay, world: World, role: Role) -> None:
    """The team gets no answers: it is named, and the tutor gets them."""
    relay.sends()
    mails_leaving(relay, world)
    person = relay.tutor if role is Role.TUTOR else PEOPLE[role]

    ends(http.signed_in(person), relay)

    (mail,) = mails_to(factories.COMPANY_ADDRESS, mails_leaving(relay, world))
    text = mail_rules.one_line(mail)
    signs = "L’équipe, par Passe-plat" if role is Role.TEAM else person.name
    assert signs in str(mail["From"])
    assert mail["Reply-To"] == (relay.tutor if role is Role.TEAM else person).address
    assert (f"à la place de {relay.tutor.name}" in text) is (role is not Role.TUTOR)
    assert ("je le reçois" in text) is (role is not Role.TEAM)


@pytest.mark.parametrize("meets", [False, True])
@pytest.mark.parametrize("role", [Role.TUTOR, Role.COORDINATOR])
def test_a_tutor_hears_once_that_somebody_else_ended_her_passage_and_why(
    relay: Relay, world: World, role: Role, meets: bool
) -> None:
    """Where a meeting falls with it, she is told by the mail that says so."""
    if meets:
        day = in_days(3)
        fixed = {"contact": "answers_tender", "prevu_le": day, "prevu_a": "14:30"}
        notes(http.signed_in(relay.tutor), relay, "meeting_fixed", **fixed)
    mails_leaving(relay, world)
    person = relay.tutor if role is Role.TUTOR else PEOPLE[role]
    page = http.signed_in(person).get(f"/parcours/{relay.parcours_id}/fin").words
    assert ("à la personne qui suit le jeune, avec le motif" in page) is (role is not Role.TUTOR)

    ends(http.signed_in(person), relay)

    mails = mails_to(relay.tutor.address, mails_leaving(relay, world))
    assert len(mails) == (0 if role is Role.TUTOR and not meets else 1)
    if role is not Role.TUTOR:
        text = mail_rules.one_line(mails[0])
        assert f"{person.name} ({person.function}) a mis fin" in text and "Motif" in text


def test_an_end_that_was_taken_back_before_its_mail_left_is_not_told_to_the_tutor(
    relay: Relay, world: World
) -> None:
    mails_leaving(relay, world)
    ends(by(Role.TEAM), relay)
    assert takes_back(http.signed_in(relay.tutor), relay, last(relay)).status == 303

    assert mails_to(relay.tutor.address, mails_leaving(relay, world)) == []


def test_a_buyer_who_got_the_link_and_did_not_hear_of_the_beginning_hears_of_the_end_once(
    world: World, time: Clock
) -> None:
    """The company, which was mailed the beginning, hears of the end too."""
    relay, buyer = relays.started(world, also=tuple(PEOPLE.values())), PEOPLE[Role.BUYER]
    follow(relay, buyer)
    relay.sends(recipient=buyer.address)
    mails_leaving(relay, world)

    ends(http.signed_in(relay.tutor), relay)

    assert sorted(mail["To"] for mail in mails_leaving(relay, world)) == sorted(
        [buyer.address, factories.COMPANY_ADDRESS]
    )


def follow(relay: Relay, buyer: Account) -> None:
    """Let a buyer's account follow the parcours from now on."""
    head = relay.head()
    transactions.commit(Transition(changes=(Change(head, replace(head, buyer=buyer.id)),)))


def test_a_meeting_that_fell_with_an_end_is_fixed_again_with_the_passage(relay: Relay, world: World) -> None:
    tutor = http.signed_in(relay.tutor)
    notes(tutor, relay, "meeting_fixed", contact="answers_tender", prevu_le=in_days(3), prevu_a="14:30")
    mails_leaving(relay, world)
    ends(tutor, relay)
    cancelled = {mail["To"] for mail in mails_leaving(relay, world) if "annulé" in mail["Subject"]}

    takes_back(tutor, relay, last(relay))

    invited = {mail["To"] for mail in mails_leaving(relay, world) if "Rendez-vous le" in mail["Subject"]}
    assert invited == cancelled == {relay.tutor.address, factories.COMPANY_ADDRESS}


@pytest.mark.parametrize("who", ["a stranger", "the last tutor"])
def test_a_free_offer_shows_a_tutor_no_passage_but_her_own(relay: Relay, who: str) -> None:
    """Of a free offer, its last tutor reads her own passage, another tutor reads only what concerns the offer."""
    notes(by(Role.COORDINATOR), relay, "call_noted.wrong_number", contact="answers_tender")
    ends(http.signed_in(relay.tutor), relay)
    notes(by(Role.COORDINATOR), relay, "clause_explained", contact="answers_tender")
    stranger = factories.account(academie="Lille")
    add_records(stranger)
    person: Account = relay.tutor if who == "the last tutor" else stranger

    text = http.signed_in(person).get(f"/parcours/{relay.parcours_id}").words

    for fact in ("a noté un appel", "Numéro faux", "renoncé"):
        assert (fact in text) is (who == "the last tutor"), fact
    assert "expliqué la clause" in text


def test_whoever_never_got_the_link_is_not_asked_to_delete_copies(relay: Relay, world: World) -> None:
    """A company whose link had not left yet hears that the passage ended, as it heard that it began, and no more."""
    relay.announces()
    relay.uploads()
    assert relay.is_inspected() == "verified"

    ends(http.signed_in(relay.tutor), relay)

    (told,) = [told for told in send_waiting_mails(world) if factories.COMPANY_ADDRESS in told]
    assert "Parcours terminé" in told


@pytest.mark.parametrize("who", ["the next tutor", "the last tutor", "a coordinator"])
def test_taking_an_offer_opens_no_passage_of_another_tutor(relay: Relay, who: str) -> None:
    """The next tutor cannot read the passage before; its former tutor and a coordinator still can."""
    ends(http.signed_in(relay.tutor), relay)
    taker = relay.tutor if who == "the last tutor" else factories.account(academie="Lille")
    if taker is not relay.tutor:
        add_records(taker)
    outcomes.take_offer(taker, relay.parcours_id, now=clock.utc_now())
    client = by(Role.COORDINATOR) if who == "a coordinator" else http.signed_in(taker)

    text = client.get(f"/parcours/{relay.parcours_id}").words

    assert ("Parcours précédent" in text and "renoncé" in text) is (who != "the next tutor")


@pytest.mark.parametrize("travels", [False, True])
def test_a_passage_that_began_on_paper_may_have_ended_before_it_was_taken_here(
    relay: Relay, travels: bool
) -> None:
    """An end five days ago is accepted, except once documents were sent here: then the passage began here today."""
    if travels:
        relay.sends()

    answer = ends(http.signed_in(relay.tutor), relay, survenu_le=in_days(-5))

    assert answer.status == (422 if travels else 303)


GIVEN_BACK = {"fin": "offer_given_back", "motif": ""}
GIVES_BACK = "Je rends l’offre, rien n’est parti"


def test_an_offer_can_be_given_back_without_naming_a_reason_about_the_young_person(relay: Relay) -> None:
    client = http.signed_in(relay.tutor)
    door = f"/parcours/{relay.parcours_id}/fin?fin=offer_given_back"
    assert GIVES_BACK in client.get(f"/parcours/{relay.parcours_id}").words
    assert 'value="offer_given_back" checked' in client.get(door).text

    answer = ends(client, relay, **GIVEN_BACK)

    assert answer.headers["location"] == f"/parcours/{relay.parcours_id}?fait=rendue"
    page = client.get(answer.headers["location"]).words
    assert "L’offre est rendue" in page and "a rendu l’offre, sans rien envoyer" in page
    assert (last(relay).kind, last(relay).reason) == (EventKind.OFFER_GIVEN_BACK, None)
    assert relay.head().status is ParcoursStatus.AVAILABLE
    assert takes_back(client, relay, last(relay)).status == 303
    assert relay.head().reference and relay.head().tutor == relay.tutor.id


@pytest.mark.parametrize("how", ["sent", "withdrawn", "outside", "on its way"])
def test_nothing_is_given_back_once_something_was_sent(relay: Relay, how: str) -> None:
    client = http.signed_in(relay.tutor)
    if how == "outside":
        notes(client, relay, "documents_sent_outside", contact="answers_tender", survenu_le=in_days(0))
    elif how == "on its way":
        relay.announces()
    else:
        relay.sends()
    if how == "withdrawn":
        client.post_form(f"/depots/{relay.sent[-1].deposit}/revocation", {"vu": "ferme", "suite": ""})

    assert GIVES_BACK not in client.get(f"/parcours/{relay.parcours_id}").words
    assert "offer_given_back" not in client.get(f"/parcours/{relay.parcours_id}/histoire").text
    assert "offer_given_back" not in client.get(f"/parcours/{relay.parcours_id}/fin").text
    assert ends(client, relay, **GIVEN_BACK).status == 409
    assert relay.head().status is ParcoursStatus.IN_PREPARATION


def test_who_is_slower_at_an_offer_hears_what_happened_and_sees_those_that_are_free_near(
    relay: Relay, world: World
) -> None:
    near = factories.offer()
    slower = factories.account()
    add_records(near, slower)
    client, door = http.signed_in(slower), f"/parcours/{relay.parcours_id}"
    before = world.everything()

    taking, opening = client.post_form(f"{door}/passage", {}), client.get(door)

    assert "Une autre personne vient de la prendre, ou elle a été retirée" in taking.words
    assert "Cette page n’est pas ouverte à votre compte" in opening.words
    for answer in (taking, opening):
        assert answer.status == 404 and f'href="/parcours/{near.id}"' in answer.text
        assert relay.head().company.name not in answer.text or near.company.name == relay.head().company.name
    assert world.everything() == before


def test_the_end_gives_the_company_the_link_that_it_was_mailed_and_no_other(relay: Relay) -> None:
    """The mail of the end holds the link that the company was mailed, on which it says that its copies are deleted; a version
    that never left leads nowhere.
    """
    token = relay.sends()
    browser = Browser()
    browser.proves(token)
    browser.opens(token)
    sending_changes.resends(relay, seen_opened=True)  # its mail has not left yet

    ends(http.signed_in(relay.tutor), relay)
    relay.mailer_runs()

    end = [mail for mail in relay.world.mails() if "n’ira pas plus loin" in str(mail["Subject"])][-1]
    assert "/retrait/#" not in mail_rules.read_body(end, "plain")
    assert set(relay.tokens()) == {token}
