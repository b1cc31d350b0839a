"""The production template on the local cloud: ``running()`` for tests, ``python -m infra.local`` for people.

with running() as cloud:          # ports chosen free; about two seconds
    requests.get(cloud.base_url)  # the deployed product
    cloud.mails()                 # what it sent
    cloud.logs()                  # every line that a function printed
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from chalicelib.stores.functions import LIVE
from infra import BY_SCHEDULE, alarms, paginate
from infra import package as packaging
from infra.deploy.stack import Deployed
from infra.local import cloud
from infra.local.cloud import Operator, address, deploy, parameters
from infra.local.mailbox import Mail, Mailbox, Sms
from infra.local.server import Proxy, Storage, serving, tls_context
from infra.package import Package

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})

__all__ = ["FunctionFailed", "LocalCloud", "Mail", "Ports", "running"]


class Ports(NamedTuple):
    """Where to listen; a free port for each that is not given."""

    product: int | None = None
    aws: int | None = None
    mail: int | None = None


FREE_PORTS = Ports()


class FunctionFailed(Exception):
    """An invoked function raised; the message is what it answered."""


@dataclass(frozen=True)
class LocalCloud:
    """The deployed product and what surrounds it, while ``running()`` lasts."""

    base_url: str
    """http://localhost:<port>, or https: the product, as people reach it."""
    mail_url: str
    """http://127.0.0.1:<port>: the mails that were sent."""
    aws_url: str
    """The emulator's address, for every AWS client."""
    stack: Deployed = field(repr=False)
    _operator: Operator = field(repr=False)
    _mailbox: Mailbox = field(repr=False)

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the template."""
        return self.stack.outputs

    @property
    def functions(self) -> dict[str, str]:
        """Logical ids (``APIHandler``, ``Inspect``…) to the deployed names."""
        return {name: self.stack.physical_id(name) for name in alarms.FUNCTIONS.values()}

    @property
    def role_arns(self) -> dict[str, str]:
        """Short names (``Web``, ``Inspect``…) to the ARN of the function's role."""
        return {role: self.outputs[f"{role}RoleArn"] for role in alarms.FUNCTIONS}

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for store code that runs in this process: see ``cloud.environment``."""
        return dict(self._given)

    @cached_property
    def _given(self) -> dict[str, str]:
        return cloud.environment(self.stack, self.aws_url, self.mail_url)

    def client(self, service: str, **credentials: str) -> Any:
        """Return a boto3 client of the emulator, as its root or with ``credentials`` (as ``as_role`` returns them)."""
        return self._operator.client(service, **credentials)

    def as_role(self, role: str, *, lent: bool = False) -> dict[str, str]:
        """Return credentials of a role as keyword arguments of ``client`` or of any boto3 client.

        Args:
            role: short name (``Web``, ``Inspect``…) or ARN.
            lent: take the role as somebody other than its function would. By default, the session bears the name of the role's
                own function, by which the emulator knows that the function is at work.
        """
        function = alarms.FUNCTIONS.get(role)
        session = self.functions[function] if function and not lent else "somebody"
        given = self.client("sts").assume_role(
            RoleArn=self.role_arns.get(role, role), RoleSessionName=session
        )["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def invoke(self, function: str, payload: Any = None) -> Any:
        """Call what is in service of a function and wait; return its result, decoded from JSON (None when empty).

        Args:
            function: its logical or deployed name.

        Raises:
            FunctionFailed: the function raised.
        """
        name = self.functions.get(function, function)
        answer = self.client("lambda").invoke(
            FunctionName=name, Qualifier=LIVE, Payload=json.dumps({} if payload is None else payload)
        )
        content = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise FunctionFailed(content)
        return json.loads(content) if content else None

    def start(self, function: str, payload: Any) -> None:
        """Call what is in service of a function, by its logical name, and do not wait."""
        self.client("lambda").invoke(
            FunctionName=self.functions[function],
            Qualifier=LIVE,
            InvocationType="Event",
            Payload=json.dumps(payload),
        )

    def purge(self) -> Any:
        """Run the purge now, with the event that the schedule sends every minute; return its report."""
        return self.invoke("Purge", BY_SCHEDULE)

    def logs(self) -> str:
        """Return every line that the functions printed since the start, as CloudWatch Logs holds them."""
        logs = self.client("logs")
        return "\n".join(
            event["message"]
            for group in paginate(logs, "describe_log_groups", "logGroups")
            for event in paginate(logs, "filter_log_events", "events", logGroupName=group["logGroupName"])
        )

    def mails(self) -> list[Mail]:
        """The mails that were sent since the start, oldest first."""
        return self._mailbox.mails

    def texts(self) -> list[Sms]:
        """The SMS that were sent since the start, oldest first."""
        return self._mailbox.texts


@contextmanager
def running(
    *,
    ports: Ports = FREE_PORTS,
    demo: bool = False,
    https: bool = False,
    with_proconnect: bool = False,
    package: Package | None = None,
    settings: Mapping[str, str] = NO_SETTINGS,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[LocalCloud]:
    """Deploy the product on a local cloud of its own and serve it; everything ends with the context.

    Args:
        ports: of the product, the emulator and the mail page.
        demo: load the invented data of ``make run``.
        https: serve the product over TLS, with a certificate made here that no browser knows.
        with_proconnect: let the invented people sign in with a provider beside it (``proconnect.py``), too.
        settings: more parameters of the template, by name.
        package: deploy this one; by default, the package is made from the sources, or found up to date.
        say: called with one line per step.
    """
    port, aws_port, mail_port = (
        cloud.port_of(port, variable)
        for port, variable in zip(ports, ("PORT", "AWS_PORT", "MAIL_PORT"), strict=True)
    )
    if package is None:
        say("Packaging…")
        package = packaging.build_for_here()
    with ExitStack() as everything:
        mailbox = Mailbox(mail_port, aws_port=aws_port)
        everything.enter_context(serving(mailbox))
        say("Starting the local cloud…")
        everything.enter_context(cloud.emulator(aws_port, mail_port))
        say("Deploying…")
        encrypted = tls_context() if https else None
        base_url = f"{'https' if https else 'http'}://localhost:{port}"
        operator, storage = Operator(address(aws_port)), address(aws_port)
        if encrypted is not None:
            front = Storage(cloud.free_port(), aws_port=aws_port, tls=encrypted)
            everything.enter_context(serving(front))
            storage = front.origin
        given = parameters(base_url, storage) | dict(settings)
        if with_proconnect:
            given |= _add_proconnect(everything, operator, base_url)
        stack = deploy(operator, package, given)
        proxy = Proxy(
            port, aws_port=aws_port, api=lambda: stack.outputs["RestAPIId"], tls=encrypted, storage=storage
        )
        everything.enter_context(serving(proxy))
        local = LocalCloud(base_url, address(mail_port), address(aws_port), stack, operator, mailbox)
        named = local.environment
        mailbox.account, mailbox.configuration_set = named["ACCOUNT"], named["MAIL_CONFIGURATION_SET"]
        mailbox.report = lambda event: local.invoke("Feedback", event)
        if demo:
            from infra.local.demo import load  # loads the product itself, which tests and benches do without

            say("Loading invented data…")
            load(local.environment, local.base_url)
        yield local


def _add_proconnect(everything: ExitStack, operator: Operator, base_url: str) -> dict[str, str]:
    """Run a provider of invented people until everything ends; return the template's parameters for it."""
    from infra.local import demo, proconnect

    chosen, secret = everything.enter_context(proconnect.provider(base_url, demo.ACCOUNTS))
    return chosen | {"ProconnectSecret": proconnect.store_secret(operator.client("secretsmanager"), secret)}
