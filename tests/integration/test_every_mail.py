"""Every kind of mail is queued by a decision, written and read by somebody: a scene for each, played on real stores."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from chalicelib import clock, terms
from chalicelib.domain.documents import mailing as outbox
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import FORMER, RETIRED, MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import assigning
from chalicelib.domain.parcours.ending import WARNING
from chalicelib.errors import TooMany
from chalicelib.stores import parcours_table
from chalicelib.stories import meetings as meeting_stories
from chalicelib.stories import outcomes, parcours, record, retention, rights, young_acts
from chalicelib.stories.documents import losing, opening, sending
from chalicelib.stories.kit import quotas
from chalicelib.stories.mails import feedback
from chalicelib.stories.parcours import Assignment
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.wire import Tap, reject
from tests.simulation.wire import Letter, Wire
from tests.support import (
    factories,
    mail_rules,
    meetings,
    mornings,
    offers,
    passings,
    people,
    relays,
    ses_events,
    worlds,
)
from tests.support.authenticator import Authenticator, adds_passkey, signed_in_by_passkey, signs_in_by_passkey
from tests.support.http import Client, functions_answer, signed_in
from tests.support.provider import SOMEBODY, provider_running
from tests.support.provider import sign_in as sign_in_with_proconnect
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records

A_DAY = timedelta(days=1)


def reads(world: World, time: Clock) -> None:
    relay = relays.started(world)
    token = relay.sends()
    holder = passings.answers_question(token)
    holder.opens(token)
    holder.confirms(token)
    relay.mailer_runs()


def cannot_read(world: World, time: Clock) -> None:
    relay = relays.started(world)
    token = relay.sends()
    holder = passings.answers_question(token)
    holder.opens(token)
    holder.confirms(token, readable=False)
    relay.mailer_runs()


def guesses(world: World, time: Clock) -> None:
    relay = relays.started(world)
    token = relay.sends()
    for _ in range(4):
        for _ in range(5):
            with pytest.raises(Exception):  # noqa: B017 - wrong, then locked, then closed
                Browser().proves(token, "autre@entreprise.example")
        time.passes(minutes=15)
    relay.mailer_runs()


def expires_then_is_asked_for(world: World, time: Clock) -> None:
    relay = relays.started(world)
    token, browser = relay.sends(), Browser()
    time.passes(days=16)
    relay.purges()
    time.passes(days=1)
    relay.mailer_runs()
    browser.proves(token)
    opening.ask_again(token, browser=browser.digest, now=clock.utc_now())
    relay.mailer_runs()


def loses_the_message(world: World, time: Clock) -> None:
    relay = relays.started(world)
    relay.sends()
    losing.ask_for_message(factories.COMPANY_ADDRESS, source="198.51.100.7", now=clock.utc_now())
    relay.mailer_runs()


def document_is_refused(world: World, time: Clock) -> None:
    relay = relays.started(world)
    relay.announces()
    relay.uploads(blob=relay.sent[-1].blob[:-1])
    assert relay.is_inspected() == "refused"
    relay.mailer_runs()


def signs_in(world: World, time: Clock) -> None:
    relay = relays.started(world)
    relays.asks_code(relay.tutor.address)
    relay.mailer_runs()


def _mail_is_refused(relay: Relay, time: Clock) -> None:
    """Let the mail service refuse the waiting mails until the mailer gives them up."""
    for _ in range(outbox.MOST_REFUSALS):
        with Tap(act=reject, operation="SendEmail").open():
            relay.mailer_runs()
        time.now += outbox.LEASE * 2**outbox.LONGEST_DOUBLING


def mails_are_given_up(world: World, time: Clock) -> None:
    relay = relays.started(world)
    relay.sends()
    sending_changes.ends(relay)
    _mail_is_refused(relay, time)
    relay.mailer_runs()
    other = relays.takes(world, relay.tutor)
    other.announces()
    other.uploads()
    other.is_inspected()
    _mail_is_refused(other, time)
    other.mailer_runs()


def link_comes_back(world: World, time: Clock) -> None:
    relay = relays.started(world)
    relay.sends()
    tag = delivery.derive_tag(relay.link().mail_key)
    feedback.receive(ses_events.bounce(tag, "Permanent", "NoEmail"), now=clock.utc_now())
    relay.mailer_runs()


def reservation_lapses(world: World, time: Clock) -> None:
    relay = relays.started(world)
    until = relay.head().reservation_until
    assert until is not None
    for then in (until - WARNING, until):
        time.now = then + timedelta(minutes=1)
        relay.purges()
        relay.mailer_runs()


def passage_falls_silent(world: World, time: Clock) -> None:
    relay = relays.started(world)
    relay.sends()
    for days in (120, 366):
        time.passes(days=days)
        relay.purges()
    relay.mailer_runs()


def passage_ends(world: World, time: Clock) -> None:
    relay, _ = sending_changes.with_buyer(world)
    relay.sends()
    sending_changes.ends(relay)
    relay.mailer_runs()
    ended = parcours_table.read_page(relay.parcours_id).events[-1]
    outcomes.correct(relay.tutor, relay.parcours_id, ended.id, now=clock.utc_now())
    relay.mailer_runs()


def coordinator_ends_a_passage(world: World, time: Clock) -> None:
    coordinator = factories.account(Role.COORDINATOR)
    relay = relays.started(world, also=(coordinator,))
    relay.tutor = coordinator
    sending_changes.ends(relay)
    relay.mailer_runs()


def nobody_acts(world: World, time: Clock) -> None:
    relay = relays.started(world, also=(factories.account(Role.COORDINATOR),))
    relay.sends()
    for _ in range(25):
        mornings.remind_on(relay, time, day_of(time.now) + A_DAY)


def nobody_acts_on_two_links(world: World, time: Clock) -> None:
    relay = relays.started(world)
    for sent in (relay, relays.takes(world, relay.tutor)):
        sent.sends()
    for _ in range(7):
        mornings.remind_on(relay, time, day_of(time.now) + A_DAY)


def offer_is_taken(world: World, time: Clock) -> None:
    tutor, (_, buyer) = factories.account(), offers.sign_in_new(Role.BUYER, organisation=offers.MINISTRY)
    add_records(tutor)
    _, key = offers.declare_offer(buyer)
    outcomes.take_offer(tutor, key, now=clock.utc_now())
    people.send_waiting_mails(world)


def offer_is_reported(world: World, time: Clock) -> None:
    tutor, (_, buyer) = factories.account(), offers.sign_in_new(Role.BUYER, organisation=offers.MINISTRY)
    add_records(tutor)
    _, key = offers.declare_offer(buyer)
    record.report(tutor, key, Reason.OFFER_INEXACT, now=clock.utc_now())
    people.send_waiting_mails(world)


def accounts_come_and_go(world: World, time: Clock) -> None:
    cast = people.cast()
    for _ in range(2):
        relays.takes(world, cast.tutor)
    boss = signed_in(cast.coordinator)
    chosen = relays.takes(world, cast.tutor)
    away = {"du": day_of(time.now).isoformat(), "au": day_of(time.now + 2 * A_DAY).isoformat()}
    assert boss.post_form(f"/comptes/{cast.tutor.id}/absence", away).status == 303
    people.send_waiting_mails(world)
    assert boss.post_form(f"/comptes/{cast.tutor.id}/retour", {}).status == 303
    people.send_waiting_mails(world)
    parcours.assign(cast.coordinator, chosen.parcours_id, Assignment(cast.colleague.id), now=time.now)
    people.invite(signed_in(cast.team), achat="1", organisation="Un ministère")
    people.send_waiting_mails(world)
    time.now += assigning.GATHERING
    assert boss.post_form(f"/comptes/{cast.tutor.id}/fermeture", {}).status == 303
    people.send_waiting_mails(world)


def passkeys_come_and_go(world: World, time: Clock) -> None:
    cast = people.cast()
    hers, lost = signed_in_by_passkey(cast.tutor)
    helper, _ = signed_in_by_passkey(cast.team)
    device = Authenticator(cast.tutor.id, counter=5)
    assert adds_passkey(hers, device).status == 200
    assert hers.post_form("/compte/cles/retrait", {"cle": lost.id}).status == 303
    device.counter = 3
    assert signs_in_by_passkey(Client(), device).status == 403
    assert helper.post_form(f"/comptes/{cast.tutor.id}/cles", "").status == 303
    people.send_waiting_mails(world)


def account_is_not_used(world: World, time: Clock) -> None:
    buyer = replace(factories.account(Role.BUYER), invited_at=time.now)
    people.stand(buyer)
    time.now = terms.retention().warned_from(time.now)
    retention.purge(now=time.now)
    people.send_waiting_mails(world)


def identity_is_linked(world: World, time: Clock) -> None:
    account, team = factories.account(address=SOMEBODY), factories.account(Role.TEAM)
    people.stand(account, team)
    with functions_answer(), provider_running() as provider:
        sign_in_with_proconnect(Client(), provider)
    people.send_waiting_mails(world)
    signed_in(team).post_form(f"/comptes/{account.id}/proconnect", {})
    people.send_waiting_mails(world)


def too_many_are_taken(world: World, time: Clock) -> None:
    time.now = time.now.replace(hour=8)
    cast = people.cast()
    free = [factories.offer() for _ in range(quotas.TAKING.most + 1)]
    add_records(*free)
    with pytest.raises(TooMany):
        for offer in free:
            outcomes.take_offer(cast.tutor, offer.id, now=clock.utc_now())
    people.send_waiting_mails(world)


def data_are_asked_about(world: World, time: Clock) -> None:
    relay = relays.started(world)
    rights.warn_of_rights_request(str(relay.head().reference), now=clock.utc_now())
    asked = rights.parse_request("agent", "", "acces", relay.tutor.address, now=clock.utc_now())
    rights.ask_rights(asked, source_ip="203.0.113.7", now=clock.utc_now())
    relay.mailer_runs()
    request = relay.head().data_request
    assert request is not None
    sending.note_data_request_discussed(
        relay.tutor, relay.parcours_id, seen=request.page_version, now=clock.utc_now()
    )
    relay.mailer_runs()


def young_person_acts(world: World, time: Clock) -> None:
    time.now = time.now.replace(hour=8)
    page = meetings.start_proposing(world)
    (slot,) = page.proposes_in_days(9)
    meetings.accepts(page, slot)
    young_acts.say_cannot_come(page.relay.parcours_id, 1, now=clock.utc_now())
    page.relay.mailer_runs()
    young_acts.stop(page.relay.parcours_id, 1, now=clock.utc_now())
    page.relay.mailer_runs()


def contact_changes(world: World, time: Clock) -> None:
    relay = relays.started(world)
    boss = factories.account(Role.COORDINATOR)
    people.stand(boss)
    new = {"contact_nom": "Hugo Tissier", "contact_courriel": "h.tissier@jardins.entreprise.example"}
    asked = {"contact": "repond", "geste": "corrige", "version": "0", "joint": "oui"}
    answer = signed_in(boss).post_form(f"/parcours/{relay.parcours_id}/contacts", asked | new)
    assert answer.status == 303
    relay.mailer_runs()


def company_declines(world: World, time: Clock) -> None:
    relay = relays.started(world)
    token = relay.sends()
    holder = passings.answers_question(token)
    holder.opens(token)
    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    relay.mailer_runs()
    holder.withdraws_refusal(token)
    relay.mailer_runs()


def colleague_is_named(world: World, time: Clock) -> None:
    relay = relays.started(world)
    token = relay.sends()
    passings.passes(passings.answers_question(token), token, passings.colleague_named(passings.OTHER))
    relay.mailer_runs()


def people_meet(world: World, time: Clock) -> None:
    time.now = time.now.replace(hour=8)
    page = meetings.start_proposing(world)
    relay = page.relay
    page.proposes_in_days(9)
    relay.mailer_runs()
    seen = meetings.shown_dates(relay)
    meeting_stories.ask_others(relay.tutor, relay.parcours_id, Reason.OTHER, clock.utc_now(), seen=seen)
    relay.mailer_runs()
    (slot,) = page.proposes_in_days(10)
    meetings.accepts(page, slot)
    relay.mailer_runs()
    page.says(meeting_stories.CANCELS, Reason.OTHER)
    relay.mailer_runs()
    (slot,) = page.proposes_in_days(20)
    meetings.accepts(page, slot)
    relay.mailer_runs()
    time.now = slot.start - timedelta(hours=20)
    relay.purges()
    relay.mailer_runs()
    time.now = slot.start + timedelta(hours=2)
    page.browser.proves(page.token)
    page.says(meeting_stories.HELD)
    relay.mailer_runs()


SCENES: dict[Callable[[World, Clock], None], set[MailKind]] = {
    reads: {MailKind.LINK, MailKind.SENDING_NOTICE, MailKind.LINK_ANSWERED},
    cannot_read: {MailKind.LINK_ANSWERED},
    guesses: {MailKind.LINK_ANSWERED},
    expires_then_is_asked_for: {MailKind.EXPIRY_NOTICE, MailKind.LINK_ANSWERED},
    loses_the_message: {MailKind.LOST_MESSAGE},
    document_is_refused: {MailKind.REFUSAL_NOTICE},
    signs_in: {MailKind.SIGN_IN_CODE},
    mails_are_given_up: {MailKind.FAILURE_NOTICE, MailKind.UNSENT_NOTICE},
    link_comes_back: {MailKind.RETURN_NOTICE},
    reservation_lapses: {MailKind.RESERVATION_WARNING, MailKind.PASSAGE_ENDED},
    passage_falls_silent: {MailKind.PASSAGE_ENDED},
    passage_ends: {MailKind.END_TO_COMPANY, MailKind.END_TO_BUYER, MailKind.PASSAGE_RESUMED},
    coordinator_ends_a_passage: {MailKind.PASSAGE_ENDED},
    nobody_acts: {MailKind.REMINDER, MailKind.DIGEST},
    nobody_acts_on_two_links: {MailKind.REMINDER},
    offer_is_taken: {MailKind.CONTACT_CHECK},
    offer_is_reported: {MailKind.OFFER_REPORTED},
    accounts_come_and_go: {
        MailKind.INVITATION,
        MailKind.ASSIGNED,
        MailKind.HANDED_AWAY,
        MailKind.ABSENCE,
    },
    passkeys_come_and_go: {MailKind.ENTRANCE_CHANGED},
    account_is_not_used: {MailKind.ACCOUNT_UNUSED},
    identity_is_linked: {MailKind.ENTRANCE_CHANGED},
    too_many_are_taken: {MailKind.TAKINGS_STOPPED},
    data_are_asked_about: {MailKind.YOUNG_SPOKE, MailKind.RIGHTS_REQUEST, MailKind.REQUEST_SETTLED},
    young_person_acts: {MailKind.YOUNG_SPOKE},
    contact_changes: {MailKind.CONTACTS_CHANGED},
    company_declines: {MailKind.DECLINE_NOTICE, MailKind.DECLINE_UNDONE},
    colleague_is_named: {MailKind.COLLEAGUE_QUESTION},
    people_meet: {
        MailKind.SLOTS_NOTICE,
        MailKind.OTHER_SLOTS,
        MailKind.MEETING_INVITATION,
        MailKind.MEETING_CANCELLED,
        MailKind.EVE_REMINDER,
        MailKind.LINK_ANSWERED,
    },
}
"""What somebody does or leaves undone, and the kinds of mails that it queues."""


def test_every_kind_of_mail_has_a_scene_that_queues_it() -> None:
    assert set().union(*SCENES.values()) == set(MailKind) - RETIRED - FORMER.keys() - {
        MailKind.SMS
    }  # no mail: test_sms.py


def play(scene: Callable[[World, Clock], None], world: World, time: Clock) -> list[Letter]:
    """Play a scene; return the mails that left."""
    letters: list[Letter] = []
    chance = Random(0)  # noqa: S311 - draws nothing here: no outage
    add_records(factories.account(Role.TEAM))
    with Wire(now=clock.utc_now, chance=chance, on_letter=letters.append, kept=1).open():
        scene(world, time)
    return letters


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_the_scene_of_a_mail_queues_it_and_it_keeps_the_rules(
    world: World, time: Clock, scene: Callable[[World, Clock], None]
) -> None:
    letters = play(scene, world, time)

    left = {letter.kind: worlds.parsed(letter.raw) for letter in letters}
    assert left.keys() >= SCENES[scene]
    for kind in SCENES[scene]:
        assert left[kind]["Subject"] and "Bonjour" in mail_rules.read_body(left[kind], "html"), kind
        assert "Bonjour" in mail_rules.read_body(left[kind], "plain"), kind
    mail_rules.assert_all_keep_rules(world)


@pytest.mark.parametrize(
    "scene",
    [reads, offer_is_taken, company_declines, people_meet, colleague_is_named],
    ids=lambda scene: scene.__name__,
)
def test_each_mail_says_the_one_origin_of_its_address(
    world: World, time: Clock, scene: Callable[[World, Clock], None]
) -> None:
    letters = play(scene, world, time)

    stored = world.table("PARCOURS_TABLE")
    accounts = {str(item["address"]) for item in stored if str(item["pk"]).startswith("account#")}
    for letter in letters:
        said = (
            "celle de votre compte"
            if letter.to in accounts
            else "déclarée avec l’offre par l’acheteur, le 20 mai 2026"
        )
        assert said in " ".join(letter.text.replace("\u00a0", " ").split()), (letter.kind, letter.text)
