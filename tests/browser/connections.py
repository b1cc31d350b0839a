"""Lines that cut, lines that are slow, and what the page said over them."""

import time

from playwright.sync_api import Page, Request, Route


class Cut:
    """The first ``times`` exchanges of documents with the storage do not get through; the rest does."""

    def __init__(self, page: Page, storage: str, *, times: int = 1) -> None:
        self.left = times
        page.route(f"{storage}/**", self._meet)

    def _meet(self, route: Route, request: Request) -> None:
        if self.left and request.resource_type == "xhr":  # the page's probe is a fetch
            self.left -= 1
            route.abort("connectionreset")
        else:
            route.continue_()


def announced(page: Page) -> list[str]:
    """The deposits that this page announces from now on, one entry for each time."""
    deposits: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/depots"):
            body = request.post_data_json
            assert body is not None
            deposits.append(body["deposit"])

    page.on("request", note)
    return deposits


def slow_down(page: Page, *, upload: int = -1, download: int = -1) -> None:
    """Bytes per second; -1 is as fast as it goes."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("Network.enable")
    limits = {"offline": False, "latency": 50, "uploadThroughput": upload, "downloadThroughput": download}
    protocol.send("Network.emulateNetworkConditions", limits)


def loads(page: Page) -> list[str]:
    """Addresses that the page itself goes to from now on: a page that updates without reloading adds none."""
    deposits: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request() and request.frame == page.main_frame:
            deposits.append(request.url)

    page.on("request", note)
    return deposits


def watch(page: Page, bar: str) -> None:
    """Keep from now on what this progress bar shows."""
    page.locator(bar).first.evaluate(
        """(bar) => {
          window.seen = [];
          new MutationObserver(() => window.seen.push(Number(bar.value))).observe(bar, { attributes: true });
        }"""
    )


def between(page: Page) -> bool:
    """Whether the watched bar shows, within 15 seconds, a share of what is under way: neither nothing nor all."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if page.evaluate("window.seen.some((share) => share > 10 && share < 90)"):
            return True
        page.wait_for_timeout(100)
    return False
