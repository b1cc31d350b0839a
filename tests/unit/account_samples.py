"""Invented contexts for the pages of accounts (see ``look_samples.py``)."""

from datetime import UTC, date, datetime

NOON = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)
AGENT = {
    "name": "Marie-Laure Estève",
    "role": "équipe",
    "links": [{"nav": "comptes", "href": "/comptes", "label": "Comptes"}],
}
ACCOUNT_VALUES = {
    **dict.fromkeys(("tutrice", "coordination", "achat", "prescripteur", "equipe", "rouvrir"), ""),
    "nom": "Anaïs <Roumégas>",
    "fonction": "tutrice MLDS",
    "telephone": "",
    "departement": "21",
    "academie": "Dijon",
    "organisation": "",
    "adresse": "a@academie.example",
    "cle": "0" * 32,
    "revision": "3",
}
ACCOUNT = {
    "id": "a2",
    "name": "Anaïs <Roumégas>",
    "function": "MLDS",
    "address": "a@academie.example",
    "phone": None,
    "roles": "Tutrice ou tuteur",
    "invited_at": NOON,
    "invitation_lost": True,
    "closed_at": None,
    "is_tutor": True,
    "absence": {"first": date(2026, 12, 2), "last": date(2026, 12, 9)},
}
ACCOUNT_FORM = {
    "agent": AGENT,
    "nav": "comptes",
    "account": ACCOUNT,
    "values": ACCOUNT_VALUES,
    "error": None,
    "stale": False,
    "roles": [],
    "fixed": "Tutrice ou tuteur",
    "place": "Dijon",
    "choose_place": False,
    "academies": ("Dijon", "Lyon"),
    "departements": [{"code": "21", "label": "21 Côte-d’Or"}],
    "organisations": (),
    "can_reopen": False,
    "notice": None,
}
CHOOSING = {
    "roles": [{"name": "tutrice", "label": "Tutrice ou tuteur"}, {"name": "equipe", "label": "Équipe"}],
    "choose_place": True,
    "place": "",
    "organisations": ("Métropole du Val d’Orbe",),
}
WRONG_ROLE = {"field": "roles", "message": "Choisissez au moins un rôle."}
CLOSING = {
    "agent": AGENT,
    "nav": "comptes",
    "account": {"id": "a2", "name": "Anaïs Roumégas", "function": "MLDS"},
    "followed": 0,
    "candidates": [],
    "chosen": "",
    "buys": True,
    "is_team": False,
    "left": 0,
    "error": None,
}
PEOPLE_ROW = {
    "href": "/comptes/a2",
    "name": "Anaïs Roumégas",
    "own": False,
    "function": "MLDS",
    "address": "a@academie.example",
    "roles": "Tutrice ou tuteur",
    "place": "Dijon",
    "closed": True,
}
BROWSERS = [{"id": str(place) * 64, "since": NOON, "seen_at": NOON, "here": not place} for place in range(2)]
PAGES: dict[str, list[dict[str, object]]] = {
    "comptes": [
        {
            "agent": AGENT,
            "nav": "comptes",
            "people": people,
            "count": len(people),
            "truncated": bool(people),
            "page": 1,
            "pages": 1 + bool(people),
            "asked": {"q": "", "etat": "ouverts", "academie": "", "page": ""},
            "states": {"ouverts": "Ouverts"},
            "academies": academies,
            "whom": "Tous les comptes.",
            "notice": notice,
        }
        for people, academies, notice in (
            ([], (), None),
            ([PEOPLE_ROW], ("Dijon",), {"title": "Le compte est fermé", "text": "C’est fait."}),
        )
    ],
    "compte": [
        ACCOUNT_FORM,
        ACCOUNT_FORM | {"stale": True, "error": {"field": "", "message": "Modifié."}},
        ACCOUNT_FORM | {"account": None},
        ACCOUNT_FORM | {"account": None, **CHOOSING, "error": WRONG_ROLE},
        ACCOUNT_FORM | {"account": ACCOUNT | {"closed_at": NOON}, "can_reopen": True},
    ],
    "fermeture": [
        CLOSING,
        CLOSING
        | {
            "followed": 2,
            "candidates": [{"id": "a1", "name": "M", "function": "f", "address": "m@x.example"}],
            "left": 3,
            "error": {"field": "reprise", "message": "Choisissez."},
        },
        CLOSING | {"followed": 1},
    ],
    "mon-compte": [
        {
            "agent": AGENT,
            "nav": "compte",
            "account": ACCOUNT | {"absence": None},
            "place": "Dijon",
            "values": ACCOUNT_VALUES | changes,
            "error": error,
            "stale": False,
            "departements": [],
            "by_buyer": by_buyer,
            "browsers": browsers,
            "notice": None,
        }
        for changes, error, by_buyer, browsers in (
            ({}, None, None, []),
            ({}, None, True, BROWSERS),
            (
                {"du": "2026-12-02", "au": "2026-12-01"},
                {"field": "au", "message": "Le dernier jour doit suivre le premier."},
                False,
                BROWSERS[:1],
            ),
        )
    ],
}
