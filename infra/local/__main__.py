"""``make run``: the product on http://localhost:8000/, its mails on http://127.0.0.1:8025/, until Ctrl-C.

``HTTPS=1`` serves it on https://localhost:8000/, with a certificate that browsers ask about once. ``PROCONNECT=1`` lets people
sign in with a provider that plays it, too. Settings of ``infra/README.md`` are given in the same way: ``CODES_PER_HOUR=20``.
"""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import fields
from types import FrameType

from chalicelib import config
from infra import BY_SCHEDULE, CommandFailed, say, status_of

PORTS = {"PORT": 8000, "AWS_PORT": 4566, "MAIL_PORT": 8025}


def main() -> int:
    """Run the local product until Ctrl-C or SIGTERM; return 0 then, 1 when the start fails."""
    # First of all, so that either ends what was started, during the start too. A shell's background jobs ignore Ctrl-C.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return status_of(_run)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def _run() -> None:
    """Start the local product with invented data, print where it is, and wait until a signal ends the process."""
    from infra.local import Ports, running

    ports = Ports(*(port(variable, usual) for variable, usual in PORTS.items()))
    https, proconnect = _switch("HTTPS"), _switch("PROCONNECT")
    settings = settings_given(os.environ)
    with running(
        ports=ports, demo=True, https=https, with_proconnect=proconnect, settings=settings, say=say
    ) as local:
        local.start("Prove", BY_SCHEDULE)  # as the first night would: nobody runs it for that long
        say(_welcome(local.base_url, local.mail_url))
        threading.Event().wait()


def port(variable: str, usual: int) -> int:
    """Return the port that this environment variable gives, else the usual one. Raises CommandFailed: it is no port number."""
    given = os.environ.get(variable, "") or str(usual)
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
        raise CommandFailed(f"{variable} must be a port number, from 1 to 65535: « {given} » is none.")
    return int(given)


def settings_given(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the template parameters for the product settings that the environment gives (``CODES_PER_HOUR=20``).

    Names become those of the template (``CodesPerHour``).
    Raises:
        CommandFailed: one of them is not valid.
    """
    try:
        config.read_settings(environment)
    except config.ConfigurationError as error:
        raise CommandFailed(str(error)) from None
    given = {
        setting.name: environment.get(setting.name.upper(), "").strip() for setting in fields(config.Settings)
    }
    return {config.name_parameter(name): value for name, value in given.items() if value}


def _switch(variable: str) -> bool:
    """Return whether this environment variable is 1; absent, empty or 0 is False. Raises CommandFailed for anything else."""
    given = os.environ.get(variable, "")
    if given not in {"", "0", "1"}:
        raise CommandFailed(f"{variable} must be 1 or 0: « {given} » is neither.")
    return given == "1"


def _welcome(base_url: str, mail_url: str) -> str:
    """Return the text that is printed when the product is ready: its addresses, and the accounts to sign in with."""
    from infra.local.demo import ACCOUNTS

    people = "\n".join(f"  {account.address:<34}{account.name}, {account.function}" for account in ACCOUNTS)
    return f"""
Ready.
  The product   {base_url}/
  Its mails     {mail_url}/   (sign-in codes and links arrive there; SMS at /sms)
  Its erasing   {base_url}/preuves   (a first proof takes two minutes)

Sign in with one of these addresses; the code is on the mail page.
{people}

Ctrl-C ends all of it and keeps nothing.
"""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
