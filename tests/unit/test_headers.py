"""What every answer carries and how a cookie is set, in plain words; the deployed product is asked in ``security``."""

import pytest

from chalicelib.web.kit import http

STORAGE = "https://bucket.example"
POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'", "'sha256-CCCC='"],
    "style-src": ["'sha256-AAAA='", "'sha256-BBBB='"],
    "img-src": ["data:"],
    "connect-src": ["'self'", STORAGE],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The security headers of a page with one style sheet and two scripts of known hashes."""
    monkeypatch.setenv("STORAGE_ORIGIN", STORAGE)
    return http.build_security_headers(("CCCC=",), ("AAAA=", "BBBB="))


def test_a_page_runs_and_loads_what_is_ours_and_fetches_from_the_storage_alone(
    headers: dict[str, str],
) -> None:
    parts = [part.split() for part in headers["Content-Security-Policy"].split(";")]

    assert {name: sources for name, *sources in parts} == POLICY


def test_browsers_keep_nothing_guess_nothing_and_tell_nobody(headers: dict[str, str]) -> None:
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_a_cookie_is_of_this_host_over_tls_and_out_of_reach_of_scripts() -> None:
    line = http.set_cookie(http.SESSION_COOKIE, "x", seconds=60)

    assert {part.strip() for part in line.split(";")[1:]} == {
        "Path=/",
        "Secure",
        "HttpOnly",
        "SameSite=Lax",
        "Max-Age=60",
    }


def test_every_cookie_bears_the_prefix_of_its_host() -> None:
    names = [value for name, value in vars(http).items() if name.endswith("_COOKIE")]

    assert names and all(name.startswith("__Host-") for name in names)
