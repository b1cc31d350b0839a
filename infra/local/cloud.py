"""The emulator as a child process (ministack, on loopback only, with IAM enforced), and the product deployed on it."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from infra import CommandFailed, alarms, poll
from infra.deploy import versions
from infra.deploy.stack import Deployed, Stack
from infra.package import Package

REGION = "eu-west-3"
LOOPBACK = "127.0.0.1"
START_SECONDS = 30.0
STACK = "passe-plat"
ACCOUNT = "0" * 12
MAIL_FROM = "ne-pas-repondre@passe-plat.example"
PROOF_ADDRESS = "preuve@passe-plat.example"
SMS_NUMBER = "+33755000000"

ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
"""The emulator's root. Unlike AWS's, no policy binds it: rights are tested with the roles' own credentials."""


def address(port: int) -> str:
    """Return the address of a server on this port of the loopback interface."""
    return f"http://{LOOPBACK}:{port}"


def port_of(port: int | None, variable: str) -> int:
    """Return ``port``, or a free port when it is None.

    Raises CommandFailed: somebody listens on it; ``variable``: the environment variable that the message tells to set.
    """
    if port is None:
        return free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise CommandFailed(
                f"Port {port} is in use: free it, or choose another with {variable}=<port>."
            ) from error
    return port


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def emulator(port: int, mail_port: int) -> Iterator[None]:
    """Run ministack on ``port`` for as long as the context lasts; functions send their mails through ``mail_port``."""
    command = [sys.executable, str(Path(__file__).with_name("guard.py")), sys.executable, "-m", "ministack"]
    # A session of its own: Ctrl-C must not reach the emulator before its guard.
    guard = subprocess.Popen(
        command, stdin=subprocess.PIPE, env=_environment(port, mail_port), start_new_session=True
    )
    try:
        _wait_until_ready(port, guard)
        yield
    finally:
        guard.communicate()  # closes the pipe: the guard ends the emulator and removes its folder


FAKETIME = ("LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED")
"""What faketime(1) sets: under it the functions live at the same hour as who runs them."""


def _environment(port: int, mail_port: int) -> dict[str, str]:
    """Return the environment of the emulator: only what it needs, since its functions inherit all of it.

    The guard adds the folders.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        # The emulator drops a raw mail's headers: the mail page takes each mail in passing and keeps it whole.
        "AWS_ENDPOINT_URL_SESV2": f"http://{LOOPBACK}:{mail_port}",
        # It also shows the SMS, and plays who answers STOP, which the emulator does not know.
        "AWS_ENDPOINT_URL_SNS": f"http://{LOOPBACK}:{mail_port}",
        **ADMINISTRATOR,
    } | {name: os.environ[name] for name in ("TMPDIR", *FAKETIME) if name in os.environ}


def _wait_until_ready(port: int, guard: "subprocess.Popen[bytes]") -> None:
    """Wait until the emulator answers its health check. Raises CommandFailed: it ended, or does not answer in time."""
    # Whatever proxy this machine needs for the internet has no part in loopback.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in poll(START_SECONDS, longest_pause=0.05):
        if guard.poll() is not None:
            raise CommandFailed(
                "The emulator stopped as it started: see above, and whether ministack is installed."
            )
        try:
            with direct.open(f"{address(port)}/_ministack/health", timeout=2) as answer:
                json.load(answer)
                return
        except OSError:
            continue
    raise CommandFailed(f"The emulator did not answer within {START_SECONDS:.0f} s.")


@dataclass(frozen=True)
class Operator:
    """The emulator's root user."""

    aws_url: str

    def client(self, service: str, **credentials: str) -> Any:
        """Return a boto3 client of ``service``, as the root or with ``credentials`` (boto3's ``aws_*`` arguments)."""
        granted = credentials or {
            "aws_access_key_id": ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
        }
        settings = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=70,
            s3={"addressing_style": "path"},
        )
        return self._session.client(
            service, region_name=REGION, endpoint_url=self.aws_url, config=settings, **granted
        )

    @cached_property
    def _session(self) -> Any:
        return boto3.session.Session()


def deploy(operator: Operator, package: Package, parameters: Mapping[str, str]) -> Deployed:
    """Create the stack on the emulator by the steps of ``make deploy``, and wait for its end; ``parameters``: of the template."""
    shelf = versions.shelf(operator.client("s3"), stack=STACK, account=ACCOUNT, region=REGION)
    _, template = shelf.publish(package)
    made = Stack(operator.client("cloudformation"), STACK)
    changes = made.plan(template, dict(parameters))
    assert changes is not None, "a stack that does not exist is always a change"
    changes.execute(lambda _: None)
    return deployed(operator)


def deployed(operator: Operator) -> Deployed:
    """Return the stack that this process or another has created on the emulator."""
    return Deployed(STACK, operator.client)


def environment(stack: Deployed, aws_url: str, mail_url: str) -> dict[str, str]:
    """Return the environment variables with which store code runs in this process: those of all functions, and credentials.

    The credentials are those of the emulator's root, which no policy binds, so that stories run here may read and decrypt; rights
    are tested with the roles' own credentials. ``aws_url``, ``mail_url``: addresses of the emulator and of the mail page.
    """
    own_address = {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ENDPOINT_URL_SESV2": mail_url,
        "AWS_ENDPOINT_URL_SNS": mail_url,
    }
    return stack.environment(alarms.FUNCTIONS.values()) | ADMINISTRATOR | {"AWS_REGION": REGION} | own_address


def parameters(base_url: str, storage: str) -> dict[str, str]:
    """Return the template's parameters on an emulator.

    ``base_url``, ``storage``: addresses at which browsers reach the product and the storage.
    """
    return {
        "PublicBaseUrl": base_url,
        "StorageOrigin": storage,
        "MailFrom": MAIL_FROM,
        "ProofAddress": PROOF_ADDRESS,
        "SmsNumber": SMS_NUMBER,
        "OnAws": "false",
        "KeepWarm": "false",  # the emulator keeps every function, and tests read what is logged
    }
