"""« Vos autres demandes »: what the page of a link tells of others to the same address, to whom, and what it never tells."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.link import Addressee
from chalicelib.domain.kernel.parcours import DataRequest
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.stores import keys, transactions
from chalicelib.stories import meetings as stories
from chalicelib.stories.meetings import Proposal
from chalicelib.web import recipient
from chalicelib.web.recipient import build_answers
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.wire import Tap
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import slot_in_days
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

Two = tuple[Relay, Relay]


@pytest.fixture
def two(world: World) -> Two:
    """Two tutors who have each sent a link to one address: that whose page is looked at, and the other."""
    anais = factories.account(name="Anaïs Roumégas", address="a.roumegas@academie.example")
    first, other = relays.started(world), relays.started(world, anais)
    first.sends()
    other.sends()
    return first, other


def token_of(relay: Relay) -> str:
    """Return the token of the parcours' link."""
    link = relay.link()
    return keys.compute_link_token(link.build_token_message(link.version))


def demands_on(relay: Relay, browser: Browser) -> list[str]:
    """Return what the page of this parcours' link tells this browser of other links."""
    return build_answers(browser.looks(token_of(relay)), clock.utc_now())["demandes"]


def proved(relay: Relay, address: str = COMPANY_ADDRESS) -> Browser:
    """Return a browser that has answered the question of this parcours' link."""
    browser = Browser(address)
    browser.proves(token_of(relay))
    return browser


def test_who_has_answered_the_question_reads_what_else_waits_at_the_address(two: Two) -> None:
    first, other = two

    (demand,) = demands_on(first, proved(first))

    facts = other.head().contract
    assert demand.startswith(facts.object) and ". Lire les documents. " in demand
    assert demand.endswith("suivie par Anaïs Roumégas.")
    assert token_of(other) not in demand and str(other.head().reference) not in demand


def test_who_has_not_answered_reads_of_no_other_link(two: Two) -> None:
    first, _ = two
    proved(first)

    assert demands_on(first, Browser()) == [], "the answer is of one browser"


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        (COMPANY_ADDRESS.capitalize(), 1),
        ("rh@jardins.entreprise.example", 0),
        ("n.bellanger+stage@jardins.entreprise.example", 0),
        ("n.bellanger@menuiserie.example", 0),
    ],
    ids=["capitals", "a colleague", "an alias", "another company"],
)
def test_only_links_to_the_very_address_are_told_of(world: World, address: str, listed: int) -> None:
    first = relays.started(world)
    first.sends()
    other = relays.takes(world, first.tutor)
    other.sends(recipient=address)

    assert len(demands_on(first, proved(first))) == listed
    assert len(demands_on(other, proved(other, address))) == listed


def is_declined(relay: Relay) -> None:
    proved(relay).declines(token_of(relay))


def is_over(relay: Relay) -> None:
    sending_changes.ends(relay)


@pytest.mark.parametrize("act", [is_declined, is_over])
def test_a_link_that_waits_for_nothing_is_not_told_of(two: Two, act: Callable[[Relay], None]) -> None:
    first, other = two
    browser = proved(first)
    act(other)

    assert demands_on(first, browser) == []


def test_a_link_that_is_withdrawn_tells_of_no_other(two: Two) -> None:
    first, _ = two
    browser, link = proved(first), first.link()
    withdrawn = replace(link, revoked_at=clock.utc_now())
    transactions.commit(Transition(changes=(Change(link, withdrawn),)))

    assert demands_on(first, browser) == []


def test_a_withdrawn_link_is_not_told_of(two: Two) -> None:
    first, other = two
    link = other.link()
    transactions.commit(Transition(changes=(Change(link, replace(link, revoked_at=clock.utc_now())),)))

    assert demands_on(first, proved(first)) == []


@pytest.mark.parametrize("place", [0, 1], ids=["its own page", "the page of another"])
def test_a_suspended_link_is_not_told_of_and_tells_of_no_other(two: Two, time: Clock, place: int) -> None:
    browser = proved(two[0])
    time.passes(minutes=1)
    parcours = two[place].head()
    asked = DataRequest(since=clock.utc_now())
    transactions.commit(Transition(changes=(Change(parcours, replace(parcours, data_request=asked)),)))

    assert demands_on(two[0], browser) == []


def test_an_entry_that_leads_to_a_foreign_link_tells_nothing(world: World) -> None:
    """The index says where to look, no more: whoever writes into it learns nothing of others."""
    first = relays.started(world)
    first.sends()
    foreign = relays.takes(world, first.tutor)
    foreign.sends(recipient="autre@entreprise.example")
    link = foreign.link()
    forged = link.build_addressee(keys.compute_address_mac(COMPANY_ADDRESS))
    assert isinstance(forged, Addressee)
    transactions.commit(Transition(changes=(Change(None, forged),)))

    assert demands_on(first, proved(first)) == []


def test_a_demand_says_how_far_it_is(two: Two, time: Clock) -> None:
    first, other = two
    browser, token = proved(first), token_of(other)
    browser.proves(token)
    states = [demands_on(first, browser)[0].split(". ")[1]]
    browser.opens(token)
    states += [demands_on(first, browser)[0].split(". ")[1]]
    browser.confirms(token)
    states += [demands_on(first, browser)[0].split(". ")[1]]
    time.passes(minutes=1)
    stories.propose(token, Proposal((slot_in_days(12),), holidays_seen=True), browser.digest, clock.utc_now())
    states += [demands_on(first, browser)[0].split(". ")[1]]

    assert states == [
        "Lire les documents",
        "Dire si vous avez pu lire",
        "Proposer des dates",
        "Vos dates sont proposées",
    ]


def test_opened_in_another_browser_it_does_not_ask_this_one_whether_it_could_read(two: Two) -> None:
    first, other = two
    proved(other).opens(token_of(other))

    (demand,) = demands_on(first, proved(first))

    assert "Dire si vous avez pu lire" not in demand


def test_what_waits_is_told_of_the_newest_first_and_counted_where_it_is_too_much(
    two: Two, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for nothing any more takes no place."""
    monkeypatch.setattr(recipient, "MOST_DEMANDS", 2)
    first, _ = two
    browser = proved(first)
    for number in range(4):
        time.passes(hours=1)
        tutor = factories.account(name=f"Tutrice {number}", address=f"t{number}@academie.example")
        later = relays.started(first.world, tutor)
        later.sends()
        if number == 3:
            is_declined(later)
    browser = proved(first)
    *lines, last = demands_on(first, browser)

    assert [line.split("suivie par ")[1] for line in lines] == ["Tutrice 2.", "Tutrice 1."]
    assert last == "Et 2 de plus."


def test_many_demands_cost_as_many_calls_as_one(two: Two) -> None:
    first, _ = two

    def count_calls() -> int:
        browser = proved(first)
        with Tap().open() as tap:
            demands_on(first, browser)
        return len(tap.calls)

    count_calls()
    for_one = count_calls()
    for number in range(3):
        tutor = factories.account(name=f"Tutrice {number}", address=f"t{number}@academie.example")
        relays.started(first.world, tutor).sends()

    assert len(demands_on(first, proved(first))) == 4
    assert count_calls() == for_one
