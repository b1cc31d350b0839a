"""What the recipient's script is told, in the shape of design §7; what may be answered is added by ``company_view``."""

from chalicelib import words
from chalicelib.clock import iso
from chalicelib.domain import address
from chalicelib.domain.opening import LinkState
from chalicelib.domain.parcours import ParcoursStatus
from chalicelib.stories.opening import Glimpse


def glimpse(seen: Glimpse) -> dict[str, object]:
    """The answer of ``POST /retrait/apercu``."""
    deposit, sender = seen.found.deposit, seen.sender
    shown: dict[str, object] = {
        "etat": words.LINK_SLUG[seen.sight.state],
        "prouve": seen.proven,
        "indice": address.hint(seen.found.link.recipient),
        "expire_le": iso(deposit.erase_at) if deposit else None,
        "depuis": iso(seen.sight.since) if seen.sight.since else None,
        "documents": [kind.value for kind in deposit.kinds] if deposit else [],
        "expediteur": {
            "nom": sender.name if sender else "",
            "fonction": sender.function if sender else "",
            "academie": (sender.academie or "") if sender else "",
        },
        "parcours": words.market_facts(seen.parcours),
    }
    if seen.sight.state is not LinkState.TO_OPEN:
        shown["demande"] = seen.found.link.requested_at is not None
        shown["peut_demander"] = _may_ask(seen)
    here = seen.found.link.opened_by is not None and seen.sight.state in {
        LinkState.OPENED_HERE,
        LinkState.ERASED,
    }
    if here:
        shown["jusqu_a"] = iso(seen.window_until) if seen.window_until else None
        shown["confirme"] = seen.confirmed
    return shown


def _may_ask(seen: Glimpse) -> bool:
    """Whether a new sending still makes sense: the passage goes on, and the question can be answered."""
    link, head = seen.found.link, seen.parcours
    under_way = head.status is ParcoursStatus.IN_PREPARATION and head.attempt == link.attempt
    return under_way and bool(link.recipient) and link.closed_at is None
