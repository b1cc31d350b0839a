"""Whether the product answers after a deployment, before its DNS record is there too."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.deploy.checks import Answers, look

HOST = "passe-plat.invalid"
"""No name server knows it."""


class Gateway(BaseHTTPRequestHandler):
    """Answers for one host, as API Gateway does for its own domain names."""

    status = 200

    def do_GET(self) -> None:
        """Answer the health call with ``status`` under the one host, anything else with 403."""
        known = self.headers["Host"].partition(":")[0] == HOST and self.path == "/sante"
        self.send_response(self.status if known else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a self-signed certificate for ``name``, and its key; return both paths."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


@contextmanager
def gateway(folder: Path, name: str, status: int = 200) -> Iterator[int]:
    """Serve a gateway that shows a certificate for ``name``; give its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, name))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Gateway,), {"status": status}))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("name", "status", "answers"),
    [
        (HOST, 200, Answers.AT_THE_GATEWAY),
        (HOST, 500, Answers.NOWHERE),
        ("other.invalid", 200, Answers.NOWHERE),
    ],
)
def test_without_a_dns_record_the_gateway_is_asked_under_the_products_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, status: int, answers: Answers
) -> None:
    with gateway(tmp_path, name, status) as port:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))

        assert look(f"https://{HOST}:{port}", "127.0.0.1", direct=True, patience_seconds=0) is answers
        assert look(f"https://{HOST}:{port}", "", direct=True, patience_seconds=0) is Answers.NOWHERE
