"""The confined process that reads one workbook, from outside."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from chalicelib.pdf import process
from chalicelib.sheets import MOST_ANSWER_BYTES

_WORKER: Final = "from chalicelib.sheets.worker import main; main()"


class Sheet(NamedTuple):
    """A visible sheet of a workbook; ``content``: as CSV."""

    name: str
    content: str


def read_sheets(workbook: bytes) -> list[Sheet]:
    """Read the visible sheets of a workbook; none when it is refused: no ``.xlsx``, with macros or a password, broken, too large.

    Raises OSError: the process could not be started, which says nothing of the workbook.
    """
    library = find_spec("python_calamine")
    assert library is not None and library.origin is not None  # a dependency of ours
    folder = str(Path(library.origin).parents[1])
    answer = process.ask(_WORKER, workbook, folder, most_bytes=MOST_ANSWER_BYTES)
    return [Sheet(name, content) for name, content in json.loads(answer or b"[]")]
