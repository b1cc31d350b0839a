"""The shapes that every record is made of."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainSerializer,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

C = TypeVar("C", bound="Code")
W = TypeVar("W")


def _stored(instant: datetime) -> str:
    """As ``clock.iso``, which no decision may import."""
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

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Stored(Value):
    """Something that is stored. What another version of the code added to it is kept, so that a rewrite loses nothing."""

    model_config = ConfigDict(extra="allow")


class Aggregate(Stored):
    """Something that is stored by itself and changes under a condition."""

    revision: int = 0
    """How often it was written; a change is refused when it is no longer the one that was read."""

    def but(self, **changes: object) -> Self:
        """The same with these fields changed, checked anew."""
        known = type(self).model_fields
        if strangers := changes.keys() - known.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(strangers))}")
        added = self.model_extra or {}
        return type(self).model_validate(
            {**{name: getattr(self, name) for name in known}, **added, **changes}
        )


AS_STORED = object()
"""The context in which stored items are validated: codes that this version does not know are read (``Code``)."""


class Code(StrEnum):
    """A closed list whose members are stored. Another version may know more of them: read from a table, a stranger is none of
    ours, is shown as such and written back as it came. Anywhere else it is refused.
    """

    @classmethod
    def read(cls, stored: str) -> Self:
        """The member that was stored, or a stranger."""
        if stored in cls._value2member_map_:
            return cls(stored)
        stranger = str.__new__(cls, stored)
        stranger.__dict__.update(dict.fromkeys(cls.__annotations__))  # what a row says beside its code
        stranger._name_, stranger._value_ = "STRANGER", stored
        return stranger

    @property
    def is_known(self) -> bool:
        """Whether this version knows it."""
        return self.name != "STRANGER"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return WrapValidator(cls._validated).__get_pydantic_core_schema__(source, handler)

    @classmethod
    def _validated(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        return cls.read(value) if info.context is AS_STORED and isinstance(value, str) else handler(value)


class Words(dict[C, W]):
    """What each code of a closed list is called; a stranger is called ``stranger``."""

    def __init__(self, known: Mapping[C, W], *, stranger: W) -> None:
        super().__init__(known)
        self.stranger = stranger

    def __missing__(self, code: C) -> W:
        if code.is_known:
            raise KeyError(code)
        return self.stranger


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


class ParcoursStatus(Code):
    """The four statuses that MLDS staff know, and the two ends."""

    AVAILABLE = "available"
    IN_PREPARATION = "in_preparation"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class Step(Code):
    """The step of an attempt within « en préparation », in order."""

    DOCUMENTS_TO_SEND = "documents_to_send"
    LINK_SENT = "link_sent"
    OPENED = "opened"
    RECEIVED = "received"
    SLOTS_PROPOSED = "slots_proposed"
    MEETING_FIXED = "meeting_fixed"
    MEETING_HELD = "meeting_held"
    CONVENTION_SIGNED = "convention_signed"


class Setback(Code):
    """What gives the turn back to the tutor although the step stays."""

    MAIL_FAILED = "mail_failed"
    MAIL_IN_DOUBT = "mail_in_doubt"
    MAIL_BOUNCED = "mail_bounced"
    UNREADABLE = "unreadable"
    LINK_CLOSED = "link_closed"
    SENDING_REQUESTED = "sending_requested"
    DECLINED = "declined"
    MEETING_MISSED = "meeting_missed"
