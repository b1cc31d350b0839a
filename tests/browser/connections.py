"""Lines that cut, lines that are slow, and what the page said over them."""

import time

from playwright.sync_api import Page, Request, Route


class Cut:
    """Cuts the first ``times`` exchanges of documents with the storage, and lets the rest pass."""

    def __init__(self, page: Page, storage: str, *, times: int = 1) -> None:
        self.left = times
        page.route(f"{storage}/**", self._meet)

    def _meet(self, route: Route, request: Request) -> None:
        """Cut an exchange with the storage while some are left to cut; let every other one pass."""
        if self.left and request.resource_type == "xhr":  # the page's probe is a fetch
            self.left -= 1
            route.abort("connectionreset")
        else:
            route.continue_()


def announced(page: Page) -> list[str]:
    """Return a list that fills with the deposit that this page announces, once for each announcement."""
    deposits: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/depots"):
            body = request.post_data_json
            assert body is not None
            deposits.append(body["deposit"])

    page.on("request", note)
    return deposits


def slow_down(page: Page, *, upload: int = -1, download: int = -1) -> None:
    """Limit the page's line to so many bytes per second; -1 is as fast as it goes."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("Network.enable")
    limits = {"offline": False, "latency": 50, "uploadThroughput": upload, "downloadThroughput": download}
    protocol.send("Network.emulateNetworkConditions", limits)


def loads(page: Page) -> list[str]:
    """Return a list that fills with the addresses that the page itself goes to; an update without reloading adds none."""
    deposits: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request() and request.frame == page.main_frame:
            deposits.append(request.url)

    page.on("request", note)
    return deposits


def watch(page: Page, bar: str) -> None:
    """Record from now on what this progress bar shows."""
    page.locator(bar).first.evaluate(
        """(bar) => {
          window.seen = [];
          new MutationObserver(() => window.seen.push(Number(bar.value))).observe(bar, { attributes: true });
        }"""
    )


def between(page: Page) -> bool:
    """Return whether the watched bar shows, within 90 seconds, a share that is neither nothing nor all."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if page.evaluate("window.seen.some((share) => share > 10 && share < 90)"):
            return True
        page.wait_for_timeout(100)
    return False
