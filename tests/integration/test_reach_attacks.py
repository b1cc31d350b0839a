"""Nobody leads a live document elsewhere: the attacks of a team member and of the thief of a tutor's session, played through."""

from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.managing import Invitation, Profile
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.record import ContactAnswer
from chalicelib.errors import RecipientDoubtful, RelayError
from chalicelib.stories import parcours, record
from chalicelib.stories.accounts import managing
from chalicelib.stories.documents import sending
from chalicelib.stories.documents.passing import REPLACES, Named
from chalicelib.stories.documents.sending import Announcement
from chalicelib.stories.parcours import Assignment
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, people, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import answers_question, passes
from tests.support.relays import Relay
from tests.support.worlds import World

BUYER = "a.acheteuse@ministere.example"
LOOK_ALIKE = "n.bellanger@jardlns.entreprise.example"
THIEF = "voleur@messagerie.example"
KEY = "c" * 32


@pytest.fixture
def team() -> Account:
    """Somebody of the team, who attacks."""
    return factories.account(Role.TEAM)


@pytest.fixture
def relay(world: World, time: Clock, team: Account) -> Relay:
    """A parcours whose buyer may pass links on."""
    buyer = factories.account(Role.BUYER, address=BUYER)
    return relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer, team))


def corrects(person: Account, relay: Relay, to: str) -> None:
    """Change the one contact of the company on the page of contacts."""
    changed = replace(relay.head().company.contacts[0], address=to)
    record.set_contact(
        person,
        relay.parcours_id,
        ContactAnswer(Interlocutor.ANSWERS_TENDER, changed, seen=relay.head().edited, reached=True),
        now=clock.utc_now(),
    )


def buyer_passes_on(token: str, to: str) -> None:
    """The buyer passes the link on to the contact that her page shows."""
    passes(answers_question(token, BUYER), token, Named(mode=REPLACES, contact=0, hint=address.mask(to)))


def invites_tutor(team: Account, to: str) -> Account:
    """Invite somebody of this address as a tutor of Dijon; return the new account."""
    roles = frozenset({Role.TUTOR})
    profile = Profile(name="Claude Faux", function="tutrice MLDS", roles=roles, academie="Dijon")
    managing.invite(team, Invitation(profile, to, key=KEY, reopen=False), now=clock.utc_now())
    return people.find_account(to)


def test_the_thief_of_a_tutors_session_corrects_a_contact_and_the_buyers_pass_on_does_not_follow(
    relay: Relay,
) -> None:
    token = relay.sends(recipient=BUYER)

    corrects(relay.tutor, relay, LOOK_ALIKE)
    with pytest.raises(RelayError) as refused:
        buyer_passes_on(token, LOOK_ALIKE)
    relay.mailer_runs()

    assert refused.value.code == "field_invalid"
    assert LOOK_ALIKE not in relay.mailed_to()


def test_a_tutor_whom_the_team_invented_steers_nothing_that_was_handed_to_her(
    relay: Relay, team: Account
) -> None:
    """The team hands a live sending over to a false tutor: the contact that she puts into the record gets nothing."""
    token = relay.sends(recipient=BUYER)

    fake = invites_tutor(team, THIEF)
    parcours.assign(team, relay.parcours_id, Assignment(fake.id), now=clock.utc_now())
    corrects(fake, relay, "accueil@voleur.example")
    with pytest.raises(RelayError) as refused:
        buyer_passes_on(token, "accueil@voleur.example")
    relay.mailer_runs()

    assert refused.value.code == "field_invalid"
    assert "accueil@voleur.example" not in relay.mailed_to()
    assert relay.tokens() == [token]


@pytest.mark.parametrize("with_account", [False, True])
def test_a_buyer_whom_the_team_changed_before_the_sealing_raises_a_doubt(
    world: World, time: Clock, team: Account, with_account: bool
) -> None:
    named = BuyerContact(name="Odile Ramain", address=BUYER)
    relay = relays.started(world, offer=factories.offer(buyer_contact=named), also=(team,))
    if with_account:
        roles = frozenset({Role.BUYER})
        profile = Profile(name="F", function="achats", roles=roles, organisation="Ministère des Ouvrages")
        managing.invite(team, Invitation(profile, THIEF, key=KEY, reopen=False), now=clock.utc_now())
    record.set_contact(
        team,
        relay.parcours_id,
        ContactAnswer(
            Interlocutor.BUYER, replace(named, address=THIEF), seen=relay.head().edited, reached=False
        ),
        now=clock.utc_now(),
    )

    with pytest.raises(RecipientDoubtful) as refused:
        asked = factories.sealed().build_announcement(THIEF)
        sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())

    assert "undeclared" in refused.value.facts["doubts"]  # type: ignore[operator]


def test_what_a_thief_seals_in_her_session_ends_no_doubt(relay: Relay) -> None:
    """A sending to a look-alike address, confirmed by the thief of a tutor's session, does not make that address or its contact
    trusted afterwards.
    """
    corrects(relay.tutor, relay, LOOK_ALIKE)
    relay.sends(recipient=LOOK_ALIKE)  # a document of the thief's own, confirmed
    sending_changes.revokes(relay)

    with pytest.raises(RecipientDoubtful):
        asked = factories.sealed().build_announcement(LOOK_ALIKE)
        sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())


def test_what_the_record_became_since_the_doubt_was_shown_is_asked_anew(relay: Relay, team: Account) -> None:
    """A confirmation holds for what the question showed (``shown``): without it, or once the record has changed, the question
    comes again.
    """
    corrects(team, relay, LOOK_ALIKE)
    document = factories.sealed()

    def announces(asked: Announcement) -> str:
        with pytest.raises(RecipientDoubtful) as refused:
            sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())
        return str(refused.value.facts["shown"])

    asked = document.build_announcement(LOOK_ALIKE)
    shown = announces(asked)
    assert announces(replace(asked, confirmed=True)) == shown, "a confirmation without what was shown"
    corrects(team, relay, COMPANY_ADDRESS)
    corrects(team, relay, LOOK_ALIKE)
    again = announces(replace(asked, confirmed=True, shown=shown))

    asked = replace(asked, confirmed=True, shown=again)
    assert sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())
