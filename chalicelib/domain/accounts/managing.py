"""Accounts: who may invite, edit and close whose; absences; a buying organisation's way of sending. Source: design §2."""

import hashlib
from datetime import date, datetime, timedelta

from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.parcours import Absence, Parcours
from chalicelib.domain.kernel.people import FIELD_ROLES, Account, check_mailbox
from chalicelib.domain.kernel.texts import same_name
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change, Draw, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate, Instant, ParcoursStatus, Role, Value
from chalicelib.domain.parcours.assigning import handed_away
from chalicelib.errors import AccountBusy, AddressTaken, ChangedMeanwhile, FieldInvalid, NotFound, WrongStep

SCHOOL = frozenset({Role.TUTOR, Role.COORDINATOR})
BUYING = frozenset({Role.BUYER, Role.PRESCRIBER})
INVITATION_EVERY = timedelta(hours=1)


class Own(Value):
    """What an agent may change of her own account."""

    name: str
    function: str
    phone: str | None = None
    departement: str | None = None


class Profile(Own):
    """Who an agent is and where she works: what those who manage her account say."""

    roles: frozenset[Role]
    academie: str | None = None
    organisation: str | None = None


def may_manage(person: Account) -> bool:
    """Whether this person manages anybody's account."""
    rights = frozenset({Role.TEAM, Role.COORDINATOR, Role.BUYER})
    return person.closed_at is None and bool(person.roles & rights)


def may_invite(
    person: Account, roles: frozenset[Role], academie: str | None, organisation: str | None
) -> bool:
    """Whether this person may make an account of these roles there.

    The team: any. A coordinator: tutors of her académie. A buyer: the prescribers of her organisation.
    """
    if person.closed_at is not None:
        return False
    if person.is_team:
        return True
    if roles == {Role.TUTOR} and Role.COORDINATOR in person.roles:
        return academie is not None and academie == person.academie
    if roles == {Role.PRESCRIBER} and Role.BUYER in person.roles:
        return same_name(organisation, person.organisation)
    return False


def manages(person: Account, other: Account) -> bool:
    """Whether this person may change, close and re-invite this account: those she may invite, never her own."""
    return person.id != other.id and may_invite(person, other.roles, other.academie, other.organisation)


def role_over(person: Account, other: Account) -> Role:
    """In which role she manages this account: who the timeline says has acted."""
    if person.is_team:
        return Role.TEAM
    return Role.COORDINATOR if Role.TUTOR in other.roles else Role.BUYER


def check(profile: Profile) -> Profile:
    """The profile, what its roles do not need left out.

    Raises:
        FieldInvalid: no role, team and field roles together, or a place is missing or does not fit.
    """
    if not profile.roles:
        raise FieldInvalid("roles", "no_role")
    if Role.TEAM in profile.roles and profile.roles & FIELD_ROLES:
        raise FieldInvalid("roles", "team_or_field")
    school, buying = bool(profile.roles & SCHOOL), bool(profile.roles & BUYING)
    if school and profile.academie not in territory.ACADEMIES:
        raise FieldInvalid("academie", "academie")
    if buying and not profile.organisation:
        raise FieldInvalid("organisation", "organisation")
    kept = profile.model_copy(
        update={
            "academie": profile.academie if school else None,
            "departement": profile.departement if school else None,
            "organisation": profile.organisation if buying else None,
        }
    )
    check_departement(kept.departement, kept.academie)
    return kept


def check_departement(departement: str | None, academie: str | None) -> None:
    """Check that a département belongs to its académie.

    Raises:
        FieldInvalid: it is no département of this académie.
    """
    if departement is None:
        return
    if departement not in territory.DEPARTEMENTS or territory.academie_of(departement) != academie:
        raise FieldInvalid("departement", "departement")


def invite(
    person: Account,
    profile: Profile,
    address: str,
    *,
    key: str,
    same_key: Account | None,
    there: Account | None,
    reopen: bool,
    draw: Draw,
) -> Transition:
    """An account is made and its invitation waits; nothing when this very form was answered already.

    Args:
        key: id of the account to be, drawn with the form; ``same_key``: what stands under it.
        there: the account of this address, open or closed.
        reopen: she was told that a closed account has this address, and wants it open again.
    Raises:
        NotFound: she may invite nobody like this. AddressTaken: another account has this address.
        FieldInvalid: ``rouvrir``, when a closed account has it and she was not told yet.
    """
    if not may_invite(person, profile.roles, profile.academie, profile.organisation):
        raise NotFound
    if same_key is not None:
        if there is None or there.id != same_key.id or not manages(person, same_key):
            raise ChangedMeanwhile
        return Transition.nothing()
    check_mailbox(profile.roles, address)
    fields = dict(profile)
    if there is None:
        made = Account(id=key, address=address, **fields, invited_at=draw.now)
        return Transition(changes=(Change(None, made),), mails=(_invitation(made, person, draw),))
    if there.closed_at is None or not manages(person, there):
        raise AddressTaken
    if not reopen:
        raise FieldInvalid("rouvrir", "reopen")
    again = there.but(**fields, **_AFRESH, invited_at=draw.now, reopened_at=draw.now)
    return Transition(changes=(Change(there, again),), mails=(_invitation(there, person, draw),))


_AFRESH: dict[str, object] = {"closed_at": None, "successor": None, "absence": None}
"""What a reopened account begins with."""


def _invitation(account: Account, person: Account, draw: Draw) -> OutboxMail:
    return OutboxMail(
        key=draw.id(), kind=MailKind.INVITATION, created_at=draw.now, account=account.id, about=person.id
    )


def invite_again(person: Account, account: Account, draw: Draw) -> Transition:
    """The invitation leaves once more, an hour after the last one at the earliest.

    Raises:
        FieldInvalid: ``invitation``, when one left less than an hour ago. WrongStep: the account is closed.
    """
    if account.closed_at is not None:
        raise WrongStep
    if account.invited_at is not None and draw.now - account.invited_at < INVITATION_EVERY:
        raise FieldInvalid("invitation", "invited")
    mail = _invitation(account, person, draw)
    return Transition(changes=(Change(account, account.but(invited_at=draw.now)),), mails=(mail,))


def edit(person: Account, account: Account, profile: Profile, *, seen: int, followed: int) -> Transition:
    """What the account says changes.

    Args:
        seen: the revision that she was shown; ``followed``: how many parcours hang on the account.
    Raises:
        ChangedMeanwhile: somebody changed it since. NotFound: not hers to make so. WrongStep: it is closed.
        AccountBusy: roles or place change under parcours that she follows.
    """
    if account.closed_at is not None:
        raise WrongStep
    if not may_invite(person, profile.roles, profile.academie, profile.organisation):
        raise NotFound
    check_mailbox(profile.roles, account.address)
    return _changed(account, profile, seen=seen, followed=followed)


def edit_own(account: Account, own: Own, *, seen: int) -> Transition:
    """She corrects what her account says of her.

    Raises:
        ChangedMeanwhile: somebody changed it since. FieldInvalid: ``departement``, when it is not in her académie.
    """
    if account.academie is None:
        own = own.model_copy(update={"departement": None})
    check_departement(own.departement, account.academie)
    return _changed(account, own, seen=seen, followed=0)


def _changed(account: Account, said: Own, *, seen: int, followed: int) -> Transition:
    after = account.but(**dict(said))
    if after == account:
        return Transition.nothing()  # pressed twice: the first already did it
    if account.revision != seen:
        raise ChangedMeanwhile
    if followed and (moves(account, after) or not after.roles >= account.roles):
        raise AccountBusy(count=followed)
    return Transition(changes=(Change(account, after),))


def moves(account: Account, after: Account | Profile) -> bool:
    """Whether she would work elsewhere: an organisation that is only spelt anew is the same."""
    one, other = account.organisation, after.organisation
    return after.academie != account.academie or (one != other and not same_name(one, other))


def check_successor(account: Account, successor: Account | None) -> None:
    """Check who takes over from an account that closes.

    Raises:
        FieldInvalid: ``reprise``: she who takes over must be another open tutor of the same académie.
    """
    fits = (
        successor is not None
        and successor.id != account.id
        and successor.closed_at is None
        and Role.TUTOR in successor.roles
        and successor.academie == account.academie
    )
    if not fits:
        raise FieldInvalid("reprise", "successor")


def begin_closing(account: Account, successor: Account | None, draw: Draw) -> Transition:
    """Who takes over is written first, so that a closing that stopped half-way goes on to the same person.

    Who leaves is told before anything is handed over: a closing that is never finished is no quiet handover.
    """
    chosen = successor.id if successor else None
    if account.successor == chosen or account.closed_at is not None:
        return Transition.nothing()
    mails = (handed_away(account.id, chosen, draw.id(), draw),) if chosen else ()
    return Transition(changes=(Change(account, account.but(successor=chosen)),), mails=mails)


def close(person: Account, account: Account, draw: Draw) -> Transition:
    """The account ends, its sessions with it; whoever took over is told, once.

    Two of the team cannot close each other at once: the closer's own account is written too, as it was read.
    """
    if account.closed_at is not None:
        return Transition.nothing()
    after = Change(account, account.but(closed_at=draw.now))
    closer = (Change(person, person),) if account.is_team else ()
    mail = OutboxMail(
        key=draw.id(),
        kind=MailKind.HANDOVER,
        created_at=draw.now,
        account=account.successor,
        about=account.id,
    )
    return Transition(changes=(after, *closer), mails=(mail,) if account.successor else ())


def reopen(person: Account, account: Account, draw: Draw) -> Transition:
    """A closed account signs in again, and its person is told by an invitation; her former parcours stay elsewhere.

    Raises:
        NotFound: only the team reopens.
    """
    if not person.is_team:
        raise NotFound
    if account.closed_at is None:
        return Transition.nothing()
    again = account.but(**_AFRESH, invited_at=draw.now, reopened_at=draw.now)
    return Transition(changes=(Change(account, again),), mails=(_invitation(account, person, draw),))


def first(address: str, name: str, *, key: str, there: Account | None, now: datetime) -> Transition:
    """The first account of a deployment belongs to the team; nothing when it stands already.

    Raises:
        AddressTaken: another account, or a closed one, has this address.
    """
    if there is not None:
        if there.is_team and there.closed_at is None:
            return Transition.nothing()
        raise AddressTaken
    roles = frozenset({Role.TEAM})
    check_mailbox(roles, address)
    made = Account(id=key, address=address, name=name, function="équipe", roles=roles, invited_at=now)
    return Transition(changes=(Change(None, made),))


LONGEST = timedelta(days=366)


def check_absence(absence: Absence, today: date) -> None:
    """Check the days of an absence.

    Raises:
        FieldInvalid: ``au``: it ends before it begins, is over already, or lasts more than 366 days.
    """
    if absence.last < absence.first or absence.last < today:
        raise FieldInvalid("au", "absence_end")
    if absence.last - absence.first >= LONGEST or absence.first - today > LONGEST:
        raise FieldInvalid("au", "absence_long")


def announce_absence(account: Account, absence: Absence | None) -> Transition:
    """The account says when she is away; None: she is back.

    Raises:
        WrongStep: no turn can be hers: the account is closed, or no tutor's.
    """
    if account.closed_at is not None or Role.TUTOR not in account.roles:
        raise WrongStep
    if account.absence == absence:
        return Transition.nothing()
    return Transition(changes=(Change(account, account.but(absence=absence)),))


def spread_absence(
    parcours: Parcours, tutor: str, absence: Absence | None, *, by: Role, draw: Draw
) -> Transition:
    """One of her parcours says it too, once; a return is silent, since the turn's clock tells it."""
    hers = parcours.tutor == tutor and parcours.status is ParcoursStatus.IN_PREPARATION
    if not hers or parcours.tutor_absence == absence:
        return Transition.nothing()
    if absence is None:
        return Transition(changes=(Change(parcours, parcours.but(tutor_absence=None)),))
    told = f"absence|{tutor}|{parcours.id}|{absence.first}|{absence.last}|{parcours.revision}"
    event = Event(
        parcours=parcours.id,
        id=hashlib.sha256(told.encode()).hexdigest()[:32],
        attempt=parcours.attempt,
        kind=EventKind.ABSENCE_ANNOUNCED,
        at=draw.now,
        actor=by,
    )
    return Transition(changes=(parcours.telling(event, tutor_absence=absence),), events=(event,))


BUYING_ROLES = frozenset({Role.BUYER, Role.PRESCRIBER})


class Organisation(Aggregate):
    """What one organisation chose; without a record, documents go straight to the company."""

    name: str
    by_buyer: bool = False
    """Whether the sending page proposes the buyer first, who passes the link on."""
    checked_at: Instant | None = None
    """When it was chosen, or last seen to be of use."""


def may_choose_way(person: Account) -> bool:
    """A buyer, or the service she buys for, chooses for her own organisation."""
    return person.closed_at is None and bool(person.roles & BUYING_ROLES) and bool(person.organisation)


def choose_way(person: Account, stands: Organisation | None, *, by_buyer: bool, now: datetime) -> Transition:
    """Decide by which way documents reach the organisation that this person buys for.

    Raises:
        NotFound: this person buys for no organisation.
    """
    if not may_choose_way(person) or person.organisation is None:
        raise NotFound
    if (stands.by_buyer if stands else False) == by_buyer:
        return Transition.nothing()
    before = stands or Organisation(name=person.organisation)
    return Transition(changes=(Change(stands, before.but(by_buyer=by_buyer, checked_at=now)),))
