"""The end of every story that changes something: decide, write, and have the mails sent that were written."""

from collections.abc import Callable

from chalicelib.domain.kernel.transition import Transition
from chalicelib.stores import functions, transactions


def commit(decide: Callable[[], Transition]) -> Transition:
    """Settle a decision (``transactions.settle``) and wake the mailer for its mails. Returns what was written."""
    step = transactions.settle(decide)
    functions.wake_mailer([mail.key for mail in step.mails])
    return step
