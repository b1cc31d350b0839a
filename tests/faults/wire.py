"""Where a call of the product can be seen, refused, lost or repeated: below the SDK's retries, above the service.

The hook is botocore's ``before-send`` event, at which moto itself answers: what is raised there never reached the service, and
what is delivered from there had its effect. Each attempt of a call passes, as on a real line.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from moto.core.models import botocore_stubber

from chalicelib.stores import aws

CLIENTS = (aws.dynamodb, aws.s3, aws.kms, aws.ses, aws.sns, aws.lambda_)
EFFECTLESS = frozenset({"GetItem", "Query", "HeadObject", "GetObject", "ListObjectsV2"}) | frozenset(
    {"Encrypt", "Decrypt", "GenerateMac", "VerifyMac"}
)
"""Calls that change nothing. Losing such an answer is as being refused, dying behind it as dying before the next call,
doing it twice as doing it once; and being throttled is as being refused, once that was seen for the operation. Runs that
would say nothing new are left out, and counted."""
THROTTLES = {"s3": "SlowDown", "lambda": "TooManyRequestsException", "sesv2": "TooManyRequestsException"}


class Crash(BaseException):
    """The function's process dies here. No ``except Exception`` may hide it."""


class Mode(StrEnum):
    """How a call goes wrong."""

    REFUSED = "refused"
    """No connection, at any attempt: no effect."""
    THROTTLED = "throttled"
    """The service is too busy: no effect."""
    CONFLICT = "conflict"
    """A transaction meets another one (AWS only: no emulator does it by itself): no effect."""
    LOST = "answer lost"
    """It has its effect at each attempt, and no answer arrives."""
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    TWICE = "done twice"
    """The wire delivers it twice; the second answer is heard."""

    @property
    def takes_effect(self) -> bool:
        """Whether the broken call did what it was asked to do."""
        return self in {Mode.LOST, Mode.CRASH_AFTER, Mode.TWICE}


@dataclass(frozen=True)
class Call:
    """One API call of a flow, its retries included."""

    service: str
    operation: str

    def modes(self) -> list[Mode]:
        """Every mode that can happen to this call."""
        return [mode for mode in Mode if mode is not Mode.CONFLICT or self.operation == "TransactWriteItems"]

    def telling_modes(self, *, first: bool) -> list[Mode]:
        """Those that say something of their own; ``first``: the operation was not broken before."""
        if self.operation not in EFFECTLESS:
            return self.modes()
        refusals = [Mode.REFUSED, Mode.THROTTLED] if first else [Mode.REFUSED]
        return [*refusals, Mode.CRASH_BEFORE]


@dataclass
class Tap:
    """Sees every call that the product makes while it is open, and may act on one of them."""

    calls: list[Call] = field(default_factory=list)
    contexts: list[bytes] = field(default_factory=list)
    """Bodies of the KMS calls that wrap or unwrap."""
    act: "Callable[[Call, str, Any], None] | None" = None
    """Called before each attempt of the ``place``-th call is sent, of each call of ``operation``, or of ``every`` call."""
    every: bool = False
    """It acts before each call, and chooses by itself."""
    place: int | None = None
    operation: str | None = None
    times: int | None = None
    """How often it acts; None: always."""
    struck: bool = False
    asleep: bool = False

    def _counts(self, model: Any, params: Any, **_: Any) -> None:
        if self.asleep:
            return
        self.calls.append(Call(model.service_model.service_name, model.name))
        if model.name in {"Encrypt", "Decrypt"}:
            self.contexts.append(params["body"])

    def _sends(self, event_name: str, request: Any, **_: Any) -> None:
        if self.asleep or self.act is None or not self._is_meant():
            return
        self.struck = True
        self.act(self.calls[-1], event_name, request)

    def _is_meant(self) -> bool:
        if self.every:
            return True
        if self.place is not None:
            return len(self.calls) - 1 == self.place
        meant = self.calls[-1].operation == self.operation and self.times != 0
        if meant and self.times is not None:
            self.times -= 1
        return meant

    def _waits(self, caught_exception: Any, attempts: int, endpoint: Any, **_: Any) -> float | None:
        """What the SDK would retry after a second is retried at once."""
        most = 3 if caught_exception is not None and getattr(caught_exception, "ours", False) else 0
        return 0.0 if attempts < min(most, self._attempts[id(endpoint)]) else None

    @contextmanager
    def open(self) -> Iterator["Tap"]:
        """Listen to the calls of every client of the product while the context lasts."""
        clients: list[Any] = [client() for client in CLIENTS]
        self._attempts = {
            id(client._endpoint): client.meta.config.retries["total_max_attempts"] for client in clients
        }
        for client in clients:
            for event, hook in self._hooks(client):
                client.meta.events.register_first(event, hook)
        try:
            yield self
        finally:
            for client in clients:
                for event, hook in self._hooks(client):
                    client.meta.events.unregister(event, hook)

    def _hooks(self, client: Any) -> tuple[tuple[str, Callable[..., Any]], ...]:
        service = client.meta.service_model.service_id.hyphenize()
        return (
            ("before-call", self._counts),
            ("before-send", self._sends),
            (f"needs-retry.{service}", self._waits),
        )


def strike(mode: Mode) -> Callable[[Call, str, Any], None]:
    """Build the act that breaks a call in this mode."""

    def act(call: Call, event_name: str, request: Any) -> None:
        if mode is Mode.CRASH_BEFORE:
            raise Crash
        if mode is Mode.REFUSED:
            raise _ours(EndpointConnectionError(endpoint_url=request.url))
        if mode in {Mode.THROTTLED, Mode.CONFLICT}:
            raise _busy(call, mode)
        _deliver(event_name, request)
        if mode is Mode.CRASH_AFTER:
            raise Crash
        if mode is Mode.LOST:
            raise _ours(ReadTimeoutError(endpoint_url=request.url))

    return act


def reject(call: Call, event_name: str, request: Any) -> None:
    """Refuse this mail as the mail service does."""
    error = {"Code": "MessageRejected", "Message": "injected"}
    answer: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
    raise ClientError(answer, call.operation)


def _ours(error: Exception) -> Exception:
    error.ours = True  # type: ignore[attr-defined]
    return error


def _deliver(event_name: str, request: Any) -> None:
    """Let the service do it: moto in process, else whoever listens at the address."""
    if botocore_stubber(event_name, request) is None:
        URLLib3Session().send(request)


def _busy(call: Call, mode: Mode) -> ClientError:
    """What a service answers when it may be asked again; a transaction says it by the reasons of its cancelling."""
    code, status = THROTTLES.get(call.service, "ThrottlingException"), 503 if call.service == "s3" else 400
    answer: Any = {"ResponseMetadata": {"HTTPStatusCode": status}}
    if call.operation == "TransactWriteItems":
        code = "TransactionCanceledException"
        reason = "TransactionConflict" if mode is Mode.CONFLICT else "ThrottlingError"
        answer["CancellationReasons"] = [{"Code": reason}] * 12
    answer["Error"] = {"Code": code, "Message": "injected"}
    return ClientError(answer, call.operation)
