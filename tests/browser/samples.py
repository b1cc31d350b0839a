"""Files that people choose, made here."""

import random
from pathlib import Path

from playwright.sync_api import BrowserContext

from infra.local.demo import one_page
from tests import pdf_samples

LARGEST = 10_000_000
"""Bytes: the largest document that may be sent."""


def pdf(folder: Path, name: str = "cv.pdf") -> Path:
    """A document of one page, as small as can be."""
    return _written(folder / name, one_page([name]))


def heavy_pdf(folder: Path, name: str, size: int = LARGEST) -> Path:
    """A document of exactly ``size`` bytes, most of them in an object that no page shows."""

    def padded(padding: int) -> bytes:
        noise = random.Random(name).randbytes(padding // 2 + 1).hex()[:padding]  # noqa: S311 - any bytes will do
        return pdf_samples.document(more={pdf_samples.EXTRA: pdf_samples.stream(noise.encode())})

    content = padded(size - 2_000)
    content = padded(size - 2_000 + size - len(content))
    assert len(content) == size
    return _written(folder / name, content)


def photo(folder: Path, context: BrowserContext, kind: str) -> Path:
    """A picture of a written page; ``kind`` is jpeg or png."""
    page = context.new_page()
    page.set_content("<h1>Curriculum vitae</h1><p>Formation : ateliers de remobilisation</p>")
    picture = page.screenshot(type="png" if kind == "png" else "jpeg")
    page.close()
    return _written(folder / f"photo.{kind}", picture)


def word_file(folder: Path) -> Path:
    """What Word saves begins as any zip does."""
    return _written(folder / "cv.docx", b"PK\x03\x04" + bytes(400))


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
