"""Monday's digest: beside what it reminds of, what its reader has to do this week and what is about to be lost."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from chalicelib import clock, config, terms
from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.ending import End
from chalicelib.domain.parcours.reminding import begins_week
from chalicelib.domain.weekly import Week
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes, reminding, weekly
from chalicelib.words import weekly as words
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories, meetings, relays
from tests.support.mail_rules import read_body
from tests.support.people import stand
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

MONDAY = datetime(2027, 1, 11, 8, 30, tzinfo=PARIS)
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)


@pytest.fixture
def tutor(world: World, time: Clock) -> Account:
    """A tutor who has one parcours on which she has to send the documents since Friday."""
    time.now = MONDAY - 3 * A_DAY
    tutor = factories.account()
    relays.started(world, tutor, factories.offer(company=factories.offer().company))
    time.now = MONDAY
    return tutor


def offer_of(company: str) -> Parcours:
    """An offer of a company of this name."""
    offer = factories.offer()
    return replace(offer, company=replace(offer.company, name=company))


def read_week(agent: Account) -> Week:
    """Read the week of an agent whose digest lists nothing."""
    return weekly.read_week(agent, (), now=clock.utc_now())


def say(week: Week) -> list[str]:
    """Return the sentences about what is to be done, is lost soon and is to be confirmed, with plain spaces."""
    todo = [f"{line.act} : {line.of}" for line in words.todo(week, day_of(clock.utc_now()))]
    endings = words.endings(week, config.settings().closing_months)
    return [line.replace("\u00a0", " ") for line in (*todo, *endings, words.confirming(week)) if line]


@pytest.mark.parametrize(("waits", "said"), [(4, True), (3, False)], ids=["reminded on Monday", "on Tuesday"])
def test_mondays_digest_alone_says_the_week_beside_what_it_lists(
    world: World, time: Clock, tutor: Account, waits: int, said: bool
) -> None:
    """Dates wait since Thursday or Friday, another parcours since Friday."""
    time.now = MONDAY - waits * A_DAY
    relay = relays.takes(world, tutor, offer_of("Toitures Arvel"))
    meetings.Page(relay).proposes_in_days(12)
    relay.mailer_runs()
    before = len(world.mails())
    for time.now in (MONDAY, MONDAY + timedelta(hours=1), MONDAY + A_DAY):
        reminding.run(now=time.now)
        relay.mailer_runs()

    mail = next(mail for mail in world.mails()[before:] if mail["To"] == tutor.address)
    digest, _, week = (
        read_body(mail, "plain").replace("\u00a0", " ").partition("À vous aussi, cette semaine :")
    )
    assert "Toitures Arvel" in digest and "Choisissez une date" in digest
    assert ("Envoyez les documents : Jardins Morvenne" in week, "Toitures Arvel" in week) == (said, False)


def test_who_is_reminded_of_nothing_gets_no_mail_on_monday(world: World, time: Clock, tutor: Account) -> None:
    assert read_week(tutor).todo

    assert reminding.run(now=time.now).mails == 0


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (date(2027, 1, 11), True),
        (date(2027, 1, 12), False),
        (date(2027, 3, 30), True),  # after Easter Monday
        (date(2027, 3, 31), False),
    ],
)
def test_a_week_begins_on_its_first_working_day(day: date, begins: bool) -> None:
    assert begins_week(day, terms.calendar()) is begins


def test_parcours_of_one_act_are_counted_together_the_latest_first(world: World, time: Clock) -> None:
    tutor = factories.account()
    stand(tutor)
    for name, ago in (("Serres Valbrune", 30), ("Toitures Arvel", 70), ("Cycles Perdriel", 10)):
        time.now = MONDAY - ago * A_DAY
        relays.takes(world, tutor, offer_of(name))
    time.now = MONDAY
    coordinator = factories.account(Role.COORDINATOR)
    stand(coordinator)

    assert say(read_week(tutor))[0] == "Envoyez les documents : 2 parcours, d’abord Serres Valbrune"
    late = "(en retard de 25 jours)"  # a late tutor's turn is the coordinator's
    assert any(late in line for line in say(read_week(coordinator)))


def test_the_week_leaves_out_what_was_done_before_the_digest_leaves(
    world: World, time: Clock, tutor: Account
) -> None:
    (line,) = read_week(tutor).todo[0].lines
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=time.now)
    outcomes.finish_passage(tutor, line.id, end, now=time.now)

    assert say(read_week(tutor)) == []


def test_what_is_about_to_be_lost_is_said_before_it_is(world: World, time: Clock) -> None:
    time.now = MONDAY - timedelta(days=config.settings().reservation_days - 4)
    tutor = factories.account()
    relays.started(world, tutor, factories.offer())
    time.now = MONDAY - timedelta(days=12)
    relays.takes(world, tutor, offer_of("Serres Valbrune")).sends()
    free = offer_of("Toitures Arvel")
    ends = day_of(MONDAY + timedelta(days=40))
    add_records(replace(free, contract=replace(free.contract, ends_on=ends)))
    time.now = MONDAY

    endings = say(read_week(tutor))

    assert (
        "Votre réservation chez Jardins Morvenne se termine le vendredi 15 janvier. "
        "Sans envoi d’ici là, l’offre redevient libre." in endings
    )
    assert (
        "Les documents envoyés pour Serres Valbrune s’effacent le jeudi 14 janvier, et le lien n’est pas encore ouvert."
        in endings
    )
    assert (
        "Une offre encore libre sera perdue à la fin de son marché, le 20 février 2027 (Toitures Arvel, à Brévannes-le-Lac)."
        in endings
    )


def test_contacts_to_confirm_are_said_to_who_may_confirm_them(
    world: World, time: Clock, tutor: Account
) -> None:
    def unconfirmed(offer: Parcours) -> Parcours:
        old = day_of(MONDAY) - 365 * A_DAY
        contacts = tuple(replace(contact, verified_on=old) for contact in offer.company.contacts)
        return replace(offer, company=replace(offer.company, contacts=contacts))

    buyer = factories.account(Role.BUYER)
    stand(buyer)
    add_records(unconfirmed(offer_of("Toitures Arvel")))
    relays.takes(world, tutor, unconfirmed(offer_of("Serres Valbrune")))

    assert "Les contacts de Serres Valbrune sont à vérifier. Un appel suffit." in say(read_week(tutor))
    assert "Les contacts de 2 entreprises sont à vérifier, d’abord ceux de" in say(read_week(buyer))[-1]


def test_a_week_costs_the_same_reads_whatever_her_lists_hold(
    world: World, time: Clock, tutor: Account
) -> None:
    def calls() -> list[str]:
        with Tap().open() as tap:
            read_week(tutor)
        return [call.operation for call in tap.calls]

    few = calls()
    for _ in range(20):
        relays.takes(world, tutor)

    assert len(read_week(tutor).todo[0].lines) == 21
    assert calls() == few


def test_documents_that_were_opened_are_not_said_to_be_unopened(
    world: World, time: Clock, tutor: Account
) -> None:
    time.now = MONDAY - timedelta(days=2)
    token = relays.takes(world, tutor).sends()
    browser = relays.Browser()
    browser.proves(token)
    browser.opens(token)
    time.now = MONDAY

    assert not read_week(tutor).unopened


def test_a_week_names_only_its_readers_own_parcours(world: World, time: Clock, tutor: Account) -> None:
    relays.started(world, factories.account(academie="Lyon"), factories.offer())
    strange = factories.account(Role.BUYER, organisation="Autre organisme")
    stand(strange)

    assert len(read_week(tutor).todo[0].lines) == 1
    assert say(read_week(strange)) == []


def test_an_absent_tutors_coordinator_reads_what_is_hers_meanwhile(
    world: World, time: Clock, tutor: Account
) -> None:
    coordinator = factories.account(Role.COORDINATOR)
    stand(coordinator)
    (line,) = read_week(tutor).todo[0].lines
    head = parcours_table.read_parcours(line.id)
    absence = Absence(first=day_of(MONDAY), last=day_of(MONDAY + A_WEEK))
    change_record(head, replace(head, tutor_absence=absence))

    assert len(read_week(coordinator).todo) == 1
    assert read_week(tutor).todo == ()
