"""The looks of pages once more, in the narrowest font that systems commonly set pages in: none depends on what is installed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser import test_looks, test_run
from tests.browser.conftest import stage as stage
from tests.browser.test_run import opened as opened
from tests.conftest import launched
from tests.support import fonts

test_public_pages = test_looks.test_a_public_page_has_no_fault
test_the_code_page = test_looks.test_the_code_page_has_no_fault
test_the_tutors_pages = test_looks.test_the_tutors_pages_have_no_fault_from_the_offer_to_the_end
test_the_recipients_page = test_looks.test_the_recipients_page_has_no_fault_from_the_link_to_the_answer
test_one_by_one = test_run.test_what_a_call_needs_is_on_one_screen


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser that has no other font."""
    with launched(playwright, "chromium-headless-shell", "chromium", font=fonts.NARROW) as browser:
        yield browser
