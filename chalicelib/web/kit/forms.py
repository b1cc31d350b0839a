"""The forms of pages and of scripts. Only the declared fields are accepted."""

import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Self

from chalice.app import Request
from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.errors import FieldInvalid, UnknownField, Unreadable
from chalicelib.web.kit import http

MOST_TOKEN_CHARACTERS = 12_000
"""Longer than any honest one; what is no token is refused by its shape, before anything is read."""
KEY = re.compile(r"[0-9a-f]{32}")
Token = Annotated[StrictStr, Field(max_length=MOST_TOKEN_CHARACTERS)]


class PageForm(BaseModel):
    """A form of one of our pages: text fields, each at most once, empty when absent."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @classmethod
    def parse(cls, request: Request, agent: Account | None) -> Self:
        """Read the form from a body; for errors see ``http.read_form``."""
        return cls.model_validate(http.read_form(request, frozenset(cls.model_fields)))

    def typed(self) -> dict[str, str]:
        """Return the text of each field by name."""
        return self.model_dump()


@dataclass(frozen=True)
class FreeForm:
    """A form of a signed-in agent whose fields depend on who it is, or on a table; ``asked``: the text of each field."""

    asked: dict[str, str]

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has; each such form defines its own."""
        return frozenset()

    @classmethod
    def parse(cls, request: Request, agent: Account | None) -> Self:
        """Read the form from a body; for errors see ``http.read_form``."""
        assert agent is not None
        return cls(http.read_form(request, cls.fields(agent)))


class JsonForm(BaseModel):
    """A JSON object with the declared fields alone, each of its type."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def parse(cls, request: Request, agent: Account | None) -> Self:
        """Read the object from a body; for further errors see ``http.read_json``.

        Raises:
            UnknownField: it has a field that the form does not have.
            FieldInvalid: a field is missing or cannot be accepted.
            Unreadable: the token is no text of a possible length.
        """
        try:
            return cls.model_validate(http.read_json(request))
        except ValidationError as error:
            raise _find_first_refusal(error) from None


def _find_first_refusal(error: ValidationError) -> Exception:
    """Return the first error that pydantic found as one of our refusals."""
    first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "extra_forbidden":
        return UnknownField()
    field = next((str(part) for part in reversed(first["loc"]) if isinstance(part, str)), "")
    if field == "token":
        return Unreadable()
    return FieldInvalid(field, "missing" if first["type"] == "missing" else "value")


def draw_idempotency_key() -> str:
    """Draw the idempotency key of a form: what the form makes is made once, however often the form is sent."""
    return secrets.token_hex(16)


def read_idempotency_key(key: str) -> str:
    """Return the idempotency key of a form. Raises Unreadable: it is malformed."""
    if not KEY.fullmatch(key):
        raise Unreadable
    return key


def read_reason(code: str) -> Reason:
    """Return the reason of this code. Raises FieldInvalid: there is none."""
    try:
        return Reason(code)
    except ValueError:
        raise FieldInvalid("motif", "reason") from None
