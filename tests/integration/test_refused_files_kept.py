"""Promise 6: whatever is refused or cut, the person keeps her files, or is one act away from them.

Here as stories and answers; that the page keeps the chosen files in its hands is said by ``tests/browser``.
"""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.domain.kernel.values import Setback, Step
from chalicelib.errors import DeadLink, OpenedMeanwhile, ProofLocked, ProofWrong, TryAgain
from chalicelib.stories.documents import opening
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.wire import Mode, Tap, strike
from tests.support import factories, http, relays
from tests.support.http import Client
from tests.support.pdf_hostile import HOSTILE
from tests.support.relays import Browser, Relay
from tests.support.worlds import World


@pytest.fixture
def relay(world: World, time: Clock) -> Iterator[Relay]:
    """A parcours; the functions that pages invoke answer in this process."""
    with http.functions_answer():
        yield relays.started(world)


def _page(relay: Relay, client: Client | None = None) -> str:
    """Return the page of the parcours."""
    answer = (client or http.signed_in(relay.tutor)).get(f"/parcours/{relay.parcours_id}")
    assert answer.status == 200
    return answer.text


def _resends(relay: Relay, *, seen_opened: bool) -> str:
    """Send the link again from the page of the parcours."""
    path = f"/depots/{relay.sent[-1].deposit}/renvoi"
    assert path in _page(relay), "the button stands on the page"
    vu = "ouvert" if seen_opened else "ferme"
    shown = {"vu": vu, "lien": relay.link().id, "version": str(relay.link().version)}
    assert http.signed_in(relay.tutor).post_form(path, shown).status == 303
    relay.mailer_runs()
    return relay.tokens()[-1]


def _reads(relay: Relay, token: str, place: int = -1) -> bool:
    """Return whether a new browser reads the document at this place of those that were sent."""
    browser = Browser()
    browser.proves(token)
    return browser.reads(browser.opens(token), relay.world) == relay.sent[place].plain


@pytest.mark.parametrize("uploaded", [(), (0,)], ids=["before any arrived", "between the two"])
def test_a_cut_upload_goes_on_under_renewed_forms_with_the_same_sealed_files(
    relay: Relay, time: Clock, uploaded: tuple[int, ...]
) -> None:
    cv, letter = sending_changes.both()
    first = sending_changes.announces_both(relay, cv, letter)
    for place in uploaded:
        relay.uploads(place)
        relay.is_inspected(place)
    time.passes(minutes=50)

    again = sending_changes.announces_both(relay, cv, letter)

    assert [document["form"]["fields"]["key"] for document in again] == [
        document["form"]["fields"]["key"] for document in first
    ]
    for place in (0, 1):
        relay.uploads(place)
        relay.is_inspected(place)
    relay.mailer_runs()
    assert _reads(relay, relay.tokens()[-1], 0)


def test_a_refused_file_says_what_to_do_and_the_way_is_free_for_another(relay: Relay) -> None:
    relay.announces(factories.sealed(HOSTILE["password"]()))
    relay.uploads()
    assert relay.is_inspected() == "refused"

    answer = http.signed_in(relay.tutor).get(f"/depots/{relay.sent[-1].deposit}").json
    message = answer["documents"][0]["message"]
    assert message.count(".") >= 2, "what happened, then what to do"
    assert f"/parcours/{relay.parcours_id}/envoi" in _page(relay), "the next act stands on the page"
    assert _reads(relay, relay.sends())


def test_what_could_not_be_read_is_sent_again_in_one_act_and_the_same_browser_may_try_again(
    relay: Relay, time: Clock
) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    browser.confirms(token, readable=False)

    assert browser.reads(browser.opens(token), relay.world) == relay.sent[0].plain
    assert relay.head().setback is Setback.UNREADABLE
    assert _reads(relay, _resends(relay, seen_opened=True))


def test_a_mail_that_was_not_delivered_is_sent_to_another_address_in_one_act(
    relay: Relay, time: Clock
) -> None:
    relay.sends()
    assert _reads(relay, _resends(relay, seen_opened=False))


def _expires(relay: Relay, time: Clock) -> None:
    """Let the documents expire and be purged."""
    time.now = relay.deposit().erase_at
    relay.purges()


def _is_withdrawn(relay: Relay, time: Clock) -> None:
    """Withdraw the link."""
    sending_changes.revokes(relay)


def _is_opened_by_a_colleague(relay: Relay, time: Clock) -> None:
    """Open the link in another browser."""
    colleague, token = Browser(), relay.tokens()[-1]
    colleague.proves(token)
    colleague.opens(token)


ENDS: dict[str, Callable[[Relay, Clock], None]] = {
    "expired": _expires,
    "withdrawn": _is_withdrawn,
    "opened by a colleague": _is_opened_by_a_colleague,
}


@pytest.mark.parametrize("end", ENDS)
def test_a_dead_link_says_what_happened_and_asks_for_a_new_sending_in_one_act(
    relay: Relay, time: Clock, end: str
) -> None:
    token = relay.sends()
    ENDS[end](relay, time)
    client = Client()
    client.get("/retrait")
    browser = Browser(nonce=client.cookies["__Host-lien"])
    browser.proves(token)
    with pytest.raises(DeadLink):
        browser.opens(token)

    answer = client.post_json("/retrait/apercu", {"token": token}).json
    assert answer["depuis"] and (answer["peut_demander"], answer["demande"]) == (True, False)
    assert client.post_json("/retrait/demande", {"token": token}).status == 204

    assert client.post_json("/retrait/apercu", {"token": token}).json["demande"] is True
    assert relay.head().setback is Setback.SENDING_REQUESTED
    relay.mailer_runs()
    assert "nouvel envoi" in str(relay.world.mails()[-1]["Subject"])
    assert str(relay.world.mails()[-1]["To"]) == relay.tutor.address


def test_three_wrong_answers_lock_nobody_out_and_a_lock_passes(relay: Relay, time: Clock) -> None:
    token, browser = relay.sends(), Browser()
    for _ in range(3):
        with pytest.raises(ProofWrong):
            browser.proves(token, "autre@entreprise.example")
    browser.proves(token)
    hasty = Browser()
    for _ in range(2):
        with pytest.raises((ProofWrong, ProofLocked)):
            hasty.proves(token, "autre@entreprise.example")
    time.passes(minutes=16)
    hasty.proves(token)
    assert browser.reads(browser.opens(token), relay.world) == relay.sent[0].plain


def test_an_outage_while_opening_costs_nobody_her_turn(relay: Relay, time: Clock) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    with Tap(act=strike(Mode.REFUSED), operation="Decrypt").open(), pytest.raises(TryAgain):
        browser.opens(token)
    other = Browser()
    other.proves(token)
    assert other.reads(other.opens(token), relay.world) == relay.sent[0].plain


def test_a_tutor_who_comes_too_late_changes_nothing_and_reads_since_when(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    _is_opened_by_a_colleague(relay, time)
    with pytest.raises(OpenedMeanwhile):
        sending_changes.resends(relay)
    assert relay.head().step is Step.OPENED
    assert opening.find_visit(token).link.version == 1, "whoever opened goes on reading"
