"""The shapes that every record is made of. How edges read and write them: ``stores/values.py``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeVar

C = TypeVar("C", bound="Code")
W = TypeVar("W")

Instant = datetime
"""An aware instant; stored as an ISO 8601 UTC string with milliseconds, so that it sorts as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Something that is compared by what it holds and never changes (``dataclasses.replace`` makes another one)."""

    def __post_init__(self) -> None:
        """Refuse (ValueError) an instant without a time zone."""
        for name in self.__dataclass_fields__:
            held = getattr(self, name)
            if isinstance(held, datetime) and held.tzinfo is None:
                raise ValueError(f"{type(self).__name__}.{name} needs its zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Value):
    """Something that is stored."""

    unknown: dict[str, object] = field(default_factory=dict, hash=False)
    """What another version of the code added to its item: kept, so that a rewrite loses nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Stored):
    """Something that is stored by itself and changes under a condition."""

    revision: int = 0
    """How often it was written; a change is refused when it is no longer the one that was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsWritten(Stored):
    """The words of which rows may be stored that lead to a record: another version may make others of the same record."""

    of_revision: int
    """With which they were written; 0: they did not all fit into its transaction."""
    words: tuple[str, ...]


class Code(StrEnum):
    """A closed list whose members are stored. Another version may know more of them: read from a table, a stranger is none of
    ours, is shown as such and written back as it came. Anywhere else it is refused.
    """

    @classmethod
    def from_stored(cls, stored: str) -> Self:
        """Return the member with this stored code; for a code that this version does not know, a stranger that keeps it."""
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
