"""One sealed blob that opens under two keys, as AES-GCM allows: its tag commits to no key.

The blob holds a document for each key, each reading the other's bytes as noise. One block of that noise is free; it is solved so
that both keys agree on the tag: a linear equation in GF(2¹²⁸). Source: Dodis, Grubbs, Ristenpart and Woodage, « Fast Message
Franking », CRYPTO 2018, section 3.
"""

import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chalicelib import seal

BLOCK = 16
POLYNOMIAL = 0xE1 << 120
"""x¹²⁸ + x⁷ + x² + x + 1, with GCM's order of bits."""


def sealed_twice(before: bytes, hidden: bytes, after: bytes, keys: tuple[bytes, bytes], aad: str) -> bytes:
    """Return a blob that reads ``before + noise + after`` under the first key, ``noise + hidden + noise`` under the second."""
    head = before + b" " * (-len(before) % BLOCK)
    middle = hidden + b" " * (-len(hidden) % BLOCK)
    nonce = secrets.token_bytes(seal.NONCE_BYTES)
    size = len(head) + len(middle) + BLOCK + len(after)
    first, second = (AESGCM(key).encrypt(nonce, bytes(size), None)[:size] for key in keys)
    start, free = len(head), len(head) + len(middle)
    ciphertext = bytearray(_xor(first, head + bytes(len(middle) + BLOCK) + after))
    ciphertext[start:free] = _xor(second[start:free], middle)
    ciphertext[free : free + BLOCK] = bytes(BLOCK)
    blocks = _blocks(aad.encode(), bytes(ciphertext))
    place = len(_padded(aad.encode())) // BLOCK + free // BLOCK
    differs = _tag(keys[0], nonce, blocks) ^ _tag(keys[1], nonce, blocks)
    slope = _power(_hash_key(keys[0]), len(blocks) - place) ^ _power(_hash_key(keys[1]), len(blocks) - place)
    blocks[place] = _times(differs, _power(slope, 2**128 - 2))
    ciphertext[free : free + BLOCK] = blocks[place].to_bytes(BLOCK, "big")
    tag = _tag(keys[0], nonce, blocks).to_bytes(BLOCK, "big")
    return seal.VERSION + nonce + bytes(ciphertext) + tag


def _xor(first: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(first, other, strict=True))


def _padded(text: bytes) -> bytes:
    return text + bytes(-len(text) % BLOCK)


def _blocks(aad: bytes, ciphertext: bytes) -> list[int]:
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    whole = _padded(aad) + _padded(ciphertext) + lengths
    return [int.from_bytes(whole[at : at + BLOCK], "big") for at in range(0, len(whole), BLOCK)]


def _tag(key: bytes, nonce: bytes, blocks: list[int]) -> int:
    hash_key, total = _hash_key(key), 0
    for block in blocks:
        total = _times(total ^ block, hash_key)
    return total ^ int.from_bytes(_encrypted(key, nonce + b"\0\0\0\1"), "big")


def _hash_key(key: bytes) -> int:
    return int.from_bytes(_encrypted(key, bytes(BLOCK)), "big")


def _encrypted(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)  # noqa: S305 - one block of GCM's own


def _times(first: int, other: int) -> int:
    """Return the product in GF(2¹²⁸), the highest bit being the coefficient of 1."""
    product = 0
    for place in range(127, -1, -1):
        if first >> place & 1:
            product ^= other
        other = other >> 1 ^ (POLYNOMIAL if other & 1 else 0)
    return product


def _power(base: int, exponent: int) -> int:
    result = 1 << 127
    while exponent:
        if exponent & 1:
            result = _times(result, base)
        base, exponent = _times(base, base), exponent >> 1
    return result
