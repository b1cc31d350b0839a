"""Claiming: the web function, which may open nothing, asks the one that may."""

from typing import Any

from chalicelib.errors import from_wire
from chalicelib.stores import functions


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
