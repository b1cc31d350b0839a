"""What is true of every mail, whichever story sent it: asked of each kind (``test_every_mail``) and of simulated days."""

import re
from collections.abc import Iterable
from email.message import EmailMessage, Message
from email.utils import getaddresses
from html import unescape

from chalicelib.domain.kernel.values import Role
from chalicelib.stores import items
from chalicelib.stories.mails.subject import TO_DECLINE
from infra.local import mailbox
from tests.support import calendar_readers, mail_readers
from tests.support.moto_worlds import raws
from tests.support.worlds import World, parsed

LINK = re.compile(r"https?://[^\s<>\"]+")
LOADED = re.compile(
    r"<(img|link|script|style|iframe|form|object|video|audio)\b|url\(|background=", re.IGNORECASE
)
RETRIEVAL = "/retrait/#"
HREF = re.compile(r'<a href="([^"]*)"')
REFERENCE = re.compile(r"CSF-[0-9A-Z]{4}-[0-9A-Z]{2}")
SAID = re.compile("je le reçois directement|Répondre à ce message, c’est écrire à")


def team_addresses(world: World) -> set[str]:
    """Return the addresses of every team account of this world, open or closed."""
    accounts = (item for item in world.table(items.PARCOURS) if str(item["pk"]).startswith("account#"))
    return {str(account["address"]) for account in accounts if Role.TEAM.value in account["roles"]}


ADDRESS_HEADERS = (
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Return-Path",
    "Disposition-Notification-To",
)


def list_addresses(mail: EmailMessage, *headers: str) -> list[str]:
    """Return the addresses that stand in these headers."""
    values = [str(value) for header in headers for value in mail.get_all(header, [])]
    return [address for _, address in getaddresses(values)]


def list_broken_rules(mail: EmailMessage, team: Iterable[str]) -> list[str]:
    """Return the rules of every mail that this one breaks: none, if it is honest."""
    rules = _rules_of_content(mail) | _rules_of_people(mail, {address.casefold() for address in team})
    return [rule for rule, holds in rules.items() if not holds]


def _rules_of_content(mail: EmailMessage) -> dict[str, bool]:
    """Return whether this mail keeps each rule on what is written in it."""
    text, html, subject = read_body(mail, "plain"), read_body(mail, "html"), str(mail["Subject"])
    links = _pages(LINK.findall(text))
    invites = any(part.get_param("method") == "REQUEST" for part in mail.walk())
    said = "Répondre dans l’agenda ne prévient personne."
    is_about_rights = "données" in subject.casefold()
    references = set() if is_about_rights else set(REFERENCE.findall(text))
    most = max(1, text.count("Il est valable jusqu’au"))  # of a reminder of several links, one for each
    return {
        "it has both a text and an HTML body": bool(text.strip()) and bool(html.strip()),
        "its text leads to one page at most, or one for each line": len(links) <= most,
        "its HTML leads where its text does": _pages(map(unescape, HREF.findall(html))) <= links,
        "it loads nothing": not LOADED.search(html),
        "its subject is one line": "\n" not in subject,
        "it asks for no answer by a machine": str(mail["Auto-Submitted"]) == "auto-generated",
        "a mail about one passage is in its conversation": len(references) != 1 or bool(mail["References"]),
        "an invitation says that no answer in a calendar arrives": not invites
        or (said in text and said in html),
        "none of its words is a missing value": "None" not in text + subject,
    }


def _pages(links: Iterable[str]) -> set[str]:
    """Return where these links lead: a recipient's page is the same one with the intent to decline."""
    return {link.removesuffix(TO_DECLINE) for link in links}


def _rules_of_people(mail: EmailMessage, team: set[str]) -> dict[str, bool]:
    """Return whether this mail keeps each rule on who gets it and who gets the answers."""
    text = read_body(mail, "plain")
    holds_link = RETRIEVAL in text or RETRIEVAL in read_body(mail, "html")
    headers = " ".join(f"{name}: {value}" for name, value in mail.items()).casefold()
    named = {address.casefold() for address in list_addresses(mail, *ADDRESS_HEADERS)}
    answers = [address for _, address in getaddresses([str(mail["Reply-To"] or "")])]
    service = set(list_addresses(mail, "From"))
    return {
        "one person gets it": len(getaddresses([str(mail["To"])])) == 1,
        "nobody gets a copy of it": not mail["Cc"] and not mail["Bcc"],
        "with a link, the team is in no header": not holds_link
        or not any(address in headers for address in team),
        "with a link, it is not for the team": not holds_link or not named & team,
        "answers go to one person, who is not the service": len(answers) == 1 and not service & {*answers},
        "whoever is said to get the answers gets them": not SAID.search(text) or answers[0] in text,
    }


def assert_all_keep_rules(world: World) -> None:
    """Check every mail that was sent in this world on moto: rules, invitation, what other readers find in it."""
    mails = world.mails()
    assert mails
    assert_honest(mails, team_addresses(world))
    for mail in mails:
        calendar_readers.invitation_in(mail)
    assert_readable(raws())


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
        readings = [read(raw) for read in mail_readers.READERS.values()]
        for reading in readings:
            _assert_read_alike(reading, parsed(raw))
        # Python puts spaces into long names that it reads: only the others' names are compared.
        assert readings[0].addresses == readings[1].addresses


def _assert_read_alike(reading: mail_readers.Read, mail: EmailMessage) -> None:
    """Check that another reader found the same texts, addresses and files as Python."""
    texts = str(mail["Subject"]), read_body(mail, "plain"), read_body(mail, "html")
    assert (reading.subject, reading.text("text/plain"), reading.text("text/html")) == texts
    for name in mail_readers.ADDRESSES:
        expected = [address.addr_spec for address in mail[name].addresses] if name in mail else []
        assert [address for _, address in reading.addresses[name]] == expected
    _assert_parts_alike(reading.parts, [part for part in mail.walk() if not part.is_multipart()])


def _assert_parts_alike(parts: list[mail_readers.Part], leaves: list[Message]) -> None:
    """Check that another reader found the same parts, and the same bytes in each file."""
    assert len(parts) == len(leaves)
    for part, leaf in zip(parts, leaves, strict=True):
        assert (part.content_type, part.file_name) == (leaf.get_content_type(), leaf.get_filename() or "")
        assert not part.file_name or part.content == leaf.get_payload(decode=True)


def read_body(mail: EmailMessage, kind: str) -> str:
    """Return the mail's ``plain`` or ``html`` text; empty when it has none."""
    part = mail.get_body((kind,))
    return str(part.get_content()) if part else ""


def one_line(mail: EmailMessage) -> str:
    """Return the text part of a mail on one line, with plain spaces."""
    return " ".join(read_body(mail, "plain").split())
