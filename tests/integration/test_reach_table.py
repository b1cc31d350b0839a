"""The table « Who can make a document reach whom »: each cell is tried on real tables, and the README of its subject shows it."""

from pathlib import Path

import pytest

from tests.conftest import Clock
from tests.reach import table
from tests.reach.on_real_tables import Tables
from tests.support.worlds import World

SHOWN = Path(__file__).resolve().parents[2] / "chalicelib/domain/documents/README.md"
CELLS = [(who, moment) for who in table.TABLE for moment in table.MOMENTS]


@pytest.mark.parametrize(("who", "moment"), CELLS, ids=[f"{who}: {moment}" for who, moment in CELLS])
def test_a_document_reaches_whom_the_table_says(world: World, time: Clock, who: str, moment: str) -> None:
    cell = table.TABLE[who][table.MOMENTS.index(moment)]
    tables = Tables.begun(world, time)

    for acts, expected in cell.tries.items():
        with tables.apart():
            for act in acts:
                tables.does(act)
            assert tables.reached == expected, acts


def test_the_readme_shows_the_table_that_is_tested() -> None:
    assert table.markdown() in SHOWN.read_text(), table.markdown()
