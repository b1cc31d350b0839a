"""The banner that the team shows above every page: a sentence of a closed list, until an instant."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Aggregate, Code, Instant, Value
from chalicelib.errors import ChangedMeanwhile, FieldInvalid

LONGEST = timedelta(days=31)
"""How far ahead a banner may end: one that nobody takes away says something false at last."""


class Sentence(Code):
    """What a banner may say."""

    MAINTENANCE = "maintenance"
    MAIL_DELAYED = "mail_delayed"
    SENDING_STOPPED = "sending_stopped"
    SLOW = "slow"
    FAKE_MAILS = "fake_mails"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Value):
    """What a member of the team asks to show."""

    sentence: Sentence
    starts_at: Instant | None = None
    """When the maintenance begins; None for the other sentences."""
    ends_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner(Aggregate):
    """The one banner."""

    sentence: Sentence
    starts_at: Instant | None = None
    """When the maintenance begins, which is announced before; None for the other sentences."""
    ends_at: Instant
    """From when on no page shows it."""
    set_by: str
    """Account id."""
    set_at: Instant

    def is_shown(self, now: datetime) -> bool:
        """Whether pages show it; they do not where another version chose a sentence that this one does not know."""
        return self.sentence.is_known and now < self.ends_at


def set_banner(
    banner: Banner | None, choice: Choice, by: Account, now: datetime, *, revision_seen: int
) -> Transition:
    """Show a banner in place of the one that is shown, if any.

    Raises:
        FieldInvalid: it ends in the past or too late, or the maintenance ends before it begins.
        ChangedMeanwhile: somebody else set or removed one since the page was read (``revision_seen``; 0: there was none).
    """
    _check_choice(choice, now)
    if banner is not None and _says_the_same(banner, choice):
        return Transition.nothing()  # a repeated submission
    _check_seen(banner, revision_seen)
    after = Banner(
        revision=revision_seen,
        sentence=choice.sentence,
        starts_at=choice.starts_at,
        ends_at=choice.ends_at,
        set_by=by.id,
        set_at=now,
    )
    return Transition(changes=(Change(banner, after),))


def remove_banner(banner: Banner | None, *, revision_seen: int) -> Transition:
    """Remove the banner; nothing when there is none. Raises ChangedMeanwhile: it is not the one that the page showed."""
    if banner is None:
        return Transition.nothing()
    _check_seen(banner, revision_seen)
    return Transition(changes=(Change(banner, None),))


def _check_choice(choice: Choice, now: datetime) -> None:
    """Check when a banner begins and ends. Raises FieldInvalid."""
    if choice.starts_at is not None and choice.ends_at <= choice.starts_at:
        raise FieldInvalid("a", "banner_hours")
    if choice.ends_at <= now:
        raise FieldInvalid("jour", "banner_day")
    if choice.ends_at > now + LONGEST:
        raise FieldInvalid("jour", "banner_late")


def _says_the_same(banner: Banner, choice: Choice) -> bool:
    """Whether a banner says what is asked."""
    return Choice(sentence=banner.sentence, starts_at=banner.starts_at, ends_at=banner.ends_at) == choice


def _check_seen(banner: Banner | None, revision_seen: int) -> None:
    """Raise ChangedMeanwhile unless the banner is the one that the page showed."""
    if revision_seen != (banner.revision if banner else 0):
        raise ChangedMeanwhile
