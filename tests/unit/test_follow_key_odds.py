"""What the key of a young person's page is worth: how often it is guessed by who knows references and never stops trying."""

from collections import Counter
from hashlib import sha256

from chalicelib.domain.kernel.attempt import REFERENCE_LETTERS
from chalicelib.domain.kernel.follow_key import LETTERS, SECRET_BYTES, parse_key, spell_key
from chalicelib.stories.kit.quotas import MOST_FOLLOW_KEYS_OF_ONE_SOURCE
from infra import gateway

TYPED_KEYS = len(REFERENCE_LETTERS) ** LETTERS
QR_KEYS = 2 ** (8 * SECRET_BYTES)
DAYS_OF_A_PASSAGE = 5 * 366
"""Longer than a passage and what is kept of it afterwards."""
PASSAGES = 100_000
"""Ten times those of a year in the whole country."""
TRIES_A_SECOND = 10_000
"""As many requests as API Gateway hands over; those with a right key of the QR code are not counted."""


def test_letters_tried_for_years_by_every_network_open_a_page_less_than_once_in_ten_million() -> None:
    """As many as the gateway lets through, of everybody together."""
    tries = gateway.THE_REST.a_second * 86_400 * DAYS_OF_A_PASSAGE

    assert tries / TYPED_KEYS < 1e-7


def test_one_network_that_tries_letters_finds_less_still() -> None:
    assert MOST_FOLLOW_KEYS_OF_ONE_SOURCE * DAYS_OF_A_PASSAGE / TYPED_KEYS < 1e-12


def test_keys_of_the_qr_code_cannot_be_guessed_without_being_counted() -> None:
    tries = TRIES_A_SECOND * 86_400 * DAYS_OF_A_PASSAGE

    assert tries * PASSAGES / QR_KEYS < 1e-21


def test_each_letter_is_as_likely_as_any_other_and_says_nothing_of_the_qr_code() -> None:
    """256 is a multiple of the number of letters, and both spellings come from bytes of their own."""
    assert len(REFERENCE_LETTERS) == 32
    drawn = Counter(
        letter
        for number in range(4_000)
        for letter in spell_key(sha256(number.to_bytes(4, "big")).digest()).letters.replace("-", "")
    )
    expected = 4_000 * LETTERS / len(REFERENCE_LETTERS)
    assert set(drawn) == set(REFERENCE_LETTERS)
    assert all(abs(times - expected) < expected / 5 for times in drawn.values())

    mac = bytearray(sha256(b"").digest())
    letters = spell_key(bytes(mac)).letters
    mac[:SECRET_BYTES] = bytes(SECRET_BYTES)
    assert spell_key(bytes(mac)).letters == letters


def test_what_is_typed_is_counted_and_what_the_qr_code_holds_is_not() -> None:
    spelled = spell_key(sha256(b"").digest())
    typed, scanned = parse_key(spelled.letters), parse_key(spelled.secret)

    assert typed is not None and typed.by_hand
    assert scanned is not None and not scanned.by_hand
