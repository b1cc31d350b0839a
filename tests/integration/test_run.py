"""The RUN through HTTP: one parcours after the other, never the same for two people, and a summary."""

import re
import secrets
from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.running import Offered
from chalicelib.stores import items, parcours_table, relay_table
from chalicelib.stories import outcomes, running
from tests.conftest import Clock
from tests.integration.test_outcomes import KEY, in_days, notes
from tests.support import factories, http, relays
from tests.support.http import Answer, Client
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records

CURRENT = re.compile(r'name="de" value="([0-9a-f]{32})"')


def team(world: World) -> Account:
    """Somebody of the team."""
    account = factories.account(Role.TEAM)
    add_records(account)
    return account


def begin_run(client: Client, **filters: str) -> str:
    """Begin a RUN over a list; return the address of its page."""
    answer = client.post_form("/run", {"cle": secrets.token_hex(16), "statut": "en-preparation", **filters})
    assert answer.status == 303, answer.text
    return answer.headers["location"]


def current_parcours(answer: Answer) -> str:
    """Return the id of the parcours that a page of a RUN shows."""
    match = CURRENT.search(answer.text)
    assert match, answer.text
    return match[1]


def go_on(client: Client, run: str, shown: str) -> str:
    """Press « Suivant » on the page that shows this parcours; return where it leads."""
    answer = client.post_form(f"{run}/suivant", {"de": shown})
    assert answer.status == 303
    return answer.headers["location"]


def three_parcours(world: World) -> list[Relay]:
    """Three parcours, oldest notification first."""
    offers = [factories.offer() for _ in range(3)]
    dated = [
        replace(offer, contract=replace(offer.contract, notified_on=date(2026, place + 1, 12)))
        for place, offer in enumerate(offers)
    ]
    first = relays.started(world, offer=dated[0])
    return [first, *(relays.takes(world, first.tutor, offer) for offer in dated[1:])]


@pytest.fixture
def three(world: World, time: Clock) -> list[Relay]:
    """Three parcours, oldest notification first."""
    return three_parcours(world)


def test_a_run_walks_the_list_in_its_order_and_ends_with_a_summary(three: list[Relay], world: World) -> None:
    client = http.signed_in(team(world))
    run = begin_run(client)
    for place, relay in enumerate(three):
        page = client.get(run)
        assert f"Parcours {place + 1} sur 3" in page.words
        assert current_parcours(page) == relay.parcours_id
        key = KEY.search(page.text)
        assert key
        back = notes(client, relay, "call_noted.message_left", contact="welcomes", run=run, cle=key[1])
        assert back.headers["location"] == f"{run}?fait={key[1]}"
        after = client.get(back.headers["location"]).words.replace("\u202f", " ").replace("\u00a0", " ")
        assert re.search(r"\d+ h \d\d : message laissé", after)
        there = go_on(client, run, relay.parcours_id)
    assert there == f"{run}/resume"
    text = client.get(there).words
    assert "3 parcours traités" in text
    assert text.count("message laissé") == 3
    assert "À la tutrice ou au tuteur : envoyer les documents , avant le" in text


def test_a_run_leads_whose_turn_it_is_to_send_to_the_sending(three: list[Relay], world: World) -> None:
    sending = f'href="/parcours/{three[0].parcours_id}/envoi"'
    for account, leads in ((three[0].tutor, True), (team(world), False)):
        client = http.signed_in(account)
        page = client.get(begin_run(client))
        assert current_parcours(page) == three[0].parcours_id
        assert (sending in page.text) is leads


def test_a_run_that_holds_not_all_of_the_list_says_so(three: list[Relay], world: World, time: Clock) -> None:
    person, said = team(world), "La liste est plus longue : seuls 3 parcours sont proposés ici"
    client = http.signed_in(person)
    ids = tuple(relay.parcours_id for relay in three)
    assert "La liste est plus longue" not in client.get(begin_run(client)).words

    run = running.start(person, secrets.token_hex(16), Offered(ids, is_cut=True), now=time.now)

    assert said in client.get(f"/run/{run.id}").words.replace("\u00a0", " ")
    client.post_form(f"/run/{run.id}/fin", {})
    assert said in client.get(f"/run/{run.id}/resume").words.replace("\u00a0", " ")


def test_pressing_next_twice_passes_over_no_parcours(three: list[Relay], world: World) -> None:
    client = http.signed_in(team(world))
    run = begin_run(client)

    for _ in range(3):
        assert go_on(client, run, three[0].parcours_id) == run

    assert current_parcours(client.get(run)) == three[1].parcours_id


def test_beginning_twice_with_one_key_begins_once(three: list[Relay], world: World) -> None:
    client, key = http.signed_in(team(world)), secrets.token_hex(16)

    assert {begin_run(client, cle=key) for _ in range(2)} == {f"/run/{key}"}


def test_a_run_is_its_owners_alone(three: list[Relay], world: World) -> None:
    run = begin_run(http.signed_in(team(world)))
    other = http.signed_in(team(world))
    before = world.everything()

    answers = [
        other.get(run),
        other.get(f"{run}/resume"),
        other.post_form(f"{run}/suivant", {"de": three[0].parcours_id}),
        other.post_form(f"{run}/fin", {}),
    ]

    assert [answer.status for answer in answers] == [404] * 4
    assert world.everything() == before


def test_a_run_walks_only_what_its_owner_may_see(three: list[Relay], world: World) -> None:
    others = relays.started(world)
    client = http.signed_in(others.tutor)

    run = begin_run(client)

    assert "Parcours 1 sur 1" in client.get(run).words
    assert current_parcours(client.get(run)) == others.parcours_id


def test_the_page_of_the_former_version_notes_in_its_run_under_its_former_address(
    three: list[Relay], world: World, time: Clock
) -> None:
    relay, client = three[0], http.signed_in(three[0].tutor)
    run = begin_run(client)
    form = {"fait": "clause_explained", "contact": "welcomes", "suite": run.removeprefix("/run/")}
    keys = [secrets.token_hex(16) for _ in range(2)]

    noted = [client.post_form(f"/parcours/{relay.parcours_id}/faits", {**form, "cle": keys[0]}) for _ in "12"]

    assert {answer.headers["location"] for answer in noted} == {f"{run}?fait={keys[0]}"}
    assert relay.event_kinds()[-1] is EventKind.CLAUSE_EXPLAINED
    assert "Clause expliquée" in client.get(run).words
    time.passes(hours=25)
    client = http.signed_in(relay.tutor)
    late = client.post_form(f"/parcours/{relay.parcours_id}/faits", {**form, "cle": keys[1]})
    assert late.headers["location"] == f"/parcours/{relay.parcours_id}?fait=note"


def test_a_corrected_fact_stands_in_no_summary(three: list[Relay], world: World) -> None:
    client = http.signed_in(team(world))
    run = begin_run(client)
    notes(client, three[0], "call_noted.wrong_number", contact="welcomes", run=run)
    page = client.get(run)
    door = re.search(r'action="(/parcours/\w+/faits/\w+/correction)"', page.text)
    assert door

    back = client.post_form(door[1], {"suite": run[5:]})

    assert back.headers["location"] == f"{run}?fait=corrige"
    assert "C’est corrigé" in client.get(back.headers["location"]).words
    go_on(client, run, three[0].parcours_id)
    client.post_form(f"{run}/fin", {})
    text = client.get(f"{run}/resume").words
    assert "numéro faux" not in text
    assert "Vu, rien n’est noté" in text


def test_a_wrong_day_stays_in_the_run_with_what_was_typed(three: list[Relay], world: World) -> None:
    client = http.signed_in(team(world))
    run = begin_run(client)
    before = three[0].event_kinds()

    answer = notes(client, three[0], "call_back_planned", contact="buyer", prevu_le="2020-01-12", run=run)

    assert answer.status == 422
    assert current_parcours(answer) == three[0].parcours_id
    question = answer.text.partition('<details id="call-back-planned" open>')[2].partition("</details>")[0]
    assert 'value="2020-01-12" aria-invalid="true"' in question and 'value="buyer" selected' in question
    assert "Donnez la date prévue" in question
    assert three[0].event_kinds() == before
    assert "Ce n’est pas noté" not in answer.words, "it is said once, where it is corrected"


def test_a_call_that_is_refused_in_a_run_says_why_there(three: list[Relay], world: World) -> None:
    client = http.signed_in(team(world))
    run = begin_run(client)

    answer = notes(client, three[0], "call_noted.no_answer", contact="", run=run)

    assert answer.status == 422 and "Ce n’est pas noté" in answer.words
    assert current_parcours(answer) == three[0].parcours_id


def test_a_refused_outcome_of_a_parcours_that_the_run_has_left_is_kept_in_its_own_form(
    three: list[Relay], world: World
) -> None:
    client = http.signed_in(team(world))
    run = begin_run(client)
    go_on(client, run, three[0].parcours_id)

    answer = notes(client, three[0], "call_back_planned", contact="welcomes", prevu_le="2020-01-12", run=run)

    assert answer.status == 422
    assert f'action="/parcours/{three[0].parcours_id}/faits"' in answer.text
    assert 'value="2020-01-12"' in answer.text


def test_who_is_noted_to_have_left_is_replaced_in_the_run(three: list[Relay], world: World) -> None:
    client = http.signed_in(team(world))
    run = begin_run(client)
    notes(client, three[0], "call_noted.contact_gone", contact="answers_tender", run=run)

    page = client.get(run)

    question = page.text.partition('<details class="carte" open>')[2].partition("</details>")[0]
    assert "Qui remplace" in question and " autofocus" in question
    action, version = (
        re.search(r'action="([^"]+)"', question),
        re.search(r'name="version" value="(\d+)"', question),
    )
    assert action and version
    typed = {"contact": "repond", "geste": "corrige", "version": version[1], "suite": run[5:]}
    typed |= {"contact_nom": "Awa Diop", "contact_courriel": "a.diop@jardins.example"}
    back = client.post_form(action[1], typed)
    assert back.headers["location"] == f"{run}?fait=contact"
    after = client.get(back.headers["location"]).words
    assert "Le contact est enregistré" in after and "Awa Diop" in after and "Qui remplace" not in after


def test_a_run_begins_with_first_things_and_goes_on_in_another_order_by_one_press(
    world: World, time: Clock
) -> None:
    """Ends soon before an older notification, however the list was sorted; then by notification."""
    offers = [factories.offer() for _ in range(4)]
    notified, ends = (
        (date(2026, 1, 12), date(2026, 2, 12), date(2026, 3, 12), date(2026, 4, 12)),
        day_of(time.now),
    )
    dated = [
        replace(
            offer,
            contract=replace(
                offer.contract,
                notified_on=notified[place],
                ends_on=ends + timedelta(days=60 if place == 3 else 900),
                renewal_ends_on=None,
            ),
        )
        for place, offer in enumerate(offers)
    ]
    first = relays.started(world, offer=dated[0])
    four = [first, *(relays.takes(world, first.tutor, offer) for offer in dated[1:])]
    client = http.signed_in(team(world))

    run = begin_run(client, tri="dernier-fait")

    page = client.get(run)
    assert current_parcours(page) == four[3].parcours_id
    assert "Ensuite : vos retards, puis les fins de marché proches, puis les plus anciens" in page.words
    back = client.post_form(f"{run}/ordre", {"tri": "notification"})
    assert (back.status, back.headers["location"]) == (303, run)
    assert current_parcours(client.get(run)) == four[3].parcours_id, "the one in hand stays"
    assert "Ensuite : notification la plus ancienne en premier" in client.get(run).words
    assert client.post_form(f"{run}/ordre", {"tri": "n’importe"}).status == 303
    visited = []
    while run.count("/") == 2:
        visited.append(current_parcours(client.get(run)))
        run = go_on(client, run, visited[-1])
    assert visited == [four[place].parcours_id for place in (3, 0, 1, 2)]


def test_a_run_is_taken_up_again_within_a_day_and_not_later(
    three: list[Relay], world: World, time: Clock
) -> None:
    account = team(world)
    run = begin_run(http.signed_in(account))
    go_on(http.signed_in(account), run, three[0].parcours_id)
    http.signed_in(account).post_form(f"{run}/fin", {})

    time.passes(hours=7)
    client = http.signed_in(account)
    assert "1 parcours vu , 2 à voir" in client.get("/run").words.replace("vu,", "vu ,")
    assert "0 parcours traité, 1 seulement vu, 2 à voir" in client.get(f"{run}/resume").words, (
        "nothing was noted"
    )
    assert go_on(client, run, "") == run
    assert current_parcours(client.get(run)) == three[1].parcours_id

    time.passes(hours=18)
    client = http.signed_in(account)
    assert run not in client.get("/run").text
    assert client.get(run).status == 404


def test_what_was_treated_or_agreed_for_a_later_day_is_not_offered_before_it(
    three: list[Relay], world: World, time: Clock
) -> None:
    account = team(world)
    called, promising, waiting = three
    notes(http.signed_in(account), promising, "dates_promised", contact="welcomes", prevu_le=in_days(2))
    client = http.signed_in(account)
    run = begin_run(client)
    assert "Parcours 1 sur 2" in client.get(run).words and "Un autre attend son jour" in client.get(run).words
    notes(client, called, "call_noted.message_left", contact="welcomes", run=run)
    assert go_on(client, run, called.parcours_id) == run
    notes(client, waiting, "call_back_planned", contact="welcomes", prevu_le=in_days(1), run=run)
    there = go_on(client, run, waiting.parcours_id)
    assert "1 à revoir un autre jour" in client.get(there).words

    empty = begin_run(client)
    assert empty == "/run?vide=plus-tard"
    assert "Rien à traiter aujourd’hui dans cette liste" in client.get(empty).words

    for days, offered in ((1, [called, waiting]), (1, [called, promising, waiting])):
        time.passes(days=days)
        client = http.signed_in(account)
        run = begin_run(client)
        visited = []
        while run.count("/") == 2:
            visited.append(current_parcours(client.get(run)))
            run = go_on(client, run, visited[-1])
        assert visited == [relay.parcours_id for relay in offered]


def test_what_is_agreed_while_a_run_goes_on_is_left_to_its_day(three: list[Relay], world: World) -> None:
    client, colleague = http.signed_in(team(world)), http.signed_in(team(world))
    run = begin_run(client)
    notes(colleague, three[1], "call_back_planned", contact="welcomes", prevu_le=in_days(1))

    go_on(client, run, three[0].parcours_id)

    assert current_parcours(client.get(run)) == three[2].parcours_id
    assert "Un autre attend son jour" in client.get(run).words


def test_a_run_over_an_empty_list_says_so(world: World, time: Clock) -> None:
    client = http.signed_in(team(world))

    answer = client.post_form("/run", {"cle": secrets.token_hex(16), "statut": "en-preparation"})

    assert answer.headers["location"] == "/run?vide=1"
    assert "Aucun parcours dans cette liste" in client.get("/run?vide=1").words


def test_a_parcours_that_is_no_longer_hers_is_passed_over(three: list[Relay], world: World) -> None:
    tutor = three[0].tutor
    client = http.signed_in(tutor)
    run = begin_run(client)
    client.post_form(
        f"/parcours/{three[0].parcours_id}/fin",
        {"fin": "young_person_withdrew", "motif": "other", "survenu_le": in_days(0), "jours": ""},
    )

    page = client.get(run)

    assert page.status == 200
    assert three[0].head().tutor is None
    go_on(client, run, current_parcours(page))
    assert current_parcours(client.get(run)) == three[1].parcours_id


END = {"fin": "young_person_withdrew", "motif": "other", "jours": ""}


def test_what_is_noted_from_a_run_that_is_over_is_noted_all_the_same(
    three: list[Relay], world: World, time: Clock
) -> None:
    """From a page of a RUN that was left open overnight, an outcome, its correction and an end are noted, and lead to the page
    of the parcours.
    """
    relay, last = three[0], three[-1]
    run = begin_run(http.signed_in(relay.tutor)).removeprefix("/run/")
    time.passes(hours=25)
    client = http.signed_in(relay.tutor)
    page = f"/parcours/{relay.parcours_id}"

    noted = notes(client, relay, "clause_explained", contact="welcomes", run=f"/run/{run}")
    fact = parcours_table.read_page(relay.parcours_id).events[-1]
    taken_back = client.post_form(f"{page}/faits/{fact.id}/correction", {"suite": run})
    ended = client.post_form(
        f"/parcours/{last.parcours_id}/fin", {**END, "survenu_le": in_days(0), "suite": run}
    )

    assert (noted.status, noted.headers["location"]) == (303, f"{page}?fait=note")
    assert (taken_back.status, taken_back.headers["location"]) == (303, f"{page}?fait=corrige")
    assert ended.status == 303 and "/run/" not in ended.headers["location"]
    assert relay.event_kinds()[-2:] == [EventKind.CLAUSE_EXPLAINED, EventKind.CORRECTED]
    assert last.event_kinds()[-1] is EventKind.YOUNG_PERSON_WITHDREW


def test_a_summary_says_nothing_of_whoever_came_after(relay: Relay, time: Clock) -> None:
    """A summary leaves out what happened on an offer after the passage that its owner followed had ended."""
    client, successor = http.signed_in(relay.tutor), factories.account(academie="Lyon")
    add_records(successor)
    run = begin_run(client)
    form = {**END, "survenu_le": in_days(0), "suite": run.removeprefix("/run/")}
    client.post_form(f"/parcours/{relay.parcours_id}/fin", form)
    client.post_form(f"{run}/fin", {})
    outcomes.take_offer(successor, relay.parcours_id, now=time.passes(minutes=1))
    hers = http.signed_in(successor)
    notes(hers, relay, "meeting_fixed", contact="welcomes", prevu_le=in_days(5), prevu_a="10:00")

    summary = client.get(f"{run}/resume")

    text = summary.words
    assert "Vous ne le suivez plus" in text and "le jeune a renoncé" in text
    assert (relay.head().reference or "") not in text and "Rendez-vous le" not in text
    assert f"/parcours/{relay.parcours_id}" not in summary.text


def test_who_is_awaited_after_a_run_gets_one_mail_about_what_is_theirs(
    three: list[Relay], world: World
) -> None:
    tutor, client = three[0].tutor, http.signed_in(team(world))
    run = begin_run(client)
    for relay in three[:2]:
        notes(client, relay, "call_noted.reached", contact="welcomes", run=run)
        go_on(client, run, relay.parcours_id)
    client.post_form(f"{run}/fin", {})
    summary = client.get(f"{run}/resume").words
    assert f"{tutor.name} , tutrice ou tuteur : 2 parcours" in summary and "un seul message" in summary

    told = [client.post_form(f"{run}/envoi", {}) for _ in range(2)]

    assert [answer.headers["location"] for answer in told] == [f"{run}/resume?fait=envoye"] * 2
    waiting = [mail for mail in relay_table.list_mails(waiting_keys(world)) if mail.kind is MailKind.DIGEST]
    assert [(mail.account, mail.several) for mail in waiting] == [
        (tutor.id, tuple(relay.parcours_id for relay in three[:2]))
    ], "once, and nothing of the one that was not treated"
    after = client.get(f"{run}/resume?fait=envoye").words
    assert "Les messages partent" in after and "Prévenir par un message" not in after


def test_who_went_through_a_run_is_told_of_nothing_by_it(three: list[Relay]) -> None:
    client = http.signed_in(three[0].tutor)
    run = begin_run(client)
    notes(client, three[0], "call_noted.reached", contact="welcomes", run=run)
    client.post_form(f"{run}/fin", {})

    assert three[0].tutor.name not in client.get(f"{run}/resume").words.partition("Prévenir")[2]
    assert client.post_form(f"{run}/envoi", {}).status == 303
    waiting = relay_table.list_mails(waiting_keys(three[0].world))
    assert not [mail for mail in waiting if mail.kind is MailKind.DIGEST]


def test_nobody_is_told_of_what_was_only_seen_or_is_the_teams(three: list[Relay], world: World) -> None:
    client = http.signed_in(team(world))
    run = begin_run(client)
    go_on(client, run, three[0].parcours_id)
    client.post_form(f"{run}/fin", {})

    assert "Prévenir par un message" not in client.get(f"{run}/resume").words
    assert client.post_form(f"{run}/envoi", {}).status == 303
    assert not any("digest" in str(item.get("kind")) for item in world.table(items.RELAY))


def waiting_keys(world: World) -> list[str]:
    """Return the keys of the mails that wait."""
    return [str(item["key"]) for item in world.table(items.RELAY) if str(item["pk"]).startswith("mail#")]
