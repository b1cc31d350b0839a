"""Items derived from a record and written with it: its list rows, its reminder, its words, and the counts of delays.

A list row says who sees a record in which list, and what the list shows of it. A word leads to the records that hold it.
"""

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime

from chalicelib import config, terms
from chalicelib.clock import iso
from chalicelib.domain import contacts, lists
from chalicelib.domain.accounts.managing import AccountLine
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import REFERENCE_PREFIX
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import fold_text
from chalicelib.domain.kernel.values import Aggregate, ParcoursStatus, Role, WordsWritten
from chalicelib.domain.lists import Line, Person
from chalicelib.domain.parcours import reminding, turns
from chalicelib.domain.parcours.turns import Breakpoint
from chalicelib.stores import values
from chalicelib.stores.items import (
    Due,
    Key,
    Plain,
    Record,
    address_key,
    build_expiry,
    identity_key,
    reminder_key,
    shard,
    warning_key,
)

EVERYTHING, FREE = "all", "free#"
WORD, NAME = "word#", "name#"
"""Words of a parcours; of the name of a tutor's account."""
WORDS_OF_A_TEXT = 2
"""The longest of each name."""
DAYS_PREFIX = "d"
DAYS_NAME = re.compile(rf"{DAYS_PREFIX}[0-9]+")
SHARDS = 4
"""Partitions of each list of everybody's, read together: a thousand changes a second. No other list holds a quarter of them all,
the largest région a fifth. As all that makes keys, it can never change."""
SHARDS_OF_COUNTS = 8
"""Items of one count: two transactions that meet in the same one hinder each other."""


def build_rows(record: Aggregate | None) -> list[Plain]:
    """Build the list rows of a record, and the row by which its next reminder is due."""
    if is_hidden(record):
        return []
    if isinstance(record, Parcours):
        reminder = _build_due_row(Due.REMINDER, reminder_key(record.id), plan_reminders(record).next())
        return _build_list_rows(record) + reminder
    if isinstance(record, Deposit):
        at = reminding.find_warning_at(record, terms.calendar(), terms.reminders())
        return _build_due_row(Due.WARNING, warning_key(record.id), at)
    if isinstance(record, Account):
        return [_build_address_row(record), *_build_identity_rows(record), *_build_people_rows(record)]
    return []


def is_hidden(record: Aggregate | None) -> bool:
    """Whether the record was invented by the daily proof of erasure: no list, word or address leads to it."""
    return isinstance(record, Parcours | Account) and record.synthetic


def plan_reminders(parcours: Parcours) -> reminding.Plan:
    """Return the plan of a parcours' reminders, with the delays of this deployment."""
    return reminding.Plan(parcours, terms.calendar(), terms.turns(), terms.reminders())


def _build_due_row(kind: Due, key: Key, at: datetime | None) -> list[Plain]:
    """Build the row by which a record is due at this instant, in a list; empty without an instant."""
    return [{"pk": key[0], "sk": key[1], **build_expiry(kind, key[0], at, None)}] if at is not None else []


def build_word_rows(record: Aggregate | None) -> list[Plain]:
    """Build the rows by which a search finds a record beyond what its list reads: one for each word and telephone number.

    They hold little but their key and change with it alone. At most 23 for a parcours of three contacts, four for each further
    one: a transaction holds 100 writes.
    """
    if is_hidden(record):
        return []
    if isinstance(record, Parcours):
        people = _list_people(record)
        contract, reference = record.contract, (record.reference or "").removeprefix(REFERENCE_PREFIX)
        texts = [record.placement.town, contract.organisation, record.company.name, contract.object]
        texts += [contract.number or "", reference.replace("-", "")]
        keys = [word_key(WORD, f"{word}#{record.id}") for word in _list_search_terms(texts, people)]
        return [{"pk": pk, "sk": sk, "parcours": record.id} for pk, sk in keys]
    if isinstance(record, Account) and Role.TUTOR in record.roles:
        tutor = Person(name=record.name, phone=record.phone, address=record.address)
        held = {"account": record.id, **values.write(tutor, nones=False)}
        keys = [word_key(NAME, f"{word}#{record.id}") for word in _list_search_terms([], [tutor])]
        return [{"pk": pk, "sk": sk, **held} for pk, sk in keys]
    return []


def find_word_changes(before: Aggregate | None, after: Aggregate | None) -> tuple[list[Key], list[Plain]]:
    """Return the keys of rows of words that a change of a record removes, and the rows that it writes. Most changes have none.

    What goes is what was written, by whichever version, and what this one would have written. What is not known to stand as the
    stored record has it is written anew: after an older version wrote that record, all of it.
    """
    built_rows = {(row["pk"], row["sk"]): row for row in build_word_rows(before)}
    wanted_rows = {(row["pk"], row["sk"]): row for row in build_word_rows(after)}
    written_keys, standing_keys = set[Key](), set[Key]()
    if isinstance(before, Parcours | Account) and before.words_written is not None:
        prefix = WORD if isinstance(before, Parcours) else NAME
        written_keys = {word_key(prefix, f"{word}#{before.id}") for word in before.words_written.words}
        standing_keys = written_keys if before.words_written.of_revision == before.revision else standing_keys
    removed_keys = (built_rows.keys() | written_keys) - wanted_rows.keys()
    new_rows = [
        row for key, row in wanted_rows.items() if key not in standing_keys or built_rows.get(key) != row
    ]
    return sorted(removed_keys), new_rows


def remember_words(record: Record, revision: int) -> Record:
    """Return the record as one whose words are written with this revision of it; 0: not all of them are."""
    if not isinstance(record, Parcours | Account):
        return record
    words = tuple(str(row["sk"]).removesuffix(f"#{record.id}") for row in build_word_rows(record))
    return replace(record, words_written=WordsWritten(of_revision=revision, words=words) if words else None)


def _list_search_terms(texts: Iterable[str], people: Iterable[Person]) -> list[str]:
    """Return the words of these texts, and the words, telephone numbers and addresses of people, that a search finds them by."""
    words_of_texts = [
        word
        for text in (*(person.name for person in people), *texts)
        for word in lists.search_words(text)[:WORDS_OF_A_TEXT]
    ]
    numbers = [number for person in people if (number := lists.search_number(person.phone or ""))]
    addresses = [address for person in people for address in lists.search_addresses(person.address or "")]
    return list(dict.fromkeys([*words_of_texts, *numbers, *addresses]))


def word_key(prefix: str, word: str) -> Key:
    """Return the partition, and the beginning of the sort key, of the rows of words that begin with ``word``.

    All of the sort key, where ``word`` goes on with ``#`` and the id of a record.
    """
    return f"{prefix}{word[: lists.LEAST_LETTERS]}", word


def _list_people(parcours: Parcours) -> tuple[Person, ...]:
    """Return the contacts of a parcours, of the company and the buyer, with their telephone numbers and addresses."""
    return tuple(
        Person(name=contact.name, phone=contact.phone or None, address=contact.address)
        for contact in parcours.named_contacts
    )


def _build_address_row(account: Account) -> Plain:
    """Build the row that leads from an address to the account that signs in with it."""
    pk, sk = address_key(account.address)
    return {"pk": pk, "sk": sk, "address": fold(account.address), "account": account.id}


def _build_identity_rows(account: Account) -> list[Plain]:
    """Build the row that leads from an identity at ProConnect to the account that it enters; empty without one."""
    if account.identity is None:
        return []
    pk, sk = identity_key(account.identity.id)
    return [{"pk": pk, "sk": sk, "id": account.identity.id, "account": account.id}]


def _build_people_rows(account: Account) -> list[Plain]:
    """Build the rows of an account in lists of people: everybody's, its organisation's, its académie's."""
    scopes = [EVERYTHING]
    scopes += list_organisation_scopes(account.siren, account.organisation)
    scopes += [academie_scope(account.academie)] if account.academie else []
    row = values.write(AccountLine.from_account(account), nones=False)
    row |= {"sk": f"{account.name}#{account.id}", "account": row.pop("id")}
    return [{"pk": people_key(scope), **row} for scope in scopes]


def read_account_line(row: Plain) -> AccountLine:
    """Read the line of an account from its row in a list of people."""
    stored = {field.name: row[field.name] for field in fields(AccountLine) if field.name in row}
    return values.read_stored(AccountLine, {**stored, "id": row["account"]})


def view_key(scope: str, status: str, parcours: str) -> str:
    """Return the partition of a parcours' row in the list of one scope and status: one of ``view_keys``."""
    keys = view_keys(scope, status)
    return keys[shard(parcours, len(keys))]


def view_keys(scope: str, status: str) -> list[str]:
    """Return the partitions of the list of one scope and status: several for everybody's list, else one."""
    key = f"view#{scope}#{status}"
    return [f"{key}#{number}" for number in range(SHARDS)] if scope == EVERYTHING else [key]


def people_key(scope: str) -> str:
    """Return the partition of the people of one scope (``all``, an académie, an organisation)."""
    return f"people#{scope}"


def tutor_scope(account: str) -> str:
    """Return the scope of the parcours of one tutor, by account id."""
    return f"tutor#{account}"


def academie_scope(academie: str) -> str:
    """Return the scope of the parcours, or the accounts, of one académie."""
    return f"academie#{academie}"


def list_organisation_scopes(*identifiers: str | None) -> list[str]:
    """List the scopes in which rows of an organisation lie: of its SIREN, and of its name as earlier versions write and read it.

    In that of a name lies what is another's of a like name too: ``is_same_organisation`` says.
    """
    return [f"organisation#{fold_text(identifier)}" for identifier in identifiers if identifier]


def free_scope(level: str, name: str) -> str:
    """Return the scope of free offers of an area: ``level`` is ``departement``, ``academie`` or ``region``, ``name`` its name."""
    return f"{FREE}{level}#{name}"


def _list_scopes(parcours: Parcours) -> list[str]:
    """Return the scopes whose lists hold a parcours: by place, organisation and tutor, and near its place while it is free."""
    place = parcours.placement
    scopes = [
        EVERYTHING,
        academie_scope(place.academie),
        *list_organisation_scopes(parcours.contract.siren, parcours.contract.organisation),
    ]
    if parcours.tutor_academie:
        scopes.append(academie_scope(parcours.tutor_academie))
    if parcours.tutor:
        scopes.append(tutor_scope(parcours.tutor))
    if parcours.status is ParcoursStatus.AVAILABLE:
        near = (("departement", place.departement), ("academie", place.academie), ("region", place.region))
        scopes += [free_scope(level, name) for level, name in near]
    return list(dict.fromkeys(scopes))


def build_line(parcours: Parcours) -> Line:
    """Build what lists show of a parcours and filter by."""
    contract, place, absence = parcours.contract, parcours.placement, parcours.tutor_absence
    return Line(
        id=parcours.id,
        status=parcours.status,
        company=parcours.company.name,
        contract=contract.object,
        organisation=contract.organisation,
        siren=contract.siren,
        lot=contract.lot,
        number=contract.number,
        reference=parcours.reference,
        notified_on=contract.notified_on,
        ends_on=parcours.over_on,
        hours=place.hours,
        domain=place.domain,
        town=place.town,
        departement=place.departement,
        academie=place.academie,
        region=place.region,
        unreachable=not parcours.company.contacts,
        step=parcours.step,
        setback=parcours.setback,
        last_kind=parcours.last_kind,
        last_at=parcours.last_at,
        meeting_at=parcours.meeting_at,
        promised_on=parcours.promised_on,
        paused_until=parcours.paused_until,
        call_back_on=parcours.call_back_on,
        absent_from=absence.first if absence else None,
        absent_until=absence.last if absence else None,
        people=_list_people(parcours),
        placement_until=parcours.placement_until,
        sent_to=parcours.holder,
        tutor=parcours.tutor,
        tutor_academie=parcours.tutor_academie,
        sealer=parcours.sealer,
        buyer=parcours.buyer,
        coordinator=parcours.coordinator,
        names_buyer=parcours.names_buyer,
        deposit=parcours.live_deposit,
        reserved_until=parcours.reserved_until,
        confirm_on=contacts.find_confirmation_day(parcours, config.settings().contact_confirm_months),
        reminded_at=parcours.reminded_at,
        taken_up=parcours.taken_up,
        breakpoints=turns.list_breakpoints(parcours, terms.calendar(), terms.turns()),
    )


def _build_list_rows(parcours: Parcours) -> list[Plain]:
    """Build the rows of a parcours, one in each list that shows it; lists of free offers hold no contacts."""
    line = build_line(parcours)
    row = values.write(line, exclude=lists.OF_AN_AGENT, nones=False)
    row |= {"sk": f"{line.notified_on.isoformat()}#{line.id}", "turn": row.pop("breakpoints")}
    if line.late_at is not None:  # the index of late parcours sorts by it
        row["late_at"] = iso(line.late_at)
    without_people = {name: value for name, value in row.items() if name != "people"}
    return [
        {
            "pk": view_key(scope, parcours.status, parcours.id),
            **(without_people if scope.startswith(FREE) else row),
        }
        for scope in _list_scopes(parcours)
    ]


def list_former_keys(record: Aggregate | None) -> set[Key]:
    """Return the keys of rows that the version before wrote and nobody read, of a région: they go with the next change."""
    if not isinstance(record, Parcours):
        return set()
    row_key = f"{record.contract.notified_on.isoformat()}#{record.id}"
    return {(view_key(f"region#{record.placement.region}", record.status, record.id), row_key)}


def read_line(row: Plain) -> Line:
    """Read the line that a list row holds. Breakpoints of the first version lack their last part, the state: read as empty."""
    stored = {field.name: row[field.name] for field in fields(Line) if field.name in row}
    points = [[*point, ""][: len(Breakpoint._fields)] for point in row["turn"]]
    del stored["turn"]
    return values.read_stored(Line, {**stored, "breakpoints": points})


def delays_key(scope: str, month: str, phase: str, parcours: str) -> Key:
    """Return the key of the counts in which this parcours counts; the months of one scope lie together, in order."""
    return f"delays#{scope}", f"{month}#{phase}#{shard(parcours, SHARDS_OF_COUNTS)}"


def delays_between(scope: str, first: str, last: str) -> tuple[str, str, str]:
    """Return the partition, and the first and last sort key, of the counts from month ``first`` to ``last`` (« 2026-01 »)."""
    return f"delays#{scope}", f"{first}#", f"{last}#~"


def read_phase(item: Plain) -> str:
    """Return the phase (``Phase``) whose durations an item of the counts holds."""
    return str(item["sk"]).split("#")[1]


def count_name(days: int) -> str:
    """Return the name of the attribute that counts the attempts which took so many days: « d12 »."""
    return f"{DAYS_PREFIX}{days}"


def read_attempts_by_days(item: Plain) -> dict[int, int]:
    """Return days taken → number of attempts, of one item of the counts: its attribute « d12 » counts those of twelve days."""
    return {
        int(name.removeprefix(DAYS_PREFIX)): int(count)
        for name, count in item.items()
        if DAYS_NAME.fullmatch(name)
    }
