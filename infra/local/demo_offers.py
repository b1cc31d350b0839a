"""The invented offers of ``make run`` and what has happened on each."""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.domain.kernel.parcours import (
    Company,
    CompanyContact,
    ContactRole,
    Contract,
    Parcours,
    ParcoursStatus,
    Placement,
)
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from infra.local.demo_people import (
    ACADEMIE,
    BUYER,
    COORDINATOR,
    METROPOLIS,
    MINISTRY,
    OTHER_ACADEMIE,
    OTHER_TUTOR,
    TUTOR,
)


@dataclass(frozen=True)
class Chapter:
    """One step of a history: ``name`` is a method of ``demo.Story``."""

    name: str
    ago: timedelta


@dataclass(frozen=True)
class Offer:
    """One offer, in as few words as a list of them needs."""

    company: str
    contract: str
    lot: str | None
    buyer: str
    hours: int
    town: str
    place: str
    academie: str
    domain: str
    tasks: str
    notified_days_ago: int
    contacts: tuple[tuple[str, str, str], ...]
    """(name, function, local part of the address)."""
    tutor: Account | None = None
    chapters: tuple[Chapter, ...] = ()

    @property
    def id(self) -> str:
        """Always the same for the same offer, so that its address can be kept from one run to the next."""
        return hashlib.sha256(f"demo|{self.company}".encode()).hexdigest()[:32]

    @property
    def host(self) -> str:
        """Domain of the company's addresses."""
        return f"{slug(self.company)}.entreprise.example"

    def parcours(self, now: datetime) -> Parcours:
        """The free offer, as its buyer declared it four weeks after the notification."""
        notified = now - timedelta(days=self.notified_days_ago)
        declared = notified + timedelta(days=min(28, self.notified_days_ago // 2))
        ends = date(notified.year + 2, notified.month, 28)
        return Parcours(
            id=self.id,
            status=ParcoursStatus.AVAILABLE,
            company=Company(name=self.company, contacts=self._contacts(now.date())),
            contract=Contract(
                object=self.contract,
                lot=self.lot,
                number=f"{notified.year}-{self.notified_days_ago:04d}",
                organisation=self.buyer,
                notified_on=notified.date(),
                ends_on=ends,
            ),
            placement=Placement(
                hours=self.hours,
                place=self.place,
                town=self.town,
                departement="21" if self.academie == ACADEMIE else "69",
                academie=self.academie,
                region="Bourgogne-Franche-Comté" if self.academie == ACADEMIE else "Auvergne-Rhône-Alpes",
                domain=self.domain,
                tasks=self.tasks,
            ),
            coordinator=COORDINATOR.id if self.academie == ACADEMIE else None,
            buyer=BUYER.id if self.buyer == MINISTRY else None,
            since=declared,
            last_kind=EventKind.OFFER_DECLARED,
            last_at=declared,
        )

    def _contacts(self, today: date) -> tuple[CompanyContact, ...]:
        roles = (ContactRole.ANSWERS_TENDER, ContactRole.WELCOMES)
        return tuple(
            CompanyContact(
                role=role,
                name=name,
                function=function,
                address=f"{local}@{self.host}",
                phone=f"01 99 00 {len(self.company) + 20:02d} {place + 11:02d}",
                verified_on=today - timedelta(days=9 + 20 * place),
            )
            for place, (role, (name, function, local)) in enumerate(zip(roles, self.contacts, strict=False))
        )


def slug(name: str) -> str:
    """« Jardins Morvenne » → ``jardins-morvenne``."""
    plain = unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()
    return "-".join(plain.split())


def _days(number: float) -> timedelta:
    return timedelta(days=number)


def _story(**ago_days: float) -> tuple[Chapter, ...]:
    return tuple(Chapter(name, _days(ago)) for name, ago in ago_days.items())


MORVENNE = Offer(
    "Jardins Morvenne", "Entretien des espaces verts", "2", MINISTRY, 300, "Brévannes-le-Lac",
    "4 rue des Peupliers", ACADEMIE, "Autre", "Tonte, taille, plantation, entretien du matériel", 197,
    (("Nadia Bellanger", "ressources humaines", "n.bellanger"), ("Hugo Tissier", "chef d’équipe", "h.tissier")),
    TUTOR, _story(taken=6),
)  # fmt: skip
LAC = Offer(
    "Cuisines du Lac", "Restauration du lycée Vauban-Est", None, METROPOLIS, 300, "Brévannes-le-Lac",
    "Quai des Marronniers", ACADEMIE, "Restauration/cuisine", "Préparation froide, dressage, plonge", 249,
    (("Samir Oudin", "gérant", "s.oudin"), ("Clara Jeannin", "cheffe de cuisine", "c.jeannin")),
    TUTOR, _story(taken=3),
)  # fmt: skip
OFFERS = (
    MORVENNE,
    LAC,
    Offer(
        "Imprimerie Saulx", "Impression et façonnage", None, MINISTRY, 300, "Saulx-la-Ville", "12 rue des Presses",
        ACADEMIE, "Autre", "Façonnage, pliage, mise sous film", 169,
        (("Paul Vernay", "gérant", "p.vernay"), ("Aïda Kessel", "cheffe d’atelier", "a.kessel")),
        TUTOR, _story(taken=5),
    ),
    Offer(
        "Transports Quérel", "Acheminement des plis", None, MINISTRY, 450, "Port-Quérel", "Zone du Canal",
        ACADEMIE, "Logistique", "Tri, préparation des tournées, accueil au quai", 148,
        (("Yann Quérel", "directeur", "y.querel"), ("Lise Amblard", "responsable du quai", "l.amblard")),
        TUTOR, _story(taken=8, announced=4.05, received=4.049, sent=4.048, opened=1),
    ),
    Offer(
        "Toitures Arvel", "Réfection de toitures", "1", METROPOLIS, 450, "Montarvel", "Route du Plateau",
        ACADEMIE, "Autre", "Aide au chantier, manutention, rangement", 660,
        (("Jeanne Arvel", "dirigeante", "j.arvel"), ("Marc Dousset", "chef de chantier", "m.dousset")),
        TUTOR, _story(taken=44, announced=27.1, received=27.099, sent=27.098, opened=25, confirmed=24.99, erased=24.98),
    ),
    Offer(
        "Nettoyage Orbelin", "Propreté des locaux", "4", MINISTRY, 150, "Orbelin", "3 place de la Halle",
        ACADEMIE, "Service à la personne", "Entretien des bureaux et des vitres", 191,
        (("Irène Cassan", "responsable d’agence", "i.cassan"), ("Tony Marchal", "chef d’équipe", "t.marchal")),
        TUTOR, _story(taken=30, announced=21.1, received=21.099, sent=21.098, erased=6),
    ),
    Offer(
        "Garage Pélissot", "Entretien des véhicules", None, MINISTRY, 150, "Val-Pélissot", "Rue de la Forge",
        ACADEMIE, "Autre", "Accueil à l’atelier, petit entretien, nettoyage", 176,
        (("Denis Pélissot", "gérant", "d.pelissot"),),
        TUTOR, _story(taken=9, announced=2.1, received=2.099, refused=2.098, erased=2.097),
    ),
    Offer(
        "Menuiserie Talvas", "Aménagement des salles", "3", METROPOLIS, 300, "Talvas", "8 chemin du Bois",
        OTHER_ACADEMIE, "Autre", "Ponçage, assemblage, pose accompagnée", 210,
        (("Sonia Talvas", "gérante", "s.talvas"), ("Rémi Costa", "chef d’atelier", "r.costa")),
        OTHER_TUTOR, _story(taken=2),
    ),
    Offer(
        "Hôtel de la Combe", "Hébergement des stagiaires", None, MINISTRY, 300, "La Combe", "Avenue de la Gare",
        OTHER_ACADEMIE, "Hôtellerie", "Accueil, mise en place, lingerie", 280,
        (("Farid Benali", "directeur", "f.benali"), ("Julie Maurin", "gouvernante", "j.maurin")),
        OTHER_TUTOR, _story(taken=22, announced=12.2, received=12.199, sent=12.198),
    ),
    Offer(
        "Informatique Soreau", "Maintenance du parc", "1", MINISTRY, 900, "Soreau", "Technopôle",
        ACADEMIE, "Informatique", "Préparation des postes, inventaire, assistance", 60,
        (("Élodie Soreau", "ressources humaines", "e.soreau"),),
    ),
    Offer(
        "Accueil Bellerive", "Accueil et standard", None, METROPOLIS, 150, "Bellerive", "1 esplanade du Pont",
        ACADEMIE, "Accueil", "Accueil du public, standard, courrier", 45,
        (("Nora Viallet", "responsable des sites", "n.viallet"),),
    ),
    Offer(
        "Logistique Armance", "Gestion des stocks", "2", MINISTRY, 450, "Armance", "Parc des Entrepôts",
        OTHER_ACADEMIE, "Logistique", "Réception, rangement, préparation de commandes", 620,
        (("Luc Armance", "directeur", "l.armance"),),
    ),
)  # fmt: skip

FOR_REAL = LAC.id
"""The parcours on which a document travels for real."""
RECIPIENT_FOR_REAL = f"s.oudin@{LAC.host}"
