"""One function answers every right: who may do what with which parcours."""

from dataclasses import replace

import pytest

from chalicelib.domain.accounts import managing
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import FIELD_ROLES, Account, Act, find_assigning_role, may, role_on
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from tests.support import factories
from tests.support.factories import NOON

TUTOR = factories.account()
PEOPLE: dict[str, Account] = {
    "tutor": TUTOR,
    "other tutor": factories.account(),
    "tutor elsewhere": factories.account(academie="Lille"),
    "coordinator": factories.account(Role.COORDINATOR),
    "coordinator of her tutor": factories.account(Role.COORDINATOR, academie="Lyon"),
    "coordinator elsewhere": factories.account(Role.COORDINATOR, academie="Lille"),
    "coordinator of nowhere": replace(factories.account(Role.COORDINATOR), academie=None),
    "buyer": factories.account(Role.BUYER),
    "other buyer": factories.account(Role.BUYER, organisation="Une autre"),
    "buyer of nothing": replace(factories.account(Role.BUYER), organisation=None, siren=None),
    "prescriber": factories.account(Role.PRESCRIBER),
    "other prescriber": factories.account(Role.PRESCRIBER, organisation="Une autre"),
    "team": factories.account(Role.TEAM),
    "nobody": replace(factories.account(), roles=frozenset()),
}
FOLLOWED: dict[str, Role | None] = {
    "tutor": Role.TUTOR,
    "coordinator": Role.COORDINATOR,
    "coordinator of her tutor": Role.COORDINATOR,
    "buyer": Role.BUYER,
    "prescriber": Role.PRESCRIBER,
    "team": Role.TEAM,
}
"""Everybody else stands in no role on the parcours."""
SENDS = {"tutor", "coordinator", "coordinator of her tutor"}


def parcours(status: ParcoursStatus) -> Parcours:
    """Return a parcours in Dijon; unless it is free, followed by ``TUTOR``, who belongs to Lyon."""
    offer = factories.offer(status=status)
    if status is ParcoursStatus.AVAILABLE:
        return offer
    step = Step.DOCUMENTS_TO_SEND if status is ParcoursStatus.IN_PREPARATION else None
    return replace(offer, tutor=TUTOR.id, tutor_academie="Lyon", step=step)


@pytest.mark.parametrize("who", PEOPLE)
def test_rights_on_a_followed_parcours(who: str) -> None:
    person, role = PEOPLE[who], FOLLOWED.get(who)
    for status in set(ParcoursStatus) - {ParcoursStatus.AVAILABLE}:
        stands = parcours(status)
        assert role_on(person, stands) is role, status
        assert may(person, Act.VIEW, stands) is (role is not None), status
        assert may(person, Act.SEE_CONTACTS, stands) is (role is not None), status
        sends = who in SENDS and status is ParcoursStatus.IN_PREPARATION
        assert may(person, Act.SEND, stands) is sends, status
        under_way = status in {ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS}
        assert may(person, Act.END, stands) is (who in SENDS | {"team"} and under_way), status
        assert may(person, Act.RESUME, stands) is (who in SENDS | {"team"}), status


@pytest.mark.parametrize(("name", "siren", "is_same"), [
    ("MINISTERE (DES) OUVRAGES +", "999000029", False),
    ("Ministère des Ouvrages", "999000029", False),
    ("Les Ouvrages", "999000011", True),
    ("MINISTERE (DES) OUVRAGES +", None, False),
    ("Ministère des Ouvrages", None, True),
])  # fmt: skip
@pytest.mark.parametrize("role", [Role.BUYER, Role.PRESCRIBER])
def test_an_organisation_is_its_siren_or_without_one_its_exact_name(
    role: Role, name: str, siren: str | None, is_same: bool
) -> None:
    person = replace(factories.account(role), organisation=name, siren=siren)

    assert role_on(person, factories.offer()) is (role if is_same else None)
    prescriber = factories.account(Role.PRESCRIBER)
    assert managing.may_manage_account(person, prescriber) is (is_same and role is Role.BUYER)


@pytest.mark.parametrize("who", PEOPLE)
def test_rights_on_a_free_offer(who: str) -> None:
    """Tutors of every académie see a free offer without its contacts, and nobody sends on it."""
    person, free = PEOPLE[who], parcours(ParcoursStatus.AVAILABLE)
    on_it = who in {"coordinator", "buyer", "prescriber", "team"}

    assert may(person, Act.VIEW, free) is (on_it or Role.TUTOR in person.roles)
    assert may(person, Act.SEE_CONTACTS, free) is on_it
    assert not may(person, Act.SEND, free)


@pytest.mark.parametrize("who", PEOPLE)
def test_a_closed_account_may_nothing(who: str) -> None:
    closed = replace(PEOPLE[who], closed_at=NOON)
    for stands in map(parcours, ParcoursStatus):
        assert role_on(closed, stands) is None, stands.status
        assert [act for act in Act if may(closed, act, stands)] == [], stands.status


def test_the_team_never_sends() -> None:
    """The team sends on no parcours, even if somebody wrote her id as its tutor."""
    team = PEOPLE["team"]
    for status in ParcoursStatus:
        assert not may(team, Act.SEND, replace(parcours(status), tutor=team.id))


def test_the_closest_role_counts() -> None:
    both = replace(factories.account(), roles=frozenset({Role.TUTOR, Role.COORDINATOR}))
    hers = replace(parcours(ParcoursStatus.IN_PREPARATION), tutor=both.id)

    assert role_on(both, hers) is Role.TUTOR
    assert role_on(both, parcours(ParcoursStatus.IN_PREPARATION)) is Role.COORDINATOR


def test_a_coordinator_who_accompanies_herself_may_hand_over() -> None:
    both = replace(factories.account(), roles=frozenset({Role.TUTOR, Role.COORDINATOR}))
    far = replace(both, academie="Lille")
    hers = replace(parcours(ParcoursStatus.IN_PREPARATION), tutor=both.id)

    assert may(both, Act.ASSIGN, hers) and find_assigning_role(both, hers) is Role.COORDINATOR
    assert not may(far, Act.ASSIGN, hers)
    assert not may(replace(both, roles=frozenset({Role.TUTOR})), Act.ASSIGN, hers)


def test_being_its_tutor_needs_the_role_of_one() -> None:
    """An account that lost the role of tutor keeps no right from the parcours that it followed."""
    former = replace(factories.account(organisation="Une autre"), roles=frozenset({Role.BUYER}))

    assert role_on(former, replace(parcours(ParcoursStatus.IN_PREPARATION), tutor=former.id)) is None


def test_no_academie_matches_no_academie() -> None:
    """Two people without an académie are not of the same one."""
    nowhere = PEOPLE["coordinator of nowhere"]
    untaken = replace(parcours(ParcoursStatus.IN_PREPARATION), tutor_academie=None)
    without = factories.offer(placement=replace(untaken.placement, academie=""))

    assert role_on(nowhere, untaken) is None
    assert role_on(nowhere, without) is None


def test_field_roles_and_the_team_are_apart() -> None:
    assert set(Role) - {Role.TEAM, Role.COMPANY, Role.SYSTEM} == FIELD_ROLES
    assert PEOPLE["team"].is_team and not PEOPLE["tutor"].is_team
