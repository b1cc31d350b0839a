"""When documents go, and when histories, contacts and accounts do.

Expiry is always computed from ``now``; TTL and lifecycle rules are nets. ``domain.retention`` lists everything that is stored.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.domain.kernel.calendar import end_of, end_of_days, months_later
from chalicelib.domain.kernel.values import Value

LONGEST = timedelta(days=30)
"""Nothing unopened outlives this, however often it is sent again: days of which the first is that of the first link."""
WARNED_MONTHS = 1
"""How long before it is erased the person of an unused account is warned."""
AFTER_LINKS = timedelta(days=2)
"""How much longer than its last link a reduced deposit stays: a link may ask what became of it until its own end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy(Value):
    """The delays, from the settings (``config.Settings``)."""

    upload_minutes: int = 60
    """Minutes an announced document is awaited after its last form."""
    answer_days: int = 15
    """Calendar days, that on which the link is made included, at whose end what nobody opened is erased."""
    opened_hours: int = 72
    """Hours from the opening to the erasure of what nobody confirmed."""
    link_days: int = 60
    """Days a link keeps giving its actions, whatever became of its documents."""
    retention_months: int = 12
    """Months a history outlives its passage, contacts their contract, an account its closing."""
    idle_months: int = 24
    """Months an account lives without a sign-in."""

    def awaited_until(self, form_signed_at: datetime) -> datetime:
        """Return until when an upload is awaited that was announced and never finished."""
        return form_signed_at + timedelta(minutes=self.upload_minutes)

    def unopened_until(self, linked_at: datetime, first_linked_at: datetime | None = None) -> datetime:
        """Return until the end of which day unopened documents are kept; a re-send restarts that, within 30 days of the first."""
        longest = end_of_days(first_linked_at or linked_at, LONGEST.days)
        return min(end_of_days(linked_at, self.answer_days), longest)

    def unconfirmed_until(self, opened_at: datetime) -> datetime:
        """Return until when opened documents are kept, and read again, unless their reader says that she could."""
        return opened_at + timedelta(hours=self.opened_hours)

    def link_until(self, linked_at: datetime) -> datetime:
        """Return until when the link itself is kept, and the recipient's address in it."""
        return linked_at + timedelta(days=self.link_days)

    def reduced_until(self, erased_at: datetime) -> datetime:
        """Return until when the reduced record of an erased deposit is kept: longer than any of its links can live."""
        return erased_at + timedelta(days=self.link_days) + AFTER_LINKS

    def history_until(self, ended_at: datetime) -> datetime:
        """Return until when a passage that is over is kept, with its facts and its reference."""
        return months_later(ended_at, self.retention_months)

    def contacts_until(self, over_on: date) -> datetime:
        """Return until when the contacts of a contract are kept. ``over_on``: its last day, renewals included."""
        return months_later(end_of(over_on), self.retention_months)

    def keeps_contract(self, over_on: date, today: date) -> bool:
        """Whether a contract with this last day may be entered: it would not be erased at once."""
        return self.contacts_until(over_on) > end_of(today)

    def closed_until(self, closed_at: datetime) -> datetime:
        """Return until when an account that was closed is kept."""
        return months_later(closed_at, self.retention_months)

    def warned_from(self, used_at: datetime) -> datetime:
        """Return when the person of an account that nobody uses is warned."""
        return months_later(used_at, self.idle_months - WARNED_MONTHS)

    def unused_until(self, used_at: datetime, warned_at: datetime) -> datetime:
        """Return until when an account that nobody uses is kept; warned late, its person has the whole notice all the same."""
        return max(months_later(used_at, self.idle_months), months_later(warned_at, WARNED_MONTHS))
