"""A first visit on a phone: how many requests, how many bytes, and how often one has to wait for another."""

import pytest

from tests.browser.stage import Stage
from tests.browser.visits import Visit, first_visits, visited

MOST = {
    "retrait": (2, 30_000, 2),
    "list": (4, 20_000, 2),
    "parcours": (4, 20_000, 2),
    "sending": (2, 23_600, 2),
}
"""Requests, bytes on the wire, rounds. Of the page that sends, before a file is chosen: as before it wrote documents anew, and
some 300 bytes that list every wrong field at once and say what a photo costs a reader without eyes."""


@pytest.fixture
def visits(stage: Stage) -> dict[str, Visit]:
    """The first visits to the pages that people wait for."""
    return first_visits(stage)


def test_first_visits_keep_to_their_goals(visits: dict[str, Visit]) -> None:
    assert visits.keys() == MOST.keys()
    for name, (requests, most_bytes, rounds) in MOST.items():
        visit = visits[name]
        assert visit.requests <= requests and visit.bytes <= most_bytes and visit.rounds <= rounds, (
            name,
            visit,
        )
        assert visit.bytes > 5_000 and sum("/static/" in address for address in visit.addresses) <= 1, (
            name,
            visit,
        )
    assert visits["retrait"].addresses[-1] == "POST /retrait/apercu", "or its page could not be used"


def test_a_second_visit_asks_for_the_page_alone(stage: Stage) -> None:
    browser = stage.signed_in(stage.tutor_account)
    first, second = (visited(browser, f"{stage.cloud.base_url}/parcours") for _ in range(2))

    assert [address.split("/")[1] for address in first.addresses] == ["parcours", "static"]
    assert second.addresses == first.addresses[:1]
