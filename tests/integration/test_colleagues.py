"""Who may be named as a colleague: addresses that ask the tutor, what is refused, how often, and what she answers."""

from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.errors import (
    ChangedMeanwhile,
    ColleagueLimit,
    FieldInvalid,
    NotFound,
    NotYours,
    RelayError,
    WrongStep,
)
from chalicelib.stores import relay_table as stored
from chalicelib.stories.documents import passing
from chalicelib.stories.documents.passing import GONE, TO_AGREE
from tests.conftest import Clock
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import signed_in
from tests.support.passings import (
    COLLEAGUE,
    OTHER,
    agrees,
    answers_question,
    colleague_named,
    names,
    passes,
)
from tests.support.relays import Relay
from tests.support.worlds import World


def test_another_domain_waits_for_the_tutor_who_agrees_to_that_address_alone(
    relay: Relay, world: World
) -> None:
    token = relay.sends()
    holder = answers_question(token)

    assert passes(holder, token, colleague_named(OTHER)) == TO_AGREE
    relay.mailer_runs()

    assert relay.tokens() == [token] and OTHER not in relay.mailed_to()
    waiting = stored.read_link(relay.link().asked_link or "")
    assert waiting is not None and waiting.waiting
    assert holder.looks(token).visit.link.asked is not None
    with pytest.raises(ChangedMeanwhile):  # not the one that her page showed
        passing.answer(relay.tutor, relay.parcours_id, "0" * 32, agrees=True, now=clock.utc_now())
    agrees(relay)
    relay.mailer_runs()
    new = relay.tokens()[-1]
    assert OTHER in relay.mailed_to()
    browser = answers_question(new, OTHER)
    assert browser.reads(browser.opens(new), world) == relay.sent[0].plain
    assert relay.event_kinds().count(EventKind.COLLEAGUE_AGREED) == 1


def test_agreeing_twice_agrees_once(relay: Relay) -> None:
    token = relay.sends()
    passes(answers_question(token), token, colleague_named(OTHER))
    asked = relay.link().asked_link or ""

    for _ in range(2):
        passing.answer(relay.tutor, relay.parcours_id, asked, agrees=True, now=clock.utc_now())
        relay.mailer_runs()

    assert relay.mailed_to().count(OTHER) == 1
    assert relay.event_kinds().count(EventKind.COLLEAGUE_AGREED) == 1


def test_a_tutor_who_does_not_agree_leaves_the_link_where_it_is_and_no_key_behind(
    relay: Relay, world: World
) -> None:
    token = relay.sends()
    passes(answers_question(token), token, colleague_named(OTHER))
    waiting = relay.link().asked_link or ""

    agrees(relay, yes=False)
    passing.answer(relay.tutor, relay.parcours_id, waiting, agrees=False, now=clock.utc_now())

    assert stored.read_link(waiting) is None and relay.deposit().other_links == ()
    assert (
        relay.event_kinds()[-1] is EventKind.COLLEAGUE_REFUSED
        and relay.event_kinds().count(EventKind.COLLEAGUE_REFUSED) == 1
    )
    assert relay.head().consent is None
    browser = answers_question(token)
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain


def test_only_whoever_accompanies_answers_for_a_colleague(world: World, time: Clock) -> None:
    team, stranger = factories.account(Role.TEAM), factories.account()
    relay = relays.started(world, also=(team, stranger))
    token = relay.sends()
    passes(answers_question(token), token, colleague_named(OTHER))

    for somebody, refusal in ((team, NotYours), (stranger, NotFound)):
        with pytest.raises(refusal):
            passing.answer(
                somebody, relay.parcours_id, relay.link().asked_link or "", agrees=True, now=clock.utc_now()
            )


def test_agreeing_too_late_is_refused(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)
    passes(holder, token, colleague_named(OTHER))
    holder.opens(token)

    with pytest.raises(WrongStep):
        agrees(relay)
    time.passes(hours=73)
    with pytest.raises(WrongStep):
        agrees(relay)
    assert relay.head().setback is not Setback.DECLINED
    assert timedelta(hours=72) < clock.utc_now() - (relay.deposit().opened_at or clock.utc_now())


def test_no_consent_is_offered_once_the_holder_has_opened_the_link(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    passes(holder, token, colleague_named(OTHER))
    assert "Accepter cette adresse" in signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text
    holder.opens(token)

    page = signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text

    assert "Accepter cette adresse" not in page and "Refuser cette adresse" in page


@pytest.mark.parametrize("recipient", [COMPANY_ADDRESS, "n.bellanger@gmail.com", "n.bellanger@nordnet.fr"])
def test_a_colleague_at_the_recipients_own_domain_asks_the_tutor_too(relay: Relay, recipient: str) -> None:
    token = relay.sends(recipient=recipient)
    colleague = f"m.autre@{recipient.partition('@')[2]}"

    assert names(answers_question(token, recipient), token, colleague_named(colleague)) == TO_AGREE
    relay.mailer_runs()
    assert colleague not in relay.mailed_to()


def test_an_address_of_the_team_is_never_a_colleague(world: World, time: Clock) -> None:
    team = factories.account(Role.TEAM, address="equipe@jardins.entreprise.example")
    relay = relays.started(world, also=(team,))
    token = relay.sends()

    with pytest.raises(FieldInvalid) as refused:
        passes(answers_question(token), token, colleague_named("Equipe@jardins.entreprise.example"))
    assert refused.value.facts == {"field": "adresse", "reason": "team_address"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "nom"),
        ({"name": "Roy\nBcc: x@y.example"}, "nom"),
        ({"address": "j.roy@jardins.example\r\nBcc: x@y.example"}, "adresse"),
        ({"address": COMPANY_ADDRESS}, "adresse"),
        ({"mode": "copie"}, "mode"),
    ],
)
def test_what_is_no_colleague_is_refused_and_changes_nothing(
    relay: Relay, changes: dict[str, str], field: str
) -> None:
    token = relay.sends()

    with pytest.raises(FieldInvalid) as refused:
        passes(answers_question(token), token, colleague_named(**changes))
    assert refused.value.facts["field"] == field
    assert relay.link().moved_to is None


def test_naming_the_same_colleague_twice_names_her_once(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)

    assert [passes(holder, token) for _ in range(2)] == [GONE, GONE]
    relay.mailer_runs()

    assert relay.mailed_to().count(COLLEAGUE) == 1
    with pytest.raises(RelayError):
        passes(holder, token, colleague_named("z@jardins.entreprise.example"))


def test_a_link_changes_hands_twice_and_no_more(relay: Relay, world: World) -> None:
    address, token = COMPANY_ADDRESS, relay.sends()
    for place in range(2):
        to = f"p{place}@jardins.entreprise.example"
        passes(answers_question(token, address), token, colleague_named(to))
        relay.mailer_runs()
        address, token = to, relay.tokens()[-1]

    with pytest.raises(ColleagueLimit):
        passes(answers_question(token, address), token, colleague_named("p9@jardins.entreprise.example"))
    browser = answers_question(token, address)
    assert browser.reads(browser.opens(token), world) == relay.sent[0].plain


def test_five_colleagues_a_day_on_one_parcours(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)
    for place in range(5):
        assert passes(holder, token, colleague_named(f"p{place}@chantier.example")) == TO_AGREE
        agrees(relay, yes=False)

    with pytest.raises(ColleagueLimit):
        passes(holder, token)
    time.passes(days=1)
    assert passes(holder, token) == GONE


def test_a_colleague_to_whom_nobody_agreed_is_forgotten_with_the_documents(
    relay: Relay, world: World, time: Clock
) -> None:
    """The address and the link of a colleague whom nobody agreed to are erased with the documents."""
    token = relay.sends()
    holder = answers_question(token)
    passes(holder, token, colleague_named(OTHER))
    assert OTHER in world.everything()
    time.passes(days=16)

    relay.purges()
    relay.purges()

    assert OTHER not in world.everything()
    assert holder.looks(token).visit.link.asked is None
