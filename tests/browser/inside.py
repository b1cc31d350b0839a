"""A browser whose requests reach the app in this process: many states of one page, each at the hour that a test holds."""

import re

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.conftest import Clock
from tests.support.http import Client
from tests.support.worlds import BASE_URL

PREPARING = re.compile("^(Retirer un document|Un instant)$")


class Inside:
    """One person's browser. Scripts, pages and answers are the product's own; there is no storage behind it."""

    def __init__(self, context: BrowserContext, time: Clock, client: Client | None = None) -> None:
        self.client = client or Client()
        self.page: Page = context.new_page()
        self.page.clock.set_fixed_time(time.now)
        context.route("**/*", self._answer)

    def follows(self, token: str) -> None:
        """Go to the link of a mail."""
        self.page.goto(f"{BASE_URL}/retrait/#{token}")
        self.settles()

    def settles(self) -> None:
        """Wait until everything that the script asked for has come."""
        expect(self.page.locator("h1")).not_to_have_text(PREPARING)
        self.page.wait_for_load_state("networkidle")

    def _answer(self, route: Route) -> None:
        """Answer a request of the browser by the app in this process, as this person."""
        asked = route.request
        kind = asked.headers.get("content-type")
        path = asked.url.removeprefix(BASE_URL).partition("#")[0]
        answer = self.client.send(asked.method, path, asked.post_data, content_type=kind)
        while answer.status == 303:  # a route that is fulfilled cannot lead elsewhere
            answer = self.client.get(answer.headers["location"])
        headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
        route.fulfill(status=answer.status, headers=headers, body=answer.text)
