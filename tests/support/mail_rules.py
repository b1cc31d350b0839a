"""What is true of every mail, whichever story sent it: checked over all that the tests' worlds send (``conftest``)."""

import re
from collections.abc import Iterable
from email.message import EmailMessage
from email.utils import getaddresses

from chalicelib.domain.kernel.values import Role
from chalicelib.stores import items
from infra.local import mailbox
from tests.support import mail_readers
from tests.support.worlds import World, parsed

LINK = re.compile(r"https?://[^\s<>\"]+")
LOADED = re.compile(
    r"<(img|link|script|style|iframe|form|object|video|audio)\b|url\(|background=", re.IGNORECASE
)
RETRIEVAL = "/retrait/#"
REFERENCE = re.compile(r"CSF-[0-9A-Z]{4}-[0-9A-Z]{2}")
SAID = re.compile("je le reçois directement|Répondre à ce message, c’est écrire à")


def team_addresses(world: World) -> set[str]:
    """Of every team account of this world, open or closed."""
    accounts = (item for item in world.table(items.PARCOURS) if str(item["pk"]).startswith("account#"))
    return {str(account["address"]) for account in accounts if Role.TEAM.value in account["roles"]}


def list_broken_rules(mail: EmailMessage, team: Iterable[str]) -> list[str]:
    """The rules that this mail breaks: empty for an honest one."""
    text, html = read_body(mail, "plain"), read_body(mail, "html")
    addressed = {
        address.casefold()
        for name in (
            "From",
            "Sender",
            "Reply-To",
            "To",
            "Cc",
            "Bcc",
            "Return-Path",
            "Disposition-Notification-To",
        )
        for _, address in getaddresses([str(value) for value in mail.get_all(name, [])])
    }
    holds_link = RETRIEVAL in text or RETRIEVAL in html
    headers = " ".join(f"{name}: {value}" for name, value in mail.items()).casefold()
    team = {address.casefold() for address in team}
    answers = [address for _, address in getaddresses([str(mail["Reply-To"] or "")])]
    service = {address for _, address in getaddresses([str(mail["From"])])}
    of_rights = "données" in str(mail["Subject"]).casefold()
    about = set() if of_rights else set(REFERENCE.findall(text))
    links, stopping = {*LINK.findall(text)}, {*LINK.findall(str(mail["List-Unsubscribe"] or ""))}
    rules = {
        "it has both a text and an HTML body": bool(text.strip()) and bool(html.strip()),
        "it has one link at most, beside the one that stops it": len(links - stopping) <= 1
        and html.count("<a ") <= 1 + len(stopping),
        "what stops it is a link of its own, by a button of the mail program too": stopping <= links
        and bool(stopping) is (mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"),
        "it loads nothing": not LOADED.search(html),
        "its subject is one line": "\n" not in str(mail["Subject"]),
        "it asks for no answer by a machine": str(mail["Auto-Submitted"]) == "auto-generated",
        "one person gets it": len(getaddresses([str(mail["To"])])) == 1
        and not mail["Cc"]
        and not mail["Bcc"],
        "with a link, the team is in no header": not holds_link
        or not any(address in headers for address in team),
        "answers go to one person, who is not the service": len(answers) == 1 and not service & {*answers},
        "whoever is said to get the answers gets them": not SAID.search(text) or answers[0] in text,
        "a mail about one passage is in its conversation": len(about) != 1 or bool(mail["References"]),
        "with a link, it is not for the team": not holds_link or not addressed & team,
        "none of its words is a missing value": "None" not in text and "None" not in str(mail["Subject"]),
    }
    return [rule for rule, holds in rules.items() if not holds]


def assert_honest(mails: Iterable[EmailMessage], team: Iterable[str]) -> None:
    """Check that each mail keeps to the rules of every mail.

    Raises:
        AssertionError: with the subject of the first mail that breaks a rule, and which.
    """
    known = set(team)
    for mail in mails:
        broken_rules = list_broken_rules(mail, known)
        assert not broken_rules, f"{mail['Subject']!r}: {', '.join(broken_rules)}"


def assert_readable(raws: Iterable[bytes]) -> None:
    """SES would take each mail, and readers that are not ours find in it what Python does.

    Raises:
        AssertionError: with what SES, which moto is not, or a reader says of the first mail that is none.
    """
    for raw in raws:
        assert mailbox.refusal_of_message(raw) is None, mailbox.refusal_of_message(raw)
        readings = [reader(raw) for reader in mail_readers.READERS.values()]
        mail = parsed(raw)
        subject, text, html = str(mail["Subject"]), read_body(mail, "plain"), read_body(mail, "html")
        addresses = {
            name: [address.addr_spec for address in mail[name].addresses] if name in mail else []
            for name in mail_readers.ADDRESSES
        }
        leaves = [part for part in mail.walk() if not part.is_multipart()]
        parts = [(part.get_content_type(), part.get_filename() or "") for part in leaves]
        files = [part.get_payload(decode=True) for part in leaves if part.get_filename()]
        for read in readings:
            assert (read.subject, read.text("text/plain"), read.text("text/html")) == (subject, text, html)
            assert {
                name: [address for _, address in people] for name, people in read.addresses.items()
            } == addresses
            assert [(part.content_type, part.file_name) for part in read.parts] == parts
            assert [part.content for part in read.parts if part.file_name] == files
        # Python puts spaces into long names that it reads: only the others' names are compared.
        assert readings[0].addresses == readings[1].addresses


def read_body(mail: EmailMessage, kind: str) -> str:
    """Its ``plain`` or ``html`` text; empty when it has none."""
    part = mail.get_body((kind,))
    return str(part.get_content()) if part else ""


def one_line(mail: EmailMessage) -> str:
    """Its text part on one line, with plain spaces."""
    return " ".join(read_body(mail, "plain").split())
