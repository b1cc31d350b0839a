"""What the team's banner says on every page."""

from datetime import datetime

from chalicelib import french
from chalicelib.domain.banner import Banner, Sentence

SENTENCES: dict[Sentence, tuple[str, str]] = {
    Sentence.MAINTENANCE: (
        "Entretien du site",
        "Le site peut ne pas répondre pendant ce temps. Terminez avant ce que vous avez commencé : ce qui est enregistré "
        "le reste.",
    ),
    Sentence.MAIL_DELAYED: (
        "Nos messages partent en retard",
        "Codes, liens et rappels peuvent tarder. Attendez avant d’en demander d’autres.",
    ),
    Sentence.SENDING_STOPPED: (
        "L’envoi de documents est arrêté pour l’instant",
        "Un CV ou une lettre ne peut pas partir. Revenez plus tard, ou prévenez l’entreprise par téléphone.",
    ),
    Sentence.SLOW: (
        "Le site répond lentement",
        "Si une page ne vient pas, attendez une minute, puis rechargez-la. Ce qui est enregistré le reste.",
    ),
    Sentence.FAKE_MAILS: (
        "De faux messages imitent les nôtres",
        "Nous ne demandons ni mot de passe ni paiement. En cas de doute, n’ouvrez pas le lien : téléphonez à la personne "
        "qui vous écrit.",
    ),
}
"""The title and the text of each; a maintenance has its day and hours in the title too."""


def format_title(banner: Banner, now: datetime) -> str:
    """Write the title of a banner: of a maintenance when it is, or that it is under way."""
    title, _ = SENTENCES[banner.sentence]
    if banner.starts_at is None:
        return title
    if now >= banner.starts_at:
        return f"{title} en cours, jusqu’à {french.heure(banner.ends_at)}"
    return (
        f"{title} prévu le {french.jour(banner.starts_at)}, "
        f"de {french.heure(banner.starts_at)} à {french.heure(banner.ends_at)}"
    )
