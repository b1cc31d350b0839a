"""What is drawn is drawn by the system's own generator, and long enough that nobody guesses it."""

import base64
import inspect
import random

from chalicelib.stories.kit import deciding


def test_a_cookie_holds_256_bits_of_the_systems_own_randomness() -> None:
    random.seed(1)
    first = deciding.draw_cookie()
    random.seed(1)

    assert deciding.draw_cookie() != first, "the seeded generator has no part in it"
    assert len(base64.urlsafe_b64decode(first + "=")) * 8 == 256
    assert "random." not in inspect.getsource(deciding)


def test_a_salt_holds_128_bits_and_is_never_twice_the_same() -> None:
    salts = {deciding.draw_salt() for _ in range(100)}

    assert {len(bytes.fromhex(salt)) * 8 for salt in salts} == {128}
    assert len(salts) == 100
