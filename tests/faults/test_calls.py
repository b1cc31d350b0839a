"""The AWS calls of one relay, function by function. A new call is a new place to fail: it is written here by whoever adds it.

The fault runs find the calls by themselves; this list makes their number a decision.
"""

from collections.abc import Callable

from chalicelib import clock
from chalicelib.stores import relay as stored
from chalicelib.stories import retention
from chalicelib.stories.documents import inspecting
from chalicelib.stories.mails import mailing
from tests import factories, relays
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.relays import Browser
from tests.worlds import World

SHORT = {
    "GetItem": "get",
    "Query": "query",
    "TransactWriteItems": "commit",
    "UpdateItem": "count",
}

CALLS = {
    "web: announce": "get get get get get count commit get Encrypt",
    "inspect": "get get get commit GetObject Decrypt get get commit get Invoke",
    "mailer": (
        "get get get get get get get GenerateMac get commit SendEmail"
        " get get get get commit get commit get get get get SendEmail commit"
    ),
    "web: look": "get get get get get get",
    "web: prove": "get get get get get get get commit",
    "unseal": "get get get get VerifyMac HeadObject Decrypt get get get get commit",
    "web: answer": "get get get get get get BatchGetItem BatchGetItem commit Invoke",
    "purge": (
        "query get ListObjectsV2 BatchGetItem query get get commit get ListObjectsV2 DeleteObject get get BatchGetItem commit"
        + " query" * 15
    ),
    "purge, nothing to do": "query get ListObjectsV2" + " query" * 16,
}
"""What is asked of AWS, in order; « get » and the like are DynamoDB's."""


def _calls(act: Callable[[], object]) -> str:
    with Tap().open() as tap:
        act()
    return " ".join(SHORT.get(call.operation, call.operation) for call in tap.calls)


def test_the_calls_of_a_relay_are_these_and_no_more(world: World, time: Clock) -> None:
    relay, browser, document = relays.started(world), Browser(), factories.sealed()
    made: dict[str, str] = {}
    made["web: announce"] = _calls(lambda: relay.announces(document))
    key = relay.uploads()
    made["inspect"] = _calls(lambda: inspecting.inspect(key, now=clock.utc_now()))
    (waiting,) = relay.outbox()
    made["mailer"] = _calls(lambda: mailing.send_all([waiting], now=clock.utc_now()))
    (token,) = relay.tokens()
    made["web: look"] = _calls(lambda: browser.looks(token))
    made["web: prove"] = _calls(lambda: browser.proves(token))
    made["unseal"] = _calls(lambda: browser.opens(token))
    made["web: answer"] = _calls(lambda: browser.confirms(token))
    relay.mailer_runs()  # the notice that the answer makes
    time.passes(seconds=1)
    made["purge"] = _calls(lambda: retention.purge(now=clock.utc_now()))
    made["purge, nothing to do"] = _calls(lambda: retention.purge(now=clock.utc_now()))
    assert stored.deposit(document.deposit).erased_at is not None  # type: ignore[union-attr]

    assert made == CALLS
