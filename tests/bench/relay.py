"""Whole relays of 1 MB through the deployed product on the local cloud, each beside its floor: who waits how long for what."""

import base64
import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import clock, seal
from infra.local import LocalCloud, demo
from tests.bench.floor import Floor
from tests.conftest import on_deployed
from tests.security.visitor import Visitor, post_form
from tests.support import factories, relays
from tests.support.canonical import document, scanned
from tests.support.factories import COMPANY_ADDRESS
from tests.support.relays import TOKEN
from tests.support.worlds import World

ROUNDS, WARMING = 15, 3
IMAGE_BYTES = 1_000_000
CLICK = ("look", "proof", "opening")
SETTLED_SECONDS = 0.4
"""Between two rounds: what follows a relay (notices, a process that ends) is not counted in the next one."""
Times = dict[str, list[float]]
"""By step, the milliseconds of each round."""


def measured(cloud: LocalCloud, rounds: int = ROUNDS) -> tuple[dict[str, list[list[float]]], Times]:
    """The rows of a whole relay, and each step's times. Rounds of the floor and of the product take turns."""
    document = scan()
    with on_deployed(cloud) as world:
        floor = Floor(cloud, document)
        for number in range(WARMING + rounds):
            if number <= WARMING:
                times: Times = {}
            with timed(times, "floor"):
                floor.relay()
            once(cloud, world, document, times)
            time.sleep(SETTLED_SECONDS)
    measures = [dict(zip(times, taken, strict=True)) for taken in zip(*times.values(), strict=True)]
    whole = [sum(taken.values()) - taken["floor"] for taken in measures]
    click = [sum(taken[step] for step in CLICK) for taken in measures]
    # Of each round: what else the machine does weighs on both.
    ratios = [relay / floor for relay, floor in zip(whole, times["floor"], strict=True)]
    return {"whole": [ratios, times["floor"]], "mailing": [times["mail"]], "click": [click]}, times


def scan() -> bytes:
    """A scanned page: its weight is one picture."""
    return document(resources={"XObject": {"X": scanned(os.urandom(IMAGE_BYTES))}})


def once(cloud: LocalCloud, world: World, document: bytes, times: Times) -> None:
    """One relay as two browsers make it, every request on a connection of its own."""
    relay, sealed, before = relays.started(world), factories.sealed(document), len(cloud.mails())
    name, _, cookie = demo.signed_in(relay.tutor, clock.utc_now()).partition("=")
    tutor, reader = Visitor(cloud.base_url, {name: cookie}), Visitor(cloud.base_url)
    assert reader.gets("/retrait").status == 200
    with timed(times, "announce"):
        announced = tutor.posts(f"/parcours/{relay.parcours_id}/depots", sealed.as_json())
    with timed(times, "upload"):
        assert post_form(announced.json()["documents"][0]["form"], sealed.blob) == 204
    with timed(times, "mail"):
        said = {"token": _mailed(cloud, before)}
    with timed(times, "look"):
        assert reader.posts("/retrait/apercu", said).status == 200
    with timed(times, "proof"):
        assert reader.posts("/retrait/preuve", said | {"adresse": COMPANY_ADDRESS}).status < 300
    with timed(times, "opening"):
        opened = reader.posts("/retrait/ouverture", said).json()["documents"][0]
    with timed(times, "read"), urllib.request.urlopen(opened["url"]) as answer:
        key = base64.b64decode(opened["key"])
        assert seal.open_sealed(answer.read(), key=key, aad=opened["aad"]) == document


def _mailed(cloud: LocalCloud, before: int) -> str:
    """The token of the mail that comes after so many others."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for mail in cloud.mails()[before:]:
            if COMPANY_ADDRESS in mail.recipients and (token := TOKEN.search(mail.body("plain"))):
                return token[1]
        time.sleep(0.001)
    raise AssertionError("the link did not come within 20 s")


@contextmanager
def timed(times: Times, name: str) -> Iterator[None]:
    """Note the milliseconds that this takes."""
    begun = time.perf_counter()
    yield
    times.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
