"""Passkeys: who has one, who owes one, how fresh a sign-in is, and who lets in a person who has lost theirs."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.accounts.managing import may_manage_account
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.kernel import texts
from chalicelib.domain.kernel.people import OWING_PASSKEY, Account, Passkey
from chalicelib.domain.kernel.transition import (
    Change,
    DecisionInputs,
    Entrance,
    MailKind,
    OutboxMail,
    Transition,
)
from chalicelib.errors import (
    FieldInvalid,
    NotFound,
    PasskeyRefused,
    SignedOut,
    SignInStale,
)

FRESH = timedelta(minutes=15)
"""How long a sign-in serves for acts that reach far."""
MOST_PASSKEYS = 9


@dataclass(frozen=True, slots=True)
class Answered:
    """What an authenticator's verified answer says beside that its person was there: its counter, and whether it is copied."""

    counter: int
    backed_up: bool


def owes_passkey(account: Account) -> bool:
    """Whether this account is to have a passkey, be it at once or after the grace."""
    return bool(account.roles & OWING_PASSKEY)


def find_owed_at(account: Account, grace_days: int) -> datetime | None:
    """Return from when on a mailed code is not enough for this account; None: it owes no passkey, has one, or was never asked."""
    if account.passkeys or account.passkey_asked_at is None or not owes_passkey(account):
        return None
    return account.passkey_asked_at + timedelta(days=grace_days)


def note_asked(account: Account, now: datetime) -> Account:
    """Return the account with the beginning of its grace, which is its first sign-in without a passkey."""
    if account.passkeys or account.passkey_asked_at is not None or not owes_passkey(account):
        return account
    return replace(account, passkey_asked_at=now)


def needs_passkey(account: Account, grace_days: int, now: datetime) -> bool:
    """Whether a passkey alone opens this account: it has one, or owes one and its grace is over."""
    owed_at = find_owed_at(account, grace_days)
    return bool(account.passkeys) or (owed_at is not None and now >= owed_at)


def check_strength(session: Session, account: Account, grace_days: int, now: datetime) -> None:
    """Raise SignedOut where a passkey alone opens an account and the session was opened without."""
    if session.proved_at is None and needs_passkey(account, grace_days, now):
        raise SignedOut(expired=False)


def is_fresh(session: Session, now: datetime) -> bool:
    """Whether the session has just begun: what opened it shows who asks."""
    return now - session.created_at < FRESH


def check_fresh(session: Session, now: datetime) -> None:
    """Raise SignInStale unless the session has just begun."""
    if not is_fresh(session, now):
        raise SignInStale


def is_offered_passkey(session: Session, account: Account, now: datetime) -> bool:
    """Whether a first passkey is offered: to who has none, as long as adding one asks for no other sign-in."""
    return not account.passkeys and is_fresh(session, now)


def find_passkey(account: Account | None, identifier: str) -> Passkey:
    """Return the account's passkey with this id. Raises PasskeyRefused: the account has none of it, or is closed."""
    if account is None or account.closed_at is not None:
        raise PasskeyRefused
    for passkey in account.passkeys:
        if passkey.id == identifier:
            return passkey
    raise PasskeyRefused


def is_cloned(passkey: Passkey, answered: Answered) -> bool:
    """Whether the counter of an authenticator says that there are two of it; copied passkeys do not count, and say 0."""
    return bool(answered.counter or passkey.counter) and answered.counter <= passkey.counter


def note_passkey_use(account: Account, passkey: Passkey, answered: Answered, now: datetime) -> Account:
    """Return the account whose passkey was just used."""
    used = replace(passkey, counter=answered.counter, backed_up=answered.backed_up, used_at=now)
    return replace(account, passkeys=tuple(used if other is passkey else other for other in account.passkeys))


def build_entrance_mail(entrance: Entrance, account: Account, inputs: DecisionInputs) -> OutboxMail:
    """Build the mail to the person of an account about what opens it."""
    return replace(inputs.build_mail(MailKind.ENTRANCE_CHANGED, account=account.id), entrance=entrance)


def add_passkey(account: Account, added: Passkey, inputs: DecisionInputs) -> Transition:
    """Add a passkey and mail the account; nothing when it is there. The first one ends every session: it opens the next.

    Raises:
        FieldInvalid: ``nom``: ``MOST_PASSKEYS`` others are kept.
    """
    if any(other.id == added.id for other in account.passkeys):
        return Transition.nothing()
    if len(account.passkeys) >= MOST_PASSKEYS:
        raise FieldInvalid("nom", "passkeys", MOST_PASSKEYS)
    after = replace(account, passkeys=(*account.passkeys, added))
    if not account.passkeys:
        after = replace(after, signed_out_at=inputs.now)
    mail = build_entrance_mail(Entrance.PASSKEY_ADDED, account, inputs)
    return Transition(changes=(Change(account, after),), mails=(mail,))


def rename_passkey(account: Account, identifier: str, typed: str) -> Transition:
    """Give a passkey another name; nothing when it is gone. Raises FieldInvalid: ``nom``: it is no name."""
    if all(passkey.id != identifier for passkey in account.passkeys):
        return Transition.nothing()
    name = texts.read_name(typed, "nom")
    renamed = tuple(
        replace(passkey, name=name) if passkey.id == identifier else passkey for passkey in account.passkeys
    )
    return Transition(changes=(Change(account, replace(account, passkeys=renamed)),))


def remove_passkey(account: Account, identifier: str, inputs: DecisionInputs) -> Transition:
    """Remove a passkey, end every session, which it may have opened, and mail the account; nothing when it is gone.

    Raises:
        FieldInvalid: ``cle``: it is the last one of an account that owes one.
    """
    left = tuple(passkey for passkey in account.passkeys if passkey.id != identifier)
    if left == account.passkeys:
        return Transition.nothing()
    if not left and owes_passkey(account):
        raise FieldInvalid("cle", "last_passkey")
    mail = build_entrance_mail(Entrance.PASSKEY_REMOVED, account, inputs)
    after = replace(account, passkeys=left, signed_out_at=inputs.now)
    return Transition(changes=(Change(account, after),), mails=(mail,))


def remove_passkeys(person: Account, other: Account, grace_days: int, inputs: DecisionInputs) -> Transition:
    """Remove every passkey of an account, end its sessions and mail both: its next sign-in begins the days of grace again.

    Nothing where no passkey is needed. Raises NotFound: this person does not manage the account, or it is closed.
    """
    if not may_manage_account(person, other) or other.closed_at is not None:
        raise NotFound
    if not needs_passkey(other, grace_days, inputs.now):
        return Transition.nothing()
    after = replace(other, passkeys=(), passkey_asked_at=None, signed_out_at=inputs.now)
    mails = tuple(
        replace(build_entrance_mail(entrance, reader, inputs), about=about.id)
        for entrance, reader, about in (
            (Entrance.PASSKEYS_REMOVED, other, person),
            (Entrance.OTHERS_PASSKEYS_REMOVED, person, other),
        )
    )
    return Transition(changes=(Change(other, after),), mails=mails)
