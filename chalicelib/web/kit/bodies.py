"""Reading what a request brings: bounded, strict, and never a fault."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from chalice.app import Request

from chalicelib import config
from chalicelib.errors import MediaTypeRefused, NotFound, OriginRefused, TooLarge, UnknownField, Unreadable
from chalicelib.web.kit.http import JSON, header

MOST_BYTES = 32_000
MOST_DEPTH = 6
MOST_FIELDS = 20
FORM = "application/x-www-form-urlencoded"
UTF8 = frozenset({"", "charset=utf-8", 'charset="utf-8"'})
HISTORY = "histoire"
"""``suite`` of a form that goes back to the entering of an older history."""
NUMBER = re.compile(r"[0-9]{1,9}")
IDENTIFIER = re.compile(r"[0-9a-z-]{1,64}")
"""Every id of ours has this shape; a longer one would be refused by the tables as a fault."""


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
    if kind != expected or any(one not in UTF8 for one in parameters):
        raise MediaTypeRefused


def identifier(text: str) -> str:
    """An id as it stands in a path.

    Raises:
        NotFound: it has not the shape of an id, so that nothing is to be looked for.
    """
    if not IDENTIFIER.fullmatch(text):
        raise NotFound
    return text


def number(typed: str) -> int:
    """A count that one of our pages gave back: a revision, a version.

    Raises:
        Unreadable: it is no number of ours.
    """
    if not NUMBER.fullmatch(typed):
        raise Unreadable
    return int(typed)


def run_of(suite: str) -> str:
    """Id of the RUN that a form goes back to, by its ``suite``; empty for none.

    Raises:
        NotFound: no such place.
    """
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


def own_form(request: Request, fields: frozenset[str]) -> dict[str, str]:
    """The form of one of our own pages: see ``form_of``.

    Raises:
        OriginRefused: it was not sent from there.
    """
    check_origin(request)
    return form_of(request, fields)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
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
