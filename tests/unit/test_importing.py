"""A file of the team's table as offers, or as faults: what is read, what never enters, what is refused and in which words."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.domain import fields
from chalicelib.domain import importing as importing_rules
from chalicelib.domain.importing import (
    NO_ANSWERS,
    Answers,
    ByHand,
    Dropped,
    Problem,
    Reading,
    Status,
    Word,
    find_column,
    parse_table,
    read_table,
)
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import ContactRole, Parcours
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.web import importing as importing_pages
from chalicelib.web import importing as importing_words
from chalicelib.web.importing import list_columns
from tests.support import csv_samples, factories

NOW = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)


def reading(text: str, answers: Answers = NO_ANSWERS) -> Reading:
    """Read this text as a file of the import, where the tutor of ``FOLLOWED`` has an account."""
    tutor = factories.account(address=FOLLOWED["E-mail_du_référent_MLDS"])
    return read_table(
        parse_table(text.encode()), RetentionPolicy(), day_of(NOW), answers, lambda _: {tutor.address: tutor}
    )


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

    assert describe_faults(table) == [
        "Ligne 37, colonne e-mail du référent : adresse non valable. Vérifiez-la.",
        "Ligne 90, colonne date de notification : "
        "date non valable, ou incomplète. Écrivez-la comme 12/05/2026 : le jour d’abord.",
        "Ligne 121, colonne heures : nombre d’heures non valable. Écrivez un nombre entier, de 1 à 2\u202f000.",
    ]


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
        ({"Convention_signée": "oui", **FOLLOWED}, ByHand.CONVENTION),
        ({"Nom_du_2e_référent": "Nadia Bellanger"}, ByHand.CONTACT_WITHOUT_MAIL),
    ],
)
def test_what_the_table_knows_and_the_import_cannot_say_is_left_by_hand(
    changes: dict[str, str], todo: ByHand
) -> None:
    (line,) = reading_of(**changes).lines

    assert todo in line.by_hand


STATUSES: dict[Status | None, dict[str, tuple[str, ...]]] = {
    Status.OVER: {
        "disponibilite": ("Abandonné par l’entreprise", "réalisé"),
        "suivis": ("Zoé dit : parcours terminé en mai",),
        "convention": ("rompue",),
    },
    Status.PREPARING: {
        "disponibilite": ("en préparation",),
        "suivis": ("réservé",),
        "convention": ("oui", "signée le 12/05/2026"),
    },
    Status.FREE: {
        "disponibilite": ("oui", "libre", "à pourvoir", "1", ""),
        "suivis": ("rappeler jeudi", ""),
        "convention": ("non", ""),
    },
    None: {"disponibilite": ("non", "à voir avec la DRH"), "convention": ("à voir",)},
}


@pytest.mark.parametrize(
    ("status", "column", "cell"),
    [
        (status, name, cell)
        for status, names in STATUSES.items()
        for name, cells in names.items()
        for cell in cells
    ],
)
def test_each_status_column_has_its_vocabulary_and_asks_for_the_rest(
    status: Status | None, column: str, cell: str
) -> None:
    word = Word(column, fold_text(cell))

    assert importing_rules.find_status(word) is status
    assert importing_rules.find_status(word, Answers(statuses={word: Status.OVER})) is Status.OVER


def test_a_line_that_is_over_stays_out_and_its_faults_are_not_said() -> None:
    table = reading(
        csv_samples.text(csv_samples.rows(3, {3: {"Disponibilité": "abandonné", "Heures": "trop"}}))
    )

    assert [line.number for line in table.lines] == [2, 4]
    assert [line.number for line in table.over] == [3] and table.faults == ()


PAST = {
    "CV envoyé le 12/03/2026": EventKind.DOCUMENTS_SENT_OUTSIDE,
    "Lettre et CV transmis à l’entreprise le 3 juin 2026": EventKind.DOCUMENTS_SENT_OUTSIDE,
    "12/03/26 : mail de relance": EventKind.MAIL_SENT_OUTSIDE,
    "Appelée le 12/03/2026, sans réponse": None,
    "Appel sans réponse le 12/03/2026": EventKind.CALL_NOTED,
    "le 12.03.2026 message laissé": EventKind.CALL_NOTED,
    "Entretien passé le 12/03/2026": EventKind.MEETING_HELD,
    "Convention envoyée le 12/03/2026": EventKind.CONVENTION_SENT,
    "CV pas encore envoyé le 12/03/2026": None,
    "CV envoyé": None,
    "CV envoyé entre le 12/03/2026 et le 14/03/2026": None,
    "CV envoyé le 30/02/2026": None,
    "CV envoyé le 12/03/2023, avant le marché": None,
    "CV envoyé le 12/03/2027": None,
    "Entretien prévu, CV envoyé le 12/03/2026": None,
    "Mail envoyé à l’acheteuse le 12/03/2026": EventKind.MAIL_SENT_OUTSIDE,
}
"""A comment, and the fact that it says; None: it is left to be read."""


@pytest.mark.parametrize("comment", PAST)
def test_a_comment_that_says_one_known_fact_and_one_day_is_read(comment: str) -> None:
    (line,) = reading_of(Commentaires=comment).lines

    kind = PAST[comment]
    assert [fact.kind for fact in line.history] == ([kind] if kind else [])
    assert line.commented


def test_a_fact_with_two_possible_contacts_is_left_to_be_read() -> None:
    second = {"Nom_du_2e_référent": "Nadia Bellanger", "E-mail_du_2e_référent": "n@brevent.example"}

    (line,) = reading_of(Commentaires="CV envoyé le 12/03/2026", **second).lines

    assert line.history == ()


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
    }


@pytest.mark.parametrize("title", ["Tuteur", "Tutrice référente"])
def test_a_column_of_tutors_and_one_of_statuses_may_be_chosen_whatever_their_titles(title: str) -> None:
    cells = {title: "jeanne@academie.example", "Situation": "Abandonné"}
    titles = (*(known for known in csv_samples.TITLES[:-1] if known != "Disponibilité"), *cells)
    table = parse_table(csv_samples.text([csv_samples.row(1) | cells], titles=titles).encode())
    answers = Answers(
        {table.titles.index(title): "tuteur_courriel", table.titles.index("Situation"): "disponibilite"}
    )
    (line,) = read_table(table, RetentionPolicy(), day_of(NOW), answers).over
    assert line.tutor is not None and line.tutor.address == "jeanne@academie.example"
    assert {"tuteur_courriel", "referent_mlds", *importing_rules.STATES} <= dict(list_columns()).keys()


def test_two_titles_said_to_be_one_column_leave_the_second_out() -> None:
    content = csv_samples.text(csv_samples.rows(1)).replace("Site web", "Un", 1).replace("Secteur", "Deux", 1)
    places = [content.split(";").index(title) for title in ("Un", "Deux")]

    table = reading(content, Answers(dict.fromkeys(places, "secteur")))

    assert {heading.title: heading.column for heading in table.headings} == {
        "Deux": "secteur",
        "Un": "",
    }


def test_lines_that_wait_come_back_with_our_titles_answers_and_what_to_correct() -> None:
    lines = csv_samples.rows(3, {3: {"Disponibilité": "vendredi"}})
    table = parse_table(csv_samples.text(lines).replace("Heures", "Volume", 1).encode())
    answers = Answers(
        {table.titles.index("Volume"): "heures"}, {Word("disponibilite", "vendredi"): Status.FREE}
    )

    titles, line = importing_rules.select_waiting_lines(
        table, answers, {3: "colonne heures : à écrire."}, importing_pages.STATUS
    )

    cells = dict(zip(titles, line, strict=True))
    assert (cells["heures"], cells["disponibilité"]) == ("450", "libre")
    assert cells["à corriger"] == "colonne heures : à écrire." and "CV joint" not in cells


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


def test_a_line_that_repeats_an_offer_of_the_table_is_left_out() -> None:
    lines = csv_samples.rows(3)
    lines[2] = csv_samples.row(1, Entreprise="ATELIERS BREVENT 1", Heures="900")

    table = reading(csv_samples.text(lines))

    assert [line.number for line in table.lines] == [2, 3]
    assert [line.number for line in table.doubles] == [4] and table.faults == ()


def test_the_name_before_an_address_is_left_out() -> None:
    (contact, *_) = offer(**{"E-mail_du_référent": "Hugo Tissier <hugo@brevent.example>"}).company.contacts

    assert contact.address == "hugo@brevent.example"
