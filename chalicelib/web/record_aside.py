"""Beside a parcours: what this person may do with its record (``macros/record.html``)."""

from datetime import datetime
from typing import Any

from chalicelib import french
from chalicelib.domain import assigning, lapsing, reminding, territory, withdrawing
from chalicelib.domain.calendar import day_of
from chalicelib.domain.parcours import ParcoursStatus
from chalicelib.domain.people import Account, Act, may
from chalicelib.domain.values import Role
from chalicelib.stories.following import Sheet


def aside(person: Account, found: Sheet, now: datetime) -> dict[str, Any]:
    """``record`` of ``pages/parcours.html``."""
    head = found.page.parcours
    assignable = head.status in assigning.UNDER_WAY | assigning.GIVEN
    waits = reminding.awaits(head.status, head.step, head.setback)
    unread_by_buyer = head.sent_to is Role.BUYER and found.role not in reminding.BUYS
    place = head.placement
    return {
        "can_edit": may(person, Act.EDIT, head),
        "can_confirm": may(person, Act.CONFIRM_CONTACTS, head),
        "can_assign": may(person, Act.ASSIGN, head) and assignable,
        "assigned": head.reference is not None,
        "can_remind": may(person, Act.REMIND, head) and reminding.can_remind(head, found.role, now),
        "holds_link": waits and reminding.holds_the_link(head, found.role),
        "remind_label": "Relancer l’acheteuse ou l’acheteur" if unread_by_buyer else "Relancer l’entreprise",
        "reminded_at": head.reminded_at if waits and found.sees_contacts else None,
        "can_withdraw": may(person, Act.WITHDRAW, head) and head.status is ParcoursStatus.AVAILABLE,
        "can_offer_again": may(person, Act.WITHDRAW, head) and withdrawing.can_offer_again(head, day_of(now)),
        "reserved_until": head.reservation_until
        if lapsing.due_at(head) is not None and head.status in assigning.UNDER_WAY and found.sees_contacts
        else None,
        "odd_hours": place.hours not in territory.HOURS,
        "where": f"{place.town} ({place.departement}), {french.academie(place.academie)}",
        "domain": place.domain,
    }
