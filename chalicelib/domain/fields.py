"""The record of an offer, field by field: its form, reading, storage, import and comparison are made from these rows.

To add a field: its place in ``kernel.parcours``, its row here, a frozen item. None of them is about a young person.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from chalicelib.domain.kernel import address, territory, texts
from chalicelib.domain.kernel.parcours import (
    MOST_HOURS,
    BuyerContact,
    Company,
    CompanyContact,
    Contact,
    ContactRole,
    Contract,
    Parcours,
    Placement,
)
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import Interlocutor
from chalicelib.domain.kernel.values import Value
from chalicelib.errors import FieldInvalid

MOST_TEXT = 200
MOST_TASKS = 500
MOST_SHORT = 40
TO_SAY = "À préciser"
"""A town that the team's table leaves out."""

Reader = Callable[[str, str], Any]
"""Read what is typed in a field; raises ``FieldInvalid`` with the field's name."""


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
    read: Reader
    cell: Reader | None = None
    """How a cell of the team's table is read, where it is not as in the form."""
    otherwise: Any = None
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

    def of_form(self, typed: str, name: str) -> Any:
        """The value of what is typed in a form, which calls this field ``name``."""
        return self._value(self.read(typed, name))

    def of_cell(self, cell: str) -> Any:
        """The value of a cell of the team's table that is not empty."""
        return self._value((self.cell or self.read)(cell, self.name))

    def _value(self, read: Any) -> Any:
        return self.otherwise if read in ("", None) else read


def typed_day(typed: str, field: str, *, required: bool = True) -> date | None:
    """Read a day as browsers send it: ``2026-05-12`` and nothing else."""
    if not typed:
        if required:
            raise FieldInvalid(field, "missing_text")
        return None
    day = texts.day(typed)
    if day is None:
        raise FieldInvalid(field, "record_day")
    return day


_CELL_DAY = re.compile(
    r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})|(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})"
)
_HOUR_AFTER_DAY = re.compile(r"[ T][0-9]{1,2}(:|h)[0-9]{2}.*$")


def _cell_day(cell: str, field: str) -> date:
    """« 12/05/2026 », « 2/5/2026 » or « 2026-05-12 »; an hour after it is ignored."""
    found = _CELL_DAY.fullmatch(_HOUR_AFTER_DAY.sub("", cell.strip()))
    iso = found and (found["iso"] or f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}")
    day = texts.day(iso) if iso else None
    if day is None:
        raise FieldInvalid(field, "date")
    return day


def _hours(typed: str, field: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", typed) or not 1 <= int(typed) <= MOST_HOURS:
        raise FieldInvalid(field, "hours")
    return int(typed)


def _cell_hours(cell: str, field: str) -> int:
    """« 150 », « 150 h » or « 150 heures »."""
    return _hours(re.sub(r" ?(h|heures?)$", "", " ".join(cell.split()).lower()), field)


_WEBSITE = re.compile(r"(?:https?://)?[^\s/@:]+\.[^\s/@:]{2,}(?:/\S*)?")


def _website(typed: str, field: str) -> str:
    text = texts.one_line(typed, field, most=MOST_TEXT, required=False, links=True)
    if text and not _WEBSITE.fullmatch(text):
        raise FieldInvalid(field, "website")
    return text


def _departement(typed: str, field: str) -> str:
    if typed not in territory.DEPARTEMENTS:
        raise FieldInvalid(field, "which_departement")
    return typed


def _cell_departement(cell: str, field: str) -> str:
    """« 21 », « Côte-d’Or », « 21 - Côte-d’Or », « Côte-d’Or (21) »."""
    for typed in (cell, *re.findall(r"\b(?:[0-9]{2,3}|2[ABab])\b", cell)):
        if found := territory.departement_named(typed):
            return found
    raise FieldInvalid(field, "departement")


def _cell_academie(cell: str, field: str) -> str:
    found = territory.academie_named(cell)
    if found is None:
        raise FieldInvalid(field, "academie")
    return found


def _domain(typed: str, field: str) -> str:
    if typed not in territory.DOMAINES:
        raise FieldInvalid(field, "which_domaine")
    return typed


def _cell_domain(cell: str, field: str) -> str:
    found = territory.domaine_named(cell)
    if found is None:
        raise FieldInvalid(field, "domain")
    return found


def _line(
    name: str, label: str, part: str, attribute: str, most: int, *, required: bool = True, **more: Any
) -> Field:
    """A line of text; a cell may break it where the form may not."""
    read = partial(texts.one_line, most=most, required=required)
    cell = partial(texts.one_line, most=most, breaks=True)
    return Field(name, label, part, attribute, read, cell, required=required, most=most, **more)


def _day(name: str, label: str, attribute: str, *, required: bool = True, **more: Any) -> Field:
    """A day of the contract."""
    read = partial(typed_day, required=required)
    return Field(name, label, "contract", attribute, read, _cell_day, required=required, kind="date", **more)


FIELDS = (
    Field(
        "entreprise", "Entreprise", "company", "name", texts.trade_name,
        titles="entreprise, nom entreprise, titulaire, raison sociale", compared=False,
        asked="Nom de l’entreprise", most=texts.MOST_NAME,
    ),
    Field(
        "siret", "SIRET", "company", "siret", texts.siret,
        titles="SIRET, SIRET entreprise, numéro SIRET", required=False, hint="14 chiffres.", most=30,
        attrs={"inputmode": "numeric"},
    ),
    _line(
        "secteur", "Secteur", "company", "sector", texts.MOST_NAME, required=False,
        titles="secteur, secteur activité", beside=True,
    ),
    Field(
        "site", "Site", "company", "website", _website,
        titles="site web, site internet, site", required=False, asked="Site internet", beside=True,
    ),
    Field(
        "organisme", "Organisme acheteur", "contract", "organisation", texts.trade_name,
        titles="organisme acheteur, acheteur, nom organisme acheteur", compared=False,
        most=texts.MOST_NAME, attrs={"list": "organismes"}, hint="Choisissez-le dans la liste, s’il y est.",
    ),
    _line(
        "organisme_type", "Type d’organisme", "contract", "organisation_kind", texts.MOST_NAME, in_form=False,
        titles="type d’organisme, type, type acheteur, type organisme acheteur",
    ),
    Field(
        "organisme_siret", "SIRET de l’acheteur", "contract", "organisation_siret", texts.siret, in_form=False,
        titles="SIRET de l’acheteur, SIRET organisme acheteur",
    ),
    _line(
        "service", "Service prescripteur", "contract", "prescriber_service", texts.MOST_NAME, required=False,
        titles="service prescripteur, prescripteur", hint="Le service qui a le besoin, pas une personne.",
    ),
    _line(
        "objet", "Objet du marché", "contract", "object", MOST_TEXT,
        titles="objet, objet marché", compared=False,
    ),
    _line(
        "detail", "Objet détaillé", "contract", "detail", MOST_TEXT, required=False,
        titles="objet détaillé, objet détaillé marché", compared=False,
    ),
    _line(
        "numero", "Numéro du marché", "contract", "number", MOST_SHORT, required=False,
        titles="numéro de marché",
    ),
    _line(
        "lot", "Lot", "contract", "lot", MOST_SHORT, required=False,
        titles="lot, numéro lot", compared=False, beside=True,
    ),
    _day(
        "notifie_le", "Notifié le", "notified_on",
        titles="date de notification, notification, date notification marché, notification marché",
    ),
    _day(
        "fin_le", "Fin du marché", "ends_on",
        titles="fin clause, date fin, fin marché, date fin marché, date fin clause", beside=True,
    ),
    _day(
        "reconduction_le", "Fin avec reconductions", "renewal_ends_on", required=False,
        titles="fin clause reconduction comprise, date fin reconduction comprise, fin reconduction comprise, "
        "date fin clause reconduction comprise, fin marché reconduction comprise",
        beside=True,
    ),
    Field(
        "heures", "Heures", "placement", "hours", _hours, _cell_hours,
        titles="heures, nombre heures, nb heures, volume horaire, durée", asked="Nombre d’heures",
        hint=f"{', '.join(map(str, territory.HOURS))} dans les marchés types. Un autre nombre est accepté, et signalé "
        "«\u00a0hors modèle\u00a0».",
        most=20, attrs={"inputmode": "numeric", "list": "heures-types"},
    ),
    _line(
        "adresse", "Adresse du stage", "placement", "place", MOST_TEXT, otherwise="",
        titles="adresse, adresse stage, lieu, lieu stage, adresse entreprise",
        hint="Numéro, rue, code postal et commune\u00a0: commune et département s’en déduisent.",
    ),
    _line(
        "commune", "Commune", "placement", "town", texts.MOST_NAME, otherwise=TO_SAY,
        titles="commune, ville",
    ),
    Field(
        "academie", "Académie", "placement", "academie", _cell_academie, in_form=False, compared=False,
        titles="académie",
    ),
    Field(
        "departement", "Département", "placement", "departement", _departement, _cell_departement, otherwise="",
        titles="département", kind="choice", beside=True,
    ),
    Field(
        "domaine", "Domaine", "placement", "domain", _domain, _cell_domain, otherwise="Autre",
        titles="domaine, domaine activité", kind="choice",
    ),
    Field(
        "taches", "Tâches", "placement", "tasks", partial(texts.one_line, most=MOST_TASKS, breaks=True, required=False),
        partial(texts.one_line, most=MOST_TASKS, breaks=True), otherwise="", required=False,
        titles="tâches, tâches proposées, missions",
        hint="Ce qu’on fera pendant le stage. Rien sur un jeune\u00a0: ni nom, ni situation.", kind="area", most=MOST_TASKS,
    ),
)  # fmt: skip

CONTACT_FIELDS = (
    Field(
        "nom", "Nom", "", "name", texts.name, otherwise="", titles="nom", most=texts.MOST_NAME,
    ),
    Field(
        "fonction", "Fonction", "", "function", texts.function, partial(texts.function, breaks=True), otherwise="",
        titles="fonction", required=False, most=texts.MOST_NAME, beside=True,
    ),
    Field(
        "courriel", "Adresse électronique", "", "address", address.normalise, titles="e-mail",
        kind="email", most=address.MAX_CHARACTERS, beside=True, misleads=True,
    ),
    Field(
        "tel", "Téléphone", "", "phone", texts.phone, titles="téléphone",
        required=False, kind="tel", most=30, beside=True, misleads=True,
    ),
    Field(
        "verifie", "Vérifié le", "", "verified_on", partial(typed_day, required=False),
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
OF_COMPANY = tuple(one.prefix for one in NAMED if one.about is not Interlocutor.BUYER)


def _of_contact(named: Named, one: Field) -> Field:
    alone = named.titles.split(", ")
    also = [named.also] if named.also and one.misleads else []
    titles = [f"{one.titles} du {title}" for title in (*alone, *also)]
    return replace(
        one,
        name=f"{named.prefix}_{one.name}",
        label=f"{one.label} ({named.label})",
        part=named.prefix,
        asked=one.label,
        titles=", ".join(titles + alone if one.attribute == "name" else titles) if one.titles else "",
        required=False,
    )


ALL = {
    one.name: one
    for one in (*FIELDS, *(_of_contact(named, one) for named in NAMED for one in CONTACT_FIELDS))
}
"""Every field by its name, in the order of the form."""
IN_FORM = {name: one for name, one in ALL.items() if one.in_form}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Value):
    """All that the form holds."""

    company: Company
    contract: Contract
    placement: Placement
    buyer_contact: BuyerContact | None = None


def record_of(values: Mapping[str, Any]) -> Record:
    """The record that these values make, by the names of their fields; ``academie`` among them."""
    contacts = [made_contact(values, named.prefix, named.about) for named in NAMED]
    return Record(
        company=Company(
            **_part("company", values),
            contacts=tuple(contact for contact in contacts if isinstance(contact, CompanyContact)),
        ),
        contract=Contract(**_part("contract", values)),
        placement=Placement(**_part("placement", values), region=territory.region_of(values["academie"])),
        buyer_contact=next((contact for contact in contacts if isinstance(contact, BuyerContact)), None),
    )


def _part(part: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {one.attribute: values.get(one.name, one.otherwise) for one in FIELDS if one.part == part}


def place_of(typed: str) -> dict[str, str]:
    """Département and town of an address with a postal code, by the names of their fields; what it does not say is absent."""
    found = {}
    code = re.search(r"\b(97[1-46](?=[0-9]{2}\b)|[0-9]{2}(?=[0-9]{3}\b))", typed)
    if code and (departement := territory.departement_named(code[1])):
        found["departement"] = departement
    if town := re.search(r"\b[0-9]{5} +([^0-9,;()]{2,60})", typed):
        found["commune"] = town[1].strip()
    return found


def made_contact(
    values: Mapping[str, Any], prefix: str, about: Interlocutor
) -> CompanyContact | BuyerContact | None:
    """The contact that the values with this prefix make; None without an address."""
    if f"{prefix}_courriel" not in values:
        return None
    own = {one.attribute: values.get(f"{prefix}_{one.name}", one.otherwise) for one in CONTACT_FIELDS}
    if about is Interlocutor.BUYER:
        return BuyerContact(**own)
    return CompanyContact(role=ContactRole(about.value), **own)


def named_contact(head: Parcours, about: Interlocutor) -> Contact | None:
    """Whom the record names for this interlocutor."""
    if about is Interlocutor.BUYER:
        return head.buyer_contact
    return next((contact for contact in head.company.contacts if contact.role.value == about.value), None)


def typed_of(head: Parcours) -> dict[str, str]:
    """The record as its form shows it, by the names of its fields."""
    parts = {part: getattr(head, part) for part in ("company", "contract", "placement")}
    parts |= {named.prefix: named_contact(head, named.about) for named in NAMED}
    values = {name: getattr(parts[one.part], one.attribute, None) for name, one in IN_FORM.items()}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def as_in_mails(typed: str) -> tuple[str, str]:
    """Name and address of « Nadia Bellanger <n.bellanger@jardins.example> », as a mail program copies it; else no name."""
    name, opened, mail = typed.strip().rstrip(";").strip().partition("<")
    return (name.strip(' "'), mail[:-1]) if opened and mail.endswith(">") else ("", typed)


class Form:
    """One form being read: what is wrong is kept by field, and reading goes on."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = dict(typed)
        self.wrong: dict[str, str] = {}
        """Field → reason, a code that has its sentence."""

    def read(self, one: Field, name: str) -> Any:
        """The value of a field, which this form calls ``name``; None when it cannot be taken."""
        try:
            return one.of_form(self.typed.get(name, ""), name)
        except FieldInvalid as refusal:
            self.refuse(name, str(refusal.facts["reason"]))
            return None

    def refuse(self, name: str, reason: str) -> None:
        """Keep what is wrong with a field; the first reason stays."""
        self.wrong.setdefault(name, reason)

    def contact(self, prefix: str, today: date) -> dict[str, Any]:
        """The values of the fields of a contact; none when nothing of it is typed."""
        names = {f"{prefix}_{one.name}": one for one in CONTACT_FIELDS}
        name, mail = f"{prefix}_nom", f"{prefix}_courriel"
        pasted, bare = as_in_mails(self.typed.get(mail, ""))
        self.typed |= {mail: bare, name: self.typed.get(name, "").strip() or pasted}
        if not any(self.typed.get(name, "").strip() for name in names):
            return {}
        values = {name: self.read(one, name) for name, one in names.items()}
        verified = f"{prefix}_verifie"
        if values[verified] and values[verified] > today:
            self.refuse(verified, "future_day")
        return values


def read_record(
    typed: Mapping[str, str],
    organisation: str | None,
    current: Parcours | None,
    today: date,
    keep: RetentionPolicy,
) -> tuple[Record | None, dict[str, str]]:
    """Read the form of a record.

    Args:
        organisation: the buying organisation; None: typed in ``organisme``.
        current: the parcours being edited, whose fields that are in no form are kept; ``today``: in Paris.
        keep: how long a contract that is over is kept: one past that is refused rather than lost.
    Returns:
        The record and nothing wrong, or None and field → reason.
    """
    place = place_of(typed.get("adresse", ""))
    form = Form(
        {**typed, **{name: found for name, found in place.items() if not typed.get(name, "").strip()}}
    )
    read = [one for one in FIELDS if one.in_form and not (organisation and one.name == "organisme")]
    values = {one.name: form.read(one, one.name) for one in read}
    values["organisme"] = organisation or values["organisme"]
    for named in NAMED:
        values |= form.contact(named.prefix, today)
    had = current is None or current.company.contacts
    if had and not any(f"{prefix}_courriel" in values for prefix in OF_COMPANY):
        form.refuse(f"{OF_COMPANY[0]}_nom", "company_contact")
    of_contract = {one.name for one in FIELDS if one.part == "contract"}
    for name, reason in wrong_days(values, today, keep):
        if reason != NOT_KEPT or not of_contract & form.wrong.keys():
            form.refuse(name, reason)
    if form.wrong:
        return None, form.wrong
    values["academie"] = territory.academie_of(values["departement"])
    if current is not None and texts.same_name(current.contract.organisation, values["organisme"]):
        unseen = [one for one in FIELDS if one.part == "contract" and not one.in_form]
        values |= {one.name: getattr(current.contract, one.attribute) for one in unseen}
    return record_of(values), {}


NOT_KEPT = "contract_not_kept"


def wrong_days(values: Mapping[str, Any], today: date, keep: RetentionPolicy) -> list[tuple[str, str]]:
    """What is wrong with the days of a contract among each other: field and reason."""
    start, end, last = (values.get(name) for name in ("notifie_le", "fin_le", "reconduction_le"))
    wrong = []
    if start and end and end < start:
        wrong.append(("fin_le", "end_before_start"))
    if end and last and last < end:
        wrong.append(("reconduction_le", "renewal_before_end"))
    over = last or end
    if over and not wrong and not keep.keeps_contract(over, today):
        wrong.append(("reconduction_le" if last else "fin_le", NOT_KEPT))
    return wrong
