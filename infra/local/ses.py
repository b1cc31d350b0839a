"""What SES refuses of a mail and the emulator takes. Source: SES developer guide, « Quotas », « Header fields », « RawMessage ».

An 8-bit part is refused here though SES takes it: it rewrites such a part after signing it, and DKIM fails at the recipient's.
"""

import base64
import email
from collections import Counter
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any

MOST_BYTES = 40 * 1024 * 1024
MOST_RECIPIENTS = 50
MOST_LINE = 998
ONCE = frozenset(
    {
        "auto-submitted", "content-transfer-encoding", "content-type", "date", "from", "in-reply-to", "message-id",
        "mime-version", "references", "reply-to", "return-path", "sender", "subject",
    }
)  # fmt: skip
"""Of the headers that may stand once, those that a mail of ours could ever have."""
PARAMETERS = ("FromEmailAddress", "FeedbackForwardingEmailAddress")
LISTS = ("ToAddresses", "CcAddresses", "BccAddresses")


@dataclass(frozen=True)
class Refusal:
    """An answer 400: its code, which callers know, and its sentence."""

    code: str
    message: str


def recipients(asked: dict[str, Any]) -> list[str]:
    """The addresses that the request sends to, whatever the message's headers say."""
    destination = asked.get("Destination", {})
    return [address for name in LISTS for address in destination.get(name, [])]


def refusal(asked: dict[str, Any]) -> Refusal | None:
    """Why SES would not take this ``SendEmail`` request with a raw message; None when it would. The sender's identity is not
    looked at: the emulator does."""
    raw = base64.b64decode(asked["Content"]["Raw"]["Data"])
    to = recipients(asked)
    given = [*(str(asked.get(name, "")) for name in PARAMETERS), *asked.get("ReplyToAddresses", []), *to]
    if not all(one.isascii() for one in given):
        return _bad("Domain contains illegal character")
    if not to:
        return _bad("No recipients were specified")
    if len(to) > MOST_RECIPIENTS:
        return _bad(f"Recipient count exceeds {MOST_RECIPIENTS}.")
    if len(raw) > MOST_BYTES:
        return _bad(f"Message length is more than {MOST_BYTES} bytes long: '{len(raw)}'.")
    return of_message(raw)


def of_message(raw: bytes) -> Refusal | None:
    """Why SES would not take this message, whatever is asked beside it."""
    head, _, _ = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not head.isascii():
        return _bad("Header contains a character that is not ASCII")
    if any(len(line.rstrip(b"\r")) > MOST_LINE for line in raw.split(b"\n")):
        return _bad(f"A line is longer than {MOST_LINE} characters")
    message = email.message_from_bytes(raw)
    times = Counter(name.lower() for name in message.keys())  # noqa: SIM118 - a header that stands twice counts twice
    twice = sorted(name for name in ONCE if times[name] > 1)
    if twice:
        return _bad(f"Duplicate header '{twice[0]}'.")
    if not any(address for _, address in getaddresses(message.get_all("From", []))):
        return _bad("Missing final '@domain'")
    if not raw.isascii() or any(_is_wide(part) for part in message.walk()):
        return _bad("A part is not encoded in 7 bits")
    return None


def _is_wide(part: Any) -> bool:
    return str(part.get("Content-Transfer-Encoding", "7bit")).lower() in {"8bit", "binary"}


def _bad(message: str) -> Refusal:
    return Refusal("BadRequestException", message)
