"""How every mail is encoded: seven bits wide, each subject and name exact in whatever reads it. Standard library only.

SES takes no raw accent in a header and rewrites 8-bit parts after signing them; Python's folding loses spaces and quotes.
"""

import string
from base64 import b64encode
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

MOST_LINE = 76
"""Characters of a line that holds an encoded word (RFC 2047, section 2)."""
MOST_PLAIN = 900
"""Characters of a header left as it is: a line holds 998 (RFC 5322), its name included."""
TEXT = "quoted-printable"
"""How texts are carried: legible in the source, whatever their length."""
EXACT = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe"})
"""Headers that are used to the letter: Python's folding encodes those that are longer than a line."""
ATOMS = frozenset("!#$%&'*+-/=?^_`{|}~" + string.ascii_letters + string.digits + " ")
"""What a display name may hold without quotes."""


class SevenBits(EmailPolicy):
    """Subjects are kept and written to the letter; addresses with their names encoded or quoted."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep a subject as it is: the default would decode encoded words that somebody typed."""
        if name.lower() != "subject":
            return super().header_store_parse(name, value)
        if "\r" in value or "\n" in value:
            raise ValueError("a subject is one line")
        return name, value

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """Return a subject as it was kept."""
        return value if name.lower() == "subject" else super().header_fetch_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        """Write one header as lines of ASCII."""
        if name.lower() == "subject":
            written = _write_text(value, used=len("Subject: "))
        elif name.lower() in EXACT:
            written = str(value)
        elif hasattr(value, "addresses"):
            written = ",\r\n ".join(
                _write_mailbox(address, used=len(name) + 2) for address in value.addresses
            )
        else:
            return str(super().fold(name, value))
        return f"{name}: {written}\r\n"

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Write one header as bytes."""
        return self.fold(name, value).encode("ascii")


def build_empty_message() -> EmailMessage:
    """Return an empty message under this policy, which its parts have too."""
    return EmailMessage(policy=SevenBits(linesep=SMTP.linesep, cte_type="7bit"))


def _write_mailbox(person: Address, used: int) -> str:
    """Write a person as a header holds them, ASCII. ``used``: characters of the line before it."""
    name, address = str(person.display_name), str(person.addr_spec)
    if not name:
        return address
    if not _is_plain(name):
        return f"{_split_into_words(name, used)}\r\n <{address}>"
    quoted = name if ATOMS.issuperset(name) else '"{}"'.format(name.replace("\\", r"\\").replace('"', r"\""))
    return f"{quoted} <{address}>"


def _write_text(text: str, used: int) -> str:
    """Write a text as a header holds it, ASCII. ``used``: characters of the line before it."""
    return text if _is_plain(text) else _split_into_words(text, used)


def _is_plain(text: str) -> bool:
    """Whether a text needs no encoding: readers take it as it is."""
    printable = text.isascii() and text.isprintable() and text == text.strip()
    return printable and "=?" not in text and len(text) <= MOST_PLAIN


def _split_into_words(text: str, used: int) -> str:
    """Write a text as encoded words, one a line, none of which cuts a character. ``used``: characters before the first."""
    words, piece = [], b""
    for character in text:
        more = character.encode()
        if used + len(_encode_word(piece + more)) > MOST_LINE:
            words.append(_encode_word(piece))
            piece, used = b"", 1
        piece += more
    return "\r\n ".join([*words, _encode_word(piece)])


def _encode_word(piece: bytes) -> str:
    """Encode bytes as one encoded word (RFC 2047)."""
    return f"=?utf-8?b?{b64encode(piece).decode()}?="
