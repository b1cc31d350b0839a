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
from tests.support.worlds import World

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
def entered() -> Iterator[Route]:
    """Note what is entered inside."""
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


def of_both() -> dict[str, Route]:
    """The path of a sending's announcement, and of the click that opens it, ``unseal`` included."""
    with on_moto() as world:
        _told(world, _announces)
        _told(world, _opens)
        return {
            "POST /parcours/{id}/depots": _told(world, _announces),
            "POST /retrait/ouverture": _told(world, _opens),
        }


def _told(world: World, act: Callable[[Relay], Route]) -> Route:
    return act(relays.started(world))


def _announces(relay: Relay) -> Route:
    document, tutor = factories.sealed(), signed_in(relay.tutor)
    with entered() as path:
        answer = tutor.post_json(f"/parcours/{relay.parcours_id}/depots", _asked(document))
    assert answer.status == 201, answer.text
    return path


def _asked(document: Sealed) -> dict[str, object]:
    asked = document.announcement(COMPANY_ADDRESS)
    documents = [
        {
            "kind": one.kind,
            "bytes": one.sealed_bytes,
            "sha256": one.sha256,
            "key": base64.b64encode(one.key).decode(),
        }
        for one in asked.documents
    ]
    return {"deposit": asked.deposit, "destinataire": asked.recipient, "documents": documents, "notice": True}


def _opens(relay: Relay) -> Route:
    relay.announces()
    relay.uploads()
    relay.is_inspected()
    relay.mailer_runs()
    token, browser = relay.tokens()[-1], Client()
    browser.get("/retrait")
    browser.post_json("/retrait/preuve", {"token": token, "adresse": COMPANY_ADDRESS})
    with functions_answer(), entered() as path:
        answer = browser.post_json("/retrait/ouverture", {"token": token})
    assert answer.status == 200, answer.text
    return path


def main() -> None:
    """The command."""
    for request, route in of_both().items():
        own = {file for file, _ in route.outside}
        print(f"{request}: {len(route.files)} files, {len(route.functions)} functions")
        print(f"of these before and after the commit: {len(own)} files, {len(route.outside)} functions")
        for file in sorted(route.files):
            names = sorted(name for one, name in route.functions if one == file)
            print(f"  {'  ' if file in own else '+ '}{file}: {', '.join(names)}")


if __name__ == "__main__":
    main()
