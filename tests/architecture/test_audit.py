"""No act of somebody signed in escapes the audit trail: there is one way to write, and one place where sessions begin."""

import ast

from tests.architecture.sources import CODE, calls, name_of

BESIDE = {
    "chalicelib.stores.relay_table": {
        "put_item",
        "update_item",
        "delete_item",
    },  # quotas, the rate of mails, the purge's place
    "chalicelib.stores.tables": {"delete_item"},  # what is over, by the purge
    "chalicelib.stores.audit_table": {"put_item"},
}
"""Who may write into a table outside of a transaction, and how: none of it is an act of somebody."""
WRITES = {
    "put_item",
    "update_item",
    "delete_item",
    "batch_write_item",
    "execute_statement",
    "transact_write_items",
}


def test_everything_else_is_written_by_the_one_commit() -> None:
    writes: dict[str, set[str]] = {}
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in WRITES:
                writes.setdefault(name_of(path), set()).add(node.attr)

    assert writes == BESIDE | {"chalicelib.stores.transactions": {"transact_write_items"}}


def test_sessions_begin_in_one_place_which_says_who_acts() -> None:
    """Whatever proved who somebody is: a code, a passkey, another provider."""
    begun = {
        name_of(path) for path in CODE for name, call in calls(path) if name == "Session" and call.keywords
    }

    assert begun == {"chalicelib.stories.accounts.signing_in", "chalicelib.domain.proving"}, (
        "an invented account proves"
    )
