"""Dates, hours, sizes and lists as people in France read them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from chalicelib import french

SUMMER = datetime(2026, 7, 14, 7, 5, tzinfo=UTC)
WINTER = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)


def test_a_moment_is_written_in_full_in_paris_time() -> None:
    midnight = datetime(2026, 12, 10, 23, 0, tzinfo=UTC)
    assert french.dernier_jour(midnight) == "jeudi 10\u00a0décembre\u00a02026"
    assert french.depuis(midnight, midnight) == "vendredi 11\u00a0décembre"
    assert french.moment(WINTER) == "mercredi 2\u00a0décembre\u00a02026, 14\u202fh\u202f12"


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (timedelta(days=7), "du 2 au 9\u00a0décembre"),
        (timedelta(days=30), "du 2\u00a0décembre au 1er\u00a0janvier"),
        (timedelta(hours=1), "de 14\u202fh\u202f12 à 15\u202fh\u202f12 le 2\u00a0décembre"),
    ],
)
def test_a_move_is_written_from_when_to_when(after: timedelta, text: str) -> None:
    assert french.du_au(WINTER, WINTER + after) == text


def test_summer_time_moves_the_hour_by_two() -> None:
    assert french.moment(SUMMER) == "mardi 14\u00a0juillet\u00a02026, 9\u202fh\u202f05"


@pytest.mark.parametrize(
    ("at", "hour"),
    [
        # The night of 25 October 2026: at 1 h UTC, 3 h becomes 2 h again.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2\u202fh\u202f30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2\u202fh\u202f30"),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "1\u202fh\u202f59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "3\u202fh\u202f00"),
        (datetime(2026, 12, 2, 9, 12, tzinfo=timezone(timedelta(hours=-5))), "15\u202fh\u202f12"),
    ],
)
def test_an_hour_is_the_one_on_the_clocks_of_paris(at: datetime, hour: str) -> None:
    assert french.heure(at) == hour


def test_an_instant_late_in_the_evening_belongs_to_the_next_day_in_paris() -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert french.jour(late) == "vendredi 1er\u00a0janvier"
    assert french.jour_court(late) == "1er\u00a0janvier\u00a02027"
    assert french.jour_abrege(late) == "1er\u00a0janv.\u00a02027"


def test_a_plain_date_keeps_its_day() -> None:
    assert french.jour(date(2026, 12, 2)) == "mercredi 2\u00a0décembre"
    assert french.jour_court(date(2026, 5, 12)) == "12\u00a0mai\u00a02026"


def test_a_day_is_said_with_its_year_unless_it_is_today_s() -> None:
    newyear = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # 2027 in Paris
    assert french.jour_dit(date(2026, 10, 2), date(2026, 12, 1)) == "vendredi 2\u00a0octobre"
    assert french.jour_dit(date(2026, 10, 1), date(2026, 12, 1)) == "jeudi 1er\u00a0octobre\u00a02026"
    assert french.jour_dit(date(2026, 12, 31), date(2026, 2, 1)) == "jeudi 31\u00a0décembre\u00a02026"
    assert french.jour_dit(date(2025, 5, 12), date(2026, 12, 1)) == "lundi 12\u00a0mai\u00a02025"
    assert french.jour_dit(date(2027, 1, 4), date(2026, 12, 1)) == "lundi 4\u00a0janvier\u00a02027"
    assert french.jour_dit(newyear, date(2026, 12, 31)) == "vendredi 1er\u00a0janvier\u00a02027"
    assert french.jour_dit(date(2026, 5, 12), newyear) == "mardi 12\u00a0mai\u00a02026"


@pytest.mark.parametrize("write", [french.moment, french.heure, french.jour, french.jour_court])
def test_an_instant_without_a_time_zone_is_refused(write: Callable[[datetime], str]) -> None:
    with pytest.raises(ValueError, match="time zone"):
        write(datetime(2026, 12, 2, 14, 12))


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 octet"),
        (1, "1 octet"),
        (2, "2 octets"),
        (999, "999 octets"),
        (1_000, "1 ko"),
        (312_400, "312 ko"),
        (999_499, "999 ko"),
        (999_500, "1 Mo"),
        (1_400_000, "1,4 Mo"),
        (10_000_000, "10 Mo"),
    ],
)
def test_a_size_reads_as_on_a_computer(size_bytes: int, words: str) -> None:
    assert french.taille(size_bytes) == words.replace(" ", "\u00a0")


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        french.taille(-1)


@pytest.mark.parametrize(
    ("number", "words"), [(0, "zéro"), (1, "un"), (10, "dix"), (12, "douze"), (13, "13")]
)
def test_a_small_number_is_written_in_letters(number: int, words: str) -> None:
    assert french.en_lettres(number) == words


def test_documents_are_named_in_the_same_order_whatever_the_list() -> None:
    assert french.documents(["cv"]) == "le CV"
    assert french.documents(["lettre"]) == "la lettre"
    assert french.documents(["lettre", "cv"]) == "le CV et la lettre"


@pytest.mark.parametrize("kinds", [[], ["photo"], ["cv", "photo"]])
def test_other_kinds_of_documents_are_refused(kinds: list[str]) -> None:
    with pytest.raises(ValueError, match="kinds"):
        french.documents(kinds)


def test_a_subject_stays_on_one_line() -> None:
    assert french.une_ligne("Marché\r\nBcc: a@b.example\u2028 fin\n") == "Marché Bcc: a@b.example  fin"
    assert french.une_ligne("lot\u00a02") == "lot\u00a02"


@pytest.mark.parametrize(
    ("lot", "words"),
    [
        (None, "Impression"),
        ("", "Impression"),
        ("2", "Impression, lot\u00a02"),
        ("lot 2", "Impression, lot 2"),
    ],
)
def test_a_contract_is_named_with_its_lot_if_any(lot: str | None, words: str) -> None:
    assert french.avec_lot("Impression", lot) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Lyon", "académie de Lyon"),
        ("Amiens", "académie d’Amiens"),
        ("Orléans-Tours", "académie d’Orléans-Tours"),
        ("Île-Neuve", "académie d’Île-Neuve"),
        ("La Réunion", "académie de La Réunion"),
        ("académie de Valmarie", "académie de Valmarie"),
    ],
)
def test_an_academie_is_named_in_a_sentence(name: str, words: str) -> None:
    assert french.academie(name) == words


def test_an_address_to_type_by_hand_has_no_scheme() -> None:
    assert french.sans_protocole("https://passe-plat.example/") == "passe-plat.example"
    assert french.sans_protocole("http://localhost:8000") == "localhost:8000"


def test_a_capital_leaves_the_rest_alone() -> None:
    assert french.majuscule("le CV") == "Le CV"
    assert french.majuscule("") == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Lyon", "de Lyon"),
        ("Anaïs Roumégas", "d’Anaïs Roumégas"),
        ("Émile", "d’Émile"),
        ("Île-Neuve", "d’Île-Neuve"),
        ("Œuvre des Pins", "d’Œuvre des Pins"),
        ("avril", "d’avril"),
        ("Hélène Vautrin", "d’Hélène Vautrin"),
        ("Henri", "d’Henri"),
        ("Hugo Tissier", "d’Hugo Tissier"),
        ("Honorine", "d’Honorine"),
        ("Hassan", "de Hassan"),
        ("Hamza Benali", "de Hamza Benali"),
        ("Yves", "d’Yves"),
        ("Yvette", "d’Yvette"),
        ("Yasmine", "de Yasmine"),
        ("Youssef", "de Youssef"),
        ("« Atelier »", "d’« Atelier »"),
        ("La Réunion", "de La Réunion"),
        ("2 Rives", "de 2 Rives"),
        ("", "de "),
    ],
)
def test_de_is_elided_before_a_vowel_that_is_heard(name: str, words: str) -> None:
    assert french.de(name) == words


@pytest.mark.parametrize(
    ("town", "words"),
    [
        ("Lyon", "à Lyon"),
        ("Le Havre", "au Havre"),
        ("LES LILAS", "aux LILAS"),
        ("La Rochelle", "à La Rochelle"),
        ("Les", "à Les"),
    ],
)
def test_a_town_is_named_where_something_is(town: str, words: str) -> None:
    assert french.en_ville(town) == words


@pytest.mark.parametrize(
    ("what", "name", "reference", "subject"),
    [
        ("Lien envoyé", "Jardins Morvenne", "CSF-7K3Q-92", "Jardins Morvenne – Lien envoyé, CSF-7K3Q-92"),
        ("Lien envoyé", "Jardins\nMorvenne", None, "Jardins Morvenne – Lien envoyé"),
        ("Lien envoyé", "Menuiseries Réunies du Doubs", None, "Menuiseries Réunies du… – Lien envoyé"),
    ],
)
def test_a_subject_says_the_company_the_purpose_then_the_reference(
    what: str, name: str, reference: str | None, subject: str
) -> None:
    assert french.objet(what, name, reference) == subject
