"""What a waiting mail is about, and whom it names: read from the stores as its function asks for it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from chalicelib import clock, config
from chalicelib.domain.documents import recipients
from chalicelib.domain.documents.passing import MOST_MOVES
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link, Pointer
from chalicelib.domain.kernel.parcours import BuyerContact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.mails import letters
from chalicelib.mails.views import Agent, Exact, Person, RecipientPage
from chalicelib.stores import keys
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.kit import accompanying, inviting


@dataclass(frozen=True)
class Subject:
    """One waiting mail and what it is about, each part read when it is first asked for."""

    mail: OutboxMail
    work: UnitOfWork
    """What was read for it (``cases.load_people_of_mail``)."""

    @cached_property
    def deposit(self) -> Deposit | None:
        """The deposit that the mail names; None: it names none, or it is gone."""
        return self.work.get(Deposit, self.mail.deposit)

    @cached_property
    def link(self) -> Link | None:
        """The link that the mail names; None: it names none, or it is gone."""
        return self.work.get(Link, self.mail.link)

    @cached_property
    def head(self) -> Parcours:
        """The parcours; raises NotFound when the mail is about none."""
        if self.mail.parcours:
            return self.work.get_one(Parcours, self.mail.parcours)
        about = self.link or self.deposit
        return self.work.get_one(Parcours, about.parcours if about else None)

    @cached_property
    def appointment(self) -> Appointment | None:
        """The appointment of the mail's passage; None: there is none."""
        return self.work.get(Appointment, self.mail.parcours, self.mail.attempt)

    @cached_property
    def account(self) -> Account | None:
        """The open account that it goes to."""
        return self.open_account(self.mail.account)

    @cached_property
    def about(self) -> Account | None:
        """The colleague of whom it speaks, even if that account is closed."""
        return self.work.get(Account, self.mail.about)

    @cached_property
    def accompanies(self) -> Account | None:
        """Who accompanies the passage of the link."""
        return accompanying.find_accompanying(self.work, self.head, self.link)

    @cached_property
    def tutor(self) -> Account | None:
        """Who gets the answers, the tutor of the moment when it was decided included."""
        return accompanying.find_accompanying(self.work, self.head, self.link, self.mail.account)

    @cached_property
    def notified(self) -> Account | None:
        """Whom a mail about a link is for, who accompanies or another sender of it (``to``: ``COORDINATOR``)."""
        return accompanying.find_notified(self.work, self.mail, self.head, self.link) if self.link else None

    @cached_property
    def sent(self) -> Deposit | None:
        """The deposit of the link."""
        return self.work.get(Deposit, self.link.deposit) if self.link else None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The documents of the link."""
        return self.sent.kinds if self.sent else ()

    @property
    def agent(self) -> Agent | None:
        """In whose name a mail about the link goes."""
        return letters.build_agent(self.accompanies) if self.accompanies else None

    @property
    def holder(self) -> Person | None:
        """Who holds the link."""
        return self.holder_of(self.link)

    def open_account(self, identifier: str | None) -> Account | None:
        """The account of this id, unless it is closed."""
        return accompanying.find_open_account(self.work, identifier)

    def sealer(self, deposit: Deposit) -> Account | None:
        """The person who sealed a deposit."""
        return accompanying.find_sealer(self.work, deposit)

    @cached_property
    def buyer(self) -> Account | BuyerContact | None:
        """Who follows it for the buyer; the contact of the record has no page."""
        account = self.account or accompanying.find_buyer_account(self.work, self.head)
        return account or self.head.buyer_contact

    def is_said_anew(self, last_at: datetime | None) -> bool:
        """Check whether the same was said again before this notice left (``last_at``: last), so that the later one says it."""
        return last_at is not None and last_at > self.mail.created_at

    def missed(self, side: Role) -> Person | None:
        """Whom of this side the tutor is to call."""
        if side is Role.BUYER:
            return letters.build_person(self.buyer) if self.buyer else None
        if side is not Role.COMPANY:
            return None
        contact = inviting.find_invited_contact(self.head)
        return self.holder or (letters.build_person(contact) if contact else None)

    def holder_of(self, link: Link | None) -> Person | None:
        """Whoever holds a link, for a mail to who accompanies."""
        if link is None or not link.recipient:
            return None
        owner = accompanying.find_owner(self.work, link.recipient) if link.to is Role.BUYER else None
        known = owner or recipients.find_contact(self.head, link.recipient)
        if known is None:
            return Person(link.holder or self.head.company.name, Exact(link.recipient))
        return letters.build_person(known, link.recipient)

    def page_again(self, link: Link | None, recipient: str, *, dead: bool = False) -> RecipientPage | None:
        """A holder's link again, in a mail that asks for something; none for somebody else, nor once it answers no more.

        Nor before it was mailed: a new version waits while a refusal holds it back.
        ``dead``: one that opens nothing may still say that copies are deleted.
        """
        if link is None or not recipients.is_same(link.recipient, recipient):
            return None
        if accompanying.is_team_address(self.work, recipient):
            return None
        now = clock.utc_now()
        answers = link.closed_at is None and now < link.closes_at if dead else link.is_living(now)
        token = keys.link_token(link.token_message(link.version)) if answers else ""
        mailed = answers and self.work.get(Pointer, hashlib.sha256(token.encode()).hexdigest()) is not None
        return build_recipient_page(link, token) if mailed else None

    def page_or_beside(self, link: Link | None, recipient: str) -> RecipientPage | None:
        """The same, whichever of the two links to the same documents is that person's."""
        beside = self.work.get(Link, link.added) if link is not None else None
        return self.page_again(link, recipient) or self.page_again(beside, recipient)


def build_recipient_page(link: Link, token: str) -> RecipientPage:
    """Build what a mail shows of the page of a link, for its holder."""
    buys = link.to is Role.BUYER
    return RecipientPage(
        url=letters.build_url(f"/retrait/#{token}"),
        token=Exact(token),
        site=Exact(config.public_base_url()),
        buys=buys,
        passes=not link.beside and (buys or link.moves < MOST_MOVES),
        code=link.code_wanted,
    )
