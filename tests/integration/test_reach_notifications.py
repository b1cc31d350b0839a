"""Who is told that a contact changed or that a parcours changed hands."""

from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.documents import mailing
from chalicelib.domain.fields import Record
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import assigning
from chalicelib.domain.record import ContactAnswer
from chalicelib.stories import parcours, record
from chalicelib.stories.parcours import Assignment
from tests.conftest import Clock
from tests.faults.wire import Tap, reject
from tests.support import factories, mail_rules, passings, people, relays
from tests.support.people import Cast
from tests.support.relays import Relay
from tests.support.worlds import World


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    """One account of each kind."""
    return people.cast()


@pytest.fixture
def relay(world: World, cast: Cast) -> Relay:
    """A parcours that the cast's tutor has taken."""
    return relays.takes(world, cast.tutor)


def correct_contact(person: Account, relay: Relay, to: str, phone: str | None = None) -> None:
    """Change the company's contact as this person."""
    first = relay.head().company.contacts[0]
    changed = replace(first, address=to, phone=phone or first.phone)
    record.set_contact(
        person,
        relay.parcours_id,
        ContactAnswer(Interlocutor.ANSWERS_TENDER, changed, seen=relay.head().edited, reached=False),
        now=clock.utc_now(),
    )


def texts(world: World, to: str) -> list[str]:
    """The texts of the mails to this address."""
    mails = [mail for mail in world.mails() if str(mail["To"]) == to]
    return [
        f"{mail['Subject']}\n{mail_rules.read_body(mail, 'plain')}".replace("\u00a0", " ") for mail in mails
    ]


NEW = "n.martin@jardlns.entreprise.example"


@pytest.mark.parametrize("who", ["team", "coordinator", "buyer", "tutor"])
def test_the_tutor_is_told_of_a_changed_contact_whoever_changed_it(
    world: World, cast: Cast, relay: Relay, who: str
) -> None:
    person: Account = getattr(cast, who)

    correct_contact(person, relay, NEW)
    relay.mailer_runs()

    (text,) = texts(world, cast.tutor.address)
    hint = "n•••@jardlns.\u2060entreprise.\u2060example"  # what was typed is no link
    assert f"le contact « répond au marché » a changé d’adresse : {hint}" in text
    assert (person.name in text) is (who != "tutor")
    assert ("depuis votre propre compte" in text) is (who == "tutor")
    assert "prévenez l’équipe" in text and NEW not in text
    assert relay.mailed_to() == [cast.tutor.address]


def test_a_changed_telephone_is_told_and_a_corrected_name_is_not(
    world: World, cast: Cast, relay: Relay
) -> None:
    same = relay.head().company.contacts[0].address
    correct_contact(cast.team, relay, same, "06 00 00 00 00")
    relay.mailer_runs()
    (text,) = texts(world, cast.tutor.address)
    assert "a changé de téléphone" in text

    first = relay.head().company.contacts[0]
    record.set_contact(
        cast.team,
        relay.parcours_id,
        ContactAnswer(
            Interlocutor.ANSWERS_TENDER,
            replace(first, name="N. Bellanger"),
            seen=relay.head().edited,
            reached=True,
        ),
        now=clock.utc_now(),
    )
    relay.mailer_runs()
    assert len(texts(world, cast.tutor.address)) == 1


def test_contacts_that_are_removed_or_added_are_told(world: World, cast: Cast, relay: Relay) -> None:
    head = relay.head()
    empty = replace(head.company, contacts=())
    for company in (empty, head.company):
        given = replace(factories.record(head), company=company)
        record.edit(cast.team, head.id, given, seen=relay.head().edited, now=clock.utc_now())
    relay.mailer_runs()

    told = texts(world, cast.tutor.address)  # in no order of their own: they wait side by side
    assert len(told) == 2
    assert sum("a été retiré" in text for text in told) == sum("est nouveau" in text for text in told) == 1


def test_a_handover_right_after_hides_no_change_from_who_followed_it(
    world: World, cast: Cast, relay: Relay, time: Clock
) -> None:
    correct_contact(cast.team, relay, NEW)
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    time.now += assigning.GATHERING
    relay.mailer_runs()

    subjects = [text.partition("\n")[0] for text in texts(world, cast.tutor.address)]
    assert sorted(subject.partition(" – ")[2].partition(",")[0] for subject in subjects) == [
        "Un contact a changé",
        "Un parcours n’est plus le vôtre",
    ]


def test_a_free_offer_has_nobody_to_tell(world: World, cast: Cast) -> None:
    offer = factories.offer()
    record.declare(
        cast.team,
        offer.id,
        Record(company=offer.company, contract=offer.contract, placement=offer.placement),
        now=clock.utc_now(),
    )
    free = Relay(world, cast.tutor, offer.id)
    correct_contact(cast.team, free, NEW)
    assert free.outbox() == []


@pytest.mark.parametrize("who", ["team", "coordinator"])
def test_both_tutors_are_told_of_a_handover_whoever_did_it(
    world: World, cast: Cast, relay: Relay, time: Clock, who: str
) -> None:
    parcours.assign(getattr(cast, who), relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    time.now += assigning.GATHERING
    relay.mailer_runs()

    (former,), (successor,) = texts(world, cast.tutor.address), texts(world, cast.colleague.address)
    assert "Un parcours n’est plus le vôtre" in former and cast.colleague.name in former
    assert "Un parcours vous est confié" in successor


def _given_up(relay: Relay, time: Clock) -> None:
    """Let the mail service refuse the waiting mails until they are given up, then send the mails that follow from that."""
    for _ in range(mailing.MOST_REFUSALS):
        with Tap(act=reject, operation="SendEmail").open():
            relay.mailer_runs()
        time.now += mailing.LEASE * 2**mailing.LONGEST_DOUBLING
    relay.mailer_runs()
    assert relay.outbox() == []


def test_a_former_tutor_who_could_not_be_told_is_her_successors_to_tell(
    world: World, cast: Cast, relay: Relay, time: Clock
) -> None:
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    _given_up(relay, time)

    assert set(relay.mailed_to()) == {cast.colleague.address}
    (text,) = texts(world, cast.colleague.address)
    assert "qui suivait ce parcours avant vous" in text and "Une autre personne suit ce parcours" in text


@pytest.mark.parametrize("handed", [True, False])
def test_a_question_that_the_former_tutor_did_not_get_is_her_successors_to_know(
    world: World, cast: Cast, relay: Relay, time: Clock, handed: bool
) -> None:
    """When the mail that asks the former tutor for consent is given up, her successor is told; not if whoever sealed still
    accompanies, whose page asks it.
    """
    token = relay.sends()
    if handed:
        parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
        time.now += assigning.GATHERING
        relay.mailer_runs()
    before = len(world.mails())
    passings.passes(passings.answers_question(token), token, passings.colleague_named(passings.OTHER))
    _given_up(relay, time)

    after = [mail for mail in world.mails()[before:] if mail["To"] != factories.COMPANY_ADDRESS]
    assert [mail["To"] for mail in after] == ([cast.colleague.address] if handed else [])
    if handed:
        text = mail_rules.read_body(after[0], "plain")
        assert "La question sur un autre destinataire" in text and passings.OTHER not in text


def test_who_hands_a_parcours_to_herself_is_told_too(
    world: World, cast: Cast, relay: Relay, time: Clock
) -> None:
    both = replace(factories.account(name="Deux Rôles"), roles=frozenset({Role.TUTOR, Role.COORDINATOR}))
    people.stand(both)

    parcours.assign(both, relay.parcours_id, Assignment(both.id), now=clock.utc_now())
    time.now += assigning.GATHERING
    relay.mailer_runs()

    agents = [to for to in relay.mailed_to() if to != factories.COMPANY_ADDRESS]
    assert agents == sorted([cast.tutor.address, both.address])
