"""The French of lists: titles, filters, orders, last facts; and the slugs by which an address says them."""

from chalicelib.domain.kernel.parcours import ParcoursStatus, Setback, Step
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role, Words
from chalicelib.domain.lists import Distance, Sort

STATUS_SLUG = {
    ParcoursStatus.AVAILABLE: "disponible",
    ParcoursStatus.IN_PREPARATION: "en-preparation",
    ParcoursStatus.IN_PROGRESS: "en-realisation",
    ParcoursStatus.COMPLETED: "realise",
    ParcoursStatus.LAPSED: "echu",
    ParcoursStatus.WITHDRAWN: "retire",
}
STEP_SLUG = {
    Step.DOCUMENTS_TO_SEND: "documents-a-envoyer",
    Step.LINK_SENT: "lien-envoye",
    Step.OPENED: "lien-ouvert",
    Step.RECEIVED: "documents-remis",
    Step.SLOTS_PROPOSED: "dates-proposees",
    Step.MEETING_FIXED: "rendez-vous-fixe",
    Step.MEETING_HELD: "rendez-vous-tenu",
    Step.CONVENTION_SIGNED: "convention-signee",
}
TURN_SLUG = {
    Role.COMPANY: "entreprise",
    Role.BUYER: "achat",
    Role.TUTOR: "tutorat",
    Role.COORDINATOR: "coordination",
    Role.TEAM: "equipe",
}
MINE_SLUG = "moi"
SORT_SLUG = {Sort.NOTIFIED: "notification", Sort.LATE: "retard", Sort.LAST_FACT: "dernier-fait"}
DISTANCE_SLUG = {
    Distance.DEPARTEMENT: "departement",
    Distance.ACADEMIE: "academie",
    Distance.REGION: "region",
    Distance.ANYWHERE: "partout",
}

TITLE = {
    ParcoursStatus.AVAILABLE: "Offres disponibles",
    ParcoursStatus.IN_PREPARATION: "Parcours en préparation",
    ParcoursStatus.IN_PROGRESS: "Parcours en réalisation",
    ParcoursStatus.COMPLETED: "Parcours réalisés",
    ParcoursStatus.LAPSED: "Offres échues",
    ParcoursStatus.WITHDRAWN: "Offres retirées",
}
TITLE_OF_SEVERAL, SLUG_OF_SEVERAL = "Parcours, tous les statuts", "tous-statuts"
FORMERLY = "la référence cherchée est celle d’un passage terminé"
SORT = {
    Sort.NOTIFIED: "Notification",
    Sort.LATE: "Retard",
    Sort.LAST_FACT: "Dernier fait",
}
ORDER = {
    Sort.NOTIFIED: "notification la plus ancienne en premier",
    Sort.LATE: "retard le plus long en premier",
    Sort.LAST_FACT: "dernier fait le plus récent en premier",
}
DISTANCE = {
    Distance.DEPARTEMENT: "Votre département",
    Distance.ACADEMIE: "Votre académie",
    Distance.REGION: "Votre région académique",
    Distance.ANYWHERE: "Partout",
}
"""How far one looks."""
WHERE = {
    Distance.DEPARTEMENT: "Dans votre département",
    Distance.ACADEMIE: "Dans votre académie",
    Distance.REGION: "Dans votre région académique",
    Distance.ANYWHERE: "Plus loin",
}
"""Where one offer is."""
FILTER = {
    "statut": "Statut",
    "etape": "Étape",
    "academie": "Académie",
    "region": "Région académique",
    "acheteur": "Acheteur",
    "domaine": "Domaine",
    "heures": "Heures",
    "depuis": "Notifié à partir du",
    "tour": "À qui de jouer",
    "retard": "En retard",
    "echeance": "Échéance proche",
    "q": "Entreprise, marché ou référence",
    "tri": "Ordre",
    "page": "Page",
    "ou": "Où",
}
"""Each parameter of an address, as its field is called."""
MINE = "À vous"
SETBACK = Words(
    {
        Setback.MAIL_FAILED: "Message non parti",
        Setback.MAIL_IN_DOUBT: "Lien peut-être parti",
        Setback.MAIL_BOUNCED: "Message revenu",
        Setback.UNREADABLE: "Documents illisibles",
        Setback.LINK_CLOSED: "Lien fermé",
        Setback.SENDING_REQUESTED: "Nouvel envoi demandé",
        Setback.DECLINED: "Refus de l’entreprise",
        Setback.MEETING_MISSED: "Rendez-vous manqué",
    },
    stranger="À revoir",
)
"""What went wrong, said in place of the step."""
LAST = Words(
    {
        EventKind.OFFER_DECLARED: "Offre déclarée",
        EventKind.OFFER_EDITED: "Offre modifiée",
        EventKind.OFFER_IMPORTED: "Offre reprise",
        EventKind.OFFER_TAKEN: "Offre prise",
        EventKind.RESERVATION_LAPSED: "Offre libérée",
        EventKind.PASSAGE_LAPSED: "Passage sans nouvelles",
        EventKind.TUTOR_ASSIGNED: "Suivi confié",
        EventKind.CONTACTS_CONFIRMED: "Contacts vérifiés",
        EventKind.ATTEMPT_OPENED: "Passage ouvert",
        EventKind.NOTICE_HANDED_OVER: "Notice remise au jeune",
        EventKind.DEPOSIT_OPENED: "Envoi commencé",
        EventKind.DEPOSIT_ABANDONED: "Envoi abandonné",
        EventKind.DOCUMENTS_RECEIVED: "Documents arrivés",
        EventKind.DOCUMENTS_VERIFIED: "Documents vérifiés",
        EventKind.DOCUMENTS_REFUSED: "Documents refusés",
        EventKind.LINK_SENT: "Lien envoyé",
        EventKind.LINK_MAY_HAVE_LEFT: "Lien peut-être parti",
        EventKind.LINK_RESENT: "Lien renvoyé",
        EventKind.LINK_OPENED: "Lien ouvert",
        EventKind.LINK_REVOKED: "Envoi retiré",
        EventKind.LINK_EXPIRED: "Lien expiré",
        EventKind.LINK_CLOSED: "Lien fermé",
        EventKind.MAIL_FAILED: "Message non parti",
        EventKind.COMPANY_MAIL_LOST: "Message non parti",
        EventKind.BUYER_MAIL_LOST: "Message non parti",
        EventKind.MAIL_DELIVERED: "Message arrivé",
        EventKind.MAIL_BOUNCED: "Message revenu",
        EventKind.DOCUMENTS_CONFIRMED: "Documents remis",
        EventKind.DOCUMENTS_UNREADABLE: "Documents illisibles",
        EventKind.DOCUMENTS_ERASED: "Documents effacés",
        EventKind.ERASURE_REQUESTED: "Effacement demandé",
        EventKind.SENDING_REQUESTED: "Nouvel envoi demandé",
        EventKind.COPIES_DELETED: "Copies supprimées",
        EventKind.COLLEAGUE_NAMED: "Bonne personne indiquée",
        EventKind.COLLEAGUE_ADDED: "Transmis à une ou un collègue",
        EventKind.COLLEAGUE_AGREED: "Collègue accepté",
        EventKind.LINK_PASSED_ON: "Lien passé à l’entreprise",
        EventKind.SLOTS_PROPOSED: "Dates proposées",
        EventKind.SLOT_ACCEPTED: "Date acceptée",
        EventKind.OTHER_SLOTS_ASKED: "Autres dates demandées",
        EventKind.MEETING_FIXED: "Rendez-vous fixé",
        EventKind.MEETING_MOVED: "Rendez-vous déplacé",
        EventKind.MEETING_CANCELLED: "Rendez-vous annulé",
        EventKind.MEETING_HELD: "Rendez-vous tenu",
        EventKind.MEETING_MISSED: "Rendez-vous manqué",
        EventKind.COMPANY_DECLINED: "Refus de l’entreprise",
        EventKind.DECLINE_UNDONE: "Refus repris",
        EventKind.YOUNG_PERSON_WITHDREW: "Le jeune a renoncé",
        EventKind.ATTEMPT_STOPPED: "Passage arrêté",
        EventKind.CONVENTION_SIGNED: "Convention signée",
        EventKind.PLACEMENT_STARTED: "Stage commencé",
        EventKind.PLACEMENT_ENDED: "Stage terminé",
        EventKind.REVIEW_DONE: "Bilan fait",
        EventKind.CALL_NOTED: "Appel noté",
        EventKind.CLAUSE_EXPLAINED: "Clause expliquée",
        EventKind.DATES_PROMISED: "Dates promises",
        EventKind.CALL_BACK_PLANNED: "Rappel prévu",
        EventKind.MAIL_SENT_OUTSIDE: "Message envoyé",
        EventKind.DOCUMENTS_SENT_OUTSIDE: "Transmis autrement",
        EventKind.REMINDER_SENT: "Rappel envoyé",
        EventKind.BUYER_TOLD: "Achats prévenus",
        EventKind.TURN_PASSED: "Main passée",
        EventKind.ABSENCE_ANNOUNCED: "Absence annoncée",
        EventKind.CORRECTED: "Fait corrigé",
        EventKind.PARCOURS_LAPSED: "Marché terminé",
        EventKind.PARCOURS_WITHDRAWN: "Offre retirée",
    },
    stranger="Fait pas encore connu ici",
)
"""The last fact of a parcours, in a word or two."""


def title(statuses: tuple[ParcoursStatus, ...]) -> str:
    """The heading of a list that looks through these."""
    return TITLE[statuses[0]] if len(statuses) == 1 else TITLE_OF_SEVERAL


def slug(statuses: tuple[ParcoursStatus, ...]) -> str:
    """How the name of an export says them."""
    return STATUS_SLUG[statuses[0]] if len(statuses) == 1 else SLUG_OF_SEVERAL
