"""Pages of accounts: read their forms, build their views."""

import re
from datetime import date, datetime
from typing import Any

from chalicelib.domain.accounts import managing
from chalicelib.domain.accounts.managing import Own, Profile
from chalicelib.domain.accounts.signing_in import KnownBrowser
from chalicelib.domain.kernel import address, territory, texts
from chalicelib.domain.kernel.parcours import Absence
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import FieldInvalid, Unreadable
from chalicelib.french import PARIS
from chalicelib.stories.accounts.closing import Closing
from chalicelib.web.kit.page import who
from chalicelib.words import codes

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
    return managing.check(Profile(**dict(own), roles=roles, academie=academie, organisation=organisation))


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
    managing.check_absence(found, now.astimezone(PARIS).date())
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


NOTICES = {
    "invite": ("L’invitation part", "Cette personne reçoit un message dans quelques secondes, avec l’adresse où se connecter."),
    "modifie": ("C’est enregistré", "Les changements valent dès maintenant."),
    "ferme": ("Le compte est fermé", "Ses connexions sont terminées. Ce qui était suivi est repris."),
    "rouvert": ("Le compte est rouvert", "Cette personne reçoit une nouvelle invitation dans quelques secondes."),
    "absence": ("L’absence est annoncée", "Pendant ces jours, la coordinatrice ou le coordinateur prend le relais."),
    "envois": ("Le choix est enregistré", "Il vaut pour les prochains envois sur les marchés de votre organisme."),
    "navigateur": ("Le navigateur est déconnecté", "La connexion qui y était ouverte est terminée."),
    "retour": ("Le retour est noté", "Les parcours attendent de nouveau cette personne."),
}  # fmt: skip
"""What is said after « see other », by its slug in the address."""
STATES = {"ouverts": "Ouverts", "fermes": "Fermés", "tous": "Tous"}
ROLE_LABELS = {
    "tutrice": "Tutrice ou tuteur",
    "coordination": "Coordinatrice ou coordinateur",
    "achat": "Acheteuse ou acheteur",
    "prescripteur": "Service prescripteur",
    "equipe": "Équipe, sans autre rôle",
}
PER_PAGE = 50


def notice(slug: str) -> dict[str, str] | None:
    """The notice of ``?fait=``; None for none, or one that we do not know."""
    found = NOTICES.get(slug)
    return {"title": found[0], "text": found[1]} if found else None


def listing(
    agent: Account,
    rows: list[dict[str, Any]],
    truncated: bool,
    asked: dict[str, str],
    done: dict[str, str] | None,
) -> dict[str, Any]:
    """``pages/comptes.html``; ``asked``: ``q``, ``etat``, ``academie`` and ``page`` as they stand in the address."""
    state = asked["etat"] if asked["etat"] in STATES else "ouverts"
    wanted = (row for row in rows if _wanted(row, state, asked["q"]))
    found = sorted(wanted, key=lambda row: (plainly(str(row["name"])), str(row["address"])))
    page = (
        int(asked["page"])
        if asked["page"].isascii() and asked["page"].isdigit() and len(asked["page"]) < 4
        else 1
    )
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(page, 1), pages)
    return {
        "agent": who(agent),
        "nav": "comptes",
        "people": [_row(agent, row) for row in found[(page - 1) * PER_PAGE : page * PER_PAGE]],
        "count": len(found),
        "truncated": truncated,
        "page": page,
        "pages": pages,
        "asked": asked | {"etat": state},
        "states": STATES,
        "academies": territory.ACADEMIES if agent.is_team else (),
        "whom": _whom(agent),
        "notice": done,
    }


def _whom(agent: Account) -> str:
    if agent.is_team:
        return "Tous les comptes, équipe comprise."
    both = (
        (Role.COORDINATOR, f"Les tutrices et tuteurs de l’académie ({agent.academie})."),
        (
            Role.BUYER,
            f"Les personnes du service prescripteur ({agent.organisation}) : mêmes droits que vous, mêmes marchés.",
        ),
    )
    return " ".join(text for role, text in both if role in agent.roles)


def _wanted(row: dict[str, Any], state: str, typed: str) -> bool:
    if state != "tous" and ("closed_at" in row) != (state == "fermes"):
        return False
    said = plainly(
        " ".join(str(row.get(one, "")) for one in ("name", "function", "academie", "organisation"))
    )
    return (
        not typed.strip()
        or plainly(typed) in said
        or typed.strip().casefold() in str(row["address"]).casefold()
    )


def row_of(account: Account) -> dict[str, Any]:
    """An account as a list's row holds it."""
    row = {
        "account": account.id,
        "name": account.name,
        "address": account.address,
        "function": account.function,
    }
    kept = {
        "academie": account.academie,
        "organisation": account.organisation,
        "closed_at": account.closed_at,
    }
    roles = sorted(role.value for role in account.roles)
    return row | {"roles": roles} | {name: value for name, value in kept.items() if value is not None}


def _row(agent: Account, row: dict[str, Any]) -> dict[str, Any]:
    own = row["account"] == agent.id
    return {
        "href": "/compte" if own else f"/comptes/{row['account']}",
        "name": row["name"],
        "own": own,
        "function": row["function"],
        "address": row["address"],
        "roles": codes.roles(frozenset(one for one in Role if one.value in row["roles"])),
        "place": row.get("organisation") or row.get("academie") or "",
        "closed": "closed_at" in row,
    }


def form(
    agent: Account,
    account: Account | None,
    values: dict[str, str],
    *,
    error: dict[str, str] | None = None,
    stale: bool = False,
    organisations: tuple[str, ...] = (),
    done: dict[str, str] | None = None,
    now: datetime,
) -> dict[str, Any]:
    """``pages/compte.html``: a new account (None), or one that stands.

    Args:
        stale: somebody changed it since the form was shown; ``values`` are what was typed.
        organisations: names already in use, proposed for the same spelling.
    """
    choices = given_roles(agent)
    chooses = agent.is_team or (account is None and len(choices) > 1)
    place = account or agent
    return {
        "agent": who(agent),
        "nav": "comptes",
        "account": _account(account, now) if account else None,
        "values": values,
        "error": error,
        "stale": stale,
        "roles": [{"name": name, "label": ROLE_LABELS[name]} for name in choices] if chooses else [],
        "fixed": codes.roles(account.roles) if account else codes.roles(_only(choices)),
        "place": "" if agent.is_team else place.organisation or place.academie or "",
        "choose_place": agent.is_team,
        "academies": territory.ACADEMIES,
        "departements": _departements(agent, account),
        "organisations": organisations,
        "can_reopen": agent.is_team and account is not None and account.closed_at is not None,
        "notice": done,
    }


def _only(choices: tuple[str, ...]) -> frozenset[Role]:
    return frozenset(ROLE_FIELDS[name] for name in choices[:1])


def _account(account: Account, now: datetime) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "function": account.function,
        "address": account.address,
        "phone": account.phone,
        "roles": codes.roles(account.roles),
        "invited_at": account.invited_at,
        "invitation_lost": _is_lost(account),
        "closed_at": account.closed_at,
        "is_tutor": Role.TUTOR in account.roles,
        "absence": absence(account, now),
    }


def _is_lost(account: Account) -> bool:
    """Whether her last invitation was given up."""
    lost, invited = account.invitation_lost_at, account.invited_at
    return lost is not None and (invited is None or invited <= lost)


def absence(account: Account, now: datetime) -> dict[str, date] | None:
    """The absence that is not over yet."""
    away = account.absence
    if away is None or away.last < now.astimezone(PARIS).date():
        return None
    return {"first": away.first, "last": away.last}


def _departements(agent: Account, account: Account | None) -> list[dict[str, str]]:
    """Where a tutor or coordinator may work: in her académie, or anywhere while the académie is still to be chosen."""
    if agent.is_team:
        known = territory.DEPARTEMENTS
    else:
        place = (account or agent).academie
        known = {
            code: name
            for code, name in territory.DEPARTEMENTS.items()
            if territory.academie_of(code) == place
        }
    return [{"code": code, "label": f"{code} {name}"} for code, name in known.items()]


def organisations(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """The buying organisations of these accounts."""
    return tuple(sorted({str(row["organisation"]) for row in rows if "organisation" in row}, key=plainly))


def own(
    person: Account,
    values: dict[str, str],
    *,
    error: dict[str, str] | None = None,
    stale: bool = False,
    done: dict[str, str] | None = None,
    browsers: list[dict[str, Any]],
    by_buyer: bool | None = None,
    now: datetime,
) -> dict[str, Any]:
    """``pages/mon-compte.html``; ``by_buyer``: what her organisation chose, None when it is not hers to choose."""
    school = bool(person.roles & managing.SCHOOL)
    return {
        "agent": who(person),
        "nav": "compte",
        "account": _account(person, now),
        "place": person.organisation or person.academie or "",
        "values": values,
        "error": error,
        "stale": stale,
        "departements": _departements(person, person) if school else [],
        "by_buyer": by_buyer,
        "browsers": browsers,
        "notice": done,
    }


def browsers(known: tuple[KnownBrowser, ...], session: str) -> list[dict[str, Any]]:
    """The browsers in which an account signed in; ``here`` is the one of this session."""
    return [
        {"id": one.id, "since": one.since, "seen_at": one.seen_at, "here": one.session == session}
        for one in known
    ]


def closing(
    agent: Account, found: Closing, *, error: dict[str, str] | None = None, left: int = 0, chosen: str = ""
) -> dict[str, Any]:
    """``pages/fermeture.html``; ``left``: parcours that this press did not reach."""
    return {
        "agent": who(agent),
        "nav": "comptes",
        "account": {"id": found.account.id, "name": found.account.name, "function": found.account.function},
        "followed": found.followed,
        "candidates": [
            {
                "id": row["account"],
                "name": row["name"],
                "function": row["function"],
                "address": row["address"],
            }
            for row in found.candidates
        ],
        "chosen": chosen or found.account.successor or "",
        "buys": bool(found.account.roles & managing.BUYING),
        "is_team": found.account.is_team,
        "left": left,
        "error": error,
    }
