"""Two readers of mails that are neither ours nor Python's: mailparse, in Rust, and GMime, in C, of Evolution and notmuch."""

import ctypes
import ctypes.util
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import fast_mail_parser

GMIME = "libgmime-3.0.so.0"
ADDRESSES = {"From": 1, "Reply-To": 2, "To": 3}
"""Headers of addresses, by GMime's number of their kind."""


@dataclass
class Part:
    """One leaf of the tree, in order."""

    content_type: str
    content: bytes
    file_name: str = ""


@dataclass
class Read:
    """What a reader made of a mail."""

    subject: str
    addresses: dict[str, list[tuple[str, str]]]
    """Display name and address of each mailbox, by header."""
    parts: list[Part] = field(default_factory=list)

    def text(self, content_type: str) -> str:
        """The first part of this type, with line feeds."""
        first = next(part for part in self.parts if part.content_type == content_type)
        return first.content.decode().replace("\r\n", "\n")


def mailparse(raw: bytes) -> Read:
    """Read by mailparse (PyPI's fast-mail-parser)."""
    mail, tree = fast_mail_parser.parse_email(raw), fast_mail_parser.parse_email_tree(raw)
    assert not mail.warnings, [str(warning) for warning in mail.warnings]
    people = {"From": [mail.from_] if mail.from_ else [], "Reply-To": mail.reply_to, "To": mail.to}
    read = Read(
        mail.subject,
        {
            name: [(mailbox.display_name or "", mailbox.address) for mailbox in mailboxes]
            for name, mailboxes in people.items()
        },
    )
    read.parts = [
        Part(part.content_type, bytes(part.content or b""), part.filename)
        for part in fast_mail_parser.walk(tree)
        if not part.children
    ]
    return read


def gmime(raw: bytes) -> Read:
    """Read by GMime (Debian’s gir1.2-gmime-3.0 brings it)."""
    call = _gmime()
    stream = call("g_mime_stream_mem_new_with_buffer", ctypes.c_char_p(raw), ctypes.c_size_t(len(raw)))
    parser = call("g_mime_parser_new_with_stream", stream)
    message = call("g_mime_parser_construct_message", parser, None)
    assert message, "GMime reads no message"
    read = Read(
        _text(call("g_mime_message_get_subject", message)),
        {name: _mailboxes(call, message, kind) for name, kind in ADDRESSES.items()},
    )
    walk = call("g_mime_part_iter_new", message)
    while True:
        part = call("g_mime_part_iter_get_current", walk)
        kind = call("g_mime_object_get_content_type", part)
        full = _text(call("g_mime_content_type_get_mime_type", kind))
        if not full.startswith("multipart/"):
            read.parts.append(Part(full, _content(call, part), _text(call("g_mime_part_get_filename", part))))
        if not call("g_mime_part_iter_next", walk):
            break
    for pointer in (parser, stream, message):
        call("g_object_unref", pointer)
    call("g_mime_part_iter_free", walk)
    return read


READERS = {"mailparse": mailparse, "gmime": gmime}


@cache
def _gmime() -> Callable[..., Any]:
    """Return a function that calls GMime by the name of its C function; integers go as pointers."""
    try:
        library = ctypes.CDLL(GMIME)
    except OSError as error:
        raise AssertionError("GMime is missing: apt-get install gir1.2-gmime-3.0") from error
    counts = {"g_mime_part_iter_next", "internet_address_list_length"}

    def call(name: str, *arguments: Any) -> Any:
        function = getattr(library, name)
        function.restype = ctypes.c_int if name in counts else ctypes.c_void_p
        given = [
            ctypes.c_void_p(argument) if isinstance(argument, int) else argument for argument in arguments
        ]
        return function(*given)

    call("g_mime_init")
    return call


def _text(address: int | None) -> str:
    """Return the C string at this address; empty for none."""
    return ctypes.string_at(address).decode() if address else ""


def _mailboxes(call: Callable[..., Any], message: int, kind: int) -> list[tuple[str, str]]:
    """Return name and address of each mailbox in one address header of a message."""
    people = call("g_mime_message_get_addresses", message, ctypes.c_int(kind))
    return [
        (
            _text(call("internet_address_get_name", value)),
            _text(call("internet_address_mailbox_get_idn_addr", value)),
        )
        for value in (
            call("internet_address_list_get_address", people, ctypes.c_int(place))
            for place in range(call("internet_address_list_length", people))
        )
    ]


def _content(call: Callable[..., Any], part: int) -> bytes:
    """Return the decoded bytes of a part."""
    wrapped = call("g_mime_part_get_content", part)
    into = call("g_mime_stream_mem_new")
    call("g_mime_data_wrapper_write_to_stream", wrapped, into)
    bytes_of = call("g_mime_stream_mem_get_byte_array", into)
    data = ctypes.cast(bytes_of, ctypes.POINTER(_ByteArray)).contents
    content = ctypes.string_at(data.data, data.size) if data.size else b""
    call("g_object_unref", into)
    return content


class _ByteArray(ctypes.Structure):
    """GLib's ``GByteArray``."""

    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_uint))
