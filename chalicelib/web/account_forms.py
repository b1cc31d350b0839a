"""Reading the forms of accounts: strict, each field by its own rule, what a person may not say refused as unknown."""

import re
from datetime import date, datetime

from chalicelib.domain import absence, accounts, address, texts
from chalicelib.domain.accounts import Own, Profile
from chalicelib.domain.parcours import Absence
from chalicelib.domain.people import Account
from chalicelib.domain.values import Role
from chalicelib.errors import FieldInvalid, Unreadable
from chalicelib.french import PARIS

ROLE_FIELDS = {
    "tutrice": Role.TUTOR,
    "coordination": Role.COORDINATOR,
    "achat": Role.BUYER,
    "prescripteur": Role.PRESCRIBER,
    "equipe": Role.TEAM,
}
"""The boxes of roles, by their names in forms."""
OWN_FIELDS = frozenset({"nom", "fonction", "telephone", "departement", "revision"})
PLACES = frozenset({"academie", "organisation"})
ABSENCE_FIELDS = frozenset({"du", "au"})
KEY = re.compile(r"[0-9a-f]{32}")
REVISION = re.compile(r"[0-9]{1,9}")


def given_roles(agent: Account) -> tuple[str, ...]:
    """The boxes of roles among which this person chooses; with a single one there is nothing to choose."""
    if agent.is_team:
        return tuple(ROLE_FIELDS)
    found = (("tutrice", Role.COORDINATOR), ("prescripteur", Role.BUYER))
    return tuple(name for name, holder in found if holder in agent.roles)


def fields(agent: Account, *, new: bool) -> frozenset[str]:
    """The fields of this person's form of an account."""
    own = OWN_FIELDS | (PLACES if agent.is_team else frozenset())
    choices = given_roles(agent)
    chosen = frozenset(choices) if len(choices) > 1 and (new or agent.is_team) else frozenset()
    return own | chosen | (frozenset({"cle", "adresse", "rouvrir"}) if new else frozenset())


def own_of(asked: dict[str, str]) -> Own:
    """Read the form of one's own account.

    Raises:
        FieldInvalid: naming the field.
    """
    return Own(
        name=texts.name(asked["nom"], "nom"),
        function=texts.function(asked["fonction"], "fonction", required=True),
        phone=texts.phone(asked["telephone"], "telephone"),
        departement=asked["departement"] or None,
    )


def profile_of(agent: Account, asked: dict[str, str], account: Account | None) -> Profile:
    """What the form says of an account; roles and places stay as they are where this person may not change them.

    Args:
        account: as it stands; None for a new one.
    Raises:
        FieldInvalid: naming the field.
    """
    own = own_of(asked)
    roles, academie, organisation = _places(agent, asked, account)
    return accounts.check(Profile(**dict(own), roles=roles, academie=academie, organisation=organisation))


def _places(
    agent: Account, asked: dict[str, str], account: Account | None
) -> tuple[frozenset[Role], str | None, str | None]:
    choices = given_roles(agent)
    chosen = frozenset(ROLE_FIELDS[name] for name in choices if asked.get(name))
    if agent.is_team:
        organisation = texts.organisation(asked["organisation"], "organisation", required=False)
        return chosen, asked["academie"] or None, organisation or None
    if account is not None:
        return account.roles, account.academie, account.organisation
    roles = chosen if len(choices) > 1 else frozenset(ROLE_FIELDS[name] for name in choices)
    return roles, agent.academie, agent.organisation


def address_of(asked: dict[str, str]) -> str:
    """Read the e-mail address of a form.

    Raises:
        FieldInvalid: ``adresse`` is no e-mail address.
    """
    return address.normalise(asked["adresse"], "adresse")


def key_of(asked: dict[str, str]) -> str:
    """Read the key under which a form makes an account once.

    Raises:
        Unreadable: it is no id of ours.
    """
    if not KEY.fullmatch(asked["cle"]):
        raise Unreadable
    return asked["cle"]


def absence_of(asked: dict[str, str], now: datetime) -> Absence:
    """Read the days of an absence from a form.

    Raises:
        FieldInvalid: ``du`` or ``au``.
    """
    found = Absence(first=_day(asked["du"], "du"), last=_day(asked["au"], "au"))
    absence.check(found, now.astimezone(PARIS).date())
    return found


def _day(typed: str, field: str) -> date:
    day = texts.day(typed)
    if day is None:
        raise FieldInvalid(field, "absence_day")
    return day


def values(account: Account) -> dict[str, str]:
    """What stands on the account, as the fields of its form hold it."""
    boxes = {name: "1" if role in account.roles else "" for name, role in ROLE_FIELDS.items()}
    return boxes | {
        "nom": account.name,
        "fonction": account.function,
        "telephone": account.phone or "",
        "departement": account.departement or "",
        "academie": account.academie or "",
        "organisation": account.organisation or "",
        "adresse": account.address,
        "revision": str(account.revision),
    }


EMPTY: dict[str, str] = dict.fromkeys((*ROLE_FIELDS, *OWN_FIELDS, *PLACES, "adresse", "cle", "rouvrir"), "")
"""A form that nobody filled in yet."""
