"""Every setting: its unit, meaning and default. A wrong value stops the start with a clear message.

``Settings`` are what an operator may choose. ``resource(name)`` gives the names of the AWS things that the template made:
each function receives only those it has a right to, so they are asked for where they are used.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from urllib.parse import urlsplit

ERASED_MINUTES = 15
"""What is over is erased within this, one minute as a habit: a promise of the product, hence no setting."""
READING_MINUTES = 5
"""What a company is told that reading and answering take: a session of four minutes, and one to open a mail."""
DOCUMENT_MAX_BYTES = 10_000_000
"""Largest plain document. Pages and refusals say it in words."""
TAKINGS_PER_DAY = 10
"""Offers that a tutor may take in a day: more than the young people whom they prepare, far fewer than the country offers."""


MOST_MAILS_PER_SECOND = 1_000
"""More than SES gives to an account that does not ask; a setting's bound."""

UNION = {
    "eu-central-1": "Francfort (Allemagne)",
    "eu-north-1": "Stockholm (Suède)",
    "eu-south-1": "Milan (Italie)",
    "eu-south-2": "Espagne",
    "eu-west-1": "Irlande",
    "eu-west-3": "Paris (France)",
    "eusc-de-east-1": "Brandebourg (Allemagne)",
}
"""The regions of AWS in the European Union, as pages name them. London and Zurich are not of them."""
EXAMPLES = ("example", "exemple", "à compléter", "todo")
"""Words by which a legal fact shows that it is none: those of our defaults, and of the addresses kept for examples."""
LEAST_CHARACTERS = 4
"""Of a legal text: « 3949 » is a telephone number, « - » or « 0 » is nothing."""


class ConfigurationError(Exception):
    """The environment cannot run this product; the message says which variable and why."""


def _number(default: int, low: int, high: int, meaning: str) -> int:
    return field(default=default, metadata={"low": low, "high": high, "meaning": meaning})


def _text(default: str, meaning: str, pattern: str = "") -> str:
    return field(default=default, metadata={"meaning": meaning, "pattern": pattern})


def _fact(default: str, meaning: str) -> str:
    return field(default=default, metadata={"meaning": meaning, "legal": True})


@dataclass(frozen=True)
class Settings:
    """What an operator may set, by a template parameter, or by an environment variable of the same name in capitals.

    Names carry the unit. ``infra/README.md`` lists them (a test compares).
    """

    answer_days: int = _number(
        15, 1, 30, "Days, that of its link included, at whose end an unopened document goes."
    )
    opened_hours: int = _number(72, 1, 72, "Hours an opened, unconfirmed document lives.")
    link_days: int = _number(60, 30, 90, "Days a link keeps its actions, its documents long gone.")
    retention_months: int = _number(
        12, 6, 12, "Months a history outlives its passage, contacts their contract, an account its closing."
    )
    idle_months: int = _number(24, 12, 24, "Months an account lives without a sign-in.")
    company_answer_days: int = _number(15, 1, 60, "Calendar days a company is awaited before the buyer is.")
    buyer_working_days: int = _number(
        5, 1, 30, "Working days a buyer is awaited, after the company, before the team is."
    )
    buyer_link_working_days: int = _number(
        3, 1, 30, "Working days a buyer has to pass on the link they received."
    )
    tutor_working_days: int = _number(
        5, 1, 30, "Working days of school a tutor is awaited before the coordinator is."
    )
    delivery_hours: int = _number(
        24, 1, 96, "Hours after which a mail whose delivery nobody confirmed is shown as to be checked."
    )
    first_reminder_working_days: int = _number(
        2, 1, 30, "Working days after which the recipient of a link that was not answered is reminded."
    )
    second_reminder_working_days: int = _number(
        5, 2, 60, "Working days after which this recipient is reminded once more."
    )
    buyer_call_days: int = _number(
        7, 1, 60, "Days of silence of a company after which its buyer is asked to call."
    )
    tutor_reminder_working_days: int = _number(
        2, 1, 30, "Working days of school after which a tutor who is awaited is reminded."
    )
    sending_reminder_days: int = _number(
        14, 1, 90, "Days between two reminders of an offer that was taken and whose documents are not sent."
    )
    repeat_reminder_working_days: int = _number(
        5, 1, 60, "Working days between two reminders of somebody to whom a late turn has passed."
    )
    expiry_warning_days: int = _number(
        2, 1, 10, "Days before they are erased that the tutor of unread documents is warned."
    )
    codes_per_hour: int = _number(
        5,
        1,
        50,
        "Sign-in codes mailed in an hour to one address for one IP address (four times as many for all), or to a known browser.",
    )
    source_codes_per_hour: int = _number(
        1_500,
        20,
        10_000,
        "Sign-in codes mailed in an hour to browsers nobody knows behind one IP address. A rectorat is one address: 300 agents, "
        "each with a whole quota of five, keep nobody else from a code.",
    )
    unknown_codes_per_hour: int = _number(
        50,
        5,
        1_000,
        "Sign-in codes that may be asked for in an hour, from one IP address, for addresses without an account. Nothing is "
        "mailed to them: more than a rectorat's slips of the pen are somebody who tries addresses.",
    )
    passkey_grace_days: int = _number(
        14,
        1,
        90,
        "Days after their first sign-in without a passkey that the team and coordinators may go on so, before they owe one.",
    )
    mails_per_second: int = _number(
        14,
        1,
        MOST_MAILS_PER_SECOND,
        "Mails that SES takes in a second: the account's « MaxSendRate », which deploy reads.",
    )
    reservation_days: int = _number(
        45, 8, 180, "Days an offer that was taken waits for a sending before it is free again."
    )
    closing_months: int = _number(
        6, 1, 24, "Months before the end of a contract from which a free offer is flagged."
    )
    contact_confirm_months: int = _number(
        6, 1, 24, "Months after which a contact that was confirmed is to be confirmed again."
    )
    mail_code_roles: str = _text(
        "tutor coordinator buyer prescriber team",
        "Roles that a mailed code signs in, parted by spaces: an account needs each of its roles here; « none »: no account.",
        pattern=r"none|(tutor|coordinator|buyer|prescriber|team)( (tutor|coordinator|buyer|prescriber|team))*",
    )
    proconnect_discovery: str = _text(
        "",
        "Address of ProConnect's discovery document; empty: nobody signs in with ProConnect.",
        pattern=r"(https://|http://(localhost|127\.0\.0\.1):)[^\s?#]+/\.well-known/openid-configuration",
    )
    proconnect_client_id: str = _text("", "What ProConnect calls this service.")
    proconnect_levels: str = _text(
        "eidas1", "Levels of assurance (acr) that are asked of ProConnect and accepted, parted by spaces."
    )
    sms_number: str = _text(
        "",
        "Number in France (+33…) of the account that sends reminders by SMS and gets the STOPs; empty: no SMS.",
    )
    publisher_name: str = _fact(
        "Groupement d’exemple",
        "Who publishes the site and is the controller of its data (GDPR, article 4.7).",
    )
    publisher_postal_address: str = _fact(
        "1 rue de l’Exemple, 75000 Paris", "Postal address of the publisher, on one line."
    )
    publisher_phone: str = _fact("01 99 00 00 00 (exemple)", "Telephone of the publisher.")
    publisher_director: str = _fact("à compléter", "Who directs the publication, by name and function.")
    joint_controllers: str = _fact(
        "à compléter",
        "Joint controllers, the outline of their arrangement and its contact point (GDPR, article 26), as people read them; "
        "« aucun » where there is none.",
    )
    host_name: str = _fact("Hébergeur d’exemple", "Hosting company with which the contract is.")
    host_postal_address: str = _fact(
        "2 rue de l’Exemple, 75000 Paris", "Postal address of the hosting company, on one line."
    )
    host_parent: str = _fact(
        "une entreprise d’exemple",
        "To whom the hosting company belongs and of which country that is, as pages say it after « appartient à ».",
    )
    host_phone: str = _fact("à compléter", "Telephone of the hosting company.")
    transfer_grounds: str = _text(
        "",
        "What allows data outside the European Union (GDPR, articles 45 to 49), as pages say it. Empty: the region is in it.",
    )
    approval_decision: str = _text(
        "",
        "Security approval of the service, which its users may read (RGS): reference, day, reserves. Empty: none is published.",
    )
    accessibility_plan: str = _text(
        "",
        "Where the multi-year accessibility scheme and its plan of the year are published, over https. Empty: they are not.",
    )
    dpo_address: str = _fact("dpo@passe-plat.example", "Address of the data protection officer.")
    dpo_postal_address: str = _fact(
        "1 rue de l’Exemple, 75000 Paris", "Postal address of the data protection officer, on one line."
    )
    support_address: str = _fact("aide@passe-plat.example", "Address shown for help.")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Build the settings from environment variables; an absent or empty one takes its default.

    Raises:
        ConfigurationError: a number is not a whole number, or out of its bounds; a text has not its form.
    """
    values: dict[str, int | str] = {}
    for setting in fields(Settings):
        name = setting.name.upper()
        raw = environment.get(name, "").strip()
        if raw:
            read = _read_number if "low" in setting.metadata else _read_text
            values[setting.name] = read(name, raw, setting.metadata)
    return Settings(**values)  # type: ignore[arg-type]


def _read_number(name: str, raw: str, meta: Mapping[str, object]) -> int:
    """Read a whole number within the bounds of its setting (``meta``). Raises ConfigurationError, which says them."""
    low, high = int(str(meta["low"])), int(str(meta["high"]))
    if not (raw.isascii() and raw.isdigit() and len(raw) < 20) or not low <= int(raw) <= high:
        raise ConfigurationError(f"{name} must be a whole number from {low} to {high}. {meta['meaning']}")
    return int(raw)


def _read_text(name: str, raw: str, meta: Mapping[str, object]) -> str:
    """Read a text that has the form of its setting (``meta``). Raises ConfigurationError, which says what it is."""
    pattern = str(meta.get("pattern", ""))
    if pattern and not re.fullmatch(pattern, raw):
        raise ConfigurationError(f"{name} has not the form that is read. {meta['meaning']}")
    return raw


def name_parameter(setting: str) -> str:
    """Return the name of a setting as a parameter of the template: ``dpo_address`` is « DpoAddress »."""
    return setting.title().replace("_", "")


def list_missing_facts(chosen: Settings) -> list[str]:
    """Return the names of the legal facts that are blank or an example: what people use must say true ones."""
    return [
        setting.name
        for setting in fields(Settings)
        if "legal" in setting.metadata and is_example(getattr(chosen, setting.name))
    ]


def is_example(text: str) -> bool:
    """Return whether a legal text is blank, too short to be one, or an example."""
    return len(text.strip()) < LEAST_CHARACTERS or any(word in text.casefold() for word in EXAMPLES)


def name_region() -> str:
    """Return the region in which this function runs as pages name it; outside the European Union, AWS's own name."""
    region = _read_region()
    return UNION.get(region, region)


def is_in_union() -> bool:
    """Return whether this function runs in the European Union."""
    return _read_region() in UNION


def _read_region() -> str:
    """Return AWS's name of the region in which this function runs."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return read_settings(os.environ)


def resource(name: str) -> str:
    """Return the name or ARN of an AWS resource that the template gives this function (``infra/overlay.yaml``).

    Raises:
        ConfigurationError: this function was not given it, hence has no right to it.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ConfigurationError(f"{name} is not set: this function was not given it")
    return value


def public_base_url() -> str:
    """Return where people reach the product: the only origin that our links and checks know. No final slash."""
    return resource("PUBLIC_BASE_URL").rstrip("/")


def public_host() -> str:
    """Return the host of ``public_base_url``, without its port."""
    return urlsplit(public_base_url()).hostname or ""


def storage_origin() -> str:
    """Return the origin from which browsers fetch sealed documents; the CSP names it."""
    return resource("STORAGE_ORIGIN").rstrip("/")
