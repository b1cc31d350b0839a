"""Quotas: what one account or link may do in a day, how many codes may be asked for and typed.

Enough for any honest day, too little for a thief's.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from chalicelib import config, log
from chalicelib.domain.accounts import signing_in
from chalicelib.domain.accounts.signing_in import KnownBrowser
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import Transition, Use
from chalicelib.domain.parcours import texting
from chalicelib.errors import (
    KeyUsed,
    PersonRemindedToday,
    RelayError,
    TextedThisWeek,
    TooMany,
    TooManyFollowKeys,
    TooManyIdentifications,
    TooManyOfReference,
    TooManyOnLink,
    TooManyTakings,
    TooManyYoungActs,
    TryAgain,
)
from chalicelib.stores import keys, relay_table
from chalicelib.stores.unit_of_work import UnitOfWork, story

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_RIGHTS_OF_ONE_ADDRESS = 5
MOST_RIGHTS_OF_ONE_SOURCE = 20
"""Requests about personal data in an hour: a school asks for its pupils behind one address."""
MOST_LOST_MESSAGES_OF_ONE_SOURCE = 20
"""Lost messages that are asked for in a day: a company's people are one source."""
MOST_HOURS_OF_CODES = 6
"""A known browser may use up the quota of so many hours in a day."""
SOURCES_OF_ONE_ADDRESS = 4
"""So many sources may use up their quota of codes for one address in an hour: a stranger elsewhere keeps no agent out, and no
mailbox gets more than twenty codes."""
NO_LIMIT = 1_000_000
"""Of a counter that decides nothing."""


@dataclass(frozen=True)
class Quota:
    """What one account or one link may do so often in a day."""

    what: str
    """In the counter's key."""
    most: int
    refusal: type[TooMany] = TooMany


SENDING = Quota("deposit", 30)
INVITATION = Quota("invitation", 30)
LINK_ACT = Quota("link", 12, TooManyOnLink)
"""Acts on the page of a link that mail somebody: an honest company makes two or three, and its own link alone is used up."""
TAKING = Quota("taking", config.TAKINGS_PER_DAY, TooManyTakings)
RIGHTS = Quota("rights", 5, TooManyOfReference)
"""Requests about personal data that name one reference, known or not: the officer answers each."""
REPORT = Quota("report", 10)
"""Offers that one account reports in a day: each mails several people."""
FEED = Quota("feed", 600)
"""Readings of a calendar feed: two programs that ask every five minutes."""
YOUNG_ACT = Quota("young-act", 6, TooManyYoungActs)
"""Acts of one passage on its young person's page that mail somebody: each needs an answer before it can be repeated."""
MOST_FOLLOW_KEYS_OF_ONE_SOURCE = 200
"""Keys that are typed, and wrong ones of a QR code, in a day behind one address: a school is one source."""
TAKINGS_TOLD = Quota("takings-told", 1)


def use(quota: Quota, about: str, now: datetime) -> Transition:
    """Return one more use by this account or link (``about``) today, to be added to the transition that it is for.

    Committed past the quota, it raises the quota's refusal, with the seconds until tomorrow (UTC).
    """
    counter = counter_of_today(quota.what, about, now)
    refusal = quota.refusal(int((counter.ends_at - now).total_seconds()))
    return Transition(uses=(counter.use(quota.most, refusal),))


def use_reminder(recipient: str, now: datetime) -> Transition:
    """Return the one reminder of today to this address, to be added to the transition that sends it.

    Committed when the address had one already, it raises PersonRemindedToday.
    """
    return Transition(uses=(_reminder(recipient, now).use(1, PersonRemindedToday()),))


def use_sms(number: str, now: datetime) -> Transition:
    """Return the one SMS of a week to this number (« +33… »), to be added to the transition that asks for it.

    Committed when the number had one less than a week ago, it raises TextedThisWeek.
    """
    return Transition(uses=(counter_of_sms(number, now).use(1, TextedThisWeek()),))


def counter_of_sms(number: str, now: datetime) -> "Counter":
    """Return the counter of SMS to this number in the week that begins now.

    Its name is made with our key: a plain hash of a number is found by hashing all of them.
    """
    about = hmac.new(keys.compute_code_mac("quota|sms"), number.encode(), hashlib.sha256).hexdigest()
    return Counter("sms", about, window="week", ends_at=now + texting.BETWEEN)


def use_report(account: str, parcours: str, now: datetime) -> Transition:
    """Return today's one report of this offer by this account, to be added to the transition that notes it.

    Committed when there was one today, it raises KeyUsed. The history names nobody who reports, nor does the counter.
    """
    about = _keyed_hash(now)("report", f"{account}|{parcours}")
    return Transition(uses=(counter_of_today("reported-offer", about, now).use(1, KeyUsed()),))


def count(quota: Quota, about: str, now: datetime) -> None:
    """Count one more use by this account or link now, whatever follows. Raises the quota's refusal when it is used up."""
    counter = counter_of_today(quota.what, about, now)
    if not counter.counts(quota.most):
        raise quota.refusal(int((counter.ends_at - now).total_seconds()))


@story
def count_once(work: UnitOfWork, quota: Quota, about: str, act: str, now: datetime) -> None:
    """Count one more use now, once however often the same act is repeated. Raises the quota's refusal.

    ``act``: identifies the act by something drawn at random in it.
    """
    first = counter_of_today(f"{quota.what}-act", hash_text(f"{about}|{act}"), now)
    once = Transition(uses=(first.use(1, KeyUsed()),))
    with suppress(KeyUsed):
        work.commit(once + use(quota, about, now))


def count_reminder(recipient: str, now: datetime) -> bool:
    """Count the reminder of today to this address; return False when it has had one."""
    return _reminder(recipient, now).counts(1)


def _reminder(recipient: str, now: datetime) -> "Counter":
    """Return the counter of reminders to a mailbox today, under a hash that holds no address."""
    about = hash_text(f"{_day(now)}|{address.fold_mailbox(recipient)}")
    return counter_of_today("reminder", about, now)


@dataclass(frozen=True)
class Counter:
    """One counter of one window."""

    what: str
    about: str
    window: str
    ends_at: datetime

    def counts(self, most: int) -> bool:
        """Count one more; return False when ``most`` is reached already."""
        return relay_table.count_within(
            self.what, self.about, self.window, most=most, expires_at=self.ends_at
        )

    def use(self, most: int, refusal: RelayError) -> Use:
        """Return one more use, to be counted in the transaction that it is added to; past ``most`` it raises ``refusal``."""
        return Use(f"{self.what}#{self.about}#{self.window}", most, self.ends_at, refusal)

    def give_back(self) -> None:
        """Take one count back. Failing only leaves it counted."""
        with suppress(TryAgain):
            relay_table.give_back(self.what, self.about, self.window)


def counter_of_today(what: str, about: str, now: datetime) -> Counter:
    """Return the counter of ``what`` is counted about this account, link or hash (``about``) until midnight UTC."""
    tomorrow = (now + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    return Counter(what, about, _day(now), tomorrow)


def count_code(
    address: str, source: str, browser: KnownBrowser | None, *, has_account: bool, now: datetime
) -> bool:
    """Count one more code asked for; False when no code may be mailed, which is logged by the quota that is used up.

    A browser that the account knows has quotas of its own. Strangers share those of their source: a wide one for addresses with
    an account, since a whole rectorat is one source, and a narrow one for all others, to which nothing is mailed: whoever tries
    addresses takes nobody's code. Behind a source each address has its quota, and a higher one wherever it is asked for. All ways
    cost the same calls, so that nobody learns which accounts exist, or which of them a stolen cookie belongs to.
    """
    hashed, chosen = _keyed_hash(now), config.settings()
    an_hour = partial(Counter, window=_hour(now), ends_at=now + HOUR)
    network, an_address = hashed("source", signing_in.network_of(source)), chosen.codes_per_hour
    if browser is not None:
        unread = an_hour("code-unread", browser.id)
        limits = [
            (an_hour("code-browser", browser.id), an_address),
            (Counter("code-browser", browser.id, _day(now), now + DAY), MOST_HOURS_OF_CODES * an_address),
            (unread, NO_LIMIT),
        ]
    else:
        unread = an_hour("code-unread", network)
        known = (an_hour("code-source", network), chosen.source_codes_per_hour)
        unknown = (an_hour("code-unknown", network), chosen.unknown_codes_per_hour)
        limits = [
            (an_hour("code", hashed("address", f"{network}|{address}")), an_address),
            known if has_account else unknown,
            (an_hour("code-address", hashed("address", address)), SOURCES_OF_ONE_ADDRESS * an_address),
        ]
    used_up = _count_within_all(limits, unread)
    if used_up is not None:
        log.line("code_withheld", outcome=used_up.what)
    return used_up is None


def count_identification(source: str, now: datetime) -> None:
    """Count one more question to ProConnect by where it comes from, in the hour: what nobody signed in for may be asked for
    without end, and ``identify`` has few places. Raises TooManyIdentifications.
    """
    about = _keyed_hash(now)("source", signing_in.network_of(source))
    counter = Counter("identify-source", about, window=_hour(now), ends_at=now + HOUR)
    if not counter.counts(config.settings().source_codes_per_hour):
        next_hour = now.replace(minute=0, second=0, microsecond=0) + HOUR
        raise TooManyIdentifications(int((next_hour - now).total_seconds()) + 1)


def _count_within_all(limits: Sequence[tuple[Counter, int]], unread: Counter) -> Counter | None:
    """Count one more on counters with limits, the narrowest first; return the first that is used up, None when none is.

    Those after it are not counted: an address that is asked for again and again uses up none of its source, nor a source that is
    past its quota the address elsewhere. ``unread``: is written instead, for the same calls.
    """
    used_up: Counter | None = None
    for counter, most in limits:
        if used_up is not None:
            unread.counts(NO_LIMIT)
        elif not counter.counts(most):
            used_up = counter
    return used_up


def use_rights_request(reply_to: str, source: str, reference: str | None, now: datetime) -> Transition:
    """Return one more request about personal data, to be added to the transition that keeps it.

    It counts per source, per address and, by the day, per reference if it has one. No flood locks somebody else out; who knows
    the reference uses up its day, and the page says how to write all the same. Committed past a quota it raises TooMany, with the
    seconds until the next hour, or TooManyOfReference, until tomorrow.
    """
    hashed = _keyed_hash(now)
    an_hour = partial(Counter, "rights", window=_hour(now), ends_at=now + HOUR)
    from_source = an_hour(hashed("source", signing_in.network_of(source)))
    for_address = an_hour(hashed("address", address.fold_mailbox(reply_to)))
    next_hour = now.replace(minute=0, second=0, microsecond=0) + HOUR
    too_many = TooMany(int((next_hour - now).total_seconds()) + 1)
    uses = (
        from_source.use(MOST_RIGHTS_OF_ONE_SOURCE, too_many),
        for_address.use(MOST_RIGHTS_OF_ONE_ADDRESS, too_many),
    )
    of_reference = use(RIGHTS, hashed("reference", reference), now) if reference else Transition.nothing()
    return Transition(uses=uses) + of_reference


def count_follow_key(source: str, now: datetime) -> None:
    """Count one more key tried for a young person's page by where it comes from. Raises TooManyFollowKeys."""
    hashed_source = _keyed_hash(now)("source", signing_in.network_of(source))
    from_source = counter_of_today("follow-source", hashed_source, now)
    if not from_source.counts(MOST_FOLLOW_KEYS_OF_ONE_SOURCE):
        raise TooManyFollowKeys(int((from_source.ends_at - now).total_seconds()))


def use_lost_message(address_mac: str, source: str, now: datetime) -> Transition:
    """Return one more use of the form for lost messages, to be added to the transition that queues the mail.

    Committed past the quota of the source it raises TooMany; of the address, which is one a day, KeyUsed.
    """
    hashed = _keyed_hash(now)
    from_source = counter_of_today("lost-source", hashed("source", signing_in.network_of(source)), now)
    too_many = TooMany(int((from_source.ends_at - now).total_seconds()))
    for_address = counter_of_today("lost-message", hashed("address", address_mac), now)
    uses = (
        from_source.use(MOST_LOST_MESSAGES_OF_ONE_SOURCE, too_many),
        for_address.use(1, KeyUsed()),
    )
    return Transition(uses=uses)


def _keyed_hash(now: datetime) -> Callable[[str, str], str]:
    """Return a hash that only holders of the code key can make, another one each day: no counter leads back to what it counts."""
    key = keys.compute_code_mac(f"quota|{_day(now)}")
    return lambda kind, text: hmac.new(key, f"{kind}|{text}".encode(), hashlib.sha256).hexdigest()


def _day(now: datetime) -> str:
    """Return the UTC day of an instant, as in keys."""
    return now.strftime("%Y-%m-%d")


def _hour(now: datetime) -> str:
    """Return the UTC hour of an instant, as in keys."""
    return now.strftime("%Y-%m-%dT%H")
