"""What is in the zip, as a CycloneDX inventory: Python packages of the lock, npm packages of the sealing page, public data."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from infra.bundle import LOCK as NPM_LOCK
from infra.package import LOCK, ROOT

ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)((?:[^\n]*\\\n)*[^\n]*)", re.MULTILINE)
"""A package of a lock: its name, its version, and the lines of its hashes."""
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
DEVELOPMENT_LOCK = "requirements-dev.lock"
CHALICE = "chalice"
"""Its runtime is put into the zip by the packaging itself; the development lock has it."""
BUNDLED = ("@cantoo/pdf-lib", "fflate", "tslib")
"""What the scripts of the sealing page contain of npm (a test reads it in their source maps)."""
LEFT_OUT = ("dnspython", "pycparser")
"""Packages of the lock of which the packaging keeps no code (``UNUSED`` of ``infra/package.py``)."""
LICENCES = {
    "chalice": "Apache-2.0",
    "fido2": "BSD-2-Clause",
    "jinja2": "BSD-3-Clause",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "python-stdnum": "LGPL-2.1-or-later",
    "s3transfer": "Apache-2.0",
    "segno": "BSD-3-Clause",
}
"""Of packages whose metadata name no SPDX expression."""
OPEN_LICENCE = "etalab-2.0"
DATA = (("calendars.json", "jours fériés et vacances scolaires, données de l’État"),)
FILE = "sbom.json"
NPM = "https://registry.npmjs.org"
NPM_HASHES = {"sha512": HashAlgorithm.SHA_512}
STAGES = ":(exclude)infra/stages"
"""What a stage's file says is no code: it may be kept out of the repository."""


class Part(NamedTuple):
    """One component of the zip."""

    name: str
    version: str
    licence: str
    """An SPDX expression."""
    kind: str
    """As a package URL names it: « pypi », « npm »; « data » for public data."""
    address: str
    """Where the packaging fetches it; empty for data, which lies among our sources."""
    hashes: tuple[HashType, ...]
    """Of the files that the lock accepts, one of which is fetched; of the data itself."""


def list_parts() -> list[Part]:
    """Return what is in the zip and is not ours, by kind and name."""
    locked = ENTRY.findall((ROOT / LOCK).read_text())
    locked += [entry for entry in ENTRY.findall((ROOT / DEVELOPMENT_LOCK).read_text()) if entry[0] == CHALICE]
    parts = [_read_locked(*entry) for entry in locked if entry[0] not in LEFT_OUT]
    npm = json.loads(NPM_LOCK.read_text())["packages"]
    for name in BUNDLED:
        package = npm[f"node_modules/{name}"]
        algorithm, _, digest = package["integrity"].partition("-")
        digests = (HashType(alg=NPM_HASHES[algorithm], content=base64.b64decode(digest).hex()),)
        address = f"{NPM}/{name}/-/{name.rpartition('/')[2]}-{package['version']}.tgz"
        parts.append(Part(name, package["version"], package["license"], "npm", address, digests))
    for name, _ in DATA:
        digest = hashlib.sha256((ROOT / "chalicelib" / name).read_bytes()).hexdigest()
        parts.append(Part(name, "", OPEN_LICENCE, "data", "", (_sha256(digest),)))
    return sorted(parts, key=lambda part: (part.kind, part.name))


def _read_locked(name: str, version: str, lines: str) -> Part:
    """Return a package of a lock of Python's."""
    digests = tuple(_sha256(digest) for digest in HASH.findall(lines))
    return Part(name, version, read_licence(name), "pypi", f"https://pypi.org/simple/{name}/", digests)


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def read_licence(package: str) -> str:
    """Return the licence of an installed package as an SPDX expression."""
    described = metadata.metadata(package)
    named = described.get_all("License-Expression") or described.get_all("License") or [""]
    return LICENCES.get(package, str(named[0]))


def read_version(sources: Path = ROOT) -> str:
    """Return the commit of the sources, « (modifié) » when they differ from it; « inconnue » outside a repository."""
    commit = _ask_git(sources, "rev-parse", "--short=12", "HEAD").strip()
    if not commit:
        return "inconnue"
    return f"{commit} (modifié)" if _ask_git(sources, "status", "--porcelain", "--", ".", STAGES) else commit


def _ask_git(sources: Path, *arguments: str) -> str:
    """Return what git answers about a folder; nothing where it knows none, or is not installed."""
    git = shutil.which("git")
    if git is None:
        return ""
    return subprocess.run([git, *arguments], cwd=sources, capture_output=True, text=True, check=False).stdout


def build_inventory() -> str:
    """Return the inventory as CycloneDX JSON, the same for the same sources."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    licences = LicenseFactory()
    product = Component(
        name=project["name"],
        version=read_version(),
        type=ComponentType.APPLICATION,
        licenses=[licences.make_from_string("EUPL-1.2")],
        bom_ref=project["name"],
    )
    components = [_describe(part, licences) for part in list_parts()]
    named = [(part.kind, part.name, part.version) for part in list_parts()]
    bom = Bom(components=components, serial_number=uuid5(NAMESPACE_URL, repr((product.version, named))))
    bom.metadata.component = product
    bom.register_dependency(product, components)
    inventory = json.loads(JsonV1Dot6(bom).output_as_string())
    inventory["metadata"].pop("timestamp", None)  # the commit says of when it is
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
            hashes=part.hashes,
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
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION, url=XsUri(part.address), hashes=part.hashes
            )
        ],
    )
