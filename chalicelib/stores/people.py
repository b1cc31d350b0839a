"""Reading people: the rows of one scope, bounded."""

from chalicelib.domain.people import Account
from chalicelib.stores import items, parcours, tables
from chalicelib.stores.rows import EVERYTHING, academie_scope, organisation_scope, people_key

MOST_PEOPLE = 400
"""A list reads no further: it says so and asks to refine."""


def everybody() -> tuple[list[items.Plain], bool]:
    """Rows of all accounts, open or closed, by name; and whether there are more than are read."""
    return _rows(EVERYTHING)


def of_academie(academie: str) -> tuple[list[items.Plain], bool]:
    """The same of one académie."""
    return _rows(academie_scope(academie))


def of_organisation(organisation: str) -> tuple[list[items.Plain], bool]:
    """The same of one buying organisation."""
    return _rows(organisation_scope(organisation))


def _rows(scope: str) -> tuple[list[items.Plain], bool]:
    found = tables.query(items.PARCOURS, people_key(scope), limit=MOST_PEOPLE + 1)
    return found[:MOST_PEOPLE], len(found) > MOST_PEOPLE


def open_team() -> list[Account]:
    """Every open account of the team, however many people there are: for commands, not for pages."""
    found = tables.query(items.PARCOURS, people_key(EVERYTHING))
    ids = [str(row["account"]) for row in found if row["roles"] == ["team"] and "closed_at" not in row]
    return [one for one in (parcours.account(identifier) for identifier in ids) if one is not None]
