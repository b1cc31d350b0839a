"""What nobody may read anywhere: template marks, codes, English, sentences with a hole, two spaces."""

import importlib
import pkgutil
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache

import chalicelib

ENGLISH = (
    "the|and|with|your|you|not|for|from|this|that|these|those|been|have|has|had|was|were|are|is|will|would|should|must|"
    "errors?|invalid|fields?|required|missing|unknown|expired|available|sent|opened|received|closed|pending|please|click|"
    "here|submit|back|next|previous|name|address|users?|upload|download|delete|object|bad|forbidden|unauthorized|"
    "found|internal|server|method|allowed|january|february|march|april|may|june|july|august|september|october|november|"
    "december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|yesterday|days?|weeks?|months?|years?"
)
"""Words that are no French."""
FRENCH = frozenset(
    re.findall(
        r"\w+",
        "active challenge comment convention cv date effacement invitation jeune lettre limitation lot mail met note opposition "
        "absence import organisation page parcours parent place pointer queue rectification run session siret CANCEL REQUEST "
        "agent contact Appeler Relancer",
    )
)
"""Codes that are French words too, or that a rule of English finds."""
ADDRESS = re.compile(r"https?://\S+|\S+@\S+|\S+\.(?:example|fr|json|csv|pdf|ics)\b\S*")
"""What is read as an address, whatever its words."""
RULES = {
    "a template's mark": re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|\{[a-z_]+\}"),
    "no value": re.compile(r"\b(?:None|True|False|undefined|NaN|null)\b|\[object"),
    "an identifier": re.compile(r"(?<!\w)[a-z]+(?:_[a-z0-9]+)+(?!\w)"),
    "an English word": re.compile(rf"(?<![\w’'-])(?:{ENGLISH})(?![\w’'-])", re.IGNORECASE),
    "an empty sentence": re.compile(
        r"(?:^|[\s(«])[.,](?:\s|$)|\(\s*\)|«\s*»|(?<!\.)\.\.(?!\.)|[,;:]\s*[,;.](?!\.)"
        r"|(?<![\w’-])(?:le|la|les|de|du|des|au|à|par|pour|et|ou)[ \u00a0\u202f]?[.,](?:\s|$)"
    ),
    "two spaces": re.compile(r"[ \u00a0\u202f]{2}|[ \u00a0\u202f][.,](?:\s|$)"),
}


@cache
def _codes() -> re.Pattern[str]:
    """Return the values of every closed list that are no French words: a page may never show one raw."""
    codes: set[str] = set()
    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, StrEnum) and value.__module__ == module.name:
                codes |= {member.value for member in value if member.value.isidentifier()}
    words = "|".join(sorted(codes - FRENCH))
    return re.compile(rf"(?<![\w’'-])(?:{words})(?![\w’'-])")


def lines(inner_text: str) -> list[str]:
    """The lines of a browser's ``innerText``, without what they are indented by in a mail's plain text.

    It breaks before the comma that follows a link drawn as a box.
    """
    return [line.strip(" ") for line in re.sub(r"\n+(?=[,.] )", "", inner_text).splitlines()]


def faults(texts: Iterable[str]) -> list[str]:
    """Return what is wrong in these texts, each with what it is and where."""
    rules = {**RULES, "a code": _codes()}
    return [
        f"{what}: « {match[0]} » in « {text[max(0, match.start() - 60) : match.end() + 60]} »"
        for text in (ADDRESS.sub("…", line) for line in texts)
        for what, rule in rules.items()
        if (match := rule.search(text))
    ]
