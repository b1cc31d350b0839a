"""The telephoned code: six digits that the sender says on the telephone, beside the mail (design §4, « Proof »).

It is derived by KMS from the deposit, so that a repeat shows the same one; what is kept is a MAC of it, which tells the code to
nobody who has no right to the key.
"""

import re

from chalicelib.domain.deposit import Deposit, DepositState
from chalicelib.errors import FieldInvalid

DIGITS = 6
"""Fewer than the code of a sign-in: twenty wrong answers end the link, whose token is a secret of its own."""
SIX_DIGITS = re.compile(r"[0-9]{6}")
SPACES = str.maketrans("", "", " \u00a0\u202f")
"""As people type « 123 456 »."""


def message(deposit: str) -> str:
    """What KMS turns into the code."""
    return f"telephone|{deposit}"


def check_message(deposit: str, digits: str) -> str:
    """What KMS turns into the value that a typed code is compared by."""
    return f"telephone-preuve|{deposit}|{digits}"


def typed(answer: str) -> str:
    """The six digits of an answer.

    Raises:
        FieldInvalid: it holds something else.
    """
    digits = answer.translate(SPACES)
    if not SIX_DIGITS.fullmatch(digits):
        raise FieldInvalid("code", "phone_code")
    return digits


def is_shown(deposit: Deposit) -> bool:
    """Whether the sender may still see the code: until the documents have arrived."""
    wanted = deposit.contents is not None and deposit.contents.code_check is not None
    return wanted and deposit.state is DepositState.EXPECTED
