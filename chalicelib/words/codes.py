"""The French of every code: one table for pages, mails and the slugs of the HTTP surface (the timeline: ``timeline_words``)."""

from datetime import datetime, timedelta

from chalicelib.clock import iso
from chalicelib.domain.documents.opening import LinkState
from chalicelib.domain.kernel.deposit import Deposit, DepositState, Document, DocumentState, Mailing
from chalicelib.domain.kernel.parcours import ContactRole, Parcours, ParcoursStatus, Step
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Kind, Role, Words
from chalicelib.domain.retention import Asker, Right
from chalicelib.words import timeline

STRANGER_SLUG = "pas_encore_connu"
STATUS = Words(
    {
        ParcoursStatus.AVAILABLE: "Disponible",
        ParcoursStatus.IN_PREPARATION: "En préparation",
        ParcoursStatus.IN_PROGRESS: "En réalisation",
        ParcoursStatus.COMPLETED: "Réalisé",
        ParcoursStatus.LAPSED: "Échu",
        ParcoursStatus.WITHDRAWN: "Retiré",
    },
    stranger="Statut pas encore connu ici",
)
STEP = Words(
    {
        Step.DOCUMENTS_TO_SEND: "Documents à envoyer",
        Step.LINK_SENT: "Lien envoyé",
        Step.OPENED: "Lien ouvert",
        Step.RECEIVED: "Documents remis",
        Step.SLOTS_PROPOSED: "Dates proposées",
        Step.MEETING_FIXED: "Rendez-vous fixé",
        Step.MEETING_HELD: "Rendez-vous tenu",
        Step.CONVENTION_SIGNED: "Convention signée",
    },
    stranger="Étape pas encore connue ici",
)
RIGHT = {
    Right.ACCESS: "savoir ce qui est gardé (accès)",
    Right.RECTIFICATION: "faire corriger (rectification)",
    Right.ERASURE: "faire effacer (effacement)",
    Right.OBJECTION: "refuser l’usage (opposition)",
    Right.RESTRICTION: "faire limiter l’usage (limitation)",
}
ASKER = {Asker.YOUNG_PERSON: "le jeune", Asker.PARENT: "un parent ou représentant légal"}
ROLE = Words(
    {
        Role.TUTOR: "Tutrice ou tuteur",
        Role.COORDINATOR: "Coordinatrice ou coordinateur",
        Role.BUYER: "Acheteuse ou acheteur",
        Role.PRESCRIBER: "Service prescripteur",
        Role.TEAM: "Équipe",
        Role.COMPANY: "Entreprise",
        Role.SYSTEM: "Passe-plat",
    },
    stranger="Quelqu’un",
)
CONTACT_ROLE = Words(
    {ContactRole.ANSWERS_TENDER: "Répond au marché", ContactRole.WELCOMES: "Accueille"},
    stranger="Rôle pas encore connu ici",
)
KIND = Words({Kind.CV: "CV", Kind.LETTER: "Lettre"}, stranger="Document")
DEPOSIT_SLUG = Words(
    {
        DepositState.EXPECTED: "attendu",
        DepositState.RECEIVED: "recu",
        DepositState.VERIFIED: "verifie",
        DepositState.REFUSED: "refuse",
        DepositState.LEFT: "parti",
        DepositState.OPENED: "ouvert",
        DepositState.CONFIRMED: "remis",
        DepositState.UNREADABLE: "illisible",
        DepositState.EXPIRED: "expire",
        DepositState.REVOKED: "revoque",
        DepositState.ERASED: "efface",
    },
    stranger=STRANGER_SLUG,
)
DEPOSIT = Words(
    {
        DepositState.EXPECTED: "Envoi commencé",
        DepositState.RECEIVED: "Arrivé, en cours de vérification",
        DepositState.VERIFIED: "Vérifié, le lien va partir",
        DepositState.REFUSED: "Refusé",
        DepositState.LEFT: "Lien envoyé, pas encore ouvert",
        DepositState.OPENED: "Ouvert, pas encore confirmé",
        DepositState.CONFIRMED: "Remis",
        DepositState.UNREADABLE: "L’entreprise n’a pas pu lire",
        DepositState.EXPIRED: "Expiré",
        DepositState.REVOKED: "Retiré",
        DepositState.ERASED: "Effacé à la demande",
    },
    stranger="État pas encore connu ici",
)
DOCUMENT_SLUG = Words(
    {
        DocumentState.EXPECTED: "attendu",
        DocumentState.RECEIVED: "recu",
        DocumentState.VERIFIED: "verifie",
        DocumentState.REFUSED: "refuse",
    },
    stranger=STRANGER_SLUG,
)
DOCUMENT = Words(
    {
        DocumentState.EXPECTED: "Attendu",
        DocumentState.RECEIVED: "Arrivé",
        DocumentState.VERIFIED: "Vérifié",
        DocumentState.REFUSED: "Refusé",
    },
    stranger="État pas encore connu ici",
)
MAILING_SLUG = Words(
    {
        Mailing.UNDER_WAY: "en_cours",
        Mailing.ACCEPTED: "accepte",
        Mailing.FAILED: "echoue",
        Mailing.DELIVERED: "distribue",
        Mailing.REJECTED: "rejete",
    },
    stranger=STRANGER_SLUG,
)
LINK_SLUG = {
    LinkState.TO_OPEN: "a_ouvrir",
    LinkState.OPENED_HERE: "ouvert_ici",
    LinkState.ALREADY_OPENED: "deja_ouvert",
    LinkState.EXPIRED: "expire",
    LinkState.REVOKED: "revoque",
    LinkState.ERASED: "efface",
    LinkState.CLOSED: "ferme",
}
RESERVATIONS = {
    MailKind.RESERVATION_WARNING: (
        "Votre réservation prend fin bientôt",
        [
            "Vous avez pris cette offre, et rien n’est encore parti. Sans envoi d’ici le {until}, elle redevient libre.",
            "Si les documents sont prêts, envoyez-les. Sinon, vous pourrez la reprendre tant que personne d’autre ne l’a prise.",
        ],
        "Ouvrir ce parcours",
    ),
    MailKind.RESERVATION_LAPSED: (
        "L’offre est de nouveau libre",
        [
            "Rien n’est parti à temps : votre réservation a pris fin. L’historique reste.",
            "Si le jeune est toujours intéressé, reprenez l’offre tant qu’elle est libre.",
        ],
        "Revoir cette offre",
    ),
    MailKind.PASSAGE_LAPSED: (
        "Le passage est considéré comme terminé",
        [
            "Rien n’a été noté sur ce passage depuis longtemps : il est terminé, et l’offre est libre. L’historique reste.",
            "Si le passage continue, corrigez ce fait sur la page du parcours, tant que l’offre est libre.",
        ],
        "Ouvrir ce parcours",
    ),
}
"""Title, sentences and button of each notice about what ends by itself; ``{until}`` is a reservation's last day."""
END_LABELS = {
    EventKind.YOUNG_PERSON_WITHDREW: "Le jeune a renoncé",
    EventKind.ATTEMPT_STOPPED: "Le stage s’est arrêté",
    EventKind.MEETING_MISSED: "Le rendez-vous a été manqué",
}


def roles(held: frozenset[Role]) -> str:
    """« Tutrice ou tuteur, coordinatrice ou coordinateur »."""
    text = ", ".join(ROLE[role].lower() for role in Role if role in held)
    return text[:1].upper() + text[1:]


def market_facts(parcours: Parcours) -> dict[str, object]:
    """What the recipient may know of the parcours: the reminder of her *fiche entreprise*. Keys of design §7."""
    return {
        "reference": parcours.reference,
        "marche": parcours.contract.object,
        "lot": parcours.contract.lot,
        "acheteur": parcours.contract.organisation,
        "entreprise": parcours.company.name,
        "heures": parcours.placement.hours,
        "lieu": parcours.placement.town,
        "taches": parcours.placement.tasks,
    }


def document_message(document: Document) -> str | None:
    """What is to be said of one document beside its state; None when there is nothing."""
    if document.refusal is not None:
        return " ".join(timeline.REFUSED_DOCUMENT[document.refusal])
    if document.hidden_details:
        return "Accepté. Ce PDF contient des informations cachées (auteur, versions) : l’entreprise pourrait les voir."
    return None


LATE_INSPECTION = timedelta(minutes=2)


def progress(deposit: Deposit, now: datetime) -> dict[str, object]:
    """A deposit as ``GET /depots/{id}`` shows it (design §7)."""
    late = (
        deposit.state is DepositState.RECEIVED
        and deposit.received_at
        and now - deposit.received_at > LATE_INSPECTION
    )
    documents: list[dict[str, str]] = []
    for one in deposit.contents.documents if deposit.contents else ():
        shown = {"kind": one.kind.value, "etat": DOCUMENT_SLUG[one.state]}
        message = document_message(one) or (
            "La vérification tarde. Rien n’est perdu : l’envoi partira dès qu’elle reprend." if late else None
        )
        if message is not None:
            shown["message"] = message
        documents.append(shown)
    return {
        "etat": DEPOSIT_SLUG[deposit.state],
        "envoi": MAILING_SLUG[deposit.mailing] if deposit.mailing else None,
        "depuis": iso(deposit.changed_at),
        "documents": documents
        or [{"kind": kind.value, "etat": DEPOSIT_SLUG[deposit.state]} for kind in deposit.kinds],
    }
