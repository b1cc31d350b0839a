"""Account management: rights, invitations, edits, closing, absences, an organisation's sending preference."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.address import fold, fold_mailbox
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import (
    NO_RETURN,
    UNDER_WAY,
    Absence,
    Parcours,
    is_same_organisation,
)
from chalicelib.domain.kernel.people import (
    ACCOMPANYING,
    FIELD_ROLES,
    OWING_PASSKEY,
    Account,
    CallHours,
    SavedView,
    check_team,
)
from chalicelib.domain.kernel.texts import fold_text, hash_text, is_same_name
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import (
    REPEAT,
    Change,
    DecisionInputs,
    MailKind,
    OutboxMail,
    Transition,
)
from chalicelib.domain.kernel.values import Aggregate, Instant, Role, Value
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.errors import AccountBusy, AddressTaken, ChangedMeanwhile, FieldInvalid, NotFound, WrongStep

BUYING = frozenset({Role.BUYER, Role.PRESCRIBER})
"""Roles that belong to a buying organisation."""
INVITATION_EVERY = timedelta(hours=1)
MOST_VIEWS = 12
"""Filtered lists that one account keeps."""
LONGEST = timedelta(days=366)
"""The longest absence, and the furthest ahead that one may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own(Value):
    """What agents may change of their own account."""

    name: str
    function: str
    phone: str | None = None
    call_hours: CallHours | None = None
    departement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Own):
    """What those who manage an account may change of it."""

    roles: frozenset[Role]
    academie: str | None = None
    organisation: str | None = None
    siren: str | None = None


def may_manage(person: Account) -> bool:
    """Whether this person may manage any account at all."""
    return person.closed_at is None and bool(person.roles & {Role.TEAM, Role.COORDINATOR, Role.BUYER})


def may_invite(person: Account, invited: "Profile | Account | AccountLine") -> bool:
    """Whether this person may create such an account, with these roles at this place.

    The team: any. A coordinator: tutors of their académie. A buyer: the prescribers of their organisation.
    """
    if person.closed_at is not None:
        return False
    if person.is_team:
        return True
    roles = frozenset(invited.roles)
    if roles == {Role.TUTOR} and Role.COORDINATOR in person.roles:
        return invited.academie is not None and invited.academie == person.academie
    if roles == {Role.PRESCRIBER} and Role.BUYER in person.roles:
        return is_same_organisation(invited, person)
    return False


def may_manage_account(person: Account, other: Account) -> bool:
    """Whether this person may edit, close and re-invite this account: one that they could create, never their own."""
    if other.synthetic:
        return False
    return person.id != other.id and may_invite(person, other)


def find_managing_role(person: Account, other: Account) -> Role:
    """Return the role in which this person manages this account, for the timeline."""
    if person.is_team:
        return Role.TEAM
    return Role.COORDINATOR if Role.TUTOR in other.roles else Role.BUYER


def check_profile(profile: Profile) -> Profile:
    """Validate a profile and drop the places that its roles do not need.

    Raises:
        FieldInvalid: no role, team and field roles together, or a place is missing or does not fit.
    """
    if not profile.roles:
        raise FieldInvalid("roles", "no_role")
    if Role.TEAM in profile.roles and profile.roles & FIELD_ROLES:
        raise FieldInvalid("roles", "team_or_field")
    school, buying = bool(profile.roles & ACCOMPANYING), bool(profile.roles & BUYING)
    if school and profile.academie not in territory.ACADEMIES:
        raise FieldInvalid("academie", "academie")
    if buying and not profile.organisation:
        raise FieldInvalid("organisation", "organisation")
    kept = replace(
        profile,
        academie=profile.academie if school else None,
        departement=profile.departement if school else None,
        organisation=profile.organisation if buying else None,
        siren=profile.siren if buying else None,
    )
    _check_departement(kept.departement, kept.academie)
    return kept


def _check_departement(departement: str | None, academie: str | None) -> None:
    """Check that the département, if there is one, is in the académie. Raises FieldInvalid."""
    known = departement in territory.DEPARTEMENTS
    if departement is not None and (not known or territory.find_academie(departement) != academie):
        raise FieldInvalid("departement", "departement")


def _check_mailbox(roles: frozenset[Role], address: str) -> None:
    """Refuse (FieldInvalid) a plus-address for the team: other tags of its mailbox would pass for another person's."""
    if Role.TEAM in roles and fold_mailbox(address) != fold(address):
        raise FieldInvalid("adresse", "team_plus")


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom somebody invites, as the form says it."""

    profile: Profile
    address: str
    key: str
    """Id of the new account, drawn with the form."""
    reopen: bool = False
    """The person confirmed that a closed account of this address shall be reopened."""


def invite(
    person: Account,
    invitation: Invitation,
    *,
    same_key: Account | None,
    address_owner: Account | None,
    inputs: DecisionInputs,
) -> Transition:
    """Create or reopen an account and queue its invitation; nothing when the form was already submitted.

    Nor when somebody whom this person does not manage has this address: the answer is the same, and no list shows the account.

    Args:
        same_key: the account that has the new one's id already; ``address_owner``: the account of this address, open or closed.
    Raises:
        NotFound: this person may not create such an account. AddressTaken: an account that they manage, or their own, has it.
        FieldInvalid: ``rouvrir``: a closed account has it, and its reopening is not confirmed.
    """
    profile = invitation.profile
    if not may_invite(person, profile):
        raise NotFound
    if same_key is not None:
        if (
            address_owner is None
            or address_owner.id != same_key.id
            or not may_manage_account(person, same_key)
        ):
            raise ChangedMeanwhile
        return Transition.nothing()
    _check_mailbox(profile.roles, invitation.address)
    if address_owner is None:
        account = Account(
            id=invitation.key,
            address=invitation.address,
            name=profile.name,
            function=profile.function,
            roles=profile.roles,
        )
        return _invite(person, None, _with_profile(account, profile), inputs)
    if address_owner.id != person.id and not may_manage_account(person, address_owner):
        return Transition.nothing()
    if address_owner.closed_at is None:
        raise AddressTaken
    if not invitation.reopen:
        raise FieldInvalid("rouvrir", "reopen")
    return _invite(person, address_owner, _with_profile(_reopen(address_owner, inputs.now), profile), inputs)


def _with_profile(account: Account, profile: Profile) -> Account:
    """Return the account with this profile; the days before a passkey is owed begin anew with the next role that owes one."""
    return replace(
        _with_own(account, profile),
        passkey_asked_at=account.passkey_asked_at if profile.roles & OWING_PASSKEY else None,
        roles=profile.roles,
        academie=profile.academie,
        organisation=profile.organisation,
        siren=profile.siren,
    )


def _with_own(account: Account, own: Own) -> Account:
    """Return the account with what agents may change of it themselves."""
    return replace(
        account,
        name=own.name,
        function=own.function,
        phone=own.phone,
        call_hours=own.call_hours,
        departement=own.departement,
    )


def _reopen(account: Account, now: datetime) -> Account:
    """Return the account reopened: sessions and browsers of before stay signed out, a passkey is not owed at once."""
    return replace(
        account,
        closed_at=None,
        absence=None,
        absence_informed=(),
        reopened_at=now,
        passkey_asked_at=None,
    )


def _invite(person: Account, before: Account | None, after: Account, inputs: DecisionInputs) -> Transition:
    """Return the transition that stores the account as invited now, and queues the invitation."""
    invited = Change(before, replace(after, invited_at=inputs.now))
    mail = inputs.build_mail(MailKind.INVITATION, account=after.id, about=person.id)
    return Transition(changes=(invited,), mails=(mail,))


def invite_again(person: Account, account: Account, inputs: DecisionInputs) -> Transition:
    """Queue the invitation again, at most once an hour; nothing when that was just done.

    Raises:
        FieldInvalid: ``invitation``: the last one is less than an hour old. WrongStep: the account is closed.
    """
    if account.closed_at is not None:
        raise WrongStep
    if account.invited_at is not None and inputs.now - account.invited_at < REPEAT:
        return Transition.nothing()
    if account.invited_at is not None and inputs.now - account.invited_at < INVITATION_EVERY:
        raise FieldInvalid("invitation", "invited")
    return _invite(person, account, account, inputs)


def hash_profile(account: Account) -> str:
    """Return what tells whether the profile of an account is still the one that a form showed; its other changes do not count."""
    own = (account.name, account.function, account.phone, account.call_hours, account.departement)
    shown = (*own, account.academie, account.organisation, account.siren, *sorted(account.roles))
    return hash_text("\n".join(line or "" for line in shown))


def edit(
    person: Account, account: Account, profile: Profile, *, seen: str, parcours_followed: int
) -> Transition:
    """Change an account's profile.

    Args:
        seen: the profile that the form showed (``hash_profile``).
        parcours_followed: how many parcours depend on the roles and the place.
    Raises:
        ChangedMeanwhile: it was changed since. NotFound: this person may not set this profile. WrongStep: it is closed.
        AccountBusy: roles or place would change while parcours depend on them.
    """
    if account.closed_at is not None:
        raise WrongStep
    if not may_invite(person, profile):
        raise NotFound
    _check_mailbox(profile.roles, account.address)
    return _replace_account(
        account,
        _with_profile(account, profile),
        seen=seen,
        parcours_followed=parcours_followed,
    )


def save_view(account: Account, view: SavedView) -> Transition:
    """Keep a filtered list under a name; it replaces the one of this name, and that of this address.

    Raises:
        FieldInvalid: ``nom``: ``MOST_VIEWS`` others are kept.
    """
    others = tuple(
        other
        for other in account.views
        if other.query != view.query and not is_same_name(other.name, view.name)
    )
    if len(others) >= MOST_VIEWS:
        raise FieldInvalid("nom", "views", MOST_VIEWS)
    return _keep_views(account, (*others, view))


def forget_view(account: Account, name: str) -> Transition:
    """Keep the list of this name no longer."""
    return _keep_views(account, tuple(view for view in account.views if view.name != name))


def _keep_views(account: Account, views: tuple[SavedView, ...]) -> Transition:
    """Return the transition that stores these views; nothing where they are the same."""
    if views == account.views:
        return Transition.nothing()
    return Transition(changes=(Change(account, replace(account, views=views)),))


def edit_own(account: Account, own: Own, *, seen: str) -> Transition:
    """Change one's own account.

    Raises:
        ChangedMeanwhile: it was changed since. FieldInvalid: ``departement`` is not in the académie.
    """
    if account.academie is None:
        own = replace(own, departement=None)
    _check_departement(own.departement, account.academie)
    return _replace_account(account, _with_own(account, own), seen=seen, parcours_followed=0)


def _replace_account(account: Account, after: Account, *, seen: str, parcours_followed: int) -> Transition:
    """Replace an account by its edited form; nothing when they are equal. Arguments and refusals: see ``edit``."""
    if after == account:
        return Transition.nothing()  # a repeated submission
    if hash_profile(account) != seen:
        raise ChangedMeanwhile
    loses_role = bool(account.roles - after.roles)
    if parcours_followed and (loses_role or changes_place(account, after)):
        raise AccountBusy(count=parcours_followed)
    return Transition(changes=(Change(account, after),))


def changes_place(account: Account, after: Account | Profile) -> bool:
    """Whether the académie or the organisation changes; another name of an organisation is no change."""
    buys = account.organisation or after.organisation
    return after.academie != account.academie or (bool(buys) and not is_same_organisation(account, after))


StandIns = Mapping[str, Sequence[str]]
"""Account id of each who has a tutor's turns instead → ids of those parcours."""


def close(person: Account, account: Account, stand_ins: StandIns, inputs: DecisionInputs) -> Transition:
    """Close an account, which ends its sessions, views, feed and link with ProConnect; a tutor's is absent for good.

    Its person is mailed, and who has its turns from now on, where it follows parcours. Its passkeys stay, and open nothing:
    reopened, the account is no weaker than it was.

    The closer's own account is written unchanged, so that two team members cannot close each other at once.
    """
    if account.closed_at is not None:
        return Transition.nothing()
    closed = replace(
        account,
        closed_at=inputs.now,
        absence=Absence(first=day_of(inputs.now), last=NO_RETURN) if Role.TUTOR in account.roles else None,
        views=(),
        feed_sha256=None,
        feed_opened_at=None,
        identity=None,
    )
    after = Change(account, closed)
    closer = (Change(person, person),) if account.is_team else ()
    mails = _list_absence_mails(account, stand_ins, inputs) if stand_ins else ()
    return Transition(changes=(after, *closer), mails=mails)


def reopen(person: Account, account: Account, inputs: DecisionInputs) -> Transition:
    """Reopen a closed account and queue an invitation; parcours that were given to others stay theirs.

    Raises:
        NotFound: only the team reopens.
    """
    check_team(person)
    if account.closed_at is None:
        return Transition.nothing()
    return _invite(person, account, _reopen(account, inputs.now), inputs)


def create_first(
    address: str, name: str, *, key: str, address_owner: Account | None, now: datetime
) -> Transition:
    """Create the first team account of a deployment; nothing when it exists already.

    ``key``: id of the new account; ``address_owner``: the account that has this address, if any.
    Raises:
        AddressTaken: an account of another role, or a closed one, has this address.
    """
    if address_owner is not None:
        if address_owner.is_team and address_owner.closed_at is None:
            return Transition.nothing()
        raise AddressTaken
    roles = frozenset({Role.TEAM})
    _check_mailbox(roles, address)
    account = Account(id=key, address=address, name=name, function="équipe", roles=roles, invited_at=now)
    return Transition(changes=(Change(None, account),))


def check_absence(absence: Absence, today: date) -> None:
    """Check the days of an absence.

    Raises:
        FieldInvalid: ``au``: it ends before it begins, is over already, or lasts more than 366 days.
    """
    if absence.last < absence.first or absence.last < today:
        raise FieldInvalid("au", "absence_end")
    if absence.last - absence.first >= LONGEST or absence.first - today > LONGEST:
        raise FieldInvalid("au", "absence_long")


def announce_absence(
    account: Account,
    absence: Absence | None,
    stand_ins: StandIns,
    inputs: DecisionInputs,
) -> Transition:
    """Store an absence and mail it to the absent person and those who stand in; None: the person is back.

    A return before the announced day is mailed to who was mailed the absence.
    Raises:
        WrongStep: the account is closed, or no tutor's.
    """
    if account.closed_at is not None or Role.TUTOR not in account.roles:
        raise WrongStep
    if account.absence == absence:
        return Transition.nothing()
    if absence is None:
        return _end_absence(account, inputs)
    informed = tuple(dict.fromkeys((*account.absence_informed, *stand_ins, account.id)))
    change = Change(account, replace(account, absence=absence, absence_informed=informed))
    return Transition(changes=(change,), mails=_list_absence_mails(account, stand_ins, inputs))


def _list_absence_mails(
    account: Account, stand_ins: StandIns, inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """List the mails of an absence: each who stands in reads their parcours, the absent person all of them."""
    every_parcours = dict.fromkeys(parcours for followed in stand_ins.values() for parcours in followed)
    listed = {**stand_ins, account.id: tuple(every_parcours)}
    return tuple(
        replace(mail, several=tuple(listed[str(mail.account)]))
        for mail in _build_absence_mails(account, listed, inputs)
    )


def _end_absence(account: Account, inputs: DecisionInputs) -> Transition:
    """End an announced absence; before its last day is over, who was mailed it is mailed that it ends."""
    is_early = account.absence is not None and day_of(inputs.now) <= account.absence.last
    informed = account.absence_informed if is_early else ()
    change = Change(account, replace(account, absence=None, absence_informed=()))
    mails = _build_absence_mails(account, informed, inputs)
    return Transition(changes=(change,), mails=mails)


def _build_absence_mails(
    account: Account, recipients: Iterable[str], inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """Build a mail about the absence of an account to each of these (account ids)."""
    act = inputs.draw_id()
    return tuple(
        inputs.build_mail(MailKind.ABSENCE, key=f"{act}#{recipient}", account=recipient, about=account.id)
        for recipient in recipients
    )


def spread_absence(
    parcours: Parcours, tutor: str, absence: Absence | None, *, by: Role, inputs: DecisionInputs
) -> Transition:
    """Copy an absence to one of the tutor's parcours, with an event; a return adds none, since the turn's clock shows it."""
    follows = parcours.tutor == tutor and parcours.status in UNDER_WAY
    if not follows or parcours.tutor_absence == absence:
        return Transition.nothing()
    if absence is None:
        return Transition(changes=(Change(parcours, replace(parcours, tutor_absence=None)),))
    seed = f"absence|{tutor}|{parcours.id}|{absence.first}|{absence.last}|{parcours.revision}"
    event = Event(
        parcours=parcours.id,
        id=hashlib.sha256(seed.encode()).hexdigest()[:32],
        attempt=parcours.attempt,
        kind=EventKind.ABSENCE_ANNOUNCED,
        at=inputs.now,
        actor=by,
        reason=Reason.TUTOR_GONE if absence.is_final else None,
    )
    after = replace(
        parcours.with_event(event),
        tutor_absence=absence,
        # Lists show an absence beside the last fact of the parcours, not in its place.
        last_kind=parcours.last_kind,
        last_at=parcours.last_at,
    )
    return Transition.noting(event, Change(parcours, after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash(Value):
    """A date of a meeting on a day of absence."""

    parcours: str
    company: str
    at: Instant
    agreed: bool
    """False: the company proposed it, and nobody has answered."""


def list_clashes(
    absence: Absence, parcours: Parcours, appointment: Appointment | None, now: datetime
) -> list[Clash]:
    """List the coming dates of a parcours on days of the absence: the agreed one, then those that wait for an answer."""
    agreed = [parcours.meeting_at] if parcours.meeting_at else []
    proposed = [slot.start for slot in appointment.slots] if appointment else []
    return [
        Clash(parcours=parcours.id, company=parcours.company.name, at=at, agreed=at in agreed)
        for at in dict.fromkeys((*agreed, *proposed))
        if at > now and absence.first <= day_of(at) <= absence.last
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine(Value):
    """What the lists of accounts store of one account."""

    id: str
    name: str
    address: str
    function: str
    roles: tuple[Role, ...]
    academie: str | None = None
    organisation: str | None = None
    siren: str | None = None
    closed_at: Instant | None = None
    mail_refused_at: Instant | None = None

    @classmethod
    def from_account(cls, account: Account) -> "AccountLine":
        """Build the line of an account; its roles are in the order of their codes."""
        return cls(
            id=account.id,
            name=account.name,
            address=account.address,
            function=account.function,
            roles=tuple(sorted(account.roles)),
            academie=account.academie,
            organisation=account.organisation,
            siren=account.siren,
            closed_at=account.closed_at,
            mail_refused_at=account.mail_refused_at,
        )

    def is_open_as(self, role: Role) -> bool:
        """Whether the account is open and has this role."""
        return self.closed_at is None and role in self.roles


def name_organisations(lines: Iterable[AccountLine]) -> dict[str, str]:
    """Return SIREN → name of the organisations of these accounts, in alphabetical order of the names."""
    names = {line.siren: line.organisation for line in lines if line.siren and line.organisation}
    return dict(sorted(names.items(), key=lambda known: fold_text(known[1])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation(Aggregate):
    """The sending preference of an organisation; without a record, documents go straight to the company."""

    name: str
    """Its SIREN; what was chosen before it had one stands under its name."""
    by_buyer: bool = False
    """Whether the sending page proposes the buyer first, who passes the link on."""
    checked_at: Instant | None = None
    """When it was chosen, or last found to be in use."""


def may_set_default_sending_route(person: Account) -> bool:
    """Whether this person, a buyer or a prescriber, may set the sending preference of their organisation."""
    return person.closed_at is None and bool(person.roles & BUYING) and bool(person.organisation)


def set_default_sending_route(
    person: Account, current: Organisation | None, *, by_buyer: bool, now: datetime
) -> Transition:
    """Set whether documents reach the companies of this person's organisation through its buyer.

    Raises:
        NotFound: this person buys for no organisation.
    """
    if not may_set_default_sending_route(person) or person.organisation is None:
        raise NotFound
    if current is not None and current.by_buyer == by_buyer:
        return Transition.nothing()
    before = current or Organisation(name=person.siren or person.organisation)
    return Transition(changes=(Change(current, replace(before, by_buyer=by_buyer, checked_at=now)),))
