"""Sending one document to the deployed product as a tutor's browser would: sealed here, posted by its form."""

import base64
import hashlib
import json
import secrets
import ssl
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from chalicelib import seal
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.stores import transactions
from infra.local.sample_pdf import one_page

CV = [
    "Curriculum vitae (exemple inventé)",
    "Formation : classe de troisième, puis ateliers de remobilisation",
    "Expérience : stage d’observation d’une semaine en cuisine",
    "Ce que j’aime : le travail en équipe, la précision, la cuisine",
    "Disponible : tout de suite",
]
TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Announced:
    """A document that the product awaits."""

    deposit: str
    blob: bytes
    form: dict[str, Any]
    """``url`` and ``fields`` of the signed form."""


def send_for_real(
    base_url: str, parcours: str, sender: Account, recipient: str, now: datetime, **asked: bool
) -> None:
    """Seal a CV, announce it, post it: from there on the deployed functions do the rest.

    Args:
        asked: what else the announcement says: ``code``, ``confirme``.
    Raises:
        OSError: the product or the storage refused it.
    """
    announced = announce(base_url, signed_in(sender, now), parcours, recipient, **asked)
    post_form(announced.form, announced.blob)


def signed_in(account: Account, now: datetime) -> str:
    """A session of an account, as whoever may write the tables can make one; its cookie."""
    cookie = secrets.token_urlsafe(32)
    digest = hashlib.sha256(cookie.encode()).hexdigest()
    session = Session(id=digest, account=account.id, created_at=now, seen_at=now)
    transactions.commit(Transition(changes=(Change(None, session),)))
    return f"__Host-session={cookie}"


def announce(base_url: str, cookie: str, parcours: str, recipient: str, **asked: object) -> Announced:
    """Seal a CV and announce it for a recipient.

    Raises:
        OSError: the product refused it.
    """
    deposit, key, nonce = str(uuid.uuid4()), secrets.token_bytes(32), secrets.token_bytes(12)
    blob = seal.seal(one_page(CV), key=key, nonce=nonce, aad=f"{deposit}/cv")
    document = {
        "kind": "cv",
        "bytes": len(blob),
        "sha256": base64.b64encode(hashlib.sha256(blob).digest()).decode(),
        "key": base64.b64encode(key).decode(),
    }
    said = {"deposit": deposit, "destinataire": recipient, "notice": True, "documents": [document]}
    headers = {"Content-Type": "application/json", "Origin": base_url, "Cookie": cookie}
    answer = post(f"{base_url}/parcours/{parcours}/depots", json.dumps(said | asked).encode(), headers)
    return Announced(deposit, blob, json.loads(answer)["documents"][0]["form"])


def post_form(form: dict[str, Any], blob: bytes, **changed: str) -> None:
    """Post a file by a signed form, straight to the storage.

    Args:
        changed: fields of the form to replace.
    Raises:
        OSError: the storage refused it.
    """
    body, content_type = _multipart(form["fields"] | changed, blob)
    post(form["url"], body, {"Content-Type": content_type})


def _multipart(fields: dict[str, str], blob: bytes) -> tuple[bytes, str]:
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n\r\n'.encode()
    return b"".join(
        parts
    ) + file + blob + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def post(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One POST; the body of its answer.

    Raises:
        OSError: it was refused, or nobody answered.
    """
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - an address of the product's own
    # The certificate of a product served over TLS on this machine was made a moment ago: nobody vouches for it.
    here = urlsplit(url).hostname in ("localhost", "127.0.0.1")
    context = ssl._create_unverified_context() if here else None  # noqa: S323
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:  # noqa: S310
        return bytes(answer.read())
