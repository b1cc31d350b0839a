"""How many AWS calls the functions of one relay make at most: each call is paid, waited for, and one more place to fail."""

from collections import Counter
from collections.abc import Callable

from chalicelib import clock
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.stories import meetings as meeting_stories
from chalicelib.stories import outcomes, proof, retention
from chalicelib.stories.documents import inspecting, opening
from chalicelib.stories.mails import mailing
from chalicelib.stories.meetings import CompanyGesture
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories, http, meetings, nights, passings, relays
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

AT_MOST = {
    "web: announce": {"read": 2, "write": 1, "other": 1},
    "inspect": {"read": 1, "write": 1, "other": 3},
    "mailer": {"read": 3, "write": 3, "other": 4},
    "web: look": {"read": 2, "write": 0, "other": 0},
    "web: prove": {"read": 1, "write": 1, "other": 0},
    "web and unseal: open": {"read": 1, "write": 1, "other": 3},
    "web: answer": {"read": 1, "write": 1, "other": 1},
    "purge": {"read": 6, "write": 1, "other": 1},
    "purge, nothing to do in a round": {"read": 4 * len(retention.ROUND), "write": 0, "other": 1},
}
"""Reads and transactions of DynamoDB, and calls of other services and counters, in one process, which looks a token up
once. Opening is one more: web invokes unseal. The mailer's fourth derives the key of address MACs, once in a process."""
KINDS = {"GetItem": "read", "BatchGetItem": "read", "Query": "read", "TransactWriteItems": "write"}


def _calls(act: Callable[[], object]) -> Counter[str]:
    with Tap().open() as tap:
        act()
    return Counter(KINDS.get(call.operation, "other") for call in tap.calls)


def test_a_relay_makes_no_more_calls_than_these(relay: Relay, time: Clock) -> None:
    browser, document = Browser(), factories.sealed()
    made: dict[str, Counter[str]] = {}
    made["web: announce"] = _calls(lambda: relay.announces(document))
    key = relay.uploads()
    made["inspect"] = _calls(lambda: inspecting.inspect(key, now=clock.utc_now()))
    (waiting,) = relay.outbox()
    made["mailer"] = _calls(lambda: mailing.send_all([waiting], now=clock.utc_now()))
    (token,) = relay.tokens()
    made["web: look"] = _calls(lambda: browser.looks(token))
    made["web: prove"] = _calls(lambda: browser.proves(token))
    made["web and unseal: open"] = _calls(lambda: browser.opens(token))
    made["web: answer"] = _calls(lambda: browser.confirms(token))
    relay.mailer_runs()  # the notice that the answer makes
    time.passes(seconds=1)
    made["purge"] = _calls(lambda: retention.purge(now=clock.utc_now(), turn=1))
    round_ = range(len(retention.ROUND))
    made["purge, nothing to do in a round"] = _calls(
        lambda: [retention.purge(now=clock.utc_now(), turn=turn) for turn in round_]
    )
    assert relay.deposit().erased_at is not None

    assert made.keys() == AT_MOST.keys()
    for name, calls in made.items():
        assert calls <= Counter(AT_MOST[name]), name


ON_THE_PAGE = {
    "proposes": {"read": 1, "write": 1, "other": 1},
    "cancels": {"read": 1, "write": 1, "other": 1},
    "declines": {"read": 1, "write": 1, "other": 1},
    "takes it back": {"read": 1, "write": 1, "other": 1},
    "asks again": {"read": 1, "write": 1, "other": 1},
    "deletes copies": {"read": 2, "write": 1, "other": 0},
    "names a colleague": {"read": 3, "write": 1, "other": 5},
}
"""What else a company does with its link, once its browser has looked. Nothing is read twice; a colleague's link is one more."""


def test_an_act_on_the_recipients_page_makes_no_more_calls_than_these(world: World, time: Clock) -> None:
    page = meetings.Page(relays.started(world))
    link, made = {"browser": page.browser.digest}, dict[str, Counter[str]]()
    page.browser.opens(page.token)
    made["proposes"] = _calls(lambda: page.proposes_in_days(5))
    meetings.accepts(page, meetings.slot_in_days(5))
    seen = meetings.agreed_start(page.relay)
    made["cancels"] = _calls(
        lambda: meeting_stories.note_gesture(
            page.token, CompanyGesture("annule", Reason.PUT_OFF, seen), **link, now=clock.utc_now()
        )
    )
    made["declines"] = _calls(
        lambda: outcomes.decline(page.token, Reason.NO_HOST_AVAILABLE, **link, now=clock.utc_now())
    )
    made["takes it back"] = _calls(lambda: outcomes.undo_decline(page.token, **link, now=clock.utc_now()))
    made["names a colleague"] = _calls(
        lambda: passings.names(page.browser, page.token, passings.colleague_named(mode="aussi"))
    )
    outcomes.decline(page.token, Reason.NO_HOST_AVAILABLE, **link, now=clock.utc_now())
    made["deletes copies"] = _calls(
        lambda: outcomes.confirm_copies_deleted(page.token, **link, now=clock.utc_now())
    )
    outcomes.undo_decline(page.token, **link, now=clock.utc_now())
    time.passes(days=15)
    page.browser.proves(page.token)
    made["asks again"] = _calls(lambda: opening.ask_again(page.token, **link, now=clock.utc_now()))

    assert made.keys() == ON_THE_PAGE.keys()
    for name, calls in made.items():
        assert calls <= Counter(ON_THE_PAGE[name]), name


def test_a_proof_of_erasure_makes_no_more_calls_than_these_beside_a_read_for_each_look(
    world: World, time: Clock
) -> None:
    """With what the site does for it; the other functions work between two looks, and are counted above."""
    with nights.begin_night(world, time) as night, Tap().open() as tap:

        def passes() -> None:
            tap.asleep = True
            night.passes()
            tap.asleep = False

        assert proof.run(now=clock.utc_now(), pause=passes).outcome == "proved"

    made = Counter(KINDS.get(call.operation, "other") for call in tap.calls)
    assert made <= Counter({"read": 32, "write": 6, "other": 5}) + Counter({"read": night.looks})


def test_a_tutors_requests_make_no_more_calls_than_these(world: World) -> None:
    """Her session and account with what the path names are one read; what lies around that is another."""
    relay = relays.started(world)
    other, document = relays.takes(world, relay.tutor), factories.sealed()
    relay.sends()
    agent, deposit, link = http.signed_in(relay.tutor), relay.sent[-1].deposit, relay.link()
    shown = f"lien={link.id}&version={link.version}&vu=ferme"
    asked: dict[str, tuple[Callable[[], http.Answer], dict[str, int]]] = {
        "parcours": (  # two read who buys, by SIREN and by name, for one version; the other is the row of the audit trail
            lambda: agent.get(f"/parcours/{relay.parcours_id}"),
            {"read": 5, "other": 1},
        ),
        "announce": (
            lambda: agent.post_json(f"/parcours/{other.parcours_id}/depots", document.as_json()),
            {"read": 2, "write": 1, "other": 1},
        ),
        "progress": (lambda: agent.get(f"/depots/{deposit}"), {"read": 2}),
        "send again": (
            lambda: agent.post_form(f"/depots/{deposit}/renvoi", shown),
            {"read": 2, "write": 1, "other": 1},
        ),
        "withdraw": (
            lambda: agent.post_form(f"/depots/{deposit}/revocation", "vu=ferme"),
            {"read": 2, "write": 1},
        ),
    }
    for name, (act, most) in asked.items():
        with Tap().open() as tap:
            assert act().status < 400, name
        assert Counter(KINDS.get(call.operation, "other") for call in tap.calls) <= Counter(most), name
