"""Addresses that look mistyped, questioned where they are first typed: weeks later, at the sending, nobody remembers.

Nothing is refused, and nothing is corrected unasked: a company may well have the domain beside another's.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from chalicelib.domain.kernel.address import read_domain

COMMON_MAIL = (
    "gmail.com", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "neuf.fr", "bbox.fr", "hotmail.fr",
    "hotmail.com", "outlook.fr", "outlook.com", "yahoo.fr", "yahoo.com", "live.fr", "icloud.com", "protonmail.com",
)  # fmt: skip
"""The free mail that most people in France have."""


@dataclass(frozen=True, slots=True)
class Mistyped:
    """An address that looks mistyped."""

    field: str
    """Where it was typed."""
    typed: str
    meant: str
    """What was perhaps meant: the same before the « @ »."""


def list_mistyped(
    typed: Mapping[str, str], known: Collection[str], confirmed: Collection[str] = ()
) -> list[Mistyped]:
    """List the typed addresses that look mistyped.

    Args:
        typed: the addresses of one offer by their fields; each is compared with those before it.
        known: addresses of the same offer that are not new, and make others look mistyped.
        confirmed: addresses that were questioned already, and are meant so.
    """
    others, mistyped = [address for address in known if address], []
    for field, address in typed.items():
        meant = None if address in {*others, *confirmed} else find_look_alike(address, others)
        if meant is not None:
            mistyped.append(Mistyped(field, address, meant))
        elif address:
            others.append(address)
    return mistyped


def find_look_alike(address: str, known: Collection[str]) -> str | None:
    """Return the address that was perhaps meant: at a known or common domain that is one slip away; None: it looks right."""
    mailbox, domain = address.rpartition("@")[0], read_domain(address).casefold()
    domains = [read_domain(other).casefold() for other in known]
    if not mailbox or domain in {*domains, *COMMON_MAIL}:
        return None
    near = (other for other in (*domains, *COMMON_MAIL) if _differs_by_a_slip(domain, other))
    return next((f"{mailbox}@{other}" for other in near), None)


def _differs_by_a_slip(text: str, other: str) -> bool:
    """Whether one letter more, less or changed, or two neighbours swapped, make one text of the other."""
    while text and other and text[0] == other[0]:
        text, other = text[1:], other[1:]
    is_swapped = text[:2] == other[1::-1] and text[2:] == other[2:]
    return text != other and (text[1:] == other or text == other[1:] or text[1:] == other[1:] or is_swapped)
