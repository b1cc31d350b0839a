"""HTTP with the standard library alone: cookies, answers, and strict reading of requests. The lightest pages load nothing else.

What is read from a request is bounded, and never raises a fault: what cannot be accepted is a refusal.
"""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from chalice.app import Request, Response

from chalicelib import config
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.errors import MediaTypeRefused, NotFound, OriginRefused, TooLarge, UnknownField, Unreadable

SESSION_COOKIE = "__Host-session"
CHALLENGE_COOKIE = "__Host-connexion"
PASSKEY_COOKIE = "__Host-cle"
NONCE_COOKIE = "__Host-lien"
NONCE_SECONDS = 72 * 3600
BROWSER_COOKIE = "__Host-navigateur"
IDENTITY_COOKIE = "__Host-proconnect"
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
UTF8 = frozenset({"", "charset=utf-8", 'charset="utf-8"'})
RUN = "run"
"""The parameter that says from which list a parcours was opened as one of several: its filters, and what is around it."""
MOST_OF_A_RUN = 2_000
OF_A_PARCOURS = re.compile(r"/parcours/[0-9a-z-]{1,64}(\?[^#]*)?")
LEADS_ON = re.compile(
    r'(?: action="(?=/parcours/[0-9a-z-]{1,64}/|/depots/)| href="(?=/parcours/[0-9a-z-]{1,64}/(?:fin|fiche|contacts|tutrice)\b))'
    rf'(?![^"]*\b{RUN}=)[^"#]+'
)
"""What posts an act on a parcours, and the pages on which one is prepared."""
HISTORY = "histoire"
"""``suite`` of a form that goes back to the entering of an older history."""
NUMBER = re.compile(r"[0-9]{1,9}")
IDENTIFIER = re.compile(r"[0-9a-z-]{1,64}")
"""Every id of ours has this shape; a longer one would be refused by the tables as a fault."""
OWN_PATH = re.compile(r"(?:/[0-9a-z-]{1,64}){1,4}")
"""A page of ours that is gone back to: each part as an id, so that no other site, query or escape fits in."""


def build_security_headers(scripts: Iterable[str] = (), sheets: Iterable[str] = ()) -> dict[str, str]:
    """Return the security headers of every answer, errors and redirects included.

    Args:
        scripts, sheets: the base64 SHA-256 of each inline script and style sheet that the page holds.
    """
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(("'self'", *map(_format_source, scripts))),
        "style-src": " ".join(map(_format_source, sheets)) or "'none'",
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


def _format_source(digest: str) -> str:
    """Format a digest as a source of the Content-Security-Policy."""
    return f"'sha256-{digest}'"


def answer(
    status: int,
    body: object = "",
    content_type: str = HTML,
    cookies: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build an answer; ``kit/calls.py`` adds the security headers."""
    all_headers: dict[str, str | list[str]] = {"Content-Type": content_type}
    all_headers |= headers or {}
    if cookies:
        all_headers["Set-Cookie"] = list(cookies)
    return Response(body=body, status_code=status, headers=all_headers)


def answer_json(status: int, body: object, cookies: tuple[str, ...] = ()) -> Response:
    """Build a JSON answer."""
    return answer(status, body, JSON, cookies=cookies)


def answer_no_content() -> Response:
    """Build the empty answer 204: done."""
    return answer(204)


def redirect(path: str, cookies: tuple[str, ...] = (), headers: Mapping[str, str] | None = None) -> Response:
    """Redirect to one of our own paths. ``path``: a constant of the code, or what ``read_own_path`` returned."""
    return answer(303, cookies=cookies, headers={"Location": path, **(headers or {})})


def redirect_signed_out(path: str, *cookies: str) -> Response:
    """Redirect somebody whose session ended; the session cookie and all that our pages stored in the browser are removed."""
    return redirect(path, (set_cookie(SESSION_COOKIE, "", seconds=0), *cookies), CLEARED)


def set_cookie(name: str, value: str, *, seconds: int | None = None) -> str:
    """Build a ``Set-Cookie`` value; without ``seconds`` it lasts until the browser closes, and 0 removes it.

    It is ``Lax``: a ``Strict`` cookie would not be sent after a click in a webmail.
    """
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"


def read_cookie(request: Request, name: str) -> str | None:
    """Return one cookie of the request; None when it is absent, or has characters that our values never have."""
    for pair in read_header(request, "cookie").split(";"):
        name_sent, _, value = pair.strip().partition("=")
        if name_sent == name:
            return value if OUR_VALUE.fullmatch(value) else None
    return None


def read_header(request: Request, name: str) -> str:
    """Return one header of the request, empty when absent."""
    headers: Mapping[str, str] = request.headers or {}
    return str(headers.get(name, ""))


def read_source_address(request: Request) -> str:
    """Return the caller's IP address as API Gateway saw it, which no header of the request can change."""
    identity = (request.context or {}).get("identity") or {}
    return str(identity.get("sourceIp", ""))


def read_browser(request: Request) -> str | None:
    """Return the SHA-256 of the nonce of a recipient's browser, in hexadecimal; None when it has none."""
    nonce = read_cookie(request, NONCE_COOKIE)
    return hash_text(nonce) if nonce else None


def set_nonce_cookie(request: Request) -> str:
    """Build the cookie of a recipient's browser: a new nonce, or the same again.

    The same is kept so that a reload, after an answer was lost, is known as the same browser.
    """
    return set_cookie(
        NONCE_COOKIE, read_cookie(request, NONCE_COOKIE) or secrets.token_urlsafe(32), seconds=NONCE_SECONDS
    )


def check_origin(request: Request) -> None:
    """Check that a request comes from one of our own pages, which browsers state on every POST.

    Raises:
        OriginRefused: it does not.
    """
    if read_header(request, "origin") != config.public_base_url():
        raise OriginRefused


def check_media_type(request: Request, expected: str) -> None:
    """Check that the body has exactly this type, in UTF-8; Chalice accepts a missing type and any character set.

    Raises:
        MediaTypeRefused: it has not.
    """
    kind, *parameters = [part.strip().lower() for part in read_header(request, "content-type").split(";")]
    if kind != expected or any(parameter not in UTF8 for parameter in parameters):
        raise MediaTypeRefused


def check_identifier(text: str) -> str:
    """Return an id that a path or form names. Raises NotFound: it is malformed."""
    if not IDENTIFIER.fullmatch(text):
        raise NotFound
    return text


def read_own_path(path: str) -> str:
    """Return the path when it can be a page of ours, to open after signing in; else an empty text."""
    return path if OWN_PATH.fullmatch(path) else ""


def read_number(typed: str) -> int:
    """Return a number that one of our pages gave back, such as a revision or a version. Raises Unreadable: it is none."""
    if not NUMBER.fullmatch(typed):
        raise Unreadable
    return int(typed)


def stay_in_run(request: Request, response: Response) -> None:
    """Have the forms and links of a page about one parcours, and what they lead to, keep the list that it was opened from."""
    parameters: Mapping[str, str] = request.query_params or {}
    run = parameters.get(RUN, "")
    if not run or len(run) > MOST_OF_A_RUN:
        return
    kept = urlencode({RUN: run})
    location = str(response.headers.get("Location", ""))
    if OF_A_PARCOURS.fullmatch(location) and f"{RUN}=" not in location:
        response.headers["Location"] = f"{location}{'&' if '?' in location else '?'}{kept}"
    elif isinstance(response.body, str):
        response.body = LEADS_ON.sub(
            lambda led: f"{led[0]}{'&amp;' if '?' in led[0] else '?'}{kept}", response.body
        )


def read_text(request: Request, most_bytes: int = MOST_BYTES) -> str:
    """Return the body as text.

    Raises:
        TooLarge: it has more than ``most_bytes``; nothing is parsed then.
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


def read_json(request: Request) -> dict[str, Any]:
    """Return the body as one JSON object; what lenient parsers accept is refused.

    Raises:
        MediaTypeRefused: it is not announced as JSON.
        TooLarge: see ``read_text``.
        Unreadable: not JSON, not an object, NaN, a key twice, a lone surrogate, a byte order mark, or too deep.
    """
    check_media_type(request, JSON)
    text = read_text(request)
    if _measure_depth(text) > MOST_DEPTH:
        raise Unreadable
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeated_keys)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(value, dict):
        raise Unreadable
    return value


def read_form(request: Request, fields: frozenset[str], most_bytes: int = MOST_BYTES) -> dict[str, str]:
    """Return the fields of a posted form; each comes at most once, and an absent one is empty.

    Raises:
        TooLarge: it has more than ``most_bytes``; nothing is parsed then.
        MediaTypeRefused: it is not announced as a form.
        Unreadable: it is no form, or has a field twice.
        UnknownField: it has a field that is not in ``fields``.
    """
    check_media_type(request, FORM)
    try:
        pairs = parse_qsl(
            read_text(request, most_bytes),
            keep_blank_values=True,
            max_num_fields=max(MOST_FIELDS, 2 * len(fields)),
            errors="strict",
        )
    except ValueError:
        raise Unreadable from None
    typed = dict(pairs)
    if len(typed) != len(pairs):
        raise Unreadable
    if typed.keys() - fields:
        raise UnknownField
    return {name: typed.get(name, "") for name in fields}


def _refuse_constant(constant: str) -> None:
    """Refuse NaN and Infinity, which Python's JSON parser accepts, by a ValueError."""
    raise ValueError(constant)


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the JSON object of these pairs. Raises ValueError: a key comes twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value


def _measure_depth(text: str) -> int:
    """Return how deep brackets are nested, outside strings. It is measured before parsing, which would recurse."""
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
