"""What operators do for the data protection officer: follow requests about personal data, show and erase what is held.

Stories run here, with the operator's credentials, on the tables of the stack. In English, like ``operate``; no address is shown.
"""

import argparse
import os

from chalicelib import clock, config, french, terms
from chalicelib.domain.kernel.address import normalise
from chalicelib.domain.kernel.attempt import parse_reference
from chalicelib.domain.retention import (
    AUDIT_MONTHS,
    BACKUP_DAYS,
    BY_NAME,
    DELIVERY_DAYS,
    LOG_DAYS,
    fill_in_figures,
    read_figures,
)
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import FieldInvalid, NotFound, WrongStep
from chalicelib.stores import relay_table
from chalicelib.stories import rights, subjects
from infra import CommandFailed, person, subject_copy
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
    except WrongStep:
        raise CommandFailed("This request is noted as answered: nothing is left to send.") from None
    requests = sorted(
        relay_table.list_requests(), key=lambda request: (request.answered_at is not None, request.at)
    )
    for request in requests:
        print(_describe(request))
    open_count = sum(request.answered_at is None for request in requests)
    print(f"{open_count} open requests, {len(requests) - open_count} answered ones.")
    return 0


def show_subject(at: Deployed, asked: argparse.Namespace) -> int:
    """What is held of one young person's passage, by its reference, or of a contact or an agent, by their address.

    ``--stop`` ends mails to the address and closes its links: an objection, a limitation. ``--erase`` does that too, removes
    the contact from records and links, and closes the account; it ends a passage and has all of it erased.
    ``--to`` writes the copy for who asks for it. Asked to erase again, it says what the erasure still waits for.
    """
    if asked.address is not None:
        return _show_person(at, asked)
    reference = parse_reference(asked.reference)
    if reference is None:
        raise CommandFailed("This is no reference: one reads like CSF-7K3Q-92.")
    if asked.stop:
        raise CommandFailed(
            "Mails are stopped to an address; a request on a reference holds its passage by itself."
        )
    _enter(at)
    try:
        if asked.erase:
            subjects.begin_erasure(reference, now=clock.utc_now())
        held = subjects.read_held(reference)
    except NotFound:
        print("Nothing is held under this reference.")
        return 0
    print("\n".join(_list_held(held)))
    _keep_copy(asked.to, subject_copy.write_copy(held, clock.utc_now()))
    if asked.erase:
        print(
            "No page shows it and no link opens it any more. The purge erases the rest within a quarter of an hour, once the "
            "documents are erased and its last mails have left: ask again until nothing is held. What stays: "
            f"{DELIVERY_DAYS} days, what became of its mails (numbers); {BACKUP_DAYS} days, the backup: keep reference and day "
            f"with your answer, since a restore asks for them; {LOG_DAYS} days, the log, without names and addresses; "
            f"{AUDIT_MONTHS} months, which accounts acted on its parcours, by numbers."
        )
        for request in held.requests:
            print(
                f"{request.number} keeps reference and address: once answered, « requests --answered {request.number} »."
            )
    return 0


def _keep_copy(path: str | None, copied: str) -> None:
    """Write a copy into a new file that its owner alone can read, if there is a path for it."""
    if path is None:
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(copied)
    print(f"The copy is in {path}: hand it over sealed, then delete it.")


def _show_person(at: Deployed, asked: argparse.Namespace) -> int:
    """Show what is stored of who has an address, by row of the register; once erased, what stays, why and how long."""
    try:
        address = normalise(asked.address, "adresse")
    except FieldInvalid:
        raise CommandFailed("This is no address.") from None
    _enter(at)
    now = clock.utc_now()
    stored = person.find_person(at, address)
    if asked.stop:
        person.stop_mails(stored, now, forgets=False)
    if asked.erase:
        person.erase_person(stored, now)
    if asked.stop or asked.erase:
        stored = person.find_person(at, address)
    copied = person.list_copied(stored)
    head = f"Copie de ce qui est gardé sous l’adresse {address}, le {french.moment(now)}\n(RGPD, article 15)."
    _keep_copy(asked.to, subject_copy.write_rows(head, copied))
    figures = read_figures(terms.retention(), config.ERASED_MINUTES)
    for name, own in stored.items.items():
        kept = " ".join(fill_in_figures(delay, figures) for delay in BY_NAME[name].kept)
        print(f"{name}: {len(own)}" + (f", stays. {BY_NAME[name].why}. {kept}" if asked.erase else ""))
    if not stored.items:
        print("Nothing is held under this address.")
    if asked.erase:
        print(f"The backup holds it for {BACKUP_DAYS} days more: after a restore, erase again.")
    if asked.stop or asked.erase:
        print("No link or reminder goes there any more, until « unblock »; its links are closed.")
    return 0


def _list_held(held: subjects.Held) -> list[str]:
    """Return a line for each thing that is held of a passage; no address."""
    attempt = held.attempt
    state = f"ended {attempt.ended_at:%Y-%m-%d}" if attempt.ended_at else "under way"
    if attempt.erasing_at is not None:
        state = f"being erased since {attempt.erasing_at:%Y-%m-%d %H:%M} UTC"
    return [
        f"passage {attempt.number} of the parcours {attempt.parcours}, begun {attempt.opened_at:%Y-%m-%d}, {state}",
        f"its history: {len(held.events)} facts",
        *(f"  {event.at:%Y-%m-%d %H:%M}  {event.kind}" for event in held.events),
        *(
            f"documents sent {deposit.created_at:%Y-%m-%d}: {'erased' if deposit.erased_at else 'kept'}"
            for deposit in held.deposits
        ),
        f"links: {len(held.links)}, with {len(held.beside_links)} entries, proofs and counts",
        f"meeting: {'its dates' if held.appointment else 'none'}",
        f"mails that wait: {len(held.mails)}",
        f"requests that give its reference: {' '.join(request.number for request in held.requests) or 'none'}",
    ]


def _enter(at: Deployed) -> None:
    """Let stories find the tables, functions and settings of the stack, as its purge does."""
    os.environ.update(at.environment(["Purge"]))


def _describe(request: RightsRequest) -> str:
    """Return the line of a request: number, what, by whom, until when, and where its mail is."""
    state = f"answered {request.answered_at:%Y-%m-%d}" if request.answered_at else f"mail {request.state}"
    facts = (request.number, f"{request.right:<13}", f"{request.asker:<8}", f"due {request.due_at:%Y-%m-%d}")
    return "  ".join((*facts, state))
