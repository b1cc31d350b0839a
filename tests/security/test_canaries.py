"""Promise 4 and 1: what is secret or personal stands only where it must, on the whole way of a document.

A journey is made in the deployed cloud over HTTP, with marked contents, blunders included. Then every place that lasts is
searched for every mark, in any spelling: bucket, tables, logs, mails, dead letters, headers of answers.
"""

import base64
import json
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import urllib3

from chalicelib import seal
from chalicelib.stores import items
from chalicelib.stores.audit_table import AUDIT
from infra.local import LocalCloud, Mail, reports
from infra.local.demo import one_page
from infra.local.reports import Posted
from tests.security import canaries
from tests.security import deployed as deployed_relay
from tests.security.canaries import Canary
from tests.security.visitor import Visitor, post_form
from tests.support import factories, relays
from tests.support.factories import Sealed
from tests.support.relays import CODE
from tests.support.worlds import World

pytestmark = pytest.mark.cloud

MUST_STAND: dict[str, frozenset[str]] = {
    "text of the document": frozenset(),
    "text of the document, as it is drawn": frozenset(),
    "name of the file": frozenset(),
    "key of the document": frozenset(),
    "token of the link": frozenset({"mail: link"}),
    "nonce of the browser": frozenset(),
    "cookie of the session": frozenset(),
    "cookie of the challenge": frozenset(),
    "code of the sign-in": frozenset({"mail: code"}),
    "code of the sign-in, as it is compared": frozenset(),
    "cookie of the known browser": frozenset(),
    "address typed wrong": frozenset(),
    "address that a report names": frozenset(),
    # The other mails: the tutor's, that the documents were confirmed; her answer goes to the recipient.
    "address of the recipient": frozenset({"table: Relay", "mail: link", "mail: notice", "other mails"}),
    # In the relay: the challenge of her code, which answers its repeat for ten minutes.
    "address of the tutor": frozenset(
        {"table: Parcours", "table: Relay", "mail: link", "mail: code", "mail: notice", "other mails"}
    ),
}
"""Each mark, to every place where it stands. Anywhere else it is a leak; where it is missing, the search is blind."""


@dataclass(frozen=True)
class Journey:
    """The secrets that were marked, and the places where they could have stayed."""

    marks: dict[str, Canary]
    places: dict[str, bytes]


@pytest.fixture
def journey(cloud: LocalCloud, deployed: World) -> Journey:
    """Sign in, send, blunder, answer wrongly, open, read and confirm; every lasting place is looked at before and after the
    purge.
    """
    relay, mark = relays.started(deployed), secrets.token_hex(4)
    text, file_name = f"Zoé CANARI {mark}", f"cv-de-zoé-{mark}.pdf"
    wrong, recipient = f"zoe.{mark}@ailleurs.example", deployed_relay.fresh_address()
    agent, reader = Visitor(cloud.base_url), Visitor(cloud.base_url)

    challenge, code_mail, code = _signs_in(agent, cloud, relay.tutor.address)
    document = factories.sealed(one_page(["Curriculum vitae", text]))
    form = _announces(agent, relay.parcours_id, document, recipient)
    assert post_form(form, document.blob, filename=file_name) == 204
    link_mail = deployed_relay.mail_to(cloud, recipient)
    token = deployed_relay.token_of(link_mail)
    notice = deployed_relay.mail_to(cloud, relay.tutor.address, after=link_mail.number)
    named = f"zoe.rapport.{mark}@ailleurs.example"
    _is_reported(cloud, link_mail, named)
    _blunders(agent, reader, token, wrong, file_name)
    before = _lasting_places(cloud, deployed)
    _reads(reader, token, recipient, document.plain)
    cloud.purge()

    marks = {
        "text of the document": Canary.of(text),
        "text of the document, as it is drawn": Canary.of(text.encode("cp1252").hex().upper()),
        "name of the file": Canary.of(file_name),
        "key of the document": Canary(document.key),
        "token of the link": Canary.of(token),
        "nonce of the browser": Canary.of(reader.cookies["__Host-lien"]),
        "cookie of the session": Canary.of(agent.cookies["__Host-session"]),
        "cookie of the challenge": Canary.of(challenge),
        "code of the sign-in": Canary.of(code, alone=True),
        "code of the sign-in, as it is compared": Canary.of(code.replace(" ", ""), alone=True),
        "cookie of the known browser": Canary.of(agent.cookies["__Host-navigateur"]),
        "address typed wrong": Canary.of(wrong),
        "address that a report names": Canary.of(named),
        "address of the recipient": Canary.of(recipient),
        "address of the tutor": Canary.of(relay.tutor.address),
    }
    after = _lasting_places(cloud, deployed)
    mails = {"mail: link": link_mail, "mail: code": code_mail, "mail: notice": notice}
    return Journey(
        marks,
        {place: before[place] + b"\n" + after[place] for place in after}
        | {place: canaries.mail(mail) for place, mail in mails.items()}
        | {
            "other mails": b"\n".join(
                canaries.mail(mail) for mail in cloud.mails() if mail not in mails.values()
            )
        }
        | {"headers of answers": b"\n".join(_headers(visitor) for visitor in (agent, reader))},
    )


def _signs_in(agent: Visitor, cloud: LocalCloud, address: str) -> tuple[str, Mail, str]:
    """Sign in; return the challenge's cookie, the mail and its code."""
    assert agent.submits("/connexion", adresse=address).status == 303
    challenge = agent.cookies["__Host-connexion"]
    mail = deployed_relay.mail_to(cloud, address)
    code = CODE.search(mail.body("plain"))
    assert code and agent.submits("/connexion/code", code=code[1]).header("location") == "/parcours"
    return challenge, mail, code[1]


def _announces(agent: Visitor, parcours: str, document: Sealed, recipient: str) -> dict[str, Any]:
    """Announce a document, and confirm its address if it is doubted; return the upload form."""
    body = document.as_json(recipient)
    announced = agent.posts(f"/parcours/{parcours}/depots", body)
    if announced.code == "recipient_doubtful":
        confirmed = body | {"confirme": True, "vus": announced.json()["vus"]}
        announced = agent.posts(f"/parcours/{parcours}/depots", confirmed)
    assert announced.status == 201
    form: dict[str, Any] = announced.json()["documents"][0]["form"]
    return form


def _is_reported(cloud: LocalCloud, mail: Mail, named: str) -> None:
    """Let the mail service report on a mail, name somebody, and send something that nobody asked for."""
    known = cloud.environment
    posted = Posted(known["ACCOUNT"], known["MAIL_CONFIGURATION_SET"], mail.tag, named, named)
    opened = posted.event("Email Opened", "open", {"userAgent": named})
    for event in (reports.delivered(posted), opened, reports.bounced(posted) | {"account": "1" * 12}):
        cloud.invoke("Feedback", event)
    outcomes = [json.loads(line)["outcome"] for line in cloud.logs().splitlines() if '"feedback"' in line]
    assert outcomes[-3:] == ["delivered", "set_aside", "forged"], "it was heard, so it could have been kept"


def _blunders(agent: Visitor, reader: Visitor, token: str, wrong: str, file_name: str) -> None:
    """Make the mistakes by which people and gateways put secrets where they do not belong."""
    for path in (f"/retrait/{token}", f"/retrait/%23{token}", f"/retrait?lien={token}", f"/parcours/{token}"):
        reader.gets(path)
    for path in ("/retrait/apercu", "/retrait/preuve", "/retrait/ouverture", "/retrait/reception"):
        reader.posts(path, {"token": token, "adresse": wrong, "lisible": wrong, "nom": file_name})
        reader.asks("POST", path, f"{{{token} {wrong}".encode(), {"Content-Type": "application/json"})
        reader.asks("POST", f"{path}?{token}", token.encode(), {"Content-Type": token, "Origin": wrong})
    assert reader.posts("/retrait/preuve", {"token": token, "adresse": wrong}).code == "proof_wrong"
    assert agent.gets(f"/parcours/{quote(file_name)}").status == 404
    assert agent.posts("/parcours/0/depots", {"deposit": file_name, "nom": wrong}).status == 404


def _reads(reader: Visitor, token: str, recipient: str, plain: bytes) -> None:
    """Answer the question, open, read the document and confirm."""
    assert reader.posts("/retrait/preuve", {"token": token, "adresse": recipient}).status == 204
    document = reader.posts("/retrait/ouverture", {"token": token}).json()["documents"][0]
    blob = urllib3.request("GET", document["url"], retries=False).data
    assert seal.open_sealed(blob, key=base64.b64decode(document["key"]), aad=document["aad"]) == plain
    assert reader.posts("/retrait/reception", {"token": token, "lisible": True}).status == 204


def _lasting_places(cloud: LocalCloud, world: World) -> dict[str, bytes]:
    """Return what each place that lasts holds: bucket, tables, logs, dead letters."""
    return {
        "bucket": canaries.storage(cloud),
        "table: Parcours": canaries.table(world, items.PARCOURS),
        "table: Relay": canaries.table(world, items.RELAY),
        "table: Audit": canaries.table(world, AUDIT),
        "logs": cloud.logs().encode(),
        "dead letters": canaries.dead_letters(cloud),
    }


def _headers(visitor: Visitor) -> bytes:
    """Return every header of an answer but the cookies that are set on purpose."""
    pairs = [pair for answer in visitor.seen for pair in answer.headers]
    return "\n".join(f"{name}: {value}" for name, value in pairs if name.lower() != "set-cookie").encode()


def test_each_mark_stands_where_it_must_and_nowhere_else(journey: Journey) -> None:
    assert all(journey.places[place] for place in journey.places if place != "dead letters")
    headers = {
        name: frozenset(place for place, content in journey.places.items() if mark.is_in(content))
        for name, mark in journey.marks.items()
    }
    assert headers == MUST_STAND


SECRET = "Zoé d’Été 4f"
SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "in capitals": lambda text: text.upper().encode(),
    "in small letters": lambda text: text.lower().encode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "in an address": lambda text: quote(text).encode(),
    "in a form": lambda text: quote_plus(text).lower().encode(),
    "in JSON": lambda text: json.dumps(text).encode(),
    "in Windows-1252": lambda text: text.encode("cp1252"),
    "in hexadecimal": lambda text: text.encode().hex().encode(),
    "in base64": lambda text: base64.b64encode(text.encode()),
    "in base64, after one byte": lambda text: base64.b64encode(b"x" + text.encode() + b"y"),
    "in base64, after two bytes": lambda text: base64.urlsafe_b64encode(b"xx" + text.encode() + b"yy"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_mark_is_found_however_it_is_spelt(spelling: str) -> None:
    mark = Canary.of(SECRET)
    assert mark.is_in(b"before " + SPELLINGS[spelling](SECRET) + b" after")
    assert not mark.is_in(b"before " + SPELLINGS[spelling]("Zoé d’Eté 4f") + b" after")


def test_a_short_mark_is_found_as_a_word_only() -> None:
    code = Canary.of("123456", alone=True)
    assert code.is_in(b'{"code": "123456"}') and code.is_in(base64.b64encode(b"123456"))
    assert not code.is_in(b"0123456789abcdef")


def test_dead_letters_are_read(cloud: LocalCloud) -> None:
    """A mark in the queue of dead letters is found; the queue is empty when all goes well, so that the search of it would prove
    nothing.
    """
    sqs, queue = cloud.client("sqs"), cloud.outputs["DeadLettersUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody=SECRET)
    try:
        assert Canary.of(SECRET).is_in(canaries.dead_letters(cloud))
    finally:
        sqs.purge_queue(QueueUrl=queue)
