"""The pages, in modules by subject, each imported when one of its pages is first asked for (PEP 562)."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.web import (
        accounts,
        convocation,
        feeds,
        health,
        help,
        identities,
        importing,
        inviting,
        lists,
        notice,
        outcomes,
        passkeys,
        public,
        recipient,
        record,
        rights,
        sending,
        sheet,
        signing_in,
        together,
        young,
    )

__all__ = [
    "accounts", "convocation", "feeds", "health", "help", "identities", "importing", "inviting",
    "lists", "notice", "outcomes", "passkeys", "public", "recipient", "record", "rights", "sending",
    "sheet", "signing_in", "together", "young",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Import a module of pages when it is first needed."""
    if name not in __all__:
        raise AttributeError(name)
    return import_module(f"{__name__}.{name}")
