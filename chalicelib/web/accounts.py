"""The pages of accounts: those that somebody manages, and the agent's own.

``asked``: what was typed, by field; ``person`` or ``agent``: who is signed in; ``account``: the account that the page is about.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib import config, french
from chalicelib.domain.accounts import feeds, managing, passkeys
from chalicelib.domain.accounts.managing import AccountLine, Clash, Invitation, Own, Profile
from chalicelib.domain.kernel import address, territory, texts
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Absence
from chalicelib.domain.kernel.people import ACCOMPANYING, Account, CallHours, ProviderIdentity
from chalicelib.domain.kernel.texts import fold_text, hash_text
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.retention import AUDIT_MONTHS
from chalicelib.errors import AccountBusy, AddressTaken, ChangedMeanwhile, FieldInvalid, RelayError, TooMany
from chalicelib.stories import record
from chalicelib.stories.accounts import closing, signing_in
from chalicelib.stories.accounts import managing as stories
from chalicelib.stories.kit import accompanying
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error
from chalicelib.web.kit.forms import FreeForm, PageForm, draw_idempotency_key, read_idempotency_key
from chalicelib.web.kit.http import SESSION_COOKIE, read_cookie, redirect
from chalicelib.web.kit.page import AgentCall, FreshCall
from chalicelib.web.kit.page_view import FieldError, Notice, PageView
from chalicelib.web.public import SiteMap
from chalicelib.words import codes
from chalicelib.words.codes import Labelled

ROLE_FIELDS = {
    "tutrice": Role.TUTOR,
    "coordination": Role.COORDINATOR,
    "achat": Role.BUYER,
    "prescripteur": Role.PRESCRIBER,
    "equipe": Role.TEAM,
}
"""The boxes of roles, by their names in forms."""
OWN_FIELDS = frozenset({"nom", "fonction", "telephone", "departement", "revision"})
PLACES = frozenset({"academie", "siren", "organisation"})
MOST_QUERY = 254
PAGE = re.compile(r"[0-9]{1,3}")


class NewAccountForm(FreeForm):
    """``POST /comptes/nouveau``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        stories.check_managing(agent)
        return list_fields(agent, new=True)


class AccountForm(FreeForm):
    """``POST /comptes/{id}``."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        return list_fields(agent, new=False)


class OwnForm(PageForm):
    """``POST /compte``; ``revision``: of the profile that the page showed (``hash_profile``)."""

    nom: str = ""
    fonction: str = ""
    telephone: str = ""
    joindre: str = ""
    departement: str = ""
    revision: str = ""


class AbsenceForm(PageForm):
    """``POST /compte/absence`` and ``POST /comptes/{id}/absence``: first and last day; ``vu``: the dates that the page showed."""

    du: str = ""
    au: str = ""
    vu: str = ""


class SendingRouteForm(PageForm):
    """``POST /compte/envois``; ``par``: « direct » (to the company first) or « acheteur » (to the buyer first)."""

    par: str = ""


class FeedForm(PageForm):
    """``POST /compte/agenda``; ``geste``: « ouvrir » or « arreter »; ``cle``: the secret that the page drew for the address."""

    geste: str = ""
    cle: str = ""


class AccountRow(NamedTuple):
    """An account in the list; ``own``: it is the reader's; ``place``: its organisation or académie."""

    href: str
    name: str
    own: bool
    function: str
    address: str
    roles: str
    place: str
    closed: bool
    refused: bool
    """Whether its address refuses our mails."""


@dataclass(frozen=True, slots=True)
class AccountsPage(PageView):
    """The list of the accounts that the agent manages."""

    template = "comptes"

    people: list[AccountRow]
    count: int
    truncated: bool
    page: int
    pages: int
    asked: dict[str, str]
    states: dict[str, str]
    academies: tuple[str, ...]
    """To choose from; none for those who manage one place."""
    whom: str
    notice: Notice | None


class RoleChoice(NamedTuple):
    """A box of a form; ``name``: its field."""

    name: str
    label: str


class CoverShown(NamedTuple):
    """What the form of an absence says about its days, which are announced or about to be."""

    relay: str
    """Who takes over."""
    unseen: bool
    """Whether the absence is not announced yet, because of the dates that it meets."""
    dates_hash: str
    """Which dates the page shows, given back with its form."""
    dates: tuple[Clash, ...]


class AccountShown(NamedTuple):
    """An account, as its own page and that of its manager show it."""

    id: str
    name: str
    address: str
    roles: str
    invited_at: datetime | None
    invitation_lost: bool
    closed_at: datetime | None
    mail_refused_at: datetime | None
    is_tutor: bool
    absence: Absence | None
    identity: ProviderIdentity | None


@dataclass(frozen=True, slots=True)
class AccountPage(PageView):
    """An account that the agent manages, or the form of a new one (``account`` is None)."""

    template = "compte"

    account: AccountShown | None
    away: CoverShown | None
    values: dict[str, str]
    error: FieldError | None
    stale: bool
    """Whether somebody changed the account since the page was read."""
    roles: list[RoleChoice]
    fixed: str
    """The role, where there is nothing to choose."""
    place: str
    choose_place: bool
    academies: tuple[str, ...]
    departements: list[Labelled]
    organisations: dict[str, str]
    can_reopen: bool
    may_remove_passkeys: bool
    """Whether a passkey alone opens the account, and the agent may let its person in again."""
    notice: Notice | None


class PasskeyRow(NamedTuple):
    """A passkey of the agent's; ``is_copied``: the maker of the device keeps a copy of it; ``refused``: a new name for it."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    is_copied: bool
    refused: str | None


class PasskeysShown(NamedTuple):
    """The passkeys of the agent's account; ``error``: why the last request about them was refused."""

    rows: list[PasskeyRow]
    owes: bool
    owed_at: datetime | None
    """From when on a mailed code is not enough."""
    full: bool
    error: FieldError | None


class BrowserRow(NamedTuple):
    """A browser in which the account is known; ``here``: it is the one in use; ``is_open``: its session is."""

    seen_at: datetime
    here: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class OwnPage(PageView):
    """The agent's own account."""

    template = "mon-compte"

    account: AccountShown
    away: CoverShown | None
    place: str
    values: dict[str, str]
    error: FieldError | None
    stale: bool
    departements: list[Labelled]
    call_hours: list[Labelled]
    """When the account may say that it is best called; none to choose from, of an account that follows nobody young."""
    by_buyer: bool | None
    """By which way documents reach the companies; None: not this person's to choose."""
    feed_opened_at: datetime | None
    """Since when the account has a calendar feed; None: it has none."""
    feed_address: str
    """Its address, on the page that follows its opening; else empty, since only its hash is stored."""
    feed_secret: str
    """Of the address that the form asks for."""
    passkeys: PasskeysShown
    browsers: list[BrowserRow]
    notice: Notice | None
    audit_months: int = AUDIT_MONTHS
    """How long it is kept what was done under the account."""


@dataclass(frozen=True, slots=True)
class ClosingPage(PageView):
    """What closing an account means, by its roles."""

    template = "fermeture"

    id: str
    name: str
    is_tutor: bool
    coordinates: bool
    buys: bool


def list_accounts(call: AgentCall[NoForm]) -> Response:
    """Show the accounts that the agent manages, by the filters of the address, one page of them.

    A search for a whole address also finds an account beyond the rows that are read.
    """
    person = call.agent
    asked = {name: call.query(name)[:MOST_QUERY] for name in ("q", "etat", "academie", "page")}
    lines, truncated = stories.list_accounts(person, academie=asked["academie"])
    exact = stories.find_by_address(person, asked["q"]) if "@" in asked["q"] else None
    if exact is not None and all(line.id != exact.id for line in lines):
        lines = [AccountLine.from_account(exact)]
    state = asked["etat"] if asked["etat"] in STATES else "ouverts"
    wanted = (line for line in lines if _is_wanted(line, state, asked["q"]))
    by_name = sorted(wanted, key=lambda line: (fold_text(line.name), line.address))
    pages = max(1, -(-len(by_name) // PER_PAGE))
    page = min(max(int(asked["page"]) if PAGE.fullmatch(asked["page"]) else 1, 1), pages)
    view = AccountsPage(
        people=[_build_row(person, line) for line in by_name[(page - 1) * PER_PAGE : page * PER_PAGE]],
        count=len(by_name),
        truncated=truncated,
        page=page,
        pages=pages,
        asked=asked | {"etat": state},
        states=STATES,
        academies=territory.ACADEMIES if person.is_team else (),
        whom=_describe_managed_accounts(person),
        notice=NOTICES.get(call.query("fait")),
    )
    return call.show(view, "comptes")


def show_new_page(call: AgentCall[NoForm]) -> Response:
    """Show the empty form of a new account."""
    return _show_new(call, EMPTY | {"cle": draw_idempotency_key()})


def invite(call: FreshCall[NewAccountForm]) -> Response:
    """Create an account and send its invitation. A repeated press creates it once (by the form's ``cle``).

    A refusal shows the form again with what was typed.
    """
    asked, person = call.form.asked, call.agent
    key = read_idempotency_key(asked["cle"])
    try:
        typed = address.normalise(asked["adresse"], "adresse")
        profile = parse_profile(person, asked, None)
        invitation = Invitation(profile, typed, key, reopen=asked["rouvrir"] == "1")
        stories.invite(person, invitation, now=call.now)
    except (FieldInvalid, AddressTaken, TooMany) as refusal:
        return _show_new(call, EMPTY | asked, refusal)
    return redirect("/comptes?fait=demande")


def _show_new(call: AgentCall[Any], values: dict[str, str], refusal: RelayError | None = None) -> Response:
    """Show the form of a new account with these values. Raises NotFound: the agent may manage no accounts."""
    stories.check_managing(call.agent)
    return _show_account(call, None, values, refusal)


def show_account_page(call: AgentCall[NoForm], account_id: str) -> Response:
    """Show one account, and what the agent may do with it. Raises NotFound: the agent does not manage it."""
    account = stories.load_managed(call.agent, account_id)
    return _show_account(call, account, build_form_values(account))


def edit(call: FreshCall[AccountForm], account_id: str) -> Response:
    """Save an edited account.

    When the account was changed since the page was read, or a field is wrong, the form is shown again with what was typed.
    """
    person, asked = call.agent, call.form.asked
    account = stories.load_managed(person, account_id)
    try:
        stories.edit(person, account.id, parse_profile(person, asked, account), seen=asked["revision"])
    except (FieldInvalid, AccountBusy, ChangedMeanwhile) as refusal:
        account = stories.load_managed(person, account.id)
        typed = build_form_values(account) | asked | {"revision": managing.hash_profile(account)}
        return _show_account(call, account, typed, refusal)
    return redirect(f"/comptes/{account.id}?fait=modifie")


def invite_again(call: AgentCall[NoForm], account_id: str) -> Response:
    """Send the invitation of an account again, at most once an hour."""
    account = stories.load_managed(call.agent, account_id)
    try:
        stories.invite_again(call.agent, account.id, now=call.now)
    except (FieldInvalid, TooMany) as refusal:
        return _show_account(call, account, build_form_values(account), refusal)
    return redirect(f"/comptes/{account.id}?fait=invite")


def reopen(call: FreshCall[NoForm], account_id: str) -> Response:
    """Reopen a closed account."""
    stories.reopen(call.agent, account_id, now=call.now)
    return redirect(f"/comptes/{account_id}?fait=rouvert")


def show_closing_page(call: AgentCall[NoForm], account_id: str) -> Response:
    """Show what closing an account means."""
    account = stories.load_managed(call.agent, account_id)
    view = ClosingPage(
        id=account.id,
        name=account.name,
        is_tutor=Role.TUTOR in account.roles,
        coordinates=Role.COORDINATOR in account.roles,
        buys=bool(account.roles & managing.BUYING),
    )
    return call.show(view, "comptes")


def close(call: FreshCall[NoForm], account_id: str) -> Response:
    """Close an account; after a failure half-way the press may be repeated."""
    closing.close(call.agent, account_id, now=call.now)
    return redirect("/comptes?fait=ferme")


def announce_absence(call: AgentCall[AbsenceForm], account_id: str) -> Response:
    """Announce an absence for an account that the agent manages.

    When it covers meetings that the page has not shown, nothing is written: they are shown, and the form is to be sent again.
    """
    account = stories.load_managed(call.agent, account_id)
    typed = build_form_values(account) | call.form.typed()
    try:
        unseen = _announce_unless_unseen(call, account)
    except FieldInvalid as refusal:
        return _show_account(call, account, typed, refusal)
    if unseen:
        return _show_account(call, account, typed, unseen=unseen)
    return redirect(f"/comptes/{account.id}?fait=absence")


def end_absence(call: AgentCall[NoForm], account_id: str) -> Response:
    """Note that somebody is back from an absence, for an account that the agent manages."""
    account = stories.load_managed(call.agent, account_id)
    stories.announce_absence(call.agent, account.id, None, now=call.now)
    return redirect(f"/comptes/{account.id}?fait=retour")


def show_own_page(call: AgentCall[NoForm]) -> Response:
    """Show the agent's own account."""
    return _show_own_account(call, call.agent, build_form_values(call.agent))


def lead_to_own_page(call: AgentCall[NoForm]) -> Response:
    """Lead from the former page of one's passkeys to one's account."""
    return redirect("/compte#cles")


def show_own_site_map(call: AgentCall[NoForm]) -> Response:
    """Show the plan of the site with the pages that are open to the agent's account, those of the navigation."""
    return call.show(SiteMap(), "plan")


def edit_own(call: AgentCall[OwnForm]) -> Response:
    """Save the agent's own account; when it was changed since the page was read, the form is shown again."""
    asked = call.form.typed()
    try:
        stories.edit_own(call.agent, parse_own(asked), seen=call.form.revision)
    except (FieldInvalid, ChangedMeanwhile) as refusal:
        signed_in = signing_in.authenticate(read_cookie(call.request, SESSION_COOKIE), now=call.now)
        person = signed_in.account
        typed = build_form_values(person) | asked | {"revision": managing.hash_profile(person)}
        return _show_own_account(replace(call, signed_in=signed_in), person, typed, refusal)
    return redirect("/compte?fait=modifie")


def announce_own_absence(call: AgentCall[AbsenceForm]) -> Response:
    """Announce the agent's own absence, in which the coordinator takes over the turns; see ``announce_absence``."""
    person = call.agent
    typed = build_form_values(person) | call.form.typed()
    try:
        unseen = _announce_unless_unseen(call, person)
    except FieldInvalid as refusal:
        return _show_own_account(call, person, typed, refusal)
    if unseen:
        return _show_own_account(call, person, typed, unseen=unseen)
    return redirect("/compte?fait=absence")


def _announce_unless_unseen(call: AgentCall[AbsenceForm], about: Account) -> stories.Cover | None:
    """Announce the absence of the form for the account ``about``; return None then.

    When the absence covers dates of meetings that the page has not shown yet (``vu`` is not their hash), nothing is written, and
    what it covers is returned. Raises FieldInvalid.
    """
    absence = parse_absence(call.form, call.now)
    cover = stories.read_cover(about, absence, now=call.now)
    if cover.dates and call.form.vu != _hash_dates(cover):
        return cover
    stories.announce_absence(call.agent, about.id, absence, now=call.now)
    return None


def _hash_dates(cover: stories.Cover) -> str:
    """Return a hash of the dates of meetings that an absence covers; the page's form gives it back as ``vu``."""
    return hash_text(repr(cover.dates))[:32]


def end_own_absence(call: AgentCall[NoForm]) -> Response:
    """Note that the agent is back from an absence."""
    stories.announce_absence(call.agent, call.agent.id, None, now=call.now)
    return redirect("/compte?fait=retour")


def set_default_sending_route(call: AgentCall[SendingRouteForm]) -> Response:
    """Set whether the sending pages of the agent's organisation propose the company or the buyer first.

    Raises:
        FieldInvalid: ``par`` is neither of the two.
    """
    if call.form.par not in {"direct", "acheteur"}:
        raise FieldInvalid("par", "value")
    accompanying.set_default_sending_route(call.agent, by_buyer=call.form.par == "acheteur", now=call.now)
    return redirect("/compte?fait=envois")


def set_feed(call: FreshCall[FeedForm]) -> Response:
    """Open the agent's calendar feed and show its address, this once, or end it. Pressed twice, it is one address.

    Raises:
        FieldInvalid: ``geste`` is neither of the two. Unreadable: the secret is not one that the page drew.
    """
    if call.form.geste == "arreter":
        stories.close_feed(call.agent)
        return redirect("/compte?fait=agenda-arrete")
    if call.form.geste != "ouvrir":
        raise FieldInvalid("geste", "value")
    secret = read_idempotency_key(call.form.cle)
    stories.open_feed(call.agent, secret, now=call.now)
    signed_in = signing_in.authenticate(read_cookie(call.request, SESSION_COOKIE), now=call.now)
    person = signed_in.account
    address = f"{config.public_base_url()}/agenda/{person.id}/{secret}"
    return _show_own_account(
        replace(call, signed_in=signed_in), person, build_form_values(person), feed_address=address
    )


def list_assignable_roles(agent: Account) -> tuple[str, ...]:
    """Return the names of the form's boxes for the roles that this person may give; one alone leaves nothing to choose."""
    if agent.is_team:
        return tuple(ROLE_FIELDS)
    holders = (("tutrice", Role.COORDINATOR), ("prescripteur", Role.BUYER))
    return tuple(name for name, holder in holders if holder in agent.roles)


def list_fields(agent: Account, *, new: bool) -> frozenset[str]:
    """Return the names of the fields that this person's form of an account has; ``new``: the form creates the account."""
    own = OWN_FIELDS | (PLACES if agent.is_team else frozenset())
    choices = list_assignable_roles(agent)
    chosen = frozenset(choices) if len(choices) > 1 and (new or agent.is_team) else frozenset()
    return own | chosen | (frozenset({"cle", "adresse", "rouvrir"}) if new else frozenset())


def parse_own(asked: dict[str, str]) -> Own:
    """Read the fields that everybody may edit of their own account. Raises FieldInvalid."""
    return Own(
        name=texts.read_name(asked["nom"], "nom"),
        function=texts.read_function(asked["fonction"], "fonction", required=True),
        phone=texts.read_phone(asked["telephone"], "telephone"),
        call_hours=_parse_call_hours(asked.get("joindre", "")),
        departement=asked["departement"] or None,
    )


def _parse_call_hours(typed: str) -> CallHours | None:
    """Read when a person is best called; None: they do not say. Raises FieldInvalid."""
    if typed and typed not in set(CallHours):
        raise FieldInvalid("joindre", "value")
    return CallHours(typed) if typed else None


def parse_profile(agent: Account, asked: dict[str, str], account: Account | None) -> Profile:
    """Read the form of an account that the agent manages; ``account``: None for a new one.

    Roles and places that this person may not change stay as they are. Raises FieldInvalid.
    """
    own = parse_own(asked)
    roles, academie, organisation, siren = _parse_places(agent, asked, account)
    profile = Profile(
        name=own.name,
        function=own.function,
        phone=own.phone,
        call_hours=account.call_hours if account is not None else None,
        departement=own.departement,
        roles=roles,
        academie=academie,
        organisation=organisation,
        siren=siren,
    )
    return managing.check_profile(profile)


def _parse_places(
    agent: Account, asked: dict[str, str], account: Account | None
) -> tuple[frozenset[Role], str | None, str | None, str | None]:
    """Return roles, académie, organisation and its SIREN of an account from its form.

    The team chooses all of them, and need not write the name of an organisation that has accounts. Others keep those of an
    existing account, and give a new one their own académie and organisation.
    """
    choices = list_assignable_roles(agent)
    chosen = frozenset(ROLE_FIELDS[name] for name in choices if asked.get(name))
    if agent.is_team:
        siren = texts.read_siren(asked["siren"], "siren", required=bool(chosen & managing.BUYING))
        known = "" if asked["organisation"] else record.list_organisations(agent).get(siren or "", "")
        organisation = texts.read_organisation(asked["organisation"] or known, "organisation", required=False)
        return chosen, asked["academie"] or None, organisation or None, siren
    if account is not None:
        return account.roles, account.academie, account.organisation, account.siren
    roles = chosen if len(choices) > 1 else frozenset(ROLE_FIELDS[name] for name in choices)
    return roles, agent.academie, agent.organisation, agent.siren


def parse_absence(form: AbsenceForm, now: datetime) -> Absence:
    """Read the first and last day of an absence. Raises FieldInvalid: they are no days, or not in a valid order."""
    absence = Absence(first=_parse_day(form.du, "du"), last=_parse_day(form.au, "au"))
    managing.check_absence(absence, day_of(now))
    return absence


def _parse_day(typed: str, field: str) -> date:
    """Read a day of an absence, naming ``field`` if it is wrong. Raises FieldInvalid."""
    day = texts.read_day(typed)
    if day is None:
        raise FieldInvalid(field, "absence_day")
    return day


def build_form_values(account: Account) -> dict[str, str]:
    """Return the stored values of the fields of an account's form, by name."""
    boxes = {name: "1" if role in account.roles else "" for name, role in ROLE_FIELDS.items()}
    return boxes | {
        "nom": account.name,
        "fonction": account.function,
        "telephone": account.phone or "",
        "joindre": account.call_hours or "",
        "departement": account.departement or "",
        "academie": account.academie or "",
        "siren": account.siren or "",
        "organisation": account.organisation or "",
        "adresse": account.address,
        "revision": managing.hash_profile(account),
    }


EMPTY: dict[str, str] = dict.fromkeys((*ROLE_FIELDS, *OWN_FIELDS, *PLACES, "adresse", "cle", "rouvrir"), "")
"""A form that nobody filled in yet."""


NOTICES = {
    "invite": Notice(
        "L’invitation part",
        "Cette personne reçoit un message dans quelques secondes, avec l’adresse où se connecter.",
    ),
    "demande": Notice(
        "L’invitation est enregistrée",
        "La personne reçoit un message dans quelques secondes, et son compte paraît dans cette liste. S’il n’y paraît pas, elle "
        "a déjà un compte ailleurs : demandez-le-lui.",
    ),
    "modifie": Notice("C’est enregistré", "Les changements valent dès maintenant."),
    "ferme": Notice("Le compte est fermé", "Ses connexions sont terminées."),
    "rouvert": Notice("Le compte est rouvert", "Cette personne reçoit une nouvelle invitation dans quelques secondes."),
    "absence": Notice("L’absence est annoncée", "La page de chaque parcours en cours le dit."),
    "envois": Notice("Le choix est enregistré", "Il vaut pour les prochains envois sur les marchés de votre organisme."),
    "cle-ajoutee": Notice(
        "La clé d’accès est ajoutée",
        "Elle ouvre votre compte, comme les autres. Un message le confirme à votre adresse.",
    ),
    "cle-renommee": Notice("La clé d’accès est renommée", "Elle ouvre votre compte comme avant."),
    "agenda-arrete": Notice("L’adresse de l’agenda est arrêtée", "Elle ne donne plus rien. Enlevez-la de votre logiciel."),
    "cles": Notice(
        "Ses clés d’accès sont retirées",
        "Un code à son adresse, ou ProConnect, ouvre de nouveau son compte. Un message part à votre adresse et à la sienne.",
    ),
    "proconnect": Notice("Le compte est délié de ProConnect", "Ses connexions sont terminées."),
    "retour": Notice("Le retour est noté", "Les parcours attendent de nouveau cette personne."),
}  # fmt: skip
"""What was just done, by its slug in the address."""
STATES = {"ouverts": "Ouverts", "fermes": "Fermés", "tous": "Tous"}
ROLE_LABELS = {
    "tutrice": "Tutrice ou tuteur",
    "coordination": "Coordination",
    "achat": "Acheteur",
    "prescripteur": "Service prescripteur",
    "equipe": "Équipe, sans autre rôle",
}
PER_PAGE = 50


def _describe_managed_accounts(agent: Account) -> str:
    """Say in a sentence whose accounts the agent manages."""
    if agent.is_team:
        return "Tous les comptes, équipe comprise."
    both = (
        (Role.COORDINATOR, f"Les tutrices et tuteurs de l’académie ({agent.academie})."),
        (
            Role.BUYER,
            f"Les personnes du service prescripteur ({agent.organisation}) : mêmes droits que vous, mêmes marchés.",
        ),
    )
    return " ".join(text for role, text in both if role in agent.roles)


def _is_wanted(line: AccountLine, state: str, typed: str) -> bool:
    """Return whether a row passes the filters: its state (of ``STATES``), and the words that were typed to search for."""
    if state != "tous" and (line.closed_at is not None) != (state == "fermes"):
        return False
    searched = (line.name, line.function, line.academie or "", line.organisation or "")
    return (
        not typed.strip()
        or fold_text(typed) in fold_text(" ".join(searched))
        or typed.strip().casefold() in line.address.casefold()
    )


def _build_row(agent: Account, line: AccountLine) -> AccountRow:
    """Build the row of an account in the list; that of the agent leads to « Mon compte »."""
    own = line.id == agent.id
    return AccountRow(
        href="/compte" if own else f"/comptes/{line.id}",
        name=line.name,
        own=own,
        function=line.function,
        address=line.address,
        roles=codes.format_roles(frozenset(role for role in line.roles if role.is_known)),
        place=line.organisation or line.academie or "",
        closed=line.closed_at is not None,
        refused=line.mail_refused_at is not None,
    )


def _show_account(
    call: AgentCall[Any],
    account: Account | None,
    values: dict[str, str],
    refusal: RelayError | None = None,
    unseen: stories.Cover | None = None,
) -> Response:
    """Show the page of an account, or the form of a new one (``account`` is None).

    Args:
        values: the form's values, as stored or as typed.
        refusal: why the last request was refused.
        unseen: what an absence covers that is not announced yet: its form is to be sent again, and the status is 409.
    """
    agent = call.agent
    view = AccountPage(
        account=_build_account(account, call.now) if account else None,
        away=_build_cover(account, call.now, unseen) if account else None,
        values=values,
        error=build_field_error(refusal),
        stale=isinstance(refusal, ChangedMeanwhile),
        roles=list_role_choices(agent, account),
        fixed=codes.format_roles(account.roles if account else list_first_role(agent)),
        place="" if agent.is_team else _find_workplace(account or agent),
        choose_place=agent.is_team,
        academies=territory.ACADEMIES,
        departements=_list_departements(agent, account),
        organisations=record.list_organisations(agent),
        can_reopen=agent.is_team and account is not None and account.closed_at is not None,
        may_remove_passkeys=account is not None
        and account.closed_at is None
        and passkeys.needs_passkey(account, config.settings().passkey_grace_days, call.now),
        notice=NOTICES.get(call.query("fait")) if account else None,
    )
    return call.show(view, "comptes", refusal, status=409 if unseen else 200)


def list_role_choices(agent: Account, account: Account | None) -> list[RoleChoice]:
    """Return the boxes of roles that the form shows; none where this person has nothing to choose."""
    names = list_assignable_roles(agent)
    chooses = agent.is_team or (account is None and len(names) > 1)
    return [RoleChoice(name, ROLE_LABELS[name]) for name in names] if chooses else []


def list_first_role(agent: Account) -> frozenset[Role]:
    """Return the first role that this person may give: that of a new account where there is nothing to choose."""
    return frozenset(ROLE_FIELDS[name] for name in list_assignable_roles(agent)[:1])


def _find_workplace(account: Account) -> str:
    """Return the organisation of an account, else its académie, else an empty text."""
    return account.organisation or account.academie or ""


def _build_account(account: Account, now: datetime) -> AccountShown:
    """Build what the page of an account shows of it."""
    lost, invited = account.invitation_lost_at, account.invited_at
    return AccountShown(
        id=account.id,
        name=account.name,
        address=account.address,
        roles=codes.format_roles(account.roles),
        invited_at=invited,
        invitation_lost=lost is not None and (invited is None or invited <= lost),
        closed_at=account.closed_at,
        mail_refused_at=account.mail_refused_at,
        is_tutor=Role.TUTOR in account.roles,
        absence=_find_coming_absence(account, now),
        identity=account.identity,
    )


def _find_coming_absence(account: Account, now: datetime) -> Absence | None:
    """Return the announced absence, unless it is over or there is none."""
    return account.absence if account.absence and account.absence.last >= day_of(now) else None


def _build_cover(
    account: Account, now: datetime, unseen: stories.Cover | None, *, own: bool = False
) -> CoverShown | None:
    """Build what the form of an absence says: who takes over, and which meetings it covers. None when it has no form.

    There is one for open accounts of tutors. ``unseen``: what an absence covers that is about to be announced; without it, that
    of the announced absence is read. ``own``: the page is that person's own.
    """
    if Role.TUTOR not in account.roles or account.closed_at is not None:
        return None
    cover = unseen or stories.read_cover(account, _find_coming_absence(account, now), now=now)
    return CoverShown(
        relay=_format_relay(cover, account.academie or "", own=own),
        unseen=unseen is not None,
        dates_hash=_hash_dates(cover),
        dates=cover.dates,
    )


def _format_relay(cover: stories.Cover, academie: str, *, own: bool) -> str:
    """Say in a sentence who takes over in an absence, and of how many parcours; ``own``: said to the absent person."""
    if not cover.stand_ins:
        return f"Personne ne coordonne encore l’{french.academie(academie)}\u00a0: l’équipe prend le relais."
    stand_ins = (*cover.stand_ins, *(("l’équipe",) if cover.with_team else ()))
    take = "prend" if len(stand_ins) == 1 else "prennent"
    who_does = f"{french.enumeration(stand_ins)} {take} le relais"
    if not cover.followed:
        return f"{who_does} si un parcours commence d’ici là."
    of = "votre" if own else "son"
    if cover.followed == 1:
        return f"{who_does} sur {of} parcours en cours."
    return f"{who_does} sur {'vos' if own else 'ses'} {cover.followed}\u00a0parcours en cours."


def _list_departements(agent: Account, account: Account | None) -> list[Labelled]:
    """Return the départements in which the account may work: those of its académie, or all where the team edits it."""
    place = (account or agent).academie
    return [
        Labelled(code, f"{code} {name}")
        for code, name in territory.DEPARTEMENTS.items()
        if agent.is_team or territory.find_academie(code) == place
    ]


def _show_own_account(
    call: AgentCall[Any],
    person: Account,
    values: dict[str, str],
    refusal: RelayError | None = None,
    unseen: stories.Cover | None = None,
    feed_address: str = "",
    shown_passkeys: PasskeysShown | None = None,
) -> Response:
    """Show the agent's own account; ``feed_address``: see ``OwnPage``; the other arguments are those of ``_show_account``."""
    view = OwnPage(
        account=_build_account(person, call.now),
        away=_build_cover(person, call.now, unseen, own=True),
        place=_find_workplace(person),
        values=values,
        error=None if shown_passkeys else build_field_error(refusal),
        stale=isinstance(refusal, ChangedMeanwhile),
        departements=_list_departements(person, person) if person.roles & ACCOMPANYING else [],
        call_hours=[Labelled(hours, french.majuscule(label)) for hours, label in codes.CALL_HOURS.items()]
        if person.roles & ACCOMPANYING
        else [],
        by_buyer=accompanying.read_sending_choice(person),
        feed_opened_at=person.feed_opened_at if feeds.is_open(person) else None,
        feed_address=feed_address,
        feed_secret=draw_idempotency_key(),
        passkeys=shown_passkeys or _build_passkeys(person),
        browsers=[
            BrowserRow(browser.seen_at, browser.session == call.signed_in.session.id, is_open)
            for browser, is_open in signing_in.list_browsers(person, now=call.now)
        ],
        notice=NOTICES.get(call.query("fait")),
    )
    return call.show(view, "compte", refusal, status=409 if unseen else 200)


def show_passkey_refused(
    call: AgentCall[Any], refusal: RelayError, renaming: tuple[str, str] = ("", "")
) -> Response:
    """Show the agent's own account with why a request about a passkey was refused; ``renaming``: its id, and its refused name."""
    shown_passkeys = _build_passkeys(call.agent, refusal, renaming)
    return _show_own_account(
        call, call.agent, build_form_values(call.agent), refusal, shown_passkeys=shown_passkeys
    )


def _build_passkeys(
    person: Account, refusal: RelayError | None = None, renaming: tuple[str, str] = ("", "")
) -> PasskeysShown:
    """Build what the page says of the passkeys of one's account; the other arguments are those of ``show_passkey_refused``."""
    renamed, refused_name = renaming
    rows = [
        PasskeyRow(
            passkey.id,
            passkey.name,
            passkey.created_at,
            passkey.used_at,
            passkey.backed_up,
            refused_name if passkey.id == renamed else None,
        )
        for passkey in person.passkeys
    ]
    return PasskeysShown(
        rows=rows,
        owes=passkeys.owes_passkey(person),
        owed_at=passkeys.find_owed_at(person, config.settings().passkey_grace_days),
        full=len(rows) >= passkeys.MOST_PASSKEYS,
        error=build_field_error(refusal),
    )
