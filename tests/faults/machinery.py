"""Breaks one AWS call of a flow at a time, in every way a network and a machine can, and asks what is true afterwards.

A flow is run once to *discover* its calls; then each of them is broken in each mode, every time from the same snapshot of
tables, bucket and mailbox.

    explorer = Explorer("mailing", world, time)
    explorer.explore(flow, check)     # check(broken) asserts what must hold; it does the recovering itself

``Explorer.interleave`` runs something else whole at the boundary of each call instead: the same hook, another act. A new flow
needs nothing here: a test that makes an ``Explorer`` where its story stands.

By default only the calls that change something are broken, each in one mode, another one from call to call, and only the
boundaries of commits see something else happen. ``proof/test_every_fault.py`` does all of it (``Explorer.every``).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle
from typing import Any, ClassVar

import pytest

from tests.conftest import Clock
from tests.faults.snapshots import Snapshot
from tests.faults.wire import EFFECTLESS, Call, Crash, Mode, Tap, strike
from tests.support.worlds import World


@dataclass(frozen=True)
class Broken:
    """One run: which call was broken and how, and what the flow answered or raised."""

    place: int
    call: Call
    mode: Mode
    calls: tuple[Call, ...]
    """Of the clean run."""
    answer: Any
    error: BaseException | None

    def reached_call(self, place: int) -> bool:
        """Whether the effect of this call of the clean run was done, or may have been, when the fault struck."""
        return self.place > place or (self.place == place and self.mode.takes_effect)

    def reached(self, operation: str) -> bool:
        """Whether the effect of the first call of this operation was done, or may have been."""
        return self.reached_call([call.operation for call in self.calls].index(operation))

    def __str__(self) -> str:
        return f"call {self.place + 1} {self.call.service}:{self.call.operation} {self.mode}"


@dataclass
class Tally:
    """What was explored, for the terminal."""

    flow: str
    calls: int = 0
    runs: int = 0
    alike: int = 0
    """Runs left out because another one is the same."""
    failures: int = 0


TALLIES: list[Tally] = []


class Explorer:
    """Runs one flow again and again from where it stands now, each time with one thing going wrong."""

    every: ClassVar[bool] = False
    """Whether each call is broken in each mode that says something of its own."""

    def __init__(self, flow: str, world: World, time: Clock) -> None:
        self.tally = Tally(flow)
        TALLIES.append(self.tally)
        self._time, self._snapshot = time, Snapshot.of(world, time)

    def discover(self, flow: Callable[[], Any]) -> tuple[Call, ...]:
        """The calls of a clean run, in order. Whatever it wraps or unwraps must be bound to its context."""
        self._snapshot.restore()
        with Tap().open() as tap:
            flow()
        assert all(b"EncryptionContext" in body for body in tap.contexts)
        self.tally.calls = len(tap.calls)
        return tuple(tap.calls)

    def explore(self, flow: Callable[[], Any], check: Callable[[Broken], None]) -> None:
        """Break each call in each mode; report every failed check with its call and mode."""
        calls = self.discover(flow)
        failures = []
        for place, mode in self._faults(calls):
            self._snapshot.restore()
            answer, error = self._broken(flow, place, mode)
            broken = Broken(place, calls[place], mode, calls, answer, error)
            failures += self._checked(str(broken), partial(check, broken))
        self._tell(failures)

    def _faults(self, calls: tuple[Call, ...]) -> Iterator[tuple[int, Mode]]:
        """List each call of the clean run with each way to break it."""
        one_of_each = cycle((Mode.LOST, Mode.CRASH_AFTER, Mode.REFUSED, Mode.TWICE, Mode.CRASH_BEFORE))
        for place, call in enumerate(calls):
            if self.every:
                modes = call.telling_modes(first=call not in calls[:place])
                self.tally.alike += len(call.modes()) - len(modes)
                yield from ((place, mode) for mode in modes)
            elif call.operation not in EFFECTLESS:
                yield place, next(one_of_each)

    def _broken(self, flow: Callable[[], Any], place: int, mode: Mode) -> tuple[Any, BaseException | None]:
        with Tap(act=strike(mode), place=place).open() as tap:
            try:
                answer, error = flow(), None
            except (Exception, Crash) as raised:
                answer, error = None, raised
        assert tap.struck, f"the fault at call {place + 1} never struck"
        return answer, error

    def interleave(
        self, flow: Callable[[], Any], meanwhile: Callable[[], Any], check: Callable[[Any, Any], None]
    ) -> None:
        """Run all of ``meanwhile`` before each call of ``flow``, until there is no such call any more.

        Args:
            check: given what the flow and the other one answered, or the error each raised.
        """
        failures: list[str] = []
        for place in self._boundaries(flow):
            self._snapshot.restore()
            heard: list[Any] = []
            tap = Tap(place=place)

            def act(call: Call, *_: Any, tap: Tap = tap, heard: list[Any] = heard) -> None:
                tap.act, tap.asleep = None, True
                heard.append(_outcome(meanwhile))
                tap.asleep = False

            tap.act = act
            with tap.open():
                answer = _outcome(flow)
            if not tap.struck:
                break
            label = f"before call {place + 1} {tap.calls[place].operation}"
            failures += self._checked(label, partial(check, answer, heard[0]))
            self.tally.calls = place + 1
        self._tell(failures)

    def _boundaries(self, flow: Callable[[], Any]) -> Iterator[int]:
        """Before which calls something else happens: each, as long as there are any, or those that commit."""
        if self.every:
            return count()
        calls = self.discover(lambda: _outcome(flow))
        return iter([place for place, call in enumerate(calls) if call.operation == "TransactWriteItems"])

    def _checked(self, label: str, check: Callable[[], None]) -> list[str]:
        self.tally.runs += 1
        try:
            check()
        except Exception as failed:
            self.tally.failures += 1
            return [f"{label}: {type(failed).__name__} {str(failed).splitlines()[:3]}"]
        return []

    def _tell(self, failures: list[str]) -> None:
        """Leave the world as it was found, for whoever explores next, and say what failed."""
        self._snapshot.restore()
        if failures:
            pytest.fail(
                f"{len(failures)} of {self.tally.runs} runs failed:\n" + "\n".join(failures), pytrace=False
            )


def _outcome(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Exception as refused:
        return refused
