"""A real Chromium, as Debian packages it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from infra.local import LocalCloud
from tests.browser.stage import Stage
from tests.worlds import World

expect.set_options(timeout=20_000)  # a cold function starts a process for each module of a script

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
def chromium() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    path = shutil.which("chromium")
    assert path, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody's own: its cookies are nobody else's."""
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def stage(cloud: LocalCloud, deployed: World, chromium: Browser) -> Iterator[Stage]:
    """A parcours, a tutor and a company that no other test knows."""
    played = Stage(cloud, chromium)
    yield played
    played.ends()
