"""A file of the team's table as offers, or as faults: what is read, what never enters, what is refused and in which words."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.domain import fields
from chalicelib.domain import importing as importing_rules
from chalicelib.domain.import_report import ByHand, Fate, Problem
from chalicelib.domain.importing import (
    Dropped,
    Reading,
    find_column,
    parse_table,
    read_table,
)
from chalicelib.domain.kernel.attempt import OfferKey
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import ContactRole, Parcours
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.record import derive_offer_key
from chalicelib.web import importing as importing_pages
from chalicelib.web import importing as importing_words
from chalicelib.web.importing import list_columns
from chalicelib.web.lists import write_csv
from tests.support import csv_samples, factories

NOW = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)


def reading(text: str) -> Reading:
    """Read this text as a file of the import."""
    return read_table(parse_table(text.encode()), RetentionPolicy(), day_of(NOW))


def reading_of(**changes: str) -> Reading:
    """Read a file of one line in which these cells are changed."""
    return reading(csv_samples.text([csv_samples.row(1, **changes)]))


FOLLOWED = {"E-mail_du_référent_MLDS": "jeanne@academie.example"}


def offer(**changes: str) -> Parcours:
    """Return the offer of a line without faults in which these cells are changed."""
    table = reading_of(**changes)
    assert not table.faults
    return importing_rules.build_offer(table.lines[0], "team", NOW)


def list_problems(table: Reading) -> list[tuple[int | None, str, Problem]]:
    """Return line, column and problem of each fault."""
    return [(fault.line, fault.column, fault.problem) for fault in table.faults]


def describe_faults(table: Reading) -> list[str]:
    """Return the sentence of each fault, with plain spaces."""
    return [importing_pages.describe_fault(fault).replace("\u00a0", " ") for fault in table.faults]


def test_a_line_becomes_a_free_offer_with_all_that_it_says() -> None:
    made = offer()

    assert made.status is ParcoursStatus.AVAILABLE and made.last_kind is EventKind.OFFER_IMPORTED
    assert (made.company.name, made.company.sector) == ("Ateliers Brévent 1", "Menuiserie")
    assert (made.contract.organisation, made.contract.organisation_kind) == ("Ministère des ouvrages", "État")
    assert made.contract.notified_on == date(2024, 1, 9)
    assert (made.contract.ends_on, made.over_on) == (date(2027, 12, 31), date(2028, 12, 31))
    place = made.placement
    assert (place.hours, place.town, place.departement) == (300, "Valmarie", "69")
    assert (place.academie, place.region, place.domain) == ("Lyon", "Auvergne-Rhône-Alpes", "Accueil")
    assert place.tasks == "Accueil, rangement, livraison"
    (welcomes,) = made.company.contacts
    assert welcomes.role is ContactRole.WELCOMES and welcomes.verified_on is None
    assert welcomes.address == "Hugo.Tissier@brevent-1.entreprise.example"
    assert welcomes.phone == "+33 1 99 00 41 27"
    assert made.buyer_contact is not None and made.buyer_contact.name == "Odile Ramain"


def test_three_faults_of_140_lines_are_all_said_and_nothing_else() -> None:
    table = reading(csv_samples.three_faults())

    said = [
        f"Ligne {number}, c{fault[1:]}"
        for number, fault in zip((37, 90, 121), csv_samples.FAULTS, strict=True)
    ]
    assert describe_faults(table) == said


def test_every_fault_of_a_line_is_said() -> None:
    table = reading_of(Heures="0", Domaine="Astronomie", Fin_clause="2020-01-01", Département="2C")

    assert {(column, problem) for _, column, problem in list_problems(table)} == {
        ("heures", Problem.HOURS),
        ("domaine", Problem.DOMAIN),
        ("fin_le", Problem.BEFORE_START),
        ("departement", Problem.DEPARTEMENT),
    }


def test_a_contract_that_would_be_erased_at_once_is_refused_rather_than_lost() -> None:
    over = {"Date_de_notification": "2023-01-01", "Fin_clause": "2025-11-30"}
    longer = reading_of(**over, Fin_clause_reconduction_comprise="2025-12-02")

    assert list_problems(reading_of(**over, Fin_clause_reconduction_comprise="")) == [
        (2, "fin_le", Problem.NOT_KEPT)
    ]
    assert list_problems(longer) == []


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("ENTREPRISE", "entreprise"),
        (" entreprise ", "entreprise"),
        ("Academie", "academie"),
        ("Nom de l’entreprise", "entreprise"),
        ("référent mail", "accueille_courriel"),
        ("Mail référent", "accueille_courriel"),
        ("Adresse e-mail du référent entreprise", "accueille_courriel"),
        ("Tél. du 2ème référent", "repond_tel"),
        ("Référent", "accueille_nom"),
        ("Référent MLDS", "referent_mlds"),
        ("N° de marché", "numero"),
        ("fin clause reconduction comprise", "reconduction_le"),
        ("Fin de la clause", "fin_le"),
        ("Acheteur", "organisme"),
        ("Acheteur mail", "acheteur_courriel"),
        ("Prénom du jeune", None),
        ("", None),
    ],
)
def test_a_column_is_known_by_the_words_of_its_title(title: str, column: str | None) -> None:
    assert find_column(title) == column


def test_columns_come_in_any_order_and_some_may_lack() -> None:
    titles = (
        "Fin clause",
        "Objet",
        "Date de notification",
        "Organisme acheteur",
        "SIRET de l’acheteur",
        "Académie",
        "Heures",
        "Entreprise",
    )
    table = reading(csv_samples.text([csv_samples.row(2)], ",", titles))

    assert not table.faults
    made = importing_rules.build_offer(table.lines[0], "team", NOW)
    assert (made.placement.academie, made.placement.departement) == ("Normandie", "")
    assert made.placement.town == fields.TO_SAY
    missing = {ByHand.NO_DEPARTEMENT, ByHand.NO_TOWN, ByHand.NO_TASKS, ByHand.NO_CONTACT}
    assert missing == set(table.lines[0].by_hand)


@pytest.mark.parametrize(
    "missing", ["Entreprise", "Heures", "Organisme acheteur", "Objet", "Date de notification"]
)
def test_a_missing_column_is_named(missing: str) -> None:
    titles = tuple(title for title in csv_samples.TITLES if title != missing)

    assert describe_faults(reading(csv_samples.text(csv_samples.rows(2), ";", titles))) == [
        f"Il manque la colonne « {missing.lower()} »."
    ]


def test_a_column_that_stands_twice_is_named() -> None:
    twice = csv_samples.text(csv_samples.rows(2)).replace("Created", "heures", 1)

    assert describe_faults(reading(twice)) == ["La colonne « heures » est là deux fois."]


def test_nothing_free_or_attached_enters_and_their_columns_are_named() -> None:
    line = csv_samples.row(
        1,
        Commentaires=csv_samples.SECRET,
        Autre_remarque=csv_samples.SECRET,
        Suivis_parcours=csv_samples.SECRET,
        CV_joint="cv.pdf (https://v5.airtableusercontent.com/x)",
    )
    table = reading(csv_samples.text([line]).replace("Type;", "Prénom du jeune;", 1))

    why = dict(table.dropped)
    assert why["Commentaires"] is why["Autre remarque"] is Dropped.COMMENTS
    assert why["CV joint"] is Dropped.ATTACHMENTS
    assert why["Référent MLDS"] is Dropped.ACCOUNT
    assert why["Prénom du jeune"] is Dropped.UNKNOWN
    assert why["Région"] is Dropped.DEDUCED
    assert "Barnabé" not in repr(table) and "airtable" not in repr(table)
    assert table.lines[0].commented


@pytest.mark.parametrize(
    ("changes", "todo"),
    [
        ({"Suivis_parcours": "En préparation", **FOLLOWED}, ByHand.IN_PREPARATION),
        ({"Disponibilité": "en cours de préparation", **FOLLOWED}, ByHand.IN_PREPARATION),
        ({"Convention_signée": "oui", **FOLLOWED}, ByHand.CONVENTION),
        ({"Nom_du_2e_référent": "Nadia Bellanger"}, ByHand.CONTACT_WITHOUT_MAIL),
    ],
)
def test_what_the_table_knows_and_the_import_cannot_say_is_left_by_hand(
    changes: dict[str, str], todo: ByHand
) -> None:
    (line,) = reading_of(**changes).lines

    assert todo in line.by_hand
    assert importing_rules.build_offer(line, "team", NOW).status is ParcoursStatus.AVAILABLE


@pytest.mark.parametrize(
    ("title", "cell", "quoted"),
    [
        ("Disponibilité", "Abandonné par l’entreprise", "Abandonné par l’entreprise"),
        ("Disponibilité", "réalisé", "réalisé"),
        ("Disponibilité", "à voir avec la DRH", "à voir avec la DRH"),
        ("Suivis_parcours", "Zoé dit : parcours terminé en mai", "termin…"),
        ("Convention_signée", "rompue", "rompu…"),
        ("Disponibilité", "non", "non"),
        ("Disponibilité", "en préparation", "en préparation"),
        ("Suivis_parcours", "réservé", "réservé"),
        ("Convention_signée", "oui", "oui"),
    ],
)
def test_a_line_that_is_no_free_offer_and_names_no_tutor_is_quoted_and_kept_out(
    title: str, cell: str, quoted: str
) -> None:
    table = reading(csv_samples.text(csv_samples.rows(3, {3: {title: cell, "Heures": "trop"}})))

    assert [line.number for line in table.lines] == [2, 4]
    assert [(line.number, line.refused_status) for line in table.kept_out] == [(3, quoted)]
    assert table.faults == ()


def test_a_title_is_guessed_where_it_names_no_person_and_left_otherwise() -> None:
    renamed = csv_samples.text(csv_samples.rows(1)).replace(
        "Organisme acheteur", "Organismes acheteurs publics", 1
    )
    renamed = renamed.replace("Département", "Dpt", 1).replace("Secteur", "Nom du jeune référent", 1)

    table = reading(renamed)

    assert not table.faults and len(table.lines) == 1
    assert {(heading.title, heading.column) for heading in table.headings} == {
        ("Organismes acheteurs publics", "organisme"),
        ("Nom du jeune référent", ""),
        ("CV joint", ""),
    }


def test_what_is_corrected_on_the_report_is_corrected_in_the_file() -> None:
    """One choice for all lines of a value; a title; and each line keeps its number."""
    lines = csv_samples.rows(4, {3: {"Domaine": "BTP"}, 5: {"Domaine": "BTP"}, 4: {"Heures": ""}})
    content = csv_samples.text(lines).replace("Fonction du référent", "Poste de qui accueille", 1)
    titles, _, below = content.partition("\r\n")
    table = parse_table(f"{titles}\r\n\r\n{below}".encode())
    read = read_table(table, RetentionPolicy(), day_of(NOW))
    wrong = importing_rules.list_wrong_cells(read)
    assert [(cell.column, cell.value, cell.lines) for cell in wrong] == [
        ("domaine", "BTP", (4, 6)),
        ("heures", "", (5,)),
    ]
    (heading,) = [heading for heading in read.headings if heading.title == "Poste de qui accueille"]

    corrected = importing_rules.correct_table(
        table, read, {heading.place: "accueille_fonction"}, {0: "Logistique", 1: "300"}
    )

    again = parse_table(write_csv(corrected.list_all_rows()).encode())
    assert [number for number, _ in again.rows] == [number for number, _ in table.rows]
    read_again = read_table(again, RetentionPolicy(), day_of(NOW))
    assert read_again.faults == () and len(read_again.lines) == 4
    assert read_again.lines[1].record.placement.domain == "Logistique"
    assert read_again.lines[0].record.company.contacts[0].function == "chef d’atelier"


@pytest.mark.parametrize("title", ["Tuteur", "Tutrice référente"])
def test_a_column_of_tutors_and_one_of_statuses_may_be_chosen_whatever_their_titles(title: str) -> None:
    cells = {title: "jeanne@academie.example", "Situation": "Abandonné"}
    table = parse_table(
        csv_samples.text([csv_samples.row(1) | cells], titles=(*csv_samples.TITLES[:-1], *cells)).encode()
    )
    chosen = {importing_rules.hash_title(title): "tuteur_courriel"}
    (line,) = read_table(table, RetentionPolicy(), day_of(NOW), chosen).lines
    assert line.tutor is not None and line.tutor.address == "jeanne@academie.example"
    assert {"tuteur_courriel", "referent_mlds", *importing_rules.STATES} <= dict(list_columns()).keys()


def test_two_long_cells_that_begin_alike_are_corrected_apart() -> None:
    long = "Entreprise de travaux " * 5
    table = parse_table(
        csv_samples.text(
            csv_samples.rows(2, {2: {"Entreprise": f"{long}A"}, 3: {"Entreprise": f"{long}B"}})
        ).encode()
    )

    wrong = importing_rules.list_wrong_cells(read_table(table, RetentionPolicy(), day_of(NOW)))

    assert [cell.lines for cell in wrong] == [(2,), (3,)]


def test_two_titles_said_to_be_one_column_leave_the_second_as_it_was() -> None:
    content = csv_samples.text(csv_samples.rows(1)).replace("Site web", "Un", 1).replace("Secteur", "Deux", 1)
    table = parse_table(content.encode())
    read = read_table(table, RetentionPolicy(), day_of(NOW))
    chosen = {heading.place: "secteur" for heading in read.headings if heading.title in {"Un", "Deux"}}

    corrected = importing_rules.correct_table(table, read, chosen, {})

    assert "secteur" in corrected.titles and len({"Un", "Deux"} & set(corrected.titles)) == 1


def test_lines_that_wait_are_the_same_lines_with_what_to_correct() -> None:
    table = parse_table(csv_samples.text(csv_samples.rows(3)).encode())

    titles, held = importing_rules.select_held_lines(table, {3: ["colonne heures : à écrire."]})

    assert titles == (*table.titles, "à corriger")
    assert held == (*table.rows[1][1], "colonne heures : à écrire.")
    assert find_column(titles[-1]) == "a_corriger"


@pytest.mark.parametrize(
    "typed",
    [
        "9/1/2024", "09/01/2024", "2024-01-09", "9/1/2024 4:12pm", "2024-01-09T10:00:00.000Z",
        "9/1/24", "09.01.2024", "9-1-2024", "9 janvier 2024", "mardi 9 janv. 2024", "le 9 JANVIER 2024", "9 jan 24",
    ],
)  # fmt: skip
def test_days_are_french_or_iso(typed: str) -> None:
    assert offer(Date_de_notification=typed).contract.notified_on == date(2024, 1, 9)


def test_months_are_known_by_their_french_names() -> None:
    typed = ["1er février 2024", "2 fév. 2024", "3 août 24", "4 décembre 2024", "5 déc. 2024", "6 mai 2024"]

    days = [offer(Date_de_notification=text).contract.notified_on for text in typed]

    assert [f"{day:%d/%m}" for day in days] == ["01/02", "02/02", "03/08", "04/12", "05/12", "06/05"]


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("vente", "Commerce/vente"),
        ("COMPTA", "Comptabilité"),
        ("Secrétariat", "Administration"),
        ("Cuisine", "Restauration/cuisine"),
    ],
)
def test_domains_are_known_by_their_common_names(typed: str, domain: str) -> None:
    assert offer(Domaine=typed).placement.domain == domain


BAD: dict[str, tuple[str, ...]] = {
    "Date_de_notification": (
        "30/02/2024", "0001-01-01", "31/12/9999", "01/13/2024", "hier", "2024-W01-1", "janvier 2024", "2024/01/09", "9 janvier",
        "٩/١/٢٠٢٤",
    ),
    "Heures": ("-300", "1e3", "300,5", "٣٠٠", "2001", "0", "beaucoup"),
    "E-mail_du_référent": ("a@b", "h@x.example, i@x.example", "h@x.example\nBcc: z@x.example"),
    "Téléphone_du_référent": ("appeler le matin", "0", "1" * 40),
    "Entreprise": ("x" * 81, "\u202eelbon", "🙂", "\u200b\u200b"),
    "Objet": ("x" * 201,),
    "Tâches": ("x" * 501,),
    "Domaine": ("Accueil, Administration", "BTP"),
    "Site_web": ("javascript:alert(1)",),
}  # fmt: skip


@pytest.mark.parametrize(("title", "cell"), [(title, cell) for title, cells in BAD.items() for cell in cells])
def test_a_bad_cell_is_one_fault_at_its_line_and_column(title: str, cell: str) -> None:
    table = reading_of(**{title: cell})

    assert [line for line, _, _ in list_problems(table)] == [2], list_problems(table)
    assert table.faults[0].column is find_column(title.replace("_", " "))
    assert importing_words.CELL[table.faults[0].problem] in importing_pages.describe_fault(table.faults[0])


@pytest.mark.parametrize(
    "cell",
    [
        "=SUM(A1)",
        "+33 établissements",
        "\t-1+1",
        "O'Brien",
        "李",
        "<script>",
        "{{7*7}}",
    ],
)
def test_formulas_and_tags_are_text(cell: str) -> None:
    assert offer(Tâches=cell, Objet=cell).contract.object == cell.strip()


def test_the_same_offer_twice_is_told_by_both_lines() -> None:
    lines = csv_samples.rows(3)
    lines[2] = csv_samples.row(1, Entreprise="ATELIERS BREVENT 1", Heures="900")

    assert describe_faults(reading(csv_samples.text(lines))) == ["Ligne 4 : même offre que la ligne 2."]


def planned(stands: Parcours, **changes: str) -> importing_rules.Entry:
    """Return what an import decides for a line, these cells changed, where this offer is stored."""
    (line,) = reading_of(**changes).lines
    key = OfferKey(key=derive_offer_key(line.record), parcours=stands.id)
    return importing_rules.decide_entry(line, key, stands)


def test_an_offer_that_says_the_same_is_unchanged_and_an_empty_cell_changes_nothing() -> None:
    stands = offer()

    assert planned(stands).fate is Fate.UNCHANGED
    emptied = dict.fromkeys(("Secteur", "Tâches", "Nom_du_référent", "E-mail_du_référent", "Domaine"), "")
    assert (
        planned(stands, **emptied, Téléphone_du_référent="", Fonction_du_référent="").fate is Fate.UNCHANGED
    )
    assert planned(stands, Entreprise="ATELIERS BREVENT 1").fate is Fate.UNCHANGED


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"Heures": "900"}, ["heures"]),
        ({"Département": "21"}, ["departement"]),
        ({"E-mail_du_référent": "n@brevent.example"}, ["accueille_courriel"]),
        ({"Fin_clause": "1/1/2028", "Secteur": "Bois"}, ["secteur", "fin_le"]),
        ({"Contact_acheteur": "Paul Odin", "Heures": "900"}, ["heures", "acheteur_nom"]),
        (
            {"Nom_du_2e_référent": "Nadia Bellanger", "E-mail_du_2e_référent": "n@brevent.example"},
            ["repond_nom", "repond_courriel"],
        ),
    ],
)
def test_what_changes_is_told_and_written(changes: dict[str, str], columns: list[str]) -> None:
    stands = offer()
    entry = planned(stands, **changes)

    assert [difference.column for difference in entry.differences] == columns
    key = OfferKey(key=derive_offer_key(entry.line.record), parcours=stands.id)
    step = importing_rules.write_entry(entry, key, stands, "someone", factories.decision_inputs(NOW))
    after: Any = step.changes[0].after
    assert [event.kind for event in step.events] == [EventKind.OFFER_EDITED]
    assert after.edited == 1
    assert importing_rules.decide_entry(entry.line, key, after).fate is Fate.UNCHANGED


def test_a_contact_at_the_buyer_that_the_line_does_not_change_stays() -> None:
    stands = offer()
    assert stands.buyer_contact is not None
    known = replace(stands.buyer_contact, name="Odile Ramain-Odin", verified_on=date(2026, 11, 20))
    stands = replace(stands, buyer_contact=known)
    entry = planned(stands, Heures="900")
    key = OfferKey(key=derive_offer_key(entry.line.record), parcours=stands.id)

    step = importing_rules.write_entry(entry, key, stands, "someone", factories.decision_inputs(NOW))

    assert isinstance(step.changes[0].after, Parcours)
    assert step.changes[0].after.buyer_contact == known


def test_a_contact_that_somebody_verified_here_is_not_replaced() -> None:
    stands = offer()
    verified = replace(stands.company.contacts[0], verified_on=date(2026, 11, 20))
    stands = replace(stands, company=replace(stands.company, contacts=(verified,)))

    assert planned(stands, **{"E-mail_du_référent": "autre@brevent.example"}).fate is Fate.UNCHANGED


def test_an_offer_that_was_renamed_here_since_is_left_alone() -> None:
    """An offer whose key fields were edited here no longer matches its line in the file: the import does not touch it."""
    (line,) = reading_of().lines

    assert importing_rules.decide_entry(line, None, offer()).fate is Fate.RENAMED


@pytest.mark.parametrize("cell", ["oui", "libre", "à pourvoir", "1"])
def test_an_available_line_is_a_free_offer(cell: str) -> None:
    assert offer(Disponibilité=cell).status is ParcoursStatus.AVAILABLE


def test_the_name_before_an_address_is_left_out() -> None:
    (contact, *_) = offer(**{"E-mail_du_référent": "Hugo Tissier <hugo@brevent.example>"}).company.contacts

    assert contact.address == "hugo@brevent.example"
