"""The template and the zip, made once for the folder."""

from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer

from infra import package
from tests.architecture import templates


@pytest.fixture(scope="session")
def built() -> package.Package:
    return package.build()


@pytest.fixture(scope="session")
def template(built: package.Package) -> dict[str, Any]:
    loaded: dict[str, Any] = YAMLTemplateSerializer().load_template(built.template.read_text())
    return loaded


@pytest.fixture(scope="session")
def expanded(template: dict[str, Any]) -> dict[str, Any]:
    return templates.expanded(template)


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: resource.get("Properties", {}) for name, resource in template["Resources"].items()}
