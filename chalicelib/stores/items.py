"""How each record is stored: table, keys, when it is looked at, its attributes. The only place that knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

from chalicelib import config, terms
from chalicelib.clock import iso
from chalicelib.domain import retention, rights
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import Attempt, OfferKey, ReferenceKey
from chalicelib.domain.kernel.delivery import BookedRate, Delivery, Mailbox, SetAside
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Addressee, Link, Pointer, Proof, Tries
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, AddressKey, IdentityKey
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.proving import PurgeProof
from chalicelib.domain.retention import Pace, Place
from chalicelib.domain.rights import RightsRequest
from chalicelib.stores import values

PARCOURS = "PARCOURS_TABLE"
RELAY = "RELAY_TABLE"
"""``config.resource`` gives their deployed names."""
SWEPT_LATEST = timedelta(days=7)
"""How long after its time an appointment goes by itself, should the minute function not have erased it."""

Key = tuple[str, str]
Plain = dict[str, Any]
Wire = dict[str, Any]
Record = TypeVar("Record", bound=Aggregate)

BESIDE = frozenset({"pk", "sk", "ttl", "due", "due_at", "due_from", "due_kind", "mark"})
"""Attributes of an item that are no field of its record."""


class Due(StrEnum):
    """What is looked at once it is due, by its row of the register."""

    MAIL = "mail"
    DEPOSIT = "deposit"
    APPOINTMENT = "appointment"
    ATTEMPT = "attempt"
    PARCOURS = "parcours"
    CHALLENGE = "challenge"
    SESSION = "session"
    BROWSERS = "browsers"
    PROOF = "proof"
    LINK = "link"
    TRIES = "tries"
    POINTER = "pointer"
    ADDRESSEE = "addressee"
    COUNT = "count"
    ACCOUNT = "account"
    ORGANISATION = "organisation"
    DELIVERY = "delivery"
    MAILBOX = "mailbox"
    ASIDE = "aside"
    REQUEST = "request"
    REMINDER = "reminder"
    WARNING = "warning"


def find_end(record: Aggregate) -> datetime | None:
    """Return when the minute function looks at a record, as the register says; None while it is in use."""
    rule = retention.OF[type(record)].ends
    return rule(record, terms.retention()) if rule else None


@dataclass(frozen=True)
class Shape:
    """How records of one class are stored."""

    table: str
    due: Due | None
    key: Callable[[Any], Key]
    due_at: Callable[[Any], datetime | None]
    """When the minute function looks at it."""
    due_from: Callable[[Any], datetime | None]
    """When it may be tried next, where that is later than what it is due since."""
    ttl: Callable[[Any], datetime | None]
    """DynamoDB's own expiry: a net that may be days late, never the rule."""


def _build_shape(
    kind: type[Aggregate],
    key: Callable[[Any], Key],
    *,
    due_at: Callable[[Any], datetime | None] = find_end,
    due_from: Callable[[Any], datetime | None] = lambda _: None,
    ttl: Callable[[Any], datetime | None] = find_end,
) -> Shape:
    """Build the shape of a class of records; the register says its table, whether it is looked at, and its end."""
    row = retention.OF[kind]
    due = Due(row.name) if row.name in set(Due) else None
    if row.place is Place.PARCOURS:
        return Shape(PARCOURS, due, key, due_at, due_from, ttl=lambda _: None)
    return Shape(RELAY, due, key, due_at, due_from, ttl)


def _key(row: str) -> Callable[[str], Key]:
    """Return the function that builds the keys of a row of the register: its prefix with an id, and its sort key."""
    pk, sk = retention.BY_NAME[row].pk, retention.BY_NAME[row].sk
    return lambda identifier: (f"{pk}{identifier}", sk)


ADDRESS, IDENTITY = retention.BY_NAME["address"].pk, retention.BY_NAME["identity"].pk
ADDRESSEE = retention.BY_NAME["addressee"].pk

parcours_key = _key("parcours")
reference_key = _key("reference")
offer_key = _key("offer")
account_key = _key("account")
identity_key = _key("identity")
deposit_key = _key("deposit")
link_key = _key("link")
pointer_key = _key("pointer")
tries_key = _key("tries")
mail_key = _key("mail")
delivery_key = _key("delivery")
mailbox_key = _key("mailbox")
aside_key = _key("aside")
request_key = _key("request")
reminder_key = _key("reminder")
warning_key = _key("warning")
challenge_key = _key("challenge")
session_key = _key("session")
browsers_key = _key("browsers")
count_key = _key("count")
PURGE_PROOF: Key = _key("purge_proof")("")
BOOKED_RATE: Key = _key("booked_rate")("")


def identifier_of(key: Key) -> str:
    """Return what follows the kind in a partition key: the id of its record."""
    return key[0].partition("#")[2]


def attempt_key(parcours: str, number: int) -> Key:
    """Return the key of one attempt: attempts lie under their parcours."""
    return f"parcours#{parcours}", f"attempt#{number}"


def organisation_key(identifier: str) -> Key:
    """Return the key of a buying organisation: of its SIREN or, until it has one, of its name, without case and accents."""
    return f"organisation#{fold_text(identifier)}", "0"


def address_key(address: str) -> Key:
    """Return the key of the row that leads from an address to its account: case does not count."""
    return f"{ADDRESS}{fold(address)}", "0"


def addressee_key(address_mac: str, link: str) -> Key:
    """Return the key of the entry that leads from an address to a link; those of one address lie together."""
    return f"{ADDRESSEE}{address_mac}", link


def proof_key(link: str, version: int, browser: str) -> Key:
    """Return the key of a browser's proof for one version of a link; the proofs of a link lie together."""
    return f"link#{link}", f"proof#{version}#{browser}"


def appointment_key(parcours: str, attempt: int) -> Key:
    """Return the key of the appointment of one attempt."""
    return f"appointment#{parcours}#{attempt}", "0"


SHAPES: dict[type[Aggregate], Shape] = {
    Parcours: _build_shape(Parcours, lambda record: parcours_key(record.id)),
    Attempt: _build_shape(Attempt, lambda record: attempt_key(record.parcours, record.number)),
    ReferenceKey: _build_shape(ReferenceKey, lambda record: reference_key(record.reference)),
    OfferKey: _build_shape(OfferKey, lambda record: offer_key(record.key)),
    Account: _build_shape(Account, lambda record: account_key(record.id)),
    AddressKey: _build_shape(AddressKey, lambda record: address_key(record.address)),
    IdentityKey: _build_shape(IdentityKey, lambda record: identity_key(record.id)),
    Organisation: _build_shape(Organisation, lambda record: organisation_key(record.name)),
    Deposit: _build_shape(
        Deposit,
        lambda record: deposit_key(record.id),
        due_at=lambda record: find_end(record) or record.look_at,
    ),
    Link: _build_shape(Link, lambda record: link_key(record.id)),
    Pointer: _build_shape(Pointer, lambda record: pointer_key(record.token_sha256)),
    Addressee: _build_shape(Addressee, lambda record: addressee_key(record.address_mac, record.link)),
    Proof: _build_shape(Proof, lambda record: proof_key(record.link, record.version, record.browser)),
    Appointment: _build_shape(
        Appointment,
        lambda record: appointment_key(record.parcours, record.attempt),
        due_at=lambda record: record.due_at,
        ttl=lambda record: record.erase_at + SWEPT_LATEST,
    ),
    Tries: _build_shape(Tries, lambda record: tries_key(record.link)),
    OutboxMail: _build_shape(
        OutboxMail,
        lambda record: mail_key(record.key),
        due_at=lambda record: record.awaited_since or record.created_at,
        due_from=lambda record: record.lease_until,
    ),
    Delivery: _build_shape(Delivery, lambda record: delivery_key(record.id)),
    Mailbox: _build_shape(Mailbox, lambda record: mailbox_key(record.id)),
    SetAside: _build_shape(SetAside, lambda record: aside_key(record.id)),
    RightsRequest: _build_shape(
        RightsRequest,
        lambda record: request_key(record.number),
        ttl=lambda record: rights.find_end(record, terms.retention()),
    ),
    Challenge: _build_shape(Challenge, lambda record: challenge_key(record.id)),
    Session: _build_shape(Session, lambda record: session_key(record.id)),
    KnownBrowsers: _build_shape(
        KnownBrowsers,
        lambda record: browsers_key(record.account),
        ttl=lambda record: max(known.ends_at for known in record.browsers),
    ),
    PurgeProof: _build_shape(PurgeProof, lambda record: PURGE_PROOF),
    BookedRate: _build_shape(BookedRate, lambda record: BOOKED_RATE),
}


def key_of(record: Aggregate) -> Key:
    """Return the key of a record."""
    return SHAPES[type(record)].key(record)


def table_of(due: str) -> str:
    """Return the table of the items of a kind: ``PARCOURS`` or ``RELAY``, as of kinds that former versions wrote."""
    row = retention.BY_NAME.get(due)
    return PARCOURS if row is not None and row.place is Place.PARCOURS else RELAY


class Partition(NamedTuple):
    """One partition of the index ``due`` of a table."""

    table: str
    due: str


SHARDS: Mapping[Pace, int] = {Pace.URGENT: 1, Pace.MAIL: 1, Pace.MORNING: 4, Pace.ROUND: 4, Pace.TRACE: 2}
"""Partitions of each pace in each table. One takes 1,000 units a second: of documents and of mails, which are asked for every
minute, some 60 relays a second, where a million a month are less than one. As all that makes keys, they can never change."""


def shard(identifier: str, shards: int) -> int:
    """Return the shard of an id, always the same one: its checksum, which is no secret, spreads ids evenly."""
    return crc32(identifier.encode()) % shards


def list_partitions(pace: Pace) -> list[Partition]:
    """Return every partition of the index ``due`` that is looked at with this pace."""
    tables = dict.fromkeys(table_of(due) for due in Due if retention.BY_NAME[due].pace is pace)
    return [Partition(table, f"{pace}#{number}") for table in tables for number in range(SHARDS[pace])]


def list_partitions_of(due: Due) -> list[Partition]:
    """Return the partitions of the index ``due`` that hold this kind; other kinds lie there too."""
    return [
        partition
        for partition in list_partitions(retention.BY_NAME[due].pace)
        if partition.table == table_of(due)
    ]


def build_expiry(
    due: Due | None, pk: str, due_at: datetime | None, ttl: datetime | None, due_from: datetime | None = None
) -> Plain:
    """Return the attributes by which the minute function finds an item when it is due, and DynamoDB deletes it by itself.

    ``due``, ``due_at``: kind and instant, in the index ``due``; ``due_from``: not to be handled before; ``ttl``: deleted from
    then on.
    """
    beside: Plain = {"ttl": int(ttl.timestamp())} if ttl else {}
    if due and due_at:
        pace = retention.BY_NAME[due].pace
        beside |= {"due": f"{pace}#{shard(pk, SHARDS[pace])}", "due_kind": str(due), "due_at": iso(due_at)}
        beside |= {"due_from": iso(due_from)} if due_from else {}
    return beside


def encode_value(value: Any) -> dict[str, Any]:
    """Return one value as DynamoDB's typed attribute.

    Raises:
        TypeError: nothing of this type is stored.
    """
    match value:
        case str():
            return {"S": value}
        case bool():  # which is an int to Python
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": {name: encode_value(inner) for name, inner in value.items()}}
        case list() | tuple():
            return {"L": [encode_value(inner) for inner in value]}
    raise TypeError(f"a {type(value).__name__} is not stored")


def decode_value(attribute: dict[str, Any]) -> Any:
    """Return the value of one of DynamoDB's typed attributes."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "M":
            return {name: decode_value(inner) for name, inner in value.items()}
        case "L":
            return [decode_value(inner) for inner in value]
        case "NULL":
            return None
    return value


def encode_item(plain: Plain) -> Wire:
    """Return a plain dict as DynamoDB's typed attributes."""
    return {name: encode_value(value) for name, value in plain.items()}


def encode_key(key: Key) -> Wire:
    """Return a key as DynamoDB's typed attributes."""
    return encode_item({"pk": key[0], "sk": key[1]})


def decode_item(item: Wire) -> Plain:
    """Return DynamoDB's typed attributes as a plain dict."""
    return {name: decode_value(value) for name, value in item.items()}


def to_item(record: Aggregate) -> Plain:
    """Return the item of one record. The list rows of a parcours or an account are made elsewhere (``rows``)."""
    shape = SHAPES[type(record)]
    pk, sk = key_of(record)
    beside = build_expiry(shape.due, pk, shape.due_at(record), shape.ttl(record), shape.due_from(record))
    known = {name: value for name, value in values.write(record).items() if value is not None}
    return {"pk": pk, "sk": sk, **known, **beside}


def from_item(kind: type[Record], item: Plain) -> Record:
    """Return the record of one item, with the fields and codes that another version of the code added to it."""
    return values.read_stored(kind, {name: value for name, value in item.items() if name not in BESIDE})


def build_quota_update(counter: str, most: int, ends_at: datetime) -> dict[str, Any]:
    """Build the update that counts one more use of a quota, under the condition that it is not used up."""
    key = count_key(counter)
    beside = build_expiry(Due.COUNT, key[0], ends_at, ends_at)
    bound = {":one": 1, ":most": most} | {f":{name}": value for name, value in beside.items()}
    return {
        "TableName": config.resource(RELAY),
        "Key": encode_key(key),
        "UpdateExpression": f"ADD used :one SET {', '.join(f'#{name} = :{name}' for name in beside)}",
        "ConditionExpression": "attribute_not_exists(used) OR used < :most",
        "ExpressionAttributeNames": {f"#{name}": name for name in beside},
        "ExpressionAttributeValues": encode_item(bound),
    }


def to_event_item(event: Event) -> Plain:
    """Return the item of an event: it lies under its parcours, in the order of the instants of noting."""
    attributes = values.write(event, exclude=frozenset({"parcours"}), defaults=False)
    pk, _ = parcours_key(event.parcours)
    return {"pk": pk, "sk": f"event#{iso(event.at)}#{event.id}", **attributes}


def from_event_item(item: Plain) -> Event:
    """Return the event of one item."""
    parcours = str(item["pk"]).removeprefix("parcours#")
    known = {field.name: item[field.name] for field in fields(Event) if field.name in item}
    return values.read_stored(Event, {"parcours": parcours, "attempt": None} | known)
