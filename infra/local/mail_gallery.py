"""Every message that Passe-plat can send: each template with its sample, then what one template says on other occasions."""

from chalicelib import templating
from chalicelib.domain.documents.notices import Occasion
from chalicelib.words import mails
from chalicelib.words.mails import NOTICES, SENDER_TOO, Notice
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
    for occasion, (title, lead) in mails.MEETINGS.items():
        left = occasion == mails.LEFT
        cancelled = left or occasion == mails.CANCELLED
        context = MEETING | {"title": title, "lead": lead, "cancelled": cancelled}
        if occasion != mails.FIXED:
            context |= {"first": None}
        if left:
            context |= {"when": None}
        found[f"rendez-vous-{occasion}"] = ("rendez-vous", context)
    at_a_distance = {"place": mails.AT_A_DISTANCE, "video": "https://visio.morvenne.example/salle-3"}
    return found | {"rendez-vous-a-distance": ("rendez-vous", MEETING | at_a_distance)}


def _notices() -> dict[str, Message]:
    notices = {code.value: notice for code, notice in NOTICES.items()}
    unreadable = NOTICES[Occasion.UNREADABLE]
    notices["unreadable-sender"] = Notice(
        unreadable.title, *unreadable.lines[:-1], SENDER_TOO, act=unreadable.act
    )
    facts = {
        "until": f"{NOON:%d/%m/%Y}",
        "reason": "Autre motif.",
        "name": "Hugo Tissier",
        "address": "h@autre.example",
    }
    return {
        f"avis-suite-{name.replace('_', '-')}": (
            "avis-suite",
            SHEET
            | {
                "title": one.title,
                "lines": [line.format(**facts) for line in one.lines],
                "act_label": one.act,
            },
        )
        for name, one in notices.items()
    }
