"""Accounts and rights: ``may`` decides every question of who may do what."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.kernel.parcours import UNDER_WAY, Absence, Parcours, is_same_organisation
from chalicelib.domain.kernel.values import (
    Aggregate,
    Code,
    Instant,
    ParcoursStatus,
    Role,
    Stored,
    WordsWritten,
)
from chalicelib.errors import NotFound, NotYours, WrongStep

FIELD_ROLES = frozenset({Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER})
EVERY_ROLE = FIELD_ROLES | {Role.TEAM}
OWING_PASSKEY = frozenset({Role.TEAM, Role.COORDINATOR})
"""The roles that owe a passkey: what they see and do reaches beyond their own parcours."""
ACCOMPANYING = frozenset({Role.TUTOR, Role.COORDINATOR})
ENDING_ROLES = ACCOMPANYING | {Role.TEAM}
"""Who may end a passage, and resume it."""
DECLARING = frozenset({Role.BUYER, Role.PRESCRIBER, Role.TEAM})


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView(Stored):
    """A filtered list that somebody keeps under a name."""

    name: str
    query: str
    """Of its address, as the list writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderIdentity(Stored):
    """The identity at ProConnect with which an account is linked, and what the provider says of its person."""

    id: str
    """A hash of its issuer and subject."""
    linked_at: Instant
    said_at: Instant
    """Since when the provider says what follows."""
    address: str
    name: str
    siret: str
    """Of the organisation; empty when the provider does not say."""

    @property
    def is_changed(self) -> bool:
        """Whether the provider says something else than when the account was linked."""
        return self.said_at != self.linked_at


class CallHours(Code):
    """When a person is best called, on working days."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey(Stored):
    """A key that signs a person in without a code (*clé d’accès*): a device of theirs holds the secret, we the public part."""

    id: str
    """As its authenticator drew it, base64url."""
    public_key: str
    """COSE, base64url."""
    name: str
    """As its person calls it."""
    created_at: Instant
    used_at: Instant | None = None
    counter: int = 0
    """How often its authenticator says that it was used; most say 0."""
    backed_up: bool = False
    """Whether the maker of the device keeps a copy for other devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Aggregate):
    """An agent's account: professional data only. Team or field roles, never both."""

    id: str
    address: str
    """Professional address, as ``address.normalise`` writes it."""
    name: str
    function: str
    """As shown below the name: « tutrice MLDS »."""
    roles: frozenset[Role]
    academie: str | None = None
    departement: str | None = None
    """Where a tutor works; offers near there come first."""
    organisation: str | None = None
    """Name of the buying organisation of a buyer or prescriber (*service prescripteur*),"""
    siren: str | None = None
    """and its SIREN; None: stored before it had one, and not edited since."""
    phone: str | None = None
    call_hours: CallHours | None = None
    absence: Absence | None = None
    """The last absence that was announced,"""
    absence_informed: tuple[str, ...] = ()
    """and the account ids of those who were mailed it."""
    invited_at: Instant | None = None
    invitation_lost_at: Instant | None = None
    """When sending an invitation was last given up."""
    mail_refused_at: Instant | None = None
    """When its address last refused a mail; None again once a later one was delivered there."""
    closed_at: Instant | None = None
    reopened_at: Instant | None = None
    """When it was last reopened: earlier sessions stay ended."""
    signed_out_at: Instant | None = None
    """When its person last signed out everywhere: earlier sessions and browsers no longer count."""
    seen_at: Instant | None = None
    """When its person last signed in."""
    warned_at: Instant | None = None
    """When its person was warned that unused accounts are erased."""
    views: tuple[SavedView, ...] = ()
    """In the order in which they were saved."""
    feed_sha256: str | None = None
    """SHA-256 of the secret at the end of the address of its calendar feed; None: it has none."""
    feed_opened_at: Instant | None = None
    """Since when that address gives it."""
    identity: ProviderIdentity | None = None
    """Whom ProConnect knows its person as; None: nobody has signed in there."""
    passkeys: tuple[Passkey, ...] = ()
    """In the order in which they were added. With one, no mailed code opens a session."""
    passkey_asked_at: Instant | None = None
    """Since when it is asked for one that it owes: the first sign-in without one."""
    synthetic: bool = False
    """Nobody's: the daily proof of erasure plays a tutor by it, on its own parcours, and no list names it."""
    words_written: WordsWritten | None = field(default=None, compare=False)
    """Set by each commit, and by nothing else."""

    @property
    def used_at(self) -> Instant | None:
        """The last sign-in, invitation or reopening."""
        known = (self.seen_at, self.invited_at, self.reopened_at)
        return max((at for at in known if at is not None), default=None)

    def admits(self, signed_in_at: datetime) -> bool:
        """Whether a sign-in of this instant is still valid."""
        return all(end is None or signed_in_at > end for end in (self.reopened_at, self.signed_out_at))

    @property
    def is_team(self) -> bool:
        """Whether it belongs to the central team (*équipe*)."""
        return Role.TEAM in self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressKey(Aggregate):
    """Which account signs in with an address: a row of the account's, written with it."""

    address: str
    """Folded."""
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityKey(Aggregate):
    """Which account an identity at ProConnect enters: a row of the account's, written with it."""

    id: str
    """Of the ``ProviderIdentity``."""
    account: str


class Act(StrEnum):
    """What an agent may want to do with a parcours."""

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
    TALK = "talk"
    """Say that somebody spoke with the young person of a request about their data."""
    HAND_KEY = "hand_key"
    """Print the key of the young person's page, or make another one."""
    TAKE_UP = "take_up"
    """Open it one by one: colleagues see who treats it."""
    REPORT = "report"
    """Say to the buyer and the team that something is wrong with the offer."""


ACTING: dict[Act, frozenset[Role]] = {
    Act.SEND: ACCOMPANYING,
    Act.MEET: ACCOMPANYING,
    Act.TALK: ENDING_ROLES,
    Act.HAND_KEY: ACCOMPANYING,
    Act.ERASE: ACCOMPANYING,
    Act.END: ENDING_ROLES,
    Act.RESUME: ENDING_ROLES,
    Act.TAKE: frozenset({Role.TUTOR}),
    Act.REPORT: ACCOMPANYING,
    Act.EDIT: DECLARING,
    Act.WITHDRAW: DECLARING,
    Act.ASSIGN: frozenset({Role.COORDINATOR, Role.TEAM}),
}
"""The roles on a parcours that may do what; every role may do the rest."""
ALLOWED_IN: dict[Act, frozenset[ParcoursStatus]] = {
    Act.SEND: frozenset({ParcoursStatus.IN_PREPARATION}),
    Act.MEET: frozenset({ParcoursStatus.IN_PREPARATION}),
    Act.REMIND: frozenset({ParcoursStatus.IN_PREPARATION}),
    Act.END: UNDER_WAY,
    Act.TALK: UNDER_WAY,
    Act.REPORT: UNDER_WAY | {ParcoursStatus.AVAILABLE},
}
"""The statuses in which it may be done; any status for the rest."""
OF_A_PASSAGE = frozenset({Act.SEND, Act.MEET, Act.END, Act.RESUME, Act.TAKE})
"""Acts refused as ``WrongStep`` to a tutor without a role on a free offer: it was just lost, perhaps, or may yet be taken."""


def check_team(person: Account) -> None:
    """Raise NotFound unless this person is of the team."""
    if not person.is_team:
        raise NotFound


def role_on(person: Account, parcours: Parcours) -> Role | None:
    """Return the closest role of this person on this parcours; None: no role."""
    if person.closed_at is not None:
        return None
    if person.synthetic is not parcours.synthetic:  # nobody meets what is invented
        return None
    if Role.TUTOR in person.roles and parcours.tutor == person.id:
        return Role.TUTOR
    assigning = find_assigning_role(person, parcours)
    if assigning is Role.COORDINATOR:
        return assigning
    for role in (Role.BUYER, Role.PRESCRIBER):
        if role in person.roles and is_same_organisation(person, parcours.contract):
            return role
    return assigning


def find_assigning_role(person: Account, parcours: Parcours) -> Role | None:
    """Return the role in which this person may assign a tutor; None: in none.

    A coordinator of the internship's or the tutor's académie may hand over even a parcours that they accompany themselves.
    """
    if person.closed_at is not None or person.synthetic is not parcours.synthetic:
        return None
    places = {parcours.placement.academie, parcours.tutor_academie}
    if Role.COORDINATOR in person.roles and person.academie and person.academie in places:
        return Role.COORDINATOR
    return Role.TEAM if person.is_team else None


def may(person: Account, act: Act, parcours: Parcours) -> bool:
    """Whether this person may do this with this parcours now."""
    role = _find_role_for(person, act, parcours)
    if act is Act.TAKE or (act in {Act.VIEW, Act.REPORT} and role is None):
        return _is_free_for(person, parcours)
    in_time = act not in ALLOWED_IN or parcours.status in ALLOWED_IN[act]
    return role in ACTING.get(act, EVERY_ROLE) and in_time


def acting_as(person: Account, act: Act, parcours: Parcours) -> Role:
    """Return the role in which this person does this with this parcours.

    Raises:
        NotFound: this person may not even see the parcours.
        NotYours: this person may see it, but the role may not do this. WrongStep: the role may, but not now.
    """
    role = _find_role_for(person, act, parcours)
    if may(person, act, parcours):
        return role or Role.TUTOR
    if not may(person, Act.VIEW, parcours):
        raise NotFound
    allowed = ACTING.get(act, EVERY_ROLE)
    if role in allowed or (role is None and act in OF_A_PASSAGE):
        raise WrongStep
    raise NotYours(frozenset(role.value for role in allowed))


def _find_role_for(person: Account, act: Act, parcours: Parcours) -> Role | None:
    """Return the role in which this person would do this on the parcours; None: in none."""
    return find_assigning_role(person, parcours) if act is Act.ASSIGN else role_on(person, parcours)


def _is_free_for(person: Account, parcours: Parcours) -> bool:
    """Whether this is a free offer that a tutor sees, of whatever académie, without its contacts."""
    open_tutor = person.closed_at is None and Role.TUTOR in person.roles and not person.synthetic
    return open_tutor and parcours.status is ParcoursStatus.AVAILABLE
