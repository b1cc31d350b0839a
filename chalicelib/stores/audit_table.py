"""The audit trail: who did what, in a table of its own, to which web may add rows and nothing else (``stores/README.md``).

A row holds an account, an act, a parcours where there is one, an instant, and the hash of a session: no name, no address, no IP.
"""

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chalicelib import audit, clock, config
from chalicelib.audit import Audited
from chalicelib.clock import iso
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.calendar import months_later
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.retention import AUDIT_MONTHS
from chalicelib.stores import aws, items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

AUDIT = "AUDIT_TABLE"
"""``config.resource`` gives its deployed name, to web alone."""
RANDOM_BYTES = 8
"""In the key of a row: who may put rows cannot name one that others have put, hence not overwrite it."""
IS_NEW = "attribute_not_exists(pk)"


def build_puts(step: Transition) -> list["TransactWriteItemTypeDef"]:
    """Build the rows of a step that somebody signed in takes, one for each parcours that it is about; none where nobody acts."""
    acting = audit.find_acting()
    if acting is None or not step:
        return []
    act = " ".join(dict.fromkeys(event.kind.value for event in step.events)) or acting.route
    concerned: dict[str | None, None] = dict.fromkeys(_list_parcours(step)) or {acting.parcours: None}
    return [{"Put": _build_put(acting, act, parcours)} for parcours in concerned]


def put_row(acting: Audited, act: str) -> None:
    """Write the row of an act that no transaction writes. Raises TryAgain."""
    with aws.calling():
        aws.dynamodb().put_item(**_build_put(acting, act, acting.parcours))


def _list_parcours(step: Transition) -> Iterator[str]:
    """Yield the id of each parcours that a step changes, or of which it notes something; some twice."""
    for event in step.events:
        yield event.parcours
    for change in step.changes:
        record = change.after or change.before
        if isinstance(record, Parcours):
            yield record.id
        elif isinstance(record, Attempt | Deposit):
            yield record.parcours


def _build_put(acting: Audited, act: str, parcours: str | None) -> Any:
    """Build the put of one row, on condition that none has its key."""
    now = clock.utc_now()
    row: items.Plain = {
        "pk": acting.account,
        "sk": f"{iso(now)}#{secrets.token_hex(RANDOM_BYTES)}",
        "act": act,
        "session": hash_text(str(acting.session)),
        "ttl": int(months_later(now, AUDIT_MONTHS).timestamp()),
    }
    if parcours is not None:
        row["parcours"] = parcours
    return {
        "TableName": config.resource(AUDIT),
        "Item": items.encode_item(row),
        "ConditionExpression": IS_NEW,
    }
