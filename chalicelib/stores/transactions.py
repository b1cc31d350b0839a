"""The one commit: everything that changes state is written here, all of a transition or nothing of it."""

import secrets
from collections import Counter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib import audit, config
from chalicelib.domain import proving
from chalicelib.domain.kernel import holding
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Aggregate
from chalicelib.domain.parcours import delays
from chalicelib.errors import TryAgain
from chalicelib.stores import audit_table, aws, items, rows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MOST_WRITES = 100
"""Items of one transaction. Source: DynamoDB, API reference."""
REFUSED = "ConditionalCheckFailed"
LOST = frozenset({REFUSED, "TransactionConflict"})
BUSY = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})


class LostRace(Exception):
    """Something moved between reading and writing: the story reads and decides anew."""


def commit(step: Transition) -> None:
    """Write what changes, its facts and its mails together, or write nothing.

    Each change is conditioned on the ``revision`` it was decided on, or on absence; each fact on absence.
    When a condition failed, the stored items are first compared with what we meant to write: a lost answer makes our own
    success look like somebody else's. Each item bears the mark of its commit, since two may mean the very same
    (one more wrong answer, the same lease) and only one of them wrote it.
    Raises:
        LostRace: something else is stored there.
        RelayError: a quota is used up; which one is the quota's to say. TalkNeeded: see ``holding.check``.
        TryAgain: the tables did not answer, or are busy.
    """
    for change in step.changes:
        if isinstance(change.before, Parcours) and change.before.is_held:
            holding.check(change.before, step.events)
    step = proving.without_mails(step)
    if not step:
        return
    others, word_puts = _build_other_writes(step)
    # One edit of everything would not fit: the next commit of the record writes its words, lists find it by those of their rows.
    room = max(0, MOST_WRITES - len((*step.changes, *step.events, *step.mails, *step.erased, *others)))
    conditioned = _build_conditioned_writes(step, secrets.token_hex(8), len(word_puts) <= room)
    try:
        with aws.calling():
            aws.dynamodb().transact_write_items(TransactItems=conditioned + others + word_puts[:room])
    except ClientError as error:
        _answer_cancelled(step, conditioned, error)
    audit.mark_noted()


def _build_conditioned_writes(
    step: Transition, mark: str, has_every_word: bool
) -> list["TransactWriteItemTypeDef"]:
    """Build the writes that have a condition of their own, which fails when something else is stored.

    Args:
        mark: random text written with each, by which a repeated transaction recognises its own items.
        has_every_word: whether all new words of these records fit into the transaction.
    """
    facts = [{**items.to_event_item(event), "mark": mark} for event in step.events]
    conditioned = [_build_change_write(change, mark, has_every_word) for change in step.changes]
    conditioned += [_build_put(items.PARCOURS, fact, revision=None) for fact in facts]
    conditioned += [_build_change_write(Change(None, mail), mark, has_every_word) for mail in step.mails]
    return conditioned + [_build_event_delete(event) for event in step.erased]


def _build_other_writes(
    step: Transition,
) -> tuple[list["TransactWriteItemTypeDef"], list["TransactWriteItemTypeDef"]]:
    """Build the other writes: uses of quotas, checks, list rows, deletes of words, the audit trail; and the puts of new words."""
    uses: list[TransactWriteItemTypeDef] = [
        {"Update": items.build_quota_update(use.counter, use.most, use.ends_at)}  # type: ignore[typeddict-item]
        for use in step.uses
    ]
    writes = uses + [_build_unchanged_check(record) for record in step.unchanged]
    writes += _build_derived_writes(step)
    word_puts: list[TransactWriteItemTypeDef] = []
    table = config.resource(items.PARCOURS)
    for change in step.changes:
        removed_keys, new_rows = rows.find_word_changes(change.before, change.after)
        writes += [{"Delete": {"TableName": table, "Key": items.encode_key(key)}} for key in removed_keys]
        word_puts += [{"Put": {"TableName": table, "Item": items.encode_item(row)}} for row in new_rows]
    return writes + audit_table.build_puts(step), word_puts


def _answer_cancelled(
    step: Transition, conditioned: list["TransactWriteItemTypeDef"], error: ClientError
) -> None:
    """Raise what the cancellation of a transaction means; return if its very writes are stored already.

    Raises LostRace, TryAgain, the refusal of a quota, or ``error`` itself.
    """
    reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    codes = {reason.get("Code") for reason in reasons}
    if codes & BUSY:
        raise TryAgain from error
    if not codes & LOST:
        raise error
    if _are_stored(conditioned, reasons):
        return
    if not {reason.get("Code") for reason in reasons[: len(conditioned)]} & LOST:
        _refuse_used_up(step, reasons[len(conditioned) :], error)
    raise LostRace from error


def _refuse_used_up(step: Transition, reasons: list[dict[str, Any]], error: ClientError) -> None:
    """Raise the refusal of the first quota that is used up, if any. ``reasons``: of the writes from the first quota on."""
    for use, reason in zip(step.uses, reasons, strict=False):
        if reason.get("Code") == REFUSED:
            raise use.refusal from error


def count_writes(step: Transition) -> int:
    """Return how many items a transition writes. Combined, several never write more than the sum of theirs."""
    others, word_puts = _build_other_writes(step)
    return len((*step.changes, *step.events, *step.mails, *step.erased, *others, *word_puts))


def _build_event_delete(event: Event) -> "TransactWriteItemTypeDef":
    """Build the delete of an event, if it is still stored: of two runs that erase the same one, the second fails."""
    item = items.to_event_item(event)
    key = items.encode_key((item["pk"], item["sk"]))
    table = config.resource(items.PARCOURS)
    delete: Any = {"TableName": table, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
    return {"Delete": delete | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}


def _build_change_write(change: Change, mark: str, has_every_word: bool) -> "TransactWriteItemTypeDef":
    """Build the put or delete of one change, on condition that the record is stored as it was read."""
    before = change.before.revision if change.before else None
    if change.after is not None:
        table, revision = items.SHAPES[type(change.after)].table, (before or 0) + 1
        record = rows.remember_words(change.after, revision if has_every_word else 0)
        item = {**items.to_item(record), "revision": revision, "mark": mark}
        return _build_put(table, item, revision=before)
    if change.before is None:
        raise ValueError("a change from nothing to nothing")
    shape = items.SHAPES[type(change.before)]
    key = items.encode_key(shape.key(change.before))
    delete: Any = {"TableName": config.resource(shape.table), "Key": key, **_build_condition(before)}
    return {"Delete": delete}


def _build_unchanged_check(record: Aggregate) -> "TransactWriteItemTypeDef":
    """Build the check that a record, which is not written, is stored as it was read, or still missing."""
    shape = items.SHAPES[type(record)]
    key = items.encode_key(shape.key(record))
    check: Any = {
        "TableName": config.resource(shape.table),
        "Key": key,
        **_build_condition(record.revision or None),
    }
    return {"ConditionCheck": check}


def _build_put(table: str, item: items.Plain, revision: int | None) -> "TransactWriteItemTypeDef":
    """Build the put of an item, on condition that this ``revision`` is stored; None: that nothing is."""
    put: Any = {
        "TableName": config.resource(table),
        "Item": items.encode_item(item),
        **_build_condition(revision),
    }
    return {"Put": put}


def _build_condition(revision: int | None) -> Any:
    """Build the condition that this revision is stored; None: that nothing is."""
    keep: dict[str, Any] = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if revision is None:
        return keep | {"ConditionExpression": "attribute_not_exists(pk)"}
    return keep | {
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": items.encode_item({":revision": revision}),
    }


def _build_derived_writes(step: Transition) -> list["TransactWriteItemTypeDef"]:
    """Build the writes that follow from the changes: list rows and the counts of delays."""
    return [write for change in step.changes for write in _build_row_writes(change)] + _build_count_updates(
        step
    )


def _build_count_updates(step: Transition) -> list["TransactWriteItemTypeDef"]:
    """Build the updates of the counts of delays, one for each item: a transaction may not write an item twice."""
    amounts: dict[items.Key, Counter[str]] = {}
    for change in step.changes:
        before, after = change.before, change.after
        if isinstance(before, Parcours) and isinstance(after, Parcours):
            for tally in delays.count_tallies(before, after):
                key = rows.delays_key(tally.scope, tally.month, tally.phase, after.id)
                amounts.setdefault(key, Counter())[rows.count_name(tally.days)] += tally.amount
    updates = []
    for key, by_attribute in amounts.items():
        nonzero = {name: amount for name, amount in by_attribute.items() if amount}
        if nonzero:
            updates.append(build_count_update(key, nonzero))
    return updates


def build_count_update(key: items.Key, amounts: dict[str, int]) -> "TransactWriteItemTypeDef":
    """Build the update that adds these amounts (attribute → number) to one item of the counts."""
    names = {f"#days{place}": name for place, name in enumerate(amounts)}
    values = {f":amount{place}": amount for place, amount in enumerate(amounts.values())}
    added = ", ".join(f"#days{place} :amount{place}" for place in range(len(amounts)))
    return {
        "Update": {
            "TableName": config.resource(items.PARCOURS),
            "Key": items.encode_key(key),
            "UpdateExpression": f"ADD {added}",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": items.encode_item(values),
        }
    }


def _build_row_writes(change: Change) -> list["TransactWriteItemTypeDef"]:
    """Build the puts and deletes of the list rows of a record; the record's own condition guards them."""
    shape = items.SHAPES[type(change.after or change.before)]  # type: ignore[index]
    table = config.resource(shape.table)
    after = {(row["pk"], row["sk"]): row for row in rows.build_rows(change.after)}
    removed_keys = {(row["pk"], row["sk"]) for row in rows.build_rows(change.before)} - after.keys()
    removed_keys |= rows.list_former_keys(change.before)
    puts: list[Any] = [
        {"Put": {"TableName": table, "Item": items.encode_item(row), **_build_row_condition(row)}}
        for row in after.values()
    ]
    deletes: list[TransactWriteItemTypeDef] = [
        {"Delete": {"TableName": table, "Key": items.encode_key(key)}} for key in sorted(removed_keys)
    ]
    return puts + deletes


def _build_row_condition(row: items.Plain) -> Any:
    """Return the condition of a row: none, except that an address or an identity must belong to no other account."""
    if not str(row["pk"]).startswith((items.ADDRESS, items.IDENTITY)):
        return {}
    return {
        "ConditionExpression": "attribute_not_exists(pk) OR account = :account",
        "ExpressionAttributeValues": items.encode_item({":account": row["account"]}),
    }


def _are_stored(writes: list["TransactWriteItemTypeDef"], reasons: list[dict[str, Any]]) -> bool:
    """Whether all conditions failed because these very writes are stored already."""
    return len(reasons) >= len(writes) > 0 and all(
        reason.get("Code") == REFUSED and _is_stored(write, reason.get("Item"))
        for write, reason in zip(writes, reasons, strict=False)
    )


def _is_stored(write: "TransactWriteItemTypeDef", stored: dict[str, Any] | None) -> bool:
    """Whether the stored item is what this write leaves; of a delete, whether nothing is stored."""
    if "Put" in write:
        return stored == write["Put"]["Item"]
    return not stored  # a delete: gone already
