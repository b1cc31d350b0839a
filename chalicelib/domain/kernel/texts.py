"""Normalise and check single-line texts that people type: names, organisations, telephone numbers, days, SIRET."""

import hashlib
import re
import unicodedata
from datetime import date

from chalicelib.errors import FieldInvalid

ONCE_READ = "dès que les personnes qui les ont reçus disent les avoir lus, au plus tard trois jours après la première ouverture"
"""When opened documents go, as every page, mail and paper says it: true of one link and of several."""
MOST_NAME = 80
MOST_PERSON = 60
MOST_PHONE_DIGITS = 15
"""Source: ITU-T E.164."""
LEAST_PHONE_DIGITS = 4
"""Short French numbers: « 3949 »."""
PHONE = re.compile(r"\+?[0-9 .()/-]{4,30}")
PASTED = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff\u2060"))
"""Invisible leftovers of word processors, dropped without a word."""
JOINERS = frozenset("\u200c\u200d")
"""Invisible, but part of the spelling of some scripts."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SIREN_DIGITS = 9
"""With which a SIRET begins."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz ca cc cd "
    "cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er et eu fi fj fk fm fo fr ga gb gd ge gf gg "
    "gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr "
    "kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf "
    "ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm "
    "sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws "
    "ye yt za zm zw"
)
GENERIC = (
    "com net org info biz name mobi pro edu gov int asso app dev web site online website store shop xyz top club live life click "
    "link page blog cloud email mail help support team work world today news media space tech digital group company agency "
    "services service center zone bank finance money credit loan win vip fun icu buzz paris bzh alsace corsica eus cat example"
)
"""Ends of addresses that mail programs know; before anything else a full stop ends an abbreviation (« Resp.achats »). Without
« es », as « conseiller.es » is a plural: what passes here is no link in our mails either (``letters.break_links``)."""
MOST_SHORT = 4
"""Letters of an abbreviation before a capital: « Dir.SI », « Ph.Li »."""
ENDS = rf"\.(?:{'|'.join((COUNTRIES + ' ' + GENERIC).split())}|xn--[a-z0-9-]+)(?![\w-])"
LINK = rf"://|\bwww\.|[\w+-]@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{{2,}}|\w{ENDS}[/:?#]"
"""What mail programs and people take for an address: our mails would carry it under our name."""
SITE = rf"([\w.-]+)({ENDS})"
"""Both are long, and compiled when a text is first checked."""
BEFORE_NAMES = frozenset(
    {"m", "mm", "mr", "mme", "mmes", "mlle", "dr", "drs", "me", "pr", "mgr", "st", "ste", "cie", "ets", "sté"}
)
"""What people write before a name with a full stop and no space: « Ets.Durand »."""
CALLED = re.compile(r"(?:\d[ .()/-]{0,2}){9}")
"""A telephone number inside a text."""
OF_A_SENTENCE = frozenset("!?")
OF_NO_NAME = OF_A_SENTENCE | frozenset(';:<>{}[]\\|=~^%#*_"@')
OF_NAMES = frozenset("+°")
"""Signs that functions hold: « conseillère n° 2 », « bac +2 »."""
FULL_STOPS = dict.fromkeys(map(ord, "\u3002\uff61\u2024"), ".")
SPACES = re.compile(r"[ \u00a0\u202f\u2000-\u200a\u3000]+")
BREAKS = re.compile(r"[\r\n\t]+")
FORMULA = re.compile(r"\W*?[=+\-@−]")


def read_line(
    typed: str, field: str, *, most: int, required: bool = True, breaks: bool = False, links: bool = False
) -> str:
    """Normalise and check one line: NFC, single spaces, no control, no change of direction, no link, some letter or digit.

    ``most``: characters; ``breaks``: line breaks become spaces (a text area), else they are refused; ``links``: it may be one.
    """
    text = unicodedata.normalize("NFC", typed).translate(PASTED)
    text = SPACES.sub(" ", BREAKS.sub(" ", text) if breaks else text).strip(" ")
    if not text:
        if required:
            raise FieldInvalid(field, "missing_text")
        return ""
    if len(text) > most:
        raise FieldInvalid(field, "long_text", most)
    if any(map(_is_odd, text)) or not any(unicodedata.category(character)[0] in "LN" for character in text):
        raise FieldInvalid(field, "odd_text")
    if not links and re.search(LINK, _simplify(text), re.IGNORECASE):
        raise FieldInvalid(field, "link_text")
    return text


def _simplify(text: str) -> str:
    """Return the text as a mail program may read it: full-width forms plain, no joiners, every full stop a « . »."""
    without_joiners = "".join(
        character for character in unicodedata.normalize("NFKC", text) if character not in JOINERS
    )
    return without_joiners.translate(FULL_STOPS)


def read_trade_name(typed: str, field: str, *, required: bool = True) -> str:
    """Read the name of a company or a buying organisation: at most 80 characters, a letter among them, and no message."""
    text = read_line(typed, field, most=MOST_NAME, required=required)
    if text and not any(unicodedata.category(character)[0] == "L" for character in text):
        raise FieldInvalid(field, "odd_text")
    simplified = _simplify(text)
    if CALLED.search(simplified) or not OF_A_SENTENCE.isdisjoint(simplified):
        raise FieldInvalid(field, "name_text")
    return text


def read_organisation(typed: str, field: str, *, required: bool = True) -> str:
    """Read the buying organisation of an account: a company may be « Booking.com », no administration is."""
    text = read_trade_name(typed, field, required=required)
    _check_no_site(text, field)
    return text


def read_name(typed: str, field: str) -> str:
    """Read the name of a person, which our mails repeat to strangers: nothing in it but a name."""
    text = _check_is_name(read_trade_name(typed, field), field)
    if len(text) > MOST_PERSON:
        raise FieldInvalid(field, "long_text", MOST_PERSON)
    return text


def read_function(typed: str, field: str, *, required: bool = False, breaks: bool = False) -> str:
    """Read what a person does at work, by the rule of names, which it follows."""
    return _check_is_name(read_line(typed, field, most=MOST_NAME, required=required, breaks=breaks), field)


def _check_is_name(text: str, field: str) -> str:
    """Return the text if it could be a name or a function. Raises FieldInvalid for signs that belong in none, or a website."""
    simplified = _simplify(text)
    _check_no_site(text, field)
    signs = {character for character in simplified if unicodedata.category(character)[0] == "S"} - OF_NAMES
    if CALLED.search(simplified) or signs or not OF_NO_NAME.isdisjoint(simplified):
        raise FieldInvalid(field, "name_text")
    return text


def _check_no_site(text: str, field: str) -> None:
    """Refuse (FieldInvalid) a text of which a mail program would make a link; « J.Dupont » and « M.Roy » are none."""
    for site in re.finditer(SITE, _simplify(text), re.IGNORECASE):
        capital = site[2][1].isupper()
        if not all(_is_short(word, capital=capital) for word in site[1].split(".")):
            raise FieldInvalid(field, "link_text")


def _is_short(word: str, *, capital: bool) -> bool:
    """Whether it is an abbreviation: an initial, one of those before names, any before a capital."""
    if (len(word) == 1 and word.isupper()) or word.casefold() in BEFORE_NAMES:
        return True
    return capital and word.isalpha() and len(word) <= MOST_SHORT


def read_directions(typed: str, field: str, *, most: int) -> str:
    """Read how to come somewhere, which our mails repeat: no telephone number, no website; empty when nothing is typed."""
    text = read_line(typed, field, most=most, required=False)
    _check_no_site(text, field)
    if CALLED.search(_simplify(text)):
        raise FieldInvalid(field, "called_text")
    return text


def read_phone(typed: str, field: str) -> str | None:
    """Read a telephone number as people write it; None when there is none."""
    text = SPACES.sub(" ", typed).strip(" ")
    if not text:
        return None
    digits = sum(character.isdigit() for character in text)
    if not PHONE.fullmatch(text) or not LEAST_PHONE_DIGITS <= digits <= MOST_PHONE_DIGITS:
        raise FieldInvalid(field, "phone")
    return text


def _is_odd(character: str) -> bool:
    """Whether it is a control, a change of direction, private, unassigned, half a character or a line separator."""
    category = unicodedata.category(character)
    return (category[0] == "C" and character not in JOINERS) or category in {"Zl", "Zp"}


def read_day(typed: str) -> date | None:
    """Read a day as browsers send it, ``2026-05-12`` and nothing else, from 2000 to 2100; None: it is none."""
    try:
        day = date.fromisoformat(typed) if DAY.fullmatch(typed) else None  # which alone takes weeks too
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None


def fold_text(text: str) -> str:
    """Return a text without case, accents, punctuation nor double spaces, to compare what two people typed."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    without_accents = (character for character in decomposed if not unicodedata.combining(character))
    return " ".join(
        "".join(character if character.isalnum() else " " for character in without_accents).split()
    )


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text: 64 hexadecimal characters."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_same_name(name: str | None, other: str | None) -> bool:
    """Whether two names differ only in case, accents and punctuation."""
    plain = fold_text(name or "")
    return plain != "" and plain == fold_text(other or "")


def normalise_phone(text: str) -> str:
    """Return the digits of a telephone number as they are dialled in France: « +33 (0)1 99 » and « 01.99 » are the same."""
    abroad = re.sub(r"^\s*(?:\+|00)33[ .-]*(?:\(0\))?", "0", text)
    return re.sub(r"\D", "", abroad)


def read_siret(typed: str, field: str) -> str | None:
    """Read a SIRET: its 14 digits without what people put between them; None when nothing is typed.

    Those of La Poste's establishments have a checksum of their own, which the library knows.
    """
    digits = _strip_number(typed)
    if not digits:
        return None
    from stdnum.fr import siret as sirets  # loads more of Python than all of this module

    if not re.fullmatch(r"[0-9]{14}", digits) or not int(digits) or not sirets.is_valid(digits):
        raise FieldInvalid(field, "siret")
    return digits


def read_siren(typed: str, field: str, *, required: bool = True) -> str | None:
    """Read the SIREN of an organisation, 9 digits, or a SIRET of one of its establishments, which begins with it."""
    digits = _strip_number(typed)
    if not digits and required:
        raise FieldInvalid(field, "missing_text")
    if len(digits) != SIREN_DIGITS:
        siret = read_siret(digits, field)
        return siret[:SIREN_DIGITS] if siret else None
    from stdnum.fr import siren as sirens

    if not re.fullmatch(r"[0-9]{9}", digits) or not int(digits) or not sirens.is_valid(digits):
        raise FieldInvalid(field, "siret")
    return digits


def _strip_number(typed: str) -> str:
    """Return a SIREN or SIRET without what people put between its digits."""
    return re.sub(r"[ \u00a0\u202f.]", "", typed)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may run a text: a sign of formulas stands before its first letter or digit, however it is written.

    Source: OWASP, « CSV Injection »; ASVS 1.2.10.
    """
    return not text[:1].isalnum() and FORMULA.match(unicodedata.normalize("NFKC", text)) is not None
