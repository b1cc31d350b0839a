"""A local cloud on which nothing is deployed yet, and somebody who types the operator's commands there."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from jinja2 import ModuleLoader

from infra.deploy.stack import Deployed, Stack
from infra.deploy.versions import Deployment, read_template, shelf
from infra.local import LocalCloud, cloud
from infra.local.cloud import ACCOUNT, MAIL_FROM, STACK, Operator, address
from infra.local.mailbox import Mailbox
from infra.local.server import Proxy, serving
from infra.package import ROOT, Package

FILE = """
account = "000000000000"
region = "eu-west-3"
stack = "passe-plat"
protect = {protect}
accept = ["access-logs", "bounces", "signature", "trail"]

[parameters]
PublicBaseUrl = "{base_url}"
StorageOrigin = "{aws_url}"
MailFrom = "{sender}"
AlertAddress = "astreinte@passe-plat.example"
OnAws = false
{facts}
"""
FACTS = {
    "PublisherName": "Rectorat de l’académie de Rennes",
    "PublisherPostalAddress": "96 rue d’Antrain, 35705 Rennes",
    "PublisherPhone": "02 61 91 00 00",
    "PublisherDirector": "Claire Morvan, rectrice",
    "JointControllers": "aucun",
    "HostName": "Amazon Web Services EMEA SARL",
    "HostPostalAddress": "38 avenue John F. Kennedy, L-1855 Luxembourg",
    "HostParent": "Amazon, une entreprise américaine",
    "HostPhone": "+352 00 00 00 00",
    "DpoAddress": "dpd@academie-rennes.fr",
    "DpoPostalAddress": "96 rue d’Antrain, 35705 Rennes",
    "SupportAddress": "passe-plat@academie-rennes.fr",
}
"""True facts, as a stage says them that people use."""
PAGE = f"templates/compiled/{ModuleLoader.get_module_filename('pages/accueil.html')}c"
SAID, NEWS = "Et pour le jeune", "Et pour le jaune"
"""Of one length, so that the compiled page stays one."""


@dataclass
class Place:
    """An emulator, the product's host before it, and a folder with the file of one stage, « essai »."""

    folder: Path
    port: int
    aws_port: int
    mailbox: Mailbox
    seconds: list[tuple[str, float]] = field(default_factory=list)
    """Each command that was typed, and how long it took."""

    @property
    def base_url(self) -> str:
        """The address of the product, as people will reach it."""
        return f"http://localhost:{self.port}"

    @cached_property
    def operator(self) -> Operator:
        """The emulator's root user."""
        return Operator(address(self.aws_port))

    @cached_property
    def environment(self) -> dict[str, str]:
        """The variables by which the commands find the emulator."""
        return cloud.ADMINISTRATOR | {"AWS_ENDPOINT_URL": self.operator.aws_url}

    @cached_property
    def stack(self) -> Stack:
        """The stack of the stage."""
        return Stack(self.operator.client("cloudformation"), STACK)

    def writes(self, *, protect: bool = True, **changes: str) -> None:
        """Write the file of the stage; ``changes`` replaces lines by their key."""
        text = FILE.format(
            protect=str(protect).lower(),
            base_url=self.base_url,
            aws_url=self.operator.aws_url,
            sender=MAIL_FROM,
            facts="\n".join(f'{name} = "{fact}"' for name, fact in FACTS.items()),
        )
        for key, value in changes.items():
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        (self.folder / "essai.toml").write_text(text)

    def types(self, command: str, *more: str, typed: str = "essai\n", quick: bool = True) -> tuple[int, str]:
        """Run one command as ``make`` does, but without the smoke test (``quick``); return its exit status and all it printed."""
        words = [sys.executable, "-m", "infra.deploy", command]
        stage = ["--stage", "essai", "--stages", str(self.folder)]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        begun = time.monotonic()
        done = subprocess.run(
            [*words, *stage, *(["--quick"] if quick else []), *more],
            cwd=ROOT,
            env=clean | self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        self.seconds.append((command, time.monotonic() - begun))
        return done.returncode, done.stdout + done.stderr

    def product(self) -> LocalCloud:
        """Return the deployed product, for the tools with which tests drive it."""
        mail_url = address(self.mailbox.server_port)
        stack = Deployed(STACK, self.operator.client)
        return LocalCloud(self.base_url, mail_url, self.operator.aws_url, stack, self.operator, self.mailbox)

    def api(self) -> str:
        """Return the API that answers at the product's host; « none » while there is none."""
        try:
            current = self.stack.described()
        except ClientError:
            return "none"
        return "none" if current is None else current.outputs.get("RestAPIId", "none")

    def deployments(self) -> list[Deployment]:
        """Return the deployments that the bucket lists."""
        s3 = self.operator.client("s3")
        return shelf(s3, stack=STACK, account=ACCOUNT, region=cloud.REGION).deployments()


@contextmanager
def empty(folder: Path) -> Iterator[Place]:
    """Make a place of the test's own, on which nothing is deployed yet."""
    port, aws_port, mail_port = (cloud.free_port() for _ in range(3))
    mailbox = Mailbox(mail_port, aws_port=aws_port)
    made = Place(folder, port, aws_port, mailbox)
    host = Proxy(port, aws_port=aws_port, api=made.api)
    with serving(mailbox), cloud.emulator(aws_port, mail_port), serving(host):
        made.writes()
        yield made


def changed(package: Package, folder: Path, *edits: tuple[str, Any]) -> Package:
    """The same package with other values in its template: a path of keys with dots between them, and its value.

    The folder holds both files, for ``--package``.
    """
    template = read_template(package.template.read_bytes())
    for path, value in edits:
        *place, last = path.split(".")
        inner = template
        for name in place:
            inner = inner[name]
        inner[last] = value
    (folder / "sam.yaml").write_text(json.dumps(template))
    shutil.copyfile(package.zip, folder / "deployment.zip")
    return Package(folder / "deployment.zip", folder / "sam.yaml", rebuilt=True)


def next_version(package: Package, folder: Path) -> Package:
    """Return a later version: a page says something new, a function has more memory, an output is added."""
    made = changed(
        package,
        folder,
        ("Resources.Inspect.Properties.MemorySize", 1792),
        ("Outputs.Added", {"Value": "two"}),
    )
    with zipfile.ZipFile(package.zip) as old, zipfile.ZipFile(made.zip, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == PAGE:
                assert SAID.encode() in content
                content = content.replace(SAID.encode(), NEWS.encode())
            new.writestr(entry, content)
    return made
