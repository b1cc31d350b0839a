"""What an SMS says: who has written to which mailbox, without a link and with nothing of the young person.

Written in the GSM alphabet: one character outside of it, and each segment holds 67 characters instead of 153.
"""

import unicodedata
from datetime import datetime

from chalicelib import french
from chalicelib.mails.views import Agent

SEGMENT_CHARACTERS, MOST_SEGMENTS = 153, 2
MOST_OF_A_NAME = 60
"""Characters of a name, or of a function; what is longer is cut."""
ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM 03.38 without its extension, of which each character counts twice."""
WRITTEN = str.maketrans(
    {"’": "'", "«": '"', "»": '"', "–": "-", "—": "-", "•": "*", "…": "...", "œ": "oe", "Œ": "OE"}
)


def write(sender: Agent, *, sent_at: datetime, recipient: str) -> str:
    """Write the SMS. ``recipient``: the address that the mail went to, of which only the first letter is said.

    Not its domain: telephones would make a link of it.
    """
    name, function = (spell(text)[:MOST_OF_A_NAME] for text in (sender.name, sender.function))
    title = f" ({function})" if function else ""
    number = f" Son numéro\u00a0: {sender.phone}." if sender.phone else ""
    text = (
        f"{name}{title} vous a écrit le {french.jour_du_mois(sent_at)} à {recipient[:1]}•••@… au sujet d’un stage."
        f"{number} Répondez STOP pour ne plus recevoir."
    )
    return spell(text)


def spell(text: str) -> str:
    """Return a text in the GSM alphabet: what is outside of it without its accent, or as « ? »."""
    return "".join(map(_spell_character, text.translate(WRITTEN)))


def _spell_character(character: str) -> str:
    """Return a character of the GSM alphabet in place of this one."""
    if character in ALPHABET:
        return character
    plain = unicodedata.normalize("NFKD", character)[0]
    return plain if plain in ALPHABET else "?"
