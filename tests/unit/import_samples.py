"""Invented contexts for the pages of the import and of what comes by mail (see ``look_samples.py``)."""

from typing import Any

from tests.unit.account_samples import AGENT


def line(number: int, **said: Any) -> dict[str, Any]:
    """One line of the report."""
    shown: dict[str, Any] = {
        "number": number,
        "company": "Jardins <Morvenne>",
        "contract": "Entretien des espaces verts",
        "lot": "2",
        "to_do": [],
        "urgent": False,
        "href": "/parcours/a1",
        "stands": True,
        "renamed": False,
        "differences": [],
    }
    return shown | said


REPORT: dict[str, Any] = {
    "agent": AGENT,
    "nav": "import",
    "written": False,
    "complete": True,
    "other": False,
    "faults": [],
    "dropped": [{"title": "CV <joint>", "why": "pièces jointes, jamais reprises"}],
    "unknown": True,
    "total": 4,
    "done": 0,
    "counts": {"created": 1, "updated": 1, "unchanged": 1, "renamed": 1},
    "changes_something": True,
    "created": [line(2, stands=False, to_do=["Convention signée"], urgent=True)],
    "updated": [line(3, differences=[{"column": "Heures", "before": "150", "after": "300"}])],
    "unchanged": [line(4), line(5, renamed=True)],
    "commented": [line(3)],
    "by_hand": [line(2, to_do=["Convention signée"], urgent=True)],
    "content": "QQ",
    "sha256": "0" * 64,
    "marks": "0a1b2c3d 0a1b2c3d",
}
NOTHING_IN: dict[str, Any] = {
    name: [] for name in ("created", "updated", "unchanged", "commented", "by_hand", "dropped")
}
FORM: dict[str, Any] = {"agent": AGENT, "nav": "import", "error": "", "domains": ("Accueil", "Autre")}
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "import": [FORM, FORM | {"error": "Ce fichier n’est pas un CSV lisible."}],
    "import-rapport": [
        REPORT,
        REPORT | NOTHING_IN | {"faults": ["Ligne\u00a037, colonne e-mail\u00a0: adresse non valable."]},
        REPORT | {"other": True},
        REPORT | {"written": True, "done": 4},
        REPORT | {"written": True, "done": 2, "complete": False},
        REPORT | NOTHING_IN | {"changes_something": False, "unknown": False},
    ],
    "cv-par-mail": [
        {"agent": AGENT, "nav": "aide", "text": "Bonjour,", "mailto": "mailto:?subject=x&body=y", "lines": 9}
    ],
}
