"""Records put into the tables as a test wants them, by the product's own commit but without the story that makes them."""

from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.stores import transactions


def add_records(*records: Aggregate) -> None:
    """Write new records in one transaction."""
    transactions.commit(Transition(changes=tuple(Change(None, record) for record in records)))


def change_record(before: Aggregate, after: Aggregate) -> None:
    """Write a record as it has become since it was read."""
    transactions.commit(Transition(changes=(Change(before, after),)))


def remove_record(record: Aggregate) -> None:
    """Delete a record."""
    transactions.commit(Transition(changes=(Change(record, None),)))
