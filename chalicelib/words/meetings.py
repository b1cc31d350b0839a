"""The French of meetings: what the mails about one say first, and the reasons to choose from."""

from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.meetings.appointment import OTHERS

SUMMARY = "Rencontre, clause sociale de formation, {reference}"
"""What a calendar shows of the meeting: the reference, never a name."""
DESCRIPTION = (
    "Répondre dans l’agenda (« accepter », « refuser ») ne prévient personne.\n"
    "Un empêchement, une autre date, une question ? Écrivez à {name} : {address}\n"
    "Si la rencontre est déplacée ou annulée, vous recevrez un message qui met votre agenda à jour."
)
"""What a calendar says beside it: the same to everybody."""
LEFT_DESCRIPTION = "Répondre dans l’agenda ne prévient personne.\nUne question ? Écrivez à {name} : {address}"
"""The same to whoever is invited no more."""
AT_A_DISTANCE = "À distance"
FIXED, MOVED, PEOPLE = "fixed", "moved", "people"
CANCELLED, TOMORROW, LEFT = "cancelled", "tomorrow", "left"
MEETINGS = {
    FIXED: (
        "Le rendez-vous est fixé",
        "La date est convenue pour la rencontre avec le jeune. L’invitation est jointe à ce message.",
    ),
    MOVED: (
        "Le rendez-vous a changé",
        "Voici ce qui est convenu maintenant. L’invitation jointe remplace la précédente.",
    ),
    PEOPLE: (
        "Le rendez-vous : d’autres invités",
        "Les personnes invitées ont changé. Voici ce qui est convenu maintenant ; l’invitation jointe remplace la précédente.",
    ),
    CANCELLED: (
        "Le rendez-vous est annulé",
        "La rencontre n’aura pas lieu à cette date. Le fichier joint la retire de votre agenda.",
    ),
    TOMORROW: (
        "C’est demain : la rencontre avec le jeune",
        "La rencontre prévue a lieu demain. Ce n’est pas un entretien d’embauche.",
    ),
    LEFT: (
        "Votre invitation au rendez-vous est retirée",
        "Votre présence n’est plus demandée à cette rencontre. Le fichier joint la retire de votre agenda.",
    ),
}
"""Title and first sentence of a mail about a meeting."""
OTHER_DATES = {
    Reason.DATES_UNSUITABLE: "Aucune des dates proposées ne convient.",
    Reason.SCHOOL_HOLIDAYS: "Les dates proposées tombent pendant les vacances scolaires du jeune.",
    Reason.TOO_LONG: "Elles sont passées avant que nous ayons pu vous répondre.",
    Reason.OTHER: "Les dates proposées ne peuvent pas être retenues.",
}
"""Why other dates are asked for, as the company reads it."""
OTHER_REASONS = {
    Reason.DATES_UNSUITABLE: "Aucune ne convient",
    Reason.SCHOOL_HOLIDAYS: "Ce sont les vacances scolaires",
    Reason.OTHER: "Autre motif",
}
CANCEL_REASONS = {
    Reason.DATES_UNSUITABLE: "La date ne convient plus",
    Reason.PUT_OFF: "La rencontre est reportée",
    Reason.COMPANY_ABSENT: "L’entreprise ne peut pas venir",
    Reason.YOUNG_PERSON_ABSENT: "Le jeune ne peut pas venir",
    Reason.OTHER: "Autre motif",
}


def reasons(asked: tuple[Reason, ...]) -> list[dict[str, str]]:
    """The options of a form: ``OTHERS`` or ``CANCELS``."""
    labels = OTHER_REASONS if asked is OTHERS else CANCEL_REASONS
    return [{"code": reason.value, "label": labels[reason]} for reason in asked]
