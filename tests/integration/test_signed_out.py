"""Who is not signed in: her form is handed back as it was typed, and the page that she asked for opens once she is."""

import html
import re
import secrets
from urllib.parse import urlencode

import pytest

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from chalicelib.web.kit.http import MOST_BYTES
from tests.conftest import Clock
from tests.support import factories, people, sign_in
from tests.support.http import Answer, Client, signed_in
from tests.support.offers import TYPED
from tests.support.worlds import World

HOSTILE = "\"><script>alert(1)</script>\r\n'é &amp; <b>"
NOT_SAVED = "Ce que vous venez d’envoyer n’a pas été enregistré"


@pytest.fixture
def buyer(world: World) -> Account:
    """A buyer with an account."""
    account = factories.account(Role.BUYER)
    people.stand(account)
    return account


def handed_back_fields(answer: Answer) -> dict[str, str]:
    """The hidden fields of the page, by name: those that the form sends again."""
    matches = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
    return {html.unescape(name): html.unescape(value) for name, value in matches}


def test_a_form_typed_while_signed_out_is_handed_back_after_sign_in(
    buyer: Account, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    client, key = signed_in(buyer), secrets.token_hex(16)
    time.passes(minutes=121)
    typed = TYPED | {"cle": key}

    answer = client.post_form("/offres/nouvelle", typed)

    assert answer.status == 401 and answer.is_page
    assert handed_back_fields(answer) == typed
    assert '<form method="post" action="/offres/nouvelle">' in answer.text
    assert '<a class="btn b2" href="/connexion" target="_blank" rel="noopener">' in answer.text
    assert "Rien n’a encore été enregistré" in answer.text and "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert not any(value in capsys.readouterr().out for value in typed.values() if len(value) > 3)
    again = signed_in(buyer).post_form("/offres/nouvelle", handed_back_fields(answer))
    assert (again.status, again.headers["location"]) == (303, f"/parcours/{key}?fait=declaree")
    assert parcours_table.read_parcours(key).company.name == TYPED["entreprise"]


def test_a_handed_back_form_runs_no_markup(world: World) -> None:
    typed = {"note": HOSTILE, f"x{HOSTILE}": "1", "vide": ""}

    answer = Client().post_form("/offres/nouvelle", typed)

    assert handed_back_fields(answer) == typed
    assert "<script" not in answer.text and "<b>" not in answer.text


def test_the_form_handed_back_posts_to_the_same_path_without_its_query(world: World) -> None:
    answer = Client().post_form("/parcours/a%22b%2F%3Cc/fin?next=//evil.example", {"fin": "x"})

    assert answer.status == 401
    assert '<form method="post" action="/parcours/a%22b%2F%3Cc/fin">' in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
def test_what_another_site_sends_is_not_laid_out_to_be_sent_again(world: World, origin: str | None) -> None:
    answer = Client().post_form("/offres/nouvelle", {"objet": "chosen"}, origin=origin)

    assert answer.status == 401 and NOT_SAVED in answer.text
    assert not handed_back_fields(answer) and "<form" not in answer.text and "chosen" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"objet=%FF",
        b"objet=\xff",
        urlencode({"objet": "a" * MOST_BYTES}),
        "&".join(f"n{n}=a" for n in range(101)),
    ],
    ids=["no UTF-8", "no text", "too long", "too many"],
)
def test_a_form_that_cannot_be_handed_back_is_said_not_to_be_saved(world: World, body: str | bytes) -> None:
    answer = Client().post_form("/offres/nouvelle", body)

    assert answer.status == 401 and NOT_SAVED in answer.text and "<form" not in answer.text


def test_a_short_list_to_import_is_handed_back_as_it_was_sent(world: World) -> None:
    answer = Client().post_form("/import", {"fichier": "YQ"})

    assert answer.status == 401 and handed_back_fields(answer)["fichier"] == "YQ"


def test_pages_and_programs_are_promised_no_more_than_is_so(buyer: Account, time: Clock) -> None:
    client = signed_in(buyer)
    time.passes(minutes=121)

    page, script = client.get("/parcours"), client.post_json(f"/parcours/{'0' * 32}/depots", {})

    assert "Ce qui était enregistré est gardé" in page.text
    assert script.status == 401 and script.json["message"].startswith("Votre session a expiré. Ce qui était")
    assert "Rien n’est perdu" not in page.text + script.text


def signs_in(browser: Client, page: Answer, address: str) -> Answer:
    """Sign in from a page that asks for an address, each form sending what it holds; return what opens."""
    asked = browser.post_form("/connexion", handed_back_fields(page) | {"adresse": address})
    digits = browser.get(asked.headers["location"])
    return browser.post_form(
        "/connexion/code", handed_back_fields(digits) | {"code": sign_in.derive_code(browser)}
    )


def test_the_page_of_a_mail_opens_once_its_reader_is_signed_in(buyer: Account) -> None:
    """A visitor without a session is asked to sign in: no session of hers has ended."""
    browser, page = Client(), f"/parcours/{'0' * 32}/collegue"

    asked = browser.get(f"{page}?fait=note")

    assert asked.status == 401 and asked.is_page
    assert "<h1>Se connecter</h1>" in asked.text and "session" not in asked.text
    wrong = browser.post_form("/connexion", handed_back_fields(asked) | {"adresse": "@"})
    assert (wrong.status, handed_back_fields(wrong)) == (422, {"vers": page})
    browser.post_form("/connexion", {"adresse": buyer.address})
    digits = browser.post_form("/connexion/code", {"code": sign_in.wrong_code(browser), "vers": page})
    assert (digits.status, handed_back_fields(digits)) == (410, {"vers": page})
    assert f'href="/connexion?vers={page}"' in digits.text, "another code leads there too"
    assert handed_back_fields(browser.get(f"/connexion?vers={page}")) == {"vers": page}
    opened = signs_in(browser, asked, buyer.address)
    assert (opened.status, opened.headers["location"]) == (303, page)


def test_an_ended_session_is_announced_and_its_page_opens_after_sign_in(buyer: Account, time: Clock) -> None:
    browser = signed_in(buyer)
    time.passes(minutes=121)

    ended = browser.get("/import")

    assert "<h1>Votre session est terminée</h1>" in ended.text and "Votre session a expiré." in ended.text
    assert signs_in(browser, ended, buyer.address).headers["location"] == "/import"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil",
        "javascript:alert(1)", "data:text/html,x", "evil.example", "/%2fevil.example", "/%5cevil.example", "/..//evil",
        "/parcours/../x", "/parcours?fait=note", "/parcours#x", "/@evil.example", "/parcours\r\nSet-Cookie:a=b", "/parcours\n",
        "/ evil", "/\tevil", "\u2215evil", "/.evil.example", "/evil.example", "/" + "a" * 65, "/a/b/c/d/e", "/", "/PARCOURS",
        "/parcours/\"><script>", "/parcours\0",
    ],
)  # fmt: skip
def test_a_sign_in_leads_to_a_page_of_ours_and_nowhere_else(buyer: Account, target: str) -> None:
    browser, asked = Client(), {"adresse": buyer.address, "vers": target}

    page = browser.get(f"/connexion?{urlencode({'vers': target})}")
    answers = [browser.post_form("/connexion", asked)]
    digits = browser.get(f"/connexion/code?{urlencode({'vers': target})}")
    typed = {"code": sign_in.derive_code(browser), "vers": target}
    answers.append(browser.post_form("/connexion/code", typed))

    assert not handed_back_fields(page) and not handed_back_fields(digits)
    assert [answer.headers["location"] for answer in answers] == ["/connexion/code", "/parcours"]
