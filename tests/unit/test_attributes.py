"""Values as DynamoDB's attributes, beside what boto3 makes of them."""

from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as some

from chalicelib.domain.kernel.values import Role
from chalicelib.stores.items import decode_value, encode_value

LEAVES = some.none() | some.booleans() | some.integers(-(10**15), 10**15) | some.text()
VALUES = some.recursive(LEAVES, lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner))


@given(VALUES)
def test_values_are_typed_as_boto3_types_them_and_come_back(value: Any) -> None:
    wire = encode_value(value)
    serialized = TypeSerializer().serialize(value)

    assert wire == {**serialized}
    assert decode_value(wire) == value == TypeDeserializer().deserialize(serialized)
    assert repr(decode_value(wire)) == repr(value)  # True is no 1


def test_a_code_is_a_text_and_a_tuple_a_list() -> None:
    assert encode_value((Role.TUTOR, 1)) == {"L": [{"S": "tutor"}, {"N": "1"}]}


@pytest.mark.parametrize("value", [1.5, b"bytes", {"a"}, object()])
def test_nothing_else_is_stored(value: object) -> None:
    with pytest.raises(TypeError):
        encode_value(value)
