"""Who may send, to whom, and how much in a day."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import DepositConflict, FieldInvalid, NotFound, NotYours, TooMany
from chalicelib.stores import parcours_table
from chalicelib.stories.documents import sending
from chalicelib.stories.documents.sending import Announcement
from chalicelib.stories.kit import quotas
from tests.conftest import Clock
from tests.support import factories, relays
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record


def _asks(sender: Account, parcours_id: str, asked: Announcement) -> None:
    """Announce this as the sender."""
    sending.open_deposit(sender, parcours_id, asked, now=clock.utc_now())


def _known(account: Account) -> Account:
    """Store an account."""
    add_records(account)
    return account


def test_anothers_parcours_is_not_found(relay: Relay) -> None:
    asked = factories.sealed().build_announcement()
    elsewhere = {"academie": "Lyon"}
    strangers = [
        factories.account(),
        factories.account(Role.COORDINATOR, **elsewhere),
        factories.account(Role.BUYER, organisation="Ministère des Autres Ouvrages"),
        replace(factories.account(), closed_at=clock.utc_now()),
    ]
    for stranger in strangers:
        with pytest.raises(NotFound):
            _asks(_known(stranger), relay.parcours_id, asked)
    with pytest.raises(NotFound):
        _asks(relay.tutor, "0" * 32, asked)
    assert relay.head().live_deposit is None


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRESCRIBER, Role.TEAM])
def test_whoever_only_follows_sends_nothing(relay: Relay, role: Role) -> None:
    with pytest.raises(NotYours):
        _asks(_known(factories.account(role)), relay.parcours_id, factories.sealed().build_announcement())


def test_the_coordinator_sends_in_the_place_of_the_tutor(relay: Relay) -> None:
    relay.tutor = _known(factories.account(Role.COORDINATOR))

    assert relay.sends()
    sent = parcours_table.read_page(relay.parcours_id).events
    assert sent[2].kind is EventKind.DEPOSIT_OPENED and sent[2].actor is Role.COORDINATOR


@pytest.mark.parametrize("spelling", [str, str.upper, "  {}  ".format])
def test_the_team_is_never_a_recipient(relay: Relay, spelling: Callable[[str], str]) -> None:
    team = _known(factories.account(Role.TEAM))

    with pytest.raises(FieldInvalid) as refused:
        relay.announces(recipient=spelling(team.address))

    assert refused.value.facts == {"field": "destinataire", "reason": "team_address"}
    assert relay.head().live_deposit is None


def test_a_recipient_is_kept_in_its_one_written_form(relay: Relay) -> None:
    document = relay.announces(recipient="  N.Bellanger@JARDINS.Entreprise.example ")

    relay.announces(document, "N.Bellanger@jardins.entreprise.example")  # the same, said otherwise

    contents = relay.deposit().contents
    assert contents is not None and contents.recipient == "N.Bellanger@jardins.entreprise.example"


def test_one_account_opens_thirty_deposits_a_day(world: World, time: Clock) -> None:
    time.now = time.now.replace(hour=12)
    relay = relays.started(world)
    for _ in range(quotas.SENDING.most):
        document = relay.announces()
        head = relay.head()
        change_record(head, replace(head, live_deposit=None, arriving=None))

    with pytest.raises(TooMany) as refused:
        _asks(relay.tutor, relay.parcours_id, factories.sealed().build_announcement())
    seconds = refused.value.facts["retry_after_seconds"]
    assert isinstance(seconds, int) and seconds <= 12 * 3600
    relay.announces(document)  # renewing costs nothing
    colleague = relays.started(world)
    colleague.announces()
    time.passes(days=1)
    relay.announces()


def test_a_refused_announcement_does_not_count_against_the_daily_limit(relay: Relay, world: World) -> None:
    relay.announces()
    for _ in range(3):
        with pytest.raises(DepositConflict):
            _asks(relay.tutor, relay.parcours_id, factories.sealed().build_announcement())

    used = [item["used"] for item in world.table("RELAY_TABLE") if item["pk"].startswith("count#deposit")]
    assert used == [1]
