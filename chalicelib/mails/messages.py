"""One function per mail, meetings excepted: sender, reply-to, subject and both bodies. One link at most, no image.

Headers are built from checked addresses only; nothing typed by a person reaches a header unchecked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage

from chalicelib import config, french, terms
from chalicelib.domain.accounts.signing_in import CODE_LIFE, in_pairs
from chalicelib.domain.documents.notices import Occasion
from chalicelib.domain.documents.passing import MOST_MOVES
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Colleague, Link
from chalicelib.domain.kernel.parcours import Contact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.parcours.reminding import Asked
from chalicelib.domain.parcours.turns import buyer_passes_by, company_answer_by
from chalicelib.domain.retention import RightsRequest
from chalicelib.mails import letters
from chalicelib.mails.letters import greeted as _greeted
from chalicelib.mails.letters import message as _message
from chalicelib.mails.letters import page_of as _page_of
from chalicelib.mails.letters import presented as _presented
from chalicelib.mails.letters import shown as _shown
from chalicelib.words import codes, documents, timeline
from chalicelib.words.documents import FOLLOW_UPS, SENDER_TOO, UNSENT


def link(
    sender: Account,
    parcours: Parcours,
    sent: Link,
    deposit: Deposit,
    token: str,
    policy: RetentionPolicy,
    *,
    owner: Account | None,
) -> EmailMessage:
    """« Un jeune est prêt à commencer ! »: to the recipient, in the tutor's name; answers go to her alone.

    Args:
        owner: whose account this address is.
    """
    answer_by = buyer_passes_by if sent.to is Role.BUYER else company_answer_by
    return _message(
        "lien",
        to=sent.recipient,
        from_name=_shown(sender),
        reply_to=sender.address,
        sender=_presented(sender),
        parcours=codes.market_facts(parcours),
        greeted=owner.name if owner else _greeted(parcours, sent.recipient),
        kinds=[kind.value for kind in deposit.kinds],
        url=f"{config.public_base_url()}/retrait/#{token}",
        token=token,
        site=config.public_base_url(),
        valid_until=deposit.erase_at,
        answer_by=answer_by(sent.created_at, parcours.placement.departement, terms.calendar(), terms.turns()),
        opened_hours=policy.opened_hours,
        again=sent.version > 1,
        held=_held(sent),
    )


def _held(sent: Link) -> dict[str, bool]:
    """What its holder can do on the page, and what she needs there."""
    return {
        "buys": sent.to is Role.BUYER,
        "passes": not sent.beside and (sent.to is Role.BUYER or sent.moves < MOST_MOVES),
        "code": sent.code_wanted,
    }


def code(account: Account, digits: str) -> EmailMessage:
    """The sign-in code, to the agent."""
    minutes = int(CODE_LIFE.total_seconds() // 60)
    return _message("code", to=account.address, code=in_pairs(digits), minutes=minutes)


def sending_notice(owner: Account, parcours: Parcours, sent: Link, deposit: Deposit) -> EmailMessage:
    """To the depositor, for each sending: the address that was used. A thief of her session cannot hold it back."""
    return _message(
        "avis-envoi",
        to=owner.address,
        recipient=sent.recipient,
        parcours=codes.market_facts(parcours),
        kinds=[kind.value for kind in deposit.kinds],
        at=deposit.left_at or deposit.created_at,
        valid_until=deposit.erase_at,
        parcours_url=_page_of(parcours),
    )


def refusal_notice(owner: Account, parcours: Parcours, kind: Kind, reason: Reason) -> EmailMessage:
    """To the depositor: inspection refused a document, why, and what to do."""
    sentence, advice = timeline.REFUSED_DOCUMENT[reason]
    return _message(
        "avis-refus",
        to=owner.address,
        parcours=codes.market_facts(parcours),
        kind_label=codes.KIND[kind],
        reason=sentence,
        advice=advice,
        parcours_url=_page_of(parcours),
    )


def failure_notice(
    owner: Account, parcours: Parcours, sent: Link, *, team: bool, doubt: bool
) -> EmailMessage:
    """To who accompanies: the mail was given up, and may have left (``doubt``) or not; or the address is the ``team``'s now."""
    return _message(
        "avis-echec",
        to=owner.address,
        recipient=sent.recipient,
        team=team and not doubt,
        doubt=doubt,
        parcours=codes.market_facts(parcours),
        parcours_url=_page_of(parcours),
    )


def unsent(owner: Account, parcours: Parcours, reason: Reason, to: Role) -> EmailMessage:
    """To whoever accompanies: which message to the company, the buyer or a former tutor could not be sent; she tells it."""
    whom, act = UNSENT[to]
    return _message(
        "avis-suite",
        to=owner.address,
        title="Un message n’a pas pu partir",
        lines=[f"Nous n’avons pas pu envoyer ce message {whom} :", timeline.DETAILS[reason], act],
        act_label="Ouvrir ce parcours",
        parcours=codes.market_facts(parcours),
        parcours_url=_page_of(parcours),
    )


def follow_up(occasion: Occasion, owner: Account, parcours: Parcours, *, sender_too: bool) -> EmailMessage:
    """To whoever accompanies: what just happened to the link, and whose turn it is; ``sender_too``: to who else had sent it."""
    title, lines, act = FOLLOW_UPS[occasion]
    if sender_too:
        lines = [*lines[:-1], SENDER_TOO]
    return _message(
        "avis-suite",
        to=owner.address,
        title=title,
        lines=lines,
        act_label=act,
        parcours=codes.market_facts(parcours),
        parcours_url=_page_of(parcours),
    )


def end_to_company(sender: Account, parcours: Parcours, sent: Link, kinds: tuple[Kind, ...]) -> EmailMessage:
    """To the recipient: the young person does not go on; please delete your copies. Answers go to the tutor."""
    return _message(
        "fin-entreprise",
        to=sent.recipient,
        from_name=_shown(sender),
        reply_to=sender.address,
        sender=_presented(sender),
        parcours=codes.market_facts(parcours),
        kinds=[kind.value for kind in kinds],
        buys=sent.to is Role.BUYER,
    )


def end_to_buyer(parcours: Parcours, to: str, *, with_link: bool, sent: bool, free: bool) -> EmailMessage:
    """To the buyer: the passage is over, the offer is free again. Without an account she has no page to open.

    Args:
        sent: documents were given to the service during this passage; ``free``: the contract runs.
    """
    return _message(
        "fin-acheteur",
        to=to,
        parcours=codes.market_facts(parcours),
        parcours_url=_page_of(parcours) if with_link else None,
        sent=sent,
        free=free,
    )


def reminder(sender: Account, parcours: Parcours, sent: Link, deposit: Deposit, token: str) -> EmailMessage:
    """« Rappel » with the same link, to its own recipient."""
    return _message(
        "rappel",
        to=sent.recipient,
        from_name=_shown(sender),
        reply_to=sender.address,
        sender=_presented(sender),
        parcours=codes.market_facts(parcours),
        greeted=_greeted(parcours, sent.recipient),
        url=f"{config.public_base_url()}/retrait/#{token}",
        token=token,
        site=config.public_base_url(),
        opened=bool(sent.opened_at),
        valid_until=deposit.erase_at,
        asked=None,
        held=_held(sent),
    )


def dates_asked(sender: Account, parcours: Parcours, asked: Asked) -> EmailMessage:
    """« Rappel » for dates, without a link; to somebody who got none, it says what it is about."""
    return _message(
        "rappel",
        to=asked.address,
        from_name=_shown(sender),
        reply_to=sender.address,
        sender=_presented(sender),
        parcours=codes.market_facts(parcours),
        greeted=_greeted(parcours, asked.address),
        url=None,
        asked={"buys": asked.buys, "written": asked.written},
        held=None,
    )


def contact_check(tutor: Account, parcours: Parcours, to: str, *, with_link: bool) -> EmailMessage:
    """To the buyer or the company: a passage begins, are the contacts still right? Answers go to the tutor."""
    contacts = [
        {"name": one.name, "function": one.function, "role_label": codes.CONTACT_ROLE[one.role]}
        for one in parcours.company.contacts
    ]
    return _message(
        "contacts",
        to=to,
        from_name=_shown(tutor),
        reply_to=tutor.address,
        sender=_presented(tutor),
        parcours=codes.market_facts(parcours),
        greeted=_greeted(parcours, to),
        contacts=contacts,
        url=f"{_page_of(parcours)}/contacts" if with_link else None,
    )


def reservation(kind: MailKind, owner: Account, parcours: Parcours) -> EmailMessage:
    """To the tutor: her reservation ends soon, or has ended."""
    title, lines, act = codes.RESERVATIONS[kind]
    until = french.jour_court(parcours.reservation_until) if parcours.reservation_until else ""
    return _message(
        "avis-suite",
        to=owner.address,
        title=title,
        lines=[one.format(until=until) for one in lines],
        act_label=act,
        parcours=codes.market_facts(parcours),
        parcours_url=_page_of(parcours),
    )


def invitation(invited: Account, inviter: Account | None) -> EmailMessage:
    """To somebody who has an account from now on: who opened it, what it is for, where to sign in. It holds no token."""
    return _message(
        "invitation",
        to=invited.address,
        reply_to=inviter.address if inviter else None,
        inviter={"name": inviter.name, "function": inviter.function, "address": inviter.address}
        if inviter
        else None,
        roles=codes.roles(invited.roles),
        place=invited.organisation or (french.academie(invited.academie) if invited.academie else ""),
        address=invited.address,
        sign_in_url=f"{config.public_base_url()}/connexion",
    )


def handover(successor: Account, leaving: Account) -> EmailMessage:
    """To a colleague: the parcours of an account that was closed are hers now."""
    return _message(
        "releve",
        to=successor.address,
        leaving={"name": leaving.name, "function": leaving.function},
        parcours_url=f"{config.public_base_url()}/parcours",
    )


def account_unused(account: Account, erased_on: date) -> EmailMessage:
    """To somebody who has not signed in for long: until when her account is kept, and what to do to keep it."""
    return _message(
        "compte-inutilise",
        to=account.address,
        address=account.address,
        erased_on=erased_on,
        sign_in_url=f"{config.public_base_url()}/connexion",
    )


def rights_request(asked: RightsRequest, at: datetime) -> EmailMessage:
    """To the data protection officer: what somebody asks about her data. Answers go to whoever asked."""
    return _message(
        "droits",
        to=config.settings().dpo_address,
        reply_to=asked.reply_to,
        kind_label=codes.RIGHT[asked.right],
        reference=asked.reference,
        who_label=codes.ASKER[asked.asker],
        reply_address=asked.reply_to,
        at=at,
    )


def assigned(tutor: Account, assigner: Account | None, parcours: Parcours) -> EmailMessage:
    """To the tutor: a parcours is hers from now on, who gave it to her, and who answers if she cannot."""
    return _message(
        "confie",
        to=tutor.address,
        reply_to=assigner.address if assigner else None,
        assigner={"name": assigner.name, "function": assigner.function} if assigner else None,
        parcours=codes.market_facts(parcours),
        parcours_url=_page_of(parcours),
    )


@dataclass(frozen=True)
class Told:
    """Whom a notice goes to: an agent, or a buyer without an account, who has no page to open."""

    address: str
    reply_to: str | None = None
    has_page: bool = True


def declined(told: Told, parcours: Parcours, reason: Reason, to: Role) -> EmailMessage:
    """To the tutor or the buyer: the company declined, why, and what is possible now."""
    return _told(told, parcours, *documents.DECLINED[to], reason=timeline.DETAILS[reason])


def undone(told: Told, parcours: Parcours, to: Role) -> EmailMessage:
    """To the tutor or the buyer: the refusal was taken back."""
    return _told(told, parcours, *documents.UNDONE[to])


def colleague_question(agent: Account, parcours: Parcours, asked: Colleague, *, sealed: bool) -> EmailMessage:
    """To who sealed: an address of another domain, to which she agrees or not on a page of its own.

    Args:
        sealed: False: she is gone, and who accompanies learns that nobody can agree.
    """
    words = documents.QUESTION if sealed else documents.NOBODY_AGREES
    page = f"{letters.page_of(parcours)}/collegue" if sealed else None
    return _told(Told(agent.address), parcours, *words, page=page, name=asked.name, address=asked.address)


def to_colleague(sender: Account, parcours: Parcours, sent: Link, kinds: tuple[Kind, ...]) -> EmailMessage:
    """To whoever else of the company opened the documents: it declined, please delete your copies."""
    return _to_holder("refus-collegue", sender, parcours, sent, kinds)


def to_company(
    sender: Account, parcours: Parcours, sent: Link, kinds: tuple[Kind, ...], until: datetime | None
) -> EmailMessage:
    """To the company that declined: please delete your copies, you may come back until then; None: it was taken back."""
    return _to_holder("refus", sender, parcours, sent, kinds, until=until)


def _to_holder(
    name: str, sender: Account, parcours: Parcours, sent: Link, kinds: tuple[Kind, ...], **more: object
) -> EmailMessage:
    return letters.message(
        name,
        to=sent.recipient,
        from_name=letters.shown(sender),
        reply_to=sender.address,
        sender=letters.presented(sender),
        parcours=codes.market_facts(parcours),
        kinds=[kind.value for kind in kinds],
        **more,
    )


def _told(
    told: Told,
    parcours: Parcours,
    title: str,
    lines: list[str],
    act: str,
    *,
    page: str | None = None,
    **facts: str,
) -> EmailMessage:
    return letters.message(
        "avis-suite",
        to=told.address,
        reply_to=told.reply_to,
        title=title,
        lines=[letters.Exact(line.format(**letters.unlinked(facts))) for line in lines],
        act_label=act,
        parcours=codes.market_facts(parcours),
        parcours_url=page or (letters.page_of(parcours) if told.has_page else None),
    )


WHO = {
    "answers_tender": "le contact « répond au marché »",
    "welcomes": "le contact « accueille »",
    "buyer": "le contact chez l’acheteur",
}
WHAT = {
    "address": "a changé d’adresse",
    "phone": "a changé de téléphone",
    "added": "est nouveau",
    "removed": "a été retiré",
}
SHOWN = frozenset({"address", "added"})
"""Changes of which the new address is shown."""


@dataclass(frozen=True)
class Changed:
    """One thing that changed about a contact: a code of ``contact_changes``, and the contact as it is now."""

    parcours: Parcours
    code: str
    contact: Contact | None

    @property
    def sentence(self) -> str:
        """In role terms, with a hint of the new address."""
        about, _, what = self.code.partition(".")
        new = f" : {address.hint(self.contact.address)}" if self.contact and what in SHOWN else ""
        return f"{WHO[about]} {WHAT[what]}{new}"


def contacts_changed(tutor: Account, person: Account | None, changed: Sequence[Changed]) -> EmailMessage:
    """To the tutor: which contacts lead elsewhere now, who changed them, and what to do if she did not expect it."""
    heads = list({one.parcours.id: one.parcours for one in changed}.values())
    several = len(heads) > 1
    return letters.message(
        "contacts-changes",
        to=tutor.address,
        by={"name": person.name, "function": person.function} if person and person.id != tutor.id else None,
        parcours=[
            codes.market_facts(head)
            | {"changes": [one.sentence for one in changed if one.parcours.id == head.id]}
            for head in heads
        ],
        url=f"{config.public_base_url()}/parcours" if several else letters.page_of(heads[0]),
    )


def handed_away(former: Account, successor: Account, parcours: Parcours | None) -> EmailMessage:
    """To the tutor who followed it: who does now; ``parcours``: None: everything, as her account is closed."""
    return letters.message(
        "passe-a",
        to=former.address,
        successor={"name": successor.name, "function": successor.function},
        parcours=codes.market_facts(parcours) if parcours else None,
    )
