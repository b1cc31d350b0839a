"""An authenticator without a device: it makes passkeys and answers with them, honestly or not (W3C, Web Authentication)."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor, cose

from chalicelib import webauthn
from chalicelib.domain.kernel.people import Account
from tests.support.http import Answer, Client, signed_in
from tests.support.worlds import BASE_URL

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """A device with one passkey of one account."""

    account: str
    identifier: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 0
    flags: int = PRESENT | VERIFIED
    origin: str = BASE_URL
    site: str = "localhost"

    @property
    def id(self) -> str:
        """The passkey's id, as a browser writes it."""
        return webauthn.encode(self.identifier)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.site.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def makes(self, options: dict[str, Any]) -> dict[str, str]:
        """Answer a registration, as the page's script posts it."""
        public = cose.CoseKey.for_alg(-7).from_cryptography_key(self.key.public_key())
        credential = (
            bytes(16) + struct.pack(">H", len(self.identifier)) + self.identifier + cbor.encode(dict(public))
        )
        attestation = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(self.flags | ATTESTED) + credential,
        }
        return {
            "client": webauthn.encode(self._client_data("webauthn.create", options["challenge"])),
            "attestation": webauthn.encode(cbor.encode(attestation)),
        }

    def answers(self, options: dict[str, Any]) -> dict[str, str]:
        """Answer a sign-in, as the page's script posts it; the counter goes on if it counts at all."""
        self.counter += bool(self.counter)
        client, data = self._client_data("webauthn.get", options["challenge"]), self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return {
            "id": self.id,
            "compte": self.account,
            "client": webauthn.encode(client),
            "authentificateur": webauthn.encode(data),
            "signature": webauthn.encode(signature),
        }


def adds_passkey(browser: Client, device: Authenticator, name: str = "Ordinateur du bureau") -> Answer:
    """Add the passkey of a device in a signed-in browser, as the page does."""
    asked = browser.post_json("/compte/cles/defi", {})
    if asked.status != 200:
        return asked
    return browser.post_json("/compte/cles", {"nom": name, **device.makes(asked.json)})


def signs_in_by_passkey(browser: Client, device: Authenticator, **changed: str) -> Answer:
    """Sign in with the passkey of a device, as the page does; ``changed``: what is posted otherwise."""
    asked = browser.post_json("/connexion/cle/defi", {})
    assert asked.status == 200
    return browser.post_json("/connexion/cle", device.answers(asked.json) | changed)


def signed_in_by_passkey(account: Account, counter: int = 0) -> tuple[Client, Authenticator]:
    """Return a browser in which this person is signed in with their first passkey, and the device that holds it."""
    browser, device = signed_in(account), Authenticator(account.id, counter=counter)
    assert adds_passkey(browser, device).status == 200
    assert signs_in_by_passkey(browser, device).status == 200
    return browser, device
