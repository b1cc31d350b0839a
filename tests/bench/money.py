"""What a month costs: counted calls × list prices of eu-west-3, in dollars, without taxes and free allowances."""

from chalicelib.stories.retention import ROUND
from infra import alarms
from tests.bench.calls import RELAY, Asked

PRICES = {
    # Prices of 2026-09, as read from AWS's price list by others who published them, and as their bills of eu-west-3 say.
    "read unit": 0.1487e-6,
    "write unit": 0.7423e-6,
    "table GB": 0.297,
    "Lambda request": 0.20e-6,
    "Lambda GB-second": 16.6667e-6,
    "S3 write or list": 5.3e-6,
    "S3 read": 0.42e-6,
    "S3 GB": 0.024,
    # From memory, the same in most regions: to be looked up again.
    "API request": 3.7e-6,
    "KMS key": 1.0,
    "KMS call": 3e-6,
    "mail": 0.1e-3,
    "event": 1e-6,
    "log GB": 0.5985,
    "alarm": 0.10,
}
"""Dollars for one of each; a GB by the month."""

MINUTES, NIGHTS = 43_800, 30.4
MEMORY_GB, CALL_SECONDS = 0.75, 0.12
"""An estimate of a warm call: the functions have 0.5 to 1.7 GB, and those with more answer sooner."""
LOG_BYTES = 1_000
"""Of a call: our line, and Lambda's own three."""
TABLE_BYTES, SEALED_BYTES, SEALED_DAYS = 30_000, 1_000_000, 3
"""What a relay leaves in the tables, and how long its documents wait."""
PAGES, ASSETS, POSTS = 12, 12, 8
"""Of one relay: pages that people look at, which read what the page of a parcours reads; what those load; what is posted."""
KEYS = 3
CALLS = {"kms": "KMS call", "sesv2": "mail"}
S3 = {
    "PutObject": "S3 write or list",
    "ListObjectsV2": "S3 write or list",
    "GetObject": "S3 read",
    "HeadObject": "S3 read",
}


Paid = dict[str, float]
"""How many of what is in ``PRICES``."""


def dollars(paid: Paid) -> float:
    """The list price."""
    return sum(count * PRICES[name] for name, count in paid.items())


def told(paid: Paid) -> str:
    """The total and its largest parts."""
    parts = sorted(((count * PRICES[name], name) for name, count in paid.items()), reverse=True)
    return f"{dollars(paid):,.2f} $ (" + ", ".join(f"{name} {cost:,.2f}" for cost, name in parts[:6]) + ")"


def idle(steps: dict[str, Asked]) -> Paid:
    """A month without people: keys, the purge of each minute and the proof of each night, which is a relay; no alarm."""
    begun = {"S3 write or list": 1 / len(ROUND)}  # a pass over the bucket, once a round
    minute = _sum(_asked(steps["idle purge"]), _started(1), begun)
    return _sum({"KMS key": KEYS}, _times(minute, MINUTES), _times(relay(steps), NIGHTS))


def month(steps: dict[str, Asked], relays: int) -> Paid:
    """A month with so many relays, and all alarms."""
    return _sum(idle(steps), {"alarm": len(alarms.ALARMS)}, _times(relay(steps), relays))


def relay(steps: dict[str, Asked]) -> Paid:
    """One relay, with the sign-in and the pages around it. The minute's own reads are the idle month's."""
    own = [_asked(steps[name]) for name in (*RELAY, "sign-in code", "sign-in mail", "confirmation mails")]
    requests = PAGES + ASSETS + POSTS
    return _sum(
        *own,
        _times(_asked(steps["idle purge"]), -1),
        _times(_asked(steps["page"]), PAGES),
        {"API request": requests, "event": 1, "S3 read": 1},
        _started(
            requests + len(("inspect", "mailer", "mailer again", "unseal", "feedback", "feedback again"))
        ),
        {"table GB": TABLE_BYTES / 1e9, "S3 GB": SEALED_BYTES / 1e9 * SEALED_DAYS / NIGHTS},
    )


def _asked(step: Asked) -> Paid:
    paid: Paid = {"read unit": step.read_units, "write unit": step.write_units}
    for call, times in step.calls.items():
        service, _, name = call.partition(":")
        if priced := S3.get(name) or CALLS.get(service):
            paid = _sum(paid, {priced: times})
    return paid


def _started(calls: int) -> Paid:
    seconds = calls * CALL_SECONDS
    return {
        "Lambda request": calls,
        "Lambda GB-second": seconds * MEMORY_GB,
        "log GB": calls * LOG_BYTES / 1e9,
    }


def _times(paid: Paid, times: float) -> Paid:
    return {name: count * times for name, count in paid.items()}


def _sum(*each: Paid) -> Paid:
    names = dict.fromkeys(name for one in each for name in one)
    return {name: sum(one.get(name, 0) for one in each) for name in names}
