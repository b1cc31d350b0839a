"""The card « à qui de jouer » of a parcours' page: who, for what, how late, and what its clock does not know."""

import html
import re
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.stores import transactions
from tests.conftest import Clock
from tests.support import factories
from tests.support.http import signed_in
from tests.support.waiting import make_absence, parcours_at, paris
from tests.support.worlds import World

TEAM = factories.account(Role.TEAM)
TUTOR = factories.account(Role.TUTOR, name="Marie-Laure Estève")
BUYER = factories.account(Role.BUYER, name="Inès Vauquelin")
COORDINATOR = factories.account(Role.COORDINATOR, name="Jeanne Royer")


def card(parcours: Parcours, now: str, time: Clock) -> str:
    """The turn card, as the team reads it at this instant."""
    time.now = paris(now)
    kept = replace(parcours, tutor=TUTOR.id, buyer=BUYER.id, coordinator=COORDINATOR.id)
    people = [Change(None, account) for account in (TUTOR, BUYER, COORDINATOR, TEAM)]
    transactions.commit(Transition(changes=(Change(None, kept), *people)))
    page = signed_in(TEAM).get(f"/parcours/{kept.id}")
    assert page.status == 200
    match = re.search(r'<section class="tour.*?</section>', page.text, flags=re.DOTALL)
    assert match
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", match[0])).split())


@pytest.mark.parametrize(
    ("parcours", "now", "said"),
    [
        (parcours_at(Step.LINK_SENT), "2026-11-05 12:00", "À l’entreprise : ouvrir le lien"),
        (parcours_at(Step.RECEIVED), "2026-11-19 12:00", "À Inès Vauquelin : relancer l’entreprise"),
        (
            parcours_at(Step.RECEIVED),
            "2026-11-26 12:00",
            "À vous : relancez l’entreprise",
        ),
        (
            replace(parcours_at(Step.LINK_SENT), sent_to=Role.BUYER),
            "2026-11-05 12:00",
            "À Inès Vauquelin : passer le lien à l’entreprise",
        ),
        (
            replace(parcours_at(Step.LINK_SENT), sent_to=Role.BUYER),
            "2026-11-09 12:00",
            "À Marie-Laure Estève : envoyer directement à l’entreprise, l’acheteur n’a pas passé le lien",
        ),
        (parcours_at(Step.SLOTS_PROPOSED), "2026-11-05 12:00", "À Marie-Laure Estève : choisir une date"),
        (parcours_at(Step.SLOTS_PROPOSED), "2026-11-10 12:00", "À Jeanne Royer : choisir une date"),
        (
            replace(parcours_at(Step.RECEIVED), setback=Setback.DECLINED),
            "2026-11-05 12:00",
            "À Marie-Laure Estève : appeler l’entreprise, elle a refusé",
        ),
    ],
)
def test_the_card_says_who_is_awaited_and_for_what(
    world: World, time: Clock, parcours: Parcours, now: str, said: str
) -> None:
    assert said in card(parcours, now, time)


@pytest.mark.parametrize(
    ("step", "now", "late", "days"),
    [
        (Step.LINK_SENT, "2026-11-10 12:00", None, "7 jours passés sur 15"),
        (Step.LINK_SENT, "2026-11-18 12:00", "En retard depuis aujourd’hui", "Premier jour ouvré sur 5"),
        (Step.LINK_SENT, "2026-11-19 12:00", "En retard d’un jour", "1 jour ouvré passé sur 5"),
        (
            Step.LINK_SENT,
            "2026-11-27 12:00",
            "En retard de 9 jours",
            "En retard depuis le mercredi 18 novembre",
        ),
        (Step.MEETING_HELD, "2026-11-06 12:00", None, "3 jours ouvrés passés sur 5"),
        (
            Step.MEETING_HELD,
            "2026-11-16 12:00",
            "En retard de 6 jours",
            "En retard depuis le mardi 10 novembre",
        ),
    ],
)
def test_lateness_is_said_in_calendar_days_and_the_clock_in_its_own(
    world: World, time: Clock, step: Step, now: str, late: str | None, days: str
) -> None:
    text = card(parcours_at(step), now, time)

    assert days in text
    match = re.search(r"En retard (depuis aujourd’hui|d’un jour|de \d+ jours)", text)
    assert (match and match[0]) == late


@pytest.mark.parametrize("hour", ["09:00", "00:00"])
def test_a_long_delay_is_told_by_its_last_day_alone(world: World, time: Clock, hour: str) -> None:
    """A delay that ends at midnight ends with the day before."""
    text = card(
        replace(parcours_at(Step.DOCUMENTS_TO_SEND), reservation_until=paris(f"2026-12-18 {hour}")),
        "2026-11-05 12:00",
        time,
    )

    assert f"Attendu d’ici au {'vendredi 18' if hour > '00:00' else 'jeudi 17'} décembre ." in text
    assert not re.search("passés? sur", text)


def test_an_absence_shows_until_when_and_who_takes_over(world: World, time: Clock) -> None:
    text = card(
        replace(parcours_at(Step.SLOTS_PROPOSED), tutor_absence=make_absence("2026-11-05", "2026-11-06")),
        "2026-11-05 12:00",
        time,
    )

    assert "À Jeanne Royer : choisir une date" in text
    assert "Absence de la tutrice ou du tuteur annoncée du jeudi 5 novembre au vendredi 6 novembre" in text
    assert "En retard" not in text


@pytest.mark.parametrize("day", ["03", "06"])
@pytest.mark.parametrize("step", [Step.SLOTS_PROPOSED, Step.RECEIVED])
def test_the_card_says_an_absence_from_its_announcement_to_its_end_whosever_turn_it_is(
    world: World, time: Clock, step: Step, day: str
) -> None:
    away = replace(parcours_at(step), tutor_absence=make_absence("2026-11-05", "2026-11-06"))

    text = card(away, f"2026-11-{day} 12:00", time)

    assert "Absence de la tutrice ou du tuteur annoncée du jeudi 5 novembre au vendredi 6 novembre" in text


def test_a_coordinator_who_has_the_turn_by_silence_reads_of_no_absence(world: World, time: Clock) -> None:
    ended = Absence(first=date(2026, 11, 4), last=date(2026, 11, 4))

    assert (
        "absence"
        not in card(
            replace(parcours_at(Step.SLOTS_PROPOSED), tutor_absence=ended), "2026-11-12 12:00", time
        ).lower()
    )


@pytest.mark.parametrize(("academie", "said"), [("Dijon", False), ("Corse", True), ("La Réunion", True)])
def test_the_card_says_when_school_holidays_are_not_known(
    world: World, time: Clock, academie: str, said: bool
) -> None:
    text = card(replace(parcours_at(Step.SLOTS_PROPOSED), tutor_academie=academie), "2026-11-05 12:00", time)

    assert ("Les vacances scolaires de cette académie ne sont pas connues ici" in text) is said


@pytest.mark.parametrize(("since", "said"), [("2028-04-03 09:00", False), ("2028-06-05 09:00", True)])
def test_the_card_says_in_time_that_the_calendar_runs_out(
    world: World, time: Clock, since: str, said: bool
) -> None:
    text = card(parcours_at(Step.SLOTS_PROPOSED, since=since), f"{since[:10]} 12:00", time)

    assert ("s’arrête au 31 août 2028" in text) is said
