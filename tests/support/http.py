"""A browser without a network: requests reach the app as API Gateway would hand them over, answers come back as it would
pass them on.

Events and answers take a JSON round trip, as between API Gateway and the function; paths that the app does not declare get
the gateway's own answer. Cookies are kept and sent as browsers do. ``functions_answer`` lets those functions be invoked that
answer.
"""

import base64
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

import pytest
from chalice.app import Chalice

from chalicelib import clock, config
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.kernel.people import Account
from chalicelib.stores import aws
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.kit import deciding
from chalicelib.web.kit.http import JSON, SESSION_COOKIE
from infra import gateway
from tests.support.pages import visible_words
from tests.support.worlds import BASE_URL
from tests.support.writing import add_records

FORM = "application/x-www-form-urlencoded"
UNSAID = "\0"
"""Stands for « what an honest browser would send »."""


NUMBER = re.compile(r'(erreur%20n%C2%B0%C2%A0|<span class="mono">)[0-9a-f]{8}')
"""The number of an error on its page."""


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are in lower case; ``cookies`` are the ``Set-Cookie`` values as they came."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        assert self.headers["content-type"] == JSON, self.headers
        return json.loads(self.text)

    @property
    def words(self) -> str:
        """What people read of this page, on one line, with ordinary spaces."""
        return visible_words(self.text)

    @property
    def unnumbered(self) -> "Answer":
        """The same answer without the number by which the log knows an error: two answers alike differ in nothing else."""
        return replace(self, text=NUMBER.sub(r"\1", self.text))

    @property
    def is_page(self) -> bool:
        """Whether it is made for people rather than for scripts."""
        return self.headers.get("content-type", "").startswith("text/html")


@dataclass
class Client:
    """One browser, with its own cookies."""

    cookies: dict[str, str] = field(default_factory=dict)
    source: str = "198.51.100.7"
    """The address it asks from, as API Gateway sees it."""

    def get(self, path: str, **asked: Any) -> Answer:
        """Ask for this path, as a followed link does."""
        return self.send("GET", path, **asked)

    def post_json(self, path: str, body: object, **asked: Any) -> Answer:
        """Post JSON, as our scripts do; ``body`` is text that goes as it is, or a value that becomes JSON."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.send("POST", path, text, **{"content_type": JSON, **asked})

    def post_form(self, path: str, body: str | bytes | dict[str, str], **asked: Any) -> Answer:
        """Post a form, as our pages do."""
        text = urlencode(body) if isinstance(body, dict) else body
        return self.send("POST", path, text, **{"content_type": FORM, **asked})

    def send(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        *,
        content_type: str | None = None,
        origin: str | None = UNSAID,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Ask for a path, percent-encoded as it stands on the wire.

        Args:
            body: bytes travel base64-encoded, as API Gateway hands over what is not text.
            origin: absent on GET and HEAD and our own elsewhere, unless it is said (None: absent).
        """
        if origin == UNSAID:
            origin = None if method in {"GET", "HEAD"} else BASE_URL
        sent = {"Host": "localhost:8000", "Accept": "*/*", **(headers or {})}
        if content_type is not None:
            sent["Content-Type"] = content_type
        if origin is not None:
            sent["Origin"] = origin
        if self.cookies and "Cookie" not in sent:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        route = _route(method, path.partition("?")[0])
        if route is None:
            return _unknown()
        answer = deliver(_event(method, path, *route, sent, body, self.source))
        self._keep(answer.cookies)
        return answer

    def _keep(self, cookies: tuple[str, ...]) -> None:
        """Keep the cookies of an answer, and forget those that it takes back."""
        for line in cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


def event(method: str, declared: str, headers: dict[str, str]) -> dict[str, Any]:
    """An event for a declared path without braces, for tests that spoil it."""
    return _event(method, declared, declared, {}, headers, None)


def signed_in(account: Account) -> Client:
    """A browser in which this agent has just signed in: the session item is written through the stores."""
    cookie, now = deciding.draw_session_cookie(account.id), clock.utc_now()
    session = Session(id=signing_in.hash_cookie(cookie), account=account.id, created_at=now, seen_at=now)
    add_records(session)
    return Client({SESSION_COOKIE: cookie})


def deliver(event: dict[str, Any], app: Chalice | None = None) -> Answer:
    """Hand one event over to the function that serves the pages, or to another app, and read its answer."""
    from app import app as ours

    answered = json.loads(json.dumps((app or ours)(json.loads(json.dumps(event)), None)))
    several: dict[str, list[str]] = answered.get("multiValueHeaders") or {}
    headers = {name.lower(): value for name, value in answered["headers"].items()}
    cookies = [value for name, values in several.items() if name.lower() == "set-cookie" for value in values]
    body = (
        base64.b64decode(answered["body"]).decode() if answered.get("isBase64Encoded") else answered["body"]
    )
    return Answer(answered["statusCode"], headers, body, tuple(cookies))


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """Return what the first form of a page that posts to ``action`` sends by itself."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form is not None, f"no form for {action}"
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[0]))


@contextmanager
def functions_answer() -> Iterator[None]:
    """Let the web function invoke ``unseal`` and ``identify`` in this process.

    What is only woken stays idle: tests call it in their order.
    """
    from app import app

    def invoked(params: dict[str, Any], **_: object) -> Any:
        name = next(
            (name for name in ("unseal", "identify") if f"idle-{name.upper()}" in params["url_path"]), None
        )
        if name is None:
            return None
        try:
            given, failed = app.handler_map[name](json.loads(params["body"]), None), {}
        except Exception as fault:
            given, failed = {"errorMessage": str(fault)}, {"FunctionError": "Unhandled"}
        body = io.BytesIO(json.dumps(given).encode())
        parsed = {"StatusCode": 200, "Payload": body, "ResponseMetadata": {"HTTPStatusCode": 200}, **failed}
        return SimpleNamespace(status_code=200), parsed

    events = aws.lambda_().meta.events
    events.register("before-call.lambda.Invoke", invoked)
    try:
        yield
    finally:
        events.unregister("before-call.lambda.Invoke", invoked)


@contextmanager
def mails_woken() -> Iterator[set[str]]:
    """Collect the keys of the mails for which the mailer is woken inside the context."""
    keys: set[str] = set()

    def invoked(params: dict[str, Any], **_: object) -> None:
        keys.update(json.loads(params["body"]).get("mails", ()))

    events = aws.lambda_().meta.events
    events.register_first("before-call.lambda.Invoke", invoked)
    try:
        yield keys
    finally:
        events.unregister("before-call.lambda.Invoke", invoked)


@contextmanager
def pages_started() -> Iterator[list[dict[str, Any]]]:
    """Run as a function of the world inside the context; collect the events with which it starts itself for pages of its work."""
    started: list[dict[str, Any]] = []

    def invoked(params: dict[str, Any], **_: object) -> None:
        if "idle-OWN" in params["url_path"]:
            started.append(json.loads(params["body"]))

    events = aws.lambda_().meta.events
    events.register_first("before-call.lambda.Invoke", invoked)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_LAMBDA_FUNCTION_NAME", config.resource("OWN_FUNCTION"))
            patch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            yield started
    finally:
        events.unregister("before-call.lambda.Invoke", invoked)


def _route(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The declared path that this one falls under, and what stands in its braces; words win over braces."""
    from app import app

    asked = path.rstrip("/").split("/") if path != "/" else ["", ""]
    for declared in sorted(app.routes, key=lambda route: (route.count("{"), route)):
        parts = declared.split("/")
        pairs = list(zip(parts, asked, strict=False))
        fits = all(part == given or (part.startswith("{") and given) for part, given in pairs)
        if len(parts) == len(asked) and fits:
            placed = {part[1:-1]: unquote(given) for part, given in pairs if part.startswith("{")}
            return (declared, placed) if method in app.routes[declared] else None
    return None


def _event(
    method: str,
    path: str,
    declared: str,
    placed: dict[str, str],
    headers: dict[str, str],
    body: str | bytes | None,
    source: str = "198.51.100.7",
) -> dict[str, Any]:
    """A REST API (v1) event, as API Gateway makes it."""
    asked = parse_qs(path.partition("?")[2], keep_blank_values=True)
    return {
        "resource": declared,
        "path": unquote(path.partition("?")[0]),
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
            "path": quote(path.partition("?")[0]),
            "identity": {"sourceIp": source},
        },
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
    }


def _unknown() -> Answer:
    """Return what the gateway itself answers for a path or a method that nobody declared."""
    own = gateway.ANSWERS["MISSING_AUTHENTICATION_TOKEN"]
    return Answer(own.status or 403, {name.lower(): value for name, value in own.headers.items()}, own.body)
