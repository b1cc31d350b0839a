"""Our own site and its storage as a tutor's browser meets them: over HTTP, with a cookie, by signed forms."""

import json
import secrets
import time
import urllib.request
from http import HTTPStatus
from typing import Any

from chalicelib import config

SESSION_COOKIE = "__Host-session"
"""As ``web`` calls it (a test compares)."""
ANSWER_SECONDS = 30
PAUSE_SECONDS = 3
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Unwelcome(Exception):
    """The site or its storage did not answer, or not as a browser needs it."""


def pause() -> None:
    """Wait, as a page does between two looks at its progress."""
    time.sleep(PAUSE_SECONDS)


def announce_deposit(parcours: str, asked: dict[str, Any], *, session: str) -> dict[str, Any]:
    """Announce a deposit as the sending page does; its answer, with the signed forms.

    Args:
        session: the value of the session's cookie.
    Raises:
        Unwelcome: the site refused it, or did not answer.
    """
    origin = config.public_base_url()
    headers = {
        "Content-Type": "application/json",
        "Origin": origin,
        "Cookie": f"{SESSION_COOKIE}={session}",
    }
    path = f"/parcours/{parcours}/depots"
    status, body = _post(f"{origin}{path}", json.dumps(asked).encode(), headers)
    if status != HTTPStatus.CREATED:
        raise Unwelcome
    answer: dict[str, Any] = json.loads(body)
    return answer


def post_form(form: dict[str, Any], blob: bytes) -> None:
    """Post a sealed document by its signed form.

    Raises:
        Unwelcome: the form leads elsewhere than the policy of our pages lets a browser go, or the storage refused it.
    """
    url, boundary = str(form["url"]), secrets.token_hex(16)
    if not url.startswith(f"{config.storage_origin()}/"):
        raise Unwelcome
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Origin": config.public_base_url(),
    }
    status, _ = _post(url, _build_multipart(form["fields"], blob, boundary), headers)
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise Unwelcome


def _build_multipart(fields: dict[str, str], blob: bytes, boundary: str) -> bytes:
    """Build the body of a form post: its fields, then its file (RFC 7578)."""
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n\r\n'
    before = "".join(part % field for field in fields.items()) + file
    return b"".join((before.encode(), blob, f"\r\n--{boundary}--\r\n".encode()))


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Post a request; return status and body. Raises Unwelcome without an answer, or for a status of 400 and more."""
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - our own site and its storage
    try:
        with _direct.open(request, timeout=ANSWER_SECONDS) as answer:
            return int(answer.status), bytes(answer.read())
    except OSError as error:  # an answer of 400 and more is one too
        raise Unwelcome from error
