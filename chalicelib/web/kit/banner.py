"""The team's banner as every page shows it, looked up once a minute at most in a process."""

import sys
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from chalicelib import clock, log

if TYPE_CHECKING:
    from chalicelib.domain.banner import Banner

STARTED = clock.utc_now()
MINUTE = timedelta(minutes=1)
CLIENTS = "chalicelib.stores.aws"


class BannerShown(NamedTuple):
    """What the banner says."""

    title: str
    text: str


def find_banner(now: datetime) -> BannerShown | None:
    """Return the banner that pages show at ``now``; None: there is none, or the tables do not answer.

    In its first minute a process makes no client of AWS for it: the pages that everybody meets first start without one.
    """
    if CLIENTS not in sys.modules and now < STARTED + MINUTE:
        return None
    banner = _read_banner(int(now.timestamp()) // int(MINUTE.total_seconds()))
    return build_shown(banner, now) if banner is not None and banner.is_shown(now) else None


def build_shown(banner: "Banner", now: datetime) -> BannerShown:
    """Build what a banner says at ``now``."""
    from chalicelib.words import banner as words

    _, text = words.SENTENCES[banner.sentence]
    return BannerShown(words.format_title(banner, now), text)


@lru_cache(maxsize=1)
def _read_banner(minute: int) -> "Banner | None":
    """Read the banner, once in this minute (counted from 1970); None when that fails: a page lives without it."""
    from chalicelib.stories import banner

    try:
        return banner.read_banner()
    except Exception as error:
        log.fault(error)
        return None


def forget_banner() -> None:
    """Let the next page of this process look the banner up, since it has just changed."""
    _read_banner.cache_clear()
