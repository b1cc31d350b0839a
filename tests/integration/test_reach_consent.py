"""Who may agree to an address that a recipient named: who sealed, wherever the parcours went. And whose a plus-address is."""

import html

import pytest

from chalicelib import clock
from chalicelib.domain.accounts import managing as decisions
from chalicelib.domain.accounts.managing import Invitation, Profile
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import FieldInvalid, NotYours, SealerAlone
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import outcomes, parcours
from chalicelib.stories.accounts import closing
from chalicelib.stories.accounts import managing as managing_stories
from chalicelib.stories.documents import passing
from chalicelib.stories.kit import accompanying
from chalicelib.stories.parcours import Assignment
from tests.conftest import Clock
from tests.support import factories, http, mail_rules, people, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import OTHER, answers_question, colleague_named, passes
from tests.support.people import Cast
from tests.support.relays import Relay
from tests.support.worlds import World


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    """One account of each kind."""
    return people.cast()


@pytest.fixture
def relay(world: World, cast: Cast) -> Relay:
    """A parcours that the cast's tutor has taken."""
    return relays.takes(world, cast.tutor)


def texts(world: World, to: str) -> list[str]:
    """The texts of the mails to this address."""
    mails = [mail for mail in world.mails() if str(mail["To"]) == to]
    return [
        f"{mail['Subject']}\n{mail_rules.read_body(mail, 'plain')}".replace("\u00a0", " ") for mail in mails
    ]


def waits(relay: Relay) -> tuple[str, str]:
    """A recipient names a colleague at another domain; return her token and the link that waits for consent."""
    token = relay.sends()
    passes(answers_question(token), token, colleague_named(OTHER))
    relay.mailer_runs()
    return token, relay.link().asked_link or ""


def test_only_who_sealed_agrees_after_a_handover(world: World, cast: Cast, relay: Relay) -> None:
    _, waiting = waits(relay)
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    assert relay.head().tutor == cast.colleague.id

    for person in (cast.colleague, cast.coordinator):
        with pytest.raises(SealerAlone):
            passing.answer(person, relay.parcours_id, waiting, agrees=True, now=clock.utc_now())
    with pytest.raises(NotYours):
        passing.answer(cast.team, relay.parcours_id, waiting, agrees=True, now=clock.utc_now())
    relay.mailer_runs()
    assert OTHER not in relay.mailed_to()

    passing.answer(cast.tutor, relay.parcours_id, waiting, agrees=True, now=clock.utc_now())
    relay.mailer_runs()
    assert relay.mailed_to().count(OTHER) == 1


def test_a_colleague_whose_link_left_after_a_handover_is_reminded_by_who_wrote_to_them(
    world: World, cast: Cast, relay: Relay, time: Clock
) -> None:
    _, waiting = waits(relay)
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    passing.answer(cast.tutor, relay.parcours_id, waiting, agrees=True, now=clock.utc_now())
    relay.mailer_runs()
    time.passes(days=3)

    outcomes.remind(cast.colleague, relay.parcours_id, now=clock.utc_now())
    relay.mailer_runs()

    assert "Je vous ai écrit" in texts(world, OTHER)[-1]


def test_who_sealed_answers_on_a_page_of_her_own_when_the_parcours_is_not_hers_any_more(
    world: World, cast: Cast, relay: Relay
) -> None:
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.tutor.id), now=clock.utc_now())
    _, waiting = waits(relay)
    question = texts(world, cast.tutor.address)[-1]
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    path = f"/parcours/{relay.parcours_id}"
    sealer, successor = http.signed_in(cast.tutor), http.signed_in(cast.colleague)

    assert f"{path}/collegue" in question
    assert sealer.get(path).status == 404
    page = html.unescape(sealer.get(f"{path}/collegue").text)
    assert OTHER in page and "Accepter cette adresse" in page
    theirs = html.unescape(successor.get(path).text)
    assert f"<b>{cast.tutor.name}</b>, peut accepter" in theirs and "Accepter cette adresse" not in theirs
    assert successor.get(f"{path}/collegue").headers["location"] == path

    refused = successor.post_form(f"{path}/collegue", {"geste": "accorder", "lien": waiting})
    done = sealer.post_form(f"{path}/collegue", {"geste": "accorder", "lien": waiting})

    assert refused.status == 403 and "Seule la personne qui a envoyé" in html.unescape(refused.text)
    assert (done.status, done.headers["location"]) == (303, f"{path}/collegue?fait=collegue")
    assert "Le lien part" in html.unescape(sealer.get(done.headers["location"]).text)


def test_when_who_sealed_is_gone_nobody_agrees_and_the_page_says_what_to_do(
    world: World, cast: Cast, relay: Relay
) -> None:
    token = relay.sends()
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    closing.close(cast.team, cast.tutor.id, now=clock.utc_now())
    passes(answers_question(token), token, colleague_named(OTHER))
    relay.mailer_runs()
    waiting = relay.link().asked_link or ""

    for person in (cast.colleague, cast.coordinator):
        with pytest.raises(SealerAlone):
            passing.answer(person, relay.parcours_id, waiting, agrees=True, now=clock.utc_now())
    page = html.unescape(http.signed_in(cast.colleague).get(f"/parcours/{relay.parcours_id}").text)
    assert "Retirez l’envoi, puis refaites-le à la bonne adresse" in page
    assert any("retirez cet envoi, puis refaites-le" in text for text in texts(world, cast.colleague.address))
    passing.answer(cast.colleague, relay.parcours_id, waiting, agrees=False, now=clock.utc_now())
    assert relay.link().asked is None


def test_the_notice_of_each_sending_goes_to_who_sealed_after_a_handover_too(
    world: World, cast: Cast, relay: Relay
) -> None:
    token = relay.sends()
    parcours.assign(cast.team, relay.parcours_id, Assignment(cast.colleague.id), now=clock.utc_now())
    passes(answers_question(token), token)
    relay.mailer_runs()

    notices = [
        text for text in texts(world, cast.tutor.address) if "j.roy@jardins.entreprise.example" in text
    ]
    assert len(notices) == 1


def test_a_plus_address_of_the_team_is_the_teams(world: World, cast: Cast, relay: Relay) -> None:
    local, _, domain = cast.team.address.partition("@")

    for spelling in (f"{local}+cv@{domain}", f"{local.upper()}+A+B@{domain}"):
        with pytest.raises(FieldInvalid) as refused:
            relay.announces(recipient=spelling)
        assert refused.value.facts == {"field": "destinataire", "reason": "team_address"}
    token = relay.sends()
    with pytest.raises(FieldInvalid) as refused:
        passes(answers_question(token), token, colleague_named(f"{local}+cv@{domain}"))
    assert refused.value.facts == {"field": "adresse", "reason": "team_address"}
    assert accompanying.is_team_address(UnitOfWork(), f"{local}+cv@{domain}")


@pytest.mark.parametrize("whose", ["buyer", "recipient"])
def test_a_plus_address_is_its_mailboxs_for_colleagues_too(
    world: World, cast: Cast, relay: Relay, whose: str
) -> None:
    token = relay.sends()
    local, _, domain = (cast.buyer.address if whose == "buyer" else COMPANY_ADDRESS).partition("@")

    with pytest.raises(FieldInvalid) as refused:
        passes(answers_question(token), token, colleague_named(f"{local}+x@{domain}"))
    assert refused.value.facts["reason"] == ("buyer_address" if whose == "buyer" else "own_address")


def test_no_team_account_has_a_plus_address(world: World, cast: Cast) -> None:
    """A team address with a tag (`a+b@…`) is refused: another tag of its mailbox would not be recognised as the team's."""
    profile = Profile(name="Karim Solenne", function="équipe", roles=frozenset({Role.TEAM}))
    tutor, tagged = factories.account(address="t+a@academie.example"), "equipe+a@organisme.example"

    for act in (
        lambda: decisions.create_first(tagged, "K", key="c" * 32, address_owner=None, now=clock.utc_now()),
        lambda: managing_stories.invite(
            cast.team, Invitation(profile, tagged, key="c" * 32, reopen=False), now=clock.utc_now()
        ),
        lambda: decisions.edit(
            cast.team, tutor, profile, seen=decisions.hash_profile(tutor), parcours_followed=0
        ),
    ):
        with pytest.raises(FieldInvalid) as refused:
            act()
        assert refused.value.facts == {"field": "adresse", "reason": "team_plus"}
