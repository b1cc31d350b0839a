"""The register of everything that is stored is closed: each type of item has its row, each row its end and its delays."""

import re

from chalicelib import config
from chalicelib.domain import retention as retention_rules
from chalicelib.domain.kernel import retention
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.retention import BY_NAME, OF, ROWS, Place, fill_in_figures, read_figures
from chalicelib.stores import items
from chalicelib.stories import retention as retention_stories
from chalicelib.web import rights
from tests.architecture.sources import CODE, name_of, strings

TABLES = {Place.PARCOURS, Place.RELAY}
KNOWN = read_figures(RetentionPolicy(), config.ERASED_MINUTES)


def test_every_class_of_records_has_its_row() -> None:
    assert items.SHAPES.keys() == OF.keys()
    assert len(BY_NAME) == len(ROWS)


def test_a_row_says_where_its_class_lies() -> None:
    for kind, shape in items.SHAPES.items():
        row = OF[kind]
        assert row.place is (Place.PARCOURS if shape.table == items.PARCOURS else Place.RELAY), kind
        assert shape.due is None or shape.due == row.name, kind
        assert (shape.due is None) == (row.follows is not None or row.for_ever), kind


def test_every_key_that_a_store_writes_has_its_row() -> None:
    """Partition keys are made in ``stores`` alone, of a prefix that ends in ``#`` (or the cursor's)."""
    stores = [path for path in CODE if name_of(path).startswith("chalicelib.stores.")]
    matches = (re.match(r"[a-z]+#", text) for path in stores for text in strings(path))
    prefixes = {match[0] for match in matches if match}

    assert prefixes - {row.pk for row in ROWS} - INNER == set()
    assert {
        "parcours#",
        "delays#",
        "view#",
        "people#",
        "organisation#",
        "word#",
        "proof#",
    } <= prefixes


INNER = {"tutor#", "academie#", "region#", "free#", "event#", "attempt#", "proof#"}
"""What follows in a key, or in a sort key."""


def test_something_ends_each_row() -> None:
    for row in ROWS:
        ends = [
            row.name in set(items.Due),
            row.follows is not None,
            row.place not in TABLES,
            row.for_ever,
        ]
        assert sum(ends) == 1, f"{row.name}: erased by nothing, or by several"
        assert row.follows is None or BY_NAME[row.follows].called, row.name
        assert row.holds and row.why and row.kept, row.name


def test_the_minute_function_handles_what_the_register_says_and_nothing_else() -> None:
    others = {
        items.Due.MAIL,
        items.Due.DEPOSIT,
        items.Due.REMINDER,
        items.Due.WARNING,
    }  # woken; erased; written and removed with their record
    assert {*retention_stories.HANDLERS, *others} == set(items.Due)
    assert set(items.Due) <= BY_NAME.keys()


def test_each_figure_is_used_and_each_text_has_its_figures() -> None:
    texts = [text for row in ROWS for text in (row.holds, row.why, *row.kept, row.notice)]
    used = {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}

    assert used == KNOWN.keys()
    assert not [text for text in texts if re.search(r"\d+ (minutes?|heures?|jours?|mois)\b", text)]


def test_the_texts_follow_the_settings() -> None:
    other = RetentionPolicy(answer_days=9, opened_hours=48, link_days=90, retention_months=6, idle_months=18)
    told = " ".join(fill_in_figures(text, read_figures(other, 15)) for row in ROWS for text in row.kept)

    for figure in (
        "9\u00a0jours",
        "48\u00a0heures",
        "90\u00a0jours",
        "92\u00a0jours",
        "6\u00a0mois",
        "18\u00a0mois",
    ):
        assert figure in told, figure


def test_the_sheet_has_every_row_and_the_data_page_what_matters() -> None:
    sheet = [row.holds for section in rights.list_register_sections() for row in section.rows]
    page = [row.holds for section in rights.list_page_sections() for row in section.rows]

    assert len(sheet) == len(ROWS)
    assert set(page) < set(sheet) and len(page) == sum(row.on_page for row in ROWS)
    assert len(rights.list_notice_lines()) == 2


def test_a_reduced_deposit_outlives_every_link_that_may_ask_for_it() -> None:
    keep, at = RetentionPolicy(link_days=90), retention_rules._ORIGIN

    assert keep.reduced_until(at) == keep.link_until(at) + retention.AFTER_LINKS
