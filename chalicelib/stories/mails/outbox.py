"""Change what waits in the outbox, whatever it is: put it off, drop it, count that it did not leave."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chalicelib import clock, log
from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel.transition import Change, OutboxMail, Transition
from chalicelib.errors import TryAgain
from chalicelib.stores import functions, transactions


@contextmanager
def counting_failures(held: OutboxMail) -> Iterator[None]:
    """After a refusal or an outage shorten the lease of what is handed over within, and raise.

    When the answer is lost (Unanswered) nothing is noted: the lease says that it was tried, as after a crash.
    """
    try:
        yield
    except functions.Unanswered:
        raise
    except Exception as error:
        did_not_leave = mailing.count_outage
        if isinstance(error, functions.Refused):
            did_not_leave = mailing.count_refusal
        if isinstance(error, functions.TooFast):
            did_not_leave = mailing.count_slow_down
        transactions.commit(Transition(changes=(Change(held, did_not_leave(held, clock.utc_now())),)))
        raise


def put_off(waiting: OutboxMail, after: OutboxMail) -> None:
    """Store the mail as put off, unless another mailer has changed it."""
    with suppress(transactions.LostRace):  # another mailer looks at it
        transactions.commit(Transition(changes=(Change(waiting, after),)))


def drop(done: OutboxMail) -> None:
    """Remove a mail that is done from the outbox. If that fails it is looked at again after its lease."""
    try:
        transactions.commit(mailing.drop_mail(done))
    except (transactions.LostRace, TryAgain):
        log.line("mail_kept", kind=done.kind.value)  # its lease lapses, it is looked at again
