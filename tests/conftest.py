"""Fixtures that several suites share: the deployed local cloud (one for the whole run) and a real browser."""

import os
from collections.abc import Iterator

import pytest

from infra.local import LocalCloud, running


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """The product as ``make run`` deploys it, with its invented data, on ports of its own.

    Stories that tests run in this process act on its tables, bucket and keys.
    """
    with running(demo=True) as local:
        from chalicelib.stores import aws

        before = dict(os.environ)
        os.environ.update(local.environment)
        aws.forget_clients()
        yield local
        os.environ.clear()
        os.environ.update(before)
        aws.forget_clients()
