"""Who is told of what happens to a link, in whose name it goes, and that what is said is true."""

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.managing import Profile, hash_profile
from chalicelib.domain.kernel.deposit import Mailing
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.domain.parcours.ending import End
from chalicelib.errors import FieldInvalid, RelayError
from chalicelib.stores import parcours_table
from chalicelib.stories import outcomes
from chalicelib.stories.accounts import closing, managing
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, http, mail_rules, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import COLLEAGUE, OTHER, adds, agrees, answers_question, colleague_named, passes
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records

WITHDREW = (EventKind.YOUNG_PERSON_WITHDREW, Reason.OTHER)


def becomes_team(team: Account, account: Account) -> None:
    """Let the team make somebody one of the team."""
    stored_account = parcours_table.read_account(account.id)
    assert stored_account is not None
    joined = Profile(name=stored_account.name, function="équipe", roles=frozenset({Role.TEAM}))
    managing.edit(team, account.id, joined, seen=hash_profile(stored_account))


def is_about_to_leave(relay: Relay, recipient: str = COMPANY_ADDRESS) -> None:
    """Announce, upload and accept documents; their mail waits in the outbox."""
    relay.announces(recipient=recipient)
    relay.uploads()
    assert relay.is_inspected() == "verified"


def texts_leaving(relay: Relay) -> dict[str, str]:
    """Send the waiting mails; return their texts by address."""
    before = len(relay.world.mails())
    relay.mailer_runs()
    return {str(mail["To"]): mail_rules.read_body(mail, "plain") for mail in relay.world.mails()[before:]}


def sent_by_a_coordinator(world: World) -> tuple[Relay, Account, Account, str]:
    """Return a parcours with a link that its coordinator sent, the coordinator, somebody of the team, and the token."""
    coordinator, team = factories.account(Role.COORDINATOR), factories.account(Role.TEAM)
    relay = relays.started(world, also=(coordinator, team))
    tutor, relay.tutor = relay.tutor, coordinator
    token = relay.sends()
    relay.tutor = tutor
    return relay, coordinator, team, token


def sent_to_the_buyer(world: World) -> tuple[Relay, Browser, str]:
    """Return a parcours whose link the buyer got and opened, her browser and the token."""
    relay, buyer = sending_changes.with_buyer(world)
    token = relay.sends(recipient=buyer)
    holder = answers_question(token, buyer)
    holder.opens(token)
    return relay, holder, token


def finishes(relay: Relay) -> None:
    """End the passage: the young person withdraws."""
    kind, reason = WITHDREW
    end = End(kind=kind, reason=reason, occurred_at=clock.utc_now())
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())


def test_no_link_leaves_to_an_address_that_has_become_the_teams(world: World, time: Clock) -> None:
    recipient = factories.account(Role.BUYER, address="gestion@agents.example", organisation="Autre")
    team = factories.account(Role.TEAM)
    relay = relays.started(world, also=(recipient, team))
    is_about_to_leave(relay, recipient.address)
    becomes_team(team, recipient)

    texts = texts_leaving(relay)

    assert list(texts) == [relay.tutor.address]
    assert (
        "Cette adresse est de l’équipe" in texts[relay.tutor.address]
        and "essais" not in texts[relay.tutor.address]
    )
    assert relay.head().setback is Setback.MAIL_FAILED and relay.deposit().mailing is Mailing.FAILED
    with pytest.raises(FieldInvalid) as refused:
        sending_changes.resends(relay)
    assert refused.value.facts == {"field": "destinataire", "reason": "team_address"}
    page = http.signed_in(relay.tutor).post_form(
        f"/depots/{relay.deposit().id}/renvoi", {"vu": "", "version": "1"}
    )
    assert page.status == 422 and "L’équipe ne reçoit pas de documents" in page.text
    assert texts_leaving(relay) == {}


def test_the_tutor_agrees_to_no_address_that_has_become_the_teams(world: World, time: Clock) -> None:
    other = factories.account(Role.TUTOR, address=OTHER)
    team = factories.account(Role.TEAM)
    relay = relays.started(world, also=(other, team))
    token = relay.sends()
    passes(answers_question(token), token, colleague_named(OTHER))
    becomes_team(team, other)

    with pytest.raises(FieldInvalid) as refused:
        agrees(relay)

    assert refused.value.facts["reason"] == "team_address"
    assert relay.link().asked is not None
    agrees(relay, yes=False)
    assert relay.link().asked is None


@pytest.mark.parametrize("how", ["team", "closed"])
def test_a_link_goes_in_the_name_of_who_accompanies_once_its_sender_may_not(
    world: World, time: Clock, how: str
) -> None:
    coordinator, team = factories.account(Role.COORDINATOR), factories.account(Role.TEAM)
    relay = relays.started(world, also=(coordinator, team))
    tutor, relay.tutor = relay.tutor, coordinator
    is_about_to_leave(relay)
    relay.tutor = tutor
    if how == "team":
        becomes_team(team, coordinator)
    else:
        closing.close(team, coordinator.id, now=clock.utc_now())

    relay.mailer_runs()

    [mail] = [mail for mail in world.mails() if str(mail["To"]) == COMPANY_ADDRESS]
    assert mail["Reply-To"] == tutor.address and tutor.name in mail_rules.read_body(mail, "plain")
    sender = answers_question(relay.tokens()[-1]).looks(relay.tokens()[-1]).sender
    assert sender is not None and sender.id == tutor.id


def test_a_link_goes_in_the_name_of_whoever_sent_it(world: World, time: Clock) -> None:
    _, coordinator, _, _ = sent_by_a_coordinator(world)

    [mail] = [mail for mail in world.mails() if str(mail["To"]) == COMPANY_ADDRESS]
    assert mail["Reply-To"] == coordinator.address


def test_what_the_company_says_is_told_to_the_tutor_and_to_the_coordinator_who_had_sent(
    world: World, time: Clock
) -> None:
    relay, coordinator, _, token = sent_by_a_coordinator(world)
    both = {relay.tutor.address, coordinator.address}
    holder = answers_question(token)
    holder.opens(token)

    holder.confirms(token, readable=False)
    texts = texts_leaving(relay)
    assert set(texts) == both
    assert "C’est à vous" in texts[relay.tutor.address] and "C’est à vous" not in texts[coordinator.address]

    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    texts = texts_leaving(relay)
    assert set(texts) == both | {COMPANY_ADDRESS}
    assert "C’est à vous" in texts[relay.tutor.address] and "C’est à vous" not in texts[coordinator.address]
    holder.withdraws_refusal(token)
    assert set(texts_leaving(relay)) == both


def test_once_a_coordinator_has_left_the_tutor_alone_is_told_and_answers(world: World, time: Clock) -> None:
    relay, coordinator, team, token = sent_by_a_coordinator(world)
    holder = answers_question(token)
    holder.opens(token)
    closing.close(team, coordinator.id, now=clock.utc_now())
    texts_leaving(relay)

    holder.declines(token, Reason.NO_HOST_AVAILABLE)
    assert set(texts_leaving(relay)) == {relay.tutor.address, COMPANY_ADDRESS}
    finishes(relay)
    assert COMPANY_ADDRESS in texts_leaving(relay)
    answering = {str(mail["Reply-To"]) for mail in world.mails()[-2:] if str(mail["To"]) == COMPANY_ADDRESS}
    assert answering == {relay.tutor.address}


def test_a_buyer_who_read_herself_is_not_told_as_the_company(world: World, time: Clock) -> None:
    relay, holder, token = sent_to_the_buyer(world)

    holder.confirms(token, readable=False)
    text = texts_leaving(relay)[relay.tutor.address]
    assert "L’acheteur n’a pas pu lire" in text and "l’entreprise n’a rien reçu" in text

    holder.confirms(token)
    text = texts_leaving(relay)[relay.tutor.address]
    assert "L’entreprise n’a rien reçu par cet envoi." in text and "envoyez les documents" in text
    assert "C’est à elle de proposer" not in text


def test_a_buyer_is_told_the_end_once_and_never_as_the_company(world: World, time: Clock) -> None:
    relay, holder, _ = sent_to_the_buyer(world)
    texts_leaving(relay)
    before = len(world.mails())

    finishes(relay)
    relay.mailer_runs()

    [mail] = [mail for mail in world.mails()[before:] if str(mail["To"]) == holder.address]
    assert "supprimez-la" in mail_rules.read_body(mail, "plain") and "chez vous" not in mail_rules.read_body(
        mail, "plain"
    )


def test_a_colleague_of_the_buyers_who_held_the_link_is_told_the_end_in_words_for_her(
    world: World, time: Clock
) -> None:
    relay, buyer = sending_changes.with_buyer(world)
    offer = relay.head().contract.organisation
    colleague = factories.account(Role.BUYER, address="c.achats@agents.example", organisation=offer)
    add_records(colleague)
    token = relay.sends(recipient=colleague.address)
    answers_question(token, colleague.address).opens(token)
    finishes(relay)

    texts = texts_leaving(relay)

    assert set(texts) == {buyer, colleague.address}
    assert "chez vous" not in texts[colleague.address] and "Votre accueil" not in texts[colleague.address]
    assert "supprimez maintenant toutes les copies" in texts[colleague.address]


@pytest.mark.parametrize("opened", [False, True])
def test_a_link_that_closes_is_said_to_be_opened_only_if_it_was(
    relay: Relay, time: Clock, opened: bool
) -> None:
    token = relay.sends()
    if opened:
        answers_question(token).opens(token)
    texts_leaving(relay)

    for n in range(20):
        with pytest.raises(RelayError):
            Browser("x@y.example").proves(token, f"a{n}@y.example")
        if n % 5 == 4:
            time.passes(minutes=16)

    text = texts_leaving(relay)[relay.tutor.address]
    assert "Plusieurs réponses n’étaient pas les bonnes" in text
    assert ("rien n’a été ouvert" in text) is not opened and ("Il avait été ouvert" in text) is opened


def test_documents_that_wait_for_another_reader_are_not_said_to_be_erased(relay: Relay) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    adds(holder, token)
    texts_leaving(relay)

    holder.confirms(token)
    text = texts_leaving(relay)[relay.tutor.address]
    assert "restent là" in text and "effaçons" not in text

    colleague = answers_question(relay.tokens()[-1], COLLEAGUE)
    colleague.opens(relay.tokens()[-1])
    colleague.confirms(relay.tokens()[-1])
    assert "effaçons" in texts_leaving(relay)[relay.tutor.address]
