"""Where a request comes from, as far as anything may be kept of it: a keyed hash that changes every day."""

import ipaddress
from datetime import datetime

from chalicelib.stores import keys

HOME_PREFIX = 64
"""An IPv6 subscriber has a /64 at least, and may change address within it at will."""


def source_hash(source_ip: str, now: datetime) -> str:
    """What a counter may be named after: neither guessed back from the table nor followed from one day to the next.

    Args:
        source_ip: as API Gateway saw it; what is no address counts as one source.
    """
    return keys.code_mac(f"source|{now:%Y-%m-%d}|{_network(source_ip)}").hex()


def _network(source_ip: str) -> str:
    try:
        found = ipaddress.ip_address(source_ip)
    except ValueError:
        return ""
    if found.version == 6:
        return str(ipaddress.ip_network((found.packed, HOME_PREFIX), strict=False).network_address)
    return str(found)
