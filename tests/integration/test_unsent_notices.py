"""Where a message could not be sent, who accompanies is told whom to call: by name, address and number, and nobody else."""

import pytest

from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.domain.kernel.values import Role
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.mails import notices
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, mail_rules, relays
from tests.support.relays import Relay
from tests.support.worlds import World


def unsent(relay: Relay, time: Clock, asks: Role, link: str | None = None) -> tuple[str, str]:
    """Write the notice that a message to this side (``asks``) could not be sent; return who gets the answers to it, and its
    text.
    """
    reason = Reason.COPIES_NOT_SENT if asks is not Role.TUTOR else Reason.HANDOVER_NOT_SENT
    mail = notices.write(
        UnitOfWork(),
        OutboxMail(
            key="c" * 32,
            kind=MailKind.UNSENT_NOTICE,
            created_at=time.now,
            parcours=relay.parcours_id,
            link=link,
            asks=asks,
            reason=reason,
        ),
    )
    assert mail is not None and mail["To"] == relay.tutor.address
    return str(mail["Reply-To"]), mail_rules.read_body(mail, "plain")


def test_the_holder_of_the_link_is_called_for_the_company(relay: Relay, time: Clock) -> None:
    """When the message to the company was not sent, the notice names the holder of the link."""
    relay.sends(recipient="j.roy@chantier.example")

    answers, text = unsent(relay, time, Role.COMPANY, relay.link().id)

    assert answers == "j.roy@chantier.example" and "chantier.example" in text


def test_without_a_link_who_is_invited_of_the_record_is_called(relay: Relay, time: Clock) -> None:
    """When there is no link, the notice names the contact of the record who is invited."""
    contact = relay.head().company.contacts[0]

    answers, text = unsent(relay, time, Role.COMPANY)

    assert answers == contact.address and f"{contact.name}\u00a0: {contact.address}" in text


def test_the_buyer_is_called_for_the_buyer_even_where_a_link_is_unconfirmed(
    world: World, time: Clock
) -> None:
    """When the message to the buyer was not sent, the notice names the buyer, though a link is with the company."""
    relay, buyer = sending_changes.with_buyer(world)
    relay.sends()

    answers, text = unsent(relay, time, Role.BUYER, relay.link().id)

    assert answers == buyer and buyer in text and "à l’acheteur" in text


@pytest.mark.parametrize("sent", [False, True])
def test_nobody_of_the_company_is_called_for_a_former_tutor(world: World, time: Clock, sent: bool) -> None:
    """When the message to a former tutor was not sent, the notice names nobody of the company; answers go to the help address."""
    relay = relays.started(world, also=(factories.account(),))
    if sent:
        relay.sends()

    answers, text = unsent(relay, time, Role.TUTOR, relay.link().id if sent else None)

    assert answers == "aide@passe-plat.example" and "c’est écrire à" not in text
