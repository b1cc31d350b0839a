"""Subjects and names come back exact in readers that are not ours, and every mail is seven bits wide."""

import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from chalicelib.domain.kernel import address
from chalicelib.mails import letters, plain
from chalicelib.mails.views import Exact
from infra.local.mail_samples import SHORT, every_message
from tests.support import mail_rules
from tests.support.mail_readers import READERS, Read

SENDER = "relais@passe-plat.example"
SUBJECTS = [
    "Un jeune attend votre réponse Rénovation énergétique des bâtiments communaux et scolaires (lot 2)",
    "Un jeune attend votre réponse\u202f! Espaces verts & <voirie>",
    "Votre code",
    "a  b   c",
    "Voirie " * 40 + "fin",
    "É" * 120,
    "=?utf-8?q?Cliquez_sur_http=3A//vol.example?=",
    "Un mot =?utf-8?b?w6k=?= au milieu",
    '"guillemets", (parenthèses), <chevrons> \\ et virgules',
    "l’œuvre 🎓 de 𝒵oé e\u0301",
]
NAMES = [
    "Marie-Laure Estève (académie de Dijon), par Passe-plat",
    "Estève, Marie-Laure, coordinatrice départementale du Val d’Orbe et de la région (académie de Dijon)",
    "Dupont, Jean",
    "Jean Dupont (Bureau 12), par Passe-plat, service des marchés de la métropole et des communes",
    'Jean "Jeannot" Dupont \\ fils',
    "J. O'Brien",
    "=?utf-8?q?Jean?=",
    "Anaïs",
    "Passe-plat",
    "N’Diaye " * 15 + "Zoé",
]


def written(
    monkeypatch: pytest.MonkeyPatch,
    *,
    subject: str = "Objet",
    name: str = "Nom",
    host: str = "passe-plat.example",
) -> EmailMessage:
    """Return a mail of ours with this subject and this sender's name."""
    monkeypatch.setenv("MAIL_FROM", SENDER)
    monkeypatch.setenv("PUBLIC_BASE_URL", f"https://{host}")
    monkeypatch.setattr(letters, "render", lambda part, _: subject if part.endswith("subject.txt") else "é\n")
    return letters.build_message(SHORT, to="n@jardins.example", from_name=Exact(name))


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("subject", SUBJECTS, ids=ascii)
def test_a_subject_comes_back_exact(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[bytes], Read], subject: str
) -> None:
    raw = written(monkeypatch, subject=subject).as_bytes()

    assert read(raw).subject == subject
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("name", sorted(every_message()))
def test_every_mail_reads_as_it_was_written(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MAIL_FROM", SENDER)
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://passe-plat.example")
    view = every_message()[name]
    to, reply_to = "n@jardinière.example", "z@académie.example"

    raw = letters.build_message(view, to=to, reply_to=reply_to, from_name=NAMES[0]).as_bytes()

    mail_rules.assert_readable([raw])
    read = READERS["mailparse"](raw)
    assert read.addresses["To"] == [("", address.encode_domain(to))]
    assert read.addresses["Reply-To"] == [("", address.encode_domain(reply_to))]
    html = letters.render_part(view, "body.html") + "\n"
    assert read.text("text/html") == html
    assert read.text("text/plain") == plain.extract_text(html)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_comes_back_exact_with_its_own_address(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[bytes], Read], name: str
) -> None:
    raw = written(monkeypatch, name=name).as_bytes()

    assert read(raw).addresses["From"] == [(name, SENDER)]
    assert raw.isascii()


@pytest.mark.parametrize("host", ["abcdefghij.execute-api.eu-west-3.amazonaws.com", "a." * 60 + "example"])
def test_a_conversation_is_known_by_its_identifier_whatever_the_host(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """References keep the conversation's identifier to the letter: an encoded or a cut one would match no other."""
    raw = written(monkeypatch, host=host).as_bytes().decode()

    (thread,) = [line for line in raw.split("\r\n") if line.startswith("References:")]

    assert re.fullmatch(rf"References: <[0-9a-f]{{32}}@{re.escape(host)}>", thread)
