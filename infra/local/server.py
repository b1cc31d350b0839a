"""The HTTP servers of the local cloud, on loopback: what they share, and those that pass requests on to the emulator.

``Proxy`` takes the place of the custom domain of AWS: http(s)://localhost:PORT/ is the stage of the deployed API. What API
Gateway does and the emulator does not is done here, with the very answers and sizes that the template gives to API Gateway: a
body over 10 MB is refused, a function that fails shows nothing of its failure, answers are compressed for whoever accepts it.
"""

import base64
import gzip
import http.client
import ssl
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra import gateway
from infra.local.cloud import LOOPBACK, address

Headers = Iterable[tuple[str, str]]
Invoke = Callable[[dict[str, Any]], dict[str, Any]]
Response = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers and body."""
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
REQUEST_SECONDS = 35.0
"""A little more than API Gateway's own 29 s."""
MOST_IN_FLIGHT = 12
"""The emulator starts a process for each request in flight, without a limit; the others wait their turn here."""
BODY_BYTES = 10 * 1024 * 1024
"""API Gateway's own limit on a request's body."""
NAME = "localhost"
LIFE = timedelta(days=30)


class Server(ThreadingHTTPServer):
    """An HTTP server with one thread for each connection, which does not keep the process alive; it queues bursts of callers."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers who hang up: browsers do."""


class Handler(BaseHTTPRequestHandler):
    """A quiet handler: HTTP/1.1, no « Server » header, no access log."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True
    """Else a body waits 40 ms for its headers to be acknowledged, on every connection that is used again."""

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
        """Return the body's length as the header states it, 0 without one; None when it is no number or the body is chunked."""
        if "transfer-encoding" in self.headers:
            return None
        announced = self.headers.get("content-length", "0")
        return int(announced) if announced.isascii() and announced.isdigit() else None

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for what was asked: addresses, then failures."""


def forward(port: int, method: str, path: str, headers: Headers, body: bytes) -> Response:
    """Pass a request to the emulator and return its answer, both without the headers that concern one connection.

    ``port``: the emulator's.
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
        content, set_here = answer.read(), HOP_BY_HOP | {"content-length", "date"}
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in set_here]
        return answer.status, kept, content
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


class Front(Server):
    """A server that passes requests for one part of the emulator on, at one host name; over TLS where ``tls`` is given."""

    def __init__(
        self, port: int, handler: "type[PassingHandler]", *, aws_port: int, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__((LOOPBACK, port), handler)
        self.host, self.aws_port = f"localhost:{port}", aws_port
        self.origin = f"{'https' if tls else 'http'}://{self.host}"
        if tls is not None:
            # The handshake is made in each caller's own thread: one that does not answer keeps nobody waiting.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)


class Storage(Front):
    """The emulator's storage over TLS: some browsers let a page that came over TLS fetch nothing else."""

    def __init__(self, port: int, *, aws_port: int, tls: ssl.SSLContext) -> None:
        super().__init__(port, StorageHandler, aws_port=aws_port, tls=tls)


class Proxy(Front):
    """One deployed API at one host name.

    Args:
        api: returns the API's id. It is asked at each request, since an API may be replaced meanwhile.
        stage: of the API.
        storage: the address at which browsers reach the storage. In answers it replaces the emulator's own, to which functions
            sign; by default nothing is replaced.
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
        """The path below which the emulator serves the API's stage."""
        return f"/restapis/{self.api()}/{self.stage}/_user_request_"


class Trial(Server):
    """The function of the pages before it is in service, on AWS or here: it gets requests as API Gateway would hand them over.

    Args:
        invoke: hands an event over to the function and returns its answer.
        methods: the API's methods by path, with braces where an id stands (« /depots/{deposit}/revocation »).
        public: the product's origin. A request that names this server as its origin names that one to the function.
    """

    def __init__(
        self, port: int, *, invoke: Invoke, methods: Mapping[str, Container[str]], public: str
    ) -> None:
        super().__init__((LOOPBACK, port), TrialHandler)
        self.origin = f"http://{NAME}:{port}"
        self.invoke, self.methods, self.public = invoke, methods, public


class PassingHandler(Handler):
    """Passes a request on, and its answer back."""

    most_bytes: int | None = None
    """Of a request's body; None: no limit."""

    def _serve(self) -> None:
        self.answer(*self._response())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = _serve

    def _response(self) -> Response:
        """Return the answer, or the one that API Gateway would give by itself.

        These are: no readable length (411), a body that is too large, malformed bytes (400), or no answer.
        """
        size = self.announced_bytes()
        if size is None:
            self.close_connection = True
            return _of_gateway("DEFAULT_4XX", HTTPStatus.LENGTH_REQUIRED)
        if self.most_bytes is not None and size > self.most_bytes:
            self._drain(size)
            return _of_gateway("REQUEST_TOO_LARGE")
        body = self.rfile.read(size)
        try:
            return self._passed_on(body)
        except (ValueError, http.client.InvalidURL):  # bytes that no URL or header may hold
            return _of_gateway("DEFAULT_4XX", HTTPStatus.BAD_REQUEST)
        except (OSError, http.client.HTTPException):
            return _of_gateway("DEFAULT_5XX")

    def _passed_on(self, body: bytes) -> Response:
        """Pass the request on and return the answer; each subclass does it in its own way."""
        raise AssertionError("each host passes requests on in its own way")

    def _kept_headers(self, *dropped: str) -> list[tuple[str, str]]:
        """Return the request's headers without those of the given lower-case names."""
        return [(name, value) for name, value in self.headers.items() if name.lower() not in dropped]

    def _drain(self, size: int) -> None:
        """Read a refused body to its end: a caller who is still sending would not see the answer."""
        while size > 0 and (chunk := self.rfile.read(min(size, 1 << 16))):
            size -= len(chunk)


class StorageHandler(PassingHandler):
    """Passes requests to the storage, under the host name for which it signs and checks."""

    server: Storage

    def _passed_on(self, body: bytes) -> Response:
        port = self.server.aws_port
        headers = [("Host", f"{LOOPBACK}:{port}"), *self._kept_headers("host")]
        return forward(port, self.command, self.path, headers, body)


class ProxyHandler(PassingHandler):
    """Passes requests to the product, as API Gateway would."""

    server: Proxy
    most_bytes = BODY_BYTES

    def _passed_on(self, body: bytes) -> Response:
        """Pass a request to the API and return its answer.

        A request for another host name is redirected to the product's own, on which cookies and the check of the origin depend.
        When the function fails, API Gateway's own answer replaces the emulator's, which shows the failure's text.
        """
        if self.headers.get("host", "") != self.server.host:
            # One name only: cookies and the Origin check go by it.
            home = f"{self.server.origin}{self.path}"
            return HTTPStatus.TEMPORARY_REDIRECT, [("Location", home), ("Cache-Control", "no-store")], b""
        # As API Gateway adds it, the caller's address.
        headers = self._kept_headers("x-forwarded-for", "expect")
        headers.append(("X-Forwarded-For", str(self.client_address[0])))
        path = self.server.prefix + self.path
        with self.server.turn:
            status, kept, content = forward(self.server.aws_port, self.command, path, headers, body)
        if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT):
            return _of_gateway("DEFAULT_5XX", status)  # the emulator shows the failure's text here
        return _compressed((status, kept, content.replace(*self.server.moved)), self.headers)


class TrialHandler(PassingHandler):
    """Hands requests over to a function that is not in service yet."""

    server: Trial
    most_bytes = BODY_BYTES

    def _passed_on(self, body: bytes) -> Response:
        path, _, query = self.path.partition("?")
        route = find_route(path, self.server.methods)
        if route is None or self.command not in self.server.methods[route[0]]:
            return _of_gateway("MISSING_AUTHENTICATION_TOKEN")
        headers = {
            name: value.replace(self.server.origin, self.server.public) if name.lower() == "origin" else value
            for name, value in self.headers.items()
        }
        answer = self.server.invoke(rest_event(self.command, path, query, route, headers, body))
        several = answer.get("multiValueHeaders") or {}
        given = list(answer.get("headers", {}).items())
        given += [(name, value) for name, values in several.items() for value in values]
        content = str(answer["body"]).encode()
        if answer.get("isBase64Encoded"):
            content = base64.b64decode(content)
        return int(answer["statusCode"]), given, content


Route = tuple[str, dict[str, str]]
"""A declared path, and what stands in its braces."""


def find_route(path: str, declared_paths: Iterable[str]) -> Route | None:
    """Return the declared path under which this one falls; plain words win over braces. None: there is none."""
    given = path.rstrip("/").split("/") if path != "/" else ["", ""]
    for declared in sorted(declared_paths, key=lambda path: (path.count("{"), path)):
        parts = declared.split("/")
        pairs = list(zip(parts, given, strict=False))
        fits = all(part == word or (part.startswith("{") and word) for part, word in pairs)
        if len(parts) == len(given) and fits:
            return declared, {part[1:-1]: unquote(word) for part, word in pairs if part.startswith("{")}
    return None


def rest_event(
    method: str, path: str, query: str, route: Route, headers: dict[str, str], body: bytes
) -> dict[str, Any]:
    """Return the event (REST API, payload 1.0) that API Gateway makes of a request; ``path``, ``query``: percent-encoded."""
    declared, placed = route
    asked = parse_qs(query, keep_blank_values=True)
    return {
        "resource": declared,
        "path": unquote(path),
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in asked.items()} or None,
        "multiValueQueryStringParameters": asked or None,
        "pathParameters": placed or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": declared,
            "httpMethod": method,
            "stage": "api",
            "path": path,
            "identity": {"sourceIp": LOOPBACK},
        },
        "body": body.decode() or None,
        "isBase64Encoded": False,
    }


def _compressed(answer: Response, asked: Message) -> Response:
    """Return the answer compressed as API Gateway does it: when it is large enough and the caller accepts gzip.

    API Gateway also knows deflate, which no browser needs. ``asked``: the request's headers.
    """
    status, headers, content = answer
    accepted = [coding.strip().lower() for coding in asked.get("accept-encoding", "").split(",")]
    if len(content) < gateway.COMPRESSED_FROM_BYTES or "gzip" not in accepted:
        return answer
    return status, [*headers, ("Content-Encoding", "gzip")], gzip.compress(content, mtime=0)


def _of_gateway(kind: str, status: int = HTTPStatus.BAD_GATEWAY) -> Response:
    """Return the answer of this kind that API Gateway gives by itself; ``status``: used when that kind has none of its own."""
    answer = gateway.ANSWERS[kind]
    return answer.status or status, [*answer.headers.items()], answer.body.encode()


def tls_context() -> ssl.SSLContext:
    """Return a TLS context with a new key and certificate for localhost, which no browser trusts and which are not kept.

    Some browsers (WebKit) keep no ``Secure`` cookie without TLS, on localhost either. The key is on the disk only while it is
    read.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    with TemporaryDirectory() as folder:
        chain, private = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        chain.write_bytes(_certificate(key).public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        made.load_cert_chain(chain, private)
    return made


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Return a self-signed certificate for localhost."""
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ip_address(LOOPBACK))])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
