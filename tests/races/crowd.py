"""Many browsers that may all open the same link, and press at the same instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from chalicelib import clock
from chalicelib.domain.kernel import link as links
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.stores import transactions
from chalicelib.stories.documents import opening
from tests.support.relays import Browser

Outcome = TypeVar("Outcome")
PROOFS_PER_WRITE = 50
"""A transaction of DynamoDB holds 100 items at most."""
PATIENCE_SECONDS = 90


def browsers_with_proof(token: str, size: int) -> list[Browser]:
    """Browsers that have all answered the question of this link."""
    link, now = opening.find_visit(token).link, clock.utc_now()
    crowd = [Browser() for _ in range(size)]
    proofs = [Change(None, links.prove(link, link.version, browser.digest, now)) for browser in crowd]
    for start in range(0, size, PROOFS_PER_WRITE):
        transactions.commit(Transition(changes=tuple(proofs[start : start + PROOFS_PER_WRITE])))
    return crowd


def press(crowd: list[Browser], act: Callable[[Browser], Outcome], *, at_once: int) -> list[Outcome]:
    """The outcome of each request, in order: `at_once` start together, each other one as soon as one is done."""
    start = Barrier(at_once)
    first = {browser.nonce for browser in crowd[:at_once]}

    def wait_and_act(browser: Browser) -> Outcome:
        if browser.nonce in first:
            start.wait(PATIENCE_SECONDS)
        return act(browser)

    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(wait_and_act, crowd))
