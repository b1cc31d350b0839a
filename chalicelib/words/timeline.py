"""The French of the timeline: every fact, every reason, every refusal of a document."""

from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.values import Kind, Words

REFUSED_DOCUMENT = Words(
    {
        Reason.NOT_A_PDF: (
            "Ce fichier n’est pas un PDF.",
            "Enregistrez-le au format PDF, puis choisissez-le de nouveau.",
        ),
        Reason.PROTECTED: (
            "Ce PDF est protégé par un mot de passe ou par des restrictions.",
            "Enregistrez-le sans protection, puis choisissez-le de nouveau.",
        ),
        Reason.ACTIVE: (
            "Ce PDF contient des éléments actifs (script, lancement de programme, formulaire qui s’envoie).",
            "Ouvrez-le, choisissez Imprimer puis « Enregistrer au format PDF », et envoyez ce nouveau fichier.",
        ),
        Reason.ATTACHMENTS: (
            "Ce PDF contient des fichiers joints.",
            "Ouvrez-le, choisissez Imprimer puis « Enregistrer au format PDF », et envoyez ce nouveau fichier.",
        ),
        Reason.PAGE_COUNT: (
            "Le document doit avoir de 1 à 30 pages.",
            "Gardez les pages utiles, enregistrez au format PDF, puis choisissez-le de nouveau.",
        ),
        Reason.UNVERIFIABLE: (
            "Ce PDF n’a pas pu être vérifié : il est abîmé ou trop compliqué.",
            "Ouvrez-le, choisissez Imprimer puis « Enregistrer au format PDF », et envoyez ce nouveau fichier.",
        ),
        Reason.NOT_AS_DECLARED: (
            "Ce qui est arrivé n’est pas ce que votre navigateur avait annoncé.",
            "Rechargez la page, puis choisissez le document de nouveau.",
        ),
    },
    stranger=("Ce document a été refusé.", "Rechargez la page dans une heure pour lire pourquoi."),
)
"""Why a document was refused, and what to do."""

FACTS = Words(
    {
        EventKind.OFFER_DECLARED: "a déclaré l’offre",
        EventKind.OFFER_EDITED: "a modifié l’offre",
        EventKind.OFFER_IMPORTED: "a repris l’offre de l’ancien tableau",
        EventKind.OFFER_TAKEN: "a pris cette offre",
        EventKind.RESERVATION_LAPSED: "a libéré l’offre, restée sans envoi",
        EventKind.PASSAGE_LAPSED: "a mis fin au passage, resté sans nouvelles",
        EventKind.TUTOR_ASSIGNED: "a désigné une tutrice ou un tuteur",
        EventKind.CONTACTS_CONFIRMED: "a confirmé les contacts",
        EventKind.ATTEMPT_OPENED: "a ouvert un nouveau passage",
        EventKind.NOTICE_HANDED_OVER: "a remis la notice au jeune",
        EventKind.DEPOSIT_OPENED: "a commencé l’envoi {du}",
        EventKind.DEPOSIT_ABANDONED: "a fermé un envoi commencé, jamais arrivé en entier",
        EventKind.DOCUMENTS_RECEIVED: "a envoyé {le}",
        EventKind.DOCUMENTS_VERIFIED: "a vérifié {le}",
        EventKind.DOCUMENTS_REFUSED: "a refusé {le}",
        EventKind.LINK_SENT: "a envoyé le lien",
        EventKind.LINK_MAY_HAVE_LEFT: "a peut-être envoyé le lien, sans en avoir la confirmation",
        EventKind.LINK_RESENT: "a envoyé un nouveau lien, l’ancien ne marche plus",
        EventKind.LINK_OPENED: "a ouvert le lien",
        EventKind.LINK_REVOKED: "a retiré l’envoi, le lien ne marche plus",
        EventKind.LINK_EXPIRED: "a fermé le lien, resté sans ouverture",
        EventKind.LINK_CLOSED: "a fermé le lien",
        EventKind.MAIL_FAILED: "n’a pas pu envoyer le message",
        EventKind.COMPANY_MAIL_LOST: "n’a pas pu envoyer un message à l’entreprise",
        EventKind.BUYER_MAIL_LOST: "n’a pas pu envoyer un message à l’acheteuse ou à l’acheteur",
        EventKind.MAIL_DELIVERED: "a vu le message arriver",
        EventKind.MAIL_BOUNCED: "a reçu le message en retour : adresse qui ne répond pas",
        EventKind.DOCUMENTS_CONFIRMED: "a dit : « J’ai bien pu lire »",
        EventKind.DOCUMENTS_UNREADABLE: "a dit : « Je n’ai pas pu lire »",
        EventKind.DOCUMENTS_ERASED: "a effacé {le}",
        EventKind.ERASURE_REQUESTED: "a demandé l’effacement",
        EventKind.SENDING_REQUESTED: "a demandé un nouvel envoi",
        EventKind.COPIES_DELETED: "dit avoir supprimé ses copies",
        EventKind.COLLEAGUE_NAMED: "a indiqué la bonne personne",
        EventKind.COLLEAGUE_ADDED: "a fait suivre à une ou un collègue",
        EventKind.COLLEAGUE_AGREED: "a accepté la ou le collègue",
        EventKind.LINK_PASSED_ON: "a passé le lien à l’entreprise",
        EventKind.SLOTS_PROPOSED: "a proposé des dates",
        EventKind.SLOT_ACCEPTED: "a accepté une date",
        EventKind.OTHER_SLOTS_ASKED: "a demandé d’autres dates",
        EventKind.MEETING_FIXED: "a fixé le rendez-vous",
        EventKind.MEETING_MOVED: "a déplacé le rendez-vous",
        EventKind.MEETING_CANCELLED: "a annulé le rendez-vous",
        EventKind.MEETING_HELD: "a noté que le rendez-vous a eu lieu",
        EventKind.MEETING_MISSED: "a noté un rendez-vous manqué",
        EventKind.COMPANY_DECLINED: "a décliné",
        EventKind.DECLINE_UNDONE: "a annulé le refus",
        EventKind.YOUNG_PERSON_WITHDREW: "a noté que le jeune a renoncé",
        EventKind.ATTEMPT_STOPPED: "a noté l’arrêt du passage",
        EventKind.CONVENTION_SIGNED: "a noté la signature de la convention",
        EventKind.PLACEMENT_STARTED: "a noté le début du stage",
        EventKind.PLACEMENT_ENDED: "a noté la fin du stage",
        EventKind.REVIEW_DONE: "a noté le bilan",
        EventKind.CALL_NOTED: "a noté un appel",
        EventKind.CLAUSE_EXPLAINED: "a expliqué la clause",
        EventKind.DATES_PROMISED: "a noté : des dates sont promises",
        EventKind.CALL_BACK_PLANNED: "a prévu de rappeler",
        EventKind.MAIL_SENT_OUTSIDE: "a noté un message envoyé hors de Passe-plat",
        EventKind.DOCUMENTS_SENT_OUTSIDE: "a noté des documents transmis hors de Passe-plat",
        EventKind.REMINDER_SENT: "a rappelé l’envoi",
        EventKind.BUYER_TOLD: "a prévenu l’acheteuse ou l’acheteur",
        EventKind.TURN_PASSED: "a passé la main",
        EventKind.ABSENCE_ANNOUNCED: "a annoncé une absence",
        EventKind.CORRECTED: "a corrigé un fait",
        EventKind.PARCOURS_LAPSED: "a noté la fin du marché",
        EventKind.PARCOURS_WITHDRAWN: "a retiré l’offre",
    },
    stranger="a fait quelque chose que cette page ne sait pas encore dire",
)
DETAILS = Words(
    {
        Reason.NEVER_OPENED: "Personne ne l’avait ouvert à temps.",
        Reason.NEVER_CONFIRMED: "Ouvert, mais personne n’a dit avoir pu lire.",
        Reason.WRONG_ANSWERS: "Trop de mauvaises réponses à la question posée avant l’ouverture.",
        Reason.END_NOT_SENT: "La fin du passage.",
        Reason.COPIES_NOT_SENT: "La fin du passage, avec «\u00a0supprimez vos copies\u00a0».",
        Reason.REMINDER_NOT_SENT: "Le rappel.",
        Reason.INVITATION_NOT_SENT: "L’invitation au rendez-vous.",
        Reason.CANCELLATION_NOT_SENT: "L’annulation du rendez-vous.",
        Reason.EVE_NOT_SENT: "Le rappel du rendez-vous, la veille.",
        Reason.DATES_NOT_SENT: "La demande d’autres dates.",
        Reason.REFUSAL_NOT_SENT: "La réponse au refus.",
        Reason.UNDOING_NOT_SENT: "L’annulation du refus.",
        Reason.CHECK_NOT_SENT: "La demande de vérifier les contacts.",
        Reason.HANDOVER_NOT_SENT: "Une autre personne accompagne ce parcours.",
        Reason.QUESTION_NOT_SENT: "La question sur un autre destinataire, que l’entreprise a nommé.",
        Reason.REACHED: "Joint.",
        Reason.NO_ANSWER: "Pas de réponse.",
        Reason.MESSAGE_LEFT: "Message laissé.",
        Reason.WRONG_NUMBER: "Numéro faux.",
        Reason.CONTACT_GONE: "La personne est partie.",
        Reason.COMPANY_ABSENT: "L’entreprise n’est pas venue.",
        Reason.YOUNG_PERSON_ABSENT: "Le jeune n’est pas venu.",
        Reason.PUT_OFF: "Reporté.",
        Reason.TUTOR_GONE: "La tutrice ou le tuteur ne suit plus ce parcours.",
        Reason.PROFILE_MISMATCH: "Le profil ne convient pas aux tâches.",
        Reason.NO_HOST_AVAILABLE: "Personne pour accueillir.",
        Reason.ACTIVITY_STOPPED: "Activité arrêtée.",
        Reason.DATES_UNSUITABLE: "Les dates ne conviennent pas.",
        Reason.SCHOOL_HOLIDAYS: "Vacances scolaires.",
        Reason.TOO_LONG: "L’attente a été trop longue.",
        Reason.OTHER_PATH: "Autre orientation.",
        Reason.COMPANY_CHOICE: "Choix de l’entreprise.",
        Reason.CONTRACT_ENDED: "Marché terminé.",
        Reason.OTHER: "Autre motif.",
    }
    | {reason: sentence for reason, (sentence, _) in REFUSED_DOCUMENT.items()},
    stranger="Motif pas encore connu ici.",
)


def the_documents(kinds: tuple[Kind, ...]) -> tuple[str, str]:
    """« le CV », « du CV »; « la lettre », « de la lettre »; « le CV et la lettre », « du CV et de la lettre »."""
    the = Words({Kind.CV: "le CV", Kind.LETTER: "la lettre"}, stranger="un document")
    of = Words({Kind.CV: "du CV", Kind.LETTER: "de la lettre"}, stranger="d’un document")
    return " et ".join(the[kind] for kind in kinds), " et ".join(of[kind] for kind in kinds)


def fact(event: Event) -> str:
    """What a timeline line says after the name of who acted."""
    if event.kind is EventKind.SLOTS_PROPOSED and event.count is not None:
        return "a proposé une date" if event.count == 1 else f"a proposé {event.count}\u00a0dates"
    the, of = the_documents(event.documents)
    return FACTS[event.kind].format(le=the or "les documents", du=of or "des documents")


def detail(event: Event) -> str | None:
    """The second line of a fact; None when there is nothing to add."""
    if event.count is not None and event.kind is EventKind.ATTEMPT_STOPPED:
        days = f"Après {event.count} jour{'s' if event.count > 1 else ''}."
        return f"{days} {DETAILS[event.reason]}" if event.reason else days
    if event.reason is not None:
        return DETAILS[event.reason]
    if event.kind is EventKind.DOCUMENTS_ERASED:
        return "Ni fichier, ni clé, ni copie ne restent ici."
    return None
