"""Signing in with ProConnect, against a provider that is honest until one thing about it is changed."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib import config
from chalicelib.domain.accounts.identities import BEGUN_LIFE
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import provider as store
from chalicelib.stores import relay_table
from chalicelib.web.kit.http import IDENTITY_COOKIE, SESSION_COOKIE
from tests.conftest import Clock
from tests.integration.test_audit import hearing_writes
from tests.support import factories, mail_rules, people, woken
from tests.support import sign_in as codes
from tests.support.authenticator import Authenticator, adds_passkey, signs_in_by_passkey
from tests.support.http import Client, functions_answer, signed_in
from tests.support.provider import (
    ACCESS_TOKEN,
    CLIENT_ID,
    KEY,
    SOMEBODY,
    Claims,
    FakeProvider,
    Key,
    Reply,
    come_back,
    encode,
    find_way_out,
    leave,
    provider_running,
    sign_in,
    unsigned,
)
from tests.support.worlds import BASE_URL, World
from tests.support.writing import change_record

OTHER = Key("other")
TAKEN = {
    *(
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "claims",
        "state",
        "nonce",
        "prompt",
        "idp_hint",
    ),
    *("login_hint", "acr_values", "code_challenge", "code_challenge_method"),
}
"""What ProConnect's « authorize » takes: anything else it refuses (Y000400)."""
INVALID, ELSEWHERE, DOWN = "identity_invalid", "identity_elsewhere", "provider_down"
SAYS = {
    INVALID: (403, "ProConnect ne vous a pas identifié"),
    ELSEWHERE: (403, "Ce retour de ProConnect n’a pas servi"),
    DOWN: (503, "ProConnect ne répond pas"),
    "no_account": (403, "Aucun compte à cette adresse"),
    "identity_other": (409, "Ce compte est lié à une autre identité"),
}


@pytest.fixture
def provider(world: World, time: Clock) -> Iterator[FakeProvider]:
    """A provider with which the product signs in."""
    with functions_answer(), provider_running() as running:
        yield running


@pytest.fixture
def tutor(world: World, time: Clock) -> Account:
    """The account that is invited at the address that the provider says."""
    account = factories.account(address=SOMEBODY)
    people.stand(account)
    return account


def refuses(client: Client, answer: object, code: str) -> None:
    """Check that this refusal was answered, opened nothing and spent what had begun."""
    status, title = SAYS[code]
    assert (answer.status, title in answer.words) == (status, True), answer.words  # type: ignore[attr-defined]
    assert SESSION_COOKIE not in client.cookies
    assert IDENTITY_COOKIE not in client.cookies


def test_an_invited_person_is_linked_at_the_first_sign_in_and_known_by_the_subject_afterwards(
    world: World, time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    client = Client()
    assert "S’identifier avec ProConnect" in client.get("/connexion").words
    answer = sign_in(client, provider, vers="/compte")
    assert (answer.status, answer.headers["location"]) == (303, "/compte")
    assert ACCESS_TOKEN not in world.everything() + str(client.cookies)
    assert "lié à ProConnect depuis le" in client.get("/compte").words
    assert people.send_waiting_mails(world) == [f"{SOMEBODY}: Votre compte est lié à ProConnect"]

    provider.said |= {"email": "claire.autre@ailleurs.example", "siret": "13002526500021"}
    again = Client()
    assert sign_in(again, provider).headers["location"] == "/parcours"
    stored = people.read_account(tutor)
    assert (stored.address, stored.name) == (tutor.address, tutor.name)
    assert people.send_waiting_mails(world) == [f"{SOMEBODY}: Votre compte est lié à ProConnect"]
    team = factories.account(Role.TEAM)
    people.stand(team)
    shown = signed_in(team).get(f"/comptes/{tutor.id}").words
    assert "ProConnect donne : Claire Dumont, claire.autre@ailleurs.example , SIRET 13002526500021" in shown


def test_the_request_says_what_proconnect_wants_and_each_of_its_values_is_of_its_own(
    tutor: Account, provider: FakeProvider
) -> None:
    asked = dict(parse_qsl(urlsplit(leave(Client())).query))
    assert asked["scope"] == "openid given_name usual_name email siret"
    assert asked["redirect_uri"] == f"{BASE_URL}/connexion/proconnect/retour"
    assert {"acr_values": "eidas1", "code_challenge_method": "S256"}.items() <= asked.items()
    assert asked.keys() <= TAKEN
    drawn = [asked["state"], asked["nonce"], asked["code_challenge"]]
    assert len({*drawn}) == 3 and all(len(value) == 43 for value in drawn)


def test_signing_out_ends_the_session_here_then_at_proconnect(tutor: Account, provider: FakeProvider) -> None:
    client = Client()
    sign_in(client, provider)
    answer = client.post_form("/deconnexion", {})
    way_out = urlsplit(find_way_out(answer))
    asked = dict(parse_qsl(way_out.query))
    assert f"{way_out.scheme}://{way_out.netloc}{way_out.path}" == f"{provider.issuer}/session/end"
    assert asked["post_logout_redirect_uri"] == f"{BASE_URL}/connexion" and len(asked["state"]) == 43
    assert asked["id_token_hint"].count(".") == 2
    assert SESSION_COOKIE not in client.cookies and client.get("/parcours").status == 401
    assert "cache" in answer.headers["clear-site-data"]


def with_passkey(account: Account) -> tuple[Account, Authenticator]:
    """Return the account with a passkey, and the device that has it."""
    device = Authenticator(account.id)
    assert adds_passkey(signed_in(account), device).status == 200
    return people.read_account(account), device


def owing(account: Account, time: Clock) -> tuple[Account, Authenticator]:
    """Return a coordinator's account that owes a passkey since a moment, and a device that has none of it."""
    asked_at = time.now - timedelta(days=config.settings().passkey_grace_days)
    owes = replace(account, roles=frozenset({Role.COORDINATOR}), academie="lille", passkey_asked_at=asked_at)
    change_record(people.read_account(account), owes)
    return owes, Authenticator(account.id)


def test_a_first_sign_in_links_and_opens_in_one_write(tutor: Account, provider: FakeProvider) -> None:
    """Else a passkey that comes between the two would find the session open."""
    with hearing_writes() as heard:
        sign_in(Client(), provider)

    written = [str(params) for params in heard]
    assert sum("identity#" in params and "session#" in params for params in written) == 1
    assert not any("identity#" in params and "session#" not in params for params in written)


@pytest.mark.parametrize("has_one", [True, False])
def test_where_a_passkey_is_wanted_proconnect_opens_no_session_and_links_nothing(
    has_one: bool, world: World, time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    account, device = with_passkey(tutor) if has_one else owing(tutor, time)
    client = Client()
    answer = sign_in(client, provider, vers="/compte")
    assert (answer.status, answer.headers["location"]) == (303, "/connexion/cle?vers=/compte")
    assert SESSION_COOKIE not in client.cookies and IDENTITY_COOKIE not in client.cookies
    assert client.get("/parcours").status == 401
    assert people.read_account(account).identity is None
    assert signs_in_by_passkey(client, device).status == (200 if has_one else 403)
    assert client.get("/parcours").status == (200 if has_one else 401)


def test_nothing_says_that_proconnect_opens_or_links_an_account_with_a_passkey(
    world: World, time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    """Who was linked before, then added a passkey."""
    sign_in(Client(), provider)
    account, device = with_passkey(people.read_account(tutor))
    team, client = factories.account(Role.TEAM), Client()
    people.stand(team)
    assert signs_in_by_passkey(client, device).status == 200
    manager, here = signed_in(team), f"/comptes/{account.id}"

    own, managed = client.get("/compte").words, manager.get(here).words
    unlinked = manager.post_form(f"{here}/proconnect", {}).headers["location"]
    people.send_waiting_mails(world)

    assert "lié à ProConnect depuis le" in own and "identifier pour entrer" not in own
    for said in (managed, manager.get(unlinked).words, mail_rules.one_line(world.mails()[-1])):
        assert "ProConnect" in said
        assert not re.search("li(e|era|é) de nouveau", said)
    sign_in(Client(), provider)
    assert people.read_account(account).identity is None


def test_before_a_passkey_is_owed_proconnect_opens_a_session_and_its_grace_begins(
    world: World, time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    change_record(
        people.read_account(tutor), replace(tutor, roles=frozenset({Role.COORDINATOR}), academie="lille")
    )
    assert sign_in(Client(), provider).headers["location"] == "/parcours"
    assert people.read_account(tutor).passkey_asked_at is not None
    time.passes(days=config.settings().passkey_grace_days)
    assert sign_in(Client(), provider).headers["location"] == "/connexion/cle"


def test_proconnect_proves_no_more_than_a_mailed_code(
    time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    client = Client()
    sign_in(client, provider)
    session = relay_table.read_session(hash_text(client.cookies[SESSION_COOKIE]))
    assert session is not None and session.proved_at is None


def test_a_secret_that_proconnect_refuses_wakes_someone_and_blames_nobody(
    tutor: Account,
    provider: FakeProvider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = Client()
    query = provider.authorize(leave(client))
    body = b'{"error": "invalid_client"}'
    answers("/token", status=401, body=body)(provider)
    refuses(client, come_back(client, query), DOWN)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "ClientRefused" in [
        line.get("error_type") for line in lines
    ]  # it ends identify, which IdentifyErrors counts


def test_a_provider_that_takes_no_challenge_is_sent_none(tutor: Account, provider: FakeProvider) -> None:
    def change(reply: Reply) -> None:
        reply.body = json.dumps(json.loads(reply.body) | {"code_challenge_methods_supported": None}).encode()

    provider.spoil["/.well-known/openid-configuration"] = change
    client = Client()
    address = leave(client)
    assert "code_challenge" not in address
    assert come_back(client, provider.authorize(address)).status == 303


def test_one_network_asks_proconnect_so_often_in_an_hour_and_others_go_on(
    world: World, time: Clock, tutor: Account
) -> None:
    with functions_answer(), provider_running(SOURCE_CODES_PER_HOUR="20") as provider:
        here, elsewhere = Client(), Client(source="203.0.113.9")
        query = [provider.authorize(leave(here)) for _ in range(20)][-1]
        over = here.post_form("/connexion/proconnect", {})
        assert (over.status, "Recommencez dans une heure" in over.words) == (429, True)
        assert "code" not in over.words, "a stage may have none"
        assert come_back(here, query).status == 429
        assert sign_in(elsewhere, provider).status == 303
        time.passes(hours=1)
        assert sign_in(here, provider).status == 303


def hs256(claims: Claims) -> str:
    """Sign by HS256 with the public key as the secret, which whoever reads the keys can do."""
    signed = unsigned({"alg": "HS256", "kid": KEY.kid}, claims)
    public = json.dumps(KEY.jwk()).encode()
    return f"{signed}.{encode(hmac.digest(public, signed.encode(), hashlib.sha256))}"


def spoils(**changes: object) -> Callable[[FakeProvider], None]:
    """Change these claims of the id token; None removes one."""

    def change(claims: Claims) -> None:
        for name, value in changes.items():
            if value is None:
                claims.pop(name)
            elif callable(value):
                claims[name] = value(claims[name])
            else:
                claims[name] = value

    return lambda provider: setattr(provider, "change_id", change)


def spoils_said(**changes: object) -> Callable[[FakeProvider], None]:
    """Change these claims of the userinfo."""
    return lambda provider: setattr(provider, "change_said", lambda claims: claims.update(changes))


def signs_id(sign: Callable[[Claims], str]) -> Callable[[FakeProvider], None]:
    """Sign the id token in this way."""
    return lambda provider: setattr(provider, "sign_id", sign)


def signs_said(sign: Callable[[Claims], str]) -> Callable[[FakeProvider], None]:
    """Sign the userinfo in this way."""
    return lambda provider: setattr(provider, "sign_said", sign)


def answers(path: str, **changes: object) -> Callable[[FakeProvider], None]:
    """Answer so at this path."""

    def change(reply: Reply) -> None:
        for name, value in changes.items():
            setattr(reply, name, value)

    return lambda provider: provider.spoil.update({path: change})


def none(claims: Claims) -> str:
    """Sign by no algorithm."""
    return unsigned({"alg": "none", "kid": KEY.kid}, claims) + "."


ATTACKS: dict[str, tuple[Callable[[FakeProvider], None], str]] = {
    "another issuer": (spoils(iss="https://autre.example"), INVALID),
    "an issuer with a slash more": (spoils(iss=lambda issuer: issuer + "/"), INVALID),
    "another audience": (spoils(aud="autre"), INVALID),
    "a second audience": (spoils(aud=[CLIENT_ID, "autre"]), INVALID),
    "another party": (spoils(azp="autre"), INVALID),
    "another nonce": (spoils(nonce="a" * 43), INVALID),
    "no nonce": (spoils(nonce=None), INVALID),
    "expired": (spoils(exp=lambda end: end - 300), INVALID),
    "no end": (spoils(exp=None), INVALID),
    "an end that is no number": (spoils(exp="demain"), INVALID),
    "an end beyond every calendar": (spoils(exp=1e300), INVALID),
    "of the future": (spoils(iat=lambda at: at + 300), INVALID),
    "of yesterday": (spoils(iat=lambda at: at - 86_400), INVALID),
    "not valid yet": (spoils(nbf=4_000_000_000), INVALID),
    "a lower level": (spoils(acr="eidas0"), INVALID),
    "no level": (spoils(acr=None), INVALID),
    "no subject": (spoils(sub=""), INVALID),
    "algorithm none": (signs_id(none), INVALID),
    "HS256 by the public key": (signs_id(hs256), INVALID),
    "a key that the provider does not show": (signs_id(OTHER.sign), INVALID),
    "the name of its key by another key": (signs_id(Key(KEY.kid, OTHER.private).sign), INVALID),
    "no token": (signs_id(lambda _: "rien"), INVALID),
    "claims that are no object": (signs_id(lambda _: KEY.sign([1])), INVALID),  # type: ignore[arg-type]
    "unsigned userinfo": (signs_said(none), INVALID),
    "userinfo as plain JSON": (answers("/userinfo", kind="application/json", body=b'{"sub": "sub-1"}'), DOWN),
    "userinfo by another key": (signs_said(OTHER.sign), INVALID),
    "userinfo of another subject": (spoils_said(sub="sub-2"), INVALID),
    "userinfo of another issuer": (spoils_said(iss="https://autre.example"), INVALID),
    "userinfo for another audience": (spoils_said(aud="autre"), INVALID),
    "userinfo that is over": (spoils_said(exp=1_000_000_000), INVALID),
    "userinfo without an address": (spoils_said(email="pas une adresse"), INVALID),
    "an address that nobody verified": (spoils_said(email_verified=False), INVALID),
    "an address that is a list": (spoils_said(email=[SOMEBODY]), INVALID),
    "no keys": (lambda provider: setattr(provider, "shown", []), INVALID),
    "keys that are no keys": (lambda provider: setattr(provider, "shown", [1, {"kty": "RSA", "kid": "first", "n": 1}]), INVALID),
    "a key for something else": (lambda provider: setattr(provider, "shown", [KEY.jwk() | {"use": "enc"}]), INVALID),
    "the code is refused": (lambda provider: provider.codes.clear(), INVALID),
    "tokens are garbage": (answers("/token", body=b"\xff\x00"), DOWN),
    "tokens are missing": (answers("/token", body=b"{}"), DOWN),
    "tokens are a list": (answers("/token", body=b"[]"), DOWN),
    "tokens nest without end": (answers("/token", body=b"[" * 90_000), DOWN),
    "tokens of another kind": (answers("/token", kind="text/html"), DOWN),
    "a refusal without a reason": (answers("/token", status=400, body=b"{}"), DOWN),
    "the provider fails": (answers("/token", status=500), DOWN),
    "the provider sends elsewhere": (answers("/token", status=307, headers={"Location": "/elsewhere"}), DOWN),
    "the answer is huge": (answers("/userinfo", body=b"a" * 300_000), DOWN),
    "the answer is packed": (answers("/token", body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), DOWN),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_answer_of_the_provider_that_does_not_hold_signs_nobody_in(
    attack: str, tutor: Account, provider: FakeProvider
) -> None:
    spoil, code = ATTACKS[attack]
    client = Client()
    query = provider.authorize(leave(client))
    spoil(provider)
    refuses(client, come_back(client, query), code)
    assert people.read_account(tutor).identity is None


@pytest.mark.parametrize(
    ("attack", "red"),
    [
        ("another nonce", {"StrangeIdentities"}),
        ("algorithm none", {"StrangeIdentities"}),
        ("an address that nobody verified", {"StrangeIdentities"}),
        ("the code is refused", set()),
        ("userinfo without an address", set()),
        ("the provider fails", set()),
    ],
)
def test_an_identity_that_does_not_hold_wakes_somebody_and_a_person_without_one_does_not(
    attack: str, red: set[str], tutor: Account, provider: FakeProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Client()
    query = provider.authorize(leave(client))
    spoil, code = ATTACKS[attack]
    spoil(provider)
    capsys.readouterr()
    refuses(client, come_back(client, query), code)
    assert woken.woken_by(capsys.readouterr().out, "IdentifyLogs") == red


def test_an_answer_that_drips_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tutor: Account, provider: FakeProvider
) -> None:
    monkeypatch.setattr(store, "WHOLE_SECONDS", 0.3)
    client = Client()
    query = provider.authorize(leave(client))
    answers("/token", chunks=10)(provider)
    refuses(client, come_back(client, query), DOWN)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://autre.example"},
        {"token_endpoint": "https://autre.example/token"},
        {"authorization_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": None},
    ],
)
def test_a_discovery_document_of_another_place_leads_nowhere(
    said: Claims, tutor: Account, provider: FakeProvider
) -> None:
    def change(reply: Reply) -> None:
        reply.body = json.dumps(json.loads(reply.body) | said).encode()

    provider.spoil["/.well-known/openid-configuration"] = change
    answer = Client().post_form("/connexion/proconnect", {})
    assert (answer.status, "ProConnect ne répond pas" in answer.words) == (503, True)


def test_a_provider_that_is_away_is_said_and_the_code_stays(
    tutor: Account, world: World, time: Clock
) -> None:
    with functions_answer(), provider_running() as provider:
        provider.spoil["/.well-known/openid-configuration"] = lambda reply: setattr(reply, "status", 503)
        answer = Client().post_form("/connexion/proconnect", {})
        assert (answer.status, "ProConnect ne répond pas" in answer.words) == (503, True)
        assert "Recevoir le code" in Client().get("/connexion").words


def test_what_comes_back_counts_once_in_the_browser_that_left(tutor: Account, provider: FakeProvider) -> None:
    victim, thief = Client(), Client()
    query = provider.authorize(leave(victim))
    refuses(thief, come_back(thief, query), ELSEWHERE)  # no cookie

    leave(thief)
    refuses(thief, come_back(thief, query), ELSEWHERE)  # another's state: login CSRF

    leave(thief)
    state = query.partition("&state=")[2]
    mixed = provider.authorize(leave(thief)).partition("&state=")[0]
    refuses(thief, come_back(thief, f"{mixed}&state={state}"), ELSEWHERE)

    assert come_back(victim, query).status == 303
    refuses(Client(), come_back(Client(), query), ELSEWHERE)
    kept = Client({**victim.cookies})
    kept.cookies.pop(SESSION_COOKIE)
    refuses(kept, come_back(kept, query), ELSEWHERE)  # the cookie served once


def test_a_code_that_was_used_signs_nobody_in_even_with_its_cookie(
    tutor: Account, provider: FakeProvider
) -> None:
    client = Client()
    query = provider.authorize(leave(client))
    copy = Client({**client.cookies})
    assert come_back(client, query).status == 303
    refuses(copy, come_back(copy, query), INVALID)


def test_a_code_of_another_sign_in_fails_by_its_verifier(tutor: Account, provider: FakeProvider) -> None:
    thief, victim = Client(), Client()
    stolen = provider.authorize(leave(victim)).partition("&")[0]
    own = provider.authorize(leave(thief)).partition("&")[2]
    refuses(thief, come_back(thief, f"{stolen}&{own}"), INVALID)


@pytest.mark.parametrize("query", ["error=access_denied", "", "code=", "code=" + "a" * 2_001])
def test_who_gives_up_at_the_provider_is_told_so(query: str, tutor: Account, provider: FakeProvider) -> None:
    client = Client()
    state = provider.authorize(leave(client)).partition("&")[2]
    refuses(client, come_back(client, f"{query}&{state}"), INVALID)


@pytest.mark.parametrize(
    ("path", "opens"), [("/" + "a" * 64 + "/" + "b" * 51, True), ("/" + "a" * 64 + "/" + "b" * 52, False)]
)
def test_a_page_that_no_cookie_holds_is_not_gone_back_to(
    path: str, opens: bool, tutor: Account, provider: FakeProvider
) -> None:
    assert sign_in(Client(), provider, vers=path).headers["location"] == (path if opens else "/parcours")


@pytest.mark.parametrize(
    "path", ["//autre.example", "https://autre.example", "/\\autre.example", "/a?b", "javascript:x", "/../x"]
)
def test_nothing_leads_to_another_site_after_a_sign_in(
    path: str, tutor: Account, provider: FakeProvider
) -> None:
    client = Client()
    assert sign_in(client, provider, vers=path).headers["location"] == "/parcours"
    client = Client()
    address = leave(client)
    kept = client.cookies[IDENTITY_COOKIE]
    client.cookies[IDENTITY_COOKIE] = kept[:43] + encode(path.encode())
    refuses(
        client, come_back(client, provider.authorize(address)), ELSEWHERE
    )  # the state is of the whole cookie


def test_keys_are_turned_over_and_asked_for_once_a_minute(
    time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    sign_in(Client(), provider)
    provider.keys = [OTHER]
    client = Client()
    refuses(client, sign_in(client, provider), INVALID)  # asked for less than a minute ago
    assert provider.asked.count("/jwks") == 1
    time.passes(seconds=61)
    assert sign_in(Client(), provider).status == 303
    assert provider.asked.count("/jwks") == 2

    provider.sign_id = KEY.sign  # withdrawn: known for ten minutes at most, and not at all once read again
    client = Client()
    refuses(client, sign_in(client, provider), INVALID)


def test_a_withdrawn_key_counts_ten_minutes_at_most(
    time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    sign_in(Client(), provider)
    provider.shown = [OTHER.jwk()]
    time.passes(minutes=11)
    client = Client()
    refuses(client, sign_in(client, provider), INVALID)


def test_a_browser_that_takes_longer_than_ten_minutes_begins_anew(
    time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    client = Client()
    query = provider.authorize(leave(client))
    assert f"Max-Age={int(BEGUN_LIFE.total_seconds())}" in str(
        Client().post_form("/connexion/proconnect", {}).cookies
    )
    client.cookies.pop(IDENTITY_COOKIE)  # as browsers do then
    refuses(client, come_back(client, query), ELSEWHERE)


@pytest.mark.parametrize("address", ["inconnue@academie.example", "claire.dumont+x@academie.example"])
def test_nobody_without_an_invitation_at_that_very_address_gets_in(
    address: str, tutor: Account, provider: FakeProvider
) -> None:
    provider.said["email"] = address
    client = Client()
    refuses(client, sign_in(client, provider), "no_account")


def test_the_case_of_an_address_does_not_count(tutor: Account, provider: FakeProvider) -> None:
    provider.said["email"] = SOMEBODY.upper()
    assert sign_in(Client(), provider).status == 303


def test_a_closed_account_admits_nobody_and_gives_its_identity_back(
    world: World, time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    sign_in(Client(), provider)
    team = factories.account(Role.TEAM)
    people.stand(team)
    signed_in(team).post_form(f"/comptes/{tutor.id}/fermeture", {})
    client = Client()
    refuses(client, sign_in(client, provider), "no_account")
    assert not [item for item in world.table("PARCOURS_TABLE") if str(item["pk"]).startswith("identity#")]

    signed_in(team).post_form(f"/comptes/{tutor.id}/reouverture", {})
    assert sign_in(Client(), provider).status == 303


def test_another_identity_at_the_same_address_does_not_enter_until_the_first_is_let_go(
    world: World, time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    sign_in(Client(), provider)
    provider.said["sub"] = "sub-2"
    client = Client()
    refuses(client, sign_in(client, provider), "identity_other")

    team = factories.account(Role.TEAM)
    people.stand(team)
    unlinking = signed_in(team)
    time.passes(minutes=15)
    stale = unlinking.post_form(f"/comptes/{tutor.id}/proconnect", {})
    assert (stale.status, "Confirmez que c’est vous" in stale.words) == (403, True)
    assert people.read_account(tutor).identity is not None
    open_one = Client()
    provider.said["sub"] = "sub-1"
    sign_in(open_one, provider)
    assert signed_in(team).post_form(f"/comptes/{tutor.id}/proconnect", {}).status == 303
    assert open_one.get("/parcours").status == 401
    assert people.send_waiting_mails(world)[-1] == f"{SOMEBODY}: Votre compte n’est plus lié à ProConnect"
    provider.said["sub"] = "sub-2"
    assert sign_in(Client(), provider).status == 303
    provider.said["sub"] = "sub-1"
    refuses(client, sign_in(client, provider), "identity_other")


def test_an_identity_that_takes_the_address_of_a_second_account_stays_in_its_own(
    time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    second = factories.account(address="second@academie.example")
    people.stand(second)
    sign_in(Client(), provider)
    provider.said["email"] = second.address
    client = Client()
    sign_in(client, provider)
    assert tutor.address in client.get("/compte").words
    assert people.read_account(second).identity is None


def test_a_sign_in_ends_the_session_that_the_browser_had(
    time: Clock, tutor: Account, provider: FakeProvider
) -> None:
    client = signed_in(tutor)
    former = Client({**client.cookies})
    sign_in(client, provider)
    assert (former.get("/parcours").status, client.get("/parcours").status) == (401, 200)


def test_an_account_whose_role_may_not_enter_by_code_is_mailed_none_and_opened_by_none(
    world: World, time: Clock, tutor: Account
) -> None:
    with functions_answer(), provider_running(MAIL_CODE_ROLES="tutor coordinator buyer"):
        client = Client()
        prescriber = factories.account(Role.PRESCRIBER, address="prescription@region.example")
        both = replace(
            prescriber,
            id="b" * 32,
            address="deux@region.example",
            roles=frozenset({Role.BUYER, Role.PRESCRIBER}),
        )
        people.stand(prescriber, both)
        for account in (prescriber, both):
            client.post_form("/connexion", {"adresse": account.address})
        client.post_form("/connexion", {"adresse": tutor.address})
        client.post_form("/connexion", {"adresse": both.address})
        entered = client.post_form("/connexion/code", {"code": codes.derive_code(client)})
        assert (entered.status, "Ce code n’est pas le bon" in entered.words) == (410, True)
        mails = people.send_waiting_mails(world)
        assert sorted(mails) == sorted(
            [
                f"{prescriber.address}: Identifiez-vous avec ProConnect",
                *[f"{both.address}: Identifiez-vous avec ProConnect"] * 2,
                f"{tutor.address}: Votre code de connexion à Passe-plat",
            ]
        )


def test_the_sign_in_page_offers_what_the_stage_has(world: World, time: Clock) -> None:
    assert "ProConnect" not in Client().get("/connexion").words
    assert Client().post_form("/connexion/proconnect", {}).status == 404
    with provider_running(MAIL_CODE_ROLES="none"):
        words = Client().get("/connexion").words
        assert "S’identifier avec ProConnect" in words and "Recevoir le code" not in words
