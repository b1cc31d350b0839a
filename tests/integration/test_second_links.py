"""A second link beside the first."""

from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.parcours import Company, ContactRole
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.errors import ColleagueLimit, DeadLink, LinkSpent
from chalicelib.stories.documents import sending
from chalicelib.stories.documents.passing import ALSO, GONE
from tests.conftest import Clock
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import (
    COLLEAGUE,
    adds,
    answers_question,
    as_declared,
    colleague_named,
    list_links,
    passes,
)
from tests.support.relays import Relay
from tests.support.worlds import World


def test_once_opened_a_link_is_not_passed_on_but_a_second_one_may_stand_beside(
    relay: Relay, world: World
) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)

    with pytest.raises(LinkSpent):
        passes(holder, token)
    with pytest.raises(LinkSpent):
        adds(answers_question(token), token)  # another browser than the one that opened
    assert adds(holder, token) == GONE
    relay.mailer_runs()

    second = relay.tokens()[-1]
    until = relay.deposit().erase_at
    colleague, other = answers_question(second, COLLEAGUE), answers_question(second, COLLEAGUE)
    assert colleague.reads(colleague.opens(second), world) == relay.sent[0].plain
    with pytest.raises(LinkSpent):
        other.opens(second)
    with pytest.raises(ColleagueLimit):
        passes(holder, token, colleague_named("z@jardins.entreprise.example", ALSO))
    with pytest.raises(ColleagueLimit):
        passes(colleague, second, colleague_named("z@jardins.entreprise.example"))
    assert relay.deposit().erase_at == until
    assert relay.event_kinds().count(EventKind.LINK_OPENED) == 2


def test_documents_that_the_second_link_opened_are_not_said_to_be_unopened(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    adds(answers_question(token), token)
    relay.mailer_runs()
    second = relay.tokens()[-1]
    answers_question(second, COLLEAGUE).opens(second)

    time.passes(days=4)
    relay.purges()
    time.passes(days=1)  # what went unread on a day is told when it is over
    relay.mailer_runs()

    gone = str(world.mails()[-1]["Subject"])
    assert "Documents effacés, personne n’a dit avoir lu" in gone


def test_what_one_could_read_stays_for_the_other_who_has_not_opened_and_never_longer(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    adds(holder, token)
    relay.mailer_runs()
    second = relay.tokens()[-1]
    until = relay.deposit().erase_at

    holder.confirms(token)
    holder.confirms(token)
    assert relay.deposit().erase_at == until
    time.passes(minutes=1)
    relay.purges()
    colleague = answers_question(second, COLLEAGUE)
    assert colleague.reads(colleague.opens(second), world) == relay.sent[0].plain
    colleague.confirms(second)
    time.passes(minutes=1)
    relay.purges()

    assert world.objects() == {}
    assert relay.event_kinds().count(EventKind.DOCUMENTS_CONFIRMED) == 2
    assert all(link.wrapped_keys == {} for link in list_links(relay))


def test_a_second_link_that_nobody_opens_lets_the_documents_go_at_their_time(
    relay: Relay, world: World, time: Clock
) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    adds(holder, token)
    relay.mailer_runs()
    holder.confirms(token)

    time.passes(hours=72)
    relay.purges()

    assert world.objects() == {} and relay.deposit().contents is None
    assert all(link.wrapped_keys == {} for link in list_links(relay))


def test_withdrawing_kills_every_link(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    adds(holder, token)
    relay.mailer_runs()
    second = relay.tokens()[-1]

    sending.revoke(relay.tutor, relay.sent[0].deposit, seen_opened=False, now=clock.utc_now())

    for live_token, holder_of in ((token, COMPANY_ADDRESS), (second, COLLEAGUE)):
        with pytest.raises(DeadLink):
            answers_question(live_token, holder_of).opens(live_token)


def test_erasing_on_request_forgets_every_address(relay: Relay, world: World, time: Clock) -> None:
    token = relay.sends()
    adds(answers_question(token), token)
    relay.mailer_runs()

    sending.erase_on_request(relay.tutor, relay.sent[0].deposit, now=clock.utc_now())
    time.passes(minutes=1)
    relay.purges()

    kept = str(world.table("RELAY_TABLE"))
    assert COMPANY_ADDRESS not in kept and COLLEAGUE not in kept and "Jeanne Roy" not in kept


def test_a_second_link_drops_no_holder_who_welcomes_from_the_record(world: World, time: Clock) -> None:
    contact = replace(factories.offer().company.contacts[0], role=ContactRole.WELCOMES)
    company = Company(name="Jardins Morvenne", contacts=(contact,))
    relay = relays.started(world, offer=factories.offer(company=company))
    token = relay.sends()

    assert adds(answers_question(token), token) == GONE
    assert tuple(map(as_declared, relay.head().company.contacts)) == (contact,)
