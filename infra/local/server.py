"""What the proxy and the mail page share: a small threaded HTTP server on loopback."""

import http.client
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.local.cloud import LOOPBACK

Headers = Iterable[tuple[str, str]]
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
REQUEST_SECONDS = 35.0
"""A little more than API Gateway's own 29 s."""


class Server(ThreadingHTTPServer):
    """Threads that do not hold the program back, and room for a burst of callers."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers who hang up: browsers do."""


class Handler(BaseHTTPRequestHandler):
    """A quiet handler: HTTP/1.1, no « Server » header, no access log."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        """Send a whole answer; ``Content-Length`` is counted here, and a HEAD gets no body."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def announced_bytes(self) -> int | None:
        """The length of the body as announced; None when it is missing, absurd, or sent in chunks."""
        if "transfer-encoding" in self.headers:
            return None
        announced = self.headers.get("content-length", "0")
        return int(announced) if announced.isascii() and announced.isdigit() else None

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for what was asked: addresses, then failures."""


def forward(
    port: int, method: str, path: str, headers: Headers, body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Pass a request to the emulator as it came; gives status, headers and body of the answer.

    Raises:
        OSError, http.client.HTTPException: no answer came.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=REQUEST_SECONDS)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        return (
            answer.status,
            [pair for pair in kept if pair[0].lower() not in ("content-length", "date")],
            content,
        )
    finally:
        connection.close()


@contextmanager
def serving(server: Server) -> Iterator[None]:
    """Serve in a thread for as long as the context lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
