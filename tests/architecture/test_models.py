"""The package carries the part of botocore's models that the stores call: all of it, and no more."""

import ast
import json
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import Session

from chalicelib.stores import aws
from infra import models
from tests.architecture.sources import CODE, tree_of

CLIENTS = {"dynamodb": "dynamodb", "s3": "s3", "kms": "kms", "ses": "sesv2", "lambda_": "lambda"}
"""Functions of ``stores/aws.py``, and the service of each."""
SIGNED = {"generate_presigned_post": "CreateBucket", "generate_presigned_url": "GetObject"}
"""By whose model botocore signs."""


def _called() -> dict[str, set[str]]:
    """Return the client methods that the code names, by service."""
    operations: dict[str, set[str]] = {service: set() for service in CLIENTS.values()}
    for path in CODE:
        made = {
            id(node): CLIENTS[node.func.attr]
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "aws"
            and node.func.attr in CLIENTS
        }
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute) and id(node.value) in made:
                operations[made.pop(id(node.value))].add(node.attr)
        assert not made, f"{path}: a client is kept in a variable, so that nobody sees here what is called"
    return operations


@pytest.mark.parametrize("service", models.OPERATIONS)
def test_every_operation_that_is_called_is_carried_and_no_other(service: str) -> None:
    model = Session().get_service_model(service)
    by_method = {xform_name(name): name for name in model.operation_names}

    called = {SIGNED.get(method) or by_method[method] for method in _called()[service]}

    assert called == set(models.OPERATIONS[service])


def test_clients_are_made_of_what_is_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models.write(tmp_path)
    monkeypatch.setattr(aws, "MODELS", tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    aws.forget_clients()

    try:
        for name, service in CLIENTS.items():
            client = getattr(aws, name)()
            assert set(client.meta.service_model.operation_names) == set(models.OPERATIONS[service])
            assert client.meta.endpoint_url == Session().create_client(service).meta.endpoint_url
    finally:
        aws.forget_clients()


def test_what_is_carried_is_a_part_of_what_botocore_has(tmp_path: Path) -> None:
    models.write(tmp_path)

    size = sum(path.stat().st_size for path in tmp_path.rglob("*.json"))
    assert 100_000 < size < 400_000
    assert json.loads((tmp_path / "endpoints.json").read_text())["partitions"][0]["partition"] == "aws"


def test_what_is_not_carried_comes_from_botocore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "MODELS", tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    aws.forget_clients()

    try:
        assert "Scan" in aws.dynamodb().meta.service_model.operation_names
    finally:
        aws.forget_clients()
