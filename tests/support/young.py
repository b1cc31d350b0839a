"""A young person who looks at how a passage goes on: the key of the notice, and what the page says."""

import re

from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.stores import parcours_table
from chalicelib.stories.young import spell_follow_key
from tests.support.http import Answer, Client
from tests.support.relays import Relay


def find_attempt(relay: Relay) -> Attempt:
    """Return the present passage of a relay."""
    return parcours_table.read_attempt(relay.parcours_id, relay.head().attempt or 1)


def looks(
    relay: Relay,
    *,
    key: str = "",
    reference: str = "",
    attempt: Attempt | None = None,
    path: str = "/suivi",
    **more: str,
) -> Answer:
    """Look at the page of a passage, the present one by default, with the key of the QR code unless another is given.

    ``path``: where it is posted; ``more``: further fields of the form.
    """
    passage = attempt or find_attempt(relay)
    form = {"reference": reference or passage.reference, "cle": key or spell_follow_key(passage).secret}
    return Client().post_form(path, form | more)


def find_answer_form(client: Client, path: str, geste: str) -> dict[str, str]:
    """Return the form of a parcours' page (``path``) by which its reader says what came of a word with the young person."""
    blanks = rf'name="geste" value="{geste}"><input type="hidden" name="vu" value="(\w+)"'
    (seen,) = set(re.findall(blanks, client.get(path).text))
    return {"geste": geste, "vu": seen}
