"""The confined half of ``sheets``: reads one workbook on standard input, says its visible sheets, and can do nothing else."""

import csv
import encodings.cp437  # noqa: F401 -- names in a zip; nothing can be loaded once the process is confined
import io
import json
import os
import sys
import zipfile
from datetime import date, datetime, time
from typing import Final

from python_calamine import CalamineWorkbook, SheetVisibleEnum

from chalicelib import sheets
from chalicelib.pdf.worker import confine

_WORKBOOK: Final = "xl/workbook.xml"
_MACROS: Final = "vbaProject.bin"
_SPACES: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)], " ")
"""Control characters but line breaks and tabs, which a CSV may not hold."""


def main() -> None:
    """Standard input: the workbook. Standard output: a JSON list, name and CSV of each visible sheet; nothing: refused."""
    confine()
    workbook = sys.stdin.buffer.read()
    check_archive(workbook)
    answer = memoryview(json.dumps(list_sheets(workbook)).encode())
    while answer:
        answer = answer[os.write(sys.stdout.fileno(), answer) :]
    os._exit(0)


def check_archive(workbook: bytes) -> None:
    """Raise ValueError for another format than ``.xlsx``, for macros, and for what unpacks to too much."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if _WORKBOOK not in names or any(name.endswith(_MACROS) for name in names):
        raise ValueError("not an .xlsx")
    if sum(entry.file_size for entry in entries) > sheets.UNPACKED_BYTES:
        raise ValueError("unpacks to too much")


def list_sheets(workbook: bytes) -> list[tuple[str, str]]:
    """Return name and CSV of each visible sheet of cells, as they come in the workbook."""
    reader = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    visible = [sheet.name for sheet in reader.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
    return [(name, _write_csv(reader, name)) for name in visible]


def _write_csv(reader: CalamineWorkbook, name: str) -> str:
    """Return a sheet as CSV, each row in its place, so that lines have the numbers that the spreadsheet shows."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=sheets.SEPARATOR)
    for row in reader.get_sheet_by_name(name).to_python(skip_empty_area=False):
        cells = [_write_cell(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        writer.writerow(cells)
        if written.tell() > sheets.MOST_CHARACTERS:
            break
    return written.getvalue()


def _write_cell(value: object) -> str:
    """Return a value as the team's CSV has it: a day as 2026-05-12, a number without « .0 », a formula's last value as text."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).translate(_SPACES)
