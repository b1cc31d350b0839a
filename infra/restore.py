"""Put back what was lost of the table of parcours, from its backup, and nothing of the passages erased since.

    python -m infra.restore --stack NAME --at 2026-11-26T09:00:00Z                       # says what would come back
    python -m infra.restore --stack NAME --at 2026-11-26T09:00:00Z --put-back --erased   # and puts it back
    python -m infra.restore --stack NAME --drop                               # removes the copies: they hold people's data

    python -m infra.restore --stack NAME --at 2026-11-26T09:00:00Z --audit     # a copy of the audit trail, to be read beside it

Nobody may put a row into the audit trail but web: of a lost one, « operate audit --copy » reads the copy, which expires like it.

A region that is lost takes its backup with it. So a copy is made in another one each day, to be put back into a stack there.

    python -m infra.restore --stack NAME --at 2026-11-26T09:00:00Z --to eu-central-1  # a copy there, in place of the one before
    python -m infra.restore --stack NAME --from COPY --put-back --erased              # there, into the stack of that region

The backup is restored beside the table, which goes on serving. A record comes back when it is missing and its time, by the
product's own rules, is not over: what the purge erased since stays erased, and what exists is never overwritten. Which passages
were erased on request since, nothing that is stored says: « --erased » names their references, which the data protection officer
keeps. Each record comes back by the product's one commit, with its list rows. In English: these are messages for the operator.
"""

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import boto3
from botocore.exceptions import ClientError, WaiterError

from chalicelib import clock, config, terms
from chalicelib.domain import retention
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.kernel.attempt import Attempt, OfferKey, ReferenceKey, offer_key, parse_reference
from chalicelib.domain.kernel.parcours import UNDER_WAY, Contract, Parcours, list_identifiers
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Aggregate, Step
from chalicelib.domain.parcours import ending
from chalicelib.stores import items, relay_table, transactions
from infra import CommandFailed, paginate, status_of
from infra.deploy.stack import Deployed

COPY = "-restored"
WAIT_SECONDS, POLL_SECONDS = 3_600, 5
KINDS: dict[str, type[Aggregate]] = {
    "head": Parcours,
    "attempt": Attempt,
    "account": Account,
    "ref": ReferenceKey,
    "key": OfferKey,
    "organisation": Organisation,
}
"""How the key of a record begins: its sort key under a parcours, its partition key elsewhere."""
Record = TypeVar("Record", bound=Aggregate)


@dataclass
class Backup:
    """The content of a table of parcours: its records, events, and counts of delays."""

    records: list[Aggregate] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    delays: list[items.Plain] = field(default_factory=list)

    def records_of(self, kind: type[Record]) -> list[Record]:
        """Return the records of one kind."""
        return self._by_kind[kind]

    @cached_property
    def _by_kind(self) -> dict[type, list[Any]]:
        """The records by their type."""
        by_type: dict[type, list[Any]] = defaultdict(list)
        for record in self.records:
            by_type[type(record)].append(record)
        return by_type

    @cached_property
    def parcours(self) -> dict[str, Parcours]:
        """The parcours by id."""
        return {parcours.id: parcours for parcours in self.records_of(Parcours)}


@dataclass
class Plan(Backup):
    """What a restore writes back, and how much it leaves erased."""

    kept_erased: int = 0
    """Records of the backup whose time is over: they stay erased."""

    def bring(self, record: Record | None) -> Record | None:
        """Add a record to what comes back, and return it; None stands for a record whose time is over, and is counted."""
        if record is None:
            self.kept_erased += 1
        else:
            self.records.append(record)
        return record

    def counts(self) -> dict[str, int]:
        """Return how many records of each type come back, by the type's name; « Event » and « delays » are among them."""
        counts = Counter(type(record).__name__ for record in self.records)
        return {**counts, "Event": len(self.events), "delays": len(self.delays)}


def make_copy(dynamodb: Any, table: str, at: datetime) -> str:
    """Restore the table as it was at this instant into a new table beside it, and wait until that is ready; return its name.

    ``table``: its name, or its ARN where ``dynamodb`` is a client of another region, in which the copy is then made. A copy of
    this instant that exists already, or is being made, is used. Raises CommandFailed: the backup does not reach that far back, or
    the copy is not ready after an hour.
    """
    copy = f"{table.rpartition('/')[2]}{COPY}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    source = {"SourceTableArn" if "/" in table else "SourceTableName": table}
    try:
        dynamodb.restore_table_to_point_in_time(**source, TargetTableName=copy, RestoreDateTime=at)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "InvalidRestoreTimeException":
            raise CommandFailed(
                "The backup does not reach that time: it holds the last seven days."
            ) from None
        if code != "TableAlreadyExistsException":
            raise
    try:
        wait = {"Delay": POLL_SECONDS, "MaxAttempts": WAIT_SECONDS // POLL_SECONDS}
        dynamodb.get_waiter("table_exists").wait(TableName=copy, WaiterConfig=wait)
    except WaiterError:
        raise CommandFailed(f"{copy} is not ready yet: run the same command again later.") from None
    return copy


def drop_copies(dynamodb: Any, table: str, *, kept: str | None = None) -> list[str]:
    """Delete all copies of this table, of whatever instant, but the one named ``kept``; return their names."""
    names = paginate(dynamodb, "list_tables", "TableNames")
    copies = [name for name in names if name.startswith(f"{table}{COPY}-") and name != kept]
    for copy in copies:
        dynamodb.delete_table(TableName=copy)
    return copies


def read_table(dynamodb: Any, table: str) -> Backup:
    """Read a table of parcours whole, except its list rows, which are written again with their records.

    Records of an invented parcours that proves erasing are left out as well.
    """
    backup = Backup()
    for item in map(items.decode_item, paginate(dynamodb, "scan", "Items", TableName=table)):
        pk, sk = str(item["pk"]), str(item["sk"])
        kind = (sk if pk.startswith("parcours#") else pk).partition("#")[0]
        if kind == "event":
            backup.events.append(items.from_event_item(item))
        elif kind == "delays":
            backup.delays.append(item)
        elif kind in KINDS and not item.get("synthetic"):  # a proof of erasure was under way, and is over
            backup.records.append(items.from_item(KINDS[kind], item))
    return backup


def mark_erased(backup: Backup, erased: Collection[str], now: datetime) -> Backup:
    """Return a backup in which the passages with these references are being erased, so that nothing of them comes back."""
    records = [
        replace(record, erasing_at=now)
        if isinstance(record, Attempt) and record.reference in erased
        else record
        for record in backup.records
    ]
    return Backup(records, backup.events, backup.delays)


def plan_restore(backup: Backup, live: Backup, now: datetime) -> Plan:
    """Decide what to bring back: what is in the backup, missing from the live table, and not due to be erased by ``now``."""
    plan = Plan()
    present = _bring_parcours(plan, backup, live, now)
    _bring_offer_keys(plan, backup, live, present)
    ids = {parcours.id for parcours in present}
    passages = _bring_attempts(plan, backup, live, ids, now)
    _bring_references(plan, backup, live, passages)
    _bring_events(plan, backup, live, ids, passages)
    _bring_accounts(plan, backup, live, now)
    _bring_organisations(plan, backup, live, now)
    counted = {(delay["pk"], delay["sk"]) for delay in live.delays}
    plan.delays += [delay for delay in backup.delays if (delay["pk"], delay["sk"]) not in counted]
    return plan


def _bring_parcours(plan: Plan, backup: Backup, live: Backup, now: datetime) -> list[Parcours]:
    """Plan the missing parcours; return those that exist after the restore, each as the purge would leave it by now."""
    kept = [_as_erasing_leaves(parcours, live, now) for parcours in live.parcours.values()]
    lost = [parcours for parcours in backup.parcours.values() if parcours.id not in live.parcours]
    for parcours in lost:
        kept.append(plan.bring(_as_erasing_leaves(parcours, backup, now)))
    return [parcours for parcours in kept if parcours is not None]


def _bring_offer_keys(plan: Plan, backup: Backup, live: Backup, present: list[Parcours]) -> None:
    """Plan the missing keys that make an offer unique, of the parcours ``present`` after the restore."""
    known = {stored.key for stored in live.records_of(OfferKey)}
    keys = {(offer_key(parcours), parcours.id) for parcours in present}
    lost = [stored for stored in backup.records_of(OfferKey) if stored.key not in known]
    plan.records += [stored for stored in lost if (stored.key, stored.parcours) in keys]


Passage = tuple[str, int]
"""Id of a parcours and number of an attempt."""


def _bring_attempts(
    plan: Plan, backup: Backup, live: Backup, present: set[str], now: datetime
) -> set[Passage]:
    """Plan the missing attempts of parcours that are present after the restore.

    Returns the passages that are complete then. One whose erasing has begun in the live table stays incomplete, so that nothing
    of it comes back. ``present``: ids of parcours.
    """
    known = {(attempt.parcours, attempt.number): attempt for attempt in live.records_of(Attempt)}
    whole = {passage for passage, attempt in known.items() if attempt.erasing_at is None}
    for attempt in backup.records_of(Attempt):
        passage = (attempt.parcours, attempt.number)
        if passage in known or attempt.parcours not in present:
            continue
        if _is_over(attempt, now):
            plan.kept_erased += 1
        else:
            plan.records.append(attempt)
            whole.add(passage)
    return whole


def _bring_references(plan: Plan, backup: Backup, live: Backup, passages: set[Passage]) -> None:
    """Plan the missing references of the given passages, by which a parcours is found."""
    own = {
        attempt.reference
        for attempt in backup.records_of(Attempt)
        if (attempt.parcours, attempt.number) in passages
    }
    lost = own - {stored.reference for stored in live.records_of(ReferenceKey)}
    plan.records += [stored for stored in backup.records_of(ReferenceKey) if stored.reference in lost]


def _bring_events(
    plan: Plan, backup: Backup, live: Backup, present: set[str], passages: set[Passage]
) -> None:
    """Plan the missing events of parcours that are present: those of no passage, and those of the given passages."""
    known = {(event.parcours, event.id) for event in live.events}
    lost = [event for event in backup.events if (event.parcours, event.id) not in known]
    for event in lost:
        belongs = event.attempt is None or (event.parcours, event.attempt) in passages
        if belongs and event.parcours in present:
            plan.events.append(event)


def _bring_accounts(plan: Plan, backup: Backup, live: Backup, now: datetime) -> None:
    """Plan the missing accounts whose time is not over."""
    known = {account.id for account in live.records_of(Account)}
    for account in backup.records_of(Account):
        if account.id not in known:
            plan.bring(None if _is_over(account, now) else account)


def _bring_organisations(plan: Plan, backup: Backup, live: Backup, now: datetime) -> None:
    """Plan the missing choices of organisations.

    One comes back while an account or a contract names the organisation, or while it was read recently enough to be kept.
    """
    known = {items.key_of(organisation) for organisation in live.records_of(Organisation)}
    present: list[Aggregate] = [*live.parcours.values(), *live.records_of(Account), *plan.records]
    naming = [record.contract if isinstance(record, Parcours) else record for record in present]
    buying = [named for named in naming if isinstance(named, Contract | Account)]
    in_use = {items.organisation_key(each) for named in buying for each in list_identifiers(named)}
    for organisation in backup.records_of(Organisation):
        key = items.key_of(organisation)
        if key not in known:
            step = retention.forget_organisation(organisation, terms.retention(), now, in_use=key in in_use)
            plan.bring(_after(step, organisation))


def _as_erasing_leaves(parcours: Parcours, stored: Backup, now: datetime) -> Parcours | None:
    """Return the record of a parcours as the purge would leave it by now; None when all of it would be erased.

    It may be whole, or without a passage or its contacts. ``stored``: the table with its attempts and events.
    """
    keep = terms.retention()
    own = [attempt for attempt in stored.records_of(Attempt) if attempt.parcours == parcours.id]
    left = tuple(attempt for attempt in own if not _is_over(attempt, now))
    numbers = {None, *(attempt.number for attempt in left)}
    events = tuple(
        event for event in stored.events if event.parcours == parcours.id and event.attempt in numbers
    )
    for over in (attempt for attempt in own if attempt not in left):
        if over.number == parcours.attempt and parcours.status in UNDER_WAY:
            parcours = ending.without_passage(parcours)
        parcours = retention.without_attempt(parcours, over, events)
    return _after(retention.forget_parcours(parcours, left, (), None, keep, now), parcours)


def _after(step: Transition, record: Record) -> Record | None:
    """Return a record as this transition leaves it: changed, unchanged when it is not concerned, or None when it is erased."""
    for change in step.changes:
        if isinstance(change.before, type(record)):
            after = change.after
            assert after is None or isinstance(after, type(record))
            return after
    return record


def _is_over(record: Attempt | Account, now: datetime) -> bool:
    """Return whether the purge has erased this record since the backup, or would erase it at once."""
    keep = terms.retention()
    if isinstance(record, Attempt):
        ended = record.ended_at
        return record.erasing_at is not None or (ended is not None and now >= keep.history_until(ended))
    at = retention.find_account_due_at(record, keep)
    goes = record.closed_at is not None or retention.is_warned(record)
    return goes and at is not None and now >= at


def put_back(dynamodb: Any, table: str, plan: Plan) -> int:
    """Write what the plan brings back; return how many records, events and counts. What exists is never overwritten."""
    for item in plan.delays:  # counts of delays name nobody and have no end
        dynamodb.put_item(TableName=table, Item=items.encode_item(item))
    records = map(_without_lost_documents, plan.records)
    written = sum(_commit(Transition(changes=(Change(None, record),))) for record in records)
    written += sum(_commit(Transition(events=(event,))) for event in plan.events)
    return written + len(plan.delays)


def _without_lost_documents(record: Aggregate) -> Aggregate:
    """Return a parcours whose documents were lost with their region as one whose documents are to be sent; else the record."""
    if not isinstance(record, Parcours) or record.live_deposit is None:
        return record
    if relay_table.read_deposit(record.live_deposit) is not None:
        return record
    record_after = record.without_documents()
    is_unread = record.step_of_documents is Step.LINK_SENT
    return record_after.with_documents_at(Step.DOCUMENTS_TO_SEND) if is_unread else record_after


def _commit(step: Transition) -> bool:
    """Write a transition; return False when what it creates exists by now."""
    try:
        transactions.commit(step)
    except transactions.LostRace:  # it exists by now
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0 when what was asked for is done."""
    parser = argparse.ArgumentParser(prog="python -m infra.restore", description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack that was deployed")
    parser.add_argument(
        "--at", type=datetime.fromisoformat, help="the last instant before the loss, with its time zone"
    )
    parser.add_argument("--to", metavar="REGION", help="only make the copy, in this region")
    parser.add_argument("--from", dest="copy", metavar="COPY", help="a copy that exists, instead of --at")
    parser.add_argument(
        "--put-back", action="store_true", help="write what was lost; without it, only say what"
    )
    parser.add_argument("--audit", action="store_true", help="copy the audit trail, or drop its copies")
    parser.add_argument(
        "--erased",
        nargs="*",
        metavar="REFERENCE",
        help="the passages erased on request since; alone: none was",
    )
    parser.add_argument("--drop", action="store_true", help="remove every copy that was restored")
    asked = parser.parse_args(arguments)
    return status_of(lambda: _run(asked))


def _run(asked: argparse.Namespace) -> None:
    """Copy elsewhere (« --to »), or compare or restore (« --at », « --from »), then remove copies (« --drop »).

    Raises CommandFailed: what is asked for cannot be done.
    """
    erased = _read_erased(asked)
    # As the purge of this stack does, on its tables and with its settings.
    at = Deployed(asked.stack)
    os.environ.update(at.environment(["Purge"]))
    table, dynamodb, copy = config.resource(items.PARCOURS), boto3.client("dynamodb"), asked.copy
    if asked.at is not None and asked.at.tzinfo is None:
        raise CommandFailed("Give the instant with its time zone, as in 2026-11-26T09:00:00+00:00.")
    if asked.to:
        check_region(asked.to)
        _copy_elsewhere(dynamodb, boto3.client("dynamodb", region_name=asked.to), table, asked.at)
        return
    if asked.audit and (copy or asked.put_back):
        raise CommandFailed(
            "Nothing is put back into the audit trail: « operate audit --copy » reads a copy."
        )
    if asked.audit:
        table = at.physical_id("AuditTable")
    if asked.at is not None:
        copy = make_copy(dynamodb, table, asked.at)
    if copy is not None and asked.audit:
        keep_expiring(dynamodb, copy)
    elif copy is not None:
        _restore(dynamodb, table, copy, erased=erased, write=asked.put_back)
    if asked.drop:
        source = copy.partition(COPY)[0] if copy else table
        dropped = drop_copies(dynamodb, source)
        for name in dropped:
            print(f"{name} is removed.")
        print(f"No copy is left: {len(dropped)} removed.")


def keep_expiring(dynamodb: Any, copy: str) -> None:
    """Let the rows of a copy of the audit trail expire as its table's do, which a restored table does not by itself."""
    dynamodb.update_time_to_live(
        TableName=copy, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )
    print(f"{copy} holds the audit trail of then: operate audit --copy {copy}")


def _read_erased(asked: argparse.Namespace) -> set[str]:
    """Read the references of the passages that were erased on request. Raises CommandFailed: none is said, or one is none."""
    if asked.erased is None and asked.put_back:
        raise CommandFailed(
            "Say which passages were erased on request since the copy: « --erased CSF-7K3Q-92 … », or « --erased » alone if none "
            "was. The data protection officer knows. Nothing was written."
        )
    references = {text: parse_reference(text) for text in asked.erased or ()}
    wrong = [text for text, reference in references.items() if reference is None]
    if wrong:
        raise CommandFailed(
            f"No reference: {', '.join(wrong)}. One reads like CSF-7K3Q-92. Nothing was written."
        )
    return {reference for reference in references.values() if reference is not None}


def check_region(region: str) -> None:
    """Raises CommandFailed: the region is outside the Union, and this stack does not say what allows data there."""
    if region not in config.UNION and config.is_example(config.settings().transfer_grounds):
        raise CommandFailed(
            f"{region} is outside the European Union: choose one of {', '.join(config.UNION)}. Nothing was copied."
        )


def _copy_elsewhere(dynamodb: Any, elsewhere: Any, table: str, at: datetime) -> None:
    """Make a copy of the table, as it was at ``at``, in the region of the client ``elsewhere``; remove the earlier ones there."""
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    copy = make_copy(elsewhere, arn, at)
    dropped = drop_copies(elsewhere, table, kept=copy)
    print(f"{copy} stands in {elsewhere.meta.region_name}; {len(dropped)} removed there.")


def _restore(dynamodb: Any, table: str, copy: str, *, erased: Collection[str], write: bool) -> None:
    """Print what a copy holds and the table lost, without the passages ``erased`` on request; with ``write``, put it back."""
    now = clock.utc_now()
    backup = mark_erased(read_table(dynamodb, copy), erased, now)
    plan = plan_restore(backup, read_table(dynamodb, table), now)
    for kind, count in sorted(plan.counts().items()):
        print(f"{kind:<14}{count:>7} lost since")
    print(f"{'':<14}{plan.kept_erased:>7} were erased since, or their time is over: they stay erased")
    if write:
        print(f"{put_back(dynamodb, table, plan)} put back. Remove the copies when all is well: --drop")
    else:
        print("Nothing was written. Put them back with --put-back and --erased.")


if __name__ == "__main__":
    sys.exit(main())
