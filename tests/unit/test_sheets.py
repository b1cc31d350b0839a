"""The confined process that reads workbooks: what it cannot do."""

from pathlib import Path

import pytest
import python_calamine

from chalicelib.pdf import process
from tests.support.workbooks import workbook

PACKAGES = str(Path(python_calamine.__file__).parents[1])
ANSWERS = (
    "from chalicelib.sheets import worker; import socket\n"
    "worker.list_sheets = lambda workbook: [['read', {}]]\nworker.main()"
)


def ask(attempt: str) -> bytes:
    """Return what the process answers that does this in the place of reading a workbook."""
    content = workbook({"Tableau": [["Entreprise"]]})
    return process.ask(ANSWERS.format(attempt), content, PACKAGES, most_bytes=1_000)


@pytest.mark.parametrize(
    "attempt", ["open('/etc/hostname').read()", "str(socket.socket())", "'x' * 900_000_000"]
)
def test_whoever_reads_a_workbook_opens_nothing_and_has_little_memory(attempt: str) -> None:
    assert ask("'nothing else'") == b'[["read", "nothing else"]]'
    assert ask(attempt) == b""


def test_what_is_longer_than_asked_for_is_no_answer() -> None:
    assert ask("'x' * 2_000") == b""
