"""Where one passage is and whom links to its documents reached: what sequences of acts lead to, on the model and on real tables.

An honest tutor, and everybody who may want her documents elsewhere. The accounts of the invented tutor and of the invented buyer
exist from the start, which spares the attacker a step. No time passes.
"""

from dataclasses import dataclass, replace

from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import BuyerContact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import MailKind, Transition
from chalicelib.domain.kernel.values import Role
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS, NOON

BUYER = "a.acheteuse@ministere.example"
COLLEAGUE = "j.roy@jardins.entreprise.example"
"""Typed by a proven recipient, at the company's own domain."""
LOOK_ALIKE = "n.bellanger@jardlns.entreprise.example"
FAKE_TUTOR = "tutrice@voleur.example"
FAKE_BUYER = "achats@voleur.example"
WRONG = "n.belanger@autre.entreprise.example"
"""Typed and confirmed by the honest tutor, who withdraws that sending as she sees that it is wrong."""
DUMMY, PLANTED = "moi@societe-conseil.example", "accueil@societe-conseil.example"
"""Where somebody sends a document of her own, and whom she names there as its recipient."""
THIEVES = frozenset({LOOK_ALIKE, FAKE_TUTOR, FAKE_BUYER, PLANTED})
"""Addresses that nobody honest ever types or confirms."""
ORGANISATION, OTHER_ORGANISATION = "Ministère des Ouvrages", "Agence des Voleurs"


def cast() -> dict[str, Account]:
    """The accounts, by the names that acts use."""
    return {
        "tutor": factories.account(id="1" * 32, address="tutrice@academie.example"),
        "other": factories.account(id="7" * 32, address="tuteur@academie.example", name="Paul Autre"),
        "fake": factories.account(id="2" * 32, address=FAKE_TUTOR, name="Claude Faux"),
        "buyer": factories.account(Role.BUYER, id="3" * 32, address=BUYER, name="Anne Acheteuse"),
        "fake buyer": factories.account(Role.BUYER, id="4" * 32, address=FAKE_BUYER, name="Zoé Fausse"),
        "team": factories.account(Role.TEAM, id="5" * 32, address="equipe@organisme.example"),
        "coordinator": factories.account(Role.COORDINATOR, id="6" * 32, address="c@academie.example"),
    }


@dataclass(frozen=True)
class State:
    """Where everything is, and which addresses were mailed a link to the honest tutor's documents."""

    accounts: dict[str, Account]
    head: Parcours
    attempt: Attempt
    deposit: Deposit | None = None
    links: tuple[Link, ...] = ()
    reached: frozenset[str] = frozenset()
    consented: bool = False
    """The account of the tutor agreed to an address that a recipient typed."""
    confirmed: frozenset[str] = frozenset()
    """What her browser keeps of the questions that she has answered."""

    def holding(self) -> Link | None:
        """The link that the present recipient holds."""
        link_id = self.deposit.link if self.deposit is not None else None
        return next((link for link in self.links if link.id == link_id), None)

    def account(self, identifier: str | None) -> Account | None:
        return next((account for account in self.accounts.values() if account.id == identifier), None)

    def at(self, mailbox: str) -> Account | None:
        return next((account for account in self.accounts.values() if account.address == mailbox), None)


def key(state: State) -> tuple[object, ...]:
    """What of a state matters for what may follow: no time, no drawn id, no count of edits."""
    head, deposit = state.head, state.deposit
    named = [*head.company.contacts, *([head.buyer_contact] if head.buyer_contact else [])]
    contents = deposit.contents if deposit is not None else None
    return (
        tuple((contact.address, contact.origin and contact.origin.how, contact.is_gone) for contact in named),
        len(head.company.contacts),
        (head.buyer, head.buyer_origin.how if head.buyer_origin else None),
        (head.tutor, head.contract.organisation, head.live_deposit is not None),
        frozenset(name for name, account in state.accounts.items() if account.closed_at is not None),
        (deposit.state, contents.owner, contents.sealed_by, contents.recipient, contents.to)
        if deposit is not None and contents is not None
        else None,
        tuple(contents.knows(address) for address in (COMPANY_ADDRESS, *sorted(THIEVES)))
        if contents
        else None,
        frozenset(
            (
                link.recipient,
                link.to,
                link.waiting,
                link.moves,
                link.revoked_at is not None,
                link.opened_by is not None,
                link.asked.address if link.asked else None,
            )
            for link in state.links
        ),
        state.reached,
        state.consented,
        bool(state.confirmed),
    )


def beginning() -> State:
    """A passage that has just been taken; its record names one person of the company, and the buyer."""
    people = cast()
    offer = replace(
        factories.offer(
            buyer=people["buyer"].id, buyer_contact=BuyerContact(name="Anne Acheteuse", address=BUYER)
        ),
        id="a" * 32,
    )
    taken = attempt.take(offer, people["tutor"], factories.decision_inputs())
    changed = {type(change.after): change.after for change in taken.changes}
    head, passage = changed[Parcours], changed[Attempt]
    assert isinstance(head, Parcours) and isinstance(passage, Attempt)
    return State(people, head, passage)


def applied(state: State, step: Transition) -> State:
    """The state after a transition, and after the link mails that it makes have left."""
    state = _written(state, step)
    for mail in step.mails:
        sent = next((link for link in state.links if link.id == mail.link), None)
        leaves = mail.kind is MailKind.LINK and sent is not None and state.deposit is not None
        if not leaves or sent is None or state.deposit is None:
            continue
        if mailing.may_leave(mail, sent, state.deposit, NOON):
            left = mailing.note_link_left(mail, sent, state.deposit, state.head, factories.decision_inputs())
            state = replace(_written(state, left), reached=state.reached | {sent.recipient})
    return state


def _written(state: State, step: Transition) -> State:
    head, passage, deposit = state.head, state.attempt, state.deposit
    links = {link.id: link for link in state.links}
    for change in step.changes:
        after = change.after
        if isinstance(after, Parcours):
            head = after
        elif isinstance(after, Attempt):
            passage = after
        elif isinstance(after, Deposit):
            deposit = after
        elif isinstance(after, Link):
            links[after.id] = after
        elif isinstance(change.before, Link):
            del links[change.before.id]
    return replace(state, head=head, attempt=passage, deposit=deposit, links=tuple(links.values()))
