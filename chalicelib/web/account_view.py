"""What the pages of accounts show."""

from datetime import date, datetime
from typing import Any

from chalicelib import words
from chalicelib.domain import accounts, territory
from chalicelib.domain.people import Account
from chalicelib.domain.signing_in import KnownBrowser
from chalicelib.domain.texts import plainly
from chalicelib.domain.values import Role
from chalicelib.french import PARIS
from chalicelib.stories.closing import Closing
from chalicelib.web import account_forms
from chalicelib.web.agent_page import who

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
        "roles": words.roles(frozenset(one for one in Role if one.value in row["roles"])),
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
    choices = account_forms.given_roles(agent)
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
        "fixed": words.roles(account.roles) if account else words.roles(_only(choices)),
        "place": "" if agent.is_team else place.organisation or place.academie or "",
        "choose_place": agent.is_team,
        "academies": territory.ACADEMIES,
        "departements": _departements(agent, account),
        "organisations": organisations,
        "can_reopen": agent.is_team and account is not None and account.closed_at is not None,
        "notice": done,
    }


def _only(choices: tuple[str, ...]) -> frozenset[Role]:
    return frozenset(account_forms.ROLE_FIELDS[name] for name in choices[:1])


def _account(account: Account, now: datetime) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "function": account.function,
        "address": account.address,
        "phone": account.phone,
        "roles": words.roles(account.roles),
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
    school = bool(person.roles & accounts.SCHOOL)
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
        "buys": bool(found.account.roles & accounts.BUYING),
        "is_team": found.account.is_team,
        "left": left,
        "error": error,
    }
