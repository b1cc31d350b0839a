"""Who may do what. ``may`` answers every question of right."""

from datetime import datetime
from enum import StrEnum

from chalicelib.domain.kernel.address import folded, mailbox
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.texts import same_name
from chalicelib.domain.kernel.values import Aggregate, Instant, ParcoursStatus, Role
from chalicelib.errors import FieldInvalid, NotFound, NotYours, WrongStep

FIELD_ROLES = frozenset({Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER})
ACCOMPANYING = frozenset({Role.TUTOR, Role.COORDINATOR})
ENDING_ROLES = ACCOMPANYING | {Role.TEAM}
"""Who may say that a passage is over, and that it is not after all."""
DECLARING = frozenset({Role.BUYER, Role.PRESCRIBER, Role.TEAM})


class Account(Aggregate):
    """An agent: professional data only. Team or field roles, never both (design §2)."""

    id: str
    address: str
    """Professional address, as ``address.normalise`` writes it."""
    name: str
    function: str
    """As it stands below her name: « tutrice MLDS »."""
    roles: frozenset[Role]
    academie: str | None = None
    """Académie of a tutor or coordinator."""
    departement: str | None = None
    """Where a tutor works, so that offers near her come first."""
    organisation: str | None = None
    """Buying organisation of a buyer or prescriber (*service prescripteur*)."""
    phone: str | None = None
    absence: Absence | None = None
    """The last absence she announced."""
    invited_at: Instant | None = None
    """When her last invitation was asked for,"""
    invitation_lost_at: Instant | None = None
    """and when one was last given up: it did not leave."""
    successor: str | None = None
    """Account id of whoever takes over what she follows, from when her closing began."""
    closed_at: Instant | None = None
    reopened_at: Instant | None = None
    """When it was last opened again: no session from before its closing comes back to life."""
    signed_out_at: Instant | None = None
    """When she last signed out everywhere: no earlier session or browser counts any more."""
    seen_at: Instant | None = None
    """When she last signed in, to a day,"""
    warned_at: Instant | None = None
    """and when she was warned that an account which nobody uses is erased."""

    @property
    def used_at(self) -> Instant | None:
        """When it last served: her sign-in, her invitation or its reopening."""
        known = (self.seen_at, self.invited_at, self.reopened_at)
        return max((one for one in known if one is not None), default=None)

    def admits(self, signed_in_at: datetime) -> bool:
        """Whether a sign-in of this instant still counts."""
        return all(end is None or signed_in_at > end for end in (self.reopened_at, self.signed_out_at))

    @property
    def is_team(self) -> bool:
        """Belongs to the central team (*équipe*)."""
        return Role.TEAM in self.roles


def check_mailbox(roles: frozenset[Role], address: str) -> None:
    """Check that an address may be that of an account in these roles.

    Raises:
        FieldInvalid: a plus-address of the team: other tags of its mailbox would pass for somebody else's.
    """
    if Role.TEAM in roles and mailbox(address) != folded(address):
        raise FieldInvalid("adresse", "team_plus")


class Act(StrEnum):
    """What somebody may want to do with a parcours."""

    VIEW = "view"
    SEE_CONTACTS = "see_contacts"
    SEND = "send"
    END = "end"
    RESUME = "resume"
    ERASE = "erase"
    TAKE = "take"
    NOTE = "note"
    CONFIRM_CONTACTS = "confirm_contacts"
    EDIT = "edit"
    ASSIGN = "assign"
    WITHDRAW = "withdraw"
    REMIND = "remind"
    MEET = "meet"


ACTING: dict[Act, frozenset[Role]] = {
    Act.SEND: ACCOMPANYING,
    Act.MEET: ACCOMPANYING,
    Act.ERASE: ACCOMPANYING,
    Act.END: ENDING_ROLES,
    Act.RESUME: ENDING_ROLES,
    Act.TAKE: frozenset({Role.TUTOR}),
    Act.EDIT: DECLARING,
    Act.WITHDRAW: DECLARING,
    Act.ASSIGN: frozenset({Role.COORDINATOR, Role.TEAM}),
}
"""Whose it is to do what; anything else is open to everybody who has a role on the parcours."""
OF_A_PASSAGE = frozenset({Act.SEND, Act.MEET, Act.END, Act.RESUME, Act.TAKE})
"""What a tutor without a role on a free offer did a moment ago, or does once she has taken it."""


def role_on(person: Account, parcours: Parcours) -> Role | None:
    """The role in which this person stands on this parcours, the closest first; None: she has nothing to do with it."""
    if person.closed_at is not None:
        return None
    if Role.TUTOR in person.roles and parcours.tutor == person.id:
        return Role.TUTOR
    if _coordinates(person, parcours):
        return Role.COORDINATOR
    for role in (Role.BUYER, Role.PRESCRIBER):
        if role in person.roles and same_name(person.organisation, parcours.contract.organisation):
            return role
    return Role.TEAM if person.is_team else None


def assigns_as(person: Account, parcours: Parcours) -> Role | None:
    """The role in which she says who accompanies; None: it is not hers to say.

    A coordinator who accompanies it herself may hand it over all the same.
    """
    if person.closed_at is not None:
        return None
    if _coordinates(person, parcours):
        return Role.COORDINATOR
    return Role.TEAM if person.is_team else None


def _coordinates(person: Account, parcours: Parcours) -> bool:
    """Where the internship is, or where its tutor works."""
    places = {parcours.placement.academie, parcours.tutor_academie}
    return Role.COORDINATOR in person.roles and bool(person.academie) and person.academie in places


def may(person: Account, act: Act, parcours: Parcours) -> bool:
    """Whether this person may do this with this parcours. Source: design §2."""
    role = role_on(person, parcours)
    match act:
        case Act.VIEW:
            return role is not None or _free_for(person, parcours)
        case Act.SEE_CONTACTS:
            return role is not None
        case Act.SEND | Act.MEET:
            return role in ACCOMPANYING and parcours.status is ParcoursStatus.IN_PREPARATION
        case Act.END:
            under_way = {ParcoursStatus.IN_PREPARATION, ParcoursStatus.IN_PROGRESS}
            return role in ENDING_ROLES and parcours.status in under_way
        case Act.RESUME:
            return role in ENDING_ROLES
        case Act.ERASE:
            return role in ACCOMPANYING
        case Act.TAKE:
            return _free_for(person, parcours)
        case Act.NOTE | Act.CONFIRM_CONTACTS:
            return role is not None
        case Act.EDIT | Act.WITHDRAW:
            return role in DECLARING
        case Act.ASSIGN:
            return assigns_as(person, parcours) is not None
        case Act.REMIND:
            return role is not None and parcours.status is ParcoursStatus.IN_PREPARATION


def acting_as(person: Account, act: Act, parcours: Parcours) -> Role:
    """The role in which this person does this with this parcours.

    Raises:
        NotFound: she does not even see the parcours.
        NotYours: she sees it, and this is for others to do. WrongStep: it is hers to do, not now.
    """
    role = assigns_as(person, parcours) if act is Act.ASSIGN else role_on(person, parcours)
    if may(person, act, parcours):
        return role or Role.TUTOR
    if not may(person, Act.VIEW, parcours):
        raise NotFound
    whose = ACTING.get(act, frozenset(Role) - {Role.COMPANY, Role.SYSTEM})
    if role in whose or (role is None and act in OF_A_PASSAGE):
        raise WrongStep
    raise NotYours(frozenset(one.value for one in whose))


def _free_for(person: Account, parcours: Parcours) -> bool:
    """A tutor sees the free offers of every académie, without their contacts."""
    open_tutor = person.closed_at is None and Role.TUTOR in person.roles
    return open_tutor and parcours.status is ParcoursStatus.AVAILABLE
