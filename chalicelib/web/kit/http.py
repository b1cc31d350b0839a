"""HTTP by the standard library alone, for the lightest pages load nothing else: cookies, answers, and requests read strictly.

Reading is bounded and never a fault: what cannot be taken is a refusal.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from chalice.app import Request, Response

from chalicelib import config
from chalicelib.errors import MediaTypeRefused, NotFound, OriginRefused, TooLarge, UnknownField, Unreadable

SESSION_COOKIE = "__Host-session"
CHALLENGE_COOKIE = "__Host-connexion"
NONCE_COOKIE = "__Host-lien"
NONCE_SECONDS = 72 * 3600
BROWSER_COOKIE = "__Host-navigateur"
CLEARED = {"Clear-Site-Data": '"cache", "storage"'}
"""What goes with the end of a session. Not "cookies": that of the known browser and a recipient's nonce outlive a session."""
OUR_VALUE = re.compile(r"[A-Za-z0-9_-]{1,200}")
"""What we ever put into a cookie."""

HTML = "text/html; charset=utf-8"
JSON = "application/json"
MOST_BYTES = 32_000
MOST_DEPTH = 6
MOST_FIELDS = 20
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
"""Of mail programs alone."""
UTF8 = frozenset({"", "charset=utf-8", 'charset="utf-8"'})
HISTORY = "histoire"
"""``suite`` of a form that goes back to the entering of an older history."""
NUMBER = re.compile(r"[0-9]{1,9}")
IDENTIFIER = re.compile(r"[0-9a-z-]{1,64}")
"""Every id of ours has this shape; a longer one would be refused by the tables as a fault."""
OWN_PATH = re.compile(r"(?:/[0-9a-z-]{1,64}){1,4}")
"""A page of ours that is gone back to: each part as an id, so that no other site, query or escape fits in."""


def security_headers(scripts: Iterable[str] = (), sheets: Iterable[str] = ()) -> dict[str, str]:
    """The headers of every answer, errors and redirects included.

    Args:
        scripts, sheets: the base64 SHA-256 of each that the page may hold.
    """
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(("'self'", *map(_hashed, scripts))),
        "style-src": " ".join(map(_hashed, sheets)) or "'none'",
        "img-src": "data:",
        "connect-src": f"'self' {config.storage_origin()}",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cache-Control": "no-store",
    }


def _hashed(digest: str) -> str:
    return f"'sha256-{digest}'"


def answer(
    status: int,
    body: object = "",
    content_type: str = HTML,
    cookies: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer; ``kit/calls.py`` adds the security headers."""
    all_headers: dict[str, str | list[str]] = {"Content-Type": content_type}
    all_headers |= headers or {}
    if cookies:
        all_headers["Set-Cookie"] = list(cookies)
    return Response(body=body, status_code=status, headers=all_headers)


def json_answer(status: int, body: object) -> Response:
    """A JSON answer."""
    return answer(status, body, JSON)


def empty() -> Response:
    """Done, and nothing to say."""
    return answer(204)


def redirect(path: str, cookies: tuple[str, ...] = (), headers: Mapping[str, str] | None = None) -> Response:
    """See other: always one of our own paths, a constant of the code, or an ``own_path``."""
    return answer(303, cookies=cookies, headers={"Location": path, **(headers or {})})


def leave(path: str, *cookies: str) -> Response:
    """See other, the session's cookie and everything that pages left in the browser removed."""
    return redirect(path, (cookie(SESSION_COOKIE, "", seconds=0), *cookies), CLEARED)


def cookie(name: str, value: str, *, seconds: int | None = None) -> str:
    """A ``Set-Cookie`` value. ``Lax``, since a ``Strict`` one is lost on a click in a webmail; 0 seconds removes it."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"


def read_cookie(request: Request, name: str) -> str | None:
    """One cookie of the request; None when it is absent or no value of ours. What is around it does not matter."""
    for pair in header(request, "cookie").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name:
            return value if OUR_VALUE.fullmatch(value) else None
    return None


def header(request: Request, name: str) -> str:
    """One header of the request, empty when absent."""
    headers: Mapping[str, str] = request.headers or {}
    return str(headers.get(name, ""))


def source(request: Request) -> str:
    """The IP address that asks, as API Gateway saw it; no header of the request can say another."""
    identity = (request.context or {}).get("identity") or {}
    return str(identity.get("sourceIp", ""))


def browser(request: Request) -> str | None:
    """SHA-256 of the nonce of this recipient's browser; None when it has none."""
    nonce = read_cookie(request, NONCE_COOKIE)
    return hashlib.sha256(nonce.encode()).hexdigest() if nonce else None


def nonce_cookie(request: Request) -> str:
    """Set the nonce if it is absent, and send the same again if present: a reload after a lost answer must keep it."""
    return cookie(
        NONCE_COOKIE, read_cookie(request, NONCE_COOKIE) or secrets.token_urlsafe(32), seconds=NONCE_SECONDS
    )


def check_origin(request: Request) -> None:
    """Check that a request comes from one of our own pages.

    Raises:
        OriginRefused: the request was not made by one of our own pages (browsers always say so on a POST).
    """
    if header(request, "origin") != config.public_base_url():
        raise OriginRefused


def check_media_type(request: Request, expected: str) -> None:
    """Chalice lets pass a body without a type, one among several, and any character set.

    Raises:
        MediaTypeRefused: the body is not announced as exactly this type, in UTF-8.
    """
    kind, *parameters = [part.strip().lower() for part in header(request, "content-type").split(";")]
    if kind != expected or any(parameter not in UTF8 for parameter in parameters):
        raise MediaTypeRefused


def identifier(text: str) -> str:
    """Check an id of a path."""
    if not IDENTIFIER.fullmatch(text):
        raise NotFound
    return text


def own_path(asked: str) -> str:
    """The page that a sign-in leads to, when it is one of ours; empty for any other address."""
    return asked if OWN_PATH.fullmatch(asked) else ""


def number(typed: str) -> int:
    """A count that one of our pages gave back: a revision, a version."""
    if not NUMBER.fullmatch(typed):
        raise Unreadable
    return int(typed)


def run_of(suite: str) -> str:
    """Id of the RUN that a form goes back to, by its ``suite``; empty for none."""
    return "" if suite in {"", HISTORY} else identifier(suite)


def text_of(request: Request, most_bytes: int = MOST_BYTES) -> str:
    """The body as text.

    Raises:
        TooLarge: more than ``most_bytes`` (32 kB), before anything is parsed.
        Unreadable: it is not UTF-8.
    """
    try:
        raw = request.raw_body
        data = raw.encode() if isinstance(raw, str) else raw
    except ValueError:  # no base64 where it is announced, half a character
        raise Unreadable from None
    if len(data) > most_bytes:
        raise TooLarge
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable from None


def json_of(request: Request) -> dict[str, Any]:
    """The body as one JSON object, without what lenient parsers let pass.

    Raises:
        MediaTypeRefused: it is not announced as JSON.
        Unreadable: not JSON, not an object, NaN, a key twice, a lone surrogate, a byte order mark, or too deep.
    """
    check_media_type(request, JSON)
    text = text_of(request)
    if _depth(text) > MOST_DEPTH:
        raise Unreadable
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(value, dict):
        raise Unreadable
    return value


def form_of(request: Request, fields: frozenset[str], most_bytes: int = MOST_BYTES) -> dict[str, str]:
    """The body as a form with these fields, each at most once; an absent one is empty.

    Raises:
        TooLarge: more than ``most_bytes`` (32 kB), before anything is parsed.
        MediaTypeRefused: it is not announced as a form.
        Unreadable: not a form, or a field twice.
        UnknownField: a field that the form does not have.
    """
    check_media_type(request, FORM)
    try:
        pairs = parse_qsl(
            text_of(request, most_bytes),
            keep_blank_values=True,
            max_num_fields=max(MOST_FIELDS, 2 * len(fields)),
            errors="strict",
        )
    except ValueError:
        raise Unreadable from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable
    if found.keys() - fields:
        raise UnknownField
    return {name: found.get(name, "") for name in fields}


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _depth(text: str) -> int:
    """How deep brackets nest, strings left aside; read before the parser, which would recurse."""
    deepest = depth = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            escaped, quoted = character == "\\" and not escaped, character != '"' or escaped
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest
