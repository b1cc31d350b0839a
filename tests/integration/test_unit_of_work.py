"""A unit of work reads each record once, and runs its story anew on fresh reads where somebody else wrote meanwhile."""

import time
from dataclasses import replace

import pytest

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.errors import ChangedMeanwhile, NotFound
from chalicelib.stores import transactions
from chalicelib.stores.unit_of_work import ATTEMPTS, UnitOfWork, story
from tests.bench.calls import counted
from tests.support import factories
from tests.support.people import read_account
from tests.support.worlds import World


def _rename(account: Account, name: str) -> Transition:
    """Return the transition that gives this account another name."""
    return Transition(changes=(Change(account, replace(account, name=name)),))


@pytest.fixture
def account(world: World) -> Account:
    """A stored account."""
    made = factories.account()
    transactions.commit(Transition(changes=(Change(None, made),)))
    return made


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries follow without a pause."""
    monkeypatch.setattr(time, "sleep", lambda _: None)


def test_a_record_is_read_once_even_when_missing(account: Account) -> None:
    work = UnitOfWork()

    with counted() as asked:
        work.load((Account, account.id), (Account, "nobody"), (Account, None))
        accounts = [work.get(Account, identifier) for identifier in (account.id, account.id, "nobody", None)]

    assert accounts == [replace(account, revision=1), replace(account, revision=1), None, None]
    assert asked.calls == {"dynamodb:BatchGetItem": 1} and asked.twice == 0


def test_a_missing_record_that_is_needed_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        UnitOfWork().get_one(Account, "nobody")


def test_a_written_record_is_read_again_from_the_table(account: Account) -> None:
    work = UnitOfWork()
    work.commit(_rename(work.get_one(Account, account.id), "Une autre"))

    assert work.get_one(Account, account.id) == replace(account, name="Une autre", revision=2)


def test_a_story_that_lost_a_race_runs_again_on_fresh_reads_and_answers_for_that_run(
    account: Account,
) -> None:
    """After a lost race a story runs again on fresh reads, and what it returns is the result of that second run."""
    runs: list[str] = []

    @story
    def rename(work: UnitOfWork, identifier: str) -> str:
        current = work.get_one(Account, identifier)
        if not runs:
            transactions.commit(_rename(current, "Celle qui fut plus rapide"))
        runs.append(current.name)
        work.commit(_rename(current, f"{current.name}, puis moi"))
        return current.name

    known = UnitOfWork()
    known.remember(replace(account, revision=1))

    assert rename(known, account.id) == "Celle qui fut plus rapide"
    assert runs == [account.name, "Celle qui fut plus rapide"]
    assert read_account(account).name == "Celle qui fut plus rapide, puis moi"


def test_a_story_that_loses_every_race_is_refused(account: Account, no_pause: None) -> None:
    runs: list[int] = []

    @story
    def rename(work: UnitOfWork) -> None:
        runs.append(1)
        current = work.get_one(Account, account.id)
        transactions.commit(_rename(current, "Toujours plus rapide"))
        work.commit(_rename(current, "Moi"))

    with pytest.raises(ChangedMeanwhile):
        rename()
    assert len(runs) == ATTEMPTS
