"""E-mail addresses: one written form, one way to compare, and a hint that gives no mailbox away."""

import hashlib
import re

import pytest

from chalicelib.domain.kernel import address
from chalicelib.errors import FieldInvalid

KEPT = {
    "n.bellanger@jardins.example": "n.bellanger@jardins.example",
    "  n.bellanger@jardins.example\u00a0": "n.bellanger@jardins.example",
    "N.Bellanger@JARDINS.Example": "N.Bellanger@jardins.example",
    "o'brien+cv@a.example": "o'brien+cv@a.example",
    "a@xn--mnchen-3ya.example": "a@münchen.example",
    "a@é.example": "a@é.example",
    "a" * 64 + "@a.example": "a" * 64 + "@a.example",
}
REFUSED = [
    "", " ", "a", "@", "a@", "@a.example", "a@a", "a@localhost", "a@@a.example", "a b@a.example", "a@a .example",
    "a@a..example", ".a@a.example", "a.@a.example", "a@-a.example", "a@[127.0.0.1]", '"a b"@a.example', "Ana <a@a.example>",
    "a@a.example, b@a.example", "a@a.example;b@a.example", "a@a.example\r\nBcc: b@a.example", "a\n@a.example",
    "a\0@a.example", "a@a.example\u200b", "\u202ea@a.example", "a@a.example%00", "mailto:a@a.example", "a(b)@a.example",
    "a@" + "a" * 64 + ".example", "a@" + "a." * 130 + "example", "x" * 255, "🎓", "a@🎓.example",
    "\ud800@a.example",
]  # fmt: skip


@pytest.mark.parametrize("typed", KEPT)
def test_an_address_has_one_written_form(typed: str) -> None:
    assert address.normalise(typed, "adresse") == KEPT[typed]
    assert address.normalise(KEPT[typed], "adresse") == KEPT[typed], "and keeps it"


@pytest.mark.parametrize("typed", REFUSED, ids=[ascii(typed[:24]) for typed in REFUSED])
def test_what_is_no_plain_address_is_refused_and_names_its_field(typed: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        address.normalise(typed, "destinataire")

    assert refused.value.facts == {"field": "destinataire", "reason": "address"}
    assert str(refused.value) == "field_invalid", "nothing of what was typed"


def test_no_accepted_address_can_start_a_header_or_a_second_recipient() -> None:
    for typed in KEPT:
        assert not re.search(r'[\s\x00-\x1f,;<>"\\]', address.normalise(typed, "adresse"))


@pytest.mark.parametrize(
    ("spelling", "other"),
    [
        ("N.Bellanger@jardins.example", "n.bellanger@JARDINS.example"),
        ("a@münchen.example", "a@xn--mnchen-3ya.example"),
        ("a@e\u0301.example", "a@é.example"),
    ],
)
def test_two_spellings_of_one_mailbox_are_equal(spelling: str, other: str) -> None:
    first, second = (address.normalise(typed, "adresse") for typed in (spelling, other))

    assert address.fold(first) == address.fold(second)
    assert address.hash_folded(first) == address.hash_folded(second)


def test_different_mailboxes_differ() -> None:
    mailboxes = ["a@a.example", "b@a.example", "a@b.example", "a+x@a.example", "a.@a.example"]

    assert len({address.hash_folded(mailbox) for mailbox in mailboxes}) == len(mailboxes)


ACCENTED = [
    "élodie@a.example",
    "e\u0301lodie@a.example",
    "n.bellanger.élodie+cv@jardins.example",
    "a’b@a.example",
]


@pytest.mark.parametrize("typed", ACCENTED, ids=ascii)
def test_a_mailbox_with_an_accent_is_refused_in_words_of_its_own(typed: str) -> None:
    """A mailbox name with an accent is refused with its own sentence: SES speaks no SMTPUTF8, so that such a mail would never
    leave.
    """
    with pytest.raises(FieldInvalid) as refused:
        address.normalise(typed, "destinataire")

    assert refused.value.facts == {"field": "destinataire", "reason": "accented_address"}


def test_an_accented_domain_is_punycode_on_the_wire() -> None:
    assert address.encode_domain("N.B+cv@münchen.example") == "N.B+cv@xn--mnchen-3ya.example"
    assert address.encode_domain("N.B@a.example") == "N.B@a.example"
    assert address.encode_domain("n@große.example") == "n@xn--groe-xna.example"


def test_two_domains_that_fold_alike_are_never_the_same_mailbox() -> None:
    """« grosse » and « große », which casefold alike, are domains of two owners and never compared as equal."""
    first, other = "a@grosse.example", "a@große.example"

    assert address.fold(first) != address.fold(other)
    assert address.hash_folded(first) != address.hash_folded(other)
    assert address.fold_mailbox(first) != address.fold_mailbox(other)


def test_what_a_token_is_tied_to_is_the_address_to_the_letter() -> None:
    first, other = "a@grosse.example", "A@grosse.example"

    assert address.hash_folded(first) == address.hash_folded(other)
    assert address.hash_exact(first) != address.hash_exact(other)
    assert address.bind_recipient("salt", first) != address.bind_recipient("salt", other)


def test_digests_are_what_they_say() -> None:
    """Digests of addresses are compared with written values, since links that were mailed depend on them for 60 days."""
    bound = hashlib.sha256(b"N.B@a.example").hexdigest()

    assert address.hash_folded("N.B@a.example") == hashlib.sha256(b"n.b@a.example").hexdigest()
    assert address.hash_exact("N.B@a.example") == bound
    assert (
        address.bind_recipient("00ff", "N.B@a.example") == hashlib.sha256(f"00ff{bound}".encode()).hexdigest()
    )


def test_the_salt_changes_what_kms_sees() -> None:
    assert len({address.bind_recipient(salt, "a@a.example") for salt in ("", "a", "b")}) == 3


@pytest.mark.parametrize(
    ("full", "hint"),
    [
        ("n.bellanger@jardins.example", "n•••@jardins.example"),
        ("a@a.example", "a•••@a.example"),
        ("a@é.example", "a•••@é.example"),
    ],
)
def test_a_hint_shows_the_domain_and_one_letter(full: str, hint: str) -> None:
    assert address.mask(full) == hint


def test_a_hint_tells_nothing_of_the_length() -> None:
    assert len(address.mask("a@a.example")) == len(address.mask("a" * 60 + "@a.example"))
