"""Read the ``Relay`` table: deposits, links, pointers, addressees, proofs, sessions, the outbox; and its counters."""

from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any

from chalicelib import config
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.kernel.delivery import BookedRate, Delivery
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Addressee, Link, Pointer, Proof, Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.proving import PurgeProof
from chalicelib.domain.rights import RightsRequest
from chalicelib.stores import aws, items, tables

CURSOR: items.Key = ("sweep", "0")


def read_deposit(identifier: str) -> Deposit | None:
    """Return the deposit with this id; None when there is none."""
    return tables.read_record(Deposit, items.deposit_key(identifier))


def read_deposits(identifiers: Iterable[str]) -> dict[str, Deposit]:
    """Return the deposits with these ids, by id; missing ones are left out."""
    stored = tables.read_records(Deposit, [items.deposit_key(identifier) for identifier in identifiers])
    return {deposit.id: deposit for deposit in stored.values()}


def read_link(identifier: str) -> Link | None:
    """Return the link with this id; None when there is none."""
    return tables.read_record(Link, items.link_key(identifier))


def list_link_ids(deposit: Deposit) -> list[str]:
    """Return the ids of every link that was made for these documents, the present recipient's first."""
    return list(dict.fromkeys((*((deposit.link,) if deposit.link else ()), *deposit.other_links)))


def list_links(deposit: Deposit | None) -> tuple[Link, ...]:
    """Return every stored link to these documents, the present recipient's first; one call."""
    keys = (
        [items.link_key(identifier) for identifier in list_link_ids(deposit)] if deposit is not None else []
    )
    stored = tables.read_records(Link, keys)
    return tuple(stored[key] for key in keys if key in stored)


def read_pointer(token_sha256: str) -> Pointer | None:
    """Return the index entry of a token, by the token's SHA-256; None when there is none."""
    return tables.read_record(Pointer, items.pointer_key(token_sha256))


def list_pointers(link: Link) -> tuple[Pointer, ...]:
    """Return the index entries of the tokens of a link.

    Tokens are stored nowhere: the entries are found by the instant of their end, which is the link's.
    """
    ending = tables.query_due_at(items.Due.POINTER, link.closes_at)
    stored = tables.read_records(Pointer, ending).values()
    return tuple(pointer for pointer in stored if pointer.link == link.id)


def list_addressees(address_mac: str) -> list[Addressee]:
    """Return the index entries of the links that were mailed to an address (``keys.compute_address_mac``); one call."""
    pk, _ = items.addressee_key(address_mac, "")
    return [items.from_item(Addressee, item) for item in tables.query(items.RELAY, pk)]


def read_purge_proof() -> PurgeProof | None:
    """Return what is stored of the daily proofs of erasure; None: nothing yet."""
    return tables.read_record(PurgeProof, items.PURGE_PROOF)


def read_tries(link_id: str) -> Tries | None:
    """Return the wrong answers counted on a link; None when there are none."""
    return tables.read_record(Tries, items.tries_key(link_id))


def read_appointment(parcours: str, attempt: int) -> Appointment | None:
    """Return the appointment of an attempt; None when there is none."""
    return tables.read_record(Appointment, items.appointment_key(parcours, attempt))


def read_appointments(several_parcours: Iterable[Parcours]) -> dict[str, Appointment]:
    """Return the appointments of the passages under way of these parcours: parcours id → appointment."""
    keys = [
        items.appointment_key(parcours.id, parcours.attempt)
        for parcours in several_parcours
        if parcours.attempt is not None
    ]
    return {record.parcours: record for record in tables.read_records(Appointment, keys).values()}


def read_mail(key: str) -> OutboxMail | None:
    """Return the outbox mail with this key; None when it waits no more."""
    return tables.read_record(OutboxMail, items.mail_key(key))


def list_mails(keys: Iterable[str]) -> list[OutboxMail]:
    """Return those of these mails that still wait in the outbox."""
    return list(tables.read_records(OutboxMail, [items.mail_key(key) for key in keys]).values())


def read_booked_rate() -> BookedRate | None:
    """Return how far ahead the mail service's rate is booked; None: nothing ever was."""
    return tables.read_record(BookedRate, items.BOOKED_RATE)


def store_booking(after: BookedRate) -> bool:
    """Store how far ahead the rate is booked; False when another mailer has booked since this one was read.

    ``after``: with the revision that was read. No transaction: two that meet would cancel each other.
    """
    seen = after.revision
    item = {**items.to_item(after), "revision": seen + 1}
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if seen:
        condition = {
            "ConditionExpression": "revision = :seen",
            "ExpressionAttributeValues": items.encode_item({":seen": seen}),
        }
    table = config.resource(items.RELAY)
    return aws.write_if(aws.dynamodb().put_item, TableName=table, Item=items.encode_item(item), **condition)


def read_delivery(identifier: str) -> Delivery | None:
    """Return the delivery with this tag: what became of a mail; None when there is none."""
    return tables.read_record(Delivery, items.delivery_key(identifier))


def list_requests() -> list[RightsRequest]:
    """Return every request about personal data that is kept."""
    return _read_all(RightsRequest, items.Due.REQUEST)


def list_deposits_of(parcours: str, attempt: int) -> tuple[Deposit, ...]:
    """Return every deposit of one passage. For operators: the keys of all deposits are read."""
    deposits = _read_all(Deposit, items.Due.DEPOSIT)
    return tuple(
        deposit for deposit in deposits if (deposit.parcours, deposit.attempt) == (parcours, attempt)
    )


def list_mails_about(parcours: str, attempt: int, links: Container[str]) -> tuple[OutboxMail, ...]:
    """Return the waiting mails about one passage, or one of its links. For operators: all waiting mails are read."""
    return tuple(
        mail
        for mail in _read_all(OutboxMail, items.Due.MAIL)
        if (mail.parcours, mail.attempt) == (parcours, attempt) or mail.link in links
    )


def list_beside(link: Link) -> tuple[Aggregate, ...]:
    """Return what is stored beside a link: the entries that lead to it, proofs, wrong answers."""
    entries = tables.read_records(
        Addressee, tables.query_due_at(items.Due.ADDRESSEE, link.closes_at)
    ).values()
    own = tables.query(items.RELAY, items.link_key(link.id)[0])
    proofs = (items.from_item(Proof, item) for item in own if str(item["sk"]).startswith("proof#"))
    tries = read_tries(link.id)
    return (
        *list_pointers(link),
        *(entry for entry in entries if entry.link == link.id),
        *proofs,
        *((tries,) if tries is not None else ()),
    )


def _read_all(kind: type[items.Record], due: items.Due) -> list[items.Record]:
    """Return every record of a kind that is looked at some day."""
    return [record for keys in tables.query_pages(due) for record in tables.read_records(kind, keys).values()]


def read_challenge(identifier: str) -> Challenge | None:
    """Return the challenge with this id; None when there is none."""
    return tables.read_record(Challenge, items.challenge_key(identifier))


def read_session(identifier: str) -> Session | None:
    """Return the session with this id; None when there is none."""
    return tables.read_record(Session, items.session_key(identifier))


def read_known_browsers(account: str) -> KnownBrowsers | None:
    """Return the browsers that this account knows; None: it knows none."""
    return tables.read_record(KnownBrowsers, items.browsers_key(account))


def count_within(quota: str, about: str, window: str, *, most: int, expires_at: datetime) -> bool:
    """Count one more use of a quota; False when it is used up.

    Args:
        quota: a constant of the code; ``about``: a hash, never a name or an address; ``window``: « 2026-11-25T13 ».
    """
    counted = items.build_quota_update(f"{quota}#{about}#{window}", most, expires_at)
    return aws.write_if(aws.dynamodb().update_item, **counted)


def give_back(quota: str, about: str, window: str) -> None:
    """Take one use off a quota's counter; nothing when the counter is gone."""
    aws.write_if(
        aws.dynamodb().update_item,
        TableName=config.resource(items.RELAY),
        Key=items.encode_key(items.count_key(f"{quota}#{about}#{window}")),
        UpdateExpression="ADD used :less",
        ConditionExpression="used > :none",
        ExpressionAttributeValues=items.encode_item({":less": -1, ":none": 0}),
    )


def read_cursor() -> str | None:
    """Return the key after which the walk over the bucket goes on; None: at its beginning."""
    item = tables.read_item(items.RELAY, CURSOR)
    return str(item["after"]) if item else None


def keep_cursor(after: str | None) -> None:
    """Store the key after which the walk goes on; None: the beginning. If it is lost, the walk begins again."""
    table, key = config.resource(items.RELAY), items.encode_key(CURSOR)
    with aws.calling():
        if after is None:
            aws.dynamodb().delete_item(TableName=table, Key=key)
        else:
            aws.dynamodb().put_item(TableName=table, Item=key | items.encode_item({"after": after}))
