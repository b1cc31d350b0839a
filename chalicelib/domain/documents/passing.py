"""Pass a link on to the right colleague, or send a second one beside it.

Only its holder passes a link on, and only with the keys that ``unseal`` wrapped for the new address at that request. It goes at
once to the addresses that the sealer was shown. To any other she may agree, alone and wherever the parcours went since, and may
choose none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.case import Case
from chalicelib.domain.documents import opening
from chalicelib.domain.documents.recipients import is_same
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import (
    UNOPENED,
    Contents,
    Deposit,
    DepositState,
    Mailing,
    build_deposit_event,
)
from chalicelib.domain.kernel.link import Colleague, Link
from chalicelib.domain.kernel.parcours import (
    Company,
    CompanyContact,
    ContactRole,
    How,
    Origin,
    Parcours,
    PendingConsent,
)
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, Transition
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.errors import (
    ChangedMeanwhile,
    ColleagueLimit,
    FieldInvalid,
    LinkSpent,
    WrongStep,
)

MOST_MOVES = 2
"""How often a link may change hands within a company."""
MOST_A_DAY = 5
"""Colleagues who may be named on one parcours in a day."""


def check_may_pass(case: Case, link: Link, version: int, *, also: bool, browser: str, now: datetime) -> None:
    """Check that the holder may pass an unopened link on, or (``also``) have a second one sent to a colleague.

    Raises:
        ColleagueLimit: it was passed on or added to already, or is itself a second one.
        DeadLink, LinkSpent, WrongStep: there is nothing to pass on, it was opened, the buyer wants a second one.
    """
    parcours, deposit = case.parcours, case.deposit
    if also and link.to is Role.BUYER:
        raise WrongStep
    if link.beside or link.asked is not None or _was_passed_enough(link, also=also):
        raise ColleagueLimit
    opening.check_alive(link, version, deposit, parcours, browser, now)
    if deposit is None or deposit.state is DepositState.CONFIRMED:
        raise WrongStep
    if not also and link.opened_by is not None:
        raise LinkSpent(link.opened_at)
    if not parcours.prepares(link.attempt) or parcours.setback is Setback.DECLINED:
        raise WrongStep


def _was_passed_enough(link: Link, *, also: bool) -> bool:
    """Whether the link has a second one already (``also``), or has changed hands ``MOST_MOVES`` times in the company."""
    if also:
        return link.added is not None
    return link.to is Role.COMPANY and link.moves >= MOST_MOVES


def was_passed_already(link: Link, next_one: Link | None, to: Colleague) -> bool | None:
    """Whether this very colleague was named before: True, the link went there; False, it waits for consent; None, neither.

    ``next_one``: the link that this one led to in the same way, if any. None also where another colleague is asked about.
    """
    if link.asked is not None:
        is_same_colleague = (link.asked.address, link.asked.also) == (to.address, to.also)
        return False if is_same_colleague else None
    return True if next_one is not None and next_one.recipient == to.address else None


def find_former_link(link: Link, links: Iterable[Link]) -> Link | None:
    """Return the link whose holder named this one's recipient; None: the person who sealed chose it.

    ``links``: all links to the same documents.
    """
    return next((former for former in links if link.id in {former.moved_to, former.added}), None)


def goes_at_once(link: Link, contents: Contents | None, to: Colleague) -> bool:
    """Whether the link goes to this colleague without a question: the sealer was shown the address, or it is the holder's own."""
    return to.address == link.recipient or (contents is not None and contents.knows(to.address))


def may_consent(person: Account, contents: Contents) -> bool:
    """Whether this person may agree to a further recipient: only the one who sealed, with an open account outside the team."""
    return person.id == contents.sealed_by and person.closed_at is None and not person.is_team


def list_choices(parcours: Parcours, contents: Contents | None) -> tuple[CompanyContact, ...]:
    """Return the contacts to whom a buyer passes the link by choosing them: the sealer was shown them, and they have not left."""
    if contents is None:
        return ()
    return tuple(contact for contact in parcours.present_contacts if contents.knows(contact.address))


def read_chosen_contact(
    parcours: Parcours, contents: Contents | None, place: int, hint: str
) -> CompanyContact:
    """Return the contact that a buyer chose, if its address is the one that was shown (``hint``)."""
    contacts = list_choices(parcours, contents)
    if not 0 <= place < len(contacts):
        raise FieldInvalid("contact", "contact")
    if address.mask(contacts[place].address) != hint:
        raise ChangedMeanwhile
    return contacts[place]


def pass_on(
    case: Case,
    link: Link,
    to: Colleague,
    wrapped_keys: Mapping[str, str],
    *,
    at_once: bool,
    inputs: DecisionInputs,
) -> Transition:
    """Pass the link to a colleague, or make one that waits until the sealer agrees. ``check_may_pass`` was asked before.

    ``wrapped_keys``: kind → data key wrapped for the colleague's address, base64.
    """
    deposit, parcours = case.deposit, case.parcours
    assert deposit is not None
    new_link = Link(
        id=inputs.draw_id(),
        deposit=link.deposit,
        parcours=link.parcours,
        attempt=link.attempt,
        sender=deposit.contents.owner if deposit.contents is not None else link.sender,
        recipient=to.address,
        created_at=inputs.now,
        closes_at=link.closes_at,
        holder=to.name,
        function=to.function,
        beside=to.also,
        waiting=not at_once,
        moves=link.moves + (not to.also and link.to is Role.COMPANY),
        added=None if to.also else link.added,
        wrapped_keys=dict(wrapped_keys),
        code_wanted=link.code_wanted,
    )
    named = EventKind.COLLEAGUE_ADDED if to.also else EventKind.COLLEAGUE_NAMED
    kind = EventKind.LINK_PASSED_ON if link.to is Role.BUYER and at_once else named
    event = build_deposit_event(deposit, kind, link.to, inputs)
    if at_once:
        learnt = _with_colleague_as_contact(parcours.with_event(event), link, to, inputs.now)
        return _hand_over(case, link, (None, new_link), learnt, event, inputs)
    question = inputs.build_mail(MailKind.COLLEAGUE_QUESTION, link=link.id, parcours=parcours.id)
    question = replace(question, deposit=deposit.id)
    consent = (
        PendingConsent(since=inputs.now, sealer=deposit.contents.sealed_by) if deposit.contents else None
    )
    after = replace(parcours.with_event(event), consent=consent)
    changed_links = ((link, replace(link, asked=to, asked_link=new_link.id)), (None, new_link))
    deposit_change = Change(deposit, replace(deposit, other_links=(*deposit.other_links, new_link.id)))
    step = Transition.noting(event, deposit_change, Change(parcours, after), mails=(question,))
    return step + case.move_links(changed_links, after, inputs.now)


def agree(case: Case, link: Link, waiting: Link, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Agree, as the sealer, to the address that the holder named: the link leaves.

    Raises:
        ChangedMeanwhile: somebody else is named now. WrongStep: the link or its documents are gone, or the company declined.
    """
    deposit, parcours = case.deposit, case.parcours
    assert deposit is not None
    if link.asked is None or link.asked_link != waiting.id or not waiting.waiting:
        raise ChangedMeanwhile
    dead = link.is_dead or not waiting.recipient
    opened = not waiting.beside and link.opened_by is not None
    if dead or opened or not deposit.is_openable(inputs.now) or parcours.setback is Setback.DECLINED:
        raise WrongStep
    agreed_link = replace(waiting, waiting=False, agreed=True, created_at=inputs.now)
    event = build_deposit_event(deposit, EventKind.COLLEAGUE_AGREED, by, inputs)
    learnt = _with_colleague_as_contact(parcours.with_event(event), link, link.asked, inputs.now)
    return _hand_over(case, link, (waiting, agreed_link), learnt, event, inputs)


def refuse(
    parcours: Parcours,
    link: Link,
    waiting: Link | None,
    deposit: Deposit,
    *,
    by: Role,
    inputs: DecisionInputs,
) -> Transition:
    """Refuse the address: the waiting link is erased with its keys, and the holder keeps the link. Nothing if none is asked."""
    if link.asked is None:
        return Transition.nothing()
    remaining_links = tuple(other for other in deposit.other_links if other != link.asked_link)
    waiting_changes = (Change(waiting, None),) if waiting is not None else ()
    link_change, deposit_change = (
        Change(link, link.without_question()),
        Change(deposit, replace(deposit, other_links=remaining_links)),
    )
    event = build_deposit_event(deposit, EventKind.COLLEAGUE_REFUSED, by, inputs)
    parcours_change = Change(parcours, parcours.with_event(event))
    return Transition.noting(event, link_change, *waiting_changes, deposit_change, parcours_change)


def _hand_over(
    case: Case,
    link: Link,
    added: tuple[Link | None, Link],
    parcours: Parcours,
    event: Event,
    inputs: DecisionInputs,
) -> Transition:
    """Send the new link: in place of the holder's, which dies in the same write, or as a second one.

    ``added``: the new link before (None unless it waited for consent) and as it leaves.
    """
    deposit, (_, new_link) = case.deposit, added
    assert deposit is not None
    if new_link.beside:
        first = replace(link.without_question(), added=new_link.id)
        others = tuple(dict.fromkeys((*deposit.other_links, new_link.id)))
        after = replace(deposit, other_links=others)
    else:
        link_after = link.without_question()
        first = replace(link_after, revoked_at=inputs.now, moved_to=new_link.id, wrapped_keys={})
        former = dict.fromkeys((*deposit.other_links, link.id))
        others = tuple(identifier for identifier in former if identifier != new_link.id)
        state = DepositState.VERIFIED if deposit.state in UNOPENED else deposit.state
        after = replace(
            deposit,
            link=new_link.id,
            other_links=others,
            mailing=Mailing.UNDER_WAY,
            mailing_at=None,
            state=state,
        )
        parcours = replace(parcours, live_link=new_link.id)
    changed_links = ((link, first), added)
    changes = (Change(deposit, after), Change(case.parcours, parcours))
    step = Transition.noting(event, *changes, mails=(new_link.mail(inputs),))
    return step + case.move_links(changed_links, parcours, inputs.now)


def _with_colleague_as_contact(parcours: Parcours, link: Link, to: Colleague, now: datetime) -> Parcours:
    """Return the parcours with the colleague named by the holder of ``link`` as the contact who welcomes.

    No contact is renamed or removed, and a holder who welcomes stays the first.
    """
    company = parcours.company
    if to.also and _is_welcoming_contact(company, link.recipient):
        return parcours  # who welcomes is the holder herself, who stays
    recorded = next((contact for contact in company.contacts if is_same(contact.address, to.address)), None)
    origin = Origin(how=How.NAMED, at=now, by=link.to)
    colleague = recorded or CompanyContact(
        role=ContactRole.WELCOMES, name=to.name, function=to.function, address=to.address, origin=origin
    )
    welcomes = colleague.role is ContactRole.WELCOMES
    after = company.with_welcoming_contact(colleague) if welcomes else company
    return parcours if after == company else replace(parcours, company=after, edited=parcours.edited + 1)


def _is_welcoming_contact(company: Company, recipient: str) -> bool:
    """Whether this recipient is the contact who welcomes."""
    return any(
        contact.role is ContactRole.WELCOMES and is_same(contact.address, recipient)
        for contact in company.contacts
    )
