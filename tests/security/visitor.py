"""A browser without a screen: it keeps its cookies, says where it comes from, and follows nothing by itself."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

TIMEOUT_SECONDS = 90
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """The status, headers and body of an answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return one header; None when it is absent, an error when it stands twice."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} stands {len(values)} times"
        return values[0] if values else None

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a JSON refusal; empty for anything else."""
        return str(self.json().get("code", "")) if self.header("content-type") == JSON and self.body else ""


@dataclass
class Visitor:
    """One browser on the product at ``base_url``."""

    base_url: str
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[Answer] = field(default_factory=list)
    """Every answer it got, in order."""

    def asks(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request on a connection of its own; ``Origin`` is sent with a body, as browsers do."""
        connection = self._connect()
        try:
            connection.request(method, path, body, self._headers(body) | (headers or {}))
            answer = connection.getresponse()
            got = Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()
        self.seen.append(got)
        self._keep_cookies(got)
        return got

    def gets(self, path: str) -> Answer:
        return self.asks("GET", path)

    def posts(self, path: str, body: Any) -> Answer:
        """Post JSON, as the scripts of a page do."""
        return self.asks("POST", path, json.dumps(body).encode(), {"Content-Type": JSON})

    def submits(self, path: str, **fields: str) -> Answer:
        """Post a form, as a page does."""
        return self.asks("POST", path, urlencode(fields).encode(), {"Content-Type": FORM})

    def posts_and_hangs_up(self, path: str, body: Any) -> None:
        """Post and close the connection without reading the answer."""
        connection = self._connect()
        content = json.dumps(body).encode()
        connection.request("POST", path, content, self._headers(content) | {"Content-Type": JSON})
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        place = urlsplit(self.base_url)
        return http.client.HTTPConnection("127.0.0.1", place.port, timeout=TIMEOUT_SECONDS)

    def _headers(self, body: bytes | None) -> dict[str, str]:
        sent = {"Host": urlsplit(self.base_url).netloc}
        if body is not None:
            sent["Origin"] = self.base_url
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return sent

    def _keep_cookies(self, got: Answer) -> None:
        for name, value in got.headers:
            if name.lower() != "set-cookie":
                continue
            for key, morsel in SimpleCookie(value).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = morsel.value


def visitor_with_nonce(base_url: str, nonce: str) -> Visitor:
    """Return the browser that holds this nonce as its cookie."""
    return Visitor(base_url, {"__Host-lien": nonce})


def post_form(
    form: Mapping[str, Any],
    blob: bytes,
    changes: Mapping[str, str | None] | None = None,
    *,
    filename: str = "blob",
) -> int:
    """Post a file by a signed form, straight to the storage; the status of its answer (204: taken).

    Args:
        changes: fields to add or to change; None leaves one out.
    """
    fields = {name: value for name, value in (form["fields"] | (changes or {})).items() if value is not None}
    content = [*fields.items(), ("file", (filename, blob, "application/octet-stream"))]
    body, content_type = urllib3.encode_multipart_formdata(content)
    answer = urllib3.request(
        "POST",
        form["url"],
        body=body,
        headers={"Content-Type": content_type},
        retries=False,
        timeout=TIMEOUT_SECONDS,
    )
    return answer.status
