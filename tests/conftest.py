"""Fixtures that several suites share: worlds of a test's own, the deployed local cloud, the clock."""

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Playwright, sync_playwright

from chalicelib import clock
from chalicelib.stores import aws
from infra.local import LocalCloud, running
from tests import instants
from tests.support import fonts, relays, worlds
from tests.support.moto_worlds import CREDENTIALS, REGION, on_moto
from tests.support.relays import Relay
from tests.support.worlds import World

# Slow machines are no fault. In CI the examples are the same each time, as hypothesis has it by itself.
settings.register_profile("any machine", settings.default, deadline=None)
settings.load_profile("any machine")

__all__ = ["CREDENTIALS", "REGION", "Clock", "on_cloud", "on_deployed", "on_moto"]

gc.set_threshold(100_000, 50, 50)  # collecting as often as usual takes a tenth of the time
_utc_now = clock.utc_now
_AHEAD = instants.instant() - _utc_now()
clock.utc_now = lambda: _utc_now() + _AHEAD


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark what meets the deployed product, whose functions read this machine's time."""
    for item in items:
        if {"cloud", "deployed_place"} & set(item.fixturenames):
            item.add_marker("cloud")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Function) -> Generator[None, object, object]:
    """Let what meets the deployed product live now; all else lives at ``INSTANT``."""
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("cloud"):
            patch.setattr(clock, "utc_now", _utc_now)
        return (yield)


@pytest.fixture
def world() -> Iterator[World]:
    """A world of this test's own, on moto."""
    with on_moto() as made:
        yield made


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """The product as ``make run`` deploys it, with its invented data, on ports of its own; one for the whole run."""
    before = dict(os.environ)
    aws.forget_clients()  # those of a world that is over; loading the data happens in this process
    with running(demo=True) as local:
        os.environ.clear()  # loading the invented data took this process over; moto's worlds must not meet it
        os.environ.update(before)
        aws.forget_clients()
        yield local


@contextmanager
def on_cloud(cloud: LocalCloud) -> Iterator[World]:
    """A world on the local cloud, beside the deployed one: transactions and conditions are atomic there, forms are checked."""

    def mails(sender: str) -> list[EmailMessage]:
        return [mail.message for mail in cloud.mails() if sender in str(mail.message["From"])]

    chosen = (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SESV2",
    )
    with worlds.made({name: cloud.environment[name] for name in chosen}, mails) as made:
        yield made


@pytest.fixture
def cloud_world(cloud: LocalCloud) -> Iterator[World]:
    """A world of this test's own, on the local cloud."""
    with on_cloud(cloud) as made:
        yield made


@contextmanager
def on_deployed(cloud: LocalCloud) -> Iterator[World]:
    """The deployed product's own tables, bucket and keys, as the emulator's root: stories told here meet its functions there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        for name, value in cloud.environment.items():
            patch.setenv(name, value)
        aws.forget_clients()
        yield World(cloud.environment, lambda: [mail.message for mail in cloud.mails()])
    aws.forget_clients()


@pytest.fixture
def deployed(cloud: LocalCloud) -> Iterator[World]:
    """This process works on the deployed product's tables."""
    with on_deployed(cloud) as world:
        yield world


@dataclass
class Clock:
    """The time that the product reads while a test holds it."""

    now: datetime

    def read(self) -> datetime:
        """One millisecond later at each reading, so that what happens later is told later."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def sleep_until(self, later: datetime) -> None:
        """Who waits for an instant finds that it has come."""
        self.now = max(self.now, later)

    def passes(self, **delay: float) -> datetime:
        """Let time pass (``days=``, ``hours=``, ``minutes=``…)."""
        self.now += timedelta(**delay)
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until the test moves it."""
    held = Clock(clock.utc_now())
    monkeypatch.setattr(clock, "utc_now", held.read)
    monkeypatch.setattr(clock, "sleep_until", held.sleep_until)
    return held


@pytest.fixture
def relay(world: World, time: Clock) -> Relay:
    """A parcours that a tutor has just taken, on an empty world."""
    return relays.started(world)


QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers of this run."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the whole run: the one without windows where there is one, which asks a third less of the machine."""
    with launched(playwright, "chromium-headless-shell", "chromium") as browser:
        yield browser


@pytest.fixture(scope="session")
def viewing_chromium(playwright: Playwright) -> Iterator[Browser]:
    """The whole Chromium, which shows PDFs by itself."""
    with launched(playwright, "chromium") as browser:
        yield browser


@contextmanager
def launched(playwright: Playwright, *names: str, font: str = fonts.WIDE) -> Iterator[Browser]:
    """The first of these programs that there is, drawing every page in ``font``."""
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, f"{names[-1]} is missing: apt-get install {names[-1]}"
    with fonts.only(font) as fonts_environment:
        environment: dict[str, str | float | bool] = {**os.environ, **fonts_environment}
        browser = playwright.chromium.launch(executable_path=path, args=QUIET, env=environment)
        yield browser
        browser.close()
