"""Items derived from a record and written with it: its list rows, its reminder, its words, and the counts of delays.

A list row says who sees a record in which list, and what the list shows of it. A word leads to the records that hold it.
"""

import re
from datetime import datetime

from chalicelib import config, terms
from chalicelib.clock import iso
from chalicelib.domain import contacts, lists
from chalicelib.domain.kernel.address import folded
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import plainly
from chalicelib.domain.kernel.values import Aggregate, ParcoursStatus, Role
from chalicelib.domain.parcours import reminding, turns
from chalicelib.stores.items import Due, Key, Plain, address_key, expiry, reminder_key, shard, warning_key

EVERYTHING, FREE = "all", "free#"
WORD, NAME = "word#", "name#"
"""Words of a parcours; of the name of a tutor's account."""
WORDS_OF_A_TEXT = 2
"""The longest of each name."""
DAYS = re.compile(r"d[0-9]+")
SHARDS = 4
"""Partitions of each list of everybody's, read together: a thousand changes a second. No other list holds a quarter of them all,
the largest région a fifth. As all that makes keys, it can never change."""
SHARDS_OF_COUNTS = 8
"""Items of one count: two transactions that meet in the same one hinder each other."""


def rows(record: Aggregate | None) -> list[Plain]:
    """The list rows of a record, and when somebody is to be reminded of it."""
    if is_hidden(record):
        return []
    if isinstance(record, Parcours):
        row = _row(record)
        people = {"people": _people(record)}
        return [
            {
                "pk": view_key(scope, record.status, record.id),
                **row,
                **({} if scope.startswith(FREE) else people),
            }
            for scope in _scopes(record)
        ] + _due(Due.REMINDER, reminder_key(record.id), plan(record).next())
    if isinstance(record, Deposit):
        at = reminding.warned_from(record, terms.calendar(), terms.reminders())
        return _due(Due.WARNING, warning_key(record.id), at)
    if isinstance(record, Account):
        return [_pointer(record), *_people_rows(record)]
    return []


def is_hidden(record: Aggregate | None) -> bool:
    """Whether the daily proof invented it: no list, no word and no address leads to it."""
    return isinstance(record, Parcours | Account) and record.synthetic


def plan(parcours: Parcours) -> reminding.Plan:
    """The reminders of a parcours, with the delays of this deployment."""
    return reminding.Plan(parcours, terms.calendar(), terms.turns(), terms.reminders())


def _due(kind: Due, key: Key, at: datetime | None) -> list[Plain]:
    return [{"pk": key[0], "sk": key[1], **expiry(kind, key[0], at, None)}] if at is not None else []


def words(record: Aggregate | None) -> list[Plain]:
    """The rows by which a search finds a record beyond what its list reads: one for each word and telephone number.

    They hold little but their key and change with it alone. At most thirteen for a parcours: a transaction holds 100 writes.
    """
    if is_hidden(record):
        return []
    if isinstance(record, Parcours):
        people = _people(record)
        texts = [*(one["name"] for one in people), record.placement.town, record.contract.organisation]
        found = _searched(texts, [one.get("phone") for one in people])
        return [{**_word(WORD, word, record.id), "parcours": record.id} for word in found]
    if isinstance(record, Account) and Role.TUTOR in record.roles and record.closed_at is None:
        found = _searched([record.name], [record.phone])
        person = {"name": record.name, **({"phone": record.phone} if record.phone else {})}
        return [{**_word(NAME, word, record.id), "account": record.id, **person} for word in found]
    return []


def _searched(texts: list[str], phones: list[str | None]) -> list[str]:
    found = [word for text in texts for word in lists.words(text)[:WORDS_OF_A_TEXT]]
    return list(
        dict.fromkeys([*found, *(lists.number(phone) for phone in phones if phone and lists.number(phone))])
    )


def _word(prefix: str, word: str, identifier: str) -> Plain:
    pk, sk = word_key(prefix, word)
    return {"pk": pk, "sk": f"{sk}#{identifier}"}


def word_key(prefix: str, word: str) -> Key:
    """Partition and first letters of the rows of what begins with this word (``lists.LEAST_LETTERS`` or more)."""
    return f"{prefix}{word[: lists.LEAST_LETTERS]}", word


def _people(parcours: Parcours) -> list[Plain]:
    """Whom the record names, with their telephone numbers."""
    buyer = [parcours.buyer_contact] if parcours.buyer_contact else []
    return [
        {"name": one.name, **({"phone": one.phone} if one.phone else {})}
        for one in (*parcours.company.contacts, *buyer)
    ]


def _pointer(account: Account) -> Plain:
    """Which account signs in with an address."""
    pk, sk = address_key(account.address)
    return {"pk": pk, "sk": sk, "address": folded(account.address), "account": account.id}


def _people_rows(account: Account) -> list[Plain]:
    scopes = [EVERYTHING]
    scopes += [organisation_scope(account.organisation)] if account.organisation else []
    scopes += [academie_scope(account.academie)] if account.academie else []
    row: Plain = {
        "sk": f"{account.name}#{account.id}",
        "account": account.id,
        "name": account.name,
        "address": account.address,
        "function": account.function,
        "roles": sorted(role.value for role in account.roles),
    }
    optional = {
        "academie": account.academie,
        "organisation": account.organisation,
        "closed_at": iso(account.closed_at) if account.closed_at else None,
        "mail_refused_at": iso(account.mail_refused_at) if account.mail_refused_at else None,
    }
    row |= {name: value for name, value in optional.items() if value is not None}
    return [{"pk": people_key(scope), **row} for scope in scopes]


def roles_of(row: Plain) -> frozenset[Role]:
    """The roles that a row of the people's lists names."""
    return frozenset(Role.read(one) for one in row["roles"])


def view_key(scope: str, status: str, parcours: str) -> str:
    """Partition of the row of a parcours in the list that one scope sees in one status: one of ``view_keys``."""
    keys = view_keys(scope, status)
    return keys[shard(parcours, len(keys))]


def view_keys(scope: str, status: str) -> list[str]:
    """Partitions of the list rows that one scope sees in one status."""
    key = f"view#{scope}#{status}"
    return [f"{key}#{number}" for number in range(SHARDS)] if scope == EVERYTHING else [key]


def people_key(scope: str) -> str:
    """Partition of the people of one scope (``all``, an académie, an organisation)."""
    return f"people#{scope}"


def tutor_scope(account: str) -> str:
    return f"tutor#{account}"


def academie_scope(academie: str) -> str:
    return f"academie#{academie}"


def region_scope(region: str) -> str:
    return f"region#{region}"


def organisation_scope(organisation: str) -> str:
    """Of a name typed by people: case, accents and spaces make no difference."""
    return f"organisation#{plainly(organisation)}"


def free_scope(level: str, name: str) -> str:
    """Free offers near: ``level`` is ``departement``, ``academie`` or ``region``."""
    return f"{FREE}{level}#{name}"


def _scopes(parcours: Parcours) -> list[str]:
    place = parcours.placement
    scopes = [
        EVERYTHING,
        academie_scope(place.academie),
        region_scope(place.region),
        organisation_scope(parcours.contract.organisation),
    ]
    if parcours.tutor_academie:
        scopes.append(academie_scope(parcours.tutor_academie))
    if parcours.tutor:
        scopes.append(tutor_scope(parcours.tutor))
    if parcours.status is ParcoursStatus.AVAILABLE:
        near = (("departement", place.departement), ("academie", place.academie), ("region", place.region))
        scopes += [free_scope(level, name) for level, name in near]
    return list(dict.fromkeys(scopes))


def _row(parcours: Parcours) -> Plain:
    """What a list shows and filters by, and the instants at which the turn changes, to be read against now."""
    points = turns.breakpoints(parcours, terms.calendar(), terms.turns())
    late = next((point.start for point in points if point.late), None)
    contract, place = parcours.contract, parcours.placement
    confirm_on = contacts.confirm_on(parcours, config.settings().contact_confirm_months)
    row: Plain = {
        "sk": f"{contract.notified_on.isoformat()}#{parcours.id}",
        "id": parcours.id,
        "status": parcours.status.value,
        "company": parcours.company.name,
        "contract": contract.object,
        "organisation": contract.organisation,
        "notified_on": contract.notified_on.isoformat(),
        "ends_on": parcours.over_on.isoformat(),
        "hours": place.hours,
        "domain": place.domain,
        "town": place.town,
        "departement": place.departement,
        "academie": place.academie,
        "region": place.region,
        "last_kind": parcours.last_kind.value,
        "last_at": iso(parcours.last_at),
        "turn": [[iso(one.start), one.role and one.role.value, one.late, one.state.value] for one in points],
    }
    optional = {
        "lot": contract.lot,
        "number": contract.number,
        "reference": parcours.reference,
        "unreachable": not parcours.company.contacts,
        "step": parcours.step and parcours.step.value,
        "setback": parcours.setback and parcours.setback.value,
        "tutor": parcours.tutor,
        "sealer": parcours.consent and parcours.consent.sealer,
        "placement_until": parcours.placement_until and parcours.placement_until.isoformat(),
        "sent_to": parcours.holder and parcours.holder.value,
        "deposit": parcours.live_deposit,
        "confirm_on": confirm_on and confirm_on.isoformat(),
        "reserved_until": iso(parcours.reserved_until) if parcours.reserved_until else None,
        "reminded_at": iso(parcours.reminded_at) if parcours.reminded_at else None,
        "buyer": parcours.buyer,
        "coordinator": parcours.coordinator,
        "late_at": iso(late) if late else None,
        "meeting_at": iso(parcours.meeting_at) if parcours.meeting_at else None,
        "promised_on": parcours.promised_on and parcours.promised_on.isoformat(),
        "paused_until": parcours.paused_until and parcours.paused_until.isoformat(),
        "call_back_on": parcours.call_back_on and parcours.call_back_on.isoformat(),
        "absent_from": parcours.tutor_absence and parcours.tutor_absence.first.isoformat(),
        "absent_until": parcours.tutor_absence and parcours.tutor_absence.last.isoformat(),
    }
    return row | {name: value for name, value in optional.items() if value is not None}


def delays_key(scope: str, month: str, piece: str, parcours: str) -> Key:
    """The counts of one month in which a parcours counts: months of one scope lie together, in order."""
    return f"delays#{scope}", f"{month}#{piece}#{shard(parcours, SHARDS_OF_COUNTS)}"


def delays_between(scope: str, first: str, last: str) -> tuple[str, str, str]:
    """Partition, first and last sort key of the counts of these months."""
    return f"delays#{scope}", f"{first}#", f"{last}#~"


def piece_of(item: Plain) -> str:
    """The piece that an item of the counts counts."""
    return str(item["sk"]).split("#")[1]


def days_name(days: int) -> str:
    """The attribute that counts the attempts of so many days."""
    return f"d{days}"


def days_of(item: Plain) -> dict[int, int]:
    """How many attempts took how many days, of one item of the counts."""
    return {int(name[1:]): int(count) for name, count in item.items() if DAYS.fullmatch(name)}
