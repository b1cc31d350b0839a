"""Passkeys: what opens a session and what does not, who owes one, fresh sign-ins, and lost ones."""

import html
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.model import OperationModel

from chalicelib import clock, config
from chalicelib.domain.accounts import passkeys as decisions
from chalicelib.domain.kernel.people import Account, Passkey
from chalicelib.domain.kernel.transition import Entrance
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import aws, parcours_table
from chalicelib.stories.accounts import closing, managing
from chalicelib.web.kit.http import CHALLENGE_COOKIE, PASSKEY_COOKIE
from tests.conftest import Clock
from tests.support import factories, mail_rules, people, woken
from tests.support.authenticator import (
    PRESENT,
    VERIFIED,
    Authenticator,
    adds_passkey,
    signed_in_by_passkey,
    signs_in_by_passkey,
)
from tests.support.http import Answer, Client, signed_in
from tests.support.people import page_text
from tests.support.sign_in import asks_for_code, derive_code, types_code
from tests.support.worlds import World
from tests.support.writing import change_record

SOURCES = itertools.cycle(range(250))
"""Elsewhere each time, so that no quota of codes is used up."""
OFFERED = "Pour vous connecter sans code"
pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def tutor(world: World) -> Account:
    """A tutor without a passkey."""
    account = factories.account(name="Marie-Laure Estève")
    people.stand(account)
    return account


def has_session(browser: Client) -> bool:
    return browser.get("/parcours").status == 200


def enters_code(account: Account) -> Client:
    """Return a browser in which the right mailed code of this account was typed."""
    browser = Client(source=f"192.0.2.{next(SOURCES)}")
    asks_for_code(browser, account.address)
    assert types_code(browser, derive_code(browser)).status == 303
    return browser


def stored(account: Account) -> Account:
    read = parcours_table.read_account(account.id)
    assert read is not None
    return read


def waiting(world: World, entrance: Entrance) -> list[tuple[str, str | None]]:
    """Return to whom mails wait that say this of what opens an account, and about whom."""
    return [
        (str(item["account"]), item.get("about"))
        for item in world.table("RELAY_TABLE")
        if str(item["pk"]).startswith("mail#") and item.get("entrance") == entrance
    ]


def is_refused(answer: Answer) -> bool:
    return (answer.status, answer.json["code"]) == (403, "passkey_refused")


def test_a_passkey_signs_in_without_an_address_and_opens_the_page_that_was_asked_for(tutor: Account) -> None:
    _, device = signed_in_by_passkey(tutor)
    browser = Client()

    answer = signs_in_by_passkey(browser, device, vers="/compte")

    assert (answer.status, answer.json) == (200, {"vers": "/compte"})
    assert has_session(browser)
    assert PASSKEY_COOKIE not in browser.cookies
    assert signs_in_by_passkey(Client(), device, vers="https://ailleurs.example").json == {
        "vers": "/parcours"
    }


def test_past_the_quota_of_codes_a_passkey_enters_where_the_account_never_served(tutor: Account) -> None:
    _, device = signed_in_by_passkey(tutor)
    browser = Client()
    for _ in range(config.settings().codes_per_hour + 1):
        asks_for_code(browser, tutor.address)

    said = page_text(browser.get("/connexion/code"))

    assert signs_in_by_passkey(browser, device).status == 200
    assert "seul un navigateur" not in said and "entrez autrement" in said


def test_two_passkeys_each_sign_in_and_what_is_stored_says_when(tutor: Account, time: Clock) -> None:
    browser, first = signed_in_by_passkey(tutor)
    second = Authenticator(tutor.id, counter=7)
    assert adds_passkey(browser, second, "Téléphone").status == 200
    time.passes(days=1)

    assert [signs_in_by_passkey(Client(), device).status for device in (first, second)] == [200, 200]

    kept = stored(tutor).passkeys
    assert [passkey.name for passkey in kept] == ["Ordinateur du bureau", "Téléphone"]
    assert [passkey.counter for passkey in kept] == [0, 8]
    assert all(passkey.used_at is not None and passkey.used_at > passkey.created_at for passkey in kept)


def test_a_mailed_code_opens_no_session_of_an_account_with_a_passkey(tutor: Account) -> None:
    signed_in_by_passkey(tutor)

    thief = Client()
    asks_for_code(thief, tutor.address)
    answered = types_code(thief, derive_code(thief))

    assert (answered.status, answered.headers["location"]) == (303, "/connexion/cle")
    assert "Utilisez votre clé d’accès" in thief.get("/connexion/cle").text
    assert not has_session(thief)
    assert types_code(thief, derive_code(thief)).headers["location"] == "/connexion/cle"
    assert not has_session(thief)


def test_a_first_passkey_ends_every_session_and_opens_the_next(tutor: Account) -> None:
    elsewhere, here, device = enters_code(tutor), enters_code(tutor), Authenticator(tutor.id)
    assert has_session(elsewhere)

    assert adds_passkey(here, device).json == {"vers": "/connexion?fait=cle"}

    assert not has_session(here) and not has_session(elsewhere)
    added = page_text(here.get("/connexion?fait=cle"))
    assert "La clé d’accès est ajoutée" in added and "Recevoir le code" not in added
    assert not has_session(replace_passkeys(tutor, elsewhere)), "not even once it is gone"
    assert signs_in_by_passkey(here, device).status == 403


def test_the_mail_about_a_first_passkey_helps_the_person_whom_it_locks_out(
    tutor: Account, world: World
) -> None:
    """Whoever reads the mailbox has added it: the person has no passkey, and can open no page of the account."""
    thief, device = enters_code(tutor), Authenticator(tutor.id)
    adds_passkey(thief, device)

    people.send_waiting_mails(world)

    said = mail_rules.one_line(world.mails()[-1])
    assert "Appelez une personne de l’équipe, et écrivez à l’aide." in said
    assert (
        not has_session(enters_code(tutor))
        and said.count("Mon compte") == said.count("Si vous entrez encore") == 1
    )


def test_a_sign_in_that_a_first_passkey_overtakes_opens_nothing(tutor: Account, time: Clock) -> None:
    """Whoever reads the mailbox would come to the list of passkeys: the sign-in is decided anew."""
    enters_code(tutor)
    time.passes(minutes=1)
    late, passkey = (
        Client(source="203.0.113.9"),
        Passkey(id="id", public_key="key", name="Bureau", created_at=time.now),
    )
    asks_for_code(late, tutor.address)
    code = derive_code(late)

    added: list[Passkey] = []

    def add_once(*, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        if model.name == "TransactWriteItems" and "session#" in str(params) and not added:
            added.append(passkey)
            before = stored(tutor)
            change_record(before, replace(before, passkeys=(passkey,), signed_out_at=clock.utc_now()))

    events = aws.dynamodb().meta.events
    events.register("before-parameter-build.dynamodb", add_once)
    try:
        answer = types_code(late, code)
    finally:
        events.unregister("before-parameter-build.dynamodb", add_once)

    assert added and answer.headers["location"].startswith("/connexion/cle")
    assert late.get("/compte").status == 401


def replace_passkeys(account: Account, browser: Client) -> Client:
    """Remove every passkey of an account, as nobody can; return the browser."""
    change_record(stored(account), replace(stored(account), passkeys=()))
    return browser


def test_a_further_passkey_ends_no_session(tutor: Account) -> None:
    browser, _ = signed_in_by_passkey(tutor)

    assert adds_passkey(browser, Authenticator(tutor.id)).json == {"vers": "/compte?fait=cle-ajoutee"}

    assert has_session(browser)


FORGED: dict[str, Callable[[Authenticator], Authenticator]] = {
    "of another origin": lambda device: replace(device, origin="https://passe-plat.example.evil"),
    "of another site": lambda device: replace(device, site="evil.example"),
    "without its person": lambda device: replace(device, flags=PRESENT),
    "without a gesture": lambda device: replace(device, flags=VERIFIED),
    "with another key": lambda device: Authenticator(device.account, device.identifier),
    "with another id": lambda device: Authenticator(device.account, key=device.key),
    "for nobody": lambda device: replace(device, account="nobody"),
}


@pytest.mark.parametrize("forged", FORGED)
def test_an_answer_that_is_forged_opens_nothing(
    forged: str, tutor: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    _, device = signed_in_by_passkey(tutor)
    browser = Client()
    capsys.readouterr()

    assert is_refused(signs_in_by_passkey(browser, FORGED[forged](device)))

    assert not has_session(browser)
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert "passkey_refused" in events


def test_a_passkey_of_another_account_opens_nothing(tutor: Account) -> None:
    other = factories.account(name="Wassila Ferrand")
    people.stand(other)
    _, hers = signed_in_by_passkey(other)
    signed_in_by_passkey(tutor)

    assert is_refused(signs_in_by_passkey(Client(), replace(hers, account=tutor.id)))


@pytest.mark.parametrize(
    "forged", ["of another origin", "of another site", "without its person", "without a gesture"]
)
def test_a_passkey_that_is_forged_is_not_added(forged: str, tutor: Account) -> None:
    assert is_refused(adds_passkey(signed_in(tutor), FORGED[forged](Authenticator(tutor.id))))

    assert stored(tutor).passkeys == ()


def test_an_answer_serves_once_in_the_browser_that_asked_for_it_within_ten_minutes(
    tutor: Account, time: Clock
) -> None:
    _, device = signed_in_by_passkey(tutor)
    browser, stranger = Client(), Client()
    answer = device.answers(browser.post_json("/connexion/cle/defi", {}).json)
    challenge = browser.cookies[PASSKEY_COOKIE]

    assert is_refused(stranger.post_json("/connexion/cle", answer))
    stranger.post_json("/connexion/cle/defi", {})
    assert is_refused(stranger.post_json("/connexion/cle", answer))
    assert browser.post_json("/connexion/cle", answer).status == 200

    replayed = Client({PASSKEY_COOKIE: challenge})
    assert is_refused(replayed.post_json("/connexion/cle", answer))

    late = Client()
    asked = late.post_json("/connexion/cle/defi", {}).json
    time.passes(minutes=10)
    assert is_refused(late.post_json("/connexion/cle", device.answers(asked)))


def test_the_challenge_of_a_code_is_none_of_a_passkeys(tutor: Account) -> None:
    browser, device = signed_in_by_passkey(tutor)
    asking = Client()
    asks_for_code(asking, tutor.address)
    cookie = asking.cookies[CHALLENGE_COOKIE]
    challenge = {"challenge": device_challenge(cookie)}

    assert is_refused(Client({PASSKEY_COOKIE: cookie}).post_json("/connexion/cle", device.answers(challenge)))
    added = browser.post_json("/connexion/cle/defi", {})
    assert added.status == 200
    code = Client({CHALLENGE_COOKIE: browser.cookies[PASSKEY_COOKIE]})
    assert types_code(code, derive_code(code)).status == 410


@pytest.mark.parametrize("asked_for", ["a sign-in", "another account"])
def test_a_passkey_answers_what_its_account_was_asked_for_alone(tutor: Account, asked_for: str) -> None:
    browser, device = signed_in(tutor), Authenticator(tutor.id)
    colleague = factories.account(name="Wassila Ferrand")
    people.stand(colleague)
    asking = browser if asked_for == "a sign-in" else signed_in(colleague)
    path = "/connexion/cle/defi" if asked_for == "a sign-in" else "/compte/cles/defi"
    options = asking.post_json(path, {}).json
    browser.cookies[PASSKEY_COOKIE] = asking.cookies[PASSKEY_COOKIE]

    assert is_refused(browser.post_json("/compte/cles", {"nom": "Bureau", **device.makes(options)}))
    assert stored(tutor).passkeys == ()


def device_challenge(cookie: str) -> str:
    """Return the challenge that a browser with this cookie would be asked to sign."""
    from chalicelib import webauthn
    from chalicelib.stories.accounts.passkeys import derive_signed
    from chalicelib.stories.accounts.signing_in import hash_cookie

    return webauthn.encode(bytes.fromhex(derive_signed(hash_cookie(cookie))))


def test_a_removed_passkey_opens_nothing_its_sessions_end_and_the_account_is_told_of_both(
    tutor: Account, world: World
) -> None:
    browser, device = signed_in_by_passkey(tutor)
    thief = Client()
    assert signs_in_by_passkey(thief, device).status == 200
    assert browser.post_form("/compte/cles/retrait", {"cle": "AAAA"}).headers["location"] == "/compte#cles"
    assert has_session(browser)

    answer = browser.post_form("/compte/cles/retrait", {"cle": device.id})

    assert (answer.status, answer.headers["location"]) == (303, "/connexion?fait=cle-retiree")
    assert not has_session(thief) and not has_session(browser)
    assert is_refused(signs_in_by_passkey(Client(), device))
    assert (
        waiting(world, Entrance.PASSKEY_ADDED)
        == waiting(world, Entrance.PASSKEY_REMOVED)
        == [(tutor.id, None)]
    )
    assert has_session(enters_code(tutor))


def test_a_passkey_is_renamed_by_its_person_alone_and_opens_as_before(tutor: Account, world: World) -> None:
    colleague = factories.account()
    people.stand(colleague)
    browser, device = signed_in_by_passkey(tutor)
    other, _ = signed_in_by_passkey(colleague)

    for asker, name in ((browser, "Téléphone"), (browser, " Téléphone "), (other, "La mienne")):
        answer = asker.post_form("/compte/cles/nom", {"cle": device.id, "nom": name})
        assert (answer.status, answer.headers["location"]) == (303, "/compte?fait=cle-renommee")

    assert [key.name for key in stored(tutor).passkeys] == ["Téléphone"]
    assert "Téléphone" in browser.get("/compte").text
    assert has_session(browser) and signs_in_by_passkey(Client(), device).status == 200


@pytest.mark.parametrize("name", ["", " ", "x" * 10_000, "Mon\nportable", "\u202eportable", "Mon <portable>"])
def test_a_passkey_takes_no_new_name_that_it_could_not_be_added_with(name: str, tutor: Account) -> None:
    browser, device = signed_in_by_passkey(tutor)

    refused = browser.post_form("/compte/cles/nom", {"cle": device.id, "nom": name})

    assert refused.status == 422
    assert f'value="{html.escape(name)}"' in refused.text and 'aria-invalid="true"' in refused.text
    assert "<details open>" in refused.text and "Erreur" in page_text(refused)
    assert adds_passkey(browser, Authenticator(tutor.id), name).status == 422
    assert [key.name for key in stored(tutor).passkeys] == ["Ordinateur du bureau"]


def test_a_counter_that_goes_back_is_refused_logged_and_told(
    tutor: Account, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    _, device = signed_in_by_passkey(tutor, counter=5)
    clone = replace(device)
    assert signs_in_by_passkey(Client(), device).status == 200
    capsys.readouterr()

    refused = signs_in_by_passkey(Client(), clone)

    assert (refused.status, refused.json["code"]) == (403, "passkey_cloned")
    assert woken.woken_by(capsys.readouterr().out, "WebLogs") == {"ClonedPasskeys"}
    assert waiting(world, Entrance.PASSKEY_CLONED) == [(tutor.id, None)]
    assert is_refused(signs_in_by_passkey(Client(), replace(device, flags=PRESENT)))


def test_the_passkeys_of_a_closed_account_open_nothing_and_are_asked_for_once_it_is_open_again(
    tutor: Account, time: Clock
) -> None:
    team = factories.account(Role.TEAM)
    people.stand(team)
    _, device = signed_in_by_passkey(tutor)

    closing.close(team, tutor.id, now=clock.utc_now())
    assert is_refused(signs_in_by_passkey(Client(), device))

    time.passes(hours=1)
    managing.reopen(team, tutor.id, now=clock.utc_now())
    time.passes(minutes=1)
    assert not has_session(enters_code(tutor))
    browser = Client()
    assert signs_in_by_passkey(browser, device).status == 200
    assert has_session(browser)


def test_an_account_keeps_nine_passkeys_at_most(tutor: Account) -> None:
    browser, _ = signed_in_by_passkey(tutor)
    for _ in range(decisions.MOST_PASSKEYS - 1):
        assert adds_passkey(browser, Authenticator(tutor.id)).status == 200

    refused = adds_passkey(browser, Authenticator(tutor.id))

    assert refused.status == 422
    assert "déjà 9 clés" in refused.json["message"].replace("\u00a0", " ")


@pytest.mark.parametrize("role", [Role.TEAM, Role.COORDINATOR])
def test_who_owes_a_passkey_has_fourteen_days_then_a_mailed_code_opens_nothing(
    role: Role, time: Clock
) -> None:
    account = factories.account(role)
    people.stand(account)
    browser, offer = enters_code(account), "un code par message ne suffira plus"
    said = {path for path in ("/parcours", "/compte", "/aide") if offer in page_text(browser.get(path))}
    assert said == {"/parcours", "/compte"}, "the first page and the account, no other"

    time.passes(days=config.settings().passkey_grace_days)
    late = enters_code(account)

    for path in ("/parcours", "/compte"):
        assert late.get(path).status == 401, path
    asking = page_text(late.get("/connexion/cle"))
    assert "il y faut une clé d’accès" in asking
    assert "celle qui coordonne votre académie si vous êtes tutrice ou tuteur" in asking, (
        "others go to the team"
    )
    assert adds_passkey(late, Authenticator(account.id)).json["code"] == "signed_out"


@pytest.mark.parametrize("role", [Role.TEAM, Role.COORDINATOR])
def test_who_owes_a_passkey_adds_one_in_its_grace_and_keeps_it(role: Role, time: Clock) -> None:
    account = factories.account(role)
    people.stand(account)
    late, device = enters_code(account), Authenticator(account.id)
    assert adds_passkey(late, device).json == {"vers": "/connexion?fait=cle"}
    assert late.get("/compte").status == 401

    time.passes(minutes=1)
    assert signs_in_by_passkey(late, device).status == 200
    assert "ne suffira plus" not in page_text(late.get("/parcours"))
    assert "Retirer" not in page_text(late.get("/compte"))
    last = late.post_form("/compte/cles/retrait", {"cle": device.id})
    assert last.status == 422
    assert "Ajoutez-en d’abord une autre" in page_text(last)
    assert stored(account).passkeys


@pytest.mark.parametrize("role", [Role.TUTOR, Role.BUYER, Role.PRESCRIBER])
def test_others_owe_none(role: Role, time: Clock) -> None:
    account = factories.account(role)
    people.stand(account)
    assert has_session(enters_code(account))

    time.passes(days=400)

    browser = enters_code(account)
    assert has_session(browser)
    assert "ne suffira plus" not in page_text(browser.get("/parcours"))


def test_who_has_no_passkey_is_offered_one_just_after_a_sign_in(tutor: Account, time: Clock) -> None:
    browser = enters_code(tutor)
    assert OFFERED in page_text(browser.get("/parcours"))
    assert OFFERED not in page_text(browser.get("/parcours?tri=retard"))

    time.passes(minutes=15)
    assert OFFERED not in page_text(browser.get("/parcours"))
    assert browser.get("/compte").status == 200

    with_passkey, _ = signed_in_by_passkey(tutor)
    assert OFFERED not in page_text(with_passkey.get("/parcours"))


def test_what_reaches_far_asks_for_a_proof_of_the_last_quarter_of_an_hour_and_loses_nothing(
    time: Clock,
) -> None:
    cast = people.cast()
    browser = signed_in(cast.team)
    time.passes(minutes=15)

    for path, typed in (
        ("/comptes/nouveau", people.NEW | {"equipe": "1"}),
        ("/comptes/plusieurs", people.LIST),
        (f"/comptes/{cast.tutor.id}/fermeture", {}),
        (f"/comptes/{cast.tutor.id}/reouverture", {}),
        (f"/comptes/{cast.tutor.id}/cles", {}),
        (f"/comptes/{cast.tutor.id}", {"nom": "Une Autre"}),
        ("/parcours/ensemble", {"geste": "retirer"}),
        ("/compte/agenda", {"geste": "ouvrir", "cle": "5e" * 16}),
        ("/compte/cles/nom", {"cle": "AAAA", "nom": "Bureau"}),
        ("/compte/cles/retrait", {"cle": "AAAA"}),
        ("/import", {"etape": "import"}),
    ):
        answer = browser.post_form(path, typed)
        assert (answer.status, "Confirmez que c’est vous" in answer.text) == (403, True), path
        for name in typed:
            assert f'<input type="hidden" name="{name}"' in answer.text, (path, name)
    export = browser.get("/parcours/export?q=Dupont")
    assert export.status == 403
    assert '<form method="get" action="/parcours/export">' in export.text
    assert '<input type="hidden" name="q" value="Dupont">' in export.text
    assert stored(cast.tutor).closed_at is None
    assert browser.get("/import").status == 403
    assert adds_passkey(browser, Authenticator(cast.team.id)).json["code"] == "sign_in_stale"

    anew = enters_code(cast.team)
    assert anew.get("/parcours/export").status == 200


def test_a_proof_of_an_account_with_a_passkey_is_its_passkey(tutor: Account, time: Clock) -> None:
    browser, device = signed_in_by_passkey(tutor)
    assert browser.get("/parcours/export").status == 200

    time.passes(minutes=15)
    assert browser.get("/parcours/export").status == 403
    assert adds_passkey(browser, Authenticator(tutor.id)).json["code"] == "sign_in_stale"
    assert browser.post_form("/compte/cles/retrait", {"cle": device.id}).status == 403

    assert signs_in_by_passkey(browser, device).status == 200
    assert browser.get("/parcours/export").status == 200


def test_who_manages_an_account_lets_in_who_has_lost_every_passkey_and_both_are_mailed(
    tutor: Account, world: World
) -> None:
    coordinator = factories.account(Role.COORDINATOR)
    people.stand(coordinator)
    lost, _ = signed_in_by_passkey(tutor)
    manager, here = signed_in(coordinator), f"/comptes/{tutor.id}"
    page = manager.get(here)
    assert "C’est bien cette personne" in page.words

    answer = manager.post_form(f"{here}/cles", "")

    assert (answer.status, answer.headers["location"]) == (303, f"{here}?fait=cles")
    shown = manager.get(f"{here}?fait=cles").words
    assert "Ses clés d’accès sont retirées" in shown and "C’est bien cette personne" not in shown
    assert waiting(world, Entrance.PASSKEYS_REMOVED) == [(tutor.id, coordinator.id)]
    assert waiting(world, Entrance.OTHERS_PASSKEYS_REMOVED) == [(coordinator.id, tutor.id)]
    assert stored(tutor).passkeys == () and not has_session(lost)
    assert has_session(enters_code(tutor))


@pytest.mark.parametrize("has_lost_one", [True, False])
def test_after_the_removal_the_next_sign_in_by_code_begins_the_days_of_grace(
    has_lost_one: bool, time: Clock
) -> None:
    account, team = factories.account(Role.COORDINATOR), factories.account(Role.TEAM)
    people.stand(account)
    people.stand(team)
    if has_lost_one:
        signed_in_by_passkey(account)
    enters_code(account)
    days = config.settings().passkey_grace_days
    time.passes(days=days)
    kept_out = enters_code(account)
    assert not has_session(kept_out)
    assert f"vous avez {days} jours pour en ajouter une" in kept_out.get("/connexion/cle").words

    signed_in(team).post_form(f"/comptes/{account.id}/cles", "")

    assert has_session(enters_code(account))
    time.passes(days=days, seconds=-1)
    assert has_session(enters_code(account))
    time.passes(seconds=1)
    assert not has_session(enters_code(account))


def test_a_session_by_code_ends_where_a_passkey_is_owed(time: Clock) -> None:
    account = factories.account(Role.COORDINATOR)
    people.stand(account)
    enters_code(account)
    time.passes(days=config.settings().passkey_grace_days, seconds=-60)
    browser = enters_code(account)
    assert has_session(browser)

    time.passes(seconds=60)

    refused = browser.get("/compte")
    assert refused.status == 401 and "session est terminée" not in refused.words


def test_only_who_manages_an_account_and_has_just_signed_in_removes_its_passkeys(time: Clock) -> None:
    cast = people.cast()
    signed_in_by_passkey(cast.tutor)
    path = f"/comptes/{cast.tutor.id}/cles"
    far = factories.account(Role.COORDINATOR, academie="Lyon")
    people.stand(far)

    for person in (cast.colleague, cast.buyer, far):
        assert signed_in(person).post_form(path, "").status == 404, person.roles
    coordinator = signed_in(cast.coordinator)
    assert coordinator.post_form(f"/comptes/{cast.coordinator.id}/cles", "").status == 404, "themselves"
    time.passes(minutes=15)
    assert coordinator.post_form(path, "").status == 403, "a stale sign-in"
    assert stored(cast.tutor).passkeys


def test_the_removal_is_offered_where_a_passkey_alone_opens_an_account(tutor: Account, time: Clock) -> None:
    owing, team = factories.account(Role.COORDINATOR), factories.account(Role.TEAM)
    people.stand(owing)
    people.stand(team)

    def is_offered(account: Account) -> bool:
        return "retirer ses clés" in signed_in(team).get(f"/comptes/{account.id}").words

    assert not is_offered(tutor), "a mailed code opens it"
    assert has_session(enters_code(owing))
    assert not is_offered(owing), "in its grace"
    time.passes(days=config.settings().passkey_grace_days)
    assert is_offered(owing) and not is_offered(tutor)
    signed_in_by_passkey(tutor)
    assert is_offered(tutor)


BAD = [
    "",
    "a",
    "AAAA",
    "!!!!",
    "e30",
    "\u00e9",
    "o2NmbXRkbm9uZQ",
    "gYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGB" * 60,
    "_" * 12_000,
]


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_answer_is_refused_and_never_a_fault(bad: str, tutor: Account) -> None:
    browser, device = signed_in_by_passkey(tutor)
    for name in ("id", "client", "authentificateur", "signature"):
        assert is_refused(signs_in_by_passkey(Client(), device, **{name: bad})), name
    for name in ("client", "attestation"):
        asked = browser.post_json("/compte/cles/defi", {}).json
        made = Authenticator(tutor.id).makes(asked) | {name: bad, "nom": "Poste"}
        assert is_refused(browser.post_json("/compte/cles", made)), name
