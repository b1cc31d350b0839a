"""The same acts by the product's own stories, on real tables, with real keys and mails."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.documents.sending import LinkOnPage
from chalicelib.domain.fields import Record
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.record import ContactAnswer
from chalicelib.errors import RecipientDoubtful, RelayError, WrongStep
from chalicelib.stores import items, keys, parcours_table, tables
from chalicelib.stores import relay_table as stored
from chalicelib.stories import outcomes, record
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories.accounts import closing, managing
from chalicelib.stories.documents import losing, passing, sending
from chalicelib.stories.documents.passing import ALSO, REPLACES, Named
from chalicelib.stories.parcours import Assignment
from tests.conftest import Clock
from tests.faults.snapshots import Snapshot
from tests.reach.acts import OVER, chosen, honest, proposed, with_renamed_contact
from tests.reach.search import ACTS, Path
from tests.reach.state import BUYER, COLLEAGUE, WRONG, State, beginning
from tests.support import factories, http, passings, relays
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

BESIDES: dict[str, tuple[Any, ...]] = {
    "coordinator seals": ("seals", "first", "coordinator"),
    "outsider guesses": ("guesses",),
    "outsider asks for lost messages": ("asks_for_messages",),
    "mailbox's thief names a colleague": ("names", COLLEAGUE, False, True),
}
"""What only the tables try."""


@dataclass
class Tables:
    """One passage on the tables of a world, as the model begins it."""

    world: World
    time: Clock
    relay: Relay
    people: dict[str, str]
    """By the names of the model, account ids."""
    honest: str | None = None
    """Id of the last deposit that the honest tutor sealed."""
    consented: bool = False
    confirmed: frozenset[str] = frozenset()
    reached: frozenset[str] = frozenset()
    read: int = 0
    """Mails looked at already."""
    stands: State | None = None
    """What stands, where that was read since the last act."""

    @classmethod
    def begun(cls, world: World, time: Clock) -> "Tables":
        model = beginning()
        cast = model.accounts
        offer = factories.offer(buyer=cast["buyer"].id, buyer_contact=model.head.buyer_contact)
        relay = relays.started(
            world, cast["tutor"], offer, tuple(account for name, account in cast.items() if name != "tutor")
        )
        return cls(world, time, relay, {name: account.id for name, account in cast.items()})

    def state(self) -> State:
        """The model's state, read from the tables."""
        if self.stands is None:
            self.stands = self._read()
        return self.stands

    def _read(self) -> State:
        places = {name: items.account_key(identifier) for name, identifier in self.people.items()}
        accounts = tables.read_records(Account, list(places.values()))
        head = self.relay.head()
        deposit = stored.read_deposit(self.honest) if self.honest else None
        return State(
            accounts={name: accounts[place] for name, place in places.items() if place in accounts},
            head=head,
            attempt=parcours_table.read_attempt(head.id, head.attempt or 0),
            deposit=deposit,
            links=stored.list_links(deposit) if deposit is not None else (),
            reached=self.reached,
            consented=self.consented,
            confirmed=self.confirmed,
        )

    def does(self, act: str) -> bool:
        """Do one act and send its mails; return whether the act was allowed."""
        verb, *given = ACTS.get(act) or BESIDES[act]
        self.time.passes(seconds=1)
        self.state()
        try:
            getattr(self, verb)(*given)
        except RelayError:
            return False
        finally:
            self.stands = None
        self.relay.mailer_runs()
        mails = self.world.mails()
        for mail in mails[self.read :]:
            body = mail.get_body(("plain",))
            if body is not None and relays.TOKEN.search(str(body.get_content())):
                self.reached |= {str(mail["To"])}
        self.read = len(mails)
        return True

    def seals(self, how: str, who: str = "") -> None:
        person = self._person(who) if who else honest(self.state())
        self._seals(person, self._checked(person) if how == "checked" else proposed(self.state(), how))

    def _checked(self, person: Account) -> str:
        """The address that is checked on the page of the sending."""
        shown = http.signed_in(person).get(f"/parcours/{self.relay.parcours_id}/envoi").text
        checked = re.findall(r'name="(?:chemin|destinataire)" value="([^"]+)"[^>]* checked', shown)
        if not checked:
            raise WrongStep
        [address_checked] = checked
        return html.unescape(address_checked)

    def mistypes(self) -> None:
        person = honest(self.state())
        with pytest.raises(RecipientDoubtful) as doubtful:
            self._seals(person, WRONG)
        self.confirmed |= {str(doubtful.value.facts["shown"])}
        self._seals(person, WRONG)
        self.relay.mailer_runs()
        sending.revoke(person, self.relay.sent[-1].deposit, seen_opened=False, now=clock.utc_now())
        self.relay.mailer_runs()
        self.read = len(self.world.mails())  # she wanted that one

    def _seals(self, person: Account, recipient: str) -> None:
        """Send as the page does: a question that she has answered in this browser is not asked again."""
        document = factories.sealed()
        asked = document.build_announcement(recipient)
        try:
            signed = sending.open_deposit(person, self.relay.parcours_id, asked, now=clock.utc_now())
        except RecipientDoubtful as doubtful:
            shown = str(doubtful.facts["shown"])
            if shown not in self.confirmed:
                raise
            asked = replace(asked, confirmed=True, shown=shown)
            signed = sending.open_deposit(person, self.relay.parcours_id, asked, now=clock.utc_now())
        self.relay.sent.append(document)
        self.relay.forms.append(signed[0]["form"])
        self.relay.uploads()
        assert self.relay.is_inspected() == "verified"
        self.honest = document.deposit

    def corrects(self, who: str, about: Interlocutor, to: str) -> None:
        company = about is not Interlocutor.BUYER
        role = ContactRole(about.value) if company else None
        given = (
            CompanyContact(role=role, name="Qui", address=to)
            if role
            else BuyerContact(name="Qui", address=to)
        )
        record.set_contact(
            self._person(who),
            self.relay.parcours_id,
            ContactAnswer(about, given, seen=self.state().head.edited, reached=True),
            now=clock.utc_now(),
        )

    def contacts(self, who: str, *people: tuple[ContactRole, str]) -> None:
        named = tuple(CompanyContact(role=role, name="Qui", address=to) for role, to in people)
        head = self.state().head
        company = replace(head.company, contacts=named)
        self._edits(who, replace(factories.record(head), company=company))

    def renames(self, who: str, organisation: str) -> None:
        head = self.state().head
        contract = factories.bought_by(organisation, head.contract)
        self._edits(who, replace(factories.record(head), contract=contract))

    def _edits(self, who: str, given: Record) -> None:
        head = self.state().head
        record.edit(self._person(who), head.id, given, seen=head.edited, now=clock.utc_now())

    def notes_gone(self, who: str, about: Interlocutor) -> None:
        now = clock.utc_now()
        gone = Outcome(kind=EventKind.CALL_NOTED, occurred_at=now, reason=Reason.CONTACT_GONE, contact=about)
        outcomes.note(self._person(who), self.relay.parcours_id, gone, now=now)

    def renames_contact(self, who: str, place: int) -> None:
        head = self.state().head
        if place >= len(head.company.contacts):
            raise WrongStep
        self._edits(who, with_renamed_contact(head, place))

    def hands_over(self, to: str) -> None:
        if self.state().head.tutor == self.people[to]:
            raise WrongStep
        parcours_stories.assign(
            self._person("team"), self.relay.parcours_id, Assignment(self.people[to]), now=clock.utc_now()
        )

    def closes(self, who: str, successor: str = "") -> None:
        if self._person(who).closed_at is not None:
            raise WrongStep
        closing.close(self._person("team"), self.people[who], now=clock.utc_now())

    def reopens(self, who: str) -> None:
        if self._person(who).closed_at is None:
            raise WrongStep
        managing.reopen(self._person("team"), self.people[who], now=clock.utc_now())

    def names(self, to: str, also: bool = False, elsewhere: bool = False) -> None:
        """``elsewhere``: in another browser, by who only reads the mailbox."""
        self._passes(Named(ALSO if also else REPLACES, "Qui", to), elsewhere)

    def passes_on(self, place: int) -> None:
        shown, hint = chosen(self.state(), place)
        self._passes(Named(REPLACES, contact=shown, hint=hint))

    def _passes(self, whom: Named, elsewhere: bool = False) -> None:
        token, browser = self._holder(elsewhere)
        passings.names(browser, token, whom)

    def agrees(self, who: str) -> None:
        held = self.state().holding()
        if held is None or held.asked_link is None:
            raise WrongStep
        passing.answer(
            self._person(who), self.relay.parcours_id, held.asked_link, agrees=True, now=clock.utc_now()
        )
        self.consented = self.consented or who == "tutor"

    def sends_again(self, who: str) -> None:
        held = self.state().holding()
        if self.honest is None or held is None:
            raise WrongStep
        person, now = self._person(who), clock.utc_now()
        shown = LinkOnPage(held.id, held.version, True)
        sending.resend(person, self.honest, shown, now=now)

    def withdraws(self, who: str) -> None:
        if self.honest is None:
            raise WrongStep
        sending.revoke(self._person(who), self.honest, seen_opened=True, now=clock.utc_now())

    def sends_her_own(self, who: str, to: str, colleague: str = "") -> None:
        own = replace(self.relay, tutor=self._person(who), sent=[], forms=[])
        own.announces(recipient=to)
        if colleague:
            own.uploads()
            assert own.is_inspected() == "verified"
            own.mailer_runs()
            self._names_her_own(own, colleague)
        sending.revoke(own.tutor, own.sent[-1].deposit, seen_opened=False, now=clock.utc_now())
        own.mailer_runs()
        self.read = len(self.world.mails())  # links to documents of her own

    def _names_her_own(self, own: Relay, colleague: str) -> None:
        """Name an address of her own as the recipient of her own document, and agree to it when asked."""
        link = own.link()
        token = keys.compute_link_token(link.build_token_message(link.version))
        browser = Browser(link.recipient, address.hash_folded(link.recipient)[:43])
        browser.proves(token)
        passings.names(browser, token, Named(REPLACES, "Qui", colleague))
        waiting = own.link().asked_link
        if waiting is not None:
            passing.answer(own.tutor, own.parcours_id, waiting, agrees=True, now=clock.utc_now())

    def ends(self, who: str) -> None:
        end = replace(OVER, occurred_at=clock.utc_now())
        outcomes.finish_passage(self._person(who), self.relay.parcours_id, end, now=clock.utc_now())

    def takes(self, who: str) -> None:
        outcomes.take_offer(self._person(who), self.relay.parcours_id, now=clock.utc_now())

    def guesses(self) -> None:
        """Without the link: a token of the right shape, and the page of a parcours that is not hers."""
        browser = Browser()
        with suppress(RelayError):
            passing.answer(
                factories.account(), self.relay.parcours_id, "0" * 32, agrees=True, now=clock.utc_now()
            )
        browser.proves("A" * 43)

    def asks_for_messages(self) -> None:
        """Without the link: the form for lost messages, with the addresses of everybody who could get one."""
        for recipient in (factories.COMPANY_ADDRESS, BUYER, COLLEAGUE):
            losing.ask_for_message(recipient, source="203.0.113.9", now=clock.utc_now())

    def opens(self) -> None:
        token, browser = self._holder()
        browser.opens(token)

    def kept(self) -> Callable[[], None]:
        """Return a function that puts the tables back as they are now, as often as it is called."""
        kept = Snapshot.of(self.world, self.time)
        fields = (self.honest, self.consented, self.confirmed, self.reached, self.read, self.stands)
        sent = len(self.relay.sent)

        def again() -> None:
            kept.restore()
            self.honest, self.consented, self.confirmed, self.reached, self.read, self.stands = fields
            del self.relay.sent[sent:], self.relay.forms[sent:]

        return again

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Undo afterwards whatever is done inside the context."""
        again = self.kept()
        yield
        again()

    def _person(self, who: str) -> Account:
        return self.state().accounts[who]

    def _holder(self, elsewhere: bool = False) -> tuple[str, Browser]:
        """The token of the link that the present recipient holds, in her browser or in another."""
        held = self.state().holding()
        if held is None:
            raise WrongStep
        nonce = address.hash_folded(held.recipient)[:43]
        browser = Browser(held.recipient) if elsewhere else Browser(held.recipient, nonce)
        token = keys.compute_link_token(held.build_token_message(held.version))
        browser.proves(token)
        return token, browser


def walk(tables: Tables, paths: list[Path]) -> Iterator[tuple[Path, State]]:
    """Every state of a tree of sequences, each told once on from where its parent stands.

    Args:
        paths: sequences, with each of their beginnings among them.
    """
    children: dict[Path, list[str]] = {}
    for path in paths:
        if path:
            children.setdefault(path[:-1], []).append(path[-1])

    def below(path: Path) -> Iterator[tuple[Path, State]]:
        acts = children.get(path, [])
        if not acts:
            return
        again = tables.kept()
        for act in acts:
            assert tables.does(act), (*path, act)
            here = (*path, act)
            yield here, tables.state()
            yield from below(here)
            again()

    yield from below(())
