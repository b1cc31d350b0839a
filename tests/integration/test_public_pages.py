"""What everybody gets: the public pages, the recipient's page, static files, and the cookies that go with them."""

import base64
import hashlib
import html
import re

import pytest

from chalicelib import statics
from chalicelib.web.kit.http import NONCE_COOKIE, build_security_headers
from tests.conftest import CREDENTIALS
from tests.support.http import Answer, Client
from tests.support.worlds import BASE_URL

PAGES = {
    "/": "Passe-plat",
    "/connexion": "Se connecter",
    "/connexion/code": "Demandez un code ici",
    "/mentions-legales": "Mentions légales",
    "/donnees-personnelles": "Données personnelles",
    "/donnees-personnelles/registre": "Registre : ce qui est gardé, et combien de temps",
    "/accessibilite": "Accessibilité",
    "/plan": "Plan du site",
    "/notice": "Ton CV et ta lettre",
    "/donnees-personnelles/demande": "Demande sur vos données",
    "/retrait": "Vous ne retrouvez plus le message",
}


@pytest.fixture(autouse=True)
def without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every call to AWS fail: these pages read nothing from it."""
    for name in ("PARCOURS_TABLE", "RELAY_TABLE", *CREDENTIALS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PUBLIC_BASE_URL", BASE_URL)
    monkeypatch.setenv("STORAGE_ORIGIN", "http://127.0.0.1:4566")


def assert_has_security_headers(answer: Answer) -> None:
    """Check that an answer carries every security header."""
    held = statics.find_hashes(answer.text) if answer.is_page else ((), ())
    for name, value in build_security_headers(*held).items():
        assert answer.headers[name.lower()] == value or name == "Cache-Control"


@pytest.mark.parametrize("path", PAGES)
def test_a_public_page_reads_no_table_and_needs_no_session(path: str) -> None:
    answer = Client().get(path)

    assert answer.status == 200
    assert PAGES[path] in html.unescape(answer.text)
    assert '<html lang="fr">' in answer.text
    assert_has_security_headers(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert Client().send("HEAD", path).status == 200
    assert bool(answer.cookies) is (path == "/retrait")


def test_the_policy_allows_what_the_pages_load() -> None:
    """No inline script, no style that is not ours, nothing from elsewhere, but the storage for what our scripts fetch."""
    for path in PAGES:
        answer = Client().get(path)
        page, policy = answer.text, answer.headers["content-security-policy"]
        styles = re.search("style-src ([^;]+);", policy)
        assert "unsafe" not in policy and styles
        assert "connect-src 'self' http://127.0.0.1:4566" in policy
        assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
        assert not re.search(r"<(script|img|iframe)[^>]+(src|href)=[\"'](?!/static/)", page)
        assert not re.search(r"<link[^>]+href=[\"'](?!data:image/svg\+xml,)", page)
        assert not re.search(r"\sstyle=|\son\w+=|<script(?![^>]+src=)", page)
        hashes = {_hash(style) for style in re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)}
        assert hashes and hashes == set(styles[1].split()), "no sheet is allowed that the page does not hold"


def _hash(text: str) -> str:
    """Return the source of a text as a security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("path", ["/sante", "/static/0/agent.js", "/depots/0"])
def test_answers_that_are_no_pages_allow_no_style(path: str) -> None:
    assert "script-src 'self'; style-src 'none';" in Client().get(path).headers["content-security-policy"]


def test_the_health_endpoint_reveals_nothing_else() -> None:
    assert Client().get("/sante").json == {"etat": "degraded", "preuve": None}


def test_a_browser_keeps_its_nonce(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload after a lost answer must not make another browser of it."""
    client = Client()
    first = client.get("/retrait")
    kept = client.cookies[NONCE_COOKIE]
    second = client.get("/retrait/whatever")

    assert client.cookies[NONCE_COOKIE] == kept
    assert first.cookies == second.cookies
    assert first.cookies[0].endswith("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=259200")
    assert Client().get("/retrait").cookies != first.cookies


def test_a_malformed_browser_nonce_is_replaced() -> None:
    for forged in ("", "a b", "é", "x" * 300, 'a"b'):
        client = Client({NONCE_COOKIE: forged})
        client.get("/retrait")

        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", client.cookies[NONCE_COOKIE])


@pytest.mark.parametrize("name", sorted(statics.read_files(".js")))
def test_a_static_file_is_kept_for_ever_under_its_present_address_only(name: str) -> None:
    now = Client().get(statics.build_asset_path(name))
    before = Client().get(f"/static/000000000000/{name}")

    assert (now.status, before.status) == (200, 200)
    assert now.text == before.text == (statics.STATIC / name).read_text()
    assert now.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert before.headers["cache-control"] == "no-cache"
    assert now.headers["content-type"] == "text/javascript; charset=utf-8"
    assert_has_security_headers(now)
    assert Client().send("HEAD", statics.build_asset_path(name)).status == 200


UNKNOWN_FILES = [
    "nothing.js",
    "app.css",
    "..%2F..%2Fapp.py",
    "%2Fetc%2Fpasswd",
    "agent.js%00",
    "AGENT.JS",
    "%FF",
    "a" * 5000,
]


@pytest.mark.parametrize("name", UNKNOWN_FILES, ids=[name[:20] for name in UNKNOWN_FILES])
def test_an_unknown_file_is_not_found_and_not_kept(name: str) -> None:
    for digest in (statics.compute_digest(), "x"):
        answer = Client().get(f"/static/{digest}/{name}")

        assert answer.status == 404
        assert "Page introuvable" in html.unescape(answer.text)
        assert answer.headers["cache-control"] == "no-store"
        assert name not in answer.text
