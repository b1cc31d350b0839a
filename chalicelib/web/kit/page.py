"""What the pages of signed-in agents share: their call, the head of the page, an offer's facts, people, notices, the timeline.

``fact``: an event as a page shows it; ``reader`` or ``person``: who is signed in; ``sheet``: what the story has read of a
parcours for the reader.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import ClassVar, NamedTuple, Self

from chalice.app import Request, Response

from chalicelib import clock, french
from chalicelib.config import ERASED_MINUTES
from chalicelib.domain.accounts import passkeys
from chalicelib.domain.documents.erasure import may_state_erasure
from chalicelib.domain.kernel.attempt import Attempt, has_accompanied
from chalicelib.domain.kernel.parcours import CompanyContact, Contact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.kernel.timeline import Event, EventKind, Planned
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import ending
from chalicelib.domain.parcours.outcomes import MOVES, can_correct, list_corrected
from chalicelib.errors import RelayError
from chalicelib.french import PARIS
from chalicelib.stories import auditing
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.accounts.signing_in import SignedIn
from chalicelib.stories.parcours import KnownOf, Sheet
from chalicelib.web.kit.calls import AnyForm, Call, parse_form
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.http import IDENTIFIER, SESSION_COOKIE, answer, check_identifier, read_cookie
from chalicelib.web.kit.page_view import Head, NavigationLink, Notice, PageView, SignedInAs, render_page
from chalicelib.words import codes, timeline
from chalicelib.words.codes import HealthLine, Labelled

NOTICES = {
    "date-acceptee": (
        "Le rendez-vous est fixé",
        "Un message part aux personnes invitées qui prennent nos messages.",
    ),
    "autres-dates": (
        "D’autres dates sont demandées",
        "Un message part à la personne de l’entreprise encore à son poste. C’est à elle d’en proposer.",
    ),
    "rendez-vous-deplace": (
        "Le rendez-vous est déplacé",
        "La nouvelle invitation part dans quelques secondes aux personnes invitées qui prennent nos messages.",
    ),
    "rendez-vous-annule": (
        "Le rendez-vous est annulé",
        "Un message le dit aux personnes qui étaient invitées, avec le motif. La suite est dite ici.",
    ),
    "renvoye": (
        "Un nouveau lien part",
        "Il va à la même adresse, dans quelques secondes. L’ancien lien ne marche plus.",
    ),
    "retire": (
        "L’envoi est retiré",
        f"L’ancien lien ne marche plus. Les documents seront effacés de notre côté, en {ERASED_MINUTES} minutes au plus.",
    ),
    "abandonne": (
        "L’envoi est abandonné",
        f"Aucun lien n’était parti. Ce qui était arrivé est effacé, en {ERASED_MINUTES} minutes au plus.",
    ),
    "efface": (
        "L’effacement est demandé",
        "L’ancien lien ne marche plus. Documents, clés et adresse du destinataire seront effacés, "
        f"en {ERASED_MINUTES} minutes au plus.",
    ),
    "fini": (
        "Le parcours est terminé",
        "Les liens ne marchent plus. Un message le dit à qui a reçu le dernier envoi et à l’acheteur, s’ils prennent nos "
        "messages, sauf si cela s’est passé avant Passe-plat. "
        "L’offre est de nouveau libre, si son marché court encore.",
    ),
    "rendue": (
        "L’offre est rendue",
        "Aucun document n’était parti. L’offre est de nouveau libre, si son marché court encore.",
    ),
    "note": (
        "C’est noté",
        "C’est dans l’historique. En cas d’erreur, « Corriger » se trouve à côté.",
    ),
    "corrige": (
        "C’est corrigé",
        "La ligne reste dans l’historique, barrée. Le parcours est revenu où il en était avant.",
    ),
    "pris": (
        "L’offre est à vous",
        "Un parcours commence, sous une nouvelle référence. C’est à vous d’envoyer.",
    ),
    "prise": (
        "Cette offre n’est plus libre",
        "Une autre personne vient de la prendre, ou elle a été retirée. Rien n’a changé pour vous : voici les offres libres, "
        "les plus proches d’abord.",
    ),
    "fermee": (
        "Cette page n’est pas ouverte à votre compte",
        "Si c’était une offre, une autre personne l’a prise, ou elle a été retirée. Si c’était un parcours, une autre personne "
        "le suit. Voici les offres libres, les plus proches d’abord.",
    ),
    "declaree": (
        "L’offre est déclarée",
        "Elle est libre : les personnes qui suivent des jeunes peuvent la prendre.",
    ),
    "modifiee": ("La fiche est enregistrée", "Un lien déjà parti ne change pas d’adresse."),
    "verifie": ("Le contact est vérifié", "La date du jour est notée à côté de son nom."),
    "contact": ("Le contact est enregistré", "Un lien déjà parti ne change pas d’adresse."),
    "designe": ("L’offre est confiée", "Un parcours commence, sous une nouvelle référence."),
    "repris": (
        "Le parcours change de mains",
        "L’envoi en cours reste chez le même destinataire. La personne choisie peut le retirer.",
    ),
    "coordination": ("C’est enregistré", "La même personne suit le jeune, et la coordination est à jour."),
    "retiree": ("L’offre est retirée", "Personne ne peut plus la prendre. L’historique reste."),
    "signalee": (
        "L’offre est signalée",
        "L’équipe, et l’acheteur s’il a un compte, en reçoivent un message par jour au plus. L’historique garde le motif seul.",
    ),
    "remise": ("L’offre est remise", "Elle est de nouveau libre."),
    "parle": (
        "C’est noté",
        "Le parcours continue. Un lien suspendu marche de nouveau jusqu’à sa date, "
        "un envoi retiré est à refaire.",
    ),
    "tient": ("C’est noté", "Le rendez-vous tient\u00a0: le jeune vient à l’heure convenue."),
    "cle": (
        "Une nouvelle clé est faite",
        "L’ancienne notice n’ouvre plus la page du jeune. Imprimez celle-ci, et remettez-la-lui.",
    ),
    "cle-finie": ("C’est fait", "Les notices déjà imprimées n’ouvrent plus la page du jeune."),
    "direct": (
        "Le lien envoyé à l’acheteur est retiré",
        "Choisissez l’entreprise, et les documents de nouveau : ils étaient chiffrés pour l’autre personne seulement.",
    ),
    "refus-annule": (
        "Le refus est annulé",
        "Un message le dit à l’entreprise et à l’acheteur, s’ils prennent nos messages. "
        "Un rendez-vous que le refus avait annulé est à fixer de nouveau.",
    ),
    "collegue": ("Le lien part", "Il va à l’adresse que l’entreprise a donnée, dans quelques secondes."),
    "collegue-refuse": (
        "Le lien reste où il est",
        "Rien n’est parti à cette adresse. Dites à l’entreprise pourquoi, par téléphone ou par message.",
    ),
    "relance": (
        "La relance part",
        "Elle part dans quelques secondes. Laissez passer un jour avant la suivante.",
    ),
    "vue": ("La vue est enregistrée", "Elle est en haut de cette page. Son nom n’est montré qu’à vous."),
    "vue-remplacee": (
        "La vue est remplacée",
        "Une vue de ce nom était déjà enregistrée : ce nom mène maintenant à cette liste.",
    ),
    "vue-retiree": ("La vue est retirée", "La liste reste la même\u00a0: seul son nom n’est plus gardé."),
    "sms": (
        "Le SMS est demandé",
        "Il part en heures ouvrées, de 8 h 30 à 20 h, si le lien n’est pas ouvert d’ici là. L’historique dira s’il est parti.",
    ),
}
"""What was just done, by its slug in the address."""
MAILED = {
    "pris": EventKind.OFFER_TAKEN,
    "designe": EventKind.ATTEMPT_OPENED,
    "rendue": EventKind.OFFER_GIVEN_BACK,
}
"""By the same slug, the fact that says to whom a mail left."""
PLAYED = ("POST", "/parcours/{parcours_id}/depots")
"""All that the daily proof of erasure asks of the site in its tutor's place."""
AGREED = frozenset({EventKind.SLOT_ACCEPTED, EventKind.MEETING_MOVED, EventKind.MEETING_CANCELLED})
"""No outcomes, yet shown with the hour of the meeting."""


AccountsByRole = dict[Role, tuple[Account, ...]]


@dataclass(frozen=True)
class AgentCall(Call[AnyForm]):
    """A request from a signed-in agent."""

    is_far_reaching: ClassVar[bool] = False
    """Whether a fresh sign-in is needed."""
    signed_in: SignedIn

    @property
    def agent(self) -> Account:
        """Who is signed in."""
        return self.signed_in.account

    @classmethod
    def from_request(cls, request: Request, form: type[AnyForm]) -> Self:
        """Make the call of a view from a request.

        The account of the daily proof of erasure may only announce documents. What the path names is read with the session.

        Raises:
            SignedOut: nobody is signed in in this browser, or no longer.
            SignInStale: see ``is_far_reaching``.
        """
        now = clock.utc_now()
        signed_in = cls._authenticate(request, now)
        call = cls(request, now, parse_form(request, form, signed_in.account), signed_in)
        if cls.is_far_reaching:
            passkeys.check_fresh(signed_in.session, now)
        return call

    @classmethod
    def check_sight(cls, request: Request, path: Mapping[str, str]) -> None:
        """Raise NotFound where the path names a parcours, or a deposit of one, that the agent may not see."""
        ids = {name: check_identifier(part) for name, part in path.items() if name.endswith("_id")}
        signed_in = cls._authenticate(request, clock.utc_now())
        parcours_stories.check_sight(
            signed_in.account, parcours=ids.get("parcours_id"), deposit=ids.get("deposit_id")
        )

    @classmethod
    def _authenticate(cls, request: Request, now: datetime) -> SignedIn:
        """Read who is signed in, and what the path names of which nothing else is read."""
        played = (request.method, request.path) == PLAYED
        ids = {name: part for name, part in (request.uri_params or {}).items() if IDENTIFIER.fullmatch(part)}
        return signing_in.authenticate(
            read_cookie(request, SESSION_COOKIE),
            now=now,
            synthetic=played,
            deposit=ids.get("deposit_id"),
            parcours=ids.get("parcours_id") if played else None,  # other acts read more than its head
        )

    @staticmethod
    def note_read() -> None:
        auditing.note_read()

    @staticmethod
    def note_refused() -> None:
        auditing.note_refused()

    def show(
        self, view: PageView, nav: str, refusal: RelayError | None = None, *, status: int = 200
    ) -> Response:
        """Answer with the page of a view, below the head of this agent; ``nav``: the link of the navigation that leads here.

        ``refusal``: the one that the page explains, whose status the answer gets in place of ``status``.
        """
        head = Head(build_signed_in_as(self.agent), nav)
        if refusal is not None:
            row, _ = describe(refusal)
            status = row.status
        return answer(status, render_page(view, head))


class FreshCall(AgentCall[AnyForm]):
    """A request for an act that reaches far, from an agent who signed in a short time ago."""

    is_far_reaching = True


def find_notice(slug: str, events: Sequence[Event] = ()) -> Notice | None:
    """Return the notice of this slug (``?fait=``); None when there is none.

    It also says who was mailed, by the last of these events that the notice is about.
    """
    if slug not in NOTICES:
        return None
    title, text = NOTICES[slug]
    about = [event for event in events if event.kind is MAILED.get(slug)]
    latest = max(about, key=lambda event: event.at, default=None)
    mailed = timeline.format_contact(latest) if latest is not None else None
    return Notice(title, f"{text} {mailed}" if mailed else text)


def build_signed_in_as(person: Account) -> SignedInAs:
    """Build what the head of a page says of the signed-in agent, and the links of the navigation."""
    return SignedInAs(
        person.name, "équipe" if person.is_team else person.function, person.is_team, _list_links(person)
    )


def _list_links(person: Account) -> tuple[NavigationLink, ...]:
    """Return the links of the navigation for this person's roles."""
    declares = person.is_team or person.roles & {Role.BUYER, Role.PRESCRIBER}
    invites = person.is_team or person.roles & {Role.COORDINATOR, Role.BUYER}
    links = [
        ("parcours", "/parcours", "Parcours"),
        ("declarer", "/offres/nouvelle", "Nouvelle offre") if declares else None,
        ("comptes", "/comptes", "Comptes") if invites else None,
        ("import", "/import", "Import") if person.is_team else None,
    ]
    return tuple(NavigationLink(*link) for link in links if link is not None)


class Heading(NamedTuple):
    """The parcours that a page is about."""

    id: str
    reference: str | None
    company: str


class Offer(NamedTuple):
    """The facts of an offer; ``reachable``: the record has a contact of the company; ``ends_on``: renewals included."""

    id: str
    reference: str | None
    company: str
    contract: str
    lot: str | None
    hours: int
    town: str
    tasks: str | None
    reachable: bool
    buyer: str | None
    status: Labelled
    notified_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Person:
    """A person as pages show them; a page that says more fills further fields."""

    name: str
    address: str
    function: str | None
    phone: str | None
    health: HealthLine | None
    """What is known of a contact; None for an account."""
    role: Role | None = None
    label: str = ""
    """What the role is called: of a contact of the company, where its line has no ``works_for``, what the person does there."""
    works_for: str = ""
    """For whom somebody works, or what a contact of the company does there."""
    me: bool = False
    origin: str = ""
    """Where the address comes from, on the page of a sending, and"""
    trusted: bool = False
    """whether a link goes there without a question."""

    @property
    def local(self) -> str:
        """The address before its « @ »."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """The address after its « @ »."""
        return self.address.rpartition("@")[2]


class People(NamedTuple):
    """Everybody on a parcours, and the person to call first (None: nobody has a number).

    ``ask_for``: whom of the company to ask for at that number, whose own is unknown; empty for nobody.
    """

    all: list[Person]
    call: Person | None
    ask_for: str


def build_heading(parcours: Parcours) -> Heading:
    """Build the heading of a page about a parcours."""
    return Heading(parcours.id, parcours.reference, parcours.company.name)


def build_offer(parcours: Parcours) -> Offer:
    """Build the facts of an offer."""
    return Offer(
        id=parcours.id,
        reference=parcours.reference,
        company=parcours.company.name,
        contract=parcours.contract.object,
        lot=parcours.contract.lot,
        hours=parcours.placement.hours,
        town=parcours.placement.town,
        tasks=parcours.placement.tasks,
        reachable=bool(parcours.company.contacts),
        buyer=parcours.contract.organisation,
        status=Labelled(parcours.status.value, codes.STATUS[parcours.status]),
        notified_on=parcours.contract.notified_on,
        ends_on=parcours.contract.renewal_ends_on or parcours.contract.ends_on,
    )


def build_person(person: Contact | Account, known: KnownOf) -> Person:
    """Build how to reach a person and, for a contact, what is known of the address."""
    health = codes.format_health(known(person)) if isinstance(person, Contact) else None
    return Person(person.name, person.address, person.function, person.phone, health)


def list_people(reader: Account, sheet: Sheet) -> People | None:
    """Return everybody on a parcours and whom to call first; None when the reader may not see the contacts.

    First to call is somebody in the role that is awaited or, when nobody or the reader is awaited, in the company; without a
    number there, anybody else who has one.
    """
    if not sheet.sees_contacts:
        return None
    accounts = parcours_stories.list_people(sheet)
    everybody = [
        replace(person, me=person.address == reader.address)
        for person in (
            *_list_company_people(sheet),
            *_list_buyers(sheet, accounts),
            *_list_field_people(sheet, accounts),
        )
    ]
    awaited = sheet.turn.role if sheet.turn and not sheet.yours else None
    has_left = sheet.page.parcours.has_left
    called = [
        person for person in everybody if person.phone and not person.me and not has_left(person.address)
    ]
    called.sort(key=lambda person: person.role is not (awaited or Role.COMPANY))
    call = called[0] if called else None
    is_of_company = call is not None and call.role is Role.COMPANY
    ask_for = find_person_to_ask_for(list_contacts_to_call(sheet)) if is_of_company else ""
    return People(everybody, call, ask_for)


def _list_company_people(sheet: Sheet) -> Iterator[Person]:
    """Yield the company's contacts, in the order in which to call them."""
    for contact in list_contacts_to_call(sheet):
        yield _build_person_on_parcours(
            sheet, contact, Role.COMPANY, codes.format_contact_role(sheet.page.parcours.company, contact)
        )


def _list_buyers(sheet: Sheet, accounts: AccountsByRole) -> Iterator[Person]:
    """Yield the buyer's account or, when there is none, the buyer's contact in the record."""
    parcours = sheet.page.parcours
    named = (parcours.buyer_contact,) if parcours.buyer_contact is not None else ()
    for buyer in accounts[Role.BUYER] or named:
        yield _build_person_on_parcours(sheet, buyer, Role.BUYER, parcours.contract.organisation)


def _list_field_people(sheet: Sheet, accounts: AccountsByRole) -> Iterator[Person]:
    """Yield the open accounts of prescribers, tutor and coordinator."""
    for role in (Role.PRESCRIBER, Role.TUTOR, Role.COORDINATOR):
        for account in accounts[role]:
            works_for = account.organisation or french.academie(account.academie or "")
            yield _build_person_on_parcours(sheet, account, role, works_for)


def _build_person_on_parcours(sheet: Sheet, person: Contact | Account, role: Role, works_for: str) -> Person:
    """Build a person with their role on the parcours; ``works_for``: for whom, or what they do in the company."""
    return replace(build_person(person, sheet.health), role=role, label=codes.ROLE[role], works_for=works_for)


def list_contacts_to_call(sheet: Sheet) -> list[CompanyContact]:
    """Return the company's contacts in the order in which to call them: who got the link, who welcomes, the others.

    Those whose address refused a mail, who have left, or whose number is wrong come last.
    """
    got = sheet.links[0].recipient if sheet.links else None
    return sorted(
        sheet.page.parcours.company.contacts,
        key=lambda contact: (
            sheet.health(contact).is_called_last,
            contact.address != got,
            contact in sheet.page.parcours.company.further,
            contact.role is not ContactRole.WELCOMES,
        ),
    )


def find_person_to_ask_for(in_order: Sequence[CompanyContact]) -> str:
    """Return the name of the contact who is to be called first and has no number; empty where the first has one.

    ``in_order``: as ``list_contacts_to_call`` returns them.
    """
    first = next(iter(in_order), None)
    return first.name if first is not None and not first.phone else ""


def find_current_attempt(sheet: Sheet) -> Attempt | None:
    """Return the passage under way; None when there is none."""
    number = sheet.page.parcours.attempt
    return next(
        (attempt for attempt in sheet.page.attempts if attempt.number == number and attempt.ended_at is None),
        None,
    )


class FactLine(NamedTuple):
    """A line of the timeline; ``role``: code of who acted; ``at``: when it was noted; ``corrected``: when it was taken back."""

    id: str
    at: datetime
    role: str
    who: str
    text: str
    detail: str | None
    occurred: datetime | None
    """When it happened, where it was noted later."""
    corrected: datetime | None
    correctable: bool
    statement: str | None
    """Where an erasure is stated, to be printed."""
    happened: datetime | None = None
    """The day that is said, where lines do not stand under their days."""


class DayOfFacts(NamedTuple):
    """The facts of one day."""

    day: date
    facts: list[FactLine]


@dataclass(frozen=True)
class Timeline:
    """What is known of all events of a parcours, from which single lines are built for one reader."""

    corrected_at: dict[str, datetime]
    """When which fact was taken back."""
    by_id: dict[str, Event]
    correctable: frozenset[str]
    """The facts that this person may take back now,"""
    own: frozenset[str]
    """and those that this person is sure to have noted."""
    stated: frozenset[str]
    """The erasures of which this person may print a statement."""

    def list_days(self, events: tuple[Event, ...]) -> list[DayOfFacts]:
        """Return these events as lines, by the days in Paris on which they happened, newest first."""
        by_day = groupby(
            _sort_newest_first(events), key=lambda event: event.happened_at.astimezone(PARIS).date()
        )
        return [DayOfFacts(day, [self.build_line(event) for event in facts]) for day, facts in by_day]

    def list_last(self, events: tuple[Event, ...], most: int) -> list[FactLine]:
        """Return the events that happened last as lines, newest first, at most ``most``; each says its own day."""
        return [
            self.build_line(event)._replace(happened=event.happened_at)
            for event in _sort_newest_first(events)[:most]
        ]

    def build_line(self, event: Event) -> FactLine:
        """Build the line of one event."""
        actor, text = self._describe(event)
        return FactLine(
            id=event.id,
            at=event.at,
            role=event.actor.value,
            who=actor,
            text=text,
            detail=self._build_detail(event),
            occurred=event.occurred_at,
            corrected=self.corrected_at.get(event.id),
            correctable=event.id in self.correctable,
            statement=build_statement_path(event) if event.id in self.stated else None,
        )

    def _describe(self, event: Event) -> tuple[str, str]:
        """Return who acted and what happened, in words; an event of the reader says « vous »."""
        return timeline.describe_event(event, yours=event.id in self.own)

    def _build_detail(self, event: Event) -> str | None:
        """Return why, with whom and for when; of a correction, the fact that it takes back; None when there is nothing to add."""
        wrong = self.by_id.get(event.corrects or "")
        if wrong is not None:
            day = french.jour_court(wrong.happened_at)
            corrected = f"Corrige\u00a0: «\u00a0{' '.join(self._describe(wrong))}\u00a0», le {day}."
            return " ".join(part for part in (corrected, timeline.format_contact(event)) if part)
        parts = [
            timeline.format_detail(event),
            timeline.format_contact(event),
            timeline.format_move(event),
        ]
        if event.planned_at is not None:
            parts.append(f"{timeline.FACTS[event.kind].until or 'Prévu le'} {format_planned(event)}.")
        return " ".join(part for part in parts if part) or None


def build_timeline(person: Account, sheet: Sheet) -> Timeline:
    """Build the timeline of a parcours for this reader."""
    events = sheet.page.events
    return Timeline(
        corrected_at={event.corrects: event.at for event in events if event.corrects},
        by_id={event.id: event for event in events},
        correctable=_list_correctable(person, sheet) | _list_resumable(person, sheet),
        own=frozenset(_list_own(person, sheet)),
        stated=frozenset(_list_stated(person, sheet)),
    )


def _list_correctable(person: Account, sheet: Sheet) -> frozenset[str]:
    """Return the ids of the events that this person may correct, except the end of a passage."""
    page, ended = sheet.page, find_last_ended(sheet)
    taken_back = list_corrected(page.events)
    as_tutor_of = ended.number if ended is not None and has_accompanied(person, ended) else None
    return frozenset(
        event.id
        for event in page.events
        if can_correct(page.parcours, event, taken_back) and _may_correct(sheet.role, event, as_tutor_of)
    )


def _list_resumable(person: Account, sheet: Sheet) -> frozenset[str]:
    """Return the id of the event that ended the last passage, when this person may take it back; else nothing."""
    page, ended = sheet.page, find_last_ended(sheet)
    if ended is None or page.parcours.status not in ending.RESUMABLE:
        return frozenset()
    if not has_accompanied(person, ended) and not may(person, Act.RESUME, page.parcours):
        return frozenset()
    taken_back = list_corrected(page.events)
    return frozenset(
        event.id for event in page.events if _is_end_of(ended, event) and event.id not in taken_back
    )


def find_last_ended(sheet: Sheet) -> Attempt | None:
    """Return the last passage, if it has ended."""
    last = sheet.page.attempts[-1] if sheet.page.attempts else None
    return last if last is not None and last.ended_at is not None else None


def _list_stated(person: Account, sheet: Sheet) -> list[str]:
    """Return the ids of the erasures of which this person may print a statement.

    Their documents belong to a passage that the person accompanies or has accompanied.
    """
    parcours = sheet.page.parcours
    stated = {
        attempt.number for attempt in sheet.page.attempts if may_state_erasure(person, parcours, attempt)
    }
    return [
        event.id
        for event in sheet.page.events
        if event.kind is EventKind.DOCUMENTS_ERASED and event.attempt in stated
    ]


def build_statement_path(event: Event) -> str:
    """Return the path of the page that states this erasure."""
    return f"/parcours/{event.parcours}/effacements/{event.id}"


def _list_own(person: Account, sheet: Sheet) -> list[str]:
    """Return the ids of the events that this tutor has noted on the current passage, since it is theirs.

    Other roles may be held by several people, so that nobody knows which of them noted an event.
    """
    parcours = sheet.page.parcours
    if parcours.tutor != person.id:
        return []
    noted_by_tutor: list[str] = []
    for event in sheet.page.events:
        if event.attempt not in {None, parcours.attempt} or event.kind is EventKind.TUTOR_ASSIGNED:
            noted_by_tutor = []
        elif event.actor is Role.TUTOR:
            noted_by_tutor.append(event.id)
    return noted_by_tutor


def _sort_newest_first(events: tuple[Event, ...]) -> list[Event]:
    """Sort events by when they happened, then by when they were noted, newest first."""
    return sorted(events, key=lambda event: (event.happened_at, event.at), reverse=True)


def _may_correct(role: Role | None, event: Event, as_tutor_of: int | None) -> bool:
    """Return whether this person may correct an event: whoever may note one of its kind may.

    ``as_tutor_of``: number of an ended passage whose tutor the person was, which counts as that role.
    """
    if role is None and as_tutor_of is not None and event.attempt == as_tutor_of:
        role = Role.TUTOR
    return event.kind in MOVES and role in MOVES[event.kind].who


def _is_end_of(last: Attempt, event: Event) -> bool:
    """Return whether this event ended the passage and can be taken back."""
    return last.ended_at == event.at and event.kind in ending.CORRECTABLE and event.attempt == last.number


def format_planned(event: Event) -> str:
    """Format when something is planned: « 3 décembre 2026 », or « 3 décembre 2026 à 14 h 30 »."""
    assert event.planned_at is not None
    day = french.jour_court(event.planned_at)
    move = MOVES.get(event.kind)
    with_hour = event.kind in AGREED or (move is not None and move.planned is Planned.HOUR)
    return f"{day} à {french.heure(event.planned_at)}" if with_hour else day


def describe_noted(event: Event) -> str:
    """Say what was just noted: « 10 h 14 : message laissé »; a fact of an earlier day has that day instead of the hour."""
    if event.kind is EventKind.CALL_NOTED and event.reason is not None:
        row = codes.REASONS[event.reason]
        text = french.minuscule(row.button or row.label)
    else:
        text = timeline.FACTS[event.kind].after_noting
    if event.planned_at is not None:
        text += f", {timeline.FACTS[event.kind].until.lower() or 'le'} {format_planned(event)}"
    when = french.jour_court(event.occurred_at) if event.occurred_at else french.heure(event.at)
    return f"{when}\u00a0: {text}"
