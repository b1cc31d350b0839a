"""The communes of France, read once from ``communes.json``."""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

from chalicelib.domain.kernel.towns import Towns


class CommunesFile(TypedDict):
    """``communes.json``, as ``infra/communes.py`` writes it."""

    source: str
    communes: dict[str, str]
    """By code of département."""


@cache
def towns() -> Towns:
    """Return the communes of every département."""
    stored: CommunesFile = json.loads((Path(__file__).parent / "communes.json").read_text("utf-8"))
    return Towns(stored["communes"])
