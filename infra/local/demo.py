"""Invented data for ``make run``: people, offers, and histories that the product's own rules have made.

Past steps are the domain's transitions, committed with an instant of the past: none exists that no rule would allow. They
leave no object and send no mail. One document travels for real, over HTTP, as a browser would send it.
"""

import base64
import hashlib
import json
import os
import secrets
import ssl
import unicodedata
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypedDict
from urllib.parse import urlsplit

from urllib3.filepost import encode_multipart_formdata

from chalicelib import clock, config, seal
from chalicelib.domain import contacts, proving
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.case import Case
from chalicelib.domain.documents import mailing, opening, sending
from chalicelib.domain.kernel import attempt, deposit
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Contents, Document, build_associated_data
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import (
    Company,
    CompanyContact,
    ContactRole,
    Contract,
    How,
    Origin,
    Parcours,
    Placement,
)
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, Transition
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role
from chalicelib.domain.parcours import outcomes
from chalicelib.stores import aws, objects, parcours_table, relay_table, tables, transactions
from chalicelib.stores.items import Due, identifier_of
from chalicelib.stories import proof
from chalicelib.stories.kit.deciding import draw_session_cookie

POLICY = RetentionPolicy()
MINISTRY = "Ministère des Ouvrages"
METROPOLIS = "Métropole du Val d’Orbe"
SIRENS = {MINISTRY: "999000011", METROPOLIS: "999000029"}
ACADEMIE = "Dijon"
OTHER_ACADEMIE = "Lyon"
TIMEOUT_SECONDS, TRIES = 30, 5


# ---- People: their addresses are the demo accounts that ``make run`` prints -----------------------------------------
def _agent(
    number: str, address: str, name: str, function: str, role: Role, *, place: str | None = None
) -> Account:
    """Make an account; ``place``: the organisation of those who buy, the académie of the others."""
    buys = role in {Role.BUYER, Role.PRESCRIBER}
    return Account(
        id=number * 16,
        phone="01 99 00 41 00" if role is Role.TUTOR else None,
        address=address,
        name=name,
        function=function,
        roles=frozenset({role}),
        academie=None if buys else place,
        organisation=place if buys else None,
        siren=SIRENS[place] if buys and place else None,
    )


TUTOR = _agent(
    "a1", "tutrice@academie.example", "Marie-Laure Estève", "tutrice MLDS", Role.TUTOR, place=ACADEMIE
)
OTHER_TUTOR = _agent(
    "a2", "tutrice2@academie.example", "Anaïs Roumégas", "tutrice MLDS", Role.TUTOR, place=OTHER_ACADEMIE
)
COORDINATOR = _agent(
    "a3", "coordinatrice@academie.example", "Hélène Vautrin", "coordinatrice MLDS", Role.COORDINATOR,
    place=ACADEMIE,
)  # fmt: skip
BUYER = _agent("a4", "acheteuse@ministere.example", "Odile Ramain", "acheteuse", Role.BUYER, place=MINISTRY)
TEAM = _agent("a5", "equipe@csf.example", "Karim Solenne", "équipe de la clause sociale", Role.TEAM)
PRESCRIBER = _agent(
    "b1", "prescriptrice@ministere.example", "Solange Mercadier", "service des espaces verts", Role.PRESCRIBER,
    place=MINISTRY,
)  # fmt: skip
OTHER_TEAM = _agent("b2", "equipe2@csf.example", "Yasmine Aubertin", "équipe de la clause sociale", Role.TEAM)
ACCOUNTS = (TUTOR, OTHER_TUTOR, COORDINATOR, BUYER, TEAM, PRESCRIBER, OTHER_TEAM)


# ---- Offers, and what has happened on each --------------------------------------------------------------------------
@dataclass(frozen=True)
class Chapter:
    """One step of a history, ``ago`` before now.

    ``name``: a method of ``Story`` without its « _ », or the outcome to note.
    """

    name: str
    ago: timedelta


@dataclass(frozen=True)
class Offer:
    """An invented offer, with what has happened on it."""

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
        """Return the free offer, as its buyer declared it.

        That was 28 days after the notification or, of an offer notified less than 56 days ago, half-way between it and ``now``.
        """
        notified = now - timedelta(days=self.notified_days_ago)
        declared = notified + timedelta(days=min(28, self.notified_days_ago // 2))
        ends = date(notified.year + 2, notified.month, 28)
        return Parcours(
            id=self.id,
            status=ParcoursStatus.AVAILABLE,
            company=Company(name=self.company, contacts=self._contacts(day_of(now), declared)),
            contract=Contract(
                object=self.contract,
                lot=self.lot,
                number=f"{notified.year}-{self.notified_days_ago:04d}",
                organisation=self.buyer,
                siren=SIRENS.get(self.buyer),
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
            buyer_origin=declared_at(declared) if self.buyer == MINISTRY else None,
            since=declared,
            last_kind=EventKind.OFFER_DECLARED,
            last_at=declared,
        )

    def _contacts(self, today: date, declared: datetime) -> tuple[CompanyContact, ...]:
        """Return the company's contacts: the first answers the tender, the second welcomes the young person."""
        roles = (ContactRole.ANSWERS_TENDER, ContactRole.WELCOMES)
        return tuple(
            CompanyContact(
                role=role,
                name=name,
                function=function,
                address=f"{local}@{self.host}",
                phone=f"01 99 00 {len(self.company) + 20:02d} {place + 11:02d}",
                verified_on=today - timedelta(days=9 + 20 * place),
                origin=declared_at(declared),
            )
            for place, (role, (name, function, local)) in enumerate(zip(roles, self.contacts, strict=False))
        )


def declared_at(at: datetime) -> Origin:
    """Return the origin of an address that the buyer declared with the offer at this instant."""
    return Origin(how=How.DECLARED, at=at, by=Role.BUYER, person=BUYER.id)


def slug(name: str) -> str:
    """« Jardins Morvenne » → ``jardins-morvenne``."""
    plain = unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()
    return "-".join(plain.split())


def _story(**ago_days: float) -> tuple[Chapter, ...]:
    """Make the chapters of a history: the name of each, and how many days ago it was."""
    return tuple(Chapter(name, timedelta(days=ago)) for name, ago in ago_days.items())


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
        "Informatique Soreau", "Maintenance du parc", "1", MINISTRY, 900, "Chenôve", "Technopôle",
        ACADEMIE, "Informatique", "Préparation des postes, inventaire, assistance", 60,
        (("Élodie Soreau", "ressources humaines", "e.soreau"),),
    ),
    Offer(
        "Accueil Bellerive", "Accueil et standard", None, METROPOLIS, 150, "Beaune", "1 esplanade du Pont",
        ACADEMIE, "Accueil", "Accueil du public, standard, courrier", 45,
        (("Nora Viallet", "responsable des sites", "n.viallet"),),
    ),
    Offer(
        "Logistique Armance", "Gestion des stocks", "2", MINISTRY, 450, "Villefranche-sur-Saône", "Parc des Entrepôts",
        OTHER_ACADEMIE, "Logistique", "Réception, rangement, préparation de commandes", 620,
        (("Luc Armance", "directeur", "l.armance"),),
    ),
)  # fmt: skip

FOR_REAL = LAC.id
"""The parcours on which a document travels for real."""
RECIPIENT_FOR_REAL = f"s.oudin@{LAC.host}"


# ---- Passages of the past year that were completed, for the delays of the help page --------------------------------------------
MOMENT = 0.001
"""In days: what the service does by itself a minute and a half later."""


def _whole(
    begun: float, prepare: float, opening: float, answer: float, meeting: float, signing: float
) -> tuple[Chapter, ...]:
    """Return the chapters of a passage from taking the offer to its review.

    ``begun``: how many days ago the offer was taken; the others: how many days each piece took, as the help page names them.
    """
    announced = begun - prepare
    opened = announced - 2 * MOMENT - opening
    met = opened - answer - meeting
    return _story(
        taken=begun,
        announced=announced,
        received=announced - MOMENT,
        sent=announced - 2 * MOMENT,
        opened=opened,
        confirmed=opened - MOMENT,
        erased=opened - 2 * MOMENT,
        meeting_fixed=opened - answer,
        meeting_held=met,
        convention_signed=met - signing,
        review_done=met - signing - 12,
    )


def _past(company: str, contract: str, hours: int, *pieces: float, there: bool = False) -> Offer:
    """Return a completed parcours: by default of the ministry in the first académie; ``there``: of the metropolis in the other.

    ``pieces``: the arguments of ``_whole``.
    """
    return Offer(
        company, contract, None, METROPOLIS if there else MINISTRY, hours, "Valmarie", "Rue des Écoles",
        OTHER_ACADEMIE if there else ACADEMIE, "Autre", "Aide aux équipes, rangement, suivi des stocks", 420,
        (("Camille Ferrand", "gérance", "c.ferrand"),),
        OTHER_TUTOR if there else TUTOR, _whole(*pieces),
    )  # fmt: skip


PAST = (
    _past("Serres Valbrune", "Fleurissement", 150, 320, 34, 2, 5, 21, 6),
    _past("Reliure Sanvoisin", "Reliure des registres", 300, 290, 41, 6, 12, 19, 9),
    _past("Peintures Oriel", "Peinture des bureaux", 300, 262, 28, 1, 3, 16, 4),
    _past("Plomberie Hastier", "Entretien des réseaux", 450, 240, 52, 9, 20, 30, 14),
    _past("Blanchisserie Duret", "Entretien du linge", 150, 205, 30, 3, 8, 24, 7),
    _past("Signalétique Corvin", "Signalisation des sites", 300, 176, 38, 4, 6, 13, 5),
    _past("Archives Mondelin", "Numérisation", 300, 300, 36, 5, 15, 27, 11, there=True),
    _past("Traiteur Lavoine", "Réceptions", 150, 251, 25, 2, 4, 18, 6, there=True),
    _past("Cycles Perdriel", "Entretien des vélos", 150, 148, 31, 1, 7, 20, 8, there=True),
)


# ---- Telling the past ----------------------------------------------------------------------------------------------
def load(environment: dict[str, str], base_url: str) -> None:
    """Fill the empty tables of the local cloud, then send one document through the deployed product.

    Args:
        environment: of ``LocalCloud``: where the tables and keys are. Taken over by this process.
        base_url: where the product is served.
    """
    os.environ.update(environment)
    now = clock.utc_now()
    commit_the_past(now)
    store_what_is_held(now)
    send_for_real(base_url, FOR_REAL, TUTOR, RECIPIENT_FOR_REAL, now)


def commit_the_past(now: datetime) -> None:
    """Write all invented accounts and parcours into the empty tables that the environment names.

    The document that ``send_for_real`` sends is not among them.
    """
    for account in ACCOUNTS:
        transactions.commit(Transition(changes=(Change(None, account),)))
    for offer in (*OFFERS, *PAST):
        Story(offer.parcours(now), offer.tutor).commit(offer.chapters, now)


def store_what_is_held(now: datetime) -> None:
    """Store an empty object for each document that the past left there: proofs compare the storage with the tables."""
    for page in tables.query_pages(Due.DEPOSIT):
        for held in relay_table.read_deposits(map(identifier_of, page)).values():
            for kind in proving.must_hold(held, now):
                aws.s3().put_object(
                    Bucket=config.resource(objects.BUCKET),
                    Key=objects.object_key(held.id, kind),
                    Metadata={"parcours": held.parcours},
                )


@dataclass
class Story:
    """One parcours, whose chapters are written as if at instants of the past; ``tutor``: who takes it.

    The method « _<name> » of each chapter makes the product's own decision and writes it, without its mails.
    """

    parcours: Parcours
    tutor: Account | None

    def commit(self, chapters: tuple[Chapter, ...], now: datetime) -> None:
        """Declare the offer, then write each chapter at its own instant; ``now``: from which « days ago » counts."""
        self._keep(attempt.declare(self.parcours, secrets.token_hex(16)))
        for chapter in chapters:
            inputs = _decision_inputs(now - chapter.ago)
            if step := getattr(self, f"_{chapter.name}", None):
                step(inputs)
            else:
                self._note(EventKind(chapter.name), inputs)

    def _taken(self, inputs: DecisionInputs) -> None:
        """The tutor takes the offer."""
        self._keep(attempt.take(self._parcours(), self._taker(), inputs))

    def _announced(self, inputs: DecisionInputs) -> None:
        """The tutor announces a CV for the company's first contact."""
        identifier = str(uuid.uuid4())
        parcours, taker = self._parcours(), self._taker()
        document = Document(
            kind=Kind.CV, sealed_bytes=80_000, sha256="A" * 43 + "=", key_sha256=secrets.token_hex(32)
        )
        contents = Contents(
            owner=taker.id,
            sealed_by=taker.id,
            sender=Role.TUTOR,
            recipient=parcours.company.contacts[0].address,
            salt=secrets.token_hex(16),
            documents=(document,),
        )
        self._keep(
            sending.announce(self._passage(), identifier, contents, notice=True, policy=POLICY, inputs=inputs)
        )

    def _received(self, inputs: DecisionInputs) -> None:
        """The sealed CV arrives in the storage."""
        self._keep(sending.receive(self._deposit(), self._parcours(), Kind.CV, policy=POLICY, inputs=inputs))

    def _refused(self, inputs: DecisionInputs) -> None:
        """Inspection refuses the CV."""
        self._last = self._deposit().id
        self._keep(sending.refuse(self._deposit(), self._parcours(), Kind.CV, Reason.NOT_CANONICAL, inputs))

    def _sent(self, inputs: DecisionInputs) -> None:
        """Inspection accepts the CV, and the mail with the link leaves two seconds later."""
        step = sending.verify(self._deposit(), self._parcours(), Kind.CV, policy=POLICY, inputs=inputs)
        transactions.commit(step)
        waiting, later = (
            relay_table.read_mail(step.mails[0].key),
            _decision_inputs(inputs.now + timedelta(seconds=2)),
        )
        assert waiting is not None
        link = self._link()
        left = mailing.note_link_left(waiting, link, self._deposit(), self._parcours(), inputs=later)
        self._keep(contacts.note_contacts(left, link))

    def _opened(self, inputs: DecisionInputs) -> None:
        """The recipient opens the link."""
        link, case, browser = self._link(), self._sending(), secrets.token_hex(32)
        step = opening.claim(case, link, link.version, browser=browser, policy=POLICY, inputs=inputs)
        self._keep(contacts.note_contacts(step, link))

    def _confirmed(self, inputs: DecisionInputs) -> None:
        """The recipient confirms that the CV could be read."""
        link, self._last = self._link(), self._deposit().id
        assert link.opened_by is not None
        step = opening.answer(self._sending(), link, readable=True, browser=link.opened_by, inputs=inputs)
        self._keep(contacts.note_contacts(step, link))

    def _erased(self, inputs: DecisionInputs) -> None:
        """The purge erases the deposit and reduces what is kept of it."""
        identifier = self._parcours().live_deposit or self._last
        for later, decide in enumerate((sending.mark_erasing, sending.reduce)):
            current = relay_table.read_deposit(identifier)
            assert current is not None
            self._keep(
                decide(current, self._parcours(), _decision_inputs(inputs.now + timedelta(seconds=later)))
            )

    def _note(self, kind: EventKind, inputs: DecisionInputs) -> None:
        """The tutor notes an outcome; a meeting is planned in seven days, the internship of a signed agreement in sixty."""
        fixes = kind is EventKind.MEETING_FIXED
        ahead = {EventKind.MEETING_FIXED: 7, EventKind.CONVENTION_SIGNED: 60}.get(kind)
        outcome = Outcome(
            kind=kind,
            occurred_at=inputs.now,
            planned_at=inputs.now + timedelta(days=ahead) if ahead else None,
            contact=Interlocutor.ANSWERS_TENDER if fixes else None,
        )
        self._keep(outcomes.note(self._passage(), outcome, by=Role.TUTOR, inputs=inputs))

    _last: str = ""

    def _parcours(self) -> Parcours:
        """Return the parcours as it is stored now."""
        return parcours_table.read_parcours(self.parcours.id)

    def _taker(self) -> Account:
        assert self.tutor is not None
        return self.tutor

    def _deposit(self) -> deposit.Deposit:
        deposit = relay_table.read_deposit(self._parcours().live_deposit or "")
        assert deposit is not None
        return deposit

    def _link(self) -> Link:
        link = relay_table.read_link(self._deposit().link or "")
        assert link is not None
        return link

    def _passage(self) -> Case:
        """Return what decisions on outcomes read: the parcours and its current attempt."""
        parcours = self._parcours()
        return Case(parcours, parcours_table.read_attempt(parcours.id, parcours.attempt or 0))

    def _sending(self) -> Case:
        """Return what decisions on opening read: the parcours and its deposit."""
        return Case(self._parcours(), deposit=self._deposit())

    def _keep(self, step: Transition) -> None:
        """Write a transition without its mails, which nobody should receive."""
        transactions.commit(replace(step, mails=()))


def _decision_inputs(now: datetime) -> DecisionInputs:
    """Return what a decision needs besides its values: the instant, and random bytes."""
    return DecisionInputs(now=now, random=secrets.token_bytes(256))


# ---- Sending one document as a tutor's browser would: sealed here, posted by its form ------------------------------
class SignedForm(TypedDict):
    """The form with which one blob is posted to the storage."""

    url: str
    fields: dict[str, str]


CV = [
    "Curriculum vitae (exemple inventé)",
    "Formation : classe de troisième, puis ateliers de remobilisation",
    "Expérience : stage d’observation d’une semaine en cuisine",
    "Ce que j’aime : le travail en équipe, la précision, la cuisine",
    "Disponible : tout de suite",
]


@dataclass(frozen=True)
class Announced:
    """A document that was announced to the product and not posted yet: its sealed bytes, and the form to post them with."""

    deposit: str
    blob: bytes
    form: SignedForm


def send_for_real(
    base_url: str, parcours: str, sender: Account, recipient: str, now: datetime, *, code: bool = False
) -> None:
    """Seal a CV, announce it as this sender and post it; the deployed functions then inspect it and mail the link.

    Args:
        parcours: its id.
        recipient: address of the contact.
        code: see ``announce``.
    Raises:
        OSError: the product or the storage refused it.
    """
    announced = announce(base_url, signed_in(sender, now), parcours, recipient, code=code)
    post_form(announced.form, announced.blob)


def signed_in(account: Account, now: datetime) -> str:
    """Create a session of an account by writing it into the tables; return its cookie, as « name=value »."""
    cookie = draw_session_cookie(account.id)
    digest = hashlib.sha256(cookie.encode()).hexdigest()
    session = Session(id=digest, account=account.id, created_at=now, seen_at=now)
    transactions.commit(Transition(changes=(Change(None, session),)))
    return f"__Host-session={cookie}"


def announce(base_url: str, cookie: str, parcours: str, recipient: str, *, code: bool = False) -> Announced:
    """Seal a CV and announce it for a recipient. Where the product doubts the address, the sender confirms it.

    Args:
        cookie: of the sender's session.
        parcours: its id.
        code: whether the recipient proves who they are by a code given by telephone.
    Raises:
        OSError: the product refused it.
    """
    deposit, key, nonce = str(uuid.uuid4()), secrets.token_bytes(32), secrets.token_bytes(12)
    blob = seal.seal(one_page(CV), key=key, nonce=nonce, aad=build_associated_data(deposit, Kind.CV))
    document = {
        "kind": "cv",
        "bytes": len(blob),
        "sha256": base64.b64encode(hashlib.sha256(blob).digest()).decode(),
        "key": base64.b64encode(key).decode(),
    }
    said = {
        "deposit": deposit,
        "destinataire": recipient,
        "notice": True,
        "documents": [document],
        "code": code,
    }
    headers = {"Content-Type": "application/json", "Origin": base_url, "Cookie": cookie}
    url = f"{base_url}/parcours/{parcours}/depots"
    try:
        answer = post(url, json.dumps(said).encode(), headers)
    except urllib.error.HTTPError as refused:
        refusal = json.loads(refused.read())
        if refusal.get("code") != "recipient_doubtful":
            raise OSError(f"{refused.code} {refusal.get('code')}") from None
        confirmed = {"confirme": True, "vus": refusal["vus"]}
        answer = post(url, json.dumps(said | confirmed).encode(), headers)
    return Announced(deposit, blob, json.loads(answer)["documents"][0]["form"])


def post_form(form: SignedForm, blob: bytes) -> None:
    """Post a file by a signed form, straight to the storage.

    Raises:
        OSError: the storage refused it.
    """
    parts = form["fields"] | {"file": ("blob", blob, "application/octet-stream")}
    body, content_type = encode_multipart_formdata(parts)
    post(form["url"], body, {"Content-Type": content_type})


def post(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Send one POST request that may be repeated, until it is answered; return the body of its answer.

    On a busy machine a function starts too slowly for its gateway, at first.

    Raises:
        OSError: it was refused, or nobody answered.
    """
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - an address of the product's own
    for tries_left in reversed(range(TRIES)):
        try:
            with opener_for(url).open(request, timeout=TIMEOUT_SECONDS) as answer:
                return bytes(answer.read())
        except OSError as unanswered:
            if tries_left == 0 or getattr(unanswered, "code", 500) < 500:
                raise
    raise AssertionError


def opener_for(url: str) -> urllib.request.OpenerDirector:
    """Return what sends requests to an address: to this machine without the proxy that the internet may need.

    The certificate of a product served over TLS on this machine was made a moment ago: nobody vouches for it.
    """
    if urlsplit(url).hostname not in ("localhost", "127.0.0.1"):
        return urllib.request.build_opener()
    context = ssl._create_unverified_context()  # noqa: S323
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )


# ---- One-page PDFs ------------------------------------------------------------------------------------------------


def one_page(lines: list[str]) -> bytes:
    """Return a one-page PDF that shows these lines, the first one large.

    Text must be encodable in Windows-1252, as the font Helvetica needs it.
    """
    return proof.write_one_page(
        (780 - 26 * at, 22 if at == 0 else 12, line.encode("cp1252")) for at, line in enumerate(lines)
    )
