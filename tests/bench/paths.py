"""How far a reader has to go: the files and functions of ours that one request enters, in a process that has answered it before.

``python -m tests.bench.paths`` prints them: each file with its functions; « + »: the commit alone enters it. Lambdas and
comprehensions count with who holds them.
"""

import base64
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import chalicelib
from chalicelib.stores import transactions
from tests.support import factories, relays
from tests.support.factories import COMPANY_ADDRESS, Sealed
from tests.support.http import Client, functions_answer, signed_in
from tests.support.moto_worlds import on_moto
from tests.support.relays import Relay

OURS = f"{Path(chalicelib.__file__).parent}/"


Function = tuple[str, str]
"""File and qualified name."""


@dataclass
class Route:
    """What one request entered."""

    outside: set[Function] = field(default_factory=set)
    by_commit: set[Function] = field(default_factory=set)
    """Inside the one commit, which also derives the list rows, the reminder, the words and the counts of a parcours."""

    @property
    def functions(self) -> set[Function]:
        return self.outside | self.by_commit

    @property
    def files(self) -> set[str]:
        return {file for file, _ in self.functions}


@contextmanager
def noting_entered() -> Iterator[Route]:
    """Note the functions that are entered inside."""
    route = Route()
    commits: list[FrameType] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "return" and commits and frame is commits[-1]:
            commits.pop()
        if event != "call" or code.co_name.startswith("<") or not code.co_filename.startswith(OURS):
            return
        if code is transactions.commit.__code__:
            commits.append(frame)
        noted = route.by_commit if commits else route.outside
        noted.add((code.co_filename.removeprefix(OURS), code.co_qualname))

    sys.setprofile(note)
    try:
        yield route
    finally:
        sys.setprofile(None)


def measure_routes() -> dict[str, Route]:
    """Return what a sending's announcement enters, and the click that opens it, ``unseal`` included."""
    with on_moto() as world:
        for measure in MEASURED.values():  # what a first answer loads and makes is not counted
            measure(relays.started(world))
        return {request: measure(relays.started(world)) for request, measure in MEASURED.items()}


def _measure_announcement(relay: Relay) -> Route:
    document, tutor = factories.sealed(), signed_in(relay.tutor)
    with noting_entered() as path:
        answer = tutor.post_json(f"/parcours/{relay.parcours_id}/depots", _build_announcement(document))
    assert answer.status == 201, answer.text
    return path


def _build_announcement(document: Sealed) -> dict[str, object]:
    """Build the body of the announcement of one sealed document."""
    announced = document.build_announcement(COMPANY_ADDRESS)
    documents = [
        {
            "kind": sealed.kind,
            "bytes": sealed.sealed_bytes,
            "sha256": sealed.sha256,
            "key": base64.b64encode(sealed.key).decode(),
        }
        for sealed in announced.documents
    ]
    return {
        "deposit": announced.deposit,
        "destinataire": announced.recipient,
        "documents": documents,
        "notice": True,
    }


def _measure_opening(relay: Relay) -> Route:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    relay.mailer_runs()
    token, browser = relay.tokens()[-1], Client()
    browser.get("/retrait")
    browser.post_json("/retrait/preuve", {"token": token, "adresse": COMPANY_ADDRESS})
    with functions_answer(), noting_entered() as path:
        answer = browser.post_json("/retrait/ouverture", {"token": token})
    assert answer.status == 200, answer.text
    return path


MEASURED: dict[str, Callable[[Relay], Route]] = {
    "POST /parcours/{id}/depots": _measure_announcement,
    "POST /retrait/ouverture": _measure_opening,
}


def main() -> None:
    """Print the routes."""
    for request, route in measure_routes().items():
        own = {file for file, _ in route.outside}
        print(f"{request}: {len(route.files)} files, {len(route.functions)} functions")
        print(f"of these before and after the commit: {len(own)} files, {len(route.outside)} functions")
        for file in sorted(route.files):
            names = sorted(name for where, name in route.functions if where == file)
            print(f"  {'  ' if file in own else '+ '}{file}: {', '.join(names)}")


if __name__ == "__main__":
    main()
