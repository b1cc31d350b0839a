"""Every figure and delay that a paper says, by name: of the settings, of the register, of the template, and of the law."""

from dataclasses import fields
from functools import cache
from math import ceil
from typing import Any

from markupsafe import Markup

from chalicelib import config, terms
from chalicelib.domain.kernel.retention import WARNED_MONTHS
from chalicelib.domain.retention import read_figures
from chalicelib.french import NO_BREAK
from infra.package import merged_template

LAW = {
    "law_breach_hours": 72,  # GDPR, article 33
    "law_answer_months": 1,  # GDPR, article 12.3
    "law_extension_months": 2,  # the same
}
HOST = {
    "deleted_table_days": 35,  # a table with point-in-time recovery that is deleted stays as a system backup of DynamoDB
}
UNITS = (
    ("working_days", "jour ouvré", "jours ouvrés"),
    ("minutes", "minute", "minutes"),
    ("hours", "heure", "heures"),
    ("days", "jour", "jours"),
    ("months", "mois", "mois"),
)
"""How the name of a delay ends, and its unit, one and several."""


def read_all_figures() -> dict[str, int]:
    """Return each figure by its name, as the settings of this process have it."""
    chosen = config.settings()
    set_numbers = {
        setting.name: int(getattr(chosen, setting.name))
        for setting in fields(config.Settings)
        if "low" in setting.metadata
    }
    of_the_register = read_figures(terms.retention(), config.ERASED_MINUTES)
    return {
        **set_numbers,
        **of_the_register,
        "kept_days": of_the_register["longest_days"] + ceil(set_numbers["opened_hours"] / 24),
        **_read_template(),
        **LAW,
        **HOST,
        "warned_months": WARNED_MONTHS,
    }


@cache
def template() -> dict[str, Any]:
    """Return the template that is merged into Chalice's, read once."""
    return merged_template()


def _read_template() -> dict[str, int]:
    """Return what the template itself says in days."""
    resources = template()["Resources"]

    def expires(name: str) -> int:
        return int(resources[name]["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"])

    return {"net_days": expires("DocumentBucket"), "trail_days": expires("TrailBucket")}


def find_unit(name: str) -> tuple[str, str]:
    """Return the unit of a delay, one and several, by the end of its name. Raises KeyError: it is no delay."""
    for ending, one, several in UNITS:
        if name.endswith(ending):
            return one, several
    raise KeyError(name)


def is_delay(name: str) -> bool:
    """Whether the name of a figure ends in a unit."""
    return name.endswith(tuple(ending for ending, *_ in UNITS))


def write_delay(name: str) -> Markup:
    """Write a delay with its unit, marked by its name, so that it can be compared with what is set."""
    number = read_all_figures()[name]
    one, several = find_unit(name)
    words = f"{number} {several if number > 1 else one}".replace(" ", NO_BREAK)
    return Markup('<span data-figure="{}">{}</span>').format(name, words)


def write_number(name: str) -> Markup:
    """Write a number of the settings, marked like a delay."""
    return Markup('<span data-figure="{}">{}</span>').format(name, read_all_figures()[name])
