"""The shapes that every record is made of."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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


class Stored(Value):
    """Something that is stored. What another version of the code added to it is kept, so that a rewrite loses nothing."""

    model_config = ConfigDict(extra="allow")


class Aggregate(Stored):
    """Something that is stored by itself and changes under a condition."""

    revision: int = 0
    """How often it was written; a change is refused when it stands elsewhere than where it was read."""

    def but(self, **changes: object) -> Self:
        """The same with these fields changed, checked anew."""
        known = type(self).model_fields
        if strangers := changes.keys() - known.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(strangers))}")
        added = self.model_extra or {}
        return type(self).model_validate(
            {**{name: getattr(self, name) for name in known}, **added, **changes}
        )


_is_stored: ContextVar[bool] = ContextVar("_is_stored", default=False)


@contextmanager
def reading_stored() -> Iterator[None]:
    """Within it, a code that this version does not know is read as one that means nothing to it (``Code``)."""
    token = _is_stored.set(True)
    try:
        yield
    finally:
        _is_stored.reset(token)


class Code(StrEnum):
    """A closed list whose members are stored. Another version may know more of them: read from a table, a stranger is none of
    ours, is shown as such and written back as it came. Anywhere else it is refused.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not (_is_stored.get() and isinstance(value, str)):
            return None
        stranger = str.__new__(cls, value)
        stranger._name_, stranger._value_ = "STRANGER", value
        return stranger

    @property
    def is_known(self) -> bool:
        """Whether this version knows it."""
        return self.name != "STRANGER"


class Role(Code):
    """Who acts. An account holds ``TEAM`` or field roles; the company and the service itself have no account."""

    TUTOR = "tutor"
    COORDINATOR = "coordinator"
    BUYER = "buyer"
    PRESCRIBER = "prescriber"
    TEAM = "team"
    COMPANY = "company"
    SYSTEM = "system"


class Kind(Code):
    """What a document is; the values are those of the HTTP surface, of the storage key and of what seals it."""

    CV = "cv"
    LETTER = "lettre"
