"""Claiming: the web function, which may open nothing, asks the one that may."""

from typing import Any

from chalicelib.errors import (
    DeadLink,
    LinkClosed,
    LinkErased,
    LinkExpired,
    LinkRevoked,
    LinkSpent,
    LinkUnknown,
    ProofNeeded,
    RelayError,
    TryAgain,
)
from chalicelib.stores import functions

LINK_REFUSALS: dict[str, type[RelayError]] = {
    kind.code: kind
    for kind in (
        LinkUnknown,
        LinkSpent,
        LinkExpired,
        LinkRevoked,
        LinkErased,
        LinkClosed,
        ProofNeeded,
        TryAgain,
    )
}


def claim(token: str, *, browser: str) -> dict[str, Any]:
    """The documents of a link for one browser, as ``unseal`` gives them (``opening.open_documents``).

    Raises:
        DeadLink (one of its kinds), ProofNeeded: what ``unseal`` refused.
        TryAgain: it did not answer, or failed.
    """
    opened = functions.unseal(token, browser)
    if "refusal" in opened:
        raise from_wire(opened["refusal"]["code"], opened["refusal"]["facts"])
    return opened


def from_wire(code: str, facts: dict[str, object]) -> RelayError:
    """Rebuild a refusal that another function answered; an unknown code is a ``TryAgain``."""
    kind = LINK_REFUSALS.get(code, TryAgain)
    if issubclass(kind, DeadLink):
        since = facts.get("since")
        return kind(since if isinstance(since, str) else None)
    return kind()
