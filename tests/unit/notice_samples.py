"""Invented contexts for the notice and for the form of rights (see ``look_samples.py``)."""

from chalicelib.web import rights
from infra.local.mail_samples import NOON, SITE
from tests.unit.account_samples import AGENT

DPO = "dpo@agence.example"
NOTICE_FACTS = {
    "publisher": "Agence de Valmarie",
    "dpo": DPO,
    "kept": rights.notice(),
    "form": f"{SITE}/donnees-personnelles/demande",
}
NOTICE = {
    "agent": AGENT,
    "nav": "parcours",
    "facts": NOTICE_FACTS,
    "reference": "CSF-7K3Q-92",
    "company": "Jardins <Morvenne>",
    "path": "/parcours/x",
}
DEMANDE = {
    "values": {"reference": "<x>", "demande": "acces", "qui": "", "adresse": ""},
    "error": None,
    "stopped": None,
    "sent": False,
    "dpo": DPO,
    "kinds": [{"code": "acces", "label": "Savoir"}],
    "askers": [{"code": "jeune", "label": "Le jeune"}],
}
PAGES: dict[str, list[dict[str, object]]] = {
    "notice": [
        {
            "facts": NOTICE_FACTS,
            "reference": None,
            "company": None,
            "path": None,
            "handed_at": None,
            "can_hand": False,
        },
        NOTICE | {"handed_at": None, "can_hand": True},
        NOTICE | {"handed_at": NOON, "can_hand": False, "reference": None},
    ],
    "demande": [
        DEMANDE,
        DEMANDE | {"error": {"field": "reference", "message": "Cette référence n’est pas complète."}},
        DEMANDE | {"stopped": "busy"},
        DEMANDE | {"stopped": "down"},
        DEMANDE | {"sent": True},
    ],
}
