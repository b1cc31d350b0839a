"""The audit trail of what no commit writes: pages and files that show contacts, and what was refused."""

from chalicelib import audit
from chalicelib.stores import audit_table

REFUSED = "refused"


def note_read() -> None:
    """Write that the agent of the request at work is shown people's contacts; nothing where its own commit has a row already.

    Raises TryAgain: then nothing is shown.
    """
    acting = audit.find_acting()
    if acting is not None and not acting.is_noted:
        audit_table.put_row(acting, acting.route)


def note_refused() -> None:
    """Write that the agent of the request at work was refused what it asks for. Raises TryAgain."""
    acting = audit.find_acting()
    if acting is not None:
        audit_table.put_row(acting, f"{REFUSED} {acting.route}")
