"""Read the ``Relay`` table: deposits, links, pointers, proofs, sessions, the outbox; and its counters."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.kernel import address, delivery
from chalicelib.domain.kernel.delivery import Delivery, Mailbox, SetAside
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link, Pointer, Proof, Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.proving import PurgeProof
from chalicelib.domain.running import Held, Lease, Run
from chalicelib.stores import aws, items, tables
from chalicelib.stores.tables import NOTHING_READ, Read

CURSOR: items.Key = ("sweep", "0")


def deposit(identifier: str, read: Read = NOTHING_READ) -> Deposit | None:
    return tables.record(Deposit, items.deposit_key(identifier), read)


def deposits(identifiers: Iterable[str]) -> dict[str, Deposit]:
    """These deposits, by id; missing ones are left out."""
    found = tables.records(Deposit, [items.deposit_key(one) for one in identifiers])
    return {one.id: one for one in found.values()}


def link(identifier: str, read: Read = NOTHING_READ) -> Link | None:
    return tables.record(Link, items.link_key(identifier), read)


def links(of: Deposit | None, read: Read = NOTHING_READ) -> tuple[Link, ...]:
    """Every link that was made for these documents and is still stored, the present recipient's first; in one call."""
    if of is None:
        return ()
    named = dict.fromkeys((*((of.link,) if of.link else ()), *of.other_links))
    kinds: dict[items.Key, type[Aggregate]] = {items.link_key(one): Link for one in named}
    found = tables.several(kinds, read)
    return tuple(one for key in kinds if isinstance(one := found.get(key), Link))


def beside(deposits: Iterable[Deposit]) -> Read:
    """The parcours of these deposits and every link to their documents, a hundred of all these in a call."""
    kinds: dict[items.Key, type[Aggregate]] = {}
    for one in deposits:
        kinds[items.parcours_key(one.parcours)] = Parcours
        kinds |= {items.link_key(link): Link for link in (one.link, *one.other_links) if link}
    read: dict[items.Key, Aggregate | None] = dict.fromkeys(kinds)
    return read | tables.several(kinds)


class Around(NamedTuple):
    """What the relay holds around a parcours."""

    deposit: Deposit | None
    live: Deposit | None
    appointment: Appointment | None


def around(head: Parcours, deposit: str | None, read: Read = NOTHING_READ) -> Around:
    """This deposit, the one that lives on the parcours, and the appointment of its attempt; in one call."""
    kinds: dict[items.Key, type[Aggregate]] = {
        items.deposit_key(one): Deposit for one in (deposit, head.live_deposit) if one
    }
    if head.attempt is not None:
        kinds[items.appointment_key(head.id, head.attempt)] = Appointment
    found = tables.several(kinds, read)
    by_id = {one.id: one for one in found.values() if isinstance(one, Deposit)}
    met = next((one for one in found.values() if isinstance(one, Appointment)), None)
    return Around(by_id.get(deposit or ""), by_id.get(head.live_deposit or ""), met)


class Found(NamedTuple):
    """A link found by its token, with what lies around it; the link may be dead."""

    pointer: Pointer
    link: Link
    deposit: Deposit | None
    parcours: Parcours
    proof: Proof | None
    """That this browser has answered the question of the version that the token names."""
    tries: Tries | None
    read: Read

    @property
    def version(self) -> int:
        """The version that the token names."""
        return self.pointer.version


def found(pointer: Pointer, browser: str | None) -> Found | None:
    """The link of an index entry and what a browser's request on it may need, in one call; None when it is gone.

    The entry says where to look, no more: whatever lies around the link is looked up by what the link itself says.
    """
    kinds: dict[items.Key, type[Aggregate]] = {
        items.link_key(pointer.link): Link,
        items.deposit_key(pointer.deposit): Deposit,
        items.parcours_key(pointer.parcours): Parcours,
        items.appointment_key(pointer.parcours, pointer.attempt): Appointment,
        items.account_key(pointer.sender): Account,
        items.tries_key(pointer.link): Tries,
    }
    proof_key = items.proof_key(pointer.link, pointer.version, browser or "")
    if browser is not None:
        kinds[proof_key] = Proof
    there = tables.several(kinds)
    read: Read = dict.fromkeys(kinds) | there

    def at(kind: type[items.Record], key: items.Key) -> items.Record | None:
        one = read.get(key)
        return one if isinstance(one, kind) else None

    link = at(Link, items.link_key(pointer.link))
    head = at(Parcours, items.parcours_key(link.parcours)) if link is not None else None
    if link is None or head is None:
        return None
    return Found(
        pointer,
        link,
        deposit=at(Deposit, items.deposit_key(link.deposit)),
        parcours=head,
        proof=at(Proof, proof_key),
        tries=at(Tries, items.tries_key(link.id)),
        read=read,
    )


def pointer(token_sha256: str, read: Read = NOTHING_READ) -> Pointer | None:
    return tables.record(Pointer, items.pointer_key(token_sha256), read)


def pointers(of: Link) -> tuple[Pointer, ...]:
    """What leads to a link by its tokens, found by the end that they share with it: a token itself is nowhere kept."""
    ending = tables.ending(items.Due.POINTER, of.closes_at)
    found = tables.records(Pointer, ending).values()
    return tuple(one for one in found if one.link == of.id)


def purge_proof() -> PurgeProof | None:
    """What is known of the daily proofs of erasure."""
    return tables.record(PurgeProof, items.PURGE_PROOF)


def tries(link_id: str, read: Read = NOTHING_READ) -> Tries | None:
    return tables.record(Tries, items.tries_key(link_id), read)


def appointment(parcours: str, attempt: int, read: Read = NOTHING_READ) -> Appointment | None:
    return tables.record(Appointment, items.appointment_key(parcours, attempt), read)


def appointments(heads: Iterable[Parcours]) -> dict[str, Appointment]:
    """The appointments of the passages under way of these parcours, by parcours; missing ones are left out."""
    keys = [items.appointment_key(one.id, one.attempt) for one in heads if one.attempt is not None]
    return {one.parcours: one for one in tables.records(Appointment, keys).values()}


def mail(key: str) -> OutboxMail | None:
    return tables.record(OutboxMail, items.mail_key(key))


def mails(keys: Iterable[str]) -> list[OutboxMail]:
    """These mails, as far as they still wait."""
    return list(tables.records(OutboxMail, [items.mail_key(one) for one in keys]).values())


def posted(identifier: str) -> Delivery | None:
    """What became of the mail that bears this tag."""
    return tables.record(Delivery, items.delivery_key(identifier))


def aside(identifier: str) -> SetAside | None:
    return tables.record(SetAside, items.aside_key(identifier))


def mailbox(identifier: str) -> Mailbox | None:
    """What is known against an address, by its digest; None: nothing."""
    return tables.record(Mailbox, items.mailbox_key(identifier))


def mailboxes(addresses: Iterable[str], read: Read = NOTHING_READ) -> dict[str, Mailbox]:
    """Those of these addresses that refused our mails, in one call; an address that never did is left out."""
    wanted = list(dict.fromkeys(one for one in addresses if one))
    known = tables.records(Mailbox, [items.mailbox_key(address.digest(one)) for one in wanted], read)
    return delivery.health(known.values(), wanted)


def challenge(identifier: str, read: Read = NOTHING_READ) -> Challenge | None:
    return tables.record(Challenge, items.challenge_key(identifier), read)


def session(identifier: str, read: Read = NOTHING_READ) -> Session | None:
    return tables.record(Session, items.session_key(identifier), read)


def session_of(
    identifier: str, account: str, *, deposit: str | None = None, parcours: str | None = None
) -> tuple[Session | None, Account | None, Read]:
    """A session, the account of this id, and by key what else is asked, in one call.

    Whether the one is the other's is for the reader to see.
    """
    session, owner = items.session_key(identifier), items.account_key(account)
    beside: dict[items.Key, type[Aggregate]] = {}
    beside |= {items.deposit_key(deposit): Deposit} if deposit else {}
    beside |= {items.parcours_key(parcours): Parcours} if parcours else {}
    found = tables.several({session: Session, owner: Account, **beside})
    read = {key: found.get(key) for key in beside}
    return found.one(Session, session), found.one(Account, owner), read


def known_browsers(account: str, read: Read = NOTHING_READ) -> KnownBrowsers | None:
    """The browsers in which this account signed in before."""
    return tables.record(KnownBrowsers, items.browsers_key(account), read)


def run(account: str, identifier: str) -> Run | None:
    return tables.record(Run, items.run_key(account, identifier))


def runs(account: str) -> list[Run]:
    """The RUNs of this agent, a day long."""
    return [items.of_item(Run, one) for one in tables.query(items.RELAY, f"{items.RUNNING}{account}")]


def lease(of: str) -> Lease | None:
    """The lease of this (``running.leased``)."""
    return tables.record(Lease, items.lease_key(of))


def leases(of: Iterable[str]) -> dict[str, Lease]:
    """Those of these that were treated of late."""
    return {one.parcours: one for one in tables.records(Lease, [items.lease_key(one) for one in of]).values()}


def held(account: str) -> Held | None:
    return tables.record(Held, items.held_key(account))


def count_within(what: str, about: str, window: str, *, most: int, expires_at: datetime) -> bool:
    """Count one more use of a quota; False when it is used up.

    Args:
        what: a constant of the code; ``about``: a hash, never a name or an address; ``window``: « 2026-11-25T13 ».
    """
    counted = items.counting(f"{what}#{about}#{window}", most, expires_at)
    return aws.holds(aws.dynamodb().update_item, **counted)


def give_back(what: str, about: str, window: str) -> None:
    """Take one use off a quota again; nothing when its window is over and it was removed."""
    aws.holds(
        aws.dynamodb().update_item,
        TableName=items.table_name(items.RELAY),
        Key=items.wire_key(items.count_key(f"{what}#{about}#{window}")),
        UpdateExpression="ADD used :less",
        ConditionExpression="used > :none",
        ExpressionAttributeValues=items.wire({":less": -1, ":none": 0}),
    )


def cursor() -> str | None:
    """Where the walk over the bucket stopped; None: at its beginning."""
    found = tables.get(items.RELAY, CURSOR)
    return str(found["after"]) if found else None


def keep_cursor(after: str | None) -> None:
    """Remember where the walk goes on; None: from the beginning. Losing it only walks again."""
    table, key = items.table_name(items.RELAY), items.wire_key(CURSOR)
    with aws.calling():
        if after is None:
            aws.dynamodb().delete_item(TableName=table, Key=key)
        else:
            aws.dynamodb().put_item(TableName=table, Item=key | items.wire({"after": after}))
