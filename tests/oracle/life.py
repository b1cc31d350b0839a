"""A life of one parcours: everybody acts through pages, links and mails, on a world in this process, while days pass.

An act is a name in ``acts.ACTS``, so a life is a list of names: it can be printed, lived again, and made shorter.
"""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from lxml.html import HtmlElement

from chalicelib import clock, config
from chalicelib.domain.kernel import attempt, delivery
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.reminding import MORNING
from chalicelib.mails.feeds import write_feed
from chalicelib.stores import items, parcours_table, relay_table, transactions
from chalicelib.stories import lists, reminding, retention, young
from chalicelib.stories.mails import feedback, mailing
from tests.conftest import Clock
from tests.faults.snapshots import QuickWorld, Snapshot
from tests.oracle import shown
from tests.oracle.shown import Letter, Place, Screen, Shown
from tests.support import factories, ses_events, worlds
from tests.support.authenticator import Authenticator, signs_in_by_passkey
from tests.support.http import Answer, Client, signed_in
from tests.support.mornings import paris_instant
from tests.support.moto_worlds import find_first_due, raws, texts
from tests.support.provider import FakeProvider
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records

FIRST, SECOND = "n.bellanger@jardins.entreprise.example", "p.meric@jardins.entreprise.example"
COLLEAGUE, ELSEWHERE = "j.roy@jardins.entreprise.example", "jeanne.roy@chantier.example"
COMPANY = (FIRST, SECOND, COLLEAGUE, ELSEWHERE)
BUYER_CONTACT = "achats@ministere.example"
YOUNG_ADDRESS = "jeune@courriel.example"
"""Where a request about data is answered."""
CAST = {
    "tutor": (Role.TUTOR, "Maëlle Vautrin"),
    "other tutor": (Role.TUTOR, "Karim Solenne"),
    "coordinator": (Role.COORDINATOR, "Odile Ramain"),
    "buyer": (Role.BUYER, "Inès Roumégas"),
    "team": (Role.TEAM, "Yann Estève"),
}
BEGINNINGS = ("buyer with an account", "buyer with an address", "nobody at the buyer’s")
"""The three offers of the world: a life is that of one of them."""
SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class Entrance:
    """How somebody of the cast signs in, as they know it themselves."""

    passkeys: tuple[tuple[str, Authenticator], ...] = ()
    """The name and the device of each passkey, the oldest first."""
    code_at: datetime | None = None
    """When a mailed code first opened a session."""
    linked_at: datetime | None = None
    """Since when ProConnect opens one, if it does."""
    began_at: datetime | None = None
    """When the session of their browser began."""


@dataclass(frozen=True)
class Known:
    """What is known at one moment, beside what is shown."""

    now: datetime
    parcours: str
    """Id of the parcours."""
    buyer: str
    """How the buyer is known: one of ``BEGINNINGS``."""
    cast: dict[str, Account]
    """By name, the accounts as they stand."""
    acts: tuple[tuple[datetime, str], ...]
    """What was done so far, oldest first."""
    facts: tuple[Event, ...]
    """The history as it is stored, oldest first."""
    letters: tuple[Letter, ...]
    """Every mail that left, oldest first."""
    refused: str = ""
    """What an act that a page offered was refused with."""
    documents: int = 0
    """How many sealed documents are stored."""
    texts: int = 0
    """How many SMS left."""
    looked_on: date | None = None
    """On which day the young person last looked, in the present passage."""
    entrances: Mapping[str, Entrance] = field(default_factory=dict)
    """By name, how those of the cast sign in."""

    @property
    def act(self) -> str:
        """The last act."""
        return self.acts[-1][1] if self.acts else ""

    def is_open(self, name: str) -> bool:
        """Return whether this person of the cast has an open account."""
        return name in self.cast and self.cast[name].closed_at is None


@dataclass
class Life:
    """One life on the world, up to now."""

    world: QuickWorld
    time: Clock
    begun: str
    """Which offer it is of."""
    cast: dict[str, str]
    """By name, the ids of the accounts."""
    offer: Parcours
    looks: Callable[[Shown, Known], None]
    """Called with everything that is shown whenever something has happened."""
    provider: FakeProvider
    patient: bool = False
    """Whether anybody may act next, rather than who has just looked at the page: who looks costs time."""
    thorough: bool = False
    """Whether everybody looks at everything after each act, rather than who acted and one more."""
    acts: tuple[tuple[datetime, str], ...] = ()
    letters: tuple[Letter, ...] = ()
    read_mails: int = 0
    """How many mails were read already."""
    refused: str = ""
    clients: dict[str, Client] = field(default_factory=dict)
    """By a name of the cast or the address of a mailbox."""
    tokens: dict[str, str] = field(default_factory=dict)
    """By mailbox, the last link that arrived there; the newest last."""
    relay: Relay | None = None
    """The last sending."""
    pages: dict[str, HtmlElement] = field(default_factory=dict)
    """What was read since the last act, by reader and path,"""
    views: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    """and what the pages of links were told, by mailbox."""
    notice: Screen | None = None
    """What the last act was answered with."""
    entrances: dict[str, Entrance] = field(default_factory=dict)
    """By a name of the cast, how they sign in."""
    looked: dict[str, date] = field(default_factory=dict)
    """By the reference of a passage, on which day its young person last looked."""

    @property
    def path(self) -> str:
        """The page of the parcours."""
        return f"/parcours/{self.offer.id}"

    def keep(self) -> Callable[[], None]:
        """Return a function that puts everything back as it is now, as often as it is called."""
        stands, fields = Snapshot.of(self.world, self.time), dict(vars(self))
        clients, tokens, looked = copy.deepcopy(self.clients), dict(self.tokens), dict(self.looked)
        pages, views, entrances = dict(self.pages), dict(self.views), dict(self.entrances)

        def again() -> None:
            stands.restore()
            vars(self).update(fields)
            self.clients, self.tokens = copy.deepcopy(clients), dict(tokens)
            self.pages, self.views, self.looked = dict(pages), dict(views), dict(looked)
            self.entrances = dict(entrances)

        return again

    # People look

    def client(self, name: str) -> Client:
        """Return the browser of somebody of the cast, signed in, or of a mailbox."""
        if name not in self.clients:
            self.clients[name] = self._sign_in(name) if name in self.cast else Client()
            if name not in self.cast:
                self.clients[name].get("/retrait")
        return self.clients[name]

    def _sign_in(self, name: str) -> Client:
        """Return a browser in which somebody of the cast has just signed in: by the last passkey, where there is one."""
        passkeys = self.entrance(name).passkeys
        self.note_entrance(name, began_at=self.time.now)
        if not passkeys:
            return signed_in(self.account(name))
        client = Client()
        signs_in_by_passkey(client, passkeys[-1][1])
        return client

    def entrance(self, name: str) -> Entrance:
        """Return how somebody of the cast signs in."""
        return self.entrances.get(name, Entrance())

    def note_entrance(self, name: str, entrance: Entrance | None = None, *, began_at: datetime) -> None:
        """Note how somebody of the cast signs in from now on, and since when their browser is signed in."""
        self.entrances[name] = replace(entrance or self.entrance(name), began_at=began_at)

    def account(self, name: str) -> Account:
        """Return the account of somebody of the cast, as it stands."""
        account = parcours_table.read_account(self.cast[name])
        assert account is not None
        return account

    def find_buyer(self) -> str | None:
        """Return the address at which the buyer of this offer is known; None: nobody is."""
        account = self.account("buyer").address if self.begun == BEGINNINGS[0] else None
        return BUYER_CONTACT if self.begun == BEGINNINGS[1] else account

    def read(self, name: str, path: str) -> HtmlElement | None:
        """Return the page that somebody of the cast reads at this path; None: it is not shown to her."""
        if f"{name} {path}" not in self.pages:
            answer = self.confirm(name, self.client(name).get(path))
            assert answer.status < 500, f"{name} reads {path}: {answer.text}"
            self.pages[f"{name} {path}"] = shown.parse(answer.text) if answer.status == 200 else None
        return self.pages[f"{name} {path}"]

    def glimpse(self, mailbox: str) -> dict[str, Any] | None:
        """Return what the script of the last link in a mailbox is told; None: there is none, or it is gone."""
        if mailbox in self.tokens and mailbox not in self.views:
            answer = self.client(mailbox).post_json("/retrait/apercu", {"token": self.tokens[mailbox]})
            self.views[mailbox] = answer.json if answer.status == 200 else None
        return self.views.get(mailbox)

    def is_looking(self, name: str) -> bool:
        """Return whether this person may act now: she has just looked at the page, or everybody has the time to."""
        return self.patient or f"{name} {self.path}" in self.pages

    def list_links(self, name: str) -> list[str]:
        """Return where the page of the parcours leads this person who looks at it."""
        page = self.read(name, self.path) if self.is_looking(name) else None
        return [str(link) for link in page.xpath("//a/@href")] if page is not None else []

    # Acts

    def press(self, name: str, form: HtmlElement, typed: dict[str, str]) -> None:
        """Send a form of a page as somebody of the cast, its blanks filled with what is typed; read where it leads."""
        path, fields = form.action.partition("#")[0], {**dict(form.form_values()), **typed}
        self.answered(name, self.confirm(name, self.client(name).post_form(path, fields)))

    def confirm(self, name: str, answer: Answer) -> Answer:
        """Sign in anew where an answer asks for that, and send the form that it hands back; return what comes of it."""
        page = shown.parse(answer.text) if "Confirmez que c’est vous" in answer.text else None
        if page is None:
            return answer
        held_back = Screen(name, Place.HELD_BACK, shown.read_words(page.body))
        self.looks(Shown((held_back,)), self.known())
        self.clients[name] = self._sign_in(name)
        (form,) = page.xpath("//main//form")
        fields = dict(form.form_values())
        if form.method == "GET":
            return self.clients[name].get(f"{form.action}?{urlencode(fields)}")
        return self.clients[name].post_form(form.action, fields)

    def answered(self, name: str, answer: Answer) -> None:
        """Note what an act of somebody was answered with."""
        if answer.status != SEE_OTHER:
            self.refused = f"{answer.status} {_read_refusal(answer)}" if answer.status >= 400 else ""
            return
        path = answer.headers["location"].partition("#")[0]
        led_to = self.client(name).get(path)
        if led_to.status == 200:
            self.notice = Screen(name, Place.NOTICE, shown.read_notice(shown.parse(led_to.text)))

    def find_form(self, name: str, ending: str, at: str = "", **chosen: str) -> HtmlElement | None:
        """Return a form that leads to an address ending so, on a page below the parcours, with these values in it."""
        path = at or self.path
        is_below = path.startswith(self.path) and path != self.path
        if not self.is_looking(name) or (is_below and path not in self.list_links(name)):
            return None
        page = self.read(name, path)
        for form in page.forms if page is not None else ():
            if re.split("[?#]", form.action or "")[0].endswith(ending) and all(
                _offers(form, page, *pair) for pair in chosen.items()
            ):
                return form
        return None

    # The service works

    def mailer_runs(self) -> None:
        """Let the waiting mails leave, and look at those that left. Whatever happens, this comes after it."""
        self.views.clear()
        outbox = [item["key"] for item in self.world.table(items.RELAY, "mail#")]
        if outbox:
            mailing.send_all(outbox, now=clock.utc_now())
        mails = [worlds.parsed(raw) for raw in raws()[self.read_mails :]]
        self.read_mails += len(mails)
        if mails:
            letters = tuple(shown.read_letter(mail, self.time.now) for mail in mails)
            self.letters += letters
            for letter in letters:
                if letter.token:
                    self.tokens.pop(letter.to, None)
                    self.tokens[letter.to] = letter.token
            self.look(letters)

    def days_pass(self, *mornings: int) -> None:
        """Let days pass until the last of these mornings, each so many days from now, with the work of each of them alone."""
        begun = self.time.now
        for days in mornings:
            self.time.now = max(paris_instant(day_of(begun) + timedelta(days=days), MORNING), self.time.now)
            self.works()
            report = reminding.run(now=clock.utc_now())
            assert not report.failed and not report.left
            self.mailer_runs()

    def works(self) -> None:
        """Let the minute function run if anything is due, then the mailer."""
        due = find_first_due(self.world)
        if due is not None and due <= self.time.now:
            report = retention.purge(now=clock.utc_now())
            assert not report.failed and not report.left
        self.mailer_runs()
        self.clients = {name: client for name, client in self.clients.items() if name not in self.cast}

    def arrives(self) -> None:
        """Upload what was announced, and let it be inspected."""
        assert self.relay is not None
        self.relay.uploads()
        self.relay.is_inspected()

    def report(self, event: str) -> bool:
        """Let the mail service report on the mail of the last link; return whether there is one."""
        head = parcours_table.read_parcours(self.offer.id)
        link = relay_table.read_link(head.live_link) if head.live_link else None
        deposit = relay_table.read_deposit(link.deposit) if link is not None else None
        if link is None or link.recipient not in self.tokens or deposit is None or deposit.left_at is None:
            return False  # no mail of it left
        feedback.receive(ses_events.EVENTS[event](delivery.derive_tag(link.mail_key)), now=clock.utc_now())
        return True

    # What is looked at

    def known(self) -> Known:
        """Return what is known now."""
        names = {
            items.encode_key(items.account_key(account))["pk"]["S"]: name
            for name, account in self.cast.items()
        }
        stored = [item for pk in names for item in self.world.table(items.PARCOURS, pk)]
        accounts = {names[str(item["pk"])]: items.from_item(Account, item) for item in stored}
        of_parcours = self.world.table(items.PARCOURS, f"parcours#{self.offer.id}")
        facts = [items.from_event_item(item) for item in of_parcours if str(item["sk"]).startswith("event#")]
        return Known(
            self.time.now,
            self.offer.id,
            self.begun,
            accounts,
            self.acts,
            tuple(sorted(facts, key=lambda fact: fact.at)),
            self.letters,
            self.refused,
            len(self.world.objects()),
            len(texts()),
            self.looked.get(str(parcours_table.read_parcours(self.offer.id).reference)),
            dict(self.entrances),
        )

    def look(self, letters: tuple[Letter, ...] = ()) -> None:
        """Look at what has just left, or at what is shown now."""
        known = self.known()
        links = [screen for mailbox in list(self.tokens)[-2:] if (screen := self._read_link(mailbox))]
        if letters:
            self.looks(Shown(tuple(links), letters), known)
            return
        self.pages = {}
        screens = [self._read_sheet(name, known) for name in self._list_readers(known)]
        if self.thorough or len(self.acts) % 2:
            screens += [self._read_list(name, known) for name in self._list_readers(known)[:1]]
            screens.append(self._read_feed("tutor"))
        if self.notice:
            screens.append(self.notice)
        screens.append(self._read_young_page(known))
        screens += self._read_entrances(known)
        self.looks(Shown((*filter(None, screens), *links)), known)

    def _list_readers(self, known: Known) -> list[str]:
        """Return who looks at the page of the parcours now: who acted, and others in turn."""
        names = [name for name in self.cast if known.is_open(name)]
        if self.thorough or not names:
            return names
        actor = next((name for name in names if known.act.startswith(name)), names[0])
        other = names[len(self.acts) % len(names)]
        return list(dict.fromkeys((other, actor)))

    def _read_sheet(self, name: str, known: Known) -> Screen | None:
        """Return the page of the parcours as this person reads it; None: it is not shown to her."""
        page = self.read(name, self.path)
        return shown.read_sheet(name, page, self.offer.id) if page is not None else None

    def _read_list(self, name: str, known: Known) -> Screen | None:
        """Return the row of the parcours in this person's list."""
        page = self.read(name, "/parcours")
        return shown.read_row(name, page, self.offer.id) if page is not None else None

    def _read_feed(self, name: str) -> Screen:
        """Return the calendar feed of this person, as it is written for her calendar program."""
        meetings, is_cut = lists.list_meetings(self.account(name), now=clock.utc_now())
        text = write_feed(meetings, config.public_base_url(), clock.utc_now(), is_cut=is_cut).decode()
        return Screen(name, Place.FEED, shown.flatten(text))

    def _read_entrances(self, known: Known) -> list[Screen]:
        """Return what the tutor and who acted read of how they sign in, where the act was about that."""
        is_about = re.search("passkey|ProConnect|code", known.act)
        names = [name for name in self.cast if name in known.act and known.is_open(name)] if is_about else []
        pages = {name: self.read(name, "/compte") for name in names}
        return [
            Screen(name, Place.ACCOUNT, shown.read_words(page.body))
            for name, page in pages.items()
            if page is not None
        ]

    def _read_young_page(self, known: Known) -> Screen | None:
        """Return what the young person of the last passage reads with the paper of its notice; None: there was none yet."""
        number = max((fact.attempt for fact in known.facts if fact.attempt is not None), default=None)
        if number is None:
            return None
        passage = parcours_table.read_attempt(self.offer.id, number)
        key = young.spell_follow_key(passage).secret
        answer = Client().post_form("/suivi", {"reference": passage.reference, "cle": key})
        assert answer.status == 200, answer.text
        if passage.ended_at is None:  # afterwards it is not noted
            self.looked[passage.reference] = day_of(self.time.now)
        return shown.read_young_page(shown.parse(answer.text))

    def _read_link(self, mailbox: str) -> Screen | None:
        """Return the page of the last link in a mailbox as its holder reads it."""
        view = self.glimpse(mailbox)
        return shown.read_link_page(mailbox, view) if view is not None else None


def _read_refusal(answer: Answer) -> str:
    """Return what a refused act was answered with."""
    if not answer.is_page:
        return answer.text
    page = shown.parse(answer.text)
    errors = page.xpath("//p[contains(@class, 'erreur')]")
    return " ".join(map(shown.read_words, errors)) or shown.read_notice(page)


def _offers(form: HtmlElement, page: HtmlElement, name: str, value: str) -> bool:
    """Return whether this form can send this value."""
    named = f"@name='{name}' and @value='{value}'"
    if form.xpath(f".//*[{named}] | .//select[@name='{name}']/option[@value='{value}']"):
        return True
    return bool(form.get("id") and page.xpath(f"//button[@form='{form.get('id')}' and {named}]"))


def begin(
    world: World, clock_: Clock, looks: Callable[[Shown, Known], None], provider: FakeProvider
) -> dict[str, Life]:
    """Make the cast and the three offers on an empty world; return a life of each, not begun yet."""
    clock_.now = paris_instant(date(2026, 9, 15), time(9))
    people = {name: factories.account(role, name=called) for name, (role, called) in CAST.items()}
    people["tutor"] = replace(people["tutor"], phone="03 80 00 00 00")
    add_records(*people.values())
    company = factories.COMPANY
    second = CompanyContact(
        role=ContactRole.WELCOMES, name="Paul Méric", function="chef d’équipe", address=SECOND, phone="06 39 98 41 28",
        verified_on=company.contacts[0].verified_on,
    )  # fmt: skip
    offers = [
        factories.offer(buyer=people["buyer"].id),
        factories.offer(buyer_contact=BuyerContact(name="Lucie Arnal", address=BUYER_CONTACT)),
        factories.offer(),
    ]
    lives: dict[str, Life] = {}
    for name, offer in zip(BEGINNINGS, offers, strict=True):
        both = replace(company, contacts=(*company.contacts, second))
        contract = offer.contract
        if name != BEGINNINGS[0]:
            contract = factories.bought_by(f"Organisme sans compte {len(lives)}", contract)
        full = factories.declared(replace(offer, company=both, contract=contract))
        transactions.commit(attempt.declare(full, "0" * 31 + str(len(lives))))
        lives[name] = Life(
            QuickWorld(world.environment, world.mails),
            clock_,
            name,
            {who: account.id for who, account in people.items()},
            full,
            looks,
            provider,
        )
    return lives
