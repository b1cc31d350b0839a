"""Quotas of codes that are asked for: they tell nobody anything, go with their window, and wake somebody."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest

from chalicelib import config
from chalicelib.domain.accounts import signing_in as decisions
from chalicelib.stores import aws
from chalicelib.stories.kit import quotas
from infra import gateway
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories, relays, woken
from tests.support.http import Answer, Client
from tests.support.people import stand
from tests.support.relays import Relay
from tests.support.sign_in import (
    asks_for_code,
    derive_code,
    signed_in_before,
    signs_in_with,
    types_code,
    wrong_code,
)
from tests.support.worlds import World

MONTH_DAYS = 32
"""Days of UTC that a month of 31 days can touch."""
SOURCE = "203.0.113.8"


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """An agent with an account; the clock stands at the first minute of a day, so that no window ends by chance."""
    time.now = time.now.replace(hour=0, minute=1)
    return relays.started(world)


@pytest.fixture
def least_quotas(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each quota of a source be the least that may be set."""
    for setting in fields(config.Settings):
        if setting.name in {"source_codes_per_hour", "unknown_codes_per_hour"}:
            monkeypatch.setenv(setting.name.upper(), str(setting.metadata["low"]))
    config.settings.cache_clear()
    yield
    monkeypatch.undo()
    config.settings.cache_clear()


def is_within(address: str, time: Clock, *, has_account: bool = True, source: str = SOURCE) -> bool:
    """Count a code that an unknown browser behind a source asks for; return whether it may be mailed."""
    return quotas.count_code(address, source, None, has_account=has_account, now=time.now)


def ask_everywhere(address: str, time: Clock) -> list[bool]:
    """Ask for this address's codes from ten sources elsewhere, as often as each may; return whether each may be mailed."""
    return [
        is_within(address, time, source=f"198.51.100.{place}")
        for place in range(10)
        for _ in range(config.settings().codes_per_hour)
    ]


def use_up_source(time: Clock) -> None:
    """Ask for as many codes as a source may have in an hour, for as few accounts as it takes."""
    chosen = config.settings()
    accounts, rest = divmod(chosen.source_codes_per_hour, chosen.codes_per_hour)
    assert rest == 0
    for number in range(accounts):
        for _ in range(chosen.codes_per_hour):
            assert is_within(f"n{number}@ailleurs.example", time)


def test_a_whole_rectorat_behind_one_address_gets_its_codes(relay: Relay, time: Clock) -> None:
    """300 agents may use their whole quota behind one source; the first hundred and the hundred and first get theirs."""
    chosen = config.settings()
    assert chosen.source_codes_per_hour >= 300 * chosen.codes_per_hour

    assert all(is_within(f"agent{number}@rectorat.example", time) for number in range(101))


def test_whoever_tries_addresses_takes_no_code_from_those_behind_the_same_source(
    relay: Relay, time: Clock, least_quotas: None
) -> None:
    for number in range(config.settings().unknown_codes_per_hour + 1):
        mailed = is_within(f"n{number}@nulle-part.example", time, has_account=False)
    assert not mailed

    use_up_source(time)  # each of its codes is still there


def test_one_account_that_is_asked_for_again_and_again_uses_up_its_own_quota_alone(
    relay: Relay, time: Clock
) -> None:
    within = [is_within(relay.tutor.address, time) for _ in range(20)]

    assert within.count(True) == config.settings().codes_per_hour
    used = [item["used"] for item in counters(relay) if item["pk"].startswith("count#code-source#")]
    assert used == [config.settings().codes_per_hour]


def test_a_stranger_elsewhere_takes_no_code_from_an_agent(relay: Relay, time: Clock) -> None:
    within = [is_within(relay.tutor.address, time, source="198.51.100.7") for _ in range(100)]

    assert within.count(True) == config.settings().codes_per_hour
    assert is_within(relay.tutor.address, time)


def test_one_address_gets_no_more_codes_than_four_sources_may_ask_for(relay: Relay, time: Clock) -> None:
    assert ask_everywhere(relay.tutor.address, time).count(True) == 4 * config.settings().codes_per_hour


@pytest.mark.parametrize("has_account", [True, False])
def test_her_own_code_tells_nobody_whether_a_colleague_has_an_account(
    relay: Relay, time: Clock, least_quotas: None, has_account: bool
) -> None:
    """Whoever asks for a colleague's codes until a quota ends, then for her own, gets it either way."""
    colleague = factories.account()
    if has_account:
        stand(colleague)
    for _ in range(20):
        asks_for_code(Client(source=SOURCE), colleague.address)

    own = Client(source=SOURCE)
    asks_for_code(own, relay.tutor.address)
    assert signs_in_with(own, derive_code(own))


def test_every_quota_that_is_used_up_costs_and_shows_the_same(
    relay: Relay, time: Clock, least_quotas: None, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody, other = "personne@nulle-part.example", factories.account()
    stand(other)
    pages: dict[str, Answer] = {}

    def ask(name: str, address: str) -> list[str]:
        return calls(lambda: pages.update({name: asks_for_code(Client(source=SOURCE), address)}))

    asking = {"live": ask("live", relay.tutor.address), "nobody": ask("nobody", nobody)}
    for number in range(config.settings().unknown_codes_per_hour):
        is_within(f"n{number}@nulle-part.example", time, has_account=False)
    for _ in range(config.settings().codes_per_hour):
        is_within(relay.tutor.address, time)
    asking |= {"unknown": ask("unknown", nobody), "address": ask("address", relay.tutor.address)}
    while is_within(f"n{secrets.token_hex(4)}@ailleurs.example", time):
        pass
    asking |= {"source": ask("source", other.address), "both": ask("both", nobody)}
    ask_everywhere(other.address, time)
    asking["everywhere"] = calls(
        lambda: pages.update(everywhere=asks_for_code(Client(source="203.0.113.9"), other.address))
    )

    assert len({tuple(operations) for operations in asking.values()}) == 1, asking
    shown = {(page.status, page.text, tuple(page.headers)) for page in pages.values()}
    assert len(shown) == 1
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    withheld = [line["outcome"] for line in logged if line["event"] == "code_withheld"]
    assert set(withheld) == {"code-unknown", "code", "code-source", "code-address"}


def test_agents_whom_others_keep_from_a_code_and_a_flood_wake_somebody(
    relay: Relay, time: Clock, least_quotas: None, capsys: pytest.CaptureFixture[str]
) -> None:
    use_up_source(time)
    for number in range(config.settings().unknown_codes_per_hour):
        is_within(f"n{number}@nulle-part.example", time, has_account=False)
    assert not woken.woken_by(capsys.readouterr().out, "WebLogs")

    is_within(relay.tutor.address, time)
    assert woken.woken_by(capsys.readouterr().out, "WebLogs") == {"AgentsWithoutCodes"}
    ask_everywhere("visee@agents.example", time)
    capsys.readouterr()
    is_within("visee@agents.example", time, source="203.0.113.9")
    assert woken.woken_by(capsys.readouterr().out, "WebLogs") == {"AgentsWithoutCodes"}
    for _ in range(10):
        is_within("personne@nulle-part.example", time, has_account=False)
    assert woken.woken_by(capsys.readouterr().out, "WebLogs") == {"WithheldCodes"}


def test_a_source_past_its_quota_uses_up_no_addresss(relay: Relay, time: Clock, least_quotas: None) -> None:
    use_up_source(time)
    for _ in range(quotas.SOURCES_OF_ONE_ADDRESS * config.settings().codes_per_hour):
        assert not is_within(relay.tutor.address, time)
    greedy = Client(source=SOURCE)
    asks_for_code(greedy, relay.tutor.address)
    assert not signs_in_with(greedy, derive_code(greedy))

    stranger = Client(source="203.0.113.9")
    asks_for_code(stranger, relay.tutor.address)
    assert signs_in_with(stranger, derive_code(stranger))


def test_the_source_of_a_request_is_never_read_from_headers(relay: Relay, time: Clock) -> None:
    for number in range(3):
        lying = {"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"}
        Client(source="203.0.113.8").post_form(
            "/connexion", {"adresse": f"n{number}@a.example"}, headers=lying
        )

    used = [
        item["used"]
        for item in relay.world.table("RELAY_TABLE")
        if item["pk"].startswith("count#code-unknown#")
    ]
    assert used == [3]


@pytest.mark.parametrize(
    ("source", "counted"),
    [
        ("203.0.113.8", "203.0.113.8"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.8", "203.0.113.8"),
        ("", "unknown"),
        ("test-invoke-source-ip", "unknown"),
    ],
)
def test_a_source_is_an_address_or_what_one_subscriber_holds(source: str, counted: str) -> None:
    assert decisions.network_of(source) == counted


def counters(relay: Relay) -> list[dict[str, Any]]:
    """Return the counters of quotas as they are stored."""
    return [item for item in relay.world.table("RELAY_TABLE") if item["pk"].startswith("count#")]


def calls(act: Callable[[], Any]) -> list[str]:
    """Return the calls of AWS that this makes, as « service:operation »."""
    with Tap().open() as tap:
        act()
    return [f"{call.service}:{call.operation}" for call in tap.calls]


def test_a_dead_challenge_looks_and_costs_as_a_live_one(relay: Relay, time: Clock) -> None:
    known_browser = signed_in_before(relay, time)
    address, nobody = relay.tutor.address, "personne@nulle-part.example"
    browsers = {name: Client(source="203.0.113.5") for name in ("live", "dead", "nobody")}
    asking = {"live": calls(lambda: asks_for_code(browsers["live"], address))}
    for place in range(most := quotas.SOURCES_OF_ONE_ADDRESS * config.settings().codes_per_hour):
        asks_for_code(Client(source=f"203.0.113.{place}"), address)
    asking["dead"] = calls(lambda: asks_for_code(browsers["dead"], address))
    asking["nobody"] = calls(lambda: asks_for_code(browsers["nobody"], nobody))
    asking["known"] = calls(lambda: asks_for_code(known_browser, address))
    browsers["known"] = known_browser
    codes = {name: wrong_code(browser) for name, browser in browsers.items()}
    codes["dead"] = derive_code(browsers["dead"])
    types_code(Client(), "")  # reads the banner, once a minute
    pages, entering = {}, {}
    for name, browser in browsers.items():
        entering[name] = calls(lambda b=browser, n=name: pages.update({n: types_code(b, codes[n])}))  # type: ignore[misc]

    assert len({tuple(operations) for operations in asking.values()}) == 1, asking
    assert len({tuple(operations) for operations in entering.values()}) == 1, entering
    assert {(page.status, page.text, page.cookies) for page in pages.values()} == {
        (410, pages["live"].text, ())
    }
    mailed = len(relay.codes())
    relay.mailer_runs()
    assert len(relay.codes()) == mailed + most + 1 and relay.outbox() == [], (
        "those of strangers, 1 known, and nobody's none"
    )


def test_neither_tables_nor_logs_say_who_asked_or_for_whom(
    relay: Relay, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counters hold hashes that nobody can make again without the key: not even of the addresses that one could guess."""
    address, source = "visee@agents.example", "203.0.113.50"
    stranger = Client(source=source)
    asks_for_code(stranger, address)
    types_code(stranger, "123456789012")
    counters = [item for item in relay.world.table("RELAY_TABLE") if item["pk"].startswith("count#")]
    logged = capsys.readouterr().out

    assert {counter["pk"].split("#")[1] for counter in counters} == {"code", "code-address", "code-unknown"}
    for text in (address, source):
        for form in (text, hashlib.sha256(text.encode()).hexdigest()):
            assert form not in repr(counters) and form not in logged


def test_quota_counters_are_keyed_with_the_code_key(
    relay: Relay, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the key nobody can compute the name of the counter of an address or of a source."""
    asks_for_code(Client(), relay.tutor.address)
    other = aws.kms().create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    monkeypatch.setenv("CODE_KEY", other)
    asks_for_code(Client(), relay.tutor.address)

    used = [item["used"] for item in relay.world.table("RELAY_TABLE") if item["pk"].startswith("count#")]
    assert used == [1] * 6


def test_quota_counters_expire_with_their_window(relay: Relay, time: Clock) -> None:
    stranger = Client()
    asks_for_code(stranger, relay.tutor.address)
    relay.mailer_runs()

    def counters() -> int:
        return sum(item["pk"].startswith("count#") for item in relay.world.table("RELAY_TABLE"))

    assert counters() == 3
    time.passes(minutes=61)
    relay.purges()
    assert counters() == 0


def test_refused_codes_are_logged_and_their_rate_wakes_somebody(
    relay: Relay, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = Client()
    asks_for_code(stranger, relay.tutor.address)
    capsys.readouterr()
    for _ in range(51):  # five wrong, then a dead challenge
        types_code(stranger, wrong_code(stranger))
    logged = capsys.readouterr().out
    refused = [line for line in logged.splitlines() if json.loads(line)["event"] == "code_refused"]
    assert len(refused) == 51

    assert woken.woken_by(logged, "WebLogs") == {"RefusedCodes"}
    assert woken.woken_by("\n".join(refused[:50]), "WebLogs") == set()
    alarm = woken.template()["RefusedCodesAlarm"]["Properties"]
    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (50, 300, 1)
    unnoticed = alarm["Threshold"] * (86_400 // alarm["Period"]) * MONTH_DAYS
    assert unnoticed / 10**decisions.CODE_DIGITS < 1e-6


def test_the_odds_of_guessing_are_below_what_is_promised_whatever_is_set() -> None:
    """In a month, every limit used up (``chalicelib/domain/accounts/README.md``): each guess tries a code that was asked for."""
    (setting,) = [field for field in fields(config.Settings) if field.name == "codes_per_hour"]
    for codes_per_hour in (setting.metadata["high"], config.settings().codes_per_hour):
        strangers = quotas.SOURCES_OF_ONE_ADDRESS * 24
        known_browsers = decisions.MOST_BROWSERS * quotas.MOST_HOURS_OF_CODES
        guesses_a_day = (strangers + known_browsers) * codes_per_hour * decisions.CODE_TRIES
        odds_of_one_account = guesses_a_day * MONTH_DAYS / 10**decisions.CODE_DIGITS
        assert odds_of_one_account < 2e-6
    assert odds_of_one_account == 1.2e-7
    a_second = gateway.LIMITS["POST /connexion/code"].a_second
    assert a_second * 86_400 * MONTH_DAYS / 10**decisions.CODE_DIGITS < 2e-4


def test_pages_speak_of_as_many_digits_as_a_code_has(relay: Relay) -> None:
    browser = Client()
    asks_for_code(browser, relay.tutor.address)

    assert f"à {decisions.CODE_DIGITS} chiffres" in browser.get("/connexion/code").words
    assert len(derive_code(browser)) == decisions.CODE_DIGITS
