"""What API Gateway does by itself: limits on requests per second, compression, and its own answers.

Those answers are pages, not JSON: API Gateway sends one body whatever the caller accepts, people see these, and both scripts look
at the status alone. Each page is complete (its style is inside, allowed by its hash), since it must show when we are down.
"""

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from typing import Any

COMPRESSED_FROM_BYTES = 1_000
"""Smaller bodies gain less than their headers; larger ones are compressed for whoever accepts it."""

# Neither « # » nor « $ » may appear in a body: API Gateway reads them as the start of a variable.
STYLE = """
:root{color-scheme:light dark;--fond:rgb(238 244 238);--carte:rgb(255 255 255);--encre:rgb(43 26 47);
--bord:rgb(98 116 106);--action:rgb(106 34 102);--appui:rgb(106 34 102)}
@media screen and (prefers-color-scheme:dark){:root{--fond:rgb(25 18 30);--carte:rgb(36 26 42);--encre:rgb(246 240 245);
--bord:rgb(160 142 168);--action:rgb(234 184 230);--appui:rgb(242 197 78)}}
body{margin:0;border-top:6px solid var(--appui);background:var(--fond);color:var(--encre);
font:17px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif}
main{box-sizing:border-box;width:min(38rem,100% - 40px);margin:40px auto;padding:24px 20px;background:var(--carte);
border:1px solid var(--bord);border-bottom:14px solid var(--bord);border-radius:24px 24px 3px 3px}
h1{margin:0 0 16px;font:600 28px/1.25 "Iowan Old Style","Palatino Linotype",Palatino,P052,"Noto Serif",Georgia,serif}
p{margin:0 0 12px}a{color:var(--action);display:inline-block;padding:10px 0}
""".strip()

STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True)
class Answer:
    """One answer of the gateway: a page that says what happened, that nothing was lost, and what to do."""

    title: str
    text: str
    status: int | None = None
    """None keeps the status of each type that falls back on this answer."""
    retry_after_seconds: int | None = None
    link: tuple[str, str] | None = None
    """Address and words of where to go, beside the home page."""

    @property
    def body(self) -> str:
        """The whole page."""
        links = [*([self.link] if self.link else []), ("/", "Aller à l’accueil de Passe-plat")]
        return (
            '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self.title)} – Passe-plat</title><style>{STYLE}</style></head>"
            f"<body><main><h1>{escape(self.title)}</h1><p>{escape(self.text)}</p>"
            + "".join(f'<p><a href="{path}">{escape(words)}</a></p>' for path, words in links)
            + "</main></body></html>\n"
        )

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers by name."""
        retry = {} if self.retry_after_seconds is None else {"Retry-After": str(self.retry_after_seconds)}
        return HEADERS | retry


UNKNOWN_PAGE = Answer(
    "Page introuvable.",
    "Cette adresse ne mène à aucune page. Si elle vient d’un courriel, copiez-la en entier ; rien n’a été utilisé.",
    status=404,
    link=("/retrait?perdu=1", "Je ne retrouve plus le message"),
)

ANSWERS: dict[str, Answer] = {
    "MISSING_AUTHENTICATION_TOKEN": UNKNOWN_PAGE,
    "RESOURCE_NOT_FOUND": UNKNOWN_PAGE,
    "REQUEST_TOO_LARGE": Answer(
        "Envoi trop volumineux.",
        "Cet envoi dépasse 10 Mo. Rien n’a été enregistré. Revenez à la page précédente et choisissez un document plus léger.",
        status=413,
    ),
    "THROTTLED": Answer(
        "Trop de demandes à la fois.",
        "Votre demande n’a pas été traitée et rien n’est perdu. Attendez dix secondes, puis recommencez.",
        status=429,
        retry_after_seconds=10,
    ),
    "WAF_FILTERED": Answer(
        "Trop de demandes depuis votre réseau.",
        "Votre demande n’a pas été traitée et rien n’est perdu. Attendez cinq minutes, puis recommencez.",
        status=429,
        retry_after_seconds=300,
    ),
    "DEFAULT_4XX": Answer(
        "Demande non comprise.",
        "Rien n’a été enregistré. Revenez à la page précédente, rechargez-la, puis recommencez.",
    ),
    "DEFAULT_5XX": Answer(
        "La panne vient de nous.", "Rien n’a été perdu. Attendez une minute, puis recommencez."
    ),
}


@dataclass(frozen=True)
class Limit:
    """How many requests are let through, from everybody together: a second on average, and at the same moment."""

    a_second: int
    at_once: int


THE_REST = Limit(100, 500)
LIMITS: dict[str, Limit] = {
    "POST /connexion": Limit(40, 200),
    "POST /connexion/code": Limit(40, 200),
    "POST /connexion/cle/defi": Limit(40, 200),
    "POST /connexion/cle": Limit(40, 200),
    "POST /retrait/apercu": Limit(40, 200),
    "POST /retrait/preuve": Limit(40, 200),
    "POST /retrait/ouverture": Limit(40, 200),
    "POST /retrait/transmission": Limit(20, 100),
    "POST /donnees-personnelles/demande": Limit(10, 50),
    "POST /retrait": Limit(10, 50),
    "POST /import": Limit(1, 5),
}
"""They bound what a flood of one door costs, and leave the other pages room: a hundred honest people who sign in within the same
minute are two a second. They are of everybody together, so that they stop nobody in particular: codes and proofs have counters of
their own (``stories/kit/quotas``), a flood of one source meets the web ACL (``RateLimitPerSource``)."""


def _settings() -> list[dict[str, Any]]:
    """Return the stage's settings: for all methods, then for each route with its own limit, which replaces the general one."""
    settings = [_setting("/*", "*", THE_REST)]
    for route, limit in LIMITS.items():
        method, _, path = route.partition(" ")
        settings.append(_setting("/" + path.replace("/", "~1"), method, limit))
    return settings


def _setting(path: str, method: str, limit: Limit) -> dict[str, Any]:
    """Return the settings of one method of one path: its limit; neither bodies nor requests are logged.

    Metrics of each method would be paid for, and no alarm reads them: the API's own are free.
    """
    return {
        "ResourcePath": path,
        "HttpMethod": method,
        "DataTraceEnabled": False,
        "LoggingLevel": "OFF",
        "MetricsEnabled": False,
        "ThrottlingRateLimit": limit.a_second,
        "ThrottlingBurstLimit": limit.at_once,
    }


def template() -> dict[str, Any]:
    """Return the part of the CloudFormation template that makes these limits and answers.

    On AWS they are part of the API's definition, so that changing them makes a new deployment. The emulator ignores that form:
    there, each answer is a resource of its own. Their names come before the deployment's (« RestAPI… ») so that they are made
    first.
    """
    return {
        "Resources": {
            "RestAPI": {
                "Properties": {
                    "MinimumCompressionSize": COMPRESSED_FROM_BYTES,
                    "MethodSettings": _settings(),
                    "GatewayResponses": {kind: _in_definition(answer) for kind, answer in ANSWERS.items()},
                }
            }
        }
        | {
            f"Answer{kind.title().replace('_', '')}": _as_resource(kind, answer)
            for kind, answer in ANSWERS.items()
        }
    }


def _status(answer: Answer) -> dict[str, str]:
    """Return the property that sets an answer's status; nothing when the answer has no status of its own."""
    return {} if answer.status is None else {"StatusCode": str(answer.status)}


def _in_definition(answer: Answer) -> dict[str, Any]:
    """Return an answer as the API's definition on AWS holds it."""
    return _status(answer) | {
        "ResponseParameters": {"Headers": {name: f"'{value}'" for name, value in answer.headers.items()}},
        "ResponseTemplates": {"application/json": answer.body},
    }


def _as_resource(kind: str, answer: Answer) -> dict[str, Any]:
    """Return an answer as a resource of its own, for the emulator; ``kind``: API Gateway's name of the case."""
    headers = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in answer.headers.items()}
    return {
        "Type": "AWS::ApiGateway::GatewayResponse",
        "Condition": "Emulated",
        "Properties": _status(answer)
        | {
            "RestApiId": {"Ref": "RestAPI"},
            "ResponseType": kind,
            "ResponseParameters": headers,
            "ResponseTemplates": {"application/json": answer.body},
        },
    }
