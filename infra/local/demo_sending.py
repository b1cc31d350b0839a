"""Sending one document to the deployed product as a tutor's browser would: sealed here, posted by its form."""

import base64
import hashlib
import json
import secrets
import ssl
import urllib.request
import uuid
from datetime import datetime

from chalicelib import seal
from chalicelib.domain.people import Account
from chalicelib.domain.signing_in import Session
from chalicelib.domain.transition import Change, Transition
from chalicelib.stores import transactions
from infra.local.sample_pdf import one_page

CV = [
    "Curriculum vitae (exemple inventé)",
    "Formation : classe de troisième, puis ateliers de remobilisation",
    "Expérience : stage d’observation d’une semaine en cuisine",
    "Ce que j’aime : le travail en équipe, la précision, la cuisine",
    "Disponible : tout de suite",
]


def send_for_real(
    base_url: str, parcours: str, sender: Account, recipient: str, now: datetime, **asked: bool
) -> None:
    """Seal a CV, announce it, post it: from there on the deployed functions do the rest.

    Args:
        asked: what else the announcement says: ``code``, ``confirme``.
    Raises:
        OSError: the product or the storage refused it.
    """
    cookie = secrets.token_urlsafe(32)
    session = Session(
        id=hashlib.sha256(cookie.encode()).hexdigest(), account=sender.id, created_at=now, seen_at=now
    )
    transactions.commit(Transition(changes=(Change(None, session),)))
    deposit, key, nonce = str(uuid.uuid4()), secrets.token_bytes(32), secrets.token_bytes(12)
    blob = seal.seal(one_page(CV), key=key, nonce=nonce, aad=f"{deposit}/cv")
    document = {
        "kind": "cv",
        "bytes": len(blob),
        "sha256": base64.b64encode(hashlib.sha256(blob).digest()).decode(),
        "key": base64.b64encode(key).decode(),
    }
    announced = _post(
        f"{base_url}/parcours/{parcours}/depots",
        json.dumps(
            {"deposit": deposit, "destinataire": recipient, "notice": True, "documents": [document], **asked}
        ).encode(),
        {"Content-Type": "application/json", "Origin": base_url, "Cookie": f"__Host-session={cookie}"},
    )
    form = json.loads(announced)["documents"][0]["form"]
    body, content_type = _multipart(form["fields"], blob)
    _post(form["url"], body, {"Content-Type": content_type})


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


def _post(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - loopback, built here
    # The certificate of a product served over TLS was made a moment ago: nobody vouches for it.
    unknown = ssl._create_unverified_context()  # noqa: S323
    with urllib.request.urlopen(request, timeout=30, context=unknown) as answer:  # noqa: S310
        return bytes(answer.read())
