"""Errors to answers, in one table: a status, a sentence of what happened, a sentence of what to do.

A test walks the tree of ``chalicelib.errors`` and demands a row for each kind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec

from chalice.app import Response

from chalicelib import errors, log
from chalicelib.web.http import HTML, JSON, answer

Path = ParamSpec("Path")


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
        "{session} Rien n’est perdu : reconnectez-vous.",
        SIGN_IN,
    ),
    errors.CodeDead: Answer(
        HTTPStatus.GONE,
        "Code refusé",
        "Ce code n’est pas le bon, ou n’est plus valable. Vérifiez les six chiffres du dernier message, ou demandez-en un autre.",
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
        "Parcours introuvable, ou il n’est pas ouvert à votre compte. Vérifiez l’adresse.",
        HOME,
    ),
    errors.WrongStep: Answer(
        HTTPStatus.CONFLICT,
        "Ce n’est pas possible à cette étape",
        "Le parcours a avancé. Rechargez sa page pour voir où il en est.",
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

FIELDS = {
    "address": "Cette adresse n’est pas valable. Vérifiez-la : une seule adresse, comme « prenom.nom@entreprise.fr ».",
    "team_address": "C’est une adresse de l’équipe, qui ne reçoit jamais de document. Choisissez l’entreprise ou l’acheteur.",
    "empty_document": "Le fichier est vide. Choisissez-en un autre.",
    "large_document": "Le fichier dépasse 10 Mo. Réduisez-le, puis recommencez.",
    "missing": "Il manque un champ à la demande. Rechargez la page, puis recommencez.",
    "key": "La clé du document n’est pas valable. Rechargez la page, puis recommencez.",
    "hash": "L’empreinte du document n’est pas valable. Rechargez la page, puis recommencez.",
    "value": "Un champ de la demande n’est pas valable. Rechargez la page, puis recommencez.",
}
"""The sentence of each ``reason`` of a ``FieldInvalid``."""
FEW_LEFT = 2
"""From how many tries left on a person is told how many."""


def describe(refusal: errors.RelayError) -> tuple[Answer, str]:
    """The answer of a refusal and its sentence, facts filled in."""
    row = ANSWERS[type(refusal)]
    facts = refusal.facts
    sentence = row.message.format(
        when=_when(facts.get("since")),
        field=FIELDS.get(str(facts.get("reason")), ""),
        session="Votre session a expiré." if facts.get("expired") else "Personne n’est connecté ici.",
    )
    remaining = facts.get("remaining")
    if isinstance(remaining, int) and remaining <= FEW_LEFT:
        sentence += (
            f" Il reste {remaining} essai{'s' if remaining > 1 else ''} avant une pause de 15 minutes."
        )
    return row, sentence


def _when(since: object) -> str:
    if not isinstance(since, str):
        return ""
    from chalicelib import french

    return f" le {french.moment(datetime.fromisoformat(since))}"


def _headers(refusal: errors.RelayError) -> dict[str, str]:
    headers = {}
    if "retry_after_seconds" in refusal.facts:
        headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
    if isinstance(refusal, errors.SignedOut):
        headers["Clear-Site-Data"] = '"cache", "storage"'
    if isinstance(refusal, errors.TryAgain):
        headers["Retry-After"] = "60"
    return headers


def json_refusal(refusal: errors.RelayError) -> Response:
    """``{"code", "message"}``, with ``field`` where one is to be corrected."""
    row, sentence = describe(refusal)
    body: dict[str, object] = {"code": refusal.code, "message": sentence}
    if "field" in refusal.facts:
        body["field"] = refusal.facts["field"]
    remaining = refusal.facts.get("remaining")
    if isinstance(remaining, int) and remaining <= FEW_LEFT:
        body["restants"] = remaining
    return answer(row.status, body, JSON, headers=_headers(refusal))


def json_fault(fault: BaseException) -> Response:
    """« La panne vient de nous », with the number under which it is logged."""
    message = FAULT.message.format(number=log.fault(fault))
    return answer(FAULT.status, {"code": "fault", "message": message}, JSON)


def page(
    status: int, title: str, message: str, act: tuple[str, str], number: str | None = None, **headers: str
) -> Response:
    """A page that says what happened, what was not lost, and one thing to do."""
    from chalicelib.templating import render

    shown = {"label": act[0], "href": act[1]}
    html = render(
        "pages/erreur.html", agent=None, nav="", title=title, message=message, act=shown, number=number
    )
    return answer(status, html, HTML, headers=headers)


def answers_json(view: Callable[Path, Response]) -> Callable[Path, Response]:
    """Turn a view's refusal or fault into JSON. Chalice's middleware cannot: it sees no exception."""

    @wraps(view)
    def guarded(*args: Path.args, **kwargs: Path.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except errors.RelayError as refusal:
            return json_refusal(refusal)
        except Exception as fault:
            return json_fault(fault)

    return guarded


def answers_html(view: Callable[Path, Response]) -> Callable[Path, Response]:
    """Turn a view's refusal or fault into a page."""

    @wraps(view)
    def guarded(*args: Path.args, **kwargs: Path.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except errors.RelayError as refusal:
            row, sentence = describe(refusal)
            return page(row.status, row.title, sentence, row.act, **_headers(refusal))
        except Exception as fault:
            number = log.fault(fault)
            return page(FAULT.status, FAULT.title, FAULT.message.format(number=number), FAULT.act, number)

    return guarded
