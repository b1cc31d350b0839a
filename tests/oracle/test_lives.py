"""Fifty lives in which everything that people read is so. ``proof/test_lives.py`` lives two thousand; ``SEED=`` draws others."""

from tests.oracle.lives import read_seed, staged

LIVES = 50


def test_what_is_said_is_so_in_fifty_lives() -> None:
    with staged() as lives:
        lives.live(LIVES, read_seed())
        assert lives.lived == LIVES
        assert not lives.falsehoods, f"SEED={read_seed()}\n{lives.report()}"
