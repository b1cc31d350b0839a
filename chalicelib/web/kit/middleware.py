"""Wrap every HTTP call: security headers, Chalice's refusals in French, one log line, forms handed back when a session ended."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

from chalice.app import Chalice, Request, Response

from chalicelib import errors, log
from chalicelib.errors import RelayError
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import ANSWERS, FAULT, json_fault, json_refusal, page
from chalicelib.web.kit.http import HTML, header, security_headers

MOST_FIELDS = 100
WITH_A_FILE = frozenset({"/import"})
"""A file is taken again from where it lies."""

Typed = list[tuple[str, str]]


def hand_back(request: Request) -> str:
    """The page in place of the bare refusal: with the form, or with the truth that what was sent is not saved."""
    from chalicelib.templating import render

    typed = _typed(request)
    return render(
        "pages/session-terminee.html", agent=None, nav="", action=_path(request), typed=typed, kept=typed is not None
    )  # fmt: skip


def _typed(request: Request) -> Typed | None:
    """The fields in their order; None when they cannot be carried along, or when another site sent them."""
    if request.path in WITH_A_FILE:
        return None
    try:
        bodies.check_origin(request)  # else a stranger's fields would wait here for the press of a button
        bodies.check_media_type(request, bodies.FORM)
        return parse_qsl(
            bodies.text_of(request), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except (RelayError, ValueError):
        return None


def _path(request: Request) -> str:
    """Where the form was sent: our own path with its parts filled in, whatever stage stood before it."""
    parts = {name: quote(value, safe="") for name, value in (request.uri_params or {}).items()}
    return request.path.format(**parts)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OWN_REFUSALS: dict[int, errors.RelayError] = {405: errors.MethodRefused(), 415: errors.MediaTypeRefused()}
"""Statuses that Chalice answers before a view is called, in English."""


class Unguarded(Exception):
    """A failure that no view turned into an answer: Chalice answered it, in English."""


def install(app: Chalice) -> None:
    """Put the middleware around every HTTP function of the app, and give each path an answer to every method."""
    app.log.disabled = True  # Chalice logs a failure with its text, which may hold anything
    for path, known in list(app.routes.items()):
        others = [method for method in METHODS if method not in known]
        app.route(path, methods=others, name="refuse_method")(_refusing(", ".join(known)))
    app.register_middleware(_around, "http")


def _refusing(allow: str) -> Callable[..., Response]:
    """A view for the methods that a path does not know. Undeclared, the gateway would call the page itself unknown."""

    def refuse_method(**_: str) -> Response:
        return Response("", {"Allow": allow}, 405)

    return refuse_method


def _around(request: Request, get_response: Callable[[Request], Any]) -> Response:
    started = time.monotonic()
    try:
        response = _kept(request, _in_french(request, get_response(request)))
    except Exception as fault:
        response = json_fault(fault)  # not a page: rendering may be what fails
    response.headers = {**security_headers(), **response.headers}
    context = request.context or {}
    log.line(
        "web",
        method=str(context.get("httpMethod", "")),
        route=str(context.get("resourcePath", "")),
        status=int(response.status_code),
        duration_ms=round((time.monotonic() - started) * 1000),
    )
    return response


def _kept(request: Request, response: Response) -> Response:
    """Nobody loses a long form to a session that ended while it was typed: nobody is signed in is all that 401 means."""
    is_page = str(response.headers["Content-Type"]) == HTML
    if request.method == "POST" and response.status_code == HTTPStatus.UNAUTHORIZED and is_page:
        # MERGED

        response.body = hand_back(request)
    return response


def _in_french(request: Request, response: Response) -> Response:
    """Chalice's own answers become ours. It gives no content type; every answer of ours has one."""
    if "Content-Type" in response.headers:
        return response
    if response.status_code == FAULT.status:
        raise Unguarded
    refusal = OWN_REFUSALS[response.status_code]
    kept = {name: str(value) for name, value in response.headers.items() if name.lower() == "allow"}
    if "json" in header(request, "accept") or "json" in header(request, "content-type"):
        translated = json_refusal(refusal)
    else:
        row = ANSWERS[type(refusal)]
        translated = page(row.status, row.title, row.message, row.act)
    translated.headers = {**translated.headers, **kept}
    return translated
