"""What happens around every page: the security headers, Chalice's own refusals in French, one log line."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from chalice.app import Chalice, Request, Response

from chalicelib import errors, log
from chalicelib.web.answers import ANSWERS, FAULT
from chalicelib.web.errors import json_fault, json_refusal, page
from chalicelib.web.http import HTML, header, security_headers

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
        from chalicelib.web import signed_out

        response.body = signed_out.page(request)
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
