"""What pages read of ten thousand parcours (``integration/test_reads.py``)."""

import pytest

from tests.integration.test_reads import (
    table,
    test_a_page_reads_no_more_of_a_large_table_than_of_a_small_one,
    test_no_page_scans,
)

__all__ = ["table", "test_a_page_reads_no_more_of_a_large_table_than_of_a_small_one", "test_no_page_scans"]


@pytest.fixture(scope="module")
def many() -> int:
    """Parcours of the large table."""
    return 10_000
