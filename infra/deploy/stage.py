"""A stage: the file that says what is deployed where (infra/stages/example.toml), its account, and its DNS records."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra import CommandFailed
from infra.deploy.stack import Description

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
KEYS = {"account", "region", "stack", "profile", "protect", "accept", "parameters", "papers"}
LOOPBACK = {"localhost", "127.0.0.1"}
OUTWEIGHING = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE"}
"""What boto3 takes rather than a profile that the environment names."""


@dataclass(frozen=True)
class Stage:
    """The content of one file of infra/stages."""

    name: str
    account: str
    """The account's number, so that nothing is ever deployed in another one."""
    region: str
    stack: str
    profile: str | None
    """Name of the credentials in ~/.aws; without one, boto3 looks where it usually does."""
    protect: bool
    """Whether tables and stack refuse to be deleted once they exist."""
    accept: frozenset[str]
    """Names of the checks that this stage lives without."""
    parameters: dict[str, str]
    """The template's parameters, by name."""
    papers: Mapping[str, str] = field(default_factory=dict)
    """What its owner says in the papers of the stage (``infra/papers``), by name."""

    def environment_for(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return ``environment`` changed so that another command of ours works in the stage's region, with its profile.

        Where the stage names a profile, variables are left out that boto3 would prefer to it.
        """
        region = {"AWS_DEFAULT_REGION": self.region, "AWS_REGION": self.region}
        if self.profile is None:
            return {**environment, **region}
        kept = {key: value for key, value in environment.items() if key not in OUTWEIGHING}
        return kept | region | {"AWS_PROFILE": self.profile}


def read_stage(name: str, folder: Path = FOLDER) -> Stage:
    """Read ``<folder>/<name>.toml``. Raises CommandFailed: the file is missing, or something in it is unknown or malformed."""
    if not NAME.fullmatch(name):
        raise CommandFailed(
            f"« {name} » is no name of a stage: lower-case letters, digits and hyphens, 31 at most."
        )
    path = folder / f"{name}.toml"
    try:
        said = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise CommandFailed(f"{path} does not exist: copy example.toml beside it and fill it in.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{path} cannot be read: {error}.") from None
    if unknown := said.keys() - KEYS:
        raise CommandFailed(
            f"{path}: unknown {', '.join(sorted(unknown))}. Known: {', '.join(sorted(KEYS))}."
        )
    accept, protect = said.get("accept", []), said.get("protect", True)
    if not isinstance(protect, bool):
        raise CommandFailed(f"{path}: « protect » must be true or false, without quotes.")
    if not (isinstance(accept, list) and all(isinstance(name, str) for name in accept)):
        raise CommandFailed(f"{path}: « accept » must be a list of names of checks.")
    return Stage(
        name=name,
        account=_text(path, said, "account", ACCOUNT, "the account's number, twelve digits"),
        region=_text(path, said, "region", REGION, "a region, such as eu-west-3"),
        stack=_text(path, {"stack": f"passe-plat-{name}"} | said, "stack", STACK, STACK_WANTED),
        profile=_text(path, said, "profile", PROFILE, "a profile of ~/.aws") if "profile" in said else None,
        protect=protect,
        accept=frozenset(accept),
        parameters=_parameters(path, said.get("parameters", {})),
        papers=_papers(path, said.get("papers", {})),
    )


@dataclass(frozen=True)
class Target:
    """The account and region of a stage, with the operator's credentials."""

    stage: Stage
    session: Any = field(repr=False)
    identity: str
    """ARN of the operator."""
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def client(self, service: str) -> Any:
        """Return a boto3 client of ``service`` in the stage's region, made once; it retries throttled calls."""
        if service not in self._clients:
            patient = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10)
            self._clients[service] = self.session.client(service, config=patient)
        return self._clients[service]

    @property
    def is_local(self) -> bool:
        """Whether calls go to an emulator on this machine rather than to AWS."""
        return urlsplit(self.client("cloudformation").meta.endpoint_url).hostname in LOOPBACK


def connect(stage: Stage) -> Target:
    """Find the operator's credentials and check that they are of the stage's account. Raises CommandFailed."""
    try:
        session = boto3.session.Session(profile_name=stage.profile, region_name=stage.region)
        caller = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise CommandFailed(
            f"No usable credentials: {error}\n"
            "Sign in (aws sso login, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment), or name those of "
            "~/.aws by « profile » in the stage's file."
        ) from None
    if caller["Account"] != stage.account:
        raise CommandFailed(
            f"These credentials are of the account {caller['Account']}, the stage is of {stage.account}: nothing was done. "
            "Take the other credentials, or correct « account » in the stage's file."
        )
    return Target(stage, session, str(caller["Arn"]))


def _text(path: Path, said: dict[str, Any], key: str, pattern: re.Pattern[str], wanted: str) -> str:
    """Return the text of ``key`` in a stage's file. Raises CommandFailed: it is missing or no full match of ``pattern``.

    ``said``: the file's content; ``wanted``: what the error message says must be there.
    """
    value = said.get(key)
    if not (isinstance(value, str) and pattern.fullmatch(value)):
        raise CommandFailed(f"{path}: « {key} » must be {wanted}, in quotes.")
    return value


def _parameters(path: Path, said: Any) -> dict[str, str]:
    """Return the template parameters of a stage's file as texts. Raises CommandFailed: they are malformed."""
    if not isinstance(said, dict) or not all(isinstance(value, str | bool | int) for value in said.values()):
        raise CommandFailed(f"{path}: each parameter must be a text, a number, true or false.")
    if "DeletionProtection" in said:
        raise CommandFailed(f"{path}: « DeletionProtection » follows « protect »: set that one.")
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in said.items()}


def _papers(path: Path, said: Any) -> dict[str, str]:
    """Return what a stage's file says in its papers. Raises CommandFailed: something there is no text."""
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise CommandFailed(f"{path}: each answer under [papers] must be a text, in quotes.")
    return said


# ---- The DNS records of a stage -----------------------------------------------------------------------------------
class Record(NamedTuple):
    """One DNS record that the operator must set."""

    name: str
    kind: str
    value: str
    why: str


def name_bounce_domain(domain: str) -> str:
    """Return the name under a sender's domain to which bounces come back (custom MAIL FROM), as resources.yaml gives it."""
    return f"retour.{domain}"


def dns_records(target: Target, deployed: Description) -> list[Record]:
    """List the DNS records that a deployment needs.

    These are the record of the product's host, where it has a domain of its own, and those by which recipients trust its mails
    (DKIM, DMARC, MAIL FROM, SPF), where SES knows the sender's domain.
    """
    records, public = [], deployed.outputs.get("OwnDomainTarget")
    if public:
        host = urlsplit(deployed.parameters["PublicBaseUrl"]).hostname or ""
        records.append(Record(host, "CNAME", public, "people reach the product"))
    sender, region = deployed.parameters["MailFrom"], target.stage.region
    domain = sender.rpartition("@")[2]
    try:
        identity = target.client("sesv2").get_email_identity(EmailIdentity=domain)
    except ClientError:  # SES does not know the domain
        return records
    dkim = identity.get("DkimAttributes", {})
    zone = dkim.get("SigningHostedZone") or "dkim.amazonses.com"
    back = identity.get("MailFromAttributes", {}).get("MailFromDomain") or name_bounce_domain(domain)
    signs, dmarc = "DKIM: SES signs what the domain sends", f"v=DMARC1; p=quarantine; rua=mailto:{sender}"
    return [
        *records,
        *(
            Record(f"{token}._domainkey.{domain}", "CNAME", f"{token}.{zone}", signs)
            for token in dkim.get("Tokens", [])
        ),
        Record(f"_dmarc.{domain}", "TXT", dmarc, "DMARC: forgeries are put aside"),
        Record(
            back,
            "MX",
            f"10 feedback-smtp.{region}.amazonses.com",
            "custom MAIL FROM: bounces come back to SES",
        ),
        Record(back, "TXT", "v=spf1 include:amazonses.com ~all", "SPF of the custom MAIL FROM"),
    ]
