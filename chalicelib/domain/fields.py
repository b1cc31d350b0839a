"""The record of an offer, field by field: its form, reading, storage, import and comparison are made from these rows.

To add a field: its place in ``kernel.parcours``, its row here, a frozen item. None of them is about a young person.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import TypeVar

from chalicelib.domain.kernel import address, territory, texts
from chalicelib.domain.kernel.parcours import (
    MOST_HOURS,
    BuyerContact,
    Company,
    CompanyContact,
    Contact,
    ContactRole,
    Contract,
    OfOrganisation,
    Parcours,
    Placement,
    is_same_organisation,
)
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.values import Stored, Value
from chalicelib.errors import FieldInvalid

MOST_TEXT = 200
MOST_TASKS = 500
MOST_SHORT = 40
TO_SAY = "À préciser"
"""A town that the team's table leaves out."""

FieldValue = str | int | date | None
"""What a field holds."""
Values = Mapping[str, FieldValue]
"""Values by the names of their fields."""
Reader = Callable[[str, str], FieldValue]
"""Read what is typed in a field; raises ``FieldInvalid`` with the field's name."""
Part = TypeVar("Part", bound=Stored)


@dataclass(frozen=True)
class Field:
    """One field of the record, and all that is made from it. What people read is French."""

    name: str
    """In the form; also the code of its column in the team's table."""
    label: str
    part: str
    """Where it lies in ``Parcours``: ``company``, ``contract``, ``placement``, or the prefix of a contact,"""
    attribute: str
    """and its name there."""
    read: Reader | None = None
    """None: a day if that is its ``kind``, else a line of text, which a cell of the team's table may break."""
    cell: Reader | None = None
    """How a cell of the team's table is read, where it is not as in the form."""
    otherwise: FieldValue = None
    """Its value when nothing is typed, or the table leaves it out."""
    titles: str = ""
    """How titles of the team's table call it, by commas; the report of an import calls it by the first one."""
    compared: bool = True
    """Whether an import updates it: not what identifies an offer, nor what follows from another field."""
    in_form: bool = True
    """Whether people type it; else the import alone knows it."""
    required: bool = True
    asked: str = ""
    """Its label within the form, where that is another one."""
    hint: str = ""
    kind: str = "text"
    """``area``, ``choice``, or the type of its input."""
    most: int = MOST_TEXT
    """Characters that a browser lets people type."""
    beside: bool = False
    """Whether the form shows it on the line of the field before."""
    attrs: Mapping[str, str] = field(default_factory=dict)
    """More attributes of its input."""
    misleads: bool = False
    """Of a contact: who writes or telephones to the wrong one is misled, so the tutor is notified of a change."""

    def read_form(self, typed: str, name: str) -> FieldValue:
        """Read the value typed in a form, which calls this field ``name``. Raises FieldInvalid."""
        if self.read is not None:
            value = self.read(typed, name)
        elif self.kind == "date":
            value = read_typed_day(typed, name, required=self.required)
        else:
            value = texts.read_line(typed, name, most=self.most, required=self.required)
        return self.otherwise if value in ("", None) else value

    def read_cell(self, cell: str) -> FieldValue:
        """Read the value of a non-empty cell of the team's table, but for a day. Raises FieldInvalid."""
        read = self.cell or self.read
        value = (
            read(cell, self.name) if read else texts.read_line(cell, self.name, most=self.most, breaks=True)
        )
        return self.otherwise if value in ("", None) else value


def read_typed_day(typed: str, field: str, *, required: bool = True) -> date | None:
    """Read a day as browsers send it: ``2026-05-12`` and nothing else."""
    if not typed:
        if required:
            raise FieldInvalid(field, "missing_text")
        return None
    day = texts.read_day(typed)
    if day is None:
        raise FieldInvalid(field, "record_day")
    return day


def _read_hours(typed: str, field: str) -> int:
    """Read a number of hours, 1 to ``MOST_HOURS``. Raises FieldInvalid."""
    if not re.fullmatch(r"[0-9]{1,4}", typed) or not 1 <= int(typed) <= MOST_HOURS:
        raise FieldInvalid(field, "hours")
    return int(typed)


def _read_hours_cell(cell: str, field: str) -> int:
    """Read « 150 », « 150 h » or « 150 heures ». Raises FieldInvalid."""
    return _read_hours(re.sub(r" ?(h|heures?)$", "", " ".join(cell.split()).lower()), field)


_WEBSITE = re.compile(r"(?:https?://)?[^\s/@:]+\.[^\s/@:]{2,}(?:/\S*)?")


def _read_website(typed: str, field: str) -> str:
    """Read the address of a website; empty stays empty. Raises FieldInvalid."""
    text = texts.read_line(typed, field, most=MOST_TEXT, required=False, links=True)
    if text and not _WEBSITE.fullmatch(text):
        raise FieldInvalid(field, "website")
    return text


def _read_departement(typed: str, field: str) -> str:
    """Read the number of a département, as the form lists them. Raises FieldInvalid."""
    if typed not in territory.DEPARTEMENTS:
        raise FieldInvalid(field, "which_departement")
    return typed


def _read_departement_cell(cell: str, field: str) -> str:
    """Return the département of « 21 », « Côte-d’Or », « 21 - Côte-d’Or » or « Côte-d’Or (21) ». Raises FieldInvalid."""
    for typed in (cell, *re.findall(r"\b(?:[0-9]{2,3}|2[ABab])\b", cell)):
        departement = territory.parse_departement(typed)
        if departement:
            return departement
    raise FieldInvalid(field, "departement")


def _read_academie_cell(cell: str, field: str) -> str:
    """Return the académie that a cell names. Raises FieldInvalid."""
    academie = territory.parse_academie(cell)
    if academie is None:
        raise FieldInvalid(field, "academie")
    return academie


def _read_domain(typed: str, field: str) -> str:
    """Read a domain, as the form lists them. Raises FieldInvalid."""
    if typed not in territory.DOMAINES:
        raise FieldInvalid(field, "which_domaine")
    return typed


def _read_domain_cell(cell: str, field: str) -> str:
    """Return the domain that a cell names. Raises FieldInvalid."""
    domaine = territory.parse_domaine(cell)
    if domaine is None:
        raise FieldInvalid(field, "domain")
    return domaine


FIELDS = (
    Field(
        "entreprise", "Entreprise", "company", "name", texts.read_trade_name,
        titles="entreprise, nom entreprise, titulaire, raison sociale", compared=False,
        asked="Nom de l’entreprise", most=texts.MOST_NAME,
    ),
    Field(
        "siret", "SIRET", "company", "siret", texts.read_siret,
        titles="SIRET, SIRET entreprise, numéro SIRET", required=False, hint="14 chiffres.", most=30,
        attrs={"inputmode": "numeric"},
    ),
    Field(
        "secteur", "Secteur", "company", "sector", most=texts.MOST_NAME, required=False,
        titles="secteur, secteur activité", beside=True,
    ),
    Field(
        "site", "Site", "company", "website", _read_website,
        titles="site web, site internet, site", required=False, asked="Site internet", beside=True,
    ),
    Field(
        "organisme_siret", "SIREN de l’acheteur", "contract", "siren", texts.read_siren,
        titles="SIREN/SIRET de l’acheteur, SIREN de l’acheteur, SIRET de l’acheteur, SIREN organisme acheteur, "
        "SIRET organisme acheteur",
        asked="SIREN ou SIRET de l’acheteur", hint="9 ou 14 chiffres. Choisissez-le dans la liste, s’il y est.",
        most=30, attrs={"inputmode": "numeric", "list": "organismes"},
    ),
    Field(
        "organisme", "Organisme acheteur", "contract", "organisation", texts.read_trade_name,
        titles="organisme acheteur, acheteur, nom organisme acheteur", compared=False,
        asked="Nom de l’acheteur", most=texts.MOST_NAME, beside=True, hint="Laissez vide s’il est dans cette liste.",
    ),
    Field(
        "organisme_type", "Type d’organisme", "contract", "organisation_kind", most=texts.MOST_NAME, in_form=False,
        titles="type d’organisme, type, type acheteur, type organisme acheteur",
    ),
    Field(
        "service", "Service prescripteur", "contract", "prescriber_service", most=texts.MOST_NAME, required=False,
        titles="service prescripteur, prescripteur", hint="Le service qui a le besoin, pas une personne.",
    ),
    Field(
        "objet", "Objet du marché", "contract", "object",
        titles="objet, objet marché", compared=False,
    ),
    Field(
        "detail", "Objet détaillé", "contract", "detail", required=False,
        titles="objet détaillé, objet détaillé marché", compared=False,
    ),
    Field(
        "numero", "Numéro du marché", "contract", "number", most=MOST_SHORT, required=False,
        titles="numéro de marché",
    ),
    Field(
        "lot", "Lot", "contract", "lot", most=MOST_SHORT, required=False,
        titles="lot, numéro lot", compared=False, beside=True,
    ),
    Field(
        "notifie_le", "Notifié le", "contract", "notified_on", kind="date",
        titles="date de notification, notification, date notification marché, notification marché",
    ),
    Field(
        "fin_le", "Fin du marché", "contract", "ends_on", kind="date",
        titles="fin clause, date fin, fin marché, date fin marché, date fin clause", beside=True,
    ),
    Field(
        "reconduction_le", "Fin avec reconductions", "contract", "renewal_ends_on", kind="date", required=False,
        titles="fin clause reconduction comprise, date fin reconduction comprise, fin reconduction comprise, "
        "date fin clause reconduction comprise, fin marché reconduction comprise",
        beside=True,
    ),
    Field(
        "heures", "Heures", "placement", "hours", _read_hours, _read_hours_cell,
        titles="heures, nombre heures, nb heures, volume horaire, durée", asked="Nombre d’heures",
        hint=f"{', '.join(map(str, territory.HOURS))} dans les marchés types. Un autre nombre est accepté, et signalé "
        "«\u00a0hors modèle\u00a0».",
        most=20, attrs={"inputmode": "numeric", "list": "heures-types"},
    ),
    Field(
        "adresse", "Adresse du stage", "placement", "place", otherwise="",
        titles="adresse, adresse stage, lieu, lieu stage, adresse entreprise",
        hint="Numéro, rue, code postal et commune\u00a0: commune et département s’en déduisent.",
    ),
    Field(
        "commune", "Commune", "placement", "town", most=texts.MOST_NAME, otherwise=TO_SAY,
        titles="commune, ville",
    ),
    Field(
        "academie", "Académie", "placement", "academie", _read_academie_cell, in_form=False, compared=False,
        titles="académie",
    ),
    Field(
        "departement", "Département", "placement", "departement", _read_departement, _read_departement_cell, otherwise="",
        titles="département, dpt, dept, dép", kind="choice", beside=True,
    ),
    Field(
        "domaine", "Domaine", "placement", "domain", _read_domain, _read_domain_cell, otherwise="Autre",
        titles="domaine, domaine activité", kind="choice",
    ),
    Field(
        "taches", "Tâches", "placement", "tasks", partial(texts.read_line, most=MOST_TASKS, breaks=True, required=False),
        partial(texts.read_line, most=MOST_TASKS, breaks=True), otherwise="", required=False,
        titles="tâches, tâches proposées, missions",
        hint="Ce qu’on fera pendant le stage. Rien sur un jeune\u00a0: ni nom, ni situation.", kind="area", most=MOST_TASKS,
    ),
)  # fmt: skip

CONTACT_FIELDS = (
    Field(
        "nom", "Nom", "", "name", texts.read_name, otherwise="", titles="nom", most=texts.MOST_NAME,
    ),
    Field(
        "fonction", "Fonction", "", "function", texts.read_function, partial(texts.read_function, breaks=True), otherwise="",
        titles="fonction", required=False, most=texts.MOST_NAME, beside=True,
    ),
    Field(
        "courriel", "Adresse électronique", "", "address", address.normalise, titles="e-mail",
        kind="email", most=address.MAX_CHARACTERS, beside=True, misleads=True,
    ),
    Field(
        "tel", "Téléphone", "", "phone", texts.read_phone, titles="téléphone",
        required=False, kind="tel", most=30, beside=True, misleads=True,
    ),
    Field(
        "verifie", "Vérifié le", "", "verified_on",
        required=False, kind="date", beside=True,
    ),
)  # fmt: skip
"""The fields of each contact."""


@dataclass(frozen=True)
class Named:
    """A contact that the record names. What people read is French."""

    prefix: str
    """Of its fields in the form, and of its columns in the team's table."""
    about: Interlocutor
    label: str
    title: str
    """Heading of its card on the page of the contacts."""
    titles: str
    """How titles of the team's table call this person, by commas; alone, they are titles of the name."""
    also: str = ""
    """What titles of the address and of the telephone call this person too."""


NAMED = (
    Named(
        "repond", Interlocutor.ANSWERS_TENDER, "répond au marché", "Répond au marché",
        titles="2e référent, 2e référent entreprise, autre référent, 2e contact",
    ),
    Named(
        "accueille", Interlocutor.WELCOMES, "accueille", "Accueille le jeune",
        titles="référent, référent entreprise, tuteur entreprise",
    ),
    Named(
        "acheteur", Interlocutor.BUYER, "contact chez l’acheteur", "Suit le marché chez l’acheteur",
        titles="contact acheteur, acheteur contact", also="acheteur",
    ),
)  # fmt: skip
"""« Référent » welcomes on site (domain §1), the second one answers the tender."""
ADDRESSES = tuple(f"{named.prefix}_courriel" for named in NAMED)
"""The fields that hold a contact's address."""
OF_COMPANY = tuple(named.prefix for named in NAMED if named.about is not Interlocutor.BUYER)


def _build_contact_field(named: Named, field: Field) -> Field:
    """Build the row of ``FIELDS`` for one field of this contact: named and labelled after it, never required."""
    return replace(
        field,
        name=f"{named.prefix}_{field.name}",
        label=f"{field.label} ({named.label})",
        part=named.prefix,
        asked=field.label,
        titles=", ".join(_list_contact_titles(named, field)),
        required=False,
    )


def _list_contact_titles(named: Named, field: Field) -> list[str]:
    """Return the titles by which the team's table calls this field of this contact."""
    if not field.titles:
        return []
    alone = named.titles.split(", ")
    calls = [*alone, named.also] if named.also and field.misleads else alone
    titles = [f"{field.titles} du {call}" for call in calls]
    return titles + alone if field.attribute == "name" else titles


_OF_CONTACTS = tuple(_build_contact_field(named, field) for named in NAMED for field in CONTACT_FIELDS)
ALL = {field.name: field for field in (*FIELDS, *_OF_CONTACTS)}
"""Every field by its name, in the order of the form."""
IN_FORM = {name: field for name, field in ALL.items() if field.in_form}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Value):
    """All that the form holds."""

    company: Company
    contract: Contract
    placement: Placement
    buyer_contact: BuyerContact | None = None


def build_record(values: Values) -> Record:
    """Build the record from the values of its fields, ``academie`` among them."""
    contacts = [build_contact(values, named.prefix, named.about) for named in NAMED]
    of_company = tuple(contact for contact in contacts if isinstance(contact, CompanyContact))
    region = territory.find_region(get_text(values, "academie"))
    return Record(
        company=_build(partial(Company, contacts=of_company), _collect_part("company", values)),
        contract=_build(Contract, _collect_part("contract", values)),
        placement=_build(partial(Placement, region=region), _collect_part("placement", values)),
        buyer_contact=next((contact for contact in contacts if isinstance(contact, BuyerContact)), None),
    )


def _collect_part(part: str, values: Values) -> Values:
    """Return the values of the fields of a part of the record, by attribute; absent ones are as ``otherwise``."""
    return {
        field.attribute: values.get(field.name, field.otherwise) for field in FIELDS if field.part == part
    }


def _build(make: Callable[..., Part], values: Values) -> Part:
    """Make a part of the record; each field's reader answers for the type of its value."""
    return make(**values)


def get_text(values: Values, name: str) -> str:
    """Return the text of a field, or an empty one."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def get_day(values: Values, name: str) -> date | None:
    """Return the day of a field; None: there is none."""
    value = values.get(name)
    return value if isinstance(value, date) else None


def parse_place(typed: str) -> dict[str, str]:
    """Return the département and town of an address with a postal code, by names of fields; what it does not say is absent."""
    place = {}
    code = re.search(r"\b(97[1-46](?=[0-9]{2}\b)|[0-9]{2}(?=[0-9]{3}\b))", typed)
    departement = territory.parse_departement(code[1]) if code else None
    if departement:
        place["departement"] = departement
    town = re.search(r"\b[0-9]{5} +([^0-9,;()]{2,60})", typed)
    if town:
        place["commune"] = town[1].strip()
    return place


def build_contact(values: Values, prefix: str, about: Interlocutor) -> CompanyContact | BuyerContact | None:
    """Build the contact from the values with this prefix; None without an address."""
    if f"{prefix}_courriel" not in values:
        return None
    own = {field.attribute: values.get(f"{prefix}_{field.name}", field.otherwise) for field in CONTACT_FIELDS}
    if about is Interlocutor.BUYER:
        return _build(BuyerContact, own)
    return _build(partial(CompanyContact, role=ContactRole(about.value)), own)


def find_named_contact(parcours: Parcours, about: Interlocutor) -> Contact | None:
    """Return the contact that the record names for this interlocutor; None: there is none."""
    if about is Interlocutor.BUYER:
        return parcours.buyer_contact
    return next((contact for contact in parcours.company.contacts if contact.role.value == about.value), None)


def list_typed_values(parcours: Parcours) -> dict[str, str]:
    """Return the record as its form shows it: name of the field → text."""
    parts = {part: getattr(parcours, part) for part in ("company", "contract", "placement")}
    parts |= {named.prefix: find_named_contact(parcours, named.about) for named in NAMED}
    values = {name: getattr(parts[field.part], field.attribute, None) for name, field in IN_FORM.items()}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def parse_mail_recipient(typed: str) -> tuple[str, str]:
    """Split « Nadia Bellanger <n.bellanger@jardins.example> », as mail programs copy it, into name and address; else no name."""
    name, opened, mail = typed.strip().rstrip(";").strip().partition("<")
    if not opened or not mail.endswith(">"):
        return "", typed
    return name.strip(' "'), mail[:-1]


class Form:
    """One form being read: what is wrong is kept by field, and reading goes on."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = dict(typed)
        self.wrong: dict[str, str] = {}
        """Field → reason, a code that has its sentence."""

    def read_field(self, field: Field, name: str) -> FieldValue:
        """Read the value of a field, which this form calls ``name``; None when it cannot be taken (see ``wrong``)."""
        try:
            return field.read_form(self.typed.get(name, ""), name)
        except FieldInvalid as refusal:
            self.refuse(name, str(refusal.facts["reason"]))
            return None

    def refuse(self, name: str, reason: str) -> None:
        """Keep what is wrong with a field; the first reason stays."""
        self.wrong.setdefault(name, reason)

    def read_contact(self, prefix: str, today: date) -> Values:
        """Read the fields of a contact; empty when none of them is typed. ``prefix``: of their names."""
        fields_by_name = {f"{prefix}_{field.name}": field for field in CONTACT_FIELDS}
        name_field, address_field = f"{prefix}_nom", f"{prefix}_courriel"
        # Somebody may have pasted « Nadia Bellanger <n.bellanger@jardins.example> » as the address.
        pasted_name, pasted_address = parse_mail_recipient(self.typed.get(address_field, ""))
        self.typed[address_field] = pasted_address
        self.typed[name_field] = self.typed.get(name_field, "").strip() or pasted_name
        if not any(self.typed.get(name, "").strip() for name in fields_by_name):
            return {}
        values = {name: self.read_field(field, name) for name, field in fields_by_name.items()}
        verified_on = get_day(values, f"{prefix}_verifie")
        if verified_on is not None and verified_on > today:
            self.refuse(f"{prefix}_verifie", "future_day")
        return values


NOT_KEPT = "contract_not_kept"
_OF_CONTRACT = frozenset(field.name for field in FIELDS if field.part == "contract")


def read_record(
    typed: Mapping[str, str],
    buying: OfOrganisation | None,
    current: Parcours | None,
    today: date,
    policy: RetentionPolicy,
) -> tuple[Record | None, dict[str, str]]:
    """Read the form of a record.

    Args:
        buying: what names the buying organisation; None: it is typed.
        current: the parcours being edited, whose fields that are in no form are kept; ``today``: in Paris.
        policy: how long a contract that is over is kept: one past that is refused rather than lost.
    Returns:
        The record and nothing wrong, or None and field → reason.
    """
    place = parse_place(typed.get("adresse", ""))
    deduced = {name: value for name, value in place.items() if not typed.get(name, "").strip()}
    form = Form({**typed, **deduced})
    values = _read_values(form, buying, today)
    # A stored record that has no contact may be corrected without one.
    needs_contact = current is None or current.company.contacts
    if needs_contact and not any(f"{prefix}_courriel" in values for prefix in OF_COMPANY):
        form.refuse(f"{OF_COMPANY[0]}_nom", "company_contact")
    for name, reason in list_wrong_days(values, today, policy):
        # Whether the contract is over for too long is said only once its other fields are right.
        if reason == NOT_KEPT and _OF_CONTRACT & form.wrong.keys():
            continue
        form.refuse(name, reason)
    if form.wrong:
        return None, form.wrong
    values["academie"] = territory.find_academie(get_text(values, "departement"))
    record = build_record(values)
    return replace(record, contract=_keep_kind(record.contract, current)), {}


def _read_values(form: Form, buying: OfOrganisation | None, today: date) -> dict[str, FieldValue]:
    """Read every field of the form, contacts included. ``buying``: see ``read_record``."""
    known: dict[str, FieldValue] = {}
    if buying is not None:
        known = {"organisme": buying.organisation, "organisme_siret": buying.siren}
    names = [field for field in FIELDS if field.in_form and field.name not in known]
    values = known | {field.name: form.read_field(field, field.name) for field in names}
    for named in NAMED:
        values |= form.read_contact(named.prefix, today)
    return values


def _keep_kind(contract: Contract, current: Parcours | None) -> Contract:
    """Return the contract with the kind of its organisation, which is in no form; without for another organisation."""
    if current is None or not is_same_organisation(contract, current.contract):
        return contract
    return replace(contract, organisation_kind=current.contract.organisation_kind)


def list_wrong_days(values: Values, today: date, policy: RetentionPolicy) -> list[tuple[str, str]]:
    """Return what is wrong with the days of a contract: (field, reason)."""
    start, end, last = (get_day(values, name) for name in ("notifie_le", "fin_le", "reconduction_le"))
    wrong = []
    if start and end and end < start:
        wrong.append(("fin_le", "end_before_start"))
    if end and last and last < end:
        wrong.append(("reconduction_le", "renewal_before_end"))
    over_on = last or end
    if over_on and not wrong and not policy.keeps_contract(over_on, today):
        wrong.append(("reconduction_le" if last else "fin_le", NOT_KEPT))
    return wrong
