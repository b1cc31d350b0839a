"""The part of botocore's data that the product uses, without its documentation.

``package.py`` puts it into the zip in place of the whole, which is 27 MB and the names of four hundred services: botocore looks
through them before it makes a client.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

OPERATIONS: dict[str, tuple[str, ...]] = {
    "dynamodb": (
        "BatchGetItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "kms": ("Decrypt", "Encrypt", "GenerateMac", "VerifyMac"),
    "lambda": ("Invoke",),
    # An upload form is signed by the model of CreateBucket, whose address it shares.
    "s3": ("CreateBucket", "DeleteObject", "GetObject", "HeadObject", "ListObjectsV2"),
    "sesv2": ("SendEmail",),
    "sns": ("CheckIfPhoneNumberIsOptedOut", "Publish"),
}
"""What ``stores`` calls, by service (``tests/architecture/test_models.py`` compares)."""
SHARED = ("partitions", "sdk-default-configuration", "_retry")
PROSE = frozenset({"documentation", "documentationUrl"})


def write(folder: Path) -> None:
    """Write the data into ``folder``, in files named as in botocore's own folder « data »."""
    loader = Loader()
    for name in SHARED:
        _write(folder / f"{name}.json", loader.load_data(name))
    endpoint_names = set()
    for service, operations in OPERATIONS.items():
        model = loader.load_service_model(service, "service-2")
        endpoint_names.add(model["metadata"]["endpointPrefix"])
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
        version = loader.determine_latest_version(service, "service-2")
        _write(folder / service / version / "service-2.json", trimmed(model, operations))
        _write(folder / service / version / "endpoint-rule-set-1.json", rules)
    _write(folder / "endpoints.json", _of(loader.load_data("endpoints"), endpoint_names))


def trimmed(model: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """Return a service's model with these operations alone and the shapes that they use, directly or through other shapes."""
    kept = {name: model["operations"][name] for name in operations}
    wanted, shapes = list(_shapes(kept)), set[str]()
    while wanted:
        if (name := wanted.pop()) not in shapes:
            shapes.add(name)
            wanted += _shapes(model["shapes"][name])
    return {
        **model,
        "operations": kept,
        "shapes": {name: model["shapes"][name] for name in sorted(shapes)},
    }


def _shapes(part: Any) -> Iterator[str]:
    """Yield the names of the shapes that a part of a model refers to, at any depth; a name may come several times."""
    if isinstance(part, dict):
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        part = list(part.values())
    if isinstance(part, list):
        for item in part:
            yield from _shapes(item)


def _of(endpoints: dict[str, Any], services: set[str]) -> dict[str, Any]:
    """Return botocore's table of endpoints with these services alone, in every partition."""
    partitions = [
        {
            **partition,
            "services": {
                name: service for name, service in partition["services"].items() if name in services
            },
        }
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _write(path: Path, data: Any) -> None:
    """Write data as compact JSON, without its documentation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_silent(data), separators=(",", ":")))


def _silent(data: Any) -> Any:
    """Return the data with empty texts in place of documentation.

    The key stays, since botocore looks for a text there. A field that is merely called « documentation » holds no text and is
    kept.
    """
    match data:
        case dict():
            return {
                name: "" if name in PROSE and isinstance(value, str) else _silent(value)
                for name, value in data.items()
            }
        case list():
            return [_silent(item) for item in data]
    return data
