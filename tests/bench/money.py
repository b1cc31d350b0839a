"""What a month costs: counted calls × list prices of eu-west-3, in dollars, without taxes and free allowances."""

import math

from chalicelib.stores.objects import PAGE_OBJECTS
from chalicelib.stories.retention import MOST_PAGES, ROUND
from infra import alarms
from tests.bench.calls import RELAY, Asked

PRICES = {
    # Of eu-west-3 in 2026-09: AWS's price list as others published it; their pages were not noted.
    "read unit": 0.1487e-6,
    "write unit": 0.7423e-6,
    "table GB": 0.297,
    "Lambda request": 0.20e-6,
    "Lambda GB-second": 16.6667e-6,
    "S3 write or list": 5.3e-6,
    "S3 read": 0.42e-6,
    "S3 GB": 0.024,
    # The same in most regions: aws.amazon.com/kms/pricing and cloudburn.io/blog/aws-kms-pricing (2026-03); for metrics and alarms
    # c3x.dev/blog/aws-cloudwatch-metrics-cost; for what leaves AWS egresscost.com/aws (its first 10 TB). Read on 2026-11-27.
    "KMS key": 1.0,
    "KMS call": 3e-6,
    "metric": 0.30,
    "alarm": 0.10,
    "GB out": 0.09,
    # 0.20 in us-east-1 (finops.com.py/services/dynamodb/backups, read on 2026-11-27), dearer here as the table's GB is.
    "backup GB": 0.2376,
    # From memory.
    "API request": 3.7e-6,
    "mail": 0.1e-3,
    "event": 1e-6,
    "log GB": 0.5985,
}
"""Dollars for one of each; a GB by the month."""

MINUTES, NIGHTS, HOURS = 43_800, 30.4, 730
MEMORY_GB, CALL_SECONDS = 0.75, 0.12
"""An estimate of a warm call: the functions have 0.5 to 1.7 GB, and those with more answer sooner."""
WARMINGS, WARM_GB, WARM_SECONDS = MINUTES / 4, 1.77, 0.015
"""What keeps web and unseal warm (``KeepWarm``): every four minutes, with the time of a warm look (``infra/overlay.yaml``)."""
LOG_BYTES = 1_000
"""Of a call: our line, and Lambda's own three."""
SEALED_BYTES, SEALED_DAYS = 1_000_000, 3
"""The document of a relay, and how long it waits."""
HISTORY_BYTES, HISTORY_MONTHS = 15_000, 12
"""What a relay leaves in the table with a backup and its index (``retention_months``)."""
LINK_BYTES, LINK_MONTHS = 5_000, 2
"""And in the other."""
PAGES_BYTES = 200_000
"""An estimate of what the pages around a relay weigh, most of them visited before."""
PAGES, ASSETS, POSTS = 12, 12, 8
"""Of one relay: pages that people look at, which read what the page of a parcours reads; what those load; what is posted."""
AUDITED_POSTS, AUDITED_PAGES = 8, 6
"""Of one relay: what agents post, each with two units for its row in a transaction and one for its index, and pages that show
contacts, with one and one (``stores/audit_table.py``)."""
AUDIT_BYTES, AUDIT_MONTHS = 14 * 600, 12
"""What these rows weigh, with DynamoDB's own hundred bytes each and their index, and how long they stay."""
KEYS = 3
TRAIL_EVENT_BYTES = 2_000
"""An estimate of what the stack's own trail writes for the alarms of one call of KMS, the only ones of ours that it records.
Its first copy of these events in a bucket is free."""
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


def describe_cost(paid: Paid) -> str:
    """The total and its largest parts."""
    parts = sorted(((count * PRICES[name], name) for name, count in paid.items()), reverse=True)
    return f"{dollars(paid):,.2f} $ (" + ", ".join(f"{name} {cost:,.2f}" for cost, name in parts[:6]) + ")"


def idle(steps: dict[str, Asked]) -> Paid:
    """A month without people: keys, metrics, the purge of each minute and the proof of each night, which is a relay; no alarm."""
    return _standing(steps, sealed=0)


def month(steps: dict[str, Asked], relays: int) -> Paid:
    """A month with so many relays, after a year with as many, all alarms, and a trail of its own."""
    standing = _standing(steps, sealed=round(relays * SEALED_DAYS / NIGHTS))
    return _sum(standing, {"alarm": len(alarms.ALARMS)}, _times(relay(steps), relays))


def _standing(steps: dict[str, Asked], sealed: int) -> Paid:
    """What does not wait for people, with so many objects in the bucket."""
    minute = _sum(_asked(steps["idle purge"]), _started(1))
    keys = {"KMS key": KEYS, "metric": metrics()}
    nights = _times(relay(steps), NIGHTS)
    return _sum(keys, _times(minute, MINUTES), keeping_warm(), _walks(sealed), nights)


def keeping_warm() -> Paid:
    """What a month of keeping two functions warm costs: two calls each time, of which one reads an item."""
    calls = 2 * WARMINGS
    return {
        "read unit": WARMINGS,
        "Lambda request": calls,
        "Lambda GB-second": calls * WARM_SECONDS * WARM_GB,
        "log GB": calls * LOG_BYTES / 1e9,
    }


def _walks(sealed: int) -> Paid:
    """The passes over the bucket: one begins with each round in which none is under way, and reads each deposit."""
    pages = max(1, math.ceil(sealed / PAGE_OBJECTS))
    minutes = math.ceil(pages / MOST_PAGES)
    passes = MINUTES / (len(ROUND) * math.ceil(minutes / len(ROUND)))
    return _times({"S3 write or list": pages, "read unit": sealed}, passes)


def metrics() -> float:
    """Custom ones, by the month: each is paid for the hours in which it is measured, by the minute function or the nightly
    proof; the others when something happened.
    """
    watched = [
        list(alarm.watches.logs)
        for alarm in alarms.ALARMS.values()
        if isinstance(alarm.watches, alarms.Count)
    ]
    return watched.count(["PurgeLogs"]) + watched.count(["ProveLogs"]) * NIGHTS / HOURS


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
        _kept(),
        {"GB out": (SEALED_BYTES + PAGES_BYTES) / 1e9},
        {"write unit": AUDITED_POSTS * 3 + AUDITED_PAGES * 2},
    )


def _kept() -> Paid:
    """What is stored for one relay a month, over all the months of its life."""
    history, link = HISTORY_BYTES / 1e9 * HISTORY_MONTHS, LINK_BYTES / 1e9 * LINK_MONTHS
    sealed = SEALED_BYTES / 1e9 * SEALED_DAYS / NIGHTS
    audited = AUDIT_BYTES / 1e9 * AUDIT_MONTHS
    return {"table GB": history + link + audited, "backup GB": history + audited / 2, "S3 GB": sealed}


def _asked(step: Asked) -> Paid:
    paid: Paid = {"read unit": step.read_units, "write unit": step.write_units}
    for call, times in step.calls.items():
        service, _, name = call.partition(":")
        if priced := S3.get(name) or CALLS.get(service):
            paid = _sum(paid, {priced: times})
        if service == "kms":
            paid = _sum(paid, {"log GB": times * TRAIL_EVENT_BYTES / 1e9})
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


def _sum(*months: Paid) -> Paid:
    names = dict.fromkeys(name for paid in months for name in paid)
    return {name: sum(paid.get(name, 0) for paid in months) for name in names}
