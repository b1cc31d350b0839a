"""Who may make, change and close whose account, and what an account must hold."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.accounts import managing
from chalicelib.domain.accounts.managing import Invitation, Own, Profile, hash_profile
from chalicelib.domain.kernel.parcours import Absence
from chalicelib.domain.kernel.people import FIELD_ROLES, Account, SavedView
from chalicelib.domain.kernel.transition import MailKind, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import AccountBusy, AddressTaken, ChangedMeanwhile, FieldInvalid, NotFound
from tests.support import factories
from tests.support.factories import NOON, decision_inputs, written

BOTH = frozenset({Role.TUTOR, Role.COORDINATOR})
PEOPLE: dict[str, Account] = {
    "tutor": factories.account(),
    "tutor elsewhere": factories.account(academie="Lille"),
    "tutor and coordinator": replace(factories.account(Role.COORDINATOR), roles=BOTH),
    "coordinator": factories.account(Role.COORDINATOR),
    "coordinator elsewhere": factories.account(Role.COORDINATOR, academie="Lille"),
    "coordinator of nowhere": replace(factories.account(Role.COORDINATOR), academie=None),
    "buyer": factories.account(Role.BUYER),
    "other buyer": factories.account(Role.BUYER, organisation="Une autre"),
    "buyer of nothing": replace(factories.account(Role.BUYER), organisation=None, siren=None),
    "prescriber": factories.account(Role.PRESCRIBER),
    "other prescriber": factories.account(Role.PRESCRIBER, organisation="Une autre"),
    "team": factories.account(Role.TEAM),
    "other team": factories.account(Role.TEAM),
    "nobody": replace(factories.account(), roles=frozenset()),
}
MANAGED: dict[str, set[str]] = {
    "team": set(PEOPLE) - {"team"},
    "other team": set(PEOPLE) - {"other team"},
    "coordinator": {"tutor"},
    "tutor and coordinator": {"tutor"},
    "coordinator elsewhere": {"tutor elsewhere"},
    "buyer": {"prescriber"},
    "other buyer": {"other prescriber"},
}
"""Everybody else manages nobody."""


def test_each_manages_her_own_people_and_nobody_else() -> None:
    for who, person in PEOPLE.items():
        managed = {whom for whom, other in PEOPLE.items() if managing.may_manage_account(person, other)}
        assert managed == MANAGED.get(who, set()), who


def test_a_closed_account_manages_nobody() -> None:
    for who, person in PEOPLE.items():
        closed = replace(person, closed_at=NOON)
        assert not [whom for whom in PEOPLE if managing.may_manage_account(closed, PEOPLE[whom])], who
        assert not managing.may_manage(closed), who


def test_only_team_coordinators_and_buyers_have_people() -> None:
    holders = {name for name, person in PEOPLE.items() if managing.may_manage(person)}

    assert holders == set(MANAGED) | {"coordinator of nowhere", "buyer of nothing"}


def profile(
    *roles: Role,
    academie: str | None = "Dijon",
    departement: str | None = None,
    organisation: str | None = "Ministère des Ouvrages",
) -> Profile:
    """Return a profile with these roles, and everything that any role needs."""
    return Profile(
        name="Anaïs Roumégas",
        function="MLDS",
        roles=frozenset(roles),
        academie=academie,
        departement=departement,
        organisation=organisation,
    )


@pytest.mark.parametrize("role", sorted(FIELD_ROLES))
def test_an_account_is_of_the_team_or_of_the_field_never_both(role: Role) -> None:
    with pytest.raises(FieldInvalid) as refusal:
        managing.check_profile(profile(Role.TEAM, role))

    assert refusal.value.facts == {"field": "roles", "reason": "team_or_field"}


def test_an_account_needs_a_role_and_the_place_of_its_role() -> None:
    for wrong, field in (
        (profile(), "roles"),
        (profile(Role.TUTOR, academie=None), "academie"),
        (profile(Role.TUTOR, academie="Valmarie"), "academie"),
        (profile(Role.COORDINATOR, academie=None), "academie"),
        (profile(Role.BUYER, organisation=None), "organisation"),
        (profile(Role.PRESCRIBER, organisation=None), "organisation"),
        (profile(Role.TUTOR, departement="69"), "departement"),
        (profile(Role.TUTOR, departement="999"), "departement"),
    ):
        with pytest.raises(FieldInvalid) as refusal:
            managing.check_profile(wrong)
        assert refusal.value.facts["field"] == field


def test_what_its_roles_do_not_need_is_left_out() -> None:
    team = managing.check_profile(profile(Role.TEAM, departement="21"))
    tutor = managing.check_profile(profile(Role.TUTOR, departement="21"))
    buyer = managing.check_profile(profile(Role.BUYER))

    assert (team.academie, team.departement, team.organisation) == (None, None, None)
    assert (tutor.academie, tutor.departement, tutor.organisation) == ("Dijon", "21", None)
    assert (buyer.academie, buyer.organisation) == (None, "Ministère des Ouvrages")


def invite(
    person: Account,
    profile: Profile,
    *,
    same_key: Account | None = None,
    address_owner: Account | None = None,
    reopen: bool = False,
) -> Transition:
    """Have a person invite somebody; ``address_owner``: the account that has the address already."""
    invitation = Invitation(profile, "a@academie.example", "0" * 32, reopen=reopen)
    return managing.invite(
        person, invitation, same_key=same_key, address_owner=address_owner, inputs=decision_inputs()
    )


def test_an_invitation_is_written_with_its_account() -> None:
    step = invite(PEOPLE["coordinator"], managing.check_profile(profile(Role.TUTOR)))

    made = written(step, Account)
    assert (made.id, made.address, made.roles) == ("0" * 32, "a@academie.example", frozenset({Role.TUTOR}))
    assert [(mail.kind, mail.account, mail.about) for mail in step.mails] == [
        (MailKind.INVITATION, made.id, PEOPLE["coordinator"].id)
    ]


def test_nobody_invites_beyond_her_people() -> None:
    for who, asked in (
        ("coordinator", profile(Role.COORDINATOR)),
        ("coordinator", profile(*BOTH)),
        ("coordinator", profile(Role.TUTOR, academie="Lille")),
        ("coordinator", profile(Role.TEAM)),
        ("buyer", profile(Role.BUYER)),
        ("buyer", profile(Role.PRESCRIBER, organisation="Une autre")),
        ("buyer", profile(Role.TUTOR)),
        ("prescriber", profile(Role.PRESCRIBER)),
        ("tutor", profile(Role.TUTOR)),
    ):
        with pytest.raises(NotFound):
            invite(PEOPLE[who], asked)


def test_an_address_in_use_invites_nobody_and_a_closed_one_asks_first() -> None:
    asked, team = managing.check_profile(profile(Role.TUTOR)), PEOPLE["team"]
    open_one, closed = factories.account(), replace(factories.account(), closed_at=NOON)

    with pytest.raises(AddressTaken):
        invite(team, asked, address_owner=open_one)
    with pytest.raises(FieldInvalid):
        invite(team, asked, address_owner=closed)
    again = written(invite(team, asked, address_owner=closed, reopen=True), Account)
    assert (again.id, again.closed_at, again.name) == (closed.id, None, asked.name)
    for strangers in (open_one, closed):  # she learns no more than of an address of nobody's
        assert not invite(
            PEOPLE["buyer"],
            managing.check_profile(profile(Role.PRESCRIBER)),
            address_owner=strangers,
            reopen=True,
        )
    with pytest.raises(AddressTaken):
        invite(
            PEOPLE["buyer"], managing.check_profile(profile(Role.PRESCRIBER)), address_owner=PEOPLE["buyer"]
        )


def test_a_form_sent_twice_makes_one_account_and_its_key_takes_nobody_over() -> None:
    asked, made = managing.check_profile(profile(Role.TUTOR)), factories.account(id="0" * 32)

    assert not invite(PEOPLE["team"], asked, same_key=made, address_owner=made)
    for address_owner in (None, factories.account()):
        with pytest.raises(ChangedMeanwhile):
            invite(PEOPLE["team"], asked, same_key=made, address_owner=address_owner)


def test_an_invitation_leaves_again_after_an_hour() -> None:
    invited = replace(factories.account(), invited_at=NOON)

    with pytest.raises(FieldInvalid):
        managing.invite_again(PEOPLE["team"], invited, decision_inputs(NOON + timedelta(minutes=59)))
    assert managing.invite_again(PEOPLE["team"], invited, decision_inputs(NOON + timedelta(hours=1))).mails


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "A"},
        {"function": "B"},
        {"phone": "01 99 00 12 34"},
        {"departement": "71"},
        {"academie": "Lyon"},
        {"organisation": "C"},
        {"roles": BOTH},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_edit_of_an_older_profile_is_refused_and_the_very_same_again_is_none(changed: Any) -> None:
    account, team = factories.account(), PEOPLE["team"]
    older, renamed = (
        hash_profile(replace(account, **changed)),
        replace(factories.profile(account), name="Anaïs Roumégas"),
    )

    with pytest.raises(ChangedMeanwhile):
        managing.edit(team, account, renamed, seen=older, parcours_followed=0)
    assert managing.edit(team, account, renamed, seen=hash_profile(account), parcours_followed=0).changes
    assert not managing.edit(team, account, factories.profile(account), seen=older, parcours_followed=0)


def test_what_an_account_keeps_beside_its_profile_makes_no_form_stale() -> None:
    account = factories.account()
    views = (SavedView(name="Ma liste", query="academie=Dijon"),)
    later = replace(account, revision=9, views=views, feed_sha256="0" * 64, feed_opened_at=NOON, seen_at=NOON)

    own = Own(name="Autre", function="MLDS")
    assert written(managing.edit_own(later, own, seen=hash_profile(account)), Account).views == views


def test_roles_and_places_do_not_change_under_parcours_that_hang_on_them() -> None:
    account, team = factories.account(), PEOPLE["team"]
    profile = factories.profile(account)

    for edited in (replace(profile, academie="Lyon"), replace(profile, roles=frozenset({Role.COORDINATOR}))):
        with pytest.raises(AccountBusy):
            managing.edit(team, account, edited, seen=hash_profile(account), parcours_followed=1)
        assert managing.edit(team, account, edited, seen=hash_profile(account), parcours_followed=0).changes
    assert managing.edit(
        team, account, replace(profile, roles=BOTH), seen=hash_profile(account), parcours_followed=1
    ).changes


def test_the_days_before_a_passkey_is_owed_begin_anew_with_a_role_given_again_or_a_reopening() -> None:
    """They begin with the next sign-in: counted from one of years ago they would be over, and nothing would open the account."""
    team, asked = PEOPLE["team"], replace(factories.account(Role.COORDINATOR), passkey_asked_at=NOON)
    profile = factories.profile(asked)

    def edited(account: Account, given: Profile) -> Account:
        return written(
            managing.edit(team, account, given, seen=hash_profile(account), parcours_followed=0), Account
        )

    assert edited(asked, replace(profile, name="Autre")).passkey_asked_at == NOON
    joins_team = replace(profile, roles=frozenset({Role.TEAM}), academie=None)
    assert edited(asked, joins_team).passkey_asked_at == NOON, "no thief of a mailbox gains days by it"
    assert edited(asked, replace(profile, roles=frozenset({Role.TUTOR}))).passkey_asked_at is None
    closed = replace(asked, closed_at=NOON)
    assert written(managing.reopen(team, closed, decision_inputs(NOON)), Account).passkey_asked_at is None


def test_one_changes_of_oneself_neither_role_nor_place() -> None:
    tutor, buyer = PEOPLE["tutor"], PEOPLE["buyer"]
    own = Own(name="Autre", function="MLDS", departement="21")

    assert managing.edit_own(tutor, own, seen=hash_profile(tutor)).changes[0].after == replace(
        tutor, name="Autre", function="MLDS", phone=None, departement="21"
    )
    assert written(managing.edit_own(buyer, own, seen=hash_profile(buyer)), Account).departement is None
    with pytest.raises(FieldInvalid):
        managing.edit_own(tutor, replace(own, departement="69"), seen=hash_profile(tutor))


def test_two_of_the_team_cannot_close_each_other() -> None:
    team = managing.close(PEOPLE["team"], PEOPLE["other team"], {}, decision_inputs())

    assert [change.before for change in team.changes] == [PEOPLE["other team"], PEOPLE["team"]]
    assert not team.mails
    closed = replace(factories.account(), closed_at=NOON)
    assert not managing.close(PEOPLE["team"], closed, {}, decision_inputs())


def test_a_closed_account_keeps_neither_its_views_nor_its_feed() -> None:
    views = (SavedView(name="Ma liste", query="academie=Dijon"),)
    leaving = replace(factories.account(), views=views, feed_sha256="0" * 64, feed_opened_at=NOON)

    closed = written(managing.close(PEOPLE["team"], leaving, {}, decision_inputs()), Account)

    assert (closed.views, closed.feed_sha256, closed.feed_opened_at) == ((), None, None)


def test_only_the_team_reopens() -> None:
    closed = replace(
        factories.account(),
        closed_at=NOON,
        absence=Absence(first=NOON.date(), last=NOON.date()),
    )

    with pytest.raises(NotFound):
        managing.reopen(PEOPLE["coordinator"], closed, decision_inputs())
    step = managing.reopen(PEOPLE["team"], closed, decision_inputs())
    assert step.changes[0].after == replace(
        closed, closed_at=None, absence=None, invited_at=NOON, reopened_at=NOON
    )


def test_the_first_account_is_made_once() -> None:
    def first(address_owner: Account | None) -> Transition:
        return managing.create_first("a@b.example", "Karim", key="k", address_owner=address_owner, now=NOON)

    assert written(first(None), Account).is_team
    assert not first(PEOPLE["team"])
    for address_owner in (PEOPLE["tutor"], replace(PEOPLE["team"], closed_at=NOON)):
        with pytest.raises(AddressTaken):
            first(address_owner)
