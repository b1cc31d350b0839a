"""What one decision is about: a parcours and what hangs on it, read together."""

from dataclasses import dataclass

from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours


@dataclass(frozen=True, kw_only=True)
class Case:
    """A parcours, its present passage (or the last one), and the last documents that were sent on it."""

    parcours: Parcours
    attempt: Attempt | None = None
    deposit: Deposit | None = None
    links: tuple[Link, ...] = ()
    """Every link to these documents, the present recipient's first."""
