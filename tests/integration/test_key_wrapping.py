"""What a data key is wrapped for: KMS itself refuses it to any other deposit, kind or recipient, whatever a table says."""

import secrets

import pytest

from chalicelib.errors import NotAuthentic
from chalicelib.stores import keys
from chalicelib.stores.keys import KeyContext
from tests.support.worlds import World

ITS_OWN = {"deposit": "d" * 32, "kind": "cv", "to": "a" * 64}


def test_a_wrapped_key_serves_where_it_was_wrapped_for(world: World) -> None:
    key = secrets.token_bytes(32)

    assert keys.unwrap(keys.wrap(key, KeyContext(**ITS_OWN)), KeyContext(**ITS_OWN)) == key


@pytest.mark.parametrize(("part", "other"), [("deposit", "e" * 32), ("kind", "lettre"), ("to", "b" * 64)])
def test_a_wrapped_key_serves_nowhere_else(world: World, part: str, other: str) -> None:
    wrapped = keys.wrap(secrets.token_bytes(32), KeyContext(**ITS_OWN))

    with pytest.raises(NotAuthentic):
        keys.unwrap(wrapped, KeyContext(**(ITS_OWN | {part: other})))
