"""A stage: the file that says what is deployed where (infra/stages/example.toml), and the account it leads to."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import DeployFailed

FOLDER = Path(__file__).resolve().parent.parent / "stages"
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
MOST_OF_STACK = 25
"""CloudFormation shortens a longer name in those of rules and functions, 64 characters in all, by which alerts know them."""
STACK = re.compile(rf"[A-Za-z][A-Za-z0-9-]{{0,{MOST_OF_STACK - 1}}}")
STACK_WANTED = (
    f"a name of a stack (without it, « passe-plat- » and the stage's), {MOST_OF_STACK} characters at most: CloudFormation "
    "shortens longer ones in the names that our alerts know by it. Write it"
)
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
PROFILE = re.compile(r"\S+")
ACCOUNT = re.compile(r"[0-9]{12}")
KEYS = {"account", "region", "stack", "profile", "protect", "accept", "parameters"}
LOOPBACK = {"localhost", "127.0.0.1"}
OUTWEIGHING = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE"}
"""What boto3 takes rather than a profile that the environment names."""


@dataclass(frozen=True)
class Stage:
    """What one file of infra/stages says."""

    name: str
    account: str
    """The account's number, so that nothing is ever deployed in another one."""
    region: str
    stack: str
    profile: str | None
    """Name of the credentials in ~/.aws; without one, boto3 looks where it usually does."""
    protect: bool
    """Whether tables and stack refuse to be deleted once they stand."""
    accept: frozenset[str]
    """Names of the checks that this stage lives without."""
    parameters: dict[str, str]
    """The template's parameters, by name."""

    def hands_on(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment that leads another of our commands to the same account and region."""
        region = {"AWS_DEFAULT_REGION": self.region, "AWS_REGION": self.region}
        if self.profile is None:
            return {**environment, **region}
        kept = {key: one for key, one in environment.items() if key not in OUTWEIGHING}
        return kept | region | {"AWS_PROFILE": self.profile}


def read(name: str, folder: Path = FOLDER) -> Stage:
    """Read ``<folder>/<name>.toml``.

    Raises:
        DeployFailed: it is missing, is no TOML, or says something that no stage can mean.
    """
    if not NAME.fullmatch(name):
        raise DeployFailed(
            f"« {name} » is no name of a stage: lower-case letters, digits and hyphens, 31 at most."
        )
    path = folder / f"{name}.toml"
    try:
        said = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise DeployFailed(f"{path} does not exist: copy example.toml beside it and fill it in.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeployFailed(f"{path} cannot be read: {error}.") from None
    if unknown := said.keys() - KEYS:
        raise DeployFailed(f"{path}: unknown {', '.join(sorted(unknown))}. Known: {', '.join(sorted(KEYS))}.")
    accept = said.get("accept", [])
    if not (isinstance(accept, list) and all(isinstance(one, str) for one in accept)):
        raise DeployFailed(f"{path}: « accept » must be a list of names of checks.")
    return Stage(
        name=name,
        account=_text(path, said, "account", ACCOUNT, "the account's number, twelve digits"),
        region=_text(path, said, "region", REGION, "a region, such as eu-west-3"),
        stack=_text(path, {"stack": f"passe-plat-{name}"} | said, "stack", STACK, STACK_WANTED),
        profile=_text(path, said, "profile", PROFILE, "a profile of ~/.aws") if "profile" in said else None,
        protect=_boolean(path, said, "protect"),
        accept=frozenset(accept),
        parameters=_parameters(path, said.get("parameters", {})),
    )


@dataclass(frozen=True)
class Target:
    """The account and region that a stage leads to, as whoever holds the credentials."""

    stage: Stage
    session: Any = field(repr=False)
    identity: str
    """ARN of whoever deploys."""
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def client(self, service: str) -> Any:
        """A client of ``service`` in the stage's region; a throttled call is tried again."""
        if service not in self._clients:
            patient = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10)
            self._clients[service] = self.session.client(service, config=patient)
        return self._clients[service]

    @property
    def is_local(self) -> bool:
        """Whether calls go to an emulator on this machine rather than to AWS."""
        return urlsplit(self.client("cloudformation").meta.endpoint_url).hostname in LOOPBACK


def connect(stage: Stage) -> Target:
    """Find the credentials, and see that they are of the stage's account.

    Raises:
        DeployFailed: there are none, they are expired, or they are of another account.
    """
    try:
        session = boto3.session.Session(profile_name=stage.profile, region_name=stage.region)
        caller = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise DeployFailed(
            f"No usable credentials: {error}\n"
            "Sign in (aws sso login, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment), or name those of "
            "~/.aws by « profile » in the stage's file."
        ) from None
    if caller["Account"] != stage.account:
        raise DeployFailed(
            f"These credentials are of the account {caller['Account']}, the stage is of {stage.account}: nothing was done. "
            "Take the other credentials, or correct « account » in the stage's file."
        )
    return Target(stage, session, str(caller["Arn"]))


def _text(path: Path, said: dict[str, Any], key: str, pattern: re.Pattern[str], wanted: str) -> str:
    value = said.get(key)
    if not (isinstance(value, str) and pattern.fullmatch(value)):
        raise DeployFailed(f"{path}: « {key} » must be {wanted}, in quotes.")
    return value


def _boolean(path: Path, said: dict[str, Any], key: str) -> bool:
    value = said.get(key, True)
    if not isinstance(value, bool):
        raise DeployFailed(f"{path}: « {key} » must be true or false, without quotes.")
    return value


def _parameters(path: Path, said: Any) -> dict[str, str]:
    if not isinstance(said, dict) or not all(isinstance(one, str | bool | int) for one in said.values()):
        raise DeployFailed(f"{path}: each parameter must be a text, a number, true or false.")
    if "DeletionProtection" in said:
        raise DeployFailed(f"{path}: « DeletionProtection » follows « protect »: set that one.")
    return {key: str(one).lower() if isinstance(one, bool) else str(one) for key, one in said.items()}
