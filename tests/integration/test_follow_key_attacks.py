"""Who has not the paper opens no young person's page; who has it finds no document, no name and nobody else's number.

Robots, prefetchers and logs: what asks without a press reads and notes nothing, and no line that is printed holds a key.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import clock, french
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.ending import End
from chalicelib.stores import keys, parcours_table
from chalicelib.stories import outcomes
from chalicelib.stories import parcours as assigning
from chalicelib.stories.kit.quotas import MOST_FOLLOW_KEYS_OF_ONE_SOURCE
from chalicelib.stories.parcours import Assignment
from chalicelib.stories.young import spell_follow_key
from tests.bench.calls import counted
from tests.conftest import Clock
from tests.oracle.shown import flatten
from tests.support import factories, http, relays
from tests.support.http import Answer, Client
from tests.support.meetings import Page, accepts
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
OPENED = "Ton parcours avec"
WRONG = "2222-2222-2222"


def read_paper(relay: Relay, number: int = 1) -> tuple[str, str, str]:
    """Return what the paper of a passage says: its reference, the secret of the QR code, and the letters to type."""
    attempt = parcours_table.read_attempt(relay.parcours_id, number=number)
    spelled = spell_follow_key(attempt)
    return attempt.reference, spelled.secret, spelled.letters


def looks(reference: str, key: str, source: str = HERE) -> Answer:
    """Somebody without any cookie presses « Voir où ça en est »."""
    return Client(source=source).post_form("/suivi", {"reference": reference, "cle": key})


def is_open(answer: Answer) -> bool:
    """Whether the answer is a young person's page."""
    return answer.status == 200 and OPENED in answer.words


# Guessing


@pytest.mark.parametrize(
    "mistyped",
    [
        str.lower,
        lambda letters: letters.replace("-", ""),
        lambda letters: letters.replace("-", " "),
        lambda letters: f"  {letters.replace('-', ' – ')}\t",
        lambda letters: " ".join(letters),
        lambda letters: letters.replace("-", "\u00a0\u2011"),
        lambda letters: letters.translate({ord("A") + n: 0xFF21 + n for n in range(26)}),
    ],
    ids=["lower case", "joined", "spaces", "en dashes", "one by one", "no-break", "full width"],
)
def test_letters_are_taken_however_they_are_typed(relay: Relay, mistyped: Callable[[str], str]) -> None:
    reference, _, letters = read_paper(relay)

    assert is_open(looks(mistyped(reference), mistyped(letters)))


def test_a_key_of_another_passage_opens_nothing_of_this_one(world: World) -> None:
    first, second = relays.started(world), relays.started(world, factories.account())
    (reference, _, _), (_, secret, letters) = read_paper(first), read_paper(second)

    assert not is_open(looks(reference, secret)) and not is_open(looks(reference, letters))


def test_wrong_letters_of_others_close_nobodys_page(relay: Relay) -> None:
    reference, _, letters = read_paper(relay)
    for _ in range(25):
        assert looks(reference, WRONG, ELSEWHERE).status == 404

    assert is_open(looks(reference, letters))


def test_letters_are_tried_so_often_a_day_from_one_network_whatever_the_reference(
    relay: Relay, time: Clock
) -> None:
    """The QR code, which nobody guesses, opens the page meanwhile."""
    reference, secret, letters = read_paper(relay)
    for number in range(MOST_FOLLOW_KEYS_OF_ONE_SOURCE):
        looks(f"CSF-{'23456789'[number % 8]}AB{'23456789'[number // 8 % 8]}-{number // 64:02}", WRONG)

    refused = looks(reference, letters)
    assert refused.status == 429 and int(refused.headers["retry-after"]) > 0
    assert is_open(looks(reference, secret)) and is_open(looks(reference, letters, ELSEWHERE))
    time.passes(days=1)
    assert is_open(looks(reference, letters))


def test_wrong_keys_of_a_qr_code_are_counted_by_network_and_a_right_one_is_not(relay: Relay) -> None:
    reference, secret, _ = read_paper(relay)
    answers = [looks(reference, f"{number:032x}") for number in range(MOST_FOLLOW_KEYS_OF_ONE_SOURCE + 1)]

    assert [answer.status for answer in answers[-2:]] == [answers[0].status, 429]
    assert is_open(looks(reference, secret))


def test_a_wrong_key_a_reference_that_never_was_and_one_that_is_erased_are_answered_alike(
    relay: Relay, time: Clock
) -> None:
    reference, secret, letters = read_paper(relay)
    wrong, unknown = looks(reference, WRONG), looks("CSF-2222-22", WRONG)
    _end(relay)
    time.passes(days=2000)
    relay.purges()
    for _ in range(5):
        relay.purges()
    erased = [looks(reference, key, ELSEWHERE) for key in (secret, letters)]

    texts = {
        answer.text.replace(reference, "R").replace("CSF-2222-22", "R")
        for answer in (wrong, unknown, *erased)
    }
    assert {answer.status for answer in (wrong, unknown, *erased)} == {404}
    assert len(texts) == 1


def test_a_reference_that_never_was_costs_the_same_calls_as_one_that_is(relay: Relay) -> None:
    """How long an answer takes tells nobody whether somebody has this passage."""
    reference, _, _ = read_paper(relay)
    for wrong in (WRONG, "0" * 32):
        costs = []
        for tried in (reference, "CSF-2222-22"):
            keys._derive_follow_key.cache_clear()  # as in a process that has spelled no key yet
            with counted() as asked:
                looks(tried, wrong)
            costs.append(asked.calls)
        assert costs[0] == costs[1] and costs[0]["dynamodb:Query"] == 1


@pytest.mark.parametrize(
    "typed", ["", " ", "x" * 10**5, "é" * 5, "2222-2222-222", "2222-2222-22222", "0O1I-0O1I-0O1I", "\0"]
)
def test_what_cannot_be_a_key_is_told_so_and_costs_no_try(relay: Relay, typed: str) -> None:
    reference, _, _ = read_paper(relay)
    answer = looks(reference, typed)

    assert answer.status in {400, 404, 413} and (not typed.strip() or typed not in answer.text)
    assert "count#follow-source" not in relay.world.everything()


def test_a_body_that_is_no_form_is_refused(relay: Relay) -> None:
    reference, secret, _ = read_paper(relay)
    answer = Client().post_json("/suivi", {"reference": reference, "cle": secret})

    assert answer.status == 415


# Robots, prefetchers, referrer, history, logs


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_asks_without_a_press_reads_and_notes_nothing(relay: Relay, method: str) -> None:
    reference, secret, letters = read_paper(relay)
    before = relay.world.everything()
    bare = Client().send(method, "/suivi")
    for asked in (
        f"/suivi?reference={reference}&cle={secret}",
        f"/suivi?{reference}.{secret}",
        f"/suivi?cle={letters}",
    ):
        answer = Client().send(method, asked)
        assert (answer.status, answer.text) == (200, bare.text)

    assert relay.world.everything() == before
    assert bare.headers["x-robots-tag"] == "noindex, nofollow" and not bare.cookies


def test_the_page_is_kept_by_nobody_and_names_its_key_in_no_address(relay: Relay) -> None:
    """Without any referrer a browser says no origin either, and its form would be refused."""
    reference, secret, letters = read_paper(relay)
    for answer in (looks(reference, secret), looks(reference, WRONG)):
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not answer.cookies
        assert letters not in answer.text
        assert not re.search(rf'(href|action|src)="[^"]*{secret}', answer.text)
    assert secret not in looks(reference, WRONG).text


def test_no_table_holds_a_key_or_what_it_could_be_compared_with(relay: Relay) -> None:
    reference, secret, letters = read_paper(relay)
    looks(reference, secret), looks(reference, letters)
    stored = repr(relay.world.everything())

    plain = letters.replace("-", "")
    for spelling in (secret, letters, plain):
        assert spelling not in stored
        assert hashlib.sha256(spelling.encode()).hexdigest() not in stored


def test_no_line_that_is_printed_holds_a_reference_or_a_key(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    reference, secret, letters = read_paper(relay)
    answers = [looks(reference, key) for key in (secret, letters, WRONG, "x")]
    answers += [Client().post_json("/suivi", {"reference": reference, "cle": secret})]
    answers += [Client().get(f"/suivi?reference={reference}&cle={secret}")]
    answers += [looks(reference, letters) for _ in range(MOST_FOLLOW_KEYS_OF_ONE_SOURCE + 1)]
    printed = capsys.readouterr().out

    assert {answer.status for answer in answers} >= {200, 404, 415, 429}
    assert printed.count("/suivi") >= len(answers)
    for mark in (reference, secret, letters, letters.replace("-", ""), WRONG):
        assert mark not in printed


def test_that_somebody_looked_is_noted_by_day_and_no_more(relay: Relay, time: Clock) -> None:
    reference, secret, _ = read_paper(relay)
    looks(reference, secret, ELSEWHERE)
    noted = relay.world.everything()
    time.passes(minutes=5)
    looks(reference, secret)

    assert relay.world.everything() == noted
    assert HERE not in repr(noted) and ELSEWHERE not in repr(noted)
    assert [event.kind for event in parcours_table.read_page(relay.parcours_id).events].count(
        EventKind.OFFER_TAKEN
    ) == 1


# Who the paper is not for


def test_no_page_of_team_or_buyer_shows_a_key(relay: Relay) -> None:
    _, secret, letters = read_paper(relay)
    for role in (Role.TEAM, Role.BUYER, Role.PRESCRIBER):
        person = factories.account(role)
        add_records(person)
        client = http.signed_in(person)
        for path in ("", "/notice"):
            text = client.get(f"/parcours/{relay.parcours_id}{path}").text
            assert secret not in text and letters not in text and 'class="qr"' not in text


def _end(relay: Relay) -> None:
    end = End(
        kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now(), days=None
    )
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())


# A passage that is over, another one, another tutor


def test_the_key_of_a_passage_that_is_over_opens_one_sentence_and_none_of_the_next(
    relay: Relay, time: Clock
) -> None:
    reference, secret, _ = read_paper(relay)
    _end(relay)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    time.passes(days=2)
    relay.sends()
    _, next_secret, _ = read_paper(relay, 2)
    answer = looks(reference, secret)

    assert is_open(answer) and "terminé" in answer.words
    assert "Un lien vers tes documents est parti" not in answer.words
    assert secret != next_secret and not is_open(looks(reference, next_secret))
    assert str(relay.head().reference) not in answer.text


def test_after_a_handover_the_same_paper_says_to_call_who_accompanies_now(relay: Relay) -> None:
    reference, secret, _ = read_paper(relay)
    successor = replace(
        factories.account(academie=relay.tutor.academie, name="Karim Solenne"), phone="03 80 00 00 01"
    )
    boss = factories.account(Role.COORDINATOR, academie=relay.tutor.academie)
    add_records(successor, boss)
    assigning.assign(boss, relay.parcours_id, Assignment(successor.id), now=clock.utc_now())
    words = looks(reference, secret).words

    assert "Karim Solenne" in words and "03 80 00 00 01" in words
    assert relay.tutor.name not in words


# Another key


def renews(relay: Relay, person: Account | None = None) -> Answer:
    """Press « Faire une nouvelle clé » for the first passage, on a page that showed its first key; by default as the tutor."""
    form = {"passage": "1", "vu": "1"}
    return http.signed_in(person or relay.tutor).post_form(f"/parcours/{relay.parcours_id}/cle", form)


def test_another_key_makes_every_paper_printed_before_useless(relay: Relay) -> None:
    reference, secret, letters = read_paper(relay)
    looks(reference, secret)
    answer = renews(relay)
    assert (answer.status, answer.headers["location"]) == (
        303,
        f"/parcours/{relay.parcours_id}/notice?fait=cle",
    )
    _, new_secret, new_letters = read_paper(relay)
    notice = http.signed_in(relay.tutor).get(answer.headers["location"])

    assert looks(reference, secret).status == looks(reference, letters).status == 404
    assert is_open(looks(reference, new_secret)) and is_open(looks(reference, new_letters))
    assert new_letters in notice.text and letters not in notice.text
    assert "L’ancienne notice n’ouvre plus la page" in notice.words


def test_the_same_press_twice_makes_one_key(relay: Relay) -> None:
    renews(relay)
    _, secret, _ = read_paper(relay)
    renews(relay)

    assert read_paper(relay)[1] == secret


def test_who_accompanied_makes_the_paper_of_an_ended_passage_useless(relay: Relay) -> None:
    reference, secret, letters = read_paper(relay)
    _end(relay)
    sheet = http.signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}")
    assert is_open(looks(reference, secret))
    assert (
        f'action="/parcours/{relay.parcours_id}/cle"' in sheet.text
        and "Faire une nouvelle clé" in sheet.words
    )

    answer = renews(relay)

    assert (answer.status, answer.headers["location"]) == (
        303,
        f"/parcours/{relay.parcours_id}?fait=cle-finie",
    )
    assert looks(reference, secret).status == looks(reference, letters).status == 404
    assert (
        "n’ouvrent plus la page du jeune" in http.signed_in(relay.tutor).get(answer.headers["location"]).words
    )


def test_a_month_after_the_end_the_paper_says_whom_to_call_no_longer(relay: Relay, time: Clock) -> None:
    reference, secret, _ = read_paper(relay)
    _end(relay)
    time.passes(days=29)
    assert relay.tutor.name in looks(reference, secret).words
    time.passes(days=1)
    answer = looks(reference, secret)

    assert is_open(answer) and "terminé" in answer.words
    assert relay.tutor.name not in answer.words


def test_a_former_tutor_makes_no_key_and_her_paper_ends_with_the_next(relay: Relay) -> None:
    reference, secret, _ = read_paper(relay)
    successor, boss = (
        factories.account(role, academie=relay.tutor.academie) for role in (Role.TUTOR, Role.COORDINATOR)
    )
    add_records(successor, boss)
    assigning.assign(boss, relay.parcours_id, Assignment(successor.id), now=clock.utc_now())
    assert is_open(looks(reference, secret))

    assert renews(relay).status == 404
    answer = renews(relay, successor)
    assert answer.status == 303 and not is_open(looks(reference, secret))


@pytest.mark.parametrize("role", [Role.TEAM, Role.BUYER, Role.PRESCRIBER])
def test_others_than_who_accompanies_make_no_key(relay: Relay, role: Role) -> None:
    person = factories.account(role)
    add_records(person)
    reference, secret, _ = read_paper(relay)
    answer = renews(relay, person)

    assert answer.status == 403 and is_open(looks(reference, secret))


# What the tutor sees of it


def test_the_tutor_reads_on_which_day_the_key_was_last_used_and_no_more(relay: Relay, time: Clock) -> None:
    reference, secret, _ = read_paper(relay)
    client = http.signed_in(relay.tutor)
    assert "La page du jeune n’a pas encore été ouverte" in client.get(f"/parcours/{relay.parcours_id}").words
    looks(reference, secret)
    seen = client.get(f"/parcours/{relay.parcours_id}").words

    assert (
        f"La page du jeune a été ouverte, la dernière fois le {flatten(french.jour_du_mois(time.now))}."
        in seen
    )
    for role in (Role.TEAM, Role.BUYER):
        person = factories.account(role)
        add_records(person)
        assert "La page du jeune" not in http.signed_in(person).get(f"/parcours/{relay.parcours_id}").words


# Gestures


def test_the_notice_is_printed_with_its_key_without_a_gesture_more(relay: Relay) -> None:
    _, _, letters = read_paper(relay)
    client = http.signed_in(relay.tutor)
    (notice,) = set(
        re.findall(
            rf'href="(/parcours/{relay.parcours_id}/notice)"',
            client.get(f"/parcours/{relay.parcours_id}").text,
        )
    )

    printed = client.get(notice).text
    assert letters in printed and "<svg" in printed


def test_a_meeting_is_told_to_the_young_person_without_a_gesture(page: Page) -> None:
    reference, secret, _ = read_paper(page.relay)
    (slot,) = page.proposes_in_days(10)
    assert french.jour(slot.start) not in looks(reference, secret).words.replace("\u00a0", " ")
    accepts(page, slot)

    assert flatten(french.jour(slot.start)) in flatten(looks(reference, secret).words)
