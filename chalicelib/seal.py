"""The sealed blob: one document, closed so that only its own key opens it, and only under its own name.

Layout, in bytes: version (1, always 0x01), nonce (12), AES-256-GCM ciphertext (as long as the document), tag (16).
The additional data is ``"<deposit id>/<kind>"`` in UTF-8: a blob moved to another deposit, or passed off as another kind
of document, does not open. ``templates/static/seal.js`` makes and reads the very same bytes in a browser; the vectors of
``tests/unit/seal_vectors.json`` hold the two together.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chalicelib.errors import NotAuthentic

VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
OVERHEAD: Final = len(VERSION) + NONCE_BYTES + TAG_BYTES
"""How many bytes longer a sealed blob is than its document."""

_CIPHERTEXT_AT: Final = len(VERSION) + NONCE_BYTES


def seal(plain: bytes, *, key: bytes, nonce: bytes, aad: str) -> bytes:
    """Close a document with a key drawn for it alone (32 bytes) and a nonce never used twice with it (12 bytes)."""
    if len(key) != KEY_BYTES or len(nonce) != NONCE_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes and a nonce {NONCE_BYTES}")
    return b"".join((VERSION, nonce, AESGCM(key).encrypt(nonce, plain, aad.encode())))


def open_sealed(blob: bytes, *, key: bytes, aad: str) -> bytes:
    """Open a sealed document, which may be hostile.

    Raises:
        NotAuthentic: one bit of blob, key or ``aad`` is not what was sealed, or the blob is cut or of another version.
            Which of them is never said.
    """
    if len(key) != KEY_BYTES or len(blob) < OVERHEAD or not blob.startswith(VERSION):
        raise NotAuthentic
    view = memoryview(blob)  # slices of it copy nothing, and a document may weigh 10 MB
    try:
        return AESGCM(key).decrypt(view[len(VERSION) : _CIPHERTEXT_AT], view[_CIPHERTEXT_AT:], aad.encode())
    except InvalidTag as refused:
        raise NotAuthentic from refused
