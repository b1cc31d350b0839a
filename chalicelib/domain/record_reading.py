"""Reading the *fiche* as it is typed: every field is checked, and all that is wrong is said at once."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from chalicelib.domain import address, siret, territory, texts
from chalicelib.domain.parcours import (
    BuyerContact,
    Company,
    CompanyContact,
    ContactRole,
    Contract,
    Parcours,
    Placement,
)
from chalicelib.domain.record import Record, contact_of
from chalicelib.domain.retention import RetentionPolicy
from chalicelib.errors import FieldInvalid

HOURS = re.compile(r"[0-9]{1,4}")
MOST_HOURS = 2000
MOST_OBJECT = 200
MOST_TASKS = 500
MOST_SHORT = 40
WEBSITE = re.compile(r"(?:https?://)?[^\s/@:]+\.[^\s/@:]{2,}(?:/\S*)?")

CONTACT_PREFIXES = {ContactRole.ANSWERS_TENDER: "repond", ContactRole.WELCOMES: "accueille"}
BUYER_PREFIX = "acheteur"
CONTACT_PARTS = ("nom", "fonction", "courriel", "tel", "verifie")
_PLAIN = (
    "entreprise", "siret", "secteur", "site", "service", "objet", "detail", "numero", "lot", "notifie_le", "fin_le",
    "reconduction_le", "heures", "adresse", "commune", "departement", "domaine", "taches",
)  # fmt: skip
FIELDS = frozenset(_PLAIN) | {
    f"{prefix}_{part}" for prefix in (*CONTACT_PREFIXES.values(), BUYER_PREFIX) for part in CONTACT_PARTS
}
"""Every field of the form but the organisation, which only some may type."""

Read = TypeVar("Read")


class Reading:
    """One form being read: what is wrong is kept by field, and reading goes on."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = typed
        self.wrong: dict[str, str] = {}
        """Field → reason, a code that has its sentence."""

    def take(self, read: Callable[[], Read], instead: Read) -> Read:
        """What ``read`` gives, or ``instead`` when the field cannot be taken."""
        try:
            return read()
        except FieldInvalid as refusal:
            self.refuse(refusal)
            return instead

    def refuse(self, refusal: FieldInvalid) -> None:
        """Say what is wrong with a field; the first reason stays."""
        self.wrong.setdefault(str(refusal.facts["field"]), str(refusal.facts["reason"]))

    def line(self, field: str, most: int, *, required: bool = True, breaks: bool = False) -> str:
        return self.take(
            lambda: texts.one_line(self.typed[field], field, most=most, required=required, breaks=breaks), ""
        )

    def optional(self, field: str, most: int) -> str | None:
        return self.line(field, most, required=False) or None

    def trade_name(self, field: str) -> str:
        return self.take(lambda: texts.trade_name(self.typed[field], field), "")

    def day(self, field: str, *, required: bool = True) -> date | None:
        return self.take(lambda: day_of(self.typed[field], field, required=required), None)


def day_of(typed: str, field: str, *, required: bool = True) -> date | None:
    """A day as browsers send it: ``2026-05-12`` and nothing else.

    Raises:
        FieldInvalid: ``record_day``: no such day; ``missing_text``: none where one is needed.
    """
    if not typed:
        if required:
            raise FieldInvalid(field, "missing_text")
        return None
    day = texts.day(typed)
    if day is None:
        raise FieldInvalid(field, "record_day")
    return day


def hours_of(typed: str, field: str) -> int:
    """A whole number of hours, 1 to 2 000.

    Raises:
        FieldInvalid: ``hours``.
    """
    if not HOURS.fullmatch(typed) or not 1 <= int(typed) <= MOST_HOURS:
        raise FieldInvalid(field, "hours")
    return int(typed)


def website_of(typed: str, field: str) -> str | None:
    """A web address without spaces; None when there is none.

    Raises:
        FieldInvalid: ``website``.
    """
    text = texts.one_line(typed, field, most=MOST_OBJECT, required=False, links=True)
    if text and not WEBSITE.fullmatch(text):
        raise FieldInvalid(field, "website")
    return text or None


def read(
    typed: Mapping[str, str],
    organisation: str | None,
    stands: Parcours | None,
    today: date,
    keep: RetentionPolicy,
) -> tuple[Record | None, dict[str, str]]:
    """The record that a form tells, or what is wrong with it.

    Args:
        organisation: the buying organisation; None: typed in ``organisme``.
        stands: the record being edited, whose unseen facts are kept; ``today``: in Paris.
        keep: how long a contract that is over is kept: one past that is refused rather than lost.
    Returns:
        The record and nothing wrong, or None and field → reason.
    """
    form = Reading(typed)
    contract = _contract(form, organisation or form.trade_name("organisme"), stands)
    placement = _placement(form)
    company = Company(
        name=form.trade_name("entreprise"),
        siret=form.take(lambda: siret.normalise(typed["siret"], "siret"), None),
        sector=form.optional("secteur", texts.MOST_NAME),
        website=form.take(lambda: website_of(typed["site"], "site"), None),
        contacts=tuple(
            contact
            for role, prefix in CONTACT_PREFIXES.items()
            if (contact := company_contact(form, prefix, role, today))
        ),
    )
    buyer_contact = buyer(form, BUYER_PREFIX, today)
    if contract is not None and not keep.keeps_contract(contract.renewal_ends_on or contract.ends_on, today):
        last = "reconduction_le" if contract.renewal_ends_on else "fin_le"
        form.refuse(FieldInvalid(last, "contract_not_kept"))
    if form.wrong or contract is None or placement is None:
        return None, form.wrong
    found = Record(company=company, contract=contract, placement=placement, buyer_contact=buyer_contact)
    return found, {}


def _contract(form: Reading, organisation: str, stands: Parcours | None) -> Contract | None:
    same = stands is not None and texts.same_name(stands.contract.organisation, organisation)
    before = stands.contract if stands and same else None
    notified, ends = form.day("notifie_le"), form.day("fin_le")
    renewal = form.day("reconduction_le", required=False)
    name = form.line("objet", MOST_OBJECT)
    detail = form.optional("detail", MOST_OBJECT)
    number, lot = form.optional("numero", MOST_SHORT), form.optional("lot", MOST_SHORT)
    service = form.optional("service", texts.MOST_NAME)
    if notified and ends and ends < notified:
        form.refuse(FieldInvalid("fin_le", "end_before_start"))
    if ends and renewal and renewal < ends:
        form.refuse(FieldInvalid("reconduction_le", "renewal_before_end"))
    if form.wrong or notified is None or ends is None:
        return None
    return Contract(
        object=name,
        detail=detail,
        number=number,
        lot=lot,
        organisation=organisation,
        organisation_kind=before.organisation_kind if before else None,
        organisation_siret=before.organisation_siret if before else None,
        prescriber_service=service,
        notified_on=notified,
        ends_on=ends,
        renewal_ends_on=renewal,
    )


def _placement(form: Reading) -> Placement | None:
    code, domain = form.typed["departement"], form.typed["domaine"]
    if code not in territory.DEPARTEMENTS:
        form.refuse(FieldInvalid("departement", "which_departement"))
    if domain not in territory.DOMAINES:
        form.refuse(FieldInvalid("domaine", "which_domaine"))
    hours = form.take(lambda: hours_of(form.typed["heures"], "heures"), 0)
    place, town = form.line("adresse", MOST_OBJECT), form.line("commune", texts.MOST_NAME)
    tasks = form.line("taches", MOST_TASKS, breaks=True)
    if form.wrong:
        return None
    academie = territory.academie_of(code)
    return Placement(
        hours=hours,
        place=place,
        town=town,
        departement=code,
        academie=academie,
        region=territory.region_of(academie),
        domain=domain,
        tasks=tasks,
    )


def company_contact(form: Reading, prefix: str, role: ContactRole, today: date) -> CompanyContact | None:
    """One contact of the company; None when nothing of it is typed, or something is wrong."""
    found = _contact(form, prefix, today)
    return CompanyContact(role=role, **found) if found else None  # type: ignore[arg-type]


def buyer(form: Reading, prefix: str, today: date) -> BuyerContact | None:
    """The buyer's contact; None when nothing of it is typed, or something is wrong."""
    found = _contact(form, prefix, today)
    return BuyerContact(**found) if found else None  # type: ignore[arg-type]


def _contact(form: Reading, prefix: str, today: date) -> dict[str, object] | None:
    typed = {part: form.typed.get(f"{prefix}_{part}", "") for part in CONTACT_PARTS}
    if not any(one.strip() for one in typed.values()):
        return None
    verified = form.take(lambda: day_of(typed["verifie"], f"{prefix}_verifie", required=False), None)
    if verified and verified > today:
        form.refuse(FieldInvalid(f"{prefix}_verifie", "future_day"))
    return {
        "name": form.take(lambda: texts.name(typed["nom"], f"{prefix}_nom"), "?"),
        "function": form.take(lambda: texts.function(typed["fonction"], f"{prefix}_fonction"), ""),
        "address": form.take(lambda: address.normalise(typed["courriel"], f"{prefix}_courriel"), "?"),
        "phone": form.take(lambda: texts.phone(typed["tel"], f"{prefix}_tel"), None),
        "verified_on": verified,
    }


def typed_of(head: Parcours) -> dict[str, str]:
    """The record as its form shows it: the fields of ``FIELDS``, and ``organisme``."""
    contract, place = head.contract, head.placement
    plain: dict[str, object] = {
        "entreprise": head.company.name,
        "siret": head.company.siret,
        "secteur": head.company.sector,
        "site": head.company.website,
        "organisme": contract.organisation,
        "service": contract.prescriber_service,
        "objet": contract.object,
        "detail": contract.detail,
        "numero": contract.number,
        "lot": contract.lot,
        "notifie_le": contract.notified_on,
        "fin_le": contract.ends_on,
        "reconduction_le": contract.renewal_ends_on,
        "heures": place.hours,
        "adresse": place.place,
        "commune": place.town,
        "departement": place.departement,
        "domaine": place.domain,
        "taches": place.tasks,
    }
    for role, prefix in CONTACT_PREFIXES.items():
        plain |= _typed_contact(prefix, contact_of(head.company, role))
    plain |= _typed_contact(BUYER_PREFIX, head.buyer_contact)
    return {name: "" if value is None else str(value) for name, value in plain.items()}


def _typed_contact(prefix: str, contact: CompanyContact | BuyerContact | None) -> dict[str, object]:
    names = ("name", "function", "address", "phone", "verified_on")
    return {
        f"{prefix}_{part}": getattr(contact, name) if contact else None
        for part, name in zip(CONTACT_PARTS, names, strict=True)
    }
