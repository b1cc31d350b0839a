"""Workbooks as Excel writes them: ``.xlsx`` of given sheets, and what only looks like one."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
DATE_STYLE = 1


class Formula(str):
    """A formula without its « = », whose last value is kept as « 42 »."""


Cell = str | int | date


def _write_cell(value: Cell) -> str:
    """Return the XML of a cell."""
    if isinstance(value, Formula):
        return f'<c t="str"><f>{escape(value)}</f><v>42</v></c>'
    if isinstance(value, date):
        return f'<c s="{DATE_STYLE}"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>' if value else "<c/>"


def _write_sheet(rows: Sequence[Sequence[Cell]]) -> str:
    """Return the XML of a sheet."""
    written = "".join(f"<row>{''.join(map(_write_cell, row))}</row>" for row in rows)
    return f'<worksheet xmlns="{MAIN}"><sheetData>{written}</sheetData></worksheet>'


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Cell]]],
    *,
    hidden: tuple[str, ...] = (),
    also: dict[str, bytes] | None = None,
) -> bytes:
    """Return a workbook of these sheets. ``hidden``: names of those that are; ``also``: further members of the archive."""
    states = {name: ' state="hidden"' if name in hidden else "" for name in sheets}
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{place}" r:id="rId{place}"{states[name]}/>'
        for place, name in enumerate(sheets, start=1)
    )
    related = "".join(
        f'<Relationship Id="rId{place}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{place}.xml"/>'
        for place in range(1, len(sheets) + 1)
    )
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    texts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{related}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        **{
            f"xl/worksheets/sheet{place}.xml": _write_sheet(rows)
            for place, rows in enumerate(sheets.values(), start=1)
        },
    }
    return archive({**{name: content.encode() for name, content in texts.items()}, **(also or {})})


def archive(contents: dict[str, bytes]) -> bytes:
    """Return an archive of these members."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in contents.items():
            zipped.writestr(name, content)
    return written.getvalue()


def members(zipped: bytes) -> dict[str, bytes]:
    """Return the members of an archive."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}
