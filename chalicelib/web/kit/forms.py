"""The forms of pages and of scripts as dataclasses, whose fields are all that is taken.

JSON is checked here and by no library: loading one takes a tenth of a recipient's first answer.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, get_args, get_origin, get_type_hints

from chalice.app import Request

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.errors import FieldInvalid, UnknownField, Unreadable
from chalicelib.web.kit import http

MOST_TOKEN_CHARACTERS = 12_000
"""Longer than any honest one; what is no token is refused by its shape, before anything is read."""
KEY = re.compile(r"[0-9a-f]{32}")
Rule = Callable[[Any], bool]
"""What a value of a JSON form must satisfy beside its type, in ``Annotated``."""


def is_filled(value: list[Any]) -> bool:
    """Whether a list holds anything."""
    return bool(value)


def at_most(length: int) -> Rule:
    """Make the rule that a text or a list is no longer than this."""
    return lambda value: len(value) <= length


Token = Annotated[str, at_most(MOST_TOKEN_CHARACTERS)]


@dataclass(frozen=True)
class PageForm:
    """A form of one of our pages: texts, each at most once, empty when absent."""

    @classmethod
    def parse(cls, request: Request, agent: Account | None) -> Self:
        """Read it from a body, see ``http.read_form``."""
        return cls(**http.read_form(request, frozenset(field.name for field in fields(cls))))

    def typed(self) -> dict[str, str]:
        """The texts by field."""
        return asdict(self)


@dataclass(frozen=True)
class FreeForm:
    """A form of a signed-in agent whose fields depend on who it is, or on a table: ``asked`` holds the text of each."""

    asked: dict[str, str]

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """The fields of this person's form; each such form says its own."""
        return frozenset()

    @classmethod
    def parse(cls, request: Request, agent: Account | None) -> Self:
        """Read it from a body, see ``http.read_form``."""
        assert agent is not None
        return cls(http.read_form(request, cls.fields(agent)))


@dataclass(frozen=True, kw_only=True)
class JsonForm:
    """A JSON object with these fields alone, each exactly of its type."""

    @classmethod
    def parse(cls, request: Request, agent: Account | None) -> Self:
        """Read it from a body, see ``http.read_json`` and ``from_json``."""
        return cls.from_json(http.read_json(request))

    @classmethod
    def from_json(cls, typed: Mapping[str, object]) -> Self:
        """Read it from a JSON object, its fields in their order.

        Raises:
            UnknownField: a field that the form does not have.
            FieldInvalid: a field that is missing or cannot be taken; for a token ``Unreadable``.
        """
        hints, values = get_type_hints(cls, include_extras=True), {}
        for field in fields(cls):
            if field.name in typed:
                values[field.name] = _read_value(field.name, hints[field.name], typed[field.name])
            elif field.default is MISSING:
                raise _refusal(field.name, "missing")
        if typed.keys() - hints.keys():
            raise UnknownField
        return cls(**values)


def _read_value(name: str, hint: Any, value: Any) -> Any:
    """Return what a field holds, if it is exactly what its annotation says; ``name``: of the field, for its refusal."""
    held = get_args(hint)
    if get_origin(hint) is Annotated:
        read = _read_value(name, held[0], value)
        if all(rule(read) for rule in held[1:]):
            return read
    elif type(None) in held:
        return None if value is None else _read_value(name, held[0], value)
    elif get_origin(hint) is Literal:
        if (type(value), value) in [(type(word), word) for word in held]:
            return value
    elif get_origin(hint) is list and isinstance(value, list):
        return [_read_value(name, held[0], item) for item in value]
    elif isinstance(hint, type):
        return _read_plain(name, hint, value)
    raise _refusal(name, "value")


def _read_plain(name: str, kind: type, value: Any) -> Any:
    """The same of a field that is a text, a number, a truth, one of our codes or a form in the form."""
    if issubclass(kind, JsonForm) and isinstance(value, dict):
        return kind.from_json(value)
    if issubclass(kind, StrEnum) and isinstance(value, str) and value in set(kind):
        return kind(value)
    if type(value) is kind:
        return value
    raise _refusal(name, "value")


def _refusal(name: str, problem: str) -> Exception:
    return Unreadable() if name == "token" else FieldInvalid(name, problem)


def draw_key() -> str:
    """Draw the id of what a form will make, with its page: sending it twice makes it once."""
    return secrets.token_hex(16)


def read_key(key: str) -> str:
    """Return the key under which a form makes something once. Raises Unreadable for what is none."""
    if not KEY.fullmatch(key):
        raise Unreadable
    return key


def read_reason(code: str) -> Reason:
    """Read the code of a reason."""
    try:
        return Reason(code)
    except ValueError:
        raise FieldInvalid("motif", "reason") from None
