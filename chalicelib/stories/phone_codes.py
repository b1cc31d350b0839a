"""The code that is given by telephone: drawn from KMS, compared by KMS, never stored."""

import hmac

from chalicelib.domain import phone_code
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.signing_in import code_digits
from chalicelib.stores import keys, relay


def check_value(deposit_id: str) -> str:
    """What is kept of the code of a deposit: a MAC, 64 hex characters."""
    return _check(deposit_id, _digits(deposit_id))


def shown(deposit_id: str) -> str | None:
    """The six digits, for the sender who has just announced this deposit; None when there is none to show (any more)."""
    stands = relay.deposit(deposit_id)
    return _digits(deposit_id) if stands is not None and phone_code.is_shown(stands) else None


def is_right(deposit_id: str, deposit: Deposit | None, typed: str) -> bool:
    """Whether these six digits are the code of this deposit.

    The kept value goes when the documents are opened; a second link, a new version and the link's later life still ask for
    the code, which is then derived once more.
    """
    kept = deposit.contents.code_check if deposit is not None and deposit.contents is not None else None
    return hmac.compare_digest(_check(deposit_id, typed), kept or check_value(deposit_id))


def _digits(deposit_id: str) -> str:
    return code_digits(keys.code_mac(phone_code.message(deposit_id)), phone_code.DIGITS)


def _check(deposit_id: str, digits: str) -> str:
    return keys.code_mac(phone_code.check_message(deposit_id, digits)).hex()
