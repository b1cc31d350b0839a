"""Asking for a code and entering it, broken at each of their calls: at worst she asks once more."""

from typing import Any

from chalicelib import clock
from chalicelib.errors import CodeDead, TryAgain
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.faults.machinery import Broken, Explorer
from tests.faults.wire import Crash
from tests.support.relays import Relay, asks_code, enters_code
from tests.support.worlds import World


def _asks_again(relay: Relay) -> tuple[str, str]:
    challenge = asks_code(relay.tutor.address)
    relay.mailer_runs()
    return challenge, relay.codes()[-1]


def test_who_asks_for_a_code_gets_one_that_opens_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    def flow() -> str:
        return asks_code(relay.tutor.address)

    def check(broken: Broken) -> None:
        assert broken.error is None or isinstance(broken.error, Crash | TryAgain), repr(broken.error)
        if (
            broken.call.operation == "Invoke"
        ):  # the mail is written: a refusal now would make its code useless
            assert not isinstance(broken.error, TryAgain)
        time.passes(minutes=1)
        mailing.send_all(relay.purges().waiting, now=clock.utc_now())  # those whose waking was lost
        challenge, code = (broken.answer, relay.codes()[-1]) if not broken.error else _asks_again(relay)
        assert enters_code(challenge, code)
        assert len(relay.codes()) <= 2
        assert relay.outbox() == []

    Explorer("asking for a code", world, time).explore(flow, check)


def test_a_right_code_signs_in_or_is_asked_for_again_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    """An answer lost after the session was written costs her one code: the session was nobody's, and ends by itself."""
    challenge, code = _asks_again(relay)

    def flow() -> str:
        return enters_code(challenge, code)

    def again(broken: Broken) -> Any:
        assert broken.error is None or isinstance(broken.error, Crash | TryAgain), repr(broken.error)
        try:
            return broken.answer or enters_code(challenge, code)
        except CodeDead:
            assert broken.reached("TransactWriteItems")
            return enters_code(*_asks_again(relay))

    def check(broken: Broken) -> None:
        session = again(broken)
        assert signing_in.authenticate(session, now=clock.utc_now()).account.id == relay.tutor.id
        sessions = [item for item in world.table("RELAY_TABLE") if item["pk"].startswith("session#")]
        assert len(sessions) <= 2
        assert session not in world.everything()

    Explorer("entering a code", world, time).explore(flow, check)


def test_a_session_ends_when_its_person_says_so_whatever_breaks(
    relay: Relay, world: World, time: Clock
) -> None:
    session = enters_code(*_asks_again(relay))

    def check(broken: Broken) -> None:
        assert broken.error is None or isinstance(broken.error, Crash | TryAgain), repr(broken.error)
        if broken.error is not None:
            signing_in.sign_out(session)
        assert world.table("RELAY_TABLE") == [
            item for item in world.table("RELAY_TABLE") if not item["pk"].startswith("session#")
        ]

    Explorer("signing out", world, time).explore(lambda: signing_in.sign_out(session), check)
