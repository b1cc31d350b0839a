"""Every refusal's answer, in one table: a status, what happened, what to do.

A test walks the tree of ``chalicelib.errors`` and demands a row for each kind.
"""

from dataclasses import dataclass
from http import HTTPStatus

from chalicelib import errors


@dataclass(frozen=True)
class Answer:
    """What a refusal becomes. ``title`` heads the page; ``message`` may hold ``{when}``."""

    status: HTTPStatus
    title: str
    message: str
    act: tuple[str, str] = ("Revenir à l’accueil", "/")


SIGN_IN = ("Se connecter", "/connexion")
HOME = ("Revenir aux parcours", "/parcours")
LINK = ("Coller le lien ou le code", "/retrait")
ASK_AGAIN = "Répondez au message reçu : la personne qui vous l’a envoyé peut refaire un envoi."

ANSWERS: dict[type[errors.RelayError], Answer] = {
    errors.Unreadable: Answer(
        HTTPStatus.BAD_REQUEST,
        "Demande illisible",
        "Requête illisible ou incomplète. Rechargez la page, puis recommencez.",
    ),
    errors.UnknownField: Answer(
        HTTPStatus.BAD_REQUEST, "Demande refusée", "Champ inattendu. Rechargez la page, puis recommencez."
    ),
    errors.FieldInvalid: Answer(HTTPStatus.UNPROCESSABLE_ENTITY, "Une saisie est à corriger", "{field}"),
    errors.TooLarge: Answer(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Demande trop longue",
        "Requête trop longue. Rechargez la page, puis recommencez.",
    ),
    errors.SignedOut: Answer(
        HTTPStatus.UNAUTHORIZED,
        "Votre session est terminée",
        "{session} Ce qui était enregistré est gardé : reconnectez-vous.",
        SIGN_IN,
    ),
    errors.CodeDead: Answer(
        HTTPStatus.GONE,
        "Code refusé",
        "Ce code n’est pas le bon, ou n’est plus valable. Vérifiez les dix chiffres du dernier message, ou demandez-en un autre.",
        ("Demander un autre code", "/connexion"),
    ),
    errors.CodeElsewhere: Answer(
        HTTPStatus.FORBIDDEN,
        "Ce n’est pas la bonne fenêtre",
        "Saisissez le code dans la fenêtre où vous l’avez demandé, ou demandez-en un autre ici.",
        ("Demander un autre code", "/connexion"),
    ),
    errors.OriginRefused: Answer(
        HTTPStatus.FORBIDDEN,
        "Demande refusée",
        "Requête refusée : elle ne vient pas de ce site. Revenez sur le site, puis recommencez.",
    ),
    errors.NotFound: Answer(
        HTTPStatus.NOT_FOUND,
        "Page introuvable",
        "Parcours introuvable ou compte introuvable : rien n’est ouvert à votre compte à cette adresse. Vérifiez-la.",
        HOME,
    ),
    errors.NotYours: Answer(
        HTTPStatus.FORBIDDEN,
        "Cela revient à quelqu’un d’autre",
        "Vous pouvez voir ce parcours, mais cette action revient {whose}. Rien n’a été changé : demandez-le-lui.",
        HOME,
    ),
    errors.WrongStep: Answer(
        HTTPStatus.CONFLICT,
        "Ce n’est pas possible à cette étape",
        "Le parcours a avancé. Rechargez sa page pour voir où il en est.",
        HOME,
    ),
    errors.NotNow: Answer(
        HTTPStatus.CONFLICT,
        "Cela ne peut pas être noté à cette étape",
        "{not_now} Rien n’a été noté. Revenez au parcours pour voir ce qui peut l’être.",
        HOME,
    ),
    errors.NothingSent: Answer(
        HTTPStatus.CONFLICT,
        "Rien n’a encore été envoyé",
        "L’entreprise n’a encore rien reçu : il n’y a rien à lui rappeler. Il faut d’abord envoyer les documents.",
        HOME,
    ),
    errors.NotLast: Answer(
        HTTPStatus.CONFLICT,
        "Ce fait ne peut pas encore être corrigé",
        "Un fait plus récent en dépend : corrigez-le d’abord. Rien n’a été changé.",
        HOME,
    ),
    errors.KeyUsed: Answer(
        HTTPStatus.CONFLICT,
        "Ce formulaire a déjà servi",
        "Ce formulaire a déjà servi à noter autre chose. Rien de plus n’a été noté. Vérifiez la saisie, puis validez de nouveau.",
        HOME,
    ),
    errors.AddressTaken: Answer(
        HTTPStatus.CONFLICT,
        "Cette adresse a déjà un compte",
        "Un compte existe déjà à cette adresse. Cherchez-le dans la liste des comptes, ou donnez une autre adresse.",
        ("Voir les comptes", "/comptes"),
    ),
    errors.AccountBusy: Answer(
        HTTPStatus.CONFLICT,
        "Ce compte suit encore des parcours",
        "Choisissez d’abord qui reprend ses parcours. Rien n’a été changé.",
        ("Voir les comptes", "/comptes"),
    ),
    errors.OfferExists: Answer(
        HTTPStatus.CONFLICT,
        "Cette offre existe déjà",
        "Une offre de la même entreprise et du même acheteur, avec cet objet et ce lot, existe déjà. Corrigez la saisie.",
        HOME,
    ),
    errors.RemindedToday: Answer(
        HTTPStatus.CONFLICT,
        "Un rappel est déjà parti",
        "Un rappel est parti{when}. Laissez passer un jour : vous pouvez téléphoner en attendant.",
        HOME,
    ),
    errors.LeaseLost: Answer(
        HTTPStatus.CONFLICT,
        "Ce parcours est traité par quelqu’un d’autre",
        "Une autre personne traite ce parcours, ou votre RUN est terminé. Ce que vous avez noté est gardé. Passez au suivant.",
        ("Revenir à la liste", "/parcours"),
    ),
    errors.SlotTaken: Answer(
        HTTPStatus.CONFLICT,
        "Une autre date vient d’être choisie",
        "Cette date n’est plus proposée : quelqu’un vient de répondre. Rechargez la page pour voir ce qui est convenu.",
        HOME,
    ),
    errors.HolidayUnseen: Answer(
        HTTPStatus.CONFLICT,
        "C’est un jour férié",
        "Une des dates tombe un jour férié{when}. Confirmez-la, ou choisissez-en une autre.",
    ),
    errors.ColleagueLimit: Answer(
        HTTPStatus.CONFLICT,
        "Ce lien a déjà été transmis",
        "Ce lien a déjà été transmis, ou trop de fois aujourd’hui. Répondez au message reçu : un nouvel envoi est possible.",
    ),
    errors.ContactChanged: Answer(
        HTTPStatus.CONFLICT,
        "Ce contact a changé",
        "Ce contact a changé depuis l’envoi : demandez un nouvel envoi, en répondant au message reçu. Le lien reste à vous.",
        LINK,
    ),
    errors.SealerAlone: Answer(
        HTTPStatus.FORBIDDEN,
        "Cet accord n’est pas le vôtre",
        "Seule la personne qui a envoyé les documents peut accepter cette adresse. Sans elle, retirez l’envoi et refaites-le.",
        HOME,
    ),
    errors.NoticeNeeded: Answer(
        HTTPStatus.CONFLICT,
        "La notice d’abord",
        "Remettez d’abord la notice au jeune, puis dites-le sur cette page. Rien n’est parti.",
        HOME,
    ),
    errors.DepositConflict: Answer(
        HTTPStatus.CONFLICT,
        "Un envoi est déjà en cours",
        "Un envoi est déjà en cours sur ce parcours. Rechargez la page du parcours pour le suivre.",
        HOME,
    ),
    errors.ChangedMeanwhile: Answer(
        HTTPStatus.CONFLICT,
        "Modifié entre-temps",
        "Quelqu’un l’a modifié entre-temps. Rechargez la page, puis recommencez.",
        HOME,
    ),
    errors.OpenedMeanwhile: Answer(
        HTTPStatus.CONFLICT,
        "Le lien vient d’être ouvert",
        "Le lien a été ouvert{when}, avant votre demande. Rien n’a été changé. Revenez au parcours pour voir la suite.",
        HOME,
    ),
    errors.RecipientDoubtful: Answer(
        HTTPStatus.CONFLICT,
        "Vérifiez l’adresse",
        "Vérifiez l’adresse : elle est chez {domain}. {doubts} Confirmez-la, ou corrigez-la.",
    ),
    errors.CookiesBlocked: Answer(
        HTTPStatus.BAD_REQUEST,
        "Les cookies sont bloqués",
        "Autorisez les cookies de ce site pour retirer le document, puis rechargez la page. Le lien n’a pas été utilisé.",
        LINK,
    ),
    errors.MethodRefused: Answer(
        HTTPStatus.METHOD_NOT_ALLOWED, "Action non permise", "Action non permise à cette adresse."
    ),
    errors.MediaTypeRefused: Answer(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Format non accepté",
        "Format non accepté. Rechargez la page, puis recommencez.",
    ),
    errors.LinkUnknown: Answer(
        HTTPStatus.GONE,
        "Lien non reconnu",
        f"Ce lien n’est plus valable ou il est incomplet. Copiez-le en entier. {ASK_AGAIN}",
        LINK,
    ),
    errors.LinkSpent: Answer(
        HTTPStatus.GONE,
        "Lien déjà ouvert",
        f"Ce lien a déjà servi{{when}}, peut-être par une ou un collègue. {ASK_AGAIN}",
        LINK,
    ),
    errors.LinkExpired: Answer(
        HTTPStatus.GONE, "Lien expiré", f"Ce lien a expiré{{when}}. {ASK_AGAIN}", LINK
    ),
    errors.LinkRevoked: Answer(
        HTTPStatus.GONE,
        "Lien retiré",
        f"Ce lien a été retiré{{when}}, ou remplacé par un plus récent. {ASK_AGAIN}",
        LINK,
    ),
    errors.LinkErased: Answer(
        HTTPStatus.GONE,
        "Documents effacés",
        f"Les documents de ce lien ont été effacés de notre côté{{when}}. {ASK_AGAIN}",
        LINK,
    ),
    errors.LinkClosed: Answer(
        HTTPStatus.GONE,
        "Lien fermé",
        f"Ce lien a été fermé{{when}} après trop de mauvaises réponses. {ASK_AGAIN}",
        LINK,
    ),
    errors.ProofNeeded: Answer(
        HTTPStatus.FORBIDDEN,
        "Une question d’abord",
        "Dites d’abord à quelle adresse vous avez reçu le message. Rouvrez le lien, puis répondez à la question.",
        LINK,
    ),
    errors.ProofWrong: Answer(
        HTTPStatus.FORBIDDEN,
        "Ce n’est pas cette adresse",
        "Ce n’est pas l’adresse à laquelle le message est parti. Regardez à qui il est adressé, puis recommencez.",
        LINK,
    ),
    errors.CodeWrong: Answer(
        HTTPStatus.FORBIDDEN,
        "Ce n’est pas ce code",
        "Ce n’est pas le code qu’on vous a donné par téléphone. Vérifiez les six chiffres, puis recommencez.",
        LINK,
    ),
    errors.ProofLocked: Answer(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Question fermée un moment",
        "Trop de mauvaises réponses. Le lien n’est pas perdu : attendez 15 minutes, puis recommencez.",
        LINK,
    ),
    errors.TooMany: Answer(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Limite du jour atteinte",
        "Limite du jour atteinte. Rien n’est perdu : recommencez demain.",
        HOME,
    ),
    errors.NotAuthentic: Answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Document indisponible",
        "Le document est momentanément indisponible. Réessayez dans quelques minutes.",
    ),
    errors.TryAgain: Answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service momentanément indisponible",
        "Le service est momentanément indisponible. Rien n’a été perdu : attendez une minute, puis recommencez.",
    ),
}
FAULT = Answer(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "La panne vient de nous",
    "La panne vient de nous (n° {number}). Rien n’est perdu. Attendez une minute, puis recommencez.",
)
