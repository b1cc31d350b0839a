"""The package carries boto3 and botocore as they were tested, with the models of all that the stores call, and no more."""

import ast
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
from botocore import xform_name
from botocore.session import Session

from infra import models, package
from tests.architecture.sources import CODE, tree_of

CLIENTS = {
    "dynamodb": "dynamodb",
    "s3": "s3",
    "kms": "kms",
    "ses": "sesv2",
    "lambda_": "lambda",
    "sns": "sns",
}
"""Functions of ``stores/aws.py``, and the service of each."""
SIGNED = {"generate_presigned_post": "CreateBucket", "generate_presigned_url": "GetObject"}
"""By whose model botocore signs."""
OF_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
"""What Lambda's Python has beside the package, in whichever version."""
MAKE_CLIENTS = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from chalicelib.stores import aws
metas = {name: getattr(aws, name)().meta for name in sys.argv[3:]}
print(json.dumps({name: [meta.endpoint_url, meta.service_model.operation_names] for name, meta in metas.items()}))
"""


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


@pytest.fixture(scope="module")
def started(built: package.Package, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Make each client in a process that has the package and, behind it, a runtime whose every library fails as it is imported.

    Return what the process prints: its log line, then the address and the operations of each client.
    """
    task, runtime = tmp_path_factory.mktemp("task"), tmp_path_factory.mktemp("runtime")
    with zipfile.ZipFile(built.zip) as archive:
        archive.extractall(task)
    for name in OF_THE_RUNTIME:
        (runtime / f"{name}.py").write_text(f"raise ImportError('{name} is the one of the runtime')")
    done = subprocess.run(
        [package.for_lambda().compiler, "-S", "-E", "-B", "-c", MAKE_CLIENTS, task, runtime, *CLIENTS],
        env={"AWS_DEFAULT_REGION": "eu-west-3", "AWS_LAMBDA_FUNCTION_NAME": "web"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_sdk_that_runs_is_the_one_that_was_tested(started: list[dict[str, Any]]) -> None:
    """The package's own libraries run, whichever the runtime has, and the log tells their versions."""
    logged = started[0]

    assert (logged["event"], logged["boto3"], logged["botocore"]) == (
        "sdk",
        boto3.__version__,
        botocore.__version__,
    )
    assert logged["python"].startswith(f"{package.LAMBDA_PYTHON}.")


def test_clients_are_made_of_what_is_carried(started: list[dict[str, Any]]) -> None:
    session = Session()
    session.set_config_variable("region", "eu-west-3")

    assert started[1] == {
        name: [session.create_client(service).meta.endpoint_url, list(models.OPERATIONS[service])]
        for name, service in CLIENTS.items()
    }


def test_what_is_carried_is_a_part_of_what_botocore_has(tmp_path: Path) -> None:
    models.write(tmp_path)

    size = sum(path.stat().st_size for path in tmp_path.rglob("*.json"))
    assert 100_000 < size < 400_000
    assert json.loads((tmp_path / "endpoints.json").read_text())["partitions"][0]["partition"] == "aws"
