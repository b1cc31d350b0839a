"""The font that pages are drawn in, whatever this machine has installed: one family, for every name that a page may ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

WIDE, NARROW = "DejaVu Sans", "Liberation Sans Narrow"
"""The widest and the narrowest that systems commonly set pages in: for ``make test``, and for ``make proof`` too."""
FILES = {
    WIDE: ("DejaVuSans.ttf", "fonts-dejavu-core"),
    NARROW: ("LiberationSansNarrow-Regular.ttf", "fonts-liberation-sans-narrow"),
}
"""Where each is: a file of it, and Debian's package."""
FOLDER = Path("/usr/share/fonts")
CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{folder}</dir>
  <cachedir>{cache}</cachedir>
  <selectfont>
    <acceptfont><pattern><patelt name="family"><string>{family}</string></patelt></pattern></acceptfont>
    <rejectfont><pattern><patelt name="scalable"><bool>true</bool></patelt></pattern></rejectfont>
  </selectfont>
</fontconfig>
"""


@contextmanager
def only(family: str) -> Iterator[dict[str, str]]:
    """Return the environment of a browser that has this font family and no other.

    Raises:
        AssertionError: it is not installed; names Debian's package.
    """
    file, package = FILES[family]
    assert any(FOLDER.rglob(file)), f"{family} is missing: apt-get install {package}"
    with TemporaryDirectory(ignore_cleanup_errors=True) as cache:
        written = Path(cache, "fonts.conf")
        written.write_text(CONFIGURATION.format(folder=FOLDER, cache=cache, family=family))
        yield {"FONTCONFIG_FILE": str(written)}
