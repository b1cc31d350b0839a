"""Promise 2: looking changes nothing, however often, and whatever a robot presses. Only a person who answers acts.

Both deployed tables are compared whole, byte for byte. Nothing is left out: the purge, which erases by the clock, runs before the
first look and then not until the last, however slow the machine.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page

from app import app
from chalicelib import clock
from chalicelib.domain.accounts.signing_in import Challenge
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.stores import items
from chalicelib.stories.documents import opening
from chalicelib.stories.mails.subject import TO_DECLINE
from infra.local import LocalCloud
from tests.security import deployed as deployed_relay
from tests.security.visitor import Visitor, visitor_with_nonce
from tests.support.relays import Browser
from tests.support.worlds import World
from tests.support.writing import remove_record

pytestmark = pytest.mark.cloud

TIMES = 50
QUIET_SECONDS = 0.5
PRESSED = "a[href], button, summary, input[type=submit], input[type=button], [role=button], [onclick]"
"""Whatever a robot takes for something to press."""


@contextmanager
def nothing_changes(world: World, cloud: LocalCloud) -> Iterator[None]:
    """Check that every item of both tables is the same before and after."""
    with _without_schedules(cloud):
        deployed_relay.until(lambda: _is_settled(cloud, world), "no mail waits")
        before = _when_quiet(world)
        yield
        _remove_passkey_challenges(world)
        after = _when_quiet(world)
        # Only what differs is shown: pytest takes minutes to compare both tables as texts.
        assert (after - before, before - after) == (Counter(), Counter())


@contextmanager
def _without_schedules(cloud: LocalCloud) -> Iterator[None]:
    """Let nothing be done by the clock: what it erases or sends is no doing of who looks."""
    events = cloud.client("events")
    names = [rule["Name"] for rule in events.list_rules()["Rules"] if rule["State"] == "ENABLED"]
    assert names
    for name in names:
        events.disable_rule(Name=name)
    try:
        yield
    finally:
        for name in names:
            events.enable_rule(Name=name)


def _is_settled(cloud: LocalCloud, world: World) -> bool:
    """Do what is due, as the schedule would; return whether no mail waits any more."""
    cloud.purge()
    _remove_gathered_mails(world)
    return not _waits(_items(world))


def _remove_passkey_challenges(world: World) -> None:
    """Remove what a press of « Se connecter avec une clé d’accès » leaves for ten minutes: a question about nobody."""
    for item in world.table(items.RELAY):
        if str(item["pk"]).startswith("signin#"):
            challenge = items.from_item(Challenge, item)
            if not challenge.address:
                remove_record(challenge)


def _remove_gathered_mails(world: World) -> None:
    """Remove the mails of earlier tests that wait some minutes to be gathered, and would leave between two looks."""
    for item in world.table(items.RELAY):
        if str(item["pk"]).startswith("mail#"):
            mail = items.from_item(OutboxMail, item)
            if mail.awaited_since is not None and mail.awaited_since > clock.utc_now():
                remove_record(mail)


def _when_quiet(world: World) -> Counter[str]:
    """Return the items of both tables, once no mail waits and nothing changes any more."""
    end = time.monotonic() + deployed_relay.PATIENCE_SECONDS
    seen, since = _items(world), time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS or _waits(seen):
        assert time.monotonic() < end, "the tables do not come to rest"
        time.sleep(0.1)
        now = _items(world)
        if now != seen:
            seen, since = now, time.monotonic()
    return seen


def _waits(seen: Counter[str]) -> bool:
    return any("'mail#" in item for item in seen)


def _items(world: World) -> Counter[str]:
    return Counter(
        f"{table} {sorted(item.items())}"
        for table in (items.PARCOURS, items.RELAY)
        for item in world.table(table)
    )


def test_a_change_of_one_character_is_noticed(cloud: LocalCloud, deployed: World) -> None:
    relay, token, address = deployed_relay.sent(deployed, cloud)
    with pytest.raises(AssertionError), nothing_changes(deployed, cloud):
        Browser(address).proves(token)
    assert relay.deposit().state is DepositState.LEFT


LOOKS: dict[str, Callable[[Visitor, str], int]] = {
    "GET of the page": lambda visitor, token: visitor.gets("/retrait").status,
    "HEAD of the page": lambda visitor, token: visitor.asks("HEAD", "/retrait").status,
    "GET with the token in the path": lambda visitor, token: visitor.gets(f"/retrait/{token}").status,
    "GET of a mangled link": lambda visitor, token: visitor.gets(f"/retrait/%23{token}").status,
    "HEAD with the token in the path": lambda visitor, token: (
        visitor.asks("HEAD", f"/retrait/{token}").status
    ),
    "POST apercu": lambda visitor, token: visitor.posts("/retrait/apercu", {"token": token}).status,
}


def test_looking_fifty_times_changes_nothing(cloud: LocalCloud, deployed: World) -> None:
    _, token, _ = deployed_relay.sent(deployed, cloud)
    one_browser = Visitor(cloud.base_url)
    with nothing_changes(deployed, cloud):
        for name, look in LOOKS.items():
            for _ in range(TIMES // 2):
                assert [look(visitor, token) for visitor in (one_browser, Visitor(cloud.base_url))] == [
                    200,
                    200,
                ], name


def test_acting_without_having_answered_changes_nothing(cloud: LocalCloud, deployed: World) -> None:
    _, token, address = deployed_relay.sent(deployed, cloud)
    robot = Visitor(cloud.base_url)
    robot.gets("/retrait")
    with nothing_changes(deployed, cloud):
        for _ in range(3):
            assert robot.posts("/retrait/ouverture", {"token": token}).code == "proof_needed"
            assert robot.posts("/retrait/reception", {"token": token, "lisible": True}).code == "proof_needed"
            assert robot.posts("/retrait/preuve", {"token": token, "adresse": ""}).status == 422
            assert robot.posts("/retrait/preuve", {"token": token, "adresse": "@"}).status == 422
            nameless = Visitor(cloud.base_url)  # no cookie at all, and the right address
            assert (
                nameless.posts("/retrait/preuve", {"token": token, "adresse": address}).code
                == "cookies_blocked"
            )


def test_only_the_winner_says_whether_the_document_was_read(cloud: LocalCloud, deployed: World) -> None:
    relay, token, address = deployed_relay.sent(deployed, cloud)
    winner, other = Browser(address), Browser(address)
    for browser in (winner, other):
        browser.proves(token)
    saying = {"token": token, "lisible": True}

    with nothing_changes(deployed, cloud):  # nobody has opened yet
        assert (
            visitor_with_nonce(cloud.base_url, other.nonce).posts("/retrait/reception", saying).code
            == "link_spent"
        )
    winner_visits = visitor_with_nonce(cloud.base_url, winner.nonce)
    assert winner_visits.posts("/retrait/ouverture", {"token": token}).status == 200
    with nothing_changes(deployed, cloud):
        for readable in (True, False):
            answer = visitor_with_nonce(cloud.base_url, other.nonce).posts(
                "/retrait/reception", saying | {"lisible": readable}
            )
            assert (answer.status, answer.code) == (410, "link_spent")
        assert Visitor(cloud.base_url).posts("/retrait/reception", saying).code == "cookies_blocked"

    assert winner_visits.posts("/retrait/reception", saying).status == 204
    assert relay.deposit().state is DepositState.CONFIRMED


@pytest.mark.browser
def test_a_robot_that_runs_scripts_and_presses_everything_changes_nothing(
    cloud: LocalCloud, deployed: World, chromium: Chromium
) -> None:
    relay, token, _ = deployed_relay.sent(deployed, cloud)
    robot = Robot(chromium.new_context(locale="fr-FR"), cloud.base_url)
    link = f"/retrait/#{token}"
    with nothing_changes(deployed, cloud):
        for path in _public_pages(cloud):
            robot.presses_everything_on(path, once_there="footer")
        for path in (link, link + TO_DECLINE):
            robot.presses_everything_on(path, once_there="#preuve-form")
    robot.context.close()

    assert {"/connexion", "/retrait", link, link + TO_DECLINE} <= {
        path for path, count in robot.pressed.items() if count > 1
    }
    assert relay.deposit().state is DepositState.LEFT
    assert opening.find_visit(token).link.opened_by is None


def _public_pages(cloud: LocalCloud) -> list[str]:
    """Return every page that is shown to somebody who is not signed in."""
    visitor = Visitor(cloud.base_url)
    answers = {path: visitor.gets(path) for path in app.routes if "{" not in path}
    return [path for path, answer in answers.items() if answer.status == 200 and b"<html" in answer.body]


@dataclass
class Robot:
    """Loads a page, runs its scripts, presses what can be pressed: each thing on a fresh page, typing nothing."""

    context: BrowserContext
    base_url: str
    pressed: dict[str, int] = field(default_factory=dict)
    """How many things were pressed on each page."""
    followed: set[str | None] = field(default_factory=set)
    """Addresses of links: every page carries the same footer."""

    def presses_everything_on(self, path: str, *, once_there: str) -> None:
        """Press each thing, then send each form past the checks of its page."""
        self._does("one => one.click()", PRESSED, path, once_there)
        self._does("one => { one.noValidate = true; one.requestSubmit() }", "form", path, once_there)

    def _does(self, act: str, wanted: str, path: str, once_there: str) -> None:
        first = self._loaded(path, once_there)
        addresses = first.eval_on_selector_all(wanted, "all => all.map(one => one.getAttribute('href'))")
        first.close()
        pages = []
        for place, address in enumerate(addresses):
            if address is None or address not in self.followed:
                self.followed.add(address)
                page = self._loaded(path, once_there)
                page.locator(wanted).nth(place).evaluate(act)
                pages.append(page)
        for page in pages:
            page.wait_for_load_state("networkidle")
            page.close()
        self.pressed[path] = self.pressed.get(path, 0) + len(pages)

    def _loaded(self, path: str, once_there: str) -> Page:
        page = self.context.new_page()
        page.goto(self.base_url + path)
        page.locator(once_there).wait_for()
        return page
