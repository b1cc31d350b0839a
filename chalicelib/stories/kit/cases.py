"""Read what a decision is about, in two or three calls: the parcours with its passage, its documents, links and meeting."""

from chalicelib.domain.case import Case
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.errors import LinkUnknown
from chalicelib.stores import parcours, relay
from chalicelib.stories.kit.inviting import meeting


def of_passage(head: Parcours) -> Case:
    """The passage under way, or the last one, with the last documents that were sent."""
    return around(head, parcours.attempt(head.id, head.attempt) if head.attempt is not None else None)


def around(head: Parcours, attempt: Attempt | None, *, deposit: str | None = None) -> Case:
    """The same, where record and passage are read already. ``deposit``: id of other documents than the last ones."""
    found = relay.around(head, deposit or head.last_deposit)
    links = relay.links(found.deposit)
    return Case(head, attempt, found.deposit, links, found.live, meeting(found.appointment, links))


def of_link(identifier: str) -> tuple[Case, Link]:
    """A link as it is now, and what it was made for; the passage itself is not read.

    Raises:
        LinkUnknown: the link does not exist any more.
    """
    link = relay.link(identifier)
    if link is None:
        raise LinkUnknown
    return around(parcours.head(link.parcours), None, deposit=link.deposit), link
