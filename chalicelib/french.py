"""How dates, hours, sizes and lists are written for people in France. Pure, standard library only.

Spaces inside a date or a size are no-break ones, so that no line ends between « 2 » and « décembre ».
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
"""The only time zone shown to people."""

NO_BREAK = "\u00a0"
NARROW = "\u202f"

NUMBERS = (
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
)
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
SHORT_MONTHS = (
    "janv.",
    "févr.",
    "mars",
    "avril",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)
NEAR = timedelta(days=60)
"""Within which a day needs no year, in the same year."""
MUTE_H = (
    "hadrien", "hector", "helen", "helia", "helio", "heloise", "henri", "herbert", "hermi", "herve", "hilaire", "hippolyte",
    "honor", "horace", "hortense", "hubert", "hugo", "hugue", "hyacinthe",
)  # fmt: skip
"""First names whose h is not heard; before all others « de » stays, as in « de Hassan »."""
KINDS = {"cv": ("CV", "le CV", "du CV"), "lettre": ("Lettre", "la lettre", "de la lettre")}
"""Each kind of document: its name alone, which is its file's too, and with its articles. In the order of the house."""

DAYS_FROM = 48
"""Hours from which days are counted."""


def moment(at: datetime) -> str:
    """Write an instant in full: « mercredi 2 décembre 2026, 14 h 12 », Paris time."""
    return f"{jour(at)}{NO_BREAK}{_in_paris(at).year}, {heure(at)}"


def jour(day: date) -> str:
    """Write a day without its year: « mercredi 2 décembre ». An instant gives its day in Paris."""
    return f"{DAYS[_day(day).weekday()]} {jour_du_mois(day)}"


def jour_du_mois(day: date) -> str:
    """Write a day without its name and its year: « 2 décembre ». An instant gives its day in Paris."""
    local = _day(day)
    return f"{_number(local)}{NO_BREAK}{MONTHS[local.month - 1]}"


def numero_masque(number: str) -> str:
    """Write a French number (« +33612345678 ») with its first and last two digits: « 06 •• •• •• 78 »."""
    return NO_BREAK.join((f"0{number[3:4]}", "••", "••", "••", number[-2:]))


def jour_dit(day: date, today: date) -> str:
    """Write a day as it is said on another one: « lundi 12 mai »; « lundi 12 mai 2025 » in another year, or 60 days away."""
    local, said_on = _day(day), _day(today)
    near = local.year == said_on.year and abs(local - said_on) <= NEAR
    return jour(local) if near else f"{jour(local)}{NO_BREAK}{local.year}"


def dernier_jour(end: datetime) -> str:
    """Write the day on which what lasts until ``end`` ends, without an hour: at midnight the day that is over."""
    last = _in_paris(end - timedelta(milliseconds=1))
    return f"{jour(last)}{NO_BREAK}{last.year}"


def depuis(at: datetime, today: date) -> str:
    """Write since when: « lundi 12 mai, 14 h 12 »; what begins with its day has no hour."""
    hour = f", {heure(at)}" if _in_paris(at).time() != time.min else ""
    return f"{jour_dit(at, today)}{hour}"


def jour_court(day: date) -> str:
    """Write a day without its name: « 12 mai 2026 ». An instant gives its day in Paris."""
    local = _day(day)
    return f"{_number(local)}{NO_BREAK}{MONTHS[local.month - 1]}{NO_BREAK}{local.year}"


def jour_abrege(day: date) -> str:
    """Write a day in the cell of a table: « 13 nov. 2026 ». An instant gives its day in Paris."""
    local = _day(day)
    return f"{_number(local)}{NO_BREAK}{SHORT_MONTHS[local.month - 1]}{NO_BREAK}{local.year}"


def du_au(before: datetime, after: datetime) -> str:
    """Write from when to when something moves: « du 8 au 15 décembre », « du 30 novembre au 3 décembre », or between two hours
    of one day « de 10 h 00 à 14 h 00 le 8 décembre ».
    """
    first, last = _day(before), _day(after)
    if first == last:
        return f"de {heure(before)} à {heure(after)} le {jour_du_mois(last)}"
    is_same_month = (first.year, first.month) == (last.year, last.month)
    return f"du {_number(first) if is_same_month else jour_du_mois(first)} au {jour_du_mois(last)}"


def heure(at: datetime) -> str:
    """Write an hour: « 14 h 12 », « 9 h 05 », Paris time."""
    local = _in_paris(at)
    return f"{local.hour}{NARROW}h{NARROW}{local.minute:02d}"


def heure_dite(at: datetime) -> str:
    """Write an hour as it is said: « 10 h », « 10 h 45 », Paris time."""
    return heure(at).removesuffix(f"{NARROW}00")


def rendez_vous(start: datetime, minutes: int | None) -> str:
    """Write when a meeting is: « mardi 8 décembre 2026, de 10 h à 10 h 45 »."""
    return f"{jour(start)}{NO_BREAK}{_in_paris(start).year}, {horaire(start, minutes)}"


def horaire(start: datetime, minutes: int | None) -> str:
    """Write from when to when something of one day lasts: « de 10 h à 10 h 45 »; « à 10 h » where nobody says how long."""
    if minutes is None:
        return f"à {heure_dite(start)}"
    return f"de {heure_dite(start)} à {heure_dite(start + timedelta(minutes=minutes))}"


def taille(size_bytes: int) -> str:
    """Write a size as people read it on their computer: « 312 ko », « 1,4 Mo » (1 ko is 1000 bytes)."""
    if size_bytes < 0:
        raise ValueError("a size cannot be negative")
    if size_bytes < 1000:
        return f"{size_bytes}{NO_BREAK}octet{'s' if size_bytes > 1 else ''}"
    if size_bytes < 999_500:  # from here on, rounding would write « 1000 ko »
        return f"{round(size_bytes / 1000)}{NO_BREAK}ko"
    tenths = round(size_bytes / 100_000)
    whole, rest = divmod(tenths, 10)
    return f"{whole},{rest}{NO_BREAK}Mo" if rest else f"{whole}{NO_BREAK}Mo"


def en_lettres(number: int) -> str:
    """Write a small number in letters, « dix »; in digits from thirteen on."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def documents(kinds: Sequence[str]) -> str:
    """Name the documents of a deposit, one at least: « le CV », « la lettre », « le CV et la lettre »."""
    unknown = set(kinds) - KINDS.keys()
    if unknown or not kinds:
        raise ValueError(f"not kinds of documents: {sorted(unknown)}")
    return " et ".join(the for kind, (_, the, _) in KINDS.items() if kind in kinds)


def enumeration(names: Sequence[str]) -> str:
    """Write a list: « Ana », « Ana et Karim », « Ana, Karim et Lou »."""
    *first, last = names
    return f"{', '.join(first)} et {last}" if first else last


def duree(minutes: int) -> str:
    """Write a length: « 45 min », « 1 h », « 1 h 30 »."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NO_BREAK}min"
    return f"{hours}{NARROW}h{NARROW}{rest:02d}" if rest else f"{hours}{NARROW}h"


def il_y_a(at: datetime, now: datetime) -> str:
    """Write how long ago an instant was: « il y a moins d’une heure », « il y a 3 heures », « il y a 2 jours »."""
    hours = max(0, int((now - at).total_seconds() // 3600))
    if hours == 0:
        return "il y a moins d’une heure"
    if hours < DAYS_FROM:
        return f"il y a {hours}{NO_BREAK}heure{'s' if hours > 1 else ''}"
    return f"il y a {hours // 24}{NO_BREAK}jours"


def une_ligne(text: str) -> str:
    """Put a text on one line, for the subject of a mail: a line break there would start another header."""
    return re.sub(r"[\r\n\u2028\u2029\v\f\x85]+", " ", text).strip()


LONGEST_NAME = 24
"""Characters of a company's name in a subject: a telephone shows about forty, and what it is about follows."""


def objet(what: str, name: str, reference: str | None) -> str:
    """Write the subject of a mail about one parcours: « Jardins Morvenne – Lien envoyé, CSF-7K3Q-92 »."""
    end = f", {reference}" if reference else ""
    return f"{_shorten(une_ligne(name), LONGEST_NAME)} – {what}{end}"


def _shorten(text: str, longest: int) -> str:
    """Return the text, cut after the last word that leaves room for « … » if it has more than ``longest`` characters."""
    if len(text) <= longest:
        return text
    cut = text[:longest]
    return f"{(cut.rpartition(' ')[0] or cut[:-1]).rstrip(' ,&')}…"


def avec_lot(contract: str, lot: str | None) -> str:
    """Name a contract and its lot (« 2 » or « lot 2 »), if it has one: « Entretien des espaces verts, lot 2 »."""
    if not lot:
        return contract
    return f"{contract}, {lot}" if lot.casefold().startswith("lot") else f"{contract}, lot{NO_BREAK}{lot}"


def de(name: str) -> str:
    """« de », as it is said before a name: « de Lyon », « d’Anaïs », « d’Hélène », « de Hassan », « d’Yves », « de Yasmine »."""
    bare = "".join(filter(str.isalpha, unicodedata.normalize("NFD", name).casefold()))
    consonant = bare[1:2] not in set("aeiou")
    elided = bare[:1] in set("aeiouœæ") or bare.startswith(MUTE_H) or (bare[:1] == "y" and consonant)
    return f"d’{name}" if elided else f"de {name}"


def en_ville(town: str) -> str:
    """« à », as it is said before a town: « à Lyon », « au Havre », « aux Lilas », « à La Rochelle »."""
    first, _, rest = town.partition(" ")
    joined = {"le": "au", "les": "aux"}.get(first.casefold(), "") if rest else ""
    return f"{joined} {rest}" if joined else f"à {town}"


def academie(name: str) -> str:
    """Name an académie (« Lyon » or « académie de Lyon ») in a sentence: « académie de Lyon », « académie d’Amiens »."""
    return name if name.casefold().startswith(("académie", "academie")) else f"académie {de(name)}"


def sans_protocole(url: str) -> str:
    """Write an address to type by hand: without « https:// », nor the slash at its end."""
    return url.split("://", 1)[-1].rstrip("/")


def majuscule(text: str) -> str:
    """Put a capital at the start of a sentence, and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def minuscule(text: str) -> str:
    """Put no capital at the start of what follows a comma."""
    return text[:1].lower() + text[1:]


def months(start: date, end: date) -> str:
    """Name the months a thing lasted: « en mars 2026 », « de février à mars 2026 », « de décembre 2025 à mars 2026 »."""
    first, last = _day(start), _day(end)
    if (first.year, first.month) == (last.year, last.month):
        return f"en {MONTHS[first.month - 1]} {first.year}"
    begun = MONTHS[first.month - 1] if first.year == last.year else f"{MONTHS[first.month - 1]} {first.year}"
    return f"{de(begun)} à {MONTHS[last.month - 1]} {last.year}"


FILTERS: dict[str, Callable[..., str]] = {
    "moment": moment,
    "jour": jour,
    "jour_dit": jour_dit,
    "dernier_jour": dernier_jour,
    "depuis": depuis,
    "jour_court": jour_court,
    "jour_du_mois": jour_du_mois,
    "jour_abrege": jour_abrege,
    "heure": heure,
    "taille": taille,
    "documents": documents,
    "enumeration": enumeration,
    "une_ligne": une_ligne,
    "objet": objet,
    "avec_lot": avec_lot,
    "de": de,
    "en_ville": en_ville,
    "academie": academie,
    "sans_protocole": sans_protocole,
    "majuscule": majuscule,
    "minuscule": minuscule,
}
"""The filters that templates may use, by their French names."""


def _in_paris(at: datetime) -> datetime:
    """Return an instant in the time of Paris. Raises ValueError without a time zone: it would be wrong by an hour or more."""
    if at.tzinfo is None:
        raise ValueError("an instant must say its time zone")
    return at.astimezone(PARIS)


def _day(day: date) -> date:
    """Give the day itself, or the day it is in Paris at this instant."""
    return _in_paris(day).date() if isinstance(day, datetime) else day


def _number(day: date) -> str:
    """Write the day of the month; the first one only is an ordinal in French."""
    return "1er" if day.day == 1 else str(day.day)
