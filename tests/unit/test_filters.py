"""Which parcours a list shows, in which order, and how an address says it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain import lists as lists_rules
from chalicelib.domain.kernel.calendar import months_after
from chalicelib.domain.kernel.parcours import UNDER_WAY
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback
from chalicelib.domain.lists import Filter, Line, Person, Sort, Whereabouts
from chalicelib.web import lists as lists_pages
from chalicelib.web import lists as lists_words
from tests.support.lines import NOON, TODAY, free, line, turn

LATE = timedelta(days=2)
WIDE: dict[str, Any] = {
    "status": ParcoursStatus.AVAILABLE,
    "turn": Role.BUYER,
    "late_weeks": 2,
    "academie": "Nancy-Metz",
    "closing": True,
    "treated": True,
    "text": "espaces verts",
    "sort": Sort.LAST_FACT,
}


ALL = Filter()


def choose(lines: list[Line], wanted: Filter = ALL) -> list[Line]:
    """Return the lines that a filter keeps, in its order."""
    return lists_rules.filter_and_sort(lines, wanted, now=NOON, closing_months=6)


def late_by(days: int) -> Line:
    """Return a row that is late since so many days."""
    return replace(line(), turn=turn(Role.TEAM, late=timedelta(days=days)))


@pytest.mark.parametrize(
    ("wanted", "yes", "no"),
    [
        (Filter(status=ParcoursStatus.AVAILABLE), free(), line()),
        (Filter(academie="Lyon"), replace(line(), academie="Lyon"), line()),
        (Filter(turn=Role.BUYER), replace(line(), turn=turn(Role.BUYER)), line()),
        (Filter(turn=Role.BUYER), replace(line(), turn=turn(Role.BUYER)), replace(line(), turn=None)),
        (Filter(turn="mine"), replace(line(), yours=True), line()),
        (Filter(late_weeks=1), late_by(days=8), late_by(days=7)),
        (Filter(late_weeks=2), late_by(days=15), late_by(days=14)),
        (Filter(late_weeks=4), late_by(days=29), line()),
        (Filter(closing=True), replace(line(), ends_on=date(2027, 6, 2)), line()),
    ],
    ids=str,
)
def test_a_filter_keeps_what_is_asked_and_drops_the_rest(wanted: Filter, yes: Line, no: Line) -> None:
    assert choose([yes, no], wanted) == [yes]


@pytest.mark.parametrize(
    "text",
    [
        "MORVENNE",
        "espaces VERTS jardins",
        "csf-7k3q-92",
        "7K3Q92",
        "csf7k3q92",
        "entrétien",
        "2026-118",
        "jard",
        "jardins lot 2",
        "lot 2",
    ],
)
def test_words_are_found_whatever_their_case_accents_and_order(text: str) -> None:
    assert choose(
        [
            replace(line(), number="2026-118", lot="2"),
            replace(line(), company="Autre", contract="Autre", reference=None),
        ],
        Filter(text=text),
    )
    assert not choose([line()], Filter(text=f"{text} absent"))


@pytest.mark.parametrize(
    ("text", "lots"),
    [
        ("espaces lot 1", {"1", "lot 1 bis"}),
        ("lot n° 12 morvenne", {"12"}),
        ("LOT B jardins", {"B"}),
        ("lot 1", {"1", "lot 1 bis"}),
        ("lot espaces", {"1", "12", "B", "lot 1 bis"}),
    ],
)
def test_a_numbered_lot_is_that_lot_and_no_other(text: str, lots: set[str]) -> None:
    rows = [replace(line(), id=lot, lot=lot, number="2021-12") for lot in ("1", "12", "B", "lot 1 bis")]

    assert {row.lot for row in choose(rows, Filter(text=text))} == lots


@pytest.mark.parametrize("text", ["Le Goff", "anne le goff", "Goff L", "Tutrice NA"])
def test_a_short_part_of_a_name_is_found_beside_others(text: str) -> None:
    named = replace(line(), people=(Person(name="Anne Le Goff"), Person(name="Tutrice NA")))
    other = replace(line(), people=(Person(name="Anne Gofman"),))

    assert choose([named], Filter(text=text)) == [named] and choose([other], Filter(text=text)) == []


def test_an_address_finds_the_person_that_it_begins() -> None:
    rows = [
        replace(line(), id=name, people=(Person(name=name, address=f"{name}@morvenne.example"),))
        for name in ("anne", "annette")
    ]

    for text, found in {
        "anne@": ["anne"],
        "ANNE@morvenne.example": ["anne"],
        "annette@morvenne jardins": ["annette"],
        "anne@ absent": [],
        "@morvenne.example": [],
    }.items():
        assert [row.id for row in choose(rows, Filter(text=text))] == found, text


@pytest.mark.parametrize("lot", ["nord", "Lot Nord"])
def test_a_lot_is_found_as_it_is_said(lot: str) -> None:
    assert choose([replace(line(), lot=lot)], Filter(text="lot nord jardins"))
    assert not choose([replace(line(), lot=lot)], Filter(text="lot sud jardins"))


@pytest.mark.parametrize("status", ParcoursStatus)
def test_words_are_looked_for_in_every_status_unless_one_is_chosen(status: ParcoursStatus) -> None:
    stands, other = (
        replace(line(), status=status),
        replace(line(), status=status, company="Autre", contract="Autre"),
    )

    assert choose([stands, other], Filter(text="morvenne")) == [stands]
    assert choose([stands, other], Filter(text="morvenne", status=status)) == [stands]
    for chosen in set(ParcoursStatus) - {status}:
        assert not choose([stands], Filter(text="morvenne", status=chosen))
    assert bool(choose([stands])) is (status in UNDER_WAY)
    assert choose([stands], Filter(status="every")) == [stands]


def test_a_line_found_by_a_former_reference_need_not_say_it() -> None:
    parcours = replace(line(), reference=None, formerly=True)

    assert choose([parcours], Filter(text="CSF-AAAA-11")) == [parcours]
    assert not choose([parcours], Filter(text="CSF-AAAA-11", academie="Lyon"))


@pytest.mark.parametrize(
    ("parcours", "soon"),
    [
        (replace(line(), ends_on=date(2027, 6, 2)), True),
        (replace(line(), ends_on=date(2027, 6, 3)), False),
        (replace(line(), ends_on=date(2026, 1, 1)), True),
        (replace(line(), ends_on=date(2026, 12, 31), status=ParcoursStatus.IN_PROGRESS), False),
    ],
)
def test_a_contract_ends_soon_six_months_before_its_end(parcours: Line, soon: bool) -> None:
    assert lists_rules.ends_soon(parcours, TODAY, 6) is soon


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 1, 31), 24, date(2028, 1, 31)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, then: date) -> None:
    assert months_after(day, months) == then


def test_a_list_is_in_the_order_that_is_asked() -> None:
    old = replace(line(), id="1", notified_on=date(2025, 1, 1), last_at=NOON - timedelta(days=9))
    late = replace(line(), id="2", notified_on=date(2026, 1, 1), turn=turn(Role.TEAM, late=LATE))
    later = replace(
        line(), id="3", notified_on=date(2025, 6, 1), turn=turn(Role.TEAM, late=LATE / 2), last_at=NOON
    )
    lines = [later, late, old]

    assert choose([old, replace(later, yours=True), late])[0].id == later.id, "one’s own first"
    assert choose(lines) == choose(lines, Filter(sort=Sort.LATE)) == [late, later, old]
    assert choose(lines, Filter(sort=Sort.LAST_FACT)) == [later, late, old]


def test_offers_come_the_nearest_first() -> None:
    here = replace(free(), id="1", notified_on=date(2026, 9, 1))
    academie = replace(free(), id="2", departement="58")
    region = replace(free(), id="3", departement="25", academie="Besançon")
    far = replace(free(), id="4", departement="59", academie="Lille", region="Hauts-de-France")
    place = Whereabouts(departement="21", academie="Dijon", region="Bourgogne-Franche-Comté")

    assert lists_rules.sort_by_distance([far, region, academie, here], place) == [here, academie, region, far]
    assert lists_rules.sort_by_distance([far, here], Whereabouts()) == [far, here]


@pytest.mark.parametrize("name", WIDE)
def test_an_address_holds_each_part_of_a_view(name: str) -> None:
    view = Filter(**{name: WIDE[name]})

    assert lists_pages.parse_parameters(lists_pages.build_parameters(view)).filter == view


def test_an_address_holds_a_whole_view() -> None:
    for view in (Filter(**WIDE), Filter(turn="mine", status="every"), Filter()):
        asked = lists_pages.parse_parameters(lists_pages.build_parameters(view))
        assert asked.filter == view
        assert not asked.unknown
        assert not asked.is_empty, "an address that was copied is never somebody's first page"


def test_a_chip_takes_its_own_filter_away_and_no_other() -> None:
    view = Filter(**WIDE)
    chips = lists_pages.build_chips(view)

    assert [chip.name for chip in chips] == [name for name in lists_pages.PARAMETERS if name != "tri"]
    for chip in chips:
        left = lists_pages.remove_filter(view, chip.name)
        assert (
            lists_pages.build_parameters(left).keys() | {chip.name}
            == lists_pages.build_parameters(view).keys()
        )
        assert chip.href == lists_pages.build_address(left)
    assert not lists_pages.build_chips(Filter())


def test_a_status_is_a_chip_where_it_narrows_the_view() -> None:
    preparing = ParcoursStatus.IN_PREPARATION

    assert [chip.label for chip in lists_pages.build_chips(Filter(status=preparing))] == ["En préparation"]
    assert [chip.label for chip in lists_pages.build_chips(Filter(status="every"))] == ["Tous les statuts"]
    assert not lists_pages.build_chips(Filter())
    assert [chip.label for chip in lists_pages.build_chips(Filter(status=preparing, text="x"))] == [
        "En préparation",
        "«\u00a0x\u00a0»",
    ]
    assert not [chip for chip in lists_pages.build_chips(Filter(text="x")) if chip.name == "statut"]


@pytest.mark.parametrize(
    ("given", "unknown"),
    [
        ({"statut": "nouveau", "page": "0"}, ("Statut", "Page")),
        (
            {"retard": "3", "echeance": "0", "tour": "elle", "tri": "nom"},
            ("Qui doit agir", "En retard de plus de", "Fin de marché proche", "Ordre"),
        ),
        ({"academie": "Atlantide", "q": "🙂"}, ("Académie", "Mots cherchés")),
        ({"autre": "chose", "fait": "note"}, ()),
        ({"etape": "opened", "heures": "300", "depuis": "2026-01-01", "region": "Bretagne"}, ()),
    ],
    ids=str,
)
def test_what_says_nothing_is_left_aside_and_named(given: dict[str, str], unknown: tuple[str, ...]) -> None:
    assert lists_pages.parse_parameters(given).unknown == unknown


def test_an_empty_form_asks_for_nothing() -> None:
    assert lists_pages.parse_parameters({"q": " ", "tour": "", "fait": "pris"}).is_empty
    assert not lists_pages.parse_parameters({"page": "2"}).is_empty
    assert not lists_pages.parse_parameters({"tri": "inconnu"}).is_empty


def test_every_code_of_a_list_has_its_words_and_slug() -> None:
    assert set(lists_words.LAST) == set(EventKind)
    assert set(lists_words.SETBACK) == set(Setback)
    assert set(lists_words.TITLE) == set(ParcoursStatus)


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ('=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"'),
        ("+33 1 99", '"\'+33 1 99"'),
        ("-2", '"\'-2"'),
        ("@SUM(A1)", '"\'@SUM(A1)"'),
        ("＝1+1", '"\'＝1+1"'),
        ("＋33 1 99", '"\'＋33 1 99"'),
        ("－2", '"\'－2"'),
        ("＠SUM(A1)", '"\'＠SUM(A1)"'),
        ("﹦1", '"\'﹦1"'),
        ("⁼1", '"\'⁼1"'),
        ("−2", '"\'−2"'),
        ("  \u3000＝1", '"\'＝1"'),
        ("\u00a0=1", '"\'=1"'),
        ("\t=1", '"\'=1"'),
        ("\r\n=1", '"\'=1"'),
        ("\u00ad=1", '"\'\u00ad=1"'),
        ("\u200d=1", '"\'\u200d=1"'),
        ("|=1", '"\'|=1"'),
        ("« - »", '"\'« - »"'),
        ("« Vert » - gris", '"« Vert » - gris"'),
        ("Vert ; gris\r\nA-B = C", '"Vert ; gris A-B = C"'),
        ("Bois, métal,=1", '"Bois, métal,=1"'),
        ("L’Orée-du-Bois 2", "L’Orée-du-Bois 2"),
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cell: str, safe: str) -> None:
    assert lists_pages.write_csv([[cell]]) == f"{lists_pages.MARK}{safe}\r\n"
