"""Four parcours, free offers around them and everybody who may look: what the tests of lists and of offers share."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chalicelib import clock
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import Contract, Parcours, Placement
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from tests.conftest import on_moto
from tests.support import factories
from tests.support.http import Client, signed_in
from tests.support.writing import add_records

NAME = re.compile(r'<a class="nom" href="/parcours/[^"]*">([^<]*)')
METROPOLIS = "Métropole du Val d’Orbe"


def companies(text: str) -> list[str]:
    """Return the companies that a page lists, in its order."""
    return [html.unescape(name) for name in NAME.findall(text)]


def begin(client: Client, path: str = "/parcours?statut=en-preparation") -> str:
    """Press « Traiter un par un » of a list; return where it leads."""
    (form,) = re.findall(r'action="(/parcours/\w+/charge\?[^"]*)"', client.get(path).text)
    return str(client.post_form(html.unescape(form), {}).headers["location"])


@dataclass(frozen=True)
class Scene:
    """Four parcours of two académies and two buyers, free offers around, and everybody signed in."""

    clients: dict[str, Client]
    accounts: dict[str, Account]

    def sees(self, who: str, path: str) -> list[str]:
        """Return the companies that a page lists for this person of the scene."""
        answer = self.clients[who].get(path)
        assert answer.status == 200
        return companies(answer.text)


def _people() -> dict[str, Account]:
    """Return the accounts of the scene, by the name that tests call them."""
    return {
        "tutor": replace(factories.account(), departement="21"),
        "tutor of Lyon": factories.account(academie="Lyon"),
        "coordinator": factories.account(Role.COORDINATOR),
        "buyer": factories.account(Role.BUYER),
        "prescriber": factories.account(Role.PRESCRIBER),
        "other buyer": factories.account(Role.BUYER, organisation=METROPOLIS),
        "team": factories.account(Role.TEAM),
    }


def placed(departement: str, academie: str, region: str, town: str) -> Placement:
    """Return the usual internship in another town, département, académie and region."""
    return replace(factories.PLACEMENT, departement=departement, academie=academie, region=region, town=town)


LYON = placed("69", "Lyon", "Auvergne-Rhône-Alpes", "Lyon 3e")


def under(organisation: str, notified_on: date) -> Contract:
    """Return the usual contract with this buying organisation, notified on this day."""
    return factories.bought_by(organisation, replace(factories.unique_contract(), notified_on=notified_on))


def under_way(
    company: str,
    tutor: Account,
    *,
    contract: Contract | None = None,
    placement: Placement = factories.PLACEMENT,
) -> Parcours:
    """Return a parcours of this tutor whose link left a moment ago."""
    now = clock.utc_now()
    offer = factories.offer(
        status=ParcoursStatus.IN_PREPARATION,
        company=replace(factories.COMPANY, name=company),
        contract=contract,
        placement=placement,
    )
    return replace(
        offer,
        step=Step.LINK_SENT,
        reference=f"CSF-{company[:4].upper()}-22",
        tutor=tutor.id,
        tutor_academie=tutor.academie,
        since=now,
        last_at=now,
        last_sent_at=now,
        sent_to=Role.COMPANY,
    )


def _offers() -> list[Parcours]:
    """Return the free offers of the scene: in the tutor's département, académie and region, and far away."""
    places = {
        "Ici": placed("21", "Dijon", "Bourgogne-Franche-Comté", "Beaune"),
        "Académie": placed("58", "Dijon", "Bourgogne-Franche-Comté", "Nevers"),
        "Région": placed("25", "Besançon", "Bourgogne-Franche-Comté", "Besançon"),
        "Loin": replace(LYON, domain="Transport"),
    }
    today = day_of(clock.utc_now())
    ends = {"Loin": today + timedelta(days=90)}
    offers = []
    for day, (name, placement) in enumerate(places.items(), start=1):
        contract = under("Autre acheteur", date(2026, 1, day))
        contract = replace(contract, ends_on=ends.get(name, today + timedelta(days=760)))
        company = replace(factories.COMPANY, name=f"Libre {name}")
        offers.append(factories.offer(company=company, placement=placement, contract=contract))
    return offers


@contextmanager
def set_up() -> Iterator[Scene]:
    """Store the scene on moto and sign everybody in."""
    with on_moto():
        accounts = _people()
        tutor, lyon = accounts["tutor"], accounts["tutor of Lyon"]
        long_ago = clock.utc_now() - timedelta(days=25)
        ministry = str(accounts["buyer"].organisation)
        late = under_way("Bennes", lyon, contract=under(ministry, date(2026, 5, 12)), placement=LYON)
        stand = [
            under_way("Arvel", tutor, contract=under(ministry, date(2025, 2, 3))),
            replace(
                under_way("Cuisines", tutor, contract=under(METROPOLIS, date(2025, 3, 21))),
                step=Step.RECEIVED,
            ),
            replace(late, since=long_ago, last_at=long_ago, last_sent_at=long_ago),
            under_way("Dorures", lyon, contract=under(METROPOLIS, date(2026, 6, 1)), placement=LYON),
        ]
        for record in (*accounts.values(), *stand, *_offers()):
            add_records(record)
        yield Scene({name: signed_in(account) for name, account in accounts.items()}, accounts)
