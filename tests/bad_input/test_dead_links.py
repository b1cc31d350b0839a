"""B25, B26, B35, B37, B40: links that were right once, and what becomes of a claim that comes too late or in an outage."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from chalicelib import clock, french
from chalicelib.domain.kernel.link import Link
from chalicelib.stores import aws, keys, objects
from chalicelib.stores import relay_table as stored
from tests.bad_input.cases import Scene, assert_discreet, assert_refusal, held
from tests.conftest import Clock
from tests.support import woken
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client
from tests.support.relays import Browser, Relay
from tests.support.writing import change_record

A_WHILE_AGO = timedelta(minutes=16)
WHAT_TO_DO = "Répondez au message reçu"


@dataclass
class Sent:
    """One link on its way, and a browser that answered its question."""

    relay: Relay
    token: str
    client: Client

    @property
    def link(self) -> Link:
        """The link as it is stored now."""
        current = stored.read_link(self.relay.head().live_link or "")
        assert current is not None
        return current

    def opens(self) -> Answer:
        """Open the link in this browser."""
        return self.client.post_json("/retrait/ouverture", {"token": self.token})

    def looks(self) -> Answer:
        """Ask for the glimpse in this browser."""
        return self.client.post_json("/retrait/apercu", {"token": self.token})


def answer_question_over_http(token: str) -> Client:
    """Return a browser that has answered the question of a link over HTTP."""
    client = Client()
    client.get("/retrait")
    answer = client.post_json("/retrait/preuve", {"token": token, "adresse": COMPANY_ADDRESS.upper()})
    assert answer.status == 204
    return client


@pytest.fixture
def sent(afresh: Scene) -> Sent:
    """The scene's sent link, with a browser that answered its question."""
    return Sent(afresh.sent, afresh.token, answer_question_over_http(afresh.token))


def spent(sent: Sent) -> datetime:
    """Open the link in another browser; return when."""
    other = Browser()
    other.proves(sent.token)
    other.opens(sent.token)
    opened_at = sent.link.opened_at
    assert opened_at
    return opened_at


def expired(sent: Sent) -> datetime:
    """Let the documents have expired; return since when."""
    at = clock.utc_now() - A_WHILE_AGO
    deposit = sent.relay.deposit()
    change_record(deposit, replace(deposit, erase_at=at))
    return at


def revoked(sent: Sent) -> datetime:
    """Let the link be withdrawn; return since when."""
    at = clock.utc_now() - A_WHILE_AGO
    change_record(sent.link, replace(sent.link, revoked_at=at))
    return at


def closed(sent: Sent) -> datetime:
    """Let the link be closed after too many wrong answers; return since when."""
    at = clock.utc_now() - A_WHILE_AGO
    change_record(sent.link, replace(sent.link, closed_at=at))
    return at


def erased(sent: Sent) -> datetime:
    """Open, and confirm that the documents could be read, so that they are erased; return since when."""
    assert sent.opens().status == 200
    said = sent.client.post_json("/retrait/reception", {"token": sent.token, "lisible": True})
    assert said.status == 204
    confirmed_at = sent.relay.deposit().confirmed_at
    assert confirmed_at
    return confirmed_at


ENDS: dict[str, tuple[Callable[[Sent], datetime], str, str, str]] = {
    "spent": (spent, "deja_ouvert", "link_spent", "Ce lien a déjà servi"),
    "expired": (expired, "expire", "link_expired", "Ce lien a expiré"),
    "revoked": (revoked, "revoque", "link_revoked", "Ce lien a été retiré"),
    "closed": (closed, "ferme", "link_closed", "Ce lien a été fermé"),
    "erased": (
        erased,
        "efface",
        "link_erased",
        "les documents sont effacés, ou le seront dans 15 minutes au plus",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_link_that_was_right_once_says_which_way_it_ended_and_since_when(
    scene: Scene, sent: Sent, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B25: glimpse and opening name the way a dead link ended and since when; asking changes nothing and logs nothing of the
    token.
    """
    finish, etat, code, says = ENDS[end]
    since = finish(sent)
    before = held(scene.world)
    capsys.readouterr()

    seen, answer = sent.looks(), sent.opens()

    assert (seen.status, seen.json["etat"], seen.json["depuis"]) == (200, etat, clock.iso(since))
    assert_refusal(answer, 410, code, says)
    assert french.jour(since) in answer.json["message"]
    assert WHAT_TO_DO in answer.json["message"]
    assert_discreet(answer, capsys.readouterr().out)
    assert held(scene.world) == before


def test_a_token_of_an_older_sending_says_that_it_was_replaced(sent: Sent) -> None:
    """B25: the token of a link that was sent anew keeps its pointer, so that it is answered as replaced and not as unknown."""
    change_record(sent.link, replace(sent.link, version=2))

    assert sent.looks().json["etat"] == "revoque"
    assert_refusal(sent.opens(), 410, "link_replaced", "un autre est parti à la même adresse")


def test_the_winner_may_ask_again_until_she_says_that_she_could_read(sent: Sent) -> None:
    """B26: the browser that opened gets the same documents again; B11: a download is named after the reference."""
    first, second = sent.opens(), sent.opens()

    assert (first.status, second.status) == (200, 200)
    kept = [
        [
            (document["kind"], document["key"], document["aad"], document["nom"])
            for document in each.json["documents"]
        ]
        for each in (first, second)
    ]
    assert kept[0] == kept[1]
    assert first.json["documents"][0]["nom"] == f"CV-{sent.relay.head().reference}.pdf"

    read = sent.client.post_json("/retrait/reception", {"token": sent.token, "lisible": True})
    assert read.status == 204
    told = sent.relay.event_kinds()
    assert_refusal(sent.opens(), 410, "link_erased", "effacés")
    assert sent.relay.event_kinds() == told


def test_twelve_browsers_one_winner(sent: Sent) -> None:
    """B35: of twelve browsers that proved themselves and open one after another, the first alone opens; at once:
    ``tests/races``.
    """
    clients = [answer_question_over_http(sent.token) for _ in range(12)]

    answers = [client.post_json("/retrait/ouverture", {"token": sent.token}) for client in clients]

    assert [answer.status for answer in answers] == [200] + [410] * 11
    assert {answer.json["code"] for answer in answers[1:]} == {"link_spent"}


def test_a_claim_during_the_purge_gets_nothing_and_leaves_no_trace(scene: Scene, sent: Sent) -> None:
    """B37: from the purge's mark on, which is written before the objects are deleted, opening is refused and writes nothing."""
    deposit = sent.relay.deposit()
    change_record(deposit, replace(deposit, erasing_at=clock.utc_now()))
    before = held(scene.world)

    assert_refusal(sent.opens(), 410, "link_expired", "Ce lien a expiré")

    assert held(scene.world) == before


def test_a_claim_from_a_clock_30_seconds_late_gets_nothing_after_the_purge(
    scene: Scene, sent: Sent, time: Clock
) -> None:
    """B37: a function whose clock is behind does not open what the purge has marked as erased."""
    deposit = sent.relay.deposit()
    change_record(deposit, replace(deposit, erase_at=time.now))
    sent.relay.purges()
    before = held(scene.world)
    time.passes(seconds=-30)

    assert_refusal(sent.opens(), 410, "link_expired", "Ce lien a expiré")

    assert held(scene.world) == before


def stored_object(sent: Sent) -> tuple[str, bytes, dict[str, str]]:
    """Return the key, the bytes and the metadata of the object of the sent document."""
    key = objects.object_key(sent.relay.sent[-1].deposit, sent.relay.sent[-1].kind)
    stored = aws.s3().get_object(Bucket=sent.relay.world.environment["DOCUMENT_BUCKET"], Key=key)
    return key, stored["Body"].read(), stored["Metadata"]


def lay(sent: Sent, key: str, blob: bytes, metadata: dict[str, str]) -> None:
    """Put an object into the bucket without the upload form."""
    bucket = sent.relay.world.environment["DOCUMENT_BUCKET"]
    aws.s3().put_object(Bucket=bucket, Key=key, Body=blob, Metadata=metadata)


@pytest.mark.parametrize(
    "harm", ["missing", "longer", "wrapped for another", "no wrapped key", "half a wrapped key"]
)
def test_an_object_that_is_not_whole_costs_nobody_her_turn(
    scene: Scene, sent: Sent, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B40: a missing or damaged object is answered with 503 and raises an alarm; the link still opens once the object is
    restored.
    """
    key, blob, metadata = stored_object(sent)
    other = keys.wrap(b"k" * 32, keys.KeyContext(sent.relay.sent[-1].deposit, "cv", "somebody else"))
    harmed = {
        "missing": None,
        "longer": (blob + b"x", metadata),
        "wrapped for another": (blob, {"key": other}),
        "no wrapped key": (blob, {}),
        "half a wrapped key": (blob, {"key": metadata["key"][:40]}),
    }[harm]
    objects.erase([key])
    if harmed is not None:
        lay(sent, key, *harmed)
    before = held(scene.world)
    capsys.readouterr()

    answer = sent.opens()

    logged = capsys.readouterr().out
    assert_refusal(answer, 503, "try_again", "Le service ne répond pas pour l’instant")
    assert int(answer.headers["retry-after"]) > 0
    assert ("document_missing" if harm == "missing" else "document_tampered") in logged
    assert woken.woken_by(logged, "UnsealLogs") == {"DamagedDocuments"}
    assert_discreet(answer, logged)
    assert held(scene.world) == before

    lay(sent, key, blob, metadata)
    assert sent.opens().status == 200
