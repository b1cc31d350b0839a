"""Contacts confirmed, passages given to a tutor and handed on, offers withdrawn: what moves, and what never does."""

import re
from dataclasses import replace
from datetime import timedelta

from chalicelib import clock, french
from chalicelib.domain.kernel.parcours import ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.domain.parcours import assigning
from chalicelib.stores import items, parcours_table
from chalicelib.stores import relay_table as stored
from chalicelib.stories import outcomes
from chalicelib.stories import parcours as stories
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, mail_rules, relays
from tests.support.http import Client, signed_in
from tests.support.offers import MINISTRY, declare_offer, event_kinds, sign_in_new
from tests.support.people import send_waiting_mails
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records


def test_a_contact_is_confirmed_with_one_click_and_a_live_link_does_not_move(
    relay: Relay, time: Clock
) -> None:
    relay.sends()
    link = relay.link()
    _, buyer = sign_in_new(Role.BUYER, organisation=MINISTRY)
    here = f"/parcours/{relay.parcours_id}/contacts"

    good = buyer.post_form(here, {"contact": "repond", "geste": "bon", "version": "0"})
    assert good.headers["location"].endswith("?fait=verifie")
    assert relay.head().company.contacts[0].verified_on == time.now.astimezone(french.PARIS).date()
    corrected = buyer.post_form(
        here,
        {
            "contact": "repond",
            "geste": "corrige",
            "version": "1",
            "contact_nom": "Hugo Tissier",
            "contact_courriel": "h.tissier@jardins.entreprise.example",
        },
    )

    contact = relay.head().company.contacts[0]
    assert corrected.status == 303
    assert (contact.name, contact.verified_on) == ("Hugo Tissier", None)
    assert relay.event_kinds()[-2:] == [EventKind.CONTACTS_CONFIRMED, EventKind.OFFER_EDITED]
    assert stored.read_link(link.id) == link


def test_the_tutors_of_the_places_academie_are_proposed_first_and_those_who_left_not_at_all(
    world: World,
) -> None:
    offer = factories.offer()
    far = factories.account(name="Agnès Loin", academie="Amiens")
    near = factories.account(name="Zoé Près", academie=offer.placement.academie)
    gone = replace(
        factories.account(name="Bruno Parti", academie=offer.placement.academie), closed_at=clock.utc_now()
    )
    add_records(far, near, gone)

    proposed, is_cut = stories.list_tutors(factories.account(Role.TEAM), offer.placement.academie)

    assert ([line.name for line in proposed], is_cut) == (["Zoé Près", "Agnès Loin"], False)


def test_a_contact_that_changed_meanwhile_is_not_confirmed_unseen(world: World) -> None:
    relay = relays.started(world)
    client = signed_in(relay.tutor)
    here = f"/parcours/{relay.parcours_id}/contacts"
    new = {
        "contact": "repond",
        "geste": "corrige",
        "version": "0",
        "contact_nom": "Hugo Tissier",
        "joint": "oui",
    }
    assert client.post_form(here, {**new, "contact_courriel": "h@jardins.entreprise.example"}).status == 303

    late = client.post_form(here, {"contact": "repond", "geste": "bon", "version": "0"})

    assert late.status == 409 and "Modifié entre-temps" in late.text
    assert 'name="version" value="1"' in late.text


def test_a_missing_contact_can_be_named(world: World) -> None:
    relay = relays.started(world)
    client = signed_in(relay.tutor)
    body = {
        "geste": "corrige",
        "contact_nom": "Odile Ramain",
        "contact_courriel": "o.ramain@ouvrages.example",
    }

    for version, slug in enumerate(("accueille", "acheteur")):
        answer = client.post_form(
            f"/parcours/{relay.parcours_id}/contacts", {**body, "contact": slug, "version": str(version)}
        )
        assert answer.status == 303

    head = relay.head()
    assert head.company.contacts[1].role is ContactRole.WELCOMES
    assert head.buyer_contact and head.buyer_contact.name == "Odile Ramain"


def test_an_offer_that_somebody_took_since_its_page_was_shown_is_not_taken_from_them(
    world: World, time: Clock
) -> None:
    tutor, other = factories.account(), factories.account()
    offer = factories.offer()
    add_records(tutor, other, offer)
    _, team = sign_in_new(Role.TEAM)
    seen = re.findall(r'name="(vu)" value="([^"]*)"', team.get(f"/parcours/{offer.id}/tutrice").text)
    signed_in(other).post_form(f"/parcours/{offer.id}/passage", {})

    refused = team.post_form(f"/parcours/{offer.id}/tutrice", {"qui": tutor.id, **dict(seen)})

    assert refused.status == 409 and "Modifié entre-temps" in refused.text
    assert parcours_table.read_parcours(offer.id).tutor == other.id


def test_a_coordinator_gives_a_free_offer_to_a_tutor_of_her_academie(world: World, time: Clock) -> None:
    tutor, far = factories.account(), factories.account(academie="Lyon", name="Loin Delà")
    add_records(tutor, far)
    _, buyer = sign_in_new(Role.BUYER, organisation=MINISTRY)
    coordinator, client = sign_in_new(Role.COORDINATOR)
    _, key = declare_offer(buyer)
    page = client.get(f"/parcours/{key}/tutrice").text
    assert tutor.id in page and far.id not in page

    refused = client.post_form(f"/parcours/{key}/tutrice", {"qui": far.id})
    given = client.post_form(f"/parcours/{key}/tutrice", {"qui": tutor.id})

    head = parcours_table.read_parcours(key)
    assert (refused.status, given.status) == (422, 303)
    assert (head.tutor, head.coordinator, head.status) == (
        tutor.id,
        coordinator.id,
        ParcoursStatus.IN_PREPARATION,
    )
    assert event_kinds(key)[-1] is EventKind.ATTEMPT_OPENED
    assert head.reservation_until is not None
    assert "Réservée" in client.get(f"/parcours/{key}").text


def test_a_coordinator_who_accompanies_herself_hands_over(world: World, time: Clock) -> None:
    successor = factories.account(name="Samuel Aubry")
    add_records(successor)
    _, buyer = sign_in_new(Role.BUYER, organisation=MINISTRY)
    herself = replace(factories.account(Role.COORDINATOR), roles=frozenset({Role.COORDINATOR, Role.TUTOR}))
    add_records(herself)
    client = signed_in(herself)
    _, key = declare_offer(buyer)
    client.post_form(f"/parcours/{key}/tutrice", {"qui": herself.id})

    assert client.get(f"/parcours/{key}/tutrice").status == 200
    assert client.post_form(f"/parcours/{key}/tutrice", {"qui": successor.id}).status == 303
    assert parcours_table.read_parcours(key).tutor == successor.id


def test_a_history_begins_in_the_past_without_a_reservation(world: World, time: Clock) -> None:
    tutor = factories.account()
    add_records(tutor)
    _, team = sign_in_new(Role.TEAM)
    _, key = declare_offer(team, organisme=MINISTRY)
    day = (time.now - timedelta(days=150)).date()

    answer = team.post_form(f"/parcours/{key}/tutrice", {"qui": tutor.id, "depuis": day.isoformat()})

    head = parcours_table.read_parcours(key)
    assert answer.status == 303
    assert (head.since.date(), head.reservation_until) == (day, None)
    assert [item for item in world.table(items.RELAY) if str(item["pk"]).startswith("mail#")] == []


def test_a_passage_changes_hands_with_its_sending_but_not_its_recipient(relay: Relay) -> None:
    token = relay.sends()
    successor = factories.account(name="Samuel Aubry")
    add_records(successor)
    _, coordinator = sign_in_new(Role.COORDINATOR)
    recipient = relay.link().recipient

    answer = coordinator.post_form(f"/parcours/{relay.parcours_id}/tutrice", {"qui": successor.id})

    assert answer.headers["location"].endswith("?fait=repris")
    assert relay.head().tutor == successor.id
    assert relay.link().recipient == recipient
    assert signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").status == 404
    browser = relays.Browser()
    browser.proves(token)
    assert browser.opens(token)["documents"], "the link that left goes on"
    deposit = relay.deposit().id
    hers = signed_in(successor).post_form(f"/depots/{deposit}/revocation", {"vu": "ouvert", "suite": ""})
    assert hers.status == 303


def add_successor() -> Account:
    """Store the account of a tutor, Samuel Aubry; return it."""
    successor = factories.account(name="Samuel Aubry")
    add_records(successor)
    return successor


def hands_over(relay: Relay) -> Account:
    """Hand the parcours over to Samuel Aubry, as a coordinator; return his account."""
    successor = add_successor()
    _, coordinator = sign_in_new(Role.COORDINATOR)
    page = coordinator.get(f"/parcours/{relay.parcours_id}/tutrice").words
    assert "Un message part à la personne choisie, et un autre à celle qui suivait le jeune." in page
    coordinator.post_form(f"/parcours/{relay.parcours_id}/tutrice", {"qui": successor.id})
    return successor


def test_after_a_handover_who_wrote_stays_who_wrote(relay: Relay, world: World, time: Clock) -> None:
    """The reminder that the successor signs, and the company's page, say who wrote, and who follows now."""
    token = relay.sends()
    successor = hands_over(relay)
    relay.mailer_runs()
    time.passes(days=3)

    outcomes.remind(successor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()

    reminder = mail_rules.one_line(world.mails()[-1])
    assert f"{relay.tutor.name} vous a écrit au sujet" in reminder and "Je vous ai écrit" not in reminder
    page = Client().post_json("/retrait/apercu", {"token": token}).json
    assert (page["expediteur"]["nom"], page["auteur"]["nom"]) == (successor.name, relay.tutor.name)


def test_after_a_new_sending_the_successor_reminds_of_what_he_wrote_himself(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    relay.tutor = hands_over(relay)
    sending_changes.resends(relay)
    relay.mailer_runs()
    time.passes(days=3)

    outcomes.remind(relay.tutor, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()

    assert "Je vous ai écrit au sujet" in mail_rules.one_line(world.mails()[-1])


def test_a_former_tutor_who_coordinates_no_longer_answers_for_the_link(world: World, time: Clock) -> None:
    both = frozenset({Role.COORDINATOR, Role.TUTOR})
    relay = relays.started(world, replace(factories.account(), roles=both))
    token = relay.sends()

    successor = hands_over(relay)

    page = Client().post_json("/retrait/apercu", {"token": token}).json
    assert (page["expediteur"]["nom"], page["auteur"]["nom"]) == (successor.name, relay.tutor.name)


def test_a_handover_mails_nobody_outside(relay: Relay, world: World, time: Clock) -> None:
    relay.sends()
    before = len(world.mails())

    successor = hands_over(relay)
    time.now += assigning.GATHERING
    relay.mailer_runs()

    told = {mail["To"] for mail in world.mails()[before:]}
    assert told == {relay.tutor.address, successor.address}


def test_a_former_tutor_hears_no_more_of_the_link_that_she_sent(relay: Relay, world: World) -> None:
    token = relay.sends()
    successor = hands_over(relay)
    relay.mailer_runs()
    before = len(world.mails())

    browser = relays.Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token)
    relay.mailer_runs()

    assert [mail["To"] for mail in world.mails()[before:]] == [successor.address]


def test_a_tutor_reads_as_her_own_what_she_did_since_the_passage_is_hers(relay: Relay) -> None:
    here = f"/parcours/{relay.parcours_id}"
    assert "<b>Vous</b> avez pris cette offre" in signed_in(relay.tutor).get(here).text
    successor = factories.account(name="Samuel Aubry")
    add_records(successor)
    _, coordinator = sign_in_new(Role.COORDINATOR)
    coordinator.post_form(f"{here}/tutrice", {"qui": successor.id})
    signed_in(successor).post_form(f"{here}/contacts", {"contact": "repond", "geste": "bon", "version": "0"})

    for client, who in (
        (signed_in(successor), "Vous</b> avez"),
        (coordinator, "La tutrice ou le tuteur</b> a"),
    ):
        text = client.get(here).text
        assert "<b>La tutrice ou le tuteur</b> a pris cette offre" in text
        assert f"<b>{who} confirmé les contacts" in text


def test_a_tutor_is_told_of_what_is_given_to_her(world: World, time: Clock) -> None:
    first, second = factories.account(), factories.account(name="Samuel Aubry")
    add_records(first, second)
    _, buyer = sign_in_new(Role.BUYER, organisation=MINISTRY)
    coordinator, client = sign_in_new(Role.COORDINATOR, name="Claire Dumas")
    _, key = declare_offer(buyer)
    for tutor in (first, second):
        client.post_form(f"/parcours/{key}/tutrice", {"qui": tutor.id})
        time.now += assigning.GATHERING
        relays.Relay(world, tutor, key).mailer_runs()

        (mail,) = [mail for mail in world.mails() if mail["To"] == tutor.address]
        assert mail["Reply-To"] == coordinator.address and "vous est confié" in mail["Subject"]
        assert "Claire Dumas" in mail.as_string() and f"/parcours/{key}" in mail.as_string()


def test_seven_offers_given_to_a_tutor_one_by_one_are_one_mail(world: World, time: Clock) -> None:
    tutor = factories.account()
    add_records(tutor)
    _, client = sign_in_new(Role.COORDINATOR)
    offers = [factories.offer() for _ in range(7)]
    add_records(*offers)
    keys = [offer.id for offer in offers]
    for key in keys:
        client.post_form(f"/parcours/{key}/tutrice", {"qui": tutor.id})
        send_waiting_mails(world)
        time.passes(seconds=40)
    time.now += assigning.GATHERING
    send_waiting_mails(world)

    (mail,) = [mail for mail in world.mails() if mail["To"] == tutor.address]
    references = {parcours_table.read_parcours(key).reference for key in keys}
    assert str(mail["Subject"]).endswith(" – 7 parcours vous sont confiés")
    assert all(reference and reference in mail_rules.read_body(mail, "plain") for reference in references)


def test_what_is_given_after_the_mail_has_left_is_in_the_next_one_alone(world: World, time: Clock) -> None:
    tutor = factories.account()
    add_records(tutor)
    _, client = sign_in_new(Role.COORDINATOR)
    offers = [factories.offer() for _ in range(2)]
    add_records(*offers)
    keys = [offer.id for offer in offers]
    for key in keys:
        client.post_form(f"/parcours/{key}/tutrice", {"qui": tutor.id})
        time.now += assigning.GATHERING
        send_waiting_mails(world)

    mails = [mail for mail in world.mails() if mail["To"] == tutor.address]
    assert len(mails) == 2
    assert [f"/parcours/{key}" in mail.as_string() for key in keys for mail in mails] == [
        True,
        False,
        False,
        True,
    ]


def test_a_former_tutor_reads_of_each_successor_what_that_one_still_follows(
    world: World, time: Clock
) -> None:
    former, successor, third = (factories.account(name=name) for name in ("Anne", "Samuel", "Zoé"))
    kept, passed_on = relays.started(world, former, also=(successor, third)), relays.takes(world, former)
    _, client = sign_in_new(Role.COORDINATOR)
    for parcours, tutor in ((kept, successor), (passed_on, successor), (passed_on, third)):
        client.post_form(f"/parcours/{parcours.parcours_id}/tutrice", {"qui": tutor.id})
    time.now += assigning.GATHERING
    send_waiting_mails(world)

    (mail,) = [mail for mail in world.mails() if mail["To"] == former.address]
    text = mail_rules.one_line(mail)
    assert str(kept.head().reference) in text and str(passed_on.head().reference) not in text


def test_the_team_says_who_coordinates_and_may_change_that_alone(relay: Relay) -> None:
    coordinator, _ = sign_in_new(Role.COORDINATOR, name="Claire Dumas")
    far, _ = sign_in_new(Role.COORDINATOR, academie="Lyon", name="Loin Delà")
    _, team = sign_in_new(Role.TEAM)
    here, body = f"/parcours/{relay.parcours_id}/tutrice", {"qui": relay.tutor.id}
    page = team.get(here).text
    assert coordinator.id in page and far.id not in page and "suit déjà ce jeune" in page

    refused = team.post_form(here, {**body, "coordination": far.id})
    named = team.post_form(here, {**body, "coordination": coordinator.id})

    assert refused.status == 422 and "coordonne cette académie" in refused.text
    assert named.headers["location"].endswith("?fait=coordination")
    assert (relay.head().coordinator, relay.head().tutor) == (coordinator.id, relay.tutor.id)
    assert EventKind.TUTOR_ASSIGNED not in relay.event_kinds()


def test_handed_over_before_its_inspection_a_sending_leaves_in_the_successors_name(relay: Relay) -> None:
    relay.announces()
    relay.uploads()
    successor = factories.account(name="Samuel Aubry")
    add_records(successor)
    _, coordinator = sign_in_new(Role.COORDINATOR)
    coordinator.post_form(f"/parcours/{relay.parcours_id}/tutrice", {"qui": successor.id})

    assert relay.is_inspected() == "verified"

    assert relay.link().sender == successor.id


def test_an_offer_is_withdrawn_while_free_and_proposed_again(world: World) -> None:
    _, client = sign_in_new(Role.BUYER, organisation=MINISTRY)
    _, tutor = sign_in_new(Role.TUTOR)
    _, key = declare_offer(client)
    assert client.get(f"/parcours/{key}/retrait").status == 200
    body = {"geste": "retirer", "motif": "activity_stopped"}

    assert client.post_form(f"/parcours/{key}/retrait", {**body, "motif": "link_sent"}).status == 422
    assert client.post_form(f"/parcours/{key}/retrait", body).status == 303
    assert parcours_table.read_parcours(key).status is ParcoursStatus.WITHDRAWN
    assert "Cette offre n’est plus libre" in tutor.post_form(f"/parcours/{key}/passage", {}).text
    assert client.post_form(f"/parcours/{key}/retrait", body).status == 303, "it is as she asks"
    assert client.post_form(f"/parcours/{key}/retrait", {**body, "motif": "other"}).status == 409
    assert client.post_form(f"/parcours/{key}/retrait", {"geste": "remettre"}).status == 303
    assert tutor.post_form(f"/parcours/{key}/passage", {}).status == 303
    assert client.post_form(f"/parcours/{key}/retrait", body).status == 409
    assert client.get(f"/parcours/{key}/retrait").status == 409
