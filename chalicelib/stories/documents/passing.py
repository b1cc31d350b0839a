"""Passing a link on: the holder names a colleague, ``unseal`` wraps the keys, who sealed agrees to what is not obvious."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import contacts
from chalicelib.domain.case import Case
from chalicelib.domain.documents import passing as decisions
from chalicelib.domain.kernel import address, texts
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Colleague, Link, Pointer
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account, Act, acting_as, may
from chalicelib.domain.kernel.transition import DecisionInputs, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import (
    ChangedMeanwhile,
    ColleagueLimit,
    FieldInvalid,
    NotFound,
    SealerAlone,
    WrongStep,
)
from chalicelib.stores import cases, functions, keys, parcours_table, relay_table
from chalicelib.stores.cases import Visit
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.documents import opening, unsealing
from chalicelib.stories.kit import accompanying, inviting, quotas
from chalicelib.stories.kit.deciding import decision_inputs

GONE, TO_AGREE = "parti", "a_accorder"
"""What becomes of the colleague's link: its mail leaves, or the person who sealed is asked."""
REPLACES, ALSO = "remplace", "aussi"
MODES = (REPLACES, ALSO)


@dataclass(frozen=True)
class Named:
    """The colleague, as typed; or, on the buyer's link, which of the contacts that its page shows (then the rest is empty)."""

    mode: str
    name: str = ""
    address: str = ""
    contact: int | None = None
    hint: str = ""
    """Of that contact's address, as it was shown."""


def pass_on(typed: str, named: Named, *, browser: str) -> str:
    """Ask ``unseal`` to pass a link on to the colleague whom its holder names; naming the same colleague twice is once.

    ``typed``: the link's token; ``browser``: digest of the cookie of the browser that asks.
    Returns:
        ``GONE`` or ``TO_AGREE``.
    Raises:
        FieldInvalid: name, address (the team's and a buyer's too), contact or mode. RecipientRefused.
        ChangedMeanwhile: the contact is not the one that was shown any more.
        ColleagueLimit: passed on or added to already, or too often today.
        DeadLink (one of its kinds), ProofNeeded, WrongStep, TryAgain.
    """
    pointer = opening.find_pointer(typed)
    answered = opening.check_answer(functions.unseal_pass(typed, browser, pointer, asdict(named)))
    functions.wake_mailer([str(key) for key in answered["mails"]])
    return str(answered["etat"])


def pass_on_in_unseal(
    typed: str, pointer: Pointer, named: Named, *, browser: str, now: datetime
) -> tuple[str, list[str]]:
    """Pass the link on, inside ``unseal``; return ``GONE`` or ``TO_AGREE``, and the keys of the mails to be woken.

    The request is checked anew here, with KMS. The data keys are decrypted for the present recipient and encrypted for the new
    one; they never leave this function.
    """
    work = UnitOfWork()
    visit = unsealing.find_genuine(work, typed, pointer, browser, now)
    chosen = _choose(work, visit, named)
    named_already = _find_earlier_state(work, visit.link, chosen.colleague)
    if named_already is not None:
        return named_already, []
    _check(Case(visit.parcours, deposit=visit.deposit), visit, chosen.colleague, browser, now)
    assert visit.deposit is not None and visit.deposit.contents is not None
    wrapped = _wrap_keys(visit, visit.deposit, chosen.colleague)
    return _pass_on(work, pointer, chosen, wrapped, browser, now)


@dataclass(frozen=True)
class Chosen:
    """The colleague whom the holder names, checked."""

    colleague: Colleague
    at_once: bool
    """Whether the link goes there without a question."""


@story
def _pass_on(
    work: UnitOfWork, pointer: Pointer, chosen: Chosen, wrapped: dict[str, str], browser: str, now: datetime
) -> tuple[str, list[str]]:
    """Commit the colleague's link; return as ``pass_on_in_unseal`` does.

    ``wrapped``: kind → data key wrapped for the colleague's address, base64.
    """
    visit, to = cases.load_visit(work, pointer, browser), chosen.colleague
    named_already = _find_earlier_state(work, visit.link, to)
    if named_already is not None:
        return named_already, []
    case = Case(visit.parcours, deposit=visit.deposit, meeting=inviting.load_meeting(work, visit.parcours))
    _check(case, visit, to, browser, now)
    step = decisions.pass_on(
        case, visit.link, to, wrapped, at_once=chosen.at_once, inputs=decision_inputs(now)
    )
    today = quotas.counter_of_today("colleague", visit.parcours.id, now)
    counted = Transition(uses=(today.use(decisions.MOST_A_DAY, ColleagueLimit()),))
    work.commit(contacts.note_contacts(step, visit.link) + counted)
    went = GONE if any(mail.version is not None for mail in step.mails) else TO_AGREE
    return went, step.mail_keys


def _choose(work: UnitOfWork, visit: Visit, named: Named) -> Chosen:
    """Check the colleague whom the holder names, and decide whether the link goes there without a question.

    Raises:
        FieldInvalid, ChangedMeanwhile, RecipientRefused: as in ``pass_on``.
    """
    parcours = visit.parcours
    if named.mode not in MODES:
        raise FieldInvalid("mode", "value")
    also = named.mode == ALSO
    contents = visit.deposit.contents if visit.deposit is not None else None
    if named.contact is not None:
        if visit.link.to is not Role.BUYER:
            raise FieldInvalid("contact", "contact")
        contact = decisions.read_chosen_contact(parcours, contents, named.contact, named.hint)
        to = Colleague(name=contact.name, function=contact.function, address=contact.address, also=also)
    else:
        to = Colleague(
            name=texts.read_name(named.name, "nom"),
            function="",  # the page asks for none; the record has its contacts
            address=address.normalise(named.address, "adresse"),
            also=also,
        )
    account = accompanying.find_account_at(work, to.address, "adresse")
    accompanying.check_takes_mails(work, to.address, "adresse")
    buys = account is not None and not account.roles.isdisjoint({Role.BUYER, Role.PRESCRIBER})
    if buys or address.fold_mailbox(to.address) in _list_buyer_mailboxes(work, parcours):
        raise FieldInvalid("adresse", "buyer_address")
    if not also and address.fold_mailbox(to.address) == address.fold_mailbox(visit.link.recipient):
        raise FieldInvalid("adresse", "own_address")
    return Chosen(to, decisions.goes_at_once(visit.link, contents, to))


def _list_buyer_mailboxes(work: UnitOfWork, parcours: Parcours) -> set[str]:
    """List the mailboxes of the buyer's account and contact: only the tutor sends documents there."""
    account = work.get(Account, parcours.buyer)
    buyers = (account, parcours.buyer_contact)
    return {address.fold_mailbox(buyer.address) for buyer in buyers if buyer is not None}


def _find_earlier_state(work: UnitOfWork, link: Link, to: Colleague) -> str | None:
    """Return ``GONE`` or ``TO_AGREE`` if the holder named this very colleague before; None otherwise."""
    following = work.get(Link, link.added if to.also else link.moved_to)
    has_gone = decisions.was_passed_already(link, following, to)
    if has_gone is None:
        return None
    return GONE if has_gone else TO_AGREE


def _check(case: Case, visit: Visit, to: Colleague, browser: str, now: datetime) -> None:
    """Raise unless the holder may still pass the link on: see ``check_may_pass``."""
    decisions.check_may_pass(case, visit.link, visit.version, also=to.also, browser=browser, now=now)


def _wrap_keys(visit: Visit, deposit: Deposit, to: Colleague) -> dict[str, str]:
    """Wrap the data key of each document for the colleague's address, by kind."""
    contents = deposit.contents
    assert contents is not None
    bound = address.bind_recipient(contents.salt, to.address)
    return {
        kind.value: keys.wrap(
            unsealing.unwrap(visit, contents, kind), keys.KeyContext(deposit.id, kind, bound)
        )
        for kind in deposit.kinds
    }


@story
def answer(
    work: UnitOfWork, agent: Account, parcours_id: str, waiting_id: str, *, agrees: bool, now: datetime
) -> None:
    """Agree to the colleague whom the holder named, or refuse; nothing when that was answered so already.

    Only the person who sealed the documents may agree, even after the parcours was handed over. Whoever accompanies it now may
    refuse.

    Args:
        waiting_id: id of the link that waits, as the page showed it.
    Raises:
        NotFound, NotYours. SealerAlone: only the person who sealed agrees. WrongStep: too late.
        ChangedMeanwhile: somebody else is named now. FieldInvalid: the address has become the team's meanwhile.
    """
    parcours = work.get_one(Parcours, parcours_id)
    deposit = work.get(Deposit, parcours.live_deposit)
    role, consents = _find_answering_role(agent, parcours, deposit)
    if agrees and not consents:
        raise SealerAlone
    waiting, inputs = work.get(Link, waiting_id), decision_inputs(now)
    if agrees and _is_agreed(waiting, parcours):
        return
    link = work.get(Link, deposit.link) if deposit is not None else None
    if deposit is None or link is None:
        raise WrongStep
    if agrees:
        step = _agree(work, Case(parcours, deposit=deposit), link, waiting, role, inputs)
    elif waiting is not None and link.asked_link == waiting.id:
        step = decisions.refuse(parcours, link, waiting, deposit, by=role, inputs=inputs)
    else:
        return
    work.commit_and_wake(step)


def _is_agreed(waiting: Link | None, parcours: Parcours) -> bool:
    """Whether this link of the parcours was agreed to already, so that it no longer waits."""
    return waiting is not None and not waiting.waiting and waiting.parcours == parcours.id


def _agree(
    work: UnitOfWork, case: Case, link: Link, waiting: Link | None, role: Role, inputs: DecisionInputs
) -> Transition:
    """Decide to agree to the colleague's link (``waiting``). ``link``: the holder's.

    Raises ChangedMeanwhile when it waits no more, FieldInvalid when its address is the team's.
    """
    if waiting is None:
        raise ChangedMeanwhile
    accompanying.find_account_at(work, waiting.recipient, "adresse")
    case = replace(case, meeting=inviting.load_meeting(work, case.parcours))
    return decisions.agree(case, link, waiting, by=role, inputs=inputs)


def _find_answering_role(agent: Account, parcours: Parcours, deposit: Deposit | None) -> tuple[Role, bool]:
    """Return the role in which an agent answers, and whether they may agree. Raises NotFound, NotYours."""
    contents = deposit.contents if deposit is not None else None
    consents = contents is not None and decisions.may_consent(agent, contents)
    if consents and contents is not None and not may(agent, Act.SEND, parcours):
        return contents.sender, True
    return acting_as(agent, Act.SEND, parcours), consents or deposit is None


@dataclass(frozen=True)
class Question:
    """A live sending that this person sealed, and the link whose holder may have named another address."""

    parcours: Parcours
    link: Link


def read_question(agent: Account, parcours_id: str, *, now: datetime) -> Question | None:
    """Read what the person who sealed may answer, wherever the parcours is now.

    Returns None for others who may see the parcours, and where the documents are gone. Raises NotFound for everybody else.
    """
    parcours = parcours_table.read_parcours(parcours_id)
    deposit = relay_table.read_deposit(parcours.live_deposit) if parcours.live_deposit else None
    contents = deposit.contents if deposit is not None and deposit.is_live(now) else None
    link = relay_table.read_link(deposit.link) if deposit is not None and deposit.link else None
    if contents is not None and link is not None and decisions.may_consent(agent, contents):
        return Question(parcours, link)
    if not may(agent, Act.VIEW, parcours):
        raise NotFound
    return None


def find_colleague(link: Link) -> Colleague | None:
    """Return the colleague whom the holder of a link named, or None.

    That is one who waits for consent, one to whom the link has gone, or one who got a second link.
    """
    following = link.moved_to or link.added
    if link.asked is not None or following is None:
        return link.asked
    link_of_colleague = relay_table.read_link(following)
    if link_of_colleague is None or not link_of_colleague.recipient:
        return None
    return Colleague(
        name=link_of_colleague.holder,
        function=link_of_colleague.function,
        address=link_of_colleague.recipient,
        also=link_of_colleague.beside,
    )


def parse_named(given: dict[str, Any]) -> Named:
    """Parse the colleague from the request to ``unseal``. A value of the wrong type becomes empty, and is refused later."""
    texts_of = {
        name: given[name] if isinstance(given.get(name), str) else ""
        for name in ("mode", "name", "address", "hint")
    }
    contact = given.get("contact")
    return Named(**texts_of, contact=contact if type(contact) is int else None)
