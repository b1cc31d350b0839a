"""Browsers other than Chromium, driven by the commands of W3C's WebDriver: Firefox and WebKit, as Debian packages them.

WebKit brings a driver that speaks WebDriver over HTTP. Firefox speaks the same commands itself over a socket (Marionette, what
geckodriver puts HTTP before), so that it needs none.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Protocol

from infra.local.cloud import free_port

LOOPBACK = "127.0.0.1"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which WebDriver names an element."""
START_SECONDS, ANSWER_SECONDS, PATIENCE_SECONDS = 60.0, 60.0, 60.0
MINIBROWSER = sorted(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"))
PREFERENCES = {
    "marionette.port": 0,  # a free one, which it writes into its profile
    "browser.download.useDownloadDir": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "intl.accept_languages": "fr-FR, fr",
}


class WebDriverError(Exception):
    """The browser refused a command: its code, then its words."""


class Speaks(Protocol):
    """One way to pass a command to a browser."""

    def __call__(self, command: str, **parameters: Any) -> Any:
        """Send a command, and wait for its answer."""


class OverHttp:
    """Speaks to a driver over HTTP."""

    PATHS: ClassVar = {
        "NewSession": ("POST", "/session"),
        "DeleteSession": ("DELETE", "/session/{session}"),
        "Navigate": ("POST", "/session/{session}/url"),
        "FindElements": ("POST", "/session/{session}/elements"),
        "ElementClick": ("POST", "/session/{session}/element/{id}/click"),
        "ElementSendKeys": ("POST", "/session/{session}/element/{id}/value"),
        "ExecuteScript": ("POST", "/session/{session}/execute/sync"),
        "TakeScreenshot": ("GET", "/session/{session}/screenshot"),
        "SetWindowRect": ("POST", "/session/{session}/window/rect"),
    }

    def __init__(self, port: int) -> None:
        self.base, self.session = f"http://{LOOPBACK}:{port}", ""

    def __call__(self, command: str, **parameters: Any) -> Any:
        method, path = self.PATHS[command]
        url = self.base + path.format(session=self.session, **parameters)
        body = json.dumps(parameters).encode() if method == "POST" else None
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                value = json.load(answer)["value"]
        except urllib.error.HTTPError as refused:
            told = json.load(refused)["value"]
            raise WebDriverError(f"{told.get('error')}: {told.get('message')}") from None
        if command == "NewSession":
            self.session = value["sessionId"]
        return value


class OverMarionette:
    """Speaks to Firefox over its own socket, on which each message is its length, a colon, and JSON."""

    def __init__(self, port: int) -> None:
        self.line = socket.create_connection((LOOPBACK, port), ANSWER_SECONDS)
        self.line.settimeout(ANSWER_SECONDS)
        self.count = 0
        self._receive()  # its greeting

    def __call__(self, command: str, **parameters: Any) -> Any:
        self.count += 1
        message = json.dumps([0, self.count, f"WebDriver:{command}", parameters])
        self.line.sendall(f"{len(message.encode())}:{message}".encode())
        _, _, error, result = self._receive()
        if error:
            raise WebDriverError(f"{error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _receive(self) -> Any:
        length = b""
        while (byte := self._read(1)) != b":":
            length += byte
        return json.loads(self._read(int(length)))

    def _read(self, size: int) -> bytes:
        message = b""
        while len(message) < size:
            if not (more := self.line.recv(size - len(message))):
                raise WebDriverError("the browser hung up")
            message += more
        return message


def waited(ask: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Ask until the answer is something; return it.

    Raises:
        TimeoutError: it never was; says ``what`` was asked.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            if answer := ask():
                return answer
        except (WebDriverError, OSError) as error:  # pages come and go under the question
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: {error}") from error
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.1)


@contextmanager
def firefox() -> Iterator[Speaks]:
    """Start a Firefox of its own, without a window."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is missing: apt-get install firefox-esr"
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        chosen = "".join(
            f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in PREFERENCES.items()
        )
        Path(profile, "user.js").write_text(chosen)
        command = [program, "--marionette", "--headless", "--no-remote", "--profile", profile]
        with _running(command, {"HOME": profile}):
            told = Path(profile, "MarionetteActivePort")
            port = int(
                waited(lambda: told.exists() and told.read_text(), "Firefox does not start", START_SECONDS)
            )
            speaks = waited(lambda: OverMarionette(port), "Firefox does not listen", START_SECONDS)
            speaks("NewSession", acceptInsecureCerts=True)
            yield speaks


@contextmanager
def webkit() -> Iterator[Speaks]:
    """Start a WebKit of its own, in a window on a screen that nobody sees."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    assert driver and MINIBROWSER, "WebKit is missing: apt-get install webkit2gtk-driver"
    assert screen, "a screen is missing: apt-get install xvfb"
    port, (reads, writes) = free_port(), os.pipe()
    options = {"binary": str(MINIBROWSER[-1]), "args": ["--automation"]}
    with TemporaryDirectory(ignore_cleanup_errors=True) as home:
        display = [screen, "-displayfd", str(writes), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
        with _running(display, {}, keep=(writes,)):
            os.close(writes)
            with os.fdopen(reads) as told:
                place = f":{told.readline().strip()}"
            with _running(
                [driver, f"--port={port}"], {"DISPLAY": place, "HOME": home, "XDG_RUNTIME_DIR": home}
            ):
                speaks = OverHttp(port)
                wanted = {"acceptInsecureCerts": True, "webkitgtk:browserOptions": options}
                waited(
                    lambda: speaks("NewSession", capabilities={"alwaysMatch": wanted}),
                    "WebKit does not start",
                    START_SECONDS,
                )
                yield speaks
                speaks("DeleteSession")


@contextmanager
def _running(command: list[str], environment: dict[str, str], keep: tuple[int, ...] = ()) -> Iterator[None]:
    """Run a program, and whatever it starts, for as long as the context lasts."""
    run = subprocess.Popen(
        command,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=keep,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(run.pid, 9)
        run.wait()
