"""Who acts in the request at work: each commit of it writes a row of the audit trail, in its own transaction.

Outside a request of a signed-in agent (jobs, recipients, commands of an operator) nobody acts, and no row is written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """The request at work, and who acts in it."""

    route: str
    """Method and path, ids filled in, such as « POST /comptes/<id>/fermeture »: what is done, where no event says it."""
    parcours: str | None
    """Id of the parcours that its page is about."""
    account: str | None = None
    session: str | None = None
    """Ids, of its session, or of the challenge where none has begun; None: nobody is known."""
    is_noted: bool = False
    """Whether a row of it is written."""


_at_work: ContextVar[Audited | None] = ContextVar("audited", default=None)


@contextmanager
def follow_request(route: str, *, parcours: str | None) -> Iterator[None]:
    """Audit what is done inside, once ``identify`` has said by whom. The next request of this process begins with nobody."""
    token = _at_work.set(Audited(route=route, parcours=parcours))
    try:
        yield
    finally:
        _at_work.reset(token)


def identify(account: str, session: str) -> None:
    """Say who acts in the request at work, by ids of an account and its session, or the challenge; nothing outside a request."""
    request = _at_work.get()
    _at_work.set(replace(request, account=account, session=session) if request else None)


def mark_noted() -> None:
    """Say that a row of the request at work is written, if somebody signed in acts in it."""
    request = find_acting()
    if request is not None:
        _at_work.set(replace(request, is_noted=True))


def find_acting() -> Audited | None:
    """Return the request at work when somebody signed in acts in it, else None."""
    request = _at_work.get()
    return request if request is not None and request.account is not None else None
