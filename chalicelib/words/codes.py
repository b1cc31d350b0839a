"""What each code is called in French, in one row per code: for pages, mails and the slugs of addresses. Facts: ``timeline``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar

from chalicelib import french
from chalicelib.clock import iso
from chalicelib.domain.contacts import AGAINST_CALLING, FAVOURABLE, Health, Sign
from chalicelib.domain.documents.erasure import Cause
from chalicelib.domain.documents.opening import LinkState
from chalicelib.domain.documents.recipients import Known
from chalicelib.domain.kernel.deposit import Deposit, DepositState, Document, DocumentState, Mailing
from chalicelib.domain.kernel.parcours import Company, CompanyContact, ContactRole, How, Origin, Parcours
from chalicelib.domain.kernel.people import CallHours
from chalicelib.domain.kernel.timeline import Interlocutor, Reason
from chalicelib.domain.kernel.values import Code, Kind, ParcoursStatus, Role, Step, Words
from chalicelib.domain.meetings.appointment import OTHERS
from chalicelib.domain.parcours.holder import HolderState
from chalicelib.domain.proving import PurgeProof, Verdict
from chalicelib.domain.rights import Asker, Right

DAY = 24
LATE_INSPECTION = timedelta(minutes=2)
STRANGER_SLUG, STRANGER_STATE = "pas_encore_connu", "État pas encore connu ici"
C = TypeVar("C", bound=Code)


class Labelled(NamedTuple):
    """A code and what it is called: a choice of a list, a status."""

    code: str
    label: str


def _read_column(rows: Mapping[C, tuple[str, ...]], place: int, stranger: str) -> Words[C, str]:
    """Return code → one part of its row, of those whose part is not empty."""
    return Words({code: row[place] for code, row in rows.items() if row[place]}, stranger=stranger)


STATUSES = {
    ParcoursStatus.AVAILABLE: ("Disponible", "disponible", "Offres disponibles"),
    ParcoursStatus.IN_PREPARATION: ("En préparation", "en-preparation", "Parcours en préparation"),
    ParcoursStatus.IN_PROGRESS: ("En réalisation", "en-realisation", "Parcours en réalisation"),
    ParcoursStatus.COMPLETED: ("Réalisé", "realise", "Parcours réalisés"),
    ParcoursStatus.LAPSED: ("Marché terminé", "echu", "Offres dont le marché est terminé"),
    ParcoursStatus.WITHDRAWN: ("Offre retirée", "retire", "Offres retirées"),
}
"""Label, slug in addresses, title of the list."""
STATUS = _read_column(STATUSES, 0, "Statut pas encore connu ici")
STEP = Words(
    {
        Step.DOCUMENTS_TO_SEND: "Documents à envoyer",
        Step.LINK_SENT: "Lien envoyé",
        Step.OPENED: "Lien ouvert",
        Step.RECEIVED: "Documents reçus",
        Step.SLOTS_PROPOSED: "Dates proposées",
        Step.MEETING_FIXED: "Rendez-vous fixé",
        Step.MEETING_HELD: "Rendez-vous fait",
        Step.CONVENTION_SIGNED: "Convention signée",
    },
    stranger="Étape pas encore connue ici",
)
RIGHT = Words(
    {
        Right.ACCESS: "savoir ce qui est gardé (accès)",
        Right.RECTIFICATION: "faire corriger (rectification)",
        Right.ERASURE: "faire effacer (effacement)",
        Right.OBJECTION: "s’opposer à l’usage (opposition)",
        Right.RESTRICTION: "faire limiter l’usage (limitation)",
    },
    stranger="autre demande",
)
ASKER = Words(
    {
        Asker.YOUNG_PERSON: "le jeune",
        Asker.PARENT: "un parent ou représentant légal",
        Asker.CONTACT: "un contact de l’entreprise ou de l’acheteur",
        Asker.AGENT: "une personne qui a un compte",
    },
    stranger="une autre personne",
)
ROLES = {
    Role.TUTOR: ("Tutrice ou tuteur", "à la tutrice ou au tuteur", "tutorat", "La tutrice ou le tuteur"),
    Role.COORDINATOR: ("Coordination", "à la coordination", "coordination", "La coordination"),
    Role.BUYER: ("Acheteur", "à l’acheteur", "achat", "L’acheteur"),
    Role.PRESCRIBER: ("Service prescripteur", "à son service prescripteur", "", "Le service prescripteur"),
    Role.TEAM: ("Équipe", "à l’équipe", "equipe", "L’équipe"),
    Role.COMPANY: ("Entreprise", "à l’entreprise", "entreprise", "L’entreprise"),
    Role.SYSTEM: ("Passe-plat", "", "", "Passe-plat"),
}
"""Label; whose turn or whose right it is; slug of the turn in addresses; who acted, at the start of a sentence."""
ROLE, TO_ROLE = _read_column(ROLES, 0, "Quelqu’un"), _read_column(ROLES, 1, "à la personne suivante")
THE_ROLE = _read_column(ROLES, 3, "Quelqu’un")
CONTACT_ROLE = Words(
    {ContactRole.ANSWERS_TENDER: "Répond au marché", ContactRole.WELCOMES: "Accueille"},
    stranger="Rôle pas encore connu ici",
)


FORMER_CONTACT_ROLE = Words(
    {ContactRole.ANSWERS_TENDER: "Répondait au marché avant", ContactRole.WELCOMES: "Accueillait avant"},
    stranger="Rôle pas encore connu ici",
)


def format_contact_role(company: Company, contact: CompanyContact) -> str:
    """Return what a contact does at the company, or did before a colleague took their place."""
    return (FORMER_CONTACT_ROLE if contact in company.further else CONTACT_ROLE)[contact.role]


HOW = Words(
    {
        How.DECLARED: "Déclarée avec l’offre par {who}, le {day}",
        How.ADDED: "Ajoutée par {who}, le {day}",
        How.CORRECTED: "Corrigée par {who}, le {day}",
        How.NAMED: "Ajoutée par le destinataire d’un envoi, le {day}",
        How.INHERITED: "Reprise d’un compte fermé, le {day}",
    },
    stranger="Ajoutée par {who}, le {day}",
)
CALL_HOURS = Words(
    {
        CallHours.MORNING: "du lundi au vendredi, le matin",
        CallHours.AFTERNOON: "du lundi au vendredi, l’après-midi",
        CallHours.DAY: "du lundi au vendredi, le matin et l’après-midi",
    },
    stranger="",
)
NOT_IN_RECORD = "Absente de la fiche"


def format_origin(known: Known | None, reader: str) -> str:
    """Return where an address of the record comes from, for the sending page. ``reader``: account id of its reader."""
    return NOT_IN_RECORD if known is None else describe_origin(known.origin, reader)


def describe_origin(origin: Origin | None, reader: str = "") -> str:
    """Return how, by whom and when an address came into the record. ``reader``: account id of who reads that."""
    if origin is None:
        return "Dans la fiche depuis longtemps, nous ne savons plus par qui"
    who = "vous" if origin.person == reader else french.minuscule(THE_ROLE[origin.by])
    return HOW[origin.how].format(who=who, day=french.jour_court(origin.at))


SIGNS = {
    Sign.GONE: ("n’est plus à ce poste (noté le {day})", "{name} n’est plus à ce poste (noté le {day})"),
    Sign.REFUSED: (
        "adresse refusée le {day}",
        "L’adresse de {name} ne prend plus nos messages depuis le {day}",
    ),
    Sign.WRONG_NUMBER: ("numéro faux (noté le {day})", ""),
    Sign.SILENT: ("n’a pas répondu sur ce parcours", "{name} n’a pas répondu sur ce parcours"),
    Sign.ANSWERED: ("dernier signe le {day}", ""),
    Sign.VERIFIED: ("vérifié le {day}", ""),
}
"""Beside the name of a contact; of a doubt, the sentence that says why another is offered first."""


class HealthLine(NamedTuple):
    """What is known of a contact, in words: doubts, of which those to know before a call once more by themselves, and facts."""

    before_call: str
    doubts: list[str]
    facts: list[str]


def format_health(known: Health) -> HealthLine:
    """Return what is known of a contact, in words that stand after the name."""
    texts = {sign: SIGNS[sign][0].format(day=_format_day(day)) for sign, day in known.signs.items()}
    return HealthLine(
        before_call=" · ".join(text for sign, text in texts.items() if sign in AGAINST_CALLING),
        doubts=[text for sign, text in texts.items() if sign not in FAVOURABLE],
        facts=[text for sign, text in texts.items() if sign in FAVOURABLE],
    )


def format_other_contact_first(name: str, doubt: Sign, known: Health, first: str) -> str:
    """Return why another contact is proposed first: « Nadia Bellanger n’a pas répondu sur ce parcours : nous proposons … »"""
    why = SIGNS[doubt][1].format(name=name, day=_format_day(known.signs[doubt]))
    return f"{why}\u00a0: nous proposons d’abord {first}. Le choix est le vôtre."


def _format_day(day: date | None) -> str:
    """Return a day as people read it; empty without one."""
    return french.jour_court(day) if day else ""


CAUSE = {
    Cause.ON_REQUEST: "L’effacement a été demandé.",
    Cause.WITHDRAWN: "L’envoi a été retiré.",
    Cause.NOT_ACCEPTED: "La vérification a refusé un document.",
    Cause.NEVER_OPENED: "Personne n’a ouvert le lien à temps.",
    Cause.NOT_SENT: "L’envoi a été abandonné avant le départ du lien.",
    Cause.CONFIRMED: "La personne qui a ouvert le lien a dit qu’elle avait bien pu lire.",
    Cause.PASSAGE_OVER: "Le parcours a pris fin.",
    Cause.DECLINED: "L’entreprise a refusé.",
    Cause.NEVER_CONFIRMED: "Le lien a été ouvert, mais personne n’a dit à temps avoir pu lire.",
}
"""Why documents were erased, on the statement that is printed for the young person's file."""
INTERLOCUTOR = Words(
    {
        Interlocutor.ANSWERS_TENDER: "la personne qui répond au marché",
        Interlocutor.WELCOMES: "la personne qui accueille",
        Interlocutor.BUYER: "l’acheteur",
        Interlocutor.TUTOR: "la tutrice ou le tuteur",
    },
    stranger="quelqu’un",
)
KINDS = {kind: french.KINDS[kind] for kind in Kind}
KIND = _read_column(KINDS, 0, "Document")
THE_KIND, OF_THE_KIND = _read_column(KINDS, 1, "un document"), _read_column(KINDS, 2, "d’un document")
DEPOSITS = {
    DepositState.EXPECTED: ("Envoi commencé", "attendu"),
    DepositState.RECEIVED: ("Arrivé, en cours de vérification", "recu"),
    DepositState.VERIFIED: ("Vérifié, le lien va partir", "verifie"),
    DepositState.REFUSED: ("Refusé", "refuse"),
    DepositState.LEFT: ("Lien envoyé, pas encore ouvert", "parti"),
    DepositState.OPENED: ("Ouvert, pas encore confirmé", "ouvert"),
    DepositState.CONFIRMED: ("Lu", "remis"),
    DepositState.UNREADABLE: ("L’entreprise n’a pas pu lire", "illisible"),
    DepositState.EXPIRED: ("Expiré", "expire"),
    DepositState.REVOKED: ("Retiré", "revoque"),
    DepositState.ERASED: ("Effacé à la demande", "efface"),
}
"""Label, slug of the HTTP surface; so for documents."""
READ_BY_ONE = "Lu, pas encore par l’autre personne"
"""The label while a second link, beside the one whose holder could read, keeps the documents."""
TO_ERASE = "Effacement demandé"
"""The label of a sending that is erased on request, until it is."""
LINK_DEAD = "Message non accepté, le lien ne marche plus"
"""The label of a sending whose mail was refused for good."""
DEPOSIT, DEPOSIT_SLUG = _read_column(DEPOSITS, 0, STRANGER_STATE), _read_column(DEPOSITS, 1, STRANGER_SLUG)


def format_deposit_state(deposit: Deposit) -> str:
    """Return the label of a deposit's state.

    It also shows that one of two recipients has read, and that an erasure was asked for but is not done.
    """
    if deposit.state is DepositState.ERASED and deposit.erased_at is None:
        return TO_ERASE
    if deposit.state in {DepositState.OPENED, DepositState.UNREADABLE} and deposit.confirmed_at is not None:
        return DEPOSIT[DepositState.CONFIRMED] if deposit.erased_at else READ_BY_ONE
    return DEPOSIT[deposit.state]


DOCUMENTS = {
    DocumentState.EXPECTED: ("Attendu", "attendu"),
    DocumentState.RECEIVED: ("Arrivé", "recu"),
    DocumentState.VERIFIED: ("Vérifié", "verifie"),
    DocumentState.REFUSED: ("Refusé", "refuse"),
}
DOCUMENT, DOCUMENT_SLUG = (
    _read_column(DOCUMENTS, 0, STRANGER_STATE),
    _read_column(DOCUMENTS, 1, STRANGER_SLUG),
)


def format_document_state(document: Document) -> str:
    """Return the state of a document, agreeing with its French name: « Vérifié », « Vérifiée »."""
    agrees = document.state in DOCUMENTS and document.kind is Kind.LETTER
    return f"{DOCUMENT[document.state]}{'e' if agrees else ''}"


MAILINGS = {
    Mailing.UNDER_WAY: ("en_cours", "", ""),
    Mailing.ACCEPTED: ("accepte", "Message parti, arrivée pas encore confirmée", ""),
    Mailing.FAILED: ("echoue", "Message non parti", ""),
    Mailing.DELAYED: (
        "retarde",
        "En retard depuis le {le}",
        "Le serveur {de} ne le prend pas pour l’instant. Un nouvel essai part sans vous.",
    ),
    Mailing.DELIVERED: ("distribue", "Arrivé au serveur {de}, le {le}", ""),
    Mailing.RETURNED: (
        "revenu",
        "Message revenu le {le}",
        "La boîte ne l’a pas pris cette fois, ou répond d’elle-même pendant une absence. Ce retour n’arrête pas le lien : "
        "demandez par téléphone s’il est arrivé, ou renvoyez-le.",
    ),
    Mailing.REJECTED: (
        "rejete",
        "Adresse refusée le {le}",
        "Aucun message n’y arrivera. Cherchez la bonne adresse par téléphone, ou envoyez à un autre contact.",
    ),
    Mailing.UNWANTED: (
        "indesirable",
        "Signalé comme indésirable le {le}",
        "Le message est arrivé, et nous n’écrivons plus à cette adresse. Appelez cette personne, ou envoyez à un autre contact.",
    ),
    Mailing.UNSENT: (
        "pas_parti",
        "Arrêté avant son départ, le {le}",
        "Notre service d’envoi n’a pas voulu l’envoyer : l’adresse n’y est pour rien. Renvoyez le lien.",
    ),
}
"""What became of a link's mail: slug of the HTTP surface, label, what to do; ``{le}`` is when, ``{de}`` whose server."""
MAILING_SLUG, MAILING = _read_column(MAILINGS, 0, STRANGER_SLUG), _read_column(MAILINGS, 1, STRANGER_STATE)
TO_CHECK = (
    "À vérifier : nous ne savons pas s’il est arrivé, depuis {depuis}",
    "Appelez pour demander s’il est arrivé, courrier indésirable compris. Sinon, renvoyez le lien.",
)
"""The same of a mail whose delivery nobody confirmed in time."""


def format_mailing(deposit: Deposit, to: Role, hours: int | None) -> tuple[str, str]:
    """Return what became of a link's mail, and what to do about it; both empty where nothing is known.

    ``hours``: for how long nothing was heard of it; None: it need not be checked.
    """
    if hours is not None:
        many, unit = (hours // DAY, "jour") if hours >= DAY else (hours, "heure")
        return TO_CHECK[0].format(depuis=f"{many}\u00a0{unit}{'s' if many > 1 else ''}"), TO_CHECK[1]
    if deposit.mailing is None or deposit.mailing not in MAILINGS:
        return ("", "")
    at = deposit.mailing_at or deposit.changed_at
    figures = {"le": f"{french.jour_court(at)}, {french.heure(at)}", "de": SERVER_OF[to]}
    _, label, advice = MAILINGS[deposit.mailing]
    return label.format(**figures), advice.format(**figures)


SERVER_OF = Words({Role.COMPANY: "de l’entreprise", Role.BUYER: "de l’acheteur"}, stranger="du destinataire")
LINK_SLUG = {
    LinkState.TO_OPEN: "a_ouvrir",
    LinkState.OPENED_HERE: "ouvert_ici",
    LinkState.ALREADY_OPENED: "deja_ouvert",
    LinkState.EXPIRED: "expire",
    LinkState.REVOKED: "revoque",
    LinkState.ERASED: "efface",
    LinkState.CLOSED: "ferme",
    LinkState.SUSPENDED: "suspendu",
}
HOLDER_SLUG = {
    HolderState.OPEN: "ouvrir",
    HolderState.HAND_ON: "passer",
    HolderState.CONSENT: "accord",
    HolderState.READ: "lire",
    HolderState.DATES: "dates",
    HolderState.OTHER_DATES: "autres_dates",
    HolderState.CHOICE: "choix",
    HolderState.MEETING: "rendez_vous",
    HolderState.MEETING_PAST: "apres_rendez_vous",
    HolderState.MEETING_MISSED: "manque",
    HolderState.SENDING: "envoi",
    HolderState.DOCUMENTS_GONE: "documents_partis",
    HolderState.CONVENTION: "convention",
    HolderState.PLACEMENT: "stage",
    HolderState.KEPT_BY_BUYER: "garde",
    HolderState.DECLINED: "refuse",
    HolderState.DECLINED_ELSEWHERE: "refuse_ailleurs",
    HolderState.STOPPED: "arrete",
    HolderState.OVER: "termine",
    HolderState.NOTHING: "rien",
}
"""What the page of a link is for (``attendu``)."""
DEMAND = {
    HolderState.OPEN: "Lire les documents",
    HolderState.HAND_ON: "Passer le lien à l’entreprise",
    HolderState.READ: "Dire si vous avez pu lire",
    HolderState.DATES: "Proposer des dates",
    HolderState.OTHER_DATES: "Proposer d’autres dates",
    HolderState.CHOICE: "Vos dates sont proposées",
    HolderState.MEETING: "Rendez-vous fixé",
}
"""The same, as the page of another link to the same address says it."""


@dataclass(frozen=True)
class Why:
    """What is said of one reason. Empty: it is not used there."""

    sentence: str
    """The second line of a fact."""
    button: str = ""
    """On the button of a call, where that is not the sentence."""
    advice: str = ""
    """What to do about a refused document."""
    asking: str = ""
    """In the form that asks for other dates, and"""
    cancelling: str = ""
    """of a meeting that is cancelled ahead of its hour, where that is not the label."""
    to_company: str = ""
    """In the mail that asks for other dates."""

    @property
    def label(self) -> str:
        """In a list to choose from."""
        return self.sentence.rstrip(".")

    @property
    def why_cancelled(self) -> str:
        """Why a meeting is cancelled: in the form, on the timeline and in mails."""
        return self.cancelling or self.label


REASONS = Words(
    {
        Reason.NOT_A_PDF: Why(
            "Ce fichier n’est pas un PDF.",
            advice="Enregistrez-le au format PDF, puis choisissez-le de nouveau.",
        ),
        Reason.PROTECTED: Why(
            "Ce PDF est protégé par un mot de passe ou par des restrictions.",
            advice="Enregistrez-le sans protection, puis choisissez-le de nouveau.",
        ),
        Reason.ACTIVE: Why(
            "Ce PDF contient des éléments actifs (script, lancement de programme, formulaire qui s’envoie).",
            advice="Ouvrez-le, choisissez Imprimer puis « Enregistrer au format PDF », et envoyez ce nouveau fichier.",
        ),
        Reason.ATTACHMENTS: Why(
            "Ce PDF contient des fichiers joints.",
            advice="Ouvrez-le, choisissez Imprimer puis « Enregistrer au format PDF », et envoyez ce nouveau fichier.",
        ),
        Reason.PAGE_COUNT: Why(
            "Le document doit avoir de 1 à 30 pages.",
            advice="Gardez les pages utiles, enregistrez au format PDF, puis choisissez-le de nouveau.",
        ),
        Reason.UNVERIFIABLE: Why(
            "Ce PDF n’a pas pu être vérifié : il est abîmé ou trop compliqué.",
            advice="Ouvrez-le, choisissez Imprimer puis « Enregistrer au format PDF », et envoyez ce nouveau fichier.",
        ),
        Reason.NOT_CANONICAL: Why(
            "Ce document n’a pas été préparé par la page d’envoi. Rien n’est parti.",
            advice="Rechargez la page d’envoi, puis choisissez le fichier de nouveau.",
        ),
        Reason.NOT_AS_DECLARED: Why(
            "Ce qui est arrivé n’est pas ce que votre navigateur avait annoncé.",
            advice="Rechargez la page, puis choisissez le document de nouveau.",
        ),
        Reason.WRONG_ANSWERS: Why("Trop de mauvaises réponses à la question posée avant l’ouverture."),
        Reason.NEVER_OPENED: Why("Personne ne l’avait ouvert à temps."),
        Reason.NEVER_CONFIRMED: Why("Ouvert, mais personne n’a dit avoir pu lire."),
        Reason.ASSISTIVE_TOOLS: Why(
            "Ses outils, un lecteur d’écran par exemple, ne peuvent pas lire ce PDF. Convenez par téléphone d’une autre forme."
        ),
        Reason.END_NOT_SENT: Why("La fin du parcours."),
        Reason.COPIES_NOT_SENT: Why(
            "La fin du parcours, avec « supprimez vos copies » si le lien a été ouvert."
        ),
        Reason.REMINDER_NOT_SENT: Why("La relance."),
        Reason.INVITATION_NOT_SENT: Why("L’invitation au rendez-vous."),
        Reason.CANCELLATION_NOT_SENT: Why("L’annulation du rendez-vous."),
        Reason.EVE_NOT_SENT: Why("Le message de la veille du rendez-vous."),
        Reason.DATES_NOT_SENT: Why("La demande d’autres dates."),
        Reason.REFUSAL_NOT_SENT: Why("La réponse au refus."),
        Reason.UNDOING_NOT_SENT: Why("L’annulation du refus."),
        Reason.CHECK_NOT_SENT: Why("La demande de vérifier les contacts."),
        Reason.HANDOVER_NOT_SENT: Why("Une autre personne suit ce parcours."),
        Reason.RESUMING_NOT_SENT: Why("La reprise du parcours, après la fin annoncée."),
        Reason.QUESTION_NOT_SENT: Why("La question sur un autre destinataire, que l’entreprise a nommé."),
        Reason.SMS_NOT_SENT: Why("Le SMS de relance, dont le départ n’est pas confirmé."),
        Reason.NO_MAILBOX: Why("Cette adresse n’existe pas, ou n’existe plus."),
        Reason.MAILBOX_BLOCKED: Why("Cette adresse avait déjà refusé nos messages."),
        Reason.MAILBOX_FULL: Why("La boîte est pleine, ou ne répond pas."),
        Reason.MAIL_TOO_LARGE: Why("Le message est trop gros pour cette boîte."),
        Reason.MAIL_CONTENT: Why("Le serveur de cette adresse a refusé le contenu du message."),
        Reason.MAIL_VIRUS: Why("Notre service d’envoi n’a pas voulu l’envoyer."),
        Reason.MAIL_UNWANTED: Why("La personne l’a signalé comme indésirable."),
        Reason.MAIL_UNCERTAIN: Why("Une réponse automatique, peut-être."),
        Reason.REACHED: Why("Joint."),
        Reason.NO_ANSWER: Why("Pas de réponse."),
        Reason.MESSAGE_LEFT: Why("Message laissé."),
        Reason.WRONG_NUMBER: Why("Numéro faux."),
        Reason.CONTACT_GONE: Why("La personne est partie.", button="Contact parti"),
        Reason.COMPANY_ABSENT: Why(
            "L’entreprise n’est pas venue.", cancelling="L’entreprise ne peut pas venir"
        ),
        Reason.YOUNG_PERSON_AWAY: Why("Le jeune n’est pas disponible."),
        Reason.COMPANY_CLOSED: Why("L’entreprise est fermée."),
        Reason.COMPANY_ASKS: Why("L’entreprise demande d’attendre."),
        Reason.YOUNG_PERSON_ABSENT: Why("Le jeune n’est pas venu.", cancelling="Le jeune ne peut pas venir"),
        Reason.PUT_OFF: Why("Reporté.", cancelling="Le rendez-vous est reporté"),
        Reason.TUTOR_GONE: Why("Ce parcours attend d’être confié à une autre personne."),
        Reason.PROFILE_MISMATCH: Why("Le profil ne convient pas aux tâches."),
        Reason.NO_HOST_AVAILABLE: Why("Personne pour accueillir."),
        Reason.ACTIVITY_STOPPED: Why("Activité arrêtée."),
        Reason.DATES_UNSUITABLE: Why(
            "Les dates ne conviennent pas.",
            asking="Aucune ne convient",
            cancelling="La date ne convient plus",
            to_company="Aucune des dates proposées ne convient.",
        ),
        Reason.SCHOOL_HOLIDAYS: Why(
            "Vacances scolaires.",
            asking="Ce sont les vacances scolaires",
            to_company="Les dates proposées tombent pendant les vacances scolaires du jeune.",
        ),
        Reason.TOO_LONG: Why(
            "L’attente a été trop longue.",
            to_company="Elles sont passées avant que nous ayons pu vous répondre.",
        ),
        Reason.OTHER_PATH: Why("Autre orientation."),
        Reason.COMPANY_CHOICE: Why("Choix de l’entreprise."),
        Reason.CONTRACT_ENDED: Why("Marché terminé."),
        Reason.OFFER_UNKNOWN: Why("L’entreprise dit ne pas connaître cette offre."),
        Reason.OFFER_TWICE: Why("La même offre est déclarée deux fois."),
        Reason.OFFER_INEXACT: Why("Le lieu, les heures ou les tâches ne sont pas justes."),
        Reason.OFFER_UNSUITABLE: Why("Les tâches ne conviennent pas à un stage."),
        Reason.OFFER_TELLS: Why("La fiche dit quelque chose d’un jeune."),
        Reason.HOST_SOUGHT: Why("L’entreprise cherche qui accueillera."),
        Reason.OTHER_SITE: Why("Le stage aurait lieu à une autre adresse que celle de la fiche."),
        Reason.AT_SUBCONTRACTOR: Why("L’accueil se ferait chez un sous-traitant."),
        Reason.WORKS_LATER: Why("Les travaux ou la prestation commencent plus tard."),
        Reason.TASKS_TO_REVIEW: Why("Les tâches de la fiche sont à revoir."),
        Reason.UNUSUAL_HOURS: Why("Des horaires particuliers sont à prévoir."),
        Reason.EQUIPMENT_NEEDED: Why("Une tenue ou un équipement est à prévoir."),
        Reason.FAR_FROM_TRANSPORT: Why("Le lieu du stage est loin des transports."),
        Reason.PREFERS_MAIL: Why("L’entreprise préfère un message à un appel."),
        Reason.PENALTIES_RECALLED: Why("Les pénalités du marché ont été rappelées."),
        Reason.OTHER: Why("Autre motif.", to_company="Les dates proposées ne peuvent pas être retenues."),
    },
    stranger=Why("Motif pas encore connu ici."),
)
REFUSED_DOCUMENT = Words(
    {reason: (row.sentence, row.advice) for reason, row in REASONS.items() if row.advice},
    stranger=("Ce document a été refusé.", "Rechargez la page dans une heure pour lire pourquoi."),
)
"""Why a document was refused, and what to do."""


def list_options(reasons: Iterable[Reason]) -> list[Labelled]:
    """Return the reasons to choose from in a form."""
    return [Labelled(reason.value, REASONS[reason].label) for reason in reasons]


def list_meeting_reasons(asked: tuple[Reason, ...]) -> list[Labelled]:
    """Return the reasons to choose from in a form about a meeting. ``asked``: ``OTHERS`` or ``CANCELS``."""
    rows = {reason: REASONS[reason] for reason in asked}
    return [
        Labelled(reason.value, (row.asking or row.label) if asked is OTHERS else row.why_cancelled)
        for reason, row in rows.items()
    ]


def format_roles(held: frozenset[Role]) -> str:
    """Return the names of roles: « Tutrice ou tuteur, coordination »."""
    text = ", ".join(ROLE[role].lower() for role in Role if role in held)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFacts:
    """What a recipient may know of a parcours: the reminder of the *fiche entreprise*."""

    reference: str | None
    marche: str
    lot: str | None
    acheteur: str
    entreprise: str
    heures: int
    lieu: str
    taches: str | None


def build_market_facts(parcours: Parcours) -> MarketFacts:
    """Return what a recipient may know of this parcours."""
    return MarketFacts(
        reference=parcours.reference,
        marche=parcours.contract.object,
        lot=parcours.contract.lot,
        acheteur=parcours.contract.organisation,
        entreprise=parcours.company.name,
        heures=parcours.placement.hours,
        lieu=parcours.placement.town,
        taches=parcours.placement.tasks,
    )


def find_document_message(document: Document) -> str | None:
    """Return why a document was refused and what to do; None for any other."""
    if document.refusal is not None:
        return " ".join(REFUSED_DOCUMENT[document.refusal])
    return None


def build_progress(deposit: Deposit, now: datetime) -> dict[str, object]:
    """Return a deposit as ``GET /depots/{id}`` answers it."""
    late = (
        deposit.state is DepositState.RECEIVED
        and deposit.received_at
        and now - deposit.received_at > LATE_INSPECTION
    )
    documents: list[dict[str, str]] = []
    for document in deposit.contents.documents if deposit.contents else ():
        entry = {"kind": document.kind.value, "etat": DOCUMENT_SLUG[document.state]}
        message = find_document_message(document)
        if message is None and late:
            message = "La vérification tarde. Le lien partira quand elle reprendra."
        if message is not None:
            entry["message"] = message
        documents.append(entry)
    return {
        "etat": DEPOSIT_SLUG[deposit.state],
        "envoi": MAILING_SLUG[deposit.mailing] if deposit.mailing else None,
        "depuis": iso(deposit.changed_at),
        "documents": documents
        or [{"kind": kind.value, "etat": DEPOSIT_SLUG[deposit.state]} for kind in deposit.kinds],
    }


ERASING = {
    Verdict.PROVED: "Dernière preuve d’effacement : {proved}.",
    Verdict.NEVER: "L’effacement n’a pas encore été prouvé. La première preuve a lieu dans la nuit.",
    Verdict.FAILED: "La preuve d’effacement a échoué {failed}. Dernière preuve réussie : {proved}.",
    Verdict.FOUND: "Le stockage et les fiches des envois ne s’accordent pas : {found}. Dernière preuve d’effacement : {proved}.",
    Verdict.LATE: "La preuve d’effacement est en retard. Dernière preuve : {proved}.",
}
"""What is said of the last proof."""


def format_erasing_proof(state: Verdict, proof: PurgeProof | None, now: datetime) -> str:
    """Return what the last proof of erasure says, in a sentence or two."""
    known = proof or PurgeProof()
    return ERASING[state].format(
        proved=french.il_y_a(known.proved_at, now) if known.proved_at else "aucune",
        failed=french.il_y_a(known.failed_at, now) if known.failed_at else "",
        found=_format_differences(known.strays, known.missing),
    )


def _format_differences(strays: int, missing: int) -> str:
    """Return « 1 fichier en trop et 2 fichiers en moins »; empty where storage and tables agree."""
    differences = []
    if strays:
        differences.append(f"{strays} fichier{'s' if strays > 1 else ''} en trop")
    if missing:
        differences.append(f"{missing} fichier{'s' if missing > 1 else ''} en moins")
    return french.enumeration(differences) if differences else ""
