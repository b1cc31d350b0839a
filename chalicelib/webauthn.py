"""WebAuthn: what browsers are asked for, and what of their authenticators' answers holds (W3C, Web Authentication, level 3).

The origin, the site's id, the challenge, the person's presence and verification and the signature are checked by Yubico's
library, which is loaded by the two checks alone. Attestations are neither asked for nor believed: any device will do.
"""

import base64
import struct
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from chalicelib import config
from chalicelib.domain.accounts.passkeys import Answered
from chalicelib.domain.kernel.people import Account, Passkey
from chalicelib.errors import PasskeyRefused

if TYPE_CHECKING:
    from fido2.server import Fido2Server

Options = dict[str, object]
Answer = dict[str, str]
"""``clientDataJSON``, and ``attestationObject`` or ``authenticatorData`` and ``signature``: base64url, as browsers write them."""
ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256 and RS256, which are all that authenticators in use have. Source: IANA, COSE Algorithms."""
TIMEOUT_MS = 300_000
MALFORMED = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    struct.error,
    RecursionError,
    AssertionError,
)
"""What the library raises for an answer that does not hold, or is none."""


def build_registration(account: Account, challenge: str) -> Options:
    """Return what a browser is asked for to make a passkey; ``challenge``: hexadecimal, as in the other functions."""
    return {
        "challenge": encode(bytes.fromhex(challenge)),
        "rp": {"id": config.public_host(), "name": "Passe-plat"},
        "user": {"id": encode(account.id.encode()), "name": account.address, "displayName": account.name},
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "excludeCredentials": [{"type": "public-key", "id": passkey.id} for passkey in account.passkeys],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "timeout": TIMEOUT_MS,
    }


def build_sign_in(challenge: str) -> Options:
    """Return what a browser is asked for to use a passkey, whosever it is."""
    return {
        "challenge": encode(bytes.fromhex(challenge)),
        "rpId": config.public_host(),
        "userVerification": "required",
        "timeout": TIMEOUT_MS,
    }


def read_registration(answer: Answer, challenge: str) -> tuple[str, str, Answered]:
    """Check the answer that makes a passkey; return its id and its public key, base64url, and what else it says.

    Raises:
        PasskeyRefused: it is of another site, origin or challenge, nobody was verified, or its algorithm was not asked for.
    """
    from fido2 import cbor, webauthn

    try:
        server, state = _build_server(challenge)
        made = server.register_complete(
            state, {"id": "", "rawId": "", "type": "public-key", "response": answer}
        )
        credential = made.credential_data
        if credential is None or credential.public_key.ALGORITHM not in ALGORITHMS:
            raise PasskeyRefused
        flags = webauthn.AuthenticatorData.FLAG
        answered = Answered(made.counter, bool(made.flags & flags.BS))
        return encode(credential.credential_id), encode(cbor.encode(dict(credential.public_key))), answered
    except MALFORMED:
        raise PasskeyRefused from None


def check_sign_in(answer: Answer, passkey: Passkey, challenge: str) -> Answered:
    """Check the answer of a passkey against its public key; return what it says.

    Raises:
        PasskeyRefused: it is of another site, origin, challenge or key, or nobody was verified.
    """
    from fido2 import cbor, cose, webauthn

    try:
        server, state = _build_server(challenge)
        identifier = decode(passkey.id)
        key = cose.CoseKey.parse(cast(Mapping[int, object], cbor.decode(decode(passkey.public_key))))
        known = webauthn.AttestedCredentialData.create(bytes(16), identifier, key)
        response = {"id": passkey.id, "rawId": passkey.id, "type": "public-key", "response": answer}
        server.authenticate_complete(state, [known], response)
        said = webauthn.AuthenticatorData(decode(answer["authenticatorData"]))
        return Answered(said.counter, bool(said.flags & webauthn.AuthenticatorData.FLAG.BS))
    except MALFORMED:
        raise PasskeyRefused from None


def encode(data: bytes) -> str:
    """Return bytes as base64url without padding, as browsers write them."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Return the bytes of a base64url text. Raises PasskeyRefused: it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (NotBase64, ValueError):
        raise PasskeyRefused from None


def _build_server(challenge: str) -> "tuple[Fido2Server, dict[str, object]]":
    """Build the library's checks for this site, and the state of one challenge; a person verified by the device is required."""
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    site = PublicKeyCredentialRpEntity(name="Passe-plat", id=config.public_host())
    server = Fido2Server(site, verify_origin=lambda origin: origin == config.public_base_url())
    return server, {"challenge": encode(bytes.fromhex(challenge)), "user_verification": "required"}
