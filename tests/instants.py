"""The instants at which tests live that need no deployed cloud.

``INSTANT=`` names another: one of these names, or any instant with its offset (``2027-03-01T09:00+01:00``).
"""

import os
from datetime import datetime

USUAL = "a working morning"
ELSEWHERE = {
    "Christmas Eve": "2026-12-24T09:00+01:00",
    "the year ends": "2026-12-31T23:30+00:00",
    "summer time begins": "2027-03-28T00:30+00:00",
    "summer time ends": "2027-10-31T00:30+00:00",
    "a leap day": "2028-02-29T09:00+01:00",
    "a Friday before a holiday": "2027-05-14T16:00+02:00",
    "mid-August": "2027-08-15T10:00+02:00",
    "two years on": "2028-11-30T09:00+01:00",
}
"""What ``make proof`` draws one of: days and hours at which reckoning with dates goes wrong."""
INSTANTS = {USUAL: "2026-11-30T09:00+01:00", **ELSEWHERE}


def instant() -> datetime:
    """Return the instant at which the tests of this process begin."""
    named = os.environ.get("INSTANT", USUAL)
    return datetime.fromisoformat(INSTANTS.get(named, named))
