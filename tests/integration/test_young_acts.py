"""« Je ne veux plus » and « Je ne peux pas venir », pressed on the young person's page: what they stop, and who hears of it."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chalicelib import clock, french, terms
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Absence
from chalicelib.domain.kernel.people import Account, CallHours
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.parcours.turns import State, whose_turn
from chalicelib.domain.rights import Right
from chalicelib.errors import LinkRevoked, TalkNeeded, TooManyYoungActs, WrongStep
from chalicelib.stores import aws
from chalicelib.stories import meetings as meeting_stories
from chalicelib.stories import parcours as assigning
from chalicelib.stories import young_acts
from chalicelib.stories.kit import quotas
from chalicelib.stories.parcours import Assignment
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.bad_input.cases import hooked
from tests.conftest import Clock
from tests.integration.test_held_parcours import Followed
from tests.integration.test_passage_end import ends
from tests.support import factories, mail_rules, people, relays, young
from tests.support.http import Client, signed_in
from tests.support.meetings import Page, accepts, shown_dates
from tests.support.mornings import remind_on
from tests.support.passings import answers_question
from tests.support.people import read_account
from tests.support.relays import Relay
from tests.support.waiting import paris
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

pytestmark = pytest.mark.usefixtures("answering")

WHY = re.compile("ne veut plus|ne peux? pas venir|renonc|le jeune a|parler avec le jeune", re.IGNORECASE)
"""What no company and no buyer reads."""


@pytest.fixture
def followed(world: World, time: Clock) -> Followed:
    """A passage that a tutor has taken on 15 September 2026, a Tuesday, with a coordinator and a buyer."""
    time.now = paris("2026-09-15 09:00")
    boss, buyer = factories.account(Role.COORDINATOR), factories.account(Role.BUYER)
    people.stand(boss)
    add_records(buyer)
    return Followed(relays.started(world, offer=factories.offer(buyer=buyer.id)), boss, buyer)


def stops(relay: Relay) -> None:
    """Press « Je ne veux plus » on the young person's page."""
    young_acts.stop(relay.parcours_id, 1, now=clock.utc_now())


def cannot_come(relay: Relay) -> None:
    """Press « Je ne peux pas venir » there."""
    young_acts.say_cannot_come(relay.parcours_id, 1, now=clock.utc_now())


def state_now(relay: Relay) -> State | None:
    """Return what the parcours waits for now."""
    turn = whose_turn(relay.head(), clock.utc_now(), terms.calendar(), terms.turns())
    return turn.state if turn is not None else None


def agrees_on_a_meeting(relay: Relay, *, buyer_invited: bool = False) -> Page:
    """Let the company read and propose a date in three days, and the tutor accept it."""
    page = Page(relay)
    page.browser.opens(page.token)
    page.browser.confirms(page.token)
    (slot,) = page.proposes_in_days(3)
    accepts(page, slot, buyer_invited=buyer_invited)
    relay.mailer_runs()
    return page


def mails_since(followed: Followed, before: int) -> dict[str, list[str]]:
    """Return address → the texts of the mails that left after the first ``before``."""
    followed.relay.mailer_runs()
    texts: dict[str, list[str]] = {}
    for mail in followed.relay.world.mails()[before:]:
        texts.setdefault(str(mail["To"]), []).append(mail_rules.read_body(mail, "plain"))
    return texts


def test_a_stop_kills_the_link_and_erases_the_documents_at_the_next_purge(
    followed: Followed, world: World
) -> None:
    token = followed.relay.sends()
    browser = answers_question(token)

    stops(followed.relay)

    assert followed.relay.link().revoked_at is not None
    with pytest.raises(LinkRevoked):
        browser.opens(token)
    followed.relay.purges()
    assert world.objects() == {}
    assert followed.relay.event_kinds()[-2:] == [EventKind.SENDING_STOPPED, EventKind.DOCUMENTS_ERASED]
    followed.speaks()
    with pytest.raises(LinkRevoked):
        browser.opens(token)


def test_a_stop_keeps_documents_that_are_still_arriving_from_leaving(
    followed: Followed, world: World
) -> None:
    followed.relay.announces()
    followed.relay.uploads()

    stops(followed.relay)
    followed.relay.is_inspected()
    followed.relay.mailer_runs()
    followed.relay.purges()

    assert followed.relay.tokens() == [] and world.objects() == {}


def test_a_stop_is_decided_anew_when_somebody_opens_meanwhile(followed: Followed, world: World) -> None:
    token = followed.relay.sends()
    browser, waiting = answers_question(token), [True]

    def opens_first() -> None:
        while waiting:
            waiting.pop()
            browser.opens(token)

    with hooked(aws.dynamodb(), "before-call.dynamodb.TransactWriteItems", opens_first):
        stops(followed.relay)

    followed.relay.purges()
    assert world.objects() == {}
    assert {EventKind.LINK_OPENED, EventKind.SENDING_STOPPED} <= set(followed.relay.event_kinds())


def test_a_stop_is_mailed_to_the_tutor_at_once_and_is_her_turn(followed: Followed) -> None:
    followed.relay.sends()
    before = len(followed.relay.world.mails())

    stops(followed.relay)

    mails = mails_since(followed, before)
    assert mails.keys() == {followed.relay.tutor.address, factories.COMPANY_ADDRESS}
    assert "Je ne veux plus" in mails[followed.relay.tutor.address][0]
    assert state_now(followed.relay) is State.TO_TALK
    page = signed_in(followed.relay.tutor).get(followed.here).text
    assert "Je ne veux plus" in page and "J’en ai parlé" in page
    assert "Je ne veux plus" in signed_in(followed.relay.tutor).get(f"{followed.here}/envoi").text


def test_who_has_the_turn_as_the_mail_leaves_is_mailed_and_no_former_tutor(followed: Followed) -> None:
    successor = factories.account(address="suite@academie.example", academie=followed.relay.tutor.academie)
    add_records(successor)
    agrees_on_a_meeting(followed.relay)
    before = len(followed.relay.world.mails())

    cannot_come(followed.relay)
    stops(followed.relay)
    assigning.assign(followed.boss, followed.relay.parcours_id, Assignment(successor.id), now=clock.utc_now())

    texts = mails_since(followed, before)
    assert "Je ne veux plus" in " ".join(texts[successor.address])
    assert "Je ne veux plus" not in " ".join(texts.get(followed.relay.tutor.address, []))


def test_who_stands_in_is_mailed_while_the_tutor_is_away(followed: Followed) -> None:
    head, today = followed.relay.head(), day_of(clock.utc_now())
    absence = Absence(first=today, last=today + timedelta(days=9))
    change_record(head, replace(head, tutor_absence=absence))
    before = len(followed.relay.world.mails())

    stops(followed.relay)

    assert mails_since(followed, before).keys() == {followed.boss.address}


def test_pressed_again_a_stop_changes_nothing(followed: Followed) -> None:
    followed.relay.sends()
    stops(followed.relay)
    after, mails = followed.relay.head(), len(followed.relay.outbox())

    for _ in range(3 * quotas.YOUNG_ACT.most):
        stops(followed.relay)

    assert followed.relay.head() == after
    assert followed.relay.event_kinds().count(EventKind.SENDING_STOPPED) == 1
    assert len(followed.relay.outbox()) == mails


def test_after_a_request_about_data_a_stop_still_withdraws(followed: Followed, world: World) -> None:
    followed.relay.sends()
    followed.asks()
    asked_at = followed.relay.head().data_request

    stops(followed.relay)
    followed.relay.purges()

    request = followed.relay.head().data_request
    assert world.objects() == {} and request is not None and asked_at is not None
    assert (request.since, request.stops) == (asked_at.since, True)


def test_after_a_stop_nothing_is_sent_or_reminded_of_until_the_tutor_has_spoken(
    followed: Followed, time: Clock
) -> None:
    followed.relay.sends()
    stops(followed.relay)
    followed.relay.mailer_runs()
    first, before = day_of(time.now), len(followed.relay.world.mails())

    with pytest.raises(TalkNeeded):
        followed.relay.announces()
    for days in (2, 7, 9, 14):
        remind_on(followed.relay, time, first + timedelta(days=days))
        followed.relay.purges()

    heard = mails_since(followed, before)
    assert heard.keys() == {followed.relay.tutor.address, followed.boss.address}
    followed.speaks()
    assert state_now(followed.relay) is State.TO_SEND
    assert len(followed.relay.sends()) > 0, "what is sent anew has a link of its own"


def test_a_stop_cancels_the_meeting_and_says_to_nobody_outside_why(followed: Followed) -> None:
    page = agrees_on_a_meeting(followed.relay, buyer_invited=True)
    before = len(followed.relay.world.mails())

    stops(followed.relay)

    mails = mails_since(followed, before)
    outside = mails[factories.COMPANY_ADDRESS] + mails[followed.buyer.address]
    assert all("arrêté pour l’instant." in text for text in outside)
    assert "supprimez toutes les copies" in " ".join(mails[factories.COMPANY_ADDRESS])
    assert not any(WHY.search(text) for text in outside)
    head = followed.relay.head()
    assert (head.meeting_at, head.step, state_now(followed.relay)) == (
        None,
        Step.DOCUMENTS_TO_SEND,
        State.TO_TALK,
    )
    client = Client({NONCE_COOKIE: page.browser.nonce})
    shown = client.post_json("/retrait/apercu", {"token": page.token})
    assert (shown.json["etat"], shown.json["attendu"], shown.json["actions"]) == (
        "revoque",
        "arrete",
        ["copies"],
    )
    assert not WHY.search(shown.text)
    page.browser.says_copies_deleted(page.token)
    assert followed.relay.event_kinds()[-1] is EventKind.COPIES_DELETED


def test_a_stop_removes_the_dates_that_wait_for_a_choice(followed: Followed) -> None:
    page = Page(followed.relay)
    page.browser.opens(page.token)
    page.proposes_in_days(3)

    stops(followed.relay)
    followed.speaks()

    assert (followed.relay.head().step, state_now(followed.relay)) == (Step.DOCUMENTS_TO_SEND, State.TO_SEND)


def test_after_a_stop_the_company_that_read_is_asked_for_its_copies_once_the_tutor_ends_the_passage(
    followed: Followed,
) -> None:
    page = Page(followed.relay)
    page.browser.opens(page.token)
    stops(followed.relay)
    before = len(followed.relay.world.mails())

    assert ends(signed_in(followed.relay.tutor), followed.relay).status == 303

    mails = mails_since(followed, before)
    assert "supprimez maintenant toutes les copies" in mails[factories.COMPANY_ADDRESS][0]


def test_a_meeting_whose_hour_has_come_is_still_to_be_noted_after_a_stop(
    followed: Followed, time: Clock
) -> None:
    agrees_on_a_meeting(followed.relay)
    time.now += timedelta(days=4)

    stops(followed.relay)
    followed.speaks()

    assert state_now(followed.relay) is State.MEETING_TO_NOTE


def test_nothing_is_stopped_once_the_passage_is_over_or_another_one_has_begun(followed: Followed) -> None:
    ends(signed_in(followed.relay.tutor), followed.relay)

    for number in (1, 2):
        with pytest.raises(WrongStep):
            young_acts.stop(followed.relay.parcours_id, number, now=clock.utc_now())
    assert followed.relay.head().status is ParcoursStatus.AVAILABLE


def test_a_page_of_an_earlier_passage_stops_nothing_of_the_next(followed: Followed) -> None:
    tutor = signed_in(followed.relay.tutor)
    ends(tutor, followed.relay)
    assert tutor.post_form(f"{followed.here}/passage", {}).status == 303

    with pytest.raises(WrongStep):
        stops(followed.relay)
    head = followed.relay.head()
    assert (head.attempt, head.data_request) == (2, None)


def test_who_cannot_come_gives_the_tutor_a_turn_and_a_mail_and_tells_nobody_else(followed: Followed) -> None:
    agrees_on_a_meeting(followed.relay, buyer_invited=True)
    head, before = followed.relay.head(), len(followed.relay.world.mails())

    cannot_come(followed.relay)

    mails = mails_since(followed, before)
    assert list(mails) == [followed.relay.tutor.address]
    assert "Je ne peux pas venir" in mails[followed.relay.tutor.address][0]
    assert (followed.relay.head().meeting_at, state_now(followed.relay)) == (
        head.meeting_at,
        State.CANNOT_COME,
    )
    for reader in (followed.buyer, followed.relay.tutor):
        reads = "Je ne peux pas venir" in signed_in(reader).get(followed.here).text
        assert reads is (reader is followed.relay.tutor)
    card = signed_in(followed.relay.tutor).get(followed.here).text
    assert 'class="btn plie">Déplacer' in card and 'class="btn b2" type="submit">Le rendez-vous tient' in card


def test_who_cannot_come_is_noted_once_of_each_meeting(followed: Followed) -> None:
    page = agrees_on_a_meeting(followed.relay)
    for _ in range(3):
        cannot_come(followed.relay)
    assert followed.relay.event_kinds().count(EventKind.CANNOT_COME) == 1

    (slot,) = page.proposes_in_days(5)
    accepts(page, slot)
    assert state_now(followed.relay) is State.MEETING_AHEAD
    cannot_come(followed.relay)
    assert state_now(followed.relay) is State.CANNOT_COME


def test_a_doubt_stays_while_other_dates_wait_and_once_they_do_not_suit(followed: Followed) -> None:
    page = agrees_on_a_meeting(followed.relay)
    cannot_come(followed.relay)
    said = followed.relay.head().cannot_come

    page.proposes_in_days(5)
    assert (followed.relay.head().step, followed.relay.head().cannot_come) == (Step.SLOTS_PROPOSED, said)
    assert "Oui, je ne peux pas venir" not in young.looks(followed.relay).words

    seen = shown_dates(followed.relay)
    asked = partial(meeting_stories.ask_others, followed.relay.tutor, followed.relay.parcours_id)
    asked(Reason.DATES_UNSUITABLE, clock.utc_now(), seen=seen)
    assert state_now(followed.relay) is State.CANNOT_COME
    assert followed.answers(followed.find_said("tient")).status == 303


def test_a_meeting_that_the_tutor_keeps_waits_for_nobody_again(followed: Followed) -> None:
    agrees_on_a_meeting(followed.relay)
    cannot_come(followed.relay)
    form = followed.find_said("tient")

    for _ in range(2):
        answer = followed.answers(form)
        assert answer.headers["location"] == f"{followed.here}?fait=tient"

    assert state_now(followed.relay) is State.MEETING_AHEAD
    assert followed.relay.event_kinds().count(EventKind.MEETING_KEPT) == 1
    assert followed.answers(form, followed.buyer).status == 403


def test_who_said_cannot_come_takes_it_back_until_somebody_answers(followed: Followed) -> None:
    page = agrees_on_a_meeting(followed.relay)
    cannot_come(followed.relay)
    assert "Oui, je peux venir" in young.looks(followed.relay).words
    before = len(followed.relay.world.mails())

    back = [young.looks(followed.relay, geste="venue") for _ in range(2)]

    (text,) = mails_since(followed, before)[followed.relay.tutor.address]
    assert "le rendez-vous tient" in text and "C’est à vous" not in text
    assert [answer.status for answer in back] == [200, 200] and "Le rendez-vous tient." in back[0].words
    assert "Oui, je peux venir" not in back[1].words
    assert state_now(followed.relay) is State.MEETING_AHEAD
    assert followed.relay.event_kinds().count(EventKind.MEETING_KEPT) == 1
    history = signed_in(followed.relay.tutor).get(followed.here).text
    assert "a appris que le rendez-vous tient" in history and "a parlé avec le jeune" not in history

    cannot_come(followed.relay)
    accepts(page, *page.proposes_in_days(5))
    young.looks(followed.relay, geste="venue")
    assert followed.relay.event_kinds().count(EventKind.MEETING_KEPT) == 1, "the other one was never in doubt"


def test_an_old_page_answers_nothing_that_it_did_not_show(followed: Followed, time: Clock) -> None:
    """Another doubt, of the same hour or of another meeting, or a request that has become a stop."""
    page = agrees_on_a_meeting(followed.relay)
    cannot_come(followed.relay)
    form = followed.find_said("tient")
    followed.answers(form)
    time.passes(hours=1)
    cannot_come(followed.relay)
    assert followed.answers(form).status == 409
    form = followed.find_said("tient")
    (slot,) = page.proposes_in_days(5)
    accepts(page, slot)
    cannot_come(followed.relay)
    assert followed.answers(form).status == 409
    assert state_now(followed.relay) is State.CANNOT_COME

    followed.asks(Right.ACCESS)
    form = followed.find_said("parle")
    stops(followed.relay)
    before = len(followed.relay.world.mails())
    assert followed.answers(form).status == 409
    assert followed.relay.head().is_held
    assert followed.relay.tutor.address in mails_since(followed, before)


def test_a_doubt_is_told_and_answered_while_a_request_waits_and_until_the_meeting(followed: Followed) -> None:
    agrees_on_a_meeting(followed.relay)
    followed.asks(Right.ACCESS)
    cannot_come(followed.relay)

    words = signed_in(followed.relay.tutor).get(followed.here).words
    assert "Je ne peux pas venir" in words and "Une demande sur les données" in words
    turn = whose_turn(followed.relay.head(), clock.utc_now(), terms.calendar(), terms.turns())
    assert turn is not None and (turn.state, turn.due_at) == (State.TO_TALK, followed.relay.head().meeting_at)
    assert followed.answers(followed.find_said("tient")).status == 303
    assert followed.relay.head().in_doubt_since is None and followed.relay.head().is_held


def test_nobody_cancels_coming_to_a_meeting_that_is_not_to_come(followed: Followed, time: Clock) -> None:
    with pytest.raises(WrongStep):
        cannot_come(followed.relay)
    agrees_on_a_meeting(followed.relay)
    time.now += timedelta(days=4)
    with pytest.raises(WrongStep):
        cannot_come(followed.relay)


def test_a_page_mails_so_many_times_a_day_and_no_more(followed: Followed) -> None:
    agrees_on_a_meeting(followed.relay)
    for _ in range(quotas.YOUNG_ACT.most):
        cannot_come(followed.relay)
        followed.answers(followed.find_said("tient"))

    with pytest.raises(TooManyYoungActs):
        cannot_come(followed.relay)
    assert followed.relay.head().in_doubt_since is None


def test_team_and_buyer_read_that_it_is_stopped_and_not_who_asked(followed: Followed, world: World) -> None:
    """As of a request about data: somebody has to speak with the young person first."""
    team = factories.account(Role.TEAM)
    add_records(team)
    stops(followed.relay)

    readers: tuple[Account, ...] = (team, followed.buyer)
    for reader in readers:
        page = signed_in(reader).get(followed.here).text
        assert "a arrêté l’envoi, le temps de parler avec le jeune" in page
        assert ("Je ne veux plus" in page) is (reader is team)


def test_the_page_asks_before_it_stops_and_says_when_it_did(followed: Followed, time: Clock) -> None:
    followed.relay.sends()
    asked = young.looks(followed.relay)
    assert "Oui, j’arrête" in asked.words and "pas pourquoi" in asked.words
    assert EventKind.SENDING_STOPPED not in followed.relay.event_kinds()

    first = young.looks(followed.relay, geste="arret")
    noted_at = clock.utc_now()
    time.now += timedelta(hours=3)
    again = young.looks(followed.relay, geste="arret")

    name = followed.relay.tutor.name
    assert f"C’est noté, {french.moment(noted_at)}." in first.text and name in first.words
    assert f"C’était déjà noté, {french.moment(noted_at)}." in again.text
    for answer in (first, again):
        assert answer.status == 200 and "Oui, j’arrête" not in answer.words


def test_the_page_offers_what_can_be_pressed_now_and_nothing_else(followed: Followed, time: Clock) -> None:
    assert "Je ne peux pas venir" not in young.looks(followed.relay).words
    agrees_on_a_meeting(followed.relay)
    assert "Je ne peux pas venir" in young.looks(followed.relay).words

    said = young.looks(followed.relay, geste="empechement")
    assert "L’entreprise ne le sait pas encore." in said.words
    assert "Oui, je ne peux pas venir" not in said.words
    assert "doit parler avec toi avant la suite" in said.words


@pytest.mark.parametrize("act", ["arret", "empechement"])
def test_what_is_not_possible_any_more_changes_nothing_and_the_page_says_so(
    followed: Followed, act: str
) -> None:
    attempt = young.find_attempt(followed.relay)
    ends(signed_in(followed.relay.tutor), followed.relay)
    before = followed.relay.world.everything()

    answer = young.looks(followed.relay, attempt=attempt, geste=act)

    assert answer.status == 409 and "Ce n’est plus possible maintenant." in answer.words
    assert followed.relay.world.everything().count("sending_stopped") == before.count("sending_stopped") == 0


def test_a_wrong_key_and_a_key_that_was_replaced_press_nothing(followed: Followed) -> None:
    followed.relay.sends()
    attempt = young.find_attempt(followed.relay)
    change_record(attempt, replace(attempt, follow_key=attempt.follow_key + 1))

    for key in ("K7QP-3MNA-9XYZ", "0" * 32):
        assert young.looks(followed.relay, key=key, geste="arret").status == 404
    assert young.looks(followed.relay, attempt=attempt, geste="arret").status == 404
    assert followed.relay.head().data_request is None


def test_who_presses_too_often_in_a_day_is_told_to_call(followed: Followed) -> None:
    agrees_on_a_meeting(followed.relay)
    for _ in range(quotas.YOUNG_ACT.most):
        cannot_come(followed.relay)
        followed.answers(followed.find_said("tient"))

    answer = young.looks(followed.relay, geste="empechement")

    assert (answer.status, int(answer.headers["retry-after"]) > 0) == (429, True)
    assert "Tu as déjà appuyé plusieurs fois aujourd’hui." in answer.words


@pytest.mark.parametrize("act", ["voir", "ARRET", "arret ", "'; DROP", "\0"])
def test_a_press_that_the_page_does_not_have_is_refused(followed: Followed, act: str) -> None:
    assert young.looks(followed.relay, geste=act).status == 422
    assert followed.relay.head().data_request is None


def test_a_question_leads_to_the_tutor_or_to_who_stands_in(followed: Followed) -> None:
    tutor = read_account(followed.relay.tutor)
    assert f"Écris à {tutor.name} : {tutor.address}" in young.looks(followed.relay).words

    change_record(tutor, replace(tutor, phone="01 99 00 41 27", call_hours=CallHours.MORNING))
    page = young.looks(followed.relay)
    assert 'href="tel:0199004127"' in page.text and "du lundi au vendredi, le matin" in page.words

    head, today = followed.relay.head(), day_of(clock.utc_now())
    change_record(head, replace(head, tutor_absence=Absence(first=today, last=today + timedelta(days=9))))
    page = young.looks(followed.relay)
    assert f"Écris à {followed.boss.name} : {followed.boss.address}" in page.words
    assert f"{followed.boss.name} reçoit un message pour t’en parler" in page.words
    assert f"{tutor.name} n’est pas là jusqu’au" in page.words and "0199004127" not in page.text


def test_the_page_leads_to_the_form_of_rights_with_its_reference(followed: Followed) -> None:
    reference = followed.relay.head().reference
    page = young.looks(followed.relay)

    assert f'href="/donnees-personnelles/demande?reference={reference}"' in page.text
