"""The licences paper: what the product is made of, by whom, under which licence."""

from typing import NamedTuple

from infra.papers import sbom
from infra.papers.rendering import Edition
from infra.papers.sbom import Part


class Licences(NamedTuple):
    """What the licences paper reads."""

    parts: list[Part]
    by_licence: dict[str, int]
    data: dict[str, str]
    """Public data, and what it is."""
    inventory: str
    """Name of the file of the inventory, beside the paper."""


def build(edition: Edition) -> Licences:
    """Build what the licences paper reads."""
    parts = sbom.list_parts()
    licences = sorted({part.licence for part in parts})
    counts = {licence: sum(part.licence == licence for part in parts) for licence in licences}
    return Licences(parts, counts, dict(sbom.DATA), sbom.FILE)
