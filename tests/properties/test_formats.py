"""Addresses, references, codes and seals: what must hold for any of them, not only for those one thinks of."""

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from chalicelib import seal
from chalicelib.domain.accounts import signing_in
from chalicelib.domain.kernel import address, attempt, deposit
from chalicelib.errors import FieldInvalid, NotAuthentic

LETTERS = st.characters(categories=("Ll", "Lu", "Nd"), max_codepoint=0x7F)
LOCAL = st.text(LETTERS, min_size=1, max_size=20)
DOMAIN = st.from_regex(r"[a-z0-9éçü]{1,10}(-[a-z0-9é]{1,8})?\.(fr|example|com)", fullmatch=True).filter(
    lambda name: not name.startswith("xn--")
)
ADDRESSES = st.builds("{}@{}".format, LOCAL, DOMAIN)
often = settings(max_examples=150, derandomize=True)


def _normal(typed: str) -> str:
    """Return the one written form of an address."""
    return address.normalise(typed, "destinataire")


@often
@given(ADDRESSES)
@example("Zoe@Entreprisé.EXAMPLE")
def test_normalising_an_address_twice_changes_nothing(typed: str) -> None:
    once = _normal(typed)

    assert _normal(once) == once
    assert _normal(f"  {typed}\u00a0") == once
    assert address.hash_folded(once) == address.hash_folded(once.upper()) == address.hash_folded(once.title())


@often
@given(st.text(max_size=300))
@example(" @ ")
@example("a@b.fr\r\nBcc: c@d.fr")
@example("a@b.fr, c@d.fr")
@example('"a b"@c.fr')
def test_any_text_is_one_plain_address_or_refused(typed: str) -> None:
    try:
        written = _normal(typed)
    except FieldInvalid as refused:
        assert refused.facts["reason"] in {"address", "accented_address"}
        return
    assert address.encode_domain(written).isascii()
    assert written.count("@") == 1 and len(written) <= address.MAX_CHARACTERS
    assert not any(character.isspace() or character in ',;<>"' for character in written)
    assert written.isprintable()


@often
@given(ADDRESSES)
def test_a_hint_shows_the_domain_and_one_letter(typed: str) -> None:
    written = _normal(typed)
    local, _, domain = written.rpartition("@")

    shown = address.mask(written)

    assert shown == f"{local[0]}•••@{domain}"
    assert len(local) == 1 or written not in shown
    with pytest.raises(FieldInvalid):
        address.normalise(shown.replace("•••", "• •"), "adresse")


@often
@given(st.text("0123456789abcdef", min_size=32, max_size=32), ADDRESSES, ADDRESSES)
def test_what_a_key_is_bound_to_fits_one_address_and_one_salt(salt: str, first: str, other: str) -> None:
    first, other = _normal(first), _normal(other)

    assert (address.bind_recipient(salt, first) == address.bind_recipient(salt, other)) == (first == other)
    assert address.bind_recipient(salt[:-1], salt[-1] + first) != address.bind_recipient(salt, first)
    assert first not in address.bind_recipient(salt, first)


@often
@given(st.binary(min_size=6, max_size=16))
def test_a_reference_is_read_on_paper_and_said_on_the_phone(drawn: bytes) -> None:
    reference = attempt.draw_reference(drawn)

    service, letters, digits = reference.split("-")
    assert (service, len(letters), len(digits)) == ("CSF", 4, 2)
    assert set(letters) <= set(attempt.REFERENCE_LETTERS) and digits.isdigit()
    assert not set(letters) & set("01IO")


@often
@given(st.binary(min_size=32, max_size=32))
def test_a_code_has_its_digits_and_is_read_as_it_is_written(mac: bytes) -> None:
    for digits in (deposit.DIGITS, signing_in.CODE_DIGITS):
        code = signing_in.code_digits(mac, digits)

        assert len(code) == digits and code.isascii() and code.isdigit()
        assert signing_in.typed_code(signing_in.in_groups(code)) == code


@often
@given(
    plain=st.binary(max_size=200),
    key=st.binary(min_size=32, max_size=32),
    nonce=st.binary(min_size=12, max_size=12),
    place=st.data(),
)
def test_a_sealed_blob_opens_with_its_key_and_place_and_not_with_one_bit_changed(
    plain: bytes, key: bytes, nonce: bytes, place: st.DataObject
) -> None:
    aad = "3f2a8f0e-6f0b-4b39-9d0e-6c1b5b0a7c11/cv"
    blob = seal.seal(plain, key=key, nonce=nonce, aad=aad)

    assert seal.open_sealed(blob, key=key, aad=aad) == plain
    assert len(blob) == len(plain) + seal.OVERHEAD
    bit = place.draw(st.integers(0, len(blob) * 8 - 1))
    changed = bytearray(blob)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotAuthentic):
        seal.open_sealed(bytes(changed), key=key, aad=aad)
    with pytest.raises(NotAuthentic):
        seal.open_sealed(blob, key=key, aad=aad + "2")
