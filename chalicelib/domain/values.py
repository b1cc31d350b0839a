"""The shapes that every record is made of."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer


def _stored(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _aware(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return value


Instant = Annotated[
    datetime, BeforeValidator(_aware), PlainSerializer(_stored, return_type=str, when_used="json")
]
"""An aware instant; stored as an ISO 8601 UTC string with milliseconds, so that it sorts as text."""


class Value(BaseModel):
    """Something that is compared by what it holds and never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Aggregate(Value):
    """Something that is stored and changes under a condition."""

    revision: int = 0
    """How often it was written; a change is refused when it stands elsewhere than where it was read."""

    def but(self, **changes: object) -> Self:
        """The same with these fields changed, checked anew."""
        return type(self).model_validate(
            {**{name: getattr(self, name) for name in type(self).model_fields}, **changes}
        )


class Role(StrEnum):
    """Who acts. An account holds ``TEAM`` or field roles; the company and the service itself have no account."""

    TUTOR = "tutor"
    COORDINATOR = "coordinator"
    BUYER = "buyer"
    PRESCRIBER = "prescriber"
    TEAM = "team"
    COMPANY = "company"
    SYSTEM = "system"


class Kind(StrEnum):
    """What a document is; the values are those of the HTTP surface, of the storage key and of what seals it."""

    CV = "cv"
    LETTER = "lettre"
