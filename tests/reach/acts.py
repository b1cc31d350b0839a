"""What each person can do on the model, by the domain's own decisions; the honest tutor confirms no doubtful address."""

import secrets
from dataclasses import replace
from datetime import timedelta

from chalicelib.domain import contacts as health
from chalicelib.domain import record
from chalicelib.domain.case import Case
from chalicelib.domain.documents import opening, passing, recipients, sending
from chalicelib.domain.fields import Record
from chalicelib.domain.kernel import address, attempt
from chalicelib.domain.kernel.deposit import Contents, Deposit, Document
from chalicelib.domain.kernel.link import Colleague, Link
from chalicelib.domain.kernel.parcours import BuyerContact, CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account, Act, may, role_on
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.transition import Transition
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role
from chalicelib.domain.parcours import assigning, ending, outcomes
from chalicelib.domain.record import ContactAnswer, OfferKeys, RecordAnswer
from chalicelib.errors import WrongStep
from tests.reach.state import WRONG, State, applied
from tests.support import factories
from tests.support.factories import NOON

OVER = ending.End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=NOON)
POLICY = RetentionPolicy(answer_days=15, opened_hours=72, upload_minutes=60, link_days=60)


def proposed(state: State, how: str) -> str:
    """The address that the page checks, the ``wrong`` one, or of the ``first`` contact, the ``second``, the ``buyer``."""
    people, named = state.head.company.contacts, state.head.buyer_contact
    account = state.account(state.head.buyer)
    last = state.deposit if state.deposit and state.deposit.id == state.head.last_deposit else None
    address_of = {
        "checked": health.offer_recipients(state.head, last, lambda _: health.UNKNOWN).chosen,
        "wrong": WRONG,
        "first": people[0].address if people else None,
        "second": people[1].address if len(people) > 1 else None,
        "buyer": account.address if account else named.address if named else None,
    }[how]
    if address_of is None:
        raise WrongStep
    return address_of


def honest(state: State) -> Account:
    """The honest tutor who accompanies the parcours; after an end, the tutor who took the offer anew."""
    return state.accounts["other" if state.head.tutor == state.accounts["other"].id else "tutor"]


def seals(state: State, how: str) -> State:
    """The honest tutor who accompanies sends to what her page proposes, unless it raises a doubt, and her documents arrive."""
    tutor, head, to = honest(state), state.head, proposed(state, how)
    role = role_on(tutor, head)
    if role is None or not may(tutor, Act.SEND, head):
        raise WrongStep
    buyer = state.account(head.buyer)
    side = recipients.find_side(head, to, state.at(to))
    question = recipients.build_question(head, buyer, to, tutor.id)
    if question is not None and question.shown not in state.confirmed:
        raise WrongStep
    return _sealed(state, _contents(tutor, role, to, side))


def mistypes(state: State) -> State:
    """The honest tutor types a wrong address, confirms it, sends there, and withdraws that as soon as she sees it."""
    tutor, head = honest(state), state.head
    role = role_on(tutor, head)
    if role is None or not may(tutor, Act.SEND, head):
        raise WrongStep
    side = recipients.find_side(head, WRONG, None)
    question = recipients.build_question(head, state.account(head.buyer), WRONG, tutor.id)
    sent = _sealed(state, _contents(tutor, role, WRONG, side))
    confirmed = state.confirmed | ({question.shown} if question is not None else set())
    withdrawn = withdraws(sent, next(name for name, account in state.accounts.items() if account == tutor))
    return replace(withdrawn, confirmed=confirmed, reached=state.reached)


def _sealed(state: State, contents: Contents) -> State:
    """Announce these documents, upload and accept them; their link leaves."""
    head = state.head
    deposit = secrets.token_hex(16)
    step = sending.announce(
        Case(head, state.attempt),
        deposit,
        contents,
        notice=True,
        policy=POLICY,
        inputs=factories.decision_inputs(),
    )
    return _arrived(applied(replace(state, deposit=None, links=()), step))


def _arrived(state: State) -> State:
    """Upload and accept the announced documents; their link leaves."""
    for arrives in (sending.receive, sending.verify):
        assert state.deposit is not None
        step = arrives(state.deposit, state.head, Kind.CV, policy=POLICY, inputs=factories.decision_inputs())
        state = applied(state, step)
    return state


def _contents(by: Account, role: Role, to: str, side: Role) -> Contents:
    document = Document(kind=Kind.CV, sealed_bytes=1029, sha256="x" * 44, key_sha256="0" * 64)
    return Contents(
        owner=by.id,
        sealed_by=by.id,
        sender=role,
        recipient=to,
        to=side,
        salt="0" * 32,
        documents=(document,),
    )


def corrects(state: State, who: str, about: Interlocutor, to: str) -> State:
    """Change one contact on the page of contacts, declaring that it was reached."""
    person, head = state.accounts[who], state.head
    role = role_on(person, head)
    if role is None or not may(person, Act.CONFIRM_CONTACTS, head):
        raise WrongStep
    if about is Interlocutor.BUYER:
        given: BuyerContact | CompanyContact = BuyerContact(name="Qui", address=to)
    else:
        given = CompanyContact(role=ContactRole(about.value), name="Qui", address=to)
    answer = ContactAnswer(about, given, seen=head.edited, reached=True)
    step = record.set_contact(head, answer, person=person.id, by=role, inputs=factories.decision_inputs())
    return applied(state, _bought(state, step))


def edits(state: State, who: str, written: Record) -> State:
    """Change the whole record, as its form does."""
    person, head = state.accounts[who], state.head
    role = role_on(person, head)
    if role is None or not may(person, Act.EDIT, head):
        raise WrongStep
    step = record.edit(
        head,
        RecordAnswer(written, seen=head.edited),
        OfferKeys(current=None, edited=None),
        person=person.id,
        by=role,
        inputs=factories.decision_inputs(),
    )
    kept = tuple(change for change in step.changes if isinstance(change.after, Parcours))
    return applied(state, _bought(state, replace(step, changes=kept)))


def _bought(state: State, step: Transition) -> Transition:
    """The account of the named contact at the buyer's follows, as ``stories.buyers`` finds it."""
    buyers = {}
    for change in step.changes:
        if isinstance(change.after, Parcours) and change.after.buyer_contact is not None:
            account = state.at(change.after.buyer_contact.address)
            if account is not None and record.is_buyer_of(account, change.after):
                buyers[change.after.id] = account.id
    return record.with_buyers(step, buyers)


def contacts(state: State, who: str, *people: tuple[ContactRole, str]) -> State:
    """Replace all contacts of the company, in the form of the record."""
    named = tuple(CompanyContact(role=role, name="Qui", address=to) for role, to in people)
    company = replace(state.head.company, contacts=named)
    return edits(state, who, replace(factories.record(state.head), company=company))


def renames(state: State, who: str, organisation: str) -> State:
    """Rename the buying organisation."""
    contract = factories.bought_by(organisation, state.head.contract)
    return edits(state, who, replace(factories.record(state.head), contract=contract))


def hands_over(state: State, to: str, by: str = "team") -> State:
    """Give the passage, with what was last sent on it, or the free offer to another tutor."""
    if state.head.status is ParcoursStatus.AVAILABLE:
        if state.accounts[to].closed_at is not None:
            raise WrongStep
        return applied(
            state, attempt.take(state.head, state.accounts[to], factories.decision_inputs(), by=Role.TEAM)
        )
    hers = state.deposit is not None and state.head.last_deposit == state.deposit.id
    last = state.deposit if hers else None
    step = assigning.hand_over(
        Case(state.head, state.attempt, last, state.links if hers else ()),
        state.accounts[to],
        by=Role.TEAM,
        assigner=state.accounts[by].id,
        inputs=factories.decision_inputs(),
    )
    return applied(state, step)


def notes_gone(state: State, who: str, about: Interlocutor) -> State:
    """Note of a call that this contact has left."""
    person, head = state.accounts[who], state.head
    role = role_on(person, head)
    if role is None or not may(person, Act.NOTE, head):
        raise WrongStep
    outcome = Outcome(kind=EventKind.CALL_NOTED, occurred_at=NOON, reason=Reason.CONTACT_GONE, contact=about)
    step = outcomes.note(Case(head, state.attempt), outcome, by=role, inputs=factories.decision_inputs())
    return applied(state, step)


def renames_contact(state: State, who: str, place: int) -> State:
    """Give a contact of the company another name at the same address."""
    if place >= len(state.head.company.contacts):
        raise WrongStep
    return edits(state, who, with_renamed_contact(state.head, place))


def with_renamed_contact(head: Parcours, place: int) -> Record:
    """The record with another name for one contact of the company."""
    named = list(head.company.contacts)
    named[place] = replace(named[place], name=f"{named[place].name} A"[-60:])
    return replace(factories.record(head), company=replace(head.company, contacts=tuple(named)))


def closes(state: State, who: str, successor: str = "") -> State:
    """Close an account; the ``successor`` of a buyer is named in the record."""
    account = state.accounts[who]
    if account.closed_at is not None:
        raise WrongStep
    if state.head.buyer == account.id:
        state = replace(state, head=record.hand_buyer_over(state.head, state.accounts[successor].id, NOON))
    closed = state.accounts | {who: replace(account, closed_at=NOON)}
    return replace(state, accounts=closed)


def reopens(state: State, who: str) -> State:
    account = state.accounts[who]
    if account.closed_at is None:
        raise WrongStep
    return replace(state, accounts=state.accounts | {who: replace(account, closed_at=None)})


def names(state: State, to: str, also: bool = False) -> State:
    """Whoever holds the link names a colleague."""
    held, contents = _held(state)
    colleague = Colleague(name="Qui", function="", address=to, also=also)
    return _passes(state, held, colleague, at_once=passing.goes_at_once(held, contents, colleague))


def passes_on(state: State, place: int) -> State:
    """The buyer passes the link on to a contact of the record."""
    held, contents = _held(state)
    if held.to is not Role.BUYER:
        raise WrongStep
    contact = passing.read_chosen_contact(state.head, contents, *chosen(state, place))
    buyer = state.head.buyer_contact
    if buyer is not None and address.fold_mailbox(contact.address) == address.fold_mailbox(buyer.address):
        raise WrongStep
    to = Colleague(name=contact.name, function="", address=contact.address, also=False)
    return _passes(state, held, to, at_once=passing.goes_at_once(held, contents, to))


def chosen(state: State, place: int) -> tuple[int, str]:
    """How the buyer's page names this contact of the record, shown or not: its place there, the hint of its address."""
    people, deposit = state.head.company.contacts, state.deposit
    if place >= len(people):
        raise WrongStep
    choices = passing.list_choices(state.head, deposit.contents if deposit is not None else None)
    shown = choices.index(people[place]) if people[place] in choices else place
    return shown, address.mask(people[place].address)


def _held(state: State) -> tuple[Link, Contents]:
    held = state.holding()
    if held is None or state.deposit is None or state.deposit.contents is None:
        raise WrongStep
    return held, state.deposit.contents


def _passes(state: State, held: Link, to: Colleague, *, at_once: bool) -> State:
    account = state.at(to.address)
    own = not to.also and address.fold_mailbox(to.address) == address.fold_mailbox(held.recipient)
    if own or (account is not None and account.roles & {Role.BUYER, Role.TEAM}):
        raise WrongStep
    passing.check_may_pass(
        Case(state.head, deposit=state.deposit), held, held.version, also=to.also, browser="b" * 64, now=NOON
    )
    case = Case(state.head, deposit=state.deposit)
    step = passing.pass_on(case, held, to, {}, at_once=at_once, inputs=factories.decision_inputs())
    return applied(state, step)


def agrees(state: State, who: str) -> State:
    """Somebody who may agrees to the address that waits."""
    held, deposit = state.holding(), state.deposit
    if held is None or held.asked is None or deposit is None or deposit.contents is None:
        raise WrongStep
    if not passing.may_consent(state.accounts[who], deposit.contents):
        raise WrongStep
    waiting = next(link for link in state.links if link.id == held.asked_link)
    step = passing.agree(
        Case(state.head, deposit=deposit), held, waiting, by=Role.TUTOR, inputs=factories.decision_inputs()
    )
    return replace(applied(state, step), consented=state.consented or who == "tutor")


def sends_again(state: State, who: str) -> State:
    held, deposit = _sender_of(state, who)
    step = sending.resend(
        Case(state.head, deposit=deposit, links=state.links),
        by=Role.TUTOR,
        shown=sending.LinkOnPage(held.id, held.version, True),
        policy=POLICY,
        inputs=factories.decision_inputs(),
    )
    return applied(state, step)


def withdraws(state: State, who: str) -> State:
    """Withdraw what is under way."""
    _, deposit = _sender_of(state, who)
    return _withdrawn(state, deposit)


def _withdrawn(state: State, deposit: Deposit) -> State:
    """Each withdrawal has an instant of its own, as in life, and all else one."""
    later = (state.head.withdrawn_at or factories.NOON) + timedelta(milliseconds=1)
    case = Case(state.head, deposit=deposit, links=state.links)
    step = sending.revoke(case, by=Role.TUTOR, seen_opened=True, inputs=factories.decision_inputs(later))
    return applied(state, step)


def _sender_of(state: State, who: str) -> tuple[Link, Deposit]:
    held, deposit = state.holding(), state.deposit
    if held is None or deposit is None or not may(state.accounts[who], Act.SEND, state.head):
        raise WrongStep
    return held, deposit


def sends_her_own(state: State, who: str, to: str, colleague: str = "") -> State:
    """A document of her own, to an address of her choice, confirmed and withdrawn at once: what remains is the record.

    ``colleague``: whom she names as its recipient, and agrees to if she is asked.
    """
    person, head = state.accounts[who], state.head
    role = role_on(person, head)
    if role is None or not may(person, Act.SEND, head):
        raise WrongStep
    side = recipients.find_side(head, to, state.at(to))
    step = sending.announce(
        Case(head, state.attempt),
        secrets.token_hex(16),
        _contents(person, role, to, side),
        notice=True,
        policy=POLICY,
        inputs=factories.decision_inputs(),
    )
    own = applied(replace(state, deposit=None, links=()), step)
    if colleague:
        own = names(_arrived(own), colleague)
        held = own.holding()
        own = own if held is None or held.asked is None else agrees(own, who)
    assert own.deposit is not None
    own = _withdrawn(own, own.deposit)
    return replace(state, head=own.head, attempt=own.attempt)


def ends(state: State, who: str) -> State:
    """End the passage, which frees the offer."""
    person, head = state.accounts[who], state.head
    role = role_on(person, head)
    if role is None or not may(person, Act.END, head):
        raise WrongStep
    last = state.deposit if state.deposit is not None and head.last_deposit == state.deposit.id else None
    case = Case(head, state.attempt, last, state.links if last else ())
    return applied(state, ending.finish(case, OVER, by=role, inputs=factories.decision_inputs()))


def takes(state: State, who: str) -> State:
    """A tutor takes the offer that is free."""
    person, head = state.accounts[who], state.head
    if not may(person, Act.TAKE, head):
        raise WrongStep
    return applied(state, attempt.take(head, person, factories.decision_inputs()))


def opens(state: State) -> State:
    held = state.holding()
    if held is None:
        raise WrongStep
    step = opening.claim(
        Case(state.head, deposit=state.deposit),
        held,
        held.version,
        browser="b" * 64,
        policy=POLICY,
        inputs=factories.decision_inputs(),
    )
    return applied(state, step)
