"""Who lives in a simulated year, and what each is inclined to do. Whatever is drawn depends on the seed and on what it is drawn
for alone: the same company answers in the same way whether or not it is reminded.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import BuyerContact, Company, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from tests.support import factories

ZONES = {
    "A": ("Dijon", "21", "Bourgogne-Franche-Comté"),
    "B": ("Strasbourg", "67", "Grand Est"),
    "C": ("Créteil", "94", "Île-de-France"),
}
"""One académie of each zone of school holidays; Alsace has public holidays of its own."""

PROMPT, LATE, IF_REMINDED, NEVER, DECLINES, BOUNCES, SOFT = (
    "answers", "answers late", "answers if asked again", "never answers", "declines", "bounces", "bounces softly",
)  # fmt: skip
MANNERS = {PROMPT: 26, LATE: 22, IF_REMINDED: 24, NEVER: 8, DECLINES: 8, BOUNCES: 7, SOFT: 5}
"""Of a hundred companies."""
ANSWERS_REMINDER, ANSWERS_CALL = 0.35, 0.5
"""The assumptions that the difference which reminders make rests on: how likely a company that is late, or waits to be asked
again, acts on one reminder within two days; and on one call."""
KNOWN_BUYER, NAMED_BUYER = 0.6, 0.25
"""Of the contracts: whose buyer has an account, whose is a name and an address; the others have neither."""
LOOKS = 0.12
"""How likely a young person who has the notice looks at its page on one day."""
DILIGENT, ORDINARY, IDLE = "diligent", "ordinary", "idle"
ACTS = {DILIGENT: 0.6, ORDINARY: 0.18, IDLE: 0.0}
"""How likely an agent does something that is hers on one working day, unasked,"""
PROMPTED = {DILIGENT: 0.8, ORDINARY: 0.5, IDLE: 0.25}
"""and on one on which a mail of the last two days asked her."""


def chance(*what: object) -> Random:
    """Return a random source seeded by these values alone, so that each draw is the same in every run."""
    return Random("|".join(map(str, what)))  # noqa: S311 - a seed makes the same year again


@dataclass
class Agent:
    """A person with an account, and how she works."""

    account: Account
    manner: str
    away: tuple[date, date] | None = None
    """First and last day of an absence that she announces on its first day, or three days before."""
    asked: datetime | None = None
    """When the last mail reached her."""

    def is_away(self, day: date) -> bool:
        """Return whether she is absent on this day."""
        return self.away is not None and self.away[0] <= day <= self.away[1]

    def acts(self, day: date, now: datetime, *what: object) -> bool:
        """Return whether she gets round to doing this on this day: likelier in the two days after a mail."""
        if self.is_away(day):
            return False
        asked = self.asked is not None and now - self.asked < timedelta(days=2)
        return chance(*what, day, self.account.id).random() < (PROMPTED if asked else ACTS)[self.manner]


@dataclass
class Firm:
    """A company, seen from one parcours."""

    manner: str
    address: str
    second: str | None
    """The address of another contact, who answers everything at once."""


@dataclass
class Cast:
    """Everybody who has an account."""

    seed: int
    begin: date
    agents: dict[str, Agent] = field(default_factory=dict)
    """By account id."""

    def __post_init__(self) -> None:
        for zone, (academie, departement, _) in ZONES.items():
            for number in range(4):
                manner = (DILIGENT, ORDINARY, ORDINARY, IDLE)[number]
                tutor = self._draw_account(Role.TUTOR, f"t{zone}{number}", academie=academie)
                self._joins(replace(tutor, departement=departement), manner)
            self._joins(self._draw_account(Role.COORDINATOR, f"c{zone}", academie=academie), ORDINARY)
        for number in range(6):
            manner = (DILIGENT, ORDINARY, ORDINARY, IDLE)[number % 4]
            organisation = f"Organisme {number}"
            self._joins(self._draw_account(Role.BUYER, f"b{number}", organisation=organisation), manner)
        self._joins(self._draw_account(Role.TEAM, "team"), DILIGENT)
        for number, agent in enumerate(self.list_agents(Role.TUTOR)):
            if number % 4 in {1, 3}:  # a fortnight away, once a year, in a season of her own
                first = self.begin + timedelta(days=21 + 27 * number)
                agent.away = (first, first + timedelta(days=13))

    def _draw_account(
        self, role: Role, name: str, *, academie: str | None = None, organisation: str | None = None
    ) -> Account:
        """Return an account whose id and address depend on the seed and the name alone."""
        return factories.account(
            role,
            id=f"{chance(self.seed, name).getrandbits(128):032x}",
            address=f"{name.lower()}@agents.example",
            name=NAMES[len(self.agents) % len(NAMES)],
            academie=academie,
            organisation=organisation,
        )

    def _joins(self, account: Account, manner: str) -> None:
        """Add somebody to the cast; ``manner``: how diligently she works."""
        self.agents[account.id] = Agent(account, manner)

    def list_agents(self, role: Role) -> list[Agent]:
        """Return everybody who has this role."""
        return [agent for agent in self.agents.values() if role in agent.account.roles]

    def list_agents_of_academie(self, role: Role, academie: str | None) -> list[Agent]:
        """Return everybody who has this role in this académie."""
        return [agent for agent in self.list_agents(role) if agent.account.academie == academie]

    def find_by_address(self, address: str) -> Agent | None:
        """Return the agent whose mailbox this is, if it is an agent's."""
        return next((agent for agent in self.agents.values() if agent.account.address == address), None)


NAMES = ("Maëlle Vautrin", "Karim Solenne", "Odile Ramain", "Wassila Ferrand", "Yann Estève", "Inès Roumégas")


def firm(seed: int, number: int) -> Firm:
    """Return the company of the ``number``-th parcours. Every tenth has two parcours, with the same contact."""
    shared = number - 1 if number % 10 == 1 else number
    drawn = chance(seed, "firm", shared)
    manner = drawn.choices(list(MANNERS), list(MANNERS.values()))[0]
    second = f"accueil{shared}@firme{shared}.example" if drawn.random() < 0.4 else None
    return Firm(manner, f"rh{shared}@firme{shared}.example", second)


def offer(cast: Cast, number: int, firm: Firm, now: datetime) -> Parcours:
    """Return the offer of the ``number``-th parcours."""
    drawn = chance(cast.seed, "offer", number)
    academie, departement, region = ZONES["ABC"[number % 3]]
    base = factories.offer()
    (known,) = base.company.contacts
    contacts = [replace(known, address=firm.address, name=f"Nadia Firme{number}")]
    if firm.second:
        name = f"Paul Firme{number}"
        contacts.append(replace(known, address=firm.second, role=ContactRole.WELCOMES, name=name))
    buyers = cast.list_agents(Role.BUYER)
    lot, buyer, named = drawn.random(), None, None
    organisation = f"Organisme sans compte {number}"
    if lot < KNOWN_BUYER:
        chosen = buyers[drawn.randrange(len(buyers))]
        buyer, organisation = chosen.account.id, str(chosen.account.organisation)
    elif lot < KNOWN_BUYER + NAMED_BUYER:
        named = BuyerContact(name=f"Achats {number}", address=f"achats{number}@acheteur{number}.example")
    contract = replace(
        base.contract,
        organisation=organisation,
        siren=factories.siren(organisation),
        detail=f"n° {number}",
        notified_on=day_of(now) - timedelta(days=40),
        ends_on=day_of(now) + timedelta(days=drawn.randrange(300, 900)),
    )
    return replace(
        factories.offer(
            company=Company(name=f"Ateliers numéro {number}", contacts=tuple(contacts)),
            contract=contract,
            placement=replace(base.placement, academie=academie, departement=departement, region=region),
            buyer=buyer,
            buyer_contact=named,
        ),
        id=f"{drawn.getrandbits(128):032x}",
        since=now,
        last_at=now,
    )
