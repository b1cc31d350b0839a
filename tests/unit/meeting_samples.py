"""Invented contexts for the meeting on a parcours' page, with its mistakes, and for the ways in which a passage ends."""

from datetime import date

REASONS = [
    {"code": "other", "label": "Autre motif"},
    {"code": "put_off", "label": "La rencontre est reportée"},
]
TYPED = {
    "geste": "",
    "vu": "",
    "date": "",
    "acheteuse": "",
    "motif": "",
    "jour": "",
    "heure": "",
    "minutes": "45",
    "lieu": "",
    "feries_vus": "",
}
FIXED = {
    "at": "2026-12-09T13:30:00.000Z",
    "when": "mercredi 9 décembre 2026, 14\u202fh\u202f30, 45\u00a0min",
    "place": "À distance",
    "url": "https://visio.exemple.fr/<salle>?a=1&b=2",
    "buyer": True,
}
SLOTS = [
    {
        "value": f"2026-12-0{day}T09:00:00.000Z",
        "day": f"mardi {day} décembre",
        "hour": "10\u202fh\u202f00, 45\u00a0min",
        "place": "4 rue <des> Peupliers, Brévannes-le-Lac",
        "notes": notes,
        "checked": day == 8,
        "past": day == 1,
    }
    for day, notes in ((1, ["Date passée"]), (8, []), (9, ["Jour férié", "Vacances scolaires"]))
]
PROPOSED = {
    "action": "/parcours/x/rendez-vous",
    "shown": "0f" * 16 + ".3",
    "slots": SLOTS,
    "fixed": None,
    "buyer": True,
    "others": REASONS,
    "cancels": REASONS,
    "typed": TYPED,
    "error": {"field": "", "message": ""},
    "shortest": 15,
    "longest": 240,
    "today": date(2026, 12, 2),
}
AGREED = PROPOSED | {"slots": [], "fixed": FIXED}
WRONG = PROPOSED | {
    "fixed": FIXED,
    "typed": TYPED | {"geste": "deplacer", "jour": "2027-03-28", "heure": "02:30", "lieu": "http://<a>"},
    "error": {
        "field": "heure",
        "message": "Cette heure n’existe pas\u00a0: cette nuit-là, on passe de 2 h à 3 h.",
    },
}
WHY = PROPOSED | {
    "typed": TYPED | {"geste": "autres"},
    "error": {"field": "motif", "message": "Choisissez un motif de la liste."},
}
HOLIDAY = WRONG | {
    "typed": TYPED | {"geste": "deplacer", "jour": "2027-05-01", "heure": "10:00"},
    "error": {"field": "feries_vus", "message": "Une des dates tombe un jour férié. Confirmez-la."},
}
MEETINGS = (PROPOSED, AGREED, WRONG, WHY, HOLIDAY)
ENDS = [
    {
        "code": code,
        "label": label,
        "reasons": [
            {"code": "other_path", "label": "Autre orientation"},
            {"code": "other", "label": "Autre motif"},
        ],
    }
    for code, label in (
        ("young_person_withdrew", "Le jeune a renoncé"),
        ("attempt_stopped", "Le stage s’est arrêté"),
        ("meeting_missed", "Le rendez-vous a été manqué"),
    )
]
