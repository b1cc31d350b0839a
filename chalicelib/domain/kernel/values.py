"""The shapes that every record is made of.

They are plain dataclasses; how the edges read and write them, by pydantic, is loaded where that is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, ClassVar, Self, TypeVar

C = TypeVar("C", bound="Code")
W = TypeVar("W")


def _stored(instant: datetime) -> str:
    """As ``clock.iso``, which no decision may import."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Aware:
    """How an edge reads and writes an instant."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        written = core_schema.plain_serializer_function_ser_schema(_stored, when_used="json")
        return core_schema.datetime_schema(tz_constraint="aware", serialization=written)


Instant = Annotated[datetime, _Aware]
"""An aware instant; stored as an ISO 8601 UTC string with milliseconds, so that it sorts as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Something that is compared by what it holds and never changes (``dataclasses.replace`` makes another one)."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            held = getattr(self, name)
            if isinstance(held, datetime) and held.tzinfo is None:
                raise ValueError(f"{type(self).__name__}.{name} needs its zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Value):
    """Something that is stored."""

    unknown: dict[str, object] = field(default_factory=dict, hash=False)
    """What another version of the code added to its item: kept, so that a rewrite loses nothing."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        reference = handler(source)
        schema: Any = handler.resolve_ref_schema(reference)
        names = frozenset(schema["fields"]) - {"unknown"}
        schema["schema"] = core_schema.no_info_before_validator_function(
            partial(_with_unknown, names), schema["schema"]
        )
        schema["serialization"] = core_schema.wrap_serializer_function_ser_schema(_without_unknown)
        return reference


def _with_unknown(names: frozenset[str], item: object) -> object:
    """An item, with what none of these fields holds as ``unknown``."""
    if not isinstance(item, dict):
        return item
    known = {name: value for name, value in item.items() if name in names}
    return known | {"unknown": {name: value for name, value in item.items() if name not in names}}


def _without_unknown(record: Stored, write: Any) -> dict[str, object]:
    """A record as its item, with what is ``unknown`` beside the rest."""
    item: dict[str, object] = write(record)
    item.pop("unknown", None)
    return item | record.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Stored):
    """Something that is stored by itself and changes under a condition."""

    revision: int = 0
    """How often it was written; a change is refused when it is no longer the one that was read."""


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
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.with_info_wrap_validator_function(cls._validated, handler(source))

    @classmethod
    def _validated(cls, value: object, handler: Any, info: Any) -> object:
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
