"""« Renvoyer » pressed twice, or once more after an answer that was lost, is one re-send: one new link, one mail."""

from collections.abc import Iterator

import pytest

from chalicelib.domain.kernel.timeline import EventKind
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.recovery import minutes_pass
from tests.integration.test_buyers_links import contact_chosen, send_to_buyer
from tests.support import http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Client
from tests.support.passings import answers_question, colleague_named, passes
from tests.support.relays import Relay
from tests.support.worlds import World


@pytest.fixture
def relay(world: World, time: Clock) -> Iterator[Relay]:
    """A parcours whose link was sent; the functions that pages invoke answer in this process."""
    with http.functions_answer():
        relay = relays.started(world)
        relay.sends()
        yield relay


def _form(relay: Relay, client: Client) -> tuple[str, dict[str, str]]:
    """Return the form of sending again, as the page shows it now."""
    page = client.get(f"/parcours/{relay.parcours_id}").text
    path = f"/depots/{relay.sent[-1].deposit}/renvoi"
    return path, http.hidden_fields(page, path)


def _sent_once_more(relay: Relay) -> None:
    """Check that the link was sent again once: one new version, one further mail, and only the last token opens."""
    assert relay.event_kinds().count(EventKind.LINK_RESENT) == 1
    assert relay.mailed_to().count(COMPANY_ADDRESS) == 2, "the first one and one more"
    assert relay.link().version == 2
    sending_changes.only_the_last_opens(relay)


def test_pressing_resend_twice_sends_once(relay: Relay, time: Clock) -> None:
    client = http.signed_in(relay.tutor)
    path, fields = _form(relay, client)

    assert [client.post_form(path, fields).status for _ in range(2)] == [303, 303]

    minutes_pass(relay, time)
    _sent_once_more(relay)


def test_a_resend_of_an_unknown_link_version_is_refused_as_changed(relay: Relay) -> None:
    client = http.signed_in(relay.tutor)
    path, fields = _form(relay, client)
    before = relay.world.everything()

    assert client.post_form(path, fields | {"version": "2"}).status == 409
    for version in ("", "-1", "1.5", "deux", "9" * 10):
        assert client.post_form(path, fields | {"version": version}).status == 400
    assert relay.world.everything() == before


def test_a_link_that_went_to_a_colleague_is_not_sent_again_from_an_older_page(
    relay: Relay, time: Clock
) -> None:
    """The link was sent again, then passed on: the versions of the colleague's link start at one again."""
    client = http.signed_in(relay.tutor)
    path, fields = _form(relay, client)
    client.post_form(path, fields)
    minutes_pass(relay, time)
    path, fields = _form(relay, client)
    token = relay.tokens()[-1]
    passes(answers_question(token), token, colleague_named())

    assert client.post_form(path, fields).status == 409
    assert relay.event_kinds().count(EventKind.LINK_RESENT) == 1


def test_a_page_that_shows_the_buyers_link_does_not_end_the_companys(world: World, time: Clock) -> None:
    """Both are the first version of their link: the page says which link it showed."""
    relay, token, buyer = send_to_buyer(world)
    client = http.signed_in(relay.tutor)
    path, fields = _form(relay, client)
    passes(buyer, token, contact_chosen())
    relay.mailer_runs()
    before = relay.world.everything()

    assert client.post_form(path, fields).status == 409
    assert relay.event_kinds().count(EventKind.LINK_RESENT) == 0
    assert relay.world.everything() == before
    companys = relay.tokens()[-1]
    holder = answers_question(companys)
    assert holder.reads(holder.opens(companys), world) == relay.sent[0].plain
