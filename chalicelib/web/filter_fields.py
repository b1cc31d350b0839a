"""The filter bar: what can be chosen, what is chosen, and what to take away when nothing is found."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chalicelib import list_words, words
from chalicelib.domain import filters, territory
from chalicelib.domain.filters import Filter, Line
from chalicelib.domain.parcours import ParcoursStatus
from chalicelib.domain.texts import plainly
from chalicelib.french import jour_court
from chalicelib.stories.listing import View
from chalicelib.web import filter_query

READ_ANEW = frozenset({"statut", "retard", "depuis", "academie", "region", "acheteur"})
"""Without one of these other rows are read: what they hold is not known yet."""
MOST_SUGGESTIONS = 3

Option = dict[str, Any]


def fields(view: Filter, read: Iterable[Line]) -> dict[str, Any]:
    """What the filter bar offers and what is chosen in it; buyers are those of the rows that were read."""
    chosen = filter_query.written(view)
    spelt = [*(line.organisation for line in read), *([view.organisation] if view.organisation else [])]
    buyers = {plainly(name): name for name in spelt}.values()
    hours = {*territory.HOURS, *(line.hours for line in read)} | ({view.hours} if view.hours else set())
    turns = {list_words.MINE_SLUG: list_words.MINE}
    turns |= {slug: words.ROLE[role] for role, slug in list_words.TURN_SLUG.items()}

    def options(name: str, labels: dict[str, str], everything: str = "") -> list[Option]:
        first = [{"value": "", "label": everything, "chosen": name not in chosen}] if everything else []
        return first + [
            {"value": value, "label": label, "chosen": chosen.get(name) == value}
            for value, label in labels.items()
        ]

    def names(found: Iterable[str]) -> dict[str, str]:
        return {name: name for name in found}

    return {
        "q": view.text,
        "tour": options("tour", turns, "Tous"),
        "etape": options(
            "etape", {slug: words.STEP[one] for one, slug in list_words.STEP_SLUG.items()}, "Toutes"
        ),
        "statut": options("statut", *_statuses(view)),
        "academie": options("academie", names(territory.ACADEMIES), "Toutes"),
        "region": options("region", names(territory.REGIONS), "Toutes"),
        "acheteur": options("acheteur", names(sorted(buyers, key=plainly)), "Tous"),
        "domaine": options("domaine", names(territory.DOMAINES), "Tous"),
        "heures": options("heures", {str(one): f"{one} h" for one in sorted(hours)}, "Toutes"),
        "tri": options("tri", {slug: list_words.SORT[one] for one, slug in list_words.SORT_SLUG.items()}),
        "depuis": chosen.get("depuis", ""),
        "retard": view.late,
        "echeance": view.closing,
    }


def _statuses(view: Filter) -> tuple[dict[str, str], str]:
    """By its slug, each status that may be chosen; and what is looked through when none is."""
    labels = {slug: words.STATUS[one] for one, slug in list_words.STATUS_SLUG.items()}
    if view.text:
        return labels, "Tous"
    return labels, labels.pop(list_words.STATUS_SLUG[ParcoursStatus.IN_PREPARATION])


def chips(view: Filter) -> list[dict[str, str]]:
    """Each active filter, and the address of the same view without it."""
    return [
        {
            "name": name,
            "label": label(view, name),
            "href": filter_query.address(filter_query.without(view, name)),
        }
        for name in filter_query.written(view)
        if name != "tri" and not (name == "statut" and _goes_without_saying(view))
    ]


def _goes_without_saying(view: Filter) -> bool:
    """Without its status the same parcours are looked through."""
    return view.statuses == view.model_copy(update={"status": None}).statuses


def label(view: Filter, name: str) -> str:
    """An active filter in words: « En retard », « 300 h », « À vous »."""
    value = filter_query.written(view)[name]
    match name:
        case "statut" if view.status:
            return words.STATUS[view.status]
        case "etape" if view.step:
            return words.STEP[view.step]
        case "tour":
            return words.ROLE[view.turn] if view.turn else list_words.MINE
        case "depuis" if view.since:
            return f"{list_words.FILTER[name]} {jour_court(view.since)}"
        case "heures":
            return f"{value} h"
        case "retard" | "echeance":
            return list_words.FILTER[name]
        case "q":
            return f"«\u00a0{value}\u00a0»"
    return value


def suggestions(view: Filter, found: View, *, now: datetime, months: int) -> list[dict[str, Any]]:
    """When nothing is found: filters to take away, and how many parcours that shows where it is known."""
    ideas: list[dict[str, Any]] = []
    for chip in chips(view):
        count = None
        if chip["name"] not in READ_ANEW:
            wider = filter_query.without(view, chip["name"])
            count = len(filters.chosen(found.read, wider, now=now, closing_months=months))
        if count != 0:
            ideas.append({"label": chip["label"], "href": chip["href"], "count": count})
    return sorted(ideas, key=lambda one: -(one["count"] or 0))[:MOST_SUGGESTIONS]


def departement(code: str) -> str:
    """« Côte-d’Or (21) »."""
    name = territory.DEPARTEMENTS.get(code)
    return f"{name} ({code})" if name else code
