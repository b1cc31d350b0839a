"""Claiming and passing on: the web function, which may open nothing, asks the one that may."""

from typing import Any

from chalicelib.errors import (
    ChangedMeanwhile,
    ColleagueLimit,
    ContactChanged,
    DeadLink,
    FieldInvalid,
    LinkClosed,
    LinkErased,
    LinkExpired,
    LinkRevoked,
    LinkSpent,
    LinkUnknown,
    ProofNeeded,
    RelayError,
    TryAgain,
    WrongStep,
)
from chalicelib.stores import functions
from chalicelib.stories import opening

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
        WrongStep,
        ChangedMeanwhile,
        ColleagueLimit,
        ContactChanged,
        FieldInvalid,
    )
}


def claim(token: str, *, browser: str) -> dict[str, Any]:
    """The documents of a link for one browser, as ``unseal`` gives them (``unsealing.open_documents``).

    Raises:
        LinkUnknown: no such token was ever mailed; ``unseal`` is not even asked.
        DeadLink (one of its kinds), ProofNeeded: what ``unseal`` refused.
        TryAgain: it did not answer, or failed.
    """
    opening.check_known(token)
    return asked(functions.unseal(token, browser))


def asked(answered: dict[str, Any]) -> dict[str, Any]:
    """What ``unseal`` answered, or its refusal raised."""
    if "refusal" in answered:
        raise from_wire(answered["refusal"]["code"], answered["refusal"]["facts"])
    return answered


def from_wire(code: str, facts: dict[str, object]) -> RelayError:
    """Rebuild a refusal that another function answered; an unknown code is a ``TryAgain``."""
    kind = LINK_REFUSALS.get(code, TryAgain)
    if issubclass(kind, DeadLink):
        since = facts.get("since")
        return kind(since if isinstance(since, str) else None)
    if kind is FieldInvalid:
        return FieldInvalid(str(facts["field"]), str(facts["reason"]))
    return kind()
