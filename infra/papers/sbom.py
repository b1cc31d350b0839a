"""What is in the zip, as a CycloneDX inventory: Python packages of the lock, npm packages of the sealing page, public data."""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

import chalice
from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from infra.bundle import LOCK as NPM_LOCK
from infra.package import LOCK, ROOT

ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)
CHALICE = "chalice"
"""Its runtime is put into the zip by the packaging itself; the development lock has it."""
BUNDLED = ("@cantoo/pdf-lib", "fflate", "tslib")
"""What the scripts of the sealing page contain of npm (a test reads it in their source maps)."""
LEFT_OUT = ("dnspython", "pycparser")
"""Packages of the lock of which the packaging keeps no code (``UNUSED`` of ``infra/package.py``)."""
LICENCES = {
    "chalice": "Apache-2.0",
    "jinja2": "BSD-3-Clause",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "python-stdnum": "LGPL-2.1-or-later",
    "s3transfer": "Apache-2.0",
    "segno": "BSD-3-Clause",
}
"""Of packages whose metadata name no SPDX expression."""
OPEN_LICENCE = "etalab-2.0"
DATA = (
    ("calendars.json", "jours fériés et vacances scolaires, données de l’État"),
    ("communes.json", "communes de France, données de l’État"),
)
FILE = "sbom.json"


class Part(NamedTuple):
    """One component of the zip."""

    name: str
    version: str
    licence: str
    """An SPDX expression."""
    kind: str
    """As a package URL names it: « pypi », « npm »; « data » for public data."""


def list_parts() -> list[Part]:
    """Return what is in the zip and is not ours, by kind and name."""
    locked = [*ENTRY.findall((ROOT / LOCK).read_text()), (CHALICE, chalice.__version__)]
    parts = [
        Part(name, version, read_licence(name), "pypi") for name, version in locked if name not in LEFT_OUT
    ]
    npm = json.loads(NPM_LOCK.read_text())["packages"]
    for name in BUNDLED:
        package = npm[f"node_modules/{name}"]
        parts.append(Part(name, package["version"], package["license"], "npm"))
    parts += [Part(name, "", OPEN_LICENCE, "data") for name, _ in DATA]
    return sorted(parts, key=lambda part: (part.kind, part.name))


def read_licence(package: str) -> str:
    """Return the licence of an installed package as an SPDX expression."""
    described = metadata.metadata(package)
    named = described.get_all("License-Expression") or described.get_all("License") or [""]
    return LICENCES.get(package, str(named[0]))


def build_inventory() -> str:
    """Return the inventory as CycloneDX JSON, the same for the same locks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    licences = LicenseFactory()
    product = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        licenses=[licences.make_from_string("EUPL-1.2")],
        bom_ref=project["name"],
    )
    components = [_describe(part, licences) for part in list_parts()]
    bom = Bom(components=components, serial_number=uuid5(NAMESPACE_URL, repr(list_parts())))
    bom.metadata.component = product
    bom.register_dependency(product, components)
    inventory = json.loads(JsonV1Dot6(bom).output_as_string())
    inventory["metadata"].pop("timestamp", None)  # the locks say of when it is
    return json.dumps(inventory, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_inventory(folder: Path) -> Path:
    """Write the inventory into a folder; return its path."""
    path = folder / FILE
    path.write_text(build_inventory(), "utf-8")
    return path


def _describe(part: Part, licences: LicenseFactory) -> Component:
    """Return a part as a component of the inventory."""
    if part.kind == "data":
        return Component(
            name=part.name,
            type=ComponentType.DATA,
            licenses=[licences.make_from_string(part.licence)],
            bom_ref=f"data:{part.name}",
        )
    namespace, _, name = part.name.rpartition("/")
    address = PackageURL(part.kind, namespace or None, name, part.version)
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        licenses=[licences.make_from_string(part.licence)],
        purl=address,
        bom_ref=address.to_string(),
    )
