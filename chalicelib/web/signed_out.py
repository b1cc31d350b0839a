"""A form that arrives after its session has ended: what was typed goes back to the person, to be sent once more."""

from urllib.parse import parse_qsl, quote

from chalice.app import Request

from chalicelib.errors import RelayError
from chalicelib.web import bodies

MOST_FIELDS = 100
WITH_A_FILE = frozenset({"/import"})
"""A file is taken again from where it lies."""

Typed = list[tuple[str, str]]


def page(request: Request) -> str:
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
