"""What the deployed gateway answers by itself, before any function: word for word what the template gives it."""

import pytest
import requests

from infra import gateway
from infra.local import LocalCloud

pytestmark = pytest.mark.cloud


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("GET", "/nulle-part", b"", "MISSING_AUTHENTICATION_TOKEN"),
        ("POST", "/connexion", b"x" * (10 * 1024 * 1024 + 1), "REQUEST_TOO_LARGE"),
    ],
)
def test_the_deployed_gateway_answers_before_any_function(
    cloud: LocalCloud, method: str, path: str, body: bytes, kind: str
) -> None:
    answer = requests.request(method, cloud.base_url + path, data=body, timeout=30)

    assert answer.status_code == gateway.ANSWERS[kind].status
    assert answer.text == gateway.ANSWERS[kind].body
    assert gateway.ANSWERS[kind].headers.items() <= answer.headers.items()
