"""Read the ``Relay`` table: deposits, links, pointers, proofs, sessions, the outbox; and its counters."""

from collections.abc import Iterable
from datetime import datetime

from chalicelib import config
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.kernel.delivery import Delivery
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link, Pointer, Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.proving import PurgeProof
from chalicelib.domain.running import Lease, Run
from chalicelib.stores import aws, items, tables

CURSOR: items.Key = ("sweep", "0")


def deposit(identifier: str) -> Deposit | None:
    """The deposit of this id; None when there is none."""
    return tables.record(Deposit, items.deposit_key(identifier))


def deposits(identifiers: Iterable[str]) -> dict[str, Deposit]:
    """These deposits, by id; missing ones are left out."""
    stored = tables.records(Deposit, [items.deposit_key(identifier) for identifier in identifiers])
    return {deposit.id: deposit for deposit in stored.values()}


def link(identifier: str) -> Link | None:
    """The link of this id; None when there is none."""
    return tables.record(Link, items.link_key(identifier))


def link_ids(deposit: Deposit) -> list[str]:
    """Ids of every link that was made for these documents, the present recipient's first."""
    return list(dict.fromkeys((*((deposit.link,) if deposit.link else ()), *deposit.other_links)))


def links(deposit: Deposit | None) -> tuple[Link, ...]:
    """Every link that was made for these documents and is still stored, the present recipient's first; in one call."""
    keys = [items.link_key(identifier) for identifier in link_ids(deposit)] if deposit is not None else []
    stored = tables.records(Link, keys)
    return tuple(stored[key] for key in keys if key in stored)


def pointer(token_sha256: str) -> Pointer | None:
    """The entry of the index of tokens that leads from a token, by its hash, to its link; None when there is none."""
    return tables.record(Pointer, items.pointer_key(token_sha256))


def pointers(link: Link) -> tuple[Pointer, ...]:
    """The entries of the index of tokens that lead to a link.

    They are found by the instant at which they end, which is the link's: its tokens are stored nowhere.
    """
    ending = tables.query_due_at(items.Due.POINTER, link.closes_at)
    stored = tables.records(Pointer, ending).values()
    return tuple(pointer for pointer in stored if pointer.link == link.id)


def purge_proof() -> PurgeProof | None:
    """What is known of the daily proofs of erasure."""
    return tables.record(PurgeProof, items.PURGE_PROOF)


def tries(link_id: str) -> Tries | None:
    """The wrong answers given on a link; None when there are none."""
    return tables.record(Tries, items.tries_key(link_id))


def appointment(parcours: str, attempt: int) -> Appointment | None:
    """The appointment of an attempt; None when there is none."""
    return tables.record(Appointment, items.appointment_key(parcours, attempt))


def appointments(heads: Iterable[Parcours]) -> dict[str, Appointment]:
    """The appointments of the passages under way of these parcours, by parcours; missing ones are left out."""
    keys = [items.appointment_key(head.id, head.attempt) for head in heads if head.attempt is not None]
    return {record.parcours: record for record in tables.records(Appointment, keys).values()}


def mail(key: str) -> OutboxMail | None:
    """The mail of the outbox with this key; None when it does not wait any more."""
    return tables.record(OutboxMail, items.mail_key(key))


def mails(keys: Iterable[str]) -> list[OutboxMail]:
    """These mails, as far as they still wait."""
    return list(tables.records(OutboxMail, [items.mail_key(key) for key in keys]).values())


def posted(identifier: str) -> Delivery | None:
    """What became of the mail that bears this tag."""
    return tables.record(Delivery, items.delivery_key(identifier))


def challenge(identifier: str) -> Challenge | None:
    """The sign-in under way of this id; None when there is none."""
    return tables.record(Challenge, items.challenge_key(identifier))


def session(identifier: str) -> Session | None:
    """The session of this id; None when there is none."""
    return tables.record(Session, items.session_key(identifier))


def known_browsers(account: str) -> KnownBrowsers | None:
    """The browsers in which this account signed in before."""
    return tables.record(KnownBrowsers, items.browsers_key(account))


def run(account: str, identifier: str) -> Run | None:
    """One RUN of an agent; None when there is none."""
    return tables.record(Run, items.run_key(account, identifier))


def runs(account: str) -> list[Run]:
    """The RUNs of this agent, a day long."""
    return [items.of_item(Run, item) for item in tables.query(items.RELAY, f"{items.RUNNING}{account}")]


def leases(identifiers: Iterable[str]) -> dict[str, Lease]:
    """The leases with these ids, by id; those that are not stored are left out."""
    stored = tables.records(Lease, [items.lease_key(identifier) for identifier in identifiers])
    return {lease.parcours: lease for lease in stored.values()}


def count_within(quota: str, about: str, window: str, *, most: int, expires_at: datetime) -> bool:
    """Count one more use of a quota; False when it is used up.

    Args:
        quota: a constant of the code; ``about``: a hash, never a name or an address; ``window``: « 2026-11-25T13 ».
    """
    counted = items.counting(f"{quota}#{about}#{window}", most, expires_at)
    return aws.write_if(aws.dynamodb().update_item, **counted)


def give_back(quota: str, about: str, window: str) -> None:
    """Take one use off a quota again; nothing when its window is over and it was removed."""
    aws.write_if(
        aws.dynamodb().update_item,
        TableName=config.resource(items.RELAY),
        Key=items.wire_key(items.count_key(f"{quota}#{about}#{window}")),
        UpdateExpression="ADD used :less",
        ConditionExpression="used > :none",
        ExpressionAttributeValues=items.wire({":less": -1, ":none": 0}),
    )


def cursor() -> str | None:
    """Where the walk over the bucket stopped; None: at its beginning."""
    item = tables.get(items.RELAY, CURSOR)
    return str(item["after"]) if item else None


def keep_cursor(after: str | None) -> None:
    """Remember where the walk goes on; None: from the beginning. Losing it only walks again."""
    table, key = config.resource(items.RELAY), items.wire_key(CURSOR)
    with aws.calling():
        if after is None:
            aws.dynamodb().delete_item(TableName=table, Key=key)
        else:
            aws.dynamodb().put_item(TableName=table, Item=key | items.wire({"after": after}))
