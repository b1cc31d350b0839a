"""An OpenID Connect provider that signs as it is told, on loopback: ProConnect for tests, honest until something is changed."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chalicelib import clock, config, terms
from chalicelib.stores.provider import Provider
from tests.support.http import Answer, Client

CLIENT_ID, SECRET = "passe-plat-essai", "secret-d-essai-de-quarante-caracteres-aaaa"
SOMEBODY = "claire.dumont@academie.example"
Claims = dict[str, Any]


def encode(value: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@dataclass
class Key:
    """A signing key of the provider."""

    kid: str
    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65_537, 2_048))

    def jwk(self) -> Claims:
        """Return the public part as the provider shows it."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "kid": self.kid,
            "use": "sig",
            "alg": "RS256",
            "n": encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": encode(numbers.e.to_bytes(3, "big")),
        }

    def sign(self, claims: Claims) -> str:
        """Return the claims as a token that this key signed by RS256."""
        signed = unsigned({"alg": "RS256", "kid": self.kid, "typ": "JWT"}, claims)
        signature = self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"


def unsigned(header: Claims, claims: Claims) -> str:
    """Return header and claims as the first two parts of a token."""
    return ".".join(encode(json.dumps(part).encode()) for part in (header, claims))


KEY = Key("first")
ACCESS_TOKEN = "access-token-of-one-person"


@dataclass
class Reply:
    """One answer of the provider, before it goes out."""

    body: bytes
    kind: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chunks: int = 1
    """In how many pieces it goes, a tenth of a second apart."""


@dataclass
class FakeProvider:
    """What it says, and how it may be told to say something else."""

    issuer: str = ""
    said: Claims = field(
        default_factory=lambda: {
            "sub": "sub-1",
            "email": SOMEBODY,
            "given_name": "Claire",
            "usual_name": "Dumont",
            "siret": "13002526500013",
        }
    )
    keys: list[Key] = field(default_factory=lambda: [KEY])
    shown: list[Claims] | None = None
    """Keys that it shows; None: its own."""
    codes: dict[str, Claims] = field(default_factory=dict)
    """What was asked for with each code that is out, which serves once."""
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for, in order."""
    change_id: Callable[[Claims], None] = lambda claims: None
    change_said: Callable[[Claims], None] = lambda claims: None
    sign_id: Callable[[Claims], str] | None = None
    sign_said: Callable[[Claims], str] | None = None
    spoil: dict[str, Callable[[Reply], None]] = field(default_factory=dict)
    """By path, what is changed of an answer."""

    def authorize(self, address: str) -> str:
        """Sign somebody in, as a browser does that was led to this address; return the query with which it goes back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        code = f"code-{len(self.codes)}-{time.monotonic_ns()}"
        self.codes[code] = asked
        return f"code={code}&state={asked['state']}"

    def reply(self, path: str, form: dict[str, list[str]]) -> Reply:
        """Answer a request of our side."""
        self.asked.append(path)
        match path:
            case "/.well-known/openid-configuration":
                names = (
                    "authorization_endpoint",
                    "token_endpoint",
                    "userinfo_endpoint",
                    "jwks_uri",
                    "end_session_endpoint",
                )
                paths = ("/authorize", "/token", "/userinfo", "/jwks", "/session/end")
                said: Any = {"issuer": self.issuer, "code_challenge_methods_supported": ["S256"]} | {
                    name: f"{self.issuer}{path}" for name, path in zip(names, paths, strict=True)
                }
                reply = Reply(json.dumps(said).encode())
            case "/jwks":
                shown = self.shown if self.shown is not None else [key.jwk() for key in self.keys]
                reply = Reply(json.dumps({"keys": shown}).encode(), "application/jwk-set+json")
            case "/token" | "/elsewhere":
                reply = self._exchange({name: values[0] for name, values in form.items()})
            case "/userinfo":
                claims = {**self.said, "iss": self.issuer, "aud": CLIENT_ID}
                self.change_said(claims)
                reply = Reply((self.sign_said or self.keys[0].sign)(claims).encode(), "application/jwt")
            case _:
                reply = Reply(b"", status=404)
        if path in self.spoil:
            self.spoil[path](reply)
        return reply

    def _exchange(self, form: dict[str, str]) -> Reply:
        """Exchange a code: once, for the client that has the secret, with its verifier and its address."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        right = asked is not None and (
            form.get("client_id"),
            form.get("client_secret"),
            challenge if "code_verifier" in form else None,
            form.get("redirect_uri"),
        ) == (CLIENT_ID, SECRET, asked.get("code_challenge"), asked["redirect_uri"])
        if not right or asked is None:
            return Reply(b'{"error": "invalid_grant"}', status=400)
        now = clock.utc_now().timestamp()
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": self.said["sub"], "nonce": asked["nonce"],
            "iat": int(now), "exp": int(now) + 60, "acr": "eidas1", "amr": ["pwd"],
        }  # fmt: skip
        self.change_id(claims)
        tokens = {
            "id_token": (self.sign_id or self.keys[0].sign)(claims),
            "access_token": ACCESS_TOKEN,
            "token_type": "Bearer",
        }
        return Reply(json.dumps(tokens).encode())


@contextmanager
def provider_running(**settings: str) -> Iterator[FakeProvider]:
    """Run a provider, and have this process sign in with it; ``settings``: others of the product's, by variable."""
    provider = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            reply = provider.reply(urlsplit(self.path).path, parse_qs(self.rfile.read(length).decode()))
            self.send_response(reply.status)
            for name, value in {
                "Content-Type": reply.kind,
                "Content-Length": str(len(reply.body)),
                **reply.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            size = -(-len(reply.body) // reply.chunks) or 1
            for start in range(0, len(reply.body), size):
                self.wfile.write(reply.body[start : start + size])
                time.sleep(0.1 if reply.chunks > 1 else 0)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of a client that went away: ours does, from an answer that is too long."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    chosen = {
        "PROCONNECT_DISCOVERY": f"{provider.issuer}/.well-known/openid-configuration",
        "PROCONNECT_CLIENT_ID": CLIENT_ID,
        "PROCONNECT_SECRET": SECRET,
        **settings,
    }
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in chosen.items():
                patch.setenv(name, value)
            _forget()
            yield provider
    finally:
        server.shutdown()
        server.server_close()
        _forget()


def _forget() -> None:
    """Forget what this process has read of settings and providers."""
    config.settings.cache_clear()
    terms.mail_code_roles.cache_clear()
    Provider._known.clear()


def leave(client: Client, **form: str) -> str:
    """Press the button of the sign-in page; return the address of the provider to which it leads."""
    answer = client.post_form("/connexion/proconnect", form)
    assert answer.status == 200, answer.words
    return find_way_out(answer)


def find_way_out(answer: Answer) -> str:
    """Return the address to which a page goes on by itself."""
    return (
        answer.text.partition('<meta http-equiv="refresh" content="0;url=')[2]
        .partition('"')[0]
        .replace("&amp;", "&")
    )


def come_back(client: Client, query: str) -> Answer:
    """Come back from the provider with this query."""
    return client.get(f"/connexion/proconnect/retour?{query}")


def sign_in(client: Client, provider: FakeProvider, **form: str) -> Answer:
    """Sign in with the provider, from the button on."""
    return come_back(client, provider.authorize(leave(client, **form)))
