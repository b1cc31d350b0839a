"""A thousand lives in which everything that people read is so (``tests/oracle``). ``SEED=`` draws others."""

from tests.oracle.lives import read_seed, staged

LIVES = 1_000


def test_what_is_said_is_so_in_a_thousand_lives() -> None:
    with staged() as lives:
        lives.live(LIVES, read_seed() + 1)
        assert lives.lived == LIVES
        assert not lives.falsehoods, f"SEED={read_seed()}\n{lives.report()}"
