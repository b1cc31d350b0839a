"""Stands where the custom domain stands on AWS: http(s)://localhost:PORT/ is the stage of the deployed API.

What API Gateway does and the emulator does not is done here, with the very answers that the template gives to API Gateway:
a body over 10 MB is refused, and a function that fails shows nothing of its failure.
"""

import http.client
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus

from infra import gateway
from infra.local.cloud import LOOPBACK
from infra.local.deploy import address
from infra.local.server import Handler, Server, forward

MOST_IN_FLIGHT = 12
"""The emulator starts a process for each request in flight, without a limit; the others wait their turn here."""
BODY_BYTES = 10 * 1024 * 1024
"""API Gateway's own limit on a request's body."""


class Front(Server):
    """Serves one part of the emulator at one host name, over TLS where a context is given."""

    def __init__(
        self, port: int, handler: "type[Passing]", *, aws_port: int, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__((LOOPBACK, port), handler)
        self.host, self.aws_port = f"localhost:{port}", aws_port
        self.origin = f"{'https' if tls else 'http'}://{self.host}"
        if tls is not None:
            # Each caller shakes hands in her own thread: one that does not answer keeps nobody waiting.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)


class Storage(Front):
    """The emulator's storage over TLS: a page that came over TLS may fetch nothing else, in some browsers."""

    def __init__(self, port: int, *, aws_port: int, tls: ssl.SSLContext) -> None:
        super().__init__(port, StorageHandler, aws_port=aws_port, tls=tls)


class Proxy(Front):
    """Serves one API at one host name.

    Args:
        api: gives the API's id. It is asked at each request, since a host name outlives an API.
        storage: where browsers reach the storage; by default at the emulator's own address, to which functions sign.
    """

    def __init__(
        self,
        port: int,
        *,
        aws_port: int,
        api: Callable[[], str],
        stage: str = "api",
        tls: ssl.SSLContext | None = None,
        storage: str | None = None,
    ) -> None:
        super().__init__(port, ProxyHandler, aws_port=aws_port, tls=tls)
        self.api, self.stage = api, stage
        self.turn = threading.Semaphore(MOST_IN_FLIGHT)
        emulator = address(aws_port)
        self.moved = (emulator.encode(), (storage or emulator).encode())

    @property
    def prefix(self) -> str:
        """Where the emulator serves the API's stage."""
        return f"/restapis/{self.api()}/{self.stage}/_user_request_"


class Passing(Handler):
    """Passes a request on as it came, and its answer back."""

    server: Front

    def _gateway(self, kind: str, status: int = HTTPStatus.BAD_GATEWAY) -> None:
        answer = gateway.ANSWERS[kind]
        self.answer(answer.status or status, answer.headers.items(), answer.body.encode())


class StorageHandler(Passing):
    """The storage's: it signs and checks for its own host name."""

    server: Storage

    def _serve(self) -> None:
        size = self.announced_bytes()
        if size is None:
            self.close_connection = True
            return self._gateway("DEFAULT_4XX", HTTPStatus.LENGTH_REQUIRED)
        body, port = self.rfile.read(size), self.server.aws_port
        headers = [pair for pair in self.headers.items() if pair[0].lower() != "host"]
        try:
            host = ("Host", f"{LOOPBACK}:{port}")
            return self.answer(*forward(port, self.command, self.path, [host, *headers], body))
        except (ValueError, OSError, http.client.HTTPException):
            return self._gateway("DEFAULT_5XX")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = _serve


class ProxyHandler(Passing):
    """The product's."""

    server: Proxy

    def _serve(self) -> None:
        size = self.announced_bytes()
        if size is None:
            self.close_connection = True
            return self._gateway("DEFAULT_4XX", HTTPStatus.LENGTH_REQUIRED)
        if size > BODY_BYTES:
            self._drain(size)
            return self._gateway("REQUEST_TOO_LARGE")
        body = self.rfile.read(size)
        if self.headers.get("host", "") != self.server.host:
            # One name only: cookies and the Origin check go by it.
            home = f"{self.server.origin}{self.path}"
            return self.answer(
                HTTPStatus.TEMPORARY_REDIRECT, [("Location", home), ("Cache-Control", "no-store")]
            )
        try:
            with self.server.turn:
                status, headers, content = forward(
                    self.server.aws_port, self.command, self.server.prefix + self.path, self._headers(), body
                )
        except (ValueError, http.client.InvalidURL):  # bytes that no URL or header may hold
            return self._gateway("DEFAULT_4XX", HTTPStatus.BAD_REQUEST)
        except (OSError, http.client.HTTPException):
            return self._gateway("DEFAULT_5XX")
        if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT):
            return self._gateway("DEFAULT_5XX", status)  # the emulator shows the failure's text here
        return self.answer(status, headers, content.replace(*self.server.moved))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = _serve

    def _headers(self) -> list[tuple[str, str]]:
        """The caller's headers and, as API Gateway adds it, the caller's address."""
        forged = ("x-forwarded-for", "expect")
        kept = [(name, value) for name, value in self.headers.items() if name.lower() not in forged]
        return [*kept, ("X-Forwarded-For", str(self.client_address[0]))]

    def _drain(self, size: int) -> None:
        """Read a refused body to its end: a caller who is still sending would not see the answer."""
        while size > 0 and (chunk := self.rfile.read(min(size, 1 << 16))):
            size -= len(chunk)
