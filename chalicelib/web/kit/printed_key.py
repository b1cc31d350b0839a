"""The key of a young person's page as paper shows it: a QR code for a telephone's camera, and letters to type."""

from io import BytesIO
from typing import NamedTuple

import segno

from chalicelib import config
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.stories.young import spell_follow_key

PATH = "/suivi"


class PrintedKey(NamedTuple):
    """What is printed of a key."""

    qr: str
    """An inline SVG, black on white; it holds the page's address with reference and key behind « # »."""
    address: str
    """Of the page, short enough to be typed."""
    reference: str
    letters: str


def print_key(attempt: Attempt) -> PrintedKey:
    """Return the present key of a passage as paper shows it."""
    address, spelled = f"{config.public_base_url()}{PATH}", spell_follow_key(attempt)
    return PrintedKey(
        qr=_draw_qr(f"{address}#{attempt.reference}.{spelled.secret}"),
        address=address.partition("://")[2],
        reference=attempt.reference,
        letters=spelled.letters,
    )


def _draw_qr(text: str) -> str:
    """Draw a QR code that still reads with an eighth of it soiled or folded away (level M)."""
    drawn = BytesIO()
    code = segno.make_qr(text, error="m")
    code.save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=False,
        nl=False,
        omitsize=True,
        light="#fff",
        svgclass="qr",
        lineclass="",
    )
    return drawn.getvalue().decode()
