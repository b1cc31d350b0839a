"""What happens around every page: the security headers, Chalice's own refusals in French, one log line."""

import time
from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, Request, Response

from chalicelib import errors, log
from chalicelib.web.errors import ANSWERS, json_refusal, page
from chalicelib.web.http import header, security_headers

OWN_REFUSALS: dict[int, errors.RelayError] = {405: errors.MethodRefused(), 415: errors.MediaTypeRefused()}
"""Statuses that Chalice answers before a view is called, in English."""


def install(app: Chalice) -> None:
    """Put the middleware around every HTTP function of the app."""
    app.register_middleware(_around, "http")


def _around(request: Request, get_response: Callable[[Request], Any]) -> Response:
    started = time.monotonic()
    response: Response = get_response(request)
    response = _in_french(request, response)
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


def _in_french(request: Request, response: Response) -> Response:
    """Chalice's own 405 and 415 become ours; what our views answer already carries its content type."""
    refusal = OWN_REFUSALS.get(response.status_code)
    if refusal is None or (
        "Content-Type" in response.headers and response.headers.get("Content-Type") != "application/json"
    ):
        return response
    if isinstance(response.body, dict) and "message" in response.body:
        return response
    kept = {name: str(value) for name, value in response.headers.items() if name.lower() == "allow"}
    if "json" in header(request, "accept") or "json" in header(request, "content-type"):
        translated = json_refusal(refusal)
    else:
        row = ANSWERS[type(refusal)]
        translated = page(row.status, row.title, row.message, row.act)
    translated.headers = {**translated.headers, **kept}
    return translated
