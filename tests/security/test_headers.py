"""Every answer carries the security headers, whoever gives it: pages, scripts, refusals, redirects, the gateway itself.

All of it is asked of the deployed product, route by route: a route that is added later is asked as well.
"""

import gzip
import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app import app
from chalicelib.stores import aws
from infra import gateway
from infra.local import LocalCloud
from infra.local.demo import TUTOR
from tests.conftest import on_deployed
from tests.security import deployed as deployed_relay
from tests.security.visitor import FORM, JSON, Answer, Visitor, visitor_with_nonce
from tests.support import http
from tests.support.relays import Browser

pytestmark = pytest.mark.cloud

ALWAYS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
FOR_EVER = "public, max-age=31536000, immutable"
COOKIE = {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
HELD = re.compile(r"'sha256-[A-Za-z0-9+/]{43}='")
"""What a page holds itself, each by its hash, so that nothing else can be slipped in."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Scene:
    """A link that waits, its sender signed in, a browser that may open it."""

    cloud: LocalCloud
    token: str
    recipient: str
    parcours: str
    deposit: str
    asset: str
    agent: Visitor
    winner: Visitor

    def anyone(self) -> Visitor:
        return Visitor(self.cloud.base_url)

    def path(self, route: str) -> str:
        """Return the path of a route with real values in its braces."""
        digest, name = self.asset.split("/")[2:]
        nothing = "0" * 32  # a page that says so carries them too
        real = {
            "parcours_id": self.parcours,
            "deposit_id": self.deposit,
            "account_id": TUTOR.id,
            "event_id": nothing,
            "run_id": nothing,
            "report_id": nothing,
            "secret": nothing,
            "rest": f"%23{self.token}",
            "account": TUTOR.id,
            "signature": nothing * 2,
        }
        return route.format(**real, digest=digest, name=name)


@pytest.fixture(scope="module")
def scene(cloud: LocalCloud) -> Scene:
    with on_deployed(cloud) as world:
        relay, token, recipient = deployed_relay.sent(world, cloud)
        agent = Visitor(cloud.base_url, http.signed_in(relay.tutor).cookies)
        winner = Browser(recipient)
        winner.proves(token)
    asset = re.search(r"/static/[0-9a-f]+/agent\.js", agent.gets("/parcours").body.decode())
    assert asset
    return Scene(
        cloud,
        token,
        recipient,
        relay.parcours_id,
        relay.sent[0].deposit,
        asset[0],
        agent,
        visitor_with_nonce(cloud.base_url, winner.nonce),
    )


def wrong_headers(answer: Answer, storage_origin: str, *, cache: str = "no-store") -> list[str]:
    """Return what is missing or wrong in the headers of one answer."""
    wanted = ALWAYS | {"Cache-Control": cache}
    wrong = [
        f"{name}: {answer.header(name)}" for name, value in wanted.items() if answer.header(name) != value
    ]
    wrong += _wrong_policy(answer.header("Content-Security-Policy") or "", storage_origin)
    wrong += [name for name, _ in answer.headers if name.lower().startswith(("access-control-", "x-powered"))]
    cookies = [value for name, value in answer.headers if name.lower() == "set-cookie"]
    return wrong + [cookie.split("=")[0] for cookie in cookies if not _is_safe_cookie(cookie)]


def _wrong_policy(policy: str, storage_origin: str) -> list[str]:
    parts = [part.split() for part in policy.split(";")]
    directives = {part[0]: set(part[1:]) for part in parts if part}
    alone = {"'none'"}
    ours = {"'self'"}
    most = {
        "default-src": alone,
        "base-uri": alone,
        "frame-ancestors": alone,
        "form-action": ours | alone,
        "script-src": ours | set(HELD.findall(policy)),
        "img-src": {"data:"},
        "connect-src": ours | {storage_origin},
    }
    needed = {"default-src", "base-uri", "frame-ancestors", "form-action"}
    wrong = [f"CSP {name}" for name in directives if name in most and not directives[name] <= most[name]]
    wrong += [source for source in directives.get("style-src", alone) - alone if not HELD.fullmatch(source)]
    wrong += [f"CSP {name}" for name in directives.keys() - most.keys() - {"style-src"}]
    wrong += [f"CSP without {name}" for name in needed - directives.keys()]
    return wrong + (["CSP unsafe"] if "unsafe" in policy else [])


def _is_safe_cookie(line: str) -> bool:
    parts = {part.strip() for part in line.split(";")[1:]}
    others = {part for part in parts - COOKIE if not part.startswith("Max-Age=")}
    return line.startswith("__Host-") and parts >= COOKIE and not others


@pytest.mark.parametrize("route", app.routes)
def test_every_route_and_method_answers_with_the_headers(route: str, scene: Scene) -> None:
    seen = Counter[int]()
    for method in METHODS:
        for visitor in (scene.anyone(), scene.agent):
            answer = visitor.asks(method, scene.path(route))
            cacheable = route.startswith("/static/") and answer.status == 200
            wrong = wrong_headers(answer, scene.cloud.aws_url, cache=FOR_EVER if cacheable else "no-store")
            assert wrong == [], (method, answer.status)
            seen[answer.status] += 1
    assert max(seen) < 500 and seen[405] > 0, seen


def _types_wrongly_until_locked(scene: Scene) -> Answer:
    visitor = scene.anyone()
    visitor.gets("/retrait")
    wrong = {"token": scene.token, "adresse": "robot@ailleurs.example"}
    return [visitor.posts("/retrait/preuve", wrong) for _ in range(5)][-1]


def _opens_what_is_missing(scene: Scene) -> Answer:
    """Open a document whose object was deleted without the product's knowledge."""
    with on_deployed(scene.cloud) as world:
        relay, token, recipient = deployed_relay.sent(world, scene.cloud)
        browser = Browser(recipient)
        browser.proves(token)
        for key in (key for key in world.objects() if relay.sent[0].deposit in key):
            aws.s3().delete_object(Bucket=world.environment["DOCUMENT_BUCKET"], Key=key)
    return visitor_with_nonce(scene.cloud.base_url, browser.nonce).posts(
        "/retrait/ouverture", {"token": token}
    )


def _opens_and_answers(scene: Scene) -> Answer:
    scene.winner.posts("/retrait/ouverture", {"token": scene.token})
    return scene.winner.posts("/retrait/reception", {"token": scene.token, "lisible": False})


def _json(path: str, body: dict[str, object] | None = None) -> Callable[[Scene], Answer]:
    return lambda scene: scene.anyone().posts(path, {"token": scene.token, **(body or {})})


def test_answers_are_compressed_for_whoever_accepts_it(scene: Scene) -> None:
    """The local cloud compresses answers; that AWS does the same is in the template."""
    for path in ("/retrait", scene.asset, "/page-inconnue-de-tous"):
        plain, packed = (
            scene.anyone().asks("GET", path, headers={"Accept-Encoding": accepted})
            for accepted in ("br", "br, gzip")
        )
        compressed = len(plain.body) >= gateway.COMPRESSED_FROM_BYTES
        assert plain.header("Content-Encoding") is None
        assert packed.header("Content-Encoding") == ("gzip" if compressed else None)
        assert (gzip.decompress(packed.body) if compressed else packed.body) == plain.body
    small = scene.anyone().asks("GET", "/sante", headers={"Accept-Encoding": "gzip"})
    assert small.header("Content-Encoding") is None and small.status == 200


ANSWERS: dict[str, tuple[int, Callable[[Scene], Answer]]] = {
    "redirect after asking a code": (303, lambda scene: scene.anyone().submits(
        "/connexion", adresse="personne@agents.example")),
    "redirect after signing out": (303, lambda scene: scene.anyone().submits("/deconnexion")),
    "page with a correction": (422, lambda scene: scene.anyone().submits("/connexion", adresse="@")),
    "code typed elsewhere": (403, lambda scene: scene.anyone().submits("/connexion/code", code="0000000000")),
    "page of another's parcours": (404, lambda scene: scene.agent.gets(f"/parcours/{secrets.token_hex(16)}")),
    "page behind the sign-in": (401, lambda scene: scene.anyone().gets("/parcours")),
    "form of a parcours on which a document travels": (303, lambda scene: scene.agent.gets(
        f"/parcours/{scene.parcours}/envoi")),
    "static file that does not exist": (404, lambda scene: scene.anyone().gets("/static/0/none.js")),
    "progress": (200, lambda scene: scene.agent.gets(f"/depots/{scene.deposit}")),
    "look at a link": (200, _json("/retrait/apercu")),
    "unknown link": (410, lambda scene: scene.anyone().posts("/retrait/apercu", {"token": "A" * 43})),
    "unreadable request": (400, lambda scene: scene.anyone().asks(
        "POST", "/retrait/apercu", b"{", {"Content-Type": JSON})),
    "unknown field": (400, _json("/retrait/apercu", {"role": "team"})),
    "request from elsewhere": (403, lambda scene: scene.anyone().asks(
        "POST", "/connexion", b"", {"Content-Type": FORM, "Origin": "https://evil.example"})),
    "another media type": (415, lambda scene: scene.anyone().asks(
        "POST", "/retrait/apercu", b"{}", {"Content-Type": "text/plain"})),
    "request of 33 kB": (413, _json("/retrait/apercu", {"filler": "x" * 33_000})),
    "request of 11 MB, at the gateway": (413, _json("/retrait/apercu", {"filler": "x" * 11_000_000})),
    "opening without a cookie": (400, _json("/retrait/ouverture")),
    "opening": (200, lambda scene: scene.winner.posts("/retrait/ouverture", {"token": scene.token})),
    "reception": (204, _opens_and_answers),
    "question closed for a while": (429, _types_wrongly_until_locked),
    "try again": (503, _opens_what_is_missing),
    "unknown path, at the gateway": (404, lambda scene: scene.anyone().gets("/wp-admin/setup.php")),
    "unknown path with another method, at the gateway": (404, lambda scene: scene.anyone().asks("DELETE", "/x")),
    "method that nobody declares, at the gateway": (404, lambda scene: scene.anyone().asks("TRACE", "/")),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_every_kind_of_answer_has_the_headers(name: str, scene: Scene) -> None:
    status, ask = ANSWERS[name]
    answer = ask(scene)

    assert answer.status == status
    assert wrong_headers(answer, scene.cloud.aws_url) == []


@pytest.mark.parametrize("kind", gateway.ANSWERS)
def test_what_the_gateway_may_say_by_itself_has_the_headers(kind: str) -> None:
    own = gateway.ANSWERS[kind]
    answer = Answer(own.status or 500, list(own.headers.items()), own.body.encode())

    assert wrong_headers(answer, "") == []


@pytest.mark.parametrize(
    "spoilt",
    [
        {"Content-Security-Policy": None},
        {
            "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action *"
        },
        {"Content-Security-Policy": "default-src 'self'"},
        {"Cache-Control": "public"},
        {"Set-Cookie": "__Host-lien=x; Path=/; Secure; SameSite=Lax"},
        {"Set-Cookie": "lien=x; Path=/; Secure; HttpOnly; SameSite=Lax"},
        {"Access-Control-Allow-Origin": "*"},
        *({name: None} for name in ALWAYS),
    ],
    ids=str,
)
def test_a_missing_security_header_is_noticed(spoilt: dict[str, str | None]) -> None:
    good = gateway.ANSWERS["DEFAULT_5XX"].headers
    headers = [(name, value) for name, value in (good | spoilt).items() if value is not None]

    assert wrong_headers(Answer(500, headers, b""), "") != []
