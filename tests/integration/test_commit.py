"""The one write: what it was decided on must still be there, and nothing that is there is written over."""

from dataclasses import replace

import pytest

from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change, MailKind, OutboxMail, Transition, Use
from chalicelib.domain.kernel.values import Aggregate, Role
from chalicelib.errors import TooMany
from chalicelib.stores import parcours_table, relay_table, transactions
from tests.faults.wire import Mode, Tap, strike
from tests.support import factories
from tests.support.factories import NOON
from tests.support.people import read_account
from tests.support.worlds import World


def _writes(before: Aggregate | None, after: Aggregate | None) -> None:
    """Commit one change of a record, from ``before`` to ``after``; None: it does not exist."""
    transactions.commit(Transition(changes=(Change(before, after),)))


def test_what_must_not_be_there_yet_is_not_written_over(world: World) -> None:
    first = factories.account(name="La première")
    _writes(None, first)

    with pytest.raises(transactions.LostRace):
        _writes(None, replace(first, name="Une autre"))

    assert read_account(first).name == "La première"


def test_what_was_changed_meanwhile_is_not_written_over(world: World) -> None:
    account = factories.account()
    _writes(None, account)
    read = parcours_table.read_account(account.id)
    assert read is not None
    _writes(read, replace(read, name="Celle qui fut plus rapide"))

    with pytest.raises(transactions.LostRace):
        _writes(read, replace(read, name="Celle qui avait lu avant"))
    with pytest.raises(transactions.LostRace):
        _writes(read, None)

    assert read_account(read).name == "Celle qui fut plus rapide"


def test_a_fact_is_told_once_and_nothing_else_is_written_with_its_second_telling(world: World) -> None:
    """An event that is stored already makes its whole transaction a lost race: the mail that would have gone with it is not
    written.
    """
    fact = Event(
        parcours="p" * 32, id="e" * 32, attempt=1, kind=EventKind.LINK_SENT, at=NOON, actor=Role.SYSTEM
    )
    mail = OutboxMail(key="m" * 32, kind=MailKind.SENDING_NOTICE, created_at=NOON)
    transactions.commit(Transition(events=(fact,)))

    with pytest.raises(transactions.LostRace):
        transactions.commit(Transition(events=(fact,), mails=(mail,)))

    assert relay_table.read_mail(mail.key) is None


def test_a_write_that_the_wire_delivers_twice_is_our_own_and_no_lost_race(world: World) -> None:
    """A commit that the SDK sends twice, its first answer being lost, succeeds: the second attempt recognises the mark of its
    own commit.
    """
    account = factories.account()

    with Tap(act=strike(Mode.TWICE), place=0).open() as tap:
        _writes(None, account)

    assert tap.struck
    assert read_account(account).revision == 1


USE = Use("deposit#somebody#2026-11-25", 2, NOON, TooMany(60))


def test_a_quota_that_is_used_up_writes_nothing_and_a_lost_race_uses_nothing_up(world: World) -> None:
    first, second, third = (factories.account() for _ in range(3))
    transactions.commit(Transition(changes=(Change(None, first),), uses=(USE,)))
    with pytest.raises(transactions.LostRace):
        transactions.commit(Transition(changes=(Change(None, first),), uses=(USE,)))
    transactions.commit(Transition(changes=(Change(None, second),), uses=(USE,)))

    with pytest.raises(TooMany) as refused:
        transactions.commit(Transition(changes=(Change(None, third),), uses=(USE,)))

    assert refused.value is USE.refusal
    assert parcours_table.read_account(second.id) and not parcours_table.read_account(third.id)
    with pytest.raises(transactions.LostRace):  # what was done already is no sending too many
        transactions.commit(Transition(changes=(Change(None, second),), uses=(USE,)))


def test_a_quota_use_alone_is_counted_and_refused_beyond_its_limit(world: World) -> None:
    for _ in range(USE.most):
        transactions.commit(Transition(uses=(USE,)))

    with pytest.raises(TooMany):
        transactions.commit(Transition(uses=(USE,)))


def test_the_last_use_of_a_quota_that_the_wire_delivers_twice_is_counted_once(world: World) -> None:
    """The last use of a quota that the SDK sends twice is counted once and not refused."""
    account, last = factories.account(), Use(USE.counter, 1, NOON, USE.refusal)

    with Tap(act=strike(Mode.TWICE), place=0).open() as tap:
        transactions.commit(Transition(changes=(Change(None, account),), uses=(last,)))

    assert tap.struck
    assert read_account(account).revision == 1
