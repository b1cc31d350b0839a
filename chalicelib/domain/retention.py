"""When documents go: one rule. Source: design §4, « When documents go (`erase_at`, one rule) ».

Expiry is always computed from ``now``; TTL and lifecycle rules are nets.
"""

from datetime import datetime, timedelta

from chalicelib.domain.values import Value

LONGEST = timedelta(days=30)
"""Nothing unopened outlives this, however often it is sent again."""


class RetentionPolicy(Value):
    """The delays, from the settings (``config.Settings``)."""

    upload_minutes: int = 60
    """Minutes an announced document is awaited after its last form."""
    answer_days: int = 15
    """Calendar days from the making of the link to the erasure of what nobody opened."""
    opened_hours: int = 72
    """Hours from the opening to the erasure of what nobody confirmed."""
    window_minutes: int = 15
    """Minutes from the opening during which the winning browser may ask again."""
    link_days: int = 60
    """Days a link keeps giving its actions, whatever became of its documents."""

    def awaited_until(self, form_signed_at: datetime) -> datetime:
        """An upload that was announced and never finished."""
        return form_signed_at + timedelta(minutes=self.upload_minutes)

    def unopened_until(self, linked_at: datetime, first_linked_at: datetime | None = None) -> datetime:
        """A document behind a link that nobody opened; a re-send restarts, within 30 days of the first."""
        return min(linked_at + timedelta(days=self.answer_days), (first_linked_at or linked_at) + LONGEST)

    def unconfirmed_until(self, opened_at: datetime) -> datetime:
        """A document that was opened and of which nobody said that it could be read."""
        return opened_at + timedelta(hours=self.opened_hours)

    def window_until(self, opened_at: datetime) -> datetime:
        """The winner's second chances."""
        return opened_at + timedelta(minutes=self.window_minutes)

    def link_until(self, linked_at: datetime) -> datetime:
        """The end of the link itself, and of the recipient's address in it."""
        return linked_at + timedelta(days=self.link_days)
