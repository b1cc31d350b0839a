"""Invented contexts for the pages of outcomes and of the RUN, the barest and the fullest of each."""

from datetime import UTC, date, datetime
from typing import Any

NOON = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)
AGENT = {"name": "Karim Solenne", "role": "équipe", "links": [{"nav": "run", "href": "/run", "label": "RUN"}]}
FACT: dict[str, Any] = {
    "id": "f",
    "at": NOON,
    "role": "system",
    "who": "Passe-plat",
    "text": "a envoyé le lien",
    "detail": "CV",
    "occurred": datetime(2025, 11, 2, 11, tzinfo=UTC),
    "corrected": NOON,
    "correctable": True,
}
BARE_FACT = FACT | {"id": "g", "detail": None, "occurred": None, "corrected": None, "correctable": False}
CONTACTS = [
    {"code": "welcomes", "label": "Hugo Tissier", "checked": True},
    {"code": "buyer", "label": "l’acheteuse ou l’acheteur", "checked": False},
]
ASKS = {"planned": "nothing", "reasons": [], "contact": False, "on": None}
OUTCOMES: dict[str, Any] = {
    "action": "/parcours/x/faits",
    "history": "/parcours/x/histoire",
    "suite": "",
    "cle": "0" * 32,
    "contacts": CONTACTS,
    "chosen": "welcomes",
    "groups": [
        {
            "title": "J’ai appelé ou écrit",
            "keys": [{"fait": "call_noted.reached", "label": "Joint", "letter": "J", "more": None}],
        },
        {
            "title": "Ce qui est convenu",
            "keys": [
                {
                    "fait": "meeting_fixed",
                    "label": "Rendez-vous fixé le…",
                    "letter": "V",
                    "more": ASKS | {"id": "v", "planned": "hour", "contact": True},
                },
                {
                    "fait": "company_declined",
                    "label": "L’entreprise refuse…",
                    "letter": "N",
                    "more": ASKS | {"id": "n", "reasons": [{"code": "other", "label": "Autre motif"}]},
                },
                {
                    "fait": "meeting_held",
                    "label": "Rendez-vous tenu…",
                    "letter": "T",
                    "more": ASKS | {"id": "t", "on": "2026-12-01"},
                },
            ],
        },
    ],
    "end": "/parcours/x/fin",
    "end_letter": "E",
    "today": date(2026, 12, 2),
}
PARCOURS = {
    "id": "x",
    "reference": "CSF-7K3Q-92",
    "company": "Jardins <Morvenne>",
    "contract": "Entretien des espaces verts",
    "lot": "2",
    "hours": 300,
    "town": "Brévannes-le-Lac",
    "status": {"code": "in_preparation", "label": "En préparation"},
}
TURN = {
    "yours": False,
    "title": "À Odile Ramain\u00a0: relancer l’entreprise",
    "since": NOON,
    "due": NOON,
    "days": {"passed": 7, "total": 5, "working": True},
    "late_days": 2,
    "late_working": True,
    "away_until": date(2027, 1, 12),
}
TYPED = {"fait": "meeting_fixed", "contact": "buyer", "survenu_le": "2026-11-30", "prevu_le": "2026-13-01"}
VALUES = TYPED | {"motif": "", "prevu_a": "25:00", "suite": "", "cle": ""}
EMPTY = dict.fromkeys(VALUES, "")
FORM: dict[str, Any] = {
    "agent": AGENT,
    "nav": "parcours",
    "parcours": {name: PARCOURS[name] for name in ("id", "reference", "company")},
    "free": False,
    "over": False,
    "can_assign": False,
    "options": [{"code": "meeting_fixed", "label": "Rendez-vous fixé le"}],
    "contacts": CONTACTS,
    "values": EMPTY,
    "cle": "0" * 32,
    "today": date(2026, 12, 2),
    "error": None,
}
WRONG = {"field": "prevu_le", "message": "Donnez la date prévue."}
DAYS = [{"day": date(2025, 11, 2), "facts": [FACT, BARE_FACT]}]
RUN = {"id": "r", "current": "x", "place": 3, "total": 31, "is_cut": False}
PEOPLE = [
    {
        "code": "welcomes",
        "name": "Hugo Tissier",
        "what": "accueille",
        "phone": "01 99 00 41 27",
        "address": "h@ici.example",
    },
    {"code": None, "name": "Odile Ramain", "what": "achats", "phone": None, "address": None},
]
RUN_PAGES: list[dict[str, object]] = [
    {
        "agent": AGENT,
        "nav": "run",
        "run": RUN,
        "lost": False,
        "parcours": PARCOURS,
        "turn": turn,
        "today": date(2026, 12, 2),
        "facts": [FACT | {"happened": NOON}, BARE_FACT | {"happened": NOON}],
        "say": ["Votre marché prévoit d’accueillir un jeune.", "Il reste élève.", "Quand\u00a0?"],
        "people": people,
        "outcomes": outcomes,
        "last": last,
        "notice": notice,
    }
    for turn, people, outcomes, last, notice in (
        (TURN, PEOPLE, OUTCOMES, {"text": "10 h 14\u00a0: message laissé", "id": "f"}, None),
        (None, [], None, {"text": "10 h 14\u00a0: message laissé", "id": None}, "Le fait est corrigé."),
        (TURN | {"late_days": None, "due": None, "days": None, "away_until": None}, [], None, None, None),
    )
]
RUN_PAGES += [
    {
        "agent": AGENT,
        "nav": "run",
        "run": RUN | {"is_cut": True},
        "lost": True,
        "parcours": parcours,
        "outcomes": None,
    }
    for parcours in (PARCOURS, None)
]
SAMPLES: dict[str, list[dict[str, object]]] = {
    "fait": [
        FORM | {"values": VALUES, "error": WRONG},
        FORM | {"values": VALUES | {"suite": "r"}, "error": {"field": "", "message": "Déjà servi."}},
        FORM | {"options": [], "parcours": FORM["parcours"] | {"reference": None}, "error": WRONG},
    ],
    "histoire": [
        FORM | {"days": [], "just": None, "corrected": False},
        FORM
        | {"days": DAYS, "just": "10 h 14\u00a0: message laissé", "corrected": True, "error": WRONG}
        | {"values": VALUES | {"suite": "histoire"}, "free": True, "can_assign": True},
        FORM | {"days": DAYS, "just": None, "corrected": False, "options": [], "free": True},
        *(
            FORM
            | {"days": [], "just": None, "corrected": False, "options": [], "over": True, "can_assign": may}
            for may in (True, False)
        ),
    ],
    "run": RUN_PAGES,
    "run-vide": [
        {"agent": AGENT, "nav": "run", "cle": "0" * 32, "is_empty": is_empty, "months": 6, "live": live}
        for is_empty, live in ((False, None), (True, {"href": "/run/r", "left": 4, "treated": 2}))
    ],
    "run-resume": [
        {
            "agent": AGENT,
            "nav": "run",
            "run": {
                "id": "r",
                "left": left,
                "elsewhere": left,
                "started_at": NOON,
                "total": 4,
                "is_cut": left > 0,
            },
            "treated": treated,
        }
        for left, treated in (
            (0, []),
            (
                2,
                [
                    {
                        "href": "/parcours/x",
                        "company": "Jardins Morvenne",
                        "contract": "Espaces verts",
                        "lot": "2",
                        "reference": reference,
                        "noted": noted,
                        "status": "Lien envoyé",
                        "turn": turn,
                        "due": NOON if turn else None,
                        "call_back_on": agreed,
                        "promised_on": agreed,
                        "meeting_at": NOON if agreed else None,
                    }
                    for reference, noted, turn, agreed in (
                        ("CSF-7K3Q-92", ["10 h 14\u00a0: message laissé"], "Entreprise", date(2026, 12, 9)),
                        (None, [], None, None),
                    )
                ],
            ),
        )
    ],
}
