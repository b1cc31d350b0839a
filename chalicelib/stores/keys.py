"""The KMS keys, by name. The template decides which function may use which operation."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from botocore.exceptions import ClientError

from chalicelib import config
from chalicelib.domain.kernel import address
from chalicelib.errors import NotAuthentic
from chalicelib.stores import aws

MAC: Literal["HMAC_SHA_256"] = "HMAC_SHA_256"
FOREIGN = frozenset({"InvalidCiphertextException", "IncorrectKeyException", "ValidationException"})
"""Answers about what was to be decrypted: it was wrapped for something else, or is no wrapped key."""


@dataclass(frozen=True)
class KeyContext:
    """What a data key is wrapped for: another deposit, kind or recipient cannot unwrap it."""

    deposit: str
    kind: str
    to: str
    """``address.bind_recipient(salt, recipient)``."""

    def as_kms(self) -> dict[str, str]:
        """Return the encryption context as KMS takes it."""
        return {"deposit": self.deposit, "kind": self.kind, "to": self.to}


def wrap(key: bytes, context: KeyContext) -> str:
    """Encrypt a data key under the document key; base64."""
    with aws.calling():
        answer = aws.kms().encrypt(
            KeyId=config.resource("DOCUMENT_KEY"), Plaintext=key, EncryptionContext=context.as_kms()
        )
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def unwrap(wrapped: str, context: KeyContext) -> bytes:
    """Decrypt a data key.

    Raises:
        NotAuthentic: it was wrapped for another deposit, kind or recipient, or is no wrapped key.
        TryAgain: KMS does not answer.
    """
    try:
        blob = base64.b64decode(wrapped, validate=True)
        with aws.calling():
            answer = aws.kms().decrypt(
                KeyId=config.resource("DOCUMENT_KEY"), CiphertextBlob=blob, EncryptionContext=context.as_kms()
            )
    except ValueError:
        raise NotAuthentic from None
    except ClientError as error:
        if aws.read_error_code(error) in FOREIGN:
            raise NotAuthentic from error
        raise
    return answer["Plaintext"]


def compute_link_token(message: str) -> str:
    """Return the token of a link: 256 bits, base64url, 43 characters. Only the mailer has the right."""
    return base64.urlsafe_b64encode(_compute_mac(config.resource("LINK_KEY"), message)).decode().rstrip("=")


def is_genuine_token(token: str, message: str) -> bool:
    """Whether KMS made this token from this message. Only unseal has the right."""
    try:
        with aws.calling():
            answer = aws.kms().verify_mac(
                KeyId=config.resource("LINK_KEY"),
                Message=message.encode(),
                Mac=base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)),
                MacAlgorithm=MAC,
            )
    except ClientError as error:
        if aws.read_error_code(error) == "KMSInvalidMacException":
            return False
        raise
    return bool(answer["MacValid"])


def compute_code_mac(message: str) -> bytes:
    """Return the MAC of which a code, or the signature of an address, is made."""
    return _compute_mac(config.resource("CODE_KEY"), message)


def compute_address_mac(recipient: str) -> str:
    """Return under what the links to an address are found, hex: no table leads from it back to the address.

    Spellings of one mailbox have one; who has the tables alone cannot try addresses on it, as on a plain hash.
    """
    key = _derive_address_key(config.resource("CODE_KEY"))
    return hmac.new(key, address.fold(recipient).encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=1)
def _derive_address_key(code_key: str) -> bytes:
    """Derive the key of ``compute_address_mac`` from the code key; remembered, so that most mails cost no call more."""
    return _compute_mac(code_key, "addressees")


def forget_address_key() -> None:
    """Empty the cache of the key of addresses, for measures of a process that has just started."""
    _derive_address_key.cache_clear()


def compute_follow_mac(message: str) -> bytes:
    """Return the MAC that the key of a young person's page is spelled from (``follow_key.build_key_message``)."""
    key = _derive_follow_key(config.resource("CODE_KEY"))
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


@lru_cache(maxsize=1)
def _derive_follow_key(code_key: str) -> bytes:
    """Derive the key of ``compute_follow_mac`` from the code key; remembered, so that most pages cost no call more."""
    return _compute_mac(code_key, "suivi")


def _compute_mac(key: str, message: str) -> bytes:
    """Return the MAC of a message under this key."""
    with aws.calling():
        answer = aws.kms().generate_mac(KeyId=key, Message=message.encode(), MacAlgorithm=MAC)
    return answer["Mac"]
