"""Whether the product answers after a deployment: at its own name, or at the gateway while no DNS record leads there."""

import enum
import socket
import ssl
import time
import urllib.request
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

PATH = "/sante"
PATIENCE_SECONDS = 120.0
"""A new host name is not known everywhere at once."""
PAUSE_SECONDS = 1.0


class Answers(enum.Enum):
    """Where it was reached."""

    AT_ITS_NAME = enum.auto()
    AT_THE_GATEWAY = enum.auto()
    NOWHERE = enum.auto()


def look(base_url: str, gateway: str, *, direct: bool, patience_seconds: float = PATIENCE_SECONDS) -> Answers:
    """Ask until an answer comes.

    Args:
        gateway: the name that the DNS record will point to; empty when there is none.
        direct: without the proxy that this machine may need for the internet.
    """
    url, end = urlsplit(base_url), time.monotonic() + patience_seconds
    while True:
        if _by_name(base_url, direct=direct):
            return Answers.AT_ITS_NAME
        if gateway and _by_gateway(url, gateway):
            return Answers.AT_THE_GATEWAY
        if time.monotonic() > end:
            return Answers.NOWHERE
        time.sleep(PAUSE_SECONDS)


def _by_name(base_url: str, *, direct: bool) -> bool:
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if direct else []))
    try:
        with opener.open(base_url + PATH, timeout=30) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False


def _by_gateway(url: SplitResult, gateway: str) -> bool:
    """Ask the gateway under the product's name, as browsers will, its certificate included."""
    host = url.hostname or ""
    try:
        line = socket.create_connection((gateway, url.port or 443), timeout=30)
        connection = HTTPConnection(host)
        connection.sock = ssl.create_default_context().wrap_socket(line, server_hostname=host)
        try:
            connection.request("GET", PATH)
            return connection.getresponse().status == 200
        finally:
            connection.close()
    except (OSError, HTTPException):
        return False
