"""The form of a request about personal data: how it is read, and what it shows."""

from enum import StrEnum
from typing import Any

from chalicelib import config, words
from chalicelib.domain import rights

MOST_SHOWN = 254
"""Characters of what was typed that the page gives back."""


def request_of(typed: dict[str, str]) -> rights.RightsRequest:
    """Read a request about personal data from its form.

    Raises:
        FieldInvalid: naming the field.
    """
    return rights.request(typed["reference"], typed["demande"], typed["qui"], typed["adresse"])


def form(
    typed: dict[str, str], *, error: dict[str, str] | None, stopped: str | None, sent: bool
) -> dict[str, Any]:
    """``pages/demande.html``; ``stopped``: why it did not leave, ``busy`` or ``down``; ``sent``: the receipt instead."""
    return {
        "agent": None,
        "nav": "",
        "values": {name: text[:MOST_SHOWN] for name, text in typed.items()},
        "error": error,
        "stopped": stopped,
        "sent": sent,
        "dpo": config.settings().dpo_address,
        "kinds": [_option(one, label) for one, label in words.RIGHT.items()],
        "askers": [_option(one, label) for one, label in words.ASKER.items()],
    }


def _option(one: StrEnum, label: str) -> dict[str, str]:
    return {"code": one.value, "label": label[:1].upper() + label[1:]}
