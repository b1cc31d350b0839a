"""Lives drawn at random and checked against every rule; what breaks a rule is printed as the shortest list of acts that does.

Lives share their beginnings: a world is kept at each fork, and put back for each way on. So a life of ten acts costs one or two.
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from random import Random

import pytest

from chalicelib import clock, config
from chalicelib.pdf import process
from tests.conftest import Clock, on_moto
from tests.oracle import acts, rules
from tests.oracle.life import BEGINNINGS, Known, Life, begin
from tests.oracle.shown import Shown
from tests.support import canonical
from tests.support.http import functions_answer
from tests.support.provider import FakeProvider, provider_running
from tests.support.worlds import World

SENT = ("tutor takes the offer", "tutor sends to the first contact")
READ = (*SENT, "company opens", "company says that it could read")
DATED = (*READ, "company proposes dates")
HELD = (*DATED, "tutor accepts a date", "a week passes", "tutor notes: meeting held")
STARTS = (
    ("tutor takes the offer",),
    SENT,
    READ,
    DATED,
    (*DATED, "tutor accepts a date"),
    (*HELD, "tutor notes: convention sent"),
    ("team designates the tutor", "tutor sends to the first contact"),
    ("tutor takes the offer", "tutor sends to the buyer"),
    (*SENT, "a week passes", "sixteen days pass"),
    (
        "tutor takes the offer",
        "tutor signs in with ProConnect",
        "team signs in with a code",
        "team adds a passkey",
    ),
)
"""How far each family of lives has come before its members part."""
BETWEEN, BRANCHES = (3, 2, 1), 6
"""How many acts lie before each fork, the last of which are the ends of lives; and in how many ways lives go on at each."""


@dataclass(frozen=True)
class Falsehood:
    """A sentence that is not so, and the life in which somebody reads it."""

    rule: str
    line: str
    begun: str
    acts: tuple[str, ...]

    def __str__(self) -> str:
        steps = "\n".join(f"    {act}" for act in self.acts)
        return f"{self.rule}: {self.line}\n  an offer with {self.begun}:\n{steps}"


@dataclass
class Lives:
    """The lives of the three offers of a world, and what is false in them."""

    world: World
    held: Clock
    looks: Callable[[Shown, Known], None]
    """Called with everything that is shown."""
    provider: FakeProvider
    """Whom ProConnect says."""
    lived: int = 0
    """How many lives were lived."""
    falsehoods: dict[str, Falsehood] = field(default_factory=dict)
    """By rule, the first one that was met."""
    counts: dict[str, int] = field(default_factory=dict)
    """By rule, how many were met."""
    _just: set[str] = field(default_factory=set)
    """The rules that the last act broke."""

    def __post_init__(self) -> None:
        self._lives = begin(self.world, self.held, self._look, self.provider)
        self._begin = {begun: life.keep() for begun, life in self._lives.items()}

    def _look(self, shown: Shown, known: Known) -> None:
        """Check every rule on what is shown."""
        self.looks(shown, known)
        for rule, lines in rules.list_violations(shown, known).items():
            self._just.add(rule)
            self.counts[rule] = self.counts.get(rule, 0) + 1
            done = tuple(act for _, act in known.acts)
            self.falsehoods.setdefault(rule, Falsehood(rule, lines[0], known.buyer, done))

    def live(self, wanted: int, seed: int) -> None:
        """Live so many lives, an equal part of them in each family."""
        for place, start in enumerate(STARTS):
            share = wanted * (place + 1) // len(STARTS)
            drawn = Random(f"{seed}.{place}")  # noqa: S311 - a seed makes the same lives again
            while self.lived < share:
                life = self.again(drawn.choice(BEGINNINGS), start)
                self._go_on(life, drawn, BETWEEN, share)

    def again(self, begun: str, names: tuple[str, ...], *, thorough: bool = False) -> Life:
        """Live this list of acts from the beginning; acts that are not offered are left out."""
        self._begin[begun]()
        life = self._lives[begun]
        life.patient, life.thorough = True, thorough
        for name in names:
            acts.do(life, name)
        life.patient = False
        return life

    def _go_on(self, life: Life, drawn: Random, between: tuple[int, ...], share: int) -> None:
        """Live every way on from here, until so many lives (``share``) were lived; a way ends where something false is met."""
        again = life.keep()
        for _ in range(BRANCHES):
            self._just.clear()
            for _ in range(between[0]):
                draw_act(life, drawn)
            if self._just or not between[1:]:
                self.lived += 1
            else:
                self._go_on(life, drawn, between[1:], share)
            again()
            if self.lived >= share:
                return

    def shorten(self, falsehood: Falsehood) -> Falsehood:
        """Return the falsehood with every act left out without which the same rule is broken all the same."""
        names = falsehood.acts
        for place in reversed(range(len(names))):
            shorter = names[:place] + names[place + 1 :]
            if self._breaks(falsehood, shorter):
                names = shorter
        self._breaks(falsehood, names)
        return self.falsehoods.get(falsehood.rule, falsehood)

    def _breaks(self, falsehood: Falsehood, names: tuple[str, ...]) -> bool:
        """Return whether this list of acts breaks the same rule; what it meets is noted."""
        self.falsehoods = {}
        self.again(falsehood.begun, names, thorough=len(names) < 6)
        return falsehood.rule in self.falsehoods

    def report(self) -> str:
        """Return what was false, each in as few acts as it takes."""
        falsehoods = list(self.falsehoods.values())
        return "\n".join(str(self.shorten(falsehood)) for falsehood in falsehoods)


def draw_act(life: Life, drawn: Random) -> str:
    """Do one act that is offered, drawn by its weight; return its name."""
    names = list(acts.ACTS)
    while names:
        (name,) = drawn.choices(names, [acts.ACTS[name][1] for name in names])
        if acts.do(life, name):
            return name
        names.remove(name)
    raise AssertionError("nothing can be done any more")


@contextmanager
def staged(looks: Callable[[Shown, Known], None] = lambda shown, known: None) -> Iterator[Lives]:
    """Give lives on a world and with a clock of their own, in which the same document is judged once and nothing is printed."""
    judge, held = cache(canonical.is_accepted), Clock(clock.utc_now())
    with on_moto() as world, pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()):
        patch.setenv("SMS_NUMBER", "+33755000000")
        config.settings.cache_clear()
        patch.setattr(clock, "utc_now", held.read)
        patch.setattr(clock, "sleep_until", held.sleep_until)
        patch.setattr(process, "start_process", lambda: nullcontext(judge))
        with functions_answer(), provider_running() as provider:
            yield Lives(world, held, looks, provider)
    config.settings.cache_clear()


def read_seed() -> int:
    """Return the seed of the lives: ``SEED`` of the environment, or always the same."""
    return int(os.environ.get("SEED", "24"))
