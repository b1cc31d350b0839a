"""Files that people choose, made here."""

import hashlib
import random
from pathlib import Path

import pikepdf
from playwright.sync_api import BrowserContext

from infra.local.demo import one_page
from tests.support import pdf_samples, rewriting

HONEST = Path(__file__).parents[1] / "pdf"
"""What other writers made."""
LARGEST = 10_000_000
"""Bytes: the largest document that may be sent."""


def pdf(folder: Path, name: str = "cv.pdf") -> Path:
    """Write a document of one page, as small as can be; return its path."""
    return _written(folder / name, one_page([name]))


def heavy_pdf(folder: Path, name: str, size: int = LARGEST) -> Path:
    """Write a document that leaves as exactly ``size`` bytes, most of them a palette that cannot be made smaller."""
    length = size - 2_000
    for _ in range(5):
        noise = random.Random(name).randbytes(length)  # noqa: S311 - any bytes will do
        space = b"/Group<</S/Transparency/CS[/Indexed/DeviceRGB 255 %d 0 R]>>" % pdf_samples.EXTRA
        content = pdf_samples.document(page=space, more={pdf_samples.EXTRA: pdf_samples.stream(noise)})
        path = _written(folder / name, content)
        missing = size - len(leaving(path))
        if not missing:
            return path
        length += missing
    raise AssertionError("no such size")


def leaving(path: Path) -> bytes:
    """Return what the sending page makes of this document, and sends."""
    (made,) = rewriting.rewrite([path.read_bytes()])
    assert isinstance(made, bytes), made
    return made


def sha256_as_it_leaves(path: Path) -> str:
    """Return the SHA-256, in hexadecimal, of what leaves for this document."""
    return hashlib.sha256(leaving(path)).hexdigest()


def photo(folder: Path, context: BrowserContext, kind: str, named: str = "photo") -> Path:
    """Write a picture of a written page, of ``kind`` jpeg or png; return its path."""
    page = context.new_page()
    page.set_content(f"<h1>Curriculum vitae, {named}</h1><p>Formation : ateliers de remobilisation</p>")
    picture = page.screenshot(type="png" if kind == "png" else "jpeg")
    page.close()
    return _written(folder / f"{named}.{kind}", picture)


def photo_with_its_place(folder: Path) -> Path:
    """Write a JPEG as a telephone takes it, which says where it was taken."""
    with pikepdf.open(HONEST / "img2pdf-phone.pdf") as document:
        (picture,) = document.pages[0].get_images().values()
        return _written(folder / "telephone.jpg", picture.read_raw_bytes())


def word_file(folder: Path) -> Path:
    """Write a file that begins as those of Word do: as a zip."""
    return _written(folder / "cv.docx", b"PK\x03\x04" + bytes(400))


def _written(path: Path, content: bytes) -> Path:
    """Write a file; return its path."""
    path.write_bytes(content)
    return path
