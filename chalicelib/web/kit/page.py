"""What every page of an agent shows: her name and navigation, and the facts of an offer."""

from typing import Any

from chalicelib.domain.kernel.parcours import CompanyContact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.words import codes


def who(person: Account) -> dict[str, Any]:
    """The signed-in agent and where she may go, in the page's head."""
    role = "équipe" if person.is_team else person.function
    return {"name": person.name, "role": role, "links": _links(person)}


def _links(person: Account) -> list[dict[str, str]]:
    """The pages of her navigation, by her roles."""
    field = person.roles & {Role.TUTOR, Role.COORDINATOR}
    declares = person.is_team or person.roles & {Role.BUYER, Role.PRESCRIBER}
    invites = person.is_team or person.roles & {Role.COORDINATOR, Role.BUYER}
    found = [
        ("parcours", "/parcours", "Parcours"),
        ("offres", "/offres", "Offres") if field else None,
        ("declarer", "/offres/nouvelle", "Nouvelle offre") if declares else None,
        ("run", "/run", "RUN"),
        ("delais", "/delais", "Délais"),
        ("comptes", "/comptes", "Comptes") if invites else None,
        ("import", "/import", "Import") if person.is_team else None,
        ("aide", "/aide/cv-par-mail", "CV par mail") if person.is_team else None,
    ]
    return [{"nav": one[0], "href": one[1], "label": one[2]} for one in found if one is not None]


def offer(head: Parcours, sees_contacts: bool) -> dict[str, Any]:
    return {
        "id": head.id,
        "reference": head.reference,
        "company": head.company.name,
        "contract": head.contract.object,
        "lot": head.contract.lot,
        "hours": head.placement.hours,
        "town": head.placement.town,
        "tasks": head.placement.tasks,
        "buyer": head.contract.organisation,
        "status": {"code": head.status.value, "label": codes.STATUS[head.status]},
        "notified_on": head.contract.notified_on,
        "ends_on": head.contract.renewal_ends_on or head.contract.ends_on,
        "contacts": [_contact(one) for one in head.company.contacts] if sees_contacts else [],
    }


def _contact(one: CompanyContact) -> dict[str, Any]:
    local, _, domain = one.address.rpartition("@")
    return {
        "name": one.name,
        "function": one.function,
        "role_label": codes.CONTACT_ROLE[one.role],
        "phone": one.phone,
        "address": one.address,
        "local": local,
        "domain": domain,
        "verified_on": one.verified_on,
    }
