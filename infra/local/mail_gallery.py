"""Every message that Passe-plat can send: each template with its sample, then what one template says on other occasions."""

from chalicelib import templating
from chalicelib.domain.documents.notices import Occasion
from chalicelib.words import codes, documents, meetings
from chalicelib.words.documents import FOLLOW_UPS, SENDER_TOO
from infra.local.mail_samples import CHANGED, HELD, MEETING, NOON, SAMPLES, SHEET

Message = tuple[str, dict[str, object]]
"""A template and what it is filled with."""


def messages() -> dict[str, Message]:
    """By a name of their own, which stands in addresses."""
    templates = sorted(path.name for path in (templating.TEMPLATES / "emails").iterdir())
    plain: dict[str, Message] = {name: (name, SAMPLES[name]) for name in templates}
    return plain | _links() | _meetings() | _notices()


def part(message: Message, name: str) -> str:
    """The ``subject.txt``, ``body.txt`` or ``body.html`` of a message."""
    template, context = message
    return templating.render(f"emails/{template}/{name}", **context)


def _links() -> dict[str, Message]:
    return {
        "lien-de-nouveau": ("lien", SAMPLES["lien"] | {"again": True}),
        "lien-acheteur": ("lien", SAMPLES["lien"] | {"held": HELD | {"buys": True}}),
        "lien-code": ("lien", SAMPLES["lien"] | {"held": HELD | {"code": True}}),
        "lien-second": ("lien", SAMPLES["lien"] | {"held": HELD | {"passes": False}}),
        "rappel-acheteur": ("rappel", SAMPLES["rappel"] | {"held": HELD | {"buys": True}}),
        "rappel-second": ("rappel", SAMPLES["rappel"] | {"held": HELD | {"passes": False}}),
        "rappel-ouvert": ("rappel", SAMPLES["rappel"] | {"opened": True}),
        "rappel-sans-lien": (
            "rappel",
            SAMPLES["rappel"] | {"url": None, "valid_until": None, "asked": {"written": True, "buys": False}},
        ),
        "avis-echec-equipe": ("avis-echec", SAMPLES["avis-echec"] | {"team": True}),
        "avis-echec-doute": ("avis-echec", SAMPLES["avis-echec"] | {"doubt": True}),
        "fin-entreprise-acheteur": ("fin-entreprise", SAMPLES["fin-entreprise"] | {"buys": True}),
        "fin-acheteur-sans-envoi": ("fin-acheteur", SAMPLES["fin-acheteur"] | {"sent": False, "free": False}),
        "contacts-changes-soi": (
            "contacts-changes",
            SAMPLES["contacts-changes"] | {"by": None, "parcours": [CHANGED, CHANGED]},
        ),
        "passe-a-fermeture": ("passe-a", SAMPLES["passe-a"] | {"parcours": None}),
        "refus-annule": ("refus", SAMPLES["refus"] | {"until": None}),
    }


def _meetings() -> dict[str, Message]:
    found: dict[str, Message] = {}
    for occasion, (title, lead) in meetings.MEETINGS.items():
        left = occasion == meetings.LEFT
        cancelled = left or occasion == meetings.CANCELLED
        context = MEETING | {"title": title, "lead": lead, "cancelled": cancelled}
        if occasion != meetings.FIXED:
            context |= {"first": None}
        if left:
            context |= {"when": None}
        found[f"rendez-vous-{occasion}"] = ("rendez-vous", context)
    at_a_distance = {"place": meetings.AT_A_DISTANCE, "video": "https://visio.morvenne.example/salle-3"}
    return found | {"rendez-vous-a-distance": ("rendez-vous", MEETING | at_a_distance)}


def _notices() -> dict[str, Message]:
    told = {kind.value: text for kind, text in codes.RESERVATIONS.items()}
    told |= {occasion.value: text for occasion, text in FOLLOW_UPS.items()}
    title, lines, act = FOLLOW_UPS[Occasion.UNREADABLE]
    told["unreadable-sender"] = (title, [*lines[:-1], SENDER_TOO], act)
    told |= {f"declined-{role.value}": text for role, text in documents.DECLINED.items()}
    told |= {f"undone-{role.value}": text for role, text in documents.UNDONE.items()}
    told["colleague"] = documents.QUESTION
    told["colleague-nobody"] = documents.NOBODY_AGREES
    facts = {
        "until": f"{NOON:%d/%m/%Y}",
        "reason": "Autre motif.",
        "name": "Hugo Tissier",
        "address": "h@autre.example",
    }
    return {
        f"avis-suite-{name.replace('_', '-')}": (
            "avis-suite",
            SHEET | {"title": title, "lines": [line.format(**facts) for line in lines], "act_label": act},
        )
        for name, (title, lines, act) in told.items()
    }
