"""The template and the zip, made once for the folder."""

from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer

from infra import package
from tests.architecture import templates


@pytest.fixture(scope="session")
def built() -> package.Package:
    """The package, as a deployment builds it."""
    return package.build()


@pytest.fixture(scope="session")
def template(built: package.Package) -> dict[str, Any]:
    """The template of the package, as SAM gets it."""
    loaded: dict[str, Any] = YAMLTemplateSerializer().load_template(built.template.read_text())
    return loaded


@pytest.fixture(scope="session")
def expanded(template: dict[str, Any]) -> dict[str, Any]:
    """The template, as CloudFormation gets it."""
    return templates.expanded(template)


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The properties of each resource of the template, by logical id."""
    return {name: resource.get("Properties", {}) for name, resource in template["Resources"].items()}
