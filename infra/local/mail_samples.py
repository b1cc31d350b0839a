"""An invented context for every mail template, the fullest of each: for the gallery of the local run, and for the tests of looks.

A template without its sample here is refused by a test.
"""

from datetime import UTC, date, datetime

from chalicelib.domain.kernel.timeline import Reason
from chalicelib.words.mails import returned

NOON = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)
TOKEN = "q7Zt0mVxK3nE8rYb2LwSdP5hCfJ1uGaTo9XiRk6NvBM"  # noqa: S105 - opens nothing
SITE = "https://passe-plat.example"
COMPANY_ADDRESS = "n.bellanger@morvenne.entreprise.example"
MARKET: dict[str, object] = {
    "reference": "CSF-7K3Q-92",
    "marche": "Espaces verts & <voirie>",
    "lot": "2",
    "acheteur": "Métropole du Val d’Orbe",
    "entreprise": "Jardins Morvenne",
    "heures": 300,
    "lieu": "Brévannes-le-Lac",
    "taches": "Tonte, taille",
}
WHO = {"name": "Nadia Bellanger", "address": COMPANY_ADDRESS, "phone": "03 80 11 22 33"}
SHEET: dict[str, object] = {"parcours": MARKET, "parcours_url": f"{SITE}/parcours/x", "who": WHO}
SENDER: dict[str, object] = {
    "name": "Marie-Laure Estève",
    "function": "tutrice MLDS",
    "academie": "Valmarie",
    "address": "m.esteve@academie.example",
    "phone": "06 12 34 56 78",
}
TEAM: dict[str, object] = {"name": "Karim Solenne", "function": "équipe de la clause sociale"}
OTHER_TUTOR: dict[str, object] = {"name": "Anaïs Roumégas", "function": "tutrice MLDS"}
CONTACT = {"name": "Nadia <B>", "function": "", "role_label": "accueille", "verified_on": date(2026, 1, 2)}
LISTED: dict[str, object] = {
    "act": "choisissez une date",
    "late": "En retard de 3\u00a0jours",
    "since": NOON,
    "call": "Nadia Bellanger, 03 80 11 22 33",
    "calls": True,
    "ask": "Avez-vous pu lire ses documents\u202f?",
    "url": f"{SITE}/parcours/x",
}
SIGNED: dict[str, object] = {"sender": SENDER, "parcours": MARKET}
HELD: dict[str, object] = {"buys": False, "passes": True, "code": False}
LINK: dict[str, object] = {"url": f"{SITE}/retrait/#{TOKEN}", "token": TOKEN, "site": SITE, "held": HELD}
NO_LINK: dict[str, object] = dict.fromkeys(LINK)
MEETING: dict[str, object] = {
    "greeted": "Nadia Bellanger",
    "first": {"buys": False},
    **SIGNED,
    **LINK,
    "goes_on": True,
    "who": None,
    "title": "Rendez-vous fixé",
    "lead": "La rencontre avec le jeune est fixée.",
    "when": "mardi 8 décembre 2026, 14\u202fh, 45 minutes",
    "place": "4 rue des Peupliers, Brévannes-le-Lac",
    "video": None,
    "cancelled": False,
    "parcours_url": None,
}
OPENING: dict[str, object] = SIGNED | LINK | {"greeted": "Nadia Bellanger", "valid_until": NOON}
CHANGED: dict[str, object] = MARKET | {
    "changes": ["le contact « accueille » a changé d’adresse : n•••@jardins.example"]
}
BY: dict[str, object] = WHO | {"phone": "", "buys": False, "beside": False}
NUMBERED: dict[str, object] = {"number": "DP-20261202-1412-7K3Q-M4XT2P"}
SAMPLES: dict[str, dict[str, object]] = {
    "lien": OPENING | {"by": BY, "kinds": ["cv"], "answer_by": date(2026, 12, 2), "opened_hours": 72},
    "rappel": OPENING | {"opened": False, "asked": None, "wrote": ""},
    "confie": SHEET | {"assigner": {"name": "Claire Dumas", "function": "coordinatrice MLDS"}},
    "contacts": {
        **SIGNED,
        "greeted": "",
        "contacts": [CONTACT],
        "url": f"{SITE}/parcours/x/contacts",
    },
    "code": {"code": "30 41 18 27 65", "minutes": 10},
    "avis-envoi": SHEET
    | {
        "by": BY,
        "named": {"name": "Jeanne Roy", "function": "accueil"},
        "alarm": False,
        "recipient": COMPANY_ADDRESS,
        "kinds": ["cv"],
        "at": NOON,
        "valid_until": NOON,
    },
    "avis-refus": SHEET
    | {"kind_label": "lettre", "reason": "protégée", "advice": "Enregistrez-la sans mot de passe."},
    "rappels": {
        "yours": [MARKET | LISTED],
        "calls": [MARKET | LISTED],
        "expiring": [MARKET | LISTED | {"until": NOON}],
        "parcours": [MARKET, MARKET],
        "url": f"{SITE}/parcours?tour=moi",
    },
    "avis-suite": SHEET
    | {
        "title": "L’entreprise n’a pas pu lire",
        "lines": ["Appelez-la.", "Les documents vivent encore."],
        "act_label": "Ouvrir le parcours",
    },
    "avis-echec": SHEET | {"recipient": COMPANY_ADDRESS, "missed": WHO, "team": False, "doubt": False},
    "avis-retour": SHEET
    | {
        "recipient": COMPANY_ADDRESS,
        "missed": WHO,
        "other": {
            "name": "Nadia Bellanger",
            "address": "n.bellanger@menuiserie.example",
            "phone": "03 80 11 22 33",
        },
        "dead": True,
    }
    | returned(Reason.NO_MAILBOX, other=True),
    "fin-entreprise": SIGNED | LINK | {"kinds": ["cv", "lettre"], "buys": False},
    "fin-acheteur": SHEET | {"sent": True, "free": True},
    "invitation": {
        "inviter": TEAM | {"address": "k.solenne@csf.example"},
        "roles": "Tutrice ou tuteur",
        "place": "académie de Dijon",
        "address": "a@academie.example",
        "sign_in_url": f"{SITE}/connexion",
    },
    "compte-inutilise": {
        "address": "m.esteve@academie.example",
        "erased_on": date(2027, 1, 2),
        "sign_in_url": f"{SITE}/connexion",
    },
    "contacts-changes": {
        "by": TEAM,
        "parcours": [CHANGED],
        "url": f"{SITE}/parcours/x",
    },
    "passe-a": {"successor": OTHER_TUTOR, "parcours": MARKET},
    "semaine": {
        "greeted": "Marie-Laure Estève",
        "title": "5\u00a0parcours vous attendent",
        "todo": [
            {
                "act": "Envoyez les documents",
                "of": "4\u00a0parcours, d’abord Toitures Arvel (en retard de 3\u00a0jours)",
            },
            {"act": "Choisissez une date", "of": "Jardins Morvenne"},
        ],
        "endings": [
            "Votre réservation chez Cuisines du Lac se termine le mardi 8\u00a0décembre. "
            "Sans envoi d’ici là, l’offre redevient libre."
        ],
        "url": f"{SITE}/parcours?tour=moi&tri=a-faire",
        "confirming": "Les contacts de Jardins Morvenne n’ont pas été vérifiés depuis longtemps. Un appel suffit.",
        "label": "Voir ce qui vous attend",
        "stop_url": f"{SITE}/lettre/{'a1' * 16}/{'0f' * 32}",
    },
    "prises": {
        "tutor": OTHER_TUTOR | {"address": "autre@academie.example"},
        "parcours_url": f"{SITE}/parcours",
    },
    "releve": {"leaving": OTHER_TUTOR, "parcours_url": f"{SITE}/parcours"},
    "dates": SHEET
    | {
        "dates": [
            {"when": "mardi 8 décembre 2026, 14\u202fh, 45 minutes", "place": None},
            {"when": "jeudi 10 décembre 2026, 9\u202fh\u202f30, 30 minutes", "place": None},
        ],
        "place": {"said": "4 rue des Peupliers, Brévannes-le-Lac", "video": None},
    },
    "autres-dates": {
        "greeted": "Nadia Bellanger",
        **SIGNED,
        **LINK,
        "why": "Aucune de ces dates n’est possible pour le jeune.",
    },
    "rendez-vous": MEETING,
    "refus": SIGNED | LINK | {"kinds": ["cv", "lettre"], "until": NOON},
    "refus-collegue": SIGNED | LINK | {"kinds": ["cv", "lettre"]},
    "droits": {
        "kind_label": "faire effacer (effacement)",
        "reference": "CSF-7K3Q-92",
        "who_label": "un parent ou représentant légal",
        "reply_address": "parent@messagerie.example",
        "at": NOON,
    }
    | NUMBERED,
    "droits-recu": {
        "kind_label": "faire effacer (effacement)",
        "reference": "CSF-7K3Q-92",
        "at": NOON,
        "address": "dpo@ministere.example",
    }
    | NUMBERED,
    "droits-alerte": SHEET | NUMBERED | {"at": NOON, "yours": True, "address": "dpo@ministere.example"},
}
