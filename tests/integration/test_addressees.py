"""The index of addressees: it leads from an address to the links that were mailed to it, and to nothing else."""

import pytest

from chalicelib.domain.kernel.values import Role
from chalicelib.stores import aws, keys, relay_table
from tests.faults import sending_changes
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import COLLEAGUE, OTHER, adds, agrees, answers_question, colleague_named, passes
from tests.support.relays import Relay
from tests.support.worlds import World


def find_links(address: str) -> set[str]:
    """Return the ids of the links that an address leads to."""
    return {entry.link for entry in relay_table.list_addressees(keys.compute_address_mac(address))}


def list_entries(world: World) -> list[str]:
    """Return the keys of all entries of the index."""
    return [item["pk"] for item in world.table("RELAY_TABLE") if item["pk"].startswith("addressee#")]


def test_a_link_that_left_is_found_by_its_recipients_address(relay: Relay) -> None:
    relay.sends()

    assert find_links(COMPANY_ADDRESS) == {relay.link().id}
    assert find_links(COMPANY_ADDRESS.upper()) == {relay.link().id}
    assert find_links("autre@entreprise.example") == set()


def test_an_accented_domain_is_found_however_it_is_written(relay: Relay) -> None:
    relay.sends(recipient="rh@société.example")

    assert find_links("RH@xn--socit-esab.example") == find_links("rh@société.example") == {relay.link().id}


def test_a_link_whose_mail_waits_yet_is_not_found(relay: Relay) -> None:
    relay.announces()
    relay.uploads()
    relay.is_inspected()

    assert find_links(COMPANY_ADDRESS) == set()


def test_all_links_to_one_address_are_found_together(world: World) -> None:
    first = relays.started(world)
    second = relays.started(world, factories.account(Role.TUTOR))
    first.sends()
    second.sends()

    assert find_links(COMPANY_ADDRESS) == {first.link().id, second.link().id}


def test_a_link_that_is_sent_again_is_found_once(relay: Relay, world: World) -> None:
    relay.sends()
    sending_changes.resends(relay)
    relay.mailer_runs()

    assert relay.link().version == 2
    assert len(relay_table.list_addressees(keys.compute_address_mac(COMPANY_ADDRESS))) == 1


def test_a_colleagues_link_is_found_by_the_colleagues_address_alone(relay: Relay) -> None:
    token = relay.sends()
    passes(answers_question(token), token)
    relay.mailer_runs()

    assert find_links(COLLEAGUE) == {relay.link().id}
    assert find_links(COMPANY_ADDRESS).isdisjoint(find_links(COLLEAGUE))


def test_a_colleague_who_waits_for_consent_is_not_found_before_the_tutor_agrees(relay: Relay) -> None:
    token = relay.sends()
    passes(answers_question(token), token, colleague_named(OTHER))
    relay.mailer_runs()
    before = find_links(OTHER)
    agrees(relay)
    relay.mailer_runs()

    assert (before, len(find_links(OTHER))) == (set(), 1)


def test_erasing_everything_on_request_leaves_no_entry(relay: Relay, world: World) -> None:
    token = relay.sends()
    adds(answers_question(token), token)
    relay.mailer_runs()
    assert len(list_entries(world)) == 2
    sending_changes.erases(relay)

    assert list_entries(world) == []
    sending_changes.erases(relay)  # pressed twice


def test_who_has_the_tables_cannot_try_addresses_on_the_index(relay: Relay, world: World) -> None:
    """The digest is a MAC: a plain hash would tell whoever reads the tables who gets documents."""
    relay.sends()
    other = aws.kms().create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODE_KEY", other["KeyMetadata"]["KeyId"])
        assert find_links(COMPANY_ADDRESS) == set(), "the digest depends on the key"

    assert find_links(COMPANY_ADDRESS) == {relay.link().id}
    assert COMPANY_ADDRESS not in str(list_entries(world))
