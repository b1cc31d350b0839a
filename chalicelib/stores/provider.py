"""Talk with ProConnect: its discovery document, its keys, the exchange of a code, what it says of a person.

Every answer is bounded in time and size, comes from the origin of the configured issuer, follows no redirect, and counts only
with a signature by one of the provider's keys. It runs in ``identify`` alone, which holds the client's secret and no right.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import urllib3
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from chalicelib.errors import IdentityInvalid, ProviderDown

DISCOVERY = "/.well-known/openid-configuration"
ALGORITHM = "RS256"
JSON = ("application/json", "application/jwk-set+json")
"""Media types of documents; that of keys has a name of its own (RFC 7517)."""
SIGNED = ("application/jwt",)
CONNECT_SECONDS, WHOLE_SECONDS = 3.0, 5.0
MOST_BYTES = 100_000
"""Of one answer; ProConnect's are some kilobytes."""
LEAST_KEY_BITS = 2_048
FRESH = timedelta(minutes=10)
"""How long its document and its keys are believed: a key that it withdraws counts no longer than that."""
ASK_KEYS_EVERY = timedelta(minutes=1)
"""For a key that is not among those known."""
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider is asked, all of it at the origin of its issuer."""

    issuer: str
    takes_pkce: bool
    """Whether it takes a challenge by S256."""
    authorization: str
    token: str
    userinfo: str
    keys: str
    end_session: str


class ClientRefused(Exception):
    """The provider refuses this service, not a person: its secret is wrong, or what it asks. A fault, which wakes someone."""


def find_issuer(discovery: str) -> str:
    """Return the issuer whose discovery document lies at this address. Source: OpenID Connect Discovery 1.0, 4."""
    return discovery.removesuffix(DISCOVERY)


def find_origin(address: str) -> str:
    """Return the origin of an address: https, or on this very machine http. Raises ProviderDown: it is neither."""
    try:
        parts = urlsplit(address)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        if not is_safe or not parts.hostname or parts.username or parts.fragment:
            raise ProviderDown
        return f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        raise ProviderDown from None


class Provider:
    """The provider of one discovery address, with what this process knows of it."""

    _known: ClassVar[dict[str, "Provider"]] = {}

    def __init__(self, discovery: str) -> None:
        self._discovery = discovery
        # It is reached as it is: by no proxy, and no redirect is followed.
        self._pool = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=WHOLE_SECONDS)
        )
        self._endpoints: tuple[datetime, Endpoints] | None = None
        self._keys: tuple[datetime, dict[str, RSAKey]] | None = None

    @classmethod
    def at(cls, discovery: str) -> "Provider":
        """Return the provider of this address, the same one in a process: it keeps what it has read."""
        return cls._known.setdefault(discovery, cls(discovery))

    def read_endpoints(self, now: datetime) -> Endpoints:
        """Return where the provider is asked. Raises ProviderDown: its document does not say, or says another origin."""
        if self._endpoints is not None and now - self._endpoints[0] < FRESH:
            return self._endpoints[1]
        said = _read_object(self._ask("GET", self._discovery))
        issuer = find_issuer(self._discovery)
        if said.get("issuer") != issuer:
            raise ProviderDown
        endpoints = Endpoints(
            issuer,
            "S256" in _read_list(said, "code_challenge_methods_supported"),
            *(
                _check_endpoint(said.get(name), issuer)
                for name in (
                    "authorization_endpoint",
                    "token_endpoint",
                    "userinfo_endpoint",
                    "jwks_uri",
                    "end_session_endpoint",
                )
            ),
        )
        self._endpoints = (now, endpoints)
        return endpoints

    def exchange_code(self, endpoints: Endpoints, fields: Mapping[str, str]) -> tuple[str, str]:
        """Exchange a code for an id token and an access token.

        Raises:
            IdentityInvalid: the provider refuses the code. ProviderDown: it does not answer with tokens.
            ClientRefused: it refuses anything else (RFC 6749, 5.2).
        """
        answered = _read_object(self._ask("POST", endpoints.token, fields=fields, statuses=(200, 400, 401)))
        if answered.get("error") == "invalid_grant":
            raise IdentityInvalid(check="code")
        if "error" in answered:
            raise ClientRefused
        id_token, access_token = answered.get("id_token"), answered.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise ProviderDown
        return id_token, access_token

    def read_userinfo(self, endpoints: Endpoints, access_token: str) -> str:
        """Return what the provider says of a person, as it signed it. Raises ProviderDown: it did not sign."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self._ask("GET", endpoints.userinfo, headers=headers, kinds=SIGNED).decode("latin-1")

    def read_claims(self, token: str, endpoints: Endpoints, now: datetime) -> dict[str, Any]:
        """Return the claims of a token that the provider signed with one of its keys, by RS256.

        Raises:
            IdentityInvalid: it is not signed so. ProviderDown: the keys cannot be read.
        """
        try:
            header = jws.extract_compact(token.encode()).headers()
            key = self._find_key(header.get("kid"), endpoints, now)
            claims = json.loads(jws.deserialize_compact(token.encode(), key, algorithms=[ALGORITHM]).payload)
        except (JoseError, ValueError, RecursionError):
            raise IdentityInvalid(check="signature") from None
        if not isinstance(claims, dict):
            raise IdentityInvalid(check="signature")
        return claims

    def _find_key(self, identifier: object, endpoints: Endpoints, now: datetime) -> RSAKey:
        """Return the provider's key of this id; they are read again for one that is not known, once a minute at most."""
        read_at, keys = self._keys or (None, {})
        may_ask = read_at is None or now - read_at >= (ASK_KEYS_EVERY if identifier not in keys else FRESH)
        if may_ask:
            keys = _read_keys(_read_object(self._ask("GET", endpoints.keys)))
            self._keys = (now, keys)
        if not isinstance(identifier, str) or identifier not in keys:
            raise IdentityInvalid(check="key")
        return keys[identifier]

    def _ask(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        kinds: tuple[str, ...] = JSON,
        statuses: tuple[int, ...] = (200,),
    ) -> bytes:
        """Return the body of an answer of one of these media types, ``WHOLE_SECONDS`` and ``MOST_BYTES`` at most.

        Raises:
            ProviderDown: it does not come so, or with another status.
        """
        find_origin(address)
        ends_at = time.monotonic() + WHOLE_SECONDS
        try:
            response = self._pool.request(
                method,
                address,
                body=urlencode(fields) if fields is not None else None,
                headers={
                    "Accept": ", ".join(kinds),
                    "Content-Type": "application/x-www-form-urlencoded",
                    **(headers or {}),
                },
                preload_content=False,
                decode_content=False,
            )
            try:
                body = _read_body(response, ends_at)
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            raise ProviderDown from None
        if (
            response.status not in statuses
            or response.headers.get("Content-Type", "").split(";")[0].strip() not in kinds
        ):
            raise ProviderDown
        return body


def _read_body(response: urllib3.BaseHTTPResponse, ends_at: float) -> bytes:
    """Read a body as it comes. Raises ProviderDown: it is too large, or takes too long."""
    body = b""
    while chunk := response.read1(MOST_BYTES):
        body += chunk
        if len(body) > MOST_BYTES or time.monotonic() > ends_at:
            raise ProviderDown
    return body


def _read_object(body: bytes) -> dict[str, Any]:
    """Return a body as one JSON object. Raises ProviderDown: it is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderDown from None
    if not isinstance(said, dict):
        raise ProviderDown
    return said


def _read_list(said: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list of a document; empty when there is none."""
    listed = said.get(name)
    return listed if isinstance(listed, list) else []


def _check_endpoint(address: object, issuer: str) -> str:
    """Return an address of the discovery document. Raises ProviderDown: it is not at the origin of the issuer."""
    if not isinstance(address, str) or find_origin(address) != find_origin(issuer):
        raise ProviderDown
    return address


def _read_keys(said: Mapping[str, Any]) -> dict[str, RSAKey]:
    """Return the keys of a document that may sign tokens by RS256, by id; others are left out."""
    keys: dict[str, RSAKey] = {}
    for key in _read_list(said, "keys"):
        if not isinstance(key, dict) or key.get("kty") != "RSA" or not isinstance(key.get("kid"), str):
            continue
        if key.get("use", "sig") != "sig" or key.get("alg", ALGORITHM) != ALGORITHM:
            continue
        try:
            public = RSAKey.import_key({name: key[name] for name in ("kty", "n", "e")})
            is_long_enough = public.raw_value.key_size >= LEAST_KEY_BITS
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if is_long_enough:
            keys[key["kid"]] = public
    return keys
