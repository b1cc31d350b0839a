"""Turns refusals and faults into pages or JSON; ``ANSWERS`` has the status, sentence and next act of every refusal.

A test demands a row for each class of ``chalicelib.errors``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from chalice.app import Response

from chalicelib import config, errors, french, log
from chalicelib.config import DOCUMENT_MAX_BYTES, ERASED_MINUTES, TAKINGS_PER_DAY
from chalicelib.web.kit.http import CLEARED, JSON, answer, read_own_path
from chalicelib.web.kit.page_view import FieldError, Notice, PageView, render_page

FIELDS = {
    "address": "Cette adresse n’est pas valable. Vérifiez-la : une seule adresse, comme « prenom.nom@entreprise.fr ».",
    "accented_address": "Cette adresse a un accent ou un signe rare avant le « @ », où nos messages n’arrivent pas. Changez-la.",
    "team_address": "L’équipe ne reçoit pas de documents. Choisissez l’entreprise ou l’acheteur.",
    "team_plus": "Un compte de l’équipe n’a pas d’adresse avec « + ». Donnez l’adresse de sa boîte.",
    "own_address": "C’est l’adresse à laquelle ce lien est parti. Donnez celle de la bonne personne.",
    "buyer_address": "C’est une adresse de l’acheteur. Donnez celle d’une personne de l’entreprise.",
    "phone_code": "Le code a six chiffres. Tapez ceux qui vous ont été donnés par téléphone.",
    "empty_document": "Le fichier est vide. Choisissez-en un autre.",
    "large_document": f"Le fichier dépasse {french.taille(DOCUMENT_MAX_BYTES)}. Réduisez-le, puis recommencez.",
    "missing": "Il manque un champ à la demande. Rouvrez la page, puis recommencez.",
    "key": "La clé du document n’est pas valable. Rechargez la page, puis recommencez.",
    "hash": "L’empreinte du document n’est pas valable. Rechargez la page, puis recommencez.",
    "kinds": "Un envoi contient un CV, une lettre, ou les deux : une seule fois chacun.",
    "choose_end": "Dites comment le parcours s’est terminé.",
    "reason": "Choisissez un motif de la liste.",
    "outcome": "Choisissez ce qui s’est passé dans la liste.",
    "contact": "Dites avec qui.",
    "pause": "Une pause dure six mois au plus, et pas au-delà de la fin du marché.",
    "planned": "Donnez la date prévue : le jour où c’est arrivé ou après, et dans les deux ans.",
    "not_planned": "Cela n’a pas de date prévue. Videz ce champ, ou choisissez autre chose dans la liste.",
    "hour": "Donnez l’heure, comme 14:30.",
    "no_such_hour": "Cette heure n’existe pas : cette nuit-là, on passe de 2 h à 3 h. Donnez une autre heure.",
    "which_hour": "Cette heure existe deux fois cette nuit-là, à cause du changement d’heure. Donnez une autre heure.",
    "day": "Donnez le jour où c’est arrivé : aujourd’hui ou avant.",
    "days": "Donnez le nombre de jours, de 1 à 365, seulement si le stage s’est arrêté.",
    "missing_text": "Il manque quelque chose ici. Remplissez ce champ.",
    "long_text": "Ce texte est trop long : {most} signes au plus.",
    "views": "Vous gardez déjà {most} vues. Ouvrez-en une qui ne sert plus, retirez-la, puis enregistrez celle-ci.",
    "passkeys": "Vous avez déjà {most} clés d’accès. Retirez-en une qui ne sert plus, puis ajoutez celle-ci.",
    "last_passkey": "C’est votre seule clé d’accès, et votre rôle en demande une. Ajoutez-en d’abord une autre.",
    "many_lines": "Collez {most} lignes au plus à la fois.",
    "line_name": "Il manque le nom : écrivez par exemple « Claire Dumont, claire.dumont@academie.fr ».",
    "line_address": "Il manque l’adresse : écrivez par exemple « Claire Dumont, claire.dumont@academie.fr ».",
    "odd_text": "Ce texte contient des caractères que nous ne pouvons pas garder, ou aucune lettre. Tapez-le de nouveau.",
    "link_text": "Ce texte contient une adresse de site ou de messagerie. Enlevez-la ; après un point, laissez une espace.",
    "name_text": "Écrivez le nom ou la fonction seuls, sans phrase ni numéro de téléphone.",
    "called_text": "Ce texte contient un numéro de téléphone. Enlevez-le : gardez la ligne et l’arrêt.",
    "choice": "Choisissez une réponse de la liste, ou aucune.",
    "not_in_record": "Cette personne n’est pas dans la fiche. Choisissez-en une autre de la liste, ou aucune.",
    "phone": "Ce numéro n’est pas valable. Gardez les chiffres, les espaces et le « + » du début.",
    "siret": "Ce numéro n’est pas valable. Vérifiez-le : un SIREN a 9 chiffres, un SIRET en a 14.",
    "record_day": "Cette date n’existe pas ou n’est pas complète. Donnez le jour, le mois et l’année.",
    "hours": "Donnez un nombre d’heures entier, de 1 à 2 000, en chiffres.",
    "website": "Cette adresse de site n’est pas valable. Écrivez-la comme « www.entreprise.fr », ou laissez ce champ vide.",
    "which_departement": "Choisissez un département de la liste.",
    "which_domaine": "Choisissez un domaine de la liste.",
    "end_before_start": "La fin du marché tombe avant sa notification. Vérifiez les deux dates.",
    "contract_not_kept": "Ce marché est terminé depuis trop longtemps : il ne serait pas gardé. Vérifiez la date.",
    "renewal_before_end": "La fin avec reconductions tombe avant la fin du marché. Vérifiez les deux dates.",
    "future_day": "Ce jour n’est pas encore arrivé. Donnez aujourd’hui ou un jour passé.",
    "tutor": "Choisissez dans la liste une personne qui suit des jeunes.",
    "no_role": "Choisissez au moins un rôle.",
    "team_or_field": "Un compte est de l’équipe, ou a d’autres rôles, jamais les deux. Enlevez l’un des deux.",
    "academie": "Choisissez l’académie de cette personne.",
    "departement": "Ce département n’est pas dans cette académie. Choisissez-en un autre, ou aucun.",
    "company_contact": "Nommez au moins une personne de l’entreprise, avec son adresse : sinon personne ne peut prendre l’offre.",
    "organisation": "Écrivez le nom de l’acheteur, comme dans ses marchés.",
    "reopen": "Un compte fermé existe à cette adresse. Cochez « Rouvrir ce compte », ou donnez une autre adresse.",
    "invited": "Une invitation est partie il y a moins d’une heure. Laissez-lui le temps d’arriver, puis recommencez.",
    "no_parcours": "Cochez au moins un parcours.",
    "absence_day": "Donnez le premier et le dernier jour de l’absence.",
    "absence_end": "Le dernier jour doit suivre le premier, et ne pas être passé.",
    "absence_long": "Une absence dure un an au plus et commence dans l’année. Pour un départ, faites fermer le compte.",
    "reference": "Cette référence n’est pas complète. Elle s’écrit comme « CSF-7K3Q-92 » ; elle est sur la notice.",
    "which_right": "Dites ce que vous demandez.",
    "which_correction": "Dites ce qui est à corriger, en 300 caractères au plus.",
    "which_asker": "Dites qui fait la demande.",
    "slot": "Donnez la date et l’heure, comme le 9 mars 2027 à 14:00.",
    "past": "Cette date est passée. Donnez une date à venir.",
    "past_slot": "Cette date est passée. Choisissez-en une autre, ou demandez d’autres dates.",
    "year": "Cette date est trop loin. Donnez une date dans l’année qui vient.",
    "choose_slot": "Choisissez une des dates proposées.",
    "slots": "Proposez de une à cinq dates, toutes différentes.",
    "minutes": "Donnez une durée de 15 à 240 minutes.",
    "place": "Donnez une adresse qui commence par https://, ou gardez le lieu de la fiche.",
    "own_place": "Cette adresse n’est pas celle d’une visio. Donnez-en une autre, ou gardez le lieu de la fiche.",
    "before_passage": "Ce jour est avant le début du parcours. Donnez un jour du parcours : celui où il a commencé, ou après.",
    "before_contract": "Ce jour est avant la notification du marché. Vérifiez l’année, ou la date du marché dans la fiche.",
    "history_day": "Ce marché est terminé : donnez le jour, avant aujourd’hui, où le parcours a commencé.",
    "before_meeting": "Ce jour est avant le rendez-vous prévu. S’il a changé de jour, notez d’abord le nouveau rendez-vous.",
    "coordinator": "Choisissez dans la liste une personne qui coordonne cette académie.",
    "value": "Un champ de la demande n’est pas valable. Rouvrez la page, puis recommencez.",
}
"""The sentence of each ``reason`` of a ``FieldInvalid``."""
DOUBTS = {
    "gone": "La personne n’est plus à ce poste : c’est noté sur le parcours.",
    "other_domain": "Ce n’est pas le domaine de l’entreprise.",
    "look_alike": "Ce domaine ressemble à un autre, à une lettre près.",
    "undeclared": "Elle n’était pas dans la fiche quand l’offre a été déclarée.",
}
"""The sentence of each doubt about a recipient."""
ASKED = {
    "stop": "Sur la page de suivi du jeune, quelqu’un a appuyé sur «\u00a0Je ne veux plus\u00a0». Personne n’a vérifié qui.",
    "data": "Une demande sur les données du jeune est arrivée. Personne n’a vérifié qui demande.",
    "": "Quelqu’un doit d’abord parler avec le jeune.",
}
"""What the young person asked while nothing goes on; who does not accompany them does not read it."""
START = ("Revenir à l’accueil", "/")
SIGN_IN = ("Se connecter", "/connexion")
SIGN_IN_AGAIN = ("Revenir à la connexion", "/connexion")
HOME = ("Revenir aux parcours", "/parcours")
LINK = ("Coller le lien", "/retrait")
ASK_AGAIN = "Répondez au message reçu : la personne qui vous l’a envoyé peut refaire un envoi."


@dataclass(frozen=True)
class Answer:
    """What a refusal becomes. ``title`` heads the page; ``message`` may hold ``{when}``."""

    status: HTTPStatus
    title: str
    message: str
    act: tuple[str, str] = START


FOLLOW = ("Recommencer", "/suivi")
bad_request = partial(Answer, HTTPStatus.BAD_REQUEST)
forbidden = partial(Answer, HTTPStatus.FORBIDDEN)
conflict = partial(Answer, HTTPStatus.CONFLICT, act=HOME)
gone = partial(Answer, HTTPStatus.GONE, act=LINK)
too_many = partial(Answer, HTTPStatus.TOO_MANY_REQUESTS)
unavailable = partial(Answer, HTTPStatus.SERVICE_UNAVAILABLE)

ANSWERS: dict[type[errors.RelayError], Answer] = {
    errors.Unreadable: bad_request(
        "Demande illisible", "Nous n’avons pas pu lire votre demande. Rouvrez la page, puis recommencez."
    ),
    errors.UnknownField: bad_request(
        "Demande refusée",
        "Nous avons reçu un champ que cette page n’a pas. Rouvrez la page, puis recommencez.",
    ),
    errors.FieldInvalid: Answer(HTTPStatus.UNPROCESSABLE_ENTITY, "Une saisie est à corriger", "{field}"),
    errors.FieldsInvalid: Answer(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Des saisies sont à corriger",
        "Des saisies sont à corriger : chacune est dite à côté de son champ.",
    ),
    errors.TooLarge: Answer(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Demande trop longue",
        "Votre demande est trop longue. Rouvrez la page, puis recommencez.",
    ),
    errors.SignedOut: Answer(
        HTTPStatus.UNAUTHORIZED,
        "Votre session est terminée",
        "{session} Ce qui était enregistré est gardé : reconnectez-vous.",
        SIGN_IN,
    ),
    errors.SignInStale: forbidden(
        "Confirmez que c’est vous",
        "Votre connexion date de plus d’un quart d’heure. Connectez-vous de nouveau dans un autre onglet, puis recommencez ici.",
        act=SIGN_IN,
    ),
    errors.PasskeyRefused: forbidden(
        "Clé d’accès refusée",
        "Cette clé n’a pas pu être vérifiée, ou n’est plus celle d’un compte ouvert. Recommencez, prenez une autre clé, ou "
        "entrez d’une autre façon : la page de connexion dit comment.",
        act=SIGN_IN,
    ),
    errors.PasskeyCloned: forbidden(
        "Clé d’accès refusée",
        "Une autre copie de cette clé a peut-être servi. Un message part à l’adresse du compte. Prenez une autre clé, et retirez "
        "celle-ci.",
        act=SIGN_IN,
    ),
    errors.CodeDead: gone(
        "Code refusé",
        "Ce code n’est pas le bon, ou n’est plus valable. Vérifiez les douze chiffres du dernier message, ou demandez-en un "
        "autre.",
        act=("Demander un autre code", "/connexion"),
    ),
    errors.CodeElsewhere: forbidden(
        "Ce n’est pas la bonne fenêtre",
        "Saisissez le code dans la fenêtre où vous l’avez demandé, ou demandez-en un autre ici.",
        act=("Demander un autre code", "/connexion"),
    ),
    errors.IdentityElsewhere: forbidden(
        "Ce retour de ProConnect n’a pas servi",
        "Il n’a pas été demandé dans ce navigateur, y a déjà servi, ou est trop ancien. Vous n’êtes pas connecté : recommencez.",
        SIGN_IN_AGAIN,
    ),
    errors.IdentityInvalid: forbidden(
        "ProConnect ne vous a pas identifié",
        "Vous avez renoncé, ou ce que ProConnect nous a répondu ne suffit pas. Vous n’êtes pas connecté : recommencez.",
        SIGN_IN_AGAIN,
    ),
    errors.IdentityOther: conflict(
        "Ce compte est lié à une autre identité",
        "Votre compte est déjà lié à une autre identité de ProConnect. Identifiez-vous avec celle-ci, ou demandez à la personne "
        "qui gère votre compte de le délier de ProConnect.",
        act=SIGN_IN_AGAIN,
    ),
    errors.NoAccount: forbidden(
        "Aucun compte à cette adresse",
        "ProConnect vous a identifié, mais aucun compte n’est ouvert à l’adresse qu’il donne. Demandez une invitation à cette "
        "adresse à la personne qui gère les comptes de votre académie ou de votre organisme.",
        SIGN_IN_AGAIN,
    ),
    errors.ProviderDown: unavailable(
        "ProConnect ne répond pas",
        "ProConnect ne répond pas, ou pas comme prévu. Vous n’êtes pas connecté : recommencez dans quelques minutes. La page de "
        "connexion dit si vous pouvez recevoir un code par message.",
        act=SIGN_IN_AGAIN,
    ),
    errors.OriginRefused: forbidden(
        "Demande refusée",
        "La demande est refusée : elle ne vient pas de ce service. Revenez-y, puis recommencez.",
    ),
    errors.NotFound: Answer(
        HTTPStatus.NOT_FOUND,
        "Page introuvable",
        "Il n’y a rien à cette adresse, ou rien qui soit ouvert à votre compte. Vérifiez-la, ou cherchez dans les parcours.",
        HOME,
    ),
    errors.NotYours: forbidden(
        "Vous n’avez pas ce droit",
        "Vous pouvez voir ce parcours, mais cette action revient {whose}. Rien n’a été changé : demandez-le-lui.",
        act=HOME,
    ),
    errors.WrongStep: conflict(
        "Ce n’est pas possible à cette étape",
        "Le parcours a avancé. Sa page dit où il en est.",
    ),
    errors.NotNow: conflict(
        "Cela ne peut pas être noté à cette étape",
        "{not_now} Rien n’a été noté. Revenez au parcours pour voir ce qui peut l’être.",
    ),
    errors.NoContact: conflict(
        "Il manque un contact dans l’entreprise",
        "Cette offre ne nomme encore personne dans l’entreprise : personne ne peut la prendre. L’acheteur ou l’équipe ajoute un "
        "contact sur la fiche, puis l’offre est libre.",
    ),
    errors.TooManyHeld: conflict(
        "Trop d’offres prises attendent un envoi",
        "Vous avez pris {most} offres pour lesquelles rien n’est parti. Envoyez les documents pour l’une d’elles, ou arrêtez "
        "un parcours qui n’aura pas lieu : l’offre redevient libre. {notified} est prévenue.",
    ),
    errors.NothingSent: conflict(
        "Rien n’a encore été envoyé",
        "L’entreprise n’a encore rien reçu : il n’y a pas de quoi la relancer. Il faut d’abord envoyer les documents.",
    ),
    errors.NotLast: conflict(
        "Cette ligne ne peut pas encore être corrigée",
        "Une ligne plus récente en dépend : corrigez-la d’abord. Rien n’a été changé.",
    ),
    errors.KeyUsed: conflict(
        "Ce formulaire a déjà servi",
        "Ce formulaire a déjà servi à noter autre chose. Rien de plus n’a été noté. Vérifiez la saisie, puis validez de nouveau.",
    ),
    errors.AddressTaken: conflict(
        "Cette adresse a déjà un compte",
        "Un compte existe déjà à cette adresse. Cherchez-le dans la liste des comptes, ou donnez une autre adresse.",
        act=("Voir les comptes", "/comptes"),
    ),
    errors.AccountBusy: conflict(
        "Ce compte suit encore des parcours",
        "Choisissez d’abord qui reprend ses parcours. Rien n’a été changé.",
        act=("Voir les comptes", "/comptes"),
    ),
    errors.FeedUnknown: gone(
        "Cet agenda n’est plus à cette adresse",
        "Son adresse est incomplète, remplacée ou arrêtée. Enlevez-la de votre logiciel, puis prenez-en une nouvelle dans "
        "« Mon compte ».",
        act=("Ouvrir mon compte", "/compte"),
    ),
    errors.OfferExists: conflict(
        "Cette offre existe déjà",
        "Une offre de la même entreprise et du même acheteur, avec cet objet et ce lot, existe déjà. Corrigez la saisie.",
    ),
    errors.RemindedToday: conflict(
        "Une relance est déjà partie",
        "Une relance est partie{when}. Laissez passer un jour. En attendant, vous pouvez téléphoner.",
    ),
    errors.PersonRemindedToday: conflict(
        "Cette personne a déjà reçu une relance aujourd’hui",
        "Une relance lui est partie pour un autre parcours. Vous pouvez lui téléphoner, ou la relancer demain.",
    ),
    errors.TextedThisWeek: conflict(
        "Un SMS a déjà été demandé pour ce numéro cette semaine",
        "Un numéro reçoit un SMS par semaine au plus, même pour un autre parcours. Vous pouvez téléphoner à cette personne.",
    ),
    errors.SlotTaken: conflict(
        "Cette date n’est plus proposée",
        "Quelqu’un vient de répondre, ou d’autres dates l’ont remplacée. Choisissez parmi ce qui se lit maintenant.",
    ),
    errors.GuestsUnseen: conflict(
        "Des personnes invitées seraient prévenues",
        "Corriger cette ligne change un rendez-vous à venir, et un message part aux personnes invitées. Rien n’a été changé.",
    ),
    errors.HolidayUnseen: conflict(
        "C’est un jour férié",
        "Une des dates tombe un jour férié{when}. Confirmez-la, ou choisissez-en une autre.",
        act=START,
    ),
    errors.HostUnseen: conflict(
        "Vérifiez l’adresse du rendez-vous",
        "Ce rendez-vous en visio est proposé chez {host}, qui n’est pas un service de visio que nous "
        "connaissons. Vérifiez-le par téléphone, puis confirmez.",
    ),
    errors.ColleagueLimit: conflict(
        "Ce lien a déjà été passé",
        "Ce lien a déjà été passé à quelqu’un, ou l’a été trop de fois aujourd’hui. Répondez au message reçu "
        "pour demander un nouvel envoi.",
        act=START,
    ),
    errors.SealerAlone: forbidden(
        "Cet accord n’est pas le vôtre",
        "Seule la personne qui a envoyé les documents peut accepter cette adresse. Sans elle, retirez l’envoi et refaites-le.",
        act=HOME,
    ),
    errors.TalkNeeded: conflict(
        "D’abord, parler avec le jeune",
        "{asked} La suite reprend dès que quelqu’un a dit, sur la page du parcours, lui avoir parlé. Rien n’est noté ni parti.",
    ),
    errors.NoticeNeeded: conflict(
        "La notice d’abord",
        "Remettez d’abord la notice au jeune, puis cochez-le sur la page d’envoi. Rien n’est parti.",
    ),
    errors.DepositConflict: conflict(
        "Un envoi est déjà en cours",
        "Un envoi est déjà en cours sur ce parcours. La page du parcours permet de le suivre.",
    ),
    errors.ChangedMeanwhile: conflict(
        "Modifié entre-temps",
        "Quelqu’un l’a modifié entre-temps, et votre action n’est pas enregistrée. Voyez ce qui a changé, puis recommencez.",
    ),
    errors.OpenedMeanwhile: conflict(
        "Le lien vient d’être ouvert",
        "Le lien a été ouvert{when}, avant votre demande. Rien n’a été changé. Revenez au parcours pour voir la suite.",
    ),
    errors.RecipientRefused: conflict(
        "Cette adresse refuse nos messages",
        "Cette adresse ne prend plus nos messages. Choisissez-en une autre. Si elle est juste, demandez de la débloquer "
        "à l’adresse écrite dans les mentions légales, en bas de page.",
    ),
    errors.ContactGone: conflict(
        "Cette personne n’est plus à ce poste",
        "C’est noté sur le parcours : rien ne lui est plus envoyé. Indiquez qui la remplace, ou choisissez une autre adresse.",
    ),
    errors.RecipientDoubtful: conflict(
        "Vérifiez l’adresse",
        "Vérifiez l’adresse : elle est chez {domain}. {doubts} Confirmez-la, ou corrigez-la.",
        act=START,
    ),
    errors.CookiesBlocked: bad_request(
        "Les cookies sont bloqués",
        "Autorisez les cookies de ce site, puis rouvrez le lien du message. Le lien n’a pas été utilisé.",
        act=LINK,
    ),
    errors.MethodRefused: Answer(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Action non permise",
        "Cette page ne permet pas cette action. Revenez à l’accueil, puis recommencez.",
    ),
    errors.MediaTypeRefused: Answer(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Format non accepté",
        "Cette page ne reçoit pas ce format. Rouvrez la page, puis recommencez.",
    ),
    errors.LinkUnknown: gone(
        "Lien non reconnu",
        f"Ce lien ne marche plus, ou il est incomplet. Copiez-le en entier. {ASK_AGAIN}",
    ),
    errors.LinkSpent: gone(
        "Lien déjà ouvert", f"Ce lien a déjà servi{{when}}, peut-être par une ou un collègue. {ASK_AGAIN}"
    ),
    errors.LinkExpired: gone("Lien expiré", f"Ce lien a expiré{{end}}. {ASK_AGAIN}"),
    errors.LinkRevoked: gone(
        "Lien retiré", f"Ce lien a été retiré{{when}}. Aucun document n’est plus à ouvrir ici. {ASK_AGAIN}"
    ),
    errors.LinkReplaced: gone(
        "Lien remplacé",
        "Ce lien a été remplacé{when} : un autre est parti à la même adresse. Ouvrez le dernier message reçu.",
    ),
    errors.LinkRefused: gone(
        "Message refusé",
        f"Ce lien ne marche plus{{when}} : le message qui le portait n’a pas été accepté. {ASK_AGAIN}",
    ),
    errors.LinkSuspended: gone(
        "Envoi suspendu",
        "L’envoi est suspendu{when}. Gardez le message : le lien peut marcher de nouveau.",
    ),
    errors.LinkErased: gone(
        "Plus de document à ouvrir",
        f"Ce lien a pris fin{{when}}. De notre côté, les documents sont effacés, ou le "
        f"seront dans {ERASED_MINUTES} minutes au plus. "
        f"{ASK_AGAIN}",
    ),
    errors.LinkClosed: gone(
        "Lien fermé", f"Ce lien a été fermé{{when}} après trop de mauvaises réponses. {ASK_AGAIN}"
    ),
    errors.ProofNeeded: forbidden(
        "Une question d’abord",
        "Dites d’abord à quelle adresse vous avez reçu le message. Rouvrez le lien, puis répondez à la question.",
        act=LINK,
    ),
    errors.ProofWrong: forbidden(
        "Ce n’est pas cette adresse",
        "Ce n’est pas l’adresse à laquelle le message est parti. Regardez à qui il est adressé, puis recommencez.",
        act=LINK,
    ),
    errors.CodeWrong: forbidden(
        "Ce n’est pas ce code",
        "Ce n’est pas le code qu’on vous a donné par téléphone. Vérifiez les six chiffres, puis recommencez.",
        act=LINK,
    ),
    errors.ProofLocked: too_many(
        "Question fermée un moment",
        "Trop de mauvaises réponses. Le lien n’est pas perdu : attendez 15 minutes, puis recommencez.",
        act=LINK,
    ),
    errors.TooMany: too_many(
        "Vous avez atteint la limite du jour",
        "Vous avez atteint la limite du jour. Recommencez demain.",
        act=HOME,
    ),
    errors.TooManyIdentifications: too_many(
        "Trop de demandes en une heure",
        "ProConnect a été demandé trop souvent depuis votre réseau. Recommencez dans une heure, ou entrez d’une autre "
        "façon : la page de connexion dit comment.",
        act=SIGN_IN_AGAIN,
    ),
    errors.TooManyOnLink: too_many(
        "Trop de réponses aujourd’hui",
        "Trop de réponses sont parties de ce lien aujourd’hui. Ce qui est déjà dit est gardé. Appelez la personne qui vous l’a "
        "envoyé : ses coordonnées sont sur cette page. Ou recommencez demain.",
        act=LINK,
    ),
    errors.TooManyTakings: too_many(
        french.majuscule(f"{french.en_lettres(TAKINGS_PER_DAY)} offres prises aujourd’hui"),
        f"Vous avez pris {french.en_lettres(TAKINGS_PER_DAY)} offres aujourd’hui, c’est la limite d’un jour. "
        "Elles restent à vous. {notified} en est prévenue : elle peut vous confier une offre, ou reprenez demain.",
        act=HOME,
    ),
    errors.TooManyOfReference: too_many(
        "Trop de demandes aujourd’hui",
        "Trop de demandes sont arrivées aujourd’hui pour cette référence. Recommencez demain, ou écrivez à la déléguée "
        "à la protection des données.",
    ),
    errors.TooManyYoungActs: too_many(
        "Trop de fois aujourd’hui",
        "Tu as déjà appuyé plusieurs fois aujourd’hui. Appelle la personne qui te suit, ou recommence demain.",
        act=FOLLOW,
    ),
    errors.TooManyFollowKeys: too_many(
        "Trop d’essais aujourd’hui",
        "Trop d’essais ont été faits aujourd’hui depuis ce réseau. Scanne le code QR de ta notice, ou recommence demain. "
        "Tu peux aussi appeler la personne qui te suit.",
        act=FOLLOW,
    ),
    errors.FollowKeyUnknown: Answer(
        HTTPStatus.NOT_FOUND,
        "Cette référence et cette clé ne vont pas ensemble",
        "Cette référence et cette clé ne vont pas ensemble. Regarde bien ta notice, puis recommence. Si la notice est "
        "ancienne, la personne qui te suit peut t’en donner une autre.",
        act=FOLLOW,
    ),
    errors.NotAuthentic: unavailable(
        "Document indisponible",
        "Le document est momentanément indisponible. Réessayez dans quelques minutes.",
    ),
    errors.TryAgain: unavailable(
        "Service momentanément indisponible",
        "Le service ne répond pas pour l’instant. Attendez une minute, puis recommencez.",
    ),
}
FAULT = Answer(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "La panne vient de nous",
    "La panne vient de nous. Attendez une minute. Vérifiez si votre action est enregistrée, sinon recommencez.",
)
HELP = "Si cela ne suffit pas, écrivez à {address}. Donnez le n° {number}, sans le lien que vous avez reçu."
"""Whom to ask; « n° » finds the request in the log."""
SUBJECT = "Passe-plat, erreur n° {number}"
"""Of the mail that the page of an error has ready: a number alone, since whoever reads it may hold no link."""


FEW_LEFT = 2
"""Number of tries left from which on it is shown."""


def describe(refusal: errors.RelayError) -> tuple[Answer, str]:
    """Return the row of a refusal in ``ANSWERS``, and its sentence with the refusal's facts filled in."""
    row = ANSWERS[type(refusal)]
    facts = refusal.facts
    sentence = row.message.format(
        when=_format_since(facts.get("since"), "moment"),
        end=_format_since(facts.get("since"), "dernier_jour"),
        field=find_sentence(str(facts.get("reason"))),
        session="Votre session a expiré." if facts.get("expired") else "Cette page demande de se connecter.",
        domain=facts.get("domain", ""),
        host=facts.get("host", ""),
        most=facts.get("most", ""),
        doubts=_join_doubts(facts.get("doubts")),
        not_now=_explain_not_now(facts) if isinstance(refusal, errors.NotNow) else "",
        whose=_name_roles(facts.get("whose")),
        asked=ASKED.get(str(facts.get("asked")), ""),
        notified="L’équipe" if facts.get("notified") == "team" else "La coordination",
    )
    remaining = facts.get("remaining")
    if isinstance(remaining, int) and remaining <= FEW_LEFT:
        sentence += (
            f" Il reste {remaining} essai{'s' if remaining > 1 else ''} avant une pause de 15 minutes."
        )
    return row, sentence


def find_sentence(reason: str) -> str:
    """Return the sentence for what is wrong with a field; empty when there is no reason, or an unknown one.

    ``reason``: a key of ``FIELDS``; a limit may follow it (« long_text_200 »), see ``FieldInvalid``.
    """
    code, _, most = reason.rpartition("_")
    return FIELDS[code].format(most=most) if most.isdecimal() else FIELDS.get(reason, "")


def _explain_not_now(facts: Mapping[str, object]) -> str:
    """Say why an outcome cannot be noted now, and which can."""
    from chalicelib.words import timeline

    return timeline.format_not_now(str(facts["kind"]), str(facts["status"]), facts["step"])


def _name_roles(roles: object) -> str:
    """Return these roles in words: « à l’acheteur, ou à l’équipe »."""
    if not isinstance(roles, frozenset):
        return ""
    from chalicelib.domain.kernel.timeline import ANYBODY
    from chalicelib.words import codes

    named = [phrase for role, phrase in codes.TO_ROLE.items() if role in roles & ANYBODY]
    return ", ou ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))


def _join_doubts(codes: object) -> str:
    """Return the sentences of these doubts, joined."""
    return " ".join(DOUBTS[code] for code in codes) if isinstance(codes, tuple) else ""


def _format_since(since: object, way: str) -> str:
    """Format an instant as « le 3 décembre 2026, 14 h 30 » (``moment``) or the day that it ends (``dernier_jour``), with a space
    before it; empty when there is none.
    """
    if not isinstance(since, str):
        return ""
    from chalicelib import french

    return f" le {french.FILTERS[way](datetime.fromisoformat(since))}"


def _build_headers(refusal: errors.RelayError) -> dict[str, str]:
    """Return the headers that go with a refusal: when to try again, and what a sign-out clears in the browser."""
    headers: dict[str, str] = {}
    if "retry_after_seconds" in refusal.facts:
        headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
    if isinstance(refusal, errors.SignedOut):
        headers |= CLEARED
    if isinstance(refusal, errors.TryAgain):
        headers["Retry-After"] = "60"
    return headers


def answer_refusal_as_json(refusal: errors.RelayError) -> Response:
    """Answer a refusal as JSON: ``code`` and ``message``, and more where its facts have it.

    ``field``: the field to correct; ``rang``: its place among several, from 0; ``restants``: tries left; and for a doubtful
    recipient what ``_build_doubtful_address`` returns.
    """
    row, sentence = describe(refusal)
    body = _build_body(row, refusal.code, sentence)
    if "field" in refusal.facts:
        body["field"] = refusal.facts["field"]
    if isinstance(refusal, errors.RecipientDoubtful):
        body |= _build_doubtful_address(refusal)
    if "rank" in refusal.facts:
        body["rang"] = refusal.facts["rank"]
    remaining = refusal.facts.get("remaining")
    if isinstance(remaining, int) and remaining <= FEW_LEFT:
        body["restants"] = remaining
    return answer(row.status, body, JSON, headers=_build_headers(refusal))


def _build_doubtful_address(refusal: errors.RecipientDoubtful) -> dict[str, object]:
    """Return what the page shows about an address that is not trusted: where it comes from, and why it is doubted.

    ``vus`` comes back when the sender confirms.
    """
    from chalicelib.words import codes

    facts: dict[str, Any] = refusal.facts
    return {
        "domaine": facts["domain"],
        "origine": codes.format_origin(next(iter(facts["entries"]), None), facts["sealer"]),
        "doutes": facts["doubts"],
        "vus": facts["shown"],
    }


def answer_fault_as_json(fault: BaseException) -> Response:
    """Log a fault and answer « La panne vient de nous » as JSON, with the number under which it is logged."""
    log.fault(fault)
    return answer(FAULT.status, _build_body(FAULT, "fault", FAULT.message), JSON)


def _build_body(row: Answer, code: str, sentence: str) -> dict[str, object]:
    """Build the JSON of a refusal or a fault; where waiting is all one can do, the sentence says whom to ask, with a number."""
    if row.status < FAULT.status:
        return {"code": code, "message": sentence}
    number = log.read_number()
    whom = HELP.format(address=config.settings().support_address, number=number)
    return {"code": code, "message": f"{sentence} {whom}", "numero": number}


class Act(NamedTuple):
    """The one thing to do next on a page that explains a refusal."""

    label: str
    href: str


class Help(NamedTuple):
    """Whom to ask; ``mail``: a mail to them that holds the ``number`` of the request in the log, and nothing else of the page."""

    address: str
    mail: str
    number: str


@dataclass(frozen=True, slots=True)
class ErrorPage(PageView):
    """The page of a refusal or a fault, and the mail to whom can help."""

    template = "erreur"

    title: str
    message: str
    act: Act
    help: Help


@dataclass(frozen=True, slots=True)
class HeldBackPage(PageView):
    """The page for a request that waits until its person has signed in anew; ``action``: where it goes.

    ``typed``: the fields to send again, None when they cannot be handed back.
    """

    template = "session-terminee"

    why: str
    """Code of the refusal: its session is over, or its proof is stale."""
    method: str
    action: str
    typed: list[tuple[str, str]] | None


@dataclass(frozen=True, slots=True)
class SignInPage(PageView):
    """The form that asks for a professional address."""

    template = "connexion"

    vers: str
    """The page that opens once signed in, an ``read_own_path``."""
    adresse: str = ""
    error: str | None = None
    notice: Notice | None = None
    ended: bool = False
    """Whether a session was over."""
    added_passkey: bool = False
    """Whether a first passkey was just added: it alone opens its account."""


def answer_refusal_as_page(refusal: errors.RelayError) -> Response:
    """Answer a refusal with a page that says what happened, what was not lost, and one thing to do next."""
    row, sentence = describe(refusal)
    return _build_page(row, sentence, _build_headers(refusal))


def answer_fault_as_page(fault: BaseException) -> Response:
    """Log a fault and answer « La panne vient de nous » as a page, with the number under which it is logged."""
    log.fault(fault)
    return _build_page(FAULT, FAULT.message, {})


def _build_page(row: Answer, sentence: str, headers: dict[str, str]) -> Response:
    """Build the answer with the page of a refusal or a fault."""
    address, number = config.settings().support_address, log.read_number()
    mail = f"mailto:{address}?subject={quote(SUBJECT.format(number=number))}"
    view = ErrorPage(row.title, sentence, Act(*row.act), Help(address, mail, number))
    return answer(row.status, render_page(view), headers=headers)


def render_held_back(
    refusal: errors.RelayError, method: str, action: str, typed: list[tuple[str, str]] | None
) -> str:
    """Render the page for a request that waits for its person: it hands the form back, or says that it is lost (None)."""
    return render_page(HeldBackPage(refusal.code, method.lower(), action, typed))


def render_sign_in(refusal: errors.SignedOut, asked_for: str) -> str:
    """Render the sign-in page for somebody who asked for a page of agents without a session; signing in leads there."""
    return render_page(SignInPage(vers=read_own_path(asked_for), ended=bool(refusal.facts.get("expired"))))


def build_field_error(refusal: errors.RelayError | None) -> FieldError | None:
    """Return the error that a page shows at the refused field; None without a refusal."""
    if refusal is None:
        return None
    _, sentence = describe(refusal)
    return FieldError(str(refusal.facts.get("field", "")), sentence)
