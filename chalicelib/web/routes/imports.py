"""The import of the team's table, and what to do with a CV that came by mail."""

import base64
import binascii

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.errors import NotFound, TooLarge, Unreadable
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html
from chalicelib.web.kit.http import answer
from chalicelib.web.kit.session import agent

routes = Blueprint(__name__)

FIELDS = frozenset({"fichier", "etape", "empreinte", "essai"})
MOST_BYTES = 1_500_000
"""A file of 1 MB in base64, and what the form adds."""


@routes.route("/import", methods=["GET", "HEAD"])
@answers_html
def choose_file() -> Response:
    """Which file, and what becomes of its columns."""
    from chalicelib.templating import render
    from chalicelib.web import importing

    person = agent(routes.current_request, clock.utc_now())
    if not person.is_team:
        raise NotFound
    return answer(200, render("pages/import.html", **importing.form(person)))


@routes.route("/import", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def take_file() -> Response:
    """Rehearses the import of a file, or (``etape=import``) does it; the report answers. Repeating it is harmless."""
    from chalicelib.templating import render
    from chalicelib.web import importing

    request, now = routes.current_request, clock.utc_now()
    person = agent(request, now)
    bodies.check_origin(request)
    if not person.is_team:
        raise NotFound
    try:
        asked = bodies.form_of(request, FIELDS, MOST_BYTES)
    except TooLarge:
        shown = importing.too_large(person)
        return answer(413, render("pages/import.html", **shown))
    status, page, shown = importing.outcome(person, _bytes_of(asked["fichier"]), asked, now)
    return answer(status, render(page, **shown))


@routes.route("/aide/cv-par-mail", methods=["GET", "HEAD"])
@answers_html
def mailed_cv() -> Response:
    """A CV came by mail: what to do."""
    from chalicelib.templating import render
    from chalicelib.web import importing

    person = agent(routes.current_request, clock.utc_now())
    return answer(200, render("pages/cv-par-mail.html", **importing.page(person, config.public_base_url())))


def _bytes_of(encoded: str) -> bytes:
    """The file, as the script or the report encoded it.

    Raises:
        Unreadable: it is not base64url.
    """
    try:
        return base64.b64decode(encoded.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise Unreadable from None
