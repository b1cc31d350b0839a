"""Normalise, compare, hash and hint at e-mail addresses.

The library that reads them is loaded when one is read: most starts compare and hash alone, and it costs a twentieth of one.
"""

from chalicelib.domain.kernel.texts import hash_text
from chalicelib.errors import FieldInvalid

MAX_CHARACTERS = 254


def normalise(typed: str, field: str) -> str:
    """Read one plain address into its stored form: NFC, domain in lower case, punycode spelt out.

    No display name, quoted part or line break; no accent in the mailbox: the mail service speaks no SMTPUTF8.
    """
    candidate = typed.strip(" \u00a0")
    if not candidate or len(candidate) > MAX_CHARACTERS:
        raise FieldInvalid(field, "address")
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(candidate, check_deliverability=False)
    except EmailNotValidError:
        raise FieldInvalid(field, "address") from None
    if not checked.local_part.isascii():
        raise FieldInvalid(field, "accented_address")
    return checked.normalized


def complete(typed: str, domain: str) -> str:
    """Return what was typed without its spaces, completed by a domain where nothing stands after an « @ »."""
    local, _, typed_domain = "".join(typed.split()).partition("@")
    return f"{local}@{typed_domain or domain}"


def encode_domain(address: str) -> str:
    """Encode an address as mail servers and calendars take it: an accented domain in Punycode."""
    if address.isascii():
        return address
    from email_validator import validate_email

    local, at, domain = address.rpartition("@")
    # The library reads whole addresses only; the mailbox is left as it is.
    return f"{local}{at}{validate_email(f'a@{domain}', check_deliverability=False).ascii_domain}"


def fold(address: str) -> str:
    """Return the form in which addresses are compared: spellings of one mailbox are equal, two domains are not.

    Case is folded in Punycode: « grosse » and « große » fold alike, and have two owners.
    """
    return encode_domain(address).casefold()


def fold_mailbox(address: str) -> str:
    """Return the folded address without the tag of a plus-address: ``equipe+x@…`` reaches ``equipe@…``."""
    local, at, domain = fold(address).rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def list_spellings(address: str) -> tuple[str, ...]:
    """Return the folded addresses under which an account may be reached by this one: its own, and without a tag."""
    return tuple(dict.fromkeys((fold(address), fold_mailbox(address))))


def hash_folded(address: str) -> str:
    """Hash the folded address (SHA-256, 64 hex characters): a typed answer is compared by it."""
    return hash_text(fold(address))


def hash_exact(address: str) -> str:
    """Hash the stored form to the letter (SHA-256, 64 hex characters): a token and a wrapped key are tied to it.

    Not folded: nothing that people would take for the same may pass for it.
    """
    return hash_text(address)


def bind_recipient(salt: str, address: str) -> str:
    """Return SHA-256(salt ‖ SHA-256(address)): the recipient as KMS sees it in the encryption context.

    The salt keeps the context, which audit logs show in clear, from being guessed back into an address. The address is hashed
    first, so that no character can move from one to the other and make another address fit.
    """
    return hash_text(salt + hash_exact(address))


def read_domain(address: str) -> str:
    """Return the domain of an address, in its stored form."""
    return address.rpartition("@")[2]


def mask(address: str) -> str:
    """Mask an address as ``d•••@entreprise.fr``: enough to know which mailbox, not enough to type it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
