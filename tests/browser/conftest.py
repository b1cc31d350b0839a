"""A real Chromium, as Debian packages it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from infra.local import LocalCloud
from tests.browser.stage import Stage
from tests.support.worlds import World

expect.set_options(timeout=60_000)  # a cold function starts a process for each module of a script


@pytest.fixture
def person(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser with cookies of its own."""
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def stage(cloud: LocalCloud, deployed: World, chromium: Browser) -> Iterator[Stage]:
    """A parcours, a tutor and a company that no other test knows."""
    played = Stage(cloud, chromium)
    yield played
    played.ends()


@pytest.fixture
def viewing_stage(cloud: LocalCloud, deployed: World, viewing_chromium: Browser) -> Iterator[Stage]:
    """A stage whose browsers show PDFs by themselves."""
    played = Stage(cloud, viewing_chromium)
    yield played
    played.ends()
