"""Filters in an address: read without ever refusing, written so that whoever gets the link has the same view."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from chalicelib import list_words as words
from chalicelib.domain import territory, texts
from chalicelib.domain.filters import Filter
from chalicelib.domain.texts import plainly

FIELDS = (
    "statut", "etape", "academie", "region", "acheteur", "domaine", "heures", "depuis", "tour", "retard", "echeance", "q", "tri",
)  # fmt: skip
"""The parameters of a view, in the order of its address; ``page`` says where one is in it."""
MOST_LETTERS = {"q": 100, "acheteur": 200}
MOST_HOURS, MOST_PAGES = 2_000, 999


@dataclass(frozen=True)
class Asked:
    """What an address asks for."""

    filter: Filter
    page: int
    """From 1 on."""
    unknown: tuple[str, ...]
    """Parameters whose value says nothing to us: they are left aside, and that is said."""
    nothing: bool
    """Nothing at all is asked: this is somebody's first page."""


def read(given: Mapping[str, str]) -> Asked:
    """The filter of these parameters; strangers among them are not looked at."""
    typed = {name: given.get(name, "").strip() for name in (*FIELDS, "page")}
    found: dict[str, object] = {}
    unknown = []
    for name, text in typed.items():
        meant = _meant(name, text) if text else {}
        if meant is None:
            unknown.append(name)
        found |= meant or {}
    page = found.pop("page", 1)
    assert isinstance(page, int)
    return Asked(Filter.model_validate(found), page, tuple(unknown), not any(typed.values()))


def written(view: Filter) -> dict[str, str]:
    """The parameters of a filter; the order is always among them, as it would else depend on who reads."""
    turn = words.MINE_SLUG if view.mine else words.TURN_SLUG.get(view.turn) if view.turn else None
    values = {
        "statut": words.STATUS_SLUG[view.status] if view.status else None,
        "etape": words.STEP_SLUG[view.step] if view.step else None,
        "academie": view.academie,
        "region": view.region,
        "acheteur": view.organisation,
        "domaine": view.domain,
        "heures": str(view.hours) if view.hours else None,
        "depuis": view.since.isoformat() if view.since else None,
        "tour": turn,
        "retard": "1" if view.late else None,
        "echeance": "1" if view.closing else None,
        "q": view.text,
        "tri": words.SORT_SLUG[view.sort],
    }
    return {name: value for name, value in values.items() if value}


def address(view: Filter, path: str = "/parcours", **also: str) -> str:
    """Path and query of a view."""
    return f"{path}?{urlencode(written(view) | also)}"


def without(view: Filter, name: str) -> Filter:
    """The same view with one of its parameters taken away."""
    left = {one: value for one, value in written(view).items() if one != name}
    return read(left).filter


def _meant(name: str, text: str) -> dict[str, object] | None:
    """The fields of ``Filter`` that a parameter sets; None when it says nothing to us."""
    if len(text) > MOST_LETTERS.get(name, 80) or any(unicodedata.category(one)[0] == "C" for one in text):
        return None
    return _READERS[name](text)


def _one_of(field: str, slugs: Mapping[Any, str]) -> Callable[[str], dict[str, object] | None]:
    by_slug = {slug: value for value, slug in slugs.items()}
    return lambda text: {field: by_slug[text]} if text in by_slug else None


def _named(field: str, names: tuple[str, ...]) -> Callable[[str], dict[str, object] | None]:
    by_name = {plainly(name): name for name in names}
    return lambda text: {field: by_name[plainly(text)]} if plainly(text) in by_name else None


def _number(field: str, most: int) -> Callable[[str], dict[str, object] | None]:
    def read_number(text: str) -> dict[str, object] | None:
        digits = text.isascii() and text.isdigit() and len(text) <= 4
        return {field: int(text)} if digits and 1 <= int(text) <= most else None

    return read_number


def _day(text: str) -> dict[str, object] | None:
    day = texts.day(text)
    return {"since": day} if day else None


def _ticked(field: str) -> Callable[[str], dict[str, object] | None]:
    return lambda text: {field: True} if text == "1" else None


def _turn(text: str) -> dict[str, object] | None:
    return {"mine": True} if text == words.MINE_SLUG else _one_of("turn", words.TURN_SLUG)(text)


def _academie(text: str) -> dict[str, object] | None:
    name = territory.academie_named(text)
    return {"academie": name} if name else None


_READERS: dict[str, Callable[[str], dict[str, object] | None]] = {
    "statut": _one_of("status", words.STATUS_SLUG),
    "etape": _one_of("step", words.STEP_SLUG),
    "academie": _academie,
    "region": _named("region", territory.REGIONS),
    "acheteur": lambda text: {"organisation": text},
    "domaine": _named("domain", territory.DOMAINES),
    "heures": _number("hours", MOST_HOURS),
    "depuis": _day,
    "tour": _turn,
    "retard": _ticked("late"),
    "echeance": _ticked("closing"),
    "q": lambda text: {"text": text} if plainly(text) else None,
    "tri": _one_of("sort", words.SORT_SLUG),
    "page": _number("page", MOST_PAGES),
}
