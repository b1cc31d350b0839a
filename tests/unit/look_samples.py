"""Invented contexts for every page and mail, the barest and the fullest of each (see ``test_look.py``)."""

from datetime import UTC, date, datetime

from chalicelib.web import public, rights
from infra.local import mail_samples
from tests.unit import (
    account_samples,
    delay_samples,
    import_samples,
    list_samples,
    meeting_samples,
    notice_samples,
    record_samples,
    run_samples,
)

NOON = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)
TOKEN, SITE = mail_samples.TOKEN, mail_samples.SITE
AGENT = {
    "name": "Marie-Laure Estève",
    "role": "tutrice",
    "links": [{"nav": "parcours", "href": "/parcours", "label": "Parcours"}],
}
LISTS = {"refus": public.DECLINES, "annule": public.CANCELS, "manque": public.MISSES}
FACTS = {
    "publisher": "Agence de Valmarie",
    "director": "Solène Karadec",
    "host": "Nuages de Paris",
    "dpo": "dpo@agence.example",
    "support": "aide@agence.example",
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
BUYER = {
    "name": "Odile <Ramain>",
    "address": "o.ramain@ouvrages.example",
    "local": "o.ramain",
    "domain": "ouvrages.example",
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
    "link": "ab" * 16,
    "version": 1,
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
    "today": date(2026, 12, 2),
    "straight": None,
    "announcement": None,
    "colleague": None,
    "refusal": None,
    "young_notice_of": None,
    "notice": None,
    "erasable": None,
    "can_end": False,
    "can_take": False,
    "past": [],
    "outcomes": None,
    "meeting": None,
}
EMPTY = (
    NOTHING
    | {"record": record_samples.NOTHING}
    | {"turn": None, "steps": [], "coming": None, "days": [], "deposit": None}
)
SAMPLES: dict[str, list[dict[str, object]]] = (
    account_samples.PAGES
    | record_samples.PAGES
    | notice_samples.PAGES
    | {
        "accueil": [{}, {"agent": AGENT}],
        "connexion": [
            {"error": None, "adresse": "", "notice": None},
            {"error": "Cette adresse n’est pas complète.", "adresse": "<m", "notice": None},
            {"error": None, "adresse": "", "notice": ("C’est fait", "Demandez un code.")},
        ],
        "code": [
            {"error": error, "asked_here": here, "elsewhere": "Saisissez le code là-bas.", "over_tls": False}
            for error, here in ((None, True), ("Ce code n’est pas le bon.", True), (None, False))
        ],
        "mentions-legales": [{"facts": FACTS}],
        "donnees-personnelles": [
            {"facts": FACTS, "kept": rights.listed(), "cookie_lives": rights.cookie_lives()}
        ],
        "registre": [{"facts": FACTS, "kept": rights.sheet()}],
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
        "session-terminee": [
            {"action": "/offres/nouvelle", "typed": [("nom", '"><b>'), ("tâches", "a\r\nb")], "kept": True},
            {"action": "/import", "typed": None, "kept": False},
        ],
        **delay_samples.SAMPLES,
        **import_samples.SAMPLES,
        **list_samples.SAMPLES,
        **run_samples.SAMPLES,
        "parcours": [
            {
                "agent": AGENT,
                "nav": "parcours",
                "today": date(2026, 12, 2),
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
                "meeting": None,
                "straight": {"id": "d", "vu": "ferme"},
                "colleague": record_samples.COLLEAGUE,
                "refusal": {"reason": "Personne ne peut accueillir.", "until": NOON},
                "announcement": {
                    "text": "Bonjour <b>",
                    "to": "Nadia",
                    "href": "mailto:n@x.example",
                    "holds": True,
                },
                "young_notice_of": {"url": "/parcours/x/notice", "handed_at": None, "can_hand": True},
                "record": record_samples.EVERYTHING,
                "can_end": True,
                "can_take": False,
                "past": [{"title": "Passage précédent, de février à mars (2 faits)", "days": DAYS}],
            },
            {"agent": AGENT, "nav": "parcours", "parcours": PARCOURS}
            | EMPTY
            | {"turn": TURN | {"act": None}, "deposit": DEPOSIT | {"vu": "ouvert", "etat": "illisible"}},
            {"agent": AGENT, "nav": "parcours", "parcours": PARCOURS} | EMPTY | {"deposit": REFUSED},
            *(
                {"agent": AGENT, "nav": "parcours", "parcours": PARCOURS}
                | EMPTY
                | {"turn": TURN | {"act": None}, "meeting": one}
                for one in meeting_samples.MEETINGS
            ),
            {"agent": AGENT, "nav": "parcours", "parcours": BARE} | EMPTY | {"can_take": True},
            {"agent": AGENT, "nav": "parcours", "parcours": BARE, **EMPTY},
        ],
        "fin": [
            {
                "agent": AGENT,
                "nav": "parcours",
                "parcours": {name: parcours[name] for name in ("id", "reference", "company")},
                "back": "/parcours/x",
                "ends": meeting_samples.ENDS,
                "today": date(2026, 12, 2),
                "history": parcours is BARE,
                "over": parcours is BARE,
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
                "changed": [CONTACT["address"], BUYER["address"]] if buyer else [],
                "passed_to": [CONTACT["address"]] if buyer else [],
                "buyer": buyer,
                "by_buyer": buyer is not None,
                "last_recipient": last,
                "chosen": None if notice else last,
                "notice_url": None if buyer else "/parcours/x/notice",
                "notice": notice,
                "me": {"name": AGENT["name"], "academie": "Valmarie"},
                "valid_until": NOON,
                "max_bytes": 10_000_000,
                "deposits_url": "/parcours/x/depots",
                "parcours_url": "/parcours/x",
            }
            for parcours, last, notice, buyer in (
                (PARCOURS, CONTACT["address"], None, None),
                (PARCOURS, CONTACT["address"], REVOKED, None),
                (PARCOURS, None, None, BUYER),
                (BARE, "autre@ailleurs.example", REVOKED, None),
            )
        ],
        "retrait": [{"motifs": LISTS}, {"motifs": dict.fromkeys(LISTS, ())}],
    }
)
MARKET, MAIL_SAMPLES, HELD = mail_samples.MARKET, mail_samples.SAMPLES, mail_samples.HELD
