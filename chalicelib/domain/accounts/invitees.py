"""Read a pasted list of people, one a line, whom somebody invites together: « Prénom Nom, adresse », in any order."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.kernel import address, texts
from chalicelib.errors import FieldInvalid

MOST_LINES = 30
"""As many as one person may invite in a day."""
BESIDE = re.compile(r"[\s<>()\[\];,\"|]+|mailto:")
"""What spreadsheets and mail programs write around a name and its address."""
NAMED = re.compile(r"[^\W\d_]+(?:[.-][^\W\d_]+)+")
"""The part of an address before « @ » that is a name: « claire.dumont »."""
FUNCTIONS = frozenset(
    {"mlds", "tuteur", "tutrice", "referent", "referente", "responsable", "charge", "chargee"}
    | {"coordinateur", "coordinatrice", "coordonnateur", "coordonnatrice", "acheteur", "acheteuse"}
    | {"prescripteur", "prescriptrice", "conseiller", "conseillere", "directeur", "directrice"}
)
"""Words, folded, with which what a person does begins beside their name."""


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody of the list; where a line cannot be read, ``refusal`` says why and name or address is empty."""

    line: str
    """As it was pasted."""
    name: str
    address: str
    refusal: FieldInvalid | None = None


def parse_invitees(pasted: str) -> list[Invitee]:
    """Read each line; an address that comes twice counts once, blank lines do not.

    Raises:
        FieldInvalid: ``personnes``: there is no line, or there are more than ``MOST_LINES``.
    """
    lines = [line.strip() for line in pasted.splitlines() if line.strip()]
    if not lines:
        raise FieldInvalid("personnes", "missing_text")
    if len(lines) > MOST_LINES:
        raise FieldInvalid("personnes", "many_lines", MOST_LINES)
    invitees = map(_parse_line, lines)
    return list(
        {
            address.fold(person.address) if person.address else person.line: person for person in invitees
        }.values()
    )


def _parse_line(line: str) -> Invitee:
    """Read one line: its only address, and around it the name; a missing name is read from the address."""
    words = [word for word in BESIDE.split(line) if any(map(str.isalnum, word)) or "@" in word]
    addresses = [word for word in words if "@" in word]
    try:
        if not addresses:
            raise FieldInvalid("adresse", "line_address")
        if len(addresses) > 1:
            raise FieldInvalid("adresse", "address")
        mailbox = address.normalise(addresses[0], "adresse")
    except FieldInvalid as refusal:
        return Invitee(line, "", "", refusal)
    beside = (word for word in words if word not in addresses)
    name = " ".join(_list_name_words(beside)) or _guess_name(mailbox)
    try:
        if not name:
            raise FieldInvalid("nom", "line_name")
        return Invitee(line, texts.read_name(name, "nom"), mailbox)
    except FieldInvalid as refusal:
        return Invitee(line, "", mailbox, refusal)


def _list_name_words(words: Iterable[str]) -> list[str]:
    """List the words of the name: those before, or else after, what the person does."""
    name: list[str] = []
    for word in words:
        if not _begins_function(word):
            name.append(word)
        elif name:
            break
    return name


def _begins_function(word: str) -> bool:
    """Whether this word begins what somebody does."""
    return texts.fold_text(word) in FUNCTIONS


def _guess_name(mailbox: str) -> str:
    """Return « Claire Dumont » for claire.dumont@…; empty where the address bears no name."""
    local = mailbox.partition("@")[0]
    return local.replace(".", " ").title() if NAMED.fullmatch(local) else ""
