"""What the page of a parcours says: whose turn it is and since when, what happened in which order, and never who is young."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import french, terms
from chalicelib.domain.kernel.calendar import end_of_days, last_day
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.stores import transactions
from chalicelib.web.kit.http import NONCE_COOKIE
from infra.local.demo import one_page
from tests.conftest import Clock
from tests.support import factories, mail_rules, pdf_hostile, relays, young
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Client, functions_answer, signed_in
from tests.support.pages import visible_words
from tests.support.passings import answers_question
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

YOUNG = "Zoé CANARI"
A_MOMENT = timedelta(milliseconds=1)


def title(page: str) -> str:
    """Return the title of the turn card."""
    match = re.search(r'<h2 id="tour-titre">(.*?)</h2>', page)
    return visible_words(match[1]) if match else ""


def facts(page: str) -> list[str]:
    """Return the lines of the timeline, newest first."""
    told = page.partition('<ol class="fil">')[2].partition('href="/aide"')[0]
    return [visible_words(line) for line in re.findall(r"<li><svg.*?</li>", told, flags=re.DOTALL)]


def named_people(relay: Relay) -> tuple[Client, Client]:
    """The parcours' own buyer, and a colleague of hers."""
    buyer, colleague = (factories.account(Role.BUYER, name=name) for name in ("Inès Vauquelin", "Paul Autre"))
    for person in (buyer, colleague):
        add_records(person)
    head = relay.head()
    change_record(head, replace(head, buyer=buyer.id))
    return signed_in(buyer), signed_in(colleague)


def sheet(client: Client, relay: Relay) -> str:
    """Return the page of the parcours."""
    answer = client.get(f"/parcours/{relay.parcours_id}")
    assert answer.status == 200
    return answer.text


def row(client: Client, relay: Relay) -> str:
    """Return the line of this parcours in the list."""
    page = client.get("/parcours").text
    match = re.search(
        rf'<tr role="row"[^>]*>(?:(?!</tr>).)*{relay.parcours_id}.*?</tr>', page, flags=re.DOTALL
    )
    assert match
    return visible_words(match[0])


def test_the_page_says_after_each_step_whose_turn_it_is(relay: Relay, time: Clock) -> None:
    """The tutor and the buyer read the page after each step of the relay."""
    tutor, (buyer, _) = signed_in(relay.tutor), named_people(relay)

    assert title(sheet(tutor, relay)) == "À vous : envoyez les documents"
    assert title(sheet(buyer, relay)) == "À Marie-Laure Estève : envoyer les documents"
    assert "À vous" in row(tutor, relay) and "Documents à envoyer" in row(tutor, relay)
    assert "Tutrice ou tuteur" in row(buyer, relay) and "À vous" not in row(buyer, relay)

    relay.announces()
    assert title(sheet(tutor, relay)) == "L’envoi est en route, le lien part après vérification"
    assert "/envoi" not in sheet(tutor, relay)

    relay.uploads()
    relay.is_inspected()
    relay.mailer_runs()
    sent_at = relay.head().since
    assert title(sheet(tutor, relay)) == title(sheet(buyer, relay)) == "À l’entreprise : ouvrir le lien"
    since = f"Depuis le {visible_words(french.jour(sent_at))}, {visible_words(french.heure(sent_at))}"
    assert since in visible_words(sheet(buyer, relay))
    due = last_day(end_of_days(sent_at, terms.turns().company_answer_days))
    assert f"Attendu d’ici au {visible_words(french.jour(due))}" in visible_words(sheet(buyer, relay))
    assert COMPANY_ADDRESS in sheet(buyer, relay)
    assert "Entreprise" in row(tutor, relay) and "Lien envoyé" in row(tutor, relay)

    token, winner = relay.tokens()[-1], Browser()
    winner.proves(token)
    winner.opens(token)
    assert title(sheet(tutor, relay)) == "À l’entreprise : dire si les documents ont pu être lus"

    winner.confirms(token)
    time.passes(minutes=1)
    relay.purges()
    assert title(sheet(tutor, relay)) == "À l’entreprise : proposer des dates"


def test_an_unopened_link_ends_with_the_one_day_that_each_reader_was_told(
    relay: Relay, world: World, time: Clock
) -> None:
    token, client, browser = relay.sends(), Client(), Browser()
    end, linked_at = relay.deposit().erase_at, relay.link().created_at
    day = visible_words(french.jour(last_day(end)))
    read = {
        "mail": mail_rules.read_body(world.mails()[0], "plain"),
        "sheet": visible_words(sheet(signed_in(relay.tutor), relay)),
        "young person": young.looks(relay).words,
    }

    assert end == end_of_days(end - A_MOMENT, 1) and end <= linked_at + timedelta(days=15)
    assert [who for who, text in read.items() if day not in visible_words(text)] == []
    time.now = end - A_MOMENT
    browser.proves(token)
    time.now = end
    client.cookies[NONCE_COOKIE] = browser.nonce
    with functions_answer():
        refused = client.post_json("/retrait/ouverture", {"token": token})
    assert f"Ce lien a expiré le {day} {last_day(end).year}." in visible_words(refused.json["message"])


def test_the_timeline_tells_each_fact_and_never_who_is_young(relay: Relay, world: World, time: Clock) -> None:
    tutor, (buyer, _) = signed_in(relay.tutor), named_people(relay)
    token = relay.sends(factories.sealed(one_page(["CV", YOUNG])))
    winner = answers_question(token)
    winner.opens(token)
    winner.confirms(token)
    time.passes(minutes=1)
    relay.purges()

    sent = relay.deposit().created_at
    of_sending = visible_words(f"de l’envoi du {french.jour_court(sent)}, {french.heure(sent)}")
    read_by_buyer = [
        f"Passe-plat a effacé le CV {of_sending}",
        "L’entreprise a dit : « J’ai bien pu lire »",
        "L’entreprise a ouvert le lien",
        "Passe-plat a envoyé le lien",
        "Passe-plat a vérifié le CV",
        "La tutrice ou le tuteur a envoyé le CV",
        "La tutrice ou le tuteur a commencé l’envoi du CV",
        "La tutrice ou le tuteur a pris cette offre "
        "Un message demande à la personne qui répond au marché de vérifier les contacts.",
        "L’acheteur a déclaré l’offre",
    ]
    read_by_tutor = [fact.replace("La tutrice ou le tuteur a", "Vous avez") for fact in read_by_buyer]
    read_by_tutor[0] += " Attestation d’effacement, à imprimer"
    for client, expected in ((tutor, read_by_tutor), (buyer, read_by_buyer)):
        assert [fact.split(" ", 3)[3] for fact in facts(sheet(client, relay))] == expected
    for page in (sheet(tutor, relay), sheet(buyer, relay), tutor.get("/parcours").text, world.everything()):
        assert "CANARI" not in page and "Zoé" not in page


def test_a_silent_company_hands_the_turn_to_the_buyer(relay: Relay, time: Clock) -> None:
    named_people(relay)
    relay.sends()
    since = end_of_days(relay.head().since, terms.turns().company_answer_days)
    time.now = since - timedelta(hours=1)
    assert title(sheet(signed_in(relay.tutor), relay)) == "À l’entreprise : ouvrir le lien"
    time.passes(hours=1, minutes=1)

    buyer, colleague = named_people(relay)

    assert title(sheet(buyer, relay)) == title(sheet(colleague, relay)) == "À vous : relancez l’entreprise"
    assert title(sheet(signed_in(relay.tutor), relay)) == "À Inès Vauquelin : relancer l’entreprise"
    assert f"En retard depuis le {visible_words(french.jour(since))}" in visible_words(sheet(buyer, relay))
    assert "À vous" in row(buyer, relay) and "À vous" not in row(signed_in(relay.tutor), relay)


def test_a_refused_document_is_the_tutors_turn_again_and_says_why(world: World) -> None:
    relay = relays.started(world)
    relay.announces(factories.sealed(pdf_hostile.HOSTILE["password"]()))
    relay.uploads()
    relay.is_inspected()

    page = sheet(signed_in(relay.tutor), relay)

    assert title(page) == "À vous : envoyez les documents"
    assert f'href="/parcours/{relay.parcours_id}/envoi"' in page
    assert facts(page)[0].endswith(
        "Passe-plat a refusé le CV Ce document n’a pas été préparé par la page d’envoi. Rien n’est parti."
    )


@pytest.mark.parametrize(
    ("setback", "yours", "theirs"),
    [
        (Setback.MAIL_FAILED, "vérifiez à qui envoyer, le lien n’a pas trouvé son destinataire", "vérifier"),
        (Setback.MAIL_BOUNCED, "vérifiez à qui envoyer, le lien n’a pas trouvé son destinataire", "vérifier"),
        (
            Setback.MAIL_IN_DOUBT,
            "demandez si le lien est arrivé à la bonne personne, et renvoyez-le au besoin",
            "demander si le lien est arrivé",
        ),
        (Setback.UNREADABLE, "refaites l’envoi qui est attendu", "refaire l’envoi"),
        (Setback.SENDING_REQUESTED, "refaites l’envoi qui est attendu", "refaire l’envoi"),
    ],
)
def test_a_setback_is_the_tutors_turn_whatever_the_step(
    world: World, setback: Setback, yours: str, theirs: str
) -> None:
    relay = relays.started(world)
    buyer, _ = named_people(relay)
    head = relay.head()
    moved = replace(head, step=Step.LINK_SENT, setback=setback)
    change_record(head, moved)

    assert title(sheet(signed_in(relay.tutor), relay)) == f"À vous : {yours}"
    assert title(sheet(buyer, relay)).startswith(f"À Marie-Laure Estève : {theirs}")


def test_every_step_and_every_fact_has_its_words_on_the_page(world: World) -> None:
    """No code of ours is ever shown, whatever stands in a timeline."""
    relay = relays.started(world)
    tutor = signed_in(relay.tutor)
    for kind in EventKind:
        note(relay, kind)
    for step in Step:
        head = relay.head()
        change_record(head, replace(head, step=step))

        page = sheet(tutor, relay)

        assert len(facts(page)) == len(EventKind) + 2
        readable = visible_words(page)
        assert not re.search(r"\b[a-z]+_[a-z_]+\b|\{|\}|None", readable.replace(relay.tutor.address, ""))
        assert page.count('aria-current="step"') == 1
        assert row(tutor, relay)


def note(relay: Relay, kind: EventKind) -> None:
    """Write an event of this kind into the timeline, as the product would."""
    head: Parcours = relay.head()
    event = Event(
        parcours=head.id,
        id=f"{kind.value:x<32}"[:32],
        attempt=1,
        kind=kind,
        at=factories.NOON,
        actor=Role.SYSTEM,
        occurred_at=factories.NOON - timedelta(days=3) if kind is EventKind.MEETING_HELD else None,
    )
    transactions.commit(Transition(changes=(Change(head, head.with_event(event)),), events=(event,)))


def test_a_fact_noted_later_says_when_it_happened(world: World, time: Clock) -> None:
    time.now = factories.NOON
    relay = relays.started(world)
    note(relay, EventKind.MEETING_HELD)

    assert "survenu le samedi 28 novembre, noté le mardi 1er décembre" in visible_words(
        sheet(signed_in(relay.tutor), relay)
    )
