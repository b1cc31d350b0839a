"""The flows of data as a picture: what each function reads and writes, by the rights that the template gives its role."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from chalicelib import config
from infra import rights
from infra.alarms import FUNCTIONS
from infra.papers import figures

BROWSERS = "Navigateurs"
"""They fetch and post documents by addresses that a function signed."""
HOLDERS = {
    "ParcoursTable": ("Table des", "parcours"),
    "RelayTable": ("Table des", "envois"),
    "DocumentBucket": ("Documents", "scellés"),
    "DocumentKey": ("Clé des", "documents"),
    "LinkKey": ("Clé des", "liens"),
    "CodeKey": ("Clé des", "codes"),
    "ses": ("Messages", "aux boîtes"),
    "sns": ("SMS aux", "téléphones"),
    "DeadLetters": ("File des", "échecs"),
}
"""What holds or passes on data, by its name in the template or its service, in two lines."""
VERBS = {
    "GetItem": "lit", "BatchGetItem": "lit", "Query": "lit", "ConditionCheckItem": "lit", "GetObject": "lit",
    "ListBucket": "liste", "PutItem": "écrit", "UpdateItem": "écrit", "PutObject": "dépose", "SendMessage": "dépose",
    "DeleteItem": "efface", "DeleteObject": "efface", "Encrypt": "enveloppe", "Decrypt": "ouvre", "GenerateMac": "signe",
    "VerifyMac": "vérifie", "SendEmail": "envoie", "SendRawEmail": "envoie", "Publish": "envoie",
    "CheckIfPhoneNumberIsOptedOut": "demande", "InvokeFunction": "réveille",
}  # fmt: skip
"""What a right does, by its operation."""
NOT_DRAWN = {"logs"}
"""Services of which each function has its own alone."""
LEFT, WIDE, HIGH, TOP, LINE = 128, 72, 46, 44, 12
"""Of the picture: where columns begin, width and height of a cell, height of the titles, and of a line of text."""


class Grant(NamedTuple):
    """One operation that a role is allowed, on one thing."""

    service: str
    operation: str
    holder: str
    """Logical id of the thing, or the service where the right names none."""


class Cell(NamedTuple):
    """What one function does to one holder: the verbs, and where they stand in the picture."""

    holder: str
    verbs: list[str]
    x: int


class Row(NamedTuple):
    """One line of the picture: a function, what it wakes, and what it does to each holder."""

    name: str
    wakes: list[str]
    cells: list[Cell]
    y: int


class Picture(NamedTuple):
    """The flows, with the place of each part in an SVG."""

    columns: list[tuple[tuple[str, str], int]]
    """Title of each holder in two lines, and where it stands."""
    rows: list[Row]
    width: int
    height: int


def draw() -> Picture:
    """Build the picture of the flows; SMS are part of it where the settings have a number for them."""
    holders = [holder for holder in HOLDERS if holder != "sns" or config.settings().sms_number]
    places = {holder: LEFT + WIDE * at + WIDE // 2 for at, holder in enumerate(holders)}
    granted = {BROWSERS: list(_list_signed()), **{name: list(list_grants(name)) for name in FUNCTIONS}}
    rows = []
    for at, (name, grants) in enumerate(granted.items()):
        cells = [
            Cell(holder, verbs, x) for holder, x in places.items() if (verbs := _list_verbs(grants, holder))
        ]
        wakes = sorted({grant.holder for grant in grants if grant.service == "lambda"} - {name})
        rows.append(Row(name, wakes, cells, TOP + HIGH * at + HIGH // 2))
    columns = [(HOLDERS[holder], x) for holder, x in places.items()]
    return Picture(columns, rows, LEFT + WIDE * len(holders), TOP + HIGH * len(rows))


def list_grants(function: str) -> Iterator[Grant]:
    """Yield what the policies of a function's role allow on anything but its own log."""
    role = {"Ref": f"{function}Role"}
    for resource in figures.template()["Resources"].values():
        if resource.get("Type") == "AWS::IAM::Policy" and role in resource["Properties"]["Roles"]:
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                yield from _read_allowed(statement)


def _read_allowed(statement: Any) -> Iterator[Grant]:
    """Yield what a statement allows; of a condition, what holds on AWS."""
    if "Fn::If" in statement:
        yield from _read_allowed(statement["Fn::If"][1])
    elif statement.get("Effect") == "Allow":
        written = json.dumps(statement["Resource"])
        named = set(re.findall(r'"Fn::GetAtt": \["(\w+)"|\$\{(\w+)\.Arn\}', written))
        holders = {first or second for first, second in named}
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            service, _, operation = action.partition(":")
            if service not in NOT_DRAWN:
                for holder in holders or {service}:
                    yield Grant(service, operation, holder)


def _list_signed() -> Iterator[Grant]:
    """Yield what browsers do to documents by addresses that a role signed."""
    for action in rights.OUTSIDE:
        service, _, operation = action.partition(":")
        if service == "s3":
            yield Grant(service, operation, "DocumentBucket")


def _list_verbs(grants: list[Grant], holder: str) -> list[str]:
    """Return what these rights do to a holder, each verb once."""
    return list(dict.fromkeys(VERBS[grant.operation] for grant in grants if grant.holder == holder))
