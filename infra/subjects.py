"""What operators do for the data protection officer: follow requests about personal data.

Stories run here, with the operator's credentials, on the tables of the stack. In English, like ``operate``; no address is shown.
"""

import argparse
import os

from chalicelib import clock
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import NotFound
from chalicelib.stores import relay_table
from chalicelib.stories import rights
from infra import CommandFailed
from infra.deploy.stack import Deployed


def show_requests(at: Deployed, asked: argparse.Namespace) -> int:
    """Requests about personal data, the open ones first, each with its due date and what became of its mail."""
    _enter(at)
    try:
        if asked.again:
            rights.send_again(asked.again, now=clock.utc_now())
            print(f"{asked.again} leaves again within a minute, to the address that is deployed now.")
        if asked.answered:
            rights.mark_answered(asked.answered, now=clock.utc_now())
            print(f"{asked.answered} is answered: no reference and no address is left of it.")
    except NotFound:
        raise CommandFailed("No request has this number; « requests » alone lists them.") from None
    requests = sorted(
        relay_table.list_requests(), key=lambda request: (request.answered_at is not None, request.at)
    )
    for request in requests:
        print(_describe(request))
    open_count = sum(request.answered_at is None for request in requests)
    print(f"{open_count} open requests, {len(requests) - open_count} answered ones.")
    return 0


def _enter(at: Deployed) -> None:
    """Let stories find the tables, functions and settings of the stack, as its purge does."""
    os.environ.update(at.environment(["Purge"]))


def _describe(request: RightsRequest) -> str:
    """Return the line of a request: number, what, by whom, until when, and where its mail is."""
    state = f"answered {request.answered_at:%Y-%m-%d}" if request.answered_at else f"mail {request.state}"
    facts = (request.number, f"{request.right:<13}", f"{request.asker:<8}", f"due {request.due_at:%Y-%m-%d}")
    return "  ".join((*facts, state))
