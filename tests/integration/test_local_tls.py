"""The local product over TLS: for browsers that keep no ``Secure`` cookie without it."""

import http.client
import socket
import ssl
from collections.abc import Iterator

import pytest

from infra.local.cloud import LOOPBACK, free_port
from infra.local.server import Proxy, Storage, serving, tls_context


@pytest.fixture
def front() -> Iterator[Proxy]:
    """A TLS front before an emulator that does not run."""
    proxy = Proxy(
        free_port(), aws_port=free_port(), api=lambda: "a", tls=tls_context(), storage="https://localhost:1"
    )
    with serving(proxy):
        yield proxy


def asked(port: int, host: str) -> http.client.HTTPResponse:
    """Ask without verifying the certificate, which is signed by itself and of this run alone."""
    unknown = ssl.create_default_context()
    unknown.check_hostname, unknown.verify_mode = False, ssl.CERT_NONE
    caller = http.client.HTTPSConnection(LOOPBACK, port, timeout=10, context=unknown)
    caller.request("GET", "/connexion", headers={"Host": host})
    return caller.getresponse()


def test_http_on_another_host_name_redirects_to_the_https_origin(front: Proxy) -> None:
    port = front.server_address[1]

    answer = asked(port, f"{LOOPBACK}:{port}")

    assert (answer.status, answer.headers["Location"]) == (307, f"https://localhost:{port}/connexion")


def test_an_unfinished_tls_handshake_blocks_no_other_connection(front: Proxy) -> None:
    with socket.create_connection((LOOPBACK, front.server_address[1])):
        assert asked(front.server_address[1], front.host).status == 502  # no emulator is there


def test_the_storage_is_reached_over_tls_too() -> None:
    storage = Storage(free_port(), aws_port=free_port(), tls=tls_context())
    with serving(storage):
        assert storage.origin.startswith("https://localhost:")
        assert asked(storage.server_address[1], storage.host).status == 502


def test_the_certificate_is_localhosts_own() -> None:
    front = Storage(free_port(), aws_port=free_port(), tls=tls_context())
    with serving(front):
        certificate = ssl.get_server_certificate((LOOPBACK, front.server_address[1]))
        trusting = ssl.create_default_context(cadata=certificate)
        with socket.create_connection((LOOPBACK, front.server_address[1])) as line:
            assert trusting.wrap_socket(line, server_hostname="localhost").version() == "TLSv1.3"
