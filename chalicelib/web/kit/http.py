"""What every answer carries, and how a request is read. Standard library only: the lightest pages load nothing else."""

import re
from collections.abc import Mapping

from chalice.app import Request, Response

from chalicelib import config

SESSION_COOKIE = "__Host-session"
CHALLENGE_COOKIE = "__Host-connexion"
NONCE_COOKIE = "__Host-lien"
BROWSER_COOKIE = "__Host-navigateur"
CLEARED = {"Clear-Site-Data": '"cache", "storage"'}
"""What goes with the end of a session. Not "cookies": that of the known browser and a recipient's nonce outlive a session."""
OUR_VALUE = re.compile(r"[A-Za-z0-9_-]{1,200}")
"""What we ever put into a cookie."""

HTML = "text/html; charset=utf-8"
JSON = "application/json"


def security_headers() -> dict[str, str]:
    """Source: design §8, « Headers » on every answer, errors and redirects included."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
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


def answer(
    status: int,
    body: object = "",
    content_type: str = HTML,
    cookies: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer; the security headers are added at the door (``web/middleware.py``)."""
    all_headers: dict[str, str | list[str]] = {"Content-Type": content_type}
    all_headers |= headers or {}
    if cookies:
        all_headers["Set-Cookie"] = list(cookies)
    return Response(body=body, status_code=status, headers=all_headers)


def json_answer(status: int, body: object) -> Response:
    """A JSON answer."""
    return answer(status, body, JSON)


def empty(status: int = 204, cookies: tuple[str, ...] = ()) -> Response:
    """Done, and nothing to say."""
    return answer(status, "", cookies=cookies)


def redirect(path: str, cookies: tuple[str, ...] = (), headers: Mapping[str, str] | None = None) -> Response:
    """See other: always one of our own paths, a constant of the code."""
    return answer(303, "", cookies=cookies, headers={"Location": path, **(headers or {})})


def leave(path: str, *cookies: str) -> Response:
    """See other, the session's cookie and everything that pages left in the browser removed."""
    return redirect(path, (cookie(SESSION_COOKIE, "", seconds=0), *cookies), CLEARED)


def cookie(name: str, value: str, *, seconds: int | None = None) -> str:
    """A ``Set-Cookie`` value. ``Lax``, since a ``Strict`` one is lost on a click in a webmail; 0 seconds removes it."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"


def read_cookie(request: Request, name: str) -> str | None:
    """One cookie of the request; None when it is absent or no value of ours. What stands around it does not matter."""
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


def query(request: Request, name: str) -> str:
    """One parameter of the address, empty when absent."""
    parameters: Mapping[str, str] = request.query_params or {}
    return str(parameters.get(name, ""))
