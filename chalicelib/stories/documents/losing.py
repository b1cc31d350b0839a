"""Ask for a message that is lost: every living link of an address is mailed there again."""

from contextlib import suppress
from datetime import datetime

from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel import address
from chalicelib.errors import KeyUsed
from chalicelib.stores import functions, keys
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.kit import quotas
from chalicelib.stories.kit.deciding import decision_inputs


@story
def ask_for_message(work: UnitOfWork, typed: str, *, source: str, now: datetime) -> None:
    """Queue the mail that gives the links of an address again, once a day, whether anything was ever mailed there or not.

    Nothing is looked up here: only the mailer learns whether there is a link. So the answer and its calls are the same for every
    address, and the mail goes where the link says, never to what was typed.
    Args:
        source: the IP address of the request.
    Raises:
        FieldInvalid: ``adresse`` is no e-mail address. TooMany: the source has asked too often today.
    """
    address_mac = keys.compute_address_mac(address.normalise(typed, "adresse"))
    step = mailing.ask_for_message(address_mac, decision_inputs(now))
    with suppress(KeyUsed):
        work.commit(step + quotas.use_lost_message(address_mac, source, now))
    functions.wake_mailer(step.mail_keys)
