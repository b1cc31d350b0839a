"""What a first visit to a page costs its reader: requests, bytes on the wire, and how many times they wait for one another.

Counts, not times: they are the same on every machine. ``tests/bench`` prints them, ``test_visits.py`` holds them to their goals.
"""

import re
import secrets
from dataclasses import dataclass, replace
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from chalicelib import clock
from infra.local import LocalCloud
from tests.browser.stage import PHONE, Stage
from tests.conftest import launched, on_deployed
from tests.support import crowds
from tests.support.writing import add_records

ROWS = 30
"""Of the list: more than one page of it holds."""
LINK = re.compile(r"https?://\S+/retrait/#\S+")


@dataclass(frozen=True)
class Visit:
    """One page, as a browser with an empty cache asked for it."""

    requests: int
    bytes: int
    """On the wire: bodies as they travelled and their headers, answers alone."""
    rounds: int
    """The longest chain of requests of which each had to wait for the one before: the page is the first."""
    addresses: tuple[str, ...]
    """Method and path of each, in their order."""


def measured(cloud: LocalCloud) -> dict[str, list[list[float]]]:
    """The rows of the bench: of each page requests, kB and rounds, once, since they are counts."""
    with (
        on_deployed(cloud),
        sync_playwright() as driver,
        launched(driver, "chromium-headless-shell", "chromium") as chromium,
    ):
        visits = first_visits(Stage(cloud, chromium))
    return {name: [[visit.requests], [visit.bytes / 1000], [visit.rounds]] for name, visit in visits.items()}


def first_visits(stage: Stage) -> dict[str, Visit]:
    """What each page that people wait for costs on a phone: the recipient's, by her link; a full list; a parcours;
    the one that sends documents, before any is chosen."""
    now = clock.utc_now()
    for number in range(ROWS):
        parcours = crowds.parcours(number, now, tutor=stage.tutor_account.id)
        made = replace(parcours, id=secrets.token_hex(16))
        add_records(made)
    agent = stage.tutor_account
    sending = visited(stage.signed_in(agent, viewport=PHONE), f"{stage.address}/envoi")
    link = LINK.search(stage.sends().body("plain"))
    assert link
    return {
        "retrait": visited(stage.browser(viewport=PHONE), link[0]),
        "list": visited(stage.signed_in(agent, viewport=PHONE), f"{stage.cloud.base_url}/parcours"),
        "parcours": visited(stage.signed_in(agent, viewport=PHONE), stage.address),
        "sending": sending,
    }


def visited(context: BrowserContext, address: str) -> Visit:
    """Visit a page until nothing more is asked for. ``context``: for a first visit, a browser that was on none of our pages."""
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    asked: dict[str, dict[str, Any]] = {}
    weights: dict[str, float] = {}
    protocol.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event}))
    protocol.on(
        "Network.loadingFinished",
        lambda event: weights.update({event["requestId"]: event["encodedDataLength"]}),
    )
    protocol.on("Network.responseReceived", lambda event: _forget_kept(asked, event))
    protocol.send("Network.enable")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.close()
    sent = {name: event for name, event in asked.items() if event["request"]["url"].startswith("http")}
    rounds: dict[str, int] = {}
    for event in sent.values():
        rounds[event["request"]["url"]] = 1 + rounds.get(_waited_for(event), 0)
    requests = [event["request"] for event in sent.values()]
    return Visit(
        len(sent),
        round(sum(weights.get(name, 0) for name in sent)),
        max(rounds.values()),
        tuple(f"{request['method']} /{request['url'].split('/', 3)[3]}" for request in requests),
    )


def _forget_kept(asked: dict[str, Any], event: dict[str, Any]) -> None:
    """Leave out what the browser had kept: it was asked of nobody."""
    if event["response"].get("fromDiskCache"):
        asked.pop(event["requestId"])


def _waited_for(event: dict[str, Any]) -> str:
    """The address of what asked for this: a page that was parsed, a script that imports or fetches; empty for the page itself."""
    initiator = event["initiator"]
    frames = initiator.get("stack", {}).get("callFrames", [])
    while not frames and (parent := initiator.get("stack", {}).get("parent")):
        initiator = {"stack": parent}
        frames = parent.get("callFrames", [])
    return str(frames[0]["url"] if frames else initiator.get("url", ""))
