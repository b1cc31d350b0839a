"""Who asks and what is asked, for the table of ``matrix_table``.

A row asks one thing of the scene, which stands anew before each question. ``OWN`` people belong to the parcours; strangers
(a tutor of the same académie among them) do not. Who is signed out, or whose account is closed, gets 401 unless a row is
for everybody.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from chalicelib import clock
from chalicelib.domain import fields
from chalicelib.domain.accounts.managing import hash_profile
from chalicelib.domain.kernel.people import Account
from chalicelib.french import PARIS
from chalicelib.stores import parcours_table
from tests.support import factories
from tests.support.http import Answer, Client
from tests.support.worlds import World

OWN = ("tutor", "coordinator", "buyer", "prescriber", "team")
STRANGERS = (
    "colleague",
    "tutor elsewhere",
    "coordinator elsewhere",
    "buyer elsewhere",
    "prescriber elsewhere",
)
OUTSIDE = ("closed account", "nobody")


@dataclass(frozen=True)
class Scene:
    """The parcours, offers and people that the requests of the matrix are about, all of Dijon and one ministry."""

    world: World
    accounts: dict[str, Account]
    clients: dict[str, Client]
    sent: str
    """Id of a parcours whose link is on its way, with a call noted on it (``event``),"""
    deposit: str
    link: str
    event: str
    idle: str
    """of one on which nothing is sent now, documents of an earlier sending being erased (``erasure``, a fact),"""
    free: str
    """and of a free offer."""
    token: str
    """Of the link."""
    erasure: str
    references: tuple[str, ...]
    """Of the two passages under way."""


@dataclass(frozen=True)
class Asker:
    """One person with a browser, and the scene that the requests are about."""

    name: str
    client: Client
    scene: Scene

    @property
    def is_team(self) -> bool:
        """Whether this is somebody of the team."""
        return self.name == "team"

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self.client.get(path)

    def form(self, path: str, **fields: str) -> Answer:
        """Post a form."""
        return self.client.post_form(path, fields)


Ask = Callable[[Asker], Answer]


@dataclass(frozen=True)
class Row:
    """One request, and the status that each of `OWN`, in that order, gets."""

    route: str
    ask: Ask
    own: tuple[int, int, int, int, int]
    stranger: int = 404
    strange_tutor: int | None = None
    """Where tutors who are strangers to the parcours get something else: free offers are for them all."""
    alike: bool = False
    """Where a stranger gets what her own role gets: the page is about nothing but herself."""
    outside: int = 401
    about: str = ""

    def expected(self, who: str) -> int:
        """Return the status that this person must get."""
        if who in OUTSIDE:
            return self.outside
        if who in OWN:
            return self.own[OWN.index(who)]
        if self.alike:
            return self.expected(role_of(who))
        is_free = role_of(who) == "tutor" and self.strange_tutor is not None
        return self.strange_tutor if is_free and self.strange_tutor else self.stranger


def role_of(who: str) -> str:
    """Return the role of one of ``STRANGERS``."""
    return "tutor" if who == "colleague" else who.removesuffix(" elsewhere")


def in_a_month() -> str:
    """Return a date in a month, as the company's page writes it."""
    return f"{clock.utc_now().astimezone(PARIS) + timedelta(days=30):%Y-%m-%d}T10:00"


def everybody(route: str, ask: Ask, status: int, about: str = "") -> Row:
    """Add a row whose answer is the same for everybody."""
    return Row(route, ask, (status,) * 5, stranger=status, outside=status, about=about)


def agents(route: str, ask: Ask, status: int = 200, about: str = "") -> Row:
    """Add a row whose answer is the same for every signed-in agent (`test_matrix` checks that each reads only her own data)."""
    return Row(route, ask, (status,) * 5, alike=True, about=about)


def of_link(path: str, body: dict[str, object] | None = None) -> Ask:
    """Return the request that posts to the recipient's page from a stranger's browser: it asks for no account."""

    def ask(asker: Asker) -> Answer:
        asker.get("/retrait")
        return asker.client.post_json(path, {"token": asker.scene.token, **(body or {})})

    return ask


def edit_record(asker: Asker) -> Answer:
    """Correct the record of an idle parcours."""
    head = parcours_table.read_parcours(asker.scene.idle)
    typed = fields.list_typed_values(head) | {"version": str(head.edited), "taches": "Autres tâches"}
    if not asker.is_team:
        del typed["organisme"], typed["organisme_siret"]
    return asker.form(f"/parcours/{head.id}/fiche", **typed)


TO_LETTERS = str.maketrans("0123456789", "abcdefabcd")
"""Of a drawn name: many digits in one are a telephone number."""


def declare(asker: Asker) -> Answer:
    """Declare a new offer."""
    typed = fields.list_typed_values(factories.offer()) | {"cle": secrets.token_hex(16)}
    typed |= {
        "entreprise": f"Ateliers {secrets.token_hex(8).translate(TO_LETTERS)}",
        "repond_nom": "Zoé Quelconque",
        "repond_courriel": "z@autre.example",
    }
    typed |= {"repond_tel": ""}
    if not asker.is_team:
        del typed["organisme"], typed["organisme_siret"]
    return asker.form("/offres/nouvelle", **typed)


def account_path(asker: Asker, name: str) -> str:
    """Return the path of somebody's account."""
    return f"/comptes/{asker.scene.accounts[name].id}"


def edit_own(asker: Asker) -> Answer:
    """Correct one's own account."""
    account = asker.scene.accounts.get(asker.name)
    revision = hash_profile(parcours_table.read_account(account.id)) if account else ""  # type: ignore[arg-type]
    return asker.form(
        "/compte", nom="Une Personne", fonction="agent", telephone="", departement="", revision=revision
    )


def account_page(asker: Asker, name: str) -> Answer:
    """Ask for the page of somebody's account."""
    return asker.get(account_path(asker, name))


def closing_page(asker: Asker, name: str) -> Answer:
    """Ask for the page that closes somebody's account."""
    return asker.get(f"{account_path(asker, name)}/fermeture")


def invite_again(asker: Asker, name: str) -> Answer:
    """Send somebody's invitation again."""
    return asker.form(f"{account_path(asker, name)}/invitation")


def edit_account(asker: Asker, name: str) -> Answer:
    """Correct somebody's account."""
    account = parcours_table.read_account(asker.scene.accounts[name].id)
    assert account is not None
    typed = {
        "nom": "Nom Corrigé",
        "fonction": "tutorat",
        "telephone": "",
        "departement": "",
        "revision": hash_profile(account),
    }
    if asker.is_team:
        role = "tutrice" if account.academie else "prescripteur"
        typed |= {role: "1", "academie": account.academie or ""}
        typed |= {"organisation": account.organisation or "", "siren": account.siren or ""}
    return asker.form(account_path(asker, name), **typed)


def invite_several(asker: Asker) -> Answer:
    """Confirm a list of one new person."""
    mark = secrets.token_hex(4)
    typed = {
        "personnes": f"Nouvelle Personne nouvelle.{mark}@academie.example",
        "fonction": "MLDS",
        "cle": secrets.token_hex(16),
    }
    if asker.name == "team":
        typed |= {"tutrice": "1", "academie": "Dijon"}
    return asker.form("/comptes/plusieurs", **typed, confirme="1")


def withdraw_together(asker: Asker) -> Answer:
    """Withdraw the scene's free offer from the page of several."""
    seen = parcours_table.read_parcours(asker.scene.free).revision
    chosen = {"geste": "retirer", "motif": "other", "parcours0": f"{asker.scene.free}.{seen}"}
    return asker.form("/parcours/ensemble", **chosen, confirme="1")


def invite(asker: Asker) -> Answer:
    """Invite somebody new."""
    mark = secrets.token_hex(4)
    typed = {
        "nom": "Nouvelle Personne",
        "fonction": "accueil",
        "telephone": "",
        "departement": "",
        "revision": "0",
    }
    typed |= {"cle": secrets.token_hex(16), "adresse": f"nouvelle.{mark}@agents.example", "rouvrir": ""}
    if asker.is_team:
        typed |= {"tutrice": "1", "academie": "Dijon", "organisation": "", "siren": ""}
    return asker.form("/comptes/nouveau", **typed)
