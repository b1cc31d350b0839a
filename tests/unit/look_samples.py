"""Invented contexts for every page and mail, the barest and the fullest of each (see ``test_look.py``)."""

from datetime import UTC, date, datetime

from tests.unit import (
    account_samples,
    delay_samples,
    import_samples,
    list_samples,
    record_samples,
    run_samples,
)

NOON = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)
TOKEN = "q7Zt0mVxK3nE8rYb2LwSdP5hCfJ1uGaTo9XiRk6NvBM"
SITE = "https://passe-plat.example"
AGENT = {
    "name": "Marie-Laure Estève",
    "role": "tutrice",
    "links": [{"nav": "parcours", "href": "/parcours", "label": "Parcours"}],
}
FACTS = {
    "publisher": "Agence de Valmarie",
    "director": "Solène Karadec",
    "host": "Nuages de Paris",
    "dpo": "dpo@agence.example",
    "support": "aide@agence.example",
    "answer_days": 15,
    "opened_hours": 72,
    "window_minutes": 15,
    "log_days": 180,
}
CONTACT = {
    "name": "Nadia Bellanger",
    "function": "ressources humaines",
    "role_label": "Répond au marché",
    "phone": "01 99 00 41 27",
    "address": "n.bellanger@morvenne.entreprise.example",
    "local": "n.bellanger",
    "domain": "morvenne.entreprise.example",
    "verified_on": date(2026, 11, 20),
}
PARCOURS = {
    "id": "x",
    "reference": "CSF-7K3Q-92",
    "company": "Jardins <Morvenne>",
    "contract": "Entretien des espaces verts",
    "lot": "2",
    "hours": 300,
    "town": "Brévannes-le-Lac",
    "tasks": "Tonte, taille",
    "buyer": "Métropole du Val d’Orbe",
    "status": {"code": "in_preparation", "label": "En préparation"},
    "notified_on": date(2026, 5, 12),
    "ends_on": date(2028, 5, 11),
    "contacts": [CONTACT],
}
TURN = {
    "yours": True,
    "title": "À vous\u00a0: envoyez le CV",
    "role": "tutor",
    "since": NOON,
    "due": NOON,
    "days": {"passed": 7, "total": 5, "working": True},
    "late_days": 2,
    "late_working": True,
    "away_until": date(2027, 1, 12),
    "notes": ["Les vacances scolaires de cette académie ne sont pas connues ici."],
    "act": {"label": "Envoyer un document", "href": "/parcours/x/envoi"},
}
FACT = {
    "at": NOON,
    "role": "system",
    "who": "Passe-plat",
    "text": "a envoyé le lien",
    "detail": "CV",
    "occurred": NOON,
    "id": "f",
    "corrected": NOON,
    "correctable": True,
}
BARE = PARCOURS | {"reference": None, "lot": None, "contacts": []}
DAYS = [
    {"day": date(2026, 12, 2), "facts": [FACT, FACT | {"detail": None, "occurred": None, "corrected": None}]}
]
DEPOSIT = {
    "id": "d",
    "etat": "parti",
    "recipient": CONTACT["address"],
    "sent_at": NOON,
    "state_label": "Lien envoyé, pas encore ouvert",
    "kinds_label": "le CV et la lettre",
    "vu": "ferme",
    "can_resend": True,
    "can_revoke": True,
    "can_erase": True,
    "live": True,
    "documents": [
        {"label": "CV", "state_label": "Vérifié", "message": "Ce PDF contient un nom d’auteur."},
        {"label": "Lettre", "state_label": "Vérifiée", "message": None},
    ],
}
REFUSED = DEPOSIT | {
    "etat": "refuse",
    "sent_at": None,
    "can_resend": False,
    "can_revoke": False,
    "live": False,
    "documents": [{"label": "CV", "state_label": "Refusé", "message": "Ce PDF est protégé."}],
}
REVOKED = {"kind": "fait", "title": "L’envoi est retiré", "text": "L’ancien lien ne marche plus."}
NOTHING = {
    "notice": None,
    "erasable": None,
    "can_end": False,
    "can_take": False,
    "past": [],
    "outcomes": None,
}
EMPTY = (
    NOTHING
    | {"record": record_samples.NOTHING}
    | {"turn": None, "steps": [], "coming": None, "days": [], "deposit": None}
)
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
SAMPLES: dict[str, list[dict[str, object]]] = (
    account_samples.PAGES
    | record_samples.PAGES
    | {
        "accueil": [{}, {"agent": AGENT}],
        "connexion": [
            {"error": None, "adresse": ""},
            {"error": "Cette adresse n’est pas complète.", "adresse": "<m"},
        ],
        "code": [{"error": None}, {"error": "Ce code n’est pas le bon."}],
        "mentions-legales": [{"facts": FACTS}],
        "donnees-personnelles": [{"facts": FACTS}],
        "accessibilite": [{"facts": FACTS}],
        "erreur": [
            {
                "title": "Cette page n’existe pas",
                "message": "Vérifiez.",
                "act": {"label": "Accueil", "href": "/"},
                "number": n,
            }
            for n in (None, "7F3K")
        ],
        **delay_samples.SAMPLES,
        **import_samples.SAMPLES,
        **list_samples.SAMPLES,
        **run_samples.SAMPLES,
        "parcours": [
            {
                "agent": AGENT,
                "nav": "parcours",
                "parcours": PARCOURS,
                "turn": TURN,
                "steps": [{"label": "Lien envoyé", "state": state} for state in ("done", "current", "todo")],
                "coming": {"role": "tutor", "text": "Vous envoyez"},
                "days": DAYS,
                "deposit": DEPOSIT,
                "notice": {
                    "kind": "fait",
                    "title": "Un nouveau lien est parti",
                    "text": "L’ancien ne marche plus.",
                },
                "erasable": {"deposit_id": "d"},
                "outcomes": run_samples.OUTCOMES,
                "record": record_samples.EVERYTHING,
                "can_end": True,
                "can_take": False,
                "past": [{"title": "Passage précédent, de février à mars (2 faits)", "days": DAYS}],
            },
            {"agent": AGENT, "nav": "parcours", "parcours": PARCOURS}
            | EMPTY
            | {"turn": TURN | {"act": None}, "deposit": DEPOSIT | {"vu": "ouvert", "etat": "illisible"}},
            {"agent": AGENT, "nav": "parcours", "parcours": PARCOURS} | EMPTY | {"deposit": REFUSED},
            {"agent": AGENT, "nav": "parcours", "parcours": BARE} | EMPTY | {"can_take": True},
            {"agent": AGENT, "nav": "parcours", "parcours": BARE, **EMPTY},
        ],
        "fin": [
            {
                "agent": AGENT,
                "nav": "parcours",
                "parcours": {name: parcours[name] for name in ("id", "reference", "company")},
                "back": "/parcours/x",
                "ends": ENDS,
                "today": date(2026, 12, 2),
                "values": values,
                "error": error,
            }
            for parcours, values, error in (
                (PARCOURS, {"fin": "", "motif": "", "survenu_le": "", "jours": "", "suite": ""}, None),
                (
                    BARE,
                    {
                        "fin": "attempt_stopped",
                        "motif": "other",
                        "survenu_le": "2026-11-30",
                        "jours": "0",
                        "suite": "r",
                    },
                    {"field": "jours", "message": "Écrivez un nombre de jours, de 1 à 365."},
                ),
                (
                    BARE,
                    {
                        "fin": "attempt_stopped",
                        "motif": "",
                        "survenu_le": "2026-11-30",
                        "jours": "3",
                        "suite": "r",
                    },
                    {"field": "motif", "message": "Choisissez un motif."},
                ),
            )
        ],
        "envoi": [
            {
                "agent": AGENT,
                "nav": "parcours",
                "parcours": parcours,
                "contacts": parcours["contacts"],
                "last_recipient": last,
                "notice": notice,
                "me": {"name": AGENT["name"], "academie": "Valmarie"},
                "valid_until": NOON,
                "max_bytes": 10_000_000,
                "deposits_url": "/parcours/x/depots",
                "parcours_url": "/parcours/x",
            }
            for parcours, last, notice in (
                (PARCOURS, CONTACT["address"], None),
                (PARCOURS, CONTACT["address"], REVOKED),
                (PARCOURS, None, None),
                (BARE, "autre@ailleurs.example", REVOKED),
            )
        ],
        "retrait": [{}],
    }
)
MARKET = {
    "reference": "CSF-7K3Q-92",
    "marche": "Espaces verts & <voirie>",
    "lot": "2",
    "acheteur": "Métropole du Val d’Orbe",
    "entreprise": "Jardins Morvenne",
    "heures": 300,
    "lieu": "Brévannes-le-Lac",
    "taches": "Tonte, taille",
}
SHEET = {"parcours": MARKET, "parcours_url": f"{SITE}/parcours/x"}
SENDER = {"name": "Marie-Laure Estève", "function": "tutrice MLDS", "academie": "Valmarie"}
MAIL_SAMPLES: dict[str, dict[str, object]] = (
    account_samples.MAILS
    | record_samples.MAILS
    | {
        "lien": {
            "sender": SENDER,
            "parcours": MARKET,
            "kinds": ["cv"],
            "url": f"{SITE}/retrait/#{TOKEN}",
            "token": TOKEN,
            "site": SITE,
            "valid_until": NOON,
            "answer_by": date(2026, 12, 2),
            "opened_hours": 72,
        },
        "code": {"code": "304118", "minutes": 10},
        "avis-envoi": SHEET
        | {"recipient": CONTACT["address"], "kinds": ["cv"], "at": NOON, "valid_until": NOON},
        "avis-refus": SHEET
        | {"kind_label": "lettre", "reason": "protégée", "advice": "Enregistrez-la sans mot de passe."},
        "avis-suite": SHEET
        | {
            "title": "L’entreprise n’a pas pu lire",
            "lines": ["Appelez-la.", "Les documents vivent encore."],
            "act_label": "Ouvrir le parcours",
        },
        "fin-entreprise": {"parcours": MARKET, "sender": SENDER, "kinds": ["cv", "lettre"]},
        "fin-acheteur": SHEET,
        "avis-echec": SHEET | {"recipient": CONTACT["address"]},
    }
)
